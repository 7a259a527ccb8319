// SPDX-License-Identifier: GPL-2.0
/*
 * The crypto algorithms deflate-iaa and deflate-iaa-dynamic.
 *
 * A request of acomp is one or several units, and each unit a request of the
 * core. The core works from process context and on contiguous buffers, so
 *  - a request that may not sleep is done by a workqueue;
 *  - a scatterlist of several entries goes through a bounce buffer. Each
 *    request carries one of a page, so that a compressed page that zsmalloc
 *    stored in two pieces can be read without an allocation.
 *
 * Units with several pieces never get here: acomp takes them in turn.
 */
#define pr_fmt(fmt)	KBUILD_MODNAME ": " fmt

#include <crypto/internal/acomp_units.h>
#include <crypto/internal/acompress.h>
#include <crypto/scatterwalk.h>
#include <linux/bottom_half.h>
#include <linux/highmem.h>
#include <linux/iaa_comp.h>
#include <linux/iaa_comp_dma.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "iaa.h"
#include "iaa_acomp.h"

/*
 * Units in a request. Twice that are in flight when two requests take turns,
 * which is what four devices need to be busy.
 */
#define IAA_ACOMP_BATCH		8

/* Buffers that a transformation keeps mapped at most: what zswap has is 24 */
#define IAA_ACOMP_MAX_BUFS	64

/**
 * struct iaa_acomp_buf - a buffer that its user says is lasting
 * @node: in the transformation's list
 * @buf: the buffer
 */
struct iaa_acomp_buf {
	struct list_head node;
	struct iaa_comp_buf buf;
};

/**
 * struct iaa_acomp_tfm - what a transformation has
 * @mode: how it encodes
 * @lock: protects the members below
 * @bufs: buffers that are mapped as long as the transformation is there
 * @nr_bufs: how many
 */
struct iaa_acomp_tfm {
	enum iaa_comp_mode mode;
	spinlock_t lock;	/* protects the members below */
	struct list_head bufs;
	unsigned int nr_bufs;
};

/**
 * struct iaa_acomp_ctx - what a request has
 * @work: does a request that may not sleep
 * @req: that request
 * @comp: compress, not decompress
 * @nr: units of the request, 1 if it is a plain one
 * @done: units retired, the first ones
 * @src_bounce: linear copy of a plain request's source, or NULL
 * @dst_bounce: where a plain request's output is put first, or NULL
 * @mapped: @batch and the buffers of @unit are in use
 * @batch: what is compressed
 * @buf: what each unit was last compressed to, or decompressed from, if it is lasting
 * @unit: the core's requests
 * @page: the one bounce buffer that is always there
 */
struct iaa_acomp_ctx {
	struct work_struct work;
	struct acomp_req *req;
	bool comp;
	unsigned int nr;
	unsigned int done;
	void *src_bounce;
	void *dst_bounce;
	bool mapped;
	struct iaa_comp_batch batch;
	struct iaa_comp_buf *buf[IAA_ACOMP_BATCH];
	struct iaa_comp_req unit[IAA_ACOMP_BATCH];
	u8 page[PAGE_SIZE];
};

static struct workqueue_struct *iaa_acomp_wq;

/* The first @len bytes of the list, or NULL if they are several pieces */
static void *iaa_acomp_linear(struct scatterlist *sg, unsigned int len)
{
	if (sg->length < len || PageHighMem(sg_page(sg)))
		return NULL;
	return sg_virt(sg);
}

/*
 * One request has one page; who comes second, or wants more, has to allocate.
 * GFP_NOIO, since the request may be what writes out memory.
 */
static void *iaa_acomp_bounce(struct iaa_acomp_ctx *ctx, unsigned int len)
{
	if (len <= sizeof(ctx->page) && ctx->src_bounce != ctx->page)
		return ctx->page;
	return kvmalloc(len, GFP_NOIO | __GFP_NOWARN);
}

static void iaa_acomp_unbounce(struct iaa_acomp_ctx *ctx)
{
	if (ctx->src_bounce != ctx->page)
		kvfree(ctx->src_bounce);
	if (ctx->dst_bounce != ctx->page)
		kvfree(ctx->dst_bounce);
	ctx->src_bounce = NULL;
	ctx->dst_bounce = NULL;
}

static int iaa_acomp_map_src(struct acomp_req *req, struct iaa_acomp_ctx *ctx,
			     struct iaa_comp_req *unit)
{
	unit->slen = req->slen;
	unit->src = acomp_request_src_isvirt(req) ? req->svirt :
		    iaa_acomp_linear(req->src, req->slen);
	if (unit->src)
		return 0;

