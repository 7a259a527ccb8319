#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The kernel's own unit tests of this project: loads the modules that carry them, and
# reports each of their cases; those of requests once more with queues enabled, so that
# devices do what software did before, and those of devices. And the crypto layer's tests
# of the two algorithms. Fails where a suite is missing, a case failed, or no device did
# anything. The VM has IAA 2.0, which does all that IAA 1.0 does.
#
# vm: kernel=test devices=4 iaa=version=0x200,int-handles=on,op-config=on
# debug: only
# timeout: 400
. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/iaa.sh"

RESULTS=/sys/kernel/debug/kunit
# All of them have to be there
SUITES='acomp_units acomp_units_mock iaa_comp iaa_desc iaa_dma iaa_level iaa_table'
# The modules whose tests devices do, too
REQUESTS='acomp_units_test iaa_soft_kunit'
# The one whose tests only devices do, its suite iaa_device
DEVICE=iaa_device_kunit

for module in iaa_comp iaa_crypto zram iaa_table_kunit iaa_desc_kunit iaa_dma_kunit iaa_level_kunit $REQUESTS; do
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

number=0 bad=0

# report STATUS NAME: one line of KTAP
report()
{
	number=$((number + 1))
	[ "$1" = ok ] || bad=1
	printf '%s %d %s\n' "$1" "$number" "$2"
}

# suite FILE [WORDS]: all cases of one suite; WORDS say how it was run
suite()
{
	local name status case before=$number
	name=$(basename "$(dirname "$1")")
	while IFS='|' read -r status case; do
		[ "$status" = ok ] ||
			sed -n "/# ${case%% *}:/p; /# ${case%% *}.*EXPECTATION/,/^ *not ok/p" "$1" | sed 's/^ */# /' | sed -n 1,20p
		report "$status" "$name.$case${2:+ $2}"
	done < <(cases "$1")
	[ "$number" -gt "$before" ] || report 'not ok' "$name has no cases"
}

# on_devices MODULE: its tests again, and how much devices did of it
on_devices()
{
	local file before
	modprobe -q -n "$1" || return 0
	before=$(iaa_stat total_comp_calls)
	if ! modprobe "$1"; then
		report 'not ok' "$1 can be loaded once more"
		return
	fi
	for file in "$RESULTS"/*acomp*/results "$RESULTS"/iaa_comp/results; do
		[ ! -e "$file" ] || suite "$file" "(hardware)"
	done
	if [ "$(iaa_stat total_comp_calls)" -gt "$((before + 50))" ]; then
		report ok "devices compressed what $1 asked for"
	else
		report 'not ok' "devices compressed what $1 asked for"
	fi
	modprobe -r "$1"
}

# of_devices: nothing may be skipped where devices serve all modes
of_devices()
{
	local file=$RESULTS/iaa_device/results
	if ! modprobe "$DEVICE"; then
		report 'not ok' "suite iaa_device: $DEVICE can be loaded"
		return
	fi
	suite "$file"
	if iaa_serves deflate-iaa-dynamic && grep '# SKIP' "$file" | sed 's/^ */# /'; then
		report 'not ok' "devices serve all modes"
	fi
	modprobe -r "$DEVICE"
}

# in_hardware: the tests of requests again, with all queues enabled
in_hardware()
{
	local module
	[ -n "$(iaa_devices)" ] || return 0
	for module in $REQUESTS; do
		! modprobe -q -n "$module" || modprobe -r "$module" ||
			report 'not ok' "$module can be removed"
	done
	iaa_configure
	for module in $REQUESTS; do
		on_devices "$module"
	done
	of_devices
	iaa_unconfigure
}

# tested NAME: the crypto layer ran its own tests of an algorithm
tested()
{
	local status
	grep -qs 'CONFIG_CRYPTO_SELFTESTS=y' <(zcat /proc/config.gz) || return 0
	status=$(awk -v name="$1" '$1 == "driver" { on = $3 == name } on && $1 == "selftest" { print $3 }' /proc/crypto)
	if [ "$status" = passed ]; then
		report ok "crypto: selftest of $1"
	else
		printf '# /proc/crypto says: %s\n' "${status:-nothing}"
		report 'not ok' "crypto: selftest of $1"
	fi
}

printf 'KTAP version 1\n'
for file in "$RESULTS"/*iaa*/results "$RESULTS"/*acomp*/results; do
	[ ! -e "$file" ] || suite "$file"
done
for name in $SUITES; do
	[ -e "$RESULTS/$name/results" ] || report 'not ok' "suite $name is there"
done
in_hardware
tested deflate-iaa
tested deflate-iaa-dynamic
printf '1..%d\n' "$number"
exit $bad
