/* SPDX-License-Identifier: Apache-2.0 */
/* Accounting, with servers that the test plays: what is sent, when, in which order, and what
 * becomes of it when nobody answers, when the process ends and when the disk is full. */
#include "tests/unit/auth_help.h"

#include "auth/accounting.h"
#include "auth/acct_queue.h"
#include "common/str.h"

#define CALLS_MAX 512

enum status { START = 1, STOP = 2, INTERIM = 3 };

/* ---- the client, played ---- */

struct radius_call {
	bool open;
	char group[16];
	struct ip_addr server;
	uint8_t attrs[RADIUS_PACKET_MAX];
	size_t attrs_len;
	radius_done_fn done;
	void *arg;
};

struct radius_client {
	struct radius_call calls[CALLS_MAX];
	size_t len;
	size_t servers; /* 192.0.2.1 .. of each group */
	enum err refuse;
};

static struct radius_client client;

enum err
radius_client_ask(struct radius_client *ask, const struct radius_target *target,
    struct radius_request *request, radius_done_fn done, void *arg, struct radius_call **call)
{
	struct radius_call *new = &ask->calls[ask->len];
	enum err err = ask->refuse;

	assert_true(target->accounting);
	assert_false(target->fallback);
	assert_int_equal(request->code, RADIUS_ACCOUNTING_REQUEST);
	assert_int_equal(request->attrs.err, ERR_OK);
	if (err == ERR_OK) {
		assert_true(ask->len < CALLS_MAX);
		ask->len++;
		*new = (struct radius_call){.open = true, .done = done, .arg = arg};
		(void)str_copy(new->group, sizeof(new->group), target->group);
		if (target->server != NULL)
			new->server = *target->server;
		memcpy(new->attrs, request->attrs.data, request->attrs.len);
		new->attrs_len = request->attrs.len;
		*call = new;
	}
	radius_request_fini(request);
	return err;
}

void
radius_call_cancel(struct radius_call *call)
{
	assert_true(call->open);
	call->open = false;
}

size_t
radius_client_servers(
    const struct radius_client *ask, const char *group, struct ip_addr *out, size_t max)
{
	(void)group;
	assert_true(ask->servers <= max);
	for (size_t i = 0; i < ask->servers; i++) {
		const uint8_t bytes[4] = {192, 0, 2, (uint8_t)(i + 1)};

		assert_int_equal(ip_from_bytes(bytes, 4, &out[i]), ERR_OK);
	}
	return ask->servers;
}

static void
finish(struct radius_call *call, enum radius_outcome outcome)
{
	const struct radius_result result = {.outcome = outcome, .server = call->server};

	assert_true(call->open);
	call->open = false;
	call->done(&result, call->arg);
}

static size_t
under_way(void)
{
	size_t len = 0;

	for (size_t i = 0; i < client.len; i++)
		len += client.calls[i].open;
	return len;
}

/* Answer what is under way, and what that brings, until nothing is. */
static void
answer_all(void)
{
	for (size_t i = 0; i < client.len; i++)
		if (client.calls[i].open)
			finish(&client.calls[i], RADIUS_ANSWERED);
}

static void
silence_all(void)
{
	size_t len = client.len;

	for (size_t i = 0; i < len; i++)
		if (client.calls[i].open)
			finish(&client.calls[i], RADIUS_SILENT);
}

/* ---- what was sent ---- */

static bool
find(const struct radius_call *call, uint8_t type, const uint8_t **value, size_t *len)
{
	for (size_t at = 0; at + 2 <= call->attrs_len; at += call->attrs[at + 1]) {
		assert_true(call->attrs[at + 1] >= 2);
		if (call->attrs[at] != type)
			continue;
		*value = call->attrs + at + 2;
		*len = call->attrs[at + 1] - 2U;
		return true;
	}
	return false;
}

static uint32_t
number(const struct radius_call *call, uint8_t type)
{
	const uint8_t *value;
	size_t len;

	if (!find(call, type, &value, &len))
		fail_msg("FAIL: attribute %u, expected it, got none", type);
	assert_int_equal(len, 4);
	return (uint32_t)value[0] << 24 | (uint32_t)value[1] << 16 | (uint32_t)value[2] << 8 |
	       value[3];
}

static bool
has(const struct radius_call *call, uint8_t type)
{
	const uint8_t *value;
	size_t len;

	return find(call, type, &value, &len);
}

static void
expect_text(const struct radius_call *call, uint8_t type, const char *expected)
{
	const uint8_t *value;
	size_t len;

	if (!find(call, type, &value, &len) || len != strlen(expected) ||
	    memcmp(value, expected, len) != 0)
		fail_msg("FAIL: attribute %u, expected %s, got something else", type, expected);
}

static const struct radius_call *
last(void)
{
	assert_true(client.len > 0);
	return &client.calls[client.len - 1];
}

