/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accepting: a few connections per event, others give way at the limit, and a pause instead of a
 * spin when the process is out of descriptors.
 */
#include "gateway/conns.h"

#include <errno.h>
#include <malloc.h>
#include <netinet/tcp.h>
#include <openssl/async.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/log.h"
#include "gateway/barred.h"
#include "gateway/budget.h"
#include "gateway/gateway.h"
#include "gateway/tls.h"

#define ACCEPTS_PER_EVENT 16
#define BACK_OFF_MS 200
#define LOG_BURST 100
#define LOG_INTERVAL_SEC 10
#define SHORTAGE_BURST 2
/* Memory is given back a while after a crowd of at least so many has shrunk to that part: it takes
 * some milliseconds, and the rest of the crowd mostly goes in that while, too. */
#define TRIM_FROM 64
#define TRIM_PART 8
#define TRIM_AFTER_SEC 1

struct conns {
	struct worker *worker;
	struct event *listeners[WORKER_LISTENERS_MAX];
	struct event *retry; /* end of a pause */
	struct crowd crowd;
	struct event *trim; /* pending: memory is to be given back */
	size_t crowd_peak;  /* since that was done last */
	size_t max;
	bool accepting; /* the listeners are watched */
	bool wanted;    /* they ought to be */
	bool short_of;  /* told of a pause, and none was accepted since */
	struct log_limit log_limit;
	struct log_limit shortage_limit; /* its own: a flood must not hide why it is not let in */
};

static bool
may_log_shortage(struct conns *conns)
{
	unsigned suppressed;

	return log_limit_ok(&conns->shortage_limit, &suppressed);
}

static void
listeners_watch(struct conns *conns, bool watch)
{
	for (size_t i = 0; i < WORKER_LISTENERS_MAX; i++) {
		if (conns->listeners[i] == NULL)
			continue;
		if (watch)
			event_add(conns->listeners[i], NULL);
		else
			event_del(conns->listeners[i]);
	}
	conns->accepting = watch;
}

/* Stop for a moment: what is missing may come back. One line, however many moments it takes. */
static void
back_off(struct conns *conns, const char *why)
{
	const struct timeval tv = {.tv_usec = BACK_OFF_MS * 1000};

	if (!conns->short_of && may_log_shortage(conns))
		log_warn("worker %u: not accepting for a moment: %s", conns->worker->index, why);
	conns->short_of = true;
	listeners_watch(conns, false);
	evtimer_add(conns->retry, &tv);
}

static struct conn *
conn_of(const struct crowd_entry *entry)
{
	return ((const struct conns_entry *)(const void *)entry)->conn;
}

/* max-connections is reached: one goes for the sake of the next. */
static void
give_way(struct conns *conns)
{
	if (may_log_shortage(conns))
		log_warn("worker %u: max-connections reached: the oldest that have not logged in "
			 "give way",
		    conns->worker->index);
	conn_close(conn_of(crowd_worst(&conns->crowd)));
}

static void
on_retry(UNUSED evutil_socket_t fd, UNUSED short what, void *arg)
{
	struct conns *conns = arg;

	if (conns->wanted && !conns->accepting)
		listeners_watch(conns, true);
}

static void
accepts_again(struct conns *conns)
{
	if (conns->short_of && may_log_shortage(conns))
		log_notice("worker %u: accepting again", conns->worker->index);
	conns->short_of = false;
}

/* A source that is shunned: it gets a reset, and nothing is read. */
static void
turn_away(struct conns *conns, int fd, const struct ip_addr *client, const struct ip_addr *server)
{
	const struct linger now = {.l_onoff = 1, .l_linger = 0};
	char from[IP_STR_MAX], to[IP_STR_MAX];

	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	close(fd);
	if (conns_may_log(conns))
		log_event(LOGMSG_401004, ip_str(client, from), ip_str(server, to));
}

