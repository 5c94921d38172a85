/* SPDX-License-Identifier: Apache-2.0 */
/* The gateway role. Its main thread only talks to the parent; clients are the workers' business. */
#include "gateway/gateway.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/fips.h"
#include "common/ipc.h"
#include "common/log.h"
#include "common/proc.h"
#include "common/role.h"
#include "conf/conf.h"
#include "conf/errors.h"
#include "gateway/listen.h"
#include "gateway/path.h"
#include "gateway/tls.h"

#define PAST_KEYS_MS 3600000 /* keys of a session without a tunnel: clients give up before */

static struct worker *
find_worker(struct gateway *gateway, unsigned index)
{
	return index < gateway->workers_len ? gateway->workers[index] : NULL;
}

/* ---- the parent ---- */

/* At run time the parent hands over nothing but channels to peers that were restarted. */
static void
handle_role_fd(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	const Ipc__RoleFd *rf = (const Ipc__RoleFd *)msg;
	struct worker *worker = find_worker(arg, rf->worker);

	(void)ipc, (void)id;
	if (worker == NULL || rf->kind != IPC__FD_KIND__FD_PEER)
		close(fd);
	else
		worker_set_peer(worker, rf->peer, fd);
}

/* ---- reload ---- */

/* Workers need nothing but the configuration itself. */
static void *
make_conf(
    const void *slice, size_t len, UNUSED uint64_t generation, struct buf *why, UNUSED void *arg)
{
	return conf_read_slice(slice, len, why);
}

static void
drop_conf(void *made, UNUSED void *arg)
{
	conf_unref(made);
}

static void
handle_role_config(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct gateway *gateway = arg;

	(void)id;
	handover_receive(&gateway->handover, ipc, (const Ipc__RoleConfig *)msg, fd);
}

static void
handle_role_commit(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	const Ipc__RoleCommit *commit = (const Ipc__RoleCommit *)msg;
	struct gateway *gateway = arg;
	struct conf *conf = handover_commit(&gateway->handover, commit);

	(void)ipc, (void)id, (void)fd;
	if (conf == NULL && commit->use) {
		log_err("the configuration to use was not handed over: restarting");
		_exit(1);
	}
	if (conf == NULL)
		return;
	conf_unref(gateway->conf);
	gateway->conf = conf;
	for (size_t i = 0; i < gateway->workers_len; i++)
		worker_set_conf(gateway->workers[i], conf, commit->client_certificates);
}

/* ---- end ---- */

static void
stop_workers(struct gateway *gateway, bool end_sessions)
{
	for (size_t i = 0; i < gateway->workers_len; i++)
		worker_stop(gateway->workers[i], end_sessions);
	for (size_t i = 0; i < gateway->workers_len; i++)
		pthread_join(gateway->threads[i], NULL);
	loop_stop(gateway->loop);
}

static void
handle_role_stop(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	(void)ipc, (void)id, (void)fd;
	stop_workers(arg, ((const Ipc__RoleStop *)msg)->end_sessions);
}

/*
 * A parent that died without a word comes back with the service. Nobody is told goodbye then: a
 * client that was would not come back with its cookie, and the sessions are in the state directory.
 */
static void
on_parent_closed(struct ipc *ipc, const char *why, void *arg)
{
	(void)ipc, (void)arg;
	log_err("channel to the parent closed: %s", why);
	_exit(1);
}

static const struct ipc_row parent_rows[] = {
    {.type = IPC__MSG_TYPE__MSG_ROLE_FD, .handle = handle_role_fd, .wants_fd = true},
    {.type = IPC__MSG_TYPE__MSG_ROLE_CONFIG, .handle = handle_role_config, .wants_fd = true},
    {.type = IPC__MSG_TYPE__MSG_ROLE_COMMIT, .handle = handle_role_commit},
    {.type = IPC__MSG_TYPE__MSG_ROLE_STOP, .handle = handle_role_stop},
};

/* ---- start and end ---- */

static void
give_fd(struct worker *worker, struct role_fd *rf)
{
	int *place = NULL;

	if (rf->kind == IPC__FD_KIND__FD_TUN_QUEUE)
		place = &worker->tun_fd;
	else if (rf->kind == IPC__FD_KIND__FD_TCP_LISTENER && rf->listen < WORKER_LISTENERS_MAX)
		place = &worker->tcp_fds[rf->listen];
	else if (rf->kind == IPC__FD_KIND__FD_UDP_SOCKET && rf->listen < WORKER_LISTENERS_MAX)
		place = &worker->udp_fds[rf->listen];
	if (place == NULL || *place >= 0)
		return;
	*place = rf->fd;
	rf->fd = -1;
}

/* Channels that came with the start; later ones come through handle_role_fd. */
static void
give_peers(struct gateway *gateway, struct role_env *env)
{
	for (size_t i = 0; i < env->fds_len; i++) {
		struct role_fd *rf = &env->fds[i];
		struct worker *worker = find_worker(gateway, rf->worker);

		if (rf->fd < 0 || worker == NULL || rf->kind != IPC__FD_KIND__FD_PEER)
			continue;
		worker_set_peer(worker, rf->peer, rf->fd);
		rf->fd = -1;
	}
}

