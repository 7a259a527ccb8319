#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Devices of zram come and go: four shells add one, write and check it or swap on it, and
# remove it, over and over, while a reader opens whatever is there and keeps it open; queues
# go and come meanwhile. Then every module can be unloaded, and loaded again. Fails on a
# wrong page, on a device in use that is removed or one that can't be removed, and if
# something keeps a module.
#
# vm: kernel=test devices=2
# kcsan: yes
# timeout: 400
. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/iaa.sh"

SECONDS_EACH=${SECONDS_EACH:-8}
CONTROL=/sys/class/zram-control

# removed ID: remove a device, however often it is refused because somebody has it open
removed()
{
	local try
	for ((try = 0; try < 200 * ${TIMES:-1}; try++)); do
		! { echo "$1" >$CONTROL/hot_remove; } 2>"$KTAP_TMP/refusal.$BASHPID" || return 0
		grep -q 'Device or resource busy' "$KTAP_TMP/refusal.$BASHPID" ||
			{ cat "$KTAP_TMP/refusal.$BASHPID"; return 1; }
		echo "$1" >>"$KTAP_TMP/busy"
		sleep 0.1
	done
	echo "zram$1 stays busy"
	return 1
}

# use ID SHELL: as block device, or as swap
use()
{
	local at=/sys/block/zram$1
	echo "${algorithms[$2]}" >"$at/comp_algorithm" && echo 16M >"$at/disksize" || return 1
	if [ "$2" -eq 3 ]; then
		mkswap "/dev/zram$1" && swapon "/dev/zram$1" || return 1
		swap-verify --size 4M --pageout && swapoff "/dev/zram$1"
	else
		blk-verify both --size 4M --seed "$2" "/dev/zram$1"
	fi >/dev/null
}

algorithms=(deflate-iaa deflate-iaa-dynamic lz4 deflate-iaa)

# shell N: until the file "stop" is there; a line for each device goes to rounds.N
shell()
{
	local id
	while [ ! -e "$KTAP_TMP/stop" ]; do
		id=$(<$CONTROL/hot_add) || return 1
		use "$id" "$1" || { echo "zram$id failed"; return 1; }
		removed "$id" || return 1
		echo "$id" >>"$KTAP_TMP/rounds.$1"
	done
}

# reader: open what is there, read it, and keep it open for a while
reader()
{
	local dev
	while [ ! -e "$KTAP_TMP/stop" ]; do
		for dev in /dev/zram*; do
			{ exec 9<"$dev"; } 2>/dev/null || continue
			dd bs=64k count=64 of=/dev/null <&9 2>/dev/null || true
			sleep 0.2
			exec 9<&-
		done
		sleep 0.05
	done
}

# queues: two on each device, or none
queues()
{
	while [ ! -e "$KTAP_TMP/stop" ]; do
		(iaa_configure -q 2) || return 1
		sleep 1
		(iaa_unconfigure) || return 1
	done
}

rounds_of() { wc -l <"$KTAP_TMP/rounds.$1"; }

# raced: each shell had some devices, and one that was busy
raced()
{
	local i
	for i in 0 1 2 3; do
		[ "$(rounds_of $i)" -ge 2 ] || return 1
	done
	[ -s "$KTAP_TMP/busy" ]
}

# four_shells [COMMAND]: with COMMAND beside them
four_shells()
{
	local i pids=() others=()
	rm -f "$KTAP_TMP"/{stop,busy}
	for i in 0 1 2 3; do
		: >"$KTAP_TMP/rounds.$i"
		shell $i >"$KTAP_TMP/shell.$i" 2>&1 &
		pids+=($!)
	done
	for i in reader "$@"; do
		$i >"$KTAP_TMP/$i.out" 2>&1 &
		others+=($!)
	done
	sleep "$SECONDS_EACH"
	for ((i = 0; i < 600 * ${TIMES:-1}; i++)); do
		! raced || break
		sleep 0.1
	done
	touch "$KTAP_TMP/stop"
	for i in 0 1 2 3; do
		wait "${pids[$i]}" || fail "shell $i: $(<"$KTAP_TMP/shell.$i")"
	done
	for i in "${others[@]}"; do
		wait "$i" || fail "$(cat "$KTAP_TMP"/{reader,queues}.out)"
	done
	info "rounds: $(rounds_of 0) $(rounds_of 1) $(rounds_of 2) $(rounds_of 3)"
	raced || fail "a shell had no two devices, or no removal was refused for the reader's sake"
	! compgen -G '/dev/zram*' >/dev/null || fail "still there: $(echo /dev/zram*)"
}

# Only zram's own devices are there: a number of those that others added is not ours
setup()
{
	need_zram deflate-iaa
	need_command swap-verify
	! compgen -G '/dev/zram*' >/dev/null || skip "there are other devices of zram"
}

test_four_shells_and_a_reader()
{
	setup
	four_shells
}

test_while_queues_go_and_come()
{
	setup
	need_iaa
	iaa_unconfigure
	defer iaa_unconfigure
	four_shells queues
}

test_all_modules_unload()
{
	local name dev
	setup
	grep -q '^zram ' /proc/modules || skip "zram is no module here"
	iaa_unconfigure
	for name in zram iaa_crypto idxd iaa_comp; do
		! grep -q "^$name " /proc/modules || must rmmod $name
	done
	need_zram deflate-iaa
	[ ! -d /sys/bus/pci/drivers/idxd ] || fail "idxd is still there"
	need_iaa
	iaa_configure -q 2
	zram_create dev deflate-iaa 16M
	must blk-verify both --size 4M "$dev"
}

ktap_main
