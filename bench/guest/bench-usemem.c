// SPDX-License-Identifier: GPL-2.0
/*
 * bench-usemem: many processes that each write their share of more memory than they may
 * have, one page after the other, hold it, and exit.
 *
 * Started in a memory cgroup whose memory.high is a fraction of all shares, what is
 * timed is reclaim. Every process keeps its memory until all have written theirs.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define SAMPLE	1024	/* pages of each kind */

static struct {
	const char *corpus;
	uint64_t bytes;
	uint64_t folio;
	unsigned int processes;
} opt = { .corpus = "/corpus", .bytes = 4 << 20, .folio = 65536, .processes = 30 };

static const char usage[] =
"Usage: bench-usemem [OPTION]...\n"
"  --processes N    (default 30)\n"
"  --bytes SIZE     that each writes (default 4M)\n"
"  --folio BYTES    more than 4K: ask for huge pages (default 64K)\n"
"  --corpus DIR     where the pages are (default /corpus)\n"
"  --tag NAME=VALUE one more member of the result; may be repeated\n";

/* What the processes tell each other, in shared memory. */
struct shared {
	unsigned int written;
	struct bench_time last;
	uint64_t time_sum;
};

static struct shared *shared;
static char *sample;
static size_t sample_pages;

static void parse(int argc, char **argv)
{
	static const struct option options[] = {
		{ "processes", required_argument, NULL, 'n' },
		{ "bytes", required_argument, NULL, 'b' },
		{ "folio", required_argument, NULL, 'f' },
		{ "corpus", required_argument, NULL, 'c' },
		{ "tag", required_argument, NULL, 't' },
		{ }
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'n':
			opt.processes = bench_size(optarg);
			break;
		case 'b':
			opt.bytes = bench_size(optarg);
			break;
		case 'f':
			opt.folio = bench_size(optarg);
			break;
		case 'c':
			opt.corpus = optarg;
			break;
		case 't':
			bench_tag(optarg);
			break;
		default:
			die("%s", usage);
		}
	}
	if (optind != argc || !opt.processes || opt.processes > 1000 || !opt.bytes ||
	    opt.bytes % BENCH_HUGE)
		die("%s(SIZE is a multiple of 2M)\n", usage);
}

static void load_sample(void)
{
	static const char * const kinds[] = { "text", "binary", "heap" };
	const size_t nr = sizeof(kinds) / sizeof(kinds[0]);

	sample_pages = nr * SAMPLE;
	sample = bench_alloc(sample_pages * BENCH_PAGE);
	for (size_t i = 0; i < nr; i++)
		bench_fill(opt.corpus, kinds[i], sample + i * SAMPLE * BENCH_PAGE, SAMPLE);
}

/* A real page, with a stamp, so that no two are the same. */
static void write_page(char *page, unsigned int process, uint64_t i)
{
	const uint64_t stamp = (uint64_t)process << 32 | i;

	memcpy(page, sample + (process * 7919 + i * 31) % sample_pages * BENCH_PAGE, BENCH_PAGE);
	memcpy(page + BENCH_PAGE / 2, &stamp, sizeof(stamp));
}

static void check_page(const char *page, unsigned int process, uint64_t i)
{
	static char want[BENCH_PAGE];

	write_page(want, process, i);
	if (memcmp(want, page, BENCH_PAGE))
		die("page %llu of process %u came back wrong", (unsigned long long)i, process);
}

static void child(unsigned int process, struct bench_time start)
{
	struct bench_time time;
	char *memory;

	memory = mmap(NULL, opt.bytes + BENCH_HUGE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		die("no memory");
	memory += -(uintptr_t)memory & (BENCH_HUGE - 1);
	madvise(memory, opt.bytes, opt.folio > BENCH_PAGE ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	for (uint64_t i = 0; i < opt.bytes / BENCH_PAGE; i++)
		write_page(memory + i * BENCH_PAGE, process, i);

	time = bench_since(start);
	__atomic_fetch_add(&shared->time_sum, time.ns, __ATOMIC_RELAXED);
	if (__atomic_add_fetch(&shared->written, 1, __ATOMIC_ACQ_REL) == opt.processes)
		shared->last = time;
	while (__atomic_load_n(&shared->written, __ATOMIC_ACQUIRE) < opt.processes)
		usleep(1000);
	/* A few of them, or the check would be the workload. */
	for (uint64_t i = 0; i < opt.bytes / BENCH_PAGE; i += 61)
		check_page(memory + i * BENCH_PAGE, process, i);
	_exit(0);
}

int main(int argc, char **argv)
{
	struct bench_workload before;
	struct bench_time start;
	int status, bad = 0;

	parse(argc, argv);
	bench_clock_init();
	load_sample();
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		die("no memory");

	bench_workload_start(&before);
	start = bench_now();
	for (unsigned int i = 0; i < opt.processes; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork: %s", strerror(errno));
		if (!pid)
			child(i, start);
	}
	for (unsigned int i = 0; i < opt.processes; i++)
		if (wait(&status) < 0 || status)
			bad++;
	if (bad)
		die("%d processes failed", bad);

	bench_begin();
	bench_u64("processes", opt.processes);
	bench_u64("pages", opt.processes * (opt.bytes / BENCH_PAGE));
	bench_time("written", shared->last);
	bench_u64("mean_ns", shared->time_sum / opt.processes);
	bench_workload_end(&before);
	bench_end();
	return 0;
}
