#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# iaa-config and iaa-doctor on machines that are made up (fake-sysfs, with an
# accel-config that acts on them): what they ask accel-config for on each shape of
# machine, which input they refuse and that nothing changes then, and what the doctor
# finds on machines with one thing wrong.
. "$(dirname "$0")/../lib/ktap.sh"

here=$(cd "$(dirname "$0")" && pwd)
export PATH=$here/fake-bin:$here/../../tools:$PATH:/usr/sbin:/sbin

# machine [OPTION]...: makes one; sets IAA_ROOT and the paths in it
machine()
{
	IAA_ROOT=$(mktemp -d -p "$KTAP_TMP")
	export IAA_ROOT
	DSA=$IAA_ROOT/sys/bus/dsa CRYPTO=$IAA_ROOT/sys/bus/dsa/drivers/crypto
	DEBUGFS=$IAA_ROOT/sys/kernel/debug/iaa_crypto
	must "$here/fake-sysfs" "$IAA_ROOT" "$@"
}

# crypto_queues: names of those bound to crypto
crypto_queues()
{
	local queue
	for queue in "$DSA"/devices/wq*; do
		[[ $(readlink "$queue/driver") != */crypto ]] || printf '%s\n' "${queue##*/}"
	done
}

# driver_says [QUEUE:STATE[:RESETS:ERRORS]]...: wq_stats, all queues of crypto live but these
driver_says()
{
	local queue word state resets errors
	mkdir -p "$DEBUGFS"
	crypto_queues | while read -r queue; do
		state=live resets=0 errors=0
		for word; do
			[ "${word%%:*}" != "$queue" ] || IFS=: read -r _ state resets errors <<<"$word:0:0"
		done
		printf 'iaa device:\n  id: %s\n  n_wqs: 1\n  comp_calls: 3\n  errors: 0\n  wqs:\n' "${queue:2:1}"
		printf '    name: iaa_crypto\n    id: %s\n    state: %s\n    resets: %s\n    comp_calls: 3\n    errors: %s\n\n' \
			"$queue" "$state" "$resets" "${errors%%:*}"
	done >"$DEBUGFS/wq_stats"
}

# kernel_unbinds DRIVER: act on names written to its unbind, as the kernel does: the
# queue has no driver then, the device no queues
kernel_unbinds()
{
	mkfifo "$DSA/drivers/$1/unbind"
	(
		exec >/dev/null 2>&1
		while read -r name; do
			echo "unbind $1 $name" >>"$IAA_ROOT/calls"
			echo disabled >"$DSA/devices/$name/state"
			rm -f "$DSA/devices/$name/driver"
		done <>"$DSA/drivers/$1/unbind"
	) &
	defer kill $!
}

# queues: those enabled and bound to crypto
queues()
{
	local queue
	for queue in "$DSA"/devices/wq*; do
		if [ "$(cat "$queue/state")" = enabled ] && [[ $(readlink "$queue/driver") == */crypto ]]; then
			printf '%s:%s\n' "${queue##*/}" "$(cat "$queue/size")"
		fi
	done | sort -V | paste -sd' '
}

# state: all that iaa-config could change, and what it had accel-config do; that it has
# the drivers loaded, if they are not, is no change
state()
{
	(
		cd "$IAA_ROOT"
		find . -type f ! -name '*.lock' ! -name calls ! -name compressors -exec md5sum {} + -o -type l -printf '%p %l\n' | sort
		grep -v '^modprobe' calls || true
	)
}

# says STATUS TEXT CMD...: ends with STATUS, and TEXT is in what it prints
says()
{
	local status=0 want=$1 text=$2
	shift 2
	"$@" >"$KTAP_TMP/out" 2>&1 || status=$?
	sed 's/^/# /' "$KTAP_TMP/out"
	equal "$status" "$want" "status of $*"
	grep -qF -- "$text" "$KTAP_TMP/out" || fail "$*: does not say '$text'"
}

# refuses TEXT CMD...: says TEXT, status 2, and changes nothing
refuses()
{
	local before text=$1
	before=$(state)
	shift
	says 2 "$text" "$@"
	equal "$(state)" "$before" "the machine after $*"
}

test_default()
{
	machine
	must iaa-config
	equal "$(queues)" 'wq0.0:64 wq0.1:64 wq1.0:64 wq1.1:64 wq2.0:64 wq2.1:64 wq3.0:64 wq3.1:64' queues
	equal "$(cat "$CRYPTO/g_comp_wqs_per_iaa")" 1 g_comp_wqs_per_iaa
	equal "$(cat "$CRYPTO/sync_mode")" async sync_mode
	equal "$(cat "$CRYPTO/verify_compress")" 0 verify_compress
}

