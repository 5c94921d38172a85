/* SPDX-License-Identifier: Apache-2.0 */
/*
 * common/ipc.c and ipc_frame.c: events, requests, descriptors, and peers that break the rules. Each
 * test has a channel on one end of a socketpair and is the (mostly hostile) peer on the other end
 * itself.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/ipc.h"
#include "common/ipc_frame.h"
#include "common/str.h"

#define T(name) IPC__MSG_TYPE__MSG_##name

static struct loop *loop;
static struct ipc *ipc;
static int peer;
static bool free_in_handler;

/* What the callbacks saw. */
static struct {
	unsigned events, requests, closed, replies;
	uint32_t last_id;
	enum err reply_err;
	unsigned reply_index;
	int fd;
	char why[128];
} seen;

static void
handle_stop(struct ipc *from, uint32_t id, UNUSED const ProtobufCMessage *msg, int fd, void *arg)
{
	assert_ptr_equal(from, ipc);
	assert_ptr_equal(arg, &seen);
	assert_int_equal(id, 0);
	assert_int_equal(fd, -1);
	seen.events++;
	if (free_in_handler)
		ipc_free(ipc);
}

static void
handle_open(
    UNUSED struct ipc *from, uint32_t id, const ProtobufCMessage *msg, int fd, UNUSED void *arg)
{
	assert_int_equal(fd, -1);
	assert_string_equal(((const Ipc__SessionOpen *)msg)->token, "abc");
	seen.requests++;
	seen.last_id = id;
}

static void
handle_role_fd(UNUSED struct ipc *from, UNUSED uint32_t id, UNUSED const ProtobufCMessage *msg,
    int fd, UNUSED void *arg)
{
	seen.events++;
	seen.fd = fd;
}

static void
on_closed(UNUSED struct ipc *from, const char *why, UNUSED void *arg)
{
	seen.closed++;
	(void)str_copy(seen.why, sizeof(seen.why), why);
	if (free_in_handler)
		ipc_free(ipc);
}

static void
on_reply(enum err err, const ProtobufCMessage *msg, UNUSED void *arg)
{
	seen.replies++;
	seen.reply_err = err;
	assert_true((msg != NULL) == (err == ERR_OK));
	if (msg != NULL)
		seen.reply_index = ((const Ipc__SessionOpened *)msg)->index;
	if (free_in_handler)
		ipc_free(ipc);
}

static const struct ipc_row rows[] = {
    {.type = T(ROLE_STOP), .handle = handle_stop},
    {.type = T(SESSION_OPEN), .handle = handle_open, .request = true},
    {.type = T(ROLE_FD), .handle = handle_role_fd, .wants_fd = true},
};

static int
setup(UNUSED void **state)
{
	struct ipc_config config = {.peer = "peer",
	    .rows = rows,
	    .rows_len = ARRAY_LEN(rows),
	    .on_closed = on_closed,
	    .arg = &seen};
	int fds[2];

	memset(&seen, 0, sizeof(seen));
	seen.fd = -1;
	free_in_handler = false;
	loop = loop_new();
	assert_int_equal(ipc_pair(fds), ERR_OK);
	ipc = ipc_new(loop, fds[0], &config);
	peer = fds[1];
	return ipc == NULL || ipc_arg(ipc) != &seen || ipc_fd(ipc) != fds[0];
}

static int
teardown(UNUSED void **state)
{
	if (!free_in_handler)
		ipc_free(ipc);
	loop_free(loop);
	if (peer >= 0)
		close(peer);
	return 0;
}

/* Let the loop do all that is ready. */
static void
turn(void)
{
	for (int i = 0; i < 8; i++)
		event_base_loop(loop_base(loop), EVLOOP_NONBLOCK);
}

/* Send a raw datagram as the peer, with nfds descriptors. */
static void
peer_sends(const void *data, size_t len, unsigned nfds)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(16 * sizeof(int))];
	} control = {0};
	struct iovec iov = {(void *)(uintptr_t)data, len};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

	if (nfds > 0) {
		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(nfds * sizeof(int));
		for (unsigned i = 0; i < nfds; i++)
			memcpy(CMSG_DATA(&control.head) + i * sizeof(int), &peer, sizeof(int));
	}
	assert_int_equal(sendmsg(peer, &msg, MSG_NOSIGNAL), len);
}

