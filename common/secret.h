/* SPDX-License-Identifier: Apache-2.0 */
/* A holder for keys and passwords: locked in memory where possible, wiped on free, never printable.
 */
#ifndef COMMON_SECRET_H
#define COMMON_SECRET_H

#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"

struct secret;

/* A copy of len bytes (a NUL is kept behind them, not counted). NULL when memory is out. Caller
 * frees. */
struct secret *secret_new(const void *data, size_t len) MUST_USE;
/* Wipe and free; NULL is fine. */
void secret_free(struct secret *secret);
const uint8_t *secret_data(const struct secret *secret);
size_t secret_len(const struct secret *secret);
/* The bytes as a C string, for crypt(3) and the like. */
const char *secret_cstr(const struct secret *secret);

#endif
