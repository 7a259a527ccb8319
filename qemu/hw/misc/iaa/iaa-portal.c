/*
 * Intel IAA: portals (BAR 2), and what a work queue accepts
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/log.h"
#include "exec/memory-burst.h"
#include "iaa.h"
#include "trace.h"

static void desc_to_cpu(IAADesc *d)
{
    le32_to_cpus(&d->pasid);
    le32_to_cpus(&d->flags_op);
    le64_to_cpus(&d->completion_addr);
    le64_to_cpus(&d->src1_addr);
    le64_to_cpus(&d->dst_addr);
    le32_to_cpus(&d->src1_size);
    le16_to_cpus(&d->int_handle);
    le16_to_cpus(&d->op_flags);
    le64_to_cpus(&d->src2_addr);
    le32_to_cpus(&d->max_dst_size);
    le32_to_cpus(&d->src2_size);
    le32_to_cpus(&d->filter_flags);
    le32_to_cpus(&d->num_inputs);
}

static void reject(IAAState *s, unsigned wq)
{
    s->count[IAA_COUNT_REJECTED]++;
    s->wq[wq].rejected++;
}

/* DSA 5.3: what does not reach a queue that takes it is dropped silently. */
static bool portal_open(const IAAState *s, unsigned wq, hwaddr addr)
{
    return addr % IAA_PORTAL_SIZE < IAA_PORTAL_PAGES * 0x1000 &&
           s->state == IAA_STATE_ENABLED &&
           iaa_wq_state(s, wq) == IAA_WQ_ENABLED;
}

static MemTxResult portal_burst(void *opaque, hwaddr addr, const void *buf,
                                MemTxAttrs attrs)
{
    IAAState *s = opaque;
    unsigned id = addr / IAA_PORTAL_SIZE;
    IAAWq *wq = &s->wq[id];
    g_autofree IAAWork *work = NULL;

    if (s->gone || id >= s->num_wqs) {
        return MEMTX_OK;
    }

    work = g_new0(IAAWork, 1);
    memcpy(&work->desc, buf, sizeof(work->desc));
    desc_to_cpu(&work->desc);
    work->wq = id;
    work->engine = -1;
    trace_iaa_submit(s->parent_obj.name, id, work->desc.flags_op >> 24,
                     work->desc.flags_op & 0xffffff, work->desc.src1_size);

    if (!portal_open(s, id, addr)) {
        reject(s, id);
    } else if (wq->occupancy >= FIELD_EX32(wq->cfg[0], WQCFG0, SIZE)) {
        reject(s, id);
        iaa_swerr(s, IAA_SWERR_WQ_FULL, id, work, 0);
        iaa_irq_flush(s);
    } else {
        work->seq = s->seq++;
        work->submitted = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
        s->count[iaa_op_counter(work, IAA_COUNT_CONTROL_SUBMITTED)]++;
        wq->submitted++;
        wq->occupancy++;
        wq->max_occupancy = MAX(wq->max_occupancy, wq->occupancy);
        QTAILQ_INSERT_TAIL(&wq->queue, work, next);
        work = NULL;    /* the queue's now */
        iaa_run(s);
    }
    return MEMTX_OK;
}

/* Portals can't be read, and take nothing but whole descriptors. */

static uint64_t portal_read(void *opaque, hwaddr addr, unsigned size)
{
    return UINT64_MAX;
}

static void portal_write(void *opaque, hwaddr addr, uint64_t val,
                         unsigned size)
{
    IAAState *s = opaque;
    unsigned wq = addr / IAA_PORTAL_SIZE;

    qemu_log_mask(LOG_GUEST_ERROR,
                  "%s: %u-byte store to the portal of WQ %u ignored\n",
                  s->parent_obj.name, size, wq);
    if (!s->gone && wq < s->num_wqs) {
        reject(s, wq);
    }
}

const MemoryRegionOps iaa_portal_ops = {
    .read = portal_read,
    .write = portal_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8 },
    .impl = { .min_access_size = 1, .max_access_size = 8 },
    .burst = { .size = IAA_DESC_SIZE, .write = portal_burst },
};
