// SPDX-License-Identifier: GPL-2.0
/*
 * A request's way through a work queue: pick one, take a descriptor, map,
 * write it to the portal; later look at the completion record, and give all
 * of it back.
 *
 * Hot path: forced inline to avoid per-page call overhead.
 *
 * Everything here runs under rcu_read_lock(), taken by iaa_comp, and doesn't
 * sleep. A request in flight owns one descriptor, which keeps its queue; no other
 * thread writes to either. Once the descriptor is given back the queue may go.
 */
#include <linux/bitops.h>
#include <linux/dma-mapping.h>
#include <linux/jiffies.h>
#include <linux/smp.h>
#include <linux/timekeeping.h>

#include "idxd.h"
#include "iaa_dev.h"
#include "iaa_irq.h"
#include "iaa_map.h"
#include "iaa_mode.h"
#include "iaa_table.h"

/*
 * How long a submission tries full queues before software does the work, in ns
 * for each byte of the uncompressed side: 25 us to compress a page and 8 us to
 * decompress it, which is less than zlib takes at its fastest level.
 */
#define IAA_COMP_PATIENCE	6
#define IAA_DECOMP_PATIENCE	2
/* ENQCMDS says "retry" when a shared queue is over its threshold */
#define IAA_ENQCMDS_RETRIES	32

struct iaa_table __rcu *iaa_table;

/* Where in its set a CPU submits next; a lost update costs nothing */
static DEFINE_PER_CPU(unsigned int [IAA_NR_ROLES], iaa_cursor);

static struct iaa_slot *iaa_req_slot(const struct iaa_comp_req *req)
{
	return &req->wq->slots[req->desc->id];
}

/*
 * Writing 64 bytes to the portal starts the work. idxd may quiesce a queue that is
 * ours, where it lacks the memory to replace a revoked interrupt handle: it kills
 * wq_active, whose last reference goes after a grace period only, so this check is
 * enough under rcu_read_lock(). The portal stays until we give the queue up.
 * Dedicated queues never refuse: there are no more descriptors than places in the
 * queue.
 *
 * Return: 0; -EAGAIN if a shared queue is full; -ENODEV if the queue is going.
 */
static int iaa_portal_write(struct iaa_wq *wq, struct idxd_desc *desc)
{
	/* All slots of the portal's page are equal; each descriptor has its own */
	unsigned int slot = desc->id * sizeof(*desc->hw) & ~PAGE_MASK;
	int ret = 0, tries = IAA_ENQCMDS_RETRIES;

	if (unlikely(percpu_ref_is_dying(&wq->wq->wq_active)))
		return -ENODEV;

	/* The descriptor is in memory before the device may read around it */
	wmb();
	if (likely(wq->dedicated)) {
		iosubmit_cmds512(wq->portal + slot, desc->hw, 1);
	} else {
		while ((ret = enqcmds(wq->portal + slot, desc->hw)) && tries--)
			cpu_relax();
	}
	return ret;
}

static __always_inline int iaa_start(struct iaa_comp_req *req)
{
	struct idxd_desc *desc = req->desc;
	int ret;

	iaa_desc_fill(desc->iax_hw, &req->wq->tmpl, req, desc->compl_dma);
	req->deadline = jiffies + READ_ONCE(iaa_timeout);
	WRITE_ONCE(iaa_req_slot(req)->deadline, req->deadline);
	/* Pairs with smp_rmb() in iaa_wq_overdue() */
	smp_wmb();
	WRITE_ONCE(desc->iax_completion->status, 0);
	iaa_irq_arm(req);

	ret = iaa_portal_write(req->wq, desc);
	if (unlikely(ret)) {
		WRITE_ONCE(iaa_req_slot(req)->deadline, 0);
		iaa_irq_disarm(req);
	}
	return ret;
}

/*
 * We are the only user of the queue's descriptors, so idxd's sbitmap, which
 * could also have somebody sleep for one, is left alone.
 */
static struct idxd_desc *iaa_desc_get(struct iaa_wq *wq)
{
	unsigned int mask = iaa_wq_busy_words(wq) - 1;
	unsigned int word = raw_smp_processor_id(), i;

