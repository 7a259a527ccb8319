/*
 * Intel IAA: registers and memory layouts
 *
 * "DSA" is Intel's Data Streaming Accelerator Architecture Specification, rev
 * 3.0, whose registers, queues and commands IAA shares; "IAA" is the In-Memory
 * Analytics Accelerator Architecture Specification, rev 2.1.  What neither has
 * is marked as this model's own.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef HW_MISC_IAA_BITS_H
#define HW_MISC_IAA_BITS_H

#include "hw/registerfields.h"

#define IAA_PCI_DEVICE_ID       0x0cfe
#define IAA_PCI_CLASS           0x0880

#define IAA_BAR_MMIO            0
#define IAA_BAR_PORTALS         2
#define IAA_BAR_FAULT           4   /* this model's own */

/* BAR 0, bytes.  The tables' places are ours, the TABLE register says where. */
#define IAA_MMIO_SIZE           0x10000
#define IAA_MSIX_PERM_BASE      0x0400
#define IAA_GRPCFG_BASE         0x1000
#define IAA_WQCFG_BASE          0x2000
#define IAA_MSIX_TABLE_BASE     0x8000
#define IAA_MSIX_PBA_BASE       0xc000

#define IAA_MAX_WQS             64
#define IAA_MAX_GROUPS          16
#define IAA_MAX_ENGINES         64
#define IAA_MAX_WQ_ENTRIES      1024
#define IAA_MAX_ENGINE_DEPTH    16
#define IAA_MIN_XFER_SHIFT      12
#define IAA_MAX_XFER_SHIFT      24

#define IAA_VERSION_1           0x100
#define IAA_VERSION_2           0x200

REG32(VERSION, 0x00)
REG64(GENCAP, 0x10)
    FIELD(GENCAP, BLOCK_ON_FAULT, 0, 1)
    FIELD(GENCAP, CACHE_CONTROL, 2, 1)
    FIELD(GENCAP, CMD_CAP, 4, 1)
    FIELD(GENCAP, DEST_READBACK, 8, 1)
    FIELD(GENCAP, MAX_XFER_SHIFT, 16, 5)
    FIELD(GENCAP, CONFIG_EN, 31, 1)
    FIELD(GENCAP, DECOMPRESS, 40, 1)
REG64(WQCAP, 0x20)
    FIELD(WQCAP, TOTAL_SIZE, 0, 16)
    FIELD(WQCAP, NUM_WQS, 16, 8)
    FIELD(WQCAP, WQCFG_SIZE, 24, 4)
    FIELD(WQCAP, DEDICATED, 49, 1)
    FIELD(WQCAP, PRIORITY, 51, 1)
    FIELD(WQCAP, OCCUPANCY, 52, 1)
    FIELD(WQCAP, OP_CONFIG, 54, 1)
REG64(GRPCAP, 0x30)
    FIELD(GRPCAP, NUM_GROUPS, 0, 8)
    FIELD(GRPCAP, PROGRESS_LIMIT, 18, 1)
REG64(ENGCAP, 0x38)
    FIELD(ENGCAP, NUM_ENGINES, 0, 8)
    FIELD(ENGCAP, WORK_IN_PROGRESS, 8, 8)
REG64(OPCAP, 0x40)
REG64(TABLE0, 0x60)
    FIELD(TABLE0, GRPCFG, 0, 16)
    FIELD(TABLE0, WQCFG, 16, 16)
    FIELD(TABLE0, MSIX_PERM, 32, 16)
    FIELD(TABLE0, IMS, 48, 16)
REG64(TABLE1, 0x68)
REG32(GENCFG, 0x80)
    FIELD(GENCFG, USER_INT, 12, 1)
    FIELD(GENCFG, EVENT_LOG, 13, 1)
REG32(GENCTRL, 0x88)
    FIELD(GENCTRL, SOFTERR_INT, 0, 1)
    FIELD(GENCTRL, HALT_INT, 1, 1)
REG32(GENSTS, 0x90)
    FIELD(GENSTS, STATE, 0, 2)
    FIELD(GENSTS, RESET_TYPE, 2, 2)
REG32(INTCAUSE, 0x98)
    FIELD(INTCAUSE, ERR, 0, 1)
    FIELD(INTCAUSE, CMD, 1, 1)
    FIELD(INTCAUSE, HALT, 4, 1)
