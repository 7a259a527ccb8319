/*
 * Intel IAA: the deflate codec, free of any device
 *
 * The accelerator reads and writes RFC 1951 streams with a 4 KiB history.
 * Compression takes its Huffman codes from the caller (the AECS in guest
 * memory) or makes them from what it has to encode.  A stream can be split
 * over several calls in both directions, at any bit.
 *
 * Sections are those of the IAA Architecture Specification, revision 2.1.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef HW_MISC_IAA_CODEC_H
#define HW_MISC_IAA_CODEC_H

#define IAA_WINDOW      4096
#define IAA_LL_SYMS     286
#define IAA_D_SYMS      30
#define IAA_CL_SYMS     19
#define IAA_EOB         256
#define IAA_MIN_MATCH   3
#define IAA_MAX_MATCH   258
#define IAA_MAX_CODE    15
#define IAA_ACCUM_BITS  2048    /* of either direction's AECS */

/* An AECS code entry (T6-21): length in bits 18:15, code below it. */
#define IAA_CODE(len, code)     (((uint32_t)(len) << 15) | (code))
#define IAA_CODE_LEN(entry)     (((entry) >> 15) & 0xf)
#define IAA_CODE_BITS(entry)    ((entry) & 0x7fff)

/* What can be wrong, numbered as analytics error codes (T4-8) */
typedef enum IAACodecError {
    IAA_CODEC_OK            = 0,
    IAA_CODEC_HEADER_LONG   = 0x01, /* unfinished, over the accumulator */
    IAA_CODEC_CL_UNDEF      = 0x02, /* code-length code that has no meaning */
    IAA_CODEC_LL_FIRST_16   = 0x03, /* repeat with nothing to repeat */
    IAA_CODEC_D_FIRST_16    = 0x04,
    IAA_CODEC_NO_LL         = 0x05, /* all literal/length codes are empty */
    IAA_CODEC_LL_COUNT      = 0x06, /* repeat past the last length */
    IAA_CODEC_D_COUNT       = 0x07,
    IAA_CODEC_BAD_CL_LENS   = 0x08, /* over-subscribed */
    IAA_CODEC_BAD_LL_LENS   = 0x09,
    IAA_CODEC_BAD_D_LENS    = 0x0a,
    IAA_CODEC_BAD_LL_CODE   = 0x0b, /* bits that are no code */
    IAA_CODEC_BAD_D_CODE    = 0x0c,
    IAA_CODEC_BAD_TYPE      = 0x0d, /* block type 3 */
    IAA_CODEC_BAD_STORED    = 0x0e, /* LEN does not match NLEN */
    IAA_CODEC_NO_EOB        = 0x0f, /* last token is no end-of-block */
    IAA_CODEC_FAR           = 0x11, /* distance over 4096 */
    IAA_CODEC_BEFORE_START  = 0x12, /* distance over what was produced */
    IAA_CODEC_AECS          = 0x16, /* AECS has an invalid value */
    IAA_CODEC_COMP_OVERFLOW = 0x19, /* compressed data does not fit */
    IAA_CODEC_NO_CODE       = 0x1e, /* a symbol that has no code */
    IAA_CODEC_MANY_LL       = 0x23,
    IAA_CODEC_MANY_D        = 0x24,
    IAA_CODEC_CRYPTO        = 0x26, /* decryption asked for */
    IAA_CODEC_SIZE          = 0x28, /* over 4 KiB in one pass */
    IAA_CODEC_ABORT         = 0x29, /* early abort */
    IAA_CODEC_NO_HEADER     = 0x2a, /* fewer than 257 literal/length codes */
    IAA_CODEC_LINKING       = 0x2b, /* the job had its last descriptor */
    IAA_CODEC_HEADER_FIT    = 0x2c, /* header over the accumulator */
    IAA_CODEC_AECS_FORMAT   = 0x2d, /* AECS of the other generation */
    IAA_CODEC_STATE         = 0x2e, /* AECS contradicts itself */
    IAA_CODEC_OUT_OVERFLOW  = 0xff, /* decompressed data does not fit: 0x0b */
} IAACodecError;

