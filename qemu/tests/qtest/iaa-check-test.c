/*
 * IAA accelerator: descriptors that are refused
 *
 * Each row changes one thing in a descriptor that is good, and has the name of
 * the section that forbids it: of the IAA specification, or with a D in front
 * of that of DSA, whose descriptors IAA shares.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "iaa-util.h"

#define MIB     0x100000

typedef enum Good {
    NOOP,
    DRAIN,
    COMPRESS,
    DYNAMIC,        /* one pass, final header */
    TWO_PASS,       /* with source 2 written */
    STATS,
    DECOMPRESS,
    RESUME,         /* decompression that reads and writes an AECS */
} Good;

typedef struct BadDesc {
    const char *name;
    Good good;
    uint8_t status;
    unsigned offset, size;      /* of the field */
    uint64_t val;
    uint32_t invalid_flags;
} BadDesc;

#define FIELD_OF(f) .offset = offsetof(IAADesc, f), \
                    .size = sizeof_field(IAADesc, f), .val

/* A version 1.0 device, whose optional flags are all reserved */
static const BadDesc bad_descs_1[] = {
    { "6.1.2-opcode", NOOP, 0x10, FIELD_OF(flags_op) = 0x0100000c },
    { "6.1.2-translation-fetch", NOOP, 0x10, FIELD_OF(flags_op) = 0x0a00000c },
    { "6.1.2-decrypt", COMPRESS, 0x10, FIELD_OF(flags_op) = 0x4001010c },
    { "6.1.2-scan", COMPRESS, 0x10, FIELD_OF(flags_op) = 0x5001010c },

    { "6.1.3-fence", NOOP, 0x11, FIELD_OF(flags_op) = 0x0d, 0x01 },
    { "6.1.3-bof-noop", NOOP, 0x11, FIELD_OF(flags_op) = 0x0e, 0x02 },
    { "6.1.3-bof-disabled", DECOMPRESS, 0x11,
      FIELD_OF(flags_op) = 0x4200010e, 0x02 },
    { "6.1.3-no-crav", COMPRESS, 0x11, FIELD_OF(flags_op) = 0x43010108, 0x0c },
    { "6.1.3-no-rcr", COMPRESS, 0x11, FIELD_OF(flags_op) = 0x43010104, 0x08 },
    { "6.1.3-no-rcr-d", DECOMPRESS, 0x11, FIELD_OF(flags_op) = 0x42000104,
      0x08 },
    { "6.1.3-rcr-no-crav", NOOP, 0x11, FIELD_OF(flags_op) = 0x08, 0x08 },
    { "6.1.3-drain-silent", DRAIN, 0x11, FIELD_OF(flags_op) = 0x02000004,
      0x18 },
    { "6.1.3-bit-5", NOOP, 0x11, FIELD_OF(flags_op) = 0x2c, 0x20 },
    { "6.1.3-bit-6", NOOP, 0x11, FIELD_OF(flags_op) = 0x4c, 0x40 },
    { "6.1.3-bit-7", COMPRESS, 0x11, FIELD_OF(flags_op) = 0x4301018c, 0x80 },
    { "6.1.3-bit-15", COMPRESS, 0x11, FIELD_OF(flags_op) = 0x4301810c,
      0x8000 },
    { "6.1.3-bit-20", COMPRESS, 0x11, FIELD_OF(flags_op) = 0x4311010c,
      0x100000 },
    { "6.1.3-bit-23", NOOP, 0x11, FIELD_OF(flags_op) = 0x80000c, 0x800000 },
    { "6.1.3-cc-noop", NOOP, 0x11, FIELD_OF(flags_op) = 0x10c, 0x100 },
    { "6.1.3-tc-src1-noop", NOOP, 0x11, FIELD_OF(flags_op) = 0x20c, 0x200 },
    { "6.1.3-tc-dst-noop", NOOP, 0x11, FIELD_OF(flags_op) = 0x40c, 0x400 },
    { "6.1.3-tc-src2-noop", NOOP, 0x11, FIELD_OF(flags_op) = 0x80c, 0x800 },
    { "6.1.3-tc-src2-unused", DECOMPRESS, 0x11,
      FIELD_OF(flags_op) = 0x4200090c, 0x800 },
    { "6.1.3-tc-record", NOOP, 0x11, FIELD_OF(flags_op) = 0x1000, 0x1000 },
    { "6.1.3-order-noop", NOOP, 0x11, FIELD_OF(flags_op) = 0x200c, 0x2000 },
    { "6.1.3-readback-noop", NOOP, 0x11, FIELD_OF(flags_op) = 0x400c,
      0x4000 },
    { "6.1.3-read-noop", NOOP, 0x11, FIELD_OF(flags_op) = 0x1000c, 0x10000 },
    { "D8.3.3-readback", DRAIN, 0x11, FIELD_OF(flags_op) = 0x0201000c,
      0x10000 },
    { "6.1.3-read-2", DECOMPRESS, 0x11, FIELD_OF(flags_op) = 0x4202010c,
      0x30000 },
    { "6.1.3-read-3", COMPRESS, 0x11, FIELD_OF(flags_op) = 0x4303010c,
      0x30000 },
    { "6.1.3-no-aecs", COMPRESS, 0x11, FIELD_OF(flags_op) = 0x4300010c,
      0x30000 },
    { "6.1.3-write-2", COMPRESS, 0x11, FIELD_OF(flags_op) = 0x4309010c,
      0xc0000 },
    { "6.1.3-write-3", RESUME, 0x11, FIELD_OF(flags_op) = 0x420d010c,
      0xc0000 },
    { "6.1.3-stats-read", STATS, 0x11, FIELD_OF(flags_op) = 0x4301010c,
      0x30000 },
    { "6.1.3-stats-write", STATS, 0x11, FIELD_OF(flags_op) = 0x4304010c,
      0xc0000 },
    { "6.1.3-toggle", DECOMPRESS, 0x11, FIELD_OF(flags_op) = 0x4240010c,
      0x400000 },
    { "6.1.3-crc-noop", NOOP, 0x11, FIELD_OF(flags_op) = 0x20000c, 0x200000 },

    { "6.1.4-align", NOOP, 0x1b, FIELD_OF(completion_addr) = RECORD(0) + 32 },
    { "6.1.4-unused", NOOP, 0x12, FIELD_OF(flags_op) = 0 },
    { "6.1.5-noop", NOOP, 0x12, FIELD_OF(src1_addr) = SRC },
    { "6.1.6-noop", NOOP, 0x12, FIELD_OF(dst_addr) = DST },
    { "6.1.6-src1", COMPRESS, 0x16, FIELD_OF(dst_addr) = SRC + 4095 },
    { "6.1.6-src1-below", DECOMPRESS, 0x16, FIELD_OF(dst_addr) = SRC - 8191 },
    { "6.1.6-src2", COMPRESS, 0x16, FIELD_OF(dst_addr) = AECS },
    { "6.1.6-src2-written", RESUME, 0x16, FIELD_OF(dst_addr) = AECS + 5376 },
    { "6.1.7-noop", NOOP, 0x12, FIELD_OF(src1_size) = 1 },
    { "6.1.7-long", COMPRESS, 0x13, FIELD_OF(src1_size) = 2 * MIB + 1 },
    { "6.1.7-longest", DECOMPRESS, 0x13, FIELD_OF(src1_size) = UINT32_MAX },
    { "6.1.8-unused", NOOP, 0x12, FIELD_OF(int_handle) = 1 },
    { "6.1.9-noop", NOOP, 0x12, FIELD_OF(src2_addr) = AECS },
    { "6.1.9-unused", DECOMPRESS, 0x12, FIELD_OF(src2_addr) = AECS },
    { "6.1.9-align", COMPRESS, 0x1c, FIELD_OF(src2_addr) = AECS + 16 },
    { "4.1-src2-src1", COMPRESS, 0x16, FIELD_OF(src2_addr) = SRC },
    { "6.1.10-noop", NOOP, 0x12, FIELD_OF(max_dst_size) = 1 },
    { "6.1.10-long", DECOMPRESS, 0x13, FIELD_OF(max_dst_size) = 2 * MIB + 1 },
    { "6.1.11-noop", NOOP, 0x12, FIELD_OF(src2_size) = 32 },
    { "6.1.11-unused", DECOMPRESS, 0x12, FIELD_OF(src2_size) = 32 },
    { "6.1.11-align", RESUME, 0x1c, FIELD_OF(src2_size) = 48 },
    { "6.1.11-zero", RESUME, 0x13, FIELD_OF(src2_size) = 0 },
    { "6.1.11-64k", RESUME, 0x13, FIELD_OF(src2_size) = 65536 + 32 },
    { "6.1.11-compress", COMPRESS, 0x13, FIELD_OF(src2_size) = 1600 },
    { "6.3.1-op-flags", NOOP, 0x12, FIELD_OF(op_flags) = 1 },
    { "6.3.1-filter-flags", NOOP, 0x12, FIELD_OF(filter_flags) = 1 },

    { "6.3.2.1-disabled", DECOMPRESS, 0x30, FIELD_OF(op_flags) = 0x000e, 1 },
    { "6.3.2.1-index", DECOMPRESS, 0x30, FIELD_OF(op_flags) = 0x060f, 0x0400 },
    { "6.3.2.1-partial", RESUME, 0x30, FIELD_OF(op_flags) = 0x200f, 0x2000 },
    { "6.3.2.1-ignore-ext", DECOMPRESS, 0x30, FIELD_OF(op_flags) = 0x402f,
      0x4000 },
    { "6.3.2.1-bit-15", DECOMPRESS, 0x30, FIELD_OF(op_flags) = 0x800f,
      0x8000 },
    { "6.3.2-filter", DECOMPRESS, 0x12, FIELD_OF(filter_flags) = 1 },
    { "6.3.2-inputs", DECOMPRESS, 0x12, FIELD_OF(num_inputs) = 1 },
    { "4.4.1-odd", DECOMPRESS, 0x32, FIELD_OF(src1_size) = 4095 },

    { "6.3.5.1-index", COMPRESS, 0x30, FIELD_OF(op_flags) = 0x0046, 0x40 },
    { "6.3.5.1-bit-9", COMPRESS, 0x30, FIELD_OF(op_flags) = 0x0206, 0x200 },
    { "6.3.5.1-dictionary", COMPRESS, 0x30, FIELD_OF(op_flags) = 0x0406,
      0x400 },
    { "6.3.5.1-header", COMPRESS, 0x30, FIELD_OF(op_flags) = 0x3006, 0x3000 },
    { "6.3.5.1-stats-input", COMPRESS, 0x30, FIELD_OF(op_flags) = 0x8002,
      0x8000 },
    { "6.3.5.2-complete", COMPRESS, 0x31, FIELD_OF(filter_flags) = 1, 1 },
    { "6.3.5.2-tables", COMPRESS, 0x31, FIELD_OF(filter_flags) = 2, 2 },
    { "6.3.5.2-abort", COMPRESS, 0x31, FIELD_OF(filter_flags) = 0x1c, 0x1c },
    { "6.3.5.2-abort-size", COMPRESS, 0x31, FIELD_OF(filter_flags) = 0x20,
      0x20 },
    { "6.3.5.2-bit-7", COMPRESS, 0x31, FIELD_OF(filter_flags) = 0x80, 0x80 },
    { "6.3.5-inputs", COMPRESS, 0x12, FIELD_OF(num_inputs) = 1 },

    { "D5.8.1-src1", COMPRESS, 0x20, FIELD_OF(src1_addr) = NOWHERE },
    { "D5.8.1-src1-wraps", DECOMPRESS, 0x20,
      FIELD_OF(src1_addr) = UINT64_MAX - 1 },
    { "D5.8.1-src2", COMPRESS, 0x20, FIELD_OF(src2_addr) = NOWHERE },
    { "D5.8.1-dst", COMPRESS, 0x21, FIELD_OF(dst_addr) = NOWHERE },
    { "D5.8.1-dst-wraps", COMPRESS, 0x21,
      FIELD_OF(dst_addr) = UINT64_MAX - 1 },
};

