/*
 * Intel IAA: commands
 *
 * A command is checked, begins, waits for the descriptors it has to wait for,
 * and finishes; CMDSTS says that it is active in between.  One at a time: a
 * write to CMD while one is active is lost, and reported.  What each command
 * checks is in iaa-enable.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/log.h"
#include "iaa.h"
#include "trace.h"

typedef enum IAAOperand {
    OPERAND_NONE,       /* about all WQs */
    OPERAND_PASID,      /* same: no queue has a PASID */
    OPERAND_ID,         /* one WQ */
    OPERAND_MASK,       /* up to 16 WQs of one block */
    OPERAND_INDEX,      /* an interrupt table entry */
} IAAOperand;

typedef struct IAACommandOp {
    uint8_t code;
    IAAOperand operand;
    bool waits;         /* for older descriptors of the WQs it is about */
    bool aborts;        /* drops those that no engine has started first */
    bool closes;        /* those WQs take nothing while it is active */
    bool when_halted;
    IAACommandError (*check)(IAAState *s, uint64_t wqs, unsigned operand);
    void (*begin)(IAAState *s, uint64_t wqs);
    void (*finish)(IAAState *s, uint64_t wqs);
} IAACommandOp;

static void command_complete(IAAState *s, IAACommandError error)
{
    trace_iaa_command_done(s->parent_obj.name, s->cmd.code, error);
    s->cmd.active = false;
    s->cmdsts |= s->cmd.junk;
    s->cmdsts = FIELD_DP32(s->cmdsts, CMDSTS, ACTIVE, 0);
    s->cmdsts = FIELD_DP32(s->cmdsts, CMDSTS, ERR, error);
    s->count[IAA_COUNT_COMMANDS]++;
    if (s->cmd.int_req) {
        iaa_cause(s, R_INTCAUSE_CMD_MASK);
    }
}

/* Reset: DSA table 9-3 */

static void wqcfg_reset(IAAState *s, unsigned wq)
{
    uint32_t *cfg = s->wq[wq].cfg;

    memset(cfg, 0, sizeof(s->wq[wq].cfg));
    for (unsigned i = 0; s->op_config && i < IAA_OPCFG_DWORDS; i++) {
        cfg[IAA_WQCFG_DWORD_OPCFG + i] = iaa_op_opcap(i / 2) >> i % 2 * 32;
    }
}

/* What a Reset Device command clears as well */
static void registers_soft_reset(IAAState *s)
{
    iaa_sched_discard(s);
    for (unsigned i = 0; i < s->num_wqs; i++) {
        s->wq[i].enabled = false;
        wqcfg_reset(s, i);
    }
    s->state = IAA_STATE_DISABLED;
    s->reset_type = IAA_RESET_SOFTWARE;
    s->gencfg = 0;
    s->genctrl = 0;
    s->intcause = 0;
    bitmap_zero(s->handles, IAA_MAX_WQS + 1);
    memset(s->msix_perm, 0, sizeof(s->msix_perm));
    memset(s->grpcfg, 0, sizeof(s->grpcfg));
    memset(s->last_wq, 0, sizeof(s->last_wq));
    iaa_irq_clear(s);
}

void iaa_registers_reset(IAAState *s)
{
    registers_soft_reset(s);
    memset(&s->cmd, 0, sizeof(s->cmd));
    s->cmdsts = 0;
    memset(s->swerr, 0, sizeof(s->swerr));
}

/* Device */

static void finish_enable_dev(IAAState *s, uint64_t wqs)
{
    s->state = IAA_STATE_ENABLED;
}

/* A device that is disabled or halted has nothing to drain. */
static void begin_drain_dev(IAAState *s, uint64_t wqs)
{
    if (s->state == IAA_STATE_ENABLED) {
        s->state = IAA_STATE_DRAIN;
    }
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
    registers_soft_reset(s);
}

/* Work queues */

static void finish_enable_wq(IAAState *s, uint64_t wqs)
{
    IAAWq *wq = &s->wq[ctz64(wqs)];

    wq->enabled = true;
    wq->turns = FIELD_EX32(wq->cfg[2], WQCFG2, PRIORITY);
}

/* Size is the device's configuration, not the queue's: DSA 3.15. */
static void finish_reset_wq(IAAState *s, uint64_t wqs)
{
    finish_disable_wq(s, wqs);
    for (unsigned i = 0; i < s->num_wqs; i++) {
        uint32_t size = s->wq[i].cfg[0];

        if (wqs & BIT_ULL(i)) {
            wqcfg_reset(s, i);
            s->wq[i].cfg[0] = size;
        }
    }
}

/* Interrupt handles are indices of the MSI-X table. */

