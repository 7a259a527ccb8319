#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# iaa-config with files and options that are made of good ones by chance, on made-up
# machines. It ends with status 2, one message of its own, and nothing changed, or takes
# a file that is JSON without duplicate keys, and then tells accel-config of nothing but
# the IAA devices that are here. Nothing in a file is ever executed.
#
# CASES=N (default 100 files and half as many command lines) and SEED=N (default 1) try
# others.
# shellcheck disable=SC2016
. "$(dirname "$0")/../lib/ktap.sh"

here=$(cd "$(dirname "$0")" && pwd)
ROOT=$here/../..
export PATH=$here/fake-bin:$ROOT/tools:$PATH:/usr/sbin:/sbin
CASES=${CASES:-100}

WORDS=('' 0 1 -1 64 65 129 007 1e3 999999999 99999999999999999999 '"iax0"' '"iax9"' '"dsa0"'
	'"wq0.1"' '"wq0.99"' '"wq1.0"' '"group0.0"' '"engine0.0"' '"dev"' '"size"' '"type"' '"user"'
	'"mdev"' '"shared"' '"threshold"' '"name"' '"driver_name"' '"crypto"' '"../dsa0"' '"a b"' '"*"'
	'""' '"\""' '"\u0064ev"' '"%s%n"' null true '{}' '[]' '[[' '{' '}' ',' ':' '"'
	'"$(touch CANARY)"' '"`touch CANARY`"' '"x[$(touch CANARY)]"' '"iax0]+$(touch CANARY)+["'
	'";touch CANARY;"' $'"\xff\xfe"' $'"\x01\x1b[2J"' $'"\t"' '"size":1,' '"dev":"dsa0",' '"dev":"wq1.0",')
OPTIONS=(-d -q -c --size -m --mode --verify --distribute-comps --load --save --print --off --force
	--dry-run --if-present --verbose --help -x '' -- on off maybe sync async shared dedicated 0 1 2
	3 8 9 -1 64 129 08 99999999999999999999 / /nonexistent/file GOOD BAD 'x[$(touch CANARY)]')

# machine: a new one, with two queues; $IAA_ROOT.before has its state
machine()
{
	IAA_ROOT=$(mktemp -d -p "$KTAP_TMP")
	export IAA_ROOT
	DSA=$IAA_ROOT/sys/bus/dsa
	must "$here/fake-sysfs" "$IAA_ROOT" "$@"
	must iaa-config
	: >"$IAA_ROOT/calls"
	cp -a "$IAA_ROOT" "$IAA_ROOT.before"
}

# as_before: the machine again as it was made
as_before()
{
	rm -rf "$IAA_ROOT"
	cp -a "$IAA_ROOT.before" "$IAA_ROOT"
}

# untouched: nothing that iaa-config could have changed did
untouched()
{
	! grep -qv '^modprobe' "$IAA_ROOT/calls" || fail "accel-config was called: $(paste -sd';' "$IAA_ROOT/calls")"
	diff -r --no-dereference -x calls -x compressors -x '*.lock' "$IAA_ROOT.before" "$IAA_ROOT" >"$KTAP_TMP/diff" ||
		fail "something changed: $(head -n 5 "$KTAP_TMP/diff")"
}

# run CMD...: its status, and what it says, which bash must have no part in
run()
{
	status=0
	timeout 20 "$@" >"$KTAP_TMP/out" 2>"$KTAP_TMP/err" </dev/null || status=$?
	case $status in 0|2) ;; *) tell "$@"; fail "status $status" ;; esac
	if grep -qE 'line [0-9]+:|syntax error|subscript|unbound|awk|command not found' "$KTAP_TMP/err"; then
		tell "$@"
		fail "it is not prepared for that"
	fi
	if [ "$status" -eq 2 ] && ! grep -q '^iaa-config: ' "$KTAP_TMP/err"; then
		tell "$@"
		fail "does not say why"
	fi
	[ ! -e CANARY ] || { tell "$@"; fail "a word was executed"; }
}

tell()
{
	info "seed ${SEED:-1}: $*"
	sed 's/^/#   /' "$KTAP_TMP/err"
	[ ! -e bad.json ] || head -c 2000 bad.json | cat -v | sed 's/^/#   | /'
}

