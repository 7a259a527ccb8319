// SPDX-License-Identifier: GPL-2.0
/*
 * swap-verify: write memory, have it swapped, and check every page of it.
 *
 * Started in a memory cgroup several times smaller than --size, every page goes out and
 * comes back at least once a round; --pageout asks for it by MADV_PAGEOUT instead, and
 * needs no cgroup. Prints "name value" lines; exit status 1 if a page was wrong.
 */
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "pages.h"

static struct {
	uint64_t size;
	uint64_t seed;
	const char *dir;
	const char *hold;
	const char *linger;
	unsigned int rounds;
	unsigned int threads;
	unsigned int step;
	unsigned int ahead;
	unsigned int holes;
	int pageout;
	int huge;
	int shared;
	int willneed;
	int fail;
	int random;
	int lost;
} opt = { .seed = 1, .dir = "/corpus", .rounds = 1, .threads = 1, .step = 1 };

static struct corpus corpus;
static unsigned char *memory;
static uint64_t wrong;
static uint64_t lost;
static __thread sigjmp_buf unreadable;

static const char usage[] =
"Usage: swap-verify --size BYTES [OPTION]...\n"
"  --size BYTES     memory to write (K, M, G), all threads together\n"
"  --rounds N       write and check it all N times, with other contents (default 1)\n"
"  --threads N      in N equal parts at once (default 1)\n"
"  --seed N         contents (default 1)\n"
"  --corpus DIR     real pages (default /corpus)\n"
"  --pageout        ask for it to be swapped out, by MADV_PAGEOUT\n"
"  --huge           ask for large folios, by MADV_HUGEPAGE\n"
"  --shared         memory that is shared, which belongs to a file of tmpfs\n"
"  --willneed       before checking it, ask for all of it by MADV_WILLNEED\n"
"  --random         with pages that no algorithm makes smaller\n"
"  --step N         check every Nth page only (default 1)\n"
"  --lost           count the pages that raise SIGBUS rather than die by it\n"
"  --ahead N        once it is paged out, ask for every N-th page by MADV_WILLNEED\n"
"  --holes N        once it is paged out, give back every N-th page, which is not checked\n"
"  --fail           let allocations fail for the threads, as fault injection is set up\n"
"  --hold FILE      between writing and checking print \"holding\", and go on when FILE is there\n"
"  --linger FILE    after checking print \"lingering\", and end when FILE is there\n";

struct part {
	pthread_t thread;
	uint64_t first;		/* page */
	uint64_t pages;
	uint32_t round;
};

/* Random words that depend on the page and the round only */
static void random_fill(uint64_t page, uint32_t round, uint64_t *words)
{
	uint64_t x = (opt.seed << 48) ^ ((uint64_t)round << 32) ^ (page + 1);

	for (unsigned int i = 0; i < TEST_PAGE_SIZE / sizeof(*words); i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		words[i] = x * 0x2545f4914f6cdd1d;
	}
}

static void fill(uint64_t page, uint32_t round, unsigned char *at)
{
	if (opt.random)
		random_fill(page, round, (uint64_t *)at);
	else
		page_fill(&corpus, opt.seed, page, round, at);
}

static int check(uint64_t page, uint32_t round, unsigned char *at)
{
	uint64_t words[TEST_PAGE_SIZE / sizeof(uint64_t)];

	if (!opt.random)
		return page_check(&corpus, opt.seed, page, round, at);
	random_fill(page, round, words);
	return !!memcmp(words, at, TEST_PAGE_SIZE);
}

static void on_sigbus(int signal)
{
	(void)signal;
	siglongjmp(unreadable, 1);
}

/* MADV_WILLNEED or MADV_DONTNEED for every @nth page */
static void advise_some(const struct part *part, unsigned int nth, int advice)
{
	for (uint64_t i = part->first; nth && i < part->first + part->pages; i += nth)
		if (madvise(memory + i * TEST_PAGE_SIZE, TEST_PAGE_SIZE, advice))
			die("madvise: %s", strerror(errno));
}

static void *write_part(void *arg)
{
	struct part *part = arg;

	if (opt.fail)
		allocations_fail();
	for (uint64_t i = part->first; i < part->first + part->pages; i++)
		fill(i, part->round, memory + i * TEST_PAGE_SIZE);
	if (opt.pageout &&
	    madvise(memory + part->first * TEST_PAGE_SIZE, part->pages * TEST_PAGE_SIZE,
		    MADV_PAGEOUT))
		die("MADV_PAGEOUT: %s", strerror(errno));
	advise_some(part, opt.ahead, MADV_WILLNEED);
	advise_some(part, opt.holes, MADV_DONTNEED);
	return NULL;
}

static void *check_part(void *arg)
{
	struct part *part = arg;
	volatile uint64_t bad = 0;

	if (opt.fail)
		allocations_fail();
	if (opt.willneed &&
	    madvise(memory + part->first * TEST_PAGE_SIZE, part->pages * TEST_PAGE_SIZE,
		    MADV_WILLNEED))
		die("MADV_WILLNEED: %s", strerror(errno));
	for (volatile uint64_t i = part->first; i < part->first + part->pages; i += opt.step) {
		if (opt.lost && sigsetjmp(unreadable, 1)) {
			__atomic_fetch_add(&lost, 1, __ATOMIC_RELAXED);
			continue;
		}
		if (opt.holes && (i - part->first) % opt.holes == 0)
			continue;
		bad += check(i, part->round, memory + i * TEST_PAGE_SIZE);
	}
	__atomic_fetch_add(&wrong, bad, __ATOMIC_RELAXED);
	return NULL;
}

