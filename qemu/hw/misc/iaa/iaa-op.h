/*
 * Intel IAA: what the operations share among themselves
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef HW_MISC_IAA_OP_H
#define HW_MISC_IAA_OP_H

#include "iaa.h"
#include "iaa-codec.h"

static inline uint32_t iaa_desc_flags(const IAAWork *work)
{
    return work->desc.flags_op & 0xffffff;
}

static inline unsigned iaa_desc_op(const IAAWork *work)
{
    return work->desc.flags_op >> 24;
}

static inline unsigned iaa_read_src2(const IAAWork *work)
{
    return FIELD_EX32(work->desc.flags_op, FLAGS, READ_SRC2);
}

static inline unsigned iaa_write_src2(const IAAWork *work)
{
    return FIELD_EX32(work->desc.flags_op, FLAGS, WRITE_SRC2);
}

/* Enable Header Generation: 1 to 3 in one pass, 5 to 7 in two (3.4.5) */
static inline unsigned iaa_gen_header(const IAAWork *work)
{
    return FIELD_EX16(work->desc.op_flags, COMP, GEN_HDR);
}

static inline bool iaa_gen_two_pass(const IAAWork *work)
{
    return iaa_gen_header(work) > IAA_GEN_FINAL;
}

static inline bool iaa_gen2(const IAAState *s)
{
    return s->version >= IAA_VERSION_2;
}

/* Always false */
static inline bool iaa_fail(IAAWork *work, IAAStatus status)
{
    work->rec.status = status;
    return false;
}

static inline bool iaa_fail_flags(IAAWork *work, IAAStatus status,
                                  uint32_t invalid)
{
    work->rec.invalid_flags = invalid;
    return iaa_fail(work, status);
}

static inline bool iaa_fail_codec(IAAWork *work, IAACodecError err)
{
    work->rec.error_code = err;
    return iaa_fail(work, IAA_STATUS_ANALYTICS);
}

/* iaa-check.c: descriptor checks (4.1, 6.1), one operation each */
bool iaa_check_noop(IAAState *s, IAAWork *work);
bool iaa_check_drain(IAAState *s, IAAWork *work);
bool iaa_check_decompress(IAAState *s, IAAWork *work);
bool iaa_check_compress(IAAState *s, IAAWork *work);

/* iaa-data.c */

/* CRC-32 and the XOR of 16-bit words, over the uncompressed side (3.6) */
typedef struct IAAChecksums {
    bool rfc3720;
    bool odd;               /* bytes so far */
    uint32_t crc;
    uint16_t xor;
} IAAChecksums;

/**
 * iaa_checksums_add: @opaque is an IAAChecksums
 */
void iaa_checksums_add(void *opaque, const uint8_t *data, size_t len);

/**
 * iaa_source1_read: @len bytes of source 1, NULL if that fails; g_free()
 */
uint8_t *iaa_source1_read(IAAState *s, IAAWork *work, size_t len);

/**
 * iaa_output_write: to the destination; false if that fails
 */
bool iaa_output_write(IAAState *s, IAAWork *work, uint8_t *dst, size_t len);

/**
 * iaa_aecs_read, iaa_aecs_write: source 2; false if that fails
 *
 * The half that is read and the one that is written change places by the AECS
 * R/W Toggle Selector (6.1.3).
 */
bool iaa_aecs_read(IAAState *s, IAAWork *work, void *aecs, size_t len);
bool iaa_aecs_write(IAAState *s, IAAWork *work, void *aecs, size_t len);

/**
 * iaa_aecs_half: address of one half
 */
uint64_t iaa_aecs_half(const IAADesc *desc, bool write);

/* iaa-compress.c, iaa-decompress.c: work on a descriptor that was checked */
void iaa_compress_run(IAAState *s, IAAWork *work);
void iaa_decompress_run(IAAState *s, IAAWork *work);

/**
 * iaa_compress_early: see how far early abort lets a descriptor come (3.4.6)
 */
void iaa_compress_early(IAAState *s, IAAWork *work);

#endif
