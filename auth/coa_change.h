/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a CoA-Request changes in a session (asa.md 6.5): its words are laid over those that the
 * servers gave at login, and everything that can change while a tunnel is up follows from that:
 * filters, idle and session timeout (counted from the login), simultaneous logins. What the tunnel
 * was told when it came up changes when it comes up again.
 */
#ifndef AUTH_COA_CHANGE_H
#define AUTH_COA_CHANGE_H

#include "auth/coa_cause.h"
#include "auth/radius_packet.h"
#include "auth/session.h"

/* Who asks, for what it says is read by his settings (masks, merge-dacl). Borrowed. */
struct coa_sender {
	const char *group;
	const struct ip_addr *server;
};

/* Have a worker use what has changed. */
typedef void (*coa_update_fn)(unsigned worker, const Ipc__SessionUpdate *msg, void *arg);

/*
 * Read what is to change. *out is NULL when nothing is (coa-push=true by itself is a way to say
 * so); the caller frees with radius_profile_free(). If its dacl is not empty, dacl_ace is to be
 * fetched before coa_change_apply(). COA_UNSUPPORTED_ATTRIBUTE, .._SERVICE, .._EXTENSION;
 * COA_INVALID_VALUE; COA_NO_RESOURCES.
 */
enum coa_cause coa_change_read(const struct radius_packet *packet, const struct coa_sender *sender,
    Ipc__AaaProfile **out) MUST_USE;
/* Change the session and its record. After anything but COA_OK it is what it was. */
enum coa_cause coa_change_apply(struct session_table *table, struct session *session,
    const Ipc__AaaProfile *change, coa_update_fn update, void *arg) MUST_USE;

#endif
