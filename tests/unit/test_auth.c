/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole auth process in a thread, with the test as its parent, its gateway worker and its
 * administrator: from init to a tunnel and a listing, a restart, and messages that must not hurt
 * it.
 */
#include "tests/unit/auth_help.h"

#include <crypt.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "common/ipc.h"
#include "common/role.h"

static struct {
	char dir[64];
	struct buf slice;
	struct role_env env;
	pthread_t thread;
	int status;
	struct loop *loop;
	struct ipc *parent;
	struct ipc *worker;
	unsigned waiting;
	bool ready;
	bool worker_closed;
	/* the last messages */
	Ipc__AuthAnswer *answer;
	Ipc__SessionOpened *opened;
	Ipc__SessionEnd end;
	unsigned ends, sessions, stats_asked;
	Ipc__CtlEnd *ctl_end;
	char ctl_user[65];
	uint64_t ctl_rx;
} t;

static void
give_up(void *arg)
{
	(void)arg;
	fail_msg("FAIL: nothing came for too long");
}

static void
on_too_long(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	give_up(arg);
}

/* Run until what was asked for has come. */
static void
wait_for(unsigned count)
{
	struct event *limit = evtimer_new(loop_base(t.loop), on_too_long, NULL);
	const struct timeval after = {.tv_sec = 20};

	evtimer_add(limit, &after);
	t.waiting = count;
	loop_run(t.loop);
	event_free(limit);
}

static void
came(void)
{
	if (t.waiting > 0 && --t.waiting == 0)
		loop_stop(t.loop);
}

static void *
copy(const ProtobufCMessage *msg)
{
	size_t len = protobuf_c_message_get_packed_size(msg);
	uint8_t *bytes = malloc(len + 1);

	protobuf_c_message_pack(msg, bytes);
	ProtobufCMessage *out = protobuf_c_message_unpack(msg->descriptor, NULL, len, bytes);
	free(bytes);
	return out;
}

static void
keep(void *place, const ProtobufCMessage *msg)
{
	ProtobufCMessage **to = place;

	if (*to != NULL)
		protobuf_c_message_free_unpacked(*to, NULL);
	*to = msg != NULL ? copy(msg) : NULL;
}

static void
handle_ready(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	(void)ipc, (void)id, (void)msg, (void)fd, (void)arg;
	t.ready = true;
	came();
}

static void
handle_end(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	(void)ipc, (void)id, (void)fd, (void)arg;
	t.end = *(const Ipc__SessionEnd *)msg;
	t.ends++;
	came();
}

static void
handle_stats_request(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	Ipc__StatsReport report = IPC__STATS_REPORT__INIT;
	Ipc__SessionStats stats = IPC__SESSION_STATS__INIT;
	Ipc__SessionStats *list[] = {&stats};
	Ipc__ChannelStats tls = IPC__CHANNEL_STATS__INIT;

	(void)msg, (void)fd, (void)arg;
	t.stats_asked++;
	tls.rx_bytes = 4711;
	stats.session = t.opened != NULL ? t.opened->session : 0;
	stats.tls = &tls;
	report.stats = list;
	report.n_stats = 1;
	report.last = true;
	assert_int_equal(ipc_reply(ipc, id, IPC__MSG_TYPE__MSG_STATS_REPORT, &report.base), ERR_OK);
}

static void
on_parent_closed(struct ipc *ipc, const char *why, void *arg)
{
	(void)why, (void)arg;
	ipc_free(ipc);
	t.parent = NULL;
	came();
}

static void
on_worker_closed(struct ipc *ipc, const char *why, void *arg)
{
	(void)why, (void)arg;
	ipc_free(ipc);
	t.worker = NULL;
	t.worker_closed = true;
	came();
}

static const struct ipc_row parent_rows[] = {
    {.type = IPC__MSG_TYPE__MSG_ROLE_READY, .handle = handle_ready}};
