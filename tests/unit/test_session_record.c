/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What sessions leave on the disk: nothing that opens a door; and what a clock that jumps does to
 * them, while the process runs and between two. Tunnels that nobody has after all.
 */
#include "tests/unit/auth_help.h"

#include <dirent.h>

#include "auth/radius_profile.h"

static char token[TOKEN_TEXT_SIZE];

/* ---- no secrets ---- */

static void
expect_without(const struct buf *file, const void *secret, size_t len)
{
	assert_null(memmem(file->data, file->len, secret, len));
}

/* The only record there is. */
static void
record_get(const struct world *world, struct buf *out)
{
	DIR *dir = opendir(world->dir);
	char path[512] = "";
	struct dirent *entry;
	FILE *file;
	int c;

	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL)
		if (strstr(entry->d_name, ".session") != NULL)
			snprintf(path, sizeof(path), "%s/%s", world->dir, entry->d_name);
	closedir(dir);
	file = fopen(path, "r");
	assert_non_null(file);
	buf_init(out, 65536);
	while ((c = fgetc(file)) != EOF) {
		char byte = (char)c;

		buf_put(out, &byte, 1);
	}
	assert_int_equal(fclose(file), 0);
}

/* The token in none of its forms; what is compared with is its hash, from which it cannot be had.
 */
static void
test_no_token(void **state)
{
	static struct world world;
	struct world_opened opened = {0};
	struct session *session;
	struct buf file;

	(void)state;
	world_make(&world, NULL, 0);
	session = world_login(&world, "alice", "Staff", token);
	assert_non_null(session);
	world_tunnel_open(&world, 0, token, true, true, &opened);
	store_flush(world.store);
	record_get(&world, &file);
	assert_non_null(memmem(file.data, file.len, session->token_hash, TOKEN_HASH_SIZE));
	/* Eight characters of it are 32 bits or more. */
	for (size_t i = 0; i + 8 <= strlen(token); i++)
		expect_without(&file, token + i, 8);
	expect_without(&file, HELP_HASH, strlen(HELP_HASH));
	buf_fini(&file);
	world_break(&world);
}

/* Of what a server said only what the session needs: no State, no reply, no keys, no passwords. */
static void
test_no_secrets_of_servers(void **state)
{
	static const char *const secrets[] = {"STATE-SECRET", "REPLY-SECRET", "KEYS-SECRET",
	    "TUNNEL-SECRET", "LEAP-SECRET", "OTHER-SECRET"};
	static const uint8_t types[] = {
	    RADIUS_STATE, RADIUS_REPLY_MESSAGE, RADIUS_VENDOR_SPECIFIC, 69, 79, 200};
	static struct world world;
	static struct radius_packet packet;
	struct radius_request request;
	struct session *session;
	struct buf file;

	(void)state;
	radius_request_init(&request, RADIUS_ACCESS_ACCEPT);
	radius_put_str(&request, RADIUS_CLASS, "CLASS-KEPT");
	for (size_t i = 0; i < ARRAY_LEN(secrets); i++) {
		char value[32] = {0, 0, 311 >> 8, 311 & 255, 16, 13}; /* MS-MPPE-Send-Key */
		size_t head = types[i] == RADIUS_VENDOR_SPECIFIC ? 6 : 0;
		size_t len = strlen(secrets[i]);

		memcpy(value + head, secrets[i], len);
		if (head > 0)
			value[5] = (char)(2 + len);
		radius_put(&request, types[i], value, head + len);
	}
	assert_int_equal(request.attrs.err, ERR_OK);
	packet.len = RADIUS_HEADER_SIZE + request.attrs.len;
	packet.data[0] = RADIUS_ACCESS_ACCEPT;
	memcpy(packet.data + RADIUS_HEADER_SIZE, request.attrs.data, request.attrs.len);
	radius_request_fini(&request);

	world_make(&world, NULL, 0);
	session = world_login(&world, "alice", "Staff", token);
	assert_non_null(session);
	assert_int_equal(radius_profile_read(&packet, &session->profiles[0], NULL), ERR_OK);
	session->profiles_len = 1;
	session_save(world.sessions, session);
	store_flush(world.store);
	record_get(&world, &file);
	assert_non_null(memmem(file.data, file.len, "CLASS-KEPT", 10));
	expect_without(&file, "SECRET", 6);
	buf_fini(&file);
	world_break(&world);
}

