# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the measurements share: changing the machine, and changing it back at the end.
# Sourced by bench/guest/measure.
#
#   put VALUE FILE		write an attribute
#   keep FILE...		give these attributes their present values back at the end
#   defer CMD [ARG]...		run CMD at the end; last deferred, first run
#   quiet			nothing in the background that comes now and then
#   iaa_up N			serve compression by N accelerators, without verifying
#   iaa_settings			print how the driver is set, as a line "SETTINGS {...}"
#   zram_new VAR ALGORITHM SIZE	a new zram device; its name (zram0) goes to VAR
#   zram_swap VAR ALGORITHM SIZE	likewise, swapped to, and zswap off
#   zram_drop NAME		remove it
#   zswap_swap			swap to SWAP (zram: a new zram device; null: a disk in memory),
#				behind zswap; readahead of order CLUSTER (0)
#   zswap_use ALGORITHM		switch zswap on, with this compressor
#   cgroup_new DIR FILE VALUE	a cgroup with one attribute set
#   in_cgroup DIR CMD...	run CMD in it
#   cgroup_drop DIR		remove it
#   folio_size BYTES		what madvise gets: only huge folios of this size

deferred=()

put()
{
	{ printf '%s\n' "$1" >"$2"; } 2>/dev/null || die "cannot write '$1' to $2"
}

die()
{
	printf 'measure: %s\n' "$*" >&2
	exit 1
}

defer() { deferred+=("$(printf '%q ' "$@")"); }

