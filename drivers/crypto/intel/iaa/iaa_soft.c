// SPDX-License-Identifier: GPL-2.0
/*
 * The software path: raw deflate by the kernel's zlib.
 *
 * It compresses with the 4 KiB window that IAA has, so that a device can
 * inflate the result, and inflates with the largest window, so that it takes
 * any stream. Workspaces are per CPU and stay while anyone uses the core. A CPU
 * that came online later works in another one's until it has got its own: there
 * is no hotplug callback, since zswap begins to use the core in one of its own.
 *
 * Lock order: soft_users_lock, soft_workspace.lock.
 */
#include <linux/cleanup.h>
#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <linux/zlib.h>

#include "iaa.h"

/* 4 KiB of history, as IAA has; negative: no zlib header */
#define SOFT_DEFLATE_WBITS	(-12)
#define SOFT_INFLATE_WBITS	(-MAX_WBITS)
/*
 * IAA finds about the matches that zlib's level 1 finds. Memory level 8 holds
 * 16 Ki symbols a block, so a page makes a single block, which is all that
 * IAA decompresses in one go.
 */
#define SOFT_LEVEL		Z_BEST_SPEED
#define SOFT_MEMLEVEL		8

struct soft_workspace {
	struct mutex lock;	/* protects the two below */
	void *deflate;
	void *inflate;
};

static DEFINE_PER_CPU(struct soft_workspace, soft_workspaces);

static DEFINE_MUTEX(soft_users_lock);	/* protects the one below */
static unsigned int soft_users;

/* Allocates without the lock: reclaim may have to compress. */
static int soft_workspace_fill(unsigned int cpu)
{
	struct soft_workspace *ws = per_cpu_ptr(&soft_workspaces, cpu);
	void *deflate, *inflate;

	if (READ_ONCE(ws->deflate))
		return 0;

	deflate = kvmalloc_node(zlib_deflate_workspacesize(SOFT_DEFLATE_WBITS,
							   SOFT_MEMLEVEL),
				GFP_KERNEL, cpu_to_node(cpu));
	inflate = kvmalloc_node(zlib_inflate_workspacesize(), GFP_KERNEL,
				cpu_to_node(cpu));

	mutex_lock(&ws->lock);
	if (deflate && inflate && !ws->deflate) {
		swap(ws->inflate, inflate);
		WRITE_ONCE(ws->deflate, no_free_ptr(deflate));
	}
	mutex_unlock(&ws->lock);

	kvfree(deflate);
	kvfree(inflate);
	return READ_ONCE(ws->deflate) ? 0 : -ENOMEM;
}

static int soft_workspaces_fill(void)
{
	unsigned int cpu;
	int ret = 0;

	for_each_online_cpu(cpu) {
		ret = soft_workspace_fill(cpu);
		if (ret)
			break;
	}
	return ret;
}

/* None is in use any more. */
static void soft_workspaces_free(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct soft_workspace *ws = per_cpu_ptr(&soft_workspaces, cpu);

		kvfree(ws->deflate);
		kvfree(ws->inflate);
		WRITE_ONCE(ws->deflate, NULL);
		ws->inflate = NULL;
	}
}

static void soft_refill_workfn(struct work_struct *work)
{
	soft_workspaces_fill();
}

/* For CPUs that were not online at iaa_soft_get() */
static DECLARE_WORK(soft_refill_work, soft_refill_workfn);

/**
 * iaa_soft_init() - make the software path ready for its first user
 */
void __init iaa_soft_init(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		mutex_init(&per_cpu_ptr(&soft_workspaces, cpu)->lock);
}

/**
 * iaa_soft_get() - have workspaces on every online CPU
 *
 * Context: process, sleeps, allocates with GFP_KERNEL.
 * Return: 0, or -errno and nothing was taken.
 */
int iaa_soft_get(void)
{
	int ret;

	guard(mutex)(&soft_users_lock);
	if (soft_users++)
		return 0;

	ret = soft_workspaces_fill();
	if (ret) {
		soft_workspaces_free();
		soft_users--;
	}
	return ret;
}

/**
 * iaa_soft_put() - give back what iaa_soft_get() took
 */
