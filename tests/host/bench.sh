#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The bench measures: one row, on our kernel. Fails if that does not work, or gives no
# figures, or such as can't be. What the figures are is the bench's own business, but that a
# target is missed has to be said.
#
# vm: kernel=run mem=2G
. "$(dirname "$0")/../lib/ktap.sh"

ROOT=$(cd "$(dirname "$0")/../.." && pwd)
ROW=zram-write-64k
OUT=of-test

results() { "$ROOT/scripts/sandbox" jq "$@" "build/bench/$OUT/results.json"; }

test_a_row_is_measured()
{
	local figures by_devices
	must "$ROOT/bench/run" --only "$ROW" --kernel ours --jobs 1 --out "$OUT"
	sed 's/^/# /' "$KTAP_TMP/out"
	# shellcheck disable=SC2016
	figures=$(results -r --arg row "$ROW" \
		'.rows[] | select(.row == $row and .ns_per_page > 0) | "\(.algorithm) \(.by_device)"')
	at_least "$(wc -l <<<"$figures")" 5 "figures of the row"
	by_devices=$(awk '$1 == "deflate-iaa" { n += $2 } END { print n + 0 }' <<<"$figures")
	at_least "$by_devices" 100 "pages compressed by devices"
}

# check_of OUT_NS: bench/check of a row that is wanted at 1900 ns a page
check_of()
{
	printf '%s' '{"headline": {}, "rows": [], "workloads": [], "pageout": [{"row": "zram-pageout-p3",
		"algorithm": "deflate-iaa", "out_ns": '"$1"', "in_ns": 9000, "target": {"out": 1900}}]}' \
		>"$KTAP_TMP/results.json"
	"$ROOT/bench/check" "$KTAP_TMP/results.json"
}

test_a_missed_target_is_named()
{
	must check_of 1900
	must_fail check_of 1901
	equal "$(grep -c 'zram-pageout-p3 deflate-iaa: out 1901 ns a page, 1900 wanted' "$KTAP_TMP/out")" 1 \
		"lines that name the target"
}

# device_for [NAME=VALUE]...: properties of the accelerators of a task's guest
device_for()
(
	cd "$ROOT" || exit
	# shellcheck source=/dev/null
	. bench/guests.sh
	# shellcheck disable=SC2034
	read -r kernel timing which < <(guest_key name ours 6 row zram "$@")
	device_of "$timing" "$which"
)

test_contention_reaches_the_device()
{
	equal "$(device_for DEVICES=1)" version=0x200,clock-scale=6 "a device"
	equal "$(device_for CONTENTION=50)" version=0x200,contention=50,clock-scale=6 "a device that others use"
}

ktap_main
