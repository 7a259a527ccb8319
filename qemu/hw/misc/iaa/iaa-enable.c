/*
 * Intel IAA: what has to be true before a device or a queue is enabled
 *
 * DSA 5.1, 5.2 and table 5-8.  The order of the checks is free.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "iaa.h"

static unsigned wq_size(const IAAState *s, unsigned wq)
{
    return FIELD_EX32(s->wq[wq].cfg[0], WQCFG0, SIZE);
}

static unsigned wq_sizes(const IAAState *s)
{
    unsigned sum = 0;

    for (unsigned i = 0; i < s->num_wqs; i++) {
        sum += wq_size(s, i);
    }
    return sum;
}

/* Queues with a size: each has to be in a group, the others in none. */
static uint64_t wqs_active(const IAAState *s)
{
    uint64_t wqs = 0;

    for (unsigned i = 0; i < s->num_wqs; i++) {
        if (wq_size(s, i)) {
            wqs |= BIT_ULL(i);
        }
    }
    return wqs;
}

static bool group_half_empty(const IAAState *s)
{
    for (unsigned g = 0; g < s->num_groups; g++) {
        const uint64_t *cfg = s->grpcfg[g];
        bool wqs = cfg[0] || cfg[1] || cfg[2] || cfg[3];

        if (wqs != !!cfg[IAA_GRPCFG_ENGINES]) {
            return true;
        }
    }
    return false;
}

static bool group_wqs_valid(const IAAState *s)
{
    uint64_t seen = 0;

    for (unsigned g = 0; g < s->num_groups; g++) {
        const uint64_t *cfg = s->grpcfg[g];

        if ((seen & cfg[0]) || cfg[1] || cfg[2] || cfg[3]) {
            return false;
        }
        seen |= cfg[0];
    }
    return seen == wqs_active(s);
}

static bool group_engines_valid(const IAAState *s)
{
    uint64_t seen = 0;

    for (unsigned g = 0; g < s->num_groups; g++) {
        uint64_t engines = s->grpcfg[g][IAA_GRPCFG_ENGINES];

        if (seen & engines) {
            return false;
        }
        seen |= engines;
    }
    return !(seen & ~MAKE_64BIT_MASK(0, s->num_engines));
}

IAACommandError iaa_check_enable_dev(IAAState *s, uint64_t wqs,
                                     unsigned operand)
{
    if (s->state != IAA_STATE_DISABLED) {
        return IAA_CMDSTS_DEV_ENABLED;
    }
    if (!(pci_get_word(s->parent_obj.config + PCI_COMMAND) &
          PCI_COMMAND_MASTER)) {
        return IAA_CMDSTS_BUSMASTER;
    }
    if (wq_sizes(s) > s->wq_entries) {
        return IAA_CMDSTS_WQ_SIZES;
    }
    if (group_half_empty(s)) {
        return IAA_CMDSTS_GRP_HALF_EMPTY;
    }
    if (!group_wqs_valid(s)) {
        return IAA_CMDSTS_GRP_WQS;
    }
    if (!group_engines_valid(s)) {
        return IAA_CMDSTS_GRP_ENGINES;
    }
    if (FIELD_EX32(s->gencfg, GENCFG, EVENT_LOG)) {
        return IAA_CMDSTS_EVENT_LOG;
    }
    return IAA_CMDSTS_OK;
}

IAACommandError iaa_check_disable_dev(IAAState *s, uint64_t wqs,
                                      unsigned operand)
{
    return s->state == IAA_STATE_ENABLED ? IAA_CMDSTS_OK :
                                           IAA_CMDSTS_DIS_DEV_NOT_ENABLED;
}

static bool opcfg_valid(const IAAState *s, const uint32_t *cfg)
{
    for (unsigned i = 0; s->op_config && i < IAA_OPCFG_DWORDS; i++) {
        uint32_t opcap = iaa_op_opcap(i / 2) >> i % 2 * 32;

        if (cfg[IAA_WQCFG_DWORD_OPCFG + i] & ~opcap) {
            return false;
        }
    }
    return true;
}

/* Dword 2 of the queue's configuration: mode, priority, faults, PASID */
static IAACommandError check_wq_mode(uint32_t cfg)
{
    if (!FIELD_EX32(cfg, WQCFG2, PRIORITY)) {
        return IAA_CMDSTS_WQ_PRIORITY;
    }
    if (!FIELD_EX32(cfg, WQCFG2, DEDICATED)) {
        return IAA_CMDSTS_WQ_MODE;
    }
    /* The function has none of the capabilities PRS, PASID and ATS. */
    if (FIELD_EX32(cfg, WQCFG2, BLOCK_ON_FAULT)) {
        return IAA_CMDSTS_WQ_BOF;
    }
    if (FIELD_EX32(cfg, WQCFG2, PASID_EN)) {
        return IAA_CMDSTS_WQ_PASID;
    }
    if (FIELD_EX32(cfg, WQCFG2, ATS_DISABLE)) {
        return IAA_CMDSTS_WQ_ATS;
    }
    return FIELD_EX32(cfg, WQCFG2, PRS_DISABLE) ? IAA_CMDSTS_WQ_PRS :
                                                  IAA_CMDSTS_OK;
}

IAACommandError iaa_check_enable_wq(IAAState *s, uint64_t wqs,
                                    unsigned operand)
{
    const uint32_t *cfg = s->wq[operand].cfg;

    if (s->state != IAA_STATE_ENABLED) {
        return IAA_CMDSTS_DEV_NOT_ENABLED;
    }
    if (s->wq[operand].enabled) {
        return IAA_CMDSTS_WQ_ENABLED;
    }
    if (!wq_size(s, operand)) {
        return IAA_CMDSTS_WQ_SIZE;
    }
    if (FIELD_EX32(cfg[3], WQCFG3, MAX_BATCH_SHIFT)) {
        return IAA_CMDSTS_WQ_MAX_BATCH;
    }
    if (FIELD_EX32(cfg[3], WQCFG3, MAX_XFER_SHIFT) > s->max_xfer_shift) {
        return IAA_CMDSTS_WQ_MAX_XFER;
    }
    if (FIELD_EX32(cfg[4], WQCFG4, INT_TABLE) ||
        FIELD_EX32(cfg[4], WQCFG4, INT_HANDLE) > s->num_wqs) {
        return IAA_CMDSTS_WQ_INT_HANDLE;
    }
    if (!opcfg_valid(s, cfg)) {
        return IAA_CMDSTS_WQ_OPCFG;
    }
    return check_wq_mode(cfg[2]);
}

IAACommandError iaa_check_wqs_enabled(IAAState *s, uint64_t wqs,
                                      unsigned operand)
{
    for (unsigned i = 0; i < s->num_wqs; i++) {
        if ((wqs & BIT_ULL(i)) && !s->wq[i].enabled) {
            return IAA_CMDSTS_WQ_NOT_ENABLED;
        }
    }
    return IAA_CMDSTS_OK;
}