/* ---- clocks ---- */

static const int64_t hour = 3600;

/* At run time the wall clock counts for nothing. */
static void
test_jumps_at_run_time(void **state)
{
	static struct world world;
	struct world_opened opened = {0};

	(void)state;
	for (int64_t jump = -1000 * hour; jump <= 1000 * hour; jump += 2000 * hour) {
		world_make(&world, NULL, 0);
		assert_non_null(world_login(&world, "alice", "Staff", token));
		world_tunnel_open(&world, 0, token, true, true, &opened);
		world_tunnel_event(&world, 0, opened.session, IPC__CHANNEL__CHANNEL_TLS, true);
		world_pass(10);
		world_tunnel_closed(&world, 0, opened.session, IPC__CLOSE_CAUSE__CLOSE_LOST, 0, 5);
		world_wall_sec += jump;
		world_pass(594);
		session_table_tick(world.sessions);
		assert_non_null(session_find_token(world.sessions, token));
		assert_int_equal(session_idle(session_first(world.sessions)), 599);
		world_pass(1);
		session_table_tick(world.sessions);
		assert_null(session_find_token(world.sessions, token));
		world_break(&world);
	}
}

struct restart {
	int64_t before;  /* jump of the wall clock while the session waits */
	int64_t between; /* jump while no process runs, on top of 30 s that pass */
	uint32_t idle;   /* afterwards */
	uint32_t left;   /* of the session timeout of an hour */
};

/*
 * The session: 100 s up, then 50 s waiting, then 30 s without a process. Jumps at run time change
 * nothing, a step back between processes means that no time has passed, a step forward that all of
 * it has.
 */
static void
test_jumps_and_restart(void **state)
{
	static const struct restart rows[] = {
	    {0, 0, 80, 3600 - 180},
	    {1000 * 3600, 0, 80, 3600 - 180},
	    {-1000 * 3600, 0, 80, 3600 - 180},
	    {0, -1000 * 3600, 50, 3600 - 150},
	    {-1000 * 3600, -1000 * 3600, 50, 3600 - 150},
	    {0, 200, 280, 3600 - 380},
	    {0, 1000 * 3600, 1000 * 3600 + 80, 0},
	};
	static struct world world;
	struct world_opened opened = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct session *session;

		world_make(&world, NULL, 0);
		assert_non_null(world_login(&world, "alice", "Staff", token));
		world_tunnel_open(&world, 0, token, true, true, &opened);
		world_pass(100);
		world_wall_sec += rows[i].before;
		world_pass(50);
		world_tunnel_closed(&world, 0, opened.session, IPC__CLOSE_CAUSE__CLOSE_LOST, 0, 50);
		store_flush(world.store);
		world_close(&world);
		world_pass(30);
		world_wall_sec += rows[i].between;
		world_mono_ms = 7000; /* even of another boot */
		world_open(&world);
		session = session_find_token(world.sessions, token);
		assert_non_null(session);
		assert_int_equal(session_idle(session), rows[i].idle);
		assert_int_equal(session_time_left(session), rows[i].left);
		/* It ends when it has to. */
		session_table_tick(world.sessions);
		assert_int_equal(session_find_token(world.sessions, token) != NULL,
		    rows[i].idle < 600 && rows[i].left > 0);
		world_pass(3600);
		session_table_tick(world.sessions);
		assert_null(session_find_token(world.sessions, token));
		assert_int_equal(world_leased(&world), 0);
		world_break(&world);
	}
}

