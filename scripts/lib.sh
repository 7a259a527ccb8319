# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
#
# What every script on the host side shares: where things are, and how to say
# something. Sourced, never run. Set strict mode before sourcing.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BUILD=$ROOT/build
SYSROOT=$BUILD/sysroot
SRC=$BUILD/src			# pristine trees, never edited
# The pristine kernel: Debian's, or a copy of the user's own
PRISTINE_LINUX=$SRC/linux${LINUX_SRC:+-user}
DL=$BUILD/dl			# what apt downloaded
LOG=${TEST_LOG:-$BUILD/log}
# The project's path inside the sandbox: the same for every checkout, so that
# build trees, which record absolute paths, may be copied between checkouts.
INSIDE=/iaa

self=${0##*/}

note() { printf '%s: %s\n' "$self" "$*"; }
warn() { printf '%s: warning: %s\n' "$self" "$*" >&2; }
die() { printf '%s: %s\n' "$self" "$*" >&2; exit 1; }

# usage: print the comment that heads the calling script, between its SPDX
# line and the first line that is no comment
usage()
{
	sed -n '/^#!/d; /SPDX/,/^#$/d; /^#/!q; s/^# \{0,1\}//; p' "$0"
}

have() { command -v "$1" >/dev/null 2>&1; }

jobs_default() { nproc; }

# pristine_id TREE: which sources a tree holds; objects of others are of no use to it
pristine_id()
{
	printf '%s %s %s\n' "${1#"$BUILD"/}" "$(sha256sum <"$1/Makefile" | cut -c-16)" \
		"$(cat "$1.id" 2>/dev/null || true)"
}

# sandboxed CMD...: run in the Debian sysroot
sandboxed() { "$ROOT/scripts/sandbox" "$@"; }

# need_sysroot: everything below stands on it
need_sysroot()
{
	[ -x "$SYSROOT/usr/bin/gcc" ] || die "no build/sysroot: run scripts/sysroot (or make sysroot) first"
}

# progress DONE TOTAL [WHAT]: report to whoever draws it (scripts/stage reads
# fd 3); silent when nobody does
progress()
{
	{ printf '%s %s %s\n' "$1" "$2" "${3:-}" >&3; } 2>/dev/null || true
}

# write_if_changed FILE: replace FILE by stdin unless they are equal, so that
# make sees a new time only when there is something new
write_if_changed()
{
	local tmp
	mkdir -p "$(dirname "$1")"
	tmp=$(mktemp "$1.XXXXXX")
	cat >"$tmp"
	chmod 644 "$tmp"
	if cmp -s "$tmp" "$1"; then
		rm -f "$tmp"
	else
		mv "$tmp" "$1"
	fi
}
