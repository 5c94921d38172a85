/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole auth process in a thread, with the test as its parent, its gateway worker and its
 * administrator: from init to a tunnel and a listing, a restart, and messages that must not hurt
 * it.
 */
#include "tests/unit/auth_help.h"

#include <crypt.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>

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
	Ipc__RoleConfigResult *result;
	Ipc__PoolDrained *drained;
	unsigned drains;
	uint32_t reload_id;   /* of a request that the parent has not answered */
	char filter_name[65]; /* of the last FilterAdd */
	uint64_t filter;
	unsigned filters_added, filters_forgotten;
	struct ipc *pki;
	uint32_t judge_id;
	unsigned answered;
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

static void
handle_config_result(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	(void)ipc, (void)id, (void)fd, (void)arg;
	keep(&t.result, msg);
	came();
}

static void
handle_drained(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	(void)ipc, (void)id, (void)fd, (void)arg;
	keep(&t.drained, msg);
	t.drains++;
	came();
}

static void
handle_reload(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	(void)ipc, (void)msg, (void)fd, (void)arg;
	t.reload_id = id;
	came();
}

static void
handle_filter_add(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	const Ipc__FilterAdd *add = (const Ipc__FilterAdd *)msg;

	(void)ipc, (void)id, (void)fd, (void)arg;
	t.filters_added++;
	t.filter = add->filter;
	snprintf(t.filter_name, sizeof(t.filter_name), "%s", add->name);
}

static void
handle_filter_forget(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	(void)ipc, (void)id, (void)msg, (void)fd, (void)arg;
	t.filters_forgotten++;
	came();
}

static void
handle_judge(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	(void)ipc, (void)msg, (void)fd, (void)arg;
	t.judge_id = id;
	came();
}

static const struct ipc_row parent_rows[] = {
    {.type = IPC__MSG_TYPE__MSG_ROLE_READY, .handle = handle_ready},
    {.type = IPC__MSG_TYPE__MSG_ROLE_CONFIG_RESULT, .handle = handle_config_result},
    {.type = IPC__MSG_TYPE__MSG_POOL_DRAINED, .handle = handle_drained},
    {.type = IPC__MSG_TYPE__MSG_RELOAD, .handle = handle_reload, .request = true},
};
static const struct ipc_row pki_rows[] = {
    {.type = IPC__MSG_TYPE__MSG_CERT_JUDGE, .handle = handle_judge, .request = true}};
/* The first that a worker hears. */
static void
handle_ticket_keys(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	const Ipc__TicketKeys *keys = (const Ipc__TicketKeys *)msg;

	(void)ipc, (void)id, (void)fd, (void)arg;
	assert_int_equal(keys->n_key, 1);
	assert_int_equal(keys->key[0]->cipher.len, 32);
}

/* The second; and anew after a reload. */
static void
handle_doors(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	(void)ipc, (void)id, (void)fd, (void)arg;
	assert_true(((const Ipc__Doors *)msg)->anew);
}

static const struct ipc_row worker_rows[] = {
    {.type = IPC__MSG_TYPE__MSG_FILTER_ADD, .handle = handle_filter_add},
    {.type = IPC__MSG_TYPE__MSG_FILTER_FORGET, .handle = handle_filter_forget},
    {.type = IPC__MSG_TYPE__MSG_SESSION_END, .handle = handle_end},
    {.type = IPC__MSG_TYPE__MSG_STATS_REQUEST, .handle = handle_stats_request, .request = true},
    {.type = IPC__MSG_TYPE__MSG_TICKET_KEYS, .handle = handle_ticket_keys},
    {.type = IPC__MSG_TYPE__MSG_DOORS, .handle = handle_doors},
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
	ipc_free(t.pki);
	t.worker = t.pki = NULL;
	loop_free(t.loop);
}

