// SPDX-License-Identifier: GPL-2.0
/*
 * Self-test: a queue serves a mode only after it has compressed a unit in it that
 * software could inflate, and it decompresses only after it has restored what it
 * compressed. What one queue fails in is off for all queues of its device. So a device
 * that computes wrongly is found before it gets live data.
 *
 * Nothing here allocates after a queue was probed: reclaim may wait for a recovery.
 */
#include <linux/delay.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <linux/zlib.h>

#include "idxd.h"
#include "iaa_dev.h"
#include "iaa_mode.h"
#include "iaa_selftest.h"

/* A unit takes a device a few microseconds; only one that is ill takes longer */
#define IAA_SELFTEST_SPINS	1000
/* IAA's history is 4 KiB: a window of that size is enough to inflate its output */
#define IAA_SELFTEST_WBITS	12

/**
 * struct iaa_selftest - memory for the self-tests of one device's queues
 * @req: the request that is made; it may be in flight after a self-test that failed
 * @wq: the queue that has @req in flight, or NULL
 * @in_service: the queue that is tested gets requests meanwhile
 * @plain: what is compressed
 * @packed: what the device made of it
 * @out: what became of @packed
 *
 * All under iaa_device.lock.
 */
struct iaa_selftest {
	struct iaa_comp_req req;
	struct iaa_wq *wq;
	bool in_service;
	u8 plain[IAA_SELFTEST_LEN];
	u8 packed[IAA_SELFTEST_ROOM];
	u8 out[IAA_SELFTEST_LEN];
};

static DEFINE_MUTEX(iaa_inflate_lock);	/* protects the one below */
static void *iaa_inflate_workspace;

/**
 * iaa_selftest_init() - allocate what all self-tests share
 *
 * Context: process, sleeps.
 * Return: 0 or -ENOMEM.
 */
int iaa_selftest_init(void)
{
	iaa_inflate_workspace = kvmalloc(zlib_inflate_workspacesize(), GFP_KERNEL);
	return iaa_inflate_workspace ? 0 : -ENOMEM;
}

/**
 * iaa_selftest_exit() - free what iaa_selftest_init() allocated
 */
void iaa_selftest_exit(void)
{
	kvfree(iaa_inflate_workspace);
}

/**
 * iaa_selftest_fill() - make the unit that self-tests compress
 * @buf: where
 * @len: bytes
 *
 * It has literals of all values, and short and long matches.
 */
void iaa_selftest_fill(u8 *buf, unsigned int len)
{
	static const char words[] = "a page, a few words, and the page again; ";
	unsigned int i;

	for (i = 0; i < len; i++)
		buf[i] = i & 256 ? i * 167 >> 2 : words[i % (sizeof(words) - 1)];
}

/**
 * iaa_selftest_alloc() - allocate a device's memory for self-tests
 *
 * Context: process, sleeps.
 * Return: the memory, or NULL.
 */
struct iaa_selftest *iaa_selftest_alloc(void)
{
	struct iaa_selftest *st = kzalloc_obj(*st);

	if (st)
		iaa_selftest_fill(st->plain, IAA_SELFTEST_LEN);
	return st;
}

/**
 * iaa_selftest_inflate() - check a stream in software
 * @src: a raw deflate stream
 * @slen: its bytes
 * @dst: where its contents go
 * @dlen: room there
 *
 * Context: process, sleeps; does not allocate.
 * Return: bytes at @dst; -EBADMSG if @src is no stream, or not one that ends with
 * its last byte and fits.
 */
int iaa_selftest_inflate(const u8 *src, unsigned int slen, u8 *dst, unsigned int dlen)
{
	struct z_stream_s stream = {
		.next_in = src,
		.avail_in = slen,
		.next_out = dst,
		.avail_out = dlen,
		.workspace = iaa_inflate_workspace,
	};
	int ret;

	guard(mutex)(&iaa_inflate_lock);
	ret = zlib_inflateInit2(&stream, -IAA_SELFTEST_WBITS);
	if (ret == Z_OK)
		ret = zlib_inflate(&stream, Z_FINISH);
	return ret == Z_STREAM_END && !stream.avail_in ? stream.total_out : -EBADMSG;
}

