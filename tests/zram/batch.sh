#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Windows: what batch_size takes and shows, that bios of several pages travel in one and
# single pages do not, that same-filled pages never reach it, that every kind of slot may
# stand in one bio, and that memory for windows may be missing. Fails on a wrong page, or
# where batch_stat does not tell what happened.
#
# vm: kernel=test
# debug: yes
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

# columns of batch_stat
WRITES=1 WRITE_PAGES=2 READS=3 READ_PAGES=4 NO_WINDOW=8 CPU_BYTES=9 ALL_BYTES=10
batch_stat() { zram_stat "$1" batch_stat "$2"; }

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
	equal "$(cat "$(zram_attr "$dev" batch_size)")" 16 "default"
	refuse 0 "$(zram_attr "$dev" batch_size)"
	refuse 17 "$(zram_attr "$dev" batch_size)"
	refuse -1 "$(zram_attr "$dev" batch_size)"
	refuse 4294967297 "$(zram_attr "$dev" batch_size)"
	refuse many "$(zram_attr "$dev" batch_size)"
	refuse '' "$(zram_attr "$dev" batch_size)"
	put 4 "$(zram_attr "$dev" batch_size)"
	put 1 "$(zram_attr "$dev" reset)"
	equal "$(cat "$(zram_attr "$dev" batch_size)")" 4 "after a reset"
	grep -q 'batch_size is 1 .* to 16' <(dmesg | tail -n 30) || fail "no word about the limits in the log"
}

test_software_algorithms_have_none()
{
	local dev
	setup
	zram_create dev lz4 32M
	equal "$(cat "$(zram_attr "$dev" batch_size)")" 1 "lz4"
	refuse 8 "$(zram_attr "$dev" batch_size)"
	put 1 "$(zram_attr "$dev" batch_size)"
	must blk-verify both --size $SIZE --bs 256K "$dev"
	equal "$(batch_stat "$dev" $WRITES)" 0 "windows of lz4"
	equal "$(batch_stat "$dev" $ALL_BYTES)" 0 "bytes of windows of lz4"
}

test_pages_travel_in_windows()
{
	local dev same huge
	setup
	zram_create dev deflate-iaa 32M
	must blk-verify both --size $SIZE --bs 64K "$dev"
	equal "$(batch_stat "$dev" $WRITES)" $((PAGES / 16)) "bios written"
	equal "$(batch_stat "$dev" $READS)" $((PAGES / 16)) "bios read"
	# Same-filled pages never reach the device ...
	same=$(zram_stat "$dev" mm_stat 6)
	huge=$(zram_stat "$dev" mm_stat 8)
	at_least "$same" $((PAGES / 16)) "same-filled pages"
	at_least "$huge" $((PAGES / 32)) "incompressible pages"
	equal "$(batch_stat "$dev" $WRITE_PAGES)" $((PAGES - same)) "pages compressed"
	# ... and pages stored as they are need not come back from it.
	equal "$(batch_stat "$dev" $READ_PAGES)" $((PAGES - same - huge)) "pages decompressed"
	equal "$(batch_stat "$dev" $NO_WINDOW)" 0 "bios without a window"
}

test_single_pages_do_not()
{
	local dev
	setup
	zram_create dev deflate-iaa 32M
	must blk-verify both --size $SIZE --bs 4K "$dev"
	equal "$(batch_stat "$dev" $WRITES)" 0 "bios in windows"
	put 1 "$(zram_attr "$dev" batch_size)"
	must blk-verify both --size $SIZE --bs 1M --round 1 "$dev"
	equal "$(batch_stat "$dev" $WRITES)" 0 "bios in windows after switching them off"
	equal "$(batch_stat "$dev" $ALL_BYTES)" 0 "bytes of windows after switching them off"
	put 2 "$(zram_attr "$dev" batch_size)"
	must blk-verify both --size $SIZE --bs 1M --round 2 "$dev"
	at_least "$(batch_stat "$dev" $WRITES)" 4 "bios in windows of two pages"
}

test_every_size_of_a_bio_and_of_a_window()
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
	wait $load || fail "$(cat "$KTAP_TMP/load")"
}

