#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Something else happens to a device while the driver recovers it: resets by the PCI core,
# removal, unbinding, halts. Pages are written and checked all the time. It fails if one is
# wrong or an operation fails, if something hangs, if a queue does not serve again, or if
# the queues and devices can't be taken away and configured anew.
#
# vm: devices=4 iaa=version=0x200,int-handles=on,op-config=on
# timeout: 600
# dmesg: allow idxd .* err\[
# shellcheck source=../lib/ktap.sh
. "$(dirname "$0")/../lib/ktap.sh"
# shellcheck source=../lib/iaa.sh
. "$(dirname "$0")/../lib/iaa.sh"

TIMEOUT=/sys/module/iaa_crypto/parameters/timeout_ms
IDXD=/sys/bus/pci/drivers/idxd
SIZE=1M
zram='' mine='' dev='' bdf='' at='' nr_devices=0 nr_queues=0 load=''

# prepare DEVICES QUEUES: so many devices with so many queues each, under load
prepare()
{
	nr_devices=$1 nr_queues=$2
	need_iaa "$nr_devices"
	need_command iaa-fault
	need_zram deflate-iaa
	iaa_configure -d "$nr_devices" -q "$nr_queues"
	read -r dev < <(iaa_devices)
	iaa-fault "$dev" rules >/dev/null 2>&1 || skip "no emulated accelerator with faults"
	at=$DSA/devices/$dev
	bdf=$(iaa_bdf "$dev")
	must iaa-fault all clear
	defer iaa-fault all clear
	defer put "$(<"$TIMEOUT")" "$TIMEOUT"
	put $((100 * (${TIMES:-1} < 5 ? ${TIMES:-1} : 5))) "$TIMEOUT"
	zram_create zram "$(iaa_algorithms | tail -n 1)" $SIZE
	zram_create mine "$(iaa_algorithms | tail -n 1)" $SIZE
	load_start
}

# fault ARGS...: to the first device, which does not answer while its function is reset
fault()
{
	local try
	for try in $(seq 50); do
		! iaa-fault "$bdf" "$@" >"$KTAP_TMP/fault" 2>&1 || return 0
		sleep 0.1
	done
	fail "iaa-fault $* ($try tries): $(<"$KTAP_TMP/fault")"
}

# load_run: pages are written and checked, until the file "stop" is there
load_run()
{
	local round=0
	until [ -e "$KTAP_TMP/stop" ]; do
		round=$((round + 1))
		blk-verify both --size "$SIZE" --threads 4 --bs 16K --round $round "$zram" || return 1
		echo $round >"$KTAP_TMP/round"
	done
}

load_start()
{
	rm -f "$KTAP_TMP"/{stop,round}
	load_run >"$KTAP_TMP/load" 2>&1 &
	load=$!
	defer load_end
}

# load_end: a request that hangs does not end, and its device can't be removed then
load_end()
{
	local try
	touch "$KTAP_TMP/stop"
	for try in $(seq $((300 * ${TIMES:-1}))); do
		kill -0 "$load" 2>/dev/null || return 0
		sleep 0.1
	done
	info "the load hangs after $((try / 10)) s"
	return 1
}

load_check()
{
	load_end || fail "requests hang"
	wait "$load" || fail "the load failed: $(<"$KTAP_TMP/load")"
	[ -e "$KTAP_TMP/round" ] || fail "the load did nothing"
}

# until_true SECONDS CMD...: fail unless CMD succeeds by then
until_true()
{
	local try seconds=$1
	shift
	for try in $(seq $((seconds * 10 * ${TIMES:-1}))); do
		! "$@" || return 0
		sleep 0.1
	done
	fail "not within $seconds s: $* ($try tries)"
}

# wq_column NAME: what wq_stats has under that name, a line for each queue
wq_column() { sed -n "s/^    $1: *//p" "$IAA_DEBUG/wq_stats"; }

# all_live N: whether there are N queues, and all serve
all_live() { [ "$(wq_column state | grep -c '^live$')" -eq "$1" ]; }

# all_serve N: whether all of N queues compress what is written
all_serve()
{
	iaa_stats_reset
	must blk-verify both --size "$SIZE" --threads 4 --round 7777 "$mine"
	[ "$(wq_column comp_calls | grep -c -v '^0$')" -eq "$1" ]
}

stalls() { grep -qx stalled <(wq_column state); }

device_state() { cat "$at/state"; }

# took_at_most SECONDS CMD...: CMD succeeds, and does not take longer
took_at_most()
{
	local limit=$1 start=$SECONDS
	shift
	must "$@"
	[ $((SECONDS - start)) -le $((limit * ${TIMES:-1})) ] || fail "took $((SECONDS - start)) s: $*"
}

