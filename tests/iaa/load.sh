#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Queues come and go while zram works on them: by queue, by device, with the module,
# with CPUs. It fails if a page comes back wrong, if an algorithm goes away, if
# hardware is not taken up again, or if anything in the kernel complains.
#
# IAA_CYCLES: how often queues are disabled and enabled again (default 60, of which a
# kernel with lockdep, or one behind an emulated IOMMU, where everything takes ten times as
# long, does 10).
#
# vm: devices=4 packages=2 smp=4 iommu=strict
# also: iommu=lazy iaa=version=0x200,int-handles=on,op-config=on
# kcsan: yes
# debug: yes
# timeout: 2400
# shellcheck source=../lib/ktap.sh
. "$(dirname "$0")/../lib/ktap.sh"
# shellcheck source=../lib/iaa.sh
. "$(dirname "$0")/../lib/iaa.sh"

slow() { [ -e /proc/lockdep ] || compgen -G '/sys/class/iommu/dmar*' >/dev/null; }
CYCLES=${IAA_CYCLES:-$(slow && echo 10 || echo 60)}
SIZE=$(slow && echo 2M || echo 8M)
zram=

# load_start DEV: write and check DEV, over and over, until load_stop
load_start()
{
	rm -f "$KTAP_TMP/stop" "$KTAP_TMP/wrong" "$KTAP_TMP/rounds"
	(
		round=0
		while [ ! -e "$KTAP_TMP/stop" ]; do
			round=$((round + 1))
			blk-verify both --size "$SIZE" --threads 4 --round "$round" "$1" \
				>"$KTAP_TMP/load" 2>&1 || { touch "$KTAP_TMP/wrong"; break; }
			echo "$round" >"$KTAP_TMP/rounds"
		done
	) &
	load_pid=$!
	defer load_kill "$load_pid"
}

load_kill()
{
	touch "$KTAP_TMP/stop"
	while kill -0 "$1" 2>/dev/null; do sleep 0.1; done
}

# load_stop: the load has worked all the time, and found nothing wrong
load_stop()
{
	touch "$KTAP_TMP/stop"
	wait "$load_pid" || true
	if [ -e "$KTAP_TMP/wrong" ]; then
		sed 's/^/#   /' "$KTAP_TMP/load"
		fail "a page was wrong"
	fi
	info "$(cat "$KTAP_TMP/rounds" 2>/dev/null || echo 0) rounds of $SIZE under load"
}

# prepare: all devices with two queues, and a zram that uses them
prepare()
{
	need_iaa 1
	need_zram deflate-iaa
	iaa_configure
	zram_create zram deflate-iaa "$SIZE"
}

# hardware_serves: what is written now is compressed by a device
hardware_serves()
{
	local before
	before=$(iaa_stat total_comp_calls)
	must blk-verify both --size 1M --round 77 "$zram"
	at_least "$(iaa_stat total_comp_calls)" $((before + 64)) "pages compressed by devices"
}

