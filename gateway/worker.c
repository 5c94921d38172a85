/* SPDX-License-Identifier: Apache-2.0 */
/* A worker's frame: what its parts hang on, its channels to auth and pki, its start and its end. */
#include "gateway/worker.h"

#include <stdlib.h>
#include <unistd.h>

#include "common/log.h"
#include "common/metric.h"
#include "common/trace.h"
#include "gateway/barred.h"
#include "gateway/budget.h"
#include "gateway/conn.h"
#include "gateway/conns.h"
#include "gateway/doors.h"
#include "gateway/gateway.h"
#include "gateway/path.h"
#include "gateway/tls.h"

/* A channel on its way from the main thread to the worker. */
struct new_peer {
	struct worker *worker;
	Ipc__RoleId peer;
	int fd;
};

/* A configuration on the same way. */
struct new_conf {
	struct worker *worker;
	struct conf *conf;
	bool client_certificates;
};

static void
handle_session_end(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct worker *worker = arg;

	(void)ipc, (void)id, (void)fd;
	path_session_end(worker->path, (const Ipc__SessionEnd *)msg);
}

static void
handle_session_update(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct worker *worker = arg;

	(void)ipc, (void)id, (void)fd;
	path_session_update(worker->path, (const Ipc__SessionUpdate *)msg);
}

static void
handle_stats_request(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct worker *worker = arg;

	(void)msg, (void)fd;
	path_stats_request(worker->path, ipc, id);
}

static void
handle_metrics(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct worker *worker = arg;
	Ipc__MetricsReport report;

	(void)msg, (void)fd;
	path_metrics(worker->path);
	metric_values[METRIC_CONNECTIONS] = conns_len(worker->conns);
	metric_values[METRIC_CPU_MS] = metric_thread_ms();
	metric_report_fill(&report);
	(void)ipc_reply(ipc, id, IPC__MSG_TYPE__MSG_METRICS_REPORT, &report.base);
}

static void
handle_filter_add(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct worker *worker = arg;

	(void)ipc, (void)id, (void)fd;
	path_filter_add(worker->path, (const Ipc__FilterAdd *)msg);
}

static void
handle_filter_forget(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct worker *worker = arg;

	(void)ipc, (void)id, (void)fd;
	path_filter_forget(worker->path, (const Ipc__FilterForget *)msg);
}

static void
handle_ticket_keys(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct worker *worker = arg;

	(void)ipc, (void)id, (void)fd;
	/* ours to wipe */
	if (tls_take_ticket_keys(worker->tls, (Ipc__TicketKeys *)(uintptr_t)msg) != ERR_OK)
		log_err("worker %u: auth sent malformed ticket keys", worker->index);
}

static void
handle_shuns(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct worker *worker = arg;
	enum err err = barred_take(worker->barred, (const Ipc__Shuns *)msg);

	(void)ipc, (void)id, (void)fd;
	if (err != ERR_OK)
		log_err("worker %u: who is shunned: %s", worker->index, err_str(err));
}

static void
handle_doors(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct worker *worker = arg;
	enum err err = doors_take(worker->doors, (const Ipc__Doors *)msg);

	(void)ipc, (void)id, (void)fd;
	if (err != ERR_OK)
		log_err("worker %u: the group-urls: %s", worker->index, err_str(err));
}

static void
handle_trace_watch(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	(void)ipc, (void)id, (void)fd, (void)arg;
	trace_watch((const Ipc__TraceWatch *)msg);
}

/* A trace is worth no waiting: while the channel is slow, there is none. */
static bool
on_trace(const Ipc__Trace *trace, void *arg)
{
	struct ipc *auth = ((struct worker *)arg)->auth;

	return auth != NULL && ipc_queued(auth) == 0 &&
	       ipc_send(auth, IPC__MSG_TYPE__MSG_TRACE, &trace->base) == ERR_OK;
}

static const struct ipc_row auth_rows[] = {
    {.type = IPC__MSG_TYPE__MSG_TRACE_WATCH, .handle = handle_trace_watch},
    {.type = IPC__MSG_TYPE__MSG_SHUNS, .handle = handle_shuns},
    {.type = IPC__MSG_TYPE__MSG_DOORS, .handle = handle_doors},
    {.type = IPC__MSG_TYPE__MSG_SESSION_END, .handle = handle_session_end},
    {.type = IPC__MSG_TYPE__MSG_SESSION_UPDATE, .handle = handle_session_update},
    {.type = IPC__MSG_TYPE__MSG_STATS_REQUEST, .handle = handle_stats_request, .request = true},
    {.type = IPC__MSG_TYPE__MSG_FILTER_ADD, .handle = handle_filter_add},
    {.type = IPC__MSG_TYPE__MSG_FILTER_FORGET, .handle = handle_filter_forget},
    {.type = IPC__MSG_TYPE__MSG_TICKET_KEYS, .handle = handle_ticket_keys},
    {.type = IPC__MSG_TYPE__MSG_METRICS_REQUEST, .handle = handle_metrics, .request = true},
};

/* The parent sees a dead peer too and sends a new channel when it is back; until then there is
 * none. */
static void
on_peer_closed(struct ipc *ipc, const char *why, void *arg)
{
	struct worker *worker = arg;
	bool is_auth = ipc == worker->auth;

	log_warn(
	    "worker %u: channel to %s closed: %s", worker->index, is_auth ? "auth" : "pki", why);
	if (is_auth) {
		trace_stop();
		worker->auth = NULL;
		path_auth_is_gone(worker->path);
	} else if (ipc == worker->pki) {
		worker->pki = NULL;
	}
	ipc_free(ipc);
}

