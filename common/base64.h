/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 (RFC 4648 section 4) that arrives in pieces, with blanks between. Strict otherwise:
 * padded, nothing behind the padding, no stray bits, no other character. Pure. */
#ifndef COMMON_BASE64_H
#define COMMON_BASE64_H

#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/buf.h"
#include "common/err.h"

/* A text that is being decoded; all zeros at its start. */
struct base64 {
	uint32_t bits;  /* of the group that is not complete */
	unsigned count; /* characters of it, padding included */
	unsigned pads;
};

/* Decode a piece of text and append to out. ERR_SYNTAX; out's ERR_LIMIT, ERR_NOMEM. */
enum err base64_feed(struct base64 *base64, const char *text, size_t len, struct buf *out) MUST_USE;
/* The text is at its end. ERR_SYNTAX: in the middle of a group. */
enum err base64_end(const struct base64 *base64) MUST_USE;

#endif
