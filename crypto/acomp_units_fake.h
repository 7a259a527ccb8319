/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Algorithms that the tests of acomp's units register: one simple codec, behind
 * each way in which an algorithm may complete a request.
 */
#ifndef _CRYPTO_ACOMP_UNITS_FAKE_H
#define _CRYPTO_ACOMP_UNITS_FAKE_H

/* Bytes of a compressed unit */
#define UNITS_FAKE_PACKED	8

/* A source that begins with this byte fails with -EIO. */
#define UNITS_FAKE_POISON	0xee

/* Units that units-fake-poll takes at once */
#define UNITS_FAKE_BATCH	6

int acomp_units_fake_register(void);
void acomp_units_fake_unregister(void);

#endif /* _CRYPTO_ACOMP_UNITS_FAKE_H */
