// SPDX-License-Identifier: GPL-2.0
/* Descriptors and completion records, as bytes in memory. */
#include "iaa_kunit_copy.h"

#include <kunit/test.h>

/* Pure, and in a module that loads only where there is a device */
#include "../iaa_desc.c"
#include "../iaa_mode.c"
#include "../iaa_mode_dynamic.c"
#include "../iaa_mode_fixed.c"

static const struct iaa_comp_req some_req = {
	.slen = 4096,
	.dlen = 4000,
	.src_dma = 0x1122334455667000,
	.dst_dma = 0x66778899aabbc000,
	.produced = 1234,
	.crc = 0xdeadbeef,
};

static void desc_compress(struct kunit *test)
{
	struct iaa_desc_template tmpl = {
		.compress[IAA_COMP_DYNAMIC] = {
			.opcode = IAX_OPCODE_COMPRESS,
			.compr_flags = 0x3006,
			.src2_addr = 0x42,
		},
	};
	struct iaa_comp_req req = some_req;
	struct iax_hw_desc desc;

	memset(&desc, 0xff, sizeof(desc));
	req.op = IAA_OP_COMPRESS;
	req.mode = IAA_COMP_DYNAMIC;
	iaa_desc_fill(&desc, &tmpl, &req, 0xc0ffee00);
	KUNIT_EXPECT_EQ(test, (u32)desc.opcode, 0x43);
	KUNIT_EXPECT_EQ(test, desc.compr_flags, 0x3006);
	KUNIT_EXPECT_EQ(test, desc.src2_addr, 0x42);
	KUNIT_EXPECT_EQ(test, desc.completion_addr, 0xc0ffee00);
	KUNIT_EXPECT_EQ(test, desc.src1_addr, req.src_dma);
	KUNIT_EXPECT_EQ(test, desc.src1_size, 4096);
	KUNIT_EXPECT_EQ(test, desc.dst_addr, req.dst_dma);
	KUNIT_EXPECT_EQ(test, desc.max_dst_size, 4000);
	KUNIT_EXPECT_EQ(test, desc.filter_flags, 0);
	KUNIT_EXPECT_EQ(test, desc.num_inputs, 0);
}

/* What the devices read, bit by bit: compression, then compression 2 flags */
static void desc_mode_dynamic(struct kunit *test)
{
	struct iaa_device dev = {};
	struct iaa_desc_template tmpl = {};
	struct iax_hw_desc desc;

	memset(&tmpl.compress, 0xff, sizeof(tmpl.compress));
	iaa_mode_dynamic.fill(&dev, &tmpl);
	desc = tmpl.compress[IAA_COMP_DYNAMIC];
	KUNIT_EXPECT_EQ(test, (u32)desc.opcode, 0x43);
	KUNIT_EXPECT_EQ(test, (u32)desc.flags, 0x00000c);
	KUNIT_EXPECT_EQ(test, desc.compr_flags, 0x3006);
	KUNIT_EXPECT_EQ(test, desc.src2_addr, 0);
	KUNIT_EXPECT_EQ(test, desc.src2_size, 0);
	KUNIT_EXPECT_EQ(test, desc.filter_flags, 0);
}

static void desc_mode_fixed(struct kunit *test)
{
	struct iaa_device dev = { .aecs_dma = 0xabcd00 };
	struct iaa_desc_template tmpl = {};
	struct iax_hw_desc desc;

	memset(&tmpl.compress, 0xff, sizeof(tmpl.compress));
	iaa_mode_fixed.fill(&dev, &tmpl);
	desc = tmpl.compress[IAA_COMP_FIXED];
	KUNIT_EXPECT_EQ(test, (u32)desc.opcode, 0x43);
	KUNIT_EXPECT_EQ(test, (u32)desc.flags, 0x01000c);
	KUNIT_EXPECT_EQ(test, desc.compr_flags, 0x0006);
	KUNIT_EXPECT_EQ(test, desc.src2_addr, 0xabcd00);
	KUNIT_EXPECT_EQ(test, desc.src2_size, 1568);
	KUNIT_EXPECT_EQ(test, desc.filter_flags, 0);
}

