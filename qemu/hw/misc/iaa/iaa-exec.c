/*
 * Intel IAA: operations, from the descriptor's checks to its completion record
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "qemu/bswap.h"
#include "iaa-op.h"
#include "trace.h"

typedef struct IAAOp {
    uint8_t code;
    IAATimingClass timing;
    bool (*check)(IAAState *s, IAAWork *work);
    void (*run)(IAAState *s, IAAWork *work);
} IAAOp;

static void control_run(IAAState *s, IAAWork *work)
{
    work->rec.status = IAA_STATUS_SUCCESS;
}

static const IAAOp iaa_ops[] = {
    { IAA_OP_NOOP, IAA_TIMING_CONTROL, iaa_check_noop, control_run },
    { IAA_OP_DRAIN, IAA_TIMING_CONTROL, iaa_check_drain, control_run },
    { IAA_OP_DECOMPRESS, IAA_TIMING_DECOMPRESS, iaa_check_decompress,
      iaa_decompress_run },
    { IAA_OP_COMPRESS, IAA_TIMING_COMPRESS, iaa_check_compress,
      iaa_compress_run },
};

static const IAAOp *op_find(unsigned code)
{
    for (int i = 0; i < ARRAY_SIZE(iaa_ops); i++) {
        if (iaa_ops[i].code == code) {
            return &iaa_ops[i];
        }
    }
    return NULL;
}

uint64_t iaa_op_opcap(unsigned qword)
{
    uint64_t bits = 0;

    for (int i = 0; i < ARRAY_SIZE(iaa_ops); i++) {
        if (iaa_ops[i].code / 64 == qword) {
            bits |= BIT_ULL(iaa_ops[i].code % 64);
        }
    }
    return bits;
}

uint64_t iaa_op_iaacap(const IAAState *s)
{
    uint64_t v = 0;

    if (iaa_gen2(s)) {
        v = FIELD_DP64(v, IAACAP, GEN2_MIN, 1);
        v = FIELD_DP64(v, IAACAP, LOAD_PARTIAL, 1);
        v = FIELD_DP64(v, IAACAP, EARLY_ABORT, 1);
        v = FIELD_DP64(v, IAACAP, HEADER_GEN, 1);
    }
    return v;
}

/* Timing */

IAATimingClass iaa_op_timing(const IAAWork *work)
{
    const IAAOp *op = op_find(iaa_desc_op(work));
    IAATimingClass timing = op ? op->timing : IAA_TIMING_CONTROL;

    return timing == IAA_TIMING_COMPRESS && iaa_gen_header(work) ?
           IAA_TIMING_DYNAMIC : timing;
}

unsigned iaa_op_counter(const IAAWork *work, unsigned control)
{
    IAATimingClass timing = iaa_op_timing(work);

    return control + (timing == IAA_TIMING_DYNAMIC ? IAA_TIMING_COMPRESS :
                                                     timing);
}

static uint64_t decompress_bytes(const IAADesc *d)
{
    /* Suppressed output has no size beforehand; pages halve, as a rule. */
    return d->op_flags & R_DECOMP_SUPPRESS_MASK ?
           MAX(d->max_dst_size, 2ull * d->src1_size) : d->max_dst_size;
}

uint64_t iaa_op_bytes(const IAAWork *work)
{
    const IAADesc *d = &work->desc;

    switch (iaa_op_timing(work)) {
    case IAA_TIMING_COMPRESS:
    case IAA_TIMING_DYNAMIC:
        if (d->op_flags & R_COMP_STATS_INPUT_MASK) {
            return 0;
        }
        return work->abort_bytes ?: d->src1_size;
    case IAA_TIMING_DECOMPRESS:
        return decompress_bytes(d);
    default:
        return 0;
    }
}

uint64_t iaa_op_src2_bytes(const IAAWork *work)
{
    const IAADesc *d = &work->desc;
    uint64_t nominal = sizeof(IAADecompAecs), bytes = 0;

    if (iaa_op_timing(work) == IAA_TIMING_CONTROL) {
        return 0;
    }
    if (iaa_op_timing(work) != IAA_TIMING_DECOMPRESS) {
        nominal = FIELD_EX32(d->filter_flags, COMP2, WRITE_TABLES) ?
                  sizeof(IAAAecs) : IAA_AECS_SHORT;
    }
    if (iaa_read_src2(work)) {
        bytes += MIN(d->src2_size, sizeof(IAADecompAecs));
    }
    if (iaa_write_src2(work) == 1) {
        bytes += MIN(d->src2_size, nominal);
    }
    return bytes;
}

