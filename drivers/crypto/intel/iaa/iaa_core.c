// SPDX-License-Identifier: GPL-2.0
/*
 * The front door: requests go in here, to the devices' driver if one has
 * registered, and to software when no device will do the work.
 *
 * The provider is called under rcu_read_lock() through static calls, so
 * unregistering it is: point the calls elsewhere, wait for a grace period.
 * It never sleeps there; all that sleeps (waiting, software) happens here.
 */
#define pr_fmt(fmt)	KBUILD_MODNAME ": " fmt

#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/export.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/static_call.h>

#include "iaa.h"
#include "iaa_acomp.h"
#define CREATE_TRACE_POINTS
#include "iaa_trace.h"

/* Polls between two looks at whether somebody else should run */
#define IAA_POLLS_PER_RESCHED	64

enum iaa_sync_mode iaa_sync_mode = IAA_ASYNC;
EXPORT_SYMBOL_NS_GPL(iaa_sync_mode, "IAA_COMP");

static int iaa_submit_nowhere(struct iaa_comp_req *req)
{
	return iaa_req_soft(req, IAA_NO_QUEUE);
}

DEFINE_STATIC_CALL(iaa_provider_submit, iaa_submit_nowhere);
DEFINE_STATIC_CALL(iaa_provider_poll, iaa_submit_nowhere);

static DEFINE_MUTEX(iaa_provider_lock);	/* serialises registration */
static bool iaa_provider_present;

/**
 * iaa_provider_register() - have requests done by @provider
 * @provider: its functions are called until iaa_provider_unregister()
 *
 * Return: 0, or -EBUSY if there is a provider already.
 */
