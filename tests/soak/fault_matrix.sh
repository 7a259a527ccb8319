#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Every fault of the emulated accelerator, under every operation of zram and zswap that it
# can hit: a row of a table for each fault, a column for each operation, generated from the
# lists below. It fails if a page is lost or wrong that the fault does not excuse, if an
# operation does not end, if the fault never struck, if no counter tells of it, if the
# device still has work when its requests were given back, or if hardware does not serve
# again when the device is well.
#
# The modes of waiting, the sizes of batches and the algorithms rotate through the cells,
# so that every two values of any two of these lists meet in some cell. MATRIX=N in the
# environment begins the rotation at N (0), and MATRIX=full runs all of the product;
# CELL=FAULT:OPERATION:MODE:BATCH:ALGORITHM runs one cell, and any of the five may be left
# empty. Faults that take the driver more than ten seconds meet two operations only, others
# with another N. MATRIX=full takes some hours: TIMES=N gives it the time.
#
# vm: iaa=version=0x200,int-handles=on,op-config=on
# timeout: 2400
# dmesg: allow idxd .* err\[|WARNING: .* at zram_read_page
# shellcheck source=../lib/ktap.sh
. "$(dirname "$0")/../lib/ktap.sh"
# shellcheck source=../lib/iaa.sh
. "$(dirname "$0")/../lib/iaa.sh"
# shellcheck source=../lib/swap.sh
. "$(dirname "$0")/../lib/swap.sh"
# shellcheck source=../lib/zswap.sh
. "$(dirname "$0")/../lib/zswap.sh"
# shellcheck source=../lib/fault_ops.sh
. "$(dirname "$0")/../lib/fault_ops.sh"

# How long a request may take before its queue counts as not answering, in ms: short where
# that is what happens, and otherwise so long that a slow machine does not make it happen
STALL_MS=200
NO_STALL_MS=2000
# Seconds for an operation. What is documented: the time-out, then ten each for a reset of
# the queue, of the device, and of its function; and twice that for a slow machine.
BOUND=$((60 * ${TIMES:-1}))
# Seconds for hardware to serve again: a retry may come that late, in which the device is
# reset for as long
RECOVERY=$((120 * ${TIMES:-1}))

