#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Behind an IOMMU that translates: buffers are mapped once a device, and the pages of a
# batch together. Fails if pages are mapped one by one, if a mapping outlives its batch,
# its buffer or its device, and on a page that comes back wrong where nothing can be mapped.
#
# vm: devices=4 iommu=strict
# also: iommu=lazy packages=2 devices=8 smp=4 iaa=version=0x200,int-handles=on,op-config=on
# debug: yes
# may-skip: nothing_outlives_a_device no DMA debugging in this kernel
# may-skip: nothing_outlives_a_ring no DMA debugging in this kernel
# may-skip: no_addresses no failslab in this kernel (CONFIG_FAULT_INJECTION_DEBUG_FS)
# may-skip: no_memory_for_maps no failslab in this kernel (CONFIG_FAULT_INJECTION_DEBUG_FS)
# timeout: 600
. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/iaa.sh"
. "$(dirname "$0")/../lib/swap.sh"
. "$(dirname "$0")/../lib/zswap.sh"
. "$(dirname "$0")/../lib/failing.sh"

IDXD=/sys/bus/pci/drivers/idxd
DUMP=/sys/kernel/debug/dma-api/dump

setup()
{
	need_iaa
	compgen -G '/sys/class/iommu/dmar*' >/dev/null || skip "no IOMMU here"
	need_zram deflate-iaa
	iaa_configure
}

# mapped_alone AT-MOST PAGES: so many sides of requests were mapped for them alone, of two
# a page
mapped_alone()
{
	local alone
	alone=$(iaa_stat total_mapped_alone)
	info "$alone sides of $2 pages were mapped alone"
	at_least "$1" "$alone" "so many, against sides mapped alone"
}

# Now and then a bio finds its ring in use, and takes single pages.
test_zram()
{
	local dev
	setup
	zram_create dev deflate-iaa 16M
	must blk-verify write --size 2M "$dev"
	iaa_stats_reset
	must blk-verify both --size 8M "$dev"
	at_least "$(iaa_stat total_comp_calls)" 1500 "pages compressed"
	at_least "$(iaa_stat total_decomp_calls)" 1500 "pages decompressed"
	mapped_alone 200 4096
	iaa_stats_reset
	must blk-verify both --size 8M --bs 1M "$dev"
	mapped_alone 200 4096
}

# What is compressed is mapped together, be it a folio or many of one page; what is
# decompressed to only with its own page, for it may be used before its neighbours.
test_zswap()
{
	local held size huge=()
	setup
	zswap_setup deflate-iaa 64M
	for size in 4K 64K; do
		folio_size $size
		[ $size = 4K ] || huge=(--huge)
		must swap-verify --pageout --size 4M "${huge[@]}"
		zswap_empty
		iaa_stats_reset
		held swap-verify --pageout --size 4M "${huge[@]}"
		at_least "$(iaa_stat total_comp_calls)" 850 "pages compressed"
		mapped_alone 200 1024
		let_go
		zswap_empty
	done
}

# addresses: ranges of addresses that are taken, or kept for the next one
addresses() { awk '$1 == "iommu_iova" { print $2 }' /proc/slabinfo; }

# Each CPU keeps up to 256 ranges of each size for the next ones, and what is invalidated
# later waits in a queue of 256.
test_batches_end()
{
	local dev before
	setup
	zram_create dev deflate-iaa 8M
	must blk-verify both --size 8M --threads 2 "$dev"
	before=$(addresses)
	[ -n "$before" ] || skip "no iommu_iova in /proc/slabinfo"
	must blk-verify both --size 8M --threads 2 --round 1 "$dev"
	must blk-verify both --size 8M --threads 2 --round 2 "$dev"
	info "$before ranges of addresses before, $(addresses) after 512 batches on 4 devices"
	at_least $((before + 512)) "$(addresses)" "ranges, and 512 more, against those after 512 batches"
}

need_dump() { [ -r $DUMP ] || skip "no DMA debugging in this kernel"; }

