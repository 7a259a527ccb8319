// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's acomp interface as every kernel has it: a request a page, all of a batch
 * submitted before the first is waited for.
 */
#include <crypto/acompress.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include "iaa_bench.h"

struct one {
	struct acomp_req *req;
	struct crypto_wait wait;
	struct scatterlist src;
	struct scatterlist dst;
	int err;
};

static struct crypto_acomp *tfm;
static struct one *all;
static unsigned int nr_all;

static void acomp_close(void)
{
	unsigned int i;

	for (i = 0; i < nr_all; i++)
		if (all[i].req)
			acomp_request_free(all[i].req);
	kfree(all);
	crypto_free_acomp(tfm);
}

static int acomp_open(const char *algorithm, unsigned int batch)
{
	unsigned int i;

	tfm = crypto_alloc_acomp(algorithm, 0, 0);
	if (IS_ERR(tfm))
		return PTR_ERR(tfm);
	all = kcalloc(batch, sizeof(*all), GFP_KERNEL);
	nr_all = all ? batch : 0;
	for (i = 0; i < nr_all; i++) {
		all[i].req = acomp_request_alloc(tfm);
		if (!all[i].req)
			break;
		crypto_init_wait(&all[i].wait);
		acomp_request_set_callback(all[i].req, CRYPTO_TFM_REQ_MAY_SLEEP,
					   crypto_req_done, &all[i].wait);
	}
	if (nr_all && i == nr_all)
		return 0;
	acomp_close();
	return -ENOMEM;
}

static void acomp_compress(struct bench_page *pages, unsigned int nr, struct bench_span *span)
{
	u64 start = bench_clock();
	unsigned int i;

	for (i = 0; i < nr; i++) {
		struct one *one = &all[i];

		sg_init_one(&one->src, pages[i].plain, PAGE_SIZE);
		sg_init_one(&one->dst, pages[i].packed, BENCH_ROOM);
		acomp_request_set_params(one->req, &one->src, &one->dst, PAGE_SIZE, BENCH_ROOM);
		one->err = crypto_acomp_compress(one->req);
	}
	span->submit = bench_clock() - start;
	for (i = 0; i < nr; i++) {
		struct one *one = &all[i];

		pages[i].len = crypto_wait_req(one->err, &one->wait) ?: (int)one->req->dlen;
	}
	span->total = bench_clock() - start;
}

static void acomp_decompress(struct bench_page *pages, unsigned int nr, struct bench_span *span)
{
	u64 start = bench_clock();
	unsigned int i;

	for (i = 0; i < nr; i++) {
		struct one *one = &all[i];

		one->err = -ENODATA;
		if (pages[i].len <= 0)
			continue;
		sg_init_one(&one->src, pages[i].packed, pages[i].len);
		sg_init_one(&one->dst, pages[i].back, PAGE_SIZE);
		acomp_request_set_params(one->req, &one->src, &one->dst, pages[i].len, PAGE_SIZE);
		one->err = crypto_acomp_decompress(one->req);
	}
	span->submit = bench_clock() - start;
	for (i = 0; i < nr; i++) {
		struct one *one = &all[i];

		pages[i].back_len = crypto_wait_req(one->err, &one->wait) ?: (int)one->req->dlen;
	}
	span->total = bench_clock() - start;
}

const struct bench_api bench_acomp = {
	.name = "acomp",
	.open = acomp_open,
	.compress = acomp_compress,
	.decompress = acomp_decompress,
	.close = acomp_close,
};
