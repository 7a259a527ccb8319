// SPDX-License-Identifier: GPL-2.0
/*
 * Storing the pages of a folio in zswap, up to eight at once: entries are allocated
 * in bulk, and stored by one pass over the xarray, under one lock of the LRU, while
 * the compressor works on the pages that follow.
 */
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/zsmalloc.h>
#include <linux/zswap.h>

#include "zswap_internal.h"

/*
 * zswap_store_batch.c calls these functions, too. Here they are inlined, for a call
 * costs a page that is stored by itself more than the little that there is to do.
 */

/* Entries for up to @nr pages; fewer when memory is short, 0 if there is none. */
__always_inline unsigned int zswap_entries_alloc(struct zswap_entry **entries,
						 unsigned int nr)
{
	if (nr > 1 && kmem_cache_alloc_bulk(zswap_entry_cache, GFP_KERNEL, nr,
					    (void **)entries))
		return nr;

	entries[0] = kmem_cache_alloc(zswap_entry_cache, GFP_KERNEL);
	return entries[0] ? 1 : 0;
}

/* zswap_lru_add() for entries that share node and memcg */
static void zswap_lru_add_many(struct zswap_entry **entries, unsigned int nr)
{
	struct list_lru_one *l;
	struct mem_cgroup *memcg;
	int nid = entries[0]->nid;
	unsigned int i;

	rcu_read_lock();
	memcg = mem_cgroup_from_entry(entries[0]);
	l = list_lru_lock(&zswap_list_lru, nid, &memcg);
	for (i = 0; i < nr; i++)
		__list_lru_add(&zswap_list_lru, l, &entries[i]->lru, nid, memcg);
	list_lru_unlock(l);
	rcu_read_unlock();
}

/*
 * Put entries into the tree, at @swpentry and the offsets after it.
 *
 * Return: how many are in the tree now, less than @nr if memory was short.
 */
__always_inline unsigned int zswap_tree_store(struct zswap_entry **entries,
					      unsigned int nr,
					      swp_entry_t swpentry)
{
	XA_STATE(xas, swap_zswap_tree(swpentry), swp_offset(swpentry));
	unsigned int stored = 0;

	do {
		xas_lock(&xas);
		while (stored < nr) {
			struct zswap_entry *old = xas_store(&xas, entries[stored]);

			if (xas_error(&xas))
				break;
			/* An earlier swap-out of this page, out of date since */
			if (old)
				zswap_entry_free(old);
			if (++stored < nr)
				xas_next(&xas);
		}
		xas_unlock(&xas);
	} while (xas_nomem(&xas, GFP_KERNEL));

	return stored;
}

/*
 * Reclaim must not be entered here, which may need the compressor that is locked.
 * Few callers are not in reclaim already.
 */
static void zswap_entries_charge(struct zswap_entry **entries, unsigned int nr,
				 struct obj_cgroup *objcg)
{
	unsigned int i, noreclaim = memalloc_noreclaim_save();

	for (i = 0; i < nr; i++) {
		obj_cgroup_get(objcg);
		obj_cgroup_charge_zswap(objcg, entries[i]->length);
	}
	memalloc_noreclaim_restore(noreclaim);
}

/*
 * Nothing fails from here on: account for entries that are in the tree, and hand them
 * to writeback. zswap_entry_free() undoes all of it.
 *
 * They are in the tree before they are complete, which nobody sees: stores and
 * invalidations of these slots hold the folio's lock, and writeback finds entries by
 * the LRU. So the LRU comes last.
 */
__always_inline void zswap_entries_publish(struct zswap_entry **entries,
					   unsigned int nr, swp_entry_t swpentry,
					   int nid, struct zswap_pool *pool,
					   struct obj_cgroup *objcg)
{
	unsigned int i, incompressible = 0;

	percpu_ref_get_many(&pool->ref, nr);
	if (objcg)
		zswap_entries_charge(entries, nr, objcg);
	for (i = 0; i < nr; i++) {
		struct zswap_entry *entry = entries[i];

		entry->pool = pool;
		entry->swpentry = swpentry;
		entry->objcg = objcg;
		entry->nid = nid;
		entry->referenced = true;
		INIT_LIST_HEAD(&entry->lru);
		swpentry.val++;
		if (entry->length == PAGE_SIZE)
			incompressible++;
	}
	atomic_long_add(nr, &zswap_stored_pages);
	if (incompressible)
		atomic_long_add(incompressible,
				&zswap_stored_incompressible_pages);
	if (nr == 1)
		zswap_lru_add(entries[0]);
	else
		zswap_lru_add_many(entries, nr);
}

/* Free entries that are not in the tree, of which the first @filled have data */
void zswap_entries_drop(struct zswap_entry **entries, unsigned int nr,
			unsigned int filled, struct zswap_pool *pool)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (i < filled)
			zs_free(pool->zs_pool, entries[i]->handle);
		zswap_entry_cache_free(entries[i]);
	}
}

/**
 * zswap_store_folio() - store the pages of a folio
 * @folio: locked, in the swap cache
 * @pool: where to; the caller has a reference
 * @objcg: what they are charged to, or NULL
 *
 * Return: true if all are stored; after a failure the caller removes those that
 * were.
 */
bool zswap_store_folio(struct folio *folio, struct zswap_pool *pool,
		       struct obj_cgroup *objcg)
{
	struct zswap_entry *entries[ZSWAP_MAX_BATCH] __uninitialized;
	unsigned long nr_pages = folio_nr_pages(folio), index = 0;
	swp_entry_t swpentry = folio->swap;
	struct zswap_comp_run run;
	int nid = folio_nid(folio);

	zswap_comp_begin(&pool->comp, folio, NULL, nr_pages, &run);
	do {
		unsigned int nr, filled, stored = 0;

		nr = zswap_entries_alloc(entries,
					 min(nr_pages - index, ZSWAP_MAX_BATCH));
		if (!nr) {
			zswap_count(&zswap_reject_kmemcache_fail, 1);
			break;
		}

		filled = zswap_entries_fill(entries, nr, folio, index, pool, &run);
		if (filled == nr) {
			stored = zswap_tree_store(entries, nr, swpentry);
			if (stored < nr)
				zswap_count(&zswap_reject_alloc_fail, 1);
		}
		if (stored)
			zswap_entries_publish(entries, stored, swpentry, nid,
					      pool, objcg);
		if (stored < nr) {
			zswap_entries_drop(entries + stored, nr - stored,
					   filled - stored, pool);
			break;
		}
		swpentry.val += nr;
		index += nr;
	} while (index < nr_pages);
	zswap_comp_end(&run);

	return index == nr_pages;
}