/* Version 2.0 */
static const BadDesc bad_descs_2[] = {
    { "6.1.3-2-pass-no-write", TWO_PASS, 0x11,
      FIELD_OF(flags_op) = 0x4300010c, 0xc0000 },
    { "6.1.3-stats-input-no-read", TWO_PASS, 0x11,
      FIELD_OF(op_flags) = 0xf002, 0x30000 },
    { "6.3.2.1-partial-written", RESUME, 0x30, FIELD_OF(op_flags) = 0x200f,
      0x2000 },
    { "6.3.2.1-partial-unread", DECOMPRESS, 0x30,
      FIELD_OF(op_flags) = 0x200f, 0x2000 },
    { "6.3.2.1-ignore-ext", DECOMPRESS, 0x30, FIELD_OF(op_flags) = 0x400f,
      0x4000 },
    { "6.3.5.1-header-4", DYNAMIC, 0x30, FIELD_OF(op_flags) = 0x4006, 0x4000 },
    { "6.3.5.1-header-stats", DYNAMIC, 0x30, FIELD_OF(op_flags) = 0x3007, 1 },
    { "6.3.5.1-header-dictionary", DYNAMIC, 0x30, FIELD_OF(op_flags) = 0x3406,
      0x400 },
    { "6.3.5.1-stats-input-1-pass", DYNAMIC, 0x30,
      FIELD_OF(op_flags) = 0xb002, 0x8000 },
    { "6.3.5.1-stats-input-end", TWO_PASS, 0x30, FIELD_OF(op_flags) = 0xf006,
      0x4 },
    { "6.3.5.2-2-pass-no-tables", TWO_PASS, 0x31, FIELD_OF(filter_flags) = 0,
      2 },
    { "6.3.5.2-abort-size", DYNAMIC, 0x31, FIELD_OF(filter_flags) = 0x20,
      0x20 },
    { "6.3.5.2-bit-7", DYNAMIC, 0x31, FIELD_OF(filter_flags) = 0x80, 0x80 },
};

