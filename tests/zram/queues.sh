#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Work queues come and go while zram holds data: whatever was written in hardware or in
# software reads back from either, with each algorithm that the hardware serves. Fails on
# a wrong page, on an I/O error, and where hardware should have served and did not.
#
# vm: kernel=test
# also: devices=4 iaa=version=0x200,int-handles=on,op-config=on
# timeout: 400
. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/iaa.sh"

CORPUS=${CORPUS:-/corpus}
SIZE=16M
PAGES=$((16 * 256))

setup() { need_zram deflate-iaa; need_iaa; }

# served HARDWARE|SOFTWARE COMMAND...: COMMAND succeeds, and most of its pages went there
served()
{
	local where=$1 hw sw
	shift
	iaa_stats_reset
	must "$@"
	hw=$(($(iaa_stat total_comp_calls) + $(iaa_stat total_decomp_calls)))
	sw=$(($(iaa_stat total_sw_comp_calls) + $(iaa_stat total_sw_decomp_calls)))
	info "$*: $hw in hardware, $sw in software"
	# An eighth of the pages is same-filled, and some do not compress.
	case $where in
	hardware)
		at_least "$hw" $((PAGES * 3 / 4)) "pages in hardware"
		equal "$(iaa_stat fallback_no_mode)" 0 "pages whose mode no device has"
		equal "$sw" 0 "pages in software" ;;
	software)
		at_least "$sw" $((PAGES * 3 / 4)) "pages in software"
		equal "$hw" 0 "pages in hardware" ;;
	esac
}

write_all() { served "$1" blk-verify write --size $SIZE --round "$2" "$dev"; }
check_all() { served "$1" blk-verify check --size $SIZE --round "$2" "$dev"; }

test_no_queue_is_software()
{
	local dev
	setup
	iaa_unconfigure
	zram_create dev deflate-iaa 32M
	write_all software 0
	check_all software 0
}

# appears_and_goes ALGORITHM
appears_and_goes()
{
	local dev
	iaa_unconfigure
	zram_create dev "$1" 32M
	write_all software 0
	iaa_configure -q 2
	check_all hardware 0
	write_all hardware 1
	iaa_unconfigure
	check_all software 1
	write_all software 2
	iaa_configure -q 1
	check_all hardware 2
}

test_queue_appears_and_goes()
{
	local algorithm
	setup
	for algorithm in $(iaa_algorithms); do appears_and_goes "$algorithm"; done
}

corpus_write() { dd of="$dev" bs=64K iflag=fullblock oflag=direct <"$KTAP_TMP/corpus"; }
corpus_check() { dd if="$dev" bs=64K count=$((PAGES / 16)) iflag=direct | cmp - "$KTAP_TMP/corpus"; }

# Each page of the corpus as it is: no stamp that would keep it from being the page it is
test_corpus_in_hardware_and_software()
{
	local dev algorithm
	setup
	[ -e "$CORPUS/text.pages" ] || skip "no corpus in $CORPUS"
	cat "$CORPUS"/*.pages >"$KTAP_TMP/corpus"
	PAGES=$(($(stat -c %s "$KTAP_TMP/corpus") / 4096 & ~15))
	truncate -s $((PAGES * 4096)) "$KTAP_TMP/corpus"
	for algorithm in $(iaa_algorithms); do
		iaa_configure -q 2
		zram_create dev "$algorithm" 32M
		served hardware corpus_write
		iaa_unconfigure
		served software corpus_check
		served software corpus_write
		iaa_configure -q 2
		served hardware corpus_check
	done
}

test_queue_disabled_under_load()
{
	local dev load i
	setup
	iaa_configure -q 2
	zram_create dev deflate-iaa 32M
	( for i in 1 2 3; do
		blk-verify both --size $SIZE --round "$i" --threads 2 "$dev" || exit 1
	done ) >"$KTAP_TMP/load" 2>&1 &
	load=$!
	defer sh -c "while kill -0 $load 2>/dev/null; do sleep 0.1; done"
	i=0
	while kill -0 $load 2>/dev/null; do
		# A queue's configuration is lost with it, and can be given again only
		# while its device is disabled, too.
		iaa_unconfigure
		iaa_configure -q 2
		i=$((i + 1))
	done
	wait $load || fail "load: $(<"$KTAP_TMP/load")"
	info "queues taken away $i times"
	at_least $i 1 "times that the queues were taken away"
}

test_driver_removed_while_zram_holds_data()
{
	local dev
	setup
	iaa_configure -q 2
	zram_create dev deflate-iaa 32M
	write_all hardware 0
	must rmmod iaa_crypto
	check_all software 0
	must modprobe iaa_crypto
	iaa_configure -q 2
	check_all hardware 0
}

test_core_stays_under_zram()
{
	local dev
	setup
	zram_create dev deflate-iaa 32M
	must_fail rmmod iaa_comp
	must blk-verify both --size $SIZE "$dev"
}

ktap_main
