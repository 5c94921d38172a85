/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request per connection and time. A listing is sent in batches, one per turn of the loop, so
 * that ten thousand sessions neither fill a queue nor stop the logins; sessions may come and go
 * meanwhile, hence the list of ids.
 */
#include "auth/control.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "auth/control_aaa.h"
#include "auth/listing.h"
#include "common/ipc.h"
#include "common/log.h"

#define BATCH 64
#define PAUSE_MS 20             /* when the reader is slower than we are */
#define TRACE_QUEUED_MAX 262144 /* bytes that may wait for a slow terminal */
#define REQUEST_SEC 60          /* for a request and its answer, and for an idle connection */

struct caller {
	struct control *control;
	struct ipc *ipc;
	bool is_root;
	struct event *timer; /* next batch */
	struct event *deadline;
	bool busy;
	bool dead;
	/* Sends the next message of the answer. ERR_NOTFOUND: there is no more; ERR_LIMIT: not yet;
	 * ERR_AGAIN: nothing until caller_again(). */
	enum err (*send_next)(struct caller *caller);
	uint32_t count; /* sent */
	/* Sessions. */
	Ipc__CtlSessions *filter;
	uint64_t *ids; /* what is to be listed */
	size_t ids_len;
	size_t next;
	/* Rules of access lists. */
	char *list_name;
	struct filters_listing *listing;
	/* What pki believes in. */
	struct control_ca *ca;
	struct control_aaa *aaa;
	struct caller *list_prev, *list_next;
};

struct control {
	struct control_config config;
	int fd;
	struct event *event;
	struct event *resume; /* accept again after descriptors ran out */
	struct caller *callers;
	unsigned callers_len;
	bool short_of; /* of descriptors, as the log knows */
};

static void
caller_reset(struct caller *caller)
{
	if (caller->filter != NULL)
		ipc__ctl_sessions__free_unpacked(caller->filter, NULL);
	free(caller->ids);
	free(caller->list_name);
	filters_listing_free(caller->listing);
	control_ca_free(caller->ca);
	control_aaa_free(caller->aaa);
	caller->aaa = NULL;
	caller->ca = NULL;
	caller->filter = NULL;
	caller->ids = NULL;
	caller->list_name = NULL;
	caller->listing = NULL;
	caller->ids_len = caller->next = 0;
	caller->count = 0;
	caller->busy = false;
}

static void
caller_free(void *arg)
{
	struct caller *caller = arg;

	caller_reset(caller);
	ipc_free(caller->ipc);
	if (caller->timer != NULL)
		event_free(caller->timer);
	if (caller->deadline != NULL)
		event_free(caller->deadline);
	free(caller);
}

static void
control_listen(struct control *control)
{
	if (control->callers_len < CONTROL_CONNS_MAX)
		event_add(control->event, NULL);
}

/* He watches no more. */
static void
caller_unwatch(struct caller *caller)
{
	if (caller->control->config.desk != NULL)
		trace_desk_leave(caller->control->config.desk, caller);
}

/* Callbacks up the stack may still hold it: it is freed at the top of the loop. */
static void
caller_close(struct caller *caller)
{
	struct control *control = caller->control;

	if (caller->dead)
		return;
	caller->dead = true;
	caller_unwatch(caller);
	control->config.cancel(caller, control->config.ctx);
	DL_DELETE2(control->callers, caller, list_prev, list_next);
	control->callers_len--;
	evtimer_del(caller->timer);
	evtimer_del(caller->deadline);
	control_listen(control);
	loop_defer(control->config.loop, caller_free, caller);
}

/* ---- answering ---- */

static void
caller_again(struct caller *caller, unsigned ms)
{
	const struct timeval after = {.tv_sec = 0, .tv_usec = (suseconds_t)ms * 1000};

	if (evtimer_add(caller->timer, &after) != 0)
		caller_close(caller);
}

static enum err
send_end(struct caller *caller, const char *error, const char *text)
{
	Ipc__CtlEnd end = IPC__CTL_END__INIT;

	end.count = caller->count;
	end.error = (char *)error;
	end.text = (char *)text;
	return ipc_send(caller->ipc, IPC__MSG_TYPE__MSG_CTL_END, &end.base);
}

/* The whole answer in one message. */
static void
answer(struct caller *caller, const char *error, const char *text)
{
	enum err err = send_end(caller, error, text);

	caller_reset(caller);
	if (err != ERR_OK)
		caller_close(caller);
}

