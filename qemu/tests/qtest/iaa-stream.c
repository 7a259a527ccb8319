/*
 * IAA accelerator: sources, and streams made of them
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include <zlib.h>
#include "iaa-stream.h"

void iaa_fill_text(uint8_t *p, size_t n, unsigned seed)
{
    static const char *const words[] = {
        "page ", "queue ", "the ", "zswap", " = ", "(struct ", "0x", ";\n",
        "return ", "of ", "accelerator ", "int ", "a", "descriptor ",
    };

    for (size_t i = 0; i < n; ) {
        const char *w = words[(seed = seed * 1664525 + 1013904223) >> 16 &
                              0x7fff % ARRAY_SIZE(words)];

        while (*w && i < n) {
            p[i++] = *w++;
        }
    }
}

void iaa_fill_random(uint8_t *p, size_t n)
{
    uint32_t x = 12345;

    for (size_t i = 0; i < n; i++) {
        x = x * 1664525 + 1013904223;
        p[i] = x >> 24;
    }
}

size_t iaa_zlib_pack(const uint8_t *src, size_t n, uint8_t *dst,
                        size_t size)
{
    z_stream z = {
        .next_in = (Bytef *)src, .avail_in = n,
        .next_out = dst, .avail_out = size,
    };

    g_assert_cmpint(deflateInit2(&z, 6, Z_DEFLATED, -12, 8,
                                 Z_DEFAULT_STRATEGY), ==, Z_OK);
    g_assert_cmpint(deflate(&z, Z_FINISH), ==, Z_STREAM_END);
    deflateEnd(&z);
    return z.total_out;
}

void iaa_zlib_check(IAATest *t, uint64_t addr, size_t n,
                       const uint8_t *want, size_t want_len)
{
    g_autofree uint8_t *packed = g_malloc(n), *back = g_malloc(want_len + 1);
    z_stream z = {
        .next_in = packed, .avail_in = n,
        .next_out = back, .avail_out = want_len + 1,
    };

    qtest_memread(t->qts, addr, packed, n);
    g_assert_cmpint(inflateInit2(&z, -12), ==, Z_OK);
    g_assert_cmpint(inflate(&z, Z_FINISH), ==, Z_STREAM_END);
    g_assert_cmpmem(back, z.total_out, want, want_len);
    inflateEnd(&z);
}

void iaa_memory_check(IAATest *t, uint64_t addr, const uint8_t *want,
                         size_t n)
{
    g_autofree uint8_t *got = g_malloc(n);

    qtest_memread(t->qts, addr, got, n);
    g_assert_cmpmem(got, n, want, n);
}

void iaa_start_simple(IAATest *t, bool gen2)
{
    iaa_start(t, gen2 ? ",version=0x200,instant=on" : ",instant=on");
    iaa_aecs_fixed(t);
    iaa_up(t, 16);
}

void iaa_expect(IAATest *t, const IAADesc *d, uint8_t status, uint8_t error)
{
    IAARecord r = iaa_run_desc(t, d);

    g_assert_cmphex(r.status, ==, status);
    g_assert_cmphex(r.error_code, ==, error);
}

IAADesc iaa_dynamic(uint32_t len, uint16_t flags)
{
    IAADesc d = iaa_compress(RECORD(0), len, 2 * IAA_PAGE);

    d.flags_op = 0x4300010c;
    d.op_flags = flags;
    d.src2_addr = d.src2_size = 0;
    return d;
}

IAADesc iaa_first_pass(uint32_t len, uint16_t flags, uint64_t to)
{
    IAADesc d = iaa_dynamic(len, flags);

    d.flags_op = 0x4344010c;        /* toggle: write to A */
    d.dst_addr = d.max_dst_size = 0;
    d.src2_addr = to;
    d.src2_size = sizeof(IAAAecs);
    d.filter_flags = 2;
    return d;
}
