/*
 * Intel IAA: operations, from the descriptor's checks to its completion record
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "qemu/bswap.h"
#include "qemu/crc32c.h"
#include "qemu/range.h"
#include <zlib.h>
#include "iaa.h"
#include "iaa-codec.h"
#include "trace.h"

typedef struct IAAOp {
    uint8_t code;
    IAATimingClass timing;
    uint32_t flags;             /* descriptor flags it understands */
    uint16_t op_flags;          /* same of (de)compression flags */
    bool (*check)(IAAState *s, IAAWork *work);
    void (*run)(IAAState *s, IAAWork *work);
} IAAOp;

#define COMMON_FLAGS (IAA_FLAG_CRAV | IAA_FLAG_RCR | IAA_FLAG_RCI | \
                      IAA_FLAG_BLOCK_ON_FAULT | IAA_FLAG_TCS)
#define DATA_FLAGS   (COMMON_FLAGS | IAA_FLAG_CACHE_CONTROL | \
                      IAA_FLAG_STRICT_ORDER | IAA_FLAG_READBACK | \
                      IAA_FLAG_CRC_RFC3720)

static uint32_t desc_flags(const IAAWork *work)
{
    return work->desc.flags_op & 0xffffff;
}

static unsigned desc_op(const IAAWork *work)
{
    return work->desc.flags_op >> 24;
}

/* Results */

static bool fail(IAAWork *work, IAAStatus status)
{
    work->rec.status = status;
    return false;
}

static bool fail_dma(IAAWork *work, uint64_t addr, bool write)
{
    work->rec.fault_addr = addr;
    work->rec.fault_info = write;
    return fail(work, IAA_STATUS_XLAT);
}

/* Checks */

static bool check_overlap(IAAWork *work, uint64_t addr, uint32_t size)
{
    const IAADesc *d = &work->desc;

    if (d->max_dst_size && size &&
        ranges_overlap(d->dst_addr, d->max_dst_size, addr, size)) {
        return fail(work, IAA_STATUS_OVERLAP);
    }
    return true;
}

static bool check_buffers(IAAState *s, IAAWork *work, bool writes)
{
    const IAADesc *d = &work->desc;
    uint64_t max = 1ull << FIELD_EX32(s->wq[work->wq].cfg[3], WQCFG3,
                                      MAX_XFER_SHIFT);

    if (d->filter_flags || d->num_inputs) {
        return fail(work, IAA_STATUS_NOZERO_RESERVE);
    }
    if (!d->src1_size || d->src1_size > max ||
        !d->max_dst_size || d->max_dst_size > max) {
        return fail(work, IAA_STATUS_INVALID_SIZE);
    }
    if (d->src1_addr > UINT64_MAX - d->src1_size) {
        return fail_dma(work, d->src1_addr, false);
    }
    if (writes && d->dst_addr > UINT64_MAX - d->max_dst_size) {
        return fail_dma(work, d->dst_addr, true);
    }
    return !writes || check_overlap(work, d->src1_addr, d->src1_size);
}

static bool compress_is_dynamic(const IAAWork *work)
{
    return work->desc.op_flags & IAA_COMP_GEN_HDR;
}

static bool compress_check(IAAState *s, IAAWork *work)
{
    const IAADesc *d = &work->desc;
    unsigned gen = d->op_flags & IAA_COMP_GEN_HDR;
    bool aecs = desc_flags(work) & IAA_FLAG_RD_SRC2_AECS;

    if (gen && (s->version < IAA_VERSION_2 || gen == IAA_COMP_GEN_HDR)) {
        return fail(work, IAA_STATUS_COMP_FLAGS);
    }
    if (aecs == !!gen) {
        work->rec.invalid_flags = IAA_FLAG_RD_SRC2_AECS;
        return fail(work, IAA_STATUS_INVALID_FLAGS);
    }
    if (aecs && d->src2_size != sizeof(IAAAecs)) {
        return fail(work, IAA_STATUS_INVALID_SIZE);
    }
    if (aecs && d->src2_addr % IAA_AECS_ALIGN) {
        return fail(work, IAA_STATUS_ADDR_ALIGN);
    }
    if (aecs && d->src2_addr > UINT64_MAX - d->src2_size) {
        return fail_dma(work, d->src2_addr, false);
    }
    return check_buffers(s, work, true) &&
           (!aecs || check_overlap(work, d->src2_addr, d->src2_size));
}

static bool decompress_check(IAAState *s, IAAWork *work)
{
    if (!(work->desc.op_flags & IAA_DECOMP_ENABLE)) {
        return fail(work, IAA_STATUS_COMP_FLAGS);
    }
    return check_buffers(s, work,
                         !(work->desc.op_flags & IAA_DECOMP_SUPPRESS));
}

/* Data */

