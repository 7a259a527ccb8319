// SPDX-License-Identifier: GPL-2.0
/*
 * movdir64b: does this CPU's MOVDIR64B do what the manual says?
 *
 * Meant for the emulated one: alignment, faults, addressing, what is no such instruction,
 * and that two CPUs storing to one line never leave a mixture. Prints "ok" or "not ok" and
 * what; exit status 1 if something was wrong, 4 if the CPU has no MOVDIR64B (and then it
 * has checked that the instruction is refused).
 */
#define _GNU_SOURCE
#include <cpuid.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define LINE 64
#define PAGE 4096
#define ROUNDS 20

static sigjmp_buf back;
static volatile int caught;
static void *volatile fault_address;
static int wrong;

static unsigned char line[LINE] __attribute__((aligned(LINE)));
static volatile int stop;

static void handler(int sig, siginfo_t *info, void *context)
{
	(void)context;
	caught = sig;
	fault_address = info->si_addr;
	siglongjmp(back, 1);
}

static void check(int good, const char *what)
{
	printf("%s %s\n", good ? "ok" : "not ok", what);
	wrong |= !good;
}

/* The instruction in the forms that are tried; as bytes, for any assembler */
static void movdir64b(void *dst, const void *src)
{
	asm volatile(".byte 0x66, 0x0f, 0x38, 0xf8, 0x02" : : "a" (dst), "d" (src) : "memory");
}

static void movdir64b_high_register(void *dst, const void *src)
{
	register void *r8 asm("r8") = dst;

	asm volatile(".byte 0x66, 0x44, 0x0f, 0x38, 0xf8, 0x02" : : "r" (r8), "d" (src) : "memory");
}

static void movdir64b_addr32(void *dst, const void *src)
{
	asm volatile(".byte 0x67, 0x66, 0x0f, 0x38, 0xf8, 0x02"
		     : : "a" (dst), "d" (src) : "memory");
}

static void register_operand(void)
{
	asm volatile(".byte 0x66, 0x0f, 0x38, 0xf8, 0xc2" : : : "memory");
}

static void lock_prefix(void)
{
	asm volatile(".byte 0xf0, 0x66, 0x0f, 0x38, 0xf8, 0x02" : : "d" (line) : "memory");
}

static void no_prefix(void)
{
	asm volatile(".byte 0x0f, 0x38, 0xf8, 0x02" : : "d" (line) : "memory");
}

/* Runs the statement; the signal that it took, or 0 */
#define SIGNAL_OF(statement)					\
	({							\
		caught = 0;					\
		if (!sigsetjmp(back, 1))			\
			statement;				\
		caught;						\
	})

static void check_stores(void)
{
	unsigned char src[4 * LINE];

	for (unsigned int i = 0; i < sizeof(src); i++)
		src[i] = i;
	movdir64b(line, src + 3);
	check(!memcmp(line, src + 3, LINE), "64 bytes are stored, from anywhere");
	movdir64b_high_register(line, src + 9);
	check(!memcmp(line, src + 9, LINE), "registers of a REX prefix");
}

static void check_addressing(void)
{
	const uint64_t noise = 0x7f12ull << 32;
	unsigned char *low, *from;

	low = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	if (low == MAP_FAILED) {
		check(0, "memory below 4 GiB");
		return;
	}
	from = low + 2 * LINE;
	memset(from, 'x', LINE);
	movdir64b_addr32((void *)((uintptr_t)low | noise), (void *)((uintptr_t)from | noise));
	check(!memcmp(low, from, LINE), "32-bit addresses");
	munmap(low, PAGE);
}

static void check_faults(void)
{
	unsigned char *pages;
	unsigned char src[LINE] = { 0 };

	pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pages == MAP_FAILED) {
		check(0, "two pages");
		return;
	}
	check(SIGNAL_OF(movdir64b(line + 1, src)) == SIGSEGV && !fault_address,
	      "a destination that is not aligned is a general protection fault");
	mprotect(pages + PAGE, PAGE, PROT_READ);
	check(SIGNAL_OF(movdir64b(pages + PAGE, src)) == SIGSEGV && fault_address == pages + PAGE,
	      "a destination that is read-only is a page fault there");
	mprotect(pages + PAGE, PAGE, PROT_NONE);
	memset(line, 7, LINE);
	check(SIGNAL_OF(movdir64b(line, pages + PAGE - 8)) == SIGSEGV &&
	      fault_address == pages + PAGE, "a source across two pages faults in the second");
	check(line[0] == 7 && line[LINE - 1] == 7, "and nothing is stored then");
	munmap(pages, 2 * PAGE);
}

static void check_encodings(void)
{
	check(SIGNAL_OF(register_operand()) == SIGILL, "a register is no source");
	check(SIGNAL_OF(lock_prefix()) == SIGILL, "it takes no lock prefix");
	check(SIGNAL_OF(no_prefix()) == SIGILL, "without its prefix it is no instruction");
}

static void *writer(void *arg)
{
	unsigned char src[LINE];

	memset(src, (int)(intptr_t)arg, LINE);
	while (!stop)
		movdir64b(line, src);
	return NULL;
}

static void check_race(void)
{
	int mixed = 0;

	for (int round = 0; round < ROUNDS; round++) {
		pthread_t threads[2];

		stop = 0;
		for (intptr_t i = 0; i < 2; i++)
			pthread_create(&threads[i], NULL, writer, (void *)(i + 1));
		for (volatile int i = 0; i < 200000; i++)
			;
		stop = 1;
		for (int i = 0; i < 2; i++)
			pthread_join(threads[i], NULL);
		for (int i = 1; i < LINE; i++)
			mixed |= line[i] != line[0];
	}
	check(!mixed, "two CPUs' stores to one line do not mix");
}

static int has_movdir64b(void)
{
	unsigned int a, b, c, d;

	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && c & 1u << 28;
}

int main(void)
{
	struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_NODEFER };

	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
	sigaction(SIGILL, &action, NULL);
	if (!has_movdir64b()) {
		check(SIGNAL_OF(movdir64b(line, line)) == SIGILL, "refused where CPUID has it not");
		return wrong ? 1 : 4;
	}
	check_stores();
	check_addressing();
	check_faults();
	check_encodings();
	check_race();
	return wrong;
}
