// SPDX-License-Identifier: GPL-2.0
/*
 * Writing zswap's entries back to the swap device: as many victims as the compressor
 * takes at once are chosen from the LRU, decompressed together, and written.
 */
#include <linux/list_lru.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched.h>
#include <linux/swap_ops.h>
#include <linux/zswap.h>

#include "swap.h"
#include "zswap_internal.h"

/*
 * Get folios for the victims that come next. All but the first are allocated without
 * reclaim, which a task that holds locked folios must not enter; if there is none for
 * the next one, the batch is a short one.
 *
 * Return: how many, with @folios and @entries set.
 */
static unsigned int zswap_writeback_gather(struct zswap_victims *victims,
					   struct zswap_entry **entries,
					   struct folio **folios,
					   bool *encountered_page_in_swapcache)
{
	unsigned int nr = 0;

	while (victims->next < victims->nr) {
		unsigned int i = victims->next;
		struct folio *folio = zswap_writeback_folio(victims->entries[i],
							    victims->swpentries[i],
							    nr ? GFP_NOWAIT : GFP_KERNEL);

		if (nr && PTR_ERR_OR_ZERO(folio) == -ENOMEM)
			break;
		victims->next++;
		if (!IS_ERR(folio)) {
			entries[nr] = victims->entries[i];
			folios[nr++] = folio;
			continue;
		}

		zswap_count(&zswap_reject_reclaim_fail, 1);

		/*
		 * A page in the swap cache is in use, and so are the next ones,
		 * probably: the shrinker chooses no more victims. Those it has are
		 * at the end of the LRU already, and are tried.
		 */
		if (PTR_ERR(folio) == -EEXIST && encountered_page_in_swapcache)
			*encountered_page_in_swapcache = true;
	}
	return nr;
}

/* A victim that can't be read stays as it is. */
static void zswap_writeback_ready(struct folio **folio, struct zswap_entry *entry,
				  bool ok)
{
	if (ok)
		return;
	zswap_count(&zswap_reject_reclaim_fail, 1);
	zswap_writeback_abort(*folio);
	folio_put(*folio);
	*folio = NULL;
}

/*
 * Write victims back; set @encountered_page_in_swapcache, if there is one, when
 * the page of some victim is in the swap cache.
 *
 * Return: how many were written back.
 */
static unsigned int zswap_writeback(struct zswap_victims *victims,
				    bool *encountered_page_in_swapcache)
{
	struct zswap_entry *entries[ZSWAP_MAX_BATCH] __uninitialized;
	struct folio *folios[ZSWAP_MAX_BATCH] __uninitialized;
	unsigned int i, nr, written = 0;
	struct swap_io_ctx ctx = {};

	while (victims->next < victims->nr) {
		nr = zswap_writeback_gather(victims, entries, folios,
					    encountered_page_in_swapcache);
		zswap_decompress_many(entries, folios, nr, zswap_writeback_ready);
		for (i = 0; i < nr; i++) {
			if (!folios[i])
				continue;
			zswap_writeback_start(&ctx, folios[i], entries[i]);
			written++;
		}
		swap_write_submit(&ctx);
		for (i = 0; i < nr; i++) {
			if (folios[i])
				folio_put(folios[i]);
		}
	}

	zswap_count(&zswap_written_back_pages, written);
	return written;
}

/**
 * zswap_shrink_lru() - write back entries of one LRU
 * @nid: its node
 * @memcg: its cgroup
 * @nr_to_walk: how many to try or rotate; less those that were
 * @encountered_page_in_swapcache: stop at a victim whose page is in the swap cache,
 *	and set it; NULL to go on
 *
 * Context: process, may sleep.
 * Return: how many were written back.
 */
unsigned long zswap_shrink_lru(int nid, struct mem_cgroup *memcg,
			       unsigned long *nr_to_walk,
			       bool *encountered_page_in_swapcache)
{
	struct zswap_victims victims __uninitialized;
	unsigned long shrunk = 0;

	do {
		victims.nr = 0;
		victims.next = 0;
		list_lru_walk_one(&zswap_list_lru, nid, memcg, &shrink_memcg_cb,
				  &victims, nr_to_walk);
		shrunk += zswap_writeback(&victims, encountered_page_in_swapcache);
		if (encountered_page_in_swapcache && *encountered_page_in_swapcache)
			break;
		cond_resched();
	} while (victims.nr && *nr_to_walk);

	return shrunk;
}
