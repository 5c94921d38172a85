/* SPDX-License-Identifier: Apache-2.0 */
/* A message that is not in the table drops its channel (common/ipc.h). */
#include "auth/intake.h"

#include <stdlib.h>

#include "auth/tunnel.h"
#include "common/log.h"

static struct intake *
intake_of(const struct link *link)
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
		login_init(intake_of(arg)->logins, (const Ipc__AuthInit *)msg, on_answer, request);
}

static void
on_late_reply(Ipc__AuthReply *reply, void *arg)
{
	struct link_request *request = arg;

	login_reply(intake_of(request->link)->logins, reply, on_answer, request);
}

/* How long this one waits before it is looked at. */
static unsigned
delay_of(const struct intake *intake, const Ipc__AuthReply *reply)
{
	if (intake->threat == NULL || intake->delays == NULL)
		return 0;
	return threat_delay(intake->threat, session_table_config(intake->sessions)->conf, reply);
}

static void
handle_auth_reply(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct link_request *request = request_keep(arg, id);
	struct intake *intake = intake_of(arg);
	Ipc__AuthReply *reply = (Ipc__AuthReply *)(uintptr_t)msg;
	unsigned ms;

	(void)ipc, (void)fd;
	if (request == NULL)
		return;
	ms = delay_of(intake, reply);
	/* The message is ours to wipe: it is freed after this. */
	if (ms == 0)
		login_reply(intake->logins, reply, on_answer, request);
	else if (delay_add(intake->delays, reply, ms, on_late_reply, request) == ERR_OK)
		login_reply_wipe(reply);
	else
		login_reply_refuse(reply, on_answer, request);
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
	tunnel_open(intake_of(link)->sessions, link->worker, (const Ipc__SessionOpen *)msg,
	    on_opened, &request);
}

static void
handle_tunnel_event(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct link *link = arg;

	(void)ipc, (void)id, (void)fd;
	tunnel_event(intake_of(link)->sessions, link->worker, (const Ipc__TunnelEvent *)msg);
}

static void
handle_session_closed(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct link *link = arg;

	(void)ipc, (void)id, (void)fd;
	tunnel_closed(intake_of(link)->sessions, link->worker, (const Ipc__SessionClosed *)msg);
}

static void
handle_stats_report(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct link *link = arg;

	(void)ipc, (void)id, (void)fd;
	tunnel_stats(intake_of(link)->sessions, link->worker, (const Ipc__StatsReport *)msg);
}

static void
handle_session_logout(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct link *link = arg;

	(void)ipc, (void)id, (void)fd;
	tunnel_logout(intake_of(link)->sessions, (const Ipc__SessionLogout *)msg);
}

static void
handle_filter_hits(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct link *link = arg;

	(void)ipc, (void)id, (void)fd;
	filters_hits(intake_of(link)->filters, (const Ipc__FilterHits *)msg);
}

static void
handle_trace(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct link *link = arg;

	(void)ipc, (void)id, (void)fd;
	if (intake_of(link)->desk != NULL)
		trace_desk_take(intake_of(link)->desk, (const Ipc__Trace *)msg);
}

static const struct ipc_row gateway_rows[] = {
    {.type = IPC__MSG_TYPE__MSG_AUTH_INIT, .handle = handle_auth_init, .request = true},
    {.type = IPC__MSG_TYPE__MSG_AUTH_REPLY, .handle = handle_auth_reply, .request = true},
    {.type = IPC__MSG_TYPE__MSG_SESSION_OPEN, .handle = handle_session_open, .request = true},
    {.type = IPC__MSG_TYPE__MSG_TUNNEL_EVENT, .handle = handle_tunnel_event},
    {.type = IPC__MSG_TYPE__MSG_SESSION_CLOSED, .handle = handle_session_closed},
    {.type = IPC__MSG_TYPE__MSG_STATS_REPORT, .handle = handle_stats_report},
    {.type = IPC__MSG_TYPE__MSG_SESSION_LOGOUT, .handle = handle_session_logout},
    {.type = IPC__MSG_TYPE__MSG_FILTER_HITS, .handle = handle_filter_hits},
    {.type = IPC__MSG_TYPE__MSG_TRACE, .handle = handle_trace},
};

static void
on_link_gone(unsigned worker, void *arg)
{
	struct intake *intake = arg;

	session_table_worker_gone(intake->sessions, worker);
	filters_worker_gone(intake->filters, worker);
}

static void
on_link_stats(unsigned worker, const Ipc__StatsReport *report, void *arg)
{
	struct intake *intake = arg;

	tunnel_stats(intake->sessions, worker, report);
}

struct link_set *
intake_links(struct intake *intake, struct loop *loop, unsigned workers)
{
	struct link_config config = {
	    .loop = loop,
	    .workers = workers,
	    .rows = gateway_rows,
	    .rows_len = ARRAY_LEN(gateway_rows),
	    .gone = on_link_gone,
	    .stats = on_link_stats,
	    .arg = intake,
	};

	return link_set_new(&config);
}
