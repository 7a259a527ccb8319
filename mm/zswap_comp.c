// SPDX-License-Identifier: GPL-2.0
/*
 * zswap's compression: pages in, compressed bytes out, and back.
 *
 * Each CPU has a context for each compressor: requests, and buffers that the
 * requests compress into. An algorithm that takes several pages at once
 * (crypto_acomp_batch_size()) has two requests, which take turns: while the
 * pages of one are being stored, the other one's are being compressed. For all
 * others that is one request of one page, and one buffer.
 *
 * Storing holds a context for a whole folio, so loading has a request of its
 * own: a fault waits for other loads, a batch of them at most, but never for a
 * folio to be stored. A task that migrates goes on using the
 * context that it locked. Loading several pages at once copies what was stored,
 * for zsmalloc's objects may be in two pieces and must not be held for long.
 *
 * For an algorithm that takes 8 pages, 24 pages a CPU are buffers; what its three
 * requests take comes on top.
 *
 * Lock order: zswap_comp_ctx.store_lock or load_lock, then zsmalloc's. Nothing
 * that may swap may be done with either mutex held: allocate with GFP_NOIO.
 */
#define pr_fmt(fmt)	"zswap: " fmt

#include <crypto/acomp_units.h>
#include <linux/cpu.h>
#include <linux/highmem.h>
#include <linux/kmemleak.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include "zswap_comp.h"

/**
 * struct zswap_comp_batch - pages that are compressed by one request
 * @other: the batch that takes turns with this one, or this one
 * @req: the request
 * @wait: for algorithms that call back
 * @err: result of @req, -EINPROGRESS while it is in work
 * @nr: pages in it
 * @dst: where they go, one entry a page
 * @data: the same as addresses
 * @src: where they come from
 * @units: acomp's
 * @results: length or error of each page, if they are several
 */
struct zswap_comp_batch {
	struct zswap_comp_batch *other;
	struct acomp_req *req;
	struct crypto_wait wait;
	int err;
	unsigned int nr;
	struct scatterlist *dst;
	void *data[ZSWAP_MAX_BATCH];
	struct scatterlist src;
	struct acomp_units units;
	int results[ZSWAP_MAX_BATCH];
};

/**
 * struct zswap_comp_ctx - a compressor on one CPU
 * @acomp: the transformation
 * @direct: it is done by the CPU, which goes by addresses, not by pages
 * @store_lock: protects @batch
 * @load_lock: protects the members after it
 * @size: pages that a batch may have
 * @batch: the second one is used if @size is more than 1
 * @req: for loading
 * @wait: likewise
 * @units: acomp's, for loading several pages
 * @results: bytes or error of each of them
 * @dst: the pages that are loaded
 * @src: copies of what was stored, if they are several; a buffer each
 */
struct zswap_comp_ctx {
	struct crypto_acomp *acomp;
	unsigned int size;
	bool direct;

	struct mutex store_lock;	/* held while a folio is stored */
	struct zswap_comp_batch batch[2];

	struct mutex load_lock;		/* held while pages are loaded */
	struct acomp_req *req;
	struct crypto_wait wait;
	struct acomp_units units;
	int results[ZSWAP_MAX_BATCH];
	struct scatterlist *dst;
	struct scatterlist *src;
};

/*
 * Wait by polling where that is offered. A request that may not sleep, in turn,
 * is what keeps other drivers from allocating, as the locks here demand.
 */
static struct acomp_req *zswap_comp_req_alloc(struct crypto_acomp *acomp,
					      struct crypto_wait *wait)
{
	struct acomp_req *req = acomp_request_alloc(acomp);
	u32 flags = CRYPTO_TFM_REQ_MAY_BACKLOG;

	if (!req)
		return NULL;
	if (crypto_acomp_can_poll(acomp))
		flags |= CRYPTO_TFM_REQ_MAY_SLEEP | CRYPTO_ACOMP_REQ_POLL;
	crypto_init_wait(wait);
	acomp_request_set_callback(req, flags, crypto_req_done, wait);
	return req;
}

static void zswap_comp_sg_free(struct scatterlist *sg, unsigned int buffers)
{
	unsigned int i;

	for (i = 0; sg && i < buffers; i++)
		kfree(sg_virt(&sg[i]));
	kfree(sg);
}

