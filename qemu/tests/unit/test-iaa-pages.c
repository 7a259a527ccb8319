/*
 * The IAA accelerator's deflate codec: pages that do not compress
 *
 * How soon compression can be given up, and which pages are given up in error.
 * These are figures about pages more than about the codec, so they are printed;
 * IAA_PAGES names files of real ones.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "../../hw/misc/iaa/iaa-codec.h"
#include "test-iaa-codec.h"

#define PAGE        4096
/*
 * zram keeps a page as it is if its compressed form is longer: 3632, the first
 * size that zsmalloc gives a page of its own (chains of 8 pages), less 8
 */
#define ZRAM_ROOM   3624
#define RANDOM      256

static const unsigned looks[] = { 1024, 2048 };

typedef struct Job {
    uint8_t dst[2 * PAGE];
    uint8_t accum[IAA_ACCUM_BITS / 8];
    IAACodes codes;
    IAADeflate z;
} Job;

static void job_init(Job *job, const uint8_t *src, size_t n, size_t room)
{
    uint8_t ll_len[IAA_LL_SYMS + 2], d_len[IAA_D_SYMS + 2];
    uint32_t entry[IAA_LL_SYMS + 2];

    memset(job, 0, sizeof(*job));
    iaa_fixed_lengths(ll_len, d_len);
    iaa_huffman_codes(ll_len, IAA_LL_SYMS + 2, entry);
    memcpy(job->codes.ll, entry, sizeof(job->codes.ll));
    iaa_huffman_codes(d_len, IAA_D_SYMS + 2, entry);
    memcpy(job->codes.d, entry, sizeof(job->codes.d));
    job->accum[0] = 3;
    job->z = (IAADeflate) {
        .src = src, .src_len = n, .dst = job->dst, .dst_len = room,
        .end = IAA_END_EOB, .flush = true, .codes = &job->codes,
        .accum = job->accum, .accum_bits = 3,
    };
}

static bool fits(const uint8_t *src, size_t n, size_t room)
{
    Job job;

    job_init(&job, src, n, room);
    return iaa_deflate(&job.z) == IAA_CODEC_OK;
}

static bool given_up(const uint8_t *src, unsigned after)
{
    Job job;

    job_init(&job, src, PAGE, sizeof(job.dst));
    job.z.abort_level = 7;
    job.z.abort_size = after;
    return iaa_deflate(&job.z) == IAA_CODEC_ABORT;
}

static uint8_t *random_pages(void)
{
    uint8_t *pages = g_malloc(RANDOM * PAGE);
    g_autoptr(GRand) rand = g_rand_new_with_seed(1);

    for (size_t i = 0; i < RANDOM * PAGE; i++) {
        pages[i] = g_rand_int(rand);
    }
    return pages;
}

/* Pages given up at 7/8, the mildest; returns how many get smaller */
static size_t count_aborts(const char *kind, const uint8_t *pages, size_t nr,
                           unsigned after, size_t *aborted)
{
    size_t zram = 0, page = 0;

    *aborted = 0;
    for (const uint8_t *p = pages; p < pages + nr * PAGE; p += PAGE) {
        if (given_up(p, after)) {
            ++*aborted;
            zram += fits(p, PAGE, ZRAM_ROOM);
            page += fits(p, PAGE, PAGE - 1);
        }
    }
    g_test_message("early abort after %u bytes, %6s: %3zu of %4zu pages are "
                   "given up; of all pages %3zu (%.2f %%) would have fit %d "
                   "bytes, %3zu (%.2f %%) less than a page", after, kind,
                   *aborted, nr, zram, 100.0 * zram / nr, ZRAM_ROOM, page,
                   100.0 * page / nr);
    return page;
}

static void test_early_abort(void)
{
    g_autofree uint8_t *pages = random_pages();
    size_t aborted;

    for (int i = 0; i < ARRAY_SIZE(looks); i++) {
        g_assert_cmpuint(count_aborts("random", pages, RANDOM, looks[i],
                                      &aborted), ==, 0);
        g_assert_cmpuint(aborted, ==, RANDOM);
    }
    memset(pages, 0, PAGE);
    g_assert_false(given_up(pages, looks[0]));
}

/* The corpus (tests/lib/mkcorpus), by kind and as a whole */
static void test_early_abort_files(void)
{
    const char *dir = g_getenv("IAA_PAGES");
    static const char *const kinds[] = { "text", "binary", "heap" };
    g_autoptr(GByteArray) all = g_byte_array_new();
    size_t aborted;

    if (!dir) {
        g_test_skip("IAA_PAGES names no directory of .pages files");
        return;
    }
    for (int i = 0; i < ARRAY_SIZE(kinds); i++) {
        g_autofree char *path = g_strdup_printf("%s/%s.pages", dir, kinds[i]);
        g_autofree char *data = NULL;
        size_t size;

        g_assert_true(g_file_get_contents(path, &data, &size, NULL));
        for (int look = 0; look < ARRAY_SIZE(looks); look++) {
            count_aborts(kinds[i], (uint8_t *)data, size / PAGE, looks[look],
                         &aborted);
        }
        g_byte_array_append(all, (uint8_t *)data, size / PAGE * PAGE);
    }
    for (int look = 0; look < ARRAY_SIZE(looks); look++) {
        count_aborts("all", all->data, all->len / PAGE, looks[look], &aborted);
    }
}

/* How many bytes of @src have an output that fits @room */
static size_t fitting(const uint8_t *src, size_t room)
{
    size_t low = 0, high = PAGE;

    while (low < high) {
        size_t mid = (low + high + 1) / 2;

        if (fits(src, mid, room)) {
            low = mid;
        } else {
            high = mid - 1;
        }
    }
    return low;
}

/* A random literal takes 8.4375 bits of the fixed codes, as a mean. */
static void test_room(void)
{
    g_autofree uint8_t *pages = random_pages();
    static const size_t rooms[] = { ZRAM_ROOM, PAGE };

    for (int i = 0; i < ARRAY_SIZE(rooms); i++) {
        size_t sum = 0, mean;

        for (int p = 0; p < RANDOM; p++) {
            sum += fitting(pages + p * PAGE, rooms[i]);
        }
        mean = sum / RANDOM;
        g_test_message("room for %4zu bytes: full after %zu of a random page",
                       rooms[i], mean);
        g_assert_cmpuint(mean * 84375, >, rooms[i] * 79000);
        g_assert_cmpuint(mean * 84375, <, rooms[i] * 81000);
    }
}

void iaa_add_page_tests(void)
{
    g_test_add_func("/iaa/pages/early-abort", test_early_abort);
    g_test_add_func("/iaa/pages/early-abort-files", test_early_abort_files);
    g_test_add_func("/iaa/pages/room", test_room);
}
