// SPDX-License-Identifier: GPL-2.0
/*
 * Rings: the memory of pages in flight, one ring a CPU. A ring gets its memory
 * when it is first used, without waiting for it. A bio that finds no memory, or
 * finds the ring in use, takes the path of single pages.
 *
 * Lock order: ring -> slot -> stream (zcomp_stream_get()). No task waits for a
 * ring that holds a slot or a stream.
 */

#include <linux/array_size.h>
#include <linux/cpu.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/topology.h>

#include "zcomp.h"
#include "zcomp_batch.h"

/* The backend's state follows the units, aligned for anything */
static size_t state_stride(size_t size)
{
	return ALIGN(size, __alignof__(unsigned long long));
}

static int ring_alloc(struct zcomp_ring *ring, unsigned int max,
		      const struct zcomp_batch_state *state, int node, gfp_t gfp)
{
	size_t unit = state_stride(state->unit_size);
	size_t map = state_stride(state->map_size);
	unsigned int i;
	void *at;

	ring->units = kzalloc_node(max * (sizeof(*ring->units) + unit) +
				   ARRAY_SIZE(ring->map) * map, gfp, node);
	if (!ring->units)
		return -ENOMEM;
	at = ring->units + max;
	for (i = 0; i < max; i++, at += unit)
		ring->units[i].req = at;
	for (i = 0; i < ARRAY_SIZE(ring->map); i++, at += map)
		ring->map[i] = at;
	ring->max = max;
	ring->state = state;
	return 0;
}

/**
 * zcomp_ring_grow() - give a ring its units
 * @ring: the ring, zeroed at first, with nothing in flight
 * @nr: units wanted, at least 2; the first call sets the most there can be
 * @state: what the backend keeps in it; of the first call
 * @node: NUMA node the memory should come from
 * @gfp: how to allocate
 *
 * Where memory is short the ring has fewer units than wanted, and a later call
 * may add some.
 *
 * Context: process, allocates with @gfp.
 * Return: 0, or -ENOMEM if the ring has fewer than two units.
 */
int zcomp_ring_grow(struct zcomp_ring *ring, unsigned int nr,
		    const struct zcomp_batch_state *state, int node, gfp_t gfp)
{
	if (!ring->units && ring_alloc(ring, nr, state, node, gfp))
		return -ENOMEM;

	while (ring->nr < min(nr, ring->max)) {
		/* A device may read what is in it */
		struct page *page = alloc_pages_node(node, gfp | __GFP_ZERO, 0);

		if (!page)
			break;
		ring->units[ring->nr].buf = page_address(page);
		WRITE_ONCE(ring->nr, ring->nr + 1);
	}
	ring->head = 0;
	return ring->nr > 1 ? 0 : -ENOMEM;
}

/**
 * zcomp_ring_trim() - free units of a ring
 * @ring: a ring with nothing in flight
 * @nr: units to keep; fewer than 2 free the whole ring
 */
void zcomp_ring_trim(struct zcomp_ring *ring, unsigned int nr)
{
	unsigned int i;

	if (nr < 2)
		nr = 0;
	while (ring->nr > nr) {
		WRITE_ONCE(ring->nr, ring->nr - 1);
		if (ring->state->unit_exit)
			ring->state->unit_exit(ring->units[ring->nr].req);
		ring->units[ring->nr].knows = NULL;
		free_page((unsigned long)ring->units[ring->nr].buf);
	}
	ring->head = 0;
	if (!nr && ring->units) {
		for (i = 0; i < ARRAY_SIZE(ring->map) && ring->state->map_exit; i++)
			ring->state->map_exit(ring->map[i]);
		kfree(ring->units);
		ring->units = NULL;
	}
}

/**
 * zcomp_ring_fits() - whether a compressor can use a ring's units
 * @ring: the ring
 * @comp: the compressor
 *
 * Return: true if @comp has batches, and keeps in @ring what @ring was made for.
 */
bool zcomp_ring_fits(const struct zcomp_ring *ring, const struct zcomp *comp)
{
	const struct zcomp_batch_ops *ops = comp->ops->batch;

	return ops && ops->state == ring->state;
}

/**
 * zcomp_batch_init() - prepare a compressor for rings
 * @comp: the compressor; one without batches is left as it is
 *
 * The rings are empty. Lack of memory here means that there never will be any.
 */
void zcomp_batch_init(struct zcomp *comp)
{
	int cpu;

	if (!comp->ops->batch)
		return;
	comp->rings = alloc_percpu(struct zcomp_ring);
	if (!comp->rings)
		return;
	for_each_possible_cpu(cpu)
		mutex_init(&per_cpu_ptr(comp->rings, cpu)->lock);
}

/* Waits for the ring's owner, which may have moved to another CPU */
static void ring_trim_locked(struct zcomp *comp, unsigned int cpu,
			     unsigned int nr)
{
	struct zcomp_ring *ring = per_cpu_ptr(comp->rings, cpu);

	guard(mutex)(&ring->lock);
	zcomp_ring_trim(ring, nr);
}

