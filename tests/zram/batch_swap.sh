#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Swap on a zram that prefers batches: single pages are gathered into bios of many, large
# folios go out and come in as one, readahead is one bio, and what was swapped out is free
# in the same pass. Fails on a wrong page, or where the windows of zram were not full.
#
# vm: kernel=test
# timeout: 900
. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/iaa.sh"

HUGEPAGES=/sys/kernel/mm/transparent_hugepage

# swap_on VAR ALGORITHM: a zram that swaps; what was in its batch_stat then is $base
swap_on()
{
	local -n swap_var=$1
	need_command swap-verify mkswap
	need_zram "$2"
	if [ -n "$(iaa_devices)" ]; then
		need_iaa
		iaa_configure -q 2
	fi
	zram_create "$1" "$2" 128M
	must mkswap "$swap_var"
	defer swapoff "$swap_var"
	must swapon -p 100 "$swap_var"
	read -r -a base <"$(zram_attr "$swap_var" batch_stat)"
}

# since DEV N: the N-th number of batch_stat, since swapon
since() { echo $(($(zram_stat "$1" batch_stat "$2") - base[$2 - 1])); }

# page_cluster N
page_cluster()
{
	defer put "$(cat /proc/sys/vm/page-cluster)" /proc/sys/vm/page-cluster
	put "$1" /proc/sys/vm/page-cluster
}

# huge SIZE: anonymous memory comes in folios of that size, and of no other
huge()
{
	local other
	[ -w "$HUGEPAGES/hugepages-$1/enabled" ] || skip "no large folios of $1"
	for other in "$HUGEPAGES"/hugepages-*/enabled; do
		defer put "$(chosen "$other")" "$other"
		put never "$other"
	done
	put always "$HUGEPAGES/hugepages-$1/enabled"
}

# chosen FILE: the word in brackets
chosen() { sed 's/.*\[\(.*\)\].*/\1/' "$1"; }

vmstat() { awk -v name="$1" '$1 == name { print $2 }' /proc/vmstat; }

# fill DEV FIRST: pages a window of writes (column 1), or of reads (3), times ten
fill()
{
	local windows
	windows=$(since "$1" "$2")
	echo $((windows ? 10 * $(since "$1" $(($2 + 1))) / windows : 0))
}

# swapped OPTION...: under a cgroup's limit
swapped()
{
	local group
	cgroup_create group 12M
	must in_cgroup "$group" swap-verify --size 32M "$@"
	info "$(paste -sd' ' "$KTAP_TMP/out")"
}

test_single_pages_are_gathered()
{
	local dev
	page_cluster 0
	swap_on dev deflate-iaa
	swapped
	info "$(fill "$dev" 1) tenths of pages a window"
	at_least "$(fill "$dev" 1)" 60 "tenths of pages a window of writes"
	equal "$(since "$dev" 3)" 0 "windows of reads without readahead"
}

test_single_pages_of_lz4_are_not()
{
	local dev before
	page_cluster 3
	swap_on dev lz4
	before=$(vmstat nrswpout)
	swapped
	equal "$(since "$dev" 1)" 0 "windows of lz4"
	# One bio a folio, as ever.
	[ -z "$before" ] || at_least "$(($(vmstat nrswpout) - before))" 5000 "bios of swap-out"
}

test_readahead_is_one_read()
{
	local dev
	page_cluster 4
	swap_on dev deflate-iaa
	swapped
	info "$(fill "$dev" 3) tenths of pages a window of reads"
	at_least "$(since "$dev" 3)" 100 "windows of reads"
	at_least "$(fill "$dev" 3)" 30 "tenths of pages a window of reads"
}

