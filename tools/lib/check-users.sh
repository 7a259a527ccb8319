# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
#
# Who uses deflate-iaa, and who serves it. Sourced by iaa-doctor.

: "${serving=0}" "${users=0}"

# has_header_generation: whether some device does the dynamic mode (IAACAP bit 8)
has_header_generation()
{
	local device
	for device in "${devices[@]}"; do
		attr "$DSA/devices/$device/iaa_cap" 0
		[ $((0x${REPLY#0x} >> 8 & 1)) -eq 0 ] || return 0
	done
	return 1
}

# check_use USER ALGORITHM: one that uses it; sets users
check_use()
{
	users=$((users + 1))
	if [ "$2" = deflate-iaa-dynamic ] && ! has_header_generation; then
		finding "$1 uses $2, which only software does here: the devices are IAA 1.0" \
			"use deflate-iaa instead"
	else
		good "$1 uses $2"
	fi
}

# selected FILE: set REPLY to the words in brackets, of all lines
selected()
{
	local line found=
	while IFS= read -r line; do
		[[ ! $line =~ \[(.*)\] ]] || found+="${BASH_REMATCH[1]} "
	done <"$1"
	REPLY=${found% }
}

check_zram_device()
{
	local dir=$1 name=${1##*/} using secondary=
	selected "$dir/comp_algorithm"
	using=$REPLY
	attr "$dir/initstate" 0
	if [ "$REPLY" != 1 ]; then
		good "$name is not set up ($using is selected)"
		return
	fi
	if [ -r "$dir/recomp_algorithm" ]; then
		selected "$dir/recomp_algorithm"
		secondary=$REPLY
	fi
	if [[ $using == deflate-iaa* ]]; then
		check_use "$name" "$using"
	elif [[ $secondary =~ deflate-iaa[a-z-]* ]]; then
		check_use "$name, for recompression," "${BASH_REMATCH[0]}"
	else
		note "$name uses $using${secondary:+ and $secondary}, which IAA does not serve" \
			"swapoff /dev/$name; echo 1 > /sys/block/$name/reset; echo deflate-iaa > /sys/block/$name/comp_algorithm" \
			"for zram-tools: ALGO=deflate-iaa in /etc/default/zramswap; systemctl restart zramswap"
	fi
}

check_zram()
{
	local dir
	for dir in "$SYS"/block/zram*; do
		[ -e "$dir/comp_algorithm" ] || continue
		attr "$dir/comp_algorithm"
		if [[ $REPLY != *deflate-iaa* ]]; then
			finding "zram does not know deflate-iaa" "boot a kernel with CONFIG_ZRAM_BACKEND_DEFLATE_IAA=y"
			return
		fi
		check_zram_device "$dir"
	done
}

check_zswap()
{
	local compressor asked='' swaps
	[ -e "$ZSWAP/compressor" ] || { good "there is no zswap in this kernel"; return; }
	attr "$ZSWAP/compressor"
	compressor=$REPLY
	attr "$PROC/cmdline"
	[[ ! $REPLY =~ zswap\.compressor=([^ ]*) ]] || asked=${BASH_REMATCH[1]}
	if [[ $asked == deflate-iaa* ]] && [ "$asked" != "$compressor" ]; then
		finding "zswap was asked for $asked at boot and uses $compressor" \
			"echo $asked > /sys/module/zswap/parameters/compressor"
		return
	fi
	attr "$ZSWAP/enabled" N
	if [ "$REPLY" != Y ]; then
		good "zswap is not enabled (compressor $compressor)"
	elif [[ $compressor == deflate-iaa* ]]; then
		check_use zswap "$compressor"
		mapfile -t swaps <"$PROC/swaps"
		[ ${#swaps[@]} -gt 1 ] ||
			note "zswap is enabled, and there is no swap device for it" "swapon DEVICE"
	else
		note "zswap uses $compressor, which IAA does not serve" \
			"echo deflate-iaa > /sys/module/zswap/parameters/compressor"
	fi
}

check_users()
{
	check_zram
	check_zswap
	[ "$users" -gt 0 ] || finding "neither zram nor zswap uses deflate-iaa" \
		"zramctl --find --size 4G --algorithm deflate-iaa" \
		"echo deflate-iaa > /sys/module/zswap/parameters/compressor; echo Y > /sys/module/zswap/parameters/enabled"
}

# read_stats: stats[total_comp_calls]=..., from global_stats; fails if there is none
declare -A stats=()
read_stats()
{
	local key value
	stats=()
	[ -r "$DEBUGFS/global_stats" ] || return
	while read -r key value; do
		[[ $key != *: ]] || [ -z "$value" ] || stats[${key%:}]=$value
	done <"$DEBUGFS/global_stats"
	hardware=$((${stats[total_comp_calls]:-0} + ${stats[total_decomp_calls]:-0}))
	software=$((${stats[total_sw_comp_calls]:-0} + ${stats[total_sw_decomp_calls]:-0}))
}

# fallback REASON COUNT: what to do about work that went to software
fallback()
{
	case $1 in
	# Without a queue now that is a finding of check_queues
	no_queue) good "$2 requests came while there was no queue" ;;
	no_mode) finding "$2 requests wanted the dynamic mode, which no device has: software did them" \
			"use deflate-iaa instead of deflate-iaa-dynamic" ;;
	busy)	finding "$2 requests found all queues full: software did them" \
			"iaa-config without -d, or with more queues (-q), uses all that is there" ;;
	too_long) finding "$2 requests were longer than a queue's max_transfer_size: software did them" \
			"iaa-config, which leaves max_transfer_size at the device's own" ;;
	no_mapping) finding "$2 requests could not be mapped for the device: software did them; dmesg | grep -i -e swiotlb -e iommu" \
			"boot with more room for bounce buffers, swiotlb=65536, or with iommu=pt" ;;
	timed_out|hw_error|lied)
		finding "devices failed on $2 requests ($1): software did them, nothing was lost; dmesg | grep -e idxd -e wq" \
			"take the device out: accel-config disable-device iaxN (wq_stats in $DEBUGFS shows which)" \
			"or, if that is over, have it forgotten: echo 1 > $DEBUGFS/stats_reset" ;;
	*)	note "$2 requests went to software: $1" ;;
	esac
}

# check_service: reasons below one in a hundred are noise, except those that are a
# device's failure
check_service()
{
	local key count total
	if ! read_stats; then
		if [ -e "$SYS/kernel/debug/block" ] || [ -d "$SYS/kernel/debug/dri" ]; then
			note "there are no statistics: the module iaa_comp is not loaded, so nobody uses deflate-iaa"
		else
			note "the statistics can't be read" "mount -t debugfs debugfs /sys/kernel/debug"
		fi
		return
	fi
	total=$((hardware + software))
	for key in "${!stats[@]}"; do
		count=${stats[$key]}
		if [[ $key != fallback_* ]] || [ "$count" -eq 0 ]; then
			continue
		fi
		case ${key#fallback_} in
		timed_out|hw_error|lied) fallback "${key#fallback_}" "$count" ;;
		*)	if [ $((count * 100)) -gt "$total" ]; then
				fallback "${key#fallback_}" "$count"
			else
				good "$count of $total requests went to software: ${key#fallback_}"
			fi ;;
		esac
	done
}