static void
expect_kinds(size_t from, const char *expected)
{
	static const char letters[] = "?SEI"; /* start, end, interim */
	char got[CALLS_MAX + 1] = "";
	size_t len = 0;

	for (size_t i = from; i < client.len; i++)
		got[len++] = letters[number(&client.calls[i], RADIUS_ACCT_STATUS_TYPE) & 3];
	got[len] = '\0';
	assert_string_equal(got, expected);
}

/* ---- the world ---- */

#define GROUPS(accounting)                                                                         \
	"tunnel-groups = ( { name = \"Staff\"; general-attributes = { address-pool = \"POOL\";\n"  \
	" ipv6-address-pool = \"POOL6\"; default-group-policy = \"Staff\"; " accounting " }; },\n" \
	" { name = \"Partners\"; general-attributes = { address-pool = \"POOL\";\n"                \
	" default-group-policy = \"Partners\"; accounting-server-group = \"OTHER\"; }; } );\n"
#define SERVERS(more)                                                                              \
	"aaa-server-groups = ( { name = \"RAD\"; " more                                            \
	" hosts = ( { address = \"192.0.2.1\"; key = \"secret-1\"; } ); },\n"                      \
	" { name = \"OTHER\"; hosts = ( { address = \"192.0.2.1\"; key = \"secret-1\"; } ); } "    \
	");\n"
#define MANY                                                                                       \
	"listeners = ( { address = \"0.0.0.0\"; } );\n"                                            \
	"tun = { ipv4-address = \"192.168.100.254/24\"; ipv6-address = \"fd00:100::1/64\"; };\n"   \
	"limits = { max-sessions = 1000; cookie-timeout = 300; };\n"
#define USERS(more) "usernames = ( " more "{ name = \"bob\"; password = \"" HELP_HASH "\"; } );\n"
#define POOLS                                                                                      \
	"ip-local-pools = ( { name = \"POOL\"; range = \"192.168.100.1-192.168.100.200\"; mask = " \
	"\"255.255.255.0\"; } );\n"                                                                \
	"ipv6-local-pools = ( { name = \"POOL6\"; prefix = \"fd00:100::10/64\"; size = 100; } "    \
	");\n"
#define LIMITS                                                                                     \
	"group-policies = ( { name = \"Staff\"; attributes = { vpn-simultaneous-logins = 500;\n"   \
	" vpn-idle-timeout = 10; vpn-session-timeout = 60; }; },\n"                                \
	" { name = \"Partners\"; attributes = { vpn-simultaneous-logins = 1; }; } );\n" POOLS

static const struct world_file usual[] = {
    {"gateway.conf", MANY},
    {"users.conf", USERS("{ name = \"alice\"; password = \"" HELP_HASH "\"; }, ")},
    {"tunnel-groups.conf", GROUPS("accounting-server-group = \"RAD\";")},
    {"group-policies.conf", LIMITS},
    {"aaa.conf", SERVERS("")},
};

struct scene {
	struct world world; /* first: it is what events come with */
	struct acct_spool *spool;
	struct accounting *accounting;
	size_t spool_max;
	unsigned ended;
};

static void
on_event(enum session_event event, struct session *session, void *arg)
{
	struct scene *scene = arg;

	scene->ended += event == SESSION_ENDED;
	accounting_event(scene->accounting, event, session);
}

static void
accounting_open(struct scene *scene)
{
	scene->spool = acct_spool_new(world_dir_open(&scene->world), scene->spool_max);
	assert_non_null(scene->spool);
	scene->accounting = accounting_new(&client, scene->spool, NULL);
	assert_non_null(scene->accounting);
	accounting_use(scene->accounting, scene->world.conf);
	assert_int_equal(accounting_load(scene->accounting), ERR_OK);
}

static void
accounting_close(struct scene *scene)
{
	accounting_free(scene->accounting);
	acct_spool_free(scene->spool);
}

static void
scene_make_with(struct scene *scene, const struct world_file *files, size_t len)
{
	memset(scene, 0, sizeof(*scene));
	memset(&client, 0, sizeof(client));
	client.servers = 1;
	scene->spool_max = 1000;
	world_make(&scene->world, files, len);
	accounting_open(scene);
	scene->world.event = on_event;
}

static void
scene_make(struct scene *scene)
{
	scene_make_with(scene, usual, ARRAY_LEN(usual));
}

static void
scene_restart(struct scene *scene)
{
	world_close(&scene->world);
	accounting_close(scene);
	accounting_open(scene);
	world_open(&scene->world);
}

static void
scene_break(struct scene *scene)
{
	world_break(&scene->world);
	accounting_close(scene);
}

static void
tick(struct scene *scene)
{
	session_table_tick(scene->world.sessions);
	accounting_tick(scene->accounting, scene->world.sessions);
}

