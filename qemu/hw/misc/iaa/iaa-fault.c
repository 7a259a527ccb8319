/*
 * Intel IAA: faults on demand
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "iaa.h"
#include "trace.h"

/* What runs into a fault */
typedef enum FaultVictim {
    DESCRIPTOR,
    COMMAND,
    FUNCTION_RESET,
} FaultVictim;

static FaultVictim kind_victim(unsigned kind)
{
    switch (kind) {
    case IAA_FAULT_CMD_HANG:
    case IAA_FAULT_CMD_STATUS:
    case IAA_FAULT_CMD_JUNK:
        return COMMAND;
    case IAA_FAULT_FLR_IGNORED:
    case IAA_FAULT_FLR_RESTORED:
        return FUNCTION_RESET;
    default:
        return DESCRIPTOR;
    }
}

/* The first rule that matches, one match of it used up; or NULL */
static IAAFault *fault_match(IAAState *s, FaultVictim victim, unsigned opcode,
                             uint64_t wqs, uint64_t engines)
{
    for (int i = 0; i < IAA_FAULT_RULES; i++) {
        IAAFault *f = &s->faults[i];

        if (f->kind == IAA_FAULT_NONE || !f->count ||
            kind_victim(f->kind) != victim ||
            (f->opcode != UINT32_MAX && f->opcode != opcode) ||
            !(f->wqs & wqs) || !(f->engines & engines)) {
            continue;
        }
        if (f->skip) {
            f->skip--;
            continue;
        }
        f->hits++;
        if (f->count != UINT32_MAX) {
            f->count--;
        }
        trace_iaa_fault(s->parent_obj.name, i, f->kind, wqs, engines);
        return f;
    }
    return NULL;
}

unsigned iaa_fault_descriptor(IAAState *s, IAAWork *work, int engine)
{
    const IAAFault *f = fault_match(s, DESCRIPTOR, work->desc.flags_op >> 24,
                                    BIT_ULL(work->wq), BIT_ULL(engine));

    work->fault = f ? f->kind : IAA_FAULT_NONE;
    work->fault_arg = f ? f->arg : 0;
    return work->fault;
}

unsigned iaa_fault_command(IAAState *s, unsigned code, uint64_t *arg)
{
    const IAAFault *f = fault_match(s, COMMAND, code, s->cmd.wqs, UINT64_MAX);

    *arg = f ? f->arg : 0;
    return f ? f->kind : IAA_FAULT_NONE;
}

unsigned iaa_fault_flr(IAAState *s)
{
    const IAAFault *f = fault_match(s, FUNCTION_RESET, UINT32_MAX, UINT64_MAX,
                                    UINT64_MAX);

    return f ? f->kind : IAA_FAULT_NONE;
}

void iaa_fault_record(const IAAWork *work, IAARecord *rec)
{
    if (work->fault == IAA_FAULT_CRC) {
        rec->crc ^= work->fault_arg;
    } else if (work->fault == IAA_FAULT_SIZE) {
        rec->output_size += work->fault_arg;
    }
}

void iaa_fault_output(const IAAWork *work, uint8_t *buf, size_t len)
{
    uint64_t bit = len ? work->fault_arg % (len * 8) : 0;

    if (len && work->fault == IAA_FAULT_OUTPUT) {
        buf[bit / 8] ^= 1 << bit % 8;
    }
}
