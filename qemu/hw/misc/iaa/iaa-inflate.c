/*
 * Intel IAA: decompression (3.3)
 *
 * An RFC 1951 decoder with the accelerator's limits: a history of 4 KiB, and
 * an error code for each way in which a stream can be wrong.
 *
 * The input is taken token by token, a block's header being one token.  A token
 * that the input ends in, or whose output has no room, is not taken at all: the
 * job's next descriptor finds it in the input accumulator, or in what is left
 * of the source.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/host-utils.h"
#include "iaa-decoder.h"

#define WORD        8       /* bytes that output is written by */
#define RING        32768   /* of decoded data; the history and more */

typedef enum Step {
    STEP_TOKEN,             /* a token was taken */
    STEP_EOB,               /* same, an end-of-block */
    STEP_INPUT,             /* the input has no whole token more */
    STEP_FULL,              /* no room for the next token's output */
    STEP_ERROR,
} Step;

typedef struct Inflater {
    Reader r;
    IAAInflate *z;
    IAAInflateState *state;
    IAACodecError err;
    size_t room;            /* bytes that may still come out */
    size_t have;            /* bytes that came out, history included */
    size_t start;           /* of these, history */
    size_t sunk;            /* of these, passed on */
    Decoder ll, d;
    uint8_t ring[RING];
} Inflater;

/* Output */

static void sink(Inflater *s)
{
    IAAInflate *z = s->z;

    while (s->sunk < s->have) {
        size_t at = s->sunk % RING, n = MIN(s->have - s->sunk, RING - at);
        size_t behind = s->sunk - s->start + s->state->out_len;

        if (z->sink) {
            z->sink(z->opaque, s->ring + at, n);
        }
        if (z->dst) {
            memcpy(z->dst + behind, s->ring + at, n);
        }
        s->sunk += n;
    }
}

static void put_byte(Inflater *s, uint8_t byte)
{
    s->ring[s->have++ % RING] = byte;
    if (s->have - s->sunk == RING / 2) {
        sink(s);
    }
}

static bool take_room(Inflater *s, size_t n)
{
    if (s->room < n) {
        return false;
    }
    s->room -= n;
    return true;
}

/* Tokens */

static Step fail(Inflater *s, IAACodecError err)
{
    s->err = err;
    return STEP_ERROR;
}

static Step stored_header(Inflater *s)
{
    unsigned len;

    s->r.used += -(s->state->bit_offset + s->r.used) & 7;
    len = iaa_reader_bits(&s->r, 32);
    if (iaa_reader_past(&s->r)) {
        return STEP_INPUT;
    }
    if ((len & 0xffff) != (~len >> 16)) {
        return fail(s, IAA_CODEC_BAD_STORED);
    }
    s->state->stored_left = len & 0xffff;
    s->state->at = s->state->stored_left ? IAA_AT_STORED : IAA_AT_HEADER;
    return s->state->stored_left ? STEP_TOKEN : STEP_EOB;
}

static void codes_load(Inflater *s)
{
    iaa_decoder_init(&s->ll, s->state->ll_len, IAA_LL_SYMS + 2);
    iaa_decoder_init(&s->d, s->state->d_len, IAA_D_SYMS + 2);
}

static Step codes_header(Inflater *s, unsigned type)
{
    uint8_t ll_len[IAA_LL_SYMS + 2], d_len[IAA_D_SYMS + 2];
    IAACodecError err = IAA_CODEC_OK;

    if (type == 1) {
        iaa_fixed_lengths(ll_len, d_len);
    } else {
        err = iaa_read_header(&s->r, ll_len, d_len);
    }
    if (iaa_reader_past(&s->r)) {
        return STEP_INPUT;
    }
    if (err) {
        return fail(s, err);
    }
    memcpy(s->state->ll_len, ll_len, sizeof(ll_len));
    memcpy(s->state->d_len, d_len, sizeof(d_len));
    codes_load(s);
    s->state->at = IAA_AT_CODES;
    return STEP_TOKEN;
}

