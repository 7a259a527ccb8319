// SPDX-License-Identifier: GPL-2.0
/*
 * Recompression of many slots at a time, with any two algorithms of which at
 * least one has batches: the slots' pages are decompressed into pages of our
 * own, compressed again, and put back.
 *
 * Slots are not locked meanwhile. One that was changed or read has lost
 * ZRAM_PP_SLOT when its new form is there, and keeps what it has.
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
 * @batch: whether @comp takes units of @win
 * @last: whether no algorithm of a higher priority is configured
 * @left: slots that may still be compressed
 * @win: a window of our own; unit i is slot i's
 * @index: the slots of a window
 * @old_len: their size, 0 for one that stays as it is
 * @new_len: their size after compression, or -errno
 */
struct recomp {
	struct zram *zram;
	struct zcomp *comp;
	u32 prio;
	u32 threshold;
	bool batch;
	bool last;
	u64 left;
	struct zcomp_window win;
	unsigned long index[ZCOMP_BATCH_MAX];
	unsigned int old_len[ZCOMP_BATCH_MAX];
	int new_len[ZCOMP_BATCH_MAX];
};

static bool is_last_algorithm(struct zram *zram, u32 prio)
{
	while (++prio < ZRAM_MAX_COMPS) {
		if (zram->comp_algs[prio])
			return false;
	}
	return true;
}

static void recomp_destroy(struct recomp *rc)
{
	unsigned int i;

	for (i = 0; i < rc->win.nr; i++) {
		if (rc->win.units[i].page)
			__free_page(rc->win.units[i].page);
	}
	zcomp_window_free(&rc->win);
	kfree(rc);
}

static struct recomp *recomp_create(struct zram *zram, u32 prio)
{
	size_t req_size = 0;
	struct recomp *rc;
	unsigned int i;

	for (i = 0; i < ZRAM_MAX_COMPS; i++) {
		struct zcomp *comp = zram->comps[i];

		if (comp && comp->ops->batch)
			req_size = max(req_size, comp->ops->batch->req_size);
	}

	rc = kzalloc_obj(*rc);
	if (!rc)
		return NULL;
	if (zcomp_window_alloc(&rc->win, zram->batch.size, req_size,
			       NUMA_NO_NODE)) {
		kfree(rc);
		return NULL;
	}
	for (i = 0; i < rc->win.nr; i++) {
		rc->win.units[i].page = alloc_page(GFP_KERNEL | __GFP_NOWARN);
		if (!rc->win.units[i].page) {
			recomp_destroy(rc);
			return NULL;
		}
	}

	rc->zram = zram;
	rc->prio = prio;
	rc->comp = zram->comps[prio];
	rc->batch = zcomp_batch_fits(rc->comp, &rc->win);
	rc->last = is_last_algorithm(zram, prio);
	return rc;
}

/* Begin to decompress slot @i. Returns 0 or -errno. */
static int load(struct recomp *rc, unsigned int i)
{
	struct zram *zram = rc->zram;
	struct zram_table_entry *entry = &zram->table[rc->index[i]];
	struct zcomp_unit *unit = &rc->win.units[i];
	struct zcomp *comp;
	unsigned int size;
	int len = 0;

	rc->old_len[i] = 0;
	unit->wait = NULL;

	zram_slot_lock(zram, rc->index[i]);
	size = entry->attr.flags & (BIT(ZRAM_FLAG_SHIFT) - 1);
	if (entry->attr.flags & BIT(ZRAM_PP_SLOT) && entry->handle &&
	    size >= rc->threshold) {
		/* No longer idle: nothing else is to select it for that */
		entry->attr.flags &= ~BIT(ZRAM_IDLE);
		rc->old_len[i] = size;
		len = zram_batch_fetch(zram, &rc->win, unit, entry, &comp);
	}
	zram_slot_unlock(zram, rc->index[i]);

	if (len < 0)
		rc->old_len[i] = 0;
	if (len > 0)
		zcomp_unit_decompress(comp, unit, len,
				      page_address(unit->page), false);
	return min(len, 0);
}

static int compress_software(struct recomp *rc, unsigned int i)
{
	struct zcomp_unit *unit = &rc->win.units[i];
	struct zcomp_strm *strm = zcomp_stream_get(rc->comp);
	unsigned int len;
	int ret;

	ret = zcomp_compress(rc->comp, strm, page_address(unit->page), &len);
	if (!ret)
		memcpy(unit->buf, strm->buffer, min(len, PAGE_SIZE));
	zcomp_stream_put(strm);
	return ret ? ret : len;
}

/* Wait for slot @i's page, and begin to compress it. Returns 0 or -errno. */
static int turn(struct recomp *rc, unsigned int i)
{
	struct zcomp_unit *unit = &rc->win.units[i];

	if (unit->wait) {
		int len = zcomp_unit_wait(unit);

		unit->wait = NULL;
		if (len != PAGE_SIZE) {
			rc->old_len[i] = 0;
			return len < 0 ? len : -EIO;
		}
	}

	/* An attempt in vain took as much as any other */
	rc->left--;
	if (!rc->batch) {
		rc->new_len[i] = compress_software(rc, i);
		return 0;
	}
	zcomp_unit_compress(rc->comp, unit, page_address(unit->page), false);
	return 0;
}

