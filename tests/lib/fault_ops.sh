# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The operations of the fault matrix. Sourced after ktap.sh, iaa.sh, swap.sh, zswap.sh.
#
# Each operation has a name in OPERATIONS, and three functions:
#
#   op_NAME_prepare	all that comes before the fault
#   op_NAME_run		the operation, with the fault in force
#   op_NAME_check	read all pages that it was about
#
# They go by $batch (single, batch) and $algorithm, add to $lost the pages that could not be
# read, to $wrong those that were wrong, and may set $skip, the number of descriptors before
# the fault. They wait for $BOUND seconds.
#
#   ops_setup		what all of them need, until the case ends
#   device_do WORD...	iaa-fault, for the device $bdf, which does not answer while its
#			function is reset. Its output is $KTAP_TMP/device
#   nap SECONDS		sleep, without another process
#   stats_read		the driver's statistics, to the associative array $stats

# The rotation goes by their places. In this order a fault of compressions only meets all
# modes, batches and algorithms, too
# shellcheck disable=SC2034
OPERATIONS=(write read swap_in swap_out recomp_from recomp_to load store writeback acomp)
# shellcheck disable=SC2034
declare -A OPERATION_DIRECTION=(
	[write]=compress [read]=decompress
	[swap_out]=compress [swap_in]=decompress
	[recomp_to]=compress [recomp_from]=decompress
	[store]=compress [load]=decompress [writeback]=decompress
	[acomp]=either
)
# Those that have only one way
# shellcheck disable=SC2034
declare -A OPERATION_BATCH=([acomp]=single)

SIZE=256K
PAGES=64

# The cell's
# shellcheck disable=SC2034
batch='' algorithm='' want='' bdf='' zram='' out='' lost=0 wrong=0 skip=0

exec {ops_nap}<> <(:)
nap() { read -rt "$1" -u "$ops_nap" || true; }

stats_read()
{
	local key value
	while read -r key value; do
		[ -z "$value" ] || stats[${key%:}]=$value
	done <"$IAA_DEBUG/global_stats"
}

device_do()
{
	local try
	for ((try = 0; try < 100; try++)); do
		! iaa-fault "$bdf" "$@" >"$KTAP_TMP/device" 2>&1 || return 0
		nap 0.1
	done
	fail "iaa-fault $bdf $*: $(<"$KTAP_TMP/device")"
}

ops_setup()
{
	ram_disk 16M
	must mkswap /dev/ram0
	folio_size 64K
	defer put "$(<"$ZSWAP/enabled")" "$ZSWAP/enabled"
	defer put "$(<"$ZSWAP/compressor")" "$ZSWAP/compressor"
	defer put "$(<"$ZSWAP/max_pool_percent")" "$ZSWAP/max_pool_percent"
	put N "$ZSWAP/enabled"
	page_cluster 0
}

# Waiting

# hangs WHAT: it does not end; the kernel's log has the tasks that are blocked
hangs()
{
	{ echo w >/proc/sysrq-trigger; } 2>/dev/null || true
	fail "no end in $BOUND s: $*"
}

# until_true COMMAND...: within $BOUND seconds
until_true()
{
	local end=$((SECONDS + BOUND))
	until "$@"; do
		[ $SECONDS -lt $end ] || hangs "$*"
		nap 0.02
	done
}

# bounded COMMAND...: its status; what it says is in $KTAP_TMP/bounded
bounded()
{
	local end status
	exec {end}< <("$@" >"$KTAP_TMP/bounded" 2>&1 && echo 0 || echo $?)
	read -rt "$BOUND" -u "$end" status || hangs "$*"
	exec {end}<&-
	return "$status"
}

# written VALUE FILE: an attribute whose write is the operation; it has to succeed
write_to() { printf '%s\n' "$1" >"$2"; }
written()
{
	bounded write_to "$@" || fail "writing $1: $(<"$KTAP_TMP/bounded")"
}

# tally FILE: of what blk-verify or swap-verify said
tally()
{
	local key value seen=''
	while read -r key value; do
		case $key in
		failed|lost) lost=$((lost + value)) seen+=$key ;;
		wrong) wrong=$((wrong + value)) seen+=$key ;;
		esac
	done <"$1"
	case $seen in
	failedwrong|lostwrong) ;;
	*) fail "it said: $(<"$1")" ;;
	esac
}

# zram

# zram_here: a device for the cell's algorithm in $zram, with rings or without
zram_here()
{
	zram_create zram "$algorithm" 1M
	[ "$batch" = batch ] || put 1 "$(zram_attr "$zram" batch_size)"
}

blk() { bounded blk-verify "$@" --size $SIZE "$zram" || true; tally "$KTAP_TMP/bounded"; }

op_write_prepare() { zram_here; }
op_write_run() { blk write --bs 64K; }
op_write_check() { blk check --bs 4K; }

op_read_prepare()
{
	zram_here
	must blk-verify write --size $SIZE "$zram"
}

op_read_run() { blk check --bs 64K; }

