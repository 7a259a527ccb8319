# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
#
# Seeing with one's own eyes: data through a zram device of our own. Sourced by
# iaa-doctor for --test.

PROBE_PAGES=256

# Lines of 64 bytes, and no more of them than are read: seq must not end by SIGPIPE
probe_data() { seq -f 'line %7.0f of what iaa-doctor compresses and reads back again' $((PROBE_PAGES * 64)); }

# probe_device: data onto the zram device of this number, and back; prints nothing
probe_device()
{
	local dev=/dev/zram$1 dir=$SYS/block/zram$1 sum
	echo deflate-iaa >"$dir/comp_algorithm" || return
	echo $((PROBE_PAGES * 4096)) >"$dir/disksize" || return
	sum=$(probe_data | md5sum)
	probe_data | dd of="$dev" bs=64K iflag=fullblock oflag=direct status=none || return
	[ "$(dd if="$dev" bs=64K iflag=direct status=none | md5sum)" = "$sum" ]
}

# check_probe: pages that went through, and who did them
check_probe()
{
	local id before pages status=0
	modprobe -q zram num_devices=0 2>/dev/null || true
	id=$({ cat "$SYS/class/zram-control/hot_add"; } 2>/dev/null) || {
		finding "--test: no zram device can be added" "modprobe zram"
		return 0
	}
	read_stats || true
	before=$hardware
	probe_device "$id" 2>/dev/null || status=1
	read_stats || true
	echo 1 >"$SYS/block/zram$id/reset"
	echo "$id" >"$SYS/class/zram-control/hot_remove"
	pages=$((hardware - before))
	if [ $status -ne 0 ]; then
		finding "--test: data did not come back from zram$id as it was written; dmesg says why"
	elif [ $pages -ge $((2 * PROBE_PAGES)) ]; then
		good "--test: $PROBE_PAGES pages went through zram and back, all by hardware"
	else
		finding "--test: of $PROBE_PAGES pages written to zram and read back, hardware did only $pages of $((2 * PROBE_PAGES)) requests" \
			"the findings above, and the reasons in $DEBUGFS/global_stats, say why"
	fi
}
