/*
 * The IAA accelerator's deflate codec against zlib
 *
 * Whatever one compresses the other has to decompress, within the
 * accelerator's 4 KiB history; whatever is wrong with a stream has to be found
 * without reading or writing where the codec shouldn't.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/host-utils.h"
#include <zlib.h>
#include "../../hw/misc/iaa/iaa-codec.h"
#include "test-iaa-codec.h"

#define SLACK   64
#define CANARY  0xa5

/* Sources */

static uint32_t rng_state;

static uint32_t rng(void)
{
    rng_state ^= rng_state << 13;
    rng_state ^= rng_state >> 17;
    rng_state ^= rng_state << 5;
    return rng_state;
}

static void fill_zero(uint8_t *p, size_t n)
{
    memset(p, 0, n);
}

static void fill_random(uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        p[i] = rng();
    }
}

static void fill_text(uint8_t *p, size_t n)
{
    static const char *const words[] = {
        "the ", "page ", "queue ", "of ", "accelerator", " and ", "window, ",
        "is ", "a ", "descriptor. ", "\n", "to ", "in ", "memory ", "0x",
        "return ", "static int ", "struct ", "if (", ");\n",
    };

    for (size_t i = 0; i < n; ) {
        const char *w = words[rng() % ARRAY_SIZE(words)];

        while (*w && i < n) {
            p[i++] = *w++;
        }
    }
}

/* Like a heap: small integers and pointers that share their upper bytes */
static void fill_heap(uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        static const uint8_t high[8] = { 0, 0, 0, 0x12, 0x7f, 0x55 };

        p[i] = i % 8 < 3 ? (rng() % 4 ? rng() % 16 : 0) : high[i % 8];
    }
}

/* Matches exactly as far back as the window, and one byte farther */
static void fill_far(uint8_t *p, size_t n)
{
    fill_random(p, n);
    for (size_t i = IAA_WINDOW; i + 300 < n; i += 1000) {
        memcpy(p + i, p + i - IAA_WINDOW + (i / 1000 % 2), 280);
    }
}

static const struct Source {
    const char *name;
    void (*fill)(uint8_t *p, size_t n);
    bool compresses;    /* as single pages */
} sources[] = {
    { "zero", fill_zero, true }, { "text", fill_text, true },
    { "heap", fill_heap, true }, { "random", fill_random },
    { "far", fill_far },
};

static const size_t sizes[] = {
    1, 2, 3, 4, 7, 64, 257, 258, 259, 4095, 4096, 4097, 16384, 65536, 300001,
};

/* Codes */

static void codes_fixed(IAACodes *c)
{
    uint8_t ll_len[IAA_LL_SYMS + 2], d_len[IAA_D_SYMS + 2];
    uint32_t entry[IAA_LL_SYMS + 2];

    iaa_fixed_lengths(ll_len, d_len);
    iaa_huffman_codes(ll_len, IAA_LL_SYMS + 2, entry);
    memcpy(c->ll, entry, sizeof(c->ll));
    iaa_huffman_codes(d_len, IAA_D_SYMS + 2, entry);
    memcpy(c->d, entry, sizeof(c->d));
}

static IAACodecError compress_any(const uint8_t *src, size_t n, bool dynamic,
                                  uint8_t *dst, size_t dst_len, size_t *out)
{
    uint8_t accum[IAA_ACCUM_BITS / 8] = { 3 };  /* fixed, final */
    IAACodes codes;
    IAADeflate z = {
        .src = src, .src_len = n, .dst = dst, .dst_len = dst_len,
        .gen = dynamic ? IAA_GEN_FINAL : IAA_GEN_NONE,
        .end = IAA_END_EOB, .flush = true, .codes = &codes, .accum = accum,
        .accum_bits = dynamic ? 0 : 3,
    };
    IAACodecError err;

    codes_fixed(&codes);
    err = iaa_deflate(&z);
    *out = z.out_len;
    g_assert_cmpuint(z.out_len, <=, dst_len);
    return err;
}

