// SPDX-License-Identifier: GPL-2.0
/*
 * The software path as a program calls it. It is compiled apart: the kernel's zlib and
 * Debian's have types of the same names.
 */
#include "iaa.h"
#include "soft.h"

void soft_start(void)
{
	if (iaa_soft_get())
		abort();
}

int soft_compress(int level, const uint8_t *src, unsigned int slen, uint8_t *dst,
		  unsigned int dlen)
{
	struct iaa_comp_req req = {
		.src = src, .slen = slen, .dst = dst, .dlen = dlen,
		.flags = IAA_COMP_REQ_LEVEL(level),
	};

	return iaa_soft_compress(&req);
}

int soft_decompress(const uint8_t *src, unsigned int slen, uint8_t *dst, unsigned int dlen)
{
	struct iaa_comp_req req = { .src = src, .slen = slen, .dst = dst, .dlen = dlen };

	return iaa_soft_decompress(&req);
}
