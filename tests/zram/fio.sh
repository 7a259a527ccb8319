#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# fio writes real pages to zram and verifies what comes back, sequentially and at random,
# in single pages and in 64K, for each algorithm. Fails on a byte that differs, and where
# an accelerator that serves an algorithm did not.
#
# vm: kernel=test
# also: devices=4 iaa=version=0x200,int-handles=on,op-config=on
# timeout: 600
. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/iaa.sh"

CORPUS=${CORPUS:-/corpus}
SIZE=${SIZE:-6M}

# fio_verify DEV BS RW: three jobs, of text, programs and heap, beside each other; every
# 4 KiB carries a checksum of its own
fio_verify()
{
	local dev=$1 bs=$2 rw=$3 kind jobs=() at=0
	for kind in text binary heap; do
		head -c 65536 "$CORPUS/$kind.pages" >"$KTAP_TMP/$kind"
		jobs+=(--name="$kind" --offset="$at" --verify_pattern="'$KTAP_TMP/$kind'")
		at=$((at + ${SIZE%M} * 1048576 / 3))
	done
	must fio --filename="$dev" --direct=1 --ioengine=psync --bs="$bs" --rw="$rw" \
		--size=$((${SIZE%M} * 1048576 / 3)) --verify=crc32c --verify_interval=4096 \
		--verify_fatal=1 --do_verify=1 --randrepeat=1 --allrandrepeat=1 \
		"${jobs[@]}"
}

# all_ways ALGORITHM: on a fresh device
all_ways()
{
	local dev bs rw hardware=
	need_command fio
	need_zram "$1"
	[ -e "$CORPUS/text.pages" ] || skip "no corpus in $CORPUS"
	if iaa_serves "$1"; then
		hardware=y
		need_iaa
		iaa_configure -q 2
		iaa_stats_reset
	fi
	zram_create dev "$1" 32M
	for bs in 4k 64k; do
		for rw in write randwrite randrw; do
			fio_verify "$dev" $bs $rw
		done
	done
	if [ -n "$hardware" ]; then
		info "device: $(iaa_stat total_comp_calls) compressions, $(iaa_stat total_decomp_calls) decompressions"
		at_least "$(iaa_stat total_comp_calls)" 1000 "compressions on the device"
		at_least "$(iaa_stat total_decomp_calls)" 1000 "decompressions on the device"
		equal "$(iaa_stat fallback_no_mode)" 0 "pages whose mode no device has"
	fi
}

test_lzo_rle() { all_ways lzo-rle; }
test_zstd() { all_ways zstd; }
test_deflate_iaa() { all_ways deflate-iaa; }
test_deflate_iaa_dynamic() { all_ways deflate-iaa-dynamic; }

ktap_main
