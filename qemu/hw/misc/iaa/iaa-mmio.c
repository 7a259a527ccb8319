/*
 * Intel IAA: registers and configuration tables (BAR 0)
 *
 * Registers stand in 8-byte slots and may be accessed by 1, 2, 4 or 8 bytes
 * (DSA 9); one table says how each slot reads and writes, another where the
 * configuration tables are.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "iaa.h"
#include "trace.h"

/* Capabilities */

static uint64_t read_version(IAAState *s, unsigned slot)
{
    return s->version;
}

static uint64_t read_gencap(IAAState *s, unsigned slot)
{
    uint64_t v = 0;

    v = FIELD_DP64(v, GENCAP, BLOCK_ON_FAULT, 1);
    v = FIELD_DP64(v, GENCAP, CACHE_CONTROL, s->cache_control);
    v = FIELD_DP64(v, GENCAP, CMD_CAP, s->int_handles);
    v = FIELD_DP64(v, GENCAP, DEST_READBACK, 1);
    v = FIELD_DP64(v, GENCAP, MAX_XFER_SHIFT, s->max_xfer_shift);
    v = FIELD_DP64(v, GENCAP, CONFIG_EN, 1);
    return FIELD_DP64(v, GENCAP, DECOMPRESS, 1);
}

static uint64_t read_wqcap(IAAState *s, unsigned slot)
{
    uint64_t v = 0;

    v = FIELD_DP64(v, WQCAP, TOTAL_SIZE, s->wq_entries);
    v = FIELD_DP64(v, WQCAP, NUM_WQS, s->num_wqs);
    v = FIELD_DP64(v, WQCAP, WQCFG_SIZE, s->op_config);
    v = FIELD_DP64(v, WQCAP, DEDICATED, 1);
    v = FIELD_DP64(v, WQCAP, PRIORITY, 1);
    v = FIELD_DP64(v, WQCAP, OCCUPANCY, 1);
    return FIELD_DP64(v, WQCAP, OP_CONFIG, s->op_config);
}

static bool progress_limit(const IAAState *s)
{
    return s->version >= IAA_VERSION_2;
}

/* No read buffer controls, as on hardware: their fields are reserved. */
static uint64_t read_grpcap(IAAState *s, unsigned slot)
{
    uint64_t v = FIELD_DP64(0, GRPCAP, NUM_GROUPS, s->num_groups);

    return FIELD_DP64(v, GRPCAP, PROGRESS_LIMIT, progress_limit(s));
}

static uint64_t read_engcap(IAAState *s, unsigned slot)
{
    uint64_t v = FIELD_DP64(0, ENGCAP, NUM_ENGINES, s->num_engines);

    return FIELD_DP64(v, ENGCAP, WORK_IN_PROGRESS, s->engine_depth);
}

static uint64_t read_opcap(IAAState *s, unsigned slot)
{
    return iaa_op_opcap(slot - A_OPCAP / 8);
}

static uint64_t read_table(IAAState *s, unsigned slot)
{
    uint64_t v = 0;

    v = FIELD_DP64(v, TABLE0, GRPCFG, IAA_GRPCFG_BASE / 0x100);
    v = FIELD_DP64(v, TABLE0, WQCFG, IAA_WQCFG_BASE / 0x100);
    return FIELD_DP64(v, TABLE0, MSIX_PERM, IAA_MSIX_PERM_BASE / 0x100);
}

static uint64_t read_cmdcap(IAAState *s, unsigned slot)
{
    return iaa_cmdcap(s);
}

static uint64_t read_iaacap(IAAState *s, unsigned slot)
{
    return iaa_op_iaacap(s);
}

/* Control and status */

static uint64_t read_gencfg(IAAState *s, unsigned slot)
{
    return s->gencfg;
}

static bool config_locked(const IAAState *s)
{
    return s->state != IAA_STATE_DISABLED;
}

static void write_gencfg(IAAState *s, unsigned slot, uint64_t val,
                         uint64_t mask)
{
    if (!config_locked(s)) {
        s->gencfg = ((s->gencfg & ~mask) | (val & mask)) &
                    (R_GENCFG_USER_INT_MASK | R_GENCFG_EVENT_LOG_MASK);
    }
}

static uint64_t read_genctrl(IAAState *s, unsigned slot)
{
    return s->genctrl;
}

static void write_genctrl(IAAState *s, unsigned slot, uint64_t val,
                          uint64_t mask)
{
    s->genctrl = ((s->genctrl & ~mask) | (val & mask)) &
                 (R_GENCTRL_SOFTERR_INT_MASK | R_GENCTRL_HALT_INT_MASK);
}