test_memory_is_what_it_says()
{
	local dev each all cpus
	setup
	zram_create dev deflate-iaa 32M
	cpus=$(nproc)
	each=$(batch_stat "$dev" $CPU_BYTES)
	all=$(batch_stat "$dev" $ALL_BYTES)
	info "$each bytes a CPU, $all on $cpus CPUs"
	equal "$all" $((each * cpus)) "bytes of all windows"
	at_least "$each" $((16 * 4096)) "bytes of a window"
	at_least $((80 * 1024)) "$each" "80 KiB and the bytes of a window"
	grep -q "windows of 16 pages, $each bytes a CPU, $all in all" <(dmesg) || fail "the log does not say so"
}

# without_memory CMD...: run it with every allocation of pages failing in its task
without_memory()
{
	local fail=/sys/kernel/debug/fail_page_alloc
	put Y $fail/task-filter
	put N $fail/ignore-gfp-wait
	put 0 $fail/min-order
	put 100 $fail/probability
	put -1 $fail/times
	put 0 $fail/verbose
	"$@"
	put 0 $fail/probability
}

test_no_memory_for_windows()
{
	local dev
	setup
	[ -d /sys/kernel/debug/fail_page_alloc ] || skip "no CONFIG_FAIL_PAGE_ALLOC"
	zram_create dev deflate-iaa 32M
	put 1 "$(zram_attr "$dev" batch_size)"
	defer put 0 /sys/kernel/debug/fail_page_alloc/probability
	without_memory bash -c "echo 1 >/proc/self/make-it-fail; echo 16 >$(zram_attr "$dev" batch_size)"
	equal "$(batch_stat "$dev" $ALL_BYTES)" 0 "bytes of windows"
	must blk-verify both --size $SIZE --bs 64K "$dev"
	equal "$(batch_stat "$dev" $WRITES)" 0 "bios in windows"
	at_least "$(batch_stat "$dev" $NO_WINDOW)" $((PAGES / 8)) "bios without a window"
	put 16 "$(zram_attr "$dev" batch_size)"
	must blk-verify both --size $SIZE --bs 64K --round 1 "$dev"
	equal "$(batch_stat "$dev" $WRITES)" $((PAGES / 16)) "bios in windows, with memory again"
}

test_little_memory_makes_small_windows()
{
	local dev fail=/sys/kernel/debug/fail_page_alloc all
	setup
	[ -d $fail ] || skip "no CONFIG_FAIL_PAGE_ALLOC"
	zram_create dev deflate-iaa 32M
	all=$(batch_stat "$dev" $ALL_BYTES)
	defer put 0 $fail/probability
	defer put 1 $fail/interval
	put 1 "$(zram_attr "$dev" batch_size)"
	put 7 $fail/interval
	without_memory bash -c "echo 1 >/proc/self/make-it-fail; echo 16 >$(zram_attr "$dev" batch_size)"
	info "$(batch_stat "$dev" $ALL_BYTES) of $all bytes"
	at_least "$all" "$(($(batch_stat "$dev" $ALL_BYTES) + 1))" "all bytes, and those of smaller windows"
	must blk-verify both --size $SIZE --bs 64K "$dev"
}

test_incompressible_pages_in_windows()
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

test_window_of_a_cpu_that_comes_and_goes()
{
	local dev load cpu all round=0
	setup
	cpu=$(($(nproc) - 1))
	[ -w "/sys/devices/system/cpu/cpu$cpu/online" ] || skip "no CPU to take away"
	zram_create dev deflate-iaa 32M
	all=$(batch_stat "$dev" $ALL_BYTES)
	blk-verify write --size $SIZE "$dev" >/dev/null
	( for round in 1 2 3; do
		blk-verify both --size $SIZE --bs 256K --threads 4 --round $round "$dev" || exit 1
	done ) >"$KTAP_TMP/load" 2>&1 &
	load=$!
	defer put 1 "/sys/devices/system/cpu/cpu$cpu/online"
	while kill -0 $load 2>/dev/null; do
		put 0 "/sys/devices/system/cpu/cpu$cpu/online"
		put 1 "/sys/devices/system/cpu/cpu$cpu/online"
	done
	wait $load || fail "load: $(cat "$KTAP_TMP/load")"
	put 0 "/sys/devices/system/cpu/cpu$cpu/online"
	at_least "$all" "$(($(batch_stat "$dev" $ALL_BYTES) + 65536))" "bytes of all windows, and without a CPU's"
	put 1 "/sys/devices/system/cpu/cpu$cpu/online"
	equal "$(batch_stat "$dev" $ALL_BYTES)" "$all" "bytes of windows when the CPU is back"
	must blk-verify both --size $SIZE --bs 64K --round 9 "$dev"
}

ktap_main