/**
 * zcomp_batch_destroy() - undo zcomp_batch_init()
 * @comp: the compressor, not in use any more
 */
void zcomp_batch_destroy(struct zcomp *comp)
{
	int cpu;

	if (!comp->rings)
		return;
	for_each_possible_cpu(cpu)
		zcomp_ring_trim(per_cpu_ptr(comp->rings, cpu), 0);
	free_percpu(comp->rings);
	comp->rings = NULL;
}

/**
 * zcomp_batch_resize() - set how many units the CPUs' rings have
 * @comp: the compressor
 * @nr: units a ring, or 1 for no rings; cut to the backend's maximum
 *
 * Larger rings are freed down to @nr, smaller ones grow when they are used
 * next. May be called while pages are in flight.
 *
 * Context: process, sleeps.
 */
void zcomp_batch_resize(struct zcomp *comp, unsigned int nr)
{
	unsigned int cpu;

	if (!comp->rings)
		return;
	nr = min(nr, comp->ops->batch->max);
	WRITE_ONCE(comp->batch_size, nr);
	for_each_possible_cpu(cpu)
		ring_trim_locked(comp, cpu, nr);
}

/**
 * zcomp_batch_bytes() - memory that the rings of a compressor take
 * @comp: a compressor that has rings
 *
 * Return: bytes of all units, without what a backend allocates behind an IOMMU.
 */
size_t zcomp_batch_bytes(const struct zcomp *comp)
{
	const struct zcomp_batch_state *state = comp->ops->batch->state;
	size_t unit = PAGE_SIZE + sizeof(struct zcomp_unit) +
		      state_stride(state->unit_size);
	size_t bytes = 0;
	int cpu;

	for_each_possible_cpu(cpu) {
		struct zcomp_ring *ring = per_cpu_ptr(comp->rings, cpu);

		bytes += unit * READ_ONCE(ring->nr);
	}
	return bytes;
}

/**
 * zcomp_batch_cpu_dead() - free the ring of a CPU that went offline
 * @comp: the compressor
 * @cpu: the CPU
 *
 * Context: process, from zcomp's CPU hotplug callback.
 */
void zcomp_batch_cpu_dead(struct zcomp *comp, unsigned int cpu)
{
	if (comp->rings)
		ring_trim_locked(comp, cpu, 0);
}

/*
 * Reclaim writes to zram, so it must not be entered for a ring, nor may a ring
 * take memory that is reserved for reclaim.
 */
#define RING_GFP	(GFP_NOWAIT | __GFP_NOMEMALLOC)

static int ring_fill(struct zcomp *comp, struct zcomp_ring *ring,
		     unsigned int nr)
{
	const struct zcomp_batch_ops *ops = comp->ops->batch;

	if (ring->nr >= nr)
		return 0;
	if (!ring->units && ring_alloc(ring, ops->max, ops->state,
				       numa_node_id(), RING_GFP))
		return -ENOMEM;
	return zcomp_ring_grow(ring, nr, ops->state, numa_node_id(), RING_GFP);
}

/**
 * zcomp_ring_begin() - find out what a ring's backend wants to know
 * @ring: the ring, with its units, and nothing in flight
 *
 * For a ring of one's own; zcomp_ring_get() does it.
 */
void zcomp_ring_begin(struct zcomp_ring *ring)
{
	ring->maps = ring->state->maps && ring->state->maps();
}

/**
 * zcomp_ring_get() - take this CPU's ring, if it is free
 * @comp: a compressor that has rings
 * @retire: takes each unit that is done
 * @owner: passed to @retire
 *
 * Context: process.
 * Return: the ring, empty; NULL if it is in use, switched off, or there is no
 * memory for it.
 */
struct zcomp_ring *zcomp_ring_get(struct zcomp *comp, zcomp_retire_fn retire,
				  void *owner)
{
	struct zcomp_ring *ring = raw_cpu_ptr(comp->rings);
	unsigned int nr;

	if (!mutex_trylock(&ring->lock))
		return NULL;
	nr = READ_ONCE(comp->batch_size);
	if (nr < 2 || (unlikely(ring->nr < nr) && ring_fill(comp, ring, nr))) {
		mutex_unlock(&ring->lock);
		return NULL;
	}
	ring->retire = retire;
	ring->owner = owner;
	ring->full = 0;
	zcomp_ring_begin(ring);
	return ring;
}

/**
 * zcomp_ring_put() - give a ring back
 * @ring: the ring, with nothing in flight
 */
void zcomp_ring_put(struct zcomp_ring *ring)
{
	mutex_unlock(&ring->lock);
}

static void ring_push(struct zcomp_ring *ring)
{
	if (++ring->head == ring->nr)
		ring->head = 0;
	ring->in_flight++;
}

static struct zcomp_unit *ring_oldest(struct zcomp_ring *ring)
{
	unsigned int at = ring->head + ring->nr - ring->in_flight;

