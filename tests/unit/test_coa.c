/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auth/coa*.c: which requests are believed, which sessions they mean, what they change and what is
 * answered. Requests are signed as a server would; lists to be fetched come from the test.
 */
#include "tests/unit/coa_help.h"

/* ---- access lists ---- */

static struct {
	dacl_done_fn done;
	void *arg;
	char name[64];
	enum err err;
	unsigned cancelled;
} fetching;

enum err
dacl_fetch(struct dacl_cache *cache, const char *group, const struct ip_addr *server,
    const struct ip_addr *nas, const char *name, dacl_done_fn done, void *arg,
    struct dacl_wait **wait)
{
	(void)cache;
	assert_string_equal(group, "RAD");
	assert_int_equal(server->bytes[3], 1);
	assert_int_equal(nas->bytes[3], 254);
	if (fetching.err != ERR_OK)
		return fetching.err;
	fetching.done = done;
	fetching.arg = arg;
	snprintf(fetching.name, sizeof(fetching.name), "%s", name);
	*wait = (struct dacl_wait *)&fetching;
	return ERR_OK;
}

void
dacl_cancel(struct dacl_wait *wait)
{
	assert_ptr_equal(wait, &fetching);
	fetching.cancelled++;
}

/* ---- asking ---- */

static struct coa_world cw;
static struct radius_packet last;

/* "T=text" of type T, "T#number", "T@address", or an av-pair as it is; NULL ends them. */
static void
put(struct radius_request *request, const char *text)
{
	unsigned type = 0;
	int at = 0;
	struct ip_addr addr;

	if (sscanf(text, "%u%n", &type, &at) != 1)
		coa_avpair(request, text);
	else if (text[at] == '=')
		radius_put_str(request, (uint8_t)type, text + at + 1);
	else if (text[at] == '#')
		radius_put_u32(request, (uint8_t)type, (uint32_t)strtoul(text + at + 1, NULL, 10));
	else if (ip_parse(text + at + 1, &addr) == ERR_OK)
		radius_put_ip(request, (uint8_t)type, &addr);
	else
		fail_msg("what is %s?", text);
}

static unsigned
ask_from(uint8_t from, const char *key, enum radius_code code, const char *const *attrs)
{
	struct radius_request request;
	unsigned before = cw.answers;
	char text[128];

	radius_request_init(&request, code);
	for (; *attrs != NULL; attrs++) {
		if (strcmp(*attrs, "BOB") == 0) {
			snprintf(text, sizeof(text), "audit-session-id=%s", cw.bob->audit_id);
			put(&request, text);
		} else {
			put(&request, *attrs);
		}
	}
	coa_send(&cw, &request, from, key, &last);
	return coa_cause_of(&cw, before);
}

