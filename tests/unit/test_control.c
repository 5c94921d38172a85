/* SPDX-License-Identifier: Apache-2.0 */
/* The control socket: filters, a listing of many sessions to a slow reader, callers that misbehave.
 */
#include "tests/unit/auth_help.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "auth/control.h"
#include "common/ipc.h"

#define MANY 5000

static struct world world;
static struct loop *loop;
static struct control *control;
static struct sockaddr_un addr;
static void (*fresh_done)(void *arg);
static void *fresh_arg;
static bool hold_fresh;
static control_reloaded_fn reload_done;
static unsigned reloads;
static bool reload_ok;

static struct {
	unsigned sessions;
	uint32_t last_index;
	bool ordered;
	Ipc__CtlEnd end;
	bool ended, closed;
	char error[128], text[128], filter[65], filter6[65];
	unsigned rules;
	char rule[256]; /* the last */
	struct ip_addr ipv4;
	char hostname[65];
	uint64_t inactivity, idle_left;
	size_t tunnels;
} got;

static void
on_refresh(void (*done)(void *arg), void *arg, void *ctx)
{
	(void)ctx;
	fresh_done = done;
	fresh_arg = arg;
	if (!hold_fresh)
		loop_defer(loop, done, arg);
}

static void
on_cancel(const void *arg, void *ctx)
{
	(void)ctx;
	if (arg == fresh_arg)
		fresh_arg = NULL;
}

static void
on_reload(control_reloaded_fn done, void *arg, void *ctx)
{
	(void)ctx;
	reload_done = done;
	fresh_arg = arg;
	reloads++;
	if (!hold_fresh)
		done(reload_ok, "gateway.conf:3: what is wrong", arg);
}

static void
start(const struct world_file *files, size_t len)
{
	struct control_config config = {
	    .refresh = on_refresh, .reload = on_reload, .cancel = on_cancel};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	world_make(&world, files, len);
	loop = loop_new();
	config.loop = loop;
	config.sessions = world.sessions;
	config.filters = world.filters;
	memset(&addr, 0, sizeof(addr));
	addr.sun_family = AF_UNIX;
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/control", world.dir);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(fd, 32), 0);
	control = control_new(&config, fd);
	assert_non_null(control);
	hold_fresh = false;
	memset(&got, 0, sizeof(got));
	got.ordered = true;
}

static void
stop(void)
{
	control_free(control);
	loop_free(loop);
	world_break(&world);
}

static void
handle_session(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	const Ipc__CtlSession *session = (const Ipc__CtlSession *)msg;

	(void)ipc, (void)id, (void)fd, (void)arg;
	got.sessions++;
	got.last_index = session->index;
	got.tunnels = session->n_tunnel;
	got.inactivity = session->inactivity;
	got.idle_left = session->idle_left;
	snprintf(got.hostname, sizeof(got.hostname), "%s", session->hostname);
	snprintf(got.filter, sizeof(got.filter), "%s", session->filter_name);
	snprintf(got.filter6, sizeof(got.filter6), "%s", session->ipv6_filter_name);
	if (session->ipv4.len > 0)
		assert_int_equal(
		    ip_from_bytes(session->ipv4.data, session->ipv4.len, &got.ipv4), ERR_OK);
}

static void
handle_rule(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	const Ipc__CtlRule *rule = (const Ipc__CtlRule *)msg;

	(void)ipc, (void)id, (void)fd, (void)arg;
	got.rules++;
	snprintf(got.rule, sizeof(got.rule), "%s %u %s: %llu", rule->access_list, rule->line,
	    rule->text, (unsigned long long)rule->hits);
}

static void
handle_end(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	(void)ipc, (void)id, (void)fd, (void)arg;
	got.end = *(const Ipc__CtlEnd *)msg;
	snprintf(got.error, sizeof(got.error), "%s", got.end.error);
	snprintf(got.text, sizeof(got.text), "%s", got.end.text);
	got.ended = true;
	loop_stop(loop);
}

static void
on_closed(struct ipc *ipc, const char *why, void *arg)
{
	(void)ipc, (void)why, (void)arg;
	got.closed = true;
	loop_stop(loop);
}