static Step block_header(Inflater *s)
{
    unsigned header = iaa_reader_bits(&s->r, 3), type = header >> 1;
    Step step;

    if (iaa_reader_past(&s->r)) {
        return STEP_INPUT;
    }
    if (type == 3) {
        return fail(s, IAA_CODEC_BAD_TYPE);
    }
    step = type ? codes_header(s, type) : stored_header(s);
    if (step != STEP_INPUT) {
        s->state->final = header & 1;
    }
    return step;
}

static Step stored_byte(Inflater *s)
{
    unsigned byte = iaa_reader_bits(&s->r, 8);

    if (iaa_reader_past(&s->r)) {
        return STEP_INPUT;
    }
    if (!take_room(s, 1)) {
        return STEP_FULL;
    }
    put_byte(s, byte);
    if (--s->state->stored_left) {
        return STEP_TOKEN;
    }
    s->state->at = IAA_AT_HEADER;
    return STEP_EOB;
}

static Step match(Inflater *s, int len_sym)
{
    unsigned len, dist;
    int sym;

    len = iaa_len_range[len_sym].base +
          iaa_reader_bits(&s->r, iaa_len_range[len_sym].extra);
    sym = iaa_decode(&s->r, &s->d);
    if (iaa_reader_past(&s->r)) {
        return STEP_INPUT;
    }
    if (sym < 0 || sym >= IAA_D_SYMS) {
        return fail(s, IAA_CODEC_BAD_D_CODE);
    }
    dist = iaa_dist_range[sym].base +
           iaa_reader_bits(&s->r, iaa_dist_range[sym].extra);
    if (iaa_reader_past(&s->r)) {
        return STEP_INPUT;
    }
    if (dist > IAA_WINDOW) {
        return fail(s, IAA_CODEC_FAR);
    }
    if (dist > s->have) {
        return fail(s, IAA_CODEC_BEFORE_START);
    }
    if (!take_room(s, len)) {
        return STEP_FULL;
    }
    while (len--) {
        put_byte(s, s->ring[(s->have - dist) % RING]);
    }
    return STEP_TOKEN;
}

static Step coded_token(Inflater *s)
{
    int sym = iaa_decode(&s->r, &s->ll);

    if (iaa_reader_past(&s->r)) {
        return STEP_INPUT;
    }
    if (sym < 0 || sym >= IAA_LL_SYMS) {
        return fail(s, IAA_CODEC_BAD_LL_CODE);
    }
    if (sym == IAA_EOB) {
        s->state->at = IAA_AT_HEADER;
        return STEP_EOB;
    }
    if (sym > IAA_EOB) {
        return match(s, sym - IAA_EOB - 1);
    }
    if (!take_room(s, 1)) {
        return STEP_FULL;
    }
    put_byte(s, sym);
    return STEP_TOKEN;
}

static Step token(Inflater *s)
{
    size_t used = s->r.used;
    Step step;

    switch (s->state->at) {
    case IAA_AT_HEADER:
        step = block_header(s);
        break;
    case IAA_AT_STORED:
        step = stored_byte(s);
        break;
    default:
        step = coded_token(s);
        break;
    }
    if (step != STEP_TOKEN && step != STEP_EOB) {
        s->r.used = used;
    }
    return step;
}

/* A whole descriptor's */

/* Accumulator and source, one behind the other, at bit granularity */
static uint8_t *input_join(Inflater *s)
{
    const IAAInflate *z = s->z;
    unsigned shift = s->state->accum_bits % 8;
    size_t at = s->state->accum_bits / 8;
    size_t bits = z->src_len * 8;
    uint8_t *buf = g_malloc0(at + z->src_len + 2 + IAA_READER_PAD);

    memcpy(buf, s->state->accum, DIV_ROUND_UP(s->state->accum_bits, 8));
    buf[at] &= (1 << shift) - 1;
    for (size_t i = 0; i < z->src_len; i++) {
        /* Big-endian: the highest bit of a 16-bit word comes first (T6-8). */
        unsigned byte = z->big_endian ? revbit8(z->src[i ^ 1]) : z->src[i];

        buf[at + i] |= byte << shift;
        buf[at + i + 1] |= byte >> (8 - shift);
    }
    s->r.buf = buf;
    s->r.total = s->state->accum_bits + bits - MIN(z->ignore_bits, bits);
    return buf;
}

