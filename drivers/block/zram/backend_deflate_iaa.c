// SPDX-License-Identifier: GPL-2.0
/*
 * Deflate on the Intel Analytics Accelerator, and in software where there is
 * none: the core behind iaa_comp.h decides page by page, so what one of the
 * two wrote the other reads, and a device may keep its data while queues come
 * and go.
 */

#define pr_fmt(fmt) "deflate-iaa: " fmt

#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/iaa_comp.h>
#include <linux/iaa_comp_dma.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/slab.h>

#include "backend_deflate_iaa.h"
#include "zcomp_batch.h"

/* zram forgets the algorithm and its parameters when this fails */
#define IAA_PARAMS_ADVICE	"write comp_algorithm again, and algorithm_params"

static int iaa_setup_params(struct zcomp_params *params)
{
	if (params->dict_sz) {
		pr_err("dict= is refused, devices have no dictionaries; "
		       IAA_PARAMS_ADVICE " without it\n");
		return -EOPNOTSUPP;
	}
	if (params->deflate.winbits != ZCOMP_PARAM_NOT_SET) {
		pr_err("deflate.winbits= is refused, the window is the device's 4 KiB; "
		       IAA_PARAMS_ADVICE " without it\n");
		return -EOPNOTSUPP;
	}
	if (params->level == ZCOMP_PARAM_NOT_SET)
		params->level = IAA_COMP_LEVEL_DEFAULT;
	if (params->level < IAA_COMP_LEVEL_MIN || params->level > IAA_COMP_LEVEL_MAX) {
		pr_err("level=%d is refused; " IAA_PARAMS_ADVICE
		       " with a level of %d (fastest) to %d (smallest)\n",
		       params->level, IAA_COMP_LEVEL_MIN, IAA_COMP_LEVEL_MAX);
		return -EINVAL;
	}
	return 0;
}

static void iaa_release_params(struct zcomp_params *params)
{
}

/*
 * A context has nothing of its own. It stands for a reference to the core,
 * whose software workspaces have to be there before the first page.
 */
static int iaa_create(struct zcomp_params *params, struct zcomp_ctx *ctx)
{
	int ret = iaa_comp_get();

	if (ret)
		return ret;
	ctx->context = ctx;
	return 0;
}

static void iaa_destroy(struct zcomp_ctx *ctx)
{
	if (!ctx->context)
		return;
	iaa_comp_put();
	ctx->context = NULL;
}

/*
 * Room for what zram would keep, and no more: a device need not write a longer
 * form. It may guess that the form will be longer where its guess, 7/8, is not
 * much less than the room.
 */
static void iaa_prepare_compress(const struct zcomp_params *params,
				 struct iaa_comp_req *req, const void *src,
				 unsigned int slen, void *dst)
{
	req->src = src;
	req->slen = slen;
	req->dst = dst;
	req->dlen = min(params->max_len ?: slen, slen);
	req->flags = IAA_COMP_REQ_LEVEL(params->level);
	if (req->dlen * 10 < slen * 9)
		req->flags |= IAA_COMP_REQ_GUESS;
}

static int iaa_compress(const struct zcomp_params *params,
			enum iaa_comp_mode mode, struct zcomp_req *zreq)
{
	struct iaa_comp_req req = {};
	int ret;

	iaa_prepare_compress(params, &req, zreq->src, zreq->src_len, zreq->dst);
	ret = iaa_comp_compress(mode, &req);
	if (ret == -ENOSPC)
		ret = zreq->src_len;
	if (ret < 0)
		return ret;
	zreq->dst_len = ret;
	return 0;
}

static int iaa_compress_fixed(struct zcomp_params *params,
			      struct zcomp_ctx *ctx, struct zcomp_req *zreq)
{
	return iaa_compress(params, IAA_COMP_FIXED, zreq);
}

static int iaa_compress_dynamic(struct zcomp_params *params,
				struct zcomp_ctx *ctx, struct zcomp_req *zreq)
{
	return iaa_compress(params, IAA_COMP_DYNAMIC, zreq);
}

static int iaa_decompress(struct zcomp_params *params, struct zcomp_ctx *ctx,
			  struct zcomp_req *zreq)
{
	struct iaa_comp_req req = {
		.src = zreq->src,
		.slen = zreq->src_len,
		.dst = zreq->dst,
		.dlen = zreq->dst_len,
		.flags = IAA_COMP_REQ_WHOLE,
	};
	int ret = iaa_comp_decompress(&req);

	if (ret < 0)
		return ret;
	/* A stream that ends early would leave the page's old contents behind */
	return ret == zreq->dst_len ? 0 : -EBADMSG;
}

/**
 * struct iaa_unit - a unit in a ring
 * @req: the core's request
 * @buf: the unit's buffer, as the core knows it; NULL until a device is translated
 */
struct iaa_unit {
	struct iaa_comp_req req;
	struct iaa_comp_buf *buf;
};

/**
 * struct iaa_map - pages that are mapped together
 * @batch: them; NULL until a device is translated
 */
struct iaa_map {
	struct iaa_comp_batch *batch;
};

static_assert(ZCOMP_BATCH_MAX <= IAA_COMP_BATCH_MAX);

