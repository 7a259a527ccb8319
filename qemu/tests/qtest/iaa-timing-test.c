/*
 * IAA accelerator: the clock, the scheduler, and commands that wait
 *
 * Under qtest the virtual clock stands still unless it is told to move, so
 * every figure here is exact.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "iaa-util.h"

static bool done(IAATest *t, unsigned n)
{
    return qtest_readb(t->qts, RECORD(n)) == 1;
}

/* Completes at @ns from now, not one sooner; @from is what has passed */
static void expect_at(IAATest *t, unsigned n, int64_t from, int64_t ns)
{
    qtest_clock_step(t->qts, ns - from - 1);
    g_assert_false(done(t, n));
    qtest_clock_step(t->qts, 1);
    g_assert_true(done(t, n));
}

static void start(IAATest *t, const char *props, unsigned size)
{
    iaa_start(t, props);
    iaa_aecs_fixed(t);
    iaa_up(t, size);
}

/* One descriptor: latency, and its size at the engine's rate */
static void test_single(void)
{
    IAATest t;
    IAADesc d;

    start(&t, "", 16);
    d = iaa_compress(RECORD(0), 4096, 8192);
    iaa_submit(&t, 0, &d);
    expect_at(&t, 0, 0, 1200 + 2048);
    d = iaa_compress(RECORD(1), 16384, 32768);
    iaa_submit(&t, 0, &d);
    expect_at(&t, 1, 0, 1200 + 8192);
    d = iaa_noop(RECORD(2));
    iaa_submit(&t, 0, &d);
    expect_at(&t, 2, 0, 500);
    /* a descriptor that is refused costs the latency */
    d = iaa_compress(RECORD(3), UINT32_MAX, 8192);
    iaa_submit(&t, 0, &d);
    qtest_clock_step(t.qts, 1199);
    g_assert_cmphex(qtest_readb(t.qts, RECORD(3)), ==, 0);
    qtest_clock_step(t.qts, 1);
    g_assert_cmphex(qtest_readb(t.qts, RECORD(3)), ==, 0x13);
    iaa_stop(&t);
}

static void test_scale(void)
{
    IAATest t;
    IAADesc d = iaa_compress(RECORD(0), 4096, 8192);

    start(&t, ",clock-scale=6", 16);
    iaa_submit(&t, 0, &d);
    expect_at(&t, 0, 0, 6 * (1200 + 2048));
    iaa_stop(&t);
}

/* Decompression is timed by the bytes it may produce. */
static void test_decompress(void)
{
    IAATest t;
    IAADesc d;

    start(&t, "", 16);
    d = iaa_compress(RECORD(0), 4096, 8192);
    d = iaa_decompress(RECORD(1), DST, iaa_run_desc(&t, &d).output_size,
                       BACK, 4096);
    iaa_submit(&t, 0, &d);
    expect_at(&t, 1, 0, 1200 + 4096 * 1000 / 2300);
    iaa_stop(&t);
}

/* Many at once: the device's own rate spaces them, 4096 B at 3.8 GB/s. */
static void test_device_rate(void)
{
    const int64_t gap = 4096 * 1000 / 3800;
    IAATest t;

    start(&t, "", 16);
    for (int i = 0; i < 8; i++) {
        IAADesc d = iaa_compress(RECORD(i), 4096, 8192);

        d.dst_addr += i * 8192;
        iaa_submit(&t, 0, &d);
    }
    expect_at(&t, 0, 0, 3248);
    for (int i = 1; i < 8; i++) {
        expect_at(&t, i, 0, gap);
    }
    iaa_stop(&t);
}

/*
 * Both directions take the one path to memory: eight pages each way need the
 * sum of what they need alone.
 */
static void test_shared_path(void)
{
    const int64_t in = 4096 * 1000 / 3800, out = 4096 * 1000 / 9000;
    IAATest t;
    IAADesc d;
    uint32_t size;

    start(&t, ",engines=16", 32);
    d = iaa_compress(RECORD(31), 4096, 8192);
    size = iaa_run_desc(&t, &d).output_size;
    qtest_clock_step(t.qts, 1000000);
    for (int i = 0; i < 8; i++) {
        d = iaa_compress(RECORD(i), 4096, 8192);
        d.dst_addr += (i + 1) * 8192;
        iaa_submit(&t, 0, &d);
        d = iaa_decompress(RECORD(8 + i), DST, size, BACK + i * 4096, 4096);
        iaa_submit(&t, 0, &d);
    }
    expect_at(&t, 7, 0, 7 * (in + out) + 3248);
    g_assert_false(done(&t, 15));
    expect_at(&t, 15, 7 * (in + out) + 3248,
              7 * (in + out) + in + 1200 + 4096 * 1000 / 2300);
    iaa_stop(&t);
}