	for (i = 0; i <= mask; i++, word++) {
		unsigned long *busy = &wq->busy[word & mask].bits;
		unsigned long seen = READ_ONCE(*busy);

		while (~seen) {
			unsigned int bit = ffz(seen);

			if (likely(!test_and_set_bit_lock(bit, busy)))
				return wq->descs[(bit << wq->busy_shift) +
						 (word & mask)];
			seen = READ_ONCE(*busy);
		}
	}
	return NULL;
}

static __always_inline void iaa_desc_put(struct iaa_wq *wq,
					 const struct idxd_desc *desc)
{
	unsigned int word = desc->id & (iaa_wq_busy_words(wq) - 1);

	clear_bit_unlock(desc->id >> wq->busy_shift, &wq->busy[word].bits);
}

/*
 * Where mapping is only arithmetic there is nothing to undo, which the DMA
 * core tells for less than it takes to have it find out.
 */
static __always_inline void iaa_unmap(struct iaa_comp_req *req,
				      unsigned int produced)
{
	struct device *dev = req->wq->dma_dev;

	if (dma_need_unmap(dev)) {
		if (req->kept != (IAA_KEPT_SRC | IAA_KEPT_DST))
			iaa_req_unmap(dev, req, req->verify);
		req->kept = 0;
	}
	if (unlikely(req->src_bounce || req->dst_bounce))
		iaa_req_unbounce(req, produced);
}

static __always_inline int iaa_wq_begin(struct iaa_wq *wq,
					struct iaa_comp_req *req, bool verify,
					bool translating)
{
	int ret;

	req->desc = iaa_desc_get(wq);
	if (!req->desc)
		return -EAGAIN;

	req->wq = wq;
	req->epoch = READ_ONCE(wq->epoch);
	req->reason = IAA_NO_REASON;
	req->resubmits = 0;
	req->verify = verify;
	ret = translating && wq->translated ? iaa_req_map_translated(wq, req) :
					      iaa_req_map(wq, req);
	if (unlikely(ret)) {
		req->reason = IAA_NO_MAPPING;
		goto err_put_desc;
	}
	ret = iaa_start(req);
	if (likely(!ret))
		return -EINPROGRESS;

	iaa_unmap(req, 0);
	if (ret == -ENODEV)
		ret = iaa_req_soft(req, IAA_STALLED);
err_put_desc:
	iaa_desc_put(wq, req->desc);
	return ret;
}

/**
 * iaa_wq_submit() - start a request on a given queue, live or not
 * @wq: the queue
 * @req: its op, mode, flags and buffers are set; it is not verified
 *
 * Context: under rcu_read_lock(); does not sleep.
 * Return: -EINPROGRESS; -EAGAIN: the queue is full; -EREMOTEIO: it takes no
 * requests now; -ENOMEM: the buffers could not be mapped.
 */
int iaa_wq_submit(struct iaa_wq *wq, struct iaa_comp_req *req)
{
	return iaa_wq_begin(wq, req, false, true);
}

/* Whether it takes requests; a device that halted does not, until it is reset */
static bool iaa_wq_live(struct iaa_wq *wq)
{
	if (unlikely(READ_ONCE(wq->state) != IAA_WQ_LIVE))
		return false;
	if (likely(READ_ONCE(wq->wq->idxd->state) == IDXD_DEV_ENABLED))
		return true;
	iaa_wq_stalled(wq);
	return false;
}

static __always_inline int __iaa_wq_try(struct iaa_wq *wq,
					struct iaa_comp_req *req, bool translating)
{
	bool compress = req->op == IAA_OP_COMPRESS;
	unsigned int cap = compress ? req->mode : IAA_CAP_DECOMPRESS;

	if (unlikely(!iaa_wq_can(wq, cap)))
		return iaa_req_soft(req, IAA_NO_MODE);
	/* Only what is too long for some capability needs a closer look */
	if (unlikely(req->slen > wq->max_src &&
		     req->slen > BIT(wq->max_shift[cap])))
		return iaa_req_soft(req, IAA_TOO_LONG);
	if (unlikely(req->dlen > wq->max_dst))
		return iaa_req_soft(req, IAA_TOO_LONG);
	if (unlikely(!iaa_wq_live(wq)))
		return iaa_req_soft(req, IAA_STALLED);
	return iaa_wq_begin(wq, req, compress && READ_ONCE(iaa_verify_compress),
			    translating);
}

static noinline int iaa_wq_try(struct iaa_wq *wq, struct iaa_comp_req *req)
{
	return __iaa_wq_try(wq, req, false);
}

