/*
 * Driving an IAA accelerator from a qtest
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "libqos/pci-pc.h"
#include "hw/pci/pci_regs.h"
#include "iaa-util.h"

#define SLOT        QPCI_DEVFN(4, 0)
#define BIOS_SIZE   65536

static char *bios_path, *machine;

const char *iaa_machine(void)
{
    int fd;

    if (!machine) {
        fd = g_file_open_tmp("iaa-test-XXXXXX", &bios_path, NULL);
        g_assert_cmpint(fd, >=, 0);
        g_assert_cmpint(ftruncate(fd, BIOS_SIZE), ==, 0);
        close(fd);
        machine = g_strdup_printf("-machine q35 -nodefaults -m %u -bios %s",
                                  RAM_MB, bios_path);
    }
    return machine;
}

void iaa_machine_cleanup(void)
{
    if (machine) {
        unlink(bios_path);
        g_free(bios_path);
        g_free(machine);
        machine = NULL;
    }
}

void iaa_attach(IAATest *t, QTestState *qts, QPCIBus *bus, int devfn)
{
    t->qts = qts;
    t->bus = bus;
    t->pci = qpci_device_find(bus, devfn);
    g_assert_nonnull(t->pci);
    t->mmio = qpci_iomap(t->pci, 0, NULL);
    t->portals = qpci_iomap(t->pci, 2, NULL);
    if (qpci_config_readl(t->pci, PCI_BASE_ADDRESS_4)) {
        t->fault = qpci_iomap(t->pci, 4, NULL);
    }
    qpci_device_enable(t->pci);
}

void iaa_start(IAATest *t, const char *props)
{
    QTestState *qts = qtest_initf("%s -device iaa,addr=4,fault-control=on%s",
                                  iaa_machine(), props);

    iaa_attach(t, qts, qpci_new_pc(qts, NULL), SLOT);
}

void iaa_stop(IAATest *t)
{
    g_free(t->pci);
    qpci_free_pc(t->bus);
    qtest_quit(t->qts);
}

/* Registers */

uint32_t iaa_readl(IAATest *t, uint64_t reg)
{
    return qpci_io_readl(t->pci, t->mmio, reg);
}

uint64_t iaa_readq(IAATest *t, uint64_t reg)
{
    return qpci_io_readq(t->pci, t->mmio, reg);
}

void iaa_writel(IAATest *t, uint64_t reg, uint32_t val)
{
    qpci_io_writel(t->pci, t->mmio, reg, val);
}

void iaa_writeq(IAATest *t, uint64_t reg, uint64_t val)
{
    qpci_io_writeq(t->pci, t->mmio, reg, val);
}

uint32_t iaa_command(IAATest *t, unsigned code, unsigned operand)
{
    iaa_writel(t, A_CMD, code << 20 | operand);
    return iaa_readl(t, A_CMDSTS);
}

void iaa_group(IAATest *t, unsigned group, uint64_t wqs, uint64_t engines)
{
    uint64_t base = IAA_GRPCFG_BASE + group * 64;

    iaa_writeq(t, base, wqs);
    iaa_writeq(t, base + 32, engines);
}

uint64_t iaa_wqcfg(IAATest *t, unsigned wq)
{
    return IAA_WQCFG_BASE + wq * (32 << (iaa_readq(t, A_WQCAP) >> 24 & 0xf));
}

uint64_t iaa_engines(IAATest *t)
{
    return MAKE_64BIT_MASK(0, iaa_readq(t, A_ENGCAP) & 0xff);
}

void iaa_wq(IAATest *t, unsigned wq, unsigned size, unsigned priority)
{
    uint64_t base = iaa_wqcfg(t, wq);

    iaa_writel(t, base, size);
    iaa_writel(t, base + 8, 1 | priority << 4);     /* dedicated */
    iaa_writel(t, base + 12, 21);                   /* 2 MiB */
}

void iaa_up(IAATest *t, unsigned size)
{
    iaa_wq(t, 0, size, 10);
    iaa_group(t, 0, 1, iaa_engines(t));
    g_assert_cmphex(iaa_command(t, IAA_CMD_ENABLE_DEV, 0), ==, 0);
    g_assert_cmphex(iaa_command(t, IAA_CMD_ENABLE_WQ, 0), ==, 0);
}

/* Descriptors */

void iaa_submit(IAATest *t, unsigned wq, const IAADesc *desc)
{
    qpci_memwrite(t->pci, t->portals, wq * 0x4000 + 0x1000, desc,
                  sizeof(*desc));
}

IAADesc iaa_noop(uint64_t record)
{
    return (IAADesc) { .flags_op = 0x0c, .completion_addr = record };
}

IAADesc iaa_compress(uint64_t record, uint32_t src_len, uint32_t dst_len)
{
    return (IAADesc) {
        .flags_op = 0x43u << 24 | 0x1010c, .completion_addr = record,
        .src1_addr = SRC, .src1_size = src_len, .op_flags = 0x0006,
        .dst_addr = DST, .max_dst_size = dst_len,
        .src2_addr = AECS, .src2_size = 1568,
    };
}

IAADesc iaa_decompress(uint64_t record, uint64_t src, uint32_t src_len,
                       uint64_t dst, uint32_t dst_len)
{
    return (IAADesc) {
        .flags_op = 0x42u << 24 | 0x0010c, .completion_addr = record,
        .src1_addr = src, .src1_size = src_len, .op_flags = 0x000f,
        .dst_addr = dst, .max_dst_size = dst_len,
    };
}

