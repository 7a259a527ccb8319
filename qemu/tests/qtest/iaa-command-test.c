/*
 * IAA accelerator: commands, their errors, and what they wait for
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "hw/pci/pci_regs.h"
#include "iaa-util.h"

typedef struct Row {
    unsigned code, operand, error;
} Row;

static void check_rows(IAATest *t, const Row *rows, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        g_assert_cmphex(iaa_command(t, rows[i].code, rows[i].operand), ==,
                        rows[i].error);
    }
}

/* DSA 9.2.13 and table 5-8, on a device that is disabled, then enabled */
static void test_errors(void)
{
    static const Row disabled[] = {
        { 0, 0, 0x01 }, { 15, 0, 0x01 }, { 31, 0, 0x01 },
        { 13, 1, 0x01 }, { 14, 1, 0x01 },       /* int-handles=off */
        { 1, 1, 0x04 }, { 5, 1, 0x04 }, { 6, 0x100, 0x04 },
        { 2, 0, 0x31 },
        { 6, 0, 0x20 }, { 6, 8, 0x02 },
        { 7, 1, 0x32 }, { 8, 1, 0x32 }, { 9, 1, 0x32 },
        { 7, 0x100, 0x02 }, { 8, 0x10001, 0x02 }, { 10, 0xf0001, 0x02 },
        /* these have no errors */
        { 3, 0, 0 }, { 4, 0, 0 }, { 5, 0, 0 }, { 10, 1, 0 }, { 10, 0xff, 0 },
        { 11, 1234, 0 }, { 12, 1234, 0 },
    };
    static const Row enabled[] = {
        { 1, 0, 0x10 }, { 6, 0, 0x21 }, { 6, 1, 0x22 },
        { 7, 2, 0x32 }, { 8, 3, 0x32 }, { 9, 2, 0x32 },
        { 3, 0, 0 }, { 4, 0, 0 }, { 8, 1, 0 }, { 9, 1, 0 }, { 10, 2, 0 },
        { 11, 1234, 0 }, { 12, 1234, 0 },
        { 7, 1, 0 }, { 7, 1, 0x32 }, { 10, 1, 0 }, { 2, 0, 0 }, { 2, 0, 0x31 },
    };
    IAATest t;

    iaa_start(&t, "");
    check_rows(&t, disabled, ARRAY_SIZE(disabled));
    iaa_writel(&t, A_CMD, 1 << 25 | 3 << 20);
    g_assert_cmphex(iaa_readl(&t, A_CMDSTS), ==, 0x04);
    iaa_up(&t, 16);
    g_assert_cmphex(iaa_readl(&t, 0x90), ==, 1);
    check_rows(&t, enabled, ARRAY_SIZE(enabled));
    g_assert_cmphex(iaa_readl(&t, 0x90), ==, 0);
    iaa_stop(&t);
}

/* DSA 5.1: one rule broken at a time */
static void test_enable_device(void)
{
    IAATest t;

    iaa_start(&t, "");
    iaa_wq(&t, 0, 100, 10);
    iaa_wq(&t, 1, 29, 10);
    iaa_group(&t, 0, 3, 0xff);
    g_assert_cmphex(iaa_command(&t, 1, 0), ==, 0x14);   /* 129 entries */
    iaa_wq(&t, 1, 28, 10);

    iaa_group(&t, 1, 0, 1);
    iaa_group(&t, 0, 3, 0xfe);
    g_assert_cmphex(iaa_command(&t, 1, 0), ==, 0x15);   /* engines, no WQ */
    iaa_group(&t, 0, 1, 0xff);
    iaa_group(&t, 1, 2, 0);
    g_assert_cmphex(iaa_command(&t, 1, 0), ==, 0x15);   /* WQ, no engines */

    iaa_group(&t, 0, 3, 0xfe);
    iaa_group(&t, 1, 2, 1);
    g_assert_cmphex(iaa_command(&t, 1, 0), ==, 0x16);   /* WQ 1 twice */
    iaa_group(&t, 0, 1, 0xff);
    iaa_group(&t, 1, 0, 0);
    g_assert_cmphex(iaa_command(&t, 1, 0), ==, 0x16);   /* WQ 1 in none */
    iaa_group(&t, 0, 7, 0xff);
    g_assert_cmphex(iaa_command(&t, 1, 0), ==, 0x16);   /* WQ 2: size 0 */
    iaa_group(&t, 0, 0x103, 0xff);
    g_assert_cmphex(iaa_command(&t, 1, 0), ==, 0x16);   /* there is no WQ 8 */

    iaa_group(&t, 0, 1, 0xff);
    iaa_group(&t, 1, 2, 1);
    g_assert_cmphex(iaa_command(&t, 1, 0), ==, 0x17);   /* engine 0 twice */
    iaa_group(&t, 0, 1, 0xfe);
    iaa_group(&t, 1, 2, 0x101);
    g_assert_cmphex(iaa_command(&t, 1, 0), ==, 0x17);   /* no engine 8 */

    iaa_group(&t, 1, 2, 1);
    iaa_writel(&t, 0x80, 0x2000);
    g_assert_cmphex(iaa_command(&t, 1, 0), ==, 0x19);   /* no event log */
    iaa_writel(&t, 0x80, 0);
    iaa_bus_master(&t, false);
    g_assert_cmphex(iaa_command(&t, 1, 0), ==, 0x12);
    iaa_bus_master(&t, true);
    g_assert_cmphex(iaa_command(&t, 1, 0), ==, 0);
    iaa_stop(&t);
}

