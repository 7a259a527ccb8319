#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The system is suspended and comes back, as far as the kernel's own test of that goes: tasks
# are frozen, devices suspended and resumed. Fails on a page that comes back wrong, and if
# the queues were not given up before, or do not serve again after.
#
# vm: kernel=builtin
# timeout: 200
. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/iaa.sh"

TEST=/sys/power/pm_test

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

# said WORDS: the kernel said so since the test's begin
said() { grep -q "deflate-iaa is served by $1" <(kernel_log 'iaa-tests: begin'); }

# served N: wait until hardware has compressed N pages of what is written
served()
{
	local round
	for ((round = 1; round < 30; round++)); do
		iaa_stats_reset
		must blk-verify both --size 8M --round $round "$dev"
		[ "$(iaa_stat total_comp_calls)" -lt "$1" ] || return 0
		sleep 0.5
	done
	fail "no queue serves again"
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
	wait $pid || fail "the load failed: $(cat "$KTAP_TMP/load")"
	served 1000
}

ktap_main