test_again_and_smaller()
{
	machine
	must iaa-config -q 8
	must iaa-config -d 1 -q 1
	equal "$(queues)" 'wq0.0:128 wq2.0:128' "queues of the first device of each package"
	equal "$(cat "$CRYPTO/g_comp_wqs_per_iaa")" 0 "g_comp_wqs_per_iaa with one queue"
}

test_dsa_beside()
{
	machine --dsa
	must iaa-config -d 1 -q 3
	equal "$(queues)" 'wq1.0:42 wq1.1:42 wq1.2:42 wq5.0:42 wq5.1:42 wq5.2:42' queues
	! grep -q dsa "$IAA_ROOT/calls" || fail "a DSA device was touched: $(grep dsa "$IAA_ROOT/calls")"
}

test_unknown_place()
{
	machine --no-node
	must iaa-config -d 1 -q 1
	equal "$(queues)" 'wq0.0:128 wq1.0:128' "queues, devices being spread over packages"
}

test_uneven_packages()
{
	machine --devices 3
	refuses 'package 1 has only 1 device' iaa-config -d 2
	must iaa-config -d 1 -q 1
	equal "$(queues)" 'wq0.0:128 wq2.0:128' queues
}

test_attributes()
{
	machine
	must iaa-config -m async_irq --verify on --distribute-comps off --distribute-decomps on -q 4 -c 2
	equal "$(cat "$CRYPTO/sync_mode")" async_irq sync_mode
	equal "$(cat "$CRYPTO/verify_compress")" 1 verify_compress
	equal "$(cat "$CRYPTO/distribute_comps")" 0 distribute_comps
	equal "$(cat "$CRYPTO/distribute_decomps")" 1 distribute_decomps
	equal "$(cat "$CRYPTO/g_comp_wqs_per_iaa")" 2 g_comp_wqs_per_iaa
}

test_save_and_load()
{
	machine
	must iaa-config -q 4 -d 1 --size 8 --save "$KTAP_TMP/saved.json"
	must iaa-config
	must iaa-config --load "$KTAP_TMP/saved.json"
	equal "$(queues)" 'wq0.0:8 wq0.1:8 wq0.2:8 wq0.3:8 wq2.0:8 wq2.1:8 wq2.2:8 wq2.3:8' "queues of the saved file"
	must iaa-config -q 4 -d 1 --size 8 --print
	equal "$(cat "$KTAP_TMP/out")" "$(cat "$KTAP_TMP/saved.json")" "what --print prints"
}

test_nothing_changes()
{
	local before
	machine
	must iaa-config
	before=$(state)
	must iaa-config -q 8 --print
	must iaa-config -q 8 --dry-run
	must iaa-config -q 8 --dry-run --save "$KTAP_TMP/none.json"
	must iaa-config --off --dry-run
	must iaa-config --help
	equal "$(state)" "$before" "the machine"
	[ ! -e "$KTAP_TMP/none.json" ] || fail "--dry-run wrote a file"
}

test_off()
{
	machine
	must iaa-config
	must iaa-config --off
	equal "$(queues)" '' "queues after --off"
}

test_bad_options()
{
	machine
	must iaa-config
	refuses "no option '--speed'" iaa-config --speed
	refuses 'needs a value' iaa-config -d
	refuses 'number from 1 on' iaa-config -d 0
	refuses 'number from 1 on' iaa-config -q two
	refuses 'number from 1 on' iaa-config -q -1
	refuses 'number from 1 on' iaa-config -q 99999999999999999999
	refuses 'is too many' iaa-config -q 9
	refuses 'only 2 device' iaa-config -d 3
	refuses 'entries' iaa-config -q 2 --size 65
	refuses 'use at most 1' iaa-config -c 2
	refuses "no mode 'fast'" iaa-config -m fast
	refuses 'on or off' iaa-config --verify maybe
	refuses 'PASID' iaa-config -m shared
	refuses "can't be given" iaa-config --off --print
	refuses "can't be given with it" iaa-config --load x -q 2
	refuses "can't write there" iaa-config --save /nonexistent/file
	refuses 'is a directory' iaa-config --save /
}

