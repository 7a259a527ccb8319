#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The bench measures: one row, on our kernel. Fails if that does not work, or gives no
# figures, or such as can't be. What the figures are is the bench's own business.
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

ktap_main
