/*
 * IAA accelerator: identity, registers, commands, reset, several devices
 *
 * Numbers are literal where they are what a driver relies on, so that a wrong
 * constant in the model's header does not go unnoticed.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qobject/qdict.h"
#include "libqos/pci-pc.h"
#include "hw/pci/pci_regs.h"
#include "iaa-util.h"

/* Identity and capabilities */

static void test_identity(void)
{
    IAATest t;
    uint8_t cap;

    iaa_start(&t, "");
    g_assert_cmphex(qpci_config_readw(t.pci, 0), ==, 0x8086);
    g_assert_cmphex(qpci_config_readw(t.pci, 2), ==, 0x0cfe);
    g_assert_cmphex(qpci_config_readw(t.pci, 10), ==, 0x0880);
    /* 64-bit prefetchable memory */
    g_assert_cmphex(qpci_config_readl(t.pci, 0x10) & 0xf, ==, 0xc);
    g_assert_cmphex(qpci_config_readl(t.pci, 0x18) & 0xf, ==, 0xc);
    cap = qpci_find_capability(t.pci, PCI_CAP_ID_EXP, 0);
    g_assert_cmpint(cap, !=, 0);
    /* root complex integrated endpoint, on the root bus */
    g_assert_cmphex(qpci_config_readw(t.pci, cap + 2) >> 4 & 0xf, ==, 9);
    cap = qpci_find_capability(t.pci, PCI_CAP_ID_MSIX, 0);
    g_assert_cmpint((qpci_config_readw(t.pci, cap + 2) & 0x7ff) + 1, ==, 9);
    iaa_stop(&t);
}

static void test_caps(void)
{
    IAATest t;

    iaa_start(&t, "");
    g_assert_cmphex(iaa_readl(&t, 0x00), ==, 0x100);
    g_assert_cmphex(iaa_readq(&t, 0x10), ==, 0x10080150105);
    g_assert_cmphex(iaa_readq(&t, 0x20), ==, 0x1a000000080080);
    g_assert_cmphex(iaa_readq(&t, 0x30) & 0xff, ==, 4);
    g_assert_cmphex(iaa_readq(&t, 0x38) & 0xff, ==, 8);
    g_assert_cmphex(iaa_readq(&t, 0x40), ==, 0x5);
    g_assert_cmphex(iaa_readq(&t, 0x48), ==, 0xc);
    g_assert_cmphex(iaa_readl(&t, 0x48), ==, 0xc);
    g_assert_cmphex(iaa_readl(&t, 0x4c), ==, 0);
    g_assert_cmphex(iaa_readq(&t, 0x68), ==, 0);
    g_assert_cmphex(iaa_readq(&t, 0x180), ==, 0);
    g_assert_cmphex(iaa_readl(&t, 0x90), ==, 0);
    iaa_stop(&t);
}

static void test_version_2(void)
{
    IAATest t;

    iaa_start(&t, ",version=0x200,op-config=on,int-handles=on,wqs=16,"
                  "wq-entries=256,engines=3,groups=2,max-transfer-shift=16");
    g_assert_cmphex(iaa_readl(&t, 0x00), ==, 0x200);
    g_assert_cmphex(iaa_readq(&t, 0x180) & 0x100, ==, 0x100);
    g_assert_cmphex(iaa_readq(&t, 0x10) >> 16 & 0x1f, ==, 16);
    g_assert_cmphex(iaa_readq(&t, 0x10) & 0x10, ==, 0x10);
    g_assert_cmphex(iaa_readl(&t, 0xb0) >> 13 & 3, ==, 3);
    g_assert_cmphex(iaa_readq(&t, 0x20) & 0xffffffff, ==, 0x01100100);
    g_assert_cmphex(iaa_readq(&t, 0x20) >> 54 & 1, ==, 1);
    g_assert_cmphex(iaa_readq(&t, 0x30) & 0xff, ==, 2);
    g_assert_cmphex(iaa_readq(&t, 0x38) & 0xff, ==, 3);
    /* WQ 15's operation configuration, the last word there is */
    iaa_writel(&t, 0x2000 + 15 * 64 + 60, 0xffffffff);
    g_assert_cmphex(iaa_readl(&t, 0x2000 + 15 * 64 + 60), ==, 0xffffffff);
    g_assert_cmphex(iaa_readl(&t, 0x2000 + 16 * 64), ==, 0);
    iaa_stop(&t);
}

