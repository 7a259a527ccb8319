/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Mapping a request's buffers for a device. What nearly all of them take is inline:
 * it is on the way of every page.
 */
#ifndef _IAA_MAP_H
#define _IAA_MAP_H

#include <linux/dma-mapping.h>
#include <linux/errno.h>
#include <linux/mm.h>

#include "iaa.h"
#include "iaa_dev.h"
#include "iaa_dma.h"

/* Sides of a request whose mapping is not the request's */
#define IAA_KEPT_SRC	BIT(0)
#define IAA_KEPT_DST	BIT(1)

dma_addr_t iaa_map_other(struct device *dev, void *addr, unsigned int len,
			 enum dma_data_direction dir, void **bounce);
int iaa_req_map_translated(struct iaa_wq *wq, struct iaa_comp_req *req);
void iaa_bounce_free(struct iaa_comp_req *req);
void iaa_req_unmap(struct device *dev, struct iaa_comp_req *req, bool readback);
void iaa_req_unbounce(struct iaa_comp_req *req, unsigned int produced);

static __always_inline dma_addr_t iaa_map(struct device *dev, void *addr,
					  unsigned int len,
					  enum dma_data_direction dir,
					  void **bounce)
{
	if (likely(iaa_in_linear_map(addr)))
		return dma_map_phys(dev, virt_to_phys(addr), len, dir, 0);
	return iaa_map_other(dev, addr, len, dir, bounce);
}

static inline enum dma_data_direction iaa_dst_dir(bool readback)
{
	return readback ? DMA_BIDIRECTIONAL : DMA_FROM_DEVICE;
}

/**
 * iaa_req_map() - map both sides of a request
 * @wq: the queue that it is for
 * @req: its DMA addresses are set; its verify says whether the device will also read
 *	the destination
 *
 * Context: under rcu_read_lock(); does not sleep.
 * Return: 0, or -ENOMEM and nothing is mapped.
 */
static __always_inline int iaa_req_map(struct iaa_wq *wq, struct iaa_comp_req *req)
{
	struct device *dev = wq->dma_dev;

	req->src_bounce = NULL;
	req->dst_bounce = NULL;

	req->src_dma = iaa_map(dev, (void *)req->src, req->slen, DMA_TO_DEVICE,
			       &req->src_bounce);
	if (unlikely(dma_mapping_error(dev, req->src_dma)))
		goto err_free;

	req->dst_dma = iaa_map(dev, req->dst, req->dlen, iaa_dst_dir(req->verify),
			       &req->dst_bounce);
	if (unlikely(dma_mapping_error(dev, req->dst_dma)))
		goto err_unmap;
	return 0;

err_unmap:
	dma_unmap_phys(dev, req->src_dma, req->slen, DMA_TO_DEVICE, 0);
err_free:
	iaa_bounce_free(req);
	return -ENOMEM;
}

#endif /* _IAA_MAP_H */
