# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What tests need of accelerators, zram, swap and cgroups. Sourced after ktap.sh. What
# changes the machine is undone when the case ends.
#
#   need_command CMD...		skip where a program is missing
#   need_iaa [N]		skip where there are fewer than N accelerators (1)
#   need_zram [ALGORITHM]	skip where zram, or the algorithm in it, is missing
#   iaa_devices			names of the accelerators (iax1 ...)
#   iaa_algorithms		those that the accelerators serve, a line each: deflate-iaa, and
#				deflate-iaa-dynamic where each of them generates headers
#   iaa_serves ALGORITHM	whether that is one of them
#   iaa_configure [-d N] [-q N]	enable N queues (2) on N devices (all) for the driver "crypto"
#   iaa_bdf DEV			its PCI address
#   iaa_unconfigure		disable all devices and queues
#   iaa_wq_cycle DEV WQ		take a queue from its driver, and give it back configured as it was
#   iaa_stat NAME		a counter of the driver's global statistics
#   iaa_stats_reset
#   fault_hits DEV FAULT	how often faults of that name (iaa-fault) struck since "clear"; a new
#				fault takes the place of one that is used up
#   zram_create VAR ALGO SIZE	a new zram device; its /dev path goes to VAR
#   zram_attr DEV NAME		path of an attribute of it
#   zram_stat DEV FILE N	the N-th number of mm_stat, io_stat, ...
#   batch_stat DEV NAME		the number of that name in its batch_stat
#   cgroup_create VAR MAX	a memory cgroup with that memory.max
#   in_cgroup CGROUP CMD...	run CMD in it
#   cgroup_kill CGROUP		end all that runs in it

DSA=/sys/bus/dsa
# shellcheck disable=SC2034
IAA_DRIVER=$DSA/drivers/crypto
IAA_DEBUG=/sys/kernel/debug/iaa_crypto

need_command()
{
	local name
	for name; do
		command -v "$name" >/dev/null || skip "no program $name"
	done
}

iaa_devices()
{
	local dev
	for dev in "$DSA"/devices/iax*; do
		[ ! -d "$dev" ] || printf '%s\n' "${dev##*/}"
	done
}

# iaa_bdf DEV: its PCI address, which stays when the device goes
iaa_bdf() { basename "$(dirname "$(readlink -f "$DSA/devices/$1")")"; }

# IAACAP, which only IAA 2.0 has: bit 8 is header generation
iaa_algorithms()
{
	local dev cap dynamic=y
	[ -n "$(iaa_devices)" ] || return 0
	for dev in $(iaa_devices); do
		cap=0
		[ ! -e "$DSA/devices/$dev/iaa_cap" ] || cap=$(<"$DSA/devices/$dev/iaa_cap")
		(((cap >> 8) & 1)) || dynamic=
	done
	echo deflate-iaa
	[ -z "$dynamic" ] || echo deflate-iaa-dynamic
}

iaa_serves() { grep -qx -e "$1" <(iaa_algorithms); }

need_iaa()
{
	local have
	need_command accel-config
	modprobe -q idxd 2>/dev/null || true
	have=$(iaa_devices | wc -l)
	[ "$have" -ge "${1:-1}" ] || skip "$have accelerators here, ${1:-1} needed"
	modprobe -q iaa_crypto || skip "no module iaa_crypto"
}

