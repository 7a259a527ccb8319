#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Each allocation in turn fails while pages are written to zram, read, compressed again and
# written back, many at a time. What was written comes back right; what had an error changes
# nothing, and is done by the next attempt. Memory for a compressed page is tried for twice,
# so there a single failure is not seen at all. Fails on a wrong page, on another error, and
# if nothing failed. STEP=N in the environment: of what a recompression or a writeback
# allocates, fail every N-th (5).
#
# vm: kernel=test disk=64M
# debug: only
# timeout: 300
. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/iaa.sh"
. "$(dirname "$0")/../lib/failing.sh"

SIZE=256K
STEP=${STEP:-5}
DISK=${DISK:-/dev/vda}

prepare()
{
	need_iaa 1
	[ -e /proc/self/fail-nth ] || skip "no fault injection in this kernel"
	failures_setup failslab 0
	failures_setup fail_page_alloc 0
	iaa_configure -q 2
	need_zram deflate-iaa
	zram_create dev deflate-iaa 1M
}

# set_up ATTRIBUTE VALUE...: the device anew, with these attributes
set_up()
{
	put 1 "$(zram_attr "$dev" reset)"
	put deflate-iaa "$(zram_attr "$dev" comp_algorithm)"
	put "$2" "$(zram_attr "$dev" "$1")"
	put 1M "$(zram_attr "$dev" disksize)"
}

# only_memory WHAT N: the error was that of an allocation
only_memory()
{
	grep -qE 'failed 12|Cannot allocate memory' "$KTAP_TMP/why" ||
		fail "$1 ($2): $(<"$KTAP_TMP/why")"
	failed=$((failed + 1))
}

# transfers write|read: with each allocation failing, until there is none any more
transfers()
{
	local n left=0 failed=0 status
	must fail-nth 1000000 write "$dev"
	for ((n = 1; left == 0 && n < 2000; n++)); do
		status=0
		fail-nth $n "$1" "$dev" >"$KTAP_TMP/why" || status=$?
		left=$(sed -n 's/^left //p' "$KTAP_TMP/why")
		case $status in
		0) ;;
		1) only_memory "$1" $n ;;
		*) fail "$1 ($n): status $status: $(<"$KTAP_TMP/why")" ;;
		esac
		must fail-nth 1000000 read "$dev"
	done
	info "$1: $n allocations, $failed errors"
	[ "$left" -ne 0 ] || fail "after $n allocations there was no end"
	at_least $n 3 "allocations"
}

test_write() { local dev; prepare; transfers write; }

# The first one's rings are there: they are not allocated once more
test_read() { local dev; prepare; transfers read; }

# in_turn ATTRIBUTE VALUE: written with one allocation after the other failing, and the pages
# are new ones each time
in_turn()
{
	local n left=0 written failed=0 file
	file=$(zram_attr "$dev" "$1")
	for ((n = 1; left == 0 && n < 2000; n += STEP)); do
		must blk-verify write --size $SIZE --round $n "$dev"
		put all "$(zram_attr "$dev" idle)"
		write_failing "$2" "$file" $n
		[ -n "$written" ] || only_memory "$1" $n
		must blk-verify check --size $SIZE --round $n "$dev"
	done
	info "$1: $n allocations, $failed errors"
	[ "$left" -ne 0 ] || fail "after $n allocations there was no end"
	at_least $n 10 "allocations"
}

test_recompress()
{
	local dev
	prepare
	set_up recomp_algorithm 'algo=zstd priority=1'
	in_turn recompress 'type=idle'
}

test_writeback()
{
	local dev
	[ -b "$DISK" ] || skip "no disk $DISK to write back to"
	prepare
	set_up backing_dev "$DISK"
	in_turn writeback 'type=idle'
}

ktap_main
