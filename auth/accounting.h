/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RADIUS accounting of sessions (asa.md 6.2, RFC 2866, 2869): Start when a session has its
 * addresses, Interim when they change and all the time, Stop when it ends. Requests are kept
 * (auth/acct_spool.h) until a server of the tunnel group's accounting-server-group has answered, or
 * all of them have (accounting-mode simultaneous); those of one session go out in order.
 */
#ifndef AUTH_ACCOUNTING_H
#define AUTH_ACCOUNTING_H

#include "auth/acct_spool.h"
#include "auth/radius_client.h"
#include "auth/session.h"

struct accounting;

/* All must outlive. NULL: memory. */
struct accounting *accounting_new(
    struct loop *loop, struct radius_client *client, struct acct_spool *spool) MUST_USE;
void accounting_free(struct accounting *accounting);
/* Send what an earlier process left. */
enum err accounting_load(struct accounting *accounting) MUST_USE;
/* Another configuration: servers may be back. */
void accounting_use(struct accounting *accounting, struct conf *conf);
/* Once a second. */
void accounting_tick(struct accounting *accounting, struct session_table *sessions);
/* What happened to a session (struct session_config: event). */
void accounting_event(
    struct accounting *accounting, enum session_event event, struct session *session);

#endif
