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

#include "idxd.h"
#include "iaa_crypto_trace.h"
#include "iaa_dev.h"

#define IAA_BACKOFF_MIN		HZ
#define IAA_BACKOFF_MAX		(60 * HZ)

/* What a recovered queue has to compress */
#define IAA_TRIAL_LEN		64
#define IAA_TRIAL_ROOM		256

/**
 * iaa_wq_stalled() - report that a queue did not answer in time
 * @wq: the queue; a reference or rcu_read_lock() keeps it
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

static bool iaa_device_gone(struct idxd_device *idxd)
{
	union gensts_reg gensts = {
		.bits = ioread32(idxd->reg_base + IDXD_GENSTATS_OFFSET),
	};

	/* A removed device reads as all ones, which looks like halted */
	return gensts.state == IDXD_DEVICE_STATE_HALT;
}

/**
 * iaa_wq_silence() - see to it that a queue's device writes nothing any more
 * of what is in flight now, and let the owners know
 * @wq: a queue that gets no requests
 *
 * A queue that can't be reset, on a device that has neither halted nor gone,
 * costs its whole device the right to access memory.
 *
 * Context: process, sleeps.
 * Return: 0 if the queue could be used again, or -errno.
 */
int iaa_wq_silence(struct iaa_wq *wq)
{
	struct idxd_device *idxd = wq->wq->idxd;
	int ret;

	mutex_lock(&wq->wq->wq_lock);
	ret = idxd_wq_restart(wq->wq);
	mutex_unlock(&wq->wq->wq_lock);

	if (ret && !iaa_device_gone(idxd) && idxd->pdev->is_busmaster) {
		dev_err(&idxd->pdev->dev,
			"wq%d.%d can't be reset: the device may no longer access memory; reload idxd to use it again\n",
			idxd->id, wq->wq->id);
		pci_clear_master(idxd->pdev);
	}

	/* Pairs with smp_load_acquire() where requests are polled */
	smp_store_release(&wq->epoch, wq->epoch + 1);
	iaa_hw_wake(wq, true);
	return ret;
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

/* Whether the queue compresses a few bytes to something plausible */
static bool iaa_wq_works(struct iaa_wq *wq)
{
	u8 *buf __free(kfree) = kzalloc(IAA_TRIAL_LEN + IAA_TRIAL_ROOM,
					GFP_KERNEL);
	struct iaa_comp_req req = {
		.src = buf,
		.slen = IAA_TRIAL_LEN,
		.dst = buf + IAA_TRIAL_LEN,
		.dlen = IAA_TRIAL_ROOM,
		.op = IAA_OP_COMPRESS,
		.mode = IAA_COMP_FIXED,
	};
	int ret;

	if (!buf)
		return false;
	rcu_read_lock();
	ret = iaa_wq_submit(wq, &req);
	rcu_read_unlock();
	if (ret == -EINPROGRESS)
		ret = iaa_trial_wait(wq, &req);
	return ret > 0;
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

	guard(mutex)(&iaa_devices_lock);
	if (wq->state != IAA_WQ_STALLED)
		return;

	iaa_rebalance();
	/* Nobody is between picking it from the old map and its portal */
	synchronize_rcu();

	if (!wq->backoff)
		dev_warn(dev, "does not answer; resetting it\n");
	if (!iaa_wq_silence(wq) && iaa_wq_works(wq)) {
		dev_info(dev, "answers again\n");
		wq->stalls++;
		wq->backoff = 0;
		WRITE_ONCE(wq->state, IAA_WQ_LIVE);
		iaa_rebalance();
		return;
	}
	wq->backoff = clamp(2 * wq->backoff, IAA_BACKOFF_MIN, IAA_BACKOFF_MAX);
	queue_delayed_work(iaa_workqueue, &wq->recovery, wq->backoff);
}
