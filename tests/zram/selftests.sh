#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The kernel's own selftests of zram, as they stand in its tree. They take the last of the
# algorithms that zram lists, which is ours. Fails where they fail.
#
# vm: kernel=filesystems
# last: as filesystems.sh, and devices.sh and tools.sh set up and use what these do
# timeout: 400
. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/iaa.sh"

selftests()
{
	local dir=${SELFTESTS:-/selftests/zram}
	[ -x "$dir/zram.sh" ] || skip "no kernel selftests in $dir"
	need_command bc mkfs.ext4
	need_zram
	cp -r "$dir" "$KTAP_TMP/selftests"
	cd "$KTAP_TMP/selftests"
	./zram.sh >"$KTAP_TMP/out" 2>&1 || fail "$(tail -n 20 "$KTAP_TMP/out")"
	! grep -q FAIL "$KTAP_TMP/out" || fail "$(grep FAIL "$KTAP_TMP/out")"
	equal "$(grep -c '\[PASS\]' "$KTAP_TMP/out")" 2 "selftests passed"
}

test_in_software()
{
	selftests
}

test_on_hardware()
{
	need_iaa
	iaa_configure -q 2
	selftests
}

ktap_main