/* The configuration with alice's real password, and with one file replaced (name NULL: none). */
static void
make_slice(const char *name, const char *content, struct buf *out)
{
	static char users[512];
	struct texts texts = {0};

	snprintf(users, sizeof(users),
	    "usernames = ( { name = \"alice\"; password = \"%s\"; } );\n",
	    crypt("right", "$5$rounds=1000$sekishosalt"));
	for (size_t i = 0; i < ARRAY_LEN(help_files); i++) {
		const char *text = help_files[i].text;

		if (strcmp(help_files[i].name, "users.conf") == 0)
			text = users;
		if (name != NULL && strcmp(help_files[i].name, name) == 0)
			text = content;
		assert_int_equal(
		    texts_add(&texts, help_files[i].type, help_files[i].name, text, strlen(text)),
		    ERR_OK);
	}
	buf_init(out, 8 * TEXTS_FILE_MAX);
	assert_int_equal(slice_pack(&texts, help_wants, NULL, out), ERR_OK);
	texts_fini(&texts);
}

static int
setup(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	snprintf(t.dir, sizeof(t.dir), "/tmp/sekisho-test-XXXXXX");
	assert_non_null(mkdtemp(t.dir));
	make_slice(NULL, NULL, &t.slice);
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
	keep(&t.result, NULL);
	keep(&t.drained, NULL);
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
	t.answered++;
	came();
}

static void
on_opened(enum err err, const ProtobufCMessage *msg, void *arg)
{
	(void)arg;
	keep(&t.opened, err == ERR_OK ? msg : NULL);
	t.answered++;
	came();
}

static void
ask(Ipc__MsgType type, const ProtobufCMessage *msg, Ipc__MsgType expect, ipc_reply_fn fn)
{
	unsigned before = t.answered;

	assert_int_equal(ipc_request(t.worker, type, msg, expect, 10000, fn, NULL, NULL), ERR_OK);
	while (t.answered == before)
		wait_for(1);
}

static void
first_form(void)
{
	Ipc__AuthInit init = IPC__AUTH_INIT__INIT;
	Ipc__ClientFacts facts;

	world_facts(&facts);
	init.facts = &facts;
	init.group_access = (char *)"https://gw.example.com/Staff";
	ask(IPC__MSG_TYPE__MSG_AUTH_INIT, &init.base, IPC__MSG_TYPE__MSG_AUTH_ANSWER, on_answer);
	assert_non_null(t.answer);
	assert_int_equal(t.answer->kind, IPC__ANSWER_KIND__ANSWER_FORM);
}

/* Answer the form last seen. */
static void
fill_in(const char *username, const char *password)
{
	Ipc__AuthReply reply = IPC__AUTH_REPLY__INIT;
	Ipc__ClientFacts facts;
	Ipc__Field name = IPC__FIELD__INIT, word = IPC__FIELD__INIT;
	Ipc__Field *fields[] = {&name, &word};

	world_facts(&facts);
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
log_in(const char *username, const char *password)
{
	first_form();
	assert_string_equal(t.answer->config_hash, "42");
	fill_in(username, password);
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

/* ---- another configuration ---- */

static void
hand_over(const struct buf *slice, uint64_t generation)
{
	Ipc__RoleConfig msg = IPC__ROLE_CONFIG__INIT;
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, slice->data, slice->len), (ssize_t)slice->len);
	msg.generation = generation;
	assert_int_equal(
	    ipc_send_fd(t.parent, IPC__MSG_TYPE__MSG_ROLE_CONFIG, &msg.base, fd), ERR_OK);
	close(fd);
	wait_for(1);
	assert_non_null(t.result);
	assert_int_equal(t.result->generation, generation);
}

static void
commit(uint64_t generation, bool yes)
{
	Ipc__RoleCommit msg = IPC__ROLE_COMMIT__INIT;

	msg.generation = generation;
	msg.use = yes;
	msg.log_level = LOG_DEBUG;
	msg.log_stderr = true;
	assert_int_equal(ipc_send(t.parent, IPC__MSG_TYPE__MSG_ROLE_COMMIT, &msg.base), ERR_OK);
}

