// SPDX-License-Identifier: GPL-2.0
/*
 * blk-change: pages are written to a device while other threads change them.
 *
 * The buffer of a direct write is the device's while it is written, but nothing keeps
 * another thread from it. What is stored then may be any mixture; but it can be read back,
 * and each of its bytes is one that stood there. The pages change between two contents: real
 * ones, same-filled ones, and random ones. At the end nobody changes them, and they are
 * written and read once more. Exit status 1 if a byte was wrong, 2 if an operation failed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "pages.h"

#define CHUNK	256u	/* bytes that a thread changes at a time */

static struct {
	const char *dir;
	const char *path;
	uint64_t size;
	uint64_t block;
	uint64_t seed;
	unsigned int threads;
	unsigned int seconds;
} opt = { .dir = "/corpus", .size = 1 << 20, .block = 65536, .seed = 1,
	  .threads = 2, .seconds = 5 };

static struct corpus corpus;
static unsigned char *content[2];	/* of all pages */
static unsigned char *shared;		/* what is written; mixed by the threads */
static volatile int over;

static const char usage[] =
"Usage: blk-change [OPTION]... DEVICE\n"
"  --size BYTES     from its start (K, M, G; default 1M)\n"
"  --bs BYTES       of a write, a multiple of 4K (default 64K)\n"
"  --threads N      that change the pages (default 2)\n"
"  --seconds N      how long (default 5)\n"
"  --seed N         contents, and what the threads do (default 1)\n"
"  --corpus DIR     real pages (default /corpus)\n";

static unsigned char *new_buffer(void)
{
	void *buffer;

	if (posix_memalign(&buffer, TEST_PAGE_SIZE, opt.size))
		die("no memory");
	return buffer;
}

/* Every page has two contents, of several kinds; page_fill() gives all of them */
static void fill(void)
{
	uint64_t pages = opt.size / TEST_PAGE_SIZE;

	for (unsigned int c = 0; c < 2; c++) {
		content[c] = new_buffer();
		for (uint64_t i = 0; i < pages; i++)
			page_fill(&corpus, opt.seed + c, i * (c ? 7 : 1), c,
				  content[c] + i * TEST_PAGE_SIZE);
	}
	shared = new_buffer();
	memcpy(shared, content[0], opt.size);
}

static void *changer_run(void *arg)
{
	unsigned int nr = (unsigned int)(uintptr_t)arg;
	unsigned int random = opt.seed * 1000003u + nr;
	uint64_t chunks = opt.size / CHUNK;

	while (!over) {
		uint64_t at = (uint64_t)rand_r(&random) % chunks * CHUNK;
		uint64_t run = (uint64_t)rand_r(&random) % 64 * CHUNK;
		unsigned int c = (unsigned int)rand_r(&random) % 2;

		if (run > opt.size - at)
			run = opt.size - at;
		memcpy(shared + at, content[c] + at, run);
	}
	return NULL;
}

static void transfer(int fd, int write, unsigned char *buffer, uint64_t at)
{
	ssize_t done = write ? pwrite(fd, buffer + at, opt.block, at) :
			       pread(fd, buffer + at, opt.block, at);

	if (done != (ssize_t)opt.block)
		die("%s: %s at %llu: %s", opt.path, write ? "write" : "read",
		    (unsigned long long)at, done < 0 ? strerror(errno) : "short");
}

/* How many bytes of @buffer are in neither content */
static uint64_t wrong_bytes(const unsigned char *buffer, uint64_t at)
{
	uint64_t wrong = 0;

	for (uint64_t i = at; i < at + opt.block; i++)
		wrong += buffer[i] != content[0][i] && buffer[i] != content[1][i];
	if (wrong)
		fprintf(stderr, "%s: %llu bytes at %llu never were there\n", opt.path,
			(unsigned long long)wrong, (unsigned long long)at);
	return wrong;
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

/* Returns the number of wrong bytes */
static uint64_t write_changing(int fd, unsigned char *back)
{
	pthread_t *threads = calloc(opt.threads, sizeof(*threads));
	uint64_t end = now() + opt.seconds, rounds = 0, wrong = 0, mixed = 0;

	if (!threads)
		die("no memory");
	for (unsigned int t = 0; t < opt.threads; t++)
		if (pthread_create(&threads[t], NULL, changer_run, (void *)(uintptr_t)t))
			die("no thread");
	while (now() < end && !wrong) {
		for (uint64_t at = 0; at < opt.size; at += opt.block) {
			transfer(fd, 1, shared, at);
			transfer(fd, 0, back, at);
			wrong += wrong_bytes(back, at);
			mixed += !!memcmp(back + at, content[0] + at, opt.block) &&
				 !!memcmp(back + at, content[1] + at, opt.block);
		}
		rounds++;
	}
	over = 1;
	for (unsigned int t = 0; t < opt.threads; t++)
		pthread_join(threads[t], NULL);
	free(threads);
	printf("rounds %llu\nmixed %llu\nwrong %llu\n", (unsigned long long)rounds,
	       (unsigned long long)mixed, (unsigned long long)wrong);
	return wrong;
}

static int write_settled(int fd, unsigned char *back)
{
	for (uint64_t at = 0; at < opt.size; at += opt.block) {
		transfer(fd, 1, shared, at);
		transfer(fd, 0, back, at);
	}
	if (!memcmp(back, shared, opt.size))
		return 0;
	fprintf(stderr, "%s: what nobody changed came back wrong\n", opt.path);
	return 1;
}

static void parse(int argc, char **argv)
{
	static const struct option options[] = {
		{ "size", required_argument, NULL, 's' },
		{ "bs", required_argument, NULL, 'b' },
		{ "threads", required_argument, NULL, 't' },
		{ "seconds", required_argument, NULL, 'T' },
		{ "seed", required_argument, NULL, 'S' },
		{ "corpus", required_argument, NULL, 'c' },
		{ }
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 's':
			opt.size = parse_size(optarg);
			break;
		case 'b':
			opt.block = parse_size(optarg);
			break;
		case 't':
			opt.threads = parse_size(optarg);
			break;
		case 'T':
			opt.seconds = parse_size(optarg);
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
	if (argc - optind != 1 || !opt.threads || opt.threads > 1024 || !opt.block ||
	    opt.block % TEST_PAGE_SIZE || !opt.size || opt.size % opt.block)
		die("%s", usage);
	opt.path = argv[optind];
}

int main(int argc, char **argv)
{
	unsigned char *back;
	uint64_t wrong;
	int fd, bad;

	parse(argc, argv);
	corpus_open(&corpus, opt.dir);
	fill();
	back = new_buffer();
	fd = open(opt.path, O_RDWR | O_DIRECT);
	if (fd < 0)
		die("%s: %s", opt.path, strerror(errno));
	wrong = write_changing(fd, back);
	bad = write_settled(fd, back);
	close(fd);
	return wrong || bad;
}
