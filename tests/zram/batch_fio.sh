#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# fio's own verification on a zram with rings: block sizes from 4K to 2M, deep queues,
# several jobs, direct and through the page cache, trims in between, checksums and headers.
# Fails on a byte that differs, and where no ring was used.
#
# vm: kernel=test
# timeout: 600
. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/iaa.sh"

SIZE=${SIZE:-8M}
CORPUS=${CORPUS:-/corpus}

# setup VAR: a zram
setup()
{
	need_command fio
	need_zram deflate-iaa
	[ -e "$CORPUS/text.pages" ] || skip "no corpus in $CORPUS"
	if [ -n "$(iaa_devices)" ]; then
		need_iaa
		iaa_configure -q 2
	fi
	head -c 262144 "$CORPUS/binary.pages" >"$KTAP_TMP/pattern"
	zram_create "$1" deflate-iaa 64M
}

# verified DEV OPTION...: written, and read again
verified()
{
	local dev=$1
	shift
	must fio --name=zram --filename="$dev" --size="$SIZE" --randrepeat=1 --allrandrepeat=1 \
		--verify_pattern="'$KTAP_TMP/pattern'" --verify_fatal=1 --do_verify=1 "$@"
}

test_block_sizes()
{
	local dev bs
	setup dev
	for bs in 4k 8k 16k 64k 256k 1m 2m; do
		verified "$dev" --direct=1 --ioengine=psync --rw=write --bs=$bs \
			--verify=crc32c --verify_interval=4096
		verified "$dev" --direct=1 --ioengine=psync --rw=randrw --bs=$bs \
			--verify=crc32c --verify_interval=4096
	done
	at_least "$(batch_stat "$dev" write_bios)" 300 "bios written in rings"
	at_least "$(batch_stat "$dev" read_bios)" 300 "bios read in rings"
}

test_mixed_block_sizes()
{
	local dev
	setup dev
	verified "$dev" --direct=1 --ioengine=psync --rw=randwrite --bsrange=4k-256k \
		--bs_unaligned=0 --blockalign=4k --verify=crc32c
}

test_queue_depths()
{
	local dev depth
	setup dev
	for depth in 1 8 32; do
		verified "$dev" --direct=1 --ioengine=libaio --iodepth=$depth \
			--rw=randwrite --bs=64k --verify=crc32c
	done
}

test_several_jobs()
{
	local dev
	setup dev
	verified "$dev" --direct=1 --ioengine=psync --rw=randrw --bs=64k --numjobs=4 \
		--offset_increment=8M --verify=crc32c --verify_interval=4096
}

test_page_cache()
{
	local dev
	setup dev
	verified "$dev" --direct=0 --ioengine=psync --rw=write --bs=64k --end_fsync=1 \
		--invalidate=1 --verify=crc32c
	verified "$dev" --direct=0 --ioengine=psync --rw=randwrite --bs=4k --end_fsync=1 \
		--invalidate=1 --verify=crc32c
	at_least "$(batch_stat "$dev" write_bios)" 4 "bios written in rings"
	at_least "$(batch_stat "$dev" read_bios)" 4 "bios read in rings"
}

test_trims_in_between()
{
	local dev
	setup dev
	verified "$dev" --direct=1 --ioengine=psync --rw=randwrite --bs=64k --verify=crc32c \
		--verify_backlog=16 --trim_percentage=30 --trim_backlog=8 --trim_verify_zero=1
	must fio --name=trim --filename="$dev" --size="$SIZE" --direct=1 --ioengine=psync \
		--rw=trimwrite --bs=64k
}

test_headers_tell_stale_blocks()
{
	local dev
	setup dev
	# meta: the header holds offset and generation, so an old block is seen as such.
	verified "$dev" --direct=1 --ioengine=psync --rw=randwrite --bs=64k --verify=meta \
		--norandommap --loops=3 --verify_backlog=32
}

ktap_main
