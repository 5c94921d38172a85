/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions as messages for show-sessions: filters and the session's description. */
#ifndef AUTH_LISTING_H
#define AUTH_LISTING_H

#include "auth/session.h"

/* Does a session pass the filters? */
bool listing_match(const struct session *session, const Ipc__CtlSessions *filter);

/* The description, with what it points to; borrows from the session. */
struct listing {
	Ipc__CtlSession msg;
	Ipc__ChannelStats total;
	Ipc__CtlTunnel tunnels[2];
	Ipc__CtlTunnel *tunnel_refs[2];
};

void listing_fill(struct listing *listing, struct session *session);

#endif
