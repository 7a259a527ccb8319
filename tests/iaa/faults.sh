#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Requests that the emulated accelerator does not do as it should: it loses them, is late,
# reports errors, or lies. Every page has to come back right, or, where what was stored is
# wrong, as an error; the reason has to be counted, and the hardware has to be taken up
# again when it is well. It fails if data is lost, if a queue stays out, or if the device
# writes to memory after a request has been given back.
#
# vm: devices=4 iommu=strict
# also: iommu=lazy packages=2 smp=4 iaa=version=0x200,int-handles=on,op-config=on
# debug: yes
# timeout: 900
# dmesg: allow idxd .* err\[|WARNING: .* at zram_read_page
# shellcheck source=../lib/ktap.sh
. "$(dirname "$0")/../lib/ktap.sh"
# shellcheck source=../lib/iaa.sh
. "$(dirname "$0")/../lib/iaa.sh"
# shellcheck source=../lib/faults.sh
. "$(dirname "$0")/../lib/faults.sh"

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

ktap_main