#define ASK(code, ...)                                                                             \
	ask_from(1, COA_SECRET, RADIUS_##code##_REQUEST, (const char *const[]){__VA_ARGS__, NULL})

static int
setup(void **state)
{
	static const struct log_config quiet = {.level = LOG_CRIT};

	(void)state;
	log_configure(&quiet);
	memset(&fetching, 0, sizeof(fetching));
	coa_world_make(&cw, (struct dacl_cache *)&fetching);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	coa_world_end(&cw);
	return 0;
}

/* ---- what is refused ---- */

static const struct {
	enum radius_code code;
	const char *attrs[4];
	unsigned cause;
} answers[] = {
    {RADIUS_COA_REQUEST, {"BOB"}, 0},
    {RADIUS_COA_REQUEST, {"BOB", "coa-push=true"}, 0},
    {RADIUS_COA_REQUEST, {"BOB", "27#100"}, 0},
    {RADIUS_COA_REQUEST, {"BOB", "1=bob", "27#100"}, 0},
    {RADIUS_COA_REQUEST, {"BOB", "1=alice", "27#100"}, COA_NO_SESSION},
    {RADIUS_COA_REQUEST, {"8@192.168.100.103", "27#100"}, 0},
    {RADIUS_COA_REQUEST, {"8@192.168.100.104", "27#100"}, COA_NO_SESSION},
    {RADIUS_COA_REQUEST, {"168@fd00::1", "27#100"}, COA_NO_SESSION},
    {RADIUS_COA_REQUEST, {"31=192.0.2.3", "27#100"}, 0},
    {RADIUS_COA_REQUEST, {"31=192.0.2.33", "27#100"}, COA_NO_SESSION},
    {RADIUS_COA_REQUEST, {"31=someone", "27#100"}, COA_NO_SESSION},
    {RADIUS_COA_REQUEST, {"44=0000000000000000", "27#100"}, COA_NO_SESSION},
    {RADIUS_COA_REQUEST, {"5#99", "27#100"}, COA_NO_SESSION},
    {RADIUS_COA_REQUEST, {"BOB", "4@192.0.2.254", "27#100"}, 0},
    {RADIUS_COA_REQUEST, {"BOB", "4@192.0.2.253", "27#100"}, COA_OTHER_NAS},
    {RADIUS_COA_REQUEST, {"27#100"}, COA_MISSING_ATTRIBUTE},
    {RADIUS_COA_REQUEST, {"coa-push=true"}, COA_MISSING_ATTRIBUTE},
    {RADIUS_COA_REQUEST, {"BOB", "audit-session-id=00", "27#100"}, COA_INVALID_REQUEST},
    {RADIUS_COA_REQUEST, {"1=bob", "1=alice", "27#100"}, COA_INVALID_REQUEST},
    {RADIUS_COA_REQUEST, {"8=abc", "27#100"}, COA_INVALID_REQUEST},
    {RADIUS_COA_REQUEST, {"1=alice", "27#100"}, COA_MANY_SESSIONS},
    {RADIUS_COA_REQUEST, {"BOB", "6#17"}, COA_UNSUPPORTED_SERVICE},
    {RADIUS_COA_REQUEST, {"BOB", "12#1400"}, COA_UNSUPPORTED_ATTRIBUTE},
    {RADIUS_COA_REQUEST, {"BOB", "url-redirect=x"}, COA_UNSUPPORTED_ATTRIBUTE},
    {RADIUS_COA_REQUEST, {"BOB", "subscriber:command=reauthenticate"}, COA_UNSUPPORTED_EXTENSION},
    {RADIUS_COA_REQUEST, {"BOB", "11=nobody-has-it"}, COA_INVALID_VALUE},
    {RADIUS_COA_REQUEST, {"BOB", "25=OU=NoSuchPolicy;"}, COA_INVALID_VALUE},
    {RADIUS_COA_REQUEST, {"BOB", "27=abc"}, COA_INVALID_VALUE},
    {RADIUS_COA_REQUEST, {"BOB", "ip:inacl#1=permit tcp any"}, COA_INVALID_VALUE},
    {RADIUS_DISCONNECT_REQUEST, {"27#100"}, COA_MISSING_ATTRIBUTE},
    {RADIUS_DISCONNECT_REQUEST, {"1=nobody"}, COA_NO_SESSION},
    {RADIUS_DISCONNECT_REQUEST, {"BOB", "6#17"}, COA_UNSUPPORTED_SERVICE},
    {RADIUS_DISCONNECT_REQUEST, {"BOB", "4@10.1.1.1"}, COA_OTHER_NAS},
};

static void
every_answer(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		unsigned updates = cw.updates;
		unsigned cause = ask_from(1, COA_SECRET, answers[i].code, answers[i].attrs);

		if (cause != answers[i].cause)
			fail_msg("case %zu (%s, %s): expected %u, got %u", i, answers[i].attrs[0],
			    answers[i].attrs[1], answers[i].cause, cause);
		if (cause != 0 && cw.updates != updates)
			fail_msg("case %zu: refused, and changed all the same", i);
	}
	assert_int_equal(cw.world.ends_len, 0);
}

