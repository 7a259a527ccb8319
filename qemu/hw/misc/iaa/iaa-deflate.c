/*
 * Intel IAA: compression
 *
 * Two passes: a match finder turns the source into tokens, and the tokens are
 * written with the codes of the AECS, or with codes made from their own
 * frequencies.  Same input, same output: nothing depends on the host.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/host-utils.h"
#include "iaa-codec.h"

#define HASH_BITS   12
#define MAX_CHAIN   8       /* candidates looked at per position */
#define GOOD_MATCH  32      /* long enough to stop looking */

/* A literal byte, or a match as IS_MATCH | length << 16 | distance. */
#define IS_MATCH    0x80000000u
#define TOKEN_LEN(t)    (((t) >> 16) & 0x1ff)
#define TOKEN_DIST(t)   ((t) & 0xffff)

typedef struct Finder {
    const uint8_t *src;
    size_t len;
    int32_t head[1 << HASH_BITS];   /* last position with this hash, or -1 */
    int32_t prev[IAA_WINDOW];       /* the one before it, by position */
} Finder;

typedef struct BitWriter {
    uint8_t *dst;
    size_t size;
    size_t pos;
    uint64_t acc;
    unsigned n;
    bool overflow;
} BitWriter;

/* Codes ready to write: bits reversed, because deflate sends codes MSB first */
typedef struct Code {
    uint16_t bits;
    uint8_t len;
} Code;

typedef struct Encoder {
    Code ll[IAA_LL_SYMS];
    Code d[IAA_D_SYMS];
    uint8_t len_sym[IAA_MAX_MATCH + 1];
    BitWriter w;
} Encoder;

/* Bits */

static void put_bits(BitWriter *w, uint32_t bits, unsigned n)
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

static unsigned put_flush(BitWriter *w)
{
    unsigned bits = w->n;

    if (bits) {
        put_bits(w, 0, 8 - bits);
    }
    return bits;
}

/* Matches */

static unsigned hash3(const uint8_t *p)
{
    uint32_t v = p[0] | p[1] << 8 | p[2] << 16;

    return (v * 0x9e3779b1u) >> (32 - HASH_BITS);
}

static void finder_insert(Finder *f, size_t pos)
{
    unsigned h;

    if (pos + IAA_MIN_MATCH > f->len) {
        return;
    }
    h = hash3(f->src + pos);
    f->prev[pos % IAA_WINDOW] = f->head[h];
    f->head[h] = pos;
}

static unsigned match_len(const uint8_t *a, const uint8_t *b, unsigned max)
{
    unsigned n = 0;

    while (n < max && a[n] == b[n]) {
        n++;
    }
    return n;
}

/* Longest match for @pos among earlier positions, as a token, or 0. */
static uint32_t finder_match(Finder *f, size_t pos)
{
    unsigned max = MIN(f->len - pos, IAA_MAX_MATCH);
    unsigned best = IAA_MIN_MATCH - 1;
    uint32_t token = 0;
    int64_t at;

    if (max < IAA_MIN_MATCH) {
        return 0;
    }
    at = f->head[hash3(f->src + pos)];
    for (int chain = 0; chain < MAX_CHAIN; chain++) {
        unsigned n;

        if (at < 0 || pos - at > IAA_WINDOW) {
            break;
        }
        n = match_len(f->src + at, f->src + pos, max);
        if (n > best) {
            best = n;
            token = IS_MATCH | n << 16 | (pos - at);
            if (n == max || n >= GOOD_MATCH) {
                break;
            }
        }
        at = f->prev[at % IAA_WINDOW];
    }
    return token;
}

/* Fills @token, one entry per source byte at most; returns how many. */
static size_t tokenize(const uint8_t *src, size_t len, uint32_t *token)
{
    g_autofree Finder *f = g_new(Finder, 1);
    uint32_t here, next;
    size_t pos = 0, n = 0;

    f->src = src;
    f->len = len;
    memset(f->head, 0xff, sizeof(f->head));

    here = 0;
    while (pos < len) {
        finder_insert(f, pos);
        next = pos + 1 < len ? finder_match(f, pos + 1) : 0;
        if (!here || TOKEN_LEN(next) > TOKEN_LEN(here)) {
            token[n++] = src[pos++];
            here = next;
            continue;
        }
        token[n++] = here;
        for (size_t end = pos + TOKEN_LEN(here); ++pos < end; ) {
            finder_insert(f, pos);
        }
        here = pos < len ? finder_match(f, pos) : 0;
    }
    return n;
}

