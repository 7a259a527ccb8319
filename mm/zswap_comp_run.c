// SPDX-License-Identifier: GPL-2.0
/*
 * zswap's compression: pages in, compressed bytes out, and back, with the contexts
 * that zswap_comp.c sets up.
 *
 * A page that fails in a batch is tried again alone, for the failure may be that
 * of a neighbour, or of the batch. What fails then is an error.
 */
#include <crypto/acomp_units.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/scatterlist.h>
#include <linux/sched/mm.h>
#include <linux/wait_bit.h>

#include "zswap_comp.h"
#include "zswap_comp_ctx.h"

/* Have a list end after @nr entries, for a driver may map all of it. */
static void zswap_comp_sg_end(struct scatterlist *sg, unsigned int *end,
			      unsigned int nr)
{
	if (*end == nr)
		return;
	sg_unmark_end(&sg[*end - 1]);
	sg_mark_end(&sg[nr - 1]);
	*end = nr;
}

static int zswap_comp_wait(struct acomp_req *req, int err, struct crypto_wait *wait)
{
	if (crypto_acomp_queued(req, err))
		err = crypto_acomp_wait(req, wait);
	return err;
}

static struct page *zswap_comp_page(const struct zswap_comp_run *run,
				    unsigned int i)
{
	if (run->folio)
		return folio_page(run->folio, i);
	return folio_page(run->folios[i], 0);
}

/* Say where the pages of a batch come from */
static void zswap_comp_set_src(const struct zswap_comp_run *run,
			       struct zswap_comp_batch *batch)
{
	unsigned int i;

	if (run->folio) {
		zswap_comp_sg_end(batch->src, &batch->src_end, 1);
		sg_set_page(batch->src, zswap_comp_page(run, run->ahead),
			    batch->nr * PAGE_SIZE, 0);
		return;
	}
	zswap_comp_sg_end(batch->src, &batch->src_end, batch->nr);
	for (i = 0; i < batch->nr; i++)
		sg_set_folio(&batch->src[i], run->folios[run->ahead + i],
			     PAGE_SIZE, 0);
}

/* Start on the pages that come next, if there are any */
static void zswap_comp_submit(struct zswap_comp_run *run,
			      struct zswap_comp_batch *batch)
{
	unsigned int nr = min(run->ctx->size, run->left);
	int err;

	batch->nr = nr;
	if (!nr)
		return;

	if (run->ctx->direct) {
		struct page *page = folio_page(run->folio, run->ahead);

		acomp_request_set_src_dma(batch->req, page_address(page),
					  PAGE_SIZE);
		acomp_request_set_dst_dma(batch->req, batch->data[0], PAGE_SIZE);
	} else {
		zswap_comp_sg_end(batch->dst, &batch->dst_end, nr);
		zswap_comp_set_src(run, batch);
		acomp_request_set_params(batch->req, batch->src, batch->dst,
					 nr * PAGE_SIZE, PAGE_SIZE);
		if (run->ctx->size > 1)
			acomp_request_set_units(batch->req,
						nr > 1 ? &batch->units : NULL,
						PAGE_SIZE, batch->results);
	}
	/* A request that may be in the backlog is queued if it returns -EBUSY. */
	err = crypto_acomp_compress(batch->req);
	batch->err = err == -EBUSY ? -EINPROGRESS : err;
	batch->first = run->ahead;
	run->ahead += nr;
	run->left -= nr;
}

/* The slow path is for tasks that have to wait, which the owner can tell by @waiting. */
static noinline void zswap_comp_store_wait(struct zswap_comp_ctx *ctx)
{
	atomic_inc(&ctx->waiting);
	mutex_lock(&ctx->store_lock);
	atomic_dec(&ctx->waiting);
	WRITE_ONCE(ctx->turns, ctx->turns + 1);
	smp_mb();	/* pairs with that of wait_var_event() */
	wake_up_var(&ctx->turns);
}

