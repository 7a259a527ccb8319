/*
 * MOVDIR64B: 64 bytes, from anywhere to an aligned destination, as one store
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <assert.h>
#include <cpuid.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define LINE 64
#define PAGE 4096

static sigjmp_buf back;
/* volatile: written by the signal handler */
static volatile int caught;
/* volatile: same */
static void *volatile fault_address;

static uint8_t line[LINE] __attribute__((aligned(LINE)));

static void handler(int sig, siginfo_t *info, void *context)
{
    caught = sig;
    fault_address = info->si_addr;
    siglongjmp(back, 1);
}

/* As bytes, for any assembler */
static void movdir64b(void *dst, const void *src)
{
    asm volatile(".byte 0x66, 0x0f, 0x38, 0xf8, 0x02"
                 : : "a" (dst), "d" (src) : "memory");
}

static void movdir64b_addr32(void *dst, const void *src)
{
    asm volatile(".byte 0x67, 0x66, 0x0f, 0x38, 0xf8, 0x02"
                 : : "a" (dst), "d" (src) : "memory");
}

static void register_operand(void)
{
    asm volatile(".byte 0x66, 0x0f, 0x38, 0xf8, 0xc2");
}

static void lock_prefix(void)
{
    asm volatile(".byte 0xf0, 0x66, 0x0f, 0x38, 0xf8, 0x02"
                 : : "a" (line), "d" (line) : "memory");
}

static void test_stores(void)
{
    uint8_t src[2 * LINE];

    for (unsigned i = 0; i < sizeof(src); i++) {
        src[i] = i;
    }
    for (int i = 0; i < LINE; i++) {
        movdir64b(line, src + i);
        assert(!memcmp(line, src + i, LINE));
    }
}

static void test_addr32(void)
{
    const uint64_t noise = 0x7f12ull << 32;
    /* linux-user ignores MAP_32BIT */
    uint8_t *low = mmap((void *)0x20000000, PAGE, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    assert(low != MAP_FAILED && (uintptr_t)low == (uint32_t)(uintptr_t)low);
    memset(low + 2 * LINE, 'x', LINE);
    movdir64b_addr32((void *)((uintptr_t)low | noise),
                     (void *)((uintptr_t)(low + 2 * LINE) | noise));
    assert(!memcmp(low, low + 2 * LINE, LINE));
}

static void test_faults(void)
{
    uint8_t *pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint8_t src[LINE] = { 0 };

    assert(pages != MAP_FAILED);
    caught = 0;
    if (!sigsetjmp(back, 1)) {
        movdir64b(line + 1, src);
    }
    assert(caught == SIGSEGV);

    mprotect(pages + PAGE, PAGE, PROT_READ);
    caught = 0;
    if (!sigsetjmp(back, 1)) {
        movdir64b(pages + PAGE, src);
    }
    assert(caught == SIGSEGV && fault_address == pages + PAGE);

    /* nothing is stored if the source faults half-way */
    mprotect(pages + PAGE, PAGE, PROT_NONE);
    memset(line, 7, LINE);
    caught = 0;
    if (!sigsetjmp(back, 1)) {
        movdir64b(line, pages + PAGE - 8);
    }
    assert(caught == SIGSEGV && fault_address == pages + PAGE);
    assert(line[0] == 7 && line[LINE - 1] == 7);
}

static void test_encodings(void)
{
    caught = 0;
    if (!sigsetjmp(back, 1)) {
        register_operand();
    }
    assert(caught == SIGILL);
    caught = 0;
    if (!sigsetjmp(back, 1)) {
        lock_prefix();
    }
    assert(caught == SIGILL);
}

int main(void)
{
    struct sigaction action = {
        .sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_NODEFER,
    };
    unsigned a, b, c, d;

    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGILL, &action, NULL);
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(c & 1u << 28)) {
        printf("SKIP: this CPU has no MOVDIR64B\n");
        return 0;
    }
    test_stores();
    test_addr32();
    test_faults();
    test_encodings();
    return 0;
}
