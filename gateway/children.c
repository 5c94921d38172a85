/* SPDX-License-Identifier: Apache-2.0 */
/* Supervision. A child's death loses nothing that the parent holds: sockets, tun queues,
 * configuration. */
#include "gateway/children.h"

#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/metric.h"
#include "common/priv.h"
#include "common/proc.h"
#include "gateway/proc_stat.h"

#define BACKOFF_FIRST_MS 100
#define BACKOFF_MAX_MS 10000
#define HEALTHY_MS 60000 /* a child that lived so long starts again with the first back-off */
#define STOP_GRACE_SEC 5

/* In start order: who signs, who decides, who meets the clients. They stop in the opposite order.
 */
static const struct role *const child_roles[] = {&pki_role, &auth_role, &gateway_role};

#define CHILD_COUNT ARRAY_LEN(child_roles)

struct child {
	struct children *children;
	const struct role *role;
	pid_t pid; /* 0: not running */
	struct ipc *ipc;
	bool ready;
	bool was_ready; /* ever: before that a death is a failed start, not a crash */
	uint64_t started_ms;
	int64_t started_wall; /* seconds since 1970, 0: never */
	unsigned backoff_ms;
	struct event *restart;
};

struct children {
	struct loop *loop;
	struct children_owner owner;
	struct child list[CHILD_COUNT];
	int64_t started_wall; /* of the parent */
	struct event *sigchld;
	struct event *stop_timer;
	bool stopping;
	bool end_sessions;
	bool failed;
};

static void child_start(struct child *child);
static void stop_next(struct children *children);

/* ---- channels between children ---- */

static enum err
send_peer(struct child *child, Ipc__RoleId peer, unsigned worker, int fd)
{
	Ipc__RoleFd msg = IPC__ROLE_FD__INIT;

	msg.kind = IPC__FD_KIND__FD_PEER;
	msg.peer = peer;
	msg.worker = worker;
	return ipc_send_fd(child->ipc, IPC__MSG_TYPE__MSG_ROLE_FD, &msg.base, fd);
}

/* One end each, the parent keeps none: it could not read along if it wanted to. */
static enum err
connect_pair(struct child *a, struct child *b, unsigned worker)
{
	int fds[2];
	enum err err = ipc_pair(fds);

	if (err != ERR_OK)
		return err;
	err = send_peer(a, b->role->id, worker, fds[0]);
	if (err == ERR_OK)
		err = send_peer(b, a->role->id, worker, fds[1]);
	close(fds[0]);
	close(fds[1]);
	return err;
}

/* Connect a child that starts with every other one that runs. */
static enum err
connect_peers(struct child *child)
{
	struct children *children = child->children;
	enum err err = ERR_OK;

	for (size_t i = 0; i < CHILD_COUNT && err == ERR_OK; i++) {
		struct child *other = &children->list[i];
		unsigned channels = 1;

		if (other == child || other->ipc == NULL)
			continue;
		if (child->role == &gateway_role || other->role == &gateway_role)
			channels = children->owner.workers;
		for (unsigned w = 0; w < channels && err == ERR_OK; w++)
			err = connect_pair(child, other, w);
	}
	return err;
}

/* ---- life and death of children ---- */

static bool
all_ready(const struct children *children)
{
	for (size_t i = 0; i < CHILD_COUNT; i++)
		if (!children->list[i].ready)
			return false;
	return true;
}

static void
on_child_ready(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct child *child = arg;

	(void)ipc, (void)id, (void)msg, (void)fd;
	if (child->ready)
		return;
	child->ready = true;
	child->was_ready = true;
	log_debug("%s is ready (pid %d)", child->role->name, (int)child->pid);
	if (all_ready(child->children))
		child->children->owner.on_ready(child->children->owner.arg);
}