# large SIZE: folios of that size, out and in
large()
{
	local dev pages swpout=$HUGEPAGES/hugepages-$1/stats/swpout before
	[ "$(cat /sys/module/zswap/parameters/enabled 2>/dev/null)" != Y ] || skip "zswap is on"
	page_cluster 0
	huge "$1"
	swap_on dev deflate-iaa
	pages=$((${1%kB} / 4))
	before=$(cat "$swpout")
	must swap-verify --size 16M --huge --pageout
	info "$1: $(($(cat "$swpout") - before)) folios out, $(fill "$dev" 1) tenths of pages a window out, $(fill "$dev" 3) in"
	# Some folios are not to be had; most are what was asked for.
	at_least "$(($(cat "$swpout") - before))" $((16 * 256 / pages / 2)) "folios of $1 swapped out"
	at_least "$(fill "$dev" 1)" $((pages * 7)) "tenths of pages a window of writes"
	# Nothing swaps in a folio that the page tables map as one.
	[ "$1" = 2048kB ] || at_least "$(fill "$dev" 3)" $((pages * 5)) "tenths of pages a window of reads"
}

test_folios_of_16K() { large 16kB; }
test_folios_of_64K() { large 64kB; }
test_folios_of_2M() { large 2048kB; }

# held GROUP OPTION...: swap-verify in it, with its memory written; it checks it when
# $KTAP_TMP/go is there. Its process is $held.
held()
{
	local group=$1
	shift
	rm -f "$KTAP_TMP/go"
	in_cgroup "$group" swap-verify --hold "$KTAP_TMP/go" "$@" >"$KTAP_TMP/held" 2>&1 &
	held=$!
	for _ in $(seq 600); do
		! grep -q holding "$KTAP_TMP/held" || return 0
		sleep 0.1
	done
	fail "it does not get as far: $(cat "$KTAP_TMP/held")"
}

let_go()
{
	touch "$KTAP_TMP/go"
	wait "$held" || fail "$(cat "$KTAP_TMP/held")"
	info "$(paste -sd' ' "$KTAP_TMP/held")"
}

cgroup_stat() { awk -v name="$2" '$1 == name { print $2 }' "$1/memory.stat"; }

test_swapped_out_is_free_at_once()
{
	local dev group held before out left
	page_cluster 0
	swap_on dev deflate-iaa
	cgroup_create group 64M
	held "$group" --size 16M
	before=$(cat "$group/memory.current")
	out=$(zram_stat "$dev" mm_stat 1)
	# Half of it, in as few passes as that takes.
	{ echo 8M >"$group/memory.reclaim"; } 2>/dev/null || true
	out=$(($(zram_stat "$dev" mm_stat 1) - out))
	left=$(($(cat "$group/memory.current") - (before - out)))
	info "$out bytes swapped out, $left of them not free yet"
	at_least "$out" $((6 << 20)) "bytes swapped out"
	at_least $((out / 10)) "$left" "a tenth of that, and bytes that were not freed with it"
	at_least $((1 << 20)) "$(cgroup_stat "$group" swapcached)" "1 MiB, and bytes in the swap cache"
	let_go
}

test_pageout_by_madvise_is_free_at_once()
{
	local dev group held
	page_cluster 0
	swap_on dev deflate-iaa
	cgroup_create group 64M
	held "$group" --size 16M --pageout
	at_least "$(zram_stat "$dev" mm_stat 1)" $((12 << 20)) "bytes swapped out"
	at_least $((1 << 20)) "$(cgroup_stat "$group" swapcached)" "1 MiB, and bytes in the swap cache"
	let_go
}

test_full_device_loses_nothing()
{
	local dev group held
	page_cluster 0
	swap_on dev deflate-iaa
	cgroup_create group 64M
	held "$group" --size 24M
	put 2M "$(zram_attr "$dev" mem_limit)"
	# Writes fail before half of it is out; what did not get there stays, and is right.
	{ echo 20M >"$group/memory.reclaim"; } 2>/dev/null || true
	info "$(zram_stat "$dev" mm_stat 1) bytes on zram, $(zram_stat "$dev" io_stat 2) failed writes"
	at_least "$(zram_stat "$dev" io_stat 2)" 1 "failed writes"
	let_go
	put 0 "$(zram_attr "$dev" mem_limit)"
}

ktap_main
