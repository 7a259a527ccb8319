/*
 * Intel IAA: compression (3.4)
 *
 * Two passes: a match finder turns the source into tokens, and the tokens are
 * written with the codes of the AECS, or with codes made from their own
 * frequencies.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "iaa-bitwriter.h"
#include "iaa-codec.h"

#define WORD    8       /* bytes that output is written by */

static bool is_match(uint32_t token)
{
    return token & IAA_IS_MATCH;
}

static void count_one(uint32_t *counter)
{
    *counter = MIN(*counter + 1, IAA_COUNT_MAX);
}

static void count_tokens(const IAADeflate *z, const uint32_t *token, size_t n,
                         IAACounts *counts)
{
    memset(counts, 0, sizeof(*counts));
    for (size_t i = 0; i < n; i++) {
        if (is_match(token[i])) {
            count_one(&counts->ll[257 + iaa_len_sym(IAA_TOKEN_LEN(token[i]))]);
            count_one(&counts->d[iaa_dist_sym(IAA_TOKEN_DIST(token[i]))]);
        } else {
            count_one(&counts->ll[token[i]]);
        }
    }
    if (z->end != IAA_END_NOTHING) {
        count_one(&counts->ll[IAA_EOB]);
    }
}

/*
 * Early abort (3.4.6): once, when abort_size bytes are through, the output is
 * guessed at one byte a literal and two bytes a match.
 */
static size_t tokens_abort(const IAADeflate *z, const uint32_t *token, size_t n)
{
    size_t bytes = 0, estimate = 0;

    if (!z->abort_level) {
        return 0;
    }
    for (size_t i = 0; i < n && bytes < z->abort_size; i++) {
        bytes += is_match(token[i]) ? IAA_TOKEN_LEN(token[i]) : 1;
        estimate += is_match(token[i]) ? 2 : 1;
    }
    return bytes >= z->abort_size &&
           estimate * 8 >= bytes * z->abort_level ? bytes : 0;
}

static bool put_match(BitWriter *w, const IAACodes *codes, uint32_t token)
{
    unsigned len = IAA_TOKEN_LEN(token), dist = IAA_TOKEN_DIST(token);
    unsigned ls = iaa_len_sym(len), ds = iaa_dist_sym(dist);

    put_code(w, codes->ll[257 + ls]);
    put_bits(w, len - iaa_len_range[ls].base, iaa_len_range[ls].extra);
    put_code(w, codes->d[ds]);
    put_bits(w, dist - iaa_dist_range[ds].base, iaa_dist_range[ds].extra);
    return IAA_CODE_LEN(codes->ll[257 + ls]) && IAA_CODE_LEN(codes->d[ds]);
}

static bool put_tokens(BitWriter *w, const IAACodes *codes,
                       const uint32_t *token, size_t n)
{
    bool has_code;

    for (size_t i = 0; i < n && !w->overflow; i++) {
        if (is_match(token[i])) {
            has_code = put_match(w, codes, token[i]);
        } else {
            put_code(w, codes->ll[token[i]]);
            has_code = IAA_CODE_LEN(codes->ll[token[i]]);
        }
        if (!has_code) {
            return false;
        }
    }
    return true;
}

static bool put_ending(BitWriter *w, const IAADeflate *z)
{
    if (z->end == IAA_END_NOTHING) {
        return true;
    }
    put_code(w, z->codes->ll[IAA_EOB]);
    if (z->end != IAA_END_EOB) {
        put_bits(w, z->end == IAA_END_STORED_FINAL, 3);
        put_align(w);
        put_bits(w, 0xffff0000, 32);
    }
    return IAA_CODE_LEN(z->codes->ll[IAA_EOB]);
}

/* The first bit of each 16-bit word becomes its highest (T6-11). */
static void words_reverse(uint8_t *buf, size_t len)
{
    for (size_t i = 0; i < len; i += 2) {
        stw_le_p(buf + i, revbit16(lduw_le_p(buf + i)));
    }
}

/*
 * Output is a stream of 64-bit words (T6-11).  Flush writes all of it, else the
 * bits of the last, partial word go to the accumulator.
 */
static IAACodecError output_finish(IAADeflate *z, BitWriter *w)
{
    size_t total = put_total(w), len = DIV_ROUND_UP(total, 8);
    unsigned unit = z->big_endian ? 16 : 8;

    put_end(w);
    if (z->flush) {
        z->accum_bits = 0;
        z->out_bits = total % unit;
        len = ROUND_UP(len, unit / 8);
    } else {
        len = QEMU_ALIGN_DOWN(total / 8, WORD);
        z->accum_bits = total - len * 8;
        z->out_bits = 0;
    }
    if (w->overflow || len > z->dst_len) {
        /* What there is room for is written all the same. */
        z->out_len = MIN(len, z->dst_len);
        memcpy(z->dst, w->dst, z->out_len);
        return IAA_CODEC_COMP_OVERFLOW;
    }
    memset(z->accum, 0, IAA_ACCUM_BITS / 8);
    memcpy(z->accum, w->dst + len, DIV_ROUND_UP(z->accum_bits, 8));
    if (z->big_endian) {
        words_reverse(w->dst, len);
    }
    memcpy(z->dst, w->dst, len);
    z->out_len = len;
    return IAA_CODEC_OK;
}

static IAACodecError deflate_tokens(IAADeflate *z, const uint32_t *token,
                                    size_t n)
{
    size_t size = z->dst_len + WORD;
    g_autofree uint8_t *buf = g_malloc0(size + 1);
    BitWriter w = { .dst = buf, .size = size };
    IAACodecError err;
    IAACounts counts;

    if (z->gen != IAA_GEN_NONE) {
        count_tokens(z, token, n, &counts);
        err = iaa_deflate_tables(z, &counts);
        if (err) {
            return err;
        }
    }
    put_buffer(&w, z->accum, z->accum_bits);
    if (!put_tokens(&w, z->codes, token, n) || !put_ending(&w, z)) {
        return IAA_CODEC_NO_CODE;
    }
    return output_finish(z, &w);
}

IAACodecError iaa_deflate(IAADeflate *z)
{
    g_autofree uint32_t *token = g_new(uint32_t, z->src_len + 1);
    size_t n = iaa_tokenize(z->src, z->src_len, z->literals, token);

    z->out_len = 0;
    z->out_bits = 0;
    if (tokens_abort(z, token, n)) {
        return IAA_CODEC_ABORT;
    }
    return deflate_tokens(z, token, n);
}

IAACodecError iaa_deflate_count(const IAADeflate *z, IAACounts *counts)
{
    g_autofree uint32_t *token = g_new(uint32_t, z->src_len + 1);
    size_t n = iaa_tokenize(z->src, z->src_len, z->literals, token);

    count_tokens(z, token, n, counts);
    return tokens_abort(z, token, n) ? IAA_CODEC_ABORT : IAA_CODEC_OK;
}

size_t iaa_deflate_aborts(const IAADeflate *z)
{
    g_autofree uint32_t *token = g_new(uint32_t, z->src_len + 1);
    size_t n = iaa_tokenize(z->src, z->src_len, z->literals, token);

    return tokens_abort(z, token, n);
}
