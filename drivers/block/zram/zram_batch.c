// SPDX-License-Identifier: GPL-2.0
/*
 * Bios of several pages on a backend that takes several at a time.
 *
 * Pages enter a ring in the order of the bio and leave it in the same order;
 * while one is stored, those behind it are on the device. A slot is locked to
 * copy from it or to change it, never while the device works, so a slot holds
 * its old contents or its new ones.
 *
 * The first error ends the bio. Pages in flight are waited for and dropped, and
 * the slots behind stay as they are. A failed write, or readahead, leaves bi_iter
 * at the first page that is not done.
 */

#define pr_fmt(fmt) "zram: " fmt

#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/highmem.h>
#include <linux/minmax.h>

#include "zram_drv.h"
#include "zcomp_batch.h"

#define ZRAM_GFP	(__GFP_HIGHMEM | __GFP_MOVABLE | __GFP_NOWARN)

/* Pages of a bio after which reads from the backing device are submitted */
#define ZRAM_BACKED_MAX	64

/**
 * struct batch_io - a bio in work
 * @zram: the device
 * @ring: the ring, or NULL if this bio found none
 * @readahead: slots are not accessed, and the backing device is not read
 * @err: the error of the first slot that failed
 * @failed: that slot
 * @pages: pages handed to the ring
 * @named: pages of the ring's current map that are still to come
 * @backed: pages of the current part that have to be read one by one
 */
struct batch_io {
	struct zram *zram;
	struct zcomp_ring *ring;
	bool readahead;
	int err;
	unsigned long failed;
	unsigned int pages;
	unsigned int named;
	DECLARE_BITMAP(backed, ZRAM_BACKED_MAX);
};

static void slot_accessed(struct zram *zram, unsigned long index)
{
	slot_lock(zram, index);
	mark_slot_accessed(zram, index);
	slot_unlock(zram, index);
}

/* Note the error of the first slot that failed, in the order of the bio */
static void io_fail(struct batch_io *io, int err, unsigned long index)
{
	if (io->err && io->failed < index)
		return;
	io->err = err;
	io->failed = index;
}

/*
 * Memory for an object. Reclaim may take its time, and the device's queues must
 * not be held meanwhile.
 */
static unsigned long object_alloc(struct batch_io *io, size_t len, int node)
{
	struct zs_pool *pool = io->zram->mem_pool;
	unsigned long handle;

	handle = zs_malloc(pool, len, __GFP_KSWAPD_RECLAIM | ZRAM_GFP, node);
	if (IS_ERR_VALUE(handle)) {
		zcomp_ring_drain(io->ring);
		handle = zs_malloc(pool, len, GFP_NOIO | ZRAM_GFP, node);
		if (IS_ERR_VALUE(handle))
			return handle;
	}

	if (unlikely(!zram_can_store_page(io->zram))) {
		zs_free(pool, handle);
		return (unsigned long)-ENOMEM;
	}
	return handle;
}

static int write_object(struct batch_io *io, struct zcomp_unit *unit,
			void *src, size_t len)
{
	struct zram *zram = io->zram;
	unsigned long index = unit->index, handle;

	handle = object_alloc(io, len, page_to_nid(unit->page));
	if (IS_ERR_VALUE(handle))
		return (int)handle;
	zs_obj_write(zram->mem_pool, handle, src, len);

	slot_lock(zram, index);
	zram_slot_free(zram, index);
	if (len == PAGE_SIZE)
		set_slot_flag(zram, index, ZRAM_HUGE);
	set_slot_handle(zram, index, handle);
	set_slot_size(zram, index, len);
	mark_slot_accessed(zram, index);
	slot_unlock(zram, index);

	atomic64_inc(&zram->stats.pages_stored);
	atomic64_add(len, &zram->stats.compr_data_size);
	return 0;
}

static int write_huge(struct batch_io *io, struct zcomp_unit *unit)
{
	struct zram *zram = io->zram;
	int ret = write_object(io, unit, page_address(unit->page), PAGE_SIZE);

	if (!ret) {
		atomic64_inc(&zram->stats.huge_pages);
		atomic64_inc(&zram->stats.huge_pages_since);
	}
	return ret;
}

