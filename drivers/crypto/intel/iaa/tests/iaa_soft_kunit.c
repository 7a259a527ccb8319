// SPDX-License-Identifier: GPL-2.0
/*
 * Round trips through iaa_comp.h, and streams that are none. Where no device is
 * configured this is the software path; with one it is the device's. And the
 * software's workspaces, with a pool of the test's own.
 */
#include "iaa_kunit_copy.h"

#include <kunit/test.h>
#include <linux/bitmap.h>
#include <linux/completion.h>
#include <linux/iaa_comp.h>
#include <linux/mm.h>
#include <linux/prandom.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/unaligned.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

/* The pool is static, so this module has one that nobody else uses */
#include "../iaa_soft.c"

struct soft_fixture {
	u8 *plain, *packed, *out;
	struct rnd_state rnd;
};

#define ROOM	SZ_64K
#define SMALL	128

static int soft_init(struct kunit *test)
{
	struct soft_fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	KUNIT_ASSERT_EQ(test, iaa_comp_get(), 0);
	f->plain = kunit_kmalloc(test, ROOM, GFP_KERNEL);
	f->packed = kunit_kmalloc(test, ROOM, GFP_KERNEL);
	f->out = kunit_kmalloc(test, ROOM, GFP_KERNEL);
	KUNIT_ASSERT_TRUE(test, f->plain && f->packed && f->out);
	prandom_seed_state(&f->rnd, 20240917);
	test->priv = f;
	return 0;
}

static void soft_exit(struct kunit *test)
{
	if (test->priv)
		iaa_comp_put();
}

static void fill_random(struct soft_fixture *f, unsigned int len)
{
	prandom_bytes_state(&f->rnd, f->plain, len);
}

static void fill_zero(struct soft_fixture *f, unsigned int len)
{
	memset(f->plain, 0, len);
}

static void fill_text(struct soft_fixture *f, unsigned int len)
{
	static const char words[][10] = {
		"page ", "folio ", "swap ", "device ", "queue ", "window ",
		"request ", "deflate ", "memory ", "portal\n",
	};
	unsigned int at = 0;

	while (at < len) {
		const char *word = words[prandom_u32_state(&f->rnd) %
					 ARRAY_SIZE(words)];
		unsigned int n = min_t(unsigned int, strlen(word), len - at);

		memcpy(f->plain + at, word, n);
		at += n;
	}
}

static void fill_mixed(struct soft_fixture *f, unsigned int len)
{
	fill_text(f, len);
	prandom_bytes_state(&f->rnd, f->plain, len / 3);
}

struct round_case {
	const char *name;
	void (*fill)(struct soft_fixture *f, unsigned int len);
	bool shrinks;
};

static const struct round_case round_cases[] = {
	{ "zero", fill_zero, true },
	{ "text", fill_text, true },
	{ "half random", fill_mixed, true },
	{ "random", fill_random, false },
};