/* Codes */

static Code code_ready(uint32_t entry)
{
    Code c = { .len = IAA_CODE_LEN(entry) };

    c.bits = revbit16(IAA_CODE_BITS(entry)) >> (16 - c.len);
    return c;
}

static bool codes_valid(const IAACodes *codes)
{
    for (int i = 0; i < IAA_LL_SYMS; i++) {
        if (IAA_CODE_LEN(codes->ll[i]) > IAA_MAX_CODE) {
            return false;
        }
    }
    for (int i = 0; i < IAA_D_SYMS; i++) {
        if (IAA_CODE_LEN(codes->d[i]) > IAA_MAX_CODE) {
            return false;
        }
    }
    return true;
}

static void encoder_init(Encoder *e, const IAACodes *codes)
{
    for (int i = 0; i < IAA_LL_SYMS; i++) {
        e->ll[i] = code_ready(codes->ll[i]);
    }
    for (int i = 0; i < IAA_D_SYMS; i++) {
        e->d[i] = code_ready(codes->d[i]);
    }
}

static void len_syms_init(uint8_t *len_sym)
{
    unsigned sym = 0;

    for (unsigned len = IAA_MIN_MATCH; len <= IAA_MAX_MATCH; len++) {
        while (sym + 1 < ARRAY_SIZE(iaa_len_range) &&
               iaa_len_range[sym + 1].base <= len) {
            sym++;
        }
        len_sym[len] = sym;
    }
}

static unsigned dist_sym(unsigned dist)
{
    unsigned log;

    if (dist <= 2) {
        return dist - 1;
    }
    log = 31 - clz32(dist - 1);
    return 2 * log + (((dist - 1) >> (log - 1)) & 1);
}

static bool put_code(BitWriter *w, Code c)
{
    put_bits(w, c.bits, c.len);
    return c.len;
}

static bool put_match(Encoder *e, uint32_t token)
{
    unsigned ls = e->len_sym[TOKEN_LEN(token)];
    unsigned ds = dist_sym(TOKEN_DIST(token));

    if (!e->ll[257 + ls].len || !e->d[ds].len) {
        return false;
    }
    put_code(&e->w, e->ll[257 + ls]);
    put_bits(&e->w, TOKEN_LEN(token) - iaa_len_range[ls].base,
             iaa_len_range[ls].extra);
    put_code(&e->w, e->d[ds]);
    put_bits(&e->w, TOKEN_DIST(token) - iaa_dist_range[ds].base,
             iaa_dist_range[ds].extra);
    return true;
}

/* A match that the codes can't express goes out as the bytes it stands for. */
static bool put_tokens(Encoder *e, const IAADeflate *z, const uint32_t *token,
                       size_t n)
{
    const uint8_t *src = z->src;

    for (size_t i = 0; i < n && !e->w.overflow; i++) {
        bool match = token[i] & IS_MATCH;
        unsigned len = match ? TOKEN_LEN(token[i]) : 1;

        if (!match || !put_match(e, token[i])) {
            for (unsigned j = 0; j < len; j++) {
                if (!put_code(&e->w, e->ll[src[j]])) {
                    return false;
                }
            }
        }
        src += len;
    }
    return !z->append_eob || put_code(&e->w, e->ll[IAA_EOB]);
}

/* Dynamic blocks */

