/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entry of the auth role: puts the parts together, owns the channels' message tables and the
 * one-second tick. A message that is not in a table drops its channel (common/ipc.h); what is in
 * the messages is checked by the part that gets it.
 */
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/control.h"
#include "auth/link.h"
#include "auth/local.h"
#include "auth/login.h"
#include "auth/pool.h"
#include "auth/session.h"
#include "auth/store.h"
#include "auth/tunnel.h"
#include "common/ipc.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/proc.h"
#include "common/role.h"
#include "conf/conf.h"

#define HASH_THREADS_MAX 4
#define HASH_QUEUE_MAX 512

struct auth {
	struct loop *loop;
	struct conf *conf;
	struct ipc *parent;
	struct ipc
	    *pki; /* NULL while pki is being restarted; certificates come with a later issue */
	struct pool_set *pools;
	struct store *store;
	struct session_table *sessions;
	struct local *local;
	struct login_table *logins;
	struct link_set *links;
	struct control *control;
	struct event *tick;
	int status;
};

/* ---- requests of gateway workers ---- */

static struct auth *
auth_of(const struct link *link)
{
	return link_arg(link);
}

static void
on_answer(const Ipc__AuthAnswer *answer, void *arg)
{
	struct link_request *request = arg;

	/* The worker may be gone: then so is the client, and a session it was given dies of its
	 * unused cookie. */
	(void)link_reply(request, IPC__MSG_TYPE__MSG_AUTH_ANSWER, &answer->base);
	free(request);
}

static struct link_request *
request_keep(struct link *link, uint32_t id)
{
	struct link_request *request = malloc(sizeof(*request));

	if (request == NULL)
		log_err("a login is not answered: out of memory");
	else
		*request = link_request_make(link, id);
	return request;
}

static void
handle_auth_init(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct link_request *request = request_keep(arg, id);

	(void)ipc, (void)fd;
	if (request != NULL)
		login_init(auth_of(arg)->logins, (const Ipc__AuthInit *)msg, on_answer, request);
}

static void
handle_auth_reply(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct link_request *request = request_keep(arg, id);

	(void)ipc, (void)fd;
	/* The message is ours to wipe: it is freed after this. */
	if (request != NULL)
		login_reply(auth_of(arg)->logins, (Ipc__AuthReply *)msg, on_answer, request);
}

static bool
on_opened(const Ipc__SessionOpened *opened, void *arg)
{
	return link_reply(arg, IPC__MSG_TYPE__MSG_SESSION_OPENED, &opened->base);
}

static void
handle_session_open(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct link *link = arg;
	struct link_request request = link_request_make(link, id);

	(void)ipc, (void)fd;
	tunnel_open(auth_of(link)->sessions, link->worker, (const Ipc__SessionOpen *)msg, on_opened,
	    &request);
}

static void
handle_tunnel_event(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct link *link = arg;

	(void)ipc, (void)id, (void)fd;
	tunnel_event(auth_of(link)->sessions, link->worker, (const Ipc__TunnelEvent *)msg);
}

static void
handle_session_closed(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct link *link = arg;

	(void)ipc, (void)id, (void)fd;
	tunnel_closed(auth_of(link)->sessions, link->worker, (const Ipc__SessionClosed *)msg);
}

static void
handle_stats_report(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct link *link = arg;

	(void)ipc, (void)id, (void)fd;
	tunnel_stats(auth_of(link)->sessions, link->worker, (const Ipc__StatsReport *)msg);
}

static void
handle_session_logout(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct link *link = arg;

	(void)ipc, (void)id, (void)fd;
	tunnel_logout(auth_of(link)->sessions, (const Ipc__SessionLogout *)msg);
}

static const struct ipc_row gateway_rows[] = {
    {.type = IPC__MSG_TYPE__MSG_AUTH_INIT, .handle = handle_auth_init, .request = true},
    {.type = IPC__MSG_TYPE__MSG_AUTH_REPLY, .handle = handle_auth_reply, .request = true},
    {.type = IPC__MSG_TYPE__MSG_SESSION_OPEN, .handle = handle_session_open, .request = true},
    {.type = IPC__MSG_TYPE__MSG_TUNNEL_EVENT, .handle = handle_tunnel_event},
    {.type = IPC__MSG_TYPE__MSG_SESSION_CLOSED, .handle = handle_session_closed},
    {.type = IPC__MSG_TYPE__MSG_STATS_REPORT, .handle = handle_stats_report},
    {.type = IPC__MSG_TYPE__MSG_SESSION_LOGOUT, .handle = handle_session_logout},
};