static void
peer_sends_message(const struct ipc_head *head, const ProtobufCMessage *msg, unsigned nfds)
{
	struct ipc_frame frame;

	assert_int_equal(ipc_frame_init(&frame, head, msg, -1), ERR_OK);
	peer_sends(frame.data, frame.len, nfds);
	ipc_frame_fini(&frame);
}

/* Receive as the peer; the caller frees the message. */
static ProtobufCMessage *
peer_receives(struct ipc_head *head, int *fd)
{
	static uint8_t buffer[IPC_MSG_MAX];
	struct ipc_received in;
	ProtobufCMessage *msg;

	assert_int_equal(ipc_frame_receive(peer, buffer, sizeof(buffer), &in), ERR_OK);
	msg = ipc_unpack(&in);
	assert_non_null(msg);
	*head = in.head;
	*fd = in.fd;
	return msg;
}

static size_t
count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t n = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

static void
expect_closed(const char *why)
{
	turn();
	if (seen.closed != 1 || strstr(seen.why, why) == NULL)
		fail_msg("expected one close with \"%s\", got %u with \"%s\"", why, seen.closed,
		    seen.why);
}

static void
test_events(UNUSED void **state)
{
	const struct ipc_head head = {.type = T(ROLE_STOP)};
	Ipc__RoleStop stop = IPC__ROLE_STOP__INIT;

	for (int i = 0; i < 200; i++)
		peer_sends_message(&head, &stop.base, 0);
	turn();
	assert_int_equal(seen.events, 200);
	assert_int_equal(seen.closed, 0);
}

static void
test_request_from_peer(UNUSED void **state)
{
	const struct ipc_head head = {.type = T(SESSION_OPEN), .id = 77};
	char token[] = "abc";
	Ipc__SessionOpen open = IPC__SESSION_OPEN__INIT;
	Ipc__SessionOpened opened = IPC__SESSION_OPENED__INIT;
	struct ipc_head got;
	ProtobufCMessage *msg;
	int fd;

	open.token = token;
	peer_sends_message(&head, &open.base, 0);
	turn();
	assert_int_equal(seen.requests, 1);
	assert_int_equal(seen.last_id, 77);
	opened.index = 12;
	assert_int_equal(ipc_reply(ipc, 77, T(SESSION_OPENED), &opened.base), ERR_OK);
	msg = peer_receives(&got, &fd);
	assert_int_equal(got.type, T(SESSION_OPENED));
	assert_int_equal(got.id, 77);
	assert_int_equal(got.flags, IPC_FLAG_REPLY);
	assert_int_equal(((Ipc__SessionOpened *)msg)->index, 12);
	assert_int_equal(fd, -1);
	protobuf_c_message_free_unpacked(msg, NULL);
}

/* Ask for a SessionOpened; returns the id. */
static uint32_t
request(unsigned timeout_ms)
{
	Ipc__SessionOpen open = IPC__SESSION_OPEN__INIT;
	struct ipc_head head;
	uint32_t id;
	int fd;

	assert_int_equal(ipc_request(ipc, T(SESSION_OPEN), &open.base, T(SESSION_OPENED),
			     timeout_ms, on_reply, NULL, &id),
	    ERR_OK);
	protobuf_c_message_free_unpacked(peer_receives(&head, &fd), NULL);
	assert_int_not_equal(id, 0);
	assert_int_equal(head.id, id);
	assert_int_equal(head.flags, 0);
	return id;
}

static void
answer(uint32_t id, unsigned index)
{
	const struct ipc_head head = {.type = T(SESSION_OPENED), .id = id, .flags = IPC_FLAG_REPLY};
	Ipc__SessionOpened opened = IPC__SESSION_OPENED__INIT;

	opened.index = index;
	peer_sends_message(&head, &opened.base, 0);
	turn();
}

