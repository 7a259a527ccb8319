/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Many pages at a time: bios, recompression and writeback in windows.
 */

#ifndef _ZRAM_BATCH_H_
#define _ZRAM_BATCH_H_

#include <linux/types.h>

struct bio;
struct device_attribute;
struct page;
struct zcomp;
struct zram;
struct zram_pp_ctl;
struct zram_table_entry;
struct zcomp_unit;
struct zcomp_window;

struct zram_batch_stats {
	atomic64_t writes;	/* bios written in a window */
	atomic64_t write_pages;	/* pages of them that were compressed */
	atomic64_t reads;	/* bios read in a window */
	atomic64_t read_pages;	/* pages of them that were decompressed */
	atomic64_t pp;		/* windows of recompression and writeback */
	atomic64_t pp_pages;	/* slots in them */
	atomic64_t full;	/* times the device was full */
	atomic64_t no_window;	/* bios that found no window, done page by page */
};

struct zram_batch {
	struct zcomp *comp;	/* whose windows bios travel in, or NULL */
	struct zcomp *write_comp; /* the same if it is what pages are written with */
	unsigned int size;	/* wanted units a window, 1 to ZCOMP_BATCH_MAX */
	size_t huge_size;	/* compressed to this or more: stored as it is */
	struct zram_batch_stats stats;
};

#ifdef CONFIG_ZRAM_BATCH
void zram_batch_setup(struct zram *zram);
bool zram_batch_start(struct zram *zram, size_t huge_size);
void zram_batch_stop(struct zram *zram);
void zram_batch_submit_bio(struct bio *bio);

extern struct device_attribute zram_attr_batch_size;
extern struct device_attribute zram_attr_batch_stat;
#else
static inline void zram_batch_setup(struct zram *zram) { }
static inline bool zram_batch_start(struct zram *zram, size_t huge_size)
{
	return false;
}

static inline void zram_batch_stop(struct zram *zram) { }
#define zram_batch_submit_bio	zram_submit_bio
#endif

int zram_batch_fetch(struct zram *zram, struct zcomp_window *win,
		     struct zcomp_unit *unit,
		     const struct zram_table_entry *entry, struct zcomp **comp);

/*
 * Recompression in windows. zram_batch_recompress() says whether it did it;
 * *@ret is then 0 or the error that ended it.
 */
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

/* Pages decompressed ahead of writeback; all accept a NULL reader */
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

/* The driver's own, in zram_drv.c */
void zram_submit_bio(struct bio *bio);
void zram_slot_lock(struct zram *zram, unsigned long index);
void zram_slot_unlock(struct zram *zram, unsigned long index);
void zram_slot_free(struct zram *zram, unsigned long index);
bool zram_has_room(struct zram *zram);
int zram_read_backing(struct zram *zram, struct page *page,
		      unsigned long index, unsigned long blk_idx,
		      struct bio *parent);
unsigned int zram_pp_peek(struct zram_pp_ctl *ctl, unsigned long *index,
			  unsigned int max);
void zram_pp_drop(struct zram *zram, struct zram_pp_ctl *ctl);

#endif /* _ZRAM_BATCH_H_ */
