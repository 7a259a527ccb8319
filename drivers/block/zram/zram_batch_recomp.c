// SPDX-License-Identifier: GPL-2.0
/*
 * Recompression of many slots at a time, with any two algorithms of which at
 * least one has batches. A slot's page is decompressed in one ring, and moves
 * to a second one, where it is compressed.
 *
 * Slots are not locked meanwhile. One that was changed or read has lost
 * ZRAM_PP_SLOT when its new form is there, and keeps its contents.
 */

#include <linux/highmem.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "zram_drv.h"
#include "zcomp_batch.h"

/**
 * struct recomp - a recompression
 * @zram: the device
 * @comp: the algorithm to compress with
 * @prio: its priority
 * @threshold: slots smaller than this stay as they are, in bytes
 * @batch: whether @comp takes units of @store
 * @last: whether no algorithm of a higher priority is configured
 * @err: the first error
 * @load: slots that are being decompressed
 * @store: pages that are being compressed
 */
struct recomp {
	struct zram *zram;
	struct zcomp *comp;
	u32 prio;
	u32 threshold;
	bool batch;
	bool last;
	int err;
	struct zcomp_ring load;
	struct zcomp_ring store;
};

static bool is_last_algorithm(struct zram *zram, u32 prio)
{
	while (++prio < ZRAM_MAX_COMPS) {
		if (zram->comp_algs[prio])
			return false;
	}
	return true;
}

/* The end of a unit's slot, after which the unit is free */
static void recomp_release(struct recomp *rc, struct zcomp_unit *unit, int err)
{
	zram_pp_release(rc->zram, unit->pps);
	rc->err = rc->err ?: err;
}

/* Whether @len bytes take less memory than the slot's @old_len */
static bool recomp_saves(struct recomp *rc, unsigned int old_len,
			 unsigned int len)
{
	struct zs_pool *pool = rc->zram->mem_pool;

	if (rc->threshold && len >= rc->threshold)
		return false;
	return zs_lookup_class_index(pool, len) <
	       zs_lookup_class_index(pool, old_len);
}

/*
 * Memory for a slot's new form. Reclaim may take its time, and the device's
 * queues must not be held meanwhile.
 */
static unsigned long recomp_alloc(struct recomp *rc, unsigned int len, int node)
{
	gfp_t gfp = __GFP_HIGHMEM | __GFP_MOVABLE | __GFP_NOWARN;
	struct zs_pool *pool = rc->zram->mem_pool;
	unsigned long handle;

	handle = zs_malloc(pool, len, __GFP_KSWAPD_RECLAIM | gfp, node);
	if (!IS_ERR_VALUE(handle))
		return handle;
	zcomp_ring_drain(&rc->load);
	zcomp_ring_drain(&rc->store);
	return zs_malloc(pool, len, GFP_NOIO | gfp, node);
}

/* Put the slot's new form in its place; takes over @handle */
static void recomp_replace(struct recomp *rc, struct zcomp_unit *unit,
			   unsigned long handle, unsigned int len)
{
	struct zram *zram = rc->zram;
	unsigned long index = unit->index;

	slot_lock(zram, index);
	if (test_slot_flag(zram, index, ZRAM_PP_SLOT)) {
		zram_slot_free(zram, index);
		set_slot_handle(zram, index, handle);
		set_slot_size(zram, index, len);
		set_slot_comp_priority(zram, index, rc->prio);
		atomic64_add(len, &zram->stats.compr_data_size);
		atomic64_inc(&zram->stats.pages_stored);
		handle = 0;
	}
	slot_unlock(zram, index);
	if (handle)
		zs_free(zram->mem_pool, handle);
}

/* No algorithm is left that could make the slot smaller */
static void recomp_mark_incompressible(struct recomp *rc, unsigned long index)
{
	slot_lock(rc->zram, index);
	if (test_slot_flag(rc->zram, index, ZRAM_PP_SLOT))
		set_slot_flag(rc->zram, index, ZRAM_INCOMPRESSIBLE);
	slot_unlock(rc->zram, index);
}

