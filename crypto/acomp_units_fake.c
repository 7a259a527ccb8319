// SPDX-License-Identifier: GPL-2.0
/*
 * Algorithms that the tests of acomp's units register.
 *
 * The codec takes what is one byte over and over, and nothing else: the result
 * is a tag, that byte, and how often. All have the name units-fake, and one of
 *	units-fake-sync		done when the call returns
 *	units-fake-async	done in a work item, then calls back
 *	units-fake-backlog	the same, and out of a backlog first
 *	units-fake-poll		takes several units; if it is polled for, finishes
 *				one each time somebody looks
 */
#include <crypto/internal/acomp_units.h>
#include <crypto/internal/acompress.h>
#include <crypto/scatterwalk.h>
#include <linux/bottom_half.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/unaligned.h>
#include <linux/workqueue.h>

#include "acomp_units_fake.h"

#define UNITS_FAKE_TAG		0x46414b45
#define UNITS_FAKE_MAX		SZ_16K

struct units_fake_ctx {
	struct work_struct work;
	struct acomp_req *req;
	bool comp;
	bool backlog;
	unsigned int done;
};

static int units_fake_compress_buf(const u8 *src, unsigned int slen, u8 *dst,
				   unsigned int dlen)
{
	if (src[0] == UNITS_FAKE_POISON)
		return -EIO;
	if (dlen < UNITS_FAKE_PACKED || memchr_inv(src, src[0], slen))
		return -ENOSPC;

	put_unaligned_be32(UNITS_FAKE_TAG, dst);
	put_unaligned_be32(src[0] << 24 | slen, dst + 4);
	return UNITS_FAKE_PACKED;
}

static int units_fake_decompress_buf(const u8 *src, unsigned int slen, u8 *dst,
				     unsigned int dlen)
{
	unsigned int len;

	if (slen != UNITS_FAKE_PACKED || get_unaligned_be32(src) != UNITS_FAKE_TAG)
		return -EINVAL;
	len = get_unaligned_be32(src + 4) & 0xffffff;
	if (len > dlen)
		return -ENOSPC;
	memset(dst, src[4], len);
	return len;
}

static int units_fake_buf(bool comp, const u8 *src, unsigned int slen, u8 *dst,
			  unsigned int dlen)
{
	return comp ? units_fake_compress_buf(src, slen, dst, dlen) :
		      units_fake_decompress_buf(src, slen, dst, dlen);
}

/* A plain request, of any shape */
static int units_fake_plain(struct acomp_req *req, bool comp)
{
	u8 *src = kmalloc(UNITS_FAKE_MAX, GFP_ATOMIC);
	u8 *dst = kmalloc(UNITS_FAKE_MAX, GFP_ATOMIC);
	int ret = -ENOMEM;

	if (!src || !dst || req->slen > UNITS_FAKE_MAX ||
	    req->dlen > UNITS_FAKE_MAX)
		goto out;

	if (acomp_request_src_isvirt(req))
		memcpy(src, req->svirt, req->slen);
	else
		memcpy_from_sglist(src, req->src, 0, req->slen);
	ret = units_fake_buf(comp, src, req->slen, dst, req->dlen);
	if (ret < 0)
		goto out;
	if (acomp_request_dst_isvirt(req))
		memcpy(req->dvirt, dst, ret);
	else
		memcpy_to_sglist(req->dst, 0, dst, ret);
	req->dlen = ret;
	ret = 0;
out:
	kfree(src);
	kfree(dst);
	return ret;
}

static int units_fake_sync_compress(struct acomp_req *req)
{
	return units_fake_plain(req, true);
}

static int units_fake_sync_decompress(struct acomp_req *req)
{
	return units_fake_plain(req, false);
}

static void units_fake_workfn(struct work_struct *work)
{
	struct units_fake_ctx *ctx = container_of(work, struct units_fake_ctx, work);
	struct acomp_req *req = ctx->req;

	local_bh_disable();
	if (ctx->backlog)
		acomp_request_complete(req, -EINPROGRESS);
	acomp_request_complete(req, units_fake_plain(req, ctx->comp));
	local_bh_enable();
}

