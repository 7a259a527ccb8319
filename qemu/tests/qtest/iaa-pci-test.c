/*
 * IAA accelerator: reset, bus mastering, power, and the halt state
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "hw/pci/pci_regs.h"
#include "iaa-util.h"

static void start(IAATest *t, const char *props)
{
    iaa_start(t, props);
    iaa_aecs_fixed(t);
    iaa_up(t, 16);
    iaa_msix_up(t, 9);
}

static bool written(IAATest *t)
{
    bool output = qtest_readb(t->qts, DST) != 0xee;
    bool record = iaa_record(t, RECORD(0)).status;

    qtest_memset(t->qts, DST, 0xee, 64);
    return output || record;
}

/* DSA table 9-3, function level reset: at once, and nothing comes after it */
static void test_flr(void)
{
    IAATest t;
    IAADesc d = iaa_compress(RECORD(0), 4096, 8192);
    uint8_t cap;

    start(&t, ",engines=1,engine-depth=1");
    cap = qpci_find_capability(t.pci, PCI_CAP_ID_EXP, 0);
    g_assert_true(qpci_config_readl(t.pci, cap + 4) & 1u << 28);
    written(&t);
    iaa_submit(&t, 0, &d);
    iaa_submit(&t, 0, &d);
    g_assert_cmphex(iaa_command(&t, 8, 1), ==, 1u << 31);
    iaa_flr(&t);
    g_assert_cmphex(iaa_readl(&t, 0xa8), ==, 0);
    g_assert_cmphex(iaa_readl(&t, 0x90), ==, 0);
    g_assert_cmphex(iaa_readl(&t, IAA_WQCFG_BASE), ==, 0);
    g_assert_cmphex(iaa_readl(&t, 0x8000 + 12), ==, 1);     /* MSI-X masked */
    g_assert_cmphex(iaa_readl(&t, 0x8000), ==, 0);
    g_assert_false(iaa_transactions_pending(&t));
    qtest_clock_step(t.qts, 1000000000);
    g_assert_false(written(&t));
    iaa_up(&t, 16);
    g_assert_cmphex(iaa_run_desc(&t, &d).status, ==, 1);
    iaa_stop(&t);
}

/* What a command cannot end, a function level reset does: DSA 3.15. */
static void test_flr_ends_hang(void)
{
    static const unsigned kinds[] = { IAA_FAULT_LATE, IAA_FAULT_HANG_ENGINE };
    IAATest t;
    IAADesc d = iaa_compress(RECORD(0), 4096, 8192);

    for (int i = 0; i < ARRAY_SIZE(kinds); i++) {
        start(&t, "");
        written(&t);
        iaa_fault_add(&t, 0, kinds[i], 1, 0);
        iaa_submit(&t, 0, &d);
        g_assert_cmphex(iaa_command(&t, 10, 1), ==, 1u << 31);
        qtest_clock_step(t.qts, 10000000000);
        g_assert_cmphex(iaa_readl(&t, 0xa8), ==, 1u << 31);
        g_assert_true(iaa_transactions_pending(&t));
        iaa_flr(&t);
        g_assert_cmphex(iaa_readl(&t, 0xa8), ==, 0);
        g_assert_false(iaa_transactions_pending(&t));
        iaa_fault_action(&t, IAA_FAULT_ACTION_CLEAR, 0);
        qtest_clock_step(t.qts, 10000000000);
        g_assert_false(written(&t));
        iaa_stop(&t);
    }
}

/* The machine's reset: also of what a function level reset leaves */
static void test_system_reset(void)
{
    IAATest t;
    IAADesc d = iaa_compress(RECORD(0), 4096, 8192);

    start(&t, "");
    written(&t);
    iaa_fault_add(&t, 0, IAA_FAULT_DROP, UINT32_MAX, 0);
    iaa_submit(&t, 0, &d);
    iaa_flr(&t);
    g_assert_cmphex(qpci_io_readq(t.pci, t.fault, IAA_FAULT_ACTIVE), ==, 1);
    g_assert_cmpuint(iaa_fault_count(&t, IAA_COUNT_DROPPED), ==, 1);
    iaa_fault_action(&t, IAA_FAULT_ACTION_REMOVE, 0);
    g_assert_cmphex(qpci_config_readl(t.pci, 0), ==, UINT32_MAX);

    qtest_system_reset(t.qts);
    g_assert_cmphex(qpci_config_readl(t.pci, 0), ==, 0x0cfe8086);
    g_free(t.pci);
    qpci_free_pc(t.bus);
    iaa_attach(&t, t.qts, qpci_new_pc(t.qts, NULL), QPCI_DEVFN(4, 0));
    g_assert_cmphex(iaa_readl(&t, 0), ==, 0x100);
    g_assert_cmphex(iaa_readl(&t, 0x8000 + 12), ==, 1);
    g_assert_cmphex(qpci_io_readq(t.pci, t.fault, IAA_FAULT_ACTIVE), ==, 0);
    g_assert_cmphex(qpci_io_readq(t.pci, t.fault, IAA_FAULT_KEY), ==, 0);
    g_assert_cmpuint(iaa_fault_count(&t, IAA_COUNT_DROPPED), ==, 0);
    g_assert_false(written(&t));
    iaa_up(&t, 16);
    g_assert_cmphex(iaa_run_desc(&t, &d).status, ==, 1);
    iaa_stop(&t);
}

