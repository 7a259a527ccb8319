// SPDX-License-Identifier: GPL-2.0
/*
 * The core's own interface: submit all, then retire all.
 */
#include <linux/iaa_comp.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "iaa_bench.h"

static struct iaa_comp_req *reqs;
static enum iaa_comp_mode mode;

static int core_open(const char *algorithm, unsigned int batch)
{
	int err;

	if (!strcmp(algorithm, "deflate-iaa"))
		mode = IAA_COMP_FIXED;
	else if (!strcmp(algorithm, "deflate-iaa-dynamic"))
		mode = IAA_COMP_DYNAMIC;
	else
		return -ENOENT;
	reqs = kcalloc(batch, sizeof(*reqs), GFP_KERNEL);
	if (!reqs)
		return -ENOMEM;
	err = iaa_comp_get();
	if (err)
		kfree(reqs);
	return err;
}

static void core_close(void)
{
	iaa_comp_put();
	kfree(reqs);
}

static void core_compress(struct bench_page *pages, unsigned int nr, struct bench_span *span)
{
	u64 start = bench_clock();
	unsigned int i;

	for (i = 0; i < nr; i++) {
		reqs[i].src = pages[i].plain;
		reqs[i].slen = PAGE_SIZE;
		reqs[i].dst = pages[i].packed;
		reqs[i].dlen = BENCH_ROOM;
		iaa_comp_submit_compress(mode, &reqs[i]);
	}
	span->submit = bench_clock() - start;
	for (i = 0; i < nr; i++)
		pages[i].len = iaa_comp_wait(&reqs[i]);
	span->total = bench_clock() - start;
}

static void core_decompress(struct bench_page *pages, unsigned int nr, struct bench_span *span)
{
	u64 start = bench_clock();
	unsigned int i;

	for (i = 0; i < nr; i++) {
		reqs[i].result = -ENODATA;
		if (pages[i].len <= 0)
			continue;
		reqs[i].src = pages[i].packed;
		reqs[i].slen = pages[i].len;
		reqs[i].dst = pages[i].back;
		reqs[i].dlen = PAGE_SIZE;
		iaa_comp_submit_decompress(&reqs[i]);
	}
	span->submit = bench_clock() - start;
	for (i = 0; i < nr; i++)
		pages[i].back_len = pages[i].len > 0 ? iaa_comp_wait(&reqs[i]) : -ENODATA;
	span->total = bench_clock() - start;
}

const struct bench_api bench_core = {
	.name = "core",
	.open = core_open,
	.compress = core_compress,
	.decompress = core_decompress,
	.close = core_close,
};
