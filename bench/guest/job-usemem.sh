# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The series' usemem: PROCESSES that each write SHARE bytes, in a cgroup whose
# memory.high is HIGH, with folios of SIZE bytes, into zswap.

job_usemem()
{
	local algorithm group=/sys/fs/cgroup/bench
	zswap_swap
	folio_size "$SIZE"
	put +memory /sys/fs/cgroup/cgroup.subtree_control
	for algorithm in $ALGORITHMS; do
		zswap_use "$algorithm"
		cgroup_new $group memory.high "$HIGH"
		in_cgroup $group bench-usemem --processes "$PROCESSES" --bytes "$SHARE" \
			--folio "$SIZE" --corpus "$CORPUS" --tag algorithm="$algorithm"
		cgroup_drop $group
	done
}

job_usemem
