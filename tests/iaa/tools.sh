#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# iaa-config and iaa-doctor on real queues, and the commands that the patch series'
# enable_iaa.sh gives, while zram is in use. Fails where a queue is not what was asked
# for, where bad input changes something, where the doctor names the wrong one of
# hardware and software or what it says to do does not mend it, and where a page is lost.
#
# vm: kernel=test devices=4 packages=2 smp=4 mem=2G
# timeout: 400
# shellcheck source=../lib/ktap.sh
. "$(dirname "$0")/../lib/ktap.sh"
# shellcheck source=../lib/iaa.sh
. "$(dirname "$0")/../lib/iaa.sh"

ATTRIBUTES=(verify_compress sync_mode g_comp_wqs_per_iaa distribute_comps distribute_decomps)
SIZE=4M
zram=

# begin: no queue, and the driver as it is when it has just been loaded
begin()
{
	local name
	need_iaa
	need_command iaa-config iaa-doctor
	iaa_unconfigure
	defer iaa_unconfigure
	for name in "${ATTRIBUTES[@]}"; do
		defer put "$(<"$IAA_DRIVER/$name")" "$IAA_DRIVER/$name"
	done
	iaa_stats_reset
}

attribute() { equal "$(<"$IAA_DRIVER/$1")" "$2" "$1"; }

# shape: of every device with queues of ours "iax0:ENTRIES,ENTRIES", as accel-config lists it
shape()
{
	accel-config list | awk -F'"' '
	function flush() { if (device != "" && sizes != "") print device ":" sizes; sizes = "" }
	$2 == "dev" && $4 ~ /^(iax|dsa)/ { flush(); device = $4 }
	$2 == "dev" && $4 ~ /^wq/ { queue = 1; size = "?" }
	$2 == "dev" && $4 !~ /^wq/ { queue = 0 }
	queue && $2 == "size" { size = $3; gsub(/[^0-9]/, "", size) }
	queue && $2 == "driver_name" && $4 == "crypto" { ours = 1 }
	queue && $2 == "state" && $4 == "enabled" && ours {
		sizes = sizes (sizes == "" ? "" : ",") size
		ours = 0
	}
	END { flush() }' | sort -V | paste -sd' '
}

# want_shape QUEUES DEVICE...: what shape should print
want_shape()
{
	local queues=$1 dev size i sizes
	shift
	for dev; do
		size=$(iaa_wq_size "$dev" "$queues")
		sizes=$size
		for ((i = 1; i < queues; i++)); do sizes+=,$size; done
		printf '%s:%s\n' "$dev" "$sizes"
	done | paste -sd' '
}

# first_devices N: the first N of each package
first_devices()
{
	local dev node
	local -A seen=()
	for dev in $(iaa_devices | sort -V); do
		node=$(<"$DSA/devices/$dev/numa_node")
		seen[x$node]=$((${seen[x$node]:-0} + 1))
		[ "${seen[x$node]}" -gt "$1" ] || printf '%s\n' "$dev"
	done
}

