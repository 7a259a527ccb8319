/*
 * Intel In-Memory Analytics Accelerator (IAA), emulated
 *
 * A guest submits 64-byte descriptors to a work queue's portal.  Queues and
 * engines belong to groups; an engine with room takes the next descriptor from
 * its group's queues, which frees the queue's entry.  It works on one at a
 * time for as long as the timing model says, and then reads the source, writes
 * the output, and last of all the completion record.
 *
 * Everything here runs under the BQL.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef HW_MISC_IAA_H
#define HW_MISC_IAA_H

#include "hw/pci/pci_device.h"
#include "qemu/queue.h"
#include "qemu/timer.h"
#include "qom/object.h"
#include "iaa-bits.h"
#include "iaa-fault-bits.h"

#define TYPE_IAA "iaa"
OBJECT_DECLARE_SIMPLE_TYPE(IAAState, IAA)

#define IAA_NEVER   INT64_MAX

/* Percent; what is left is the guest's */
#define IAA_MAX_CONTENTION 90

/* What a descriptor's timing depends on */
typedef enum IAATimingClass {
    IAA_TIMING_CONTROL,     /* no data moved */
    IAA_TIMING_COMPRESS,
    IAA_TIMING_DECOMPRESS,
    IAA_TIMING_DYNAMIC,     /* compression that makes its own codes */
    IAA_TIMING_CLASSES,
} IAATimingClass;

typedef struct IAATiming {
    uint32_t latency;       /* ns a descriptor takes at least */
    uint32_t engine_rate;   /* MB/s of one engine, 0: no limit */
    uint32_t device_rate;   /* MB/s of all engines together, 0: no limit */
} IAATiming;

/* A fault rule, see iaa-fault-bits.h */
typedef struct IAAFault {
    uint64_t kind;
    uint64_t count;
    uint64_t skip;
    uint64_t opcode;
    uint64_t wqs;           /* bit a WQ */
    uint64_t engines;       /* bit an engine */
    uint64_t arg;
    uint64_t hits;
} IAAFault;

/* A descriptor, from its acceptance to its completion */
typedef struct IAAWork {
    IAADesc desc;           /* host byte order */
    IAARecord rec;          /* host byte order; status set: already rejected */
    unsigned wq;
    int engine;             /* -1: none */
    uint64_t seq;
    int64_t submitted;      /* virtual clock, ns */
    int64_t finish;         /* same; set when an engine starts on it */
    uint32_t abort_bytes;   /* of source 1 until early abort, 0: none */
    unsigned fault;         /* kind; applied at completion */
    uint64_t fault_arg;
    bool foreign;           /* another CPU's: takes its time, and no more */
    QTAILQ_ENTRY(IAAWork) next;
} IAAWork;

typedef struct IAAWq {
    uint32_t cfg[IAA_WQCFG_DWORDS];
    bool enabled;
    int64_t hung_until;     /* not scheduled before */
    unsigned turns;         /* left until the group's counters are reloaded */
    unsigned occupancy;     /* accepted and not dispatched */
    unsigned in_progress;   /* dispatched and not completed */
    QTAILQ_HEAD(, IAAWork) queue;

    uint64_t submitted, completed, rejected;
    unsigned max_occupancy;
} IAAWq;

typedef struct IAAEngine {
    IAAWork *current;       /* being worked on, or NULL */
    unsigned held;          /* current and waiting */
    QTAILQ_HEAD(, IAAWork) waiting;
    uint64_t started;
} IAAEngine;

/* A command that has been written and not yet completed */
typedef struct IAACommandState {
    bool active;
    bool begun;
    bool int_req;
    uint8_t code;
    uint32_t junk;          /* a rule's, for CMDSTS */
    uint64_t wqs;           /* what it is about, bit a WQ */
    uint64_t seq;           /* waits for descriptors older than this */
    int64_t not_before;     /* virtual clock, ns */
} IAACommandState;

struct IAAState {
    PCIDevice parent_obj;
    MemoryRegion mmio;
    MemoryRegion portals;
    MemoryRegion fault_region;
    QEMUTimer timer;

    /* Properties */
    uint32_t version;
    uint32_t num_engines, num_groups, num_wqs, wq_entries;
    uint32_t max_xfer_shift;
    uint32_t engine_depth;
    uint32_t clock_scale;
    uint32_t contention;    /* percent */
    bool op_config, int_handles, instant, fault_control;
    bool cache_control;
    IAATiming timing[IAA_TIMING_CLASSES];

    /* Registers */
    IAADeviceState state;
    uint8_t reset_type;
    uint32_t gencfg, genctrl, intcause, cmdsts;
    uint64_t swerr[4];
    uint32_t msix_perm[IAA_MAX_WQS + 1];
    uint64_t grpcfg[IAA_MAX_GROUPS][IAA_GRPCFG_QWORDS];
    DECLARE_BITMAP(handles, IAA_MAX_WQS + 1);   /* requested, bit a vector */
    IAACommandState cmd;