static const struct ipc_row worker_rows[] = {
    {.type = IPC__MSG_TYPE__MSG_SESSION_END, .handle = handle_end},
    {.type = IPC__MSG_TYPE__MSG_STATS_REQUEST, .handle = handle_stats_request, .request = true},
};

static void *
thread_main(void *arg)
{
	(void)arg;
	t.status = auth_role.run(&t.env);
	return NULL;
}

static void
env_add(Ipc__FdKind kind, Ipc__RoleId peer, int fd)
{
	t.env.fds[t.env.fds_len++] = (struct role_fd){.kind = kind, .peer = peer, .fd = fd};
}

static struct ipc *
connect_worker(int *theirs)
{
	struct ipc_config config = {
	    .peer = "auth",
	    .rows = worker_rows,
	    .rows_len = ARRAY_LEN(worker_rows),
	    .on_closed = on_worker_closed,
	};
	int fds[2];

	assert_int_equal(ipc_pair(fds), ERR_OK);
	*theirs = fds[1];
	struct ipc *ipc = ipc_new(t.loop, fds[0], &config);
	assert_non_null(ipc);
	return ipc;
}

static int
control_socket(void)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/control", t.dir);
	unlink(addr.sun_path);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(fd, 16), 0);
	return fd;
}

static void
start(void)
{
	struct ipc_config config = {
	    .peer = "auth",
	    .rows = parent_rows,
	    .rows_len = ARRAY_LEN(parent_rows),
	    .on_closed = on_parent_closed,
	};
	int fds[2], theirs;

	t.loop = loop_new();
	assert_non_null(t.loop);
	memset(&t.env, 0, sizeof(t.env));
	t.env.slice = t.slice.data;
	t.env.slice_len = t.slice.len;
	t.env.workers = 1;
	t.env.generation = 42;
	assert_int_equal(ipc_pair(fds), ERR_OK);
	t.env.parent_fd = fds[1];
	t.parent = ipc_new(t.loop, fds[0], &config);
	t.worker = connect_worker(&theirs);
	env_add(IPC__FD_KIND__FD_PEER, IPC__ROLE_ID__ROLE_GATEWAY, theirs);
	env_add(IPC__FD_KIND__FD_CONTROL, IPC__ROLE_ID__ROLE_NONE, control_socket());
	env_add(IPC__FD_KIND__FD_STATE_DIR, IPC__ROLE_ID__ROLE_NONE,
	    open(t.dir, O_RDONLY | O_DIRECTORY));
	t.ready = false;
	t.worker_closed = false;
	assert_int_equal(pthread_create(&t.thread, NULL, thread_main, NULL), 0);
	wait_for(1);
	assert_true(t.ready);
}

static void
stop(void)
{
	Ipc__RoleStop msg = IPC__ROLE_STOP__INIT;

	assert_int_equal(ipc_send(t.parent, IPC__MSG_TYPE__MSG_ROLE_STOP, &msg.base), ERR_OK);
	while (t.parent != NULL)
		wait_for(1);
	pthread_join(t.thread, NULL);
	assert_int_equal(t.status, 0);
	ipc_free(t.worker);
	t.worker = NULL;
	loop_free(t.loop);
}

static int
setup(void **state)
{
	static char users[512];
	struct texts texts = {0};

	(void)state;
	memset(&t, 0, sizeof(t));
	snprintf(t.dir, sizeof(t.dir), "/tmp/sekisho-test-XXXXXX");
	assert_non_null(mkdtemp(t.dir));
	snprintf(users, sizeof(users),
	    "usernames = ( { name = \"alice\"; password = \"%s\"; } );\n",
	    crypt("right", "$5$rounds=1000$sekishosalt"));
	for (size_t i = 0; i < ARRAY_LEN(help_files); i++) {
		const char *text = help_files[i].text;

		if (strcmp(help_files[i].name, "users.conf") == 0)
			text = users;
		assert_int_equal(
		    texts_add(&texts, help_files[i].type, help_files[i].name, text, strlen(text)),
		    ERR_OK);
	}
	buf_init(&t.slice, 8 * TEXTS_FILE_MAX);
	assert_int_equal(slice_pack(&texts, help_wants, NULL, &t.slice), ERR_OK);
	texts_fini(&texts);
	start();
	return 0;
}