static void write_retire(void *owner, struct zcomp_unit *unit, int len)
{
	struct batch_io *io = owner;
	int ret;

	if (unlikely(io->err))
		return;
	if (len >= 0 && len < io->zram->batch.huge_size)
		ret = write_object(io, unit, unit->buf, len);
	else if (len >= 0 || len == -ENOSPC)
		ret = write_huge(io, unit);
	else
		ret = len;

	if (unlikely(ret)) {
		if (ret != -ENOMEM)
			pr_err_ratelimited("Compression failed! err=%d\n", ret);
		io_fail(io, ret, unit->index);
	}
}

static __always_inline void write_page(struct batch_io *io, struct page *page,
				       unsigned long index)
{
	struct zram *zram = io->zram;
	void *src = page_address(page);
	struct zcomp_unit *unit;
	unsigned long value;

	if (page_same_filled(src, &value)) {
		zram_write_same(zram, value, index);
		slot_accessed(zram, index);
		return;
	}

	unit = zcomp_ring_next(io->ring);
	unit->page = page;
	unit->index = index;
	zcomp_ring_compress(io->ring, zram->batch.write_comp, unit, src);
	io->pages++;
}

static void read_retire(void *owner, struct zcomp_unit *unit, int len)
{
	struct batch_io *io = owner;

	flush_dcache_page(unit->page);
	if (likely(len == PAGE_SIZE))
		return;

	pr_err_ratelimited("Decompression failed! err=%d, page=%lu\n",
			   len, unit->index);
	io_fail(io, len < 0 ? len : -EIO, unit->index);
}

/**
 * zram_batch_stage() - take a page out of its slot
 * @zram: the device
 * @ring: the ring
 * @unit: a unit of it; its page is the one to fill, its index the slot, which
 *	is locked and not on the backing device
 * @comp: set to the compressor that has to decompress the unit's buffer
 *
 * Return: 0 if the page is filled; or the number of bytes copied to the unit's
 * buffer, which have to be decompressed; or -errno.
 */
int zram_batch_stage(struct zram *zram, struct zcomp_ring *ring,
		     struct zcomp_unit *unit, struct zcomp **comp)
{
	unsigned long index = unit->index;
	unsigned long handle = get_slot_handle(zram, index);
	unsigned int len = get_slot_size(zram, index);
	void *src;

	*comp = zram->comps[get_slot_comp_priority(zram, index)];
	if (test_slot_flag(zram, index, ZRAM_SAME) || !handle ||
	    test_slot_flag(zram, index, ZRAM_HUGE) ||
	    !zcomp_ring_fits(ring, *comp))
		return zram_read_zspool(zram, unit->page, index);

	src = zs_obj_read_begin(zram->mem_pool, handle, len, unit->buf);
	if (src != unit->buf)
		memcpy(unit->buf, src, len);
	zs_obj_read_end(zram->mem_pool, handle, len, src);
	return len;
}

static void read_page(struct batch_io *io, struct page *page,
		      unsigned long index, unsigned int at)
{
	struct zcomp_unit *unit = zcomp_ring_next(io->ring);
	struct zram *zram = io->zram;
	struct zcomp *comp;
	int len;

	unit->page = page;
	unit->index = index;

	slot_lock(zram, index);
	if (unlikely(test_slot_flag(zram, index, ZRAM_WB))) {
		slot_unlock(zram, index);
		if (io->readahead)
			io_fail(io, -EAGAIN, index);
		else
			__set_bit(at, io->backed);
		return;
	}
	len = zram_batch_stage(zram, io->ring, unit, &comp);
	if (!io->readahead)
		mark_slot_accessed(zram, index);
	slot_unlock(zram, index);

	if (len <= 0) {
		flush_dcache_page(page);
		if (len)
			io_fail(io, len, index);
		return;
	}
	zcomp_ring_decompress(io->ring, comp, unit, len, page_address(page));
	io->pages++;
}

/* Name the pages that come next, from @iter on */
static noinline void map_ahead(struct batch_io *io, struct bio *bio,
			       struct bvec_iter iter)
{
	struct zcomp_ring *ring = io->ring;
	const void *pages[ZCOMP_BATCH_MAX];
	unsigned int nr = 0, bytes;

	while (nr < ring->nr && iter.bi_size) {
		struct bio_vec bv = mp_bvec_iter_bvec(bio->bi_io_vec, iter);
		const void *page = page_address(bv.bv_page) + bv.bv_offset;

		for (bytes = 0; bytes < bv.bv_len && nr < ring->nr; bytes += PAGE_SIZE)
			pages[nr++] = page + bytes;
		bvec_iter_advance_single(bio->bi_io_vec, &iter, bytes);
	}
	zcomp_ring_map(ring);
	ring->state->map_pages(ring->map[ring->turn], pages, nr);
	io->named = nr;
}

