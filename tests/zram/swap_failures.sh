#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Swap on a zram with a backing device, while reads and writes fail: the failure of one page
# is that page's alone, readahead neither reads the backing device nor counts as an access,
# and a device without room takes as many pages as it takes one by one. Fails on a wrong
# page, and where another page is lost than with an algorithm that has no batches.
#
# vm: kernel=test
# debug: yes
# dmesg: allow -error on swap-device|I/O error|Buffer I/O|Decompression failed
# timeout: 300
. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/iaa.sh"
. "$(dirname "$0")/../lib/swap.sh"

PAGES=64
NULLB=/sys/kernel/config/nullb/disk0

# backing_device VAR: a disk in memory whose blocks can be made bad
backing_device()
{
	local -n disk_var=$1
	modprobe -q null_blk nr_devices=0 || true
	[ -d /sys/kernel/config/nullb ] || skip "no null_blk with configfs"
	must mkdir $NULLB
	defer rmdir $NULLB
	put 64 $NULLB/size
	put 4096 $NULLB/blocksize
	put 1 $NULLB/memory_backed
	put 1 $NULLB/power
	defer put 0 $NULLB/power
	# shellcheck disable=SC2034
	disk_var=/dev/disk0
}

# swap_on VAR ALGORITHM: a zram with a backing device, and swap on it
swap_on()
{
	local -n swap_var=$1
	local disk
	need_zram "$2"
	if [ -n "$(iaa_devices)" ]; then
		need_iaa
		iaa_configure -q 2
	fi
	backing_device disk
	zram_create "$1" "$2" 16M
	put 1 "$(zram_attr "$swap_var" reset)"
	put "$2" "$(zram_attr "$swap_var" comp_algorithm)"
	put "$disk" "$(zram_attr "$swap_var" backing_dev)"
	put 16M "$(zram_attr "$swap_var" disksize)"
	must mkswap "$swap_var"
	defer swapoff "$swap_var"
	must swapon -p 100 "$swap_var"
}

# swapped_out OPTION...: swap-verify with its memory on swap
swapped_out() { held swap-verify --pageout --lost "$@"; }

# slots DEV [FLAG]: numbers of the slots in use, of pages (not the header), with that flag
slots()
{
	awk -v flag="${2:-.}" '$1 > 0 && $3 ~ flag { print $1 }' \
		"/sys/kernel/debug/zram/${1#/dev/}/block_state"
}

# every_second_written_back DEV [REST]: slots with a number of that rest by 2
every_second_written_back()
{
	local slot list=()
	for slot in $(slots "$1"); do
		((slot % 2 != ${2:-1})) || list+=("page_index=$slot")
	done
	put "${list[*]}" "$(zram_attr "$1" writeback)"
	info "$(slots "$1" w | wc -l) of $(slots "$1" | wc -l) slots written back"
}

# lost_pages ALGORITHM OPTION...: with every second page on a disk that cannot be read
lost_pages()
{
	local dev held algorithm=$1
	shift
	page_cluster 3
	swap_on dev "$algorithm"
	swapped_out --size $((PAGES * 4096)) "$@"
	at_least "$(slots "$dev" | wc -l)" $((PAGES / 2)) "pages swapped out"
	every_second_written_back "$dev"
	lost=$(slots "$dev" w | wc -l)
	at_least "$lost" $((PAGES / 4)) "pages written back"
	put +0-131071 $NULLB/badblocks
	let_go
	equal "$(held_number lost)" "$lost" "pages lost, and those on the bad disk"
}

test_bad_disk_loses_its_pages_only_lz4() { local lost; lost_pages lz4; }
test_bad_disk_loses_its_pages_only() { local lost; lost_pages deflate-iaa; }
test_willneed_loses_its_pages_only() { local lost; lost_pages deflate-iaa --willneed; }
test_willneed_loses_its_pages_only_lz4() { local lost; lost_pages lz4 --willneed; }

