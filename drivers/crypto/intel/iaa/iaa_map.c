// SPDX-License-Identifier: GPL-2.0
/*
 * From kernel addresses to what a device can reach.
 *
 * A device wants one stretch of DMA addresses. The linear map is one, and so
 * is a piece of vmalloc memory within a page; anything else, such as a vmalloc
 * buffer across pages or a stack, goes through a bounce buffer. Nothing here
 * sleeps or enters reclaim: what can't be mapped is software's.
 */
#include <linux/dma-mapping.h>
#include <linux/mm.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "iaa_map.h"

/* The longest buffer worth a copy; a compound allocation of this is cheap */
#define IAA_BOUNCE_MAX	SZ_16K

static void *iaa_bounce_alloc(unsigned int len)
{
	if (len > IAA_BOUNCE_MAX)
		return NULL;
	return kmalloc(len, GFP_NOWAIT | __GFP_NOWARN | __GFP_NOMEMALLOC);
}

/* The page behind @addr if the @len bytes there are one stretch, else NULL */
static struct page *iaa_one_page(const void *addr, unsigned int len)
{
	if (!is_vmalloc_addr(addr) || object_is_on_stack(addr) ||
	    offset_in_page(addr) + len > PAGE_SIZE)
		return NULL;
	return vmalloc_to_page(addr);
}

/**
 * iaa_map_other() - map a buffer that is not in the linear map
 * @dev: the device
 * @addr: the buffer
 * @len: its bytes
 * @dir: what the device does with it
 * @bounce: set to what the device uses instead, if it does
 *
 * Context: any.
 * Return: its DMA address, or DMA_MAPPING_ERROR.
 */
dma_addr_t iaa_map_other(struct device *dev, void *addr, unsigned int len,
			 enum dma_data_direction dir, void **bounce)
{
	struct page *page;

	if (virt_addr_valid(addr))
		return dma_map_phys(dev, virt_to_phys(addr), len, dir, 0);

	page = iaa_one_page(addr, len);
	if (page)
		return dma_map_phys(dev, page_to_phys(page) + offset_in_page(addr),
				    len, dir, 0);

	*bounce = iaa_bounce_alloc(len);
	if (!*bounce)
		return DMA_MAPPING_ERROR;
	if (dir == DMA_TO_DEVICE)
		memcpy(*bounce, addr, len);
	return dma_map_phys(dev, virt_to_phys(*bounce), len, dir, 0);
}

/* The uncompressed side may be a page of a batch, the compressed one in a buffer */
static __always_inline dma_addr_t
iaa_map_plain(struct iaa_wq *wq, struct iaa_comp_req *req, const void *addr,
	      unsigned int len, enum dma_data_direction dir)
{
	if (!req->batch || len > PAGE_SIZE)
		return DMA_MAPPING_ERROR;
	return iaa_batch_map(req->batch, &wq->dev->dma, &wq->batches, addr, dir);
}

static __always_inline dma_addr_t
iaa_map_packed(struct iaa_wq *wq, struct iaa_comp_req *req, const void *addr,
	       unsigned int len)
{
	if (!req->buf || req->buf->addr != addr || len > PAGE_SIZE)
		return DMA_MAPPING_ERROR;
	return iaa_buf_map(req->buf, &wq->dev->dma);
}

static dma_addr_t iaa_map_alone(struct iaa_wq *wq, void *addr, unsigned int len,
				enum dma_data_direction dir, void **bounce)
{
	iaa_stat_inc(IAA_STAT_MAPPED_ALONE);
	return iaa_map(wq->dma_dev, addr, len, dir, bounce);
}

/**
 * iaa_req_map_translated() - map both sides of a request behind an IOMMU
 * @wq: the queue
 * @req: the request
 *
 * Context: under rcu_read_lock(); does not sleep.
 * Return: as iaa_req_map().
 */
int iaa_req_map_translated(struct iaa_wq *wq, struct iaa_comp_req *req)
{
	bool compress = req->op == IAA_OP_COMPRESS;

	req->src_bounce = NULL;
	req->dst_bounce = NULL;
	req->src_dma = compress ?
		       iaa_map_plain(wq, req, req->src, req->slen, DMA_TO_DEVICE) :
		       iaa_map_packed(wq, req, req->src, req->slen);
	if (req->src_dma != DMA_MAPPING_ERROR)
		req->kept |= IAA_KEPT_SRC;
	else
		req->src_dma = iaa_map_alone(wq, (void *)req->src, req->slen,
					     DMA_TO_DEVICE, &req->src_bounce);
	if (unlikely(dma_mapping_error(wq->dma_dev, req->src_dma)))
		goto err_free;

	req->dst_dma = compress ?
		       iaa_map_packed(wq, req, req->dst, req->dlen) :
		       iaa_map_plain(wq, req, req->dst, req->dlen, DMA_FROM_DEVICE);
	if (req->dst_dma != DMA_MAPPING_ERROR)
		req->kept |= IAA_KEPT_DST;
	else
		req->dst_dma = iaa_map_alone(wq, req->dst, req->dlen,
					     iaa_dst_dir(req->verify), &req->dst_bounce);
	if (likely(!dma_mapping_error(wq->dma_dev, req->dst_dma)))
		return 0;

	if (!(req->kept & IAA_KEPT_SRC))
		dma_unmap_phys(wq->dma_dev, req->src_dma, req->slen, DMA_TO_DEVICE, 0);
err_free:
	req->kept = 0;
	iaa_bounce_free(req);
	return -ENOMEM;
}

/**
 * iaa_bounce_free() - free what a device used instead of a request's buffers
 * @req: the request
 */
void iaa_bounce_free(struct iaa_comp_req *req)
{
	kfree(req->src_bounce);
	kfree(req->dst_bounce);
}

/**
 * iaa_req_unmap() - end what iaa_req_map() began
 * @dev: the device that it was called for
 * @req: the request
 * @readback: as then
 *
 * Of no use where dma_need_unmap() says so.
 */
void iaa_req_unmap(struct device *dev, struct iaa_comp_req *req, bool readback)
{
	if (!(req->kept & IAA_KEPT_SRC))
		dma_unmap_phys(dev, req->src_dma, req->slen, DMA_TO_DEVICE, 0);
	if (!(req->kept & IAA_KEPT_DST))
		dma_unmap_phys(dev, req->dst_dma, req->dlen, iaa_dst_dir(readback), 0);
}

/**
 * iaa_req_unbounce() - give back what the device used instead of the buffers
 * @req: a request that is no longer mapped
 * @produced: bytes at the destination that count
 */
void iaa_req_unbounce(struct iaa_comp_req *req, unsigned int produced)
{
	if (req->dst_bounce && produced)
		memcpy(req->dst, req->dst_bounce, produced);
	iaa_bounce_free(req);
}
