// SPDX-License-Identifier: GPL-2.0
/*
 * A queue that does not answer.
 *
 * The device may still write to the buffers of what is in flight on it, so nothing of
 * that is given back until the queue, or its device, has been reset: the queue is
 * taken out of the map, reset through idxd, and only then its epoch advances, which
 * owners of requests in flight poll. Where the whole device has to be reset, the
 * requests of all of its queues are given back at once. Then the queue has to pass its
 * self-test before it is put back; until it does, that is tried again with growing
 * delay. All other queues, and all other devices, go on meanwhile.
 *
 * Locks: iaa_device.lock, then iaa_devices_lock. The first is held while a device is
 * reset, for many seconds if it hangs, and serialises that; it is taken by recoveries
 * and removals of that device's queues only. The second is never held while a device
 * is waited for. Giving requests back takes no lock.
 */
#include <linux/bitops.h>
#include <linux/jiffies.h>
#include <linux/rculist.h>
#include <linux/rcupdate.h>

#include "idxd.h"
#include "iaa_crypto_trace.h"
#include "iaa_dev.h"
#include "iaa_irq.h"
#include "iaa_selftest.h"

/* Time between two searches for further queues that do not answer */
#define IAA_WATCH_INTERVAL	(HZ / 10)

static bool iaa_slot_busy(const struct iaa_wq *wq, unsigned int id)
{
	unsigned int word = id & (iaa_wq_busy_words(wq) - 1);

	return test_bit(id >> wq->busy_shift, &wq->busy[word].bits);
}

/* Whether some request in flight is past its deadline */
static bool iaa_wq_overdue(const struct iaa_wq *wq)
{
	unsigned long deadline;
	unsigned int i;

	for (i = 0; i < wq->wq->num_descs; i++) {
		if (!iaa_slot_busy(wq, i) ||
		    READ_ONCE(wq->descs[i]->iax_completion->status))
			continue;
		/* Pairs with smp_wmb() in iaa_start() */
		smp_rmb();
		deadline = READ_ONCE(wq->slots[i].deadline);
		if (deadline && time_after(jiffies, deadline))
			return true;
	}
	return false;
}

/*
 * The owner of a batch polls its requests in order, and so reports one queue at a time:
 * where several devices hang, each would be reset only after the one before. So once
 * one queue stalled all others are looked after, until it was reset.
 */
static void iaa_watch(struct work_struct *work)
{
	struct iaa_device *dev;
	bool again = false;
	struct iaa_wq *wq;

	guard(iaa_devices)();
	list_for_each_entry(dev, &iaa_devices, node)
		list_for_each_entry(wq, &dev->wqs, node) {
			if (READ_ONCE(wq->state) == IAA_WQ_LIVE && iaa_wq_overdue(wq))
				iaa_wq_stalled(wq);
			again |= READ_ONCE(wq->state) == IAA_WQ_STALLED &&
				 !READ_ONCE(wq->backoff);
		}
	if (again)
		queue_delayed_work(iaa_workqueue, to_delayed_work(work),
				   IAA_WATCH_INTERVAL);
}

static DECLARE_DELAYED_WORK(iaa_watch_work, iaa_watch);

/**
 * iaa_watch_stop() - end the search for queues that do not answer
 *
 * Context: process, sleeps; there is no queue any more.
 */
void iaa_watch_stop(void)
{
	cancel_delayed_work_sync(&iaa_watch_work);
}

/**
 * iaa_wq_stalled() - report that a queue did not answer in time
 * @wq: the queue; a request in flight or rcu_read_lock() keeps it
 *
 * Context: any but hard interrupt. The first report starts the recovery.
 */
void iaa_wq_stalled(struct iaa_wq *wq)
{
	enum iaa_wq_state state = READ_ONCE(wq->state);

	/* An idle one may have requests in flight from before it was parked */
	if (state != IAA_WQ_LIVE && state != IAA_WQ_IDLE)
		return;
	if (cmpxchg(&wq->state, state, IAA_WQ_STALLED) != state)
		return;
	iaa_stat_inc(IAA_STAT_TIMEOUT);
	trace_iaa_wq_stalled(wq->wq->idxd->id, wq->wq->id);
	queue_delayed_work(iaa_workqueue, &wq->recovery, 0);
	queue_delayed_work(iaa_workqueue, &iaa_watch_work, IAA_WATCH_INTERVAL);
}

/* Let the owners of what was in flight know that the device does not write to it */
static void iaa_wq_give_back(struct iaa_wq *wq)
{
	unsigned int i;

	/* No longer the watch's: their owners may be long in coming */
	for (i = 0; i < wq->wq->num_descs; i++)
		WRITE_ONCE(wq->slots[i].deadline, 0);
	/* Pairs with smp_load_acquire() where requests are polled */
	smp_store_release(&wq->epoch, wq->epoch + 1);
	iaa_irq_wake(wq, true);
}

