#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# idxd, the core, the driver and zram in the kernel image: all of it is there without a
# module, in software first and in hardware when queues come. Fails where one of them needs
# what is initialised after it.
#
# vm: kernel=builtin
# timeout: 200
. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/iaa.sh"

test_it_is_built_in()
{
	local name
	for name in iaa_comp iaa_crypto idxd zram; do
		grep -q "/$name\.ko$" "/lib/modules/$(uname -r)/modules.builtin" ||
			fail "$name is not in this kernel's image"
		! grep -q "^$name " /proc/modules || fail "$name is a module"
	done
}

test_software_then_hardware()
{
	local dev
	need_zram deflate-iaa
	iaa_unconfigure
	zram_create dev deflate-iaa 16M
	must blk-verify write --size 8M "$dev"
	need_iaa
	iaa_configure -q 2
	iaa_stats_reset
	must blk-verify check --size 8M "$dev"
	must blk-verify both --size 8M --round 1 "$dev"
	at_least "$(iaa_stat total_comp_calls)" 500 "pages compressed in hardware"
	at_least "$(iaa_stat total_decomp_calls)" 1000 "pages decompressed in hardware"
}

ktap_main
