// SPDX-License-Identifier: GPL-2.0
/*
 * The idxd sub-driver "crypto": queues of type kernel that name it are ours.
 */
#define CREATE_TRACE_POINTS
#include "iaa_crypto_trace.h"

#include <linux/cpuhotplug.h>
#include <linux/module.h>
#include <linux/sched/mm.h>

#include "idxd.h"
#include "iaa_dev.h"
#include "iaa_irq.h"
#include "iaa_selftest.h"

/* Far more than a full queue takes; and bounded, since removal waits for it */
#define IAA_TIMEOUT_MIN_MS	10
#define IAA_TIMEOUT_MAX_MS	600000

DEFINE_MUTEX(iaa_devices_lock);	/* protects iaa_devices and all that hangs on it */
LIST_HEAD(iaa_devices);
struct workqueue_struct *iaa_workqueue;

unsigned int iaa_timeout_ms = 1000;
unsigned long iaa_timeout = HZ;		/* the same in jiffies */

static int iaa_timeout_set(const char *val, const struct kernel_param *kp)
{
	int ret = param_set_uint_minmax(val, kp, IAA_TIMEOUT_MIN_MS,
					IAA_TIMEOUT_MAX_MS);

	if (!ret)
		WRITE_ONCE(iaa_timeout, msecs_to_jiffies(iaa_timeout_ms));
	return ret;
}

static const struct kernel_param_ops iaa_timeout_ops = {
	.set	= iaa_timeout_set,
	.get	= param_get_uint,
};

module_param_cb(timeout_ms, &iaa_timeout_ops, &iaa_timeout_ms, 0644);
MODULE_PARM_DESC(timeout_ms,
		 "Time in ms after which a device that does not answer is reset (10 to 600000, default 1000)");

/* Without I/O: the recovery of a neighbour may need the queue's lock, and reclaim that */
static int iaa_wq_enable(struct idxd_wq *idxd_wq)
{
	unsigned int noio;
	int ret;

	guard(mutex)(&idxd_wq->wq_lock);

	if (!idxd_wq_driver_name_match(idxd_wq, wq_confdev(idxd_wq))) {
		idxd_wq->idxd->cmd_status = IDXD_SCMD_WQ_NO_DRV_NAME;
		return -ENODEV;
	}
	idxd_wq->type = IDXD_WQT_KERNEL;
	noio = memalloc_noio_save();
	ret = idxd_drv_enable_wq(idxd_wq);
	memalloc_noio_restore(noio);
	if (ret)
		idxd_wq->type = IDXD_WQT_NONE;
	return ret;
}

static void iaa_wq_disable(struct idxd_wq *idxd_wq)
{
	guard(mutex)(&idxd_wq->wq_lock);
	/* idxd may have quiesced it already, for want of memory for an interrupt handle */
	if (!percpu_ref_is_dying(&idxd_wq->wq_active))
		__idxd_wq_quiesce(idxd_wq);
	idxd_drv_disable_wq(idxd_wq);
}

/* One that fails stays bound, and is tried again as after a stall; others serve */
static void iaa_wq_start(struct iaa_wq *wq)
{
	int ret;

	guard(mutex)(&wq->dev->lock);
	/* The end of a suspend may have started it already */
	if (READ_ONCE(wq->state) != IAA_WQ_STALLED)
		return;
	ret = iaa_wq_serve(wq);
	if (ret)
		iaa_wq_retry(wq, ret);
}

static int iaa_crypto_probe(struct idxd_dev *idxd_dev)
{
	struct idxd_wq *idxd_wq = idxd_dev_to_wq(idxd_dev);
	struct iaa_wq *wq;
	int ret;

	if (idxd_wq->idxd->data->type != IDXD_TYPE_IAX)
		return -ENODEV;
	if (idxd_wq->idxd->state != IDXD_DEV_ENABLED)
		return -ENXIO;

	ret = iaa_wq_enable(idxd_wq);
	if (ret)
		return ret;

	scoped_guard(iaa_devices) {
		wq = iaa_wq_create(idxd_wq);
		if (IS_ERR(wq))
			break;
		idxd_wq_set_private(idxd_wq, wq);
	}
	if (IS_ERR(wq)) {
		iaa_wq_disable(idxd_wq);
		return PTR_ERR(wq);
	}
	iaa_wq_start(wq);
	return 0;
}

static void iaa_crypto_remove(struct idxd_dev *idxd_dev)
{
	struct idxd_wq *idxd_wq = idxd_dev_to_wq(idxd_dev);
	struct iaa_wq *wq = idxd_wq_get_private(idxd_wq);

	scoped_guard(iaa_devices) {
		WRITE_ONCE(wq->state, IAA_WQ_REMOVED);
		iaa_rebalance();
	}
	/* Nobody picks it from the old map any more */
	synchronize_rcu();
	iaa_wq_drain(wq);
	iaa_wq_unlink(wq);

	idxd_wq_set_private(idxd_wq, NULL);
	/* The interrupt thread ends here: it looks at the queue's slots */
	iaa_wq_disable(idxd_wq);

	guard(iaa_devices)();
	iaa_wq_destroy(wq);
}

