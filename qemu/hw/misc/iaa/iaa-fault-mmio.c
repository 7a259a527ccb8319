/*
 * Intel IAA: the fault region (BAR 4): rules, actions, counters
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/log.h"
#include "iaa.h"

/* Counters */

static void counters_zero(IAAState *s)
{
    memset(s->count, 0, sizeof(s->count));
    for (unsigned i = 0; i < s->num_wqs; i++) {
        s->wq[i].submitted = 0;
        s->wq[i].completed = 0;
        s->wq[i].rejected = 0;
        s->wq[i].max_occupancy = s->wq[i].occupancy;
    }
    for (unsigned i = 0; i < s->num_engines; i++) {
        s->engine[i].started = 0;
    }
}

void iaa_fault_reset(IAAState *s)
{
    memset(s->faults, 0, sizeof(s->faults));
    s->fault_armed = false;
    counters_zero(s);
}

/* Actions */

static void fault_action(IAAState *s, uint32_t action, uint32_t arg)
{
    switch (action) {
    case IAA_FAULT_ACTION_HALT:
        if (!s->gone) {
            iaa_sched_halt(s, arg & 3);
        }
        break;
    case IAA_FAULT_ACTION_REMOVE:
        iaa_set_gone(s, true);
        break;
    case IAA_FAULT_ACTION_RETURN:
        iaa_set_gone(s, false);
        break;
    case IAA_FAULT_ACTION_CLEAR:
        memset(s->faults, 0, sizeof(s->faults));
        s->cmd.not_before = 0;
        iaa_sched_release(s);
        break;
    case IAA_FAULT_ACTION_ZERO:
        counters_zero(s);
        break;
    default:
        qemu_log_mask(LOG_GUEST_ERROR, "%s: unknown fault action %u\n",
                      s->parent_obj.name, action);
        return;
    }
    iaa_run(s);
}

/* Access */

static uint64_t *rule_field(IAAState *s, hwaddr addr)
{
    IAAFault *f = &s->faults[(addr - IAA_FAULT_RULE(0)) / 0x40];

    switch (addr % 0x40) {
    case IAA_FAULT_RULE_KIND:
        return &f->kind;
    case IAA_FAULT_RULE_COUNT:
        return &f->count;
    case IAA_FAULT_RULE_SKIP:
        return &f->skip;
    case IAA_FAULT_RULE_OPCODE:
        return &f->opcode;
    case IAA_FAULT_RULE_WQS:
        return &f->wqs;
    case IAA_FAULT_RULE_ENGINES:
        return &f->engines;
    case IAA_FAULT_RULE_ARG:
        return &f->arg;
    default:
        return &f->hits;
    }
}

static uint64_t wq_field(const IAAWq *wq, unsigned field)
{
    switch (field) {
    case IAA_FAULT_WQ_SUBMITTED:
        return wq->submitted;
    case IAA_FAULT_WQ_COMPLETED:
        return wq->completed;
    case IAA_FAULT_WQ_REJECTED:
        return wq->rejected;
    default:
        return wq->occupancy | (uint64_t)wq->max_occupancy << 32;
    }
}

static uint64_t rules_active(const IAAState *s)
{
    uint64_t bits = 0;

    for (int i = 0; i < IAA_FAULT_RULES; i++) {
        if (s->faults[i].kind != IAA_FAULT_NONE && s->faults[i].count) {
            bits |= BIT_ULL(i);
        }
    }
    return bits;
}

static uint64_t fault_read(void *opaque, hwaddr addr, unsigned size)
{
    IAAState *s = opaque;

    switch (addr) {
    case IAA_FAULT_MAGIC:
        return IAA_FAULT_MAGIC_VALUE;
    case IAA_FAULT_KEY:
        return s->fault_armed;
    case IAA_FAULT_STATE:
        return s->gone | (s->state | s->reset_type << 2) << 8;
    case IAA_FAULT_NOW:
        return qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    case IAA_FAULT_ACTIVE:
        return rules_active(s);
    case IAA_FAULT_RULE(0) ... IAA_FAULT_RULE(IAA_FAULT_RULES) - 1:
        return *rule_field(s, addr);
    case IAA_FAULT_COUNTER(0) ... IAA_FAULT_COUNTER(IAA_COUNTERS) - 1:
        return s->count[(addr - IAA_FAULT_COUNTER(0)) / 8];
    case IAA_FAULT_WQ(0) ... IAA_FAULT_WQ(IAA_MAX_WQS) - 1:
        return wq_field(&s->wq[(addr - IAA_FAULT_WQ(0)) / 0x20], addr % 0x20);
    case IAA_FAULT_ENGINE_STARTED(0) ...
         IAA_FAULT_ENGINE_STARTED(IAA_MAX_ENGINES) - 1:
        return s->engine[(addr - IAA_FAULT_ENGINE_STARTED(0)) / 8].started;
    default:
        return 0;
    }
}

static void fault_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
    IAAState *s = opaque;

    if (addr == IAA_FAULT_KEY) {
        s->fault_armed = val == IAA_FAULT_KEY_VALUE;
        return;
    }
    if (!s->fault_armed) {
        qemu_log_mask(LOG_GUEST_ERROR,
                      "%s: write to the locked fault region at 0x%" PRIx64 "\n",
                      s->parent_obj.name, addr);
        return;
    }
    if (addr == IAA_FAULT_ACTION) {
        fault_action(s, val, val >> 32);
    } else if (addr >= IAA_FAULT_RULE(0) &&
               addr < IAA_FAULT_RULE(IAA_FAULT_RULES)) {
        uint64_t *field = rule_field(s, addr);

        if (addr % 0x40 == IAA_FAULT_RULE_KIND) {
            *field = val < IAA_FAULT_KINDS ? val : IAA_FAULT_NONE;
            *rule_field(s, addr + IAA_FAULT_RULE_HITS) = 0;
        } else if (addr % 0x40 != IAA_FAULT_RULE_HITS) {
            *field = val;
        }
    }
}

const MemoryRegionOps iaa_fault_ops = {
    .read = fault_read,
    .write = fault_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 8, .max_access_size = 8 },
    .impl = { .min_access_size = 8, .max_access_size = 8 },
};
