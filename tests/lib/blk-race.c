// SPDX-License-Identifier: GPL-2.0
/*
 * blk-race: threads write, read and discard the same blocks of a device at random.
 *
 * Whatever order that ends up in, a page holds what one of the rounds wrote there, whole,
 * or zeroes after a discard. Every read is checked for that, and every page at the end. An
 * operation that fails must leave each page at one of these, too (--errors-ok). With --apart
 * the blocks of one thread are no other's: then the device's own work is what races. Exit status 1
 * if a page was wrong, 2 if an operation failed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/fs.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "pages.h"

#define MAX_PAGES	64u	/* of one operation */

static struct {
	const char *dir;
	const char *path;
	uint64_t size;
	uint64_t seed;
	unsigned int rounds;
	unsigned int threads;
	unsigned int seconds;
	int apart;
	int discard;
	int errors_ok;
	int check_only;
} opt = { .dir = "/corpus", .seed = 1, .rounds = 3, .threads = 4, .seconds = 10 };

static struct corpus corpus;
static uint64_t reads, writes, discards, failed, wrong;
static volatile int over;

static const char usage[] =
"Usage: blk-race [OPTION]... DEVICE\n"
"  --size BYTES     from its start (K, M, G)\n"
"  --threads N      at once (default 4)\n"
"  --seconds N      how long (default 10)\n"
"  --rounds N       different contents a page may have (default 3)\n"
"  --seed N         contents, and what the threads do (default 1)\n"
"  --corpus DIR     real pages (default /corpus)\n"
"  --apart          no block is used by two threads\n"
"  --discard        discard, too; zeroes are right then\n"
"  --errors-ok      failing writes are counted, and no error\n"
"  --check-only     only the check at the end\n";

static void count(uint64_t *counter)
{
	__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

static int all_zero(const unsigned char *page)
{
	return !page[0] && !memcmp(page, page + 1, TEST_PAGE_SIZE - 1);
}

/* Whether @page is one of those that page @index may hold */
static int page_is_any(uint64_t index, const unsigned char *page)
{
	unsigned char want[TEST_PAGE_SIZE];

	for (unsigned int round = 0; round < opt.rounds; round++) {
		page_fill(&corpus, opt.seed, index, round, want);
		if (!memcmp(want, page, TEST_PAGE_SIZE))
			return 1;
	}
	return opt.discard && all_zero(page);
}

static void check(uint64_t first, unsigned int pages, const unsigned char *buffer)
{
	for (unsigned int i = 0; i < pages; i++) {
		if (page_is_any(first + i, buffer + i * TEST_PAGE_SIZE))
			continue;
		if (__atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED) < 5)
			fprintf(stderr, "%s: page %llu is none of %u rounds\n", opt.path,
				(unsigned long long)(first + i), opt.rounds);
	}
}

static void failure(const char *what, uint64_t first)
{
	if (__atomic_fetch_add(&failed, 1, __ATOMIC_RELAXED) < 5 && !opt.errors_ok)
		fprintf(stderr, "%s: %s of page %llu: %s\n", opt.path, what,
			(unsigned long long)first, strerror(errno));
}

/* Does something to some of the @total pages from @start on */
static void one(int fd, unsigned int *random, unsigned char *buffer, uint64_t start,
		uint64_t total)
{
	uint64_t skipped = (uint64_t)rand_r(random) % total;
	uint64_t first = start + skipped;
	uint64_t left = total - skipped;
	unsigned int pages = 1 + (unsigned int)rand_r(random) % MAX_PAGES;
	unsigned int what = (unsigned int)rand_r(random) % 10;
	unsigned int round = (unsigned int)rand_r(random) % opt.rounds;

	if (pages > left)
		pages = left;
	if (what < 5) {
		for (unsigned int i = 0; i < pages; i++)
			page_fill(&corpus, opt.seed, first + i, round,
				  buffer + i * TEST_PAGE_SIZE);
		count(&writes);
		if (pwrite(fd, buffer, pages * TEST_PAGE_SIZE, first * TEST_PAGE_SIZE) !=
		    (ssize_t)(pages * TEST_PAGE_SIZE))
			failure("write", first);
	} else if (what < 9 || !opt.discard) {
		count(&reads);
		if (pread(fd, buffer, pages * TEST_PAGE_SIZE, first * TEST_PAGE_SIZE) !=
		    (ssize_t)(pages * TEST_PAGE_SIZE))
			failure("read", first);
		else
			check(first, pages, buffer);
	} else {
		uint64_t range[2] = { first * TEST_PAGE_SIZE, pages * TEST_PAGE_SIZE };

		count(&discards);
		if (ioctl(fd, BLKDISCARD, range))
			failure("discard", first);
	}
}

