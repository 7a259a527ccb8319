/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Storing and loading small folios in batches: those that would be stored, or
 * loaded, one after the other wait for each other, and are compressed or
 * decompressed together, by compressors that are faster so.
 */
#ifndef _LINUX_ZSWAP_BATCH_H
#define _LINUX_ZSWAP_BATCH_H

#include <linux/gfp_types.h>
#include <linux/jump_label.h>
#include <linux/mm_types.h>
#include <linux/types.h>

struct folio;
struct swap_io_ctx;
struct zswap_entry;

/* Pages that are compressed, stored, loaded or written back at once, at most */
#define ZSWAP_MAX_BATCH		8U

#ifdef CONFIG_ZSWAP

/**
 * struct zswap_load_batch - folios that are to be loaded
 * @nr: how many
 * @held: a slot of swap from which on zswap had pages when it was last asked
 * @nr_held: how many
 * @folios: locked, and in the swap cache
 * @entries: theirs, which that keeps
 */
struct zswap_load_batch {
	unsigned int nr;
	unsigned int nr_held;
	swp_entry_t held;
	struct folio *folios[ZSWAP_MAX_BATCH];
	struct zswap_entry *entries[ZSWAP_MAX_BATCH];
};

/* Folios that wait to be stored: as many as reclaim takes from an LRU at once */
#define ZSWAP_STORE_QUEUE	32

/**
 * struct zswap_store_batch - folios that are to be stored
 * @nr: how many
 * @folios: of one page, anonymous, locked, in the swap cache, and not dirty any more
 */
struct zswap_store_batch {
	unsigned int nr;
	struct folio *folios[ZSWAP_STORE_QUEUE];
};

DECLARE_STATIC_KEY_FALSE(zswap_batches);

bool zswap_stores_batches(void);
bool __zswap_store_queue(struct folio *folio, struct zswap_store_batch *batch);
void __zswap_store_submit(struct zswap_store_batch *batch,
			  struct swap_io_ctx *ctx);

bool __zswap_loads_together(swp_entry_t entry);
bool __zswap_load_holds(struct zswap_load_batch *batch, swp_entry_t entry);
bool __zswap_load_queue(struct folio *folio, struct zswap_load_batch *batch);
bool zswap_load_workingset(const struct zswap_load_batch *batch);
void __zswap_load_submit(struct zswap_load_batch *batch);

/**
 * zswap_store_batch_init() - begin to store several folios
 * @batch: of folios, not initialised
 *
 * Return: @batch; or NULL if the compressor does not gain by it.
 */
static inline struct zswap_store_batch *
zswap_store_batch_init(struct zswap_store_batch *batch)
{
	if (!static_branch_unlikely(&zswap_batches) || !zswap_stores_batches())
		return NULL;
	batch->nr = 0;
	return batch;
}

/**
 * zswap_store_queue() - have a folio stored together with others, if that pays
 * @folio: locked, in the swap cache, clean, with its slot of swap
 * @batch: of folios, from zswap_store_batch_init(), or NULL; not full
 *
 * A folio that waits stays locked: its page can't be changed, and a fault on it waits.
 * While folios wait, the caller must not wait for the lock of another folio, nor for
 * writeback of one.
 *
 * Return: true if the folio waits; zswap_store_submit() unlocks it, which the caller
 * must call, and at once if zswap_store_full(). False if zswap_store() is to be called.
 */
static inline bool zswap_store_queue(struct folio *folio,
				     struct zswap_store_batch *batch)
{
	return static_branch_unlikely(&zswap_batches) && batch &&
	       __zswap_store_queue(folio, batch);
}

/**
 * zswap_store_full() - whether a batch has no room for another folio
 * @batch: the batch, or NULL
 *
 * Return: true if zswap_store_submit() is to be called.
 */
static inline bool zswap_store_full(const struct zswap_store_batch *batch)
{
	return batch && batch->nr == ZSWAP_STORE_QUEUE;
}

/**
 * zswap_store_submit() - store the folios that wait in a batch
 * @batch: the batch, empty afterwards, or NULL
 * @ctx: takes those that zswap does not, on their way to the swap device
 *
 * Each folio is as swap_writeout() leaves one: stored and unlocked; or under writeback;
 * or, where writeback is not allowed, dirty, active and unlocked.
 *
 * Context: process, in reclaim (PF_MEMALLOC), may sleep.
 */
static inline void zswap_store_submit(struct zswap_store_batch *batch,
				      struct swap_io_ctx *ctx)
{
	if (static_branch_unlikely(&zswap_batches) && batch && batch->nr)
		__zswap_store_submit(batch, ctx);
}

/**
 * zswap_load_batch_init() - begin to load several folios
 * @batch: of folios, not initialised
 *
 * Return: @batch; or NULL if no compressor gains by it.
 */
static inline struct zswap_load_batch *
zswap_load_batch_init(struct zswap_load_batch *batch)
{
	if (!static_branch_unlikely(&zswap_batches))
		return NULL;
	batch->nr = 0;
	batch->held.val = 0;
	batch->nr_held = 0;
	return batch;
}