    /* Work */
    IAAWq wq[IAA_MAX_WQS];
    IAAEngine engine[IAA_MAX_ENGINES];
    QTAILQ_HEAD(, IAAWork) in_flight;   /* started, sorted by finish */
    unsigned last_wq[IAA_MAX_GROUPS];   /* whose turn it was */
    int64_t path_free;      /* when the path to memory is, virtual clock, ns */
    uint64_t seq;
    int64_t foreign_slot;   /* other CPUs' batch, one a slot: its start */
    int64_t foreign_at;     /* when that batch comes */
    unsigned foreign_batch; /* of that batch, what has come */
    uint64_t foreign_random;
    DECLARE_BITMAP(irq_pending, IAA_MAX_WQS + 1);

    /* Faults */
    bool gone;
    Error *migration_blocker;
    bool fault_armed;
    IAAFault faults[IAA_FAULT_RULES];
    uint64_t count[IAA_COUNTERS];
};

static inline uint64_t iaa_wq_mask(const IAAState *s)
{
    return MAKE_64BIT_MASK(0, s->num_wqs);
}

/*
 * From the bottom up.  A file calls those above it here, never those below, so
 * that no call from the guest comes back into what it interrupted.
 */

/* iaa-bus.c */

/**
 * iaa_irq_raise: send an MSI-X vector when the current step is done
 */
void iaa_irq_raise(IAAState *s, unsigned vector);

/**
 * iaa_irq_flush: send them
 */
void iaa_irq_flush(IAAState *s);

/**
 * iaa_dma: access guest memory, and nothing but memory
 *
 * Other devices are out of reach, this one included, so that no descriptor
 * can make the device call itself.
 */
MemTxResult iaa_dma(IAAState *s, uint64_t addr, void *buf, uint64_t len,
                    DMADirection dir);

/**
 * iaa_bus_master: whether the device may write to memory and interrupt
 */
bool iaa_bus_master(const IAAState *s);

/**
 * iaa_irq_handle_valid: check a descriptor's interrupt handle (DSA 5.4)
 */
bool iaa_irq_handle_valid(const IAAState *s, unsigned handle);

/**
 * iaa_irq_complete: interrupt for a descriptor
 * @handle: a valid one
 */
void iaa_irq_complete(IAAState *s, unsigned handle);

/**
 * iaa_irq_clear: forget interrupts that were not sent, masked ones included
 */
void iaa_irq_clear(IAAState *s);

/**
 * iaa_cause: set a bit of INTCAUSE, and interrupt
 */
void iaa_cause(IAAState *s, uint32_t bit);

/**
 * iaa_swerr: report an error that no completion record can take
 * @error: IAAStatus or IAASwError
 * @wq: where it happened, -1: at no queue
 * @work: the descriptor, or NULL if none was accepted
 * @addr: fault address, or 0
 */
void iaa_swerr(IAAState *s, uint8_t error, int wq, const IAAWork *work,
               uint64_t addr);

/**
 * iaa_bus_set_gone: whether the device answers at all
 */
void iaa_bus_set_gone(IAAState *s, bool gone);

/* iaa-fault.c */

/**
 * iaa_fault_descriptor: the fault, if any, that a descriptor runs into
 *
 * Uses up one match of the rule.
 */
unsigned iaa_fault_descriptor(IAAState *s, IAAWork *work, int engine);

/**
 * iaa_fault_command: same for a command
 */
unsigned iaa_fault_command(IAAState *s, unsigned code, uint64_t *arg);

/**
 * iaa_fault_flr: same for a function level reset
 */
unsigned iaa_fault_flr(IAAState *s);

/**
 * iaa_fault_record: corrupt a completion record as the descriptor's fault says
 */
void iaa_fault_record(const IAAWork *work, IAARecord *rec);

/**
 * iaa_fault_output: corrupt output on its way to memory
 */
void iaa_fault_output(const IAAWork *work, uint8_t *buf, size_t len);

/* iaa-exec.c */

/**
 * iaa_op_opcap: 64 bits of the operation capability register
 */
uint64_t iaa_op_opcap(unsigned qword);

/**
 * iaa_op_iaacap: the IAA capabilities register (IAA 7.2.2)
 */
uint64_t iaa_op_iaacap(const IAAState *s);

/**
 * iaa_op_timing: by which timing a descriptor runs
 */
IAATimingClass iaa_op_timing(const IAAWork *work);

/**
 * iaa_op_counter: which of the counters that exist per operation is its own
 * @control: the first of them, IAA_COUNT_CONTROL_...
 */
unsigned iaa_op_counter(const IAAWork *work, unsigned control);

/**
 * iaa_op_bytes: what its time depends on; bytes of the uncompressed side
 */
uint64_t iaa_op_bytes(const IAAWork *work);

/**
 * iaa_op_src2_bytes: bytes of source 2 that are read and written
 */
