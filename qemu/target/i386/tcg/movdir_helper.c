/*
 * MOVDIR64B: move 64 bytes as one direct store
 *
 * The architecture (Intel SDM volume 2, MOVDIR64B) promises two things: the
 * destination is 64-byte aligned, and the 64 bytes are written as one unit.
 * Nothing is promised for the load.  Devices depend on the unit, because two
 * CPUs may store descriptors to the same portal address at once, so:
 *
 * - to MMIO the line goes to the memory core in one call under the BQL, where
 *   a region with MemoryRegionOps.burst takes it whole;
 * - to RAM, where no host store is that wide, other vCPUs are stopped for the
 *   duration of the instruction if there may be any.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/exec-all.h"
#include "exec/helper-proto.h"
#include "exec/cpu_ldst.h"
#include "tcg/helper-tcg.h"
#ifndef CONFIG_USER_ONLY
#include "qemu/main-loop.h"
#include "exec/memory.h"
#include "accel/tcg/cpu-ops.h"
#endif

#define LINE_SIZE   64
#define LINE_QWORDS (LINE_SIZE / sizeof(uint64_t))

static void line_load(CPUX86State *env, uint64_t *line, target_ulong src,
                      uintptr_t ra)
{
    for (unsigned i = 0; i < LINE_QWORDS; i++) {
        target_ulong addr = src + i * sizeof(uint64_t);

        if (!(env->hflags & HF_CS64_MASK)) {
            addr = (uint32_t)addr;
        }
        line[i] = cpu_to_le64(cpu_ldq_le_data_ra(env, addr, ra));
    }
}

static void line_store_ram(CPUX86State *env, void *host, const void *line,
                           bool parallel, uintptr_t ra)
{
    if (parallel) {
        /* Does not return: the instruction runs again, alone. */
        cpu_loop_exit_atomic(env_cpu(env), ra);
    }
    memcpy(host, line, LINE_SIZE);
}

#ifdef CONFIG_USER_ONLY
static void line_store(CPUX86State *env, target_ulong dst, const void *line,
                       bool parallel, uintptr_t ra)
{
    void *host = probe_write(env, dst, LINE_SIZE,
                             cpu_mmu_index(env_cpu(env), false), ra);

    line_store_ram(env, host, line, parallel, ra);
}
#else
static void line_store(CPUX86State *env, target_ulong dst, const void *line,
                       bool parallel, uintptr_t ra)
{
    CPUState *cs = env_cpu(env);
    CPUTLBEntryFull *full;
    MemTxAttrs attrs;
    hwaddr phys;
    void *host;
    int flags;

    flags = probe_access_full(env, dst, LINE_SIZE, MMU_DATA_STORE,
                              cpu_mmu_index(cs, false), false, &host, &full,
                              ra);
    /* A watchpoint may longjmp or flush the TLB: take what we need first. */
    attrs = full->attrs;
    phys = full->phys_addr | (dst & ~TARGET_PAGE_MASK);
    if (unlikely(flags & TLB_WATCHPOINT)) {
        cpu_check_watchpoint(cs, dst, LINE_SIZE, attrs, BP_MEM_WRITE, ra);
    }

    if (host) {
        line_store_ram(env, host, line, parallel, ra);
        return;
    }

    BQL_LOCK_GUARD();
    address_space_write(cpu_get_address_space(cs,
                                              cpu_asidx_from_attrs(cs, attrs)),
                        phys, attrs, line, LINE_SIZE);
}
#endif

void helper_movdir64b(CPUX86State *env, target_ulong dst, target_ulong src,
                      uint32_t parallel)
{
    uintptr_t ra = GETPC();
    uint64_t line[LINE_QWORDS];

    if (dst & (LINE_SIZE - 1)) {
        raise_exception_err_ra(env, EXCP0D_GPF, 0, ra);
    }
    line_load(env, line, src, ra);
    line_store(env, dst, line, parallel, ra);
}
