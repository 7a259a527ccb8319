#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Swap on a zram that prefers batches: single pages are gathered into bios of many, large
# folios go out and come in as one, readahead is one bio, and what was swapped out is free
# in the same pass. Fails on a wrong page, or where the bios of zram were small.
#
# vm: kernel=test
# debug: yes
# timeout: 900
. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/iaa.sh"
. "$(dirname "$0")/../lib/swap.sh"

HUGEPAGES=/sys/kernel/mm/transparent_hugepage

# swap_on VAR ALGORITHM: a zram that swaps; what was in its batch_stat then is $base
swap_on()
{
	local -n swap_var=$1
	local name
	declare -gA base
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
	for name in write_bios write_pages read_bios read_pages; do
		base[$name]=$(batch_stat "$swap_var" $name)
	done
}

# since DEV NAME: that number of batch_stat, since swapon
since() { echo $(($(batch_stat "$1" "$2") - base[$2])); }

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

# fill DEV write|read: pages a bio in rings, times ten
fill()
{
	local bios
	bios=$(since "$1" "$2_bios")
	echo $((bios ? 10 * $(since "$1" "$2_pages") / bios : 0))
}

# swapped OPTION...: under a cgroup's limit
swapped()
{
	local group
	cgroup_create group 6M
	must in_cgroup "$group" swap-verify --size 16M "$@"
	info "$(paste -sd' ' "$KTAP_TMP/out")"
}

test_single_pages_are_gathered()
{
	local dev
	page_cluster 0
	swap_on dev deflate-iaa
	swapped
	info "$(fill "$dev" write) tenths of pages a bio"
	at_least "$(fill "$dev" write)" 60 "tenths of pages a bio written"
	equal "$(since "$dev" read_bios)" 0 "bios read in rings without readahead"
}

test_single_pages_of_lz4_are_not()
{
	local dev before
	page_cluster 3
	swap_on dev lz4
	before=$(vmstat nrswpout)
	swapped
	equal "$(since "$dev" write_bios)" 0 "bios of lz4 in rings"
	# One bio a folio, as ever.
	[ -z "$before" ] || at_least "$(($(vmstat nrswpout) - before))" 2500 "bios of swap-out"
}

test_readahead_is_one_read()
{
	local dev
	page_cluster 4
	swap_on dev deflate-iaa
	swapped
	info "$(fill "$dev" read) tenths of pages a bio read"
	at_least "$(since "$dev" read_bios)" 50 "bios read in rings"
	at_least "$(fill "$dev" read)" 30 "tenths of pages a bio read"
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
	before=$(<"$swpout")
	must swap-verify --size 16M --huge --pageout
	info "$1: $(($(<"$swpout") - before)) folios out, $(fill "$dev" write) tenths of pages a bio out, $(fill "$dev" read) in"
	# Some folios are not to be had; most are what was asked for.
	at_least "$(($(<"$swpout") - before))" $((16 * 256 / pages / 2)) "folios of $1 swapped out"
	at_least "$(fill "$dev" write)" $((pages * 7)) "tenths of pages a bio written"
	# Nothing swaps in a folio that the page tables map as one.
	[ "$1" = 2048kB ] || at_least "$(fill "$dev" read)" $((pages * 5)) "tenths of pages a bio read"
}

test_folios_of_16K() { large 16kB; }
test_folios_of_64K() { large 64kB; }
test_folios_of_2M() { large 2048kB; }

cgroup_stat() { awk -v name="$2" '$1 == name { print $2 }' "$1/memory.stat"; }

test_swapped_out_is_free_at_once()
{
	local dev group held before out left
	page_cluster 0
	swap_on dev deflate-iaa
	cgroup_create group 64M
	held in_cgroup "$group" swap-verify --size 16M
	before=$(<"$group/memory.current")
	out=$(zram_stat "$dev" mm_stat 1)
	# Half of it, in as few passes as that takes.
	{ echo 8M >"$group/memory.reclaim"; } 2>/dev/null || true
	out=$(($(zram_stat "$dev" mm_stat 1) - out))
	left=$(($(<"$group/memory.current") - (before - out)))
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
	held in_cgroup "$group" swap-verify --size 16M --pageout
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
	held in_cgroup "$group" swap-verify --size 1536K
	put 256K "$(zram_attr "$dev" mem_limit)"
	# Writes fail before half of it is out; what did not get there stays, and is right. The
	# kernel tries again and again to get as much as it was asked for.
	{ echo 1M >"$group/memory.reclaim"; } 2>/dev/null || true
	info "$(zram_stat "$dev" mm_stat 1) bytes on zram, $(zram_stat "$dev" io_stat 2) failed writes"
	at_least "$(zram_stat "$dev" io_stat 2)" 1 "failed writes"
	let_go
	put 0 "$(zram_attr "$dev" mem_limit)"
}

ktap_main
