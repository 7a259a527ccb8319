#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The emulated accelerator misbehaves on demand, under a zram that uses it. Every page
# has to come back right, the reason has to be counted, and the hardware has to be taken
# up again when it is well. It fails if data is lost, if a queue stays out, or if the
# device writes to memory after a request has been given back.
#
# vm: devices=4 iommu=strict
# also: iommu=lazy packages=2 smp=4 iaa=version=0x200,int-handles=on,op-config=on
# debug: yes
# timeout: 1200
# dmesg: allow idxd .* err\[|WARNING: .* at zram_read_page
# shellcheck source=../lib/ktap.sh
. "$(dirname "$0")/../lib/ktap.sh"
# shellcheck source=../lib/iaa.sh
. "$(dirname "$0")/../lib/iaa.sh"

TIMEOUT=/sys/module/iaa_crypto/parameters/timeout_ms
SIZE=2M
zram='' bdf=''

# prepare: one device with one queue, so that the fault hits, and a short time-out
prepare()
{
	local dev
	need_iaa 1
	need_command iaa-fault
	need_zram deflate-iaa
	iaa_configure -d 1 -q 1
	read -r dev < <(iaa_devices)
	iaa-fault "$dev" rules >/dev/null 2>&1 || skip "no emulated accelerator with faults"
	bdf=$(iaa_bdf "$dev")
	must iaa-fault "$bdf" clear
	must iaa-fault "$bdf" zero
	defer iaa-fault "$bdf" clear
	defer put "$(<"$TIMEOUT")" "$TIMEOUT"
	put $((200 * (${TIMES:-1} < 5 ? ${TIMES:-1} : 5))) "$TIMEOUT"
	iaa_stats_reset
	# The one that IAA 1.0 leaves to software, where there is a choice
	zram_create zram "$(iaa_algorithms | tail -n 1)" "$SIZE"
}

fault() { must iaa-fault "$bdf" "$@"; }

# struck FAULT N: faults of that name did so, as often
struck() { equal "$(fault_hits "$bdf" "$1")" "$2" "times that '$1' struck"; }

# has_struck FAULT N: whether it did so that often
has_struck() { [ "$(fault_hits "$bdf" "$1")" -ge "$2" ]; }

# struck_at_least FAULT N
struck_at_least() { at_least "$(fault_hits "$bdf" "$1")" "$2" "times that '$1' struck"; }

# Pages that the self-tests of a few resets compress
SELF_TESTS=8

# must_fail_to_serve: software does all of it
must_fail_to_serve()
{
	local before
	before=$(iaa_stat total_comp_calls)
	both --round 5
	at_least "$((before + SELF_TESTS))" "$(iaa_stat total_comp_calls)" \
		"pages compressed, at the most, by a device that does not serve"
}

device_count() { iaa-fault "$bdf" stats "$1"; }

# modes: the modes of the devices here
modes() { [ "$(iaa_algorithms | wc -l)" -gt 1 ] && echo "fixed dynamic" || echo fixed; }

# queues_show KEY VALUE...: what wq_stats has for all queues, in their order
queues_show()
{
	local key=$1 shown
	shift
	mapfile -t shown < <(sed -n "s/^ *$key: *//p" "$IAA_DEBUG/wq_stats")
	equal "${shown[*]@Q}" "${*@Q}" "$key of the queues"
}

# has_logged WORDS: whether the kernel's log has them since the case began
has_logged() { grep -q "$1" <(kernel_log); }

# logged WORDS: it has
logged() { has_logged "$1" || fail "no '$1' in the kernel's log"; }

# config_read REGISTER: of the device's configuration space
config_read() { setpci -s "$bdf" "$1"; }

# config_write OFFSET BYTES: write to the device's configuration space, unknown to its driver
config_write() { must setpci -s "$bdf" "$1=$2"; }

round=1000

# compresses: whether hardware does what is written now
compresses()
{
	local before
	before=$(iaa_stat total_comp_calls)
	round=$((round + 1))
	must blk-verify both --size 64K --round $round "$zram"
	[ "$(iaa_stat total_comp_calls)" -gt "$((before + SELF_TESTS))" ]
}

# recovers: hardware compresses again
recovers()
{
	must iaa-fault "$bdf" clear
	await 10 "hardware is taken up again" compresses
}

both() { must blk-verify both --size "$SIZE" "$@" "$zram"; }

test_no_fault()
{
	prepare
	both
	at_least "$(iaa_stat total_comp_calls)" 350 "pages compressed in hardware"
	at_least "$(iaa_stat total_decomp_calls)" 300 "pages decompressed in hardware"
	equal "$(iaa_stat fallback_no_mode)" 0 "pages whose mode no device has"
	equal "$(iaa_stat total_sw_comp_calls)" 0 "pages compressed in software"
}

test_dropped_descriptor()
{
	prepare
	fault drop count=1 skip=20
	both
	struck drop 1
	equal "$(device_count dropped)" 1 "descriptors dropped"
	equal "$(iaa_stat fallback_timed_out)" 1 "requests finished in software"
	recovers
}

