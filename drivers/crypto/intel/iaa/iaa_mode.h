/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _IAA_MODE_H
#define _IAA_MODE_H

#include <linux/iaa_comp.h>
#include <linux/types.h>

struct iaa_desc_template;
struct iaa_device;

/**
 * struct iaa_mode - a way to encode, as the devices do it
 * @name: as users know it
 * @max_shift: binary logarithm of the longest unit that the devices take, in bytes
 * @min_xfer: least max_transfer_size of a queue that can do it, in bytes
 * @init: have the device ready for it; -EOPNOTSUPP if it can't do it
 * @exit: give back what @init took
 * @fill: write the mode's part of a queue's templates
 */
struct iaa_mode {
	const char *name;
	unsigned int max_shift;
	unsigned int min_xfer;
	int (*init)(struct iaa_device *dev);
	void (*exit)(struct iaa_device *dev);
	void (*fill)(const struct iaa_device *dev, struct iaa_desc_template *tmpl);
};

extern const struct iaa_mode iaa_mode_fixed;
extern const struct iaa_mode iaa_mode_dynamic;
extern const struct iaa_mode * const iaa_modes[IAA_COMP_NR_MODES];

int iaa_modes_init(struct iaa_device *dev);
int iaa_mode_max_shift(const struct iaa_device *dev, enum iaa_comp_mode mode,
		       unsigned int xfer_shift);
void iaa_modes_exit(struct iaa_device *dev);

#endif /* _IAA_MODE_H */
