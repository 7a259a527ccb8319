// SPDX-License-Identifier: GPL-2.0
/*
 * bench-mixed: how long reads take on a block device that another process writes to.
 *
 * The writer writes real pages without a pause, in large blocks. The reader reads blocks
 * at random at a fixed rate, and compares them with their contents. A read's time counts
 * from the moment when it was due, so a read that waits for the one before counts as late.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define MAX_READS	4096

static struct {
	const char *device;
	const char *corpus;
	uint64_t block;
	uint64_t write;
	uint64_t pages;
	uint64_t reads;
	uint64_t interval;
} opt = {
	.corpus = "/corpus", .block = 65536, .write = 2u << 20, .pages = 1024,
	.reads = 200, .interval = 5000000,
};

static const char usage[] =
"Usage: bench-mixed --device PATH [OPTION]...\n"
"  --bs BYTES       of a read (default 64K)\n"
"  --write BYTES    of a write (default 2M)\n"
"  --pages N        to read from, and as many to write to (default 1024)\n"
"  --reads N        how many (default 200)\n"
"  --interval NS    one read each so many nanoseconds (default 5000000)\n"
"  --corpus DIR     where text.pages are (default /corpus)\n"
"  --tag NAME=VALUE one more member of the result; may be repeated\n";

static void parse(int argc, char **argv)
{
	static const struct option options[] = {
		{ "device", required_argument, NULL, 'd' },
		{ "bs", required_argument, NULL, 'b' },
		{ "write", required_argument, NULL, 'w' },
		{ "pages", required_argument, NULL, 'p' },
		{ "reads", required_argument, NULL, 'r' },
		{ "interval", required_argument, NULL, 'i' },
		{ "corpus", required_argument, NULL, 'c' },
		{ "tag", required_argument, NULL, 't' },
		{ }
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'd':
			opt.device = optarg;
			break;
		case 'b':
			opt.block = bench_size(optarg);
			break;
		case 'w':
			opt.write = bench_size(optarg);
			break;
		case 'p':
			opt.pages = bench_size(optarg);
			break;
		case 'r':
			opt.reads = bench_size(optarg);
			break;
		case 'i':
			opt.interval = bench_size(optarg);
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
	if (optind != argc || !opt.device || !opt.block || !opt.write || !opt.reads ||
	    opt.reads > MAX_READS || !opt.interval || opt.block % BENCH_PAGE ||
	    opt.write % BENCH_PAGE || !opt.pages || opt.pages * BENCH_PAGE % opt.write ||
	    opt.pages * BENCH_PAGE % opt.block)
		die("%s", usage);
}

static void write_at(int fd, const char *data, uint64_t bytes, uint64_t at)
{
	if (pwrite(fd, data, bytes, at) != (ssize_t)bytes)
		die("%s at %llu: %s", opt.device, (unsigned long long)at, strerror(errno));
}

/* Write again and again, behind the pages that are read, until killed */
static void writer(int fd, const char *data, volatile uint64_t *written)
{
	uint64_t area = opt.pages * BENCH_PAGE, at = 0;

	for (;;) {
		write_at(fd, data + at, opt.write, area + at);
		*written += opt.write / BENCH_PAGE;
		at = (at + opt.write) % area;
	}
}

static void sleep_until(int64_t ns)
{
	struct timespec when = { .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL) == EINTR)
		;
}

static int by_value(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int64_t monotonic(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void reader(int fd, const char *data, int64_t *latency)
{
	uint64_t blocks = opt.pages * BENCH_PAGE / opt.block, x = 1;
	int64_t due = monotonic() + opt.interval;
	char *back = bench_alloc(opt.block);

	for (uint64_t i = 0; i < opt.reads; i++, due += opt.interval) {
		uint64_t at;

		x = x * 6364136223846793005u + 1442695040888963407u;
		at = (x >> 33) % blocks * opt.block;
		sleep_until(due);
		if (pread(fd, back, opt.block, at) != (ssize_t)opt.block)
			die("%s at %llu: %s", opt.device, (unsigned long long)at,
			    strerror(errno));
		latency[i] = monotonic() - due;
		if (memcmp(back, data + at, opt.block))
			die("%s: what was read is not what was written", opt.device);
	}
}

int main(int argc, char **argv)
{
	static int64_t latency[MAX_READS];
	struct bench_time start, span;
	uint64_t bytes, total = 0;
	uint64_t *written;
	char *data;
	pid_t child;
	int fd;

	parse(argc, argv);
	bench_clock_init();
	bytes = opt.pages * BENCH_PAGE;
	data = bench_alloc(bytes);
	written = mmap(NULL, BENCH_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	fd = open(opt.device, O_RDWR | O_DIRECT);
	if (fd < 0 || written == MAP_FAILED)
		die("%s: %s", opt.device, strerror(errno));
	bench_fill(opt.corpus, "text", data, opt.pages);
	for (uint64_t at = 0; at < bytes; at += opt.write)
		write_at(fd, data + at, opt.write, at);

	child = fork();
	if (child < 0)
		die("no process: %s", strerror(errno));
	if (!child)
		writer(fd, data, written);
	start = bench_now();
	reader(fd, data, latency);
	span = bench_since(start);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);

	for (uint64_t i = 0; i < opt.reads; i++)
		total += latency[i];
	qsort(latency, opt.reads, sizeof(*latency), by_value);
	bench_begin();
	bench_u64("reads", opt.reads);
	bench_u64("read_ns", total / opt.reads);
	bench_u64("read_p99_ns", latency[(opt.reads * 99 + 99) / 100 - 1]);
	bench_u64("read_max_ns", latency[opt.reads - 1]);
	bench_u64("written_pages", *written);
	bench_time("span", span);
	bench_end();
	return 0;
}
