#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What people do with zswap: over a zram device of the same algorithm with a small pool,
# with a limit that is just what a program needs, with swap switched off under load, and
# with the driver removed. Fails on a wrong page, on a task that is killed or does not end,
# and on what is left behind.
#
# vm: kernel=test devices=2
# debug: yes
# timeout: 600
. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/iaa.sh"
. "$(dirname "$0")/../lib/zswap.sh"

hardware()
{
	need_iaa
	iaa_configure
}

# What zswap gives up is compressed by zram, with the compressor that zswap's writeback
# and stores are using just then.
test_over_zram()
{
	local group dev before
	hardware
	need_zram
	zswap_on deflate-iaa
	zswap_set max_pool_percent 1
	zswap_set shrinker_enabled Y
	zram_create dev deflate-iaa 256M
	swap_on "$dev"
	cgroup_create group 6M
	before=$(vm_count zswpwb)
	must in_cgroup "$group" swap-verify --size 14M --threads 2
	info "$(($(vm_count zswpwb) - before)) pages written back to zram"
	at_least "$(vm_count zswpwb)" $((before + 100)) "pages written back"
	zswap_empty
}

# The program is throttled now and then; it must get on.
test_memory_high()
{
	local group
	hardware
	zswap_setup deflate-iaa 128M
	zswap_set shrinker_enabled Y
	cgroup_create group max
	put 12M "$group/memory.high"
	must in_cgroup "$group" timeout 200 swap-verify --size 12M --threads 2 --rounds 3
	at_least "$(awk '$1 == "high" { print $2 }' "$group/memory.events")" 1 "times over the limit"
	zswap_empty
}

stored() { awk '$1 == "zswpout" { print $2 }' /proc/vmstat; }

# off_while PID: while it runs, take swap away each time that 200 pages were stored, and
# count that in $off; with swap away, the load goes on and stores nothing
off_while()
{
	local from
	from=$(stored)
	while kill -0 "$1" 2>/dev/null; do
		if [ "$(stored)" -lt $((from + 200)) ]; then
			sleep 0.1
			continue
		fi
		put 2 /proc/sys/vm/drop_caches
		must swapoff "$dev"
		must swapon -p 100 "$dev"
		off=$((off + 1))
		from=$(stored)
	done
}

# Folios are queued by MADV_WILLNEED, and victims chosen by the shrinker, while swapoff
# reads everything back.
test_swapoff_under_load()
{
	local group dev pid before status=0 off=0 loads=0
	hardware
	zswap_setup_async deflate-iaa 128M
	zswap_set shrinker_enabled Y
	dev=$(awk 'NR == 2 { print $1 }' /proc/swaps)
	cgroup_create group max
	defer cgroup_kill "$group"
	before=$(stored)
	# Each load begins with swap on, and so has it taken away once at least.
	while [ $off -lt 2 ] && [ $loads -lt 2 ]; do
		in_cgroup "$group" swap-verify --size 8M --threads 4 --rounds 4 --pageout --willneed \
			>"$KTAP_TMP/load" 2>&1 &
		pid=$!
		loads=$((loads + 1))
		off_while $pid
		wait $pid || status=$?
		equal "$status" 0 "end of the load: $(tr '\n' ' ' <"$KTAP_TMP/load")"
	done
	info "swap was off $off times in $loads loads, $(($(stored) - before)) pages stored"
	at_least $off 2 "times that swap was off"
	zswap_empty
}

# Pages that devices compressed are read by software, and by devices again.
test_driver_removed()
{
	local pid group
	hardware
	zswap_setup deflate-iaa 64M
	cgroup_create group max
	in_cgroup "$group" swap-verify --size 8M --threads 2 --rounds 4 --pageout \
		>"$KTAP_TMP/load" 2>&1 &
	pid=$!
	defer cgroup_kill "$group"
	sleep 1
	must rmmod iaa_crypto
	must swap-verify --size 1M --pageout
	must modprobe iaa_crypto
	iaa_configure
	wait $pid || fail "pages were lost: $(<"$KTAP_TMP/load")"
	iaa_stats_reset
	must swap-verify --size 1M --pageout
	at_least "$(iaa_stat total_comp_calls)" 200 "pages compressed by devices again"
	zswap_empty
}

ktap_main
