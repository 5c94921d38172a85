/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What gateway workers ask and tell about the tunnels of sessions. A worker is believed only about
 * sessions whose tunnel it has; everything it says is checked (design.md 1).
 */
#ifndef AUTH_TUNNEL_H
#define AUTH_TUNNEL_H

#include "auth/session.h"

/* Gives the answer to a SessionOpen away; false when it could not be sent, then the tunnel does not
 * exist. */
typedef bool (*tunnel_opened_fn)(const Ipc__SessionOpened *opened, void *arg);

/* Token to tunnel: leases, policy, end of an older tunnel. Calls fn exactly once, before it
 * returns. */
void tunnel_open(struct session_table *table, unsigned worker, const Ipc__SessionOpen *open,
    tunnel_opened_fn fn, void *arg);
/* A channel came up or went down. An unknown session's worker is told to end it. */
void tunnel_event(struct session_table *table, unsigned worker, const Ipc__TunnelEvent *event);
/* The tunnel is closed. */
void tunnel_closed(struct session_table *table, unsigned worker, const Ipc__SessionClosed *closed);
void tunnel_stats(struct session_table *table, unsigned worker, const Ipc__StatsReport *report);
/* HTTP logout. */
void tunnel_logout(struct session_table *table, const Ipc__SessionLogout *logout);

#endif