/* A clock that is set back before every start makes no session live forever. */
static void
test_no_immortals(void **state)
{
	static struct world world;
	struct world_opened opened = {0};
	unsigned restarts = 0;

	(void)state;
	world_make(&world, NULL, 0);
	assert_non_null(world_login(&world, "alice", "Staff", token));
	while (session_find_token(world.sessions, token) != NULL) {
		assert_true(restarts++ < 10);
		world_tunnel_open(&world, 0, token, true, true, &opened);
		world_tunnel_event(&world, 0, opened.session, IPC__CHANNEL__CHANNEL_TLS, true);
		world_pass(500);
		world_tunnel_closed(&world, 0, opened.session, IPC__CLOSE_CAUSE__CLOSE_LOST, 0, 0);
		world_close(&world);
		world_wall_sec -= 100 * hour;
		world_open(&world);
		session_table_tick(world.sessions);
	}
	assert_int_equal(restarts, 8);
	world_break(&world);
}

/* ---- tunnels that are not there ---- */

static void
test_granted_and_never_made(void **state)
{
	static struct world world;
	struct world_opened opened = {0};
	struct session *session;

	(void)state;
	world_make(&world, NULL, 0);
	session = world_login(&world, "alice", "Staff", token);
	assert_non_null(session);
	world_tunnel_open(&world, 3, token, true, true, &opened);
	world_pass(19);
	session_table_tick(world.sessions);
	assert_int_equal(session->state, SESSION_UP);
	world_pass(1);
	session_table_tick(world.sessions);
	assert_int_equal(session->state, SESSION_WAITING);
	assert_int_equal(world_leased(&world), 2);
	/* Its worker was slow only: it has the tunnel after all. */
	world_tunnel_event(&world, 3, opened.session, IPC__CHANNEL__CHANNEL_TLS, true);
	assert_int_equal(session->state, SESSION_UP);
	world_pass(500);
	session_table_tick(world.sessions);
	assert_int_equal(session->state, SESSION_UP);
	/* Another tunnel is granted in its place, and not made either. */
	world_tunnel_open(&world, 4, token, true, true, &opened);
	world_pass(20);
	session_table_tick(world.sessions);
	assert_int_equal(session->state, SESSION_WAITING);
	world_pass(580);
	session_table_tick(world.sessions);
	assert_null(session_find_token(world.sessions, token));
	assert_int_equal(world_leased(&world), 0);
	world_break(&world);
}

/* The service stops for good: whatever state they are in, none is left, in memory or on the disk.
 */
static void
test_end_all(void **state)
{
	static struct world world;
	struct world_opened opened = {0};
	char other[TOKEN_TEXT_SIZE];

	(void)state;
	world_make(&world, NULL, 0);
	assert_non_null(world_login(&world, "alice", "Staff", token));
	world_tunnel_open(&world, 0, token, true, true, &opened);
	assert_non_null(world_login(&world, "bob", "Staff", other));
	world_tunnel_open(&world, 1, other, true, true, &opened);
	world_tunnel_closed(&world, 1, opened.session, IPC__CLOSE_CAUSE__CLOSE_LOST, 0, 0);
	assert_non_null(world_login(&world, "bob", "Staff", other));
	session_table_end_all(world.sessions, IPC__CLOSE_CAUSE__CLOSE_SHUTDOWN);
	assert_int_equal(session_table_len(world.sessions), 0);
	assert_int_equal(world_leased(&world), 0);
	world_restart(&world);
	assert_int_equal(session_table_len(world.sessions), 0);
	world_break(&world);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_no_token),
	    cmocka_unit_test(test_no_secrets_of_servers),
	    cmocka_unit_test(test_jumps_at_run_time),
	    cmocka_unit_test(test_jumps_and_restart),
	    cmocka_unit_test(test_no_immortals),
	    cmocka_unit_test(test_granted_and_never_made),
	    cmocka_unit_test(test_end_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