static void
take_auth(struct worker *worker, int fd)
{
	struct ipc_config config = {
	    .peer = "auth",
	    .rows = auth_rows,
	    .rows_len = ARRAY_LEN(auth_rows),
	    .on_closed = on_peer_closed,
	    .arg = worker,
	};

	barred_clear(worker->barred);
	ipc_free(worker->auth);
	path_auth_is_gone(worker->path);
	worker->auth = ipc_new(worker->loop, fd, &config);
	trace_start(on_trace, worker);
	if (worker->auth != NULL)
		path_auth_is_back(worker->path);
}

static void
handle_keys_changed(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct worker *worker = arg;

	(void)ipc, (void)id, (void)msg, (void)fd;
	tls_learn_identities(worker->tls);
}

static const struct ipc_row pki_rows[] = {
    {.type = IPC__MSG_TYPE__MSG_KEYS_CHANGED, .handle = handle_keys_changed},
};

static void
take_pki(struct worker *worker, int fd)
{
	struct ipc_config config = {
	    .peer = "pki",
	    .rows = pki_rows,
	    .rows_len = ARRAY_LEN(pki_rows),
	    .on_closed = on_peer_closed,
	    .arg = worker,
	};

	ipc_free(worker->pki);
	worker->pki = ipc_new(worker->loop, fd, &config);
	if (worker->pki != NULL)
		tls_learn_identities(worker->tls);
}

static void
on_new_peer(void *arg)
{
	struct new_peer *np = arg;

	if (np->peer == IPC__ROLE_ID__ROLE_AUTH)
		take_auth(np->worker, np->fd);
	else
		take_pki(np->worker, np->fd);
	free(np);
}

void
worker_set_peer(struct worker *worker, Ipc__RoleId peer, int fd)
{
	struct new_peer *np = malloc(sizeof(*np));

	if (np != NULL) {
		*np = (struct new_peer){.worker = worker, .peer = peer, .fd = fd};
		if (loop_post(worker->loop, on_new_peer, np) == ERR_OK)
			return;
	}
	log_err("worker %u: lost a channel to a peer: out of memory", worker->index);
	free(np);
	close(fd);
}

static void
on_new_conf(void *arg)
{
	struct new_conf *nc = arg;
	struct worker *worker = nc->worker;

	conf_unref(worker->conf);
	worker->conf = nc->conf;
	conns_limits_changed(worker->conns);
	/* Contexts are made anew in any case: their settings may be others. */
	(void)tls_want_certificates(worker->tls, nc->client_certificates);
	tls_learn_identities(worker->tls);
	free(nc);
}

void
worker_set_conf(struct worker *worker, struct conf *conf, bool client_certificates)
{
	struct new_conf *nc = malloc(sizeof(*nc));

	if (nc == NULL) {
		/* All processes are to use it: this one does when it is back. */
		log_err("worker %u: no memory for a new configuration", worker->index);
		_exit(1);
	}
	*nc = (struct new_conf){
	    .worker = worker,
	    .conf = conf_ref(conf),
	    .client_certificates = client_certificates,
	};
	if (loop_post(worker->loop, on_new_conf, nc) == ERR_OK)
		return;
	conf_unref(conf); /* the worker has ended */
	free(nc);
}

struct worker *
worker_new(struct gateway *gateway, unsigned index, struct conf *conf)
{
	struct worker *worker = calloc(1, sizeof(*worker));

	if (worker == NULL)
		return NULL;
	worker->index = index;
	worker->gateway = gateway;
	worker->conf = conf_ref(conf);
	worker->tun_fd = -1;
	for (size_t i = 0; i < WORKER_LISTENERS_MAX; i++) {
		worker->tcp_fds[i] = -1;
		worker->udp_fds[i] = -1;
	}
	worker->loop = loop_new();
	worker->barred = barred_new();
	worker->doors = doors_new();
	if (worker->loop == NULL || worker->barred == NULL || worker->doors == NULL) {
		worker_free(worker);
		return NULL;
	}
	return worker;
}

enum err
worker_init(struct worker *worker)
{
	worker->budget = budget_new(worker->loop);
	worker->tls = tls_new(worker);
	worker->path = path_new(worker);
	worker->conns = conns_new(worker);
	return worker->budget != NULL && worker->tls != NULL && worker->path != NULL &&
		       worker->conns != NULL
		   ? ERR_OK
		   : ERR_NOMEM;
}

void *
worker_main(void *arg)
{
	struct worker *worker = arg;

	path_start(worker->path);
	loop_run(worker->loop);
	return NULL;
}

static void
stop(struct worker *worker, bool end_sessions)
{
	conns_stop_accepting(worker->conns);
	path_stop(worker->path, end_sessions);
	loop_stop(worker->loop);
}

static void
on_stop(void *arg)
{
	stop(arg, false);
}

static void
on_end(void *arg)
{
	stop(arg, true);
}

void
worker_stop(struct worker *worker, bool end_sessions)
{
	if (loop_post(worker->loop, end_sessions ? on_end : on_stop, worker) != ERR_OK)
		die("cannot stop worker %u: out of memory", worker->index);
}

static void
close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void
worker_free(struct worker *worker)
{
	if (worker == NULL)
		return;
	conns_free(worker->conns);
	path_free(worker->path);
	/* What was requested of the peers holds TLS handshakes: end those before the contexts go.
	 */
	ipc_free(worker->auth);
	ipc_free(worker->pki);
	budget_free(worker->budget);
	loop_free(worker->loop);
	barred_free(worker->barred);
	doors_free(worker->doors);
	tls_free(worker->tls);
	close_fd(worker->tun_fd);
	for (size_t i = 0; i < WORKER_LISTENERS_MAX; i++) {
		close_fd(worker->tcp_fds[i]);
		close_fd(worker->udp_fds[i]);
	}
	conf_unref(worker->conf);
	free(worker);
}
