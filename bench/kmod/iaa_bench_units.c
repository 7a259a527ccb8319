// SPDX-License-Identifier: GPL-2.0
/*
 * acomp with units: a request a batch.
 */
#include <crypto/acomp_units.h>
#include <crypto/acompress.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include "iaa_bench.h"

static struct crypto_acomp *tfm;
static struct acomp_req *req;
static struct acomp_units units;
static struct crypto_wait wait;
static struct scatterlist *plain;
static struct scatterlist *packed;
static int *results;

static void units_close(void)
{
	if (req)
		acomp_request_free(req);
	kfree(plain);
	kfree(packed);
	kfree(results);
	crypto_free_acomp(tfm);
}

static int units_open(const char *algorithm, unsigned int batch)
{
	tfm = crypto_alloc_acomp(algorithm, 0, 0);
	if (IS_ERR(tfm))
		return PTR_ERR(tfm);
	req = acomp_request_alloc(tfm);
	plain = kcalloc(batch, sizeof(*plain), GFP_KERNEL);
	packed = kcalloc(batch, sizeof(*packed), GFP_KERNEL);
	results = kcalloc(batch, sizeof(*results), GFP_KERNEL);
	if (req && plain && packed && results) {
		crypto_init_wait(&wait);
		return 0;
	}
	units_close();
	return -ENOMEM;
}

static void prepare(void)
{
	acomp_request_set_callback(req, CRYPTO_TFM_REQ_MAY_SLEEP | CRYPTO_ACOMP_REQ_POLL,
				   crypto_req_done, &wait);
	acomp_request_set_units(req, &units, PAGE_SIZE, results);
}

static void units_compress(struct bench_page *pages, unsigned int nr, struct bench_span *span)
{
	u64 start = bench_clock();
	unsigned int i;
	int err;

	sg_init_table(plain, nr);
	sg_init_table(packed, nr);
	for (i = 0; i < nr; i++) {
		sg_set_buf(&plain[i], pages[i].plain, PAGE_SIZE);
		sg_set_buf(&packed[i], pages[i].packed, BENCH_ROOM);
	}
	prepare();
	acomp_request_set_params(req, plain, packed, nr * PAGE_SIZE, nr * BENCH_ROOM);
	err = crypto_acomp_compress(req);
	span->submit = bench_clock() - start;
	if (err == -EINPROGRESS)
		err = crypto_acomp_wait(req, &wait);
	for (i = 0; i < nr; i++)
		pages[i].len = err ?: results[i];
	span->total = bench_clock() - start;
}

static void units_decompress(struct bench_page *pages, unsigned int nr, struct bench_span *span)
{
	u64 start = bench_clock();
	unsigned int i, kept = 0, bytes = 0;
	int err;

	sg_init_table(plain, nr);
	sg_init_table(packed, nr);
	for (i = 0; i < nr; i++) {
		if (pages[i].len <= 0)
			continue;
		sg_set_buf(&packed[kept], pages[i].packed, pages[i].len);
		sg_set_buf(&plain[kept], pages[i].back, PAGE_SIZE);
		bytes += pages[i].len;
		kept++;
	}
	span->submit = 0;
	span->total = 0;
	if (!kept)
		return;
	sg_mark_end(&packed[kept - 1]);
	sg_mark_end(&plain[kept - 1]);
	prepare();
	acomp_request_set_params(req, packed, plain, bytes, kept * PAGE_SIZE);
	err = crypto_acomp_decompress(req);
	span->submit = bench_clock() - start;
	if (err == -EINPROGRESS)
		err = crypto_acomp_wait(req, &wait);
	for (i = nr; i--;)
		pages[i].back_len = pages[i].len > 0 ? (err ?: results[--kept]) : -ENODATA;
	span->total = bench_clock() - start;
}

const struct bench_api bench_units = {
	.name = "units",
	.open = units_open,
	.compress = units_compress,
	.decompress = units_decompress,
	.close = units_close,
};
