// SPDX-License-Identifier: GPL-2.0
/*
 * Counters, per CPU and always on, and the files in debugfs that show them:
 * /sys/kernel/debug/iaa_crypto/{global_stats,stats_reset}.
 */
#include <linux/cpumask.h>
#include <linux/debugfs.h>
#include <linux/export.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/seq_file.h>

#include "iaa.h"

DEFINE_PER_CPU(struct iaa_stats, iaa_stats);
EXPORT_PER_CPU_SYMBOL_GPL(iaa_stats);

static struct dentry *iaa_debugfs;

static DEFINE_MUTEX(iaa_reset_lock);	/* protects the one below */
static void (*iaa_provider_reset)(void);

static const char * const iaa_stat_names[] = {
	[IAA_STAT_COMP]			= "total_comp_calls",
	[IAA_STAT_DECOMP]		= "total_decomp_calls",
	[IAA_STAT_SW_COMP]		= "total_sw_comp_calls",
	[IAA_STAT_SW_DECOMP]		= "total_sw_decomp_calls",
	[IAA_STAT_COMP_BYTES_OUT]	= "total_comp_bytes_out",
	[IAA_STAT_DECOMP_BYTES_IN]	= "total_decomp_bytes_in",
	[IAA_STAT_EINVAL]		= "total_completion_einval_errors",
	[IAA_STAT_TIMEOUT]		= "total_completion_timeout_errors",
	[IAA_STAT_OVERFLOW]		= "total_completion_comp_buf_overflow_errors",
	[IAA_STAT_VERIFY]		= "total_completion_verify_errors",
	[IAA_STAT_BATCHES]		= "total_batches",
	[IAA_STAT_BATCH_UNITS]		= "total_batch_units",
	[IAA_STAT_MISSED_IRQ]		= "total_missed_interrupts",
	[IAA_STAT_MAPPED_ALONE]		= "total_mapped_alone",
};

static_assert(ARRAY_SIZE(iaa_stat_names) == IAA_NR_STATS);

static const char * const iaa_reason_names[] = {
	[IAA_NO_REASON]		= "none",
	[IAA_NO_QUEUE]		= "no_queue",
	[IAA_STALLED]		= "stalled",
	[IAA_NO_MODE]		= "no_mode",
	[IAA_BUSY]		= "busy",
	[IAA_TOO_LONG]		= "too_long",
	[IAA_NO_MAPPING]	= "no_mapping",
	[IAA_TIMED_OUT]		= "timed_out",
	[IAA_HW_ERROR]		= "hw_error",
	[IAA_BAD_STREAM]	= "bad_stream",
	[IAA_LIED]		= "lied",
};

static_assert(ARRAY_SIZE(iaa_reason_names) == IAA_NR_REASONS);

static u64 iaa_sum(size_t offset)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(*(u64 *)((void *)per_cpu_ptr(&iaa_stats, cpu) +
					  offset));
	return sum;
}

static int global_stats_show(struct seq_file *m, void *unused)
{
	int i;

	seq_puts(m, "global stats:\n");
	for (i = 0; i < IAA_NR_STATS; i++)
		seq_printf(m, "  %s: %llu\n", iaa_stat_names[i],
			   iaa_sum(offsetof(struct iaa_stats, stat[i])));
	for (i = IAA_NO_REASON + 1; i < IAA_NR_REASONS; i++)
		seq_printf(m, "  fallback_%s: %llu\n", iaa_reason_names[i],
			   iaa_sum(offsetof(struct iaa_stats, fallback[i])));
	seq_putc(m, '\n');
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(global_stats);

/* Counts that come in meanwhile may survive; nothing depends on them */
static int stats_reset_set(void *unused, u64 value)
{
	int cpu;

	guard(mutex)(&iaa_reset_lock);
	for_each_possible_cpu(cpu)
		memset(per_cpu_ptr(&iaa_stats, cpu), 0, sizeof(struct iaa_stats));
	if (iaa_provider_reset)
		iaa_provider_reset();
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(stats_reset_fops, NULL, stats_reset_set, "%llu\n");

/**
 * iaa_stats_dir() - where the provider puts its own files
 *
 * Return: the directory in debugfs; an error pointer works with debugfs, too.
 */
struct dentry *iaa_stats_dir(void)
{
	return iaa_debugfs;
}
EXPORT_SYMBOL_NS_GPL(iaa_stats_dir, "IAA_COMP");

/**
 * iaa_stats_on_reset() - have the provider's counters reset with the others
 * @reset: what resets them, or NULL; when this returns, the former one does
 *	not run any more
 */
void iaa_stats_on_reset(void (*reset)(void))
{
	guard(mutex)(&iaa_reset_lock);
	iaa_provider_reset = reset;
}
EXPORT_SYMBOL_NS_GPL(iaa_stats_on_reset, "IAA_COMP");

void iaa_stats_init(void)
{
	iaa_debugfs = debugfs_create_dir("iaa_crypto", NULL);
	debugfs_create_file("global_stats", 0444, iaa_debugfs, NULL,
			    &global_stats_fops);
	debugfs_create_file_unsafe("stats_reset", 0200, iaa_debugfs, NULL,
				   &stats_reset_fops);
}

void iaa_stats_exit(void)
{
	debugfs_remove_recursive(iaa_debugfs);
}
