# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
#
# Devices, their queues, and the queues' driver. Sourced by iaa-doctor.
#
# Bound to the driver is not yet served: a queue that stopped answering stays bound
# while software does its work. What the driver says in wq_stats decides.

: "${bound=0}" "${serving=0}" "${served=0}"

# check_driver: fails if there is none
check_driver()
{
	local name
	if [ ! -e "$CRYPTO/sync_mode" ]; then
		finding "the driver of the queues is not loaded: software serves deflate-iaa" \
			"modprobe iaa_crypto" "iaa-config"
		return 1
	fi
	if [ ! -e "$CRYPTO/g_comp_wqs_per_iaa" ]; then
		finding "the driver of the queues is an unpatched kernel's: no batches, no zram, no software behind it" \
			"boot the kernel that has CONFIG_IAA_COMP"
		return 1
	fi
	for name in sync_mode verify_compress g_comp_wqs_per_iaa distribute_comps distribute_decomps; do
		attr "$CRYPTO/$name"
		case $name=$REPLY in
		sync_mode=sync)
			note "sync_mode is sync: one request at a time on each CPU" \
				"echo async > /sys/bus/dsa/drivers/crypto/sync_mode" ;;
		sync_mode=async_irq)
			note "sync_mode is async_irq: saves CPU time, and each request takes longer" \
				"echo async > /sys/bus/dsa/drivers/crypto/sync_mode" ;;
		verify_compress=1)
			note "verify_compress is on: all that is compressed is read back" \
				"echo 0 > /sys/bus/dsa/drivers/crypto/verify_compress" ;;
		*) good "$name is $REPLY" ;;
		esac
	done
}

check_device()
{
	local device=$1 state
	attr "$DSA/devices/$device/state"
	state=$REPLY
	case $state in
	enabled|disabled) good "$device is $state" ;;
	*)	pci_address "$device"
		finding "$device is $state; dmesg | grep idxd says why" \
			"echo 1 > /sys/bus/pci/devices/$REPLY/reset; iaa-config" ;;
	esac
}

# read_driver_states: what the driver says of its queues: driver_state[wq1.0]=live,
# driver_resets, driver_errors; see_driver is empty where it can't be asked
declare -A driver_state=() driver_resets=() driver_errors=()
see_driver=''
read_driver_states()
{
	local key value id=''
	driver_state=() driver_resets=() driver_errors=()
	see_driver=''
	[ -r "$DEBUGFS/wq_stats" ] || return 0
	see_driver=y
	while read -r key value; do
		case $key in
		# A device has the same keys, and a number for its id
		id:)	if [[ $value == wq* ]]; then id=$value; else id=''; fi ;;
		state:)	[ -z "$id" ] || driver_state[$id]=$value ;;
		resets:) [ -z "$id" ] || driver_resets[$id]=$value ;;
		errors:) [ -z "$id" ] || driver_errors[$id]=$value ;;
		esac
	done <"$DEBUGFS/wq_stats"
}

# check_unbound_queue DEVICE QUEUE: fine, unless somebody configured it for us
check_unbound_queue()
{
	local dir=$DSA/devices/$2
	attr "$dir/driver_name"
	[ "$REPLY" = crypto ] || return 0
	attr "$dir/size" 0
	[ "$REPLY" -gt 0 ] || return 0
	attr "$DSA/devices/$1/state"
	local mend=("accel-config enable-wq $1/$2")
	[ "$REPLY" = enabled ] || mend=("accel-config enable-device $1" "${mend[@]}")
	finding "$1/$2 is configured for deflate-iaa and not enabled" "${mend[@]}"
}

# check_foreign_queue DEVICE QUEUE DRIVER
check_foreign_queue()
{
	local mode dir=$DSA/devices/$2
	attr "$dir/type"
	if [ "$REPLY" = kernel ]; then
		finding "$1/$2 is a kernel queue of the driver '$3', not of crypto" \
			"accel-config disable-wq $1/$2" "iaa-config --force"
		return
	fi
	attr "$dir/mode"
	mode=$REPLY
	attr "$dir/size"
	good "$1/$2: $mode, $REPLY entries, driver $3"
}

# check_our_queue DEVICE QUEUE: one that is bound to crypto; fails if it does not serve
check_our_queue()
{
	local device=$1 queue=$2 mode state release
	release="echo $queue > /sys/bus/dsa/drivers/crypto/unbind"
	attr "$DSA/devices/$queue/state" unknown
	if [ "$REPLY" != enabled ]; then
		finding "$device/$queue is bound to the driver crypto, but $REPLY: no request reaches it" \
			"$release" iaa-config
		return 1
	fi
	if [ -n "$see_driver" ]; then
		state=${driver_state[$queue]:-unknown to the driver}
		if [ "$state" != live ]; then
			finding "$device/$queue is $state: the driver gives it no requests, and tries now and then whether it is well; dmesg | grep -e $queue -e idxd" \
				"$release" iaa-config
			return 1
		fi
		if [ "${driver_resets[$queue]:-0}" -gt 0 ] || [ "${driver_errors[$queue]:-0}" -gt 0 ]; then
			note "$device/$queue had to be reset ${driver_resets[$queue]:-0} time(s) and gave back ${driver_errors[$queue]:-0} request(s); nothing was lost; dmesg | grep $queue"
		fi
	fi
	attr "$DSA/devices/$queue/mode"
	mode=$REPLY
	attr "$DSA/devices/$queue/size"
	good "$device/$queue: $mode, $REPLY entries, driver crypto${see_driver:+, live}"
}

# check_device_queues DEVICE: adds to bound and serving
declare -A serving_of=()
check_device_queues()
{
	local queue live=0
	for queue in ${queues_of[$1]}; do
		queue_driver "$queue"
		case $REPLY in
		'')	check_unbound_queue "$1" "$queue" ;;
		crypto)	bound=$((bound + 1))
			! check_our_queue "$1" "$queue" || live=$((live + 1)) ;;
		*)	check_foreign_queue "$1" "$queue" "$REPLY" ;;
		esac
	done
	serving_of[$1]=$live
	serving=$((serving + live))
}

# check_queues: sets bound and serving, numbers of queues, and served, of devices
check_queues()
{
	local device before idle=()
	read_driver_states
	for device in "${devices[@]}"; do
		before=$bound
		check_device "$device"
		check_device_queues "$device"
		if [ "${serving_of[$device]}" -gt 0 ]; then
			served=$((served + 1))
		elif [ "$bound" -eq "$before" ]; then
			idle+=("$device")
		fi
	done
	if [ "$bound" -eq 0 ]; then
		finding "no work queue is enabled for deflate-iaa: software serves it" "iaa-config"
	elif [ ${#idle[@]} -gt 0 ]; then
		note "without a queue for deflate-iaa: ${idle[*]}" "iaa-config"
	fi
}

# check_packages: CPUs whose package has no device share those of others
check_packages()
{
	local package device known=' '
	[ "$serving" -gt 0 ] || return 0
	for device in "${devices[@]}"; do
		device_package "$device"
		package=$REPLY
		# Of unknown place: the driver gives it to some package
		[ -n "$package" ] || return 0
		[ "${serving_of[$device]:-0}" -eq 0 ] || known+="$package "
	done
	find_packages
	for package in "${packages[@]}"; do
		if [[ $known == *" $package "* ]]; then
			good "package $package has devices of its own"
		else
			note "package $package has no queue of its own: its CPUs use those of other packages" "iaa-config"
		fi
	done
}