static IAADesc good_desc(Good good)
{
    IAADesc d = iaa_compress(RECORD(0), 4096, 8192);

    switch (good) {
    case NOOP:
        return iaa_noop(RECORD(0));
    case DRAIN:
        d = iaa_noop(RECORD(0));
        d.flags_op |= 0x02000000;
        return d;
    case COMPRESS:
        return d;
    case DYNAMIC:
        d.flags_op = 0x4300010c;
        d.op_flags = 0x3006;
        d.src2_addr = d.src2_size = 0;
        return d;
    case TWO_PASS:
        d.flags_op = 0x4304010c;
        d.op_flags = 0x7006;
        d.filter_flags = 2;
        d.dst_addr = d.max_dst_size = 0;
        return d;
    case STATS:
        d.flags_op = 0x4300010c;
        d.op_flags = 0x0007;
        d.src2_addr = d.src2_size = 0;
        return d;
    case RESUME:
        d = iaa_decompress(RECORD(0), SRC, 4096, DST, 8192);
        d.flags_op |= 0x50000;
        d.src2_addr = AECS;
        d.src2_size = 5376;
        return d;
    default:
        d = iaa_decompress(RECORD(0), SRC, 4096, DST, 8192);
        if (good == DECOMPRESS) {
            d.op_flags |= 0;
        }
        return d;
    }
}

