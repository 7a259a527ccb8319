// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of acomp's units with units-mock, an algorithm that takes units
 * itself, ends them out of order in another context, and fails.
 */
#include <crypto/acomp_units.h>
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include "acomp_units_mock.h"

#define NR		UNITS_MOCK_BATCH
#define SIZE		512	/* bytes of a unit */
#define REQUESTS	4	/* under way at once */

/* One request: NR units of data, and room for them */
struct mock_request {
	struct acomp_req *req;
	struct crypto_wait wait;
	struct acomp_units units;
	int results[NR];
	u8 *data;
	u8 *packed;
	struct scatterlist plain_sg;
	struct scatterlist packed_sg[NR];
};

struct mock_test {
	struct crypto_acomp *tfm;
	struct mock_request r[REQUESTS];
};

static void mock_request_init(struct kunit *test, struct mock_request *r,
			      struct crypto_acomp *tfm, u32 flags)
{
	unsigned int i;

	r->data = kunit_kzalloc(test, NR * SIZE, GFP_KERNEL);
	r->packed = kunit_kzalloc(test, NR * SIZE, GFP_KERNEL);
	r->req = acomp_request_alloc(tfm);
	KUNIT_ASSERT_NOT_NULL(test, r->data);
	KUNIT_ASSERT_NOT_NULL(test, r->packed);
	KUNIT_ASSERT_NOT_NULL(test, r->req);

	sg_init_one(&r->plain_sg, r->data, NR * SIZE);
	sg_init_table(r->packed_sg, NR);
	for (i = 0; i < NR; i++) {
		memset(r->data + i * SIZE, 'a' + i, SIZE);
		sg_set_buf(&r->packed_sg[i], r->packed + i * SIZE, SIZE);
	}
	crypto_init_wait(&r->wait);
	acomp_request_set_callback(r->req, flags, crypto_req_done, &r->wait);
	acomp_request_set_params(r->req, &r->plain_sg, r->packed_sg, NR * SIZE, SIZE);
	acomp_request_set_units(r->req, &r->units, SIZE, r->results);
}

static int mock_init(struct kunit *test)
{
	struct mock_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, t);
	test->priv = t;
	units_mock = (struct units_mock) {};
	t->tfm = crypto_alloc_acomp("units-mock", 0, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR(t->tfm));
	for (i = 0; i < REQUESTS; i++)
		mock_request_init(test, &t->r[i], t->tfm, CRYPTO_TFM_REQ_MAY_BACKLOG);
	return 0;
}

static void mock_exit(struct kunit *test)
{
	struct mock_test *t = test->priv;
	unsigned int i;

	units_mock = (struct units_mock) {};
	if (!t || IS_ERR_OR_NULL(t->tfm))
		return;
	for (i = 0; i < REQUESTS; i++)
		acomp_request_free(t->r[i].req);
	crypto_free_acomp(t->tfm);
}

static int mock_finish(struct mock_request *r, int err)
{
	if (crypto_acomp_queued(r->req, err))
		err = crypto_acomp_wait(r->req, &r->wait);
	return err;
}

static unsigned int mock_packed(const struct mock_request *r)
{
	unsigned int i, n = 0;

	for (i = 0; i < NR; i++)
		n += r->results[i] > 0 && r->results[i] < SIZE / 8;
	return n;
}

/* A unit's failure is its own, whatever the order. */
static void mock_units_fail(struct kunit *test)
{
	struct mock_test *t = test->priv;
	struct mock_request *r = t->r;
	unsigned int i, bad = 0;

	units_mock.fail_units = 3;
	KUNIT_ASSERT_EQ(test, mock_finish(r, crypto_acomp_compress(r->req)), 0);
	for (i = 0; i < NR; i++)
		bad += r->results[i] == -EIO;
	KUNIT_EXPECT_GE(test, bad, 2);
	KUNIT_EXPECT_EQ(test, bad, units_mock.failed);
	KUNIT_EXPECT_EQ(test, mock_packed(r), NR - bad);
	KUNIT_EXPECT_EQ(test, units_mock.inexact, 0);
}

/* Of requests under way at once, each second one fails, and no other. */
static void mock_requests_fail(struct kunit *test)
{
	struct mock_test *t = test->priv;
	unsigned int i, bad = 0;
	int err[REQUESTS];

	units_mock.fail_requests = 2;
	units_mock.delay_us = 1000;
	for (i = 0; i < REQUESTS; i++)
		err[i] = crypto_acomp_compress(t->r[i].req);
	for (i = 0; i < REQUESTS; i++) {
		KUNIT_EXPECT_EQ(test, err[i], -EINPROGRESS);
		err[i] = mock_finish(&t->r[i], err[i]);
		bad += err[i] == -EIO;
		if (err[i] != -EIO) {
			KUNIT_EXPECT_EQ(test, err[i], 0);
			KUNIT_EXPECT_EQ(test, mock_packed(&t->r[i]), NR);
		}
	}
	KUNIT_EXPECT_EQ(test, bad, REQUESTS / 2);

	/* A request that failed can be made again. */
	units_mock.fail_requests = 0;
	for (i = 0; i < REQUESTS; i++) {
		err[i] = mock_finish(&t->r[i], crypto_acomp_compress(t->r[i].req));
		KUNIT_EXPECT_EQ(test, err[i], 0);
		KUNIT_EXPECT_EQ(test, mock_packed(&t->r[i]), NR);
	}
}

