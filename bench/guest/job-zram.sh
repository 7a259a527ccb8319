# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# zram through the block layer: direct writes and reads of SIZE bytes. BATCHES are the
# batch_size to measure with; without it zram's own. With FOLIO the memory is folios of
# that size, in bytes, as what reclaim and the page cache write; without, it is single pages,
# which are anywhere.

# zram_measure ALGORITHM [BATCH]
zram_measure()
{
	local zram kind at=0 tags=(--tag "algorithm=$1")
	if [ -n "${FOLIO:-}" ]; then
		folio_size "$FOLIO"
		tags+=(--folios)
	fi
	zram_new zram "$1" 256M
	if [ $# -eq 2 ]; then
		put "$2" "/sys/block/$zram/batch_size"
		tags+=(--tag "batch=$2")
	fi
	for kind in $KINDS; do
		bench-blk --device "/dev/$zram" --bs "$SIZE" --pages "$PAGES" --kind "$kind" \
			--corpus "$CORPUS" --stored "$zram" --offset $((at << 20)) \
			"${tags[@]}" --tag kind="$kind"
		at=$((at + 32))
	done
	zram_drop "$zram"
}

job_zram()
{
	local algorithm batch
	for algorithm in $ALGORITHMS; do
		[ -n "${BATCHES:-}" ] || zram_measure "$algorithm"
		for batch in ${BATCHES:-}; do
			zram_measure "$algorithm" "$batch"
		done
	done
}

job_zram