static size_t zlib_inflate(const uint8_t *src, size_t n, uint8_t *dst,
                           size_t dst_len)
{
    z_stream z = {
        .next_in = (Bytef *)src, .avail_in = n,
        .next_out = dst, .avail_out = dst_len,
    };

    g_assert_cmpint(inflateInit2(&z, -12), ==, Z_OK);
    g_assert_cmpint(inflate(&z, Z_FINISH), ==, Z_STREAM_END);
    g_assert_cmpuint(z.avail_in, ==, 0);
    inflateEnd(&z);
    return z.total_out;
}

static size_t zlib_deflate(const uint8_t *src, size_t n, int level,
                           int strategy, int window, uint8_t *dst,
                           size_t dst_len)
{
    z_stream z = {
        .next_in = (Bytef *)src, .avail_in = n,
        .next_out = dst, .avail_out = dst_len,
    };

    g_assert_cmpint(deflateInit2(&z, level, Z_DEFLATED, -window, 8, strategy),
                    ==, Z_OK);
    g_assert_cmpint(deflate(&z, Z_FINISH), ==, Z_STREAM_END);
    deflateEnd(&z);
    return z.total_out;
}

/* Decompresses into a buffer of @dst_len, and sees that nothing else is hit */
static IAACodecError inflate_guarded(IAAInflate *z, size_t dst_len)
{
    IAACodecError err;
    g_autofree IAAInflateState *state = g_new(IAAInflateState, 1);

    z->dst = g_malloc(dst_len + SLACK);
    z->dst_len = dst_len;
    z->flush = true;
    memset(z->dst, CANARY, dst_len + SLACK);
    iaa_inflate_start(state);
    err = iaa_inflate(z, state);
    g_assert_cmpuint(z->out_len, <=, dst_len);
    g_assert_cmpuint(z->in_len, <=, z->src_len);
    for (int i = 0; i < SLACK; i++) {
        g_assert_cmphex(z->dst[dst_len + i], ==, CANARY);
    }
    return err;
}

/* Cases */

static void round_trip(const uint8_t *src, size_t n, bool dynamic)
{
    size_t size = n * 2 + 512, out;
    g_autofree uint8_t *packed = g_malloc(size);
    g_autofree uint8_t *back = g_malloc(n + 1);
    IAAInflate z = { .stop_on_eob = true, .check_eob = true };

    g_assert_cmpint(compress_any(src, n, dynamic, packed, size, &out), ==,
                    IAA_CODEC_OK);
    g_assert_cmpuint(zlib_inflate(packed, out, back, n + 1), ==, n);
    g_assert_cmpmem(back, n, src, n);

    z.src = packed;
    z.src_len = out;
    g_assert_cmpint(inflate_guarded(&z, n), ==, IAA_CODEC_OK);
    g_assert_cmpmem(z.dst, z.out_len, src, n);
    g_assert_cmpuint(z.in_len, ==, out);
    g_free(z.dst);

    /* One byte less than it takes */
    g_assert_cmpint(compress_any(src, n, dynamic, packed, out - 1, &out), ==,
                    IAA_CODEC_COMP_OVERFLOW);
    if (n > 1) {
        g_assert_cmpint(inflate_guarded(&z, n - 1), ==,
                        IAA_CODEC_OUT_OVERFLOW);
        g_assert_cmpuint(z.out_len, <, n);
        g_assert_cmpmem(z.dst, z.out_len, src, z.out_len);
        g_free(z.dst);
    }
}

static void test_round_trip(const void *opaque)
{
    const struct Source *source = opaque;

    for (int i = 0; i < ARRAY_SIZE(sizes); i++) {
        g_autofree uint8_t *src = g_malloc(sizes[i]);

        rng_state = 0x1234567 + i;
        source->fill(src, sizes[i]);
        round_trip(src, sizes[i], false);
        round_trip(src, sizes[i], true);
    }
}