static void
test_requests_to_peer(UNUSED void **state)
{
	uint32_t a = request(10000), b = request(10000);

	assert_int_not_equal(a, b);
	answer(b, 5);
	assert_int_equal(seen.replies, 1);
	assert_int_equal(seen.reply_err, ERR_OK);
	assert_int_equal(seen.reply_index, 5);
	answer(a, 6);
	assert_int_equal(seen.replies, 2);
	assert_int_equal(seen.reply_index, 6);
	answer(a, 7); /* a second answer */
	assert_int_equal(seen.replies, 2);
	expect_closed("nobody asked for");
}

static void
test_cancel(UNUSED void **state)
{
	uint32_t id = request(10000);

	ipc_cancel(ipc, id);
	ipc_cancel(ipc, id);
	ipc_cancel(ipc, 999);
	answer(id, 1);
	assert_int_equal(seen.replies, 0);
	assert_int_equal(seen.closed, 0);
	id = request(10000);
	ipc_cancel(ipc, id);
	ipc_free(ipc);
	free_in_handler = true; /* it is freed */
	assert_int_equal(seen.replies, 0);
}

static void
test_timeout(UNUSED void **state)
{
	uint32_t id = request(1);

	while (seen.replies == 0)
		event_base_loop(loop_base(loop), EVLOOP_ONCE);
	assert_int_equal(seen.reply_err, ERR_TIMEOUT);
	answer(id, 1); /* too late: dropped silently */
	assert_int_equal(seen.replies, 1);
	assert_int_equal(seen.closed, 0);
	answer(id, 1); /* but not twice */
	expect_closed("nobody asked for");
}

static void
test_wrong_reply_type(UNUSED void **state)
{
	struct ipc_head head = {.type = T(ROLE_STOP), .flags = IPC_FLAG_REPLY};
	Ipc__RoleStop stop = IPC__ROLE_STOP__INIT;

	head.id = request(10000);
	peer_sends_message(&head, &stop.base, 0);
	expect_closed("reply ROLE_STOP instead of SESSION_OPENED");
	assert_int_equal(seen.replies, 1);
	assert_int_equal(seen.reply_err, ERR_CLOSED);
	assert_int_equal(seen.events, 0);
}

static void
test_peer_dies_with_requests_open(UNUSED void **state)
{
	Ipc__RoleStop stop = IPC__ROLE_STOP__INIT;

	request(10000);
	request(10000);
	close(peer);
	peer = -1;
	expect_closed("peer closed the channel");
	assert_int_equal(seen.replies, 2);
	assert_int_equal(seen.reply_err, ERR_CLOSED);
	assert_int_equal(ipc_send(ipc, T(ROLE_STOP), &stop.base), ERR_CLOSED);
	assert_int_equal(
	    ipc_request(ipc, T(ROLE_STOP), &stop.base, T(ROLE_STOP), 1, on_reply, NULL, NULL),
	    ERR_CLOSED);
}

static void
test_last_words_are_heard(UNUSED void **state)
{
	const struct ipc_head head = {.type = T(ROLE_STOP)};
	Ipc__RoleStop stop = IPC__ROLE_STOP__INIT;

	/* The peer never reads ours, so its close resets the connection; and we find out by
	 * sending. */
	assert_int_equal(ipc_send(ipc, T(ROLE_STOP), &stop.base), ERR_OK);
	for (int i = 0; i < 100; i++)
		peer_sends_message(&head, &stop.base, 0);
	close(peer);
	peer = -1;
	assert_int_equal(ipc_send(ipc, T(ROLE_STOP), &stop.base), ERR_CLOSED);
	assert_int_equal(ipc_send(ipc, T(ROLE_STOP), &stop.base), ERR_CLOSED);
	assert_int_equal(seen.closed, 0); /* never from inside a send */
	expect_closed("closed the channel");
	assert_int_equal(seen.events, 100);
}

static void
test_free_fails_requests(UNUSED void **state)
{
	request(10000);
	free_in_handler = true; /* on_reply frees once more: nothing happens */
	ipc_free(ipc);
	assert_int_equal(seen.replies, 1);
	assert_int_equal(seen.reply_err, ERR_CLOSED);
	turn();
	assert_int_equal(seen.closed, 0);
	ipc_free(NULL);
}

