/*
 * Intel IAA: work queues, engines, and their timing
 *
 * Within a group an idle engine serves the queues by weighted round robin,
 * the weight being the queue's priority.  The clock is the virtual one; a
 * descriptor finishes at
 *
 *   max(start + latency + size / engine_rate, last finish + size / device_rate)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "iaa.h"
#include "trace.h"

/* Timing */

static int64_t bytes_ns(const IAAState *s, uint64_t bytes, uint32_t rate)
{
    return rate ? bytes * 1000 * s->clock_scale / rate : 0;
}

/* When work that an engine starts at @start will be done; reserves the time. */
static int64_t timing_finish(IAAState *s, const IAAWork *work, int64_t start)
{
    IAATiming *t = &s->timing[iaa_op_timing(work)];
    uint64_t bytes = work->rec.status ? 0 : iaa_op_bytes(work);
    int64_t finish;

    if (s->instant) {
        return start;
    }
    finish = start + (int64_t)t->latency * s->clock_scale +
             bytes_ns(s, bytes, t->engine_rate);
    finish = MAX(finish, t->last_finish + bytes_ns(s, bytes, t->device_rate));
    t->last_finish = finish;
    return finish;
}

/* In flight: sorted by finish, equal ones in the order of their start */

static void in_flight_add(IAAState *s, IAAWork *work)
{
    IAAWork *before;

    QTAILQ_FOREACH_REVERSE(before, &s->in_flight, next) {
        if (before->finish <= work->finish) {
            QTAILQ_INSERT_AFTER(&s->in_flight, before, work, next);
            return;
        }
    }
    QTAILQ_INSERT_HEAD(&s->in_flight, work, next);
}

/* Frees the engine and the queue's entry. */
static void in_flight_remove(IAAState *s, IAAWork *work)
{
    QTAILQ_REMOVE(&s->in_flight, work, next);
    s->wq[work->wq].in_flight--;
    s->wq[work->wq].occupancy--;
    if (work->engine >= 0) {
        s->engine[work->engine].busy = false;
    }
}

/* Stopping */

void iaa_wq_discard(IAAState *s, uint64_t wqs)
{
    IAAWork *work, *tmp;

    QTAILQ_FOREACH_SAFE(work, &s->in_flight, next, tmp) {
        if (wqs & BIT_ULL(work->wq)) {
            in_flight_remove(s, work);
            s->count[IAA_COUNT_DISCARDED]++;
            g_free(work);
        }
    }
    for (unsigned i = 0; i < s->num_wqs; i++) {
        IAAWq *wq = &s->wq[i];

        if (!(wqs & BIT_ULL(i))) {
            continue;
        }
        QTAILQ_FOREACH_SAFE(work, &wq->queue, next, tmp) {
            QTAILQ_REMOVE(&wq->queue, work, next);
            wq->occupancy--;
            s->count[IAA_COUNT_DISCARDED]++;
            g_free(work);
        }
        wq->credit = 0;
        wq->hung_until = 0;
    }
}

bool iaa_wq_pending(IAAState *s, uint64_t wqs, uint64_t seq)
{
    const IAAWork *work;

    QTAILQ_FOREACH(work, &s->in_flight, next) {
        if ((wqs & BIT_ULL(work->wq)) && work->seq < seq) {
            return true;
        }
    }
    for (unsigned i = 0; i < s->num_wqs; i++) {
        work = QTAILQ_FIRST(&s->wq[i].queue);
        if ((wqs & BIT_ULL(i)) && work && work->seq < seq) {
            return true;
        }
    }
    return false;
}

void iaa_sched_halt(IAAState *s, unsigned reset_type)
{
    trace_iaa_halt(s->parent_obj.name, reset_type);
    s->state = IAA_STATE_HALT;
    s->reset_type = reset_type & 3;
    iaa_wq_discard(s, iaa_wq_mask(s));
    if (FIELD_EX32(s->genctrl, GENCTRL, HALT_INT)) {
        iaa_cause(s, R_INTCAUSE_HALT_MASK);
    }
}

void iaa_sched_remove(IAAState *s)
{
    s->state = IAA_STATE_DISABLED;
    iaa_wq_discard(s, iaa_wq_mask(s));
    iaa_bus_set_gone(s, true);
}

void iaa_sched_release(IAAState *s)
{
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    QTAILQ_HEAD(, IAAWork) hung = QTAILQ_HEAD_INITIALIZER(hung);
    IAAWork *work, *tmp;

    for (unsigned i = 0; i < s->num_wqs; i++) {
        s->wq[i].hung_until = 0;
    }

    QTAILQ_FOREACH_SAFE(work, &s->in_flight, next, tmp) {
        if (work->fault == IAA_FAULT_HANG_ENGINE ||
            work->fault == IAA_FAULT_LATE) {
            QTAILQ_REMOVE(&s->in_flight, work, next);
            QTAILQ_INSERT_HEAD(&hung, work, next);
        }
    }
    QTAILQ_FOREACH_SAFE(work, &hung, next, tmp) {
        QTAILQ_REMOVE(&hung, work, next);
        work->finish = MIN(work->finish, now);
        QTAILQ_INSERT_HEAD(&s->in_flight, work, next);
    }
}

