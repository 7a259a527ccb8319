// SPDX-License-Identifier: GPL-2.0
/*
 * What stays mapped for a while, for devices whose addresses an IOMMU translates:
 * buffers, as long as buffer and device are there; and the pages of a batch, until
 * the batch ends.
 *
 * A device maps the pages of a batch when it first needs one, together with the rest
 * of that one's group, as a scatterlist: the pages may be anywhere, and get one range of
 * addresses, which goes at once, too. Most of what unmapping costs is the invalidation;
 * a group has one, which is left for later where the IOMMU is lazy.
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
#include <linux/scatterlist.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

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
 * iaa_dma_flush() - have the IOMMU forget what was unmapped
 * @dma: a device that is fenced
 *
 * A lazy one would let the device reach it for some more milliseconds.
 *
 * Context: any.
 */
void iaa_dma_flush(struct iaa_dma *dma)
{
	struct iommu_domain *domain = iommu_get_domain_for_dev(dma->dev);

	if (domain)
		iommu_flush_iotlb_all(domain);
}
EXPORT_SYMBOL_NS_GPL(iaa_dma_flush, "IAA_COMP");

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
	iaa_dma_flush(dma);
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
 * iaa_buf_map_slow() - iaa_buf_map() for a map that is not at its home, or not yet made
 * @buf: the buffer
 * @dma: the device
 *
 * Context: under rcu_read_lock(); does not sleep.
 * Return: the address, or DMA_MAPPING_ERROR.
 */
dma_addr_t iaa_buf_map_slow(struct iaa_comp_buf *buf, struct iaa_dma *dma)
{
	unsigned int i;

	for (i = 0; i < IAA_COMP_BUF_MAPS; i++)
		if (READ_ONCE(buf->map[i].dma) == dma)
			return buf->map[i].addr;
	return iaa_buf_map_first(buf, dma);
}
EXPORT_SYMBOL_NS_GPL(iaa_buf_map_slow, "IAA_COMP");

/**
 * iaa_comp_batch_add() - name the next pages of a batch
 * @batch: the batch, none of whose requests was submitted; beyond IAA_COMP_BATCH_MAX
 *	pages it takes no more
 * @pages: their addresses; what is no page of the linear map is mapped for its request
 *	alone
 * @nr: how many
 *
 * Context: any.
 */
void iaa_comp_batch_add(struct iaa_comp_batch *batch, const void *const *pages,
			unsigned int nr)
{
	unsigned int i, at = batch->nr;

	if (WARN_ON_ONCE(batch->nr_maps))
		return;
	for (i = 0; i < nr && at < IAA_COMP_BATCH_MAX; i++)
		if (PAGE_ALIGNED(pages[i]) && iaa_in_linear_map(pages[i]))
			batch->page[at++] = pages[i];
	batch->nr = at;
}
EXPORT_SYMBOL_GPL(iaa_comp_batch_add);

static void iaa_batch_unmap(struct iaa_comp_batch *batch, struct iaa_batch_map *map)
{
	struct iaa_batch_group *group;

	for (group = map->group; group < map->group + ARRAY_SIZE(map->group); group++) {
		if (group->nr)
			dma_unmap_sg(map->dma->dev, group->sg, group->ents, batch->dir);
		group->nr = 0;
	}
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
		if (unlikely(READ_ONCE(map->dma->fenced)))
			iaa_dma_flush(map->dma);
		/* Pairs with atomic_read_acquire() where its queue is drained */
		atomic_fetch_dec_release(map->users);
	}
	batch->nr = 0;
	batch->next = 0;
	batch->end = 0;
}
EXPORT_SYMBOL_GPL(iaa_comp_batch_end);

/**
 * iaa_batch_fence() - keep devices that can't be stopped from the pages of a batch
 * @batch: the batch; what it has on one that is fenced is given back
 *
 * Context: any; the batch's owner.
 */
void iaa_batch_fence(struct iaa_comp_batch *batch)
{
	struct iaa_batch_map *map;

	for (map = batch->map; map < batch->map + batch->nr_maps; map++) {
		if (!READ_ONCE(map->dma->fenced))
			continue;
		iaa_batch_unmap(batch, map);
		iaa_dma_flush(map->dma);
	}
	batch->end = 0;
}
EXPORT_SYMBOL_NS_GPL(iaa_batch_fence, "IAA_COMP");

