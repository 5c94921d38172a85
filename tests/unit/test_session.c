/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions: limits, timeouts, ends, restart. Time is the test's. */
#include "tests/unit/auth_help.h"

static char token[TOKEN_TEXT_SIZE];

static void
test_fields(void **state)
{
	static struct world world;
	char expected[25];

	(void)state;
	world_make(&world, NULL, 0);
	struct session *session = world_login(&world, "alice", "Staff", token);
	assert_non_null(session);
	assert_int_equal(strlen(token), 64);
	assert_int_equal(session->state, SESSION_NEW);
	assert_string_equal(session->username, "alice");
	assert_string_equal(session->tunnel_group, "Staff");
	assert_string_equal(session->group_policy, "Staff");
	assert_in_range(session->index, 1, SESSION_INDEX_MAX);
	/* asa.md 6.1: NAS address, index << 12, time of the login. */
	snprintf(expected, sizeof(expected), "0ac5df51%08x%08x", session->index << 12, 1700000000U);
	assert_string_equal(session->audit_id, expected);
	assert_ptr_equal(session_find_token(world.sessions, token), session);
	assert_ptr_equal(session_find(world.sessions, session->id), session);
	assert_int_equal(session_table_len(world.sessions), 1);
	world_break(&world);
}

/* INV-1: what is not exactly a token finds nothing. */
static void
test_tokens(void **state)
{
	static struct world world;
	char other[TOKEN_TEXT_SIZE + 2];

	(void)state;
	world_make(&world, NULL, 0);
	assert_non_null(world_login(&world, "alice", "Staff", token));
	memcpy(other, token, sizeof(token));
	other[63] = other[63] == '0' ? '1' : '0';
	assert_null(session_find_token(world.sessions, other));
	assert_null(session_find_token(world.sessions, ""));
	memcpy(other, token, sizeof(token));
	other[63] = '\0';
	assert_null(session_find_token(world.sessions, other));
	snprintf(other, sizeof(other), "%s0", token);
	assert_null(session_find_token(world.sessions, other));
	memcpy(other, token, sizeof(token));
	other[5] = 'g';
	assert_null(session_find_token(world.sessions, other));
	world_break(&world);
}

static void
test_cookie_timeout(void **state)
{
	static struct world world;

	(void)state;
	world_make(&world, NULL, 0);
	assert_non_null(world_login(&world, "alice", "Staff", token));
	world_pass(299);
	session_table_tick(world.sessions);
	assert_non_null(session_find_token(world.sessions, token));
	world_pass(1);
	session_table_tick(world.sessions);
	assert_null(session_find_token(world.sessions, token));
	assert_int_equal(session_table_len(world.sessions), 0);
	assert_int_equal(world.ends_len, 0);
	world_break(&world);
}

/* The limit of a user: the new login wins, the longest idle goes, of equals the oldest
 * (asa.md 2.1). */
static void
test_limit_many(void **state)
{
	static struct world world;
	static struct world_opened opened;
	char tokens[4][TOKEN_TEXT_SIZE];

	(void)state;
	world_make(&world, NULL, 0);
	assert_non_null(world_login(&world, "alice", "Staff", tokens[0]));
	world_tunnel_open(&world, 3, tokens[0], true, false, &opened);
	world_pass(10);
	assert_non_null(world_login(&world, "alice", "Staff", tokens[1]));
	world_stats(&world, 3, opened.session, 100, 0);
	world_pass(5);
	/* Both idle for the same time: the oldest goes, and its worker is told. */
	assert_non_null(world_login(&world, "alice", "Staff", tokens[2]));
	assert_null(session_find_token(world.sessions, tokens[0]));
	assert_non_null(session_find_token(world.sessions, tokens[1]));
	assert_int_equal(world.ends_len, 1);
	assert_int_equal(world.ends[0].worker, 3);
	assert_int_equal(world.ends[0].session, opened.session);
	assert_int_equal(world.ends[0].cause, IPC__CLOSE_CAUSE__CLOSE_PREEMPTED);
	assert_true(world.ends[0].notify);
	/* Another user is not touched. */
	assert_non_null(world_login(&world, "bob", "Staff", token));
	assert_non_null(session_find_token(world.sessions, tokens[1]));
	/* The one with later data stays although it is older. */
	world_tunnel_open(&world, 1, tokens[1], true, false, &opened);
	world_pass(60);
	world_stats(&world, 1, opened.session, 100, 0);
	assert_non_null(world_login(&world, "alice", "Staff", tokens[3]));
	assert_non_null(session_find_token(world.sessions, tokens[1]));
	assert_null(session_find_token(world.sessions, tokens[2]));
	world_break(&world);
}

