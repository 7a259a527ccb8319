// SPDX-License-Identifier: GPL-2.0
#include <linux/array_size.h>
#include <linux/errno.h>
#include <linux/string.h>

#include "iaa_desc.h"

/*
 * Only the EOB of a bFinal block ends a stream. With any other block's EOB
 * taken for the end, a stream of several blocks would be cut short without an
 * error: the record does not say how much of the source was used (IAA 6.2.4).
 */
#define IAA_DECOMP_FLAGS \
	(IAA_DECOMP_ENABLE | IAA_DECOMP_FLUSH_OUTPUT | \
	 IAA_DECOMP_STOP_ON_EOB | IAA_DECOMP_CHECK_EOB | \
	 IAA_DECOMP_BFINAL_EOB)

/* How often a request is submitted again that an administrator's command ended */
#define IAA_MAX_RESUBMITS	2

/**
 * iaa_desc_init_decompress() - make the templates that no mode owns
 * @tmpl: its decompress and verify are written
 */
void iaa_desc_init_decompress(struct iaa_desc_template *tmpl)
{
	tmpl->decompress = (struct iax_hw_desc) {
		.flags = IAA_DESC_FLAGS,
		.opcode = IAX_OPCODE_DECOMPRESS,
		.decompr_flags = IAA_DECOMP_FLAGS,
	};
	tmpl->verify = tmpl->decompress;
	tmpl->verify.decompr_flags |= IAA_DECOMP_SUPPRESS_OUTPUT;
}

/**
 * iaa_desc_set_cache_control() - have a queue's output put in the CPU's cache
 * @tmpl: the queue's templates, complete
 *
 * The flag is reserved unless GENCAP bit 2 is set (IAA 6.1.3).
 */
void iaa_desc_set_cache_control(struct iaa_desc_template *tmpl)
{
	int i;

	for (i = 0; i < IAA_COMP_NR_MODES; i++)
		tmpl->compress[i].flags |= IDXD_OP_FLAG_CC;
	tmpl->decompress.flags |= IDXD_OP_FLAG_CC;
	tmpl->verify.flags |= IDXD_OP_FLAG_CC;
}

/**
 * iaa_desc_set_pasid() - have every descriptor of a queue carry a PASID
 * @tmpl: the queue's templates, complete
 * @pasid: the process address space ID of the kernel, 20 bits
 */
void iaa_desc_set_pasid(struct iaa_desc_template *tmpl, u32 pasid)
{
	int i;

	for (i = 0; i < IAA_COMP_NR_MODES; i++)
		tmpl->compress[i].pasid = pasid;
	tmpl->decompress.pasid = pasid;
	tmpl->verify.pasid = pasid;
}

/**
 * iaa_desc_fill() - write the descriptor of a request
 * @desc: where; not yet the device's
 * @tmpl: its queue's templates
 * @req: its op, mode, lengths and DMA addresses are used; for a verification
 *	@req->result is the length to read back from the destination
 * @completion: DMA address of the completion record
 */
void iaa_desc_fill(struct iax_hw_desc *__restrict desc,
		   const struct iaa_desc_template *tmpl,
		   const struct iaa_comp_req *req, dma_addr_t completion)
{
	switch (req->op) {
	case IAA_OP_COMPRESS:
		*desc = tmpl->compress[req->mode];
		if (req->flags & IAA_COMP_REQ_GUESS)
			desc->filter_flags = tmpl->guess[req->mode];
		break;
	case IAA_OP_DECOMPRESS:
		*desc = tmpl->decompress;
		break;
	default:
		*desc = tmpl->verify;
		desc->completion_addr = completion;
		desc->src1_addr = req->dst_dma;
		desc->src1_size = req->produced;
		return;
	}
	desc->completion_addr = completion;
	desc->src1_addr = req->src_dma;
	desc->src1_size = req->slen;
	desc->dst_addr = req->dst_dma;
	desc->max_dst_size = req->dlen;
}

/* What to make of a status, and of the error code that comes with it */
struct iaa_outcome {
	u8 status;
	u8 error;	/* of an analytics error; 0: any */
	s16 err;
	u8 reason;	/* why software does it; of -EAGAIN: if it is the last time */
	u8 stat;
};

