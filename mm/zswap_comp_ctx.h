/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What zswap's compression has on each CPU.
 */
#ifndef _MM_ZSWAP_COMP_CTX_H
#define _MM_ZSWAP_COMP_CTX_H

#include <crypto/acomp_units.h>
#include <linux/atomic.h>
#include <linux/mutex.h>
#include <linux/scatterlist.h>

#include "zswap_comp.h"

/**
 * struct zswap_comp_batch - pages that are compressed by one request
 * @other: the batch that takes turns with this one, or this one
 * @req: the request
 * @wait: for algorithms that call back
 * @err: result of @req, -EINPROGRESS while it is in work
 * @first: the first page in it, by its place in the run
 * @nr: pages in it
 * @dst: where they go, one entry a page
 * @dst_end: entries that @dst has at present
 * @data: the same as addresses
 * @src: where they come from, one entry if they are pages of one folio
 * @src_end: entries that @src has at present
 * @units: acomp's
 * @results: length or error of each page, if they are several
 */
struct zswap_comp_batch {
	struct zswap_comp_batch *other;
	struct acomp_req *req;
	struct crypto_wait wait;
	int err;
	unsigned int first;
	unsigned int nr;
	struct scatterlist *dst;
	unsigned int dst_end;
	void *data[ZSWAP_MAX_BATCH];
	struct scatterlist *src;
	unsigned int src_end;
	struct acomp_units units;
	int results[ZSWAP_MAX_BATCH];
};

/**
 * struct zswap_comp_ctx - a compressor on one CPU
 * @acomp: the transformation
 * @size: pages that a batch may have
 * @direct: it is done by the CPU, which goes by addresses, not by pages
 * @turn: pages after which a folio gives way to others that wait for @store_lock
 * @store_lock: protects @batch
 * @waiting: tasks that wait for it
 * @turns: how often one of them got it
 * @batch: the second one is used if @size is more than 1
 * @load_lock: protects the members after it
 * @noio: the state before, see memalloc_noio_save()
 * @req: for loading
 * @wait: likewise
 * @err: result of @req for several pages, -EINPROGRESS while it is in work
 * @units: acomp's, for loading several pages
 * @results: bytes or error of each of them
 * @dst: the pages that are loaded
 * @src: copies of what was stored, if they are several; a buffer each
 * @dst_end: entries that @dst has at present
 * @src_end: likewise
 */
struct zswap_comp_ctx {
	struct crypto_acomp *acomp;
	unsigned int size;
	bool direct;
	unsigned int turn;

	struct mutex store_lock;	/* held while a folio is stored, for @turn pages */
	atomic_t waiting;
	unsigned int turns;
	struct zswap_comp_batch batch[2];

	struct mutex load_lock;		/* held while pages are loaded */
	unsigned int noio;
	struct acomp_req *req;
	struct crypto_wait wait;
	int err;
	struct acomp_units units;
	int results[ZSWAP_MAX_BATCH];
	struct scatterlist *dst;
	struct scatterlist *src;
	unsigned int dst_end;
	unsigned int src_end;
};

#endif /* _MM_ZSWAP_COMP_CTX_H */
