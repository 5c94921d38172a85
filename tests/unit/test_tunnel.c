/* SPDX-License-Identifier: Apache-2.0 */
/* Tunnels of sessions: open, replace, close, forged and late messages. */
#include "tests/unit/auth_help.h"

#include "common/ipc.h"

static char token[TOKEN_TEXT_SIZE];

static struct session *
session_of(const struct world *world, const struct world_opened *opened)
{
	return session_find(world->sessions, opened->session);
}

/* INV-1. */
static void
test_denied(void **state)
{
	static const char *const bad[] = {"", "x", "0123456789abcdef",
	    "0000000000000000000000000000000000000000000000000000000000000000"};
	static struct world world;
	struct world_opened opened = {0};

	(void)state;
	world_make(&world, NULL, 0);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		world_tunnel_open(&world, 0, bad[i], true, true, &opened);
		if (opened.status != IPC__OPEN_STATUS__OPEN_DENIED || opened.session != 0)
			fail_msg("FAIL: token '%s', expected denied, got %d", bad[i],
			    (int)opened.status);
	}
	/* One that has expired. */
	assert_non_null(world_login(&world, "alice", "Staff", token));
	world_pass(300);
	session_table_tick(world.sessions);
	world_tunnel_open(&world, 0, token, true, true, &opened);
	assert_int_equal(opened.status, IPC__OPEN_STATUS__OPEN_DENIED);
	/* Without facts. */
	assert_non_null(world_login(&world, "alice", "Staff", token));
	Ipc__SessionOpen open = IPC__SESSION_OPEN__INIT;
	open.token = token;
	open.want_ipv4 = true;
	memset(&opened, 0, sizeof(opened));
	tunnel_open(world.sessions, 0, &open, world_on_opened, &opened);
	assert_int_equal(opened.status, IPC__OPEN_STATUS__OPEN_DENIED);
	world_break(&world);
}

