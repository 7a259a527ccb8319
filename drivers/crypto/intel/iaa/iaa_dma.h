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

/*
 * Pages of a batch that go to one device, if it can be, since it maps them together.
 * Mapping costs as much again on each further one.
 */
#define IAA_BATCH_GROUP		8

/**
 * struct iaa_dma - a device whose addresses are translated
 * @dev: the device
 * @bufs: its maps of buffers
 * @home: which of a buffer's maps it takes, unless another device has it
 * @lazy: what is unmapped is invalidated later, if no dma_iova_*() is used
 * @fenced: it can't be stopped, and must not reach what others use now
 */
struct iaa_dma {
	struct device *dev;
	struct list_head bufs;
	unsigned int home;
	bool lazy;
	bool fenced;
};

bool iaa_dma_init(struct iaa_dma *dma, struct device *dev);
void iaa_dma_fence(struct iaa_dma *dma);
void iaa_dma_exit(struct iaa_dma *dma);
dma_addr_t iaa_buf_map(struct iaa_comp_buf *buf, struct iaa_dma *dma);
dma_addr_t iaa_batch_map(struct iaa_comp_batch *batch, struct iaa_dma *dma,
			 atomic_t *users, const void *addr,
			 enum dma_data_direction dir);
void iaa_batch_fence(struct iaa_comp_batch *batch, struct iaa_dma *dma);

/**
 * iaa_batch_stays() - whether the next page should go to the device of the last one
 * @batch: a batch, with a page that was just mapped
 *
 * Return: true if that page is not the last one of its group.
 */
static inline bool iaa_batch_stays(const struct iaa_comp_batch *batch)
{
	return batch->next % IAA_BATCH_GROUP;
}

/* Where nearly all buffers are, found without looking for the page's section */
static inline bool iaa_in_linear_map(const void *addr)
{
	return (unsigned long)addr >= PAGE_OFFSET && addr < high_memory;
}

#endif /* _IAA_DMA_H */
