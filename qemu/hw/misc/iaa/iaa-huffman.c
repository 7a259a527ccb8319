/*
 * Intel IAA: Huffman codes, and the tables of RFC 1951
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/host-utils.h"
#include "iaa-codec.h"

const IAARange iaa_len_range[IAA_LL_SYMS - 257] = {
    { 3, 0 }, { 4, 0 }, { 5, 0 }, { 6, 0 }, { 7, 0 }, { 8, 0 }, { 9, 0 },
    { 10, 0 }, { 11, 1 }, { 13, 1 }, { 15, 1 }, { 17, 1 }, { 19, 2 },
    { 23, 2 }, { 27, 2 }, { 31, 2 }, { 35, 3 }, { 43, 3 }, { 51, 3 },
    { 59, 3 }, { 67, 4 }, { 83, 4 }, { 99, 4 }, { 115, 4 }, { 131, 5 },
    { 163, 5 }, { 195, 5 }, { 227, 5 }, { 258, 0 },
};

const IAARange iaa_dist_range[IAA_D_SYMS] = {
    { 1, 0 }, { 2, 0 }, { 3, 0 }, { 4, 0 }, { 5, 1 }, { 7, 1 }, { 9, 2 },
    { 13, 2 }, { 17, 3 }, { 25, 3 }, { 33, 4 }, { 49, 4 }, { 65, 5 },
    { 97, 5 }, { 129, 6 }, { 193, 6 }, { 257, 7 }, { 385, 7 }, { 513, 8 },
    { 769, 8 }, { 1025, 9 }, { 1537, 9 }, { 2049, 10 }, { 3073, 10 },
    { 4097, 11 }, { 6145, 11 }, { 8193, 12 }, { 12289, 12 }, { 16385, 13 },
    { 24577, 13 },
};

const uint8_t iaa_cl_order[IAA_CL_SYMS] = {
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
};

unsigned iaa_len_sym(unsigned len)
{
    unsigned sym = 0;

    while (sym + 1 < ARRAY_SIZE(iaa_len_range) &&
           iaa_len_range[sym + 1].base <= len) {
        sym++;
    }
    return sym;
}

unsigned iaa_dist_sym(unsigned dist)
{
    unsigned log;

    if (dist <= 2) {
        return dist - 1;
    }
    log = 31 - clz32(dist - 1);
    return 2 * log + (((dist - 1) >> (log - 1)) & 1);
}

void iaa_fixed_lengths(uint8_t ll_len[IAA_LL_SYMS + 2],
                       uint8_t d_len[IAA_D_SYMS + 2])
{
    memset(ll_len, 8, 144);
    memset(ll_len + 144, 9, 112);
    memset(ll_len + 256, 7, 24);
    memset(ll_len + 280, 8, 8);
    memset(d_len, 5, IAA_D_SYMS + 2);
}

typedef struct Leaf {
    uint32_t freq;
    uint16_t sym;
} Leaf;

static int leaf_cmp(const void *a, const void *b)
{
    const Leaf *x = a, *y = b;

    if (x->freq != y->freq) {
        return x->freq < y->freq ? -1 : 1;
    }
    return x->sym - y->sym;
}

/*
 * Depth of each leaf, leaves sorted by rising frequency.  Inner nodes come
 * out in rising order as well, so the two smallest are always at the heads of
 * two queues, and a parent always stands behind its children.
 */
static void tree_depths(const Leaf *leaf, unsigned n, unsigned *count)
{
    uint64_t weight[2 * IAA_LL_SYMS];
    uint16_t parent[2 * IAA_LL_SYMS];
    uint16_t depth[2 * IAA_LL_SYMS];
    unsigned next_leaf = 0, next_inner = n, last = 2 * n - 1;

    for (unsigned i = 0; i < n; i++) {
        weight[i] = leaf[i].freq;
    }
    for (unsigned node = n; node < last; node++) {
        weight[node] = 0;
        for (int child = 0; child < 2; child++) {
            bool take_leaf = next_leaf < n &&
                (next_inner == node || weight[next_leaf] <= weight[next_inner]);
            unsigned i = take_leaf ? next_leaf++ : next_inner++;

            weight[node] += weight[i];
            parent[i] = node;
        }
    }
    depth[last - 1] = 0;
    for (int i = last - 2; i >= 0; i--) {
        depth[i] = depth[parent[i]] + 1;
        if (i < n) {
            count[depth[i]]++;
        }
    }
}

/*
 * Codes longer than allowed are cut, which over-subscribes the tree; pay back
 * by moving the deepest leaf that still can one level down, beside a cut one.
 */
static void limit_depths(unsigned *count, unsigned deepest, unsigned max_len)
{
    unsigned used = 0;

    for (unsigned i = max_len + 1; i <= deepest; i++) {
        count[max_len] += count[i];
    }
    for (unsigned i = 1; i <= max_len; i++) {
        used += count[i] << (max_len - i);
    }
    while (used > 1u << max_len) {
        unsigned i = max_len - 1;

        while (!count[i]) {
            i--;
        }
        count[i]--;
        count[i + 1] += 2;
        count[max_len]--;
        used--;
    }
}

void iaa_huffman_lengths(const uint32_t *freq, unsigned n, unsigned max_len,
                         uint8_t *len)
{
    Leaf leaf[IAA_LL_SYMS];
    unsigned count[IAA_LL_SYMS] = { 0 };
    unsigned used = 0, l = max_len;

    memset(len, 0, n);
    for (unsigned i = 0; i < n; i++) {
        if (freq[i]) {
            leaf[used++] = (Leaf) { .freq = freq[i], .sym = i };
        }
    }
    if (used < 2) {
        /* A single symbol takes one bit, as RFC 1951 wants it. */
        for (unsigned i = 0; i < used; i++) {
            len[leaf[i].sym] = 1;
        }
        return;
    }
    qsort(leaf, used, sizeof(leaf[0]), leaf_cmp);
    tree_depths(leaf, used, count);
    limit_depths(count, used - 1, max_len);

    for (unsigned i = 0; i < used; i++) {
        while (!count[l]) {
            l--;
        }
        count[l]--;
        len[leaf[i].sym] = l;
    }
}

void iaa_huffman_codes(const uint8_t *len, unsigned n, uint32_t *entry)
{
    unsigned count[IAA_MAX_CODE + 1] = { 0 };
    unsigned next[IAA_MAX_CODE + 2] = { 0 };

    for (unsigned i = 0; i < n; i++) {
        count[len[i]]++;
    }
    count[0] = 0;
    for (unsigned l = 1; l <= IAA_MAX_CODE; l++) {
        next[l + 1] = (next[l] + count[l]) << 1;
    }
    for (unsigned i = 0; i < n; i++) {
        entry[i] = len[i] ? IAA_CODE(len[i], next[len[i]]++) : 0;
    }
}
