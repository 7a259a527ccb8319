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

test_a_row_is_measured()
{
	local figures
	must "$ROOT/bench/run" --only "$ROW" --kernel ours --jobs 1 --out "$OUT"
	sed 's/^/# /' "$KTAP_TMP/out"
	# shellcheck disable=SC2016
	figures=$("$ROOT/scripts/sandbox" jq -r --arg row "$ROW" \
		'.results[] | select(.row == $row) | .ns' "build/bench/$OUT/results.json")
	at_least "$(wc -l <<<"$figures")" 2 "figures"
}

ktap_main
