/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Loading pages from zswap in batches: folios that would be loaded one after the
 * other wait for each other, and are decompressed together, by compressors that
 * are faster so.
 */
#ifndef _LINUX_ZSWAP_BATCH_H
#define _LINUX_ZSWAP_BATCH_H

#include <linux/gfp_types.h>
#include <linux/jump_label.h>
#include <linux/types.h>

struct folio;
struct zswap_entry;

/* Pages that are compressed, stored, loaded or written back at once, at most */
#define ZSWAP_MAX_BATCH		8U

#ifdef CONFIG_ZSWAP

/**
 * struct zswap_load_batch - folios that are to be loaded
 * @nr: how many
 * @folios: locked, and in the swap cache
 * @entries: theirs, which that keeps
 */
struct zswap_load_batch {
	unsigned int nr;
	struct folio *folios[ZSWAP_MAX_BATCH];
	struct zswap_entry *entries[ZSWAP_MAX_BATCH];
};

DECLARE_STATIC_KEY_FALSE(zswap_batches);

bool __zswap_load_queue(struct folio *folio, struct zswap_load_batch *batch);
bool zswap_load_workingset(const struct zswap_load_batch *batch);
void __zswap_load_submit(struct zswap_load_batch *batch);

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
	return batch;
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

struct zswap_load_batch {};

static inline struct zswap_load_batch *
zswap_load_batch_init(struct zswap_load_batch *batch)
{
	return NULL;
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