/* Have the next page named, unless it is already */
static __always_inline void map_next(struct batch_io *io, struct bio *bio,
				     struct bvec_iter iter)
{
	if (likely(!io->ring->maps))
		return;
	if (!io->named)
		map_ahead(io, bio, iter);
	io->named--;
}

/* A page without a ring, or one on the backing device */
static void read_page_singly(struct batch_io *io, struct page *page,
			     unsigned long index, struct bio *bio)
{
	struct zram *zram = io->zram;
	int err;

	if (!io->readahead) {
		err = zram_read_page(zram, page, index, bio);
		slot_accessed(zram, index);
	} else {
		slot_lock(zram, index);
		if (test_slot_flag(zram, index, ZRAM_WB))
			err = -EAGAIN;
		else
			err = zram_read_zspool(zram, page, index);
		slot_unlock(zram, index);
	}
	flush_dcache_page(page);
	if (err)
		io_fail(io, err, index);
}

/*
 * Whole pages that the kernel has mapped. Other bios are left to the path of single
 * pages.
 */
static bool bio_suits(const struct bio *bio)
{
	struct bvec_iter iter;
	struct bio_vec bv;

	if (bio->bi_iter.bi_sector & (SECTORS_PER_PAGE - 1))
		return false;
	bio_for_each_bvec(bv, bio, iter) {
		if ((bv.bv_offset | bv.bv_len) & ~PAGE_MASK)
			return false;
	}
	if (!IS_ENABLED(CONFIG_HIGHMEM))
		return true;
	bio_for_each_segment(bv, bio, iter) {
		if (PageHighMem(bv.bv_page))
			return false;
	}
	return true;
}

static void batch_end(struct batch_io *io)
{
	if (io->ring->full)
		atomic64_add(io->ring->full, &io->zram->batch.stats.device_full);
	zcomp_ring_put(io->ring);
	io->ring = NULL;
	io->named = 0;
}

static __always_inline void write_pages(struct batch_io *io, struct bio *bio,
					bool maps)
{
	struct bvec_iter iter;
	struct bio_vec bv;

	bio_for_each_segment(bv, bio, iter) {
		if (maps)
			map_next(io, bio, iter);
		write_page(io, bv.bv_page,
			   iter.bi_sector >> SECTORS_PER_PAGE_SHIFT);
		if (unlikely(io->err))
			break;
	}
}

/* Apart, so that the other loop keeps its state in registers */
static noinline void write_pages_mapped(struct batch_io *io, struct bio *bio)
{
	write_pages(io, bio, true);
}

/**
 * zram_batch_write() - write a bio through a ring
 * @zram: the device
 * @bio: any bio that writes
 *
 * Context: process, sleeps.
 * Return: true, and the bio has ended; false if it has to be written page by
 * page.
 */
bool zram_batch_write(struct zram *zram, struct bio *bio)
{
	unsigned long first = bio->bi_iter.bi_sector >> SECTORS_PER_PAGE_SHIFT;
	struct zram_batch_stats *stats = &zram->batch.stats;
	struct batch_io io = { .zram = zram };
	unsigned long start;

	if (!zram->batch.write_comp || READ_ONCE(zram->batch.size) < 2 ||
	    bio->bi_iter.bi_size <= PAGE_SIZE || !bio_suits(bio))
		return false;
	io.ring = zcomp_ring_get(zram->batch.comp, write_retire, &io);
	if (!io.ring) {
		atomic64_inc(&stats->no_ring);
		return false;
	}

	start = bio_start_io_acct(bio);
	if (unlikely(io.ring->maps))
		write_pages_mapped(&io, bio);
	else
		write_pages(&io, bio, false);
	zcomp_ring_flush(io.ring);
	batch_end(&io);

	atomic64_inc(&stats->write_bios);
	atomic64_add(io.pages, &stats->write_pages);
	bio_end_io_acct(bio, start);
	if (unlikely(io.err)) {
		atomic64_inc(&zram->stats.failed_writes);
		bio->bi_status = BLK_STS_IOERR;
		bio_advance(bio, (io.failed - first) << PAGE_SHIFT);
	}
	bio_endio(bio);
	return true;
}

