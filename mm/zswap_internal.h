/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of zswap share: zswap.c, and zswap_store.c, zswap_load.c and
 * zswap_writeback.c, which take several pages at once. zswap_comp.h is below all
 * of them.
 */
#ifndef _MM_ZSWAP_INTERNAL_H
#define _MM_ZSWAP_INTERNAL_H

#include <linux/list.h>
#include <linux/list_lru.h>
#include <linux/memcontrol.h>
#include <linux/percpu-refcount.h>
#include <linux/swap.h>
#include <linux/swapops.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "zswap_comp.h"

struct swap_io_ctx;
struct zs_pool;

/*
 * The lock ordering is zswap_tree.lock -> zswap_pool.lru_lock.
 * The only case where lru_lock is not acquired while holding tree.lock is
 * when a zswap_entry is taken off the lru for writeback, in that case it
 * needs to be verified that it's still valid in the tree.
 */
struct zswap_pool {
	struct zs_pool *zs_pool;
	struct zswap_comp comp;
	struct percpu_ref ref;
	struct list_head list;
	struct work_struct release_work;
	char tfm_name[CRYPTO_MAX_ALG_NAME];
};

/*
 * struct zswap_entry
 *
 * This structure contains the metadata for tracking a single compressed
 * page within zswap.
 *
 * swpentry - associated swap entry, the offset indexes into the xarray
 * length - the length in bytes of the compressed page data.  Needed during
 *          decompression.
 * referenced - true if the entry recently entered the zswap pool. Unset by the
 *              writeback logic. The entry is only reclaimed by the writeback
 *              logic if referenced is unset. See comments in the shrinker
 *              section for context.
 * nid - node of the page, whose lru the entry is on
 * pool - the zswap_pool the entry's data is in
 * handle - zsmalloc allocation handle that stores the compressed page data
 * objcg - the obj_cgroup that the compressed memory is charged to
 * lru - handle to the pool's lru used to evict pages.
 */
struct zswap_entry {
	swp_entry_t swpentry;
	unsigned int length;
	bool referenced;
	short nid;
	struct zswap_pool *pool;
	unsigned long handle;
	struct obj_cgroup *objcg;
	struct list_head lru;
};

/**
 * struct zswap_victims - entries that are to be written back
 * @nr: how many
 * @next: the one that comes next
 * @entries: they may be freed at any moment, and are dereferenced only from
 *	zswap_writeback_folio() on
 * @swpentries: theirs
 */
struct zswap_victims {
	unsigned int nr;
	unsigned int next;
	struct zswap_entry *entries[ZSWAP_MAX_BATCH];
	swp_entry_t swpentries[ZSWAP_MAX_BATCH];
};

/* zswap.c */
extern struct xarray *zswap_trees[MAX_SWAPFILES];
extern struct list_lru zswap_list_lru;
extern struct kmem_cache *zswap_entry_cache;
extern atomic_long_t zswap_stored_incompressible_pages;
extern u64 zswap_written_back_pages;
extern u64 zswap_reject_reclaim_fail;
extern u64 zswap_reject_alloc_fail;
extern u64 zswap_reject_kmemcache_fail;

void zswap_lru_add(struct zswap_entry *entry);
void zswap_entry_cache_free(struct zswap_entry *entry);
void zswap_entry_free(struct zswap_entry *entry);
unsigned int zswap_entries_fill(struct zswap_entry **entries, unsigned int nr,
				struct folio *folio, unsigned long index,
				struct zswap_pool *pool,
				struct zswap_comp_run *run);
bool zswap_decompressed(struct zswap_entry *entry, int dlen);
bool zswap_decompress(struct zswap_entry *entry, struct folio *folio);
void zswap_load_finish(struct folio *folio, struct zswap_entry *entry);
struct folio *zswap_writeback_folio(struct zswap_entry *entry,
				    swp_entry_t swpentry, gfp_t gfp);
void zswap_writeback_abort(struct folio *folio);
void zswap_writeback_start(struct swap_io_ctx *ctx, struct folio *folio,
			   struct zswap_entry *entry);
enum lru_status shrink_memcg_cb(struct list_head *item, struct list_lru_one *l,
				void *arg);

/* zswap_store.c */
bool zswap_store_folio(struct folio *folio, struct zswap_pool *pool,
		       struct obj_cgroup *objcg);

/* zswap_load.c */
void zswap_decompress_many(struct zswap_entry **entries, struct folio **folios,
			   bool *ok, unsigned int nr);

/* zswap_writeback.c */
unsigned long zswap_shrink_lru(int nid, struct mem_cgroup *memcg,
			       unsigned long *nr_to_walk,
			       bool *encountered_page_in_swapcache);

/* One swap address space for each 64M swap space */
#define ZSWAP_ADDRESS_SPACE_SHIFT 14
static inline struct xarray *swap_zswap_tree(swp_entry_t swp)
{
	return &zswap_trees[swp_type(swp)][swp_offset(swp)
		>> ZSWAP_ADDRESS_SPACE_SHIFT];
}

/* should be called under RCU */
#ifdef CONFIG_MEMCG
static inline struct mem_cgroup *mem_cgroup_from_entry(struct zswap_entry *entry)
{
	return entry->objcg ? obj_cgroup_memcg(entry->objcg) : NULL;
}
#else
static inline struct mem_cgroup *mem_cgroup_from_entry(struct zswap_entry *entry)
{
	return NULL;
}
#endif

#endif /* _MM_ZSWAP_INTERNAL_H */
