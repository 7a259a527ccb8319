// SPDX-License-Identifier: GPL-2.0
/*
 * Any data: whatever the model, the driver's software or zlib makes of it, all three
 * decode to the same, within 4 KiB of history and within the room that there is
 *
 * With an option the data comes twice, about as far apart as the history is long.
 */
#include "fuzz.h"
#include "hw/misc/iaa/iaa-bitwriter.h"

static void codes_fixed(IAACodes *c)
{
	uint8_t ll_len[IAA_LL_SYMS + 2], d_len[IAA_D_SYMS + 2];
	uint32_t ll[IAA_LL_SYMS + 2], d[IAA_D_SYMS + 2];

	iaa_fixed_lengths(ll_len, d_len);
	iaa_huffman_codes(ll_len, IAA_LL_SYMS + 2, ll);
	iaa_huffman_codes(d_len, IAA_D_SYMS + 2, d);
	memcpy(c->ll, ll, sizeof(c->ll));
	memcpy(c->d, d, sizeof(c->d));
}

#define MODEL_DYNAMIC	0x01
#define MODEL_COMPLETE	0x02
#define MODEL_LITERALS	0x04
#define MODEL_STORED	0x08	/* an empty stored block behind it */
#define MODEL_ABORT	0x70	/* level of early abort, three bits */

static IAACodecError model_deflate(unsigned int how, const uint8_t *src, size_t len,
				   struct fuzz_out *out)
{
	bool dynamic = how & MODEL_DYNAMIC, stored = how & MODEL_STORED;
	uint8_t accum[IAA_ACCUM_BITS / 8] = { stored ? 2 : 3 };	/* fixed; final */
	IAACodes codes;
	IAADeflate z = {
		.src = src, .src_len = len, .dst = out->data, .dst_len = out->room,
		.gen = !dynamic ? IAA_GEN_NONE : stored ? IAA_GEN_OPEN : IAA_GEN_FINAL,
		.complete = how & MODEL_COMPLETE, .literals = how & MODEL_LITERALS,
		.flush = true, .end = stored ? IAA_END_STORED_FINAL : IAA_END_EOB,
		.abort_size = 512, .abort_level = (how & MODEL_ABORT) >> 4,
		.codes = &codes, .accum = accum, .accum_bits = dynamic ? 0 : 3,
	};
	IAACodecError err;

	codes_fixed(&codes);
	err = iaa_deflate(&z);
	expect(z.out_len <= out->room, "%zu bytes into %zu", z.out_len, out->room);
	out->len = z.out_len;
	return err;
}

static void check_model(unsigned int how, const uint8_t *src, size_t len)
{
	struct fuzz_out out = fuzz_out(len * 2 + 512), less;
	IAACodecError err = model_deflate(how, src, len, &out);

	if (err == IAA_CODEC_ABORT) {
		expect(how & MODEL_ABORT, "aborts unasked");
		g_free(out.data);
		return;
	}
	expect(err == IAA_CODEC_OK, "model deflates: 0x%x", err);
	all_inflate(out.data, out.len, src, len);

	/* It fits into what it takes, and into nothing less. */
	less = fuzz_out(out.len);
	err = model_deflate(how, src, len, &less);
	expect(err == IAA_CODEC_OK, "into as much as it takes: 0x%x", err);
	same_bytes(&less, out.data, out.len, "the second time");
	less.room = out.len - 1;
	less.data = g_realloc(less.data, less.room);
	err = model_deflate(how, src, len, &less);
	expect(err == IAA_CODEC_COMP_OVERFLOW, "into a byte less: 0x%x", err);
	g_free(less.data);
	g_free(out.data);
}

static void check_soft(int level, const uint8_t *src, size_t len, size_t room)
{
	struct fuzz_out out = fuzz_out(len + len / 8 + 512);
	int ret = soft_compress(level, src, len, out.data, out.room), less;

	expect(ret > 0, "driver deflates: %d", ret);
	all_inflate(out.data, ret, src, len);
	/* A stream that ends with the last byte of room may be said not to fit. */
	out.data = g_realloc(out.data, room);
	less = soft_compress(level, src, len, out.data, room);
	expect(less == (room > ret ? ret : room < ret ? -ENOSPC : less),
	       "%d bytes into %zu: %d", ret, room, less);
	g_free(out.data);
}

static void check_zlib(unsigned int how, const uint8_t *src, size_t len)
{
	struct fuzz_out out = fuzz_out(len + len / 8 + 1024);
	z_stream z = {
		.next_in = (Bytef *)src, .avail_in = len,
		.next_out = out.data, .avail_out = out.room,
	};

	if (deflateInit2(&z, how % 10, Z_DEFLATED, -12, 1 + how / 10 % 9, how / 90 % 5) != Z_OK)
		abort();
	expect(deflate(&z, Z_FINISH) == Z_STREAM_END, "zlib");
	deflateEnd(&z);
	all_inflate(out.data, z.total_out, src, len);
	g_free(out.data);
}

static uint8_t *twice(const struct fuzz_input *in, size_t apart, size_t *len)
{
	uint8_t *src;

	*len = apart + in->len;
	src = g_malloc0(*len);
	memcpy(src, in->data, in->len);
	memcpy(src + apart, in->data, in->len);
	return src;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = { data, MIN(len, FUZZ_MAX) };
	unsigned int model = take8(&in), zlib = take16(&in), level = take8(&in);
	size_t room = take16(&in) % FUZZ_MAX + 1;
	uint8_t *src;

	if (!in.len)
		return 0;
	src = twice(&in, level & 0x80 ? IAA_WINDOW - 4 + (level >> 4 & 7) : 0, &len);
	/* The header's accumulator and one pass are for 4 KiB of source. */
	check_model(len > IAA_WINDOW ? model & ~MODEL_DYNAMIC : model, src, len);
	check_soft((level & 15) % 10, src, len, room);
	check_zlib(zlib, src, len);
	g_free(src);
	return 0;
}
