/*
 * The IAA accelerator's deflate codec: streams in pieces
 *
 * A stream may be split at any bit between the input accumulator and the
 * source, and at any byte between two descriptors, which have nothing but the
 * AECS in common.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include <zlib.h>
#include "../../hw/misc/iaa/iaa-aecs.h"
#include "../../hw/misc/iaa/iaa-bitwriter.h"
#include "test-iaa-codec.h"

#define PAGE    4096
#define SLACK   8

static uint32_t seed;

static unsigned rng(unsigned n)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % n;
}

static void fill_text(uint8_t *p, size_t n)
{
    static const char *const words[] = {
        "split ", "at ", "every ", "bit, ", "accumulator ", "AECS\n", "0x",
        "of ", "the ", "descriptor ", "toggle ", "history ", "\x90\xff",
        "\xe4\xf6\xfc ",
    };

    for (size_t i = 0; i < n; ) {
        const char *w = words[rng(ARRAY_SIZE(words))];

        while (*w && i < n) {
            p[i++] = *w++;
        }
    }
}

/* Blocks of all kinds: dynamic and fixed, stored, and empty stored ones */
static size_t zlib_blocks(const uint8_t *src, size_t n, uint8_t *dst,
                          size_t size)
{
    static const struct { int level, strategy; } parts[] = {
        { 6, Z_DEFAULT_STRATEGY }, { 6, Z_FIXED }, { 0, Z_DEFAULT_STRATEGY },
        { 9, Z_DEFAULT_STRATEGY },
    };
    z_stream z = { .next_out = dst, .avail_out = size };

    g_assert_cmpint(deflateInit2(&z, 6, Z_DEFLATED, -12, 8,
                                 Z_DEFAULT_STRATEGY), ==, Z_OK);
    for (int i = 0; i < ARRAY_SIZE(parts); i++) {
        bool last = i == ARRAY_SIZE(parts) - 1;
        size_t from = n * i / ARRAY_SIZE(parts);

        z.next_in = (Bytef *)src + from;
        z.avail_in = n * (i + 1) / ARRAY_SIZE(parts) - from;
        deflateParams(&z, parts[i].level, parts[i].strategy);
        g_assert_cmpint(deflate(&z, last ? Z_FINISH : Z_SYNC_FLUSH), ==,
                        last ? Z_STREAM_END : Z_OK);
    }
    deflateEnd(&z);
    return z.total_out;
}

static size_t zlib_dynamic(const uint8_t *src, size_t n, uint8_t *dst,
                           size_t size)
{
    z_stream z = {
        .next_in = (Bytef *)src, .avail_in = n,
        .next_out = dst, .avail_out = size,
    };

    g_assert_cmpint(deflateInit2(&z, 6, Z_DEFLATED, -12, 8,
                                 Z_DEFAULT_STRATEGY), ==, Z_OK);
    g_assert_cmpint(deflate(&z, Z_FINISH), ==, Z_STREAM_END);
    deflateEnd(&z);
    return z.total_out;
}

/* Between two descriptors */
static void through_aecs(IAAInflateState *state, bool format2)
{
    g_autofree IAADecompAecs *aecs = g_new0(IAADecompAecs, 1);

    iaa_aecs_store(state, format2, aecs);
    memset(state, 0xee, sizeof(*state));
    g_assert_cmpint(iaa_aecs_load(aecs, format2, sizeof(*aecs), state), ==,
                    IAA_CODEC_OK);
}

typedef struct Job {
    IAAInflateState state;
    uint8_t out[3 * PAGE + SLACK];
    size_t len;
} Job;

/* One descriptor; with bits 1, 3 and 4 of the flags if it is the last */
static IAACodecError step(Job *job, const uint8_t *src, size_t n, size_t room,
                          bool last, size_t *used)
{
    IAAInflate z = {
        .src = src, .src_len = n, .dst = job->out + job->len, .dst_len = room,
        .stop_on_eob = true, .bfinal_only = true, .check_eob = last,
        .flush = last,
    };
    IAACodecError err = iaa_inflate(&z, &job->state);

    g_assert_cmpuint(z.out_len, <=, room);
    job->len += z.out_len;
    *used = z.in_len;
    return err;
}

