/*
 * Intel IAA: commands
 *
 * A command is checked, begins, waits for the descriptors it has to wait for,
 * and finishes; CMDSTS says that it is active in between.  One at a time: a
 * write to CMD while one is active is lost.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/log.h"
#include "iaa.h"
#include "trace.h"

typedef enum IAAOperand {
    OPERAND_NONE,       /* about all WQs */
    OPERAND_ID,         /* one WQ */
    OPERAND_MASK,       /* up to 16 WQs of one block */
    OPERAND_HANDLE,     /* an interrupt handle */
} IAAOperand;

typedef struct IAACommandOp {
    uint8_t code;
    IAAOperand operand;
    bool waits;         /* for older descriptors of the WQs it is about */
    bool discards;      /* them instead */
    bool closes;        /* those WQs take nothing while it is active */
    IAACommandError (*check)(IAAState *s, uint64_t wqs, unsigned operand);
    void (*begin)(IAAState *s, uint64_t wqs);
    void (*finish)(IAAState *s, uint64_t wqs);
} IAACommandOp;

static void command_complete(IAAState *s, unsigned error)
{
    trace_iaa_command_done(s->parent_obj.name, s->cmd.code, error);
    s->cmd.active = false;
    s->cmdsts = FIELD_DP32(s->cmdsts, CMDSTS, ACTIVE, 0);
    s->cmdsts = FIELD_DP32(s->cmdsts, CMDSTS, ERR, error);
    s->count[IAA_COUNT_COMMANDS]++;
    if (s->cmd.int_req) {
        iaa_cause(s, R_INTCAUSE_CMD_MASK);
    }
}

/* Device */

void iaa_registers_reset(IAAState *s)
{
    iaa_wq_discard(s, iaa_wq_mask(s));
    for (unsigned i = 0; i < s->num_wqs; i++) {
        s->wq[i].enabled = false;
        memset(s->wq[i].cfg, 0, sizeof(s->wq[i].cfg));
    }
    for (unsigned i = 0; i < IAA_TIMING_CLASSES; i++) {
        s->timing[i].last_finish = 0;
    }
    s->state = IAA_STATE_DISABLED;
    s->reset_type = 0;
    s->gencfg = 0;
    s->genctrl = 0;
    s->intcause = 0;
    s->cmdsts = 0;
    s->handles_given = 0;
    memset(&s->cmd, 0, sizeof(s->cmd));
    memset(s->swerr, 0, sizeof(s->swerr));
    memset(s->msix_perm, 0, sizeof(s->msix_perm));
    memset(s->grpcfg, 0, sizeof(s->grpcfg));
}

/* A bit that several groups claim, in one of their bitmaps */
static bool groups_share(const IAAState *s, unsigned qword, uint64_t valid)
{
    uint64_t seen = 0;

    for (unsigned g = 0; g < s->num_groups; g++) {
        uint64_t bits = s->grpcfg[g][qword] & valid;

        if (seen & bits) {
            return true;
        }
        seen |= bits;
    }
    return false;
}

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

static bool group_lacks_engine(const IAAState *s, unsigned group)
{
    if (s->grpcfg[group][IAA_GRPCFG_ENGINES] &
        MAKE_64BIT_MASK(0, s->num_engines)) {
        return false;
    }
    for (unsigned i = 0; i < s->num_wqs; i++) {
        if ((s->grpcfg[group][0] & BIT_ULL(i)) && wq_size(s, i)) {
            return true;
        }
    }
    return false;
}

static IAACommandError check_enable_dev(IAAState *s, uint64_t wqs,
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
    if (groups_share(s, 0, wqs)) {
        return IAA_CMDSTS_GRP_WQ_TWICE;
    }
    if (groups_share(s, IAA_GRPCFG_ENGINES,
                     MAKE_64BIT_MASK(0, s->num_engines))) {
        return IAA_CMDSTS_GRP_ENGINE_TWICE;
    }
    for (unsigned g = 0; g < s->num_groups; g++) {
        if (group_lacks_engine(s, g)) {
            return IAA_CMDSTS_GRP_NO_ENGINE;
        }
    }
    return IAA_CMDSTS_OK;
}

