# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
#
# Devices, their queues, and the queues' driver. Sourced by iaa-doctor.

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
			"echo $REPLY > /sys/bus/pci/drivers/idxd/unbind; echo $REPLY > /sys/bus/pci/drivers/idxd/bind; iaa-config" ;;
	esac
}

# check_disabled_queue DEVICE QUEUE: fine, unless somebody configured it for us
check_disabled_queue()
{
	local dir=$DSA/devices/$2
	attr "$dir/driver_name"
	[ "$REPLY" = crypto ] || return 0
	attr "$dir/size" 0
	[ "$REPLY" -eq 0 ] || finding "$1/$2 is configured for deflate-iaa and not enabled" \
		"accel-config enable-device $1" "accel-config enable-wq $1/$2"
}

check_queue()
{
	local device=$1 queue=$2 dir=$DSA/devices/$2 driver mode
	if ! queue_enabled "$queue"; then
		check_disabled_queue "$device" "$queue"
		return
	fi
	queue_driver "$queue"
	driver=$REPLY
	attr "$dir/type"
	if [ "$driver" != crypto ] && [ "$REPLY" = kernel ]; then
		finding "$device/$queue is a kernel queue of the driver '$driver', not of crypto" \
			"accel-config disable-wq $device/$queue" "iaa-config --force"
		return
	fi
	attr "$dir/mode"
	mode=$REPLY
	attr "$dir/size"
	good "$device/$queue: $mode, $REPLY entries, driver $driver"
}

# check_queues: sets serving, the number of queues, and served, of devices
check_queues()
{
	local device queue list idle=()
	for device in "${devices[@]}"; do
		check_device "$device"
		for queue in ${queues_of[$device]}; do
			check_queue "$device" "$queue"
		done
		crypto_queues "$device"
		read -ra list <<<"$REPLY"
		serving=$((serving + ${#list[@]}))
		if [ ${#list[@]} -gt 0 ]; then
			served=$((served + 1))
		else
			idle+=("$device")
		fi
	done
	if [ "$serving" -eq 0 ]; then
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
		crypto_queues "$device"
		[ -z "$REPLY" ] || known+="$package "
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

check_health_of()
{
	local id=$1 state=$2 resets=$3 errors=$4
	if [ "$state" != live ]; then
		finding "$id is $state: it did not answer, is being reset, and others or software do its work; dmesg | grep $id" \
			"iaa-config"
	elif [ "$resets" -gt 0 ] || [ "$errors" -gt 0 ]; then
		note "$id had to be reset $resets time(s) and gave back $errors request(s); nothing was lost; dmesg | grep $id"
	else
		good "$id is live"
	fi
}

# check_health: what the driver knows of its queues
check_health()
{
	local key value id='' state='' resets=0
	[ -r "$DEBUGFS/wq_stats" ] || return 0
	while read -r key value; do
		case $key in
		id:)	if [[ $value == wq* ]]; then id=$value; else id=''; fi ;;
		state:)	state=$value ;;
		resets:) resets=$value ;;
		errors:) [ -z "$id" ] || check_health_of "$id" "$state" "$resets" "$value" ;;
		esac
	done <"$DEBUGFS/wq_stats"
}
