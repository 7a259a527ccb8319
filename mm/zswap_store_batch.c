// SPDX-License-Identifier: GPL-2.0
/*
 * Storing several small folios in zswap at once, for compressors that gain by it.
 *
 * Reclaim hands folios over one by one. They wait, locked, until there are
 * ZSWAP_STORE_QUEUE of them, or until reclaim would wait for a folio of somebody else,
 * who may wait for one of these. It may still sleep while they wait: for memory, of
 * which it has the reserves, for a swap device that discards, and to let others run.
 * A task that needs one of these folios waits until its batch is stored, which takes
 * longer than storing the folio alone.
 *
 * A folio that can't be stored does not affect the others: it goes to the swap device,
 * as swap_writeout() would have sent it.
 */
#include <linux/list_lru.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/swap_ops.h>
#include <linux/zswap.h>

#include "swap.h"
#include "zswap_internal.h"

/*
 * Folios that are being stored
 * @folios: the folios
 * @objcgs: what each is charged to, with a reference, or NULL
 * @stored: a bit for each that zswap has
 */
struct zswap_stores {
	struct folio **folios;
	struct obj_cgroup *objcgs[ZSWAP_STORE_QUEUE];
	unsigned long stored;
};

static_assert(ZSWAP_STORE_QUEUE <= BITS_PER_LONG);

/**
 * zswap_stores_batches() - whether small folios are stored in batches at present
 *
 * Where zswap is full, zswap_store() finds out when it is not any more.
 *
 * Return: true if they are.
 */
bool zswap_stores_batches(void)
{
	/* Either answer will do while it changes. */
	return zswap_is_enabled() && !data_race(zswap_pool_reached_full) &&
	       zswap_batch_size() > 1;
}

/**
 * __zswap_store_queue() - zswap_store_queue(), where the compressor gains by it
 * @folio: see there
 * @batch: see there
 *
 * Return: see there.
 */
bool __zswap_store_queue(struct folio *folio, struct zswap_store_batch *batch)
{
	if (folio_test_large(folio) || !folio_test_anon(folio) || !zswap_is_enabled())
		return false;

	batch->folios[batch->nr++] = folio;
	return true;
}

/* Whether the tree and the LRU can take folio @i along with the one before it */
static bool zswap_store_joins(const struct zswap_stores *stores, unsigned int i)
{
	struct folio *folio = stores->folios[i], *before = stores->folios[i - 1];

	return folio->swap.val == before->swap.val + 1 &&
	       swap_zswap_tree(folio->swap) == swap_zswap_tree(before->swap) &&
	       stores->objcgs[i] == stores->objcgs[i - 1] &&
	       folio_nid(folio) == folio_nid(before);
}

/* Store entries that have their data, of folios from @first on that join each other. */
static void zswap_store_joined(struct zswap_stores *stores, unsigned int first,
			       struct zswap_entry **entries, unsigned int nr,
			       struct zswap_pool *pool)
{
	struct obj_cgroup *objcg = stores->objcgs[first];
	struct folio *folio = stores->folios[first];
	unsigned int i, stored;

	stored = zswap_tree_store(entries, nr, folio->swap);
	for (i = 0; i < stored; i++)
		__set_bit(first + i, &stores->stored);
	if (stored < nr) {
		zswap_count(&zswap_reject_alloc_fail, nr - stored);
		zswap_entries_drop(entries + stored, nr - stored, nr - stored, pool);
	}
	if (!stored)
		return;

	zswap_entries_publish(entries, stored, folio->swap, folio_nid(folio),
			      pool, objcg);
	if (objcg)
		count_objcg_events(objcg, ZSWPOUT, stored);
	count_vm_events(ZSWPOUT, stored);
}

/* Take the data of folios from @first on; of one that can't be stored there is no entry. */
static void zswap_store_fill(struct zswap_stores *stores, unsigned int first,
			     struct zswap_entry **entries, unsigned int nr,
			     struct zswap_pool *pool, struct zswap_comp_run *run)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (zswap_entries_fill(&entries[i], 1, stores->folios[first + i], 0,
				       pool, run))
			continue;
		zswap_entry_cache_free(entries[i]);
		entries[i] = NULL;
	}
}

/* Returns how many were tried, fewer if memory was short. */
static unsigned int zswap_store_folios(struct zswap_stores *stores, unsigned int nr,
				       struct zswap_pool *pool)
{
	struct zswap_entry *entries[ZSWAP_MAX_BATCH] __uninitialized;
	unsigned int first, i, got, n;
	struct zswap_comp_run run;

	zswap_comp_begin(&pool->comp, NULL, stores->folios, nr, &run);
	for (first = 0; first < nr; first += got) {
		got = zswap_entries_alloc(entries, min(nr - first, ZSWAP_MAX_BATCH));
		if (!got)
			break;
		zswap_store_fill(stores, first, entries, got, pool, &run);
		for (i = 0; i < got; i += n) {
			n = 1;
			if (!entries[i])
				continue;
			while (i + n < got && entries[i + n] &&
			       zswap_store_joins(stores, first + i + n))
				n++;
			zswap_store_joined(stores, first + i, entries + i, n, pool);
		}
	}
	zswap_comp_end(&run);
	return first;
}

