/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of zswap share: zswap.c, and zswap_store.c, zswap_store_batch.c,
 * zswap_load.c and zswap_writeback.c, which take several pages at once. zswap_comp.h
 * is below all of them.
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

/**
 * struct zswap_pool - compressed pages, and the compressor that made them
 * @zs_pool: where they are
 * @comp: the compressor
 * @ref: one for each entry, and one for the pool that stores at present
 * @list: of all pools
 * @release_work: frees the pool after its last reference
 * @tfm_name: the algorithm, as it was asked for
 *
 * Lock order: a tree's xa_lock, then the LRU's lock. Writeback takes an entry from
 * the LRU without the tree, and has to look it up there before it uses it.
 */
struct zswap_pool {
	struct zs_pool *zs_pool;
	struct zswap_comp comp;
	struct percpu_ref ref;
	struct list_head list;
	struct work_struct release_work;
	char tfm_name[CRYPTO_MAX_ALG_NAME];
};

/**
 * struct zswap_entry - one compressed page
 * @swpentry: the swap slot that it stands for; its offset is the index in the tree
 * @length: bytes stored, PAGE_SIZE for a page that is stored as it is
 * @referenced: set when it is stored; the first visit of the shrinker clears it and
 *	leaves the entry alone
 * @nid: node of the page, whose LRU the entry is on
 * @pool: it is stored there
 * @handle: of zsmalloc
 * @objcg: pays for the memory, or NULL
 * @lru: its place for writeback
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
extern bool zswap_pool_reached_full;
extern u64 zswap_written_back_pages;
extern u64 zswap_reject_reclaim_fail;
extern u64 zswap_reject_alloc_fail;
extern u64 zswap_reject_kmemcache_fail;

static inline void zswap_count(u64 *statistic, unsigned int nr)
{
	/* Not protected from concurrent updates, for performance: some get lost */
	data_race(*statistic += nr);
}

bool zswap_check_limits(void);
unsigned int zswap_batch_size(void);
struct zswap_pool *zswap_pool_current_get(void);
void zswap_pool_put(struct zswap_pool *pool);
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
unsigned int zswap_entries_alloc(struct zswap_entry **entries, unsigned int nr);
unsigned int zswap_tree_store(struct zswap_entry **entries, unsigned int nr,
			      swp_entry_t swpentry);
void zswap_entries_publish(struct zswap_entry **entries, unsigned int nr,
			   swp_entry_t swpentry, int nid,
			   struct zswap_pool *pool, struct obj_cgroup *objcg);
void zswap_entries_drop(struct zswap_entry **entries, unsigned int nr,
			unsigned int filled, struct zswap_pool *pool);
bool zswap_store_folio(struct folio *folio, struct zswap_pool *pool,
		       struct obj_cgroup *objcg);

/* zswap_load.c */
/* What becomes of a page that is decompressed, or, if not @ok, can't be */
typedef void zswap_decompressed_fn(struct folio **folio, struct zswap_entry *entry,
				   bool ok);
void zswap_decompress_many(struct zswap_entry **entries, struct folio **folios,
			   unsigned int nr, zswap_decompressed_fn *done);

/* zswap_writeback.c */
unsigned long zswap_shrink_lru(int nid, struct mem_cgroup *memcg,
			       unsigned long *nr_to_walk,
			       bool *encountered_page_in_swapcache);

/* A tree has as many slots as this shift says: 64 MiB of swap with pages of 4 KiB */
#define ZSWAP_ADDRESS_SPACE_SHIFT 14
static inline struct xarray *swap_zswap_tree(swp_entry_t swp)
{
	return &zswap_trees[swp_type(swp)][swp_offset(swp)
		>> ZSWAP_ADDRESS_SPACE_SHIFT];
}

/* Valid until the caller leaves its RCU read section */
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