/*
 * Take the lock for a number of pages, and start on those that come next. The owner
 * does not learn of a task that comes at the same moment, and lets it wait longer.
 */
static __always_inline void zswap_comp_store_lock(struct zswap_comp_run *run)
{
	struct zswap_comp_ctx *ctx = run->ctx;

	if (unlikely(mutex_is_locked(&ctx->store_lock)))
		zswap_comp_store_wait(ctx);
	else
		mutex_lock(&ctx->store_lock);
	run->turn = run->ahead + ctx->turn;
	run->batch = ctx->batch;
	run->unit = 0;
	zswap_comp_submit(run, run->batch);
	if (run->batch->other != run->batch)
		zswap_comp_submit(run, run->batch->other);
}

static bool zswap_comp_was_turn(struct zswap_comp_ctx *ctx, unsigned int turns)
{
	return READ_ONCE(ctx->turns) != turns || !atomic_read(&ctx->waiting);
}

/* A mutex that is released is taken again before the task that it wakes can run. */
static noinline void zswap_comp_give_way(struct zswap_comp_run *run)
{
	struct zswap_comp_ctx *ctx = run->ctx;
	unsigned int turns = ctx->turns;

	mutex_unlock(&ctx->store_lock);
	wait_var_event(&ctx->turns, zswap_comp_was_turn(ctx, turns));
	zswap_comp_store_lock(run);
}

/*
 * All of a batch was taken: put the pages that come next into it. Or don't, if it
 * is somebody else's turn, who gets it when the other batch has been taken, too.
 */
static void zswap_comp_next_batch(struct zswap_comp_run *run)
{
	struct zswap_comp_batch *batch = run->batch;

	if (run->ahead >= run->turn && atomic_read(&run->ctx->waiting))
		run->gives_way = true;
	if (run->gives_way)
		batch->nr = 0;
	else
		zswap_comp_submit(run, batch);

	run->batch = batch->other;
	run->unit = 0;
	if (run->batch->nr)
		return;
	run->gives_way = false;
	zswap_comp_give_way(run);
}

/* Try one page of a batch again, by itself */
static noinline int zswap_comp_retry(struct zswap_comp_run *run,
				     struct zswap_comp_batch *batch,
				     unsigned int unit)
{
	struct acomp_req *req = batch->req;
	struct scatterlist dst;
	int err;

	if (batch->err == -EINPROGRESS)
		batch->err = crypto_acomp_wait(req, &batch->wait);

	sg_init_one(&dst, batch->data[unit], PAGE_SIZE);
	zswap_comp_sg_end(batch->src, &batch->src_end, 1);
	sg_set_page(batch->src, zswap_comp_page(run, batch->first + unit),
		    PAGE_SIZE, 0);
	acomp_request_set_params(req, batch->src, &dst, PAGE_SIZE, PAGE_SIZE);
	acomp_request_set_units(req, NULL, 0, NULL);
	err = zswap_comp_wait(req, crypto_acomp_compress(req), &batch->wait);
	return err ?: req->dlen;
}

/**
 * zswap_comp_begin() - start to compress pages
 * @comp: the compressor
 * @folio: a locked folio; it must not change until zswap_comp_end(). NULL: @folios
 * @folios: or else locked folios of one page each, for a compressor whose size is more
 *	than 1; they must not change either
 * @nr: how many pages there are
 * @run: what is to be handed to the functions below
 *
 * Context: process, may sleep; until zswap_comp_end(), allocations are GFP_NOIO
 * at most, and no other folio may be stored.
 */
void zswap_comp_begin(struct zswap_comp *comp, struct folio *folio,
		      struct folio **folios, unsigned int nr,
		      struct zswap_comp_run *run)
{
	run->noio = memalloc_noio_save();
	run->ctx = raw_cpu_ptr(comp->ctx);
	run->folio = folio;
	run->folios = folios;
	run->ahead = 0;
	run->left = nr;
	run->gives_way = false;
	zswap_comp_store_lock(run);
}

