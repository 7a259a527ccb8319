/*
 * Intel IAA: reading bits and Huffman codes
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef HW_MISC_IAA_DECODER_H
#define HW_MISC_IAA_DECODER_H

#include "iaa-codec.h"

#define IAA_FAST_BITS   9
#define IAA_READER_PAD  8       /* zeros that stand behind the input */

/* Past the end zeros are read, and reader_past() is true. */
typedef struct Reader {
    const uint8_t *buf;
    size_t used, total;         /* bits */
} Reader;

typedef struct Decoder {
    /* Short codes by their next input bits: symbol << 4 | length. */
    uint16_t fast[1 << IAA_FAST_BITS];
    /* Canonical codes: of each length, how many, and their symbols in order. */
    uint16_t count[IAA_MAX_CODE + 1];
    uint16_t sym[IAA_LL_SYMS + 2];
} Decoder;

/**
 * iaa_reader_peek: the next bits, 57 or more of them
 */
uint64_t iaa_reader_peek(const Reader *r);

/**
 * iaa_reader_bits: take @n bits, at most 32
 */
uint32_t iaa_reader_bits(Reader *r, unsigned n);

static inline bool iaa_reader_past(const Reader *r)
{
    return r->used > r->total;
}

/**
 * iaa_decoder_init: false if the lengths over-subscribe the code
 *
 * An incomplete code is none: it fails when bits that are no code are read.
 */
bool iaa_decoder_init(Decoder *d, const uint8_t *len, unsigned n);

/**
 * iaa_decode: take a symbol; -1 for bits that are no code
 *
 * Input that ends is no error here, but reader_past() is true then.
 */
int iaa_decode(Reader *r, const Decoder *d);

/**
 * iaa_read_header: code lengths of a dynamic block, all behind its first 3 bits
 *
 * If reader_past() then the header is unfinished, whatever is returned.
 */
IAACodecError iaa_read_header(Reader *r, uint8_t ll_len[IAA_LL_SYMS + 2],
                              uint8_t d_len[IAA_D_SYMS + 2]);

#endif