/* A list of @size buffers of a page, or, without @buffers, for what comes */
static struct scatterlist *zswap_comp_sg_alloc(unsigned int size, bool buffers,
					       int node)
{
	struct scatterlist *sg;
	unsigned int i;

	sg = kcalloc_node(size, sizeof(*sg), GFP_KERNEL, node);
	if (!sg)
		return NULL;

	sg_init_table(sg, size);
	for (i = 0; buffers && i < size; i++) {
		void *page = kmalloc_node(PAGE_SIZE, GFP_KERNEL, node);

		if (!page) {
			zswap_comp_sg_free(sg, i);
			return NULL;
		}
		/* Only the list knows it, by a page's number. */
		kmemleak_not_leak(page);
		sg_set_buf(&sg[i], page, PAGE_SIZE);
	}
	return sg;
}

static int zswap_comp_batch_init(struct zswap_comp_batch *batch,
				 struct crypto_acomp *acomp, unsigned int size,
				 int node)
{
	unsigned int i;

	sg_init_table(&batch->src, 1);
	batch->req = zswap_comp_req_alloc(acomp, &batch->wait);
	batch->dst = zswap_comp_sg_alloc(size, true, node);
	if (!batch->req || !batch->dst)
		return -ENOMEM;
	for (i = 0; i < size; i++)
		batch->data[i] = sg_virt(&batch->dst[i]);
	return 0;
}

static void zswap_comp_batch_free(struct zswap_comp_batch *batch,
				  unsigned int size)
{
	zswap_comp_sg_free(batch->dst, size);
	acomp_request_free(batch->req);
}

static void zswap_comp_ctx_free(struct zswap_comp_ctx *ctx)
{
	if (!ctx->acomp)
		return;

	zswap_comp_batch_free(&ctx->batch[0], ctx->size);
	zswap_comp_batch_free(&ctx->batch[1], ctx->size);
	zswap_comp_sg_free(ctx->src, ctx->size);
	zswap_comp_sg_free(ctx->dst, 0);
	acomp_request_free(ctx->req);
	crypto_free_acomp(ctx->acomp);
	memset(ctx, 0, sizeof(*ctx));
}

static int zswap_comp_ctx_fill(struct zswap_comp_ctx *ctx, int node)
{
	int err = zswap_comp_batch_init(&ctx->batch[0], ctx->acomp, ctx->size, node);

	ctx->req = zswap_comp_req_alloc(ctx->acomp, &ctx->wait);
	ctx->dst = zswap_comp_sg_alloc(ctx->size, false, node);
	if (err || !ctx->req || !ctx->dst)
		return -ENOMEM;
	if (ctx->size == 1)
		return 0;

	ctx->src = zswap_comp_sg_alloc(ctx->size, true, node);
	if (!ctx->src)
		return -ENOMEM;
	return zswap_comp_batch_init(&ctx->batch[1], ctx->acomp, ctx->size, node);
}

static int zswap_comp_ctx_init(struct zswap_comp_ctx *ctx, const char *driver,
			       int node)
{
	struct crypto_acomp *acomp;
	int err;

	acomp = crypto_alloc_acomp_node(driver, 0, 0, node);
	if (IS_ERR(acomp)) {
		pr_err("could not alloc crypto acomp %s : %pe\n", driver, acomp);
		return PTR_ERR(acomp);
	}

	ctx->acomp = acomp;
	ctx->size = min(crypto_acomp_batch_size(acomp), ZSWAP_MAX_BATCH);
	ctx->direct = !IS_ENABLED(CONFIG_HIGHMEM) && ctx->size == 1 &&
		      !acomp_is_async(acomp);
	mutex_init(&ctx->store_lock);
	mutex_init(&ctx->load_lock);
	ctx->batch[0].other = &ctx->batch[ctx->size > 1];
	ctx->batch[1].other = &ctx->batch[0];

	err = zswap_comp_ctx_fill(ctx, node);
	if (err) {
		pr_err("could not set up compressor %s: %pe\n", driver, ERR_PTR(err));
		zswap_comp_ctx_free(ctx);
	}
	return err;
}

