/*
 * The IAA accelerator's deflate codec: headers of dynamic blocks
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include <zlib.h>
#include "../../hw/misc/iaa/iaa-bitwriter.h"
#include "test-iaa-codec.h"

/* Code lengths */

static void check_lengths(const uint32_t *freq, unsigned n, unsigned max)
{
    uint8_t len[IAA_LL_SYMS];
    uint64_t kraft = 0;

    iaa_huffman_lengths(freq, n, max, len);
    for (unsigned i = 0; i < n; i++) {
        g_assert_cmpuint(len[i], <=, max);
        g_assert(!len[i] == !freq[i]);
        kraft += len[i] ? 1 << (max - len[i]) : 0;
    }
    g_assert_cmpuint(kraft, ==, 1 << max);
}

/* Fibonacci frequencies make the deepest tree there is. */
static void test_huffman(void)
{
    uint32_t freq[IAA_LL_SYMS] = { 1, 1 }, x;

    for (unsigned n = 2; n <= 40; n++) {
        freq[n] = n < 40 ? freq[n - 1] + freq[n - 2] : 0;
        check_lengths(freq, n, 15);
        if (n <= 19) {
            check_lengths(freq, n, 7);
        }
    }
    x = 8;
    for (int round = 0; round < 500; round++) {
        for (int i = 0; i < IAA_LL_SYMS; i++) {
            x = x * 1664525 + 1013904223;
            freq[i] = x >> 8 & 3 ? x >> (x >> 24 & 31) : 0;
        }
        freq[0] = freq[1] = 1;
        check_lengths(freq, IAA_LL_SYMS, 15);
    }
}

/* Headers made: whatever the statistics, zlib and we can read them. */

static void check_header(const IAACounts *counts, bool complete)
{
    uint8_t accum[IAA_ACCUM_BITS / 8] = { 0 }, out[512], back[1];
    g_autofree IAAInflateState *state = g_new(IAAInflateState, 1);
    IAACodes codes;
    IAADeflate z = {
        .gen = IAA_GEN_FINAL, .codes = &codes, .accum = accum,
        .end = IAA_END_EOB, .flush = true, .complete = complete,
        .dst = out, .dst_len = sizeof(out),
    };
    IAAInflate in = {
        .src = out, .dst = back, .stop_on_eob = true, .check_eob = true,
        .flush = true,
    };
    z_stream zlib = { .next_in = out, .next_out = back, .avail_out = 1 };

    g_assert_cmpint(iaa_deflate_tables(&z, counts), ==, IAA_CODEC_OK);
    z.gen = IAA_GEN_NONE;
    g_assert_cmpint(iaa_deflate(&z), ==, IAA_CODEC_OK);
    zlib.avail_in = in.src_len = z.out_len;
    g_assert_cmpint(inflateInit2(&zlib, -15), ==, Z_OK);
    g_assert_cmpint(inflate(&zlib, Z_FINISH), ==, Z_STREAM_END);
    inflateEnd(&zlib);
    iaa_inflate_start(state);
    g_assert_cmpint(iaa_inflate(&in, state), ==, IAA_CODEC_OK);
}

static void test_made(void)
{
    IAACounts counts = { 0 };
    uint32_t x = 7;

    counts.ll[IAA_EOB] = 1;
    check_header(&counts, false);
    check_header(&counts, true);
    for (int round = 0; round < 2000; round++) {
        unsigned sparse = 1 + round % 60;

        for (int i = 0; i < IAA_LL_SYMS + IAA_D_SYMS; i++) {
            uint32_t v;

            x = x * 1664525 + 1013904223;
            v = (x >> 8) % sparse ? 0 : 1 + ((x >> 16) & 0xfff);
            *(i < IAA_LL_SYMS ? &counts.ll[i] :
                                &counts.d[i - IAA_LL_SYMS]) = v;
        }
        counts.ll[IAA_EOB] = 1;
        check_header(&counts, false);
        check_header(&counts, true);
    }
}

