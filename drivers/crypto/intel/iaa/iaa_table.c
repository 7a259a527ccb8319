// SPDX-License-Identifier: GPL-2.0
#include <linux/array_size.h>
#include <linux/minmax.h>
#include <linux/overflow.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "iaa_table.h"

/*
 * Sets, in this order: for each role and package, the queues of its devices;
 * then for each role and device, its queues. A package without devices takes
 * those of all packages.
 */
static unsigned int iaa_package_set(const struct iaa_topo *topo,
				    enum iaa_role role, unsigned int package)
{
	return role * topo->nr_packages + package;
}

static unsigned int iaa_dev_set(const struct iaa_topo *topo,
				enum iaa_role role, unsigned int dev)
{
	return IAA_NR_ROLES * topo->nr_packages + role * topo->nr_devs + dev;
}

static bool iaa_dev_split(const struct iaa_topo *topo,
			  const struct iaa_topo_dev *dev)
{
	return topo->g_comp_wqs && topo->g_comp_wqs < dev->nr_wqs;
}

/* The queues of a device that have a role are neighbours: [*from, *to) */
static void iaa_dev_range(const struct iaa_topo *topo,
			  const struct iaa_topo_dev *dev, enum iaa_role role,
			  unsigned int *from, unsigned int *to)
{
	unsigned int border = dev->nr_wqs - topo->g_comp_wqs;

	*from = 0;
	*to = dev->nr_wqs;
	if (!iaa_dev_split(topo, dev))
		return;
	if (role == IAA_ROLE_COMP)
		*from = border;
	else
		*to = border;
}

/* Devices of unknown package go to the packages that have the fewest */
static void iaa_place_devs(const struct iaa_topo *topo)
{
	unsigned int d, other, p;

	for (d = 0; d < topo->nr_devs; d++) {
		unsigned int fewest = UINT_MAX, best = 0;

		if (topo->devs[d].package >= 0)
			continue;
		for (p = 0; p < topo->nr_packages; p++) {
			unsigned int nr = 0;

			for (other = 0; other < topo->nr_devs; other++)
				nr += topo->devs[other].package == (int)p;
			if (nr < fewest) {
				fewest = nr;
				best = p;
			}
		}
		topo->devs[d].package = best;
	}
}

static bool iaa_package_has_dev(const struct iaa_topo *topo,
				unsigned int package)
{
	unsigned int d;

	for (d = 0; d < topo->nr_devs; d++)
		if (topo->devs[d].package == (int)package)
			return true;
	return false;
}

static bool iaa_serves(const struct iaa_topo *topo, unsigned int dev,
		       unsigned int package)
{
	return topo->devs[dev].package == (int)package ||
	       !iaa_package_has_dev(topo, package);
}

/*
 * Device by device and queue by queue, so that neighbours in a set are on
 * different devices and a batch spreads over all of them.
 */
static void iaa_fill_package_set(struct iaa_table *table,
				 const struct iaa_topo *topo,
				 enum iaa_role role, unsigned int package)
{
	struct iaa_wq_set *set = &table->sets[iaa_package_set(topo, role, package)];
	unsigned int d, i, from, to;
	bool more = true;

	set->first = table->nr_wqs;
	for (i = 0; more; i++) {
		more = false;
		for (d = 0; d < topo->nr_devs; d++) {
			iaa_dev_range(topo, &topo->devs[d], role, &from, &to);
			if (!iaa_serves(topo, d, package) || from + i >= to)
				continue;
			table->wqs[table->nr_wqs++] = topo->devs[d].wqs[from + i];
			more = true;
		}
	}
	set->nr = table->nr_wqs - set->first;
}

static void iaa_fill_dev_set(struct iaa_table *table,
			     const struct iaa_topo *topo, enum iaa_role role,
			     unsigned int dev)
{
	struct iaa_wq_set *set = &table->sets[iaa_dev_set(topo, role, dev)];
	unsigned int i, from, to;

	iaa_dev_range(topo, &topo->devs[dev], role, &from, &to);
	set->first = table->nr_wqs;
	for (i = from; i < to; i++)
		table->wqs[table->nr_wqs++] = topo->devs[dev].wqs[i];
	set->nr = table->nr_wqs - set->first;
}

/* The device number @nth of @of CPUs is mapped to, of those that serve it */
static unsigned int iaa_nth_dev(const struct iaa_topo *topo,
				unsigned int package, unsigned int nth,
				unsigned int of)
{
	unsigned int d, nr = 0, wanted;

	for (d = 0; d < topo->nr_devs; d++)
		nr += iaa_serves(topo, d, package);
	wanted = nth * nr / of;
	for (d = 0; d < topo->nr_devs; d++)
		if (iaa_serves(topo, d, package) && !wanted--)
			break;
	return d;
}

