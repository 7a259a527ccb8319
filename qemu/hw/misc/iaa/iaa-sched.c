/*
 * Intel IAA: work queues, engines, and their timing
 *
 * A group's arbiter hands descriptors from its queues to its engines as DSA
 * 4.1 says.  An engine holds several and works on one of them at a time.  The
 * clock is the virtual one.  All engines share one path to memory, which a
 * descriptor takes for the time that the device needs for its bytes:
 *
 *   turn   = max(start, when the path is free)
 *   path is free at turn + size / device_rate
 *   finish = turn + max(latency + size / engine_rate, size / device_rate)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "iaa.h"
#include "trace.h"

/* Descriptors that one run completes before QEMU's main loop gets a turn */
#define IAA_RUN_COMPLETIONS 128

/* Descriptors of other CPUs and this one that an engine holds at most */
#define IAA_FOREIGN_HELD 64

/* Timing */

static int64_t bytes_ns(const IAAState *s, uint64_t bytes, uint32_t rate)
{
    return rate ? bytes * 1000 * s->clock_scale / rate : 0;
}

/*
 * The published rates of compression include the AECS with its tables, which
 * every descriptor of theirs read.  Source 2 costs what is beyond.
 */
static uint64_t source2_bytes(const IAAWork *work)
{
    uint64_t known = iaa_op_timing(work) == IAA_TIMING_COMPRESS ?
                     sizeof(IAAAecs) : 0;
    uint64_t bytes = iaa_op_src2_bytes(work);

    return bytes > known ? bytes - known : 0;
}

/* When work that an engine starts at @start will be done; takes the path. */
static int64_t timing_finish(IAAState *s, const IAAWork *work, int64_t start)
{
    const IAATiming *t = &s->timing[iaa_op_timing(work)];
    uint64_t bytes = work->rec.status ? 0 :
                     iaa_op_bytes(work) + source2_bytes(work);
    int64_t alone, shared;

    if (s->instant) {
        return start;
    }
    alone = (int64_t)t->latency * s->clock_scale +
            bytes_ns(s, bytes, t->engine_rate);
    shared = bytes_ns(s, bytes, t->device_rate);
    if (shared) {
        start = MAX(start, s->path_free);
        s->path_free = start + shared;
    }
    return start + MAX(alone, shared);
}

static int64_t fault_delay(int64_t from, uint64_t ns)
{
    return ns && ns < IAA_NEVER - from ? from + (int64_t)ns : IAA_NEVER;
}

/* Engines */

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

static void engine_release(IAAState *s, IAAWork *work)
{
    if (work->engine >= 0) {
        s->engine[work->engine].current = NULL;
        s->engine[work->engine].held--;
        work->engine = -1;
    }
}

/* A late descriptor leaves its engine: others overtake it. */
static void engine_start(IAAState *s, unsigned id, int64_t now)
{
    IAAEngine *engine = &s->engine[id];
    IAAWork *work;

    while (!engine->current && !QTAILQ_EMPTY(&engine->waiting)) {
        work = QTAILQ_FIRST(&engine->waiting);
        QTAILQ_REMOVE(&engine->waiting, work, next);
        engine->current = work;
        if (!work->foreign) {
            engine->started++;
            iaa_op_check(s, work);
        }
        work->finish = timing_finish(s, work, MAX(now, work->submitted));
        trace_iaa_start(s->parent_obj.name, work->wq, id, now, work->finish);
        if (work->fault == IAA_FAULT_HANG_ENGINE) {
            work->finish = fault_delay(work->finish, work->fault_arg);
        } else if (work->fault == IAA_FAULT_LATE) {
            work->finish = fault_delay(work->finish, work->fault_arg);
            engine_release(s, work);
        }
        in_flight_add(s, work);
    }
}

/* The engine of the group that holds least, if it has room; or -1 */
static int engine_pick(const IAAState *s, unsigned group)
{
    const uint64_t *cfg = s->grpcfg[group];
    unsigned room = s->engine_depth >>
        FIELD_EX64(cfg[IAA_GRPCFG_FLAGS], GRPFLAGS, PROGRESS_LIMIT) ?: 1;
    int best = -1;

    for (unsigned i = 0; i < s->num_engines; i++) {
        if ((cfg[IAA_GRPCFG_ENGINES] & BIT_ULL(i)) &&
            s->engine[i].held < room) {
            room = s->engine[i].held;
            best = i;
        }
    }
    return best;
}

/*
 * Another CPU's descriptor goes to the engine that holds least, whatever its
 * group: others have queues of their own.  There is no end to them while the
 * engines hang.
 */
static void foreign_dispatch(IAAState *s)
{
    IAAWork *work = iaa_contention_take(s);
    unsigned best = 0;

    for (unsigned i = 1; i < s->num_engines; i++) {
        if (s->engine[i].held < s->engine[best].held) {
            best = i;
        }
    }
    if (s->engine[best].held >= IAA_FOREIGN_HELD) {
        g_free(work);
        return;
    }
    work->engine = best;
    s->engine[best].held++;
    QTAILQ_INSERT_TAIL(&s->engine[best].waiting, work, next);
    engine_start(s, best, work->submitted);
}

