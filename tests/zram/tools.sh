#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What people set zram up with. Fails where one of them does not get the algorithm it asked
# for.
#
# vm: kernel=test
# timeout: 400
. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/iaa.sh"

selected() { grep -o '\[.*\]' "/sys/block/${1#/dev/}/comp_algorithm"; }

zram_put_away()
{
	swapoff "$1" 2>/dev/null || true
	zramctl --reset "$1"
}

test_zramctl()
{
	local dev name
	need_zram deflate-iaa
	for name in deflate-iaa deflate-iaa-dynamic; do
		must zramctl --find --size 32M --algorithm $name
		dev=$(<"$KTAP_TMP/out")
		defer zram_put_away "$dev"
		equal "$(selected "$dev")" "[$name]" "algorithm"
		equal "$(zramctl --noheadings --output ALGORITHM "$dev" | tr -d ' ')" $name "zramctl's list"
		must blk-verify both --size 8M "$dev"
	done
	must_fail zramctl --find --size 32M --algorithm deflate-iax
}

test_zramswap()
{
	local before
	need_command zramswap mkswap
	need_zram deflate-iaa
	[ -e /etc/default/zramswap ] || skip "no /etc/default/zramswap"
	! grep -q zram /proc/swaps || skip "zram is in use for swap"
	cp /etc/default/zramswap "$KTAP_TMP/zramswap"
	defer cp "$KTAP_TMP/zramswap" /etc/default/zramswap
	defer sh -c 'zramswap stop || true'
	printf 'ALGO=deflate-iaa\nSIZE=64\nPRIORITY=100\n' >/etc/default/zramswap
	[ -e /sys/block/zram0 ] || cat /sys/class/zram-control/hot_add >/dev/null
	must zramswap start
	equal "$(selected zram0)" '[deflate-iaa]' "algorithm"
	grep -q /dev/zram0 /proc/swaps || fail "no swap on zram0: $(<"$KTAP_TMP/out")"
	before=$(zram_stat zram0 io_stat 2)
	must swap-verify --size 8M --pageout
	at_least "$(awk '$3 == "zram0" { print $4 }' /proc/diskstats)" 1 "reads of zram0"
	equal "$(zram_stat zram0 io_stat 2)" "$before" "failed writes"
	must zramswap stop
}

# generated ALGORITHM: have zram-generator set zram0 up with it
generated()
{
	local generator=/usr/lib/systemd/system-generators/zram-generator
	[ -x $generator ] || skip "no zram-generator"
	need_zram deflate-iaa
	rm -rf "$KTAP_TMP/units"
	mkdir -p /etc/systemd "$KTAP_TMP/units"
	[ ! -e /etc/systemd/zram-generator.conf ] || skip "zram-generator is configured here"
	defer rm -f /etc/systemd/zram-generator.conf
	printf '[zram0]\nzram-size = 64\ncompression-algorithm = %s\n' "$1" \
		>/etc/systemd/zram-generator.conf
	[ -e /sys/block/zram0 ] || cat /sys/class/zram-control/hot_add >/dev/null
	# It has systemd write the swap signature, which is not in every guest.
	if [ ! -e /usr/lib/systemd/systemd-makefs ]; then
		# shellcheck disable=SC2016
		printf '#!/bin/sh\nexec mkswap "$2"\n' >/usr/lib/systemd/systemd-makefs
		chmod +x /usr/lib/systemd/systemd-makefs
		defer rm /usr/lib/systemd/systemd-makefs
	fi
	must $generator "$KTAP_TMP/units" "$KTAP_TMP/units" "$KTAP_TMP/units"
	must $generator --setup-device zram0
	defer zram_put_away /dev/zram0
	equal "$(selected zram0)" '[deflate-iaa]' "algorithm"
}

test_zram_generator() { generated deflate-iaa; }

test_zram_generator_with_level()
{
	generated 'deflate-iaa(level=3)'
	must swapon /dev/zram0
	must swap-verify --size 8M --pageout
}

ktap_main
