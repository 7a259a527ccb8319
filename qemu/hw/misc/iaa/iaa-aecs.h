/*
 * Intel IAA: the AECS of decompression (6.4.1), free of any device
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef HW_MISC_IAA_AECS_H
#define HW_MISC_IAA_AECS_H

#include "iaa-bits.h"
#include "iaa-codec.h"

/**
 * iaa_aecs_default: what an AECS holds where none is read (6.4.1.2)
 */
void iaa_aecs_default(IAADecompAecs *aecs, bool format2);

/**
 * iaa_aecs_load: decode one
 * @size: bytes of it that were read, counted from its start
 */
IAACodecError iaa_aecs_load(const IAADecompAecs *aecs, bool format2,
                            size_t size, IAAInflateState *state);

/**
 * iaa_aecs_store: encode one, all but the checksums
 */
void iaa_aecs_store(const IAAInflateState *state, bool format2,
                    IAADecompAecs *aecs);

#endif
