# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the bench measures: a list of tasks. A task is one job (bench/guest/job-*.sh) with
# its environment, and yields figures for one or more rows; tasks that want the same
# kernel and the same devices share a guest (bench/guests.sh). Sourced.
#
#   task NAME KERNEL TIMING ROW,... JOB [NAME=VALUE]...
#
# KERNEL is ours or stock. TIMING is the device's: a scale (instructions a nanosecond),
# or zero for a device that answers at once. The values are the job's environment;
# DEVICES is the number of accelerators. With LOOKS_AT they have no early abort, and are
# timed as if done with a page after so many bytes of it. CONTENTION is the share of each
# that other CPUs take, in percent. IOMMU is lazy or strict: one translates
# what they access.

SOFTWARE='lzo-rle lz4 zstd'
SLOW=deflate
IAA=deflate-iaa
DYNAMIC=deflate-iaa-dynamic
SCALE=6
OTHER_SCALES='4 9'

bytes() { numfmt --from=iec "${1^^}"; }

# slow_pages SIZE: it takes ten times as long as zstd, so it gets as few pages as will do
slow_pages() { [ "$1" = 2m ] && echo 512 || echo 128; }

plan_zram()
{
	local size=$1 rows=zram-write-$1,zram-read-$1 env=() kernel scale devices
	env=("SIZE=$(bytes "$size")")
	for kernel in stock ours; do
		task "zram-$size-software-$kernel" $kernel zero "$rows" zram "${env[@]}" PAGES=512 \
			"ALGORITHMS=$SOFTWARE"
		task "zram-$size-slow-$kernel" $kernel zero "$rows" zram "${env[@]}" \
			"PAGES=$(slow_pages "$size")" "ALGORITHMS=$SLOW"
	done
	env+=("PAGES=$([ "$size" = 2m ] && echo 1024 || echo 512)")
	for devices in 1 4; do
		task "zram-$size-ours-$devices" ours $SCALE "$rows" zram "${env[@]}" \
			DEVICES=$devices "ALGORITHMS=$IAA $DYNAMIC"
	done
	for devices in 1 4; do
		task "zram-$size-single-ours-$devices" ours $SCALE "$rows" zram "${env[@]}" \
			DEVICES=$devices "ALGORITHMS=$IAA" BATCHES=1
	done
	task "zram-$size-ours-zero" ours zero "$rows" zram "${env[@]}" \
		DEVICES=1 "ALGORITHMS=$IAA $DYNAMIC"
	[ "$size" != 4k ] || return 0
	for scale in $OTHER_SCALES; do
		for devices in 1 4; do
			task "zram-$size-ours-$devices-scale$scale" ours "$scale" "$rows" zram \
				"${env[@]}" DEVICES=$devices "ALGORITHMS=$IAA"
			task "zram-$size-single-ours-$devices-scale$scale" ours "$scale" "$rows" zram \
				"${env[@]}" DEVICES=$devices "ALGORITHMS=$IAA" BATCHES=1
		done
	done
}

plan_zswap()
{
	local size=$1 rows=zswap-store-$1,zswap-load-$1 env=() kernel scale devices
	env=("SIZE=$(bytes "$size")" SWAP=/dev/vda)
	for kernel in stock ours; do
		task "zswap-$size-software-$kernel" $kernel zero "$rows" zswap "${env[@]}" PAGES=512 \
			"ALGORITHMS=$SOFTWARE"
		task "zswap-$size-slow-$kernel" $kernel zero "$rows" zswap "${env[@]}" \
			"PAGES=$(slow_pages "$size")" "ALGORITHMS=$SLOW"
	done
	env+=(PAGES=512)
	for kernel in stock ours; do
		for devices in 1 4; do
			task "zswap-$size-$kernel-$devices" $kernel $SCALE "$rows" zswap "${env[@]}" \
				DEVICES=$devices "ALGORITHMS=$IAA"
		done
		task "zswap-$size-$kernel-zero" $kernel zero "$rows" zswap "${env[@]}" \
			DEVICES=1 "ALGORITHMS=$IAA"
		[ "$size" != 4k ] || continue
		for scale in $OTHER_SCALES; do
			task "zswap-$size-$kernel-4-scale$scale" $kernel "$scale" "$rows" zswap \
				"${env[@]}" DEVICES=4 "ALGORITHMS=$IAA"
		done
	done
	task "zswap-$size-dynamic" ours $SCALE "$rows" zswap "${env[@]}" \
		DEVICES=4 "ALGORITHMS=$DYNAMIC"
}

