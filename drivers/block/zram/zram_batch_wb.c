// SPDX-License-Identifier: GPL-2.0
/*
 * Writeback of decompressed pages: it walks its slots one by one, so the
 * slots ahead are looked at, and those a device can decompress are started
 * before their turn comes.
 *
 * A slot that was changed or read since it was selected has lost ZRAM_PP_SLOT,
 * and writeback passes it over. So what was decompressed ahead is what the
 * slot holds when its turn comes, or is never asked for.
 */

#include <linux/highmem.h>
#include <linux/slab.h>

#include "zram_drv.h"
#include "zcomp_batch.h"

enum zram_wb_page { WB_NONE, WB_STARTED, WB_READY };

/**
 * struct zram_wb_reader - slots looked at
 * @zram: the device
 * @win: a window of the reader's own; unit i is slot i's
 * @nr: how many slots
 * @index: which ones, in the order of their turn
 * @state: what a slot's page is: not there, being decompressed, or there
 */
struct zram_wb_reader {
	struct zram *zram;
	struct zcomp_window win;
	unsigned int nr;
	unsigned long index[ZCOMP_BATCH_MAX];
	enum zram_wb_page state[ZCOMP_BATCH_MAX];
};

/**
 * zram_wb_reader_create() - read ahead for a writeback
 * @zram: the device, dev_lock held for writing
 *
 * Context: process, allocates with GFP_KERNEL.
 * Return: the reader; or NULL where there is nothing to gain, or no memory.
 */
struct zram_wb_reader *zram_wb_reader_create(struct zram *zram)
{
	struct zcomp *comp = zram->batch.comp;
	struct zram_wb_reader *reader;
	unsigned int i;

	if (!comp || zram->batch.size < 2 || zram->compressed_wb)
		return NULL;
	reader = kzalloc_obj(*reader);
	if (!reader)
		return NULL;

	reader->zram = zram;
	if (zcomp_window_alloc(&reader->win, zram->batch.size,
			       comp->ops->batch->req_size, NUMA_NO_NODE))
		goto err_free;
	for (i = 0; i < reader->win.nr; i++) {
		reader->win.units[i].page = alloc_page(GFP_KERNEL |
						       __GFP_NOWARN);
		if (!reader->win.units[i].page)
			goto err_pages;
	}
	return reader;

err_pages:
	while (i--)
		__free_page(reader->win.units[i].page);
	zcomp_window_free(&reader->win);
err_free:
	kfree(reader);
	return NULL;
}

/* The page of slot @i: wait for the device if it is there */
static void settle(struct zram_wb_reader *reader, unsigned int i)
{
	if (reader->state[i] != WB_STARTED)
		return;
	reader->state[i] = zcomp_unit_wait(&reader->win.units[i]) == PAGE_SIZE ?
			   WB_READY : WB_NONE;
}

/**
 * zram_wb_reader_destroy() - the end of zram_wb_reader_create()
 * @reader: the reader, or NULL
 */
void zram_wb_reader_destroy(struct zram_wb_reader *reader)
{
	unsigned int i;

	if (!reader)
		return;
	for (i = 0; i < reader->win.nr; i++)
		__free_page(reader->win.units[i].page);
	zcomp_window_free(&reader->win);
	kfree(reader);
}

static enum zram_wb_page start(struct zram_wb_reader *reader, unsigned int i)
{
	struct zram *zram = reader->zram;
	unsigned long index = reader->index[i];
	struct zram_table_entry *entry = &zram->table[index];
	struct zcomp_unit *unit = &reader->win.units[i];
	int len = -ENOENT;
	struct zcomp *comp;

	zram_slot_lock(zram, index);
	if (entry->attr.flags & BIT(ZRAM_PP_SLOT))
		len = zram_batch_fetch(zram, &reader->win, unit, entry, &comp);
	zram_slot_unlock(zram, index);

	if (len <= 0)
		return len ? WB_NONE : WB_READY;
	if (zcomp_unit_decompress(comp, unit, len, page_address(unit->page),
				  true))
		return WB_NONE;
	return WB_STARTED;
}

/* The place of @index among the slots looked at, or their number */
static unsigned int find(const struct zram_wb_reader *reader,
			 unsigned long index)
{
	unsigned int i;

	for (i = 0; i < reader->nr; i++) {
		if (reader->index[i] == index)
			break;
	}
	return i;
}

/**
 * zram_wb_reader_fill() - make a slot's page ready, and begin with those ahead
 * @reader: the reader, or NULL
 * @ctl: the slots to write back
 * @index: the one whose turn it is, the first of @ctl
 *
 * Context: process, sleeps; no slot locked.
 */
void zram_wb_reader_fill(struct zram_wb_reader *reader,
			 struct zram_pp_ctl *ctl, unsigned long index)
{
	unsigned int i;

	if (!reader)
		return;

	if (find(reader, index) == reader->nr) {
		reader->nr = zram_pp_peek(ctl, reader->index, reader->win.nr);
		for (i = 0; i < reader->nr; i++)
			reader->state[i] = start(reader, i);
		/* The disk may take its time; nothing is in flight meanwhile */
		for (i = 0; i < reader->nr; i++)
			settle(reader, i);
		atomic64_inc(&reader->zram->batch.stats.pp);
		atomic64_add(reader->nr, &reader->zram->batch.stats.pp_pages);
	}
}

/**
 * zram_wb_reader_take() - take the page that zram_wb_reader_fill() made ready
 * @reader: the reader, or NULL
 * @index: its slot, locked, with ZRAM_PP_SLOT set
 * @page: exchanged for the page with the slot's contents
 *
 * Return: false if there is none, or it failed: read the slot then.
 */
bool zram_wb_reader_take(struct zram_wb_reader *reader, unsigned long index,
			 struct page **page)
{
	unsigned int i;

	if (!reader)
		return false;
	i = find(reader, index);
	if (i == reader->nr || reader->state[i] != WB_READY)
		return false;

	reader->state[i] = WB_NONE;
	swap(*page, reader->win.units[i].page);
	return true;
}
