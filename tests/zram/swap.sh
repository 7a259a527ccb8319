#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A program several times the size of its cgroup writes real pages, has them swapped to
# zram, and checks every one when it comes back. Fails on a wrong page, or where nothing
# was swapped.
#
# vm: kernel=test
# debug: yes
# timeout: 900
. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/iaa.sh"

# Mebibytes; a quarter of it on a kernel with lockdep, where everything takes ten times as long
SIZE=$([ -e /proc/lockdep ] && echo 12 || echo 48)

# swap_on ALGORITHM [SWAP-VERIFY-OPTION...]
swap_on()
{
	local dev group algorithm=$1 out
	shift
	need_command swap-verify mkswap
	need_zram "$algorithm"
	zram_create dev "$algorithm" 128M
	must mkswap "$dev"
	defer swapoff "$dev"
	must swapon -p 100 "$dev"
	cgroup_create group $((SIZE / 4))M
	must in_cgroup "$group" swap-verify --size "${SIZE}M" "$@"
	out=$(<"$KTAP_TMP/out")
	info "$algorithm: $(paste -sd' ' <<<"$out")"
	at_least "$(awk '$1 == "pswpout" { print $2 }' <<<"$out")" $((SIZE * 160)) "pages swapped out"
	at_least "$(awk '$1 == "pswpin" { print $2 }' <<<"$out")" $((SIZE * 160)) "pages swapped in"
}

test_lz4() { swap_on lz4; }

test_deflate_iaa()
{
	need_iaa
	iaa_configure -q 2
	iaa_stats_reset
	swap_on deflate-iaa
	at_least "$(iaa_stat total_comp_calls)" $((SIZE * 125)) "compressions on the device"
	at_least "$(iaa_stat total_decomp_calls)" $((SIZE * 125)) "decompressions on the device"
}

test_deflate_iaa_threads_and_rounds()
{
	need_iaa
	iaa_configure -q 2
	swap_on deflate-iaa --threads 4 --rounds 2
}

test_deflate_iaa_verifying()
{
	need_iaa
	iaa_configure -q 2
	defer put 0 "$IAA_DRIVER/verify_compress"
	put 1 "$IAA_DRIVER/verify_compress"
	swap_on deflate-iaa
}

test_deflate_iaa_by_interrupt()
{
	need_iaa
	iaa_configure -q 2
	defer put async "$IAA_DRIVER/sync_mode"
	put async_irq "$IAA_DRIVER/sync_mode"
	swap_on deflate-iaa
}

ktap_main
