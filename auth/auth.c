/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entry of the auth role: puts the parts together, owns the channel to the parent and the
 * one-second tick.
 */
#include <event2/event.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <unistd.h>

#include "auth/aaa.h"
#include "auth/accounting.h"
#include "auth/arrival.h"
#include "auth/coa.h"
#include "auth/control.h"
#include "auth/door_tell.h"
#include "auth/errand.h"
#include "auth/filters.h"
#include "auth/intake.h"
#include "auth/link.h"
#include "auth/local.h"
#include "auth/lockout.h"
#include "auth/login.h"
#include "auth/metrics.h"
#include "auth/pool.h"
#include "auth/session.h"
#include "auth/shun_tell.h"
#include "auth/store.h"
#include "auth/threat.h"
#include "auth/tickets.h"
#include "auth/trace_desk.h"
#include "auth/turnover.h"
#include "common/clock.h"
#include "common/ipc.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/proc.h"
#include "common/role.h"
#include "common/trace.h"
#include "conf/conf.h"

#define HASH_THREADS_MAX 4
#define HASH_QUEUE_MAX 512
#define STOP_LOOKS 150 /* of stop_interval */

static const struct timeval stop_interval = {.tv_usec = 10 * 1000};

struct auth {
	struct loop *loop;
	struct ipc *parent;
	struct pool_set *pools;
	struct filters *filters;
	struct store *store;
	atomic_bool told_stored; /* on_stored() comes */
	struct session_table *sessions;
	struct local *local;
	struct lockout *lockout; /* under local and control */
	struct shun *shun;
	struct threat *threat;
	struct delay_line *delays;
	struct radius_client *radius;
	struct acct_spool *spool;
	struct accounting *accounting;
	struct dacl_cache *dacls;
	struct coa *coa;
	struct aaa *aaa;
	struct arrivals *arrivals;
	struct login_table *logins;
	struct link_set *links;
	struct control *control;
	struct metrics *metrics;
	struct trace_desk *desk;
	unsigned workers;
	struct intake intake;
	struct errand errand;
	struct turnover turnover;
	struct tickets *tickets;
	struct event *tick;
	struct event *stop; /* to be stopped: looks whether all has been read */
	unsigned stopping;
	bool end_sessions;
	int status;
};

/* ---- between the parts ---- */

static enum err
on_filter_send(unsigned worker, Ipc__MsgType type, const ProtobufCMessage *msg, void *arg)
{
	struct auth *auth = arg;

	return link_send(auth->links, worker, type, msg);
}

static void
on_session_end(unsigned worker, const Ipc__SessionEnd *end, void *arg)
{
	struct auth *auth = arg;

	link_end(auth->links, worker, end);
}

static enum err
on_ask(void *asker, const struct aaa_question *question, aaa_done_fn done, void *arg,
    struct aaa_ask **ask)
{
	return aaa_ask(asker, question, done, arg, ask);
}

static void
on_refresh(void (*done)(void *arg), void *arg, void *ctx)
{
	struct auth *auth = ctx;

	link_refresh(auth->links, done, arg);
}

static void
on_login_refresh(void *refresher, void (*done)(void *arg), void *arg)
{
	on_refresh(done, arg, refresher);
}

static void
on_reload(control_reloaded_fn done, void *arg, void *ctx)
{
	struct auth *auth = ctx;

	errand_reload(&auth->errand, done, arg);
}

static void
on_session_event(enum session_event event, struct session *session, void *arg)
{
	struct auth *auth = arg;

	accounting_event(auth->accounting, event, session);
}

static enum err
on_ca_list(const Ipc__CaList *msg, control_ca_fn fn, void *arg, void *ctx)
{
	struct auth *auth = ctx;

	return errand_ca_list(msg, fn, arg, &auth->errand);
}

static enum err
on_account(const Ipc__AccountAsk *ask, control_account_fn fn, void *arg, void *ctx)
{
	struct auth *auth = ctx;

	return errand_account(ask, fn, arg, &auth->errand);
}

static void
on_control_cancel(const void *arg, void *ctx)
{
	struct auth *auth = ctx;

	link_refresh_cancel(auth->links, arg);
	metrics_cancel(auth->metrics, arg);
	errand_cancel(&auth->errand, arg);
}