static void check_bad(IAATest *t, const BadDesc *b)
{
    IAADesc d = good_desc(b->good);
    uint64_t val = cpu_to_le64(b->val);
    bool record;
    IAARecord r;

    if (!strcmp(b->name, "4.4.1-odd")) {
        d.op_flags |= 0x20;
    }
    memcpy((char *)&d + b->offset, &val, b->size);
    record = (d.flags_op & 4) && b->status != 0x1b;
    r = iaa_run_desc(t, &d);
    g_test_message("%s: status 0x%x, invalid flags 0x%x", b->name, r.status,
                   r.invalid_flags);
    g_assert_cmphex(r.status, ==, record ? b->status : 0);
    g_assert_cmphex(r.error_code, ==, 0);
    g_assert_cmphex(r.invalid_flags, ==, record ? b->invalid_flags : 0);
    g_assert_cmphex(r.fault_addr, ==, 0);
    g_assert_cmphex(r.fault_info, ==, 0);
    g_assert_cmpuint(r.bytes_completed, ==, 0);
    g_assert_cmpuint(r.output_size, ==, 0);
    g_assert_cmphex(iaa_swerr_take(t), ==, record ? 0 : b->status);
}

static void check_all(const char *props, const BadDesc *bad, size_t n,
                      const Good *good, size_t n_good)
{
    IAATest t;

    iaa_start(&t, props);
    iaa_aecs_fixed(&t);
    iaa_up(&t, 16);
    for (int i = 0; i < n; i++) {
        check_bad(&t, &bad[i]);
    }
    /* ... and what they were made from is good. */
    for (int i = 0; i < n_good; i++) {
        IAADesc d = good_desc(good[i]);
        IAARecord r = iaa_run_desc(&t, &d);

        g_test_message("good %d: status 0x%x", good[i], r.status);
        g_assert_cmphex(r.status, ==, 1);
    }
    iaa_stop(&t);
}

static void test_version_1(void)
{
    static const Good good[] = { NOOP, DRAIN, COMPRESS, STATS };

    check_all("", bad_descs_1, ARRAY_SIZE(bad_descs_1), good, ARRAY_SIZE(good));
}

