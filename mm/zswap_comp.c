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
 * Storing holds a context for many pages, so loading has a request of its own: a
 * fault waits for other loads, a batch of them at most, but never for a folio to
 * be stored. A task that migrates goes on using the context that it locked.
 * Loading several pages at once copies what was stored, for zsmalloc's objects
 * may be in two pieces and must not be held for long.
 *
 * This file sets contexts up; zswap_comp_run.c uses them.
 *
 * For an algorithm that takes 8 pages, 24 pages a CPU are buffers; what its three
 * requests take comes on top.
 *
 * Lock order: zswap_comp_ctx.store_lock or load_lock, then zsmalloc's. Nothing
 * that may swap may be done with either mutex held, so a task takes them in a scope
 * of memalloc_noio_save(), for drivers that allocate, too.
 */
#define pr_fmt(fmt)	"zswap: " fmt

#include <crypto/acomp_units.h>
#include <linux/cpu.h>
#include <linux/kmemleak.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include "zswap_comp.h"
#include "zswap_comp_ctx.h"

/* Wait by polling where that is offered. */
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
		/* A device may read what is in it. */
		void *page = kzalloc_node(PAGE_SIZE, GFP_KERNEL, node);

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

	batch->req = zswap_comp_req_alloc(acomp, &batch->wait);
	batch->units.lasting = true;
	batch->src = zswap_comp_sg_alloc(size, false, node);
	batch->src_end = size;
	batch->dst = zswap_comp_sg_alloc(size, true, node);
	batch->dst_end = size;
	if (!batch->req || !batch->src || !batch->dst)
		return -ENOMEM;
	for (i = 0; i < size; i++)
		batch->data[i] = sg_virt(&batch->dst[i]);
	return 0;
}

static void zswap_comp_batch_free(struct zswap_comp_batch *batch,
				  unsigned int size)
{
	zswap_comp_sg_free(batch->dst, size);
	zswap_comp_sg_free(batch->src, 0);
}

static void zswap_comp_ctx_free(struct zswap_comp_ctx *ctx)
{
	if (!ctx->acomp)
		return;

	acomp_request_free(ctx->batch[0].req);
	acomp_request_free(ctx->batch[1].req);
	acomp_request_free(ctx->req);
	crypto_free_acomp(ctx->acomp);
	/* Only now: they are lasting. */
	zswap_comp_batch_free(&ctx->batch[0], ctx->size);
	zswap_comp_batch_free(&ctx->batch[1], ctx->size);
	zswap_comp_sg_free(ctx->src, ctx->size);
	zswap_comp_sg_free(ctx->dst, 0);
	memset(ctx, 0, sizeof(*ctx));
}

static int zswap_comp_ctx_fill(struct zswap_comp_ctx *ctx, int node)
{
	int err = zswap_comp_batch_init(&ctx->batch[0], ctx->acomp, ctx->size, node);

	ctx->req = zswap_comp_req_alloc(ctx->acomp, &ctx->wait);
	ctx->units.lasting = true;
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
	ctx->turn = ctx->size > 1 ? 4 * ctx->size : ZSWAP_MAX_BATCH;
	ctx->src_end = ctx->size;
	ctx->dst_end = ctx->size;
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
