// SPDX-License-Identifier: GPL-2.0
/*
 * Batches of pages, on devices that are none: their addresses are those of memory, so
 * pages that continue there are one range, as an IOMMU would make of any.
 */
#include <kunit/device.h>
#include <kunit/test.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <linux/vmalloc.h>

#include "../iaa_dma.h"

#define PAGES		IAA_COMP_BATCH_MAX
#define GROUP		IAA_COMP_BATCH_GROUP
#define DEVS		(IAA_COMP_BATCH_MAPS + 1)

struct dma_fixture {
	char name[DEVS][20];
	struct iaa_dma dma[DEVS];
	atomic_t users[DEVS];
	struct iaa_comp_batch batch;
	void *block;
	const void *pages[PAGES + 1];
};

static int dma_init(struct kunit *test)
{
	struct dma_fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	unsigned int i;
	int err;

	if (!f)
		return -ENOMEM;
	test->priv = f;
	for (i = 0; i < DEVS; i++) {
		struct device *dev;

		snprintf(f->name[i], sizeof(f->name[i]), "iaa_dma_kunit%u", i);
		dev = kunit_device_register(test, f->name[i]);
		if (IS_ERR(dev))
			return PTR_ERR(dev);
		dev->dma_mask = &dev->coherent_dma_mask;
		err = dma_set_mask_and_coherent(dev, DMA_BIT_MASK(64));
		if (err)
			return err;
		f->dma[i].dev = dev;
	}
	f->block = alloc_pages_exact((PAGES + 1) * PAGE_SIZE, GFP_KERNEL);
	if (!f->block)
		return -ENOMEM;
	for (i = 0; i <= PAGES; i++)
		f->pages[i] = f->block + i * PAGE_SIZE;
	return 0;
}

static void dma_exit(struct kunit *test)
{
	struct dma_fixture *f = test->priv;

	if (f && f->block)
		free_pages_exact(f->block, (PAGES + 1) * PAGE_SIZE);
}

static dma_addr_t dma_on(struct dma_fixture *f, unsigned int dev, const void *page)
{
	return iaa_batch_map(&f->batch, &f->dma[dev], &f->users[dev], page,
			     DMA_TO_DEVICE);
}

static void dma_expect(struct kunit *test, unsigned int dev, unsigned int page, bool mapped)
{
	struct dma_fixture *f = test->priv;
	dma_addr_t want = mapped ? virt_to_phys((void *)f->pages[page]) : DMA_MAPPING_ERROR;

	KUNIT_EXPECT_EQ_MSG(test, dma_on(f, dev, f->pages[page]), want,
			    "page %u on device %u", page, dev);
}

static void dma_end(struct kunit *test)
{
	struct dma_fixture *f = test->priv;
	unsigned int i;

	iaa_comp_batch_end(&f->batch);
	for (i = 0; i < DEVS; i++)
		KUNIT_EXPECT_EQ(test, atomic_read(&f->users[i]), 0);
}

/* As users do it: groups on devices in turn, and the batch once more */
static void dma_in_order(struct kunit *test)
{
	struct dma_fixture *f = test->priv;
	unsigned int i, round;

	for (round = 0; round < 2; round++) {
		iaa_comp_batch_add(&f->batch, f->pages, PAGES);
		for (i = 0; i < PAGES; i++) {
			dma_expect(test, i / GROUP, i, true);
			KUNIT_EXPECT_EQ(test, iaa_batch_stays(&f->batch),
					(i + 1) % GROUP != 0);
		}
		KUNIT_EXPECT_EQ(test, atomic_read(&f->users[0]), 1);
		KUNIT_EXPECT_EQ(test, atomic_read(&f->users[1]), 1);
		dma_end(test);
	}
}

/* A group is mapped once, from the page on that comes first */
static void dma_out_of_order(struct kunit *test)
{
	struct dma_fixture *f = test->priv;

	iaa_comp_batch_add(&f->batch, f->pages, PAGES);
	dma_expect(test, 0, 3, true);
	dma_expect(test, 0, 1, false);
	dma_expect(test, 0, 2, false);
	dma_expect(test, 0, 4, true);
	dma_expect(test, 0, 4, true);
	dma_expect(test, 0, GROUP, true);
	dma_expect(test, 0, 0, false);
	dma_expect(test, 0, 1, false);
	dma_expect(test, 0, 7, true);
	dma_end(test);
}

/* Any pages on any devices, against what should be mapped */
static void dma_any_order(struct kunit *test)
{
	struct dma_fixture *f = test->priv;
	int first[DEVS][PAGES / GROUP];
	struct rnd_state rnd;
	unsigned int round, i;

	prandom_seed_state(&rnd, 13);
	for (round = 0; round < 200; round++) {
		unsigned int nr = 2 + prandom_u32_state(&rnd) % (PAGES - 1), seen = 0;
		unsigned int devs = 1 + prandom_u32_state(&rnd) % DEVS;
		bool known[DEVS] = {};

		memset(first, 0xff, sizeof(first));
		iaa_comp_batch_add(&f->batch, f->pages, nr);
		for (i = 0; i < 40; i++) {
			unsigned int page = prandom_u32_state(&rnd) % nr;
			unsigned int dev = prandom_u32_state(&rnd) % devs;
			int *at = &first[dev][page / GROUP];

			if (!known[dev] && seen < IAA_COMP_BATCH_MAPS) {
				known[dev] = true;
				seen++;
			}
			if (known[dev] && *at < 0)
				*at = page;
			dma_expect(test, dev, page, known[dev] && (int)page >= *at);
		}
		dma_end(test);
	}
}