static int
teardown(void **state)
{
	char command[128];

	(void)state;
	stop();
	keep(&t.answer, NULL);
	keep(&t.opened, NULL);
	keep(&t.ctl_end, NULL);
	buf_fini(&t.slice);
	snprintf(command, sizeof(command), "rm -rf '%s'", t.dir);
	return system(command);
}

/* ---- the worker's side ---- */

static void
on_answer(enum err err, const ProtobufCMessage *msg, void *arg)
{
	(void)arg;
	keep(&t.answer, err == ERR_OK ? msg : NULL);
	came();
}

static void
on_opened(enum err err, const ProtobufCMessage *msg, void *arg)
{
	(void)arg;
	keep(&t.opened, err == ERR_OK ? msg : NULL);
	came();
}

static void
ask(Ipc__MsgType type, const ProtobufCMessage *msg, Ipc__MsgType expect, ipc_reply_fn fn)
{
	assert_int_equal(ipc_request(t.worker, type, msg, expect, 10000, fn, NULL, NULL), ERR_OK);
	wait_for(1);
}

static void
log_in(const char *username, const char *password)
{
	Ipc__AuthInit init = IPC__AUTH_INIT__INIT;
	Ipc__AuthReply reply = IPC__AUTH_REPLY__INIT;
	Ipc__ClientFacts facts;
	Ipc__Field name = IPC__FIELD__INIT, word = IPC__FIELD__INIT;
	Ipc__Field *fields[] = {&name, &word};

	world_facts(&facts);
	init.facts = &facts;
	init.group_access = (char *)"https://gw.example.com/Staff";
	ask(IPC__MSG_TYPE__MSG_AUTH_INIT, &init.base, IPC__MSG_TYPE__MSG_AUTH_ANSWER, on_answer);
	assert_non_null(t.answer);
	assert_int_equal(t.answer->kind, IPC__ANSWER_KIND__ANSWER_FORM);
	assert_string_equal(t.answer->config_hash, "42");
	reply.facts = &facts;
	reply.handle = t.answer->handle;
	reply.config_hash = t.answer->config_hash;
	name.name = (char *)"username";
	name.value.data = (uint8_t *)username;
	name.value.len = strlen(username);
	word.name = (char *)"password";
	word.value.data = (uint8_t *)password;
	word.value.len = strlen(password);
	reply.field = fields;
	reply.n_field = 2;
	ask(IPC__MSG_TYPE__MSG_AUTH_REPLY, &reply.base, IPC__MSG_TYPE__MSG_AUTH_ANSWER, on_answer);
	assert_non_null(t.answer);
}

static void
open_tunnel(const char *token)
{
	Ipc__SessionOpen open = IPC__SESSION_OPEN__INIT;
	Ipc__ClientFacts facts;

	world_facts(&facts);
	open.facts = &facts;
	open.token = (char *)token;
	open.want_ipv4 = true;
	ask(IPC__MSG_TYPE__MSG_SESSION_OPEN, &open.base, IPC__MSG_TYPE__MSG_SESSION_OPENED,
	    on_opened);
	assert_non_null(t.opened);
}

static void
announce(uint64_t session)
{
	Ipc__TunnelEvent event = IPC__TUNNEL_EVENT__INIT;

	event.session = session;
	event.channel = IPC__CHANNEL__CHANNEL_TLS;
	event.up = true;
	event.client_ip.data = world_client_ip;
	event.client_ip.len = 4;
	assert_int_equal(ipc_send(t.worker, IPC__MSG_TYPE__MSG_TUNNEL_EVENT, &event.base), ERR_OK);
}

