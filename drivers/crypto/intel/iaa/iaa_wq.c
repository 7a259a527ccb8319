// SPDX-License-Identifier: GPL-2.0
/*
 * A queue's life: idxd enables it, requests take its descriptors, and when it
 * goes all of those are waited for before idxd disables it.
 */
#include <linux/bitops.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/log2.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/rculist.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "idxd.h"
#include "iaa_dev.h"
#include "iaa_irq.h"
#include "iaa_mode.h"
#include "iaa_selftest.h"

/* Resets that a removal tries before it gives up on the device's obedience */
#define IAA_DRAIN_RESETS	3

/* Words that a queue's descriptors are spread over */
#define IAA_BUSY_WORDS	8U

/* The administrator may have taken opcodes from the queue (its attribute op_config) */
static bool iaa_wq_allows(const struct iaa_wq *wq, unsigned int opcode)
{
	return !wq->wq->opcap_bmap || test_bit(opcode, wq->wq->opcap_bmap);
}

/* What the queue claims to be able to do, and how long a unit may be for that */
static void iaa_wq_init_caps(struct iaa_wq *wq)
{
	/* The device goes by the binary logarithm (DSA 9.2.24) */
	int shift = ilog2(min(wq->wq->max_xfer_bytes, SZ_2G));
	int i, max_shift;

	if (iaa_wq_allows(wq, IAX_OPCODE_DECOMPRESS))
		wq->claims = BIT(IAA_CAP_DECOMPRESS);
	wq->max_shift[IAA_CAP_DECOMPRESS] = shift;
	wq->max_dst = BIT(shift);
	for (i = 0; i < IAA_COMP_NR_MODES; i++) {
		max_shift = iaa_mode_max_shift(wq->dev, i,
					       wq->max_shift[IAA_CAP_DECOMPRESS]);
		if (max_shift < 0 || !iaa_wq_allows(wq, IAX_OPCODE_COMPRESS))
			continue;
		wq->claims |= BIT(i);
		wq->max_shift[i] = max_shift;
		shift = min(shift, max_shift);
	}
	wq->max_src = BIT(shift);
}

static void iaa_wq_init_templates(struct iaa_wq *wq)
{
	struct idxd_device *idxd = wq->wq->idxd;
	int i;

	iaa_desc_init_decompress(&wq->tmpl);
	for_each_set_bit(i, &wq->dev->modes, IAA_COMP_NR_MODES)
		iaa_modes[i]->fill(wq->dev, &wq->tmpl);
	if (idxd->hw.gen_cap.cache_control_mem)
		iaa_desc_set_cache_control(&wq->tmpl);
	if (device_pasid_enabled(idxd))
		iaa_desc_set_pasid(&wq->tmpl, idxd->pasid);
}

static struct iaa_device *iaa_device_find(struct idxd_device *idxd)
{
	struct iaa_device *dev;

	list_for_each_entry(dev, &iaa_devices, node)
		if (dev->idxd == idxd)
			return dev;
	return NULL;
}

static struct iaa_device *iaa_device_get(struct idxd_device *idxd)
{
	struct iaa_device *dev = iaa_device_find(idxd);
	int ret;

	if (dev)
		return dev;

	dev = kzalloc_obj(*dev);
	if (!dev)
		return ERR_PTR(-ENOMEM);
	dev->idxd = idxd;
	mutex_init(&dev->lock);
	INIT_LIST_HEAD(&dev->wqs);
	dev->translated = iaa_dma_init(&dev->dma, &idxd->pdev->dev);
	ret = -ENOMEM;
	dev->selftest = iaa_selftest_alloc();
	if (!dev->selftest)
		goto err_free;
	ret = iaa_modes_init(dev);
	if (ret)
		goto err_free;
	list_add_tail(&dev->node, &iaa_devices);
	return dev;

err_free:
	if (dev->translated)
		iaa_dma_exit(&dev->dma);
	kfree(dev->selftest);
	kfree(dev);
	return ERR_PTR(ret);
}

