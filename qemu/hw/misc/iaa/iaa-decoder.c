/*
 * Intel IAA: Huffman decoding, and the headers of dynamic blocks
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/host-utils.h"
#include "iaa-decoder.h"

uint64_t iaa_reader_peek(const Reader *r)
{
    size_t at = MIN(r->used, r->total);

    return r->used > r->total ? 0 : ldq_le_p(r->buf + at / 8) >> at % 8;
}

uint32_t iaa_reader_bits(Reader *r, unsigned n)
{
    uint32_t v = iaa_reader_peek(r) & ((1ull << n) - 1);

    r->used += n;
    return v;
}

static void decoder_fill(Decoder *d, const uint8_t *len, unsigned n)
{
    uint16_t offset[IAA_MAX_CODE + 2] = { 0 }, next[IAA_MAX_CODE + 1];
    unsigned code = 0;

    for (int l = 1; l <= IAA_MAX_CODE; l++) {
        next[l] = code;
        code = (code + d->count[l]) << 1;
        offset[l + 1] = offset[l] + d->count[l];
    }
    for (unsigned i = 0; i < n; i++) {
        unsigned l = len[i], c, step;

        if (!l) {
            continue;
        }
        d->sym[offset[l]++] = i;
        c = next[l]++;
        if (l <= IAA_FAST_BITS) {
            step = 1 << l;
            for (c = revbit16(c) >> (16 - l); c < 1 << IAA_FAST_BITS;
                 c += step) {
                d->fast[c] = i << 4 | l;
            }
        }
    }
}

bool iaa_decoder_init(Decoder *d, const uint8_t *len, unsigned n)
{
    int left = 1;

    memset(d, 0, sizeof(*d));
    for (unsigned i = 0; i < n; i++) {
        d->count[len[i]]++;
    }
    d->count[0] = 0;
    for (int l = 1; l <= IAA_MAX_CODE; l++) {
        left = (left << 1) - d->count[l];
        if (left < 0) {
            return false;
        }
    }
    decoder_fill(d, len, n);
    return true;
}

int iaa_decode(Reader *r, const Decoder *d)
{
    uint64_t bits = iaa_reader_peek(r);
    uint16_t fast = d->fast[bits & ((1 << IAA_FAST_BITS) - 1)];
    unsigned code = 0, first = 0, index = 0;

    if (fast) {
        r->used += fast & 15;
        return fast >> 4;
    }
    for (unsigned l = 1; l <= IAA_MAX_CODE; l++) {
        code = code << 1 | (bits & 1);
        bits >>= 1;
        if (code - first < d->count[l]) {
            r->used += l;
            return d->sym[index + code - first];
        }
        index += d->count[l];
        first = (first + d->count[l]) << 1;
    }
    /* No code is longer: with fewer bits left, more input may make it one. */
    r->used += IAA_MAX_CODE;
    return -1;
}

typedef struct LengthErrors {
    IAACodecError first_16, count;
} LengthErrors;

static IAACodecError read_lengths(Reader *r, const Decoder *cl, uint8_t *len,
                                  unsigned n, LengthErrors errors)
{
    static const struct { uint8_t base, bits; } repeat[3] = {
        { 3, 2 }, { 3, 3 }, { 11, 7 },
    };

    for (unsigned i = 0; i < n && !iaa_reader_past(r); ) {
        int sym = iaa_decode(r, cl);
        unsigned times = 1, value = sym;

        if (sym < 0) {
            return IAA_CODEC_CL_UNDEF;
        }
        if (sym >= 16) {
            if (sym == 16 && !i) {
                return errors.first_16;
            }
            value = sym == 16 ? len[i - 1] : 0;
            times = repeat[sym - 16].base +
                    iaa_reader_bits(r, repeat[sym - 16].bits);
        }
        if (times > n - i) {
            return errors.count;
        }
        memset(len + i, value, times);
        i += times;
    }
    return IAA_CODEC_OK;
}

static bool lengths_empty(const uint8_t *len, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        if (len[i]) {
            return false;
        }
    }
    return true;
}

static IAACodecError check_lengths(const uint8_t *ll_len, const uint8_t *d_len)
{
    Decoder d;

    if (lengths_empty(ll_len, IAA_LL_SYMS)) {
        return IAA_CODEC_NO_LL;
    }
    if (!iaa_decoder_init(&d, ll_len, IAA_LL_SYMS)) {
        return IAA_CODEC_BAD_LL_LENS;
    }
    return iaa_decoder_init(&d, d_len, IAA_D_SYMS) ? IAA_CODEC_OK :
                                                     IAA_CODEC_BAD_D_LENS;
}

IAACodecError iaa_read_header(Reader *r, uint8_t ll_len[IAA_LL_SYMS + 2],
                              uint8_t d_len[IAA_D_SYMS + 2])
{
    unsigned hlit = iaa_reader_bits(r, 5) + 257;
    unsigned hdist = iaa_reader_bits(r, 5) + 1;
    unsigned hclen = iaa_reader_bits(r, 4) + 4;
    uint8_t cl_len[IAA_CL_SYMS] = { 0 };
    IAACodecError err;
    Decoder cl;

    if (hlit > IAA_LL_SYMS) {
        return IAA_CODEC_MANY_LL;
    }
    if (hdist > IAA_D_SYMS) {
        return IAA_CODEC_MANY_D;
    }
    for (unsigned i = 0; i < hclen; i++) {
        cl_len[iaa_cl_order[i]] = iaa_reader_bits(r, 3);
    }
    if (!iaa_decoder_init(&cl, cl_len, IAA_CL_SYMS)) {
        return IAA_CODEC_BAD_CL_LENS;
    }
    memset(ll_len, 0, IAA_LL_SYMS + 2);
    memset(d_len, 0, IAA_D_SYMS + 2);
    err = read_lengths(r, &cl, ll_len, hlit, (LengthErrors) {
                           IAA_CODEC_LL_FIRST_16, IAA_CODEC_LL_COUNT });
    if (err || iaa_reader_past(r)) {
        return err;
    }
    err = read_lengths(r, &cl, d_len, hdist, (LengthErrors) {
                           IAA_CODEC_D_FIRST_16, IAA_CODEC_D_COUNT });
    if (err || iaa_reader_past(r)) {
        return err;
    }
    return check_lengths(ll_len, d_len);
}