/* Every bit: accumulator and source */
static void check_split_bits(const uint8_t *src, size_t len,
                             const uint8_t *packed, size_t n)
{
    g_autofree Job *job = g_new(Job, 1);
    size_t used;

    for (unsigned bits = 0; bits <= n * 8; bits++) {
        uint8_t rest[IAA_ACCUM_BITS / 8 + 1] = { 0 };
        BitWriter w = { .dst = rest, .size = sizeof(rest) };

        for (unsigned i = bits; i < n * 8; i++) {
            put_bits(&w, packed[i / 8] >> i % 8 & 1, 1);
        }
        put_end(&w);
        iaa_inflate_start(&job->state);
        memcpy(job->state.accum, packed, DIV_ROUND_UP(bits, 8));
        job->state.accum_bits = bits;
        job->len = 0;
        through_aecs(&job->state, bits & 1);
        g_assert_cmpint(step(job, rest, DIV_ROUND_UP(put_total(&w), 8),
                             len, true, &used), ==, IAA_CODEC_OK);
        g_assert_cmpmem(job->out, job->len, src, len);
    }
}

static void test_split_bits(void)
{
    uint8_t src[600], packed[IAA_ACCUM_BITS / 8];
    size_t n;

    seed = 1;
    fill_text(src, sizeof(src));
    n = zlib_dynamic(src, sizeof(src), packed, sizeof(packed));
    g_assert_cmphex(packed[0] & 7, ==, 5);
    check_split_bits(src, sizeof(src), packed, n);
    n = zlib_blocks(src, 200, packed, sizeof(packed));
    check_split_bits(src, 200, packed, n);
}

/* A stored block that starts within a byte: how far in is told. */
static void test_bit_offset(void)
{
    static const uint8_t rest[] = { 1, 0, 0xfe, 0xff, 'x' };
    g_autofree Job *job = g_new(Job, 1);
    size_t used;

    for (unsigned bits = 0; bits <= 5; bits++) {
        for (int told = 0; told < 2; told++) {
            iaa_inflate_start(&job->state);
            job->state.accum[0] = 1;
            job->state.accum_bits = 8 - bits;
            job->state.bit_offset = told ? bits : 0;
            job->len = 0;
            through_aecs(&job->state, bits & 1);
            g_assert_cmpint(step(job, rest, sizeof(rest), 1, true, &used), ==,
                            told || !bits ? IAA_CODEC_OK :
                            IAA_CODEC_BAD_STORED);
        }
    }
}

/* A canned header: exactly its bits in the accumulator, none in the source */
static void check_canned(const uint8_t *tables_src, const uint8_t *src,
                         bool format2)
{
    uint8_t header[IAA_ACCUM_BITS / 8] = { 0 }, packed[2 * PAGE];
    g_autofree Job *job = g_new(Job, 1);
    IAACounts counts;
    IAACodes codes;
    IAADeflate z = {
        .src = tables_src, .src_len = PAGE, .gen = IAA_GEN_FINAL,
        .complete = true, .end = IAA_END_EOB, .codes = &codes,
        .accum = header, .flush = true, .dst = packed,
        .dst_len = sizeof(packed),
    };
    size_t used;

    g_assert_cmpint(iaa_deflate_count(&z, &counts), ==, IAA_CODEC_OK);
    g_assert_cmpint(iaa_deflate_tables(&z, &counts), ==, IAA_CODEC_OK);
    iaa_inflate_start(&job->state);
    memcpy(job->state.accum, header, sizeof(header));
    job->state.accum_bits = z.accum_bits;
    job->len = 0;
    through_aecs(&job->state, format2);

    z.gen = IAA_GEN_NONE;
    z.accum_bits = 0;
    z.src = src;
    g_assert_cmpint(iaa_deflate(&z), ==, IAA_CODEC_OK);
    g_assert_cmpint(step(job, packed, z.out_len, PAGE, true, &used), ==,
                    IAA_CODEC_OK);
    g_assert_cmpmem(job->out, job->len, src, PAGE);
}

