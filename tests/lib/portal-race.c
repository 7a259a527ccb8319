// SPDX-License-Identifier: GPL-2.0
/*
 * portal-race: two CPUs store descriptors to one slot of a work queue's portal at once.
 *
 * For the emulated accelerator only: it writes to the portal of an enabled queue behind
 * its driver's back, and nothing else may use that queue meanwhile. Each thread has the
 * device decompress its own stream to its own page, in which every word of the descriptor
 * matters: had two of them mixed, a result would be wrong, in the wrong place, or missing.
 * Prints "name value" lines; exit status 1 if a result was wrong.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096
#define PORTAL_SIZE 0x4000
#define PORTAL_LIMITED 0x1000
#define THREADS 2
#define TIMEOUT_S 30

static const char usage[] =
"Usage: portal-race PCI-ADDRESS WQ COUNT\n"
"COUNT descriptors from each of two threads to one slot of the portal of WQ.\n";

struct desc {
	uint32_t pasid;
	uint32_t flags_op;
	uint64_t completion;
	uint64_t src1;
	uint64_t dst;
	uint32_t src1_size;
	uint16_t int_handle;
	uint16_t op_flags;
	uint64_t src2;
	uint32_t max_dst_size;
	uint32_t src2_size;
	uint32_t filter_flags;
	uint32_t num_inputs;
};

_Static_assert(sizeof(struct desc) == 64, "a descriptor has 64 bytes");

/* One page of DMA memory a thread: source, output, and completion record */
struct job {
	pthread_t thread;
	unsigned char *page;
	struct desc desc __attribute__((aligned(64)));
	unsigned long count;
	unsigned long wrong;
	int cpu;
	unsigned char byte;	/* what its stream decompresses to */
	unsigned int length;	/* how many of them */
};

enum { SRC = 0, DST = 1024, RECORD = 3072 };

static void *portal;

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void movdir64b(void *dst, const void *src)
{
	asm volatile(".byte 0x66, 0x0f, 0x38, 0xf8, 0x02" : : "a" (dst), "d" (src) : "memory");
}

/* Locked, so that it stays where it is */
static unsigned char *dma_page(uint64_t *phys)
{
	unsigned char *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED | MAP_POPULATE, -1, 0);
	int fd = open("/proc/self/pagemap", O_RDONLY);
	uint64_t entry;

	if (page == MAP_FAILED || fd < 0)
		fail("a page for DMA");
	if (pread(fd, &entry, sizeof(entry),
		  (uintptr_t)page / PAGE * sizeof(entry)) != sizeof(entry))
		fail("/proc/self/pagemap");
	close(fd);
	*phys = (entry & ((1ull << 55) - 1)) * PAGE;
	return page;
}

/* A stored block: it decompresses to itself */
static void job_init(struct job *job, int id, unsigned long count)
{
	uint64_t phys;

	job->page = dma_page(&phys);
	job->count = count;
	job->cpu = id;
	job->byte = 'a' + id;
	job->length = 300 + 100 * id;
	job->page[SRC] = 1;
	job->page[SRC + 1] = job->length;
	job->page[SRC + 2] = job->length >> 8;
	job->page[SRC + 3] = ~job->length;
	job->page[SRC + 4] = ~job->length >> 8;
	memset(job->page + SRC + 5, job->byte, job->length);
	job->desc = (struct desc) {
		.flags_op = 0x42u << 24 | 0x10c,
		.completion = phys + RECORD,
		.src1 = phys + SRC,
		.src1_size = job->length + 5,
		.op_flags = 0x000f,
		.dst = phys + DST,
		.max_dst_size = job->length,
	};
}

static int record_wait(const volatile unsigned char *record)
{
	time_t end = time(NULL) + TIMEOUT_S;

	while (!record[0])
		if (time(NULL) > end)
			return -1;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return record[0];
}

static int output_right(const struct job *job)
{
	for (unsigned int i = 0; i < job->length; i++)
		if (job->page[DST + i] != job->byte)
			return 0;
	return job->page[DST + job->length] == 0;
}

static void *run(void *arg)
{
	struct job *job = arg;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(job->cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
	for (unsigned long i = 0; i < job->count; i++) {
		memset(job->page + DST, 0, PAGE - DST);
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		movdir64b(portal, &job->desc);
		if (record_wait(job->page + RECORD) != 1 || !output_right(job)) {
			job->wrong++;
			break;
		}
	}
	return NULL;
}

int main(int argc, char **argv)
{
	struct job *jobs = aligned_alloc(64, THREADS * sizeof(*jobs));
	unsigned long wrong = 0;
	char path[256];
	int fd;

	if (argc != 4) {
		fputs(usage, stderr);
		return 2;
	}
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource2", argv[1]);
	fd = open(path, O_RDWR | O_SYNC);
	if (fd < 0)
		fail(path);
	portal = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		      strtoul(argv[2], NULL, 0) * PORTAL_SIZE + PORTAL_LIMITED);
	if (portal == MAP_FAILED)
		fail(path);

	for (int i = 0; i < THREADS; i++)
		job_init(&jobs[i], i, strtoul(argv[3], NULL, 0));
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&jobs[i].thread, NULL, run, &jobs[i]))
			fail("pthread_create");
	for (int i = 0; i < THREADS; i++) {
		pthread_join(jobs[i].thread, NULL);
		wrong += jobs[i].wrong;
	}
	printf("descriptors %lu\nwrong %lu\n", THREADS * jobs[0].count, wrong);
	return wrong != 0;
}
