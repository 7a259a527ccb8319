#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Recompression, writeback and compressed writeback, with deflate-iaa on either side, in
# rings; and bios in which slots of all kinds stand between each other. Fails on a wrong
# page, and where a step did not do what it is for.
#
# vm: kernel=test disk=64M
# debug: yes
# timeout: 500
. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/iaa.sh"

SIZE=8M
PAGES=$((8 * 256))
DISK=${DISK:-/dev/vda}

setup()
{
	need_zram deflate-iaa
	if [ -n "$(iaa_devices)" ]; then
		need_iaa
		iaa_configure -q 2
	fi
}

# zram_multi DEV PRIMARY SECONDARY: a device that recompresses from one to the other
zram_multi()
{
	[ -e "$(zram_attr "$1" recomp_algorithm)" ] || skip "no CONFIG_ZRAM_MULTI_COMP"
	put 1 "$(zram_attr "$1" reset)"
	put "$2" "$(zram_attr "$1" comp_algorithm)"
	put "algo=$3 priority=1" "$(zram_attr "$1" recomp_algorithm)"
	put 32M "$(zram_attr "$1" disksize)"
}

# backing DEV ALGORITHM [COMPRESSED]: a device that writes back to the disk
backing()
{
	[ -b "$DISK" ] || skip "no disk $DISK to write back to"
	[ -e "$(zram_attr "$1" backing_dev)" ] || skip "no CONFIG_ZRAM_WRITEBACK"
	put 1 "$(zram_attr "$1" reset)"
	put "$2" "$(zram_attr "$1" comp_algorithm)"
	put "$DISK" "$(zram_attr "$1" backing_dev)"
	put "${3:-0}" "$(zram_attr "$1" compressed_writeback)"
	put 32M "$(zram_attr "$1" disksize)"
}

state() { cat "/sys/kernel/debug/zram/${1#/dev/}/block_state"; }

# recompress PRIMARY SECONDARY BETTER: all slots; BETTER says that they become smaller
recompress()
{
	local dev before after
	setup
	zram_create dev lzo-rle 8M
	zram_multi "$dev" "$1" "$2"
	must blk-verify write --size $SIZE "$dev"
	before=$(zram_stat "$dev" mm_stat 2)
	put all "$(zram_attr "$dev" idle)"
	put 'type=idle' "$(zram_attr "$dev" recompress)"
	after=$(zram_stat "$dev" mm_stat 2)
	info "$1 to $2: $before to $after bytes, $(state "$dev" | grep -c 'r' || true) slots recompressed"
	at_least "$(batch_stat "$dev" pp_slots)" $((PAGES / 2)) "slots in rings"
	at_least $PAGES "$(batch_stat "$dev" pp_slots)" "slots of the device and in rings"
	if [ "$3" = better ]; then
		at_least "$before" $((after + before / 50)) "bytes before and after"
	fi
	must blk-verify check --size $SIZE --bs 2M "$dev"
	must blk-verify check --size $SIZE --bs 4K "$dev"
	# Again: what is recompressed or does not gain stays as it is.
	put all "$(zram_attr "$dev" idle)"
	put 'type=idle' "$(zram_attr "$dev" recompress)"
	equal "$(zram_stat "$dev" mm_stat 2)" "$after" "bytes after a second time"
	must blk-verify both --size $SIZE --round 1 "$dev"
	equal "$(zram_stat "$dev" mm_stat 1)" $((PAGES * 4096)) "bytes stored"
}

test_recompress_iaa_to_zstd() { recompress deflate-iaa zstd better; }
test_recompress_lz4_to_iaa() { recompress lz4 deflate-iaa better; }
test_recompress_iaa_to_dynamic() { recompress deflate-iaa deflate-iaa-dynamic better; }
test_recompress_dynamic_to_lz4() { recompress deflate-iaa-dynamic lz4 no; }

test_recompress_limits()
{
	local dev n
	setup
	zram_create dev lzo-rle 8M
	zram_multi "$dev" deflate-iaa zstd
	must blk-verify write --size $SIZE "$dev"
	put all "$(zram_attr "$dev" idle)"
	put 'type=idle max_pages=37' "$(zram_attr "$dev" recompress)"
	n=$(state "$dev" | awk '$3 ~ /r/' | wc -l)
	# The largest slots come first, and most of those do not get smaller.
	at_least 37 "$n" "37 and the slots recompressed"
	at_least "$n" 1 "slots recompressed of 37"
	refuse 'type=idle threshold=4096' "$(zram_attr "$dev" recompress)"
	refuse 'type=idle algo=lz4' "$(zram_attr "$dev" recompress)"
	refuse 'type=idle priority=3' "$(zram_attr "$dev" recompress)"
	put 'type=idle threshold=3000' "$(zram_attr "$dev" recompress)"
	must blk-verify check --size $SIZE "$dev"
}

