/* SPDX-License-Identifier: Apache-2.0 */
/* Bounded string helpers: copies, numbers, hexadecimal, constant-time comparison. */
#ifndef COMMON_STR_H
#define COMMON_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/err.h"

/* Copy src into dst of dst_size bytes, always terminated. ERR_LIMIT if it was cut. */
enum err str_copy(char *dst, size_t dst_size, const char *src);
/* The same for src_len bytes that need not be terminated; a NUL inside is ERR_SYNTAX. */
enum err str_copy_n(char *dst, size_t dst_size, const char *src, size_t src_len);
/* Decimal number within [min, max]; whole string must be digits. ERR_SYNTAX, ERR_RANGE. */
enum err str_to_u64(const char *s, uint64_t min, uint64_t max, uint64_t *out) MUST_USE;
/* Hexadecimal text of exactly 2 * out_len digits into out. ERR_SYNTAX. */
enum err str_unhex(const char *s, uint8_t *out, size_t out_len) MUST_USE;
/* Lower-case hexadecimal of len bytes into dst, which has 2 * len + 1 bytes. */
void str_hex(char *dst, const void *data, size_t len);
/* ASCII case-insensitive comparison, independent of locale. */
bool str_ieq(const char *a, const char *b);
bool str_istarts(const char *s, const char *prefix);
/* Equal in a time that depends on len only. */
bool str_eq_secret(const void *a, const void *b, size_t len);
/* Overwrite memory in a way that the compiler keeps. */
void str_wipe(void *p, size_t len);
/* Bytes that a terminal or a log must not see (controls, DEL, invalid UTF-8) become '?'. Always
 * terminated. */
void str_printable(char *dst, size_t dst_size, const char *src);
/* Bytes of the valid UTF-8 sequence at s and its code point; 0 when it is malformed. At the end: 1,
 * code 0. */
size_t str_utf8(const char *s, uint32_t *code);
/* Code points that can move a cursor or reorder a line: C0, DEL, C1, line separators, bidirectional
 * controls. */
bool str_is_control(uint32_t code);
/* "[Nd ]Hh:MMm:SSs" as the ASA prints durations (asa.md 7). dst_size >= 32. */
void str_duration(char *dst, size_t dst_size, uint64_t seconds);

#endif