static void test_canned(void)
{
    uint8_t tables_src[PAGE], src[PAGE];

    for (seed = 0; seed < 20; ) {
        unsigned start = seed;

        fill_text(tables_src, PAGE);
        for (int i = 0; i < PAGE; i++) {
            src[i] = rng(start + 1) ? rng(256) : tables_src[i];
        }
        check_canned(tables_src, src, start & 1);
        seed = start + 1;
    }
}

/* Every byte: two descriptors */
static void check_split(const uint8_t *src, size_t n, const uint8_t *packed,
                        size_t packed_len, size_t cut, bool format2)
{
    g_autofree Job *job = g_new(Job, 1);
    size_t used;

    iaa_inflate_start(&job->state);
    job->len = 0;
    g_assert_cmpint(step(job, packed, cut, n, false, &used), ==, IAA_CODEC_OK);
    g_assert_cmpuint(used, ==, cut);
    g_assert_cmpuint(job->len % 8, ==, 0);
    through_aecs(&job->state, format2);
    g_assert_cmpint(step(job, packed + cut, packed_len - cut, n - job->len,
                         true, &used), ==, IAA_CODEC_OK);
    g_assert_cmpmem(job->out, job->len, src, n);
}

static void test_split_bytes(void)
{
    uint8_t src[2 * PAGE], packed[4 * PAGE];
    size_t n;

    seed = 2;
    fill_text(src, sizeof(src));
    n = zlib_blocks(src, sizeof(src), packed, sizeof(packed));
    for (size_t cut = 0; cut <= n; cut++) {
        check_split(src, sizeof(src), packed, n, cut, cut & 1);
    }
}

/* Many descriptors, whose source and room are what they happen to be */
static void check_many(const uint8_t *src, size_t n, const uint8_t *packed,
                       size_t packed_len, bool format2)
{
    g_autofree Job *job = g_new(Job, 1);
    IAACodecError err = IAA_CODEC_OUT_OVERFLOW;
    size_t at = 0, used;

    iaa_inflate_start(&job->state);
    job->len = 0;
    while (err || at < packed_len) {
        size_t len = MIN(1 + rng(300), packed_len - at);
        bool last = at + len == packed_len;

        err = step(job, packed + at, len, MIN(rng(900), n - job->len), last,
                   &used);
        g_assert(err == IAA_CODEC_OK || err == IAA_CODEC_OUT_OVERFLOW);
        at += used;
        through_aecs(&job->state, format2);
    }
    g_assert_cmpmem(job->out, job->len, src, n);
}

static void test_split_many(void)
{
    uint8_t src[3 * PAGE], packed[4 * PAGE];
    size_t n;

    seed = 3;
    fill_text(src, sizeof(src));
    n = zlib_blocks(src, sizeof(src), packed, sizeof(packed));
    for (int i = 0; i < 200; i++) {
        check_many(src, sizeof(src), packed, n, i & 1);
    }
}

/* The longest stored block there is, cut where most of it is still to come */
static void test_split_stored(void)
{
    g_autofree Job *job = g_new(Job, 1);
    size_t len = UINT16_MAX, used, got = 0;
    g_autofree uint8_t *packed = g_malloc(5 + len);
    uint8_t header[] = { 1, 0xff, 0xff, 0, 0 };

    seed = 6;
    memcpy(packed, header, sizeof(header));
    for (size_t i = 0; i < len; i++) {
        packed[5 + i] = rng(256);
    }
    iaa_inflate_start(&job->state);
    for (size_t at = 0; at < 5 + len; at += used) {
        size_t n = MIN(sizeof(job->out) - SLACK, 5 + len - at);

        job->len = 0;
        g_assert_cmpint(step(job, packed + at, n, sizeof(job->out) - SLACK,
                             at + n == 5 + len, &used), ==, IAA_CODEC_OK);
        g_assert_cmpmem(job->out, job->len, packed + 5 + got, job->len);
        got += job->len;
        through_aecs(&job->state, at & 1);
    }
    g_assert_cmpuint(got, ==, len);
}

