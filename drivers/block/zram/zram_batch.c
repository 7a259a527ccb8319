// SPDX-License-Identifier: GPL-2.0
/*
 * Bios of several pages on a backend that takes several at a time.
 *
 * Pages enter a window in the order of the bio and leave it in the same order;
 * while one is stored, those behind it are on the device. A slot is locked to
 * copy from it or to change it, never while the device works, so what a slot
 * holds is its old contents or its new ones.
 *
 * The first error ends the bio: what is in flight is waited for and dropped,
 * and the slots behind stay as they are.
 */

#define pr_fmt(fmt) "zram: " fmt

#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/highmem.h>
#include <linux/timekeeping.h>

#include "zram_drv.h"
#include "zcomp_batch.h"

#define ZRAM_GFP	(__GFP_HIGHMEM | __GFP_MOVABLE | __GFP_NOWARN)

/* What a submission retires with when there is no room: a write or a read */
typedef int (*retire_fn)(struct zram *zram, struct zcomp_window *win);

static void slot_touch(struct zram *zram, unsigned long index)
{
	struct attr *attr = &zram->table[index].attr;

	attr->flags &= ~(BIT(ZRAM_IDLE) | BIT(ZRAM_PP_SLOT));
#ifdef CONFIG_ZRAM_TRACK_ENTRY_ACTIME
	attr->ac_time = (u32)ktime_get_boottime_seconds();
#endif
}

/* Put a page's new form into its slot; @flags are its size and kind */
static void slot_replace(struct zram *zram, unsigned long index,
			 unsigned long handle, u32 flags)
{
	zram_slot_lock(zram, index);
	zram_slot_free(zram, index);
	zram->table[index].handle = handle;
	zram->table[index].attr.flags |= flags;
	slot_touch(zram, index);
	zram_slot_unlock(zram, index);

	atomic64_inc(&zram->stats.pages_stored);
}

static bool same_filled(const unsigned long *word, unsigned long *value)
{
	unsigned int last = PAGE_SIZE / sizeof(*word) - 1, i;

	if (word[0] != word[last])
		return false;
	for (i = 1; i < last; i++) {
		if (word[i] != word[0])
			return false;
	}
	*value = word[0];
	return true;
}

/*
 * Memory for an object. Reclaim may take its time, and the device's queues are
 * not to be held meanwhile.
 */
static unsigned long object_alloc(struct zram *zram, struct zcomp_window *win,
				  size_t len, int node)
{
	unsigned long handle;

	handle = zs_malloc(zram->mem_pool, len,
			   __GFP_KSWAPD_RECLAIM | ZRAM_GFP, node);
	if (IS_ERR_VALUE(handle)) {
		zcomp_window_drain(win);
		handle = zs_malloc(zram->mem_pool, len, GFP_NOIO | ZRAM_GFP,
				   node);
		if (IS_ERR_VALUE(handle))
			return handle;
	}

	if (unlikely(!zram_has_room(zram))) {
		zs_free(zram->mem_pool, handle);
		return (unsigned long)-ENOMEM;
	}
	return handle;
}

static int write_object(struct zram *zram, struct zcomp_window *win,
			struct zcomp_unit *unit, void *src, size_t len,
			u32 flags)
{
	unsigned long handle;

	handle = object_alloc(zram, win, len, page_to_nid(unit->page));
	if (IS_ERR_VALUE(handle))
		return (int)handle;

	zs_obj_write(zram->mem_pool, handle, src, len);
	slot_replace(zram, unit->index, handle, len | flags);
	atomic64_add(len, &zram->stats.compr_data_size);
	return 0;
}

static int write_retire(struct zram *zram, struct zcomp_window *win)
{
	struct zcomp_unit *unit = zcomp_window_pop(win);
	int len = zcomp_unit_wait(unit), ret;

	if (len >= 0 && len < zram->batch.huge_size)
		return write_object(zram, win, unit, unit->buf, len, 0);

	if (len < 0 && len != -ENOSPC) {
		pr_err_ratelimited("Compression failed! err=%d\n", len);
		return len;
	}

	ret = write_object(zram, win, unit, page_address(unit->page),
			   PAGE_SIZE, BIT(ZRAM_HUGE));
	if (!ret) {
		atomic64_inc(&zram->stats.huge_pages);
		atomic64_inc(&zram->stats.huge_pages_since);
	}
	return ret;
}

static int read_retire(struct zram *zram, struct zcomp_window *win)
{
	struct zcomp_unit *unit = zcomp_window_pop(win);
	int len = zcomp_unit_wait(unit);

	flush_dcache_page(unit->page);
	if (likely(len == PAGE_SIZE))
		return 0;

	pr_err_ratelimited("Decompression failed! err=%d, page=%lu\n",
			   len, unit->index);
	return len < 0 ? len : -EIO;
}

