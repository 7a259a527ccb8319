// SPDX-License-Identifier: GPL-2.0
/*
 * Fixed mode: deflate's fixed Huffman code (RFC 1951, 3.2.6), handed to the
 * device as the tables of an AECS that every compression reads.
 */
#include <linux/array_size.h>
#include <linux/dma-mapping.h>
#include <linux/limits.h>

#include "idxd.h"
#include "iaa_dev.h"
#include "iaa_mode.h"

/* BFINAL, then BTYPE 01: the header of a last block with the fixed code */
#define IAA_FIXED_HEADER	0x3
#define IAA_FIXED_HEADER_BITS	3

/* Literals and lengths from @first on have codes of @len bits from @code on */
static const struct {
	u16 first;
	u16 code;
	u8 len;
} iaa_fixed_ll[] = {
	{ 0,	0x030, 8 },
	{ 144,	0x190, 9 },
	{ 256,	0x000, 7 },
	{ 280,	0x0c0, 8 },
	{ IAA_NUM_LL_SYMS },
};

#define IAA_FIXED_DISTANCE_BITS	5

static void iaa_fixed_tables(struct iaa_aecs *aecs)
{
	unsigned int run, sym;

	aecs->num_accum_bits = cpu_to_le32(IAA_FIXED_HEADER_BITS);
	aecs->accumulator[0] = IAA_FIXED_HEADER;

	for (run = 0; run < ARRAY_SIZE(iaa_fixed_ll) - 1; run++)
		for (sym = iaa_fixed_ll[run].first;
		     sym < iaa_fixed_ll[run + 1].first; sym++)
			aecs->ll_sym[sym] =
				cpu_to_le32(IAA_HUFFMAN_ENTRY(iaa_fixed_ll[run].len,
							      iaa_fixed_ll[run].code + sym -
							      iaa_fixed_ll[run].first));

	for (sym = 0; sym < IAA_NUM_D_SYMS; sym++)
		aecs->d_sym[sym] =
			cpu_to_le32(IAA_HUFFMAN_ENTRY(IAA_FIXED_DISTANCE_BITS,
						      sym));
}

static int iaa_fixed_init(struct iaa_device *dev)
{
	dev->aecs = dma_alloc_coherent(&dev->idxd->pdev->dev,
				       ALIGN(sizeof(*dev->aecs), IAA_AECS_ALIGN),
				       &dev->aecs_dma, GFP_KERNEL);
	if (!dev->aecs)
		return -ENOMEM;
	iaa_fixed_tables(dev->aecs);
	dev->early_abort = dev->idxd->hw.iaa_cap.comp_early_abort;
	return 0;
}

static void iaa_fixed_exit(struct iaa_device *dev)
{
	dma_free_coherent(&dev->idxd->pdev->dev,
			  ALIGN(sizeof(*dev->aecs), IAA_AECS_ALIGN), dev->aecs,
			  dev->aecs_dma);
}

/*
 * Early abort (IAACAP bit 5, IAA 3.4.6) takes a literal for a whole byte, so it
 * gives up pages that still get a little smaller: it is only for requests that
 * allow for that. After 1 KiB it would be wrong far more often.
 */
static void iaa_fixed_fill(const struct iaa_device *dev,
			   struct iaa_desc_template *tmpl)
{
	tmpl->compress[IAA_COMP_FIXED] = (struct iax_hw_desc) {
		.flags = IAA_DESC_FLAGS | IDXD_OP_FLAG_RD_SRC2_AECS,
		.opcode = IAX_OPCODE_COMPRESS,
		.compr_flags = IAA_COMP_FLUSH_OUTPUT | IAA_COMP_APPEND_EOB,
		.src2_addr = dev->aecs_dma,
		.src2_size = sizeof(*dev->aecs),
	};
	if (dev->early_abort)
		tmpl->guess[IAA_COMP_FIXED] = IAA_COMP2_EARLY_ABORT(7, 2);
}

const struct iaa_mode iaa_mode_fixed = {
	.name		= "fixed",
	.max_shift	= 31,
	/* The tables are a source, too, and obey the same limit (IAA 6.1.11) */
	.min_xfer	= sizeof(struct iaa_aecs),
	.init		= iaa_fixed_init,
	.exit		= iaa_fixed_exit,
	.fill		= iaa_fixed_fill,
};
