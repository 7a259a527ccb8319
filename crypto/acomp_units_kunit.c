// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of acomp's units and of polling, for algorithms of each kind: the
 * test's own ones (acomp_units_fake.c), deflate in software, and deflate-iaa,
 * on a device if there is one.
 */
#include <crypto/acomp_units.h>
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include "acomp_units_fake.h"

#define NR		5	/* units in a test */
#define SIZE		1024	/* bytes of a unit */

struct units_case {
	const char *driver;
	u32 flags;
	bool fake;
};

static const struct units_case units_cases[] = {
	{ "units-fake-sync", 0, true },
	{ "units-fake-async", 0, true },
	{ "units-fake-async", CRYPTO_TFM_REQ_MAY_SLEEP, true },
	{ "units-fake-backlog", CRYPTO_TFM_REQ_MAY_BACKLOG, true },
	{ "units-fake-poll", 0, true },
	{ "units-fake-poll", CRYPTO_ACOMP_REQ_POLL, true },
	{ "units-fake-poll", CRYPTO_ACOMP_REQ_POLL | CRYPTO_TFM_REQ_MAY_SLEEP, true },
	{ "units-mock", 0, false },
	{ "units-mock", CRYPTO_TFM_REQ_MAY_BACKLOG, false },
	{ "units-mock", CRYPTO_ACOMP_REQ_POLL | CRYPTO_TFM_REQ_MAY_SLEEP, false },
	{ "deflate-generic", 0, false },
	{ "deflate-iaa", 0, false },
	{ "deflate-iaa", CRYPTO_TFM_REQ_MAY_SLEEP, false },
	{ "deflate-iaa", CRYPTO_ACOMP_REQ_POLL | CRYPTO_TFM_REQ_MAY_SLEEP, false },
	{ "deflate-iaa-dynamic", CRYPTO_ACOMP_REQ_POLL | CRYPTO_TFM_REQ_MAY_SLEEP, false },
};

static void units_case_desc(const struct units_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s%s%s%s", c->driver,
		 c->flags & CRYPTO_TFM_REQ_MAY_SLEEP ? " may sleep" : "",
		 c->flags & CRYPTO_TFM_REQ_MAY_BACKLOG ? " may backlog" : "",
		 c->flags & CRYPTO_ACOMP_REQ_POLL ? " polls" : "");
}

KUNIT_ARRAY_PARAM(units, units_cases, units_case_desc);

/* What a test works with: NR units of data, room for them, and for the results */
struct units_test {
	const struct units_case *c;
	u32 flags;
	struct crypto_acomp *tfm;
	struct acomp_req *req;
	struct crypto_wait wait;
	struct acomp_units units;
	int results[NR + 2];
	unsigned int callbacks;
	u8 *data;
	u8 *back;
	u8 *packed;
	struct scatterlist plain_sg[8];
	struct scatterlist packed_sg[NR];
};

static void units_callback(void *data, int err)
{
	struct units_test *t = data;

	if (err == -EINPROGRESS)
		return;
	t->callbacks++;
	t->wait.err = err;
	complete(&t->wait.completion);
}

static void units_set_callback(struct units_test *t, u32 flags)
{
	t->callbacks = 0;
	t->flags = flags;
	acomp_request_set_callback(t->req, flags, units_callback, t);
}

static int units_init(struct kunit *test)
{
	struct units_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, t);
	test->priv = t;
	t->data = kunit_kzalloc(test, NR * SIZE, GFP_KERNEL);
	t->back = kunit_kzalloc(test, NR * SIZE, GFP_KERNEL);
	t->packed = kunit_kzalloc(test, NR * SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t->data);
	KUNIT_ASSERT_NOT_NULL(test, t->back);
	KUNIT_ASSERT_NOT_NULL(test, t->packed);

	for (i = 0; i < NR; i++)
		memset(t->data + i * SIZE, 'a' + i, SIZE);
	sg_init_one(t->plain_sg, t->data, NR * SIZE);
	sg_init_table(t->packed_sg, NR);
	for (i = 0; i < NR; i++)
		sg_set_buf(&t->packed_sg[i], t->packed + i * SIZE, SIZE);

	t->c = test->param_value;
	t->tfm = crypto_alloc_acomp(t->c->driver, 0, 0);
	if (IS_ERR(t->tfm)) {
		KUNIT_ASSERT_FALSE_MSG(test, t->c->fake, "%s: %pe", t->c->driver,
				       t->tfm);
		kunit_skip(test, "this kernel has no %s", t->c->driver);
	}
	t->req = acomp_request_alloc(t->tfm);
	KUNIT_ASSERT_NOT_NULL(test, t->req);
	crypto_init_wait(&t->wait);
	units_set_callback(t, t->c->flags);
	return 0;
}

