#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The guest is what the tests in it asked for (VM_SHAPE, which scripts/test-group sets from
# their "vm:" lines). Fails if a device, a driver, a CPU, memory or an option of the kernel
# is missing: what needs it would otherwise test something else, or nothing.
#
# timeout: 60
# shellcheck source=../lib/ktap.sh
. "$(dirname "$0")/../lib/ktap.sh"
# shellcheck source=../lib/iaa.sh
. "$(dirname "$0")/../lib/iaa.sh"

# asked KEY: its value
asked()
{
	local word
	for word in $VM_SHAPE; do
		[ "${word%%=*}" != "$1" ] || printf '%s' "${word#*=}"
	done
}

# has OPTION...: all are =y in the kernel's configuration
has()
{
	local option
	for option; do
		grep -qx "CONFIG_$option=y" <(zcat /proc/config.gz) || fail "the kernel has no CONFIG_$option"
	done
}

has_not() { ! (has "$1") >/dev/null || fail "the kernel has CONFIG_$1"; }

test_kernel()
{
	case $(asked kernel) in
	test) has KASAN PROVE_LOCKING DMA_API_DEBUG FAULT_INJECTION DEBUG_KMEMLEAK ;;
	kcsan) has KCSAN PROVE_LOCKING ;;
	gcov) has GCOV_KERNEL FAULT_INJECTION ;;
	builtin) has IAA_COMP ZRAM ;;
	stock) ! modprobe -q -n iaa_comp || fail "this is not the pristine kernel" ;;
	*) has_not KASAN ;;
	esac
}

test_command_line()
{
	local word
	for word in $(asked append | tr ',' ' '); do
		[[ " $(</proc/cmdline) " == *" $word"* ]] || fail "$word is not on the command line"
	done
}

test_cpus_and_nodes()
{
	equal "$(nproc --all)" "$(asked smp)" "CPUs"
	equal "$(compgen -G '/sys/devices/system/node/node[0-9]*' | wc -l)" "$(asked packages)" "nodes"
}

# What the kernel keeps for itself, and a crash kernel, is less than half of it.
test_memory()
{
	local want
	want=$(asked mem | sed 's/M$//; s/G$/ * 1024/')
	at_least "$(awk '$1 == "MemTotal:" { print int($2 / 1024) }' /proc/meminfo)" $((want / 2)) "MiB of memory"
}

test_disks()
{
	local sizes disks
	mapfile -t sizes < <(asked disk | tr ',' '\n')
	# The one that is kept is for coverage
	mapfile -t disks < <(grep -sLx kept /sys/block/vd*/serial)
	equal "${#disks[@]}" "${#sizes[@]}" "disks"
}

# Each is there, has its driver, and is of the version that was asked for.
test_devices()
{
	local dev id count=0 version=0x100
	for dev in /sys/bus/pci/devices/*; do
		id=$(<"$dev/vendor"):$(<"$dev/device")
		[ "$id" = 0x8086:0x0cfe ] || continue
		count=$((count + 1))
		equal "$(basename "$(readlink "$dev/driver")")" idxd "driver of ${dev##*/}"
	done
	equal "$count" "$(asked devices)" "accelerators"
	equal "$(iaa_devices | wc -l)" "$count" "accelerators that idxd serves"
	[[ $(asked iaa) != *version=0x200* ]] || version=0x200
	for dev in $(iaa_devices); do
		equal "$(<"$DSA/devices/$dev/version")" $version "version of $dev"
	done
}

# The driver of queues can be loaded, or is there already.
test_driver()
{
	[ "$(asked devices)" -gt 0 ] || return 0
	[ -d /sys/bus/dsa/drivers/crypto ] || must modprobe -n iaa_crypto
}

ktap_main