/*
 * A context stays when its CPU goes: it may be in use, and the CPU come back.
 * All of a compressor's contexts are alike, whatever is registered under its
 * name by the time another CPU comes: the first one decides on driver and size.
 */
static int zswap_comp_cpu_prepare(unsigned int cpu, struct hlist_node *node)
{
	struct zswap_comp *comp = hlist_entry(node, struct zswap_comp, node);
	struct zswap_comp_ctx *ctx = per_cpu_ptr(comp->ctx, cpu);
	int err;

	if (ctx->acomp)
		return 0;

	err = zswap_comp_ctx_init(ctx, comp->driver, cpu_to_node(cpu));
	if (err || comp->size)
		return err;

	strscpy(comp->driver,
		crypto_tfm_alg_driver_name(crypto_acomp_tfm(ctx->acomp)));
	comp->size = ctx->size;
	return 0;
}

/**
 * zswap_comp_setup() - make compressors possible
 *
 * Return: 0 or -errno.
 */
int zswap_comp_setup(void)
{
	return cpuhp_setup_state_multi(CPUHP_MM_ZSWP_POOL_PREPARE,
				       "mm/zswap_pool:prepare",
				       zswap_comp_cpu_prepare, NULL);
}

/**
 * zswap_comp_teardown() - undo zswap_comp_setup()
 */
void zswap_comp_teardown(void)
{
	cpuhp_remove_multi_state(CPUHP_MM_ZSWP_POOL_PREPARE);
}

static void zswap_comp_free(struct zswap_comp *comp)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		zswap_comp_ctx_free(per_cpu_ptr(comp->ctx, cpu));
	free_percpu(comp->ctx);
}

/**
 * zswap_comp_create() - set up a compressor
 * @comp: filled in
 * @name: of an algorithm that acomp has
 *
 * Context: process, sleeps, allocates with GFP_KERNEL.
 * Return: 0, or -errno and there is nothing to be destroyed.
 */
int zswap_comp_create(struct zswap_comp *comp, const char *name)
{
	int err;

	strscpy(comp->name, name);
	strscpy(comp->driver, name);
	comp->size = 0;
	comp->ctx = alloc_percpu_gfp(*comp->ctx, GFP_KERNEL | __GFP_ZERO);
	if (!comp->ctx)
		return -ENOMEM;

	/* CPUs that come online are waited for, or come after this. */
	err = cpuhp_state_add_instance(CPUHP_MM_ZSWP_POOL_PREPARE, &comp->node);
	if (err)
		zswap_comp_free(comp);
	return err;
}

/**
 * zswap_comp_destroy() - undo zswap_comp_create()
 * @comp: is not in use any more
 */
void zswap_comp_destroy(struct zswap_comp *comp)
{
	cpuhp_state_remove_instance(CPUHP_MM_ZSWP_POOL_PREPARE, &comp->node);
	zswap_comp_free(comp);
}

/* Start on the pages that come next, if there are any */
static void zswap_comp_submit(struct zswap_comp_run *run,
			      struct zswap_comp_batch *batch)
{
	struct page *page = folio_page(run->folio, run->ahead);
	unsigned int nr = min(run->ctx->size, run->left);

	batch->nr = nr;
	if (!nr)
		return;

	if (run->ctx->direct) {
		acomp_request_set_src_dma(batch->req, page_address(page),
					  PAGE_SIZE);
		acomp_request_set_dst_dma(batch->req, batch->data[0], PAGE_SIZE);
	} else {
		sg_set_page(&batch->src, page, nr * PAGE_SIZE, 0);
		acomp_request_set_params(batch->req, &batch->src, batch->dst,
					 nr * PAGE_SIZE, PAGE_SIZE);
	}
	if (run->ctx->size > 1)
		acomp_request_set_units(batch->req, nr > 1 ? &batch->units : NULL,
					PAGE_SIZE, batch->results);
	batch->err = crypto_acomp_compress(batch->req);
	run->ahead += nr;
	run->left -= nr;
}