/* Where an AECS has what, by the example of the fixed codes (T6-16 to T6-18) */
static void test_layout(void)
{
    static const struct { bool format2; uint16_t at; uint32_t val; } words[] = {
        { false, 0xb0, 0 }, { true, 0xb0, 1 },
        { false, 0x1dc, 0 }, { true, 0x1dc, 1 << 8 },
        /* end-of-block: seven zeros, from the top of 15 bits */
        { false, 0x1d8, 0x7f008000 }, { true, 0x1d8, 0x7f008000 },
        /* lengths 7, 8 and 9: where in the table, how many, first codes */
        { false, 0x1e4, 0 | 9 << 8 | 153 << 17 },
        { true, 0x1e4, 0 },
        { false, 0x1f8, 9 | 144 << 8 | 112 << 17 },
        { true, 0x20c, 0 | 0x30 << 8 | 0x190 << 17 },
        /* ... and the first that is a length: 257 of 7 bits */
        { true, 0x220, 1 | 0x1ff << 8 | 0x3ff << 17 },
        /* 265 and 285: codes 9 and 0xc5 */
        { false, 0x230, 0x7f000000 | 0x8000 | 9 << 8 },
        { false, 0x280, 0x7f800000 | 0x8000 | 0xc5 << 7 },
        { false, 0x284, 0 },
        /* 265 to 270: 7 bits and 1 or 2 more */
        { false, 0x288, 8 | 8 << 5 | 8 << 10 | 8 << 16 | 9 << 21 | 9 << 26 },
        /* distances 0 and 29 */
        { false, 0x298, 0x7c008000 },
        { false, 0x30c, 0x7c008000 | 29 << 10 },
        { false, 0x310, 5 | 5 << 5 | 5 << 10 | 5 << 16 | 6 << 21 | 6 << 26 },
        { false, 0x324, 7 | 8 << 4 },
        /* symbols by code: end-of-block, lengths 3 to 10, then literals */
        { false, 0x328, 0 | 0 << 8 | 1 << 16 | 2 << 24 },
        { false, 0x330, 7 | 0 << 8 | 1 << 16 | 2 << 24 },
        /* literals 0 to 4 are the first five of 8 bits */
        { true, 0x328, 0 },
        { true, 0x340, 8 | 8 << 4 | 8 << 9 | 8 << 15 | 8u << 21 | 8u << 28 |
                       1 << 8 | 2 << 13 | 3 << 19 | 4 << 25 },
        { false, 0x434, 1 }, { false, 0x438, 0 }, { false, 0x4e4, 0 },
    };

    for (int i = 0; i < ARRAY_SIZE(words); i++) {
        g_autofree IAADecompAecs *aecs = g_new(IAADecompAecs, 1);

        iaa_aecs_default(aecs, words[i].format2);
        g_test_message("0x%x", words[i].at);
        g_assert_cmphex((uint32_t)ldl_le_p((uint8_t *)aecs + words[i].at), ==,
                        words[i].val);
    }
}

/* Whatever is in an AECS, nobody gets hurt. */
static void test_random_aecs(void)
{
    g_autofree IAADecompAecs *aecs = g_new(IAADecompAecs, 1);
    g_autofree Job *job = g_new(Job, 1);
    uint8_t src[64];
    size_t used, loaded = 0;

    seed = 4;
    for (int round = 0; round < 20000; round++) {
        bool format2 = round & 1;

        iaa_aecs_default(aecs, format2);
        for (int i = rng(20); i > 0; i--) {
            ((uint8_t *)aecs)[0x1b8 + rng(0x330)] = rng(256);
        }
        aecs->state = cpu_to_le32(rng(8));
        aecs->drop_bits = 0;
        aecs->format = format2;
        for (int i = 0; i < sizeof(src); i++) {
            src[i] = rng(256);
        }
        if (iaa_aecs_load(aecs, format2, rng(sizeof(*aecs) + 1),
                          &job->state) == IAA_CODEC_OK) {
            loaded++;
            job->len = 0;
            step(job, src, sizeof(src), PAGE, false, &used);
        }
    }
    g_assert_cmpuint(loaded, >, 1000);
}