static void test_from_zlib(const void *opaque)
{
    static const int strategies[] = {
        Z_DEFAULT_STRATEGY, Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE,
    };
    const struct Source *source = opaque;

    for (int i = 0; i < ARRAY_SIZE(sizes); i++) {
        size_t n = sizes[i], size = n + n / 8 + 1024;
        g_autofree uint8_t *src = g_malloc(n);
        g_autofree uint8_t *packed = g_malloc(size);

        rng_state = 0x7654321 + i;
        source->fill(src, n);
        for (int level = 0; level <= 9; level += 3) {
            for (int s = 0; s < ARRAY_SIZE(strategies); s++) {
                IAAInflate z = {
                    .src = packed, .stop_on_eob = true, .bfinal_only = true,
                    .check_eob = true,
                };

                z.src_len = zlib_deflate(src, n, level, strategies[s], 12,
                                         packed, size);
                g_assert_cmpint(inflate_guarded(&z, n), ==, IAA_CODEC_OK);
                g_assert_cmpmem(z.dst, z.out_len, src, n);
                g_free(z.dst);
            }
        }
    }
}

/* Neither truncated nor flipped streams get anybody hurt. */
static void test_damaged(const void *opaque)
{
    const struct Source *source = opaque;
    uint8_t src[3000], packed[4096];
    size_t n;

    rng_state = 99;
    source->fill(src, sizeof(src));
    n = zlib_deflate(src, sizeof(src), 6, Z_DEFAULT_STRATEGY, 12, packed,
                     sizeof(packed));
    for (size_t cut = 0; cut < n; cut++) {
        IAAInflate z = {
            .src = packed, .src_len = cut, .stop_on_eob = true,
            .bfinal_only = true, .check_eob = true,
        };

        g_assert_cmpint(inflate_guarded(&z, sizeof(src)), !=, IAA_CODEC_OK);
        g_free(z.dst);
    }
    for (int i = 0; i < 20000; i++) {
        unsigned bit = rng() % (n * 8);
        IAAInflate z = {
            .src = packed, .src_len = n, .stop_on_eob = true,
            .check_eob = true,
        };

        packed[bit / 8] ^= 1 << bit % 8;
        inflate_guarded(&z, sizeof(src));
        g_free(z.dst);
    }
}

/* Streams that each have one thing wrong with them */
static const struct Bad {
    const char *name;
    IAACodecError err;
    size_t len;
    uint8_t bytes[24];
} bad[] = {
    { "0f-empty", IAA_CODEC_NO_EOB, 0, { 0 } },
    { "0d-type-3", IAA_CODEC_BAD_TYPE, 1, { 0x07 } },
    { "0e-stored-len", IAA_CODEC_BAD_STORED, 6,
      { 0x01, 1, 0, 0xfd, 0xff, 'x' } },
    { "0f-stored-header", IAA_CODEC_NO_EOB, 4, { 0x01, 1, 0, 0xfe } },
    { "0f-stored-short", IAA_CODEC_NO_EOB, 6, { 0x01, 2, 0, 0xfd, 0xff, 'x' } },
    { "0f-no-eob", IAA_CODEC_NO_EOB, 2, { 0x4b, 0x04 } },
    /* fixed, length 3, distance 1 before anything */
    { "12-before-start", IAA_CODEC_BEFORE_START, 3, { 0x03, 0x02, 0x00 } },
    /* fixed, literal/length symbol 286: 11000110 */
    { "0b-ll-286", IAA_CODEC_BAD_LL_CODE, 3, { 0x1b, 0x03, 0x00 } },
    /* fixed, 'a', length 3, distance symbol 30: 11110 */
    { "0c-d-30", IAA_CODEC_BAD_D_CODE, 5, { 0x4b, 0x04, 0x3e, 0x00, 0x00 } },
    /* dynamic, HLIT 31; and HDIST 31 */
    { "23-many-ll", IAA_CODEC_MANY_LL, 12, { 0xfd } },
    { "24-many-d", IAA_CODEC_MANY_D, 12, { 0x05, 0x1f } },
    { "0f-dynamic-header", IAA_CODEC_NO_EOB, 2, { 0x05, 0x00 } },
    /* dynamic, all code-length codes of no length; then all of one bit */
    { "02-no-cl", IAA_CODEC_CL_UNDEF, 12, { 0x05 } },
    { "08-over-cl", IAA_CODEC_BAD_CL_LENS, 12,
      { 0x05, 0xe0, 0x49, 0x92, 0x24, 0x49, 0x92, 0x24, 0x49 } },
};

