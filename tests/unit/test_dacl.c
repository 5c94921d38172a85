/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auth/dacl.c with a server that the test plays: one download for all who wait, chunks, the order
 * of lines, what is kept and what goes; servers that send nothing, too much, or the same for ever.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/dacl.h"
#include "auth/radius_ask.h"

#define CALLS_MAX 4

/* ---- the server ---- */

struct radius_call {
	radius_done_fn done;
	void *arg;
	bool under_way;
	char group[65];
	struct ip_addr server;
	char state[32];
	char name[DACL_NAME_MAX + 1];
};

static struct radius_call calls[CALLS_MAX]; /* used in turn */
static unsigned asked;
static unsigned cancelled;
static enum err ask_err;
static struct radius_packet packet;

/* What was put, as text; "" if it was not. */
static void
put_text(const struct radius_request *request, uint8_t type, char *out, size_t size)
{
	const uint8_t *p = request->attrs.data;

	out[0] = '\0';
	for (size_t at = 0; at + 2 <= request->attrs.len && p[at + 1] >= 2; at += p[at + 1])
		if (p[at] == type)
			snprintf(out, size, "%.*s", p[at + 1] - 2, (const char *)p + at + 2);
}

enum err
radius_client_ask(struct radius_client *client, const struct radius_target *target,
    struct radius_request *request, radius_done_fn done, void *arg, struct radius_call **call)
{
	struct radius_call *made = &calls[asked % CALLS_MAX];

	(void)client;
	assert_false(target->accounting || target->fallback);
	if (ask_err != ERR_OK)
		return ask_err;
	asked++;
	*made = (struct radius_call){.done = done, .arg = arg, .under_way = true};
	snprintf(made->group, sizeof(made->group), "%s", target->group);
	made->server = *target->server;
	put_text(request, RADIUS_STATE, made->state, sizeof(made->state));
	put_text(request, RADIUS_USER_NAME, made->name, sizeof(made->name));
	*call = made;
	return ERR_OK;
}

void
radius_call_cancel(struct radius_call *call)
{
	assert_true(call->under_way);
	call->under_way = false;
	cancelled++;
}

static struct radius_call *
last_call(void)
{
	assert_true(asked > 0);
	return &calls[(asked - 1) % CALLS_MAX];
}

static void
packet_begin(enum radius_code code)
{
	memset(&packet, 0, sizeof(packet));
	packet.data[0] = (uint8_t)code;
	packet.len = RADIUS_HEADER_SIZE;
}

static void
packet_put(const void *data, size_t len)
{
	assert_true(packet.len + len <= RADIUS_PACKET_MAX);
	memcpy(packet.data + packet.len, data, len);
	packet.len += len;
}

static void
packet_line(const char *text)
{
	size_t len = strlen(text);
	const uint8_t head[] = {26, (uint8_t)(8 + len), 0, 0, 0, 9, 1, (uint8_t)(2 + len)};

	packet_put(head, sizeof(head));
	packet_put(text, len);
}

static void
packet_state(const char *text)
{
	const uint8_t head[] = {RADIUS_STATE, (uint8_t)(2 + strlen(text))};

	packet_put(head, sizeof(head));
	packet_put(text, strlen(text));
}

static void
answer(enum radius_outcome outcome)
{
	struct radius_call *call = last_call();
	const struct radius_result result = {.outcome = outcome, .packet = &packet};

	assert_true(call->under_way);
	call->under_way = false;
	packet.data[2] = (uint8_t)(packet.len >> 8);
	packet.data[3] = (uint8_t)packet.len;
	call->done(&result, call->arg);
}

/* ---- who waits ---- */

struct waiter {
	unsigned told;
	enum err err;
	char lines[512]; /* each with "|" behind it */
	size_t len;
	struct dacl_wait *wait;
	struct dacl_wait **cancels; /* another one, in the callback */
};

static struct loop *loop;
static struct dacl_cache *cache;
static const struct ip_addr server = {.family = 4, .bytes = {10, 0, 0, 1}};

static void
on_done(enum err err, char *const *lines, size_t len, void *arg)
{
	struct waiter *waiter = arg;

	waiter->told++;
	waiter->err = err;
	waiter->len = len;
	for (size_t i = 0; i < len && i < 20; i++)
		snprintf(waiter->lines + strlen(waiter->lines),
		    sizeof(waiter->lines) - strlen(waiter->lines), "%s|", lines[i]);
	if (waiter->cancels != NULL)
		dacl_cancel(*waiter->cancels);
}

static struct waiter
begin(void)
{
	return (struct waiter){.told = 0};
}

static void
fetch(const char *group, const char *name, struct waiter *waiter)
{
	assert_int_equal(
	    dacl_fetch(cache, group, &server, &server, name, on_done, waiter, &waiter->wait),
	    ERR_OK);
}

static void
turn(void)
{
	event_base_loop(loop_base(loop), EVLOOP_NONBLOCK);
}

