/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Building descriptors and reading completion records: pure functions of
 * memory, which is how they are tested.
 */
#ifndef _IAA_DESC_H
#define _IAA_DESC_H

#include <linux/compiler.h>
#include <linux/errno.h>

#include "iaa.h"
#include "iaa_hw.h"

/**
 * struct iaa_desc_template - one queue's descriptors, but for each request's part
 * @compress: by mode
 * @decompress: with output
 * @verify: decompression whose output is thrown away
 * @guess: filter_flags of a compression with IAA_COMP_REQ_GUESS, by mode; otherwise 0
 */
struct iaa_desc_template {
	struct iax_hw_desc compress[IAA_COMP_NR_MODES];
	struct iax_hw_desc decompress;
	struct iax_hw_desc verify;
	u32 guess[IAA_COMP_NR_MODES];
};

/* Flags of every descriptor: both are mandatory (IAA 6.1.3) */
#define IAA_DESC_FLAGS	(IDXD_OP_FLAG_CRAV | IDXD_OP_FLAG_RCR)

void iaa_desc_init_decompress(struct iaa_desc_template *tmpl);
void iaa_desc_set_cache_control(struct iaa_desc_template *tmpl);
void iaa_desc_set_pasid(struct iaa_desc_template *tmpl, u32 pasid);
void iaa_desc_fill(struct iax_hw_desc *__restrict desc,
		   const struct iaa_desc_template *tmpl,
		   const struct iaa_comp_req *req, dma_addr_t completion);
int iaa_desc_failure(const struct iax_completion_record *rec,
		     struct iaa_comp_req *req);

/*
 * Success is believed as far as it is possible. The record does not say how
 * much of the source was used: bytes_completed is 0 (IAA 6.2.4). It stays within
 * the device's reach, so the size that is checked is the one that is returned.
 */
static __always_inline int
iaa_desc_success(const struct iax_completion_record *rec,
		 struct iaa_comp_req *req)
{
	u32 size = READ_ONCE(rec->output_size);

	switch (req->op) {
	case IAA_OP_COMPRESS:
		if (!size || size > req->dlen)
			return iaa_req_soft(req, IAA_LIED);
		return size;
	case IAA_OP_DECOMPRESS:
		if (likely(size == req->dlen))
			return size;
		if (size > req->dlen || req->flags & IAA_COMP_REQ_WHOLE)
			return iaa_req_soft(req, IAA_LIED);
		return size;
	default:
		if (rec->crc != req->crc)
			return iaa_req_soft(req, IAA_LIED);
		return req->produced;
	}
}

/**
 * iaa_desc_result() - what a completion record says
 * @rec: a record whose status is not zero; read after dma_rmb()
 * @req: the request; on failure its reason is set
 *
 * Return: bytes produced; -ENOSPC if a compression does not fit; -EAGAIN if
 * the same descriptor has to be submitted again; -EREMOTEIO if software has to
 * do it, for the reason in @req.
 */
static __always_inline int
iaa_desc_result(const struct iax_completion_record *rec,
		struct iaa_comp_req *req)
{
	if (likely((rec->status & IAA_STATUS_MASK) == IAX_COMP_SUCCESS))
		return iaa_desc_success(rec, req);
	return iaa_desc_failure(rec, req);
}

#endif /* _IAA_DESC_H */
