/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RADIUS accounting of sessions (asa.md 6.2, RFC 2866, 2869): Start when a session has its
 * addresses, Interim when they change and every few hours, Stop when it ends. Requests are kept
 * (auth/acct_queue.h) until a server of the tunnel group's accounting-server-group has answered, or
 * all of them have (accounting-mode simultaneous); those of one session go out in order.
 *
 * Octets are those of the session's statistics: inner bytes, input is what the client sent. An
 * Interim has them as the workers last reported them, half a minute ago at most.
 */
#ifndef AUTH_ACCOUNTING_H
#define AUTH_ACCOUNTING_H

#include "auth/acct_queue.h"
#include "auth/acct_spool.h"
#include "auth/radius_client.h"
#include "auth/session.h"

#define ACCOUNTING_ID_SIZE 17

struct accounting;

/* All must outlive; gate (auth/acct_queue.h) may be NULL. NULL: memory. */
struct accounting *accounting_new(struct radius_client *client, struct acct_spool *spool,
    const struct acct_queue_gate *gate) MUST_USE;
/* What was not answered stays in the spool. NULL is fine. */
void accounting_free(struct accounting *accounting);
/* Read what an earlier process left; before the first event. ERR_SYS, ERR_NOMEM. */
enum err accounting_load(struct accounting *accounting) MUST_USE;
/* The sessions of that process are read, too: what they know nothing of was never sent. */
void accounting_sift(struct accounting *accounting, const struct session_table *sessions);
/* A configuration that is in force, in the client too: servers may be back. */
void accounting_use(struct accounting *accounting, struct conf *conf);
/* Requests that no server has answered yet. */
size_t accounting_len(const struct accounting *accounting);
/* Records of sessions are on the disk: what waited for them is sent. */
void accounting_release(struct accounting *accounting);
/* Once a second. */
void accounting_tick(struct accounting *accounting, struct session_table *sessions);
/* What happened to a session (struct session_config: event). Sets accounting_started. */
void accounting_event(
    struct accounting *accounting, enum session_event event, struct session *session);

/* Acct-Session-Id: the session's number and the second of its login in hexadecimal, so that no
 * other of this gateway has it, also after a restart. */
void accounting_session_id(const struct session *session, char out[ACCOUNTING_ID_SIZE]);
/* Acct-Terminate-Cause (RFC 2866 5.10). */
uint32_t accounting_terminate_cause(Ipc__CloseCause cause);

#endif