/**
 * zswap_comp_next() - take the next page's compressed bytes
 * @run: set by zswap_comp_begin()
 * @data: set to where they are, until the next call
 *
 * Pages come in their order; there must be one left.
 *
 * Context: process, may sleep.
 * Return: how many bytes, 1 to PAGE_SIZE; or -errno for this page, -ENOSPC if
 * it takes more than PAGE_SIZE, -EINVAL if it takes none.
 */
int zswap_comp_next(struct zswap_comp_run *run, u8 **data)
{
	struct zswap_comp_batch *batch;
	unsigned int unit;
	int ret;

	if (run->unit == run->batch->nr)
		zswap_comp_next_batch(run);
	batch = run->batch;
	unit = run->unit++;

	if (batch->err == -EINPROGRESS)
		batch->err = crypto_acomp_wait_units(batch->req, unit + 1,
						     &batch->wait);
	ret = batch->err;
	if (batch->nr == 1) {
		ret = ret ?: batch->req->dlen;
	} else {
		if (!ret || ret == -EINPROGRESS)
			ret = batch->results[unit];
		if (unlikely(ret <= 0 && ret != -ENOSPC))
			ret = zswap_comp_retry(run, batch, unit);
	}

	*data = batch->data[unit];
	return ret ?: -EINVAL;
}

static void zswap_comp_drain(struct zswap_comp_batch *batch)
{
	if (batch->nr && batch->err == -EINPROGRESS)
		crypto_acomp_wait(batch->req, &batch->wait);
}

/**
 * zswap_comp_end() - end what zswap_comp_begin() began
 * @run: set by it; pages may be left
 *
 * Context: process, may sleep.
 */
void zswap_comp_end(struct zswap_comp_run *run)
{
	struct zswap_comp_batch *batch = run->batch;

	if (!run->ctx->direct) {
		zswap_comp_drain(batch);
		if (batch->other != batch)
			zswap_comp_drain(batch->other);
	}
	mutex_unlock(&run->ctx->store_lock);
	memalloc_noio_restore(run->noio);
}

/**
 * zswap_comp_load_begin() - start to read pages back
 * @comp: the compressor that wrote them
 *
 * Context: process, may sleep; until zswap_comp_load_end(), allocations are
 * GFP_NOIO at most, and nothing else may be loaded.
 * Return: what is to be handed to the functions below.
 */
struct zswap_comp_ctx *zswap_comp_load_begin(struct zswap_comp *comp)
{
	struct zswap_comp_ctx *ctx = raw_cpu_ptr(comp->ctx);
	unsigned int noio = memalloc_noio_save();

	mutex_lock(&ctx->load_lock);
	ctx->noio = noio;
	return ctx;
}

/**
 * zswap_comp_load_end() - end what zswap_comp_load_begin() began
 * @ctx: what it returned
 */
void zswap_comp_load_end(struct zswap_comp_ctx *ctx)
{
	unsigned int noio = ctx->noio;

	mutex_unlock(&ctx->load_lock);
	memalloc_noio_restore(noio);
}

static int zswap_comp_decompress(struct zswap_comp_ctx *ctx)
{
	return zswap_comp_wait(ctx->req, crypto_acomp_decompress(ctx->req),
			       &ctx->wait);
}

/**
 * zswap_comp_load() - read one page back
 * @ctx: from zswap_comp_load_begin()
 * @src: the compressed bytes
 * @slen: how many
 * @folio: its first page is written
 *
 * Context: process, may sleep.
 * Return: bytes written, or -errno.
 */
