/*
 * Intel IAA: the decompress operation (3.3, 3.10.1)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "iaa-aecs.h"
#include "iaa-op.h"

#define PARTIAL_AT  448     /* where Load Partial starts (3.2) */

static bool state_read(IAAState *s, IAAWork *work, IAAInflateState *state,
                       IAAChecksums *sums)
{
    const IAADesc *d = &work->desc;
    size_t at = d->op_flags & R_DECOMP_LOAD_PARTIAL_MASK ? PARTIAL_AT : 0;
    g_autofree IAADecompAecs *aecs = g_new(IAADecompAecs, 1);
    size_t len = MIN(d->src2_size, sizeof(*aecs) - at);
    IAACodecError err;

    iaa_aecs_default(aecs, iaa_gen2(s));
    if (!iaa_aecs_read(s, work, (uint8_t *)aecs + at, len)) {
        return false;
    }
    err = iaa_aecs_load(aecs, iaa_gen2(s), at + len, state);
    sums->crc = le32_to_cpu(aecs->crc);
    sums->xor = le16_to_cpu(aecs->xor_checksum);
    return !err || iaa_fail_codec(work, err);
}

/* At most the nominal size is written (T3-3). */
static bool state_write(IAAState *s, IAAWork *work,
                        const IAAInflateState *state, const IAAChecksums *sums)
{
    g_autofree IAADecompAecs *aecs = g_new0(IAADecompAecs, 1);

    aecs->crc = cpu_to_le32(sums->crc);
    aecs->xor_checksum = cpu_to_le16(sums->xor);
    iaa_aecs_store(state, iaa_gen2(s), aecs);
    return iaa_aecs_write(s, work, aecs,
                          MIN(work->desc.src2_size, sizeof(*aecs)));
}

static IAAInflate job_init(const IAAWork *work)
{
    uint16_t flags = work->desc.op_flags;

    return (IAAInflate) {
        .src_len = work->desc.src1_size,
        .dst_len = work->desc.max_dst_size,
        .stop_on_eob = flags & R_DECOMP_STOP_ON_EOB_MASK,
        .bfinal_only = flags & R_DECOMP_BFINAL_EOB_MASK,
        .check_eob = flags & R_DECOMP_CHECK_EOB_MASK,
        .big_endian = flags & R_DECOMP_BIG_ENDIAN_MASK,
        .flush = flags & R_DECOMP_FLUSH_MASK,
        .ignore_bits = FIELD_EX16(flags, DECOMP, IGNORE_BITS) +
                       FIELD_EX16(flags, DECOMP, IGNORE_BITS_EXT) * 8,
    };
}

static void run(IAAState *s, IAAWork *work, IAAInflateState *state,
                IAAChecksums *sums)
{
    bool suppress = work->desc.op_flags & R_DECOMP_SUPPRESS_MASK;
    g_autofree uint8_t *src = NULL, *dst = NULL;
    IAAInflate z = job_init(work);
    IAACodecError err;
    bool overflow;

    z.sink = iaa_checksums_add;
    z.opaque = sums;
    z.src = src = iaa_source1_read(s, work, z.src_len);
    if (!src) {
        return;
    }
    if (z.ignore_bits > z.src_len * 8) {
        iaa_fail_codec(work, IAA_CODEC_AECS);
        return;
    }
    z.dst = dst = suppress ? NULL : g_malloc(z.dst_len + 8);
    err = iaa_inflate(&z, state);
    overflow = err == IAA_CODEC_OUT_OVERFLOW;
    if (!iaa_output_write(s, work, dst, z.out_len)) {
        return;
    }
    if (err && !overflow) {
        iaa_fail_codec(work, err);
        return;
    }
    if ((iaa_write_src2(work) == 1 || (iaa_write_src2(work) && overflow)) &&
        !state_write(s, work, state, sums)) {
        return;
    }
    work->rec.crc = sums->crc;
    work->rec.xor_checksum = sums->xor;
    work->rec.output_size = z.out_len;
    work->rec.bytes_completed = overflow ? z.in_len : 0;
    work->rec.status = overflow ? IAA_STATUS_OUT_OVERFLOW : IAA_STATUS_SUCCESS;
}

void iaa_decompress_run(IAAState *s, IAAWork *work)
{
    g_autofree IAAInflateState *state = g_new(IAAInflateState, 1);
    IAAChecksums sums = {
        .rfc3720 = iaa_desc_flags(work) & IAA_FLAG_CRC_RFC3720,
    };

    iaa_inflate_start(state);
    if (!iaa_read_src2(work) || state_read(s, work, state, &sums)) {
        run(s, work, state, &sums);
    }
}