/* DSA 5.2: one rule broken at a time */
static void test_enable_wq(void)
{
    static const struct {
        uint32_t word, val, error;
    } bad[] = {
        { 8, 0x01, 0x23 },              /* priority 0 */
        { 8, 0xa0, 0x24 },              /* shared */
        { 8, 0xa3, 0x25 },              /* block on fault without PRS */
        { 8, 0x100000a1, 0x26 },        /* PASID */
        { 12, 21 | 1 << 5, 0x27 },      /* batches */
        { 12, 22, 0x28 },               /* 4 MiB */
        { 16, 9, 0x2b },                /* no vector 9 */
        { 16, 0x10000, 0x2b },          /* no IMS */
        { 8, 0xa5, 0x2c },              /* ATS disabled */
        { 32, 2, 0x2d },                /* an operation that isn't there */
        { 60, 1u << 31, 0x2d },
        { 8, 0xa9, 0x2e },              /* PRS disabled */
    };
    IAATest t;

    iaa_start(&t, ",op-config=on");
    iaa_wq(&t, 0, 16, 10);
    iaa_group(&t, 0, 1, 0xff);
    g_assert_cmphex(iaa_command(&t, 6, 0), ==, 0x20);
    g_assert_cmphex(iaa_command(&t, 1, 0), ==, 0);
    g_assert_cmphex(iaa_command(&t, 6, 1), ==, 0x22);
    for (int i = 0; i < ARRAY_SIZE(bad); i++) {
        uint64_t at = iaa_wqcfg(&t, 0) + bad[i].word;
        uint32_t good = iaa_readl(&t, at);

        iaa_writel(&t, at, bad[i].val);
        g_assert_cmphex(iaa_command(&t, 6, 0), ==, bad[i].error);
        iaa_writel(&t, at, good);
    }
    iaa_writel(&t, iaa_wqcfg(&t, 0) + 32, 1);           /* fewer operations */
    g_assert_cmphex(iaa_command(&t, 6, 0), ==, 0);
    iaa_stop(&t);
}

/* DSA 3.15: RESET_WQ keeps the size, and OPCFG becomes OPCAP */
static void test_reset_wq(void)
{
    IAATest t;
    uint64_t wq;

    iaa_start(&t, ",op-config=on");
    iaa_up(&t, 16);
    wq = iaa_wqcfg(&t, 0);
    iaa_writel(&t, wq + 4, 3);
    g_assert_cmphex(iaa_command(&t, 10, 1), ==, 0);
    g_assert_cmphex(iaa_readl(&t, wq), ==, 16);
    for (int i = 4; i < 32; i += 4) {
        g_assert_cmphex(iaa_readl(&t, wq + i), ==, 0);
    }
    for (int i = 0; i < 32; i += 8) {
        g_assert_cmphex(iaa_readq(&t, wq + 32 + i), ==,
                        iaa_readq(&t, 0x40 + i));
    }
    iaa_writel(&t, wq + 40, 0);                         /* disabled already */
    g_assert_cmphex(iaa_command(&t, 10, 1), ==, 0);
    g_assert_cmphex(iaa_readq(&t, wq + 40), ==, iaa_readq(&t, 0x48));
    iaa_wq(&t, 0, 16, 10);
    g_assert_cmphex(iaa_command(&t, 6, 0), ==, 0);
    iaa_stop(&t);
}

