/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A gateway that was taken over says what it likes to the real auth process (here in a thread):
 * every message of the schema, in every role, empty and filled, and table by table the ways to a
 * session that no login earned. Nothing of it gives a session, passes a factor, or brings a secret.
 */
#include "tests/unit/auth_help.h"
#include "tests/unit/forged_help.h"

#include <crypt.h>
#include <pthread.h>
#include <sys/socket.h>

#include "common/ipc.h"
#include "common/ipc_frame.h"
#include "common/role.h"

#define SYNC_ID 0x51515151U
#define RADIUS_SECRET "the-radius-secret-of-this-test"
#define GOOD_PASSWORD "right"

static struct {
	char dir[64];
	char hash[128];
	struct buf slice;
	struct role_env env;
	pthread_t thread;
	int parent; /* our ends */
	int gateway;
	uint8_t *buffer;
	/* what came since the last look */
	unsigned granted; /* AUTH_ANSWER complete, or SESSION_OPENED OK */
	unsigned leaked;
	unsigned dropped; /* channels */
	Ipc__AuthAnswer *answer;
} t;

/* ---- auth, and the parent's part ---- */

static void *
thread_main(void *arg)
{
	(void)arg;
	return (void *)(intptr_t)auth_role.run(&t.env);
}

static void
env_add(Ipc__FdKind kind, Ipc__RoleId peer, int fd)
{
	t.env.fds[t.env.fds_len++] = (struct role_fd){.kind = kind, .peer = peer, .fd = fd};
}

