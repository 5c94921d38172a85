/* SPDX-License-Identifier: Apache-2.0 */
/* Who sees what: kinds, levels, addresses; lines of a connection held back until its user is named;
 * and that nothing is left when a watcher goes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "auth/trace_desk.h"
#include "common/clock.h"
#include "common/trace.h"

#define SEEN_MAX 262144

static uint64_t now_ms;
static struct trace_desk *desk;
static struct {
	unsigned told;
	size_t kinds, addresses;
	uint32_t levels[TRACE_KINDS];
} watch;

/* A watcher of the test: what he has seen, lines joined by '|'. */
struct eyes {
	char seen[SEEN_MAX];
	bool slow;
};
static struct eyes eyes[TRACE_DESK_WATCHERS_MAX + 1];

static uint64_t
mono(void)
{
	return now_ms;
}

static void
on_tell(const Ipc__TraceWatch *msg, void *arg)
{
	(void)arg;
	watch.told++;
	watch.kinds = msg->n_kind;
	watch.addresses = msg->n_address;
	memset(watch.levels, 0, sizeof(watch.levels));
	assert_int_equal(msg->n_kind, msg->n_level);
	for (size_t i = 0; i < msg->n_kind; i++)
		watch.levels[msg->kind[i]] = msg->level[i];
}

static bool
on_line(const char *line, void *arg)
{
	struct eyes *e = arg;
	size_t len = strlen(e->seen);

	if (e->slow)
		return false;
	assert_true(len + strlen(line) + 2 < SEEN_MAX);
	(void)snprintf(e->seen + len, SEEN_MAX - len, "%s|", line);
	return true;
}

static int
setup(void **state)
{
	(void)state;
	memset(&watch, 0, sizeof(watch));
	memset(eyes, 0, sizeof(eyes));
	now_ms = 5000000;
	clock_set_source(mono, NULL);
	desk = trace_desk_new(on_tell, NULL);
	return desk != NULL ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	trace_desk_free(desk);
	clock_set_source(NULL, NULL);
	return 0;
}

static enum err
try_join(struct eyes *who, Ipc__TraceKind kind, uint32_t level, const char *user, const char *ip)
{
	Ipc__CtlTrace msg = IPC__CTL_TRACE__INIT;
	struct ip_addr addr = {0};

	msg.kind = &kind;
	msg.level = &level;
	msg.n_kind = msg.n_level = 1;
	msg.username = (char *)user;
	if (ip != NULL)
		assert_int_equal(ip_parse(ip, &addr), ERR_OK);
	msg.address.data = addr.bytes;
	msg.address.len = ip_len(&addr);
	return trace_desk_join(desk, &msg, on_line, who);
}

/* As above; what greets him is forgotten. */
static void
join(struct eyes *who, Ipc__TraceKind kind, uint32_t level, const char *user, const char *ip)
{
	assert_int_equal(try_join(who, kind, level, user, ip), ERR_OK);
	who->seen[0] = '\0';
}

static void
say_of(Ipc__TraceKind kind, uint32_t level, const char *ip, uint16_t port, const char *user,
    const char *text)
{
	Ipc__Trace trace = IPC__TRACE__INIT;
	struct ip_addr addr = {0};

	if (ip != NULL)
		assert_int_equal(ip_parse(ip, &addr), ERR_OK);
	trace.kind = kind;
	trace.level = level;
	trace.client_ip.data = addr.bytes;
	trace.client_ip.len = ip_len(&addr);
	trace.client_port = port;
	trace.username = (char *)user;
	trace.text = (char *)text;
	trace_desk_take(desk, &trace);
}

static void
say(uint16_t port, const char *text)
{
	say_of(TRACE_XML, 1, "192.0.2.1", port, "", text);
}

static void
name(uint16_t port, const char *user)
{
	say_of(IPC__TRACE_KIND__TRACE_NONE, 1, "192.0.2.1", port, user, "");
}