# ends_well: nothing is lost, each queue serves again, and all can be taken away
ends_well()
{
	fault clear
	until_true 25 all_live $((nr_devices * nr_queues))
	load_check
	until_true 5 all_serve $((nr_devices * nr_queues))
	equal "$(device_state)" enabled "state of the device"
	taken_away
}

# taken_away: all queues and devices can be disabled, and the first one enabled anew
taken_away()
{
	iaa_unconfigure
	equal "$(cat "$DSA"/devices/{iax*,wq*}/state | sort -u)" disabled "states"
	equal "$(wq_column state)" "" "queues that the driver has"
	iaa_configure_device "$dev" 1
	until_true 10 all_live 1
	until_true 5 all_serve 1
}

# logged WORDS: how many lines of the kernel's log since the case began have them
logged() { kernel_log | grep -c -e "$1" || true; }

function_is_reset() { [ "$(logged 'resetting the function')" -gt 0 ]; }

logged_once() { [ "$(logged "$1")" -gt 0 ]; }

# software_serves: of this device alone
software_serves()
{
	iaa_stats_reset
	must blk-verify both --size "$SIZE" --threads 4 --round 8888 "$mine"
	equal "$(iaa_stat total_comp_calls)" 0 "pages compressed by a device that is halted"
}

refuses_to_be_configured()
{
	if (iaa_configure_device "$dev" 1) >/dev/null; then
		fail "a device that is halted was enabled"
	fi
}

# No reset that the driver can do helps: it says what does, and tries no end of resets.
# The queues and the device can be taken away; a device that was replaced serves.
test_halt_until_system_reset()
{
	prepare 1 2
	fault halt reset=2
	until_true 10 stalls
	sleep 3
	software_serves
	equal "$(logged 'needs a warm reset of the system')" 1 "lines that say what to do"
	[ "$(logged "$bdf")" -le 5 ] || fail "too many lines: $(kernel_log)"
	took_at_most 20 accel-config disable-wq "$dev/wq${dev#iax}.0"
	took_at_most 20 accel-config disable-wq "$dev/wq${dev#iax}.1"
	took_at_most 20 iaa_unconfigure_device "$dev"
	equal "$(device_state)" disabled "state of the device"
	refuses_to_be_configured
	software_serves
	fault remove
	fault return
	iaa_unconfigure
	iaa_configure_device "$dev" 2
	ends_well
}

# One device waits for a reset of the system: the others go on
test_halt_until_system_reset_of_one()
{
	prepare 2 1
	# Replaced also if this case fails, or none of the next ones can use it.
	defer fault return
	defer fault remove
	fault halt reset=3
	until_true 10 stalls
	until_true 10 logged_once 'needs a cold reset of the system'
	all_serve 1 || fail "the other device does not serve"
	iaa_unconfigure_device "$dev"
	all_serve 1 || fail "the other device does not serve"
	load_check
	equal "$(logged 'needs a cold reset of the system')" 1 "lines that say what to do"
}

# resets_by_the_pci_core N
resets_by_the_pci_core()
{
	local i
	for ((i = 0; i < $1; i++)); do
		echo 1 >"/sys/bus/pci/devices/$bdf/reset" || return 1
		sleep 0.2
	done
}

# The recovery and the PCI core want to reset the device at the same time
test_reset_by_the_pci_core()
{
	local i resets
	prepare 2 2
	resets_by_the_pci_core 3 >"$KTAP_TMP/resets" 2>&1 &
	resets=$!
	for i in $(seq 3); do
		fault drop count=4 skip=10
		fault cmd-hang count=1 time=400ms
		sleep 0.7
		fault clear
	done
	wait $resets || fail "a reset failed: $(<"$KTAP_TMP/resets")"
	recovery_waits_for_the_pci_core
	ends_well
}

# A recovery that comes in the middle of such a reset, which takes 0.1 s and more, is put off:
# the reset begins shortly before a descriptor times out.
recovery_waits_for_the_pci_core()
{
	local i before
	for i in $(seq 30); do
		until_true 25 all_live $((nr_devices * nr_queues))
		before=$(($(<"$TIMEOUT") - 10 - i % 9 * 10))
		fault drop count=8
		sleep "$(printf '0.%03d' $before)"
		put 1 "/sys/bus/pci/devices/$bdf/reset"
		fault clear
		[ "$(logged '(-16)')" -eq 0 ] || return 0
	done
	fail "no recovery was put off in $i resets"
}

# A device that nobody enabled stays as it is
test_reset_of_a_disabled_device()
{
	prepare 2 1
	iaa_unconfigure_device "$dev"
	put 1 "/sys/bus/pci/devices/$bdf/reset"
	equal "$(device_state)" disabled "state of the device"
	iaa_configure_device "$dev" 1
	ends_well
}

