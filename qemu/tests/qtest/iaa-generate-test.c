/*
 * IAA accelerator: statistics, header generation, early abort
 *
 * Cases have the names of the sections of the IAA specification.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "iaa-stream.h"

#define PAGE        IAA_PAGE
#define TABLES      (AECS + 0x4000)     /* another AECS */

static void test_header_gen(void)
{
    uint8_t src[PAGE];
    IAADesc d;
    IAARecord r;
    IAATest t;

    iaa_start_simple(&t, true);
    iaa_fill_text(src, PAGE, 1);
    qtest_memwrite(t.qts, SRC, src, PAGE);
    d = iaa_dynamic(PAGE, 0x3006);
    r = iaa_run_desc(&t, &d);
    g_assert_cmphex(r.status, ==, 1);
    iaa_zlib_check(&t, DST, r.output_size, src, PAGE);
    g_assert_cmphex(qtest_readb(t.qts, DST) & 7, ==, 5);

    /* a block that isn't the last; the final stored block is */
    d.op_flags = 0x200e;
    r = iaa_run_desc(&t, &d);
    g_assert_cmphex(r.status, ==, 1);
    iaa_zlib_check(&t, DST, r.output_size, src, PAGE);
    g_assert_cmphex(qtest_readb(t.qts, DST) & 7, ==, 4);

    /* no header: the device can't read it back */
    d.op_flags = 0x1006;
    r = iaa_run_desc(&t, &d);
    g_assert_cmphex(r.status, ==, 1);
    d = iaa_decompress(RECORD(0), DST, r.output_size, BACK, PAGE);
    d.op_flags = 0x1f;
    g_assert_cmphex(iaa_run_desc(&t, &d).status, !=, 1);

    /* 0x28, 0x2a; and a header without end-of-block that has 257 codes */
    d = iaa_dynamic(PAGE + 1, 0x3006);
    iaa_expect(&t, &d, 0x0a, 0x28);
    d = iaa_dynamic(4, 0x3002);
    iaa_expect(&t, &d, 0x0a, 0x2a);
    d = iaa_dynamic(4, 0x1002);
    iaa_expect(&t, &d, 1, 0);
    d = iaa_dynamic(PAGE, 0x3002);
    iaa_expect(&t, &d, 1, 0);

    /* 0x2c, and the accumulator's limit (T4-6), by a pass that reads an AECS */
    d.op_flags = 0x3006;
    d.flags_op |= 0x10000;
    d.src2_addr = AECS;
    d.src2_size = sizeof(IAAAecs);
    iaa_expect(&t, &d, 1, 0);
    qtest_writel(t.qts, AECS + 0x1c, 2040);
    iaa_expect(&t, &d, 0x0a, 0x2c);
    qtest_writel(t.qts, AECS + 0x1c, 2048);
    iaa_expect(&t, &d, 0x0a, 0x16);
    iaa_stop(&t);
}

/* 3.4.5.1: the first pass's AECS is read by the second. */
static void check_two_pass(IAATest *t, const uint8_t *src, uint32_t len,
                           bool complete)
{
    IAADesc d = iaa_first_pass(len, 0x7006, TABLES);
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
    iaa_zlib_check(t, DST, r.output_size, src, len);
}

static void test_two_pass(void)
{
    size_t len = 5 * PAGE;
    g_autofree uint8_t *src = g_malloc(len);
    IAAStats stats;
    uint32_t bits;
    IAADesc d;
    IAATest t;

    iaa_start_simple(&t, true);
    iaa_fill_text(src, len, 2);
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
    d = iaa_first_pass(len, 0x7006, TABLES);
    iaa_expect(&t, &d, 1, 0);
    bits = qtest_readl(t.qts, TABLES + 0x1c);
    d = iaa_dynamic(len, 0x0007);
    iaa_expect(&t, &d, 1, 0);
    qtest_memread(t.qts, DST, &stats, sizeof(stats));
    qtest_memset(t.qts, AECS, 0, 2 * sizeof(IAAAecs));
    qtest_memwrite(t.qts, AECS + 0x120, &stats, sizeof(stats));
    d = iaa_first_pass(0, 0xf002, AECS);
    d.flags_op = 0x4305010c;
    d.src1_addr = 0;
    iaa_expect(&t, &d, 1, 0);
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
    IAADesc d = iaa_dynamic(1, 0x0007);
    IAAStats stats;
    IAARecord r;
    IAATest t;

    iaa_start_simple(&t, false);
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
    d = iaa_dynamic(0x80001, 0x0013);
    iaa_expect(&t, &d, 1, 0);
    qtest_memread(t.qts, DST, &stats, sizeof(stats));
    g_assert_cmphex(stats.ll['b'], ==, 0x7ffff);
    g_assert_cmphex(stats.ll[256], ==, 0);

    d.max_dst_size = sizeof(stats) - 1;
    iaa_expect(&t, &d, 0x0a, 0x19);
    iaa_stop(&t);
}

/* 3.4.6: one look, at the size that is asked for */
static void test_early_abort(void)
{
    uint8_t src[PAGE];
    IAADesc d = iaa_compress(RECORD(0), PAGE, 2 * PAGE);
    IAATest t;

    iaa_start_simple(&t, true);
    iaa_fill_random(src, PAGE);
    memset(src, 0, 1024);
    qtest_memwrite(t.qts, SRC, src, PAGE);
    d.filter_flags = 7 << 2 | 1 << 5;       /* 7/8 after 1 KiB */
    iaa_expect(&t, &d, 1, 0);
    d.filter_flags = 5 << 2 | 3 << 5;       /* 5/8 after 4 KiB */
    iaa_expect(&t, &d, 0x0a, 0x29);
    d.src1_size = PAGE - 1;                 /* ... which are not reached */
    iaa_expect(&t, &d, 1, 0);

    iaa_fill_random(src, PAGE);
    qtest_memwrite(t.qts, SRC, src, PAGE);
    d = iaa_dynamic(PAGE, 0x3006);
    d.filter_flags = 7 << 2;
    iaa_expect(&t, &d, 0x0a, 0x29);
    d.filter_flags = 0;
    iaa_expect(&t, &d, 1, 0);
    iaa_stop(&t);
}

/* ... which ends the descriptor sooner: 1 KiB at 2000 MB/s */
static void test_early_abort_time(void)
{
    uint8_t src[PAGE];
    IAADesc d = iaa_compress(RECORD(0), PAGE, 2 * PAGE);
    IAATest t;

    iaa_start(&t, ",version=0x200");
    iaa_aecs_fixed(&t);
    iaa_up(&t, 16);
    iaa_fill_random(src, PAGE);
    qtest_memwrite(t.qts, SRC, src, PAGE);
    d.filter_flags = 7 << 2 | 1 << 5;
    iaa_submit(&t, 0, &d);
    qtest_clock_step(t.qts, 1200 + 512 - 1);
    g_assert_cmphex(qtest_readb(t.qts, RECORD(0)), ==, 0);
    qtest_clock_step(t.qts, 1);
    g_assert_cmphex(qtest_readb(t.qts, RECORD(0)), ==, 0x0a);
    iaa_stop(&t);
}

void iaa_add_generate_tests(void)
{
    qtest_add_func("/iaa/generate/3.4.5-header-generation", test_header_gen);
    qtest_add_func("/iaa/generate/3.4.5-two-pass", test_two_pass);
    qtest_add_func("/iaa/generate/3.4.1-statistics", test_statistics);
    qtest_add_func("/iaa/generate/3.4.6-early-abort", test_early_abort);
    qtest_add_func("/iaa/generate/3.4.6-abort-time", test_early_abort_time);
}
