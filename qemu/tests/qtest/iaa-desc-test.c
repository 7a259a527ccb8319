/*
 * IAA accelerator: descriptors, right and wrong
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include <zlib.h>
#include "iaa-stream.h"

#define MIB     0x100000

/* Sources, the same on every run */

static void fill_text(uint8_t *p, size_t n)
{
    iaa_fill_text(p, n, 0);
}

static void fill_zero(uint8_t *p, size_t n)
{
    memset(p, 0, n);
}

static uint16_t xor16(const uint8_t *p, size_t n)
{
    uint16_t x = 0;

    for (size_t i = 0; i < n; i++) {
        x ^= p[i] << (i % 2) * 8;
    }
    return x;
}

/* Round trips */

static void check_compress(IAATest *t, const uint8_t *src, size_t n,
                           bool dynamic)
{
    size_t size = MIN(n + n / 4 + 512, 2 * MIB);
    IAADesc d = iaa_compress(RECORD(0), n, size);
    g_autofree uint8_t *packed = g_malloc(size);
    IAARecord r;

    if (dynamic) {
        d.flags_op &= ~0x10000;
        d.src2_addr = d.src2_size = 0;
        d.op_flags |= 0x3000;
    }
    qtest_memwrite(t->qts, SRC, src, n);
    r = iaa_run_desc(t, &d);
    g_assert_cmphex(r.status, ==, 1);
    g_assert_cmphex(r.error_code, ==, 0);
    g_assert_cmpuint(r.bytes_completed, ==, 0);
    g_assert_cmphex(r.crc, ==, crc32(0, src, n));
    g_assert_cmphex(r.xor_checksum, ==, xor16(src, n));
    iaa_zlib_check(t, DST, r.output_size, src, n);

    /* ... and by the device itself, with and without output */
    d = iaa_decompress(RECORD(1), DST, r.output_size, BACK, n);
    qtest_memset(t->qts, BACK, 0xee, n + 1);
    d.op_flags |= 0x200;
    d.max_dst_size = 0;
    r = iaa_run_desc(t, &d);
    g_assert_cmphex(r.status, ==, 1);
    g_assert_cmpuint(r.output_size, ==, 0);
    g_assert_cmphex(r.crc, ==, crc32(0, src, n));
    g_assert_cmphex(qtest_readb(t->qts, BACK), ==, 0xee);
    d.op_flags &= ~0x200;
    d.max_dst_size = n;
    r = iaa_run_desc(t, &d);
    g_assert_cmphex(r.status, ==, 1);
    g_assert_cmpuint(r.output_size, ==, n);
    g_assert_cmpuint(r.bytes_completed, ==, 0);
    g_assert_cmphex(r.crc, ==, crc32(0, src, n));
    g_assert_cmphex(qtest_readb(t->qts, BACK + n), ==, 0xee);
    qtest_memread(t->qts, BACK, packed, MIN(n, size));
    g_assert_cmpmem(packed, MIN(n, size), src, MIN(n, size));
}

static void check_from_zlib(IAATest *t, const uint8_t *src, size_t n)
{
    size_t size = n + n / 8 + 512;
    g_autofree uint8_t *buf = g_malloc(size);
    size_t packed = iaa_zlib_pack(src, n, buf, size);
    IAADesc d = iaa_decompress(RECORD(0), SRC, packed, BACK, n);
    IAARecord r;

    qtest_memwrite(t->qts, SRC, buf, packed);
    d.op_flags |= 0x10;
    r = iaa_run_desc(t, &d);
    g_assert_cmphex(r.status, ==, 1);
    g_assert_cmpuint(r.output_size, ==, n);
    qtest_memread(t->qts, BACK, buf, n);
    g_assert_cmpmem(buf, n, src, n);
}

static void test_round_trip(void)
{
    static void (*const fills[])(uint8_t *p, size_t n) = {
        fill_text, iaa_fill_random, fill_zero,
    };
    static const size_t sizes[] = { 1, 2, 3, 63, 4095, 4096, 4097, 65536, MIB };
    g_autofree uint8_t *src = g_malloc(MIB);
    IAATest t;

    iaa_start(&t, ",version=0x200");
    iaa_aecs_fixed(&t);
    iaa_up(&t, 16);
    for (int f = 0; f < ARRAY_SIZE(fills); f++) {
        fills[f](src, MIB);
        for (int i = 0; i < ARRAY_SIZE(sizes); i++) {
            check_compress(&t, src, sizes[i], false);
            if (sizes[i] <= 4096) {
                check_compress(&t, src, sizes[i], true);
            }
            check_from_zlib(&t, src, sizes[i]);
        }
    }
    iaa_stop(&t);
}