static void history_load(Inflater *s)
{
    memcpy(s->ring, s->state->history, s->state->history_len);
    s->have = s->start = s->sunk = s->state->history_len;
}

static void history_save(Inflater *s)
{
    size_t n = MIN(s->have, IAA_WINDOW);

    for (size_t i = 0; i < n; i++) {
        s->state->history[i] = s->ring[(s->have - n + i) % RING];
    }
    s->state->history_len = n;
}

/* Bits that are left go to the accumulator, as far as they are not in src. */
static void input_save(Inflater *s, Step last)
{
    IAAInflate *z = s->z;
    IAAInflateState *state = s->state;
    size_t before = state->accum_bits, left = s->r.total - s->r.used, n = left;

    z->in_len = z->src_len;
    state->bit_offset += s->r.used;
    state->unread = MIN(left, UINT16_MAX);
    if (last == STEP_FULL) {
        z->in_len = s->r.used <= before ? 0 :
                    DIV_ROUND_UP(s->r.used - before, 8);
        n = MIN(before + z->in_len * 8, s->r.total) - s->r.used;
    }
    state->accum_bits = 0;
    memset(state->accum, 0, sizeof(state->accum));
    if (last == STEP_EOB || last == STEP_ERROR) {
        return;
    }
    if (n > IAA_ACCUM_BITS) {
        s->err = IAA_CODEC_HEADER_LONG;
        return;
    }
    while (state->accum_bits < n) {
        state->accum[state->accum_bits / 8] =
            iaa_reader_bits(&s->r, MIN(n - state->accum_bits, 8));
        state->accum_bits += MIN(n - state->accum_bits, 8);
    }
}

static void output_save(Inflater *s)
{
    IAAInflate *z = s->z;
    IAAInflateState *state = s->state;
    size_t len;

    sink(s);
    z->decoded = s->have - s->start;
    len = state->out_len + z->decoded;
    if (!z->dst) {
        z->out_len = 0;
        state->out_len = 0;
        return;
    }
    z->out_len = z->flush ? len : QEMU_ALIGN_DOWN(len, WORD);
    state->out_len = len - z->out_len;
    memset(state->out, 0, sizeof(state->out));
    memcpy(state->out, z->dst + z->out_len, state->out_len);
}

static Step run(Inflater *s)
{
    const IAAInflate *z = s->z;
    bool eob = s->state->ended;
    Step step = eob ? STEP_EOB : STEP_INPUT;

    while (!s->state->ended) {
        step = token(s);
        if (step != STEP_TOKEN && step != STEP_EOB) {
            break;
        }
        eob = step == STEP_EOB && (s->state->final || !z->bfinal_only);
        s->state->ended = eob && z->stop_on_eob;
    }
    if (step == STEP_INPUT && !eob && z->check_eob) {
        s->err = IAA_CODEC_NO_EOB;
    }
    return step;
}

void iaa_inflate_start(IAAInflateState *state)
{
    memset(state, 0, sizeof(*state));
    iaa_fixed_lengths(state->ll_len, state->d_len);
}

IAACodecError iaa_inflate(IAAInflate *z, IAAInflateState *state)
{
    g_autofree Inflater *s = g_new0(Inflater, 1);
    g_autofree uint8_t *buf = NULL;
    Step last;

    s->z = z;
    s->state = state;
    /* A partial word can wait in the AECS, one behind the buffer as well. */
    s->room = !z->dst ? SIZE_MAX : z->flush ? z->dst_len :
              QEMU_ALIGN_DOWN(z->dst_len, WORD) + WORD - 1;
    if (z->dst) {
        if (!take_room(s, state->out_len)) {
            /* Not even what was decoded before: nothing to be done here. */
            z->in_len = z->out_len = z->decoded = 0;
            return IAA_CODEC_OUT_OVERFLOW;
        }
        memcpy(z->dst, state->out, state->out_len);
    }
    buf = input_join(s);
    history_load(s);
    if (state->at == IAA_AT_CODES) {
        codes_load(s);
    }
    last = run(s);
    input_save(s, last);
    output_save(s);
    history_save(s);
    return last == STEP_FULL ? IAA_CODEC_OUT_OVERFLOW : s->err;
}