/* Scheduling */

static bool wq_ready(const IAAWq *wq, int64_t now)
{
    const IAAWork *head = QTAILQ_FIRST(&wq->queue);

    if (!head || wq->hung_until > now) {
        return false;
    }
    /* A drain descriptor waits for all before it, and holds all behind it. */
    return head->desc.flags_op >> 24 != IAA_OP_DRAIN || !wq->in_flight;
}

/* Smooth weighted round robin: nobody starves, nobody bursts. */
static int wq_pick(IAAState *s, uint64_t wqs, int64_t now)
{
    int best = -1, total = 0;

    for (unsigned i = 0; i < s->num_wqs; i++) {
        IAAWq *wq = &s->wq[i];
        int weight = FIELD_EX32(wq->cfg[2], WQCFG2, PRIORITY) ?: 1;

        if (!(wqs & BIT_ULL(i)) || !wq_ready(wq, now)) {
            continue;
        }
        wq->credit += weight;
        total += weight;
        if (best < 0 || wq->credit > s->wq[best].credit) {
            best = i;
        }
    }
    if (best >= 0) {
        s->wq[best].credit -= total;
    }
    return best;
}

static int64_t fault_delay(int64_t from, uint64_t ns)
{
    return ns && ns < IAA_NEVER - from ? from + (int64_t)ns : IAA_NEVER;
}

/* An engine takes the head of a queue, unless that runs into a fault. */
static void work_start(IAAState *s, unsigned wq_id, int engine, int64_t now)
{
    IAAWq *wq = &s->wq[wq_id];
    IAAWork *work = QTAILQ_FIRST(&wq->queue);
    unsigned fault = iaa_fault_descriptor(s, work, engine);

    switch (fault) {
    case IAA_FAULT_HANG_WQ:
        wq->hung_until = fault_delay(now, work->fault_arg);
        return;
    case IAA_FAULT_HALT:
        iaa_sched_halt(s, work->fault_arg);
        return;
    case IAA_FAULT_REMOVE:
        iaa_sched_remove(s);
        return;
    default:
        break;
    }

    QTAILQ_REMOVE(&wq->queue, work, next);
    if (fault == IAA_FAULT_DROP) {
        wq->occupancy--;
        s->count[IAA_COUNT_DROPPED]++;
        g_free(work);
        return;
    }

    wq->in_flight++;
    work->engine = engine;
    s->engine[engine].busy = true;
    s->engine[engine].started++;
    iaa_op_check(s, work);
    work->finish = timing_finish(s, work, MAX(now, work->submitted));
    if (fault == IAA_FAULT_HANG_ENGINE) {
        work->finish = fault_delay(work->finish, work->fault_arg);
    } else if (fault == IAA_FAULT_LATE) {
        work->finish = fault_delay(work->finish, work->fault_arg);
        work->engine = -1;
        s->engine[engine].busy = false;
    }
    trace_iaa_start(s->parent_obj.name, wq_id, engine, now, work->finish);
    in_flight_add(s, work);
}

static int engine_idle(const IAAState *s, uint64_t engines)
{
    for (unsigned i = 0; i < s->num_engines; i++) {
        if ((engines & BIT_ULL(i)) && !s->engine[i].busy) {
            return i;
        }
    }
    return -1;
}

/* Gives idle engines work; says whether there was any to give. */
static bool dispatch(IAAState *s, int64_t now)
{
    bool any = false;

    for (unsigned g = 0; g < s->num_groups; g++) {
        int engine, wq;

        while (s->state == IAA_STATE_ENABLED || s->state == IAA_STATE_DRAIN) {
            engine = engine_idle(s, s->grpcfg[g][IAA_GRPCFG_ENGINES]);
            wq = engine < 0 ? -1 : wq_pick(s, s->grpcfg[g][0], now);
            if (wq < 0) {
                break;
            }
            work_start(s, wq, engine, now);
            any = true;
        }
    }
    return any;
}

static void work_complete(IAAState *s, IAAWork *work)
{
    in_flight_remove(s, work);
    s->count[IAA_COUNT_LATE] += work->fault == IAA_FAULT_LATE;
    s->wq[work->wq].completed++;
    iaa_op_complete(s, work);
    g_free(work);
}

int64_t iaa_sched_next_event(const IAAState *s, int64_t now)
{
    const IAAWork *first = QTAILQ_FIRST(&s->in_flight);
    int64_t at = first ? first->finish : IAA_NEVER;

    for (unsigned i = 0; i < s->num_wqs; i++) {
        if (!QTAILQ_EMPTY(&s->wq[i].queue) && s->wq[i].hung_until > now) {
            at = MIN(at, s->wq[i].hung_until);
        }
    }
    return at;
}

void iaa_sched_run(IAAState *s, int64_t now)
{
    IAAWork *first;
    int64_t at;

    for (;;) {
        first = QTAILQ_FIRST(&s->in_flight);
        if (first && first->finish <= now) {
            at = first->finish;
            work_complete(s, first);
            dispatch(s, at);
        } else if (!dispatch(s, now)) {
            break;
        }
    }
}
