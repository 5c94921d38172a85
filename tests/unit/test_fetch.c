/* SPDX-License-Identifier: Apache-2.0 */
/* pki/fetch.c and pki/fetch_name.c against a server and a nameserver of ours (fetch_help.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/fetch_help.h"

/* The fetcher still works, and whatever else was due in the loop has happened. */
static void
still_works(void)
{
	struct result result;

	begin(&result, "", &first, "/length", LONG_MS);
	run(1);
	expect(&result, ERR_OK, "hello", "");
}

/* ---- tests ---- */

static void
test_answers(UNUSED void **state)
{
	struct result result;

	for (size_t i = 0; i < ARRAY_LEN(pages); i++) {
		print_message("%s\n", pages[i].path);
		begin(&result, "", &first, pages[i].path,
		    pages[i].err == ERR_TIMEOUT ? SHORT_MS : LONG_MS);
		run(1);
		expect(&result, pages[i].err, pages[i].body, pages[i].why);
	}
	assert_int_equal(first.seen, ARRAY_LEN(pages)); /* nothing followed, nothing asked twice */
}

/* Exactly as much as is allowed, by each way to tell the length. */
static void
test_answer_of_the_greatest_size(UNUSED void **state)
{
	static const char *const paths[] = {"/length", "/chunks", "/until-end"};
	char url[128];
	struct fetch_request request = {.url = url, .timeout_ms = LONG_MS};
	struct result result;

	for (size_t i = 0; i < 2 * ARRAY_LEN(paths); i++) {
		(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", first.port, paths[i / 2]);
		request.answer_max = i % 2 == 0 ? 5 : 4;
		assert_non_null(begin_with(&request, &result));
		run(1);
		if (i % 2 == 0)
			expect(&result, ERR_OK, "hello", "");
		else
			expect(&result, ERR_LIMIT, NULL, "too big");
	}
}

static void
test_what_a_get_says(UNUSED void **state)
{
	struct result result;
	char want[256];

	begin(&result, "", &first, "/echo/a%20b?x=1&y=%2F#fragment", LONG_MS);
	run(1);
	(void)snprintf(want, sizeof(want),
	    "GET /echo/a%%20b?x=1&y=%%2F HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: "
	    "close\r\n\r\n",
	    first.port);
	expect(&result, ERR_OK, want, "");
}

static void
test_what_a_post_says(UNUSED void **state)
{
	char url[64], want[256], body[] = "question";
	struct fetch_request request = {.url = url,
	    .content_type = "application/ocsp-request",
	    .body = body,
	    .body_len = strlen(body),
	    .answer_max = ANSWER_MAX,
	    .timeout_ms = LONG_MS};
	struct result result;

	(void)snprintf(url, sizeof(url), "http://good.test:%u", first.port);
	assert_non_null(begin_with(&request, &result));
	memset(body, 'x', strlen(body));
	memset(url, 'x', strlen(url));
	run(1);
	(void)snprintf(want, sizeof(want),
	    "POST / HTTP/1.1\r\nHost: good.test:%u\r\nConnection: close\r\nContent-Type: "
	    "application/ocsp-request\r\nContent-Length: 8\r\n\r\nquestion",
	    first.port);
	expect(&result, ERR_OK, want, "");
}

static void
test_refused(UNUSED void **state)
{
	struct server gone = first;
	struct result result;

	server_close(&first);
	begin(&result, "", &gone, "/length", LONG_MS);
	run(1);
	expect(&result, ERR_SYS, NULL, "cannot connect");
	/* Fails at once, in the call. */
	begin(&result, "255.255.255.255", &gone, "/length", LONG_MS);
	run(1);
	expect(&result, ERR_SYS, NULL, "cannot connect");
}

/* The kernel drops what comes after the few that fit before an accept(). */
static void
test_no_connection(UNUSED void **state)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), fds[4];
	struct server deaf = {.now = 0};
	socklen_t len = sizeof(sin);
	struct result results[2];

	assert_int_equal(bind(listener, (struct sockaddr *)&sin, len), 0);
	assert_int_equal(listen(listener, 0), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&sin, &len), 0);
	deaf.port = ntohs(sin.sin_port);
	for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		(void)connect(fds[i], (struct sockaddr *)&sin, len);
	}
	begin(&results[0], "", &deaf, "/", LONG_MS);
	begin(&results[1], "", &deaf, "/", SHORT_MS);
	run(1);
	expect(&results[1], ERR_TIMEOUT, NULL, "no connection in time");
	fetch_cancel(results[0].fetch);
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		close(fds[i]);
	close(listener);
}