test_nothing_outlives_a_ring()
{
	local dev bdf was
	need_dump
	setup
	bdf=$(iaa_bdf "$(iaa_devices | sed -n 1p)")
	zram_create dev deflate-iaa 8M
	must blk-verify both --size 4M "$dev"
	was=$(grep -cF "$bdf" $DUMP)
	put 4 "$(zram_attr "$dev" batch_size)"
	info "$was mappings of $bdf with rings of 16, $(grep -cF "$bdf" $DUMP) with rings of 4"
	at_least $((was - 8)) "$(grep -cF "$bdf" $DUMP)" "mappings without those of the ring's buffers"
	put 1 "$(zram_attr "$dev" batch_size)"
	at_least $((was - 12)) "$(grep -cF "$bdf" $DUMP)" "mappings without those of any ring"
	put 16 "$(zram_attr "$dev" batch_size)"
	must blk-verify both --size 4M --round 1 "$dev"
}

# DMA debugging complains of what a driver leaves mapped, and of its log nothing is allowed.
test_nothing_outlives_a_device()
{
	local dev bdf
	need_dump
	setup
	zram_create dev deflate-iaa 8M
	must blk-verify both --size 4M "$dev"
	bdf=$(iaa_bdf "$(iaa_devices | sed -n 1p)")
	at_least "$(grep -cF "$bdf" $DUMP)" 16 "mappings of $bdf"
	put "$bdf" $IDXD/unbind
	defer bind_again "$bdf"
	equal "$(grep -cF "$bdf" $DUMP || true)" 0 "mappings of a device without a driver"
	must blk-verify both --size 4M --round 1 "$dev"
	put "$bdf" $IDXD/bind
	iaa_configure
	must blk-verify both --size 4M --round 2 "$dev"
}

bind_again() { [ -e "$IDXD/$1" ] || put "$1" $IDXD/bind; }

# What can't be mapped together is mapped alone, and what can't be mapped is software's.
test_no_addresses()
{
	local group
	setup
	zswap_setup deflate-iaa 64M
	cgroup_create group max
	folio_size 64K
	iaa_stats_reset
	failures_setup failslab 30
	must in_cgroup "$group" swap-verify --fail --huge --pageout --size 8M --rounds 3
	put 0 /sys/kernel/debug/failslab/probability
	info "$(failures_count failslab) failures," \
		"$(iaa_stat fallback_no_mapping) requests that could not be mapped"
	at_least "$(failures_count failslab)" 100 "allocations that failed"
	zswap_empty
}

# Without memory for what maps a ring's buffer, or pages together, each is mapped alone, and
# is right.
test_no_memory_for_maps()
{
	local dev i status read_failed=0
	setup
	zram_create dev deflate-iaa 8M
	must blk-verify write --size 8M --bs 1M "$dev"
	iaa_stats_reset
	failures_setup failslab 30
	for ((i = 0; i < 20; i++)); do
		put 1 "$(zram_attr "$dev" batch_size)"
		put 16 "$(zram_attr "$dev" batch_size)"
		status=0
		blk-verify check --fail --size 8M --bs 256K "$dev" >"$KTAP_TMP/check" 2>&1 || status=$?
		[ $status -eq 0 ] || [ $status -eq 2 ] || fail "status $status: $(<"$KTAP_TMP/check")"
		read_failed=$((read_failed + $(awk '$1 == "failed" { print $2 }' "$KTAP_TMP/check")))
	done
	put 0 /sys/kernel/debug/failslab/probability
	info "$(failures_count failslab) failures, $(iaa_stat total_mapped_alone) sides mapped alone," \
		"$read_failed of $((20 * 32)) reads that got no memory"
	at_least "$(iaa_stat total_mapped_alone)" 100 "sides mapped alone"
	at_least "$(failures_count failslab)" 100 "allocations that failed"
	must blk-verify check --size 8M --bs 1M "$dev"
}

# A queue goes while batches of it are mapped: removal waits for them.
test_queues_go()
{
	local dev pid i name
	setup
	zram_create dev deflate-iaa 8M
	blk-verify both --size 8M --threads 4 --bs 1M "$dev" >"$KTAP_TMP/load" 2>&1 &
	pid=$!
	for i in 1 2 3; do
		for name in $(iaa_devices); do
			iaa_wq_cycle "$name" "wq${name#iax}.0" || fail "could not take wq${name#iax}.0 away"
		done
	done
	wait $pid || fail "$(<"$KTAP_TMP/load")"
	must blk-verify both --size 4M --round 1 "$dev"
}

ktap_main
