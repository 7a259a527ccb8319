/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Units of a compression request, for algorithms that take many at once.
 *
 * A request has units if acomp_request_nr_units() is not 0, and they are fit
 * to be taken: there are at most batch_size, and each side of each is one
 * piece in the linear map, which acomp_unit_first() and acomp_unit_next() find.
 */
#ifndef _CRYPTO_INTERNAL_ACOMP_UNITS_H
#define _CRYPTO_INTERNAL_ACOMP_UNITS_H

#include <crypto/acomp_units.h>
#include <crypto/internal/acompress.h>

/**
 * struct acomp_unit - where one unit stands
 * @src: its source
 * @dst: its destination
 * @slen: bytes at @src
 * @dlen: room at @dst in bytes
 * @packed: private, its entry in the list of the compressed side
 * @plain: private, the entry that holds it on the other side
 * @offset: private, where in @plain
 */
struct acomp_unit {
	const u8 *src;
	u8 *dst;
	unsigned int slen;
	unsigned int dlen;
	struct scatterlist *packed;
	struct scatterlist *plain;
	unsigned int offset;
};

/**
 * acomp_request_polls() - whether the caller polls for the request
 * @req: the request
 *
 * An algorithm with a poll operation must not call back then. The answer stays
 * the same while the request is in work.
 *
 * Return: true if nobody is to be called back.
 */
static inline bool acomp_request_polls(const struct acomp_req *req)
{
	const u32 flags = CRYPTO_ACOMP_REQ_POLL | CRYPTO_TFM_REQ_MAY_SLEEP;

	return (req->base.flags & flags) == flags;
}

static inline unsigned int acomp_request_nr_units(const struct acomp_req *req)
{
	return req->units ? req->units->nr : 0;
}

static inline void __acomp_unit_locate(const struct acomp_units *units,
				       struct acomp_unit *unit, u8 *plain)
{
	u8 *packed = sg_virt(unit->packed);

	unit->src = units->comp ? plain : packed;
	unit->dst = units->comp ? packed : plain;
	unit->slen = units->comp ? units->size : unit->packed->length;
	unit->dlen = units->comp ? unit->packed->length : units->size;
}

/**
 * acomp_unit_first() - find the first unit of a request
 * @req: a request that has units
 * @unit: set
 */
static inline void acomp_unit_first(struct acomp_req *req,
				    struct acomp_unit *unit)
{
	const bool comp = req->units->comp;
	bool virt = comp ? acomp_request_src_isvirt(req) :
			   acomp_request_dst_isvirt(req);

	unit->packed = comp ? req->dst : req->src;
	unit->plain = virt ? NULL : comp ? req->src : req->dst;
	unit->offset = 0;
	__acomp_unit_locate(req->units, unit,
			    virt ? comp ? (u8 *)req->svirt : req->dvirt :
				   sg_virt(unit->plain));
}

/**
 * acomp_unit_next() - find the next unit
 * @req: a request that has units
 * @unit: a unit that is not the last; set to the one behind it
 */
static inline void acomp_unit_next(struct acomp_req *req,
				   struct acomp_unit *unit)
{
	const struct acomp_units *units = req->units;
	u8 *plain = (units->comp ? (u8 *)unit->src : unit->dst) + units->size;

	unit->packed = sg_next(unit->packed);
	unit->offset += units->size;
	if (unit->plain && unit->offset >= unit->plain->length) {
		unit->plain = sg_next(unit->plain);
		unit->offset = 0;
		plain = sg_virt(unit->plain);
	}
	__acomp_unit_locate(units, unit, plain);
}

int acomp_do_units(struct acomp_req *req, bool comp);

#endif /* _CRYPTO_INTERNAL_ACOMP_UNITS_H */
