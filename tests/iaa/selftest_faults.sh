#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# An emulated accelerator that computes wrongly, or does not answer, when the driver tests
# it: before its queues get data, after a reset, and in service. It fails if data is
# wrong, if a device is used for what it can't do, or if it is not taken up again when it
# is well.
#
# vm: devices=4 iommu=strict
# also: iommu=lazy packages=2 smp=4 iaa=version=0x200,int-handles=on,op-config=on
# debug: yes
# timeout: 600
# dmesg: allow idxd .* err\[
# shellcheck source=../lib/ktap.sh
. "$(dirname "$0")/../lib/ktap.sh"
# shellcheck source=../lib/iaa.sh
. "$(dirname "$0")/../lib/iaa.sh"
# shellcheck source=../lib/faults.sh
. "$(dirname "$0")/../lib/faults.sh"

# bound_with FAULT...: a queue is bound while its device misbehaves so
bound_with()
{
	local dev
	prepare
	read -r dev < <(iaa_devices)
	iaa_unconfigure
	fault "$@"
	iaa_configure_device "$dev" 1
}

# A device that computes wrongly is found before it gets data
test_wrong_compression_before_binding()
{
	bound_with output op=compress bit=100
	struck_at_least output 1
	queues_show state stalled
	queues_show serves ""
	queues_show failed "$(modes)"
	logged "self-test failed, its device is not used for: $(modes)"
	must_fail_to_serve
	at_least "$(iaa_stat total_sw_comp_calls)" 100 "pages compressed in software"
	recovers
	queues_show serves "$(modes) decompress"
	queues_show failed ""
}

# One that only decompresses wrongly goes on compressing
test_wrong_decompression_before_binding()
{
	local before
	bound_with output op=decompress bit=100
	struck_at_least output 1
	queues_show state live
	queues_show serves "$(modes)"
	queues_show failed decompress
	logged 'self-test failed, its device is not used for: decompress'
	before=$(iaa_stat total_decomp_calls)
	both
	at_least "$((before + SELF_TESTS))" "$(iaa_stat total_decomp_calls)" \
		"pages decompressed, at the most, by a device that can't"
	at_least "$(iaa_stat total_comp_calls)" 100 "pages compressed"
	at_least "$(iaa_stat fallback_no_mode)" 100 "decompressions for want of a device that can"
}

# A single error in a self-test does not take a part of the device away for good: the queue
# serves the rest, is tested again meanwhile, and passes
test_single_error_before_binding()
{
	local dev op
	prepare
	read -r dev < <(iaa_devices)
	# What can't compress at all does not serve: that is another case
	for op in decompress $([ "$(modes)" = fixed ] || echo compress); do
		klog_mark "case $KTAP_CASE"
		iaa_unconfigure
		fault clear
		fault output count=1 op="$op" bit=100
		iaa_configure_device "$dev" 1
		struck output 1
		logged 'self-test failed'
		await 5 "all is served again" has_logged 'self-test passed'
		struck output 1
		queues_show state live
		queues_show serves "$(modes) decompress"
		queues_show failed ""
		compresses || fail "what was wrong once is not done in hardware"
	done
}

# What goes on failing is tried less and less, and what is worse than before is reset
test_error_that_stays_before_binding()
{
	bound_with output op=decompress bit=100
	# After 1 s, and 2 s after that
	await 10 "it is tested again, twice" has_struck output 3
	equal "$(grep -c 'self-test failed' < <(kernel_log))" 1 "messages about one error"
	queues_show state live
	queues_show failed decompress
	fault drop
	await 20 "what does not answer is reset" has_logged 'does not answer; resetting it'
	recovers
	queues_show failed ""
}

queue_is() { grep -q "state: $1" "$IAA_DEBUG/wq_stats"; }

# One that serves, and when it is tested again can compress in no mode, is taken out
test_error_that_grows_in_service()
{
	bound_with output op=decompress bit=100
	queues_show state live
	fault output op=compress bit=100
	await 20 "the queue is out of service" queue_is stalled
	must_fail_to_serve
	recovers
	queues_show serves "$(modes) decompress"
	queues_show failed ""
}

# What one queue fails in is off for its neighbour, too, until that one is well or gone
test_wrong_output_on_one_of_two_queues()
{
	local dev wq all
	prepare
	read -r dev < <(iaa_devices)
	wq=wq${dev#iax}.1
	all="$(modes) decompress"
	iaa_unconfigure
	iaa_configure_device "$dev" 2
	queues_show serves "$all" "$all"
	fault output op=decompress bit=100 wq=1
	must iaa_wq_cycle "$dev" "$wq"
	queues_show failed "" decompress
	queues_show serves "$(modes)" "$(modes)"
	fault clear
	fault output op=compress bit=100 wq=1
	must iaa_wq_cycle "$dev" "$wq"
	queues_show state live stalled
	queues_show serves decompress ""
	must_fail_to_serve
	recovers
	queues_show serves "$all" "$all"
	fault output op=compress bit=100 wq=1
	must iaa_wq_cycle "$dev" "$wq"
	queues_show serves decompress ""
	must accel-config disable-wq "$dev/$wq"
	queues_show serves "$all"
	recovers
}

# Nor is a queue taken up again after a reset if it computes wrongly then. The command
# hangs for as long as it takes to make it do so.
test_wrong_output_after_reset()
{
	local pid
	prepare
	fault cmd-hang count=1 time=3s
	fault hang-wq count=1
	blk-verify both --size "$SIZE" "$zram" >"$KTAP_TMP/load" 2>&1 &
	pid=$!
	await_of $pid 5 "the queue is stalled" grep -q 'state: stalled' "$IAA_DEBUG/wq_stats"
	await_of $pid 5 "the command hangs" has_struck cmd-hang 1
	struck hang-wq 1
	fault output op=compress bit=100
	wait $pid || fail "the load failed: $(<"$KTAP_TMP/load")"
	await 10 "the queue has failed its self-test" has_logged 'self-test failed'
	struck_at_least output 1
	queues_show state stalled
	queues_show serves ""
	must_fail_to_serve
	recovers
}

# A queue that does not answer its self-test is bound, and taken up when it does
test_no_answer_before_binding()
{
	bound_with drop
	queues_show state stalled
	struck_at_least drop 1
	must_fail_to_serve
	recovers
}

ktap_main
