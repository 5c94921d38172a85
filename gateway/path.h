/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A worker's data path: its tun queue, its UDP sockets, the channels of the sessions that it owns,
 * the forwarding tables, and the rings to the other workers (design 3). What the rest of the worker
 * needs of it is here.
 */
#ifndef GATEWAY_PATH_H
#define GATEWAY_PATH_H

#include "common/attr.h"
#include "common/ipc.h"
#include "gateway/chan.h"
#include "gateway/worker.h"

/* Takes worker->tun_fd and worker->udp_fds as they are (the worker closes them). NULL: memory. */
struct path *path_new(struct worker *worker) MUST_USE;
void path_free(struct path *path);
/* All workers' paths exist: connect their rings. Main thread, before the threads start. */
enum err path_connect(struct path *const *paths, size_t len) MUST_USE;
/* Start serving; on the worker's thread. */
void path_start(struct path *path);
/* Orderly stop, everything is closed. end_sessions: every session's client gets a disconnect packet
 * (type 5) before; else the clients come back with their cookies. */
void path_stop(struct path *path, bool end_sessions);

/* auth's requests about sessions of this worker. */
void path_session_end(struct path *path, const Ipc__SessionEnd *end);
void path_session_update(struct path *path, const Ipc__SessionUpdate *update);
void path_stats_request(struct path *path, struct ipc *auth, uint32_t id);
/* Set what the counters of the thread do not follow by themselves: traffic, tunnels, losses
 * (common/metric.h). */
void path_metrics(const struct path *path);
/* The channel to auth is new: tell it what runs here (one TunnelEvent up per live channel). */
void path_auth_is_back(struct path *path);
/* The channel to auth is gone, and what auth had sent over it counts no more. */
void path_auth_is_gone(struct path *path);
/* Filters from auth. */
void path_filter_add(struct path *path, const Ipc__FilterAdd *msg);
void path_filter_forget(struct path *path, const Ipc__FilterForget *msg);
/* Are the filters of this policy here? A tunnel without them must not be. */
bool path_has_filters(const struct path *path, const Ipc__TunnelPolicy *policy);

/*
 * A CONNECT succeeded and its answer is written: make the channel and tell auth that it is up.
 * path_has_filters() of its policy. Takes params->stream in any case. ERR_NOMEM; ERR_BADSTATE while
 * stopping: then auth was told nothing.
 */
enum err path_chan_open(struct path *path, const struct chan_params *params) MUST_USE;

#endif