static void
test_names(UNUSED void **state)
{
	static const struct {
		const char *host;
		enum err err;
		const char *why;
	} rows[] = {
	    {"good.test", ERR_OK, ""},
	    {"GOOD.Test.", ERR_OK, ""},
	    {"good", ERR_OK, ""}, /* by the search list */
	    {"two.test", ERR_OK, ""},
	    {"localthing", ERR_OK, ""}, /* by the hosts file, from here on */
	    {"Alias.Local", ERR_OK, ""},
	    {"bad.test", ERR_SYS, "cannot connect"},
	    {"nowhere.test", ERR_SYS, "name lookup: name does not exist"},
	    {"nothing.test", ERR_SYS, "name lookup: "},
	    {"silent.test", ERR_TIMEOUT, "no nameserver answered in time"},
	};
	struct result result;

	fetcher_again(true, "::1 ip6-local\n# 127.0.0.2 localthing\n\n127.0.0.1\tlocalthing  "
			    "alias.local# \nbroken localthing");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		print_message("%s\n", rows[i].host);
		begin(&result, rows[i].host, &first, "/length",
		    rows[i].err == ERR_TIMEOUT ? SHORT_MS : LONG_MS);
		run(1);
		expect(&result, rows[i].err, rows[i].err == ERR_OK ? "hello" : NULL, rows[i].why);
	}
}

static void
test_ipv6(UNUSED void **state)
{
	static const char *const hosts[] = {"[::1]", "six.test", "both.test", "six.hosts"};
	struct result result;
	char want[64];

	fetcher_again(true, "::1 six.hosts\n");
	server_close(&second);
	if (!server_open(&second, "::1"))
		skip();
	for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
		print_message("%s\n", hosts[i]);
		begin(&result, hosts[i], &second, "/echo", LONG_MS);
		run(1);
		expect(&result, ERR_OK, NULL, "");
		(void)snprintf(
		    want, sizeof(want), "Host: %s:%u\r\n", hosts[i], (unsigned)second.port);
		assert_non_null(strstr(result.body, want));
	}
}

static void
test_no_nameserver(UNUSED void **state)
{
	struct result result;

	fetcher_again(false, "127.0.0.1 known\n");
	begin(&result, "good.test", &first, "/length", LONG_MS);
	run(1);
	expect(&result, ERR_SYS, NULL, "this system has no nameserver");
	begin(&result, "known", &first, "/length", LONG_MS);
	run(1);
	expect(&result, ERR_OK, "hello", "");
	still_works();
}

/* Nobody listens where the first nameserver should be; then the only one. */
static void
test_dead_nameserver(UNUSED void **state)
{
	char conf[128];
	struct result result;

	server_close(&second);
	for (int both = 1; both >= 0; both--) {
		(void)snprintf(conf, sizeof(conf), "nameserver 127.0.0.1:%u\n%s 127.0.0.1:%u\n",
		    second.port, both ? "nameserver" : "options", nameserver_port);
		fetch_name_read(conf, NULL);
		fetcher_free(fetcher);
		fetcher = fetcher_new(loop);
		for (int i = 0; i < 2; i++) {
			begin(&result, "good.test", &first, "/length", both ? LONG_MS : SHORT_MS);
			run(1);
			if (both)
				expect(&result, ERR_OK, "hello", "");
			else
				expect(&result, ERR_TIMEOUT, NULL, "no nameserver answered");
		}
	}
}

/* One server gets its part at once, all of them no more than there are places. Connections are
 * counted when every place is taken: a connect to our own host is through before the loop turns. */
