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
#   kernel_log MARK		print the kernel's log from the last line with MARK on
#
# A command that looks for a word reads from a file, <<< or <(), never from a pipe: grep -q
# or sed q ends early, and with pipefail what wrote to it then fails the pipe.

set -uo pipefail

KTAP_TMP=$(mktemp -d)
trap 'rm -rf "$KTAP_TMP"' EXIT
ktap_deferred=()

info() { printf '# %s\n' "$*"; }

kernel_log()
{
	dmesg | awk -v mark="$1" 'index($0, mark) { text = "" } { text = text $0 "\n" }
		END { printf "%s", text }'
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
		fail "writing '$1' to $2: $(cat "$KTAP_TMP/out")"
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
	(
		set -e
		trap ktap_run_deferred EXIT
		"$2"
	)
	status=$?
	case $status in
	0) printf 'ok %d %s\n' "$1" "$name" ;;
	4) if [ -e "$KTAP_TMP/skip" ]; then
			printf 'ok %d %s # SKIP %s\n' "$1" "$name" "$(cat "$KTAP_TMP/skip")"
		else
			printf 'not ok %d %s\n' "$1" "$name"
			return 1
		fi ;;
	*)	printf 'not ok %d %s\n' "$1" "$name"
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
