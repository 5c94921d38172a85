/* SPDX-License-Identifier: Apache-2.0 */
/* The state of a thread that traces: what is wanted, and the limits of what it says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/clock.h"
#include "common/trace.h"

static uint64_t now_ms;
static struct {
	unsigned events;
	uint32_t dropped; /* of the last */
	char text[256], user[64];
	size_t len, ip_len;
	uint32_t port, level;
	Ipc__TraceKind kind;
	bool full;
} got;

static uint64_t
mono(void)
{
	return now_ms;
}

static bool
on_trace(const Ipc__Trace *trace, void *arg)
{
	assert_ptr_equal(arg, &got);
	if (got.full)
		return false;
	got.events++;
	got.dropped = trace->dropped;
	got.kind = trace->kind;
	got.level = trace->level;
	got.ip_len = trace->client_ip.len;
	got.port = trace->client_port;
	got.len = strlen(trace->text);
	(void)snprintf(got.text, sizeof(got.text), "%s", trace->text);
	(void)snprintf(got.user, sizeof(got.user), "%s", trace->username);
	return true;
}

static int
setup(void **state)
{
	(void)state;
	memset(&got, 0, sizeof(got));
	now_ms = 1000000;
	clock_set_source(mono, NULL);
	trace_start(on_trace, &got);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	trace_stop();
	clock_set_source(NULL, NULL);
	return 0;
}

static struct ip_endpoint
client(const char *text, uint16_t port)
{
	struct ip_endpoint out = {.port = port};

	assert_int_equal(ip_parse(text, &out.addr), ERR_OK);
	return out;
}

/* Watch one kind of up to two addresses. */
static void
watch(Ipc__TraceKind kind, uint32_t level, const char *first, const char *second)
{
	Ipc__TraceWatch msg = IPC__TRACE_WATCH__INIT;
	struct ip_endpoint ends[2];
	ProtobufCBinaryData bytes[2];
	const char *texts[] = {first, second};

	msg.kind = &kind;
	msg.level = &level;
	msg.n_kind = msg.n_level = 1;
	for (size_t i = 0; i < 2 && texts[i] != NULL; i++) {
		ends[i] = client(texts[i], 0);
		bytes[i] = (ProtobufCBinaryData){ip_len(&ends[i].addr), ends[i].addr.bytes};
		msg.n_address++;
	}
	msg.address = bytes;
	trace_watch(&msg);
}

static void
test_wanted(void **state)
{
	struct ip_endpoint a = client("192.0.2.1", 4711);

	(void)state;
	trace_event(TRACE_XML, 1, &a, "nobody");
	assert_false(trace_wanted(TRACE_XML, 1));
	watch(TRACE_XML, 2, NULL, NULL);
	assert_true(trace_wanted(TRACE_XML, 2));
	assert_false(trace_wanted(TRACE_XML, 3));
	assert_false(trace_wanted(TRACE_SSL, 1));
	assert_true(trace_wanted(IPC__TRACE_KIND__TRACE_NONE, 1));
	trace_event(TRACE_XML, 3, &a, "too much");
	trace_event(TRACE_SSL, 1, &a, "another kind");
	assert_int_equal(got.events, 0);
	trace_event(TRACE_XML, 2, &a, "step %d", 7);
	assert_int_equal(got.events, 1);
	assert_string_equal(got.text, "step 7");
	assert_int_equal(got.ip_len, 4);
	assert_int_equal(got.port, 4711);
	assert_int_equal(got.level, 2);
	trace_event(TRACE_XML, 2, &a, "user %s", "a\nb\x1b");
	assert_string_equal(got.text, "user a?b?");
	got.events--;
	trace_user(&a, "alice");
	assert_string_equal(got.user, "alice");
	assert_int_equal(got.kind, IPC__TRACE_KIND__TRACE_NONE);
	trace_watch(NULL);
	assert_false(trace_wanted(IPC__TRACE_KIND__TRACE_NONE, 1));
	trace_event(TRACE_XML, 1, &a, "off");
	assert_int_equal(got.events, 2);
	watch(TRACE_XML, 2, NULL, NULL);
	trace_stop();
	trace_event(TRACE_XML, 1, &a, "nowhere");
	watch(TRACE_XML, 2, NULL, NULL);
	assert_false(trace_wanted(TRACE_XML, 1));
	assert_int_equal(got.events, 2);
}