static void test_bad(const void *opaque)
{
    const struct Bad *b = opaque;
    IAAInflate z = {
        .src = b->bytes, .src_len = b->len, .stop_on_eob = true,
        .check_eob = true,
    };

    g_assert_cmpint(inflate_guarded(&z, 100), ==, b->err);
    g_free(z.dst);
}

/* A match one byte beyond the window is zlib's to use and an error here. */
static void test_window(void)
{
    uint8_t src[IAA_WINDOW + 301], packed[8192];
    IAAInflate z = { .src = packed, .stop_on_eob = true, .check_eob = true };

    rng_state = 5;
    fill_random(src, sizeof(src));
    memcpy(src + IAA_WINDOW, src, 300);
    z.src_len = zlib_deflate(src, IAA_WINDOW + 300, 9, Z_FIXED, 15, packed,
                             sizeof(packed));
    g_assert_cmpint(inflate_guarded(&z, sizeof(src)), ==, IAA_CODEC_OK);
    g_free(z.dst);

    memcpy(src + IAA_WINDOW + 1, src, 300);
    z.src_len = zlib_deflate(src, sizeof(src), 9, Z_FIXED, 15, packed,
                             sizeof(packed));
    g_assert_cmpint(inflate_guarded(&z, sizeof(src)), ==, IAA_CODEC_FAR);
    g_free(z.dst);
}

/* Stop at the first end-of-block, at the final one, or nowhere (T6-8). */
static void test_blocks(void)
{
    static const uint8_t two[] = {
        0x00, 1, 0, 0xfe, 0xff, 'a', 0x01, 1, 0, 0xfe, 0xff, 'b',
        0x01, 1, 0, 0xfe, 0xff, 'c',
    };
    IAAInflate z = { .src = two, .src_len = sizeof(two), .stop_on_eob = true };

    g_assert_cmpint(inflate_guarded(&z, 9), ==, IAA_CODEC_OK);
    g_assert_cmpmem(z.dst, z.out_len, "a", 1);
    g_free(z.dst);
    z.bfinal_only = true;
    g_assert_cmpint(inflate_guarded(&z, 9), ==, IAA_CODEC_OK);
    g_assert_cmpmem(z.dst, z.out_len, "ab", 2);
    g_free(z.dst);
    /* an end-of-block that isn't stopped at is like any token */
    z.stop_on_eob = false;
    z.check_eob = true;
    g_assert_cmpint(inflate_guarded(&z, 9), ==, IAA_CODEC_OK);
    g_assert_cmpmem(z.dst, z.out_len, "abc", 3);
    g_free(z.dst);
    /* the last token ends a block, but not the final one */
    z.src_len = 6;
    g_assert_cmpint(inflate_guarded(&z, 9), ==, IAA_CODEC_NO_EOB);
    g_assert_cmpmem(z.dst, z.out_len, "a", 1);
    g_free(z.dst);
    z.bfinal_only = false;
    g_assert_cmpint(inflate_guarded(&z, 9), ==, IAA_CODEC_OK);
    g_free(z.dst);
}

