/*
 * Intel IAA: memory that descriptors read and write
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/crc32c.h"
#include <zlib.h>
#include "iaa-op.h"

void iaa_checksums_add(void *opaque, const uint8_t *data, size_t len)
{
    IAAChecksums *c = opaque;

    c->crc = c->rfc3720 ? crc32c(~c->crc, data, len) :
                          crc32(c->crc, data, len);
    for (size_t i = 0; i < len; i++) {
        c->xor ^= data[i] << (c->odd ? 8 : 0);
        c->odd = !c->odd;
    }
}

/* Addresses that wrap around are nowhere. */
static bool memory_access(IAAState *s, IAAWork *work, uint64_t addr, void *buf,
                          size_t len, bool write)
{
    DMADirection dir = write ? DMA_DIRECTION_FROM_DEVICE :
                               DMA_DIRECTION_TO_DEVICE;

    if (len && (addr > UINT64_MAX - len || iaa_dma(s, addr, buf, len, dir))) {
        return iaa_fail(work, write ? IAA_STATUS_WRITE : IAA_STATUS_READ);
    }
    return true;
}

uint8_t *iaa_source1_read(IAAState *s, IAAWork *work, size_t len)
{
    uint8_t *src = g_malloc(len + 1);   /* no length gives NULL */

    if (!memory_access(s, work, work->desc.src1_addr, src, len, false)) {
        g_free(src);
        return NULL;
    }
    return src;
}

bool iaa_output_write(IAAState *s, IAAWork *work, uint8_t *dst, size_t len)
{
    if (len) {
        iaa_fault_output(work, dst, len);
    }
    return memory_access(s, work, work->desc.dst_addr, dst, len, true);
}

uint64_t iaa_aecs_half(const IAADesc *d, bool write)
{
    bool toggle = FIELD_EX32(d->flags_op, FLAGS, AECS_TOGGLE);

    return d->src2_addr + (toggle != write ? d->src2_size : 0);
}

bool iaa_aecs_read(IAAState *s, IAAWork *work, void *aecs, size_t len)
{
    return memory_access(s, work, iaa_aecs_half(&work->desc, false), aecs, len,
                         false);
}

bool iaa_aecs_write(IAAState *s, IAAWork *work, void *aecs, size_t len)
{
    return memory_access(s, work, iaa_aecs_half(&work->desc, true), aecs, len,
                         true);
}
