/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Units: many pieces of data in one compression request.
 *
 * An accelerator is kept busy by many pages at once; a request of the acomp
 * interface is one piece of data. With units a request is many:
 *
 *	compression	the source is cut into units of one size, entry i of
 *			the destination list takes the compressed unit i;
 *	decompression	entry i of the source list is the compressed unit i,
 *			the destination is cut into units of one size.
 *
 * Every unit has its own result. An algorithm that can takes all units at
 * once; for the others acomp takes them in turn, so a caller has one path.
 *
 * A caller that has something else to do meanwhile says so by
 * CRYPTO_ACOMP_REQ_POLL, and collects results while later units are in work:
 *
 *	acomp_request_set_callback(req, CRYPTO_TFM_REQ_MAY_SLEEP |
 *				   CRYPTO_ACOMP_REQ_POLL,
 *				   crypto_req_done, &wait);
 *	acomp_request_set_units(req, &units, PAGE_SIZE, results);
 *	acomp_request_set_params(req, src, dst, nr * PAGE_SIZE,
 *				 nr * PAGE_SIZE);
 *	err = crypto_acomp_compress(req);
 *	for (i = 0; i < nr; i++) {
 *		if (err == -EINPROGRESS)
 *			err = crypto_acomp_wait_units(req, i + 1, &wait);
 *		if (err && err != -EINPROGRESS)
 *			break;
 *		use(results[i]);
 *	}
 */
#ifndef _CRYPTO_ACOMP_UNITS_H
#define _CRYPTO_ACOMP_UNITS_H

#include <crypto/acompress.h>
#include <linux/scatterlist.h>
#include <linux/types.h>

/**
 * struct acomp_units - the units of one request
 * @size: bytes of a unit while it is not compressed
 * @results: for each unit the bytes produced, or -errno, or -EINPROGRESS
 * @lasting: the buffers of the compressed side, a page each, stay allocated until the
 *	transformation is freed; an algorithm may keep them mapped for its device
 *
 * Memory of the caller; @size and @results are set by acomp_request_set_units(),
 * @lasting by the caller itself. It may be used again and again, by one request at a
 * time. The other members are acomp's, which
 * takes the units in turn with them where the algorithm does not take all.
 */
struct acomp_units {
	unsigned int size;
	int *results;
	bool lasting;

	/* private: */
	unsigned int nr;
	unsigned int next;
	bool comp;
	u32 flags;
	crypto_completion_t complete;
	void *data;
	struct acomp_req *req;
	struct scatterlist *src;
	struct scatterlist *dst;
	unsigned int slen;
	unsigned int dlen;
	struct scatterlist *packed;
	struct scatterlist *plain;
	unsigned int offset;
	struct scatterlist slice[2];
};

/**
 * acomp_request_set_units() - make a request one of many units
 * @req: the request
 * @units: the caller's memory for it; kept by @req until the callback is set
 *	anew, or NULL to make the request a plain one again
 * @size: bytes of a unit while it is not compressed, at least 1
 * @results: room for the result of each unit
 *
 * To be called after acomp_request_set_callback(), which makes every request a
 * plain one. The number of units is the request's slen / @size when it is
 * compressed, dlen / @size when it is decompressed; the length of a compressed
 * unit, or the room for it, is that of its scatterlist entry. The compressed
 * side must be a scatterlist, not a virtual address.
 *
 * crypto_acomp_compress() and crypto_acomp_decompress() of such a request
 * return, or its callback is given, 0 when every unit has its result, be it a
 * length or an error. They return -EINVAL, and leave @results alone, if @size
 * is 0, if there are no units, or slen (dlen) is no multiple of @size, or a
 * scatterlist is too short, has an entry of no bytes, or is missing; and if an
 * algorithm takes units, but not as many (see crypto_acomp_batch_size()).
 * The request's slen and dlen stay as they were.
 */
static inline void acomp_request_set_units(struct acomp_req *req,
					   struct acomp_units *units,
					   unsigned int size, int *results)
{
	req->units = units;
	if (units) {
		units->size = size;
		units->results = results;
	}
}

/**
 * crypto_acomp_batch_size() - how many units are worth a request
 * @tfm: the transformation
 *
 * Return: the most units that the algorithm takes in one request; 1 for an
 * algorithm that knows no units. To the latter a request may have any number,
 * but gains nothing by it. The same for as long as @tfm lives.
 */
static inline unsigned int crypto_acomp_batch_size(struct crypto_acomp *tfm)
{
	return tfm->batch_size ?: 1;
}

/**
 * crypto_acomp_can_poll() - whether the algorithm can be polled
 * @tfm: the transformation
 *
 * If not, it completes requests of CRYPTO_ACOMP_REQ_POLL by callback, too.
 *
 * Return: true if it has a poll operation.
 */
static inline bool crypto_acomp_can_poll(struct crypto_acomp *tfm)
{
	return tfm->poll;
}

/**
 * crypto_acomp_queued() - whether a submission left the request in work
 * @req: the request
 * @err: what its submission returned
 *
 * -EBUSY says that the request is in the backlog, if it may be there
 * (CRYPTO_TFM_REQ_MAY_BACKLOG). Otherwise it was refused, and no callback comes.
 *
 * Return: true if the result is still to come.
 */
static inline bool crypto_acomp_queued(const struct acomp_req *req, int err)
{
	return err == -EINPROGRESS ||
	       (err == -EBUSY && (req->base.flags & CRYPTO_TFM_REQ_MAY_BACKLOG));
}

int crypto_acomp_poll(struct acomp_req *req);
int crypto_acomp_wait_units(struct acomp_req *req, unsigned int nr,
			    struct crypto_wait *wait);

/**
 * crypto_acomp_wait() - wait until a request is done
 * @req: a request that is in work, see crypto_acomp_queued()
 * @wait: what crypto_req_done() was given with the callback
 *
 * Polls where both the caller and the algorithm do, and sleeps otherwise.
 *
 * Context: process, may sleep.
 * Return: the result of the request.
 */
static inline int crypto_acomp_wait(struct acomp_req *req,
				    struct crypto_wait *wait)
{
	return crypto_acomp_wait_units(req, UINT_MAX, wait);
}

#endif /* _CRYPTO_ACOMP_UNITS_H */