static void
who_is_not_believed(void **state)
{
	const char *const attrs[] = {"BOB", NULL};
	uint8_t bytes[64] = {RADIUS_DISCONNECT_REQUEST};
	struct coa_path path = coa_path_from(1, 5000);

	(void)state;
	/* Unknown source, a host without a key, one of a group that may not, wrong secret, no
	 * Message-Authenticator where one is required. */
	assert_int_equal(ask_from(9, COA_SECRET, RADIUS_DISCONNECT_REQUEST, attrs), 1);
	assert_int_equal(ask_from(3, COA_SECRET, RADIUS_DISCONNECT_REQUEST, attrs), 1);
	assert_int_equal(ask_from(4, "x", RADIUS_DISCONNECT_REQUEST, attrs), 1);
	assert_int_equal(cw.coa->drops[COA_DROP_SOURCE], 3);
	assert_int_equal(ask_from(1, "wrong", RADIUS_DISCONNECT_REQUEST, attrs), 1);
	assert_int_equal(ask_from(2, COA_SECRET, RADIUS_DISCONNECT_REQUEST, attrs), 1);
	/* Other codes, and no packets at all. */
	assert_int_equal(ask_from(1, COA_SECRET, RADIUS_ACCOUNTING_REQUEST, attrs), 1);
	for (size_t len = 0; len < sizeof(bytes); len++)
		coa_receive(cw.coa, &path, COA_PORT, bytes, len);
	assert_int_equal(cw.coa->drops[COA_DROP_PACKET], 3 + sizeof(bytes));
	assert_int_equal(cw.answers, 0);
	assert_int_equal(cw.world.ends_len, 0);
	/* The same address with the key of its other group, at that group's port. */
	assert_int_equal(ask_from(1, "another", RADIUS_DISCONNECT_REQUEST, attrs), 1);
	cw.port = 1701;
	assert_int_equal(ask_from(1, COA_SECRET, RADIUS_DISCONNECT_REQUEST, attrs), 1);
	assert_int_equal(ask_from(1, "another", RADIUS_DISCONNECT_REQUEST, attrs), 0);
	/* A port that nobody asks at. */
	coa_receive(cw.coa, &path, 1702, last.data, last.len);
	assert_int_equal(cw.coa->drops[COA_DROP_SOURCE], 4);
}

static void
age(void **state)
{
	static const struct {
		int off;
		unsigned cause;
	} times[] = {{0, 0}, {-300, 0}, {300, 0}, {-301, 1}, {301, 1}, {-100000, 1}};
	char text[32];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		snprintf(text, sizeof(text), "55#%ld", (long)world_wall_sec + times[i].off);
		assert_int_equal(ASK(COA, "BOB", text), times[i].cause);
	}
	assert_int_equal(cw.coa->drops[COA_DROP_AGE], 3);
}

static void
replay(void **state)
{
	uint8_t first[RADIUS_PACKET_MAX];
	struct coa_path path = coa_path_from(1, 6000);
	size_t len;

	(void)state;
	assert_int_equal(ASK(COA, "BOB", "27#100"), 0);
	len = cw.answer_len;
	memcpy(first, cw.answer, len);
	assert_int_equal(cw.updates, 1);
	/* From another port, too. */
	coa_receive(cw.coa, &path, COA_PORT, last.data, last.len);
	assert_int_equal(cw.answers, 2);
	assert_int_equal(cw.answer_len, len);
	assert_memory_equal(cw.answer, first, len);
	assert_int_equal(cw.updates, 1);
	/* Within what an Event-Timestamp allows, in any case. */
	world_pass(599);
	coa_receive(cw.coa, &path, COA_PORT, last.data, last.len);
	assert_int_equal(cw.answers, 3);
	assert_int_equal(cw.updates, 1);
}

