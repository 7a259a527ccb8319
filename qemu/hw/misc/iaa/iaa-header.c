/*
 * Intel IAA: Huffman codes from statistics, and headers for them (3.4.5)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "iaa-bitwriter.h"
#include "iaa-codec.h"

/* Complete tables reach at least so far (3.4.5) */
#define COMPLETE_LL 273
#define COMPLETE_D  24

static unsigned symbols_used(const uint32_t *freq, unsigned n)
{
    while (n && !freq[n - 1]) {
        n--;
    }
    return n;
}

static void make_complete(uint32_t *freq, unsigned n, unsigned least)
{
    n = MAX(symbols_used(freq, n), least);
    for (unsigned i = 0; i < n; i++) {
        freq[i] += !freq[i];
    }
}

/* Run-length codes for code lengths: symbol | extra value << 8. */
static size_t lengths_pack(const uint8_t *len, size_t n, uint16_t *out)
{
    size_t i = 0, m = 0;

    while (i < n) {
        size_t run = 1;

        while (i + run < n && len[i + run] == len[i]) {
            run++;
        }
        if (!len[i] && run >= 3) {
            run = MIN(run, 138);
            out[m++] = run >= 11 ? 18 | (run - 11) << 8 : 17 | (run - 3) << 8;
        } else if (run >= 4) {
            run = MIN(run, 7);
            out[m++] = len[i];
            out[m++] = 16 | (run - 4) << 8;
        } else {
            run = 1;
            out[m++] = len[i];
        }
        i += run;
    }
    return m;
}

static void put_lengths(BitWriter *w, const uint16_t *packed, size_t n,
                        const uint32_t *cl_entry)
{
    static const uint8_t extra[IAA_CL_SYMS] = { [16] = 2, [17] = 3, [18] = 7 };

    for (size_t i = 0; i < n; i++) {
        unsigned sym = packed[i] & 0xff;

        put_code(w, cl_entry[sym]);
        put_bits(w, packed[i] >> 8, extra[sym]);
    }
}

/*
 * Literal/length and distance code lengths are packed apart: the decoder reads
 * them apart, and a run from one into the other is an error to it (0x06).
 */
static void put_header(BitWriter *w, bool final, const uint8_t *ll_len,
                       unsigned hlit, const uint8_t *d_len, unsigned hdist)
{
    uint16_t packed[IAA_LL_SYMS + IAA_D_SYMS];
    uint32_t cl_freq[IAA_CL_SYMS] = { 0 }, cl_entry[IAA_CL_SYMS];
    unsigned hclen = IAA_CL_SYMS;
    uint8_t cl_len[IAA_CL_SYMS];
    size_t n;

    n = lengths_pack(ll_len, hlit, packed);
    n += lengths_pack(d_len, hdist, packed + n);
    for (size_t i = 0; i < n; i++) {
        cl_freq[packed[i] & 0xff]++;
    }
    iaa_huffman_lengths(cl_freq, IAA_CL_SYMS, 7, cl_len);
    iaa_huffman_codes(cl_len, IAA_CL_SYMS, cl_entry);
    while (hclen > 4 && !cl_len[iaa_cl_order[hclen - 1]]) {
        hclen--;
    }

    put_bits(w, final | 2 << 1, 3);
    put_bits(w, hlit - 257, 5);
    put_bits(w, hdist - 1, 5);
    put_bits(w, hclen - 4, 4);
    for (unsigned i = 0; i < hclen; i++) {
        put_bits(w, cl_len[iaa_cl_order[i]], 3);
    }
    put_lengths(w, packed, n, cl_entry);
}

IAACodecError iaa_deflate_tables(IAADeflate *z, const IAACounts *counts)
{
    uint8_t ll_len[IAA_LL_SYMS], d_len[IAA_D_SYMS];
    uint8_t header[IAA_ACCUM_BITS / 8];
    BitWriter w = { .dst = header, .size = sizeof(header) };
    IAACounts c = *counts;
    unsigned hlit;

    if (z->complete) {
        make_complete(c.ll, IAA_LL_SYMS, COMPLETE_LL);
        make_complete(c.d, IAA_D_SYMS, COMPLETE_D);
    }
    iaa_huffman_lengths(c.ll, IAA_LL_SYMS, IAA_MAX_CODE, ll_len);
    iaa_huffman_lengths(c.d, IAA_D_SYMS, IAA_MAX_CODE, d_len);
    iaa_huffman_codes(ll_len, IAA_LL_SYMS, z->codes->ll);
    iaa_huffman_codes(d_len, IAA_D_SYMS, z->codes->d);
    if (z->gen == IAA_GEN_CODES) {
        return IAA_CODEC_OK;
    }

    hlit = symbols_used(c.ll, IAA_LL_SYMS);
    if (hlit < 257) {
        return IAA_CODEC_NO_HEADER;
    }
    put_buffer(&w, z->accum, z->accum_bits);
    put_header(&w, z->gen == IAA_GEN_FINAL, ll_len, hlit, d_len,
               MAX(symbols_used(c.d, IAA_D_SYMS), 1));
    put_end(&w);
    if (w.overflow) {
        return IAA_CODEC_HEADER_FIT;
    }
    z->accum_bits = put_total(&w);
    memcpy(z->accum, header, DIV_ROUND_UP(z->accum_bits, 8));
    return IAA_CODEC_OK;
}
