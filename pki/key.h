/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The private keys of the identities: what they may sign, and the signature. The threads that do it
 * are signers.c.
 */
#ifndef PKI_KEY_H
#define PKI_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/err.h"
#include "common/ipc.pb-c.h"

#define KEY_DATA_MAX 1024 /* an RSA modulus of 8192 bits; no signature is longer */

struct key;
struct x509_st;

/*
 * A private key from PEM text, RSA (2048 to 8192 bits) or EC (P-256, P-384, P-521). ERR_SYNTAX: not
 * such a key, or encrypted; ERR_UNSUPPORTED: another kind or size.
 */
enum err key_load(const char *pem, size_t pem_len, struct key **out) MUST_USE;
/* Another owner of the same key, which is then freed once more. Any thread. */
struct key *key_ref(struct key *key);
/* The last owner's call frees it. NULL is fine. Any thread. */
void key_free(struct key *key);
/* True if the certificate is for this key. */
bool key_matches(const struct key *key, const struct x509_st *cert);
/* Is this operation on data of this length one that the key may do? ERR_DENIED if not. */
enum err key_check(const struct key *key, Ipc__SignOp op, size_t data_len) MUST_USE;
/* Sign at once. signature has KEY_DATA_MAX bytes. ERR_DENIED, ERR_CRYPTO. Any thread. */
enum err key_sign(const struct key *key, Ipc__SignOp op, const uint8_t *data, size_t data_len,
    uint8_t *signature, size_t *signature_len) MUST_USE;

#endif
