/*
 * IAA accelerator: state between descriptors, statistics, generated headers
 *
 * Cases have the names of the sections of the IAA specification.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include <zlib.h>
#include "iaa-util.h"

#define PAGE        4096
#define TABLES      (AECS + 0x4000)     /* another AECS */
#define NOMINAL     5376
#define CANNED      480                 /* up to the input accumulator */

static void fill_text(uint8_t *p, size_t n, unsigned seed)
{
    static const char *const words[] = {
        "page ", "queue ", "the ", "zswap", " = ", "(struct ", "0x", ";\n",
        "return ", "of ", "accelerator ", "int ", "a", "descriptor ",
    };

    for (size_t i = 0; i < n; ) {
        const char *w = words[(seed = seed * 1664525 + 1013904223) >> 16 &
                              0x7fff % ARRAY_SIZE(words)];

        while (*w && i < n) {
            p[i++] = *w++;
        }
    }
}

static void fill_random(uint8_t *p, size_t n)
{
    uint32_t x = 12345;

    for (size_t i = 0; i < n; i++) {
        x = x * 1664525 + 1013904223;
        p[i] = x >> 24;
    }
}

static size_t zlib_pack(const uint8_t *src, size_t n, uint8_t *dst,
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

/* What is at @addr is a whole stream that makes @want. */
static void zlib_check(IAATest *t, uint64_t addr, size_t n,
                       const uint8_t *want, size_t want_len)
{
    g_autofree uint8_t *packed = g_malloc(n), *back = g_malloc(want_len + 1);
    z_stream z = {
        .next_in = packed, .avail_in = n,
        .next_out = back, .avail_out = want_len + 1,
    };

    qtest_memread(t->qts, addr, packed, n);
    g_assert_cmpint(inflateInit2(&z, -12), ==, Z_OK);
    g_assert_cmpint(inflate(&z, Z_FINISH), ==, Z_STREAM_END);
    g_assert_cmpmem(back, z.total_out, want, want_len);
    inflateEnd(&z);
}

static void memory_check(IAATest *t, uint64_t addr, const uint8_t *want,
                         size_t n)
{
    g_autofree uint8_t *got = g_malloc(n);

    qtest_memread(t->qts, addr, got, n);
    g_assert_cmpmem(got, n, want, n);
}

static void start(IAATest *t, bool gen2)
{
    iaa_start(t, gen2 ? ",version=0x200,instant=on" : ",instant=on");
    iaa_aecs_fixed(t);
    iaa_up(t, 16);
}

static void expect(IAATest *t, const IAADesc *d, uint8_t status, uint8_t error)
{
    IAARecord r = iaa_run_desc(t, d);

    g_assert_cmphex(r.status, ==, status);
    g_assert_cmphex(r.error_code, ==, error);
}

/* Header generation */

static IAADesc dynamic(uint32_t len, uint16_t flags)
{
    IAADesc d = iaa_compress(RECORD(0), len, 2 * PAGE);

    d.flags_op = 0x4300010c;
    d.op_flags = flags;
    d.src2_addr = d.src2_size = 0;
    return d;
}

/* First pass of two; the AECS is written to @to */
static IAADesc first_pass(uint32_t len, uint16_t flags, uint64_t to)
{
    IAADesc d = dynamic(len, flags);

    d.flags_op = 0x4344010c;        /* toggle: write to A */
    d.dst_addr = d.max_dst_size = 0;
    d.src2_addr = to;
    d.src2_size = sizeof(IAAAecs);
    d.filter_flags = 2;
    return d;
}

static void test_header_gen(void)
{
    uint8_t src[PAGE];
    IAADesc d;
    IAARecord r;
    IAATest t;

    start(&t, true);
    fill_text(src, PAGE, 1);
    qtest_memwrite(t.qts, SRC, src, PAGE);
    d = dynamic(PAGE, 0x3006);
    r = iaa_run_desc(&t, &d);
    g_assert_cmphex(r.status, ==, 1);
    zlib_check(&t, DST, r.output_size, src, PAGE);
    g_assert_cmphex(qtest_readb(t.qts, DST) & 7, ==, 5);

    /* a block that isn't the last; the final stored block is */
    d.op_flags = 0x200e;
    r = iaa_run_desc(&t, &d);
    g_assert_cmphex(r.status, ==, 1);
    zlib_check(&t, DST, r.output_size, src, PAGE);
    g_assert_cmphex(qtest_readb(t.qts, DST) & 7, ==, 4);

    /* no header: the device can't read it back */
    d.op_flags = 0x1006;
    r = iaa_run_desc(&t, &d);
    g_assert_cmphex(r.status, ==, 1);
    d = iaa_decompress(RECORD(0), DST, r.output_size, BACK, PAGE);
    d.op_flags = 0x1f;
    g_assert_cmphex(iaa_run_desc(&t, &d).status, !=, 1);

    /* 0x28, 0x2a; and a header without end-of-block that has 257 codes */
    d = dynamic(PAGE + 1, 0x3006);
    expect(&t, &d, 0x0a, 0x28);
    d = dynamic(4, 0x3002);
    expect(&t, &d, 0x0a, 0x2a);
    d = dynamic(4, 0x1002);
    expect(&t, &d, 1, 0);
    d = dynamic(PAGE, 0x3002);
    expect(&t, &d, 1, 0);

    /* 0x2c, and the accumulator's limit (T4-6), by a pass that reads an AECS */
    d.op_flags = 0x3006;
    d.flags_op |= 0x10000;
    d.src2_addr = AECS;
    d.src2_size = sizeof(IAAAecs);
    expect(&t, &d, 1, 0);
    qtest_writel(t.qts, AECS + 0x1c, 2040);
    expect(&t, &d, 0x0a, 0x2c);
    qtest_writel(t.qts, AECS + 0x1c, 2048);
    expect(&t, &d, 0x0a, 0x16);
    iaa_stop(&t);
}

/* 3.4.5.1: the first pass's AECS is read by the second. */
static void check_two_pass(IAATest *t, const uint8_t *src, uint32_t len,
                           bool complete)
{
    IAADesc d = first_pass(len, 0x7006, TABLES);
    IAARecord r;

    qtest_memwrite(t->qts, SRC, src, len);
    d.filter_flags |= complete;
    r = iaa_run_desc(t, &d);
    g_assert_cmphex(r.status, ==, 1);
    g_assert_cmpuint(r.output_size, ==, 0);
    d = iaa_compress(RECORD(0), len, 2 * len);
    d.src2_addr = TABLES;
    r = iaa_run_desc(t, &d);
    g_assert_cmphex(r.status, ==, 1);
    zlib_check(t, DST, r.output_size, src, len);
}

static void test_two_pass(void)
{
    size_t len = 5 * PAGE;
    g_autofree uint8_t *src = g_malloc(len);
    IAAStats stats;
    uint32_t bits;
    IAADesc d;
    IAATest t;

    start(&t, true);
    fill_text(src, len, 2);
    check_two_pass(&t, src, len, false);
    check_two_pass(&t, src, len, true);
    /* complete: symbols up to 272 and 23 at least have codes (3.4.5) */
    for (int i = 0; i < 273; i++) {
        g_assert_cmphex(qtest_readl(t.qts, TABLES + 0x120 + i * 4), !=, 0);
    }
    for (int i = 0; i < 24; i++) {
        g_assert_cmphex(qtest_readl(t.qts, TABLES + 0x5a0 + i * 4), !=, 0);
    }

    /* 3.4.5.3: the same tables from statistics */
    d = first_pass(len, 0x7006, TABLES);
    expect(&t, &d, 1, 0);
    bits = qtest_readl(t.qts, TABLES + 0x1c);
    d = dynamic(len, 0x0007);
    expect(&t, &d, 1, 0);
    qtest_memread(t.qts, DST, &stats, sizeof(stats));
    qtest_memset(t.qts, AECS, 0, 2 * sizeof(IAAAecs));
    qtest_memwrite(t.qts, AECS + 0x120, &stats, sizeof(stats));
    d = first_pass(0, 0xf002, AECS);
    d.flags_op = 0x4305010c;
    d.src1_addr = 0;
    expect(&t, &d, 1, 0);
    g_assert_cmpuint(qtest_readl(t.qts, AECS + 0x620 + 0x1c), ==, bits);
    for (int i = 0; i < sizeof(IAAStats); i += 4) {
        g_assert_cmphex(qtest_readl(t.qts, AECS + 0x620 + 0x120 + i), ==,
                        qtest_readl(t.qts, TABLES + 0x120 + i));
    }
    iaa_stop(&t);
}

/* 3.4.1 */
static void test_statistics(void)
{
    IAADesc d = dynamic(1, 0x0007);
    IAAStats stats;
    IAARecord r;
    IAATest t;

    start(&t, false);
    qtest_writeb(t.qts, SRC, 'a');
    r = iaa_run_desc(&t, &d);
    g_assert_cmphex(r.status, ==, 1);
    g_assert_cmpuint(r.output_size, ==, sizeof(stats));
    qtest_memread(t.qts, DST, &stats, sizeof(stats));
    for (int i = 0; i < 286; i++) {
        g_assert_cmpuint(stats.ll[i], ==, i == 'a' || i == 256);
    }
    for (int i = 0; i < 30; i++) {
        g_assert_cmpuint(stats.d[i], ==, 0);
    }

    /* no end-of-block, and 2^19 of a byte: the counter stays below */
    qtest_memset(t.qts, SRC, 'b', 0x80001);
    d = dynamic(0x80001, 0x0013);
    expect(&t, &d, 1, 0);
    qtest_memread(t.qts, DST, &stats, sizeof(stats));
    g_assert_cmphex(stats.ll['b'], ==, 0x7ffff);
    g_assert_cmphex(stats.ll[256], ==, 0);

    d.max_dst_size = sizeof(stats) - 1;
    expect(&t, &d, 0x0a, 0x19);
    iaa_stop(&t);
}

/* 3.4.6: one look, at the size that is asked for */
static void test_early_abort(void)
{
    uint8_t src[PAGE];
    IAADesc d = iaa_compress(RECORD(0), PAGE, 2 * PAGE);
    IAATest t;

    start(&t, true);
    fill_random(src, PAGE);
    memset(src, 0, 1024);
    qtest_memwrite(t.qts, SRC, src, PAGE);
    d.filter_flags = 7 << 2 | 1 << 5;       /* 7/8 after 1 KiB */
    expect(&t, &d, 1, 0);
    d.filter_flags = 5 << 2 | 3 << 5;       /* 5/8 after 4 KiB */
    expect(&t, &d, 0x0a, 0x29);
    d.src1_size = PAGE - 1;                 /* ... which are not reached */
    expect(&t, &d, 1, 0);

    fill_random(src, PAGE);
    qtest_memwrite(t.qts, SRC, src, PAGE);
    d = dynamic(PAGE, 0x3006);
    d.filter_flags = 7 << 2;
    expect(&t, &d, 0x0a, 0x29);
    d.filter_flags = 0;
    expect(&t, &d, 1, 0);
    iaa_stop(&t);
}

/* Canned headers: of tables that are known on both sides, as software would */

static void canned_make(uint8_t *aecs)
{
    uint8_t src[PAGE];
    IAATest t;
    IAADesc d;

    start(&t, true);
    fill_text(src, PAGE, 3);
    qtest_memwrite(t.qts, SRC, src, PAGE);
    d = first_pass(PAGE, 0x7006, TABLES);
    d.filter_flags |= 1;
    expect(&t, &d, 1, 0);
    qtest_memread(t.qts, TABLES, aecs, sizeof(IAAAecs));
    iaa_stop(&t);
}

static void accum_bits_set(uint8_t *aecs, unsigned bits)
{
    for (int i = 0; i < 32; i++) {
        aecs[0x1b8 + i] = MIN(bits, 64);
        bits -= MIN(bits, 64);
    }
}

static void check_canned(bool gen2, const uint8_t *tables)
{
    unsigned header = lduw_le_p(tables + 0x1c) / 8;
    uint8_t src[PAGE], aecs[CANNED] = { 0 };
    IAADesc d = iaa_compress(RECORD(0), PAGE, 2 * PAGE);
    IAARecord r;
    IAATest t;

    start(&t, gen2);
    fill_text(src, PAGE, 4);
    qtest_memwrite(t.qts, SRC, src, PAGE);
    qtest_memwrite(t.qts, AECS, tables, sizeof(IAAAecs));
    r = iaa_run_desc(&t, &d);
    g_assert_cmphex(r.status, ==, 1);
    zlib_check(&t, DST, r.output_size, src, PAGE);

    /* The header's whole bytes are left out, and given beforehand. */
    memcpy(aecs + 0xb8, tables + 0x20, header);
    accum_bits_set(aecs, header * 8);
    aecs[0xb0] = aecs[0x1dd] = gen2;
    qtest_memwrite(t.qts, TABLES, aecs, CANNED);
    d = iaa_decompress(RECORD(0), DST + header, r.output_size - header, BACK,
                       PAGE);
    d.op_flags = 0x1f;
    d.flags_op |= 0x10000;
    d.src2_addr = TABLES;
    d.src2_size = CANNED;
    r = iaa_run_desc(&t, &d);
    g_assert_cmphex(r.status, ==, 1);
    g_assert_cmpuint(r.output_size, ==, PAGE);
    g_assert_cmphex(r.crc, ==, crc32(0, src, PAGE));
    memory_check(&t, BACK, src, PAGE);

    /* without it there is no header */
    d.flags_op &= ~0x10000;
    d.src2_addr = d.src2_size = 0;
    g_assert_cmphex(iaa_run_desc(&t, &d).status, !=, 1);
    iaa_stop(&t);
}

static void test_canned(void)
{
    uint8_t tables[sizeof(IAAAecs)];

    canned_make(tables);
    check_canned(false, tables);
    check_canned(true, tables);
}

/* Jobs: a stream in many descriptors, tied together by the AECS (3.3) */

static void check_inflate_job(bool gen2, size_t chunk, bool suppress)
{
    size_t len = 3 * PAGE + 5, size = 2 * len, packed, in = 0, out = 0;
    g_autofree uint8_t *src = g_malloc(len), *buf = g_malloc(size);
    IAARecord r = { 0 };
    IAATest t;

    start(&t, gen2);
    fill_text(src, len, 5);
    packed = zlib_pack(src, len, buf, size);
    qtest_memwrite(t.qts, SRC, buf, packed);
    for (unsigned i = 0; in < packed; i++) {
        size_t n = MIN(chunk, packed - in);
        bool last = in + n == packed;
        IAADesc d = iaa_decompress(RECORD(0), SRC + in, n, BACK + out, len);

        d.op_flags = (last ? 0x1f : 0x15) | (suppress ? 0x200 : 0);
        d.flags_op |= (i ? 0x10000 : 0) | (last ? 0x80000 : 0x40000) |
                      (i % 2 ? 0x400000 : 0);
        d.src2_addr = AECS;
        d.src2_size = NOMINAL;
        r = iaa_run_desc(&t, &d);
        g_assert_cmphex(r.status, ==, 1);
        g_assert_cmpuint(r.bytes_completed, ==, 0);
        g_assert(last || r.output_size % 8 == 0);
        in += n;
        out += r.output_size;
    }
    g_assert_cmphex(r.crc, ==, crc32(0, src, len));
    g_assert_cmpuint(out, ==, suppress ? 0 : len);
    if (!suppress) {
        memory_check(&t, BACK, src, len);
    }
    iaa_stop(&t);
}

static void test_inflate_job(void)
{
    check_inflate_job(false, 100, false);
    check_inflate_job(true, 100, false);
    check_inflate_job(true, 1, true);
}

/* 3.10.1: what doesn't fit goes to another buffer. */
static void check_overflow(bool gen2)
{
    size_t len = 3 * PAGE, size = 2 * len, packed, in = 0, out = 0;
    g_autofree uint8_t *src = g_malloc(len), *buf = g_malloc(size);
    IAARecord r;
    IAATest t;

    start(&t, gen2);
    fill_text(src, len, 6);
    packed = zlib_pack(src, len, buf, size);
    qtest_memwrite(t.qts, SRC, buf, packed);
    for (unsigned i = 0; i < 100; i++) {
        IAADesc d = iaa_decompress(RECORD(0), SRC + in, packed - in,
                                   BACK + out, 700);

        d.op_flags = 0x1f;
        d.flags_op |= (i ? 0x10000 : 0) | 0x80000 | (i % 2 ? 0x400000 : 0);
        d.src2_addr = AECS;
        d.src2_size = NOMINAL;
        r = iaa_run_desc(&t, &d);
        out += r.output_size;
        in += r.bytes_completed;
        if (r.status == 1) {
            break;
        }
        g_assert_cmphex(r.status, ==, 0x0b);
    }
    g_assert_cmphex(r.status, ==, 1);
    g_assert_cmpuint(out, ==, len);
    memory_check(&t, BACK, src, len);
    iaa_stop(&t);
}

static void test_overflow(void)
{
    check_overflow(false);
    check_overflow(true);
}

/* 3.4.5, T6-11: not flushed, words only; the rest goes on from the AECS. */
static void test_deflate_job(void)
{
    uint8_t src[3 * PAGE];
    size_t out = 0;
    IAARecord r;
    IAATest t;

    start(&t, false);
    fill_text(src, sizeof(src), 7);
    qtest_memwrite(t.qts, SRC, src, sizeof(src));
    for (unsigned i = 0; i < 3; i++) {
        IAADesc d = iaa_compress(RECORD(0), PAGE, 2 * PAGE);

        d.src1_addr += i * PAGE;
        d.dst_addr += out;
        d.op_flags = i == 2 ? 0x06 : 0;
        d.flags_op |= 0x40000 | (i % 2 ? 0x400000 : 0);
        /* 64 bytes are written; the tables have to be in both halves */
        if (!i) {
            uint8_t aecs[sizeof(IAAAecs)];

            qtest_memread(t.qts, AECS, aecs, sizeof(aecs));
            qtest_memwrite(t.qts, AECS + sizeof(aecs), aecs, sizeof(aecs));
        }
        r = iaa_run_desc(&t, &d);
        g_assert_cmphex(r.status, ==, 1);
        g_assert(i == 2 || r.output_size % 8 == 0);
        g_assert_cmphex(r.crc, ==, crc32(0, src, (i + 1) * PAGE));
        out += r.output_size;
    }
    zlib_check(&t, DST, out, src, sizeof(src));
    iaa_stop(&t);
}

/* What an AECS may not hold (T4-5), one thing at a time */

typedef struct BadAecs {
    const char *name;
    bool gen2;
    uint8_t error;
    uint16_t offset;
    uint8_t val;
} BadAecs;

static const BadAecs bad_aecs[] = {
    { "3.2.1-format-2-for-1", false, 0x16, 0xb0, 1 },
    { "3.2.1-format-1-for-2", true, 0x2d, 0xb0, 0 },
    { "3.2.1-format-number", true, 0x2d, 0x1dd, 0 },
    { "4.3-output-bits", true, 0x16, 0xb0, 5 },
    { "4.3-output-bits-64", false, 0x16, 0xb0, 64 },
    { "4.3-input-bits", false, 0x16, 0x1b8, 65 },
    { "4.3-input-gap", false, 0x16, 0x1ba, 1 },
    { "3.4.5-encrypted", false, 0x26, 0x19, 1 },
    { "7.2.2-drop-bits", false, 0x16, 0x1dc, 1 },
    { "4.3-stored", false, 0x16, 0x434, 2 },
    { "4.3-history", false, 0x16, 0x4e5, 0x10 },
    /* within a block: three codes of one bit */
    { "T4-8-state-1", false, 0x2e, 0x1f4, 3 },
    { "T4-8-state-2", true, 0x2e, 0x1f4, 3 },
};

static void test_bad_aecs(void)
{
    for (int i = 0; i < ARRAY_SIZE(bad_aecs); i++) {
        const BadAecs *b = &bad_aecs[i];
        g_autofree uint8_t *aecs = g_malloc0(NOMINAL);
        IAADesc d = iaa_decompress(RECORD(0), SRC, 2, DST, PAGE);
        IAATest t;

        start(&t, b->gen2);
        g_test_message("%s", b->name);
        aecs[0xb0] = aecs[0x1dd] = b->gen2;
        aecs[0x434] = 1;
        d.flags_op |= 0x10000;
        d.src2_addr = TABLES;
        d.src2_size = NOMINAL;
        qtest_writew(t.qts, SRC, 0x0003);       /* fixed, end-of-block */
        qtest_memwrite(t.qts, TABLES, aecs, NOMINAL);
        expect(&t, &d, 1, 0);
        aecs[b->offset] = b->val;
        if (b->error == 0x2e) {
            aecs[0x434] = 0;
        }
        qtest_memwrite(t.qts, TABLES, aecs, NOMINAL);
        expect(&t, &d, 0x0a, b->error);
        iaa_stop(&t);
    }
}

void iaa_add_aecs_tests(void)
{
    qtest_add_func("/iaa/aecs/3.4.5-header-generation", test_header_gen);
    qtest_add_func("/iaa/aecs/3.4.5-two-pass", test_two_pass);
    qtest_add_func("/iaa/aecs/3.4.1-statistics", test_statistics);
    qtest_add_func("/iaa/aecs/3.4.6-early-abort", test_early_abort);
    qtest_add_func("/iaa/aecs/6.4.1-canned", test_canned);
    qtest_add_func("/iaa/aecs/3.3-inflate-job", test_inflate_job);
    qtest_add_func("/iaa/aecs/3.10.1-overflow", test_overflow);
    qtest_add_func("/iaa/aecs/6.4.2-deflate-job", test_deflate_job);
    qtest_add_func("/iaa/aecs/4.3-bad", test_bad_aecs);
}
