/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Building descriptors and reading completion records: pure functions of
 * memory, which is how they are tested.
 */
#ifndef _IAA_DESC_H
#define _IAA_DESC_H

#include "iaa.h"
#include "iaa_hw.h"

/**
 * struct iaa_desc_template - one queue's descriptors, but for each request's part
 * @compress: by mode
 * @decompress: with output
 * @verify: decompression whose output is thrown away
 */
struct iaa_desc_template {
	struct iax_hw_desc compress[IAA_COMP_NR_MODES];
	struct iax_hw_desc decompress;
	struct iax_hw_desc verify;
};

void iaa_desc_init_decompress(struct iaa_desc_template *tmpl);
void iaa_desc_set_pasid(struct iaa_desc_template *tmpl, u32 pasid);
void iaa_desc_fill(struct iax_hw_desc *__restrict desc,
		   const struct iaa_desc_template *tmpl,
		   const struct iaa_comp_req *req, dma_addr_t completion);
int iaa_desc_result(const struct iax_completion_record *rec,
		    struct iaa_comp_req *req);

#endif /* _IAA_DESC_H */
