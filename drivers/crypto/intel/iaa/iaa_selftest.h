/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _IAA_SELFTEST_H
#define _IAA_SELFTEST_H

#include <linux/types.h>

struct iaa_device;
struct iaa_selftest;
struct iaa_wq;

/* Bytes that a queue has to compress, and room for what it makes of them */
#define IAA_SELFTEST_LEN	1024
#define IAA_SELFTEST_ROOM	2048

int iaa_selftest_init(void);
void iaa_selftest_exit(void);
struct iaa_selftest *iaa_selftest_alloc(void);
int iaa_selftest_run(struct iaa_wq *wq, bool in_service);
bool iaa_selftest_retire(struct iaa_device *dev);
void iaa_device_settle(struct iaa_device *dev);

/* For the unit tests */
void iaa_selftest_fill(u8 *buf, unsigned int len);
int iaa_selftest_inflate(const u8 *src, unsigned int slen, u8 *dst, unsigned int dlen);

#endif /* _IAA_SELFTEST_H */
