// SPDX-License-Identifier: GPL-2.0
/*
 * What the fuzz targets share: the three decoders, and how to compare
 */
#include "fuzz.h"

void same_bytes(const struct fuzz_out *a, const uint8_t *b, size_t len, const char *what)
{
	expect(a->len == len, "%s: %zu bytes, not %zu", what, a->len, len);
	expect(!len || !memcmp(a->data, b, len), "%s: other bytes", what);
}

int zlib_inflate_strict(int window, const uint8_t *src, size_t len, struct fuzz_out *out,
			const char **why)
{
	z_stream z = { .next_in = (Bytef *)src, .avail_in = len };
	int ret = Z_OK;
	uint8_t byte;

	if (inflateInit2(&z, -window) != Z_OK)
		abort();
	out->len = 0;
	while (ret == Z_OK) {
		z.next_out = &byte;
		z.avail_out = 1;
		ret = inflate(&z, Z_SYNC_FLUSH);
		if (z.avail_out)
			continue;
		if (out->len == out->room) {
			ret = Z_MEM_ERROR;
			break;
		}
		out->data[out->len++] = byte;
		if (ret == Z_BUF_ERROR)
			ret = Z_OK;
	}
	out->used = len - z.avail_in;
	*why = z.msg ?: "";
	inflateEnd(&z);
	return ret == Z_NEED_DICT ? Z_DATA_ERROR : ret;
}

IAACodecError model_inflate(const uint8_t *src, size_t len, struct fuzz_out *out)
{
	g_autofree IAAInflateState *state = g_new(IAAInflateState, 1);
	/* The codec writes whole words, and wants that room. */
	g_autofree uint8_t *dst = g_malloc(out->room + 7);
	IAAInflate z = {
		.src = src, .src_len = len, .dst = dst, .dst_len = out->room,
		.stop_on_eob = true, .bfinal_only = true, .check_eob = true, .flush = true,
	};
	IAACodecError err;

	iaa_inflate_start(state);
	err = iaa_inflate(&z, state);
	expect(z.out_len <= out->room, "%zu bytes into %zu", z.out_len, out->room);
	expect(z.in_len <= len, "%zu bytes out of %zu", z.in_len, len);
	memcpy(out->data, dst, z.out_len);
	out->len = z.out_len;
	/* Whole bytes that the stream did not need */
	out->used = len - MIN(state->unread / 8, len);
	return err;
}

void all_inflate(const uint8_t *src, size_t len, const uint8_t *want, size_t want_len)
{
	struct fuzz_out out = fuzz_out(want_len);
	const char *why;
	int ret;

	ret = zlib_inflate_strict(12, src, len, &out, &why);
	expect(ret == Z_STREAM_END, "zlib: %d %s", ret, why);
	same_bytes(&out, want, want_len, "zlib");
	ret = model_inflate(src, len, &out);
	expect(ret == IAA_CODEC_OK, "model: 0x%x", ret);
	same_bytes(&out, want, want_len, "model");
	ret = soft_decompress(src, len, out.data, out.room);
	expect(ret >= 0, "driver: %d", ret);
	out.len = ret;
	same_bytes(&out, want, want_len, "driver");
	g_free(out.data);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	soft_start();
	return 0;
}
