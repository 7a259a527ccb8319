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
# Known races of the kernel: the lock of a zram slot is a bit of a word of 8 bytes, of which
# the owner changes the other 4, while those who come next try to set it, or wait; and the
# scheduler looks at the flags of a task, of which some belong to the task.
KLOG_RACES_OF_OTHERS='slot_lock \[zram\]|kthread_is_per_cpu'
KLOG_RACES_OF_OTHERS+='|\[zram\].*: read-write \(marked\) of 8 bytes, (read|write|read-write) of 4 bytes'
KLOG_RACES_OF_OTHERS+='|\[zram\].*: (read|write|read-write) of 4 bytes, read-write \(marked\) of 8 bytes'

klog_mark() { [ -z "${KLOG_MARKS:-}" ] || echo "iaa-tests: $*" >/dev/kmsg; }

klog_since()
{
	dmesg | awk -v mark="iaa-tests: $1" '
		(at = index($0, mark)) && substr($0, at) == mark { on = 1; text = "" }
		on { text = text $0 "\n" }
		END { printf "%s", text; exit !on }'
}

# A report of KCSAN says below its first line what the two accesses were: move that up.
klog_accesses()
{
	awk '
		function told() { if (race != "") print race accesses; race = accesses = "" }
		/BUG: KCSAN: data-race/ { told(); race = $0; n = 0; next }
		race != "" && match($0, /(read|write|read-write)( \(marked\))? to 0x[0-9a-f]+ of [0-9]+ bytes/) {
			access = substr($0, RSTART, RLENGTH)
			sub(/ to 0x[0-9a-f]+/, "", access)
			accesses = accesses (n++ ? ", " : ": ") access
		}
		{ print }
		n == 2 { told() }
		END { told() }'
}

klog_bad()
{
	local line
	klog_accesses | grep -E "$KLOG_BAD" | grep -vE "$KLOG_GOOD" | while IFS= read -r line; do
		if [[ $line =~ BUG:\ KCSAN ]]; then
			[[ $line =~ $KLOG_RACES && ! $line =~ $KLOG_RACES_OF_OTHERS ]] || continue
		fi
		if [ -n "${1:-}" ] && [[ $line =~ $1 && ! $line =~ $KLOG_NEVER ]]; then
			continue
		fi
		printf '%s\n' "$line"
	done || true
}