word() { word=${WORDS[RANDOM % ${#WORDS[@]}]}; }

# mutate: the lines of $lines, once
mutate()
{
	local at=$((RANDOM % ${#lines[@]})) to=$((RANDOM % ${#lines[@]})) line
	line=${lines[at]}
	word
	case $((RANDOM % 11)) in
	0) lines[at]= ;;
	1) lines[at]+=$'\n'$line ;;
	2) lines[at]=${lines[to]} lines[to]=$line ;;
	3) lines[at]=${line:0:RANDOM % (${#line} + 1)} ;;
	4) lines=("${lines[@]:0:at + 1}") ;;
	5|6) [[ $line != *:* ]] || lines[at]=${line%%:*}:$word${line##*[!,]} ;;
	7) [[ $line != *:* ]] || lines[at]=$word:${line#*:} ;;
	8) lines[at]+=$word ;;
	9) to=$((RANDOM % (${#line} + 1))); lines[at]=${line:0:to}$word${line:to} ;;
	10) to=$((RANDOM % (${#line} + 1))); lines[at]=${line:0:to}${line:to + 1} ;;
	esac
}

# well_formed FILE: by somebody else's judgement, where there is one. jq takes the last of
# two equal keys; so it writes less than it read then.
well_formed()
{
	[ -x "$ROOT/build/sysroot/usr/bin/jq" ] || return 0
	"$ROOT/scripts/sandbox" jq -c . <"$1" >"$KTAP_TMP/jq" 2>&1 || fail "took what is no JSON: $(cat "$KTAP_TMP/jq")"
	equal "$(grep -o '":' "$KTAP_TMP/jq" | wc -l)" "$(grep -o '"[[:space:]]*:' "$1" | wc -l)" "keys, and different ones"
}

# only_ours: accel-config heard of no other device or queue
only_ours()
{
	local name
	while read -r name; do
		if [[ $name != iax* && $name != wq* ]] || [ ! -e "$DSA/devices/$name" ]; then
			fail "accel-config was told of $name"
		fi
	done < <(grep -v '^\(modprobe\|load-config\)' "$IAA_ROOT/calls" | grep -oE '[a-z]+[0-9]+(\.[0-9]+)?$' | sort -u)
}

test_files()
{
	local good lines case i status word taken=0
	RANDOM=${SEED:-1}	# here, since a subshell begins with another one
	cd "$KTAP_TMP"
	machine --dsa --packages 1 --devices 1
	iaa-config -q 2 --print >good.json
	mapfile -t good <good.json
	for ((case = 0; case < CASES; case++)); do
		lines=("${good[@]}")
		for ((i = RANDOM % 3; i >= 0; i--)); do mutate; done
		printf '%s\n' "${lines[@]}" >bad.json
		run iaa-config --load bad.json
		if [ "$status" -eq 2 ]; then
			untouched
		else
			taken=$((taken + 1))
			well_formed bad.json
			only_ours
			as_before
		fi
	done
	info "seed ${SEED:-1}: $CASES files, $taken taken"
}

# Bytes that are no text, much of everything, and depth
test_odd_files()
{
	local status name
	cd "$KTAP_TMP"
	machine --dsa --packages 1 --devices 1
	head -c 20000 /dev/urandom >random
	head -c 20000 /dev/zero >zeroes
	printf '[%.0s' {1..20000} >deep
	printf '[{"dev":"iax1","groups":%.0s' {1..2000} >objects
	{ iaa-config --print | sed -n 1,3p; printf '"key%d":1,' {1..20000}; } >long
	{ printf '[{"dev":"'; printf 'x%.0s' {1..100000}; printf '"}]'; } >word
	mkdir directory
	for name in random zeroes deep objects long word directory /dev/null; do
		run iaa-config --load "$name"
		equal "$status" 2 "status of --load $name"
		untouched
	done
}

test_options()
{
	local case i status args word
	RANDOM=${SEED:-1}
	cd "$KTAP_TMP"
	machine --packages 1 --devices 1
	iaa-config -q 2 --print >GOOD
	head -n 9 GOOD >BAD
	for ((case = 0; case < CASES / 2; case++)); do
		args=()
		for ((i = RANDOM % 4; i >= 0; i--)); do args+=("${OPTIONS[RANDOM % ${#OPTIONS[@]}]}"); done
		rm -f bad.json
		run iaa-config "${args[@]}"
		if [ "$status" -eq 2 ]; then
			untouched
		else
			only_ours
			as_before
		fi
	done
}

ktap_main
