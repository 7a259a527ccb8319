/*
 * Intel IAA: decompression
 *
 * An RFC 1951 decoder with the accelerator's limits: a history of 4 KiB, and
 * an error code for each way in which a stream can be wrong.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/host-utils.h"
#include "iaa-codec.h"

#define FAST_BITS   9
#define MAX_SYMS    288     /* the fixed code has two that never occur */

typedef struct Decoder {
    /* Short codes by their next FAST_BITS input bits: symbol << 4 | length. */
    uint16_t fast[1 << FAST_BITS];
    /* Canonical codes: of each length, how many, and their symbols in order. */
    uint16_t count[IAA_MAX_CODE + 1];
    uint16_t sym[MAX_SYMS];
} Decoder;

typedef struct Reader {
    const uint8_t *src;
    size_t len;
    size_t pos;             /* bytes taken into acc */
    uint64_t acc;
    int n;                  /* bits in acc, negative: read past the input */
} Reader;

typedef struct Inflater {
    Reader r;
    IAAInflate *z;
    Decoder ll, d;
} Inflater;

/* Bits.  Past the end zeros are read, and n turns negative. */

static void reader_fill(Reader *r)
{
    while (r->n <= 56 && r->pos < r->len) {
        r->acc |= (uint64_t)r->src[r->pos++] << MAX(r->n, 0);
        r->n += 8;
    }
}

static void drop_bits(Reader *r, unsigned n)
{
    r->acc >>= n;
    r->n -= n;
}

/* At most 32 bits */
static uint32_t get_bits(Reader *r, unsigned n)
{
    uint32_t v;

    if (r->n < (int)n) {
        reader_fill(r);
    }
    v = r->acc & ((1ull << n) - 1);
    drop_bits(r, n);
    return v;
}

static size_t reader_bytes(const Reader *r)
{
    return r->n < 0 ? r->len : r->pos - r->n / 8;
}

/* Codes */

/*
 * False unless the lengths make a complete prefix code.  As an exception a
 * single code of one bit will do, as RFC 1951 wants it for distances.
 */
static bool decoder_init(Decoder *d, const uint8_t *len, unsigned n,
                         bool may_be_single)
{
    uint16_t offset[IAA_MAX_CODE + 2] = { 0 };
    uint16_t next[IAA_MAX_CODE + 1];
    int left = 1, longest = 0;
    unsigned code = 0;

    memset(d, 0, sizeof(*d));
    for (unsigned i = 0; i < n; i++) {
        d->count[len[i]]++;
        longest = MAX(longest, len[i]);
    }
    d->count[0] = 0;
    for (int l = 1; l <= IAA_MAX_CODE; l++) {
        next[l] = code;
        code = (code + d->count[l]) << 1;
        offset[l + 1] = offset[l] + d->count[l];
        left = (left << 1) - d->count[l];
        if (left < 0) {
            return false;
        }
    }
    if (left > 0 && !(may_be_single && longest <= 1)) {
        return false;
    }

    for (unsigned i = 0; i < n; i++) {
        unsigned l = len[i], c, step;

        if (!l) {
            continue;
        }
        d->sym[offset[l]++] = i;
        c = next[l]++;
        if (l <= FAST_BITS) {
            step = 1 << l;
            for (c = revbit16(c) >> (16 - l); c < 1 << FAST_BITS; c += step) {
                d->fast[c] = i << 4 | l;
            }
        }
    }
    return true;
}

/* A symbol, or -1 for bits that are no code. */
static int decode(Reader *r, const Decoder *d)
{
    unsigned code = 0, first = 0, index = 0;
    uint64_t bits;
    uint16_t fast;

    if (r->n < IAA_MAX_CODE) {
        reader_fill(r);
    }
    fast = d->fast[r->acc & ((1 << FAST_BITS) - 1)];
    if (fast) {
        drop_bits(r, fast & 15);
        return fast >> 4;
    }
    bits = r->acc;
    for (unsigned l = 1; l <= IAA_MAX_CODE; l++) {
        code = code << 1 | (bits & 1);
        bits >>= 1;
        if (code - first < d->count[l]) {
            drop_bits(r, l);
            return d->sym[index + code - first];
        }
        index += d->count[l];
        first = (first + d->count[l]) << 1;
    }
    return -1;
}

