/* SPDX-License-Identifier: Apache-2.0 */
/* A session as a record of the store, and back. */
#ifndef AUTH_SESSION_RECORD_H
#define AUTH_SESSION_RECORD_H

#include "auth/session.h"

/* Queue the session's state to be stored. */
enum err session_record_put(const struct session *session, struct store *store) MUST_USE;
/*
 * Make a session of a record and restore its leases; the caller owns it (session_drop). The
 * configuration that it logged in with is not kept over a restart of auth: it gets the policy that
 * the one in force has for it. ERR_SYNTAX: malformed; ERR_NOTFOUND: the configuration has no such
 * user or group, or an address that is neither in a pool, nor in a removed one that still drains,
 * nor the user's own; ERR_EXISTS: an address is leased; ERR_NOMEM; errors of filters_hold_policy().
 */
enum err session_record_read(const struct session_config *config, const Ipc__SessionRecord *record,
    struct session **out) MUST_USE;

#endif