/* -EBUSY means queued to those that may be in the backlog, and refused to others. */
static void mock_full(struct kunit *test)
{
	struct mock_test *t = test->priv;
	struct mock_request *refused = &t->r[1], *queued = &t->r[2];
	int err, first;

	acomp_request_set_callback(refused->req, 0, crypto_req_done, &refused->wait);
	acomp_request_set_units(refused->req, &refused->units, SIZE, refused->results);

	units_mock.depth = 1;
	units_mock.delay_us = 20 * USEC_PER_MSEC;
	first = crypto_acomp_compress(t->r[0].req);
	KUNIT_EXPECT_EQ(test, first, -EINPROGRESS);
	/* The worker takes it, and the next one fills the queue. */
	fsleep(10 * USEC_PER_MSEC);
	KUNIT_EXPECT_EQ(test, crypto_acomp_compress(t->r[3].req), -EINPROGRESS);

	err = crypto_acomp_compress(refused->req);
	KUNIT_EXPECT_EQ(test, err, -EBUSY);
	KUNIT_EXPECT_FALSE(test, crypto_acomp_queued(refused->req, err));

	err = crypto_acomp_compress(queued->req);
	KUNIT_EXPECT_EQ(test, err, -EBUSY);
	KUNIT_EXPECT_TRUE(test, crypto_acomp_queued(queued->req, err));
	KUNIT_EXPECT_EQ(test, mock_finish(queued, err), 0);
	KUNIT_EXPECT_EQ(test, mock_packed(queued), NR);
	KUNIT_EXPECT_EQ(test, mock_finish(&t->r[0], first), 0);
	KUNIT_EXPECT_EQ(test, mock_finish(&t->r[3], -EINPROGRESS), 0);
	KUNIT_EXPECT_FALSE(test, completion_done(&refused->wait.completion));
}

/*
 * The same with units that acomp takes in turn, for the list has a piece that
 * is none: a refused unit is one that failed, and nobody waits for it.
 */
static void mock_full_in_turn(struct kunit *test)
{
	struct mock_test *t = test->priv;
	struct mock_request *r = &t->r[1];
	struct scatterlist pieces[2];
	unsigned int i;
	int first, err;

	sg_init_table(pieces, 2);
	sg_set_buf(&pieces[0], r->data, SIZE / 2);
	sg_set_buf(&pieces[1], r->data + SIZE / 2, NR * SIZE - SIZE / 2);
	acomp_request_set_params(r->req, pieces, r->packed_sg, NR * SIZE, SIZE);
	acomp_request_set_callback(r->req, 0, crypto_req_done, &r->wait);
	acomp_request_set_units(r->req, &r->units, SIZE, r->results);

	units_mock.depth = 1;
	units_mock.delay_us = 20 * USEC_PER_MSEC;
	first = crypto_acomp_compress(t->r[0].req);
	fsleep(10 * USEC_PER_MSEC);
	KUNIT_EXPECT_EQ(test, crypto_acomp_compress(t->r[3].req), -EINPROGRESS);

	err = crypto_acomp_compress(r->req);
	if (err == -EINPROGRESS && wait_for_completion_timeout(&r->wait.completion, HZ))
		err = r->wait.err;
	KUNIT_EXPECT_EQ(test, err, 0);
	for (i = 0; i < NR && !err; i++)
		KUNIT_EXPECT_TRUE(test, r->results[i] > 0 || r->results[i] == -EBUSY);
	KUNIT_EXPECT_EQ(test, r->results[0], -EBUSY);
	KUNIT_EXPECT_EQ(test, mock_finish(&t->r[0], first), 0);
	KUNIT_EXPECT_EQ(test, mock_finish(&t->r[3], -EINPROGRESS), 0);
}

static struct kunit_case mock_kunit_cases[] = {
	KUNIT_CASE(mock_units_fail),
	KUNIT_CASE(mock_requests_fail),
	KUNIT_CASE(mock_full),
	KUNIT_CASE(mock_full_in_turn),
	{}
};

static struct kunit_suite mock_kunit_suite = {
	.name = "acomp_units_mock",
	.init = mock_init,
	.exit = mock_exit,
	.test_cases = mock_kunit_cases,
};

kunit_test_suite(mock_kunit_suite);
