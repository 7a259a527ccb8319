#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Folios of one page wait for each other on their way to zswap, and are compressed
# together. Fails if they went one by one, on a wrong page whatever is done with a page
# while it waits, if one page's failure is another one's, if reclaim does not free what
# was stored, and on limits that are not kept.
#
# vm: kernel=test devices=2
# debug: yes
# timeout: 900
. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/iaa.sh"
. "$(dirname "$0")/../lib/swap.sh"
. "$(dirname "$0")/../lib/zswap.sh"

MOCK=/sys/module/acomp_units_mock/parameters
SECONDS_EACH=${SECONDS_EACH:-4}

hardware()
{
	need_iaa
	iaa_configure
	zswap_setup deflate-iaa 64M
	cgroup_create group "${1:-max}"
}

# mock: units-mock, each of whose requests takes long enough to be met
mock()
{
	modprobe -q acomp_units_mock || skip "no acomp_units_mock in this kernel"
	zswap_setup units-mock 64M
	cgroup_create group "${1:-max}"
	for name in requests failed inexact unscoped; do put 0 "$MOCK/$name"; done
}

mock_set()
{
	put "$2" "$MOCK/$1"
	defer put 0 "$MOCK/$1"
}

group_stat() { number_of "$1" "$group/memory.stat"; }

test_together()
{
	local group held pages batches
	hardware
	iaa_stats_reset
	held in_cgroup "$group" swap-verify --pageout --size 4M
	pages=$(iaa_stat total_batch_units)
	batches=$(iaa_stat total_batches)
	info "$pages pages in $batches batches"
	at_least "$pages" 850 "pages of 1024 in batches"
	at_least "$pages" $((batches * 7)) "pages in batches, against seven a batch"
	# Nothing of them is left in memory.
	keep_statistics_fresh "$group"
	at_least $((64 * 1024)) "$(group_stat swapcached)" "64K, against bytes in the swap cache"
	let_go
	zswap_empty
}

# Under a limit, where reclaim gathers what it meets
test_under_pressure()
{
	local group
	hardware 9M
	iaa_stats_reset
	must in_cgroup "$group" swap-verify --size 12M --threads 4 --rounds 2
	at_least "$(iaa_stat total_batch_units)" 2000 "pages in batches"
	zswap_empty
}

test_software_one_by_one()
{
	local group held
	hardware
	put lz4 "$(zswap_param compressor)"
	iaa_stats_reset
	held in_cgroup "$group" swap-verify --pageout --size 4M
	equal "$(iaa_stat total_batches)" 0 "batches"
	let_go
	zswap_empty
}

# Each of eight pages in turn is the one that fails, in a batch and then alone.
test_each_member_fails()
{
	local group n before
	mock
	put 0 "$group/memory.zswap.writeback"
	mock_set fail_store 1
	for n in 8 7 9 5 3; do
		mock_set fail_units $n
		before=$(zswap_count reject_compress_fail)
		must in_cgroup "$group" swap-verify --size 1M --pageout
		at_least $(($(zswap_count reject_compress_fail) - before)) 10 "pages that failed twice, of every $n"
		zswap_empty
	done
	# With writeback zswap keeps such a page as it is.
	put 1 "$group/memory.zswap.writeback"
	before=$(zswap_count reject_compress_fail)
	must in_cgroup "$group" swap-verify --size 1M --pageout
	equal "$(zswap_count reject_compress_fail)" "$before" "pages refused with writeback"
	equal "$(mock_count inexact)" 0 "requests whose lists are longer than the data"
	equal "$(mock_count unscoped)" 0 "requests that may enter I/O"
	zswap_empty
}

mock_count() { cat "$MOCK/$1"; }

# zswap.max is reached inside a batch.
test_limit()
{
	local group held
	hardware
	put 1M "$group/memory.zswap.max"
	held in_cgroup "$group" swap-verify --pageout --size 8M
	keep_statistics_fresh "$group"
	at_least $((1024 * 1024 + 32 * 4096)) "$(<"$group/memory.zswap.current")" \
		"the limit and what may wait, against what zswap holds"
	at_least "$(<"$group/memory.zswap.current")" $((900 * 1024)) "bytes in zswap"
	let_go
	zswap_empty
}

# Without writeback, what does not fit stays in memory.
test_limit_without_writeback()
{
	local group held before
	hardware
	put 1M "$group/memory.zswap.max"
	put 0 "$group/memory.zswap.writeback"
	before=$(vm_count pswpout)
	held in_cgroup "$group" swap-verify --pageout --size 8M
	equal "$(vm_count pswpout)" "$before" "pages written to the disk"
	let_go
	zswap_empty
}

# Pages that nothing makes smaller are kept as they are, beside the others
test_incompressible()
{
	local group held
	hardware
	held in_cgroup "$group" swap-verify --pageout --size 2M --random
	at_least "$(zswap_count stored_incompressible_pages)" 450 "incompressible pages kept"
	let_go
	zswap_empty
	put 0 "$group/memory.zswap.writeback"
	held in_cgroup "$group" swap-verify --pageout --size 2M --random
	equal "$(zswap_count stored_incompressible_pages)" 0 "incompressible pages kept without writeback"
	let_go
	zswap_empty
}

# raced OPTION...: pages are used while they wait to be compressed, some milliseconds
raced()
{
	local group
	mock
	mock_set delay_us 2000
	must in_cgroup "$group" swap-race --size 4M --writers 8 --seconds "$SECONDS_EACH" "$@"
	info "$(tr '\n' ' ' <"$KTAP_TMP/out")"
	at_least "$(mock_count requests)" 20 "requests of several pages"
	zswap_empty
}

test_written_meanwhile() { raced; }
test_forked_meanwhile() { raced --fork; }
test_locked_meanwhile() { raced --lock; }
test_mixed_orders()
{
	folio_size 64K
	raced --mixed --fork --lock
}

test_merged_meanwhile()
{
	local ksm=/sys/kernel/mm/ksm
	[ -d $ksm ] || skip "no KSM in this kernel"
	defer put 2 $ksm/run
	put 0 $ksm/sleep_millisecs
	put 1 $ksm/run
	raced --merge --fork
}

# Compaction moves pages, and has to wait for those that are locked.
compacted() { while :; do echo 1 >/proc/sys/vm/compact_memory; sleep 0.05; done; }

test_moved_meanwhile()
{
	[ -e /proc/sys/vm/compact_memory ] || skip "no compaction in this kernel"
	compacted &
	defer kill $!
	raced
}

# Others change what stores, and take the swap device away.
switched()
{
	while :; do
		echo units-mock >"$(zswap_param compressor)"
		echo lz4 >"$(zswap_param compressor)"
		echo N >"$(zswap_param enabled)"
		echo Y >"$(zswap_param enabled)"
	done
}

test_switched_meanwhile()
{
	local group
	mock
	mock_set delay_us 2000
	switched &
	defer kill $!
	must in_cgroup "$group" swap-race --size 4M --writers 8 --seconds "$SECONDS_EACH" --fork
}

test_swapoff_meanwhile()
{
	local group i pid
	mock
	mock_set delay_us 2000
	in_cgroup "$group" swap-race --size 4M --writers 8 --seconds "$SECONDS_EACH" >"$KTAP_TMP/load" 2>&1 &
	pid=$!
	for ((i = 0; i < 20; i++)); do
		kill -0 $pid 2>/dev/null || break
		must swapoff /dev/ram0
		zswap_empty
		must swapon -p 100 /dev/ram0
		sleep 0.1
	done
	wait $pid || fail "$(<"$KTAP_TMP/load")"
}

ktap_main