/* Source 2 costs its bytes; compression's tables are in the rates already. */
static void test_source2(void)
{
    IAATest t;
    IAADesc d;
    uint32_t size;

    start(&t, "", 16);
    d = iaa_compress(RECORD(0), 4096, 8192);
    size = iaa_run_desc(&t, &d).output_size;
    qtest_memset(t.qts, AECS, 0, 4096);
    d = iaa_decompress(RECORD(0), DST, size, BACK, 4096);
    d.flags_op |= 0x10000;
    d.src2_addr = AECS;
    d.src2_size = 480;
    if (iaa_run_desc(&t, &d).status == 0x11) {
        g_test_skip("decompression reads no AECS");
    } else {
        iaa_submit(&t, 0, &d);
        expect_at(&t, 0, 0, 1200 + (4096 + 480) * 1000 / 2300);
    }
    iaa_stop(&t);
}

/* Two engines, three descriptors: the third starts when one is free. */
static void test_engines(void)
{
    IAATest t;

    start(&t, ",engines=2,compress-device-rate=0", 16);
    for (int i = 0; i < 3; i++) {
        IAADesc d = iaa_compress(RECORD(i), 4096, 8192);

        iaa_submit(&t, 0, &d);
        qtest_clock_step(t.qts, 100);
    }
    expect_at(&t, 0, 300, 3248);
    expect_at(&t, 1, 3248, 3348);
    g_assert_false(done(&t, 2));
    expect_at(&t, 2, 3348, 2 * 3248);
    iaa_stop(&t);
}

/* The source is read, and the output written, at completion. */
static void test_late_access(void)
{
    IAATest t;
    IAADesc d = iaa_compress(RECORD(0), 4096, 8192);
    IAARecord r;

    start(&t, "", 16);
    qtest_memset(t.qts, SRC, 1, 4096);
    iaa_submit(&t, 0, &d);
    qtest_clock_step(t.qts, 3247);
    qtest_memset(t.qts, SRC, 2, 4096);
    g_assert_cmphex(qtest_readb(t.qts, DST), ==, 0);
    qtest_clock_step(t.qts, 1);
    r = iaa_record(&t, RECORD(0));
    d = iaa_decompress(RECORD(0), DST, r.output_size, BACK, 4096);
    iaa_run_desc(&t, &d);
    g_assert_cmphex(qtest_readb(t.qts, BACK + 4095), ==, 2);
    iaa_stop(&t);
}

/* Making codes takes longer, and is counted apart. */
static void test_dynamic(void)
{
    IAATest t;
    IAADesc d = iaa_compress(RECORD(0), 4096, 8192);

    start(&t, ",version=0x200", 16);
    d.flags_op &= ~0x10000;
    d.src2_addr = d.src2_size = 0;
    d.op_flags |= 0x2000;
    iaa_submit(&t, 0, &d);
    d.completion_addr = RECORD(1);
    iaa_submit(&t, 0, &d);
    expect_at(&t, 0, 0, 4700 + 2048);
    expect_at(&t, 1, 0, 4096 * 1000 / 2560);
    g_assert_cmpuint(iaa_fault_count(&t, IAA_COUNT_DYNAMIC_COMPLETED), ==, 2);
    g_assert_cmpuint(iaa_fault_count(&t, IAA_COUNT_COMPRESS_COMPLETED), ==, 2);
    iaa_stop(&t);
}

static void test_instant(void)
{
    IAATest t;
    IAADesc d = iaa_compress(RECORD(0), 4096, 8192);

    start(&t, ",control-latency=0,compress-latency=0,compress-engine-rate=0,"
              "compress-device-rate=0", 16);
    iaa_submit(&t, 0, &d);
    g_assert_true(done(&t, 0));
    iaa_stop(&t);
}

/*
 * DSA 4.1: a queue has as many turns as its priority; they alternate, and when
 * all with work have used theirs up, all get them back.
 */