test_bad_files()
{
	local good=$KTAP_TMP/good.json bad=$KTAP_TMP/bad.json
	machine
	iaa-config --print >"$good"
	must iaa-config --load "$good"

	refuses 'no such file' iaa-config --load "$KTAP_TMP/missing.json"
	: >"$bad"
	refuses 'no JSON' iaa-config --load "$bad"
	head -n 20 "$good" >"$bad"
	refuses 'no JSON' iaa-config --load "$bad"
	echo '[]' >"$bad"
	refuses 'it has no device' iaa-config --load "$bad"
	{ cat "$good"; echo 'more'; } >"$bad"
	refuses 'something follows' iaa-config --load "$bad"
	echo '[ { "size":1, "dev":"iax0" } ]' >"$bad"
	refuses '"dev" must come first' iaa-config --load "$bad"
	sed 's/iax0/iax9/' "$good" >"$bad"
	refuses 'there is no device iax9' iaa-config --load "$bad"
	sed 's/iax0/dsa0/' "$good" >"$bad"
	refuses 'dsa0 is no IAA device' iaa-config --load "$bad"
	sed 's/"wq0.1"/"wq0.9"/' "$good" >"$bad"
	refuses 'no queue wq0.9' iaa-config --load "$bad"
	sed 's/"size":64/"size":65/' "$good" >"$bad"
	refuses '130 entries in all' iaa-config --load "$bad"
	sed 's/"size":64/"size":0/' "$good" >"$bad"
	refuses 'size must be' iaa-config --load "$bad"
	grep -v driver_name "$good" >"$bad"
	refuses '"driver_name":"crypto"' iaa-config --load "$bad"
	sed 's/"kernel"/"mdev"/' "$good" >"$bad"
	refuses 'type must be' iaa-config --load "$bad"
	sed 's/"dedicated"/"shared"/' "$good" >"$bad"
	refuses 'threshold' iaa-config --load "$bad"
}

test_queues_of_others()
{
	machine
	must iaa-config
	ln -sfn "$DSA/drivers/user" "$DSA/devices/wq1.1/driver"
	refuses 'iax1/wq1.1 (driver user)' iaa-config
	must iaa-config --off
	equal "$(cat "$DSA/devices/wq1.1/state")" enabled "the user's queue after --off"
	must iaa-config --force
	equal "$(queues | wc -w)" 8 "queues with --force"
}

test_failures()
{
	machine
	must iaa-config
	FAKE_FAIL=disable-device says 1 'could not be disabled' iaa-config
	FAKE_FAIL=load-config says 1 'software serves' iaa-config
	equal "$(queues)" '' "queues after loading failed"
	must iaa-config
	equal "$(queues | wc -w)" 8 "queues after the next run"
}

# A device that halted and did not come back leaves queue and device bound, though both
# read disabled; nothing can be enabled before they are unbound
test_bound_but_disabled()
{
	machine
	kernel_unbinds crypto
	kernel_unbinds idxd
	must iaa-config
	echo disabled >"$DSA/devices/wq1.0/state"
	echo disabled >"$DSA/devices/wq1.1/state"
	echo disabled >"$DSA/devices/iax1/state"
	must iaa-config
	grep -q '^unbind crypto wq1.0' "$IAA_ROOT/calls" || fail "wq1.0 was not unbound"
	grep -q '^unbind idxd iax1' "$IAA_ROOT/calls" || fail "iax1 was not unbound"
	equal "$(queues | wc -w)" 8 "queues"
	echo disabled >"$DSA/devices/wq1.0/state"
	must iaa-config --off
	equal "$(crypto_queues)" '' "queues bound after --off"
	must iaa-config
	ln -sfn "$DSA/drivers/user" "$DSA/devices/wq1.1/driver"
	echo disabled >"$DSA/devices/wq1.1/state"
	refuses 'iax1/wq1.1 (driver user)' iaa-config
}

# udev may be half through loading the drivers
test_modules_first()
{
	machine
	must iaa-config
	equal "$(head -n 2 "$IAA_ROOT/calls" | paste -sd,)" 'modprobe -q idxd,modprobe -q iaa_crypto' "the first calls"
	machine --devices 4
	mv "$DSA/devices/iax3" "$IAA_ROOT/late"
	FAKE_LATE=iax3 must iaa-config
	equal "$(queues | wc -w)" 8 "queues, with a device that came during modprobe"
}

