/*
 * Intel IAA: writing bits, the first one lowest
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef HW_MISC_IAA_BITWRITER_H
#define HW_MISC_IAA_BITWRITER_H

#include "qemu/host-utils.h"
#include "iaa-codec.h"

typedef struct BitWriter {
    uint8_t *dst;
    size_t size;
    size_t pos;         /* whole bytes written */
    uint64_t acc;
    unsigned n;         /* bits in acc, below 8 between calls */
    bool overflow;
} BitWriter;

/* At most 32 bits */
static inline void put_bits(BitWriter *w, uint32_t bits, unsigned n)
{
    w->acc |= (uint64_t)bits << w->n;
    w->n += n;
    while (w->n >= 8) {
        if (w->pos < w->size) {
            w->dst[w->pos++] = w->acc;
        } else {
            w->overflow = true;
        }
        w->acc >>= 8;
        w->n -= 8;
    }
}

/* The partial byte goes out, too; it stays the last one. */
static inline void put_end(BitWriter *w)
{
    if (!w->n) {
        return;
    }
    if (w->pos < w->size) {
        w->dst[w->pos] = w->acc;
    } else {
        w->overflow = true;
    }
}

static inline void put_align(BitWriter *w)
{
    if (w->n) {
        put_bits(w, 0, 8 - w->n);
    }
}

static inline size_t put_total(const BitWriter *w)
{
    return w->pos * 8 + w->n;
}

/* An AECS entry.  Deflate sends codes with their highest bit first. */
static inline void put_code(BitWriter *w, uint32_t entry)
{
    unsigned len = IAA_CODE_LEN(entry);

    if (len) {
        put_bits(w, revbit16(IAA_CODE_BITS(entry)) >> (16 - len), len);
    }
}

static inline void put_buffer(BitWriter *w, const uint8_t *buf, size_t bits)
{
    for (size_t i = 0; i < bits; i += 8) {
        unsigned n = MIN(bits - i, 8);

        put_bits(w, buf[i / 8] & ((1 << n) - 1), n);
    }
}

#endif
