#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What the runner takes for a failure: a skip that nobody announced, a VM that lacks a
# device or its driver, a log with a finding in it, or without its beginning. Fails if one of
# them is green.
#
# vm: kernel=run mem=1G
. "$(dirname "$0")/../lib/ktap.sh"

ROOT=$(cd "$(dirname "$0")/../.." && pwd)

# results LINE...: what scripts/ktap.awk makes of a test's output
results()
{
	printf '%s\n' "$@" | awk -v prefix= -v tests="$KTAP_TMP" -v results="$KTAP_TMP/results" \
		-v seen="$KTAP_TMP/seen" -f "$ROOT/scripts/ktap.awk" >/dev/null
	cat "$KTAP_TMP/results"
}

# skipped_case HEADER-LINE: the results of a test with that line, one of whose cases skips
skipped_case()
{
	mkdir -p "$KTAP_TMP/iaa"
	printf '#!/bin/bash\n#\n%s\n' "$1" >"$KTAP_TMP/iaa/some.sh"
	results '# iaa/some.sh' '    ok 1 here' '    ok 2 there # SKIP no such thing' 'ok 1 iaa/some.sh'
}

test_skip_is_a_failure()
{
	equal "$(skipped_case '# timeout: 5')" $'ok iaa/some.sh: here\nFAIL iaa/some.sh: there' "results"
	equal "$(skipped_case '# may-skip: here as there is no such thing')" \
		$'ok iaa/some.sh: here\nFAIL iaa/some.sh: there' "results with leave for another case"
	equal "$(skipped_case '# may-skip: there')" \
		$'ok iaa/some.sh: here\nFAIL iaa/some.sh: there' "results with leave without a reason"
}

test_skip_may_be_announced()
{
	equal "$(skipped_case '# may-skip: there as there is no such thing')" \
		$'ok iaa/some.sh: here\nskip iaa/some.sh: there' "results"
}

test_failure_of_the_log_is_a_failure()
{
	equal "$(results '# iaa/some.sh' '    ok 1 here' '    # the kernel says: ...' 'not ok 1 iaa/some.sh')" \
		$'ok iaa/some.sh: here\nFAIL iaa/some.sh: kernel log, or end\n- the kernel says: ...' "results"
}

# bad LINE [ALLOWED]: whether it must not stand in a log
bad() { [ -n "$(klog_bad "${2:-}" <<<"$1")" ]; }

test_findings_in_a_log()
{
	local line
	for line in 'WARNING: CPU: 0 PID: 1 at mm/zswap.c:1 zswap_store+0x1/0x2' \
		'BUG: KASAN: slab-use-after-free in iaa_retire+0x1/0x2 [iaa_comp]' \
		'DMAR: [DMA Write NO_PASID] Request device [01:00.0] fault addr 0x1000' \
		'BUG: KCSAN: data-race in zswap_comp_run / zswap_store' \
		'BUG: KCSAN: data-race in iaa_poll [iaa_comp] / iaa_submit [iaa_comp]' \
		'INFO: task fio:12 blocked for more than 120 seconds.' \
		'INFO: trying to register non-static key.' \
		'UBSAN: array-index-out-of-bounds in drivers/dma/idxd/quiesce.c:1:2'; do
		bad "$line" || fail "not taken for a finding: $line"
		bad "$line" 'iaa|zswap|DMA-API|idxd .* err\[' || [[ $line != *BUG* && $line != UBSAN* ]] ||
			fail "allowed by a test: $line"
	done
	for line in 'BUG: KCSAN: data-race in ext4_put / ext4_get' \
		'idxd 0000:00:02.0: Intel(R) Accelerator Device (v100)' \
		'Kernel command line: kasan_multi_shot BUG: no'; do
		! bad "$line" || fail "taken for a finding: $line"
	done
	for line in 'DMA-API: cacheline tracking ENOMEM, dma-debug disabled' \
		'WARNING: drivers/block/zram/zram_drv.c:2067 at zram_read_page+0x2f1/0x350 [zram]'; do
		! bad "$line" 'DMA-API: cacheline|WARNING: .* at zram_read_page' ||
			fail "what a test allows is taken for a finding: $line"
	done
	for line in 'WARNING: possible circular locking dependency detected' \
		'WARNING: bad unlock balance detected!' 'INFO: task fio:12 blocked for more than 120 seconds.'; do
		bad "$line" 'WARNING: |INFO: ' || fail "allowed by a test: $line"
	done
}

# race FUNCTIONS ACCESS ACCESS: a report of KCSAN
race()
{
	printf '[  1.0] BUG: KCSAN: data-race in %s\n[  1.1] \n' "$1"
	printf '[  1.2] %s by task 41 on cpu 0:\n[  1.2]  zram_submit_bio+0xbe/0x1060 [zram]\n' "$2"
	printf '[  1.3] %s by interrupt on cpu 1:\n[  1.4] other\n' "$3"
}

