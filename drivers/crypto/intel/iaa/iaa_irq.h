/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Completion interrupts, which sync_mode async_irq asks for.
 *
 * Each descriptor has a completion that lives as long as its queue, so the
 * interrupt thread never looks at a request: neither side waits for the other
 * to be done with it. A completion that comes too late wakes the descriptor's next
 * owner for nothing, which polls and waits again.
 */
#ifndef _IAA_IRQ_H
#define _IAA_IRQ_H

#include <linux/bitops.h>
#include <linux/completion.h>

#include "idxd.h"
#include "iaa_dev.h"

int iaa_irq_init(struct iaa_wq *wq, unsigned int nr, int node);
void iaa_irq_exit(struct iaa_wq *wq);
void iaa_irq_arm_slow(struct iaa_comp_req *req);
void iaa_irq_wake(struct iaa_wq *wq, bool all);

/**
 * iaa_irq_arm() - have a request's end interrupt, if sync_mode says so
 * @req: a request whose descriptor is written and not yet submitted
 */
static __always_inline void iaa_irq_arm(struct iaa_comp_req *req)
{
	req->irq_done = NULL;
	if (unlikely(READ_ONCE(iaa_sync_mode) == IAA_ASYNC_IRQ))
		iaa_irq_arm_slow(req);
}

/**
 * iaa_irq_disarm() - no more wake-ups for a request
 * @req: a request that is not in flight any more
 */
static __always_inline void iaa_irq_disarm(struct iaa_comp_req *req)
{
	if (unlikely(req->irq_done))
		clear_bit(req->desc->id, req->wq->irq_armed);
}

#endif /* _IAA_IRQ_H */
