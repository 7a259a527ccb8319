/*
 * Intel IAA: the PCI function around the accelerator
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "qemu/units.h"
#include "hw/pci/msix.h"
#include "hw/pci/pci.h"
#include "hw/pci/pcie.h"
#include "hw/qdev-properties.h"
#include "hw/resettable.h"
#include "migration/blocker.h"
#include "iaa.h"

static void iaa_timer(void *opaque)
{
    iaa_run(opaque);
}

/* Configuration space.  A device that is gone answers with all ones. */

static uint32_t iaa_config_read(PCIDevice *pdev, uint32_t addr, int len)
{
    IAAState *s = IAA(pdev);
    uint8_t *status = pdev->config + pdev->exp.exp_cap + PCI_EXP_DEVSTA;

    if (s->gone) {
        return UINT32_MAX;
    }
    pci_set_word_by_mask(status, PCI_EXP_DEVSTA_TRPND, iaa_sched_busy(s));
    return pci_default_read_config(pdev, addr, len);
}

/* Does something only if the write has asked for it */
static void function_reset(IAAState *s, uint32_t addr, uint32_t val, int len)
{
    PCIDevice *pdev = PCI_DEVICE(s);
    uint8_t *control = pdev->config + pdev->exp.exp_cap + PCI_EXP_DEVCTL;
    uint32_t saved[PCI_STD_HEADER_SIZEOF / 4];
    unsigned fault = IAA_FAULT_NONE;

    if (pci_get_word(control) & PCI_EXP_DEVCTL_BCR_FLR) {
        fault = iaa_fault_flr(s);
    }
    if (fault == IAA_FAULT_FLR_IGNORED) {
        pci_word_test_and_clear_mask(control, PCI_EXP_DEVCTL_BCR_FLR);
        return;
    }
    memcpy(saved, pdev->config, sizeof(saved));
    pcie_cap_flr_write_config(pdev, addr, val, len);
    if (fault == IAA_FAULT_FLR_RESTORED) {
        for (int i = ARRAY_SIZE(saved) - 1; i >= 0; i--) {
            pci_default_write_config(pdev, i * 4, le32_to_cpu(saved[i]), 4);
        }
    }
}

static void iaa_config_write(PCIDevice *pdev, uint32_t addr, uint32_t val,
                             int len)
{
    IAAState *s = IAA(pdev);
    uint16_t before = pci_get_word(pdev->config + PCI_COMMAND);
    uint16_t changed;

    if (s->gone) {
        return;
    }
    pci_default_write_config(pdev, addr, val, len);
    changed = before ^ pci_get_word(pdev->config + PCI_COMMAND);
    if (changed & PCI_COMMAND_MASTER) {
        iaa_bus_master_changed(s);
    }
    function_reset(s, addr, val, len);
}

/* Life */

static bool check_range(const char *name, uint32_t val, uint32_t min,
                        uint32_t max, Error **errp)
{
    if (val < min || val > max) {
        error_setg(errp, "iaa: %s=%u is out of range, use %u to %u",
                   name, val, min, max);
        return false;
    }
    return true;
}

static bool check_properties(IAAState *s, Error **errp)
{
    if (s->version != IAA_VERSION_1 && s->version != IAA_VERSION_2) {
        error_setg(errp, "iaa: version=0x%x is not emulated, use 0x%x or 0x%x",
                   s->version, IAA_VERSION_1, IAA_VERSION_2);
        return false;
    }
    return check_range("engines", s->num_engines, 1, IAA_MAX_ENGINES, errp) &&
           check_range("groups", s->num_groups, 1, IAA_MAX_GROUPS, errp) &&
           check_range("wqs", s->num_wqs, 1, IAA_MAX_WQS, errp) &&
           check_range("wq-entries", s->wq_entries, s->num_wqs,
                       IAA_MAX_WQ_ENTRIES, errp) &&
           check_range("max-transfer-shift", s->max_xfer_shift,
                       IAA_MIN_XFER_SHIFT, IAA_MAX_XFER_SHIFT, errp) &&
           check_range("engine-depth", s->engine_depth, 1,
                       IAA_MAX_ENGINE_DEPTH, errp) &&
           check_range("clock-scale", s->clock_scale, 1, 1000, errp) &&
           iaa_contention_valid(s, errp);
}

