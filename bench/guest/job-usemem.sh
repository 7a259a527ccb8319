# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The series' usemem: PROCESSES that each write SHARE bytes, in a cgroup whose
# memory.high is HIGH, with folios of SIZE bytes, into zswap, whose shrinker is on with
# SHRINKER=Y; or, if ZRAM is the size of one, into zram. With FRESH set, the cgroup's
# statistics are read, and so brought up to date, all the time.

# read_statistics CGROUP: until it goes
read_statistics()
{
	while cat "$1/memory.stat" >/dev/null 2>&1; do sleep 0.02; done
}

job_usemem()
{
	local algorithm zram group=/sys/fs/cgroup/bench
	[ -n "${ZRAM:-}" ] || zswap_swap
	if [ -n "${SHRINKER:-}" ]; then
		keep /sys/module/zswap/parameters/shrinker_enabled
		put "$SHRINKER" /sys/module/zswap/parameters/shrinker_enabled
	fi
	folio_size "$SIZE"
	put +memory /sys/fs/cgroup/cgroup.subtree_control
	for algorithm in $ALGORITHMS; do
		if [ -n "${ZRAM:-}" ]; then
			zram_swap zram "$algorithm" "$ZRAM"
		else
			zswap_use "$algorithm"
		fi
		cgroup_new $group memory.high "$HIGH"
		[ -z "${FRESH:-}" ] || read_statistics $group &
		in_cgroup $group bench-usemem --processes "$PROCESSES" --bytes "$SHARE" \
			--folio "$SIZE" --corpus "$CORPUS" --tag algorithm="$algorithm"
		cgroup_drop $group
		[ -z "${ZRAM:-}" ] || zram_drop "$zram"
	done
}

job_usemem
