#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# QEMU's own test of the device model: registers, commands and bad descriptors.
. "$(dirname "$0")/../lib/ktap.sh"

ROOT=$(cd "$(dirname "$0")/../.." && pwd)

if [ ! -x "$ROOT/build/qemu/tests/qtest/iaa-test" ]; then
	printf 'KTAP version 1\n1..1\nok 1 qtest # SKIP no build/qemu/tests/qtest/iaa-test (scripts/qemu --tests)\n'
	exit 0
fi
exec "$ROOT/scripts/sandbox" --chdir /iaa/build/qemu env \
	QTEST_QEMU_BINARY=./qemu-system-x86_64 tests/qtest/iaa-test --tap -k