test_races_in_a_log()
{
	local zram='zram_batch_read [zram] / zram_batch_read [zram]' at='to 0xffa00000006c7b18 of'
	! bad "$(race "$zram" "read-write (marked) $at 8 bytes" "read $at 4 bytes")" ||
		fail "trying to lock a slot is taken for a finding"
	! bad "$(race "$zram" "write $at 4 bytes" "read-write (marked) $at 8 bytes")" ||
		fail "trying to lock a slot is taken for a finding, the other way round"
	! bad "$(race 'kthread_is_per_cpu / zswap_store_folio' "read $at 4 bytes" "write $at 4 bytes")" ||
		fail "the flags of a task are taken for a finding"
	bad "$(race "$zram" "write $at 4 bytes" "read $at 4 bytes")" ||
		fail "two plain accesses are not taken for a finding"
	bad "$(race "$zram" "write $at 8 bytes" "read-write (marked) $at 8 bytes")" ||
		fail "a plain access of 8 bytes is not taken for a finding"
	bad "$(race 'iaa_poll [iaa_comp] / zswap_store' "read-write (marked) $at 8 bytes" "read $at 4 bytes")" ||
		fail "what is not of zram is taken for a slot's lock"
	bad 'BUG: KCSAN: data-race in zswap_store' || fail "a report that ends early is lost"
}

# shellcheck disable=SC2317
test_log_without_its_mark()
{
	dmesg() { printf '%s\n' "$log"; }
	local log=$'[1] iaa-tests: begin iaa/some.sh\n[2] WARNING: here'
	klog_since 'begin iaa/some.sh' >/dev/null || fail "the mark is not found"
	! klog_since 'begin iaa/some' >/dev/null || fail "another mark is taken for it"
	log=$'[2] WARNING: here'
	! klog_since 'begin iaa/some.sh' >/dev/null || fail "a log without the mark passes"
}

# Where no time is left, what runs in two VMs fails in the last one alone, and what may be
# left out is skipped.
test_no_time_is_left()
{
	! TEST_LOG=$KTAP_TMP/log TEST_DEADLINE=1 "$ROOT/scripts/test" iaa/suspend.sh zram/levels.sh \
		host/kunit.sh >"$KTAP_TMP/late" 2>&1 || fail "the run is green"
	equal "$(grep -c 'iaa/suspend.sh: no time' "$KTAP_TMP/late")" 3 "times that one is named: skipped, failed, and at the end"
	grep -q 'FAIL  zram/levels.sh: no time' "$KTAP_TMP/late" || fail "$(cat "$KTAP_TMP/late")"
	grep -q 'skip  host/kunit.sh: no time' "$KTAP_TMP/late" || fail "$(cat "$KTAP_TMP/late")"
	equal "$(tail -n 1 "$KTAP_TMP/late")" "0 passed, 2 failed, 2 skipped" "the totals"
	[ -s "$KTAP_TMP/log/test-results" ] || fail "no results in the folder that was asked for"
}

# A case that each of its VMs has skipped has run nowhere, unless its test had no time for
# another VM.
test_skipped_everywhere()
{
	local dir=$KTAP_TMP/unrun
	mkdir "$dir"
	printf '%s\n' "skip a/late.sh: x" "skip a/nowhere.sh: x" "skip a/elsewhere.sh: x" "ok a/late.sh: y" >"$dir/test-1.results"
	printf '%s\n' "ok a/elsewhere.sh: x" "skip a/nowhere.sh: x" >"$dir/test-2.results"
	printf '%s\n' "skip a/late.sh: no time is left for it" >"$dir/test-late"
	equal "$("$ROOT/scripts/test-unrun" "$dir")" "a/nowhere.sh: x" "cases that have run nowhere"
}

# group_in OPTIONS: whether a test passes in a VM booted with these, which are others than
# its shape says
group_in()
{
	VM="$1" "$ROOT/scripts/test-group" runner \
		"kernel=run devices=1 packages=1 mem=1G smp=2" zram/no_device.sh >"$KTAP_TMP/group" 2>&1
}

test_vm_without_its_device()
{
	! group_in '--devices 0' || fail "the run is green"
	grep -q 'FAIL  vm/shape.sh: devices' "$KTAP_TMP/group" || fail "$(cat "$KTAP_TMP/group")"
}

test_vm_without_the_driver()
{
	! group_in '--append modprobe.blacklist=idxd' || fail "the run is green"
	grep -q 'FAIL  vm/shape.sh: devices' "$KTAP_TMP/group" || fail "$(cat "$KTAP_TMP/group")"
}

ktap_main
