#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Parameters of deflate-iaa, as zram-generator and administrators write them: level is the
# effort of software, and a device ignores it; what is not possible is refused, and the log
# says why. Fails if a level has no effect, costs a page, or a refusal says nothing.
#
# vm: kernel=test
# timeout: 300
. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/iaa.sh"

# blank: a device without a size
blank()
{
	need_zram deflate-iaa
	iaa_unconfigure
	zram_create dev deflate-iaa 16M
	put 1 "$(zram_attr "$dev" reset)"
}

# prepare ALGORITHM PARAMETERS: choose both for $dev
prepare()
{
	put "$1" "$(zram_attr "$dev" comp_algorithm)"
	put "$2" "$(zram_attr "$dev" algorithm_params)"
}

# packed: bytes that the pages on $dev take
packed() { zram_stat "$dev" mm_stat 2; }

# levelled [LEVEL]: write and check pages at that level, or without one; sets size
levelled()
{
	put 1 "$(zram_attr "$dev" reset)"
	prepare deflate-iaa "algo=deflate-iaa${1:+ level=$1}"
	put 16M "$(zram_attr "$dev" disksize)"
	must blk-verify both --size 4M "$dev"
	size=$(packed)
}

test_effort_of_software()
{
	local dev size default first last=0 level
	blank
	levelled
	default=$size
	levelled 1
	equal "$size" "$default" "bytes at level 1, and by default"
	first=$size
	for level in 2 3 4 5 6 7 8 9; do
		levelled $level
		at_least "$first" "$size" "bytes at level 1, against level $level"
		last=$size
	done
	at_least $((first * 98 / 100)) "$last" "bytes at level 1, less 2 %, against level 9"
}

test_each_device_has_its_own()
{
	local dev one size small
	blank
	levelled 9
	small=$size
	one=$dev
	blank
	levelled 1
	at_least "$size" $((small + 1)) "bytes at level 1 beside a device at level 9"
	dev=$one
	levelled 9
	equal "$size" "$small" "bytes at level 9 beside a device at level 1"
}

test_devices_read_what_any_level_wrote()
{
	local dev size
	blank
	need_iaa
	levelled 9
	iaa_configure -q 2
	iaa_stats_reset
	must blk-verify check --size 4M "$dev"
	at_least "$(iaa_stat total_decomp_calls)" 500 "pages decompressed in hardware"
	equal "$(iaa_stat total_sw_decomp_calls)" 0 "pages decompressed in software"
}

test_devices_ignore_it()
{
	local dev size plain
	blank
	need_iaa
	iaa_configure -q 2
	levelled
	plain=$size
	iaa_stats_reset
	levelled 9
	equal "$size" "$plain" "bytes that devices made at level 9, and without one"
	at_least "$(iaa_stat total_comp_calls)" 500 "pages compressed in hardware"
}

# The second algorithm has parameters of its own
test_of_recompression()
{
	local dev before
	blank
	[ -e "$(zram_attr "$dev" recomp_algorithm)" ] || skip "no CONFIG_ZRAM_MULTI_COMP"
	put deflate-iaa "$(zram_attr "$dev" comp_algorithm)"
	put 'algo=deflate-iaa-dynamic priority=1' "$(zram_attr "$dev" recomp_algorithm)"
	put 'algo=deflate-iaa-dynamic priority=1 level=9' "$(zram_attr "$dev" algorithm_params)"
	put 16M "$(zram_attr "$dev" disksize)"
	must blk-verify write --size 4M "$dev"
	before=$(packed)
	put all "$(zram_attr "$dev" idle)"
	put type=idle "$(zram_attr "$dev" recompress)"
	must blk-verify check --size 4M "$dev"
	at_least $((before * 99 / 100)) "$(packed)" "bytes before, less 1 %, against those after"
}

# refused WORDS PARAMETERS: no disksize with them, and the log says WORDS; then without
refused()
{
	put 1 "$(zram_attr "$dev" reset)"
	prepare deflate-iaa "algo=deflate-iaa $2"
	klog_mark "levels $2"
	refuse 16M "$(zram_attr "$dev" disksize)"
	[[ $(klog_since "levels $2") == *"deflate-iaa: $1"* ]] ||
		fail "$2 is refused, and the log does not say '$1': $(klog_since "levels $2")"
	# As the log says
	prepare deflate-iaa 'algo=deflate-iaa level=9'
	put 16M "$(zram_attr "$dev" disksize)"
	must blk-verify both --size 1M "$dev"
}

test_refusals()
{
	local dev level
	blank
	for level in 0 10 -1 -5 2147483647; do
		refused "level=$level is refused; write comp_algorithm again, and algorithm_params with a level of 1 (fastest) to 9 (smallest)" \
			"level=$level"
	done
	for level in 12 -12 15; do
		refused 'deflate.winbits= is refused' "deflate.winbits=$level"
	done
	echo words >"$KTAP_TMP/dictionary"
	refused 'dict= is refused' "dict=$KTAP_TMP/dictionary"
	put 1 "$(zram_attr "$dev" reset)"
	refuse 'algo=deflate-iaa level=high' "$(zram_attr "$dev" algorithm_params)"
	refuse 'algo=deflate-iaa level=' "$(zram_attr "$dev" algorithm_params)"
}

ktap_main
