// SPDX-License-Identifier: GPL-2.0
/*
 * bench-blk: time direct writes and reads of real pages on a block device.
 *
 * Writes the pages one block after the other, reads them back, and compares them
 * outside of what is timed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

static struct {
	const char *device;
	const char *corpus;
	const char *kind;
	const char *stored;
	uint64_t block;
	uint64_t pages;
	uint64_t offset;
	uint64_t warm;
	int folios;
} opt = { .corpus = "/corpus", .kind = "text", .block = 65536, .pages = 512, .warm = 64 };

static const char usage[] =
"Usage: bench-blk --device PATH [OPTION]...\n"
"  --bs BYTES       of an I/O, a multiple of 4K (default 64K)\n"
"  --pages N        to write and read (default 512)\n"
"  --kind KIND      text, binary, heap, zero or random (default text)\n"
"  --corpus DIR     where KIND.pages are (default /corpus)\n"
"  --offset BYTES   where on the device (default 0)\n"
"  --warm N         pages behind those to write and read before (default 64)\n"
"  --folios         from and to large folios, of the size that the system gives\n"
"  --stored NAME    report what this zram device holds of them\n"
"  --tag NAME=VALUE one more member of the result; may be repeated\n";

static void parse(int argc, char **argv)
{
	static const struct option options[] = {
		{ "device", required_argument, NULL, 'd' },
		{ "bs", required_argument, NULL, 'b' },
		{ "pages", required_argument, NULL, 'p' },
		{ "kind", required_argument, NULL, 'k' },
		{ "corpus", required_argument, NULL, 'c' },
		{ "offset", required_argument, NULL, 'o' },
		{ "warm", required_argument, NULL, 'w' },
		{ "folios", no_argument, &opt.folios, 1 },
		{ "stored", required_argument, NULL, 's' },
		{ "tag", required_argument, NULL, 't' },
		{ }
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 0:
			break;
		case 'd':
			opt.device = optarg;
			break;
		case 'b':
			opt.block = bench_size(optarg);
			break;
		case 'p':
			opt.pages = bench_size(optarg);
			break;
		case 'k':
			opt.kind = optarg;
			break;
		case 'c':
			opt.corpus = optarg;
			break;
		case 'o':
			opt.offset = bench_size(optarg);
			break;
		case 'w':
			opt.warm = bench_size(optarg);
			break;
		case 's':
			opt.stored = optarg;
			break;
		case 't':
			bench_tag(optarg);
			break;
		default:
			die("%s", usage);
		}
	}
	if (optind != argc || !opt.device || !opt.pages || !opt.block || opt.block % BENCH_PAGE ||
	    opt.pages * BENCH_PAGE % opt.block || opt.offset % BENCH_PAGE)
		die("%s", usage);
}

typedef ssize_t (*io_fn)(int fd, void *buffer, size_t bytes, off_t at);

static ssize_t do_write(int fd, void *buffer, size_t bytes, off_t at)
{
	return pwrite(fd, buffer, bytes, at);
}

static ssize_t do_read(int fd, void *buffer, size_t bytes, off_t at)
{
	return pread(fd, buffer, bytes, at);
}

static struct bench_time run(int fd, io_fn io, char *buffer, uint64_t bytes, uint64_t at,
			     uint64_t block)
{
	struct bench_time start = bench_now(), span;

	for (uint64_t done = 0; done < bytes; done += block)
		if (io(fd, buffer + done, block, at + done) != (ssize_t)block)
			die("%s at %llu: %s", opt.device, (unsigned long long)(at + done),
			    strerror(errno));
	span = bench_since(start);
	bench_profile("\n");
	return span;
}

int main(int argc, char **argv)
{
	struct bench_stored before, after;
	struct bench_work start, between, end;
	struct bench_time write_time, read_time;
	uint64_t bytes, warm;
	void *(*alloc)(size_t bytes);
	char *data, *back;
	bool counted;
	int fd;

	parse(argc, argv);
	bench_clock_init();
	bytes = opt.pages * BENCH_PAGE;
	warm = opt.warm * BENCH_PAGE;
	alloc = opt.folios ? bench_alloc_folios : bench_alloc;
	data = alloc(bytes > warm ? bytes : warm);
	back = alloc(bytes > warm ? bytes : warm);
	fd = open(opt.device, O_RDWR | O_DIRECT);
	if (fd < 0)
		die("%s: %s", opt.device, strerror(errno));

	bench_fill(opt.corpus, opt.kind, data, opt.pages > opt.warm ? opt.pages : opt.warm);
	if (warm) {
		run(fd, do_write, data, warm, opt.offset + bytes, BENCH_PAGE);
		run(fd, do_read, back, warm, opt.offset + bytes, BENCH_PAGE);
	}
	before = bench_stored(opt.stored);
	counted = bench_work(&start);
	bench_profile("out");
	write_time = run(fd, do_write, data, bytes, opt.offset, opt.block);
	after = bench_stored(opt.stored);
	bench_work(&between);
	bench_profile("in");
	read_time = run(fd, do_read, back, bytes, opt.offset, opt.block);
	bench_work(&end);
	if (memcmp(data, back, bytes))
		die("%s: what was read is not what was written", opt.device);

	bench_begin();
	bench_u64("pages", opt.pages);
	bench_time("out", write_time);
	bench_time("in", read_time);
	bench_u64("orig", after.orig - before.orig);
	bench_u64("compr", after.compr - before.compr);
	if (counted) {
		bench_u64("device_out", between.compressed - start.compressed);
		bench_u64("device_in", end.decompressed - between.decompressed);
	}
	bench_end();
	return 0;
}
