#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The system is suspended and comes back, as far as the kernel's own test of that goes: tasks
# are frozen, devices suspended and resumed. Fails on a page that comes back wrong, and if
# the queues were not given up before, or do not serve again after.
#
# vm:
# also: iaa=version=0x200,int-handles=on,op-config=on iommu=lazy
# timeout: 300
. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/iaa.sh"

TEST=/sys/power/pm_test
TIMEOUT=/sys/module/iaa_crypto/parameters/timeout_ms

# suspend LEVEL: to idle, back after a second
suspend()
{
	[ -w $TEST ] || skip "no test of suspend in this kernel (CONFIG_PM_DEBUG)"
	grep -qw freeze /sys/power/state || skip "this machine can't be suspended to idle"
	[ ! -w /sys/module/suspend/parameters/pm_test_delay ] ||
		put 1 /sys/module/suspend/parameters/pm_test_delay
	defer put none $TEST
	put "$1" $TEST
	put freeze /sys/power/state
}

# said WORDS: the kernel said so since the case began
said() { grep -q "deflate-iaa is served by $1" <(kernel_log); }

# served N: wait until hardware has compressed N pages of what is written
served()
{
	await 20 "queues serve again" compresses "$1"
}

round=0

# compresses N: whether hardware does N of the pages that are written now
compresses()
{
	round=$((round + 1))
	iaa_stats_reset
	must blk-verify both --size 8M --round $round "$dev"
	[ "$(iaa_stat total_comp_calls)" -ge "$1" ]
}

suspended()
{
	local dev
	need_zram deflate-iaa
	need_iaa
	iaa_configure -q 2
	zram_create dev deflate-iaa 16M
	served 1000
	suspend "$1"
	served 1000
	said software || fail "the queues were in service all the time"
}

test_freezer() { suspended freezer; }

test_devices() { suspended devices; }

# As far as there is no interrupt any more: the PCI core has the devices asleep
test_platform() { suspended platform; }

# Tasks are frozen in the middle of what they do.
test_under_load()
{
	local dev pid
	need_zram deflate-iaa
	need_iaa
	iaa_configure -q 2
	zram_create dev deflate-iaa 16M
	served 1000
	blk-verify both --size 8M --threads 4 --round 50 "$dev" >"$KTAP_TMP/load" 2>&1 &
	pid=$!
	suspend devices
	wait $pid || fail "the load failed: $(<"$KTAP_TMP/load")"
	served 1000
}

# faulty: one device, with a short time-out, and pages written and checked in the background
faulty()
{
	need_zram deflate-iaa
	need_iaa
	need_command iaa-fault
	iaa-fault all clear >/dev/null 2>&1 || skip "no emulated accelerator with faults"
	iaa_configure -q 2
	defer iaa-fault all clear
	defer put "$(<"$TIMEOUT")" "$TIMEOUT"
	put $((100 * (${TIMES:-1} < 5 ? ${TIMES:-1} : 5))) "$TIMEOUT"
	zram_create dev deflate-iaa 16M
	served 1000
	blk-verify both --size 8M --threads 4 --round 50 "$dev" >"$KTAP_TMP/load" 2>&1 &
	load=$!
}

# comes_back: no page was lost, and hardware serves again
comes_back()
{
	wait "$load" || fail "the load failed: $(<"$KTAP_TMP/load")"
	must iaa-fault all clear
	served 1000
}

# Devices are suspended while a queue waits for the end of a reset
test_during_recovery()
{
	local dev='' load=''
	faulty
	must iaa-fault all drop count=4
	must iaa-fault all cmd-hang count=2 time=2s
	sleep 0.3
	suspend devices
	comes_back
}

# The device takes none of the commands that suspend gives it
test_hung_commands()
{
	local dev='' load=''
	faulty
	must iaa-fault all hang-wq
	must iaa-fault all cmd-hang count=1
	suspend devices
	comes_back
}

test_halted()
{
	local dev='' load=''
	faulty
	must iaa-fault all halt reset=1
	suspend devices
	comes_back
}

# One that is gone stops neither suspend nor resume; another one comes in its place
test_removed()
{
	local dev='' load=''
	faulty
	must iaa-fault all remove
	suspend devices
	must iaa-fault all return
	comes_back
}

# Nor does one that needs a reset of the system
test_halted_until_system_reset()
{
	local dev='' load=''
	faulty
	must iaa-fault all halt reset=2
	suspend devices
	wait "$load" || fail "the load failed: $(<"$KTAP_TMP/load")"
	iaa_stats_reset
	must blk-verify both --size 8M --round 99 "$dev"
	equal "$(iaa_stat total_comp_calls)" 0 "pages compressed by a device that is halted"
	must iaa-fault all remove
	must iaa-fault all return
	served 1000
}

ktap_main