static void
test_families(void **state)
{
	static const struct {
		bool ipv4, ipv6;
		const char *group;
		bool got4, got6;
	} cases[] = {
	    {true, true, "Staff", true, true},
	    {true, false, "Staff", true, false},
	    {false, true, "Staff", false, true},
	    {true, true, "Partners", true, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		static struct world world;
		struct world_opened opened = {0};
		char text[IP_STR_MAX];

		world_make(&world, NULL, 0);
		assert_non_null(world_login(&world, "alice", cases[i].group, token));
		world_tunnel_open(&world, 0, token, cases[i].ipv4, cases[i].ipv6, &opened);
		assert_int_equal(opened.status, IPC__OPEN_STATUS__OPEN_OK);
		assert_int_equal(opened.ipv4.family != 0, cases[i].got4);
		assert_int_equal(opened.ipv6.family != 0, cases[i].got6);
		if (cases[i].got4)
			assert_string_equal(ip_str(&opened.mask, text), "255.255.255.0");
		if (cases[i].got6)
			assert_int_equal(opened.ipv6_prefix, 64);
		world_break(&world);
	}
}

static void
test_no_address(void **state)
{
	static struct world world;
	struct world_opened opened = {0};
	char tokens[3][TOKEN_TEXT_SIZE];
	static const char *const users[] = {"alice", "bob", "locked"};

	(void)state;
	world_make(&world, NULL, 0);
	for (size_t i = 0; i < 3; i++)
		assert_non_null(world_login(&world, users[i], "Partners", tokens[i]));
	world_tunnel_open(&world, 0, tokens[0], false, false, &opened);
	assert_int_equal(opened.status, IPC__OPEN_STATUS__OPEN_UNAVAILABLE);
	world_tunnel_open(&world, 0, tokens[0], false, true, &opened);
	assert_int_equal(opened.status, IPC__OPEN_STATUS__OPEN_UNAVAILABLE);
	world_tunnel_open(&world, 0, tokens[0], true, false, &opened);
	world_tunnel_open(&world, 0, tokens[1], true, false, &opened);
	assert_int_equal(opened.status, IPC__OPEN_STATUS__OPEN_OK);
	world_tunnel_open(&world, 0, tokens[2], true, false, &opened);
	assert_int_equal(opened.status, IPC__OPEN_STATUS__OPEN_UNAVAILABLE);
	assert_string_equal(opened.reason, "No address available for the connection");
	/* It may try again when there is one. */
	session_end(world.sessions, session_find_token(world.sessions, tokens[0]),
	    IPC__CLOSE_CAUSE__CLOSE_ADMIN);
	session_table_worker_gone(world.sessions, 0);
	world_tunnel_open(&world, 0, tokens[2], true, false, &opened);
	assert_int_equal(opened.status, IPC__OPEN_STATUS__OPEN_OK);
	world_break(&world);
}

/* Without IPv4 a tunnel looks broken: IPv6 alone is given where no IPv4 pool is configured, not
 * where it is empty. */
static void
test_ipv4_exhausted(void **state)
{
	static const struct world_file files[] = {{"tunnel-groups.conf",
	    "tunnel-groups = (\n"
	    " { name = \"Staff\"; general-attributes = { address-pool = \"SMALL\";\n"
	    "   ipv6-address-pool = \"POOL6\"; default-group-policy = \"Staff\"; }; },\n"
	    " { name = \"Partners\"; general-attributes = { ipv6-address-pool = \"POOL6\"; }; } "
	    ");\n"}};
	static struct world world;
	struct world_opened opened = {0};
	static const char *const users[] = {"alice", "bob", "locked"};

	(void)state;
	world_make(&world, files, ARRAY_LEN(files));
	for (size_t i = 0; i < 3; i++) {
		assert_non_null(world_login(&world, users[i], "Staff", token));
		world_tunnel_open(&world, 0, token, true, true, &opened);
		assert_int_equal(opened.status,
		    i < 2 ? IPC__OPEN_STATUS__OPEN_OK : IPC__OPEN_STATUS__OPEN_UNAVAILABLE);
	}
	assert_int_equal(world_leased(&world), 4);
	assert_non_null(world_login(&world, "alice", "Partners", token));
	world_tunnel_open(&world, 0, token, true, true, &opened);
	assert_int_equal(opened.status, IPC__OPEN_STATUS__OPEN_OK);
	assert_int_equal(opened.ipv4.family, 0);
	assert_int_equal(opened.ipv6.family, 6);
	world_break(&world);
}

/* Newest wins; the replaced tunnel's end comes late, with whatever cause, and must not end the
 * session. */
static void
replace(unsigned first, unsigned second, Ipc__CloseCause late)
{
	static struct world world;
	struct world_opened a = {0}, b = {0};
	Ipc__ChannelStats sum;

	world_make(&world, NULL, 0);
	assert_non_null(world_login(&world, "alice", "Staff", token));
	world_tunnel_open(&world, first, token, true, true, &a);
	world_tunnel_event(&world, first, a.session, IPC__CHANNEL__CHANNEL_TLS, true);
	world_stats(&world, first, a.session, 1000, 0);
	world_tunnel_open(&world, second, token, true, true, &b);
	assert_int_equal(b.status, IPC__OPEN_STATUS__OPEN_OK);
	assert_int_equal(a.session, b.session);
	assert_true(ip_eq(&a.ipv4, &b.ipv4));
	assert_true(ip_eq(&a.ipv6, &b.ipv6));
	assert_int_equal(world.ends_len, 1);
	assert_int_equal(world.ends[0].worker, first);
	assert_int_equal(world.ends[0].cause, IPC__CLOSE_CAUSE__CLOSE_REPLACED);
	assert_false(world.ends[0].notify);
	world_tunnel_closed(&world, first, a.session, late, 1500, 0);
	assert_int_equal(session_of(&world, &b)->state, SESSION_UP);
	assert_int_equal(session_of(&world, &b)->worker, second);
	session_sum(session_of(&world, &b), &sum);
	assert_int_equal(sum.rx_bytes, 1500);
	/* The new one's end counts. */
	world_tunnel_event(&world, second, a.session, IPC__CHANNEL__CHANNEL_TLS, true);
	world_stats(&world, second, a.session, 10, 0);
	session_sum(session_of(&world, &b), &sum);
	assert_int_equal(sum.rx_bytes, 1510);
	world_tunnel_closed(&world, second, a.session, IPC__CLOSE_CAUSE__CLOSE_USER_REQUEST, 20, 0);
	assert_null(session_of(&world, &b));
	assert_int_equal(world_leased(&world), 0);
	world_break(&world);
}

static void
test_replace(void **state)
{
	static const Ipc__CloseCause late[] = {
	    IPC__CLOSE_CAUSE__CLOSE_REPLACED,
	    IPC__CLOSE_CAUSE__CLOSE_LOST,
	    IPC__CLOSE_CAUSE__CLOSE_USER_REQUEST,
	    IPC__CLOSE_CAUSE__CLOSE_IDLE_TIMEOUT,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(late); i++) {
		replace(0, 1, late[i]);
		replace(2, 2, late[i]);
	}
}

/* 0 -> 1 -> 0: the first word of worker 0 is about its old tunnel, the second about the new one. */
static void
test_there_and_back(void **state)
{
	static struct world world;
	struct world_opened opened = {0};

	(void)state;
	world_make(&world, NULL, 0);
	assert_non_null(world_login(&world, "alice", "Staff", token));
	world_tunnel_open(&world, 0, token, true, true, &opened);
	world_tunnel_open(&world, 1, token, true, true, &opened);
	world_tunnel_open(&world, 0, token, true, true, &opened);
	assert_int_equal(world.ends_len, 2);
	world_tunnel_closed(&world, 0, opened.session, IPC__CLOSE_CAUSE__CLOSE_LOST, 0, 0);
	assert_int_equal(session_of(&world, &opened)->state, SESSION_UP);
	world_tunnel_closed(&world, 1, opened.session, IPC__CLOSE_CAUSE__CLOSE_LOST, 0, 0);
	assert_int_equal(session_of(&world, &opened)->state, SESSION_UP);
	world_tunnel_closed(&world, 0, opened.session, IPC__CLOSE_CAUSE__CLOSE_LOST, 0, 0);
	assert_int_equal(session_of(&world, &opened)->state, SESSION_WAITING);
	world_break(&world);
}

static void
test_causes(void **state)
{
	static const struct {
		Ipc__CloseCause cause;
		bool ends;
	} cases[] = {
	    {IPC__CLOSE_CAUSE__CLOSE_NONE, false},
	    {IPC__CLOSE_CAUSE__CLOSE_USER_REQUEST, true},
	    {IPC__CLOSE_CAUSE__CLOSE_LOST, false},
	    {IPC__CLOSE_CAUSE__CLOSE_IDLE_TIMEOUT, true},
	    {IPC__CLOSE_CAUSE__CLOSE_SESSION_TIMEOUT, true},
	    {IPC__CLOSE_CAUSE__CLOSE_ADMIN, true},
	    {IPC__CLOSE_CAUSE__CLOSE_REPLACED, false},
	    {IPC__CLOSE_CAUSE__CLOSE_ERROR, false},
	    {IPC__CLOSE_CAUSE__CLOSE_SHUTDOWN, true},
	    {IPC__CLOSE_CAUSE__CLOSE_PREEMPTED, true},
	    {(Ipc__CloseCause)4711, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		static struct world world;
		struct world_opened opened = {0};

		world_make(&world, NULL, 0);
		assert_non_null(world_login(&world, "alice", "Staff", token));
		world_tunnel_open(&world, 0, token, true, true, &opened);
		world_tunnel_closed(&world, 0, opened.session, cases[i].cause, 0, 0);
		bool ended = session_of(&world, &opened) == NULL;
		if (ended != cases[i].ends)
			fail_msg("FAIL: cause %d, expected ended %d, got %d", (int)cases[i].cause,
			    cases[i].ends, ended);
		assert_int_equal(world_leased(&world), ended ? 0 : 2);
		/* Resume. */
		world_tunnel_open(&world, 1, token, true, true, &opened);
		assert_int_equal(opened.status,
		    ended ? IPC__OPEN_STATUS__OPEN_DENIED : IPC__OPEN_STATUS__OPEN_OK);
		world_break(&world);
	}
}

/* A worker is believed only about its own tunnels. */
static void
test_forged(void **state)
{
	static struct world world;
	struct world_opened opened = {0};

	(void)state;
	world_make(&world, NULL, 0);
	assert_non_null(world_login(&world, "alice", "Staff", token));
	struct session *fresh = session_find_token(world.sessions, token);
	/* A session whose cookie was never used cannot be claimed. */
	world_tunnel_event(&world, 0, fresh->id, IPC__CHANNEL__CHANNEL_TLS, true);
	assert_int_equal(fresh->state, SESSION_NEW);
	assert_int_equal(world.ends_len, 1);
	assert_int_equal(world.ends[0].cause, IPC__CLOSE_CAUSE__CLOSE_ADMIN);
	world_tunnel_closed(&world, 0, fresh->id, IPC__CLOSE_CAUSE__CLOSE_USER_REQUEST, 0, 0);
	assert_non_null(session_find_token(world.sessions, token));

	world_tunnel_open(&world, 0, token, true, true, &opened);
	world_tunnel_closed(&world, 1, opened.session, IPC__CLOSE_CAUSE__CLOSE_USER_REQUEST, 0, 0);
	assert_int_equal(session_of(&world, &opened)->state, SESSION_UP);
	world_stats(&world, 1, opened.session, 4711, 0);
	assert_int_equal(session_of(&world, &opened)->current.tls.rx_bytes, 0);
	world_tunnel_event(&world, 1, opened.session, IPC__CHANNEL__CHANNEL_TLS, true);
	assert_false(session_of(&world, &opened)->tls.up);
	assert_int_equal(session_of(&world, &opened)->worker, 0);
	/* An unknown channel, a bad address. */
	world_tunnel_event(&world, 0, opened.session, (Ipc__Channel)9, true);
	Ipc__TunnelEvent event = IPC__TUNNEL_EVENT__INIT;
	event.session = opened.session;
	event.channel = IPC__CHANNEL__CHANNEL_TLS;
	event.up = true;
	event.client_ip.data = world_client_ip;
	event.client_ip.len = 3;
	tunnel_event(world.sessions, 0, &event);
	assert_false(session_of(&world, &opened)->tls.up);
	/* An unknown session's tunnel is ended. */
	world.ends_len = 0;
	world_tunnel_event(&world, 2, 12345, IPC__CHANNEL__CHANNEL_TLS, true);
	assert_int_equal(world.ends_len, 1);
	assert_int_equal(world.ends[0].worker, 2);
	assert_int_equal(world.ends[0].session, 12345);
	world_break(&world);
}

/* auth was restarted, the tunnel in the gateway was not. */
static void
test_announced(void **state)
{
	static struct world world;
	struct world_opened opened = {0};

	(void)state;
	world_make(&world, NULL, 0);
	assert_non_null(world_login(&world, "alice", "Staff", token));
	world_tunnel_open(&world, 3, token, true, true, &opened);
	world_restart(&world);
	world_tunnel_event(&world, 3, opened.session, IPC__CHANNEL__CHANNEL_TLS, true);
	world_tunnel_event(&world, 3, opened.session, IPC__CHANNEL__CHANNEL_DTLS, true);
	struct session *session = session_of(&world, &opened);
	assert_int_equal(session->state, SESSION_UP);
	assert_int_equal(session->worker, 3);
	assert_true(session->tls.up);
	assert_true(session->dtls.up);
	assert_int_equal(world.ends_len, 0);
	/* Another worker with an older tunnel of it is told to give up. */
	world_tunnel_event(&world, 1, opened.session, IPC__CHANNEL__CHANNEL_TLS, true);
	assert_int_equal(world.ends_len, 1);
	assert_int_equal(world.ends[0].worker, 1);
	assert_int_equal(world.ends[0].cause, IPC__CLOSE_CAUSE__CLOSE_REPLACED);
	world_tunnel_closed(&world, 1, opened.session, IPC__CLOSE_CAUSE__CLOSE_REPLACED, 0, 0);
	assert_int_equal(session->state, SESSION_UP);
	world_break(&world);
}

/* Numbers of tunnels go up, and a channel that went down is down. */
static void
test_channels(void **state)
{
	static struct world world;
	struct world_opened opened = {0};

	(void)state;
	world_make(&world, NULL, 0);
	assert_non_null(world_login(&world, "alice", "Staff", token));
	world_tunnel_open(&world, 0, token, true, true, &opened);
	struct session *session = session_of(&world, &opened);
	world_tunnel_event(&world, 0, opened.session, IPC__CHANNEL__CHANNEL_TLS, true);
	world_tunnel_event(&world, 0, opened.session, IPC__CHANNEL__CHANNEL_DTLS, true);
	assert_int_equal(session->parent_id, 1);
	assert_int_equal(session->tls.id, 2);
	assert_int_equal(session->dtls.id, 3);
	assert_string_equal(session->tls.cipher, "TLS_AES_256_GCM_SHA384");
	world_tunnel_event(&world, 0, opened.session, IPC__CHANNEL__CHANNEL_DTLS, false);
	assert_false(session->dtls.up);
	world_tunnel_event(&world, 0, opened.session, IPC__CHANNEL__CHANNEL_DTLS, true);
	assert_int_equal(session->dtls.id, 4);
	world_break(&world);
}

static void
test_unsent_answer(void **state)
{
	static struct world world;
	struct world_opened opened = {.broken = true};

	(void)state;
	world_make(&world, NULL, 0);
	assert_non_null(world_login(&world, "alice", "Staff", token));
	world_tunnel_open(&world, 0, token, true, true, &opened);
	assert_int_equal(session_find_token(world.sessions, token)->state, SESSION_WAITING);
	world_break(&world);
}

static void
test_logout(void **state)
{
	static struct world world;
	struct world_opened opened = {0};
	Ipc__SessionLogout logout = IPC__SESSION_LOGOUT__INIT;

	(void)state;
	world_make(&world, NULL, 0);
	assert_non_null(world_login(&world, "alice", "Staff", token));
	world_tunnel_open(&world, 0, token, true, true, &opened);
	logout.token = (char *)"nonsense";
	tunnel_logout(world.sessions, &logout);
	assert_non_null(session_find_token(world.sessions, token));
	logout.token = token;
	tunnel_logout(world.sessions, &logout);
	assert_null(session_find_token(world.sessions, token));
	assert_int_equal(world.ends_len, 1);
	assert_int_equal(world.ends[0].cause, IPC__CLOSE_CAUSE__CLOSE_USER_REQUEST);
	world_break(&world);
}

/* Reconnects without end, of a worker that never confirms: bounded. */
static void
test_many_reconnects(void **state)
{
	static struct world world;
	struct world_opened opened = {0};
	struct session_stale *stale;
	unsigned count;

	(void)state;
	world_make(&world, NULL, 0);
	assert_non_null(world_login(&world, "alice", "Staff", token));
	for (unsigned i = 0; i < 50; i++) {
		world_tunnel_open(&world, i % 4, token, true, true, &opened);
		world.ends_len = 0;
	}
	DL_COUNT(session_of(&world, &opened)->stale, stale, count);
	assert_in_range(count, 1, 16);
	world_break(&world);
}

/* ---- the user's own address ---- */

#define FRAMED_USER(name, attributes)                                                              \
	" { name = \"" name "\"; password = \"" HELP_HASH "\"; attributes = { " attributes " }; }"

static const struct world_file framed_files[] = {{"users.conf",
    "usernames = (\n" FRAMED_USER("alice",
	"vpn-framed-ip-address = \"192.168.100.50 255.255.255.0\";"
	" vpn-framed-ipv6-address = \"fd00:9::5/64\";") ",\n" FRAMED_USER("bob",
	"vpn-framed-ip-address = \"192.168.200.6 255.255.255.248\";") ",\n" FRAMED_USER("carol",
	"") " );\n"}};

static void
expect_ip(const struct ip_addr *addr, const char *expected)
{
	char text[IP_STR_MAX];

	assert_string_equal(ip_str(addr, text), expected);
}

static void
test_framed(void **state)
{
	static struct world world;
	struct world_opened opened = {0};
	char first[TOKEN_TEXT_SIZE], second[TOKEN_TEXT_SIZE];

	(void)state;
	world_make(&world, framed_files, 1);
	/* In a pool, and outside of all; with masks of their own. */
	assert_non_null(world_login(&world, "alice", "Staff", first));
	world_tunnel_open(&world, 0, first, true, true, &opened);
	expect_ip(&opened.ipv4, "192.168.100.50");
	expect_ip(&opened.mask, "255.255.255.0");
	expect_ip(&opened.ipv6, "fd00:9::5");
	assert_int_equal(opened.ipv6_prefix, 64);
	assert_non_null(world_login(&world, "bob", "Staff", token));
	world_tunnel_open(&world, 0, token, true, true, &opened);
	expect_ip(&opened.ipv4, "192.168.200.6");
	expect_ip(&opened.mask, "255.255.255.248");
	expect_ip(&opened.ipv6, "fd00:100::10");
	assert_string_equal(session_of(&world, &opened)->ipv4.pool, "");
	/* In use by another session of his: the pools. */
	assert_non_null(world_login(&world, "alice", "Staff", second));
	world_tunnel_open(&world, 0, second, true, true, &opened);
	expect_ip(&opened.ipv4, "192.168.100.1");
	expect_ip(&opened.ipv6, "fd00:100::11");
	assert_non_null(world_login(&world, "bob", "Staff", token));
	world_tunnel_open(&world, 0, token, true, false, &opened);
	expect_ip(&opened.ipv4, "192.168.100.2");
	/* A session keeps what it got. */
	session_finish(world.sessions, session_find_token(world.sessions, first),
	    IPC__CLOSE_CAUSE__CLOSE_USER_REQUEST);
	world_tunnel_open(&world, 0, second, true, true, &opened);
	expect_ip(&opened.ipv4, "192.168.100.1");
	/* Nobody else got the one that is free. */
	for (int i = 3; i < 80; i++) {
		struct lease lease;
		const char *names[] = {"POOL"};

		assert_int_equal(pool_lease(world.pools, 4, names, 1, &lease), ERR_OK);
		assert_int_not_equal(lease.addr.bytes[3], 50);
	}
	/* Restored as it was. */
	assert_non_null(world_login(&world, "carol", "Staff", first));
	world_restart(&world);
	assert_int_equal(session_table_len(world.sessions), 4);
	struct session *session = session_first(world.sessions);
	assert_string_equal(session->username, "bob");
	expect_ip(&session->ipv4.addr, "192.168.200.6");
	assert_int_equal(session->ipv4.prefix_len, 29);
	assert_string_equal(session->ipv4.pool, "");
	world_break(&world);
}

/* The pools of the user's groups are not needed for a framed address, but for a second session. */
static void
test_framed_without_pools(void **state)
{
	static const struct world_file files[] = {
	    {"users.conf",
		"usernames = (\n" FRAMED_USER(
		    "alice", "vpn-framed-ip-address = \"192.168.100.50 255.255.255.0\";") " );\n"},
	    {"tunnel-groups.conf",
		"tunnel-groups = ( { name = \"Staff\"; }, { name = \"Partners\"; } );\n"},
	};
	static struct world world;
	struct world_opened opened = {0};

	(void)state;
	world_make(&world, files, ARRAY_LEN(files));
	assert_non_null(world_login(&world, "alice", "Staff", token));
	world_tunnel_open(&world, 0, token, true, true, &opened);
	expect_ip(&opened.ipv4, "192.168.100.50");
	assert_int_equal(opened.ipv6.family, 0);
	assert_non_null(world_login(&world, "alice", "Staff", token));
	world_tunnel_open(&world, 0, token, true, true, &opened);
	assert_int_equal(opened.status, IPC__OPEN_STATUS__OPEN_UNAVAILABLE);
	world_break(&world);
}

/* ---- filters ---- */

static const struct world_file filter_files[] = {{"group-policies.conf",
    "group-policies = ( { name = \"Staff\"; attributes = { vpn-simultaneous-logins = 9;\n"
    "  vpn-filter = \"WEB\"; }; },\n"
    " { name = \"Partners\"; attributes = { vpn-filter = \"WEB\"; ipv6-vpn-filter = \"SIX\"; }; "
    "},\n"
    " { name = \"Nobody\"; }, { name = \"Locked\"; }, { name = \"Noclient\"; } );\n"
    "ip-local-pools = ( { name = \"POOL\"; range = \"192.168.100.1-192.168.100.200\"; },\n"
    " { name = \"SMALL\"; range = \"10.9.0.1-10.9.0.2\"; } );\n"
    "ipv6-local-pools = ( { name = \"POOL6\"; prefix = \"fd00:100::10/64\"; size = 100; } );\n"
    "access-lists = ( { name = \"WEB\"; type = \"extended\"; rules = [ \"permit tcp any any eq "
    "443\" ]; },\n"
    " { name = \"SIX\"; type = \"extended\"; rules = [ \"permit ip any any\" ]; } );\n"}};

static void
expect_sent(const struct world *world, size_t n, Ipc__MsgType type, unsigned worker, uint64_t id)
{
	if (n >= world->sent_len || world->sent[n].type != type ||
	    world->sent[n].worker != worker || world->sent[n].id != id)
		fail_msg("FAIL: message %zu, expected %s to worker %u, got %s", n,
		    ipc_type_name(type), worker,
		    n < world->sent_len ? ipc_type_name(world->sent[n].type) : "nothing");
}

static void
test_filter_first(void **state)
{
	static struct world world;
	struct world_opened opened = {0}, other = {0};
	char second[TOKEN_TEXT_SIZE];

	(void)state;
	world_make(&world, filter_files, 1);
	assert_non_null(world_login(&world, "alice", "Staff", token));
	assert_int_equal(world.sent_len, 0);
	world_tunnel_open(&world, 2, token, true, true, &opened);
	assert_int_not_equal(opened.filter4, 0);
	assert_int_equal(opened.filter4, opened.filter6);
	assert_int_equal(world.sent_len, 1);
	expect_sent(&world, 0, IPC__MSG_TYPE__MSG_FILTER_ADD, 2, opened.filter4);
	/* Once for each worker; before the word that the old tunnel is replaced. */
	world_tunnel_open(&world, 2, token, true, true, &opened);
	assert_int_equal(world.sent_len, 2);
	expect_sent(&world, 1, IPC__MSG_TYPE__MSG_SESSION_END, 2, opened.session);
	world_tunnel_open(&world, 1, token, true, true, &opened);
	assert_int_equal(world.sent_len, 4);
	expect_sent(&world, 2, IPC__MSG_TYPE__MSG_FILTER_ADD, 1, opened.filter4);
	expect_sent(&world, 3, IPC__MSG_TYPE__MSG_SESSION_END, 2, opened.session);
	/* Another list for IPv6. */
	assert_non_null(world_login(&world, "bob", "Partners", second));
	world_tunnel_open(&world, 1, second, true, true, &other);
	assert_int_equal(other.filter4, opened.filter4);
	assert_int_not_equal(other.filter6, opened.filter4);
	assert_int_equal(world.sent_len, 5);
	expect_sent(&world, 4, IPC__MSG_TYPE__MSG_FILTER_ADD, 1, other.filter6);
	world_tunnel_open(&world, 3, second, true, true, &other);
	expect_sent(&world, 5, IPC__MSG_TYPE__MSG_FILTER_ADD, 3, other.filter4);
	expect_sent(&world, 6, IPC__MSG_TYPE__MSG_FILTER_ADD, 3, other.filter6);
	world_break(&world);
}

/* Never a tunnel without its filter: refused, and an older tunnel stays. */
static void
test_filter_unsent(void **state)
{
	static struct world world;
	struct world_opened opened = {0};

	(void)state;
	world_make(&world, filter_files, 1);
	assert_non_null(world_login(&world, "alice", "Staff", token));
	world.send_err = ERR_LIMIT;
	world_tunnel_open(&world, 0, token, true, true, &opened);
	assert_int_equal(opened.status, IPC__OPEN_STATUS__OPEN_UNAVAILABLE);
	assert_int_equal(opened.session, 0);
	world.send_err = ERR_OK;
	world_tunnel_open(&world, 0, token, true, true, &opened);
	assert_int_equal(opened.status, IPC__OPEN_STATUS__OPEN_OK);
	struct session *session = session_of(&world, &opened);
	world.send_err = ERR_CLOSED;
	world_tunnel_open(&world, 1, token, true, true, &opened);
	assert_int_equal(opened.status, IPC__OPEN_STATUS__OPEN_UNAVAILABLE);
	assert_int_equal(session->state, SESSION_UP);
	assert_int_equal(session->worker, 0);
	assert_int_equal(world.ends_len, 0);
	world_break(&world);
}

/* A session has the filter of its login over a reload, and the workers forget it with the last such
 * session. */
static void
test_filter_reload(void **state)
{
	static struct world world;
	struct world_opened before = {0}, after = {0}, fresh = {0};
	char second[TOKEN_TEXT_SIZE];
	size_t sent;

	(void)state;
	world_make(&world, filter_files, 1);
	assert_non_null(world_login(&world, "alice", "Staff", token));
	world_tunnel_open(&world, 0, token, true, true, &before);
	world_reload(&world, NULL, 0);
	world_tunnel_open(&world, 1, token, true, true, &after);
	assert_int_equal(after.filter4, before.filter4);
	expect_sent(&world, 1, IPC__MSG_TYPE__MSG_FILTER_ADD, 1, before.filter4);
	assert_non_null(world_login(&world, "bob", "Staff", second));
	world_tunnel_open(&world, 1, second, true, true, &fresh);
	assert_int_equal(fresh.filter4, 0);
	sent = world.sent_len;
	world_tunnel_closed(&world, 1, before.session, IPC__CLOSE_CAUSE__CLOSE_USER_REQUEST, 0, 0);
	assert_int_equal(world.sent_len, sent + 2);
	expect_sent(&world, sent, IPC__MSG_TYPE__MSG_FILTER_FORGET, 0, before.filter4);
	expect_sent(&world, sent + 1, IPC__MSG_TYPE__MSG_FILTER_FORGET, 1, before.filter4);
	world_break(&world);
}

/* auth is restarted: the session has its filter again, under the same name. */
static void
test_filter_restart(void **state)
{
	static struct world world;
	struct world_opened before = {0}, after = {0};

	(void)state;
	world_make(&world, filter_files, 1);
	assert_non_null(world_login(&world, "bob", "Partners", token));
	world_tunnel_open(&world, 0, token, true, true, &before);
	world_restart(&world);
	world_tunnel_event(&world, 0, before.session, IPC__CHANNEL__CHANNEL_TLS, true);
	assert_int_equal(session_of(&world, &before)->filter4, before.filter4);
	world_tunnel_open(&world, 0, token, true, true, &after);
	assert_int_equal(after.filter4, before.filter4);
	assert_int_equal(after.filter6, before.filter6);
	world_break(&world);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_denied),
	    cmocka_unit_test(test_families),
	    cmocka_unit_test(test_no_address),
	    cmocka_unit_test(test_ipv4_exhausted),
	    cmocka_unit_test(test_replace),
	    cmocka_unit_test(test_there_and_back),
	    cmocka_unit_test(test_causes),
	    cmocka_unit_test(test_forged),
	    cmocka_unit_test(test_announced),
	    cmocka_unit_test(test_channels),
	    cmocka_unit_test(test_unsent_answer),
	    cmocka_unit_test(test_logout),
	    cmocka_unit_test(test_many_reconnects),
	    cmocka_unit_test(test_framed),
	    cmocka_unit_test(test_framed_without_pools),
	    cmocka_unit_test(test_filter_first),
	    cmocka_unit_test(test_filter_unsent),
	    cmocka_unit_test(test_filter_reload),
	    cmocka_unit_test(test_filter_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
