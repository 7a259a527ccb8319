// SPDX-License-Identifier: GPL-2.0
/*
 * An algorithm for tests that takes units as an accelerator with a driver of its
 * own would: requests are queued, a worker on any CPU does the units of each out
 * of order, and a callback in softirq context ends the request. It never polls.
 * The codec is LZO, so that real pages go through it.
 *
 * The parameters let it fail in each way that the interface allows, and count.
 * "inexact" and "unscoped" count requests that break what zswap promises:
 * scatterlists that end where the data does, and no way back into I/O for a driver
 * that allocates.
 */
#include <crypto/internal/acomp_units.h>
#include <crypto/internal/acompress.h>
#include <crypto/scatterwalk.h>
#include <linux/cleanup.h>
#include <linux/delay.h>
#include <linux/lzo.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "acomp_units_mock.h"

/* Bytes of a plain request, at most */
#define UNITS_MOCK_MAX		SZ_16K

struct units_mock units_mock;
EXPORT_SYMBOL_FOR_MODULES(units_mock, "acomp_units_test");

module_param_named(fail_units, units_mock.fail_units, uint, 0644);
MODULE_PARM_DESC(fail_units, "fail every N-th unit of a request of several");

module_param_named(fail_requests, units_mock.fail_requests, uint, 0644);
MODULE_PARM_DESC(fail_requests, "fail every N-th request of several units as a whole");

module_param_named(fail_store, units_mock.fail_store, uint, 0644);
MODULE_PARM_DESC(fail_store, "fail every N-th plain request that compresses");

module_param_named(fail_load, units_mock.fail_load, uint, 0644);
MODULE_PARM_DESC(fail_load, "fail every N-th plain request that decompresses");

module_param_named(depth, units_mock.depth, uint, 0644);
MODULE_PARM_DESC(depth, "requests that are taken at once, without the backlog; 0 for any number");

module_param_named(delay_us, units_mock.delay_us, uint, 0644);
MODULE_PARM_DESC(delay_us, "microseconds that a request takes");

module_param_named(requests, units_mock.requests, uint, 0644);
MODULE_PARM_DESC(requests, "requests of several units");

module_param_named(plain, units_mock.plain, uint, 0644);
MODULE_PARM_DESC(plain, "plain requests");

module_param_named(failed, units_mock.failed, uint, 0644);
MODULE_PARM_DESC(failed, "failures and refusals by the parameters above");

module_param_named(inexact, units_mock.inexact, uint, 0644);
MODULE_PARM_DESC(inexact, "requests whose lists do not end with the data");

module_param_named(unscoped, units_mock.unscoped, uint, 0644);
MODULE_PARM_DESC(unscoped, "requests made outside of memalloc_noio_save()");

/**
 * struct units_mock_ctx - a request
 * @list: in the queue
 * @req: the request
 * @done: ends it
 * @err: its result
 * @comp: true to compress
 * @backlog: there were units_mock.depth requests already
 */
struct units_mock_ctx {
	struct list_head list;
	struct acomp_req *req;
	struct work_struct done;
	int err;
	bool comp;
	bool backlog;
};

static LIST_HEAD(units_mock_queue);
static unsigned int units_mock_queued;
static DEFINE_SPINLOCK(units_mock_lock);	/* the queue and the counters */
static struct workqueue_struct *units_mock_wq;
static struct workqueue_struct *units_mock_bh;

/* Used by the worker only, of which there is one */
static u8 units_mock_work[LZO1X_1_MEM_COMPRESS];
static u8 units_mock_src[UNITS_MOCK_MAX];
static u8 units_mock_dst[UNITS_MOCK_MAX];

static int units_mock_buf(bool comp, const u8 *src, unsigned int slen, u8 *dst,
			  unsigned int dlen)
{
	size_t len = dlen;

	if (!comp) {
		if (lzo1x_decompress_safe(src, slen, dst, &len) != LZO_E_OK)
			return -EINVAL;
		return len;
	}
	if (lzo1x_1_compress_safe(src, slen, dst, &len, units_mock_work) != LZO_E_OK)
		return -ENOSPC;
	return len;
}

