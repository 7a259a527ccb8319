#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Allocations fail for a program whose memory goes through zswap, and for one that switches
# the compressor. Fails on a wrong page, on pages or charges that stay behind, on a switch
# that ends neither way, on memory that an error path forgot; and if nothing failed where it
# should have. STEP=N in the environment: fail every N-th of a switch's allocations (7).
# A boot of its own: kmemleak is off elsewhere, and the debugging of DMA ends here when it
# has no memory itself.
#
# vm: kernel=test devices=2 append=kmemleak=on
# debug: only
# may-skip: nothing_is_leaked the kernel gcov has no kmemleak
# timeout: 700
. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/iaa.sh"
. "$(dirname "$0")/../lib/zswap.sh"
. "$(dirname "$0")/../lib/failing.sh"

# setup [MAX]: hardware, and a cgroup in $group
setup()
{
	need_iaa
	iaa_configure
	zswap_setup deflate-iaa 64M
	# What brd has not got yet it allocates when it is written to, in the failing task,
	# and reports what fails as an I/O error.
	swapoff /dev/ram0
	must dd if=/dev/zero of=/dev/ram0 bs=1M count=64
	must mkswap /dev/ram0
	must swapon -p 100 /dev/ram0
	cgroup_create group "${1:-max}"
}

rejected() { echo $(($(zswap_count reject_alloc_fail) + $(zswap_count reject_kmemcache_fail))); }

# failing NAME PERCENT OPTION...: what it stores and loads is right, and what does not fail
# goes to zswap
failing()
{
	local name=$1 before stored
	before=$(rejected)
	stored=$(vm_count zswpout)
	failures_setup "$name" "$2"
	shift 2
	must in_cgroup "$group" swap-verify --fail "$@"
	put 0 "/sys/kernel/debug/$name/probability"
	info "$(failures_count "$name") failures of $name," \
		"$(($(rejected) - before)) times in zswap," \
		"$(($(vm_count zswpout) - stored)) pages stored"
	at_least "$(failures_count "$name")" 100 "failures of $name"
	at_least "$(rejected)" $((before + 10)) "folios that zswap had no memory for"
	at_least "$(vm_count zswpout)" $((stored + 500)) "pages stored"
	zswap_empty
	cgroup_zswap_empty "$group"
}

# Some folios fail half-way: a part of their pages is stored then, and has to go again.
failing_huge()
{
	local group before
	setup
	folio_size 64K
	before=$(folio_count 64K zswpout)
	failing "$@" --huge --pageout --size 8M --rounds 2
	at_least "$(folio_count 64K zswpout)" $((before + 20)) "folios of 64K to zswap"
}

failing_under_pressure()
{
	local group
	setup 5M
	failing "$@" --size 8M --threads 2
}

# Folios of one page, which are stored together. One that fails is written to the disk,
# or, where it must not be, stays in memory.
failing_small()
{
	local group before
	setup
	before=$(vm_count pswpout)
	failing "$@" --pageout --size 8M --rounds 2
	at_least "$(vm_count pswpout)" $((before + 10)) "pages written to the disk"
	put 0 "$group/memory.zswap.writeback"
	before=$(vm_count pswpout)
	failing "$@" --pageout --size 8M --rounds 2
	equal "$(vm_count pswpout)" "$before" "pages written to the disk without writeback"
}

# Each of the 16 pages takes a few objects.
test_slab_huge() { failing_huge failslab 3; }
test_slab_small() { failing_small failslab 5; }
test_slab_under_pressure() { failing_under_pressure failslab 5; }
test_pages_huge() { failing_huge fail_page_alloc 4; }
test_pages_small() { failing_small fail_page_alloc 10; }
test_pages_under_pressure() { failing_under_pressure fail_page_alloc 5; }

pools() { find /sys/kernel/debug/zsmalloc -maxdepth 1 -name 'zswap*' | wc -l; }

# wait_for_pools N: and no more
wait_for_pools()
{
	await 5 "$1 pools are left" at_most_pools "$1"
}

at_most_pools() { [ "$(pools)" -le "$1" ]; }

# Each allocation of a switch in turn, in small steps. It has an error and leaves what was,
# or it is done.
test_switch_fails()
{
	local group pid n step=1 left=0 written failed=0
	[ -e /proc/self/fail-nth ] || skip "no fault injection in this kernel"
	setup
	failures_setup failslab 0
	failures_setup fail_page_alloc 0
	put lzo "$(zswap_param compressor)"
	wait_for_pools 1
	rm -f "$KTAP_TMP/load"
	in_cgroup "$group" swap-verify --size 2M --pageout --hold "$KTAP_TMP/go" >"$KTAP_TMP/load" 2>&1 &
	pid=$!
	await_of $pid 60 "pages are swapped out" grep -qs holding "$KTAP_TMP/load"
	for ((n = 1; left == 0 && n < 5000; n += step)); do
		[ $n -lt 20 ] || step=${STEP:-7}
		write_failing deflate-iaa "$(zswap_param compressor)" $n
		if [ -n "$written" ]; then
			equal "$(<"$(zswap_param compressor)")" deflate-iaa "compressor after a switch ($n)"
			put lzo "$(zswap_param compressor)"
		else
			failed=$((failed + 1))
			grep -qE 'Cannot allocate|Invalid argument|No such file' "$KTAP_TMP/why" ||
				fail "the switch's error ($n): $(<"$KTAP_TMP/why")"
			equal "$(<"$(zswap_param compressor)")" lzo "compressor after a switch failed ($n)"
		fi
		wait_for_pools 1
	done
	info "$failed switches failed, the last of $n was past all allocations"
	at_least $failed 20 "switches that failed"
	[ "$left" -ne 0 ] || fail "after $n allocations the switch was not done"
	must swap-verify --size 1M --pageout
	touch "$KTAP_TMP/go"
	wait $pid || fail "pages were lost: $(<"$KTAP_TMP/load")"
	zswap_empty
	cgroup_zswap_empty "$group"
}

# A buffer that only a scatterlist knows looks lost to kmemleak, which knows no pointers to
# struct page. The pool that is there has one a CPU: for a page at a time, since the other
# cases put back what the kernel began with.
test_nothing_is_leaked()
{
	local file=/sys/kernel/debug/kmemleak all buffers
	{ echo scan >$file; } 2>/dev/null || skip "no kmemleak, or it is off"
	sleep 6
	put scan $file
	cat $file >"$KTAP_TMP/leaks"
	all=$(grep -c '^unreferenced object' "$KTAP_TMP/leaks") || true
	buffers=$(grep -c zswap_comp_sg_alloc "$KTAP_TMP/leaks") || true
	info "$all objects unreferenced, $buffers of them buffers"
	[ "$all" -eq "$buffers" ] || fail "leaked: $(head -n 40 "$KTAP_TMP/leaks")"
	at_least "$(nproc)" "$buffers" "a buffer for each CPU, against those that look lost"
	put clear $file
}

ktap_main