static int
setup(void **state)
{
	(void)state;
	asked = cancelled = 0;
	ask_err = ERR_OK;
	loop = loop_new();
	cache = dacl_cache_new(loop, NULL);
	assert_non_null(cache);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	dacl_cache_free(cache);
	loop_free(loop);
	return 0;
}

/* ---- tests ---- */

static void
one_download_for_all(void **state)
{
	struct waiter a = begin(), b = begin(), c = begin();

	(void)state;
	fetch("RAD", "#ACSACL#-IP-A-1", &a);
	fetch("RAD", "#ACSACL#-IP-A-1", &b);
	assert_int_equal(asked, 1);
	assert_string_equal(last_call()->name, "#ACSACL#-IP-A-1");
	assert_string_equal(last_call()->group, "RAD");
	assert_true(ip_eq(&last_call()->server, &server));
	packet_begin(RADIUS_ACCESS_ACCEPT);
	packet_line("ip:inacl#20=deny ip any any");
	packet_line("url-redirect=nothing of ours");
	packet_line("ip:inacl#3=permit tcp any any eq 80");
	packet_line("ip:inacl#3=permit tcp any any eq 81");
	answer(RADIUS_ANSWERED);
	assert_int_equal(a.told + b.told, 0); /* later */
	turn();
	assert_int_equal(a.told, 1);
	assert_int_equal(b.told, 1);
	assert_int_equal(a.err, ERR_OK);
	assert_string_equal(
	    a.lines, "permit tcp any any eq 80|permit tcp any any eq 81|deny ip any any|");
	assert_string_equal(b.lines, a.lines);
	/* It is kept; another group's is another. */
	fetch("RAD", "#ACSACL#-IP-A-1", &c);
	assert_int_equal(c.told, 0);
	turn();
	assert_string_equal(c.lines, a.lines);
	assert_int_equal(asked, 1);
	c = begin();
	fetch("OTHER", "#ACSACL#-IP-A-1", &c);
	assert_int_equal(asked, 2);
}

static void
chunks(void **state)
{
	struct waiter a = begin();

	(void)state;
	fetch("RAD", "A", &a);
	assert_string_equal(last_call()->state, "");
	packet_begin(RADIUS_ACCESS_CHALLENGE);
	packet_line("ip:inacl#1=remark one");
	packet_state("s1");
	answer(RADIUS_ANSWERED);
	assert_int_equal(asked, 2);
	assert_string_equal(last_call()->state, "s1");
	assert_string_equal(last_call()->name, "A");
	packet_begin(RADIUS_ACCESS_CHALLENGE);
	packet_line("ip:inacl#2=remark two");
	packet_state("s2");
	answer(RADIUS_ANSWERED);
	assert_string_equal(last_call()->state, "s2");
	packet_begin(RADIUS_ACCESS_ACCEPT); /* the last one may be empty */
	answer(RADIUS_ANSWERED);
	turn();
	assert_string_equal(a.lines, "remark one|remark two|");
}

/* Answers that end a download. */
static const struct {
	const char *what;
	enum radius_outcome outcome;
	enum radius_code code;
	const char *line;
	const char *state;
	enum err err;
} bad[] = {
    {"silence", RADIUS_SILENT, RADIUS_ACCESS_ACCEPT, NULL, NULL, ERR_TIMEOUT},
    {"reject", RADIUS_ANSWERED, RADIUS_ACCESS_REJECT, "ip:inacl#1=permit ip any any", NULL,
	ERR_DENIED},
    {"no lines", RADIUS_ANSWERED, RADIUS_ACCESS_ACCEPT, NULL, NULL, ERR_SYNTAX},
    {"only others' lines", RADIUS_ANSWERED, RADIUS_ACCESS_ACCEPT, "ip:outacl#1=x", NULL,
	ERR_SYNTAX},
    {"giant number", RADIUS_ANSWERED, RADIUS_ACCESS_ACCEPT,
	"ip:inacl#99999999999999999999=permit ip any any", NULL, ERR_SYNTAX},
    {"no number", RADIUS_ANSWERED, RADIUS_ACCESS_ACCEPT, "ip:inacl#=permit ip any any", NULL,
	ERR_SYNTAX},
    {"no line", RADIUS_ANSWERED, RADIUS_ACCESS_ACCEPT, "ip:inacl#12", NULL, ERR_SYNTAX},
    {"a chunk without State", RADIUS_ANSWERED, RADIUS_ACCESS_CHALLENGE,
	"ip:inacl#1=permit ip any any", NULL, ERR_SYNTAX},
    {"a chunk without lines", RADIUS_ANSWERED, RADIUS_ACCESS_CHALLENGE, NULL, "s", ERR_SYNTAX},
};

