/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A worker's data path: puts its parts together, owns its channels, gives them their time, and
 * answers for them to auth.
 */
#include "gateway/path.h"

#include <stddef.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/metric.h"
#include "gateway/chan_report.h"
#include "gateway/directory.h"
#include "gateway/forward.h"
#include "gateway/gateway.h"
#include "gateway/offload.h"

#define HANDSHAKE_TICK_MS 200
#define REPORT_TICKS 30 /* seconds between reports that nobody asked for */
#define REPORT_BATCH 128
#define ICMP_PER_SECOND 100

struct path {
	struct worker *worker;
	struct chan_env env;
	struct directory *dir;
	struct forward *fwd;
	struct chan *chans; /* by session: the newest channel of each */
	uint64_t last_id;
	struct event *tick_event;
	struct event *handshake_event;
	unsigned ticks;
	uint64_t drops_logged;
	struct chan_count gone_tls; /* of all channels that are closed */
	struct chan_count gone_dtls;
	bool stopping;
	Ipc__SessionStats *report[REPORT_BATCH];
	struct chan_stats report_stats[REPORT_BATCH];
	uint8_t frame[CHAN_FRAME_MAX];
};

static struct path *
path_of(struct chan_env *env)
{
	return (struct path *)(void *)((char *)env - offsetof(struct path, env));
}

/* ---- what the channels ask for ---- */

static void
on_flow_add(struct chan_env *env, struct chan *chan, const struct udp_flow *flow)
{
	directory_add_flow(path_of(env)->dir, chan, flow);
}

static void
on_flow_remove(struct chan_env *env, struct chan *chan, const struct udp_flow *flow)
{
	directory_remove_flow(path_of(env)->dir, chan, flow);
}

static void
count_add(struct chan_count *to, const struct chan_count *count)
{
	to->rx_bytes += count->rx_bytes;
	to->tx_bytes += count->tx_bytes;
	to->rx_packets += count->rx_packets;
	to->tx_packets += count->tx_packets;
}

static void
on_gone(struct chan_env *env, struct chan *chan)
{
	struct path *path = path_of(env);

	count_add(&path->gone_tls, &chan->tls_count);
	count_add(&path->gone_dtls, &chan->dtls_count);
	directory_remove_chan(path->dir, chan);
	HASH_DEL(path->chans, chan);
}

static void
on_handshake(struct chan_env *env)
{
	static const struct timeval interval = {.tv_usec = HANDSHAKE_TICK_MS * 1000};
	struct path *path = path_of(env);

	if (path->handshake_event != NULL &&
	    !event_pending(path->handshake_event, EV_TIMEOUT, NULL))
		event_add(path->handshake_event, &interval);
}

static uint8_t *
on_datagram_out(void *arg, const struct udp_flow *flow, size_t len)
{
	struct path *path = arg;

	return udp_room(path->env.udp, flow, len);
}

/* ---- reports ---- */

static enum err
send_report(struct path *path, struct ipc *auth, size_t len)
{
	Ipc__StatsReport msg = IPC__STATS_REPORT__INIT;

	msg.stats = path->report;
	msg.n_stats = len;
	return ipc_send(auth, IPC__MSG_TYPE__MSG_STATS_REPORT, &msg.base);
}

/* Put the counters of a channel into the report of n; a full one leaves. Returns the new n. */
static size_t
report_add(struct path *path, struct ipc *auth, struct chan *chan, size_t n)
{
	if (n == REPORT_BATCH) {
		if (send_report(path, auth, n) != ERR_OK)
			log_warn("worker %u: cannot report to auth", path->worker->index);
		n = 0;
	}
	chan_stats_fill(chan, &path->report_stats[n]);
	path->report[n] = &path->report_stats[n].stats;
	chan->changed = false;
	return n + 1;
}

static enum err
send_hits(const Ipc__FilterHits *hits, void *arg)
{
	return ipc_send(arg, IPC__MSG_TYPE__MSG_FILTER_HITS, &hits->base);
}

/* What the rules of filters have counted; nothing is sent while nothing has changed. */
static void
report_hits(struct path *path, struct ipc *auth)
{
	filter_table_report(path->env.filters, auth != NULL ? send_hits : NULL, auth);
}