/* Compression */

/* Huffman codes as the AECS holds them, in canonical (not reversed) order. */
typedef struct IAACodes {
    uint32_t ll[IAA_LL_SYMS];
    uint32_t d[IAA_D_SYMS];
} IAACodes;

/* How often each symbol occurs */
typedef struct IAACounts {
    uint32_t ll[IAA_LL_SYMS];
    uint32_t d[IAA_D_SYMS];
} IAACounts;

#define IAA_COUNT_MAX   ((1u << 19) - 1)    /* counters saturate (3.4.1) */

/* Where codes come from, numbered as Enable Header Generation's low bits */
typedef enum IAAHeaderGen {
    IAA_GEN_NONE = 0,       /* codes are given */
    IAA_GEN_CODES = 1,      /* made, but no header is written */
    IAA_GEN_OPEN = 2,       /* made, and the header of a non-final block */
    IAA_GEN_FINAL = 3,      /* made, and the header of a final block */
} IAAHeaderGen;

/* What follows the data, numbered as End Processing */
typedef enum IAAEnd {
    IAA_END_NOTHING = 0,
    IAA_END_EOB = 1,
    IAA_END_STORED = 2,         /* EOB and an empty stored block */
    IAA_END_STORED_FINAL = 3,
} IAAEnd;

typedef struct IAADeflate {
    const uint8_t *src;
    size_t src_len;
    uint8_t *dst;
    size_t dst_len;

    IAAHeaderGen gen;
    bool complete;          /* make a code for each symbol (3.4.5) */
    bool literals;          /* no matches */
    bool big_endian;
    bool flush;             /* write the last, partial 64-bit word */
    IAAEnd end;
    unsigned abort_size;    /* early abort: look after so many bytes */
    unsigned abort_level;   /* eighths of them; 0: never */

    IAACodes *codes;        /* given, or made here */
    uint8_t *accum;         /* IAA_ACCUM_BITS; bits that stand before, ... */
    unsigned accum_bits;    /* ... and afterwards those not yet written */

    size_t out_len;         /* bytes written to dst */
    unsigned out_bits;      /* of the last byte, or 16-bit word; 0: all */
} IAADeflate;

/**
 * iaa_deflate: compress one buffer
 * @z: job; results in out_len, out_bits and the accumulator
 *
 * Returns IAA_CODEC_OK or why not.  After an error the output is worthless.
 */
IAACodecError iaa_deflate(IAADeflate *z);

/**
 * iaa_deflate_count: how often each symbol would be written (3.4.1)
 * @z: job, of which only the source and what shapes its tokens is looked at
 */
IAACodecError iaa_deflate_count(const IAADeflate *z, IAACounts *counts);

/**
 * iaa_deflate_tables: codes, and a header behind what is in the accumulator
 * @z: job; results in codes and the accumulator.  Source and dst are not used
 * @counts: as from iaa_deflate_count()
 */
IAACodecError iaa_deflate_tables(IAADeflate *z, const IAACounts *counts);

/**
 * iaa_deflate_aborts: bytes after which the job ends by early abort
 * @z: job, of which only the source and what shapes its tokens is looked at
 *
 * Returns 0 if it doesn't.
 */
size_t iaa_deflate_aborts(const IAADeflate *z);

/* Tokens: a literal byte, or a match as IS_MATCH | length << 16 | distance */
#define IAA_IS_MATCH        0x80000000u
#define IAA_TOKEN_LEN(t)    (((t) >> 16) & 0x1ff)
#define IAA_TOKEN_DIST(t)   ((t) & 0xffff)

/**
 * iaa_tokenize: find matches
 * @token: room for one a source byte
 *
 * Returns how many tokens there are.
 */
size_t iaa_tokenize(const uint8_t *src, size_t len, bool literals,
                    uint32_t *token);

/* Decompression */

