/*
 * Writes of more than eight bytes that reach a device in one piece
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "exec/memory-burst.h"
#include "hw/qdev-core.h"

MemTxResult memory_region_dispatch_burst(MemoryRegion *mr, hwaddr addr,
                                         const void *buf, MemTxAttrs attrs)
{
    MemReentrancyGuard *guard = NULL;
    MemTxResult result;

    assert(bql_locked());

    if (mr->dev && !mr->disable_reentrancy_guard) {
        guard = &mr->dev->mem_reentrancy_guard;
        if (guard->engaged_in_io) {
            warn_report_once("Blocked re-entrant burst on MemoryRegion: "
                             "%s at addr: 0x%" HWADDR_PRIX,
                             memory_region_name(mr), addr);
            return MEMTX_ACCESS_ERROR;
        }
        guard->engaged_in_io = true;
    }

    result = mr->ops->burst.write(mr->opaque, addr, buf, attrs);

    if (guard) {
        guard->engaged_in_io = false;
    }
    return result;
}
