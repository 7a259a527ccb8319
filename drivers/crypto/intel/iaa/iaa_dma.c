// SPDX-License-Identifier: GPL-2.0
/*
 * What stays mapped for a while, for devices whose addresses an IOMMU translates:
 * buffers, as long as buffer and device are there; and the pages of a batch, until
 * the batch ends.
 *
 * A device maps the pages of a batch when it first needs one, together with those of
 * its group that continue in memory. What unmapping costs is mostly the invalidation,
 * unless that is left for later (lazy); and dma_iova_unlink() never leaves it for
 * later. So with a lazy IOMMU pages that continue in memory are one mapping, as any
 * driver would have it; all others are linked into one range of addresses for each
 * device, and go at once.
 *
 * IAA is a part of x86 processors, where DMA is coherent, and what is mapped here is
 * whole pages, which nothing bounces: CPU caches need nothing.
 */
#include <linux/atomic.h>
#include <linux/cleanup.h>
#include <linux/dma-mapping.h>
#include <linux/export.h>
#include <linux/iommu.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "iaa_dma.h"

#define IAA_BUF_ATTRS	DMA_ATTR_SKIP_CPU_SYNC
/* Buffers that are unmapped without giving way to others */
#define IAA_BUF_UNMAPS	32

unsigned int iaa_translating __read_mostly;	/* devices */
EXPORT_SYMBOL_GPL(iaa_translating);

static unsigned int iaa_next_home;

/* Protects the two above, the lists of buffers, and which maps are in use. */
static DEFINE_SPINLOCK(iaa_dma_lock);

/**
 * iaa_dma_init() - find out whether a device's addresses are translated
 * @dma: filled in
 * @dev: the device
 *
 * Context: process; does not sleep.
 * Return: true if they are; then iaa_dma_exit() is due.
 */
bool iaa_dma_init(struct iaa_dma *dma, struct device *dev)
{
#ifdef CONFIG_IOMMU_DMA
	struct iommu_domain *domain = iommu_get_domain_for_dev(dev);

	dma->dev = dev;
	INIT_LIST_HEAD(&dma->bufs);
	if (!domain || !iommu_is_dma_domain(domain))
		return false;
	dma->lazy = domain->type == IOMMU_DOMAIN_DMA_FQ;

	guard(spinlock)(&iaa_dma_lock);
	dma->home = iaa_next_home++ % IAA_COMP_BUF_MAPS;
	WRITE_ONCE(iaa_translating, iaa_translating + 1);
	return true;
#else
	return false;
#endif
}
EXPORT_SYMBOL_NS_GPL(iaa_dma_init, "IAA_COMP");

static void iaa_buf_unmap_one(struct iaa_buf_map *map)
{
	lockdep_assert_held(&iaa_dma_lock);
	dma_unmap_phys(map->dma->dev, map->addr, PAGE_SIZE, DMA_BIDIRECTIONAL,
		       IAA_BUF_ATTRS);
	list_del(&map->node);
	WRITE_ONCE(map->dma, NULL);
}

/* Some of a device's buffers: true if there may be more */
static bool iaa_bufs_unmap(struct iaa_dma *dma)
{
	struct iaa_buf_map *map;
	unsigned int i;

	guard(spinlock)(&iaa_dma_lock);
	for (i = 0; i < IAA_BUF_UNMAPS; i++) {
		map = list_first_entry_or_null(&dma->bufs, struct iaa_buf_map, node);
		if (!map)
			return false;
		iaa_buf_unmap_one(map);
	}
	return true;
}

/**
 * iaa_dma_fence() - keep a device that can't be stopped from buffers
 * @dma: a device none of whose queues is live, after a grace period
 *
 * Requests that it has are given back after this; see iaa_batch_fence(), too.
 *
 * Context: process, sleeps.
 */
void iaa_dma_fence(struct iaa_dma *dma)
{
	WRITE_ONCE(dma->fenced, true);
	while (iaa_bufs_unmap(dma))
		cond_resched();
}
EXPORT_SYMBOL_NS_GPL(iaa_dma_fence, "IAA_COMP");

/**
 * iaa_dma_exit() - unmap all buffers that a device has
 * @dma: a device that iaa_dma_init() said is translated, with nothing in flight
 *
 * Context: process, sleeps.
 */
void iaa_dma_exit(struct iaa_dma *dma)
{
	while (iaa_bufs_unmap(dma))
		cond_resched();

	guard(spinlock)(&iaa_dma_lock);
	WRITE_ONCE(iaa_translating, iaa_translating - 1);
}
EXPORT_SYMBOL_NS_GPL(iaa_dma_exit, "IAA_COMP");

/**
 * iaa_comp_buf_unmap() - end the mappings of a buffer
 * @buf: a buffer that no request uses; @buf->addr may be freed or changed then
 *
 * Context: process; does not sleep.
 */
void iaa_comp_buf_unmap(struct iaa_comp_buf *buf)
{
	unsigned int i;

	guard(spinlock)(&iaa_dma_lock);
	for (i = 0; i < IAA_COMP_BUF_MAPS; i++)
		if (buf->map[i].dma)
			iaa_buf_unmap_one(&buf->map[i]);
}
EXPORT_SYMBOL_GPL(iaa_comp_buf_unmap);

