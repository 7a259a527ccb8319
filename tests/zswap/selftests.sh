#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The kernel's own test of zswap, cgroup/test_zswap: what passes on the kernel before us
# passes here, with a compressor of one page at a time and with one of several. Fails where
# it fails. selftests_stock.sh makes sure of what passes there.
# One case swaps half of the memory, so there is little; and counts what else is swapped
# against it, so the files of the guest stay where they are.
#
# vm: kernel=test mem=512M append=rootfstype=ramfs
# timeout: 500
. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/iaa.sh"
. "$(dirname "$0")/../lib/zswap.sh"

test_lzo() { zswap_selftests lzo; }

test_deflate_iaa()
{
	need_iaa
	iaa_configure
	iaa_stats_reset
	zswap_selftests deflate-iaa
	at_least "$(iaa_stat total_comp_calls)" 10000 "pages compressed in hardware"
}

ktap_main