static int recomp_store(struct recomp *rc, struct zcomp_unit *unit, int len)
{
	unsigned long handle;

	if (len == -ENOSPC)
		len = PAGE_SIZE;
	if (len < 0)
		return len;

	if (!recomp_saves(rc, unit->size, len)) {
		if (rc->last)
			recomp_mark_incompressible(rc, unit->index);
		return 0;
	}
	handle = recomp_alloc(rc, len, page_to_nid(unit->page));
	if (IS_ERR_VALUE(handle))
		return (int)handle;
	zs_obj_write(rc->zram->mem_pool, handle, unit->buf, len);
	recomp_replace(rc, unit, handle, len);
	return 0;
}

/* The store ring's retire function */
static void recomp_stored(void *owner, struct zcomp_unit *unit, int len)
{
	struct recomp *rc = owner;

	recomp_release(rc, unit, rc->err ?: recomp_store(rc, unit, len));
}

static int recomp_compress_software(struct recomp *rc, struct zcomp_unit *unit)
{
	struct zcomp_strm *strm = zcomp_stream_get(rc->comp);
	unsigned int len;
	int ret;

	ret = zcomp_compress(rc->comp, strm, page_address(unit->page), &len);
	if (!ret)
		memcpy(unit->buf, strm->buffer, min(len, PAGE_SIZE));
	zcomp_stream_put(strm);
	return ret ? ret : len;
}

/* Move a loaded page to the store ring */
static void recomp_compress(struct recomp *rc, struct zcomp_unit *loaded)
{
	struct zcomp_unit *unit = zcomp_ring_next(&rc->store);

	swap(unit->page, loaded->page);
	unit->index = loaded->index;
	unit->size = loaded->size;
	unit->pps = loaded->pps;
	if (rc->batch)
		zcomp_ring_compress(&rc->store, rc->comp, unit,
				    page_address(unit->page));
	else
		recomp_stored(rc, unit, recomp_compress_software(rc, unit));
}

/* The load ring's retire function */
static void recomp_loaded(void *owner, struct zcomp_unit *unit, int len)
{
	struct recomp *rc = owner;

	if (len == PAGE_SIZE && !rc->err)
		recomp_compress(rc, unit);
	else
		recomp_release(rc, unit, min(len, 0) ?: -EIO);
}

/* Begin with a slot. Returns false if it stays as it is. */
static bool recomp_load(struct recomp *rc, struct zram_pp_slot *pps,
			unsigned long index)
{
	struct zcomp_unit *unit = zcomp_ring_next(&rc->load);
	struct zram *zram = rc->zram;
	struct zcomp *comp;
	int len = -ENOENT;

	unit->pps = pps;
	unit->index = index;

	slot_lock(zram, index);
	unit->size = get_slot_size(zram, index);
	if (test_slot_flag(zram, index, ZRAM_PP_SLOT) &&
	    get_slot_handle(zram, index) && unit->size >= rc->threshold) {
		len = zram_batch_stage(zram, &rc->load, unit, &comp);
		/* No longer idle: nothing else is to select it for that */
		if (len >= 0)
			clear_slot_flag(zram, index, ZRAM_IDLE);
	}
	slot_unlock(zram, index);

	if (len == -ENOENT) {
		recomp_release(rc, unit, 0);
		return false;
	}
	if (len > 0)
		zcomp_ring_decompress(&rc->load, comp, unit, len,
				      page_address(unit->page));
	else if (!len)
		recomp_compress(rc, unit);
	else
		recomp_release(rc, unit, len);
	return true;
}

