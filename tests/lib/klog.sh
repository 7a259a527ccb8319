# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The kernel's log, as tests use it: marks in it, and what must not stand in it.
#
#   klog_mark WORDS	put a line into the log, where tests/run runs the test
#   klog_since WORDS	print the log from the last such line on; status 1 if it has gone, as
#			the log is a ring
#   klog_bad [REGEX]	of the log on standard input, the lines that must not be there; REGEX
#			says which of them are allowed

# What a kernel says that finds something wrong.
KLOG_BAD='WARNING:|BUG:|BUG |Oops|general protection|kernel panic|INFO: task .* blocked|non-static key|possible recursive locking|circular locking|inconsistent lock state|suspicious RCU usage|DMA-API:|DMAR: .*fault|KASAN|KCSAN|UBSAN|unreferenced object|refcount_t:|list_(add|del) corruption|stack-protector|soft lockup|hard LOCKUP|rcu.*(stall|detected)'
# Harmless lines that look like it.
KLOG_GOOD='DMA-API: (preallocated|debugging (enabled|disabled))|DMA-API: .* debugging out of memory|kmemleak: (Kernel memory leak detector|Automatic)|KASAN: KernelAddressSanitizer|kcsan: (enabled|strict|selftest)|Kernel command line: |Command line: '

# Of this nothing is allowed, whatever a test provokes. (A WARN can be: where zram has data
# that can't be decompressed, it says so that way. Hence no "lock" of a "block".)
KLOG_NEVER='BUG|non-static key|Oops|KASAN|KCSAN|UBSAN|general protection|panic|[^b]lock|blocked for|corruption'

# Of data races, those in what the project wrote or changed; the kernel around it has its own.
KLOG_RACES='\[(iaa_comp|iaa_crypto|idxd|zram)\]|iaa_|zcomp_|acomp|zswap|swap_|shrink_folio'
# Known races of the kernel: a task that waits for the lock of a zram slot reads the word that
# the owner of the lock changes.
KLOG_RACES_OF_OTHERS='slot_lock \[zram\]'

klog_mark() { [ -z "${KLOG_MARKS:-}" ] || echo "iaa-tests: $*" >/dev/kmsg; }

klog_since()
{
	dmesg | awk -v mark="iaa-tests: $1" '
		(at = index($0, mark)) && substr($0, at) == mark { on = 1; text = "" }
		on { text = text $0 "\n" }
		END { printf "%s", text; exit !on }'
}

klog_bad()
{
	local line
	grep -E "$KLOG_BAD" | grep -vE "$KLOG_GOOD" | while IFS= read -r line; do
		if [[ $line =~ BUG:\ KCSAN ]]; then
			[[ $line =~ $KLOG_RACES && ! $line =~ $KLOG_RACES_OF_OTHERS ]] || continue
		fi
		if [ -n "${1:-}" ] && [[ $line =~ $1 && ! $line =~ $KLOG_NEVER ]]; then
			continue
		fi
		printf '%s\n' "$line"
	done || true
}
