/* SPDX-License-Identifier: Apache-2.0 */
/* The DTLS leg of a channel, as chan.c uses it. The rest of its interface is in chan.h. */
#ifndef GATEWAY_CHAN_DTLS_H
#define GATEWAY_CHAN_DTLS_H

#include "gateway/chan.h"

/*
 * Seal a packet of that type for the established leg. The byte before data is overwritten. False:
 * it could not be sent, and the leg was torn.
 */
bool chan_dtls_send(struct chan *chan, enum cstp_type type, uint8_t *data, size_t len);
/* Once a second: dead peer detection of the leg, the choice between the legs, memory of a leg at
 * rest. */
void chan_dtls_tick(struct chan *chan);
/* What a new channel needs for its handshakes. */
void chan_dtls_init(struct chan *chan, const struct chan_params *params);
/* The opposite; cause: is the session over, or may it come back? */
void chan_dtls_fini(struct chan *chan, Ipc__CloseCause cause);
/* The channel ends: let go of every leg. */
void chan_dtls_drop(struct chan *chan, bool notify);

/* chan.c: did we send nothing over a leg, since tx_ms, for so long that it is time for a keepalive?
 */
bool chan_wants_keepalive(const struct chan *chan, uint64_t tx_ms);
/* chan.c: a packet that the client sent over a leg with these counters. */
void chan_take_packet(struct chan *chan, struct chan_count *count, const uint8_t *pkt, size_t len);

#endif
