/* SPDX-License-Identifier: Apache-2.0 */
/* Client certificates, one per user, all with one key: made at the start with the CA of the test.
 */
#ifndef TESTS_LOAD_MINT_H
#define TESTS_LOAD_MINT_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

struct load_mint;

/* files: "CA.pem,CA.key"; user: prefix of the common names. NULL with a word on stderr. */
struct load_mint *load_mint_new(const char *files, const char *user, uint32_t users);
/* Let a connection show the certificate of that user (from 0 on). */
bool load_mint_use(struct load_mint *mint, SSL *ssl, uint32_t user);
void load_mint_free(struct load_mint *mint);

#endif