/* Early abort: at 7/8 after 2 KiB, of devices that can, for those that allow it */
static void desc_early_abort(struct kunit *test)
{
	struct iaa_device dev = { .early_abort = true };
	struct iaa_desc_template tmpl = {};
	struct iaa_comp_req req = some_req;
	struct iax_hw_desc desc;

	iaa_mode_fixed.fill(&dev, &tmpl);
	iaa_mode_dynamic.fill(&dev, &tmpl);
	req.op = IAA_OP_COMPRESS;
	req.flags = IAA_COMP_REQ_GUESS;
	req.mode = IAA_COMP_FIXED;
	iaa_desc_fill(&desc, &tmpl, &req, 0x40);
	KUNIT_EXPECT_EQ(test, desc.filter_flags, 0x5c);
	req.mode = IAA_COMP_DYNAMIC;
	iaa_desc_fill(&desc, &tmpl, &req, 0x40);
	KUNIT_EXPECT_EQ(test, desc.filter_flags, 0);
	req.mode = IAA_COMP_FIXED;
	req.flags = IAA_COMP_REQ_NOWAIT;
	iaa_desc_fill(&desc, &tmpl, &req, 0x40);
	KUNIT_EXPECT_EQ(test, desc.filter_flags, 0);
}

/* Lengths that a queue takes, as binary logarithms */
static void desc_max_shift(struct kunit *test)
{
	struct iaa_device both = {
		.modes = BIT(IAA_COMP_FIXED) | BIT(IAA_COMP_DYNAMIC),
	};
	struct iaa_device fixed = { .modes = BIT(IAA_COMP_FIXED) };

	KUNIT_EXPECT_EQ(test, iaa_mode_max_shift(&both, IAA_COMP_DYNAMIC, 21), 12);
	KUNIT_EXPECT_EQ(test, iaa_mode_max_shift(&both, IAA_COMP_DYNAMIC, 31), 12);
	KUNIT_EXPECT_EQ(test, iaa_mode_max_shift(&both, IAA_COMP_DYNAMIC, 10), 10);
	KUNIT_EXPECT_EQ(test, iaa_mode_max_shift(&fixed, IAA_COMP_DYNAMIC, 21),
			-EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, iaa_mode_max_shift(&both, IAA_COMP_FIXED, 21), 21);
	KUNIT_EXPECT_EQ(test, iaa_mode_max_shift(&both, IAA_COMP_FIXED, 31), 31);
	KUNIT_EXPECT_EQ(test, iaa_mode_max_shift(&both, IAA_COMP_FIXED, 11), 11);
	KUNIT_EXPECT_EQ(test, iaa_mode_max_shift(&both, IAA_COMP_FIXED, 10),
			-EOPNOTSUPP);
}

static void desc_cache_control(struct kunit *test)
{
	struct iaa_desc_template tmpl = {};
	struct iaa_device dev = {};

	iaa_desc_init_decompress(&tmpl);
	iaa_mode_fixed.fill(&dev, &tmpl);
	iaa_mode_dynamic.fill(&dev, &tmpl);
	iaa_desc_set_cache_control(&tmpl);
	KUNIT_EXPECT_EQ(test, (u32)tmpl.compress[IAA_COMP_FIXED].flags, 0x01010c);
	KUNIT_EXPECT_EQ(test, (u32)tmpl.compress[IAA_COMP_DYNAMIC].flags, 0x00010c);
	KUNIT_EXPECT_EQ(test, (u32)tmpl.decompress.flags, 0x00010c);
	KUNIT_EXPECT_EQ(test, (u32)tmpl.verify.flags, 0x00010c);
}