#define IAA_STAT_NONE	IAA_NR_STATS

static const struct iaa_outcome iaa_comp_outcomes[] = {
	{ IAX_COMP_ANALYTICS_ERROR, IAA_ERROR_OUTPUT_OVERFLOW,
	  -ENOSPC, IAA_NO_REASON, IAA_STAT_OVERFLOW },
	{ IAX_COMP_ANALYTICS_ERROR, IAA_ERROR_EARLY_ABORT,
	  -ENOSPC, IAA_NO_REASON, IAA_STAT_OVERFLOW },
	{ IAX_COMP_ANALYTICS_ERROR, IAA_ERROR_VERIFY_FAILURE,
	  -EREMOTEIO, IAA_HW_ERROR, IAA_STAT_VERIFY },
	{ IAX_COMP_ANALYTICS_ERROR, IAA_ERROR_ADMIN_TIMEOUT,
	  -EAGAIN, IAA_HW_ERROR, IAA_STAT_TIMEOUT },
	{ IAX_COMP_OUTBUF_OVERFLOW, 0,
	  -ENOSPC, IAA_NO_REASON, IAA_STAT_OVERFLOW },
	{ IAX_COMP_WATCHDOG, 0, -EREMOTEIO, IAA_HW_ERROR, IAA_STAT_TIMEOUT },
};

/*
 * A decompression that does not fit its destination goes to software, too:
 * the data is there only once, so a device's word alone does not lose it.
 */
static const struct iaa_outcome iaa_decomp_outcomes[] = {
	{ IAX_COMP_ANALYTICS_ERROR, IAA_ERROR_VERIFY_FAILURE,
	  -EREMOTEIO, IAA_HW_ERROR, IAA_STAT_VERIFY },
	{ IAX_COMP_ANALYTICS_ERROR, IAA_ERROR_ADMIN_TIMEOUT,
	  -EAGAIN, IAA_HW_ERROR, IAA_STAT_TIMEOUT },
	{ IAX_COMP_ANALYTICS_ERROR, 0,
	  -EREMOTEIO, IAA_BAD_STREAM, IAA_STAT_NONE },
	{ IAX_COMP_OUTBUF_OVERFLOW, 0,
	  -EREMOTEIO, IAA_BAD_STREAM, IAA_STAT_OVERFLOW },
	{ IAX_COMP_WATCHDOG, 0, -EREMOTEIO, IAA_HW_ERROR, IAA_STAT_TIMEOUT },
};

static const struct iaa_outcome iaa_other_outcome = {
	.err = -EREMOTEIO, .reason = IAA_HW_ERROR, .stat = IAA_STAT_EINVAL,
};

static const struct iaa_outcome *
iaa_outcome_find(const struct iaa_outcome *o, int nr,
		 const struct iax_completion_record *rec)
{
	u8 status = rec->status & IAA_STATUS_MASK;

	for (; nr; nr--, o++)
		if (o->status == status &&
		    (!o->error || o->error == rec->error_code))
			return o;
	return &iaa_other_outcome;
}

/**
 * iaa_desc_failure() - what a completion record says that is no success's
 * @rec: the record
 * @req: the request; its reason is set where software has to do it
 *
 * Return: -ENOSPC, -EAGAIN or -EREMOTEIO, see iaa_desc_result().
 */
int iaa_desc_failure(const struct iax_completion_record *rec,
		     struct iaa_comp_req *req)
{
	const struct iaa_outcome *o;

	if (req->op == IAA_OP_COMPRESS)
		o = iaa_outcome_find(iaa_comp_outcomes,
				     ARRAY_SIZE(iaa_comp_outcomes), rec);
	else
		o = iaa_outcome_find(iaa_decomp_outcomes,
				     ARRAY_SIZE(iaa_decomp_outcomes), rec);

	if (o->stat != IAA_STAT_NONE)
		iaa_stat_inc(o->stat);
	req->reason = o->reason;
	if (o->err != -EAGAIN)
		return o->err;
	return req->resubmits++ < IAA_MAX_RESUBMITS ? -EAGAIN : -EREMOTEIO;
}
