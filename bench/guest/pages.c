// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"

static void *alloc(size_t bytes, int advice)
{
	char *memory = mmap(NULL, bytes + BENCH_HUGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		die("no memory for %zu bytes", bytes);
	memory += -(uintptr_t)memory & (BENCH_HUGE - 1);
	if (madvise(memory, bytes, advice) && advice == MADV_HUGEPAGE)
		die("MADV_HUGEPAGE: %s", strerror(errno));
	for (size_t i = 0; i < bytes; i += BENCH_PAGE)
		memory[i] = 1;
	return memory;
}

void *bench_alloc(size_t bytes)
{
	return alloc(bytes, MADV_NOHUGEPAGE);
}

void *bench_alloc_folios(size_t bytes)
{
	return alloc(bytes, MADV_HUGEPAGE);
}

/* xorshift64*, a published generator. */
static void fill_random(uint64_t *words, size_t nr)
{
	uint64_t x = 0x9e3779b97f4a7c15u;

	for (size_t i = 0; i < nr; i++) {
		x ^= x >> 12;
		x ^= x << 25;
		x ^= x >> 27;
		words[i] = x * 0x2545f4914f6cdd1du;
	}
}

void bench_fill(const char *dir, const char *kind, void *to, size_t nr)
{
	char path[4096];
	struct stat st;
	size_t have;
	int fd;

	if (!strcmp(kind, "zero")) {
		memset(to, 0, nr * BENCH_PAGE);
		return;
	}
	if (!strcmp(kind, "random")) {
		fill_random(to, nr * BENCH_PAGE / sizeof(uint64_t));
		return;
	}
	snprintf(path, sizeof(path), "%s/%s.pages", dir, kind);
	fd = open(path, O_RDONLY);
	if (fd < 0 || fstat(fd, &st))
		die("%s: %s; tests/lib/mkcorpus makes it", path, strerror(errno));
	have = st.st_size / BENCH_PAGE;
	if (have < nr)
		die("%s has %zu pages, %zu are wanted", path, have, nr);
	for (size_t i = 0; i < nr; i++)
		if (pread(fd, (char *)to + i * BENCH_PAGE, BENCH_PAGE,
			  i * have / nr * BENCH_PAGE) != BENCH_PAGE)
			die("%s: short read", path);
	close(fd);
}
