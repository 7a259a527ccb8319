/* SPDX-License-Identifier: GPL-2.0 */
/* iaa_soft.c for a program: raw deflate with 4 KiB of history */
#ifndef FUZZ_SOFT_H
#define FUZZ_SOFT_H

#include <stdint.h>

void soft_start(void);

/* Bytes at @dst, or -ENOSPC, -EBADMSG; level 0 is the default one */
int soft_compress(int level, const uint8_t *src, unsigned int slen, uint8_t *dst,
		  unsigned int dlen);
int soft_decompress(const uint8_t *src, unsigned int slen, uint8_t *dst, unsigned int dlen);

#endif
