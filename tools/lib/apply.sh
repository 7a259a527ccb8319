# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
#
# Bringing a configuration into effect with accel-config. Sourced by iaa-config,
# which sets dry_run, verbose and force ('' or y).
#
# Data is safe throughout: what is in flight on a queue finishes before idxd
# disables it, and until the new queues are there software serves.

: "${dry_run=}" "${verbose=}" "${force=}"

# run CMD [ARG]...: with what it says shown if it fails, or with --verbose
run()
{
	local out status=0
	if [ -n "$dry_run$verbose" ]; then
		printf '+ %s\n' "$*"
	fi
	[ -z "$dry_run" ] || return 0
	out=$("$@" 2>&1) || status=$?
	if [ -n "$out" ] && { [ $status -ne 0 ] || [ -n "$verbose" ]; }; then
		printf '  %s\n' "${out//$'\n'/$'\n'  }" >&2
	fi
	return $status
}

# set_attr NAME VALUE: one of the driver's attributes
set_attr()
{
	if [ -n "$dry_run$verbose" ]; then
		printf '+ echo %s > %s\n' "$2" "$CRYPTO/$1"
	fi
	[ -z "$dry_run" ] || return 0
	{ printf '%s\n' "$2" >"$CRYPTO/$1"; } 2>/dev/null || {
		warn "$1 could not be set to $2"
		return 1
	}
}

# unbind DRIVER NAME: take a queue or device from its driver, whatever its state
unbind()
{
	if [ -n "$dry_run$verbose" ]; then
		printf '+ echo %s > %s\n' "$2" "$DSA/drivers/$1/unbind"
	fi
	[ -z "$dry_run" ] || return 0
	{ printf '%s\n' "$2" >"$DSA/drivers/$1/unbind"; } 2>/dev/null || {
		warn "$2 could not be taken from the driver $1; dmesg | grep idxd may say why"
		return 1
	}
}

# release NAME CMD...: take NAME from the driver it is bound to, with CMD if it is
# enabled. accel-config takes what is not enabled for done, but a queue of a device that
# halted may stay bound, and nothing could be enabled then.
release()
{
	local name=$1
	shift
	if queue_enabled "$name"; then
		run "$@" || return
		[ -z "$dry_run" ] || return 0
	fi
	queue_driver "$name"
	[ -z "$REPLY" ] || unbind "$REPLY" "$name"
}

# disable_queue DEVICE QUEUE
disable_queue() { release "$2" accel-config disable-wq ${force:+--force} "$1/$2"; }

# disable_device DEVICE: its queues first; idxd would do that too, but warns
disable_device()
{
	local queue
	for queue in ${queues_of[$1]}; do
		disable_queue "$1" "$queue" || return
	done
	release "$1" accel-config disable-device ${force:+--force} "$1"
}

# foreign_queues DEVICE...: set REPLY to queues that another driver has
foreign_queues()
{
	local device queue found=
	for device in "$@"; do
		for queue in ${queues_of[$device]}; do
			queue_driver "$queue"
			case $REPLY in
			crypto|'') ;;
			*) found+="$device/$queue (driver $REPLY) " ;;
			esac
		done
	done
	REPLY=${found% }
}

# serving_devices: serving=(iax1 ...), devices with a queue for the driver crypto
declare -a serving=()
serving_devices()
{
	local device
	serving=()
	for device in "${devices[@]}"; do
		crypto_queues "$device"
		[ -z "$REPLY" ] || serving+=("$device")
	done
}

# The driver of an unpatched kernel takes its attributes only while it has no queue,
# fails requests then, and has to be loaded anew to serve again.
driver_is_upstream() { [ -e "$CRYPTO/sync_mode" ] && [ ! -e "$CRYPTO/g_comp_wqs_per_iaa" ]; }

parked=''

# park_zswap: let zswap use a software compressor meanwhile
park_zswap()
{
	local now spare
	attr "$ZSWAP/compressor"
	now=$REPLY
	[[ $now == deflate-iaa* ]] || return 0
	[ -z "$dry_run" ] || { echo "+ echo lzo > $ZSWAP/compressor, and back at the end"; return 0; }
	for spare in lzo lz4 zstd deflate; do
		if { echo $spare >"$ZSWAP/compressor"; } 2>/dev/null; then
			parked=$now
			return 0
		fi
	done
	warn "zswap has no software compressor to use meanwhile"
	return 1
}

# restore_zswap: undo park_zswap()
restore_zswap()
{
	[ -n "$parked" ] || return 0
	{ printf '%s\n' "$parked" >"$ZSWAP/compressor"; } 2>/dev/null ||
		warn "zswap's compressor could not be set back; echo $parked > $ZSWAP/compressor"
	parked=''
}

reload_driver() { run modprobe -r iaa_crypto && run modprobe iaa_crypto; }

# enable_plan: device by device. load-config -e stops at the first that fails, and would
# leave all others without a queue. What failed is for verify_plan to say.
enable_plan()
{
	local device queue list
	for device in "${plan_devices[@]}"; do
		list=()
		for queue in "${plan_queues[@]}"; do
			[ "${plan_device_of[$queue]}" != "$device" ] || list+=("$device/$queue")
		done
		if run accel-config enable-device "$device"; then
			run accel-config enable-wq "${list[@]}" || true
		fi
	done
}

# verify_device DEVICE: it is enabled, or what can be done about it is said
verify_device()
{
	local state pci
	attr "$DSA/devices/$1/state" gone
	state=$REPLY
	[ "$state" != enabled ] || return 0
	pci_address "$1"
	pci=$REPLY
	warn "$1 could not be enabled, and is $state: dmesg | grep $pci may say why; to start it anew:" \
		"echo 1 > /sys/bus/pci/devices/$pci/reset; $self"
	return 1
}

# verify_plan: every device is enabled, and every queue of the driver crypto enabled and bound
verify_plan()
{
	local device queue status=0
	for device in "${plan_devices[@]}"; do
		verify_device "$device" || status=1
	done
	for queue in "${plan_queues[@]}"; do
		device=${plan_device_of[$queue]}
		attr "$DSA/devices/$device/state"
		if [ "$REPLY" != enabled ] || [ "${plan[$queue driver_name]:-}" != crypto ]; then
			continue
		fi
		queue_driver "$queue"
		if [ "$REPLY" != crypto ] || ! queue_enabled "$queue"; then
			warn "$device/$queue could not be enabled; dmesg | grep -e $queue -e idxd may say why"
			status=1
		fi
	done
	return $status
}
