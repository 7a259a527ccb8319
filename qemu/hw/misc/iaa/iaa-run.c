/*
 * Intel IAA: one step of the device, whatever it was that called for it
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "iaa.h"

void iaa_run(IAAState *s)
{
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL), at;

    iaa_sched_run(s, now);
    iaa_cmd_poll(s, now);

    at = iaa_sched_next_event(s, now);
    if (s->cmd.active && s->cmd.not_before > now) {
        at = MIN(at, s->cmd.not_before);
    }
    if (at == IAA_NEVER) {
        timer_del(&s->timer);
    } else {
        timer_mod(&s->timer, at);
    }
    iaa_irq_flush(s);
}

void iaa_set_gone(IAAState *s, bool gone)
{
    iaa_bus_set_gone(s, gone);
    iaa_registers_reset(s);
}
