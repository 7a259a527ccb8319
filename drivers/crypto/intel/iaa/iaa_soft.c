// SPDX-License-Identifier: GPL-2.0
/*
 * The software path: raw deflate by the kernel's zlib.
 *
 * It compresses with the 4 KiB window that IAA has, so that a device can
 * inflate the result, and inflates with the largest window, so that it takes
 * any stream. Workspaces belong to no CPU: a machine with hundreds of them has
 * SOFT_MAX_WORKSPACES only, since software is a fallback. They are allocated by
 * the first user of the core and stay until the last one goes, so a request
 * never allocates; with all of them taken it waits for one.
 *
 * Lock order: soft_users_lock, soft_workspace.lock.
 */
#include <linux/bitfield.h>
#include <linux/build_bug.h>
#include <linux/cache.h>
#include <linux/cleanup.h>
#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/mutex.h>
#include <linux/smp.h>
#include <linux/vmalloc.h>
#include <linux/zlib.h>

#include "iaa.h"

/* 4 KiB of history, as IAA has; negative: no zlib header */
#define SOFT_DEFLATE_WBITS	(-12)
#define SOFT_INFLATE_WBITS	(-MAX_WBITS)
/*
 * Memory level 7 ends a block after 8191 symbols, so a page always makes a single
 * one; level 6 ends it after 4095.
 */
#define SOFT_MEMLEVEL		7

/* The default level finds about the matches that IAA finds */
static_assert(IAA_COMP_LEVEL_DEFAULT == Z_BEST_SPEED);
static_assert(IAA_COMP_LEVEL_MAX == Z_BEST_COMPRESSION);

#define SOFT_MAX_WORKSPACES	32

/* Either deflate's or inflate's: both set it up anew for every request */
struct soft_workspace {
	struct mutex lock;	/* protects what is at @memory */
	void *memory;
} ____cacheline_aligned_in_smp;

static struct soft_workspace soft_workspaces[SOFT_MAX_WORKSPACES];
static unsigned int soft_nr;		/* constant while there are users */

static DEFINE_MUTEX(soft_users_lock);	/* protects the one below */
static unsigned int soft_users;

static size_t soft_workspace_size(void)
{
	return max(zlib_deflate_workspacesize(SOFT_DEFLATE_WBITS, SOFT_MEMLEVEL),
		   zlib_inflate_workspacesize());
}

/*
 * One workspace will do. vmalloc() takes what is needed, where kmalloc() would
 * round up to a power of two.
 */
static int soft_workspaces_alloc(unsigned int nr)
{
	while (soft_nr < nr) {
		struct soft_workspace *ws = &soft_workspaces[soft_nr];

		ws->memory = vmalloc(soft_workspace_size());
		if (!ws->memory)
			break;
		mutex_init(&ws->lock);
		WRITE_ONCE(soft_nr, soft_nr + 1);
	}
	return soft_nr ? 0 : -ENOMEM;
}

/* None is in use any more. */
static void soft_workspaces_free(void)
{
	unsigned int i, nr = soft_nr;

	WRITE_ONCE(soft_nr, 0);
	for (i = 0; i < nr; i++)
		vfree(soft_workspaces[i].memory);
}

/**
 * iaa_soft_get() - have workspaces
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

	ret = soft_workspaces_alloc(min(num_possible_cpus(), SOFT_MAX_WORKSPACES));
	if (ret)
		soft_users--;
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
	if (!--soft_users)
		soft_workspaces_free();
}

/*
 * A workspace, locked. Each CPU begins at one of its own, as far as there are
 * enough; when that is taken any free one will do.
 */
static struct soft_workspace *soft_workspace_lock(void)
{
	unsigned int nr = READ_ONCE(soft_nr), first, i;

	if (unlikely(!nr))
		return NULL;

	first = raw_smp_processor_id() % nr;
	for (i = 0; i < nr; i++) {
		struct soft_workspace *ws = &soft_workspaces[(first + i) % nr];

		if (likely(mutex_trylock(&ws->lock)))
			return ws;
	}
	mutex_lock(&soft_workspaces[first].lock);
	return &soft_workspaces[first];
}

static int soft_level(const struct iaa_comp_req *req)
{
	return FIELD_GET(IAA_COMP_REQ_LEVEL_MASK, req->flags) ?: IAA_COMP_LEVEL_DEFAULT;
}

/**
 * iaa_soft_compress() - deflate @req in software
 * @req: its src, slen, dst, dlen and level are used
 *
 * zlib may know that it is done by room being left only: a stream that would end
 * with the last byte of dst may be said not to fit, while a device would take it.
 *
 * Context: process, may sleep on a workspace; does not allocate.
 * Return: bytes at dst; -ENOSPC if they would not fit; -ENOMEM if there is
 * no workspace, which only a caller without iaa_comp_get() sees.
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

	stream.workspace = ws->memory;
	ret = zlib_deflateInit2(&stream, soft_level(req), Z_DEFLATED,
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

	stream.workspace = ws->memory;
	ret = zlib_inflateInit2(&stream, SOFT_INFLATE_WBITS);
	if (ret == Z_OK)
		ret = soft_inflate(&stream);
	mutex_unlock(&ws->lock);

	if (ret == Z_STREAM_END)
		return stream.total_out;
	return ret == Z_MEM_ERROR ? -ENOSPC : -EBADMSG;
}