# Loads with swap readahead, of which zswap may read many pages at a time
plan_cluster()
{
	local kernel devices env=()
	env=("SIZE=$(bytes 64k)" SWAP=/dev/vda PAGES=512 CLUSTER=3)
	for kernel in stock ours; do
		task "zswap-cluster-software-$kernel" $kernel zero zswap-cluster zswap "${env[@]}" \
			"ALGORITHMS=lz4 zstd"
		for devices in 1 4; do
			task "zswap-cluster-$kernel-$devices" $kernel $SCALE zswap-cluster zswap "${env[@]}" \
				DEVICES=$devices "ALGORITHMS=$IAA"
		done
		task "zswap-cluster-$kernel-zero" $kernel zero zswap-cluster zswap "${env[@]}" \
			DEVICES=1 "ALGORITHMS=$IAA"
	done
}

# The shape of Intel's own measurement (memory-usage-analyzer, tests/madvise): folios of one
# page out by MADV_PAGEOUT, one touch a page, page-cluster 3 or 5, and sync_mode as its
# script sets it; zram, and zswap over a zram
plan_pageout()
{
	local cluster=$1 kernel env=() zram=zram-pageout-p$1 zswap=zswap-pageout-p$1
	env=("SIZE=$(bytes 4k)" PAGES=1024 CLUSTER="$cluster" SYNC_MODE=sync)
	for kernel in stock ours; do
		task "$zram-software-$kernel" $kernel zero "$zram" swap "${env[@]}" "ALGORITHMS=$SOFTWARE"
		task "$zswap-software-$kernel" $kernel zero "$zswap" zswap "${env[@]}" SWAP=zram \
			"ALGORITHMS=$SOFTWARE"
	done
	env+=(DEVICES=1)
	task "$zram-ours" ours $SCALE "$zram" swap "${env[@]}" "ALGORITHMS=$IAA $DYNAMIC"
	task "$zswap-stock" stock $SCALE "$zswap" zswap "${env[@]}" SWAP=zram "ALGORITHMS=$IAA"
	task "$zswap-ours" ours $SCALE "$zswap" zswap "${env[@]}" SWAP=zram "ALGORITHMS=$IAA $DYNAMIC"
}

plan_swap()
{
	local size=$1 rows=swap-out-$1,swap-in-$1 env=() kernel devices
	env=("SIZE=$(bytes "$size")")
	for kernel in stock ours; do
		task "swap-$size-software-$kernel" $kernel zero "$rows" swap "${env[@]}" PAGES=512 \
			"ALGORITHMS=$SOFTWARE"
		task "swap-$size-slow-$kernel" $kernel zero "$rows" swap "${env[@]}" \
			"PAGES=$(slow_pages "$size")" "ALGORITHMS=$SLOW"
	done
	env+=(PAGES=512)
	for devices in 1 4; do
		task "swap-$size-ours-$devices" ours $SCALE "$rows" swap "${env[@]}" DEVICES=$devices \
			"ALGORITHMS=$IAA $DYNAMIC"
		task "swap-$size-single-ours-$devices" ours $SCALE "$rows" swap "${env[@]}" \
			DEVICES=$devices "ALGORITHMS=$IAA" BATCHES=1
	done
	task "swap-$size-ours-zero" ours zero "$rows" swap "${env[@]}" DEVICES=1 \
		"ALGORITHMS=$IAA $DYNAMIC"
}

