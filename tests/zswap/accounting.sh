#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The time that a task waits for pages that zswap loads in batches, as the kernel accounts for
# it: getdelays, and pressure stall information. Fails if it is not counted, or counted
# twice; and as pressure it counts where the pages are in use too often to be swapped out.
#
# vm: append=psi=1
# timeout: 200
# may-skip: willneed no accounting of delays in this kernel (debug, with FULL=1)
# may-skip: thrashing no accounting of delays in this kernel (debug, with FULL=1)
. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/iaa.sh"
. "$(dirname "$0")/../lib/swap.sh"
. "$(dirname "$0")/../lib/zswap.sh"

GETDELAYS=${SELFTESTS:-/selftests}/accounting/getdelays
MOCK=/sys/module/acomp_units_mock/parameters
DELAY_US=10000

# setup: in $group; zswap takes eight pages at once, DELAY_US later
setup()
{
	[ -x "$GETDELAYS" ] || skip "no $GETDELAYS"
	[ -e /proc/sys/kernel/task_delayacct ] || skip "no accounting of delays in this kernel"
	modprobe -q acomp_units_mock || skip "no acomp_units_mock in this kernel"
	zswap_setup_async units-mock 64M
	page_cluster 3
	cgroup_create group max
	defer put "$(</proc/sys/kernel/task_delayacct)" /proc/sys/kernel/task_delayacct
	put 1 /proc/sys/kernel/task_delayacct
}

# delay NAME: microseconds of the group's task
delay()
{
	"$GETDELAYS" -d -t "$(head -n 1 "$group/cgroup.procs")" |
		awk -v name="$1" '$1 == name { getline; printf "%d\n", $2 / 1000; exit }'
}

# pressure: microseconds that the group was stalled; they are added up every two seconds
pressure()
{
	sleep 2.5
	sed -n 's/^some.*total=//p' "$group/memory.pressure"
}

# restored: pages loaded that were swapped out of a working set
restored() { awk '$1 == "workingset_restore_anon" { print $2 }' "$group/memory.stat"; }

# load: have the task that is held read its pages. Sets $swap, $thrashing and $stalled to
# what is accounted for it, $wanted to what it takes at least, and $took to what it took;
# all of that in microseconds
load()
{
	local pages
	pages=$(vm_count zswpin)
	stalled=$(pressure) swap=$(delay SWAP) thrashing=$(delay THRASHING)
	put $DELAY_US $MOCK/delay_us
	took=$(date +%s%N)
	go
	said lingering
	took=$((($(date +%s%N) - took) / 1000))
	put 0 $MOCK/delay_us
	pages=$(($(vm_count zswpin) - pages))
	wanted=$((pages * DELAY_US / 8))
	swap=$(($(delay SWAP) - swap)) thrashing=$(($(delay THRASHING) - thrashing))
	stalled=$(($(pressure) - stalled))
	info "$pages pages in $took us: swap $swap us, thrashing $thrashing, pressure $stalled"
	touch "$KTAP_TMP/end"
	let_go
	at_least "$pages" 512 "pages loaded"
	at_least "$swap" "$wanted" "microseconds of delay by swap"
	at_least "$took" "$swap" "microseconds passed, and those of delay by swap"
}

test_willneed()
{
	local group swap thrashing stalled wanted took
	setup
	held in_cgroup "$group" swap-verify --pageout --willneed --size 4M --linger "$KTAP_TMP/end"
	load
	equal "$thrashing" 0 "microseconds of thrashing, where nothing was in use"
}

# reclaim PAGES: of the group's, until so many are in zswap. Whether to take active pages
# reclaim decides by statistics, which are up to date once they have been read.
reclaim()
{
	local from i
	from=$(vm_count zswpout)
	for ((i = 0; i < 50 && $(vm_count zswpout) < from + $1; i++)); do
		cat "$group/memory.stat" >/dev/null
		{ echo 1M >"$group/memory.reclaim"; } 2>/dev/null || true
	done
	at_least "$(vm_count zswpout)" $((from + $1)) "pages stored, and those wanted"
}

# Reclaim takes pages that it finds in use twice for a working set. Readahead brings some
# of it back while most is still there.
test_thrashing()
{
	local group swap thrashing stalled wanted took restored
	setup
	held in_cgroup "$group" swap-verify --size 32M --rounds 2 --linger "$KTAP_TMP/end"
	reclaim 512
	go
	said lingering
	rm "$KTAP_TMP/go"
	: >"$KTAP_TMP/held"
	touch "$KTAP_TMP/end"
	said holding
	rm "$KTAP_TMP/end"
	reclaim 2560
	restored=$(restored)
	load
	restored=$(($(restored) - restored))
	info "$restored pages of a working set"
	at_least "$restored" 256 "pages of a working set loaded"
	at_least "$thrashing" $((restored * DELAY_US / 8)) "microseconds of thrashing"
	at_least "$swap" "$thrashing" "microseconds of delay by swap, and those of thrashing"
	# That is weighted by what the other CPUs do.
	at_least "$stalled" $((thrashing / 4)) "microseconds of pressure, against thrashing"
	at_least "$took" "$stalled" "microseconds passed, and those of pressure"
}

ktap_main
