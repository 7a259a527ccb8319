/*
 * IAA accelerator: identity, registers, several devices
 *
 * Numbers are literal where they are what a driver relies on, so that a wrong
 * constant in the model's header does not go unnoticed.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qobject/qdict.h"
#include "qobject/qlist.h"
#include "qobject/qstring.h"
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

/* Where the tables are */
static uint64_t group(IAATest *t, unsigned n)
{
    return (iaa_readq(t, 0x60) & 0xffff) * 0x100 + n * 64;
}

static uint64_t perm(IAATest *t, unsigned n)
{
    return (iaa_readq(t, 0x60) >> 32 & 0xffff) * 0x100 + n * 8;
}

/* DSA table 9-3, power-on */
static void test_reset_values(void)
{
    static const uint32_t zero[] = {
        0x80, 0x88, 0x90, 0x98, 0xa0, 0xa8, 0xc0, 0xc8, 0xd0, 0xd8,
    };
    IAATest t;

    iaa_start(&t, ",op-config=on");
    for (int i = 0; i < ARRAY_SIZE(zero); i++) {
        g_assert_cmphex(iaa_readq(&t, zero[i]), ==, 0);
    }
    for (int wq = 0; wq < 8; wq++) {
        for (int i = 0; i < 32; i += 8) {
            g_assert_cmphex(iaa_readq(&t, iaa_wqcfg(&t, wq) + i), ==, 0);
            /* DSA 9.2.24: OPCFG matches OPCAP */
            g_assert_cmphex(iaa_readq(&t, iaa_wqcfg(&t, wq) + 32 + i), ==,
                            iaa_readq(&t, 0x40 + i));
        }
        g_assert_cmphex(iaa_readq(&t, perm(&t, wq)), ==, 0);
    }
    for (int i = 0; i < 48; i += 8) {
        g_assert_cmphex(iaa_readq(&t, group(&t, 0) + i), ==, 0);
    }
    for (int i = 0; i < 9; i++) {               /* masked */
        g_assert_cmphex(iaa_readl(&t, 0x8000 + i * 16 + 12), ==, 1);
        g_assert_cmphex(iaa_readq(&t, 0x8000 + i * 16), ==, 0);
    }
    iaa_stop(&t);
}

/* DSA 3.15 and table 9-3: what a Reset Device command keeps and clears */
static void test_reset_command(void)
{
    IAATest t;
    IAADesc d = iaa_noop(RECORD(0));

    iaa_start(&t, ",op-config=on");
    iaa_writel(&t, 0x80, 0x1000);
    iaa_up(&t, 16);
    iaa_msix_up(&t, 9);
    iaa_writel(&t, 0x88, 3);
    iaa_writel(&t, perm(&t, 8), 0xfffff00c);
    d.flags_op = 0x01000000;                    /* no such operation */
    iaa_submit(&t, 0, &d);
    qtest_clock_step(t.qts, 1000000);
    iaa_writel(&t, 0x8000 + 12, 1);             /* mask vector 0: pending */
    iaa_writel(&t, A_CMD, 1u << 31 | 3 << 20);
    g_assert_cmphex(iaa_readl(&t, 0xc000) & 1, ==, 1);
    g_assert_cmphex(iaa_readl(&t, 0x98), ==, 3);

    g_assert_cmphex(iaa_command(&t, 5, 0), ==, 0);
    g_assert_cmphex(iaa_readq(&t, 0xc0) & 0xff0f, ==, 0x100d);  /* SWERROR */
    g_assert_cmphex(iaa_readl(&t, 0x8000), ==, MSI(0));         /* MSI-X */
    g_assert_cmphex(iaa_readl(&t, 0x8000 + 24), ==, 2);
    g_assert_cmphex(iaa_readl(&t, 0xc000), ==, 0);              /* PBA */
    g_assert_cmphex(iaa_readl(&t, 0x80), ==, 0);
    g_assert_cmphex(iaa_readl(&t, 0x88), ==, 0);
    g_assert_cmphex(iaa_readl(&t, 0x90), ==, 0);
    g_assert_cmphex(iaa_readl(&t, 0x98), ==, 0);
    g_assert_cmphex(iaa_readl(&t, perm(&t, 8)), ==, 0);         /* MSIXPERM */
    g_assert_cmphex(iaa_readq(&t, group(&t, 0)), ==, 0);
    g_assert_cmphex(iaa_readq(&t, group(&t, 0) + 32), ==, 0);
    g_assert_cmphex(iaa_readl(&t, iaa_wqcfg(&t, 0)), ==, 0);
    g_assert_cmphex(iaa_readl(&t, iaa_wqcfg(&t, 0) + 8), ==, 0);
    g_assert_cmphex(iaa_readq(&t, iaa_wqcfg(&t, 0) + 40), ==,
                    iaa_readq(&t, 0x48));
    iaa_stop(&t);
}

