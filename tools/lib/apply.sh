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

# disable_device DEVICE: its queues first; idxd would do that too, but warns
disable_device()
{
	local queue
	attr "$DSA/devices/$1/state"
	[ "$REPLY" != disabled ] || return 0
	for queue in ${queues_of[$1]}; do
		queue_enabled "$queue" || continue
		run accel-config disable-wq ${force:+--force} "$1/$queue" || return
	done
	run accel-config disable-device ${force:+--force} "$1"
}

# foreign_queues DEVICE...: set REPLY to enabled queues that somebody else uses
foreign_queues()
{
	local device queue found=
	for device in "$@"; do
		for queue in ${queues_of[$device]}; do
			queue_enabled "$queue" || continue
			queue_driver "$queue"
			[ "$REPLY" = crypto ] || found+="$device/$queue (driver $REPLY) "
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

# verify_plan: every queue of the driver crypto is enabled and bound
verify_plan()
{
	local queue status=0
	for queue in "${plan_queues[@]}"; do
		[ "${plan[$queue driver_name]:-}" = crypto ] || continue
		queue_driver "$queue"
		if [ "$REPLY" != crypto ] || ! queue_enabled "$queue"; then
			warn "$queue was not enabled; the reason may be in dmesg"
			status=1
		fi
	done
	return $status
}