# Reclaim under pressure: usemem's processes in a cgroup that is too small, and a zram.
plan_pressure()
{
	local size=$1 env=() kernel devices
	env=("SIZE=$(bytes "$size")" ZRAM=256M PROCESSES=30 SHARE=4M HIGH=60M)
	for kernel in stock ours; do
		task "pressure-$size-$kernel" $kernel zero "pressure-$size" usemem "${env[@]}" \
			"ALGORITHMS=lz4 zstd"
	done
	for devices in 1 4; do
		task "pressure-$size-ours-$devices" ours $SCALE "pressure-$size" usemem "${env[@]}" \
			DEVICES=$devices "ALGORITHMS=$IAA"
	done
}

# Pages that do not compress: with the early abort of IAA 2.0, which looks at 2048 bytes,
# and by the bytes that a device without it may look at: all; 3434, where the output is
# full if there is room for 3624; and 1024, where early abort could look, too.
plan_incompressible()
{
	local env=() looks
	env=("SIZE=$(bytes 64k)" PAGES=512 KINDS=random)
	task incompressible-software ours zero incompressible zram "${env[@]}" \
		"ALGORITHMS=lz4 zstd"
	env+=(DEVICES=1 "ALGORITHMS=$IAA")
	task incompressible-zero ours zero incompressible zram "${env[@]}"
	task incompressible-single ours $SCALE incompressible zram "${env[@]}" BATCHES=1
	task incompressible ours $SCALE incompressible zram "${env[@]}"
	for looks in 1024 3434 4096; do
		task incompressible-single-$looks ours $SCALE incompressible zram "${env[@]}" \
			LOOKS_AT=$looks BATCHES=1
		task incompressible-$looks ours $SCALE incompressible zram "${env[@]}" LOOKS_AT=$looks
	done
}

# Swap-in from zram with readahead (page-cluster 3) and without, of pages in order and of
# pages far apart, with a device and in software
plan_readahead()
{
	local order stride devices cluster
	for order in sequential random; do
		[ $order = random ] && stride=211 || stride=1
		for devices in 0 1; do
			for cluster in 0 3; do
				task "readahead-$order-$devices-$cluster" ours $SCALE "readahead-$order" swap \
					"SIZE=$(bytes 4k)" PAGES=512 DEVICES=$devices CLUSTER=$cluster \
					STRIDE=$stride "ALGORITHMS=$IAA"
			done
		done
	done
}

# Reads, 200 a second as modelled, beside a writer: one CPU for both
plan_mixed()
{
	local size devices
	for size in 4k 64k; do
		for devices in 0 1; do
			task "mixed-$size-$devices" ours $SCALE mixed mixed "SIZE=$(bytes $size)" \
				DEVICES=$devices "ALGORITHMS=$IAA" "BATCHES=1 16" READS=100 \
				INTERVAL=$((5000000 * SCALE))
		done
	done
}

