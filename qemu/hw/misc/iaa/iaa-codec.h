/*
 * Intel IAA: the deflate codec, free of any device
 *
 * The accelerator reads and writes RFC 1951 streams with a 4 KiB history.
 * Compression takes its Huffman codes from the caller (the AECS in guest
 * memory) or, on a version 2.0 device, builds a dynamic block of its own.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef HW_MISC_IAA_CODEC_H
#define HW_MISC_IAA_CODEC_H

#define IAA_WINDOW      4096
#define IAA_LL_SYMS     286
#define IAA_D_SYMS      30
#define IAA_EOB         256
#define IAA_MIN_MATCH   3
#define IAA_MAX_MATCH   258
#define IAA_MAX_CODE    15

/* An AECS code entry: how long the code is, and the code itself. */
#define IAA_CODE(len, code)     (((uint32_t)(len) << 15) | (code))
#define IAA_CODE_LEN(entry)     ((entry) >> 15)
#define IAA_CODE_BITS(entry)    ((entry) & 0x7fff)

/*
 * What can be wrong with a stream, numbered as analytics error codes.  See
 * docs/specs/iaa.rst for which numbers are known and which inferred.
 */
typedef enum IAACodecError {
    IAA_CODEC_OK            = 0,
    IAA_CODEC_HEADER_EOF    = 1,    /* block header reaches past the input */
    IAA_CODEC_CL_UNDEF      = 2,    /* undefined code-length code */
    IAA_CODEC_CL_FIRST_16   = 3,    /* repeat with nothing to repeat */
    IAA_CODEC_NO_EOB_CODE   = 5,    /* no code for end-of-block */
    IAA_CODEC_CL_OVERRUN    = 7,    /* repeat past the last code length */
    IAA_CODEC_BAD_CL_LENS   = 8,    /* code-length code not a prefix code */
    IAA_CODEC_BAD_LL_LENS   = 9,    /* literal/length code not a prefix code */
    IAA_CODEC_BAD_D_LENS    = 10,   /* distance code not a prefix code */
    IAA_CODEC_BAD_LL_CODE   = 11,
    IAA_CODEC_BAD_D_CODE    = 12,
    IAA_CODEC_BAD_TYPE      = 13,   /* block type 3 */
    IAA_CODEC_BAD_STORED    = 14,   /* LEN does not match NLEN */
    IAA_CODEC_NO_EOB        = 15,   /* input ends before end-of-block */
    IAA_CODEC_FAR           = 17,   /* distance over 4096 */
    IAA_CODEC_BEFORE_START  = 18,   /* distance over what was produced */
    IAA_CODEC_COMP_OVERFLOW = 0x19, /* compressed data does not fit */
    IAA_CODEC_AECS          = 0x1f, /* AECS unusable for this input */
    IAA_CODEC_MANY_LL       = 35,
    IAA_CODEC_MANY_D        = 36,
    IAA_CODEC_OUT_OVERFLOW  = 0xff, /* decompressed data does not fit */
} IAACodecError;

/* Huffman codes as the AECS holds them, in canonical (not reversed) order. */
typedef struct IAACodes {
    uint32_t ll[IAA_LL_SYMS];
    uint32_t d[IAA_D_SYMS];
} IAACodes;

typedef struct IAADeflate {
    const uint8_t *src;
    size_t src_len;
    uint8_t *dst;
    size_t dst_len;
    const IAACodes *codes;  /* NULL: build a final dynamic block */
    const uint8_t *prefix;  /* bits that stand before the first code */
    unsigned prefix_bits;
    bool append_eob;
    bool flush;             /* write the last, partial byte */

    size_t out_len;         /* bytes written to dst */
    unsigned out_bits;      /* bits used in the last byte, 0 = all */
} IAADeflate;

typedef struct IAAInflate {
    const uint8_t *src;
    size_t src_len;
    uint8_t *dst;
    size_t dst_len;
    bool stop_on_eob;       /* at the end-of-block of ... */
    bool bfinal_only;       /* ... the final block only, or of any */
    bool check_eob;         /* input that ends without one is an error */

    size_t in_len;          /* bytes consumed, a begun byte counts */
    size_t out_len;
} IAAInflate;

/**
 * iaa_deflate: compress one buffer
 * @z: job; results in out_len and out_bits
 *
 * Returns IAA_CODEC_OK, IAA_CODEC_COMP_OVERFLOW or IAA_CODEC_AECS.
 */
IAACodecError iaa_deflate(IAADeflate *z);

/**
 * iaa_inflate: decompress one buffer
 * @z: job; results in in_len and out_len, valid after errors too
 *
 * Returns IAA_CODEC_OK or what is wrong with the stream.
 */
IAACodecError iaa_inflate(IAAInflate *z);

/* Shared between the two directions. */

/* RFC 1951, 3.2.5: what a length or distance code starts at, and adds. */
typedef struct IAARange {
    uint16_t base;
    uint8_t extra;
} IAARange;

extern const IAARange iaa_len_range[IAA_LL_SYMS - 257];
extern const IAARange iaa_dist_range[IAA_D_SYMS];
extern const uint8_t iaa_cl_order[19];

/**
 * iaa_huffman_lengths: optimal code lengths, none over @max_len
 * @freq: how often each symbol occurs; symbols with 0 get length 0
 * @n: number of symbols, at most IAA_LL_SYMS, of which at least two occur
 */
void iaa_huffman_lengths(const uint32_t *freq, unsigned n, unsigned max_len,
                         uint8_t *len);

/**
 * iaa_huffman_codes: canonical codes for code lengths (RFC 1951, 3.2.2)
 */
void iaa_huffman_codes(const uint8_t *len, unsigned n, uint32_t *entry);

#endif
