#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Everything at once, for MINUTES (20): 64 threads write, read, swap and check pages on zram
# and through zswap, while pools and attributes change, queues and CPUs come and go,
# allocations fail, and devices misbehave. Fails on a wrong page, on an operation that
# fails, on anything that hangs, and if hardware does not serve at the end. SEED (by
# default the time, and printed) decides who does what when.
#
# vm: devices=4 packages=2 smp=4 mem=4G
# also: iaa=version=0x200,int-handles=on,op-config=on iommu=lazy
# timeout: 1500
# dmesg: allow idxd .* err\[
# dmesg: allow DMA-API: cacheline tracking ENOMEM, dma-debug disabled
# shellcheck source=../lib/ktap.sh
. "$(dirname "$0")/../lib/ktap.sh"
# shellcheck source=../lib/iaa.sh
. "$(dirname "$0")/../lib/iaa.sh"
# shellcheck source=../lib/zswap.sh
. "$(dirname "$0")/../lib/zswap.sh"
# shellcheck source=../lib/failing.sh
. "$(dirname "$0")/../lib/failing.sh"

MINUTES=${MINUTES:-20}
SEED=${SEED:-$(date +%s)}
TIMEOUT=/sys/module/iaa_crypto/parameters/timeout_ms
SIZE=16M

over() { [ -e "$shared/stop" ]; }