/* Checks */

static bool op_allowed(IAAState *s, const IAAWork *work)
{
    unsigned op = iaa_desc_op(work);
    const uint32_t *cfg = s->wq[work->wq].cfg;

    return op_find(op) &&
           (!s->op_config || (cfg[8 + op / 32] & BIT(op % 32)));
}

bool iaa_op_check(IAAState *s, IAAWork *work)
{
    if (!op_allowed(s, work)) {
        return iaa_fail(work, IAA_STATUS_BAD_OPCODE);
    }
    if (!op_find(iaa_desc_op(work))->check(s, work)) {
        return false;
    }
    if (iaa_desc_op(work) == IAA_OP_COMPRESS) {
        iaa_compress_early(s, work);
    }
    return true;
}

/* Completion */

static void record_to_le(IAARecord *r)
{
    cpu_to_le32s(&r->bytes_completed);
    cpu_to_le64s(&r->fault_addr);
    cpu_to_le32s(&r->invalid_flags);
    cpu_to_le32s(&r->output_size);
    cpu_to_le16s(&r->xor_checksum);
    cpu_to_le32s(&r->crc);
}

/* A vCPU that sees the status must see the rest of the record, and the data. */
static bool record_write(IAAState *s, IAAWork *work)
{
    uint64_t addr = work->desc.completion_addr;
    IAARecord le = work->rec;

    record_to_le(&le);
    le.status = IAA_STATUS_NONE;
    if (iaa_dma(s, addr, &le, sizeof(le), DMA_DIRECTION_FROM_DEVICE)) {
        return false;
    }
    /* Pairs with the guest's read barrier after it has seen the status. */
    smp_wmb();
    le.status = work->rec.status;
    return iaa_dma(s, addr + offsetof(IAARecord, status), &le.status,
                   sizeof(le.status), DMA_DIRECTION_FROM_DEVICE) == MEMTX_OK;
}

/* Returns whether an interrupt may follow. */
static bool record_report(IAAState *s, IAAWork *work)
{
    uint32_t flags = iaa_desc_flags(work);
    uint8_t status = work->rec.status;
    bool success = status == IAA_STATUS_SUCCESS;
    bool record = (flags & IAA_FLAG_CRAV) && status != IAA_STATUS_CRA_ALIGN;

    /* An interrupt handle that is wrong is for SWERR as well (DSA 5.4). */
    if (!success && (!record || status == IAA_STATUS_INT_HANDLE)) {
        iaa_swerr(s, status, work->wq, work, 0);
    }
    if (!record || (success && !(flags & IAA_FLAG_RCR))) {
        return success;
    }
    if (!record_write(s, work)) {
        iaa_swerr(s, IAA_STATUS_CRA_XLAT, work->wq, work,
                  work->desc.completion_addr);
        return false;
    }
    return true;
}

void iaa_op_complete(IAAState *s, IAAWork *work)
{
    unsigned op = iaa_desc_op(work);
    bool success;

    if (!work->rec.status && work->fault == IAA_FAULT_STATUS) {
        work->rec.status = work->fault_arg;
        work->rec.error_code = work->fault_arg >> 8;
    } else if (!work->rec.status) {
        op_find(op)->run(s, work);
        iaa_fault_record(work, &work->rec);
    }

    success = work->rec.status == IAA_STATUS_SUCCESS;
    s->count[iaa_op_counter(work, success ? IAA_COUNT_CONTROL_COMPLETED :
                                            IAA_COUNT_CONTROL_FAILED)]++;
    if (success && iaa_op_timing(work) == IAA_TIMING_DYNAMIC) {
        s->count[IAA_COUNT_DYNAMIC_COMPLETED]++;
    }
    trace_iaa_complete(s->parent_obj.name, work->wq, op, work->rec.status,
                       work->rec.error_code, work->rec.output_size);
    if (record_report(s, work) && (iaa_desc_flags(work) & IAA_FLAG_RCI) &&
        iaa_irq_handle_valid(s, work->desc.int_handle)) {
        iaa_irq_complete(s, work->desc.int_handle);
    }
}
