/*
 * IAA accelerator: whatever a guest writes, QEMU lives and the device recovers
 *
 * IAA_FUZZ_SEEDS=N in the environment tries N seeds for each kind of device,
 * IAA_FUZZ_SEED=N begins with that one: so it repeats what a test's name says.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/cutils.h"
#include "iaa-util.h"

#define STEPS 10000

static uint32_t rng_state;

static uint32_t rng(void)
{
    rng_state ^= rng_state << 13;
    rng_state ^= rng_state >> 17;
    rng_state ^= rng_state << 5;
    return rng_state;
}

/* Values worth trying: mostly small, sometimes at the edges, sometimes noise */
static uint64_t value(void)
{
    switch (rng() % 6) {
    case 0:
        return 0;
    case 1:
        return UINT64_MAX - rng() % 3;
    case 2:
        return (uint64_t)rng() << 32 | rng();
    case 3:
        return 1ull << rng() % 64;
    default:
        return rng() % 300;
    }
}

static uint64_t address(IAATest *t)
{
    switch (rng() % 8) {
    case 0:
        return value();
    case 1:
        return t->mmio.addr + rng() % IAA_MMIO_SIZE;
    case 2:
        return t->portals.addr + rng() % 0x20000;
    case 3:
        return RAM_MB * 0x100000ull - rng() % 8192;
    default:
        return SRC + rng() % 0x1000000;
    }
}

/* An AECS as good as any, but for a few bytes, and flags that use it */
static void aecs_noise(IAATest *t, IAADesc *d)
{
    bool compress = d->flags_op >> 24 == 0x43;

    d->src2_addr = AECS + 0x4000;
    d->src2_size = compress ? 1568 : rng() % 2 ? 5376 : rng() % 170 * 32;
    d->flags_op |= (rng() % 4) << 16 | (rng() % 4) << 18 | (rng() % 2) << 22;
    d->op_flags ^= (rng() % 8) << 12 | rng() % 8 << 2;
    d->filter_flags = compress ? rng() % 128 : 0;
    qtest_writeb(t->qts, d->src2_addr + 0xb0, rng() % 2);
    qtest_writeb(t->qts, d->src2_addr + 0x1dd, rng() % 2);
    for (unsigned i = rng() % 4; i > 0; i--) {
        qtest_writeb(t->qts, d->src2_addr + rng() % 0x500, rng());
    }
}

static void submit_noise(IAATest *t)
{
    static const uint8_t ops[] = { 0x00, 0x02, 0x42, 0x43 };
    IAADesc d;

    if (rng() % 4) {
        d = rng() % 2 ? iaa_compress(RECORD(0), 4096, 8192) :
                        iaa_decompress(RECORD(0), SRC, 4096, DST, 8192);
    } else {
        for (int i = 0; i < sizeof(d); i++) {
            ((uint8_t *)&d)[i] = rng();
        }
        d.flags_op = (d.flags_op & 0xffffff) |
                     (uint32_t)ops[rng() % ARRAY_SIZE(ops)] << 24;
    }
    if (rng() % 4 == 0) {
        aecs_noise(t, &d);
    }
    switch (rng() % 12) {
    case 0:
        d.src1_addr = address(t);
        break;
    case 1:
        d.dst_addr = address(t);
        break;
    case 2:
        d.src2_addr = address(t);
        break;
    case 3:
        d.completion_addr = address(t) & ~63ull;
        break;
    case 4:
        d.src1_size = value();
        break;
    case 5:
        d.max_dst_size = value();
        break;
    case 6:
        d.op_flags = value();
        break;
    case 7:
        d.flags_op ^= 1u << rng() % 32;
        break;
    case 8:
        d.int_handle = value();
        d.flags_op |= 0x10;
        break;
    case 9:
        d.filter_flags = value();
        break;
    case 10:
        d.src2_size = value();
        break;
    default:
        break;
    }
    iaa_submit(t, rng() % 20 ? rng() % 2 : rng() % 8, &d);
}

static void write_noise(IAATest *t)
{
    static const uint32_t bases[] = {
        0, 0, IAA_MSIX_PERM_BASE, IAA_GRPCFG_BASE, IAA_WQCFG_BASE,
    };
    uint32_t reg = bases[rng() % ARRAY_SIZE(bases)] + rng() % 0x200;

    switch (rng() % 4) {
    case 0:
        qpci_io_writeb(t->pci, t->mmio, reg, value());
        break;
    case 1:
        qpci_io_writew(t->pci, t->mmio, reg & ~1u, value());
        break;
    case 2:
        iaa_writel(t, reg & ~3u, value());
        break;
    default:
        iaa_writeq(t, reg & ~7u, value());
        break;
    }
}