/* The arbiter: DSA 4.1 */

static bool wq_ready(const IAAWq *wq, int64_t now)
{
    const IAAWork *head = QTAILQ_FIRST(&wq->queue);

    if (!head || wq->hung_until > now || head->submitted > now) {
        return false;
    }
    /* A drain descriptor waits for all before it, and holds all behind it. */
    return head->desc.flags_op >> 24 != IAA_OP_DRAIN || !wq->in_progress;
}

/* The next queue in turn that is ready and has turns left; or -1 */
static int wq_next(const IAAState *s, unsigned group, int64_t now)
{
    for (unsigned i = 1; i <= s->num_wqs; i++) {
        unsigned id = (s->last_wq[group] + i) % s->num_wqs;

        if ((s->grpcfg[group][0] & BIT_ULL(id)) && s->wq[id].turns &&
            wq_ready(&s->wq[id], now)) {
            return id;
        }
    }
    return -1;
}

static void turns_reload(IAAState *s, unsigned group)
{
    for (unsigned i = 0; i < s->num_wqs; i++) {
        if (s->grpcfg[group][0] & BIT_ULL(i)) {
            s->wq[i].turns = FIELD_EX32(s->wq[i].cfg[2], WQCFG2, PRIORITY);
        }
    }
}

static int wq_pick(IAAState *s, unsigned group, int64_t now)
{
    int wq = wq_next(s, group, now);

    if (wq < 0) {
        /* No queue is ready, or each that is has used its turns up. */
        turns_reload(s, group);
        wq = wq_next(s, group, now);
    }
    return wq;
}

/* An engine takes the head of a queue, unless that runs into a fault. */
static void work_dispatch(IAAState *s, unsigned wq_id, int engine, int64_t now)
{
    IAAWq *wq = &s->wq[wq_id];
    IAAWork *work = QTAILQ_FIRST(&wq->queue);
    unsigned fault = iaa_fault_descriptor(s, work, engine);

    switch (fault) {
    case IAA_FAULT_HANG_WQ:
        wq->hung_until = fault_delay(now, work->fault_arg);
        return;
    case IAA_FAULT_HALT:
        iaa_sched_halt(s, work->fault_arg & 3);
        return;
    case IAA_FAULT_REMOVE:
        iaa_sched_remove(s);
        return;
    default:
        break;
    }

    QTAILQ_REMOVE(&wq->queue, work, next);
    wq->occupancy--;
    wq->turns--;
    if (fault == IAA_FAULT_DROP) {
        s->count[IAA_COUNT_DROPPED]++;
        g_free(work);
        return;
    }
    wq->in_progress++;
    work->engine = engine;
    s->engine[engine].held++;
    QTAILQ_INSERT_TAIL(&s->engine[engine].waiting, work, next);
    engine_start(s, engine, now);
}

/* Fills the engines; says whether there was anything to give them. */
static bool dispatch(IAAState *s, int64_t now)
{
    bool any = false;

    for (unsigned g = 0; g < s->num_groups; g++) {
        while (s->state == IAA_STATE_ENABLED || s->state == IAA_STATE_DRAIN) {
            int engine = engine_pick(s, g);
            int wq = engine < 0 ? -1 : wq_pick(s, g, now);

            if (wq < 0) {
                break;
            }
            s->last_wq[g] = wq;
            work_dispatch(s, wq, engine, now);
            any = true;
        }
    }
    return any;
}

static void work_complete(IAAState *s, IAAWork *work)
{
    int engine = work->engine;
    int64_t at = work->finish;

    QTAILQ_REMOVE(&s->in_flight, work, next);
    engine_release(s, work);
    if (!work->foreign) {
        s->wq[work->wq].in_progress--;
        if (iaa_bus_master(s)) {
            s->count[IAA_COUNT_LATE] += work->fault == IAA_FAULT_LATE;
            s->wq[work->wq].completed++;
            iaa_op_complete(s, work);
        } else {
            s->count[IAA_COUNT_DISCARDED]++;
        }
    }
    g_free(work);
    if (engine >= 0) {
        engine_start(s, engine, at);
    }
}

bool iaa_sched_run(IAAState *s, int64_t now)
{
    unsigned completions = 0;
    IAAWork *first;
    int64_t at;

    iaa_contention_skip(s, now);
    for (;;) {
        first = QTAILQ_FIRST(&s->in_flight);
        at = iaa_contention_next(s);
        if (first && first->finish <= MIN(now, at)) {
            if (!first->foreign && completions++ == IAA_RUN_COMPLETIONS) {
                return true;
            }
            at = first->finish;
            work_complete(s, first);
            dispatch(s, at);
        } else if (at <= now) {
            foreign_dispatch(s);
        } else if (!dispatch(s, now)) {
            return false;
        }
    }
}