need_zram()
{
	need_command zramctl
	modprobe -q zram num_devices=0 2>/dev/null || modprobe -q zram 2>/dev/null || true
	[ -d /sys/class/zram-control ] || skip "no zram"
	[ $# -gt 0 ] || return 0
	local id
	id=$(</sys/class/zram-control/hot_add)
	local list
	list=$(<"/sys/block/zram$id/comp_algorithm")
	echo "$id" >/sys/class/zram-control/hot_remove
	[[ " $(tr -d '[]' <<<"$list") " == *" $1 "* ]] || skip "this zram has no $1"
}

# iaa_wq_size DEV QUEUES: entries of each of QUEUES equal queues
iaa_wq_size() { echo $(($(<"$DSA/devices/$1/max_work_queues_size") / $2)); }

# iaa_wq_configure WQ SIZE GROUP: as accel-config config-wq does it. While the device is
# enabled, the size can't be written, and stays.
iaa_wq_configure()
{
	local at=$DSA/devices/$1
	echo dedicated >"$at/mode" &&
		echo "$3" >"$at/group_id" &&
		{ [ "$(<"$at/size")" = "$2" ] || echo "$2" >"$at/size"; } &&
		echo 10 >"$at/priority" &&
		echo kernel >"$at/type" &&
		echo iaa_crypto >"$at/name" &&
		echo crypto >"$at/driver_name"
}

# What accel-config writes, without it: under TCG, on a kernel with KASAN, each process that
# is started takes a quarter of a second, and here it would be dozens of them. iaa/tools.sh
# has accel-config itself.
iaa_configure_device()
{
	local dev=$1 queues=$2 id=${1#iax} size i engines
	size=$(iaa_wq_size "$dev" "$queues")
	read -r engines <"$DSA/devices/$dev/max_engines"
	for ((i = 0; i < engines; i++)); do
		put 0 "$DSA/devices/engine$id.$i/group_id"
	done
	for ((i = 0; i < queues; i++)); do
		iaa_wq_configure "wq$id.$i" "$size" 0 || fail "wq$id.$i can't be configured"
	done
	put "$dev" "$DSA/drivers/idxd/bind"
	for ((i = 0; i < queues; i++)); do
		put "wq$id.$i" "$DSA/drivers/crypto/bind"
	done
}

iaa_configure()
{
	local devices queues=2 limit='' dev
	while [ $# -gt 0 ]; do
		case $1 in
		-d) limit=$2 ;;
		-q) queues=$2 ;;
		esac
		shift 2
	done
	mapfile -t devices < <(iaa_devices | sed -n "1,${limit:-1000}p")
	iaa_unconfigure
	defer iaa_unconfigure
	for dev in "${devices[@]}"; do
		iaa_configure_device "$dev" "$queues"
	done
}

iaa_unconfigure_device()
{
	local wq state
	for wq in "$DSA/devices/$1"/wq*; do
		read -r state <"$wq/state"
		[ "$state" != enabled ] || put "${wq##*/}" "$DSA/drivers/crypto/unbind"
	done
	read -r state <"$DSA/devices/$1/state"
	[ "$state" = disabled ] || put "$1" "$DSA/drivers/idxd/unbind"
}

iaa_unconfigure()
{
	local dev
	for dev in $(iaa_devices); do
		iaa_unconfigure_device "$dev"
	done
}

iaa_wq_cycle()
{
	local size group
	read -r size <"$DSA/devices/$2/size"
	read -r group <"$DSA/devices/$2/group_id"
	echo "$2" >"$DSA/drivers/crypto/unbind" &&
		iaa_wq_configure "$2" "$size" "$group" &&
		echo "$2" >"$DSA/drivers/crypto/bind"
}

# number_of NAME FILE: the number behind NAME, or 0; without a process, see above
number_of()
{
	local name number
	while read -r name number _; do
		[ "$name" != "$1" ] || break
	done <"$2"
	[ "$name" = "$1" ] || number=0
	printf '%s\n' "$number"
}

iaa_stat() { number_of "$1:" "$IAA_DEBUG/global_stats"; }

iaa_stats_reset() { put 1 "$IAA_DEBUG/stats_reset"; }

fault_hits()
{
	iaa-fault "$1" rules | awk -v name="$2" '$2 == name { n += $NF } END { print n + 0 }'
}

zram_create()
{
	local -n zram_var=$1
	local id
	id=$(</sys/class/zram-control/hot_add)
	defer zram_remove "$id"
	put "$2" "/sys/block/zram$id/comp_algorithm"
	put "$3" "/sys/block/zram$id/disksize"
	# shellcheck disable=SC2034
	zram_var=/dev/zram$id
}

zram_remove()
{
	local try
	swapoff "/dev/zram$1" 2>/dev/null || true
	# Somebody who looks at new block devices may have it open for a moment.
	for try in 1 2 3 4 5; do
		{ echo "$1" >/sys/class/zram-control/hot_remove; } 2>/dev/null && return
		sleep "0.$try"
	done
	echo "zram$1 cannot be removed"
	return 1
}

zram_attr() { echo "/sys/block/${1#/dev/}/$2"; }

zram_stat()
{
	local numbers
	read -ra numbers <"/sys/block/${1#/dev/}/$2"
	printf '%s\n' "${numbers[$3 - 1]}"
}

batch_stat() { number_of "$2" "/sys/kernel/debug/zram/${1#/dev/}/batch_stat"; }

cgroup_create()
{
	local -n cgroup_var=$1
	local dir
	[ -e /sys/fs/cgroup/cgroup.controllers ] || skip "no cgroup v2 at /sys/fs/cgroup"
	grep -qw memory /sys/fs/cgroup/cgroup.controllers || skip "no memory controller"
	put +memory /sys/fs/cgroup/cgroup.subtree_control
	dir=$(mktemp -d /sys/fs/cgroup/iaa-test.XXXXXX)
	defer rmdir "$dir"
	put "$2" "$dir/memory.max"
	# shellcheck disable=SC2034
	cgroup_var=$dir
}

in_cgroup()
{
	local dir=$1
	shift
	# shellcheck disable=SC2016
	bash -c 'echo $$ >"$1/cgroup.procs"; shift; exec "$@"' sh "$dir" "$@"
}

cgroup_kill()
{
	put 1 "$1/cgroup.kill"
	await 60 "nothing runs in $1" cgroup_is_empty "$1"
}

cgroup_is_empty() { ! grep -q . "$1/cgroup.procs"; }
