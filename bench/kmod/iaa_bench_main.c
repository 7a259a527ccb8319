// SPDX-License-Identifier: GPL-2.0
/*
 * Files in debugfs, below iaa_bench/:
 *
 *	pages	write: appends to the pages to measure with; truncate to forget them
 *	run	write "API ALGORITHM BATCH" to measure all pages, in batches; read: the
 *		result, as the members of a JSON object
 *
 * The pages are compressed and decompressed twice, the second time is timed.
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timex.h>
#include <linux/uaccess.h>

#include "iaa_bench.h"

#define MAX_PAGES	4096u
#define MAX_BATCH	64u

static bool virtual_clock = true;
module_param(virtual_clock, bool, 0644);
MODULE_PARM_DESC(virtual_clock, "time is the time stamp counter, which counts instructions in a guest under -icount; otherwise it is ktime's (default Y)");

static const struct bench_api * const apis[] = {
	&bench_acomp,
#ifdef BENCH_UNITS
	&bench_units,
#endif
#ifdef BENCH_CORE
	&bench_core,
#endif
};

/* Guards all below. */
static DEFINE_MUTEX(lock);
static struct bench_page pages[MAX_PAGES];
static unsigned int nr_pages;
static struct {
	struct bench_span compress;
	struct bench_span decompress;
	u64 packed;
	unsigned int kept;
} result;

static struct dentry *dir;

u64 bench_clock(void)
{
	return virtual_clock ? rdtsc_ordered() : ktime_get_raw_ns();
}

static void page_free(struct bench_page *page)
{
	kfree(page->plain);
	kfree(page->packed);
	kfree(page->back);
	memset(page, 0, sizeof(*page));
}

static void pages_forget(void)
{
	while (nr_pages)
		page_free(&pages[--nr_pages]);
}

static int pages_open(struct inode *inode, struct file *file)
{
	if (file->f_flags & O_TRUNC) {
		mutex_lock(&lock);
		pages_forget();
		mutex_unlock(&lock);
	}
	return nonseekable_open(inode, file);
}

static ssize_t page_append(const char __user *from)
{
	struct bench_page *page = &pages[nr_pages];

	if (nr_pages == MAX_PAGES)
		return -ENOSPC;
	page->plain = kmalloc(PAGE_SIZE, GFP_KERNEL);
	page->packed = kmalloc(BENCH_ROOM, GFP_KERNEL);
	page->back = kmalloc(PAGE_SIZE, GFP_KERNEL);
	if (!page->plain || !page->packed || !page->back) {
		page_free(page);
		return -ENOMEM;
	}
	if (copy_from_user(page->plain, from, PAGE_SIZE)) {
		page_free(page);
		return -EFAULT;
	}
	nr_pages++;
	return PAGE_SIZE;
}

static ssize_t pages_write(struct file *file, const char __user *from, size_t count, loff_t *pos)
{
	ssize_t ret = -EINVAL;
	size_t done;

	mutex_lock(&lock);
	for (done = 0; count - done >= PAGE_SIZE; done += ret) {
		ret = page_append(from + done);
		if (ret < 0)
			break;
	}
	mutex_unlock(&lock);
	return done ?: ret;
}

static const struct file_operations pages_fops = {
	.owner = THIS_MODULE,
	.open = pages_open,
	.write = pages_write,
};

static void add(struct bench_span *sum, const struct bench_span *span)
{
	sum->total += span->total;
	sum->submit += span->submit;
}

static void round_trip(const struct bench_api *api, unsigned int batch)
{
	struct bench_span span;
	unsigned int i;

	memset(&result, 0, sizeof(result));
	for (i = 0; i < nr_pages; i += batch) {
		api->compress(pages + i, min(batch, nr_pages - i), &span);
		add(&result.compress, &span);
	}
	for (i = 0; i < nr_pages; i += batch) {
		api->decompress(pages + i, min(batch, nr_pages - i), &span);
		add(&result.decompress, &span);
	}
}

/* Every page came back, or was refused as one that does not compress. */
static int check(void)
{
	unsigned int i;

	for (i = 0; i < nr_pages; i++) {
		struct bench_page *page = &pages[i];

		if (page->len <= 0) {
			result.packed += PAGE_SIZE;
			continue;
		}
		result.kept++;
		result.packed += page->len;
		if (page->back_len != PAGE_SIZE || memcmp(page->plain, page->back, PAGE_SIZE)) {
			pr_err("iaa_bench: page %u came back wrong (%d bytes packed, result %d)\n",
			       i, page->len, page->back_len);
			return -EIO;
		}
	}
	return result.kept ? 0 : -EIO;
}

static int measure(const char *name, const char *algorithm, unsigned int batch)
{
	const struct bench_api *api = NULL;
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(apis); i++)
		if (!strcmp(apis[i]->name, name))
			api = apis[i];
	if (!api || !batch || batch > MAX_BATCH)
		return -EINVAL;
	if (!nr_pages)
		return -ENODATA;
	err = api->open(algorithm, batch);
	if (err)
		return err;
	round_trip(api, batch);
	round_trip(api, batch);
	api->close();
	return check();
}

static ssize_t run_write(struct file *file, const char __user *from, size_t count, loff_t *pos)
{
	char command[128], api[32], algorithm[64];
	unsigned int batch;
	int err = -EINVAL;

	if (count >= sizeof(command))
		return -EINVAL;
	if (copy_from_user(command, from, count))
		return -EFAULT;
	command[count] = '\0';
	mutex_lock(&lock);
	if (sscanf(command, "%31s %63s %u", api, algorithm, &batch) == 3)
		err = measure(api, algorithm, batch);
	mutex_unlock(&lock);
	return err ?: count;
}

static int run_show(struct seq_file *m, void *unused)
{
	mutex_lock(&lock);
	seq_printf(m, "\"pages\":%u,\"kept\":%u,\"packed\":%llu,\"out\":{\"ns\":%llu,\"submit\":%llu},\"in\":{\"ns\":%llu,\"submit\":%llu}\n",
		   nr_pages, result.kept, result.packed,
		   result.compress.total, result.compress.submit,
		   result.decompress.total, result.decompress.submit);
	mutex_unlock(&lock);
	return 0;
}

static int run_open(struct inode *inode, struct file *file)
{
	return single_open(file, run_show, NULL);
}

static const struct file_operations run_fops = {
	.owner = THIS_MODULE,
	.open = run_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = single_release,
	.write = run_write,
};

static int __init iaa_bench_init(void)
{
	dir = debugfs_create_dir("iaa_bench", NULL);
	debugfs_create_file("pages", 0200, dir, NULL, &pages_fops);
	debugfs_create_file("run", 0600, dir, NULL, &run_fops);
	return 0;
}
module_init(iaa_bench_init);

static void __exit iaa_bench_exit(void)
{
	debugfs_remove(dir);
	pages_forget();
}
module_exit(iaa_bench_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Measures what compression costs at its interfaces");