/* Bytes on the wire: a literal stream that can be worked out by hand */
static void test_known_bits(void)
{
    IAATest t;
    IAADesc d = iaa_compress(RECORD(0), 1, 16);
    uint8_t out[4] = { 0 };
    IAARecord r;

    iaa_start(&t, ",instant=on");
    iaa_aecs_fixed(&t);
    iaa_up(&t, 16);
    qtest_writeb(t.qts, SRC, 'a');
    r = iaa_run_desc(&t, &d);
    g_assert_cmphex(r.status, ==, 1);
    g_assert_cmpuint(r.output_size, ==, 3);
    g_assert_cmpuint(r.output_bits, ==, 2);     /* 3 + 8 + 7 bits */
    qtest_memread(t.qts, DST, out, 3);
    g_assert_cmphex(out[0], ==, 0x4b);
    g_assert_cmphex(out[1], ==, 0x04);
    g_assert_cmphex(out[2], ==, 0x00);

    /* no end-of-block: 11 bits; not flushed: not a whole word of them */
    d.op_flags = 0x0002;
    r = iaa_run_desc(&t, &d);
    g_assert_cmpuint(r.output_size, ==, 2);
    g_assert_cmpuint(r.output_bits, ==, 3);
    d.op_flags = 0;
    r = iaa_run_desc(&t, &d);
    g_assert_cmpuint(r.output_size, ==, 0);

    /* CRC-32C instead */
    d.flags_op |= 0x200000;
    r = iaa_run_desc(&t, &d);
    g_assert_cmphex(r.crc, ==, 0xc1d04330);
    iaa_stop(&t);
}

/* 6.3.2.1: which end-of-block stops, and which has to be there */
static void test_end_of_block(void)
{
    static const uint8_t blocks[] = {
        0x00, 1, 0, 0xfe, 0xff, 'a', 0x01, 1, 0, 0xfe, 0xff, 'b',
        0x01, 1, 0, 0xfe, 0xff, 'c',
    };
    static const struct { uint16_t flags; uint8_t len, error, out; } cases[] = {
        { 0x03, 18, 0, 3 }, { 0x07, 18, 0, 1 }, { 0x17, 18, 0, 2 },
        { 0x0b, 18, 0, 3 }, { 0x1b, 18, 0, 3 }, { 0x0f, 18, 0, 1 },
        { 0x1f, 18, 0, 2 },
        /* after a block that isn't the last; then within one */
        { 0x03, 6, 0, 1 }, { 0x0b, 6, 0, 1 }, { 0x1b, 6, 0x0f, 0 },
        { 0x17, 6, 0, 1 }, { 0x1f, 6, 0x0f, 0 },
        { 0x07, 5, 0, 0 }, { 0x0b, 5, 0x0f, 0 }, { 0x0f, 5, 0x0f, 0 },
    };
    IAATest t;

    iaa_start(&t, ",instant=on");
    iaa_up(&t, 16);
    qtest_memwrite(t.qts, SRC, blocks, sizeof(blocks));
    for (int i = 0; i < ARRAY_SIZE(cases); i++) {
        IAADesc d = iaa_decompress(RECORD(0), SRC, cases[i].len, DST, 64);
        IAARecord r;

        d.op_flags = cases[i].flags;
        r = iaa_run_desc(&t, &d);
        g_test_message("flags 0x%x of %u bytes", cases[i].flags, cases[i].len);
        if (cases[i].error) {
            g_assert_cmphex(r.status, ==, 0x0a);
        } else {
            g_assert_cmphex(r.status, ==, 1);
        }
        g_assert_cmphex(r.error_code, ==, cases[i].error);
        g_assert_cmpuint(r.output_size, ==, cases[i].out);
        g_assert_cmpuint(r.bytes_completed, ==, 0);
    }
    iaa_stop(&t);
}

/* Errors of the stream, and outputs that don't fit */
static void test_stream_errors(void)
{
    static const struct {
        uint8_t bytes[4], len, error;
    } streams[] = {
        { { 0x07 }, 1, 13 }, { { 0x01, 1, 0, 0 }, 4, 15 },
        { { 0x03, 0x02, 0x00 }, 3, 18 }, { { 0x4b, 0x04 }, 2, 15 },
    };
    IAATest t;
    IAADesc d;
    IAARecord r;

    iaa_start(&t, ",instant=on");
    iaa_aecs_fixed(&t);
    iaa_up(&t, 16);
    for (int i = 0; i < ARRAY_SIZE(streams); i++) {
        qtest_memwrite(t.qts, SRC, streams[i].bytes, streams[i].len);
        d = iaa_decompress(RECORD(0), SRC, streams[i].len, DST, 64);
        r = iaa_run_desc(&t, &d);
        g_assert_cmphex(r.status, ==, 0x0a);
        g_assert_cmpuint(r.error_code, ==, streams[i].error);
        g_assert_cmpuint(r.bytes_completed, ==, 0);
    }

    qtest_memset(t.qts, SRC, 0, 4096);
    d = iaa_compress(RECORD(0), 4096, 8);
    qtest_memset(t.qts, DST, 0xee, 16);
    r = iaa_run_desc(&t, &d);
    g_assert_cmphex(r.status, ==, 0x0a);
    g_assert_cmphex(r.error_code, ==, 0x19);
    g_assert_cmphex(qtest_readb(t.qts, DST + 8), ==, 0xee);

    d = iaa_compress(RECORD(0), 4096, 64);
    r = iaa_run_desc(&t, &d);
    g_assert_cmphex(r.status, ==, 1);
    qtest_memset(t.qts, BACK, 0xee, 4096);
    d = iaa_decompress(RECORD(0), DST, r.output_size, BACK, 4095);
    r = iaa_run_desc(&t, &d);
    g_assert_cmphex(r.status, ==, 0x0b);
    g_assert_cmpuint(r.output_size, >, 4095 - 258);
    g_assert_cmpuint(r.bytes_completed, >, 0);
    g_assert_cmphex(qtest_readb(t.qts, BACK + r.output_size - 1), ==, 0);
    g_assert_cmphex(qtest_readb(t.qts, BACK + 4095), ==, 0xee);

    /* an AECS without the codes it takes, and one with too many bits */
    qtest_memset(t.qts, AECS + 0x120, 0, 4);
    d = iaa_compress(RECORD(0), 4096, 8192);
    r = iaa_run_desc(&t, &d);
    g_assert_cmphex(r.status, ==, 0x0a);
    g_assert_cmphex(r.error_code, ==, 0x1e);
    qtest_writel(t.qts, AECS + 0x1c, 2049);
    r = iaa_run_desc(&t, &d);
    g_assert_cmphex(r.status, ==, 0x0a);
    g_assert_cmphex(r.error_code, ==, 0x16);
    iaa_stop(&t);
}

