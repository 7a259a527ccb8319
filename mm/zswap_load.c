// SPDX-License-Identifier: GPL-2.0
/*
 * Loading several pages from zswap at once, for compressors that gain by it.
 */
#include <crypto/scatterwalk.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/zsmalloc.h>
#include <linux/zswap.h>

#include "zswap_internal.h"

/* There has been a pool whose compressor takes several pages at once. */
DEFINE_STATIC_KEY_FALSE(zswap_batches);

/* Whether decompressing the entry together with others gains anything */
static bool zswap_can_batch(struct zswap_entry *entry)
{
	return entry->pool->comp.size > 1 && entry->length != PAGE_SIZE;
}

/* Decompress entries of one pool that takes them at once */
static void zswap_decompress_batch(struct zswap_entry **entries,
				   struct folio **folios, bool *ok,
				   unsigned int nr)
{
	struct zswap_pool *pool = entries[0]->pool;
	struct zswap_comp_ctx *ctx = zswap_comp_load_begin(&pool->comp);
	struct scatterlist input[2]; /* zsmalloc returns an SG list 1-2 entries */
	const int *dlens;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		unsigned int len = entries[i]->length;
		void *data = zswap_comp_load_add(ctx, i, len, folios[i]);

		zs_obj_read_sg_begin(pool->zs_pool, entries[i]->handle, input, len);
		memcpy_from_sglist(data, input, 0, len);
		zs_obj_read_sg_end(pool->zs_pool, entries[i]->handle);
	}

	dlens = zswap_comp_load_added(ctx, nr);
	for (i = 0; i < nr; i++)
		ok[i] = zswap_decompressed(entries[i], dlens[i]);
	zswap_comp_load_end(ctx);
}

/**
 * zswap_decompress_many() - decompress entries, together where that gains something
 * @entries: of any pools; they can't go away
 * @folios: where to, locked
 * @ok: set for each of them
 * @nr: how many, at most ZSWAP_MAX_BATCH
 *
 * Context: process, may sleep.
 */
void zswap_decompress_many(struct zswap_entry **entries, struct folio **folios,
			   bool *ok, unsigned int nr)
{
	unsigned int i, n;

	for (i = 0; i < nr; i += n) {
		struct zswap_pool *pool = entries[i]->pool;

		for (n = 0; i + n < nr && n < pool->comp.size; n++) {
			if (entries[i + n]->pool != pool ||
			    !zswap_can_batch(entries[i + n]))
				break;
		}
		if (n > 1) {
			zswap_decompress_batch(entries + i, folios + i, ok + i, n);
		} else {
			ok[i] = zswap_decompress(entries[i], folios[i]);
			n = 1;
		}
	}
}

/**
 * __zswap_load_queue() - zswap_load_queue(), where some compressor gains by it
 * @folio: see there
 * @batch: see there; not full
 *
 * Return: see there.
 */
bool __zswap_load_queue(struct folio *folio, struct zswap_load_batch *batch)
{
	swp_entry_t swp = folio->swap;
	struct zswap_entry *entry;

	if (folio_test_large(folio))
		return false;

	entry = xa_load(swap_zswap_tree(swp), swp_offset(swp));
	if (!entry || !zswap_can_batch(entry))
		return false;

	batch->entries[batch->nr] = entry;
	batch->folios[batch->nr] = folio;
	batch->nr++;
	return true;
}

/**
 * zswap_load_workingset() - whether a folio that waits was in use not long ago
 * @batch: of folios
 *
 * Return: true if waiting for it is thrashing.
 */
bool zswap_load_workingset(const struct zswap_load_batch *batch)
{
	unsigned int i;

	for (i = 0; i < batch->nr; i++) {
		if (folio_test_workingset(batch->folios[i]))
			return true;
	}
	return false;
}

/**
 * __zswap_load_submit() - zswap_load_submit(), where folios wait
 * @batch: see there
 *
 * The folios are locked and in the swap cache, so their entries are still there.
 */
void __zswap_load_submit(struct zswap_load_batch *batch)
{
	bool ok[ZSWAP_MAX_BATCH];
	unsigned int i;

	zswap_decompress_many(batch->entries, batch->folios, ok, batch->nr);
	for (i = 0; i < batch->nr; i++) {
		if (ok[i])
			zswap_load_finish(batch->folios[i], batch->entries[i]);
		else
			folio_unlock(batch->folios[i]);
	}
	batch->nr = 0;
}