static int iaa_selftest_poll(struct iaa_selftest *st)
{
	int ret;

	rcu_read_lock();
	ret = iaa_hw_poll(&st->req);
	rcu_read_unlock();
	if (ret != -EINPROGRESS)
		st->wq = NULL;
	return ret;
}

/**
 * iaa_selftest_retire() - finish a request that a self-test had to leave in flight
 * @dev: the device
 *
 * Context: process, under @dev->lock.
 * Return: whether there is none any more.
 */
bool iaa_selftest_retire(struct iaa_device *dev)
{
	struct iaa_selftest *st = dev->selftest;

	lockdep_assert_held(&dev->lock);
	return !st->wq || iaa_selftest_poll(st) != -EINPROGRESS;
}

/* The clock before the status: a poller that was preempted in between is no stall */
static int iaa_selftest_wait(struct iaa_selftest *st)
{
	struct iaa_wq *wq = st->wq;
	unsigned int spins = 0;
	bool late;
	int ret;

	do {
		late = time_after(jiffies, st->req.deadline);
		ret = iaa_selftest_poll(st);
		if (ret != -EINPROGRESS)
			return ret;
		if (spins++ < IAA_SELFTEST_SPINS)
			cpu_relax();
		else
			fsleep(100);
	} while (!late);

	/* What is in flight is left so, for the recovery to take back */
	if (st->in_service) {
		iaa_wq_stalled(wq);
		return -ETIMEDOUT;
	}
	ret = iaa_wq_quiesce(wq);
	if (ret && ret != -ENODEV)
		return ret;
	while (iaa_selftest_poll(st) == -EINPROGRESS)
		cpu_relax();
	return -ETIMEDOUT;
}

static int iaa_selftest_do(struct iaa_wq *wq, struct iaa_selftest *st)
{
	int ret;

	rcu_read_lock();
	ret = iaa_wq_submit(wq, &st->req);
	rcu_read_unlock();
	if (ret == -EINPROGRESS) {
		st->wq = wq;
		ret = iaa_selftest_wait(st);
	}
	/* Not submitted, or not once more: no verdict on what the device can do */
	return ret == -EREMOTEIO && st->req.reason == IAA_STALLED ? -EAGAIN : ret;
}

static int iaa_selftest_compress(struct iaa_wq *wq, struct iaa_selftest *st,
				 enum iaa_comp_mode mode, unsigned int len)
{
	int ret, produced;

	memset(st->packed, 0, sizeof(st->packed));
	memset(st->out, 0, sizeof(st->out));
	st->req = (struct iaa_comp_req) {
		.src = st->plain,
		.slen = len,
		.dst = st->packed,
		.dlen = min(sizeof(st->packed),
			    BIT(wq->max_shift[IAA_CAP_DECOMPRESS])),
		.op = IAA_OP_COMPRESS,
		.mode = mode,
	};
	produced = iaa_selftest_do(wq, st);
	if (produced <= 0)
		return produced ?: -EBADMSG;
	ret = iaa_selftest_inflate(st->packed, produced, st->out, len);
	return ret == len && !memcmp(st->plain, st->out, len) ? produced : -EBADMSG;
}

static int iaa_selftest_decompress(struct iaa_wq *wq, struct iaa_selftest *st,
				   unsigned int produced, unsigned int len)
{
	int ret;

	memset(st->out, 0, sizeof(st->out));
	st->req = (struct iaa_comp_req) {
		.src = st->packed,
		.slen = produced,
		.dst = st->out,
		.dlen = len,
		.op = IAA_OP_DECOMPRESS,
	};
	ret = iaa_selftest_do(wq, st);
	if (ret < 0)
		return ret;
	return ret == len && !memcmp(st->plain, st->out, len) ? 0 : -EBADMSG;
}