/* Over the uncompressed side: CRC-32 and the XOR of 16-bit words */
static void checksums(IAAWork *work, const uint8_t *data, size_t len,
                      uint32_t crc, uint16_t xor)
{
    work->rec.crc = desc_flags(work) & IAA_FLAG_CRC_RFC3720 ?
                    crc32c(~crc, data, len) : crc32(crc, data, len);
    for (size_t i = 0; i + 1 < len; i += 2) {
        xor ^= lduw_le_p(data + i);
    }
    work->rec.xor_checksum = len % 2 ? xor ^ data[len - 1] : xor;
}

static uint8_t *source_read(IAAState *s, IAAWork *work)
{
    const IAADesc *d = &work->desc;
    uint8_t *src = g_malloc(d->src1_size);

    if (iaa_dma(s, d->src1_addr, src, d->src1_size, DMA_DIRECTION_TO_DEVICE)) {
        fail_dma(work, d->src1_addr, false);
        g_free(src);
        return NULL;
    }
    return src;
}

static bool output_write(IAAState *s, IAAWork *work, uint8_t *dst, size_t len)
{
    iaa_fault_output(work, dst, len);
    if (len && iaa_dma(s, work->desc.dst_addr, dst, len,
                       DMA_DIRECTION_FROM_DEVICE)) {
        return fail_dma(work, work->desc.dst_addr, true);
    }
    return true;
}

static bool aecs_read(IAAState *s, IAAWork *work, IAAAecs *aecs,
                      IAACodes *codes)
{
    if (iaa_dma(s, work->desc.src2_addr, aecs, sizeof(*aecs),
                DMA_DIRECTION_TO_DEVICE)) {
        return fail_dma(work, work->desc.src2_addr, false);
    }
    le32_to_cpus(&aecs->crc);
    le32_to_cpus(&aecs->xor_checksum);
    le32_to_cpus(&aecs->accum_bits);
    for (int i = 0; i < IAA_LL_SYMS; i++) {
        codes->ll[i] = le32_to_cpu(aecs->ll_sym[i]);
    }
    for (int i = 0; i < IAA_D_SYMS; i++) {
        codes->d[i] = le32_to_cpu(aecs->d_sym[i]);
    }
    if (aecs->accum_bits > sizeof(aecs->accum) * 8) {
        work->rec.error_code = IAA_CODEC_AECS;
        return fail(work, IAA_STATUS_ANALYTICS);
    }
    return true;
}

static void compress_run(IAAState *s, IAAWork *work)
{
    const IAADesc *d = &work->desc;
    g_autofree uint8_t *src = NULL, *dst = NULL;
    IAAAecs aecs = { 0 };
    IAACodes codes;
    IAADeflate z = {
        .src_len = d->src1_size,
        .dst_len = d->max_dst_size,
        .append_eob = d->op_flags & IAA_COMP_APPEND_EOB,
        .flush = d->op_flags & IAA_COMP_FLUSH,
    };
    IAACodecError err;

    if (!compress_is_dynamic(work)) {
        if (!aecs_read(s, work, &aecs, &codes)) {
            return;
        }
        z.codes = &codes;
        z.prefix = aecs.accum;
        z.prefix_bits = aecs.accum_bits;
    }
    z.src = src = source_read(s, work);
    if (!src) {
        return;
    }
    z.dst = dst = g_malloc(d->max_dst_size);
    err = iaa_deflate(&z);
    if (!output_write(s, work, dst, z.out_len)) {
        return;
    }

    checksums(work, src, d->src1_size, aecs.crc, aecs.xor_checksum);
    work->rec.output_size = z.out_len;
    if (err) {
        work->rec.error_code = err;
        fail(work, IAA_STATUS_ANALYTICS);
        return;
    }
    work->rec.bytes_completed = d->src1_size;
    work->rec.output_bits = z.out_bits;
    work->rec.status = IAA_STATUS_SUCCESS;
}

static void decompress_run(IAAState *s, IAAWork *work)
{
    const IAADesc *d = &work->desc;
    g_autofree uint8_t *src = NULL, *dst = NULL;
    IAAInflate z = {
        .src_len = d->src1_size,
        .dst_len = d->max_dst_size,
        .stop_on_eob = d->op_flags & IAA_DECOMP_STOP_ON_EOB,
        .bfinal_only = d->op_flags & IAA_DECOMP_BFINAL_EOB,
        .check_eob = d->op_flags & IAA_DECOMP_CHECK_EOB,
    };
    IAACodecError err;

    z.src = src = source_read(s, work);
    if (!src) {
        return;
    }
    z.dst = dst = g_malloc(d->max_dst_size);
    err = iaa_inflate(&z);
    checksums(work, dst, z.out_len, 0, 0);
    if (!(d->op_flags & IAA_DECOMP_SUPPRESS) &&
        !output_write(s, work, dst, z.out_len)) {
        return;
    }

    work->rec.bytes_completed = z.in_len;
    work->rec.output_size = z.out_len;
    if (err == IAA_CODEC_OUT_OVERFLOW) {
        fail(work, IAA_STATUS_OUT_OVERFLOW);
    } else if (err) {
        work->rec.error_code = err;
        fail(work, IAA_STATUS_ANALYTICS);
    } else {
        work->rec.status = IAA_STATUS_SUCCESS;
    }
}

