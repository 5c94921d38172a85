/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages between the processes: channels, requests, checks. A message that breaks a rule drops
 * the channel: its sender is broken or hostile, and there is no telling what else it would send
 * (style P8).
 *
 * A channel dies in two steps. Whatever finds it broken only marks it and stops its events; the
 * loop's deferred calls then fail the open requests and tell the owner. Memory goes the same way,
 * after ipc_free(), so that no caller up the stack ever holds a dead pointer (style P12). Framing
 * and the table of types are ipc_frame.c's.
 */
#include "common/ipc.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#define HASH_NONFATAL_OOM 1
/* The keys are our own counters, and uthash's default makes clang complain about its switch. */
#define HASH_FUNCTION(key, len, value) HASH_SAX(key, len, value)
#include <uthash.h>

#include "common/ipc_frame.h"
#include "common/str.h"

#define BATCH_MAX 64                 /* datagrams per turn, so that no peer starves the others */
#define QUEUE_BYTES_MAX (16UL << 20) /* 10000 sessions' worth of a listing */
#define QUEUE_LEN_MAX 65536
#define REQUESTS_MAX 8192
#define WHY_MAX 128

enum ipc_state {
	IPC_LIVE,
	IPC_BROKEN, /* no traffic any more; on_closed is due or was called */
	IPC_FREED   /* only the memory is left */
};

/* A request that waits for its answer; fn is NULL once it was cancelled or timed out: a late answer
 * is due then. */
struct request {
	UT_hash_handle hh;
	uint32_t id;
	Ipc__MsgType expect;
	ipc_reply_fn fn;
	void *arg;
	struct event *timer;
	struct ipc *ipc;
};

/* A datagram that the socket has not taken yet. */
struct waiting {
	STAILQ_ENTRY(waiting) next;
	struct ipc_frame frame;
};

struct ipc {
	struct loop *loop;
	int fd;
	struct ipc_config config;
	enum ipc_state state;
	bool peer_gone; /* a send said so: read what is left, then close */
	char why[WHY_MAX];
	struct event *read_event;
	struct event *write_event;
	struct request *requests;
	uint32_t last_id;
	STAILQ_HEAD(, waiting) queue;
	size_t queue_len;
	size_t queue_bytes;
	uint8_t rx[IPC_MSG_MAX];
};

static void on_readable(evutil_socket_t fd, short what, void *arg);
static void on_writable(evutil_socket_t fd, short what, void *arg);

struct ipc *
ipc_new(struct loop *loop, int fd, const struct ipc_config *config)
{
	struct ipc *ipc = malloc(sizeof(*ipc));

	if (ipc == NULL) {
		close(fd);
		return NULL;
	}
	/* Not the receive buffer: pages that no message ever reached cost nothing. */
	memset(ipc, 0, offsetof(struct ipc, rx));
	ipc->loop = loop;
	ipc->fd = fd;
	ipc->config = *config;
	STAILQ_INIT(&ipc->queue);
	ipc->read_event = event_new(loop_base(loop), fd, EV_READ | EV_PERSIST, on_readable, ipc);
	ipc->write_event = event_new(loop_base(loop), fd, EV_WRITE, on_writable, ipc);
	if (ipc->read_event == NULL || ipc->write_event == NULL ||
	    evutil_make_socket_nonblocking(fd) != 0 || event_add(ipc->read_event, NULL) != 0)
		goto out;
	return ipc;
out:
	if (ipc->read_event != NULL)
		event_free(ipc->read_event);
	if (ipc->write_event != NULL)
		event_free(ipc->write_event);
	close(fd);
	free(ipc);
	return NULL;
}

/* Take a request out of the table. */
static void
request_free(struct ipc *ipc, struct request *request)
{
	HASH_DEL(ipc->requests, request);
	if (request->timer != NULL)
		event_free(request->timer);
	free(request);
}

/* The request's fn is called with `err`, once; the entry stays to recognise a late answer. */
static void
request_fail(struct request *request, enum err err)
{
	ipc_reply_fn fn = request->fn;

	request->fn = NULL;
	event_del(request->timer);
	if (fn != NULL)
		fn(err, NULL, request->arg);
}