	if (sg_nents_for_len(req->src, req->slen) < 0)
		return -EINVAL;
	ctx->src_bounce = iaa_acomp_bounce(ctx, req->slen);
	if (!ctx->src_bounce)
		return -ENOMEM;
	memcpy_from_sglist(ctx->src_bounce, req->src, 0, req->slen);
	unit->src = ctx->src_bounce;
	return 0;
}

static int iaa_acomp_map_dst(struct acomp_req *req, struct iaa_acomp_ctx *ctx,
			     struct iaa_comp_req *unit)
{
	unit->dlen = req->dlen;
	unit->dst = acomp_request_dst_isvirt(req) ? req->dvirt :
		    iaa_acomp_linear(req->dst, req->dlen);
	if (unit->dst)
		return 0;

	if (sg_nents_for_len(req->dst, req->dlen) < 0)
		return -EINVAL;
	ctx->dst_bounce = iaa_acomp_bounce(ctx, req->dlen);
	if (!ctx->dst_bounce)
		return -ENOMEM;
	unit->dst = ctx->dst_bounce;
	return 0;
}

/* A plain request becomes one unit */
static int iaa_acomp_map_plain(struct acomp_req *req, struct iaa_acomp_ctx *ctx)
{
	int ret;

	if (!req->src || !req->dst || !req->slen || !req->dlen)
		return -EINVAL;

	ctx->nr = 1;
	ret = iaa_acomp_map_src(req, ctx, &ctx->unit[0]);
	if (!ret)
		ret = iaa_acomp_map_dst(req, ctx, &ctx->unit[0]);
	if (ret)
		iaa_acomp_unbounce(ctx);
	return ret;
}

/* Find a lasting buffer, or begin to know it */
static noinline struct iaa_comp_buf *iaa_acomp_buf_get(struct iaa_acomp_tfm *tfm,
						       void *addr)
{
	struct iaa_acomp_buf *buf;

	guard(spinlock)(&tfm->lock);
	list_for_each_entry(buf, &tfm->bufs, node)
		if (buf->buf.addr == addr)
			return &buf->buf;

	if (tfm->nr_bufs == IAA_ACOMP_MAX_BUFS)
		return NULL;
	buf = kzalloc_obj(*buf, GFP_NOWAIT | __GFP_NOMEMALLOC | __GFP_NOWARN);
	if (!buf)
		return NULL;
	buf->buf.addr = addr;
	list_add(&buf->node, &tfm->bufs);
	tfm->nr_bufs++;
	return &buf->buf;
}

/*
 * Behind an IOMMU: what is compressed is mapped together, and lasting buffers stay so.
 * Pages that are decompressed to are not mapped together: a user may take one that is
 * done while the request is still in work, and no device should write to it then.
 */
static noinline void iaa_acomp_map_together(struct acomp_req *req,
					    struct iaa_acomp_ctx *ctx)
{
	struct iaa_acomp_tfm *tfm = acomp_tfm_ctx(crypto_acomp_reqtfm(req));
	unsigned int i;

	ctx->mapped = true;
	for (i = 0; i < ctx->nr; i++) {
		struct iaa_comp_req *unit = &ctx->unit[i];
		void *packed = ctx->comp ? unit->dst : (void *)unit->src;

		if (ctx->comp && unit->slen == PAGE_SIZE) {
			iaa_comp_batch_add(&ctx->batch, &unit->src, 1);
			unit->batch = &ctx->batch;
		}
		if (!req->units->lasting)
			continue;
		if (!ctx->buf[i] || ctx->buf[i]->addr != packed)
			ctx->buf[i] = iaa_acomp_buf_get(tfm, packed);
		unit->buf = ctx->buf[i];
	}
}

static noinline void iaa_acomp_unmap(struct iaa_acomp_ctx *ctx)
{
	unsigned int i;

	iaa_comp_batch_end(&ctx->batch);
	for (i = 0; i < ctx->nr; i++) {
		ctx->unit[i].batch = NULL;
		ctx->unit[i].buf = NULL;
	}
	ctx->mapped = false;
}

static void iaa_acomp_map_units(struct acomp_req *req, struct iaa_acomp_ctx *ctx)
{
	struct acomp_unit unit;
	unsigned int i;

	ctx->nr = acomp_request_nr_units(req);
	for (i = 0; i < ctx->nr; i++) {
		if (i)
			acomp_unit_next(req, &unit);
		else
			acomp_unit_first(req, &unit);
		ctx->unit[i].src = unit.src;
		ctx->unit[i].slen = unit.slen;
		ctx->unit[i].dst = unit.dst;
		ctx->unit[i].dlen = unit.dlen;
		req->units->results[i] = -EINPROGRESS;
	}
	if (unlikely(iaa_comp_translated()))
		iaa_acomp_map_together(req, ctx);
}