/* ---- kinds, levels, addresses ---- */

static void
test_union(void **state)
{
	(void)state;
	join(&eyes[0], TRACE_XML, 5, "", "192.0.2.1");
	assert_int_equal(watch.addresses, 1);
	join(&eyes[1], TRACE_XML, 7, "", "192.0.2.2");
	assert_int_equal(watch.addresses, 2);
	join(&eyes[2], TRACE_CA, 1, "bob", NULL);
	assert_int_equal(watch.told, 3);
	assert_int_equal(watch.kinds, 2);
	assert_int_equal(watch.levels[TRACE_XML], 7);
	assert_int_equal(watch.levels[TRACE_CA], 1);
	assert_int_equal(watch.addresses, 0);
	trace_desk_leave(desk, &eyes[1]);
	assert_int_equal(watch.levels[TRACE_XML], 5);
	trace_desk_leave(desk, &eyes[2]);
	assert_int_equal(watch.addresses, 1);
	trace_desk_leave(desk, &eyes[0]);
	assert_int_equal(watch.kinds, 0);
	assert_int_equal(watch.told, 6);
	trace_desk_leave(desk, &eyes[0]);
	assert_int_equal(watch.told, 6);
	assert_false(trace_desk_is_watched(desk));
	say(1, "nobody sees this");
	assert_string_equal(eyes[0].seen, "");
}

static void
test_filters(void **state)
{
	(void)state;
	join(&eyes[0], TRACE_XML, 2, "", NULL);
	join(&eyes[1], TRACE_XML, 1, "", "192.0.2.1");
	join(&eyes[2], TRACE_SSL, 255, "", NULL);
	say_of(TRACE_XML, 1, "192.0.2.1", 1, "", "one\ntwo");
	say_of(TRACE_XML, 2, "192.0.2.1", 1, "", "deep");
	say_of(TRACE_XML, 3, "192.0.2.1", 1, "", "deeper");
	say_of(TRACE_XML, 1, "192.0.2.2", 1, "", "other");
	say_of(TRACE_SSL, 9, NULL, 0, "", "no client");
	assert_string_equal(eyes[0].seen, "one|two|deep|other|");
	assert_string_equal(eyes[1].seen, "one|two|");
	assert_string_equal(eyes[2].seen, "no client|");
}

static void
test_greeting(void **state)
{
	(void)state;
	assert_int_equal(try_join(&eyes[0], TRACE_CA, 255, "alice", "2001:db8::1"), ERR_OK);
	assert_string_equal(eyes[0].seen, "debug crypto ca enabled at level 255|debug condition "
					  "user alice|debug condition address "
					  "2001:db8::1|");
}

/* ---- one user ---- */

static void
test_user(void **state)
{
	(void)state;
	join(&eyes[0], TRACE_XML, 1, "alice", NULL);
	say(1, "a1");
	say(2, "b1");
	say(1, "a2");
	assert_string_equal(eyes[0].seen, "");
	name(2, "bob");
	say(2, "b2");
	assert_string_equal(eyes[0].seen, "");
	name(1, "Alice");
	assert_string_equal(eyes[0].seen, "a1|a2|");
	say(1, "a3");
	say(2, "b3");
	say_of(TRACE_XML, 1, "192.0.2.1", 0, "alice", "radius");
	say_of(TRACE_XML, 1, "192.0.2.1", 0, "bob", "radius of bob");
	say_of(TRACE_XML, 1, NULL, 0, "", "nobody's");
	assert_string_equal(eyes[0].seen, "a1|a2|a3|radius|");
}