static void units_exit(struct kunit *test)
{
	struct units_test *t = test->priv;

	if (!t || IS_ERR_OR_NULL(t->tfm))
		return;
	acomp_request_free(t->req);
	crypto_free_acomp(t->tfm);
}

static int units_finish(struct units_test *t, int err)
{
	if (crypto_acomp_queued(t->req, err))
		err = crypto_acomp_wait(t->req, &t->wait);
	return err;
}

static int units_compress(struct units_test *t)
{
	acomp_request_set_params(t->req, t->plain_sg, t->packed_sg, NR * SIZE, SIZE);
	acomp_request_set_units(t->req, &t->units, SIZE, t->results);
	return units_finish(t, crypto_acomp_compress(t->req));
}

/* Entry i of the packed list becomes as long as result i. */
static int units_decompress(struct units_test *t)
{
	unsigned int i;

	for (i = 0; i < NR; i++)
		t->packed_sg[i].length = t->results[i] > 0 ? t->results[i] : SIZE;
	memset(t->back, 0, NR * SIZE);
	acomp_request_set_params(t->req, t->packed_sg, t->plain_sg, SIZE, NR * SIZE);
	acomp_request_set_units(t->req, &t->units, SIZE, t->results);
	return units_finish(t, crypto_acomp_decompress(t->req));
}

static void units_expect_back(struct kunit *test, struct units_test *t)
{
	unsigned int i;

	for (i = 0; i < NR; i++)
		KUNIT_EXPECT_EQ(test, t->results[i], SIZE);
	KUNIT_EXPECT_MEMEQ(test, t->back, t->data, NR * SIZE);
}

static void units_expect_packed(struct kunit *test, struct units_test *t)
{
	unsigned int i;

	for (i = 0; i < NR; i++) {
		KUNIT_EXPECT_GT(test, t->results[i], 0);
		KUNIT_EXPECT_LT(test, t->results[i], SIZE / 8);
	}
	KUNIT_EXPECT_EQ(test, t->req->slen, NR * SIZE);
	KUNIT_EXPECT_PTR_EQ(test, t->req->src, &t->plain_sg[0]);
	KUNIT_EXPECT_PTR_EQ(test, t->req->dst, &t->packed_sg[0]);
	KUNIT_EXPECT_PTR_EQ(test, t->req->units, &t->units);
	KUNIT_EXPECT_EQ(test, t->req->base.flags, t->flags);
}

static void units_round_trip(struct kunit *test)
{
	struct units_test *t = test->priv;
	bool polls = crypto_acomp_can_poll(t->tfm) &&
		     (t->c->flags & CRYPTO_ACOMP_REQ_POLL) &&
		     (t->c->flags & CRYPTO_TFM_REQ_MAY_SLEEP);

	KUNIT_ASSERT_EQ(test, units_compress(t), 0);
	units_expect_packed(test, t);
	sg_init_one(t->plain_sg, t->back, NR * SIZE);
	KUNIT_ASSERT_EQ(test, units_decompress(t), 0);
	units_expect_back(test, t);
	if (polls)
		KUNIT_EXPECT_EQ(test, t->callbacks, 0);
}

