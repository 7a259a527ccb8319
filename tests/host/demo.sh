#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What `make run` shows, with one algorithm: fails if it does not end well, or its table has
# no figures.
#
# vm: kernel=run mem=1G
. "$(dirname "$0")/../lib/ktap.sh"

ROOT=$(cd "$(dirname "$0")/../.." && pwd)

test_demo_with_deflate_iaa()
{
	local row hardware
	"$ROOT/scripts/demo" deflate-iaa >"$KTAP_TMP/out" 2>&1 || fail "$(tail -n 20 "$KTAP_TMP/out")"
	sed 's/^/# /' "$KTAP_TMP/out"
	# The last of its lines that begin with the algorithm are the table's, and the proof.
	row=$(grep -E '^deflate-iaa +[0-9]' "$KTAP_TMP/out") || fail "no row in the table"
	read -r -a row <<<"$row"
	equal "${#row[@]}" 9 "columns of the row"
	equal "${row[8]}" 0 "errors"
	at_least "${row[6]}" 1000 "pages swapped out"
	at_least "${row[7]}" 1000 "pages swapped in"
	hardware=$(sed -n 's/.* \([0-9]*\) pages compressed .* in hardware.*/\1/p' "$KTAP_TMP/out")
	at_least "$hardware" 1000 "pages compressed in hardware"
}

ktap_main