/* The codes that it is given are the codes that it uses. */
static void test_given_codes(void)
{
    uint8_t src[512], dst[1024], accum[IAA_ACCUM_BITS / 8];
    IAACodes codes = { 0 };
    IAADeflate z = {
        .src = src, .src_len = sizeof(src), .dst = dst, .dst_len = sizeof(dst),
        .codes = &codes, .accum = accum, .end = IAA_END_EOB, .flush = true,
        .literals = true,
    };

    /* No length codes at all: eight bits a literal, and nine for the end */
    rng_state = 3;
    fill_text(src, sizeof(src));
    for (int i = 0; i < 256; i++) {
        codes.ll[i] = IAA_CODE(8, i);
    }
    codes.ll[IAA_EOB] = IAA_CODE(9, 0x1ff);
    g_assert_cmpint(iaa_deflate(&z), ==, IAA_CODEC_OK);
    g_assert_cmpuint(z.out_len, ==, sizeof(src) + 2);
    g_assert_cmpuint(z.out_bits, ==, 1);
    for (int i = 0; i < sizeof(src); i++) {
        g_assert_cmphex(dst[i], ==, revbit8(src[i]));
    }

    /* Not flushed: whole words only, the rest stays in the accumulator */
    z.flush = false;
    g_assert_cmpint(iaa_deflate(&z), ==, IAA_CODEC_OK);
    g_assert_cmpuint(z.out_len, ==, sizeof(src));
    g_assert_cmpuint(z.accum_bits, ==, 9);
    g_assert_cmphex(accum[0], ==, 0xff);
    g_assert_cmphex(accum[1], ==, 0x01);

    /* Big-endian: each 16-bit word the other way round */
    z.accum_bits = 0;
    z.flush = z.big_endian = true;
    g_assert_cmpint(iaa_deflate(&z), ==, IAA_CODEC_OK);
    g_assert_cmpuint(z.out_len, ==, sizeof(src) + 2);
    g_assert_cmpuint(z.out_bits, ==, 9);
    for (int i = 0; i < sizeof(src); i++) {
        g_assert_cmphex(dst[i], ==, src[i ^ 1]);
    }

    /* A match, then a literal without a code (0x1e) */
    z.literals = false;
    g_assert_cmpint(iaa_deflate(&z), ==, IAA_CODEC_NO_CODE);
    z.literals = true;
    codes.ll[src[17]] = 0;
    g_assert_cmpint(iaa_deflate(&z), ==, IAA_CODEC_NO_CODE);
    /* ... and bits above the length don't count (T6-21) */
    codes.ll[src[17]] = IAA_CODE(8, src[17]) | 1 << 19;
    g_assert_cmpint(iaa_deflate(&z), ==, IAA_CODEC_OK);
}

/* Not worse than zlib at its fastest, where both use the fixed codes */
static void test_ratio(const void *opaque)
{
    const struct Source *source = opaque;
    uint8_t src[4096], packed[8192];
    size_t ours = 0, theirs = 0, out;

    rng_state = 77;
    for (int page = 0; page < 64; page++) {
        source->fill(src, sizeof(src));
        compress_any(src, sizeof(src), false, packed, sizeof(packed), &out);
        ours += out;
        theirs += zlib_deflate(src, sizeof(src), 1, Z_FIXED, 12, packed,
                               sizeof(packed));
    }
    g_test_message("%s: %zu bytes, zlib -1 fixed %zu", source->name, ours,
                   theirs);
    /* zlib stores what doesn't compress; the accelerator can't. */
    g_assert_cmpuint(ours, <=, source->compresses ? theirs + theirs / 50 :
                               64 * sizeof(src) * 17 / 16);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (int i = 0; i < ARRAY_SIZE(sources); i++) {
        g_autofree char *trip = g_strdup_printf("/iaa/codec/round-trip/%s",
                                                sources[i].name);
        g_autofree char *from = g_strdup_printf("/iaa/codec/from-zlib/%s",
                                                sources[i].name);
        g_autofree char *damaged = g_strdup_printf("/iaa/codec/damaged/%s",
                                                   sources[i].name);
        g_autofree char *ratio = g_strdup_printf("/iaa/codec/ratio/%s",
                                                 sources[i].name);

        g_test_add_data_func(trip, &sources[i], test_round_trip);
        g_test_add_data_func(from, &sources[i], test_from_zlib);
        g_test_add_data_func(damaged, &sources[i], test_damaged);
        g_test_add_data_func(ratio, &sources[i], test_ratio);
    }
    for (int i = 0; i < ARRAY_SIZE(bad); i++) {
        g_autofree char *name = g_strdup_printf("/iaa/codec/bad/%s",
                                                bad[i].name);

        g_test_add_data_func(name, &bad[i], test_bad);
    }
    g_test_add_func("/iaa/codec/window", test_window);
    g_test_add_func("/iaa/codec/blocks", test_blocks);
    g_test_add_func("/iaa/codec/given-codes", test_given_codes);
    iaa_add_job_tests();
    iaa_add_header_tests();
    iaa_add_page_tests();
    return g_test_run();
}