static void iaa_device_put(struct iaa_device *dev)
{
	if (--dev->nr_wqs)
		return;
	list_del(&dev->node);
	iaa_modes_exit(dev);
	if (dev->translated)
		iaa_dma_exit(&dev->dma);
	kfree(dev->selftest);
	kfree(dev);
}

static void iaa_device_add_wq(struct iaa_device *dev, struct iaa_wq *wq)
{
	struct iaa_wq *next;

	list_for_each_entry(next, &dev->wqs, node)
		if (next->wq->id > wq->wq->id)
			break;
	list_add_tail_rcu(&wq->node, &next->node);
	dev->nr_wqs++;
}

/* Words for all descriptors, several so that CPUs need not share one */
static int iaa_wq_init_busy(struct iaa_wq *wq, unsigned int nr, int node)
{
	unsigned int id, words;

	words = max(DIV_ROUND_UP(nr, BITS_PER_LONG),
		    min(nr, IAA_BUSY_WORDS));
	words = roundup_pow_of_two(words);
	wq->busy_shift = ilog2(words);
	wq->busy = kvcalloc_node(words, sizeof(*wq->busy), GFP_KERNEL, node);
	if (!wq->busy)
		return -ENOMEM;
	for (id = 0; id < words; id++)
		wq->busy[id].bits = ~0UL;
	for (id = 0; id < nr; id++)
		__clear_bit(id / words, &wq->busy[id & (words - 1)].bits);
	return 0;
}

static void iaa_wq_free(struct iaa_wq *wq)
{
	iaa_irq_exit(wq);
	kvfree(wq->busy);
	kvfree(wq->slots);
	kfree(wq);
}

/**
 * iaa_wq_create() - be ready for requests on a queue
 * @idxd_wq: a queue that idxd has enabled
 *
 * Context: process, under iaa_devices_lock.
 * Return: the queue, stalled, in its device's list; or an error pointer.
 */
struct iaa_wq *iaa_wq_create(struct idxd_wq *idxd_wq)
{
	unsigned int nr = idxd_wq->num_descs;
	int node = dev_to_node(&idxd_wq->idxd->pdev->dev);
	struct iaa_wq *wq = kzalloc_node(sizeof(*wq), GFP_KERNEL, node);
	int ret = -ENOMEM;

	if (!wq)
		return ERR_PTR(ret);
	wq->slots = kvcalloc_node(nr, sizeof(*wq->slots), GFP_KERNEL, node);
	if (!wq->slots || iaa_wq_init_busy(wq, nr, node) ||
	    iaa_irq_init(wq, nr, node))
		goto err_free;

	wq->dev = iaa_device_get(idxd_wq->idxd);
	if (IS_ERR(wq->dev)) {
		ret = PTR_ERR(wq->dev);
		goto err_free;
	}
	wq->wq = idxd_wq;
	wq->portal = idxd_wq->portal;
	wq->descs = idxd_wq->descs;
	wq->dedicated = wq_dedicated(idxd_wq);
	wq->translated = wq->dev->translated;
	wq->dma_dev = &idxd_wq->idxd->pdev->dev;
	iaa_wq_init_caps(wq);
	wq->state = IAA_WQ_STALLED;
	INIT_DELAYED_WORK(&wq->recovery, iaa_wq_recovery);
	iaa_recheck_init(wq);
	iaa_wq_init_templates(wq);
	iaa_device_add_wq(wq->dev, wq);
	return wq;

err_free:
	iaa_wq_free(wq);
	return ERR_PTR(ret);
}

/* Whether every descriptor is free */
static bool iaa_wq_idle(const struct iaa_wq *wq)
{
	unsigned int word, nr = 0;

	for (word = 0; word < iaa_wq_busy_words(wq); word++) {
		/* Pairs with clear_bit_unlock() where a descriptor is given back */
		unsigned long busy = smp_load_acquire(&wq->busy[word].bits);

		nr += hweight_long(~busy);
	}
	return nr == wq->wq->num_descs;
}