test_readahead_is_no_access()
{
	local dev held
	page_cluster 3
	swap_on dev deflate-iaa
	swapped_out --size $((PAGES * 4096)) --step 8 --linger "$KTAP_TMP/end"
	put all "$(zram_attr "$dev" idle)"
	slots "$dev" i >"$KTAP_TMP/idle"
	go
	said lingering
	# Eight pages were touched, and their slots are free; those around them were read.
	slots "$dev" | grep -xFf "$KTAP_TMP/idle" >"$KTAP_TMP/left"
	slots "$dev" i >"$KTAP_TMP/idle"
	at_least "$(wc -l <"$KTAP_TMP/left")" $((PAGES / 2)) "idle slots that are left"
	equal "$(grep -vxFf "$KTAP_TMP/idle" "$KTAP_TMP/left" | paste -sd' ')" "" \
		"slots that are left and count as accessed"
	info "$(batch_stat "$dev" read_pages) pages read in rings"
	at_least "$(batch_stat "$dev" read_pages)" 8 "pages read in rings"
	touch "$KTAP_TMP/end"
	let_go
}

test_readahead_leaves_the_disk_alone()
{
	local dev held before
	page_cluster 3
	swap_on dev deflate-iaa
	swapped_out --size $((PAGES * 4096)) --step 2
	# Page 0, 2, ... is in slot 1, 3, ..., but for a few that went out later.
	every_second_written_back "$dev" 0
	before=$(zram_stat "$dev" bd_stat 2)
	let_go
	equal "$(held_number lost)" 0 "pages lost"
	info "$(($(zram_stat "$dev" bd_stat 2) - before)) reads of the disk"
	at_least 6 "$(($(zram_stat "$dev" bd_stat 2) - before))" "6 and the reads of the disk"
}

# refaults: pages that came back, of which it was known that they had gone not long ago
refaults() { awk '$1 == "workingset_activate_anon" { print $2 }' "$group/memory.stat"; }

# A page that readahead left on the disk comes back by itself later: each time it is known
# when it was swapped out.
test_page_left_alone_is_still_known()
{
	local dev held group before after
	page_cluster 3
	swap_on dev deflate-iaa
	cgroup_create group max
	held in_cgroup "$group" swap-verify --pageout --lost --size $((PAGES * 4096)) --linger "$KTAP_TMP/end"
	every_second_written_back "$dev"
	before=$(refaults)
	go
	said lingering
	sleep 2	# as old the statistics may be
	after=$(refaults)
	touch "$KTAP_TMP/end"
	let_go
	equal "$(held_number lost)" 0 "pages lost"
	info "$((after - before)) refaults of $PAGES pages"
	at_least $((after - before)) $((PAGES + PAGES / 4)) "refaults, with those of pages left on the disk"
}

# freed ALGORITHM VAR: pages that a device of 1 MiB frees of 2 MiB that no algorithm makes
# smaller. A page that it did not take stays in the swap cache, and is not read again.
freed()
{
	local -n freed_var=$2
	local full held
	zram_create full "$1" 16M
	put 1M "$(zram_attr "$full" mem_limit)"
	must mkswap "$full"
	must swapon -p 100 "$full"
	swapped_out --size 2M --random
	info "$1: $(slots "$full" | wc -l) pages stored, $(zram_stat "$full" io_stat 2) failed writes"
	let_go
	# shellcheck disable=SC2034
	freed_var=$(held_number pswpin)
	equal "$(held_number lost)" 0 "pages lost"
	must swapoff "$full"
}

test_full_device_frees_as_many_pages()
{
	local one many
	need_zram deflate-iaa
	if [ -n "$(iaa_devices)" ]; then
		need_iaa
		iaa_configure -q 2
	fi
	page_cluster 0
	freed lz4 one
	freed deflate-iaa many
	at_least "$many" $((one - 2)) "pages freed, and by an algorithm without batches"
}

ktap_main