/* DSA tables 9-4 and 9-7: when what can be written */
static void test_locks(void)
{
    IAATest t;
    uint64_t wq0, wq1;

    iaa_start(&t, ",version=0x200");
    wq0 = iaa_wqcfg(&t, 0);
    wq1 = iaa_wqcfg(&t, 1);
    for (int i = 0; i < 32; i += 4) {
        iaa_writel(&t, wq0 + i, 0xffffffff);
    }
    g_assert_cmphex(iaa_readl(&t, wq0), ==, 0xffff);
    g_assert_cmphex(iaa_readl(&t, wq0 + 20), ==, 0);    /* no such interrupt */
    g_assert_cmphex(iaa_readq(&t, wq0 + 24), ==, 0);    /* status, reserved */
    g_assert_cmphex(iaa_readl(&t, wq1), ==, 0);
    for (int i = 0; i < 32; i += 4) {
        iaa_writel(&t, wq0 + i, 0);
    }
    /* flags: traffic classes, and the limit of descriptors in progress */
    iaa_writeq(&t, group(&t, 1) + 40, UINT64_MAX);
    g_assert_cmphex(iaa_readq(&t, group(&t, 1) + 40), ==, 0x30000003f);
    iaa_writeq(&t, group(&t, 1) + 40, 0);
    iaa_writel(&t, perm(&t, 8), 0xffffffff);
    g_assert_cmphex(iaa_readl(&t, perm(&t, 8)), ==, 0xfffff00c);
    iaa_writel(&t, perm(&t, 9), 0xffffffff);
    g_assert_cmphex(iaa_readl(&t, perm(&t, 9)), ==, 0);
    iaa_writel(&t, 0x80, 0xffffffff);
    g_assert_cmphex(iaa_readl(&t, 0x80), ==, 0x3000);
    iaa_writel(&t, 0x80, 0);

    iaa_up(&t, 16);
    iaa_writel(&t, 0x80, 0x1000);                       /* GENCFG */
    g_assert_cmphex(iaa_readl(&t, 0x80), ==, 0);
    iaa_writeq(&t, group(&t, 0), 0xff);                 /* GRPCFG */
    g_assert_cmphex(iaa_readq(&t, group(&t, 0)), ==, 1);
    iaa_writel(&t, wq0, 99);                            /* size */
    g_assert_cmphex(iaa_readl(&t, wq0), ==, 16);
    iaa_writel(&t, wq1, 7);                             /* same, not in use */
    g_assert_cmphex(iaa_readl(&t, wq1), ==, 0);
    iaa_writel(&t, wq0 + 4, 5);                         /* threshold */
    g_assert_cmphex(iaa_readl(&t, wq0 + 4), ==, 5);
    iaa_writel(&t, wq0 + 8, 0x51);                      /* the rest */
    g_assert_cmphex(iaa_readl(&t, wq0 + 8), ==, 0xa1);
    iaa_writel(&t, wq1 + 8, 0x51);
    g_assert_cmphex(iaa_readl(&t, wq1 + 8), ==, 0x51);
    iaa_writel(&t, perm(&t, 1), 4);                     /* MSIXPERM */
    g_assert_cmphex(iaa_readl(&t, perm(&t, 1)), ==, 4);
    g_assert_cmphex(iaa_readl(&t, wq0 + 24) >> 30, ==, 1);

    g_assert_cmphex(iaa_command(&t, 7, 1), ==, 0);      /* disable WQ 0 */
    iaa_writel(&t, wq0 + 8, 0x51);
    g_assert_cmphex(iaa_readl(&t, wq0 + 8), ==, 0x51);
    iaa_writel(&t, wq0, 99);
    g_assert_cmphex(iaa_readl(&t, wq0), ==, 16);
    iaa_stop(&t);
}