static void
requests_close(struct ipc *ipc)
{
	struct request *request;

	/* Always the first one: the functions called may cancel any other. */
	while ((request = ipc->requests) != NULL) {
		ipc_reply_fn fn = request->fn;
		void *arg = request->arg;

		request_free(ipc, request);
		if (fn != NULL)
			fn(ERR_CLOSED, NULL, arg);
	}
}

static void
queue_drop_first(struct ipc *ipc)
{
	struct waiting *waiting = STAILQ_FIRST(&ipc->queue);

	STAILQ_REMOVE_HEAD(&ipc->queue, next);
	ipc->queue_len--;
	ipc->queue_bytes -= waiting->frame.len;
	ipc_frame_fini(&waiting->frame);
	free(waiting);
}

static void
channel_free(void *arg)
{
	struct ipc *ipc = arg;

	free(ipc);
}

void
ipc_free(struct ipc *ipc)
{
	if (ipc == NULL || ipc->state == IPC_FREED)
		return;
	ipc->state = IPC_FREED;
	event_free(ipc->read_event);
	event_free(ipc->write_event);
	close(ipc->fd);
	while (!STAILQ_EMPTY(&ipc->queue))
		queue_drop_first(ipc);
	requests_close(ipc);
	loop_defer(ipc->loop, channel_free, ipc);
}

void *
ipc_arg(const struct ipc *ipc)
{
	return ipc->config.arg;
}

int
ipc_fd(const struct ipc *ipc)
{
	return ipc->fd;
}

size_t
ipc_queued(const struct ipc *ipc)
{
	return ipc->queue_bytes;
}

/* Second step of a death, from the loop. The owner may have freed the channel meanwhile, or may do
 * so in here. */
static void
report_closed(void *arg)
{
	struct ipc *ipc = arg;

	if (ipc->state != IPC_BROKEN)
		return;
	requests_close(ipc);
	if (ipc->state == IPC_BROKEN && ipc->config.on_closed != NULL)
		ipc->config.on_closed(ipc, ipc->why, ipc->config.arg);
}

/* First step of a death: stop, and have the owner told. */
static PRINTF_LIKE(2, 3) void channel_break(struct ipc *ipc, const char *fmt, ...)
{
	va_list args;

	if (ipc->state != IPC_LIVE)
		return;
	va_start(args, fmt);
	vsnprintf(ipc->why, sizeof(ipc->why), fmt, args);
	va_end(args);
	ipc->state = IPC_BROKEN;
	event_del(ipc->read_event);
	event_del(ipc->write_event);
	loop_defer(ipc->loop, report_closed, ipc);
}

/* A send found the peer gone. What it said last may still be unread. */
static void
peer_is_gone(struct ipc *ipc)
{
	ipc->peer_gone = true;
	event_active(ipc->read_event, EV_READ, 0);
}

/* Keep a frame, which is taken, until the socket has room. */
static enum err
queue_put(struct ipc *ipc, struct ipc_frame *frame)
{
	struct waiting *waiting;

	if (ipc->queue_len >= QUEUE_LEN_MAX || ipc->queue_bytes + frame->len > QUEUE_BYTES_MAX)
		return ERR_LIMIT;
	waiting = malloc(sizeof(*waiting));
	if (waiting == NULL)
		return ERR_NOMEM;
	if (STAILQ_EMPTY(&ipc->queue) && event_add(ipc->write_event, NULL) != 0) {
		free(waiting);
		return ERR_NOMEM;
	}
	waiting->frame = *frame;
	*frame = (struct ipc_frame){.fd = -1};
	STAILQ_INSERT_TAIL(&ipc->queue, waiting, next);
	ipc->queue_len++;
	ipc->queue_bytes += waiting->frame.len;
	return ERR_OK;
}

static void
on_writable(UNUSED evutil_socket_t fd, UNUSED short what, void *arg)
{
	struct ipc *ipc = arg;
	enum err err = ERR_OK;

	for (int i = 0; i < BATCH_MAX && !STAILQ_EMPTY(&ipc->queue); i++) {
		err = ipc_frame_send(ipc->fd, &STAILQ_FIRST(&ipc->queue)->frame);
		if (err != ERR_OK)
			break;
		queue_drop_first(ipc);
	}
	if (err == ERR_CLOSED)
		peer_is_gone(ipc);
	else if (err != ERR_OK && err != ERR_AGAIN)
		channel_break(ipc, "send: %s", strerror(errno));
	else if (!STAILQ_EMPTY(&ipc->queue) && event_add(ipc->write_event, NULL) != 0)
		channel_break(ipc, "send: %s", err_str(ERR_NOMEM));
}