int zswap_comp_load(struct zswap_comp_ctx *ctx, struct scatterlist *src,
		    unsigned int slen, struct folio *folio)
{
	int err;

	if (ctx->direct) {
		acomp_request_set_src_sg(ctx->req, src, slen);
		acomp_request_set_dst_dma(ctx->req, folio_address(folio),
					  PAGE_SIZE);
	} else {
		zswap_comp_sg_end(ctx->dst, &ctx->dst_end, 1);
		sg_set_folio(ctx->dst, folio, PAGE_SIZE, 0);
		acomp_request_set_params(ctx->req, src, ctx->dst, slen,
					 PAGE_SIZE);
	}
	if (ctx->size > 1)
		acomp_request_set_units(ctx->req, NULL, 0, NULL);
	err = zswap_comp_decompress(ctx);
	if (ctx->direct)
		flush_dcache_folio(folio);
	return err ?: ctx->req->dlen;
}

/**
 * zswap_comp_load_add() - prepare one of several pages to be read back
 * @ctx: from zswap_comp_load_begin()
 * @unit: which one, from 0 to the compressor's size - 1, in order
 * @slen: how many compressed bytes there are, at most PAGE_SIZE
 * @folio: its first page will be written
 *
 * Only for a compressor whose size is more than 1.
 *
 * Return: where to put the compressed bytes.
 */
void *zswap_comp_load_add(struct zswap_comp_ctx *ctx, unsigned int unit,
			  unsigned int slen, struct folio *folio)
{
	ctx->src[unit].length = slen;
	sg_set_folio(&ctx->dst[unit], folio, PAGE_SIZE, 0);
	return sg_virt(&ctx->src[unit]);
}

/**
 * zswap_comp_load_submit() - start to read several pages back
 * @ctx: from zswap_comp_load_begin()
 * @nr: how many were added, more than 1
 *
 * Context: process, may sleep.
 */
void zswap_comp_load_submit(struct zswap_comp_ctx *ctx, unsigned int nr)
{
	int err;

	zswap_comp_sg_end(ctx->src, &ctx->src_end, nr);
	zswap_comp_sg_end(ctx->dst, &ctx->dst_end, nr);
	acomp_request_set_params(ctx->req, ctx->src, ctx->dst, PAGE_SIZE,
				 nr * PAGE_SIZE);
	acomp_request_set_units(ctx->req, &ctx->units, PAGE_SIZE, ctx->results);
	err = crypto_acomp_decompress(ctx->req);
	ctx->err = crypto_acomp_queued(ctx->req, err) ? -EINPROGRESS : err;
}

/* Read one of several pages back again, by itself */
static noinline int zswap_comp_load_retry(struct zswap_comp_ctx *ctx,
					  unsigned int unit)
{
	struct scatterlist *packed = &ctx->src[unit], *page = &ctx->dst[unit];
	struct scatterlist src, dst;
	int err;

	if (ctx->err == -EINPROGRESS)
		ctx->err = crypto_acomp_wait(ctx->req, &ctx->wait);

	sg_init_one(&src, sg_virt(packed), packed->length);
	sg_init_table(&dst, 1);
	sg_set_page(&dst, sg_page(page), PAGE_SIZE, 0);
	acomp_request_set_params(ctx->req, &src, &dst, packed->length, PAGE_SIZE);
	acomp_request_set_units(ctx->req, NULL, 0, NULL);
	err = zswap_comp_wait(ctx->req, crypto_acomp_decompress(ctx->req), &ctx->wait);
	return err ?: ctx->req->dlen;
}

/**
 * zswap_comp_load_next() - wait for one of several pages
 * @ctx: from zswap_comp_load_begin()
 * @unit: which one; each has to be asked for, in order
 *
 * The page may be used, while others are still being read back.
 *
 * Context: process, may sleep.
 * Return: bytes written, or -errno.
 */
int zswap_comp_load_next(struct zswap_comp_ctx *ctx, unsigned int unit)
{
	if (ctx->err == -EINPROGRESS)
		ctx->err = crypto_acomp_wait_units(ctx->req, unit + 1, &ctx->wait);
	if (unlikely((ctx->err && ctx->err != -EINPROGRESS) ||
		     ctx->results[unit] != PAGE_SIZE))
		return zswap_comp_load_retry(ctx, unit);
	return PAGE_SIZE;
}
