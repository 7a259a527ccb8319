// SPDX-License-Identifier: GPL-2.0
/*
 * Getting a work queue or a device that misbehaved back to work, with the
 * configuration that it had. See quiesce.c for the locks.
 */
#include <linux/pci.h>
#include <linux/pm.h>

#include "idxd.h"
#include "registers.h"

/**
 * idxd_wq_reset_hw() - have the device drop all that a queue holds
 * @wq: an enabled queue, to which its driver submits nothing now
 *
 * On success the queue is disabled, though for idxd it goes on being its driver's, and
 * the device writes neither results nor completion records of its descriptors any
 * more. Some of them may have been completed.
 *
 * Context: process, sleeps for up to 10 s.
 * Return: 0; or -EIO, and idxd_device_quiesce() has to be used.
 */
int idxd_wq_reset_hw(struct idxd_wq *wq)
{
	u32 operand = BIT(wq->id % 16) | ((wq->id / 16) << 16);
	struct idxd_device *idxd = wq->idxd;
	u32 status;

	/*
	 * One that is disabled has lost its state: the command would succeed, but
	 * the whole device has to be configured again.
	 */
	if (idxd_device_hw_state(idxd) != IDXD_DEVICE_STATE_ENABLED)
		return -EIO;
	idxd_cmd_exec(idxd, IDXD_CMD_RESET_WQ, operand, &status);
	return status == IDXD_CMDSTS_SUCCESS ? 0 : -EIO;
}
EXPORT_SYMBOL_NS_GPL(idxd_wq_reset_hw, "IDXD");

/* @wq->state stays enabled on failure, so that its driver's exit undoes all of it */
static int idxd_wq_reenable(struct idxd_wq *wq)
{
	int ret;

	lockdep_assert_held(&wq->wq_lock);
	wq->state = IDXD_WQ_DISABLED;
	ret = idxd_wq_enable(wq);
	if (ret)
		wq->state = IDXD_WQ_ENABLED;
	return ret;
}

/* The reset cleared the queue's MSIXPERM entry, and its interrupt handle is void */
static int idxd_wq_restore_irq(struct idxd_wq *wq)
{
	struct idxd_device *idxd = wq->idxd;
	struct idxd_irq_entry *ie = &wq->ie;

	if (wq->type != IDXD_WQT_KERNEL)
		return 0;
	idxd_device_set_perm_entry(idxd, ie);
	if (idxd->request_int_handles)
		return idxd_device_request_int_handle(idxd, ie->id, &ie->int_handle,
						      IDXD_IRQ_MSIX);
	ie->int_handle = ie->id;
	return 0;
}

/**
 * idxd_wq_resume() - enable a queue again after idxd_wq_reset_hw()
 * @wq: the queue
 *
 * Context: process, sleeps, under @wq->wq_lock.
 * Return: 0 or -errno, and it may be tried again.
 */
int idxd_wq_resume(struct idxd_wq *wq)
{
	int ret;

	lockdep_assert_held(&wq->wq_lock);
	if (!wq->group || !wq->portal || wq->state != IDXD_WQ_ENABLED ||
	    idxd_device_hw_state(wq->idxd) != IDXD_DEVICE_STATE_ENABLED)
		return -ENXIO;

	/* A restart of the device may have failed to get the handle */
	if (wq->ie.int_handle == INVALID_INT_HANDLE && idxd_wq_restore_irq(wq))
		return -ENXIO;
	/* The reset cleared the queue's registers, not their shadow */
	ret = idxd_device_config(wq->idxd);
	return ret ?: idxd_wq_reenable(wq);
}
EXPORT_SYMBOL_NS_GPL(idxd_wq_resume, "IDXD");

/* Its driver may not know yet that the device was reset */
static void idxd_wq_restarted(struct idxd_wq *wq)
{
	struct device *dev = wq_confdev(wq);
	struct idxd_device_driver *drv;

	if (!dev->driver)
		return;
	drv = wq_to_idxd_drv(wq);
	if (drv->wq_restarted)
		drv->wq_restarted(wq);
}

