#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The kernel's own test of zswap, cgroup/test_zswap, on the kernel before us: selftests.sh
# wants from ours what passes here. Fails if a case that we count on does not pass, for
# then it says nothing about ours.
# One case swaps half of the memory, so there is little; and counts what else is swapped
# against it, so the files of the guest stay where they are.
#
# last: what it tests is not ours
# vm: kernel=stock mem=512M append=rootfstype=ramfs
# timeout: 400
. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/iaa.sh"
. "$(dirname "$0")/../lib/zswap.sh"

test_lzo() { zswap_selftests lzo; }

ktap_main