/**
 * iaa_device_give_back() - give back the requests of all queues of a device
 * @dev: a device that has been stopped
 *
 * Context: process, under @dev->lock; takes no other lock.
 */
void iaa_device_give_back(struct iaa_device *dev)
{
	struct iaa_wq *wq;

	lockdep_assert_held(&dev->lock);
	guard(rcu)();
	list_for_each_entry_rcu(wq, &dev->wqs, node)
		iaa_wq_give_back(wq);
}

/* None of a device's queues gets requests any more, as a reset takes them all */
static void iaa_device_stall(struct iaa_device *dev)
{
	struct iaa_wq *wq;

	scoped_guard(rcu)
		list_for_each_entry_rcu(wq, &dev->wqs, node)
			iaa_wq_stalled(wq);
	/* Submissions that saw a live queue are on it now */
	synchronize_rcu();
}

/**
 * iaa_wq_quiesce() - have a device write nothing more of what a queue has in flight,
 * and let the owners know
 * @wq: a queue that gets no requests
 *
 * Resets the queue, or if that fails the device. If even that fails nothing is given
 * back.
 *
 * Context: process, sleeps, under @wq->dev->lock.
 * Return: 0 if the queue can be resumed; -ENODEV if the device is gone, and the
 * requests were given back; another -errno as idxd_device_quiesce(), and they were not.
 */
int iaa_wq_quiesce(struct iaa_wq *wq)
{
	int ret;

	lockdep_assert_held(&wq->dev->lock);
	if (!idxd_wq_reset_hw(wq->wq)) {
		iaa_wq_give_back(wq);
		return 0;
	}
	iaa_device_stall(wq->dev);
	ret = idxd_device_quiesce(wq->dev->idxd);
	if (!ret || ret == -ENODEV)
		iaa_device_give_back(wq->dev);
	return ret;
}

/* Reset the queue, if need be its whole device, and enable it again */
static int iaa_wq_restart(struct iaa_wq *wq)
{
	int ret;

	ret = iaa_wq_quiesce(wq);
	if (!ret)
		ret = idxd_device_restart(wq->dev->idxd);
	if (ret)
		return ret;
	guard(mutex)(&wq->wq->wq_lock);
	return idxd_wq_resume(wq->wq);
}

/**
 * iaa_wq_serve() - let a queue have requests if it passes its self-test
 * @wq: a queue that is enabled, and stalled or new
 *
 * Context: process, sleeps, under @wq->dev->lock.
 * Return: 0, or -errno and it may be tried again after a reset.
 */
int iaa_wq_serve(struct iaa_wq *wq)
{
	unsigned int epoch = wq->epoch;
	int ret;

	ret = iaa_selftest_run(wq, false);
	if (ret)
		return ret;

	guard(iaa_devices)();
	if (wq->state != IAA_WQ_STALLED || wq->epoch != epoch || iaa_parked)
		return -EAGAIN;
	wq->backoff = 0;
	WRITE_ONCE(wq->state, IAA_WQ_LIVE);
	iaa_rebalance();
	wq->recheck_delay = 0;
	if (wq->failed)
		iaa_recheck_later(wq);
	return 0;
}

/**
 * iaa_wq_retry() - try later to take a queue up that could not be
 * @wq: a queue that gets no requests
 * @err: the error of this attempt
 *
 * Context: process, under @wq->dev->lock.
 */
void iaa_wq_retry(struct iaa_wq *wq, int err)
{
	unsigned long backoff = iaa_backoff(wq->backoff);

	if (!wq->backoff || (backoff == IAA_BACKOFF_MAX && wq->backoff != backoff))
		dev_warn(wq_confdev(wq->wq), "not in service (%d); trying again in %lu s\n",
			 err, backoff / HZ);
	wq->backoff = backoff;
	queue_delayed_work(iaa_workqueue, &wq->recovery, wq->backoff);
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

	guard(mutex)(&wq->dev->lock);
	if (READ_ONCE(wq->state) != IAA_WQ_STALLED)
		return;

	scoped_guard(iaa_devices)
		iaa_rebalance();
	/* Submissions that found the queue in the old map are on it now */
	synchronize_rcu();

	if (!wq->backoff)
		dev_warn(dev, "does not answer; resetting it\n");
	ret = iaa_wq_restart(wq);
	if (!ret)
		ret = iaa_wq_serve(wq);
	if (ret) {
		iaa_wq_retry(wq, ret);
		return;
	}
	wq->stalls++;
	dev_info(dev, "answers again\n");
}