static void
report_changes(struct path *path)
{
	struct ipc *auth = path->worker->auth;
	struct chan *chan, *next;
	size_t n = 0;

	if (auth == NULL)
		return;
	for (chan = path->chans; chan != NULL; chan = next) {
		next = chan->hh.next;
		if (chan->changed)
			n = report_add(path, auth, chan, n);
	}
	if (n > 0 && send_report(path, auth, n) != ERR_OK)
		log_warn("worker %u: cannot report to auth", path->worker->index);
}

void
path_stats_request(struct path *path, struct ipc *auth, uint32_t id)
{
	Ipc__StatsReport msg = IPC__STATS_REPORT__INIT;
	struct chan *chan, *next;
	size_t n = 0;

	path->env.now_ms = clock_mono_ms();
	report_hits(path, auth);
	for (chan = path->chans; chan != NULL; chan = next) {
		next = chan->hh.next;
		n = report_add(path, auth, chan, n);
	}
	msg.stats = path->report;
	msg.n_stats = n;
	msg.last = true;
	if (ipc_reply(auth, id, IPC__MSG_TYPE__MSG_STATS_REPORT, &msg.base) != ERR_OK)
		log_warn("worker %u: cannot report to auth", path->worker->index);
}

void
path_metrics(const struct path *path)
{
	struct chan_count tls = path->gone_tls, dtls = path->gone_dtls;
	uint64_t up[2] = {0};

	for (const struct chan *chan = path->chans; chan != NULL; chan = chan->hh.next) {
		count_add(&tls, &chan->tls_count);
		count_add(&dtls, &chan->dtls_count);
		up[0]++;
		up[1] += chan->dtls != NULL;
	}
	metric_values[METRIC_TUNNELS_TLS] = up[0];
	metric_values[METRIC_TUNNELS_DTLS] = up[1];
	metric_values[METRIC_TLS_RX_BYTES] = tls.rx_bytes;
	metric_values[METRIC_TLS_TX_BYTES] = tls.tx_bytes;
	metric_values[METRIC_DTLS_RX_BYTES] = dtls.rx_bytes;
	metric_values[METRIC_DTLS_TX_BYTES] = dtls.tx_bytes;
	metric_values[METRIC_TLS_RX_PACKETS] = tls.rx_packets;
	metric_values[METRIC_TLS_TX_PACKETS] = tls.tx_packets;
	metric_values[METRIC_DTLS_RX_PACKETS] = dtls.rx_packets;
	metric_values[METRIC_DTLS_TX_PACKETS] = dtls.tx_packets;
	metric_values[METRIC_DROP_SOCKET] = udp_tx_drops(path->env.udp);
	metric_values[METRIC_DROP_TUN] = tun_write_drops(path->env.tun);
	metric_values[METRIC_DROP_RING] = forward_ring_drops(path->fwd);
}

void
path_auth_is_back(struct path *path)
{
	struct chan *chan, *next;

	for (chan = path->chans; chan != NULL; chan = next) {
		next = chan->hh.next;
		chan_report_tunnel(chan, IPC__CHANNEL__CHANNEL_TLS, true, "");
		if (chan->dtls != NULL)
			chan_report_tunnel(chan, IPC__CHANNEL__CHANNEL_DTLS, true, "");
	}
	report_changes(path);
}

void
path_auth_is_gone(struct path *path)
{
	filter_table_forget_all(path->env.filters);
}

/* Losses that belong to no channel, once per report and only when there are new ones. */
static void
log_drops(struct path *path)
{
	uint64_t udp = udp_tx_drops(path->env.udp), tun = tun_write_drops(path->env.tun);
	uint64_t ring = forward_ring_drops(path->fwd);

	if (udp + tun + ring > path->drops_logged)
		log_info(
		    "worker %u: not sent since the start: %llu datagrams, %llu packets to tun, "
		    "%llu to other workers",
		    path->worker->index, (unsigned long long)udp, (unsigned long long)tun,
		    (unsigned long long)ring);
	path->drops_logged = udp + tun + ring;
}

/* ---- time ---- */

