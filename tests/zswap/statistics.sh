#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A cgroup that fills up with folios of 2M before its statistics say so, on a machine with
# many CPUs, each of which has counts of its own that nobody has added up. Fails if the
# shrinker, going by them, leaves everything in zswap until the cgroup is out of memory.
#
# vm: kernel=test smp=32
# timeout: 600
. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/iaa.sh"
. "$(dirname "$0")/../lib/zswap.sh"

# fills_up FOLIO
fills_up()
{
	local group before killed
	zswap_setup lzo
	zswap_set shrinker_enabled Y
	folio_size "$1"
	cgroup_create group 12M
	before=$(vm_count zswpwb)
	must in_cgroup "$group" swap-verify --size 40M --huge
	killed=$(awk '$1 == "oom_kill" { print $2 }' "$group/memory.events")
	info "$(($(vm_count zswpwb) - before)) pages of $1 folios written back"
	equal "$killed" 0 "tasks killed"
	at_least "$(vm_count zswpwb)" $((before + 200)) "pages written back"
	zswap_empty
}

test_fills_up_2M() { fills_up 2M; }
test_fills_up_4K() { fills_up 4K; }

ktap_main
