#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Anything at all is written to every attribute, module parameter and debugfs file of the
# driver, zram and zswap, while pages are read and written. Fails if a page is wrong
# afterwards, if the kernel complains, or if the device does not serve any more.
#
# SEED=N (default 1) makes other values; ROUNDS=N (default 1) goes N times over all files.
#
# vm: kernel=test devices=2
# timeout: 600
. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/iaa.sh"
. "$(dirname "$0")/../lib/zswap.sh"
. "$(dirname "$0")/../lib/swap.sh"

ROUNDS=${ROUNDS:-1}
VALUES=30		# random ones for each file in a round, after those of EVIL
SIZE=4M

# Values as printf %b takes them
EVIL=('\n' '0' '-1' '\0' '1\0001' '256' '4294967296' '18446744073709551615' '18446744073709551616'
	'0x7fffffffffffffff' '-9223372036854775808' '1K' '%s%s%n%p' '\xff\xfe\x80\xc3\x28' '='
	'../../../../etc/passwd' 'type=' 'algo= priority=' 'page_indexes=9-2' 'Y\n' 'none')
WORDS=(type idle huge huge_idle incompressible threshold algo lzo-rle zstd deflate-iaa deflate
	priority max_pages page_index page_indexes level dict all sync async async_irq
	'deflate.winbits' 0 1 2 3 9 15 16 64 100 1000 4000 70000 -1 -12)
GLUE=(' ' '=' '-' '\n' ',' '\t' '')
# What some file takes, alone or several of them
PHRASES=(type=idle type=huge type=huge_idle type=incompressible threshold=100 threshold=2000
	algo=zstd algo=lz4 algo=deflate-iaa priority=1 priority=2 level=3 level=-5 max_pages=64
	deflate.winbits=-12 page_index=7 page_indexes=0-900 page_indexes=100-99999999 all idle huge
	0 1 2 5 16 33 900K 3M sync async async_irq)

# Files that are left out: shell patterns, with the reason
LEFT_OUT=(
	'*/uevent'			# the driver core's: has events made, for udev
	'*/zram-control/hot_add'	# has no store; a read makes a device
)

left_out()
{
	local pattern
	for pattern in "${LEFT_OUT[@]}"; do
		# shellcheck disable=SC2053
		[[ $1 != $pattern ]] || return 0
	done
	return 1
}

