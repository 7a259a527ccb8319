// SPDX-License-Identifier: GPL-2.0
/*
 * The map, over topologies that no test machine has. A queue is a pointer that
 * says which it is; nobody looks into it.
 */
#include "iaa_kunit_copy.h"

#include <kunit/test.h>

/* Pure, and in a module that loads only where there is a device */
#include "../iaa_table.c"

#define MAX_CPUS	384
#define MAX_DEVS	8
#define MAX_WQS		8
#define MAX_PACKAGES	4

#define FAKE_WQ(dev, wq)	((struct iaa_wq *)(((dev) + 1UL) << 8 | (wq)))
#define FAKE_DEV(wq)		((unsigned int)((unsigned long)(wq) >> 8) - 1)
#define FAKE_ID(wq)		((unsigned int)((unsigned long)(wq) & 0xff))

struct table_case {
	const char *name;
	unsigned int cpus, packages, devs, wqs, g_comp_wqs;
	bool distribute_comps, distribute_decomps;
	/* where the devices are; all 0: spread over the packages; -1: unknown */
	int where[MAX_DEVS];
	bool spread;
	/* the upper half of the CPUs is not online, as with nosmt */
	bool half_offline;
};

static const struct table_case table_cases[] = {
	{ "1 device, 1 queue, 1 package", 4, 1, 1, 1, 0, true, false },
	{ "1 device, 2 queues, 1 of them compresses", 4, 1, 1, 2, 1, true, false },
	{ "1 device, too few queues to divide", 4, 1, 1, 1, 1, true, false },
	{ "2 devices, 2 packages", 8, 2, 2, 8, 1, true, false, .spread = true },
	{ "1 device for 2 packages", 8, 2, 1, 4, 1, true, false },
	{ "1 device for 4 packages", 16, 4, 1, 2, 0, true, true, { 3 } },
	{ "4 devices, 2 packages", 64, 2, 4, 8, 2, true, false, .spread = true },
	{ "8 devices, 2 packages, 384 CPUs", 384, 2, 8, 8, 1, true, false, .spread = true },
	{ "8 devices, 4 packages, all distributed", 128, 4, 8, 8, 1, true, true, .spread = true },
	{ "8 devices, nothing distributed", 128, 4, 8, 8, 1, false, false, .spread = true },
	{ "4 devices of unknown place", 32, 2, 4, 2, 1, true, false, { -1, -1, -1, -1 } },
	{ "more CPUs than queues", 384, 1, 1, 2, 1, true, true },
	{ "more queues than CPUs", 2, 1, 8, 8, 0, true, true },
	{ "half of the CPUs offline", 384, 2, 8, 8, 0, true, false,
	  .spread = true, .half_offline = true },
	{ "half of the CPUs offline, 1 device", 64, 2, 1, 2, 1, true, true,
	  .half_offline = true },
	{ "3 packages, 2 devices on one", 24, 3, 2, 4, 1, true, true, { 1, 1 } },
};

