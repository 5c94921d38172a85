/* SPDX-License-Identifier: Apache-2.0 */
/* Walking DER (X.690) that is too big for OpenSSL's trees: elements one after the other, nothing
 * copied. */
#ifndef PKI_DER_H
#define PKI_DER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"

/* Tags (X.690 8). */
#define DER_BOOLEAN 0x01
#define DER_INTEGER 0x02
#define DER_BITS 0x03
#define DER_OCTETS 0x04
#define DER_OID 0x06
#define DER_ENUM 0x0a
#define DER_UTC_TIME 0x17
#define DER_GENERAL_TIME 0x18
#define DER_SEQUENCE 0x30

/* Has the next element this tag? false at the end and after an error. */
bool der_is(const struct cur *cur, uint8_t tag);
/* The content of the next element, which must have this tag (else ERR_SYNTAX, sticky in cur and in
 * what is returned); whole (or NULL): with its head, untouched on error. */
struct cur der_take(struct cur *cur, uint8_t tag, struct cur *whole);
/* Everything was read, without an error. */
bool der_done(const struct cur *cur);
/* Is what is left exactly these bytes? */
bool der_equal(const struct cur *cur, const void *data, size_t len);

#endif
