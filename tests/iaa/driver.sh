#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The driver's face: attributes with upstream's names, values and refusals, statistics,
# accel-config's configuration saved and loaded again, and modules that come and go in
# any order without losing what holds on to them.
#
# vm: kernel=test
# debug: yes
# timeout: 240
. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/iaa.sh"

IDXD=/sys/bus/pci/drivers/idxd

test_attributes()
{
	need_iaa
	local attr
	for attr in verify_compress sync_mode; do
		[ -w "$IAA_DRIVER/$attr" ] || fail "no attribute $IAA_DRIVER/$attr"
	done
	equal "$(<"$IAA_DRIVER/verify_compress")" 0 "default of verify_compress"
	equal "$(<"$IAA_DRIVER/sync_mode")" async "default of sync_mode"
}

test_bad_values_are_refused()
{
	need_iaa
	refuse 2 "$IAA_DRIVER/verify_compress"
	refuse perhaps "$IAA_DRIVER/verify_compress"
	refuse '' "$IAA_DRIVER/sync_mode"
	refuse fast "$IAA_DRIVER/sync_mode"
	refuse asyncirq "$IAA_DRIVER/sync_mode"
}

test_good_values_are_taken()
{
	need_iaa
	local mode
	defer put async "$IAA_DRIVER/sync_mode"
	for mode in sync async_irq async; do
		put $mode "$IAA_DRIVER/sync_mode"
		equal "$(<"$IAA_DRIVER/sync_mode")" $mode sync_mode
	done
	defer put 0 "$IAA_DRIVER/verify_compress"
	put 1 "$IAA_DRIVER/verify_compress"
	equal "$(<"$IAA_DRIVER/verify_compress")" 1 verify_compress
}

# most_in_flight FILE: of a trace of submissions and retirements
most_in_flight()
{
	awk '/iaa_comp_submit:/ { if (++n > most) most = n } /iaa_comp_retire:/ { n-- } END { print most + 0 }' "$1"
}

# Intel's scripts set it: a caller that waits for its batch must not do so page by page
test_sync_overlaps_within_a_batch()
{
	need_iaa
	need_zram deflate-iaa
	local dev tracing=/sys/kernel/tracing
	[ -d $tracing/events/iaa_comp ] || must mount -t tracefs none $tracing
	iaa_configure -q 1
	zram_create dev deflate-iaa 16M
	defer put async "$IAA_DRIVER/sync_mode"
	put sync "$IAA_DRIVER/sync_mode"
	defer put 0 $tracing/events/iaa_comp/enable
	put 1 $tracing/events/iaa_comp/enable
	must dd if=/corpus/text.pages of="$dev" bs=64k count=4 oflag=direct status=none
	put 0 $tracing/events/iaa_comp/enable
	cat $tracing/trace >"$KTAP_TMP/trace"
	at_least "$(most_in_flight "$KTAP_TMP/trace")" 8 "requests in flight at a time"
	equal "$(awk '/iaa_comp_retire:/ && !/reason=none/' "$KTAP_TMP/trace")" "" \
		"requests that the device did, with a reason for software"
}

# A wake that is lost costs a sleep of 20 ms, and nobody fails by it.
test_interrupts_wake()
{
	need_iaa
	need_zram deflate-iaa
	local dev pages missed
	iaa_configure -q 1
	zram_create dev deflate-iaa 16M
	defer put async "$IAA_DRIVER/sync_mode"
	put async_irq "$IAA_DRIVER/sync_mode"
	iaa_stats_reset
	must dd if=/corpus/text.pages of="$dev" bs=4k count=200 oflag=direct status=none
	pages=$(iaa_stat total_comp_calls)
	missed=$(iaa_stat total_missed_interrupts)
	info "$pages pages, $missed interrupts missed"
	at_least "$pages" 180 "pages compressed in hardware"
	at_least "$pages" $((missed * 4)) "pages, against four times the interrupts missed"
}

test_saved_configuration_loads()
{
	need_iaa
	iaa_configure -q 2
	must accel-config save-config -s "$KTAP_TMP/saved.json"
	grep -q '"driver_name":"crypto"' "$KTAP_TMP/saved.json" || fail "the saved configuration names no driver"
	iaa_unconfigure
	must accel-config load-config -c "$KTAP_TMP/saved.json" -e -f
	accel-config list >"$KTAP_TMP/list"
	at_least "$(grep -c '"state":"enabled"' "$KTAP_TMP/list")" 3 "enabled things after loading"
}

test_queues_go_and_come()
{
	need_iaa
	local i
	for i in 1 2 3; do
		iaa_configure -q 2
		iaa_unconfigure
		iaa_configure -q 1
		iaa_unconfigure
	done
}

test_idxd_stays_under_the_driver()
{
	need_iaa
	must_fail rmmod idxd
	[ -d "$IAA_DRIVER" ] || fail "the driver is gone after a refused rmmod"
}

test_modules_unload_and_load_again()
{
	need_iaa
	iaa_configure -q 1
	iaa_unconfigure
	must rmmod iaa_crypto
	[ ! -d "$IAA_DRIVER" ] || fail "$IAA_DRIVER is still there"
	must modprobe iaa_crypto
	iaa_configure -q 1
}

test_driver_unloads_under_queues()
{
	need_iaa
	iaa_configure -q 2
	must rmmod iaa_crypto
	must modprobe iaa_crypto
	iaa_configure -q 2
}

# unbound: an accelerator without a driver, with faults to come; sets bdf
unbound()
{
	need_iaa
	need_command iaa-fault
	bdf=$(iaa_bdf "$(iaa_devices | sed -n 1p)")
	iaa-fault "$bdf" clear >/dev/null 2>&1 || skip "no emulated accelerator with faults"
	iaa_unconfigure
	put "$bdf" $IDXD/unbind
	defer bind_again "$bdf"
}

bind_again()
{
	iaa-fault "$1" clear
	[ -e "$IDXD/$1" ] || echo "$1" >$IDXD/bind
}

# What a crashed kernel may leave behind
test_probe_resets_what_it_finds()
{
	local bdf dev
	need_zram deflate-iaa
	unbound
	must iaa-fault "$bdf" halt reset=0
	put "$bdf" $IDXD/bind
	put "$bdf" $IDXD/unbind
	must iaa-fault "$bdf" halt reset=1
	put "$bdf" $IDXD/bind
	put "$bdf" $IDXD/unbind
	must iaa-fault "$bdf" cmd-hang count=1
	put "$bdf" $IDXD/bind
	iaa_configure -q 2
	zram_create dev deflate-iaa 16M
	iaa_stats_reset
	must blk-verify both --size 4M "$dev"
	at_least "$(iaa_stat total_comp_calls)" 500 "pages compressed in hardware"
}

# All that the probe had is freed, once
test_failed_probe()
{
	local bdf
	unbound
	must iaa-fault "$bdf" halt reset=3
	refuse "$bdf" $IDXD/bind
	refuse "$bdf" $IDXD/bind
	must iaa-fault "$bdf" remove
	must iaa-fault "$bdf" return
	defer iaa-fault "$bdf" clear
	put "$bdf" $IDXD/bind
	equal "$(iaa_bdf "$(iaa_devices | sed -n 1p)")" "$bdf" "device after its return"
}

ktap_main
