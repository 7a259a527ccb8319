/*
 * Driving an IAA accelerator from a qtest
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef TESTS_QTEST_IAA_UTIL_H
#define TESTS_QTEST_IAA_UTIL_H

#include "libqtest.h"
#include "libqos/pci.h"
#include "libqos/pci-pc.h"
#include "../../hw/misc/iaa/iaa-bits.h"
#include "../../hw/misc/iaa/iaa-fault-bits.h"

/* Guest memory, all of it free for the tests */
#define RAM_MB      64
#define SRC         0x0200000
#define DST         0x0800000
#define BACK        0x0e00000
#define AECS        0x1400000
#define RECORD(n)   (0x1500000 + (n) * 64)
#define MSI(n)      (0x1600000 + (n) * 4)
#define NOWHERE     0x20000000  /* no memory there */

typedef struct IAATest {
    QTestState *qts;
    QPCIBus *bus;
    QPCIDevice *pci;
    QPCIBar mmio, portals, fault;
} IAATest;

/**
 * iaa_machine: command line of a machine without devices
 *
 * Its firmware is a file of zeros, so that these tests run where QEMU was built
 * without firmware images: no CPU ever runs it.
 */
const char *iaa_machine(void);
void iaa_machine_cleanup(void);

/**
 * iaa_start: a machine with one accelerator and its fault region, as after
 * power-on
 * @props: more properties of the device, each with a comma before it; or ""
 */
void iaa_start(IAATest *t, const char *props);
void iaa_stop(IAATest *t);

/**
 * iaa_attach: use the accelerator at @devfn of a machine that runs already
 */
void iaa_attach(IAATest *t, QTestState *qts, QPCIBus *bus, int devfn);

/* Registers */
uint32_t iaa_readl(IAATest *t, uint64_t reg);
uint64_t iaa_readq(IAATest *t, uint64_t reg);
void iaa_writel(IAATest *t, uint64_t reg, uint32_t val);
void iaa_writeq(IAATest *t, uint64_t reg, uint64_t val);

/**
 * iaa_command: write a command; returns CMDSTS as it stands then
 */
uint32_t iaa_command(IAATest *t, unsigned code, unsigned operand);

void iaa_group(IAATest *t, unsigned group, uint64_t wqs, uint64_t engines);
void iaa_wq(IAATest *t, unsigned wq, unsigned size, unsigned priority);

/**
 * iaa_wqcfg: where a WQ's configuration is; its size depends on op-config
 */
uint64_t iaa_wqcfg(IAATest *t, unsigned wq);

/**
 * iaa_engines: bit an engine that the device has
 */
uint64_t iaa_engines(IAATest *t);

/**
 * iaa_up: device and one WQ enabled, all engines in its group
 */
void iaa_up(IAATest *t, unsigned size);

/* Descriptors */
void iaa_submit(IAATest *t, unsigned wq, const IAADesc *desc);

IAADesc iaa_noop(uint64_t record);
IAADesc iaa_compress(uint64_t record, uint32_t src_len, uint32_t dst_len);
IAADesc iaa_decompress(uint64_t record, uint64_t src, uint32_t src_len,
                       uint64_t dst, uint32_t dst_len);

/**
 * iaa_record: read a completion record, and clear it for the next use
 */
IAARecord iaa_record(IAATest *t, uint64_t record);

/**
 * iaa_run_desc: submit to WQ 0, let time pass, and return the record
 */
IAARecord iaa_run_desc(IAATest *t, const IAADesc *desc);

/**
 * iaa_aecs_fixed: write an AECS with deflate's fixed codes to guest memory
 */
void iaa_aecs_fixed(IAATest *t);

/**
 * iaa_swerr_take: the error code in SWERR, 0 if none; acknowledges it
 */
unsigned iaa_swerr_take(IAATest *t);

/* Faults */
void iaa_fault_add(IAATest *t, unsigned rule, unsigned kind, unsigned count,
                   uint64_t arg);
void iaa_fault_action(IAATest *t, unsigned action, unsigned arg);
uint64_t iaa_fault_count(IAATest *t, unsigned counter);

/* MSI-X: vectors write their number + 1 to memory, where the test finds it */
void iaa_msix_up(IAATest *t, unsigned vectors);
bool iaa_msix_take(IAATest *t, unsigned vector);

/* PCI */

/**
 * iaa_flr: function level reset; BARs and the command register are restored
 */
void iaa_flr(IAATest *t);
void iaa_bus_master(IAATest *t, bool on);
bool iaa_transactions_pending(IAATest *t);

/* Cases */
void iaa_add_command_tests(void);
void iaa_add_pci_tests(void);
void iaa_add_portal_tests(void);
void iaa_add_descriptor_tests(void);
void iaa_add_check_tests(void);
void iaa_add_aecs_tests(void);
void iaa_add_generate_tests(void);
void iaa_add_fault_tests(void);
void iaa_add_timing_tests(void);
void iaa_add_contention_tests(void);
void iaa_add_fuzz_tests(void);

#endif
