// SPDX-License-Identifier: GPL-2.0
/*
 * Stopping a device for certain.
 *
 * A reset command that completes guarantees that the device writes nothing more of
 * the work that it had (DSA 3.15). One that times out guarantees nothing; neither
 * does the halt state, in which a device only "typically" stops (DSA 5.7), and
 * clearing Bus Master Enable keeps it from new accesses only. After these, a function
 * level reset is what ends everything.
 *
 * Locks: idxd->restart_lock, idxd_wq.wq_lock, idxd->reset_lock, idxd->cmd_lock, in
 * this order. idxd->reset_lock is held while a device is reset, for more than 10 s if
 * it hangs; what is allocated under it does no I/O. idxd->reset_blocked is written under
 * restart_lock and reset_lock, and read under either.
 */
#include <linux/delay.h>
#include <linux/iopoll.h>
#include <linux/pci.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "idxd.h"
#include "registers.h"

/* Time for a device to notice that it may not access memory any more */
#define IDXD_HALT_TIMEOUT_US	(100 * USEC_PER_MSEC)
/* Time for the PCI core to reset a function */
#define IDXD_RESET_POLLS	500
#define IDXD_RESET_POLL_MS	20

/* A reset of the function that the PCI core did not do clears its configuration */
static bool idxd_device_decodes(struct idxd_device *idxd)
{
	u16 command;

	return !pci_read_config_word(idxd->pdev, PCI_COMMAND, &command) &&
	       command & PCI_COMMAND_MEMORY;
}

static union gensts_reg idxd_device_gensts(struct idxd_device *idxd)
{
	return (union gensts_reg) {
		.bits = ioread32(idxd->reg_base + IDXD_GENSTATS_OFFSET),
	};
}

/**
 * idxd_device_hw_state() - the state that a device itself reports
 * @idxd: the device
 *
 * idxd->state is what the driver made of the device last; the device may have lost
 * its state since, by a loss of power or by a reset from outside. One that is gone, or
 * does not decode its addresses, counts as halted.
 *
 * Context: any.
 * Return: IDXD_DEVICE_STATE_DISABLED, _ENABLED, _DRAIN or _HALT.
 */
int idxd_device_hw_state(struct idxd_device *idxd)
{
	return idxd_device_decodes(idxd) ? idxd_device_gensts(idxd).state :
					   IDXD_DEVICE_STATE_HALT;
}

/* A device obeys RESET_DEVICE unless it is busy, gone, or has to be reset otherwise */
static bool idxd_device_takes_reset(struct idxd_device *idxd)
{
	union gensts_reg gensts = idxd_device_gensts(idxd);

	if (!idxd_device_decodes(idxd) || gensts.bits == ~0U || idxd_cmd_active(idxd))
		return false;
	return gensts.state != IDXD_DEVICE_STATE_HALT ||
	       gensts.reset_type == IDXD_DEVICE_RESET_SOFTWARE;
}

/* One command at a time: wait for the end of one that is waited for elsewhere */
static int idxd_device_soft_reset(struct idxd_device *idxd)
{
	int ret = -EIO;

	if (!idxd_device_takes_reset(idxd))
		return ret;
	scoped_guard(spinlock_irq, &idxd->cmd_lock) {
		wait_event_lock_irq(idxd->cmd_waitq,
				    !test_bit(IDXD_FLAG_CMD_RUNNING, &idxd->flags),
				    idxd->cmd_lock);
		__set_bit(IDXD_FLAG_CMD_RUNNING, &idxd->flags);
	}
	if (idxd_device_takes_reset(idxd))
		ret = idxd_cmd_reset_device(idxd);
	scoped_guard(spinlock_irq, &idxd->cmd_lock) {
		__clear_bit(IDXD_FLAG_CMD_RUNNING, &idxd->flags);
		wake_up(&idxd->cmd_waitq);
	}
	return ret;
}

/*
 * The configuration space as it was after probe, because the function may have lost
 * it: address registers, Bus Master Enable, and the MSI-X table.
 */
static void idxd_device_restore_pci(struct idxd_device *idxd)
{
	struct pci_dev *pdev = idxd->pdev;

	pci_load_saved_state(pdev, idxd->pci_state);
	pci_restore_state(pdev);
}

/* What is left to the administrator, if a reset of the function has not ended a halt */
static void idxd_device_report_halt(struct idxd_device *idxd)
{
	bool cold = idxd_device_gensts(idxd).reset_type == IDXD_DEVICE_RESET_COLD;

	dev_err(&idxd->pdev->dev,
		"halted, out of service: it needs a %s reset of the system (%s)\n",
		cold ? "cold" : "warm", cold ? "power it off and on" : "reboot");
}