static void round_case_name(const struct round_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(round, round_cases, round_case_name);

static int pack(struct soft_fixture *f, enum iaa_comp_mode mode,
		unsigned int len, unsigned int room)
{
	struct iaa_comp_req req = {
		.src = f->plain, .slen = len, .dst = f->packed, .dlen = room,
	};

	return iaa_comp_compress(mode, &req);
}

static int unpack(struct soft_fixture *f, unsigned int len, unsigned int room)
{
	struct iaa_comp_req req = {
		.src = f->packed, .slen = len, .dst = f->out, .dlen = room,
	};

	return iaa_comp_decompress(&req);
}

static void soft_round_trip(struct kunit *test)
{
	static const unsigned int lens[] = {
		1, 2, 3, 63, 64, 65, 4095, 4096, 4097, 16384, 32768,
	};
	const struct round_case *c = test->param_value;
	struct soft_fixture *f = test->priv;
	int mode, i, packed;

	for (mode = 0; mode < IAA_COMP_NR_MODES; mode++)
		for (i = 0; i < ARRAY_SIZE(lens); i++) {
			c->fill(f, lens[i]);
			packed = pack(f, mode, lens[i], ROOM);
			KUNIT_ASSERT_GT(test, packed, 0);
			if (c->shrinks && lens[i] >= 4096)
				KUNIT_EXPECT_LT(test, packed, lens[i]);
			memset(f->out, 0xaa, ROOM);
			KUNIT_EXPECT_EQ(test, unpack(f, packed, lens[i]), lens[i]);
			KUNIT_EXPECT_MEMEQ(test, f->out, f->plain, lens[i]);
			KUNIT_EXPECT_EQ(test, f->out[lens[i]], 0xaa);
		}
}

static void soft_does_not_fit(struct kunit *test)
{
	struct soft_fixture *f = test->priv;
	int packed, exact;

	fill_random(f, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, pack(f, IAA_COMP_FIXED, PAGE_SIZE, PAGE_SIZE), -ENOSPC);
	KUNIT_EXPECT_EQ(test, pack(f, IAA_COMP_FIXED, PAGE_SIZE, 1), -ENOSPC);

	fill_text(f, PAGE_SIZE);
	packed = pack(f, IAA_COMP_FIXED, PAGE_SIZE, ROOM);
	KUNIT_ASSERT_GT(test, packed, 0);
	KUNIT_EXPECT_EQ(test, pack(f, IAA_COMP_FIXED, PAGE_SIZE, packed + 1), packed);
	f->packed[packed] = 0x5a;
	KUNIT_EXPECT_EQ(test, pack(f, IAA_COMP_FIXED, PAGE_SIZE, packed - 1), -ENOSPC);
	/* With no byte to spare either answer is right */
	exact = pack(f, IAA_COMP_FIXED, PAGE_SIZE, packed);
	KUNIT_EXPECT_TRUE(test, exact == packed || exact == -ENOSPC);
	KUNIT_EXPECT_EQ(test, f->packed[packed], 0x5a);
}

static void soft_output_too_small(struct kunit *test)
{
	struct soft_fixture *f = test->priv;
	int packed;

	fill_text(f, PAGE_SIZE);
	packed = pack(f, IAA_COMP_DYNAMIC, PAGE_SIZE, ROOM);
	f->out[PAGE_SIZE - 1] = 0x5a;
	KUNIT_EXPECT_EQ(test, unpack(f, packed, PAGE_SIZE - 1), -ENOSPC);
	KUNIT_EXPECT_EQ(test, f->out[PAGE_SIZE - 1], 0x5a);
}

static void soft_truncated(struct kunit *test)
{
	struct soft_fixture *f = test->priv;
	int packed, len;

	fill_mixed(f, PAGE_SIZE);
	packed = pack(f, IAA_COMP_FIXED, PAGE_SIZE, ROOM);
	KUNIT_ASSERT_GT(test, packed, 0);
	for (len = 1; len < packed; len += 7)
		KUNIT_EXPECT_EQ(test, unpack(f, len, PAGE_SIZE), -EBADMSG);
}

/* A flipped bit may go unnoticed, but never out of bounds */
static void soft_bit_flipped(struct kunit *test)
{
	struct soft_fixture *f = test->priv;
	int packed, bit, ret;

	fill_mixed(f, PAGE_SIZE);
	packed = pack(f, IAA_COMP_DYNAMIC, PAGE_SIZE, ROOM);
	KUNIT_ASSERT_GT(test, packed, 0);
	for (bit = 0; bit < packed * 8; bit += 11) {
		f->packed[bit / 8] ^= 1 << bit % 8;
		f->out[PAGE_SIZE] = 0x5a;
		ret = unpack(f, packed, PAGE_SIZE);
		KUNIT_EXPECT_TRUE(test, ret == -EBADMSG || ret == -ENOSPC ||
				  (ret >= 0 && ret <= PAGE_SIZE));
		KUNIT_EXPECT_EQ(test, f->out[PAGE_SIZE], 0x5a);
		f->packed[bit / 8] ^= 1 << bit % 8;
	}
	KUNIT_EXPECT_EQ(test, unpack(f, packed, PAGE_SIZE), PAGE_SIZE);
}

static void soft_bad_requests(struct kunit *test)
{
	struct soft_fixture *f = test->priv;

	KUNIT_EXPECT_EQ(test, pack(f, IAA_COMP_FIXED, 0, PAGE_SIZE), -EINVAL);
	KUNIT_EXPECT_EQ(test, pack(f, IAA_COMP_FIXED, PAGE_SIZE, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, unpack(f, 0, PAGE_SIZE), -EINVAL);
	KUNIT_EXPECT_EQ(test, unpack(f, 5, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, unpack(f, UINT_MAX, PAGE_SIZE), -EINVAL);
}

/* vmalloc memory across pages, and a stack, which no device reaches directly */
static void soft_other_memory(struct kunit *test)
{
	struct soft_fixture *f = test->priv;
	u8 *area = vmalloc(4 * PAGE_SIZE);
	u8 *small = kunit_kmalloc(test, SMALL, GFP_KERNEL);
	struct iaa_comp_req req = {
		.src = f->plain, .slen = PAGE_SIZE,
		.dlen = PAGE_SIZE,
	};
	int packed;

	KUNIT_ASSERT_NOT_NULL(test, area);
	KUNIT_ASSERT_NOT_NULL(test, small);
	fill_text(f, PAGE_SIZE);
	req.dst = area + 100;
	packed = iaa_comp_compress(IAA_COMP_FIXED, &req);
	KUNIT_ASSERT_GT(test, packed, 0);

	req.src = area + 100;
	req.slen = packed;
	req.dst = area + 2 * PAGE_SIZE - 50;
	KUNIT_EXPECT_EQ(test, iaa_comp_decompress(&req), PAGE_SIZE);
	KUNIT_EXPECT_MEMEQ(test, area + 2 * PAGE_SIZE - 50, f->plain, PAGE_SIZE);

	req.src = memset(small, 'x', SMALL);
	req.slen = SMALL;
	req.dst = f->packed;
	packed = iaa_comp_compress(IAA_COMP_FIXED, &req);
	KUNIT_EXPECT_GT(test, packed, 0);
	KUNIT_EXPECT_EQ(test, unpack(f, packed, SMALL), SMALL);
	KUNIT_EXPECT_MEMEQ(test, f->out, small, SMALL);
	vfree(area);
}

/* Each of many requests in flight has its own result */
static void soft_many(struct kunit *test)
{
	enum { NR = 73, LEN = 700, PACKED = 800 };
	struct soft_fixture *f = test->priv;
	struct iaa_comp_req *reqs = kunit_kcalloc(test, NR, sizeof(*reqs), GFP_KERNEL);
	u8 *packed = kunit_kmalloc(test, NR * PACKED, GFP_KERNEL);
	int i;

	KUNIT_ASSERT_TRUE(test, reqs && packed);
	fill_text(f, ROOM);
	for (i = 0; i < NR; i++)
		reqs[i] = (struct iaa_comp_req) {
			.src = f->plain + i * LEN, .slen = LEN,
			.dst = packed + i * PACKED,
			.dlen = i % 10 == 3 ? 5 : PACKED,
		};
	for (i = 0; i < NR; i++)
		iaa_comp_submit_compress(IAA_COMP_FIXED, &reqs[i]);
	for (i = NR - 1; i >= 0; i--) {
		iaa_comp_wait(&reqs[i]);
		if (i % 10 == 3) {
			KUNIT_EXPECT_EQ(test, reqs[i].result, -ENOSPC);
			reqs[i].result = 1;
			packed[i * PACKED] = 0xff;
		}
		KUNIT_ASSERT_GT(test, reqs[i].result, 0);
		reqs[i].src = packed + i * PACKED;
		reqs[i].slen = reqs[i].result;
		reqs[i].dst = f->out + i * LEN;
		reqs[i].dlen = LEN;
	}
	for (i = 0; i < NR; i++)
		iaa_comp_submit_decompress(&reqs[i]);
	for (i = NR - 1; i >= 0; i--) {
		iaa_comp_wait(&reqs[i]);
		if (i % 10 == 3) {
			KUNIT_EXPECT_EQ(test, reqs[i].result, -EBADMSG);
			continue;
		}
		KUNIT_EXPECT_EQ(test, reqs[i].result, LEN);
		KUNIT_EXPECT_MEMEQ(test, f->out + i * LEN, f->plain + i * LEN, LEN);
	}
}

/*
 * A stored block that is not the last, then a last one: all of it comes out, and
 * without the last one nothing does. Devices and software agree.
 */
static void soft_two_blocks(struct kunit *test)
{
	enum { FIRST = 1000 };
	struct soft_fixture *f = test->priv;
	struct iaa_comp_req req = {
		.src = f->plain + FIRST, .slen = PAGE_SIZE - FIRST,
		.dst = f->packed + 5 + FIRST, .dlen = ROOM - 5 - FIRST,
	};
	int mode, len;

	for (mode = 0; mode < IAA_COMP_NR_MODES; mode++) {
		fill_text(f, PAGE_SIZE);
		f->packed[0] = 0;
		put_unaligned_le16(FIRST, f->packed + 1);
		put_unaligned_le16(~FIRST, f->packed + 3);
		memcpy(f->packed + 5, f->plain, FIRST);
		len = iaa_comp_compress(mode, &req);
		KUNIT_ASSERT_GT(test, len, 0);
		memset(f->out, 0xaa, ROOM);
		KUNIT_EXPECT_EQ(test, unpack(f, 5 + FIRST + len, PAGE_SIZE), PAGE_SIZE);
		KUNIT_EXPECT_MEMEQ(test, f->out, f->plain, PAGE_SIZE);
		/* More room than the stream fills: its end must still be found */
		KUNIT_EXPECT_EQ(test, unpack(f, 5 + FIRST + len, ROOM), PAGE_SIZE);
		KUNIT_EXPECT_EQ(test, unpack(f, 5 + FIRST, PAGE_SIZE), -EBADMSG);
	}
}

/* Every sequence of three of 16 letters comes once: zlib finds no match */
static void fill_matchless(u8 *page)
{
	enum { SEQUENCES = 16 * 16 * 16 };
	DECLARE_BITMAP(seen, SEQUENCES) = {};
	unsigned int i, key = 0;
	int letter;

	for (i = 0; i < SEQUENCES; i++) {
		for (letter = 15; letter > 0; letter--)
			if (!test_bit((key << 4 | letter) % SEQUENCES, seen))
				break;
		key = (key << 4 | letter) % SEQUENCES;
		__set_bit(key, seen);
		page[i] = 'a' + letter;
	}
}

static void pool_one_block(struct kunit *test)
{
	struct soft_fixture *f = test->priv;
	struct iaa_comp_req req = {
		.src = f->plain, .slen = SZ_4K, .dst = f->packed, .dlen = ROOM,
	};

	fill_matchless(f->plain);
	KUNIT_ASSERT_EQ(test, iaa_soft_get(), 0);
	/* Four bits a letter, and the tables: neither matches nor stored bytes */
	KUNIT_EXPECT_GT(test, iaa_soft_compress(&req), 2048);
	KUNIT_EXPECT_LT(test, iaa_soft_compress(&req), 2200);
	KUNIT_EXPECT_EQ(test, f->packed[0] & 1, 1);
	iaa_soft_put();
}

static void pool_size(struct kunit *test)
{
	KUNIT_EXPECT_LT(test, SOFT_MAX_WORKSPACES * PAGE_ALIGN(soft_workspace_size()),
			SZ_4M);
	KUNIT_ASSERT_EQ(test, iaa_soft_get(), 0);
	KUNIT_EXPECT_EQ(test, soft_nr, min(num_possible_cpus(), 32));
	iaa_soft_put();
	KUNIT_EXPECT_EQ(test, soft_nr, 0);
}

/* Without a user there is none, which is no crash */
static void pool_empty(struct kunit *test)
{
	struct soft_fixture *f = test->priv;
	struct iaa_comp_req req = {
		.src = f->plain, .slen = SZ_4K, .dst = f->packed, .dlen = ROOM,
	};

	KUNIT_EXPECT_EQ(test, iaa_soft_compress(&req), -ENOMEM);
	KUNIT_EXPECT_EQ(test, iaa_soft_decompress(&req), -ENOMEM);
}

struct pool_thread {
	struct work_struct work;
	struct completion done;
	u8 *plain, *packed, *out;
	int rounds, bad;
};

/* Back and forth, in whatever workspace is free */
static void pool_thread_workfn(struct work_struct *work)
{
	struct pool_thread *t = container_of(work, struct pool_thread, work);
	int ret;

	while (t->rounds--) {
		struct iaa_comp_req req = {
			.src = t->plain, .slen = SZ_4K,
			.dst = t->packed, .dlen = 2 * SZ_4K,
		};

		ret = iaa_soft_compress(&req);
		if (ret <= 0) {
			t->bad++;
			continue;
		}
		req.src = t->packed;
		req.slen = ret;
		req.dst = t->out;
		req.dlen = SZ_4K;
		if (iaa_soft_decompress(&req) != SZ_4K ||
		    memcmp(t->out, t->plain, SZ_4K))
			t->bad++;
	}
	complete(&t->done);
}

static void pool_thread_start(struct kunit *test, struct pool_thread *t, int nr,
			      int rounds)
{
	struct soft_fixture *f = test->priv;

	t->plain = f->plain + nr * SZ_4K;
	t->packed = f->packed + nr * 2 * SZ_4K;
	t->out = f->out + nr * SZ_4K;
	t->rounds = rounds;
	t->bad = 0;
	init_completion(&t->done);
	INIT_WORK(&t->work, pool_thread_workfn);
	queue_work(system_dfl_wq, &t->work);
}

/* More threads than workspaces: each has one to itself while it works */
static void pool_shared(struct kunit *test)
{
	enum { NR = 6 };
	struct pool_thread *t = kunit_kcalloc(test, NR, sizeof(*t), GFP_KERNEL);
	struct soft_fixture *f = test->priv;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, t);
	fill_text(f, ROOM);
	KUNIT_ASSERT_EQ(test, soft_workspaces_alloc(2), 0);
	for (i = 0; i < NR; i++)
		pool_thread_start(test, &t[i], i, 200);
	for (i = 0; i < NR; i++) {
		flush_work(&t[i].work);
		KUNIT_EXPECT_EQ(test, t[i].bad, 0);
	}
	soft_workspaces_free();
}

/* A taken workspace is passed by; with all of them taken a request waits */
static void pool_taken(struct kunit *test)
{
	enum { FREE, NONE, NR };
	struct pool_thread *t = kunit_kcalloc(test, NR, sizeof(*t), GFP_KERNEL);
	struct soft_fixture *f = test->priv;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, t);
	fill_text(f, NR * SZ_4K);
	KUNIT_ASSERT_EQ(test, soft_workspaces_alloc(3), 0);
	for (i = 0; i < 2; i++)
		mutex_lock_nested(&soft_workspaces[i].lock, i);
	pool_thread_start(test, &t[FREE], FREE, 20);
	KUNIT_EXPECT_NE(test, wait_for_completion_timeout(&t[FREE].done, 10 * HZ), 0);

	mutex_lock_nested(&soft_workspaces[2].lock, 2);
	pool_thread_start(test, &t[NONE], NONE, 20);
	KUNIT_EXPECT_EQ(test, wait_for_completion_timeout(&t[NONE].done, HZ / 20), 0);

	for (i = 0; i < 3; i++)
		mutex_unlock(&soft_workspaces[i].lock);
	for (i = 0; i < NR; i++) {
		flush_work(&t[i].work);
		KUNIT_EXPECT_EQ(test, t[i].bad, 0);
	}
	soft_workspaces_free();
}

static struct kunit_case soft_tests[] = {
	KUNIT_CASE_PARAM(soft_round_trip, round_gen_params),
	KUNIT_CASE(soft_does_not_fit),
	KUNIT_CASE(soft_output_too_small),
	KUNIT_CASE(soft_truncated),
	KUNIT_CASE(soft_bit_flipped),
	KUNIT_CASE(soft_bad_requests),
	KUNIT_CASE(soft_other_memory),
	KUNIT_CASE(soft_many),
	KUNIT_CASE(soft_two_blocks),
	KUNIT_CASE(pool_one_block),
	KUNIT_CASE(pool_size),
	KUNIT_CASE(pool_empty),
	KUNIT_CASE(pool_shared),
	KUNIT_CASE(pool_taken),
	{}
};

static struct kunit_suite iaa_soft_suite = {
	.name = "iaa_comp",
	.init = soft_init,
	.exit = soft_exit,
	.test_cases = soft_tests,
};

kunit_test_suite(iaa_soft_suite);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("KUnit tests of iaa_comp");