/* Completion records and interrupts */

static void test_completion(void)
{
    IAATest t;
    IAADesc d = iaa_noop(RECORD(0));

    iaa_start(&t, ",instant=on");
    iaa_msix_up(&t, 9);
    iaa_writel(&t, A_GENCTRL, 3);
    iaa_up(&t, 16);

    /* success without the request for a record leaves none */
    d.flags_op = 0x04;
    g_assert_cmphex(iaa_run_desc(&t, &d).status, ==, 0);
    /* a request without an address is an error */
    d.flags_op = 0x08;
    g_assert_cmphex(iaa_run_desc(&t, &d).status, ==, 0);
    g_assert_true(iaa_msix_take(&t, 0));
    g_assert_cmphex(iaa_readl(&t, 0x98), ==, 1);
    g_assert_cmphex(iaa_readq(&t, 0xc0) & 0xff00ff0f, ==, 0x110d);
    iaa_writel(&t, 0x98, 1);
    g_assert_cmphex(iaa_swerr_take(&t), ==, 0x11);

    /* records where there can't be one */
    d.flags_op = 0x0c;
    d.completion_addr = RECORD(0) + 32;
    iaa_run_desc(&t, &d);
    g_assert_cmphex(iaa_swerr_take(&t), ==, 0x1b);
    d.completion_addr = NOWHERE;
    iaa_submit(&t, 0, &d);
    g_assert_cmphex(iaa_readq(&t, 0xd0), ==, NOWHERE);
    /* a second error overflows, and the first one stays */
    d.completion_addr = RECORD(0) + 32;
    iaa_submit(&t, 0, &d);
    g_assert_cmphex(iaa_readq(&t, 0xc0) & 3, ==, 3);
    g_assert_cmphex(iaa_readq(&t, 0xd0), ==, NOWHERE);
    g_assert_cmphex(iaa_swerr_take(&t), ==, 0x1a);
    g_assert_cmphex(iaa_readq(&t, 0xc0) & 3, ==, 0);
    /* interrupts: the queue's vector, with or without a record */
    d = iaa_noop(RECORD(0));
    d.flags_op |= 0x10;
    d.int_handle = 1;
    g_assert_cmphex(iaa_run_desc(&t, &d).status, ==, 1);
    g_assert_true(iaa_msix_take(&t, 1));
    d.flags_op = 0x02000010;
    d.completion_addr = 0;
    iaa_submit(&t, 0, &d);
    g_assert_true(iaa_msix_take(&t, 1));
    iaa_stop(&t);
}

/* Restricted operations */
static void test_op_config(void)
{
    IAATest t;
    IAADesc d = iaa_noop(RECORD(0));

    iaa_start(&t, ",op-config=on,instant=on");
    iaa_writel(&t, IAA_WQCFG_BASE + 32, 4);     /* drain only */
    iaa_up(&t, 2);
    g_assert_cmphex(iaa_run_desc(&t, &d).status, ==, 0x10);
    d.flags_op |= 0x02000000;
    g_assert_cmphex(iaa_run_desc(&t, &d).status, ==, 1);
    iaa_stop(&t);
}

void iaa_add_descriptor_tests(void)
{
    qtest_add_func("/iaa/descriptor/round-trip", test_round_trip);
    qtest_add_func("/iaa/descriptor/known-bits", test_known_bits);
    qtest_add_func("/iaa/descriptor/6.3.2.1-end-of-block", test_end_of_block);
    qtest_add_func("/iaa/descriptor/stream-errors", test_stream_errors);
    qtest_add_func("/iaa/descriptor/completion", test_completion);
    qtest_add_func("/iaa/descriptor/op-config", test_op_config);
}
