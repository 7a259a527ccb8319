/*
 * Intel IAA: descriptor checks (4.1, 4.2, 6.1, 6.3)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/range.h"
#include "qemu/units.h"
#include "iaa-op.h"

#define AECS_ALIGN  32
#define AECS_MAX    (64 * KiB)

/* Fields that an operation has no use for (4.2) */
static bool fields_zero(IAAWork *work, uint64_t fields)
{
    return !fields || iaa_fail(work, IAA_STATUS_NOZERO_RESERVE);
}

/* Operation flags (6.1.3) */

static uint32_t flags_completion(const IAAWork *work, uint32_t required)
{
    uint32_t flags = iaa_desc_flags(work), bad = required & ~flags;

    if (!(flags & IAA_FLAG_CRAV)) {
        bad |= flags & (IAA_FLAG_RCR | IAA_FLAG_TC_RECORD);
    }
    return bad;
}

static bool check_flags(IAAState *s, IAAWork *work, uint32_t allowed,
                        uint32_t bad)
{
    uint32_t flags = iaa_desc_flags(work);

    bad |= flags & ~allowed;
    if (!FIELD_EX32(s->wq[work->wq].cfg[2], WQCFG2, BLOCK_ON_FAULT)) {
        bad |= flags & IAA_FLAG_BLOCK_ON_FAULT;
    }
    if (bad) {
        return iaa_fail_flags(work, IAA_STATUS_INVALID_FLAGS, bad);
    }
    if ((flags & IAA_FLAG_CRAV) &&
        work->desc.completion_addr % IAA_RECORD_SIZE) {
        return iaa_fail(work, IAA_STATUS_CRA_ALIGN);
    }
    if ((flags & IAA_FLAG_RCI) &&
        !iaa_irq_handle_valid(s, work->desc.int_handle)) {
        return iaa_fail(work, IAA_STATUS_INT_HANDLE);
    }
    return fields_zero(work, flags & IAA_FLAG_RCI ? 0 : work->desc.int_handle);
}

#define CONTROL_FLAGS (IAA_FLAG_CRAV | IAA_FLAG_RCR | IAA_FLAG_RCI | \
                       IAA_FLAG_TC_RECORD)
#define DATA_FLAGS    (CONTROL_FLAGS | IAA_FLAG_BLOCK_ON_FAULT | \
                       IAA_FLAG_CACHE_CONTROL | IAA_FLAG_TC_SRC1 | \
                       IAA_FLAG_TC_DST | IAA_FLAG_TC_SRC2 | \
                       IAA_FLAG_STRICT_ORDER | IAA_FLAG_READBACK | \
                       R_FLAGS_READ_SRC2_MASK | R_FLAGS_WRITE_SRC2_MASK | \
                       IAA_FLAG_CRC_RFC3720 | R_FLAGS_AECS_TOGGLE_MASK)

static bool check_control(IAAState *s, IAAWork *work, uint32_t allowed,
                          uint32_t bad)
{
    const IAADesc *d = &work->desc;

    return check_flags(s, work, allowed, bad) &&
           fields_zero(work, iaa_desc_flags(work) & IAA_FLAG_CRAV ? 0 :
                             d->completion_addr) &&
           fields_zero(work, d->src1_addr | d->dst_addr | d->src1_size |
                             d->op_flags | d->src2_addr | d->max_dst_size |
                             d->src2_size | d->filter_flags | d->num_inputs);
}

bool iaa_check_noop(IAAState *s, IAAWork *work)
{
    return check_control(s, work, CONTROL_FLAGS, flags_completion(work, 0));
}

/* Something has to say that it is done (DSA 8.3.3). */
bool iaa_check_drain(IAAState *s, IAAWork *work)
{
    uint32_t wanted = IAA_FLAG_RCR | IAA_FLAG_RCI;

    return check_control(s, work, CONTROL_FLAGS | IAA_FLAG_DRAIN_NO_READBACK,
                         flags_completion(work, 0) |
                         (iaa_desc_flags(work) & wanted ? 0 : wanted));
}