	return &ring->units[at < ring->nr ? at : at - ring->nr];
}

static void ring_retire(struct zcomp_ring *ring)
{
	struct zcomp_unit *unit = ring_oldest(ring);

	ring->in_flight--;
	ring->retire(ring->owner, unit, unit->wait(unit->req));
}

/*
 * The device is full. If it is full of the owner's units, retire one of them;
 * if not, the next submission has to wait.
 */
static bool ring_make_room(struct zcomp_ring *ring)
{
	ring->full++;
	if (!ring->in_flight)
		ring = ring->peer;
	if (!ring || !ring->in_flight)
		return false;
	ring_retire(ring);
	return true;
}

/**
 * zcomp_ring_map() - begin to name pages that will be mapped together
 * @ring: a ring that maps; units of the map whose turn it is are retired
 *
 * The caller names up to @ring->nr pages by the backend's map_pages(), and hands those
 * that are worth it to the ring, in that order, before it calls this again.
 */
void zcomp_ring_map(struct zcomp_ring *ring)
{
	void *map;

	if (ring->in_flight)
		ring->turn ^= 1;
	map = ring->map[ring->turn];
	while (ring->in_flight && ring_oldest(ring)->map == map)
		ring_retire(ring);
	ring->state->unmap(map);
}

/**
 * zcomp_ring_next() - find the unit for the next page
 * @ring: the ring; if it is full, its oldest unit is retired
 *
 * Return: the unit. It is in flight after zcomp_ring_compress() or
 * zcomp_ring_decompress(); without these, the next call returns it again.
 */
struct zcomp_unit *zcomp_ring_next(struct zcomp_ring *ring)
{
	if (ring->in_flight == ring->nr)
		ring_retire(ring);
	return &ring->units[ring->head];
}

static noinline void ring_map_unit_anew(struct zcomp_ring *ring,
					struct zcomp_unit *unit)
{
	unit->knows = ring->state->map_unit(unit->req, unit->map, unit->buf) ?
		      unit->map : NULL;
}

static __always_inline void ring_map_unit(struct zcomp_ring *ring,
					  struct zcomp_unit *unit)
{
	if (likely(!ring->maps))
		return;
	unit->map = ring->map[ring->turn];
	if (unit->knows != unit->map)
		ring_map_unit_anew(ring, unit);
}

/**
 * zcomp_ring_compress() - start compressing a page into a unit's buffer
 * @ring: the ring
 * @comp: a compressor that fits @ring
 * @unit: from zcomp_ring_next()
 * @src: the page
 *
 * The ring's retire function receives the result, maybe before this returns
 * and older units first.
 */
void zcomp_ring_compress(struct zcomp_ring *ring, struct zcomp *comp,
			 struct zcomp_unit *unit, const void *src)
{
	const struct zcomp_batch_ops *ops = comp->ops->batch;
	bool nowait = true;

	unit->wait = ops->wait;
	ring_map_unit(ring, unit);
	while (ops->compress(comp->params, unit->req, src, unit->buf, nowait))
		nowait = ring_make_room(ring);
	ring_push(ring);
}

/**
 * zcomp_ring_decompress() - start decompressing from a unit's buffer
 * @ring: the ring
 * @comp: a compressor that fits @ring
 * @unit: from zcomp_ring_next()
 * @src_len: bytes in its buffer
 * @dst: the page to fill
 *
 * The ring's retire function receives the result, as for zcomp_ring_compress().
 */
void zcomp_ring_decompress(struct zcomp_ring *ring, struct zcomp *comp,
			   struct zcomp_unit *unit, unsigned int src_len,
			   void *dst)
{
	const struct zcomp_batch_ops *ops = comp->ops->batch;
	bool nowait = true;

	unit->wait = ops->wait;
	ring_map_unit(ring, unit);
	while (ops->decompress(comp->params, unit->req, unit->buf, src_len,
			       dst, nowait))
		nowait = ring_make_room(ring);
	ring_push(ring);
}

/* The device is done with all units */
static void ring_unmap(struct zcomp_ring *ring)
{
	if (likely(!ring->maps))
		return;
	ring->state->unmap(ring->map[0]);
	ring->state->unmap(ring->map[1]);
}

/**
 * zcomp_ring_drain() - wait until the device is done with a ring
 * @ring: the ring
 *
 * The units stay in flight, and retire without waiting afterwards. Pages that were
 * named and have not come are mapped one by one.
 */
void zcomp_ring_drain(struct zcomp_ring *ring)
{
	unsigned int i, at = ring->head;

	for (i = 0; i < ring->in_flight; i++) {
		at = (at ? at : ring->nr) - 1;
		ring->units[at].wait(ring->units[at].req);
	}
	ring_unmap(ring);
}

/**
 * zcomp_ring_flush() - retire all units, and unmap their pages
 * @ring: the ring
 */
void zcomp_ring_flush(struct zcomp_ring *ring)
{
	while (ring->in_flight)
		ring_retire(ring);
	ring_unmap(ring);
}
