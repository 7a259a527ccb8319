#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# zswap.compressor=deflate-iaa on the kernel's command line: zswap has it from the first
# page on, in software, and in hardware once queues are there. Fails if zswap took another
# compressor, or if pages that software wrote do not read back in hardware.
#
# vm: kernel=test append=zswap.enabled=1,zswap.compressor=deflate-iaa
# timeout: 300
. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/iaa.sh"
. "$(dirname "$0")/../lib/zswap.sh"

setup()
{
	grep -q zswap.compressor=deflate-iaa /proc/cmdline ||
		skip "this kernel was booted without zswap.compressor=deflate-iaa"
}

test_it_is_the_compressor()
{
	setup
	equal "$(<"$(zswap_param enabled)")" Y "zswap enabled"
	equal "$(<"$(zswap_param compressor)")" deflate-iaa "compressor"
	grep -q 'zswap: loaded using pool deflate-iaa' <(dmesg) || fail "zswap did not say so at boot"
}

test_software_first_then_hardware()
{
	local pid
	setup
	need_iaa
	iaa_unconfigure
	zswap_setup deflate-iaa
	iaa_stats_reset
	rm -f "$KTAP_TMP/load"
	swap-verify --size 16M --pageout --hold "$KTAP_TMP/go" >"$KTAP_TMP/load" 2>&1 &
	pid=$!
	await_of $pid 60 "pages are swapped out" grep -qs holding "$KTAP_TMP/load"
	at_least "$(iaa_stat total_sw_comp_calls)" 3000 "pages compressed in software"
	equal "$(iaa_stat total_comp_calls)" 0 "pages compressed without a queue"
	iaa_configure
	touch "$KTAP_TMP/go"
	wait $pid || fail "pages were lost: $(<"$KTAP_TMP/load")"
	at_least "$(iaa_stat total_decomp_calls)" 3000 "pages decompressed in hardware"
	must swap-verify --size 16M --pageout
	at_least "$(iaa_stat total_comp_calls)" 3000 "pages compressed in hardware"
}

ktap_main