IAARecord iaa_record(IAATest *t, uint64_t record)
{
    IAARecord r;

    qtest_memread(t->qts, record, &r, sizeof(r));
    qtest_memset(t->qts, record, 0, sizeof(r));
    return r;
}

IAARecord iaa_run_desc(IAATest *t, const IAADesc *desc)
{
    iaa_submit(t, 0, desc);
    qtest_clock_step(t->qts, 100 * 1000 * 1000);
    return iaa_record(t, desc->completion_addr);
}

void iaa_aecs_fixed(IAATest *t)
{
    IAAAecs aecs = { .accum_bits = 3, .accum = { 3 } };

    for (int i = 0; i < 286; i++) {
        aecs.ll_sym[i] = i < 144 ? 8 << 15 | (0x30 + i) :
                         i < 256 ? 9 << 15 | (0x190 + i - 144) :
                         i < 280 ? 7 << 15 | (i - 256) :
                                   8 << 15 | (0xc0 + i - 280);
    }
    for (int i = 0; i < 30; i++) {
        aecs.d_sym[i] = 5 << 15 | i;
    }
    qtest_memwrite(t->qts, AECS, &aecs, sizeof(aecs));
}

unsigned iaa_swerr_take(IAATest *t)
{
    uint64_t v = iaa_readq(t, A_SWERR0);

    iaa_writeq(t, A_SWERR0, v & 3);
    return v & 1 ? v >> 8 & 0xff : 0;
}

/* Faults */

static void fault_writeq(IAATest *t, uint64_t off, uint64_t val)
{
    qpci_io_writeq(t->pci, t->fault, off, val);
}

void iaa_fault_add(IAATest *t, unsigned rule, unsigned kind, unsigned count,
                   uint64_t arg)
{
    uint64_t base = IAA_FAULT_RULE(rule);

    fault_writeq(t, IAA_FAULT_KEY, IAA_FAULT_KEY_VALUE);
    fault_writeq(t, base + IAA_FAULT_RULE_COUNT, count);
    fault_writeq(t, base + IAA_FAULT_RULE_SKIP, 0);
    fault_writeq(t, base + IAA_FAULT_RULE_OPCODE, UINT32_MAX);
    fault_writeq(t, base + IAA_FAULT_RULE_WQS, UINT64_MAX);
    fault_writeq(t, base + IAA_FAULT_RULE_ENGINES, UINT64_MAX);
    fault_writeq(t, base + IAA_FAULT_RULE_ARG, arg);
    fault_writeq(t, base + IAA_FAULT_RULE_KIND, kind);
}

void iaa_fault_action(IAATest *t, unsigned action, unsigned arg)
{
    fault_writeq(t, IAA_FAULT_KEY, IAA_FAULT_KEY_VALUE);
    fault_writeq(t, IAA_FAULT_ACTION, action | (uint64_t)arg << 32);
}

uint64_t iaa_fault_count(IAATest *t, unsigned counter)
{
    return qpci_io_readq(t->pci, t->fault, IAA_FAULT_COUNTER(counter));
}

/* MSI-X */

void iaa_msix_up(IAATest *t, unsigned vectors)
{
    uint8_t cap = qpci_find_capability(t->pci, PCI_CAP_ID_MSIX, 0);
    uint32_t table;

    g_assert_cmpint(cap, !=, 0);
    table = qpci_config_readl(t->pci, cap + PCI_MSIX_TABLE);
    g_assert_cmpint(table & 7, ==, 0);
    for (unsigned i = 0; i < vectors; i++) {
        iaa_writel(t, table + i * 16, MSI(i));
        iaa_writel(t, table + i * 16 + 4, 0);
        iaa_writel(t, table + i * 16 + 8, i + 1);
        iaa_writel(t, table + i * 16 + 12, 0);
        qtest_writel(t->qts, MSI(i), 0);
    }
    qpci_config_writew(t->pci, cap + PCI_MSIX_FLAGS, PCI_MSIX_FLAGS_ENABLE);
}

void iaa_flr(IAATest *t)
{
    uint8_t cap = qpci_find_capability(t->pci, PCI_CAP_ID_EXP, 0);
    uint32_t bars[6];

    for (int i = 0; i < 6; i++) {
        bars[i] = qpci_config_readl(t->pci, PCI_BASE_ADDRESS_0 + i * 4);
    }
    qpci_config_writew(t->pci, cap + PCI_EXP_DEVCTL, PCI_EXP_DEVCTL_BCR_FLR);
    for (int i = 0; i < 6; i++) {
        qpci_config_writel(t->pci, PCI_BASE_ADDRESS_0 + i * 4, bars[i]);
    }
    qpci_device_enable(t->pci);
}

void iaa_bus_master(IAATest *t, bool on)
{
    uint16_t cmd = qpci_config_readw(t->pci, PCI_COMMAND);

    qpci_config_writew(t->pci, PCI_COMMAND,
                       on ? cmd | PCI_COMMAND_MASTER :
                            cmd & ~PCI_COMMAND_MASTER);
}

bool iaa_transactions_pending(IAATest *t)
{
    uint8_t cap = qpci_find_capability(t->pci, PCI_CAP_ID_EXP, 0);

    return qpci_config_readw(t->pci, cap + PCI_EXP_DEVSTA) &
           PCI_EXP_DEVSTA_TRPND;
}

bool iaa_msix_take(IAATest *t, unsigned vector)
{
    uint32_t v = qtest_readl(t->qts, MSI(vector));

    g_assert(v == 0 || v == vector + 1);
    qtest_writel(t->qts, MSI(vector), 0);
    return v;
}
