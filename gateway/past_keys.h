/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pre-shared keys of each session's TLS connections, those before the present one too: some
 * clients (openconnect with OpenSSL) export the key at their first DTLS handshake and go on with
 * it over all reconnections (protocol.md 5.2). Which of its keys a client uses shows only when a
 * handshake succeeds or does not.
 *
 * One for all workers, because a session's connections may be any worker's. It is locked, and asked
 * once for a CONNECT, a DTLS handshake that succeeds, and an end of a tunnel: never for a packet.
 */
#ifndef GATEWAY_PAST_KEYS_H
#define GATEWAY_PAST_KEYS_H

#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "gateway/dtls.h"

#define PAST_KEYS_MAX 4 /* of a session: the oldest and the newest ones */

struct past_keys;

/* Keys of a session without a tunnel are forgotten after so long. NULL: memory. */
struct past_keys *past_keys_new(uint64_t keep_ms) MUST_USE;
/* NULL is fine. */
void past_keys_free(struct past_keys *past);

/*
 * A tunnel of the session comes up, and this is its key. out: the keys to try, the likeliest first,
 * this one among them; returns how many. past NULL, or no memory: this one only.
 */
size_t past_keys_enter(struct past_keys *past, uint64_t session, const uint8_t *key,
    uint8_t out[PAST_KEYS_MAX][DTLS_PSK_LEN], uint64_t now_ms);
/* A handshake succeeded with this key of the session. */
void past_keys_worked(struct past_keys *past, uint64_t session, const uint8_t *key);
/* A tunnel that was entered is gone. The session may come back. */
void past_keys_leave(struct past_keys *past, uint64_t session, uint64_t now_ms);
/* The session is over. */
void past_keys_forget(struct past_keys *past, uint64_t session);

#endif