/* For (de)compression, of what concerns source 2 */
static uint32_t flags_src2(const IAAWork *work, bool must_read, bool may_read,
                           bool must_write, unsigned max_write)
{
    unsigned rd = iaa_read_src2(work), wr = iaa_write_src2(work);
    uint32_t flags = iaa_desc_flags(work), bad = 0;

    if (rd > may_read || rd < must_read) {
        bad |= R_FLAGS_READ_SRC2_MASK;
    }
    if (wr > max_write || wr < must_write) {
        bad |= R_FLAGS_WRITE_SRC2_MASK;
    }
    if (!rd && !wr) {
        bad |= flags & (R_FLAGS_AECS_TOGGLE_MASK | IAA_FLAG_TC_SRC2);
    }
    return bad;
}

static bool check_data_flags(IAAState *s, IAAWork *work, uint32_t bad)
{
    uint32_t allowed = DATA_FLAGS;

    if (!s->cache_control) {
        allowed &= ~IAA_FLAG_CACHE_CONTROL;
    }
    bad |= flags_completion(work, IAA_FLAG_CRAV | IAA_FLAG_RCR);
    return check_flags(s, work, allowed, bad);
}

/* Sizes and addresses */

static bool check_sizes(IAAState *s, IAAWork *work)
{
    const IAADesc *d = &work->desc;
    uint64_t max = 1ull << FIELD_EX32(s->wq[work->wq].cfg[3], WQCFG3,
                                      MAX_XFER_SHIFT);
    uint32_t any = d->src1_size | d->max_dst_size;

    /* Whether source 2 counts depends on the generation (6.1.7, T7-2). */
    if (iaa_gen2(s)) {
        any |= d->src2_size;
    }
    if (!any || d->src1_size > max || d->max_dst_size > max ||
        d->src2_size > max) {
        return iaa_fail(work, IAA_STATUS_INVALID_SIZE);
    }
    return true;
}

static bool check_aecs(IAAWork *work, uint32_t size)
{
    const IAADesc *d = &work->desc;

    if (!iaa_read_src2(work) && !iaa_write_src2(work)) {
        return fields_zero(work, d->src2_addr | d->src2_size);
    }
    if (d->src2_addr % AECS_ALIGN || d->src2_size % AECS_ALIGN) {
        return iaa_fail(work, IAA_STATUS_ADDR_ALIGN);
    }
    if (!d->src2_size || d->src2_size > AECS_MAX ||
        (size && d->src2_size != size)) {
        return iaa_fail(work, IAA_STATUS_INVALID_SIZE);
    }
    return true;
}

static bool overlap(uint64_t a, uint32_t a_len, uint64_t b, uint32_t b_len)
{
    return a_len && b_len && a <= UINT64_MAX - a_len &&
           b <= UINT64_MAX - b_len && ranges_overlap(a, a_len, b, b_len);
}

/* None of the buffers that are used may overlap (7.1). */
static bool check_overlap(IAAWork *work, uint32_t src1_size, uint32_t dst_size)
{
    const IAADesc *d = &work->desc;
    bool bad = overlap(d->src1_addr, src1_size, d->dst_addr, dst_size);

    for (int write = 0; write < 2; write++) {
        uint64_t aecs = iaa_aecs_half(d, write);

        if (write ? iaa_write_src2(work) : iaa_read_src2(work)) {
            bad |= overlap(aecs, d->src2_size, d->src1_addr, src1_size) ||
                   overlap(aecs, d->src2_size, d->dst_addr, dst_size);
        }
    }
    return !bad || iaa_fail(work, IAA_STATUS_OVERLAP);
}

/* Decompression (6.3.2) */

static uint32_t decomp_flags_bad(IAAState *s, const IAAWork *work)
{
    uint32_t flags = work->desc.op_flags;
    uint32_t bad = ~flags & R_DECOMP_ENABLE_MASK;

    bad |= flags & (BIT(15) | R_DECOMP_INDEXING_MASK);
    if (!iaa_gen2(s) || !(flags & R_DECOMP_BIG_ENDIAN_MASK)) {
        bad |= flags & R_DECOMP_IGNORE_BITS_EXT_MASK;
    }
    if (!iaa_gen2(s) || iaa_read_src2(work) != 1 || iaa_write_src2(work)) {
        bad |= flags & R_DECOMP_LOAD_PARTIAL_MASK;
    }
    return bad;
}

