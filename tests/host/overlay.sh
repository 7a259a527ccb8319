#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# scripts/overlay on a small tree of its own: what it lays where, what it leaves alone,
# and what it says when it cannot.
. "$(dirname "$0")/../lib/ktap.sh"

HERE=$(cd "$(dirname "$0")/../.." && pwd)
[ -x "$HERE/build/sysroot/usr/bin/gcc" ] || {
	printf 'KTAP version 1\n1..1\nok 1 overlay # SKIP no build/sysroot (scripts/sysroot)\n'
	exit 0
}

IAA=drivers/crypto/intel/iaa

# project: a repository with a pristine tree of three files, in $repo
project()
{
	repo=$KTAP_TMP/repo
	rm -rf "$repo"
	mkdir -p "$repo"/{scripts,mm,$IAA,build/src/linux/{mm,$IAA}}
	cp "$HERE"/scripts/{overlay,sandbox,lib.sh} "$repo/scripts/"
	ln -s "$HERE/build/sysroot" "$repo/build/sysroot"
	seq 1 20 >"$repo/build/src/linux/mm/numbers.c"
	echo 'VERSION = 1' >"$repo/build/src/linux/Makefile"
	echo old >"$repo/build/src/linux/$IAA/old.c"
	cat >"$repo/mm/numbers.c.patch" <<-'END'
	Why it exists, and that upstream has nothing like it.

	--- a/mm/numbers.c
	+++ b/mm/numbers.c
	@@ -8,6 +8,7 @@
	 8
	 9
	 10
	+ten and a half
	 11
	 12
	 13
	END
	echo ours >"$repo/$IAA/ours.c"
	touch -d yesterday "$repo/build/src/linux/mm/numbers.c"
	pristine=$(cd "$repo/build/src" && find . -type f -exec sha256sum {} + | sort)
}

overlay() { "$repo/scripts/overlay" "$@"; }

pristine_is_whole()
{
	equal "$(cd "$repo/build/src" && find . -type f -exec sha256sum {} + | sort)" "$pristine" "pristine tree"
}

test_lays_files_patches_and_the_folder()
{
	project
	must overlay linux
	equal "$(sed -n 11p "$repo/build/linux/mm/numbers.c")" 'ten and a half' "line that the patch adds"
	equal "$(ls "$repo/build/linux/$IAA")" ours.c "files in the folder that is replaced"
	pristine_is_whole
}

test_touches_only_what_changed()
{
	project
	must overlay linux
	local before after
	before=$(stat -c '%i %y' "$repo"/build/linux/{mm/numbers.c,Makefile,$IAA/ours.c})
	must overlay linux
	after=$(stat -c '%i %y' "$repo"/build/linux/{mm/numbers.c,Makefile,$IAA/ours.c})
	equal "$after" "$before" "inodes and times after a second run"
	echo more >>"$repo/$IAA/ours.c"
	must overlay linux
	equal "$(stat -c '%i %y' "$repo"/build/linux/{mm/numbers.c,Makefile})" "$(head -n 2 <<<"$before")" "files that did not change"
	equal "$(cat "$repo/build/linux/$IAA/ours.c")" $'ours\nmore' "file that changed"
	pristine_is_whole
}

test_gives_back_what_left_the_overlay()
{
	project
	must overlay linux
	rm "$repo/mm/numbers.c.patch"
	rm -r "${repo:?}/drivers"
	must overlay linux
	equal "$(cat "$repo/build/linux/mm/numbers.c")" "$(seq 1 20)" "file without its patch"
	[ "$repo/build/linux/mm/numbers.c" -nt "$repo/build/src/linux/mm/numbers.c" ] ||
		fail "make would not see that the file changed back"
	equal "$(ls "$repo/build/linux/$IAA")" old.c "upstream's folder"
}

test_names_the_patch_that_fails()
{
	project
	sed -i 's/^ 10$/ ten/' "$repo/mm/numbers.c.patch"
	must_fail overlay linux
	grep -q 'mm/numbers.c.patch does not apply' "$KTAP_TMP/out" || fail "it does not name the patch: $(cat "$KTAP_TMP/out")"
	grep -q 'overlay refresh mm/numbers.c' "$KTAP_TMP/out" || fail "it does not say what to do"
	pristine_is_whole
}

test_names_a_file_that_upstream_lost()
{
	project
	rm "$repo/build/src/linux/mm/numbers.c"
	must_fail overlay linux
	grep -q 'upstream has no mm/numbers.c' "$KTAP_TMP/out" || fail "it says: $(cat "$KTAP_TMP/out")"
}