static const struct ipc_row rows[] = {
    {.type = IPC__MSG_TYPE__MSG_CTL_SESSION, .handle = handle_session},
    {.type = IPC__MSG_TYPE__MSG_CTL_RULE, .handle = handle_rule},
    {.type = IPC__MSG_TYPE__MSG_CTL_END, .handle = handle_end},
};

static int
dial(void)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	return fd;
}

static struct ipc *
caller(int fd)
{
	struct ipc_config config = {
	    .peer = "auth", .rows = rows, .rows_len = ARRAY_LEN(rows), .on_closed = on_closed};
	struct ipc *ipc = ipc_new(loop, fd, &config);

	assert_non_null(ipc);
	return ipc;
}

static unsigned
list(const Ipc__CtlSessions *filter)
{
	struct ipc *ipc = caller(dial());

	got.sessions = 0;
	got.ended = false;
	assert_int_equal(ipc_send(ipc, IPC__MSG_TYPE__MSG_CTL_SESSIONS, &filter->base), ERR_OK);
	loop_run(loop);
	assert_true(got.ended);
	assert_int_equal(got.end.count, got.sessions);
	assert_string_equal(got.error, "");
	ipc_free(ipc);
	return got.sessions;
}

static void
test_filters(void **state)
{
	char token[TOKEN_TEXT_SIZE];
	struct world_opened opened = {0};
	Ipc__CtlSessions f = IPC__CTL_SESSIONS__INIT;

	(void)state;
	start(NULL, 0);
	assert_non_null(world_login(&world, "alice", "Staff", token));
	world_tunnel_open(&world, 0, token, true, true, &opened);
	world_tunnel_event(&world, 0, opened.session, IPC__CHANNEL__CHANNEL_TLS, true);
	assert_non_null(
	    world_login(&world, "alice", "Partners", token) != NULL ? world.sessions : NULL);
	assert_non_null(world_login(&world, "bob", "Staff", token));
	unsigned all = list(&f);
	assert_int_equal(all, session_table_len(world.sessions));

	const struct {
		Ipc__CtlSessions filter;
		unsigned count;
	} cases[] = {
	    {{.username = (char *)"bob"}, 1},
	    {{.username = (char *)"Bob"}, 0},
	    {{.tunnel_group = (char *)"Partners"}, 1},
	    {{.tunnel_group = (char *)"Nothing"}, 0},
	    {{.group_policy = (char *)"Staff"}, 1},
	    {{.address = (char *)"198.51.100.7"}, all},
	    {{.address = (char *)"192.168.100.77"}, 0},
	    {{.address = (char *)"nonsense"}, 0},
	    {{.index = 0xfffffff}, 0},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		Ipc__CtlSessions filter = IPC__CTL_SESSIONS__INIT;

		if (cases[i].filter.username != NULL)
			filter.username = cases[i].filter.username;
		if (cases[i].filter.tunnel_group != NULL)
			filter.tunnel_group = cases[i].filter.tunnel_group;
		if (cases[i].filter.group_policy != NULL)
			filter.group_policy = cases[i].filter.group_policy;
		if (cases[i].filter.address != NULL)
			filter.address = cases[i].filter.address;
		filter.index = cases[i].filter.index;
		unsigned have = list(&filter);
		if (have != cases[i].count)
			fail_msg("FAIL: filter %zu, expected %u sessions, got %u", i,
			    cases[i].count, have);
	}
	stop();
}

static void
test_content(void **state)
{
	char token[TOKEN_TEXT_SIZE], text[IP_STR_MAX];
	struct world_opened opened = {0};
	Ipc__CtlSessions f = IPC__CTL_SESSIONS__INIT;

	(void)state;
	start(NULL, 0);
	assert_non_null(world_login(&world, "alice", "Staff", token));
	world_tunnel_open(&world, 0, token, true, true, &opened);
	world_tunnel_event(&world, 0, opened.session, IPC__CHANNEL__CHANNEL_TLS, true);
	world_tunnel_event(&world, 0, opened.session, IPC__CHANNEL__CHANNEL_DTLS, true);
	world_pass(60);
	assert_int_equal(list(&f), 1);
	assert_string_equal(ip_str(&got.ipv4, text), "192.168.100.1");
	assert_string_equal(got.hostname, "pc7");
	assert_int_equal(got.tunnels, 2);
	assert_int_equal(got.inactivity, 0);
	assert_int_equal(got.idle_left, 540);
	assert_int_equal(got.last_index, opened.index);
	world_tunnel_closed(&world, 0, opened.session, IPC__CLOSE_CAUSE__CLOSE_LOST, 0, 0);
	world_pass(30);
	assert_int_equal(list(&f), 1);
	assert_int_equal(got.tunnels, 0);
	assert_int_equal(got.inactivity, 30);
	assert_int_equal(got.idle_left, 570);
	stop();
}