uint64_t iaa_op_src2_bytes(const IAAWork *work);

/**
 * iaa_op_check: see whether a descriptor can be worked on
 *
 * Otherwise its completion record says why not.
 */
bool iaa_op_check(IAAState *s, IAAWork *work);

/**
 * iaa_op_complete: do the work, write the completion record, interrupt
 */
void iaa_op_complete(IAAState *s, IAAWork *work);

/* iaa-contention.c */

/**
 * iaa_contention_valid: check the properties
 */
bool iaa_contention_valid(const IAAState *s, Error **errp);

/**
 * iaa_contention_next: when another CPU's next descriptor comes, or IAA_NEVER
 */
int64_t iaa_contention_next(const IAAState *s);

/**
 * iaa_contention_skip: leave out what is too long ago to matter now
 */
void iaa_contention_skip(IAAState *s, int64_t now);

/**
 * iaa_contention_take: that descriptor, which is the caller's then
 */
IAAWork *iaa_contention_take(IAAState *s);

/* iaa-sched.c */

/**
 * iaa_sched_run: complete and start what is due
 * @now: virtual clock, ns
 *
 * Returns whether it stopped early, with more to do at once, so that no guest
 * can keep QEMU's main loop busy.
 */
bool iaa_sched_run(IAAState *s, int64_t now);

/**
 * iaa_sched_next_event: when there is more to do, or IAA_NEVER
 */
int64_t iaa_sched_next_event(const IAAState *s, int64_t now);

/**
 * iaa_sched_busy: whether an engine holds a descriptor
 */
bool iaa_sched_busy(const IAAState *s);

/**
 * iaa_sched_pending: whether descriptors older than @seq are left in @wqs
 */
bool iaa_sched_pending(const IAAState *s, uint64_t wqs, uint64_t seq);

/**
 * iaa_sched_abort: drop what no engine has started yet
 * @wqs: bit a WQ
 */
void iaa_sched_abort(IAAState *s, uint64_t wqs);

/**
 * iaa_sched_discard: forget all descriptors, whatever state they are in
 */
void iaa_sched_discard(IAAState *s);

/**
 * iaa_sched_halt: stop, as after a fatal hardware error (DSA 5.7)
 * @type: what GENSTS says it takes to recover
 *
 * Descriptors that a fault rule makes late are not stopped: a halted device
 * only "typically" stops its writes.
 */
void iaa_sched_halt(IAAState *s, IAAResetType type);

/**
 * iaa_sched_remove: stop at once, and answer nothing any more
 */
void iaa_sched_remove(IAAState *s);

/**
 * iaa_sched_release: what a fault rule delays goes on at once
 */
void iaa_sched_release(IAAState *s);

/* iaa-enable.c: checks of commands, as the table of commands has them */
IAACommandError iaa_check_enable_dev(IAAState *s, uint64_t wqs,
                                     unsigned operand);
IAACommandError iaa_check_disable_dev(IAAState *s, uint64_t wqs,
                                      unsigned operand);
IAACommandError iaa_check_enable_wq(IAAState *s, uint64_t wqs,
                                    unsigned operand);
IAACommandError iaa_check_wqs_enabled(IAAState *s, uint64_t wqs,
                                      unsigned operand);

/* iaa-command.c */

/**
 * iaa_registers_reset: registers, tables and queues as after power-on
 */
void iaa_registers_reset(IAAState *s);

/**
 * iaa_cmd_write: the guest writes the command register
 *
 * iaa_run() has to follow.
 */
void iaa_cmd_write(IAAState *s, uint32_t val);

/**
 * iaa_cmdcap: bit a command, 0 where the register isn't there
 */
uint64_t iaa_cmdcap(const IAAState *s);

/**
 * iaa_cmd_poll: complete the active command if what it waits for is done
 * @now: virtual clock, ns
 */
void iaa_cmd_poll(IAAState *s, int64_t now);

/**
 * iaa_wq_state: enabled, disabled, or on the way (DSA 9.2.24)
 */
IAAWqState iaa_wq_state(const IAAState *s, unsigned wq);

/* iaa-run.c */

/**
 * iaa_run: do everything that is due, then sleep until something is
 *
 * The only place that starts work, completes it and sends interrupts.
 */
void iaa_run(IAAState *s);

/**
 * iaa_bus_master_changed: bus mastering was switched, or the power state
 */
void iaa_bus_master_changed(IAAState *s);

/**
 * iaa_set_gone: surprise removal, and return
 */
void iaa_set_gone(IAAState *s, bool gone);

/* iaa-mmio.c, iaa-portal.c, iaa-fault-mmio.c: what a guest accesses */
extern const MemoryRegionOps iaa_mmio_ops;
extern const MemoryRegionOps iaa_portal_ops;
extern const MemoryRegionOps iaa_fault_ops;

/**
 * iaa_fault_reset: no rules, no counts, locked
 */
void iaa_fault_reset(IAAState *s);

#endif
