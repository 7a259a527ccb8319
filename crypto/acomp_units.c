// SPDX-License-Identifier: GPL-2.0
/*
 * Units of a compression request: checking them, taking them in turn for
 * algorithms that know none, polling and waiting.
 *
 * A request is owned by whoever works on it, so nothing here needs a lock. In
 * turn means: the request becomes a plain one of one unit, goes through the
 * usual entry points, and when that unit is done, at once or by callback, of
 * the next one; after the last it is given back as it came.
 */
#include <crypto/internal/acomp_units.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/highmem.h>

/* @nr entries, none of them empty; clears *@linear if one has no address */
static bool acomp_packed_fits(struct scatterlist *sg, unsigned int nr,
			      bool *linear)
{
	for (; nr; nr--, sg = sg_next(sg)) {
		if (!sg || !sg->length)
			return false;
		if (PageHighMem(sg_page(sg)))
			*linear = false;
	}
	return true;
}

/* @len bytes; clears *@linear if some unit is not one piece with an address */
static bool acomp_plain_fits(struct scatterlist *sg, unsigned int len,
			     unsigned int size, bool *linear)
{
	for (;; sg = sg_next(sg)) {
		if (!sg || !sg->length)
			return false;
		if (PageHighMem(sg_page(sg)))
			*linear = false;
		if (sg->length >= len)
			return true;
		if (sg->length % size)
			*linear = false;
		len -= sg->length;
	}
}

/*
 * Refuse what is no sound request, before anything of it is touched. Sets the
 * number of units, and *@linear if an algorithm can be given all of them.
 */
static int acomp_units_check(struct acomp_req *req, bool comp, bool *linear)
{
	const u32 virts = CRYPTO_ACOMP_REQ_SRC_VIRT | CRYPTO_ACOMP_REQ_DST_VIRT;
	const u32 virt = comp ? CRYPTO_ACOMP_REQ_SRC_VIRT :
				CRYPTO_ACOMP_REQ_DST_VIRT;
	unsigned int len = comp ? req->slen : req->dlen;
	struct scatterlist *packed = comp ? req->dst : req->src;
	struct scatterlist *plain = comp ? req->src : req->dst;
	unsigned int batch = crypto_acomp_batch_size(crypto_acomp_reqtfm(req));
	struct acomp_units *units = req->units;

	if (!units->size || !units->results || !len || len % units->size)
		return -EINVAL;
	if (!plain || (req->base.flags & virts & ~virt))
		return -EINVAL;

	units->comp = comp;
	units->nr = len / units->size;
	if (batch > 1 && units->nr > batch)
		return -EINVAL;
	if (!acomp_packed_fits(packed, units->nr, linear))
		return -EINVAL;
	if (!(req->base.flags & virt) &&
	    !acomp_plain_fits(plain, len, units->size, linear))
		return -EINVAL;
	return 0;
}

/* Make the request one of the unit that comes next */
static void acomp_unit_prepare(struct acomp_req *req, struct acomp_units *units)
{
	struct scatterlist *plain = units->plain;

	/* Of an earlier request; not all paths through acomp set it anew */
	req->chain.flags = 0;
	if (plain && units->offset)
		plain = scatterwalk_ffwd(units->slice, plain, units->offset);

	req->slen = units->comp ? units->size : units->packed->length;
	req->dlen = units->comp ? units->packed->length : units->size;
	if (units->comp)
		req->dst = units->packed;
	else
		req->src = units->packed;

	if (!acomp_request_isvirt(req)) {
		if (units->comp)
			req->src = plain;
		else
			req->dst = plain;
	} else if (units->next) {
		if (units->comp)
			req->svirt += units->size;
		else
			req->dvirt += units->size;
	}
}

/* Note the result of the unit that was prepared, and go on to the next */
static void acomp_unit_finish(struct acomp_req *req, struct acomp_units *units,
			      int err)
{
	units->results[units->next++] = err ?: req->dlen;
	units->packed = sg_next(units->packed);
	units->offset += units->size;
	while (units->plain && units->offset >= units->plain->length) {
		units->offset -= units->plain->length;
		units->plain = sg_next(units->plain);
	}
}

/*
 * Take the units that are left. Returns -EINPROGRESS if the rest follows in a
 * callback, which may have come already: the request is not ours any more.
 */