static void iaa_add_bars(IAAState *s, PCIDevice *pdev)
{
    const uint8_t type = PCI_BASE_ADDRESS_SPACE_MEMORY |
                         PCI_BASE_ADDRESS_MEM_TYPE_64 |
                         PCI_BASE_ADDRESS_MEM_PREFETCH;

    memory_region_init_io(&s->mmio, OBJECT(s), &iaa_mmio_ops, s,
                          "iaa-mmio", IAA_MMIO_SIZE);
    pci_register_bar(pdev, IAA_BAR_MMIO, type, &s->mmio);
    memory_region_init_io(&s->portals, OBJECT(s), &iaa_portal_ops, s,
                          "iaa-portals",
                          pow2ceil(s->num_wqs * IAA_PORTAL_SIZE));
    pci_register_bar(pdev, IAA_BAR_PORTALS, type, &s->portals);
    if (s->fault_control) {
        memory_region_init_io(&s->fault_region, OBJECT(s), &iaa_fault_ops, s,
                              "iaa-fault", IAA_FAULT_REGION_SIZE);
        pci_register_bar(pdev, IAA_BAR_FAULT, type, &s->fault_region);
    }
}

/* D0 and D3hot, and nothing is lost on the way back (DSA appendix C) */
static bool pm_init(PCIDevice *pdev, Error **errp)
{
    int pos = pci_pm_init(pdev, 0, errp);

    if (pos < 0) {
        return false;
    }
    pci_set_word(pdev->config + pos + PCI_PM_PMC, 3);   /* PM 1.2 */
    pci_set_word(pdev->config + pos + PCI_PM_CTRL, PCI_PM_CTRL_NO_SOFT_RESET);
    pci_set_word(pdev->wmask + pos + PCI_PM_CTRL, PCI_PM_CTRL_STATE_MASK);
    return true;
}

/*
 * What the device does is a matter of when: descriptors in flight are due at a
 * time, on a clock and at rates that the destination would have to share, and
 * fault rules refer to what is in flight.  The device exists for tests of
 * drivers, and nobody has needed to migrate one.
 */
static bool migration_block(IAAState *s, Error **errp)
{
    error_setg(&s->migration_blocker,
               "iaa: descriptors in flight and fault rules can't be migrated");
    return !migrate_add_blocker(&s->migration_blocker, errp);
}

static void iaa_realize(PCIDevice *pdev, Error **errp)
{
    IAAState *s = IAA(pdev);

    if (!check_properties(s, errp)) {
        return;
    }
    if (!pci_bus_is_express(pci_get_bus(pdev))) {
        error_setg(errp, "iaa: needs a PCI Express bus (-machine q35)");
        return;
    }
    if (!migration_block(s, errp)) {
        return;
    }

    iaa_add_bars(s, pdev);
    if (pcie_endpoint_cap_init(pdev, 0) < 0) {
        error_setg(errp, "iaa: no room for the PCI Express capability");
        goto err_blocker;
    }
    pcie_cap_flr_init(pdev);
    if (!pm_init(pdev, errp)) {
        goto err_pcie;
    }
    if (msix_init(pdev, s->num_wqs + 1, &s->mmio, IAA_BAR_MMIO,
                  IAA_MSIX_TABLE_BASE, &s->mmio, IAA_BAR_MMIO,
                  IAA_MSIX_PBA_BASE, 0, errp)) {
        goto err_pcie;
    }
    for (unsigned i = 0; i <= s->num_wqs; i++) {
        msix_vector_use(pdev, i);
    }

    QTAILQ_INIT(&s->in_flight);
    for (unsigned i = 0; i < IAA_MAX_ENGINES; i++) {
        QTAILQ_INIT(&s->engine[i].waiting);
    }
    for (unsigned i = 0; i < IAA_MAX_WQS; i++) {
        QTAILQ_INIT(&s->wq[i].queue);
    }
    timer_init_ns(&s->timer, QEMU_CLOCK_VIRTUAL, iaa_timer, s);
    return;

err_pcie:
    pcie_cap_exit(pdev);
err_blocker:
    migrate_del_blocker(&s->migration_blocker);
}

