/*
 * Intel IAA: what leaves the device: interrupts, DMA, and error reports
 *
 * The lowest layer: nothing here calls another part of the device.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "hw/pci/msix.h"
#include "hw/pci/pci.h"
#include "iaa.h"
#include "trace.h"

bool iaa_bus_master(const IAAState *s)
{
    const PCIDevice *pdev = &s->parent_obj;

    return !s->gone &&
           (pci_get_word(pdev->config + PCI_COMMAND) & PCI_COMMAND_MASTER) &&
           !(pci_get_word(pdev->config + pdev->pm_cap + PCI_PM_CTRL) &
             PCI_PM_CTRL_STATE_MASK);
}

/* Interrupts */

void iaa_irq_raise(IAAState *s, unsigned vector)
{
    set_bit(vector, s->irq_pending);
}

/*
 * Last of all in every step: the guest says where MSI-X messages go, and may
 * send them back to this device.
 */
void iaa_irq_flush(IAAState *s)
{
    unsigned long vector;

    while ((vector = find_first_bit(s->irq_pending, s->num_wqs + 1)) <=
           s->num_wqs) {
        clear_bit(vector, s->irq_pending);
        if (msix_enabled(&s->parent_obj) && iaa_bus_master(s)) {
            s->count[IAA_COUNT_INTERRUPTS]++;
            msix_notify(&s->parent_obj, vector);
        }
    }
}

void iaa_irq_clear(IAAState *s)
{
    bitmap_zero(s->irq_pending, IAA_MAX_WQS + 1);
    for (unsigned i = 0; i <= s->num_wqs; i++) {
        msix_clr_pending(&s->parent_obj, i);
    }
}

/*
 * DSA 5.4 and table 5-2.  No queue has PASIDs enabled here, so no entry of the
 * permission table may.
 */
bool iaa_irq_handle_valid(const IAAState *s, unsigned handle)
{
    return handle <= s->num_wqs &&
           (!s->int_handles || test_bit(handle, s->handles)) &&
           !FIELD_EX32(s->msix_perm[handle], MSIX_PERM, PASID_EN);
}

void iaa_irq_complete(IAAState *s, unsigned handle)
{
    if (!FIELD_EX32(s->msix_perm[handle], MSIX_PERM, IGNORE)) {
        iaa_irq_raise(s, handle);
    }
}

/* Causes and software errors: DSA 9.2.11, 9.2.15 */

void iaa_cause(IAAState *s, uint32_t bit)
{
    s->intcause |= bit;
    iaa_irq_raise(s, 0);
}

static uint64_t swerr_info(uint8_t error, const IAAWork *work)
{
    switch (work ? error : 0) {
    case IAA_STATUS_INVALID_FLAGS:
        return FIELD_DP64(0, SWERR1, INVALID_FLAGS, work->rec.invalid_flags);
    case IAA_STATUS_INT_HANDLE:
        return FIELD_DP64(0, SWERR1, INT_HANDLE, work->desc.int_handle);
    default:
        return 0;
    }
}

void iaa_swerr(IAAState *s, uint8_t error, int wq, const IAAWork *work,
               uint64_t addr)
{
    uint64_t v = 0;

    trace_iaa_swerr(s->parent_obj.name, wq, error, addr);
    s->count[IAA_COUNT_SWERRS]++;
    if (FIELD_EX64(s->swerr[0], SWERR0, VALID)) {
        s->swerr[0] = FIELD_DP64(s->swerr[0], SWERR0, OVERFLOW, 1);
        return;
    }

    v = FIELD_DP64(v, SWERR0, VALID, 1);
    v = FIELD_DP64(v, SWERR0, OVERFLOW,
                   FIELD_EX64(s->swerr[0], SWERR0, OVERFLOW));
    v = FIELD_DP64(v, SWERR0, ERROR, error);
    v = FIELD_DP64(v, SWERR0, FAULT_WRITE, error == IAA_STATUS_CRA_XLAT);
    if (wq >= 0) {
        v = FIELD_DP64(v, SWERR0, WQ_VALID, 1);
        v = FIELD_DP64(v, SWERR0, WQ, wq);
    }
    if (work) {
        v = FIELD_DP64(v, SWERR0, DESC_VALID, 1);
        v = FIELD_DP64(v, SWERR0, OPERATION, work->desc.flags_op >> 24);
        v = FIELD_DP64(v, SWERR0, PASID, work->desc.pasid & 0xfffff);
        v = FIELD_DP64(v, SWERR0, PRIV, work->desc.pasid >> 31);
        v = FIELD_DP64(v, SWERR0, INFO_VALID, error == IAA_STATUS_INT_HANDLE);
    }
    s->swerr[0] = v;
    s->swerr[1] = swerr_info(error, work);
    s->swerr[2] = addr;
    s->swerr[3] = 0;
    if (FIELD_EX32(s->genctrl, GENCTRL, SOFTERR_INT)) {
        iaa_cause(s, R_INTCAUSE_ERR_MASK);
    }
}

/* Memory */

MemTxResult iaa_dma(IAAState *s, uint64_t addr, void *buf, uint64_t len,
                    DMADirection dir)
{
    MemTxAttrs attrs = {
        .memory = true,
        .requester_id = pci_requester_id(&s->parent_obj),
    };
    bool write = dir == DMA_DIRECTION_FROM_DEVICE;

    if (!iaa_bus_master(s)) {
        return MEMTX_ACCESS_ERROR;
    }
    s->count[write ? IAA_COUNT_BYTES_WRITTEN : IAA_COUNT_BYTES_READ] += len;
    return pci_dma_rw(&s->parent_obj, addr, buf, len, dir, attrs);
}

/* Presence */

void iaa_bus_set_gone(IAAState *s, bool gone)
{
    trace_iaa_gone(s->parent_obj.name, gone);
    s->gone = gone;
    /* Without them the region around them answers, and that with all ones. */
    memory_region_set_enabled(&s->parent_obj.msix_table_mmio, !gone);
    memory_region_set_enabled(&s->parent_obj.msix_pba_mmio, !gone);
    iaa_irq_clear(s);
}