/* Tables: what is read back, and when it can be written */
static void test_tables(void)
{
    IAATest t;
    uint64_t table;
    unsigned grp, wq, perm;

    iaa_start(&t, "");
    table = iaa_readq(&t, 0x60);
    grp = (table & 0xffff) * 0x100;
    wq = (table >> 16 & 0xffff) * 0x100;
    perm = (table >> 32 & 0xffff) * 0x100;
    g_assert_cmphex(table >> 48, ==, 0);

    for (int i = 0; i < 8; i++) {
        iaa_writel(&t, wq + i * 4, 0xffffffff);
    }
    g_assert_cmphex(iaa_readl(&t, wq), ==, 0xffff);
    g_assert_cmphex(iaa_readl(&t, wq + 24), ==, 0);     /* status */
    g_assert_cmphex(iaa_readl(&t, wq + 28), ==, 0);
    g_assert_cmphex(iaa_readl(&t, wq + 32), ==, 0);     /* the next WQ's */
    for (int i = 0; i < 8; i++) {
        iaa_writel(&t, wq + i * 4, 0);
    }
    iaa_writeq(&t, grp + 64 + 40, 0x123456789abcdef0);
    g_assert_cmphex(iaa_readq(&t, grp + 64 + 40), ==, 0x123456789abcdef0);
    g_assert_cmphex(iaa_readl(&t, grp + 64 + 44), ==, 0x12345678);
    iaa_writel(&t, perm + 8 * 8, 0xffffffff);
    g_assert_cmphex(iaa_readl(&t, perm + 8 * 8), ==, 0xfffff00c);
    iaa_writel(&t, perm + 9 * 8, 0xffffffff);
    g_assert_cmphex(iaa_readl(&t, perm + 9 * 8), ==, 0);

    iaa_up(&t, 16);
    /* enabled: groups and that WQ are locked, other WQs are not */
    iaa_writeq(&t, grp, 0xff);
    g_assert_cmphex(iaa_readq(&t, grp), ==, 1);
    iaa_writel(&t, wq, 99);
    g_assert_cmphex(iaa_readl(&t, wq), ==, 16);
    g_assert_cmphex(iaa_readl(&t, wq + 24) >> 30, ==, 1);
    iaa_writel(&t, wq + 32, 7);
    g_assert_cmphex(iaa_readl(&t, wq + 32), ==, 7);

    g_assert_cmphex(iaa_command(&t, 10, 1), ==, 0);     /* reset WQ 0 */
    for (int i = 0; i < 8; i++) {
        g_assert_cmphex(iaa_readl(&t, wq + i * 4), ==, 0);
    }
    g_assert_cmphex(iaa_command(&t, 5, 0), ==, 0);      /* reset device */
    g_assert_cmphex(iaa_readl(&t, wq + 32), ==, 0);
    g_assert_cmphex(iaa_readq(&t, grp), ==, 0);
    g_assert_cmphex(iaa_readl(&t, perm + 8 * 8), ==, 0);
    iaa_stop(&t);
}

/* Commands */

