/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The little of the kernel that iaa_soft.c and the kernel's zlib ask for, for a program.
 * The Makefile makes every header of the kernel that they include this one, but for zlib's
 * own, and defines some macros itself. There is one thread: a lock only sees that it is not
 * taken twice.
 */
#ifndef FUZZ_KERNEL_H
#define FUZZ_KERNEL_H

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef u64 dma_addr_t;

#undef static_assert
#define static_assert(x, ...)	_Static_assert(x, #x)
#define max(a, b)		({ typeof(a) _a = (a), _b = (b); _a > _b ? _a : _b; })
#define min(a, b)		({ typeof(a) _a = (a), _b = (b); _a < _b ? _a : _b; })
#define likely(x)		(x)
#define unlikely(x)		(x)
#define fallthrough		__attribute__((fallthrough))
#define READ_ONCE(x)		(x)
#define WRITE_ONCE(x, v)	((x) = (v))
#define WARN_ON_ONCE(x)		({ assert(!(x)); false; })

#define BIT(n)			(1u << (n))
#define GENMASK(h, l)		(~0u >> (31 - (h)) & ~0u << (l))
#define FIELD_GET(mask, v)	(((v) & (mask)) >> __builtin_ctz(mask))
#define FIELD_PREP(mask, v)	((v) << __builtin_ctz(mask) & (mask))

static inline u32 bitrev32(u32 v)
{
	u32 r = 0;

	for (int i = 0; i < 32; i++)
		r |= (v >> i & 1) << (31 - i);
	return r;
}

struct mutex {
	bool taken;
};

#define DEFINE_MUTEX(name)	struct mutex name
#define guard(type)		(void)

static inline void mutex_init(struct mutex *lock)
{
	lock->taken = false;
}

static inline bool mutex_trylock(struct mutex *lock)
{
	assert(!lock->taken);
	lock->taken = true;
	return true;
}

static inline void mutex_lock(struct mutex *lock)
{
	mutex_trylock(lock);
}

static inline void mutex_unlock(struct mutex *lock)
{
	assert(lock->taken);
	lock->taken = false;
}

#define vmalloc(size)		malloc(size)
#define vfree(p)		free(p)

#define ____cacheline_aligned_in_smp
#define num_possible_cpus()	1
#define raw_smp_processor_id()	0
#define this_cpu_add(pcp, v)	((pcp) += (v))
#define this_cpu_inc(pcp)	((pcp)++)

#endif
