#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Rings: what batch_size takes and shows, that bios of several pages use one and single
# pages do not, that same-filled pages never reach it, when memory for them comes and goes,
# and that it may be missing. Fails on a wrong page, or
# where batch_stat does not tell what happened.
#
# vm: kernel=test
# debug: yes
# may-skip: no_memory_for_rings the fast kernel has no fault injection
# may-skip: ring_stays_when_it_cannot_grow the fast kernel has no fault injection
# timeout: 400
. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/iaa.sh"

SIZE=4M
PAGES=$((4 * 256))

setup()
{
	need_zram deflate-iaa
	if [ -n "$(iaa_devices)" ]; then
		need_iaa
		iaa_configure -q 2
	fi
}

# zram_prepare DEV ALGORITHM [SECONDARY]: set up anew, without a size
zram_prepare()
{
	put 1 "$(zram_attr "$1" reset)"
	put "$2" "$(zram_attr "$1" comp_algorithm)"
	[ $# -lt 3 ] || put "algo=$3 priority=1" "$(zram_attr "$1" recomp_algorithm)"
}

test_batch_size_takes_what_it_can()
{
	local dev
	setup
	zram_create dev deflate-iaa 32M
	equal "$(<"$(zram_attr "$dev" batch_size)")" 16 "default"
	refuse 0 "$(zram_attr "$dev" batch_size)"
	refuse 17 "$(zram_attr "$dev" batch_size)"
	refuse -1 "$(zram_attr "$dev" batch_size)"
	refuse 4294967297 "$(zram_attr "$dev" batch_size)"
	refuse many "$(zram_attr "$dev" batch_size)"
	refuse '' "$(zram_attr "$dev" batch_size)"
	put 4 "$(zram_attr "$dev" batch_size)"
	put 1 "$(zram_attr "$dev" reset)"
	equal "$(<"$(zram_attr "$dev" batch_size)")" 4 "after a reset"
	grep -q 'batch_size is 1 .* to 16' <(dmesg | tail -n 30) || fail "no word about the limits in the log"
}

test_software_algorithms_have_none()
{
	local dev
	setup
	zram_create dev lz4 32M
	equal "$(<"$(zram_attr "$dev" batch_size)")" 1 "lz4"
	refuse 8 "$(zram_attr "$dev" batch_size)"
	put 1 "$(zram_attr "$dev" batch_size)"
	must blk-verify both --size $SIZE --bs 256K "$dev"
	equal "$(batch_stat "$dev" write_bios)" 0 "rings of lz4"
	equal "$(batch_stat "$dev" ring_bytes)" 0 "bytes of rings of lz4"
}

test_bios_of_many_pages_use_rings()
{
	local dev same huge
	setup
	zram_create dev deflate-iaa 32M
	must blk-verify both --size $SIZE --bs 64K "$dev"
	equal "$(batch_stat "$dev" write_bios)" $((PAGES / 16)) "bios written"
	equal "$(batch_stat "$dev" read_bios)" $((PAGES / 16)) "bios read"
	# Same-filled pages never reach the device ...
	same=$(zram_stat "$dev" mm_stat 6)
	huge=$(zram_stat "$dev" mm_stat 8)
	at_least "$same" $((PAGES / 16)) "same-filled pages"
	at_least "$huge" $((PAGES / 32)) "incompressible pages"
	equal "$(batch_stat "$dev" write_pages)" $((PAGES - same)) "pages compressed"
	# ... and pages stored as they are need not come back from it.
	equal "$(batch_stat "$dev" read_pages)" $((PAGES - same - huge)) "pages decompressed"
	equal "$(batch_stat "$dev" no_ring)" 0 "bios without a ring"
}

test_single_pages_do_not()
{
	local dev
	setup
	zram_create dev deflate-iaa 32M
	must blk-verify both --size $SIZE --bs 4K "$dev"
	equal "$(batch_stat "$dev" write_bios)" 0 "bios in rings"
	put 1 "$(zram_attr "$dev" batch_size)"
	must blk-verify both --size $SIZE --bs 1M --round 1 "$dev"
	equal "$(batch_stat "$dev" write_bios)" 0 "bios in rings after switching them off"
	equal "$(batch_stat "$dev" ring_bytes)" 0 "bytes of rings after switching them off"
	put 2 "$(zram_attr "$dev" batch_size)"
	must blk-verify both --size $SIZE --bs 1M --round 2 "$dev"
	at_least "$(batch_stat "$dev" write_bios)" 4 "bios in rings of two pages"
}

test_every_size_of_a_bio_and_of_a_ring()
{
	local dev bs size round=0
	setup
	zram_create dev deflate-iaa 32M
	for size in 16 3; do
		put $size "$(zram_attr "$dev" batch_size)"
		for bs in 4K 12K 64K 68K 2M; do
			round=$((round + 1))
			must blk-verify both --size $SIZE --bs $bs --round $round "$dev"
		done
	done
}

test_size_changes_under_load()
{
	local dev load i
	setup
	zram_create dev deflate-iaa 32M
	must blk-verify write --size $SIZE "$dev"
	blk-race --size $SIZE --threads 4 --seconds 8 "$dev" >"$KTAP_TMP/load" 2>&1 &
	load=$!
	while kill -0 $load 2>/dev/null; do
		for i in 1 16 2 7 16; do
			put $i "$(zram_attr "$dev" batch_size)"
			sleep 0.1
		done
	done
	wait $load || fail "$(<"$KTAP_TMP/load")"
}

# on_each_cpu DEV SIZE: a bio of that size on every CPU
on_each_cpu()
{
	local cpu
	for cpu in $(seq 0 $(($(nproc) - 1))); do
		must taskset -c "$cpu" dd if="$1" of=/dev/null bs="$2" count=1 iflag=direct
	done
}

test_memory_comes_with_the_first_use()
{
	local dev all
	setup
	zram_create dev deflate-iaa 32M
	equal "$(batch_stat "$dev" ring_bytes)" 0 "bytes of rings before their first use"
	on_each_cpu "$dev" 4K
	equal "$(batch_stat "$dev" ring_bytes)" 0 "bytes of rings after single pages"
	on_each_cpu "$dev" 64K
	all=$(batch_stat "$dev" ring_bytes)
	info "$all bytes on $(nproc) CPUs"
	at_least "$all" $((16 * 4096 * $(nproc))) "bytes of rings"
	at_least $((80 * 1024 * $(nproc))) "$all" "80 KiB a CPU and the bytes of rings"
	# Shrinking trims, and what is there stays when it cannot grow.
	put 4 "$(zram_attr "$dev" batch_size)"
	equal "$(batch_stat "$dev" ring_bytes)" $((all / 4)) "bytes of rings of four pages"
	put 1 "$(zram_attr "$dev" batch_size)"
	equal "$(batch_stat "$dev" ring_bytes)" 0 "bytes of rings after they were switched off"
}

# starved DEV: read it in 64K bios, while no allocation without reclaim succeeds
starved()
{
	local fail=/sys/kernel/debug/fail_page_alloc
	put Y $fail/task-filter
	put Y $fail/ignore-gfp-wait
	put 0 $fail/min-order
	put -1 $fail/times
	put 0 $fail/verbose
	put 100 $fail/probability
	bash -c "echo 1 >/proc/self/make-it-fail; exec dd if=$1 of=/dev/null bs=64K count=16 iflag=direct" 2>/dev/null
	put 0 $fail/probability
}

test_no_memory_for_rings()
{
	local dev
	# In software: what DMA debugging allocates would fail, too.
	need_zram deflate-iaa
	[ -d /sys/kernel/debug/fail_page_alloc ] || skip "no CONFIG_FAIL_PAGE_ALLOC"
	zram_create dev deflate-iaa 32M
	put 1 "$(zram_attr "$dev" batch_size)"
	must blk-verify write --size $SIZE --bs 64K "$dev"
	put 16 "$(zram_attr "$dev" batch_size)"
	defer put 0 /sys/kernel/debug/fail_page_alloc/probability
	starved "$dev"
	equal "$(batch_stat "$dev" ring_bytes)" 0 "bytes of rings"
	equal "$(batch_stat "$dev" read_bios)" 0 "bios in rings"
	at_least "$(batch_stat "$dev" no_ring)" 1 "bios without a ring"
	must blk-verify check --size $SIZE --bs 64K "$dev"
	at_least "$(batch_stat "$dev" read_bios)" $((PAGES / 16)) "bios in rings, with memory again"
}

test_ring_stays_when_it_cannot_grow()
{
	local dev before
	# In software: what DMA debugging allocates would fail, too.
	need_zram deflate-iaa
	[ -d /sys/kernel/debug/fail_page_alloc ] || skip "no CONFIG_FAIL_PAGE_ALLOC"
	zram_create dev deflate-iaa 32M
	put 4 "$(zram_attr "$dev" batch_size)"
	must blk-verify write --size $SIZE --bs 64K "$dev"
	on_each_cpu "$dev" 64K
	before=$(batch_stat "$dev" ring_bytes)
	put 16 "$(zram_attr "$dev" batch_size)"
	defer put 0 /sys/kernel/debug/fail_page_alloc/probability
	starved "$dev"
	equal "$(batch_stat "$dev" ring_bytes)" "$before" "bytes of rings without memory for more"
	equal "$(batch_stat "$dev" no_ring)" 0 "bios without a ring"
	on_each_cpu "$dev" 64K
	equal "$(batch_stat "$dev" ring_bytes)" $((before * 4)) "bytes of rings with memory again"
	must blk-verify check --size $SIZE --bs 64K "$dev"
}

test_read_ahead_kb_is_the_users()
{
	local dev size
	setup
	zram_create dev deflate-iaa 32M
	put 1 "$(zram_attr "$dev" reset)"
	put 0 "$(zram_attr "$dev" queue/read_ahead_kb)"
	put deflate-iaa "$(zram_attr "$dev" comp_algorithm)"
	put 32M "$(zram_attr "$dev" disksize)"
	equal "$(<"$(zram_attr "$dev" queue/read_ahead_kb)")" 0 "read_ahead_kb after disksize"
	for size in 1 16; do
		put $size "$(zram_attr "$dev" batch_size)"
		equal "$(<"$(zram_attr "$dev" queue/read_ahead_kb)")" 0 "read_ahead_kb after batch_size $size"
	done
	put 1 "$(zram_attr "$dev" reset)"
	equal "$(<"$(zram_attr "$dev" queue/read_ahead_kb)")" 0 "read_ahead_kb after a reset"
}

test_incompressible_pages_in_rings()
{
	local dev
	setup
	zram_create dev deflate-iaa 32M
	must dd if=/dev/urandom of="$KTAP_TMP/random" bs=1M count=4
	must dd if="$KTAP_TMP/random" of="$dev" bs=1M oflag=direct
	equal "$(zram_stat "$dev" mm_stat 8)" 1024 "huge pages"
	equal "$(zram_stat "$dev" mm_stat 9)" 1024 "huge pages since"
	equal "$(zram_stat "$dev" mm_stat 2)" $((4 << 20)) "compressed bytes"
	must cmp -n $((4 << 20)) "$KTAP_TMP/random" "$dev"
	must dd if=/dev/zero of="$dev" bs=1M count=4 oflag=direct
	equal "$(zram_stat "$dev" mm_stat 2)" 0 "compressed bytes of zeroes"
	equal "$(zram_stat "$dev" mm_stat 6)" 1024 "same-filled pages"
}

test_ring_of_a_cpu_that_comes_and_goes()
{
	local dev load cpu all round=0
	setup
	cpu=$(($(nproc) - 1))
	[ -w "/sys/devices/system/cpu/cpu$cpu/online" ] || skip "no CPU to take away"
	zram_create dev deflate-iaa 32M
	blk-verify write --size $SIZE "$dev" >/dev/null
	on_each_cpu "$dev" 64K
	all=$(batch_stat "$dev" ring_bytes)
	( for round in 1 2 3; do
		blk-verify both --size $SIZE --bs 256K --threads 4 --round $round "$dev" || exit 1
	done ) >"$KTAP_TMP/load" 2>&1 &
	load=$!
	defer put 1 "/sys/devices/system/cpu/cpu$cpu/online"
	while kill -0 $load 2>/dev/null; do
		put 0 "/sys/devices/system/cpu/cpu$cpu/online"
		put 1 "/sys/devices/system/cpu/cpu$cpu/online"
	done
	wait $load || fail "load: $(<"$KTAP_TMP/load")"
	put 0 "/sys/devices/system/cpu/cpu$cpu/online"
	at_least "$all" "$(($(batch_stat "$dev" ring_bytes) + 65536))" "bytes of all rings, and without a CPU's"
	put 1 "/sys/devices/system/cpu/cpu$cpu/online"
	on_each_cpu "$dev" 64K
	equal "$(batch_stat "$dev" ring_bytes)" "$all" "bytes of rings when the CPU is back"
	must blk-verify both --size $SIZE --bs 64K --round 9 "$dev"
}

ktap_main