REG32(CMD, 0xa0)
    FIELD(CMD, OPERAND, 0, 20)
    FIELD(CMD, CODE, 20, 5)
    FIELD(CMD, RESERVED, 25, 6)
    FIELD(CMD, INT_REQ, 31, 1)
REG32(CMDSTS, 0xa8)
    FIELD(CMDSTS, ERR, 0, 8)
    FIELD(CMDSTS, RESULT, 8, 16)
    FIELD(CMDSTS, ACTIVE, 31, 1)
REG64(CMDCAP, 0xb0)
REG64(SWERR0, 0xc0)
    FIELD(SWERR0, VALID, 0, 1)
    FIELD(SWERR0, OVERFLOW, 1, 1)
    FIELD(SWERR0, DESC_VALID, 2, 1)
    FIELD(SWERR0, WQ_VALID, 3, 1)
    FIELD(SWERR0, FAULT_WRITE, 5, 1)
    FIELD(SWERR0, PRIV, 6, 1)
    FIELD(SWERR0, INFO_VALID, 7, 1)
    FIELD(SWERR0, ERROR, 8, 8)
    FIELD(SWERR0, WQ, 16, 8)
    FIELD(SWERR0, OPERATION, 32, 8)
    FIELD(SWERR0, PASID, 40, 20)
REG64(SWERR1, 0xc8)
    FIELD(SWERR1, INVALID_FLAGS, 32, 32)    /* error 0x11 */
    FIELD(SWERR1, INT_HANDLE, 32, 16)       /* error 0x19 */
REG64(SWERR2, 0xd0)     /* fault address */
REG64(SWERR3, 0xd8)
REG64(IAACAP, 0x180)
    FIELD(IAACAP, GEN2_MIN, 0, 1)
    FIELD(IAACAP, LOAD_PARTIAL, 4, 1)
    FIELD(IAACAP, EARLY_ABORT, 5, 1)
    FIELD(IAACAP, HEADER_GEN, 8, 1)

/* Group table: 64 bytes an entry, as 64-bit registers (DSA 9.2.23) */
#define IAA_GRPCFG_SIZE         64
#define IAA_GRPCFG_QWORDS       6   /* 4 of WQs, 1 of engines, 1 of flags */
#define IAA_GRPCFG_ENGINES      4
#define IAA_GRPCFG_FLAGS        5
FIELD(GRPFLAGS, TC, 0, 6)
FIELD(GRPFLAGS, PROGRESS_LIMIT, 32, 2)

/* WQ table: 32 or 64 bytes an entry, as 32-bit registers */
#define IAA_WQCFG_DWORDS        16
#define IAA_WQCFG_DWORD_STATUS  6
#define IAA_WQCFG_DWORD_OPCFG   8
#define IAA_OPCFG_DWORDS        8
FIELD(WQCFG0, SIZE, 0, 16)
FIELD(WQCFG1, THRESHOLD, 0, 16)
FIELD(WQCFG2, DEDICATED, 0, 1)
FIELD(WQCFG2, BLOCK_ON_FAULT, 1, 1)
FIELD(WQCFG2, ATS_DISABLE, 2, 1)
FIELD(WQCFG2, PRS_DISABLE, 3, 1)
FIELD(WQCFG2, PRIORITY, 4, 4)
FIELD(WQCFG2, PASID_EN, 28, 1)
FIELD(WQCFG3, MAX_XFER_SHIFT, 0, 5)
FIELD(WQCFG3, MAX_BATCH_SHIFT, 5, 4)
FIELD(WQCFG4, INT_HANDLE, 0, 16)
FIELD(WQCFG4, INT_TABLE, 16, 1)
FIELD(WQCFG6, OCCUPANCY, 0, 16)
FIELD(WQCFG6, MODE_SUPPORT, 29, 1)
FIELD(WQCFG6, STATE, 30, 2)

/* MSI-X permission table: 8 bytes an entry, the low half means something */
#define IAA_MSIX_PERM_SIZE      8
FIELD(MSIX_PERM, IGNORE, 2, 1)
FIELD(MSIX_PERM, PASID_EN, 3, 1)

typedef enum IAADeviceState {
    IAA_STATE_DISABLED = 0,
    IAA_STATE_ENABLED = 1,
    IAA_STATE_DRAIN = 2,
    IAA_STATE_HALT = 3,
} IAADeviceState;

/* GENSTS: the least that cures a halt (DSA 9.2.10) */
typedef enum IAAResetType {
    IAA_RESET_SOFTWARE = 0,
    IAA_RESET_FLR = 1,
    IAA_RESET_WARM = 2,
    IAA_RESET_COLD = 3,
} IAAResetType;

