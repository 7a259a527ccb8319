#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The fuzz targets (tests/fuzz/) without a fuzzer: the corpus, and inputs made of it by
# chance, the same ones every time, with the address and undefined behaviour sanitizers.
# A crash or a wrong answer fails; the input is kept as build/fuzz/crash-TARGET.
#
# RANDOM_INPUTS=N (default 10000 for each target) and SEED=N (default 1) try others.
. "$(dirname "$0")/../lib/ktap.sh"

ROOT=$(cd "$(dirname "$0")/../.." && pwd)
OUT=build/fuzz

# replay TARGET: build it, too, which takes no time if there is nothing new
replay()
{
	local target=$1
	[ -x "$ROOT/build/sysroot/usr/bin/gcc" ] || skip "no build/sysroot (scripts/sysroot)"
	[ -e "$ROOT/build/qemu/config-host.h" ] || skip "no build/qemu (scripts/qemu)"
	[ -e "$ROOT/build/linux/lib/zlib_inflate/inflate.c" ] || skip "no build/linux (scripts/overlay)"
	must "$ROOT/scripts/sandbox" make -s -C tests/fuzz O=/iaa/$OUT/replay "/iaa/$OUT/replay/fuzz-$target"
	must "$ROOT/scripts/sandbox" "$OUT/replay/fuzz-$target" --random "${RANDOM_INPUTS:-10000}" \
		--seed "${SEED:-1}" --crash "$OUT/crash-$target" "tests/fuzz/corpus/$target"
	info "$(cat "$KTAP_TMP/out")"
}

test_inflate() { replay inflate; }

test_deflate() { replay deflate; }

test_aecs() { replay aecs; }

ktap_main
