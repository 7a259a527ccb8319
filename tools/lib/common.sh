# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
#
# What iaa-config and iaa-doctor share: where things are in sysfs, and which
# devices, queues and packages there are. Sourced, never run.
#
# Functions that "set REPLY" do so instead of printing: a server has hundreds of these
# files, and each $(...) is a process.
#
# IAA_ROOT names another root directory to look in; tests use it.

SYS=${IAA_ROOT:-}/sys
PROC=${IAA_ROOT:-}/proc
DSA=$SYS/bus/dsa			# idxd's bus: DSA and IAA devices alike
CRYPTO=$DSA/drivers/crypto		# the queues' driver and its attributes
DEBUGFS=$SYS/kernel/debug/iaa_crypto
ZSWAP=$SYS/module/zswap/parameters

# PCI device numbers of Intel (8086) that idxd takes for IAA
IAA_PCI_IDS=(0cfe 1216 b02d fd2d)

self=${0##*/}

warn() { printf '%s: warning: %s\n' "$self" "$*" >&2; }

# die MESSAGE: something failed
die()
{
	printf '%s: %s\n' "$self" "$*" >&2
	exit 1
}

# bad_input MESSAGE: the user has to change something; nothing was done
bad_input()
{
	printf '%s: %s\n' "$self" "$*" >&2
	exit 2
}

have() { command -v "$1" >/dev/null 2>&1; }

# attr FILE [DEFAULT]: set REPLY to a file's first line, or to DEFAULT where it can't
# be read or is empty
attr()
{
	REPLY=
	{ IFS= read -r REPLY <"$1"; } 2>/dev/null || true
	REPLY=${REPLY:-${2:-}}
}

# is_number WORD [MIN [MAX]]: decimal, without sign or leading zeroes
is_number()
{
	[[ $1 =~ ^(0|[1-9][0-9]{0,8})$ ]] && [ "$1" -ge "${2:-0}" ] && [ "$1" -le "${3:-999999999}" ]
}

# scan: the devices, in the order of their numbers, which they share with DSA devices;
# their queues and engines, in words: devices=(iax1 iax3), queues_of[iax1]='wq1.0 wq1.1'
declare -a devices=()
declare -A queues_of=() engines_of=()
scan()
{
	local path id i ids=()
	for path in "$DSA"/devices/iax*; do
		[ ! -e "$path" ] || ids[${path##*/iax}]=y
	done
	devices=()
	for id in "${!ids[@]}"; do
		devices+=("iax$id")
		queues_of[iax$id]='' engines_of[iax$id]=''
		for ((i = 0; ; i++)); do
			[ -e "$DSA/devices/wq$id.$i" ] || break
			queues_of[iax$id]+="wq$id.$i "
		done
		for ((i = 0; ; i++)); do
			[ -e "$DSA/devices/engine$id.$i" ] || break
			engines_of[iax$id]+="engine$id.$i "
		done
	done
}

# queue_enabled QUEUE
queue_enabled()
{
	attr "$DSA/devices/$1/state"
	[ "$REPLY" = enabled ]
}

# queue_driver QUEUE: set REPLY to crypto, user, dmaengine, or nothing; of a device: idxd
queue_driver()
{
	local driver
	for driver in "$DSA"/drivers/*; do
		if [ "$DSA/devices/$1/driver" -ef "$driver" ]; then
			REPLY=${driver##*/}
			return
		fi
	done
	REPLY=
}

# crypto_queues DEVICE: set REPLY to its queues that the driver crypto has
crypto_queues()
{
	local queue
	REPLY=
	for queue in ${queues_of[$1]}; do
		if [ "$DSA/devices/$queue/driver" -ef "$CRYPTO" ]; then
			REPLY+="$queue "
		fi
	done
}

# cpu_package CPU: set REPLY
cpu_package() { attr "$SYS/devices/system/cpu/cpu$1/topology/physical_package_id"; }

# find_packages: packages=(0 1), the packages (sockets) that have a CPU online
declare -a packages=()
find_packages()
{
	local dir found=()
	for dir in "$SYS"/devices/system/cpu/cpu[0-9]*; do
		attr "$dir/topology/physical_package_id"
		! is_number "$REPLY" || found[REPLY]=y
	done
	packages=("${!found[@]}")
	[ ${#packages[@]} -gt 0 ] || packages=(0)
}

# nearest_cpus NODE: set REPLY to CPUs of the node, or, if it has none, of the nearest
nearest_cpus()
{
	local node=$SYS/devices/system/node/node$1 distances=() best='' i
	attr "$node/cpulist"
	[ -z "$REPLY" ] || return 0
	attr "$node/distance"
	read -ra distances <<<"$REPLY"
	for i in "${!distances[@]}"; do
		attr "$SYS/devices/system/node/node$i/cpulist"
		[ -n "$REPLY" ] || continue
		if [ -z "$best" ] || [ "${distances[$i]}" -lt "${distances[$best]}" ]; then
			best=$i
		fi
	done
	attr "$SYS/devices/system/node/node$best/cpulist"
}

# device_package DEVICE: set REPLY to the package it belongs to, to nothing if the
# firmware does not say
device_package()
{
	attr "$DSA/devices/$1/numa_node" -1
	if [ "$REPLY" -lt 0 ]; then
		REPLY=
		return
	fi
	nearest_cpus "$REPLY"
	# Of "2-3,8" the 2
	[ -z "$REPLY" ] || cpu_package "${REPLY%%[-,]*}"
}

# pci_address DEVICE: set REPLY
pci_address()
{
	REPLY=$(readlink -f "$DSA/devices/$1")
	REPLY=${REPLY%/*}
	REPLY=${REPLY##*/}
}

# cpu_has FLAG
cpu_has()
{
	local line
	while read -r line; do
		if [[ $line == flags* ]]; then
			[[ " $line " == *" $1 "* ]]
			return
		fi
	done <"$PROC/cpuinfo"
	return 1
}

# shared_queues_possible DEVICE: sysfs tells of PASID for user space only; in the kernel
# it also takes an IOMMU, and ENQCMDS
shared_queues_possible()
{
	attr "$DSA/devices/$1/pasid_enabled" 0
	[ "$REPLY" = 1 ] && cpu_has enqcmd && pci_address "$1" &&
		[ -e "$SYS/bus/pci/devices/$REPLY/iommu_group" ]
}