static bool iaa_wq_idle_within(const struct iaa_wq *wq, unsigned long wait)
{
	unsigned long end = jiffies + wait;

	while (!iaa_wq_idle(wq)) {
		if (time_after(jiffies, end))
			return false;
		fsleep(1000);
	}
	return true;
}

/* Batches end when their owners have retired all of a bio, say, on other queues, too */
static bool iaa_wq_unmapped_within(const struct iaa_wq *wq, unsigned long wait)
{
	unsigned long end = jiffies + wait;

	/* Pairs with atomic_fetch_dec_release() in iaa_comp_batch_end() */
	while (atomic_read_acquire(&wq->batches)) {
		if (time_after(jiffies, end))
			return false;
		fsleep(1000);
	}
	return true;
}

/*
 * A device that not even a reset of its function stops is kept from memory after that.
 * Its requests are given back then: their owners, and the system that takes it away,
 * would wait for ever. While the PCI core resets the device (-EBUSY) nothing is given
 * back, and the attempt does not count.
 */
static bool iaa_wq_take_back(struct iaa_wq *wq, int tries)
{
	struct device *dev = wq_confdev(wq->wq);
	int ret = 0;

	dev_warn(dev, "requests still in flight while it is taken away (%d)\n", tries);
	guard(mutex)(&wq->dev->lock);
	if (tries <= IAA_DRAIN_RESETS)
		ret = iaa_wq_quiesce(wq);
	if (ret == -EIO && tries == IAA_DRAIN_RESETS) {
		dev_err(dev, "could not be stopped; its DMA is blocked\n");
		if (wq->translated)
			iaa_dma_fence(&wq->dev->dma);
		iaa_device_give_back(wq->dev);
	}
	iaa_selftest_retire(wq->dev);
	return ret != -EBUSY;
}

/**
 * iaa_wq_drain() - wait until nothing is in flight on a queue
 * @wq: a queue that the map no longer has, after a grace period
 *
 * Requests that the device does not finish in time are taken from it, after at most
 * three resets. What is left is to be retired by its owners, and their batches to be
 * ended, which is waited for, with a message each time.
 *
 * Context: process, sleeps; iaa_devices_lock is not held.
 */
void iaa_wq_drain(struct iaa_wq *wq)
{
	/* Twice: a verification starts its time anew */
	unsigned long wait = 2 * READ_ONCE(iaa_timeout) + HZ / 10;
	int tries = 1;

	/*
	 * The recheck first: it may report a stall, which begins a recovery. A recovery
	 * begins no recheck any more, since the queue is removed.
	 */
	iaa_recheck_stop(wq);
	cancel_delayed_work_sync(&wq->recovery);
	while (!iaa_wq_idle_within(wq, wait))
		tries += iaa_wq_take_back(wq, tries);
	while (!iaa_wq_unmapped_within(wq, wait))
		dev_warn(wq_confdev(wq->wq), "pages still mapped while it is taken away\n");
}

/**
 * iaa_wq_unlink() - take a queue from its device's list
 * @wq: a queue without requests
 *
 * Context: process, sleeps; iaa_devices_lock is not held.
 */
void iaa_wq_unlink(struct iaa_wq *wq)
{
	scoped_guard(iaa_devices) {
		list_del_rcu(&wq->node);
		/* What only this one failed in the others may do again */
		iaa_device_settle(wq->dev);
	}
	/* Resets of the device look at its queues' descriptors under RCU */
	synchronize_rcu();
}

/**
 * iaa_wq_destroy() - end what iaa_wq_create() began
 * @wq: a queue without requests, after iaa_wq_unlink()
 *
 * Context: process, under iaa_devices_lock.
 */
void iaa_wq_destroy(struct iaa_wq *wq)
{
	iaa_device_put(wq->dev);
	iaa_wq_free(wq);
}