# What becomes of the pages of an operation
#
#   right	they come back as they were
#   broken	those that were hit, and no others, can't be read
#   unnoticed	those that were hit are wrong, and no others: nobody knows what they were
#   -		this fault can't strike there, for the reason behind it
#
# and what is counted by the driver, a word each, with | between those of which one will
# do. Without a word no counter tells of it.
#
# fault NAME RULES COMPRESSING DECOMPRESSING [FLAG]...
#
# RULES are iaa-fault's, with ; between them. Those for descriptors are for either kind of
# descriptor, depending on the operation. The flags:
#
#   verified	verify_compress is on
#   slow	takes the driver more than ten seconds
#   gone	the device has to be plugged in again
#   late=N	so many late completions, of "all" or none
#
stall='total_completion_timeout_errors'
unverified='- what is read is not verified'
faults()
{
	fault drop 'drop count=1' \
		"right $stall fallback_timed_out" "right $stall fallback_timed_out"
	# The reset of the queue waits for it
	fault late 'late count=1 time=2s' "right $stall" "right $stall" late=all
	fault late_60s 'late count=1 time=60s' \
		"right $stall fallback_timed_out" "right $stall fallback_timed_out" slow late=none
	fault hang_wq 'hang-wq count=1' \
		"right $stall fallback_timed_out" "right $stall fallback_timed_out"
	fault hang_engine 'hang-engine count=1 time=2s' "right $stall" "right $stall"
	fault hang_engine_forever 'hang-engine count=1' \
		"right $stall fallback_timed_out" "right $stall fallback_timed_out" slow
	fault status 'status count=3 code=0x20' \
		"right total_completion_einval_errors fallback_hw_error" \
		"right total_completion_einval_errors fallback_hw_error"
	fault bad_stream 'status count=3 code=0x0a error=11' \
		'right fallback_hw_error' 'right fallback_bad_stream'
	fault overflow 'status count=3 code=0x0a error=0x19' \
		'right total_completion_comp_buf_overflow_errors' 'right fallback_bad_stream'
	# Ended by an administrator, and submitted again
	fault ended 'status count=1 code=0x0a error=0x25' \
		'right total_completion_timeout_errors' 'right total_completion_timeout_errors'
	fault crc 'crc count=3' right right
	fault crc_verified 'crc count=3' 'right fallback_lied' "$unverified" verified
	fault output 'output count=3 bit=BTYPE' 'broken fallback_bad_stream' unnoticed
	fault output_verified 'output count=3 bit=BTYPE' \
		'right fallback_lied|fallback_bad_stream' "$unverified" verified
	fault size_impossible 'size count=3 delta=100000' 'right fallback_lied' 'right fallback_lied'
	fault size_short 'size count=3 delta=-1' 'broken fallback_bad_stream' 'right fallback_lied'
	fault size_short_verified 'size count=3 delta=-1' \
		'right fallback_lied|fallback_bad_stream' "$unverified" verified
	fault cmd_slow 'drop count=1; cmd-hang count=1 time=1s' \
		"right $stall fallback_timed_out" "right $stall fallback_timed_out"
	fault cmd_hang 'drop count=1; cmd-hang count=1' \
		"right $stall fallback_timed_out" "right $stall fallback_timed_out" slow
	fault cmd_status 'drop count=1; cmd-status op=10 count=1 error=3' \
		"right $stall fallback_timed_out" "right $stall fallback_timed_out"
	fault cmd_junk 'drop count=1; cmd-junk' \
		"right $stall fallback_timed_out" "right $stall fallback_timed_out"
	fault halt 'halt-at count=1 reset=0' "right $stall" "right $stall"
	fault halt_flr 'halt-at count=1 reset=1' "right $stall" "right $stall"
	fault halt_warm 'halt-at count=1 reset=2' "right $stall" "right $stall" gone
	fault flr_ignored 'halt-at count=1 reset=1; flr-ignored count=1' "right $stall" "right $stall"
	fault flr_restored 'halt-at count=1 reset=1; flr-restored count=1' \
		"right $stall" "right $stall"
	fault remove 'remove-at count=1' "right $stall" "right $stall" gone
}

MODES=(async sync async_irq)
BATCHES=(single batch)
ALGORITHMS=()

declare -A RULES=() COMPRESSING=() DECOMPRESSING=() FLAGS=()
FAULTS=()

fault()
{
	FAULTS+=("$1")
	RULES[$1]=$2 COMPRESSING[$1]=$3 DECOMPRESSING[$1]=$4
	FLAGS[$1]=" ${*:5} "
}

flag() { [[ ${FLAGS[$1]} == *" $2 "* ]]; }

# The plan: cells as FAULT:OPERATION:MODE:BATCH:ALGORITHM

# direction FAULT-NUMBER OPERATION: which kind of descriptor it is about
direction()
{
	direction=${OPERATION_DIRECTION[$2]}
	[ "$direction" = either ] || return 0
	direction='compress'
	[[ ${DECOMPRESSING[${FAULTS[$1]}]} == -* ]] || (($1 % 2)) || direction=decompress
}

# outcome FAULT-NUMBER OPERATION: sets $outcome, what becomes of it
outcome()
{
	local direction
	direction "$1" "$2"
	outcome=${COMPRESSING[${FAULTS[$1]}]}
	[ "$direction" = compress ] || outcome=${DECOMPRESSING[${FAULTS[$1]}]}
}