static int open_device(void)
{
	int fd = open(opt.path, O_RDWR | O_DIRECT);

	if (fd < 0)
		die("%s: %s", opt.path, strerror(errno));
	return fd;
}

static unsigned char *new_buffer(void)
{
	void *buffer;

	if (posix_memalign(&buffer, TEST_PAGE_SIZE, MAX_PAGES * TEST_PAGE_SIZE))
		die("no memory");
	return buffer;
}

static void *thread_run(void *arg)
{
	unsigned int nr = (unsigned int)(uintptr_t)arg;
	unsigned int random = opt.seed * 1000003u + nr;
	uint64_t pages = opt.size / TEST_PAGE_SIZE;
	unsigned char *buffer = new_buffer();
	int fd = open_device();
	uint64_t start = 0;

	if (opt.apart) {
		pages /= opt.threads;
		start = nr * pages;
	}
	while (!over)
		one(fd, &random, buffer, start, pages);
	close(fd);
	free(buffer);
	return NULL;
}

static void race(void)
{
	pthread_t *threads = calloc(opt.threads, sizeof(*threads));
	struct timespec nap = { .tv_sec = opt.seconds };

	if (!threads)
		die("no memory");
	for (unsigned int t = 0; t < opt.threads; t++)
		if (pthread_create(&threads[t], NULL, thread_run, (void *)(uintptr_t)t))
			die("no thread");
	nanosleep(&nap, NULL);
	over = 1;
	for (unsigned int t = 0; t < opt.threads; t++)
		pthread_join(threads[t], NULL);
	free(threads);
}

static void check_all(void)
{
	uint64_t total = opt.size / TEST_PAGE_SIZE;
	unsigned char *buffer = new_buffer();
	int fd = open_device();

	for (uint64_t first = 0; first < total; first += MAX_PAGES) {
		unsigned int pages = total - first < MAX_PAGES ? total - first : MAX_PAGES;

		if (pread(fd, buffer, pages * TEST_PAGE_SIZE, first * TEST_PAGE_SIZE) !=
		    (ssize_t)(pages * TEST_PAGE_SIZE))
			die("%s: read of page %llu: %s", opt.path, (unsigned long long)first,
			    strerror(errno));
		check(first, pages, buffer);
	}
	close(fd);
	free(buffer);
}

static void parse(int argc, char **argv)
{
	static const struct option options[] = {
		{ "size", required_argument, NULL, 's' },
		{ "threads", required_argument, NULL, 't' },
		{ "seconds", required_argument, NULL, 'T' },
		{ "rounds", required_argument, NULL, 'r' },
		{ "seed", required_argument, NULL, 'S' },
		{ "corpus", required_argument, NULL, 'c' },
		{ "apart", no_argument, &opt.apart, 1 },
		{ "discard", no_argument, &opt.discard, 1 },
		{ "errors-ok", no_argument, &opt.errors_ok, 1 },
		{ "check-only", no_argument, &opt.check_only, 1 },
		{ }
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 0:
			break;
		case 's':
			opt.size = parse_size(optarg);
			break;
		case 't':
			opt.threads = parse_size(optarg);
			break;
		case 'T':
			opt.seconds = parse_size(optarg);
			break;
		case 'r':
			opt.rounds = parse_size(optarg);
			break;
		case 'S':
			opt.seed = parse_size(optarg);
			break;
		case 'c':
			opt.dir = optarg;
			break;
		default:
			die("%s", usage);
		}
	}
	if (argc - optind != 1 || !opt.threads || opt.threads > 1024 || !opt.rounds ||
	    opt.size / TEST_PAGE_SIZE < opt.threads)
		die("%s", usage);
	opt.path = argv[optind];
}

int main(int argc, char **argv)
{
	parse(argc, argv);
	corpus_open(&corpus, opt.dir);
	if (!opt.check_only)
		race();
	check_all();
	printf("writes %llu\nreads %llu\ndiscards %llu\nfailed %llu\nwrong %llu\n",
	       (unsigned long long)writes, (unsigned long long)reads,
	       (unsigned long long)discards, (unsigned long long)failed,
	       (unsigned long long)wrong);
	return wrong ? 1 : failed && !opt.errors_ok ? 2 : 0;
}
