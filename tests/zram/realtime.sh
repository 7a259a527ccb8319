#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# One CPU, and a task on it that preempts the interrupt threads of the devices: it reads
# and writes zram at a real-time priority, in each sync_mode. Fails on a wrong page, and
# where the task does not end: it must never spin for something that only a task of less
# priority can do.
#
# vm: kernel=test smp=1
# timeout: 60
. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/iaa.sh"

CORPUS=${CORPUS:-/corpus}
LIMIT=20
PAGES=512

# ends CMD...: CMD, at priority 60, ends well, and within LIMIT seconds. Where it does not,
# the other tasks have what the kernel leaves them of the CPU (a twentieth).
ends()
{
	local pid started=$SECONDS
	chrt --fifo 60 "$@" >"$KTAP_TMP/out" 2>&1 &
	pid=$!
	while kill -0 "$pid" 2>/dev/null; do
		[ $((SECONDS - started)) -lt $((LIMIT * ${TIMES:-1})) ] || fail "no end after $LIMIT s: $*"
		sleep 0.1
	done
	wait "$pid" || fail "$*: $(<"$KTAP_TMP/out")"
}

# realtime SYNC_MODE
realtime()
{
	local dev bs
	need_command chrt
	need_zram deflate-iaa
	need_iaa
	[ -e "$CORPUS/text.pages" ] || skip "no corpus in $CORPUS"
	head -c $((PAGES * 4096)) "$CORPUS/text.pages" >"$KTAP_TMP/text"
	defer put "$(<"$IAA_DRIVER/sync_mode")" "$IAA_DRIVER/sync_mode"
	put "$1" "$IAA_DRIVER/sync_mode"
	iaa_configure -q 2
	for bs in 4 64; do
		zram_create dev deflate-iaa 16M
		iaa_stats_reset
		ends dd if="$KTAP_TMP/text" of="$dev" bs=${bs}k oflag=direct
		ends dd if="$dev" of="$KTAP_TMP/read" bs=${bs}k count=$((PAGES * 4 / bs)) iflag=direct
		must cmp "$KTAP_TMP/text" "$KTAP_TMP/read"
		at_least "$(iaa_stat total_comp_calls)" $((PAGES * 3 / 4)) "pages compressed in hardware"
		at_least "$(iaa_stat total_decomp_calls)" $((PAGES * 3 / 4)) "pages decompressed in hardware"
		equal "$(iaa_stat fallback_timed_out)" 0 "requests that timed out"
	done
}

test_sync() { realtime sync; }
test_async() { realtime async; }
test_async_irq() { realtime async_irq; }

ktap_main