/* ---- the administrator's side ---- */

static void
handle_ctl_session(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	const Ipc__CtlSession *session = (const Ipc__CtlSession *)msg;

	(void)ipc, (void)id, (void)fd, (void)arg;
	t.sessions++;
	snprintf(t.ctl_user, sizeof(t.ctl_user), "%s", session->username);
	t.ctl_rx = session->total->rx_bytes;
}

static void
handle_ctl_end(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	(void)ipc, (void)id, (void)fd, (void)arg;
	keep(&t.ctl_end, msg);
	came();
}

static void
on_ctl_closed(struct ipc *ipc, const char *why, void *arg)
{
	(void)ipc, (void)why, (void)arg;
	came();
}

static const struct ipc_row ctl_rows[] = {
    {.type = IPC__MSG_TYPE__MSG_CTL_SESSION, .handle = handle_ctl_session},
    {.type = IPC__MSG_TYPE__MSG_CTL_END, .handle = handle_ctl_end},
};

static struct ipc *
ctl_connect(void)
{
	struct ipc_config config = {
	    .peer = "auth",
	    .rows = ctl_rows,
	    .rows_len = ARRAY_LEN(ctl_rows),
	    .on_closed = on_ctl_closed,
	};
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/control", t.dir);
	assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	struct ipc *ipc = ipc_new(t.loop, fd, &config);
	assert_non_null(ipc);
	return ipc;
}

static void
list(const char *username)
{
	Ipc__CtlSessions request = IPC__CTL_SESSIONS__INIT;
	struct ipc *ctl = ctl_connect();

	t.sessions = 0;
	request.username = (char *)username;
	assert_int_equal(ipc_send(ctl, IPC__MSG_TYPE__MSG_CTL_SESSIONS, &request.base), ERR_OK);
	wait_for(1);
	assert_non_null(t.ctl_end);
	assert_string_equal(t.ctl_end->error, "");
	assert_int_equal(t.ctl_end->count, t.sessions);
	ipc_free(ctl);
}

/* ---- the tests ---- */

static void
test_whole(void **state)
{
	struct ip_addr before;

	(void)state;
	log_in("alice", "wrong");
	assert_int_equal(t.answer->kind, IPC__ANSWER_KIND__ANSWER_FORM);
	assert_string_equal(t.answer->error, "Login failed.");
	log_in("nobody", "right");
	assert_string_equal(t.answer->error, "Login failed.");
	list("");
	assert_int_equal(t.sessions, 0);
	log_in("alice", "right");
	assert_int_equal(t.answer->kind, IPC__ANSWER_KIND__ANSWER_COMPLETE);
	open_tunnel("0000");
	assert_int_equal(t.opened->status, IPC__OPEN_STATUS__OPEN_DENIED);
	open_tunnel(t.answer->session_token);
	assert_int_equal(t.opened->status, IPC__OPEN_STATUS__OPEN_OK);
	assert_int_equal(ip_from_bytes(t.opened->ipv4.data, t.opened->ipv4.len, &before), ERR_OK);
	announce(t.opened->session);
	/* Live counters: the worker is asked. */
	list("");
	assert_int_equal(t.sessions, 1);
	assert_int_equal(t.stats_asked, 2);
	assert_string_equal(t.ctl_user, "alice");
	assert_int_equal(t.ctl_rx, 4711);
	list("bob");
	assert_int_equal(t.sessions, 0);

	/* auth is restarted; the worker announces what lives, and a tunnel that no longer has a
	 * session. */
	stop();
	start();
	announce(t.opened->session);
	announce(12345);
	wait_for(1);
	assert_int_equal(t.ends, 1);
	assert_int_equal(t.end.session, 12345);
	list("alice");
	assert_int_equal(t.sessions, 1);
	assert_int_equal(t.ctl_rx, 4711);
	/* The cookie is still good, and so is the address; the old tunnel is told to go. */
	open_tunnel(t.answer->session_token);
	assert_int_equal(t.opened->status, IPC__OPEN_STATUS__OPEN_OK);
	assert_memory_equal(t.opened->ipv4.data, before.bytes, 4);
	assert_int_equal(t.ends, 2);
	assert_int_equal(t.end.cause, IPC__CLOSE_CAUSE__CLOSE_REPLACED);
}

