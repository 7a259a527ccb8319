/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An algorithm for tests that takes units, see acomp_units_mock.c.
 */
#ifndef _CRYPTO_ACOMP_UNITS_MOCK_H
#define _CRYPTO_ACOMP_UNITS_MOCK_H

/* Units that it takes at once */
#define UNITS_MOCK_BATCH	8

/* Its module's parameters */
struct units_mock {
	unsigned int fail_units;
	unsigned int fail_requests;
	unsigned int fail_store;
	unsigned int fail_load;
	unsigned int depth;
	unsigned int delay_us;
	unsigned int requests;
	unsigned int plain;
	unsigned int failed;
	unsigned int inexact;
	unsigned int unscoped;
};

extern struct units_mock units_mock;

#endif /* _CRYPTO_ACOMP_UNITS_MOCK_H */