/* DSA 9.2.12: each requested completion interrupts, cause or no cause */
static void test_interrupt(void)
{
    IAATest t;

    iaa_start(&t, "");
    iaa_msix_up(&t, 9);
    iaa_writel(&t, A_CMD, 3 << 20);
    g_assert_false(iaa_msix_take(&t, 0));
    for (int i = 0; i < 2; i++) {
        iaa_writel(&t, A_CMD, 1u << 31 | 3 << 20);
        g_assert_true(iaa_msix_take(&t, 0));
        g_assert_cmphex(iaa_readl(&t, 0x98), ==, 2);
    }
    iaa_writel(&t, 0x98, 1);
    g_assert_cmphex(iaa_readl(&t, 0x98), ==, 2);
    iaa_writel(&t, 0x98, 2);
    g_assert_cmphex(iaa_readl(&t, 0x98), ==, 0);
    /* failing commands interrupt as well, and the one that clears the cause */
    iaa_writel(&t, A_CMD, 1u << 31 | 2 << 20);
    g_assert_true(iaa_msix_take(&t, 0));
    g_assert_cmphex(iaa_readl(&t, A_CMDSTS), ==, 0x31);
    iaa_writel(&t, A_CMD, 1u << 31 | 5 << 20);
    g_assert_true(iaa_msix_take(&t, 0));
    g_assert_cmphex(iaa_readl(&t, 0x98), ==, 2);
    iaa_stop(&t);
}

/* DSA 9.2.12: a second command is lost, and reported; 9.2.15: once */
static void test_active(void)
{
    IAATest t;
    IAADesc d = iaa_compress(RECORD(0), 4096, 8192);

    iaa_start(&t, "");
    iaa_aecs_fixed(&t);
    iaa_up(&t, 16);
    iaa_msix_up(&t, 9);
    iaa_writel(&t, 0x88, 1);
    iaa_submit(&t, 0, &d);
    g_assert_cmphex(iaa_command(&t, 8, 1), ==, 1u << 31);
    iaa_writel(&t, A_CMD, 5 << 20);
    g_assert_cmphex(iaa_readq(&t, 0xc0), ==, 0x5201);   /* no WQ, no desc. */
    g_assert_true(iaa_msix_take(&t, 0));
    iaa_writel(&t, 0x98, 1);
    iaa_writel(&t, A_CMD, 5 << 20);
    g_assert_cmphex(iaa_readq(&t, 0xc0), ==, 0x5203);
    g_assert_false(iaa_msix_take(&t, 0));
    g_assert_cmphex(iaa_readl(&t, 0x98), ==, 0);
    g_assert_cmphex(iaa_readl(&t, A_CMDSTS), ==, 1u << 31);
    qtest_clock_step(t.qts, 10000);
    g_assert_cmphex(iaa_readl(&t, A_CMDSTS), ==, 0);
    g_assert_cmphex(iaa_readl(&t, 0x90), ==, 1);        /* no reset */
    iaa_stop(&t);
}

/* DSA 3.7, 5.4, table 5-2, 9.2.22 */
static void test_int_handles(void)
{
    IAATest t;
    IAADesc d = iaa_noop(RECORD(0));

    iaa_start(&t, ",int-handles=on,instant=on");
    iaa_msix_up(&t, 9);
    iaa_up(&t, 16);
    g_assert_cmphex(iaa_readq(&t, 0xb0), ==, 0x7ffe);
    d.flags_op |= 0x10;
    for (unsigned i = 0; i <= 8; i += 4) {              /* 0 is as good */
        d.int_handle = i;
        g_assert_cmphex(iaa_run_desc(&t, &d).status, ==, 0x19);
        iaa_swerr_take(&t);
        g_assert_cmphex(iaa_command(&t, 13, i), ==, i << 8);
        g_assert_cmphex(iaa_command(&t, 13, i), ==, i << 8);
        g_assert_cmphex(iaa_run_desc(&t, &d).status, ==, 1);
        g_assert_true(iaa_msix_take(&t, i));
        g_assert_cmphex(iaa_command(&t, 14, i), ==, 0);
        g_assert_cmphex(iaa_run_desc(&t, &d).status, ==, 0x19);
        g_assert_false(iaa_msix_take(&t, i));
        iaa_swerr_take(&t);
    }
    g_assert_cmphex(iaa_command(&t, 13, 9), ==, 0x41);
    g_assert_cmphex(iaa_command(&t, 13, 0x10002), ==, 0x41);    /* IMS */
    g_assert_cmphex(iaa_command(&t, 13, 0x20002), ==, 0x04);
    g_assert_cmphex(iaa_command(&t, 14, 9), ==, 0x41);
    iaa_stop(&t);
}