undo()
{
	local i status=$?
	set +e
	for ((i = ${#deferred[@]} - 1; i >= 0; i--)); do
		eval "${deferred[$i]}" || printf 'measure: undoing failed: %s\n' "${deferred[$i]}" >&2
	done
	exit $status
}

keep()
{
	local file value
	for file; do
		value=$(sed 's/.*\[\(.*\)\].*/\1/' "$file")
		defer put "$value" "$file"
	done
}

# Half a millisecond every few seconds is much beside what is measured here.
quiet()
{
	local file=/proc/sys/vm/compaction_proactiveness
	[ -e $file ] || return 0
	keep $file
	put 0 $file
}

IAA=/sys/bus/dsa/drivers/crypto

# The driver, with its attributes set before it gets a queue: stock's change at no other
# time.
iaa_load()
{
	[ ! -d $IAA ] || return 0
	modprobe idxd || die "no module idxd"
	put 0 /sys/bus/dsa/drivers_autoprobe
	modprobe iaa_crypto || die "no module iaa_crypto"
	put 0 $IAA/verify_compress
}

# Both kernels have to do the same work. And by default ours reads back on one device
# only, however many there are; stock has no such attribute.
iaa_set()
{
	case $(cat $IAA/verify_compress) in
	0) ;;
	*)
		keep $IAA/verify_compress
		{ echo 0 >$IAA/verify_compress; } 2>/dev/null ||
			die "verify_compress is on, and this kernel changes it only while no queue is enabled" ;;
	esac
	# Stock's is sync.
	[ -e $IAA/distribute_decomps ] || return 0
	if [ -n "${SYNC_MODE:-}" ]; then
		keep $IAA/sync_mode
		put "$SYNC_MODE" $IAA/sync_mode
	fi
	keep $IAA/distribute_decomps
	put "$(($1 > 1))" $IAA/distribute_decomps
}

iaa_settings()
{
	local name separator=''
	[ "$DEVICES" -gt 0 ] || return 0
	printf 'SETTINGS {'
	for name in verify_compress distribute_comps distribute_decomps; do
		[ -e "$IAA/$name" ] || continue
		printf '%s"%s":%d' "$separator" "$name" "$(cat "$IAA/$name")"
		separator=,
	done
	printf '}\n'
}

# The devices as they come: one dedicated queue that has all entries and all engines,
# which idxd configures by itself. On a server the queues are the administrator's.
iaa_up()
{
	local dsa=/sys/bus/dsa dev id n=0
	[ "$1" -gt 0 ] || return 0
	if [ "$BENCH_CLOCK" != virtual ]; then
		iaa_check
		iaa_set "$1"
		return
	fi
	iaa_load
	for dev in "$dsa"/devices/iax*; do
		[ "$n" -lt "$1" ] || break
		id=${dev##*iax}
		[ "$(cat "$dev/state")" = enabled ] || put "iax$id" "$dsa/drivers/idxd/bind"
		[ "$(cat "$dev/wq$id.0/state")" = enabled ] || put "wq$id.0" "$dsa/drivers/crypto/bind"
		n=$((n + 1))
	done
	[ "$n" -eq "$1" ] || die "$n accelerators here, $1 wanted"
	iaa_set "$1"
}

iaa_check()
{
	local n
	n=$(cat /sys/bus/dsa/devices/wq*/state 2>/dev/null | grep -c enabled || true)
	[ "$n" -gt 0 ] || die "no work queue is enabled: run iaa-config first"
}

zram_new()
{
	local -n zram_name=$1
	modprobe -q zram num_devices=0 || modprobe -q zram || true
	[ -e /sys/class/zram-control/hot_add ] || die "no zram"
	zram_name=zram$(cat /sys/class/zram-control/hot_add)
	defer zram_drop "$zram_name"
	put "$2" "/sys/block/$zram_name/comp_algorithm"
	put "$3" "/sys/block/$zram_name/disksize"
}

zram_drop()
{
	[ -e "/sys/block/$1" ] || return 0
	swapoff "/dev/$1" 2>/dev/null || true
	put "${1#zram}" /sys/class/zram-control/hot_remove
}

zram_swap()
{
	local zswap=/sys/module/zswap/parameters/enabled
	# Whatever is written there counts as using zswap, and then no large folio is swapped in.
	if [ "$(cat $zswap)" != N ]; then
		keep $zswap
		put N $zswap
	fi
	keep /proc/sys/vm/page-cluster
	put "${CLUSTER:-0}" /proc/sys/vm/page-cluster
	zram_new "$@"
	mkswap "/dev/${!1}" >/dev/null
	swapon -p 32767 "/dev/${!1}"
}

zswap_swap()
{
	local parameters=/sys/module/zswap/parameters
	local zram
	case ${SWAP:-} in
	zram)
		zram_new zram lzo-rle 256M
		SWAP=/dev/$zram ;;
	null)
		modprobe null_blk memory_backed=1 gb=1 || die "no null_blk"
		SWAP=/dev/nullb0 ;;
	esac
	[ -b "${SWAP:-}" ] || die "SWAP must be zram, null, or a block device to swap to"
	mkswap "$SWAP" >/dev/null
	keep $parameters/compressor $parameters/enabled /proc/sys/vm/page-cluster
	swapon -p 32767 "$SWAP"
	defer swapoff "$SWAP"
	put "${CLUSTER:-0}" /proc/sys/vm/page-cluster
}

zswap_use()
{
	local zswap=/sys/module/zswap/parameters
	modprobe -q "$1" || true
	put "$1" $zswap/compressor
	[ "$(cat $zswap/compressor)" = "$1" ] || die "zswap has no $1"
	put Y $zswap/enabled
}

folio_size()
{
	local file want=hugepages-$(($1 / 1024))kB
	# Some sizes have no attribute, they can only be of files.
	for file in /sys/kernel/mm/transparent_hugepage/hugepages-*/enabled; do
		keep "$file"
		case $file in
		*/$want/*) put madvise "$file" ;;
		*) put never "$file" ;;
		esac
	done
}

cgroup_new()
{
	mkdir "$1"
	defer cgroup_drop "$1"
	put "$3" "$1/$2"
}

in_cgroup()
{
	local dir=$1
	shift
	# shellcheck disable=SC2016
	bash -c 'echo $$ >"$1/cgroup.procs"; shift; exec "$@"' sh "$dir" "$@"
}

cgroup_drop() { [ ! -d "$1" ] || rmdir "$1"; }