static void
on_batch(UNUSED evutil_socket_t fd, UNUSED short what, void *arg)
{
	struct caller *caller = arg;
	enum err err = ERR_OK;

	for (unsigned i = 0; i < BATCH && err == ERR_OK; i++)
		err = caller->send_next(caller);
	if (err == ERR_NOTFOUND) {
		err = send_end(caller, "", "");
		if (err == ERR_OK) {
			caller_reset(caller);
			return;
		}
	}
	if (err == ERR_OK)
		caller_again(caller, 0);
	else if (err == ERR_LIMIT)
		caller_again(caller, PAUSE_MS);
	else if (err != ERR_AGAIN)
		caller_close(caller);
}

/* A request has come. False: it cannot be served. */
static bool
caller_begin(struct caller *caller)
{
	const struct timeval limit = {.tv_sec = REQUEST_SEC};

	if (caller->dead)
		return false;
	if (caller->busy) {
		(void)send_end(caller, "the last request is not answered yet", "");
		caller_close(caller);
		return false;
	}
	caller->busy = true;
	evtimer_add(caller->deadline, &limit);
	return true;
}

/* ---- sessions ---- */

/* The next session of the list, if it still is there and passes. */
static enum err
send_session(struct caller *caller)
{
	struct session *session;
	struct listing listing;
	enum err err = ERR_OK;

	if (caller->next == caller->ids_len)
		return ERR_NOTFOUND;
	session = session_find(caller->control->config.sessions, caller->ids[caller->next]);
	if (session != NULL && listing_match(session, caller->filter)) {
		listing_fill(&listing, session, caller->control->config.filters);
		if (caller->filter->policy)
			err = listing_policy(&listing, session);
		if (err == ERR_OK)
			err = ipc_send(
			    caller->ipc, IPC__MSG_TYPE__MSG_CTL_SESSION, &listing.msg.base);
		listing_fini(&listing);
		if (err == ERR_OK)
			caller->count++;
	}
	if (err == ERR_OK)
		caller->next++;
	return err;
}

static enum err
ids_take(struct caller *caller)
{
	const struct session_table *sessions = caller->control->config.sessions;
	size_t cap = 0;

	for (struct session *s = session_first(sessions); s != NULL; s = session_next(s))
		cap++;
	caller->ids = calloc(cap + 1, sizeof(*caller->ids));
	if (caller->ids == NULL)
		return ERR_NOMEM;
	for (struct session *s = session_first(sessions); s != NULL; s = session_next(s))
		if (listing_match(s, caller->filter))
			caller->ids[caller->ids_len++] = s->id;
	return ERR_OK;
}

/* The statistics are fresh. */
static void
on_fresh_sessions(void *arg)
{
	struct caller *caller = arg;

	caller->send_next = send_session;
	if (ids_take(caller) != ERR_OK)
		caller_close(caller);
	else
		caller_again(caller, 0);
}

static Ipc__CtlSessions *
filter_copy(const ProtobufCMessage *msg)
{
	size_t len = protobuf_c_message_get_packed_size(msg);
	uint8_t *bytes = malloc(len + 1);
	Ipc__CtlSessions *copy = NULL;

	if (bytes != NULL) {
		protobuf_c_message_pack(msg, bytes);
		copy = ipc__ctl_sessions__unpack(NULL, len, bytes);
	}
	free(bytes);
	return copy;
}

static void
handle_sessions(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct caller *caller = arg;
	struct control *control = caller->control;

	(void)ipc, (void)id, (void)fd;
	if (!caller_begin(caller))
		return;
	caller->filter = filter_copy(msg);
	if (caller->filter == NULL)
		caller_close(caller);
	else
		control->config.refresh(on_fresh_sessions, caller, control->config.ctx);
}

/* ---- access lists ---- */

static enum err
send_rule(struct caller *caller)
{
	Ipc__CtlRule rule;
	enum err err;

	if (!filters_listing_next(caller->listing, &rule))
		return ERR_NOTFOUND;
	err = ipc_send(caller->ipc, IPC__MSG_TYPE__MSG_CTL_RULE, &rule.base);
	if (err == ERR_OK)
		caller->count++;
	else
		filters_listing_back(caller->listing);
	return err;
}

static void
on_fresh_hits(void *arg)
{
	struct caller *caller = arg;
	const struct control_config *config = &caller->control->config;
	enum err err = filters_listing_new(config->filters,
	    session_table_config(config->sessions)->conf, caller->list_name, &caller->listing);

	caller->send_next = send_rule;
	if (err == ERR_OK)
		caller_again(caller, 0);
	else if (err == ERR_NOTFOUND)
		answer(caller, "there is no access-list of that name", "");
	else
		answer(caller, err_str(err), "");
}

static void
handle_access_list(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct caller *caller = arg;
	struct control *control = caller->control;

	(void)ipc, (void)id, (void)fd;
	if (!caller_begin(caller))
		return;
	caller->list_name = strdup(((const Ipc__CtlAccessList *)msg)->name);
	if (caller->list_name == NULL)
		caller_close(caller);
	else
		control->config.refresh(on_fresh_hits, caller, control->config.ctx);
}