/* Only what he wants, also of what was held back for somebody who wants more. */
static void
test_user_levels(void **state)
{
	(void)state;
	join(&eyes[0], TRACE_XML, 1, "alice", NULL);
	join(&eyes[1], TRACE_XML, 2, "alice", NULL);
	join(&eyes[2], TRACE_XML, 2, "alice", "192.0.2.9");
	say_of(TRACE_XML, 1, "192.0.2.1", 1, "", "one");
	say_of(TRACE_XML, 2, "192.0.2.1", 1, "", "two");
	name(1, "alice");
	assert_string_equal(eyes[0].seen, "one|");
	assert_string_equal(eyes[1].seen, "one|two|");
	assert_string_equal(eyes[2].seen, "");
}

/* A client that comes again with a certificate: its first connection is shown, too, unless it was
 * somebody's, or went on meanwhile. */
static void
test_connections(void **state)
{
	(void)state;
	join(&eyes[0], TRACE_XML, 1, "alice", NULL);
	say(1, "first");
	say(3, "still open");
	say(2, "second");
	say(3, "goes on");
	name(2, "alice");
	assert_string_equal(eyes[0].seen, "first|second|");
	name(3, "bob");
	say(4, "abandoned");
	say(5, "bob again");
	name(5, "bob");
	say(6, "alice again");
	name(6, "alice");
	assert_string_equal(eyes[0].seen, "first|second|alice again|");
}

/* Somebody else fails on the connection first. */
static void
test_renamed(void **state)
{
	(void)state;
	join(&eyes[0], TRACE_XML, 1, "alice", NULL);
	say(1, "form");
	name(1, "bob");
	say(1, "failed");
	assert_string_equal(eyes[0].seen, "");
	name(1, "alice");
	say(1, "works");
	assert_string_equal(eyes[0].seen, "failed|works|");
	name(1, "");
	say(1, "a new connection from the same port");
	assert_string_equal(eyes[0].seen, "failed|works|");
}

/* ---- bounds ---- */

static void
test_held_bounds(void **state)
{
	static char text[10001];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	join(&eyes[0], TRACE_XML, 1, "alice", NULL);
	for (unsigned i = 0; i < 100; i++)
		say(1, text);
	assert_true(trace_desk_held(desk) <= TRACE_DESK_VISIT_BYTES);
	assert_true(trace_desk_held(desk) > TRACE_DESK_VISIT_BYTES / 2);
	for (unsigned port = 2; port < 1000; port++)
		for (unsigned i = 0; i < 5; i++)
			say((uint16_t)port, text);
	assert_true(trace_desk_held(desk) <= TRACE_DESK_BYTES);
	now_ms += (uint64_t)TRACE_DESK_AGE_SEC * 1000 + 1;
	trace_desk_tick(desk);
	assert_int_equal(trace_desk_held(desk), 0);
	say(1, "x");
	assert_true(trace_desk_held(desk) > 0);
	trace_desk_leave(desk, &eyes[0]);
	assert_int_equal(trace_desk_held(desk), 0);
}

static void
test_lost_is_told(void **state)
{
	static char text[30001];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	join(&eyes[0], TRACE_XML, 1, "alice", NULL);
	say(1, "small");
	for (unsigned i = 0; i < 9; i++)
		say(1, text);
	name(1, "alice");
	assert_memory_equal(eyes[0].seen, "small|xxx", 9);
	assert_non_null(
	    strstr(eyes[0].seen, "x|(5 trace events left out: too many were held back)|"));
	assert_int_equal(trace_desk_held(desk), 0);
}

static void
test_slow_is_told(void **state)
{
	(void)state;
	join(&eyes[0], TRACE_XML, 1, "", NULL);
	eyes[0].slow = true;
	say(1, "one\ntwo");
	say(1, "three");
	eyes[0].slow = false;
	say(1, "seen");
	assert_string_equal(eyes[0].seen, "(3 lines left out: this terminal is too slow)|seen|");
}

static void
test_dropped_is_told(void **state)
{
	Ipc__Trace trace = IPC__TRACE__INIT;

	(void)state;
	join(&eyes[0], TRACE_XML, 1, "", NULL);
	trace.kind = TRACE_XML;
	trace.level = 1;
	trace.text = (char *)"x";
	trace.dropped = 12;
	trace_desk_take(desk, &trace);
	assert_string_equal(eyes[0].seen, "(12 trace events left out: too many at one time)|x|");
}

