// SPDX-License-Identifier: GPL-2.0
/*
 * Streams that a device has not made itself, and streams of a device read by
 * zlib. Needs queues that serve: without any each case is skipped.
 */
#include <kunit/test.h>
#include <linux/iaa_comp.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/prandom.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <linux/zlib.h>

#include "iaa.h"

/* IAA has 4 KiB of history (IAA 3.3) */
#define DEVICE_WBITS	(-12)
/* 128 symbols a block: a page becomes many blocks */
#define SMALL_MEMLEVEL	1
#define PAGE_MEMLEVEL	8

#define ROOM		(4 * PAGE_SIZE)

struct device_fixture {
	u8 *plain, *packed, *out;
	void *deflate, *inflate;
	struct rnd_state rnd;
};

static u64 device_sum(size_t offset)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(*(u64 *)((void *)per_cpu_ptr(&iaa_stats, cpu) +
					  offset));
	return sum;
}

static u64 device_stat(enum iaa_stat stat)
{
	return device_sum(offsetof(struct iaa_stats, stat[stat]));
}

static u64 device_fallback(enum iaa_reason reason)
{
	return device_sum(offsetof(struct iaa_stats, fallback[reason]));
}

/* Words of a small vocabulary: repeated strings as well as literals */
static void device_fill(struct device_fixture *f, unsigned int len)
{
	unsigned int at = 0, n;
	char word[12];

	while (at < len) {
		n = snprintf(word, sizeof(word), "%x ",
			     prandom_u32_state(&f->rnd) % 5000);
		n = min(n, len - at);
		memcpy(f->plain + at, word, n);
		at += n;
	}
}

static int device_compress(struct device_fixture *f, enum iaa_comp_mode mode,
			   unsigned int len)
{
	struct iaa_comp_req req = {
		.src = f->plain, .slen = len, .dst = f->packed, .dlen = ROOM,
	};

	return iaa_comp_compress(mode, &req);
}

static int device_decompress(struct device_fixture *f, unsigned int len,
			     unsigned int room)
{
	struct iaa_comp_req req = {
		.src = f->packed, .slen = len, .dst = f->out, .dlen = room,
	};

	memset(f->out, 0xaa, ROOM);
	return iaa_comp_decompress(&req);
}

/* Whether a device, not software, does @mode now */
static bool device_serves(struct device_fixture *f, enum iaa_comp_mode mode)
{
	u64 before = device_stat(IAA_STAT_COMP);

	device_fill(f, PAGE_SIZE);
	return device_compress(f, mode, PAGE_SIZE) > 0 &&
	       device_stat(IAA_STAT_COMP) == before + 1;
}

static int device_init(struct kunit *test)
{
	struct device_fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	f->plain = kunit_kmalloc(test, ROOM, GFP_KERNEL);
	f->packed = kunit_kmalloc(test, ROOM, GFP_KERNEL);
	f->out = kunit_kmalloc(test, ROOM, GFP_KERNEL);
	f->deflate = kunit_kmalloc(test,
				   zlib_deflate_workspacesize(DEVICE_WBITS,
							      PAGE_MEMLEVEL),
				   GFP_KERNEL);
	f->inflate = kunit_kmalloc(test, zlib_inflate_workspacesize(),
				   GFP_KERNEL);
	KUNIT_ASSERT_TRUE(test, f->plain && f->packed && f->out &&
			  f->deflate && f->inflate);
	prandom_seed_state(&f->rnd, 20240917);
	KUNIT_ASSERT_EQ(test, iaa_comp_get(), 0);
	test->priv = f;
	if (!device_serves(f, IAA_COMP_FIXED))
		kunit_skip(test, "no queue serves");
	return 0;
}

static void device_exit(struct kunit *test)
{
	if (test->priv)
		iaa_comp_put();
}

struct stream_case {
	const char *name;
	unsigned int len;
	int level;
	int memlevel;
	/* the first half ends with this */
	int flush;
};

static const struct stream_case stream_cases[] = {
	{ "one block", PAGE_SIZE, 1, PAGE_MEMLEVEL, Z_NO_FLUSH },
	{ "one block of less than its room", 100, 1, PAGE_MEMLEVEL, Z_NO_FLUSH },
	{ "one stored block", PAGE_SIZE, 0, PAGE_MEMLEVEL, Z_NO_FLUSH },
	{ "two blocks", PAGE_SIZE, 1, PAGE_MEMLEVEL, Z_PARTIAL_FLUSH },
	{ "two blocks, an empty stored one between", PAGE_SIZE, 1,
	  PAGE_MEMLEVEL, Z_SYNC_FLUSH },
	{ "two blocks without history", PAGE_SIZE, 1, PAGE_MEMLEVEL,
	  Z_FULL_FLUSH },
	{ "two stored blocks", PAGE_SIZE, 0, PAGE_MEMLEVEL, Z_FULL_FLUSH },
	{ "two fixed blocks", 60, 1, PAGE_MEMLEVEL, Z_PARTIAL_FLUSH },
	{ "many blocks", PAGE_SIZE, 6, SMALL_MEMLEVEL, Z_NO_FLUSH },
};