/* The gateway is restarted: the parent hands over a new channel, the session waits and resumes. */
static void
test_new_worker(void **state)
{
	Ipc__RoleFd rf = IPC__ROLE_FD__INIT;
	int theirs;

	(void)state;
	log_in("alice", "right");
	open_tunnel(t.answer->session_token);
	ipc_free(t.worker);
	t.worker = connect_worker(&theirs);
	rf.kind = IPC__FD_KIND__FD_PEER;
	rf.peer = IPC__ROLE_ID__ROLE_GATEWAY;
	assert_int_equal(
	    ipc_send_fd(t.parent, IPC__MSG_TYPE__MSG_ROLE_FD, &rf.base, theirs), ERR_OK);
	close(theirs);
	open_tunnel(t.answer->session_token);
	assert_int_equal(t.opened->status, IPC__OPEN_STATUS__OPEN_OK);
	assert_int_equal(t.ends, 0);
	/* A worker that does not exist is no reason to fall over. */
	t.worker_closed = false;
	struct ipc *stranger = connect_worker(&theirs);
	rf.worker = 7;
	assert_int_equal(
	    ipc_send_fd(t.parent, IPC__MSG_TYPE__MSG_ROLE_FD, &rf.base, theirs), ERR_OK);
	close(theirs);
	(void)stranger;
	struct ipc *worker = t.worker;
	wait_for(1);
	assert_true(t.worker_closed);
	t.worker = worker;
	open_tunnel(t.answer->session_token);
	assert_int_equal(t.opened->status, IPC__OPEN_STATUS__OPEN_OK);
}

/* A worker that says what it may not loses its channel, and only that happens (P8). */
static void
test_breach(void **state)
{
	Ipc__KeyList msg = IPC__KEY_LIST__INIT;
	Ipc__RoleFd rf = IPC__ROLE_FD__INIT;
	int theirs;

	(void)state;
	assert_int_equal(ipc_send(t.worker, IPC__MSG_TYPE__MSG_KEY_LIST, &msg.base), ERR_OK);
	wait_for(1);
	assert_true(t.worker_closed);
	t.worker = connect_worker(&theirs);
	rf.kind = IPC__FD_KIND__FD_PEER;
	rf.peer = IPC__ROLE_ID__ROLE_GATEWAY;
	assert_int_equal(
	    ipc_send_fd(t.parent, IPC__MSG_TYPE__MSG_ROLE_FD, &rf.base, theirs), ERR_OK);
	close(theirs);
	log_in("alice", "right");
	assert_int_equal(t.answer->kind, IPC__ANSWER_KIND__ANSWER_COMPLETE);
}

/* More administrators than are served at once: the rest waits its turn. */
static void
test_many_callers(void **state)
{
	Ipc__CtlSessions request = IPC__CTL_SESSIONS__INIT;
	struct ipc *ctl[20];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ctl); i++) {
		ctl[i] = ctl_connect();
		assert_int_equal(
		    ipc_send(ctl[i], IPC__MSG_TYPE__MSG_CTL_SESSIONS, &request.base), ERR_OK);
	}
	wait_for(16);
	for (size_t i = 0; i < 16; i++)
		ipc_free(ctl[i]);
	wait_for(4);
	for (size_t i = 16; i < ARRAY_LEN(ctl); i++)
		ipc_free(ctl[i]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_whole),
	    TEST(test_new_worker),
	    TEST(test_breach),
	    TEST(test_many_callers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
