#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The device model's codec against zlib, both ways, and against damaged streams. Of the
# corpus's pages it prints how many early abort would give up.
#
# vm: kernel=run
. "$(dirname "$0")/../lib/ktap.sh"

ROOT=$(cd "$(dirname "$0")/../.." && pwd)

if [ ! -x "$ROOT/build/qemu/tests/unit/test-iaa-codec" ]; then
	printf 'KTAP version 1\n1..1\nok 1 codec # SKIP no build/qemu/tests/unit/test-iaa-codec (scripts/qemu --tests)\n'
	exit 0
fi
pages=()
[ ! -e "$ROOT/build/initramfs/corpus/SHA256SUMS" ] || pages=(IAA_PAGES=/iaa/build/initramfs/corpus)
exec "$ROOT/scripts/sandbox" env "${pages[@]}" /iaa/build/qemu/tests/unit/test-iaa-codec --tap -k