/* ---- trustpoints, certificates, CRLs ---- */

static void
on_ca_page(const Ipc__CaListReply *page, void *arg)
{
	struct caller *caller = arg;
	enum err err = control_ca_take(caller->ca, page);

	if (err == ERR_OK)
		caller_again(caller, 0);
	else if (err == ERR_DENIED)
		answer(caller, control_ca_error(caller->ca), "");
	else
		answer(caller, "the pki process gives no answer; its log tells more", "");
}

static enum err
send_ca_entry(struct caller *caller)
{
	struct control_config *config = &caller->control->config;
	Ipc__CtlCaEntry entry;
	enum err err = control_ca_next(caller->ca, &entry);

	if (err == ERR_AGAIN) {
		err = control_ca_ask(caller->ca, config->ca_list, on_ca_page, caller, config->ctx);
		return err == ERR_OK ? ERR_AGAIN : ERR_CLOSED;
	}
	if (err != ERR_OK)
		return err;
	err = ipc_send(caller->ipc, IPC__MSG_TYPE__MSG_CTL_CA_ENTRY, &entry.base);
	if (err == ERR_OK) {
		control_ca_sent(caller->ca);
		caller->count++;
	}
	return err;
}

static void
handle_ca(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct caller *caller = arg;
	const struct control_config *config = &caller->control->config;

	(void)ipc, (void)id, (void)fd;
	if (!caller_begin(caller))
		return;
	caller->ca = control_ca_new((const Ipc__CtlCa *)msg);
	caller->send_next = send_ca_entry;
	if (caller->ca == NULL)
		caller_close(caller);
	else if (control_ca_ask(caller->ca, config->ca_list, on_ca_page, caller, config->ctx) !=
		 ERR_OK)
		answer(caller, "the pki process cannot be asked", "");
}

/* ---- AAA servers ---- */

static enum err
send_aaa_host(struct caller *caller)
{
	Ipc__CtlAaaHost host;
	enum err err = control_aaa_next(caller->aaa, &host);
	const char *error;

	if (err == ERR_NOTFOUND && (error = control_aaa_error(caller->aaa)) != NULL) {
		answer(caller, error, "");
		return ERR_AGAIN;
	}
	if (err != ERR_OK)
		return err;
	err = ipc_send(caller->ipc, IPC__MSG_TYPE__MSG_CTL_AAA_HOST, &host.base);
	if (err == ERR_OK) {
		control_aaa_sent(caller->aaa);
		caller->count++;
	}
	return err;
}

static void
handle_aaa_server(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct caller *caller = arg;
	const struct control_config *config = &caller->control->config;

	(void)ipc, (void)id, (void)fd;
	if (!caller_begin(caller))
		return;
	caller->aaa =
	    control_aaa_new((const Ipc__CtlAaaServer *)msg, config->local, config->radius);
	caller->send_next = send_aaa_host;
	if (caller->aaa == NULL)
		caller_close(caller);
	else
		caller_again(caller, 0);
}

/* ---- reload ---- */

static void
on_reloaded(bool ok, const char *text, void *arg)
{
	struct caller *caller = arg;

	if (ok)
		answer(caller, "", text);
	else
		answer(caller, text[0] != '\0' ? text : "the reload failed", "");
}

static void
handle_reload(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct caller *caller = arg;
	struct control *control = caller->control;

	(void)ipc, (void)id, (void)msg, (void)fd;
	if (!caller_begin(caller))
		return;
	if (caller->is_root)
		control->config.reload(on_reloaded, caller, control->config.ctx);
	else
		answer(caller, "only root may reload", "");
}

/* ---- traces ---- */

/* A slow terminal loses lines, so that nothing heaps up here. */
static bool
on_trace_line(const char *line, void *arg)
{
	Ipc__CtlTraceLine msg = IPC__CTL_TRACE_LINE__INIT;
	struct caller *caller = arg;

	msg.text = (char *)(uintptr_t)line;
	return !caller->dead && ipc_queued(caller->ipc) < TRACE_QUEUED_MAX &&
	       ipc_send(caller->ipc, IPC__MSG_TYPE__MSG_CTL_TRACE_LINE, &msg.base) == ERR_OK;
}

static const char *
why_no_trace(enum err err)
{
	switch (err) {
	case ERR_FULL:
		return "too many administrators are debugging already";
	case ERR_SYNTAX:
		return "it is not told what to debug, or not in words that are known here";
	default:
		return err_str(err);
	}
}