/* A reader that does not read at first: nothing is lost, and nothing is queued without bound. */
static void
test_many(void **state)
{
	static const struct world_file files[] = {
	    {"gateway.conf", "listeners = ( { address = \"0.0.0.0\"; } );\n"
			     "tun = { ipv4-address = \"192.168.100.254/24\"; ipv6-address = "
			     "\"fd00:100::1/64\"; };\n"
			     "limits = { max-sessions = 20000; };\n"},
	    {"group-policies.conf", "group-policies = ( { name = \"Staff\"; attributes = { "
				    "vpn-simultaneous-logins = 20000; }; },\n"
				    " { name = \"Partners\"; }, { name = \"Nobody\"; }, { name = "
				    "\"Locked\"; }, { name = \"Noclient\"; } );\n"
				    "ip-local-pools = ( { name = \"POOL\"; range = "
				    "\"192.168.100.1-192.168.100.200\"; },\n"
				    " { name = \"SMALL\"; range = \"10.9.0.1-10.9.0.2\"; } );\n"
				    "ipv6-local-pools = ( { name = \"POOL6\"; prefix = "
				    "\"fd00:100::10/64\"; size = 100; } );\n"},
	};
	Ipc__CtlSessions filter = IPC__CTL_SESSIONS__INIT;
	char token[TOKEN_TEXT_SIZE];
	int fd;

	(void)state;
	start(files, ARRAY_LEN(files));
	for (unsigned i = 0; i < MANY; i++)
		assert_non_null(world_login(&world, "alice", "Staff", token));
	fd = dial();
	assert_int_equal(
	    ipc_write_blocking(fd, IPC__MSG_TYPE__MSG_CTL_SESSIONS, &filter.base, -1), ERR_OK);
	for (int i = 0; i < 200; i++)
		event_base_loop(loop_base(loop), EVLOOP_ONCE | EVLOOP_NONBLOCK);
	/* Sessions end while they are being listed. */
	session_end(world.sessions, session_first(world.sessions), IPC__CLOSE_CAUSE__CLOSE_ADMIN);
	session_end(world.sessions, session_find_token(world.sessions, token),
	    IPC__CLOSE_CAUSE__CLOSE_ADMIN);
	struct ipc *ipc = caller(fd);
	loop_run(loop);
	assert_true(got.ended);
	assert_int_equal(got.end.count, got.sessions);
	assert_in_range(got.sessions, MANY - 2, MANY);
	ipc_free(ipc);
	stop();
}

/* A second request before the first is answered, one that goes away in between, and one that speaks
 * out of turn. */
static void
test_misbehaviour(void **state)
{
	Ipc__CtlSessions filter = IPC__CTL_SESSIONS__INIT;
	Ipc__RoleStop role_stop = IPC__ROLE_STOP__INIT;

	(void)state;
	start(NULL, 0);
	hold_fresh = true;
	struct ipc *ipc = caller(dial());
	assert_int_equal(ipc_send(ipc, IPC__MSG_TYPE__MSG_CTL_SESSIONS, &filter.base), ERR_OK);
	assert_int_equal(ipc_send(ipc, IPC__MSG_TYPE__MSG_CTL_SESSIONS, &filter.base), ERR_OK);
	loop_run(loop);
	assert_string_equal(got.error, "the last request is not answered yet");
	assert_null(fresh_arg);
	ipc_free(ipc);

	ipc = caller(dial());
	assert_int_equal(ipc_send(ipc, IPC__MSG_TYPE__MSG_CTL_SESSIONS, &filter.base), ERR_OK);
	while (fresh_arg == NULL)
		event_base_loop(loop_base(loop), EVLOOP_ONCE);
	ipc_free(ipc);
	while (fresh_arg != NULL)
		event_base_loop(loop_base(loop), EVLOOP_ONCE);

	got.closed = false;
	ipc = caller(dial());
	assert_int_equal(ipc_send(ipc, IPC__MSG_TYPE__MSG_ROLE_STOP, &role_stop.base), ERR_OK);
	loop_run(loop);
	assert_true(got.closed);
	ipc_free(ipc);

	hold_fresh = false;
	assert_int_equal(list(&filter), 0);
	stop();
}

