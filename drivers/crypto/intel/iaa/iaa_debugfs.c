// SPDX-License-Identifier: GPL-2.0
/*
 * What the devices did, by queue, and the map from CPUs to queues:
 * /sys/kernel/debug/iaa_crypto/{wq_stats,map}.
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "idxd.h"
#include "iaa_dev.h"
#include "iaa_table.h"

static struct dentry *iaa_wq_stats_file;
static struct dentry *iaa_map_file;

static void iaa_counts_add(struct iaa_wq_counts *sum, const struct iaa_wq *wq)
{
	int i;

	for (i = 0; i < wq->wq->num_descs; i++) {
		const struct iaa_wq_counts *counts = &wq->slots[i].counts;

		sum->comp_calls += READ_ONCE(counts->comp_calls);
		sum->comp_bytes += READ_ONCE(counts->comp_bytes);
		sum->decomp_calls += READ_ONCE(counts->decomp_calls);
		sum->decomp_bytes += READ_ONCE(counts->decomp_bytes);
		sum->errors += READ_ONCE(counts->errors);
	}
}

static void iaa_counts_show(struct seq_file *m, const char *indent,
			    const struct iaa_wq_counts *counts)
{
	seq_printf(m, "%scomp_calls: %llu\n", indent, counts->comp_calls);
	seq_printf(m, "%scomp_bytes: %llu\n", indent, counts->comp_bytes);
	seq_printf(m, "%sdecomp_calls: %llu\n", indent, counts->decomp_calls);
	seq_printf(m, "%sdecomp_bytes: %llu\n", indent, counts->decomp_bytes);
	seq_printf(m, "%serrors: %llu\n", indent, counts->errors);
}

static void iaa_caps_show(struct seq_file *m, const char *key, unsigned long caps)
{
	int i;

	seq_printf(m, "    %s:", key);
	for_each_set_bit(i, &caps, IAA_NR_CAPS)
		seq_printf(m, " %s", iaa_cap_name(i));
	seq_putc(m, '\n');
}

static void iaa_wq_show(struct seq_file *m, const struct iaa_wq *wq)
{
	static const char * const states[] = {
		[IAA_WQ_IDLE]		= "idle",
		[IAA_WQ_LIVE]		= "live",
		[IAA_WQ_STALLED]	= "stalled",
		[IAA_WQ_REMOVED]	= "removed",
	};
	struct iaa_wq_counts counts = {};
	unsigned long caps = READ_ONCE(wq->caps);
	unsigned long failed = READ_ONCE(wq->failed);

	seq_printf(m, "    name: %s\n", wq->wq->name);
	seq_printf(m, "    id: wq%d.%d\n", wq->wq->idxd->id, wq->wq->id);
	seq_printf(m, "    state: %s\n", states[READ_ONCE(wq->state)]);
	iaa_caps_show(m, "serves", caps);
	iaa_caps_show(m, "failed", failed);
	seq_printf(m, "    resets: %u\n", wq->stalls);
	iaa_counts_add(&counts, wq);
	iaa_counts_show(m, "    ", &counts);
	seq_putc(m, '\n');
}

static void iaa_device_show(struct seq_file *m, const struct iaa_device *dev)
{
	struct iaa_wq_counts counts = {};
	const struct iaa_wq *wq;

	list_for_each_entry(wq, &dev->wqs, node)
		iaa_counts_add(&counts, wq);

	seq_puts(m, "iaa device:\n");
	seq_printf(m, "  id: %d\n", dev->idxd->id);
	seq_printf(m, "  n_wqs: %zu\n", list_count_nodes((struct list_head *)&dev->wqs));
	iaa_counts_show(m, "  ", &counts);
	seq_puts(m, "  wqs:\n");
	list_for_each_entry(wq, &dev->wqs, node)
		iaa_wq_show(m, wq);
}

static int wq_stats_show(struct seq_file *m, void *unused)
{
	const struct iaa_device *dev;

	guard(iaa_devices)();
	list_for_each_entry(dev, &iaa_devices, node)
		iaa_device_show(m, dev);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(wq_stats);

static void iaa_map_show_wq(struct seq_file *m, struct iaa_wq *wq)
{
	seq_printf(m, "wq%d.%d", wq->wq->idxd->id, wq->wq->id);
}

static int map_show(struct seq_file *m, void *unused)
{
	const struct iaa_table *table;

	guard(iaa_devices)();
	table = rcu_dereference_protected(iaa_table,
					  lockdep_is_held(&iaa_devices_lock));
	if (table)
		iaa_table_show(m, table, iaa_map_show_wq);
	else
		seq_puts(m, "no work queue: software serves\n");
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(map);

/* Counts of requests in flight meanwhile may survive */
static void iaa_reset_counts(void)
{
	struct iaa_device *dev;
	struct iaa_wq *wq;
	int i;

	guard(iaa_devices)();
	list_for_each_entry(dev, &iaa_devices, node)
		list_for_each_entry(wq, &dev->wqs, node)
			for (i = 0; i < wq->wq->num_descs; i++)
				wq->slots[i].counts = (struct iaa_wq_counts) {};
}

void iaa_debugfs_init(void)
{
	iaa_wq_stats_file = debugfs_create_file("wq_stats", 0444,
						iaa_stats_dir(), NULL,
						&wq_stats_fops);
	iaa_map_file = debugfs_create_file("map", 0444, iaa_stats_dir(), NULL,
					   &map_fops);
	iaa_stats_on_reset(iaa_reset_counts);
}

void iaa_debugfs_exit(void)
{
	iaa_stats_on_reset(NULL);
	debugfs_remove(iaa_map_file);
	debugfs_remove(iaa_wq_stats_file);
}