# The completion would come long after the request was given back: it must not come
test_late_completion()
{
	prepare
	fault late count=3 time=60s
	both
	struck_at_least late 1
	equal "$(iaa_stat fallback_timed_out)" "$(fault_hits "$bdf" late)" "requests finished in software"
	logged 'resetting the function'
	sleep 1
	equal "$(device_count late)" 0 "completions after the time-out"
	at_least "$(device_count discarded)" "$(fault_hits "$bdf" late)" "descriptors lost to the reset"
	must blk-verify check --size "$SIZE" "$zram"
	recovers
}

# A reset of the queue waits for what runs: it completes, and software has nothing to do
test_completion_during_the_reset()
{
	prepare
	fault late count=3 time=2s
	both
	struck late 3
	equal "$(device_count late)" 3 "late completions"
	equal "$(iaa_stat fallback_timed_out)" 0 "requests finished in software"
	at_least "$(sed -n 's/^ *resets: //p' "$IAA_DEBUG/wq_stats" | sed -n 1p)" 1 "resets"
	must blk-verify check --size "$SIZE" "$zram"
	recovers
}

test_late_decompression()
{
	prepare
	must blk-verify write --size "$SIZE" "$zram"
	fault late count=3 op=decompress time=60s
	must blk-verify check --size "$SIZE" "$zram"
	struck_at_least late 1
	at_least "$(iaa_stat total_sw_decomp_calls)" "$(fault_hits "$bdf" late)" "pages decompressed in software"
	sleep 1
	equal "$(device_count late)" 0 "completions after the time-out"
	recovers
}

test_hung_queue()
{
	prepare
	must blk-verify write --size "$SIZE" "$zram"
	fault hang-wq count=1
	must blk-verify check --size "$SIZE" "$zram"
	both --round 2
	struck hang-wq 1
	logged 'does not answer'
	recovers
}

test_hung_engine()
{
	prepare
	fault hang-engine count=1
	both
	struck hang-engine 1
	logged 'does not answer'
	recovers
}

test_interrupts_and_hung_queue()
{
	prepare
	defer put async "$IAA_DRIVER/sync_mode"
	put async_irq "$IAA_DRIVER/sync_mode"
	fault hang-wq count=1 skip=10
	both
	struck hang-wq 1
	logged 'does not answer'
	recovers
	at_least "$(device_count interrupts)" 10 "interrupts"
}

# Each status that a device may give, for both operations
test_error_status()
{
	local status
	prepare
	for status in 0x04 0x0a 0x10 0x11 0x12 0x13 0x16 0x19 0x1a 0x1f 0x20 0x24 0x30 0x7f; do
		fault clear
		fault status count=4 op=compress code=$status
		fault status count=4 op=decompress code=$status
		both --round $((status))
		struck status 8
	done
	at_least "$(iaa_stat fallback_hw_error)" 10 "error statuses"
	at_least "$(iaa_stat fallback_bad_stream)" 4 "analytics errors of decompressions"
	equal "$(iaa_stat total_sw_decomp_calls)" $((4 * 14)) "decompressions in software"
	recovers
}

# Analytics errors by code; 0x19 and 0x29 when compressing say that it does not fit
test_error_codes()
{
	local code
	prepare
	for code in 1 11 12 13 14 15 17 18 19 35 36 0x19 0x29; do
		fault clear
		fault status count=2 op=compress code=0x0a error=$code
		fault status count=2 op=decompress code=0x0a error=$code
		both --round $((code))
		struck status 4
	done
	at_least "$(iaa_stat total_completion_comp_buf_overflow_errors)" 4 "overflows"
	recovers
}

# What an administrator's command ends is submitted again, and software has to do
# nothing; unless it is ended each time
test_administrative_timeout()
{
	prepare
	fault status count=2 skip=5 op=compress code=0x0a error=0x25
	fault status count=2 skip=5 op=decompress code=0x0a error=0x25
	both
	struck status 4
	equal "$(iaa_stat total_completion_timeout_errors)" 4 "operations ended"
	equal "$(iaa_stat total_sw_comp_calls)" 0 "pages compressed in software"
	equal "$(iaa_stat total_sw_decomp_calls)" 0 "pages decompressed in software"
	fault clear
	fault status count=100 op=compress code=0x0a error=0x25
	both --round 2
	struck status 100
	at_least "$(iaa_stat fallback_hw_error)" 1 "pages that software took over"
	recovers
}

# The device's own verification has a counter of its own
test_own_verification()
{
	prepare
	fault status count=3 op=compress code=0x0a error=0x1d
	both
	struck status 3
	equal "$(iaa_stat total_completion_verify_errors)" 3 "results refused"
	equal "$(iaa_stat total_sw_comp_calls)" 3 "pages compressed in software"
	recovers
}

test_impossible_size()
{
	prepare
	fault size count=8 op=decompress delta=100000
	both
	struck size 8
	equal "$(iaa_stat fallback_lied)" 8 "lies"
	recovers
}