/* Block headers */

static IAACodecError read_lengths(Inflater *s, const Decoder *cl, uint8_t *len,
                                  unsigned n)
{
    static const struct { uint8_t base, bits; } repeat[3] = {
        { 3, 2 }, { 3, 3 }, { 11, 7 },
    };

    for (unsigned i = 0; i < n; ) {
        int sym = decode(&s->r, cl);
        unsigned times = 1, value = sym;

        if (s->r.n < 0) {
            return IAA_CODEC_HEADER_EOF;
        }
        if (sym < 0) {
            return IAA_CODEC_CL_UNDEF;
        }
        if (sym >= 16) {
            if (sym == 16 && !i) {
                return IAA_CODEC_CL_FIRST_16;
            }
            value = sym == 16 ? len[i - 1] : 0;
            times = repeat[sym - 16].base +
                    get_bits(&s->r, repeat[sym - 16].bits);
        }
        if (times > n - i) {
            return s->r.n < 0 ? IAA_CODEC_HEADER_EOF : IAA_CODEC_CL_OVERRUN;
        }
        memset(len + i, value, times);
        i += times;
    }
    return s->r.n < 0 ? IAA_CODEC_HEADER_EOF : IAA_CODEC_OK;
}

static IAACodecError dynamic_init(Inflater *s)
{
    unsigned hlit = get_bits(&s->r, 5) + 257;
    unsigned hdist = get_bits(&s->r, 5) + 1;
    unsigned hclen = get_bits(&s->r, 4) + 4;
    uint8_t len[IAA_LL_SYMS + IAA_D_SYMS], cl_len[19] = { 0 };
    IAACodecError err;

    for (unsigned i = 0; i < hclen; i++) {
        cl_len[iaa_cl_order[i]] = get_bits(&s->r, 3);
    }
    if (s->r.n < 0) {
        return IAA_CODEC_HEADER_EOF;
    }
    if (hlit > IAA_LL_SYMS) {
        return IAA_CODEC_MANY_LL;
    }
    if (hdist > IAA_D_SYMS) {
        return IAA_CODEC_MANY_D;
    }
    /* The distance decoder is free until its own lengths are known. */
    if (!decoder_init(&s->d, cl_len, 19, false)) {
        return IAA_CODEC_BAD_CL_LENS;
    }
    err = read_lengths(s, &s->d, len, hlit + hdist);
    if (err) {
        return err;
    }
    if (!len[IAA_EOB]) {
        return IAA_CODEC_NO_EOB_CODE;
    }
    if (!decoder_init(&s->ll, len, hlit, true)) {
        return IAA_CODEC_BAD_LL_LENS;
    }
    if (!decoder_init(&s->d, len + hlit, hdist, true)) {
        return IAA_CODEC_BAD_D_LENS;
    }
    return IAA_CODEC_OK;
}

static void fixed_init(Inflater *s)
{
    uint8_t len[MAX_SYMS];

    memset(len, 8, 144);
    memset(len + 144, 9, 112);
    memset(len + 256, 7, 24);
    memset(len + 280, 8, 8);
    decoder_init(&s->ll, len, MAX_SYMS, false);
    memset(len, 5, 32);
    decoder_init(&s->d, len, 32, false);
}

/* Block contents */

/* Bits that are no code are an error, unless they are the input's last. */
static IAACodecError no_code(const Reader *r, IAACodecError err)
{
    return r->pos == r->len && r->n < IAA_MAX_CODE ? IAA_CODEC_NO_EOB : err;
}