/**
 * zswap_loads_together() - whether zswap would load a page along with others
 * @entry: the page's
 *
 * The answer may be out of date at once, if nothing keeps the page's folio away.
 *
 * Return: true if zswap has it, and takes several pages at once.
 */
static inline bool zswap_loads_together(swp_entry_t entry)
{
	return static_branch_unlikely(&zswap_batches) && __zswap_loads_together(entry);
}

/**
 * zswap_load_holds() - whether zswap has a page
 * @batch: of folios, from zswap_load_batch_init(), or NULL
 * @entry: the page's
 *
 * The answer may be out of date at once, if nothing keeps the page's folio away.
 *
 * Return: true if it had, lately.
 */
static inline bool zswap_load_holds(struct zswap_load_batch *batch,
				    swp_entry_t entry)
{
	return batch && (entry.val - batch->held.val < batch->nr_held ||
			 __zswap_load_holds(batch, entry));
}

/**
 * zswap_load_queue() - have a folio loaded together with others, if that pays
 * @folio: locked, in the swap cache, not up to date
 * @batch: of folios, from zswap_load_batch_init()
 *
 * Return: true if zswap has the folio and will have loaded it, as zswap_load()
 * does, when zswap_load_submit() returns, which the caller must call, and at once
 * if zswap_load_full(); false if zswap_load() is to be called.
 */
static inline bool zswap_load_queue(struct folio *folio,
				    struct zswap_load_batch *batch)
{
	return static_branch_unlikely(&zswap_batches) && batch &&
	       __zswap_load_queue(folio, batch);
}

/**
 * zswap_load_pending() - whether folios wait in a batch
 * @batch: the batch, or NULL
 *
 * Return: true if zswap_load_submit() would load some.
 */
static inline bool zswap_load_pending(const struct zswap_load_batch *batch)
{
	return static_branch_unlikely(&zswap_batches) && batch && batch->nr;
}

/**
 * zswap_load_full() - whether a batch has no room for another folio
 * @batch: the batch, or NULL
 *
 * Return: true if zswap_load_submit() is to be called.
 */
static inline bool zswap_load_full(const struct zswap_load_batch *batch)
{
	return static_branch_unlikely(&zswap_batches) && batch &&
	       batch->nr == ZSWAP_MAX_BATCH;
}

/**
 * zswap_load_gfp() - how to allocate while folios wait in a batch
 * @batch: the batch, or NULL
 * @gfp: how its owner would
 *
 * They are locked: others may wait for them, and must not have to wait for
 * reclaim, too. A caller that gets no memory submits the batch and tries again.
 *
 * Return: @gfp, without what reclaims directly if folios wait.
 */
static inline gfp_t zswap_load_gfp(const struct zswap_load_batch *batch, gfp_t gfp)
{
	if (!zswap_load_pending(batch))
		return gfp;
	return (gfp & ~__GFP_DIRECT_RECLAIM) | __GFP_NOWARN;
}

/**
 * zswap_load_submit() - load the folios that wait in a batch
 * @batch: the batch, empty afterwards, or NULL
 *
 * Context: process, may sleep.
 */
static inline void zswap_load_submit(struct zswap_load_batch *batch)
{
	if (zswap_load_pending(batch))
		__zswap_load_submit(batch);
}

#else

struct zswap_store_batch {};

static inline struct zswap_store_batch *
zswap_store_batch_init(struct zswap_store_batch *batch)
{
	return NULL;
}

static inline bool zswap_store_queue(struct folio *folio,
				     struct zswap_store_batch *batch)
{
	return false;
}

static inline bool zswap_store_full(const struct zswap_store_batch *batch)
{
	return false;
}

static inline void zswap_store_submit(struct zswap_store_batch *batch,
				      struct swap_io_ctx *ctx) {}

struct zswap_load_batch {};

static inline struct zswap_load_batch *
zswap_load_batch_init(struct zswap_load_batch *batch)
{
	return NULL;
}

static inline bool zswap_loads_together(swp_entry_t entry)
{
	return false;
}

static inline bool zswap_load_holds(struct zswap_load_batch *batch,
				    swp_entry_t entry)
{
	return false;
}

static inline bool zswap_load_queue(struct folio *folio,
				    struct zswap_load_batch *batch)
{
	return false;
}

static inline bool zswap_load_pending(const struct zswap_load_batch *batch)
{
	return false;
}

static inline bool zswap_load_full(const struct zswap_load_batch *batch)
{
	return false;
}

static inline bool zswap_load_workingset(const struct zswap_load_batch *batch)
{
	return false;
}

static inline gfp_t zswap_load_gfp(const struct zswap_load_batch *batch, gfp_t gfp)
{
	return gfp;
}

static inline void zswap_load_submit(struct zswap_load_batch *batch) {}

#endif

#endif /* _LINUX_ZSWAP_BATCH_H */