test_a_device_that_fails()
{
	machine
	FAKE_DEVICE_FAILS=iax2 says 1 'iax2 could not be enabled' iaa-config
	grep -q 'echo 1 > /sys/bus/pci/devices/0000:12:02.0/reset' "$KTAP_TMP/out" || fail "does not say what mends it"
	equal "$(queues)" 'wq0.0:64 wq0.1:64 wq1.0:64 wq1.1:64 wq3.0:64 wq3.1:64' "queues of the others"
	must iaa-config
	equal "$(queues | wc -w)" 8 "queues after the next run"
}

test_no_device()
{
	machine --none
	: >"$IAA_ROOT/calls"
	says 2 'no IAA device' iaa-config
	must iaa-config --if-present
	says 1 'there is no IAA device' iaa-doctor
}

# An unpatched kernel's driver fails requests meanwhile, so zswap is parked
test_upstream_restores_zswap()
{
	machine --upstream
	FAKE_FAIL=load-config says 1 'could not load' iaa-config
	equal "$(cat "$IAA_ROOT/sys/module/zswap/parameters/compressor")" deflate-iaa "zswap's compressor"
	grep -q 'lzo' "$IAA_ROOT/compressors" || fail "zswap was not given another compressor meanwhile"
	says 1 "unpatched kernel's" iaa-doctor
}

statistics()
{
	mkdir -p "$DEBUGFS"
	{
		echo 'global stats:'
		printf '  total_comp_calls: 900\n  total_decomp_calls: 100\n'
		printf '  total_sw_comp_calls: 0\n  total_sw_decomp_calls: 0\n'
		printf '  fallback_%s\n' "$@"
	} >"$DEBUGFS/global_stats"
}

test_doctor_all_well()
{
	machine
	must iaa-config
	statistics 'busy: 0'
	says 0 'served by hardware: 8 queue(s) on 4 device(s)' iaa-doctor
	must iaa-doctor -q
	equal "$(cat "$KTAP_TMP/out")" '' "output of iaa-doctor -q"
	says 2 "no option '-x'" iaa-doctor -x
}

# one thing wrong at a time, and what is said of it
test_doctor_findings()
{
	machine
	says 1 'mend: iaa-config' iaa-doctor
	must iaa-config
	echo 'flags : fpu' >"$IAA_ROOT/proc/cpuinfo"
	says 1 'no movdir64b' iaa-doctor
	machine
	must iaa-config
	sed -i /IAA_COMP/d "$IAA_ROOT/boot/config-$(uname -r)"
	says 1 'without CONFIG_IAA_COMP' iaa-doctor
	machine
	must iaa-config
	echo halted >"$DSA/devices/iax2/state"
	says 1 'iax2 is halted' iaa-doctor
	machine
	must iaa-config
	rm "$IAA_ROOT"/sys/bus/pci/devices/0000:10:02.0/driver
	says 1 'is driven by nobody' iaa-doctor
	machine
	must iaa-config
	echo lz4 >"$IAA_ROOT/sys/module/zswap/parameters/compressor"
	says 1 'neither zram nor zswap uses deflate-iaa' iaa-doctor
	echo 'zswap.compressor=deflate-iaa' >"$IAA_ROOT/proc/cmdline"
	says 1 'asked for deflate-iaa at boot and uses lz4' iaa-doctor
	machine
	rm -r "$IAA_ROOT/sys/bus/pci/drivers/idxd" "$IAA_ROOT/sys/bus/dsa"
	mkdir -p "$IAA_ROOT/etc/modprobe.d"
	echo 'blacklist idxd' >"$IAA_ROOT/etc/modprobe.d/local.conf"
	says 1 'remove idxd from' iaa-doctor
}

test_doctor_queues()
{
	machine
	must iaa-config
	echo kernel >"$DSA/devices/wq0.0/type"
	ln -sfn "$DSA/drivers/dmaengine" "$DSA/devices/wq0.0/driver"
	says 1 "of the driver 'dmaengine'" iaa-doctor
	machine
	must iaa-config
	echo crypto >"$DSA/devices/wq0.0/driver_name"
	rm "$DSA/devices/wq0.0/driver"
	echo disabled >"$DSA/devices/wq0.0/state"
	says 1 'mend: accel-config enable-wq iax0/wq0.0' iaa-doctor
	machine
	must iaa-config -d 1
	says 0 'without a queue for deflate-iaa: iax1 iax3' iaa-doctor
	driver_says
	says 0 'served by hardware: 4 queue(s) on 2 device(s)' iaa-doctor
	driver_says wq0.0:live:2:5
	says 0 'wq0.0 had to be reset 2 time(s) and gave back 5' iaa-doctor
}

