#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Pages of every folio size go to zswap and come back, with each compressor. Fails on a
# wrong page, on pages that did not go to zswap although there was room, and where an
# accelerator should have served and did not: deflate-iaa, or with IAA 2.0 also
# deflate-iaa-dynamic. SIZE=N in the environment: N MiB (4).
#
# vm: kernel=test devices=4
# also: iaa=version=0x200,int-handles=on,op-config=on
# debug: yes
# timeout: 900
. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/iaa.sh"
. "$(dirname "$0")/../lib/zswap.sh"

SIZE=${SIZE:-4}M
PAGES=$((${SIZE%M} * 256))

# round COMPRESSOR FOLIO: out by MADV_PAGEOUT and back, all by way of zswap
round()
{
	local folio=$2 huge=() out
	folio_size "$folio"
	[ "$folio" = 4K ] || huge=(--huge)
	out=$(vm_count zswpout)
	must swap-verify --size "$SIZE" --pageout "${huge[@]}"
	out=$(($(vm_count zswpout) - out))
	info "$1, $folio: $out of $PAGES pages to zswap"
	at_least "$out" $((PAGES * 9 / 10)) "pages to zswap"
	[ "$folio" = 4K ] ||
		at_least "$(folio_count "$folio" zswpout)" 1 "folios of $folio to zswap"
	zswap_empty
}

compressor()
{
	zswap_setup "$1"
	round "$1" 4K
	round "$1" 64K
}

test_deflate_iaa_software()
{
	iaa_unconfigure
	zswap_setup deflate-iaa
	for folio in 4K 16K 64K 2M; do
		round deflate-iaa $folio
	done
}

# expect_batches FOLIO: pages were handed over eight at once, or all of the folio
expect_batches()
{
	local pages batches most=8
	[ "$1" != 16K ] || most=4
	pages=$(iaa_stat total_batch_units)
	batches=$(iaa_stat total_batches)
	info "$1: $pages pages in $batches batches"
	at_least "$pages" $((PAGES * 9 / 10)) "pages in batches"
	at_least "$pages" $((batches * most * 9 / 10)) "pages in batches, against $most a batch"
}

# hardware ALGORITHM
hardware()
{
	local folio hw fallback
	need_iaa
	iaa_configure
	zswap_setup "$1"
	for folio in 4K 16K 64K 2M; do
		iaa_stats_reset
		round "$1" $folio
		hw=$(iaa_stat total_comp_calls)
		fallback=$(iaa_stat total_sw_comp_calls)
		info "$folio: $hw compressed in hardware, $fallback in software"
		at_least "$hw" $((PAGES * 9 / 10)) "pages compressed in hardware"
		equal "$fallback" 0 "pages compressed in software"
		equal "$(iaa_stat fallback_no_mode)" 0 "pages whose mode no device has"
		at_least "$(iaa_stat total_decomp_calls)" $((PAGES / 2)) "pages decompressed in hardware"
		[ "$folio" = 4K ] || expect_batches "$folio"
	done
}

test_deflate_iaa_hardware() { hardware deflate-iaa; }

# IAA 1.0 leaves it to software.
test_deflate_iaa_dynamic()
{
	if iaa_serves deflate-iaa-dynamic; then
		hardware deflate-iaa-dynamic
	else
		compressor deflate-iaa-dynamic
	fi
}

test_deflate() { compressor deflate; }
test_lzo() { compressor lzo; }
test_lz4() { compressor lz4; }
test_zstd() { compressor zstd; }
test_842() { compressor 842; }

# Random pages, one in 16, do not compress: kept as they are, or, if the cgroup forbids
# writeback, refused.
test_incompressible()
{
	local group before pid
	zswap_setup deflate-iaa
	cgroup_create group max
	rm -f "$KTAP_TMP/load"
	in_cgroup "$group" swap-verify --size "$SIZE" --pageout --hold "$KTAP_TMP/go" >"$KTAP_TMP/load" 2>&1 &
	pid=$!
	await_of $pid 60 "pages are swapped out" grep -qs holding "$KTAP_TMP/load"
	at_least "$(zswap_count stored_incompressible_pages)" $((PAGES / 20)) "incompressible pages kept"
	touch "$KTAP_TMP/go"
	wait $pid || fail "pages were lost: $(<"$KTAP_TMP/load")"
	equal "$(zswap_count stored_incompressible_pages)" 0 "incompressible pages at the end"

	put 0 "$group/memory.zswap.writeback"
	before=$(zswap_count reject_compress_poor)
	must in_cgroup "$group" swap-verify --size "$SIZE" --pageout
	at_least "$(zswap_count reject_compress_poor)" $((before + PAGES / 20)) "pages refused"
	zswap_empty
}

test_unknown_compressor()
{
	zswap_setup deflate-iaa
	refuse no-such-compressor "$(zswap_param compressor)"
	must swap-verify --size 1M --pageout
}

ktap_main
