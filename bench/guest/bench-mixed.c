// SPDX-License-Identifier: GPL-2.0
/*
 * bench-mixed: how long reads of a block device take, or page faults that swap serves,
 * alone or while another process writes to the device.
 *
 * The writer writes real pages without a pause, in large blocks. Beside it the reader
 * reads blocks at random, at random times, so that no tick of a clock falls on all of them,
 * and a read's time counts from the moment when it was due: waiting for the CPU, or for the
 * read before, counts. Alone it reads one block after the other. With --fault it touches
 * pages that were swapped out, each of them once. What comes is compared with what was
 * written.
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
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define MAX_READS	4096
#define WARM		32	/* reads before those that count */
#define FAULT_STEP	619	/* pages from one fault to the next; a prime */

static struct {
	const char *device;
	const char *corpus;
	uint64_t block;
	uint64_t write;
	uint64_t pages;
	uint64_t reads;
	uint64_t interval;
	bool alone;
	bool fault;
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
"  --interval NS    one read each so many nanoseconds on average (default 5000000)\n"
"  --alone          no writer, and no pause between two reads\n"
"  --fault          touch pages of swapped-out memory, which swap must hold in memory\n"
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
		{ "alone", no_argument, NULL, 'a' },
		{ "fault", no_argument, NULL, 'f' },
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
		case 'a':
			opt.alone = true;
			break;
		case 'f':
			opt.fault = true;
			opt.block = BENCH_PAGE;
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
	    opt.pages * BENCH_PAGE % opt.block ||
	    (opt.fault && (opt.reads + WARM > opt.pages || opt.pages % FAULT_STEP == 0)))
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

/* Memory with the pages of @data, swapped out */
static char *swapped_out(const char *data)
{
	uint64_t bytes = opt.pages * BENCH_PAGE;
	char *memory = bench_alloc(bytes);

	memcpy(memory, data, bytes);
	if (madvise(memory, bytes, MADV_PAGEOUT))
		die("MADV_PAGEOUT: %s", strerror(errno));
	return memory;
}

struct reader {
	int fd;
	const char *data;	/* what has to come */
	char *memory;		/* where it comes to: a block; all pages with --fault */
	uint64_t nr;		/* reads so far */
	uint64_t random;
};

static uint64_t random_below(struct reader *r, uint64_t limit)
{
	r->random = r->random * 6364136223846793005u + 1442695040888963407u;
	return (r->random >> 33) % limit;
}

static uint64_t next_at(struct reader *r)
{
	if (opt.fault)
		return r->nr * FAULT_STEP % opt.pages * BENCH_PAGE;
	return random_below(r, opt.pages * BENCH_PAGE / opt.block) * opt.block;
}

/* The next read, that is due now, or was; how long it took since */
static int64_t read_next(struct reader *r, int64_t due)
{
	uint64_t at = next_at(r);
	const char *from = opt.fault ? r->memory + at : r->memory;
	int64_t took;

	if (opt.fault)
		(void)*(volatile const char *)from;
	else if (pread(r->fd, r->memory, opt.block, at) != (ssize_t)opt.block)
		die("%s at %llu: %s", opt.device, (unsigned long long)at, strerror(errno));
	took = monotonic() - due;
	if (memcmp(from, r->data + at, opt.block))
		die("%s: what was read is not what was written", opt.fault ? "swap" : opt.device);
	r->nr++;
	return took;
}

static void read_all(struct reader *r, int64_t *latency)
{
	int64_t due = monotonic();

	for (uint64_t i = 0; i < opt.reads; i++) {
		due += opt.interval / 2 + random_below(r, opt.interval);
		if (opt.alone)
			due = monotonic();
		else
			sleep_until(due);
		latency[i] = read_next(r, due);
	}
}

/* That many faults came from zswap, or the figures are of something else. */
static void check_faults(uint64_t before)
{
	uint64_t faults = bench_vmstat("zswpin") - before;

	if (opt.fault && faults < opt.reads)
		die("only %llu of %llu pages came from zswap", (unsigned long long)faults,
		    (unsigned long long)opt.reads);
}

static void report(int64_t *latency, uint64_t written, struct bench_time span)
{
	uint64_t total = 0;

	for (uint64_t i = 0; i < opt.reads; i++)
		total += latency[i];
	qsort(latency, opt.reads, sizeof(*latency), by_value);
	bench_begin();
	bench_u64("reads", opt.reads);
	bench_u64("read_ns", total / opt.reads);
	bench_u64("read_p50_ns", latency[(opt.reads + 1) / 2 - 1]);
	bench_u64("read_p99_ns", latency[(opt.reads * 99 + 99) / 100 - 1]);
	bench_u64("read_max_ns", latency[opt.reads - 1]);
	bench_u64("written_pages", written);
	bench_time("span", span);
	bench_end();
}

int main(int argc, char **argv)
{
	static int64_t latency[MAX_READS];
	struct bench_time start, span;
	struct reader r = { .random = 1 };
	uint64_t bytes, faults;
	uint64_t *written;
	pid_t child = 0;
	char *data;

	parse(argc, argv);
	bench_clock_init();
	/* The kernel may not delay the reader's timer to save wake-ups. */
	prctl(PR_SET_TIMERSLACK, 1);
	bytes = opt.pages * BENCH_PAGE;
	data = bench_alloc(bytes);
	written = mmap(NULL, BENCH_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	r.fd = open(opt.device, O_RDWR | O_DIRECT);
	if (r.fd < 0 || written == MAP_FAILED)
		die("%s: %s", opt.device, strerror(errno));
	bench_fill(opt.corpus, "text", data, opt.pages);
	for (uint64_t at = 0; at < bytes; at += opt.write)
		write_at(r.fd, data + at, opt.write, at);
	r.data = data;
	r.memory = opt.fault ? swapped_out(data) : bench_alloc(opt.block);
	for (unsigned int i = 0; i < WARM; i++)
		read_next(&r, 0);

	faults = bench_vmstat("zswpin");
	if (!opt.alone)
		child = fork();
	if (child < 0)
		die("no process: %s", strerror(errno));
	if (!opt.alone && !child)
		writer(r.fd, data, written);
	start = bench_now();
	read_all(&r, latency);
	span = bench_since(start);
	if (child) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	check_faults(faults);
	report(latency, *written, span);
	return 0;
}