static void
test_watchers_max(void **state)
{
	(void)state;
	for (size_t i = 0; i < TRACE_DESK_WATCHERS_MAX; i++)
		join(&eyes[i], TRACE_XML, 1, "", NULL);
	assert_int_equal(
	    try_join(&eyes[TRACE_DESK_WATCHERS_MAX], TRACE_XML, 1, "", NULL), ERR_FULL);
	trace_desk_leave(desk, &eyes[3]);
	assert_int_equal(try_join(&eyes[TRACE_DESK_WATCHERS_MAX], TRACE_XML, 1, "", NULL), ERR_OK);
}

/* ---- nonsense ---- */

static void
test_bad_requests(void **state)
{
	Ipc__CtlTrace msg = IPC__CTL_TRACE__INIT;
	char long_name[TRACE_NAME_MAX + 1];

	(void)state;
	memset(long_name, 'x', TRACE_NAME_MAX);
	long_name[TRACE_NAME_MAX] = '\0';
	assert_int_equal(trace_desk_join(desk, &msg, on_line, &eyes[0]), ERR_SYNTAX);
	assert_int_equal(try_join(&eyes[0], TRACE_XML, 0, "", NULL), ERR_SYNTAX);
	assert_int_equal(try_join(&eyes[0], TRACE_XML, 256, "", NULL), ERR_SYNTAX);
	assert_int_equal(try_join(&eyes[0], (Ipc__TraceKind)9, 1, "", NULL), ERR_SYNTAX);
	assert_int_equal(try_join(&eyes[0], IPC__TRACE_KIND__TRACE_NONE, 1, "", NULL), ERR_SYNTAX);
	assert_int_equal(try_join(&eyes[0], TRACE_XML, 1, long_name, NULL), ERR_SYNTAX);
	assert_int_equal(watch.told, 0);
}

/* What a hostile gateway may send: nothing is shown that could move the cursor, or that is too
 * much. */
static void
test_bad_events(void **state)
{
	static char text[TRACE_TEXT_MAX + 100];
	Ipc__Trace trace = IPC__TRACE__INIT;

	(void)state;
	join(&eyes[0], TRACE_XML, 1, "", NULL);
	join(&eyes[1], TRACE_XML, 1, "alice", NULL);
	memset(text, 'x', sizeof(text) - 1);
	say(1, text);
	say_of(TRACE_XML, 0, "192.0.2.1", 1, "", "level 0");
	say_of((Ipc__TraceKind)99, 1, "192.0.2.1", 1, "", "kind 99");
	trace.kind = TRACE_XML;
	trace.level = 1;
	trace.client_ip = (ProtobufCBinaryData){3, (uint8_t *)"abc"};
	trace_desk_take(desk, &trace);
	trace.client_ip.len = 0;
	trace.client_port = 65536;
	trace_desk_take(desk, &trace);
	assert_string_equal(eyes[0].seen, "");
	say(1, "a\x1b[2Jb\rc\xff");
	assert_string_equal(eyes[0].seen, "a?[2Jb?c?|");
	eyes[0].seen[0] = '\0';
	memset(text, 'y', 3000);
	text[3000] = '\0';
	say(1, text);
	assert_int_equal(strlen(eyes[0].seen), 3002);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_union),
	    TEST(test_filters),
	    TEST(test_greeting),
	    TEST(test_user),
	    TEST(test_user_levels),
	    TEST(test_connections),
	    TEST(test_renamed),
	    TEST(test_held_bounds),
	    TEST(test_lost_is_told),
	    TEST(test_slow_is_told),
	    TEST(test_dropped_is_told),
	    TEST(test_watchers_max),
	    TEST(test_bad_requests),
	    TEST(test_bad_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
