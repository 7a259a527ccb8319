// SPDX-License-Identifier: GPL-2.0
/*
 * Suspend: devices lose their state with their power, so before the system sleeps all
 * queues are taken out of the map, and software serves. idxd disables the devices, and
 * restores them afterwards; then each queue comes back the way a queue that stalled
 * does, with a reset and a self-test.
 *
 * Shutdown, also for another kernel by kexec: the same without a way back. Pages are
 * swapped until the very end, by software, since idxd disables the devices before.
 */
#include <linux/reboot.h>
#include <linux/suspend.h>

#include "iaa_dev.h"

bool iaa_parked;	/* no queue goes live; written under iaa_devices_lock */
static bool iaa_shut_down;	/* for good; written under iaa_devices_lock */

static void iaa_park(void)
{
	struct iaa_device *dev;
	struct iaa_wq *wq;

	scoped_guard(iaa_devices) {
		iaa_parked = true;
		list_for_each_entry(dev, &iaa_devices, node)
			list_for_each_entry(wq, &dev->wqs, node)
				cmpxchg(&wq->state, IAA_WQ_LIVE, IAA_WQ_IDLE);
		iaa_rebalance();
	}
	/* Submissions that found a queue in the old map are on it now */
	synchronize_rcu();
}

/* Also those that stalled before, or were bound meanwhile: none waits for its delay */
static void iaa_unpark(void)
{
	struct iaa_device *dev;
	struct iaa_wq *wq;

	guard(iaa_devices)();
	if (iaa_shut_down)
		return;
	iaa_parked = false;
	list_for_each_entry(dev, &iaa_devices, node)
		list_for_each_entry(wq, &dev->wqs, node) {
			cmpxchg(&wq->state, IAA_WQ_IDLE, IAA_WQ_STALLED);
			if (READ_ONCE(wq->state) == IAA_WQ_STALLED)
				mod_delayed_work(iaa_workqueue, &wq->recovery, 0);
		}
}

static int iaa_pm_notify(struct notifier_block *nb, unsigned long event,
			 void *unused)
{
	switch (event) {
	case PM_HIBERNATION_PREPARE:
	case PM_RESTORE_PREPARE:
	case PM_SUSPEND_PREPARE:
		iaa_park();
		break;
	case PM_POST_HIBERNATION:
	case PM_POST_RESTORE:
	case PM_POST_SUSPEND:
		iaa_unpark();
		break;
	}
	return NOTIFY_DONE;
}

static struct notifier_block iaa_pm_notifier = {
	.notifier_call = iaa_pm_notify,
};

static int iaa_reboot_notify(struct notifier_block *nb, unsigned long event,
			     void *unused)
{
	scoped_guard(iaa_devices)
		iaa_shut_down = true;
	iaa_park();
	return NOTIFY_DONE;
}

static struct notifier_block iaa_reboot_notifier = {
	.notifier_call = iaa_reboot_notify,
};

void iaa_pm_init(void)
{
	register_pm_notifier(&iaa_pm_notifier);
	register_reboot_notifier(&iaa_reboot_notifier);
}

void iaa_pm_exit(void)
{
	unregister_reboot_notifier(&iaa_reboot_notifier);
	unregister_pm_notifier(&iaa_pm_notifier);
}