/* Which page of a batch, from the one on that should come next; its end if it has none */
static unsigned int iaa_batch_find(struct iaa_comp_batch *batch, const void *addr)
{
	unsigned int i, at = batch->next;

	for (i = 0; i < batch->nr; i++, at++) {
		if (at >= batch->nr)
			at = 0;
		if (likely(batch->page[at] == addr))
			return at;
	}
	return batch->nr;
}

/* What a device has of a batch; NULL if the batch is on too many others */
static struct iaa_batch_map *iaa_batch_on(struct iaa_comp_batch *batch,
					  struct iaa_dma *dma, atomic_t *users,
					  enum dma_data_direction dir)
{
	struct iaa_batch_map *map;
	unsigned int i;

	for (map = batch->map; map < batch->map + batch->nr_maps; map++)
		if (map->dma == dma)
			return batch->dir == dir ? map : NULL;
	if (batch->nr_maps == IAA_COMP_BATCH_MAPS || batch->nr < 2)
		return NULL;
	if (batch->nr_maps && batch->dir != dir)
		return NULL;

	atomic_inc(users);
	batch->dir = dir;
	batch->nr_maps++;
	map->dma = dma;
	map->users = users;
	for (i = 0; i < ARRAY_SIZE(map->group); i++) {
		map->group[i].nr = 0;
		map->group[i].tried = false;
	}
	return map;
}

/* Less than sg_init_table() takes, which clears what no page needs, too */
static void iaa_sg_set(struct scatterlist *sg, const void *page)
{
	*sg = (struct scatterlist){};
	sg_set_page(sg, virt_to_page(page), PAGE_SIZE, 0);
}

/*
 * The rest of a page's group. An IOMMU makes one range of addresses of it. Should it be
 * several, or should there be no memory, each page is mapped alone.
 */
static void iaa_batch_map_group(struct iaa_comp_batch *batch, struct device *dev,
				struct iaa_batch_group *group, unsigned int first)
{
	unsigned int end = min(round_up(first + 1, IAA_COMP_BATCH_GROUP), batch->nr);
	struct scatterlist *sg = group->sg;
	unsigned int i, ents;

	group->tried = true;
	iaa_sg_set(sg, batch->page[first]);
	for (i = first + 1; i < end; i++) {
		if (batch->page[i] == batch->page[i - 1] + PAGE_SIZE)
			sg->length += PAGE_SIZE;
		else
			iaa_sg_set(++sg, batch->page[i]);
	}
	sg_mark_end(sg);
	group->ents = sg - group->sg + 1;

	ents = dma_map_sg_attrs(dev, group->sg, group->ents, batch->dir, DMA_ATTR_NO_WARN);
	if (!ents)
		return;
	if (ents > 1) {
		dma_unmap_sg(dev, group->sg, group->ents, batch->dir);
		return;
	}
	group->addr = sg_dma_address(group->sg);
	group->first = first;
	group->nr = end - first;
}

/**
 * iaa_batch_map_slow() - iaa_batch_map() for a page that isn't mapped, or comes out of turn
 * @batch: the batch
 * @dma: the device
 * @users: see iaa_batch_map()
 * @addr: the page
 * @dir: what the device does with it
 *
 * Context: under rcu_read_lock(); does not sleep.
 * Return: as iaa_batch_map().
 */
dma_addr_t iaa_batch_map_slow(struct iaa_comp_batch *batch, struct iaa_dma *dma,
			      atomic_t *users, const void *addr,
			      enum dma_data_direction dir)
{
	unsigned int page = iaa_batch_find(batch, addr);
	struct iaa_batch_group *group;
	struct iaa_batch_map *map;

	batch->end = 0;
	if (unlikely(page == batch->nr))
		return DMA_MAPPING_ERROR;
	batch->next = page + 1;
	map = iaa_batch_on(batch, dma, users, dir);
	if (!map)
		return DMA_MAPPING_ERROR;

	group = &map->group[page / IAA_COMP_BATCH_GROUP];
	if (!group->tried)
		iaa_batch_map_group(batch, dma->dev, group, page);
	if (page - group->first >= group->nr)
		return DMA_MAPPING_ERROR;

	batch->dma = dma;
	batch->base = group->addr - group->first * PAGE_SIZE;
	batch->end = group->first + group->nr;
	return batch->base + page * PAGE_SIZE;
}
EXPORT_SYMBOL_NS_GPL(iaa_batch_map_slow, "IAA_COMP");