/*
 * One pass over a set, from where this CPU is in it. -EAGAIN if some queue is
 * merely full, so that another pass may help. Buffers that could not be mapped
 * for one device are not tried on the next, which would lack memory as well.
 */
static __always_inline int iaa_set_submit(const struct iaa_table *table,
					  const struct iaa_wq_set *set,
					  unsigned int start,
					  enum iaa_role role,
					  struct iaa_comp_req *req,
					  bool translating)
{
	unsigned int next = raw_cpu_read(iaa_cursor[role]), at, i;
	struct iaa_wq *wq;
	int ret, worst = -EREMOTEIO;

	for (i = 0; i < set->nr; i++) {
		/* A smaller map may have come since the cursor was set */
		if (next >= set->nr)
			next = 0;
		at = start + next++;
		if (at >= set->nr)
			at -= set->nr;

		wq = table->wqs[set->first + at];
		ret = translating ? __iaa_wq_try(wq, req, true) : iaa_wq_try(wq, req);
		if (likely(ret == -EINPROGRESS)) {
			if (translating && req->batch && iaa_batch_stays(req->batch))
				next--;
			raw_cpu_write(iaa_cursor[role], next);
			return ret;
		}
		if (ret == -ENOMEM)
			return -EREMOTEIO;
		if (ret == -EAGAIN)
			worst = ret;
	}
	return set->nr ? worst : iaa_req_soft(req, IAA_STALLED);
}

/* Less than software takes, or there would be no point in waiting for a queue */
static u64 iaa_patience(const struct iaa_comp_req *req)
{
	return req->op == IAA_OP_COMPRESS ?
	       (u64)req->slen * IAA_COMP_PATIENCE :
	       (u64)req->dlen * IAA_DECOMP_PATIENCE;
}

/* Its own queues are full: this CPU may use all of the package's */
static noinline int iaa_submit_again(const struct iaa_table *table,
				     enum iaa_role role,
				     struct iaa_comp_req *req)
{
	u64 end = ktime_get_mono_fast_ns() + iaa_patience(req);
	const struct iaa_wq_set *set;
	int ret;

	set = iaa_table_package_set(table, raw_smp_processor_id(), role);
	do {
		cpu_relax();
		ret = iaa_set_submit(table, set, 0, role, req, true);
		if (ret != -EAGAIN)
			return ret;
	} while (ktime_get_mono_fast_ns() < end);
	return iaa_req_soft(req, IAA_BUSY);
}

static __always_inline int __iaa_hw_submit(struct iaa_comp_req *req, bool translating)
{
	const struct iaa_table *table = rcu_dereference(iaa_table);
	enum iaa_role role = req->op == IAA_OP_COMPRESS ? IAA_ROLE_COMP :
							  IAA_ROLE_DECOMP;
	const struct iaa_wq_set *set;
	unsigned int start;
	int ret;

	if (unlikely(!table))
		return iaa_req_soft(req, READ_ONCE(iaa_map_missing) ?
				    IAA_STALLED : IAA_NO_QUEUE);

	set = iaa_table_set(table, raw_smp_processor_id(), role, &start);
	ret = iaa_set_submit(table, set, start, role, req, translating);
	if (likely(ret != -EAGAIN) || req->flags & IAA_COMP_REQ_NOWAIT)
		return ret;
	return iaa_submit_again(table, role, req);
}

/* Some devices' addresses are translated */
static noinline int iaa_hw_submit_translating(struct iaa_comp_req *req)
{
	return __iaa_hw_submit(req, true);
}

/**
 * iaa_hw_submit() - start a request on one of this CPU's queues
 * @req: its op, mode, flags and buffers are set
 *
 * Without an IOMMU none of what iaa_comp_dma.h offers costs anything but one look.
 *
 * Context: under rcu_read_lock(); does not sleep.
 * Return: see struct iaa_provider.
 */
int iaa_hw_submit(struct iaa_comp_req *req)
{
	if (unlikely(iaa_comp_translated()))
		return iaa_hw_submit_translating(req);
	return __iaa_hw_submit(req, false);
}

