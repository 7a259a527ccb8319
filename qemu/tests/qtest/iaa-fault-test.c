/*
 * IAA accelerator: faults on demand
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qobject/qdict.h"
#include "hw/pci/pci_regs.h"
#include "iaa-util.h"

static void start(IAATest *t, const char *props)
{
    iaa_start(t, props);
    iaa_aecs_fixed(t);
    iaa_up(t, 16);
}

static IAARecord compress_page(IAATest *t)
{
    IAADesc d = iaa_compress(RECORD(0), 4096, 8192);

    return iaa_run_desc(t, &d);
}

static bool wq_enabled(IAATest *t)
{
    return iaa_readl(t, IAA_WQCFG_BASE + 24) >> 30; /* or on the way */
}

/* The region itself */
static void test_region(void)
{
    IAATest t;
    uint64_t rule = IAA_FAULT_RULE(3);

    iaa_start(&t, "");
    g_assert_cmphex(qpci_io_readq(t.pci, t.fault, 0), ==,
                    0x544c554146414149);
    /* locked until it gets its key */
    qpci_io_writeq(t.pci, t.fault, rule + 8, 7);
    g_assert_cmphex(qpci_io_readq(t.pci, t.fault, rule + 8), ==, 0);
    qpci_io_writeq(t.pci, t.fault, 0x08, 1234);
    qpci_io_writeq(t.pci, t.fault, 0x10, 2);
    g_assert_cmphex(iaa_readl(&t, 0), ==, 0x100);
    iaa_fault_add(&t, 3, IAA_FAULT_DROP, 7, 0);
    g_assert_cmphex(qpci_io_readq(t.pci, t.fault, rule + 8), ==, 7);
    g_assert_cmphex(qpci_io_readq(t.pci, t.fault, IAA_FAULT_ACTIVE), ==, 8);
    iaa_fault_add(&t, 3, 99, 7, 0);
    g_assert_cmphex(qpci_io_readq(t.pci, t.fault, IAA_FAULT_ACTIVE), ==, 0);
    iaa_stop(&t);
}

/* Rules: skip, count, and what they apply to */
static void test_matching(void)
{
    IAATest t;
    IAADesc noop = iaa_noop(RECORD(0));
    uint64_t rule = IAA_FAULT_RULE(0);

    start(&t, ",instant=on");
    iaa_fault_add(&t, 0, IAA_FAULT_STATUS, 2, 0x24);
    qpci_io_writeq(t.pci, t.fault, rule + IAA_FAULT_RULE_SKIP, 1);
    qpci_io_writeq(t.pci, t.fault, rule + IAA_FAULT_RULE_OPCODE, 0x43);
    g_assert_cmphex(compress_page(&t).status, ==, 1);
    g_assert_cmphex(iaa_run_desc(&t, &noop).status, ==, 1);
    g_assert_cmphex(compress_page(&t).status, ==, 0x24);
    g_assert_cmphex(compress_page(&t).status, ==, 0x24);
    g_assert_cmphex(compress_page(&t).status, ==, 1);
    g_assert_cmphex(qpci_io_readq(t.pci, t.fault, rule + 0x38), ==, 2);

    iaa_fault_add(&t, 0, IAA_FAULT_STATUS, 1, 0x24);
    qpci_io_writeq(t.pci, t.fault, rule + IAA_FAULT_RULE_WQS, ~1ull);
    g_assert_cmphex(compress_page(&t).status, ==, 1);
    qpci_io_writeq(t.pci, t.fault, rule + IAA_FAULT_RULE_WQS, 1);
    qpci_io_writeq(t.pci, t.fault, rule + IAA_FAULT_RULE_ENGINES, ~1ull);
    g_assert_cmphex(compress_page(&t).status, ==, 1);
    qpci_io_writeq(t.pci, t.fault, rule + IAA_FAULT_RULE_ENGINES, 1);
    g_assert_cmphex(compress_page(&t).status, ==, 0x24);
    iaa_stop(&t);
}