static void
test_free_in_handler(UNUSED void **state)
{
	const struct ipc_head head = {.type = T(ROLE_STOP)};
	Ipc__RoleStop stop = IPC__ROLE_STOP__INIT;

	free_in_handler = true;
	for (int i = 0; i < 3; i++)
		peer_sends_message(&head, &stop.base, 0);
	turn();
	assert_int_equal(seen.events, 1);
	assert_int_equal(seen.closed, 0);
}

static void
test_free_in_reply(UNUSED void **state)
{
	uint32_t id = request(10000);

	request(10000);
	free_in_handler = true;
	answer(id, 1);
	assert_int_equal(seen.replies, 2);
	assert_int_equal(seen.closed, 0);
}

static void
test_free_in_on_closed(UNUSED void **state)
{
	close(peer);
	peer = -1;
	free_in_handler = true;
	expect_closed("closed the channel");
}

static void
test_descriptors(UNUSED void **state)
{
	const struct ipc_head head = {.type = T(ROLE_FD)};
	Ipc__RoleFd role_fd = IPC__ROLE_FD__INIT;
	struct ipc_head got;
	int fd;

	peer_sends_message(&head, &role_fd.base, 1);
	turn();
	assert_int_equal(seen.events, 1);
	assert_true(seen.fd >= 0);
	assert_int_equal(fcntl(seen.fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(ipc_send_fd(ipc, T(ROLE_FD), &role_fd.base, seen.fd), ERR_OK);
	close(seen.fd);
	protobuf_c_message_free_unpacked(peer_receives(&got, &fd), NULL);
	assert_true(fd >= 0);
	close(fd);
}

/* Whatever descriptors come with a breach, none stays open. */
static void
expect_breach_closes_fds(
    const struct ipc_head *head, const ProtobufCMessage *msg, unsigned nfds, const char *why)
{
	size_t before = count_fds();

	peer_sends_message(head, msg, nfds);
	expect_closed(why);
	assert_int_equal(seen.events, 0);
	assert_int_equal(count_fds(), before);
}

static void
test_fd_missing(UNUSED void **state)
{
	const struct ipc_head head = {.type = T(ROLE_FD)};
	Ipc__RoleFd role_fd = IPC__ROLE_FD__INIT;

	expect_breach_closes_fds(&head, &role_fd.base, 0, "descriptor missing");
}

static void
test_fd_where_none_is_allowed(UNUSED void **state)
{
	const struct ipc_head head = {.type = T(ROLE_STOP)};
	Ipc__RoleStop stop = IPC__ROLE_STOP__INIT;

	expect_breach_closes_fds(&head, &stop.base, 1, "unexpected descriptor");
}

static void
test_two_fds(UNUSED void **state)
{
	const struct ipc_head head = {.type = T(ROLE_FD)};
	Ipc__RoleFd role_fd = IPC__ROLE_FD__INIT;

	expect_breach_closes_fds(&head, &role_fd.base, 2, "too many descriptors");
}

static void
test_many_fds(UNUSED void **state)
{
	const struct ipc_head head = {.type = T(ROLE_FD)};
	Ipc__RoleFd role_fd = IPC__ROLE_FD__INIT;

	expect_breach_closes_fds(&head, &role_fd.base, 16, "too many descriptors");
}

static void
test_fd_with_reply(UNUSED void **state)
{
	struct ipc_head head = {.type = T(SESSION_OPENED), .flags = IPC_FLAG_REPLY};
	Ipc__SessionOpened opened = IPC__SESSION_OPENED__INIT;

	head.id = request(10000);
	expect_breach_closes_fds(&head, &opened.base, 1, "reply with fd");
}

/* One bad datagram each; the channel must close for the given reason, and no handler run. */
static void
test_hostile_datagrams(UNUSED void **state)
{
	static const struct {
		struct ipc_head head;
		const char *payload;
		size_t payload_len, cut;
		const char *why;
	} bad[] = {
	    {.head = {.type = T(ROLE_STOP)}, .cut = 1, .why = "too short"},
	    {.head = {.type = T(ROLE_STOP)}, .cut = 11, .why = "too short"},
	    {.head = {.type = T(ROLE_STOP)}, .cut = 12, .why = "closed the channel"}, /* empty */
	    {.head = {.type = T(NONE)}, .why = "unknown message type"},
	    {.head = {.type = 19}, .why = "unknown message type"},
	    {.head = {.type = UINT32_MAX}, .why = "unknown message type"},
	    {.head = {.type = T(ROLE_STOP), .flags = 2}, .why = "unknown message flags"},
	    {.head = {.type = T(ROLE_STOP), .id = 1}, .why = "event with id"},
	    {.head = {.type = T(SESSION_OPEN)}, .why = "request without id"},
	    {.head = {.type = T(KEY_SIGN), .id = 1}, .why = "KEY_SIGN: not allowed from this peer"},
	    {.head = {.type = T(ROLE_STOP), .flags = 1}, .why = "reply without id"},
	    {.head = {.type = T(ROLE_STOP), .id = 1, .flags = 1}, .why = "nobody asked for"},
	    {.head = {.type = T(SESSION_OPEN), .id = 1},
		.payload = "\x12\x7f"
			   "ab",
		.payload_len = 4,
		.why = "malformed payload"},
	    {.head = {.type = T(SESSION_OPEN), .id = 1},
		.payload = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
		.payload_len = 11,
		.why = "malformed payload"},
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		uint8_t data[64];

		memcpy(data, &bad[i].head, sizeof(bad[i].head));
		if (bad[i].payload_len > 0)
			memcpy(data + sizeof(bad[i].head), bad[i].payload, bad[i].payload_len);
		peer_sends(data, sizeof(bad[i].head) + bad[i].payload_len - bad[i].cut, 0);
		expect_closed(bad[i].why);
		assert_int_equal(seen.events + seen.requests, 0);
		teardown(NULL);
		assert_int_equal(setup(NULL), 0);
	}
}

static void
test_oversized_datagram(UNUSED void **state)
{
	uint8_t *data = calloc(1, IPC_MSG_MAX + 1);

	assert_non_null(data);
	data[0] = T(ROLE_STOP);
	peer_sends(data, IPC_MSG_MAX + 1, 0);
	free(data);
	expect_closed("too long");
}

static void
test_send_limits(UNUSED void **state)
{
	Ipc__SessionLogout logout = IPC__SESSION_LOGOUT__INIT;
	char *token = malloc(IPC_MSG_MAX);
	size_t sent = 0, received = 0;
	enum err err;

	assert_non_null(token);
	memset(token, 'x', IPC_MSG_MAX - 1);
	token[IPC_MSG_MAX - 1] = '\0';
	logout.token = token;
	assert_int_equal(ipc_send(ipc, T(SESSION_LOGOUT), &logout.base), ERR_LIMIT);
	token[IPC_MSG_MAX - 100] = '\0';
	/* A peer that does not read: the queue takes some, then refuses, and the channel lives on.
	 */
	while ((err = ipc_send(ipc, T(SESSION_LOGOUT), &logout.base)) == ERR_OK)
		sent++;
	assert_int_equal(err, ERR_LIMIT);
	assert_in_range(sent, 100, 1000);
	assert_int_equal(seen.closed, 0);
	for (; received < sent; received++) {
		struct ipc_head head;
		int fd;

		turn();
		protobuf_c_message_free_unpacked(peer_receives(&head, &fd), NULL);
	}
	assert_int_equal(ipc_send(ipc, T(SESSION_LOGOUT), &logout.base), ERR_OK);
	free(token);
}

static void
test_queued_messages_to_a_dead_peer(UNUSED void **state)
{
	Ipc__SessionLogout logout = IPC__SESSION_LOGOUT__INIT;

	while (ipc_send(ipc, T(SESSION_LOGOUT), &logout.base) == ERR_OK)
		continue;
	close(peer);
	peer = -1;
	expect_closed("closed the channel");
}

static void
test_request_table_is_bounded(UNUSED void **state)
{
	Ipc__SessionOpen open = IPC__SESSION_OPEN__INIT;
	uint32_t first = 0, id;
	unsigned sent = 0;
	enum err err;

	while ((err = ipc_request(ipc, T(SESSION_OPEN), &open.base, T(SESSION_OPENED), 100000,
		    on_reply, NULL, &id)) == ERR_OK)
		if (sent++ == 0)
			first = id;
	assert_int_equal(err, ERR_LIMIT);
	assert_in_range(sent, 1000, 10000);
	ipc_cancel(ipc, first); /* makes room */
	assert_int_equal(ipc_request(ipc, T(SESSION_OPEN), &open.base, T(SESSION_OPENED), 100000,
			     on_reply, NULL, &id),
	    ERR_OK);
	ipc_free(ipc);
	free_in_handler = true;
	assert_int_equal(seen.replies, sent); /* all but the cancelled one, and one more */
}

static void
test_blocking(UNUSED void **state)
{
	const struct ipc_head with_id = {.type = T(ROLE_START), .id = 1};
	Ipc__RoleStart start = IPC__ROLE_START__INIT;
	ProtobufCMessage *msg;
	Ipc__MsgType type;
	int fds[2], fd;

	start.workers = 3;
	assert_int_equal(ipc_pair(fds), ERR_OK);
	assert_int_equal(ipc_write_blocking(fds[0], T(ROLE_START), &start.base, fds[0]), ERR_OK);
	assert_int_equal(ipc_read_blocking(fds[1], &type, &msg, &fd), ERR_OK);
	assert_int_equal(type, T(ROLE_START));
	assert_int_equal(((Ipc__RoleStart *)msg)->workers, 3);
	assert_true(fd >= 0);
	close(fd);
	protobuf_c_message_free_unpacked(msg, NULL);
	close(peer);
	peer = fds[0];
	peer_sends_message(&with_id, &start.base, 1);
	assert_int_equal(ipc_read_blocking(fds[1], &type, &msg, &fd), ERR_SYNTAX);
	close(peer);
	peer = -1;
	assert_int_equal(ipc_read_blocking(fds[1], &type, &msg, &fd), ERR_CLOSED);
	assert_int_equal(ipc_write_blocking(fds[1], T(ROLE_START), &start.base, -1), ERR_CLOSED);
	close(fds[1]);
}

static void
test_types(UNUSED void **state)
{
	const ProtobufCEnumDescriptor *all = &ipc__msg_type__descriptor;

	for (unsigned i = 0; i < all->n_values; i++) {
		Ipc__MsgType type = (Ipc__MsgType)all->values[i].value;

		if (type == T(NONE))
			continue;
		if (ipc_descriptor(type) == NULL || ipc_type_name(type) == NULL)
			fail_msg("%s: expected a row in the table of types", all->values[i].name);
		assert_string_equal(ipc_type_name(type), all->values[i].name + strlen("MSG_"));
	}
	assert_null(ipc_descriptor(T(NONE)));
	assert_null(ipc_descriptor((Ipc__MsgType)9999));
	assert_null(ipc_type_name((Ipc__MsgType)9999));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_events),
	    CASE(test_request_from_peer),
	    CASE(test_requests_to_peer),
	    CASE(test_cancel),
	    CASE(test_timeout),
	    CASE(test_wrong_reply_type),
	    CASE(test_peer_dies_with_requests_open),
	    CASE(test_last_words_are_heard),
	    CASE(test_free_fails_requests),
	    CASE(test_free_in_handler),
	    CASE(test_free_in_reply),
	    CASE(test_free_in_on_closed),
	    CASE(test_descriptors),
	    CASE(test_fd_missing),
	    CASE(test_fd_where_none_is_allowed),
	    CASE(test_two_fds),
	    CASE(test_many_fds),
	    CASE(test_fd_with_reply),
	    CASE(test_hostile_datagrams),
	    CASE(test_oversized_datagram),
	    CASE(test_send_limits),
	    CASE(test_queued_messages_to_a_dead_peer),
	    CASE(test_request_table_is_bounded),
	    CASE(test_blocking),
	    CASE(test_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