test_huge_slots_recompressed()
{
	local dev
	setup
	zram_create dev lzo-rle 8M
	zram_multi "$dev" lz4 deflate-iaa
	must dd if=/dev/urandom of="$KTAP_TMP/random" bs=1M count=1
	must dd if="$KTAP_TMP/random" of="$dev" bs=1M oflag=direct
	put 'type=huge' "$(zram_attr "$dev" recompress)"
	# No algorithm makes them smaller, and zram remembers that.
	equal "$(state "$dev" | awk '$3 ~ /n/' | wc -l)" 256 "slots known as incompressible"
	must cmp -n 1048576 "$KTAP_TMP/random" "$dev"
}

# written_back ALGORITHM COMPRESSED
written_back()
{
	local dev
	setup
	zram_create dev lzo-rle 8M
	backing "$dev" "$1" "$2"
	must blk-verify write --size $SIZE "$dev"
	put all "$(zram_attr "$dev" idle)"
	put 'type=idle' "$(zram_attr "$dev" writeback)"
	at_least "$(zram_stat "$dev" bd_stat 3)" $((PAGES * 3 / 4)) "pages written back"
	equal "$(zram_stat "$dev" mm_stat 2)" 0 "compressed bytes left in memory"
	if [ "$1" = deflate-iaa ] && [ "$2" -eq 0 ]; then
		at_least "$(batch_stat "$dev" pp_slots)" $((PAGES / 2)) "slots read ahead"
	fi
	must blk-verify check --size $SIZE --bs 256K "$dev"
	must blk-verify both --size $SIZE --bs 256K --round 1 "$dev"
}

test_writeback() { written_back deflate-iaa 0; }
test_compressed_writeback() { written_back deflate-iaa 1; }
test_compressed_writeback_of_zstd() { written_back zstd 1; }

test_writeback_limit_in_the_middle()
{
	local dev
	setup
	zram_create dev lzo-rle 8M
	backing "$dev" deflate-iaa 0
	must blk-verify write --size $SIZE "$dev"
	put 100 "$(zram_attr "$dev" writeback_limit)"
	put 1 "$(zram_attr "$dev" writeback_limit_enable)"
	put all "$(zram_attr "$dev" idle)"
	refuse 'type=idle' "$(zram_attr "$dev" writeback)"
	equal "$(zram_stat "$dev" bd_stat 3)" 100 "pages written back"
	must blk-verify check --size $SIZE --bs 2M "$dev"
}

test_all_kinds_of_slots_in_one_bio()
{
	local dev kinds
	setup
	[ -b "$DISK" ] || skip "no disk $DISK to write back to"
	zram_create dev lzo-rle 8M
	put 1 "$(zram_attr "$dev" reset)"
	put deflate-iaa "$(zram_attr "$dev" comp_algorithm)"
	put 'algo=zstd priority=1' "$(zram_attr "$dev" recomp_algorithm)"
	put 'algo=deflate-iaa-dynamic priority=2' "$(zram_attr "$dev" recomp_algorithm)"
	put "$DISK" "$(zram_attr "$dev" backing_dev)"
	put 32M "$(zram_attr "$dev" disksize)"
	must blk-verify write --size $SIZE "$dev"
	put all "$(zram_attr "$dev" idle)"
	put 'type=idle priority=1 max_pages=700' "$(zram_attr "$dev" recompress)"
	put 'type=idle priority=2 max_pages=500' "$(zram_attr "$dev" recompress)"
	put 'page_indexes=5-90 page_indexes=400-420 page_indexes=1000-1100' "$(zram_attr "$dev" writeback)"
	must blkdiscard -o $((7 << 20)) -l $((1 << 20)) "$dev"
	kinds=$(state "$dev" | awk '{ print $3 }' | sort | uniq -c | paste -sd,)
	info "slots: $kinds"
	for kind in s w h r; do
		[[ $kinds == *$kind* ]] || fail "no slot of kind $kind among $kinds"
	done
	must blk-verify check --size 7M --bs 512K "$dev"
	must blk-verify check --size 7M --bs 28K "$dev"
	must cmp -n $((1 << 20)) -i $((7 << 20)):0 "$dev" /dev/zero
}

ktap_main
