# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
#
# A configuration of queues in accel-config's JSON: made from options, or read
# from a file, and checked against the devices that are here. Sourced by
# iaa-config.

# spread DEVICE...: package_of[iax1]=0; devices of unknown package go to the packages
# that have the fewest, as in the driver
declare -A package_of=()
spread()
{
	local device package best unknown=()
	local -A count=()

	find_packages
	package_of=()
	for device in "$@"; do
		device_package "$device"
		if [ -z "$REPLY" ]; then
			unknown+=("$device")
			continue
		fi
		package_of[$device]=$REPLY
		count[$REPLY]=$((${count[$REPLY]:-0} + 1))
	done
	for device in ${unknown[@]+"${unknown[@]}"}; do
		best=${packages[0]}
		for package in "${packages[@]}"; do
			if [ "${count[$package]:-0}" -lt "${count[$best]:-0}" ]; then
				best=$package
			fi
		done
		package_of[$device]=$best
		count[$best]=$((${count[$best]:-0} + 1))
	done
}

# choose_devices N: chosen=(iax1 ...), the first N devices of each package that has any;
# all if N is empty. Fails where a package has less, and sets REPLY to why.
declare -a chosen=()
choose_devices()
{
	local device package
	local -A count=()

	chosen=("${devices[@]}")
	[ -n "$1" ] || return 0
	chosen=()
	spread "${devices[@]}"
	for device in "${devices[@]}"; do
		package=${package_of[$device]}
		count[$package]=$((${count[$package]:-0} + 1))
		[ "${count[$package]}" -gt "$1" ] || chosen+=("$device")
	done
	for package in "${!count[@]}"; do
		if [ "${count[$package]}" -lt "$1" ]; then
			REPLY="package $package has only ${count[$package]} device(s)"
			return 1
		fi
	done
}