/* Every message leaves through here. fd: -1 or to be duplicated. */
static enum err
send_message(struct ipc *ipc, const struct ipc_head *head, const ProtobufCMessage *msg, int fd)
{
	struct ipc_frame frame;
	enum err err;

	if (ipc->state != IPC_LIVE || ipc->peer_gone)
		return ERR_CLOSED;
	err = ipc_frame_init(&frame, head, msg, fd);
	if (err != ERR_OK)
		return err;
	err = STAILQ_EMPTY(&ipc->queue) ? ipc_frame_send(ipc->fd, &frame) : ERR_AGAIN;
	if (err == ERR_AGAIN)
		err = queue_put(ipc, &frame);
	else if (err == ERR_CLOSED)
		peer_is_gone(ipc);
	ipc_frame_fini(&frame);
	return err;
}

enum err
ipc_send(struct ipc *ipc, Ipc__MsgType type, const ProtobufCMessage *msg)
{
	return ipc_send_fd(ipc, type, msg, -1);
}

enum err
ipc_send_fd(struct ipc *ipc, Ipc__MsgType type, const ProtobufCMessage *msg, int fd)
{
	const struct ipc_head head = {.type = type};

	return send_message(ipc, &head, msg, fd);
}

enum err
ipc_reply(struct ipc *ipc, uint32_t id, Ipc__MsgType type, const ProtobufCMessage *msg)
{
	const struct ipc_head head = {.type = type, .id = id, .flags = IPC_FLAG_REPLY};

	assert(id != 0);
	return send_message(ipc, &head, msg, -1);
}

static void
on_timeout(UNUSED evutil_socket_t fd, UNUSED short what, void *arg)
{
	request_fail(arg, ERR_TIMEOUT);
}

static struct request *
request_find(struct ipc *ipc, uint32_t id)
{
	struct request *request;

	HASH_FIND(hh, ipc->requests, &id, sizeof(id), request);
	return request;
}

/* A number that no open request has, never 0. */
static uint32_t
next_id(struct ipc *ipc)
{
	do {
		ipc->last_id++;
	} while (ipc->last_id == 0 || request_find(ipc, ipc->last_id) != NULL);
	return ipc->last_id;
}

/* Room in the table, if need be at the cost of the oldest request that nobody waits for any more.
 */
static bool
requests_have_room(struct ipc *ipc)
{
	if (HASH_COUNT(ipc->requests) < REQUESTS_MAX)
		return true;
	if (ipc->requests->fn != NULL)
		return false;
	request_free(ipc, ipc->requests);
	return true;
}

static struct request *
request_new(struct ipc *ipc, unsigned timeout_ms)
{
	const struct timeval timeout = {timeout_ms / 1000, (long)(timeout_ms % 1000) * 1000};
	struct request *request = calloc(1, sizeof(*request));

	if (request == NULL)
		return NULL;
	request->ipc = ipc;
	request->id = next_id(ipc);
	request->timer = evtimer_new(loop_base(ipc->loop), on_timeout, request);
	if (request->timer == NULL || evtimer_add(request->timer, &timeout) != 0)
		goto out;
	HASH_ADD(hh, ipc->requests, id, sizeof(request->id), request);
	if (request->hh.tbl == NULL)
		goto out;
	return request;
out:
	if (request->timer != NULL)
		event_free(request->timer);
	free(request);
	return NULL;
}

enum err
ipc_request(struct ipc *ipc, Ipc__MsgType type, const ProtobufCMessage *msg, Ipc__MsgType expect,
    unsigned timeout_ms, ipc_reply_fn fn, void *arg, uint32_t *id_out)
{
	struct ipc_head head = {.type = type};
	struct request *request;
	enum err err;

	if (ipc->state != IPC_LIVE || ipc->peer_gone)
		return ERR_CLOSED;
	if (!requests_have_room(ipc))
		return ERR_LIMIT;
	request = request_new(ipc, timeout_ms);
	if (request == NULL)
		return ERR_NOMEM;
	request->expect = expect;
	request->fn = fn;
	request->arg = arg;
	head.id = request->id;
	err = send_message(ipc, &head, msg, -1);
	if (err != ERR_OK) {
		request_free(ipc, request);
		return err;
	}
	if (id_out != NULL)
		*id_out = request->id;
	return ERR_OK;
}

