# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2031,SC2154
#
# Tasks as guests in virtual time: what bench/run and bench/profile boot. Sourced after
# bench/lib.sh.

CPU=max,erms=off,fsrm=off
MEMORY=1G
APPEND='norandmaps tsc=reliable clocksource=tsc'
SEED=1
# The timing is the device's default, see qemu/docs/specs/iaa.rst.
DEVICE=version=0x200

# pack_for TASK...: the archives that these tasks' guests need
pack_for()
{
	local task kernel
	local -A kernels=() jobs=()
	for task; do
		eval "set -- $task"
		kernels[$2]=y jobs[$5]=y
	done
	for kernel in "${!kernels[@]}"; do
		"$ROOT/bench/pack" "$(flavour "$kernel")"
	done
	[ -z "${jobs[compile]:-}" ] || "$ROOT/bench/pack-compile"
}

# flavour KERNEL: of scripts/kernel
flavour() { if [ "$1" = ours ]; then echo run; else echo stock; fi; }

# guest_key NAME KERNEL TIMING ROWS JOB [NAME=VALUE]...: what a task asks of its guest, by
# which tasks share one: "KERNEL TIMING WHICH". The workloads, which leave memory in
# another state than they found it, have guests of their own, and so have the runs that
# are to be repeated. Those whose device is another one share guests among themselves.
guest_key()
{
	local kernel=$2 timing=$3 which=$5 value
	case $which in usemem|compile) which=$1 ;; esac
	shift 5
	for value; do
		[[ $value != RUN=* ]] || which=run$which${value#*=}
		[[ $value != LOOKS_AT=* ]] || which+=-looks-at-${value#*=}
		[[ $value != CONTENTION=* ]] || which+=-contention-${value#*=}
		[[ $value != IOMMU=* ]] || which+=-iommu-${value#*=}
	done
	printf '%s %s %s\n' "$kernel" "$timing" "$which"
}

# sooner BYTES: a device without early abort that is done with a page after BYTES of it.
# To the model it is the same whether fewer bytes take less time or all of them are taken
# faster.
sooner()
{
	local rate
	printf 'version=0x100'
	for rate in engine device; do
		# shellcheck disable=SC2016
		json -n -r -L bench --arg rate $rate --argjson bytes "$1" 'include "timing";
			",compress-\($rate)-rate=\(timing.compress[$rate + "_mb_per_s"] * 4096 / $bytes | round)"'
	done | tr -d '\n'
}

# device_of TIMING WHICH: the properties of a guest's accelerators, by its guest_key
device_of()
{
	local device=$DEVICE
	[[ ! $2 =~ -looks-at-([0-9]+) ]] || device=$(sooner "${BASH_REMATCH[1]}")
	[[ ! $2 =~ -contention-([0-9]+) ]] || device=$device,contention=${BASH_REMATCH[1]}
	[ "$1" = zero ] && device=$device,instant=on || device=$device,clock-scale=$1
	printf '%s\n' "$device"
}

# devices_of NAME KERNEL TIMING ROWS JOB [NAME=VALUE]...: how many a task uses
devices_of()
{
	local devices=0 value
	for value; do
		[[ $value != DEVICES=* ]] || devices=${value#*=}
	done
	printf '%s\n' "$devices"
}

# guest_script TASK...: what the guest of these tasks runs, on one line
guest_script()
{
	local task name job value
	for task; do
		eval "set -- $task"
		name=$1 job=$5
		shift 5
		printf 'echo "TASK %s"; env BENCH_CLOCK=virtual ' "$name"
		for value; do
			printf '%q ' "$value"
		done
		# shellcheck disable=SC2016
		printf '/bench/guest/measure %s </dev/null; echo "TASK-END %s $?"; ' "$job" "$name"
	done
}

# run_guest TASK...: boot one guest that does them all, one after the other; leaves
# RAW/NAME.json, or RAW/NAME.failed, of each. It has as many accelerators as the last of
# them wants, see group_tasks.
run_guest()
{
	local kernel timing which devices name flavour more=() status=0 task
	eval "set_key $1"
	devices=$(eval "devices_of ${!#}")
	name=${1%% *}
	flavour=$(flavour "$kernel")
	[[ ! $which =~ -iommu-([a-z]+) ]] || more=(--iommu "${BASH_REMATCH[1]}")
	[[ $which != compile-* ]] || more+=(--initrd "$BUILD/bench/compile.cpio")
	"$ROOT/scripts/vm" --kernel "$flavour" --icount --smp 1 --mem $MEMORY --cpu $CPU --disk 512M \
		--devices "$devices" --iaa "$(device_of "$timing" "$which")" --initrd "$BUILD/bench/$flavour.cpio" "${more[@]}" \
		--log "$LOG/bench/$name.console" --timeout $((600 + 120 * $#)) --append "$APPEND" \
		--qemu -seed --qemu $SEED --qemu -rtc --qemu base=2026-01-01,clock=vm \
		-- bash -c "$(guest_script "$@")" >"$RAW/$name.guest" 2>"$RAW/$name.err" </dev/null || status=$?
	awk -v dir="$RAW" '
		$1 == "TASK" { file = dir "/" $2 ".out"; printf "" >file; next }
		$1 == "TASK-END" { print $3 >(dir "/" $2 ".status"); close(file); file = ""; next }
		file { print >file }' "$RAW/$name.guest"
	for task; do
		eval "task_done $name $status $task"
	done
}

# set_key TASK...: guest_key in run_guest's variables
set_key() { read -r kernel timing which < <(guest_key "$@"); }

# task_done GUEST STATUS TASK...: results of one task of a guest, by its first task, that
# ended with STATUS
task_done()
{
	local guest=$1 status=$2 name=$3
	shift 2
	if [ -e "$RAW/$name.status" ]; then
		status=$(cat "$RAW/$name.status")
	elif [ "$status" -eq 0 ]; then
		status=125
	fi
	if [ "$status" -ne 0 ] || ! grep -qs '^RESULT ' "$RAW/$name.out"; then
		failed "$name" "$status" "$RAW/$guest.err"
	elif label "$@" <"$RAW/$name.out" >"$RAW/$name.json.tmp"; then
		mv "$RAW/$name.json.tmp" "$RAW/$name.json"
	else
		failed "$name" $? "$RAW/$guest.err"
	fi
}

# group_tasks: the chosen tasks by guest, in guests: each element some tasks, quoted;
# those that use fewer accelerators first, so that one more is all that changes between
# two tasks. The longest guests first, as far as the number of tasks tells.
group_tasks()
{
	local task key order
	local -A of=() nr=()
	while IFS=$'\t' read -r _ task; do
		key=$(eval "guest_key $task")
		of[$key]+="$(printf '%q ' "$task")"
		nr[$key]=$((${nr[$key]:-0} + 1))
	done < <(for task in "${tasks[@]}"; do
		printf '%d\t%s\n' "$(eval "devices_of $task")" "$task"
	done | sort -s -n -k1,1)
	order=$(for key in "${!nr[@]}"; do printf '%d %s\n' "${nr[$key]}" "$key"; done | sort -k1,1nr -k2)
	guests=()
	while read -r _ key; do
		guests+=("${of[$key]}")
	done <<<"$order"
}

# show DONE: progress, on one line of a terminal
show()
{
	local line elapsed=$((SECONDS - started)) ended left=''
	ended=$(find "$RAW" -name '*.json' -o -name '*.failed' | wc -l)
	[ "$ended" -eq 0 ] || left=", about $((elapsed * (${#tasks[@]} - ended) / ended)) s left"
	line="$1 of ${#guests[@]} guests, $ended of ${#tasks[@]} tasks, $elapsed s$left"
	if [ -t 1 ]; then
		printf '\r\033[K  %s' "$line"
	elif [ "$1" -gt 0 ]; then
		printf '  %s\n' "$line"
	fi
}

# stop_guests STATUS: end what runs, and the script
stop_guests()
{
	local pid
	trap - INT TERM HUP
	# Each guest is a process group of its own: bash itself would wait for it first.
	for pid in $(jobs -rp); do
		kill -TERM -- "-$pid" 2>/dev/null || true
	done
	{ wait; } 2>/dev/null || true
	warn "stopped; nothing was written"
	exit "$1"
}

# wait_guest: for the next one to end
wait_guest()
{
	wait -n || true
	done=$((done + 1))
	show "$done"
}

# run_tasks JOBS: all chosen tasks, JOBS guests at a time. Each then has RAW/NAME.json, or
# RAW/NAME.failed.
run_tasks()
{
	local guest task name done=0 guests=() started=$SECONDS
	group_tasks
	trap 'stop_guests 130' INT
	trap 'stop_guests 143' TERM HUP
	set -m
	show 0
	for guest in "${guests[@]}"; do
		[ "$(jobs -rp | wc -l)" -lt "$1" ] || wait_guest
		eval "run_guest $guest" </dev/null &
	done
	while [ $done -lt ${#guests[@]} ]; do
		wait_guest
	done
	set +m
	trap - INT TERM HUP
	[ ! -t 1 ] || printf '\r\033[K'
	note "${#tasks[@]} tasks in ${#guests[@]} guests, $((SECONDS - started)) s"
	for task in "${tasks[@]}"; do
		name=${task%% *}
		[ -e "$RAW/$name.json" ] || [ -e "$RAW/$name.failed" ] || failed "$name" 125 "$RAW/$name.err"
	done
}
