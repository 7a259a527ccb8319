/*
 * Intel IAA: match finding
 *
 * Turns the source into literals and matches.  Same input, same output: nothing
 * depends on the host.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "iaa-codec.h"

#define HASH_BITS   12
#define MAX_CHAIN   8       /* candidates looked at per position */
#define GOOD_MATCH  32      /* long enough to stop looking */

typedef struct Finder {
    const uint8_t *src;
    size_t len;
    int32_t head[1 << HASH_BITS];   /* last position with this hash, or -1 */
    int32_t prev[IAA_WINDOW];       /* the one before it, by position */
} Finder;

static unsigned hash3(const uint8_t *p)
{
    uint32_t v = p[0] | p[1] << 8 | p[2] << 16;

    return (v * 0x9e3779b1u) >> (32 - HASH_BITS);
}

static void finder_insert(Finder *f, size_t pos)
{
    unsigned h;

    if (pos + IAA_MIN_MATCH > f->len) {
        return;
    }
    h = hash3(f->src + pos);
    f->prev[pos % IAA_WINDOW] = f->head[h];
    f->head[h] = pos;
}

static unsigned match_len(const uint8_t *a, const uint8_t *b, unsigned max)
{
    unsigned n = 0;

    while (n < max && a[n] == b[n]) {
        n++;
    }
    return n;
}

/* Longest match for @pos among earlier positions, as a token, or 0. */
static uint32_t finder_match(Finder *f, size_t pos)
{
    unsigned max = MIN(f->len - pos, IAA_MAX_MATCH);
    unsigned best = IAA_MIN_MATCH - 1;
    uint32_t token = 0;
    int64_t at;

    if (max < IAA_MIN_MATCH) {
        return 0;
    }
    at = f->head[hash3(f->src + pos)];
    for (int chain = 0; chain < MAX_CHAIN; chain++) {
        unsigned n;

        if (at < 0 || pos - at > IAA_WINDOW) {
            break;
        }
        n = match_len(f->src + at, f->src + pos, max);
        if (n > best) {
            best = n;
            token = IAA_IS_MATCH | n << 16 | (pos - at);
            if (n == max || n >= GOOD_MATCH) {
                break;
            }
        }
        at = f->prev[at % IAA_WINDOW];
    }
    return token;
}

static size_t find_matches(Finder *f, uint32_t *token)
{
    uint32_t here = 0, next;
    size_t pos = 0, n = 0;

    while (pos < f->len) {
        finder_insert(f, pos);
        next = pos + 1 < f->len ? finder_match(f, pos + 1) : 0;
        if (!here || IAA_TOKEN_LEN(next) > IAA_TOKEN_LEN(here)) {
            token[n++] = f->src[pos++];
            here = next;
            continue;
        }
        token[n++] = here;
        for (size_t end = pos + IAA_TOKEN_LEN(here); ++pos < end; ) {
            finder_insert(f, pos);
        }
        here = pos < f->len ? finder_match(f, pos) : 0;
    }
    return n;
}

size_t iaa_tokenize(const uint8_t *src, size_t len, bool literals,
                    uint32_t *token)
{
    g_autofree Finder *f = NULL;

    if (literals) {
        for (size_t i = 0; i < len; i++) {
            token[i] = src[i];
        }
        return len;
    }
    f = g_new(Finder, 1);
    f->src = src;
    f->len = len;
    memset(f->head, 0xff, sizeof(f->head));
    return find_matches(f, token);
}