/* Results that are not what they should be */
static void test_results(void)
{
    IAATest t;
    IAARecord good, bad;
    uint8_t a[64], b[64];

    start(&t, ",instant=on");
    qtest_memset(t.qts, SRC, 'x', 4096);
    good = compress_page(&t);
    qtest_memread(t.qts, DST, a, sizeof(a));

    iaa_fault_add(&t, 0, IAA_FAULT_STATUS, 1, 0x110a);
    bad = compress_page(&t);
    g_assert_cmphex(bad.status, ==, 0x0a);
    g_assert_cmphex(bad.error_code, ==, 0x11);

    iaa_fault_add(&t, 0, IAA_FAULT_CRC, 1, 0xffffffff);
    bad = compress_page(&t);
    g_assert_cmphex(bad.status, ==, 1);
    g_assert_cmphex(bad.crc, ==, ~good.crc);

    iaa_fault_add(&t, 0, IAA_FAULT_SIZE, 1, -5);
    bad = compress_page(&t);
    g_assert_cmpuint(bad.output_size, ==, good.output_size - 5);

    iaa_fault_add(&t, 0, IAA_FAULT_OUTPUT, 1, 13);
    bad = compress_page(&t);
    g_assert_cmpuint(bad.output_size, ==, good.output_size);
    g_assert_cmphex(bad.crc, ==, good.crc);
    qtest_memread(t.qts, DST, b, sizeof(b));
    g_assert_cmphex(a[1] ^ b[1], ==, 1 << 5);
    a[1] = b[1];
    g_assert_cmpmem(a, good.output_size, b, good.output_size);

    g_assert_cmphex(compress_page(&t).crc, ==, good.crc);
    iaa_stop(&t);
}

/* Dropped: no record, no interrupt, and nobody waits for it */
static void test_drop(void)
{
    IAATest t;
    IAADesc d = iaa_compress(RECORD(0), 4096, 8192);

    start(&t, "");
    iaa_fault_add(&t, 0, IAA_FAULT_DROP, 1, 0);
    iaa_submit(&t, 0, &d);
    g_assert_cmphex(iaa_command(&t, 8, 1), ==, 0);
    qtest_clock_step(t.qts, 1000000000);
    g_assert_cmphex(iaa_record(&t, RECORD(0)).status, ==, 0);
    g_assert_cmphex(compress_page(&t).status, ==, 1);
    g_assert_cmpuint(iaa_fault_count(&t, IAA_COUNT_DROPPED), ==, 1);
    iaa_stop(&t);
}

/* Late: others go on meanwhile; draining and resetting (DSA 3.15) wait */
static void test_late(void)
{
    IAATest t;
    IAADesc d = iaa_compress(RECORD(0), 4096, 8192);
    IAADesc next = iaa_noop(RECORD(1));

    start(&t, ",engines=1");
    iaa_fault_add(&t, 0, IAA_FAULT_LATE, 1, 1000000);
    iaa_submit(&t, 0, &d);
    iaa_submit(&t, 0, &next);
    qtest_clock_step(t.qts, 10000);
    g_assert_cmphex(iaa_record(&t, RECORD(1)).status, ==, 1);
    g_assert_cmphex(iaa_command(&t, 8, 1), ==, 1u << 31);
    qtest_clock_step(t.qts, 1000000 + 3248 - 10000 - 1);
    g_assert_cmphex(iaa_readl(&t, A_CMDSTS), ==, 1u << 31);
    qtest_clock_step(t.qts, 1);
    g_assert_cmphex(iaa_readl(&t, A_CMDSTS), ==, 0);
    g_assert_cmphex(iaa_record(&t, RECORD(0)).status, ==, 1);
    g_assert_cmpuint(iaa_fault_count(&t, IAA_COUNT_LATE), ==, 1);

    iaa_fault_add(&t, 0, IAA_FAULT_LATE, 1, 1000000);
    iaa_submit(&t, 0, &d);
    qtest_memset(t.qts, DST, 0xee, 4096);
    g_assert_cmphex(iaa_command(&t, 10, 1), ==, 1u << 31);
    qtest_clock_step(t.qts, 1000000 + 3248 - 1);
    g_assert_cmphex(iaa_readl(&t, A_CMDSTS), ==, 1u << 31);
    g_assert_cmphex(qtest_readb(t.qts, DST), ==, 0xee);
    qtest_clock_step(t.qts, 1);
    g_assert_cmphex(iaa_readl(&t, A_CMDSTS), ==, 0);
    g_assert_cmphex(iaa_record(&t, RECORD(0)).status, ==, 1);
    g_assert_false(wq_enabled(&t));
    iaa_stop(&t);
}

/*
 * Hung: for a time, until the rules are cleared, or until a reset; an engine
 * until a function level reset.
 */