/*
 * The device is full. If it is full of ours, one of them makes room; if not,
 * the submission waits for itself.
 */
static int make_room(struct zram *zram, struct zcomp_window *win,
		     retire_fn retire, bool *nowait)
{
	atomic64_inc(&zram->batch.stats.full);
	if (win->in_flight)
		return retire(zram, win);
	*nowait = false;
	return 0;
}

static int write_same(struct zram *zram, unsigned long index,
		      unsigned long value)
{
	slot_replace(zram, index, value, BIT(ZRAM_SAME));
	atomic64_inc(&zram->stats.same_pages);
	return 0;
}

static int write_page(struct zram *zram, struct zcomp_window *win,
		      struct page *page, unsigned long index)
{
	void *src = page_address(page);
	struct zcomp_unit *unit;
	unsigned long value;
	bool nowait = true;
	int ret;

	if (same_filled(src, &value))
		return write_same(zram, index, value);

	if (zcomp_window_full(win)) {
		ret = write_retire(zram, win);
		if (ret)
			return ret;
	}

	unit = zcomp_window_idle(win);
	unit->page = page;
	unit->index = index;
	while (zcomp_unit_compress(zram->batch.write_comp, unit, src,
				   nowait)) {
		ret = make_room(zram, win, write_retire, &nowait);
		if (ret)
			return ret;
	}
	zcomp_window_push(win);
	return 1;
}

static int read_raw(struct zram *zram, void *dst, unsigned long handle)
{
	void *src;

	src = zs_obj_read_begin(zram->mem_pool, handle, PAGE_SIZE, NULL);
	copy_page(dst, src);
	zs_obj_read_end(zram->mem_pool, handle, PAGE_SIZE, src);
	return 0;
}

/* A slot that another algorithm compressed, one without batches */
static int read_software(struct zram *zram, struct zcomp *comp, void *dst,
			 unsigned long handle, unsigned int len)
{
	struct zcomp_strm *strm = zcomp_stream_get(comp);
	void *src;
	int ret;

	src = zs_obj_read_begin(zram->mem_pool, handle, len, strm->local_copy);
	ret = zcomp_decompress(comp, strm, src, len, dst);
	zs_obj_read_end(zram->mem_pool, handle, len, src);
	zcomp_stream_put(strm);
	return ret;
}

static void stage_object(struct zram *zram, void *buf, unsigned long handle,
			 unsigned int len)
{
	void *src = zs_obj_read_begin(zram->mem_pool, handle, len, buf);

	if (src != buf)
		memcpy(buf, src, len);
	zs_obj_read_end(zram->mem_pool, handle, len, src);
}

/**
 * zram_batch_fetch() - take a page out of its slot
 * @zram: the device
 * @win: the window that @unit belongs to
 * @unit: the unit; its page is the one to fill
 * @entry: the slot, locked and not on the backing device
 * @comp: set to the compressor that has to decompress the unit's buffer
 *
 * Return: 0 and the page is filled; or the bytes copied to the unit's buffer,
 * which are to be decompressed; or -errno.
 */
int zram_batch_fetch(struct zram *zram, struct zcomp_window *win,
		     struct zcomp_unit *unit,
		     const struct zram_table_entry *entry, struct zcomp **comp)
{
	u32 flags = entry->attr.flags;
	void *dst = page_address(unit->page);
	unsigned int len;

	if (flags & BIT(ZRAM_SAME) || !entry->handle) {
		memset_l(dst, entry->handle, PAGE_SIZE / sizeof(long));
		return 0;
	}
	if (flags & BIT(ZRAM_HUGE))
		return read_raw(zram, dst, entry->handle);

	len = flags & (BIT(ZRAM_FLAG_SHIFT) - 1);
	*comp = zram->comps[(flags >> ZRAM_COMP_PRIORITY_BIT1) &
			    ZRAM_COMP_PRIORITY_MASK];
	if (!zcomp_batch_fits(*comp, win))
		return read_software(zram, *comp, dst, entry->handle, len);

	stage_object(zram, unit->buf, entry->handle, len);
	return len;
}

static int read_page(struct zram *zram, struct zcomp_window *win,
		     struct page *page, unsigned long index, struct bio *bio)
{
	struct zram_table_entry *entry = &zram->table[index];
	bool nowait = true, backed;
	struct zcomp_unit *unit;
	unsigned long block;
	struct zcomp *comp;
	int len, ret;

	if (zcomp_window_full(win)) {
		ret = read_retire(zram, win);
		if (ret)
			return ret;
	}
	unit = zcomp_window_idle(win);
	unit->page = page;
	unit->index = index;

