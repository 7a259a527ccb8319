// SPDX-License-Identifier: GPL-2.0
/*
 * bench-writeback: time zram's writeback of idle pages to its backing device.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

static const char usage[] =
"Usage: bench-writeback --zram NAME [OPTION]...\n"
"  --zram NAME      a device with a backing device, zram0 for example\n"
"  --pages N        to write back (default 512)\n"
"  --kind KIND      text, binary, heap, zero or random (default text)\n"
"  --corpus DIR     where KIND.pages are (default /corpus)\n"
"  --tag NAME=VALUE one more member of the result; may be repeated\n";

static void attribute(const char *zram, const char *name, const char *value)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "/sys/block/%s/%s", zram, name);
	fd = open(path, O_WRONLY);
	if (fd < 0 || write(fd, value, strlen(value)) != (ssize_t)strlen(value))
		die("%s: cannot write '%s': %s", path, value, strerror(errno));
	close(fd);
}

/* Pages written back so far, the third number of bd_stat */
static uint64_t written_back(const char *zram)
{
	unsigned long long count, reads, writes;
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "/sys/block/%s/bd_stat", zram);
	f = fopen(path, "r");
	if (!f || fscanf(f, "%llu %llu %llu", &count, &reads, &writes) != 3)
		die("%s: cannot read it", path);
	fclose(f);
	return writes;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "zram", required_argument, NULL, 'z' },
		{ "pages", required_argument, NULL, 'p' },
		{ "kind", required_argument, NULL, 'k' },
		{ "corpus", required_argument, NULL, 'c' },
		{ "tag", required_argument, NULL, 't' },
		{ }
	};
	const char *zram = NULL, *kind = "text", *corpus = "/corpus";
	struct bench_time start, span;
	uint64_t pages = 512, before;
	char path[64], *data;
	int c, fd;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'z':
			zram = optarg;
			break;
		case 'p':
			pages = bench_size(optarg);
			break;
		case 'k':
			kind = optarg;
			break;
		case 'c':
			corpus = optarg;
			break;
		case 't':
			bench_tag(optarg);
			break;
		default:
			die("%s", usage);
		}
	}
	if (optind != argc || !zram || !pages)
		die("%s", usage);

	bench_clock_init();
	data = bench_alloc(pages * BENCH_PAGE);
	bench_fill(corpus, kind, data, pages);
	snprintf(path, sizeof(path), "/dev/%s", zram);
	fd = open(path, O_RDWR | O_DIRECT);
	if (fd < 0 || pwrite(fd, data, pages * BENCH_PAGE, 0) != (ssize_t)(pages * BENCH_PAGE))
		die("%s: %s", path, strerror(errno));
	close(fd);

	attribute(zram, "idle", "all");
	before = written_back(zram);
	start = bench_now();
	attribute(zram, "writeback", "type=idle");
	span = bench_since(start);
	pages = written_back(zram) - before;
	if (!pages)
		die("%s: no page was written back", zram);

	bench_begin();
	bench_u64("pages", pages);
	bench_time("out", span);
	bench_end();
	return 0;
}