/* Answered with lines until the caller goes. */
static void
handle_trace(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct caller *caller = arg;
	struct control *control = caller->control;
	enum err err = ERR_UNSUPPORTED;

	(void)ipc, (void)id, (void)fd;
	if (!caller_begin(caller))
		return;
	if (!caller->is_root) {
		answer(caller, "only root may debug", "");
		return;
	}
	if (control->config.desk != NULL)
		err = trace_desk_join(
		    control->config.desk, (const Ipc__CtlTrace *)msg, on_trace_line, caller);
	if (err == ERR_OK)
		evtimer_del(caller->deadline);
	else
		answer(caller, why_no_trace(err), "");
}

static const struct ipc_row rows[] = {
    {.type = IPC__MSG_TYPE__MSG_CTL_SESSIONS, .handle = handle_sessions},
    {.type = IPC__MSG_TYPE__MSG_CTL_ACCESS_LIST, .handle = handle_access_list},
    {.type = IPC__MSG_TYPE__MSG_CTL_AAA_SERVER, .handle = handle_aaa_server},
    {.type = IPC__MSG_TYPE__MSG_CTL_RELOAD, .handle = handle_reload},
    {.type = IPC__MSG_TYPE__MSG_CTL_TRACE, .handle = handle_trace},
    {.type = IPC__MSG_TYPE__MSG_CTL_CA, .handle = handle_ca},
};

/* ---- connections ---- */

static void
on_caller_closed(struct ipc *ipc, const char *why, void *arg)
{
	(void)ipc;
	log_debug("control connection closed: %s", why);
	caller_close(arg);
}

static void
on_deadline(UNUSED evutil_socket_t fd, UNUSED short what, void *arg)
{
	caller_close(arg);
}

/* Who is at the other end, as the kernel knows it. */
static bool
is_root(int fd)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0 && len == sizeof(cred) &&
	       cred.uid == 0;
}

static void
caller_new(struct control *control, int fd)
{
	struct caller *caller = calloc(1, sizeof(*caller));
	struct event_base *base = loop_base(control->config.loop);
	const struct timeval limit = {.tv_sec = REQUEST_SEC};
	struct ipc_config config = {
	    .peer = "control",
	    .rows = rows,
	    .rows_len = ARRAY_LEN(rows),
	    .on_closed = on_caller_closed,
	    .arg = caller,
	};

	if (caller == NULL) {
		close(fd);
		return;
	}
	caller->control = control;
	caller->is_root = is_root(fd);
	caller->timer = evtimer_new(base, on_batch, caller);
	caller->deadline = evtimer_new(base, on_deadline, caller);
	if (caller->timer != NULL && caller->deadline != NULL &&
	    evtimer_add(caller->deadline, &limit) == 0)
		caller->ipc = ipc_new(control->config.loop, fd, &config);
	else
		close(fd);
	if (caller->ipc == NULL) {
		caller_free(caller);
		return;
	}
	DL_APPEND2(control->callers, caller, list_prev, list_next);
	control->callers_len++;
	if (control->callers_len >= CONTROL_CONNS_MAX)
		event_del(control->event);
}

static void
on_accept(evutil_socket_t listen_fd, UNUSED short what, void *arg)
{
	struct control *control = arg;
	int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd >= 0) {
		control->short_of = false;
		caller_new(control, fd);
	} else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
		const struct timeval later = {.tv_sec = 1};

		if (!control->short_of)
			log_warn("control socket: cannot accept: %m");
		control->short_of = true;
		event_del(control->event);
		evtimer_add(control->resume, &later);
	}
}

static void
on_resume(UNUSED evutil_socket_t fd, UNUSED short what, void *arg)
{
	control_listen(arg);
}

struct control *
control_new(const struct control_config *config, int fd)
{
	struct control *control = calloc(1, sizeof(*control));
	struct event_base *base = loop_base(config->loop);

	if (control == NULL)
		return NULL;
	control->config = *config;
	control->fd = fd;
	evutil_make_socket_nonblocking(fd);
	control->event = event_new(base, fd, EV_READ | EV_PERSIST, on_accept, control);
	control->resume = evtimer_new(base, on_resume, control);
	if (control->event == NULL || control->resume == NULL ||
	    event_add(control->event, NULL) != 0) {
		control_free(control);
		return NULL;
	}
	return control;
}

void
control_free(struct control *control)
{
	struct caller *caller, *tmp;

	if (control == NULL)
		return;
	DL_FOREACH_SAFE2 (control->callers, caller, tmp, list_next) {
		DL_DELETE2(control->callers, caller, list_prev, list_next);
		caller_unwatch(caller);
		control->config.cancel(caller, control->config.ctx);
		caller_free(caller);
	}
	if (control->event != NULL)
		event_free(control->event);
	if (control->resume != NULL)
		event_free(control->resume);
	close(control->fd);
	free(control);
}
