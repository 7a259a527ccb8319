// SPDX-License-Identifier: GPL-2.0
/*
 * Any stream: the model and the driver's software say of it what zlib says
 *
 * Where they may differ, since the format leaves it open or IAA does:
 *  - the model, as the specification has it, takes codes that are incomplete, and a block
 *    without an end-of-block code, as long as neither is used;
 *  - it refuses a repeat that runs from the literal lengths into the distances (0x06);
 *  - without any code-length code (0x02) zlib reads on, and misses the end-of-block code;
 *  - the kernel's zlib is an old one, which takes a block without an end-of-block code.
 *
 * The window is 4 KiB for the model, 32 KiB for the driver.
 */
#include "fuzz.h"

static bool is_open(const char *why)
{
	static const char *const open[] = {
		"invalid code lengths set", "invalid literal/lengths set",
		"invalid distances set", "invalid code -- missing end-of-block",
	};

	for (int i = 0; i < ARRAY_SIZE(open); i++)
		if (!strcmp(why, open[i]))
			return true;
	return false;
}

/* What came before the error is the same, as far as both have it. */
static void same_start(const struct fuzz_out *a, const struct fuzz_out *b)
{
	size_t n = MIN(a->len, b->len);

	expect(!n || !memcmp(a->data, b->data, n), "before the error: other bytes");
}

static void check_model(const uint8_t *src, size_t len, size_t room)
{
	struct fuzz_out model = fuzz_out(room), zlib = fuzz_out(room);
	const char *why;
	int want = zlib_inflate_strict(12, src, len, &zlib, &why);
	IAACodecError err = model_inflate(src, len, &model);

	same_start(&model, &zlib);
	if (want == Z_STREAM_END && err == IAA_CODEC_OK) {
		same_bytes(&model, zlib.data, zlib.len, "model");
		expect(model.used == zlib.used, "model took %zu bytes, zlib %zu", model.used,
		       zlib.used);
	} else if (want == Z_STREAM_END) {
		expect(err == IAA_CODEC_LL_COUNT, "model says 0x%x", err);
	} else if (want == Z_MEM_ERROR) {
		expect(err == IAA_CODEC_OUT_OVERFLOW || err == IAA_CODEC_LL_COUNT,
		       "too much for zlib, model says 0x%x", err);
	} else if (want == Z_BUF_ERROR) {
		/* It may see what is wrong with a header before zlib has all the bits it wants. */
		expect(err == IAA_CODEC_NO_EOB || (err && err <= IAA_CODEC_BAD_D_LENS),
		       "too short for zlib, model says 0x%x", err);
	} else {
		expect((err != IAA_CODEC_OK && err != IAA_CODEC_OUT_OVERFLOW) || is_open(why),
		       "zlib: %s, model says 0x%x", why, err);
	}
	g_free(model.data);
	g_free(zlib.data);
}

static void check_soft(const uint8_t *src, size_t len, size_t room)
{
	struct fuzz_out soft = fuzz_out(room), zlib = fuzz_out(room);
	const char *why;
	int want = zlib_inflate_strict(15, src, len, &zlib, &why);
	int ret = soft_decompress(src, len, soft.data, room);

	if (want == Z_STREAM_END) {
		expect(ret >= 0, "driver says %d", ret);
		soft.len = ret;
		same_bytes(&soft, zlib.data, zlib.len, "driver");
	} else if (want == Z_MEM_ERROR) {
		expect(ret == -ENOSPC, "too much for zlib, driver says %d", ret);
	} else {
		expect(ret == -EBADMSG || !strcmp(why, "invalid code -- missing end-of-block"),
		       "zlib: %d %s, driver says %d", want, why, ret);
	}
	g_free(soft.data);
	g_free(zlib.data);
}

/* Between two descriptors a job has its AECS only. */
static void through_aecs(IAAInflateState *state, bool format2)
{
	g_autofree IAADecompAecs *aecs = g_new(IAADecompAecs, 1);
	IAACodecError err;

	memset(aecs, 0, sizeof(*aecs));
	iaa_aecs_store(state, format2, aecs);
	memset(state, 0xee, sizeof(*state));
	err = iaa_aecs_load(aecs, format2, sizeof(*aecs), state);
	expect(err == IAA_CODEC_OK, "AECS of the model: 0x%x", err);
}

/* In pieces of @piece bytes, which may end anywhere: what comes out is the same */
static void check_pieces(const uint8_t *src, size_t len, size_t room, size_t piece)
{
	g_autofree IAAInflateState *state = g_new(IAAInflateState, 1);
	struct fuzz_out whole = fuzz_out(room);
	g_autofree uint8_t *out = g_malloc(room + 7);
	IAACodecError want = model_inflate(src, len, &whole), err = IAA_CODEC_OK;
	size_t at = 0, got = 0;

	iaa_inflate_start(state);
	while (!err) {
		size_t n = MIN(piece, len - at);
		bool last = at + n == len;
		/* A byte more than is there would be read: the piece ends in its own memory. */
		g_autofree uint8_t *part = g_memdup2(src + at, n) ?: g_malloc(1);
		IAAInflate z = {
			.src = part, .src_len = n, .dst = out + got, .dst_len = room - got,
			.stop_on_eob = true, .bfinal_only = true, .check_eob = last,
			.flush = last,
		};

		err = iaa_inflate(&z, state);
		expect(z.out_len <= room - got, "%zu bytes into %zu", z.out_len, room - got);
		got += z.out_len;
		at += n;
		if (last || err)
			break;
		through_aecs(state, at & 1);
	}
	if (want == IAA_CODEC_OK) {
		expect(err == want, "in pieces of %zu: 0x%x", piece, err);
		expect(got == whole.len, "in pieces of %zu: %zu bytes, not %zu", piece, got,
		       whole.len);
	}
	expect(!memcmp(out, whole.data, MIN(got, whole.len)), "in pieces: other bytes");
	g_free(whole.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = { data, MIN(len, FUZZ_MAX) };
	size_t room = take16(&in) % FUZZ_MAX + 1, piece = take8(&in) + 1;
	g_autofree uint8_t *src = NULL;

	if (!in.len)
		return 0;
	src = g_memdup2(in.data, in.len);
	check_model(src, in.len, room);
	check_soft(src, in.len, room);
	check_pieces(src, in.len, room, piece);
	return 0;
}