static uint64_t read_gensts(IAAState *s, unsigned slot)
{
    uint32_t v = FIELD_DP32(0, GENSTS, STATE, s->state);

    return FIELD_DP32(v, GENSTS, RESET_TYPE, s->reset_type);
}

static uint64_t read_intcause(IAAState *s, unsigned slot)
{
    return s->intcause;
}

static void write_intcause(IAAState *s, unsigned slot, uint64_t val,
                           uint64_t mask)
{
    s->intcause &= ~(val & mask);
}

static void write_cmd(IAAState *s, unsigned slot, uint64_t val, uint64_t mask)
{
    /* Half a command is none. */
    if ((mask & UINT32_MAX) == UINT32_MAX) {
        iaa_cmd_write(s, val);
        iaa_run(s);
    }
}

static uint64_t read_cmdsts(IAAState *s, unsigned slot)
{
    return s->cmdsts;
}

static uint64_t read_swerr(IAAState *s, unsigned slot)
{
    return s->swerr[slot - A_SWERR0 / 8];
}

static void write_swerr(IAAState *s, unsigned slot, uint64_t val,
                        uint64_t mask)
{
    s->swerr[0] &= ~(val & mask &
                     (R_SWERR0_VALID_MASK | R_SWERR0_OVERFLOW_MASK));
}

typedef struct IAARegister {
    uint64_t (*read)(IAAState *s, unsigned slot);
    void (*write)(IAAState *s, unsigned slot, uint64_t val, uint64_t mask);
} IAARegister;

static const IAARegister iaa_registers[] = {
    [A_VERSION / 8]  = { read_version },
    [A_GENCAP / 8]   = { read_gencap },
    [A_WQCAP / 8]    = { read_wqcap },
    [A_GRPCAP / 8]   = { read_grpcap },
    [A_ENGCAP / 8]   = { read_engcap },
    [A_OPCAP / 8 ... A_OPCAP / 8 + 3] = { read_opcap },
    [A_TABLE0 / 8]   = { read_table },
    [A_GENCFG / 8]   = { read_gencfg, write_gencfg },
    [A_GENCTRL / 8]  = { read_genctrl, write_genctrl },
    [A_GENSTS / 8]   = { read_gensts },
    [A_INTCAUSE / 8] = { read_intcause, write_intcause },
    [A_CMD / 8]      = { NULL, write_cmd },
    [A_CMDSTS / 8]   = { read_cmdsts },
    [A_CMDCAP / 8]   = { read_cmdcap },
    [A_SWERR0 / 8]   = { read_swerr, write_swerr },
    [A_SWERR1 / 8 ... A_SWERR3 / 8] = { read_swerr },
    [A_IAACAP / 8]   = { read_iaacap },
};

/* Configuration tables, by 32-bit words */

static uint32_t read_perm(IAAState *s, unsigned entry, unsigned word)
{
    return word ? 0 : s->msix_perm[entry];
}

static void write_perm(IAAState *s, unsigned entry, unsigned word, uint32_t val)
{
    if (!word) {
        s->msix_perm[entry] = val & 0xfffff00c;
    }
}

static uint32_t read_grpcfg(IAAState *s, unsigned entry, unsigned word)
{
    return word / 2 < IAA_GRPCFG_QWORDS ?
           extract64(s->grpcfg[entry][word / 2], word % 2 * 32, 32) : 0;
}

/* Bits for queues and engines that aren't there are kept, for the check. */
static uint64_t grpcfg_writable(const IAAState *s, unsigned qword)
{
    if (qword != IAA_GRPCFG_FLAGS) {
        return UINT64_MAX;
    }
    return R_GRPFLAGS_TC_MASK |
           (progress_limit(s) ? R_GRPFLAGS_PROGRESS_LIMIT_MASK : 0);
}

/* Read-only while the device is not disabled, when the driver writes it, too */
static void write_grpcfg(IAAState *s, unsigned entry, unsigned word,
                         uint32_t val)
{
    if (word / 2 < IAA_GRPCFG_QWORDS && !config_locked(s)) {
        s->grpcfg[entry][word / 2] =
            deposit64(s->grpcfg[entry][word / 2], word % 2 * 32, 32, val) &
            grpcfg_writable(s, word / 2);
    }
}