/* The guest has descriptors that are not completed. */
static bool own_work(const IAAState *s)
{
    for (unsigned i = 0; i < s->num_wqs; i++) {
        if (s->wq[i].occupancy || s->wq[i].in_progress) {
            return true;
        }
    }
    return false;
}

int64_t iaa_sched_next_event(const IAAState *s, int64_t now)
{
    const IAAWork *first = QTAILQ_FIRST(&s->in_flight);
    /* What others do meanwhile is made up for when the guest comes back. */
    int64_t at = first && own_work(s) ? first->finish : IAA_NEVER;

    for (unsigned i = 0; i < s->num_wqs; i++) {
        if (!QTAILQ_EMPTY(&s->wq[i].queue) && s->wq[i].hung_until > now) {
            at = MIN(at, s->wq[i].hung_until);
        }
    }
    return at;
}

/* Waiting and stopping */

bool iaa_sched_busy(const IAAState *s)
{
    for (unsigned i = 0; i < s->num_wqs; i++) {
        if (s->wq[i].in_progress) {
            return true;
        }
    }
    return false;
}

static bool head_pending(const IAAWork *work, uint64_t wqs, uint64_t seq)
{
    for (; work; work = QTAILQ_NEXT(work, next)) {
        if (!work->foreign && (wqs & BIT_ULL(work->wq)) && work->seq < seq) {
            return true;
        }
    }
    return false;
}

bool iaa_sched_pending(const IAAState *s, uint64_t wqs, uint64_t seq)
{
    if (head_pending(QTAILQ_FIRST(&s->in_flight), wqs, seq)) {
        return true;
    }
    for (unsigned i = 0; i < s->num_engines; i++) {
        if (head_pending(QTAILQ_FIRST(&s->engine[i].waiting), wqs, seq)) {
            return true;
        }
    }
    for (unsigned i = 0; i < s->num_wqs; i++) {
        if (head_pending(QTAILQ_FIRST(&s->wq[i].queue), wqs, seq)) {
            return true;
        }
    }
    return false;
}

/* @in_progress: it was dispatched */
static void work_discard(IAAState *s, IAAWork *work, bool in_progress)
{
    if (!work->foreign) {
        s->wq[work->wq].in_progress -= in_progress;
        s->count[IAA_COUNT_DISCARDED]++;
    }
    g_free(work);
}

/* All queues are: other CPUs' as well. */
static bool aborts(const IAAState *s, const IAAWork *work, uint64_t wqs)
{
    return work->foreign ? wqs == iaa_wq_mask(s) : wqs & BIT_ULL(work->wq);
}

void iaa_sched_abort(IAAState *s, uint64_t wqs)
{
    IAAWork *work, *tmp;

    for (unsigned i = 0; i < s->num_engines; i++) {
        QTAILQ_FOREACH_SAFE(work, &s->engine[i].waiting, next, tmp) {
            if (aborts(s, work, wqs)) {
                QTAILQ_REMOVE(&s->engine[i].waiting, work, next);
                s->engine[i].held--;
                work_discard(s, work, true);
            }
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
            work_discard(s, work, false);
        }
        wq->hung_until = 0;
    }
}

static void in_flight_discard(IAAState *s, bool late)
{
    IAAWork *work, *tmp;

    QTAILQ_FOREACH_SAFE(work, &s->in_flight, next, tmp) {
        if (late || work->fault != IAA_FAULT_LATE) {
            QTAILQ_REMOVE(&s->in_flight, work, next);
            engine_release(s, work);
            work_discard(s, work, true);
        }
    }
}

void iaa_sched_discard(IAAState *s)
{
    iaa_sched_abort(s, iaa_wq_mask(s));
    in_flight_discard(s, true);
    s->path_free = 0;
}

void iaa_sched_halt(IAAState *s, IAAResetType type)
{
    if (s->state == IAA_STATE_HALT) {
        s->reset_type = MAX(s->reset_type, type);
        return;
    }
    trace_iaa_halt(s->parent_obj.name, type);
    s->state = IAA_STATE_HALT;
    s->reset_type = type;
    iaa_sched_abort(s, iaa_wq_mask(s));
    in_flight_discard(s, false);
    if (FIELD_EX32(s->genctrl, GENCTRL, HALT_INT)) {
        iaa_cause(s, R_INTCAUSE_HALT_MASK);
    }
}

void iaa_sched_remove(IAAState *s)
{
    s->state = IAA_STATE_DISABLED;
    iaa_sched_discard(s);
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
            QTAILQ_INSERT_TAIL(&hung, work, next);
        }
    }
    QTAILQ_FOREACH_SAFE(work, &hung, next, tmp) {
        QTAILQ_REMOVE(&hung, work, next);
        work->finish = MIN(work->finish, now);
        in_flight_add(s, work);
    }
}