/* Whether @new_len bytes take less memory than @old_len */
static bool pays(struct recomp *rc, unsigned int old_len, unsigned int new_len)
{
	struct zs_pool *pool = rc->zram->mem_pool;

	if (rc->threshold && new_len >= rc->threshold)
		return false;
	return zs_lookup_class_index(pool, new_len) <
	       zs_lookup_class_index(pool, old_len);
}

static void replace(struct recomp *rc, unsigned int i, unsigned long handle)
{
	struct zram *zram = rc->zram;
	struct zram_table_entry *entry = &zram->table[rc->index[i]];
	unsigned int len = rc->new_len[i];

	zs_obj_write(zram->mem_pool, handle, rc->win.units[i].buf, len);
	zram_slot_free(zram, rc->index[i]);
	entry->handle = handle;
	entry->attr.flags |= len | rc->prio << ZRAM_COMP_PRIORITY_BIT1;
	atomic64_add(len, &zram->stats.compr_data_size);
	atomic64_inc(&zram->stats.pages_stored);
}

/*
 * Memory for slot @i's new form. Reclaim may take its time, and the device's
 * queues are not to be held meanwhile.
 */
static unsigned long object_alloc(struct recomp *rc, unsigned int i,
				  unsigned int nr)
{
	gfp_t gfp = __GFP_HIGHMEM | __GFP_MOVABLE | __GFP_NOWARN;
	struct zs_pool *pool = rc->zram->mem_pool;
	int node = page_to_nid(rc->win.units[i].page);
	unsigned long handle;
	unsigned int later;

	handle = zs_malloc(pool, rc->new_len[i], __GFP_KSWAPD_RECLAIM | gfp,
			   node);
	if (!IS_ERR_VALUE(handle))
		return handle;

	for (later = i + 1; later < nr; later++) {
		if (rc->old_len[later] && rc->win.units[later].wait)
			zcomp_unit_wait(&rc->win.units[later]);
	}
	return zs_malloc(pool, rc->new_len[i], GFP_NOIO | gfp, node);
}

/* Put slot @i's new form in its place, if it is worth it */
static int store(struct recomp *rc, unsigned int i, unsigned int nr)
{
	struct zram *zram = rc->zram;
	struct zram_table_entry *entry = &zram->table[rc->index[i]];
	struct zcomp_unit *unit = &rc->win.units[i];
	unsigned long handle = 0;
	bool worth;

	if (unit->wait)
		rc->new_len[i] = zcomp_unit_wait(unit);
	if (rc->new_len[i] == -ENOSPC)
		rc->new_len[i] = PAGE_SIZE;
	if (rc->new_len[i] < 0)
		return rc->new_len[i];

	worth = pays(rc, rc->old_len[i], rc->new_len[i]);
	if (worth) {
		handle = object_alloc(rc, i, nr);
		if (IS_ERR_VALUE(handle))
			return (int)handle;
	}

	zram_slot_lock(zram, rc->index[i]);
	if (!(entry->attr.flags & BIT(ZRAM_PP_SLOT))) {
		if (worth)
			zs_free(zram->mem_pool, handle);
	} else if (worth) {
		replace(rc, i, handle);
	} else if (rc->last) {
		entry->attr.flags |= BIT(ZRAM_INCOMPRESSIBLE);
	}
	zram_slot_unlock(zram, rc->index[i]);
	return 0;
}

/* One window: every slot loaded, turned and stored; the first error is kept */
static int recomp_window(struct recomp *rc, unsigned int nr)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < nr && !ret; i++)
		ret = load(rc, i);
	nr = i;
	for (i = 0; i < nr; i++) {
		if (rc->old_len[i]) {
			int err = turn(rc, i);

			ret = ret ?: err;
		}
	}
	for (i = 0; i < nr; i++) {
		if (rc->old_len[i]) {
			int err = store(rc, i, nr);

			ret = ret ?: err;
		}
	}
	return ret;
}

/**
 * zram_batch_recompress() - recompress the selected slots in windows
 * @zram: the device, dev_lock held for writing
 * @ctl: the slots
 * @prio: the priority of the algorithm to compress with
 * @threshold: leave slots alone that are smaller, or would not become smaller,
 *	than this, in bytes; 0 for none
 * @max_pages: slots to compress at most
 * @ret: set to 0, or to the error that ended it
 *
 * Context: process, sleeps, allocates with GFP_KERNEL.
 * Return: false if it has to be done slot by slot, since there is nothing to
 * gain or no memory.
 */
bool zram_batch_recompress(struct zram *zram, struct zram_pp_ctl *ctl, u32 prio,
			   u32 threshold, u64 max_pages, int *ret)
{
	struct recomp *rc;
	unsigned int nr, i;

	if (!zram->batch.comp || zram->batch.size < 2)
		return false;
	rc = recomp_create(zram, prio);
	if (!rc)
		return false;
	rc->threshold = threshold;
	rc->left = max_pages;
	*ret = 0;

	while (rc->left && !*ret) {
		nr = zram_pp_peek(ctl, rc->index, min(rc->left, rc->win.nr));
		if (!nr)
			break;
		*ret = recomp_window(rc, nr);
		for (i = 0; i < nr; i++)
			zram_pp_drop(zram, ctl);
		atomic64_inc(&zram->batch.stats.pp);
		atomic64_add(nr, &zram->batch.stats.pp_pages);
		cond_resched();
	}
	recomp_destroy(rc);
	return true;
}
