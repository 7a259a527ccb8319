/*
 * Test MOVDIR64B: what it stores and where, its faults and encodings, and that
 * two CPUs that store to one line never leave a mixture.
 *
 * The instruction is given as bytes, for assemblers that do not know it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#define _GNU_SOURCE
#include <cpuid.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define LINE 64
#define PAGE 4096
#define ROUNDS 20

static sigjmp_buf back;
/* volatile: the signal handler writes them */
static volatile int caught;
/* volatile: likewise */
static void *volatile fault_address;
static int status = EXIT_SUCCESS;

static unsigned char line[LINE] __attribute__((aligned(LINE)));
/* volatile: another thread writes it */
static volatile bool stop;

static void handler(int sig, siginfo_t *info, void *context)
{
    (void)context;
    caught = sig;
    fault_address = info->si_addr;
    siglongjmp(back, 1);
}

static void check(bool good, const char *what)
{
    if (!good) {
        printf("FAILED: %s\n", what);
        status = EXIT_FAILURE;
    }
}

static void movdir64b(void *dst, const void *src)
{
    asm volatile(".byte 0x66, 0x0f, 0x38, 0xf8, 0x02"
                 : : "a" (dst), "d" (src) : "memory");
}

static void movdir64b_high_register(void *dst, const void *src)
{
    register void *r8 asm("r8") = dst;

    asm volatile(".byte 0x66, 0x44, 0x0f, 0x38, 0xf8, 0x02"
                 : : "r" (r8), "d" (src) : "memory");
}

static void movdir64b_addr32(void *dst, const void *src)
{
    asm volatile(".byte 0x67, 0x66, 0x0f, 0x38, 0xf8, 0x02"
                 : : "a" (dst), "d" (src) : "memory");
}

static void movdir64b_from_fs(void *dst, uintptr_t offset)
{
    asm volatile(".byte 0x64, 0x66, 0x0f, 0x38, 0xf8, 0x02"
                 : : "a" (dst), "d" (offset) : "memory");
}

static void register_operand(void)
{
    asm volatile(".byte 0x66, 0x0f, 0x38, 0xf8, 0xc2" : : : "memory");
}

static void lock_prefix(void)
{
    asm volatile(".byte 0xf0, 0x66, 0x0f, 0x38, 0xf8, 0x02"
                 : : "a" (line), "d" (line) : "memory");
}

static void no_prefix(void)
{
    asm volatile(".byte 0x0f, 0x38, 0xf8, 0x02"
                 : : "a" (line), "d" (line) : "memory");
}

/* The signal that the statement raises, or 0 */
#define SIGNAL_OF(statement)                    \
    ({                                          \
        caught = 0;                             \
        if (!sigsetjmp(back, 1)) {              \
            statement;                          \
        }                                       \
        caught;                                 \
    })

static void check_stores(void)
{
    unsigned char src[4 * LINE];

    for (unsigned i = 0; i < sizeof(src); i++) {
        src[i] = i;
    }
    movdir64b(line, src + 3);
    check(!memcmp(line, src + 3, LINE), "64 bytes from any address");
    movdir64b_high_register(line, src + 9);
    check(!memcmp(line, src + 9, LINE), "register of a REX prefix");
}

static void check_addressing(void)
{
    const uintptr_t noise = 0x7f12ull << 32;
    unsigned char *low, *from;
    void *tls;

    /* By its address: linux-user ignores MAP_32BIT. */
    low = mmap((void *)0x20000000, PAGE, PROT_READ | PROT_WRITE,
               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (low == MAP_FAILED || (uintptr_t)low >> 32) {
        check(false, "memory below 4 GiB");
        return;
    }
    from = low + 2 * LINE;
    memset(from, 'x', LINE);
    movdir64b_addr32((void *)((uintptr_t)low | noise),
                     (void *)((uintptr_t)from | noise));
    check(!memcmp(low, from, LINE), "32-bit addresses");
    munmap(low, PAGE);

    /* A segment override is the source's alone; fs:0 holds its own address. */
    asm("mov %%fs:0, %0" : "=r" (tls));
    movdir64b_from_fs(line, 0);
    check(!memcmp(line, tls, LINE), "source in FS, destination in ES");
}

static void check_faults(void)
{
    unsigned char *pages;
    unsigned char src[LINE] = { 0 };

    pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) {
        check(false, "two pages");
        return;
    }
    check(SIGNAL_OF(movdir64b(line + 1, src)) == SIGSEGV && !fault_address,
          "#GP: destination not aligned");
    mprotect(pages + PAGE, PAGE, PROT_READ);
    check(SIGNAL_OF(movdir64b(pages + PAGE, src)) == SIGSEGV &&
          fault_address == pages + PAGE, "#PF: read-only destination");
    mprotect(pages + PAGE, PAGE, PROT_NONE);
    memset(line, 7, LINE);
    check(SIGNAL_OF(movdir64b(line, pages + PAGE - 8)) == SIGSEGV &&
          fault_address == pages + PAGE, "#PF: second page of the source");
    check(line[0] == 7 && line[LINE - 1] == 7, "no store after a fault");
    munmap(pages, 2 * PAGE);
}

static void check_encodings(void)
{
    check(SIGNAL_OF(register_operand()) == SIGILL, "#UD: register as source");
    check(SIGNAL_OF(lock_prefix()) == SIGILL, "#UD: LOCK prefix");
    check(SIGNAL_OF(no_prefix()) == SIGILL, "#UD: no 66 prefix");
}

static void *writer(void *arg)
{
    unsigned char src[LINE];

    memset(src, (int)(intptr_t)arg, LINE);
    while (!stop) {
        movdir64b(line, src);
    }
    return NULL;
}

static void check_race(void)
{
    bool mixed = false;

    for (int round = 0; round < ROUNDS; round++) {
        pthread_t threads[2];

        stop = false;
        for (intptr_t i = 0; i < 2; i++) {
            pthread_create(&threads[i], NULL, writer, (void *)(i + 1));
        }
        usleep(1000);
        stop = true;
        for (int i = 0; i < 2; i++) {
            pthread_join(threads[i], NULL);
        }
        for (int i = 1; i < LINE; i++) {
            mixed |= line[i] != line[0];
        }
    }
    check(!mixed, "one line of two CPUs' stores");
}

static bool have_movdir64b(void)
{
    unsigned a, b, c, d;

    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (c & (1u << 28));
}

int main(void)
{
    struct sigaction action = {
        .sa_sigaction = handler,
        .sa_flags = SA_SIGINFO | SA_NODEFER,
    };

    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    sigaction(SIGILL, &action, NULL);
    if (!have_movdir64b()) {
        check(SIGNAL_OF(movdir64b(line, line)) == SIGILL,
              "#UD: CPUID without MOVDIR64B");
        return status;
    }
    check_stores();
    check_addressing();
    check_faults();
    check_encodings();
    check_race();
    return status;
}