static int units_fake_queue(struct acomp_req *req, bool comp, bool backlog)
{
	struct units_fake_ctx *ctx = acomp_request_ctx(req);

	ctx->req = req;
	ctx->comp = comp;
	ctx->backlog = backlog;
	INIT_WORK(&ctx->work, units_fake_workfn);
	schedule_work(&ctx->work);
	return backlog ? -EBUSY : -EINPROGRESS;
}

static int units_fake_async_compress(struct acomp_req *req)
{
	return units_fake_queue(req, true, false);
}

static int units_fake_async_decompress(struct acomp_req *req)
{
	return units_fake_queue(req, false, false);
}

static int units_fake_backlog_compress(struct acomp_req *req)
{
	return units_fake_queue(req, true, true);
}

static int units_fake_backlog_decompress(struct acomp_req *req)
{
	return units_fake_queue(req, false, true);
}

/* Do the next unit of those that acomp handed over */
static void units_fake_unit(struct acomp_req *req, struct units_fake_ctx *ctx)
{
	struct acomp_unit unit;
	unsigned int i;

	acomp_unit_first(req, &unit);
	for (i = 0; i < ctx->done; i++)
		acomp_unit_next(req, &unit);
	req->units->results[ctx->done++] =
		units_fake_buf(ctx->comp, unit.src, unit.slen, unit.dst, unit.dlen);
}

static int units_fake_poll(struct acomp_req *req, unsigned int nr, bool wait)
{
	struct units_fake_ctx *ctx = acomp_request_ctx(req);
	unsigned int all = acomp_request_nr_units(req);

	if (!all)
		return units_fake_plain(req, ctx->comp);

	do {
		units_fake_unit(req, ctx);
	} while (wait && ctx->done < min(nr, all));
	return ctx->done < all ? -EINPROGRESS : 0;
}

static int units_fake_poll_start(struct acomp_req *req, bool comp)
{
	struct units_fake_ctx *ctx = acomp_request_ctx(req);
	unsigned int i;

	ctx->comp = comp;
	ctx->done = 0;
	for (i = 0; i < acomp_request_nr_units(req); i++)
		req->units->results[i] = -EINPROGRESS;
	if (acomp_request_polls(req))
		return -EINPROGRESS;
	return units_fake_poll(req, UINT_MAX, true);
}

static int units_fake_poll_compress(struct acomp_req *req)
{
	return units_fake_poll_start(req, true);
}

static int units_fake_poll_decompress(struct acomp_req *req)
{
	return units_fake_poll_start(req, false);
}

#define UNITS_FAKE_BASE(driver, flags)					\
	.base = {							\
		.cra_name		= "units-fake",			\
		.cra_driver_name	= driver,			\
		.cra_flags		= flags,			\
		.cra_reqsize		= sizeof(struct units_fake_ctx), \
		.cra_module		= THIS_MODULE,			\
	}

/* The first is the fallback of the others and so has no request context. */
static struct acomp_alg units_fake_algs[] = {
	{
		.compress	= units_fake_sync_compress,
		.decompress	= units_fake_sync_decompress,
		.base = {
			.cra_name		= "units-fake",
			.cra_driver_name	= "units-fake-sync",
			.cra_priority		= 1,
			.cra_module		= THIS_MODULE,
		},
	}, {
		.compress	= units_fake_async_compress,
		.decompress	= units_fake_async_decompress,
		UNITS_FAKE_BASE("units-fake-async", CRYPTO_ALG_ASYNC),
	}, {
		.compress	= units_fake_backlog_compress,
		.decompress	= units_fake_backlog_decompress,
		UNITS_FAKE_BASE("units-fake-backlog", CRYPTO_ALG_ASYNC),
	}, {
		.compress	= units_fake_poll_compress,
		.decompress	= units_fake_poll_decompress,
		.poll		= units_fake_poll,
		.batch_size	= UNITS_FAKE_BATCH,
		UNITS_FAKE_BASE("units-fake-poll",
				CRYPTO_ALG_ASYNC | CRYPTO_ALG_REQ_VIRT),
	},
};

int acomp_units_fake_register(void)
{
	return crypto_register_acomps(units_fake_algs,
				      ARRAY_SIZE(units_fake_algs));
}

void acomp_units_fake_unregister(void)
{
	crypto_unregister_acomps(units_fake_algs, ARRAY_SIZE(units_fake_algs));
}
