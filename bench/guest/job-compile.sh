# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# A compile that swaps: gcc's compiler proper on PROCESSES preprocessed files of the
# kernel at once (/bench/compile/N.i), in a cgroup whose memory.max is MAX, into zswap.

job_compile()
{
	local algorithm group=/sys/fs/cgroup/bench dir=${HERE%/*}/compile
	[ -x "$dir/cc1" ] || die "no $dir/cc1: the guest needs the archive of bench/pack compile"
	zswap_swap
	folio_size "$SIZE"
	# The compiler does not ask for huge pages; here it gets them all the same.
	[ "$SIZE" -le 4096 ] ||
		put always "/sys/kernel/mm/transparent_hugepage/hugepages-$((SIZE / 1024))kB/enabled"
	put +memory /sys/fs/cgroup/cgroup.subtree_control
	for algorithm in $ALGORITHMS; do
		zswap_use "$algorithm"
		cgroup_new $group memory.max "$MAX"
		in_cgroup $group bench-exec --processes "$PROCESSES" --tag algorithm="$algorithm" \
			-- "$dir/cc1" -fpreprocessed -quiet -O2 -w -std=gnu11 -fms-extensions -fshort-wchar \
			"$dir/@.i" -o /dev/null
		cgroup_drop $group
	done
}

job_compile
