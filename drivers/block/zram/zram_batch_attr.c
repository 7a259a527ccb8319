// SPDX-License-Identifier: GPL-2.0
/*
 * A device's windows from disksize to reset, and what sysfs tells of them.
 */

#define pr_fmt(fmt) "zram: " fmt

#include <linux/blkdev.h>
#include <linux/device.h>
#include <linux/kstrtox.h>
#include <linux/sysfs.h>

#include "zram_drv.h"
#include "zcomp_batch.h"

/*
 * Tell those who submit, above all swap, whether several pages at once pay. They
 * do not where only recompressed pages are read in windows.
 */
static void announce(struct zram *zram)
{
	struct request_queue *q = zram->disk->queue;
	struct queue_limits lim = queue_limits_start_update(q);

	if (zram->batch.write_comp && zram->batch.size > 1)
		lim.features |= BLK_FEAT_BATCH;
	else
		lim.features &= ~BLK_FEAT_BATCH;
	queue_limits_commit_update_frozen(q, &lim);
}

/**
 * zram_batch_setup() - prepare a new device
 * @zram: the device
 */
void zram_batch_setup(struct zram *zram)
{
	zram->batch.size = ZCOMP_BATCH_MAX;
}

/* No compressor need produce more than what is stored compressed */
static void tell_limit(struct zram *zram, size_t max_len)
{
	u32 prio;

	for (prio = ZRAM_PRIMARY_COMP; prio < ZRAM_MAX_COMPS; prio++) {
		if (zram->comps[prio])
			zram->params[prio].max_len = max_len;
	}
}

/**
 * zram_batch_start() - make the windows of a device that gets its size
 * @zram: the device, its compressors in place, not yet in use
 * @huge_size: bytes from which on a compressed page is stored as it is
 *
 * The windows are the primary algorithm's, or else the first recompression
 * algorithm's that has batches: its pages may come up in reads.
 *
 * Context: process, dev_lock held for writing.
 * Return: true if bios should come to zram_batch_submit_bio().
 */
bool zram_batch_start(struct zram *zram, size_t huge_size)
{
	struct zcomp *comp;
	size_t each, all;
	u32 prio;

	for (prio = ZRAM_PRIMARY_COMP; prio < ZRAM_MAX_COMPS; prio++) {
		comp = zram->comps[prio];
		if (comp && comp->windows)
			break;
	}
	if (prio == ZRAM_MAX_COMPS)
		return false;

	zram->batch.comp = comp;
	zram->batch.write_comp = prio == ZRAM_PRIMARY_COMP ? comp : NULL;
	zram->batch.huge_size = huge_size;
	tell_limit(zram, huge_size - 1);
	zcomp_batch_resize(comp, zram->batch.size);
	announce(zram);

	all = zcomp_batch_bytes(comp, &each);
	pr_info("%s: %s in windows of %u pages, %zu bytes a CPU, %zu in all\n",
		zram->disk->disk_name, comp->ops->name, zram->batch.size,
		each, all);
	return true;
}

/**
 * zram_batch_stop() - a device is reset
 * @zram: the device, with no I/O any more
 *
 * The windows go with their compressor.
 *
 * Context: process, dev_lock held for writing.
 */
void zram_batch_stop(struct zram *zram)
{
	zram->batch.comp = NULL;
	zram->batch.write_comp = NULL;
	announce(zram);
	memset(&zram->batch.stats, 0, sizeof(zram->batch.stats));
}

static struct zram *to_zram(struct device *dev)
{
	return dev_to_disk(dev)->private_data;
}

static ssize_t batch_size_show(struct device *dev,
			       struct device_attribute *attr, char *buf)
{
	struct zram *zram = to_zram(dev);
	unsigned int size;

	guard(rwsem_read)(&zram->dev_lock);
	size = zram->batch.size;
	if (zram->disksize && !zram->batch.comp)
		size = 1;
	return sysfs_emit(buf, "%u\n", size);
}

static ssize_t batch_size_store(struct device *dev,
				struct device_attribute *attr,
				const char *buf, size_t len)
{
	struct zram *zram = to_zram(dev);
	unsigned int size;

	if (kstrtouint(buf, 0, &size) || !size || size > ZCOMP_BATCH_MAX) {
		pr_info("batch_size is 1 (page by page) to %u\n",
			ZCOMP_BATCH_MAX);
		return -EINVAL;
	}

	guard(rwsem_write)(&zram->dev_lock);
	if (zram->disksize && !zram->batch.comp && size > 1) {
		pr_info("%s: none of its algorithms works in batches, batch_size stays 1\n",
			zram->disk->disk_name);
		return -EOPNOTSUPP;
	}
	WRITE_ONCE(zram->batch.size, size);
	if (zram->batch.comp) {
		zcomp_batch_resize(zram->batch.comp, size);
		announce(zram);
	}
	return len;
}

static ssize_t batch_stat_show(struct device *dev,
			       struct device_attribute *attr, char *buf)
{
	struct zram *zram = to_zram(dev);
	struct zram_batch_stats *stats = &zram->batch.stats;
	size_t each = 0, all = 0;

	guard(rwsem_read)(&zram->dev_lock);
	if (zram->batch.comp)
		all = zcomp_batch_bytes(zram->batch.comp, &each);

	return sysfs_emit(buf,
			  "%8llu %8llu %8llu %8llu %8llu %8llu %8llu %8llu %8zu %8zu\n",
			  (u64)atomic64_read(&stats->writes),
			  (u64)atomic64_read(&stats->write_pages),
			  (u64)atomic64_read(&stats->reads),
			  (u64)atomic64_read(&stats->read_pages),
			  (u64)atomic64_read(&stats->pp),
			  (u64)atomic64_read(&stats->pp_pages),
			  (u64)atomic64_read(&stats->full),
			  (u64)atomic64_read(&stats->no_window),
			  each, all);
}

struct device_attribute zram_attr_batch_size = __ATTR_RW(batch_size);
struct device_attribute zram_attr_batch_stat = __ATTR_RO(batch_stat);
