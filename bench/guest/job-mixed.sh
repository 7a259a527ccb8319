# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Reads of SIZE bytes at a fixed rate, INTERVAL nanoseconds apart, beside a process that
# writes 2 MiB blocks to the same zram, by batch_size.

job_mixed()
{
	local zram batch
	for batch in $BATCHES; do
		zram_new zram "$ALGORITHMS" 256M
		put "$batch" "/sys/block/$zram/batch_size"
		bench-mixed --device "/dev/$zram" --bs "$SIZE" --corpus "$CORPUS" \
			--interval "$INTERVAL" --reads "$READS" \
			--tag "algorithm=$ALGORITHMS" --tag "batch=$batch"
		zram_drop "$zram"
	done
}

job_mixed