int iaa_provider_register(const struct iaa_provider *provider)
{
	guard(mutex)(&iaa_provider_lock);
	if (iaa_provider_present)
		return -EBUSY;

	iaa_provider_present = true;
	static_call_update(iaa_provider_poll, provider->poll);
	static_call_update(iaa_provider_submit, provider->submit);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(iaa_provider_register, "IAA_COMP");

/**
 * iaa_provider_unregister() - do everything in software from now on
 *
 * The provider has retired all that was in flight. When this returns, none
 * of its functions runs any more.
 *
 * Context: process, sleeps.
 */
void iaa_provider_unregister(void)
{
	guard(mutex)(&iaa_provider_lock);
	static_call_update(iaa_provider_submit, iaa_submit_nowhere);
	synchronize_rcu();
	static_call_update(iaa_provider_poll, iaa_submit_nowhere);
	synchronize_rcu();
	iaa_provider_present = false;
}
EXPORT_SYMBOL_NS_GPL(iaa_provider_unregister, "IAA_COMP");

/**
 * iaa_service_changed() - say once where the work is done from now on
 * @hardware: true if some queue takes requests
 */
void iaa_service_changed(bool hardware)
{
	static atomic_t said = ATOMIC_INIT(-1);

	if (atomic_read(&said) == hardware ||
	    atomic_xchg(&said, hardware) == hardware)
		return;
	if (hardware)
		pr_info("deflate-iaa is served by hardware\n");
	else
		pr_notice("deflate-iaa is served by software: no work queue is enabled\n");
}
EXPORT_SYMBOL_NS_GPL(iaa_service_changed, "IAA_COMP");

/**
 * iaa_comp_get() - begin to use the core
 *
 * Each user takes it once, before its first request: it provides the memory
 * that the software path works in (88 KiB a CPU, and 2.8 MiB at most, for all
 * users together).
 *
 * Context: process, sleeps, allocates with GFP_KERNEL.
 * Return: 0, or -errno and nothing was taken.
 */
int iaa_comp_get(void)
{
	return iaa_soft_get();
}
EXPORT_SYMBOL_GPL(iaa_comp_get);

/**
 * iaa_comp_put() - end what iaa_comp_get() began
 *
 * None of the user's requests is in flight any more.
 *
 * Context: process, sleeps.
 */
void iaa_comp_put(void)
{
	iaa_soft_put();
}
EXPORT_SYMBOL_GPL(iaa_comp_put);

static noinline int iaa_run_soft(struct iaa_comp_req *req)
{
	trace_iaa_comp_fallback(req);
	this_cpu_inc(iaa_stats.fallback[req->reason]);

	if (req->op == IAA_OP_DECOMPRESS) {
		iaa_stat_inc(IAA_STAT_SW_DECOMP);
		return iaa_soft_decompress(req);
	}
	iaa_stat_inc(IAA_STAT_SW_COMP);
	return iaa_soft_compress(req);
}

static int iaa_retire(struct iaa_comp_req *req, int ret)
{
	if (unlikely(ret == -EREMOTEIO))
		ret = iaa_run_soft(req);
	req->result = ret;
	trace_iaa_comp_retire(req);
	return ret;
}

static __always_inline int iaa_submit(struct iaa_comp_req *req)
{
	int ret;

	if (unlikely(!req->slen || !req->dlen ||
		     req->slen > INT_MAX || req->dlen > INT_MAX))
		return req->result = -EINVAL;

	req->result = -EINPROGRESS;
	rcu_read_lock();
	ret = static_call(iaa_provider_submit)(req);
	rcu_read_unlock();

	if (ret == -EAGAIN)
		return req->result = ret;
	trace_iaa_comp_submit(req);
	if (ret != -EINPROGRESS) {
		if (req->reason == IAA_NO_QUEUE)
			iaa_service_changed(false);
		return iaa_retire(req, ret);
	}
	return ret;
}

/**
 * iaa_comp_submit_compress() - start compressing one unit
 * @mode: how to encode it
 * @req: the request; see its members for what they may be
 *
 * Context: process, may sleep (where software takes over); no allocation
 * that enters reclaim.
 * Return: -EINPROGRESS and the request is in flight; or the result: bytes
 * produced, -ENOSPC if they would not fit @req->dlen (the unit is
 * incompressible, no failure), -EINVAL for a request out of range; or, with
 * IAA_COMP_REQ_NOWAIT, -EAGAIN and nothing was started.
 */
int iaa_comp_submit_compress(enum iaa_comp_mode mode, struct iaa_comp_req *req)
{
	if (WARN_ON_ONCE(mode >= IAA_COMP_NR_MODES) ||
	    unlikely(FIELD_GET(IAA_COMP_REQ_LEVEL_MASK, req->flags) > IAA_COMP_LEVEL_MAX))
		return req->result = -EINVAL;
	req->op = IAA_OP_COMPRESS;
	req->mode = mode;
	return iaa_submit(req);
}
EXPORT_SYMBOL_GPL(iaa_comp_submit_compress);

/**
 * iaa_comp_submit_decompress() - start decompressing one unit
 * @req: the request; its src is one raw deflate stream
 *
 * A stream that the core produced always decompresses. The part of dst behind
 * the result may be overwritten.
 *
 * Context: process, may sleep (where software takes over).
 * Return: as iaa_comp_submit_compress(), and -EBADMSG if src is no deflate
 * stream, -ENOSPC if it holds more than @req->dlen bytes.
 */
int iaa_comp_submit_decompress(struct iaa_comp_req *req)
{
	req->op = IAA_OP_DECOMPRESS;
	req->mode = IAA_COMP_FIXED;
	return iaa_submit(req);
}
EXPORT_SYMBOL_GPL(iaa_comp_submit_decompress);

static __always_inline int iaa_poll(struct iaa_comp_req *req)
{
	int ret;

	if (req->result != -EINPROGRESS)
		return req->result;

	rcu_read_lock();
	ret = static_call(iaa_provider_poll)(req);
	rcu_read_unlock();

	return ret == -EINPROGRESS ? ret : iaa_retire(req, ret);
}

/**
 * iaa_comp_poll() - see whether a request is done, and retire it if so
 * @req: a request that was submitted
 *
 * Context: process, may sleep (where software takes over).
 * Return: -EINPROGRESS, or the result, the same one however often it is asked.
 */
int iaa_comp_poll(struct iaa_comp_req *req)
{
	return iaa_poll(req);
}

/*
 * Called after a poll returned -EINPROGRESS. An interrupt may end the sleep; without
 * one the device is about to finish, or has to be reset, which takes long.
 *
 * Return: whether an interrupt should have come, and has not.
 */
static bool iaa_wait_once(struct iaa_comp_req *req, unsigned int polls)
{
	if (req->irq_done)
		return !wait_for_completion_timeout(req->irq_done,
						    msecs_to_jiffies(20));

	if (time_after(jiffies, req->deadline))
		fsleep(1000);
	else if (polls % IAA_POLLS_PER_RESCHED)
		cpu_relax();
	else
		cond_resched();
	return false;
}

/**
 * iaa_comp_wait() - wait until a request is done, and retire it
 * @req: a request that was submitted
 *
 * Polls, or sleeps when sync_mode is async_irq. A device that does not answer
 * in time is reset and software does the work, so this ends.
 *
 * Context: process, may sleep.
 * Return: the result.
 */
int iaa_comp_wait(struct iaa_comp_req *req)
{
	unsigned int polls = 0;
	bool missed = false;
	int ret;

	while ((ret = iaa_poll(req)) == -EINPROGRESS)
		missed = iaa_wait_once(req, ++polls);
	/* The request was done, but no interrupt ended the last sleep. */
	if (unlikely(missed))
		iaa_stat_inc(IAA_STAT_MISSED_IRQ);
	return ret;
}
EXPORT_SYMBOL_GPL(iaa_comp_wait);

/**
 * iaa_comp_compress() - compress one unit and wait for it
 * @mode: how to encode it
 * @req: the request
 *
 * Context: process, may sleep.
 * Return: the result, as of iaa_comp_submit_compress().
 */
int iaa_comp_compress(enum iaa_comp_mode mode, struct iaa_comp_req *req)
{
	int ret;

	req->flags &= ~IAA_COMP_REQ_NOWAIT;
	ret = iaa_comp_submit_compress(mode, req);
	return ret == -EINPROGRESS ? iaa_comp_wait(req) : ret;
}
EXPORT_SYMBOL_GPL(iaa_comp_compress);

/**
 * iaa_comp_decompress() - decompress one unit and wait for it
 * @req: the request
 *
 * Context: process, may sleep.
 * Return: the result, as of iaa_comp_submit_decompress().
 */
int iaa_comp_decompress(struct iaa_comp_req *req)
{
	int ret;

	req->flags &= ~IAA_COMP_REQ_NOWAIT;
	ret = iaa_comp_submit_decompress(req);
	return ret == -EINPROGRESS ? iaa_comp_wait(req) : ret;
}
EXPORT_SYMBOL_GPL(iaa_comp_decompress);

static int __init iaa_comp_init(void)
{
	int ret;

	iaa_stats_init();
	ret = iaa_acomp_register();
	if (ret)
		iaa_stats_exit();
	return ret;
}

static void __exit iaa_comp_exit(void)
{
	iaa_acomp_unregister();
	iaa_stats_exit();
}

/* Before zswap's late_initcall, so that its boot-time compressor is there */
subsys_initcall(iaa_comp_init);
module_exit(iaa_comp_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Deflate compression on Intel IAA, with software fallback");