static void
test_many_at_once(UNUSED void **state)
{
	static struct result results[3 * FETCH_AT_ONCE_MAX];

	wanted = FETCH_AT_ONE_SERVER_MAX;
	at_barrier = 0;
	for (size_t i = 0; i < 3 * wanted; i++)
		begin(&results[i], "", &first, "/barrier", LONG_MS);
	run(3 * FETCH_AT_ONE_SERVER_MAX);
	assert_int_equal(at_barrier, FETCH_AT_ONE_SERVER_MAX);

	fetcher_again(true, "127.0.0.1 third\n"); /* to the fetcher it is another one */
	wanted = FETCH_AT_ONCE_MAX;
	at_barrier = 0;
	for (size_t i = 0; i < 3 * wanted; i++)
		begin(&results[i], i % 3 == 0 ? "third" : "", i % 3 == 1 ? &first : &second,
		    "/barrier", LONG_MS);
	run(3 * FETCH_AT_ONCE_MAX);
	assert_int_equal(at_barrier, FETCH_AT_ONCE_MAX);
	for (size_t i = 0; i < ARRAY_LEN(results); i++)
		expect(&results[i], ERR_OK, "hello", "");
}

/* Who waits behind a dead server has its time limit too; who needs another one does not wait. */
static void
test_dead_server(UNUSED void **state)
{
	static struct result results[FETCH_AT_ONE_SERVER_MAX + 1];
	struct result other;

	for (size_t i = 0; i < ARRAY_LEN(results); i++)
		begin(&results[i], "", &first, "/hold",
		    i == ARRAY_LEN(results) - 1 ? SHORT_MS : LONG_MS);
	begin(&other, "", &second, "/length", LONG_MS);
	run(2);
	expect(&other, ERR_OK, "hello", "");
	expect(&results[ARRAY_LEN(results) - 1], ERR_TIMEOUT, NULL, "in line");
	assert_int_equal(first.seen, FETCH_AT_ONE_SERVER_MAX);
}

static void
test_line_is_full(UNUSED void **state)
{
	static struct result results[FETCH_AT_ONE_SERVER_MAX + FETCH_QUEUE_MAX];
	char url[64];
	struct fetch_request request = {.url = url, .timeout_ms = LONG_MS};
	struct result extra;

	for (size_t i = 0; i < ARRAY_LEN(results); i++)
		begin(&results[i], "", &first, "/hold", LONG_MS);
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/hold", first.port);
	assert_null(begin_with(&request, &extra));
	/* A place in line is free again when one is cancelled that waits, or that is under way. */
	fetch_cancel(results[ARRAY_LEN(results) - 1].fetch);
	assert_non_null(begin_with(&request, &extra));
	assert_null(begin_with(&request, &results[0]));
	fetch_cancel(results[1].fetch);
	assert_non_null(begin_with(&request, &extra));
	fetcher_free(fetcher);
	fetcher = NULL;
	assert_false(results[2].ended);
}

static void
test_bad_requests(UNUSED void **state)
{
	struct fetch_request request = {.answer_max = 1, .timeout_ms = LONG_MS};
	struct result result;

	request.url = "https://127.0.0.1/";
	assert_null(begin_with(&request, &result));
	request.url = "";
	assert_null(begin_with(&request, &result));
	still_works();
}

/* Until the server has seen so many requests. */
static void
on_look(UNUSED evutil_socket_t fd, UNUSED short what, void *arg)
{
	if (first.seen >= *(size_t *)arg)
		loop_stop(loop);
}

static void
run_until_seen(size_t seen)
{
	static const struct timeval often = {.tv_usec = 1000};
	struct event *look = event_new(loop_base(loop), -1, EV_PERSIST, on_look, &seen);

	assert_int_equal(event_add(look, &often), 0);
	loop_run(loop);
	event_free(look);
}

/* One in each state: looked up, asked, half an answer, ended but not told. */
static void
begin_each_state(struct result results[6])
{
	begin(&results[0], "silent.test", &first, "/length", SHORT_MS);
	begin(&results[1], "", &first, "/hold", LONG_MS);
	begin(&results[2], "", &first, "/dribble", LONG_MS);
	run_until_seen(first.seen + 2);
	begin(&results[3], "255.255.255.255", &first, "/length", LONG_MS);
	begin(&results[4], "", &first, "/length", LONG_MS); /* connecting */
	begin(&results[5], "good.test", &first, "/length", LONG_MS);
}

