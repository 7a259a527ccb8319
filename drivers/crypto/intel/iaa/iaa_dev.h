/* SPDX-License-Identifier: GPL-2.0 */
/*
 * iaa_crypto.ko: devices, their work queues, and how requests get there.
 *
 * Lock order: driver core's device lock, iaa_device.lock, iaa_devices_lock; and
 * iaa_device.lock, idxd_wq.wq_lock.
 * The data path takes none of them. Under rcu_read_lock() it takes descriptors of
 * live queues; a request in flight owns one, and a queue that is no longer live
 * stays, after a grace period, until nobody owns any, and batches that it mapped
 * have ended.
 */
#ifndef _IAA_DEV_H
#define _IAA_DEV_H

#include <linux/build_bug.h>
#include <linux/cleanup.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/mutex.h>
#include <linux/sched/mm.h>
#include <linux/stddef.h>
#include <linux/workqueue.h>

#include "iaa.h"
#include "iaa_desc.h"
#include "iaa_dma.h"
#include "iaa_hw.h"

struct iaa_aecs;
struct iaa_selftest;
struct iaa_table;
struct idxd_device;
struct idxd_wq;

/**
 * struct iaa_device - an accelerator with at least one queue of ours
 * @node: in iaa_devices, under iaa_devices_lock
 * @idxd: idxd's view of it
 * @lock: serialises resets and self-tests of the device and its queues
 * @wqs: its queues by id; written under iaa_devices_lock, read under RCU
 * @nr_wqs: how many of its queues exist, under iaa_devices_lock
 * @modes: bit per enum iaa_comp_mode that it claims to be able to do
 * @early_abort: whether it can give up on what does not compress
 * @selftest: memory for self-tests, under @lock
 * @aecs: the tables of fixed mode, where the device reads them
 * @aecs_dma: their DMA address
 * @dma: for what stays mapped, if its addresses are translated
 * @translated: they are
 */
struct iaa_device {
	struct list_head node;
	struct idxd_device *idxd;
	struct mutex lock;	/* serialises resets and self-tests */
	struct list_head wqs;
	unsigned int nr_wqs;
	unsigned long modes;
	bool early_abort;
	struct iaa_selftest *selftest;
	struct iaa_aecs *aecs;
	dma_addr_t aecs_dma;
	struct iaa_dma dma;
	bool translated;
};

/* What a queue can do, as self-tests found: a bit for each mode, and this one */
#define IAA_CAP_DECOMPRESS	IAA_COMP_NR_MODES
#define IAA_NR_CAPS		(IAA_CAP_DECOMPRESS + 1)

/* Whether a queue gets requests; changes under iaa_devices_lock */
enum iaa_wq_state {
	IAA_WQ_IDLE,		/* set up, but not in the map */
	IAA_WQ_LIVE,
	IAA_WQ_STALLED,		/* did not answer, or failed its self-test */
	IAA_WQ_REMOVED,
};

/**
 * struct iaa_wq_counts - what was done with one descriptor
 *
 * A descriptor has one owner at a time, so its counters need no atomics and
 * share no cache line; a queue's totals are sums over its descriptors.
 *
 * @comp_calls: pages compressed
 * @comp_bytes: bytes that they became
 * @decomp_calls: pages decompressed
 * @decomp_bytes: compressed bytes that were read for that
 * @errors: requests that the device did not do
 */
struct iaa_wq_counts {
	u64 comp_calls;
	u64 comp_bytes;
	u64 decomp_calls;
	u64 decomp_bytes;
	u64 errors;
};

/**
 * struct iaa_slot - what we keep beside each of idxd's descriptors
 * @deadline: that of the request, in jiffies; 0 if there is none
 * @counts: what the descriptor did
 *
 * Both are written by the descriptor's owner.
 */
struct iaa_slot {
	unsigned long deadline;
	struct iaa_wq_counts counts;
} ____cacheline_aligned;

/**
 * struct iaa_slots_busy - which descriptors of a queue have an owner
 * @bits: one for each descriptor, and set for those that there are not
 *
 * Word W of N has the descriptors W, W + N, and so on. A CPU begins at a word
 * of its own, so CPUs that share a queue seldom meet.
 */
struct iaa_slots_busy {
	unsigned long bits;
} ____cacheline_aligned;

/**
 * struct iaa_wq - a work queue that does our requests
 * @portal: where its descriptors are written
 * @descs: idxd's descriptors
 * @slots: one for each of them
 * @busy: which of them are in use: the requests in flight
 * @dma_dev: the device that its buffers are mapped for
 * @wq: idxd's view of it
 * @state: see enum iaa_wq_state; written under iaa_devices_lock
 * @epoch: counts resets; what was in flight before one is not written any
 *	more by the device after it
 * @caps: what it may do, see IAA_CAP_DECOMPRESS: @passed without what any queue of
 *	the device failed in; under iaa_devices_lock, read without
 * @max_src: longest source in bytes that it takes for any of its capabilities
 * @max_dst: longest destination in bytes
 * @dedicated: a dedicated queue. A copy: idxd forgets it first when it shuts down, and
 *	a dedicated queue must never be given an ENQCMDS
 * @translated: a copy of its device's
 * @busy_shift: binary logarithm of the number of words of @busy
 * @tmpl: descriptors, complete but for their addresses and sizes
 * @node: in its device's list, under iaa_devices_lock
 * @dev: its device
 * @claims: what it can do by its device's registers and its own configuration, as @caps
 * @passed: what of that it did right in its last self-test; under iaa_devices_lock
 * @failed: what of that it did wrong; the same
 * @max_shift: by capability, binary logarithm of the longest source in bytes
 * @recovery: resets the queue and takes it up again
 * @backoff: delay before the next attempt to take it up, in jiffies
 * @recheck: tests it again while it serves, if it failed a part of its self-test
 * @recheck_delay: delay before that, in jiffies; under @dev->lock
 * @stalls: how often it had to be reset
 * @batches: how many batches are mapped, and began with one of its requests
 * @irq_armed: bit per descriptor whose owner sleeps until an interrupt
 * @irq_done: one for each descriptor; completed by the interrupt thread
 *
 * The first members, up to @busy_shift, are what a CPU reads for each request; they
 * share one cache line, which seldom changes.
 *
 * @state goes from live to stalled without the lock, by the first poll that
 * sees it.
 */