/**
 * zswap_comp_begin() - start to compress the pages of a folio
 * @comp: the compressor
 * @folio: locked; it must not change until zswap_comp_end()
 * @run: what is to be handed to the functions below
 *
 * Context: process, may sleep; until zswap_comp_end(), nothing that enters
 * reclaim or uses a compressor may be done.
 */
void zswap_comp_begin(struct zswap_comp *comp, struct folio *folio,
		      struct zswap_comp_run *run)
{
	struct zswap_comp_ctx *ctx = raw_cpu_ptr(comp->ctx);

	mutex_lock(&ctx->store_lock);
	run->ctx = ctx;
	run->folio = folio;
	run->ahead = 0;
	run->left = folio_nr_pages(folio);
	run->batch = ctx->batch;
	run->unit = 0;

	zswap_comp_submit(run, run->batch);
	if (run->batch->other != run->batch)
		zswap_comp_submit(run, run->batch->other);
}

/**
 * zswap_comp_next() - take the next page's compressed bytes
 * @run: set by zswap_comp_begin()
 * @data: set to where they are, until the next call
 *
 * Pages come in their order in the folio; there must be one left.
 *
 * Context: process, may sleep.
 * Return: how many bytes, 1 to PAGE_SIZE; or -errno for this page, -ENOSPC if
 * it takes more than PAGE_SIZE, -EINVAL if it takes none.
 */
int zswap_comp_next(struct zswap_comp_run *run, void **data)
{
	struct zswap_comp_batch *batch = run->batch;
	unsigned int unit = run->unit;
	int ret;

	if (unit == batch->nr) {
		zswap_comp_submit(run, batch);
		batch = batch->other;
		run->batch = batch;
		unit = 0;
	}
	run->unit = unit + 1;

	if (batch->err == -EINPROGRESS || batch->err == -EBUSY)
		batch->err = crypto_acomp_wait_units(batch->req, unit + 1,
						     &batch->wait);
	ret = batch->err;
	if (batch->nr == 1)
		ret = ret ?: batch->req->dlen;
	else if (!ret || ret == -EINPROGRESS)
		ret = batch->results[unit];

	*data = batch->data[unit];
	return ret ?: -EINVAL;
}

static void zswap_comp_drain(struct zswap_comp_batch *batch)
{
	if (batch->nr && (batch->err == -EINPROGRESS || batch->err == -EBUSY))
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
}

/**
 * zswap_comp_load_begin() - start to read pages back
 * @comp: the compressor that wrote them
 *
 * Context: process, may sleep; until zswap_comp_load_end(), nothing that enters
 * reclaim or uses a compressor may be done.
 * Return: what is to be handed to the functions below.
 */
struct zswap_comp_ctx *zswap_comp_load_begin(struct zswap_comp *comp)
{
	struct zswap_comp_ctx *ctx = raw_cpu_ptr(comp->ctx);

	mutex_lock(&ctx->load_lock);
	return ctx;
}

/**
 * zswap_comp_load_end() - end what zswap_comp_load_begin() began
 * @ctx: what it returned
 */
void zswap_comp_load_end(struct zswap_comp_ctx *ctx)
{
	mutex_unlock(&ctx->load_lock);
}

static int zswap_comp_decompress(struct zswap_comp_ctx *ctx)
{
	int err = crypto_acomp_decompress(ctx->req);

	if (err == -EINPROGRESS || err == -EBUSY)
		err = crypto_acomp_wait(ctx->req, &ctx->wait);
	return err;
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
 * zswap_comp_load_added() - read several pages back
 * @ctx: from zswap_comp_load_begin()
 * @nr: how many were added
 *
 * Context: process, may sleep.
 * Return: for each of them the bytes written, or -errno.
 */
const int *zswap_comp_load_added(struct zswap_comp_ctx *ctx, unsigned int nr)
{
	unsigned int i;
	int err;

	acomp_request_set_params(ctx->req, ctx->src, ctx->dst, PAGE_SIZE,
				 nr * PAGE_SIZE);
	acomp_request_set_units(ctx->req, &ctx->units, PAGE_SIZE, ctx->results);
	err = zswap_comp_decompress(ctx);
	for (i = 0; err && i < nr; i++)
		ctx->results[i] = err;
	return ctx->results;
}
