/*
 * The IAA accelerator's deflate codec: what its tests share
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef TESTS_UNIT_TEST_IAA_CODEC_H
#define TESTS_UNIT_TEST_IAA_CODEC_H

/**
 * iaa_add_job_tests: streams that are split over several calls
 */
void iaa_add_job_tests(void);

/**
 * iaa_add_header_tests: headers of dynamic blocks, right and wrong
 */
void iaa_add_header_tests(void);

/**
 * iaa_add_page_tests: pages that do not compress, and how soon that shows
 */
void iaa_add_page_tests(void);

#endif
