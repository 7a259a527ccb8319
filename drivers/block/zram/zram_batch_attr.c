// SPDX-License-Identifier: GPL-2.0
/*
 * A device's rings from disksize to reset, and their attributes.
 */

#define pr_fmt(fmt) "zram: " fmt

#include <linux/blkdev.h>
#include <linux/debugfs.h>
#include <linux/device.h>
#include <linux/kstrtox.h>
#include <linux/seq_file.h>
#include <linux/sysfs.h>

#include "zram_drv.h"
#include "zcomp_batch.h"

/*
 * Tell the block layer's users, above all swap, whether several pages at once
 * are faster. They are not where only recompressed pages are read in a ring.
 */
static void batch_announce(struct zram *zram)
{
	struct request_queue *q = zram->disk->queue;

	if (zram->batch.write_comp && zram->batch.size > 1)
		blk_queue_flag_set(QUEUE_FLAG_BATCH, q);
	else
		blk_queue_flag_clear(QUEUE_FLAG_BATCH, q);
}

/**
 * zram_batch_setup() - prepare a new device
 * @zram: the device
 */
void zram_batch_setup(struct zram *zram)
{
	zram->batch.size = ZCOMP_BATCH_MAX;
}

/* No compressor need produce more than is stored compressed */
static void batch_limit_len(struct zram *zram, size_t max_len)
{
	u32 prio;

	for (prio = ZRAM_PRIMARY_COMP; prio < ZRAM_MAX_COMPS; prio++) {
		if (zram->comps[prio])
			zram->params[prio].max_len = max_len;
	}
}

/**
 * zram_batch_start() - prepare the rings of a device that gets its size
 * @zram: the device, its compressors in place, not yet in use
 * @huge_size: a page compressed to this or more bytes is stored as it is
 *
 * The rings are the primary algorithm's, or else the first recompression
 * algorithm's that has batches: reads may meet its pages. A device without such
 * an algorithm is left as it is.
 *
 * Context: process, dev_lock held for writing.
 */
void zram_batch_start(struct zram *zram, size_t huge_size)
{
	struct zcomp *comp;
	u32 prio;

	for (prio = ZRAM_PRIMARY_COMP; prio < ZRAM_MAX_COMPS; prio++) {
		comp = zram->comps[prio];
		if (comp && comp->rings)
			break;
	}
	if (prio == ZRAM_MAX_COMPS)
		return;

	zram->batch.comp = comp;
	zram->batch.write_comp = prio == ZRAM_PRIMARY_COMP ? comp : NULL;
	zram->batch.huge_size = huge_size;
	batch_limit_len(zram, huge_size - 1);
	zcomp_batch_resize(comp, zram->batch.size);
	batch_announce(zram);
}

/**
 * zram_batch_stop() - a device is reset
 * @zram: the device, with no I/O any more
 *
 * The rings are freed with their compressor.
 *
 * Context: process, dev_lock held for writing.
 */
void zram_batch_stop(struct zram *zram)
{
	zram->batch.comp = NULL;
	zram->batch.write_comp = NULL;
	batch_announce(zram);
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
		batch_announce(zram);
	}
	return len;
}

struct device_attribute zram_attr_batch_size = __ATTR_RW(batch_size);

static int batch_stat_show(struct seq_file *m, void *data)
{
	struct zram *zram = m->private;
	struct zram_batch_stats *stats = &zram->batch.stats;
	const struct {
		const char *name;
		atomic64_t *value;
	} lines[] = {
		{ "write_bios", &stats->write_bios },
		{ "write_pages", &stats->write_pages },
		{ "read_bios", &stats->read_bios },
		{ "read_pages", &stats->read_pages },
		{ "pp_slots", &stats->pp_slots },
		{ "device_full", &stats->device_full },
		{ "no_ring", &stats->no_ring },
	};
	unsigned int i;

	guard(rwsem_read)(&zram->dev_lock);
	for (i = 0; i < ARRAY_SIZE(lines); i++)
		seq_printf(m, "%-12s %lld\n", lines[i].name,
			   (long long)atomic64_read(lines[i].value));
	seq_printf(m, "%-12s %zu\n", "ring_bytes", zram->batch.comp ?
		   zcomp_batch_bytes(zram->batch.comp) : 0);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(batch_stat);

/**
 * zram_batch_debugfs_register() - offer a device's counters
 * @zram: the device
 * @dir: its directory in debugfs, which is removed as a whole
 */
void zram_batch_debugfs_register(struct zram *zram, struct dentry *dir)
{
	debugfs_create_file("batch_stat", 0400, dir, zram, &batch_stat_fops);
}