/* One that is gone will be told when it is new. */
static void
tell_worker(struct link_set *links, unsigned worker, const Ipc__TraceWatch *watch)
{
	enum err err = link_send(links, worker, IPC__MSG_TYPE__MSG_TRACE_WATCH, &watch->base);

	if (err != ERR_OK && err != ERR_CLOSED)
		log_warn(
		    "gateway worker %u does not hear what is debugged: %s", worker, err_str(err));
}

/* A worker, and where it is reached. */
struct addressee {
	struct link_set *links;
	unsigned worker;
};

static enum err
on_ticket_keys(const Ipc__TicketKeys *msg, void *arg)
{
	const struct addressee *to = arg;

	return link_send(to->links, to->worker, IPC__MSG_TYPE__MSG_TICKET_KEYS, &msg->base);
}

/* A worker that has none makes do with a key of its own. */
static void
tell_tickets(struct auth *auth, unsigned worker)
{
	struct addressee to = {auth->links, worker};
	enum err err = tickets_tell(auth->tickets, on_ticket_keys, &to);

	if (err != ERR_OK && err != ERR_CLOSED)
		log_warn(
		    "gateway worker %u does not get the keys of tickets: %s", worker, err_str(err));
}

static void
on_shun(const struct ip_prefix *prefix, bool shunned, void *arg)
{
	struct auth *auth = arg;

	shun_tell_change(auth->links, auth->workers, prefix, shunned);
}

/* Somebody debugs, or does no more. */
static void
on_watch(const Ipc__TraceWatch *watch, void *arg)
{
	struct auth *auth = arg;

	trace_watch(watch);
	errand_tell_watch(watch, &auth->errand);
	for (unsigned i = 0; i < auth->workers; i++)
		tell_worker(auth->links, i, watch);
}

/* auth's own events. */
static bool
on_trace(const Ipc__Trace *trace, void *arg)
{
	struct auth *auth = arg;

	trace_desk_take(auth->desk, trace);
	return true;
}

/* A tunnel that cannot be told what it may do now must not go on. */
static void
on_session_update(unsigned worker, const Ipc__SessionUpdate *msg, void *arg)
{
	struct auth *auth = arg;
	Ipc__SessionEnd end = IPC__SESSION_END__INIT;
	enum err err =
	    link_send(auth->links, worker, IPC__MSG_TYPE__MSG_SESSION_UPDATE, &msg->base);

	if (err == ERR_OK || err == ERR_CLOSED)
		return;
	log_err("gateway worker %u: a tunnel of %s ends, it cannot be changed: %s", worker,
	    msg->username, err_str(err));
	end.session = msg->session;
	end.cause = IPC__CLOSE_CAUSE__CLOSE_ERROR;
	link_end(auth->links, worker, &end);
}

/* The parent keeps the route of a removed pool until now. */
static void
on_drained(const struct ip_addr *first, const struct ip_addr *last, void *arg)
{
	Ipc__PoolDrained msg = IPC__POOL_DRAINED__INIT;
	struct auth *auth = arg;
	char from[IP_STR_MAX], to[IP_STR_MAX];
	enum err err = ERR_CLOSED;

	log_info(
	    "the removed pool or address %s-%s is drained", ip_str(first, from), ip_str(last, to));
	msg.first.data = (uint8_t *)first->bytes;
	msg.first.len = ip_len(first);
	msg.last.data = (uint8_t *)last->bytes;
	msg.last.len = ip_len(last);
	if (auth->parent != NULL)
		err = ipc_send(auth->parent, IPC__MSG_TYPE__MSG_POOL_DRAINED, &msg.base);
	if (err != ERR_OK)
		log_err("the parent cannot be told: %s", err_str(err));
}

static void
on_tick(UNUSED evutil_socket_t fd, UNUSED short what, void *arg)
{
	struct auth *auth = arg;

	login_table_tick(auth->logins);
	shun_tick(auth->shun);
	trace_desk_tick(auth->desk);
	session_table_tick(auth->sessions);
	accounting_tick(auth->accounting, auth->sessions);
	if (tickets_tick(auth->tickets, clock_mono_ms()))
		for (unsigned i = 0; i < auth->workers; i++)
			tell_tickets(auth, i);
}

