/* SPDX-License-Identifier: GPL-2.0 */
/*
 * zswap's compression: pages in, compressed bytes out, and back.
 */
#ifndef _MM_ZSWAP_COMP_H
#define _MM_ZSWAP_COMP_H

#include <linux/crypto.h>
#include <linux/types.h>
#include <linux/zswap_batch.h>

struct folio;
struct scatterlist;
struct zswap_comp_batch;
struct zswap_comp_ctx;

/**
 * struct zswap_comp - a compressor, one for each pool
 * @driver: what the name that was asked for stood for when the first context was set up
 * @size: pages that it takes at once, 1 to ZSWAP_MAX_BATCH
 * @ctx: what each CPU works with, there from when the CPU first comes online
 * @node: in the list of the hotplug state
 */
struct zswap_comp {
	char driver[CRYPTO_MAX_ALG_NAME];
	unsigned int size;
	struct zswap_comp_ctx __percpu *ctx;
	struct hlist_node node;
};

/**
 * struct zswap_comp_run - pages on their way
 * @ctx: the context used, locked
 * @folio: whose pages are compressed, or NULL
 * @folios: or else these, of which each is a page
 * @ahead: the page after the last one submitted
 * @left: how many there are from that one on
 * @batch: the batch whose results are being taken
 * @unit: the next one of them
 * @turn: the page from which on others that wait come first
 * @gives_way: nothing is submitted any more until they have
 * @noio: the state before, see memalloc_noio_save()
 */
struct zswap_comp_run {
	struct zswap_comp_ctx *ctx;
	struct folio *folio;
	struct folio **folios;
	unsigned int ahead;
	unsigned int left;
	struct zswap_comp_batch *batch;
	unsigned int unit;
	unsigned int turn;
	bool gives_way;
	unsigned int noio;
};

int zswap_comp_setup(void);
void zswap_comp_teardown(void);

int zswap_comp_create(struct zswap_comp *comp, const char *name);
void zswap_comp_destroy(struct zswap_comp *comp);

void zswap_comp_begin(struct zswap_comp *comp, struct folio *folio,
		      struct folio **folios, unsigned int nr,
		      struct zswap_comp_run *run);
int zswap_comp_next(struct zswap_comp_run *run, u8 **data);
void zswap_comp_end(struct zswap_comp_run *run);

struct zswap_comp_ctx *zswap_comp_load_begin(struct zswap_comp *comp);
int zswap_comp_load(struct zswap_comp_ctx *ctx, struct scatterlist *src,
		    unsigned int slen, struct folio *folio);
void *zswap_comp_load_add(struct zswap_comp_ctx *ctx, unsigned int unit,
			  unsigned int slen, struct folio *folio);
void zswap_comp_load_submit(struct zswap_comp_ctx *ctx, unsigned int nr);
int zswap_comp_load_next(struct zswap_comp_ctx *ctx, unsigned int unit);
void zswap_comp_load_end(struct zswap_comp_ctx *ctx);

#endif /* _MM_ZSWAP_COMP_H */