/* ---- between the parts ---- */

static void
on_link_gone(unsigned worker, void *arg)
{
	struct auth *auth = arg;

	session_table_worker_gone(auth->sessions, worker);
}

static void
on_link_stats(unsigned worker, const Ipc__StatsReport *report, void *arg)
{
	struct auth *auth = arg;

	tunnel_stats(auth->sessions, worker, report);
}

static void
on_session_end(unsigned worker, const Ipc__SessionEnd *end, void *arg)
{
	struct auth *auth = arg;

	link_end(auth->links, worker, end);
}

static enum err
on_verify(
    void *verifier, const char *username, struct secret *password, local_done_fn done, void *arg)
{
	return local_verify(verifier, username, password, done, arg);
}

static void
on_refresh(void (*done)(void *arg), void *arg, void *ctx)
{
	struct auth *auth = ctx;

	link_refresh(auth->links, done, arg);
}

static void
on_refresh_cancel(const void *arg, void *ctx)
{
	struct auth *auth = ctx;

	link_refresh_cancel(auth->links, arg);
}

static void
on_tick(UNUSED evutil_socket_t fd, UNUSED short what, void *arg)
{
	struct auth *auth = arg;

	login_table_tick(auth->logins);
	session_table_tick(auth->sessions);
}

/* ---- pki ---- */

static void
on_pki_closed(struct ipc *ipc, const char *why, void *arg)
{
	struct auth *auth = arg;

	log_info("channel to pki closed: %s", why);
	if (auth->pki == ipc)
		auth->pki = NULL;
	ipc_free(ipc);
}

static void
attach_pki(struct auth *auth, int fd)
{
	struct ipc_config config = {.peer = "pki", .on_closed = on_pki_closed, .arg = auth};

	ipc_free(auth->pki);
	auth->pki = ipc_new(auth->loop, fd, &config);
	if (auth->pki == NULL)
		log_err("no channel to pki: out of memory");
}

/* ---- the parent ---- */

/* At run time the parent hands over nothing but channels to peers that were restarted. */
static void
attach_peer(struct auth *auth, Ipc__RoleId peer, unsigned worker, int fd)
{
	enum err err;

	if (peer == IPC__ROLE_ID__ROLE_PKI) {
		attach_pki(auth, fd);
	} else if (peer == IPC__ROLE_ID__ROLE_GATEWAY) {
		err = link_attach(auth->links, worker, fd);
		if (err != ERR_OK)
			log_err("no channel to gateway worker %u: %s", worker, err_str(err));
	} else {
		close(fd);
	}
}

static void
handle_role_fd(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	const Ipc__RoleFd *rf = (const Ipc__RoleFd *)msg;

	(void)ipc, (void)id;
	if (rf->kind == IPC__FD_KIND__FD_PEER)
		attach_peer(arg, rf->peer, rf->worker, fd);
	else
		close(fd);
}

static void
handle_role_stop(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct auth *auth = arg;

	(void)ipc, (void)id, (void)msg, (void)fd;
	loop_stop(auth->loop);
}

static void
on_parent_closed(struct ipc *ipc, const char *why, void *arg)
{
	struct auth *auth = arg;

	log_err("channel to the parent closed: %s", why);
	ipc_free(ipc);
	auth->parent = NULL;
	auth->status = 1;
	loop_stop(auth->loop);
}

static const struct ipc_row parent_rows[] = {
    {.type = IPC__MSG_TYPE__MSG_ROLE_FD, .handle = handle_role_fd, .wants_fd = true},
    {.type = IPC__MSG_TYPE__MSG_ROLE_STOP, .handle = handle_role_stop},
};

/* ---- start and end ---- */

static unsigned
hash_threads(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (cpus < 2)
		return 2;
	return cpus > HASH_THREADS_MAX ? HASH_THREADS_MAX : (unsigned)cpus;
}

static bool
make_sessions(struct auth *auth, struct role_env *env)
{
	int dir_fd = proc_take_fd(env, IPC__FD_KIND__FD_STATE_DIR, IPC__ROLE_ID__ROLE_NONE, 0);
	struct session_config config = {.conf = auth->conf, .end = on_session_end, .arg = auth};

	if (dir_fd < 0)
		die("no state directory was handed over");
	config.pools = auth->pools = pool_set_new(auth->conf);
	config.store = auth->store = store_new(dir_fd);
	if (auth->pools == NULL || auth->store == NULL)
		return false;
	auth->sessions = session_table_new(&config);
	if (auth->sessions == NULL)
		return false;
	session_table_load(auth->sessions);
	return true;
}

