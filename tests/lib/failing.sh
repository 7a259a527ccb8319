# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
#
# Allocations that fail, by the kernel's fault injection. Sourced after ktap.sh.
#
#   failures_setup NAME PERCENT	have NAME (failslab, fail_page_alloc) fail that many of the
#				allocations of tasks that ask for it; 0: only those of fail-nth
#   failures_count NAME		how many failed since
#   write_failing VALUE FILE N	write VALUE while the N-th allocation of this task fails,
#				whichever that is. Sets $written, empty after an error, whose words
#				are in $KTAP_TMP/why; and $left, 0 unless the write was over before

# Counts down with every failure, and ends them at 0
FAILURES=1000000000

failures_setup()
{
	local dir=/sys/kernel/debug/$1
	[ -d "$dir" ] || skip "no $1 in this kernel (CONFIG_FAULT_INJECTION_DEBUG_FS)"
	defer put 0 "$dir/probability"
	put "$2" "$dir/probability"
	put 1 "$dir/interval"
	put $FAILURES "$dir/times"
	put 0 "$dir/verbose"
	put Y "$dir/task-filter"
	put N "$dir/ignore-gfp-wait"
	[ ! -e "$dir/ignore-gfp-highmem" ] || put N "$dir/ignore-gfp-highmem"
	[ ! -e "$dir/min-order" ] || put 0 "$dir/min-order"
	failures_spare add_dma_entry "$dir"
}

# failures_spare FUNCTION DIRECTORY: what FUNCTION allocates never fails. DMA debugging would
# go off for the rest of this boot, with one line of the log.
failures_spare()
{
	local first next
	[ -e "$2/reject-start" ] || return 0
	read -r first next < <(awk -v name="$1" '
		at && $1 > at { print at, $1; exit }
		$3 == name { at = $1 }' /proc/kallsyms) || return 0
	put "0x$first" "$2/reject-start"
	put "0x$next" "$2/reject-end"
}

failures_count() { echo $((FAILURES - $(<"/sys/kernel/debug/$1/times"))); }

# All files are opened beforehand, since that allocates, too.
write_failing()
{
	local value armed state
	exec {value}>"$2" {armed}>/proc/self/fail-nth
	exec {state}</proc/self/fail-nth
	written=y
	{
		echo "$3" >&"$armed"
		echo "$1" >&"$value" || written=
		read -r left <&"$state"
		echo 0 >&"$armed"
	} 2>"$KTAP_TMP/why"
	exec {value}>&- {armed}>&- {state}<&-
}