static void check_hang(unsigned kind, uint64_t extra, bool reset_ends)
{
    IAATest t;
    IAADesc d = iaa_compress(RECORD(0), 4096, 8192);
    IAADesc next = iaa_noop(RECORD(1));

    start(&t, ",engines=1");
    iaa_fault_add(&t, 0, kind, 1, 1000000);
    iaa_submit(&t, 0, &d);
    iaa_submit(&t, 0, &next);
    qtest_clock_step(t.qts, 1000000 + 3248 - 1);
    g_assert_cmphex(qtest_readb(t.qts, RECORD(0)), ==, 0);
    g_assert_cmphex(qtest_readb(t.qts, RECORD(1)), ==, 0);
    qtest_clock_step(t.qts, 1);
    g_assert_cmphex(iaa_record(&t, RECORD(0)).status, ==, 1);
    qtest_clock_step(t.qts, 500);
    g_assert_cmphex(iaa_record(&t, RECORD(1)).status, ==, 1);

    iaa_fault_add(&t, 0, kind, 1, 0);
    iaa_submit(&t, 0, &d);
    g_assert_cmphex(iaa_command(&t, 8, 1), ==, 1u << 31);
    qtest_clock_step(t.qts, 10000000000);
    g_assert_cmphex(iaa_readl(&t, A_CMDSTS), ==, 1u << 31);
    iaa_fault_action(&t, IAA_FAULT_ACTION_CLEAR, 0);
    qtest_clock_step(t.qts, extra);
    g_assert_cmphex(iaa_readl(&t, A_CMDSTS), ==, 0);
    g_assert_cmphex(iaa_record(&t, RECORD(0)).status, ==, 1);

    iaa_fault_add(&t, 0, kind, 1, 0);
    iaa_submit(&t, 0, &d);
    qtest_clock_step(t.qts, 10000000000);
    if (reset_ends) {
        g_assert_cmphex(iaa_command(&t, 10, 1), ==, 0);
        iaa_wq(&t, 0, 16, 10);
        g_assert_cmphex(iaa_command(&t, 6, 0), ==, 0);
    } else {
        g_assert_cmphex(iaa_command(&t, 10, 1), ==, 1u << 31);
        qtest_clock_step(t.qts, 10000000000);
        g_assert_cmphex(iaa_readl(&t, A_CMDSTS), ==, 1u << 31);
        iaa_flr(&t);
        iaa_up(&t, 16);
    }
    g_assert_cmphex(iaa_record(&t, RECORD(0)).status, ==, 0);
    g_assert_cmphex(compress_page(&t).status, ==, 1);
    iaa_stop(&t);
}

static void test_hang_wq(void)
{
    check_hang(IAA_FAULT_HANG_WQ, 3248, true);
}

static void test_hang_engine(void)
{
    check_hang(IAA_FAULT_HANG_ENGINE, 1, false);
}

static void test_commands(void)
{
    IAATest t;

    start(&t, "");
    iaa_msix_up(&t, 9);
    iaa_fault_add(&t, 0, IAA_FAULT_CMD_STATUS, 1, 3);
    g_assert_cmphex(iaa_command(&t, 7, 1), ==, 3);
    g_assert_true(wq_enabled(&t));

    /* DSA 9.2.13: bits 30:8 are unused */
    iaa_fault_add(&t, 0, IAA_FAULT_CMD_JUNK, 1, UINT32_MAX);
    g_assert_cmphex(iaa_command(&t, 8, 1), ==, 0x7fffff00);
    g_assert_cmphex(iaa_command(&t, 8, 1), ==, 0);

    iaa_fault_add(&t, 0, IAA_FAULT_CMD_HANG, 1, 5000);
    iaa_writel(&t, A_CMD, 1u << 31 | 8 << 20 | 1);
    qtest_clock_step(t.qts, 4999);
    g_assert_cmphex(iaa_readl(&t, A_CMDSTS), ==, 1u << 31);
    qtest_clock_step(t.qts, 1);
    g_assert_cmphex(iaa_readl(&t, A_CMDSTS), ==, 0);
    g_assert_true(iaa_msix_take(&t, 0));

    iaa_fault_add(&t, 0, IAA_FAULT_CMD_HANG, 1, 0);
    iaa_writel(&t, A_CMD, 1u << 31 | 7 << 20 | 1);
    qtest_clock_step(t.qts, 10000000000);
    g_assert_cmphex(iaa_readl(&t, A_CMDSTS), ==, 1u << 31);
    g_assert_true(wq_enabled(&t));
    iaa_fault_action(&t, IAA_FAULT_ACTION_CLEAR, 0);
    g_assert_cmphex(iaa_readl(&t, A_CMDSTS), ==, 0);
    g_assert_false(wq_enabled(&t));
    iaa_stop(&t);
}