static void
rate(void **state)
{
	(void)state;
	for (unsigned i = 0; i < COA_RATE; i++)
		assert_int_equal(ASK(COA, "1=nobody"), COA_NO_SESSION);
	assert_int_equal(ASK(COA, "1=nobody"), 1);
	assert_int_equal(cw.coa->drops[COA_DROP_RATE], 1);
	world_pass(1);
	assert_int_equal(ASK(COA, "1=nobody"), COA_NO_SESSION);
}

static void
replays_are_bounded(void **state)
{
	char text[32];

	(void)state;
	for (unsigned i = 0; i < COA_REPLAY_MAX + 100; i++) {
		if (i % COA_RATE == 0)
			world_mono_ms += 1000;
		snprintf(text, sizeof(text), "1=nobody%u", i);
		assert_int_equal(ASK(COA, text), COA_NO_SESSION);
		assert_true(HASH_COUNT(cw.coa->replays) <= COA_REPLAY_MAX);
	}
	world_pass(2 * COA_REPLAY_SEC);
	assert_int_equal(ASK(COA, "1=nobody"), COA_NO_SESSION);
	assert_int_equal(HASH_COUNT(cw.coa->replays), 1);
}

/* ---- what is done ---- */

static void
disconnects(void **state)
{
	uint64_t bob = cw.bob->id, alice = cw.alice[0]->id, other = cw.alice[1]->id;
	char id[64] = "44=";

	(void)state;
	assert_int_equal(ASK(DISCONNECT, "BOB"), 0);
	assert_int_equal(cw.world.ends_len, 1);
	assert_int_equal(cw.world.ends[0].session, bob);
	assert_int_equal(cw.world.ends[0].cause, IPC__CLOSE_CAUSE__CLOSE_ADMIN);
	assert_true(cw.world.ends[0].notify);
	/* It is ending: there is nothing to end any more. */
	assert_int_equal(ASK(DISCONNECT, "BOB"), COA_NO_SESSION);
	assert_int_equal(ASK(COA, "BOB", "27#1"), COA_NO_SESSION);
	/* Both of alice's have this gateway; only her name means both. */
	assert_int_equal(ASK(DISCONNECT, "1=alice", "31=192.0.2.2"), 0);
	assert_int_equal(cw.world.ends[1].session, other);
	cw.alice[1] = coa_session(&cw, "alice", 4);
	other = cw.alice[1]->id;
	assert_int_equal(ASK(DISCONNECT, "1=alice"), 0);
	assert_int_equal(cw.world.ends_len, 4);
	assert_int_equal(cw.world.ends[2].session, alice);
	assert_int_equal(cw.world.ends[3].session, other);
	/* As accounting names it. */
	cw.bob = coa_session(&cw, "bob", 5);
	accounting_session_id(cw.bob, id + 3);
	assert_int_equal(ASK(DISCONNECT, id), 0);
	assert_int_equal(cw.world.ends[4].session, cw.bob->id);
}

static void
many_without_a_name(void **state)
{
	struct session *third = coa_session(&cw, "bob", 6);

	(void)state;
	third->facts.client.addr.bytes[3] = 3;
	assert_int_equal(ASK(DISCONNECT, "31=192.0.2.3"), COA_MANY_SESSIONS);
	assert_int_equal(cw.world.ends_len, 0);
	assert_int_equal(ASK(DISCONNECT, "31=192.0.2.3", "1=bob"), 0);
	assert_int_equal(cw.world.ends_len, 2);
}

/* The last things that workers were sent: filters before the session has them. */
static bool
was_sent(uint64_t filter)
{
	for (size_t i = 0; i < cw.world.sent_len; i++)
		if (cw.world.sent[i].type == IPC__MSG_TYPE__MSG_FILTER_ADD &&
		    cw.world.sent[i].id == filter && cw.world.sent[i].worker == 1)
			return true;
	return false;
}

