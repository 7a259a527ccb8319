# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
#
# What the queues stand on: kernel, CPU, PCI, idxd, IOMMU. Sourced by iaa-doctor.

# kernel_config: the running kernel's options
kernel_config()
{
	local release file
	release=$(uname -r)
	if [ -r "$PROC/config.gz" ]; then
		gzip -dc "$PROC/config.gz"
		return
	fi
	for file in "${IAA_ROOT:-}/boot/config-$release" "${IAA_ROOT:-}/lib/modules/$release/config" \
			"${IAA_ROOT:-}/lib/modules/$release/build/.config"; do
		if [ -r "$file" ]; then
			cat "$file"
			return
		fi
	done
}

# needs OPTION WHAT: a finding without it
needs()
{
	if [ -n "${option[$1]:-}" ]; then
		good "CONFIG_$1=${option[$1]}"
	else
		finding "the kernel is built without CONFIG_$1: $2" \
			"build a kernel with Kconfig.fragment merged and CONFIG_$1 set"
	fi
}

check_kernel()
{
	local name value
	local -A option=()
	while IFS='=' read -r name value; do
		option[${name#CONFIG_}]=$value
	done < <(kernel_config | grep -E '^CONFIG_(INTEL_IDXD|IAA_|CRYPTO_DEV_IAA|ZRAM|DEBUG_FS|PCI=)')
	if [ -z "${option[PCI]:-}" ]; then
		note "the kernel's options can't be read: no /proc/config.gz, no /boot/config-$(uname -r)"
		return
	fi
	needs INTEL_IDXD "no driver for the devices"
	needs IAA_COMP "no deflate-iaa that works without a device, too"
	needs CRYPTO_DEV_IAA_CRYPTO "no driver for the queues"
	if [ -n "${option[ZRAM]:-}" ]; then
		needs ZRAM_BACKEND_DEFLATE_IAA "no deflate-iaa in zram"
	fi
	[ -n "${option[DEBUG_FS]:-}" ] ||
		note "the kernel is built without CONFIG_DEBUG_FS: no statistics"
	[ -n "${option[INTEL_IDXD_SVM]:-}" ] ||
		note "the kernel is built without CONFIG_INTEL_IDXD_SVM: dedicated queues only"
}

check_cpu()
{
	if cpu_has movdir64b; then
		good "the CPU has movdir64b"
	else
		finding "the CPU has no movdir64b, which writes descriptors: idxd does not load" \
			"use a CPU that has it (Sapphire Rapids and later); in a guest, a CPU model that passes it on"
	fi
	if cpu_has enqcmd; then
		good "the CPU has enqcmd: shared queues are possible"
	else
		good "the CPU has no enqcmd: dedicated queues only"
	fi
}

# pci_devices: addresses=(0000:6a:02.0 ...), all IAA devices, whoever drives them
pci_devices()
{
	local dir
	addresses=()
	for dir in "$SYS"/bus/pci/devices/*; do
		attr "$dir/vendor"
		[ "$REPLY" = 0x8086 ] || continue
		attr "$dir/device"
		[[ " ${IAA_PCI_IDS[*]} " != *" ${REPLY#0x} "* ]] || addresses+=("${dir##*/}")
	done
}

blacklisted()
{
	grep -rlsE "^[[:space:]]*(blacklist[[:space:]]+$1|install[[:space:]]+$1[[:space:]]+/bin/(true|false))" \
		"${IAA_ROOT:-}"/etc/modprobe.d "${IAA_ROOT:-}"/usr/lib/modprobe.d "${IAA_ROOT:-}"/run/modprobe.d | sed -n 1p
}

check_pci_driver()
{
	local address=$1 driver
	driver=$(readlink "$SYS/bus/pci/devices/$address/driver") || true
	driver=${driver##*/}
	case $driver in
	idxd)	good "$address is driven by idxd" ;;
	'')	finding "$address is driven by nobody; dmesg | grep idxd says why" \
			"echo $address > /sys/bus/pci/drivers/idxd/bind" ;;
	*)	note "$address is given to $driver" \
			"echo $address > /sys/bus/pci/drivers/$driver/unbind; echo $address > /sys/bus/pci/drivers/idxd/bind" ;;
	esac
}

# check_pci: fails if there is nothing further to look at
check_pci()
{
	local addresses address list
	pci_devices
	if [ ${#addresses[@]} -eq 0 ]; then
		finding "there is no IAA device: software serves deflate-iaa" \
			"enable the IAA (IAX) devices in the firmware's setup; in a guest, give it one"
		return 1
	fi
	if [ ! -d "$SYS/bus/pci/drivers/idxd" ]; then
		list=$(blacklisted idxd)
		finding "the module idxd is not loaded${list:+: $list forbids it}" \
			${list:+"remove idxd from $list"} "modprobe idxd"
		return 1
	fi
	for address in "${addresses[@]}"; do
		check_pci_driver "$address"
	done
	[ ${#devices[@]} -gt 0 ]
}

check_iommu()
{
	local device
	for device in "${devices[@]}"; do
		pci_address "$device"
		attr "$SYS/bus/pci/devices/$REPLY/iommu_group/type"
		case $REPLY in
		'')	good "$device: no IOMMU in front of it" ;;
		identity) good "$device: the IOMMU passes addresses through" ;;
		*)	note "$device: the IOMMU translates (type $REPLY), which costs time on each page" \
				"boot with iommu=pt, if devices need not be confined" ;;
		esac
		if shared_queues_possible "$device"; then
			good "$device: PASID and enqcmd are there, shared queues are possible"
		else
			attr "$SYS/module/idxd/parameters/sva" '?'
			good "$device: dedicated queues only (idxd.sva=$REPLY)"
		fi
	done
}
