/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections, and how they are answered. One request per connection and time. A listing is sent in
 * batches, one per turn of the loop, so that ten thousand sessions neither fill a queue nor stop
 * the logins; sessions may come and go meanwhile, hence the list of ids.
 */
#include "auth/control.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "auth/control_parts.h"
#include "common/ipc.h"
#include "common/log.h"
#include "common/str.h"

#define BATCH 64
#define PAUSE_MS 20    /* when the reader is slower than we are */
#define REQUEST_SEC 60 /* for a request and its answer, and for an idle connection */

static void
caller_reset(struct caller *caller)
{
	if (caller->work != NULL)
		caller->work_free(caller->work);
	control_act_free(caller->act);
	caller->work = NULL;
	caller->act = NULL;
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

void
control_close(struct caller *caller)
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

void
control_again(struct caller *caller, unsigned ms)
{
	const struct timeval after = {.tv_sec = 0, .tv_usec = (suseconds_t)ms * 1000};

	if (evtimer_add(caller->timer, &after) != 0)
		control_close(caller);
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

void
control_answer(struct caller *caller, const char *error, const char *text)
{
	enum err err = send_end(caller, error, text);

	caller_reset(caller);
	if (err != ERR_OK)
		control_close(caller);
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
		control_again(caller, 0);
	else if (err == ERR_LIMIT)
		control_again(caller, PAUSE_MS);
	else if (err != ERR_AGAIN)
		control_close(caller);
}

bool
control_begin(struct caller *caller)
{
	const struct timeval limit = {.tv_sec = REQUEST_SEC};

	if (caller->dead)
		return false;
	if (caller->busy) {
		(void)send_end(caller, "the last request is not answered yet", "");
		control_close(caller);
		return false;
	}
	caller->busy = true;
	evtimer_add(caller->deadline, &limit);
	return true;
}

bool
control_work(struct caller *caller, void *work, void (*work_free)(void *work))
{
	if (work == NULL) {
		control_close(caller);
		return false;
	}
	caller->work = work;
	caller->work_free = work_free;
	return true;
}

ProtobufCMessage *
control_copy(const ProtobufCMessage *msg)
{
	size_t len = protobuf_c_message_get_packed_size(msg);
	uint8_t *bytes = malloc(len + 1);
	ProtobufCMessage *copy = NULL;

	if (bytes != NULL) {
		protobuf_c_message_pack(msg, bytes);
		copy = protobuf_c_message_unpack(msg->descriptor, NULL, len, bytes);
		str_wipe(bytes, len);
	}
	free(bytes);
	return copy;
}

/* For as long as the caller likes. */
void
control_patient(struct caller *caller)
{
	evtimer_del(caller->deadline);
}

static const struct ipc_row rows[] = {
    {.type = IPC__MSG_TYPE__MSG_CTL_SESSIONS, .handle = control_show_sessions},
    {.type = IPC__MSG_TYPE__MSG_CTL_ACCESS_LIST, .handle = control_show_access_list},
    {.type = IPC__MSG_TYPE__MSG_CTL_AAA_SERVER, .handle = control_show_aaa_server},
    {.type = IPC__MSG_TYPE__MSG_CTL_CA, .handle = control_show_ca},
    {.type = IPC__MSG_TYPE__MSG_CTL_METRICS, .handle = control_show_metrics},
    {.type = IPC__MSG_TYPE__MSG_CTL_SUMMARY, .handle = control_list_summary},
    {.type = IPC__MSG_TYPE__MSG_CTL_POOL, .handle = control_list_pools},
    {.type = IPC__MSG_TYPE__MSG_CTL_RUNNING, .handle = control_list_running},
    {.type = IPC__MSG_TYPE__MSG_CTL_LOCKOUTS, .handle = control_list_lockouts},
    {.type = IPC__MSG_TYPE__MSG_CTL_THREATS, .handle = control_threat_services},
    {.type = IPC__MSG_TYPE__MSG_CTL_SOURCES, .handle = control_threat_sources},
    {.type = IPC__MSG_TYPE__MSG_CTL_SHUN, .handle = control_act},
    {.type = IPC__MSG_TYPE__MSG_CTL_RELOAD, .handle = control_act},
    {.type = IPC__MSG_TYPE__MSG_CTL_TRACE, .handle = control_act},
    {.type = IPC__MSG_TYPE__MSG_CTL_LOGOFF, .handle = control_act},
    {.type = IPC__MSG_TYPE__MSG_CTL_CLEAR_AAA, .handle = control_act},
    {.type = IPC__MSG_TYPE__MSG_CTL_CLEAR_LOCKOUT, .handle = control_act},
    {.type = IPC__MSG_TYPE__MSG_CTL_TEST_AAA, .handle = control_act},
};

/* ---- connections ---- */

static void
on_control_closed(struct ipc *ipc, const char *why, void *arg)
{
	(void)ipc;
	log_debug("control connection closed: %s", why);
	control_close(arg);
}

static void
on_deadline(UNUSED evutil_socket_t fd, UNUSED short what, void *arg)
{
	control_close(arg);
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
	    .on_closed = on_control_closed,
	    .arg = caller,
	};

	if (caller == NULL) {
		close(fd);
		return;
	}
	caller->control = control;
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