static bool
make_logins(struct auth *auth, const struct role_env *env)
{
	struct local_config local = {
	    .loop = auth->loop,
	    .conf = auth->conf,
	    .threads = hash_threads(),
	    .queue_max = HASH_QUEUE_MAX,
	};
	struct login_config login = {
	    .conf = auth->conf,
	    .generation = env->generation,
	    .sessions = auth->sessions,
	    .verify = on_verify,
	};

	auth->local = local_new(&local);
	login.verifier = auth->local;
	auth->logins = login_table_new(&login);
	return auth->local != NULL && auth->logins != NULL;
}

static bool
make_links(struct auth *auth, const struct role_env *env)
{
	struct link_config config = {
	    .loop = auth->loop,
	    .workers = env->workers,
	    .rows = gateway_rows,
	    .rows_len = ARRAY_LEN(gateway_rows),
	    .gone = on_link_gone,
	    .stats = on_link_stats,
	    .arg = auth,
	};

	auth->links = link_set_new(&config);
	return auth->links != NULL;
}

static bool
make_control(struct auth *auth, struct role_env *env)
{
	int fd = proc_take_fd(env, IPC__FD_KIND__FD_CONTROL, IPC__ROLE_ID__ROLE_NONE, 0);
	struct control_config config = {
	    .loop = auth->loop,
	    .sessions = auth->sessions,
	    .refresh = on_refresh,
	    .cancel = on_refresh_cancel,
	    .ctx = auth,
	};

	if (fd < 0)
		die("no control socket was handed over");
	auth->control = control_new(&config, fd);
	return auth->control != NULL;
}

static bool
make_tick(struct auth *auth)
{
	const struct timeval second = {.tv_sec = 1};

	auth->tick = event_new(loop_base(auth->loop), -1, EV_PERSIST, on_tick, auth);
	return auth->tick != NULL && event_add(auth->tick, &second) == 0;
}

static void
attach_all(struct auth *auth, struct role_env *env)
{
	struct ipc_config config = {
	    .peer = "parent",
	    .rows = parent_rows,
	    .rows_len = ARRAY_LEN(parent_rows),
	    .on_closed = on_parent_closed,
	    .arg = auth,
	};

	auth->parent = ipc_new(auth->loop, env->parent_fd, &config);
	if (auth->parent == NULL)
		die("out of memory");
	for (size_t i = 0; i < env->fds_len; i++) {
		struct role_fd *rf = &env->fds[i];

		if (rf->fd < 0 || rf->kind != IPC__FD_KIND__FD_PEER)
			continue;
		attach_peer(auth, rf->peer, rf->worker, rf->fd);
		rf->fd = -1;
	}
}

/* Threads first, then what they call into, then what that stands on. Sessions stay on disk. */
static void
close_all(struct auth *auth)
{
	local_free(auth->local);
	control_free(auth->control);
	login_table_free(auth->logins);
	link_set_free(auth->links);
	ipc_free(auth->pki);
	ipc_free(auth->parent);
	if (auth->tick != NULL)
		event_free(auth->tick);
	loop_free(auth->loop);
	session_table_free(auth->sessions);
	store_free(auth->store);
	pool_set_free(auth->pools);
	conf_unref(auth->conf);
}

static int
auth_run(struct role_env *env)
{
	Ipc__RoleReady ready = IPC__ROLE_READY__INIT;
	struct auth auth = {0};

	auth.conf = conf_take_slice(env->slice, env->slice_len);
	auth.loop = loop_new();
	if (auth.loop == NULL || !make_sessions(&auth, env) || !make_logins(&auth, env) ||
	    !make_links(&auth, env) || !make_control(&auth, env) || !make_tick(&auth))
		die("cannot set up: out of memory or threads");
	attach_all(&auth, env);
	if (ipc_send(auth.parent, IPC__MSG_TYPE__MSG_ROLE_READY, &ready.base) != ERR_OK)
		die("the parent went away");
	loop_run(auth.loop);
	close_all(&auth);
	return auth.status;
}

const struct role auth_role = {
    .id = IPC__ROLE_ID__ROLE_AUTH,
    .name = "auth",
    .user_setting = PU_AUTH,
    .run = auth_run,
};