static void iaa_place_cpu(struct iaa_table *table, const struct iaa_topo *topo,
			  unsigned int cpu, unsigned int package,
			  unsigned int nth, unsigned int of)
{
	unsigned int dev = iaa_nth_dev(topo, package, nth, of);
	enum iaa_role role;

	for (role = 0; role < IAA_NR_ROLES; role++) {
		struct iaa_place *place = &table->places[cpu][role];

		place->package_set = iaa_package_set(topo, role, package);
		place->set = topo->distribute[role] ?
			     place->package_set : iaa_dev_set(topo, role, dev);
		/* CPUs that share a set start at different queues of it */
		place->start = nth % table->sets[place->set].nr;
	}
}

static void iaa_place_cpus(struct iaa_table *table, const struct iaa_topo *topo)
{
	unsigned int cpu, package, nth, of;

	for (package = 0; package < topo->nr_packages; package++) {
		of = 0;
		for (cpu = 0; cpu < topo->nr_cpus; cpu++)
			of += topo->cpu_package[cpu] == package;
		nth = 0;
		for (cpu = 0; cpu < topo->nr_cpus; cpu++)
			if (topo->cpu_package[cpu] == package)
				iaa_place_cpu(table, topo, cpu, package, nth++, of);
	}

	/* It may run something before it is told where it is */
	for (cpu = 0; cpu < topo->nr_cpus; cpu++)
		if (topo->cpu_package[cpu] == IAA_NO_PACKAGE)
			iaa_place_cpu(table, topo, cpu, 0, 0, 1);
}

/* Every queue stands in at most one package set a role, plus in those of the
 * packages without devices, and in one device set a role.
 */
static size_t iaa_count_entries(const struct iaa_topo *topo)
{
	unsigned int d, p, from, to;
	enum iaa_role role;
	size_t nr = 0;

	for (role = 0; role < IAA_NR_ROLES; role++) {
		for (d = 0; d < topo->nr_devs; d++) {
			iaa_dev_range(topo, &topo->devs[d], role, &from, &to);
			nr += to - from;
			for (p = 0; p < topo->nr_packages; p++)
				if (iaa_serves(topo, d, p))
					nr += to - from;
		}
	}
	return nr;
}

static struct iaa_table *iaa_table_alloc(const struct iaa_topo *topo, gfp_t gfp)
{
	unsigned int nr_sets = IAA_NR_ROLES * (topo->nr_packages + topo->nr_devs);
	size_t wqs = size_mul(iaa_count_entries(topo), sizeof(struct iaa_wq *));
	size_t sets = size_mul(nr_sets, sizeof(struct iaa_wq_set));
	size_t places = size_mul(topo->nr_cpus, sizeof(struct iaa_place[IAA_NR_ROLES]));
	size_t bytes = size_add(size_add(sizeof(struct iaa_table), wqs),
				size_add(sets, places));
	struct iaa_table *table = kvzalloc(bytes, gfp);

	if (!table)
		return NULL;
	table->bytes = bytes;
	table->nr_cpus = topo->nr_cpus;
	table->nr_sets = nr_sets;
	table->wqs = (void *)(table + 1);
	table->sets = (void *)table->wqs + wqs;
	table->places = (void *)table->sets + sets;
	return table;
}

/**
 * iaa_table_build() - make the map for a topology
 * @topo: at least one device, and at least one queue on each
 * @gfp: how to allocate
 *
 * Every CPU gets queues for both roles: those of its package, or, if there
 * are none, those of all.
 *
 * Return: the map, to be freed with kvfree(); NULL without memory.
 */
struct iaa_table *iaa_table_build(const struct iaa_topo *topo, gfp_t gfp)
{
	struct iaa_table *table;
	enum iaa_role role;
	unsigned int i;

	iaa_place_devs(topo);
	table = iaa_table_alloc(topo, gfp);
	if (!table)
		return NULL;

	for (role = 0; role < IAA_NR_ROLES; role++) {
		for (i = 0; i < topo->nr_packages; i++)
			iaa_fill_package_set(table, topo, role, i);
		for (i = 0; i < topo->nr_devs; i++)
			iaa_fill_dev_set(table, topo, role, i);
	}
	iaa_place_cpus(table, topo);
	return table;
}

/**
 * iaa_table_show() - print the map
 * @m: where
 * @table: the map
 * @show_wq: prints a queue's name
 */
void iaa_table_show(struct seq_file *m, const struct iaa_table *table,
		    void (*show_wq)(struct seq_file *m, struct iaa_wq *wq))
{
	static const char * const names[] = {
		[IAA_ROLE_COMP]		= "comp",
		[IAA_ROLE_DECOMP]	= "decomp",
	};
	unsigned int cpu, start, i;
	enum iaa_role role;

	seq_printf(m, "bytes: %zu\n", table->bytes);
	for (cpu = 0; cpu < table->nr_cpus; cpu++) {
		seq_printf(m, "cpu %u", cpu);
		for (role = 0; role < IAA_NR_ROLES; role++) {
			const struct iaa_wq_set *set =
				iaa_table_set(table, cpu, role, &start);

			seq_printf(m, " %s", names[role]);
			for (i = 0; i < set->nr; i++) {
				seq_putc(m, i ? ',' : ' ');
				show_wq(m, table->wqs[set->first +
						      (start + i) % set->nr]);
			}
		}
		seq_putc(m, '\n');
	}
}
