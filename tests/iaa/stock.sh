#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The emulated accelerator, judged by what others wrote: the unmodified idxd and
# iaa_crypto of the pristine kernel probe it, Debian's accel-config configures and lists
# it, and the pristine zswap swaps on it with deflate-iaa and verifies, as IAA 1.0 and as
# IAA 2.0. It fails where the model is not what that driver expects of the hardware. That
# driver gives up after a number of polls, whatever time they took, which a busy host does
# not give to the model: only IAA 1.0 takes its time here.
#
# vm: kernel=stock disk=256M
# also: iaa=version=0x200,int-handles=on,op-config=on,instant=on
# last: it judges the emulated device, as qtest.sh and model.sh do; the driver is not ours
# timeout: 900
. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/iaa.sh"

ZSWAP=/sys/module/zswap/parameters

# stock_up [ATTRIBUTE=VALUE]...: upstream's driver, freshly loaded, with two queues. It
# takes its attributes only while it has none, gets one at once where the bus may probe by
# itself, and does not survive losing its last: hence the order.
stock_up()
{
	local attr
	modprobe -q idxd || true
	[ -n "$(iaa_devices)" ] || skip "no accelerator here"
	put 0 "$DSA/drivers_autoprobe"
	modprobe -q -r iaa_crypto || true
	must modprobe iaa_crypto
	for attr; do put "${attr#*=}" "$IAA_DRIVER/${attr%%=*}"; done
	iaa_configure -d 1 -q 2
}

test_idxd_probes()
{
	local dev
	modprobe -q idxd || true
	[ -n "$(iaa_devices)" ] || skip "no accelerator here"
	dev=$(iaa_devices | sed -n 1p)
	case $(<"$DSA/devices/$dev/version") in
	0x100) ;;
	0x200) iaa_serves deflate-iaa-dynamic || fail "$dev is an IAA 2.0 without header generation" ;;
	*) fail "$dev has the version $(<"$DSA/devices/$dev/version")" ;;
	esac
	at_least "$(<"$DSA/devices/$dev/max_work_queues")" 1 "queues of $dev"
	at_least "$(<"$DSA/devices/$dev/max_engines")" 1 "engines of $dev"
	grep -q 'idxd .*Intel(R) Accelerator Device' <(dmesg) || fail "idxd did not say that it probed"
}

test_accel_config_lists()
{
	local dev
	need_command accel-config
	stock_up
	dev=$(iaa_devices | sed -n 1p)
	must accel-config list
	grep -q "\"dev\":\"$dev\"" "$KTAP_TMP/out" || fail "accel-config list shows no $dev"
	grep -q '"driver_name":"crypto"' "$KTAP_TMP/out" || fail "no queue has the driver crypto"
	equal "$(grep -c '"state":"enabled"' "$KTAP_TMP/out")" 3 "enabled things (a device and two queues)"
}

# zswap_swaps MODE: a program larger than its cgroup, through stock zswap
zswap_swaps()
{
	local group out swapped
	need_command accel-config
	[ -b /dev/vda ] || skip "no disk to swap on (/dev/vda)"
	[ -w $ZSWAP/compressor ] || skip "no zswap"
	stock_up verify_compress=1 sync_mode="$1"
	iaa_stats_reset

	defer put "$(<$ZSWAP/compressor)" $ZSWAP/compressor
	put deflate-iaa $ZSWAP/compressor
	equal "$(<$ZSWAP/compressor)" deflate-iaa "zswap's compressor"
	defer put N $ZSWAP/enabled
	put Y $ZSWAP/enabled
	must mkswap /dev/vda
	defer swapoff /dev/vda
	must swapon /dev/vda
	# What zswap holds counts, too.
	cgroup_create group 52M

	must in_cgroup "$group" swap-verify --size 80M
	out=$(<"$KTAP_TMP/out")
	swapped=$(awk '$1 == "zswpout" { print $2 }' <<<"$out")
	at_least "$swapped" 6000 "pages that zswap stored"
	equal "$(awk '$1 == "wrong" { print $2 }' <<<"$out")" 0 "wrong pages"
	info "$1: $swapped pages stored, device compressed $(iaa_stat total_comp_calls), decompressed $(iaa_stat total_decomp_calls)"
	# Same-filled pages never reach the device.
	at_least "$(iaa_stat total_comp_calls)" $((swapped * 3 / 4)) "compressions on the device"
	at_least "$(iaa_stat total_decomp_calls)" $((swapped / 3)) "decompressions on the device"
	equal "$(iaa_stat total_sw_decomp_calls)" 0 "decompressions in software"
}

test_zswap_sync() { zswap_swaps sync; }
test_zswap_async() { zswap_swaps async; }
test_zswap_async_irq() { zswap_swaps async_irq; }

ktap_main
