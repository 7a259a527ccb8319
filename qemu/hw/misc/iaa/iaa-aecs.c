/*
 * Intel IAA: the decompression AECS, both formats (3.2.1, 6.4.1)
 *
 * The Huffman codes in it are what the hardware's decoder works with.  Codes of
 * literal/length symbols below 265 are described by length: the first code and
 * how many there are, and a table (Format 1) or the symbols' numbers within
 * their length (Format 2) to tell which symbols they are.  The others, those of
 * distances and end-of-block are listed one by one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qemu/bswap.h"
#include "qemu/host-utils.h"
#include "iaa-aecs.h"
#include "iaa-decoder.h"

#define MAPPED      265         /* LL symbols without extra bits */
#define FIXED_FIRST_9   0x190   /* first code of 9 bits (RFC 1951, 3.2.6) */
#define CAM_PART1   0x18        /* in mapping, bytes */
#define CAM_SPLIT   224         /* of these; the others are in mapping2 */

/* State (T6-18) */
#define STATE_HEADER    0x1
#define STATE_STORED    0x2
#define STATE_FINAL     0x4
#define STATE_ENDED     0x8

/* Fields for code lengths 1 to 15, packed into five words (T6-17) */

static const struct { uint8_t word, shift; } alu_at[IAA_MAX_CODE + 1] = {
    { 0 }, { 0, 0 }, { 0, 2 }, { 0, 5 }, { 0, 9 }, { 0, 14 }, { 0, 20 },
    { 1, 0 }, { 1, 8 }, { 1, 17 }, { 2, 0 }, { 2, 11 }, { 3, 0 }, { 3, 13 },
    { 4, 0 }, { 4, 15 },
};

static unsigned alu_get(const uint32_t *words, unsigned l)
{
    return extract32(le32_to_cpu(words[alu_at[l].word]), alu_at[l].shift,
                     l + 1);
}

static void alu_set(uint32_t *words, unsigned l, unsigned v)
{
    uint32_t *word = &words[alu_at[l].word];

    *word = cpu_to_le32(deposit32(le32_to_cpu(*word), alu_at[l].shift, l + 1,
                                  v));
}

/* One code by itself: value and mask, both from the top of 15 bits */

static uint32_t cam_entry(uint32_t code)
{
    unsigned len = IAA_CODE_LEN(code), shift = IAA_MAX_CODE - len;

    return len ? cpu_to_le32(IAA_CODE_BITS(code) << shift | BIT(15) |
                             ((1u << len) - 1) << shift << 16) : 0;
}

static uint32_t cam_code(uint32_t entry)
{
    unsigned len = ctpop32(extract32(le32_to_cpu(entry), 16, 15));

    return le32_to_cpu(entry) & BIT(15) ?
           IAA_CODE(len, extract32(le32_to_cpu(entry), 0, 15) >>
                         (IAA_MAX_CODE - len)) : 0;
}

/*
 * Format 2's mapping: entries one behind the other, each no wider than it takes
 * for a length and the numbers that it can have.
 */

static unsigned map_width(unsigned sym)
{
    return 4 + (sym ? 32 - clz32(sym) : 0);
}

static uint8_t *map_byte(IAADecompAecs *aecs, size_t at)
{
    return at < CAM_SPLIT ? &aecs->mapping[CAM_PART1 + at] :
                            &aecs->mapping2[at - CAM_SPLIT];
}

static unsigned map_get(const IAADecompAecs *aecs, size_t bit, unsigned width)
{
    unsigned v = 0;

    for (unsigned i = 0; i < width; i++, bit++) {
        v |= (*map_byte((IAADecompAecs *)aecs, bit / 8) >> bit % 8 & 1) << i;
    }
    return v;
}

static void map_set(IAADecompAecs *aecs, size_t bit, unsigned width,
                    unsigned v)
{
    for (unsigned i = 0; i < width; i++, bit++) {
        *map_byte(aecs, bit / 8) |= (v >> i & 1) << bit % 8;
    }
}

static void map2_load(const IAADecompAecs *aecs, uint8_t *ll_len)
{
    size_t bit = 0;

    for (unsigned sym = 0; sym < MAPPED; sym++) {
        unsigned width = map_width(sym);

        ll_len[sym] = map_get(aecs, bit, width) & 0xf;
        bit += width;
    }
}

static void map2_store(const uint8_t *ll_len, IAADecompAecs *aecs)
{
    unsigned count[IAA_MAX_CODE + 1] = { 0 };
    size_t bit = 0;

    for (unsigned sym = 0; sym < MAPPED; sym++) {
        unsigned l = ll_len[sym], width = map_width(sym);

        if (l) {
            map_set(aecs, bit, width, l | count[l]++ << 4);
        }
        bit += width;
    }
}

