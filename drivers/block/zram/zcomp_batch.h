/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Backends that gain from several pages in flight, and the windows in which
 * pages travel through them.
 */

#ifndef _ZCOMP_BATCH_H_
#define _ZCOMP_BATCH_H_

#include <linux/mutex.h>
#include <linux/types.h>

struct page;
struct zcomp;
struct zcomp_params;

/*
 * Units in the largest window. A device answers after about three
 * microseconds, in which one CPU prepares and stores about ten pages.
 */
#define ZCOMP_BATCH_MAX	16

/**
 * struct zcomp_batch_ops - what a backend does with pages in flight
 * @max: units that gain something, 2 to ZCOMP_BATCH_MAX
 * @req_size: bytes of the backend's own state a unit, zeroed once
 * @compress: start compressing the page at @src to @dst, which has room for a
 *	page; more than @params->max_len bytes are of no use. Returns 0, or with
 *	@nowait -EAGAIN when the device is full and nothing was started; any
 *	other outcome is for @wait to tell.
 * @decompress: start decompressing @src_len bytes to the page at @dst; returns
 *	as @compress does
 * @wait: wait until what was started with this request is done. Returns the
 *	bytes produced, or -errno; from compression -ENOSPC if they are more
 *	than are of use. Asked again, it returns the same.
 *
 * All may sleep. None allocates memory in a way that enters reclaim.
 */
struct zcomp_batch_ops {
	unsigned int max;
	size_t req_size;

	int (*compress)(struct zcomp_params *params, void *req,
			const void *src, void *dst, bool nowait);
	int (*decompress)(struct zcomp_params *params, void *req,
			  const void *src, unsigned int src_len, void *dst,
			  bool nowait);
	int (*wait)(void *req);
};

/**
 * struct zcomp_unit - one page on its way
 * @buf: a page of the unit's own, for the compressed form
 * @req: the backend's state
 * @wait: the backend's, set at submission
 * @page: the user's: the page in its plain form
 * @index: the user's: which slot it belongs to
 */
struct zcomp_unit {
	void *buf;
	void *req;
	int (*wait)(void *req);
	struct page *page;
	unsigned long index;
};

/**
 * struct zcomp_window - a ring of units, retired in the order of submission
 * @lock: held by the user, from zcomp_window_get() to zcomp_window_put()
 * @nr: units there are; 0 if there was no memory
 * @req_size: bytes of backend state that each of them has room for
 * @head: the unit to submit next
 * @in_flight: how many before @head have been submitted and not retired
 * @units: the ring
 *
 * All but @lock belong to its holder.
 */
struct zcomp_window {
	struct mutex lock;	/* the members below */
	unsigned int nr;
	size_t req_size;
	unsigned int head;
	unsigned int in_flight;
	struct zcomp_unit *units;
};

static inline bool zcomp_window_full(const struct zcomp_window *win)
{
	return win->in_flight == win->nr;
}

/* The unit that comes next; the window must not be full */
static inline struct zcomp_unit *zcomp_window_idle(struct zcomp_window *win)
{
	return &win->units[win->head];
}

/* The unit from zcomp_window_idle() has been submitted */
static inline void zcomp_window_push(struct zcomp_window *win)
{
	if (++win->head == win->nr)
		win->head = 0;
	win->in_flight++;
}

/* Take out the oldest unit in flight; its contents stay until the next push */
static inline struct zcomp_unit *zcomp_window_pop(struct zcomp_window *win)
{
	unsigned int at = win->head + win->nr - win->in_flight--;

	return &win->units[at < win->nr ? at : at - win->nr];
}

static inline int zcomp_unit_wait(struct zcomp_unit *unit)
{
	return unit->wait(unit->req);
}

void zcomp_window_drain(struct zcomp_window *win);
void zcomp_window_abandon(struct zcomp_window *win);

int zcomp_window_alloc(struct zcomp_window *win, unsigned int nr,
		       size_t req_size, int node);
void zcomp_window_free(struct zcomp_window *win);

bool zcomp_batch_fits(const struct zcomp *comp, const struct zcomp_window *win);

#ifdef CONFIG_ZRAM_BATCH
void zcomp_batch_init(struct zcomp *comp);
void zcomp_batch_destroy(struct zcomp *comp);
void zcomp_batch_cpu_up(struct zcomp *comp, unsigned int cpu);
void zcomp_batch_cpu_dead(struct zcomp *comp, unsigned int cpu);
#else
static inline void zcomp_batch_init(struct zcomp *comp) { }
static inline void zcomp_batch_destroy(struct zcomp *comp) { }
static inline void zcomp_batch_cpu_up(struct zcomp *comp, unsigned int cpu) { }
static inline void zcomp_batch_cpu_dead(struct zcomp *comp, unsigned int cpu) { }
#endif

void zcomp_batch_resize(struct zcomp *comp, unsigned int nr);
size_t zcomp_batch_bytes(const struct zcomp *comp, size_t *each);

struct zcomp_window *zcomp_window_get(struct zcomp *comp);
void zcomp_window_put(struct zcomp_window *win);

int zcomp_unit_compress(struct zcomp *comp, struct zcomp_unit *unit,
			const void *src, bool nowait);
int zcomp_unit_decompress(struct zcomp *comp, struct zcomp_unit *unit,
			  unsigned int src_len, void *dst, bool nowait);

#endif /* _ZCOMP_BATCH_H_ */
