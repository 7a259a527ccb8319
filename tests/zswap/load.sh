#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Several pages of zswap are decompressed at once where it has several at hand: swap
# readahead, MADV_WILLNEED, writeback. Fails on a wrong page, and where an accelerator
# got its pages one by one.
#
# vm: kernel=test devices=4
# also: iaa=version=0x200,int-handles=on,op-config=on
# debug: yes
# may-skip: readahead_dynamic IAA 1.0 does not generate headers
# may-skip: willneed_dynamic IAA 1.0 does not generate headers
# timeout: 300
. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/iaa.sh"
. "$(dirname "$0")/../lib/swap.sh"
. "$(dirname "$0")/../lib/zswap.sh"

# expect_batches PAGES: at least as many since the last reset went to the accelerator in
# batches, of three or more on average
expect_batches()
{
	local pages batches
	pages=$(iaa_stat total_batch_units)
	batches=$(iaa_stat total_batches)
	info "$pages pages in $batches batches"
	at_least "$pages" "$1" "pages in batches"
	at_least "$pages" $((batches * 3)) "pages in batches, against three a batch"
}

# setup ALGORITHM: queues that serve it
setup()
{
	need_iaa
	iaa_serves "$1" || skip "no accelerator does $1"
	iaa_configure
}

# readahead SETUP ALGORITHM: over a swap device made by SETUP
readahead()
{
	local held
	setup "$2"
	"$1" "$2" 64M
	page_cluster 3
	held swap-verify --pageout --size 4M
	at_least "$(zswap_count stored_pages)" 900 "pages in zswap"
	iaa_stats_reset
	let_go
	zswap_empty
	expect_batches 512
}

test_readahead() { readahead zswap_setup_async deflate-iaa; }
test_readahead_dynamic() { readahead zswap_setup_async deflate-iaa-dynamic; }
# A synchronous device has readahead for what zswap holds.
test_readahead_synchronous() { readahead zswap_setup deflate-iaa; }

# What is on a synchronous device is read as ever, only what is asked for, although zswap
# is on meanwhile.
test_no_readahead_from_the_device()
{
	local held before
	setup deflate-iaa
	zswap_setup deflate-iaa 64M
	page_cluster 3
	put N "$(zswap_param enabled)"
	held swap-verify --pageout --size 4M --step 8
	put Y "$(zswap_param enabled)"
	before=$(vm_count pswpin)
	let_go
	zswap_empty
	before=$(($(vm_count pswpin) - before))
	info "$before pages read, of 128 that were needed"
	at_least "$before" 100 "pages read from the device"
	at_least 140 "$before" "140, against pages read from the device"
}

# Slots that are free do not end a batch. Readahead meets them where it goes by slots,
# as it does for a device that turns.
test_readahead_with_holes()
{
	local held dev
	setup deflate-iaa
	zswap_on deflate-iaa
	ram_disk 64M
	modprobe -q loop || skip "no loop device (CONFIG_BLK_DEV_LOOP)"
	dev=$(losetup --find --show /dev/ram0) || skip "no loop device"
	defer losetup --detach "$dev"
	put 1 "/sys/block/${dev##*/}/queue/rotational"
	swap_on "$dev"
	page_cluster 3
	held swap-verify --pageout --size 4M --holes 2
	iaa_stats_reset
	let_go
	zswap_empty
	# Its window is a small one, of which every second slot is free.
	at_least "$(iaa_stat total_batch_units)" 250 "pages in batches"
}

test_readahead_in_software()
{
	local held
	iaa_unconfigure
	zswap_setup_async deflate-iaa 64M
	held swap-verify --pageout --size 4M
	let_go
	zswap_empty
}

# willneed ALGORITHM [OPTION]
willneed()
{
	local held
	setup "$1"
	zswap_setup "$1" 64M
	held swap-verify --pageout --size 4M --willneed "${@:2}"
	iaa_stats_reset
	let_go
	zswap_empty
	expect_batches 900
}

test_willneed() { willneed deflate-iaa; }
test_willneed_shared() { willneed deflate-iaa --shared; }
test_willneed_dynamic() { willneed deflate-iaa-dynamic; }

# What was read ahead and nobody touched is dirty, since zswap gave it up, and belongs to
# no mapping. Reclaim takes it nevertheless.
test_ahead_in_vain()
{
	local held group i
	cgroup_create group max
	keep_statistics_fresh "$group"
	setup deflate-iaa
	zswap_setup deflate-iaa 64M
	held in_cgroup "$group" swap-verify --pageout --size 4M --ahead 1
	at_least 100 "$(zswap_count stored_pages)" "100, against pages still in zswap"
	# Reclaim goes by statistics that may be two seconds old, and may give up early. Each
	# time it gets some 20 pages where it does not take these.
	for i in 1 2 3 4 5; do
		[ "$(zswap_count stored_pages)" -lt 500 ] || break
		{ echo 3M >"$group/memory.reclaim"; } 2>/dev/null || true
		info "$(zswap_count stored_pages) pages in zswap after reclaim $i"
		sleep 1
	done
	at_least "$(zswap_count stored_pages)" 500 "pages in zswap after reclaim"
	let_go
	zswap_empty
}

# Reclaim goes on to what zswap holds.
writeback()
{
	local group before
	zswap_set shrinker_enabled Y
	cgroup_create group 6M
	keep_statistics_fresh "$group"
	before=$(vm_count zswpwb)
	iaa_stats_reset
	must in_cgroup "$group" swap-verify --size 18M --threads 2
	info "$(($(vm_count zswpwb) - before)) pages written back"
	at_least "$(vm_count zswpwb)" $((before + 64)) "pages written back"
	expect_batches 64
	zswap_empty
}

test_writeback()
{
	setup deflate-iaa
	zswap_setup deflate-iaa 128M
	writeback
}

# Where the device is not synchronous, neighbours of a batch go out in one bio.
test_writeback_merged()
{
	local bios pages
	setup deflate-iaa
	zswap_setup_async deflate-iaa 128M
	bios=$(vm_count nrswpout)
	pages=$(vm_count pswpout)
	writeback
	bios=$(($(vm_count nrswpout) - bios))
	pages=$(($(vm_count pswpout) - pages))
	info "$pages pages written in $bios bios"
	at_least "$pages" $((bios * 6 / 5)) "pages written, against six in five bios"
}

ktap_main
