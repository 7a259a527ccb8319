// SPDX-License-Identifier: GPL-2.0
/*
 * Batches: many requests in flight at once, all of them retired at the end.
 */
#include <linux/bug.h>
#include <linux/export.h>
#include <linux/minmax.h>

#include "iaa.h"

static int iaa_batch_start(enum iaa_op op, enum iaa_comp_mode mode,
			   struct iaa_comp_req *req)
{
	if (op == IAA_OP_COMPRESS)
		return iaa_comp_submit_compress(mode, req);
	return iaa_comp_submit_decompress(req);
}

/*
 * Submit in the given order, then wait in the same. When the queues are full,
 * the oldest of our own requests is the one that frees a place; with none of
 * ours in flight others fill the queues, and the submission itself retries.
 */
static void iaa_batch_run(enum iaa_op op, enum iaa_comp_mode mode,
			  struct iaa_comp_req *reqs, const u8 *order,
			  unsigned int nr)
{
	unsigned int oldest = 0, i;

	for (i = 0; i < nr; i++) {
		struct iaa_comp_req *req = &reqs[order[i]];

		req->flags |= IAA_COMP_REQ_NOWAIT;
		while (iaa_batch_start(op, mode, req) == -EAGAIN) {
			if (oldest < i)
				iaa_comp_wait(&reqs[order[oldest++]]);
			else
				req->flags &= ~IAA_COMP_REQ_NOWAIT;
		}
	}
	for (i = oldest; i < nr; i++)
		iaa_comp_wait(&reqs[order[i]]);
	for (i = 0; i < nr; i++)
		reqs[i].flags &= ~IAA_COMP_REQ_NOWAIT;

	iaa_stat_inc(IAA_STAT_BATCHES);
	iaa_stat_add(IAA_STAT_BATCH_UNITS, nr);
}

/**
 * iaa_comp_compress_batch() - compress many units and wait for all
 * @mode: how to encode them
 * @reqs: the requests
 * @nr: how many, any number
 *
 * Each request has its own result. More than IAA_COMP_MAX_BATCH are done in
 * several batches.
 *
 * Context: process, may sleep.
 */
void iaa_comp_compress_batch(enum iaa_comp_mode mode, struct iaa_comp_req *reqs,
			     unsigned int nr)
{
	u8 order[IAA_COMP_MAX_BATCH];
	unsigned int i, n;

	for (i = 0; i < min(nr, IAA_COMP_MAX_BATCH); i++)
		order[i] = i;
	for (; nr; nr -= n, reqs += n) {
		n = min(nr, IAA_COMP_MAX_BATCH);
		iaa_batch_run(IAA_OP_COMPRESS, mode, reqs, order, n);
	}
}
EXPORT_SYMBOL_GPL(iaa_comp_compress_batch);

/*
 * The longest source first: it takes longest, and what comes after it then
 * fills the other engines. Sorted by insertion, the batch being short.
 */
static void iaa_batch_order(const struct iaa_comp_req *reqs, u8 *order,
			    unsigned int nr)
{
	unsigned int i, j;

	for (i = 0; i < nr; i++) {
		unsigned int slen = reqs[i].slen;

		for (j = i; j && reqs[order[j - 1]].slen < slen; j--)
			order[j] = order[j - 1];
		order[j] = i;
	}
}

/**
 * iaa_comp_decompress_batch() - decompress many units and wait for all
 * @reqs: the requests; each has its own result
 * @nr: how many, any number
 *
 * Context: process, may sleep.
 */
void iaa_comp_decompress_batch(struct iaa_comp_req *reqs, unsigned int nr)
{
	u8 order[IAA_COMP_MAX_BATCH];
	unsigned int n;

	for (; nr; nr -= n, reqs += n) {
		n = min(nr, IAA_COMP_MAX_BATCH);
		iaa_batch_order(reqs, order, n);
		iaa_batch_run(IAA_OP_DECOMPRESS, IAA_COMP_FIXED, reqs, order, n);
	}
}
EXPORT_SYMBOL_GPL(iaa_comp_decompress_batch);
