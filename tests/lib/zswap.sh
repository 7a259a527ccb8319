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
#   with_failures CMD...	run CMD while memory allocations fail; see failures_setup
#   failures_setup NAME PERCENT	make NAME (failslab, fail_page_alloc) ready for it

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

vm_count() { awk -v name="$1" '$1 == name { print $2 }' /proc/vmstat; }

# zswap_set NAME VALUE: until the case ends
zswap_set()
{
	local file=$ZSWAP/$1 before
	[ -w "$file" ] || skip "no zswap in this kernel"
	before=$(cat "$file")
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
	[ -d "$ZSWAP" ] || skip "no zswap in this kernel"
	[ -d "$ZSWAP_DEBUG" ] || mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null || true
	modprobe -q "$1" 2>/dev/null || true
	{ echo "$1" >"$ZSWAP/compressor"; } 2>/dev/null || skip "this kernel has no $1"
	zswap_set compressor "$1"
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
	local i
	for ((i = 0; i < ${1:-10} * 5; i++)); do
		[ "$(zswap_count stored_pages)" -ne 0 ] || return 0
		sleep 0.2
	done
	fail "zswap still holds $(zswap_count stored_pages) pages"
}

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

failures_setup()
{
	local dir=/sys/kernel/debug/$1
	[ -d "$dir" ] || skip "no $1 in this kernel (CONFIG_FAULT_INJECTION_DEBUG_FS)"
	defer put 0 "$dir/probability"
	put "$2" "$dir/probability"
	put 1 "$dir/interval"
	put -1 "$dir/times"
	put 0 "$dir/verbose"
	put Y "$dir/task-filter"
	put N "$dir/ignore-gfp-wait"
	[ ! -e "$dir/ignore-gfp-highmem" ] || put N "$dir/ignore-gfp-highmem"
	[ ! -e "$dir/min-order" ] || put 0 "$dir/min-order"
}

with_failures()
{
	# shellcheck disable=SC2016
	bash -c 'echo 1 >/proc/self/make-it-fail; exec "$@"' sh "$@"
}
