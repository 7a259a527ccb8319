#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The system hibernates with pages swapped to zram, as far as the kernel's own test of that
# goes (test_resume): an image is written to swap, read back, and restored. Fails if a page
# in zram or in memory is lost, if the image goes to zram, which is empty once the system
# was off, or if the queues do not serve again.
#
# vm: kernel=builtin disk=1G
# timeout: 300
# dmesg: allow PM: hibernation
. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/iaa.sh"
. "$(dirname "$0")/../lib/zswap.sh"

DISK=${DISK:-/dev/vda}
POWER=/sys/power

setup()
{
	need_zram deflate-iaa
	need_iaa
	grep -qw disk $POWER/state || skip "this machine can't hibernate"
	grep -q test_resume $POWER/disk || skip "no test of hibernation"
	! grep -q '^/' /proc/swaps || skip "there is swap already"
	iaa_configure -q 2
	zram_create dev deflate-iaa "$1"
	must mkswap "$dev"
	must swapon -p 100 "$dev"
	defer put "$(grep -o '\[.*\]' $POWER/disk | tr -d '[]')" $POWER/disk
	put test_resume $POWER/disk
}

# swapped: a program whose pages are in zram until it is told to check them; its process
# is $load
swapped()
{
	rm -f "$KTAP_TMP/load"
	swap-verify --size 64M --pageout --hold "$KTAP_TMP/go" >"$KTAP_TMP/load" 2>&1 &
	load=$!
	await_of "$load" 60 "pages are swapped out" grep -qs holding "$KTAP_TMP/load"
	at_least "$(zram_stat "$dev" mm_stat 1)" 32000000 "bytes in zram"
}

# hibernate: sets result to "restored", or to an error. The log is restored with the image,
# so it has no line of what came after the snapshot.
hibernate()
{
	result=restored
	klog_mark "hibernate now"
	{ echo disk >$POWER/state; } 2>"$KTAP_TMP/out" || result=$(<"$KTAP_TMP/out")
	! grep -q 'Image saving\|Image loading' <(klog_since 'hibernate now') ||
		result="image written, and not restored"
	info "$result"
}

# written DEV: most of an image is there
written()
{
	at_least "$(wc -c < <(tr -d '\0' <"$1" | head -c 20000000))" 20000000 "bytes of an image on $1"
}

# refused DEV: and the log says why
refused()
{
	[[ $result == *"No such device"* ]] || fail "not refused as it should be: $result"
	grep -q "${1#/dev/} is in RAM" <(klog_since 'hibernate now') || fail "the log does not say why"
}

# swap_on_disk: after that on zram, which is found first
swap_on_disk()
{
	[ -b "$DISK" ] || skip "no $DISK"
	dd if=/dev/zero of="$DISK" bs=1M count=128 conv=fsync status=none
	must mkswap "$DISK"
	must swapon -p 1 "$DISK"
	defer swapoff "$DISK"
}

# resume_from DEV
resume_from() { put "$(lsblk -dno MAJ:MIN "$1" | tr -d ' ')" $POWER/resume; }

# nothing_lost: the program has its pages, and hardware serves again
nothing_lost()
{
	local round
	touch "$KTAP_TMP/go"
	wait "$load" || fail "$(<"$KTAP_TMP/load")"
	for ((round = 1; round < 30; round++)); do
		iaa_stats_reset
		must swap-verify --size 8M --pageout
		[ "$(iaa_stat total_comp_calls)" -lt 1000 ] || return 0
		sleep 0.5
	done
	fail "no queue serves again"
}

test_with_a_disk()
{
	local dev load result
	setup 256M
	swap_on_disk
	resume_from "$DISK"
	swapped
	hibernate
	equal "$result" restored "result of the hibernation"
	written "$DISK"
	nothing_lost
}

# With nothing said the kernel takes the first swap that there is, but no zram.
test_with_a_disk_that_is_not_named()
{
	local dev load result
	setup 256M
	swap_on_disk
	put 0:0 $POWER/resume
	swapped
	hibernate
	equal "$result" restored "result of the hibernation"
	written "$DISK"
	nothing_lost
}

test_with_zram_alone()
{
	local dev load result
	setup 512M
	put 0:0 $POWER/resume
	swapped
	hibernate
	refused "$dev"
	nothing_lost
}

test_with_zram_named()
{
	local dev load result
	setup 512M
	swap_on_disk
	resume_from "$dev"
	swapped
	hibernate
	refused "$dev"
	nothing_lost
}

test_with_a_ram_disk_named()
{
	local dev load result
	setup 512M
	ram_disk 256M
	must mkswap /dev/ram0
	must swapon -p 1 /dev/ram0
	defer swapoff /dev/ram0
	resume_from /dev/ram0
	swapped
	hibernate
	refused /dev/ram0
	nothing_lost
}

ktap_main