/* Public vectors of the dynamic mode: how near the sizes are to Intel's. */
static void test_vectors(void)
{
    static const struct { const char *text; unsigned intel; } vectors[] = {
        { "Join us now and share the software "
          "Join us now and share the software ", 46 },
        { "This document describes a compression method based on the DEFLATE"
          "compression algorithm.  This document defines the application of "
          "the DEFLATE algorithm to the IP Payload Compression Protocol.",
          121 },
    };

    for (int i = 0; i < ARRAY_SIZE(vectors); i++) {
        uint8_t out[512], accum[IAA_ACCUM_BITS / 8] = { 0 };
        IAACodes codes;
        IAADeflate z = {
            .src = (const uint8_t *)vectors[i].text,
            .src_len = strlen(vectors[i].text), .dst = out,
            .dst_len = sizeof(out), .gen = IAA_GEN_FINAL, .codes = &codes,
            .accum = accum, .end = IAA_END_EOB, .flush = true,
        };

        g_assert_cmpint(iaa_deflate(&z), ==, IAA_CODEC_OK);
        g_test_message("%zu bytes: %zu, Intel's device %u", z.src_len,
                       z.out_len, vectors[i].intel);
        g_assert_cmpuint(z.out_len, <=, vectors[i].intel + 3);
        g_assert_cmpuint(z.out_len + 3, >=, vectors[i].intel);
    }
}

/* Headers by hand, from lists of code-length symbols */

#define END     0xffff
#define REP(sym, extra)     ((sym) | (extra) << 8)

typedef struct Header {
    const char *name;
    IAACodecError err;
    uint16_t ll[8], d[6];       /* END ends them; d may be empty */
    uint8_t then;               /* bits that follow */
    uint8_t hlit, hdist;
} Header;

/* So many zeros; 138 and 118 are 256, up to end-of-block. */
enum { Z138 = REP(18, 127), Z118 = REP(18, 107) };

static const Header headers[] = {
    { "good", IAA_CODEC_OK, { Z138, Z118, 1, END }, { 1, END } },
    { "03-ll-first-16", IAA_CODEC_LL_FIRST_16, { REP(16, 0), END } },
    { "04-d-first-16", IAA_CODEC_D_FIRST_16, { Z138, Z118, 1, END },
      { REP(16, 0), END }, .hdist = 5 },
    { "05-no-ll", IAA_CODEC_NO_LL, { Z138, REP(18, 108), END },
      { 1, END } },
    /* 253 zeros, a length, and that three times more; or four times */
    { "repeat-to-the-end", IAA_CODEC_OK,
      { Z138, REP(18, 104), 2, REP(16, 0), END }, { 1, END }, 0x03 },
    { "06-repeat-across", IAA_CODEC_LL_COUNT,
      { Z138, REP(18, 104), 2, REP(16, 1), END } },
    { "06-zeros-across", IAA_CODEC_LL_COUNT,
      { 1, Z138, REP(18, 108), END } },
    { "07-d-count", IAA_CODEC_D_COUNT, { Z138, Z118, 1, END },
      { 1, REP(16, 0), END }, .hdist = 2 },
    { "09-ll-over", IAA_CODEC_BAD_LL_LENS,
      { 1, 1, Z138, REP(18, 105), 1, END }, { 1, END } },
    { "0a-d-over", IAA_CODEC_BAD_D_LENS, { Z138, Z118, 1, END },
      { 1, 1, 1, END }, .hdist = 2 },
    /* one code of two bits: others are no code */
    { "incomplete", IAA_CODEC_OK, { Z138, Z118, 2, END }, { 2, END } },
    { "0b-incomplete", IAA_CODEC_BAD_LL_CODE, { Z138, Z118, 2, END },
      { 2, END }, 0x03 },
    /* a literal, a length, and a distance that is no code */
    { "0c-incomplete", IAA_CODEC_BAD_D_CODE,
      { 2, Z138, REP(18, 106), 2, 2, END }, { 2, END }, 0x0d,
      .hlit = 1 },
    /* no end-of-block: an error only when it is missed */
    { "0f-no-eob", IAA_CODEC_NO_EOB, { 1, Z138, Z118, END },
      { 1, END } },
    { "no-distances", IAA_CODEC_OK, { Z138, Z118, 1, END }, { 0, END } },
};