/* Order of submission: what takes longest, the longest stream, comes first */
static void iaa_acomp_order(const struct iaa_acomp_ctx *ctx, u8 *order)
{
	unsigned int i, j;

	for (i = 0; i < ctx->nr; i++) {
		for (j = i; j && !ctx->comp &&
		     ctx->unit[order[j - 1]].slen < ctx->unit[i].slen; j--)
			order[j] = order[j - 1];
		order[j] = i;
	}
}

/*
 * Nobody says how long the result of a decompression has to be. zswap, whose data
 * this is made for, asks for a page and stored a page, so what is shorter is worth a
 * second look by software. Its result stands if it is short as well.
 */
static unsigned int iaa_acomp_flags(const struct iaa_acomp_ctx *ctx,
				    const struct iaa_comp_req *unit)
{
	return !ctx->comp && unit->dlen == PAGE_SIZE ? IAA_COMP_REQ_WHOLE : 0;
}

/*
 * Submit all units. When the queues are full, wait for one of our own; with
 * none in flight others fill the queues, and the core finds a way.
 */
static void iaa_acomp_submit(struct acomp_req *req, struct iaa_acomp_ctx *ctx)
{
	const struct iaa_acomp_tfm *tfm = acomp_tfm_ctx(crypto_acomp_reqtfm(req));
	unsigned int oldest = 0, i;
	u8 order[IAA_ACOMP_BATCH];
	int ret;

	iaa_acomp_order(ctx, order);
	for (i = 0; i < ctx->nr; i++) {
		struct iaa_comp_req *unit = &ctx->unit[order[i]];

		unit->flags = iaa_acomp_flags(ctx, unit);
		if (i)
			unit->flags |= IAA_COMP_REQ_NOWAIT;
		for (;;) {
			ret = ctx->comp ?
			      iaa_comp_submit_compress(tfm->mode, unit) :
			      iaa_comp_submit_decompress(unit);
			if (ret != -EAGAIN)
				break;
			if (oldest < i)
				iaa_comp_wait(&ctx->unit[order[oldest++]]);
			else
				unit->flags &= ~IAA_COMP_REQ_NOWAIT;
		}
	}
	ctx->done = 0;

	if (ctx->nr > 1) {
		iaa_stat_inc(IAA_STAT_BATCHES);
		iaa_stat_add(IAA_STAT_BATCH_UNITS, ctx->nr);
	}
}

/* As deflate-generic does it, a stream that is none is invalid input. */
static int iaa_acomp_result(int ret)
{
	return ret == -EBADMSG ? -EINVAL : ret;
}

/* All units are retired: the result of the request */
static int iaa_acomp_finish(struct acomp_req *req, struct iaa_acomp_ctx *ctx)
{
	int ret;

	if (unlikely(ctx->mapped))
		iaa_acomp_unmap(ctx);
	if (acomp_request_nr_units(req))
		return 0;

	ret = iaa_acomp_result(ctx->unit[0].result);
	if (ret >= 0) {
		req->dlen = ret;
		if (ctx->dst_bounce)
			memcpy_to_sglist(req->dst, 0, ctx->dst_bounce, ret);
	}
	iaa_acomp_unbounce(ctx);
	return min(ret, 0);
}

static int iaa_acomp_poll(struct acomp_req *req, unsigned int nr, bool wait)
{
	struct iaa_acomp_ctx *ctx = acomp_request_ctx(req);

	while (ctx->done < min(nr, ctx->nr)) {
		struct iaa_comp_req *unit = &ctx->unit[ctx->done];
		int ret = wait ? iaa_comp_wait(unit) : iaa_comp_poll(unit);

		if (ret == -EINPROGRESS)
			return ret;
		if (acomp_request_nr_units(req))
			req->units->results[ctx->done] = iaa_acomp_result(ret);
		ctx->done++;
	}
	return ctx->done < ctx->nr ? -EINPROGRESS : iaa_acomp_finish(req, ctx);
}

static int iaa_acomp_run(struct acomp_req *req, struct iaa_acomp_ctx *ctx)
{
	int ret = 0;

	if (acomp_request_nr_units(req))
		iaa_acomp_map_units(req, ctx);
	else
		ret = iaa_acomp_map_plain(req, ctx);
	if (ret)
		return ret;

	iaa_acomp_submit(req, ctx);
	return iaa_acomp_poll(req, UINT_MAX, !acomp_request_polls(req));
}

static void iaa_acomp_workfn(struct work_struct *work)
{
	struct iaa_acomp_ctx *ctx = container_of(work, struct iaa_acomp_ctx, work);
	struct acomp_req *req = ctx->req;
	int ret = iaa_acomp_run(req, ctx);

	/* Callbacks may count on what a softirq gives them. */
	local_bh_disable();
	acomp_request_complete(req, ret);
	local_bh_enable();
}