/* The process may live on without its channel, and is useless then: SIGCHLD does the rest. */
static void
on_child_closed(struct ipc *ipc, const char *why, void *arg)
{
	struct child *child = arg;

	log_event(child->children->stopping ? LOG_DEBUG : LOG_WARNING, "channel to %s closed: %s",
	    child->role->name, why);
	ipc_free(ipc);
	child->ipc = NULL;
	child->ready = false;
	if (child->pid > 0 && !child->children->stopping)
		(void)kill(child->pid, SIGKILL);
	child->children->owner.on_lost(child->role, child->children->owner.arg);
}

static void
on_config_result(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct child *child = arg;
	const struct children_owner *owner = &child->children->owner;

	(void)ipc, (void)id, (void)fd;
	owner->on_config_result(child->role, (const Ipc__RoleConfigResult *)msg, owner->arg);
}

static void
on_reload(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct child *child = arg;
	const struct children_owner *owner = &child->children->owner;

	(void)ipc, (void)msg, (void)fd;
	owner->on_reload(id, owner->arg);
}

static void
on_pool_drained(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct child *child = arg;
	const struct children_owner *owner = &child->children->owner;

	(void)ipc, (void)id, (void)fd;
	owner->on_pool_drained((const Ipc__PoolDrained *)msg, owner->arg);
}

static void
process_fill(Ipc__RoleId role, pid_t pid, int64_t started, bool up, Ipc__MetricsProcess *out)
{
	ipc__metrics_process__init(out);
	out->role = role;
	out->up = up;
	out->start_time = started;
	/* Without /proc they are not told. */
	if (pid > 0 && proc_stat_read(pid, out) != ERR_OK)
		log_debug("no statistics of process %d", (int)pid);
}

/* The counters of the parent, and what it sees of all processes. */
static void
on_metrics(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	const struct children *children = ((struct child *)arg)->children;
	Ipc__MetricsProcess processes[CHILD_COUNT + 1], *refs[CHILD_COUNT + 1];
	Ipc__MetricsReport report;

	(void)msg, (void)fd;
	process_fill(
	    IPC__ROLE_ID__ROLE_PARENT, getpid(), children->started_wall, true, &processes[0]);
	refs[0] = &processes[0];
	for (size_t i = 0; i < CHILD_COUNT; i++) {
		const struct child *child = &children->list[i];

		process_fill(child->role->id, child->pid, child->started_wall, child->ready,
		    &processes[i + 1]);
		refs[i + 1] = &processes[i + 1];
	}
	metric_report_fill(&report);
	report.process = refs;
	report.n_process = ARRAY_LEN(refs);
	(void)ipc_reply(ipc, id, IPC__MSG_TYPE__MSG_METRICS_REPORT, &report.base);
}

/* auth is locked up and cannot read the user database. */
static void
on_account_ask(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	const Ipc__AccountAsk *ask = (const Ipc__AccountAsk *)msg;
	const struct passwd *user = getpwuid(ask->uid);
	Ipc__Account account = IPC__ACCOUNT__INIT;
	gid_t gid = 0;

	(void)fd, (void)arg;
	if (user != NULL)
		account.user = user->pw_name;
	account.group_known = ask->group[0] != '\0' && priv_group(ask->group, &gid) == ERR_OK;
	account.gid = gid;
	(void)ipc_reply(ipc, id, IPC__MSG_TYPE__MSG_ACCOUNT, &account.base);
}

/* What is behind the first two is auth's only. */
static const struct ipc_row child_rows[] = {
    {.type = IPC__MSG_TYPE__MSG_ROLE_READY, .handle = on_child_ready},
    {.type = IPC__MSG_TYPE__MSG_ROLE_CONFIG_RESULT, .handle = on_config_result},
    {.type = IPC__MSG_TYPE__MSG_RELOAD, .handle = on_reload, .request = true},
    {.type = IPC__MSG_TYPE__MSG_POOL_DRAINED, .handle = on_pool_drained},
    {.type = IPC__MSG_TYPE__MSG_ACCOUNT_ASK, .handle = on_account_ask, .request = true},
    {.type = IPC__MSG_TYPE__MSG_METRICS_REQUEST, .handle = on_metrics, .request = true},
};
#define COMMON_ROWS 2

