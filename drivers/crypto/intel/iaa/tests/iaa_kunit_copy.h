/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Names for the copies of the driver's code in the tests. Include this first.
 *
 * A test includes the .c file it tests: the functions are not exported, some are static,
 * and iaa_crypto.ko loads only where there is a device. In a kernel image the same
 * symbols would be defined twice, by the driver and by its copy, or by two tests with the
 * same copy. So each copy's global symbols get the name of their test as a prefix.
 *
 * A new global symbol in one of these files needs a line here.
 */
#ifndef _IAA_KUNIT_COPY_H
#define _IAA_KUNIT_COPY_H

#include <linux/args.h>

/* IAA_COPY(soft_get) in iaa_soft_kunit.c is iaa_soft_kunit_soft_get */
#define IAA_COPY(name)	CONCATENATE(__KBUILD_MODNAME, _##name)

/* iaa_table.c */
#define iaa_table_build			IAA_COPY(table_build)
#define iaa_table_show			IAA_COPY(table_show)

/* iaa_desc.c */
#define iaa_desc_init_decompress	IAA_COPY(desc_init_decompress)
#define iaa_desc_set_cache_control	IAA_COPY(desc_set_cache_control)
#define iaa_desc_set_pasid		IAA_COPY(desc_set_pasid)
#define iaa_desc_fill			IAA_COPY(desc_fill)
#define iaa_desc_failure		IAA_COPY(desc_failure)

/* iaa_mode.c, iaa_mode_fixed.c, iaa_mode_dynamic.c */
#define iaa_modes			IAA_COPY(modes)
#define iaa_modes_init			IAA_COPY(modes_init)
#define iaa_modes_exit			IAA_COPY(modes_exit)
#define iaa_mode_max_shift		IAA_COPY(mode_max_shift)
#define iaa_mode_fixed			IAA_COPY(mode_fixed)
#define iaa_mode_dynamic		IAA_COPY(mode_dynamic)
#define iaa_cap_name			IAA_COPY(cap_name)

/* iaa_soft.c */
#define iaa_soft_get			IAA_COPY(soft_get)
#define iaa_soft_put			IAA_COPY(soft_put)
#define iaa_soft_compress		IAA_COPY(soft_compress)
#define iaa_soft_decompress		IAA_COPY(soft_decompress)

#endif /* _IAA_KUNIT_COPY_H */
