/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Session tickets (RFC 5077, RFC 8446 4.6.1): a client that comes back within the hour is spared
 * the signature, at whichever worker it arrives. A ticket stands for a TLS handshake and for
 * nothing else: who is let in is proven by a login or by a session token, after the handshake as
 * ever.
 *
 * The keys are auth's: the same for all workers, new every hour, the last ones good for one hour
 * more; they are in no file. Connections on which a client may show a certificate have no tickets.
 */
#ifndef GATEWAY_TLS_TICKET_H
#define GATEWAY_TLS_TICKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/err.h"
#include "common/ipc.pb-c.h"

#define TLS_TICKET_KEYS_MAX 2
#define TLS_TICKET_NAME_LEN 16
#define TLS_TICKET_SECRET_LEN 32
#define TLS_TICKET_LIFETIME_SEC 3600 /* as long as auth keeps a key after its hour is over */

struct ssl_st;
struct ssl_ctx_st;

struct tls_ticket_key {
	uint8_t name[TLS_TICKET_NAME_LEN];
	uint8_t cipher[TLS_TICKET_SECRET_LEN]; /* AES-256-CBC */
	uint8_t mac[TLS_TICKET_SECRET_LEN];    /* HMAC-SHA-256 */
};

/* The keys of one worker. Plain value; the contexts that use it keep its address. */
struct tls_tickets {
	size_t len;
	struct tls_ticket_key key[TLS_TICKET_KEYS_MAX]; /* [0] seals, all open */
};

/* A key of the worker's own, until auth has told the common ones. ERR_CRYPTO: no random bytes. */
enum err tls_tickets_init(struct tls_tickets *tickets) MUST_USE;
/* Use auth's keys from now on, and wipe them in msg. ERR_RANGE: it is malformed, nothing changes.
 */
enum err tls_tickets_take(struct tls_tickets *tickets, Ipc__TicketKeys *msg) MUST_USE;
void tls_tickets_wipe(struct tls_tickets *tickets);

/*
 * Have a context give and take tickets. Those of contexts with another `identities` (a digest of at
 * most 32 bytes) are not taken. ERR_CRYPTO.
 */
enum err tls_tickets_use(struct tls_tickets *tickets, struct ssl_ctx_st *ctx,
    const uint8_t *identities, size_t identities_len) MUST_USE;
/* SHA-1 of the certificate that the client was shown in the handshake that a resumed connection
 * stands on. False: this connection was not resumed. */
bool tls_tickets_cert_sha1(const struct ssl_st *ssl, uint8_t dst[20]);

#endif
