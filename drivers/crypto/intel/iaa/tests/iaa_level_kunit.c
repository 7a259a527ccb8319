// SPDX-License-Identifier: GPL-2.0
/*
 * Levels of the software path. The test has workspaces of its own, so no device
 * takes the requests.
 */
#include "iaa_kunit_copy.h"

#include <kunit/test.h>
#include <linux/iaa_comp.h>
#include <linux/mm.h>
#include <linux/prandom.h>
#include <linux/random.h>
#include <linux/string.h>

/* The functions under test are not exported */
#include "../iaa_soft.c"

struct level_fixture {
	u8 *plain, *packed, *other, *out;
};

#define ROOM	(2 * PAGE_SIZE)

/* Matches that only a search of more than one candidate finds */
static void level_fill(u8 *page)
{
	static const char words[][12] = {
		"compress", "compressor", "computer", "compare", "complete",
		"completion", "component", "composer",
	};
	struct rnd_state rnd;
	unsigned int at = 0;

	prandom_seed_state(&rnd, 20261129);
	while (at < PAGE_SIZE) {
		u32 bits = prandom_u32_state(&rnd);
		const char *word = words[bits % ARRAY_SIZE(words)];
		size_t len = min(strlen(word) - (bits >> 8) % 3, PAGE_SIZE - at);

		memcpy(page + at, word, len);
		at += len;
	}
}

static int level_init(struct kunit *test)
{
	struct level_fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	f->plain = kunit_kmalloc(test, PAGE_SIZE, GFP_KERNEL);
	f->packed = kunit_kmalloc(test, ROOM, GFP_KERNEL);
	f->other = kunit_kmalloc(test, ROOM, GFP_KERNEL);
	f->out = kunit_kmalloc(test, PAGE_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_TRUE(test, f->plain && f->packed && f->other && f->out);
	KUNIT_ASSERT_EQ(test, iaa_soft_get(), 0);
	level_fill(f->plain);
	test->priv = f;
	return 0;
}

static void level_exit(struct kunit *test)
{
	if (test->priv)
		iaa_soft_put();
}

static int level_pack(const u8 *plain, u8 *packed, unsigned int flags,
		      unsigned int room)
{
	struct iaa_comp_req req = {
		.src = plain, .slen = PAGE_SIZE,
		.dst = packed, .dlen = room,
		.flags = flags,
	};

	return iaa_soft_compress(&req);
}

static void level_round_trip(struct kunit *test)
{
	struct level_fixture *f = test->priv;
	struct iaa_comp_req req = {
		.src = f->packed, .dst = f->out, .dlen = PAGE_SIZE,
	};
	int level, len;

	for (level = IAA_COMP_LEVEL_MIN; level <= IAA_COMP_LEVEL_MAX; level++) {
		len = level_pack(f->plain, f->packed, IAA_COMP_REQ_LEVEL(level), ROOM);
		KUNIT_ASSERT_GT(test, len, 0);
		KUNIT_ASSERT_LT(test, len, PAGE_SIZE);
		memset(f->out, 0, PAGE_SIZE);
		req.slen = len;
		KUNIT_EXPECT_EQ(test, iaa_soft_decompress(&req), PAGE_SIZE);
		KUNIT_EXPECT_MEMEQ(test, f->out, f->plain, PAGE_SIZE);
	}
}

static void level_pays(struct kunit *test)
{
	struct level_fixture *f = test->priv;
	int fast, small;

	fast = level_pack(f->plain, f->packed,
			  IAA_COMP_REQ_LEVEL(IAA_COMP_LEVEL_MIN), ROOM);
	small = level_pack(f->plain, f->packed,
			   IAA_COMP_REQ_LEVEL(IAA_COMP_LEVEL_MAX), ROOM);
	KUNIT_EXPECT_LT(test, small, fast);
}

/* Other flags neither are a level nor hide one */
static void level_among_flags(struct kunit *test)
{
	const unsigned int others = IAA_COMP_REQ_NOWAIT | IAA_COMP_REQ_GUESS;
	struct level_fixture *f = test->priv;
	int level, len;

	for (level = IAA_COMP_LEVEL_MIN; level <= IAA_COMP_LEVEL_MAX; level++) {
		unsigned int flags = IAA_COMP_REQ_LEVEL(level);

		KUNIT_EXPECT_EQ(test, flags & others, 0);
		len = level_pack(f->plain, f->packed, flags, ROOM);
		KUNIT_ASSERT_GT(test, len, 0);
		KUNIT_EXPECT_EQ(test, level_pack(f->plain, f->other, flags | others, ROOM),
				len);
		KUNIT_EXPECT_MEMEQ(test, f->other, f->packed, len);
	}
}

static void level_default(struct kunit *test)
{
	struct level_fixture *f = test->priv;
	int len;

	len = level_pack(f->plain, f->packed, 0, ROOM);
	KUNIT_ASSERT_GT(test, len, 0);
	KUNIT_EXPECT_EQ(test, level_pack(f->plain, f->other,
					 IAA_COMP_REQ_LEVEL(IAA_COMP_LEVEL_DEFAULT), ROOM),
			len);
	KUNIT_EXPECT_MEMEQ(test, f->other, f->packed, len);
}

static void level_does_not_fit(struct kunit *test)
{
	struct level_fixture *f = test->priv;
	int level;

	get_random_bytes(f->plain, PAGE_SIZE);
	for (level = IAA_COMP_LEVEL_MIN; level <= IAA_COMP_LEVEL_MAX; level++)
		KUNIT_EXPECT_EQ(test, level_pack(f->plain, f->packed,
						 IAA_COMP_REQ_LEVEL(level), PAGE_SIZE),
				-ENOSPC);
}

/* Refused at once, whether or not a device would have ignored it */
static void level_out_of_range(struct kunit *test)
{
	struct level_fixture *f = test->priv;
	int level;

	for (level = IAA_COMP_LEVEL_MAX + 1; level <= 15; level++) {
		struct iaa_comp_req req = {
			.src = f->plain, .slen = PAGE_SIZE,
			.dst = f->packed, .dlen = PAGE_SIZE,
			.flags = IAA_COMP_REQ_LEVEL(level),
		};

		KUNIT_EXPECT_EQ(test, iaa_comp_submit_compress(IAA_COMP_FIXED, &req),
				-EINVAL);
	}
}

static struct kunit_case level_tests[] = {
	KUNIT_CASE(level_round_trip),
	KUNIT_CASE(level_pays),
	KUNIT_CASE(level_among_flags),
	KUNIT_CASE(level_default),
	KUNIT_CASE(level_does_not_fit),
	KUNIT_CASE(level_out_of_range),
	{}
};

static struct kunit_suite iaa_level_suite = {
	.name = "iaa_level",
	.init = level_init,
	.exit = level_exit,
	.test_cases = level_tests,
};

kunit_test_suite(iaa_level_suite);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("KUnit tests of iaa_comp's levels");