/*
 * Where all maps are in use one has to go. Nobody uses it: the only request that the
 * buffer is in is the caller's, which is not in flight.
 */
static noinline dma_addr_t iaa_buf_map_first(struct iaa_comp_buf *buf,
					     struct iaa_dma *dma)
{
	struct iaa_buf_map *map;
	unsigned int i;

	if (!PAGE_ALIGNED(buf->addr) || !iaa_in_linear_map(buf->addr))
		return DMA_MAPPING_ERROR;

	guard(spinlock)(&iaa_dma_lock);
	map = &buf->map[dma->home];
	for (i = 0; i < IAA_COMP_BUF_MAPS && map->dma; i++)
		map = &buf->map[i];
	if (map->dma) {
		map = &buf->map[buf->victim++ % IAA_COMP_BUF_MAPS];
		iaa_buf_unmap_one(map);
	}
	map->addr = dma_map_phys(dma->dev, virt_to_phys(buf->addr), PAGE_SIZE,
				 DMA_BIDIRECTIONAL, IAA_BUF_ATTRS);
	if (dma_mapping_error(dma->dev, map->addr))
		return DMA_MAPPING_ERROR;
	list_add(&map->node, &dma->bufs);
	WRITE_ONCE(map->dma, dma);
	return map->addr;
}

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
dma_addr_t iaa_buf_map(struct iaa_comp_buf *buf, struct iaa_dma *dma)
{
	const struct iaa_buf_map *map = &buf->map[dma->home];
	unsigned int i;

	if (likely(READ_ONCE(map->dma) == dma))
		return map->addr;
	for (i = 0; i < IAA_COMP_BUF_MAPS; i++)
		if (READ_ONCE(buf->map[i].dma) == dma)
			return buf->map[i].addr;
	return iaa_buf_map_first(buf, dma);
}
EXPORT_SYMBOL_NS_GPL(iaa_buf_map, "IAA_COMP");

/**
 * iaa_comp_batch_add() - name the next pages of a batch
 * @batch: the batch, none of whose requests was submitted; beyond IAA_COMP_BATCH_MAX
 *	pages it takes no more
 * @page: address of the first; what is no page of the linear map is mapped for its
 *	request alone
 * @nr: how many, which follow each other in memory
 *
 * Context: any.
 */
void iaa_comp_batch_add(struct iaa_comp_batch *batch, void *page, unsigned int nr)
{
	if (WARN_ON_ONCE(batch->nr_maps) || !PAGE_ALIGNED(page) ||
	    !iaa_in_linear_map(page))
		return;
	for (; nr && batch->nr < IAA_COMP_BATCH_MAX; nr--, page += PAGE_SIZE)
		batch->page[batch->nr++] = page;
}
EXPORT_SYMBOL_GPL(iaa_comp_batch_add);

/* What was linked goes by dma_iova_destroy() or dma_iova_unlink() */
static void iaa_batch_unmap_runs(struct iaa_comp_batch *batch, struct iaa_batch_map *map)
{
	unsigned int i;

	for (i = 0; i < batch->nr; i += map->run[i] ?: 1)
		if (map->run[i])
			dma_unmap_phys(map->dma->dev, map->addr[i],
				       map->run[i] * PAGE_SIZE, batch->dir, 0);
}

static void iaa_batch_unmap(struct iaa_comp_batch *batch, struct iaa_batch_map *map)
{
	struct device *dev = map->dma->dev;

	if (dma_use_iova(&map->iova))
		dma_iova_destroy(dev, &map->iova, map->linked * PAGE_SIZE,
				 batch->dir, 0);
	iaa_batch_unmap_runs(batch, map);
	memset(&map->iova, 0, sizeof(map->iova));
	map->linked = 0;
	memset(map->run, 0, sizeof(map->run));
}

/**
 * iaa_comp_batch_end() - unmap the pages of a batch
 * @batch: the batch, all of whose requests are retired; it is empty then
 *
 * Context: any.
 */
void iaa_comp_batch_end(struct iaa_comp_batch *batch)
{
	struct iaa_batch_map *map;

	for (map = batch->map; batch->nr_maps; batch->nr_maps--, map++) {
		iaa_batch_unmap(batch, map);
		/* Pairs with atomic_read_acquire() where its queue is drained */
		atomic_fetch_dec_release(map->users);
	}
	batch->nr = 0;
	batch->next = 0;
	batch->last = 0;
}
EXPORT_SYMBOL_GPL(iaa_comp_batch_end);

/**
 * iaa_batch_fence() - keep a device that can't be stopped from the pages of a batch
 * @batch: the batch; what it has on the device is given back
 * @dma: the device
 *
 * Context: any; the batch's owner.
 */