static __always_inline void iaa_count(struct iaa_comp_req *req, int ret)
{
	struct iaa_wq_counts *counts = &iaa_req_slot(req)->counts;

	if (unlikely(ret < 0 && ret != -ENOSPC)) {
		counts->errors++;
		return;
	}
	if (req->op == IAA_OP_DECOMPRESS) {
		counts->decomp_calls++;
		counts->decomp_bytes += req->slen;
		iaa_stat_inc(IAA_STAT_DECOMP);
		iaa_stat_add(IAA_STAT_DECOMP_BYTES_IN, req->slen);
		return;
	}
	counts->comp_calls++;
	iaa_stat_inc(IAA_STAT_COMP);
	if (ret > 0) {
		counts->comp_bytes += ret;
		iaa_stat_add(IAA_STAT_COMP_BYTES_OUT, ret);
	}
}

static __always_inline int iaa_finish(struct iaa_comp_req *req, int ret, bool fenced)
{
	if (req->op == IAA_OP_VERIFY)
		req->op = IAA_OP_COMPRESS;
	iaa_count(req, ret);
	iaa_unmap(req, ret > 0 ? ret : 0);
	if (fenced)
		iaa_dma_flush(&req->wq->dev->dma);
	iaa_desc_put(req->wq, req->desc);
	return ret;
}

static noinline int iaa_give_up(struct iaa_comp_req *req, enum iaa_reason reason)
{
	bool fenced = READ_ONCE(req->wq->dev->dma.fenced);

	/* Software will use the page */
	if (unlikely(fenced) && req->batch)
		iaa_batch_fence(req->batch);
	return iaa_finish(req, iaa_req_soft(req, reason), fenced);
}

/*
 * Submit once more, with the same descriptor and mapping. Like any request it
 * goes to a live queue only, and counts from that queue's last reset, which may
 * have come since the request was first submitted.
 */
static noinline int iaa_resubmit(struct iaa_comp_req *req)
{
	if (unlikely(READ_ONCE(req->wq->state) != IAA_WQ_LIVE))
		return iaa_give_up(req, IAA_STALLED);
	req->reason = IAA_NO_REASON;
	req->epoch = READ_ONCE(req->wq->epoch);
	if (likely(!iaa_start(req)))
		return -EINPROGRESS;
	return iaa_give_up(req, IAA_STALLED);
}

/* Read back what was just compressed */
static noinline int iaa_verify(struct iaa_comp_req *req, unsigned int produced)
{
	if (unlikely(!iaa_wq_can(req->wq, IAA_CAP_DECOMPRESS)))
		return iaa_give_up(req, IAA_NO_MODE);
	req->op = IAA_OP_VERIFY;
	req->produced = produced;
	req->crc = req->desc->iax_completion->crc;
	return iaa_resubmit(req);
}

/*
 * No status yet. After a reset the device writes no more to what was in flight
 * before it, so then the request can be given up.
 */
static noinline int iaa_poll_pending(struct iaa_comp_req *req)
{
	const struct iax_completion_record *rec = req->desc->iax_completion;

	/* Pairs with smp_store_release() in iaa_wq_give_back() */
	if (unlikely(smp_load_acquire(&req->wq->epoch) != req->epoch)) {
		/* It may have been completed before the reset (DSA 3.15) */
		if (READ_ONCE(rec->status))
			return -EINPROGRESS;
		iaa_irq_disarm(req);
		WRITE_ONCE(iaa_req_slot(req)->deadline, 0);
		return iaa_give_up(req, IAA_TIMED_OUT);
	}
	/* The caller may have been preempted since it read the status */
	if (unlikely(time_after(jiffies, req->deadline)) && !READ_ONCE(rec->status))
		iaa_wq_stalled(req->wq);
	return -EINPROGRESS;
}

/**
 * iaa_hw_poll() - retire a request if the device is done with it
 * @req: a request in flight
 *
 * Context: under rcu_read_lock(); does not sleep.
 * Return: see struct iaa_provider.
 */
int iaa_hw_poll(struct iaa_comp_req *req)
{
	const struct iax_completion_record *rec = req->desc->iax_completion;
	int ret;

	if (!READ_ONCE(rec->status))
		return iaa_poll_pending(req);

	/* The status is written last: now the rest of the record, and data */
	dma_rmb();
	iaa_irq_disarm(req);
	ret = iaa_desc_result(rec, req);
	if (unlikely(ret < 0)) {
		if (ret == -EAGAIN)
			return iaa_resubmit(req);
	} else if (unlikely(req->verify) && req->op == IAA_OP_COMPRESS) {
		return iaa_verify(req, ret);
	}
	return iaa_finish(req, ret, false);
}