/* Format 1's: symbols in the order of their codes, lengths less their 257 */

static bool map1_load(const IAADecompAecs *aecs, uint32_t eob, uint8_t *ll_len)
{
    for (unsigned l = 1; l <= IAA_MAX_CODE; l++) {
        unsigned index = alu_get(aecs->alu_index, l);
        unsigned first = alu_get(aecs->alu_code, l);

        for (unsigned i = 0; i < alu_get(aecs->alu_count, l); i++) {
            bool is_len = first + i >= alu_get(aecs->alu_len_code, l);
            unsigned sym;

            if (index + i >= MAPPED) {
                return false;
            }
            sym = aecs->mapping[index + i] + (is_len ? IAA_EOB + 1 : 0);
            if (sym >= MAPPED) {
                return false;
            }
            if (IAA_CODE(l, first + i) != eob) {
                ll_len[sym] = l;
            }
        }
    }
    return true;
}

static void map1_store(const uint8_t *ll_len, IAADecompAecs *aecs)
{
    unsigned index = 0;

    for (unsigned l = 1; l <= IAA_MAX_CODE; l++) {
        alu_set(aecs->alu_index, l, index);
        for (unsigned sym = 0; sym < MAPPED; sym++) {
            if (ll_len[sym] == l) {
                aecs->mapping[index++] = sym <= IAA_EOB ? sym :
                                         sym - IAA_EOB - 1;
            }
        }
    }
}

/* What both formats have */

static void alus_store(const uint8_t *ll_len, const uint32_t *ll,
                       IAADecompAecs *aecs)
{
    for (unsigned l = 1; l <= IAA_MAX_CODE; l++) {
        unsigned count = 0, first = 0, first_len = (1 << (l + 1)) - 1;

        for (unsigned sym = 0; sym < MAPPED; sym++) {
            if (ll_len[sym] != l) {
                continue;
            }
            if (!count++) {
                first = IAA_CODE_BITS(ll[sym]);
            }
            if (sym > IAA_EOB) {
                first_len = MIN(first_len, IAA_CODE_BITS(ll[sym]));
            }
        }
        alu_set(aecs->alu_count, l, count);
        alu_set(aecs->alu_code, l, first);
        alu_set(aecs->alu_len_code, l, first_len);
    }
}

/* Code length plus extra bits, six to a word (T6-18) */
static void totals_store(uint32_t *words, const uint8_t *len,
                         const IAARange *range, unsigned n)
{
    static const uint8_t shift[6] = { 0, 5, 10, 16, 21, 26 };

    for (unsigned i = 0; i < n; i++) {
        unsigned total = len[i] ? len[i] + range[i].extra : 0;

        words[i / 6] |= cpu_to_le32(total << shift[i % 6]);
    }
}

/* Shortest length code with its extra bits, shortest literal code (T6-18) */
static uint32_t min_length(const uint8_t *ll_len)
{
    unsigned len = 15, lit = 15;

    for (unsigned sym = 0; sym < IAA_LL_SYMS; sym++) {
        if (ll_len[sym] && sym < IAA_EOB) {
            lit = MIN(lit, ll_len[sym]);
        } else if (ll_len[sym] && sym > IAA_EOB) {
            len = MIN(len, ll_len[sym] +
                           iaa_len_range[sym - IAA_EOB - 1].extra);
        }
    }
    return cpu_to_le32(len | lit << 4);
}

/* Two symbols that only the fixed code has count when codes are given out. */
static void codes_make(const IAAInflateState *state,
                       uint32_t ll[IAA_LL_SYMS + 2],
                       uint32_t d[IAA_D_SYMS + 2])
{
    iaa_huffman_codes(state->ll_len, IAA_LL_SYMS + 2, ll);
    iaa_huffman_codes(state->d_len, IAA_D_SYMS + 2, d);
}

/* The AECS has no place for them: first codes show that they are there. */
static void codes_fixed(const IAADecompAecs *aecs, IAAInflateState *state)
{
    uint8_t ll_len[IAA_LL_SYMS + 2], d_len[IAA_D_SYMS + 2];

    iaa_fixed_lengths(ll_len, d_len);
    if (!memcmp(ll_len, state->ll_len, IAA_LL_SYMS) &&
        alu_get(aecs->alu_code, 9) == FIXED_FIRST_9) {
        memcpy(state->ll_len, ll_len, sizeof(ll_len));
    }
}