void iaa_batch_fence(struct iaa_comp_batch *batch, struct iaa_dma *dma)
{
	struct iaa_batch_map *map;

	for (map = batch->map; map < batch->map + batch->nr_maps; map++)
		if (map->dma == dma)
			iaa_batch_unmap(batch, map);
}
EXPORT_SYMBOL_NS_GPL(iaa_batch_fence, "IAA_COMP");

/* Which page of a batch, or -1; requests come in the order of the pages */
static int iaa_batch_find(struct iaa_comp_batch *batch, const void *addr)
{
	unsigned int i, at = batch->next;

	for (i = 0; i <= batch->nr; i++, at++) {
		if (at >= batch->nr)
			at = 0;
		if (likely(batch->page[at] == addr)) {
			batch->next = at + 1;
			return at;
		}
	}
	return -1;
}

/* What a device has of a batch; NULL if the batch is on too many others */
static struct iaa_batch_map *iaa_batch_on(struct iaa_comp_batch *batch,
					  struct iaa_dma *dma, atomic_t *users)
{
	struct iaa_batch_map *map;
	unsigned int i;

	for (i = 0; i < batch->nr_maps; i++) {
		if (batch->map[i].dma != dma)
			continue;
		batch->last = i;
		return &batch->map[i];
	}
	if (i == IAA_COMP_BATCH_MAPS)
		return NULL;

	batch->last = i;
	map = &batch->map[i];
	atomic_inc(users);
	*map = (struct iaa_batch_map){ .dma = dma, .users = users };
	memset(map->addr, 0xff, sizeof(map->addr));
	static_assert(DMA_MAPPING_ERROR == (dma_addr_t)-1);
	batch->nr_maps++;
	return map;
}

/* Pages from this one on that continue in memory, in its group, and are not mapped yet */
static unsigned int iaa_batch_run(const struct iaa_comp_batch *batch,
				  const struct iaa_batch_map *map, unsigned int page)
{
	unsigned int i = page + 1;

	while (i < batch->nr && i % IAA_BATCH_GROUP &&
	       map->addr[i] == DMA_MAPPING_ERROR &&
	       batch->page[i] == batch->page[i - 1] + PAGE_SIZE)
		i++;
	return i - page;
}

static dma_addr_t iaa_batch_link(struct iaa_comp_batch *batch,
				 struct iaa_batch_map *map, unsigned int page,
				 unsigned int nr)
{
	size_t offset = map->linked * PAGE_SIZE, size = nr * PAGE_SIZE;
	struct device *dev = map->dma->dev;

	if (!dma_use_iova(&map->iova) &&
	    !dma_iova_try_alloc(dev, &map->iova, 0, batch->nr * PAGE_SIZE))
		return DMA_MAPPING_ERROR;
	if (dma_iova_link(dev, &map->iova, virt_to_phys(batch->page[page]),
			  offset, size, batch->dir, 0))
		return DMA_MAPPING_ERROR;
	if (dma_iova_sync(dev, &map->iova, offset, size)) {
		dma_iova_unlink(dev, &map->iova, offset, size, batch->dir, 0);
		return DMA_MAPPING_ERROR;
	}
	map->linked += nr;
	return map->iova.addr + offset;
}

static void iaa_batch_map_run(struct iaa_comp_batch *batch,
			      struct iaa_batch_map *map, unsigned int page)
{
	unsigned int nr = iaa_batch_run(batch, map, page), i;
	struct device *dev = map->dma->dev;
	dma_addr_t addr;

	if (map->dma->lazy && nr > 1) {
		addr = dma_map_phys(dev, virt_to_phys(batch->page[page]),
				    nr * PAGE_SIZE, batch->dir, 0);
		if (dma_mapping_error(dev, addr))
			return;
		map->run[page] = nr;
	} else {
		addr = iaa_batch_link(batch, map, page, nr);
		if (addr == DMA_MAPPING_ERROR)
			return;
	}
	for (i = 0; i < nr; i++)
		map->addr[page + i] = addr + i * PAGE_SIZE;
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
 * Context: under rcu_read_lock(); does not sleep.
 * Return: the address, or DMA_MAPPING_ERROR: not a page of the batch, or the only
 * one, or no addresses, or no memory to map them.
 */
dma_addr_t iaa_batch_map(struct iaa_comp_batch *batch, struct iaa_dma *dma,
			 atomic_t *users, const void *addr,
			 enum dma_data_direction dir)
{
	struct iaa_batch_map *map = &batch->map[batch->last];
	int page = iaa_batch_find(batch, addr);

	if (unlikely(page < 0))
		return DMA_MAPPING_ERROR;
	if (unlikely(!batch->nr_maps || map->dma != dma)) {
		if (batch->nr < 2 || (batch->nr_maps && batch->dir != dir))
			return DMA_MAPPING_ERROR;
		batch->dir = dir;
		map = iaa_batch_on(batch, dma, users);
		if (!map)
			return DMA_MAPPING_ERROR;
	}
	if (map->addr[page] == DMA_MAPPING_ERROR)
		iaa_batch_map_run(batch, map, page);
	return map->addr[page];
}
EXPORT_SYMBOL_NS_GPL(iaa_batch_map, "IAA_COMP");
