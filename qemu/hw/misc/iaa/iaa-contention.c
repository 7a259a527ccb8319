/*
 * Intel IAA: what other CPUs ask of the device
 *
 * The property "contention" is the share of the device that compressions of
 * other CPUs take, in percent of as many as it can do.  They come in batches,
 * as the kernel's zswap submits them: one in each slot of time, somewhere in
 * it, so that none of the guest's own periods goes along with theirs.  The
 * sequence is the same in each run.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "iaa.h"

#define FOREIGN_BYTES   4096
#define FOREIGN_BATCH   8

/* Foreign work that came longer ago is done: scaled ns */
#define FOREIGN_MEMORY  1000000

/* What the device takes for a page if it has enough of them, scaled ns */
static int64_t page_ns(const IAAState *s)
{
    const IAATiming *t = &s->timing[IAA_TIMING_COMPRESS];
    int64_t bytes = (int64_t)FOREIGN_BYTES * 1000 * s->clock_scale;
    int64_t alone = (int64_t)t->latency * s->clock_scale;
    int64_t shared = t->device_rate ? bytes / t->device_rate : 0;

    if (s->instant) {
        return 0;
    }
    alone += t->engine_rate ? bytes / t->engine_rate : 0;
    return MAX(alone / s->num_engines, shared);
}

bool iaa_contention_valid(const IAAState *s, Error **errp)
{
    if (s->contention > IAA_MAX_CONTENTION) {
        error_setg(errp, "iaa: contention=%u is out of range, use 0 to %u "
                   "percent", s->contention, IAA_MAX_CONTENTION);
        return false;
    }
    if (s->contention && !page_ns(s)) {
        error_setg(errp, "iaa: contention=%u is a share of a device that takes "
                   "no time, use no instant=on, and a latency or rate",
                   s->contention);
        return false;
    }
    return true;
}

/* The length of a slot */
static int64_t foreign_slot(const IAAState *s)
{
    return FOREIGN_BATCH * page_ns(s) * 100 / s->contention;
}

/* xorshift64*; devices differ by their names */
static uint64_t foreign_random(IAAState *s)
{
    uint64_t x = s->foreign_random;

    if (!x) {
        x = g_str_hash(DEVICE(s)->id ?: "") | 1ull << 32;
    }
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    s->foreign_random = x;
    return (x * 0x2545f4914f6cdd1dull) >> 32;
}

int64_t iaa_contention_next(const IAAState *s)
{
    return s->contention && s->state == IAA_STATE_ENABLED ? s->foreign_at :
                                                            IAA_NEVER;
}

void iaa_contention_skip(IAAState *s, int64_t now)
{
    int64_t from = now - FOREIGN_MEMORY * (int64_t)s->clock_scale;

    if (s->foreign_at < from) {
        s->foreign_at = s->foreign_slot = from;
    }
}

IAAWork *iaa_contention_take(IAAState *s)
{
    IAAWork *work = g_new0(IAAWork, 1);

    work->foreign = true;
    work->engine = -1;
    work->desc.flags_op = (uint32_t)IAA_OP_COMPRESS << 24;
    work->desc.src1_size = FOREIGN_BYTES;
    work->submitted = s->foreign_at;
    if (++s->foreign_batch == FOREIGN_BATCH) {
        int64_t slot = foreign_slot(s);

        s->foreign_batch = 0;
        s->foreign_slot += slot;
        s->foreign_at = s->foreign_slot + foreign_random(s) % slot;
    }
    return work;
}