#define POLICIES(banner, range, filter)                                                            \
	"group-policies = ( { name = \"Staff\"; attributes = { banner = \"" banner "\"; " filter   \
	" }; } );\n"                                                                               \
	"ip-local-pools = ( { name = \"POOL\"; range = \"" range "\"; } );\n"                      \
	"access-lists = ( { name = \"WEB\"; type = \"extended\"; rules = [ \"permit tcp any any "  \
	"eq "                                                                                      \
	"443\" ]; },\n"                                                                            \
	" { name = \"split\"; rules = [ \"permit 10.0.0.0 255.0.0.0\" ]; } );\n"
#define SAME_RANGE "192.168.100.1-192.168.100.200"

static void
test_reload(void **state)
{
	struct buf slice;
	uint64_t session;
	char token[TOKEN_TEXT_SIZE];

	(void)state;
	log_in("alice", "right");
	open_tunnel(t.answer->session_token);
	session = t.opened->session;
	snprintf(token, sizeof(token), "%s", t.answer->session_token);
	first_form();
	/* What cannot be read changes nothing. */
	make_slice("group-policies.conf", "group-policies = nonsense", &slice);
	hand_over(&slice, 43);
	assert_false(t.result->ok);
	assert_non_null(strstr(t.result->error, "group-policies.conf:1"));
	buf_fini(&slice);
	struct buf garbage = {.data = (uint8_t *)(uintptr_t) "garbage", .len = 7};
	hand_over(&garbage, 44);
	assert_false(t.result->ok);
	commit(44, false);
	/* Made ready, and forgotten. */
	make_slice("group-policies.conf",
	    POLICIES("new", "192.168.100.10-192.168.100.20", "vpn-filter = \"WEB\";"), &slice);
	hand_over(&slice, 45);
	assert_true(t.result->ok);
	assert_string_equal(t.result->error, "");
	commit(45, false);
	first_form();
	assert_string_equal(t.answer->config_hash, "42");
	/* Made ready; another in its place; used. The login under way goes on with the old. */
	hand_over(&slice, 46);
	hand_over(&slice, 47);
	commit(47, true);
	fill_in("alice", "right");
	assert_int_equal(t.answer->kind, IPC__ANSWER_KIND__ANSWER_COMPLETE);
	assert_string_equal(t.answer->banner, "hi");
	first_form();
	assert_string_equal(t.answer->config_hash, "47");
	fill_in("alice", "right");
	assert_string_equal(t.answer->banner, "new");
	/* The first session has an address that no pool has now, and no filter. */
	open_tunnel(token);
	assert_int_equal(t.opened->session, session);
	assert_int_equal(t.opened->ipv4.data[3], 1);
	assert_int_equal(t.opened->policy->filter4, 0);
	assert_int_equal(t.filters_added, 0);
	assert_int_equal(t.drains, 0);
	/* The last one has the filter, which is there before the answer. */
	open_tunnel(t.answer->session_token);
	assert_int_equal(t.opened->ipv4.data[3], 10);
	assert_int_equal(t.filters_added, 1);
	assert_string_equal(t.filter_name, "WEB");
	assert_int_equal(t.opened->policy->filter4, t.filter);
	/* Back: the old pool was never drained. Forward again, and the first session ends. */
	buf_fini(&slice);
	make_slice(NULL, NULL, &slice);
	hand_over(&slice, 48);
	commit(48, true);
	wait_for(1);
	assert_int_equal(t.drains, 1);
	assert_memory_equal(t.drained->first.data, ((uint8_t[]){192, 168, 100, 10}), 4);
	assert_memory_equal(t.drained->last.data, ((uint8_t[]){192, 168, 100, 20}), 4);
	buf_fini(&slice);
	make_slice("group-policies.conf", POLICIES("new", "10.5.0.1-10.5.0.9", ""), &slice);
	hand_over(&slice, 49);
	commit(49, true);
	buf_fini(&slice);
	/* Everybody leaves: one pool is drained, and nobody needs the filter. */
	Ipc__SessionLogout logout = IPC__SESSION_LOGOUT__INIT;
	logout.token = t.answer->session_token;
	assert_int_equal(
	    ipc_send(t.worker, IPC__MSG_TYPE__MSG_SESSION_LOGOUT, &logout.base), ERR_OK);
	logout.token = token;
	assert_int_equal(
	    ipc_send(t.worker, IPC__MSG_TYPE__MSG_SESSION_LOGOUT, &logout.base), ERR_OK);
	wait_for(2);
	assert_int_equal(t.ends, 3); /* one of them had replaced its tunnel */
	Ipc__SessionClosed closed = IPC__SESSION_CLOSED__INIT;
	closed.session = session;
	closed.cause = IPC__CLOSE_CAUSE__CLOSE_USER_REQUEST;
	for (int i = 0; i < 2; i++)
		assert_int_equal(
		    ipc_send(t.worker, IPC__MSG_TYPE__MSG_SESSION_CLOSED, &closed.base), ERR_OK);
	closed.session = t.opened->session;
	assert_int_equal(
	    ipc_send(t.worker, IPC__MSG_TYPE__MSG_SESSION_CLOSED, &closed.base), ERR_OK);
	wait_for(2);
	assert_int_equal(t.drains, 2);
	assert_int_equal(t.filters_forgotten, 1);
	assert_memory_equal(t.drained->last.data, ((uint8_t[]){192, 168, 100, 200}), 4);
}

