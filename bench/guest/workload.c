// SPDX-License-Identifier: GPL-2.0
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "bench.h"

#define THP	"/sys/kernel/mm/transparent_hugepage"

/* The sum of one counter over all sizes of large folios. */
static uint64_t thp_stat(const char *name)
{
	unsigned long long value;
	uint64_t sum = 0;
	char pattern[256];
	glob_t paths;

	snprintf(pattern, sizeof(pattern), THP "/hugepages-*/stats/%s", name);
	if (glob(pattern, 0, NULL, &paths))
		return 0;
	for (size_t i = 0; i < paths.gl_pathc; i++) {
		FILE *f = fopen(paths.gl_pathv[i], "r");

		if (!f)
			continue;
		if (fscanf(f, "%llu", &value) == 1)
			sum += value;
		fclose(f);
	}
	globfree(&paths);
	return sum;
}

static uint64_t microseconds(struct timeval time)
{
	return time.tv_sec * 1000000ull + time.tv_usec;
}

void bench_workload_start(struct bench_workload *load)
{
	struct rusage usage;

	getrusage(RUSAGE_CHILDREN, &usage);
	load->user = microseconds(usage.ru_utime);
	load->sys = microseconds(usage.ru_stime);
	load->zswap_out = bench_vmstat("zswpout");
	load->zswap_in = bench_vmstat("zswpin");
	load->zswap_written = bench_vmstat("zswpwb");
	load->swap_out = bench_vmstat("pswpout");
	load->swap_in = bench_vmstat("pswpin");
	load->folio_fallbacks = thp_stat("anon_fault_fallback");
	load->swap_fallbacks = thp_stat("swpout_fallback");
	load->large_out = thp_stat("zswpout") + thp_stat("swpout");
	load->counted = bench_work(&load->work);
	load->time = bench_now();
}

void bench_workload_end(const struct bench_workload *start)
{
	struct bench_time elapsed = bench_since(start->time);
	struct bench_workload end;

	bench_workload_start(&end);
	bench_time("elapsed", elapsed);
	bench_u64("user_us", end.user - start->user);
	bench_u64("sys_us", end.sys - start->sys);
	bench_u64("swap_out", end.swap_out + end.zswap_out - start->swap_out - start->zswap_out);
	bench_u64("swap_in", end.swap_in + end.zswap_in - start->swap_in - start->zswap_in);
	bench_u64("zswap_out", end.zswap_out - start->zswap_out);
	bench_u64("zswap_in", end.zswap_in - start->zswap_in);
	bench_u64("zswap_written_back", end.zswap_written - start->zswap_written);
	bench_u64("large_folios_out", end.large_out - start->large_out);
	bench_u64("swap_fallbacks", end.swap_fallbacks - start->swap_fallbacks);
	bench_u64("folio_fallbacks", end.folio_fallbacks - start->folio_fallbacks);
	if (start->counted) {
		bench_u64("device_out", end.work.compressed - start->work.compressed);
		bench_u64("device_in", end.work.decompressed - start->work.decompressed);
	}
}
