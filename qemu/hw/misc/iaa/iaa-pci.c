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
#include "migration/vmstate.h"
#include "iaa.h"

static void iaa_timer(void *opaque)
{
    iaa_run(opaque);
}

/* Configuration space.  A device that is gone answers with all ones. */

static uint32_t iaa_config_read(PCIDevice *pdev, uint32_t addr, int len)
{
    return IAA(pdev)->gone ? UINT32_MAX :
                             pci_default_read_config(pdev, addr, len);
}

static void iaa_config_write(PCIDevice *pdev, uint32_t addr, uint32_t val,
                             int len)
{
    if (!IAA(pdev)->gone) {
        pci_default_write_config(pdev, addr, val, len);
        pcie_cap_flr_write_config(pdev, addr, val, len);
    }
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
           check_range("clock-scale", s->clock_scale, 1, 1000, errp);
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

    iaa_add_bars(s, pdev);
    if (pcie_endpoint_cap_init(pdev, 0) < 0) {
        error_setg(errp, "iaa: no room for the PCI Express capability");
        return;
    }
    pcie_cap_flr_init(pdev);
    if (msix_init(pdev, s->num_wqs + 1, &s->mmio, IAA_BAR_MMIO,
                  IAA_MSIX_TABLE_BASE, &s->mmio, IAA_BAR_MMIO,
                  IAA_MSIX_PBA_BASE, 0, errp)) {
        pcie_cap_exit(pdev);
        return;
    }
    for (unsigned i = 0; i <= s->num_wqs; i++) {
        msix_vector_use(pdev, i);
    }

    QTAILQ_INIT(&s->in_flight);
    for (unsigned i = 0; i < IAA_MAX_WQS; i++) {
        QTAILQ_INIT(&s->wq[i].queue);
    }
    timer_init_ns(&s->timer, QEMU_CLOCK_VIRTUAL, iaa_timer, s);
}

static void iaa_exit(PCIDevice *pdev)
{
    IAAState *s = IAA(pdev);

    timer_del(&s->timer);
    iaa_wq_discard(s, iaa_wq_mask(s));
    msix_unuse_all_vectors(pdev);
    msix_uninit(pdev, &s->mmio, &s->mmio);
    pcie_cap_exit(pdev);
}

/* Faults outlive a reset: a test may want one to happen across it. */
static void iaa_reset_hold(Object *obj, ResetType type)
{
    IAAState *s = IAA(obj);

    iaa_registers_reset(s);
    bitmap_zero(s->irq_pending, IAA_MAX_WQS + 1);
    timer_del(&s->timer);
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

static const VMStateDescription iaa_vmstate = {
    .name = TYPE_IAA,
    .unmigratable = 1,
};

static const Property iaa_properties[] = {
    DEFINE_PROP_UINT32("version", IAAState, version, IAA_VERSION_1),
    DEFINE_PROP_UINT32("engines", IAAState, num_engines, 8),
    DEFINE_PROP_UINT32("groups", IAAState, num_groups, 4),
    DEFINE_PROP_UINT32("wqs", IAAState, num_wqs, 8),
    DEFINE_PROP_UINT32("wq-entries", IAAState, wq_entries, 128),
    DEFINE_PROP_UINT32("max-transfer-shift", IAAState, max_xfer_shift, 21),
    DEFINE_PROP_BOOL("op-config", IAAState, op_config, false),
    DEFINE_PROP_BOOL("int-handles", IAAState, int_handles, false),
    DEFINE_PROP_BOOL("fault-control", IAAState, fault_control, true),
    DEFINE_PROP_BOOL("instant", IAAState, instant, false),
    DEFINE_PROP_UINT32("clock-scale", IAAState, clock_scale, 1),
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
    dc->desc = "Intel In-Memory Analytics Accelerator";
    dc->vmsd = &iaa_vmstate;
    device_class_set_props(dc, iaa_properties);
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
    object_class_property_add_bool(klass, "removed", iaa_get_removed,
                                   iaa_set_removed);
    object_class_property_set_description(klass, "removed",
        "Surprise removal: the device answers nothing while true");
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
