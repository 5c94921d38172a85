/* SPDX-License-Identifier: Apache-2.0 */
/* What the log says of a TLS connection, in the ASA's words (asa.md 8: 725xxx). Whether it says
 * anything, for strangers decide how many there are, is the caller's to know. */
#ifndef GATEWAY_TLS_EVENT_H
#define GATEWAY_TLS_EVENT_H

#include "common/err.h"
#include "common/ip.h"
#include "gateway/tls_stream.h"

/* 725001: a connection was taken. */
void tls_event_begin(const struct ip_endpoint *client);
/* 725002: its handshake is done; before it 725016 where the client asked for a server by name. */
void tls_event_ready(const struct tls_stream *stream);
/* 725006: it came to nothing; why, as a debug line. */
void tls_event_failed(const struct tls_stream *stream, enum err why);
/* 725007: one that was done ends. */
void tls_event_end(const struct tls_stream *stream);

#endif