bool iaa_check_decompress(IAAState *s, IAAWork *work)
{
    const IAADesc *d = &work->desc;
    uint32_t bad = decomp_flags_bad(s, work);

    if (!check_data_flags(s, work, flags_src2(work, false, true, false, 2))) {
        return false;
    }
    if (bad) {
        return iaa_fail_flags(work, IAA_STATUS_COMP_FLAGS, bad);
    }
    if (!fields_zero(work, d->filter_flags | d->num_inputs)) {
        return false;
    }
    if ((d->op_flags & R_DECOMP_BIG_ENDIAN_MASK) && d->src1_size % 2) {
        return iaa_fail(work, IAA_STATUS_ODD_SIZE);
    }
    return check_aecs(work, 0) && check_sizes(s, work) &&
           check_overlap(work, d->src1_size,
                         d->op_flags & R_DECOMP_SUPPRESS_MASK ? 0 :
                         d->max_dst_size);
}

/* Compression (6.3.5) */

static uint32_t comp_flags_bad(IAAState *s, const IAAWork *work)
{
    uint32_t flags = work->desc.op_flags;
    unsigned gen = iaa_gen_header(work);
    uint32_t bad = flags & (BIT(9) | R_COMP_INDEXING_MASK |
                            R_COMP_DICTIONARY_MASK);

    if (gen && (!iaa_gen2(s) || gen == 4)) {
        bad |= flags & R_COMP_GEN_HDR_MASK;
    }
    if (gen) {
        bad |= flags & R_COMP_STATS_MASK;
    }
    if (flags & R_COMP_STATS_INPUT_MASK) {
        bad |= flags & (R_COMP_LITERALS_MASK | R_COMP_BIG_ENDIAN_MASK |
                        R_COMP_END_MASK);
        bad |= gen > 4 ? 0 : R_COMP_STATS_INPUT_MASK;
    }
    return bad;
}

static uint32_t comp2_flags_bad(IAAState *s, const IAAWork *work)
{
    uint32_t flags = work->desc.filter_flags;
    uint32_t bad = flags & ~(R_COMP2_COMPLETE_MASK |
                             R_COMP2_WRITE_TABLES_MASK |
                             R_COMP2_ABORT_LEVEL_MASK |
                             R_COMP2_ABORT_SIZE_MASK);

    if (!iaa_gen_header(work)) {
        bad |= flags & (R_COMP2_COMPLETE_MASK | R_COMP2_WRITE_TABLES_MASK);
    }
    if (iaa_gen_two_pass(work)) {
        bad |= ~flags & R_COMP2_WRITE_TABLES_MASK;
    }
    if (!iaa_gen2(s) || (work->desc.op_flags & R_COMP_STATS_INPUT_MASK)) {
        bad |= flags & R_COMP2_ABORT_LEVEL_MASK;
    }
    if (!(flags & R_COMP2_ABORT_LEVEL_MASK)) {
        bad |= flags & R_COMP2_ABORT_SIZE_MASK;
    }
    return bad;
}

/* Source 2 of compression: the table of 3.10.2, without its dictionaries */
static uint32_t comp_flags_src2(const IAAWork *work)
{
    bool stats = work->desc.op_flags & R_COMP_STATS_MASK;
    bool input = work->desc.op_flags & R_COMP_STATS_INPUT_MASK;
    bool two_pass = iaa_gen_two_pass(work);

    if (stats) {
        return flags_src2(work, false, false, false, 0);
    }
    return flags_src2(work, input || !iaa_gen_header(work), true, two_pass, 1);
}

bool iaa_check_compress(IAAState *s, IAAWork *work)
{
    const IAADesc *d = &work->desc;
    bool input = d->op_flags & R_COMP_STATS_INPUT_MASK;
    uint32_t bad = comp_flags_bad(s, work), bad2 = comp2_flags_bad(s, work);

    if (bad) {
        return iaa_fail_flags(work, IAA_STATUS_COMP_FLAGS, bad);
    }
    if (!check_data_flags(s, work, comp_flags_src2(work))) {
        return false;
    }
    if (bad2) {
        return iaa_fail_flags(work, IAA_STATUS_COMP2_FLAGS, bad2);
    }
    return fields_zero(work, d->num_inputs) &&
           check_aecs(work, iaa_read_src2(work) ? sizeof(IAAAecs) : 0) &&
           check_sizes(s, work) &&
           check_overlap(work, input ? 0 : d->src1_size,
                         iaa_gen_two_pass(work) ? 0 : d->max_dst_size);
}
