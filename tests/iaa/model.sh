#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What the emulated accelerator and its CPU owe the drivers, seen from the guest:
# MOVDIR64B, descriptors of several CPUs in one portal slot, the fault tool. It fails
# where the model breaks a promise that drivers rely on; skips on real hardware.
#
# vm: devices=2 smp=4
# timeout: 300
# shellcheck source=../lib/ktap.sh
. "$(dirname "$0")/../lib/ktap.sh"
# shellcheck source=../lib/iaa.sh
. "$(dirname "$0")/../lib/iaa.sh"

bdf=''

# prepare: an idle queue 0 on the first emulated accelerator
prepare()
{
	need_iaa
	need_command iaa-fault
	iaa_configure -d 1 -q 1
	local dev
	dev=$(iaa_devices | sed -n 1p)
	iaa-fault "$dev" rules >/dev/null 2>&1 || skip "no emulated accelerator with faults"
	bdf=$(iaa_bdf "$dev")
	defer iaa-fault "$bdf" clear
}

test_movdir64b()
{
	need_command movdir64b
	grep -qw movdir64b /proc/cpuinfo || skip "no MOVDIR64B in this CPU"
	must movdir64b
}

# Both CPUs' descriptors have to come through, whole
test_portal_race()
{
	need_command portal-race
	prepare
	must iaa-fault "$bdf" zero
	must portal-race "$bdf" 0 1000
	equal "$(iaa-fault "$bdf" stats decompress_completed)" 2000 "descriptors completed"
	equal "$(iaa-fault "$bdf" stats swerrs)" 0 "software errors"
}

# A reset of a function takes its addresses from the memory map, and gives them back
test_map_changes_beside_accesses()
{
	local dev moving still
	need_iaa 2
	need_command map-race
	iaa_unconfigure
	for dev in $(iaa_devices); do
		moving=$(iaa_bdf "$dev")
		still=$(iaa_bdf "$(iaa_devices | grep -v -x -m 1 "$dev")")
		put "$moving" /sys/bus/pci/drivers/idxd/unbind
		must map-race "$moving" "$still" 1000
		put "$moving" /sys/bus/pci/drivers/idxd/bind
	done
}

# Bad requests say why, and change nothing
test_fault_tool_refuses()
{
	prepare
	must_fail iaa-fault
	must_fail iaa-fault "$bdf" explode
	must_fail iaa-fault "$bdf" drop count=0
	must_fail iaa-fault "$bdf" drop count=x
	must_fail iaa-fault "$bdf" drop wq=64
	must_fail iaa-fault "$bdf" drop time=1ms
	must_fail iaa-fault "$bdf" late time=1h
	must_fail iaa-fault "$bdf" status
	must_fail iaa-fault "$bdf" stats nothing
	must_fail iaa-fault 0000:00:00.0 stats
	equal "$(iaa-fault "$bdf" rules)" "" "faults in force"
}

test_fault_tool_lists()
{
	prepare
	must iaa-fault "$bdf" late time=5ms count=3 skip=2 op=compress wq=1,2 engine=0
	equal "$(iaa-fault "$bdf" rules)" "0 late left 3 skip 2 argument 0x4c4b40 hits 0" "faults"
	must iaa-fault "$bdf" drop
	equal "$(iaa-fault "$bdf" rules | wc -l)" 2 "faults in force"
	must iaa-fault "$bdf" clear
	equal "$(iaa-fault "$bdf" rules)" "" "faults after clear"
	must iaa-fault list
}

ktap_main