static void finish_enable_dev(IAAState *s, uint64_t wqs)
{
    s->state = IAA_STATE_ENABLED;
}

static IAACommandError check_disable_dev(IAAState *s, uint64_t wqs,
                                         unsigned operand)
{
    return s->state == IAA_STATE_ENABLED ? IAA_CMDSTS_OK :
                                           IAA_CMDSTS_DIS_DEV_NOT_ENABLED;
}

static void begin_disable_dev(IAAState *s, uint64_t wqs)
{
    s->state = IAA_STATE_DRAIN;
}

static void finish_disable_wq(IAAState *s, uint64_t wqs)
{
    for (unsigned i = 0; i < s->num_wqs; i++) {
        if (wqs & BIT_ULL(i)) {
            s->wq[i].enabled = false;
        }
    }
}

static void finish_disable_dev(IAAState *s, uint64_t wqs)
{
    finish_disable_wq(s, wqs);
    s->state = IAA_STATE_DISABLED;
}

static void finish_reset_dev(IAAState *s, uint64_t wqs)
{
    IAACommandState cmd = s->cmd;

    iaa_registers_reset(s);
    s->cmd = cmd;
}

static IAACommandError check_dev_enabled(IAAState *s, uint64_t wqs,
                                         unsigned operand)
{
    return s->state == IAA_STATE_ENABLED ? IAA_CMDSTS_OK :
                                           IAA_CMDSTS_NOT_ENABLED;
}

/* Work queues */

static bool wq_has_group(const IAAState *s, unsigned wq)
{
    for (unsigned g = 0; g < s->num_groups; g++) {
        if (s->grpcfg[g][0] & BIT_ULL(wq)) {
            return true;
        }
    }
    return false;
}

static IAACommandError check_enable_wq(IAAState *s, uint64_t wqs,
                                       unsigned operand)
{
    const IAAWq *wq = &s->wq[operand];

    if (s->state != IAA_STATE_ENABLED) {
        return IAA_CMDSTS_DEV_NOT_ENABLED;
    }
    if (wq->enabled) {
        return IAA_CMDSTS_WQ_ENABLED;
    }
    if (!wq_size(s, operand) || wq_sizes(s) > s->wq_entries) {
        return IAA_CMDSTS_WQ_SIZE;
    }
    if (!FIELD_EX32(wq->cfg[2], WQCFG2, PRIORITY)) {
        return IAA_CMDSTS_WQ_PRIORITY;
    }
    if (!FIELD_EX32(wq->cfg[2], WQCFG2, DEDICATED)) {
        return IAA_CMDSTS_WQ_MODE;
    }
    if (FIELD_EX32(wq->cfg[2], WQCFG2, PASID_EN)) {
        return IAA_CMDSTS_WQ_PASID;
    }
    if (FIELD_EX32(wq->cfg[3], WQCFG3, MAX_BATCH_SHIFT)) {
        return IAA_CMDSTS_WQ_MAX_BATCH;
    }
    if (FIELD_EX32(wq->cfg[3], WQCFG3, MAX_XFER_SHIFT) > s->max_xfer_shift) {
        return IAA_CMDSTS_WQ_MAX_XFER;
    }
    return wq_has_group(s, operand) ? IAA_CMDSTS_OK : IAA_CMDSTS_CONFIG;
}

static void finish_enable_wq(IAAState *s, uint64_t wqs)
{
    s->wq[ctz64(wqs)].enabled = true;
}

static IAACommandError check_wqs_enabled(IAAState *s, uint64_t wqs,
                                         unsigned operand)
{
    if (s->state != IAA_STATE_ENABLED) {
        return IAA_CMDSTS_NOT_ENABLED;
    }
    for (unsigned i = 0; i < s->num_wqs; i++) {
        if ((wqs & BIT_ULL(i)) && !s->wq[i].enabled) {
            return IAA_CMDSTS_NOT_ENABLED;
        }
    }
    return IAA_CMDSTS_OK;
}

