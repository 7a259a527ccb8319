#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Each allocation in turn fails while a module is loaded, a device is probed, it or a queue
# enabled, its function reset, or zram set up. That has an error, of which nothing stays
# behind, or succeeds without what it could do without. Fails on anything else, on memory
# that an error path forgot, and if nothing failed where it should have. STEP=N in the
# environment: of the many allocations of the kernel's own that come first, fail every
# N-th (20).
#
# A boot of its own: kmemleak is off elsewhere, the debugging of DMA ends here when it has
# no memory itself, and so does the algorithm (see the last case).
#
# vm: kernel=test append=kmemleak=on
# debug: only
# timeout: 400
# dmesg: allow WARNING: (crypto/api|kernel/trace/|fs/proc/)
. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/iaa.sh"
. "$(dirname "$0")/../lib/failing.sh"

IDXD=/sys/bus/pci/drivers/idxd
STEP=${STEP:-20}
# The last allocations of what is tried are the project's: none of them is left out
LAST=40
# The errors that the kernel makes of it; that there is no interrupt is ENOSPC
ERRORS='Cannot allocate memory|No such device|Invalid argument|Input/output error|No space left'

prepare()
{
	need_iaa 1
	[ -e /proc/self/fail-nth ] || skip "no fault injection in this kernel"
	failures_setup failslab 0
	failures_setup fail_page_alloc 0
}

# each_of TOTAL: the numbers of allocations to fail, a line each
each_of()
{
	local n
	for ((n = 1; n <= $1; n += n + LAST < $1 ? STEP : 1)); do echo $n; done
}

# works: pages go through hardware and come back
works()
{
	local zram before
	need_zram deflate-iaa
	before=$(iaa_stat total_comp_calls)
	zram_create zram deflate-iaa 2M
	must blk-verify both --size 1M "$zram"
	at_least "$(iaa_stat total_comp_calls)" $((before + 100)) "pages compressed in hardware"
}

# unload MODULE: the crypto layer's self-tests of an algorithm may still use it
unload() { await 30 "$1 is unloaded" unloaded "$1" 2>/dev/null; }
unloaded() { [ ! -d "/sys/module/$1" ] || rmmod "$1"; }

# loading MODULE: fail each allocation that loading it takes
loading()
{
	local file total n failed=0 borne=0
	file=$(modinfo -n "$1")
	unload "$1"
	must fail-nth 1000000 load "$file"
	total=$((1000000 - $(sed -n 's/^left //p' "$KTAP_TMP/out")))
	at_least $total $LAST "allocations that loading $1 takes"
	for n in $(each_of $total); do
		unload "$1"
		if fail-nth "$n" load "$file" >"$KTAP_TMP/out"; then
			borne=$((borne + 1))
			! grep -q 'WARNING: crypto/api' <(kernel_log) || break
			continue
		fi
		failed=$((failed + 1))
		# Some of the kernel's own code makes an invalid argument of what it did not get.
		grep -qxE 'failed (12|22)' "$KTAP_TMP/out" ||
			fail "loading $1 ($n): $(paste -sd' ' "$KTAP_TMP/out")"
		must insmod "$file"
	done
	info "$1: $n of $total allocations, $failed times an error, $borne times none"
	at_least $failed 3 "times that $1 was not loaded"
}

test_load_iaa_crypto()
{
	prepare
	defer modprobe iaa_crypto
	loading iaa_crypto
	iaa_configure -q 1
	works
}

# binding DRIVER DEVICE PREPARE...: fail each allocation that it takes to bind it, DRIVER being
# its driver's directory; PREPARE makes it ready for that
binding()
{
	local bind=$1/bind unbind=$1/unbind n total written left
	local failed=0 borne=0
	"${@:3}"
	write_failing "$2" "$bind" 1000000
	[ -n "$written" ] || fail "$2 can't be bound: $(<"$KTAP_TMP/why")"
	total=$((1000000 - left))
	for n in $(each_of $total); do
		put "$2" "$unbind"
		"${@:3}"
		write_failing "$2" "$bind" "$n"
		if [ -n "$written" ]; then
			borne=$((borne + 1))
			continue
		fi
		failed=$((failed + 1))
		grep -qE "$ERRORS" "$KTAP_TMP/why" || fail "binding $2 ($n): $(<"$KTAP_TMP/why")"
		# Nothing of the attempt is in the way of the next
		"${@:3}"
		put "$2" "$bind"
	done
	info "$2: $total allocations, $failed times an error, $borne times none"
	at_least $failed 5 "times that $2 was not bound"
}

