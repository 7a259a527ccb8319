#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Devices of zram: reset and set up again, switched to another algorithm, two beside each
# other, recompressed; and bad input, which has to be refused and to change nothing.
#
# vm: kernel=test
# timeout: 300
. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/iaa.sh"

setup()
{
	need_zram deflate-iaa
	if [ -n "$(iaa_devices)" ]; then
		need_iaa
		iaa_configure -q 2
	fi
}

test_reset_and_again()
{
	local dev i
	setup
	zram_create dev deflate-iaa 32M
	for i in 1 2 3; do
		must blk-verify both --size 8M --round "$i" "$dev"
		put 1 "$(zram_attr "$dev" reset)"
		equal "$(<"$(zram_attr "$dev" disksize)")" 0 "size after reset"
		put deflate-iaa "$(zram_attr "$dev" comp_algorithm)"
		put 32M "$(zram_attr "$dev" disksize)"
		must_fail blk-verify check --size 8M --round "$i" "$dev"
	done
}

test_switched_algorithms()
{
	local dev name
	setup
	zram_create dev lzo-rle 32M
	for name in deflate-iaa lz4 deflate-iaa zstd deflate-iaa; do
		put 1 "$(zram_attr "$dev" reset)"
		put $name "$(zram_attr "$dev" comp_algorithm)"
		put 32M "$(zram_attr "$dev" disksize)"
		must blk-verify both --size 4M "$dev"
	done
}

test_two_devices_at_once()
{
	local one two load
	setup
	zram_create one deflate-iaa 32M
	zram_create two deflate-iaa 32M
	blk-verify both --size 16M --seed 7 "$one" >"$KTAP_TMP/one" 2>&1 &
	load=$!
	must blk-verify both --size 16M --seed 8 "$two"
	wait $load || fail "$(<"$KTAP_TMP/one")"
	must blk-verify check --size 16M --seed 7 "$one"
}

test_every_listed_algorithm()
{
	local dev name
	setup
	zram_create dev lzo-rle 32M
	for name in $(tr -d '[]' <"$(zram_attr "$dev" comp_algorithm)"); do
		put 1 "$(zram_attr "$dev" reset)"
		put "$name" "$(zram_attr "$dev" comp_algorithm)"
		put 32M "$(zram_attr "$dev" disksize)"
		must blk-verify both --size 2M "$dev"
	done
}

test_recompressed()
{
	local dev primary secondary
	setup
	for primary in deflate-iaa lz4; do
		secondary=zstd
		[ $primary = deflate-iaa ] || secondary=deflate-iaa
		zram_create dev $primary 32M
		[ -e "$(zram_attr "$dev" recomp_algorithm)" ] || skip "no CONFIG_ZRAM_MULTI_COMP"
		put 1 "$(zram_attr "$dev" reset)"
		put $primary "$(zram_attr "$dev" comp_algorithm)"
		put "algo=$secondary priority=1" "$(zram_attr "$dev" recomp_algorithm)"
		put 32M "$(zram_attr "$dev" disksize)"
		must blk-verify write --size 8M "$dev"
		put all "$(zram_attr "$dev" idle)"
		put type=idle "$(zram_attr "$dev" recompress)"
		must blk-verify check --size 8M "$dev"
	done
}

test_bad_input_changes_nothing()
{
	local dev
	setup
	zram_create dev lz4 32M
	put 1 "$(zram_attr "$dev" reset)"
	put lz4 "$(zram_attr "$dev" comp_algorithm)"
	refuse deflate-ia "$(zram_attr "$dev" comp_algorithm)"
	refuse deflate-iaa2 "$(zram_attr "$dev" comp_algorithm)"
	refuse 'deflate iaa' "$(zram_attr "$dev" comp_algorithm)"
	refuse "$(printf 'x%.0s' {1..300})" "$(zram_attr "$dev" comp_algorithm)"
	refuse nonsense "$(zram_attr "$dev" disksize)"
	put deflate-iaa "$(zram_attr "$dev" comp_algorithm)"
	put 8M "$(zram_attr "$dev" disksize)"
	# In use: neither the algorithm nor the size may change any more.
	refuse lz4 "$(zram_attr "$dev" comp_algorithm)"
	refuse 16M "$(zram_attr "$dev" disksize)"
	must blk-verify both --size 4M "$dev"
}

test_incompressible_and_full()
{
	local dev
	setup
	zram_create dev deflate-iaa 16M
	must dd if=/dev/urandom of="$dev" bs=64k count=64 oflag=direct
	at_least "$(zram_stat "$dev" mm_stat 8)" 1000 "huge pages"
	must dd if=/dev/zero of="$dev" bs=64k count=64 oflag=direct
	equal "$(zram_stat "$dev" mm_stat 2)" 0 "compressed bytes of zeroes"
	must_fail dd if=/dev/zero of="$dev" bs=64k count=1 seek=256 oflag=direct
}

ktap_main
