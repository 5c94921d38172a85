/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The listeners of a worker and the list of its connections without a tunnel: what conn.c and
 * conns.c share. Others use conn.h.
 */
#ifndef GATEWAY_CONNS_H
#define GATEWAY_CONNS_H

#include <stdbool.h>

#include "common/attr.h"
#include "common/err.h"
#include "common/ip.h"
#include "gateway/conn.h"
#include "gateway/crowd.h"

/* A connection's place in the list. Embedded in struct conn. */
struct conns_entry {
	struct crowd_entry place; /* first */
	struct conn *conn;
};

/* Connections that are no tunnel (yet). */
size_t conns_len(const struct conns *conns);
void conns_add(struct conns *conns, struct conns_entry *entry, const struct ip_addr *from);
/* It has sent a whole request: others give way to newcomers before it. */
void conns_know(struct conns *conns, struct conns_entry *entry);
/* One is gone: there may be room for another. */
void conns_remove(struct conns *conns, struct conns_entry *entry);
/* May one more line about a client be written now? Strangers decide how many there could be. */
bool conns_may_log(struct conns *conns);
/* There was no memory for a client, who is turned away: a line now and then. */
void conns_no_memory(struct conns *conns);
void conns_close_fd(int fd);

/* conn.c: take an accepted socket, which is closed on error. ERR_NOMEM. */
enum err conn_accept(struct conns *conns, struct worker *worker, int fd,
    const struct ip_endpoint *client, const struct ip_endpoint *server) MUST_USE;
/* conn.c: close, from outside of its callbacks. */
void conn_close(struct conn *conn);
bool conn_is_handshaking(const struct conn *conn);

#endif
