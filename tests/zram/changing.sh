#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A page that another thread changes while it is written, O_DIRECT. What is stored may be any
# mixture, but it can be read, and no byte of it comes from elsewhere. Fails on a stream that
# can't be decompressed, a byte that never stood there, or if the device is to blame for what
# the program did: then a queue is reset.
#
# vm: kernel=test
# also: devices=4 iaa=version=0x200,int-handles=on,op-config=on
# kcsan: yes
# timeout: 300
. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/iaa.sh"

SECONDS_EACH=${SECONDS_EACH:-4}

# changed ALGORITHM: pages on a device with it, single ones and windows
changed()
{
	local dev bs
	need_command blk-change
	for bs in 4K 64K; do
		zram_create dev "$1" 8M
		must blk-change --bs $bs --seconds "$SECONDS_EACH" "$dev"
		at_least "$(awk '$1 == "mixed" { print $2 }' "$KTAP_TMP/out")" 10 "writes that were changed meanwhile"
	done
}

in_hardware()
{
	local name
	need_zram deflate-iaa
	need_iaa
	iaa_configure -q 2
	iaa_stats_reset
	for name in $(iaa_algorithms); do
		changed "$name"
	done
	at_least "$(iaa_stat total_comp_calls)" 500 "pages compressed in hardware"
	equal "$(iaa_stat fallback_lied)" 0 "results that were taken for wrong"
	! grep -q 'does not answer' <(kernel_log) || fail "a queue was reset"
}

test_in_hardware() { in_hardware plain; }

# The device reads the page once, so what it compares with is what it compressed.
test_in_hardware_verified()
{
	need_iaa
	iaa_unconfigure
	defer put 0 "$IAA_DRIVER/verify_compress"
	put 1 "$IAA_DRIVER/verify_compress"
	in_hardware verified
}

test_in_software()
{
	need_zram deflate-iaa
	[ -z "$(iaa_devices)" ] || iaa_unconfigure
	changed deflate-iaa
}

ktap_main