static void in_parts(struct part *parts, void *(*work)(void *))
{
	for (unsigned int t = 0; t < opt.threads; t++)
		if (pthread_create(&parts[t].thread, NULL, work, &parts[t]))
			die("no thread");
	for (unsigned int t = 0; t < opt.threads; t++)
		pthread_join(parts[t].thread, NULL);
}

static uint64_t vmstat(const char *name)
{
	unsigned long long value = 0, v;
	char line[128], key[64];
	FILE *f = fopen("/proc/vmstat", "r");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%63s %llu", key, &v) == 2 && !strcmp(key, name))
			value = v;
	if (f)
		fclose(f);
	return value;
}

static void hold(const char *word, const char *file)
{
	struct timespec nap = { .tv_nsec = 50 * 1000 * 1000 };

	printf("%s\n", word);
	fflush(stdout);
	while (access(file, F_OK))
		nanosleep(&nap, NULL);
}

static void parse(int argc, char **argv)
{
	static const struct option options[] = {
		{ "size", required_argument, NULL, 's' },
		{ "rounds", required_argument, NULL, 'r' },
		{ "threads", required_argument, NULL, 't' },
		{ "seed", required_argument, NULL, 'S' },
		{ "corpus", required_argument, NULL, 'c' },
		{ "pageout", no_argument, &opt.pageout, 1 },
		{ "huge", no_argument, &opt.huge, 1 },
		{ "shared", no_argument, &opt.shared, 1 },
		{ "willneed", no_argument, &opt.willneed, 1 },
		{ "fail", no_argument, &opt.fail, 1 },
		{ "random", no_argument, &opt.random, 1 },
		{ "lost", no_argument, &opt.lost, 1 },
		{ "step", required_argument, NULL, 'p' },
		{ "hold", required_argument, NULL, 'h' },
		{ "linger", required_argument, NULL, 'l' },
		{ "ahead", required_argument, NULL, 'a' },
		{ "holes", required_argument, NULL, 'o' },
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
		case 'r':
			opt.rounds = parse_size(optarg);
			break;
		case 't':
			opt.threads = parse_size(optarg);
			break;
		case 'S':
			opt.seed = parse_size(optarg);
			break;
		case 'c':
			opt.dir = optarg;
			break;
		case 'p':
			opt.step = parse_size(optarg);
			break;
		case 'h':
			opt.hold = optarg;
			break;
		case 'l':
			opt.linger = optarg;
			break;
		case 'a':
			opt.ahead = parse_size(optarg);
			break;
		case 'o':
			opt.holes = parse_size(optarg);
			break;
		default:
			die("%s", usage);
		}
	}
	if (optind != argc || !opt.size || !opt.rounds || !opt.threads || opt.threads > 1024 ||
	    !opt.step)
		die("%s", usage);
}

int main(int argc, char **argv)
{
	static const char * const counters[] = {
		"pswpout", "pswpin", "zswpout", "zswpin", "zswpwb",
	};
	uint64_t before[ARRAY_SIZE(counters)];
	struct part *parts;
	uint64_t pages;

	parse(argc, argv);
	if (opt.lost)
		signal(SIGBUS, on_sigbus);
	/*
	 * Where the kernel itself writes to a thread's memory, a failure to bring it back is
	 * the end of the thread (rseq), or of whoever waits for it: only what is tested may go.
	 */
	if (opt.fail && mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT))
		die("mlockall: %s", strerror(errno));
	corpus_open(&corpus, opt.dir);
	pages = opt.size / TEST_PAGE_SIZE / opt.threads * opt.threads;
	parts = calloc(opt.threads, sizeof(*parts));
	memory = mmap(NULL, pages * TEST_PAGE_SIZE, PROT_READ | PROT_WRITE,
		      (opt.shared ? MAP_SHARED : MAP_PRIVATE) | MAP_ANONYMOUS, -1, 0);
	if (!parts || memory == MAP_FAILED)
		die("no memory");
	if (opt.fail && munlock(memory, pages * TEST_PAGE_SIZE))
		die("munlock: %s", strerror(errno));
	if (madvise(memory, pages * TEST_PAGE_SIZE, opt.huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE) &&
	    opt.huge)
		die("MADV_HUGEPAGE: %s", strerror(errno));
	for (size_t i = 0; i < ARRAY_SIZE(counters); i++)
		before[i] = vmstat(counters[i]);

	for (uint32_t round = 0; round < opt.rounds; round++) {
		for (unsigned int t = 0; t < opt.threads; t++) {
			parts[t].pages = pages / opt.threads;
			parts[t].first = t * parts[t].pages;
			parts[t].round = round;
		}
		in_parts(parts, write_part);
		if (opt.hold)
			hold("holding", opt.hold);
		in_parts(parts, check_part);
		if (opt.linger)
			hold("lingering", opt.linger);
	}

	printf("pages %llu\n", (unsigned long long)pages * opt.rounds);
	for (size_t i = 0; i < ARRAY_SIZE(counters); i++)
		printf("%s %llu\n", counters[i],
		       (unsigned long long)(vmstat(counters[i]) - before[i]));
	printf("lost %llu\n", (unsigned long long)lost);
	printf("wrong %llu\n", (unsigned long long)wrong);
	return wrong ? 1 : 0;
}
