/* SPDX-License-Identifier: Apache-2.0 */
/* A session as a record of the store, and back. */
#ifndef AUTH_SESSION_RECORD_H
#define AUTH_SESSION_RECORD_H

#include "auth/session.h"

/* Queue the session's state to be stored. */
enum err session_record_put(const struct session *session, struct store *store) MUST_USE;
/*
 * Make a session of a record, check it against the configuration and restore its leases; the caller
 * owns it. ERR_SYNTAX: malformed; ERR_NOTFOUND: user, group or an address are not in the
 * configuration any more; ERR_EXISTS: an address is leased; ERR_NOMEM.
 */
enum err session_record_read(const struct session_config *config, const Ipc__SessionRecord *record,
    struct session **out) MUST_USE;

#endif
