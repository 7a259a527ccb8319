/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What users of iaa_comp.h do so that pages need not be mapped one by one, where an
 * IOMMU translates what devices access. To map a page there, and to unmap it again, costs
 * as much as all the rest of a request.
 */
#ifndef _LINUX_IAA_COMP_DMA_H
#define _LINUX_IAA_COMP_DMA_H

#include <linux/compiler.h>
#include <linux/dma-mapping.h>
#include <linux/list.h>
#include <linux/scatterlist.h>
#include <linux/types.h>

struct iaa_dma;

/* Pages in a batch */
#define IAA_COMP_BATCH_MAX	16
/* Those that go to one device, if it can be, since it maps them at once */
#define IAA_COMP_BATCH_GROUP	8
/* Devices that map a batch; others map its pages for each request */
#define IAA_COMP_BATCH_MAPS	3
/*
 * Devices that keep a buffer mapped at a time. DMA debugging wants no more than seven
 * mappings of a cache line; one more may be a request's own.
 */
#define IAA_COMP_BUF_MAPS	6

/* private: pages of a batch that a device has mapped at once */
struct iaa_batch_group {
	dma_addr_t addr;			/* of the first */
	u8 first;
	u8 nr;					/* 0: none */
	u8 ents;				/* of @sg */
	bool tried;				/* no other mapping may be made */
	struct scatterlist sg[IAA_COMP_BATCH_GROUP];
};

/* private: what a device has of a batch */
struct iaa_batch_map {
	struct iaa_dma *dma;
	atomic_t *users;
	struct iaa_batch_group group[IAA_COMP_BATCH_MAX / IAA_COMP_BATCH_GROUP];
};

/* private: a device's address of a buffer */
struct iaa_buf_map {
	struct iaa_dma *dma;
	struct list_head node;
	dma_addr_t addr;
};

/**
 * struct iaa_comp_batch - pages that are mapped together
 *
 * A caller that has several pages to do names them first; devices map then several of
 * them at once, and all of them are unmapped at once:
 *
 *	if (iaa_comp_translated())
 *		iaa_comp_batch_add(&batch, pages, nr);
 *	for each page
 *		req->batch = &batch, iaa_comp_submit_...(req);
 *	retire all of them
 *	iaa_comp_batch_end(&batch);
 *
 * All pages of a batch are sources of compressions, or all are destinations of
 * decompressions. Until its end devices may access each page, also one whose request
 * is retired. A batch must end within a reasonable time, like a request: devices
 * that go wait for it. One that is zeroed is empty.
 */
struct iaa_comp_batch {
	/* private: */
	enum dma_data_direction dir;
	u8 nr;
	u8 next;	/* page that should come next */
	u8 end;		/* pages from @next up to this one are mapped by @dma, */
	u8 nr_maps;
	dma_addr_t base;	/* where page 0 would be at this address */
	struct iaa_dma *dma;
	const void *page[IAA_COMP_BATCH_MAX];
	struct iaa_batch_map map[IAA_COMP_BATCH_MAPS];
};

/**
 * struct iaa_comp_buf - a page of memory for compressed data, used again and again
 * @addr: the memory, in the linear map, and aligned; it may change while there is no
 *	mapping. Devices that use it may read what is in it.
 *
 * Each device that uses it maps it, and keeps the mapping until iaa_comp_buf_unmap(),
 * until the device goes, or until too many others want one. One that is zeroed has no
 * mapping.
 */
struct iaa_comp_buf {
	void *addr;

	/* private: */
	unsigned int victim;
	struct iaa_buf_map map[IAA_COMP_BUF_MAPS];
};

extern unsigned int iaa_translating;

/**
 * iaa_comp_translated() - whether batches and buffers gain anything
 *
 * Return: true if there is a device whose addresses are translated.
 */
static inline bool iaa_comp_translated(void)
{
	return READ_ONCE(iaa_translating);
}

void iaa_comp_batch_add(struct iaa_comp_batch *batch, const void *const *pages,
			unsigned int nr);
void iaa_comp_batch_end(struct iaa_comp_batch *batch);
void iaa_comp_buf_unmap(struct iaa_comp_buf *buf);

#endif /* _LINUX_IAA_COMP_DMA_H */
