// SPDX-License-Identifier: GPL-2.0
/*
 * A queue that serves, but failed a part of its self-test.
 *
 * Its device is not used for that part. The error may have been a single one, so the
 * queue is tested again while it serves, with growing delay, until it passes or is reset.
 */
#include <linux/workqueue.h>

#include "idxd.h"
#include "iaa_dev.h"
#include "iaa_selftest.h"

static void iaa_wq_recheck(struct work_struct *work)
{
	struct iaa_wq *wq = container_of(to_delayed_work(work), struct iaa_wq, recheck);
	int ret;

	guard(mutex)(&wq->dev->lock);
	if (READ_ONCE(wq->state) != IAA_WQ_LIVE || !wq->failed)
		return;

	ret = iaa_selftest_run(wq, true);
	/* It can't even do any more what it could do before */
	if (ret == -EBADMSG)
		iaa_wq_stalled(wq);
	else if (wq->failed)
		iaa_recheck_later(wq);
	else
		dev_info(wq_confdev(wq->wq), "self-test passed\n");
}

/**
 * iaa_recheck_init() - prepare a new queue for iaa_recheck_later()
 * @wq: the queue
 */
void iaa_recheck_init(struct iaa_wq *wq)
{
	INIT_DELAYED_WORK(&wq->recheck, iaa_wq_recheck);
}

/**
 * iaa_recheck_later() - test a queue again, after twice the time of the attempt before
 * @wq: a live queue that failed a part of its self-test
 *
 * Context: any, under @wq->dev->lock.
 */
void iaa_recheck_later(struct iaa_wq *wq)
{
	lockdep_assert_held(&wq->dev->lock);
	wq->recheck_delay = iaa_backoff(wq->recheck_delay);
	mod_delayed_work(iaa_workqueue, &wq->recheck, wq->recheck_delay);
}

/**
 * iaa_recheck_stop() - test a queue no more
 * @wq: a queue that has been removed, so that it does not go live again
 *
 * Context: process, sleeps; no lock of ours is held.
 */
void iaa_recheck_stop(struct iaa_wq *wq)
{
	cancel_delayed_work_sync(&wq->recheck);
}