test_queues_under_load()
{
	local devices i dev
	prepare
	mapfile -t devices < <(iaa_devices)
	load_start "$zram"
	for ((i = 0; i < CYCLES; i++)); do
		dev=${devices[$((i % ${#devices[@]}))]}
		must iaa_wq_cycle "$dev" "wq${dev#iax}.$((i / ${#devices[@]} % 2))"
	done
	load_stop
	hardware_serves
}

# Down to no queue at all and back, so that software and hardware take turns
test_all_queues_under_load()
{
	local devices i dev
	prepare
	mapfile -t devices < <(iaa_devices)
	load_start "$zram"
	for ((i = 0; i < 3; i++)); do
		iaa_unconfigure
		sleep 0.5
		for dev in "${devices[@]}"; do
			iaa_configure_device "$dev" 2
		done
	done
	load_stop
	hardware_serves
}

test_devices_under_load()
{
	local devices i dev
	prepare
	mapfile -t devices < <(iaa_devices)
	load_start "$zram"
	for ((i = 0; i < 12; i++)); do
		dev=${devices[$((i % ${#devices[@]}))]}
		echo "$dev" >"$DSA/drivers/idxd/unbind"
		iaa_configure_device "$dev" 2
	done
	load_stop
	hardware_serves
}

test_pci_devices_under_load()
{
	local i dev bdf count
	prepare
	count=$(iaa_devices | wc -l)
	load_start "$zram"
	for ((i = 0; i < 4; i++)); do
		dev=$(iaa_devices | sed -n "$((i % count + 1))p")
		bdf=$(iaa_bdf "$dev")
		put "$bdf" /sys/bus/pci/drivers/idxd/unbind
		[ ! -e "$DSA/devices/$dev" ] || fail "$dev is still there"
		put "$bdf" /sys/bus/pci/drivers/idxd/bind
		dev=$(basename "$(find "/sys/bus/pci/devices/$bdf/" -maxdepth 1 -name 'iax*')")
		iaa_unconfigure_device "$dev"
		iaa_configure_device "$dev" 2
	done
	load_stop
	hardware_serves
}

test_module_under_load()
{
	local i dev
	prepare
	load_start "$zram"
	for ((i = 0; i < 3; i++)); do
		must rmmod iaa_crypto
		grep -qw deflate-iaa "$(zram_attr "$zram" comp_algorithm)" ||
			fail "deflate-iaa is gone from zram"
		grep -q '^driver *: deflate-iaa$' /proc/crypto || fail "deflate-iaa is gone from crypto"
		must modprobe iaa_crypto
		iaa_unconfigure
		for dev in $(iaa_devices); do
			iaa_configure_device "$dev" 2
		done
	done
	load_stop
	hardware_serves
}

test_cpus_under_load()
{
	local i cpu
	prepare
	[ -w /sys/devices/system/cpu/cpu1/online ] || skip "CPUs can't be taken offline"
	load_start "$zram"
	for ((i = 0; i < 6; i++)); do
		for cpu in 1 3; do
			[ -w "/sys/devices/system/cpu/cpu$cpu/online" ] || continue
			put 0 "/sys/devices/system/cpu/cpu$cpu/online"
			put 1 "/sys/devices/system/cpu/cpu$cpu/online"
		done
	done
	load_stop
	hardware_serves
}

test_attributes_under_load()
{
	local sync verify comps decomps group
	prepare
	defer put async "$IAA_DRIVER/sync_mode"
	defer put 0 "$IAA_DRIVER/verify_compress"
	defer put 0 "$IAA_DRIVER/g_comp_wqs_per_iaa"
	defer put 1 "$IAA_DRIVER/distribute_comps"
	defer put 0 "$IAA_DRIVER/distribute_decomps"
	load_start "$zram"
	for sync in sync async async_irq; do
		put $sync "$IAA_DRIVER/sync_mode"
		for verify in 0 1; do
			put $verify "$IAA_DRIVER/verify_compress"
			for group in 0 1 2; do
				put $group "$IAA_DRIVER/g_comp_wqs_per_iaa"
				for comps in 0 1; do
					put $comps "$IAA_DRIVER/distribute_comps"
					for decomps in 0 1; do
						put $decomps "$IAA_DRIVER/distribute_decomps"
						sleep 0.2
					done
				done
			done
		done
	done
	load_stop
	hardware_serves
}

# More threads than there are places in the queue: retries, then software; no loss
test_one_place_for_64_threads()
{
	local dev
	need_iaa 1
	need_zram deflate-iaa
	iaa_unconfigure
	defer iaa_unconfigure
	read -r dev < <(iaa_devices)
	iaa_wq_size() { echo 1; }
	iaa_configure_device "$dev" 1
	zram_create zram deflate-iaa 16M
	iaa_stats_reset
	must blk-verify both --size 16M --threads 64 "$zram"
	at_least "$(iaa_stat total_comp_calls)" 1 "pages compressed by the device"
	at_least "$(iaa_stat fallback_busy)" 1 "pages that found the queue full, and went to software"
}

test_attributes_refuse_nonsense()
{
	need_iaa 1
	refuse maybe "$IAA_DRIVER/verify_compress"
	refuse fast "$IAA_DRIVER/sync_mode"
	refuse -1 "$IAA_DRIVER/g_comp_wqs_per_iaa"
	refuse 1000000 "$IAA_DRIVER/g_comp_wqs_per_iaa"
	refuse many "$IAA_DRIVER/distribute_comps"
	refuse 7 "$IAA_DRIVER/distribute_decomps"
}

ktap_main
