/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the measuring programs share: a clock, real pages, and results as one line
 * of JSON each.
 *
 * In a guest under -icount the clock is virtual and counts instructions; on a real
 * machine it is real, and instructions come from a performance counter if there is one.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_PAGE	4096u
#define BENCH_HUGE	(2u << 20)

/* clock.c */

/**
 * struct bench_time - a point in time, or a span
 * @ns: nanoseconds; of virtual time in a guest, where one is one instruction
 * @insn: instructions of this thread, user and kernel; -1 where nothing counts them
 */
struct bench_time {
	int64_t ns;
	int64_t insn;
};

/*
 * Choose the clock by the environment: BENCH_CLOCK=virtual or real. The virtual one is
 * checked against a loop of known length, and the program ends if it does not count
 * instructions.
 */
void bench_clock_init(void);
bool bench_clock_is_virtual(void);
struct bench_time bench_now(void);
struct bench_time bench_since(struct bench_time start);

/* profile.c */

/*
 * Start sampling the kernel, under this name; stop it with an empty line, "\n". Does
 * nothing unless BENCH_PROFILE names the file to write to. Outside of what is timed.
 */
void bench_profile(const char *name);

/* pages.c */

/* Anonymous memory, aligned to a huge page, in small pages, all of them present. */
void *bench_alloc(size_t bytes);

/* The same in folios of the size that the system gives to who asks for large ones */
void *bench_alloc_folios(size_t bytes);

/*
 * Fill @to with @nr pages of the kind of content @kind: text, binary or heap
 * (<dir>/<kind>.pages), taken at equal distances; zero; or random, which nothing
 * compresses and which is the same every time.
 */
void bench_fill(const char *dir, const char *kind, void *to, size_t nr);

/* out.c */

/*
 * One line "RESULT {...}" on standard output. Members given by --tag on the command
 * line come first.
 */
void bench_tag(const char *name_value);
void bench_begin(void);
void bench_u64(const char *name, uint64_t value);
void bench_time(const char *name, struct bench_time span);
void bench_end(void);

/* stored.c */

/**
 * struct bench_stored - what a compressed store holds
 * @orig: bytes before compression
 * @compr: bytes after it
 */
struct bench_stored {
	uint64_t orig;
	uint64_t compr;
};

/* @where: a zram device's name; a cgroup's path, of its pages in zswap; NULL: nothing. */
struct bench_stored bench_stored(const char *where);

/* A counter of /proc/vmstat, or 0 if this kernel has none of that name. */
uint64_t bench_vmstat(const char *name);

/* device.c */

/**
 * struct bench_work - what accelerators did
 * @compressed: descriptors completed
 * @decompressed: descriptors completed
 */
struct bench_work {
	uint64_t compressed;
	uint64_t decompressed;
};

/* False if nothing here counts. */
bool bench_work(struct bench_work *work);

/* workload.c */

/**
 * struct bench_workload - what the system had done when a workload started
 * @user: of finished children, in microseconds; so is @sys
 * @swap_out: pages; so are @swap_in, @zswap_out and @zswap_in
 * @zswap_written: pages that zswap wrote to the swap device
 * @large_out: large folios swapped out whole
 * @swap_fallbacks: large folios that were split to be swapped out
 * @folio_fallbacks: page faults that got a smaller folio than they could have
 * @counted: @work is known
 */
struct bench_workload {
	struct bench_time time;
	struct bench_work work;
	bool counted;
	uint64_t user, sys;
	uint64_t swap_out, swap_in, zswap_out, zswap_in, zswap_written;
	uint64_t large_out, swap_fallbacks, folio_fallbacks;
};

void bench_workload_start(struct bench_workload *load);

/* Put what has come since @start into the result that was begun. */
void bench_workload_end(const struct bench_workload *start);

/* A size with an optional K, M or G; ends the program on anything else. */
uint64_t bench_size(const char *text);

/* Print to standard error and end with status 2. */
void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
