// SPDX-License-Identifier: GPL-2.0
/*
 * bench-swap: time swapping real pages out and in.
 *
 * Fills memory of folios of one size, swaps it out by MADV_PAGEOUT, touches every page,
 * and compares them outside of what is timed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "bench.h"

static struct {
	const char *corpus;
	const char *kind;
	const char *stored;
	const char *counter;
	const char *cgroup;
	uint64_t folio;
	uint64_t pages;
	uint64_t warm;
	uint64_t stride;
} opt = { .corpus = "/corpus", .kind = "text", .counter = "pswp", .folio = BENCH_PAGE,
	  .pages = 512, .warm = 512, .stride = 1 };

static const char usage[] =
"Usage: bench-swap [OPTION]...\n"
"  --folio BYTES    4K to 2M; the size must be enabled for madvise (default 4K)\n"
"  --pages N        to swap (default 512)\n"
"  --kind KIND      text, binary, heap, zero or random (default text)\n"
"  --corpus DIR     where KIND.pages are (default /corpus)\n"
"  --warm N         pages to swap before (default 512)\n"
"  --stride N       touch every Nth page, again and again, until all are touched; N and\n"
"                   the number of pages have no common divisor (default 1: in order)\n"
"  --stored NAME    report what this zram device holds of them\n"
"  --cgroup DIR     report what zswap holds of them: by the count of this memory cgroup,\n"
"                   where they are swapped out once more, which is not timed\n"
"  --counter NAME   pages out and in are counted as NAME+out, NAME+in in\n"
"                   /proc/vmstat (default pswp)\n"
"  --tag NAME=VALUE one more member of the result; may be repeated\n";

static void parse(int argc, char **argv)
{
	static const struct option options[] = {
		{ "folio", required_argument, NULL, 'f' },
		{ "pages", required_argument, NULL, 'p' },
		{ "kind", required_argument, NULL, 'k' },
		{ "corpus", required_argument, NULL, 'c' },
		{ "warm", required_argument, NULL, 'w' },
		{ "stride", required_argument, NULL, 'S' },
		{ "stored", required_argument, NULL, 's' },
		{ "cgroup", required_argument, NULL, 'g' },
		{ "counter", required_argument, NULL, 'C' },
		{ "tag", required_argument, NULL, 't' },
		{ }
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'f':
			opt.folio = bench_size(optarg);
			break;
		case 'p':
			opt.pages = bench_size(optarg);
			break;
		case 'k':
			opt.kind = optarg;
			break;
		case 'c':
			opt.corpus = optarg;
			break;
		case 'w':
			opt.warm = bench_size(optarg);
			break;
		case 'S':
			opt.stride = bench_size(optarg);
			break;
		case 's':
			opt.stored = optarg;
			break;
		case 'g':
			opt.cgroup = optarg;
			break;
		case 'C':
			opt.counter = optarg;
			break;
		case 't':
			bench_tag(optarg);
			break;
		default:
			die("%s", usage);
		}
	}
	if (optind != argc || !opt.pages || opt.folio < BENCH_PAGE || opt.folio > BENCH_HUGE ||
	    opt.folio & (opt.folio - 1) || opt.pages * BENCH_PAGE % opt.folio ||
	    opt.warm * BENCH_PAGE % opt.folio)
		die("%s", usage);
}

struct counts {
	uint64_t out, in;
};

/* Pages of zeros are not stored, but counted by themselves. */
static struct counts counts(void)
{
	char name[64];
	struct counts c;

	snprintf(name, sizeof(name), "%sout", opt.counter);
	c.out = bench_vmstat(name) + bench_vmstat("swpout_zero");
	snprintf(name, sizeof(name), "%sin", opt.counter);
	c.in = bench_vmstat(name) + bench_vmstat("swpin_zero");
	return c;
}

/* What was timed was all pages, or the figure says nothing. */
static void check_counts(const char *what, uint64_t counted)
{
	if (counted < opt.pages)
		die("only %llu of %llu pages %s, by %s and swp*_zero of /proc/vmstat",
		    (unsigned long long)counted, (unsigned long long)opt.pages, what, opt.counter);
}