/*
 * A reset of the function clears its configuration space, which a hypervisor may have
 * restored, and GENCTRL (DSA table 9-3), which it does not know.
 */
static bool idxd_device_was_reset(struct idxd_device *idxd)
{
	return !idxd_device_decodes(idxd) ||
	       !ioread32(idxd->reg_base + IDXD_GENCTRL_OFFSET);
}

static int idxd_device_flr(struct idxd_device *idxd)
{
	struct pci_dev *pdev = idxd->pdev;
	union gensts_reg gensts;
	int ret;

	dev_warn(&pdev->dev, "does not obey: blocking its DMA and resetting the function\n");
	pci_clear_master(pdev);
	/* Halts an enabled device (DSA 5.7); one that hangs is reset all the same */
	read_poll_timeout(idxd_device_gensts, gensts,
			  gensts.state == IDXD_DEVICE_STATE_HALT ||
			  gensts.state == IDXD_DEVICE_STATE_DISABLED,
			  100, IDXD_HALT_TIMEOUT_US, false, idxd);

	/* Something for the reset to clear: a command may have done that before */
	scoped_guard(spinlock, &idxd->dev_lock)
		idxd_unmask_error_interrupts(idxd);
	/* Waits until no transaction is pending, before the reset */
	ret = pcie_reset_flr(pdev, PCI_RESET_DO_RESET);
	if (!ret && !idxd_device_was_reset(idxd))
		ret = -EIO;
	if (ret) {
		dev_err(&pdev->dev, "function level reset failed: %d; its DMA stays blocked\n",
			ret);
		return -EIO;
	}
	idxd_device_restore_pci(idxd);
	gensts = idxd_device_gensts(idxd);
	if (gensts.state == IDXD_DEVICE_STATE_HALT &&
	    gensts.reset_type > IDXD_DEVICE_RESET_FLR && gensts.bits != ~0U) {
		idxd->reset_futile = true;
		pci_clear_master(pdev);
		idxd_device_report_halt(idxd);
	}
	return 0;
}

/*
 * Whether it asks for more than the driver can do: it is halted, and a reset of its
 * function has not changed that. It has had no work since, and its DMA is blocked.
 */
static bool idxd_device_beyond_reset(struct idxd_device *idxd)
{
	u16 command;

	if (!idxd->reset_futile ||
	    pci_read_config_word(idxd->pdev, PCI_COMMAND, &command))
		return false;
	command &= PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
	return command == PCI_COMMAND_MEMORY &&
	       idxd_device_gensts(idxd).state == IDXD_DEVICE_STATE_HALT;
}

/* Settings of the device, not of its queues; a reset clears them (DSA table 9-3) */
static void idxd_device_restore_general(struct idxd_device *idxd)
{
	struct idxd_evl *evl = idxd->evl;

	scoped_guard(spinlock, &idxd->dev_lock)
		idxd_unmask_error_interrupts(idxd);
	/* Completion interrupts of descriptors with a PASID depend on it */
	if (idxd->pasid != IOMMU_PASID_INVALID)
		idxd_set_user_intr(idxd, 1);
	if (!evl)
		return;
	guard(mutex)(&evl->lock);
	if (evl->log)
		idxd_device_evl_write(idxd);
}

static int idxd_device_stop(struct idxd_device *idxd)
{
	struct pci_dev *pdev = idxd->pdev;
	unsigned int noio;
	int ret = 0;

	lockdep_assert_held(&idxd->reset_lock);
	if (!pci_device_is_present(pdev))
		return -ENODEV;
	if (idxd->reset_blocked)
		return -EBUSY;
	if (idxd_device_beyond_reset(idxd))
		return 0;
	if (idxd->shut_down && idxd_device_hw_state(idxd) == IDXD_DEVICE_STATE_DISABLED)
		return 0;

	idxd->reset_futile = false;
	noio = memalloc_noio_save();
	if (idxd_device_soft_reset(idxd))
		ret = idxd_device_flr(idxd);
	memalloc_noio_restore(noio);
	if (ret)
		return ret;
	if (idxd->reset_futile)
		return 0;

	if (idxd->shut_down)
		return 0;
	/* Disabled now: the one state in which this does not halt the device */
	pci_set_master(pdev);
	if (idxd_device_hw_state(idxd) == IDXD_DEVICE_STATE_DISABLED)
		idxd_device_restore_general(idxd);
	return 0;
}