/*
 * The same against sessions in all states, with the idle time of each (asa.md 2.1). A waiting
 * session is as idle as its last data is old, a new one as its login.
 */
static void
test_limit_victim(void **state)
{
	/* Logged in so many seconds ago; has (had) a tunnel; lost it; last data so many seconds
	 * ago. */
	struct one {
		unsigned age;
		bool tunnel, lost;
		unsigned idle;
	};
	static const struct {
		struct one sessions[3]; /* oldest first */
		unsigned victim;
	} cases[] = {
	    /* A waiting session that had data lately stays, an idle one that is up goes. */
	    {{{300, true, true, 5}, {200, true, false, 100}, {100, true, false, 0}}, 1},
	    {{{300, true, false, 0}, {200, true, false, 3}, {100, true, true, 90}}, 2},
	    /* Equally idle: the oldest, whether up or waiting. */
	    {{{300, true, false, 50}, {200, true, true, 50}, {100, true, false, 50}}, 0},
	    {{{300, true, true, 50}, {200, true, false, 50}, {100, true, false, 50}}, 0},
	    {{{300, true, false, 0}, {200, true, false, 50}, {100, true, true, 50}}, 1},
	    /* A cookie that was never used is idle since the login. */
	    {{{300, true, false, 10}, {200, true, false, 20}, {100, false, false, 0}}, 2},
	    {{{300, true, false, 10}, {200, true, false, 200}, {100, false, false, 0}}, 1},
	};
	static const struct world_file files[] = {
	    {"users.conf", "usernames = ( { name = \"alice\"; password = \"" HELP_HASH "\";\n"
			   " attributes = { vpn-simultaneous-logins = 3; }; } );\n"}};
	static struct world world;
	char tokens[3][TOKEN_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct one *sessions = cases[i].sessions;
		struct world_opened opened[3] = {0};

		world_make(&world, files, 1);
		for (unsigned n = 0; n < 3; n++) {
			assert_non_null(world_login(&world, "alice", "Staff", tokens[n]));
			if (sessions[n].tunnel)
				world_tunnel_open(&world, n, tokens[n], true, false, &opened[n]);
			world_pass(sessions[n].age - (n < 2 ? sessions[n + 1].age : 0));
		}
		for (unsigned n = 0; n < 3; n++) {
			if (sessions[n].lost)
				world_tunnel_closed(&world, n, opened[n].session,
				    IPC__CLOSE_CAUSE__CLOSE_LOST, 1, sessions[n].idle);
			else if (sessions[n].tunnel)
				world_stats(&world, n, opened[n].session, 1, sessions[n].idle);
		}
		assert_non_null(world_login(&world, "alice", "Staff", token));
		for (unsigned n = 0; n < 3; n++)
			if ((session_find_token(world.sessions, tokens[n]) == NULL) !=
			    (n == cases[i].victim))
				fail_msg("FAIL: case %zu, session %u, expected that %u goes", i, n,
				    cases[i].victim);
		world_break(&world);
	}
}

static void
test_limit_one(void **state)
{
	static struct world world;
	char first[TOKEN_TEXT_SIZE];

	(void)state;
	world_make(&world, NULL, 0);
	assert_non_null(world_login(&world, "alice", "Partners", first));
	assert_non_null(world_login(&world, "alice", "Partners", token));
	assert_null(session_find_token(world.sessions, first));
	assert_non_null(session_find_token(world.sessions, token));
	assert_int_equal(session_table_len(world.sessions), 1);
	/* Also one that waits, with data a moment ago. */
	struct world_opened opened = {0};
	world_tunnel_open(&world, 0, token, true, false, &opened);
	world_tunnel_closed(&world, 0, opened.session, IPC__CLOSE_CAUSE__CLOSE_LOST, 1, 0);
	assert_non_null(world_login(&world, "alice", "Partners", first));
	assert_null(session_find_token(world.sessions, token));
	assert_int_equal(session_table_len(world.sessions), 1);
	assert_int_equal(world_leased(&world), 0);
	/* 0 refuses. */
	assert_null(world_login(&world, "none", "Partners", token));
	world_break(&world);
}

static void
test_max_sessions(void **state)
{
	static const char *const users[] = {"alice", "alice", "bob", "bob", "locked"};
	static struct world world;

	(void)state;
	world_make(&world, NULL, 0);
	for (size_t i = 0; i < ARRAY_LEN(users); i++)
		assert_non_null(world_login(&world, users[i], "Staff", token));
	assert_null(world_login(&world, "noclient", "Staff", token));
	/* One that replaces its own is let in. */
	assert_non_null(world_login(&world, "alice", "Staff", token));
	assert_int_equal(session_table_len(world.sessions), 5);
	world_break(&world);
}

