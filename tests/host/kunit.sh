#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The unit tests built into a kernel, and run by the kernel tree's own kunit.py as a
# process of this host (User Mode Linux), as everybody else's are. Fails if a suite is
# missing, or one is there that SUITES does not name; if a case fails or is skipped; and if
# a test defines a symbol of the driver, since on x86 both may be in one kernel.
#
# last: iaa/kunit.sh runs the same suites in a VM
# timeout: 1200
. "$(dirname "$0")/../lib/ktap.sh"

ROOT=$(cd "$(dirname "$0")/../.." && pwd)
OUT=$ROOT/build/kernel/kunit
CONFIGS=(crypto drivers/crypto/intel/iaa)
# Without what no test needs, a third less is compiled.
SMALL=(EXPERT=y KUNIT_UML_PCI=n BLOCK=n IO_URING=n INPUT=n PROC_FS=n NAMESPACES=n SECCOMP=n SUSPEND=n)
SUITES=(acomp_units acomp_units_mock iaa_comp iaa_desc iaa_level iaa_table)

for need in sysroot/usr/bin/gcc linux/tools/testing/kunit/kunit.py; do
	[ -x "$ROOT/build/$need" ] || {
		printf 'KTAP version 1\n1..1\nok 1 kunit # SKIP no build/%s (make overlay)\n' "$need"
		exit 0
	}
done

# kunit ARG...: kunit.py on the tree at /src, which stays as it is, with what it builds kept
# in /out; the compiler as in scripts/kernel
kunit()
{
	"$ROOT/scripts/sandbox" --bind "$ROOT/build/linux" /src --bind "$OUT" /out --chdir /src \
		env PYTHONDONTWRITEBYTECODE=1 CCACHE_DIR=/iaa/build/ccache CCACHE_MAXSIZE=2G CCACHE_DEPEND=1 \
		CCACHE_COMPILERCHECK=content tools/testing/kunit/kunit.py "$@" --build_dir=/out \
		--make_options CC='ccache gcc' --make_options HOSTCC='ccache gcc'
}

# suites: those that ran, one a line
suites() { sed -n 's/^\(not \)\?ok [0-9]* \([a-z0-9_]*\).*/\2/p' "$OUT/test.log" | sort; }

need_log() { [ -s "$OUT/test.log" ] || fail "the kernel did not run"; }

test_all_pass()
{
	# Objects of another pristine tree may be newer than its files.
	cmp -s "$ROOT/build/.overlay-linux.base" "$OUT/.base" || rm -rf "$OUT"
	mkdir -p "$OUT"
	cp "$ROOT/build/.overlay-linux.base" "$OUT/.base"
	rm -f "$OUT/test.log"
	must kunit run --failed --timeout=$((60 * ${TIMES:-1})) "${CONFIGS[@]/#/--kunitconfig=}" \
		"${SMALL[@]/#/--kconfig_add=CONFIG_}"
	info "$(sed -n 's/.*\(Testing complete.*\|Elapsed time: .*running\).*/\1/p' "$KTAP_TMP/out" | paste -sd' ')"
}

test_suites_are_those_expected()
{
	local missing more
	need_log
	missing=$(comm -23 <(printf '%s\n' "${SUITES[@]}" | sort) <(suites) | paste -sd' ')
	[ -z "$missing" ] || fail "did not run: $missing"
	more=$(comm -13 <(printf '%s\n' "${SUITES[@]}" | sort) <(suites) | paste -sd' ')
	[ -z "$more" ] || fail "not in the list SUITES of this test: $more"
}

test_nothing_is_skipped()
{
	need_log
	! grep '# SKIP' "$OUT/test.log" >"$KTAP_TMP/skipped" ||
		fail "skipped: $(sed 's/^ *ok [0-9]* //' "$KTAP_TMP/skipped" | paste -sd';')"
}

test_copies_have_names_of_their_own()
{
	local dir=drivers/crypto/intel/iaa/tests
	[ -e "$OUT/$dir/built-in.a" ] || fail "no $dir/built-in.a"
	# shellcheck disable=SC2016
	must "$ROOT/scripts/sandbox" --chdir "/iaa/${OUT#"$ROOT"/}/$dir" sh -c 'nm -A --defined-only -g *_kunit.o'
	awk '{ file = $1; sub(/\.o:.*/, "", file); if (index($NF, file "_") != 1) print $NF " in " file ".c" }' \
		"$KTAP_TMP/out" >"$KTAP_TMP/names"
	at_least "$(wc -l <"$KTAP_TMP/out")" 10 "symbols of the tests"
	[ ! -s "$KTAP_TMP/names" ] || fail "not renamed in iaa_kunit_copy.h: $(paste -sd, "$KTAP_TMP/names")"
}

ktap_main
