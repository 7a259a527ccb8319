# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Swap on zram: folios of SIZE bytes out by MADV_PAGEOUT, and in by touching their
# pages. BATCHES are the batch_size to measure with; without it zram's own. CLUSTER is
# page-cluster; STRIDE is how far apart the pages are that are touched one after the other.

# swap_measure ALGORITHM [BATCH]
swap_measure()
{
	local zram kind tags=(--tag "algorithm=$1")
	zram_swap zram "$1" 256M
	if [ $# -eq 2 ]; then
		put "$2" "/sys/block/$zram/batch_size"
		tags+=(--tag "batch=$2")
	fi
	for kind in $KINDS; do
		bench-swap --folio "$SIZE" --pages "$PAGES" --kind "$kind" --corpus "$CORPUS" \
			--warm $((PAGES < 512 ? PAGES : 512)) \
			--stored "$zram" --counter pswp --stride "${STRIDE:-1}" "${tags[@]}" --tag kind="$kind"
	done
	zram_drop "$zram"
}

job_swap()
{
	local algorithm batch
	folio_size "$SIZE"
	for algorithm in $ALGORITHMS; do
		[ -n "${BATCHES:-}" ] || swap_measure "$algorithm"
		for batch in ${BATCHES:-}; do
			swap_measure "$algorithm" "$batch"
		done
	done
}

job_swap
