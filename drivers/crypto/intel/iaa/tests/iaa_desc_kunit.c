// SPDX-License-Identifier: GPL-2.0
/* Descriptors and completion records, as bytes in memory. */
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
	struct iax_hw_desc desc;

	memset(&desc, 0xff, sizeof(desc));
	iaa_mode_dynamic.fill(&dev, &desc);
	KUNIT_EXPECT_EQ(test, (u32)desc.opcode, 0x43);
	KUNIT_EXPECT_EQ(test, (u32)desc.flags, 0x00010c);
	KUNIT_EXPECT_EQ(test, desc.compr_flags, 0x3006);
	KUNIT_EXPECT_EQ(test, desc.src2_addr, 0);
	KUNIT_EXPECT_EQ(test, desc.src2_size, 0);
	KUNIT_EXPECT_EQ(test, desc.filter_flags, 0);
}

static void desc_mode_fixed(struct kunit *test)
{
	struct iaa_device dev = { .aecs_dma = 0xabcd00 };
	struct iax_hw_desc desc;

	memset(&desc, 0xff, sizeof(desc));
	iaa_mode_fixed.fill(&dev, &desc);
	KUNIT_EXPECT_EQ(test, (u32)desc.opcode, 0x43);
	KUNIT_EXPECT_EQ(test, (u32)desc.flags, 0x01010c);
	KUNIT_EXPECT_EQ(test, desc.compr_flags, 0x0006);
	KUNIT_EXPECT_EQ(test, desc.src2_addr, 0xabcd00);
	KUNIT_EXPECT_EQ(test, desc.src2_size, 1568);
	KUNIT_EXPECT_EQ(test, desc.filter_flags, 0);
}

/* Lengths that a queue takes; 0 where it cannot do the mode at all */
static void desc_max_unit(struct kunit *test)
{
	struct iaa_device both = {
		.modes = BIT(IAA_COMP_FIXED) | BIT(IAA_COMP_DYNAMIC),
	};
	struct iaa_device fixed = { .modes = BIT(IAA_COMP_FIXED) };

	KUNIT_EXPECT_EQ(test, iaa_mode_max_unit(&both, IAA_COMP_DYNAMIC, SZ_2M), 4096);
	KUNIT_EXPECT_EQ(test, iaa_mode_max_unit(&both, IAA_COMP_DYNAMIC, SZ_2G), 4096);
	KUNIT_EXPECT_EQ(test, iaa_mode_max_unit(&both, IAA_COMP_DYNAMIC, 1024), 1024);
	KUNIT_EXPECT_EQ(test, iaa_mode_max_unit(&fixed, IAA_COMP_DYNAMIC, SZ_2M), 0);
	KUNIT_EXPECT_EQ(test, iaa_mode_max_unit(&both, IAA_COMP_FIXED, SZ_2M), SZ_2M);
	KUNIT_EXPECT_EQ(test, iaa_mode_max_unit(&both, IAA_COMP_FIXED, SZ_2G), SZ_2G);
	KUNIT_EXPECT_EQ(test, iaa_mode_max_unit(&both, IAA_COMP_FIXED, 1568), 1568);
	KUNIT_EXPECT_EQ(test, iaa_mode_max_unit(&both, IAA_COMP_FIXED, 1567), 0);
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
	KUNIT_EXPECT_EQ(test, (u32)desc.flags, 0x10c);
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
	u32 output_size, bytes_completed, crc;
	int ret;
	u8 reason;
};

