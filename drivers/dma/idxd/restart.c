// SPDX-License-Identifier: GPL-2.0
/*
 * Getting a work queue or a device that misbehaves back to work, with the
 * configuration that it had, and never waiting for a device for ever.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/pci.h>

#include "idxd.h"
#include "registers.h"

/*
 * A device that drains a full queue of the largest transfers needs far less.
 * Counted in looks at the device, not timed: a guest that was stopped meanwhile
 * has not given its device less to work.
 */
#define IDXD_CMD_LOOKS		500
#define IDXD_CMD_LOOK_MS	20

/* A device that is gone reads as all ones, and has no command in work */
static bool idxd_cmd_active(struct idxd_device *idxd)
{
	u32 status = ioread32(idxd->reg_base + IDXD_CMDSTS_OFFSET);

	return status != ~0U && status & IDXD_CMDSTS_ACTIVE;
}

/**
 * idxd_cmd_start() - give a device a command
 * @idxd: the device
 * @cmd: what its command register takes
 *
 * A device that still has an earlier command, one that was not waited for to the
 * end, would lose this one, and the end of the first look like the end of it.
 *
 * Context: any.
 * Return: whether the device has it.
 */
bool idxd_cmd_start(struct idxd_device *idxd, u32 cmd)
{
	if (idxd_cmd_active(idxd))
		return false;
	iowrite32(cmd, idxd->reg_base + IDXD_CMD_OFFSET);
	return true;
}

/**
 * idxd_cmd_wait() - wait for the end of a device command
 * @idxd: the device
 * @done: what idxd_cmd_done() completes; it only shortens the wait, because a
 *	device that is kept from memory sends no interrupt, and one that is late
 *	belongs to an earlier command
 * @started: what idxd_cmd_start() returned
 *
 * Context: process, sleeps.
 * Return: the status register; it says so if the command is still active.
 */
u32 idxd_cmd_wait(struct idxd_device *idxd, struct completion *done, bool started)
{
	int looks = IDXD_CMD_LOOKS;

	while (started && idxd_cmd_active(idxd) && looks--)
		wait_for_completion_timeout(done, msecs_to_jiffies(IDXD_CMD_LOOK_MS));

	/* @done is on the caller's stack */
	scoped_guard(spinlock_irqsave, &idxd->cmd_lock)
		idxd->cmd_done = NULL;

	if (!started || looks < 0)
		dev_err(&idxd->pdev->dev, "no answer to a command within %d ms\n",
			IDXD_CMD_LOOKS * IDXD_CMD_LOOK_MS);
	return started ? ioread32(idxd->reg_base + IDXD_CMDSTS_OFFSET) :
			 IDXD_CMDSTS_HW_ERR;
}

/**
 * idxd_cmd_done() - the device says that its command has ended
 * @idxd: the device
 */
void idxd_cmd_done(struct idxd_device *idxd)
{
	guard(spinlock_irqsave)(&idxd->cmd_lock);
	if (idxd->cmd_done)
		complete(idxd->cmd_done);
}

/**
 * idxd_wq_silence() - have the device drop all that an enabled queue holds
 * @wq: a queue whose driver submits nothing to it now
 *
 * The device writes neither results nor completion records of what was in the
 * queue, once this has returned anything but -EIO. The queue is disabled then,
 * though for idxd it goes on being its driver's.
 *
 * Context: process, sleeps, under @wq->wq_lock.
 * Return: 0; -ENXIO if the queue or its device is not enabled (any more); -EIO
 * if the device did not do as told.
 */
int idxd_wq_silence(struct idxd_wq *wq)
{
	u32 operand = BIT(wq->id % 16) | ((wq->id / 16) << 16);
	struct idxd_device *idxd = wq->idxd;
	u32 status;

	lockdep_assert_held(&wq->wq_lock);
	if (idxd->state != IDXD_DEV_ENABLED || wq->state != IDXD_WQ_ENABLED)
		return -ENXIO;

	idxd_cmd_exec(idxd, IDXD_CMD_RESET_WQ, operand, &status);
	return status == IDXD_CMDSTS_SUCCESS ? 0 : -EIO;
}
EXPORT_SYMBOL_NS_GPL(idxd_wq_silence, "IDXD");

/**
 * idxd_wq_resume() - enable a queue again after idxd_wq_silence()
 * @wq: the queue, which is configured as it was
 *
 * Context: process, sleeps, under @wq->wq_lock.
 * Return: 0 or -errno, and it may be tried again.
 */
int idxd_wq_resume(struct idxd_wq *wq)
{
	int ret;

	lockdep_assert_held(&wq->wq_lock);
	if (wq->idxd->state != IDXD_DEV_ENABLED || !wq->group)
		return -ENXIO;

	/* The reset cleared the queue's registers, not what we know of it */
	wq->state = IDXD_WQ_DISABLED;
	ret = idxd_device_config(wq->idxd);
	if (!ret)
		ret = idxd_wq_enable(wq);
	if (ret)
		wq->state = IDXD_WQ_ENABLED;
	return ret;
}
EXPORT_SYMBOL_NS_GPL(idxd_wq_resume, "IDXD");

/* A device that is gone reads as all ones, which looks like halted */
static bool idxd_device_halted(struct idxd_device *idxd)
{
	union gensts_reg gensts = {
		.bits = ioread32(idxd->reg_base + IDXD_GENSTATS_OFFSET),
	};

	return gensts.state == IDXD_DEVICE_STATE_HALT;
}