typedef enum IAAWqState {
    IAA_WQ_DISABLED = 0,
    IAA_WQ_ENABLED = 1,
    IAA_WQ_DRAIN = 2,
} IAAWqState;

typedef enum IAACommand {
    IAA_CMD_ENABLE_DEV = 1,
    IAA_CMD_DISABLE_DEV = 2,
    IAA_CMD_DRAIN_ALL = 3,
    IAA_CMD_ABORT_ALL = 4,
    IAA_CMD_RESET_DEV = 5,
    IAA_CMD_ENABLE_WQ = 6,
    IAA_CMD_DISABLE_WQ = 7,
    IAA_CMD_DRAIN_WQ = 8,
    IAA_CMD_ABORT_WQ = 9,
    IAA_CMD_RESET_WQ = 10,
    IAA_CMD_DRAIN_PASID = 11,
    IAA_CMD_ABORT_PASID = 12,
    IAA_CMD_REQUEST_INT_HANDLE = 13,
    IAA_CMD_RELEASE_INT_HANDLE = 14,
} IAACommand;

/* DSA 9.2.13 and table 5-8 */
typedef enum IAACommandError {
    IAA_CMDSTS_OK = 0x00,
    IAA_CMDSTS_INVAL_CMD = 0x01,
    IAA_CMDSTS_INVAL_WQ = 0x02,
    IAA_CMDSTS_HW_ERR = 0x03,
    IAA_CMDSTS_RESERVED = 0x04,
    IAA_CMDSTS_HALTED = 0x05,
    IAA_CMDSTS_DEV_ENABLED = 0x10,
    IAA_CMDSTS_BUSMASTER = 0x12,
    IAA_CMDSTS_WQ_SIZES = 0x14,
    IAA_CMDSTS_GRP_HALF_EMPTY = 0x15,
    IAA_CMDSTS_GRP_WQS = 0x16,
    IAA_CMDSTS_GRP_ENGINES = 0x17,
    IAA_CMDSTS_EVENT_LOG = 0x19,
    IAA_CMDSTS_DEV_NOT_ENABLED = 0x20,
    IAA_CMDSTS_WQ_ENABLED = 0x21,
    IAA_CMDSTS_WQ_SIZE = 0x22,
    IAA_CMDSTS_WQ_PRIORITY = 0x23,
    IAA_CMDSTS_WQ_MODE = 0x24,
    IAA_CMDSTS_WQ_BOF = 0x25,
    IAA_CMDSTS_WQ_PASID = 0x26,
    IAA_CMDSTS_WQ_MAX_BATCH = 0x27,
    IAA_CMDSTS_WQ_MAX_XFER = 0x28,
    IAA_CMDSTS_WQ_INT_HANDLE = 0x2b,
    IAA_CMDSTS_WQ_ATS = 0x2c,
    IAA_CMDSTS_WQ_OPCFG = 0x2d,
    IAA_CMDSTS_WQ_PRS = 0x2e,
    IAA_CMDSTS_DIS_DEV_NOT_ENABLED = 0x31,
    IAA_CMDSTS_WQ_NOT_ENABLED = 0x32,
    IAA_CMDSTS_INT_INDEX = 0x41,
} IAACommandError;

/* Errors that only SWERR reports (DSA table 5-7) */
typedef enum IAASwError {
    IAA_SWERR_PCI_CONFIG = 0x51,    /* BME changed on a device in use */
    IAA_SWERR_CMD_ACTIVE = 0x52,    /* CMD written while one was active */
    IAA_SWERR_WQ_FULL = 0x53,       /* no room in a dedicated WQ */
} IAASwError;

/* Portals: four pages a WQ, unlimited, limited, and the same for IMS */
#define IAA_PORTAL_SIZE         0x4000
#define IAA_PORTAL_PAGES        2
#define IAA_DESC_SIZE           64

typedef struct IAADesc {
    uint32_t pasid;             /* 19:0, bit 31: privileged */
    uint32_t flags_op;          /* 23:0 flags, 31:24 opcode */
    uint64_t completion_addr;
    uint64_t src1_addr;
    uint64_t dst_addr;
    uint32_t src1_size;
    uint16_t int_handle;
    uint16_t op_flags;
    uint64_t src2_addr;
    uint32_t max_dst_size;
    uint32_t src2_size;
    uint32_t filter_flags;      /* of compression: Compression 2 flags */
    uint32_t num_inputs;
} IAADesc;
QEMU_BUILD_BUG_ON(sizeof(IAADesc) != IAA_DESC_SIZE);