/* Some units fail, each in its own way, and the others are none the worse. */
static void units_mixed_results(struct kunit *test)
{
	struct units_test *t = test->priv;

	get_random_bytes(t->data + SIZE, SIZE);
	t->packed_sg[3].length = 1;
	if (t->c->fake) {
		t->data[SIZE] = 0;
		t->data[4 * SIZE] = UNITS_FAKE_POISON;
	}

	KUNIT_ASSERT_EQ(test, units_compress(t), 0);
	KUNIT_EXPECT_GT(test, t->results[0], 0);
	KUNIT_EXPECT_GT(test, t->results[2], 0);
	if (t->c->fake) {
		KUNIT_EXPECT_EQ(test, t->results[1], -ENOSPC);
		KUNIT_EXPECT_EQ(test, t->results[4], -EIO);
	} else {
		/* zlib in small pieces may stay below the room that it has */
		KUNIT_EXPECT_TRUE(test, t->results[1] == -ENOSPC ||
				  t->results[1] >= SIZE - 64);
		KUNIT_EXPECT_GT(test, t->results[4], 0);
	}
	KUNIT_EXPECT_EQ(test, t->results[3], -ENOSPC);

	/* Unit 2 is read back broken, unit 3 was never written */
	t->packed[2 * SIZE] = 0xff;
	t->packed[3 * SIZE] = 0xff;
	t->results[1] = t->results[1] > 0 ? t->results[1] : SIZE;
	sg_init_one(t->plain_sg, t->back, NR * SIZE);
	KUNIT_ASSERT_EQ(test, units_decompress(t), 0);
	KUNIT_EXPECT_EQ(test, t->results[0], SIZE);
	KUNIT_EXPECT_MEMEQ(test, t->back, t->data, SIZE);
	KUNIT_EXPECT_EQ(test, t->results[2], -EINVAL);
	KUNIT_EXPECT_EQ(test, t->results[3], -EINVAL);
}

/* The plain side comes in pieces that know nothing of units. */
static void units_in_pieces(struct kunit *test)
{
	static const unsigned int cuts[] = { 0, 1, SIZE - 1, SIZE, 2 * SIZE + 7,
					     4 * SIZE, NR * SIZE };
	struct units_test *t = test->priv;
	unsigned int i;

	sg_init_table(t->plain_sg, ARRAY_SIZE(cuts) - 1);
	for (i = 0; i + 1 < ARRAY_SIZE(cuts); i++)
		sg_set_buf(&t->plain_sg[i], t->data + cuts[i], cuts[i + 1] - cuts[i]);
	KUNIT_ASSERT_EQ(test, units_compress(t), 0);
	units_expect_packed(test, t);

	for (i = 0; i + 1 < ARRAY_SIZE(cuts); i++)
		sg_set_buf(&t->plain_sg[i], t->back + cuts[i], cuts[i + 1] - cuts[i]);
	KUNIT_ASSERT_EQ(test, units_decompress(t), 0);
	units_expect_back(test, t);
}

static void units_virtual(struct kunit *test)
{
	struct units_test *t = test->priv;
	unsigned int i;

	acomp_request_set_src_dma(t->req, t->data, NR * SIZE);
	acomp_request_set_dst_sg(t->req, t->packed_sg, SIZE);
	acomp_request_set_units(t->req, &t->units, SIZE, t->results);
	KUNIT_ASSERT_EQ(test, units_finish(t, crypto_acomp_compress(t->req)), 0);

	for (i = 0; i < NR; i++) {
		KUNIT_ASSERT_GT(test, t->results[i], 0);
		t->packed_sg[i].length = t->results[i];
	}
	acomp_request_set_src_sg(t->req, t->packed_sg, SIZE);
	acomp_request_set_dst_dma(t->req, t->back, NR * SIZE);
	KUNIT_ASSERT_EQ(test, units_finish(t, crypto_acomp_decompress(t->req)), 0);
	units_expect_back(test, t);
}

static void units_expect_refused(struct kunit *test, struct units_test *t,
				 struct scatterlist *src, struct scatterlist *dst,
				 unsigned int slen, unsigned int size, int *results,
				 const char *why)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(t->results); i++)
		t->results[i] = 4711;
	acomp_request_set_params(t->req, src, dst, slen, SIZE);
	acomp_request_set_units(t->req, &t->units, size, results);
	KUNIT_EXPECT_EQ_MSG(test, crypto_acomp_compress(t->req), -EINVAL, "%s", why);
	for (i = 0; i < ARRAY_SIZE(t->results); i++)
		KUNIT_EXPECT_EQ_MSG(test, t->results[i], 4711, "%s", why);
	KUNIT_EXPECT_EQ_MSG(test, t->callbacks, 0, "%s", why);
}

