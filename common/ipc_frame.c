/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Datagrams between processes: the table of message types, packing, sendmsg and recvmsg with
 * descriptors, and the blocking calls for those who have no loop (a child at its start, the
 * administrator's tools).
 */
#include "common/ipc_frame.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/str.h"

#define FDS_MAX 8                       /* room for more than is legal, so that all can be closed */
#define SOCKET_BUFFER (8 * IPC_MSG_MAX) /* several of the largest messages */

struct type_row {
	const char *name;
	const ProtobufCMessageDescriptor *descriptor;
};

#define ROW(TYPE, message) [IPC__MSG_TYPE__MSG_##TYPE] = {#TYPE, &ipc__##message##__descriptor}

static const struct type_row types[] = {
    ROW(ROLE_FD, role_fd),
    ROW(ROLE_CONFIG, role_config),
    ROW(ROLE_START, role_start),
    ROW(ROLE_READY, role_ready),
    ROW(ROLE_STOP, role_stop),
    ROW(ROLE_CONFIG_RESULT, role_config_result),
    ROW(ROLE_COMMIT, role_commit),
    ROW(RELOAD, reload),
    ROW(RELOADED, reloaded),
    ROW(POOL_DRAINED, pool_drained),
    ROW(AUTH_INIT, auth_init),
    ROW(AUTH_REPLY, auth_reply),
    ROW(AUTH_ANSWER, auth_answer),
    ROW(SESSION_OPEN, session_open),
    ROW(SESSION_OPENED, session_opened),
    ROW(TUNNEL_EVENT, tunnel_event),
    ROW(SESSION_CLOSED, session_closed),
    ROW(STATS_REPORT, stats_report),
    ROW(SESSION_LOGOUT, session_logout),
    ROW(FILTER_HITS, filter_hits),
    ROW(SESSION_END, session_end),
    ROW(STATS_REQUEST, stats_request),
    ROW(FILTER_ADD, filter_add),
    ROW(FILTER_FORGET, filter_forget),
    ROW(KEY_LIST, key_list),
    ROW(KEY_LIST_REPLY, key_list_reply),
    ROW(KEY_SIGN, key_sign),
    ROW(KEY_SIGNED, key_signed),
    ROW(KEYS_CHANGED, keys_changed),
    ROW(CERT_JUDGE, cert_judge),
    ROW(CERT_VERDICT, cert_verdict),
    ROW(PAIR_JUDGE, pair_judge),
    ROW(PAIR_VERDICT, pair_verdict),
    ROW(CTL_SESSIONS, ctl_sessions),
    ROW(CTL_SESSION, ctl_session),
    ROW(CTL_END, ctl_end),
    ROW(CTL_RELOAD, ctl_reload),
    ROW(CTL_ACCESS_LIST, ctl_access_list),
    ROW(CTL_RULE, ctl_rule),
    ROW(TRACE, trace),
    ROW(SESSION_UPDATE, session_update),
    ROW(TRACE_WATCH, trace_watch),
    ROW(CA_LIST, ca_list),
    ROW(CA_LIST_REPLY, ca_list_reply),
    ROW(CTL_AAA_SERVER, ctl_aaa_server),
    ROW(CTL_AAA_HOST, ctl_aaa_host),
    ROW(CTL_TRACE, ctl_trace),
    ROW(CTL_TRACE_LINE, ctl_trace_line),
    ROW(CTL_CA, ctl_ca),
    ROW(CTL_CA_ENTRY, ctl_ca_entry),
    ROW(CTL_SUMMARY, ctl_summary),
    ROW(CTL_SUMMARY_REPORT, ctl_summary_report),
    ROW(CTL_POOL, ctl_pool),
    ROW(CTL_POOL_PAGE, ctl_pool_page),
    ROW(CTL_RUNNING, ctl_running),
    ROW(CTL_BLOCK, ctl_block),
    ROW(CTL_LOGOFF, ctl_logoff),
    ROW(CTL_CLEAR_AAA, ctl_clear_aaa),
    ROW(CTL_CLEAR_LOCKOUT, ctl_clear_lockout),
    ROW(CTL_TEST_AAA, ctl_test_aaa),
    ROW(CTL_LOCKOUTS, ctl_lockouts),
    ROW(CTL_LOCKOUT, ctl_lockout),
    ROW(ACCOUNT_ASK, account_ask),
    ROW(ACCOUNT, account),
    ROW(METRICS_REQUEST, metrics_request),
    ROW(METRICS_REPORT, metrics_report),
    ROW(CTL_METRICS, ctl_metrics),
    ROW(CTL_METRICS_PAGE, ctl_metrics_page),
    ROW(TICKET_KEYS, ticket_keys),
    ROW(SHUNS, shuns),
    ROW(CTL_THREATS, ctl_threats),
    ROW(CTL_THREAT, ctl_threat),
    ROW(CTL_SOURCES, ctl_sources),
    ROW(CTL_SOURCE, ctl_source),
    ROW(CTL_SHUN, ctl_shun),
    ROW(DOORS, doors),
};

static const struct type_row *
type_find(uint32_t type)
{
	if (type >= ARRAY_LEN(types) || types[type].name == NULL)
		return NULL;
	return &types[type];
}

const ProtobufCMessageDescriptor *
ipc_descriptor(Ipc__MsgType type)
{
	const struct type_row *row = type_find(type);

	return row != NULL ? row->descriptor : NULL;
}

const char *
ipc_type_name(Ipc__MsgType type)
{
	const struct type_row *row = type_find(type);

	return row != NULL ? row->name : NULL;
}

enum err
ipc_frame_init(
    struct ipc_frame *frame, const struct ipc_head *head, const ProtobufCMessage *msg, int fd)
{
	size_t payload_len = protobuf_c_message_get_packed_size(msg);
	struct ipc_frame out = {.len = sizeof(*head) + payload_len, .fd = -1};

	assert(msg->descriptor == ipc_descriptor(head->type));
	if (payload_len > IPC_MSG_MAX - sizeof(*head))
		return ERR_LIMIT;
	out.data = malloc(out.len);
	if (out.data == NULL)
		return ERR_NOMEM;
	if (fd >= 0) {
		out.fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
		if (out.fd < 0) {
			free(out.data);
			return ERR_SYS;
		}
	}
	memcpy(out.data, head, sizeof(*head));
	protobuf_c_message_pack(msg, out.data + sizeof(*head));
	*frame = out;
	return ERR_OK;
}

void
ipc_frame_fini(struct ipc_frame *frame)
{
	if (frame->data != NULL)
		str_wipe(frame->data, frame->len); /* it may hold a password or a token */
	free(frame->data);
	if (frame->fd >= 0)
		close(frame->fd);
	*frame = (struct ipc_frame){.fd = -1};
}

/* What errno of a send means. */
static enum err
send_err(void)
{
	switch (errno) {
	case EAGAIN:
	case ENOBUFS:
	case ENOMEM:
		return ERR_AGAIN;
	case EPIPE:
	case ECONNRESET:
	case ENOTCONN:
		return ERR_CLOSED;
	case EMSGSIZE:
		return ERR_LIMIT;
	default:
		return ERR_SYS;
	}
}

enum err
ipc_frame_send(int fd, const struct ipc_frame *frame)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec iov = {.iov_base = frame->data, .iov_len = frame->len};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	ssize_t n;

	if (frame->fd >= 0) {
		msg.msg_control = control.bytes;
		msg.msg_controllen = sizeof(control.bytes);
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.head), &frame->fd, sizeof(int));
	}
	do {
		n = sendmsg(fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? send_err() : ERR_OK;
}

/* Collect the descriptors that came with a message. Returns their number, of which the first `max`
 * are in fds. */
static size_t
take_fds(struct msghdr *msg, int *fds, size_t max)
{
	size_t len = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < n && len < max; i++, len++)
			memcpy(&fds[len], CMSG_DATA(c) + i * sizeof(int), sizeof(int));
	}
	return len;
}

