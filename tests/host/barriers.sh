#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Order that no test on x86 can see, since that CPU keeps it: where a completion record's
# status is read, the rest of the record and the data are read behind a dma_rmb(). Fails
# where a function reads a status and the barrier is missing.
. "$(dirname "$0")/../lib/ktap.sh"

# The tree that is built, as the other tests see it
DRIVER=$(cd "$(dirname "$0")/../.." && pwd)/build/linux/drivers/crypto/intel/iaa

# Functions that read a status alone, and nothing that depends on it: who polls then calls
# iaa_hw_poll().
STATUS_ALONE='iaa_poll_pending|iaa_irq_wake_one|iaa_wq_overdue'

# readers: FILE FUNCTION BARRIER, where a function reads a record's status
readers()
{
	awk '
		/^[a-z].*\(/ && !/;/ { name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name); reads = 0 }
		/READ_ONCE\(.*->status\)/ { reads = 1 }
		/dma_rmb\(\)/ && reads { barrier[name] = 1 }
		/^}/ { if (reads) print FILENAME, name, barrier[name] + 0; reads = 0 }
	' "$DRIVER"/*.c
}

test_record_is_read_after_its_status()
{
	[ -d "$DRIVER" ] || skip "no build/linux (scripts/overlay)"
	readers >"$KTAP_TMP/readers"
	sed "s#$DRIVER/#\# #" "$KTAP_TMP/readers"
	at_least "$(awk '$2 == "iaa_hw_poll"' "$KTAP_TMP/readers" | wc -l)" 1 "functions that poll"
	equal "$(grep ' 0$' "$KTAP_TMP/readers" | grep -vE " ($STATUS_ALONE) " | cut -d' ' -f2)" "" \
		"functions without a barrier"
}

ktap_main
