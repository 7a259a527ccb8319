// SPDX-License-Identifier: GPL-2.0
#include <linux/bitmap.h>
#include <linux/slab.h>

#include "iaa_irq.h"

/**
 * iaa_irq_init() - prepare a queue for completion interrupts
 * @wq: the queue
 * @nr: its descriptors
 * @node: NUMA node to allocate on
 *
 * Context: process, sleeps.
 * Return: 0, or -ENOMEM; iaa_irq_exit() is due in both cases.
 */
int iaa_irq_init(struct iaa_wq *wq, unsigned int nr, int node)
{
	unsigned int i;

	wq->irq_armed = bitmap_zalloc_node(nr, GFP_KERNEL, node);
	wq->irq_done = kvcalloc_node(nr, sizeof(*wq->irq_done), GFP_KERNEL, node);
	if (!wq->irq_armed || !wq->irq_done)
		return -ENOMEM;
	for (i = 0; i < nr; i++)
		init_completion(&wq->irq_done[i]);
	return 0;
}

/**
 * iaa_irq_exit() - free what iaa_irq_init() allocated
 * @wq: a queue whose interrupt is freed, or was never requested
 */
void iaa_irq_exit(struct iaa_wq *wq)
{
	bitmap_free(wq->irq_armed);
	kvfree(wq->irq_done);
}

/**
 * iaa_irq_arm_slow() - have a request's end interrupt
 * @req: a request whose descriptor is written and not yet submitted
 */
void iaa_irq_arm_slow(struct iaa_comp_req *req)
{
	struct iax_hw_desc *hw = req->desc->iax_hw;
	struct iaa_wq *wq = req->wq;

	hw->flags |= IDXD_OP_FLAG_RCI;
	hw->int_handle = wq->wq->ie.int_handle;
	req->irq_done = &wq->irq_done[req->desc->id];
	reinit_completion(req->irq_done);
	/* Ordered before the device sees the descriptor by iaa_portal_write() */
	set_bit(req->desc->id, wq->irq_armed);
}

/*
 * The bit is cleared before the record is read: a bit that is set again after
 * that belongs to a request whose interrupt is still to come.
 */
static void iaa_irq_wake_one(struct iaa_wq *wq, unsigned int id, bool all)
{
	if (!test_and_clear_bit(id, wq->irq_armed))
		return;
	if (all || READ_ONCE(wq->descs[id]->completion->status))
		complete(&wq->irq_done[id]);
	else
		set_bit(id, wq->irq_armed);
}

/**
 * iaa_irq_wake() - wake the owners of requests that are done
 * @wq: the queue
 * @all: also those of requests that never will be
 *
 * An interrupt costs as many records as threads sleep.
 *
 * Context: process: the interrupt thread, or the recovery.
 */
void iaa_irq_wake(struct iaa_wq *wq, bool all)
{
	unsigned int word, bit;

	for (word = 0; word < BITS_TO_LONGS(wq->wq->num_descs); word++) {
		unsigned long armed = READ_ONCE(wq->irq_armed[word]);

		for_each_set_bit(bit, &armed, BITS_PER_LONG)
			iaa_irq_wake_one(wq, word * BITS_PER_LONG + bit, all);
	}
}
