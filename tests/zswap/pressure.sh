#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# zswap under real pressure: several threads in a cgroup that is too small for them, while
# what they use changes under them, with single pages and with 64K folios. Fails on a wrong
# page, on a pool that does not go away, and on limits that are not kept. ROUNDS=N in the
# environment: N times the load (1).
#
# vm: devices=4 packages=2 smp=4 iommu=strict
# also: iommu=lazy iaa=version=0x200,int-handles=on,op-config=on
# debug: yes
# timeout: 1200
. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/iaa.sh"
. "$(dirname "$0")/../lib/zswap.sh"

# Every page takes ten times as long with lockdep.
if [ -e /proc/lockdep ]; then
	MEMORY=8M LIMIT=5M
else
	MEMORY=12M LIMIT=7M
fi
LOAD=(swap-verify --size "$MEMORY" --threads 4 --rounds "${ROUNDS:-1}")

hardware()
{
	need_iaa
	iaa_configure
	zswap_setup deflate-iaa
}

# under_load COMMAND...: run COMMAND again and again while the load runs in $group
under_load()
{
	local status=0 pid
	in_cgroup "$group" "${LOAD[@]}" >"$KTAP_TMP/load" 2>&1 &
	pid=$!
	defer cgroup_kill "$group"
	while kill -0 $pid 2>/dev/null; do
		"$@"
	done
	wait $pid || status=$?
	[ $status -eq 0 ] || { sed 's/^/#   /' "$KTAP_TMP/load"; fail "the load failed: $status"; }
	info "$(tr '\n' ' ' <"$KTAP_TMP/load")"
	zswap_empty 30
}

zswpout_of_load() { awk '$1 == "zswpout" { print $2 }' "$KTAP_TMP/load"; }

# huge CASE: the same with folios of 64K, which have to reach zswap as such
huge()
{
	local before
	folio_size 64K
	LOAD+=(--huge)
	before=$(folio_count 64K zswpout)
	"$1"
	at_least "$(folio_count 64K zswpout)" $((before + 50)) "folios of 64K to zswap"
}

test_threads()
{
	local group
	hardware
	cgroup_create group $LIMIT
	under_load sleep 1
	at_least "$(zswpout_of_load)" 2000 "pages to zswap"
}

test_threads_huge() { huge test_threads; }

next_compressor()
{
	local list=(deflate-iaa lzo deflate-iaa-dynamic deflate)
	{ echo "${list[turn++ % ${#list[@]}]}" >"$(zswap_param compressor)"; } 2>/dev/null ||
		fail "switching failed"
	sleep 0.3
}

one_pool() { [ "$(find /sys/kernel/debug/zsmalloc -maxdepth 1 -name 'zswap*' | wc -l)" -le 1 ]; }

# Pools of compressors that are not the current one go when their pages have gone.
test_compressor_switched()
{
	local group turn=0
	hardware
	cgroup_create group $LIMIT
	under_load next_compressor
	at_least $turn 2 "switches"
	put lzo "$(zswap_param compressor)"
	await 10 "old pools are gone" one_pool
}

test_compressor_switched_huge() { huge test_compressor_switched; }

toggle_cpus()
{
	local cpu=/sys/devices/system/cpu/cpu$((turn++ % 2 + 1))/online
	put 0 "$cpu"
	sleep 0.2
	put 1 "$cpu"
	sleep 0.2
}

test_cpus_come_and_go()
{
	local group turn=0
	[ -w /sys/devices/system/cpu/cpu2/online ] || skip "too few CPUs to take away"
	hardware
	cgroup_create group $LIMIT
	under_load toggle_cpus
	at_least $turn 2 "CPUs taken away"
}

test_cpus_come_and_go_huge() { huge test_cpus_come_and_go; }

toggle_queues()
{
	must iaa_wq_cycle "$dev" "wq${dev#iax}.$((turn++ % 2))"
	sleep 0.2
}

test_queues_come_and_go()
{
	local group turn=0 dev
	need_iaa
	iaa_configure -d 1 -q 2
	dev=$(iaa_devices | sed -n 1p)
	zswap_setup deflate-iaa
	cgroup_create group $LIMIT
	under_load toggle_queues
	at_least $turn 2 "times the queue was disabled"
}

test_queues_come_and_go_huge() { huge test_queues_come_and_go; }

test_all_queues_go()
{
	local group
	hardware
	cgroup_create group $LIMIT
	rm -f "$KTAP_TMP/load"
	in_cgroup "$group" "${LOAD[@]}" --rounds 1 --hold "$KTAP_TMP/go" >"$KTAP_TMP/load" 2>&1 &
	local pid=$!
	await_of $pid 120 "the load holds its pages" grep -qs holding "$KTAP_TMP/load"
	iaa_unconfigure
	touch "$KTAP_TMP/go"
	wait $pid || fail "pages were lost: $(<"$KTAP_TMP/load")"
	zswap_empty
}

test_all_queues_go_huge() { huge test_all_queues_go; }

# A little over the limit is in order: a folio that was begun is finished.
check_usage()
{
	local used
	used=$(awk '$1 == "zswap" { print $2 }' "$group/memory.stat")
	at_least $((2 << 20)) "$used" "twice the limit, against zswap's use"
	[ "$used" -le "$most" ] || most=$used
	sleep 0.2
}

test_zswap_max()
{
	local group most=0
	hardware
	cgroup_create group $LIMIT
	put 1M "$group/memory.zswap.max"
	under_load check_usage
	at_least $most $((512 << 10)) "the most that zswap used"
}

test_zswap_max_huge() { huge test_zswap_max; }

# Without writeback nothing of the cgroup may reach the swap device.
test_no_writeback()
{
	local group before
	hardware
	cgroup_create group 10M
	put 0 "$group/memory.zswap.writeback"
	before=$(vm_count pswpout)
	LOAD=(swap-verify --size 13M --threads 2)
	under_load sleep 1
	equal "$(vm_count pswpout)" "$before" "pages written to the swap device"
}

# With the statistics left as they are, seconds old: the shrinker has to live with that.
shrinker_writes_back()
{
	local group before
	zswap_set shrinker_enabled Y
	cgroup_create group $LIMIT
	before=$(vm_count zswpwb)
	under_load sleep 1
	info "$(($(vm_count zswpwb) - before)) pages written back"
	at_least "$(vm_count zswpwb)" $((before + 100)) "pages written back"
}

test_shrinker_writes_back()
{
	hardware
	shrinker_writes_back
}

test_shrinker_writes_back_async()
{
	need_iaa
	iaa_configure
	zswap_setup_async deflate-iaa
	shrinker_writes_back
}

test_shrinker_writes_back_huge() { huge test_shrinker_writes_back_async; }

ktap_main
