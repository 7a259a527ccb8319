# SPDX-License-Identifier: GPL-2.0-or-later
#
# A small x86-64 emulator around the IAA accelerator, a fifth of the objects of the
# default one: configure --without-default-devices --with-devices-x86_64=iaa

CONFIG_Q35=y
CONFIG_IAA=y
# several packages, and devices that can be unplugged
CONFIG_PXB=y
# (it does not link without these)
CONFIG_CXL=y
CONFIG_CXL_MEM_DEVICE=y
CONFIG_PCIE_PORT=y
# between device and memory
CONFIG_VTD=y
# disks, randomness, the end
CONFIG_VIRTIO_PCI=y
CONFIG_VIRTIO_BLK=y
CONFIG_VIRTIO_RNG=y
CONFIG_ISA_DEBUG=y