void
ipc_cancel(struct ipc *ipc, uint32_t id)
{
	struct request *request = request_find(ipc, id);

	if (request == NULL)
		return;
	request->fn = NULL;
	event_del(request->timer);
}

/* An answer: it must be to a request of ours, and of the type that was agreed. */
static void
handle_reply(struct ipc *ipc, const struct ipc_head *head, const ProtobufCMessage *msg)
{
	struct request *request = request_find(ipc, head->id);
	ipc_reply_fn fn;
	void *arg;

	if (request == NULL) {
		channel_break(ipc, "a reply %s that nobody asked for", ipc_type_name(head->type));
		return;
	}
	if (request->expect != head->type) {
		channel_break(ipc, "reply %s instead of %s", ipc_type_name(head->type),
		    ipc_type_name(request->expect));
		return;
	}
	fn = request->fn;
	arg = request->arg;
	request_free(ipc, request);
	if (fn != NULL)
		fn(ERR_OK, msg, arg);
}

static const struct ipc_row *
row_find(const struct ipc *ipc, Ipc__MsgType type)
{
	for (size_t i = 0; i < ipc->config.rows_len; i++)
		if (ipc->config.rows[i].type == type)
			return &ipc->config.rows[i];
	return NULL;
}

/* What is wrong with a message here, before its payload is looked at; NULL: nothing. */
static const char *
find_breach(const struct ipc *ipc, const struct ipc_received *in)
{
	const struct ipc_row *row = row_find(ipc, in->head.type);

	if ((in->head.flags & IPC_FLAG_REPLY) != 0)
		return in->head.id == 0 ? "reply without id" : in->fd >= 0 ? "reply with fd" : NULL;
	if (row == NULL)
		return "not allowed from this peer";
	if (row->request != (in->head.id != 0))
		return row->request ? "request without id" : "event with id";
	if (row->wants_fd != (in->fd >= 0))
		return row->wants_fd ? "descriptor missing" : "unexpected descriptor";
	return NULL;
}

/* Check one message and give it to whoever it is for. Takes in->fd. */
static void
dispatch(struct ipc *ipc, struct ipc_received *in)
{
	const char *breach = find_breach(ipc, in);
	const struct ipc_row *row;
	ProtobufCMessage *msg = NULL;

	if (breach == NULL) {
		msg = ipc_unpack(in);
		breach = msg == NULL ? "malformed payload" : NULL;
	}
	/* What was a password in there lives on in msg only, which is its handler's to wipe. */
	str_wipe(ipc->rx, in->len);
	if (breach != NULL) {
		if (in->fd >= 0)
			close(in->fd);
		channel_break(ipc, "message %s: %s", ipc_type_name(in->head.type), breach);
		return;
	}
	if ((in->head.flags & IPC_FLAG_REPLY) != 0)
		handle_reply(ipc, &in->head, msg);
	else if ((row = row_find(ipc, in->head.type)) != NULL) /* or it were a breach */
		row->handle(ipc, in->head.id, msg, in->fd, ipc->config.arg);
	protobuf_c_message_free_unpacked(msg, NULL);
}

static void
on_readable(UNUSED evutil_socket_t fd, UNUSED short what, void *arg)
{
	struct ipc *ipc = arg;
	struct ipc_received in;
	enum err err;

	for (int i = 0; i < BATCH_MAX && ipc->state == IPC_LIVE; i++) {
		err = ipc_frame_receive(ipc->fd, ipc->rx, sizeof(ipc->rx), &in);
		if (err == ERR_AGAIN && !ipc->peer_gone)
			return;
		if (err == ERR_OK)
			dispatch(ipc, &in);
		else if (err == ERR_CLOSED || err == ERR_AGAIN)
			channel_break(ipc, "%s closed the channel", ipc->config.peer);
		else if (err == ERR_SYS)
			channel_break(ipc, "receive: %s", strerror(errno));
		else
			channel_break(ipc, "%s", in.breach);
	}
	/* A dead peer makes no socket readable again: finish what the batch limit left. */
	if (ipc->state == IPC_LIVE && ipc->peer_gone)
		peer_is_gone(ipc);
}
