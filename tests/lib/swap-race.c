// SPDX-License-Identifier: GPL-2.0
/*
 * swap-race: pages are used in every way that there is while they are being swapped out.
 *
 * One thread asks for memory to be swapped out, again and again. Others write its pages
 * and check them, each in a part of its own; and, if told to, processes are forked, which
 * check and change what they inherited; pages are locked in memory; and pages that are
 * equal are merged. Prints "name value" lines; exit status 1 if a page was wrong.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "pages.h"

#define MAX_WRITERS 64

static struct {
	uint64_t size;
	uint64_t seed;
	const char *dir;
	unsigned int seconds;
	unsigned int writers;
	int mixed;
	int fork;
	int lock;
	int merge;
} opt = { .seed = 1, .dir = "/corpus", .seconds = 5, .writers = 4 };

static const char usage[] =
"Usage: swap-race --size BYTES [OPTION]...\n"
"  --size BYTES     memory (K, M, G), all threads together\n"
"  --seconds N      how long (default 5)\n"
"  --writers N      threads that write and check pages (default 4)\n"
"  --seed N         contents (default 1)\n"
"  --corpus DIR     real pages (default /corpus)\n"
"  --mixed          ask for large folios in every other 256 KiB\n"
"  --fork           fork, and have the children check and change what they inherited\n"
"  --lock           lock pages in memory, and let them go\n"
"  --merge          half of the pages are equal, and may be merged (KSM)\n";

/* The part of memory that one writer changes; its lock is held to change or check it */
struct part {
	pthread_mutex_t lock;
	pthread_t thread;
	uint64_t first;		/* page */
	uint64_t pages;
	uint64_t writes;
	uint64_t wrong;
	uint64_t state;		/* of random() */
};

static struct corpus corpus;
static struct part parts[MAX_WRITERS];
static unsigned char *memory;
static uint32_t *rounds;	/* what was written to each page last */
static uint64_t pages;
static int done;

static uint64_t random_of(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	*state = x;
	return x * 0x2545f4914f6cdd1d >> 16;
}

/* Of pages that may be merged, every second one is like all others of its round */
static uint64_t looks_like(uint64_t page)
{
	return opt.merge && page % 2 ? 1 : page;
}

static void fill(uint64_t page, uint32_t round)
{
	rounds[page] = round;
	page_fill(&corpus, opt.seed, looks_like(page), round, memory + page * TEST_PAGE_SIZE);
}

static int check(uint64_t page)
{
	return page_check(&corpus, opt.seed, looks_like(page), rounds[page],
			  memory + page * TEST_PAGE_SIZE);
}

static void *write_pages(void *arg)
{
	struct part *part = arg;

	while (!__atomic_load_n(&done, __ATOMIC_RELAXED)) {
		uint64_t page = part->first + random_of(&part->state) % part->pages;

		pthread_mutex_lock(&part->lock);
		part->wrong += check(page);
		/* Few different rounds, so that equal pages meet */
		if (random_of(&part->state) % 2) {
			fill(page, random_of(&part->state) % (opt.merge ? 4 : 1000));
			part->writes++;
		}
		pthread_mutex_unlock(&part->lock);
	}
	return NULL;
}

/* A child: all that it inherited is as it was, and what it writes is its own. */
static int inherit(void)
{
	int wrong = 0;

	for (uint64_t i = 0; i < pages; i++)
		wrong += check(i);
	for (uint64_t i = 0; i < pages; i += 3)
		fill(i, 2000);
	if (madvise(memory, pages * TEST_PAGE_SIZE, MADV_PAGEOUT))
		wrong++;
	for (uint64_t i = 0; i < pages; i++)
		wrong += check(i);
	return wrong;
}

/* fork() while nobody writes; returns whether the child found all right */
static int fork_and_check(void)
{
	int status;
	pid_t child;

	for (unsigned int i = 0; i < opt.writers; i++)
		pthread_mutex_lock(&parts[i].lock);
	child = fork();
	if (!child)
		_exit(inherit() ? 1 : 0);
	for (unsigned int i = 0; i < opt.writers; i++)
		pthread_mutex_unlock(&parts[i].lock);
	if (child < 0)
		die("fork: %s", strerror(errno));
	if (waitpid(child, &status, 0) != child)
		die("waitpid: %s", strerror(errno));
	return status == 0;
}

static void *page_out(void *arg)
{
	uint64_t *outs = arg, state = opt.seed * 7919 + 1;

	while (!__atomic_load_n(&done, __ATOMIC_RELAXED)) {
		uint64_t nr = 1 + random_of(&state) % 256, first;

		if (nr > pages)
			nr = pages;
		first = random_of(&state) % (pages - nr + 1);
		/* Locked pages are refused, which is no error of ours. */
		if (madvise(memory + first * TEST_PAGE_SIZE, nr * TEST_PAGE_SIZE, MADV_PAGEOUT) &&
		    errno != EINVAL)
			die("MADV_PAGEOUT: %s", strerror(errno));
		++*outs;
	}
	return NULL;
}