static void test_priority(void)
{
    static const char order[] = "abababaaa" "bababaaaa";
    IAATest t;
    unsigned a = 0, b = 16;

    iaa_start(&t, ",engines=1,engine-depth=1");
    iaa_wq(&t, 0, 16, 6);
    iaa_wq(&t, 1, 16, 3);
    iaa_group(&t, 0, 3, 1);
    g_assert_cmphex(iaa_command(&t, 1, 0), ==, 0);
    g_assert_cmphex(iaa_command(&t, 6, 0), ==, 0);
    g_assert_cmphex(iaa_command(&t, 6, 1), ==, 0);
    for (int i = 0; i < 12; i++) {
        IAADesc da = iaa_noop(RECORD(i)), db = iaa_noop(RECORD(16 + i));

        iaa_submit(&t, 0, &da);
        iaa_submit(&t, 1, &db);
    }
    for (const char *c = order; *c; c++) {
        unsigned *next = *c == 'a' ? &a : &b;

        g_assert_false(done(&t, *next));
        qtest_clock_step(t.qts, 500);
        g_assert_true(done(&t, *next));
        ++*next;
    }
    g_assert_false(done(&t, a));
    g_assert_false(done(&t, b));
    iaa_stop(&t);
}

/* DSA 4.1: an idle queue's turns are not waited for. */
static void test_priority_idle(void)
{
    IAATest t;

    iaa_start(&t, ",engines=1,engine-depth=1");
    iaa_wq(&t, 0, 16, 15);
    iaa_wq(&t, 1, 16, 1);
    iaa_group(&t, 0, 3, 1);
    g_assert_cmphex(iaa_command(&t, 1, 0), ==, 0);
    g_assert_cmphex(iaa_command(&t, 6, 0), ==, 0);
    g_assert_cmphex(iaa_command(&t, 6, 1), ==, 0);
    for (int i = 0; i < 4; i++) {
        IAADesc d = iaa_noop(RECORD(i));

        iaa_submit(&t, 1, &d);
    }
    qtest_clock_step(t.qts, 2000);
    g_assert_true(done(&t, 3));
    iaa_stop(&t);
}

/* Groups don't share engines: one full queue holds nobody else up. */
static void test_groups(void)
{
    IAATest t;
    IAADesc d;

    iaa_start(&t, ",engines=2,compress-device-rate=0");
    iaa_aecs_fixed(&t);
    iaa_wq(&t, 0, 8, 10);
    iaa_wq(&t, 1, 8, 1);
    iaa_group(&t, 0, 1, 1);
    iaa_group(&t, 1, 2, 2);
    g_assert_cmphex(iaa_command(&t, 1, 0), ==, 0);
    g_assert_cmphex(iaa_command(&t, 6, 0), ==, 0);
    g_assert_cmphex(iaa_command(&t, 6, 1), ==, 0);
    for (int i = 0; i < 8; i++) {
        d = iaa_compress(RECORD(i), 4096, 8192);
        iaa_submit(&t, 0, &d);
    }
    d = iaa_noop(RECORD(8));
    iaa_submit(&t, 1, &d);
    qtest_clock_step(t.qts, 500);
    g_assert_true(done(&t, 8));
    g_assert_false(done(&t, 0));
    iaa_stop(&t);
}

/* Commands wait on the virtual clock for what was there before them. */
static void test_drain(void)
{
    IAATest t;
    IAADesc d = iaa_compress(RECORD(0), 4096, 8192);
    IAADesc late = iaa_compress(RECORD(1), 65536, 131072);

    start(&t, "", 16);
    iaa_msix_up(&t, 9);
    iaa_submit(&t, 0, &d);
    iaa_writel(&t, A_CMD, 1u << 31 | 8 << 20 | 1);
    g_assert_cmphex(iaa_readl(&t, A_CMDSTS), ==, 1u << 31);
    iaa_submit(&t, 0, &late);                   /* not waited for */
    g_assert_cmphex(iaa_swerr_take(&t), ==, 0);
    iaa_writel(&t, A_CMD, 5 << 20);             /* lost: one is active */
    g_assert_cmphex(iaa_swerr_take(&t), ==, 0x52);
    qtest_clock_step(t.qts, 3247);
    g_assert_cmphex(iaa_readl(&t, A_CMDSTS), ==, 1u << 31);
    g_assert_false(iaa_msix_take(&t, 0));
    qtest_clock_step(t.qts, 1);
    g_assert_true(done(&t, 0));
    g_assert_cmphex(iaa_readl(&t, A_CMDSTS), ==, 0);
    g_assert_true(iaa_msix_take(&t, 0));
    g_assert_false(done(&t, 1));
    qtest_clock_step(t.qts, 1000000);
    g_assert_true(done(&t, 1));
    iaa_stop(&t);
}

