// SPDX-License-Identifier: GPL-2.0
/*
 * Getting a work queue or a device that misbehaves back to work, with the
 * configuration that it had, and never waiting for a device for ever.
 */
#include <linux/completion.h>
#include <linux/iopoll.h>
#include <linux/pci.h>

#include "idxd.h"
#include "registers.h"

/* A device that drains a full queue of the largest transfers needs far less */
#define IDXD_CMD_TIMEOUT_MS	5000
#define IDXD_CMD_POLL_US	100

/**
 * idxd_cmd_wait() - wait for the interrupt that ends a device command
 * @idxd: the device
 * @done: what idxd_cmd_done() completes
 *
 * A device that does not answer is left with the command active, which is what
 * its status register then says.
 */
void idxd_cmd_wait(struct idxd_device *idxd, struct completion *done)
{
	if (wait_for_completion_timeout(done, msecs_to_jiffies(IDXD_CMD_TIMEOUT_MS)))
		return;

	/* It may have come just now; @done is on the caller's stack */
	guard(spinlock_irqsave)(&idxd->cmd_lock);
	idxd->cmd_done = NULL;
	if (!completion_done(done))
		dev_err(&idxd->pdev->dev, "no answer to a command within %d ms\n",
			IDXD_CMD_TIMEOUT_MS);
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
	idxd->cmd_done = NULL;
}

static int idxd_wq_reset_hw(struct idxd_wq *wq)
{
	u32 operand = BIT(wq->id % 16) | ((wq->id / 16) << 16);
	u32 status;

	idxd_cmd_exec(wq->idxd, IDXD_CMD_RESET_WQ, operand, &status);
	return status == IDXD_CMDSTS_SUCCESS ? 0 : -EIO;
}

/**
 * idxd_wq_restart() - reset an enabled queue and enable it as it was
 * @wq: a queue whose driver submits nothing to it now
 *
 * Descriptors that were in the queue are dropped: the device writes neither
 * their results nor their completion records after this has succeeded.
 *
 * Context: process, sleeps, under @wq->wq_lock.
 * Return: 0; -ENXIO if the queue or its device is not enabled (any more); -EIO
 * if the device did not do as told.
 */
int idxd_wq_restart(struct idxd_wq *wq)
{
	struct idxd_device *idxd = wq->idxd;
	int ret;

	lockdep_assert_held(&wq->wq_lock);
	if (idxd->state != IDXD_DEV_ENABLED || wq->state != IDXD_WQ_ENABLED)
		return -ENXIO;

	ret = idxd_wq_reset_hw(wq);
	if (ret)
		return ret;

	/* The reset cleared the queue's registers, not what we know of it */
	wq->state = IDXD_WQ_DISABLED;
	ret = idxd_device_config(idxd);
	if (!ret)
		ret = idxd_wq_enable(wq);
	if (ret)
		wq->state = IDXD_WQ_ENABLED;
	return ret;
}
EXPORT_SYMBOL_NS_GPL(idxd_wq_restart, "IDXD");

/**
 * idxd_device_reset_hw() - reset a device that has halted, and forget nothing
 * @idxd: the device; it takes no other command now
 *
 * Unlike idxd_device_reset() this keeps the configuration of queues, groups and
 * engines, so that it can be written to the device again.
 *
 * Context: process, sleeps.
 */
void idxd_device_reset_hw(struct idxd_device *idxd)
{
	union idxd_command_reg cmd = { .cmd = IDXD_CMD_RESET_DEVICE };
	u32 status;
	int i;

	/* Polled, because idxd_cmd_exec() refuses a halted device */
	iowrite32(cmd.bits, idxd->reg_base + IDXD_CMD_OFFSET);
	if (read_poll_timeout(ioread32, status, !(status & IDXD_CMDSTS_ACTIVE),
			      IDXD_CMD_POLL_US, IDXD_CMD_TIMEOUT_MS * USEC_PER_MSEC,
			      false, idxd->reg_base + IDXD_CMDSTS_OFFSET))
		dev_err(&idxd->pdev->dev, "can't be reset\n");

	idxd->state = IDXD_DEV_DISABLED;
	for (i = 0; i < idxd->max_wqs; i++) {
		guard(mutex)(&idxd->wqs[i]->wq_lock);
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