static void iaa_crypto_interrupt(struct idxd_wq *idxd_wq)
{
	struct iaa_wq *wq = idxd_wq_get_private(idxd_wq);

	if (wq)
		iaa_irq_wake(wq, false);
}

/* After a reset that is not ours the queue has to pass its self-test again */
static void iaa_crypto_restarted(struct idxd_wq *idxd_wq)
{
	struct iaa_wq *wq = idxd_wq_get_private(idxd_wq);

	if (wq)
		iaa_wq_stalled(wq);
}

static enum idxd_dev_type iaa_dev_types[] = {
	IDXD_DEV_WQ,
	IDXD_DEV_NONE,
};

static struct idxd_device_driver iaa_crypto_driver = {
	.name = "crypto",
	.type = iaa_dev_types,
	.probe = iaa_crypto_probe,
	.remove = iaa_crypto_remove,
	.wq_interrupt = iaa_crypto_interrupt,
	.wq_restarted = iaa_crypto_restarted,
	.drv.groups = iaa_driver_groups,
};

static const struct iaa_provider iaa_crypto_provider = {
	.submit = iaa_hw_submit,
	.poll = iaa_hw_poll,
};

static int iaa_cpu_changed(unsigned int cpu)
{
	guard(iaa_devices)();
	iaa_rebalance();
	return 0;
}

static int iaa_cpuhp_online, iaa_cpuhp_dead;

/* Both ways: the CPUs that are online share the devices of their package */
static int iaa_cpuhp_setup(void)
{
	iaa_cpuhp_online = cpuhp_setup_state_nocalls(CPUHP_AP_ONLINE_DYN,
						     "crypto/iaa_crypto:online",
						     iaa_cpu_changed, NULL);
	if (iaa_cpuhp_online < 0)
		return iaa_cpuhp_online;

	iaa_cpuhp_dead = cpuhp_setup_state_nocalls(CPUHP_BP_PREPARE_DYN,
						   "crypto/iaa_crypto:dead",
						   NULL, iaa_cpu_changed);
	if (iaa_cpuhp_dead < 0) {
		cpuhp_remove_state_nocalls(iaa_cpuhp_online);
		return iaa_cpuhp_dead;
	}
	return 0;
}

static void iaa_cpuhp_remove(void)
{
	cpuhp_remove_state_nocalls(iaa_cpuhp_dead);
	cpuhp_remove_state_nocalls(iaa_cpuhp_online);
}

static int __init iaa_crypto_init(void)
{
	int ret;

	/* Reclaim waits for what it does */
	iaa_workqueue = alloc_workqueue("iaa_crypto", WQ_MEM_RECLAIM | WQ_UNBOUND, 0);
	if (!iaa_workqueue)
		return -ENOMEM;

	ret = iaa_selftest_init();
	if (ret)
		goto err_workqueue;

	ret = iaa_cpuhp_setup();
	if (ret)
		goto err_selftest;

	ret = iaa_provider_register(&iaa_crypto_provider);
	if (ret)
		goto err_cpuhp;

	iaa_pm_init();
	iaa_debugfs_init();
	ret = idxd_driver_register(&iaa_crypto_driver);
	if (ret)
		goto err_provider;
	return 0;

err_provider:
	iaa_debugfs_exit();
	iaa_pm_exit();
	iaa_provider_unregister();
err_cpuhp:
	iaa_cpuhp_remove();
err_selftest:
	iaa_selftest_exit();
err_workqueue:
	destroy_workqueue(iaa_workqueue);
	return ret;
}

static void __exit iaa_crypto_exit(void)
{
	/* Takes every queue away, one by one; then nothing is in flight */
	idxd_driver_unregister(&iaa_crypto_driver);
	iaa_debugfs_exit();
	iaa_pm_exit();
	iaa_provider_unregister();
	iaa_cpuhp_remove();
	iaa_rebalance_stop();
	iaa_watch_stop();
	iaa_selftest_exit();
	destroy_workqueue(iaa_workqueue);
}

module_init(iaa_crypto_init);
module_exit(iaa_crypto_exit);

MODULE_IMPORT_NS("IAA_COMP");
MODULE_IMPORT_NS("IDXD");
MODULE_LICENSE("GPL");
MODULE_ALIAS_IDXD_DEVICE(0);
MODULE_DESCRIPTION("Intel IAA work queues for compression");
