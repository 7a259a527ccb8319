// SPDX-License-Identifier: GPL-2.0
/*
 * Windows: the memory that pages in flight need, one window a CPU, all of it
 * allocated before the first page so that I/O never waits for memory. A CPU
 * whose window could not be had does its pages one by one.
 *
 * Lock order: window -> slot -> stream (zcomp_stream_get()). Nobody who holds
 * a slot takes a window.
 */

#include <linux/cpu.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/topology.h>

#include "zcomp.h"
#include "zcomp_batch.h"

/* The backend's state follows the units, aligned for anything */
static size_t req_stride(size_t req_size)
{
	return ALIGN(req_size, __alignof__(unsigned long long));
}

static size_t window_bytes(unsigned int nr, size_t req_size)
{
	return nr * (PAGE_SIZE + sizeof(struct zcomp_unit) +
		     req_stride(req_size));
}

/**
 * zcomp_window_alloc() - give a window its units
 * @win: a zeroed window, or one that zcomp_window_free() emptied
 * @nr: units wanted, at least 2
 * @req_size: bytes of backend state a unit
 * @node: NUMA node the memory should come from
 *
 * Where memory is short the window has fewer units than wanted, but not one:
 * that is no window.
 *
 * Context: process, sleeps, allocates with GFP_KERNEL.
 * Return: 0, or -ENOMEM and the window is as it was.
 */
int zcomp_window_alloc(struct zcomp_window *win, unsigned int nr,
		       size_t req_size, int node)
{
	size_t stride = req_stride(req_size);
	struct zcomp_unit *units;
	unsigned int i;
	void *req;

	units = kvzalloc_node(nr * (sizeof(*units) + stride),
			      GFP_KERNEL | __GFP_NOWARN, node);
	if (!units)
		return -ENOMEM;

	req = units + nr;
	for (i = 0; i < nr; i++, req += stride) {
		struct page *page = alloc_pages_node(node, GFP_KERNEL |
						     __GFP_NOWARN, 0);

		if (!page)
			break;
		units[i].buf = page_address(page);
		units[i].req = req;
	}

	win->units = units;
	win->nr = i;
	win->req_size = stride;
	win->head = 0;
	win->in_flight = 0;
	if (win->nr > 1)
		return 0;
	zcomp_window_free(win);
	return -ENOMEM;
}

/**
 * zcomp_window_free() - take a window's units away
 * @win: a window with nothing in flight
 */
void zcomp_window_free(struct zcomp_window *win)
{
	unsigned int i;

	for (i = 0; i < win->nr; i++)
		free_page((unsigned long)win->units[i].buf);
	kvfree(win->units);
	win->units = NULL;
	win->nr = 0;
}

/**
 * zcomp_batch_fits() - whether a compressor can work in another one's window
 * @comp: the compressor
 * @win: the window
 *
 * Return: true if @comp has batches and its state fits the units of @win.
 */
bool zcomp_batch_fits(const struct zcomp *comp, const struct zcomp_window *win)
{
	const struct zcomp_batch_ops *ops = comp->ops->batch;

	return ops && ops->req_size <= win->req_size;
}

/**
 * zcomp_window_drain() - wait until the device is done with a window
 * @win: the window
 *
 * The units stay in flight, and retire at once afterwards.
 */
void zcomp_window_drain(struct zcomp_window *win)
{
	unsigned int i, at = win->head;

	for (i = 0; i < win->in_flight; i++) {
		at = (at ? at : win->nr) - 1;
		zcomp_unit_wait(&win->units[at]);
	}
}

/**
 * zcomp_window_abandon() - wait for all that is in flight, and drop it
 * @win: the window
 */
void zcomp_window_abandon(struct zcomp_window *win)
{
	while (win->in_flight)
		zcomp_unit_wait(zcomp_window_pop(win));
}

/**
 * zcomp_batch_init() - prepare a compressor for windows
 * @comp: the compressor; one without batches is left as it is
 *
 * It has none yet, zcomp_batch_resize() makes them. Lack of memory here means
 * that there never will be any.
 */
void zcomp_batch_init(struct zcomp *comp)
{
	int cpu;

	if (!comp->ops->batch)
		return;
	comp->windows = alloc_percpu(struct zcomp_window);
	if (!comp->windows)
		return;
	for_each_possible_cpu(cpu)
		mutex_init(&per_cpu_ptr(comp->windows, cpu)->lock);
}

/**
 * zcomp_batch_destroy() - the end of zcomp_batch_init()
 * @comp: the compressor, of which no CPU has a window any more
 */
void zcomp_batch_destroy(struct zcomp *comp)
{
	free_percpu(comp->windows);
	comp->windows = NULL;
}