static struct session *
up(struct scene *scene, const char *user, const char *group)
{
	struct world_opened opened = {0};
	char token[TOKEN_TEXT_SIZE];
	struct session *session = world_login(&scene->world, user, group, token);

	assert_non_null(session);
	world_tunnel_open(&scene->world, 1, token, true, true, &opened);
	assert_int_equal(opened.status, IPC__OPEN_STATUS__OPEN_OK);
	return session;
}

static void
down(struct scene *scene, const struct session *session)
{
	world_tunnel_closed(
	    &scene->world, 1, session->id, IPC__CLOSE_CAUSE__CLOSE_USER_REQUEST, 0, 0);
}

static size_t
files(const struct scene *scene)
{
	char command[160];
	unsigned count;
	FILE *pipe;

	acct_spool_flush(scene->spool);
	snprintf(command, sizeof(command), "ls '%s' | grep -c '[.]acct$'", scene->world.dir);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	assert_int_equal(fscanf(pipe, "%u", &count), 1);
	(void)pclose(pipe);
	return count;
}

/* ---- tests ---- */

static void
test_causes(void **state)
{
	static const struct {
		Ipc__CloseCause cause;
		uint32_t expected;
	} rows[] = {
	    {IPC__CLOSE_CAUSE__CLOSE_USER_REQUEST, 1},
	    {IPC__CLOSE_CAUSE__CLOSE_LOST, 2},
	    {IPC__CLOSE_CAUSE__CLOSE_IDLE_TIMEOUT, 4},
	    {IPC__CLOSE_CAUSE__CLOSE_SESSION_TIMEOUT, 5},
	    {IPC__CLOSE_CAUSE__CLOSE_ADMIN, 6},
	    {IPC__CLOSE_CAUSE__CLOSE_SHUTDOWN, 7},
	    {IPC__CLOSE_CAUSE__CLOSE_ERROR, 9},
	    {IPC__CLOSE_CAUSE__CLOSE_NONE, 9},
	    {IPC__CLOSE_CAUSE__CLOSE_PREEMPTED, 13},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(accounting_terminate_cause(rows[i].cause), rows[i].expected);
}

static void
test_life(void **state)
{
	struct scene scene;
	struct session *session;
	char id[ACCOUNTING_ID_SIZE], expected[ACCOUNTING_ID_SIZE];
	const uint64_t octets = 5 * (UINT64_C(1) << 32) + 7;

	(void)state;
	scene_make(&scene);
	session = up(&scene, "alice", "Staff");
	assert_true(session->accounting_started);
	accounting_session_id(session, id);
	snprintf(expected, sizeof(expected), "%08X%08X", session->index << 12, 1700000000U);
	assert_string_equal(id, expected);
	expect_kinds(0, "S");
	expect_text(last(), RADIUS_USER_NAME, "alice");
	expect_text(last(), RADIUS_ACCT_SESSION_ID, id);
	assert_int_equal(number(last(), RADIUS_FRAMED_IP_ADDRESS), 0xc0a86401);
	assert_true(has(last(), RADIUS_FRAMED_IPV6_ADDRESS));
	assert_int_equal(number(last(), RADIUS_ACCT_AUTHENTIC), 2);
	assert_int_equal(number(last(), RADIUS_EVENT_TIMESTAMP), 1700000000);
	assert_int_equal(number(last(), RADIUS_ACCT_DELAY_TIME), 0);
	assert_false(has(last(), RADIUS_ACCT_INPUT_OCTETS));
	assert_false(has(last(), RADIUS_ACCT_TERMINATE_CAUSE));
	world_pass(100);
	world_stats(&scene.world, 1, session->id, 1000, 0);
	world_tunnel_closed(
	    &scene.world, 1, session->id, IPC__CLOSE_CAUSE__CLOSE_USER_REQUEST, octets, 0);
	/* Not before the Start has its answer. */
	assert_int_equal(client.len, 1);
	world_pass(20);
	finish(&client.calls[0], RADIUS_ANSWERED);
	expect_kinds(0, "SE");
	expect_text(last(), RADIUS_ACCT_SESSION_ID, id);
	assert_int_equal(number(last(), RADIUS_ACCT_INPUT_OCTETS), 7);
	assert_int_equal(number(last(), RADIUS_ACCT_INPUT_GIGAWORDS), 5);
	assert_int_equal(number(last(), RADIUS_ACCT_OUTPUT_OCTETS), 0);
	assert_int_equal(number(last(), RADIUS_ACCT_OUTPUT_GIGAWORDS), 0);
	assert_int_equal(number(last(), RADIUS_ACCT_SESSION_TIME), 100);
	assert_int_equal(number(last(), RADIUS_ACCT_TERMINATE_CAUSE), 1);
	assert_int_equal(number(last(), RADIUS_EVENT_TIMESTAMP), 1700000100);
	assert_int_equal(number(last(), RADIUS_ACCT_DELAY_TIME), 20);
	assert_int_equal(number(last(), RADIUS_FRAMED_IP_ADDRESS), 0xc0a86401);
	assert_int_equal(files(&scene), 1);
	answer_all();
	assert_int_equal(files(&scene), 0);
	scene_break(&scene);
}

/* Class and User-Name of the server that is accounted to, else of the first that has one. */
static void
test_profiles(void **state)
{
	static char first[] = "first", second[] = "second", much[RADIUS_VALUE_MAX];
	Ipc__AaaProfile authz = IPC__AAA_PROFILE__INIT, authn = IPC__AAA_PROFILE__INIT;
	ProtobufCBinaryData few[2], many[20];
	struct session *session;
	struct scene scene;

	(void)state;
	scene_make(&scene);
	session = up(&scene, "alice", "Staff");
	answer_all();
	authz.authorization = true;
	authz.server_group = (char *)"AUTHZ";
	authz.user_name = (char *)"alice@example.com";
	authz.n_class_value = authn.n_class_value = 1;
	authz.class_value = &few[0];
	authn.class_value = &few[1];
	authn.server_group = (char *)"RAD";
	few[0] = (ProtobufCBinaryData){.data = (uint8_t *)first, .len = 5};
	few[1] = (ProtobufCBinaryData){.data = (uint8_t *)second, .len = 6};
	session->profiles[0] = &authz;
	session->profiles[1] = &authn;
	session->profiles_len = 2;
	accounting_event(scene.accounting, SESSION_ENDED, session);
	expect_text(last(), RADIUS_CLASS, "second");
	expect_text(last(), RADIUS_USER_NAME, "alice@example.com");
	assert_int_equal(number(last(), RADIUS_ACCT_AUTHENTIC), 1);
	answer_all();
	authn.n_class_value = 0;
	accounting_event(scene.accounting, SESSION_ENDED, session);
	expect_text(last(), RADIUS_CLASS, "first");
	answer_all();
	/* More than a packet can hold: as many as it can. */
	for (size_t i = 0; i < ARRAY_LEN(many); i++)
		many[i] = (ProtobufCBinaryData){.data = (uint8_t *)much, .len = sizeof(much)};
	authz.n_class_value = ARRAY_LEN(many);
	authz.class_value = many;
	session->profiles_len = 1;
	accounting_event(scene.accounting, SESSION_ENDED, session);
	assert_true(has(last(), RADIUS_CLASS));
	assert_true(last()->attrs_len <= RADIUS_PACKET_MAX - RADIUS_HEADER_SIZE);
	/* The server spoke of his rights, LOCAL knew the password; then there was none. */
	assert_int_equal(number(last(), RADIUS_ACCT_AUTHENTIC), 2);
	answer_all();
	session->methods = SESSION_CERTIFICATE;
	accounting_event(scene.accounting, SESSION_ENDED, session);
	assert_int_equal(number(last(), RADIUS_ACCT_AUTHENTIC), 1);
	session->profiles_len = 0;
	scene_break(&scene);
}

/* Whatever ends it: one Stop, with the cause, and what was counted. */
static void
test_ends(void **state)
{
	struct session *session;
	struct scene scene;
	uint64_t id;

	(void)state;
	scene_make(&scene);
	/* Told by the administrator, the worker confirms, once more than needed. */
	session = up(&scene, "alice", "Staff");
	id = session->id;
	session_end(scene.world.sessions, session, IPC__CLOSE_CAUSE__CLOSE_ADMIN);
	assert_int_equal(scene.ended, 0);
	world_tunnel_closed(&scene.world, 1, id, IPC__CLOSE_CAUSE__CLOSE_ADMIN, 55, 0);
	world_tunnel_closed(&scene.world, 1, id, IPC__CLOSE_CAUSE__CLOSE_ADMIN, 55, 0);
	answer_all();
	expect_kinds(0, "SE");
	assert_int_equal(number(last(), RADIUS_ACCT_TERMINATE_CAUSE), 6);
	assert_int_equal(number(last(), RADIUS_ACCT_INPUT_OCTETS), 55);
	/* The worker dies while it does: what was known last. */
	session = up(&scene, "alice", "Staff");
	world_stats(&scene.world, 1, session->id, 77, 0);
	session_end(scene.world.sessions, session, IPC__CLOSE_CAUSE__CLOSE_USER_REQUEST);
	session_table_worker_gone(scene.world.sessions, 1);
	answer_all();
	expect_kinds(2, "SE");
	assert_int_equal(number(last(), RADIUS_ACCT_TERMINATE_CAUSE), 1);
	assert_int_equal(number(last(), RADIUS_ACCT_INPUT_OCTETS), 77);
	/* It waits for a client that does not come. */
	session = up(&scene, "alice", "Staff");
	world_stats(&scene.world, 1, session->id, 88, 0);
	session_table_worker_gone(scene.world.sessions, 1);
	world_pass(599);
	tick(&scene);
	answer_all();
	expect_kinds(4, "S");
	world_pass(1);
	tick(&scene);
	answer_all();
	expect_kinds(4, "SE");
	assert_int_equal(number(last(), RADIUS_ACCT_TERMINATE_CAUSE), 4);
	assert_int_equal(number(last(), RADIUS_ACCT_INPUT_OCTETS), 88);
	/* Session timeout; the worker never answers. */
	session = up(&scene, "alice", "Staff");
	world_pass(3600);
	tick(&scene);
	world_pass(15);
	tick(&scene);
	answer_all();
	expect_kinds(6, "SE");
	assert_int_equal(number(last(), RADIUS_ACCT_TERMINATE_CAUSE), 5);
	assert_int_equal(scene.ended, 4);
	scene_break(&scene);
}

static void
test_preempted(void **state)
{
	struct scene scene;
	uint64_t id;

	(void)state;
	scene_make(&scene);
	id = up(&scene, "alice", "Partners")->id;
	answer_all();
	(void)up(&scene, "alice", "Partners");
	world_tunnel_closed(&scene.world, 1, id, IPC__CLOSE_CAUSE__CLOSE_PREEMPTED, 0, 0);
	expect_kinds(0, "SSE");
	assert_int_equal(number(last(), RADIUS_ACCT_TERMINATE_CAUSE), 13);
	assert_string_equal(last()->group, "OTHER");
	scene_break(&scene);
}

/* Logged in, but the cookie was never used; and groups that are not accounted. */
static void
test_never_started(void **state)
{
	static const struct world_file nobody[] = {
	    {"tunnel-groups.conf", GROUPS("")}, {"aaa.conf", SERVERS("")}};
	char token[TOKEN_TEXT_SIZE];
	struct session *session;
	struct scene scene;

	(void)state;
	scene_make(&scene);
	assert_non_null(world_login(&scene.world, "alice", "Staff", token));
	world_pass(301);
	tick(&scene);
	assert_int_equal(session_table_len(scene.world.sessions), 0);
	assert_int_equal(client.len, 0);
	assert_int_equal(scene.ended, 0);
	scene_break(&scene);
	scene_make_with(&scene, nobody, ARRAY_LEN(nobody));
	session = up(&scene, "alice", "Staff");
	assert_false(session->accounting_started);
	down(&scene, session);
	assert_int_equal(scene.ended, 1);
	assert_int_equal(client.len, 0);
	scene_break(&scene);
}

/* Servers are silent, the process ends: the next one sends it all, in order. */
static void
test_restart(void **state)
{
	struct session *session;
	struct scene scene;
	size_t from;

	(void)state;
	scene_make(&scene);
	session = up(&scene, "alice", "Staff");
	(void)up(&scene, "bob", "Staff");
	silence_all();
	world_pass(50);
	world_tunnel_closed(
	    &scene.world, 1, session->id, IPC__CLOSE_CAUSE__CLOSE_SHUTDOWN, 4711, 0);
	expect_kinds(0, "SSS"); /* one is tried again */
	from = client.len;
	scene_restart(&scene);
	expect_kinds(from, "SS");
	answer_all();
	expect_kinds(from, "SSE");
	assert_int_equal(number(last(), RADIUS_ACCT_INPUT_OCTETS), 4711);
	assert_int_equal(number(last(), RADIUS_ACCT_TERMINATE_CAUSE), 7);
	assert_int_equal(number(&client.calls[from], RADIUS_ACCT_DELAY_TIME), 50);
	assert_int_equal(files(&scene), 0);
	/* bob's session waits; it is known that he has had his Start. */
	session = session_first(scene.world.sessions);
	assert_string_equal(session->username, "bob");
	assert_true(session->accounting_started);
	from = client.len;
	world_pass(601);
	tick(&scene);
	/* While it was up nobody knew of his data: idle from the restart. */
	expect_kinds(from, "E");
	assert_int_equal(number(last(), RADIUS_ACCT_TERMINATE_CAUSE), 4);
	scene_break(&scene);
}

/* auth dies, the tunnel lives on: its worker reports all that it moved once more. */
static void
test_counted_once(void **state)
{
	struct session *session;
	struct scene scene;
	uint64_t id;

	(void)state;
	scene_make(&scene);
	session = up(&scene, "alice", "Staff");
	id = session->id;
	answer_all();
	world_stats(&scene.world, 1, id, 1000, 0);
	session_save(scene.world.sessions, session);
	scene_restart(&scene);
	world_tunnel_event(&scene.world, 1, id, IPC__CHANNEL__CHANNEL_TLS, true);
	world_tunnel_closed(&scene.world, 1, id, IPC__CLOSE_CAUSE__CLOSE_USER_REQUEST, 1500, 0);
	expect_kinds(0, "SE");
	assert_int_equal(number(last(), RADIUS_ACCT_INPUT_OCTETS), 1500);
	scene_break(&scene);
}

/* What a crash left of sessions that do not come back. */
static void
test_lost_sessions(void **state)
{
	static const struct world_file less[] = {
	    {"gateway.conf", MANY},
	    {"users.conf", USERS("")},
	    {"tunnel-groups.conf", GROUPS("accounting-server-group = \"RAD\";")},
	    {"group-policies.conf", LIMITS},
	    {"aaa.conf", SERVERS("")},
	};
	struct session *session;
	struct scene scene;
	size_t from;

	(void)state;
	scene_make(&scene);
	(void)up(&scene, "alice", "Staff");
	session = up(&scene, "bob", "Staff");
	answer_all();
	session_end(scene.world.sessions, session, IPC__CLOSE_CAUSE__CLOSE_PREEMPTED);
	conf_unref(scene.world.conf);
	scene.world.conf = world_conf(less, ARRAY_LEN(less));
	from = client.len;
	scene_restart(&scene);
	assert_int_equal(session_table_len(scene.world.sessions), 0);
	expect_kinds(from, "EE");
	for (size_t i = from; i < client.len; i++) {
		const uint8_t *name;
		size_t len;

		assert_true(find(&client.calls[i], RADIUS_USER_NAME, &name, &len));
		assert_true(has(&client.calls[i], RADIUS_FRAMED_IP_ADDRESS));
		assert_int_equal(number(&client.calls[i], RADIUS_ACCT_TERMINATE_CAUSE),
		    memcmp(name, "bob", 3) == 0 ? 13 : 6);
	}
	answer_all();
	/* Only once. */
	from = client.len;
	scene_restart(&scene);
	assert_int_equal(client.len, from);
	scene_break(&scene);
}

static const struct world_file all_servers[] = {
    {"gateway.conf", MANY},
    {"users.conf", USERS("{ name = \"alice\"; password = \"" HELP_HASH "\"; }, ")},
    {"tunnel-groups.conf", GROUPS("accounting-server-group = \"RAD\";")},
    {"group-policies.conf", LIMITS},
    {"aaa.conf", SERVERS("accounting-mode = \"simultaneous\";")},
};

static void
test_simultaneous(void **state)
{
	struct session *session;
	struct scene scene;
	size_t from;

	(void)state;
	scene_make_with(&scene, all_servers, ARRAY_LEN(all_servers));
	client.servers = 2;
	session = up(&scene, "alice", "Staff");
	assert_int_equal(client.len, 2);
	assert_int_equal(client.calls[0].server.bytes[3], 1);
	assert_int_equal(client.calls[1].server.bytes[3], 2);
	/* The second is dead; the first has its Stop nevertheless. */
	finish(&client.calls[0], RADIUS_ANSWERED);
	down(&scene, session);
	expect_kinds(0, "SSE");
	assert_int_equal(client.calls[2].server.bytes[3], 1);
	finish(&client.calls[2], RADIUS_ANSWERED);
	finish(&client.calls[1], RADIUS_SILENT);
	assert_int_equal(files(&scene), 2);
	/* The next process asks the second only. */
	from = client.len;
	scene_restart(&scene);
	expect_kinds(from, "S");
	assert_int_equal(last()->server.bytes[3], 2);
	answer_all();
	expect_kinds(from, "SE");
	assert_int_equal(last()->server.bytes[3], 2);
	assert_int_equal(files(&scene), 0);
	scene_break(&scene);
}

/* Servers come and go with the configuration. */
static void
test_reload(void **state)
{
	struct scene scene;

	(void)state;
	scene_make_with(&scene, all_servers, ARRAY_LEN(all_servers));
	client.servers = 0;
	(void)up(&scene, "alice", "Staff");
	assert_int_equal(client.len, 0);
	assert_int_equal(files(&scene), 1);
	client.servers = 2;
	accounting_use(scene.accounting, scene.world.conf);
	expect_kinds(0, "SS");
	finish(&client.calls[0], RADIUS_ANSWERED);
	/* As before: what is under way stays. */
	accounting_use(scene.accounting, scene.world.conf);
	assert_int_equal(client.len, 2);
	/* The second is removed: the first has it. */
	client.servers = 1;
	accounting_use(scene.accounting, scene.world.conf);
	assert_int_equal(under_way(), 0);
	assert_int_equal(files(&scene), 0);
	/* Single from now on, and servers that cannot be asked yet. */
	world_reload(&scene.world, usual, ARRAY_LEN(usual));
	accounting_use(scene.accounting, scene.world.conf);
	client.refuse = ERR_LIMIT;
	(void)up(&scene, "bob", "Staff");
	assert_int_equal(client.len, 2);
	client.refuse = ERR_OK;
	world_pass(ACCT_RETRY_FIRST);
	tick(&scene);
	expect_kinds(2, "S");
	assert_int_equal(last()->server.family, 0);
	scene_break(&scene);
}

/* Records of sessions that are no more than numbers. */
static void
flood(struct acct_queue *queue, const char *group, enum status status, uint64_t session)
{
	Ipc__AccountingRecord *record = malloc(sizeof(*record));
	static const uint8_t head[] = {
	    RADIUS_USER_NAME, 7, 'a', 'l', 'i', 'c', 'e', RADIUS_ACCT_STATUS_TYPE, 6, 0, 0, 0, 0};

	assert_non_null(record);
	ipc__accounting_record__init(record);
	record->format = ACCT_SPOOL_FORMAT;
	record->server_group = strdup(group);
	record->status_type = status;
	record->session = session;
	record->event_time = world_wall_sec;
	record->attributes.data = malloc(sizeof(head));
	assert_non_null(record->attributes.data);
	memcpy(record->attributes.data, head, sizeof(head));
	record->attributes.data[sizeof(head) - 1] = (uint8_t)status;
	record->attributes.len = sizeof(head);
	acct_queue_add(queue, record);
}

/* A queue without sessions. */
struct line_up {
	struct world world;
	struct acct_spool *spool;
	struct acct_queue *queue;
};

static void
line_up_make(struct line_up *line_up, size_t max)
{
	memset(line_up, 0, sizeof(*line_up));
	memset(&client, 0, sizeof(client));
	client.servers = 1;
	world_make(&line_up->world, usual, ARRAY_LEN(usual));
	line_up->spool = acct_spool_new(world_dir_open(&line_up->world), max);
	assert_non_null(line_up->spool);
	line_up->queue = acct_queue_new(&client, line_up->spool, NULL);
	assert_non_null(line_up->queue);
	acct_queue_use(line_up->queue, line_up->world.conf);
}

static void
line_up_break(struct line_up *line_up)
{
	acct_queue_free(line_up->queue);
	acct_spool_free(line_up->spool);
	world_break(&line_up->world);
}

static void
test_window(void **state)
{
	struct line_up line_up;
	size_t before;

	(void)state;
	line_up_make(&line_up, 1000);
	for (uint64_t i = 1; i <= 100; i++)
		flood(line_up.queue, "RAD", START, i);
	assert_int_equal(under_way(), ACCT_WINDOW);
	/* Another group has its own. */
	flood(line_up.queue, "OTHER", START, 1);
	assert_int_equal(under_way(), ACCT_WINDOW + 1);
	finish(&client.calls[ACCT_WINDOW], RADIUS_ANSWERED);
	finish(&client.calls[0], RADIUS_ANSWERED);
	assert_int_equal(under_way(), ACCT_WINDOW);
	/* Nobody answers any more: all wait, one is tried, ever more seldom. */
	silence_all();
	assert_int_equal(under_way(), 0);
	for (unsigned wait = ACCT_RETRY_FIRST; wait < 200; wait *= 2) {
		unsigned seconds = wait < ACCT_RETRY_LAST ? wait : ACCT_RETRY_LAST;

		world_pass(seconds - 1);
		acct_queue_tick(line_up.queue);
		assert_int_equal(under_way(), 0);
		world_pass(1);
		acct_queue_tick(line_up.queue);
		acct_queue_tick(line_up.queue);
		assert_int_equal(under_way(), 1);
		silence_all();
	}
	/* The other group is not held up. */
	before = client.len;
	flood(line_up.queue, "OTHER", STOP, 1);
	assert_int_equal(client.len, before + 1);
	assert_string_equal(last()->group, "OTHER");
	finish(&client.calls[before], RADIUS_ANSWERED);
	/* Back: the whole window again. */
	world_pass(ACCT_RETRY_LAST);
	acct_queue_tick(line_up.queue);
	finish(&client.calls[client.len - 1], RADIUS_ANSWERED);
	assert_int_equal(under_way(), ACCT_WINDOW);
	answer_all();
	assert_int_equal(acct_queue_len(line_up.queue), 0);
	line_up_break(&line_up);
}

/* A configuration that is new gives it a chance at once. */
static void
test_chance(void **state)
{
	struct line_up line_up;

	(void)state;
	line_up_make(&line_up, 10);
	flood(line_up.queue, "RAD", START, 1);
	silence_all();
	acct_queue_use(line_up.queue, line_up.world.conf);
	assert_int_equal(under_way(), 1);
	line_up_break(&line_up);
}

static void
test_full(void **state)
{
	struct line_up line_up;

	(void)state;
	line_up_make(&line_up, 6);
	/* 1 is under way, the rest of its session stands behind it. */
	flood(line_up.queue, "RAD", START, 1);
	flood(line_up.queue, "RAD", START, 1);
	flood(line_up.queue, "RAD", INTERIM, 1);
	flood(line_up.queue, "RAD", STOP, 1);
	flood(line_up.queue, "RAD", INTERIM, 1);
	flood(line_up.queue, "RAD", START, 1);
	flood(line_up.queue, "RAD", STOP, 1);    /* for the first Interim */
	flood(line_up.queue, "RAD", INTERIM, 1); /* for the second */
	flood(line_up.queue, "RAD", STOP, 1);    /* for that one */
	flood(line_up.queue, "RAD", INTERIM, 1); /* nothing gives way to it */
	assert_int_equal(acct_queue_len(line_up.queue), 6);
	flood(line_up.queue, "RAD", START, 1); /* for the oldest Start that waits */
	assert_int_equal(acct_queue_len(line_up.queue), 6);
	answer_all();
	expect_kinds(0, "SESEES");
	assert_int_equal(acct_queue_len(line_up.queue), 0);
	line_up_break(&line_up);
}

static const struct world_file interims[] = {
    {"gateway.conf", MANY},
    {"users.conf", USERS("{ name = \"alice\"; password = \"" HELP_HASH "\"; }, ")},
    {"tunnel-groups.conf", GROUPS("accounting-server-group = \"RAD\";")},
    {"group-policies.conf",
	"group-policies = ( { name = \"Staff\"; attributes = { vpn-idle-timeout = 10000;\n"
	" vpn-simultaneous-logins = 500; }; }, { name = \"Partners\"; } );\n" POOLS},
    {"aaa.conf", SERVERS("interim-accounting-update = true; interim-accounting-periodic = 2;")},
};

/* The client comes from elsewhere. */
static void
move_to(struct scene *scene, const char *token, uint8_t last_byte)
{
	struct world_opened opened = {0};

	world_client_ip[3] = last_byte;
	world_tunnel_open(&scene->world, 2, token, true, true, &opened);
	world_client_ip[3] = 7;
}

static void
test_moved(void **state)
{
	static const struct {
		const struct world_file *files;
		const char *expected;
	} rows[] = {{interims, "SI"}, {usual, "S"}};
	char token[TOKEN_TEXT_SIZE];
	struct scene scene;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		scene_make_with(&scene, rows[i].files, ARRAY_LEN(usual));
		assert_non_null(world_login(&scene.world, "alice", "Staff", token));
		move_to(&scene, token, 7);
		answer_all();
		move_to(&scene, token, 7); /* a new tunnel, from the same address */
		move_to(&scene, token, 8);
		answer_all();
		expect_kinds(0, rows[i].expected);
		if (rows[i].files == interims)
			expect_text(last(), RADIUS_CALLING_STATION_ID, "198.51.100.8");
		scene_break(&scene);
	}
}