struct iaa_wq {
	void __iomem *portal;
	struct idxd_desc **descs;
	struct iaa_slot *slots;
	struct iaa_slots_busy *busy;
	struct device *dma_dev;
	struct idxd_wq *wq;
	unsigned int epoch;
	u32 max_src;
	u32 max_dst;
	u8 state;
	u8 caps;
	u8 dedicated:1;
	u8 translated:1;
	u8 busy_shift;
	struct iaa_desc_template tmpl ____cacheline_aligned;
	struct list_head node;
	struct iaa_device *dev;
	u8 claims;
	u8 passed;
	u8 failed;
	u8 max_shift[IAA_NR_CAPS];
	struct delayed_work recovery;
	unsigned long backoff;
	struct delayed_work recheck;
	unsigned long recheck_delay;
	unsigned int stalls;
	atomic_t batches;
	unsigned long *irq_armed;
	struct completion *irq_done;
} ____cacheline_aligned;

static_assert(offsetofend(struct iaa_wq, busy_shift) <= 64);
static_assert(IAA_NR_CAPS <= 8);

static inline bool iaa_wq_can(const struct iaa_wq *wq, unsigned int cap)
{
	return READ_ONCE(wq->caps) & BIT(cap);
}

#define IAA_BACKOFF_MIN		HZ
#define IAA_BACKOFF_MAX		(60 * HZ)

/* The delay before one more attempt, in jiffies: twice the last one, which may be 0 */
static inline unsigned long iaa_backoff(unsigned long last)
{
	return clamp(2 * last, IAA_BACKOFF_MIN, IAA_BACKOFF_MAX);
}

static inline unsigned int iaa_wq_busy_words(const struct iaa_wq *wq)
{
	return 1U << wq->busy_shift;
}

/* iaa_main.c */
extern struct mutex iaa_devices_lock;

/*
 * Who holds it may be what a queue's recovery waits for, or be that recovery, and
 * reclaim may wait for the queue: nothing allocates with I/O under it.
 */
static inline unsigned int iaa_devices_acquire(void)
{
	mutex_lock(&iaa_devices_lock);
	return memalloc_noio_save();
}

static inline void iaa_devices_release(unsigned int noio)
{
	memalloc_noio_restore(noio);
	mutex_unlock(&iaa_devices_lock);
}

DEFINE_LOCK_GUARD_0(iaa_devices, _T->noio = iaa_devices_acquire(),
		    iaa_devices_release(_T->noio), unsigned int noio)

extern struct list_head iaa_devices;
extern struct workqueue_struct *iaa_workqueue;
extern bool iaa_verify_compress;
extern unsigned int iaa_timeout_ms;
extern unsigned long iaa_timeout;

/* iaa_wq.c */
struct iaa_wq *iaa_wq_create(struct idxd_wq *idxd_wq);
void iaa_wq_unlink(struct iaa_wq *wq);
void iaa_wq_destroy(struct iaa_wq *wq);
void iaa_wq_drain(struct iaa_wq *wq);

/* iaa_balance.c */
extern bool iaa_map_missing;	/* there are live queues, but no memory for a map */
void iaa_rebalance(void);
void iaa_rebalance_stop(void);

/* iaa_pm.c */
extern bool iaa_parked;
void iaa_pm_init(void);
void iaa_pm_exit(void);

/* iaa_recover.c */
void iaa_watch_stop(void);
void iaa_wq_stalled(struct iaa_wq *wq);
void iaa_wq_recovery(struct work_struct *work);
int iaa_wq_quiesce(struct iaa_wq *wq);
int iaa_wq_serve(struct iaa_wq *wq);
void iaa_wq_retry(struct iaa_wq *wq, int err);
void iaa_device_give_back(struct iaa_device *dev);

/* iaa_recheck.c */
void iaa_recheck_init(struct iaa_wq *wq);
void iaa_recheck_later(struct iaa_wq *wq);
void iaa_recheck_stop(struct iaa_wq *wq);

/* iaa_mode.c */
const char *iaa_cap_name(unsigned int cap);

/* iaa_submit.c */
extern struct iaa_table __rcu *iaa_table;
int iaa_wq_submit(struct iaa_wq *wq, struct iaa_comp_req *req);
int iaa_hw_submit(struct iaa_comp_req *req);
int iaa_hw_poll(struct iaa_comp_req *req);

/* iaa_sysfs.c, iaa_debugfs.c */
extern const struct attribute_group *iaa_driver_groups[];
extern unsigned int iaa_g_comp_wqs;
extern bool iaa_distribute_comps;
extern bool iaa_distribute_decomps;
void iaa_debugfs_init(void);
void iaa_debugfs_exit(void);

#endif /* _IAA_DEV_H */