static void
other_filters(void **state)
{
	uint64_t before = cw.bob->filter4, lines;

	(void)state;
	assert_int_not_equal(before, 0);
	assert_int_equal(
	    ASK(COA, "BOB", "ip:inacl#2=deny ip any any", "ip:inacl#1=permit icmp any any"), 0);
	lines = cw.bob->filter4;
	assert_int_not_equal(lines, before);
	assert_int_equal(cw.bob->filter6, lines);
	assert_true(was_sent(lines));
	assert_int_equal(cw.updates, 1);
	assert_int_equal(cw.update.session, cw.bob->id);
	assert_int_equal(cw.update.filter4, lines);
	assert_int_equal(cw.update.filter6, lines);
	assert_int_equal(cw.update.idle_timeout, 600);
	/* A named one takes their place, and they go. */
	assert_int_equal(ASK(COA, "BOB", "11=G"), 0);
	assert_int_not_equal(cw.bob->filter4, lines);
	assert_int_equal(cw.bob->profiles[0]->n_ace, 0);
	assert_int_equal(filters_send(cw.world.filters, 1, lines), ERR_NOTFOUND);
	/* One that is wrong changes nothing. */
	lines = cw.bob->filter4;
	assert_int_equal(ASK(COA, "BOB", "ip:inacl#1=nonsense"), COA_INVALID_VALUE);
	assert_int_equal(cw.bob->filter4, lines);
	assert_int_equal(cw.bob->profiles[0]->n_ace, 0);
	/* The worker cannot be told: the same. */
	cw.world.send_err = ERR_LIMIT;
	assert_int_equal(ASK(COA, "BOB", "ip:inacl#1=permit tcp any any"), COA_NO_RESOURCES);
	assert_int_equal(cw.bob->filter4, lines);
	assert_int_equal(cw.updates, 2);
	/* It is gone: nothing is up there. */
	cw.world.send_err = ERR_CLOSED;
	assert_int_equal(ASK(COA, "BOB", "ip:inacl#1=permit tcp any any"), 0);
	cw.world.send_err = ERR_OK;
}

static void
policy_and_timeouts(void **state)
{
	(void)state;
	assert_int_equal(ASK(COA, "BOB", "27#3600", "28#77"), 0);
	assert_int_equal(cw.bob->limits.session_sec, 3600);
	assert_int_equal(cw.bob->limits.idle_sec, 77);
	assert_int_equal(cw.update.session_remaining, 3600);
	assert_int_equal(cw.update.idle_timeout, 77);
	assert_int_not_equal(cw.update.filter4, 0);
	assert_int_equal(ASK(COA, "BOB", "25=OU=Partners;"), 0);
	assert_string_equal(cw.bob->group_policy, "Partners");
	/* It has no filter; that of the tunnel group's default policy behind it is still there. */
	assert_int_not_equal(cw.bob->filter4, 0);
	assert_int_equal(cw.bob->limits.idle_sec, 77); /* his own counts before it */
	/* A time that is over: the worker must not take it for none. */
	world_pass(100);
	assert_int_equal(ASK(COA, "BOB", "27#50"), 0);
	assert_int_equal(cw.update.session_remaining, 1);
	/* Not up: nobody is told, it counts all the same. */
	session_wait(cw.world.sessions, cw.bob);
	unsigned updates = cw.updates;
	assert_int_equal(ASK(COA, "BOB", "28#99"), 0);
	assert_int_equal(cw.updates, updates);
	assert_int_equal(cw.bob->limits.idle_sec, 99);
}

static void
changes_are_in_the_record(void **state)
{
	struct session *session;
	uint64_t id = cw.bob->id, filter;

	(void)state;
	assert_int_equal(ASK(COA, "BOB", "ip:inacl#1=permit icmp any any", "28#77"), 0);
	filter = cw.bob->filter4;
	coa_free(cw.coa);
	cw.coa = NULL;
	world_restart(&cw.world);
	session = session_find(cw.world.sessions, id);
	assert_non_null(session);
	assert_int_equal(session->filter4, filter);
	assert_int_equal(session->filter6, filter);
	assert_int_equal(session->limits.idle_sec, 77);
}