/* A commit of something else than what was handed over: this process must not go on. */
static void
test_wrong_commit(void **state)
{
	(void)state;
	commit(99, false);
	first_form();
	commit(99, true);
	while (t.parent != NULL)
		wait_for(1);
	pthread_join(t.thread, NULL);
	assert_int_equal(t.status, 1);
	ipc_free(t.worker);
	t.worker = NULL;
	loop_free(t.loop);
	start();
}

/* ---- a reload that root asks for ---- */

static struct ipc *
ask_reload(void)
{
	Ipc__CtlReload request = IPC__CTL_RELOAD__INIT;
	struct ipc *ctl = ctl_connect();

	assert_int_equal(ipc_send(ctl, IPC__MSG_TYPE__MSG_CTL_RELOAD, &request.base), ERR_OK);
	wait_for(1);
	return ctl;
}

static void
tell_reloaded(bool ok, const char *text)
{
	Ipc__Reloaded msg = IPC__RELOADED__INIT;

	msg.ok = ok;
	msg.text = (char *)text;
	assert_int_equal(
	    ipc_reply(t.parent, t.reload_id, IPC__MSG_TYPE__MSG_RELOADED, &msg.base), ERR_OK);
}

static void
test_ctl_reload(void **state)
{
	struct ipc *ctl, *second;

	(void)state;
	ctl = ask_reload();
	assert_int_not_equal(t.reload_id, 0);
	/* One at a time. */
	second = ask_reload();
	assert_string_equal(t.ctl_end->error, "a reload is running already");
	ipc_free(second);
	tell_reloaded(true, "configuration reloaded");
	wait_for(1);
	assert_string_equal(t.ctl_end->error, "");
	assert_string_equal(t.ctl_end->text, "configuration reloaded");
	ipc_free(ctl);
	ctl = ask_reload();
	tell_reloaded(false, "users.conf:3: no");
	wait_for(1);
	assert_string_equal(t.ctl_end->error, "users.conf:3: no");
	ipc_free(ctl);
	/* The caller is gone when the answer comes. */
	ctl = ask_reload();
	ipc_free(ctl);
	list("");
	tell_reloaded(true, "");
	list("");
	ctl = ask_reload();
	tell_reloaded(true, "again");
	wait_for(1);
	assert_string_equal(t.ctl_end->text, "again");
	ipc_free(ctl);
}

/* ---- pki ---- */

