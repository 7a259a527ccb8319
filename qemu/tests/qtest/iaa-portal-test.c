/*
 * IAA accelerator: portals, and what a work queue accepts
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "iaa-util.h"

static bool accepted(IAATest *t)
{
    qtest_clock_step(t->qts, 1000000);
    return iaa_record(t, RECORD(0)).status == 1;
}

/* DSA 5.3, table 9-11: what is not for an enabled queue is ignored */
static void test_ignored(void)
{
    IAATest t;
    IAADesc d = iaa_noop(RECORD(0));

    iaa_start(&t, "");
    iaa_submit(&t, 0, &d);                      /* nothing is enabled */
    g_assert_false(accepted(&t));
    iaa_up(&t, 2);
    iaa_submit(&t, 1, &d);                      /* that WQ isn't */
    g_assert_false(accepted(&t));
    /* less than a descriptor, or not in one piece */
    qpci_memwrite(t.pci, t.portals, 0x1000, &d, 32);
    qpci_memwrite(t.pci, t.portals, 0x1020, &d, 64);
    g_assert_false(accepted(&t));
    g_assert_cmphex(iaa_swerr_take(&t), ==, 0);
    g_assert_cmphex(iaa_readl(&t, 0x98), ==, 0);
    /* reads: DSA 9.3 */
    g_assert_cmphex(qpci_io_readq(t.pci, t.portals, 0), ==, UINT64_MAX);
    g_assert_cmphex(qpci_io_readb(t.pci, t.portals, 0x1003), ==, UINT8_MAX);
    /* the dummy portal: DSA 9.2.21 */
    qpci_memwrite(t.pci, t.mmio, 0xf000, &d, 64);
    g_assert_cmphex(iaa_readq(&t, 0xf000), ==, 0);
    g_assert_false(accepted(&t));
    iaa_stop(&t);
}

/* DSA 9.3: bits 11:6 don't matter, IMS portals aren't there without IMS */
static void test_pages(void)
{
    IAATest t;
    IAADesc d = iaa_noop(RECORD(0));

    iaa_start(&t, "");
    iaa_up(&t, 2);
    for (unsigned off = 0; off < 0x4000; off += 0x3c0) {
        qpci_memwrite(t.pci, t.portals, off, &d, 64);
        g_assert_cmpint(accepted(&t), ==, off < 0x2000);
        g_assert_cmphex(iaa_swerr_take(&t), ==, 0);
    }
    iaa_stop(&t);
}

/*
 * DSA 9.2.24: an entry is free when its descriptor is dispatched; DSA 5.3,
 * 5.8.2: a full dedicated queue reports 0x53.
 */
static void test_full(void)
{
    IAATest t;
    IAADesc d = iaa_noop(RECORD(0));

    iaa_start(&t, ",engines=1,engine-depth=1");
    iaa_up(&t, 2);
    iaa_submit(&t, 0, &d);
    g_assert_cmphex(iaa_readl(&t, IAA_WQCFG_BASE + 24) & 0xffff, ==, 0);
    d.completion_addr = RECORD(1);
    iaa_submit(&t, 0, &d);
    d.completion_addr = RECORD(2);
    iaa_submit(&t, 0, &d);
    g_assert_cmphex(iaa_readl(&t, IAA_WQCFG_BASE + 24) & 0xffff, ==, 2);
    g_assert_cmphex(iaa_swerr_take(&t), ==, 0);
    iaa_submit(&t, 0, &d);                      /* one too many */
    g_assert_cmphex(iaa_readq(&t, 0xc0), ==, 0x530d);
    g_assert_cmphex(iaa_swerr_take(&t), ==, 0x53);
    qtest_clock_step(t.qts, 500);
    g_assert_cmphex(iaa_readl(&t, IAA_WQCFG_BASE + 24) & 0xffff, ==, 1);
    qtest_clock_step(t.qts, 1000);
    for (int i = 0; i < 3; i++) {
        g_assert_cmphex(iaa_record(&t, RECORD(i)).status, ==, 1);
    }
    g_assert_cmpuint(iaa_fault_count(&t, IAA_COUNT_CONTROL_COMPLETED), ==, 3);
    g_assert_cmpuint(iaa_fault_count(&t, IAA_COUNT_REJECTED), ==, 1);
    iaa_stop(&t);
}