static IAACommandError check_request_handle(IAAState *s, uint64_t wqs,
                                            unsigned operand)
{
    if (operand > s->num_wqs) {
        return IAA_CMDSTS_INT_INDEX;
    }
    set_bit(operand, s->handles);
    s->cmdsts = FIELD_DP32(s->cmdsts, CMDSTS, RESULT, operand);
    return IAA_CMDSTS_OK;
}

static IAACommandError check_release_handle(IAAState *s, uint64_t wqs,
                                            unsigned operand)
{
    if (operand > s->num_wqs) {
        return IAA_CMDSTS_INT_INDEX;
    }
    clear_bit(operand, s->handles);
    return IAA_CMDSTS_OK;
}

/* DSA tables 5-8 and 9-5 */
static const IAACommandOp iaa_commands[] = {
    { .code = IAA_CMD_ENABLE_DEV,
      .check = iaa_check_enable_dev, .finish = finish_enable_dev },
    { .code = IAA_CMD_DISABLE_DEV, .waits = true, .closes = true,
      .check = iaa_check_disable_dev,
      .begin = begin_drain_dev, .finish = finish_disable_dev },
    { .code = IAA_CMD_DRAIN_ALL, .waits = true },
    { .code = IAA_CMD_ABORT_ALL, .waits = true, .aborts = true,
      .closes = true },
    { .code = IAA_CMD_RESET_DEV, .waits = true, .aborts = true, .closes = true,
      .when_halted = true,
      .begin = begin_drain_dev, .finish = finish_reset_dev },
    { .code = IAA_CMD_ENABLE_WQ, .operand = OPERAND_ID,
      .check = iaa_check_enable_wq, .finish = finish_enable_wq },
    { .code = IAA_CMD_DISABLE_WQ, .operand = OPERAND_MASK, .waits = true,
      .closes = true,
      .check = iaa_check_wqs_enabled, .finish = finish_disable_wq },
    { .code = IAA_CMD_DRAIN_WQ, .operand = OPERAND_MASK, .waits = true,
      .check = iaa_check_wqs_enabled },
    { .code = IAA_CMD_ABORT_WQ, .operand = OPERAND_MASK, .waits = true,
      .aborts = true, .closes = true, .check = iaa_check_wqs_enabled },
    { .code = IAA_CMD_RESET_WQ, .operand = OPERAND_MASK, .waits = true,
      .aborts = true, .closes = true, .finish = finish_reset_wq },
    { .code = IAA_CMD_DRAIN_PASID, .operand = OPERAND_PASID, .waits = true },
    { .code = IAA_CMD_ABORT_PASID, .operand = OPERAND_PASID, .waits = true },
    { .code = IAA_CMD_REQUEST_INT_HANDLE, .operand = OPERAND_INDEX,
      .check = check_request_handle },
    { .code = IAA_CMD_RELEASE_INT_HANDLE, .operand = OPERAND_INDEX,
      .check = check_release_handle },
};

/* Without the capability, handles are no commands: DSA table 9-6. */
static const IAACommandOp *command_find(const IAAState *s, unsigned code)
{
    for (int i = 0; i < ARRAY_SIZE(iaa_commands); i++) {
        const IAACommandOp *op = &iaa_commands[i];

        if (op->code == code) {
            return op->operand == OPERAND_INDEX && !s->int_handles ? NULL : op;
        }
    }
    return NULL;
}

uint64_t iaa_cmdcap(const IAAState *s)
{
    uint64_t cap = 0;

    for (int i = 0; s->int_handles && i < ARRAY_SIZE(iaa_commands); i++) {
        cap |= BIT_ULL(iaa_commands[i].code);
    }
    return cap;
}

IAAWqState iaa_wq_state(const IAAState *s, unsigned wq)
{
    const IAACommandOp *op = command_find(s, s->cmd.code);

    if (!s->wq[wq].enabled) {
        return IAA_WQ_DISABLED;
    }
    return s->cmd.active && op && op->closes && (s->cmd.wqs & BIT_ULL(wq)) ?
           IAA_WQ_DRAIN : IAA_WQ_ENABLED;
}

/* Checks that all commands share */

static bool operand_reserved(const IAACommandOp *op, unsigned operand)
{
    switch (op->operand) {
    case OPERAND_NONE:
        return operand;
    case OPERAND_ID:
        return operand >> 8;
    case OPERAND_INDEX:
        return operand >> 17;
    default:
        return false;
    }
}