static void units_refused(struct kunit *test)
{
	struct units_test *t = test->priv;
	struct scatterlist *src = t->plain_sg, *dst = t->packed_sg;
	int *res = t->results;

	units_expect_refused(test, t, src, dst, NR * SIZE, 0, res, "unit of 0");
	units_expect_refused(test, t, src, dst, 0, SIZE, res, "no units");
	units_expect_refused(test, t, src, dst, SIZE + 1, SIZE, res, "no multiple");
	units_expect_refused(test, t, src, dst, SIZE, 2 * SIZE, res, "less than a unit");
	units_expect_refused(test, t, src, dst, NR * SIZE, SIZE, NULL, "no results");
	units_expect_refused(test, t, NULL, dst, NR * SIZE, SIZE, res, "no source");
	units_expect_refused(test, t, src, NULL, NR * SIZE, SIZE, res, "no destination");
	units_expect_refused(test, t, src, dst + 1, NR * SIZE, SIZE, res,
			     "too few destinations");
	src->length = NR * SIZE - 1;
	units_expect_refused(test, t, src, dst, NR * SIZE, SIZE, res, "short source");
	src->length = NR * SIZE;
	dst[2].length = 0;
	units_expect_refused(test, t, src, dst, NR * SIZE, SIZE, res, "empty entry");
	dst[2].length = SIZE;

	acomp_request_set_src_sg(t->req, src, NR * SIZE);
	acomp_request_set_dst_dma(t->req, t->packed, NR * SIZE);
	acomp_request_set_units(t->req, &t->units, SIZE, res);
	KUNIT_EXPECT_EQ(test, crypto_acomp_compress(t->req), -EINVAL);

	/* After all of which it still works. */
	KUNIT_EXPECT_EQ(test, units_compress(t), 0);
	units_expect_packed(test, t);
}

/* An algorithm that takes units says how many; the others take any number. */
static void units_batch_size(struct kunit *test)
{
	struct units_test *t = test->priv;
	unsigned int size = crypto_acomp_batch_size(t->tfm);
	unsigned int nr = size > 1 ? size + 1 : 40, i;
	struct scatterlist *dst;
	int *results, err;

	if (!strcmp(t->c->driver, "units-fake-poll"))
		KUNIT_EXPECT_EQ(test, size, UNITS_FAKE_BATCH);
	else if (t->c->fake)
		KUNIT_EXPECT_EQ(test, size, 1);

	dst = kunit_kcalloc(test, nr, sizeof(*dst), GFP_KERNEL);
	results = kunit_kcalloc(test, nr, sizeof(*results), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, dst);
	KUNIT_ASSERT_NOT_NULL(test, results);
	sg_init_table(dst, nr);
	for (i = 0; i < nr; i++)
		sg_set_buf(&dst[i], t->packed + i * 64, 64);

	acomp_request_set_params(t->req, t->plain_sg, dst, nr * 64, 64);
	acomp_request_set_units(t->req, &t->units, 64, results);
	err = units_finish(t, crypto_acomp_compress(t->req));
	KUNIT_EXPECT_EQ(test, err, size > 1 ? -EINVAL : 0);
	for (i = 0; i < nr && size == 1; i++)
		KUNIT_EXPECT_GT(test, results[i], 0);
}

/* A request is a plain one again once its callback is set. */
static void units_reset(struct kunit *test)
{
	struct units_test *t = test->priv;
	u32 polls = CRYPTO_ACOMP_REQ_POLL;

	KUNIT_ASSERT_EQ(test, units_compress(t), 0);
	units_set_callback(t, t->c->flags & ~polls);
	KUNIT_EXPECT_NULL(test, t->req->units);

	memset(t->results, 0, sizeof(t->results));
	memset(t->data, 'x', SIZE);
	acomp_request_set_params(t->req, t->plain_sg, t->packed_sg, SIZE, SIZE);
	KUNIT_ASSERT_EQ(test, units_finish(t, crypto_acomp_compress(t->req)), 0);
	KUNIT_EXPECT_GT(test, t->req->dlen, 0);
	KUNIT_EXPECT_LT(test, t->req->dlen, SIZE / 8);
	KUNIT_EXPECT_EQ(test, t->results[0], 0);
}