/* DSA 4.4: an engine holds as many as ENGCAP says, less by the group's limit */
static void check_depth(const char *props, uint64_t flags, unsigned depth)
{
    IAATest t;
    IAADesc d = iaa_noop(RECORD(0));

    iaa_start(&t, props);
    g_assert_cmphex(iaa_readq(&t, A_ENGCAP), ==, 0x801);
    iaa_writeq(&t, IAA_GRPCFG_BASE + 40, flags);
    iaa_up(&t, 16);
    for (unsigned i = 0; i < 16; i++) {
        iaa_submit(&t, 0, &d);
    }
    g_assert_cmpuint(iaa_readl(&t, IAA_WQCFG_BASE + 24) & 0xffff, ==,
                     16 - depth);
    iaa_stop(&t);
}

static void test_depth(void)
{
    check_depth(",engines=1,engine-depth=8", 0, 8);
    check_depth(",engines=1,engine-depth=8", 2ull << 32, 8);
    check_depth(",engines=1,engine-depth=8,version=0x200", 2ull << 32, 2);
}

/* A record goes to memory only: not to a portal, which would take it. */
static void test_loop(void)
{
    IAATest t;
    IAADesc d = iaa_noop(0);

    iaa_start(&t, "");
    iaa_up(&t, 2);
    d.completion_addr = t.portals.addr + 0x1000;
    iaa_submit(&t, 0, &d);
    qtest_clock_step(t.qts, 1000000);
    g_assert_cmphex(iaa_swerr_take(&t), ==, 0x1a);
    g_assert_cmpuint(iaa_fault_count(&t, IAA_COUNT_CONTROL_SUBMITTED), ==, 1);
    iaa_stop(&t);
}

/*
 * Interrupts can be pointed anywhere: at the command register, where they
 * would ask for the next one.  Neither the guest's access nor the timer lets
 * them in.
 */
static void test_interrupt_loop(void)
{
    IAATest t;
    IAADesc d = iaa_noop(RECORD(0));

    iaa_start(&t, "");
    iaa_up(&t, 2);
    iaa_msix_up(&t, 9);
    for (int i = 0; i < 2; i++) {
        iaa_writel(&t, 0x8000 + i * 16, t.mmio.addr + A_CMD);
        iaa_writel(&t, 0x8000 + i * 16 + 4, t.mmio.addr >> 32);
        iaa_writel(&t, 0x8000 + i * 16 + 8, 1u << 31 | 5 << 20);
    }
    iaa_writel(&t, A_CMD, 1u << 31 | 3 << 20);
    g_assert_cmpuint(iaa_fault_count(&t, IAA_COUNT_COMMANDS), ==, 3);
    d.flags_op |= 0x10;
    d.int_handle = 1;
    g_assert_cmphex(iaa_run_desc(&t, &d).status, ==, 1);
    g_assert_cmpuint(iaa_fault_count(&t, IAA_COUNT_INTERRUPTS), ==, 2);
    g_assert_cmpuint(iaa_fault_count(&t, IAA_COUNT_COMMANDS), ==, 3);
    g_assert_cmphex(iaa_readl(&t, 0x90), ==, 1);
    iaa_stop(&t);
}

void iaa_add_portal_tests(void)
{
    qtest_add_func("/iaa/portal/ignored", test_ignored);
    qtest_add_func("/iaa/portal/pages", test_pages);
    qtest_add_func("/iaa/portal/full", test_full);
    qtest_add_func("/iaa/portal/depth", test_depth);
    qtest_add_func("/iaa/portal/loop", test_loop);
    qtest_add_func("/iaa/portal/interrupt-loop", test_interrupt_loop);
}
