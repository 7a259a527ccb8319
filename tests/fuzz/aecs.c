// SPDX-License-Identifier: GPL-2.0
/*
 * Any state: an AECS is the guest's memory, so all of it can be anything. Nobody gets hurt;
 * one that is taken, stored and taken again is the same state.
 */
#include "fuzz.h"

#define LOADED	(offsetof(IAADecompAecs, history))	/* the history is as good as any */

/* An AECS is far longer than an input: parts of a good one are replaced. */
static void patch(uint8_t *aecs, size_t size, struct fuzz_input *in, unsigned int parts)
{
	while (parts--) {
		size_t at = take16(in) % size, n = MIN(take8(in), MIN(size - at, in->len));

		memcpy(aecs + at, in->data, n);
		in->data += n;
		in->len -= n;
	}
}

static void check_same(const IAAInflateState *state, bool format2)
{
	g_autofree IAADecompAecs *aecs = g_new0(IAADecompAecs, 1);
	g_autofree IAAInflateState *again = g_new(IAAInflateState, 1);
	IAACodecError err;

	iaa_aecs_store(state, format2, aecs);
	err = iaa_aecs_load(aecs, format2, sizeof(*aecs), again);
	expect(err == IAA_CODEC_OK, "its own AECS: 0x%x", err);
	expect(again->at == state->at && again->final == state->final &&
	       again->ended == state->ended && again->stored_left == state->stored_left,
	       "another place");
	expect(again->accum_bits == state->accum_bits && again->out_len == state->out_len &&
	       again->bit_offset == state->bit_offset, "other bits");
	expect(!memcmp(again->accum, state->accum, DIV_ROUND_UP(state->accum_bits, 8)),
	       "another accumulator");
	expect(again->history_len == state->history_len &&
	       !memcmp(again->history, state->history, state->history_len),
	       "another history");
	if (state->at == IAA_AT_CODES)
		expect(!memcmp(again->ll_len, state->ll_len, IAA_LL_SYMS) &&
		       !memcmp(again->d_len, state->d_len, IAA_D_SYMS), "other codes");
}

static void check_inflate(struct fuzz_input in, unsigned int how)
{
	g_autofree IAADecompAecs *aecs = g_new0(IAADecompAecs, 1);
	g_autofree IAAInflateState *state = g_new(IAAInflateState, 1);
	bool format2 = how & 1;
	size_t size = how & 2 ? sizeof(*aecs) : LOADED, room = take16(&in) % FUZZ_MAX;
	g_autofree uint8_t *dst = g_malloc(room + 7), *src = NULL;
	IAAInflate z = {
		.dst = how & 4 ? NULL : dst, .dst_len = room,
		.stop_on_eob = how & 8, .bfinal_only = how & 16, .check_eob = how & 32,
		.big_endian = how & 64, .flush = how & 128,
	};

	iaa_aecs_default(aecs, format2);
	patch((uint8_t *)aecs, sizeof(*aecs), &in, how >> 8 & 7);
	if (iaa_aecs_load(aecs, format2, size, state))
		return;
	check_same(state, format2);
	z.ignore_bits = how >> 12 & 15;
	z.src_len = z.big_endian ? in.len & ~1ul : in.len;	/* as the check of 6.3.2 has it */
	src = g_memdup2(in.data, z.src_len) ?: g_malloc(1);
	z.src = src;
	iaa_inflate(&z, state);
	expect(z.out_len <= room, "%zu bytes into %zu", z.out_len, room);
	expect(z.in_len <= z.src_len, "%zu bytes out of %zu", z.in_len, z.src_len);
	expect(state->accum_bits <= IAA_ACCUM_BITS && state->out_len < 8 &&
	       state->history_len <= IAA_WINDOW, "a state that is none");
}

static void check_deflate(struct fuzz_input in, unsigned int how)
{
	size_t room = take16(&in) % FUZZ_MAX + 1;
	g_autofree uint8_t *dst = g_malloc(room), *src = NULL;
	uint8_t accum[IAA_ACCUM_BITS / 8] = { 0 };
	IAACodes codes = { 0 };
	IAACounts counts = { 0 };
	IAADeflate z = {
		.dst = dst, .dst_len = room, .codes = &codes, .accum = accum,
		.accum_bits = take16(&in) % (IAA_ACCUM_BITS + 1), .end = how & 3,
		.literals = how & 4, .big_endian = how & 8, .flush = how & 16,
		.complete = how & 32, .gen = how >> 6 & 3,
	};

	patch((uint8_t *)&codes, sizeof(codes), &in, how >> 8 & 7);
	patch((uint8_t *)&counts, sizeof(counts), &in, how >> 11 & 3);
	for (int i = 0; i < IAA_LL_SYMS; i++)
		counts.ll[i] &= IAA_COUNT_MAX;
	for (int i = 0; i < IAA_D_SYMS; i++)
		counts.d[i] &= IAA_COUNT_MAX;
	if (z.gen) {
		z.accum_bits %= IAA_ACCUM_BITS;
		if (iaa_deflate_tables(&z, &counts))
			return;
		z.gen = IAA_GEN_NONE;
	}
	z.src_len = in.len;
	src = g_memdup2(in.data, in.len) ?: g_malloc(1);
	z.src = src;
	iaa_deflate(&z);
	expect(z.out_len <= room, "%zu bytes into %zu", z.out_len, room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = { data, MIN(len, FUZZ_MAX) };
	unsigned int how = take16(&in);

	if (take8(&in) & 1)
		check_deflate(in, how);
	else
		check_inflate(in, how);
	return 0;
}