/* The address is not free before the worker has closed the tunnel. */
static void
test_ending(void **state)
{
	static struct world world;
	struct world_opened opened = {0};

	(void)state;
	world_make(&world, NULL, 0);
	assert_non_null(world_login(&world, "alice", "Partners", token));
	world_tunnel_open(&world, 0, token, true, false, &opened);
	session_end(world.sessions, session_find(world.sessions, opened.session),
	    IPC__CLOSE_CAUSE__CLOSE_ADMIN);
	assert_null(session_find_token(world.sessions, token));
	assert_int_equal(session_table_len(world.sessions), 0);
	assert_int_equal(world_leased(&world), 1);
	/* Again: nothing more. */
	session_end(world.sessions, session_find(world.sessions, opened.session),
	    IPC__CLOSE_CAUSE__CLOSE_ADMIN);
	assert_int_equal(world.ends_len, 1);
	world_tunnel_closed(&world, 0, opened.session, IPC__CLOSE_CAUSE__CLOSE_ADMIN, 5, 0);
	assert_null(session_find(world.sessions, opened.session));
	assert_int_equal(world_leased(&world), 0);

	/* A worker that never answers does not keep it for ever, one that dies neither. */
	assert_non_null(world_login(&world, "alice", "Partners", token));
	world_tunnel_open(&world, 0, token, true, false, &opened);
	session_end(world.sessions, session_find(world.sessions, opened.session),
	    IPC__CLOSE_CAUSE__CLOSE_ADMIN);
	world_pass(16);
	session_table_tick(world.sessions);
	assert_int_equal(world_leased(&world), 0);
	assert_non_null(world_login(&world, "alice", "Partners", token));
	world_tunnel_open(&world, 0, token, true, false, &opened);
	session_end(world.sessions, session_find(world.sessions, opened.session),
	    IPC__CLOSE_CAUSE__CLOSE_ADMIN);
	session_table_worker_gone(world.sessions, 0);
	assert_int_equal(world_leased(&world), 0);
	world_break(&world);
}

static void
test_session_timeout(void **state)
{
	static struct world world;
	struct world_opened opened = {0};

	(void)state;
	world_make(&world, NULL, 0);
	assert_non_null(world_login(&world, "alice", "Staff", token));
	world_pass(60);
	world_tunnel_open(&world, 2, token, true, true, &opened);
	assert_int_equal(opened.session_timeout, 3600);
	assert_int_equal(opened.session_remaining, 3540);
	world_tunnel_event(&world, 2, opened.session, IPC__CHANNEL__CHANNEL_TLS, true);
	world_pass(3539);
	session_table_tick(world.sessions);
	assert_int_equal(world.ends_len, 0);
	world_pass(1);
	session_table_tick(world.sessions);
	assert_int_equal(world.ends_len, 1);
	assert_int_equal(world.ends[0].cause, IPC__CLOSE_CAUSE__CLOSE_SESSION_TIMEOUT);
	assert_int_equal(world.ends[0].worker, 2);
	assert_true(world.ends[0].notify);
	assert_null(session_find_token(world.sessions, token));
	world_break(&world);
}

/* A lost tunnel: the lease stays until the idle timeout, counted from the last data. */
static void
test_idle_while_waiting(void **state)
{
	static struct world world;
	struct world_opened opened = {0};

	(void)state;
	world_make(&world, NULL, 0);
	assert_non_null(world_login(&world, "alice", "Staff", token));
	world_tunnel_open(&world, 0, token, true, true, &opened);
	assert_int_equal(opened.idle_timeout, 600);
	world_tunnel_event(&world, 0, opened.session, IPC__CHANNEL__CHANNEL_TLS, true);
	world_pass(1000);
	session_table_tick(world.sessions);
	/* Idle while it is up is the worker's to see. */
	assert_int_equal(world.ends_len, 0);
	world_tunnel_closed(&world, 0, opened.session, IPC__CLOSE_CAUSE__CLOSE_LOST, 5, 100);
	assert_int_equal(world_leased(&world), 2);
	world_pass(499);
	session_table_tick(world.sessions);
	assert_non_null(session_find_token(world.sessions, token));
	world_pass(1);
	session_table_tick(world.sessions);
	assert_null(session_find_token(world.sessions, token));
	assert_int_equal(world_leased(&world), 0);
	assert_int_equal(world.ends_len, 0);
	world_break(&world);
}