typedef enum IAAOpcode {
    IAA_OP_NOOP = 0x00,
    IAA_OP_DRAIN = 0x02,
    IAA_OP_DECOMPRESS = 0x42,
    IAA_OP_COMPRESS = 0x43,
} IAAOpcode;

/* Descriptor flags */
#define IAA_FLAG_FENCE          0x000001
#define IAA_FLAG_BLOCK_ON_FAULT 0x000002
#define IAA_FLAG_CRAV           0x000004
#define IAA_FLAG_RCR            0x000008
#define IAA_FLAG_RCI            0x000010
#define IAA_FLAG_CACHE_CONTROL  0x000100
#define IAA_FLAG_TC_SRC1        0x000200
#define IAA_FLAG_TC_DST         0x000400
#define IAA_FLAG_TC_SRC2        0x000800
#define IAA_FLAG_TC_RECORD      0x001000
#define IAA_FLAG_STRICT_ORDER   0x002000
#define IAA_FLAG_READBACK       0x004000
FIELD(FLAGS, READ_SRC2, 16, 2)      /* 1: as AECS */
FIELD(FLAGS, WRITE_SRC2, 18, 2)     /* 1: always, 2: if output overflows */
#define IAA_FLAG_DRAIN_NO_READBACK 0x0c0000 /* of DRAIN; DSA table 8-15 */
#define IAA_FLAG_CRC_RFC3720    0x200000
FIELD(FLAGS, AECS_TOGGLE, 22, 1)

/* Compression flags (T6-11) */
FIELD(COMP, STATS, 0, 1)
FIELD(COMP, FLUSH, 1, 1)
FIELD(COMP, END, 2, 2)
FIELD(COMP, LITERALS, 4, 1)
FIELD(COMP, BIG_ENDIAN, 5, 1)
FIELD(COMP, INDEXING, 6, 3)
FIELD(COMP, DICTIONARY, 10, 2)
FIELD(COMP, GEN_HDR, 12, 3)
FIELD(COMP, STATS_INPUT, 15, 1)

/* Compression 2 flags (T6-12) */
FIELD(COMP2, COMPLETE, 0, 1)
FIELD(COMP2, WRITE_TABLES, 1, 1)
FIELD(COMP2, ABORT_LEVEL, 2, 3)     /* eighths */
FIELD(COMP2, ABORT_SIZE, 5, 2)      /* 512 bytes << this */

/* Decompression flags (T6-8) */
FIELD(DECOMP, ENABLE, 0, 1)
FIELD(DECOMP, FLUSH, 1, 1)
FIELD(DECOMP, STOP_ON_EOB, 2, 1)
FIELD(DECOMP, CHECK_EOB, 3, 1)
FIELD(DECOMP, BFINAL_EOB, 4, 1)
FIELD(DECOMP, BIG_ENDIAN, 5, 1)
FIELD(DECOMP, IGNORE_BITS, 6, 3)
FIELD(DECOMP, SUPPRESS, 9, 1)
FIELD(DECOMP, INDEXING, 10, 3)
FIELD(DECOMP, LOAD_PARTIAL, 13, 1)
FIELD(DECOMP, IGNORE_BITS_EXT, 14, 1)

/* AECS of compression (T6-20) */
typedef struct IAAAecs {
    uint32_t crc;
    uint32_t xor_checksum;
    uint32_t reserved0[5];
    uint32_t accum_bits;
    uint8_t accum[256];
    uint32_t ll_sym[286];
    uint32_t reserved1[2];
    uint32_t d_sym[30];
    uint32_t reserved2[2];
} IAAAecs;
#define IAA_AECS_SHORT          64  /* what is written without tables (T3-3) */
QEMU_BUILD_BUG_ON(sizeof(IAAAecs) != 0x620);
QEMU_BUILD_BUG_ON(offsetof(IAAAecs, ll_sym) != 0x120);
QEMU_BUILD_BUG_ON(offsetof(IAAAecs, d_sym) != 0x5a0);

