// SPDX-License-Identifier: GPL-2.0
/*
 * The first inputs of a corpus, for scripts/fuzz --merge: streams of all kinds and data of
 * all kinds, with a few options each. The fuzzer goes on from there.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define MAX	6000

static const char *dir;
static uint32_t rng_state = 1;

static unsigned int rng(unsigned int n)
{
	rng_state = rng_state * 1664525 + 1013904223;
	return (rng_state >> 8) % n;
}

/* A file of options and data */
static void put(const char *target, const char *name, const uint8_t *options, size_t nr,
		const uint8_t *data, size_t len)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s/%s", dir, target, name);
	f = fopen(path, "wb");
	if (!f || fwrite(options, 1, nr, f) != nr || fwrite(data, 1, len, f) != len || fclose(f)) {
		fprintf(stderr, "cannot write %s\n", path);
		exit(1);
	}
}

/* Data */

static void fill_text(uint8_t *p, size_t n)
{
	static const char *const words[] = {
		"page ", "queue ", "the ", "of ", "descriptor. ", "\n", "static int ", "0x",
	};

	for (size_t i = 0; i < n; )
		for (const char *w = words[rng(8)]; *w && i < n; )
			p[i++] = *w++;
}

static void fill_heap(uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = i % 8 < 3 ? (rng(4) ? rng(16) : 0) : i % 8 == 4 ? 0x7f : 0;
}

static void fill_random(uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = rng(256);
}

/* The same bytes twice, as far apart as the window is long, and a byte more */
static void fill_near(uint8_t *p, size_t n)
{
	memset(p, 0, n);
	fill_random(p, 30);
	memcpy(p + 4096, p, 30);
}

static void fill_far(uint8_t *p, size_t n)
{
	memset(p, 0, n);
	fill_random(p, 30);
	memcpy(p + 4097, p, 30);
}

static void fill_zero(uint8_t *p, size_t n)
{
	memset(p, 0, n);
}

static const struct {
	const char *name;
	void (*fill)(uint8_t *p, size_t n);
	size_t len;
} sources[] = {
	{ "text", fill_text, 300 }, { "heap", fill_heap, 400 }, { "zero", fill_zero, 4096 },
	{ "random", fill_random, 60 }, { "near", fill_near, 4200 }, { "far", fill_far, 4200 },
	{ "byte", fill_text, 1 },
};

/* Streams */

static size_t deflate_with(int level, int strategy, int window, const uint8_t *src, size_t len,
			   uint8_t *dst, size_t room)
{
	z_stream z = {
		.next_in = (Bytef *)src, .avail_in = len, .next_out = dst, .avail_out = room,
	};

	if (deflateInit2(&z, level, Z_DEFLATED, -window, 8, strategy) != Z_OK ||
	    deflate(&z, Z_FINISH) != Z_STREAM_END)
		exit(1);
	deflateEnd(&z);
	return z.total_out;
}

static void put_streams(const char *name, const uint8_t *src, size_t len)
{
	static const struct {
		const char *name;
		int level, strategy, window;
	} how[] = {
		{ "dynamic", 9, Z_DEFAULT_STRATEGY, 15 }, { "fixed", 9, Z_FIXED, 15 },
		{ "stored", 0, Z_DEFAULT_STRATEGY, 12 }, { "huffman", 6, Z_HUFFMAN_ONLY, 12 },
	};
	const uint8_t inflate[] = { (len - 1) & 255, (len - 1) >> 8, 40 };
	static const uint8_t aecs[] = { 0x38, 0, 0, 0xff, 0x0f };
	uint8_t packed[2 * MAX];
	char file[64];

	for (int i = 0; i < 4; i++) {
		size_t n = deflate_with(how[i].level, how[i].strategy, how[i].window, src, len,
					packed, sizeof(packed));

		snprintf(file, sizeof(file), "%s-%s", name, how[i].name);
		if (n > 800)	/* the corpus is to be small */
			continue;
		put("inflate", file, inflate, sizeof(inflate), packed, n);
		put("aecs", file, aecs, sizeof(aecs), packed, n);
	}
}

/* Streams with one thing wrong, as in QEMU's unit test */
static void put_bad(void)
{
	static const struct {
		const char *name;
		size_t len;
		uint8_t bytes[12];
	} bad[] = {
		{ "bad-type", 1, { 0x07 } },
		{ "bad-stored", 6, { 0x01, 1, 0, 0xfd, 0xff, 'x' } },
		{ "before-start", 3, { 0x03, 0x02, 0 } },
		{ "ll-286", 3, { 0x1b, 0x03, 0 } },
		{ "d-30", 5, { 0x4b, 0x04, 0x3e, 0, 0 } },
		{ "many-ll", 12, { 0xfd } },
		{ "many-d", 12, { 0x05, 0x1f } },
		{ "no-cl", 12, { 0x05 } },
		{ "over-cl", 12, { 0x05, 0xe0, 0x49, 0x92, 0x24, 0x49, 0x92, 0x24, 0x49 } },
	};
	static const uint8_t options[] = { 0xff, 0x0f, 0 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		put("inflate", bad[i].name, options, 3, bad[i].bytes, bad[i].len);
}

static void put_data(const char *name, const uint8_t *src, size_t len)
{
	/* How the model, zlib (level, memory, strategy) and the driver compress; room */
	static const uint8_t how[][6] = {
		{ 0x00, 6, 0, 1, 0xff, 0 }, { 0x01, 79, 0, 9, 0xff, 0x0f },
		{ 0x0b, 160, 0, 4, 0x20, 0 }, { 0x24, 250, 0, 0, 0, 1 },
		{ 0x00, 6, 0, 0xc9, 0xff, 0 }, { 0x00, 9, 0, 0xd1, 0xff, 0 },
	};
	char file[64];

	for (int i = 0; i < 6; i++) {
		if (len > 800 && i)
			break;
		snprintf(file, sizeof(file), "%s-%d", name, i);
		put("deflate", file, how[i], 6, src, len);
	}
}

int main(int argc, char **argv)
{
	/* Options of an AECS for compression, and one that is patched at its codes */
	static const uint8_t compress[] = {
		0x31, 0x01, 1, 0xff, 0x0f, 3, 0, 0, 0, 8, 0, 0, 4, 0, 1, 0, 4, 0,
	};
	static const uint8_t patched[] = { 0x3a, 0x02, 0, 0xff, 0x0f, 0xb8, 0x01, 4, 0, 0, 0, 1,
					   0xd8, 0x01, 2, 3, 4 };
	uint8_t src[MAX];

	if (argc != 2) {
		fputs("Usage: seeds DIR, which has directories inflate, deflate and aecs\n",
		      stderr);
		return 2;
	}
	dir = argv[1];
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		sources[i].fill(src, sources[i].len);
		put_streams(sources[i].name, src, sources[i].len);
		put_data(sources[i].name, src, sources[i].len);
	}
	put_bad();
	fill_text(src, 200);
	put("aecs", "compress", compress, sizeof(compress), src, 200);
	put("aecs", "patched", patched, sizeof(patched), src, 100);
	return 0;
}
