/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bounded string helpers. Everything here is independent of the locale, because the bytes come from
 * the network or from configuration files, and never from a person at a terminal.
 */
#include "common/str.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

enum err
str_copy(char *dst, size_t dst_size, const char *src)
{
	return str_copy_n(dst, dst_size, src, strlen(src));
}

enum err
str_copy_n(char *dst, size_t dst_size, const char *src, size_t src_len)
{
	size_t n = src_len;

	if (dst_size == 0)
		return ERR_LIMIT;
	if (src_len > 0 && memchr(src, '\0', src_len) != NULL) {
		dst[0] = '\0';
		return ERR_SYNTAX;
	}
	if (n > dst_size - 1)
		n = dst_size - 1;
	if (n > 0)
		memcpy(dst, src, n);
	dst[n] = '\0';
	return n == src_len ? ERR_OK : ERR_LIMIT;
}

enum err
str_to_u64(const char *s, uint64_t min, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	if (*s == '\0')
		return ERR_SYNTAX;
	for (const char *p = s; *p != '\0'; p++)
		if (*p < '0' || *p > '9')
			return ERR_SYNTAX;
	for (; *s != '\0'; s++) {
		unsigned digit = (unsigned)(*s - '0');

		if (v > (UINT64_MAX - digit) / 10)
			return ERR_RANGE;
		v = v * 10 + digit;
	}
	if (v < min || v > max)
		return ERR_RANGE;
	*out = v;
	return ERR_OK;
}

/* Value of a hexadecimal digit, -1 for anything else. */
static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

enum err
str_unhex(const char *s, uint8_t *out, size_t out_len)
{
	if (strnlen(s, 2 * out_len + 1) != 2 * out_len)
		return ERR_SYNTAX;
	for (size_t i = 0; i < 2 * out_len; i++)
		if (hex_digit(s[i]) < 0)
			return ERR_SYNTAX;
	for (size_t i = 0; i < out_len; i++)
		out[i] = (uint8_t)((unsigned)hex_digit(s[2 * i]) << 4 |
				   (unsigned)hex_digit(s[2 * i + 1]));
	return ERR_OK;
}

void
str_hex(char *dst, const void *data, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *p = data;

	for (size_t i = 0; i < len; i++) {
		*dst++ = digits[p[i] >> 4];
		*dst++ = digits[p[i] & 15];
	}
	*dst = '\0';
}

static char
ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool
str_ieq(const char *a, const char *b)
{
	for (; *a != '\0' && *b != '\0'; a++, b++)
		if (ascii_lower(*a) != ascii_lower(*b))
			return false;
	return *a == *b;
}

bool
str_istarts(const char *s, const char *prefix)
{
	for (; *prefix != '\0'; s++, prefix++)
		if (ascii_lower(*s) != ascii_lower(*prefix))
			return false;
	return true;
}

bool
str_eq_secret(const void *a, const void *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}

void
str_wipe(void *p, size_t len)
{
	if (len > 0)
		explicit_bzero(p, len);
}

size_t
str_utf8(const char *s, uint32_t *code)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const uint8_t *p = (const uint8_t *)s;
	uint32_t v;
	size_t len;

	if (p[0] < 0x80)
		len = 1, v = p[0];
	else if ((p[0] & 0xe0) == 0xc0)
		len = 2, v = p[0] & 0x1f;
	else if ((p[0] & 0xf0) == 0xe0)
		len = 3, v = p[0] & 0x0f;
	else if ((p[0] & 0xf8) == 0xf0)
		len = 4, v = p[0] & 0x07;
	else
		return 0;
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80) /* stops at the final NUL too */
			return 0;
		v = v << 6 | (p[i] & 0x3f);
	}
	if (v < least[len] || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff))
		return 0;
	*code = v;
	return len;
}

bool
str_is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code == 0x2028 || code == 0x2029 ||
	       (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

void
str_printable(char *dst, size_t dst_size, const char *src)
{
	size_t used = 0;

	if (dst_size == 0)
		return;
	while (*src != '\0') {
		uint32_t code;
		size_t len = str_utf8(src, &code);
		bool good = len > 0 && !str_is_control(code);
		size_t put = good ? len : 1;

		if (used + put >= dst_size)
			break;
		if (good)
			memcpy(dst + used, src, len);
		else
			dst[used] = '?';
		used += put;
		src += len > 0 ? len : 1;
	}
	dst[used] = '\0';
}

void
str_duration(char *dst, size_t dst_size, uint64_t seconds)
{
	uint64_t days = seconds / 86400;
	unsigned hours = (unsigned)(seconds % 86400 / 3600);
	unsigned minutes = (unsigned)(seconds % 3600 / 60);
	unsigned secs = (unsigned)(seconds % 60);

	if (days > 0)
		snprintf(dst, dst_size, "%" PRIu64 "d %uh:%02um:%02us", days, hours, minutes, secs);
	else
		snprintf(dst, dst_size, "%uh:%02um:%02us", hours, minutes, secs);
}
