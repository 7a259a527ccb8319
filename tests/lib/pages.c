// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pages.h"

#define WORDS		(TEST_PAGE_SIZE / sizeof(uint64_t))
#define COMPLAINTS	8

/* Which of 32 pages are what, by the low bits of their hash. */
#define KINDS		32
#define KIND_RANDOM	2	/* 0, 1 */
#define KIND_SAME	6	/* 2 to 5 */

void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(2);
}

uint64_t parse_size(const char *text)
{
	static const char units[] = "KMG";
	const char *unit;
	uint64_t value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 0);
	unit = *end ? strchr(units, *end) : NULL;
	if (errno || end == text || *text == '-' || (*end && (!unit || end[1])))
		die("'%s' is no size; use a number with K, M or G", text);
	return unit ? value << (10 * (unit - units + 1)) : value;
}

/* Size of the file, which has to be whole pages. */
static size_t file_size(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		die("%s: %s", path, strerror(errno));
	if (st.st_size % TEST_PAGE_SIZE)
		die("%s is not made of whole pages", path);
	return st.st_size;
}

/* Mapped, not read: so that it is not memory of this program, which is to swap. */
void corpus_open(struct corpus *corpus, const char *dir)
{
	size_t bytes = 0, at = 0;
	char pattern[4096];
	unsigned char *data;
	glob_t files;

	snprintf(pattern, sizeof(pattern), "%s/*.pages", dir);
	if (glob(pattern, 0, NULL, &files))
		die("no *.pages in %s; make them with tests/lib/mkcorpus", dir);
	for (size_t i = 0; i < files.gl_pathc; i++)
		bytes += file_size(files.gl_pathv[i]);
	if (!bytes)
		die("the corpus in %s is empty", dir);
	data = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (data == MAP_FAILED)
		die("no room for the corpus");
	for (size_t i = 0; i < files.gl_pathc; i++) {
		size_t size = file_size(files.gl_pathv[i]);
		int fd = open(files.gl_pathv[i], O_RDONLY);

		if (fd < 0 || (size && mmap(data + at, size, PROT_READ, MAP_SHARED | MAP_FIXED,
					    fd, 0) == MAP_FAILED))
			die("%s: %s", files.gl_pathv[i], strerror(errno));
		close(fd);
		at += size;
	}
	globfree(&files);
	corpus->data = data;
	corpus->pages = bytes / TEST_PAGE_SIZE;
}

/* The finalizer of splitmix64, a published mixing function. */
static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

void page_fill(const struct corpus *corpus, uint64_t seed, uint64_t index,
	       uint32_t round, void *page)
{
	uint64_t hash = mix(seed ^ mix(index ^ ((uint64_t)round << 40)));
	unsigned int kind = hash % KINDS;
	uint64_t *words = page;

	if (kind < KIND_SAME) {
		for (size_t i = 0; i < WORDS; i++)
			words[i] = kind < KIND_RANDOM ? mix(hash + i) : hash;
		return;
	}
	memcpy(page, corpus->data + (hash >> 8) % corpus->pages * TEST_PAGE_SIZE,
	       TEST_PAGE_SIZE);
	/* The stamp makes pages that share their content differ. */
	words += (hash >> 48) % (WORDS - 1);
	words[0] = hash;
	words[1] = index;
}

int page_check(const struct corpus *corpus, uint64_t seed, uint64_t index,
	       uint32_t round, const void *page)
{
	unsigned char want[TEST_PAGE_SIZE] __attribute__((aligned(8)));
	static unsigned int complaints;
	const unsigned char *got = page;
	size_t at = 0, wrong = 0;

	page_fill(corpus, seed, index, round, want);
	if (!memcmp(got, want, TEST_PAGE_SIZE))
		return 0;
	for (size_t i = TEST_PAGE_SIZE; i-- > 0;) {
		if (got[i] != want[i]) {
			at = i;
			wrong++;
		}
	}
	if (__atomic_fetch_add(&complaints, 1, __ATOMIC_RELAXED) < COMPLAINTS)
		fprintf(stderr,
			"page %llu round %u: %zu bytes wrong, first at %zu: got %02x, want %02x\n",
			(unsigned long long)index, round, wrong, at, got[at], want[at]);
	return 1;
}

/* This thread only: starting a program or a thread would fail more often than not. */
void allocations_fail(void)
{
	FILE *f = fopen("/proc/thread-self/make-it-fail", "w");

	if (!f || fputs("1", f) < 0 || fclose(f))
		die("make-it-fail: %s", strerror(errno));
}