static void desc_decompress(struct kunit *test)
{
	struct iaa_desc_template tmpl = {};
	struct iaa_comp_req req = some_req;
	struct iax_hw_desc desc;

	iaa_desc_init_decompress(&tmpl);
	iaa_desc_set_pasid(&tmpl, 0x12345);
	req.op = IAA_OP_DECOMPRESS;
	iaa_desc_fill(&desc, &tmpl, &req, 0x40);
	KUNIT_EXPECT_EQ(test, (u32)desc.opcode, 0x42);
	KUNIT_EXPECT_EQ(test, (u32)desc.flags, 0x00c);
	KUNIT_EXPECT_EQ(test, desc.decompr_flags, 0x001f);
	KUNIT_EXPECT_EQ(test, (u32)desc.pasid, 0x12345);
	KUNIT_EXPECT_EQ(test, desc.src2_addr, 0);
}

/* Reads back what was written, and writes nothing */
static void desc_verify(struct kunit *test)
{
	struct iaa_desc_template tmpl = {};
	struct iaa_comp_req req = some_req;
	struct iax_hw_desc desc;

	iaa_desc_init_decompress(&tmpl);
	req.op = IAA_OP_VERIFY;
	iaa_desc_fill(&desc, &tmpl, &req, 0x40);
	KUNIT_EXPECT_EQ(test, (u32)desc.opcode, 0x42);
	KUNIT_EXPECT_EQ(test, desc.decompr_flags, 0x021f);
	KUNIT_EXPECT_EQ(test, desc.src1_addr, req.dst_dma);
	KUNIT_EXPECT_EQ(test, desc.src1_size, 1234);
	KUNIT_EXPECT_EQ(test, desc.dst_addr, 0);
	KUNIT_EXPECT_EQ(test, desc.max_dst_size, 0);
}

struct result_case {
	const char *name;
	u8 op, status, error;
	u32 output_size, crc;
	int ret;
	u8 reason;
};