static void test_int_permissions(void)
{
    IAATest t;
    IAADesc d = iaa_noop(RECORD(0));

    iaa_start(&t, ",instant=on");
    iaa_msix_up(&t, 9);
    iaa_up(&t, 16);
    d.flags_op |= 0x10;
    d.int_handle = 9;
    g_assert_cmphex(iaa_run_desc(&t, &d).status, ==, 0x19);
    iaa_swerr_take(&t);
    d.int_handle = 0;
    g_assert_cmphex(iaa_run_desc(&t, &d).status, ==, 1);
    g_assert_true(iaa_msix_take(&t, 0));
    g_assert_cmphex(iaa_readl(&t, 0x98), ==, 0);
    /* ignored: the descriptor is fine, and there is no interrupt */
    d.int_handle = 3;
    iaa_writel(&t, IAA_MSIX_PERM_BASE + 3 * 8, 4);
    g_assert_cmphex(iaa_run_desc(&t, &d).status, ==, 1);
    g_assert_false(iaa_msix_take(&t, 3));
    /* for a PASID, which the queue has not: ignored or not */
    iaa_writel(&t, IAA_MSIX_PERM_BASE + 3 * 8, 8);
    g_assert_cmphex(iaa_run_desc(&t, &d).status, ==, 0x19);
    iaa_swerr_take(&t);
    iaa_writel(&t, IAA_MSIX_PERM_BASE + 3 * 8, 12);
    g_assert_cmphex(iaa_run_desc(&t, &d).status, ==, 0x19);
    g_assert_false(iaa_msix_take(&t, 3));
    iaa_stop(&t);
}

/*
 * DSA 3.15: abort and reset drop what waits, and wait for what runs; nothing
 * is written any more when they are done.
 */
static void check_waits(unsigned code, unsigned operand, uint32_t state)
{
    IAATest t;
    IAADesc d = iaa_compress(RECORD(0), 4096, 8192);

    iaa_start(&t, ",engines=1,engine-depth=1");
    iaa_aecs_fixed(&t);
    iaa_up(&t, 16);
    iaa_submit(&t, 0, &d);
    d.completion_addr = RECORD(1);
    iaa_submit(&t, 0, &d);
    qtest_clock_step(t.qts, 1000);
    g_assert_cmphex(iaa_command(&t, code, operand), ==, 1u << 31);
    g_assert_cmphex(iaa_readl(&t, 0x90), ==, state);
    g_assert_cmphex(iaa_readl(&t, iaa_wqcfg(&t, 0) + 24), ==, 2u << 30);
    qtest_clock_step(t.qts, 3247 - 1000);
    g_assert_cmphex(iaa_readl(&t, A_CMDSTS), ==, 1u << 31);
    qtest_clock_step(t.qts, 1);
    g_assert_cmphex(iaa_readl(&t, A_CMDSTS), ==, 0);
    g_assert_cmphex(iaa_record(&t, RECORD(0)).status, ==, 1);
    qtest_clock_step(t.qts, 1000000);
    g_assert_cmphex(iaa_record(&t, RECORD(1)).status, ==, 0);
    g_assert_cmpuint(iaa_fault_count(&t, IAA_COUNT_DISCARDED), ==, 1);
    iaa_stop(&t);
}

static void test_waits(void)
{
    check_waits(4, 0, 1);       /* abort all */
    check_waits(5, 0, 2);       /* reset device: DSA 9.2.10, state 2 */
    check_waits(9, 1, 1);       /* abort WQ */
    check_waits(10, 1, 1);      /* reset WQ */
}

void iaa_add_command_tests(void)
{
    qtest_add_func("/iaa/command/errors", test_errors);
    qtest_add_func("/iaa/command/enable-device", test_enable_device);
    qtest_add_func("/iaa/command/enable-wq", test_enable_wq);
    qtest_add_func("/iaa/command/reset-wq", test_reset_wq);
    qtest_add_func("/iaa/command/interrupt", test_interrupt);
    qtest_add_func("/iaa/command/active", test_active);
    qtest_add_func("/iaa/command/int-handles", test_int_handles);
    qtest_add_func("/iaa/command/int-permissions", test_int_permissions);
    qtest_add_func("/iaa/command/waits", test_waits);
}