static void count_tokens(const Encoder *e, const uint32_t *token, size_t n,
                         uint32_t *ll_freq, uint32_t *d_freq)
{
    for (size_t i = 0; i < n; i++) {
        if (token[i] & IS_MATCH) {
            ll_freq[257 + e->len_sym[TOKEN_LEN(token[i])]]++;
            d_freq[dist_sym(TOKEN_DIST(token[i]))]++;
        } else {
            ll_freq[token[i]]++;
        }
    }
    ll_freq[IAA_EOB]++;
    /* Decoders differ over codes of a single symbol, so have two of each. */
    for (int i = 0; i < 2; i++) {
        ll_freq[i] += !ll_freq[i];
        d_freq[i] += !d_freq[i];
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

static void put_dynamic_header(BitWriter *w, const uint8_t *ll_len,
                               const uint8_t *d_len)
{
    static const uint8_t extra[19] = { [16] = 2, [17] = 3, [18] = 7 };
    unsigned hlit = IAA_LL_SYMS, hdist = IAA_D_SYMS, hclen = 19;
    uint8_t len[IAA_LL_SYMS + IAA_D_SYMS], cl_len[19];
    uint16_t packed[ARRAY_SIZE(len)];
    uint32_t cl_freq[19] = { 0 }, cl_entry[19];
    size_t n;

    while (!ll_len[hlit - 1]) {
        hlit--;
    }
    while (!d_len[hdist - 1]) {
        hdist--;
    }
    memcpy(len, ll_len, hlit);
    memcpy(len + hlit, d_len, hdist);
    n = lengths_pack(len, hlit + hdist, packed);
    for (size_t i = 0; i < n; i++) {
        cl_freq[packed[i] & 0xff]++;
    }
    /* At least two, as above; every header has some length, so one may do. */
    cl_freq[0] += !cl_freq[0];
    cl_freq[1] += !cl_freq[1];
    iaa_huffman_lengths(cl_freq, 19, 7, cl_len);
    iaa_huffman_codes(cl_len, 19, cl_entry);
    while (!cl_len[iaa_cl_order[hclen - 1]]) {
        hclen--;
    }

    put_bits(w, 1 | 2 << 1, 3);     /* final, dynamic */
    put_bits(w, hlit - 257, 5);
    put_bits(w, hdist - 1, 5);
    put_bits(w, hclen - 4, 4);
    for (unsigned i = 0; i < hclen; i++) {
        put_bits(w, cl_len[iaa_cl_order[i]], 3);
    }
    for (size_t i = 0; i < n; i++) {
        unsigned sym = packed[i] & 0xff;

        put_code(w, code_ready(cl_entry[sym]));
        put_bits(w, packed[i] >> 8, extra[sym]);
    }
}

static void dynamic_init(Encoder *e, const uint32_t *token, size_t n)
{
    uint32_t ll_freq[IAA_LL_SYMS] = { 0 }, d_freq[IAA_D_SYMS] = { 0 };
    uint8_t ll_len[IAA_LL_SYMS], d_len[IAA_D_SYMS];
    IAACodes codes;

    count_tokens(e, token, n, ll_freq, d_freq);
    iaa_huffman_lengths(ll_freq, IAA_LL_SYMS, IAA_MAX_CODE, ll_len);
    iaa_huffman_lengths(d_freq, IAA_D_SYMS, IAA_MAX_CODE, d_len);
    iaa_huffman_codes(ll_len, IAA_LL_SYMS, codes.ll);
    iaa_huffman_codes(d_len, IAA_D_SYMS, codes.d);
    encoder_init(e, &codes);
    put_dynamic_header(&e->w, ll_len, d_len);
}

IAACodecError iaa_deflate(IAADeflate *z)
{
    g_autofree uint32_t *token = g_new(uint32_t, z->src_len + 1);
    Encoder e = { .w = { .dst = z->dst, .size = z->dst_len } };
    size_t n;

    z->out_len = 0;
    z->out_bits = 0;
    if (z->codes && !codes_valid(z->codes)) {
        return IAA_CODEC_AECS;
    }

    len_syms_init(e.len_sym);
    n = tokenize(z->src, z->src_len, token);
    for (unsigned i = 0; i < z->prefix_bits; i += 8) {
        unsigned bits = MIN(z->prefix_bits - i, 8);

        put_bits(&e.w, z->prefix[i / 8] & ((1 << bits) - 1), bits);
    }
    if (z->codes) {
        encoder_init(&e, z->codes);
    } else {
        dynamic_init(&e, token, n);
    }
    if (!put_tokens(&e, z, token, n)) {
        return IAA_CODEC_AECS;
    }
    z->out_bits = e.w.n;
    if (z->flush) {
        put_flush(&e.w);
    }
    z->out_len = e.w.pos;
    return e.w.overflow ? IAA_CODEC_COMP_OVERFLOW : IAA_CODEC_OK;
}
