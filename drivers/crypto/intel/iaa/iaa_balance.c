// SPDX-License-Identifier: GPL-2.0
/*
 * From devices, queues and CPUs as they are now to a new map, and the map into
 * service.
 */
#include <linux/cpumask.h>
#include <linux/nodemask.h>
#include <linux/slab.h>
#include <linux/topology.h>

#include "idxd.h"
#include "iaa_crypto_trace.h"
#include "iaa_dev.h"
#include "iaa_table.h"

/* Without memory for a map there is none, and software serves; try again */
#define IAA_REBALANCE_RETRY	(HZ / 10)

bool iaa_map_missing;

static void iaa_rebalance_again(struct work_struct *unused);
static DECLARE_DELAYED_WORK(iaa_rebalance_work, iaa_rebalance_again);

/* Packages, not nodes: a package may have several nodes, or a node no CPU */
static unsigned int iaa_cpu_package(unsigned int cpu)
{
	return topology_logical_package_id(cpu);
}

static int iaa_nearest_cpu(int node)
{
	int best = NUMA_NO_NODE, other;

	if (node == NUMA_NO_NODE)
		return nr_cpu_ids;
	for_each_node_with_cpus(other)
		if (best == NUMA_NO_NODE ||
		    node_distance(node, other) < node_distance(node, best))
			best = other;
	return best == NUMA_NO_NODE ? nr_cpu_ids :
	       cpumask_first_and(cpumask_of_node(best), cpu_online_mask);
}

static int iaa_device_package(const struct iaa_device *dev)
{
	int cpu = iaa_nearest_cpu(dev_to_node(&dev->idxd->pdev->dev));

	return cpu < nr_cpu_ids ? iaa_cpu_package(cpu) : -1;
}

static unsigned int iaa_device_live_wqs(const struct iaa_device *dev,
					struct iaa_wq **wqs)
{
	struct iaa_wq *wq;
	unsigned int nr = 0;

	list_for_each_entry(wq, &dev->wqs, node) {
		if (READ_ONCE(wq->state) != IAA_WQ_LIVE || !wq->caps)
			continue;
		if (wqs)
			wqs[nr] = wq;
		nr++;
	}
	return nr;
}

/* An offline CPU's package is not known; it is told when it comes online */
static void iaa_topo_cpus(struct iaa_topo *topo, u16 *package)
{
	unsigned int cpu;

	topo->nr_cpus = nr_cpu_ids;
	topo->cpu_package = package;
	topo->nr_packages = 1;
	for (cpu = 0; cpu < nr_cpu_ids; cpu++)
		package[cpu] = IAA_NO_PACKAGE;
	for_each_online_cpu(cpu) {
		package[cpu] = iaa_cpu_package(cpu);
		topo->nr_packages = max(topo->nr_packages, package[cpu] + 1U);
	}
}

static void iaa_topo_devs(struct iaa_topo *topo, struct iaa_wq **wqs)
{
	struct iaa_topo_dev *to = topo->devs;
	struct iaa_device *dev;

	list_for_each_entry(dev, &iaa_devices, node) {
		unsigned int nr = iaa_device_live_wqs(dev, wqs);

		/* The arrays are as long as there are live ones */
		if (!nr)
			continue;
		*to++ = (struct iaa_topo_dev) {
			.package = iaa_device_package(dev),
			.nr_wqs = nr,
			.wqs = wqs,
		};
		wqs += nr;
	}
	topo->nr_devs = to - topo->devs;
}

static struct iaa_table *iaa_table_now(unsigned int nr_devs, unsigned int nr_wqs)
{
	struct iaa_wq **wqs __free(kfree) =
		kcalloc(nr_wqs, sizeof(*wqs), GFP_KERNEL);
	struct iaa_topo_dev *devs __free(kfree) =
		kcalloc(nr_devs, sizeof(*devs), GFP_KERNEL);
	u16 *package __free(kfree) =
		kcalloc(nr_cpu_ids, sizeof(*package), GFP_KERNEL);
	struct iaa_topo topo = {
		.devs = devs,
		.g_comp_wqs = iaa_g_comp_wqs,
		.distribute = {
			[IAA_ROLE_COMP]		= iaa_distribute_comps,
			[IAA_ROLE_DECOMP]	= iaa_distribute_decomps,
		},
	};

	if (!wqs || !devs || !package)
		return NULL;
	iaa_topo_cpus(&topo, package);
	iaa_topo_devs(&topo, wqs);
	/* A queue may have stalled since it was counted */
	return topo.nr_devs ? iaa_table_build(&topo, GFP_KERNEL) : NULL;
}

/**
 * iaa_rebalance() - put a map of the live queues that serve something into service
 *
 * The old one is freed after a grace period, which the caller has to wait for
 * itself before it touches a queue that is no longer in the map.
 *
 * Context: process, sleeps, under iaa_devices_lock.
 */
void iaa_rebalance(void)
{
	unsigned int nr_devs = 0, nr_wqs = 0, nr;
	struct iaa_table *table = NULL, *old;
	struct iaa_device *dev;

	list_for_each_entry(dev, &iaa_devices, node) {
		nr = iaa_device_live_wqs(dev, NULL);
		nr_devs += !!nr;
		nr_wqs += nr;
	}
	if (nr_wqs) {
		table = iaa_table_now(nr_devs, nr_wqs);
		if (!table)
			mod_delayed_work(iaa_workqueue, &iaa_rebalance_work,
					 IAA_REBALANCE_RETRY);
	}
	trace_iaa_rebalance(nr_devs, nr_wqs, table ? table->bytes : 0);

	old = rcu_replace_pointer(iaa_table, table,
				  lockdep_is_held(&iaa_devices_lock));
	if (old)
		kvfree_rcu(old, rcu);
	WRITE_ONCE(iaa_map_missing, nr_wqs && !table);
	if (table || !nr_wqs)
		iaa_service_changed(table);
}

static void iaa_rebalance_again(struct work_struct *unused)
{
	guard(iaa_devices)();
	iaa_rebalance();
}

/**
 * iaa_rebalance_stop() - no more retries
 *
 * Context: process, sleeps; there is no queue any more.
 */
void iaa_rebalance_stop(void)
{
	cancel_delayed_work_sync(&iaa_rebalance_work);
}