/* Replace a CPU's window; without memory for the new one there is none */
static void window_replace(struct zcomp *comp, unsigned int cpu,
			   unsigned int nr)
{
	struct zcomp_window *win = per_cpu_ptr(comp->windows, cpu);
	struct zcomp_window new = {}, old;

	if (nr > 1)
		zcomp_window_alloc(&new, nr, comp->ops->batch->req_size,
				   cpu_to_node(cpu));

	mutex_lock(&win->lock);
	old.units = win->units;
	old.nr = win->nr;
	win->units = new.units;
	WRITE_ONCE(win->nr, new.nr);
	win->req_size = new.req_size;
	win->head = 0;
	mutex_unlock(&win->lock);

	zcomp_window_free(&old);
}

/**
 * zcomp_batch_resize() - set how many units the CPUs' windows have
 * @comp: the compressor
 * @nr: units a window, or 1 for no windows; cut to the backend's maximum
 *
 * May be called while pages are in flight.
 *
 * Context: process, sleeps, allocates with GFP_KERNEL, takes cpus_read_lock().
 */
void zcomp_batch_resize(struct zcomp *comp, unsigned int nr)
{
	unsigned int cpu;

	if (!comp->windows)
		return;
	nr = min(nr, comp->ops->batch->max);

	guard(cpus_read_lock)();
	comp->batch_size = nr;
	for_each_online_cpu(cpu)
		window_replace(comp, cpu, nr);
}

/**
 * zcomp_batch_bytes() - memory that the windows take
 * @comp: a compressor that has windows
 * @each: set to the bytes of one CPU's, as many as are wanted
 *
 * Return: bytes of all of them, as many as there are.
 */
size_t zcomp_batch_bytes(const struct zcomp *comp, size_t *each)
{
	size_t req_size = comp->ops->batch->req_size, all = 0;
	int cpu;

	*each = comp->batch_size > 1 ?
		window_bytes(comp->batch_size, req_size) : 0;
	for_each_possible_cpu(cpu) {
		struct zcomp_window *win = per_cpu_ptr(comp->windows, cpu);

		all += window_bytes(READ_ONCE(win->nr), req_size);
	}
	return all;
}

/**
 * zcomp_batch_cpu_up() - give a CPU that comes its window
 * @comp: the compressor
 * @cpu: the CPU
 *
 * Context: process, from zcomp's CPU hotplug callback.
 */
void zcomp_batch_cpu_up(struct zcomp *comp, unsigned int cpu)
{
	if (comp->windows && comp->batch_size > 1)
		window_replace(comp, cpu, comp->batch_size);
}

/**
 * zcomp_batch_cpu_dead() - take the window of a CPU that went
 * @comp: the compressor
 * @cpu: the CPU
 *
 * Waits for a task that went from that CPU to another one with the window.
 *
 * Context: process, from zcomp's CPU hotplug callback.
 */
void zcomp_batch_cpu_dead(struct zcomp *comp, unsigned int cpu)
{
	if (comp->windows)
		window_replace(comp, cpu, 0);
}

/**
 * zcomp_window_get() - take this CPU's window
 * @comp: a compressor that has windows
 *
 * Context: process, sleeps while another task has it.
 * Return: the window, empty; NULL if this CPU has none.
 */
struct zcomp_window *zcomp_window_get(struct zcomp *comp)
{
	struct zcomp_window *win = raw_cpu_ptr(comp->windows);

	mutex_lock(&win->lock);
	if (likely(win->nr))
		return win;
	mutex_unlock(&win->lock);
	return NULL;
}

/**
 * zcomp_window_put() - give a window back
 * @win: the window, with nothing in flight
 */
void zcomp_window_put(struct zcomp_window *win)
{
	mutex_unlock(&win->lock);
}

/**
 * zcomp_unit_compress() - start compressing a page into a unit's buffer
 * @comp: a compressor with batches
 * @unit: the unit
 * @src: the page
 * @nowait: whether -EAGAIN is an answer
 *
 * Return: 0, or -EAGAIN if the device is full and nothing was started.
 */
int zcomp_unit_compress(struct zcomp *comp, struct zcomp_unit *unit,
			const void *src, bool nowait)
{
	const struct zcomp_batch_ops *ops = comp->ops->batch;

	unit->wait = ops->wait;
	return ops->compress(comp->params, unit->req, src, unit->buf, nowait);
}

/**
 * zcomp_unit_decompress() - start decompressing from a unit's buffer
 * @comp: a compressor with batches
 * @unit: the unit
 * @src_len: bytes in its buffer
 * @dst: the page to fill
 * @nowait: whether -EAGAIN is an answer
 *
 * Return: 0, or -EAGAIN if the device is full and nothing was started.
 */
int zcomp_unit_decompress(struct zcomp *comp, struct zcomp_unit *unit,
			  unsigned int src_len, void *dst, bool nowait)
{
	const struct zcomp_batch_ops *ops = comp->ops->batch;

	unit->wait = ops->wait;
	return ops->decompress(comp->params, unit->req, unit->buf, src_len,
			       dst, nowait);
}