# hangs [TIME]: an engine hangs that long, or for ever; so does the command to reset its
# queue, which waits for the engine, and recovery has begun
hangs()
{
	fault hang-engine count=1 skip=20 time="${1:-0}"
	until_true 5 stalls
}

# The device loses its driver meanwhile, or goes as a whole
test_removal_beside_recovery()
{
	prepare 2 2
	hangs
	took_at_most 30 put "$bdf" "$IDXD/unbind"
	put "$bdf" "$IDXD/bind"
	# Probe has enabled a queue with idxd's own defaults
	iaa_unconfigure_device "$dev"
	iaa_configure_device "$dev" 2
	until_true 10 all_live 4
	hangs 3s
	took_at_most 30 put 1 "/sys/bus/pci/devices/$bdf/remove"
	put 1 /sys/bus/pci/rescan
	iaa_unconfigure_device "$dev"
	iaa_configure_device "$dev" 2
	ends_well
}

# The device halts again and again, while descriptors are lost
test_halts_in_a_row()
{
	local i
	prepare 2 2
	for i in $(seq 10); do
		fault drop count=2 skip=10
		fault halt reset=$((i % 2))
		sleep 0.$((2 + i % 3))
	done
	ends_well
}

# Two queues of a device lose their driver while a command to reset one of them hangs
test_unbinding_queues_beside_recovery()
{
	local first id=0
	prepare 2 2
	id=${dev#iax}
	fault cmd-hang count=2 time=4s
	fault hang-wq wq=0 count=1
	until_true 5 stalls
	accel-config disable-wq "$dev/wq$id.0" >"$KTAP_TMP/first" 2>&1 &
	first=$!
	took_at_most 40 accel-config disable-wq "$dev/wq$id.1"
	wait $first || fail "disabling the first queue: $(<"$KTAP_TMP/first")"
	equal "$(wq_column id | grep -c "^wq$id\\.")" 0 "queues of the device left"
	fault clear
	iaa_unconfigure_device "$dev"
	iaa_configure_device "$dev" 2
	ends_well
}

# The device vanishes while a command, or a reset of its function, is waited for
test_surprise_removal_beside_recovery()
{
	prepare 2 2
	hangs 3s
	vanishes
	fault cmd-status op=10 error=3 count=1
	fault cmd-status op=5 error=3 count=1
	fault drop count=2
	until_true 5 function_is_reset
	vanishes
	ends_well
}

# vanishes: the device goes, nothing waits for it, and it comes back
vanishes()
{
	fault remove
	sleep 0.5
	iaa_stats_reset
	must blk-verify both --size "$SIZE" --threads 4 "$mine"
	fault return
	fault clear
	until_true 25 all_live 4
}

progress() { cat "$KTAP_TMP/round"; }

# A device that nothing stops may still write, so nothing of what it has is given back
test_function_reset_ignored()
{
	local before
	prepare 1 2
	until_true 10 [ -e "$KTAP_TMP/round" ]
	fault flr-ignored
	fault cmd-hang
	fault hang-engine count=1 skip=20
	until_true 30 logged_once 'function level reset failed'
	equal $((0x$(setpci -s "$bdf" COMMAND) & 4)) 0 "Bus Master Enable"
	before=$(progress)
	sleep 2
	equal "$(progress)" "$before" "rounds of the load, which waits for what the device has"
	ends_well
	[ "$(progress)" -gt "$before" ] || fail "the load did not go on"
}

# In a guest that has a real device the hypervisor restores its configuration space
test_function_reset_by_a_hypervisor()
{
	prepare 1 2
	fault flr-restored
	fault cmd-status op=10 error=3 count=1
	fault cmd-status op=5 error=3 count=1
	fault drop count=1 skip=20
	until_true 10 logged_once 'resetting the function'
	until_true 10 all_live 2
	equal "$(logged 'function level reset failed')" 0 "resets that are said to have failed"
	ends_well
}

# The function's reset took the interrupt handle: a new one is asked for
test_interrupts_after_function_reset()
{
	local before
	prepare 1 1
	defer put async "$IAA_DRIVER/sync_mode"
	put async_irq "$IAA_DRIVER/sync_mode"
	fault cmd-status op=10 error=3
	fault cmd-status op=5 error=3
	fault drop count=1 skip=20
	until_true 10 logged_once 'resetting the function'
	fault clear
	until_true 10 all_live 1
	before=$(iaa-fault "$bdf" stats interrupts)
	iaa_stats_reset
	must blk-verify both --size "$SIZE" --threads 4 "$mine"
	equal "$(iaa_stat fallback_timed_out)" 0 "requests that timed out"
	at_least $(($(iaa-fault "$bdf" stats interrupts) - before)) 50 "interrupts"
	ends_well
}

ktap_main