# What was read wrong has not been written wrong
op_read_check()
{
	must blk-verify check --size $SIZE --bs 64K "$zram"
	must blk-verify check --size $SIZE --bs 4K "$zram"
}

# recomp_prepare FROM TO: all slots are idle
recomp_prepare()
{
	zram_create zram lzo-rle 1M
	put 1 "$(zram_attr "$zram" reset)"
	put "$1" "$(zram_attr "$zram" comp_algorithm)"
	put "algo=$2 priority=1" "$(zram_attr "$zram" recomp_algorithm)"
	put 1M "$(zram_attr "$zram" disksize)"
	[ "$batch" = batch ] || put 1 "$(zram_attr "$zram" batch_size)"
	must blk-verify write --size $SIZE "$zram"
	put all "$(zram_attr "$zram" idle)"
}

op_recomp_to_prepare() { recomp_prepare lz4 "$algorithm"; }
op_recomp_to_run() { written type=idle "$(zram_attr "$zram" recompress)"; }
op_recomp_to_check() { blk check --bs 4K; }

op_recomp_from_prepare() { recomp_prepare "$algorithm" zstd; }

# It ends with the first slot that can't be read
op_recomp_from_run()
{
	if [ "$want" = refused ]; then
		bounded write_to type=idle "$(zram_attr "$zram" recompress)" || true
	else
		written type=idle "$(zram_attr "$zram" recompress)"
	fi
}

op_recomp_from_check() { blk check --bs 4K; }

# Swap

# out OPTION...: memory is written and goes out, as far as it is asked to; back has it
# checked, and ends that. $out is where the process says that it ended
out()
{
	[ ! -e "$KTAP_TMP/go" ] || rm "$KTAP_TMP/go"
	: >"$KTAP_TMP/held"
	exec {out}< <(swap-verify --size $SIZE --pageout --lost --hold "$KTAP_TMP/go" "$@" \
		>>"$KTAP_TMP/held" 2>&1 && echo 0 || echo $?)
	# Of a failed case, too: it may hold the device
	defer out_end "$out"
	until_true out_is_held
}

out_is_held()
{
	local line
	while read -r line; do
		[ "$line" != holding ] || return 0
	done <"$KTAP_TMP/held"
	return 1
}

# out_end FD: the process has ended; a second time there is nothing to read
out_end()
{
	local status
	: >"$KTAP_TMP/go"
	read -rt "$BOUND" -u "$1" status || [ $? -le 128 ]
}

back()
{
	out_end "$out" || hangs swap-verify
	tally "$KTAP_TMP/held"
}

# zram_swap: swap on a zram for the cell's algorithm
zram_swap()
{
	zram_here
	must mkswap "$zram"
	must swapon -p 100 "$zram"
	defer swapoff "$zram"
}

# Where there are rings readahead reads several pages at once
cluster() { [ "$batch" = single ] || page_cluster 3; }

op_swap_out_prepare() { zram_swap; }
op_swap_out_run() { out; }
op_swap_out_check() { back; }

op_swap_in_prepare() { zram_swap; cluster; out; }
op_swap_in_run() { back; }
op_swap_in_check() { :; }

# zswap

# zswap_here: zswap with the cell's algorithm, over the RAM disk. That one is no swap
# otherwise, since the kernel goes on with the device that it used last
zswap_here()
{
	must swapon /dev/ram0
	defer swapoff /dev/ram0
	put "$algorithm" "$ZSWAP/compressor"
	put Y "$ZSWAP/enabled"
	defer put N "$ZSWAP/enabled"
}

op_store_prepare() { zswap_here; }

op_store_run()
{
	if [ "$batch" = batch ]; then out --huge; else out; fi
}

op_store_check() { back; }

op_load_prepare()
{
	zswap_here
	if [ "$batch" = batch ]; then out --willneed; else out; fi
	at_least "$(zswap_count stored_pages)" $((PAGES / 2)) "pages in zswap"
}

op_load_run() { back; }
op_load_check() { :; }

# One page alone is decompressed by itself
op_writeback_prepare()
{
	zswap_here
	if [ "$batch" = batch ]; then
		out
	else
		skip=0
		out --size 4K
	fi
	at_least "$(zswap_count stored_pages)" 1 "pages in zswap"
}

zswap_is_empty()
{
	local pages
	read -r pages <"$ZSWAP_DEBUG/stored_pages"
	[ "$pages" -eq 0 ]
}

# A pool that is full, and somebody who wants to store
op_writeback_run()
{
	defer put "$(<"$ZSWAP/max_pool_percent")" "$ZSWAP/max_pool_percent"
	put 0 "$ZSWAP/max_pool_percent"
	must swap-verify --size 16K --pageout
	until_true zswap_is_empty
}

op_writeback_check() { back; }

# Plain requests of the crypto API, of one page, by four tasks at once. zswap is the one
# that makes them: nothing else in the kernel takes these algorithms.
op_acomp_prepare() { zswap_here; }

op_acomp_run()
{
	bounded swap-verify --size $SIZE --pageout --lost --threads 4 || true
	tally "$KTAP_TMP/bounded"
}

op_acomp_check() { :; }
