/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bounded byte buffer and the read cursor: the only way in which bytes from outside are read or
 * wire bytes are built (style P6). Both carry a sticky error, so that a parser or builder can do
 * all its steps and ask once at the end.
 */
#ifndef COMMON_BUF_H
#define COMMON_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/err.h"

/* A growing buffer with a hard maximum. Plain value; init before use, fini after. */
struct buf {
	uint8_t *data;
	size_t len;
	size_t cap;
	size_t max;
	enum err err; /* first error, sticky: ERR_NOMEM or ERR_LIMIT */
};

/* Prepare an empty buffer that never grows above max bytes. Allocates nothing. */
void buf_init(struct buf *buf, size_t max);
/* Free the memory; the buffer is empty afterwards and may be used again. */
void buf_fini(struct buf *buf);
/* As buf_fini, but overwrites the bytes first: for buffers that held secrets. */
void buf_wipe(struct buf *buf);
/* Write all of the bytes to a blocking descriptor. ERR_SYS: errno tells. */
enum err buf_write(int fd, const void *data, size_t len) MUST_USE;
/* Forget content and error, keep the memory. */
void buf_reset(struct buf *buf);
/* Drop the first n bytes (n <= len, more is clipped). */
void buf_consume(struct buf *buf, size_t n);
/* Room for n more bytes behind len; NULL and sticky error if that would pass max. Then buf_added().
 */
uint8_t *buf_reserve(struct buf *buf, size_t n);
void buf_added(struct buf *buf, size_t n);
void buf_put(struct buf *buf, const void *data, size_t len);
void buf_put_u8(struct buf *buf, uint8_t v);
void buf_put_u16(struct buf *buf, uint16_t v); /* big endian */
void buf_put_u32(struct buf *buf, uint32_t v); /* big endian */
void buf_puts(struct buf *buf, const char *s);
void buf_printf(struct buf *buf, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Lower-case or upper-case hexadecimal text of len bytes. */
void buf_put_hex(struct buf *buf, const void *data, size_t len, bool upper);
/* The content as a C string (a NUL is kept behind len, not counted); "" on error. */
const char *buf_cstr(struct buf *buf);

/* A read cursor over borrowed bytes. */
struct cur {
	const uint8_t *p;
	size_t left;
	enum err err; /* sticky: ERR_SYNTAX when more was asked than is there */
};

void cur_init(struct cur *cur, const void *data, size_t len);
uint8_t cur_u8(struct cur *cur);
uint16_t cur_u16(struct cur *cur); /* big endian */
uint32_t cur_u24(struct cur *cur); /* big endian */
uint32_t cur_u32(struct cur *cur); /* big endian */
/* n bytes, borrowed; NULL and sticky error if fewer are left. */
const uint8_t *cur_take(struct cur *cur, size_t n);
void cur_skip(struct cur *cur, size_t n);
/* Copy exactly n bytes into dst of size dst_size; ERR sticky if n > dst_size or too few are left.
 */
void cur_copy(struct cur *cur, void *dst, size_t dst_size, size_t n);
/* A cursor over the next n bytes, which this one passes. */
struct cur cur_sub(struct cur *cur, size_t n);

#endif
