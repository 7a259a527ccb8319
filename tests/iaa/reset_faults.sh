#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The emulated accelerator halts, is reset, goes, or does not obey the commands that reset
# it, under a zram that uses it. It fails if a page is wrong, or if the hardware is not
# taken up again when it is well.
#
# vm: devices=4 iommu=strict
# also: iommu=lazy packages=2 smp=4 iaa=version=0x200,int-handles=on,op-config=on
# debug: yes
# timeout: 900
# dmesg: allow idxd .* err\[
# shellcheck source=../lib/ktap.sh
. "$(dirname "$0")/../lib/ktap.sh"
# shellcheck source=../lib/iaa.sh
. "$(dirname "$0")/../lib/iaa.sh"
# shellcheck source=../lib/faults.sh
. "$(dirname "$0")/../lib/faults.sh"

test_halt()
{
	local type
	prepare
	for type in 0 1; do
		must blk-verify write --size "$SIZE" "$zram"
		fault halt-at count=1 skip=10 reset=$type
		must blk-verify check --size "$SIZE" "$zram"
		both --round "$type"
		struck halt-at 1
		recovers
	done
}

# survives COMMAND...: what was written before it is right after it, and hardware serves again
survives()
{
	must blk-verify write --size "$SIZE" "$zram"
	"$@"
	must blk-verify check --size "$SIZE" "$zram"
	both --round 2
	recovers
}

# The driver is told of this one: it binds its queues anew
test_function_reset_by_sysfs()
{
	prepare
	survives put 1 "/sys/bus/pci/devices/$bdf/reset"
}

function_reset_untold()
{
	config_write CAP_EXP+8.w 8000:8000
	sleep 0.2
}

# Of these nobody tells it: the device is disabled, its queues are not configured, and
# after a reset of the function not even its addresses are
test_function_reset_behind_the_driver()
{
	prepare
	survives function_reset_untold
}

# Halts the device, without an interrupt
test_bus_master_cleared()
{
	prepare
	survives config_write COMMAND 0:4
}

# Devices that hang do so for ten seconds each, but all at the same time
test_commands_hang_on_all_devices()
{
	local start took d
	prepare
	need_iaa 4
	iaa_unconfigure
	iaa_configure -q 2
	must blk-verify write --size "$SIZE" "$zram"
	must iaa-fault all hang-wq
	must iaa-fault all cmd-hang
	defer iaa-fault all clear
	start=$(date +%s)
	both --threads 16
	took=$(($(date +%s) - start))
	info "took $took s"
	for d in $(iaa_devices); do
		at_least "$(fault_hits "$d" hang-wq)" 1 "queues of $d that hang"
		at_least "$(fault_hits "$d" cmd-hang)" 1 "commands of $d that hang"
	done
	[ "$took" -le $((25 * ${TIMES:-1})) ] || fail "one device is reset after the other: $took s"
	must iaa-fault all clear
	recovers
}

# A queue that lost its driver must not keep its neighbour from coming back
test_recovery_beside_an_unbound_queue()
{
	local dev type
	prepare
	read -r dev < <(iaa_devices)
	iaa_unconfigure
	iaa_configure_device "$dev" 2
	must accel-config disable-wq "$dev/wq${dev#iax}.1"
	fault drop count=1 skip=20
	both
	struck drop 1
	recovers
	for type in 0 1; do
		fault halt-at count=1 skip=10 reset=$type
		both --round "$type"
		struck halt-at 1
		recovers
	done
}

test_device_reset_refused()
{
	prepare
	fault late count=3 skip=20 time=4s
	fault cmd-status op=10 error=3
	fault cmd-status op=5 error=3
	both
	struck_at_least cmd-status 1
	# What it had then was ended by a reset of the function
	sleep 5
	must blk-verify check --size "$SIZE" "$zram"
	recovers
}

test_surprise_removal()
{
	prepare
	must blk-verify write --size "$SIZE" "$zram"
	fault remove
	equal "$(config_read VENDOR_ID)" ffff "vendor of a device that is gone"
	must blk-verify check --size "$SIZE" "$zram"
	both --round 2
	fault return
	recovers
}

# Not even the commands to reset it work: the function is reset, and taken up again once
# it obeys
test_commands_hang()
{
	prepare
	must blk-verify write --size "$SIZE" "$zram"
	fault hang-wq
	fault cmd-hang
	must blk-verify check --size "$SIZE" "$zram"
	both --round 2
	struck_at_least hang-wq 1
	struck_at_least cmd-hang 1
	logged 'blocking its DMA and resetting the function'
	recovers
}

# Nor that of the function, and its queue is taken away: the pages are software's once the
# device is kept from memory
test_never_stops_and_is_taken_away()
{
	local dev load
	prepare
	read -r dev < <(iaa_devices)
	both
	fault flr-ignored
	fault cmd-hang
	fault hang-engine count=1 skip=20
	blk-verify both --size "$SIZE" --bs 64K --round 1 "$zram" >"$KTAP_TMP/load" 2>&1 &
	load=$!
	await 10 "an engine hangs" has_struck hang-engine 1
	iaa_unconfigure
	logged 'could not be stopped; its DMA is blocked'
	wait $load || fail "$(<"$KTAP_TMP/load")"
	must blk-verify check --size "$SIZE" --round 1 "$zram"
	fault clear
	iaa_configure_device "$dev" 1
	recovers
}

# The device takes another reset: no need for one of the function
test_reset_refused()
{
	prepare
	fault drop count=1 skip=20
	fault cmd-status op=10 count=1 error=3
	both
	struck drop 1
	recovers
	(logged 'resetting the function') >/dev/null && fail "the function was reset"
	return 0
}

# Configuring a device anew that could not be enabled needs no reload of anything
test_out_of_service_until_reconfigured()
{
	local dev
	prepare
	read -r dev < <(iaa_devices)
	fault drop count=1 skip=20
	fault cmd-status op=10 error=3
	fault cmd-status op=5 error=3
	fault cmd-status op=1 error=3
	both
	struck_at_least cmd-status 3
	must_fail_to_serve
	iaa_unconfigure
	fault clear
	iaa_configure_device "$dev" 1
	recovers
}

ktap_main
