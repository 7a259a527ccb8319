/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The crypto algorithms deflate-iaa and deflate-iaa-dynamic.
 */
#ifndef _IAA_ACOMP_H
#define _IAA_ACOMP_H

int iaa_acomp_register(void);
void iaa_acomp_unregister(void);

#endif /* _IAA_ACOMP_H */