/* DSA 9: 1, 2, 4 and 8 bytes, two registers at once included */
static void test_access_sizes(void)
{
    IAATest t;
    uint64_t wq;

    iaa_start(&t, "");
    wq = iaa_wqcfg(&t, 2);
    g_assert_cmphex(qpci_io_readb(t.pci, t.mmio, 0x11), ==, 0x01);
    g_assert_cmphex(qpci_io_readw(t.pci, t.mmio, 0x12), ==, 0x8015);
    g_assert_cmphex(qpci_io_readb(t.pci, t.mmio, 0x38), ==, 8);
    iaa_writeq(&t, wq, 0x0000001100000022);
    g_assert_cmphex(iaa_readl(&t, wq), ==, 0x22);
    g_assert_cmphex(iaa_readl(&t, wq + 4), ==, 0x11);
    qpci_io_writeb(t.pci, t.mmio, wq + 1, 0x33);
    qpci_io_writew(t.pci, t.mmio, wq + 10, 0x1234);
    qpci_io_writeb(t.pci, t.mmio, wq + 8, 0xa1);
    g_assert_cmphex(iaa_readq(&t, wq), ==, 0x0000001100003322);
    g_assert_cmphex(iaa_readl(&t, wq + 8), ==, 0x123400a1);
    g_assert_cmphex(qpci_io_readb(t.pci, t.mmio, wq + 11), ==, 0x12);
    g_assert_cmphex(qpci_io_readw(t.pci, t.mmio, wq + 10), ==, 0x1234);
    qpci_io_writeb(t.pci, t.mmio, 0x81, 0x10);
    g_assert_cmphex(iaa_readl(&t, 0x80), ==, 0x1000);
    qpci_io_writew(t.pci, t.mmio, 0x88, 1);
    g_assert_cmphex(iaa_readl(&t, 0x88), ==, 1);
    /* a part of the command register starts nothing */
    qpci_io_writeb(t.pci, t.mmio, A_CMD + 2, 0x20);
    g_assert_cmphex(iaa_readl(&t, A_CMDSTS), ==, 0);
    iaa_writeq(&t, A_CMD, 2 << 20);
    g_assert_cmphex(iaa_readl(&t, A_CMDSTS), ==, 0x31);
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
        "engine-depth=0", "engine-depth=17",
        "contention=91", "contention=50,instant=on",
        "contention=50,compress-latency=0,compress-engine-rate=0,"
        "compress-device-rate=0",
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

/* "-device iaa,help": every property says what it is. */
static void test_help(void)
{
    QTestState *qts = qtest_initf("%s", iaa_machine());
    QDict *resp = qtest_qmp(qts, "{'execute': 'device-list-properties',"
                            " 'arguments': { 'typename': 'iaa' }}");
    QListEntry *e;
    unsigned n = 0;

    QLIST_FOREACH_ENTRY(qdict_get_qlist(resp, "return"), e) {
        QDict *prop = qobject_to(QDict, qlist_entry_obj(e));
        const char *name = qdict_get_str(prop, "name");
        const char *text = qdict_get_try_str(prop, "description");

        if (g_str_has_suffix(name, "-latency") ||
            g_str_has_suffix(name, "-rate") ||
            strstr("version engines groups wqs wq-entries op-config removed "
                   "max-transfer-shift int-handles fault-control instant "
                   "engine-depth clock-scale contention", name)) {
            g_assert_nonnull(text);
            g_assert_cmpuint(strlen(text), >, 15);
            n++;
        }
    }
    g_assert_cmpuint(n, ==, 24);
    qobject_unref(resp);
    qtest_quit(qts);
}

static void test_migration(void)
{
    QTestState *qts = qtest_initf("%s -device iaa", iaa_machine());
    QDict *resp = qtest_qmp(qts, "{'execute': 'query-migrate'}");
    QList *reasons = qdict_get_qlist(qdict_get_qdict(resp, "return"),
                                     "blocked-reasons");
    const char *text;

    g_assert_nonnull(reasons);
    text = qstring_get_str(qobject_to(QString, qlist_entry_obj(
                           qlist_first(reasons))));
    g_assert_nonnull(strstr(text, "iaa: "));
    qobject_unref(resp);
    qtest_quit(qts);
}

int main(int argc, char **argv)
{
    int status;

    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/iaa/identity", test_identity);
    qtest_add_func("/iaa/caps", test_caps);
    qtest_add_func("/iaa/version-2", test_version_2);
    qtest_add_func("/iaa/reset/values", test_reset_values);
    qtest_add_func("/iaa/reset/command", test_reset_command);
    qtest_add_func("/iaa/locks", test_locks);
    qtest_add_func("/iaa/access-sizes", test_access_sizes);
    qtest_add_func("/iaa/several", test_several);
    qtest_add_func("/iaa/nodes", test_nodes);
    qtest_add_func("/iaa/bad-properties", test_bad_properties);
    qtest_add_func("/iaa/help", test_help);
    qtest_add_func("/iaa/migration", test_migration);
    iaa_add_pci_tests();
    iaa_add_command_tests();
    iaa_add_portal_tests();
    iaa_add_descriptor_tests();
    iaa_add_check_tests();
    iaa_add_aecs_tests();
    iaa_add_generate_tests();
    iaa_add_fault_tests();
    iaa_add_timing_tests();
    iaa_add_contention_tests();
    iaa_add_fuzz_tests();
    status = g_test_run();
    iaa_machine_cleanup();
    return status;
}