/* AECS of decompression (T6-14, T6-16), without filters' and ciphers' fields */
typedef struct IAADecompAecs {
    uint32_t crc;
    uint16_t xor_checksum;
    uint8_t filter[0x13];
    uint8_t crypto_flags;
    uint8_t crypto[0x8e];
    uint8_t out[8];
    uint8_t out_bits;           /* bit 0: the format is valid */
    uint8_t reserved0[3];
    uint32_t bit_offset;        /* bits taken so far */
    uint8_t in[256];
    uint8_t in_bits[32];        /* of each quadword */
    uint32_t eob_cam;
    uint8_t drop_bits;
    uint8_t format;             /* 0: Format 1, 1: Format 2 */
    uint16_t reserved1;
    uint32_t alu_index[5];      /* Format 1 */
    uint32_t alu_count[5];
    uint32_t alu_code[5];
    uint32_t alu_len_code[5];
    uint32_t ll_cam[21];
    uint32_t reserved2;
    uint32_t ll_total[4];
    uint32_t d_cam[30];
    uint32_t d_total[5];
    uint32_t min_length;
    uint8_t mapping[0x10c];     /* Format 2 goes on at mapping2 */
    uint32_t state;
    uint32_t stored_left;
    uint32_t reserved3;
    uint8_t mapping2[0x90];
    uint8_t reserved4[0x14];
    uint32_t history_pointer;
    uint8_t history[4096];
    uint8_t reserved5[0x18];
} IAADecompAecs;
QEMU_BUILD_BUG_ON(sizeof(IAADecompAecs) != 5376);
QEMU_BUILD_BUG_ON(offsetof(IAADecompAecs, crypto_flags) != 0x19);
QEMU_BUILD_BUG_ON(offsetof(IAADecompAecs, out_bits) != 0xb0);
QEMU_BUILD_BUG_ON(offsetof(IAADecompAecs, in) != 0xb8);
QEMU_BUILD_BUG_ON(offsetof(IAADecompAecs, format) != 0x1dd);
QEMU_BUILD_BUG_ON(offsetof(IAADecompAecs, mapping) != 0x328);
QEMU_BUILD_BUG_ON(offsetof(IAADecompAecs, mapping2) != 0x440);
QEMU_BUILD_BUG_ON(offsetof(IAADecompAecs, history) != 0x4e8);

/* What statistics mode writes (T3-4) */
typedef struct IAAStats {
    uint32_t ll[286];
    uint32_t reserved[2];
    uint32_t d[30];
} IAAStats;
QEMU_BUILD_BUG_ON(sizeof(IAAStats) != 318 * 4);

#define IAA_RECORD_SIZE         64

typedef struct IAARecord {
    uint8_t status;
    uint8_t error_code;
    uint8_t fault_info;
    uint8_t reserved0;
    uint32_t bytes_completed;
    uint64_t fault_addr;
    uint32_t invalid_flags;
    uint32_t reserved1;
    uint32_t output_size;
    uint8_t output_bits;
    uint8_t reserved2;
    uint16_t xor_checksum;
    uint32_t crc;
    uint32_t min;
    uint32_t max;
    uint32_t sum;
    uint64_t reserved3[2];
} IAARecord;
QEMU_BUILD_BUG_ON(sizeof(IAARecord) != IAA_RECORD_SIZE);

typedef enum IAAStatus {
    IAA_STATUS_NONE = 0x00,
    IAA_STATUS_SUCCESS = 0x01,
    IAA_STATUS_ANALYTICS = 0x0a,
    IAA_STATUS_OUT_OVERFLOW = 0x0b,
    IAA_STATUS_BAD_OPCODE = 0x10,
    IAA_STATUS_INVALID_FLAGS = 0x11,
    IAA_STATUS_NOZERO_RESERVE = 0x12,
    IAA_STATUS_INVALID_SIZE = 0x13,
    IAA_STATUS_OVERLAP = 0x16,
    IAA_STATUS_INT_HANDLE = 0x19,
    IAA_STATUS_CRA_XLAT = 0x1a,
    IAA_STATUS_CRA_ALIGN = 0x1b,
    IAA_STATUS_ADDR_ALIGN = 0x1c,
    IAA_STATUS_PRIV = 0x1d,
    IAA_STATUS_READ = 0x20,         /* unsuccessful: no memory there */
    IAA_STATUS_WRITE = 0x21,
    IAA_STATUS_XLAT = 0x22,
    IAA_STATUS_WATCHDOG = 0x24,
    IAA_STATUS_COMP_FLAGS = 0x30,   /* bytes 38:39 */
    IAA_STATUS_COMP2_FLAGS = 0x31,  /* bytes 56:59 */
    IAA_STATUS_ODD_SIZE = 0x32,
} IAAStatus;

#endif