static void
make_slice(struct buf *out)
{
	static char users[256];
	const char *replaced[][2] = {
	    {"users.conf", users},
	    {"aaa.conf", "aaa-server-groups = ( { name = \"RAD\"; hosts = ( { address = "
			 "\"127.0.0.1\"; key = \"" RADIUS_SECRET "\"; } ); } );\n"},
	    {"tunnel-groups.conf",
		"tunnel-groups = (\n"
		" { name = \"Staff\"; general-attributes = { address-pool = \"POOL\"; "
		"default-group-policy = \"Staff\"; };\n"
		"   webvpn-attributes = { group-url = ( { url = \"https://gw.example.com/Staff\"; "
		"} ); }; },\n"
		" { name = \"Both\"; general-attributes = { address-pool = \"POOL\"; "
		"default-group-policy = \"Staff\"; };\n"
		"   webvpn-attributes = { authentication = [ \"aaa\", \"certificate\" ];\n"
		"     group-url = ( { url = \"https://gw.example.com/Both\"; } ); }; } );\n"},
	};
	struct texts texts = {0};

	snprintf(
	    t.hash, sizeof(t.hash), "%s", crypt(GOOD_PASSWORD, "$5$rounds=1000$sekishoforged"));
	snprintf(users, sizeof(users),
	    "usernames = ( { name = \"alice\"; password = \"%s\"; } );\n", t.hash);
	for (size_t i = 0; i < ARRAY_LEN(help_files); i++) {
		const char *text = help_files[i].text;

		for (size_t r = 0; r < ARRAY_LEN(replaced); r++)
			if (strcmp(help_files[i].name, replaced[r][0]) == 0)
				text = replaced[r][1];
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
	ProtobufCMessage *msg = NULL;
	Ipc__MsgType type;
	int parent[2], gateway[2], fd;

	(void)state;
	memset(&t, 0, sizeof(t));
	t.buffer = malloc(IPC_MSG_MAX);
	snprintf(t.dir, sizeof(t.dir), "/tmp/sekisho-test-XXXXXX");
	assert_non_null(mkdtemp(t.dir));
	make_slice(&t.slice);
	t.env.slice = t.slice.data;
	t.env.slice_len = t.slice.len;
	t.env.workers = 1;
	t.env.generation = 42;
	assert_int_equal(ipc_pair(parent), ERR_OK);
	assert_int_equal(ipc_pair(gateway), ERR_OK);
	t.parent = parent[0];
	t.env.parent_fd = parent[1];
	t.gateway = gateway[0];
	env_add(IPC__FD_KIND__FD_PEER, IPC__ROLE_ID__ROLE_GATEWAY, gateway[1]);
	env_add(IPC__FD_KIND__FD_STATE_DIR, IPC__ROLE_ID__ROLE_NONE,
	    open(t.dir, O_RDONLY | O_DIRECTORY));
	env_add(IPC__FD_KIND__FD_CONTROL, IPC__ROLE_ID__ROLE_NONE,
	    socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
	assert_int_equal(pthread_create(&t.thread, NULL, thread_main, NULL), 0);
	assert_int_equal(ipc_read_blocking(t.parent, &type, &msg, &fd), ERR_OK);
	assert_int_equal(type, IPC__MSG_TYPE__MSG_ROLE_READY);
	protobuf_c_message_free_unpacked(msg, NULL);
	return 0;
}

static int
teardown(void **state)
{
	Ipc__RoleStop stop = IPC__ROLE_STOP__INIT;
	char command[128];
	void *status;

	(void)state;
	assert_int_equal(
	    ipc_write_blocking(t.parent, IPC__MSG_TYPE__MSG_ROLE_STOP, &stop.base, -1), ERR_OK);
	close(t.gateway);
	pthread_join(t.thread, &status);
	assert_null(status);
	close(t.parent);
	if (t.answer != NULL)
		ipc__auth_answer__free_unpacked(t.answer, NULL);
	buf_fini(&t.slice);
	free(t.buffer);
	snprintf(command, sizeof(command), "rm -rf '%s'", t.dir);
	return system(command);
}

/* As the parent does when a gateway was restarted. */
static void
new_channel(void)
{
	Ipc__RoleFd rf = IPC__ROLE_FD__INIT;
	int fds[2];

	close(t.gateway);
	assert_int_equal(ipc_pair(fds), ERR_OK);
	t.gateway = fds[0];
	rf.kind = IPC__FD_KIND__FD_PEER;
	rf.peer = IPC__ROLE_ID__ROLE_GATEWAY;
	assert_int_equal(
	    ipc_write_blocking(t.parent, IPC__MSG_TYPE__MSG_ROLE_FD, &rf.base, fds[1]), ERR_OK);
	close(fds[1]);
}

/* ---- the gateway's part ---- */

static bool
has(const struct ipc_received *in, const char *secret)
{
	return memmem(in->payload, in->payload_len, secret, strlen(secret)) != NULL;
}

static void
look(const struct ipc_received *in)
{
	ProtobufCMessage *msg = ipc_unpack(in);

	assert_non_null(msg);
	if (has(in, t.hash) || has(in, RADIUS_SECRET) || has(in, GOOD_PASSWORD))
		t.leaked++;
	if (in->head.type == IPC__MSG_TYPE__MSG_SESSION_OPENED &&
	    ((Ipc__SessionOpened *)msg)->status == IPC__OPEN_STATUS__OPEN_OK)
		t.granted++;
	if (in->head.type == IPC__MSG_TYPE__MSG_AUTH_ANSWER) {
		if (t.answer != NULL)
			ipc__auth_answer__free_unpacked(t.answer, NULL);
		t.answer = (Ipc__AuthAnswer *)msg;
		t.granted += t.answer->kind == IPC__ANSWER_KIND__ANSWER_COMPLETE;
		return;
	}
	protobuf_c_message_free_unpacked(msg, NULL);
}

/* Read until the answer to that request, or the end of the channel. */
static bool
read_until(uint32_t id)
{
	struct ipc_received in;

	for (;;) {
		if (!forged_receive(t.gateway, t.buffer, &in))
			return false;
		look(&in);
		if (in.head.id == id && (in.head.flags & IPC_FLAG_REPLY) != 0)
			return true;
	}
}

static void
put(Ipc__MsgType type, uint32_t id, uint32_t flags, const ProtobufCMessage *msg)
{
	forged_put(t.gateway, type, id, flags, msg);
}

static bool
ask_form(const char *url, uint32_t id)
{
	Ipc__AuthInit init = IPC__AUTH_INIT__INIT;
	Ipc__ClientFacts facts;

	world_facts(&facts);
	init.facts = &facts;
	init.group_access = (char *)(uintptr_t)url;
	put(IPC__MSG_TYPE__MSG_AUTH_INIT, id, 0, &init.base);
	return read_until(id);
}

/* Everything sent before has been looked at; a channel that it cost is replaced. */
static void
settle(void)
{
	if (ask_form("https://gw.example.com/Staff", SYNC_ID))
		return;
	t.dropped++;
	new_channel();
	assert_true(ask_form("https://gw.example.com/Staff", SYNC_ID));
}

static void
expect_nothing(const char *what)
{
	if (t.granted != 0 || t.leaked != 0)
		fail_msg("FAIL: %s, expected no session and no secret, got %u and %u", what,
		    t.granted, t.leaked);
}

/* ---- every message ---- */

static void
send_all_ways(Ipc__MsgType type, const ProtobufCMessageDescriptor *descriptor, bool filled)
{
	Ipc__ClientFacts facts;
	ProtobufCMessage *msg;

	world_facts(&facts);
	msg = forged_new(descriptor, filled ? &facts : NULL);
	for (size_t i = 0; i < ARRAY_LEN(forged_ways); i++) {
		put(type, forged_ways[i].id, forged_ways[i].flags, msg);
		settle();
	}
	free(msg);
}

static void
test_every_message(void **state)
{
	unsigned types = 0;

	(void)state;
	for (unsigned type = 0; type < 256; type++) {
		const ProtobufCMessageDescriptor *descriptor = ipc_descriptor(type);

		if (descriptor == NULL)
			continue;
		types++;
		send_all_ways(type, descriptor, false);
		send_all_ways(type, descriptor, true);
		expect_nothing(ipc_type_name(type));
	}
	assert_true(types > 60);
	assert_true(t.dropped > types); /* most of them are no business of a gateway */
}

/* ---- ways to a session ---- */

/* What a reply says; NULL fields are left out. */
static const struct forged_reply {
	const char *what;
	const char *url; /* of the form that it answers, NULL: none was asked for */
	const char *handle;
	const char *names[2], *values[2];
	bool certificate; /* one that nobody has judged */
	bool chain;       /* a reply of two certificates */
} forged_replies[] = {
    {.what = "no form", .names = {"username", "password"}, .values = {"alice", GOOD_PASSWORD}},
    {.what = "a guessed handle",
	.handle = "1",
	.names = {"username", "password"},
	.values = {"alice", GOOD_PASSWORD}},
    {.what = "no field", .url = "Staff"},
    {.what = "no password", .url = "Staff", .names = {"username"}, .values = {"alice"}},
    {.what = "an empty password",
	.url = "Staff",
	.names = {"username", "password"},
	.values = {"alice", ""}},
    {.what = "no user", .url = "Staff", .names = {"password"}, .values = {GOOD_PASSWORD}},
    {.what = "another's name",
	.url = "Staff",
	.names = {"username", "password"},
	.values = {"root", GOOD_PASSWORD}},
    {.what = "the hash as password",
	.url = "Staff",
	.names = {"username", "password"},
	.values = {"alice", "$5$rounds=1000$sekishoforged"}},
    {.what = "a certificate instead of a password", .url = "Staff", .certificate = true},
    {.what = "two certificates instead of a password", .url = "Staff", .chain = true},
    {.what = "the answer to a challenge that nobody made",
	.url = "Staff",
	.names = {"username", "answer"},
	.values = {"alice", "123456"}},
    {.what = "the password without the certificate",
	.url = "Both",
	.names = {"username", "password"},
	.values = {"alice", GOOD_PASSWORD}},
    {.what = "the password and a certificate that pki never saw",
	.url = "Both",
	.names = {"username", "password"},
	.values = {"alice", GOOD_PASSWORD},
	.certificate = true},
};

static void
send_forged(const struct forged_reply *row)
{
	static uint8_t der[] = {0x30, 0x03, 0x02, 0x01, 0x01};
	ProtobufCBinaryData certificate = {sizeof(der), der};
	Ipc__AuthReply reply = IPC__AUTH_REPLY__INIT;
	Ipc__Field fields[2] = {IPC__FIELD__INIT, IPC__FIELD__INIT};
	Ipc__Field *refs[2] = {&fields[0], &fields[1]};
	Ipc__CertChain chain = IPC__CERT_CHAIN__INIT;
	Ipc__CertChain *chains[] = {&chain, &chain};
	Ipc__ClientFacts facts;
	char url[64];

	snprintf(url, sizeof(url), "https://gw.example.com/%s", row->url);
	if (row->url != NULL) {
		assert_true(ask_form(url, 5));
		reply.handle = t.answer->handle;
	} else if (row->handle != NULL) {
		reply.handle = (char *)(uintptr_t)row->handle;
	}
	reply.config_hash = (char *)(uintptr_t) "42";
	world_facts(&facts);
	facts.certificate = &certificate;
	facts.n_certificate = row->certificate ? 1 : 0;
	reply.facts = &facts;
	for (size_t i = 0; i < 2 && row->names[i] != NULL; i++, reply.n_field++) {
		fields[i].name = (char *)(uintptr_t)row->names[i];
		fields[i].value.data = (uint8_t *)(uintptr_t)row->values[i];
		fields[i].value.len = strlen(row->values[i]);
	}
	reply.field = refs;
	chain.pkcs7 = chain.signature = certificate;
	reply.chain = chains;
	reply.n_chain = row->chain ? 2 : 0;
	put(IPC__MSG_TYPE__MSG_AUTH_REPLY, 6, 0, &reply.base);
	assert_true(read_until(6));
}

static void
test_no_login(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(forged_replies); i++) {
		send_forged(&forged_replies[i]);
		expect_nothing(forged_replies[i].what);
	}
}

/* A handle is one login's, and gone with its answer. */
static void
test_used_handle(void **state)
{
	Ipc__AuthReply reply = IPC__AUTH_REPLY__INIT;
	Ipc__Field fields[2] = {IPC__FIELD__INIT, IPC__FIELD__INIT};
	Ipc__Field *refs[2] = {&fields[0], &fields[1]};
	Ipc__ClientFacts facts;
	char handle[128];

	(void)state;
	world_facts(&facts);
	reply.facts = &facts;
	reply.config_hash = (char *)(uintptr_t) "42";
	fields[0].name = (char *)(uintptr_t) "username";
	fields[1].name = (char *)(uintptr_t) "password";
	fields[0].value = (ProtobufCBinaryData){5, (uint8_t *)(uintptr_t) "alice"};
	fields[1].value = (ProtobufCBinaryData){5, (uint8_t *)(uintptr_t)GOOD_PASSWORD};
	reply.field = refs;
	reply.n_field = 2;
	assert_true(ask_form("https://gw.example.com/Staff", 5));
	snprintf(handle, sizeof(handle), "%s", t.answer->handle);
	reply.handle = handle;
	put(IPC__MSG_TYPE__MSG_AUTH_REPLY, 6, 0, &reply.base);
	assert_true(read_until(6));
	assert_int_equal(t.granted, 1); /* else the tables above prove nothing */
	put(IPC__MSG_TYPE__MSG_AUTH_REPLY, 7, 0, &reply.base);
	assert_true(read_until(7));
	assert_int_equal(t.granted, 1);
	assert_int_equal(t.leaked, 0);
}

static const struct {
	const char *what;
	const char *token;
} forged_tokens[] = {
    {"no cookie", ""},
    {"zeros", "0000000000000000000000000000000000000000000000000000000000000000"},
    {"a session's number", "1"},
    {"a pattern", "%"},
    {"too long", "00000000000000000000000000000000000000000000000000000000000000000000"},
    {"not hex", "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"},
};

/* Neither a cookie that nobody was given nor talk about tunnels makes a session; and those that
 * others have are not to be guessed by their small numbers. */
static void
test_no_cookie(void **state)
{
	Ipc__SessionOpen open = IPC__SESSION_OPEN__INIT;
	Ipc__TunnelEvent event = IPC__TUNNEL_EVENT__INIT;
	Ipc__ClientFacts facts;

	(void)state;
	world_facts(&facts);
	open.facts = &facts;
	open.want_ipv4 = true;
	for (size_t i = 0; i < ARRAY_LEN(forged_tokens); i++) {
		open.token = (char *)(uintptr_t)forged_tokens[i].token;
		put(IPC__MSG_TYPE__MSG_SESSION_OPEN, 8, 0, &open.base);
		assert_true(read_until(8));
		expect_nothing(forged_tokens[i].what);
	}
	event.channel = IPC__CHANNEL__CHANNEL_TLS;
	event.up = true;
	event.client_ip.data = world_client_ip;
	event.client_ip.len = 4;
	for (uint64_t id = 0; id < 64; id++) {
		event.session = id;
		put(IPC__MSG_TYPE__MSG_TUNNEL_EVENT, 0, 0, &event.base);
	}
	settle();
	expect_nothing("tunnels of no session");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_every_message, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_no_login, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_used_handle, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_no_cookie, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
