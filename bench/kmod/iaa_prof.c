// SPDX-License-Identifier: GPL-2.0
/*
 * iaa_prof: where is the kernel, at equal distances on its own clock?
 *
 * In a guest that counts instructions a timer that fires every so many nanoseconds fires
 * every so many instructions, so its samples say where instructions go. What runs with
 * interrupts off is seen where they come on again.
 *
 * Files in debugfs, below iaa_prof/:
 *
 *	sampling	write a name to start, an empty line to stop; a name may be used again
 *	samples		"NAME FUNCTION" a sample; cleared by loading the module only
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/hrtimer.h>
#include <linux/kallsyms.h>
#include <linux/module.h>
#include <linux/ptrace.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <asm/irq_regs.h>

#define MAX_SAMPLES	200000u
#define MAX_NAMES	16u
#define USER		0ul

/* A prime, so as not to march in step with what it watches. */
static unsigned int interval = 10007;
module_param(interval, uint, 0444);
MODULE_PARM_DESC(interval, "nanoseconds between samples (default 10007)");

struct sample {
	unsigned long ip;
	unsigned int name;
};

static char names[MAX_NAMES][32];
static unsigned int nr_names, name_now;
static bool running;
/* Written by the timer only while it runs, on the CPU that started it. */
static struct sample *samples;
static unsigned int nr_samples;
static struct hrtimer timer;
static struct dentry *dir;

static enum hrtimer_restart sample(struct hrtimer *t)
{
	const struct pt_regs *regs = get_irq_regs();

	if (nr_samples == MAX_SAMPLES)
		return HRTIMER_NORESTART;
	if (regs) {
		samples[nr_samples].ip = user_mode(regs) ? USER : instruction_pointer(regs);
		samples[nr_samples++].name = name_now;
	}
	hrtimer_forward_now(t, ns_to_ktime(interval));
	return HRTIMER_RESTART;
}

static void stop(void)
{
	if (running)
		hrtimer_cancel(&timer);
	running = false;
}

static int start(const char *name)
{
	for (name_now = 0; name_now < nr_names; name_now++) {
		if (!strcmp(names[name_now], name))
			break;
	}
	if (name_now == MAX_NAMES)
		return -ENOSPC;
	if (name_now == nr_names)
		strscpy(names[nr_names++], name);
	running = true;
	hrtimer_start(&timer, ns_to_ktime(interval), HRTIMER_MODE_REL_PINNED_HARD);
	return 0;
}

static ssize_t sampling_write(struct file *file, const char __user *from, size_t count,
			      loff_t *pos)
{
	char name[32];
	int err = 0;

	if (!count || count >= sizeof(name))
		return -EINVAL;
	if (copy_from_user(name, from, count))
		return -EFAULT;
	name[count] = '\0';
	strim(name);
	stop();
	if (name[0])
		err = start(name);
	return err ?: count;
}

static const struct file_operations sampling_fops = {
	.owner = THIS_MODULE,
	.write = sampling_write,
};

static int samples_show(struct seq_file *m, void *unused)
{
	char symbol[KSYM_SYMBOL_LEN];
	unsigned int i;

	for (i = 0; i < nr_samples; i++) {
		if (samples[i].ip == USER)
			strscpy(symbol, "(user)");
		else
			sprint_symbol_no_offset(symbol, samples[i].ip);
		seq_printf(m, "%s %s\n", names[samples[i].name], symbol);
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(samples);

static int __init iaa_prof_init(void)
{
	if (interval < 1000)
		return -EINVAL;
	samples = vzalloc(array_size(MAX_SAMPLES, sizeof(*samples)));
	if (!samples)
		return -ENOMEM;
	hrtimer_setup(&timer, sample, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
	dir = debugfs_create_dir("iaa_prof", NULL);
	debugfs_create_file("sampling", 0200, dir, NULL, &sampling_fops);
	debugfs_create_file("samples", 0400, dir, NULL, &samples_fops);
	return 0;
}
module_init(iaa_prof_init);

static void __exit iaa_prof_exit(void)
{
	debugfs_remove(dir);
	stop();
	vfree(samples);
}
module_exit(iaa_prof_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Samples where the kernel is, by a timer");