static int recomp_ring_create(struct recomp *rc, struct zcomp_ring *ring,
			      zcomp_retire_fn retire,
			      const struct zcomp_batch_state *state)
{
	const gfp_t gfp = GFP_KERNEL | __GFP_NOWARN;
	unsigned int i;

	if (zcomp_ring_grow(ring, rc->zram->batch.size, state, NUMA_NO_NODE,
			    gfp))
		return -ENOMEM;
	for (i = 0; i < ring->nr; i++) {
		ring->units[i].page = alloc_page(gfp);
		if (!ring->units[i].page)
			return -ENOMEM;
	}
	zcomp_ring_begin(ring);
	ring->retire = retire;
	ring->owner = rc;
	return 0;
}

static void recomp_ring_destroy(struct zcomp_ring *ring)
{
	unsigned int i;

	for (i = 0; i < ring->nr && ring->units[i].page; i++)
		__free_page(ring->units[i].page);
	zcomp_ring_trim(ring, 0);
}

static void recomp_destroy(struct recomp *rc)
{
	recomp_ring_destroy(&rc->load);
	recomp_ring_destroy(&rc->store);
	kfree(rc);
}

/* The rings are for slots to compress; if those go singly, for slots to decompress */
static const struct zcomp_batch_state *recomp_state(struct zram *zram, u32 prio)
{
	int i;

	for (i = prio; i >= ZRAM_PRIMARY_COMP; i--) {
		if (zram->comps[i] && zram->comps[i]->ops->batch)
			return zram->comps[i]->ops->batch->state;
	}
	return NULL;
}

static struct recomp *recomp_create(struct zram *zram, u32 prio)
{
	const struct zcomp_batch_state *state = recomp_state(zram, prio);
	struct recomp *rc;

	if (!state)
		return NULL;
	rc = kzalloc_obj(*rc);
	if (!rc)
		return NULL;
	rc->zram = zram;
	rc->prio = prio;
	rc->comp = zram->comps[prio];
	rc->last = is_last_algorithm(zram, prio);
	if (recomp_ring_create(rc, &rc->load, recomp_loaded, state) ||
	    recomp_ring_create(rc, &rc->store, recomp_stored, state)) {
		recomp_destroy(rc);
		return NULL;
	}
	rc->load.peer = &rc->store;
	rc->batch = zcomp_ring_fits(&rc->store, rc->comp);
	return rc;
}

/* Slots of all algorithms below @prio are compressed with the one of @prio */
static bool recomp_gains(struct zram *zram, u32 prio)
{
	u32 i;

	for (i = ZRAM_PRIMARY_COMP; i <= prio; i++) {
		if (zram->comps[i] && zram->comps[i]->ops->batch)
			return zram->batch.size > 1;
	}
	return false;
}

/**
 * zram_batch_recompress() - recompress the selected slots in rings
 * @zram: the device, dev_lock held for writing
 * @ctl: the slots
 * @prio: the priority of the algorithm to compress with
 * @threshold: slots that are smaller, or would not become smaller, than this
 *	stay as they are, in bytes; 0 for none
 * @max_pages: slots to compress at most; failed attempts count
 * @ret: set to 0, or to the error that ended it
 *
 * Context: process, sleeps, allocates with GFP_KERNEL.
 * Return: false if it has to be done slot by slot, since batches gain nothing
 * or there is no memory.
 */
bool zram_batch_recompress(struct zram *zram, struct zram_pp_ctl *ctl, u32 prio,
			   u32 threshold, u64 max_pages, int *ret)
{
	struct zram_pp_slot *pps;
	struct recomp *rc;
	unsigned long index;

	if (!recomp_gains(zram, prio))
		return false;
	rc = recomp_create(zram, prio);
	if (!rc)
		return false;
	rc->threshold = threshold;

	while (max_pages && !rc->err) {
		pps = zram_pp_take(ctl, &index);
		if (!pps)
			break;
		if (recomp_load(rc, pps, index)) {
			max_pages--;
			atomic64_inc(&zram->batch.stats.pp_slots);
		}
		cond_resched();
	}
	zcomp_ring_flush(&rc->load);
	zcomp_ring_flush(&rc->store);
	*ret = rc->err;
	recomp_destroy(rc);
	return true;
}