static struct worker *
make_worker(struct gateway *gateway, struct role_env *env, unsigned index)
{
	struct worker *worker = worker_new(gateway, index, gateway->conf);
	struct conf_object *const *listeners;

	if (worker == NULL)
		return NULL;
	worker->listeners_len =
	    conf_subs(conf_root(gateway->conf, CONF_GATEWAY), GW_LISTENERS, &listeners);
	for (size_t i = 0; i < worker->listeners_len; i++)
		worker->dtls_ports[i] = listen_dtls_port(listeners[i]);
	for (size_t i = 0; i < env->fds_len; i++)
		if (env->fds[i].worker == index)
			give_fd(worker, &env->fds[i]);
	if (worker_init(worker) != ERR_OK) {
		worker_free(worker);
		return NULL;
	}
	tls_want_certificates(worker->tls, env->client_certificates);
	return worker;
}

static enum err
connect_paths(struct gateway *gateway)
{
	struct path **paths = calloc(gateway->workers_len, sizeof(struct path *));
	enum err err;

	if (paths == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < gateway->workers_len; i++)
		paths[i] = gateway->workers[i]->path;
	err = path_connect(paths, gateway->workers_len);
	free(paths);
	return err;
}

static enum err
make_workers(struct gateway *gateway, struct role_env *env)
{
	if (env->workers == 0)
		return ERR_RANGE;
	gateway->workers = calloc(env->workers, sizeof(struct worker *));
	gateway->threads = calloc(env->workers, sizeof(pthread_t));
	if (gateway->workers == NULL || gateway->threads == NULL)
		return ERR_NOMEM;
	for (unsigned i = 0; i < env->workers; i++) {
		gateway->workers[i] = make_worker(gateway, env, i);
		if (gateway->workers[i] == NULL)
			return ERR_NOMEM;
		gateway->workers_len++;
	}
	return connect_paths(gateway);
}

/* Signals belong to the main thread: the workers start with all of them blocked. */
static void
start_workers(struct gateway *gateway)
{
	sigset_t all, old;

	sigfillset(&all);
	sigdelset(&all, SIGSYS); /* tells what the sandbox refused */
	pthread_sigmask(SIG_SETMASK, &all, &old);
	for (size_t i = 0; i < gateway->workers_len; i++)
		if (pthread_create(&gateway->threads[i], NULL, worker_main, gateway->workers[i]) !=
		    0)
			die("cannot start worker %zu: %m", i);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

static void
close_all(struct gateway *gateway)
{
	for (size_t i = 0; i < gateway->workers_len; i++)
		worker_free(gateway->workers[i]);
	free(gateway->workers);
	free(gateway->threads);
	past_keys_free(gateway->past_keys);
	ipc_free(gateway->parent);
	loop_free(gateway->loop);
	handover_fini(&gateway->handover);
	conf_unref(gateway->conf);
}

static bool
wants_fips(const struct conf *conf)
{
	return conf_bool(conf_sub(conf_root(conf, CONF_GATEWAY), GW_SSL), SSLC_FIPS);
}

/* What gateway and pki need alike, asked here once. */
static void
gateway_check(const struct conf *conf, struct conf_errors *errors)
{
	const struct conf_object *ssl = conf_sub(conf_root(conf, CONF_GATEWAY), GW_SSL);

	if (wants_fips(conf) && !fips_is_there())
		errors_setting(errors, ssl, SSLC_FIPS,
		    "OpenSSL has no active FIPS provider; install it and activate it in "
		    "openssl.cnf, or write fips = false");
}

static int
gateway_run(struct role_env *env)
{
	Ipc__RoleReady ready = IPC__ROLE_READY__INIT;
	struct gateway gateway = {.handover.ops = {.make = make_conf, .drop = drop_conf}};
	struct ipc_config config = {
	    .peer = "parent",
	    .rows = parent_rows,
	    .rows_len = ARRAY_LEN(parent_rows),
	    .on_closed = on_parent_closed,
	    .arg = &gateway,
	};

	gateway.conf = conf_take_slice(env->slice, env->slice_len);
	if (wants_fips(gateway.conf) && fips_only() != ERR_OK)
		die("the FIPS provider is not there");
	gateway.loop = loop_new();
	gateway.past_keys = past_keys_new(PAST_KEYS_MS);
	if (gateway.loop == NULL || gateway.past_keys == NULL ||
	    make_workers(&gateway, env) != ERR_OK)
		die("cannot set up the workers: %m");
	gateway.parent = ipc_new(gateway.loop, env->parent_fd, &config);
	if (gateway.parent == NULL)
		die("out of memory");
	give_peers(&gateway, env);
	start_workers(&gateway);
	if (ipc_send(gateway.parent, IPC__MSG_TYPE__MSG_ROLE_READY, &ready.base) != ERR_OK)
		die("the parent went away");
	loop_run(gateway.loop);
	close_all(&gateway);
	return 0;
}

const struct role gateway_role = {
    .id = IPC__ROLE_ID__ROLE_GATEWAY,
    .name = "gateway",
    .user_setting = PU_GATEWAY,
    .check = gateway_check,
    .run = gateway_run,
};
