# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# zram's writeback of decompressed pages to a disk that takes no time, by batch_size: with
# 1, no page is read ahead.

job_writeback()
{
	local zram batch
	modprobe null_blk || die "no null_blk"
	for batch in $BATCHES; do
		zram_new zram "$ALGORITHMS" 256M
		put 1 "/sys/block/$zram/reset"
		put "$ALGORITHMS" "/sys/block/$zram/comp_algorithm"
		put /dev/nullb0 "/sys/block/$zram/backing_dev"
		put 256M "/sys/block/$zram/disksize"
		put "$batch" "/sys/block/$zram/batch_size"
		for kind in $KINDS; do
			bench-writeback --zram "$zram" --pages "$PAGES" --kind "$kind" \
				--corpus "$CORPUS" --tag "algorithm=$ALGORITHMS" \
				--tag "batch=$batch" --tag "kind=$kind"
		done
		zram_drop "$zram"
	done
}

job_writeback
