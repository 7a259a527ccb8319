// SPDX-License-Identifier: GPL-2.0
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#include "bench.h"

#define CHECK_LOOPS	100000ull
#define CHECK_INSNS	(2 * CHECK_LOOPS)
#define CHECK_ROUNDS	5

static bool virtual_time;
static int counter = -1;

/* QEMU's time stamp counter under -icount is the virtual clock, in ns. */
static int64_t ticks(void)
{
	_mm_lfence();
	return __rdtsc();
}

static int64_t loop_ticks(void)
{
	uint64_t n = CHECK_LOOPS;
	int64_t start = ticks();

	asm volatile("1: dec %0\n\tjnz 1b" : "+r" (n) : : "cc");
	return ticks() - start;
}

/*
 * A loop of two instructions a turn takes as many ticks, or the clock is another. Some
 * round is one that no interrupt disturbs.
 */
static void check_virtual(void)
{
	int64_t span = loop_ticks();

	for (int i = 1; i < CHECK_ROUNDS; i++) {
		int64_t again = loop_ticks();

		if (again < span)
			span = again;
	}
	if (span < (int64_t)CHECK_INSNS || span > (int64_t)(CHECK_INSNS + CHECK_INSNS / 20))
		die("%llu instructions, %lld ticks: use scripts/vm --icount, or BENCH_CLOCK=real",
		    CHECK_INSNS, (long long)span);
}

static void open_counter(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_HARDWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_HW_INSTRUCTIONS,
	};

	counter = syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
}

void bench_clock_init(void)
{
	const char *name = getenv("BENCH_CLOCK");

	if (!name || !strcmp(name, "virtual")) {
		virtual_time = true;
		check_virtual();
	} else if (!strcmp(name, "real")) {
		open_counter();
	} else {
		die("BENCH_CLOCK is '%s'; use virtual or real", name);
	}
}

bool bench_clock_is_virtual(void)
{
	return virtual_time;
}

struct bench_time bench_now(void)
{
	struct bench_time now = { .insn = -1 };
	struct timespec ts;
	uint64_t count;

	if (virtual_time) {
		now.ns = ticks();
		now.insn = now.ns;
		return now;
	}
	if (counter >= 0 && read(counter, &count, sizeof(count)) == sizeof(count))
		now.insn = count;
	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	now.ns = ts.tv_sec * 1000000000ll + ts.tv_nsec;
	return now;
}

struct bench_time bench_since(struct bench_time start)
{
	struct bench_time now = bench_now();

	now.ns -= start.ns;
	now.insn = start.insn < 0 ? -1 : now.insn - start.insn;
	return now;
}