static IAACodecError copy_match(Inflater *s, int len_code)
{
    IAAInflate *z = s->z;
    unsigned len, dist;
    int sym;

    len = iaa_len_range[len_code].base +
          get_bits(&s->r, iaa_len_range[len_code].extra);
    sym = decode(&s->r, &s->d);
    if (s->r.n < 0) {
        return IAA_CODEC_NO_EOB;
    }
    if (sym >= IAA_D_SYMS) {
        return IAA_CODEC_BAD_D_CODE;
    }
    if (sym < 0) {
        return no_code(&s->r, IAA_CODEC_BAD_D_CODE);
    }
    dist = iaa_dist_range[sym].base +
           get_bits(&s->r, iaa_dist_range[sym].extra);
    if (s->r.n < 0) {
        return IAA_CODEC_NO_EOB;
    }
    if (dist > IAA_WINDOW) {
        return IAA_CODEC_FAR;
    }
    if (dist > z->out_len) {
        return IAA_CODEC_BEFORE_START;
    }
    for (unsigned i = 0; i < len; i++) {
        if (z->out_len == z->dst_len) {
            return IAA_CODEC_OUT_OVERFLOW;
        }
        z->dst[z->out_len] = z->dst[z->out_len - dist];
        z->out_len++;
    }
    return IAA_CODEC_OK;
}

static IAACodecError inflate_codes(Inflater *s)
{
    IAAInflate *z = s->z;
    IAACodecError err;

    for (;;) {
        int sym = decode(&s->r, &s->ll);

        if (s->r.n < 0) {
            return IAA_CODEC_NO_EOB;
        }
        if (sym >= IAA_LL_SYMS) {
            return IAA_CODEC_BAD_LL_CODE;
        }
        if (sym < 0) {
            return no_code(&s->r, IAA_CODEC_BAD_LL_CODE);
        }
        if (sym == IAA_EOB) {
            return IAA_CODEC_OK;
        }
        if (sym > IAA_EOB) {
            err = copy_match(s, sym - IAA_EOB - 1);
            if (err) {
                return err;
            }
        } else if (z->out_len < z->dst_len) {
            z->dst[z->out_len++] = sym;
        } else {
            return IAA_CODEC_OUT_OVERFLOW;
        }
    }
}

static IAACodecError inflate_stored(Inflater *s)
{
    IAAInflate *z = s->z;
    unsigned len;

    drop_bits(&s->r, s->r.n & 7);
    len = get_bits(&s->r, 32);
    if (s->r.n < 0) {
        return IAA_CODEC_HEADER_EOF;
    }
    if ((len & 0xffff) != (~len >> 16)) {
        return IAA_CODEC_BAD_STORED;
    }
    for (len &= 0xffff; len; len--) {
        unsigned byte = get_bits(&s->r, 8);

        if (s->r.n < 0) {
            return IAA_CODEC_NO_EOB;
        }
        if (z->out_len == z->dst_len) {
            return IAA_CODEC_OUT_OVERFLOW;
        }
        z->dst[z->out_len++] = byte;
    }
    return IAA_CODEC_OK;
}

static IAACodecError inflate_block(Inflater *s, bool *final)
{
    unsigned header = get_bits(&s->r, 3);
    IAACodecError err;

    if (s->r.n < 0) {
        return IAA_CODEC_HEADER_EOF;
    }
    *final = header & 1;
    switch (header >> 1) {
    case 0:
        return inflate_stored(s);
    case 1:
        fixed_init(s);
        return inflate_codes(s);
    case 2:
        err = dynamic_init(s);
        return err ?: inflate_codes(s);
    default:
        return IAA_CODEC_BAD_TYPE;
    }
}

IAACodecError iaa_inflate(IAAInflate *z)
{
    g_autofree Inflater *s = g_new(Inflater, 1);
    IAACodecError err;
    bool final = false;

    s->r = (Reader) { .src = z->src, .len = z->src_len };
    s->z = z;
    z->out_len = 0;
    do {
        err = inflate_block(s, &final);
        if (err || final || (z->stop_on_eob && !z->bfinal_only)) {
            break;
        }
    } while (s->r.n > 0 || s->r.pos < s->r.len);

    z->in_len = reader_bytes(&s->r);
    if (err == IAA_CODEC_NO_EOB && !z->check_eob) {
        err = IAA_CODEC_OK;
    }
    return err;
}
