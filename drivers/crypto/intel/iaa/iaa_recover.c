// SPDX-License-Identifier: GPL-2.0
/*
 * A queue that does not answer.
 *
 * What is in flight on it may still be written by the device, so nothing of it
 * is given back until the queue has been reset: it is taken out of the map,
 * reset through idxd, and only then its epoch advances, which is what owners
 * of requests in flight look at. Then it has to do a small piece of work
 * correctly before it is put back; until it does, that is tried again with
 * growing delay. All other queues go on meanwhile.
 */
#include <linux/delay.h>
#include <linux/pci.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "idxd.h"
#include "iaa_crypto_trace.h"
#include "iaa_dev.h"
#include "iaa_irq.h"

#define IAA_BACKOFF_MIN		HZ
#define IAA_BACKOFF_MAX		(60 * HZ)

/* What a recovered queue has to compress, and to give back */
#define IAA_TRIAL_LEN		64
#define IAA_TRIAL_ROOM		256

/**
 * iaa_wq_stalled() - report that a queue did not answer in time
 * @wq: the queue; a request in flight or rcu_read_lock() keeps it
 *
 * Context: any but hard interrupt. The first report starts the recovery.
 */
void iaa_wq_stalled(struct iaa_wq *wq)
{
	if (cmpxchg(&wq->state, IAA_WQ_LIVE, IAA_WQ_STALLED) != IAA_WQ_LIVE)
		return;
	iaa_stat_inc(IAA_STAT_TIMEOUT);
	trace_iaa_wq_stalled(wq->wq->idxd->id, wq->wq->id);
	queue_delayed_work(iaa_workqueue, &wq->recovery, 0);
}

/**
 * iaa_wq_silence() - see to it that a queue's device writes nothing any more
 * of what is in flight now, and let the owners know
 * @wq: a queue that gets no requests
 *
 * A device whose queue can't be reset loses the right to access memory.
 *
 * Context: process, sleeps.
 * Return: 0 if the queue can be resumed, or -errno.
 */
int iaa_wq_silence(struct iaa_wq *wq)
{
	int ret;

	scoped_guard(mutex, &wq->wq->wq_lock) {
		ret = idxd_wq_silence(wq->wq);
		if (ret == -EIO)
			idxd_device_fence(wq->wq->idxd);
	}

	/* Pairs with smp_load_acquire() where requests are polled */
	smp_store_release(&wq->epoch, wq->epoch + 1);
	iaa_irq_wake(wq, true);
	return ret;
}

/* All of a fenced device's requests can be given back, not only one queue's */
static void iaa_device_stalled(struct iaa_device *dev)
{
	struct iaa_wq *wq;

	list_for_each_entry(wq, &dev->wqs, node)
		iaa_wq_stalled(wq);
}

/* Reset the queue, if need be its whole device, and enable it again */
static int iaa_wq_restart(struct iaa_wq *wq)
{
	int ret;

	if (iaa_wq_silence(wq) == -EIO)
		iaa_device_stalled(wq->dev);
	ret = idxd_device_revive(wq->wq->idxd);
	if (ret)
		return ret;
	guard(mutex)(&wq->wq->wq_lock);
	return idxd_wq_resume(wq->wq);
}

/* Retire a trial; a queue that does not do it is reset once more */
static int iaa_trial_wait(struct iaa_wq *wq, struct iaa_comp_req *req)
{
	int ret;

	do {
		fsleep(100);
		if (time_after(jiffies, req->deadline))
			iaa_wq_silence(wq);
		rcu_read_lock();
		ret = iaa_hw_poll(req);
		rcu_read_unlock();
	} while (ret == -EINPROGRESS);
	return ret;
}

static int iaa_trial_do(struct iaa_wq *wq, struct iaa_comp_req *req)
{
	int ret;

	rcu_read_lock();
	ret = iaa_wq_submit(wq, req);
	rcu_read_unlock();
	return ret == -EINPROGRESS ? iaa_trial_wait(wq, req) : ret;
}

struct iaa_trial {
	u8 plain[IAA_TRIAL_LEN];
	u8 packed[IAA_TRIAL_ROOM];
	u8 out[IAA_TRIAL_LEN];
};

/* Whether the queue gives a few bytes back that it compressed */
static bool iaa_wq_works(struct iaa_wq *wq)
{
	struct iaa_trial *trial __free(kfree) = kzalloc_obj(*trial);
	struct iaa_comp_req comp = {
		.slen = IAA_TRIAL_LEN,
		.dlen = IAA_TRIAL_ROOM,
		.op = IAA_OP_COMPRESS,
		.mode = IAA_COMP_FIXED,
	};
	struct iaa_comp_req decomp = {
		.dlen = IAA_TRIAL_LEN,
		.op = IAA_OP_DECOMPRESS,
	};
	int ret;

	if (!trial)
		return false;
	strscpy(trial->plain, "a few bytes, a few bytes, and some zeroes");
	comp.src = trial->plain;
	comp.dst = trial->packed;
	ret = iaa_trial_do(wq, &comp);
	if (ret <= 0)
		return false;

	decomp.src = trial->packed;
	decomp.slen = ret;
	decomp.dst = trial->out;
	return iaa_trial_do(wq, &decomp) == IAA_TRIAL_LEN &&
	       !memcmp(trial->plain, trial->out, IAA_TRIAL_LEN);
}

/**
 * iaa_wq_recovery() - reset a stalled queue and take it up again
 * @work: the queue's
 */
void iaa_wq_recovery(struct work_struct *work)
{
	struct iaa_wq *wq = container_of(to_delayed_work(work), struct iaa_wq,
					 recovery);
	struct device *dev = wq_confdev(wq->wq);
	int ret;

	guard(iaa_devices)();
	if (wq->state != IAA_WQ_STALLED)
		return;

	iaa_rebalance();
	/* Nobody is between picking it from the old map and its portal */
	synchronize_rcu();

	if (!wq->backoff)
		dev_warn(dev, "does not answer; resetting it\n");
	ret = iaa_wq_restart(wq);
	if (!ret && iaa_wq_works(wq)) {
		dev_info(dev, "answers again\n");
		wq->stalls++;
		wq->backoff = 0;
		WRITE_ONCE(wq->state, IAA_WQ_LIVE);
		iaa_rebalance();
		return;
	}
	if (wq->backoff < IAA_BACKOFF_MAX && 2 * wq->backoff >= IAA_BACKOFF_MAX)
		dev_warn(dev, "still out of service (%d); trying once in %d s\n",
			 ret, IAA_BACKOFF_MAX / HZ);
	wq->backoff = clamp(2 * wq->backoff, IAA_BACKOFF_MIN, IAA_BACKOFF_MAX);
	queue_delayed_work(iaa_workqueue, &wq->recovery, wq->backoff);
}
