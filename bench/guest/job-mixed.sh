# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# How late reads are: of SIZE bytes of a zram or, with SWAP, page faults that zswap serves.
# READS of them, INTERVAL nanoseconds apart on average, beside a process that writes 2 MiB
# blocks to the zram; without INTERVAL alone, one after the other. The zram's compressor is WRITER if
# that is given. BATCHES are its batch_size to measure with; without it zram's own.

# mixed_measure ALGORITHM [BATCH]
mixed_measure()
{
	local zram how=(--reads "$READS" --tag "algorithm=$1")
	zram_new zram "${WRITER:-$1}" 256M
	if [ $# -eq 2 ]; then
		put "$2" "/sys/block/$zram/batch_size"
		how+=(--tag "batch=$2")
	fi
	if [ -n "${SWAP:-}" ]; then
		zswap_use "$1"
		how+=(--fault)
	fi
	if [ -n "${INTERVAL:-}" ]; then
		how+=(--interval "$INTERVAL")
	else
		how+=(--alone)
	fi
	bench-mixed --device "/dev/$zram" --bs "$SIZE" --corpus "$CORPUS" "${how[@]}"
	zram_drop "$zram"
}

job_mixed()
{
	local algorithm batch
	if [ -n "${SWAP:-}" ]; then
		zswap_swap
		folio_size 4096
	fi
	for algorithm in $ALGORITHMS; do
		[ -n "${BATCHES:-}" ] || mixed_measure "$algorithm"
		for batch in ${BATCHES:-}; do
			mixed_measure "$algorithm" "$batch"
		done
	done
}

job_mixed
