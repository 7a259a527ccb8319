# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2030,SC2031
#
# What bench/run and bench/hardware share: choosing tasks, and making results.json of
# what they print. Sourced after scripts/lib.sh and bench/plan.sh; who sources it sets
# only (rows, comma-separated, or empty), which (a kernel, or empty), RAW (where a task
# leaves NAME.json, or NAME.failed) and OUT, and defines
#
#   about	print what was measured, as JSON, to become part of the results

tasks=()

# json ARG...: jq, of the sandbox if there is one; paths are relative to the project
json()
(
	cd "$ROOT" || exit
	if [ -x "$SYSROOT/usr/bin/jq" ]; then
		sandboxed jq "$@"
	else
		jq "$@"
	fi
)

# chosen ROW,...: one of these rows is wanted
chosen()
{
	local row
	[ -n "$only" ] || return 0
	for row in ${1//,/ }; do
		[[ ,$only, != *,$row,* ]] || return 0
	done
	return 1
}

# task: see plan.sh; notes it if it is wanted
task()
{
	[ -z "${which:-}" ] || [ "$which" = "$2" ] || return 0
	! chosen "$4" || tasks+=("$(printf '%q ' "$@")")
}

# rows: of the noted tasks, in their order
rows()
{
	local task
	for task in "${tasks[@]}"; do
		eval "set -- $task"
		tr , '\n' <<<"$4"
	done | awk '!seen[$0]++'
}

# all_rows: that there are
all_rows()
(
	only='' which=''
	tasks=()
	plan
	rows
)

# check_rows: every row that was asked for is one
check_rows()
{
	local row known
	known=$(all_rows)
	for row in ${only//,/ }; do
		grep -qxF "$row" <<<"$known" || die "no row '$row'; ${0##*/} --list shows them"
	done
}

# label NAME KERNEL TIMING ROWS JOB [NAME=VALUE]...: a job's output on stdin, its results
# on stdout, each with what it is a result of and how the driver was set
label()
{
	local name=$1 kernel=$2 timing=$3 rows=$4 job=$5 output settings
	shift 5
	output=$(grep -E '^(RESULT|SETTINGS) ')
	settings=$(sed -n 's/^SETTINGS //p' <<<"$output" | tail -n 1)
	# shellcheck disable=SC2016
	sed -n 's/^RESULT //p' <<<"$output" | json -c --argjson settings "${settings:-null}" \
		--arg task "$name" --arg rows "$rows" --arg kernel "$kernel" --arg timing "$timing" \
		--arg job "$job" --arg env "$(printf '%s\n' "$@")" '{
			task: $task, rows: ($rows | split(",")), kernel: $kernel, job: $job, timing: $timing,
			env: ($env | split("\n") | map(capture("(?<key>[^=]*)=(?<value>.*)")) | from_entries),
			settings: $settings,
			result: .
		}'
}

# failed NAME STATUS ERRORS: say why in RAW/NAME.failed, with the ends of what it
# printed and of this file
failed()
{
	local name=$1 file
	{
		printf '%s: failed (status %d)\n' "$name" "$2"
		shift 2
		for file in "$RAW/$name.out" "$@"; do
			[ ! -s "$file" ] || tail -n 5 "$file" | sed 's/^/    /'
		done
	} >"$RAW/$name.failed"
}

# corpus_sums DIR: checksums of the pages, as JSON
corpus_sums()
{
	# shellcheck disable=SC2016
	json -n --arg sums "$(cat "$1/SHA256SUMS")" '$sums | split("\n") | map(select(. != "")
		| split("  ") | {key: (.[1] | rtrimstr(".pages")), value: .[0]}) | from_entries'
}

commit() { git -C "$ROOT" describe --always --dirty --abbrev=12 2>/dev/null || echo unknown; }

# assemble: results.json
assemble()
{
	local scales
	# shellcheck disable=SC2086
	scales=$(printf '%s\n' $SCALE $OTHER_SCALES | sort -n | paste -sd,)
	compgen -G "$RAW/*.json" >/dev/null || die "no task gave a figure"
	cat "$RAW"/*.json >"$OUT/raw.jsonl"
	about >"$OUT/about.json"
	# shellcheck disable=SC2016
	json -s -L bench --argjson scale "$SCALE" --argjson scales "[$scales]" \
		--argjson about "$(cat "$OUT/about.json")" \
		--argjson published "$(cat "$ROOT/bench/published.json")" \
		--argjson targets "$(cat "$ROOT/bench/targets.json")" \
		-f bench/assemble.jq <"$OUT/raw.jsonl" >"$OUT/results.json.tmp"
	mv "$OUT/results.json.tmp" "$OUT/results.json"
}

# failures: list the tasks that failed; status 1 if there are any
failures()
{
	local files=("$RAW"/*.failed)
	[ -e "${files[0]}" ] || return 0
	cat "${files[@]}" >&2
	warn "${#files[@]} of ${#tasks[@]} tasks failed"
	return 1
}

# present: everything a reader may want of OUT/results.json; its status says whether the
# figures are to be believed
present()
{
	local status=0
	"$ROOT/bench/table" "$OUT/results.json" || status=1
	note "${OUT#"$ROOT"/}/results.json"
	"$ROOT/bench/report" "$OUT/results.json" || status=1
	"$ROOT/bench/check" "$OUT/results.json" || status=1
	return $status
}
