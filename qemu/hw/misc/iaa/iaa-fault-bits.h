/*
 * Intel IAA: the fault region, BAR 4
 *
 * No hardware has this.  It makes the emulated device fail on demand, and
 * counts what it did, for tests that run inside the guest.  This header is
 * all that such a test needs to know and stands alone; docs/specs/iaa.rst
 * explains it.  Everything is accessed by 8 bytes, little-endian.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef HW_MISC_IAA_FAULT_BITS_H
#define HW_MISC_IAA_FAULT_BITS_H

#define IAA_FAULT_REGION_SIZE   0x2000

#define IAA_FAULT_MAGIC         0x00    /* reads IAA_FAULT_MAGIC_VALUE */
#define IAA_FAULT_MAGIC_VALUE   0x544c554146414149ull   /* "IAAFAULT" */
#define IAA_FAULT_KEY           0x08    /* until written nothing else can be */
#define IAA_FAULT_KEY_VALUE     0x44454b434f4c4e55ull     /* "UNLOCKED" */
#define IAA_FAULT_ACTION        0x10    /* action | argument << 32 */
#define IAA_FAULT_STATE         0x18    /* bit 0: removed, 15:8 GENSTS */
#define IAA_FAULT_NOW           0x20    /* virtual clock, ns */
#define IAA_FAULT_ACTIVE        0x28    /* bit a rule that is in force */

#define IAA_FAULT_ACTION_HALT   1       /* argument: reset type, 0-3 */
#define IAA_FAULT_ACTION_REMOVE 2       /* surprise removal */
#define IAA_FAULT_ACTION_RETURN 3       /* ... and back, as after power-on */
#define IAA_FAULT_ACTION_CLEAR  4       /* all rules, and what hangs by them */
#define IAA_FAULT_ACTION_ZERO   5       /* all counters */

/* Rules, tried in order.  Writing KIND puts one in force: write it last. */
#define IAA_FAULT_RULES         16
#define IAA_FAULT_RULE(n)       (0x100 + (n) * 0x40)
#define IAA_FAULT_RULE_KIND     0x00
#define IAA_FAULT_RULE_COUNT    0x08    /* matches left, 0xffffffff: no limit */
#define IAA_FAULT_RULE_SKIP     0x10    /* matches to let pass before */
#define IAA_FAULT_RULE_OPCODE   0x18    /* or command; 0xffffffff: any */
#define IAA_FAULT_RULE_WQS      0x20    /* bit a WQ */
#define IAA_FAULT_RULE_ENGINES  0x28    /* bit an engine */
#define IAA_FAULT_RULE_ARG      0x30
#define IAA_FAULT_RULE_HITS     0x38    /* read-only */

/* What can be made to go wrong */
enum {
    IAA_FAULT_NONE,
    IAA_FAULT_DROP,         /* never completed */
    IAA_FAULT_LATE,         /* completed arg ns later, the engine goes on */
    IAA_FAULT_HANG_WQ,      /* queue stops for arg ns, 0: until reset */
    IAA_FAULT_HANG_ENGINE,  /* engine stops for arg ns, 0: until reset */
    IAA_FAULT_STATUS,       /* arg: status | error code << 8; no output */
    IAA_FAULT_CRC,          /* arg: XORed into the CRC */
    IAA_FAULT_OUTPUT,       /* arg: bit of the output to flip, modulo size */
    IAA_FAULT_SIZE,         /* arg: added to the output size, signed */
    IAA_FAULT_CMD_HANG,     /* command completes after arg ns, 0: never */
    IAA_FAULT_CMD_STATUS,   /* arg: error code of the command */
    IAA_FAULT_HALT,         /* arg: reset type, 0-3 */
    IAA_FAULT_REMOVE,       /* surprise removal */
    IAA_FAULT_CMD_JUNK,     /* arg: what unused bits of CMDSTS read as */
    IAA_FAULT_FLR_IGNORED,  /* a function level reset does nothing */
    IAA_FAULT_FLR_RESTORED, /* its configuration space is restored after it */
    IAA_FAULT_KINDS,
};

/* Counters, since power-on or IAA_FAULT_ACTION_ZERO */
#define IAA_FAULT_COUNTER(n)    (0x800 + (n) * 8)
enum {
    IAA_COUNT_CONTROL_SUBMITTED,    /* descriptors that move no data */
    IAA_COUNT_COMPRESS_SUBMITTED,
    IAA_COUNT_DECOMPRESS_SUBMITTED,
    IAA_COUNT_CONTROL_COMPLETED,    /* with success */
    IAA_COUNT_COMPRESS_COMPLETED,
    IAA_COUNT_DECOMPRESS_COMPLETED,
    IAA_COUNT_CONTROL_FAILED,       /* with another status */
    IAA_COUNT_COMPRESS_FAILED,
    IAA_COUNT_DECOMPRESS_FAILED,
    IAA_COUNT_REJECTED,             /* no queue took it: full, disabled */
    IAA_COUNT_DISCARDED,            /* lost to a reset, halt or removal */
    IAA_COUNT_DROPPED,              /* lost to a rule */
    IAA_COUNT_LATE,                 /* completed late by a rule */
    IAA_COUNT_BYTES_READ,           /* DMA */
    IAA_COUNT_BYTES_WRITTEN,
    IAA_COUNT_INTERRUPTS,
    IAA_COUNT_SWERRS,
    IAA_COUNT_COMMANDS,
    IAA_COUNT_DYNAMIC_COMPLETED,    /* compressions with their own codes */
    IAA_COUNTERS,
};

#define IAA_FAULT_WQ(n)             (0x1000 + (n) * 0x20)
#define IAA_FAULT_WQ_SUBMITTED      0x00
#define IAA_FAULT_WQ_COMPLETED      0x08
#define IAA_FAULT_WQ_REJECTED       0x10
#define IAA_FAULT_WQ_OCCUPANCY      0x18    /* now | highest << 32 */

#define IAA_FAULT_ENGINE_STARTED(n) (0x1800 + (n) * 8)

#endif
