# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# How iaa-doctor says what it found. Sourced by it; quiet and verbose are '' or y.

: "${quiet=}" "${verbose=}"
findings=0

say() { [ -n "$quiet" ] || printf '%s\n' "$*"; }

# mend CMD...: what to do about it, a line each
mend()
{
	local line
	for line in "$@"; do
		say "    mend: $line"
	done
}

# finding WHAT [CMD]...: something is wrong; it makes the exit status 1
finding()
{
	findings=$((findings + 1))
	say "finding: $1"
	shift
	mend "$@"
}

# note WHAT [CMD]...: worth knowing, perhaps meant to be so
note()
{
	say "note: $1"
	shift
	mend "$@"
}

# good WHAT
good() { [ -z "$verbose" ] || say "ok: $1"; }