/* Whether this is the @every-th by @counter */
static bool units_mock_due(unsigned int every, unsigned int *counter)
{
	guard(spinlock_bh)(&units_mock_lock);
	if (!every || ++*counter % every)
		return false;
	units_mock.failed++;
	return true;
}

static int units_mock_plain(struct acomp_req *req, bool comp)
{
	static unsigned int n;
	int ret;

	if (units_mock_due(comp ? READ_ONCE(units_mock.fail_store) :
				  READ_ONCE(units_mock.fail_load), &n))
		return -EIO;
	if (req->slen > UNITS_MOCK_MAX || req->dlen > UNITS_MOCK_MAX)
		return -EINVAL;

	if (acomp_request_src_isvirt(req))
		memcpy(units_mock_src, req->svirt, req->slen);
	else
		memcpy_from_sglist(units_mock_src, req->src, 0, req->slen);
	ret = units_mock_buf(comp, units_mock_src, req->slen, units_mock_dst,
			     req->dlen);
	if (ret < 0)
		return ret;
	if (acomp_request_dst_isvirt(req))
		memcpy(req->dvirt, units_mock_dst, ret);
	else
		memcpy_to_sglist(req->dst, 0, units_mock_dst, ret);
	req->dlen = ret;
	return 0;
}

/* Odd units first, and each half from its end */
static unsigned int units_mock_order(unsigned int i, unsigned int nr)
{
	unsigned int odd = nr / 2;

	return i < odd ? 2 * (odd - 1 - i) + 1 : 2 * (nr - 1 - i);
}

static int units_mock_units(struct acomp_req *req, bool comp)
{
	static unsigned int n_req, n_unit;
	unsigned int nr = acomp_request_nr_units(req), i, k;

	if (units_mock_due(READ_ONCE(units_mock.fail_requests), &n_req))
		return -EIO;

	for (i = 0; i < nr; i++) {
		unsigned int nth = units_mock_order(i, nr);
		struct acomp_unit unit;

		acomp_unit_first(req, &unit);
		for (k = 0; k < nth; k++)
			acomp_unit_next(req, &unit);
		req->units->results[nth] =
			units_mock_due(READ_ONCE(units_mock.fail_units), &n_unit) ? -EIO :
			units_mock_buf(comp, unit.src, unit.slen, unit.dst, unit.dlen);
	}
	return 0;
}

static void units_mock_done(struct work_struct *work)
{
	struct units_mock_ctx *ctx = container_of(work, struct units_mock_ctx, done);

	acomp_request_complete(ctx->req, ctx->err);
}

static void units_mock_workfn(struct work_struct *work)
{
	struct units_mock_ctx *ctx;
	struct acomp_req *req;

	for (;;) {
		scoped_guard(spinlock_bh, &units_mock_lock) {
			ctx = list_first_entry_or_null(&units_mock_queue,
						       struct units_mock_ctx, list);
			if (!ctx)
				return;
			list_del(&ctx->list);
			units_mock_queued--;
		}
		req = ctx->req;
		if (ctx->backlog) {
			local_bh_disable();
			acomp_request_complete(req, -EINPROGRESS);
			local_bh_enable();
		}
		if (READ_ONCE(units_mock.delay_us))
			fsleep(READ_ONCE(units_mock.delay_us));
		ctx->err = acomp_request_nr_units(req) ?
			   units_mock_units(req, ctx->comp) :
			   units_mock_plain(req, ctx->comp);
		queue_work(units_mock_bh, &ctx->done);
	}
}

static DECLARE_WORK(units_mock_queue_work, units_mock_workfn);

static bool units_mock_list_is(struct scatterlist *sg, unsigned int len)
{
	return sg_nents(sg) == sg_nents_for_len(sg, len);
}