static void table_case_name(const struct table_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(table, table_cases, table_case_name);

struct table_fixture {
	u16 cpu_package[MAX_CPUS];
	struct iaa_topo_dev devs[MAX_DEVS];
	struct iaa_wq *wqs[MAX_DEVS][MAX_WQS];
	struct iaa_topo topo;
	struct iaa_table *table;
};

static struct table_fixture *table_make(struct kunit *test)
{
	const struct table_case *c = test->param_value;
	struct table_fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	unsigned int cpu, d, q;

	KUNIT_ASSERT_NOT_NULL(test, f);
	for (cpu = 0; cpu < c->cpus; cpu++)
		f->cpu_package[cpu] = cpu * c->packages / c->cpus;
	for (cpu = 0; c->half_offline && cpu < c->cpus; cpu++)
		f->cpu_package[cpu] = cpu < c->cpus / 2 ?
				      2 * cpu * c->packages / c->cpus :
				      IAA_NO_PACKAGE;
	for (d = 0; d < c->devs; d++) {
		for (q = 0; q < c->wqs; q++)
			f->wqs[d][q] = FAKE_WQ(d, q);
		f->devs[d].package = c->spread ? d * c->packages / c->devs :
				     c->where[d];
		f->devs[d].nr_wqs = c->wqs;
		f->devs[d].wqs = f->wqs[d];
	}
	f->topo = (struct iaa_topo) {
		.nr_cpus = c->cpus,
		.cpu_package = f->cpu_package,
		.nr_packages = c->packages,
		.nr_devs = c->devs,
		.devs = f->devs,
		.g_comp_wqs = c->g_comp_wqs,
		.distribute = { c->distribute_comps, c->distribute_decomps },
	};
	f->table = iaa_table_build(&f->topo, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, f->table);
	return f;
}

static bool package_has_dev(const struct table_fixture *f, unsigned int package)
{
	unsigned int d;

	for (d = 0; d < f->topo.nr_devs; d++)
		if (f->devs[d].package == (int)package)
			return true;
	return false;
}

/* Every CPU has queues for both roles, and its own package's if there are any */
static void table_every_cpu_has_queues(struct kunit *test)
{
	struct table_fixture *f = table_make(test);
	unsigned int cpu, role, start, i;

	for (cpu = 0; cpu < f->topo.nr_cpus; cpu++) {
		unsigned int package = f->cpu_package[cpu];

		for (role = 0; role < IAA_NR_ROLES; role++) {
			const struct iaa_wq_set *set =
				iaa_table_set(f->table, cpu, role, &start);

			KUNIT_ASSERT_GT(test, set->nr, 0);
			KUNIT_EXPECT_LT(test, start, set->nr);
			if (!package_has_dev(f, package))
				continue;
			for (i = 0; i < set->nr; i++) {
				struct iaa_wq *wq = f->table->wqs[set->first + i];

				KUNIT_EXPECT_EQ(test, package,
						f->devs[FAKE_DEV(wq)].package);
			}
		}
	}
	kvfree(f->table);
}

static bool may_do(const struct table_case *c, const struct table_fixture *f,
		   unsigned int nr, enum iaa_role role)
{
	struct iaa_wq *wq = f->table->wqs[nr];

	if (!c->g_comp_wqs || c->g_comp_wqs >= c->wqs)
		return true;
	return (FAKE_ID(wq) >= c->wqs - c->g_comp_wqs) == (role == IAA_ROLE_COMP);
}

/* The last queues of a device compress, the others don't */
static void table_roles(struct kunit *test)
{
	const struct table_case *c = test->param_value;
	struct table_fixture *f = table_make(test);
	unsigned int cpu, role, start, i;

	for (cpu = 0; cpu < f->topo.nr_cpus; cpu++)
		for (role = 0; role < IAA_NR_ROLES; role++) {
			const struct iaa_wq_set *set =
				iaa_table_set(f->table, cpu, role, &start);

			for (i = 0; i < set->nr; i++)
				KUNIT_EXPECT_TRUE(test, may_do(c, f, set->first + i, role));
		}
	kvfree(f->table);
}

/* Distributed: all devices of the package, neighbours on different ones */
static void table_distribution(struct kunit *test)
{
	const struct table_case *c = test->param_value;
	struct table_fixture *f = table_make(test);
	unsigned int cpu, role, start, i, d, serving, package;

	for (cpu = 0; cpu < f->topo.nr_cpus; cpu++) {
		package = f->cpu_package[cpu];
		/* Who is offline has the first package's, for the time being */
		if (package == IAA_NO_PACKAGE)
			package = 0;
		for (role = 0; role < IAA_NR_ROLES; role++) {
			const struct iaa_wq_set *set =
				iaa_table_set(f->table, cpu, role, &start);
			struct iaa_wq **wqs = f->table->wqs + set->first;
			unsigned long seen = 0;

			serving = 0;
			for (d = 0; d < c->devs; d++)
				serving += iaa_serves(&f->topo, d, package);
			for (i = 0; i < set->nr; i++)
				seen |= BIT(FAKE_DEV(wqs[i]));
			if (!f->topo.distribute[role]) {
				KUNIT_EXPECT_EQ(test, hweight_long(seen), 1);
				continue;
			}
			KUNIT_EXPECT_EQ(test, hweight_long(seen), serving);
			for (i = 1; serving > 1 && i < set->nr; i++)
				KUNIT_EXPECT_NE(test, FAKE_DEV(wqs[i]),
						FAKE_DEV(wqs[i - 1]));
		}
	}
	kvfree(f->table);
}

/* No queue is idle while there are CPUs enough to start at each */
static void table_all_queues_start_somewhere(struct kunit *test)
{
	struct table_fixture *f = table_make(test);
	unsigned int cpu, role, start, set_id, used, on_set;

	for (set_id = 0; set_id < f->table->nr_sets; set_id++) {
		const struct iaa_wq_set *set = &f->table->sets[set_id];
		unsigned long starts[BITS_TO_LONGS(MAX_DEVS * MAX_WQS)] = {};

		on_set = 0;
		for (cpu = 0; cpu < f->topo.nr_cpus; cpu++)
			for (role = 0; role < IAA_NR_ROLES; role++) {
				if (iaa_table_set(f->table, cpu, role, &start) != set)
					continue;
				__set_bit(start, starts);
				on_set++;
			}
		used = bitmap_weight(starts, MAX_DEVS * MAX_WQS);
		KUNIT_EXPECT_EQ(test, used, min_t(unsigned int, on_set, set->nr));
	}
	kvfree(f->table);
}

/*
 * 7.3 has for each possible CPU an entry of 24 bytes and an array of as many
 * pointers as the first device has queues.
 */
static void table_memory(struct kunit *test)
{
	const struct table_case c = {
		.cpus = 384, .packages = 2, .devs = 8, .wqs = 8,
		.g_comp_wqs = 1, .distribute_comps = true, .spread = true,
	};
	const size_t stock = 384 * (24 + 8 * sizeof(void *));
	struct table_fixture *f;

	test->param_value = &c;
	f = table_make(test);
	kunit_info(test, "map of 384 CPUs, 8 devices of 8 queues: %zu bytes; 7.3: %zu bytes\n",
		   f->table->bytes, stock);
	KUNIT_EXPECT_LT(test, f->table->bytes, stock / 5);
	kvfree(f->table);
}

static struct kunit_case table_tests[] = {
	KUNIT_CASE_PARAM(table_every_cpu_has_queues, table_gen_params),
	KUNIT_CASE_PARAM(table_roles, table_gen_params),
	KUNIT_CASE_PARAM(table_distribution, table_gen_params),
	KUNIT_CASE_PARAM(table_all_queues_start_somewhere, table_gen_params),
	KUNIT_CASE(table_memory),
	{}
};

static struct kunit_suite iaa_table_suite = {
	.name = "iaa_table",
	.test_cases = table_tests,
};

kunit_test_suite(iaa_table_suite);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("KUnit tests of the map from CPUs to IAA queues");
