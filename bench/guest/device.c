// SPDX-License-Identifier: GPL-2.0
/*
 * Who did the work: what accelerators completed, as they count it themselves.
 *
 * The emulated one has counters in BAR 4 (qemu/docs/specs/iaa.rst). On a real one the
 * driver's statistics have to do; stock 7.3 has them if it was built with them.
 */
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"

#define REGION		0x2000
#define MAGIC		0x544c554146414149ull
#define COMPRESSED	((0x800 + 4 * 8) / 8)
#define DECOMPRESSED	((0x800 + 5 * 8) / 8)
#define STATISTICS	"/sys/kernel/debug/iaa_crypto/global_stats"

static bool is_accelerator(const char *resource)
{
	char path[256], id[16] = "";
	FILE *f;

	snprintf(path, sizeof(path), "%.*sdevice", (int)(strlen(resource) - strlen("resource4")),
		 resource);
	f = fopen(path, "r");
	if (!f)
		return false;
	if (!fgets(id, sizeof(id), f))
		id[0] = '\0';
	fclose(f);
	return !strncmp(id, "0x0cfe", 6);
}

static bool count_region(const char *resource, struct bench_work *work)
{
	int fd = open(resource, O_RDONLY);
	volatile uint64_t *region;
	bool found;

	if (fd < 0)
		return false;
	region = mmap(NULL, REGION, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (region == MAP_FAILED)
		return false;
	found = region[0] == MAGIC;
	if (found) {
		work->compressed += region[COMPRESSED];
		work->decompressed += region[DECOMPRESSED];
	}
	munmap((void *)region, REGION);
	return found;
}

static bool count_statistics(struct bench_work *work)
{
	unsigned long long value;
	char line[128];
	FILE *f = fopen(STATISTICS, "r");

	if (!f)
		return false;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, " total_comp_calls: %llu", &value) == 1)
			work->compressed = value;
		else if (sscanf(line, " total_decomp_calls: %llu", &value) == 1)
			work->decompressed = value;
		else if (sscanf(line, " total_sw_decomp_calls: %llu", &value) == 1)
			work->decompressed -= value;
	}
	fclose(f);
	return true;
}

bool bench_work(struct bench_work *work)
{
	bool found = false;
	glob_t paths;

	memset(work, 0, sizeof(*work));
	if (!glob("/sys/bus/pci/devices/*/resource4", 0, NULL, &paths)) {
		for (size_t i = 0; i < paths.gl_pathc; i++)
			if (is_accelerator(paths.gl_pathv[i]))
				found |= count_region(paths.gl_pathv[i], work);
		globfree(&paths);
	}
	return found || count_statistics(work);
}