# files PATH...: the regular files among them, into the array "files". Those without a write
# permission, too: root is not stopped by that.
files()
{
	local path
	files=()
	for path; do
		[ ! -f "$path" ] || left_out "$path" || files+=("$path")
	done
	[ ${#files[@]} -gt 0 ] || fail "none of these files is there: $*"
}

# bytes N: random ones
bytes()
{
	local i byte
	value=
	for ((i = 0; i < $1; i++)); do
		printf -v byte '\\x%02x' $((RANDOM & 255))
		value+=$byte
	done
}

random_value()
{
	local i
	value=
	case $((RANDOM % 12)) in
	0) bytes $((RANDOM % 60 + 1)) ;;
	1) value=$((RANDOM * (RANDOM % 3 ? 1 : 32768 * 1024))) ;;
	2) printf -v value '%*s' $((4090 + RANDOM % 10)) '' && value=${value// /A} ;;
	3) printf -v value '%*s' $((RANDOM % 1300)) '' && value=${value// /"${WORDS[RANDOM % ${#WORDS[@]}]} "} ;;
	[4-7]) for ((i = RANDOM % 3; i >= 0; i--)); do
			value+="${PHRASES[RANDOM % ${#PHRASES[@]}]} "
		done
		value=${value% } ;;
	*) for ((i = RANDOM % 7; i >= 0; i--)); do
			value+=${WORDS[RANDOM % ${#WORDS[@]}]}${GLUE[RANDOM % ${#GLUE[@]}]}
		done ;;
	esac
}

# throw VALUE FILE: it may be taken or refused
throw()
{
	writes=$((writes + 1))
	# shellcheck disable=SC2059
	if { printf '%b' "$1" >"$2"; } 2>/dev/null; then taken=$((taken + 1)); fi
}

# Whatever it does now, it can be read, or says why not.
look() { cat "$1" >/dev/null 2>&1 || true; }

# writable FILE: by its mode; root may open a file without
writable() { (($(stat -c '0%a' "$1") & 0222)); }

# fuzz: all of "files"
fuzz()
{
	local round file value i writes=0 taken=0
	RANDOM=${SEED:-1}	# here, since a subshell begins with another one
	for ((round = 0; round < ROUNDS; round++)); do
		for file in "${files[@]}"; do
			look "$file"
			for value in "${EVIL[@]}"; do throw "$value" "$file"; done
			writable "$file" || continue
			for ((i = 0; i < VALUES; i++)); do
				random_value
				throw "$value" "$file"
			done
			look "$file"
		done
	done
	info "seed ${SEED:-1}: $writes writes to ${#files[@]} files, $taken taken"
}

# restore_later FILE...: what they read as now is written back when the case ends
restore_later()
{
	local file now
	for file; do
		now=$(cat "$file" 2>/dev/null) || continue
		[ ! -w "$file" ] || [ -z "$now" ] || defer write_back "$now" "$file"
	done
}

write_back() { { printf '%s\n' "$1" >"$2"; } 2>/dev/null || true; }

# readers DEV: pages of it are read and checked all the time, until readers_end
readers()
{
	touch "$KTAP_TMP/reading"
	while [ -e "$KTAP_TMP/reading" ]; do
		blk-verify check --size $SIZE "$1" >"$KTAP_TMP/reader" 2>&1 || exit 1
	done &
	reader=$!
	defer rm -f "$KTAP_TMP/reading"
}

readers_end()
{
	rm -f "$KTAP_TMP/reading"
	wait "$reader" || fail "a page that was read meanwhile: $(<"$KTAP_TMP/reader")"
}

# hardware_serves: by itself, sooner or later, with the driver's attributes as they were
hardware_serves()
{
	local dev i
	zram_create dev deflate-iaa 8M
	for ((i = 0; i < 40; i++)); do
		iaa_stats_reset
		must blk-verify both --size 1M --round "$i" "$dev"
		[ "$(iaa_stat total_comp_calls)" -lt 100 ] || return 0
		sleep 0.5
	done
	fail "no pages are compressed in hardware: $(<"$IAA_DEBUG/global_stats")"
}

# Pages that came compressed by three algorithms, and some that are on the disk
pages()
{
	need_zram deflate-iaa
	need_iaa
	iaa_configure
	ram_disk 32M
	zram_create "$1" deflate-iaa 16M
	local attr
	attr=/sys/block/${!1#/dev/}
	put 1 "$attr/reset"
	put deflate-iaa "$attr/comp_algorithm"
	[ ! -e "$attr/recomp_algorithm" ] || put 'algo=zstd priority=1' "$attr/recomp_algorithm"
	[ ! -e "$attr/backing_dev" ] || put /dev/ram0 "$attr/backing_dev"
	put 16M "$attr/disksize"
	must blk-verify write --size $SIZE "${!1}"
}

test_driver()
{
	local dev reader
	pages dev
	files "$IAA_DRIVER"/* /sys/module/{iaa_crypto,iaa_comp}/parameters/* "$IAA_DEBUG"/*
	# In a subshell: the settings are back when it ends, before hardware has to serve.
	(
		ktap_deferred=()
		trap ktap_run_deferred EXIT
		restore_later "$IAA_DRIVER"/*[^d] /sys/module/iaa_crypto/parameters/*
		readers "$dev"
		fuzz
		readers_end
	)
	must blk-verify check --size $SIZE "$dev"
	hardware_serves
}

# The device is open all the time, so that a reset is refused. What is written meanwhile may
# fail, as there may be a limit to its memory; what was written before stays.
test_zram_in_use()
{
	local dev reader attr
	pages dev
	attr=/sys/block/${dev#/dev/}
	exec 9<"$dev"
	files "$attr"/* /sys/class/zram-control/* /sys/module/zram/parameters/* \
		/sys/kernel/debug/zram/"${dev#/dev/}"/*
	readers "$dev"
	while [ -e "$KTAP_TMP/reading" ]; do
		dd if=/corpus/text.pages of="$dev" bs=64k count=16 seek=64 oflag=direct status=none 2>/dev/null || sleep 0.1
	done &
	fuzz
	readers_end
	wait
	must blk-verify check --size $SIZE "$dev"
	exec 9<&-
	put 0 "$attr/mem_limit"
	must blk-verify both --size 8M --round 1 "$dev"
	hardware_serves
}

# One that has no size yet takes more; then it works, or says why it does not.
test_zram_in_the_making()
{
	need_zram deflate-iaa
	local dev attr file i writes=0 taken=0 value
	RANDOM=${SEED:-1}
	zram_create dev deflate-iaa 8M
	attr=/sys/block/${dev#/dev/}
	put 1 "$attr/reset"
	files "$attr"/*
	for ((i = 0; i < 12 * ROUNDS; i++)); do
		for file in "${files[@]}"; do
			case $file in */disksize|*/reset) continue ;; esac
			random_value
			throw "${EVIL[RANDOM % ${#EVIL[@]}]}" "$file"
			throw "$value" "$file"
		done
		if { echo 8M >"$attr/disksize"; } 2>/dev/null; then
			write_back 0 "$attr/mem_limit"
			must blk-verify both --size 1M "$dev"
		fi
		put 1 "$attr/reset"
	done
	info "seed ${SEED:-1}: $writes writes to ${#files[@]} files, $taken taken"
	# Sizes last: a device of petabytes is refused, one of a few gigabytes is not.
	for value in "${EVIL[@]}"; do
		throw "$value" "$attr/disksize"
		put 1 "$attr/reset"
	done
	put deflate-iaa "$attr/comp_algorithm"
	put 8M "$attr/disksize"
	must blk-verify both --size 4M "$dev"
}

test_zswap()
{
	local held
	need_iaa
	iaa_configure
	zswap_setup deflate-iaa 64M
	restore_later "$ZSWAP"/*
	held swap-verify --size 8M --pageout
	files "$ZSWAP"/* "$ZSWAP_DEBUG"/*
	fuzz
	let_go
	put deflate-iaa "$ZSWAP/compressor"
	put Y "$ZSWAP/enabled"
	must swap-verify --size 4M --pageout
}

ktap_main