static bool units_mock_exact(struct acomp_req *req, bool comp)
{
	unsigned int nr = acomp_request_nr_units(req);

	if (nr && sg_nents(comp ? req->dst : req->src) != nr)
		return false;
	if (!acomp_request_src_isvirt(req) && (comp || !nr) &&
	    !units_mock_list_is(req->src, req->slen))
		return false;
	return acomp_request_dst_isvirt(req) || (comp && nr) ||
	       units_mock_list_is(req->dst, req->dlen);
}

static int units_mock_start(struct acomp_req *req, bool comp)
{
	struct units_mock_ctx *ctx = acomp_request_ctx(req);
	bool exact = units_mock_exact(req, comp);
	int err = -EINPROGRESS;

	guard(spinlock_bh)(&units_mock_lock);
	if (acomp_request_nr_units(req))
		units_mock.requests++;
	else
		units_mock.plain++;
	if (!exact)
		units_mock.inexact++;
	if (!(current->flags & PF_MEMALLOC_NOIO))
		units_mock.unscoped++;

	ctx->backlog = units_mock.depth && units_mock_queued >= units_mock.depth;
	if (ctx->backlog) {
		err = -EBUSY;
		units_mock.failed++;
		if (!(req->base.flags & CRYPTO_TFM_REQ_MAY_BACKLOG))
			return err;
	}
	ctx->req = req;
	ctx->comp = comp;
	INIT_WORK(&ctx->done, units_mock_done);
	list_add_tail(&ctx->list, &units_mock_queue);
	units_mock_queued++;
	queue_work(units_mock_wq, &units_mock_queue_work);
	return err;
}

static int units_mock_compress(struct acomp_req *req)
{
	return units_mock_start(req, true);
}

static int units_mock_decompress(struct acomp_req *req)
{
	return units_mock_start(req, false);
}

/* acomp wants a fallback that is synchronous; none of the tests uses it. */
static int units_mock_refuse(struct acomp_req *req)
{
	return -EOPNOTSUPP;
}

static struct acomp_alg units_mock_algs[] = {
	{
		.compress	= units_mock_refuse,
		.decompress	= units_mock_refuse,
		.base = {
			.cra_name		= "units-mock",
			.cra_driver_name	= "units-mock-none",
			.cra_priority		= 1,
			.cra_module		= THIS_MODULE,
		},
	}, {
		.compress	= units_mock_compress,
		.decompress	= units_mock_decompress,
		.batch_size	= UNITS_MOCK_BATCH,
		.base = {
			.cra_name		= "units-mock",
			.cra_driver_name	= "units-mock-lzo",
			.cra_priority		= 100,
			.cra_flags		= CRYPTO_ALG_ASYNC | CRYPTO_ALG_REQ_VIRT,
			.cra_reqsize		= sizeof(struct units_mock_ctx),
			.cra_module		= THIS_MODULE,
		},
	},
};

static void units_mock_free(void)
{
	/* The worker queues what ends a request. */
	if (units_mock_wq)
		destroy_workqueue(units_mock_wq);
	if (units_mock_bh)
		destroy_workqueue(units_mock_bh);
}

static int __init units_mock_init(void)
{
	int err = -ENOMEM;

	units_mock_wq = alloc_workqueue("units_mock", WQ_UNBOUND | WQ_MEM_RECLAIM, 1);
	units_mock_bh = alloc_workqueue("units_mock_bh", WQ_BH | WQ_PERCPU, 0);
	if (units_mock_wq && units_mock_bh)
		err = crypto_register_acomps(units_mock_algs,
					     ARRAY_SIZE(units_mock_algs));
	if (err)
		units_mock_free();
	return err;
}

static void __exit units_mock_exit(void)
{
	crypto_unregister_acomps(units_mock_algs, ARRAY_SIZE(units_mock_algs));
	units_mock_free();
}

module_init(units_mock_init);
module_exit(units_mock_exit);

MODULE_ALIAS_CRYPTO("units-mock");
MODULE_DESCRIPTION("Compression in units by a worker, for tests");
MODULE_LICENSE("GPL");
