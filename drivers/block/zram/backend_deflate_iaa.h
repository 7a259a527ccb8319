/* SPDX-License-Identifier: GPL-2.0 */

#ifndef __BACKEND_DEFLATE_IAA_H__
#define __BACKEND_DEFLATE_IAA_H__

#include "zcomp.h"

extern const struct zcomp_ops backend_deflate_iaa;
extern const struct zcomp_ops backend_deflate_iaa_dynamic;

#endif /* __BACKEND_DEFLATE_IAA_H__ */
