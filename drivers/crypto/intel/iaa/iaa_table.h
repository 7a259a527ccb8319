/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The map from CPUs to work queues: immutable once built, replaced as a whole.
 *
 * Building it is a pure function of a topology, so that it is tested with
 * topologies that no test machine has.
 */
#ifndef _IAA_TABLE_H
#define _IAA_TABLE_H

#include <linux/limits.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

struct iaa_wq;
struct seq_file;

/* What a queue may be used for; the two operations index a CPU's places */
enum iaa_role {
	IAA_ROLE_COMP,
	IAA_ROLE_DECOMP,
	IAA_NR_ROLES,
};

/**
 * struct iaa_topo_dev - a device, as the map sees it
 * @package: logical package it is attached to, or -1 if that is not known
 * @nr_wqs: how many queues
 * @wqs: its queues by id; not looked into
 */
struct iaa_topo_dev {
	int package;
	unsigned int nr_wqs;
	struct iaa_wq **wqs;
};

/**
 * struct iaa_topo - what the map is made from
 * @nr_cpus: CPU ids are below it
 * @cpu_package: logical package by CPU id, below @nr_packages; or
 *	IAA_NO_PACKAGE for a CPU that is not online
 * @nr_packages: how many
 * @nr_devs: how many devices
 * @devs: the devices; their packages are filled in where they were -1
 * @g_comp_wqs: the last so many queues of each device only compress, the
 *	others only decompress; 0, or a device with too few queues: all do both
 * @distribute: whether a CPU uses the queues of all devices of its package,
 *	by role, or those of one device
 */
struct iaa_topo {
	unsigned int nr_cpus;
	const u16 *cpu_package;
	unsigned int nr_packages;
	unsigned int nr_devs;
	struct iaa_topo_dev *devs;
	unsigned int g_comp_wqs;
	bool distribute[IAA_NR_ROLES];
};

/* It gets queues all the same, but is not counted where CPUs share devices */
#define IAA_NO_PACKAGE	U16_MAX

/* A stretch of iaa_table.wqs that some CPUs choose from */
struct iaa_wq_set {
	u16 first;
	u16 nr;
};

/* Which set a CPU uses, where its turn begins, and which it may use besides */
struct iaa_place {
	u16 set;
	u16 start;
	u16 package_set;
};

struct iaa_table {
	struct rcu_head rcu;
	size_t bytes;
	unsigned int nr_cpus;
	unsigned int nr_sets;
	unsigned int nr_wqs;
	struct iaa_place (*places)[IAA_NR_ROLES];	/* by CPU */
	struct iaa_wq_set *sets;
	struct iaa_wq **wqs;
};

struct iaa_table *iaa_table_build(const struct iaa_topo *topo, gfp_t gfp);
void iaa_table_show(struct seq_file *m, const struct iaa_table *table,
		    void (*show_wq)(struct seq_file *m, struct iaa_wq *wq));

/**
 * iaa_table_set() - the queues that a CPU chooses from
 * @table: the map
 * @cpu: the CPU
 * @role: what for
 * @start: set to where in the set the CPU starts
 *
 * Return: the set; empty where there is no queue for the role.
 */
static inline const struct iaa_wq_set *
iaa_table_set(const struct iaa_table *table, unsigned int cpu,
	      enum iaa_role role, unsigned int *start)
{
	const struct iaa_place *place = &table->places[cpu][role];

	*start = place->start;
	return &table->sets[place->set];
}

/**
 * iaa_table_package_set() - the queues of all devices that a CPU may use
 * @table: the map
 * @cpu: the CPU
 * @role: what for
 *
 * Return: the set, of which iaa_table_set() is a part.
 */
static inline const struct iaa_wq_set *
iaa_table_package_set(const struct iaa_table *table, unsigned int cpu,
		      enum iaa_role role)
{
	return &table->sets[table->places[cpu][role].package_set];
}

#endif /* _IAA_TABLE_H */