# configured DEV: one queue and its engines, as a reset forgets them
configured()
{
	local id=${1#iax}
	put 0 "$DSA/devices/engine$id.0/group_id"
	must iaa_wq_configure "wq$id.0" 16 0
}

probe_again() { [ -e "$IDXD/$1" ] || echo "$1" >$IDXD/bind; }

test_probe()
{
	local bdf
	prepare
	bdf=$(iaa_bdf "$(iaa_devices)")
	iaa_unconfigure
	put "$bdf" $IDXD/unbind
	defer probe_again "$bdf"
	binding $IDXD "$bdf" true
	iaa_configure -q 1
	works
}

test_bind_queue()
{
	local dev wq
	prepare
	iaa_configure -d 1 -q 1
	read -r dev < <(iaa_devices)
	wq=wq${dev#iax}.0
	put "$wq" "$DSA/drivers/crypto/unbind"
	binding $DSA/drivers/crypto "$wq" iaa_wq_configure "$wq" "$(<"$DSA/devices/$wq/size")" 0
	works
}

test_bind_device()
{
	local dev
	prepare
	iaa_configure -d 1 -q 1
	read -r dev < <(iaa_devices)
	iaa_unconfigure
	binding $DSA/drivers/idxd "$dev" configured "$dev"
	put "wq${dev#iax}.0" "$DSA/drivers/crypto/bind"
	works
}

serves() { (works) >"$KTAP_TMP/serves" 2>&1; }

# The PCI core resets the device all the same, which has no configuration then that could be
# restored: the driver finds that out, and has it as it was. (That needs up to 45 allocations;
# giving the queue back to its driver comes after them, and is test_bind_queue. With kmemleak
# every second allocation is its own, and may fail: hence each third.)
test_reset()
{
	local bdf n left=0 written
	prepare
	iaa_configure -q 1
	bdf=$(iaa_bdf "$(iaa_devices)")
	for ((n = 2; n <= 45; n += 3)); do
		write_failing 1 "/sys/bus/pci/devices/$bdf/reset" $n
		equal "$left" 0 "allocations left after a reset"
		[ -n "$written" ] || grep -qE "$ERRORS" "$KTAP_TMP/why" ||
			fail "reset ($n): $(<"$KTAP_TMP/why")"
		await 60 "it serves after a reset without allocation $n" serves
	done
	at_least "$(kernel_log | grep -c 'HALT: .*\(no memory\|cannot save\)')" 3 "times that nothing was saved"
}

# What zram needs for a device of its own: an error, and the next attempt works
test_zram()
{
	local id dev n left=0 written failed=0
	prepare
	iaa_configure -q 1
	need_zram deflate-iaa
	id=$(</sys/class/zram-control/hot_add)
	defer put "$id" /sys/class/zram-control/hot_remove
	dev=/sys/block/zram$id
	put deflate-iaa "$dev/comp_algorithm"
	for ((n = 1; left == 0 && n < 2000; n++)); do
		write_failing 2M "$dev/disksize" $n
		if [ -n "$written" ]; then
			must blk-verify both --size 1M "/dev/zram$id"
			[ "$left" -eq 0 ] || break
		else
			failed=$((failed + 1))
			grep -q 'Cannot allocate memory' "$KTAP_TMP/why" ||
				fail "disksize ($n): $(<"$KTAP_TMP/why")"
			equal "$(<"$dev/disksize")" 0 "disksize after an error"
		fi
		put 1 "$dev/reset"
		put deflate-iaa "$dev/comp_algorithm"
	done
	info "$failed times an error, of $n allocations"
	at_least $failed 5 "times that zram was not set up"
	[ "$left" -ne 0 ] || fail "after $n allocations zram was not set up"
}

# The last one: an algorithm whose self-test the crypto layer had no memory to start stays in
# its list, and its module can't be unloaded any more
test_load_iaa_comp()
{
	local module
	prepare
	defer modprobe -a iaa_comp iaa_crypto zram
	for module in zram iaa_crypto; do modprobe -q -r $module || true; done
	loading iaa_comp
	modprobe iaa_crypto
	iaa_configure -q 1
	works
}

ktap_main