typedef enum IAAInflateAt {
    IAA_AT_HEADER,
    IAA_AT_CODES,
    IAA_AT_STORED,
} IAAInflateAt;

/* What a job's next descriptor has to know; the decompression AECS holds it */
typedef struct IAAInflateState {
    IAAInflateAt at;
    bool final;             /* in the final block */
    bool ended;             /* stopped by an end-of-block */
    unsigned stored_left;   /* bytes of a stored block to come */
    uint8_t ll_len[IAA_LL_SYMS + 2];    /* code lengths, two are fixed's only */
    uint8_t d_len[IAA_D_SYMS + 2];
    uint8_t history[IAA_WINDOW];    /* oldest byte first, ... */
    unsigned history_len;           /* ... so many of them */
    uint8_t accum[IAA_ACCUM_BITS / 8];  /* input not yet decoded */
    unsigned accum_bits;
    uint8_t out[8];         /* decoded and not yet written, below 8 */
    unsigned out_len;
    uint32_t bit_offset;    /* bits taken so far; multiples of 8: bytes */
    unsigned unread;        /* bits behind the last token */
} IAAInflateState;

typedef struct IAAInflate {
    const uint8_t *src;
    size_t src_len;
    uint8_t *dst;           /* dst_len + 7 bytes; NULL: no output, no limit */
    size_t dst_len;

    bool stop_on_eob;       /* at the end-of-block of ... */
    bool bfinal_only;       /* ... the final block only, or of any */
    bool check_eob;         /* a last token that is none is an error */
    bool big_endian;
    bool flush;             /* write the last, partial 64-bit word */
    unsigned ignore_bits;   /* of src, at its end */

    /* For all that is decoded, in order */
    void (*sink)(void *opaque, const uint8_t *data, size_t len);
    void *opaque;

    size_t in_len;          /* bytes of src consumed, a begun byte counts */
    size_t out_len;         /* bytes written to dst */
    size_t decoded;         /* bytes that came out of src and accumulator */
} IAAInflate;

/**
 * iaa_inflate_start: the state at the start of a job (6.4.1.2)
 */
void iaa_inflate_start(IAAInflateState *state);

/**
 * iaa_inflate: decompress one buffer
 * @z: job; results are valid after errors too
 * @state: where the job stands, before and after
 *
 * Tokens are decoded whole: one whose output does not fit is left for the next
 * call.  Returns IAA_CODEC_OK or what is wrong with the stream.
 */
IAACodecError iaa_inflate(IAAInflate *z, IAAInflateState *state);

/* Shared between the two directions */

/* RFC 1951, 3.2.5: what a length or distance code starts at, and adds. */
typedef struct IAARange {
    uint16_t base;
    uint8_t extra;
} IAARange;

extern const IAARange iaa_len_range[IAA_LL_SYMS - 257];
extern const IAARange iaa_dist_range[IAA_D_SYMS];
extern const uint8_t iaa_cl_order[IAA_CL_SYMS];

/**
 * iaa_len_sym, iaa_dist_sym: index into these for a length or distance
 */
unsigned iaa_len_sym(unsigned len);
unsigned iaa_dist_sym(unsigned dist);

/**
 * iaa_fixed_lengths: of the codes of RFC 1951, 3.2.6
 */
void iaa_fixed_lengths(uint8_t ll_len[IAA_LL_SYMS + 2],
                       uint8_t d_len[IAA_D_SYMS + 2]);

/**
 * iaa_huffman_lengths: optimal code lengths, none over @max_len
 * @freq: how often each symbol occurs; symbols with 0 get length 0
 * @n: number of symbols, at most IAA_LL_SYMS
 */
void iaa_huffman_lengths(const uint32_t *freq, unsigned n, unsigned max_len,
                         uint8_t *len);

/**
 * iaa_huffman_codes: canonical codes for code lengths (RFC 1951, 3.2.2)
 */
void iaa_huffman_codes(const uint8_t *len, unsigned n, uint32_t *entry);

#endif