static int acomp_units_run(struct acomp_req *req, struct acomp_units *units)
{
	struct crypto_acomp *tfm = crypto_acomp_reqtfm(req);
	bool polls = tfm->poll && acomp_request_polls(req);
	bool may_backlog = req->base.flags & CRYPTO_TFM_REQ_MAY_BACKLOG;
	int err;

	while (units->next < units->nr) {
		acomp_unit_prepare(req, units);
		err = units->comp ? crypto_acomp_compress(req) :
				    crypto_acomp_decompress(req);
		/* -EBUSY without a backlog is a refusal: no callback comes */
		if (err == -EINPROGRESS || (err == -EBUSY && may_backlog)) {
			if (!polls)
				return -EINPROGRESS;
			err = tfm->poll(req, 1, true);
		}
		acomp_unit_finish(req, units, err);
	}

	req->units = units;
	req->base.complete = units->complete;
	req->base.data = units->data;
	req->base.flags = units->flags;
	req->src = units->src;
	req->dst = units->dst;
	req->slen = units->slen;
	req->dlen = units->dlen;
	return 0;
}

static void acomp_unit_done(void *data, int err)
{
	struct acomp_units *units = data;
	struct acomp_req *req = units->req;

	if (err == -EINPROGRESS)	/* has left the backlog */
		return;

	/* Who calls back may be in any context. */
	req->base.flags &= ~CRYPTO_TFM_REQ_MAY_SLEEP;
	acomp_unit_finish(req, units, err);
	err = acomp_units_run(req, units);
	if (err != -EINPROGRESS)
		acomp_request_complete(req, err);
}

static int acomp_units_in_turn(struct acomp_req *req, struct acomp_units *units)
{
	const bool virt = acomp_request_isvirt(req);

	units->next = 0;
	units->offset = 0;
	units->req = req;
	units->src = req->src;
	units->dst = req->dst;
	units->slen = req->slen;
	units->dlen = req->dlen;
	units->flags = req->base.flags;
	units->complete = req->base.complete;
	units->data = req->base.data;
	units->packed = units->comp ? req->dst : req->src;
	units->plain = virt ? NULL : units->comp ? req->src : req->dst;

	req->units = NULL;
	req->base.complete = acomp_unit_done;
	req->base.data = units;
	return acomp_units_run(req, units);
}

/**
 * acomp_do_units() - compress or decompress a request of many units
 * @req: the request, which has units
 * @comp: true to compress
 *
 * Context: as the algorithm's own operations.
 * Return: as acomp_request_set_units() says, or -EINPROGRESS.
 */
int acomp_do_units(struct acomp_req *req, bool comp)
{
	struct crypto_acomp *tfm = crypto_acomp_reqtfm(req);
	bool linear = true;
	int err;

	err = acomp_units_check(req, comp, &linear);
	if (err)
		return err;
	if (tfm->batch_size <= 1 || !linear)
		return acomp_units_in_turn(req, req->units);
	return comp ? tfm->compress(req) : tfm->decompress(req);
}

/**
 * crypto_acomp_poll() - see whether a request is done
 * @req: a request with CRYPTO_ACOMP_REQ_POLL that crypto_acomp_queued() says
 *	is in work, of an algorithm that has poll
 *
 * Results of units are set as they are found.
 *
 * Context: process, may sleep.
 * Return: -EINPROGRESS if it is not done yet, or the result of the request,
 * once; -EOPNOTSUPP if this algorithm completes it by callback.
 */
int crypto_acomp_poll(struct acomp_req *req)
{
	struct crypto_acomp *tfm = crypto_acomp_reqtfm(req);

	if (!tfm->poll || !acomp_request_polls(req))
		return -EOPNOTSUPP;
	return tfm->poll(req, UINT_MAX, false);
}
EXPORT_SYMBOL_GPL(crypto_acomp_poll);

/**
 * crypto_acomp_wait_units() - wait until the first units have results
 * @req: a request that is in work, see crypto_acomp_queued()
 * @nr: how many units; all if it is more than there are
 * @wait: what crypto_req_done() was given with the callback
 *
 * Where the algorithm does not poll, all units are waited for.
 *
 * Context: process, may sleep.
 * Return: -EINPROGRESS if at least @nr units have results and others have not,
 * so the request is still in work; otherwise it is done and this is its result.
 */
int crypto_acomp_wait_units(struct acomp_req *req, unsigned int nr,
			    struct crypto_wait *wait)
{
	struct crypto_acomp *tfm = crypto_acomp_reqtfm(req);

	if (tfm->poll && acomp_request_polls(req))
		return tfm->poll(req, nr, true);
	return crypto_wait_req(-EINPROGRESS, wait);
}
EXPORT_SYMBOL_GPL(crypto_acomp_wait_units);
