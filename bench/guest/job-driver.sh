# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What a page costs from submission to retirement at the interfaces APIS (acomp: as
# every kernel has it; units: acomp with units; core: iaa_comp.h), in batches of BATCHES.

job_driver()
{
	local debug=/sys/kernel/debug/iaa_bench api algorithm batch kind
	insmod "$HERE/iaa_bench.ko" virtual_clock="$([ "$BENCH_CLOCK" = virtual ] && echo Y || echo N)" ||
		die "the module iaa_bench does not load: is it built for this kernel?"
	defer rmmod iaa_bench
	for kind in $KINDS; do
		dd if="$CORPUS/$kind.pages" of="$debug/pages" bs=4096 count="$PAGES" status=none
		for api in $APIS; do
			for algorithm in $ALGORITHMS; do
				for batch in $BATCHES; do
					put "$api $algorithm $batch" $debug/run
					printf 'RESULT {"algorithm":"%s","kind":"%s","api":"%s","batch":%d,%s}\n' \
						"$algorithm" "$kind" "$api" "$batch" "$(cat $debug/run)"
				done
			done
		done
	done
}

job_driver
