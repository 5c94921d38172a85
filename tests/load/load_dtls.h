/* SPDX-License-Identifier: Apache-2.0 */
/* A client's DTLS channel with a pre-shared key (protocol.md 5.2). Datagrams are read and written
 * in batches, each one alone: nothing is joined or cut by the kernel. */
#ifndef TESTS_LOAD_DTLS_H
#define TESTS_LOAD_DTLS_H

#include <stdbool.h>

#include "tests/load/load_client.h"

/* The context that all of them share; NULL with a word on stderr. */
SSL_CTX *load_dtls_context(void);
/* Begin the handshake; the client is up when it is done. False: the client is gone. */
bool load_dtls_start(struct load_client *client);
/* Seal one record; load_dtls_flush() sends it. */
void load_dtls_send(struct load_dtls *dtls, const void *data, size_t len);
void load_dtls_flush(struct load_dtls *dtls);
void load_dtls_free(struct load_dtls *dtls);

#endif