/* Code lengths 0, 1, 2 and the repeats, three bits each */
static void put_symbols(BitWriter *w, const uint16_t *syms)
{
    static const uint8_t extra[19] = { [16] = 2, [17] = 3, [18] = 7 };
    static const uint8_t code[19] = {
        [0] = 0, [1] = 1, [2] = 2, [16] = 3, [17] = 4, [18] = 5,
    };

    for (; *syms != END; syms++) {
        put_code(w, IAA_CODE(3, code[*syms & 0xff]));
        put_bits(w, *syms >> 8, extra[*syms & 0xff]);
    }
}

static void test_by_hand(const void *opaque)
{
    const Header *h = opaque;
    uint8_t buf[64] = { 0 }, out[600];
    BitWriter w = { .dst = buf, .size = sizeof(buf) };
    g_autofree IAAInflateState *state = g_new(IAAInflateState, 1);
    IAAInflate z = {
        .src = buf, .dst = out, .dst_len = sizeof(out) - 8, .flush = true,
        .stop_on_eob = true, .check_eob = true,
    };

    put_bits(&w, 5, 3);
    put_bits(&w, h->hlit, 5);
    put_bits(&w, h->hdist, 5);
    put_bits(&w, IAA_CL_SYMS - 4, 4);
    for (int i = 0; i < IAA_CL_SYMS; i++) {
        unsigned sym = iaa_cl_order[i];

        put_bits(&w, sym < 3 || sym > 15 ? 3 : 0, 3);
    }
    put_symbols(&w, h->ll);
    if (h->d[0] || h->d[1]) {
        put_symbols(&w, h->d);
    }
    put_bits(&w, h->then, 8);
    put_bits(&w, 0, 16);
    z.src_len = w.pos;
    iaa_inflate_start(state);
    g_assert_cmpint(iaa_inflate(&z, state), ==, h->err);
}

/* 0x01: unfinished, and more than the accumulator can keep */
static void test_long(void)
{
    uint8_t buf[260] = { 0 }, out[8];
    BitWriter w = { .dst = buf, .size = sizeof(buf) };
    g_autofree IAAInflateState *state = g_new(IAAInflateState, 1);
    IAAInflate z = { .src = buf, .dst = out };

    put_bits(&w, 5, 3);
    put_bits(&w, 29, 5);
    put_bits(&w, 29, 5);
    put_bits(&w, IAA_CL_SYMS - 4, 4);
    for (int i = 0; i < IAA_CL_SYMS; i++) {
        put_bits(&w, iaa_cl_order[i] == 8 ? 7 : 0, 3);
    }
    /* ... and then nothing but zeros, of which seven are a length of 8 */
    for (z.src_len = 100; z.src_len < 260; z.src_len++) {
        iaa_inflate_start(state);
        g_assert_cmpint(iaa_inflate(&z, state), ==, z.src_len > 256 ?
                        IAA_CODEC_HEADER_LONG : IAA_CODEC_OK);
        g_assert_cmpuint(state->accum_bits, ==,
                         z.src_len > 256 ? 0 : z.src_len * 8);
    }
}

void iaa_add_header_tests(void)
{
    g_test_add_func("/iaa/codec/huffman", test_huffman);
    g_test_add_func("/iaa/codec/header/made", test_made);
    g_test_add_func("/iaa/codec/header/vectors", test_vectors);
    g_test_add_func("/iaa/codec/header/01-long", test_long);
    for (int i = 0; i < ARRAY_SIZE(headers); i++) {
        g_autofree char *name = g_strdup_printf("/iaa/codec/header/%s",
                                                headers[i].name);

        g_test_add_data_func(name, &headers[i], test_by_hand);
    }
}
