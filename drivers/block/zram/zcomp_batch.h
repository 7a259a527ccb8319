/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Backends that gain from several pages in flight, and the rings that hold
 * these pages.
 */

#ifndef _ZCOMP_BATCH_H_
#define _ZCOMP_BATCH_H_

#include <linux/mutex.h>
#include <linux/types.h>

struct page;
struct zcomp;
struct zcomp_params;

/*
 * Units in the largest ring. A device answers after about three microseconds,
 * in which one CPU prepares and stores about ten pages.
 */
#define ZCOMP_BATCH_MAX	16

/**
 * struct zcomp_batch_state - what a backend keeps in a ring
 * @unit_size: bytes of its own state a unit, zeroed once
 * @map_size: bytes of its own state for pages that are mapped together, the same
 * @unit_exit: optional; called before the unit's buffer is freed
 * @map_exit: optional; called before the state for such pages is freed
 * @maps: optional, with the three below; whether it gains anything now by knowing
 *	buffers, and, beforehand, which pages come
 * @map_pages: these @nr pages will come, behind those named before
 * @map_unit: from now on the operations of this unit, whose buffer is @buf, are on such
 *	pages; false if it has to be told again, since there is no memory, or no such page
 * @unmap: all of the pages that were named, and came, are retired
 *
 * Backends with the same state may share a ring.
 */
struct zcomp_batch_state {
	size_t unit_size;
	size_t map_size;

	void (*unit_exit)(void *req);
	void (*map_exit)(void *map);
	bool (*maps)(void);
	void (*map_pages)(void *map, const void *const *pages, unsigned int nr);
	bool (*map_unit)(void *req, void *map, void *buf);
	void (*unmap)(void *map);
};

/**
 * struct zcomp_batch_ops - operations of a backend on pages in flight
 * @max: number of units that gain something, 2 to ZCOMP_BATCH_MAX
 * @state: what it keeps in a ring
 * @compress: start compressing the page at @src to @dst, which has room for a
 *	page; a result of more than @params->max_len bytes is of no use. Returns
 *	0, or with @nowait -EAGAIN when the device is full and nothing was
 *	started. @wait reports all other outcomes.
 * @decompress: start decompressing @src_len bytes to the page at @dst; returns
 *	as @compress does
 * @wait: wait until the operation that was started with this request is done.
 *	Returns the bytes produced, or -errno; from compression -ENOSPC if the
 *	result is too long to be of use. A second call returns the same.
 *
 * All may sleep. None allocates memory in a way that enters reclaim. Without
 * @nowait, none waits for a device that is full for ever: the caller's own
 * requests may be what it is full of.
 */
struct zcomp_batch_ops {
	unsigned int max;
	const struct zcomp_batch_state *state;

	int (*compress)(struct zcomp_params *params, void *req,
			const void *src, void *dst, bool nowait);
	int (*decompress)(struct zcomp_params *params, void *req,
			  const void *src, unsigned int src_len, void *dst,
			  bool nowait);
	int (*wait)(void *req);
};

/**
 * struct zcomp_unit - one page in a ring
 * @buf: a page of the unit's own, for the compressed form
 * @req: the backend's state
 * @wait: the backend's, set at submission
 * @map: the ring's, where that maps: whose turn it was when the unit was submitted
 * @knows: the ring's: the map that the backend has in @req, or NULL
 * @page: the user's: the page in its plain form
 * @index: the user's: the slot that the page belongs to
 * @size: the user's: the slot's size before the operation
 * @pps: the user's: the slot's place in a post-processing list
 */
struct zcomp_unit {
	void *buf;
	void *req;
	int (*wait)(void *req);
	void *map;
	void *knows;
	struct page *page;
	unsigned long index;
	unsigned int size;
	struct zram_pp_slot *pps;
};

/* Called for each unit in the order of submission; @len as from @wait */
typedef void (*zcomp_retire_fn)(void *owner, struct zcomp_unit *unit, int len);

/**
 * struct zcomp_ring - units in flight, retired in the order of submission
 * @lock: held by the owner, from zcomp_ring_get() to zcomp_ring_put()
 * @nr: number of units; fewer than two make no ring
 * @max: room in @units
 * @state: what each unit has room for
 * @maps: the backend gains by knowing what is mapped
 * @turn: which of @map takes pages now
 * @map: the backend's; pages of one are in flight while the other takes pages
 * @head: the unit to submit next
 * @in_flight: number of units before @head that are submitted and not retired
 * @full: times that the device was full
 * @units: the ring
 * @retire: takes a unit that is done
 * @owner: passed to @retire
 * @peer: another ring of the same owner, or NULL; one of its units is retired
 *	if the device is full and this ring is empty
 *
 * All but @lock belong to the owner. I/O only tries the lock, and takes single
 * pages where it fails, so no I/O ever waits for another one's ring.
 */
struct zcomp_ring {
	struct mutex lock;	/* the members below */
	unsigned int nr;
	unsigned int max;
	const struct zcomp_batch_state *state;
	bool maps;
	u8 turn;
	void *map[2];
	unsigned int head;
	unsigned int in_flight;
	unsigned int full;
	struct zcomp_unit *units;
	zcomp_retire_fn retire;
	void *owner;
	struct zcomp_ring *peer;
};

#ifdef CONFIG_ZRAM_BATCH
void zcomp_batch_init(struct zcomp *comp);
void zcomp_batch_destroy(struct zcomp *comp);
void zcomp_batch_cpu_dead(struct zcomp *comp, unsigned int cpu);
#else
static inline void zcomp_batch_init(struct zcomp *comp) { }
static inline void zcomp_batch_destroy(struct zcomp *comp) { }
static inline void zcomp_batch_cpu_dead(struct zcomp *comp, unsigned int cpu) { }
#endif

void zcomp_batch_resize(struct zcomp *comp, unsigned int nr);
size_t zcomp_batch_bytes(const struct zcomp *comp);

int zcomp_ring_grow(struct zcomp_ring *ring, unsigned int nr,
		    const struct zcomp_batch_state *state, int node, gfp_t gfp);
void zcomp_ring_trim(struct zcomp_ring *ring, unsigned int nr);

struct zcomp_ring *zcomp_ring_get(struct zcomp *comp, zcomp_retire_fn retire,
				  void *owner);
void zcomp_ring_put(struct zcomp_ring *ring);
void zcomp_ring_begin(struct zcomp_ring *ring);

bool zcomp_ring_fits(const struct zcomp_ring *ring, const struct zcomp *comp);
void zcomp_ring_map(struct zcomp_ring *ring);
struct zcomp_unit *zcomp_ring_next(struct zcomp_ring *ring);
void zcomp_ring_compress(struct zcomp_ring *ring, struct zcomp *comp,
			 struct zcomp_unit *unit, const void *src);
void zcomp_ring_decompress(struct zcomp_ring *ring, struct zcomp *comp,
			   struct zcomp_unit *unit, unsigned int src_len,
			   void *dst);
void zcomp_ring_drain(struct zcomp_ring *ring);
void zcomp_ring_flush(struct zcomp_ring *ring);

#endif /* _ZCOMP_BATCH_H_ */