test_keeps_an_edit_and_refreshes()
{
	project
	must overlay linux
	must overlay edit mm/numbers.c
	sed -i 's/^20$/twenty/' "$repo/build/linux/mm/numbers.c"
	sed -i 's/ten and/10 and/' "$repo/mm/numbers.c.patch"
	must_fail overlay linux
	grep -q 'was edited there' "$KTAP_TMP/out" || fail "it says: $(cat "$KTAP_TMP/out")"
	must overlay refresh mm/numbers.c
	equal "$(head -n 1 "$repo/mm/numbers.c.patch")" 'Why it exists, and that upstream has nothing like it.' "header"
	grep -q '^+twenty' "$repo/mm/numbers.c.patch" || fail "the edit is not in the patch"
	must overlay linux
	must overlay check linux
	pristine_is_whole
}

test_makes_the_first_patch_of_a_file()
{
	project
	must overlay linux
	must overlay edit Makefile
	echo 'PATCHLEVEL = 2' >>"$repo/build/linux/Makefile"
	must overlay refresh Makefile
	grep -q '^+PATCHLEVEL' "$repo/Makefile.patch" || fail "no patch with the edit"
	must overlay check linux
	pristine_is_whole
}

# series: a second patch on the first one's lines
series()
{
	project
	mv "$repo/mm/numbers.c.patch" "$repo/mm/numbers.c.1-half.patch"
	cat >"$repo/mm/numbers.c.2-third.patch" <<-'END'
	Why that exists, and that upstream has nothing like it.
	--- a/mm/numbers.c
	+++ b/mm/numbers.c
	@@ -9,6 +9,7 @@
	 9
	 10
	 ten and a half
	+ten and a third
	 11
	 12
	 13
	END
}

test_applies_a_series_in_order()
{
	series
	must overlay linux
	equal "$(sed -n 11,12p "$repo/build/linux/mm/numbers.c")" $'ten and a half\nten and a third' "lines that the patches add"
	must overlay check linux
	grep -q '2 patches apply' "$KTAP_TMP/out" || fail "it says: $(cat "$KTAP_TMP/out")"
	sed -i 's/^ 13$/ thirteen/' "$repo/mm/numbers.c.2-third.patch"
	must_fail overlay check linux
	grep -q 'numbers.c.2-third.patch does not apply' "$KTAP_TMP/out" || fail "it says: $(cat "$KTAP_TMP/out")"
	rm "$repo"/mm/numbers.c.*
	must overlay linux
	equal "$(cat "$repo/build/linux/mm/numbers.c")" "$(seq 1 20)" "file without its series"
	pristine_is_whole
}

test_refreshes_the_last_of_a_series()
{
	local first
	series
	first=$(sha256sum "$repo/mm/numbers.c.1-half.patch")
	must overlay linux
	must overlay edit mm/numbers.c
	sed -i 's/^20$/twenty/' "$repo/build/linux/mm/numbers.c"
	must overlay refresh mm/numbers.c
	grep -q '^+twenty' "$repo/mm/numbers.c.2-third.patch" || fail "the edit is not in the last patch"
	equal "$(sha256sum "$repo/mm/numbers.c.1-half.patch")" "$first" "first patch"
	must overlay linux
	pristine_is_whole
}

test_refreshes_one_of_a_series()
{
	series
	must overlay linux
	must overlay edit mm/numbers.c.1-half
	equal "$(sed -n 12p "$repo/build/linux/mm/numbers.c")" 11 "line after the first patch's"
	sed -i 's/^20$/twenty/' "$repo/build/linux/mm/numbers.c"
	must overlay refresh mm/numbers.c.1-half
	grep -q '^+twenty' "$repo/mm/numbers.c.1-half.patch" || fail "the edit is not in the first patch"
	grep -q '^+ten and a third' "$repo/mm/numbers.c.1-half.patch" && fail "the first patch has the second one's line"
	equal "$(sed -n '12p;$p' "$repo/build/linux/mm/numbers.c")" $'ten and a third\ntwenty' "lines of both"
	must overlay linux
	# A new one at the end
	must overlay edit mm/numbers.c
	sed -i 's/^1$/one/' "$repo/build/linux/mm/numbers.c"
	must overlay refresh mm/numbers.c.10-one
	grep -q '^+one' "$repo/mm/numbers.c.10-one.patch" || fail "no new patch"
	must overlay check linux
	grep -q '3 patches apply' "$KTAP_TMP/out" || fail "it says: $(cat "$KTAP_TMP/out")"
	pristine_is_whole
}

ktap_main
