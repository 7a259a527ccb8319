// SPDX-License-Identifier: GPL-2.0
#include <linux/errno.h>
#include <linux/minmax.h>

#include "iaa_dev.h"
#include "iaa_mode.h"

const struct iaa_mode * const iaa_modes[IAA_COMP_NR_MODES] = {
	[IAA_COMP_FIXED]	= &iaa_mode_fixed,
	[IAA_COMP_DYNAMIC]	= &iaa_mode_dynamic,
};

/**
 * iaa_modes_init() - have a device ready for every mode that it can do
 * @dev: its modes are set
 *
 * Return: 0, or -errno and nothing was taken.
 */
int iaa_modes_init(struct iaa_device *dev)
{
	int i, ret;

	for (i = 0; i < IAA_COMP_NR_MODES; i++) {
		ret = iaa_modes[i]->init(dev);
		if (!ret)
			__set_bit(i, &dev->modes);
		else if (ret != -EOPNOTSUPP)
			goto err_exit;
	}
	return 0;

err_exit:
	iaa_modes_exit(dev);
	return ret;
}

/**
 * iaa_mode_max_shift() - longest unit that a queue compresses in a mode
 * @dev: the queue's device
 * @mode: the mode
 * @xfer_shift: binary logarithm of the queue's max_transfer_size in bytes
 *
 * Return: its binary logarithm, in bytes; -EOPNOTSUPP if the queue cannot do the mode.
 */
int iaa_mode_max_shift(const struct iaa_device *dev, enum iaa_comp_mode mode,
		       unsigned int xfer_shift)
{
	if (!test_bit(mode, &dev->modes) ||
	    BIT_ULL(xfer_shift) < iaa_modes[mode]->min_xfer)
		return -EOPNOTSUPP;
	return min(iaa_modes[mode]->max_shift, xfer_shift);
}

/**
 * iaa_cap_name() - name a capability
 * @cap: number of a bit of iaa_wq.caps
 *
 * Return: a mode's name, or "decompress".
 */
const char *iaa_cap_name(unsigned int cap)
{
	return cap == IAA_CAP_DECOMPRESS ? "decompress" : iaa_modes[cap]->name;
}

/**
 * iaa_modes_exit() - give back what iaa_modes_init() took
 * @dev: the device
 */
void iaa_modes_exit(struct iaa_device *dev)
{
	int i;

	for_each_set_bit(i, &dev->modes, IAA_COMP_NR_MODES)
		iaa_modes[i]->exit(dev);
	dev->modes = 0;
}