/* DSA 5.7, table 5-1, 5.8.2: a device in use halts, and cannot say so. */
static void test_bus_master(void)
{
    IAATest t;
    IAADesc d = iaa_compress(RECORD(0), 4096, 8192);

    start(&t, "");
    written(&t);
    iaa_writel(&t, 0x88, 3);
    iaa_submit(&t, 0, &d);
    g_assert_cmphex(iaa_command(&t, 8, 1), ==, 1u << 31);
    iaa_bus_master(&t, false);
    g_assert_cmphex(iaa_readl(&t, 0x90), ==, 3);
    g_assert_cmphex(iaa_readq(&t, 0xc0), ==, 0x5101);
    g_assert_cmphex(iaa_readl(&t, 0x98), ==, 0x11);
    g_assert_cmphex(iaa_readl(&t, 0xa8), ==, 3);
    g_assert_false(iaa_msix_take(&t, 0));
    g_assert_false(iaa_transactions_pending(&t));
    iaa_submit(&t, 0, &d);
    iaa_bus_master(&t, true);
    qtest_clock_step(t.qts, 1000000);
    g_assert_false(written(&t));
    g_assert_false(iaa_msix_take(&t, 0));
    g_assert_cmphex(iaa_swerr_take(&t), ==, 0x51);
    g_assert_cmphex(iaa_command(&t, 8, 1), ==, 5);
    g_assert_cmphex(iaa_command(&t, 10, 1), ==, 5);
    g_assert_cmphex(iaa_command(&t, 1, 0), ==, 5);
    g_assert_cmphex(iaa_command(&t, 5, 0), ==, 0);
    iaa_up(&t, 16);
    g_assert_cmphex(iaa_run_desc(&t, &d).status, ==, 1);

    /* by a byte's write, and draining; a disabled device doesn't mind */
    iaa_submit(&t, 0, &d);
    g_assert_cmphex(iaa_command(&t, 2, 0), ==, 1u << 31);
    qpci_config_writeb(t.pci, PCI_COMMAND, PCI_COMMAND_MEMORY);
    g_assert_cmphex(iaa_readl(&t, 0x90), ==, 3);
    iaa_bus_master(&t, true);
    g_assert_cmphex(iaa_command(&t, 5, 0), ==, 0);
    iaa_swerr_take(&t);
    iaa_bus_master(&t, false);
    iaa_bus_master(&t, true);
    g_assert_cmphex(iaa_readl(&t, 0x90), ==, 0);
    g_assert_cmphex(iaa_swerr_take(&t), ==, 0);
    iaa_stop(&t);
}

/*
 * A halted device only typically stops (DSA 5.7): what is late may be written
 * still, unless bus mastering is off, and never after a function level reset.
 */
static void test_halt_late(void)
{
    IAATest t;
    IAADesc d = iaa_compress(RECORD(0), 4096, 8192);

    start(&t, "");
    written(&t);
    for (int i = 0; i < 3; i++) {
        iaa_fault_add(&t, 0, IAA_FAULT_LATE, 1, 1000000);
        iaa_submit(&t, 0, &d);
        qtest_clock_step(t.qts, 10000);
        if (i == 1) {
            iaa_bus_master(&t, false);
        } else {
            iaa_fault_action(&t, IAA_FAULT_ACTION_HALT, 0);
        }
        g_assert_cmphex(iaa_readl(&t, 0x90), ==, 3);
        g_assert_true(iaa_transactions_pending(&t));
        if (i == 2) {
            iaa_flr(&t);
            g_assert_false(iaa_transactions_pending(&t));
        }
        qtest_clock_step(t.qts, 10000000);
        g_assert_false(iaa_transactions_pending(&t));
        g_assert_cmpint(written(&t), ==, i == 0);
        iaa_bus_master(&t, true);
        g_assert_cmphex(iaa_command(&t, 5, 0), ==, 0);
        iaa_swerr_take(&t);
        iaa_up(&t, 16);
    }
    /* a reset of the device waits for it */
    iaa_fault_add(&t, 0, IAA_FAULT_LATE, 1, 1000000);
    iaa_submit(&t, 0, &d);
    iaa_fault_action(&t, IAA_FAULT_ACTION_HALT, 0);
    g_assert_cmphex(iaa_command(&t, 5, 0), ==, 1u << 31);
    qtest_clock_step(t.qts, 10000000);
    g_assert_cmphex(iaa_readl(&t, 0xa8), ==, 0);
    g_assert_cmphex(iaa_readl(&t, 0x90), ==, 0);
    g_assert_true(written(&t));
    iaa_stop(&t);
}