static void
bad_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct waiter a = begin(), b = begin();
		unsigned before = asked;

		fetch("RAD", "A", &a);
		packet_begin(bad[i].code);
		if (bad[i].line != NULL)
			packet_line(bad[i].line);
		if (bad[i].state != NULL)
			packet_state(bad[i].state);
		answer(bad[i].outcome);
		turn();
		if (a.told != 1 || a.err != bad[i].err || a.len != 0)
			fail_msg("%s: expected %s, got %s", bad[i].what, err_str(bad[i].err),
			    err_str(a.err));
		/* It is not kept. */
		fetch("RAD", "A", &b);
		assert_int_equal(asked, before + 2);
		dacl_cancel(b.wait);
	}
}

/* A server that never comes to an end, whatever it does. */
static void
endless_chunks(void **state)
{
	char line[200];

	(void)state;
	for (unsigned long_lines = 0; long_lines < 2; long_lines++) {
		struct waiter a = begin();
		unsigned rounds = 0, before = asked;

		fetch("RAD", "A", &a);
		for (; rounds < 10000 && last_call()->under_way; rounds++) {
			packet_begin(RADIUS_ACCESS_CHALLENGE);
			for (unsigned i = 0; i < (long_lines ? 18 : 1); i++) {
				snprintf(line, sizeof(line), "ip:inacl#%u=%0180d", 1U, 7);
				packet_line(line);
			}
			packet_state("the same");
			answer(RADIUS_ANSWERED);
		}
		turn();
		assert_int_equal(a.told, 1);
		assert_int_equal(a.err, ERR_LIMIT);
		assert_true(asked - before <= 256);
	}
}

static void
cancels(void **state)
{
	struct waiter a = begin(), b = begin(), c = begin();

	(void)state;
	fetch("RAD", "A", &a);
	fetch("RAD", "A", &b);
	dacl_cancel(a.wait);
	assert_int_equal(cancelled, 0);
	dacl_cancel(b.wait);
	assert_int_equal(cancelled, 1);
	/* One that is about to be told; and one that another cancels when it is told. */
	fetch("RAD", "A", &a);
	fetch("RAD", "A", &b);
	fetch("RAD", "A", &c);
	packet_begin(RADIUS_ACCESS_ACCEPT);
	packet_line("ip:inacl#1=permit ip any any");
	answer(RADIUS_ANSWERED);
	dacl_cancel(a.wait);
	b.cancels = &c.wait;
	turn();
	turn();
	assert_int_equal(a.told, 0);
	assert_int_equal(b.told, 1);
	assert_int_equal(c.told, 0);
	/* What waits when the cache ends is never told (ASan sees the rest). */
	a = begin();
	fetch("RAD", "B", &a);
	b = begin();
	fetch("RAD", "A", &b);
}

static void
the_longest_unused_goes(void **state)
{
	struct waiter w;
	char name[16];

	(void)state;
	for (unsigned i = 0; i <= DACL_CACHE_MAX; i++) {
		w = begin();
		snprintf(name, sizeof(name), "L%u", i);
		fetch("RAD", name, &w);
		packet_begin(RADIUS_ACCESS_ACCEPT);
		packet_line("ip:inacl#1=permit ip any any");
		answer(RADIUS_ANSWERED);
		turn();
		assert_int_equal(w.told, 1);
		w = begin();
		fetch("RAD", "L0", &w); /* always in use */
		turn();
		assert_int_equal(w.told, 1);
	}
	assert_int_equal(asked, DACL_CACHE_MAX + 1);
	w = begin();
	fetch("RAD", "L1", &w);
	assert_int_equal(asked, DACL_CACHE_MAX + 2);
}

static void
cannot_be_asked(void **state)
{
	struct waiter w = begin();
	char name[DACL_NAME_MAX + 2];

	(void)state;
	ask_err = ERR_NOTFOUND;
	assert_int_equal(
	    dacl_fetch(cache, "RAD", &server, &server, "A", on_done, &w, &w.wait), ERR_NOTFOUND);
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(
	    dacl_fetch(cache, "RAD", &server, &server, name, on_done, &w, &w.wait), ERR_LIMIT);
	assert_int_equal(
	    dacl_fetch(cache, "RAD", &server, &server, "", on_done, &w, &w.wait), ERR_LIMIT);
	turn();
	assert_int_equal(w.told, 0);
	/* The second chunk cannot be asked for. */
	ask_err = ERR_OK;
	fetch("RAD", "A", &w);
	ask_err = ERR_LIMIT;
	packet_begin(RADIUS_ACCESS_CHALLENGE);
	packet_line("ip:inacl#1=permit ip any any");
	packet_state("s");
	answer(RADIUS_ANSWERED);
	turn();
	assert_int_equal(w.told, 1);
	assert_int_equal(w.err, ERR_LIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(one_download_for_all, setup, teardown),
	    cmocka_unit_test_setup_teardown(chunks, setup, teardown),
	    cmocka_unit_test_setup_teardown(bad_answers, setup, teardown),
	    cmocka_unit_test_setup_teardown(endless_chunks, setup, teardown),
	    cmocka_unit_test_setup_teardown(cancels, setup, teardown),
	    cmocka_unit_test_setup_teardown(the_longest_unused_goes, setup, teardown),
	    cmocka_unit_test_setup_teardown(cannot_be_asked, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
