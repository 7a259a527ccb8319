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
	local kernel
	for kernel in ours stock; do
		printf '%s\n' "$@" | grep -q "^[^ ]* $kernel " || continue
		"$ROOT/bench/pack" "$(flavour $kernel)"
	done
	if printf '%s\n' "$@" | grep -q '^\([^ ]* \)\{4\}compile '; then
		"$ROOT/bench/pack-compile"
	fi
}

# flavour KERNEL: of scripts/kernel
flavour() { if [ "$1" = ours ]; then echo run; else echo stock; fi; }

# guest_key NAME KERNEL TIMING ROWS JOB [NAME=VALUE]...: what a task asks of its guest, by
# which tasks share one: "KERNEL TIMING DEVICES WHICH". The workloads, which leave memory
# in another state than they found it, have guests of their own.
guest_key()
{
	local kernel=$2 timing=$3 job=$5 devices=0 which=shared value
	case $job in usemem|compile) which=$1 ;; esac
	shift 5
	for value; do
		case $value in
		DEVICES=*) devices=${value#*=} ;;
		RUN=*) which=run$which${value#*=} ;;
		esac
	done
	printf '%s %s %s %s\n' "$kernel" "$timing" "$devices" "$which"
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
# RAW/NAME.json, or RAW/NAME.failed, of each
run_guest()
{
	local kernel timing devices which name flavour device=$DEVICE more=() status=0 task
	eval "set_key $1"
	name=${1%% *}
	flavour=$(flavour "$kernel")
	if [ "$timing" = zero ]; then
		device=$device,instant=on
	else
		device=$device,clock-scale=$timing
	fi
	[[ $which != compile-* ]] || more=(--initrd "$OUT/compile.cpio")
	"$ROOT/scripts/vm" --kernel "$flavour" --icount --smp 1 --mem $MEMORY --cpu $CPU --disk 512M \
		--devices "$devices" --iaa "$device" --initrd "$OUT/$flavour.cpio" "${more[@]}" \
		--log "$LOG/bench/$name.console" --timeout $((600 + 120 * $#)) --append "$APPEND" \
		--qemu -seed --qemu $SEED --qemu -rtc --qemu base=2026-01-01,clock=vm \
		-- bash -c "$(guest_script "$@")" >"$RAW/$name.guest" 2>"$RAW/$name.err" </dev/null || status=$?
	awk -v dir="$RAW" '
		$1 == "TASK" { file = dir "/" $2 ".out"; printf "" >file; next }
		$1 == "TASK-END" { print $3 >(dir "/" $2 ".status"); close(file); file = ""; next }
		file { print >file }' "$RAW/$name.guest"
	for task; do
		eval "task_done $status $task"
	done
}

# set_key TASK...: guest_key in run_guest's variables
set_key() { read -r kernel timing devices which < <(guest_key "$@"); }

# task_done STATUS TASK...: results of one task of a guest that ended with STATUS
task_done()
{
	local status=$1 name=$2
	shift
	if [ -e "$RAW/$name.status" ]; then
		status=$(cat "$RAW/$name.status")
	elif [ "$status" -eq 0 ]; then
		status=125
	fi
	if [ "$status" -ne 0 ] || ! grep -q '^RESULT ' "$RAW/$name.out"; then
		failed "$name" "$status"
		return
	fi
	label "$@" <"$RAW/$name.out" >"$RAW/$name.json"
}

# group_tasks: the chosen tasks by guest, in guests: each element some tasks, quoted
group_tasks()
{
	local task key keys=()
	local -A of=()
	for task in "${tasks[@]}"; do
		key=$(eval "guest_key $task")
		[ -n "${of[$key]:-}" ] || keys+=("$key")
		of[$key]+="$(printf '%q ' "$task")"
	done
	guests=()
	for key in "${keys[@]}"; do
		guests+=("${of[$key]}")
	done
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

# run_tasks JOBS: all chosen tasks, JOBS guests at a time; ends the script if any failed
run_tasks()
{
	local guest done=0 failures guests=() started=$SECONDS
	group_tasks
	show 0
	for guest in "${guests[@]}"; do
		if [ "$(jobs -rp | wc -l)" -ge "$1" ]; then
			wait -n || true
			done=$((done + 1))
			show $done
		fi
		eval "run_guest $guest" &
	done
	while [ $done -lt ${#guests[@]} ]; do
		wait -n || true
		done=$((done + 1))
		show $done
	done
	[ ! -t 1 ] || printf '\r\033[K'
	note "${#tasks[@]} tasks in ${#guests[@]} guests, $((SECONDS - started)) s"
	failures=$(find "$RAW" -name '*.failed' | wc -l)
	if [ "$failures" -gt 0 ]; then
		cat "$RAW"/*.failed >&2
		die "$failures of ${#tasks[@]} tasks failed"
	fi
}
