/* SPDX-License-Identifier: GPL-2.0 */
/*
 * iaa_bench: what a page costs between the caller of an interface and the device.
 *
 * Private to the module; it is built against the kernel it is to measure, and offers
 * what interfaces that one has.
 */
#ifndef IAA_BENCH_H
#define IAA_BENCH_H

#include <linux/types.h>

/* Room for a page that does not compress. */
#define BENCH_ROOM	(2 * PAGE_SIZE)

/**
 * struct bench_page - a page, and what became of it
 * @plain: its content, PAGE_SIZE bytes
 * @packed: compressed, room for BENCH_ROOM bytes
 * @back: decompressed again, PAGE_SIZE bytes
 * @len: bytes at @packed, or -errno if it could not be compressed
 * @back_len: bytes at @back, or -errno
 */
struct bench_page {
	void *plain;
	void *packed;
	void *back;
	int len;
	int back_len;
};

/**
 * struct bench_span - how long it took
 * @total: from the first submission to the last page's result, in ns, or
 *	instructions where the guest counts them
 * @submit: of these, until the submissions returned; 0 where that is the same
 */
struct bench_span {
	u64 total;
	u64 submit;
};

/**
 * struct bench_api - an interface to measure
 * @name: as the "run" file takes it
 * @open: prepare for batches of up to @batch pages; sleeps
 * @compress: compress pages[0..nr - 1], all in flight together if it can
 * @decompress: the same, from packed to back; pages that have no packed form are left
 *	alone
 * @close: undo @open
 *
 * @compress and @decompress set the results in the pages, and take their time.
 */
struct bench_api {
	const char *name;
	int (*open)(const char *algorithm, unsigned int batch);
	void (*compress)(struct bench_page *pages, unsigned int nr, struct bench_span *span);
	void (*decompress)(struct bench_page *pages, unsigned int nr, struct bench_span *span);
	void (*close)(void);
};

extern const struct bench_api bench_acomp;
extern const struct bench_api bench_units;
extern const struct bench_api bench_core;

u64 bench_clock(void);

#endif
