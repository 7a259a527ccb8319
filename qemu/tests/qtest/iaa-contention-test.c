/*
 * IAA accelerator: other CPUs use it as well
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "iaa-util.h"

#define PAGES   100
#define MANY    600
#define ALONE   (1200 + 4096 * 1000 / 2000)     /* ns of one page */
#define SHARED  (4096 * 1000 / 3800)            /* ns of one of many */

static bool done(IAATest *t, unsigned n)
{
    return qtest_readb(t->qts, RECORD(n)) == 1;
}

static void start(IAATest *t, unsigned percent, const char *props)
{
    g_autofree char *all = g_strdup_printf(",wq-entries=%u,contention=%u%s",
                                           MANY, percent, props);

    iaa_start(t, all);
    iaa_aecs_fixed(t);
    iaa_up(t, MANY);
}

static void submit(IAATest *t, unsigned n)
{
    IAADesc d = iaa_compress(RECORD(n), 4096, 8192);

    d.dst_addr += n * 8192;
    qtest_writeb(t->qts, RECORD(n), 0);
    iaa_submit(t, 0, &d);
}

/* How many ns it takes until a descriptor is done */
static int64_t wait_done(IAATest *t, unsigned n)
{
    int64_t now = qtest_clock_step(t->qts, 1), begin = now - 1;

    while (!done(t, n)) {
        g_assert_cmpint(now - begin, <, 100 * 1000 * 1000);
        now = qtest_clock_step_next(t->qts);
    }
    return now - begin;
}

/*
 * Many pages get what others leave of the device's rate.  The first ones are
 * faster: they find the engines empty.
 */
static void test_share(void)
{
    static const unsigned percent[] = { 0, 25, 50, 75, 90 };

    for (int i = 0; i < ARRAY_SIZE(percent); i++) {
        int64_t want = (MANY - PAGES) * SHARED * 100 / (100 - percent[i]);
        int64_t got;
        IAATest t;

        start(&t, percent[i], "");
        for (int n = 0; n < MANY; n++) {
            submit(&t, n);
        }
        wait_done(&t, PAGES);
        got = wait_done(&t, MANY - 1);
        g_test_message("contention %u: %" PRId64 " ns, %" PRId64 " wanted",
                       percent[i], got, want);
        g_assert_cmpint(got, >, want * 9 / 10);
        g_assert_cmpint(got, <, want * 11 / 10);
        iaa_stop(&t);
    }
}

/* Where the engines are the limit, it is a share of what they can do. */
static void test_engines(void)
{
    const int64_t want = (MANY - PAGES) * (ALONE / 2) * 2;
    int64_t got;
    IAATest t;

    start(&t, 50, ",engines=2");
    for (int n = 0; n < MANY; n++) {
        submit(&t, n);
    }
    wait_done(&t, PAGES);
    got = wait_done(&t, MANY - 1);
    g_assert_cmpint(got, >, want * 9 / 10);
    g_assert_cmpint(got, <, want * 11 / 10);
    iaa_stop(&t);
}

/* The sum of what pages take that are submitted one by one, and the least */
static int64_t singles(unsigned percent, const char *props, int64_t *least)
{
    int64_t sum = 0, ns;
    IAATest t;

    start(&t, percent, props);
    *least = INT64_MAX;
    for (int n = 0; n < PAGES; n++) {
        qtest_clock_step(t.qts, 10000);
        submit(&t, n);
        ns = wait_done(&t, n);
        *least = MIN(*least, ns);
        sum += ns;
    }
    iaa_stop(&t);
    return sum;
}

/* A page waits behind a batch of the others, if one is there: sometimes. */
static void test_single(void)
{
    int64_t least, again;
    int64_t sum = singles(50, "", &least);

    g_assert_cmpint(least, ==, ALONE);
    g_assert_cmpint(sum, >, PAGES * (ALONE + SHARED));
    g_assert_cmpint(sum, <, PAGES * (ALONE + 16 * SHARED));
    /* the same each time, but for another device */
    g_assert_cmpint(singles(50, "", &again), ==, sum);
    g_assert_cmpint(singles(50, ",id=other", &again), !=, sum);
    g_assert_cmpint(singles(0, "", &again), ==, PAGES * ALONE);
}

/* The guest neither sees the others' work nor waits for it. */
static void test_unseen(void)
{
    IAATest t;

    start(&t, 90, "");
    submit(&t, 0);
    wait_done(&t, 0);
    g_assert_false(iaa_transactions_pending(&t));
    g_assert_cmphex(iaa_command(&t, IAA_CMD_DRAIN_ALL, 0), ==, 0);
    g_assert_cmpuint(iaa_fault_count(&t, IAA_COUNT_COMPRESS_COMPLETED), ==, 1);
    g_assert_cmpuint(iaa_fault_count(&t, IAA_COUNT_COMPRESS_SUBMITTED), ==, 1);
    /* after a long time, too, of which only the end matters */
    qtest_clock_step(t.qts, INT64_C(3600) * 1000 * 1000 * 1000);
    submit(&t, 1);
    g_assert_cmpint(wait_done(&t, 1), <, 1000 * 1000);
    iaa_stop(&t);
}

/* What a reset or an abort drops are the guest's own descriptors. */
static void test_reset(void)
{
    IAATest t;

    start(&t, 75, "");
    for (int n = 0; n < PAGES; n++) {
        submit(&t, n);
    }
    qtest_clock_step(t.qts, 5 * 1000);
    iaa_command(&t, IAA_CMD_ABORT_ALL, 0);
    qtest_clock_step(t.qts, 1000 * 1000);
    g_assert_cmphex(iaa_readl(&t, A_CMDSTS), ==, 0);
    g_assert_cmpuint(iaa_fault_count(&t, IAA_COUNT_COMPRESS_COMPLETED) +
                     iaa_fault_count(&t, IAA_COUNT_DISCARDED), ==, PAGES);
    submit(&t, 0);
    wait_done(&t, 0);

    for (int n = 0; n < PAGES; n++) {
        submit(&t, n);
    }
    iaa_flr(&t);
    iaa_aecs_fixed(&t);
    iaa_up(&t, MANY);
    submit(&t, 0);
    wait_done(&t, 0);
    iaa_stop(&t);
}

/* Others wait behind an engine that hangs; not without end. */
static void test_hang(void)
{
    IAATest t;

    start(&t, 90, ",engines=2");
    iaa_fault_add(&t, 0, IAA_FAULT_HANG_ENGINE, 2, 0);
    for (int n = 0; n < 20; n++) {
        submit(&t, n);
        qtest_clock_step(t.qts, 500 * 1000);
    }
    g_assert_false(done(&t, 0));
    iaa_fault_action(&t, IAA_FAULT_ACTION_CLEAR, 0);
    wait_done(&t, 19);
    for (int n = 0; n < 20; n++) {
        g_assert_true(done(&t, n));
    }
    iaa_stop(&t);
}

void iaa_add_contention_tests(void)
{
    qtest_add_func("/iaa/contention/share", test_share);
    qtest_add_func("/iaa/contention/engines", test_engines);
    qtest_add_func("/iaa/contention/single", test_single);
    qtest_add_func("/iaa/contention/unseen", test_unseen);
    qtest_add_func("/iaa/contention/reset", test_reset);
    qtest_add_func("/iaa/contention/hang", test_hang);
}