/* DSA 3.15: disabling waits, and takes nothing new. */
static void test_disable(void)
{
    IAATest t;
    IAADesc d = iaa_compress(RECORD(0), 4096, 8192);

    start(&t, "", 16);
    iaa_submit(&t, 0, &d);
    g_assert_cmphex(iaa_command(&t, 7, 1), ==, 1u << 31);
    g_assert_cmphex(iaa_readl(&t, IAA_WQCFG_BASE + 24), ==, 2u << 30);
    d.completion_addr = RECORD(1);
    iaa_submit(&t, 0, &d);
    g_assert_cmphex(iaa_swerr_take(&t), ==, 0);
    qtest_clock_step(t.qts, 3248);
    g_assert_cmphex(iaa_readl(&t, A_CMDSTS), ==, 0);
    g_assert_cmphex(iaa_record(&t, RECORD(0)).status, ==, 1);

    g_assert_cmphex(iaa_command(&t, 6, 0), ==, 0);
    d.completion_addr = RECORD(0);
    iaa_submit(&t, 0, &d);
    g_assert_cmphex(iaa_command(&t, 2, 0), ==, 1u << 31);
    g_assert_cmphex(iaa_readl(&t, 0x90), ==, 2);        /* draining */
    qtest_clock_step(t.qts, 3248);
    g_assert_cmphex(iaa_readl(&t, 0x90), ==, 0);
    g_assert_cmphex(iaa_record(&t, RECORD(0)).status, ==, 1);
    qtest_clock_step(t.qts, 1000000);
    g_assert_cmphex(iaa_record(&t, RECORD(1)).status, ==, 0);
    iaa_stop(&t);
}

/*
 * QEMU's main loop gets a turn at least every 128 completions, however many
 * are due at once.
 */
static void test_bounded(void)
{
    IAATest t;
    IAADesc d = iaa_noop(RECORD(0));

    iaa_start(&t, ",wq-entries=1024,engines=1,control-latency=0");
    iaa_up(&t, 1024);
    iaa_fault_add(&t, 0, IAA_FAULT_LATE, UINT32_MAX, 1000000);
    for (int i = 0; i < 300; i++) {
        iaa_submit(&t, 0, &d);
    }
    qtest_clock_step(t.qts, 1000000);
    g_assert_cmpuint(iaa_fault_count(&t, IAA_COUNT_LATE), ==, 128);
    qtest_clock_step(t.qts, 1);
    g_assert_cmpuint(iaa_fault_count(&t, IAA_COUNT_LATE), ==, 256);
    qtest_clock_step(t.qts, 1);
    g_assert_cmpuint(iaa_fault_count(&t, IAA_COUNT_LATE), ==, 300);
    iaa_stop(&t);
}

/* A drain descriptor completes after those before it. */
static void test_drain_descriptor(void)
{
    IAATest t;
    IAADesc d = iaa_compress(RECORD(0), 4096, 8192);
    IAADesc drain = iaa_noop(RECORD(1));

    start(&t, "", 16);
    drain.flags_op |= 0x02000000;
    iaa_submit(&t, 0, &d);
    iaa_submit(&t, 0, &drain);
    expect_at(&t, 0, 0, 3248);
    g_assert_false(done(&t, 1));
    expect_at(&t, 1, 3248, 3748);
    iaa_stop(&t);
}

void iaa_add_timing_tests(void)
{
    qtest_add_func("/iaa/timing/single", test_single);
    qtest_add_func("/iaa/timing/scale", test_scale);
    qtest_add_func("/iaa/timing/decompress", test_decompress);
    qtest_add_func("/iaa/timing/device-rate", test_device_rate);
    qtest_add_func("/iaa/timing/shared-path", test_shared_path);
    qtest_add_func("/iaa/timing/source-2", test_source2);
    qtest_add_func("/iaa/timing/engines", test_engines);
    qtest_add_func("/iaa/timing/late-access", test_late_access);
    qtest_add_func("/iaa/timing/dynamic", test_dynamic);
    qtest_add_func("/iaa/timing/instant", test_instant);
    qtest_add_func("/iaa/schedule/priority", test_priority);
    qtest_add_func("/iaa/schedule/priority-idle", test_priority_idle);
    qtest_add_func("/iaa/schedule/groups", test_groups);
    qtest_add_func("/iaa/schedule/bounded", test_bounded);
    qtest_add_func("/iaa/command/drain", test_drain);
    qtest_add_func("/iaa/command/disable", test_disable);
    qtest_add_func("/iaa/schedule/drain-descriptor", test_drain_descriptor);
}