static void iaa_exit(PCIDevice *pdev)
{
    IAAState *s = IAA(pdev);

    timer_del(&s->timer);
    iaa_sched_discard(s);
    msix_unuse_all_vectors(pdev);
    msix_uninit(pdev, &s->mmio, &s->mmio);
    pcie_cap_exit(pdev);
    migrate_del_blocker(&s->migration_blocker);
}

/*
 * A function level reset (DSA table 9-3) cures a halt unless that asks for
 * more.  Rules, counters and removal outlive it: a test may want a fault to
 * happen across a reset.  They end with the machine's reset.
 */
static void iaa_reset_hold(Object *obj, ResetType type)
{
    IAAState *s = IAA(obj);
    PCIDevice *pdev = PCI_DEVICE(obj);
    bool flr = pci_get_word(pdev->config + pdev->exp.exp_cap +
                            PCI_EXP_DEVCTL) & PCI_EXP_DEVCTL_BCR_FLR;
    bool halted = flr && s->state == IAA_STATE_HALT &&
                  s->reset_type > IAA_RESET_FLR;
    IAAResetType reset_type = s->reset_type;

    iaa_registers_reset(s);
    timer_del(&s->timer);
    if (halted) {
        s->state = IAA_STATE_HALT;
        s->reset_type = reset_type;
    }
    if (!flr) {
        iaa_bus_set_gone(s, false);
        iaa_fault_reset(s);
    }
}

/* QOM */

static bool iaa_get_removed(Object *obj, Error **errp)
{
    return IAA(obj)->gone;
}

static void iaa_set_removed(Object *obj, bool value, Error **errp)
{
    IAAState *s = IAA(obj);

    if (!DEVICE(obj)->realized) {
        error_setg(errp, "iaa: 'removed' can be set on a running device only");
        return;
    }
    iaa_set_gone(s, value);
    iaa_run(s);
}

static const Property iaa_properties[] = {
    DEFINE_PROP_UINT32("version", IAAState, version, IAA_VERSION_1),
    DEFINE_PROP_UINT32("engines", IAAState, num_engines, 8),
    DEFINE_PROP_UINT32("groups", IAAState, num_groups, 4),
    DEFINE_PROP_UINT32("wqs", IAAState, num_wqs, 8),
    DEFINE_PROP_UINT32("wq-entries", IAAState, wq_entries, 128),
    DEFINE_PROP_UINT32("max-transfer-shift", IAAState, max_xfer_shift, 21),
    DEFINE_PROP_BOOL("op-config", IAAState, op_config, false),
    DEFINE_PROP_BOOL("cache-control", IAAState, cache_control, true),
    DEFINE_PROP_BOOL("int-handles", IAAState, int_handles, false),
    DEFINE_PROP_BOOL("fault-control", IAAState, fault_control, false),
    DEFINE_PROP_BOOL("instant", IAAState, instant, false),
    DEFINE_PROP_UINT32("engine-depth", IAAState, engine_depth, 4),
    DEFINE_PROP_UINT32("clock-scale", IAAState, clock_scale, 1),
    DEFINE_PROP_UINT32("contention", IAAState, contention, 0),
    DEFINE_PROP_UINT32("control-latency", IAAState,
                       timing[IAA_TIMING_CONTROL].latency, 500),
    DEFINE_PROP_UINT32("compress-latency", IAAState,
                       timing[IAA_TIMING_COMPRESS].latency, 1200),
    DEFINE_PROP_UINT32("compress-engine-rate", IAAState,
                       timing[IAA_TIMING_COMPRESS].engine_rate, 2000),
    DEFINE_PROP_UINT32("compress-device-rate", IAAState,
                       timing[IAA_TIMING_COMPRESS].device_rate, 3800),
    DEFINE_PROP_UINT32("dynamic-latency", IAAState,
                       timing[IAA_TIMING_DYNAMIC].latency, 4700),
    DEFINE_PROP_UINT32("dynamic-engine-rate", IAAState,
                       timing[IAA_TIMING_DYNAMIC].engine_rate, 2000),
    DEFINE_PROP_UINT32("dynamic-device-rate", IAAState,
                       timing[IAA_TIMING_DYNAMIC].device_rate, 2560),
    DEFINE_PROP_UINT32("decompress-latency", IAAState,
                       timing[IAA_TIMING_DECOMPRESS].latency, 1200),
    DEFINE_PROP_UINT32("decompress-engine-rate", IAAState,
                       timing[IAA_TIMING_DECOMPRESS].engine_rate, 2300),
    DEFINE_PROP_UINT32("decompress-device-rate", IAAState,
                       timing[IAA_TIMING_DECOMPRESS].device_rate, 9000),
};

