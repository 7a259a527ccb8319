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
				   struct folio **folios, unsigned int nr,
				   zswap_decompressed_fn *done)
{
	struct zswap_pool *pool = entries[0]->pool;
	struct zswap_comp_ctx *ctx = zswap_comp_load_begin(&pool->comp);
	struct scatterlist input[2]; /* zsmalloc returns an SG list 1-2 entries */
	unsigned int i;

	for (i = 0; i < nr; i++) {
		unsigned int len = entries[i]->length;
		void *data = zswap_comp_load_add(ctx, i, len, folios[i]);

		zs_obj_read_sg_begin(pool->zs_pool, entries[i]->handle, input, len);
		memcpy_from_sglist(data, input, 0, len);
		zs_obj_read_sg_end(pool->zs_pool, entries[i]->handle);
	}

	zswap_comp_load_submit(ctx, nr);
	for (i = 0; i < nr; i++) {
		int dlen = zswap_comp_load_next(ctx, i);
		bool ok = zswap_decompressed(entries[i], dlen);

		/* The entries that are left keep the pool, and so the context. */
		if (i == nr - 1)
			zswap_comp_load_end(ctx);
		done(&folios[i], entries[i], ok);
	}
}

/**
 * zswap_decompress_many() - decompress entries, together where that gains something
 * @entries: of any pools; they can't go away
 * @folios: where to, locked
 * @nr: how many, at most ZSWAP_MAX_BATCH
 * @done: called for each, in order, while others may still be decompressed; it must not
 *	load or store pages, nor do I/O
 *
 * Context: process, may sleep.
 */
void zswap_decompress_many(struct zswap_entry **entries, struct folio **folios,
			   unsigned int nr, zswap_decompressed_fn *done)
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
			zswap_decompress_batch(entries + i, folios + i, n, done);
		} else {
			done(&folios[i], entries[i],
			     zswap_decompress(entries[i], folios[i]));
			n = 1;
		}
	}
}

/**
 * __zswap_loads_together() - zswap_loads_together(), where some compressor gains by it
 * @entry: see there
 *
 * Nothing keeps the entry from being freed meanwhile, so the answer is by what stores
 * at present, not by what stored this page.
 *
 * Return: see there.
 */
bool __zswap_loads_together(swp_entry_t entry)
{
	return zswap_batch_size() > 1 &&
	       xa_load(swap_zswap_tree(entry), swp_offset(entry));
}

/**
 * __zswap_load_holds() - zswap_load_holds(), for a page that was not asked for yet
 * @batch: see there; learns of the pages behind this one, which come next
 * @entry: see there
 *
 * Entries can't be looked into here, since nothing keeps them. So pages count, too, that
 * are loaded one by one: incompressible ones, and those of an earlier compressor.
 *
 * Return: see there.
 */
bool __zswap_load_holds(struct zswap_load_batch *batch, swp_entry_t entry)
{
	XA_STATE(xas, swap_zswap_tree(entry), swp_offset(entry));
	unsigned int nr = 0;
	void *found;

	rcu_read_lock();
	for (found = xas_load(&xas); found && !xa_is_internal(found);
	     found = xas_next(&xas)) {
		if (++nr == ZSWAP_MAX_BATCH)
			break;
	}
	rcu_read_unlock();

	batch->held = entry;
	batch->nr_held = nr;
	return nr;
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

static void zswap_load_done(struct folio **folio, struct zswap_entry *entry, bool ok)
{
	if (ok)
		zswap_load_finish(*folio, entry);
	else
		folio_unlock(*folio);
}

/**
 * __zswap_load_submit() - zswap_load_submit(), where folios wait
 * @batch: see there
 *
 * The folios are locked and in the swap cache, so their entries are still there.
 */
void __zswap_load_submit(struct zswap_load_batch *batch)
{
	zswap_decompress_many(batch->entries, batch->folios, batch->nr,
			      zswap_load_done);
	batch->nr = 0;
}
