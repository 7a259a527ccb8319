// SPDX-License-Identifier: GPL-2.0
/*
 * blk-verify: write real pages to a block device, and check them.
 *
 * What stands where follows from --seed and --round alone, so writing and checking may
 * be separate runs, with anything done to the device in between. All I/O is direct.
 * Exit status 1 if a page was wrong, 2 if an operation failed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pages.h"

static struct {
	const char *dir;
	const char *path;
	uint64_t size;
	uint64_t block;
	uint64_t seed;
	unsigned int round;
	unsigned int threads;
	int do_write;
	int do_check;
	int fail;
} opt = { .dir = "/corpus", .block = 65536, .seed = 1, .threads = 1 };

static struct corpus corpus;
static uint64_t wrong, failed;

static const char usage[] =
"Usage: blk-verify write|check|both [OPTION]... DEVICE\n"
"  --size BYTES     from its start (K, M, G)\n"
"  --bs BYTES       of an I/O, a multiple of 4K (default 64K)\n"
"  --threads N      in N equal parts at once (default 1)\n"
"  --seed N         contents (default 1)\n"
"  --round N        other contents at the same place (default 0)\n"
"  --corpus DIR     real pages (default /corpus)\n"
"  --fail           let allocations fail for the threads, as fault injection is set up\n";

struct part {
	pthread_t thread;
	uint64_t first;		/* block */
	uint64_t blocks;
	int write;
};

static void *part_run(void *arg)
{
	const uint64_t pages = opt.block / TEST_PAGE_SIZE;
	struct part *part = arg;
	unsigned char *buffer;
	int fd;

	fd = open(opt.path, (part->write ? O_RDWR : O_RDONLY) | O_DIRECT);
	if (fd < 0)
		die("%s: %s", opt.path, strerror(errno));
	if (posix_memalign((void **)&buffer, TEST_PAGE_SIZE, opt.block))
		die("no memory");
	memset(buffer, 0, opt.block);
	if (opt.fail)
		allocations_fail();
	for (uint64_t b = part->first; b < part->first + part->blocks; b++) {
		ssize_t done;

		if (part->write) {
			for (uint64_t i = 0; i < pages; i++)
				page_fill(&corpus, opt.seed, b * pages + i, opt.round,
					  buffer + i * TEST_PAGE_SIZE);
			done = pwrite(fd, buffer, opt.block, b * opt.block);
		} else {
			memset(buffer, 0x5a, opt.block);
			done = pread(fd, buffer, opt.block, b * opt.block);
		}
		if (done != (ssize_t)opt.block) {
			if (!__atomic_fetch_add(&failed, 1, __ATOMIC_RELAXED))
				fprintf(stderr, "%s: %s at %llu: %s\n", opt.path,
					part->write ? "write" : "read",
					(unsigned long long)(b * opt.block),
					done < 0 ? strerror(errno) : "short");
			continue;
		}
		for (uint64_t i = 0; !part->write && i < pages; i++)
			if (page_check(&corpus, opt.seed, b * pages + i, opt.round,
				       buffer + i * TEST_PAGE_SIZE))
				__atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
	}
	free(buffer);
	close(fd);
	return NULL;
}

static void pass(int write)
{
	struct part *parts = calloc(opt.threads, sizeof(*parts));
	uint64_t blocks = opt.size / opt.block;

	if (!parts)
		die("no memory");
	for (unsigned int t = 0; t < opt.threads; t++) {
		parts[t].first = blocks * t / opt.threads;
		parts[t].blocks = blocks * (t + 1) / opt.threads - parts[t].first;
		parts[t].write = write;
		if (pthread_create(&parts[t].thread, NULL, part_run, &parts[t]))
			die("no thread");
	}
	for (unsigned int t = 0; t < opt.threads; t++)
		pthread_join(parts[t].thread, NULL);
	free(parts);
}

static void parse(int argc, char **argv)
{
	static const struct option options[] = {
		{ "size", required_argument, NULL, 's' },
		{ "bs", required_argument, NULL, 'b' },
		{ "threads", required_argument, NULL, 't' },
		{ "seed", required_argument, NULL, 'S' },
		{ "round", required_argument, NULL, 'r' },
		{ "corpus", required_argument, NULL, 'c' },
		{ "fail", no_argument, &opt.fail, 1 },
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
		case 'b':
			opt.block = parse_size(optarg);
			break;
		case 't':
			opt.threads = parse_size(optarg);
			break;
		case 'S':
			opt.seed = parse_size(optarg);
			break;
		case 'r':
			opt.round = parse_size(optarg);
			break;
		case 'c':
			opt.dir = optarg;
			break;
		default:
			die("%s", usage);
		}
	}
	if (argc - optind != 2 || !opt.threads || opt.threads > 1024 || !opt.block ||
	    opt.block % TEST_PAGE_SIZE || opt.size < opt.block)
		die("%s", usage);
	opt.do_write = !strcmp(argv[optind], "write") || !strcmp(argv[optind], "both");
	opt.do_check = !strcmp(argv[optind], "check") || !strcmp(argv[optind], "both");
	if (!opt.do_write && !opt.do_check)
		die("%s", usage);
	opt.path = argv[optind + 1];
}

int main(int argc, char **argv)
{
	parse(argc, argv);
	corpus_open(&corpus, opt.dir);
	if (opt.do_write)
		pass(1);
	if (opt.do_check)
		pass(0);
	printf("pages %llu\nfailed %llu\nwrong %llu\n",
	       (unsigned long long)(opt.size / opt.block * (opt.block / TEST_PAGE_SIZE)),
	       (unsigned long long)failed, (unsigned long long)wrong);
	return wrong ? 1 : failed ? 2 : 0;
}