# pick WORD...: sets $picked to one of them. Not in a subshell, which would begin a sequence
# of random numbers of its own.
pick()
{
	local at=$((RANDOM % $# + 1))
	picked=${!at}
}

pick_device()
{
	local devices
	mapfile -t devices < <(iaa_devices)
	pick "${devices[@]}"
}

pause() { sleep "0.$((RANDOM % 9 + 1))"; }

# What checks pages. Each of these ends with an error when one is wrong.

with_fio()
{
	until over; do
		pick 4k 16k 64k
		must fio --name=storm --filename="$fio" --direct=1 --ioengine=psync --rw=randrw \
			--bs="$picked" --size=1M --offset_increment=1M --numjobs=16 \
			--verify=crc32c --verify_interval=4096 --verify_fatal=1 --group_reporting
	done
}

# What another seed wrote is nothing that blk-race knows.
with_races()
{
	until over; do
		must blkdiscard "$race"
		must blk-race --size $SIZE --threads 16 --seconds 5 --discard --seed $RANDOM "$race"
	done
}

# On zram alone: this group's pages do not go to zswap.
with_swap()
{
	until over; do
		must in_cgroup "$swapping" swap-verify --size 16M --threads 16 --seed $RANDOM --pageout
	done
}

# Some of its allocations fail.
with_zswap()
{
	local fail=() how=()
	[ ! -d /sys/kernel/debug/failslab ] || fail=(--fail)
	until over; do
		pick '' --huge --willneed
		how=("${fail[@]}" ${picked:+"$picked"})
		must in_cgroup "$zswapping" swap-verify --size 32M --threads 16 --seed $RANDOM "${how[@]}"
	done
}

# What goes on beside them

with_pools()
{
	until over; do
		pick deflate-iaa deflate-iaa-dynamic lzo deflate
		echo "$picked" >"$(zswap_param compressor)"
		pause
	done
}

with_attributes()
{
	until over; do
		pick async sync async_irq
		put "$picked" "$IAA_DRIVER/sync_mode"
		put $((RANDOM % 3)) "$IAA_DRIVER/g_comp_wqs_per_iaa"
		put $((RANDOM % 2)) "$IAA_DRIVER/distribute_decomps"
		pick "$fio" "$race" "$swap"
		put $((RANDOM % 16 + 1)) "$(zram_attr "$picked" batch_size)"
		pause
	done
}

# A device that is in trouble takes no configuration just then.
with_queues()
{
	until over; do
		pick_device
		(iaa_wq_cycle "$picked" "wq${picked#iax}.$((RANDOM % 2))") >/dev/null 2>&1
		pause
	done
}

with_cpus()
{
	local cpu
	until over; do
		cpu=/sys/devices/system/cpu/cpu$((RANDOM % 3 + 1))/online
		echo 0 >"$cpu"
		pause
		echo 1 >"$cpu"
		pause
	done
}

# Nothing that makes a result wrong and says that it is right: that is what verify_compress
# is for, and the fault matrix.
with_faults()
{
	local fault
	until over; do
		pick 'drop count=3' 'late count=5 time=500ms' \
			'hang-wq count=1' 'hang-engine count=1' 'status count=5 code=0x20' \
			'status count=5 code=0x0a error=0x25' 'size count=3 delta=100000' \
			'halt-at count=1 reset=0' 'halt-at count=1 reset=1' 'cmd-hang count=1 time=2s' \
			'cmd-status count=1 error=3' 'cmd-junk count=5'
		read -r -a fault <<<"$picked"
		pick_device
		# It does not answer while its function is reset.
		iaa-fault "$picked" "${fault[@]}" || true
		sleep $((RANDOM % 4 + 1))
		iaa-fault all clear || true
	done
}

ACTORS=(fio races swap zswap pools attributes queues cpus faults)

# begin NAME: in the background. Its output tells why when it ends before the others.
begin()
{
	local n=$1 name=${ACTORS[$1]}
	# shellcheck disable=SC2030
	(
		RANDOM=$(((SEED + n) & 0x7fff))
		# What "must" runs says is kept there, of each of them
		KTAP_TMP=$shared/$name
		mkdir "$KTAP_TMP"
		"with_$name" || touch "$shared/broken"
	) >"$shared/actor.$name" 2>&1 &
	pids[n]=$!
}

# ended: one of them, which should not
ended()
{
	local n
	for n in "${!ACTORS[@]}"; do kill -0 "${pids[n]}" 2>/dev/null || return 0; done
	return 1
}

prepare()
{
	need_iaa 4
	need_command fio blk-race swap-verify iaa-fault
	need_zram deflate-iaa
	iaa_configure
	defer put "$(<"$TIMEOUT")" "$TIMEOUT"
	put $((500 * ${TIMES:-1})) "$TIMEOUT"
	defer iaa-fault all clear
	zram_create fio deflate-iaa 32M
	zram_create race "$(iaa_algorithms | tail -n 1)" 32M
	zswap_on deflate-iaa
	zram_create swap deflate-iaa 512M
	swap_on "$swap"
	cgroup_create swapping 6M
	put 0 "$swapping/memory.zswap.max"
	# More, as some of its allocations fail, and as some of what it has are huge pages, of which
	# each is on its way for long: or else it runs out of memory
	cgroup_create zswapping 20M
	if [ -d /sys/kernel/debug/failslab ]; then
		failures_setup failslab 1
		failures_setup fail_page_alloc 1
	fi
}

# well: hardware does what is written now
well()
{
	iaa_stats_reset
	must blk-verify both --size 4M --bs 64K --round "$SECONDS" "$race"
	[ "$(iaa_stat total_comp_calls)" -gt 500 ]
}

test_storm()
{
	# shellcheck disable=SC2031
	local fio race swap swapping zswapping picked pids=() n end shared=$KTAP_TMP
	info "SEED=$SEED MINUTES=$MINUTES"
	prepare
	end=$((SECONDS + MINUTES * 60))
	for n in "${!ACTORS[@]}"; do begin "$n"; done
	while [ $SECONDS -lt $end ] && ! ended; do sleep 1; done
	touch "$shared/stop"
	for n in "${!ACTORS[@]}"; do
		wait "${pids[n]}" || touch "$shared/broken"
		sed "s/^/# ${ACTORS[n]}: /" "$shared/actor.${ACTORS[n]}" | tail -n 20
	done
	[ ! -e "$shared/broken" ] || fail "one of them ended with an error"
	await 30 "devices are well again" iaa-fault all clear
	await 60 "hardware serves again" well
	iaa_unconfigure
	iaa_configure
	await 10 "hardware serves when it is configured anew" well
}

ktap_main