/*
 * The driver ORs the table into its own copy before it configures a queue
 * again, so what a reset leaves in the table comes back.
 */
static void finish_reset_wq(IAAState *s, uint64_t wqs)
{
    finish_disable_wq(s, wqs);
    for (unsigned i = 0; i < s->num_wqs; i++) {
        if (wqs & BIT_ULL(i)) {
            memset(s->wq[i].cfg, 0, sizeof(s->wq[i].cfg));
        }
    }
}

/* Interrupt handles: bit n stands for vector n + 1 */

static IAACommandError check_handle(IAAState *s, unsigned handle, bool given)
{
    if (!s->int_handles) {
        return IAA_CMDSTS_INVAL_CMD;
    }
    if (!handle || handle > s->num_wqs ||
        !!(s->handles_given & BIT_ULL(handle - 1)) != given) {
        return IAA_CMDSTS_INT_INDEX;
    }
    return IAA_CMDSTS_OK;
}

static IAACommandError check_request_handle(IAAState *s, uint64_t wqs,
                                            unsigned operand)
{
    IAACommandError error = check_handle(s, operand, false);

    if (!error) {
        s->handles_given |= BIT_ULL(operand - 1);
        s->cmdsts = FIELD_DP32(s->cmdsts, CMDSTS, RESULT, operand);
    }
    return error;
}

static IAACommandError check_release_handle(IAAState *s, uint64_t wqs,
                                            unsigned operand)
{
    IAACommandError error = check_handle(s, operand, true);

    if (!error) {
        s->handles_given &= ~BIT_ULL(operand - 1);
    }
    return error;
}

/* No queue has a PASID here, so those two wait for all there is. */
static const IAACommandOp iaa_commands[] = {
    { .code = IAA_CMD_ENABLE_DEV,
      .check = check_enable_dev, .finish = finish_enable_dev },
    { .code = IAA_CMD_DISABLE_DEV, .waits = true, .closes = true,
      .check = check_disable_dev,
      .begin = begin_disable_dev, .finish = finish_disable_dev },
    { .code = IAA_CMD_DRAIN_ALL, .waits = true, .check = check_dev_enabled },
    { .code = IAA_CMD_ABORT_ALL, .discards = true, .closes = true,
      .check = check_dev_enabled },
    { .code = IAA_CMD_RESET_DEV, .discards = true, .closes = true,
      .finish = finish_reset_dev },
    { .code = IAA_CMD_ENABLE_WQ, .operand = OPERAND_ID,
      .check = check_enable_wq, .finish = finish_enable_wq },
    { .code = IAA_CMD_DISABLE_WQ, .operand = OPERAND_MASK, .waits = true,
      .closes = true, .check = check_wqs_enabled, .finish = finish_disable_wq },
    { .code = IAA_CMD_DRAIN_WQ, .operand = OPERAND_MASK, .waits = true,
      .check = check_wqs_enabled },
    { .code = IAA_CMD_ABORT_WQ, .operand = OPERAND_MASK, .discards = true,
      .closes = true, .check = check_wqs_enabled },
    { .code = IAA_CMD_RESET_WQ, .operand = OPERAND_MASK, .discards = true,
      .closes = true, .check = check_dev_enabled, .finish = finish_reset_wq },
    { .code = IAA_CMD_DRAIN_PASID, .waits = true, .check = check_dev_enabled },
    { .code = IAA_CMD_ABORT_PASID, .waits = true, .closes = true,
      .check = check_dev_enabled },
    { .code = IAA_CMD_REQUEST_INT_HANDLE, .operand = OPERAND_HANDLE,
      .check = check_request_handle },
    { .code = IAA_CMD_RELEASE_INT_HANDLE, .operand = OPERAND_HANDLE,
      .check = check_release_handle },
};

static const IAACommandOp *command_find(unsigned code)
{
    for (int i = 0; i < ARRAY_SIZE(iaa_commands); i++) {
        if (iaa_commands[i].code == code) {
            return &iaa_commands[i];
        }
    }
    return NULL;
}