/* Waits until auth has it: the parent's channel is in order, and answers about a configuration. */
static void
connect_pki(const struct buf *slice)
{
	struct ipc_config config = {.peer = "auth",
	    .rows = pki_rows,
	    .rows_len = ARRAY_LEN(pki_rows),
	    .on_closed = on_ctl_closed};
	Ipc__RoleFd rf = IPC__ROLE_FD__INIT;
	int fds[2];

	assert_int_equal(ipc_pair(fds), ERR_OK);
	t.pki = ipc_new(t.loop, fds[0], &config);
	assert_non_null(t.pki);
	rf.kind = IPC__FD_KIND__FD_PEER;
	rf.peer = IPC__ROLE_ID__ROLE_PKI;
	assert_int_equal(
	    ipc_send_fd(t.parent, IPC__MSG_TYPE__MSG_ROLE_FD, &rf.base, fds[1]), ERR_OK);
	close(fds[1]);
	hand_over(slice, 51);
	commit(51, false);
}

#define MAPPED                                                                                     \
	"webvpn = { certificate-group-map = ( { map = \"M\"; sequence = 10; tunnel-group = "       \
	"\"Mapped\"; } ); };\n"                                                                    \
	"certificate-maps = ( { name = \"M\"; sequence = 10; criteria = [ \"subject-name attr ou " \
	"eq "                                                                                      \
	"Mapped\" ]; } );\n"                                                                       \
	"tunnel-groups = ( { name = \"Staff\"; general-attributes = { address-pool = \"POOL\"; "   \
	"};\n"                                                                                     \
	" webvpn-attributes = { group-url = ( { url = \"https://gw.example.com/Staff\"; } ); }; "  \
	"},\n"                                                                                     \
	" { name = \"Mapped\"; } );\n"

static void
init_with_certificate(void)
{
	Ipc__AuthInit init = IPC__AUTH_INIT__INIT;
	ProtobufCBinaryData der = {.len = 3, .data = (uint8_t *)(uintptr_t) "\x30\x01\x00"};
	Ipc__ClientFacts facts;

	world_facts(&facts);
	facts.n_certificate = 1;
	facts.certificate = &der;
	init.facts = &facts;
	init.group_access = (char *)"https://gw.example.com/Staff";
	/* What comes is pki's question, or the answer. */
	assert_int_equal(ipc_request(t.worker, IPC__MSG_TYPE__MSG_AUTH_INIT, &init.base,
			     IPC__MSG_TYPE__MSG_AUTH_ANSWER, 10000, on_answer, NULL, NULL),
	    ERR_OK);
	wait_for(1);
}

static void
test_certificate(void **state)
{
	Ipc__CertVerdict verdict = IPC__CERT_VERDICT__INIT;
	Ipc__CertNames names = IPC__CERT_NAMES__INIT;
	Ipc__CertAttr attr = IPC__CERT_ATTR__INIT;
	Ipc__CertAttr *attrs[] = {&attr};
	struct buf slice;

	(void)state;
	make_slice("tunnel-groups.conf", MAPPED, &slice);
	hand_over(&slice, 50);
	assert_true(t.result->ok);
	commit(50, true);
	/* pki is away. */
	init_with_certificate();
	assert_string_equal(t.answer->tunnel_group, "Staff");
	connect_pki(&slice);
	init_with_certificate();
	assert_int_not_equal(t.judge_id, 0);
	attr.tag = (char *)"ou";
	attr.value = (char *)"Mapped";
	names.n_subject = 1;
	names.subject = attrs;
	verdict.ok = true;
	verdict.names = &names;
	assert_int_equal(
	    ipc_reply(t.pki, t.judge_id, IPC__MSG_TYPE__MSG_CERT_VERDICT, &verdict.base), ERR_OK);
	wait_for(1);
	assert_string_equal(t.answer->tunnel_group, "Mapped");
	/* It dies with the question. */
	init_with_certificate();
	ipc_free(t.pki);
	t.pki = NULL;
	wait_for(1);
	assert_string_equal(t.answer->tunnel_group, "Staff");
	/* It dies with the question while auth ends. */
	connect_pki(&slice);
	init_with_certificate();
	stop();
	start();
	buf_fini(&slice);
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
	    TEST(test_reload),
	    TEST(test_wrong_commit),
	    TEST(test_ctl_reload),
	    TEST(test_certificate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