static void
test_cancel_in_each_state(UNUSED void **state)
{
	static struct result line[FETCH_AT_ONE_SERVER_MAX + 1];
	struct result results[6];

	running = 1; /* none of them may end */
	begin_each_state(results);
	for (size_t i = 0; i < ARRAY_LEN(results); i++)
		fetch_cancel(results[i].fetch);
	fetch_cancel(NULL);
	still_works();
	for (size_t i = 0; i < ARRAY_LEN(line); i++)
		begin(&line[i], "", &first, "/hold", LONG_MS);
	fetch_cancel(line[ARRAY_LEN(line) - 1].fetch);
	for (size_t i = 0; i < ARRAY_LEN(line) - 1; i++)
		fetch_cancel(line[i].fetch);
	/* Longer than the first one's time: neither its timer nor its nameserver comes back. */
	begin(&line[0], "", &first, "/hold", 2 * SHORT_MS);
	run(1);
	still_works();
	for (size_t i = 0; i < ARRAY_LEN(results); i++)
		assert_false(results[i].ended);
}

/* The name's answer is in, but nobody waits for it any more. */
static void
test_cancel_while_an_answer_arrives(UNUSED void **state)
{
	struct result result;

	for (int i = 0; i < 20; i++) {
		running = 2; /* so that the loop is not stopped */
		begin(&result, "good.test", &first, "/length", LONG_MS);
		for (int turns = 0; turns < i && !result.ended; turns++)
			assert_int_equal(event_base_loop(loop_base(loop), EVLOOP_ONCE), 0);
		if (!result.ended)
			fetch_cancel(result.fetch);
	}
	still_works();
}

/* In the middle of everything, with the loop going on behind it, and without. */
static void
test_free_under_way(UNUSED void **state)
{
	struct result results[6];

	running = 1;
	begin_each_state(results);
	fetcher_again(true, NULL);
	still_works();
	running = 1;
	begin_each_state(results);
	fetcher_free(fetcher);
	fetcher = NULL;
	for (size_t i = 0; i < ARRAY_LEN(results); i++)
		assert_false(results[i].ended);
}

static void
on_done_free(UNUSED enum err err, UNUSED const void *body, UNUSED size_t len,
    UNUSED const char *why, void *arg)
{
	fetch_cancel(*(struct fetch **)arg); /* too late, and without harm */
	fetcher_free(fetcher);
	fetcher = NULL;
	loop_stop(loop);
}

static void
test_free_from_done(UNUSED void **state)
{
	struct fetch_request request = {.url = "http://255.255.255.255/", .timeout_ms = LONG_MS};
	struct fetch *fetches[3];

	for (size_t i = 0; i < ARRAY_LEN(fetches); i++) {
		fetches[i] = fetch_begin(fetcher, &request, on_done_free, &fetches[i]);
		assert_non_null(fetches[i]);
	}
	loop_run(loop);
	assert_null(fetcher);
}

static struct result chain_results[5];
static size_t chain_len;

static void
on_done_chain(enum err err, UNUSED const void *body, UNUSED size_t len, UNUSED const char *why,
    UNUSED void *arg)
{
	char url[64];
	struct fetch_request request = {
	    .url = url, .answer_max = ANSWER_MAX, .timeout_ms = LONG_MS};

	assert_int_equal(err, ERR_OK);
	if (++chain_len == ARRAY_LEN(chain_results)) {
		loop_stop(loop);
		return;
	}
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/chunks", first.port);
	assert_non_null(fetch_begin(fetcher, &request, on_done_chain, NULL));
}

static void
test_begin_from_done(UNUSED void **state)
{
	chain_len = 0;
	on_done_chain(ERR_OK, "", 0, "", NULL);
	loop_run(loop);
	assert_int_equal(chain_len, ARRAY_LEN(chain_results));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_answers, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_answer_of_the_greatest_size, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_what_a_get_says, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_what_a_post_says, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_no_connection, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_names, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_ipv6, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_no_nameserver, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_dead_nameserver, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_many_at_once, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_dead_server, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_line_is_full, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_bad_requests, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_cancel_in_each_state, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_cancel_while_an_answer_arrives, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_free_under_way, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_free_from_done, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_begin_from_done, setup, teardown),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
