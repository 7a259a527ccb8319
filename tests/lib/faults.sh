# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# One emulated accelerator that misbehaves on demand, under a zram that uses it. Sourced
# after ktap.sh and iaa.sh. prepare() sets $zram, and $bdf, the device's PCI address.

TIMEOUT=/sys/module/iaa_crypto/parameters/timeout_ms
SIZE=2M
zram='' bdf=''

# prepare: one device with one queue, so that the fault hits, and a short time-out
prepare()
{
	local dev
	need_iaa 1
	need_command iaa-fault
	need_zram deflate-iaa
	iaa_configure -d 1 -q 1
	read -r dev < <(iaa_devices)
	iaa-fault "$dev" rules >/dev/null 2>&1 || skip "no emulated accelerator with faults"
	bdf=$(iaa_bdf "$dev")
	must iaa-fault "$bdf" clear
	must iaa-fault "$bdf" zero
	defer iaa-fault "$bdf" clear
	defer put "$(<"$TIMEOUT")" "$TIMEOUT"
	put $((200 * (${TIMES:-1} < 5 ? ${TIMES:-1} : 5))) "$TIMEOUT"
	iaa_stats_reset
	# The one that IAA 1.0 leaves to software, where there is a choice
	zram_create zram "$(iaa_algorithms | tail -n 1)" "$SIZE"
}

fault() { must iaa-fault "$bdf" "$@"; }

# struck FAULT N: faults of that name did so, as often
struck() { equal "$(fault_hits "$bdf" "$1")" "$2" "times that '$1' struck"; }

# has_struck FAULT N: whether it did so that often
has_struck() { [ "$(fault_hits "$bdf" "$1")" -ge "$2" ]; }

# struck_at_least FAULT N
struck_at_least() { at_least "$(fault_hits "$bdf" "$1")" "$2" "times that '$1' struck"; }

# Pages that the self-tests of a few resets compress
SELF_TESTS=8

# must_fail_to_serve: software does all of it
must_fail_to_serve()
{
	local before
	before=$(iaa_stat total_comp_calls)
	both --round 5
	at_least "$((before + SELF_TESTS))" "$(iaa_stat total_comp_calls)" \
		"pages compressed, at the most, by a device that does not serve"
}

device_count() { iaa-fault "$bdf" stats "$1"; }

# modes: the modes of the devices here
modes() { [ "$(iaa_algorithms | wc -l)" -gt 1 ] && echo "fixed dynamic" || echo fixed; }

# queues_show KEY VALUE...: what wq_stats has for all queues, in their order
queues_show()
{
	local key=$1 shown
	shift
	mapfile -t shown < <(sed -n "s/^ *$key: *//p" "$IAA_DEBUG/wq_stats")
	equal "${shown[*]@Q}" "${*@Q}" "$key of the queues"
}

# has_logged WORDS: whether the kernel's log has them since the case began
has_logged() { grep -q "$1" <(kernel_log); }

# logged WORDS: it has
logged() { has_logged "$1" || fail "no '$1' in the kernel's log"; }

# config_read REGISTER: of the device's configuration space
config_read() { setpci -s "$bdf" "$1"; }

# config_write OFFSET BYTES: write to the device's configuration space, unknown to its driver
config_write() { must setpci -s "$bdf" "$1=$2"; }

round=1000

# compresses: whether hardware does what is written now
compresses()
{
	local before
	before=$(iaa_stat total_comp_calls)
	round=$((round + 1))
	must blk-verify both --size 64K --round $round "$zram"
	[ "$(iaa_stat total_comp_calls)" -gt "$((before + SELF_TESTS))" ]
}

# recovers: hardware compresses again
recovers()
{
	must iaa-fault "$bdf" clear
	await 10 "hardware is taken up again" compresses
}

both() { must blk-verify both --size "$SIZE" "$@" "$zram"; }
