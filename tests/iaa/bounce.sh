#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# All DMA goes through bounce buffers, of which there are too few: what finds none is done
# by software, one page after the other. Fails on a page that comes back wrong, if no mapping
# failed, or if one that failed kept the device from being used afterwards.
#
# The pool is set up where there is memory beyond 4 GB only. The devices are slow, so that
# much is on them at once.
#
# vm: kernel=test devices=2 mem=5G iaa=clock-scale=300 append=swiotlb=512,swiotlb=force
# timeout: 300
. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/iaa.sh"

setup()
{
	need_zram deflate-iaa
	need_iaa
	grep -qw swiotlb=force /proc/cmdline || skip "DMA is not bounced here (swiotlb=force)"
	iaa_configure -q 1
	iaa_stats_reset
}

device_worked()
{
	at_least "$(iaa_stat total_comp_calls)" 100 "pages compressed by the device"
	at_least "$(iaa_stat total_decomp_calls)" 100 "pages decompressed by the device"
}

# A page at a time there is room for.
test_enough()
{
	local dev
	setup
	zram_create dev deflate-iaa 4M
	must blk-verify both --size 4M --bs 4K "$dev"
	device_worked
	equal "$(iaa_stat fallback_no_mapping)" 0 "mappings that failed"
}

# Each zram has 16 pages in flight on each CPU.
test_too_few()
{
	local dev devs=() pids=() i
	setup
	for ((i = 0; i < 12; i++)); do
		zram_create dev deflate-iaa 4M
		devs+=("$dev")
	done
	for dev in "${devs[@]}"; do
		blk-verify both --size 4M --threads 4 "$dev" >"$KTAP_TMP/${dev##*/}" 2>&1 &
		pids+=($!)
	done
	for ((i = 0; i < ${#pids[@]}; i++)); do
		wait "${pids[$i]}" || fail "$(<"$KTAP_TMP/${devs[$i]##*/}")"
	done
	info "$(iaa_stat fallback_no_mapping) mappings failed"
	device_worked
	at_least "$(iaa_stat fallback_no_mapping)" 1 "mappings that failed"
	for dev in "${devs[@]}"; do
		must blk-verify check --size 4M "$dev"
	done
}

# The buffers were given back.
test_enough_again() { test_enough; }

ktap_main
