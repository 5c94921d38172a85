/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Session tokens and login handles: unguessable values that clients carry. Of a token only the
 * SHA-256 is kept, in memory as on disk, so that nobody who reads either can take over a session.
 */
#ifndef AUTH_TOKEN_H
#define AUTH_TOKEN_H

#include <stdint.h>

#include "common/attr.h"
#include "common/err.h"

#define TOKEN_BYTES 32
#define TOKEN_TEXT_SIZE (2 * TOKEN_BYTES + 1)
#define TOKEN_HASH_SIZE 32

/* A new value as lower-case hex. */
void token_new(char text[TOKEN_TEXT_SIZE]);
/* Hash of a token as presented. ERR_SYNTAX unless it is exactly 64 hex digits, ERR_CRYPTO. */
enum err token_hash(const char *text, uint8_t out[TOKEN_HASH_SIZE]) MUST_USE;

#endif
