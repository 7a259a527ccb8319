/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the fuzz targets share. A target is one LLVMFuzzerTestOneInput(); it takes the first
 * bytes of its input as options and the rest as data, and aborts on a wrong answer.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include "qemu/osdep.h"
#include <zlib.h>
#include "hw/misc/iaa/iaa-aecs.h"
#include "hw/misc/iaa/iaa-codec.h"
#include "soft.h"
#include "target.h"

#define FUZZ_MAX	16384	/* bytes of an input that count */

/* Print why, and abort, unless it is so */
#define expect(what, ...)						\
	do {								\
		if (!(what)) {						\
			fprintf(stderr, "%s:%d: not so: %s: ", __FILE__,	\
				__LINE__, #what);			\
			fprintf(stderr, __VA_ARGS__);			\
			fprintf(stderr, "\n");				\
			abort();					\
		}							\
	} while (0)

/* Options, from the front of an input */
struct fuzz_input {
	const uint8_t *data;
	size_t len;
};

static inline unsigned int take8(struct fuzz_input *in)
{
	unsigned int v = 0;

	if (in->len) {
		v = *in->data++;
		in->len--;
	}
	return v;
}

static inline unsigned int take16(struct fuzz_input *in)
{
	unsigned int low = take8(in);

	return take8(in) << 8 | low;
}

/* A result: at most @room bytes, and a byte behind them is the sanitizer's to see */
struct fuzz_out {
	uint8_t *data;
	size_t room;
	size_t len;		/* bytes that came out */
	size_t used;		/* bytes of the stream that went in */
};

static inline struct fuzz_out fuzz_out(size_t room)
{
	return (struct fuzz_out) { .data = g_malloc(room), .room = room };
}

void same_bytes(const struct fuzz_out *a, const uint8_t *b, size_t len, const char *what);

/*
 * Debian's zlib, decoding byte by byte, so that its window is a limit, too.
 * Z_STREAM_END; Z_BUF_ERROR if the stream ends early; Z_MEM_ERROR if there would be more
 * than out->room; Z_DATA_ERROR and why.
 */
int zlib_inflate_strict(int window, const uint8_t *src, size_t len, struct fuzz_out *out,
			const char **why);

/* The model, all at once */
IAACodecError model_inflate(const uint8_t *src, size_t len, struct fuzz_out *out);

/* Everybody decodes @src to @want */
void all_inflate(const uint8_t *src, size_t len, const uint8_t *want, size_t want_len);

#endif