static void codes_store(const IAAInflateState *state, bool format2,
                        IAADecompAecs *aecs)
{
    uint32_t ll[IAA_LL_SYMS + 2], d[IAA_D_SYMS + 2];

    codes_make(state, ll, d);
    aecs->eob_cam = cam_entry(ll[IAA_EOB]);
    alus_store(state->ll_len, ll, aecs);
    for (unsigned i = 0; i < IAA_LL_SYMS - MAPPED; i++) {
        aecs->ll_cam[i] = cam_entry(ll[MAPPED + i]);
    }
    for (unsigned i = 0; i < IAA_D_SYMS; i++) {
        aecs->d_cam[i] = cam_entry(d[i]);
    }
    totals_store(aecs->ll_total, state->ll_len + MAPPED,
                 iaa_len_range + (MAPPED - IAA_EOB - 1), IAA_LL_SYMS - MAPPED);
    totals_store(aecs->d_total, state->d_len, iaa_dist_range, IAA_D_SYMS);
    aecs->min_length = min_length(state->ll_len);
    if (format2) {
        map2_store(state->ll_len, aecs);
    } else {
        map1_store(state->ll_len, aecs);
    }
}

/* The codes that the lengths make are those that the AECS says (0x2e). */
static bool codes_agree(const IAADecompAecs *aecs, const IAAInflateState *state)
{
    uint32_t ll[IAA_LL_SYMS + 2], d[IAA_D_SYMS + 2];
    IAADecompAecs made = { 0 };
    Decoder decoder;

    if (!iaa_decoder_init(&decoder, state->ll_len, IAA_LL_SYMS + 2) ||
        !iaa_decoder_init(&decoder, state->d_len, IAA_D_SYMS + 2)) {
        return false;
    }
    codes_make(state, ll, d);
    alus_store(state->ll_len, ll, &made);
    for (unsigned l = 1; l <= IAA_MAX_CODE; l++) {
        unsigned count = alu_get(aecs->alu_count, l);

        if (count != alu_get(made.alu_count, l) ||
            (count && alu_get(aecs->alu_code, l) !=
                      alu_get(made.alu_code, l))) {
            return false;
        }
    }
    for (unsigned i = 0; i < IAA_LL_SYMS - MAPPED; i++) {
        if (cam_code(aecs->ll_cam[i]) != ll[MAPPED + i]) {
            return false;
        }
    }
    for (unsigned i = 0; i < IAA_D_SYMS; i++) {
        if (cam_code(aecs->d_cam[i]) != d[i]) {
            return false;
        }
    }
    return cam_code(aecs->eob_cam) == ll[IAA_EOB];
}

static IAACodecError codes_load(const IAADecompAecs *aecs, bool format2,
                                IAAInflateState *state)
{
    uint32_t eob = cam_code(aecs->eob_cam);

    memset(state->ll_len, 0, sizeof(state->ll_len));
    memset(state->d_len, 0, sizeof(state->d_len));
    if (format2) {
        map2_load(aecs, state->ll_len);
    } else if (!map1_load(aecs, eob, state->ll_len)) {
        return IAA_CODEC_STATE;
    }
    state->ll_len[IAA_EOB] = IAA_CODE_LEN(eob);
    for (unsigned i = 0; i < IAA_LL_SYMS - MAPPED; i++) {
        state->ll_len[MAPPED + i] = IAA_CODE_LEN(cam_code(aecs->ll_cam[i]));
    }
    for (unsigned i = 0; i < IAA_D_SYMS; i++) {
        state->d_len[i] = IAA_CODE_LEN(cam_code(aecs->d_cam[i]));
    }
    codes_fixed(aecs, state);
    return codes_agree(aecs, state) ? IAA_CODEC_OK : IAA_CODEC_STATE;
}

/* Accumulators (checks of T4-5) */

static IAACodecError input_load(const IAADecompAecs *aecs,
                                IAAInflateState *state)
{
    const uint8_t *bits = aecs->in_bits;

    for (unsigned i = 0; i < ARRAY_SIZE(aecs->in_bits); i++) {
        if (bits[i] > 64 || (i && bits[i] && !bits[i - 1])) {
            return IAA_CODEC_AECS;
        }
        for (unsigned bit = 0; bit < bits[i]; bit++) {
            unsigned to = state->accum_bits++;

            if (aecs->in[i * 8 + bit / 8] >> bit % 8 & 1) {
                state->accum[to / 8] |= 1 << to % 8;
            }
        }
    }
    if ((bits[31] && state->accum_bits < 193) ||
        (bits[30] && state->accum_bits < 129)) {
        return IAA_CODEC_AECS;
    }
    return IAA_CODEC_OK;
}

static void input_store(const IAAInflateState *state, IAADecompAecs *aecs)
{
    memcpy(aecs->in, state->accum, sizeof(aecs->in));
    for (unsigned i = 0; i * 64 < state->accum_bits; i++) {
        aecs->in_bits[i] = MIN(state->accum_bits - i * 64, 64);
    }
}

