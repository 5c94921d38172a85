/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions as messages for show-sessions: filters and the session's description. */
#ifndef AUTH_LISTING_H
#define AUTH_LISTING_H

#include "auth/session.h"

#define LISTING_TEXT_MAX 114688 /* bytes of all attributes of a session */

/* Does a session pass the filters? */
bool listing_match(const struct session *session, const Ipc__CtlSessions *filter);

/* The description, with what it points to; borrows from the session and filters. */
struct listing {
	Ipc__CtlSession msg;
	Ipc__ChannelStats total;
	Ipc__CtlTunnel tunnels[2];
	Ipc__CtlTunnel *tunnel_refs[2];
	struct buf texts; /* what attributes point into */
	Ipc__CtlAttribute *attributes;
	Ipc__CtlAttribute **attribute_refs;
};

/* filters: those of the session table. Ends with listing_fini(). */
void listing_fill(struct listing *listing, struct session *session, const struct filters *filters);
/* Tell every attribute of the policy too, with where it came from. Values are cut so that the
 * message is far from IPC_MSG_MAX. ERR_NOMEM: without them. */
enum err listing_policy(struct listing *listing, const struct session *session) MUST_USE;
void listing_fini(struct listing *listing);

#endif
