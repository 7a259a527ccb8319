// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bench.h"

static struct bench_stored zram_stored(const char *device)
{
	unsigned long long orig, compr;
	struct bench_stored stored = { };
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "/sys/block/%s/mm_stat", device);
	f = fopen(path, "r");
	if (!f || fscanf(f, "%llu %llu", &orig, &compr) != 2)
		die("%s: %s", path, strerror(errno));
	fclose(f);
	stored.orig = orig;
	stored.compr = compr;
	return stored;
}

/* The value of "NAME[:] value ..." in a file of such lines. */
static uint64_t line_value(const char *path, const char *name)
{
	unsigned long long value = 0, v;
	char line[256], key[128];
	FILE *f = fopen(path, "r");

	if (!f)
		die("%s: %s", path, strerror(errno));
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%127[^: \t]%*[: \t]%llu", key, &v) == 2 && !strcmp(key, name))
			value = v;
	fclose(f);
	return value;
}

struct bench_stored bench_stored(const char *where)
{
	struct bench_stored stored = { };
	char path[256];

	if (where && *where == '/') {
		snprintf(path, sizeof(path), "%s/memory.stat", where);
		stored.orig = line_value(path, "zswapped");
		stored.compr = line_value(path, "zswap");
	} else if (where) {
		stored = zram_stored(where);
	}
	return stored;
}

uint64_t bench_vmstat(const char *name)
{
	return line_value("/proc/vmstat", name);
}
