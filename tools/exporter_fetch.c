/* SPDX-License-Identifier: Apache-2.0 */
/* One question on the control socket, and its answer in pieces. */
#include "tools/exporter_fetch.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/ctl_client.h"
#include "common/ipc.h"
#include "common/str.h"

struct exporter_fetch {
	struct loop *loop;
	struct ipc *ipc;
	struct event *timer; /* at the end of the time, or at once when it failed */
	const char *why;
	struct buf text;
	exporter_fetch_fn fn;
	void *arg;
};

static void
fetch_free(void *arg)
{
	struct exporter_fetch *fetch = arg;

	ipc_free(fetch->ipc);
	if (fetch->timer != NULL)
		event_free(fetch->timer);
	buf_fini(&fetch->text);
	free(fetch);
}

void
exporter_fetch_cancel(struct exporter_fetch *fetch)
{
	if (fetch == NULL)
		return;
	fetch->fn = NULL;
	if (fetch->timer != NULL)
		evtimer_del(fetch->timer);
	/* Its callbacks may be up the stack. */
	loop_defer(fetch->loop, fetch_free, fetch);
}

static void
finish(struct exporter_fetch *fetch, const char *why)
{
	exporter_fetch_fn fn = fetch->fn;

	if (fn == NULL)
		return;
	fetch->fn = NULL;
	fn(why == NULL ? buf_cstr(&fetch->text) : NULL, why, fetch->arg);
	exporter_fetch_cancel(fetch);
}

static void
handle_page(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct exporter_fetch *fetch = arg;

	(void)ipc, (void)id, (void)fd;
	/* A terminal may be what sees it in the end. */
	ctl_put_lines(&fetch->text, ((const Ipc__CtlMetricsPage *)msg)->text);
}

static void
handle_end(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct exporter_fetch *fetch = arg;

	(void)ipc, (void)id, (void)fd;
	if (((const Ipc__CtlEnd *)msg)->error[0] != '\0')
		finish(fetch, "the daemon refuses");
	else
		finish(fetch, fetch->text.err == ERR_OK ? NULL : "its answer is too long");
}

static const struct ipc_row rows[] = {
    {.type = IPC__MSG_TYPE__MSG_CTL_METRICS_PAGE, .handle = handle_page},
    {.type = IPC__MSG_TYPE__MSG_CTL_END, .handle = handle_end},
};

static void
on_closed(struct ipc *ipc, const char *why, void *arg)
{
	(void)ipc, (void)why;
	finish(arg, "the daemon closed the connection");
}

static void
on_time(UNUSED evutil_socket_t fd, UNUSED short what, void *arg)
{
	struct exporter_fetch *fetch = arg;

	finish(fetch, fetch->why);
}

/* Returns the socket, or -1 with errno. */
static int
connect_now(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int saved_errno;
	int fd;

	errno = ENAMETOOLONG;
	if (str_copy(addr.sun_path, sizeof(addr.sun_path), path) != ERR_OK)
		return -1;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) != 0) {
		saved_errno = errno;
		close(fd);
		errno = saved_errno;
		return -1;
	}
	return fd;
}

/* NULL: fine, else why not. */
static const char *
ask(struct exporter_fetch *fetch, const char *socket)
{
	Ipc__CtlMetrics request = IPC__CTL_METRICS__INIT;
	struct ipc_config config = {
	    .peer = "sekishod",
	    .rows = rows,
	    .rows_len = ARRAY_LEN(rows),
	    .on_closed = on_closed,
	    .arg = fetch,
	};
	int fd = connect_now(socket);

	if (fd < 0)
		return ctl_hint(errno);
	fetch->ipc = ipc_new(fetch->loop, fd, &config);
	if (fetch->ipc == NULL ||
	    ipc_send(fetch->ipc, IPC__MSG_TYPE__MSG_CTL_METRICS, &request.base) != ERR_OK)
		return "it cannot be asked";
	return NULL;
}

struct exporter_fetch *
exporter_fetch_begin(struct loop *loop, const char *socket, exporter_fetch_fn fn, void *arg)
{
	static const struct timeval limit = {.tv_sec = EXPORTER_FETCH_SEC};
	struct exporter_fetch *fetch = calloc(1, sizeof(*fetch));

	if (fetch == NULL)
		return NULL;
	fetch->loop = loop;
	fetch->fn = fn;
	fetch->arg = arg;
	buf_init(&fetch->text, EXPORTER_TEXT_MAX);
	fetch->timer = evtimer_new(loop_base(loop), on_time, fetch);
	if (fetch->timer == NULL || evtimer_add(fetch->timer, &limit) != 0) {
		fetch_free(fetch);
		return NULL;
	}
	fetch->why = ask(fetch, socket);
	if (fetch->why != NULL)
		event_active(fetch->timer, EV_TIMEOUT, 0);
	else
		fetch->why = "the daemon does not answer";
	return fetch;
}
