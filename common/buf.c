/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bounded byte buffer and the read cursor. Memory is never moved by realloc: a buffer may hold
 * secrets, so the old block is wiped when the buffer grows. One byte more than the content is kept
 * for buf_cstr().
 */
#include "common/buf.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CAP_MIN 64

void
buf_init(struct buf *buf, size_t max)
{
	*buf = (struct buf){.max = max < SIZE_MAX ? max : SIZE_MAX - 1};
}

void
buf_fini(struct buf *buf)
{
	free(buf->data);
	buf_init(buf, buf->max);
}

void
buf_wipe(struct buf *buf)
{
	if (buf->data != NULL)
		explicit_bzero(buf->data, buf->cap);
	buf_fini(buf);
}

enum err
buf_write(int fd, const void *data, size_t len)
{
	for (const uint8_t *p = data; len > 0;) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return ERR_SYS;
		p += n;
		len -= (size_t)n;
	}
	return ERR_OK;
}

void
buf_reset(struct buf *buf)
{
	buf->len = 0;
	buf->err = ERR_OK;
}

void
buf_consume(struct buf *buf, size_t n)
{
	if (n >= buf->len) {
		buf->len = 0;
		return;
	}
	memmove(buf->data, buf->data + n, buf->len - n);
	buf->len -= n;
}

/* Make cap at least `want`, which the caller has checked against max + 1. */
static enum err
grow(struct buf *buf, size_t want)
{
	size_t cap = buf->cap < CAP_MIN ? CAP_MIN : buf->cap;
	uint8_t *data;

	while (cap < want)
		cap = cap > SIZE_MAX / 2 ? want : cap * 2;
	if (cap > buf->max + 1)
		cap = buf->max + 1;
	data = malloc(cap);
	if (data == NULL)
		return ERR_NOMEM;
	if (buf->data != NULL) {
		memcpy(data, buf->data, buf->len);
		explicit_bzero(buf->data, buf->cap);
		free(buf->data);
	}
	buf->data = data;
	buf->cap = cap;
	return ERR_OK;
}

uint8_t *
buf_reserve(struct buf *buf, size_t n)
{
	if (buf->err != ERR_OK)
		return NULL;
	if (n > buf->max - buf->len) {
		buf->err = ERR_LIMIT;
		return NULL;
	}
	if (buf->len + n + 1 > buf->cap)
		buf->err = grow(buf, buf->len + n + 1);
	return buf->err == ERR_OK ? buf->data + buf->len : NULL;
}

void
buf_added(struct buf *buf, size_t n)
{
	assert(n <= buf->max - buf->len && buf->len + n < buf->cap);
	buf->len += n;
}

void
buf_put(struct buf *buf, const void *data, size_t len)
{
	uint8_t *dst = buf_reserve(buf, len);

	if (dst == NULL || len == 0)
		return;
	memcpy(dst, data, len);
	buf->len += len;
}

void
buf_put_u8(struct buf *buf, uint8_t v)
{
	buf_put(buf, &v, 1);
}

void
buf_put_u16(struct buf *buf, uint16_t v)
{
	const uint8_t bytes[] = {(uint8_t)(v >> 8), (uint8_t)v};

	buf_put(buf, bytes, sizeof(bytes));
}

void
buf_put_u32(struct buf *buf, uint32_t v)
{
	const uint8_t bytes[] = {
	    (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};

	buf_put(buf, bytes, sizeof(bytes));
}

void
buf_puts(struct buf *buf, const char *s)
{
	buf_put(buf, s, strlen(s));
}

void
buf_printf(struct buf *buf, const char *fmt, ...)
{
	va_list args, again;
	uint8_t *dst;
	int len;

	va_start(args, fmt);
	va_copy(again, args);
	len = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (len < 0 && buf->err == ERR_OK)
		buf->err = ERR_SYNTAX;
	dst = len < 0 ? NULL : buf_reserve(buf, (size_t)len);
	if (dst != NULL) {
		vsnprintf((char *)dst, (size_t)len + 1, fmt, again);
		buf->len += (size_t)len;
	}
	va_end(again);
}

void
buf_put_hex(struct buf *buf, const void *data, size_t len, bool upper)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	const uint8_t *p = data;
	uint8_t *dst;

	dst = buf_reserve(buf, len > SIZE_MAX / 2 ? SIZE_MAX : 2 * len);
	if (dst == NULL)
		return;
	for (size_t i = 0; i < len; i++) {
		dst[2 * i] = (uint8_t)digits[p[i] >> 4];
		dst[2 * i + 1] = (uint8_t)digits[p[i] & 15];
	}
	buf->len += 2 * len;
}

const char *
buf_cstr(struct buf *buf)
{
	if (buf_reserve(buf, 0) == NULL)
		return "";
	buf->data[buf->len] = '\0';
	return (const char *)buf->data;
}

void
cur_init(struct cur *cur, const void *data, size_t len)
{
	*cur = (struct cur){.p = data, .left = len};
}

const uint8_t *
cur_take(struct cur *cur, size_t n)
{
	const uint8_t *p = cur->p;

	if (cur->err != ERR_OK)
		return NULL;
	if (n > cur->left) {
		cur->err = ERR_SYNTAX;
		return NULL;
	}
	if (n > 0)
		cur->p += n;
	cur->left -= n;
	return p;
}

/* The next n bytes (at most 4) as a big-endian number; 0 on error. */
static uint32_t
take_number(struct cur *cur, size_t n)
{
	const uint8_t *p = cur_take(cur, n);
	uint32_t v = 0;

	for (size_t i = 0; p != NULL && i < n; i++)
		v = v << 8 | p[i];
	return v;
}

uint8_t
cur_u8(struct cur *cur)
{
	return (uint8_t)take_number(cur, 1);
}

uint16_t
cur_u16(struct cur *cur)
{
	return (uint16_t)take_number(cur, 2);
}

uint32_t
cur_u24(struct cur *cur)
{
	return take_number(cur, 3);
}

uint32_t
cur_u32(struct cur *cur)
{
	return take_number(cur, 4);
}

void
cur_skip(struct cur *cur, size_t n)
{
	(void)cur_take(cur, n);
}

void
cur_copy(struct cur *cur, void *dst, size_t dst_size, size_t n)
{
	const uint8_t *p;

	if (cur->err == ERR_OK && n > dst_size)
		cur->err = ERR_LIMIT;
	p = cur_take(cur, n);
	if (p != NULL && n > 0)
		memcpy(dst, p, n);
}

struct cur
cur_sub(struct cur *cur, size_t n)
{
	struct cur sub = {.p = cur->p};

	(void)cur_take(cur, n);
	sub.err = cur->err;
	if (cur->err == ERR_OK)
		sub.left = n;
	return sub;
}
