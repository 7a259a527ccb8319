/*
 * Intel IAA: the compress operation (3.4, 3.10.2)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "iaa-op.h"

#define ONE_PASS_MAX    4096

typedef struct CompressJob {
    IAADeflate z;
    IAAAecs aecs;               /* little-endian, as in memory */
    IAACodes codes;
    IAACounts counts;
    IAAChecksums sums;
} CompressJob;

static void tables_load(CompressJob *job)
{
    for (int i = 0; i < IAA_LL_SYMS; i++) {
        job->codes.ll[i] = le32_to_cpu(job->aecs.ll_sym[i]);
    }
    for (int i = 0; i < IAA_D_SYMS; i++) {
        job->codes.d[i] = le32_to_cpu(job->aecs.d_sym[i]);
    }
}

/* The compression AECS: checks of T4-6 */
static bool aecs_load(IAAState *s, IAAWork *work, CompressJob *job)
{
    uint32_t bits;

    if (!iaa_read_src2(work)) {
        return true;
    }
    if (!iaa_aecs_read(s, work, &job->aecs, sizeof(job->aecs))) {
        return false;
    }
    bits = le32_to_cpu(job->aecs.accum_bits);
    if (bits > IAA_ACCUM_BITS || (iaa_gen_header(work) &&
                                  bits == IAA_ACCUM_BITS)) {
        return iaa_fail_codec(work, IAA_CODEC_AECS);
    }
    job->z.accum_bits = bits;
    job->sums.crc = le32_to_cpu(job->aecs.crc);
    job->sums.xor = le32_to_cpu(job->aecs.xor_checksum);
    tables_load(job);
    return true;
}

static bool aecs_store(IAAState *s, IAAWork *work, CompressJob *job)
{
    IAAAecs *aecs = &job->aecs;
    size_t size = FIELD_EX32(work->desc.filter_flags, COMP2, WRITE_TABLES) ?
                  sizeof(*aecs) : IAA_AECS_SHORT;

    if (!iaa_write_src2(work)) {
        return true;
    }
    aecs->crc = cpu_to_le32(job->sums.crc);
    aecs->xor_checksum = cpu_to_le32(job->sums.xor);
    aecs->accum_bits = cpu_to_le32(job->z.accum_bits);
    for (int i = 0; i < IAA_LL_SYMS; i++) {
        aecs->ll_sym[i] = cpu_to_le32(job->codes.ll[i]);
    }
    for (int i = 0; i < IAA_D_SYMS; i++) {
        aecs->d_sym[i] = cpu_to_le32(job->codes.d[i]);
    }
    return iaa_aecs_write(s, work, aecs, MIN(work->desc.src2_size, size));
}

static void job_init(CompressJob *job, const IAAWork *work)
{
    const IAADesc *d = &work->desc;

    memset(job, 0, sizeof(*job));
    job->z = (IAADeflate) {
        .src_len = d->src1_size,
        .dst_len = d->max_dst_size,
        .gen = iaa_gen_header(work) & 3,
        .complete = FIELD_EX32(d->filter_flags, COMP2, COMPLETE),
        .literals = FIELD_EX16(d->op_flags, COMP, LITERALS),
        .big_endian = FIELD_EX16(d->op_flags, COMP, BIG_ENDIAN),
        .flush = FIELD_EX16(d->op_flags, COMP, FLUSH),
        .end = FIELD_EX16(d->op_flags, COMP, END),
        .abort_level = FIELD_EX32(d->filter_flags, COMP2, ABORT_LEVEL),
        .abort_size = 512 << FIELD_EX32(d->filter_flags, COMP2, ABORT_SIZE),
        .codes = &job->codes,
        .accum = job->aecs.accum,
    };
    job->sums.rfc3720 = iaa_desc_flags(work) & IAA_FLAG_CRC_RFC3720;
}

