// SPDX-License-Identifier: GPL-2.0
/*
 * Device commands, each waited for no longer than a device may take: a device that
 * hangs would hang memory reclaim, which may wait for it.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/pci.h>

#include "idxd.h"
#include "registers.h"

/*
 * A device that drains a full queue of the largest transfers needs far less.
 * Counted in polls, not in time: a guest that was stopped meanwhile has not given
 * its device less to work.
 */
#define IDXD_CMD_POLLS		500
#define IDXD_CMD_POLL_MS	20

/**
 * idxd_cmd_active() - look for a command that has not ended
 * @idxd: the device; one that is gone reads as all ones, and has none
 *
 * Context: any.
 * Return: whether the device has a command in work.
 */
bool idxd_cmd_active(struct idxd_device *idxd)
{
	u32 status = ioread32(idxd->reg_base + IDXD_CMDSTS_OFFSET);

	return status != ~0U && status & IDXD_CMDSTS_ACTIVE;
}

/**
 * idxd_cmd_start() - give a device a command
 * @idxd: the device
 * @cmd: value for its command register
 *
 * A device discards a command while it has an earlier one in work (DSA 9.2.12), for
 * instance one that timed out.
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
 * @done: completed by idxd_cmd_done(); it only shortens the wait, because a
 *	device without access to memory sends no interrupt, and a late one may belong
 *	to an earlier command
 * @started: what idxd_cmd_start() returned
 *
 * Context: process, sleeps for up to 10 s.
 * Return: the status register; its active bit is set after a time-out.
 */
u32 idxd_cmd_wait(struct idxd_device *idxd, struct completion *done, bool started)
{
	int polls = IDXD_CMD_POLLS;

	while (started && idxd_cmd_active(idxd) && polls--)
		wait_for_completion_timeout(done, msecs_to_jiffies(IDXD_CMD_POLL_MS));

	/* @done is on the caller's stack */
	scoped_guard(spinlock_irqsave, &idxd->cmd_lock)
		idxd->cmd_done = NULL;

	if (!started || polls < 0)
		dev_err(&idxd->pdev->dev, "no answer to a command within %d ms\n",
			IDXD_CMD_POLLS * IDXD_CMD_POLL_MS);
	return started ? ioread32(idxd->reg_base + IDXD_CMDSTS_OFFSET) :
			 IDXD_CMDSTS_HW_ERR;
}

/**
 * idxd_cmd_done() - handle the interrupt that ends a command
 * @idxd: the device
 *
 * Context: any.
 */
void idxd_cmd_done(struct idxd_device *idxd)
{
	guard(spinlock_irqsave)(&idxd->cmd_lock);
	if (idxd->cmd_done)
		complete(idxd->cmd_done);
}

/**
 * idxd_cmd_error() - the error code of a command without a result
 * @status: the status register
 *
 * Bits 30:8 hold the result of those commands that have one, and are undefined
 * after all others (DSA 9.2.13).
 *
 * Return: the error code, with the active bit if the command has not ended.
 */
u32 idxd_cmd_error(u32 status)
{
	return status & (IDXD_CMDSTS_ACTIVE | IDXD_CMDSTS_ERR_MASK);
}

/**
 * idxd_cmd_reset_device() - have a device reset itself, and poll for the end
 * @idxd: the device
 *
 * Does not depend on interrupts, nor on idxd_cmd_exec(), which refuses a device that
 * has halted. May be called before idxd_setup_internals().
 *
 * Context: process, sleeps for up to 10 s.
 * Return: 0 once the device has ended all of its work and is disabled; or -EIO.
 */
int idxd_cmd_reset_device(struct idxd_device *idxd)
{
	union idxd_command_reg cmd = { .cmd = IDXD_CMD_RESET_DEVICE };
	int polls = IDXD_CMD_POLLS;
	u32 status;

	scoped_guard(spinlock_irqsave, &idxd->cmd_lock)
		if (!idxd_cmd_start(idxd, cmd.bits))
			return -EIO;
	while (idxd_cmd_active(idxd) && polls--)
		msleep(IDXD_CMD_POLL_MS);
	status = ioread32(idxd->reg_base + IDXD_CMDSTS_OFFSET);
	return idxd_cmd_error(status) == IDXD_CMDSTS_SUCCESS ? 0 : -EIO;
}