/* What a hostile or newer auth may say. */
static void
test_odd_watch(void **state)
{
	Ipc__TraceKind kinds[] = {
	    IPC__TRACE_KIND__TRACE_NONE, (Ipc__TraceKind)77, TRACE_CA, TRACE_SSL};
	uint32_t levels[] = {9, 9, 100000, 0};
	Ipc__TraceWatch msg = IPC__TRACE_WATCH__INIT;
	ProtobufCBinaryData many[TRACE_ADDRESSES_MAX + 1];
	struct ip_endpoint a = client("192.0.2.1", 1);

	(void)state;
	msg.kind = kinds;
	msg.level = levels;
	msg.n_kind = msg.n_level = ARRAY_LEN(kinds);
	for (size_t i = 0; i < ARRAY_LEN(many); i++)
		many[i] = (ProtobufCBinaryData){3, (uint8_t *)"abc"};
	msg.address = many;
	msg.n_address = ARRAY_LEN(many);
	trace_watch(&msg);
	assert_true(trace_wanted(TRACE_CA, TRACE_LEVEL_MAX));
	assert_false(trace_wanted(TRACE_SSL, 1));
	trace_event(TRACE_CA, 1, &a, "all");
	assert_int_equal(got.events, 1);
	msg.n_level = 2;
	trace_watch(&msg);
	assert_false(trace_wanted(TRACE_CA, 1));
}

static void
test_addresses(void **state)
{
	struct ip_endpoint a = client("192.0.2.1", 1), b = client("2001:db8::1", 1),
			   c = client("192.0.2.2", 1);

	(void)state;
	watch(TRACE_CA, 1, "192.0.2.1", "2001:db8::1");
	trace_event(TRACE_CA, 1, &a, "a");
	trace_event(TRACE_CA, 1, &b, "b");
	trace_event(TRACE_CA, 1, &c, "c");
	trace_event(TRACE_CA, 1, NULL, "nobody");
	assert_int_equal(got.events, 2);
	trace_set_subject(&a);
	trace_event(TRACE_CA, 1, NULL, "subject");
	assert_int_equal(got.events, 3);
	assert_int_equal(got.ip_len, 4);
	assert_true(ip_eq(&trace_subject()->addr, &a.addr));
	trace_set_subject(NULL);
	trace_event(TRACE_CA, 1, NULL, "nobody");
	assert_int_equal(got.events, 3);
}

/* A flood is cut, and its count told with the next event that passes. */
static void
test_rate(void **state)
{
	struct ip_endpoint a = client("192.0.2.1", 1);

	(void)state;
	watch(TRACE_XML, 1, NULL, NULL);
	for (unsigned i = 0; i < TRACE_EVENTS_SEC + 20; i++)
		trace_event(TRACE_XML, 1, &a, "x");
	assert_int_equal(got.events, TRACE_EVENTS_SEC);
	now_ms += 1000;
	trace_event(TRACE_XML, 1, &a, "x");
	assert_int_equal(got.dropped, 20);
	trace_event(TRACE_XML, 1, &a, "x");
	assert_int_equal(got.dropped, 0);
	got.full = true;
	trace_event(TRACE_XML, 1, &a, "x");
	got.full = false;
	trace_event(TRACE_XML, 1, &a, "x");
	assert_int_equal(got.dropped, 1);
}

static void
test_size(void **state)
{
	struct ip_endpoint a = client("192.0.2.1", 1);
	char *text = malloc(TRACE_TEXT_MAX + 101);
	unsigned n;

	(void)state;
	assert_non_null(text);
	memset(text, 'x', TRACE_TEXT_MAX + 100);
	text[TRACE_TEXT_MAX + 100] = '\0';
	watch(TRACE_XML, 1, NULL, NULL);
	trace_text(TRACE_XML, 1, &a, text);
	assert_int_equal(got.events, 1);
	assert_int_equal(got.len, TRACE_TEXT_MAX + strlen("\n(100 bytes more)"));
	for (n = 0; n < 100; n++)
		trace_text(TRACE_XML, 1, &a, text);
	assert_true(got.events <= TRACE_BYTES_SEC / TRACE_TEXT_MAX);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_wanted, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_odd_watch, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_addresses, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_rate, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_size, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
