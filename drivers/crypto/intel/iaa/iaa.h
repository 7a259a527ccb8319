/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What iaa_comp.ko, the front door, shares with iaa_crypto.ko, which drives
 * the devices. Nothing here knows idxd.
 */
#ifndef _IAA_H
#define _IAA_H

#include <linux/errno.h>
#include <linux/iaa_comp.h>
#include <linux/percpu.h>

struct dentry;

/* What a request asks for */
enum iaa_op {
	IAA_OP_COMPRESS,
	IAA_OP_DECOMPRESS,
	IAA_OP_VERIFY,		/* compressed; reading it back to compare */
};

/* Why a request went to software; the order of iaa_reason_names[] */
enum iaa_reason {
	IAA_NO_REASON,
	IAA_NO_QUEUE,		/* none configured, none left */
	IAA_STALLED,		/* those there are do not answer */
	IAA_NO_MODE,		/* no device has the mode */
	IAA_BUSY,		/* every queue full, retries used up */
	IAA_TOO_LONG,		/* more than the queue or the mode takes */
	IAA_NO_MAPPING,		/* DMA mapping or bounce buffer failed */
	IAA_TIMED_OUT,		/* the queue was taken out of service */
	IAA_HW_ERROR,		/* completed with an error status */
	IAA_BAD_STREAM,		/* analytics error: perhaps history over 4 KiB */
	IAA_LIED,		/* impossible size or wrong CRC */
	IAA_NR_REASONS,
};

/**
 * iaa_req_soft() - leave a request to software
 * @req: the request
 * @reason: why no device does it
 *
 * Return: -EREMOTEIO, which tells the core so.
 */
static inline int iaa_req_soft(struct iaa_comp_req *req, enum iaa_reason reason)
{
	req->reason = reason;
	return -EREMOTEIO;
}

/* Events counted per CPU; the order of iaa_stat_names[] */
enum iaa_stat {
	IAA_STAT_COMP,
	IAA_STAT_DECOMP,
	IAA_STAT_SW_COMP,
	IAA_STAT_SW_DECOMP,
	IAA_STAT_COMP_BYTES_OUT,
	IAA_STAT_DECOMP_BYTES_IN,
	IAA_STAT_EINVAL,
	IAA_STAT_TIMEOUT,
	IAA_STAT_OVERFLOW,
	IAA_STAT_VERIFY,
	IAA_STAT_BATCHES,
	IAA_STAT_BATCH_UNITS,
	IAA_STAT_MISSED_IRQ,
	IAA_STAT_MAPPED_ALONE,
	IAA_NR_STATS,
};

struct iaa_stats {
	u64 stat[IAA_NR_STATS];
	u64 fallback[IAA_NR_REASONS];
};

DECLARE_PER_CPU(struct iaa_stats, iaa_stats);

static inline void iaa_stat_add(enum iaa_stat stat, unsigned int n)
{
	this_cpu_add(iaa_stats.stat[stat], n);
}

static inline void iaa_stat_inc(enum iaa_stat stat)
{
	this_cpu_inc(iaa_stats.stat[stat]);
}

void iaa_stats_init(void);
void iaa_stats_exit(void);
struct dentry *iaa_stats_dir(void);
void iaa_stats_on_reset(void (*reset)(void));

/**
 * struct iaa_provider - what drives devices, iaa_crypto.ko or a test
 * @submit: start @req, whose op, mode and buffers are set; returns
 *	-EINPROGRESS; -EAGAIN if all queues are full, -EREMOTEIO if software
 *	must do it, with the reason in @req. Called under rcu_read_lock().
 * @poll: retire @req; returns bytes, -ENOSPC, -EINPROGRESS, or -EREMOTEIO as
 *	above. Called under rcu_read_lock().
 */
struct iaa_provider {
	int (*submit)(struct iaa_comp_req *req);
	int (*poll)(struct iaa_comp_req *req);
};

int iaa_provider_register(const struct iaa_provider *provider);
void iaa_provider_unregister(void);
void iaa_service_changed(bool hardware);

/*
 * How the end of a request is found out: the attribute sync_mode. The core has
 * no thread of its own, so in sync and in async alike the thread that submits
 * a batch polls until all of it is done.
 */
enum iaa_sync_mode {
	IAA_SYNC,
	IAA_ASYNC,
	IAA_ASYNC_IRQ,
};

extern enum iaa_sync_mode iaa_sync_mode;

/* iaa_core.c */
int iaa_comp_poll(struct iaa_comp_req *req);

/* iaa_soft.c */
int iaa_soft_get(void);
void iaa_soft_put(void);
int iaa_soft_compress(const struct iaa_comp_req *req);
int iaa_soft_decompress(const struct iaa_comp_req *req);

#endif /* _IAA_H */