/* ---- access lists ---- */

static const struct world_file filter_files[] = {{"group-policies.conf",
    "group-policies = ( { name = \"Staff\"; attributes = { vpn-filter = \"WEB\"; "
    "ipv6-vpn-filter = \"none\"; }; },\n"
    " { name = \"Partners\"; attributes = { vpn-filter = \"WEB\"; }; },\n"
    " { name = \"Nobody\"; attributes = { ipv6-vpn-filter = \"SIX\"; }; },\n"
    " { name = \"Locked\"; }, { name = \"Noclient\"; } );\n"
    "ip-local-pools = ( { name = \"POOL\"; range = \"192.168.100.1-192.168.100.200\"; },\n"
    " { name = \"SMALL\"; range = \"10.9.0.1-10.9.0.2\"; } );\n"
    "ipv6-local-pools = ( { name = \"POOL6\"; prefix = \"fd00:100::10/64\"; size = 100; } );\n"
    "access-lists = ( { name = \"WEB\"; type = \"extended\"; rules = [ \"remark the web\", "
    "\"permit tcp any any eq 443\" ]; },\n"
    " { name = \"SIX\"; type = \"extended\"; rules = [ \"permit ip any any\" ]; },\n"
    " { name = \"OTHER\"; type = \"standard\"; rules = [ \"permit 10.0.0.0 255.0.0.0\" ]; } );\n"}};

static unsigned
rules_of(const char *name)
{
	Ipc__CtlAccessList request = IPC__CTL_ACCESS_LIST__INIT;
	struct ipc *ipc = caller(dial());

	got.rules = 0;
	got.ended = false;
	request.name = (char *)name;
	assert_int_equal(ipc_send(ipc, IPC__MSG_TYPE__MSG_CTL_ACCESS_LIST, &request.base), ERR_OK);
	loop_run(loop);
	assert_true(got.ended);
	assert_int_equal(got.end.count, got.rules);
	ipc_free(ipc);
	return got.rules;
}

static void
test_access_lists(void **state)
{
	Ipc__CtlSessions f = IPC__CTL_SESSIONS__INIT;
	Ipc__FilterHits hits = IPC__FILTER_HITS__INIT;
	uint32_t line = 2;
	uint64_t count = 41;
	char token[TOKEN_TEXT_SIZE];
	struct world_opened opened = {0};

	(void)state;
	start(filter_files, 1);
	assert_non_null(world_login(&world, "alice", "Staff", token));
	world_tunnel_open(&world, 0, token, true, false, &opened);
	assert_int_equal(opened.filter6, 0);
	hits.filter = opened.filter4;
	hits.line = &line;
	hits.hits = &count;
	hits.n_line = hits.n_hits = 1;
	filters_hits(world.filters, &hits);
	fresh_arg = NULL;
	assert_int_equal(rules_of("WEB"), 2);
	assert_non_null(fresh_arg);
	assert_string_equal(got.rule, "WEB 2 permit tcp any any eq 443: 41");
	assert_int_equal(rules_of(""), 3);
	assert_int_equal(rules_of("OTHER"), 1);
	assert_string_equal(got.error, "");
	assert_int_equal(rules_of("NONE"), 0);
	assert_string_equal(got.error, "there is no access-list of that name");
	/* What show-sessions says. */
	assert_int_equal(list(&f), 1);
	assert_string_equal(got.filter, "WEB");
	assert_string_equal(got.filter6, "");
	assert_non_null(world_login(&world, "bob", "Partners", token));
	f.username = (char *)"bob";
	assert_int_equal(list(&f), 1);
	assert_string_equal(got.filter, "WEB");
	assert_string_equal(got.filter6, "WEB");
	stop();
}

