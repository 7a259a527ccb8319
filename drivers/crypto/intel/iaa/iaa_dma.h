/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What stays mapped for a device behind an IOMMU: see iaa_dma.c.
 */
#ifndef _IAA_DMA_H
#define _IAA_DMA_H

#include <linux/iaa_comp_dma.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/types.h>

struct device;

/**
 * struct iaa_dma - a device whose addresses are translated
 * @dev: the device
 * @bufs: its maps of buffers
 * @home: which of a buffer's maps it takes, unless another device has it
 * @fenced: it can't be stopped, and must not reach what others use now
 */
struct iaa_dma {
	struct device *dev;
	struct list_head bufs;
	unsigned int home;
	bool fenced;
};

bool iaa_dma_init(struct iaa_dma *dma, struct device *dev);
void iaa_dma_flush(struct iaa_dma *dma);
void iaa_dma_fence(struct iaa_dma *dma);
void iaa_dma_exit(struct iaa_dma *dma);
dma_addr_t iaa_buf_map_slow(struct iaa_comp_buf *buf, struct iaa_dma *dma);
dma_addr_t iaa_batch_map_slow(struct iaa_comp_batch *batch, struct iaa_dma *dma,
			      atomic_t *users, const void *addr,
			      enum dma_data_direction dir);
void iaa_batch_fence(struct iaa_comp_batch *batch);

/**
 * iaa_buf_map() - find a buffer's address on a device
 * @buf: the buffer, which the caller's request is about to use
 * @dma: a device with a queue that is live, which the caller keeps by RCU
 *
 * Mapped by the first request that needs it. A map of @dma can't go meanwhile: it goes
 * with the device, or the buffer.
 *
 * Context: under rcu_read_lock(); does not sleep.
 * Return: the address, or DMA_MAPPING_ERROR.
 */
static inline dma_addr_t iaa_buf_map(struct iaa_comp_buf *buf, struct iaa_dma *dma)
{
	const struct iaa_buf_map *map = &buf->map[dma->home];

	if (likely(READ_ONCE(map->dma) == dma))
		return map->addr;
	return iaa_buf_map_slow(buf, dma);
}

/**
 * iaa_batch_map() - find the address of a batch's page on a device
 * @batch: the batch
 * @dma: the device
 * @users: raised until the batch ends, if it was not in use by @dma yet: a count of
 *	the queue that the request is for
 * @addr: the page
 * @dir: what the device does with it
 *
 * Pages come in the order in which they were named, nearly always, and are mapped with
 * the first one of their group.
 *
 * Context: under rcu_read_lock(); does not sleep.
 * Return: the address, or DMA_MAPPING_ERROR: not a page of the batch, or the only
 * one, or no addresses, or no memory to map them.
 */
static inline dma_addr_t iaa_batch_map(struct iaa_comp_batch *batch,
				       struct iaa_dma *dma, atomic_t *users,
				       const void *addr,
				       enum dma_data_direction dir)
{
	unsigned int page = batch->next;

	if (likely(page < batch->end && batch->page[page] == addr &&
		   batch->dma == dma)) {
		batch->next = page + 1;
		return batch->base + page * PAGE_SIZE;
	}
	return iaa_batch_map_slow(batch, dma, users, addr, dir);
}

/**
 * iaa_batch_stays() - whether the next page should go to the device of the last one
 * @batch: a batch, with a page that was just mapped
 *
 * Return: true if that page is not the last one of its group.
 */
static inline bool iaa_batch_stays(const struct iaa_comp_batch *batch)
{
	return batch->next % IAA_COMP_BATCH_GROUP;
}

/* Where nearly all buffers are, found without looking for the page's section */
static inline bool iaa_in_linear_map(const void *addr)
{
	return (unsigned long)addr >= PAGE_OFFSET && addr < high_memory;
}

#endif /* _IAA_DMA_H */
