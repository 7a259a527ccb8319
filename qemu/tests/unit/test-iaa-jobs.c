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
        "of ", "the ", "descriptor ", "toggle ", "history ",
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

/* Every bit: accumulator and source.  (Stored blocks are aligned in the source.) */
static void test_split_bits(void)
{
    uint8_t src[600], packed[IAA_ACCUM_BITS / 8];
    g_autofree Job *job = g_new(Job, 1);
    size_t n, used;

    seed = 1;
    fill_text(src, sizeof(src));
    n = zlib_dynamic(src, sizeof(src), packed, sizeof(packed));
    g_assert_cmphex(packed[0] & 7, ==, 5);
    for (unsigned bits = 0; bits <= n * 8; bits++) {
        uint8_t rest[sizeof(packed) + 1] = { 0 };
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
                             sizeof(src), true, &used), ==, IAA_CODEC_OK);
        g_assert_cmpmem(job->out, job->len, src, sizeof(src));
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
    g_test_add_func("/iaa/codec/split/bytes", test_split_bytes);
    g_test_add_func("/iaa/codec/split/many", test_split_many);
    g_test_add_func("/iaa/codec/split/deflate", test_deflate_pieces);
    g_test_add_func("/iaa/codec/canned", test_canned);
    g_test_add_func("/iaa/codec/random-aecs", test_random_aecs);
    g_test_add_func("/iaa/codec/big-endian", test_big_endian);
}
