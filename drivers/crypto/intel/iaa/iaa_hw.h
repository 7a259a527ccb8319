/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What IAA reads and writes, beyond what <uapi/linux/idxd.h> declares:
 * operation flags, error codes and the compression tables. Numbers such as
 * "IAA 6.3.5" are sections of the Intel IAA Architecture Specification, r2.1.
 */
#ifndef _IAA_HW_H
#define _IAA_HW_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>
#include <uapi/linux/idxd.h>

/* Compression flags (descriptor offset 0x26, IAA 6.3.5.1) */
#define IAA_COMP_FLUSH_OUTPUT		BIT(1)
#define IAA_COMP_APPEND_EOB		BIT(2)
/*
 * Header generation, bits 14:12 (IAA 3.4.5): in one pass, which takes no more
 * than 4 KiB, with a header that is marked bFinal. The values 1 and 2 of the
 * same field leave out the header or the mark.
 */
#define IAA_COMP_HEADER_FINAL		(3 << 12)
#define IAA_HEADER_GEN_MAX		4096

/*
 * Compression 2 flags (descriptor offset 0x38, IAA 6.3.5.2): early abort at an
 * output of so many eighths of the input, as estimated after 512 << size bytes
 */
#define IAA_COMP2_EARLY_ABORT(eighths, size)	((eighths) << 2 | (size) << 5)

/* Decompression flags (descriptor offset 0x26, IAA 6.3.2.1) */
#define IAA_DECOMP_ENABLE		BIT(0)
#define IAA_DECOMP_FLUSH_OUTPUT		BIT(1)
#define IAA_DECOMP_STOP_ON_EOB		BIT(2)
#define IAA_DECOMP_CHECK_EOB		BIT(3)
#define IAA_DECOMP_BFINAL_EOB		BIT(4)
#define IAA_DECOMP_SUPPRESS_OUTPUT	BIT(9)

/*
 * Status of a completion record (IAA 6.2.1): bits 5:0. idxd.h's mask is DSA's,
 * one bit wider; IAA leaves bit 6 unused.
 */
#define IAA_STATUS_MASK			0x3f

/* Error codes of an analytics error (IAA 4.4.2) */
#define IAA_ERROR_OUTPUT_OVERFLOW	0x19
#define IAA_ERROR_VERIFY_FAILURE	0x1d
#define IAA_ERROR_ADMIN_TIMEOUT		0x25
#define IAA_ERROR_EARLY_ABORT		0x29

/*
 * Analytics engine configuration and state, as a compression reads it: the
 * state that an earlier descriptor would have left, and the Huffman tables.
 * A table entry is (length << 15) | code, the code not bit-reversed.
 */
#define IAA_NUM_LL_SYMS			286
#define IAA_NUM_D_SYMS			30
#define IAA_HUFFMAN_ENTRY(len, code)	(((len) << 15) | (code))

struct iaa_aecs {
	__le32 crc;
	__le32 xor_checksum;
	__le32 reserved0[5];
	__le32 num_accum_bits;		/* valid bits in accumulator */
	u8 accumulator[256];		/* put before the output */
	__le32 ll_sym[IAA_NUM_LL_SYMS];
	__le32 reserved1[2];
	__le32 d_sym[IAA_NUM_D_SYMS];
	__le32 reserved2[2];
} __packed;

#define IAA_AECS_ALIGN			32

static_assert(offsetof(struct iaa_aecs, num_accum_bits) == 0x1c);
static_assert(offsetof(struct iaa_aecs, accumulator) == 0x20);
static_assert(offsetof(struct iaa_aecs, ll_sym) == 0x120);
static_assert(offsetof(struct iaa_aecs, d_sym) == 0x5a0);
static_assert(sizeof(struct iaa_aecs) == 1568);

static_assert(sizeof(struct iax_hw_desc) == 64);
static_assert(offsetof(struct iax_hw_desc, completion_addr) == 0x08);
static_assert(offsetof(struct iax_hw_desc, src1_addr) == 0x10);
static_assert(offsetof(struct iax_hw_desc, dst_addr) == 0x18);
static_assert(offsetof(struct iax_hw_desc, src1_size) == 0x20);
static_assert(offsetof(struct iax_hw_desc, int_handle) == 0x24);
static_assert(offsetof(struct iax_hw_desc, compr_flags) == 0x26);
static_assert(offsetof(struct iax_hw_desc, src2_addr) == 0x28);
static_assert(offsetof(struct iax_hw_desc, max_dst_size) == 0x30);
static_assert(offsetof(struct iax_hw_desc, src2_size) == 0x34);
static_assert(offsetof(struct iax_hw_desc, filter_flags) == 0x38);

static_assert(sizeof(struct iax_completion_record) == 64);
static_assert(offsetof(struct iax_completion_record, error_code) == 0x01);
static_assert(offsetof(struct iax_completion_record, bytes_completed) == 0x04);
static_assert(offsetof(struct iax_completion_record, output_size) == 0x18);
static_assert(offsetof(struct iax_completion_record, crc) == 0x20);

#endif /* _IAA_HW_H */