bool iaa_cmd_closes_wqs(unsigned code)
{
    const IAACommandOp *op = command_find(code);

    return op && op->closes;
}

uint32_t iaa_cmdcap(const IAAState *s)
{
    uint32_t cap = 0;

    for (int i = 0; s->int_handles && i < ARRAY_SIZE(iaa_commands); i++) {
        cap |= BIT(iaa_commands[i].code);
    }
    return cap;
}

/* The WQs a command is about, none if the operand names one that isn't there */
static uint64_t operand_wqs(const IAAState *s, const IAACommandOp *op,
                            unsigned operand)
{
    uint64_t wqs = iaa_wq_mask(s);

    switch (op->operand) {
    case OPERAND_ID:
        wqs = operand < s->num_wqs ? BIT_ULL(operand) : 0;
        break;
    case OPERAND_MASK:
        wqs = operand >> 16 < IAA_MAX_WQS / 16 ?
              (uint64_t)(operand & 0xffff) << (operand >> 16) * 16 : 0;
        break;
    default:
        break;
    }
    return wqs & ~iaa_wq_mask(s) ? 0 : wqs;
}

static IAACommandError command_check(IAAState *s, const IAACommandOp *op,
                                     unsigned operand)
{
    if (!op) {
        return IAA_CMDSTS_INVAL_CMD;
    }
    if (s->state == IAA_STATE_HALT && s->cmd.code != IAA_CMD_RESET_DEV) {
        return IAA_CMDSTS_HW_ERR;
    }
    s->cmd.wqs = operand_wqs(s, op, operand);
    if (!s->cmd.wqs) {
        return IAA_CMDSTS_INVAL_WQ;
    }
    return op->check ? op->check(s, s->cmd.wqs, operand) : IAA_CMDSTS_OK;
}

/* Injected: fails, or takes its time.  True: there is no more to do now. */
static bool command_fault(IAAState *s)
{
    uint64_t arg = 0;

    switch (iaa_fault_command(s, s->cmd.code, &arg)) {
    case IAA_FAULT_CMD_STATUS:
        command_complete(s, arg);
        return true;
    case IAA_FAULT_CMD_HANG:
        s->cmd.not_before = arg ? qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + arg :
                                  IAA_NEVER;
        return false;
    default:
        return false;
    }
}

void iaa_cmd_write(IAAState *s, uint32_t val)
{
    unsigned operand = FIELD_EX32(val, CMD, OPERAND);
    const IAACommandOp *op = command_find(FIELD_EX32(val, CMD, CODE));
    IAACommandError error;

    if (s->cmd.active) {
        qemu_log_mask(LOG_GUEST_ERROR, "%s: command 0x%x lost, one is active\n",
                      s->parent_obj.name, val);
        return;
    }
    s->cmd = (IAACommandState) {
        .active = true,
        .int_req = FIELD_EX32(val, CMD, INT_REQ),
        .code = FIELD_EX32(val, CMD, CODE),
        .seq = s->seq,
    };
    s->cmdsts = R_CMDSTS_ACTIVE_MASK;
    trace_iaa_command(s->parent_obj.name, s->cmd.code, operand);

    error = command_check(s, op, operand);
    if (error) {
        command_complete(s, error);
        return;
    }
    if (!command_fault(s)) {
        if (op->begin) {
            op->begin(s, s->cmd.wqs);
        }
        if (op->discards) {
            iaa_wq_discard(s, s->cmd.wqs);
        }
    }
}

void iaa_cmd_poll(IAAState *s, int64_t now)
{
    const IAACommandOp *op = command_find(s->cmd.code);

    if (s->cmd.active && s->state == IAA_STATE_HALT) {
        command_complete(s, IAA_CMDSTS_HW_ERR);
        return;
    }
    if (!s->cmd.active || now < s->cmd.not_before ||
        (op->waits && iaa_wq_pending(s, s->cmd.wqs, s->cmd.seq))) {
        return;
    }
    if (op->finish) {
        op->finish(s, s->cmd.wqs);
    }
    command_complete(s, IAA_CMDSTS_OK);
}
