#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# One kernel after another on the same devices, under load: by kexec, by kexec with devices
# that don't answer or have halted, and by a panic with a crash kernel loaded. Each kernel
# must find devices that it can use, and compress zram and swap on them. Fails if it finds
# them at work after a kexec, can't use one, loses a page, or does not come at all.
#
# Each new kernel runs this file again, with KEXEC_STAGE saying which one it is: so this is
# the only test of its VM, and never returns to tests/run of the first kernel.
#
# vm: kernel=builtin devices=3 append=crashkernel=448M
# timeout: 300
#
# Its functions are called by name.
# shellcheck disable=SC2317
. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/iaa.sh"

STAGE=${KEXEC_STAGE:-0}
KERNEL=/boot/vmlinuz
INITRD=/tmp/next.cpio
# What must not be in the log of a new kernel
BAD='WARNING:|BUG:|Oops|general protection|INFO: task .* blocked|init failed'

# next_initrd: this guest's files, but for the largest ones that no kernel below needs
next_initrd()
{
	local job=$KTAP_TMP/next/job
	mkdir -p "$job"
	printf 'export KEXEC_STAGE=%d TIMES=%d\nexec /tests/run iaa/kexec.sh\n' \
		$((STAGE + 1)) "${TIMES:-1}" >"$job/run"
	{
		cd /
		find . -xdev \( -path ./job -o -path ./bench -o -path ./selftests -o -path './tmp/*' -o \
			-path './usr/lib/*/ceph' -o -path './root/*' \) -prune -o \
			! -name 'librbd*' ! -name fio ! -name 'libr*dos*' -print
	} | cpio --quiet -o -H newc >"$INITRD"
	(cd "$KTAP_TMP/next" && find . -mindepth 1 | cpio --quiet -o -H newc) >>"$INITRD"
}


ready()
{
	[[ -e $KERNEL && -e /job/run ]] || skip "only in a VM of this project, built with kexec"
	need_command kexec cpio
	need_zram deflate-iaa
	need_iaa 3
	must next_initrd
}

compressed() { [ "$(iaa_stat total_comp_calls)" -ge "$1" ]; }

# load: pages that are written and read, and swapped, until this kernel ends
load()
{
	local swap
	iaa_configure -q 2
	zram_create dev deflate-iaa 64M
	zram_create swap deflate-iaa 256M
	must mkswap "$swap"
	must swapon "$swap"
	iaa_stats_reset
	blk-verify both --size 32M --threads 4 --round 1 "$dev" >/dev/null 2>&1 &
	while :; do
		blk-verify both --size 32M --threads 4 --round 2 "$dev" >/dev/null 2>&1
	done &
	while :; do
		swap-verify --size 32M --threads 2 --pageout >/dev/null 2>&1
	done &
	await 60 "devices have compressed 3000 pages" compressed 3000
}

# device N: the N-th accelerator (from 1)
device() { iaa_devices | sed -n "$1p"; }

# break_devices: one does not answer, nor takes a command; another one halts
break_devices()
{
	must iaa-fault "$(device 1)" hang-wq
	must iaa-fault "$(device 1)" cmd-hang count=1
	must iaa-fault "$(device 2)" halt reset=1
}

to_the_next_by_kexec()
{
	local dev
	ready
	must kexec -s -l "$KERNEL" --initrd="$INITRD" --command-line="$(</proc/cmdline)"
	load
	[ "$STAGE" -eq 0 ] || break_devices
	kexec -e
	fail "this kernel is still there"
}

to_the_next_by_panic()
{
	local dev
	ready
	[ "$(</sys/kernel/kexec_crash_size)" -gt 0 ] || fail "no memory for a crash kernel"
	must kexec -s -p "$KERNEL" --initrd="$INITRD" \
		--command-line="$(sed 's/crashkernel=[^ ]*/nr_cpus=1 reset_devices/' /proc/cmdline)"
	rm "$INITRD"
	load
	# Until its recovery gives the command that hangs
	must iaa-fault "$(device 1)" hang-wq
	must iaa-fault "$(device 1)" cmd-hang count=1
	sleep 2
	iaa-fault "$(device 2)" halt reset=1
	echo c >/proc/sysrq-trigger
	fail "this kernel is still there"
}

# found PATTERN: lines of this kernel's log with it
found() { grep -cE "$1" <(dmesg) || true; }

# arrived: this kernel has all devices, and they work
arrived()
{
	local dev name
	! grep -E "$BAD" <(dmesg) >"$KTAP_TMP/bad" || fail "$(<"$KTAP_TMP/bad")"
	need_zram deflate-iaa
	need_iaa
	equal "$(iaa_devices | wc -l)" 3 "devices that this kernel has"
	must iaa-fault all clear
	zram_create dev deflate-iaa 64M
	for name in $(iaa_devices); do
		iaa_unconfigure
		iaa_configure_device "$name" 2
		iaa_stats_reset
		must blk-verify both --size 8M "$dev"
		at_least "$(iaa_stat total_comp_calls)" 1000 "pages that $name compressed"
		at_least "$(iaa_stat total_decomp_calls)" 1000 "pages that $name decompressed"
	done
	iaa_unconfigure
}

swaps()
{
	local dev
	iaa_configure -q 2
	zram_create dev deflate-iaa 64M
	must mkswap "$dev"
	must swapon "$dev"
	iaa_stats_reset
	must swap-verify --size 16M --pageout
	at_least "$(iaa_stat total_comp_calls)" 1000 "pages of swap compressed in hardware"
}

test_kexec_under_load()
{
	arrived
	swaps
	equal "$(found 'was left enabled')" 0 "devices at work when this kernel came"
}

test_kexec_with_broken_devices()
{
	arrived
	swaps
	equal "$(found 'was left enabled')" 0 "devices at work when this kernel came"
}

test_panic_under_load()
{
	arrived
	swaps
	at_least "$(found 'was left enabled')" 2 "devices at work when this kernel came"
	at_least "$(found 'does not obey')" 1 "devices that had to be reset as functions"
}

arrivals=(test_kexec_under_load test_kexec_with_broken_devices test_panic_under_load)
departures=(to_the_next_by_kexec to_the_next_by_kexec to_the_next_by_panic)

printf 'KTAP version 1\n1..%d\n' ${#arrivals[@]}
status=0
if [ "$STAGE" -gt 0 ]; then
	ktap_case "$STAGE" "${arrivals[$((STAGE - 1))]}" || status=1
fi
if [ "$STAGE" -lt ${#departures[@]} ]; then
	ktap_case $((STAGE + 1)) "${departures[$STAGE]}" || status=1
fi
exit $status
