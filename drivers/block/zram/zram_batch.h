/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Many pages at a time: bios, recompression and writeback in rings.
 */

#ifndef _ZRAM_BATCH_H_
#define _ZRAM_BATCH_H_

#include <linux/blk_types.h>
#include <linux/cache.h>
#include <linux/types.h>

struct dentry;
struct device_attribute;
struct page;
struct zcomp;
struct zcomp_ring;
struct zcomp_unit;
struct zram;
struct zram_pp_ctl;
struct zram_pp_slot;

struct zram_batch_stats {
	atomic64_t write_bios;	/* bios written through a ring */
	atomic64_t write_pages;	/* pages of them that were compressed */
	atomic64_t read_bios;	/* bios read through a ring */
	atomic64_t read_pages;	/* pages of them that were decompressed */
	atomic64_t pp_slots;	/* slots recompressed or read for writeback */
	atomic64_t device_full;	/* times the device was full */
	atomic64_t no_ring;	/* bios that took the path of single pages */
};

/**
 * struct zram_batch - a device's state for bios of several pages
 * @comp: the compressor whose rings bios use, or NULL
 * @write_comp: the same if pages are written with it, or NULL
 * @size: wanted units a ring, 1 to ZCOMP_BATCH_MAX
 * @huge_size: a page compressed to this or more is stored as it is
 * @stats: counters
 */
struct zram_batch {
	struct zcomp *comp;
	struct zcomp *write_comp;
	unsigned int size;
	size_t huge_size;
	struct zram_batch_stats stats ____cacheline_aligned_in_smp;
};

#ifdef CONFIG_ZRAM_BATCH
void zram_batch_setup(struct zram *zram);
void zram_batch_start(struct zram *zram, size_t huge_size);
void zram_batch_stop(struct zram *zram);
void zram_batch_debugfs_register(struct zram *zram, struct dentry *dir);
bool zram_batch_write(struct zram *zram, struct bio *bio);
bool zram_batch_read(struct zram *zram, struct bio *bio);

extern struct device_attribute zram_attr_batch_size;
#else
static inline void zram_batch_setup(struct zram *zram) { }
static inline void zram_batch_start(struct zram *zram, size_t huge_size) { }
static inline void zram_batch_stop(struct zram *zram) { }
static inline void zram_batch_debugfs_register(struct zram *zram,
					       struct dentry *dir) { }
static inline bool zram_batch_write(struct zram *zram, struct bio *bio)
{
	return false;
}

static inline bool zram_batch_read(struct zram *zram, struct bio *bio)
{
	return false;
}
#endif

int zram_batch_stage(struct zram *zram, struct zcomp_ring *ring,
		     struct zcomp_unit *unit, struct zcomp **comp);

/* Recompression; false if it has to be done slot by slot */
#if defined(CONFIG_ZRAM_BATCH) && defined(CONFIG_ZRAM_MULTI_COMP)
bool zram_batch_recompress(struct zram *zram, struct zram_pp_ctl *ctl, u32 prio,
			   u32 threshold, u64 max_pages, int *ret);
#else
static inline bool zram_batch_recompress(struct zram *zram,
					 struct zram_pp_ctl *ctl, u32 prio,
					 u32 threshold, u64 max_pages, int *ret)
{
	return false;
}
#endif

/* Pages read ahead of writeback; all accept a NULL reader */
struct zram_wb_reader;

#if defined(CONFIG_ZRAM_BATCH) && defined(CONFIG_ZRAM_WRITEBACK)
struct zram_wb_reader *zram_wb_reader_create(struct zram *zram);
void zram_wb_reader_destroy(struct zram_wb_reader *reader);
void zram_wb_reader_fill(struct zram_wb_reader *reader,
			 struct zram_pp_ctl *ctl, unsigned long index);
bool zram_wb_reader_take(struct zram_wb_reader *reader, unsigned long index,
			 struct page **page);
#else
static inline struct zram_wb_reader *zram_wb_reader_create(struct zram *zram)
{
	return NULL;
}

static inline void zram_wb_reader_destroy(struct zram_wb_reader *reader) { }
static inline void zram_wb_reader_fill(struct zram_wb_reader *reader,
				       struct zram_pp_ctl *ctl,
				       unsigned long index) { }
static inline bool zram_wb_reader_take(struct zram_wb_reader *reader,
				       unsigned long index, struct page **page)
{
	return false;
}
#endif

#endif /* _ZRAM_BATCH_H_ */
