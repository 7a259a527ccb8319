#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A machine that never saw an accelerator: zram with deflate-iaa works there, in
# software, and brings no idxd along.
#
# vm: kernel=test devices=0
# timeout: 200
. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/iaa.sh"

setup()
{
	need_zram deflate-iaa
	[ -z "$(iaa_devices)" ] || skip "there is an accelerator"
}

test_works_in_software()
{
	local dev
	setup
	zram_create dev deflate-iaa 32M
	iaa_stats_reset
	must blk-verify both --size 16M "$dev"
	at_least "$(iaa_stat total_sw_comp_calls)" 3000 "compressions in software"
	equal "$(iaa_stat total_comp_calls)" 0 "compressions on a device that is not there"
}

test_loads_no_idxd()
{
	local dev
	setup
	zram_create dev deflate-iaa 32M
	must blk-verify both --size 1M "$dev"
	! grep -qE '^(idxd|iaa_crypto) ' /proc/modules || fail "idxd was loaded: $(grep -E '^(idxd|iaa_crypto) ' /proc/modules)"
}

test_says_so_once()
{
	local dev lines
	setup
	zram_create dev deflate-iaa 32M
	must blk-verify both --size 4M "$dev"
	lines=$(dmesg | grep -c 'deflate-iaa is served by software') || true
	equal "$lines" 1 "lines in the kernel's log that say software serves"
}

ktap_main