static void fault_noise(IAATest *t)
{
    if (rng() % 3) {
        iaa_fault_add(t, rng() % 16, rng() % (IAA_FAULT_KINDS + 1),
                      rng() % 4, value());
    } else {
        iaa_fault_action(t, rng() % 7, rng());
    }
}

/* Whatever state it is in, back to work */
static void mend(IAATest *t)
{
    iaa_fault_action(t, IAA_FAULT_ACTION_CLEAR, 0);
    iaa_fault_action(t, IAA_FAULT_ACTION_RETURN, 0);
    if (rng() % 2) {
        iaa_flr(t);
        iaa_msix_up(t, 9);
    }
    iaa_bus_master(t, true);
    iaa_command(t, IAA_CMD_RESET_DEV, 0);
    iaa_wq(t, 0, 16, 10);
    iaa_wq(t, 1, 16, 5);
    iaa_group(t, 0, 3, 0xff);
    iaa_command(t, IAA_CMD_ENABLE_DEV, 0);
    iaa_command(t, IAA_CMD_ENABLE_WQ, 0);
    iaa_command(t, IAA_CMD_ENABLE_WQ, 1);
}

static void step(IAATest *t)
{
    switch (rng() % 24) {
    case 0:
        write_noise(t);
        break;
    case 1:
        iaa_writel(t, A_CMD, (rng() & 0x80000000) | rng() % 16 << 20 |
                   (rng() % 2 ? 1 : value() & 0xfffff));
        break;
    case 2:
        fault_noise(t);
        break;
    case 3:
        qtest_clock_step(t->qts, 1 + rng() % 100000);
        break;
    case 4:
        iaa_readq(t, rng() % IAA_MMIO_SIZE & ~7u);
        if (qpci_config_readl(t->pci, 0) != UINT32_MAX) {
            iaa_transactions_pending(t);
        }
        break;
    case 5:
        mend(t);
        break;
    case 6:
        iaa_bus_master(t, rng() % 2);
        break;
    default:
        submit_noise(t);
        break;
    }
}

static void fuzz(const char *props, uint32_t seed)
{
    IAADesc d = iaa_compress(RECORD(0), 4096, 8192);
    IAATest t;

    rng_state = seed;
    iaa_start(&t, props);
    iaa_msix_up(&t, 9);
    iaa_aecs_fixed(&t);
    for (int i = 0; i < 4096; i += 4) {
        qtest_writel(t.qts, SRC + i, rng());
    }
    for (int i = 0; i < STEPS; i++) {
        step(&t);
    }

    iaa_fault_action(&t, IAA_FAULT_ACTION_CLEAR, 0);
    iaa_fault_action(&t, IAA_FAULT_ACTION_RETURN, 0);
    iaa_bus_master(&t, true);
    qtest_clock_step(t.qts, 1000000000);
    iaa_aecs_fixed(&t);
    qtest_memset(t.qts, RECORD(0), 0, 64);
    iaa_up(&t, 16);
    g_assert_cmphex(iaa_run_desc(&t, &d).status, ==, 1);
    iaa_stop(&t);
}

static const struct Kind {
    const char *name;
    const char *props;
} kinds[] = {
    { "timed", "" },
    { "timed2", ",version=0x200,op-config=on" },
    { "instant", ",instant=on,version=0x200,int-handles=on" },
    { "contention", ",contention=75" },
};

typedef struct Case {
    const struct Kind *kind;
    uint32_t seed;
} Case;

static void test_fuzz(const void *opaque)
{
    const Case *c = opaque;

    fuzz(c->kind->props, c->seed);
}

static unsigned from_environment(const char *name, unsigned otherwise)
{
    const char *value = g_getenv(name);
    unsigned number;

    return value && !qemu_strtoui(value, NULL, 0, &number) ? number :
                                                             otherwise;
}

void iaa_add_fuzz_tests(void)
{
    unsigned first = from_environment("IAA_FUZZ_SEED", 1);
    unsigned seeds = from_environment("IAA_FUZZ_SEEDS", 2);

    /* Zero is a generator's last state. */
    for (unsigned seed = MAX(first, 1); seeds > 0; seeds--, seed++) {
        for (int i = 0; i < ARRAY_SIZE(kinds); i++) {
            g_autofree char *path = g_strdup_printf("/iaa/fuzz/%s-%u",
                                                    kinds[i].name, seed);
            Case *c = g_new(Case, 1);

            *c = (Case) { .kind = &kinds[i], .seed = seed };
            qtest_add_data_func_full(path, c, test_fuzz, g_free);
        }
    }
}