# rotated FAULT-NUMBER OPERATION-NUMBER: the one cell of the two
rotated()
{
	local batch algorithm turn=$((${START:-0} + 5 * $1 + $2))
	# 5 has no divisor in common with the number of combinations, 6 or 12
	batch=${BATCHES[turn % 2]}
	algorithm=${ALGORITHMS[turn % 4 / 2 % ${#ALGORITHMS[@]}]}
	batch=${OPERATION_BATCH[${OPERATIONS[$2]}]:-$batch}
	cells+=("${FAULTS[$1]}:${OPERATIONS[$2]}:${MODES[turn % 3]}:$batch:$algorithm")
}

# product FAULT-NUMBER OPERATION-NUMBER: all cells of the two
product()
{
	local mode batch algorithm op=${OPERATIONS[$2]}
	for mode in "${MODES[@]}"; do
		for batch in "${BATCHES[@]}"; do
			[ "$batch" = "${OPERATION_BATCH[$op]:-$batch}" ] || continue
			for algorithm in "${ALGORITHMS[@]}"; do
				cells+=("${FAULTS[$1]}:$op:$mode:$batch:$algorithm")
			done
		done
	done
}

# chosen CELL: whether it is one of those that CELL in the environment names
chosen()
{
	local asked got i
	IFS=: read -ra asked <<<"${CELL:-}"
	IFS=: read -ra got <<<"$1"
	for i in "${!asked[@]}"; do
		[ "${asked[i]:-${got[i]}}" = "${got[i]}" ] || return 1
	done
}

# plan FAULT-NUMBER: sets $cells
plan()
{
	local op outcome every cell
	cells=()
	for op in "${!OPERATIONS[@]}"; do
		outcome "$1" "${OPERATIONS[op]}"
		[[ $outcome != -* ]] || continue
		if [ "${MATRIX:-}" = full ] || [ -n "${CELL:-}" ]; then
			product "$1" "$op"
		elif ! flag "${FAULTS[$1]}" slow || (((START + $1 + op) % 5 == 0)); then
			rotated "$1" "$op"
		fi
	done
	[ -n "${CELL:-}" ] || return 0
	every=("${cells[@]}") cells=()
	for cell in "${every[@]}"; do
		! chosen "$cell" || cells+=("$cell")
	done
}

# One cell

# arm: its rules
arm()
{
	local rules rule bit=2
	IFS=';' read -ra rules <<<"${RULES[$fault]}"
	# Which bit makes the block one of no known type
	[ "$algorithm" = deflate-iaa ] || bit=1
	for rule in "${rules[@]}"; do
		rule=${rule//BTYPE/$bit}
		case $rule in
		*cmd-*|*flr-*) ;;
		*) rule+=" op=$direction skip=$skip" ;;
		esac
		# shellcheck disable=SC2086
		device_do $rule
	done
}

# struck: how often the first rule did; all of them have to
struck()
{
	local rest n counts=()
	device_do rules
	while read -r rest; do
		n=${rest##* }
		counts+=("$n")
		[ "$n" -gt 0 ] || fail "this one never struck: $rest"
	done <"$KTAP_TMP/device"
	[ ${#counts[@]} -gt 0 ] || fail "no rule is in force"
	hits=${counts[0]}
}

# in_flight: what the device has and has not given back
in_flight()
{
	local -A n=()
	local key value
	device_do stats
	while read -r key value; do n[$key]=$value; done <"$KTAP_TMP/device"
	late=${n[late]}
	in_flight=$((n[compress_submitted] + n[decompress_submitted]
		- n[compress_completed] - n[decompress_completed]
		- n[compress_failed] - n[decompress_failed] - n[discarded] - n[dropped]))
}

# nothing_in_flight: all requests were given back, so the device has none but the one of a
# self-test, and then not even that
nothing_in_flight()
{
	local in_flight late end=$((SECONDS + RECOVERY))
	in_flight
	at_least 1 "$in_flight" "one descriptor, and those of requests that were given back"
	while [ "$in_flight" -ne 0 ]; do
		[ $SECONDS -lt $end ] || fail "the device keeps $in_flight descriptors"
		nap 0.05
		in_flight
	done
	device_do clear
	in_flight
	at_least 1 "$in_flight" "one descriptor, and those that were held back"
	late=$((late - late_before))
	! flag "$fault" late=none || equal "$late" 0 "completions after the requests were given back"
	! flag "$fault" late=all || equal "$late" "$hits" "late completions"
}

# judge: what became of the pages, against what had to
judge()
{
	info "$hits hits, $lost pages can't be read, $wrong are wrong"
	case $want in
	right)
		equal "$lost" 0 "pages that can't be read"
		equal "$wrong" 0 "wrong pages" ;;
	broken)
		equal "$wrong" 0 "wrong pages"
		at_least "$lost" 1 "pages that can't be read"
		at_least "$hits" "$lost" "hits, and pages that can't be read" ;;
	unnoticed)
		equal "$lost" 0 "pages that can't be read"
		at_least "$wrong" 1 "wrong pages"
		at_least "$hits" "$wrong" "hits, and wrong pages" ;;
	esac
}

# counted NAME[|NAME]...: one of these counters is not 0
counted()
{
	local name sum=0
	for name in ${1//|/ }; do
		sum=$((sum + ${stats[$name]:?no such counter: $name}))
	done
	[ $sum -gt 0 ] || fail "nothing is counted as $1"
}

# replace: the device, by one that is well
replace()
{
	device_do remove
	device_do return
	(iaa_unconfigure)
	(iaa_configure_device "$dev" 1)
}

# serves: hardware compresses and decompresses pages of ours
serves()
{
	local comp decomp end=$((SECONDS + RECOVERY))
	local -A stats
	! flag "$fault" gone || replace
	while true; do
		stats_read
		comp=${stats[total_comp_calls]} decomp=${stats[total_decomp_calls]}
		must blk-verify both --size 64K --round $((++round)) "$probe"
		stats_read
		# More than self-tests come to
		[ "${stats[total_comp_calls]}" -le $((comp + 8)) ] ||
			[ "${stats[total_decomp_calls]}" -le $((decomp + 8)) ] || return 0
		[ $SECONDS -lt $end ] || fail "hardware does not serve again"
		nap 0.1
	done
}

# run_cell FAULT-NUMBER CELL: in a subshell
run_cell()
{
	local fault op mode batch algorithm direction outcome want words
	local skip=3 verify=0 hits lost=0 wrong=0 late late_before in_flight round=0 word
	local -A stats
	IFS=: read -r fault op mode batch algorithm <<<"$2"
	direction "$1" "$op"
	outcome "$1" "$op"
	read -ra words <<<"$outcome"
	want=${words[0]}

	put "$mode" "$IAA_DRIVER/sync_mode"
	! flag "$fault" verified || verify=1
	put $verify "$IAA_DRIVER/verify_compress"
	put $NO_STALL_MS "$TIMEOUT"
	op_"$op"_prepare
	[[ $outcome != *"$stall"* ]] || put $STALL_MS "$TIMEOUT"
	put 1 "$IAA_DEBUG/stats_reset"
	in_flight
	late_before=$late
	arm
	op_"$op"_run
	struck
	nothing_in_flight
	put $NO_STALL_MS "$TIMEOUT"
	op_"$op"_check
	judge
	stats_read
	for word in "${words[@]:1}"; do counted "$word"; done
	serves
}

# All of them

TIMEOUT=/sys/module/iaa_crypto/parameters/timeout_ms
dev='' probe=''

# setup: one queue on one device, so that the fault hits; and what operations need
setup()
{
	need_iaa 1
	need_command iaa-fault
	need_command swap-verify
	need_zram deflate-iaa
	[ -d "$ZSWAP" ] || skip "no zswap in this kernel"
	iaa_configure -d 1 -q 1
	read -r dev < <(iaa_devices)
	iaa-fault "$dev" rules >/dev/null 2>&1 || skip "no emulated accelerator with faults"
	bdf=$(iaa_bdf "$dev")
	defer put "$(<"$TIMEOUT")" "$TIMEOUT"
	defer put 0 "$IAA_DRIVER/verify_compress"
	defer put async "$IAA_DRIVER/sync_mode"
	ops_setup
	zram_create probe deflate-iaa 1M
	defer iaa-fault "$bdf" clear
	must iaa-fault "$bdf" clear
	must iaa-fault "$bdf" zero
}

# cell FAULT-NUMBER CELL: run it; its result goes into the table
cell()
{
	local status started=${EPOCHREALTIME/./}
	set +e
	(
		trap ktap_run_deferred EXIT
		set -e
		run_cell "$1" "$2"
	) >"$KTAP_TMP/cell" 2>&1
	status=$?
	set -e
	info "$2: status $status, $(((${EPOCHREALTIME/./} - started) / 1000)) ms"
	echo "$2 $status" >>"$KTAP_TMP/table"
	[ $status -ne 0 ] || return 0
	cat "$KTAP_TMP/cell"
	info "again: CELL=$2${MATRIX:+ MATRIX=$MATRIX} scripts/test soak/fault_matrix.sh"
	return 1
}

# row FAULT-NUMBER: its cells. What setup deferred is not to be undone when it ends
row()
{
	local cells cell failed=0
	ktap_deferred=()
	[ -e "$KTAP_TMP/ready" ] || skip "$(<"$KTAP_TMP/skip.setup")"
	plan "$1"
	[ ${#cells[@]} -gt 0 ] || skip "not among the cells of this run"
	for cell in "${cells[@]}"; do
		cell "$1" "$cell" || {
			failed=$((failed + 1))
			# As far as that is possible, for the next one's sake
			(device_do clear; replace) >/dev/null 2>&1 || true
		}
	done
	[ $failed -eq 0 ] || fail "$failed of ${#cells[@]} cells failed"
}

# table: rows are faults, columns operations
table()
{
	local fault op i outcome line cell status f o n
	local -A all=() bad=()
	while read -r cell status; do
		IFS=: read -r f o n <<<"$cell"
		all[$f:$o]=$((${all[$f:$o]:-0} + 1))
		[ "$status" -eq 0 ] || bad[$f:$o]=$((${bad[$f:$o]:-0} + 1))
	done <"$KTAP_TMP/table"
	info "MATRIX=${MATRIX:-0}. Cells that passed, or FAIL and those that did not, of all"
	printf -v line '%-20s' ''
	for op in "${OPERATIONS[@]}"; do printf -v line '%s%-12s' "$line" "$op"; done
	info "$line"
	for i in "${!FAULTS[@]}"; do
		fault=${FAULTS[i]}
		printf -v line '%-20s' "$fault"
		for op in "${OPERATIONS[@]}"; do
			outcome "$i" "$op"
			n=${all[$fault:$op]:-.}
			[[ $outcome != -* ]] || n=-
			[ -z "${bad[$fault:$op]:-}" ] || n="FAIL ${bad[$fault:$op]}/$n"
			printf -v line '%s%-12s' "$line" "$n"
		done
		info "$line"
	done
	info ". not in this run; - can't strike there:"
	for fault in "${FAULTS[@]}"; do
		[[ ${DECOMPRESSING[$fault]} != -* ]] || info "  $fault: ${DECOMPRESSING[$fault]#- }"
	done
}

# matrix: set up once for all rows, since that takes as long as some cells
matrix()
(
	set -e
	trap ktap_run_deferred EXIT
	setup
	: >"$KTAP_TMP/ready"
	: >"$KTAP_TMP/table"
	set +e
	ktap_main
	status=$?
	table
	exit $status
)

mapfile -t ALGORITHMS < <(modprobe -q idxd; iaa_algorithms)
[ ${#ALGORITHMS[@]} -gt 0 ] || ALGORITHMS=(deflate-iaa)
faults
START=0
[[ ! ${MATRIX:-} =~ ^[0-9]+$ ]] || START=$((10#$MATRIX))
# Each on a line of its own: their order is that of the lines
# shellcheck disable=SC1090
. <(for i in "${!FAULTS[@]}"; do echo "test_${FAULTS[i]}() { row $i; }"; done)
matrix
status=$?
[ ! -e "$KTAP_TMP/ready" ] || exit $status
[ $status -eq 4 ] || exit 1
mv "$KTAP_TMP/skip" "$KTAP_TMP/skip.setup"
ktap_main