# plan_device DEVICE QUEUES MODE SIZE: a device's part of the JSON. The device
# comes first in each object, and type before name, because setting the type
# clears the name. Attributes that IAA lacks (max_batch_size, read buffers) or may
# refuse (block_on_fault) are left out.
plan_device()
{
	local device=$1 queues=$2 mode=$3 size=$4 id=${1#iax} i separator=
	printf '  {\n    "dev":"%s",\n    "groups":[\n      {\n        "dev":"group%s.0",\n' "$device" "$id"
	printf '        "grouped_workqueues":[\n'
	for ((i = 0; i < queues; i++)); do
		[ "$i" -eq 0 ] || printf ',\n'
		printf '          {\n            "dev":"wq%s.%s",\n            "mode":"%s",\n' "$id" "$i" "$mode"
		printf '            "size":%s,\n            "group_id":0,\n            "priority":10,\n' "$size"
		# A shared queue has to keep one entry free.
		[ "$mode" = dedicated ] || printf '            "threshold":%s,\n' $((size - 1))
		printf '            "type":"kernel",\n            "driver_name":"crypto",\n            "name":"iaa_crypto"\n          }'
	done
	printf '\n        ],\n        "grouped_engines":[\n'
	for i in ${engines_of[$device]}; do
		printf '%s          {\n            "dev":"%s",\n            "group_id":0\n          }' "$separator" "$i"
		separator=$',\n'
	done
	printf '\n        ]\n      }\n    ]\n  }'
}

# plan_make QUEUES MODE SIZE DEVICE...: the JSON; SIZE entries a queue, or, if
# empty, all that a device has, in equal parts
plan_make()
{
	local queues=$1 mode=$2 size=$3 device separator=
	shift 3
	printf '[\n'
	for device in "$@"; do
		attr "$DSA/devices/$device/max_work_queues_size" 0
		printf '%s' "$separator"
		plan_device "$device" "$queues" "$mode" "${size:-$((REPLY / queues))}"
		separator=$',\n'
	done
	printf '\n]\n'
}

# flatten FILE: JSON into lines "DEVICE OBJECT KEY VALUE", the object being the device
# itself, or one of its groups, queues or engines; fails, and says why, if FILE is not
# what accel-config loads. What accel-config could read otherwise than we do is refused:
# escapes, and a key that comes twice.
flatten()
{
	LC_ALL=C awk '
	function fail(what) {
		gsub(/[^ -~]/, "?", what)
		if (!failed)
			print what > "/dev/stderr"
		failed = 1
		exit 1
	}
	function advance() {
		sub(/^[ \t\r\n]+/, "", text)
		if (match(text, /^"[^"]*\\/))
			fail("escapes are not taken: " substr(text, 1, 20))
		if (!match(text, /^"[^"\001-\037\177]*"/) && !match(text, /^[][{}:,]/) &&
		    !match(text, /^[-+.A-Za-z0-9]+/)) {
			token = ""
			if (text != "")
				fail("no JSON near: " substr(text, 1, 20))
			return
		}
		token = substr(text, 1, RLENGTH)
		text = substr(text, RLENGTH + 1)
	}
	function expect(what) {
		if (token != what)
			fail("no JSON: " what " is missing before " (token == "" ? "the end" : token))
		advance()
	}
	function unquoted() {
		return token ~ /^"/ ? substr(token, 2, length(token) - 2) : token
	}
	function plain(word) {
		if (word !~ /^[-A-Za-z0-9_.]+$/)
			fail("no name: \"" substr(word, 1, 20) "\"")
		return word
	}
	function object(top,   key, name, seen) {
		expect("{")
		while (!failed) {
			if (token !~ /^"/)
				fail("no JSON: a key is missing before " token)
			key = plain(unquoted())
			advance()
			expect(":")
			if (key in seen)
				fail("\"" key "\" comes twice in an object")
			seen[key] = 1
			if (name == "") {
				if (key != "dev")
					fail("\"dev\" must come first in each object, not \"" key "\"")
				name = plain(unquoted())
				if (top == "")
					top = name
			}
			if (token == "[")
				array(top)
			else if (token !~ /^("|true$|false$|null$|-?(0|[1-9][0-9]*)$)/)
				fail("no JSON: " key " has no value")
			else {
				lines = lines top " " name " " key " " unquoted() "\n"
				advance()
			}
			if (token != ",")
				break
			advance()
		}
		expect("}")
	}
	function array(top) {
		# accel-config has three
		if (++depth > 9)
			fail("too deep")
		expect("[")
		while (!failed && token != "]") {
			object(top)
			if (token != ",")
				break
			advance()
			if (token == "]")
				fail("no JSON: something is missing before ]")
		}
		expect("]")
		depth--
	}
	{ text = text $0 "\n" }
	END {
		if (failed)
			exit 1
		advance()
		array("")
		if (token != "")
			fail("no JSON: something follows the end: " token)
		if (!failed)
			printf "%s", lines
	}' "$1"
}

# plan_read FILE: plan["wq1.0 size"]=64; plan_devices and plan_queues in the order of the
# file, and plan_device_of[wq1.0]=iax1. Fails, and sets REPLY to why.
declare -A plan=() plan_device_of=()
declare -a plan_devices=() plan_queues=()
plan_read()
{
	local device object key value
	REPLY=$(flatten "$1" 2>&1) || return
	plan=() plan_device_of=() plan_devices=() plan_queues=()
	while read -r device object key value; do
		plan[$object $key]=$value
		[ "$key" = dev ] || continue
		plan_device_of[$object]=$device
		if [ "$object" = "$device" ]; then
			plan_devices+=("$device")
		elif [[ $object == wq* ]]; then
			plan_queues+=("$object")
		fi
	done <<<"$REPLY"
	[ ${#plan_devices[@]} -gt 0 ] || { REPLY='it has no device'; return 1; }
}

# plan_check_queue QUEUE: add what is wrong with a queue to problems
plan_check_queue()
{
	local queue=$1 device=${plan_device_of[$1]} size=${plan[$1 size]:-}
	[[ " ${queues_of[$device]}" == *" $queue "* ]] ||
		{ problems+=("$device has no queue $queue"); return; }
	is_number "$size" 1 || problems+=("$queue: size must be 1 or more, not '$size'")
	case ${plan[$queue type]:-} in
	user) ;;
	kernel)	[ "${plan[$queue driver_name]:-}" = crypto ] ||
			problems+=("$queue: a kernel queue needs \"driver_name\":\"crypto\"; without it the queue goes to another driver") ;;
	*)	problems+=("$queue: type must be kernel (or user), not '${plan[$queue type]:-}'") ;;
	esac
	[ -n "${plan[$queue name]:-}" ] || problems+=("$queue: it needs a name")
	case ${plan[$queue mode]:-} in
	dedicated) ;;
	shared)	is_number "${plan[$queue threshold]:-}" 1 "${size:-1}" ||
			problems+=("$queue: a shared queue needs a threshold of 1 to its size, not '${plan[$queue threshold]:-}'")
		shared_queues_possible "$device" ||
			problems+=("$queue: shared queues need PASID, an IOMMU and a CPU with enqcmd, which $device does not have: boot with intel_iommu=on,sm_on and idxd.sva=1, or use dedicated queues") ;;
	*)	problems+=("$queue: mode must be dedicated or shared, not '${plan[$queue mode]:-}'") ;;
	esac
}

# plan_check_device DEVICE: the same for a device
plan_check_device()
{
	local device=$1 queue total=0
	[[ $device == iax* ]] ||
		{ problems+=("$device is no IAA device (iax...): take it out"); return; }
	[ -n "${queues_of[$device]:-}" ] ||
		{ problems+=("there is no device $device: the devices here are ${devices[*]}"); return; }
	attr "$DSA/devices/$device/configurable" 1
	[ "$REPLY" = 1 ] ||
		{ problems+=("$device cannot be configured: its firmware has fixed it"); return; }
	for queue in "${plan_queues[@]}"; do
		[ "${plan_device_of[$queue]}" = "$device" ] || continue
		plan_check_queue "$queue"
		! is_number "${plan[$queue size]:-}" || total=$((total + ${plan[$queue size]}))
	done
	attr "$DSA/devices/$device/max_work_queues_size" 0
	[ "$total" -le "$REPLY" ] ||
		problems+=("$device: its queues have $total entries in all, and the device only $REPLY")
	[ "$total" -gt 0 ] || problems+=("$device has no queue")
}

# plan_check: problems=(...), all that is wrong with what was read
declare -a problems=()
plan_check()
{
	local device queue
	problems=()
	for device in "${plan_devices[@]}"; do
		plan_check_device "$device"
	done
	for queue in "${plan_queues[@]}"; do
		[ "${plan[$queue driver_name]:-}" != crypto ] || return 0
	done
	problems+=("it has no queue for the driver crypto")
}