static void
test_restart(void **state)
{
	static struct world world;
	struct world_opened before = {0}, after = {0};
	char unused[TOKEN_TEXT_SIZE];

	(void)state;
	world_make(&world, NULL, 0);
	assert_non_null(world_login(&world, "alice", "Staff", token));
	world_tunnel_open(&world, 0, token, true, true, &before);
	world_pass(1);
	assert_non_null(world_login(&world, "bob", "Staff", unused));
	world_pass(100);
	world_restart(&world);
	assert_int_equal(session_table_len(world.sessions), 2);
	assert_int_equal(world_leased(&world), 2);
	struct session *session = session_find_token(world.sessions, token);
	assert_non_null(session);
	assert_int_equal(session->state, SESSION_WAITING);
	assert_string_equal(session->facts.agent, "AnyConnect Test 1.0");
	assert_string_equal(session->hostname, "pc7");
	/* The oldest login comes first. */
	assert_ptr_equal(session_first(world.sessions), session);
	/* Same address; the session timeout went on. */
	world_tunnel_open(&world, 1, token, true, true, &after);
	assert_int_equal(after.status, IPC__OPEN_STATUS__OPEN_OK);
	assert_true(ip_eq(&before.ipv4, &after.ipv4));
	assert_true(ip_eq(&before.ipv6, &after.ipv6));
	assert_int_equal(after.index, before.index);
	assert_int_equal(after.session_remaining, 3499);
	/* The unused cookie still dies in its time. */
	world_pass(200);
	session_table_tick(world.sessions);
	assert_null(session_find_token(world.sessions, unused));
	/* What has ended does not come back. */
	session_finish(world.sessions, session_find_token(world.sessions, token),
	    IPC__CLOSE_CAUSE__CLOSE_USER_REQUEST);
	world_restart(&world);
	assert_int_equal(session_table_len(world.sessions), 0);
	world_break(&world);
}

/* ---- another configuration ---- */

#define MOVED_POLICIES                                                                             \
	"group-policies = ( { name = \"Staff\"; attributes = { vpn-idle-timeout = 99; }; },\n"     \
	" { name = \"Partners\"; }, { name = \"Nobody\"; }, { name = \"Locked\"; },\n"             \
	" { name = \"Noclient\"; } );\n"                                                           \
	"ip-local-pools = ( { name = \"POOL\"; range = \"192.168.101.1-192.168.101.200\";\n"       \
	"  mask = \"255.255.0.0\"; }, { name = \"SMALL\"; range = \"10.9.0.1-10.9.0.2\"; } );\n"   \
	"ipv6-local-pools = ( { name = \"POOL6\"; prefix = \"fd00:100::10/64\"; size = 100; } "    \
	");\n"

static void
test_reload(void **state)
{
	static const struct world_file files[] = {
	    {"group-policies.conf", MOVED_POLICIES},
	    {"gateway.conf",
		"listeners = ( { address = \"0.0.0.0\"; } );\n"
		"tun = { ipv4-address = \"192.168.100.254/24\"; ipv6-address = \"fd00:100::1/64\"; "
		"};\n"
		"limits = { max-sessions = 1; cookie-timeout = 30; };\n"},
	};
	static struct world world;
	struct world_opened before = {0}, after = {0};
	char other[TOKEN_TEXT_SIZE], text[IP_STR_MAX];

	(void)state;
	world_make(&world, NULL, 0);
	assert_non_null(world_login(&world, "alice", "Staff", token));
	world_tunnel_open(&world, 0, token, true, true, &before);
	assert_non_null(world_login(&world, "bob", "Staff", other));
	world_reload(&world, files, ARRAY_LEN(files));
	/* Nobody is dropped, although there may be only one session now. */
	assert_int_equal(session_table_len(world.sessions), 2);
	assert_null(world_login(&world, "locked", "Partners", other));
	assert_int_equal(world.drained_len, 0);
	/* The policy of the login, the address of the login. */
	world_tunnel_closed(&world, 0, before.session, IPC__CLOSE_CAUSE__CLOSE_LOST, 1, 0);
	world_tunnel_open(&world, 1, token, true, true, &after);
	assert_int_equal(after.status, IPC__OPEN_STATUS__OPEN_OK);
	assert_int_equal(after.idle_timeout, 600);
	assert_string_equal(after.banner, "hello staff");
	assert_true(ip_eq(&before.ipv4, &after.ipv4));
	assert_true(ip_eq(&before.mask, &after.mask));
	/* The cookie that was never used dies by the new limit. */
	world_pass(30);
	session_table_tick(world.sessions);
	assert_int_equal(session_table_len(world.sessions), 1);
	/* With the last session of the old pool, that is drained. */
	session_finish(world.sessions, session_find_token(world.sessions, token),
	    IPC__CLOSE_CAUSE__CLOSE_USER_REQUEST);
	assert_int_equal(world.drained_len, 1);
	assert_string_equal(ip_str(&world.drained[0].first, text), "192.168.100.1");
	assert_string_equal(ip_str(&world.drained[0].last, text), "192.168.100.200");
	assert_non_null(world_login(&world, "alice", "Staff", token));
	world_tunnel_open(&world, 0, token, true, true, &after);
	assert_int_equal(after.idle_timeout, 99 * 60);
	assert_string_equal(ip_str(&after.ipv4, text), "192.168.101.1");
	world_break(&world);
}