static IAACodecError output_load(const IAADecompAecs *aecs, bool format2,
                                 IAAInflateState *state)
{
    bool format_valid = aecs->out_bits & 1;
    unsigned bits = aecs->out_bits & ~1;

    if (format2 && (!format_valid || (aecs->format & 7) != 1)) {
        return IAA_CODEC_AECS_FORMAT;
    }
    if ((!format2 && format_valid) || bits % 8 || bits >= 64) {
        return IAA_CODEC_AECS;
    }
    state->out_len = bits / 8;
    memcpy(state->out, aecs->out, sizeof(state->out));
    return IAA_CODEC_OK;
}

/* History: bits 14:0 of the pointer, bit 15 once it is full */

static IAACodecError history_load(const IAADecompAecs *aecs, size_t size,
                                  IAAInflateState *state)
{
    unsigned pointer = le32_to_cpu(aecs->history_pointer) & 0xffff;
    unsigned at = pointer & 0x7fff;
    bool full = pointer & 0x8000;

    state->history_len = full ? IAA_WINDOW : at;
    if ((at >= IAA_WINDOW && !full) ||
        (pointer && size < offsetof(IAADecompAecs, history) +
                           state->history_len)) {
        return IAA_CODEC_AECS;
    }
    for (unsigned i = 0; i < state->history_len; i++) {
        state->history[i] = aecs->history[full ? (at + i) % IAA_WINDOW : i];
    }
    return IAA_CODEC_OK;
}

static void history_store(const IAAInflateState *state, IAADecompAecs *aecs)
{
    unsigned len = state->history_len;

    memcpy(aecs->history, state->history, len);
    aecs->history_pointer = cpu_to_le32(len < IAA_WINDOW ? len : 0x8000);
}

/* The whole of it */

void iaa_aecs_default(IAADecompAecs *aecs, bool format2)
{
    IAAInflateState state;

    iaa_inflate_start(&state);
    memset(aecs, 0, sizeof(*aecs));
    iaa_aecs_store(&state, format2, aecs);
}

static IAACodecError state_load(const IAADecompAecs *aecs, bool format2,
                                IAAInflateState *state)
{
    uint32_t bits = le32_to_cpu(aecs->state);

    state->ended = bits & STATE_ENDED;
    state->final = bits & STATE_FINAL;
    /* T6-18 gives it 15 bits, one too few for the longest stored block */
    state->stored_left = le32_to_cpu(aecs->stored_left) & 0xffff;
    if (bits & (STATE_HEADER | STATE_ENDED)) {
        state->at = IAA_AT_HEADER;
        state->stored_left = 0;
        return IAA_CODEC_OK;
    }
    if (bits & STATE_STORED) {
        state->at = IAA_AT_STORED;
        return state->stored_left ? IAA_CODEC_OK : IAA_CODEC_AECS;
    }
    state->at = IAA_AT_CODES;
    return codes_load(aecs, format2, state);
}

IAACodecError iaa_aecs_load(const IAADecompAecs *aecs, bool format2,
                            size_t size, IAAInflateState *state)
{
    IAACodecError err;

    iaa_inflate_start(state);
    err = output_load(aecs, format2, state);
    if (err) {
        return err;
    }
    if (aecs->crypto_flags & 1) {
        return IAA_CODEC_CRYPTO;
    }
    if (aecs->drop_bits) {      /* not without IAACAP[1] */
        return IAA_CODEC_AECS;
    }
    state->bit_offset = le32_to_cpu(aecs->bit_offset);
    err = input_load(aecs, state);
    if (err) {
        return err;
    }
    err = state_load(aecs, format2, state);
    return err ?: history_load(aecs, size, state);
}

void iaa_aecs_store(const IAAInflateState *state, bool format2,
                    IAADecompAecs *aecs)
{
    uint32_t bits = state->unread << 16;

    memcpy(aecs->out, state->out, sizeof(aecs->out));
    aecs->out_bits = state->out_len * 8 + format2;
    aecs->format = format2;
    aecs->bit_offset = cpu_to_le32(state->bit_offset);
    input_store(state, aecs);
    codes_store(state, format2, aecs);
    bits |= state->final ? STATE_FINAL : 0;
    bits |= state->ended ? STATE_ENDED : 0;
    bits |= state->at == IAA_AT_STORED ? STATE_STORED : 0;
    bits |= state->at == IAA_AT_HEADER ? STATE_HEADER : 0;
    aecs->state = cpu_to_le32(bits);
    aecs->stored_left = cpu_to_le32(state->stored_left);
    history_store(state, aecs);
}