/* bytes_completed is 0 whatever happens, but for a full decompression */
static const struct result_case result_cases[] = {
	{ "compressed", IAA_OP_COMPRESS, 0x01, 0, 1000, 0, 1000 },
	{ "compressed, fills dst", IAA_OP_COMPRESS, 0x01, 0, 4000, 0, 4000 },
	{ "compressed beyond dst", IAA_OP_COMPRESS, 0x01, 0, 4001, 0, -EREMOTEIO, IAA_LIED },
	{ "compressed to nothing", IAA_OP_COMPRESS, 0x01, 0, 0, 0, -EREMOTEIO, IAA_LIED },
	{ "incompressible, analytics", IAA_OP_COMPRESS, 0x0a, 0x19, 0, 0, -ENOSPC },
	{ "incompressible, early abort", IAA_OP_COMPRESS, 0x0a, 0x29, 0, 0, -ENOSPC },
	{ "incompressible, overflow", IAA_OP_COMPRESS, 0x0b, 0, 0, 0, -ENOSPC },
	{ "compress, analytics error", IAA_OP_COMPRESS, 0x0a, 0x01, 0, 0, -EREMOTEIO,
	  IAA_HW_ERROR },
	{ "compress, over 4 KiB", IAA_OP_COMPRESS, 0x0a, 0x28, 0, 0, -EREMOTEIO, IAA_HW_ERROR },
	{ "compress, own verification", IAA_OP_COMPRESS, 0x0a, 0x1d, 0, 0, -EREMOTEIO,
	  IAA_HW_ERROR },
	{ "compress, submit again", IAA_OP_COMPRESS, 0x0a, 0x25, 0, 0, -EAGAIN },
	{ "compress, page fault", IAA_OP_COMPRESS, 0x04, 0, 0, 0, -EREMOTEIO, IAA_HW_ERROR },
	{ "compress, bad opcode", IAA_OP_COMPRESS, 0x10, 0, 0, 0, -EREMOTEIO, IAA_HW_ERROR },
	{ "compress, bad flags", IAA_OP_COMPRESS, 0x11, 0, 0, 0, -EREMOTEIO, IAA_HW_ERROR },
	{ "compress, bad size", IAA_OP_COMPRESS, 0x13, 0, 0, 0, -EREMOTEIO, IAA_HW_ERROR },
	{ "compress, watchdog", IAA_OP_COMPRESS, 0x24, 0, 0, 0, -EREMOTEIO, IAA_HW_ERROR },
	{ "compress, bad comp flag", IAA_OP_COMPRESS, 0x30, 0, 0, 0, -EREMOTEIO, IAA_HW_ERROR },
	{ "compress, stale error code", IAA_OP_COMPRESS, 0x30, 0x19, 0, 0, -EREMOTEIO,
	  IAA_HW_ERROR },
	{ "compress, unknown status", IAA_OP_COMPRESS, 0x3f, 0, 0, 0, -EREMOTEIO, IAA_HW_ERROR },
	{ "decompressed", IAA_OP_DECOMPRESS, 0x01, 0, 4000, 0, 4000 },
	{ "decompressed, less than dst", IAA_OP_DECOMPRESS, 0x01, 0, 17, 0, 17 },
	{ "decompressed to nothing", IAA_OP_DECOMPRESS, 0x01, 0, 0, 0, 0 },
	{ "decompressed beyond dst", IAA_OP_DECOMPRESS, 0x01, 0, 4001, 0, -EREMOTEIO, IAA_LIED },
	{ "decompress, overflow", IAA_OP_DECOMPRESS, 0x0b, 0, 0, 0, -EREMOTEIO, IAA_BAD_STREAM },
	{ "decompress, far history", IAA_OP_DECOMPRESS, 0x0a, 0x11, 0, 0, -EREMOTEIO,
	  IAA_BAD_STREAM },
	{ "decompress, no final EOB", IAA_OP_DECOMPRESS, 0x0a, 0x0f, 0, 0, -EREMOTEIO,
	  IAA_BAD_STREAM },
	{ "decompress, code 0x19", IAA_OP_DECOMPRESS, 0x0a, 0x19, 0, 0, -EREMOTEIO,
	  IAA_BAD_STREAM },
	{ "decompress, submit again", IAA_OP_DECOMPRESS, 0x0a, 0x25, 0, 0, -EAGAIN },
	{ "decompress, watchdog", IAA_OP_DECOMPRESS, 0x24, 0, 0, 0, -EREMOTEIO, IAA_HW_ERROR },
	{ "decompress, hw error", IAA_OP_DECOMPRESS, 0x20, 0, 0, 0, -EREMOTEIO, IAA_HW_ERROR },
	{ "verified", IAA_OP_VERIFY, 0x01, 0, 0, 0xdeadbeef, 1234 },
	{ "verified, wrong CRC", IAA_OP_VERIFY, 0x01, 0, 0, 0xdeadbeee, -EREMOTEIO, IAA_LIED },
	{ "verify, bad stream", IAA_OP_VERIFY, 0x0a, 0x0b, 0, 0, -EREMOTEIO, IAA_BAD_STREAM },
	{ "verify, submit again", IAA_OP_VERIFY, 0x0a, 0x25, 0, 0, -EAGAIN },
	{ "write fault bit is no status", IAA_OP_COMPRESS, 0x81, 0, 1000, 0, 1000 },
	{ "nor is the unused bit", IAA_OP_COMPRESS, 0x41, 0, 1000, 0, 1000 },
	{ "of a failure, either", IAA_OP_COMPRESS, 0xca, 0x19, 0, 0, -ENOSPC },
};

