/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Channels to gateway workers, and the round of questions for fresh statistics. One round runs at a
 * time; who asks while it runs gets its result.
 */
#include "auth/link.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/table.h"
#include "common/log.h"

#define STATS_TIMEOUT_MS 1000

struct waiter {
	link_done_fn done;
	void *arg;
	struct waiter *prev, *next;
};

struct link_set {
	struct link_config config;
	struct link *links;
	struct waiter *waiters;
	unsigned outstanding; /* answers of the round */
	struct event *nobody; /* made active when there is no worker to ask */
	bool asking;          /* the questions are being sent */
};

static void on_nobody(evutil_socket_t fd, short what, void *arg);

struct link_set *
link_set_new(const struct link_config *config)
{
	struct link_set *set = calloc(1, sizeof(*set));

	if (set == NULL || config->workers > LINK_WORKERS_MAX) {
		free(set);
		return NULL;
	}
	set->config = *config;
	set->links = calloc(config->workers + 1, sizeof(*set->links));
	set->nobody = event_new(loop_base(config->loop), -1, 0, on_nobody, set);
	if (set->links == NULL || set->nobody == NULL) {
		free(set->links);
		free(set);
		return NULL;
	}
	for (unsigned i = 0; i < config->workers; i++)
		set->links[i] = (struct link){.set = set, .worker = i};
	return set;
}

size_t
link_set_len(const struct link_set *set)
{
	size_t len = 0;

	for (unsigned i = 0; i < set->config.workers; i++)
		if (set->links[i].ipc != NULL)
			len++;
	return len;
}

void *
link_arg(const struct link *link)
{
	return link->set->config.arg;
}

/* Outstanding requests hear of the end inside ipc_free(), hence the field is cleared first. */
static void
detach(struct link *link)
{
	struct ipc *ipc = link->ipc;

	if (ipc == NULL)
		return;
	link->ipc = NULL;
	ipc_free(ipc);
	link->set->config.gone(link->worker, link->set->config.arg);
}

static void
on_closed(struct ipc *ipc, const char *why, void *arg)
{
	struct link *link = arg;

	(void)ipc;
	log_info("channel to gateway worker %u closed: %s", link->worker, why);
	detach(link);
}

enum err
link_attach(struct link_set *set, unsigned worker, int fd)
{
	struct ipc_config config = {
	    .peer = "gateway",
	    .rows = set->config.rows,
	    .rows_len = set->config.rows_len,
	    .on_closed = on_closed,
	};
	struct link *link;

	if (worker >= set->config.workers) {
		close(fd);
		return ERR_RANGE;
	}
	link = &set->links[worker];
	detach(link);
	config.arg = link;
	link->serial++;
	link->ipc = ipc_new(set->config.loop, fd, &config);
	return link->ipc != NULL ? ERR_OK : ERR_NOMEM;
}

struct ipc *
link_channel(const struct link_set *set, unsigned worker)
{
	return worker < set->config.workers ? set->links[worker].ipc : NULL;
}

enum err
link_send(struct link_set *set, unsigned worker, Ipc__MsgType type, const ProtobufCMessage *msg)
{
	if (worker >= set->config.workers || set->links[worker].ipc == NULL)
		return ERR_CLOSED;
	return ipc_send(set->links[worker].ipc, type, msg);
}

void
link_end(struct link_set *set, unsigned worker, const Ipc__SessionEnd *end)
{
	enum err err = link_send(set, worker, IPC__MSG_TYPE__MSG_SESSION_END, &end->base);

	if (err != ERR_OK && err != ERR_CLOSED)
		log_err(
		    "gateway worker %u: cannot be told to end a session: %s", worker, err_str(err));
}

struct link_request
link_request_make(struct link *link, uint32_t id)
{
	return (struct link_request){.link = link, .serial = link->serial, .id = id};
}

bool
link_reply(const struct link_request *request, Ipc__MsgType type, const ProtobufCMessage *msg)
{
	struct link *link = request->link;
	enum err err;

	if (link->ipc == NULL || link->serial != request->serial)
		return false;
	err = ipc_reply(link->ipc, request->id, type, msg);
	if (err != ERR_OK && err != ERR_CLOSED)
		log_err("gateway worker %u: cannot answer with %s: %s", link->worker,
		    ipc_type_name(type), err_str(err));
	return err == ERR_OK;
}

/* ---- statistics ---- */

static void
round_end(struct link_set *set)
{
	struct waiter *waiters = set->waiters, *waiter;

	if (set->outstanding > 0 || set->asking)
		return;
	set->waiters = NULL;
	while ((waiter = waiters) != NULL) {
		DL_DELETE(waiters, waiter);
		waiter->done(waiter->arg);
		free(waiter);
	}
}

static void
on_stats(enum err err, const ProtobufCMessage *msg, void *arg)
{
	struct link *link = arg;
	struct link_set *set = link->set;

	if (err == ERR_OK)
		set->config.stats(link->worker, (const Ipc__StatsReport *)msg, set->config.arg);
	set->outstanding--;
	round_end(set);
}

static void
ask_all(struct link_set *set)
{
	Ipc__StatsRequest request = IPC__STATS_REQUEST__INIT;

	set->asking = true;
	for (unsigned i = 0; i < set->config.workers; i++) {
		struct link *link = &set->links[i];

		if (link->ipc != NULL && ipc_request(link->ipc, IPC__MSG_TYPE__MSG_STATS_REQUEST,
					     &request.base, IPC__MSG_TYPE__MSG_STATS_REPORT,
					     STATS_TIMEOUT_MS, on_stats, link, NULL) == ERR_OK)
			set->outstanding++;
	}
	set->asking = false;
}

/* Nobody could be asked; still done is called later, not from within link_refresh(). */
static void
on_nobody(UNUSED evutil_socket_t fd, UNUSED short what, void *arg)
{
	round_end(arg);
}

void
link_refresh(struct link_set *set, link_done_fn done, void *arg)
{
	struct waiter *waiter = calloc(1, sizeof(*waiter));
	bool running = set->waiters != NULL || set->outstanding > 0;

	if (waiter == NULL) {
		done(arg);
		return;
	}
	waiter->done = done;
	waiter->arg = arg;
	DL_APPEND(set->waiters, waiter);
	if (running)
		return;
	ask_all(set);
	if (set->outstanding == 0)
		event_active(set->nobody, EV_TIMEOUT, 0);
}

void
link_refresh_cancel(struct link_set *set, const void *arg)
{
	struct waiter *waiter, *tmp;

	DL_FOREACH_SAFE (set->waiters, waiter, tmp) {
		if (waiter->arg != arg)
			continue;
		DL_DELETE(set->waiters, waiter);
		free(waiter);
	}
}

void
link_set_free(struct link_set *set)
{
	struct waiter *waiter, *tmp;

	if (set == NULL)
		return;
	DL_FOREACH_SAFE (set->waiters, waiter, tmp) {
		DL_DELETE(set->waiters, waiter);
		free(waiter);
	}
	for (unsigned i = 0; i < set->config.workers; i++) {
		struct ipc *ipc = set->links[i].ipc;

		set->links[i].ipc = NULL;
		ipc_free(ipc);
	}
	event_free(set->nobody);
	free(set->links);
	free(set);
}
