// SPDX-License-Identifier: GPL-2.0
/*
 * Dynamic mode: the device makes the Huffman tables for each unit and writes
 * them before the data (IAA 3.4.5, 1-pass header generation). IAA 2.0 says in
 * IAACAP, bit 8, that it can; a device without it leaves this mode to software.
 */
#include <linux/log2.h>

#include "idxd.h"
#include "iaa_dev.h"
#include "iaa_mode.h"

static int iaa_dynamic_init(struct iaa_device *dev)
{
	return dev->idxd->hw.iaa_cap.header_gen ? 0 : -EOPNOTSUPP;
}

static void iaa_dynamic_exit(struct iaa_device *dev)
{
}

static void iaa_dynamic_fill(const struct iaa_device *dev,
			     struct iaa_desc_template *tmpl)
{
	tmpl->compress[IAA_COMP_DYNAMIC] = (struct iax_hw_desc) {
		.flags = IAA_DESC_FLAGS,
		.opcode = IAX_OPCODE_COMPRESS,
		.compr_flags = IAA_COMP_FLUSH_OUTPUT | IAA_COMP_APPEND_EOB |
			       IAA_COMP_HEADER_FINAL,
	};
}

const struct iaa_mode iaa_mode_dynamic = {
	.name		= "dynamic",
	.max_shift	= ilog2(IAA_HEADER_GEN_MAX),
	.init		= iaa_dynamic_init,
	.exit		= iaa_dynamic_exit,
	.fill		= iaa_dynamic_fill,
};