/**
 * idxd_device_quiesce() - end all work of a device, by whatever it takes
 * @idxd: the device
 *
 * Tries RESET_DEVICE, then blocks the device's DMA and resets the function. On success
 * the device is disabled, may access memory, and interrupts; its queues are not
 * configured: idxd_device_restart() does that. If even the reset of the function fails
 * its DMA stays blocked.
 *
 * A function that does not answer in configuration space is gone: its link is down, or
 * it has no power. Then it can't write to memory either, and what it wrote before has
 * arrived.
 *
 * Context: process, sleeps for up to a minute; the caller may hold a queue's wq_lock.
 * Reclaim may wait for it: a function level reset has the IOMMU driver allocate, which
 * does no I/O here.
 * Return: 0 if the device writes nothing more; -ENODEV if it is gone, with the same
 * guarantee. -EBUSY if the PCI core is resetting it, or the system is suspended; -EIO
 * if it could not be stopped. After these the device may still write.
 */
int idxd_device_quiesce(struct idxd_device *idxd)
{
	guard(mutex)(&idxd->reset_lock);
	return idxd_device_stop(idxd);
}
EXPORT_SYMBOL_NS_GPL(idxd_device_quiesce, "IDXD");

/**
 * idxd_device_quiesce_halted() - idxd_device_quiesce() unless the device is enabled
 * @idxd: a device that has halted, and may have been restarted since
 *
 * Context: as idxd_device_quiesce().
 * Return: 0 also for a device that is enabled; else as idxd_device_quiesce().
 */
int idxd_device_quiesce_halted(struct idxd_device *idxd)
{
	guard(mutex)(&idxd->reset_lock);
	if (idxd_device_hw_state(idxd) == IDXD_DEVICE_STATE_ENABLED)
		return 0;
	return idxd_device_stop(idxd);
}

/**
 * idxd_device_quiesce_wait() - idxd_device_quiesce() before memory is freed
 * @idxd: the device
 *
 * Waits for the end of a reset that the PCI core does.
 *
 * Context: process, sleeps.
 */
void idxd_device_quiesce_wait(struct idxd_device *idxd)
{
	int polls = IDXD_RESET_POLLS;

	while (idxd_device_quiesce(idxd) == -EBUSY && polls--)
		msleep(IDXD_RESET_POLL_MS);
}

/**
 * idxd_device_block_reset() - leave a device to the PCI core for a while
 * @idxd: the device
 * @block: whether idxd_device_quiesce() and idxd_device_restart() fail from now on
 *
 * Context: process, sleeps until neither of them runs.
 */
void idxd_device_block_reset(struct idxd_device *idxd, bool block)
{
	guard(mutex)(&idxd->restart_lock);
	guard(mutex)(&idxd->reset_lock);
	idxd->reset_blocked = block;
}

/**
 * idxd_device_init_recovery() - prepare for resets of a device
 * @idxd: a device that has just been probed
 *
 * Context: process, sleeps, allocates.
 * Return: 0 or -ENOMEM.
 */
int idxd_device_init_recovery(struct idxd_device *idxd)
{
	pci_save_state(idxd->pdev);
	idxd->pci_state = pci_store_saved_state(idxd->pdev);
	return idxd->pci_state ? 0 : -ENOMEM;
}

/**
 * idxd_device_init_reset() - end all work that an earlier kernel left to a device
 * @idxd: a device that is being probed, and may access memory
 *
 * After a crash the device is as the crash found it: enabled and at work, with a command
 * that hangs, or halted. It is reset by RESET_DEVICE, or else by a reset of the function.
 * May be called before idxd_setup_internals().
 *
 * Context: process, sleeps for up to a minute, allocates.
 * Return: 0 and the device is disabled; -ENOMEM; or -EIO.
 */
int idxd_device_init_reset(struct idxd_device *idxd)
{
	int ret;

	if (idxd_device_hw_state(idxd) != IDXD_DEVICE_STATE_DISABLED)
		dev_info(&idxd->pdev->dev, "was left enabled; resetting it\n");
	if (idxd_device_takes_reset(idxd) && !idxd_cmd_reset_device(idxd))
		return 0;

	/* What the function gets back after its reset */
	ret = idxd_device_init_recovery(idxd);
	if (ret)
		return ret;
	ret = idxd_device_flr(idxd);
	kfree(idxd->pci_state);
	idxd->pci_state = NULL;
	if (ret || idxd_device_hw_state(idxd) != IDXD_DEVICE_STATE_DISABLED)
		return -EIO;
	pci_set_master(idxd->pdev);
	return 0;
}