static void idxd_wq_restart(struct idxd_wq *wq)
{
	guard(mutex)(&wq->wq_lock);
	if (wq->state != IDXD_WQ_ENABLED)
		return;
	if (idxd_wq_restore_irq(wq) || idxd_wq_reenable(wq))
		dev_warn(wq_confdev(wq), "could not be enabled again\n");
	else
		idxd_wq_restarted(wq);
}

/* A reset between the two is kept out: the device would be enabled without configuration */
static int idxd_device_config_enable(struct idxd_device *idxd)
{
	guard(mutex)(&idxd->reset_lock);
	if (idxd_device_hw_state(idxd) != IDXD_DEVICE_STATE_DISABLED)
		return -EIO;
	return idxd_device_config(idxd) || idxd_device_enable(idxd) ? -EIO : 0;
}

/**
 * idxd_device_restart() - configure and enable a device that was reset
 * @idxd: a device whose driver has it enabled
 *
 * Enables its queues, too, as they were. Does nothing with a device that is enabled.
 *
 * Context: process, sleeps; does not allocate.
 * Return: 0; -ENXIO if the device is not to be enabled; -EBUSY as idxd_device_quiesce();
 * -EIO if it was not reset, refuses, or is gone.
 */
int idxd_device_restart(struct idxd_device *idxd)
{
	int i, state;

	guard(mutex)(&idxd->restart_lock);
	if (idxd->reset_blocked)
		return -EBUSY;
	if (idxd->state == IDXD_DEV_DISABLED || idxd->shut_down)
		return -ENXIO;
	state = idxd_device_hw_state(idxd);
	if (state == IDXD_DEVICE_STATE_ENABLED) {
		/* The interrupt of a halt may be handled after the restart */
		idxd->state = IDXD_DEV_ENABLED;
		return 0;
	}
	if (state != IDXD_DEVICE_STATE_DISABLED)
		return -EIO;

	/* Descriptors of the dmaengine that the reset took */
	for (i = 0; i < idxd->max_wqs; i++)
		idxd_wq_flush_descs(idxd->wqs[i]);
	if (idxd_device_config_enable(idxd))
		return -EIO;
	for (i = 0; i < idxd->max_wqs; i++)
		idxd_wq_restart(idxd->wqs[i]);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(idxd_device_restart, "IDXD");

/**
 * idxd_device_reinit() - bring a device that has halted back as it was
 * @work: the device's
 *
 * On failure its driver, or that of a queue, may try again.
 */
void idxd_device_reinit(struct work_struct *work)
{
	struct idxd_device *idxd = container_of(work, struct idxd_device, work);
	int ret;

	if (idxd->state != IDXD_DEV_HALTED)
		return;
	/* A queue's driver may have restarted it */
	ret = idxd_device_quiesce_halted(idxd);
	if (!ret)
		ret = idxd_device_restart(idxd);
	if (ret)
		dev_err(&idxd->pdev->dev, "halted, and could not be restarted: %d\n", ret);
}

/**
 * idxd_device_prepare() - have a device disabled and able to work
 * @idxd: a device that its driver is about to configure
 *
 * Context: process, sleeps.
 * Return: 0; -EIO if it can't be disabled; or as idxd_device_quiesce().
 */
int idxd_device_prepare(struct idxd_device *idxd)
{
	int ret;

	if (idxd->pdev->is_busmaster &&
	    idxd_device_hw_state(idxd) == IDXD_DEVICE_STATE_DISABLED)
		return 0;
	ret = idxd_device_quiesce(idxd);
	if (!ret && idxd_device_hw_state(idxd) != IDXD_DEVICE_STATE_DISABLED)
		ret = -EIO;
	return ret;
}

/* Drain all queues, or end their work by a reset; also a device that is gone has none */
static int idxd_device_finish(struct idxd_device *idxd)
{
	u32 status;
	int ret;

	lockdep_assert_held(&idxd->restart_lock);
	if (idxd->state == IDXD_DEV_DISABLED)
		return 0;
	idxd_cmd_exec(idxd, IDXD_CMD_DISABLE_DEVICE, 0, &status);
	if (status == IDXD_CMDSTS_SUCCESS)
		return 0;
	ret = idxd_device_quiesce(idxd);
	return ret == -ENODEV ? 0 : ret;
}

/**
 * idxd_device_shutdown() - end a device's work for good
 * @idxd: the device
 *
 * For what comes after the driver: another kernel, whose memory the device must not
 * write to. The queues' drivers may still have requests in flight and submit others;
 * a queue gives them back as after a reset, and the device is not enabled again. If it
 * can't be stopped, its DMA is blocked.
 *
 * Context: process, sleeps for up to a minute.
 */
void idxd_device_shutdown(struct idxd_device *idxd)
{
	int ret;

	disable_work_sync(&idxd->work);
	/* Keeps a recovery from enabling the device again */
	guard(mutex)(&idxd->restart_lock);
	scoped_guard(mutex, &idxd->reset_lock)
		idxd->shut_down = true;
	ret = idxd_device_finish(idxd);
	if (!ret)
		return;
	dev_err(&idxd->pdev->dev, "could not be stopped: %d; blocking its DMA\n", ret);
	pci_clear_master(idxd->pdev);
}

/*
 * The PCI core takes access to memory from a device whose driver has no such
 * operations, which halts one that is enabled (DSA 5.7).
 */
static int idxd_device_suspend(struct device *dev)
{
	struct idxd_device *idxd = dev_get_drvdata(dev);
	int ret;

	/* Keeps a recovery from enabling the device again */
	guard(mutex)(&idxd->restart_lock);
	ret = idxd_device_finish(idxd);
	if (ret)
		return ret;
	guard(mutex)(&idxd->reset_lock);
	idxd->reset_blocked = true;
	return 0;
}

/* A device that does not come back is its queues' drivers' to try, no failure of it */
static int idxd_device_resume(struct device *dev)
{
	struct idxd_device *idxd = dev_get_drvdata(dev);
	int ret;

	idxd_device_block_reset(idxd, false);
	ret = idxd_device_quiesce(idxd);
	if (!ret && idxd->state != IDXD_DEV_DISABLED)
		ret = idxd_device_restart(idxd);
	if (ret)
		dev_err(dev, "could not be restarted: %d\n", ret);
	return 0;
}

DEFINE_SIMPLE_DEV_PM_OPS(idxd_pm_ops, idxd_device_suspend, idxd_device_resume);

static int idxd_wq_try_driver(struct device_driver *drv, void *data)
{
	struct idxd_wq *wq = data;

	if (strcmp(drv->name, wq->driver_name))
		return 0;
	return device_driver_attach(drv, wq_confdev(wq)) ?: 1;
}

/**
 * idxd_wq_rebind() - give a kernel queue to the driver it was configured for
 * @wq: a queue without a driver
 *
 * The iteration over the bus keeps the driver while it probes.
 *
 * Context: process, sleeps.
 * Return: 0, -ENODEV if the driver is not loaded, or what its probe returned.
 */
int idxd_wq_rebind(struct idxd_wq *wq)
{
	int ret = bus_for_each_drv(&dsa_bus_type, NULL, wq, idxd_wq_try_driver);

	if (ret > 0)
		return 0;
	return ret ?: -ENODEV;
}

/**
 * idxd_wq_interrupt() - let a queue's driver handle its interrupt
 * @wq: the queue
 */
void idxd_wq_interrupt(struct idxd_wq *wq)
{
	struct idxd_device_driver *drv = wq_to_idxd_drv(wq);

	if (drv->wq_interrupt)
		drv->wq_interrupt(wq);
}
