# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# KTAP for shell tests. A test file sources this, defines functions named test_*, and
# ends with ktap_main, which runs each of them, in the order they stand in, as one
# case: in a subshell, with errexit on, and with everything undone at its end that
# it deferred. See tests/README.md.
#
#   ktap_main			run all test_* functions; the file's exit status
#   skip REASON			end this case as skipped (names what the machine lacks)
#   fail MESSAGE		end this case as failed
#   info MESSAGE		a diagnostic line
#   defer CMD [ARG]...		run CMD when the case ends; last deferred, first run
#   must CMD [ARG]...		CMD has to succeed; its output is shown when it does not
#   must_fail CMD [ARG]...	CMD has to fail
#   put VALUE FILE		write VALUE to an attribute; has to succeed
#   refuse VALUE FILE		write VALUE; has to fail, and FILE must read as before
#   equal GOT WANT WHAT		fail unless they are the same
#   at_least GOT WANT WHAT	fail unless GOT >= WANT (numbers)
#   kernel_log			print the kernel's log since this case began
#   await SECONDS WHAT CMD...	wait until CMD succeeds; fail if it does not by then, saying WHAT
#   await_of PID SECONDS WHAT CMD...	the same, and fail as soon as process PID is gone
#
# The file must not be there before its writer is started, since the shell that empties it
# may be later than the first look.
#
# SECONDS are for an idle machine: TIMES (tests/run) makes them longer.
#
# A command that looks for a word reads from a file, <<< or <(), never from a pipe: grep -q
# or sed q ends early, and with pipefail what wrote to it then fails the pipe.

set -uo pipefail

# shellcheck source=klog.sh
. "$(dirname "${BASH_SOURCE[0]}")/klog.sh"

KTAP_TMP=$(mktemp -d)
trap 'rm -rf "$KTAP_TMP"' EXIT
ktap_deferred=()

info() { printf '# %s\n' "$*"; }

kernel_log() { klog_since "case $KTAP_CASE" || echo "the beginning of this log has gone"; }

await() { await_of "" "$@"; }

await_of()
{
	local pid=$1 what=$3 seconds=$(($2 * ${TIMES:-1})) until
	shift 3
	until=$((SECONDS + seconds))
	while ! "$@"; do
		# It may have done so just before it ended.
		if [ -n "$pid" ] && ! kill -0 "$pid" 2>/dev/null; then
			! "$@" || return 0
			fail "process $pid ended before this: $what"
		fi
		[ "$SECONDS" -le "$until" ] || fail "not after $seconds s: $what"
		sleep 0.1
	done
}

skip()
{
	printf '%s' "$*" >"$KTAP_TMP/skip"
	exit 4
}

fail()
{
	info "$*"
	exit 1
}

defer() { ktap_deferred+=("$(printf '%q ' "$@")"); }

ktap_run_deferred()
{
	local i status=$?
	set +e
	for ((i = ${#ktap_deferred[@]} - 1; i >= 0; i--)); do
		(eval "${ktap_deferred[$i]}") >"$KTAP_TMP/deferred" 2>&1 || {
			info "undoing failed: ${ktap_deferred[$i]}"
			sed 's/^/#   /' "$KTAP_TMP/deferred"
			[ $status -ne 0 ] || status=1
		}
	done
	exit $status
}

must()
{
	local status=0
	"$@" >"$KTAP_TMP/out" 2>&1 || status=$?
	if [ $status -ne 0 ]; then
		sed 's/^/#   /' "$KTAP_TMP/out" | tail -n 20
		fail "failed with status $status: $*"
	fi
}

must_fail()
{
	if "$@" >"$KTAP_TMP/out" 2>&1; then
		sed 's/^/#   /' "$KTAP_TMP/out" | tail -n 20
		fail "succeeded, and should have failed: $*"
	fi
}

put()
{
	{ printf '%s\n' "$1" >"$2"; } 2>"$KTAP_TMP/out" ||
		fail "writing '$1' to $2: $(<"$KTAP_TMP/out")"
}

refuse()
{
	local before
	before=$(cat "$2" 2>/dev/null) || before=
	if { printf '%s\n' "$1" >"$2"; } 2>/dev/null; then
		fail "$2 took '$1', which it should refuse"
	fi
	equal "$(cat "$2" 2>/dev/null)" "$before" "$2 after refusing '$1'"
}

equal() { [ "$1" = "$2" ] || fail "$3: got '$1', want '$2'"; }

at_least() { [ "$1" -ge "$2" ] || fail "$3: got $1, want at least $2"; }

# ktap_case NUMBER FUNCTION: run one case and print its result
ktap_case()
{
	local name=${2#test_} status
	rm -f "$KTAP_TMP/skip"
	KTAP_CASE="$(basename "$0") $name"
	klog_mark "case $KTAP_CASE"
	(
		set -e
		trap ktap_run_deferred EXIT
		"$2"
	)
	status=$?
	case $status in
	0) printf 'ok %d %s\n' "$1" "$name" ;;
	4) if [ -e "$KTAP_TMP/skip" ]; then
			printf 'ok %d %s # SKIP %s\n' "$1" "$name" "$(<"$KTAP_TMP/skip")"
		else
			printf 'not ok %d %s\n' "$1" "$name"
			return 1
		fi ;;
	*)	# Other than by fail(), which has said why
		[ $status -eq 1 ] || info "a command in it ended with status $status"
		printf 'not ok %d %s\n' "$1" "$name"
		return 1 ;;
	esac
}

ktap_main()
{
	local cases i status=0
	shopt -s extdebug
	mapfile -t cases < <(declare -F | awk '$3 ~ /^test_/ { print $3 }' |
		while read -r i; do declare -F "$i"; done | sort -n -k2 | cut -d' ' -f1)
	shopt -u extdebug
	printf 'KTAP version 1\n1..%d\n' "${#cases[@]}"
	for i in "${!cases[@]}"; do
		# Not in a condition: that would switch errexit off inside.
		ktap_case $((i + 1)) "${cases[$i]}"
		# shellcheck disable=SC2181
		[ $? -eq 0 ] || status=1
	done
	return $status
}