/**
 * idxd_device_fence() - keep a device that does not obey from memory
 * @idxd: the device; one that has halted, or gone, is quiet by itself
 *
 * Context: process.
 */
void idxd_device_fence(struct idxd_device *idxd)
{
	if (idxd_device_halted(idxd) || !idxd->pdev->is_busmaster)
		return;
	dev_err(&idxd->pdev->dev,
		"does not obey: it may not access memory until it can be reset\n");
	pci_clear_master(idxd->pdev);
}
EXPORT_SYMBOL_NS_GPL(idxd_device_fence, "IDXD");

/* Polled, because idxd_cmd_exec() refuses a halted device */
static int idxd_device_reset_polled(struct idxd_device *idxd)
{
	union idxd_command_reg cmd = { .cmd = IDXD_CMD_RESET_DEVICE };
	int looks = IDXD_CMD_LOOKS;
	bool started;

	scoped_guard(spinlock_irq, &idxd->cmd_lock) {
		wait_event_lock_irq(idxd->cmd_waitq,
				    !test_bit(IDXD_FLAG_CMD_RUNNING, &idxd->flags),
				    idxd->cmd_lock);
		__set_bit(IDXD_FLAG_CMD_RUNNING, &idxd->flags);
		started = idxd_cmd_start(idxd, cmd.bits);
	}
	while (started && idxd_cmd_active(idxd) && looks--)
		msleep(IDXD_CMD_LOOK_MS);
	scoped_guard(spinlock_irq, &idxd->cmd_lock) {
		__clear_bit(IDXD_FLAG_CMD_RUNNING, &idxd->flags);
		wake_up(&idxd->cmd_waitq);
	}
	if (!started || ioread32(idxd->reg_base + IDXD_CMDSTS_OFFSET) !=
			IDXD_CMDSTS_SUCCESS)
		return -EIO;

	/* The reset cleared that, and completion interrupts depend on it */
	if (idxd->pasid != IOMMU_PASID_INVALID)
		idxd_set_user_intr(idxd, 1);
	return 0;
}

/**
 * idxd_device_unfence() - give a device its access to memory back
 * @idxd: a device without configuration, or one that will get its again
 *
 * It has to forget what it has before. Does nothing with a device that was not
 * fenced.
 *
 * Context: process, sleeps.
 * Return: 0, or -EIO if it still does not obey.
 */
int idxd_device_unfence(struct idxd_device *idxd)
{
	if (idxd->pdev->is_busmaster)
		return 0;
	if (idxd_device_halted(idxd) || idxd_device_reset_polled(idxd))
		return -EIO;
	/* One that was away for a while has lost its vectors */
	pci_restore_msi_state(idxd->pdev);
	pci_set_master(idxd->pdev);
	return 0;
}

/**
 * idxd_device_revive() - bring a fenced device back, configured as it was
 * @idxd: an enabled device; nothing is done with one that was not fenced
 *
 * Context: process, sleeps.
 * Return: 0, or -EIO if it still does not obey, has halted or gone.
 */
int idxd_device_revive(struct idxd_device *idxd)
{
	if (idxd_device_halted(idxd))
		return -EIO;
	if (idxd->pdev->is_busmaster)
		return 0;
	if (idxd_device_unfence(idxd))
		return -EIO;
	idxd_device_reinit(&idxd->work);
	return idxd->state == IDXD_DEV_ENABLED ? 0 : -EIO;
}
EXPORT_SYMBOL_NS_GPL(idxd_device_revive, "IDXD");

/**
 * idxd_device_reset_hw() - reset a device that has halted, and forget nothing
 * @idxd: the device; it takes no other command now
 *
 * Unlike idxd_device_reset() this keeps the configuration of queues, groups and
 * engines, so that it can be written to the device again. One that can't be reset
 * is fenced.
 *
 * Context: process, sleeps.
 */
void idxd_device_reset_hw(struct idxd_device *idxd)
{
	int i;

	if (idxd_device_reset_polled(idxd))
		idxd_device_fence(idxd);

	idxd->state = IDXD_DEV_DISABLED;
	for (i = 0; i < idxd->max_wqs; i++) {
		guard(mutex)(&idxd->wqs[i]->wq_lock);
		/* One that lost its driver is not to be enabled again */
		if (idxd->wqs[i]->state != IDXD_WQ_ENABLED)
			clear_bit(i, idxd->wq_enable_map);
		idxd->wqs[i]->state = IDXD_WQ_DISABLED;
	}
	guard(spinlock)(&idxd->dev_lock);
	idxd_unmask_error_interrupts(idxd);
}

/**
 * idxd_wq_reenable() - enable a queue again after idxd_device_reset_hw()
 * @wq: a queue that was enabled before
 *
 * Context: process, sleeps.
 * Return: 0 or -errno.
 */
int idxd_wq_reenable(struct idxd_wq *wq)
{
	guard(mutex)(&wq->wq_lock);
	return idxd_wq_enable(wq);
}

/**
 * idxd_wq_rebind() - give a kernel queue to the driver it was configured for
 * @wq: a queue without a driver
 *
 * Context: process, sleeps.
 * Return: 0, -ENODEV if the driver is not loaded, or what its probe returned.
 */
int idxd_wq_rebind(struct idxd_wq *wq)
{
	struct device_driver *drv = driver_find(wq->driver_name, &dsa_bus_type);

	return drv ? device_driver_attach(drv, wq_confdev(wq)) : -ENODEV;
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