void iaa_soft_put(void)
{
	guard(mutex)(&soft_users_lock);
	if (WARN_ON_ONCE(!soft_users))
		return;
	if (--soft_users)
		return;
	cancel_work_sync(&soft_refill_work);
	soft_workspaces_free();
}

/*
 * The workspace of this CPU, locked; or, while it has none, of any other: the
 * mutex, not the CPU, owns it.
 */
static struct soft_workspace *soft_workspace_lock(void)
{
	struct soft_workspace *ws = raw_cpu_ptr(&soft_workspaces);
	unsigned int cpu;

	mutex_lock(&ws->lock);
	if (likely(ws->deflate))
		return ws;
	mutex_unlock(&ws->lock);
	schedule_work(&soft_refill_work);

	for_each_possible_cpu(cpu) {
		ws = per_cpu_ptr(&soft_workspaces, cpu);
		mutex_lock(&ws->lock);
		if (ws->deflate)
			return ws;
		mutex_unlock(&ws->lock);
	}
	return NULL;
}

/**
 * iaa_soft_compress() - deflate @req in software
 * @req: its src, slen, dst and dlen are used
 *
 * zlib may know that it is done by room being left only: a stream that would end
 * with the last byte of dst may be said not to fit, while a device would take it.
 *
 * Context: process, may sleep on a workspace; does not allocate.
 * Return: bytes at dst; -ENOSPC if they would not fit; -ENOMEM if no CPU has a
 * workspace, which only a caller without iaa_comp_get() sees.
 */
int iaa_soft_compress(const struct iaa_comp_req *req)
{
	struct soft_workspace *ws = soft_workspace_lock();
	struct z_stream_s stream = {
		.next_in = req->src,
		.avail_in = req->slen,
		.next_out = req->dst,
		.avail_out = req->dlen,
	};
	int ret;

	if (!ws)
		return -ENOMEM;

	stream.workspace = ws->deflate;
	ret = zlib_deflateInit2(&stream, SOFT_LEVEL, Z_DEFLATED,
				SOFT_DEFLATE_WBITS, SOFT_MEMLEVEL,
				Z_DEFAULT_STRATEGY);
	if (ret == Z_OK)
		ret = zlib_deflate(&stream, Z_FINISH);
	mutex_unlock(&ws->lock);

	if (ret == Z_STREAM_END)
		return stream.total_out;
	return ret == Z_OK || ret == Z_BUF_ERROR ? -ENOSPC : -EIO;
}

/*
 * zlib wants one byte of room to see the end of a stream that fills its
 * output exactly; @spare gives it that byte, and a byte in it is an overflow.
 */
static int soft_inflate(struct z_stream_s *stream)
{
	u8 spare;
	int ret = zlib_inflate(stream, Z_SYNC_FLUSH);

	if (ret != Z_OK || stream->avail_out)
		return ret;

	stream->next_out = &spare;
	stream->avail_out = 1;
	ret = zlib_inflate(stream, Z_SYNC_FLUSH);
	return stream->avail_out ? ret : Z_MEM_ERROR;
}

/**
 * iaa_soft_decompress() - inflate @req in software
 * @req: its src, slen, dst and dlen are used
 *
 * Bytes of src after the end of the stream are ignored.
 *
 * Context: process, may sleep on a workspace; does not allocate.
 * Return: bytes at dst; -ENOSPC if there were more; -EBADMSG if src is no raw
 * deflate stream or ends too early; -ENOMEM as iaa_soft_compress().
 */
int iaa_soft_decompress(const struct iaa_comp_req *req)
{
	struct soft_workspace *ws = soft_workspace_lock();
	struct z_stream_s stream = {
		.next_in = req->src,
		.avail_in = req->slen,
		.next_out = req->dst,
		.avail_out = req->dlen,
	};
	int ret;

	if (!ws)
		return -ENOMEM;

	stream.workspace = ws->inflate;
	ret = zlib_inflateInit2(&stream, SOFT_INFLATE_WBITS);
	if (ret == Z_OK)
		ret = soft_inflate(&stream);
	mutex_unlock(&ws->lock);

	if (ret == Z_STREAM_END)
		return stream.total_out;
	return ret == Z_MEM_ERROR ? -ENOSPC : -EBADMSG;
}