static bool zswap_store_lru_alloc(struct obj_cgroup *objcg)
{
	struct mem_cgroup *memcg;
	int err;

	memcg = get_mem_cgroup_from_objcg(objcg);
	err = memcg_list_lru_alloc(memcg, &zswap_list_lru, GFP_KERNEL);
	mem_cgroup_put(memcg);
	return !err;
}

/*
 * Have those folios come first that may be stored: whose memcg is below its limit, and has
 * an LRU. They count when they are stored, so a limit can be exceeded by what waited.
 *
 * Return: how many they are.
 */
static unsigned int zswap_store_allowed(struct zswap_stores *stores, unsigned int nr)
{
	struct obj_cgroup **objcgs = stores->objcgs, *last = NULL;
	unsigned int i, allowed = 0;
	bool may = true;

	if (zswap_check_limits())
		return 0;
	for (i = 0; i < nr; i++) {
		if (objcgs[i] != last) {
			last = objcgs[i];
			may = !last || (obj_cgroup_may_zswap(last) &&
					zswap_store_lru_alloc(last));
		}
		if (!may)
			continue;
		swap(stores->folios[allowed], stores->folios[i]);
		swap(objcgs[allowed], objcgs[i]);
		allowed++;
	}
	return allowed;
}

/* What swap_writeout() and reclaim do with a folio that must not go to the disk */
static void zswap_store_keep(struct folio *folio)
{
	folio_mark_dirty(folio);
	folio_set_active(folio);
	count_memcg_folio_events(folio, PGACTIVATE, 1);
	count_vm_event(PGACTIVATE);
	folio_unlock(folio);
}

static bool zswap_store_may_write(struct folio *folio)
{
	bool may;

	rcu_read_lock();
	may = mem_cgroup_zswap_writeback_enabled(folio_memcg(folio));
	rcu_read_unlock();
	return may;
}

/*
 * Store what zswap takes. Those that were tried come first in @folios then, with a bit in
 * @stored for each that zswap has. Not inlined: I/O that follows has a deep stack.
 *
 * Return: how many were tried.
 */
static noinline unsigned int zswap_store_try(struct folio **folios, unsigned int nr,
					     unsigned long *stored)
{
	struct zswap_stores stores;
	unsigned int i, allowed, tried = 0;
	struct zswap_pool *pool;

	stores.folios = folios;
	stores.stored = 0;
	for (i = 0; i < nr; i++)
		stores.objcgs[i] = get_obj_cgroup_from_folio(folios[i]);

	allowed = zswap_store_allowed(&stores, nr);
	pool = allowed ? zswap_pool_current_get() : NULL;
	if (pool) {
		/* The compressor may have been changed. */
		if (pool->comp.size > 1)
			tried = zswap_store_folios(&stores, allowed, pool);
		zswap_pool_put(pool);
	}

	for (i = 0; i < nr; i++)
		obj_cgroup_put(stores.objcgs[i]);
	*stored = stores.stored;
	return tried;
}

/*
 * Store a folio that was not tried with the others, unless somebody came and used it.
 * This may write back what zswap has, so none of the others is locked any more.
 */
static void zswap_store_alone(struct folio *folio, struct swap_io_ctx *ctx)
{
	if (!folio_trylock(folio))
		return;
	if (!folio_test_swapcache(folio) || folio_mapped(folio) ||
	    folio_test_writeback(folio) || !folio_clear_dirty_for_io(folio)) {
		folio_unlock(folio);
		return;
	}
	if (zswap_store(folio))
		folio_unlock(folio);
	else if (zswap_store_may_write(folio))
		swap_writepages(ctx, &folio, 1);
	else
		zswap_store_keep(folio);
}

/**
 * __zswap_store_submit() - zswap_store_submit(), where folios wait
 * @batch: see there
 * @ctx: see there
 *
 * All are unlocked before any I/O.
 */
void __zswap_store_submit(struct zswap_store_batch *batch, struct swap_io_ctx *ctx)
{
	unsigned int i, tried, nr = batch->nr, to_write = 0;
	struct folio **folios = batch->folios;
	unsigned long stored;

	tried = zswap_store_try(folios, nr, &stored);

	for (i = tried; i < nr; i++) {
		folio_mark_dirty(folios[i]);
		folio_unlock(folios[i]);
	}
	for (i = 0; i < tried; i++) {
		if (test_bit(i, &stored)) {
			folio_unlock(folios[i]);
			continue;
		}
		/* An old entry would be written over the new data. */
		zswap_invalidate(folios[i]->swap);
		if (zswap_store_may_write(folios[i]))
			folios[to_write++] = folios[i];
		else
			zswap_store_keep(folios[i]);
	}

	/* Empty it first: adding to @ctx may submit that, and this with it. */
	batch->nr = 0;
	ctx->batched = true;
	swap_writepages(ctx, folios, to_write);
	for (i = tried; i < nr; i++)
		zswap_store_alone(folios[i], ctx);
}