static uint32_t read_wqcfg(IAAState *s, unsigned entry, unsigned word)
{
    const IAAWq *wq = &s->wq[entry];
    uint32_t v;

    if (word != IAA_WQCFG_DWORD_STATUS) {
        return wq->cfg[word];
    }
    v = FIELD_DP32(0, WQCFG6, OCCUPANCY, wq->occupancy);
    return FIELD_DP32(v, WQCFG6, STATE, iaa_wq_state(s, entry));
}

/* DSA table 9-7: the size is locked by the device, the rest by the queue. */
static void write_wqcfg(IAAState *s, unsigned entry, unsigned word,
                        uint32_t val)
{
    static const uint32_t writable[IAA_WQCFG_DWORDS] = {
        0xffff, 0xffff, 0x3fffffff, 0x1ff, 0x1ffff, 0, 0, 0,
        [8 ... 15] = UINT32_MAX,
    };
    bool locked = word == 0 ? config_locked(s) :
                  word == 1 ? false : s->wq[entry].enabled;

    if (!locked) {
        s->wq[entry].cfg[word] = val & writable[word];
    }
}

typedef struct IAATable {
    uint32_t base;
    uint32_t entry_size;
    uint32_t entries;
    uint32_t (*read)(IAAState *s, unsigned entry, unsigned word);
    void (*write)(IAAState *s, unsigned entry, unsigned word, uint32_t val);
} IAATable;

static bool table_find(const IAAState *s, hwaddr addr, IAATable *t)
{
    const IAATable tables[] = {
        { IAA_MSIX_PERM_BASE, IAA_MSIX_PERM_SIZE, s->num_wqs + 1,
          read_perm, write_perm },
        { IAA_GRPCFG_BASE, IAA_GRPCFG_SIZE, s->num_groups,
          read_grpcfg, write_grpcfg },
        { IAA_WQCFG_BASE, 32 << s->op_config, s->num_wqs,
          read_wqcfg, write_wqcfg },
    };

    for (int i = 0; i < ARRAY_SIZE(tables); i++) {
        *t = tables[i];
        if (addr >= t->base && addr - t->base < t->entry_size * t->entries) {
            return true;
        }
    }
    return false;
}

/* Access */

static uint32_t table_read(IAAState *s, const IAATable *t, hwaddr at)
{
    return t->read(s, at / t->entry_size, at % t->entry_size / 4);
}

/* Part of a word at most: what is not written keeps its value. */
static void table_write(IAAState *s, const IAATable *t, hwaddr at,
                        uint32_t val, unsigned size)
{
    unsigned shift = at % 4 * 8;

    if (size < 4) {
        val = deposit32(table_read(s, t, at), shift, size * 8, val);
    }
    t->write(s, at / t->entry_size, at % t->entry_size / 4, val);
}

static uint64_t mmio_read(void *opaque, hwaddr addr, unsigned size)
{
    IAAState *s = opaque;
    unsigned slot = addr / 8, shift = addr % 8 * 8;
    uint64_t val = 0;
    IAATable t;

    if (s->gone) {
        return UINT64_MAX;
    }
    if (slot < ARRAY_SIZE(iaa_registers)) {
        if (iaa_registers[slot].read) {
            val = iaa_registers[slot].read(s, slot) >> shift;
        }
    } else if (table_find(s, addr, &t)) {
        val = table_read(s, &t, addr - t.base) >> addr % 4 * 8;
        if (size == 8) {
            val |= (uint64_t)table_read(s, &t, addr + 4 - t.base) << 32;
        }
    }
    trace_iaa_mmio_read(s->parent_obj.name, addr, size, val);
    return val;
}

static void mmio_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
    IAAState *s = opaque;
    unsigned slot = addr / 8, shift = addr % 8 * 8;
    IAATable t;

    if (s->gone) {
        return;
    }
    trace_iaa_mmio_write(s->parent_obj.name, addr, size, val);
    if (slot < ARRAY_SIZE(iaa_registers)) {
        if (iaa_registers[slot].write) {
            iaa_registers[slot].write(s, slot, val << shift,
                                      MAKE_64BIT_MASK(shift, size * 8));
        }
    } else if (table_find(s, addr, &t)) {
        table_write(s, &t, addr - t.base, val, MIN(size, 4));
        if (size == 8) {
            table_write(s, &t, addr + 4 - t.base, val >> 32, 4);
        }
    }
}

const MemoryRegionOps iaa_mmio_ops = {
    .read = mmio_read,
    .write = mmio_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8 },
    .impl = { .min_access_size = 1, .max_access_size = 8 },
};
