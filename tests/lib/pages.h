/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pages to test compression with: of real content, and each one different, so that a
 * page that comes back stale, swapped with another or damaged is seen.
 */
#ifndef PAGES_H
#define PAGES_H

#include <stddef.h>
#include <stdint.h>

#define TEST_PAGE_SIZE	4096u

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

/* Real pages: text, programs and a heap, as tests/lib/mkcorpus makes them. */
struct corpus {
	const unsigned char *data;
	size_t pages;
};

/*
 * Map all files named *.pages in @dir, one behind the other. Ends the program with a
 * message if there are none.
 */
void corpus_open(struct corpus *corpus, const char *dir);

/*
 * Fill @page with what page @index holds in round @round under @seed. The same
 * arguments always give the same bytes; other arguments give others. Of 32 pages,
 * 26 are the corpus' own with a 16-byte stamp in it, 4 are one repeated word (same-filled
 * to zram and zswap), and 2 are random (incompressible).
 */
void page_fill(const struct corpus *corpus, uint64_t seed, uint64_t index,
	       uint32_t round, void *page);

/*
 * Compare @page with what page_fill() gives. Returns 0 if equal, else 1 after a line on
 * standard error that names the first difference (for the first few pages).
 */
int page_check(const struct corpus *corpus, uint64_t seed, uint64_t index,
	       uint32_t round, const void *page);

/* A size with an optional K, M or G; ends the program on anything else. */
uint64_t parse_size(const char *text);

/* Print to standard error and end with status 2. */
void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Let this thread's allocations fail, as fault injection is set up */
void allocations_fail(void);

#endif