static void
take_socket(struct conns *conns, int fd, const struct sockaddr_storage *from)
{
	struct sockaddr_storage to;
	socklen_t to_len = sizeof to;
	struct ip_endpoint client, server;
	const int one = 1;

	if (getsockname(fd, (struct sockaddr *)&to, &to_len) != 0 ||
	    ip_from_sockaddr((const struct sockaddr *)from, &client) != ERR_OK ||
	    ip_from_sockaddr((const struct sockaddr *)&to, &server) != ERR_OK) {
		close(fd);
		return;
	}
	if (barred_has(conns->worker->barred, &client.addr)) {
		turn_away(conns, fd, &client.addr, &server.addr);
		return;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	while (conns->crowd.len >= conns->max)
		give_way(conns);
	if (conn_accept(conns, conns->worker, fd, &client, &server) != ERR_OK)
		back_off(conns, "out of memory");
	else
		accepts_again(conns);
}

static void
on_acceptable(evutil_socket_t listener, UNUSED short what, void *arg)
{
	struct conns *conns = arg;

	/* While others wait for their handshakes, newcomers wait in the kernel. */
	for (unsigned i = 0;
	     i < ACCEPTS_PER_EVENT && conns->accepting && !budget_is_short(conns->worker->budget);
	     i++) {
		struct sockaddr_storage from;
		socklen_t len = sizeof from;
		int fd;

		fd =
		    accept4(listener, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0)
			take_socket(conns, fd, &from);
		else if (errno == EAGAIN)
			return;
		else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			back_off(conns, "out of descriptors or memory");
	}
}

static void
trim_later(struct conns *conns)
{
	const struct timeval tv = {.tv_sec = TRIM_AFTER_SEC};

	if (!evtimer_pending(conns->trim, NULL))
		evtimer_add(conns->trim, &tv);
}

/* OpenSSL keeps as many stacks of 32 kilobytes as handshakes have ever been half done at once.
 * None of them must be in use when they are given up. */
static void
on_trim(UNUSED evutil_socket_t fd, UNUSED short what, void *arg)
{
	struct conns *conns = arg;

	if (!budget_is_idle(conns->worker->budget)) {
		trim_later(conns);
		return;
	}
	ASYNC_cleanup_thread();
	conns->crowd_peak = conns->crowd.len;
	(void)malloc_trim(0);
}

struct conns *
conns_new(struct worker *worker)
{
	struct conns *conns = calloc(1, sizeof *conns);
	struct event_base *base = loop_base(worker->loop);

	if (conns == NULL)
		return NULL;
	conns->worker = worker;
	conns->log_limit = (struct log_limit){.burst = LOG_BURST, .interval_sec = LOG_INTERVAL_SEC};
	conns->shortage_limit =
	    (struct log_limit){.burst = SHORTAGE_BURST, .interval_sec = LOG_INTERVAL_SEC};
	crowd_init(&conns->crowd);
	conns->retry = evtimer_new(base, on_retry, conns);
	conns->trim = evtimer_new(base, on_trim, conns);
	if (conns->retry == NULL || conns->trim == NULL)
		goto out;
	for (size_t i = 0; i < worker->listeners_len; i++) {
		if (worker->tcp_fds[i] < 0)
			continue;
		conns->listeners[i] =
		    event_new(base, worker->tcp_fds[i], EV_READ | EV_PERSIST, on_acceptable, conns);
		if (conns->listeners[i] == NULL)
			goto out;
	}
	if (worker->tls != NULL && tls_is_ready(worker->tls))
		conns_start_accepting(conns);
	return conns;
out:
	conns_free(conns);
	return NULL;
}

void
conns_free(struct conns *conns)
{
	struct crowd_entry *entry;

	if (conns == NULL)
		return;
	conns->wanted = false;
	while ((entry = crowd_worst(&conns->crowd)) != NULL)
		conn_close(conn_of(entry));
	for (size_t i = 0; i < WORKER_LISTENERS_MAX; i++)
		if (conns->listeners[i] != NULL)
			event_free(conns->listeners[i]);
	if (conns->retry != NULL)
		event_free(conns->retry);
	if (conns->trim != NULL)
		event_free(conns->trim);
	free(conns);
}

void
conns_limits_changed(struct conns *conns)
{
	const struct conf_object *limits =
	    conf_sub(conf_root(conns->worker->conf, CONF_GATEWAY), GW_LIMITS);
	size_t workers = conns->worker->gateway != NULL ? conns->worker->gateway->workers_len : 1;
	size_t max = (size_t)conf_int(limits, LIM_MAX_CONNECTIONS);

	conns->max = workers > 1 ? (max + workers - 1) / workers : max;
}

void
conns_start_accepting(struct conns *conns)
{
	conns_limits_changed(conns);
	conns->wanted = true;
	if (!conns->accepting)
		listeners_watch(conns, true);
}

void
conns_stop_accepting(struct conns *conns)
{
	struct crowd_entry *entry, *next;

	conns->wanted = false;
	event_del(conns->retry);
	listeners_watch(conns, false);
	for (entry = TAILQ_FIRST(&conns->crowd.strangers); entry != NULL; entry = next) {
		next = TAILQ_NEXT(entry, next);
		if (conn_is_handshaking(conn_of(entry)))
			conn_close(conn_of(entry));
	}
}

size_t
conns_len(const struct conns *conns)
{
	return conns->crowd.len;
}

void
conns_add(struct conns *conns, struct conns_entry *entry, const struct ip_addr *from)
{
	crowd_add(&conns->crowd, &entry->place, from);
	if (conns->crowd.len > conns->crowd_peak)
		conns->crowd_peak = conns->crowd.len;
}

void
conns_know(struct conns *conns, struct conns_entry *entry)
{
	crowd_know(&conns->crowd, &entry->place);
}

/* A flood is over: what it made us take goes back to the system. */
static void
give_back(struct conns *conns)
{
	if (conns->crowd_peak >= TRIM_FROM && conns->crowd.len <= conns->crowd_peak / TRIM_PART)
		trim_later(conns);
}

void
conns_remove(struct conns *conns, struct conns_entry *entry)
{
	crowd_remove(&conns->crowd, &entry->place);
	give_back(conns);
	if (conns->wanted && !conns->accepting)
		on_retry(-1, 0, conns);
}

bool
conns_may_log(struct conns *conns)
{
	unsigned suppressed = 0;
	bool ok = log_limit_ok(&conns->log_limit, &suppressed);

	if (ok && suppressed > 0)
		log_warn(
		    "worker %u: %u lines about clients left out", conns->worker->index, suppressed);
	return ok;
}

void
conns_no_memory(struct conns *conns)
{
	if (may_log_shortage(conns))
		log_warn("worker %u: out of memory: clients are turned away", conns->worker->index);
}

void
conns_close_fd(int fd)
{
	close(fd);
}