/* Compression: sources in pieces make one stream. */
static void test_deflate_pieces(void)
{
    uint8_t src[3 * PAGE], packed[4 * PAGE], accum[IAA_ACCUM_BITS / 8] = { 0 };
    uint8_t back[3 * PAGE];
    IAACodes codes;
    IAADeflate z = {
        .codes = &codes, .accum = accum, .gen = IAA_GEN_FINAL,
        .complete = true,
    };
    z_stream inflater = {
        .next_in = packed, .next_out = back, .avail_out = sizeof(back),
    };
    IAACounts counts = { 0 };
    size_t out = 0;

    seed = 5;
    fill_text(src, sizeof(src));
    counts.ll[IAA_EOB] = 1;
    g_assert_cmpint(iaa_deflate_tables(&z, &counts), ==, IAA_CODEC_OK);
    z.gen = IAA_GEN_NONE;
    for (size_t at = 0; at < sizeof(src); at += z.src_len) {
        z.src = src + at;
        z.src_len = MIN(rng(1000), sizeof(src) - at);
        z.dst = packed + out;
        z.dst_len = sizeof(packed) - out;
        z.flush = at + z.src_len == sizeof(src);
        z.end = z.flush ? IAA_END_EOB : IAA_END_NOTHING;
        z.literals = rng(4) == 0;
        g_assert_cmpint(iaa_deflate(&z), ==, IAA_CODEC_OK);
        g_assert(z.flush || (z.out_len % 8 == 0 && z.accum_bits < 64));
        out += z.out_len;
    }
    inflater.avail_in = out;
    g_assert_cmpint(inflateInit2(&inflater, -12), ==, Z_OK);
    g_assert_cmpint(inflate(&inflater, Z_FINISH), ==, Z_STREAM_END);
    g_assert_cmpmem(back, inflater.total_out, src, sizeof(src));
    inflateEnd(&inflater);
}

/* Big-endian both ways, and bits at the end that don't count */
static void test_big_endian(void)
{
    uint8_t src[PAGE], packed[2 * PAGE], accum[IAA_ACCUM_BITS / 8] = { 0 };
    g_autofree Job *job = g_new(Job, 1);
    IAACodes codes;
    IAADeflate z = {
        .src = src, .src_len = PAGE, .dst = packed, .dst_len = sizeof(packed),
        .codes = &codes, .accum = accum, .gen = IAA_GEN_FINAL,
        .end = IAA_END_EOB, .flush = true, .big_endian = true,
    };
    IAAInflate in = {
        .src = packed, .dst = job->out, .dst_len = PAGE, .big_endian = true,
        .flush = true, .check_eob = true,
    };

    seed = 6;
    fill_text(src, PAGE);
    g_assert_cmpint(iaa_deflate(&z), ==, IAA_CODEC_OK);
    g_assert_cmpuint(z.out_len % 2, ==, 0);
    in.src_len = z.out_len;
    in.ignore_bits = z.out_bits ? 16 - z.out_bits : 0;
    iaa_inflate_start(&job->state);
    g_assert_cmpint(iaa_inflate(&in, &job->state), ==, IAA_CODEC_OK);
    g_assert_cmpmem(job->out, in.out_len, src, PAGE);
    g_assert_cmpuint(job->state.unread, ==, 0);

    in.ignore_bits++;
    iaa_inflate_start(&job->state);
    g_assert_cmpint(iaa_inflate(&in, &job->state), ==, IAA_CODEC_NO_EOB);
}

void iaa_add_job_tests(void)
{
    g_test_add_func("/iaa/codec/split/bits", test_split_bits);
    g_test_add_func("/iaa/codec/split/bit-offset", test_bit_offset);
    g_test_add_func("/iaa/codec/split/bytes", test_split_bytes);
    g_test_add_func("/iaa/codec/split/many", test_split_many);
    g_test_add_func("/iaa/codec/split/stored", test_split_stored);
    g_test_add_func("/iaa/codec/split/deflate", test_deflate_pieces);
    g_test_add_func("/iaa/codec/canned", test_canned);
    g_test_add_func("/iaa/codec/aecs-layout", test_layout);
    g_test_add_func("/iaa/codec/random-aecs", test_random_aecs);
    g_test_add_func("/iaa/codec/big-endian", test_big_endian);
}