/* Not a verdict on the device's work: no answer, or no attempt */
static bool iaa_selftest_void(int ret)
{
	return ret < 0 && ret != -EBADMSG && ret != -EREMOTEIO && ret != -ENOSPC;
}

/**
 * iaa_device_settle() - have the queues of a device serve what none of them failed in
 * @dev: a device
 *
 * What one queue computes wrongly its neighbours may, too: they share engines, or
 * engines of one make and age.
 *
 * Context: process, sleeps, under iaa_devices_lock.
 */
void iaa_device_settle(struct iaa_device *dev)
{
	u8 failed = 0, caps, changed = 0;
	struct iaa_wq *wq;

	lockdep_assert_held(&iaa_devices_lock);
	list_for_each_entry(wq, &dev->wqs, node)
		failed |= wq->failed;
	list_for_each_entry(wq, &dev->wqs, node) {
		caps = wq->passed & ~failed;
		if (READ_ONCE(wq->state) == IAA_WQ_LIVE)
			changed |= caps ^ wq->caps;
		WRITE_ONCE(wq->caps, caps);
	}
	/* One that serves nothing has no place in the map */
	if (changed)
		iaa_rebalance();
}

/* Say once what is off; a self-test that fails again says nothing new */
static void iaa_selftest_report(struct iaa_wq *wq, unsigned long failed)
{
	char names[64] = "";
	int i;

	for_each_set_bit(i, &failed, IAA_NR_CAPS) {
		strlcat(names, " ", sizeof(names));
		strlcat(names, iaa_cap_name(i), sizeof(names));
	}
	dev_warn(wq_confdev(wq->wq), "self-test failed, its device is not used for:%s\n",
		 names);
}

static void iaa_selftest_verdict(struct iaa_wq *wq, u8 passed, u8 failed)
{
	if (failed && failed != wq->failed)
		iaa_selftest_report(wq, failed);

	guard(iaa_devices)();
	wq->passed = passed;
	wq->failed = failed;
	iaa_device_settle(wq->dev);
}

/**
 * iaa_selftest_run() - find out what a queue can do
 * @wq: the queue
 * @in_service: it gets requests meanwhile, so it is not reset here if it does not
 *	answer, but reported
 *
 * What fails is off for all queues of the device. What could not be tried is off for
 * this one only: decompression, if the queue can't compress.
 *
 * Context: process, sleeps, under @wq->dev->lock; does not allocate.
 * Return: 0 if it can compress in some mode, or claims none; -EBADMSG if it can't,
 * -ETIMEDOUT if it did not answer and was reset or reported, or another error without
 * a verdict.
 */
int iaa_selftest_run(struct iaa_wq *wq, bool in_service)
{
	unsigned long modes = wq->claims & ~BIT(IAA_CAP_DECOMPRESS);
	struct iaa_selftest *st = wq->dev->selftest;
	unsigned long passed = 0, failed = 0;
	unsigned int len;
	int i, ret;

	lockdep_assert_held(&wq->dev->lock);
	if (!iaa_selftest_retire(wq->dev))
		return -EAGAIN;
	st->in_service = in_service;
	for_each_set_bit(i, &modes, IAA_COMP_NR_MODES) {
		len = min(IAA_SELFTEST_LEN, BIT(wq->max_shift[i]));
		ret = iaa_selftest_compress(wq, st, i, len);
		if (iaa_selftest_void(ret))
			return ret;
		__set_bit(i, ret < 0 ? &failed : &passed);
		if (ret < 0 || !(wq->claims & BIT(IAA_CAP_DECOMPRESS)))
			continue;
		ret = iaa_selftest_decompress(wq, st, ret, len);
		if (iaa_selftest_void(ret))
			return ret;
		__set_bit(IAA_CAP_DECOMPRESS, ret ? &failed : &passed);
	}
	passed &= ~failed;
	iaa_selftest_verdict(wq, passed, failed);
	return passed || !modes ? 0 : -EBADMSG;
}
