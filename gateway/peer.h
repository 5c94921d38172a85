/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who owns a UDP datagram: by the client's address and port once a DTLS handshake has proven them,
 * before that by the App-ID in its ClientHello. As with fib.h every worker has a table of its own
 * that knows all sessions, and an entry goes only with the id that made it.
 */
#ifndef GATEWAY_PEER_H
#define GATEWAY_PEER_H

#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/err.h"
#include "gateway/udp.h"

struct chan;
struct peers;

struct peer_entry {
	unsigned owner;
	uint64_t id;       /* of the channel (App-IDs) or of the leg (addresses) */
	struct chan *chan; /* NULL unless the owner is this worker */
};

/* NULL: memory. */
struct peers *peers_new(void) MUST_USE;
void peers_free(struct peers *peers);

enum err peers_add_flow(
    struct peers *peers, const struct udp_flow *flow, const struct peer_entry *entry) MUST_USE;
void peers_remove_flow(struct peers *peers, const struct udp_flow *flow, uint64_t id);
const struct peer_entry *peers_find_flow(const struct peers *peers, const struct udp_flow *flow);

/*
 * App-IDs are looked up by a keyed digest, so that the time of a lookup tells nothing about the ids
 * that exist. The key is this table's own.
 */
enum err peers_add_app_id(
    struct peers *peers, const uint8_t *id, size_t len, const struct peer_entry *entry) MUST_USE;
void peers_remove_app_id(struct peers *peers, const uint8_t *app_id, size_t len, uint64_t id);
const struct peer_entry *peers_find_app_id(
    const struct peers *peers, const uint8_t *id, size_t len);

#endif
