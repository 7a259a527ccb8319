#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# zswap with units-mock, which takes pages at once as an accelerator does, ends them out of
# order, and fails when asked to. Fails if one page's failure is another one's, if a request
# has more than its data or may enter I/O, if victims are dropped untried, or if a large
# folio keeps others waiting until all of it is stored.
#
# vm: kernel=test devices=2
# debug: yes
# timeout: 600
# dmesg: allow Decompression error from zswap
. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/iaa.sh"
. "$(dirname "$0")/../lib/zswap.sh"

MOCK=/sys/module/acomp_units_mock/parameters

mock() { cat "$MOCK/$1"; }

# mock_set NAME VALUE: until the case ends
mock_set()
{
	put "$2" "$MOCK/$1"
	defer put 0 "$MOCK/$1"
}

# setup [MAX]: in $group
setup()
{
	local name
	modprobe -q acomp_units_mock || skip "no acomp_units_mock in this kernel"
	zswap_setup units-mock 64M
	cgroup_create group "${1:-max}"
	for name in requests plain failed inexact unscoped; do put 0 "$MOCK/$name"; done
}

folios_swapped() { [ "$(folio_count "$1" zswpout)" -gt 0 ]; }

expect_exact()
{
	at_least "$(mock requests)" "$1" "requests of several pages"
	equal "$(mock inexact)" 0 "requests whose lists are longer than the data"
	equal "$(mock unscoped)" 0 "requests that may enter I/O"
}

# Folios of less than a batch, of several, and single pages, in turn, and back alike
test_requests_are_exact()
{
	local group folio
	setup
	for folio in 64K 16K 4K; do
		folio_size $folio
		must in_cgroup "$group" swap-verify --huge --pageout --size 2M
		must in_cgroup "$group" swap-verify --huge --pageout --willneed --size 2M
	done
	expect_exact 100
	zswap_empty
}

# pages_fail NAME N: some do in batches; tried alone, they don't
pages_fail()
{
	local group stored failed back
	setup
	put 0 "$group/memory.zswap.writeback"
	folio_size 64K
	mock_set "$1" "$2"
	stored=$(zswap_count reject_compress_fail)
	back=$(zswap_count decompress_fail)
	must in_cgroup "$group" swap-verify --huge --pageout --willneed --size 4M
	failed=$(mock failed)
	info "$failed failures"
	at_least "$failed" 20 "failures"
	equal "$(zswap_count reject_compress_fail)" "$stored" "pages refused for an error"
	equal "$(zswap_count decompress_fail)" "$back" "pages lost for an error"
	expect_exact 50

	# What fails twice counts, and is nobody else's.
	mock_set fail_store 2
	must in_cgroup "$group" swap-verify --huge --pageout --size 4M
	at_least "$(zswap_count reject_compress_fail)" $((stored + 1)) "pages that failed twice"
	zswap_empty
}

test_units_fail() { pages_fail fail_units 9; }
test_requests_fail() { pages_fail fail_requests 3; }

# More requests than it takes go to its backlog.
test_backlog()
{
	local group
	setup
	folio_size 64K
	mock_set depth 1
	must in_cgroup "$group" swap-verify --huge --pageout --willneed --threads 4 --size 4M
	at_least "$(mock failed)" 20 "requests in the backlog"
	expect_exact 100
	zswap_empty
}

# Every third page is in the swap cache, where a failed load leaves it, and so can't be
# written back. Its neighbours can: of each three that the shrinker takes two are.
test_victims_are_tried()
{
	local group rejected written i
	setup
	zswap_set shrinker_enabled Y
	mock_set fail_load 1
	rm -f "$KTAP_TMP/load"
	in_cgroup "$group" swap-verify --pageout --size 4M --ahead 3 \
		--hold "$KTAP_TMP/go" >"$KTAP_TMP/load" 2>&1 &
	await_of $! 60 "pages are swapped out" grep -qs holding "$KTAP_TMP/load"
	put 0 "$MOCK/fail_load"
	defer cgroup_kill "$group"
	at_least "$(zswap_count stored_pages)" 900 "pages in zswap"
	cat "$group/memory.stat" >/dev/null
	rejected=$(zswap_count reject_reclaim_fail)
	written=$(zswap_count written_back_pages)
	for ((i = 0; i < 200; i++)); do
		put 2 /proc/sys/vm/drop_caches
		[ $(($(zswap_count reject_reclaim_fail) - rejected)) -lt 60 ] || break
	done
	rejected=$(($(zswap_count reject_reclaim_fail) - rejected))
	written=$(($(zswap_count written_back_pages) - written))
	info "$written written back, $rejected not"
	at_least "$rejected" 20 "victims in the swap cache"
	at_least $((written * 2)) $((rejected * 3)) "twice what was written back, against three times the others"
}

# small_folios: milliseconds for a few pages on the CPU where large folios are stored
small_folios()
{
	local start
	start=$(date +%s%N)
	must taskset -c 0 swap-verify --pageout --size 32K
	echo $((($(date +%s%N) - start) / 1000000))
}

# A folio of 2M takes 64 requests of 5 ms or more, and each of eight pages has a turn in it.
test_large_folio_gives_way()
{
	local group alone beside most=0 i
	setup
	folio_size 2M
	mock_set delay_us 5000
	alone=$(small_folios)
	defer cgroup_kill "$group"
	in_cgroup "$group" taskset -c 0 swap-verify --huge --pageout --size 32M --rounds 100 >"$KTAP_TMP/load" 2>&1 &
	await_of $! 60 "a folio of 2M is swapped out" folios_swapped 2M
	for ((i = 0; i < 5; i++)); do
		beside=$(small_folios)
		[ "$beside" -lt "$most" ] || most=$beside
	done
	info "32K take $alone ms alone, at most $most ms beside folios of 2M"
	put 0 "$MOCK/delay_us"
	at_least $((alone + 8 * 240)) "$most" "time alone and 48 requests for each page, against what they took"
}

ktap_main