/* Halted: says so once, does nothing but a reset, and that mends it */
static void test_halt(void)
{
    IAATest t;
    IAADesc d = iaa_compress(RECORD(0), 4096, 8192);

    start(&t, "");
    iaa_msix_up(&t, 9);
    iaa_writel(&t, A_GENCTRL, 3);
    iaa_fault_add(&t, 0, IAA_FAULT_HALT, 1, 0);
    qpci_io_writeq(t.pci, t.fault,
                   IAA_FAULT_RULE(0) + IAA_FAULT_RULE_SKIP, 1);
    iaa_submit(&t, 0, &d);
    iaa_submit(&t, 0, &d);
    g_assert_cmphex(iaa_readl(&t, 0x90), ==, 3);
    g_assert_cmphex(iaa_readl(&t, 0x98), ==, 0x10);
    g_assert_true(iaa_msix_take(&t, 0));
    qtest_clock_step(t.qts, 1000000);
    g_assert_cmphex(iaa_record(&t, RECORD(0)).status, ==, 0);
    g_assert_cmphex(iaa_command(&t, 8, 1), ==, 5);
    iaa_submit(&t, 0, &d);
    g_assert_cmphex(iaa_swerr_take(&t), ==, 0);
    g_assert_cmphex(iaa_command(&t, 5, 0), ==, 0);
    g_assert_cmphex(iaa_readl(&t, 0x90), ==, 0);
    iaa_up(&t, 16);
    g_assert_cmphex(compress_page(&t).status, ==, 1);

    /* by itself, wanting a function level reset, a drain waiting */
    iaa_writel(&t, 0x98, 0xff);
    iaa_msix_take(&t, 0);
    iaa_submit(&t, 0, &d);
    iaa_writel(&t, A_CMD, 1u << 31 | 8 << 20 | 1);
    iaa_fault_action(&t, IAA_FAULT_ACTION_HALT, 1);
    g_assert_cmphex(iaa_readl(&t, 0x90), ==, 7);
    g_assert_cmphex(iaa_readl(&t, A_CMDSTS), ==, 3);
    g_assert_true(iaa_msix_take(&t, 0));
    iaa_stop(&t);
}

/* Gone: all ones, no DMA, no interrupt; then back, as after power-on */
static void test_removal(void)
{
    IAATest t;
    IAADesc d = iaa_compress(RECORD(0), 4096, 8192);

    start(&t, "");
    iaa_msix_up(&t, 9);
    iaa_submit(&t, 0, &d);
    iaa_fault_action(&t, IAA_FAULT_ACTION_REMOVE, 0);
    g_assert_cmphex(iaa_readl(&t, 0), ==, UINT32_MAX);
    g_assert_cmphex(iaa_readq(&t, 0x10), ==, UINT64_MAX);
    g_assert_cmphex(iaa_readl(&t, 0x8000), ==, UINT32_MAX);
    g_assert_cmphex(qpci_config_readl(t.pci, 0), ==, UINT32_MAX);
    iaa_writel(&t, A_CMD, 1u << 31 | 5 << 20);
    iaa_submit(&t, 0, &d);
    qtest_clock_step(t.qts, 1000000);
    g_assert_cmphex(iaa_record(&t, RECORD(0)).status, ==, 0);
    g_assert_false(iaa_msix_take(&t, 0));
    g_assert_cmphex(qpci_io_readq(t.pci, t.fault, IAA_FAULT_STATE) & 1, ==, 1);

    iaa_fault_action(&t, IAA_FAULT_ACTION_RETURN, 0);
    g_assert_cmphex(iaa_readl(&t, 0), ==, 0x100);
    g_assert_cmphex(qpci_config_readl(t.pci, 0), ==, 0x0cfe8086);
    g_assert_cmphex(iaa_readl(&t, 0x90), ==, 0);
    iaa_up(&t, 16);
    g_assert_cmphex(compress_page(&t).status, ==, 1);

    /* by a rule, between two descriptors */
    iaa_fault_add(&t, 0, IAA_FAULT_REMOVE, 1, 0);
    iaa_submit(&t, 0, &d);
    g_assert_cmphex(iaa_readl(&t, 0), ==, UINT32_MAX);
    iaa_stop(&t);
}

/* The same from the monitor */
static void test_removal_qmp(void)
{
    QTestState *qts = qtest_initf("%s -device iaa,id=iaa0", iaa_machine());

    qtest_qmp_assert_success(qts, "{'execute': 'qom-set', 'arguments': {"
                             "'path': '/machine/peripheral/iaa0', 'property':"
                             "'removed', 'value': true}}");
    qtest_qmp_assert_success(qts, "{'execute': 'qom-set', 'arguments': {"
                             "'path': '/machine/peripheral/iaa0', 'property':"
                             "'removed', 'value': false}}");
    qtest_quit(qts);
}

