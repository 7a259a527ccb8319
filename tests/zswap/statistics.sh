#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A cgroup that is smaller than the counts that the CPUs of a large machine keep for
# themselves: its statistics of zswap stay 0. Fails if the shrinker, going by them, leaves
# everything in zswap until the cgroup is out of memory.
#
# vm: kernel=test smp=32
# timeout: 300
. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/iaa.sh"
. "$(dirname "$0")/../lib/zswap.sh"

test_small_cgroup_is_written_back()
{
	local group before killed
	zswap_setup lzo
	zswap_set shrinker_enabled Y
	cgroup_create group 2M
	before=$(vm_count zswpwb)
	must in_cgroup "$group" swap-verify --size 12M
	killed=$(awk '$1 == "oom_kill" { print $2 }' "$group/memory.events")
	info "$(($(vm_count zswpwb) - before)) pages written back, statistics count $(awk '$1 == "zswapped" { print $2 }' "$group/memory.stat") bytes"
	equal "$killed" 0 "tasks killed"
	at_least "$(vm_count zswpwb)" $((before + 200)) "pages written back"
	zswap_empty
}

ktap_main