static void
on_tick(UNUSED evutil_socket_t fd, UNUSED short what, void *arg)
{
	struct path *path = arg;
	struct chan *chan, *next;

	path->env.now_ms = clock_mono_ms();
	path->env.in_batch = false;
	path->env.icmp_tokens = ICMP_PER_SECOND;
	for (chan = path->chans; chan != NULL; chan = next) {
		next = chan->hh.next;
		chan_tick(chan);
	}
	udp_flush(path->env.udp);
	if (++path->ticks % REPORT_TICKS == 0) {
		report_hits(path, path->worker->auth);
		report_changes(path);
		log_drops(path);
	}
}

static void
on_handshake_tick(UNUSED evutil_socket_t fd, UNUSED short what, void *arg)
{
	struct path *path = arg;
	struct chan *chan, *next;

	path->env.now_ms = clock_mono_ms();
	for (chan = path->chans; chan != NULL; chan = next) {
		next = chan->hh.next;
		chan_handshake_tick(chan);
	}
	udp_flush(path->env.udp);
	if (path->env.handshakes > 0)
		on_handshake(&path->env);
}

/* ---- channels ---- */

static struct chan *
find(struct path *path, uint64_t session)
{
	struct chan *chan;

	HASH_FIND(hh, path->chans, &session, sizeof(session), chan);
	return chan;
}

/* Unique in the process. */
static uint64_t
next_id(struct path *path)
{
	return (uint64_t)path->worker->index << 48 | ++path->last_id;
}

enum err
path_chan_open(struct path *path, const struct chan_params *params)
{
	struct chan *chan = find(path, params->opened->session);

	if (chan != NULL)
		chan_close(
		    chan, IPC__CLOSE_CAUSE__CLOSE_REPLACED, "replaced by a newer tunnel", false);
	if (path->stopping) {
		tls_stream_close(params->stream);
		return ERR_BADSTATE;
	}
	chan = chan_new(&path->env, params, next_id(path));
	if (chan == NULL)
		return ERR_NOMEM;
	if (directory_add_chan(path->dir, chan) != ERR_OK) {
		chan_discard(chan);
		return ERR_NOMEM;
	}
	HASH_ADD(hh, path->chans, session, sizeof(chan->session), chan);
	if (chan->hh.tbl == NULL) {
		directory_remove_chan(path->dir, chan);
		chan_discard(chan);
		return ERR_NOMEM;
	}
	chan_report_tunnel(chan, IPC__CHANNEL__CHANNEL_TLS, true, "");
	return ERR_OK;
}

void
path_session_end(struct path *path, const Ipc__SessionEnd *end)
{
	struct chan *chan = find(path, end->session);

	/* Not here: it ended by itself, and that was reported. */
	if (chan != NULL)
		chan_close(chan, end->cause, end->text, end->notify);
}

void
path_session_update(struct path *path, const Ipc__SessionUpdate *update)
{
	struct chan *chan = find(path, update->session);
	enum err err;

	if (chan == NULL)
		return;
	err = chan_update(chan, update, next_id(path));
	if (err == ERR_OK)
		return;
	/* With the filters that it had it might do what it may not any more. */
	log_err("worker %u: a tunnel of %s ends, its new filters cannot be had: %s",
	    path->worker->index, update->username, err_str(err));
	chan_close(chan, IPC__CLOSE_CAUSE__CLOSE_ERROR, "filters are missing", true);
}

/* ---- filters ---- */

void
path_filter_add(struct path *path, const Ipc__FilterAdd *msg)
{
	filter_table_add(path->env.filters, msg);
}

void
path_filter_forget(struct path *path, const Ipc__FilterForget *msg)
{
	filter_table_forget(path->env.filters, msg->filter);
}

bool
path_has_filters(const struct path *path, const Ipc__TunnelPolicy *policy)
{
	return filter_table_has(path->env.filters, policy->filter4, policy->filter6);
}

/* ---- life ---- */

/* Once for all workers: they have the same. */
static void
offload_setup(const struct path *path)
{
	unsigned wanted = offload_wanted(path->worker->conf);
	unsigned found = tun_offload(path->env.tun) | udp_offload(path->env.udp, wanted);

	if (path->worker->index == 0)
		offload_log(wanted, found);
}

