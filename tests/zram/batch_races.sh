#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Reads, writes and discards of the same pages by several threads, in bios of all sizes,
# while slots are recompressed and written back, memory runs out in the middle of a bio,
# queues go, and the device is reset. Fails on a page that is not one of those written there.
#
# vm: kernel=test disk=64M
# kcsan: yes
# debug: yes
# timeout: 600
. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/iaa.sh"

SIZE=4M
SECONDS_EACH=${SECONDS_EACH:-8}
DISK=${DISK:-/dev/vda}

setup()
{
	need_zram deflate-iaa
	need_command blk-race
	if [ -n "$(iaa_devices)" ]; then
		need_iaa
		iaa_configure -q 2
	fi
}

# race DEV OPTION...: in the background; its process is $load
race()
{
	local dev=$1
	shift
	blk-race --size $SIZE --threads 4 --seconds "$SECONDS_EACH" "$@" "$dev" >"$KTAP_TMP/race" 2>&1 &
	load=$!
}

racing() { kill -0 "$load" 2>/dev/null; }

race_won()
{
	wait "$load" || fail "$(<"$KTAP_TMP/race")"
	info "$(paste -sd' ' "$KTAP_TMP/race")"
}

test_reads_writes_discards()
{
	local dev load
	setup
	zram_create dev deflate-iaa 8M
	race "$dev" --discard
	race_won
	at_least "$(batch_stat "$dev" write_bios)" 20 "bios written in rings"
	at_least "$(batch_stat "$dev" read_bios)" 20 "bios read in rings"
	# All of it is given back: nothing was counted twice, or lost.
	must blkdiscard "$dev"
	equal "$(zram_stat "$dev" mm_stat 1)" 0 "bytes stored after a discard of all"
	equal "$(zram_stat "$dev" mm_stat 2)" 0 "compressed bytes after it"
	equal "$(zram_stat "$dev" mm_stat 6)" 0 "same-filled pages after it"
	equal "$(zram_stat "$dev" mm_stat 8)" 0 "huge pages after it"
}

test_recompression_meanwhile()
{
	local dev load
	setup
	zram_create dev lzo-rle 8M
	put 1 "$(zram_attr "$dev" reset)"
	put deflate-iaa "$(zram_attr "$dev" comp_algorithm)"
	put 'algo=zstd priority=1' "$(zram_attr "$dev" recomp_algorithm)"
	put 8M "$(zram_attr "$dev" disksize)"
	race "$dev" --discard
	while racing; do
		put all "$(zram_attr "$dev" idle)"
		put 'type=idle' "$(zram_attr "$dev" recompress)"
	done
	race_won
	must blkdiscard "$dev"
	equal "$(zram_stat "$dev" mm_stat 2)" 0 "compressed bytes after a discard of all"
}

test_writeback_meanwhile()
{
	local dev load
	setup
	[ -b "$DISK" ] || skip "no disk $DISK to write back to"
	zram_create dev lzo-rle 8M
	put 1 "$(zram_attr "$dev" reset)"
	put deflate-iaa "$(zram_attr "$dev" comp_algorithm)"
	put "$DISK" "$(zram_attr "$dev" backing_dev)"
	put 8M "$(zram_attr "$dev" disksize)"
	# Apart: zram, ours or not, reads a block of the disk without holding its slot, so
	# who reads a page that another overwrites may see the block's next owner.
	race "$dev" --discard --apart
	while racing; do
		put all "$(zram_attr "$dev" idle)"
		put 'type=idle' "$(zram_attr "$dev" writeback)"
	done
	race_won
	must blkdiscard "$dev"
	equal "$(zram_stat "$dev" bd_stat 1)" 0 "pages on the disk after a discard of all"
}

test_memory_limit_in_the_middle_of_a_bio()
{
	local dev failed
	setup
	zram_create dev deflate-iaa 8M
	must blk-verify write --size $SIZE --bs 256K "$dev"
	# As full as it is now it may be, but no page more.
	put "$(zram_stat "$dev" mm_stat 3)" "$(zram_attr "$dev" mem_limit)"
	must blk-race --size $SIZE --threads 2 --seconds "$SECONDS_EACH" --errors-ok "$dev"
	failed=$(awk '$1 == "failed" { print $2 }' "$KTAP_TMP/out")
	info "$(paste -sd' ' "$KTAP_TMP/out")"
	at_least "$failed" 1 "writes that found no memory"
	at_least "$(zram_stat "$dev" io_stat 2)" "$failed" "failed writes that zram counts"
	# Room again: everything can be written.
	put 0 "$(zram_attr "$dev" mem_limit)"
	must blk-verify both --size $SIZE --bs 256K --round 1 "$dev"
}

test_queues_go_meanwhile()
{
	local dev load times=0
	setup
	need_iaa
	zram_create dev deflate-iaa 8M
	race "$dev" --discard
	while racing; do
		iaa_unconfigure
		iaa_configure -q 2
		times=$((times + 1))
	done
	race_won
	at_least $times 1 "times that the queues went"
}

test_full_queues()
{
	local dev load
	setup
	need_iaa
	iaa_unconfigure
	# Four entries for four threads with sixteen pages each.
	local device id
	device=$(iaa_devices | sed -n 1p)
	id=${device#iax}
	must accel-config config-engine "$device/engine$id.0" --group-id=0
	must accel-config config-wq "$device/wq$id.0" --group-id=0 --mode=dedicated \
		--wq-size=4 --priority=10 --type=kernel --name=iaa_crypto --driver-name=crypto
	must accel-config enable-device "$device"
	must accel-config enable-wq "$device/wq$id.0"
	zram_create dev deflate-iaa 8M
	race "$dev" --discard
	race_won
	at_least "$(batch_stat "$dev" device_full)" 10 "times that the queue was full"
}

test_reset_is_refused_meanwhile()
{
	local dev load refused=0
	setup
	zram_create dev deflate-iaa 8M
	# In use all the time, also while the threads have not opened it yet
	exec 9<"$dev"
	race "$dev" --discard
	while racing; do
		if ! { echo 1 >"$(zram_attr "$dev" reset)"; } 2>/dev/null; then
			refused=$((refused + 1))
		fi
		sleep 0.2
	done
	race_won
	exec 9<&-
	at_least "$refused" 3 "resets refused"
}

test_set_up_and_reset_again_and_again()
{
	local dev i
	setup
	zram_create dev deflate-iaa 8M
	for i in $(seq 20); do
		must blk-verify write --size 1M --bs 1M --round "$i" "$dev"
		put 1 "$(zram_attr "$dev" reset)"
		put "$( ((i % 2)) && echo deflate-iaa || echo lz4)" "$(zram_attr "$dev" comp_algorithm)"
		put 8M "$(zram_attr "$dev" disksize)"
	done
	must blk-verify both --size 1M "$dev"
}

ktap_main
