# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# zswap: folios of SIZE bytes out by MADV_PAGEOUT, and in by touching their pages.
# CLUSTER is page-cluster, the order of swap readahead.

job_zswap()
{
	local algorithm kind group=/sys/fs/cgroup/bench
	zswap_swap
	folio_size "$SIZE"
	put +memory /sys/fs/cgroup/cgroup.subtree_control
	cgroup_new $group memory.high max
	for algorithm in $ALGORITHMS; do
		zswap_use "$algorithm"
		for kind in $KINDS; do
			bench-swap --folio "$SIZE" --pages "$PAGES" --kind "$kind" --corpus "$CORPUS" \
				--warm $((PAGES < 512 ? PAGES : 512)) \
				--cgroup $group --counter zswp \
				--tag algorithm="$algorithm" --tag kind="$kind"
		done
	done
}

job_zswap