/* What is wrong with a datagram as such; NULL: nothing. Fills in->head. */
static const char *
find_flaw(struct ipc_received *in, const uint8_t *data, int msg_flags, size_t fds_len)
{
	if ((msg_flags & MSG_TRUNC) != 0)
		return "message too long";
	if ((msg_flags & MSG_CTRUNC) != 0 || fds_len > 1)
		return "too many descriptors";
	if (in->len < sizeof(in->head))
		return "message too short";
	memcpy(&in->head, data, sizeof(in->head));
	if (type_find(in->head.type) == NULL)
		return "unknown message type";
	if ((in->head.flags & ~IPC_FLAG_REPLY) != 0)
		return "unknown message flags";
	return NULL;
}

enum err
ipc_frame_receive(int fd, uint8_t *buffer, size_t buffer_size, struct ipc_received *in)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(FDS_MAX * sizeof(int))];
	} control;
	struct iovec iov = {.iov_base = buffer, .iov_len = buffer_size};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	int fds[FDS_MAX];
	bool reset = false;
	size_t fds_len;
	ssize_t n;

	*in = (struct ipc_received){.fd = -1};
	do {
		msg.msg_control = control.bytes;
		msg.msg_controllen = sizeof(control.bytes);
		n = recvmsg(fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
		/*
		 * A peer that closed without reading everything gives ECONNRESET once, and after it
		 * the messages that it had sent: read on.
		 */
	} while (n < 0 && (errno == EINTR || (errno == ECONNRESET && !reset && (reset = true))));
	if (n < 0)
		return errno == EAGAIN ? ERR_AGAIN : ERR_SYS;
	fds_len = take_fds(&msg, fds, FDS_MAX);
	if (n == 0 && fds_len == 0)
		return ERR_CLOSED;
	in->len = (size_t)n;
	in->breach = find_flaw(in, buffer, msg.msg_flags, fds_len);
	if (in->breach == NULL) {
		in->payload = buffer + sizeof(in->head);
		in->payload_len = in->len - sizeof(in->head);
		in->fd = fds_len == 1 ? fds[0] : -1;
		return ERR_OK;
	}
	for (size_t i = 0; i < fds_len; i++)
		close(fds[i]);
	str_wipe(buffer, in->len);
	return ERR_SYNTAX;
}