/* Every two hours, each session at a second of its own. */
static void
test_periodic(void **state)
{
	struct scene scene;
	size_t most = 0;

	(void)state;
	scene_make_with(&scene, interims, ARRAY_LEN(interims));
	for (unsigned i = 0; i < 100; i++)
		(void)up(&scene, "alice", "Staff");
	answer_all();
	assert_int_equal(client.len, 100);
	for (unsigned second = 1; second <= 2 * 7200; second++) {
		size_t before = client.len;

		world_pass(1);
		accounting_tick(scene.accounting, scene.world.sessions);
		most = client.len - before > most ? client.len - before : most;
		answer_all();
		if (second == 6000)
			assert_int_equal(client.len, 100);
		if (second == 7200)
			assert_int_equal(client.len, 200);
	}
	assert_int_equal(client.len, 300);
	assert_true(most < 20);
	assert_true(number(last(), RADIUS_ACCT_SESSION_TIME) >= 13800);
	scene_break(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_causes),
	    cmocka_unit_test(test_life),
	    cmocka_unit_test(test_profiles),
	    cmocka_unit_test(test_ends),
	    cmocka_unit_test(test_preempted),
	    cmocka_unit_test(test_never_started),
	    cmocka_unit_test(test_restart),
	    cmocka_unit_test(test_counted_once),
	    cmocka_unit_test(test_lost_sessions),
	    cmocka_unit_test(test_simultaneous),
	    cmocka_unit_test(test_reload),
	    cmocka_unit_test(test_window),
	    cmocka_unit_test(test_chance),
	    cmocka_unit_test(test_full),
	    cmocka_unit_test(test_moved),
	    cmocka_unit_test(test_periodic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