	zram_slot_lock(zram, index);
	backed = entry->attr.flags & BIT(ZRAM_WB);
	block = entry->handle;
	len = backed ? 0 : zram_batch_fetch(zram, win, unit, entry, &comp);
	slot_touch(zram, index);
	zram_slot_unlock(zram, index);

	if (backed)
		return zram_read_backing(zram, page, index, block, bio);
	if (len <= 0) {
		flush_dcache_page(page);
		return len;
	}

	while (zcomp_unit_decompress(comp, unit, len, page_address(page),
				     nowait)) {
		ret = make_room(zram, win, read_retire, &nowait);
		if (ret)
			return ret;
	}
	zcomp_window_push(win);
	return 1;
}

static int write_pages(struct zram *zram, struct zcomp_window *win,
		       struct bio *bio, unsigned int *pages)
{
	struct bvec_iter iter;
	struct bio_vec bv;
	int ret;

	bio_for_each_segment(bv, bio, iter) {
		ret = write_page(zram, win, bv.bv_page,
				 iter.bi_sector >> SECTORS_PER_PAGE_SHIFT);
		if (ret < 0)
			return ret;
		*pages += ret;
	}
	while (win->in_flight) {
		ret = write_retire(zram, win);
		if (ret)
			return ret;
	}
	return 0;
}

static int read_pages(struct zram *zram, struct zcomp_window *win,
		      struct bio *bio, unsigned int *pages)
{
	struct bvec_iter iter;
	struct bio_vec bv;
	int ret;

	bio_for_each_segment(bv, bio, iter) {
		ret = read_page(zram, win, bv.bv_page,
				iter.bi_sector >> SECTORS_PER_PAGE_SHIFT, bio);
		if (ret < 0)
			return ret;
		*pages += ret;
	}
	while (win->in_flight) {
		ret = read_retire(zram, win);
		if (ret)
			return ret;
	}
	return 0;
}

/*
 * Whole pages, more than one, that the kernel has mapped. The rest is left to
 * the path that does one page at a time.
 */
static bool bio_suits(struct zram *zram, struct bio *bio)
{
	struct bvec_iter iter;
	struct bio_vec bv;

	switch (bio_op(bio)) {
	case REQ_OP_READ:
		break;
	case REQ_OP_WRITE:
		if (zram->batch.write_comp)
			break;
		fallthrough;
	default:
		return false;
	}
	if (bio->bi_iter.bi_size <= PAGE_SIZE ||
	    bio->bi_iter.bi_sector & (SECTORS_PER_PAGE - 1))
		return false;
	bio_for_each_bvec(bv, bio, iter) {
		if ((bv.bv_offset | bv.bv_len) & ~PAGE_MASK ||
		    PageHighMem(bv.bv_page))
			return false;
	}
	return true;
}

static void do_write(struct zram *zram, struct zcomp_window *win,
		     struct bio *bio)
{
	struct zram_batch_stats *stats = &zram->batch.stats;
	unsigned int pages = 0;

	if (write_pages(zram, win, bio, &pages)) {
		zcomp_window_abandon(win);
		atomic64_inc(&zram->stats.failed_writes);
		bio->bi_status = BLK_STS_IOERR;
	}
	atomic64_inc(&stats->writes);
	atomic64_add(pages, &stats->write_pages);
}

static void do_read(struct zram *zram, struct zcomp_window *win,
		    struct bio *bio)
{
	struct zram_batch_stats *stats = &zram->batch.stats;
	unsigned int pages = 0;

	if (read_pages(zram, win, bio, &pages)) {
		zcomp_window_abandon(win);
		atomic64_inc(&zram->stats.failed_reads);
		bio->bi_status = BLK_STS_IOERR;
	}
	atomic64_inc(&stats->reads);
	atomic64_add(pages, &stats->read_pages);
}

/**
 * zram_batch_submit_bio() - handle a bio of a device whose backend has batches
 * @bio: any bio
 *
 * Context: process, sleeps.
 */
void zram_batch_submit_bio(struct bio *bio)
{
	struct zram *zram = bio->bi_bdev->bd_disk->private_data;
	struct zcomp_window *win;
	unsigned long start;

	if (READ_ONCE(zram->batch.size) < 2 || !bio_suits(zram, bio)) {
		zram_submit_bio(bio);
		return;
	}
	win = zcomp_window_get(zram->batch.comp);
	if (unlikely(!win)) {
		atomic64_inc(&zram->batch.stats.no_window);
		zram_submit_bio(bio);
		return;
	}

	start = bio_start_io_acct(bio);
	if (bio_op(bio) == REQ_OP_WRITE)
		do_write(zram, win, bio);
	else
		do_read(zram, win, bio);
	zcomp_window_put(win);
	bio_end_io_acct(bio, start);
	bio_endio(bio);
}
