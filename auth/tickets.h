/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys of the TLS session tickets that the gateway's workers make (gateway/tls_ticket.h): made here
 * because auth outlives a gateway that is restarted, new every hour, never on disk.
 */
#ifndef AUTH_TICKETS_H
#define AUTH_TICKETS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/err.h"
#include "common/ipc.pb-c.h"

/* How long a key makes tickets. It opens them for as long again. */
#define TICKETS_PERIOD_MS (3600 * 1000)

struct tickets;

/* With a first key, at a moment of CLOCK_MONOTONIC. NULL: memory or random bytes. */
struct tickets *tickets_new(uint64_t now_ms) MUST_USE;
/* Wipes the keys. NULL is fine. */
void tickets_free(struct tickets *tickets);

/* Called often. True: there is a new key, which every worker is to hear of. Without random
 * bytes the old one stays, until the next call. */
bool tickets_tick(struct tickets *tickets, uint64_t now_ms) MUST_USE;

/* Have `send` (called once) tell the keys to a worker; what it returns is returned. */
typedef enum err (*tickets_send_fn)(const Ipc__TicketKeys *msg, void *arg);
enum err tickets_tell(const struct tickets *tickets, tickets_send_fn send, void *arg) MUST_USE;

#endif
