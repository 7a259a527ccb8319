/*
 * Writes of more than eight bytes that reach a device in one piece
 *
 * Some instructions and bus masters write a whole cache line as one
 * transaction, and some devices rely on it: a work queue portal takes a
 * 64-byte descriptor or nothing.  A region that sets MemoryRegionOps.burst
 * gets each naturally aligned write of burst.size bytes as one call, under
 * the BQL, however it was made: by a CPU (MOVDIR64B), by a bus master, or by
 * qtest.  Every other access goes to the region's ordinary callbacks.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef EXEC_MEMORY_BURST_H
#define EXEC_MEMORY_BURST_H

#include "exec/memory.h"

/**
 * memory_region_takes_burst: whether a write is delivered as one piece
 * @mr: terminal memory region
 * @addr: byte offset in @mr
 * @len: bytes left to write at @addr
 */
static inline bool memory_region_takes_burst(const MemoryRegion *mr,
                                             hwaddr addr, hwaddr len)
{
    const unsigned size = mr->ops->burst.size;

    return size && len >= size && (addr & (size - 1)) == 0;
}

/**
 * memory_region_dispatch_burst: hand a burst to its device
 * @mr: region for which memory_region_takes_burst() answered true
 * @addr: byte offset in @mr
 * @buf: the mr->ops->burst.size bytes to write
 * @attrs: memory transaction attributes
 *
 * Called with the BQL held.  Refuses re-entrant access as
 * memory_region_dispatch_write() does.
 */
MemTxResult memory_region_dispatch_burst(MemoryRegion *mr, hwaddr addr,
                                         const void *buf, MemTxAttrs attrs);

#endif
