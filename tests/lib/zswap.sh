# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What tests need of zswap. Sourced after ktap.sh and iaa.sh. What changes the machine is
# undone when the case ends.
#
#   zswap_setup COMPRESSOR [SIZE]	zswap on, with that compressor, over a swap device of SIZE
#				(256M) in memory; skips where the kernel has no such thing
#   zswap_setup_async COMPRESSOR [SIZE]	likewise, over a device that is not synchronous
#   zswap_param NAME		path of a parameter
#   zswap_count NAME		a counter of zswap's debugfs
#   zswap_empty [SECONDS]	fail unless zswap holds nothing by then (10)
#   vm_count NAME		a counter of /proc/vmstat
#   folio_size SIZE		the only size that faults give programs asking for large folios:
#				4K, 16K, 64K, 2M
#   folio_count SIZE NAME	a counter of folios of that size
#   cgroup_zswap_empty CGROUP	fail unless its statistics say by and by that zswap holds nothing of it
#   keep_statistics_fresh CGROUP	until the case ends; for the shrinker
#   zswap_selftests COMPRESSOR	the kernel's own test of zswap: all cases that are known to pass on
#				the kernel before us have to

ZSWAP=/sys/module/zswap/parameters
ZSWAP_DEBUG=/sys/kernel/debug/zswap
THP=/sys/kernel/mm/transparent_hugepage

zswap_param() { echo "$ZSWAP/$1"; }

zswap_count() { cat "$ZSWAP_DEBUG/$1"; }

# kib SIZE: 64K, 2M as a number of KiB
kib()
{
	case $1 in
	*K) echo $((${1%K})) ;;
	*M) echo $((${1%M} * 1024)) ;;
	*) fail "'$1' is no size; use a number with K or M" ;;
	esac
}

vm_count() { number_of "$1" /proc/vmstat; }

# zswap_set NAME VALUE: until the case ends
zswap_set()
{
	local file=$ZSWAP/$1 before
	[ -w "$file" ] || skip "no zswap in this kernel"
	before=$(<"$file")
	put "$2" "$file"
	defer put "$before" "$file"
}

ram_disk_remove()
{
	blockdev --flushbufs /dev/ram0
	modprobe -r brd
}

# zswap_on COMPRESSOR
zswap_on()
{
	local before
	[ -d "$ZSWAP" ] || skip "no zswap in this kernel"
	[ -d "$ZSWAP_DEBUG" ] || mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null || true
	modprobe -q "$1" 2>/dev/null || true
	before=$(<"$ZSWAP/compressor")
	{ echo "$1" >"$ZSWAP/compressor"; } 2>/dev/null || skip "this kernel has no $1"
	defer put "$before" "$ZSWAP/compressor"
	zswap_set enabled Y
	zswap_set shrinker_enabled N
}

# ram_disk SIZE: make /dev/ram0
ram_disk()
{
	modprobe -q brd rd_nr=1 rd_size="$(kib "$1")" || skip "no ram disk (CONFIG_BLK_DEV_RAM)"
	defer ram_disk_remove
}

# swap_on DEVICE
swap_on()
{
	must mkswap "$1"
	must swapon -p 100 "$1"
	defer swapoff "$1"
}

zswap_setup()
{
	zswap_on "$1"
	ram_disk "${2:-256M}"
	swap_on /dev/ram0
}

zswap_setup_async()
{
	local dev
	zswap_on "$1"
	ram_disk "${2:-256M}"
	modprobe -q loop || skip "no loop device (CONFIG_BLK_DEV_LOOP)"
	dev=$(losetup --find --show /dev/ram0) || skip "no loop device"
	defer losetup --detach "$dev"
	swap_on "$dev"
}

zswap_empty()
{
	await "${1:-10}" "zswap holds no page any more" zswap_holds_nothing
}

zswap_holds_nothing() { [ "$(zswap_count stored_pages)" -eq 0 ]; }

folio_size()
{
	local file want
	want=$THP/hugepages-$(kib "$1")kB/enabled
	[ "$1" = 4K ] || [ -e "$want" ] || skip "no folios of $1"
	# Some sizes are those of shared memory only, without this attribute.
	for file in "$THP"/hugepages-*kB/enabled; do
		[ -e "$file" ] || continue
		defer put "$(sed 's/.*\[\(.*\)\].*/\1/' "$file")" "$file"
		put never "$file"
	done
	[ "$1" = 4K ] || put always "$want"
}

folio_count() { cat "$THP/hugepages-$(kib "$1")kB/stats/$2"; }

# A cgroup's statistics may be two seconds old.
cgroup_zswap_empty()
{
	await 10 "memory.stat says that nothing is in zswap" cgroup_zswap_is_empty "$1"
}

cgroup_zswap_is_empty()
{
	awk '/^(zswap|zswapped|zswap_incomp) / && $2 { left = 1 } END { exit left }' "$1/memory.stat"
}

# The shrinker goes by the cgroup's statistics, which may be older than all of a test;
# reading them brings them up to date.
keep_statistics_fresh()
{
	while cat "$1/memory.stat" >/dev/null 2>&1; do sleep 0.05; done &
	defer kill $!
}

# What test_zswap of 7.3 passes on 7.3 in a guest of this size
SELFTESTS_PASS=(
	test_zswap_usage
	test_swapin_nozswap
	test_zswapin
	test_zswap_writeback_enabled
	test_zswap_writeback_disabled
	test_no_kmem_bypass
	test_no_invasive_cgroup_shrink
	test_zswap_incompressible
)

# The swap device has room for the half of memory that one of the cases swaps out. Some go
# by statistics that may be old, and fail now and then on any kernel: one pass of three will do.
zswap_selftests()
{
	local program=${SELFTESTS:-/selftests}/cgroup/test_zswap name out=$KTAP_TMP/selftests bad try
	[ -x "$program" ] || skip "no kernel selftest $program"
	[ -e /sys/fs/cgroup/cgroup.controllers ] || skip "no cgroup v2 at /sys/fs/cgroup"
	zswap_setup "$1" 1536M
	for try in 1 2 3; do
		bad=''
		info "run $try"
		"$program" 2>&1 | tee -a "$out" | sed 's/^/#   /' || true
		for name in "${SELFTESTS_PASS[@]}"; do
			grep -qE "^ok [0-9]+ $name\$" "$out" || bad+=" $name"
		done
		[ -n "$bad" ] || return 0
	done
	fail "these pass on the kernel before us:$bad"
}