/* Read the next pages of a bio, all but those that @io->backed names after it */
static void read_part(struct batch_io *io, struct bio *bio,
		      struct bvec_iter *iter)
{
	unsigned int at;

	bitmap_zero(io->backed, ZRAM_BACKED_MAX);
	for (at = 0; at < ZRAM_BACKED_MAX && iter->bi_size && !io->err; at++) {
		struct bio_vec bv = bio_iter_iovec(bio, *iter);

		if (io->ring) {
			map_next(io, bio, *iter);
			read_page(io, bv.bv_page,
				  iter->bi_sector >> SECTORS_PER_PAGE_SHIFT, at);
		} else {
			__set_bit(at, io->backed);
		}
		bio_advance_iter_single(bio, iter, PAGE_SIZE);
	}
}

/* Neither the ring nor an entry of the device's queues is held meanwhile */
static void read_backed(struct batch_io *io, struct bio *bio,
			struct bvec_iter iter)
{
	unsigned int at;

	for (at = 0; at < ZRAM_BACKED_MAX && iter.bi_size && !io->err; at++) {
		struct bio_vec bv = bio_iter_iovec(bio, iter);

		if (test_bit(at, io->backed))
			read_page_singly(io, bv.bv_page,
					 iter.bi_sector >> SECTORS_PER_PAGE_SHIFT,
					 bio);
		bio_advance_iter_single(bio, &iter, PAGE_SIZE);
	}
}

static void read_bio(struct batch_io *io, struct bio *bio)
{
	struct bvec_iter iter = bio->bi_iter;

	while (iter.bi_size && !io->err) {
		struct bvec_iter part = iter;

		read_part(io, bio, &iter);
		if (bitmap_empty(io->backed, ZRAM_BACKED_MAX))
			continue;

		if (io->ring) {
			zcomp_ring_flush(io->ring);
			batch_end(io);
		}
		read_backed(io, bio, part);
		if (iter.bi_size && !io->err)
			io->ring = zcomp_ring_get(io->zram->batch.comp,
						  read_retire, io);
	}
	if (io->ring) {
		zcomp_ring_flush(io->ring);
		batch_end(io);
	}
}

static void read_failed(struct batch_io *io, struct bio *bio)
{
	unsigned long first = bio->bi_iter.bi_sector >> SECTORS_PER_PAGE_SHIFT;

	if (!io->readahead || io->err != -EAGAIN) {
		atomic64_inc(&io->zram->stats.failed_reads);
		bio->bi_status = BLK_STS_IOERR;
	} else {
		bio->bi_status = BLK_STS_AGAIN;
	}
	if (io->readahead)
		bio_advance(bio, (io->failed - first) << PAGE_SHIFT);
}

/**
 * zram_batch_read() - read a bio through a ring
 * @zram: the device
 * @bio: any bio that reads
 *
 * The readahead of swap (REQ_RAHEAD with REQ_SWAP) is for pages that no task has
 * touched. Such a bio leaves idle flags and access times as they are, and fails
 * with BLK_STS_AGAIN where a page is on the backing device. If it fails, bi_iter is
 * left at the first page that is not read.
 *
 * Context: process, sleeps.
 * Return: true, and the bio ends by itself; false if it has to be read page by
 * page.
 */
bool zram_batch_read(struct zram *zram, struct bio *bio)
{
	const blk_opf_t readahead = REQ_RAHEAD | REQ_SWAP;
	struct zram_batch_stats *stats = &zram->batch.stats;
	struct batch_io io = {
		.zram = zram,
		.readahead = (bio->bi_opf & readahead) == readahead,
	};
	unsigned long start;

	if ((bio->bi_iter.bi_size <= PAGE_SIZE && !io.readahead) ||
	    !bio_suits(bio))
		return false;
	if (READ_ONCE(zram->batch.size) > 1) {
		io.ring = zcomp_ring_get(zram->batch.comp, read_retire, &io);
		atomic64_inc(io.ring ? &stats->read_bios : &stats->no_ring);
	}
	if (!io.ring && !io.readahead)
		return false;

	start = bio_start_io_acct(bio);
	read_bio(&io, bio);
	atomic64_add(io.pages, &stats->read_pages);
	bio_end_io_acct(bio, start);
	if (unlikely(io.err))
		read_failed(&io, bio);
	bio_endio(bio);
	return true;
}
