// SPDX-License-Identifier: GPL-2.0
#include <linux/array_size.h>
#include <linux/errno.h>
#include <linux/string.h>

#include "iaa_desc.h"

#define IAA_DESC_FLAGS \
	(IDXD_OP_FLAG_CRAV | IDXD_OP_FLAG_RCR | IDXD_OP_FLAG_CC)

/*
 * Only the EOB of a bFinal block ends a stream. With any other block's EOB
 * taken for the end, a stream of several blocks would be cut short without an
 * error: the record does not say how much of the source was used (IAA 6.2.4).
 */
#define IAA_DECOMP_FLAGS \
	(IAA_DECOMP_ENABLE | IAA_DECOMP_FLUSH_OUTPUT | \
	 IAA_DECOMP_STOP_ON_EOB | IAA_DECOMP_CHECK_EOB | \
	 IAA_DECOMP_BFINAL_EOB)

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

/* What to make of a status; 0 in @reason: @err is final */
struct iaa_outcome {
	u8 status;
	s16 err;
	u8 reason;
	u8 stat;
};

#define IAA_STAT_NONE	IAA_NR_STATS

static const struct iaa_outcome iaa_comp_outcomes[] = {
	{ IAX_COMP_OUTBUF_OVERFLOW, -ENOSPC, 0, IAA_STAT_OVERFLOW },
	{ IAX_COMP_WATCHDOG, -EREMOTEIO, IAA_HW_ERROR, IAA_STAT_TIMEOUT },
};

/*
 * A decompression that does not fit its destination goes to software, too:
 * the data is there only once, so a device's word alone does not lose it.
 */
static const struct iaa_outcome iaa_decomp_outcomes[] = {
	{ IAX_COMP_ANALYTICS_ERROR, -EREMOTEIO, IAA_BAD_STREAM, IAA_STAT_NONE },
	{ IAX_COMP_OUTBUF_OVERFLOW, -EREMOTEIO, IAA_BAD_STREAM, IAA_STAT_OVERFLOW },
	{ IAX_COMP_WATCHDOG, -EREMOTEIO, IAA_HW_ERROR, IAA_STAT_TIMEOUT },
};

static int iaa_desc_error(const struct iaa_outcome *o, int nr, u8 status,
			  struct iaa_comp_req *req)
{
	for (; nr; nr--, o++) {
		if (o->status != status)
			continue;
		if (o->stat != IAA_STAT_NONE)
			iaa_stat_inc(o->stat);
		req->reason = o->reason;
		return o->err;
	}
	iaa_stat_inc(IAA_STAT_EINVAL);
	req->reason = IAA_HW_ERROR;
	return -EREMOTEIO;
}

/**
 * iaa_desc_failure() - what a completion record says that is no success's
 * @rec: the record
 * @req: the request; its reason is set where software has to do it
 *
 * Return: -ENOSPC or -EREMOTEIO, see iaa_desc_result().
 */
int iaa_desc_failure(const struct iax_completion_record *rec,
		     struct iaa_comp_req *req)
{
	u8 status = DSA_COMP_STATUS(rec->status);

	if (req->op != IAA_OP_COMPRESS)
		return iaa_desc_error(iaa_decomp_outcomes,
				      ARRAY_SIZE(iaa_decomp_outcomes), status,
				      req);

	if (status == IAX_COMP_ANALYTICS_ERROR &&
	    rec->error_code == IAA_ERROR_COMP_OUTPUT_OVERFLOW)
		status = IAX_COMP_OUTBUF_OVERFLOW;
	return iaa_desc_error(iaa_comp_outcomes, ARRAY_SIZE(iaa_comp_outcomes),
			      status, req);
}