/* For "-device iaa,help" */
static const char *const iaa_descriptions[][2] = {
    { "version", "0x100, or 0x200 with header generation and what else "
                 "the second generation has" },
    { "engines", "Engines, 1 to 64" },
    { "groups", "Groups of queues and engines, 1 to 16" },
    { "wqs", "Work queues, 1 to 64" },
    { "wq-entries", "Entries of all work queues together, up to 1024" },
    { "max-transfer-shift", "Largest transfer, as a power of two: 12 to 24" },
    { "op-config", "Work queues can be restricted to some operations" },
    { "cache-control", "Descriptors may ask for their output in the cache" },
    { "int-handles", "Interrupt handles have to be requested by command" },
    { "fault-control", "BAR 4, by which a guest makes the device fail, "
                       "for tests" },
    { "instant", "No timing: descriptors complete while they are submitted" },
    { "engine-depth", "Descriptors that an engine holds at a time, 1 to 16" },
    { "clock-scale", "Virtual ns that pass in a modelled ns, 1 to 1000" },
    { "contention", "Percent of the device that other CPUs take, 0 to 90" },
    { "control-latency", "ns that a descriptor without data takes" },
    { "compress-latency", "ns that compression takes, however short" },
    { "compress-engine-rate", "MB/s that one engine compresses, 0: no limit" },
    { "compress-device-rate", "MB/s that all engines compress, 0: no limit" },
    { "dynamic-latency", "Same as compress-latency, with header generation" },
    { "dynamic-engine-rate", "MB/s of one engine, with header generation" },
    { "dynamic-device-rate", "MB/s of all engines, with header generation" },
    { "decompress-latency", "ns that decompression takes, however short" },
    { "decompress-engine-rate", "MB/s that one engine writes, 0: no limit" },
    { "decompress-device-rate", "MB/s that all engines write, 0: no limit" },
    { "removed", "Surprise removal: the device answers nothing while true" },
};

static void iaa_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(klass);
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    pc->realize = iaa_realize;
    pc->exit = iaa_exit;
    pc->config_read = iaa_config_read;
    pc->config_write = iaa_config_write;
    pc->vendor_id = PCI_VENDOR_ID_INTEL;
    pc->device_id = IAA_PCI_DEVICE_ID;
    pc->class_id = IAA_PCI_CLASS;
    rc->phases.hold = iaa_reset_hold;
    dc->desc = "Intel In-Memory Analytics Accelerator (IAA)";
    device_class_set_props(dc, iaa_properties);
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
    object_class_property_add_bool(klass, "removed", iaa_get_removed,
                                   iaa_set_removed);
    for (int i = 0; i < ARRAY_SIZE(iaa_descriptions); i++) {
        object_class_property_set_description(klass, iaa_descriptions[i][0],
                                              iaa_descriptions[i][1]);
    }
}

static const TypeInfo iaa_info = {
    .name = TYPE_IAA,
    .parent = TYPE_PCI_DEVICE,
    .instance_size = sizeof(IAAState),
    .class_init = iaa_class_init,
    .interfaces = (InterfaceInfo[]) {
        { INTERFACE_PCIE_DEVICE },
        { }
    },
};

static void iaa_register_types(void)
{
    type_register_static(&iaa_info);
}

type_init(iaa_register_types)