static void test_command_errors(void)
{
    IAATest t;

    iaa_start(&t, "");
    g_assert_cmphex(iaa_command(&t, 0, 0), ==, 0x01);
    g_assert_cmphex(iaa_command(&t, 15, 0), ==, 0x01);
    g_assert_cmphex(iaa_command(&t, 31, 0), ==, 0x01);
    g_assert_cmphex(iaa_command(&t, 13, 1), ==, 0x01);  /* int-handles=off */
    g_assert_cmphex(iaa_command(&t, 2, 0), ==, 0x31);
    g_assert_cmphex(iaa_command(&t, 3, 0), ==, 0x32);
    g_assert_cmphex(iaa_command(&t, 6, 0), ==, 0x20);
    g_assert_cmphex(iaa_command(&t, 6, 8), ==, 0x02);
    g_assert_cmphex(iaa_command(&t, 8, 1), ==, 0x32);
    g_assert_cmphex(iaa_command(&t, 8, 0x100), ==, 0x02);
    g_assert_cmphex(iaa_command(&t, 8, 0x10001), ==, 0x02);
    g_assert_cmphex(iaa_command(&t, 8, 0xf0001), ==, 0x02);
    g_assert_cmphex(iaa_command(&t, 8, 0), ==, 0x02);

    iaa_up(&t, 16);
    g_assert_cmphex(iaa_readl(&t, 0x90), ==, 1);
    g_assert_cmphex(iaa_command(&t, 1, 0), ==, 0x10);
    g_assert_cmphex(iaa_command(&t, 6, 0), ==, 0x21);
    g_assert_cmphex(iaa_command(&t, 8, 2), ==, 0x32);   /* WQ 1 is not on */
    g_assert_cmphex(iaa_command(&t, 7, 2), ==, 0x32);
    g_assert_cmphex(iaa_command(&t, 11, 1234), ==, 0);
    g_assert_cmphex(iaa_command(&t, 8, 1), ==, 0);
    g_assert_cmphex(iaa_command(&t, 7, 1), ==, 0);
    g_assert_cmphex(iaa_command(&t, 2, 0), ==, 0);
    g_assert_cmphex(iaa_readl(&t, 0x90), ==, 0);
    iaa_stop(&t);
}

static void test_enable_device(void)
{
    IAATest t;
    uint16_t cmd;

    iaa_start(&t, "");
    iaa_wq(&t, 0, 100, 10);
    iaa_wq(&t, 1, 29, 10);
    iaa_group(&t, 0, 1, 0xff);
    g_assert_cmphex(iaa_command(&t, 1, 0), ==, 0x14);   /* 129 entries */
    iaa_wq(&t, 1, 28, 10);
    iaa_group(&t, 1, 1, 0);
    g_assert_cmphex(iaa_command(&t, 1, 0), ==, 0x15);   /* WQ 0 twice */
    iaa_group(&t, 1, 2, 1);
    g_assert_cmphex(iaa_command(&t, 1, 0), ==, 0x16);   /* engine 0 twice */
    iaa_group(&t, 1, 2, 0);
    g_assert_cmphex(iaa_command(&t, 1, 0), ==, 0x17);   /* no engine */
    iaa_group(&t, 0, 1, 0xfe);
    iaa_group(&t, 1, 2, 0x101);                         /* 8 isn't there */
    cmd = qpci_config_readw(t.pci, PCI_COMMAND);
    qpci_config_writew(t.pci, PCI_COMMAND, cmd & ~PCI_COMMAND_MASTER);
    g_assert_cmphex(iaa_command(&t, 1, 0), ==, 0x12);
    qpci_config_writew(t.pci, PCI_COMMAND, cmd);
    g_assert_cmphex(iaa_command(&t, 1, 0), ==, 0);
    iaa_stop(&t);
}

static void test_enable_wq(void)
{
    static const struct {
        uint32_t word, val, error;
    } bad[] = {
        { 0, 0, 0x22 }, { 0, 129, 0x22 },
        { 8, 0x01, 0x23 },              /* priority 0 */
        { 8, 0xa0, 0x24 },              /* shared */
        { 8, 0x100000a1, 0x26 },        /* PASID */
        { 12, 21 | 1 << 5, 0x27 },      /* batches */
        { 12, 22, 0x28 },               /* 4 MiB */
    };
    IAATest t;

    iaa_start(&t, "");
    iaa_wq(&t, 0, 16, 10);
    iaa_group(&t, 0, 1, 0xff);
    g_assert_cmphex(iaa_command(&t, 1, 0), ==, 0);
    for (int i = 0; i < ARRAY_SIZE(bad); i++) {
        iaa_wq(&t, 0, 16, 10);
        iaa_writel(&t, IAA_WQCFG_BASE + bad[i].word, bad[i].val);
        g_assert_cmphex(iaa_command(&t, 6, 0), ==, bad[i].error);
    }
    iaa_wq(&t, 0, 16, 10);
    iaa_writel(&t, IAA_WQCFG_BASE + 8, 0xa3);           /* block on fault */
    g_assert_cmphex(iaa_command(&t, 6, 0), ==, 0);
    iaa_wq(&t, 1, 16, 10);
    g_assert_cmphex(iaa_command(&t, 6, 1), ==, 0x11);   /* in no group */
    iaa_stop(&t);
}

