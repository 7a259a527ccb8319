/*
 * Intel IAA: one step of the device, whatever it was that called for it
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "iaa.h"

static void timer_set(IAAState *s, int64_t now, bool more)
{
    int64_t at = more ? now + 1 : iaa_sched_next_event(s, now);

    if (s->cmd.active && s->cmd.not_before > now) {
        at = MIN(at, s->cmd.not_before);
    }
    if (at == IAA_NEVER) {
        timer_del(&s->timer);
    } else {
        timer_mod(&s->timer, at);
    }
}

/*
 * The guard refuses accesses that a step makes to the device's own regions.
 * QEMU sets it for accesses by the guest, not for timers and properties.
 */
void iaa_run(IAAState *s)
{
    MemReentrancyGuard *guard = &DEVICE(s)->mem_reentrancy_guard;
    bool engaged = guard->engaged_in_io;
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    bool more;

    guard->engaged_in_io = true;
    more = iaa_sched_run(s, now);
    iaa_cmd_poll(s, now);
    timer_set(s, now, more);
    iaa_irq_flush(s);
    guard->engaged_in_io = engaged;
}

/* DSA 5.7 and table 5-1: a device in use halts, and cannot even say so. */
void iaa_bus_master_changed(IAAState *s)
{
    if (s->state != IAA_STATE_DISABLED && s->state != IAA_STATE_HALT) {
        iaa_sched_halt(s, IAA_RESET_SOFTWARE);
        iaa_swerr(s, IAA_SWERR_PCI_CONFIG, -1, NULL, 0);
        iaa_run(s);
    }
}

void iaa_set_gone(IAAState *s, bool gone)
{
    iaa_bus_set_gone(s, gone);
    iaa_registers_reset(s);
}