static void control_run(IAAState *s, IAAWork *work)
{
    work->rec.status = IAA_STATUS_SUCCESS;
}

/* Operations */

static const IAAOp iaa_ops[] = {
    { IAA_OP_NOOP, IAA_TIMING_CONTROL, COMMON_FLAGS, 0, NULL, control_run },
    { IAA_OP_DRAIN, IAA_TIMING_CONTROL, COMMON_FLAGS, 0, NULL, control_run },
    { IAA_OP_DECOMPRESS, IAA_TIMING_DECOMPRESS, DATA_FLAGS,
      IAA_DECOMP_ENABLE | IAA_DECOMP_FLUSH | IAA_DECOMP_CHECK_EOB |
      IAA_DECOMP_STOP_ON_EOB | IAA_DECOMP_BFINAL_EOB | IAA_DECOMP_SUPPRESS,
      decompress_check, decompress_run },
    { IAA_OP_COMPRESS, IAA_TIMING_COMPRESS, DATA_FLAGS | IAA_FLAG_RD_SRC2_AECS,
      IAA_COMP_FLUSH | IAA_COMP_APPEND_EOB | IAA_COMP_GEN_HDR,
      compress_check, compress_run },
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

IAATimingClass iaa_op_timing(const IAAWork *work)
{
    const IAAOp *op = op_find(desc_op(work));
    IAATimingClass timing = op ? op->timing : IAA_TIMING_CONTROL;

    return timing == IAA_TIMING_COMPRESS && compress_is_dynamic(work) ?
           IAA_TIMING_DYNAMIC : timing;
}

unsigned iaa_op_counter(const IAAWork *work, unsigned control)
{
    IAATimingClass timing = iaa_op_timing(work);

    return control + (timing == IAA_TIMING_DYNAMIC ? IAA_TIMING_COMPRESS :
                                                     timing);
}

uint64_t iaa_op_bytes(const IAAWork *work)
{
    switch (iaa_op_timing(work)) {
    case IAA_TIMING_COMPRESS:
    case IAA_TIMING_DYNAMIC:
        return work->desc.src1_size;
    case IAA_TIMING_DECOMPRESS:
        return work->desc.max_dst_size;
    default:
        return 0;
    }
}

static bool op_allowed(IAAState *s, const IAAWork *work)
{
    unsigned op = desc_op(work);
    const uint32_t *cfg = s->wq[work->wq].cfg;

    return op_find(op) &&
           (!s->op_config || (cfg[8 + op / 32] & BIT(op % 32)));
}

bool iaa_op_check(IAAState *s, IAAWork *work)
{
    const IAAOp *op = op_find(desc_op(work));
    uint32_t flags = desc_flags(work), bad;

    if (!op_allowed(s, work)) {
        return fail(work, IAA_STATUS_BAD_OPCODE);
    }
    bad = flags & ~op->flags;
    if ((flags & IAA_FLAG_RCR) && !(flags & IAA_FLAG_CRAV)) {
        bad |= IAA_FLAG_RCR;
    }
    if (!FIELD_EX32(s->wq[work->wq].cfg[2], WQCFG2, BLOCK_ON_FAULT)) {
        bad |= flags & IAA_FLAG_BLOCK_ON_FAULT;
    }
    if (bad) {
        work->rec.invalid_flags = bad;
        return fail(work, IAA_STATUS_INVALID_FLAGS);
    }
    if ((flags & IAA_FLAG_CRAV) &&
        work->desc.completion_addr % IAA_RECORD_SIZE) {
        return fail(work, IAA_STATUS_CRA_ALIGN);
    }
    if (work->desc.pasid & 0x7ff00000) {
        return fail(work, IAA_STATUS_NOZERO_RESERVE);
    }
    if ((flags & IAA_FLAG_RCI) &&
        !iaa_irq_handle_valid(s, work->desc.int_handle)) {
        return fail(work, IAA_STATUS_INT_HANDLE);
    }
    if (work->desc.op_flags & ~op->op_flags) {
        return fail(work, IAA_STATUS_COMP_FLAGS);
    }
    return !op->check || op->check(s, work);
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

static bool record_report(IAAState *s, IAAWork *work)
{
    uint32_t flags = desc_flags(work);
    bool success = work->rec.status == IAA_STATUS_SUCCESS;

    if (!(flags & IAA_FLAG_CRAV) ||
        work->desc.completion_addr % IAA_RECORD_SIZE) {
        if (!success) {
            iaa_swerr(s, work->rec.status, work->wq, work,
                      work->rec.fault_addr);
        }
        return success;
    }
    if (success && !(flags & IAA_FLAG_RCR)) {
        return true;
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
    unsigned op = desc_op(work);
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
    if (record_report(s, work) && (desc_flags(work) & IAA_FLAG_RCI) &&
        iaa_irq_handle_valid(s, work->desc.int_handle)) {
        iaa_irq_complete(s, work->desc.int_handle);
    }
}