/* A command's interrupt, its cause, and the cause's acknowledgement */
static void test_command_interrupt(void)
{
    IAATest t;

    iaa_start(&t, "");
    iaa_msix_up(&t, 9);
    iaa_writel(&t, A_CMD, 5 << 20);
    g_assert_false(iaa_msix_take(&t, 0));
    iaa_writel(&t, A_CMD, 1u << 31 | 5 << 20);
    g_assert_true(iaa_msix_take(&t, 0));
    g_assert_cmphex(iaa_readl(&t, 0x98), ==, 2);
    iaa_writel(&t, 0x98, 1);
    g_assert_cmphex(iaa_readl(&t, 0x98), ==, 2);
    iaa_writel(&t, 0x98, 2);
    g_assert_cmphex(iaa_readl(&t, 0x98), ==, 0);
    /* failing commands interrupt as well */
    iaa_writel(&t, A_CMD, 1u << 31 | 2 << 20);
    g_assert_true(iaa_msix_take(&t, 0));
    g_assert_cmphex(iaa_readl(&t, A_CMDSTS), ==, 0x31);
    iaa_stop(&t);
}

static void test_int_handles(void)
{
    IAATest t;
    IAADesc d = iaa_noop(RECORD(0));
    IAARecord r;

    iaa_start(&t, ",int-handles=on,instant=on");
    iaa_msix_up(&t, 9);
    iaa_up(&t, 16);
    d.flags_op |= 0x10;
    d.int_handle = 2;
    r = iaa_run_desc(&t, &d);
    g_assert_cmphex(r.status, ==, 0x19);
    g_assert_cmphex(iaa_command(&t, 13, 0x10002), ==, 0x41);    /* IMS */
    g_assert_cmphex(iaa_command(&t, 13, 9), ==, 0x41);
    g_assert_cmphex(iaa_command(&t, 13, 2), ==, 2 << 8);
    r = iaa_run_desc(&t, &d);
    g_assert_cmphex(r.status, ==, 1);
    g_assert_true(iaa_msix_take(&t, 2));
    g_assert_cmphex(iaa_command(&t, 14, 2), ==, 0);
    g_assert_cmphex(iaa_command(&t, 14, 2), ==, 0x41);
    r = iaa_run_desc(&t, &d);
    g_assert_cmphex(r.status, ==, 0x19);
    g_assert_false(iaa_msix_take(&t, 2));
    iaa_stop(&t);
}

/* Resets */

static void test_flr(void)
{
    IAATest t;
    IAADesc d = iaa_noop(RECORD(0));
    uint8_t cap;

    iaa_start(&t, "");
    iaa_up(&t, 16);
    iaa_submit(&t, 0, &d);
    cap = qpci_find_capability(t.pci, PCI_CAP_ID_EXP, 0);
    g_assert_true(qpci_config_readl(t.pci, cap + 4) & 1u << 28);
    qpci_config_writew(t.pci, cap + 8, 1u << 15);
    g_assert_cmphex(qpci_config_readl(t.pci, 0x10) & ~0xfu, ==, 0);
    qtest_clock_step(t.qts, 1000000);
    g_assert_cmphex(iaa_record(&t, RECORD(0)).status, ==, 0);
    iaa_stop(&t);
}

static void test_system_reset(void)
{
    IAATest t;
    IAADesc d = iaa_noop(RECORD(0));

    iaa_start(&t, "");
    iaa_up(&t, 16);
    iaa_submit(&t, 0, &d);
    qtest_system_reset(t.qts);
    qtest_clock_step(t.qts, 1000000);
    g_assert_cmphex(iaa_record(&t, RECORD(0)).status, ==, 0);
    iaa_stop(&t);
}

/* Machines */

