/*
 * IAA accelerator: sources, and streams made of them
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef TESTS_QTEST_IAA_STREAM_H
#define TESTS_QTEST_IAA_STREAM_H

#include "iaa-util.h"

#define IAA_PAGE    4096

/* Sources, the same on every run */
void iaa_fill_text(uint8_t *p, size_t n, unsigned seed);
void iaa_fill_random(uint8_t *p, size_t n);

/**
 * iaa_zlib_pack: a stream with a window of 4 KiB; returns its length
 */
size_t iaa_zlib_pack(const uint8_t *src, size_t n, uint8_t *dst, size_t size);

/**
 * iaa_zlib_check: see that @n bytes at @addr are a whole stream of @want
 */
void iaa_zlib_check(IAATest *t, uint64_t addr, size_t n, const uint8_t *want,
                    size_t want_len);

/**
 * iaa_memory_check: see what guest memory holds
 */
void iaa_memory_check(IAATest *t, uint64_t addr, const uint8_t *want,
                      size_t n);

/**
 * iaa_start_simple: a device that takes no time, one WQ, fixed codes at AECS
 * @gen2: of version 2.0
 */
void iaa_start_simple(IAATest *t, bool gen2);

/**
 * iaa_expect: run a descriptor, and see how it ends
 */
void iaa_expect(IAATest *t, const IAADesc *d, uint8_t status, uint8_t error);

/**
 * iaa_dynamic: compress to DST with these flags, without source 2
 */
IAADesc iaa_dynamic(uint32_t len, uint16_t flags);

/**
 * iaa_first_pass: of header generation in two passes; writes the AECS to @to
 */
IAADesc iaa_first_pass(uint32_t len, uint16_t flags, uint64_t to);

#endif