struct path *
path_new(struct worker *worker)
{
	struct path *path = calloc(1, sizeof(*path));

	if (path == NULL)
		return NULL;
	path->worker = worker;
	path->env = (struct chan_env){
	    .worker = worker,
	    .loop = worker->loop,
	    .tun = tun_new(worker->tun_fd, offload_wanted(worker->conf)),
	    .udp = udp_new(worker->udp_fds, worker->listeners_len),
	    .dtls = dtls_new(on_datagram_out, path),
	    .filters = filter_table_new(),
	    .past_keys = worker->gateway != NULL ? worker->gateway->past_keys : NULL,
	    .frame = path->frame,
	    .now_ms = clock_mono_ms(),
	    .icmp_tokens = ICMP_PER_SECOND,
	    .flow_add = on_flow_add,
	    .flow_remove = on_flow_remove,
	    .handshake = on_handshake,
	    .gone = on_gone,
	};
	path->dir = directory_new(worker->index, worker->loop);
	path->fwd = path->dir != NULL ? forward_new(&path->env, path->dir) : NULL;
	if (path->env.tun == NULL || path->env.udp == NULL || path->env.dtls == NULL ||
	    path->env.filters == NULL || path->fwd == NULL) {
		path_free(path);
		return NULL;
	}
	offload_setup(path);
	return path;
}

static void
close_all(struct path *path, Ipc__CloseCause cause, const char *text, bool notify)
{
	struct chan *chan, *next;

	path->stopping = true;
	directory_mute(path->dir);
	for (chan = path->chans; chan != NULL; chan = next) {
		next = chan->hh.next;
		chan_close(chan, cause, text, notify);
	}
}

static void
event_drop(struct event **event)
{
	if (*event != NULL)
		event_free(*event);
	*event = NULL;
}

static void
stop_events(struct path *path)
{
	forward_stop(path->fwd);
	event_drop(&path->tick_event);
	event_drop(&path->handshake_event);
}

void
path_free(struct path *path)
{
	if (path == NULL)
		return;
	if (path->fwd != NULL) {
		close_all(path, IPC__CLOSE_CAUSE__CLOSE_LOST, "", false);
		stop_events(path);
	}
	forward_free(path->fwd);
	directory_free(path->dir);
	dtls_free(path->env.dtls);
	filter_table_free(path->env.filters);
	udp_free(path->env.udp);
	tun_free(path->env.tun);
	free(path);
}

enum err
path_connect(struct path *const *paths, size_t len)
{
	struct directory **dirs = calloc(len, sizeof(struct directory *));
	struct forward **fwds = calloc(len, sizeof(struct forward *));
	enum err err = ERR_NOMEM;

	if (dirs == NULL || fwds == NULL)
		goto out;
	for (size_t i = 0; i < len; i++) {
		dirs[i] = paths[i]->dir;
		fwds[i] = paths[i]->fwd;
	}
	err = directory_connect(dirs, len);
	if (err == ERR_OK)
		err = forward_connect(fwds, len);
out:
	free(dirs);
	free(fwds);
	return err;
}

void
path_start(struct path *path)
{
	static const struct timeval second = {.tv_sec = 1};
	struct event_base *base = loop_base(path->worker->loop);

	path->tick_event = event_new(base, -1, EV_PERSIST, on_tick, path);
	path->handshake_event = event_new(base, -1, 0, on_handshake_tick, path);
	if (path->tick_event == NULL || path->handshake_event == NULL ||
	    event_add(path->tick_event, &second) != 0 || forward_start(path->fwd) != ERR_OK)
		die("worker %u: cannot start its data path", path->worker->index);
}

void
path_stop(struct path *path, bool end_sessions)
{
	path->env.now_ms = clock_mono_ms();
	/* A client that is told goodbye does not come back (protocol.md 6.3). */
	if (end_sessions)
		close_all(path, IPC__CLOSE_CAUSE__CLOSE_SHUTDOWN, "Gateway is shutting down", true);
	else
		close_all(path, IPC__CLOSE_CAUSE__CLOSE_LOST, "Gateway is restarting", false);
	stop_events(path);
}