static void result_case_name(const struct result_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(result, result_cases, result_case_name);

static void desc_result(struct kunit *test)
{
	const struct result_case *c = test->param_value;
	struct iax_completion_record rec = {
		.status = c->status,
		.error_code = c->error,
		.output_size = c->output_size,
		.crc = c->crc,
	};
	struct iaa_comp_req req = some_req;

	req.op = c->op;
	KUNIT_EXPECT_EQ(test, iaa_desc_result(&rec, &req), c->ret);
	if (c->ret == -EREMOTEIO)
		KUNIT_EXPECT_EQ(test, req.reason, c->reason);
}

/* A caller that knows how much there is does not take less for the end */
static void desc_whole(struct kunit *test)
{
	struct iax_completion_record rec = { .status = 0x01, .output_size = 3999 };
	struct iaa_comp_req req = some_req;

	req.op = IAA_OP_DECOMPRESS;
	KUNIT_EXPECT_EQ(test, iaa_desc_result(&rec, &req), 3999);
	req.flags = IAA_COMP_REQ_WHOLE;
	KUNIT_EXPECT_EQ(test, iaa_desc_result(&rec, &req), -EREMOTEIO);
	KUNIT_EXPECT_EQ(test, req.reason, IAA_LIED);
	rec.output_size = 4000;
	KUNIT_EXPECT_EQ(test, iaa_desc_result(&rec, &req), 4000);
}

/* A device that is told to stop every time does not keep a request for ever */
static void desc_resubmits(struct kunit *test)
{
	struct iax_completion_record rec = { .status = 0x0a, .error_code = 0x25 };
	struct iaa_comp_req req = some_req;

	req.op = IAA_OP_COMPRESS;
	KUNIT_EXPECT_EQ(test, iaa_desc_result(&rec, &req), -EAGAIN);
	KUNIT_EXPECT_EQ(test, iaa_desc_result(&rec, &req), -EAGAIN);
	KUNIT_EXPECT_EQ(test, iaa_desc_result(&rec, &req), -EREMOTEIO);
	KUNIT_EXPECT_EQ(test, req.reason, IAA_HW_ERROR);
}

static u64 stat_here(enum iaa_stat stat)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += per_cpu(iaa_stats, cpu).stat[stat];
	return sum;
}

/* The device's own verification has a counter of its own */
static void desc_verify_failure(struct kunit *test)
{
	struct iax_completion_record rec = { .status = 0x0a, .error_code = 0x1d };
	u64 before = stat_here(IAA_STAT_VERIFY);
	struct iaa_comp_req req = some_req;

	req.op = IAA_OP_COMPRESS;
	iaa_desc_result(&rec, &req);
	req.op = IAA_OP_DECOMPRESS;
	iaa_desc_result(&rec, &req);
	KUNIT_EXPECT_GE(test, stat_here(IAA_STAT_VERIFY), before + 2);
}

/* Attempts to take a queue up: the first after a second, at least one a minute */
static void desc_backoff(struct kunit *test)
{
	unsigned long delay = 0;
	int i;

	for (i = 0; i < 6; i++) {
		delay = iaa_backoff(delay);
		KUNIT_EXPECT_EQ(test, delay, HZ << i);
	}
	for (i = 0; i < 3; i++) {
		delay = iaa_backoff(delay);
		KUNIT_EXPECT_EQ(test, delay, 60 * HZ);
	}
}

static struct kunit_case desc_tests[] = {
	KUNIT_CASE(desc_mode_dynamic),
	KUNIT_CASE(desc_mode_fixed),
	KUNIT_CASE(desc_early_abort),
	KUNIT_CASE(desc_max_shift),
	KUNIT_CASE(desc_cache_control),
	KUNIT_CASE(desc_compress),
	KUNIT_CASE(desc_decompress),
	KUNIT_CASE(desc_verify),
	KUNIT_CASE_PARAM(desc_result, result_gen_params),
	KUNIT_CASE(desc_whole),
	KUNIT_CASE(desc_resubmits),
	KUNIT_CASE(desc_verify_failure),
	KUNIT_CASE(desc_backoff),
	{}
};

static struct kunit_suite iaa_desc_suite = {
	.name = "iaa_desc",
	.test_cases = desc_tests,
};

kunit_test_suite(iaa_desc_suite);

MODULE_IMPORT_NS("IAA_COMP");
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("KUnit tests of IAA descriptors");