/* ---- the parent ---- */

static void
tell_doors(struct auth *auth, unsigned worker)
{
	door_tell(session_table_config(auth->sessions)->conf, auth->links, worker);
}

/* To a worker that is new. */
static void
on_watch_newcomer(const Ipc__TraceWatch *watch, void *arg)
{
	const struct addressee *newcomer = arg;

	tell_worker(newcomer->links, newcomer->worker, watch);
}

/* A channel to a peer that was restarted. */
static void
attach_peer(struct auth *auth, Ipc__RoleId peer, unsigned worker, int fd)
{
	enum err err;

	if (peer == IPC__ROLE_ID__ROLE_PKI) {
		errand_attach_pki(&auth->errand, fd);
	} else if (peer == IPC__ROLE_ID__ROLE_GATEWAY) {
		err = link_attach(auth->links, worker, fd);
		if (err == ERR_OK) {
			tell_tickets(auth, worker);
			shun_tell_all(auth->shun, auth->links, worker);
			tell_doors(auth, worker);
		}
		if (err != ERR_OK)
			log_err("no channel to gateway worker %u: %s", worker, err_str(err));
		else if (trace_desk_is_watched(auth->desk))
			trace_desk_tell(auth->desk, on_watch_newcomer,
			    &(struct addressee){auth->links, worker});
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
handle_role_config(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct auth *auth = arg;

	(void)id;
	turnover_receive(&auth->turnover, ipc, (const Ipc__RoleConfig *)msg, fd);
}

/* Without the configuration that all the others use now, only a restart helps. */
static void
handle_role_commit(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct auth *auth = arg;

	(void)ipc, (void)id, (void)fd;
	if (turnover_commit(&auth->turnover, (const Ipc__RoleCommit *)msg) == ERR_OK) {
		for (unsigned i = 0; i < auth->workers; i++)
			tell_doors(auth, i);
		return;
	}
	log_err("told to use a configuration that was not handed over");
	auth->status = 1;
	loop_stop(auth->loop);
}

/* The parent has ended the gateway before: what that said last is still read, up to the end of its
 * channels. */
static void
on_stopping(UNUSED evutil_socket_t fd, UNUSED short what, void *arg)
{
	struct auth *auth = arg;
	bool late = ++auth->stopping > STOP_LOOKS;

	if (link_set_len(auth->links) > 0 && !late)
		return;
	if (auth->end_sessions)
		session_table_end_all(auth->sessions, IPC__CLOSE_CAUSE__CLOSE_SHUTDOWN);
	/* No later start may ever send what ended now. */
	if (auth->end_sessions && !late && accounting_len(auth->accounting) > 0)
		return;
	loop_stop(auth->loop);
}

static void
handle_role_stop(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct auth *auth = arg;

	(void)ipc, (void)id, (void)fd;
	auth->end_sessions = ((const Ipc__RoleStop *)msg)->end_sessions;
	if (event_add(auth->stop, &stop_interval) != 0)
		loop_stop(auth->loop);
}

static void
on_parent_closed(struct ipc *ipc, const char *why, void *arg)
{
	struct auth *auth = arg;

	log_err("channel to the parent closed: %s", why);
	auth->parent = auth->errand.parent = NULL;
	ipc_free(ipc);
	auth->status = 1;
	loop_stop(auth->loop);
}

static const struct ipc_row parent_rows[] = {
    {.type = IPC__MSG_TYPE__MSG_ROLE_FD, .handle = handle_role_fd, .wants_fd = true},
    {.type = IPC__MSG_TYPE__MSG_ROLE_CONFIG, .handle = handle_role_config, .wants_fd = true},
    {.type = IPC__MSG_TYPE__MSG_ROLE_COMMIT, .handle = handle_role_commit},
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
make_filters(struct auth *auth, const struct role_env *env, struct conf *conf)
{
	struct filters_config config = {
	    .workers = env->workers, .send = on_filter_send, .arg = auth};

	auth->filters = filters_new(&config);
	if (auth->filters == NULL || filters_prepare(auth->filters, conf) != ERR_OK)
		return false;
	filters_use(auth->filters, conf);
	return true;
}

/* With those that were removed before this process began, and whose sessions come back. */
static bool
make_pools(struct auth *auth, const struct role_env *env, const struct conf *conf)
{
	struct pool_layout *layout = pool_layout_new(conf);

	auth->pools = pool_set_new(on_drained, auth);
	if (auth->pools == NULL || layout == NULL)
		return false;
	pool_set_use(auth->pools, layout);
	for (size_t i = 0; i < env->draining_len; i++)
		if (pool_set_add_drain(
			auth->pools, &env->draining[i].first, &env->draining[i].last) != ERR_OK)
			return false;
	return true;
}

static void
on_store(void *arg)
{
	acct_spool_flush(arg);
}

/* In the loop. */
static void
on_stored(void *arg)
{
	struct auth *auth = arg;

	atomic_store(&auth->told_stored, false);
	accounting_release(auth->accounting);
}

/* On the store's thread. */
static void
tell_stored(void *arg)
{
	struct auth *auth = arg;

	if (!atomic_exchange(&auth->told_stored, true) &&
	    loop_post(auth->loop, on_stored, auth) != ERR_OK)
		atomic_store(&auth->told_stored, false);
}

static bool
is_stored(uint64_t session, void *arg)
{
	return store_is_settled(arg, session);
}

/* Files in the state directory: sessions, accounting requests that were not answered, users that
 * are locked out. */
static bool
make_stores(struct auth *auth, struct role_env *env)
{
	int dir_fd = proc_take_fd(env, IPC__FD_KIND__FD_STATE_DIR, IPC__ROLE_ID__ROLE_NONE, 0);
	int second_fd, third_fd, fourth_fd;

	if (dir_fd < 0)
		die("no state directory was handed over");
	second_fd = fcntl(dir_fd, F_DUPFD_CLOEXEC, 0);
	third_fd = fcntl(dir_fd, F_DUPFD_CLOEXEC, 0);
	fourth_fd = fcntl(dir_fd, F_DUPFD_CLOEXEC, 0);
	auth->store = store_new(dir_fd);
	if (second_fd >= 0)
		auth->spool = acct_spool_new(second_fd, ACCT_SPOOL_MAX);
	if (third_fd >= 0)
		auth->lockout = lockout_new(third_fd);
	if (fourth_fd >= 0)
		auth->shun = shun_new(fourth_fd);
	if (auth->store == NULL || auth->spool == NULL || auth->lockout == NULL ||
	    auth->shun == NULL)
		return false;
	/* Whatever dies when: what is accounted of a session is kept before its record says so, and
	 * sent after. */
	store_before(auth->store, on_store, auth->spool);
	store_after(auth->store, tell_stored, auth);
	return true;
}

/* Before the sessions: of those that are restored some may have ended. */
static bool
make_accounting(struct auth *auth, struct conf *conf)
{
	const struct acct_queue_gate gate = {.is_open = is_stored, .arg = auth->store};
	enum err err;

	auth->accounting = accounting_new(auth->radius, auth->spool, &gate);
	if (auth->accounting == NULL)
		return false;
	accounting_use(auth->accounting, conf);
	err = accounting_load(auth->accounting);
	if (err != ERR_OK)
		log_err("accounting: cannot read what is left of an earlier run: %s", err_str(err));
	return true;
}

static bool
make_sessions(struct auth *auth, struct conf *conf)
{
	struct session_config config = {
	    .conf = conf,
	    .pools = auth->pools,
	    .filters = auth->filters,
	    .store = auth->store,
	    .end = on_session_end,
	    .event = on_session_event,
	    .arg = auth,
	};

	auth->sessions = session_table_new(&config);
	if (auth->sessions == NULL)
		return false;
	session_table_load(auth->sessions);
	accounting_sift(auth->accounting, auth->sessions);
	return true;
}

/* Whoever checks passwords and knows what users may do. */
static bool
make_aaa(struct auth *auth, struct conf *conf)
{
	struct local_config local = {
	    .loop = auth->loop,
	    .conf = conf,
	    .threads = hash_threads(),
	    .queue_max = HASH_QUEUE_MAX,
	    .lockout = auth->lockout,
	};
	struct aaa_config aaa = {.loop = auth->loop};

	aaa.local = auth->local = local_new(&local);
	aaa.radius = auth->radius = radius_client_new(auth->loop, conf);
	if (auth->local == NULL || auth->radius == NULL)
		return false;
	aaa.dacls = auth->dacls = dacl_cache_new(auth->loop, auth->radius);
	if (auth->dacls == NULL)
		return false;
	auth->aaa = aaa_new(&aaa);
	return auth->aaa != NULL;
}

static bool
make_logins(struct auth *auth, const struct role_env *env, struct conf *conf)
{
	struct login_config login = {
	    .conf = conf,
	    .generation = env->generation,
	    .sessions = auth->sessions,
	    .ask = on_ask,
	    .cancel = aaa_cancel,
	    .asker = auth->aaa,
	    .refresh = on_login_refresh,
	    .refresher = auth,
	    .pair = errand_pair,
	    .pairer = &auth->errand,
	};

	login.threat = auth->threat = threat_new(auth->shun);
	if (auth->threat == NULL)
		return false;
	threat_use(auth->threat, conf);
	login.arrivals = auth->arrivals = arrivals_new(errand_judge, &auth->errand);
	if (auth->arrivals == NULL)
		return false;
	auth->logins = login_table_new(&login);
	return auth->logins != NULL;
}

static bool
make_coa(struct auth *auth, struct conf *conf)
{
	struct coa_config config = {
	    .loop = auth->loop,
	    .conf = conf,
	    .sessions = auth->sessions,
	    .dacls = auth->dacls,
	    .update = on_session_update,
	    .arg = auth,
	};

	auth->coa = coa_new(&config);
	return auth->coa != NULL;
}

static void
make_turnover(struct auth *auth)
{
	auth->turnover = (struct turnover){
	    .filters = auth->filters,
	    .pools = auth->pools,
	    .sessions = auth->sessions,
	    .logins = auth->logins,
	    .radius = auth->radius,
	    .accounting = auth->accounting,
	    .coa = auth->coa,
	    .threat = auth->threat,
	};
	turnover_init(&auth->turnover);
}

static bool
make_links(struct auth *auth, const struct role_env *env)
{
	auth->delays = delay_new(auth->loop);
	auth->intake = (struct intake){.logins = auth->logins,
	    .sessions = auth->sessions,
	    .filters = auth->filters,
	    .desk = auth->desk,
	    .threat = auth->threat,
	    .delays = auth->delays};
	auth->links = intake_links(&auth->intake, auth->loop, env->workers);
	shun_watch(auth->shun, on_shun, auth);
	return auth->delays != NULL && auth->links != NULL;
}

static bool
make_metrics(struct auth *auth)
{
	struct metrics_config config = {
	    .loop = auth->loop,
	    .links = auth->links,
	    .errand = &auth->errand,
	    .workers = auth->workers,
	    .sources =
		{
		    .sessions = auth->sessions,
		    .pools = auth->pools,
		    .local = auth->local,
		    .radius = auth->radius,
		    .accounting = auth->accounting,
		    .logins = auth->logins,
		},
	};

	auth->metrics = metrics_new(&config);
	return auth->metrics != NULL;
}

static bool
make_control(struct auth *auth, struct role_env *env)
{
	int fd = proc_take_fd(env, IPC__FD_KIND__FD_CONTROL, IPC__ROLE_ID__ROLE_NONE, 0);
	struct control_config config = {
	    .loop = auth->loop,
	    .sessions = auth->sessions,
	    .filters = auth->filters,
	    .refresh = on_refresh,
	    .reload = on_reload,
	    .cancel = on_control_cancel,
	    .ca_list = on_ca_list,
	    .account = on_account,
	    .pools = auth->pools,
	    .aaa = auth->aaa,
	    .lockout = auth->lockout,
	    .shun = auth->shun,
	    .threat = auth->threat,
	    .desk = auth->desk,
	    .local = auth->local,
	    .radius = auth->radius,
	    .metrics = auth->metrics,
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
	auth->stop = event_new(loop_base(auth->loop), -1, EV_PERSIST, on_stopping, auth);
	auth->tickets = tickets_new(clock_mono_ms());
	return auth->tickets != NULL && auth->tick != NULL && auth->stop != NULL &&
	       event_add(auth->tick, &second) == 0;
}

static bool
make_desk(struct auth *auth, const struct role_env *env)
{
	auth->workers = env->workers;
	auth->desk = auth->errand.desk = trace_desk_new(on_watch, auth);
	trace_start(on_trace, auth);
	return auth->desk != NULL;
}

/* First of all: sessions that are restored may have something to tell it. */
static bool
make_parent(struct auth *auth, const struct role_env *env)
{
	struct ipc_config config = {
	    .peer = "parent",
	    .rows = parent_rows,
	    .rows_len = ARRAY_LEN(parent_rows),
	    .on_closed = on_parent_closed,
	    .arg = auth,
	};

	auth->parent = ipc_new(auth->loop, env->parent_fd, &config);
	auth->errand = (struct errand){.loop = auth->loop, .parent = auth->parent};
	return auth->parent != NULL;
}

static void
attach_peers(struct auth *auth, struct role_env *env)
{
	for (size_t i = 0; i < env->fds_len; i++) {
		struct role_fd *rf = &env->fds[i];

		if (rf->fd < 0 || rf->kind != IPC__FD_KIND__FD_PEER)
			continue;
		attach_peer(auth, rf->peer, rf->worker, rf->fd);
		rf->fd = -1;
	}
}

/*
 * Threads first, then whoever answers, then what their answers reach, then what that stands on.
 * Sessions stay on disk.
 */
static void
close_all(struct auth *auth)
{
	if (auth->store != NULL) {
		store_after(auth->store, NULL, NULL);
		store_flush(auth->store);
	}
	local_free(auth->local);
	aaa_free(auth->aaa);
	coa_free(auth->coa);
	dacl_cache_free(auth->dacls);
	control_free(auth->control);
	trace_stop();
	errand_fini(&auth->errand);
	delay_free(auth->delays);
	login_table_free(auth->logins);
	arrivals_free(auth->arrivals);
	accounting_free(auth->accounting);
	radius_client_free(auth->radius);
	link_set_free(auth->links);
	turnover_fini(&auth->turnover);
	ipc_free(auth->parent);
	metrics_free(auth->metrics);
	if (auth->tick != NULL)
		event_free(auth->tick);
	if (auth->stop != NULL)
		event_free(auth->stop);
	loop_free(auth->loop);
	trace_desk_free(auth->desk);
	tickets_free(auth->tickets);
	session_table_free(auth->sessions);
	filters_free(auth->filters);
	store_free(auth->store);
	lockout_free(auth->lockout);
	threat_free(auth->threat);
	shun_free(auth->shun);
	acct_spool_free(auth->spool);
	pool_set_free(auth->pools);
}

static bool
make_all(struct auth *auth, struct role_env *env)
{
	struct conf *conf = conf_take_slice(env->slice, env->slice_len);
	bool ok;

	auth->loop = loop_new();
	ok = auth->loop != NULL && make_parent(auth, env) && make_desk(auth, env) &&
	     make_filters(auth, env, conf) && make_pools(auth, env, conf) &&
	     make_stores(auth, env) && make_aaa(auth, conf) && make_accounting(auth, conf) &&
	     make_sessions(auth, conf) && make_logins(auth, env, conf) && make_links(auth, env) &&
	     make_coa(auth, conf) && make_metrics(auth) && make_control(auth, env) &&
	     make_tick(auth);
	make_turnover(auth);
	conf_unref(conf);
	return ok;
}

static int
auth_run(struct role_env *env)
{
	Ipc__RoleReady ready = IPC__ROLE_READY__INIT;
	struct auth auth = {0};

	if (!make_all(&auth, env))
		die("cannot set up: out of memory or threads");
	attach_peers(&auth, env);
	if (ipc_send(auth.parent, IPC__MSG_TYPE__MSG_ROLE_READY, &ready.base) != ERR_OK)
		die("the parent went away");
	pool_set_drain(auth.pools);
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