/* Who does not poll gets a callback, exactly one, whatever the algorithm can. */
static void units_callback_comes(struct kunit *test)
{
	struct units_test *t = test->priv;
	u32 polls = CRYPTO_ACOMP_REQ_POLL;
	int err;

	units_set_callback(t, t->c->flags & ~polls);
	acomp_request_set_params(t->req, t->plain_sg, t->packed_sg, NR * SIZE, SIZE);
	acomp_request_set_units(t->req, &t->units, SIZE, t->results);
	err = crypto_acomp_compress(t->req);
	if (err == -EINPROGRESS || err == -EBUSY) {
		KUNIT_EXPECT_EQ(test, crypto_acomp_poll(t->req), -EOPNOTSUPP);
		KUNIT_ASSERT_GT(test, wait_for_completion_timeout(&t->wait.completion,
								  10 * HZ), 0);
		KUNIT_EXPECT_EQ(test, t->callbacks, 1);
		KUNIT_EXPECT_EQ(test, t->wait.err, 0);
	} else {
		KUNIT_EXPECT_EQ(test, err, 0);
		KUNIT_EXPECT_EQ(test, t->callbacks, 0);
	}
	units_expect_packed(test, t);
}

/* Results are taken one by one while later units are in work. */
static void units_one_by_one(struct kunit *test)
{
	struct units_test *t = test->priv;
	bool seen_working = false;
	unsigned int i;
	int err;

	acomp_request_set_params(t->req, t->plain_sg, t->packed_sg, NR * SIZE, SIZE);
	acomp_request_set_units(t->req, &t->units, SIZE, t->results);
	err = crypto_acomp_compress(t->req);
	if (err == -EBUSY)
		err = -EINPROGRESS;
	for (i = 0; i < NR; i++) {
		if (err == -EINPROGRESS)
			err = crypto_acomp_wait_units(t->req, i + 1, &t->wait);
		seen_working |= err == -EINPROGRESS;
		KUNIT_EXPECT_GT(test, t->results[i], 0);
	}
	KUNIT_EXPECT_EQ(test, err, 0);
	if (crypto_acomp_can_poll(t->tfm) && t->c->fake &&
	    (t->c->flags & CRYPTO_ACOMP_REQ_POLL) &&
	    (t->c->flags & CRYPTO_TFM_REQ_MAY_SLEEP))
		KUNIT_EXPECT_TRUE(test, seen_working);
}

/* Whoever polls finds the end, and with it the results. */
static void units_poll(struct kunit *test)
{
	struct units_test *t = test->priv;
	int err;

	acomp_request_set_params(t->req, t->plain_sg, t->packed_sg, NR * SIZE, SIZE);
	acomp_request_set_units(t->req, &t->units, SIZE, t->results);
	err = crypto_acomp_compress(t->req);
	while (err == -EINPROGRESS) {
		err = crypto_acomp_poll(t->req);
		if (err == -EOPNOTSUPP)
			err = crypto_acomp_wait(t->req, &t->wait);
		cond_resched();
	}
	KUNIT_EXPECT_EQ(test, units_finish(t, err), 0);
	units_expect_packed(test, t);
}

static int units_suite_init(struct kunit_suite *suite)
{
	return acomp_units_fake_register();
}

static void units_suite_exit(struct kunit_suite *suite)
{
	acomp_units_fake_unregister();
}

static struct kunit_case units_kunit_cases[] = {
	KUNIT_CASE_PARAM(units_round_trip, units_gen_params),
	KUNIT_CASE_PARAM(units_mixed_results, units_gen_params),
	KUNIT_CASE_PARAM(units_in_pieces, units_gen_params),
	KUNIT_CASE_PARAM(units_virtual, units_gen_params),
	KUNIT_CASE_PARAM(units_refused, units_gen_params),
	KUNIT_CASE_PARAM(units_batch_size, units_gen_params),
	KUNIT_CASE_PARAM(units_reset, units_gen_params),
	KUNIT_CASE_PARAM(units_callback_comes, units_gen_params),
	KUNIT_CASE_PARAM(units_one_by_one, units_gen_params),
	KUNIT_CASE_PARAM(units_poll, units_gen_params),
	{}
};

static struct kunit_suite units_kunit_suite = {
	.name = "acomp_units",
	.suite_init = units_suite_init,
	.suite_exit = units_suite_exit,
	.init = units_init,
	.exit = units_exit,
	.test_cases = units_kunit_cases,
};

kunit_test_suite(units_kunit_suite);

MODULE_DESCRIPTION("KUnit tests of acomp's units");
MODULE_LICENSE("GPL");
