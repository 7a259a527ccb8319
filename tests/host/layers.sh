#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The files of the device model call each other downwards only: no two of them, by
# whatever way, call each other. Names come from the objects of the last build.
. "$(dirname "$0")/../lib/ktap.sh"

ROOT=$(cd "$(dirname "$0")/../.." && pwd)
OBJECTS=$ROOT/build/qemu/libcommon.a.p
PREFIX=hw_misc_iaa_

# calls: "caller callee" for each pair of files
calls()
{
	local names="$KTAP_TMP/names"
	"$ROOT/scripts/sandbox" --chdir "/iaa/${OBJECTS#"$ROOT"/}" sh -c "nm -A $PREFIX*.c.o" |
		sed "s/^$PREFIX//" >"$names"
	awk '
		{ sub(/\.c\.o:.*/, "", $1) }
		NR == FNR { if ($(NF - 1) ~ /[TDRB]/) home[$NF] = $1; next }
		$(NF - 1) == "U" && $NF in home && home[$NF] != $1 { print $1, home[$NF] }
	' "$names" "$names" | sort -u
}

test_calls_go_down()
{
	[ -n "$(ls "$OBJECTS/$PREFIX"*.c.o 2>/dev/null)" ] || skip "QEMU is not built (scripts/qemu)"
	calls >"$KTAP_TMP/calls"
	at_least "$(wc -l <"$KTAP_TMP/calls")" 10 "calls between files"
	must tsort "$KTAP_TMP/calls"
	grep -q '^iaa-sched iaa-exec$' "$KTAP_TMP/calls" || fail "the scheduler starts no operation"
}

ktap_main