static void test_version_2(void)
{
    static const Good good[] = { NOOP, COMPRESS, DYNAMIC, TWO_PASS, STATS };

    check_all(",version=0x200", bad_descs_2, ARRAY_SIZE(bad_descs_2),
              good, ARRAY_SIZE(good));
}

/* 6.1.3: a hint for a cache that the device doesn't have */
static void test_cache_control(void)
{
    IAATest t;
    IAADesc d = good_desc(STATS);
    IAARecord r;

    iaa_start(&t, ",cache-control=off,instant=on");
    iaa_up(&t, 16);
    g_assert_cmphex(iaa_readq(&t, A_GENCAP) & 4, ==, 0);
    r = iaa_run_desc(&t, &d);
    g_assert_cmphex(r.status, ==, 0x11);
    g_assert_cmphex(r.invalid_flags, ==, 0x100);
    d.flags_op &= ~0x100;
    g_assert_cmphex(iaa_run_desc(&t, &d).status, ==, 1);
    iaa_stop(&t);
}

/* 6.1.7, 7.2.2: one of the sizes may be zero, all of them may not */
static void check_zero_sizes(bool gen2)
{
    IAATest t;
    IAADesc d = iaa_compress(RECORD(0), 0, 64);
    IAARecord r;

    iaa_start(&t, gen2 ? ",version=0x200,instant=on" : ",instant=on");
    iaa_aecs_fixed(&t);
    iaa_up(&t, 16);
    r = iaa_run_desc(&t, &d);
    g_assert_cmphex(r.status, ==, 1);
    g_assert_cmpuint(r.output_size, ==, 2);
    g_assert_cmphex(qtest_readw(t.qts, DST), ==, 0x0003);

    d = iaa_compress(RECORD(0), 4096, 0);
    r = iaa_run_desc(&t, &d);
    g_assert_cmphex(r.status, ==, 0x0a);
    g_assert_cmphex(r.error_code, ==, 0x19);

    /* Source 2 counts from the second generation on. */
    d.src1_size = 0;
    r = iaa_run_desc(&t, &d);
    g_assert_cmphex(r.status, ==, gen2 ? 0x0a : 0x13);
    d = iaa_decompress(RECORD(0), SRC, 0, DST, 0);
    g_assert_cmphex(iaa_run_desc(&t, &d).status, ==, 0x13);
    iaa_stop(&t);
}

static void test_zero_sizes(void)
{
    check_zero_sizes(false);
    check_zero_sizes(true);
}

/* 6.1.11: source 2 counts against the queue's maximum transfer as well */
static void test_max_transfer(void)
{
    IAATest t;
    IAADesc d = iaa_compress(RECORD(0), 1024, 1024);
    IAARecord r;

    iaa_start(&t, ",instant=on");
    iaa_aecs_fixed(&t);
    iaa_wq(&t, 0, 16, 10);
    iaa_writel(&t, IAA_WQCFG_BASE + 12, 10);
    iaa_group(&t, 0, 1, 0xff);
    g_assert_cmphex(iaa_command(&t, IAA_CMD_ENABLE_DEV, 0), ==, 0);
    g_assert_cmphex(iaa_command(&t, IAA_CMD_ENABLE_WQ, 0), ==, 0);
    r = iaa_run_desc(&t, &d);
    g_assert_cmphex(r.status, ==, 0x13);
    iaa_stop(&t);
}

/* 6.1.1: a dedicated queue doesn't look at privilege and PASID */
static void test_trusted_fields(void)
{
    IAATest t;
    IAADesc d = iaa_noop(RECORD(0));

    iaa_start(&t, ",instant=on");
    iaa_up(&t, 16);
    d.pasid = UINT32_MAX;
    g_assert_cmphex(iaa_run_desc(&t, &d).status, ==, 1);
    iaa_stop(&t);
}

void iaa_add_check_tests(void)
{
    qtest_add_func("/iaa/check/version-1", test_version_1);
    qtest_add_func("/iaa/check/version-2", test_version_2);
    qtest_add_func("/iaa/check/cache-control", test_cache_control);
    qtest_add_func("/iaa/check/zero-sizes", test_zero_sizes);
    qtest_add_func("/iaa/check/max-transfer", test_max_transfer);
    qtest_add_func("/iaa/check/trusted-fields", test_trusted_fields);
}
