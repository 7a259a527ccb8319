#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Both ways to encode, on a device that has both (IAA 2.0): what the device compresses
# software can read, and the other way round; and no page needs the other one's help. It
# fails where a stream is not complete without the device that made it.
#
# vm: devices=4 iaa=version=0x200,int-handles=on,op-config=on
# debug: yes
# timeout: 240
# shellcheck source=../lib/ktap.sh
. "$(dirname "$0")/../lib/ktap.sh"
# shellcheck source=../lib/iaa.sh
. "$(dirname "$0")/../lib/iaa.sh"

SIZE=4M
PAGES=1024
# Bytes that devices write in self-tests, at the most
SELF_TESTS=65536

# no_fallbacks REASON...
no_fallbacks()
{
	local reason
	for reason; do
		equal "$(iaa_stat "fallback_$reason")" 0 "requests that went to software: $reason"
	done
}

# device_to_software ALGORITHM: a device writes, it goes, software reads
device_to_software()
{
	local zram=''
	need_iaa
	need_zram "$1"
	need_command blk-verify
	iaa_configure
	iaa_stats_reset
	zram_create zram "$1" "$SIZE"
	must blk-verify write --size "$SIZE" "$zram"
	at_least "$(iaa_stat total_comp_calls)" $((PAGES / 2)) "pages compressed by devices"
	no_fallbacks no_mode too_long hw_error lied
	iaa_unconfigure
	must blk-verify check --size "$SIZE" "$zram"
	at_least "$(iaa_stat total_sw_decomp_calls)" $((PAGES / 2)) "pages decompressed by software"
}

# software_to_device ALGORITHM: software writes, then a device comes and reads
software_to_device()
{
	local zram=''
	need_iaa
	need_zram "$1"
	need_command blk-verify
	iaa_unconfigure
	zram_create zram "$1" "$SIZE"
	must blk-verify write --size "$SIZE" "$zram"
	iaa_configure
	iaa_stats_reset
	must blk-verify check --size "$SIZE" "$zram"
	at_least "$(iaa_stat total_decomp_calls)" $((PAGES / 2)) "pages decompressed by devices"
	equal "$(iaa_stat total_sw_decomp_calls)" 0 "pages decompressed by software"
}

# verified ALGORITHM: a device reads back what it compressed, and agrees
verified()
{
	local zram=''
	need_iaa
	need_zram "$1"
	iaa_configure
	defer put 0 "$IAA_DRIVER/verify_compress"
	put 1 "$IAA_DRIVER/verify_compress"
	iaa_stats_reset
	zram_create zram "$1" "$SIZE"
	must blk-verify both --size "$SIZE" "$zram"
	equal "$(iaa_stat total_sw_comp_calls)" 0 "pages compressed by software"
	no_fallbacks lied bad_stream hw_error
}

# written_by_devices: bytes that they wrote by themselves, data and records
written_by_devices()
{
	local dev sum=0
	while read -r dev; do
		sum=$((sum + $(iaa-fault "$dev" stats bytes_written)))
	done < <(iaa_devices)
	printf '%d\n' $sum
}

# incompressible ALGORITHM MOST BLOCK: of blocks of random bytes devices write at most MOST
# bytes for a page; no software tries again, and the page is kept as it is
incompressible()
{
	local zram='' before
	need_iaa
	need_zram "$1"
	need_command iaa-fault
	iaa_configure
	[ "$(written_by_devices 2>/dev/null)" -gt 0 ] || skip "no emulated accelerator with counters"
	zram_create zram "$1" "$SIZE"
	must dd if=/dev/urandom of="$KTAP_TMP/random" bs=1M count=4
	iaa_stats_reset
	before=$(written_by_devices)
	must dd if="$KTAP_TMP/random" of="$zram" bs="$3" oflag=direct
	at_least $(($2 * PAGES + SELF_TESTS)) $(($(written_by_devices) - before)) "bytes that may be written"
	equal "$(iaa_stat total_completion_comp_buf_overflow_errors)" "$PAGES" "pages given up"
	equal "$(iaa_stat total_sw_comp_calls)" 0 "pages compressed by software"
	equal "$(zram_stat "$zram" mm_stat 8)" "$PAGES" "huge pages"
	must cmp -n $((PAGES * 4096)) "$KTAP_TMP/random" "$zram"
}

# A record of 64 bytes is all that comes of an early abort. Without one the room is
# filled, which is what zram keeps of a page at most (3624 of 4096).
test_fixed_gives_up_early() { incompressible deflate-iaa 64 64k; }
test_fixed_gives_up_single_pages_early() { incompressible deflate-iaa 64 4k; }
test_dynamic_has_no_more_room_than_is_kept() { incompressible deflate-iaa-dynamic $((3624 + 64)) 64k; }

# op_config_without OPCODE: a queue's opcodes but this one, for its attribute op_config
op_config_without()
{
	local words=() word i
	IFS=, read -ra words < <(cat "$DSA/devices/wq0.1/op_config")
	i=$((${#words[@]} - 1 - $1 / 32))
	word=$((0x${words[i]} & ~(1 << $1 % 32)))
	words[i]=$(printf %08x $word)
	(IFS=,; printf '%s\n' "${words[*]}")
}

# What a queue may not do (opcodes 0x42, decompress, and 0x43, compress) others still do
test_opcodes_taken_from_a_queue()
{
	local opcode expected
	need_iaa
	[ -w "$DSA/devices/wq0.1/op_config" ] || skip "no queue wq0.1 with op_config"
	for opcode in 66 67; do
		case $opcode in
		66) expected="fixed dynamic decompress,fixed dynamic" ;;
		67) expected="fixed dynamic decompress," ;;
		esac
		iaa_unconfigure
		defer iaa_unconfigure
		put "$(op_config_without $opcode)" "$DSA/devices/wq0.1/op_config"
		iaa_configure_device iax0 2
		equal "$(sed -n 's/^    serves: *//p' "$IAA_DEBUG/wq_stats" | paste -sd,)" "$expected" \
			"what the queues serve without opcode $opcode"
		equal "$(sed -n 's/^    failed: *//p' "$IAA_DEBUG/wq_stats" | paste -sd,)" , "what failed"
	done
}

test_fixed_device_to_software() { device_to_software deflate-iaa; }
test_fixed_software_to_device() { software_to_device deflate-iaa; }
test_fixed_verified() { verified deflate-iaa; }
test_dynamic_device_to_software() { device_to_software deflate-iaa-dynamic; }
test_dynamic_software_to_device() { software_to_device deflate-iaa-dynamic; }
test_dynamic_verified() { verified deflate-iaa-dynamic; }

ktap_main