static void
schedule_restart(struct child *child)
{
	struct timeval tv;

	if (clock_mono_ms() - child->started_ms >= HEALTHY_MS || child->backoff_ms == 0)
		child->backoff_ms = BACKOFF_FIRST_MS;
	tv.tv_sec = child->backoff_ms / 1000;
	tv.tv_usec = (suseconds_t)(child->backoff_ms % 1000) * 1000;
	log_notice("restarting %s in %u ms", child->role->name, child->backoff_ms);
	metric_count(METRIC_RESTARTS_PKI + (unsigned)(child - child->children->list));
	child->backoff_ms *= 2;
	if (child->backoff_ms > BACKOFF_MAX_MS)
		child->backoff_ms = BACKOFF_MAX_MS;
	evtimer_add(child->restart, &tv);
}

static void
on_restart(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	child_start(arg);
}

static void
child_start(struct child *child)
{
	struct ipc_config config = {
	    .peer = child->role->name,
	    .rows = child_rows,
	    .rows_len = child->role == &auth_role ? ARRAY_LEN(child_rows) : COMMON_ROWS,
	    .on_closed = on_child_closed,
	    .arg = child,
	};
	enum err err;
	int fd;

	child->ready = false;
	child->started_ms = clock_mono_ms();
	child->started_wall = (int64_t)clock_wall_sec();
	err = proc_spawn(child->role, &child->pid, &fd);
	if (err == ERR_OK) {
		child->ipc = ipc_new(child->children->loop, fd, &config);
		err = child->ipc != NULL ? connect_peers(child) : ERR_NOMEM;
	}
	if (err == ERR_OK)
		err = child->children->owner.give(
		    child->role, child->ipc, child->children->owner.arg);
	if (err == ERR_OK)
		return;
	log_err("cannot start %s: %s: %m", child->role->name, err_str(err));
	ipc_free(child->ipc);
	child->ipc = NULL;
	if (child->pid > 0)
		(void)kill(child->pid, SIGKILL); /* its death schedules the next try */
	else
		schedule_restart(child);
}

static void
log_death(const struct child *child, int status)
{
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		log_err("%s (pid %d) was killed by its sandbox: it made a system call that its job "
			"does not need. An attack, or a bug: stderr and the kernel's audit log "
			"(type 1326) tell which call",
		    child->role->name, (int)child->pid);
	else if (WIFSIGNALED(status))
		log_err("%s (pid %d) was killed by signal %d (%s)", child->role->name,
		    (int)child->pid, WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		log_err("%s (pid %d) exited with status %d", child->role->name, (int)child->pid,
		    WEXITSTATUS(status));
}

static void
child_died(struct child *child, int status)
{
	struct children *children = child->children;

	if (!children->stopping)
		log_death(child, status);
	child->pid = 0;
	child->ready = false;
	ipc_free(child->ipc);
	child->ipc = NULL;
	children->owner.on_lost(child->role, children->owner.arg);
	if (children->stopping) {
		stop_next(children);
	} else if (!child->was_ready) {
		log_err("%s did not start: giving up", child->role->name);
		children->failed = true;
		children_stop(children, false);
	} else {
		schedule_restart(child);
	}
}

static void
on_sigchld(evutil_socket_t fd, short what, void *arg)
{
	struct children *children = arg;
	int status;
	pid_t pid;

	(void)fd, (void)what;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 0; i < CHILD_COUNT; i++)
			if (children->list[i].pid == pid)
				child_died(&children->list[i], status);
}

/* ---- orderly stop: gateway first, so that auth hears what it has counted, then the others ---- */

static void
on_stop_timeout(evutil_socket_t fd, short what, void *arg)
{
	struct children *children = arg;

	(void)fd, (void)what;
	for (size_t i = 0; i < CHILD_COUNT; i++) {
		if (children->list[i].pid <= 0)
			continue;
		log_warn("%s does not stop: killing it", children->list[i].role->name);
		(void)kill(children->list[i].pid, SIGKILL);
	}
}

