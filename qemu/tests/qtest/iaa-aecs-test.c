/*
 * IAA accelerator: state between descriptors
 *
 * Cases have the names of the sections of the IAA specification.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include <zlib.h>
#include "iaa-stream.h"

#define PAGE        IAA_PAGE
#define TABLES      (AECS + 0x4000)     /* another AECS */
#define NOMINAL     5376
#define CANNED      480                 /* up to the input accumulator */

/* Canned headers: of tables that are known on both sides, as software would */

static void canned_make(uint8_t *aecs)
{
    uint8_t src[PAGE];
    IAATest t;
    IAADesc d;

    iaa_start_simple(&t, true);
    iaa_fill_text(src, PAGE, 3);
    qtest_memwrite(t.qts, SRC, src, PAGE);
    d = iaa_first_pass(PAGE, 0x7006, TABLES);
    d.filter_flags |= 1;
    iaa_expect(&t, &d, 1, 0);
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

    iaa_start_simple(&t, gen2);
    iaa_fill_text(src, PAGE, 4);
    qtest_memwrite(t.qts, SRC, src, PAGE);
    qtest_memwrite(t.qts, AECS, tables, sizeof(IAAAecs));
    r = iaa_run_desc(&t, &d);
    g_assert_cmphex(r.status, ==, 1);
    iaa_zlib_check(&t, DST, r.output_size, src, PAGE);

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
    iaa_memory_check(&t, BACK, src, PAGE);

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

    iaa_start_simple(&t, gen2);
    iaa_fill_text(src, len, 5);
    packed = iaa_zlib_pack(src, len, buf, size);
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
        iaa_memory_check(&t, BACK, src, len);
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

    iaa_start_simple(&t, gen2);
    iaa_fill_text(src, len, 6);
    packed = iaa_zlib_pack(src, len, buf, size);
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
    iaa_memory_check(&t, BACK, src, len);
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

    iaa_start_simple(&t, false);
    iaa_fill_text(src, sizeof(src), 7);
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
    iaa_zlib_check(&t, DST, out, src, sizeof(src));
    iaa_stop(&t);
}

/*
 * 3.2: codes that are loaded without what stands before them in the AECS.  The
 * device parses a header, and leaves the codes behind; a payload without any
 * header is all that it is given then.
 */
static void test_load_partial(void)
{
    const uint32_t partial = 0x4e0 - 448;   /* up to the codes' end */
    uint8_t tables[sizeof(IAAAecs)], aecs[NOMINAL] = { 0 }, src[PAGE];
    uint64_t parsed = TABLES + 0x2000;
    IAARecord r;
    IAADesc d;
    IAATest t;

    canned_make(tables);
    iaa_start_simple(&t, true);
    memcpy(aecs + 0xb8, tables + 0x20, 256);
    accum_bits_set(aecs, lduw_le_p(tables + 0x1c));
    aecs[0xb0] = aecs[0x1dd] = aecs[0x434] = 1;
    qtest_memwrite(t.qts, TABLES, aecs, NOMINAL);
    /* Read from A, written to A + S: what is read and what is written differ */
    d = iaa_decompress(RECORD(0), 0, 0, 0, 0);
    d.op_flags = 0x201;
    d.flags_op |= 0x50000;
    d.src2_addr = TABLES;
    d.src2_size = 0x2000;
    iaa_expect(&t, &d, 1, 0);

    iaa_fill_text(src, PAGE, 9);
    qtest_memwrite(t.qts, SRC, src, PAGE);
    stl_le_p(tables + 0x1c, 0);
    qtest_memwrite(t.qts, AECS, tables, sizeof(tables));
    d = iaa_compress(RECORD(0), PAGE, 2 * PAGE);
    r = iaa_run_desc(&t, &d);
    g_assert_cmphex(r.status, ==, 1);

    d = iaa_decompress(RECORD(0), DST, r.output_size, BACK, PAGE);
    d.op_flags = 0x201f;
    d.flags_op |= 0x10000;
    d.src2_addr = parsed + 448;
    d.src2_size = partial;
    r = iaa_run_desc(&t, &d);
    g_assert_cmphex(r.status, ==, 1);
    g_assert_cmpuint(r.output_size, ==, PAGE);
    iaa_memory_check(&t, BACK, src, PAGE);
    /* not partial: the codes are not where they are looked for */
    d.op_flags = 0x1f;
    g_assert_cmphex(iaa_run_desc(&t, &d).status, !=, 1);
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

        iaa_start_simple(&t, b->gen2);
        g_test_message("%s", b->name);
        aecs[0xb0] = aecs[0x1dd] = b->gen2;
        aecs[0x434] = 1;
        d.flags_op |= 0x10000;
        d.src2_addr = TABLES;
        d.src2_size = NOMINAL;
        qtest_writew(t.qts, SRC, 0x0003);       /* fixed, end-of-block */
        qtest_memwrite(t.qts, TABLES, aecs, NOMINAL);
        iaa_expect(&t, &d, 1, 0);
        aecs[b->offset] = b->val;
        if (b->error == 0x2e) {
            aecs[0x434] = 0;
        }
        qtest_memwrite(t.qts, TABLES, aecs, NOMINAL);
        iaa_expect(&t, &d, 0x0a, b->error);
        iaa_stop(&t);
    }
}

void iaa_add_aecs_tests(void)
{
    qtest_add_func("/iaa/aecs/3.2-load-partial", test_load_partial);
    qtest_add_func("/iaa/aecs/6.4.1-canned", test_canned);
    qtest_add_func("/iaa/aecs/3.3-inflate-job", test_inflate_job);
    qtest_add_func("/iaa/aecs/3.10.1-overflow", test_overflow);
    qtest_add_func("/iaa/aecs/6.4.2-deflate-job", test_deflate_job);
    qtest_add_func("/iaa/aecs/4.3-bad", test_bad_aecs);
}