# Bound to the driver, and of no use: software serves, and the doctor must not say otherwise
test_doctor_queues_that_do_not_serve()
{
	local queue
	machine
	must iaa-config -d 1
	driver_says wq0.0:stalled:1:0
	says 1 'wq0.0 is stalled' iaa-doctor
	says 1 'mend: echo wq0.0 > /sys/bus/dsa/drivers/crypto/unbind' iaa-doctor
	says 1 'served by hardware: 3 queue(s) on 2 device(s)' iaa-doctor
	says 1 '1 queue(s) more are bound' iaa-doctor
	driver_says wq0.0:stalled wq0.1:stalled wq2.0:stalled wq2.1:idle
	says 1 'served by software: of 4 queue(s) bound to the driver none serves' iaa-doctor
	! grep -q 'by hardware: [1-9]' "$KTAP_TMP/out" || fail "says that hardware serves"
	# Without statistics it has to go by what idxd says
	rm -r "$DEBUGFS"
	says 0 'served by hardware: 4 queue(s)' iaa-doctor
	for queue in $(crypto_queues); do
		echo disabled >"$DSA/devices/$queue/state"
	done
	says 1 'served by software: of 4 queue(s)' iaa-doctor
	says 1 'iax0/wq0.1 is bound to the driver crypto, but disabled' iaa-doctor
	says 1 'mend: echo wq0.1 > /sys/bus/dsa/drivers/crypto/unbind' iaa-doctor
	says 1 'mend: iaa-config' iaa-doctor
	driver_says
	says 1 'served by software: of 4 queue(s)' iaa-doctor
}

test_doctor_fallbacks()
{
	machine
	must iaa-config
	statistics 'busy: 5'
	says 0 '0 finding(s)' iaa-doctor
	statistics 'busy: 50'
	says 1 'found all queues full' iaa-doctor
	statistics 'hw_error: 1'
	says 1 'devices failed on 1 requests (hw_error)' iaa-doctor
	statistics 'too_long: 500'
	says 1 'max_transfer_size' iaa-doctor
	statistics 'no_mode: 500'
	says 1 'dynamic mode' iaa-doctor
}

test_doctor_zram()
{
	local zram
	machine
	must iaa-config
	echo N >"$IAA_ROOT/sys/module/zswap/parameters/enabled"
	zram=$IAA_ROOT/sys/block/zram0
	mkdir -p "$zram"
	echo 1 >"$zram/initstate"
	echo '[lzo-rle] lz4' >"$zram/comp_algorithm"
	says 1 'zram does not know deflate-iaa' iaa-doctor
	echo '[lzo-rle] lz4 deflate-iaa deflate-iaa-dynamic' >"$zram/comp_algorithm"
	says 1 'zram0 uses lzo-rle' iaa-doctor
	echo '#1: lz4 zstd [deflate-iaa]' >"$zram/recomp_algorithm"
	says 0 'served by hardware' iaa-doctor
	echo 'lzo-rle lz4 [deflate-iaa] deflate-iaa-dynamic' >"$zram/comp_algorithm"
	says 0 'served by hardware' iaa-doctor
	echo 'lzo-rle lz4 deflate-iaa [deflate-iaa-dynamic]' >"$zram/comp_algorithm"
	says 1 'only software does here' iaa-doctor
	echo 0x100 >"$DSA/devices/iax0/iaa_cap"
	says 0 'served by hardware' iaa-doctor
}

test_install()
{
	local to=$KTAP_TMP/installed
	must make -s -C "$here/../../tools" install DESTDIR="$to" PREFIX=/usr
	machine
	must "$to/usr/sbin/iaa-config"
	equal "$(queues | wc -w)" 8 "queues"
	says 0 'served by hardware' "$to/usr/sbin/iaa-doctor"
	grep -q '^ExecStart=/usr/sbin/iaa-config ' "$to/usr/lib/systemd/system/iaa-config.service" || fail "the unit names another path"
	echo 'IAA_CONFIG_OPTIONS="-q 4"' >"$to/etc/default/iaa-config"
	must make -s -C "$here/../../tools" install DESTDIR="$to" PREFIX=/usr
	grep -q -- '-q 4' "$to/etc/default/iaa-config" || fail "the options were replaced"
	must make -s -C "$here/../../tools" uninstall DESTDIR="$to" PREFIX=/usr
	equal "$(find "$to" -type f)" "$to/etc/default/iaa-config" "what stays"
}

ktap_main
