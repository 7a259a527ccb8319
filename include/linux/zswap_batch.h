/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Loading pages from zswap in batches: folios that would be loaded one after the
 * other wait for each other, and are decompressed together, by compressors that
 * are faster so.
 */
#ifndef _LINUX_ZSWAP_BATCH_H
#define _LINUX_ZSWAP_BATCH_H

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
void __zswap_load_submit(struct zswap_load_batch *batch);

/**
 * zswap_load_queue() - have a folio loaded together with others, if that pays
 * @folio: locked, in the swap cache, not up to date
 * @batch: of folios; zeroed at first
 *
 * Return: true if zswap has the folio and will have loaded it, as zswap_load()
 * does, when zswap_load_submit() returns, which the caller must call; false if
 * zswap_load() is to be called.
 */
static inline bool zswap_load_queue(struct folio *folio,
				    struct zswap_load_batch *batch)
{
	return static_branch_unlikely(&zswap_batches) &&
	       __zswap_load_queue(folio, batch);
}

/**
 * zswap_load_submit() - load the folios that wait in a batch
 * @batch: the batch, empty afterwards
 *
 * Context: process, may sleep.
 */
static inline void zswap_load_submit(struct zswap_load_batch *batch)
{
	if (batch->nr)
		__zswap_load_submit(batch);
}

#else

struct zswap_load_batch {};

static inline bool zswap_load_queue(struct folio *folio,
				    struct zswap_load_batch *batch)
{
	return false;
}

static inline void zswap_load_submit(struct zswap_load_batch *batch) {}

#endif

#endif /* _LINUX_ZSWAP_BATCH_H */