/* False if the operand names a WQ that isn't there */
static bool operand_wqs(const IAAState *s, const IAACommandOp *op,
                        unsigned operand, uint64_t *wqs)
{
    unsigned block = operand >> 16;

    *wqs = iaa_wq_mask(s);
    if (op->operand == OPERAND_ID) {
        *wqs = operand < IAA_MAX_WQS ? BIT_ULL(operand) : 0;
        return operand < s->num_wqs;
    }
    if (op->operand == OPERAND_MASK) {
        *wqs = block < IAA_MAX_WQS / 16 ?
               (uint64_t)(operand & 0xffff) << block * 16 : 0;
        return block < IAA_MAX_WQS / 16 && !(*wqs & ~iaa_wq_mask(s));
    }
    return true;
}

/* In the halt state only a reset that cures it works: DSA 9.2.10, 9.2.13. */
static bool command_works(const IAAState *s, const IAACommandOp *op)
{
    return s->state != IAA_STATE_HALT ||
           (op && op->when_halted && s->reset_type == IAA_RESET_SOFTWARE);
}

static IAACommandError command_check(IAAState *s, const IAACommandOp *op,
                                     uint32_t val)
{
    unsigned operand = FIELD_EX32(val, CMD, OPERAND);

    if (!command_works(s, op)) {
        return IAA_CMDSTS_HALTED;
    }
    if (!op) {
        return IAA_CMDSTS_INVAL_CMD;
    }
    if (FIELD_EX32(val, CMD, RESERVED) || operand_reserved(op, operand)) {
        return IAA_CMDSTS_RESERVED;
    }
    if (!operand_wqs(s, op, operand, &s->cmd.wqs)) {
        return IAA_CMDSTS_INVAL_WQ;
    }
    return op->check ? op->check(s, s->cmd.wqs, operand) : IAA_CMDSTS_OK;
}

/* Execution */

/*
 * Injected: fails, takes its time, or leaves something in the bits of CMDSTS
 * that software must not rely on.  True: there is no more to do now.
 */
static bool command_fault(IAAState *s)
{
    uint64_t arg = 0;

    switch (iaa_fault_command(s, s->cmd.code, &arg)) {
    case IAA_FAULT_CMD_STATUS:
        command_complete(s, arg & 0xff);
        return true;
    case IAA_FAULT_CMD_HANG:
        s->cmd.not_before = arg && arg < IAA_NEVER ?
            qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + (int64_t)arg : IAA_NEVER;
        if (s->cmd.not_before < 0) {
            s->cmd.not_before = IAA_NEVER;
        }
        return true;
    case IAA_FAULT_CMD_JUNK:
        s->cmd.junk = arg;
        return false;
    default:
        return false;
    }
}

static void command_begin(IAAState *s, const IAACommandOp *op)
{
    s->cmd.begun = true;
    if (op->begin) {
        op->begin(s, s->cmd.wqs);
    }
    if (op->aborts) {
        iaa_sched_abort(s, s->cmd.wqs);
    }
}

void iaa_cmd_write(IAAState *s, uint32_t val)
{
    const IAACommandOp *op = command_find(s, FIELD_EX32(val, CMD, CODE));
    IAACommandError error;

    if (s->cmd.active) {
        qemu_log_mask(LOG_GUEST_ERROR, "%s: command 0x%x lost, one is active\n",
                      s->parent_obj.name, val);
        iaa_swerr(s, IAA_SWERR_CMD_ACTIVE, -1, NULL, 0);
        return;
    }
    s->cmd = (IAACommandState) {
        .active = true,
        .int_req = FIELD_EX32(val, CMD, INT_REQ),
        .code = FIELD_EX32(val, CMD, CODE),
        .seq = s->seq,
    };
    s->cmdsts = R_CMDSTS_ACTIVE_MASK;
    trace_iaa_command(s->parent_obj.name, s->cmd.code,
                      FIELD_EX32(val, CMD, OPERAND));

    error = command_check(s, op, val);
    if (error) {
        command_complete(s, error);
    } else if (!command_fault(s)) {
        command_begin(s, op);
    }
}

/*
 * A halt ends the command that it interrupts (DSA 9.2.13), unless a rule says
 * that nothing does.
 */
void iaa_cmd_poll(IAAState *s, int64_t now)
{
    const IAACommandOp *op = command_find(s, s->cmd.code);

    if (!s->cmd.active || now < s->cmd.not_before) {
        return;
    }
    if (!command_works(s, op)) {
        command_complete(s, IAA_CMDSTS_HW_ERR);
        return;
    }
    if (!s->cmd.begun) {
        command_begin(s, op);
    }
    if (op->waits && iaa_sched_pending(s, s->cmd.wqs, s->cmd.seq)) {
        return;
    }
    if (op->finish) {
        op->finish(s, s->cmd.wqs);
    }
    command_complete(s, IAA_CMDSTS_OK);
}