/* A device whose queue is full leaves the rest of a group to the next, or comes back */
static void dma_two_devices(struct kunit *test)
{
	struct dma_fixture *f = test->priv;

	iaa_comp_batch_add(&f->batch, f->pages, PAGES);
	dma_expect(test, 0, 0, true);
	dma_expect(test, 1, 1, true);
	dma_expect(test, 0, 2, true);
	dma_expect(test, 1, 3, true);
	dma_end(test);
}

static void dma_too_many_devices(struct kunit *test)
{
	struct dma_fixture *f = test->priv;
	unsigned int i;

	iaa_comp_batch_add(&f->batch, f->pages, PAGES);
	for (i = 0; i < DEVS; i++)
		dma_expect(test, i, i, i < IAA_COMP_BATCH_MAPS);
	dma_end(test);
}

/* Without an IOMMU pages that lie apart have no common range: each goes alone */
static void dma_several_ranges(struct kunit *test)
{
	struct dma_fixture *f = test->priv;
	unsigned int i;

	for (i = 0; i < PAGES; i += 2)
		iaa_comp_batch_add(&f->batch, &f->pages[i], 1);
	for (i = 0; i < PAGES; i += 2)
		dma_expect(test, 0, i, false);
	dma_end(test);
}

static void dma_no_page_of_the_batch(struct kunit *test)
{
	struct dma_fixture *f = test->priv;
	const void *odd[] = { f->pages[0] + 64, vmalloc(PAGE_SIZE), f->pages[0], f->pages[1] };

	KUNIT_ASSERT_NOT_NULL(test, odd[1]);
	KUNIT_EXPECT_EQ(test, dma_on(f, 0, odd[2]), DMA_MAPPING_ERROR);
	iaa_comp_batch_add(&f->batch, odd, ARRAY_SIZE(odd));
	KUNIT_EXPECT_EQ(test, dma_on(f, 0, odd[0]), DMA_MAPPING_ERROR);
	KUNIT_EXPECT_EQ(test, dma_on(f, 0, odd[1]), DMA_MAPPING_ERROR);
	dma_expect(test, 0, 2, false);
	dma_expect(test, 0, 0, true);
	dma_expect(test, 0, 1, true);
	KUNIT_EXPECT_EQ(test, iaa_batch_map(&f->batch, &f->dma[1], &f->users[1],
					    f->pages[0], DMA_FROM_DEVICE), DMA_MAPPING_ERROR);
	dma_end(test);
	vfree(odd[1]);
}

/* A page alone is its request's; and what is beyond the last one is not taken */
static void dma_few_and_many(struct kunit *test)
{
	struct dma_fixture *f = test->priv;

	iaa_comp_batch_add(&f->batch, f->pages, 1);
	dma_expect(test, 0, 0, false);
	dma_end(test);

	iaa_comp_batch_add(&f->batch, f->pages, PAGES + 1);
	dma_expect(test, 0, PAGES - 1, true);
	dma_expect(test, 0, PAGES, false);
	dma_end(test);
}

static void dma_fence(struct kunit *test)
{
	struct dma_fixture *f = test->priv;

	iaa_comp_batch_add(&f->batch, f->pages, PAGES);
	dma_expect(test, 0, 0, true);
	dma_expect(test, 1, 1, true);
	dma_expect(test, 0, 2, true);
	f->dma[0].fenced = true;
	iaa_batch_fence(&f->batch);
	dma_expect(test, 0, 3, false);
	dma_expect(test, 1, 4, true);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->users[0]), 1);
	dma_end(test);
}

static struct kunit_case dma_tests[] = {
	KUNIT_CASE(dma_in_order),
	KUNIT_CASE(dma_out_of_order),
	KUNIT_CASE(dma_any_order),
	KUNIT_CASE(dma_two_devices),
	KUNIT_CASE(dma_too_many_devices),
	KUNIT_CASE(dma_several_ranges),
	KUNIT_CASE(dma_no_page_of_the_batch),
	KUNIT_CASE(dma_few_and_many),
	KUNIT_CASE(dma_fence),
	{}
};

static struct kunit_suite iaa_dma_suite = {
	.name = "iaa_dma",
	.init = dma_init,
	.exit = dma_exit,
	.test_cases = dma_tests,
};

kunit_test_suite(iaa_dma_suite);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("KUnit tests of batches of pages that are mapped together");
MODULE_IMPORT_NS("IAA_COMP");
