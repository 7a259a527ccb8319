// SPDX-License-Identifier: GPL-2.0
/*
 * Writeback of decompressed pages takes its slots one by one. So the next slots
 * are read ahead, many at a time.
 *
 * A slot that was changed or read since it was selected has lost ZRAM_PP_SLOT,
 * and writeback skips it. So a page that was read ahead is what the slot holds
 * when writeback comes to it, or is not used.
 */

#include <linux/highmem.h>
#include <linux/slab.h>

#include "zram_drv.h"
#include "zcomp_batch.h"

/**
 * struct zram_wb_reader - slots that are read ahead
 * @zram: the device
 * @ring: a ring of the reader's own
 * @nr: number of slots
 * @index: their numbers, in the order of writeback
 * @page: their pages
 * @ready: whether the page holds the slot's contents
 */
struct zram_wb_reader {
	struct zram *zram;
	struct zcomp_ring ring;
	unsigned int nr;
	unsigned long index[ZCOMP_BATCH_MAX];
	struct page *page[ZCOMP_BATCH_MAX];
	bool ready[ZCOMP_BATCH_MAX];
};

/* The place of @index among the slots, or their number */
static unsigned int wb_find(const struct zram_wb_reader *reader,
			    unsigned long index)
{
	unsigned int i;

	for (i = 0; i < reader->nr; i++) {
		if (reader->index[i] == index)
			break;
	}
	return i;
}

static void wb_retire(void *owner, struct zcomp_unit *unit, int len)
{
	struct zram_wb_reader *reader = owner;

	reader->ready[wb_find(reader, unit->index)] = len == PAGE_SIZE;
}

/**
 * zram_wb_reader_create() - prepare to read ahead for a writeback
 * @zram: the device, dev_lock held for writing
 *
 * Context: process, allocates with GFP_KERNEL.
 * Return: the reader; or NULL if it gains nothing, or there is no memory.
 */
struct zram_wb_reader *zram_wb_reader_create(struct zram *zram)
{
	const gfp_t gfp = GFP_KERNEL | __GFP_NOWARN;
	struct zcomp *comp = zram->batch.comp;
	struct zram_wb_reader *reader;
	unsigned int i;

	if (!comp || zram->batch.size < 2 || zram->compressed_wb)
		return NULL;
	reader = kzalloc_obj(*reader);
	if (!reader)
		return NULL;

	reader->zram = zram;
	reader->ring.retire = wb_retire;
	reader->ring.owner = reader;
	if (zcomp_ring_grow(&reader->ring, zram->batch.size,
			    comp->ops->batch->state, NUMA_NO_NODE, gfp))
		goto err;
	zcomp_ring_begin(&reader->ring);
	for (i = 0; i < reader->ring.nr; i++) {
		reader->page[i] = alloc_page(gfp);
		if (!reader->page[i])
			goto err;
	}
	return reader;
err:
	zram_wb_reader_destroy(reader);
	return NULL;
}

/**
 * zram_wb_reader_destroy() - undo zram_wb_reader_create()
 * @reader: the reader, or NULL
 */
void zram_wb_reader_destroy(struct zram_wb_reader *reader)
{
	unsigned int i;

	if (!reader)
		return;
	for (i = 0; i < ZCOMP_BATCH_MAX && reader->page[i]; i++)
		__free_page(reader->page[i]);
	zcomp_ring_trim(&reader->ring, 0);
	kfree(reader);
}

/* Begin to read slot @i */
static void wb_read(struct zram_wb_reader *reader, unsigned int i)
{
	struct zcomp_unit *unit = zcomp_ring_next(&reader->ring);
	struct zram *zram = reader->zram;
	unsigned long index = reader->index[i];
	int len = -ENOENT;
	struct zcomp *comp;

	unit->page = reader->page[i];
	unit->index = index;

	slot_lock(zram, index);
	if (test_slot_flag(zram, index, ZRAM_PP_SLOT))
		len = zram_batch_stage(zram, &reader->ring, unit, &comp);
	slot_unlock(zram, index);

	reader->ready[i] = !len;
	if (len > 0)
		zcomp_ring_decompress(&reader->ring, comp, unit, len,
				      page_address(unit->page));
}

/**
 * zram_wb_reader_fill() - read a slot, and those after it
 * @reader: the reader, or NULL
 * @ctl: the slots to write back
 * @index: the next one, which is the first of @ctl
 *
 * No page is on the device when this returns: the disk may take its time.
 *
 * Context: process, sleeps; no slot locked.
 */
void zram_wb_reader_fill(struct zram_wb_reader *reader,
			 struct zram_pp_ctl *ctl, unsigned long index)
{
	unsigned int i;

	if (!reader || wb_find(reader, index) < reader->nr)
		return;

	reader->nr = zram_pp_peek(ctl, reader->index, reader->ring.nr);
	for (i = 0; i < reader->nr; i++)
		wb_read(reader, i);
	zcomp_ring_flush(&reader->ring);
	atomic64_add(reader->nr, &reader->zram->batch.stats.pp_slots);
}

/**
 * zram_wb_reader_take() - take the page that zram_wb_reader_fill() read
 * @reader: the reader, or NULL
 * @index: its slot, locked, with ZRAM_PP_SLOT set
 * @page: exchanged for the page with the slot's contents
 *
 * Return: false if there is none, or it could not be read; the caller reads the
 * slot itself then.
 */
bool zram_wb_reader_take(struct zram_wb_reader *reader, unsigned long index,
			 struct page **page)
{
	unsigned int i;

	if (!reader)
		return false;
	i = wb_find(reader, index);
	if (i == reader->nr || !reader->ready[i])
		return false;

	reader->ready[i] = false;
	swap(*page, reader->page[i]);
	return true;
}