/* It leaves everything as it is; the next one works */
static void test_flr_ignored(void)
{
    IAATest t;

    start(&t, "");
    iaa_fault_add(&t, 0, IAA_FAULT_FLR_IGNORED, 1, 0);
    iaa_flr(&t);
    g_assert_true(wq_enabled(&t));
    g_assert_cmphex(compress_page(&t).status, ==, 1);
    iaa_flr(&t);
    g_assert_false(wq_enabled(&t));
    iaa_stop(&t);
}

static void test_flr_restored(void)
{
    IAATest t;
    uint8_t cap;
    uint32_t bar, command;

    start(&t, "");
    cap = qpci_find_capability(t.pci, PCI_CAP_ID_EXP, 0);
    bar = qpci_config_readl(t.pci, PCI_BASE_ADDRESS_0);
    command = qpci_config_readw(t.pci, PCI_COMMAND);
    iaa_fault_add(&t, 0, IAA_FAULT_FLR_RESTORED, 1, 0);
    qpci_config_writew(t.pci, cap + PCI_EXP_DEVCTL, PCI_EXP_DEVCTL_BCR_FLR);
    g_assert_cmphex(qpci_config_readl(t.pci, PCI_BASE_ADDRESS_0), ==, bar);
    g_assert_cmphex(qpci_config_readw(t.pci, PCI_COMMAND), ==, command);
    g_assert_false(wq_enabled(&t));
    iaa_stop(&t);
}

static void test_counters(void)
{
    IAATest t;
    uint64_t read, written;

    start(&t, ",instant=on");
    iaa_fault_action(&t, IAA_FAULT_ACTION_ZERO, 0);
    compress_page(&t);
    compress_page(&t);
    g_assert_cmpuint(iaa_fault_count(&t, IAA_COUNT_COMPRESS_SUBMITTED), ==, 2);
    g_assert_cmpuint(iaa_fault_count(&t, IAA_COUNT_COMPRESS_COMPLETED), ==, 2);
    g_assert_cmpuint(iaa_fault_count(&t, IAA_COUNT_COMPRESS_FAILED), ==, 0);
    g_assert_cmpuint(iaa_fault_count(&t, IAA_COUNT_DECOMPRESS_SUBMITTED), ==,
                     0);
    read = iaa_fault_count(&t, IAA_COUNT_BYTES_READ);
    written = iaa_fault_count(&t, IAA_COUNT_BYTES_WRITTEN);
    g_assert_cmpuint(read, ==, 2 * (4096 + 1568));
    g_assert_cmpuint(written, >, 2 * 65);
    g_assert_cmpuint(qpci_io_readq(t.pci, t.fault, IAA_FAULT_WQ(0)), ==, 2);
    g_assert_cmphex(qpci_io_readq(t.pci, t.fault, IAA_FAULT_WQ(0) + 0x18), ==,
                    1ull << 32);
    g_assert_cmpuint(qpci_io_readq(t.pci, t.fault,
                                   IAA_FAULT_ENGINE_STARTED(0)), ==, 2);
    iaa_fault_action(&t, IAA_FAULT_ACTION_ZERO, 0);
    g_assert_cmpuint(iaa_fault_count(&t, IAA_COUNT_COMPRESS_COMPLETED), ==, 0);
    iaa_stop(&t);
}

void iaa_add_fault_tests(void)
{
    qtest_add_func("/iaa/fault/region", test_region);
    qtest_add_func("/iaa/fault/matching", test_matching);
    qtest_add_func("/iaa/fault/results", test_results);
    qtest_add_func("/iaa/fault/drop", test_drop);
    qtest_add_func("/iaa/fault/late", test_late);
    qtest_add_func("/iaa/fault/hang-wq", test_hang_wq);
    qtest_add_func("/iaa/fault/hang-engine", test_hang_engine);
    qtest_add_func("/iaa/fault/commands", test_commands);
    qtest_add_func("/iaa/fault/halt", test_halt);
    qtest_add_func("/iaa/fault/removal", test_removal);
    qtest_add_func("/iaa/fault/removal-qmp", test_removal_qmp);
    qtest_add_func("/iaa/fault/flr-ignored", test_flr_ignored);
    qtest_add_func("/iaa/fault/flr-restored", test_flr_restored);
    qtest_add_func("/iaa/fault/counters", test_counters);
}
