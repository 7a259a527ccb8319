#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The kernel's own unit tests of this project: loads the modules that carry them, and
# reports each of their cases. Fails where a suite is missing or a case failed.
#
# vm: kernel=test
# debug: only
# timeout: 300
. "$(dirname "$0")/../lib/ktap.sh"

RESULTS=/sys/kernel/debug/kunit

for module in iaa_comp iaa_crypto zram iaa_table_kunit iaa_desc_kunit iaa_soft_kunit acomp_units_test; do
	modprobe -q "$module" 2>/dev/null || true
done
if [ ! -d $RESULTS ]; then
	printf 'KTAP version 1\n1..1\nok 1 kunit # SKIP no KUnit in this kernel (CONFIG_KUNIT, CONFIG_KUNIT_DEBUGFS)\n'
	exit 0
fi

# cases FILE: "status name" of each case of a suite; parameters of a case are one level
# deeper and do not count on their own
cases()
{
	sed -n 's/^    \(ok\|not ok\) [0-9]* \(.*\)/\1|\2/p' "$1"
}

printf 'KTAP version 1\n'
number=0 bad=0
for suite in "$RESULTS"/*iaa*/results "$RESULTS"/*zcomp*/results "$RESULTS"/*acomp*/results; do
	[ -e "$suite" ] || continue
	name=$(basename "$(dirname "$suite")")
	before=$number
	while IFS='|' read -r status case; do
		number=$((number + 1))
		if [ "$status" = 'not ok' ]; then
			bad=1
			sed -n "/# ${case%% *}:/p; /# ${case%% *}.*EXPECTATION/,/^ *not ok/p" "$suite" | sed 's/^ */# /' | head -n 20
		fi
		printf '%s %d %s.%s\n' "$status" "$number" "$name" "$case"
	done < <(cases "$suite")
	if [ "$number" -eq "$before" ]; then
		number=$((number + 1)) bad=1
		printf 'not ok %d %s has no cases\n' "$number" "$name"
	fi
done
if [ "$number" -eq 0 ]; then
	number=1 bad=1
	printf 'not ok 1 no suite of this project in %s\n' "$RESULTS"
fi
printf '1..%d\n' "$number"
exit $bad