/* Memory of folios of the wanted size, nothing present yet. */
static char *map(uint64_t bytes)
{
	char *memory = mmap(NULL, bytes + BENCH_HUGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		die("no memory for %llu bytes", (unsigned long long)bytes);
	memory += -(uintptr_t)memory & (BENCH_HUGE - 1);
	if (madvise(memory, bytes, opt.folio > BENCH_PAGE ? MADV_HUGEPAGE : MADV_NOHUGEPAGE))
		die("madvise: %s", strerror(errno));
	return memory;
}

static struct bench_time out(char *memory, uint64_t bytes)
{
	struct bench_time start = bench_now();

	if (madvise(memory, bytes, MADV_PAGEOUT))
		die("MADV_PAGEOUT: %s", strerror(errno));
	return bench_since(start);
}

static struct bench_time in(char *memory, uint64_t bytes)
{
	struct bench_time start = bench_now();
	uint64_t pages = bytes / BENCH_PAGE;

	for (uint64_t i = 0, at = 0; i < pages; i++, at = (at + opt.stride) % pages)
		(void)*(volatile char *)(memory + at * BENCH_PAGE);
	return bench_since(start);
}

/* A cgroup's count is exact, where zswap's pool includes what its allocator wastes. */
static struct bench_stored stored_in_cgroup(const char *data, uint64_t bytes)
{
	char *memory, path[256];
	FILE *procs;

	snprintf(path, sizeof(path), "%s/cgroup.procs", opt.cgroup);
	procs = fopen(path, "w");
	if (!procs || fputs("0", procs) < 0 || fclose(procs))
		die("%s: %s", path, strerror(errno));
	memory = map(bytes);
	memcpy(memory, data, bytes);
	out(memory, bytes);
	return bench_stored(opt.cgroup);
}

int main(int argc, char **argv)
{
	struct bench_stored stored_before, stored;
	struct bench_work work_before, work_between, work_after;
	struct bench_time out_time, in_time;
	struct counts before, between, after;
	uint64_t bytes, warm;
	char *data, *memory;
	bool counted;

	parse(argc, argv);
	bench_clock_init();
	bytes = opt.pages * BENCH_PAGE;
	warm = opt.warm * BENCH_PAGE;
	data = bench_alloc(bytes);
	bench_fill(opt.corpus, opt.kind, data, opt.pages);
	if (warm) {
		memory = map(warm);
		for (uint64_t i = 0; i < warm; i += bytes)
			memcpy(memory + i, data, warm - i < bytes ? warm - i : bytes);
		out(memory, warm);
		in(memory, warm);
		munmap(memory, warm);
	}

	memory = map(bytes);
	memcpy(memory, data, bytes);
	before = counts();
	stored_before = bench_stored(opt.stored);
	counted = bench_work(&work_before);
	bench_profile("out");
	out_time = out(memory, bytes);
	bench_profile("\n");
	stored = bench_stored(opt.stored);
	between = counts();
	bench_work(&work_between);
	bench_profile("in");
	in_time = in(memory, bytes);
	bench_profile("\n");
	after = counts();
	bench_work(&work_after);
	if (memcmp(data, memory, bytes))
		die("what came back from swap is not what went out");

	check_counts("went out", between.out - before.out);
	check_counts("came in", after.in - between.in);
	stored.orig -= stored_before.orig;
	stored.compr -= stored_before.compr;
	if (opt.cgroup)
		stored = stored_in_cgroup(data, bytes);

	bench_begin();
	bench_u64("pages", opt.pages);
	bench_u64("went_out", between.out - before.out);
	bench_u64("came_in", after.in - between.in);
	bench_time("out", out_time);
	bench_time("in", in_time);
	bench_u64("orig", stored.orig);
	bench_u64("compr", stored.compr);
	if (counted) {
		bench_u64("device_out", work_between.compressed - work_before.compressed);
		bench_u64("device_in", work_after.decompressed - work_between.decompressed);
	}
	bench_end();
	return 0;
}
