# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What tests of swap share. Sourced after ktap.sh.
#
#   page_cluster N	readahead of that order, until the case ends
#   held [CMD...] swap-verify OPTION...	run it, and wait until its memory is written; it checks
#			the memory after let_go. Its process is $held, its output $KTAP_TMP/held
#   said WORD		wait until it has
#   go			let it check its memory
#   let_go		the same, and wait for its end; it must succeed
#   held_number NAME	a number of its output

page_cluster()
{
	defer put "$(</proc/sys/vm/page-cluster)" /proc/sys/vm/page-cluster
	put "$1" /proc/sys/vm/page-cluster
}

held()
{
	rm -f "$KTAP_TMP/go" "$KTAP_TMP/end"
	: >"$KTAP_TMP/held"
	"$@" --hold "$KTAP_TMP/go" >>"$KTAP_TMP/held" 2>&1 &
	held=$!
	said holding
}

said()
{
	await_of "$held" 60 "swap-verify says $1" grep -q "$1" "$KTAP_TMP/held"
}

go() { touch "$KTAP_TMP/go"; }

let_go()
{
	go
	wait "$held" || fail "$(<"$KTAP_TMP/held")"
	info "$(paste -sd' ' "$KTAP_TMP/held")"
}

held_number() { awk -v name="$1" '$1 == name { print $2 }' "$KTAP_TMP/held"; }