/* Without this memory pages are mapped one by one */
#define IAA_MAP_GFP	(GFP_NOWAIT | __GFP_NOMEMALLOC | __GFP_NOWARN)

static int iaa_start(int ret)
{
	return ret == -EAGAIN ? ret : 0;
}

static int iaa_batch_compress(const struct zcomp_params *params,
			      enum iaa_comp_mode mode, struct iaa_unit *unit,
			      const void *src, void *dst, bool nowait)
{
	struct iaa_comp_req *req = &unit->req;

	iaa_prepare_compress(params, req, src, PAGE_SIZE, dst);
	if (nowait)
		req->flags |= IAA_COMP_REQ_NOWAIT;
	return iaa_start(iaa_comp_submit_compress(mode, req));
}

static int iaa_batch_compress_fixed(struct zcomp_params *params, void *unit,
				    const void *src, void *dst, bool nowait)
{
	return iaa_batch_compress(params, IAA_COMP_FIXED, unit, src, dst, nowait);
}

static int iaa_batch_compress_dynamic(struct zcomp_params *params, void *unit,
				      const void *src, void *dst, bool nowait)
{
	return iaa_batch_compress(params, IAA_COMP_DYNAMIC, unit, src, dst, nowait);
}

static int iaa_batch_decompress(struct zcomp_params *params, void *data,
				const void *src, unsigned int src_len,
				void *dst, bool nowait)
{
	struct iaa_unit *unit = data;
	struct iaa_comp_req *req = &unit->req;

	req->src = src;
	req->slen = src_len;
	req->dst = dst;
	req->dlen = PAGE_SIZE;
	req->flags = IAA_COMP_REQ_WHOLE;
	if (nowait)
		req->flags |= IAA_COMP_REQ_NOWAIT;
	return iaa_start(iaa_comp_submit_decompress(req));
}

static int iaa_batch_wait(void *data)
{
	struct iaa_unit *unit = data;

	return iaa_comp_wait(&unit->req);
}

static void iaa_unit_exit(void *data)
{
	struct iaa_unit *unit = data;

	if (!unit->buf)
		return;
	iaa_comp_buf_unmap(unit->buf);
	kfree(unit->buf);
	unit->buf = NULL;
	unit->req.buf = NULL;
}

static void iaa_map_exit(void *data)
{
	struct iaa_map *map = data;

	kfree(map->batch);
}

static void iaa_map_pages(void *data, const void *const *pages, unsigned int nr)
{
	struct iaa_map *map = data;

	if (!map->batch)
		map->batch = kzalloc_obj(*map->batch, IAA_MAP_GFP);
	if (map->batch)
		iaa_comp_batch_add(map->batch, pages, nr);
}

static bool iaa_map_unit(void *req, void *data, void *buf)
{
	struct iaa_unit *unit = req;
	struct iaa_map *map = data;

	if (!unit->buf) {
		unit->buf = kzalloc_obj(*unit->buf, IAA_MAP_GFP);
		if (unit->buf)
			unit->buf->addr = buf;
	}
	unit->req.buf = unit->buf;
	unit->req.batch = unit->buf ? map->batch : NULL;
	return unit->req.batch;
}

static void iaa_unmap(void *data)
{
	struct iaa_map *map = data;

	if (map->batch)
		iaa_comp_batch_end(map->batch);
}

static const struct zcomp_batch_state iaa_batch_state = {
	.unit_size	= sizeof(struct iaa_unit),
	.map_size	= sizeof(struct iaa_map),
	.unit_exit	= iaa_unit_exit,
	.map_exit	= iaa_map_exit,
	.maps		= iaa_comp_translated,
	.map_pages	= iaa_map_pages,
	.map_unit	= iaa_map_unit,
	.unmap		= iaa_unmap,
};

static const struct zcomp_batch_ops iaa_batch_fixed = {
	.max		= ZCOMP_BATCH_MAX,
	.state		= &iaa_batch_state,
	.compress	= iaa_batch_compress_fixed,
	.decompress	= iaa_batch_decompress,
	.wait		= iaa_batch_wait,
};

static const struct zcomp_batch_ops iaa_batch_dynamic = {
	.max		= ZCOMP_BATCH_MAX,
	.state		= &iaa_batch_state,
	.compress	= iaa_batch_compress_dynamic,
	.decompress	= iaa_batch_decompress,
	.wait		= iaa_batch_wait,
};

const struct zcomp_ops backend_deflate_iaa = {
	.compress	= iaa_compress_fixed,
	.decompress	= iaa_decompress,
	.create_ctx	= iaa_create,
	.destroy_ctx	= iaa_destroy,
	.setup_params	= iaa_setup_params,
	.release_params	= iaa_release_params,
	.batch		= &iaa_batch_fixed,
	.name		= "deflate-iaa",
};

const struct zcomp_ops backend_deflate_iaa_dynamic = {
	.compress	= iaa_compress_dynamic,
	.decompress	= iaa_decompress,
	.create_ctx	= iaa_create,
	.destroy_ctx	= iaa_destroy,
	.setup_params	= iaa_setup_params,
	.release_params	= iaa_release_params,
	.batch		= &iaa_batch_dynamic,
	.name		= "deflate-iaa-dynamic",
};
