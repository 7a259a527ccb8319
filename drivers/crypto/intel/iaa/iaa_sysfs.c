// SPDX-License-Identifier: GPL-2.0
/*
 * The driver's attributes, in /sys/bus/dsa/drivers/crypto.
 *
 * All of them may be written at any time. A request that is in flight keeps
 * the settings that it was started with.
 */
#include <linux/device/driver.h>
#include <linux/kstrtox.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "idxd.h"
#include "iaa_dev.h"

/* IAA has no more queues; idxd.h gives none either */
#define IAA_MAX_WQS_PER_DEVICE	256

bool iaa_verify_compress;
unsigned int iaa_g_comp_wqs;
bool iaa_distribute_comps = true;
bool iaa_distribute_decomps;

static ssize_t verify_compress_show(struct device_driver *driver, char *buf)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(iaa_verify_compress));
}

static ssize_t verify_compress_store(struct device_driver *driver,
				     const char *buf, size_t count)
{
	bool verify;
	int ret = kstrtobool(buf, &verify);

	if (ret)
		return ret;
	WRITE_ONCE(iaa_verify_compress, verify);
	return count;
}
static DRIVER_ATTR_RW(verify_compress);

static const char * const iaa_sync_modes[] = {
	[IAA_SYNC]	= "sync",
	[IAA_ASYNC]	= "async",
	[IAA_ASYNC_IRQ]	= "async_irq",
};

static ssize_t sync_mode_show(struct device_driver *driver, char *buf)
{
	return sysfs_emit(buf, "%s\n", iaa_sync_modes[READ_ONCE(iaa_sync_mode)]);
}

static ssize_t sync_mode_store(struct device_driver *driver, const char *buf,
			       size_t count)
{
	int mode = sysfs_match_string(iaa_sync_modes, buf);

	if (mode < 0)
		return mode;
	WRITE_ONCE(iaa_sync_mode, mode);
	return count;
}
static DRIVER_ATTR_RW(sync_mode);

static ssize_t g_comp_wqs_per_iaa_show(struct device_driver *driver, char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(iaa_g_comp_wqs));
}

static ssize_t g_comp_wqs_per_iaa_store(struct device_driver *driver,
					const char *buf, size_t count)
{
	unsigned int nr;
	int ret = kstrtouint(buf, 10, &nr);

	if (ret)
		return ret;
	if (nr > IAA_MAX_WQS_PER_DEVICE)
		return -ERANGE;

	guard(iaa_devices)();
	WRITE_ONCE(iaa_g_comp_wqs, nr);
	iaa_rebalance();
	return count;
}
static DRIVER_ATTR_RW(g_comp_wqs_per_iaa);

static ssize_t iaa_distribute_store(bool *distribute, const char *buf,
				    size_t count)
{
	bool value;
	int ret = kstrtobool(buf, &value);

	if (ret)
		return ret;

	guard(iaa_devices)();
	WRITE_ONCE(*distribute, value);
	iaa_rebalance();
	return count;
}

static ssize_t distribute_comps_show(struct device_driver *driver, char *buf)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(iaa_distribute_comps));
}

static ssize_t distribute_comps_store(struct device_driver *driver,
				      const char *buf, size_t count)
{
	return iaa_distribute_store(&iaa_distribute_comps, buf, count);
}
static DRIVER_ATTR_RW(distribute_comps);

static ssize_t distribute_decomps_show(struct device_driver *driver, char *buf)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(iaa_distribute_decomps));
}

static ssize_t distribute_decomps_store(struct device_driver *driver,
					const char *buf, size_t count)
{
	return iaa_distribute_store(&iaa_distribute_decomps, buf, count);
}
static DRIVER_ATTR_RW(distribute_decomps);

static struct attribute *iaa_driver_attrs[] = {
	&driver_attr_verify_compress.attr,
	&driver_attr_sync_mode.attr,
	&driver_attr_g_comp_wqs_per_iaa.attr,
	&driver_attr_distribute_comps.attr,
	&driver_attr_distribute_decomps.attr,
	NULL
};

static const struct attribute_group iaa_driver_group = {
	.attrs = iaa_driver_attrs,
};

const struct attribute_group *iaa_driver_groups[] = {
	&iaa_driver_group,
	NULL
};