static const struct result_case result_cases[] = {
	{ "compressed", IAA_OP_COMPRESS, 0x01, 0, 1000, 0, 0, 1000 },
	{ "compressed, fills dst", IAA_OP_COMPRESS, 0x01, 0, 4000, 0, 0, 4000 },
	{ "compressed beyond dst", IAA_OP_COMPRESS, 0x01, 0, 4001, 0, 0, -EREMOTEIO, IAA_LIED },
	{ "compressed to nothing", IAA_OP_COMPRESS, 0x01, 0, 0, 0, 0, -EREMOTEIO, IAA_LIED },
	{ "incompressible, analytics", IAA_OP_COMPRESS, 0x0a, 0x19, 0, 0, 0, -ENOSPC },
	{ "incompressible, overflow", IAA_OP_COMPRESS, 0x0b, 0, 0, 0, 0, -ENOSPC },
	{ "compress, analytics error", IAA_OP_COMPRESS, 0x0a, 0x01, 0, 0, 0, -EREMOTEIO,
	  IAA_HW_ERROR },
	{ "compress, page fault", IAA_OP_COMPRESS, 0x04, 0, 0, 0, 0, -EREMOTEIO, IAA_HW_ERROR },
	{ "compress, bad opcode", IAA_OP_COMPRESS, 0x10, 0, 0, 0, 0, -EREMOTEIO, IAA_HW_ERROR },
	{ "compress, bad flags", IAA_OP_COMPRESS, 0x11, 0, 0, 0, 0, -EREMOTEIO, IAA_HW_ERROR },
	{ "compress, bad size", IAA_OP_COMPRESS, 0x13, 0, 0, 0, 0, -EREMOTEIO, IAA_HW_ERROR },
	{ "compress, watchdog", IAA_OP_COMPRESS, 0x24, 0, 0, 0, 0, -EREMOTEIO, IAA_HW_ERROR },
	{ "compress, bad comp flag", IAA_OP_COMPRESS, 0x30, 0, 0, 0, 0, -EREMOTEIO, IAA_HW_ERROR },
	{ "compress, unknown status", IAA_OP_COMPRESS, 0x7f, 0, 0, 0, 0, -EREMOTEIO, IAA_HW_ERROR },
	{ "decompressed", IAA_OP_DECOMPRESS, 0x01, 0, 4000, 0, 0, 4000 },
	{ "decompressed, less than dst", IAA_OP_DECOMPRESS, 0x01, 0, 17, 0, 0, 17 },
	{ "decompressed to nothing", IAA_OP_DECOMPRESS, 0x01, 0, 0, 0, 0, 0 },
	{ "decompressed beyond dst", IAA_OP_DECOMPRESS, 0x01, 0, 4001, 0, 0, -EREMOTEIO,
	  IAA_LIED },
	{ "decompress, overflow", IAA_OP_DECOMPRESS, 0x0b, 0, 0, 0, 0, -EREMOTEIO, IAA_BAD_STREAM },
	{ "decompress, far history", IAA_OP_DECOMPRESS, 0x0a, 17, 0, 0, 0, -EREMOTEIO,
	  IAA_BAD_STREAM },
	{ "decompress, code 0x19", IAA_OP_DECOMPRESS, 0x0a, 0x19, 0, 0, 0, -EREMOTEIO,
	  IAA_BAD_STREAM },
	{ "decompress, watchdog", IAA_OP_DECOMPRESS, 0x24, 0, 0, 0, 0, -EREMOTEIO, IAA_HW_ERROR },
	{ "decompress, hw error", IAA_OP_DECOMPRESS, 0x20, 0, 0, 0, 0, -EREMOTEIO, IAA_HW_ERROR },
	{ "verified", IAA_OP_VERIFY, 0x01, 0, 0, 1234, 0xdeadbeef, 1234 },
	{ "verified, wrong CRC", IAA_OP_VERIFY, 0x01, 0, 0, 1234, 0xdeadbeee, -EREMOTEIO,
	  IAA_LIED },
	{ "verify, bad stream", IAA_OP_VERIFY, 0x0a, 11, 0, 0, 0, -EREMOTEIO, IAA_BAD_STREAM },
	{ "write fault bit is no status", IAA_OP_COMPRESS, 0x81, 0, 1000, 0, 0, 1000 },
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
		.bytes_completed = c->bytes_completed,
		.crc = c->crc,
	};
	struct iaa_comp_req req = some_req;

	req.op = c->op;
	KUNIT_EXPECT_EQ(test, iaa_desc_result(&rec, &req), c->ret);
	if (c->ret == -EREMOTEIO)
		KUNIT_EXPECT_EQ(test, req.reason, c->reason);
}

static struct kunit_case desc_tests[] = {
	KUNIT_CASE(desc_mode_dynamic),
	KUNIT_CASE(desc_mode_fixed),
	KUNIT_CASE(desc_max_unit),
	KUNIT_CASE(desc_compress),
	KUNIT_CASE(desc_decompress),
	KUNIT_CASE(desc_verify),
	KUNIT_CASE_PARAM(desc_result, result_gen_params),
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