static uint32_t *stats_table(CompressJob *job, size_t *size)
{
    IAAStats *stats = g_new0(IAAStats, 1);

    for (int i = 0; i < IAA_LL_SYMS; i++) {
        stats->ll[i] = cpu_to_le32(job->counts.ll[i]);
    }
    for (int i = 0; i < IAA_D_SYMS; i++) {
        stats->d[i] = cpu_to_le32(job->counts.d[i]);
    }
    *size = sizeof(*stats);
    return (uint32_t *)stats;
}

/* Statistics input: counts stand where the AECS has its tables (3.4.5.3). */
static void counts_load(CompressJob *job)
{
    for (int i = 0; i < IAA_LL_SYMS; i++) {
        job->counts.ll[i] = job->codes.ll[i] & IAA_COUNT_MAX;
    }
    for (int i = 0; i < IAA_D_SYMS; i++) {
        job->counts.d[i] = job->codes.d[i] & IAA_COUNT_MAX;
    }
}

/* What the descriptor asks for; output is in @dst, which has room for it. */
static IAACodecError job_run(const IAAWork *work, CompressJob *job,
                             uint8_t **dst)
{
    IAADeflate *z = &job->z;
    IAACodecError err = IAA_CODEC_OK;

    if (work->desc.op_flags & R_COMP_STATS_MASK) {
        err = iaa_deflate_count(z, &job->counts);
        *dst = (uint8_t *)stats_table(job, &z->out_len);
        return err ?: z->out_len > z->dst_len ? IAA_CODEC_COMP_OVERFLOW :
                                                IAA_CODEC_OK;
    }
    if (iaa_gen_two_pass(work)) {
        if (work->desc.op_flags & R_COMP_STATS_INPUT_MASK) {
            counts_load(job);
        } else {
            err = iaa_deflate_count(z, &job->counts);
        }
        return err ?: iaa_deflate_tables(z, &job->counts);
    }
    if (iaa_gen_header(work) && z->src_len > ONE_PASS_MAX) {
        return IAA_CODEC_SIZE;
    }
    z->dst = *dst = g_malloc(z->dst_len + 1);
    return iaa_deflate(z);
}

void iaa_compress_run(IAAState *s, IAAWork *work)
{
    g_autofree CompressJob *job = g_new(CompressJob, 1);
    g_autofree uint8_t *src = NULL, *dst = NULL;
    IAACodecError err;

    job_init(job, work);
    if (work->desc.op_flags & R_COMP_STATS_INPUT_MASK) {
        job->z.src_len = 0;
    }
    if (!aecs_load(s, work, job)) {
        return;
    }
    job->z.src = src = iaa_source1_read(s, work, job->z.src_len);
    if (!src) {
        return;
    }
    err = job_run(work, job, &dst);
    if (err == IAA_CODEC_COMP_OVERFLOW) {
        /* Of output that doesn't fit, the buffer is full (3.4.2). */
        job->z.out_len = MIN(job->z.out_len, job->z.dst_len);
    }
    if (!iaa_output_write(s, work, dst, job->z.out_len)) {
        return;
    }
    if (err) {
        iaa_fail_codec(work, err);
        return;
    }
    iaa_checksums_add(&job->sums, src, job->z.src_len);
    if (!aecs_store(s, work, job)) {
        return;
    }
    work->rec.crc = job->sums.crc;
    work->rec.xor_checksum = job->sums.xor;
    work->rec.output_size = job->z.out_len;
    work->rec.output_bits = job->z.out_bits;
    work->rec.status = IAA_STATUS_SUCCESS;
}

void iaa_compress_early(IAAState *s, IAAWork *work)
{
    g_autofree CompressJob *job = NULL;
    g_autofree uint8_t *src = NULL;
    IAAWork peek = *work;

    if (!FIELD_EX32(work->desc.filter_flags, COMP2, ABORT_LEVEL)) {
        return;
    }
    job = g_new(CompressJob, 1);
    job_init(job, work);
    job->z.src = src = iaa_source1_read(s, &peek, job->z.src_len);
    work->abort_bytes = src ? iaa_deflate_aborts(&job->z) : 0;
}