ProtobufCMessage *
ipc_unpack(const struct ipc_received *in)
{
	return protobuf_c_message_unpack(
	    ipc_descriptor(in->head.type), NULL, in->payload_len, in->payload);
}

/* Wait until fd is ready for `events`. */
static enum err
wait_for(int fd, short events)
{
	struct pollfd pollfd = {.fd = fd, .events = events};
	int n;

	do {
		n = poll(&pollfd, 1, -1);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? ERR_SYS : ERR_OK;
}

enum err
ipc_read_blocking(int fd, Ipc__MsgType *type, ProtobufCMessage **msg_out, int *fd_out)
{
	uint8_t *buffer = malloc(IPC_MSG_MAX);
	struct ipc_received in;
	ProtobufCMessage *msg;
	enum err err;

	if (buffer == NULL)
		return ERR_NOMEM;
	while ((err = ipc_frame_receive(fd, buffer, IPC_MSG_MAX, &in)) == ERR_AGAIN) {
		err = wait_for(fd, POLLIN);
		if (err != ERR_OK)
			break;
	}
	if (err != ERR_OK)
		goto out;
	/* Without a loop there are events only. */
	msg = in.head.id == 0 && in.head.flags == 0 ? ipc_unpack(&in) : NULL;
	str_wipe(buffer, in.len);
	if (msg == NULL) {
		if (in.fd >= 0)
			close(in.fd);
		err = ERR_SYNTAX;
		goto out;
	}
	*type = in.head.type;
	*msg_out = msg;
	*fd_out = in.fd;
out:
	free(buffer);
	return err;
}

enum err
ipc_write_blocking(int fd, Ipc__MsgType type, const ProtobufCMessage *msg, int pass_fd)
{
	const struct ipc_head head = {.type = type};
	struct ipc_frame frame;
	enum err err = ipc_frame_init(&frame, &head, msg, pass_fd);

	if (err != ERR_OK)
		return err;
	while ((err = ipc_frame_send(fd, &frame)) == ERR_AGAIN) {
		err = wait_for(fd, POLLOUT);
		if (err != ERR_OK)
			break;
	}
	ipc_frame_fini(&frame);
	return err;
}

enum err
ipc_pair(int fds[2])
{
	const int size = SOCKET_BUFFER;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0)
		return ERR_SYS;
	for (int i = 0; i < 2; i++)
		/* As root past the system's limit, else up to it. */
		if (setsockopt(fds[i], SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) != 0)
			(void)setsockopt(fds[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	return ERR_OK;
}