static void test_several(void)
{
    QTestState *qts = qtest_initf("%s -device iaa,addr=4 "
                                  "-device iaa,addr=5,instant=on,version=0x200 "
                                  "-device iaa,addr=6,instant=on",
                                  iaa_machine());
    QPCIBus *bus = qpci_new_pc(qts, NULL);
    IAATest t[3];

    for (int i = 0; i < 3; i++) {
        iaa_attach(&t[i], qts, bus, QPCI_DEVFN(4 + i, 0));
        iaa_up(&t[i], 16);
    }
    for (int i = 0; i < 3; i++) {
        IAADesc d = iaa_noop(RECORD(i));

        iaa_submit(&t[i], 0, &d);
    }
    g_assert_cmphex(iaa_record(&t[0], RECORD(0)).status, ==, 0);
    g_assert_cmphex(iaa_record(&t[0], RECORD(1)).status, ==, 1);
    g_assert_cmphex(iaa_record(&t[0], RECORD(2)).status, ==, 1);
    qtest_clock_step(qts, 500);
    g_assert_cmphex(iaa_record(&t[0], RECORD(0)).status, ==, 1);
    g_assert_cmphex(iaa_readl(&t[1], 0), ==, 0x200);
    g_assert_cmphex(iaa_readl(&t[2], 0), ==, 0x100);
    g_free(t[1].pci);
    g_free(t[2].pci);
    iaa_stop(&t[0]);
}

/* One accelerator a NUMA node, each behind an expander bridge's root port */
static void test_nodes(void)
{
    QTestState *qts = qtest_initf(
        "%s -smp 2 "
        "-object memory-backend-ram,id=m0,size=32M "
        "-object memory-backend-ram,id=m1,size=32M "
        "-numa node,nodeid=0,cpus=0,memdev=m0 "
        "-numa node,nodeid=1,cpus=1,memdev=m1 "
        "-device pxb-pcie,id=p0,bus_nr=32,bus=pcie.0,numa_node=0 "
        "-device pxb-pcie,id=p1,bus_nr=64,bus=pcie.0,numa_node=1 "
        "-device pcie-root-port,id=r0,bus=p0,chassis=1,slot=0 "
        "-device pcie-root-port,id=r1,bus=p1,chassis=2,slot=0 "
        "-device iaa,bus=r0,id=iaa0 "
        "-device iaa,bus=r1,id=iaa1", iaa_machine());
    QDict *resp;

    resp = qtest_qmp(qts, "{'execute': 'qom-get', 'arguments': { 'path':"
                     " '/machine/peripheral/iaa1', 'property': 'engines' }}");
    g_assert_cmpint(qdict_get_int(resp, "return"), ==, 8);
    qobject_unref(resp);
    qtest_quit(qts);
}

static void test_bad_properties(void)
{
    static const char *const bad[] = {
        "version=0x300", "engines=0", "engines=65", "wqs=65", "wqs=0",
        "groups=17", "wq-entries=7", "wq-entries=1025",
        "max-transfer-shift=25", "max-transfer-shift=11", "clock-scale=0",
    };
    QTestState *qts = qtest_initf("%s -device pcie-root-port,id=rp",
                                  iaa_machine());

    for (int i = 0; i < ARRAY_SIZE(bad); i++) {
        g_autofree char *cmd = g_strdup_printf("device_add iaa,bus=rp,%s",
                                                bad[i]);
        g_autofree char *out = qtest_hmp(qts, "%s", cmd);

        g_assert_true(strstr(out, "iaa: "));
    }
    qtest_quit(qts);
}

int main(int argc, char **argv)
{
    int status;

    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/iaa/identity", test_identity);
    qtest_add_func("/iaa/caps", test_caps);
    qtest_add_func("/iaa/version-2", test_version_2);
    qtest_add_func("/iaa/tables", test_tables);
    qtest_add_func("/iaa/command/errors", test_command_errors);
    qtest_add_func("/iaa/command/enable-device", test_enable_device);
    qtest_add_func("/iaa/command/enable-wq", test_enable_wq);
    qtest_add_func("/iaa/command/interrupt", test_command_interrupt);
    qtest_add_func("/iaa/command/int-handles", test_int_handles);
    qtest_add_func("/iaa/reset/flr", test_flr);
    qtest_add_func("/iaa/reset/system", test_system_reset);
    qtest_add_func("/iaa/several", test_several);
    qtest_add_func("/iaa/nodes", test_nodes);
    qtest_add_func("/iaa/bad-properties", test_bad_properties);
    iaa_add_descriptor_tests();
    iaa_add_fault_tests();
    iaa_add_timing_tests();
    iaa_add_fuzz_tests();
    status = g_test_run();
    iaa_machine_cleanup();
    return status;
}
