/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Deflate compression of pages on Intel IAA, with software behind it.
 *
 * A request is one unit, usually a page. Submitting and retiring a request
 * are separate steps, so a caller keeps several in flight and works on those
 * that came back while the device works on the others:
 *
 *	iaa_comp_submit_compress(mode, &a);
 *	iaa_comp_submit_compress(mode, &b);
 *	len_a = iaa_comp_wait(&a);
 *	store(a.dst, len_a);
 *	len_b = iaa_comp_wait(&b);
 *
 * There need not be a device. What no work queue takes, or a device fails to
 * do, is done in software, so no caller needs a second code path.
 */
#ifndef _LINUX_IAA_COMP_H
#define _LINUX_IAA_COMP_H

#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/types.h>

struct completion;
struct iaa_comp_batch;
struct iaa_comp_buf;
struct idxd_desc;
struct iaa_wq;

/**
 * enum iaa_comp_mode - how compressed data is encoded
 * @IAA_COMP_FIXED: deflate with the fixed Huffman tables
 * @IAA_COMP_DYNAMIC: deflate with tables made for each unit; needs IAA 2.0
 *	(IAACAP header generation), other devices leave it to software
 * @IAA_COMP_NR_MODES: number of modes
 *
 * Decompression needs no mode: every stream says how it is encoded.
 */
enum iaa_comp_mode {
	IAA_COMP_FIXED,
	IAA_COMP_DYNAMIC,
	IAA_COMP_NR_MODES,
};

/**
 * IAA_COMP_REQ_NOWAIT: submit returns -EAGAIN when every queue is full
 *
 * The caller retires one of its earlier requests and submits again. Without
 * the flag a submission retries for a while and then runs in software.
 */
#define IAA_COMP_REQ_NOWAIT	BIT(0)

/**
 * IAA_COMP_REQ_GUESS: -ENOSPC of a compression may be a guess
 *
 * A device that can do so gives up when the first 2 KiB of a unit look as if
 * it will not shrink to 7/8. Now and then one would have. This is for callers
 * with little more room than that, which keep such a unit as it is. Software
 * does not guess.
 */
#define IAA_COMP_REQ_GUESS	BIT(1)

/**
 * IAA_COMP_REQ_WHOLE: a decompression produces @dlen bytes
 *
 * For callers that know how long the unit was. When a device reports fewer,
 * software does the work.
 */
#define IAA_COMP_REQ_WHOLE	BIT(2)

/* Levels are those of zlib: 1 is the fastest, 9 makes the smallest result */
#define IAA_COMP_LEVEL_MIN	1
#define IAA_COMP_LEVEL_MAX	9
#define IAA_COMP_LEVEL_DEFAULT	IAA_COMP_LEVEL_MIN

#define IAA_COMP_REQ_LEVEL_MASK	GENMASK(7, 4)

/**
 * IAA_COMP_REQ_LEVEL() - effort of a compression that software does
 * @level: IAA_COMP_LEVEL_MIN to IAA_COMP_LEVEL_MAX
 *
 * A device knows no levels and ignores it. Flags without a level ask for
 * IAA_COMP_LEVEL_DEFAULT. Any level's result can be decompressed by a device.
 */
#define IAA_COMP_REQ_LEVEL(level)	FIELD_PREP(IAA_COMP_REQ_LEVEL_MASK, level)

/**
 * struct iaa_comp_req - one unit to compress or decompress
 * @src: what to read; any kernel address (linear map, vmalloc, stack)
 * @dst: where to write; any kernel address, must not overlap @src
 * @slen: bytes at @src, 1 to 2 GiB - 1
 * @dlen: room at @dst in bytes, 1 to 2 GiB - 1
 * @batch: what the uncompressed side is a page of, or NULL; see iaa_comp_dma.h
 * @buf: what the compressed side is in, from its beginning, or NULL
 * @flags: IAA_COMP_REQ_NOWAIT, IAA_COMP_REQ_GUESS, IAA_COMP_REQ_WHOLE,
 *	IAA_COMP_REQ_LEVEL()
 * @result: bytes produced, or -errno, or -EINPROGRESS while in flight
 *
 * A request is zeroed before its first use.
 *
 * @src and @dst belong to the core from submission until the request has been
 * retired, which is when submit or wait first returned something other
 * than -EINPROGRESS; a submission that returned -EAGAIN gave them back, too.
 * A request in flight must be waited for within a reasonable time,
 * from any process context: it holds its work queue.
 */
struct iaa_comp_req {
	const void *src;
	void *dst;
	unsigned int slen;
	unsigned int dlen;
	struct iaa_comp_batch *batch;
	struct iaa_comp_buf *buf;
	unsigned int flags;
	int result;

	/* private: the core's, while the request is in flight */
	u8 op;
	u8 mode;
	u8 reason;
	u8 resubmits;
	bool verify;
	u8 kept;
	struct iaa_wq *wq;
	struct idxd_desc *desc;
	dma_addr_t src_dma;
	dma_addr_t dst_dma;
	void *src_bounce;
	void *dst_bounce;
	unsigned long deadline;
	unsigned int epoch;
	unsigned int produced;
	u32 crc;
	struct completion *irq_done;
};

int iaa_comp_get(void);
void iaa_comp_put(void);

int iaa_comp_submit_compress(enum iaa_comp_mode mode, struct iaa_comp_req *req);
int iaa_comp_submit_decompress(struct iaa_comp_req *req);
int iaa_comp_wait(struct iaa_comp_req *req);

int iaa_comp_compress(enum iaa_comp_mode mode, struct iaa_comp_req *req);
int iaa_comp_decompress(struct iaa_comp_req *req);

#endif /* _LINUX_IAA_COMP_H */