/* DSA 9.2.10: the reset that GENSTS asks for is the least that cures */
static void test_reset_types(void)
{
    IAATest t;

    start(&t, "");
    for (unsigned type = 0; type < 4; type++) {
        iaa_fault_action(&t, IAA_FAULT_ACTION_HALT, type);
        g_assert_cmphex(iaa_readl(&t, 0x90), ==, 3 | type << 2);
        g_assert_cmphex(iaa_command(&t, 3, 0), ==, 5);
        g_assert_cmphex(iaa_command(&t, 5, 0), ==, type ? 5 : 0);
        g_assert_cmphex(iaa_readl(&t, 0x90), ==, type ? 3 | type << 2 : 0);
        iaa_flr(&t);
        g_assert_cmphex(iaa_readl(&t, 0x90), ==,
                        type > 1 ? 3 | type << 2 : 0);
        iaa_fault_action(&t, IAA_FAULT_ACTION_RETURN, 0);   /* power-on */
        g_assert_cmphex(iaa_readl(&t, 0x90), ==, 0);
        iaa_up(&t, 16);
    }
    iaa_stop(&t);
}

/* Appendix C: D3hot and back, nothing is lost, and nothing is written in it */
static void test_power(void)
{
    IAATest t;
    IAADesc d = iaa_compress(RECORD(0), 4096, 8192);
    uint8_t cap;

    start(&t, "");
    written(&t);
    cap = qpci_find_capability(t.pci, PCI_CAP_ID_PM, 0);
    g_assert_cmpint(cap, !=, 0);
    g_assert_cmphex(qpci_config_readw(t.pci, cap + PCI_PM_CTRL), ==,
                    PCI_PM_CTRL_NO_SOFT_RESET);
    iaa_submit(&t, 0, &d);
    qpci_config_writew(t.pci, cap + PCI_PM_CTRL, 3);
    g_assert_cmphex(qpci_config_readw(t.pci, cap + PCI_PM_CTRL), ==,
                    PCI_PM_CTRL_NO_SOFT_RESET | 3);
    qtest_clock_step(t.qts, 1000000);
    g_assert_false(written(&t));
    qpci_config_writew(t.pci, cap + PCI_PM_CTRL, 0);
    g_assert_cmphex(iaa_readl(&t, 0x90), ==, 1);
    g_assert_cmphex(iaa_readl(&t, IAA_WQCFG_BASE), ==, 16);
    g_assert_cmphex(iaa_run_desc(&t, &d).status, ==, 1);
    iaa_stop(&t);
}

/* PCIe device status: honest about work that may still read or write */
static void test_pending(void)
{
    IAATest t;
    IAADesc d = iaa_compress(RECORD(0), 4096, 8192);

    start(&t, "");
    g_assert_false(iaa_transactions_pending(&t));
    iaa_submit(&t, 0, &d);
    g_assert_true(iaa_transactions_pending(&t));
    qtest_clock_step(t.qts, 3247);
    g_assert_true(iaa_transactions_pending(&t));
    qtest_clock_step(t.qts, 1);
    g_assert_false(iaa_transactions_pending(&t));
    iaa_stop(&t);
}

static void test_no_fault_control(void)
{
    QTestState *qts = qtest_initf("%s -device iaa,addr=4", iaa_machine());
    QPCIBus *bus = qpci_new_pc(qts, NULL);
    IAATest t;

    iaa_attach(&t, qts, bus, QPCI_DEVFN(4, 0));
    g_assert_cmphex(qpci_config_readl(t.pci, PCI_BASE_ADDRESS_4), ==, 0);
    iaa_aecs_fixed(&t);
    iaa_up(&t, 16);
    iaa_stop(&t);
}

void iaa_add_pci_tests(void)
{
    qtest_add_func("/iaa/reset/flr", test_flr);
    qtest_add_func("/iaa/reset/flr-ends-hang", test_flr_ends_hang);
    qtest_add_func("/iaa/reset/system", test_system_reset);
    qtest_add_func("/iaa/reset/types", test_reset_types);
    qtest_add_func("/iaa/pci/bus-master", test_bus_master);
    qtest_add_func("/iaa/pci/halt-late", test_halt_late);
    qtest_add_func("/iaa/pci/power", test_power);
    qtest_add_func("/iaa/pci/pending", test_pending);
    qtest_add_func("/iaa/pci/no-fault-control", test_no_fault_control);
}