# Latency of zram's reads and of zswap's faults: one after the other; and, 2000 a second as
# modelled, 1000 of 64 KiB, beside a writer of 2 MiB blocks to a zram of the same compressor, on the same CPU.
plan_latency()
{
	local what way kernel interval env=()
	for what in zram-4k zram-64k zswap-4k; do
		[ $what = zram-64k ] && interval=1000000 || interval=500000
		for way in alone beside; do
			env=("SIZE=$(bytes "${what#*-}")" READS=200)
			[ $way = alone ] || env+=(INTERVAL=$((interval * SCALE)))
			[ $what != zswap-4k ] || env+=(SWAP=/dev/vda)
			for kernel in stock ours; do
				task "latency-$what-$way-software-$kernel" $kernel $SCALE latency mixed \
					"${env[@]}" "ALGORITHMS=lz4 zstd"
			done
			task "latency-$what-$way-ours" ours $SCALE latency mixed "${env[@]}" \
				DEVICES=1 "ALGORITHMS=$IAA"
			# Stock's zram has no accelerator.
			[ $what != zswap-4k ] || task "latency-$what-$way-stock" stock $SCALE latency \
				mixed "${env[@]}" DEVICES=1 "ALGORITHMS=$IAA" WRITER=lz4
		done
	done
}

plan_driver()
{
	local env=(PAGES=256 DEVICES=1)
	task driver-stock stock zero driver driver "${env[@]}" APIS=acomp \
		BATCHES=1 "ALGORITHMS=$IAA"
	task driver-ours ours zero driver driver "${env[@]}" APIS=core \
		"BATCHES=1 8 32" "ALGORITHMS=$IAA $DYNAMIC"
	# acomp takes up to 8 units in a request
	task driver-acomp-ours ours zero driver driver "${env[@]}" "APIS=units acomp" \
		"BATCHES=1 8" "ALGORITHMS=$IAA"
	task driver-timed-ours ours $SCALE driver-timed driver "${env[@]}" APIS=core \
		"BATCHES=1 8 32" "ALGORITHMS=$IAA $DYNAMIC"
	task driver-timed-ours-4 ours $SCALE driver-timed driver PAGES=256 DEVICES=4 APIS=core \
		"BATCHES=1 8 32" "ALGORITHMS=$IAA"
	task driver-timed-stock stock $SCALE driver-timed driver "${env[@]}" APIS=acomp \
		BATCHES=1 "ALGORITHMS=$IAA"
}

# What an IOMMU costs software: four devices that answer at once
plan_iommu()
{
	local iommu env=()
	for iommu in none lazy strict; do
		env=("SIZE=$(bytes 64k)" PAGES=512 DEVICES=4 "ALGORITHMS=$IAA")
		[ $iommu = none ] || env+=("IOMMU=$iommu")
		task "iommu-zram-$iommu" ours zero iommu zram "${env[@]}" "FOLIO=$(bytes 64k)"
		task "iommu-zram-scattered-$iommu" ours zero iommu zram "${env[@]}"
		task "iommu-zswap-$iommu" ours zero iommu zswap "${env[@]}" SWAP=/dev/vda
	done
	for iommu in none lazy strict; do
		env=("SIZE=$(bytes 4k)" PAGES=512 DEVICES=4 "ALGORITHMS=$IAA")
		[ $iommu = none ] || env+=("IOMMU=$iommu")
		task "iommu-zswap-4k-$iommu" ours zero iommu zswap "${env[@]}" SWAP=/dev/vda
	done
}

# How much is gained by more pages in flight, and by more devices
plan_sweeps()
{
	local devices kernel
	task batch ours $SCALE batch zram "SIZE=$(bytes 2m)" PAGES=512 DEVICES=1 "ALGORITHMS=$IAA" \
		"BATCHES=1 2 4 8 16"
	for devices in 1 2 4 8; do
		task "devices-zram-$devices" ours $SCALE devices zram "SIZE=$(bytes 2m)" PAGES=512 \
			DEVICES=$devices "ALGORITHMS=$IAA"
		for kernel in stock ours; do
			task "devices-zswap-$kernel-$devices" $kernel $SCALE devices zswap "SIZE=$(bytes 2m)" \
				PAGES=512 SWAP=/dev/vda DEVICES=$devices "ALGORITHMS=$IAA"
		done
	done
}

# The series' two workloads, scaled to the guest. What zswap holds counts as the cgroup's,
# too, and must fit: all of usemem's 120 MiB take about 58 when they are compressed. If
# HIGH is below that, it is naps that are measured; with 76M all pages but 3 % go out,
# with 88M three quarters. The compilers need 61 MiB in all, and with 44M one was killed.
#
# CONTENTION is what other CPUs take of each device.
plan_workloads()
{
	local size=$1 kernel devices contention env=() usemem=() compile=()
	usemem=(PROCESSES=30 SHARE=4M HIGH=88M)
	compile=(PROCESSES=3 MAX=52M)
	for kernel in stock ours; do
		env=("SIZE=$(bytes "$size")" SWAP=/dev/vda)
		task "usemem-$size-software-$kernel" $kernel $SCALE "usemem-$size" usemem "${env[@]}" \
			"${usemem[@]}" ALGORITHMS=zstd
		task "compile-$size-software-$kernel" $kernel $SCALE "compile-$size" compile "${env[@]}" \
			"${compile[@]}" ALGORITHMS=zstd
		for devices in 1 4; do
			for contention in 0 50; do
				env=("SIZE=$(bytes "$size")" SWAP=/dev/vda "DEVICES=$devices"
					"CONTENTION=$contention" "ALGORITHMS=$IAA")
				task "usemem-$size-$kernel-$devices-c$contention" $kernel $SCALE \
					"usemem-$size" usemem "${env[@]}" "${usemem[@]}"
				task "compile-$size-$kernel-$devices-c$contention" $kernel $SCALE \
					"compile-$size" compile "${env[@]}" "${compile[@]}"
			done
		done
	done
}

# What zswap's shrinker writes back under the pressure of usemem's processes, with
# batches (ours) and without (stock): the disk takes no time, and holds what it gets. Also
# with software and statistics that are not old.
plan_zswap_writeback()
{
	local size=$1 kernel env=()
	env=("SIZE=$(bytes "$size")" SWAP=null SHRINKER=Y PROCESSES=30 SHARE=4M HIGH=88M)
	for kernel in stock ours; do
		task "zswap-writeback-$size-software-$kernel" $kernel $SCALE "zswap-writeback-$size" \
			usemem "${env[@]}" ALGORITHMS=zstd
		task "zswap-writeback-fresh-$size-$kernel" $kernel $SCALE \
			"zswap-writeback-fresh-$size" usemem "${env[@]}" ALGORITHMS=zstd FRESH=y
		task "zswap-writeback-$size-$kernel" $kernel $SCALE "zswap-writeback-$size" \
			usemem "${env[@]}" DEVICES=1 "ALGORITHMS=$IAA"
	done
}

# The same tasks twice, in guests of their own: do they give the same figures?
plan_repeat()
{
	local run
	for run in 1 2; do
		task "repeat-software-$run" ours zero repeat zram SAME=software RUN=$run "SIZE=$(bytes 64k)" \
			PAGES=256 "ALGORITHMS=lz4 zstd"
		task "repeat-zram-$run" ours $SCALE repeat zram SAME=zram RUN=$run "SIZE=$(bytes 64k)" \
			PAGES=512 DEVICES=1 "ALGORITHMS=$IAA"
		task "repeat-zswap-$run" stock $SCALE repeat zswap SAME=zswap RUN=$run "SIZE=$(bytes 64k)" \
			PAGES=512 SWAP=/dev/vda DEVICES=1 "ALGORITHMS=$IAA"
	done
}

plan()
{
	local size cluster
	for size in 4k 64k 2m; do
		plan_zram $size
	done
	for size in 4k 64k 2m; do
		plan_zswap $size
	done
	plan_cluster
	for size in 4k 64k 2m; do
		plan_swap $size
	done
	for cluster in 3 5; do
		plan_pageout $cluster
	done
	for size in 4k 64k; do
		plan_pressure $size
	done
	plan_readahead
	task writeback ours $SCALE writeback writeback PAGES=512 DEVICES=1 "ALGORITHMS=$IAA" \
		"BATCHES=1 16"
	plan_mixed
	plan_latency
	plan_driver
	plan_incompressible
	plan_iommu
	plan_sweeps
	for size in 4k 64k 2m; do
		plan_workloads $size
	done
	for size in 4k 64k; do
		plan_zswap_writeback $size
	done
	plan_repeat
}