static void
downloads(void **state)
{
	static char *const lines[] = {(char *)"permit icmp any any", (char *)"deny ip any any"};
	const char *list = "ACS:CiscoSecure-Defined-ACL=#ACSACL#-IP-A-1";
	uint64_t before = cw.bob->filter4;
	struct coa_path path = coa_path_from(1, 5000);

	(void)state;
	assert_int_equal(ASK(COA, "BOB", list), 1);
	assert_string_equal(fetching.name, "#ACSACL#-IP-A-1");
	/* Asked again while it is under way: once is enough. */
	coa_receive(cw.coa, &path, COA_PORT, last.data, last.len);
	assert_int_equal(cw.coa->waiting_len, 1);
	fetching.done(ERR_OK, lines, 2, fetching.arg);
	assert_int_equal(cw.answers, 1);
	assert_int_equal(cw.answer[0], RADIUS_COA_ACK);
	assert_int_not_equal(cw.bob->filter4, before);
	assert_int_equal(cw.coa->waiting_len, 0);
	/* It cannot be had. */
	before = cw.bob->filter4;
	assert_int_equal(ASK(COA, "BOB", list), 1);
	fetching.done(ERR_TIMEOUT, NULL, 0, fetching.arg);
	assert_int_equal(coa_cause_of(&cw, 1), COA_NO_RESOURCES);
	fetching.err = ERR_NOTFOUND;
	assert_int_equal(ASK(COA, "BOB", list), COA_NO_RESOURCES);
	fetching.err = ERR_OK;
	assert_int_equal(cw.bob->filter4, before);
	/* The session ends meanwhile. */
	assert_int_equal(ASK(COA, "BOB", list), 1);
	session_end(cw.world.sessions, cw.bob, IPC__CLOSE_CAUSE__CLOSE_ADMIN);
	fetching.done(ERR_OK, lines, 2, fetching.arg);
	assert_int_equal(coa_cause_of(&cw, 3), COA_NO_SESSION);
	/* And we end meanwhile. */
	assert_int_equal(ASK(COA, "1=alice", "31=192.0.2.1", list), 1);
	coa_free(cw.coa);
	cw.coa = NULL;
	assert_int_equal(fetching.cancelled, 1);
}

static void
proxies(void **state)
{
	(void)state;
	assert_int_equal(ASK(DISCONNECT, "1=nobody", "33=first", "33=second"), COA_NO_SESSION);
	/* Error-Cause, then both as they came. */
	assert_memory_equal(cw.answer + RADIUS_HEADER_SIZE + 6,
	    "\x21\x07"
	    "first\x21\x08"
	    "second",
	    15);
	assert_int_equal(cw.answer[1], last.data[1]);
}

static void
another_configuration(void **state)
{
	const struct world_file none[] = {{"aaa.conf", ""}, coa_files[1], coa_files[2]};

	(void)state;
	world_reload(&cw.world, none, ARRAY_LEN(none));
	coa_use(cw.coa, cw.world.conf);
	assert_int_equal(ASK(DISCONNECT, "BOB"), 1);
	assert_null(cw.coa->listeners);
	world_reload(&cw.world, coa_files, ARRAY_LEN(coa_files));
	coa_use(cw.coa, cw.world.conf);
	assert_int_equal(ASK(DISCONNECT, "BOB"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(every_answer),
	    TEST(who_is_not_believed),
	    TEST(age),
	    TEST(replay),
	    TEST(rate),
	    TEST(replays_are_bounded),
	    TEST(disconnects),
	    TEST(many_without_a_name),
	    TEST(other_filters),
	    TEST(policy_and_timeouts),
	    TEST(changes_are_in_the_record),
	    TEST(downloads),
	    TEST(proxies),
	    TEST(another_configuration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