static int iaa_acomp_start(struct acomp_req *req, bool comp)
{
	struct iaa_acomp_ctx *ctx = acomp_request_ctx(req);

	ctx->comp = comp;
	if (req->base.flags & CRYPTO_TFM_REQ_MAY_SLEEP)
		return iaa_acomp_run(req, ctx);

	ctx->req = req;
	INIT_WORK(&ctx->work, iaa_acomp_workfn);
	queue_work(iaa_acomp_wq, &ctx->work);
	return -EINPROGRESS;
}

static int iaa_acomp_compress(struct acomp_req *req)
{
	return iaa_acomp_start(req, true);
}

static int iaa_acomp_decompress(struct acomp_req *req)
{
	return iaa_acomp_start(req, false);
}

static int iaa_acomp_init_tfm(struct crypto_acomp *acomp,
			      enum iaa_comp_mode mode)
{
	struct iaa_acomp_tfm *tfm = acomp_tfm_ctx(acomp);

	tfm->mode = mode;
	spin_lock_init(&tfm->lock);
	INIT_LIST_HEAD(&tfm->bufs);
	return iaa_comp_get();
}

static int iaa_acomp_init_fixed(struct crypto_acomp *acomp)
{
	return iaa_acomp_init_tfm(acomp, IAA_COMP_FIXED);
}

static int iaa_acomp_init_dynamic(struct crypto_acomp *acomp)
{
	return iaa_acomp_init_tfm(acomp, IAA_COMP_DYNAMIC);
}

static void iaa_acomp_exit(struct crypto_acomp *acomp)
{
	struct iaa_acomp_tfm *tfm = acomp_tfm_ctx(acomp);
	struct iaa_acomp_buf *buf, *next;

	list_for_each_entry_safe(buf, next, &tfm->bufs, node) {
		iaa_comp_buf_unmap(&buf->buf);
		kfree(buf);
	}
	iaa_comp_put();
}

/*
 * Without a priority: deflate-generic comes first, and who wants an
 * accelerator that may be far away names it. Its name is deflate all the same,
 * since that is how acomp finds the fallback that asynchronous algorithms have.
 */
#define IAA_ACOMP_ALG(driver_name, init_tfm) {				\
	.compress		= iaa_acomp_compress,			\
	.decompress		= iaa_acomp_decompress,			\
	.poll			= iaa_acomp_poll,			\
	.batch_size		= IAA_ACOMP_BATCH,			\
	.init			= init_tfm,				\
	.exit			= iaa_acomp_exit,			\
	.base = {							\
		.cra_name		= "deflate",			\
		.cra_driver_name	= driver_name,			\
		.cra_flags		= CRYPTO_ALG_ASYNC |		\
					  CRYPTO_ALG_REQ_VIRT,		\
		.cra_ctxsize		= sizeof(struct iaa_acomp_tfm),	\
		.cra_reqsize		= sizeof(struct iaa_acomp_ctx),	\
		.cra_module		= THIS_MODULE,			\
	},								\
}

static struct acomp_alg iaa_acomp_algs[] = {
	IAA_ACOMP_ALG("deflate-iaa", iaa_acomp_init_fixed),
	IAA_ACOMP_ALG("deflate-iaa-dynamic", iaa_acomp_init_dynamic),
};

/**
 * iaa_acomp_register() - offer the algorithms
 *
 * They stay for as long as iaa_comp is loaded, whether or not there is a
 * device.
 *
 * Context: process, sleeps.
 * Return: 0, or -errno and nothing was registered.
 */
int iaa_acomp_register(void)
{
	int ret;

	iaa_acomp_wq = alloc_workqueue("iaa_acomp",
				       WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	if (!iaa_acomp_wq)
		return -ENOMEM;

	ret = crypto_register_acomps(iaa_acomp_algs, ARRAY_SIZE(iaa_acomp_algs));
	if (ret)
		destroy_workqueue(iaa_acomp_wq);
	return ret;
}

/**
 * iaa_acomp_unregister() - withdraw the algorithms
 *
 * Each of their users holds the module, so there are none.
 *
 * Context: process, sleeps.
 */
void iaa_acomp_unregister(void)
{
	crypto_unregister_acomps(iaa_acomp_algs, ARRAY_SIZE(iaa_acomp_algs));
	destroy_workqueue(iaa_acomp_wq);
}

MODULE_ALIAS_CRYPTO("deflate-iaa");
MODULE_ALIAS_CRYPTO("deflate-iaa-dynamic");
/* Otherwise "deflate" would be ours while deflate-generic is not loaded. */
MODULE_SOFTDEP("pre: crypto-deflate-generic");