# snapshot: all that iaa-config could change, and nothing that the devices count
snapshot()
{
	accel-config list -i | grep -v -e clients -e occupancy -e cmd_status
	grep -H . "${ATTRIBUTES[@]/#/$IAA_DRIVER/}"
	ls "$DSA"/drivers/*/
}

# says STATUS TEXT CMD...: ends with STATUS, and TEXT is in what it prints
says()
{
	local status=0 want=$1 text=$2
	shift 2
	"$@" >"$KTAP_TMP/out" 2>&1 || status=$?
	if [ "$status" -ne "$want" ] || ! grep -qF -e "$text" "$KTAP_TMP/out"; then
		sed 's/^/#   /' "$KTAP_TMP/out"
		fail "$*: status $status, want $want and '$text'"
	fi
}

# hardware_serves, software_serves: who does what is written to and read from $zram now
hardware_serves()
{
	iaa_stats_reset
	must blk-verify both --size 1M --round "$RANDOM" "$zram"
	at_least "$(iaa_stat total_comp_calls)" 100 "pages compressed by devices"
	at_least "$(iaa_stat total_decomp_calls)" 100 "pages decompressed by devices"
}

software_serves()
{
	iaa_stats_reset
	must blk-verify both --size 1M --round "$RANDOM" "$zram"
	equal "$(iaa_stat total_comp_calls)" 0 "pages compressed by devices"
	at_least "$(iaa_stat total_sw_comp_calls)" 100 "pages compressed in software"
}

test_config_without_arguments()
{
	local devices
	begin
	need_zram deflate-iaa
	mapfile -t devices < <(iaa_devices | sort -V)
	zram_create zram deflate-iaa "$SIZE"
	must iaa-config
	equal "$(shape)" "$(want_shape 2 "${devices[@]}")" "queues"
	attribute g_comp_wqs_per_iaa 1
	attribute sync_mode async
	attribute verify_compress 0
	# The last queue of a device compresses only, the first decompresses only
	if grep -E ' comp .*wq[0-9]+\.0.* decomp | decomp .*wq[0-9]+\.1' "$IAA_DEBUG/map"; then
		fail "queues have other roles"
	fi
	equal "$(grep -c ' comp wq.* decomp wq' "$IAA_DEBUG/map")" "$(nproc)" "CPUs with queues"
	hardware_serves
}

test_config_options()
{
	local devices
	begin
	mapfile -t devices < <(first_devices 1)
	must iaa-config -d 1 -q 4 -m sync -v --verify on
	grep -q '^+ accel-config enable-wq ' "$KTAP_TMP/out" || fail "-v does not print the commands"
	equal "$(shape)" "$(want_shape 4 "${devices[@]}")" "queues of -d 1 -q 4"
	attribute sync_mode sync
	attribute verify_compress 1
	must iaa-config -d 1 -q 1 -m async_irq
	equal "$(shape)" "$(want_shape 1 "${devices[@]}")" "queues of -d 1 -q 1"
	attribute sync_mode async_irq
	attribute verify_compress 0
	attribute g_comp_wqs_per_iaa 0
	must iaa-config -q 3 -c 2 --distribute-comps off --distribute-decomps on
	mapfile -t devices < <(iaa_devices | sort -V)
	equal "$(shape)" "$(want_shape 3 "${devices[@]}")" "queues of -q 3"
	attribute g_comp_wqs_per_iaa 2
	attribute distribute_comps 0
	attribute distribute_decomps 1
}

test_config_print()
{
	local before devices
	begin
	must iaa-config -d 1
	mapfile -t devices < <(iaa_devices | sort -V)
	snapshot >"$KTAP_TMP/before"
	must iaa-config -q 2 --print
	cp "$KTAP_TMP/out" "$KTAP_TMP/printed.json"
	must iaa-config -q 8 --dry-run
	snapshot >"$KTAP_TMP/after"
	must diff "$KTAP_TMP/before" "$KTAP_TMP/after"
	# It is accel-config's own language
	iaa_unconfigure
	must accel-config load-config -c "$KTAP_TMP/printed.json" -e
	equal "$(shape)" "$(want_shape 2 "${devices[@]}")" "queues that accel-config loaded"
}

test_config_save_and_load()
{
	local shape
	begin
	must iaa-config -d 1 -q 2 --size 8 --save "$KTAP_TMP/saved.json"
	shape=$(shape)
	at_least "$(grep -o ':8,8' <<<"$shape" | wc -l)" 1 "devices with two queues of eight"
	must iaa-config -q 3
	[ "$(shape)" != "$shape" ] || fail "-q 3 changed nothing"
	must iaa-config --load "$KTAP_TMP/saved.json"
	equal "$(shape)" "$shape" "queues of the saved file"
	# What accel-config itself saves is as good
	must accel-config save-config -s "$KTAP_TMP/theirs.json"
	must iaa-config --off
	must iaa-config --load "$KTAP_TMP/theirs.json"
	equal "$(shape)" "$shape" "queues of accel-config's file"
}

test_config_off()
{
	begin
	need_zram deflate-iaa
	zram_create zram deflate-iaa "$SIZE"
	must iaa-config
	hardware_serves
	must iaa-config --off
	equal "$(shape)" '' "queues"
	equal "$(find "$IAA_DRIVER/" -name 'wq*')" '' "queues bound to the driver"
	software_serves
	must iaa-config
	hardware_serves
}

test_config_refuses()
{
	local words line
	begin
	must iaa-config
	iaa-config --print >"$KTAP_TMP/good.json"
	grep -v driver_name "$KTAP_TMP/good.json" >"$KTAP_TMP/nodriver.json"
	sed 's/"dev":"iax[0-9]*"/"dev":"iax99"/' "$KTAP_TMP/good.json" >"$KTAP_TMP/nodevice.json"
	head -n 5 "$KTAP_TMP/good.json" >"$KTAP_TMP/half.json"
	snapshot >"$KTAP_TMP/before"
	while read -r line; do
		read -ra words <<<"$line"
		says 2 'iaa-config: ' iaa-config "${words[@]}"
		snapshot >"$KTAP_TMP/after"
		cmp -s "$KTAP_TMP/before" "$KTAP_TMP/after" || {
			diff "$KTAP_TMP/before" "$KTAP_TMP/after" | sed 's/^/#   /'
			fail "iaa-config $line changed something"
		}
	done <<-END
		--speed
		-d
		-d 0
		-d 99
		-q two
		-q 99
		-q -1
		-q 2 --size 100000
		-c 2
		-m fast
		-m shared --size 1
		--verify maybe
		--off --print
		--load /nonexistent
		--load $KTAP_TMP/good.json -q 2
		--load $KTAP_TMP/nodriver.json
		--load $KTAP_TMP/nodevice.json
		--load $KTAP_TMP/half.json
		--save /nonexistent/file
		--save /
	END
}

# zswap has what it had, whether the queues could be configured or not
test_config_leaves_zswap_its_compressor()
{
	local compressor=/sys/module/zswap/parameters/compressor
	begin
	[ -w $compressor ] || skip "no zswap"
	defer put "$(<$compressor)" $compressor
	put deflate-iaa $compressor
	must iaa-config
	equal "$(<$compressor)" deflate-iaa "zswap's compressor"
	iaa-config --print | sed 's/"group_id":0/"group_id":77/' >"$KTAP_TMP/group.json"
	says 1 'could not load' iaa-config --load "$KTAP_TMP/group.json"
	equal "$(<$compressor)" deflate-iaa "zswap's compressor after loading failed"
	must iaa-config
	must iaa-config --off
	equal "$(<$compressor)" deflate-iaa "zswap's compressor after --off"
}

test_doctor()
{
	begin
	need_zram deflate-iaa
	says 1 'neither zram nor zswap uses deflate-iaa' iaa-doctor
	zram_create zram deflate-iaa "$SIZE"
	says 1 'deflate-iaa is served by software' iaa-doctor
	says 1 'mend: iaa-config' iaa-doctor
	says 1 'by hardware, 0 by software' iaa-doctor
	says 1 'hardware did only 0 of' iaa-doctor --test
	must iaa-config
	iaa_stats_reset
	says 0 "served by hardware: $((2 * $(iaa_devices | wc -l))) queue(s) on $(iaa_devices | wc -l) device(s)" iaa-doctor
	says 0 'all by hardware' iaa-doctor --test --verbose
	must iaa-doctor --quiet
	equal "$(<"$KTAP_TMP/out")" '' "output of iaa-doctor --quiet"
	must iaa-config --off
	says 1 'deflate-iaa is served by software' iaa-doctor
	must rmmod iaa_crypto
	says 1 'mend: modprobe iaa_crypto' iaa-doctor
	says 1 'deflate-iaa is served by software' iaa-doctor
	must modprobe iaa_crypto
	must iaa-config
	must iaa-doctor
	says 2 "no option '-x'" iaa-doctor -x
}

# All queues bound and enabled, and none of them serves; what the doctor says to do mends it
test_doctor_names_software_where_queues_do_not_answer()
{
	local dev line timeout=/sys/module/iaa_crypto/parameters/timeout_ms
	begin
	need_zram deflate-iaa
	need_command iaa-fault
	zram_create zram deflate-iaa "$SIZE"
	must iaa-config -d 1 -q 1
	must iaa-doctor
	defer put "$(<$timeout)" $timeout
	put 100 $timeout
	# Neither requests nor the self-test after a reset are answered
	for dev in $(first_devices 1); do
		iaa-fault "$dev" rules >/dev/null 2>&1 || skip "no emulated accelerator with faults"
		defer iaa-fault "$dev" clear
		must iaa-fault "$dev" drop
	done
	for dev in 1 2 3 4; do
		must taskset -c $((dev - 1)) blk-verify both --size 256K --round "$dev" "$zram"
	done
	says 1 'is stalled' iaa-doctor
	says 1 'served by software: of ' iaa-doctor
	if grep -q 'served by hardware' "$KTAP_TMP/out"; then fail "the doctor names hardware"; fi
	sed -n 's/^ *mend: \(echo wq.*unbind\)$/\1/p' "$KTAP_TMP/out" >"$KTAP_TMP/mend"
	grep -q 'mend: iaa-config' "$KTAP_TMP/out" || fail "iaa-config is not said to mend it"
	at_least "$(wc -l <"$KTAP_TMP/mend")" 1 "commands that mend it"
	for dev in $(first_devices 1); do
		must iaa-fault "$dev" clear
	done
	must bash -e "$KTAP_TMP/mend"
	must iaa-config
	hardware_serves
	must iaa-doctor
}

# load_start DEV: write and check it over and over; load_stop: it did, and all was right
load_start()
{
	rm -f "$KTAP_TMP/stop" "$KTAP_TMP/wrong"
	(
		round=0
		while [ ! -e "$KTAP_TMP/stop" ]; do
			round=$((round + 1))
			blk-verify both --size "$SIZE" --round $round "$1" \
				>"$KTAP_TMP/load" 2>&1 || { touch "$KTAP_TMP/wrong"; break; }
			echo $round >"$KTAP_TMP/rounds"
		done
	) &
	load_pid=$!
	defer load_stop
}

load_stop()
{
	touch "$KTAP_TMP/stop"
	wait "$load_pid" || true
	while kill -0 "$load_pid" 2>/dev/null; do sleep 0.1; done
	if [ -e "$KTAP_TMP/wrong" ]; then
		sed 's/^/#   /' "$KTAP_TMP/load"
		fail "a page was wrong"
	fi
	at_least "$(<"$KTAP_TMP/rounds")" 1 "rounds under load"
}

# kept_zram: one that holds data and stays open, beside one under load
kept_zram()
{
	local busy
	need_zram deflate-iaa
	zram_create zram deflate-iaa 8M
	must blk-verify write --size 8M --round 5 "$zram"
	zram_create busy deflate-iaa "$SIZE"
	# shellcheck disable=SC2217
	bash -c 'exec sleep 1000' <"$zram" &
	holder=$!
	defer kill_holder
	load_start "$busy"
}

kill_holder() { kill "$holder" 2>/dev/null || true; }

nothing_lost()
{
	load_stop
	kill_holder
	must blk-verify check --size 8M --round 5 "$zram"
}

test_config_under_load()
{
	local options
	begin
	kept_zram
	for options in '' '-d 1 -q 1 -m sync' '--off' '-q 4 -m async_irq --verify on'; do
		# shellcheck disable=SC2086
		must iaa-config $options
	done
	nothing_lost
	hardware_serves
}

# enable_iaa DEVICES_PER_SOCKET QUEUES MODE: what the series' enable_iaa.sh does with the
# machine, command by command. Nothing in it is this project's.
enable_iaa()
{
	local per_socket=$1 queues=$2 mode=$3 found sockets dev q id size count=0 total i
	local driver=/sys/bus/dsa/drivers/crypto
	found=$(lspci -n -d 8086:0cfe | wc -l)
	sockets=$(lscpu | awk -F: '/^Socket\(s\)/ { print $2 + 0 }')
	[ "$found" -ge $((per_socket * sockets)) ] || return 1

	# Whatever is enabled goes, and what is not is no failure
	for dev in "$DSA"/devices/iax*; do
		id=${dev##*iax}
		for ((q = 0; q < $(<"$dev/max_work_queues"); q++)); do
			[ "$(<"$dev/wq$id.$q/state")" = disabled ] ||
				accel-config disable-wq "iax$id/wq$id.$q" >/dev/null 2>&1 || true
		done
		accel-config disable-device "iax$id" >/dev/null 2>&1 || true
	done
	echo 0 >$driver/verify_compress || return
	rmmod iaa_crypto || return
	modprobe iaa_crypto || return
	echo 0 >$driver/verify_compress || return
	echo "$mode" >$driver/sync_mode || return
	echo $((queues > 1)) >$driver/g_comp_wqs_per_iaa || return
	echo 1 >$driver/distribute_comps || return
	echo 0 >$driver/distribute_decomps || return

	total=$((per_socket * sockets))
	for dev in "$DSA"/devices/iax*; do
		[ $count -lt $total ] || break
		count=$((count + 1))
		id=${dev##*iax}
		size=$(($(<"$dev/max_work_queues_size") / queues))
		for ((i = 0; i < $(<"$dev/max_engines"); i++)); do
			accel-config config-engine "iax$id/engine$id.$i" --group-id=0 || return
		done
		for ((q = 0; q < queues; q++)); do
			accel-config config-wq "iax$id/wq$id.$q" --group-id=0 --mode=dedicated \
				--wq-size=$size --priority=10 --type=kernel --name=iaa_crypto \
				--driver-name=crypto || return
		done
		accel-config enable-device "iax$id" || return
		for ((q = 0; q < queues; q++)); do
			accel-config enable-wq "iax$id/wq$id.$q" || return
		done
	done
}

test_series_script_under_load()
{
	local devices
	begin
	need_command lspci lscpu
	must iaa-config
	kept_zram
	mapfile -t devices < <(iaa_devices | sort -V)
	must enable_iaa $((${#devices[@]} / $(lscpu -p=SOCKET | grep -v '^#' | sort -u | wc -l))) 2 async
	equal "$(shape)" "$(want_shape 2 "${devices[@]}")" "queues"
	attribute g_comp_wqs_per_iaa 1
	must enable_iaa 1 1 sync
	at_least "$(shape | wc -w)" 1 "devices in use"
	attribute sync_mode sync
	grep -qw deflate-iaa "$(zram_attr "$zram" comp_algorithm)" || fail "zram has no deflate-iaa any more"
	grep -q '^driver *: deflate-iaa$' /proc/crypto || fail "deflate-iaa is gone from crypto"
	nothing_lost
	hardware_serves
}

ktap_main