/* Tell the last child in start order that still runs to stop; when none is left, leave the loop. */
static void
stop_next(struct children *children)
{
	struct timeval grace = {STOP_GRACE_SEC, 0};

	for (size_t i = CHILD_COUNT; i-- > 0;) {
		struct child *child = &children->list[i];
		Ipc__RoleStop msg = IPC__ROLE_STOP__INIT;

		evtimer_del(child->restart);
		if (child->pid <= 0)
			continue;
		msg.end_sessions = children->end_sessions;
		if (child->ipc == NULL ||
		    ipc_send(child->ipc, IPC__MSG_TYPE__MSG_ROLE_STOP, &msg.base) != ERR_OK)
			(void)kill(child->pid, SIGKILL);
		evtimer_add(children->stop_timer, &grace);
		return;
	}
	evtimer_del(children->stop_timer);
	children->owner.on_stopped(children->failed, children->owner.arg);
}

void
children_start(struct children *children)
{
	for (size_t i = 0; i < CHILD_COUNT; i++)
		child_start(&children->list[i]);
}

static struct child *
child_find(struct children *children, const struct role *role)
{
	for (size_t i = 0; i < CHILD_COUNT; i++)
		if (children->list[i].role == role)
			return &children->list[i];
	return NULL;
}

struct ipc *
children_channel(struct children *children, const struct role *role)
{
	const struct child *child = child_find(children, role);

	return child != NULL && child->ready && !children->stopping ? child->ipc : NULL;
}

void
children_kill(struct children *children, const struct role *role)
{
	const struct child *child = child_find(children, role);

	if (child != NULL && child->pid > 0)
		(void)kill(child->pid, SIGKILL);
}

void
children_reloaded(struct children *children, uint32_t id, bool ok, const char *text)
{
	struct ipc *ipc = children_channel(children, &auth_role);
	Ipc__Reloaded msg = IPC__RELOADED__INIT;

	if (ipc == NULL)
		return;
	msg.ok = ok;
	msg.text = (char *)(uintptr_t)text;
	(void)ipc_reply(ipc, id, IPC__MSG_TYPE__MSG_RELOADED, &msg.base);
}

void
children_stop(struct children *children, bool end_sessions)
{
	if (children->stopping)
		return;
	children->stopping = true;
	children->end_sessions = end_sessions;
	stop_next(children);
}

struct children *
children_new(struct loop *loop, const struct children_owner *owner)
{
	struct event_base *base = loop_base(loop);
	struct children *children = calloc(1, sizeof(*children));

	if (children == NULL)
		return NULL;
	children->loop = loop;
	children->owner = *owner;
	children->started_wall = (int64_t)clock_wall_sec();
	children->stop_timer = evtimer_new(base, on_stop_timeout, children);
	children->sigchld = evsignal_new(base, SIGCHLD, on_sigchld, children);
	if (children->stop_timer == NULL || children->sigchld == NULL ||
	    event_add(children->sigchld, NULL) < 0)
		goto out;
	for (size_t i = 0; i < CHILD_COUNT; i++) {
		struct child *child = &children->list[i];

		child->children = children;
		child->role = child_roles[i];
		child->restart = evtimer_new(base, on_restart, child);
		if (child->restart == NULL)
			goto out;
	}
	return children;
out:
	children_free(children);
	return NULL;
}

static void
free_event(struct event *event)
{
	if (event != NULL)
		event_free(event);
}

void
children_free(struct children *children)
{
	if (children == NULL)
		return;
	for (size_t i = 0; i < CHILD_COUNT; i++) {
		ipc_free(children->list[i].ipc);
		free_event(children->list[i].restart);
	}
	free_event(children->stop_timer);
	free_event(children->sigchld);
	free(children);
}