static void stream_case_name(const struct stream_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(stream, stream_cases, stream_case_name);

static int device_zlib_deflate(struct device_fixture *f,
			       const struct stream_case *c)
{
	struct z_stream_s stream = {
		.workspace = f->deflate,
		.next_in = f->plain,
		.avail_in = c->len / 2,
		.next_out = f->packed,
		.avail_out = ROOM,
	};

	if (zlib_deflateInit2(&stream, c->level, Z_DEFLATED, DEVICE_WBITS,
			      c->memlevel, Z_DEFAULT_STRATEGY) != Z_OK ||
	    zlib_deflate(&stream, c->flush) != Z_OK)
		return -EIO;
	stream.avail_in += c->len - c->len / 2;
	if (zlib_deflate(&stream, Z_FINISH) != Z_STREAM_END)
		return -EIO;
	return stream.total_out;
}

/* Success of a device means that all blocks are there (IAA 6.3.2) */
static void device_reads_zlib(struct kunit *test)
{
	const struct stream_case *c = test->param_value;
	struct device_fixture *f = test->priv;
	u64 hardware, software;
	int packed;

	device_fill(f, c->len);
	packed = device_zlib_deflate(f, c);
	KUNIT_ASSERT_GT(test, packed, 0);
	hardware = device_stat(IAA_STAT_DECOMP);
	software = device_stat(IAA_STAT_SW_DECOMP);
	KUNIT_EXPECT_EQ(test, device_decompress(f, packed, PAGE_SIZE), c->len);
	KUNIT_EXPECT_MEMEQ(test, f->out, f->plain, c->len);
	KUNIT_EXPECT_EQ(test, f->out[c->len], 0xaa);
	KUNIT_EXPECT_EQ(test, device_stat(IAA_STAT_DECOMP), hardware + 1);
	KUNIT_EXPECT_EQ(test, device_stat(IAA_STAT_SW_DECOMP), software);
}

static int device_zlib_inflate(struct device_fixture *f, unsigned int len)
{
	struct z_stream_s stream = {
		.workspace = f->inflate,
		.next_in = f->packed,
		.avail_in = len,
		.next_out = f->out,
		.avail_out = ROOM,
	};

	if (zlib_inflateInit2(&stream, DEVICE_WBITS) != Z_OK ||
	    zlib_inflate(&stream, Z_FINISH) != Z_STREAM_END)
		return -EBADMSG;
	return stream.total_out;
}

static const enum iaa_comp_mode mode_cases[] = {
	IAA_COMP_FIXED, IAA_COMP_DYNAMIC,
};

static void mode_case_name(const enum iaa_comp_mode *mode, char *desc)
{
	strscpy(desc, *mode == IAA_COMP_FIXED ? "fixed" : "dynamic",
		KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(mode, mode_cases, mode_case_name);

static void device_is_read_by_zlib(struct kunit *test)
{
	static const unsigned int lens[] = { 1, 2, 3, 64, 1000, 4095, 4096 };
	const enum iaa_comp_mode *mode = test->param_value;
	struct device_fixture *f = test->priv;
	u64 hardware;
	int i, packed;

	if (!device_serves(f, *mode))
		kunit_skip(test, "no device has this mode");
	hardware = device_stat(IAA_STAT_COMP);
	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		device_fill(f, lens[i]);
		packed = device_compress(f, *mode, lens[i]);
		KUNIT_ASSERT_GT(test, packed, 0);
		memset(f->out, 0xaa, ROOM);
		KUNIT_EXPECT_EQ(test, device_zlib_inflate(f, packed), lens[i]);
		KUNIT_EXPECT_MEMEQ(test, f->out, f->plain, lens[i]);
	}
	KUNIT_EXPECT_EQ(test, device_stat(IAA_STAT_COMP),
			hardware + ARRAY_SIZE(lens));
}

/* 1-pass header generation takes 4096 bytes at most (IAA 6.3.5) */
static void device_dynamic_too_long(struct kunit *test)
{
	static const unsigned int lens[] = { 4097, 8192, ROOM / 2 };
	struct device_fixture *f = test->priv;
	u64 hardware, too_long;
	int i, packed;

	if (!device_serves(f, IAA_COMP_DYNAMIC))
		kunit_skip(test, "no device has this mode");
	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		hardware = device_stat(IAA_STAT_COMP);
		too_long = device_fallback(IAA_TOO_LONG);
		device_fill(f, lens[i]);
		packed = device_compress(f, IAA_COMP_DYNAMIC, lens[i]);
		KUNIT_ASSERT_GT(test, packed, 0);
		KUNIT_EXPECT_EQ(test, device_stat(IAA_STAT_COMP), hardware);
		KUNIT_EXPECT_EQ(test, device_fallback(IAA_TOO_LONG),
				too_long + 1);
		KUNIT_EXPECT_EQ(test, device_decompress(f, packed, ROOM),
				lens[i]);
		KUNIT_EXPECT_MEMEQ(test, f->out, f->plain, lens[i]);
	}
}

static struct kunit_case device_tests[] = {
	KUNIT_CASE_PARAM(device_reads_zlib, stream_gen_params),
	KUNIT_CASE_PARAM(device_is_read_by_zlib, mode_gen_params),
	KUNIT_CASE(device_dynamic_too_long),
	{}
};

static struct kunit_suite iaa_device_suite = {
	.name = "iaa_device",
	.init = device_init,
	.exit = device_exit,
	.test_cases = device_tests,
};

kunit_test_suite(iaa_device_suite);

MODULE_IMPORT_NS("IAA_COMP");
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("KUnit tests of IAA devices through the core");