/* auth dies after a reload: the sessions are restored with what the new configuration has for them,
 * and addresses of pools that drain are still theirs. */
static void
test_restart_after_reload(void **state)
{
	static const struct world_file files[] = {{"group-policies.conf", MOVED_POLICIES}};
	static struct world world;
	struct world_opened before = {0}, after = {0};

	(void)state;
	for (int known = 0; known < 2; known++) {
		world_make(&world, NULL, 0);
		assert_non_null(world_login(&world, "alice", "Staff", token));
		world_tunnel_open(&world, 0, token, true, true, &before);
		world_close(&world);
		conf_unref(world.conf);
		world.conf = world_conf(files, 1);
		/* With and without the parent's word that the old pool drains. */
		world.drain_first = known ? "192.168.100.1" : NULL;
		world.drain_last = "192.168.100.200";
		world_open(&world);
		assert_int_equal(session_table_len(world.sessions), known);
		if (known) {
			world_tunnel_open(&world, 1, token, true, true, &after);
			assert_int_equal(after.status, IPC__OPEN_STATUS__OPEN_OK);
			assert_true(ip_eq(&before.ipv4, &after.ipv4));
			assert_true(ip_eq(&before.mask, &after.mask));
			assert_int_equal(after.idle_timeout, 99 * 60);
			session_finish(world.sessions, session_find_token(world.sessions, token),
			    IPC__CLOSE_CAUSE__CLOSE_USER_REQUEST);
			assert_int_equal(world.drained_len, 1);
		}
		world_break(&world);
	}
}

static void
test_worker_gone(void **state)
{
	static struct world world;
	struct world_opened a = {0}, b = {0};
	char other[TOKEN_TEXT_SIZE];

	(void)state;
	world_make(&world, NULL, 0);
	assert_non_null(world_login(&world, "alice", "Staff", token));
	assert_non_null(world_login(&world, "bob", "Staff", other));
	world_tunnel_open(&world, 0, token, true, false, &a);
	world_tunnel_open(&world, 1, other, true, false, &b);
	session_table_worker_gone(world.sessions, 0);
	assert_int_equal(session_find(world.sessions, a.session)->state, SESSION_WAITING);
	assert_int_equal(session_find(world.sessions, b.session)->state, SESSION_UP);
	assert_int_equal(world_leased(&world), 2);
	world_break(&world);
}

static void
test_index_unique(void **state)
{
	static struct world world;

	(void)state;
	world_make(&world, NULL, 0);
	for (int i = 0; i < 3000; i++) {
		struct session *session = world_login(&world, "alice", "Staff", token);

		assert_non_null(session);
		assert_in_range(session->index, 1, SESSION_INDEX_MAX);
		for (struct session *s = session_first(world.sessions); s != NULL;
		     s = session_next(s))
			assert_true(s == session || s->index != session->index);
	}
	assert_int_equal(session_table_len(world.sessions), 2);
	world_break(&world);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_fields),
	    cmocka_unit_test(test_tokens),
	    cmocka_unit_test(test_cookie_timeout),
	    cmocka_unit_test(test_limit_many),
	    cmocka_unit_test(test_limit_victim),
	    cmocka_unit_test(test_limit_one),
	    cmocka_unit_test(test_max_sessions),
	    cmocka_unit_test(test_ending),
	    cmocka_unit_test(test_session_timeout),
	    cmocka_unit_test(test_idle_while_waiting),
	    cmocka_unit_test(test_restart),
	    cmocka_unit_test(test_reload),
	    cmocka_unit_test(test_restart_after_reload),
	    cmocka_unit_test(test_worker_gone),
	    cmocka_unit_test(test_index_unique),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