/* A caller that goes while its rules are being fetched. */
static void
test_access_list_gone(void **state)
{
	Ipc__CtlAccessList request = IPC__CTL_ACCESS_LIST__INIT;

	(void)state;
	start(filter_files, 1);
	hold_fresh = true;
	struct ipc *ipc = caller(dial());
	fresh_arg = NULL;
	assert_int_equal(ipc_send(ipc, IPC__MSG_TYPE__MSG_CTL_ACCESS_LIST, &request.base), ERR_OK);
	while (fresh_arg == NULL)
		event_base_loop(loop_base(loop), EVLOOP_ONCE);
	ipc_free(ipc);
	while (fresh_arg != NULL)
		event_base_loop(loop_base(loop), EVLOOP_ONCE);
	stop();
}

/* ---- reload ---- */

static void
reload(void)
{
	Ipc__CtlReload request = IPC__CTL_RELOAD__INIT;
	struct ipc *ipc = caller(dial());

	got.ended = false;
	assert_int_equal(ipc_send(ipc, IPC__MSG_TYPE__MSG_CTL_RELOAD, &request.base), ERR_OK);
	loop_run(loop);
	assert_true(got.ended);
	ipc_free(ipc);
}

static void
test_reload(void **state)
{
	Ipc__CtlReload request = IPC__CTL_RELOAD__INIT;

	(void)state;
	start(NULL, 0);
	reloads = 0;
	reload_ok = true;
	reload();
	assert_int_equal(reloads, 1);
	assert_string_equal(got.error, "");
	assert_string_equal(got.text, "gateway.conf:3: what is wrong");
	reload_ok = false;
	reload();
	assert_int_equal(reloads, 2);
	assert_string_equal(got.error, "gateway.conf:3: what is wrong");
	assert_string_equal(got.text, "");
	/* Only root, as the kernel says, whoever may connect. */
	assert_int_equal(chmod(world.dir, 0755), 0);
	assert_int_equal(chmod(addr.sun_path, 0777), 0);
	if (geteuid() == 0) {
		assert_int_equal(seteuid(65534), 0);
		int fd = dial();
		assert_int_equal(seteuid(0), 0);
		struct ipc *ipc = caller(fd);
		got.ended = false;
		assert_int_equal(
		    ipc_send(ipc, IPC__MSG_TYPE__MSG_CTL_RELOAD, &request.base), ERR_OK);
		loop_run(loop);
		assert_true(got.ended);
		assert_int_equal(reloads, 2);
		assert_string_equal(got.error, "only root may reload");
		ipc_free(ipc);
	}
	/* Gone before the answer: it is cancelled. */
	hold_fresh = true;
	fresh_arg = NULL;
	struct ipc *ipc = caller(dial());
	assert_int_equal(ipc_send(ipc, IPC__MSG_TYPE__MSG_CTL_RELOAD, &request.base), ERR_OK);
	while (fresh_arg == NULL)
		event_base_loop(loop_base(loop), EVLOOP_ONCE);
	assert_int_equal(reloads, 3);
	ipc_free(ipc);
	while (fresh_arg != NULL)
		event_base_loop(loop_base(loop), EVLOOP_ONCE);
	stop();
}

/* Ended in the middle of everything. */
static void
test_end(void **state)
{
	Ipc__CtlSessions filter = IPC__CTL_SESSIONS__INIT;

	(void)state;
	start(NULL, 0);
	hold_fresh = true;
	struct ipc *ipc = caller(dial());
	assert_int_equal(ipc_send(ipc, IPC__MSG_TYPE__MSG_CTL_SESSIONS, &filter.base), ERR_OK);
	while (fresh_arg == NULL)
		event_base_loop(loop_base(loop), EVLOOP_ONCE);
	ipc_free(ipc);
	stop();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_filters),
	    cmocka_unit_test(test_content),
	    cmocka_unit_test(test_many),
	    cmocka_unit_test(test_misbehaviour),
	    cmocka_unit_test(test_access_lists),
	    cmocka_unit_test(test_access_list_gone),
	    cmocka_unit_test(test_reload),
	    cmocka_unit_test(test_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