static void *lock_pages(void *arg)
{
	uint64_t *locks = arg, state = opt.seed * 104729 + 1;

	while (!__atomic_load_n(&done, __ATOMIC_RELAXED)) {
		struct timespec nap = { .tv_nsec = 1000 * 1000 };
		uint64_t page = random_of(&state) % pages, nr = 1 + random_of(&state) % 8;
		unsigned char *at = memory + page * TEST_PAGE_SIZE;

		if (nr > pages - page)
			nr = pages - page;
		if (mlock(at, nr * TEST_PAGE_SIZE))
			die("mlock: %s", strerror(errno));
		nanosleep(&nap, NULL);
		if (munlock(at, nr * TEST_PAGE_SIZE))
			die("munlock: %s", strerror(errno));
		++*locks;
	}
	return NULL;
}

static void parse(int argc, char **argv)
{
	static const struct option options[] = {
		{ "size", required_argument, NULL, 's' },
		{ "seconds", required_argument, NULL, 't' },
		{ "writers", required_argument, NULL, 'w' },
		{ "seed", required_argument, NULL, 'S' },
		{ "corpus", required_argument, NULL, 'c' },
		{ "mixed", no_argument, &opt.mixed, 1 },
		{ "fork", no_argument, &opt.fork, 1 },
		{ "lock", no_argument, &opt.lock, 1 },
		{ "merge", no_argument, &opt.merge, 1 },
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
			opt.seconds = parse_size(optarg);
			break;
		case 'w':
			opt.writers = parse_size(optarg);
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
	if (optind != argc || !opt.seconds || !opt.writers || opt.writers > MAX_WRITERS ||
	    opt.size / TEST_PAGE_SIZE < opt.writers)
		die("%s", usage);
}

static void prepare(void)
{
	pages = opt.size / TEST_PAGE_SIZE / opt.writers * opt.writers;
	rounds = calloc(pages, sizeof(*rounds));
	memory = mmap(NULL, pages * TEST_PAGE_SIZE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (!rounds || memory == MAP_FAILED)
		die("no memory");
	madvise(memory, pages * TEST_PAGE_SIZE, MADV_NOHUGEPAGE);
	for (uint64_t at = 0; opt.mixed && at + (128 << 10) <= pages * TEST_PAGE_SIZE;
	     at += 256 << 10)
		if (madvise(memory + at, 128 << 10, MADV_HUGEPAGE))
			die("MADV_HUGEPAGE: %s", strerror(errno));
	if (opt.merge && madvise(memory, pages * TEST_PAGE_SIZE, MADV_MERGEABLE))
		die("MADV_MERGEABLE: %s", strerror(errno));
	for (uint64_t i = 0; i < pages; i++)
		fill(i, 0);
}

int main(int argc, char **argv)
{
	uint64_t outs = 0, locks = 0, forks = 0, writes = 0, wrong = 0;
	pthread_t pager, locker;
	struct timespec now, end;

	parse(argc, argv);
	corpus_open(&corpus, opt.dir);
	prepare();
	for (unsigned int i = 0; i < opt.writers; i++) {
		parts[i].pages = pages / opt.writers;
		parts[i].first = i * parts[i].pages;
		parts[i].state = opt.seed * 31 + i + 1;
		pthread_mutex_init(&parts[i].lock, NULL);
		if (pthread_create(&parts[i].thread, NULL, write_pages, &parts[i]))
			die("no thread");
	}
	if (pthread_create(&pager, NULL, page_out, &outs) ||
	    (opt.lock && pthread_create(&locker, NULL, lock_pages, &locks)))
		die("no thread");

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += opt.seconds;
	do {
		struct timespec nap = { .tv_nsec = 20 * 1000 * 1000 };

		if (opt.fork) {
			wrong += !fork_and_check();
			forks++;
		}
		nanosleep(&nap, NULL);
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec < end.tv_sec);
	__atomic_store_n(&done, 1, __ATOMIC_RELAXED);

	pthread_join(pager, NULL);
	if (opt.lock)
		pthread_join(locker, NULL);
	for (unsigned int i = 0; i < opt.writers; i++) {
		pthread_join(parts[i].thread, NULL);
		writes += parts[i].writes;
		wrong += parts[i].wrong;
	}
	for (uint64_t i = 0; i < pages; i++)
		wrong += check(i);
	printf("writes %llu\nouts %llu\nlocks %llu\nforks %llu\nwrong %llu\n",
	       (unsigned long long)writes, (unsigned long long)outs,
	       (unsigned long long)locks, (unsigned long long)forks,
	       (unsigned long long)wrong);
	return wrong ? 1 : 0;
}