# With verify_compress a wrong output or CRC is found while the page is still there
test_wrong_output_is_verified()
{
	local found
	prepare
	defer put 0 "$IAA_DRIVER/verify_compress"
	put 1 "$IAA_DRIVER/verify_compress"
	fault output count=5 op=compress bit=100
	both
	struck output 5
	fault clear
	fault crc count=5 op=compress
	both --round 2
	struck crc 5
	# Of a page that does not fit there is no output that could be wrong.
	found=$(($(iaa_stat fallback_lied) + $(iaa_stat fallback_bad_stream)))
	at_least $found $((10 - $(iaa_stat total_completion_comp_buf_overflow_errors))) "wrong outputs found"
	at_least 10 $found "faults, against wrong outputs found"
	recovers
}

# said KEY: a number of the last blk-verify
said() { sed -n "s/^$1 //p" "$KTAP_TMP/out"; }

# Without that, what was compressed wrongly is gone: an error for the bio or the recompression
# that has it, and for no other
test_wrong_output_in_batches()
{
	local lost
	prepare
	put 1 "$(zram_attr "$zram" reset)"
	put deflate-iaa "$(zram_attr "$zram" comp_algorithm)"
	put 'algo=lzo-rle priority=1' "$(zram_attr "$zram" recomp_algorithm)"
	put "$SIZE" "$(zram_attr "$zram" disksize)"
	# Of the block's type, which makes it one that does not exist
	fault output count=3 skip=20 op=compress bit=2
	must blk-verify write --size "$SIZE" "$zram"
	struck output 3
	fault clear
	must_fail blk-verify check --size "$SIZE" --bs 4K "$zram"
	equal "$(said wrong)" 0 "wrong pages"
	lost=$(said failed)
	at_least "$lost" 1 "pages that can't be read"
	at_least 3 "$lost" "wrong outputs, and pages that can't be read"
	must_fail blk-verify check --size "$SIZE" --bs 64K "$zram"
	equal "$(said wrong)" 0 "wrong pages"
	at_least "$(said failed)" 1 "bios that can't be read"
	at_least "$lost" "$(said failed)" "pages, and bios, that can't be read"
	put all "$(zram_attr "$zram" idle)"
	refuse type=idle "$(zram_attr "$zram" recompress)"
	must_fail blk-verify check --size "$SIZE" --bs 4K "$zram"
	equal "$(said wrong) $(said failed)" "0 $lost" "wrong pages, and lost ones"
	both --round 2
	recovers
}

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

# A device that computes wrongly is found before it gets data
test_wrong_compression_before_binding()
{
	local dev
	prepare
	read -r dev < <(iaa_devices)
	iaa_unconfigure
	fault output op=compress bit=100
	iaa_configure_device "$dev" 1
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
	local dev before
	prepare
	read -r dev < <(iaa_devices)
	iaa_unconfigure
	fault output op=decompress bit=100
	iaa_configure_device "$dev" 1
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
	local dev
	prepare
	read -r dev < <(iaa_devices)
	iaa_unconfigure
	fault output op=decompress bit=100
	iaa_configure_device "$dev" 1
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
	local dev
	prepare
	read -r dev < <(iaa_devices)
	iaa_unconfigure
	fault output op=decompress bit=100
	iaa_configure_device "$dev" 1
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
	local dev
	prepare
	read -r dev < <(iaa_devices)
	iaa_unconfigure
	fault drop
	iaa_configure_device "$dev" 1
	queues_show state stalled
	struck_at_least drop 1
	must_fail_to_serve
	recovers
}

# The driver is told of this one: it binds its queues anew
test_function_reset_by_sysfs()
{
	prepare
	must blk-verify write --size "$SIZE" "$zram"
	put 1 "/sys/bus/pci/devices/$bdf/reset"
	must blk-verify check --size "$SIZE" "$zram"
	both --round 2
	recovers
}

# Of these nobody tells it: the device is disabled, its queues are not configured, and
# after a reset of the function not even its addresses are
test_function_reset_behind_the_driver()
{
	prepare
	must blk-verify write --size "$SIZE" "$zram"
	config_write CAP_EXP+8.w 8000:8000
	sleep 0.2
	must blk-verify check --size "$SIZE" "$zram"
	both --round 2
	recovers
}

# Halts the device, without an interrupt
test_bus_master_cleared()
{
	prepare
	must blk-verify write --size "$SIZE" "$zram"
	config_write COMMAND 0:4
	must blk-verify check --size "$SIZE" "$zram"
	both --round 2
	recovers
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

# Verification begins when a page is retired; the queue may have been reset by then
test_dropped_while_verifying()
{
	prepare
	defer put 0 "$IAA_DRIVER/verify_compress"
	put 1 "$IAA_DRIVER/verify_compress"
	fault drop count=3 skip=20
	both --bs 64K
	struck_at_least drop 1
	recovers
	fault late count=3 op=decompress time=2s
	must blk-verify write --size "$SIZE" --bs 64K --round 3 "$zram"
	must blk-verify check --size "$SIZE" --bs 64K --round 3 "$zram"
	struck_at_least late 1
	recovers
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
