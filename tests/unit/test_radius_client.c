/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auth/radius_client and what is below it: who is asked, how often, when a server is given up and
 * when it comes back, what counts as an answer, what a reload leaves.
 */
#include "tests/unit/radius_help.h"

static struct help_server first, second;
static struct radius_client *client;
static unsigned answered, silent;
static struct radius_result last; /* packet: not kept */
static enum radius_code last_code;

/* ---- the world ---- */

static struct conf *
load(const char *aaa)
{
	struct conf_errors errors;
	struct conf *conf = help_load("aaa.conf", aaa, &errors);

	if (conf == NULL)
		fail_msg("%s", buf_cstr(&errors.text));
	conf_errors_fini(&errors);
	return conf;
}

static char *
host(const struct help_server *server, const char *more)
{
	static char text[2][512];
	static unsigned turn;
	char addr[IP_STR_MAX];
	char *out = text[turn++ % 2];

	snprintf(out, sizeof(text[0]),
	    "{ address = \"%s\"; key = \"%s\"; authentication-port = %u; accounting-port = %u; "
	    "retry-interval = 5; %s }",
	    ip_str(&server->at.addr, addr), server->key, server->at.port, server->at.port, more);
	return out;
}

/* One group RAD; hosts: with commas between. */
static struct conf *
group(const char *settings, const char *hosts)
{
	static char text[4096];

	snprintf(text, sizeof(text),
	    "aaa-server-groups = ( { name = \"RAD\"; %s hosts = ( %s ); }, "
	    "{ name = \"KEYLESS\"; hosts = ( { address = \"127.0.0.9\"; } ); } );\n",
	    settings, hosts);
	return load(text);
}

static struct conf *
both(const char *settings)
{
	char hosts[1100];

	snprintf(hosts, sizeof(hosts), "%s, %s", host(&first, ""), host(&second, ""));
	return group(settings, hosts);
}

static void
begin(struct conf *conf)
{
	client = radius_client_new(help_loop, conf);
	assert_non_null(client);
	conf_unref(conf);
}

static void
reload(struct conf *conf)
{
	assert_int_equal(radius_client_prepare(client, conf), ERR_OK);
	conf_unref(conf);
	radius_client_use(client);
}

static int
setup(void **state)
{
	(void)state;
	help_now_ms = 1000000;
	clock_set_source(help_mono, help_wall);
	help_loop = loop_new();
	assert_non_null(help_loop);
	help_server_start(&first, "127.0.0.1");
	help_server_start(&second, "127.0.0.2");
	second.answers = true;
	answered = silent = 0;
	last = (struct radius_result){0};
	client = NULL;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	radius_client_free(client);
	help_server_stop(&first);
	help_server_stop(&second);
	loop_free(help_loop);
	clock_set_source(NULL, NULL);
	return 0;
}

static void
on_done(const struct radius_result *result, void *arg)
{
	(void)arg;
	last = *result;
	if (result->outcome == RADIUS_SILENT) {
		silent++;
		return;
	}
	answered++;
	last_code = radius_packet_code(result->packet);
}

static enum err
ask_as(const struct radius_target *target, struct radius_call **call)
{
	struct radius_request request;
	enum err err;

	radius_request_init(
	    &request, target->accounting ? RADIUS_ACCOUNTING_REQUEST : RADIUS_ACCESS_REQUEST);
	radius_put_str(&request, RADIUS_USER_NAME, "nemo");
	err = radius_client_ask(client, target, &request, on_done, NULL, call);
	assert_null(request.attrs.data);
	return err;
}

static void
ask(unsigned times, bool fallback)
{
	const struct radius_target target = {.group = "RAD", .fallback = fallback};

	for (unsigned i = 0; i < times; i++)
		assert_int_equal(ask_as(&target, NULL), ERR_OK);
}

static const Ipc__CtlAaaHost *
show(size_t i)
{
	static Ipc__CtlAaaHost out;

	assert_true(radius_client_listing(client, i, &out));
	return &out;
}

/* ---- many ---- */

static void
test_parallel(void **state)
{
	static bool seen[65536];

	(void)state;
	begin(group("", host(&first, "")));
	ask(300, false);
	help_pump();
	assert_int_equal(first.got, 300);
	assert_int_equal(show(0)->pending, 300);
	/* Two of a kind could not be told apart. */
	for (size_t i = 0; i < first.held_len; i++) {
		for (size_t k = 0; k < i; k++)
			assert_false(first.held[i].from.port == first.held[k].from.port &&
				     first.held[i].packet.data[1] == first.held[k].packet.data[1]);
		seen[first.held[i].from.port] = true;
	}
	size_t ports = 0;
	for (size_t i = 0; i < ARRAY_LEN(seen); i++)
		ports += seen[i];
	assert_int_equal(ports, 2);
	help_now_ms += 400;
	help_answer_all(&first);
	help_pump();
	assert_int_equal(answered, 300);
	assert_int_equal(show(0)->pending, 0);
	assert_int_equal(show(0)->accepts, 300);
	assert_int_equal(show(0)->authentications, 300);
	assert_int_equal(show(0)->round_trip_ms, 400);
	assert_int_equal(show(0)->retransmissions, 0);
	/* Sockets that nobody needs are closed. */
	assert_non_null(client->list.groups[0].servers[0]->sockets[0]);
	help_pass(client, 31);
	assert_null(client->list.groups[0].servers[0]->sockets[0]);
}

static void
test_old_ports_are_left(void **state)
{
	uint16_t port;

	(void)state;
	begin(group("", host(&first, "timeout = 300;")));
	ask(1, false);
	help_pump();
	port = first.held[0].from.port;
	ask(1, false);
	help_pump();
	assert_int_equal(first.held[1].from.port, port);
	help_now_ms += RADIUS_SOCKET_AGE_MS;
	ask(1, false);
	help_pump();
	assert_int_not_equal(first.held[2].from.port, port);
}

/* ---- dead servers ---- */

static void
test_black_hole(void **state)
{
	(void)state;
	begin(both("reactivation-mode = \"timed\";"));
	ask(1, true);
	help_pass(client, 29);
	assert_int_equal(answered, 0);
	assert_false(show(0)->failed);
	help_pass(client, 1);
	assert_int_equal(answered, 1);
	assert_true(ip_eq(&last.server, &second.at.addr));
	assert_string_equal(conf_str(last.host, AH_ADDRESS), "127.0.0.2");
	assert_true(show(0)->failed);
	assert_int_equal(show(0)->since, help_wall());
	assert_int_equal(show(0)->timeouts, 3);
	assert_int_equal(show(0)->retransmissions, 5);

	/* Nobody else waits for it. */
	ask(500, true);
	help_pump();
	assert_int_equal(answered, 501);
	assert_int_equal(first.got, 6);

	/* It comes back by itself. */
	help_pass(client, 29);
	assert_true(show(0)->failed);
	help_pass(client, 1);
	assert_false(show(0)->failed);
	first.answers = true;
	ask(1, true);
	help_pump();
	assert_true(ip_eq(&last.server, &first.at.addr));
}

/* A server that takes no accounting logs people in all the same, and the other way round. */
static void
test_lanes(void **state)
{
	const struct radius_target account = {.group = "RAD", .accounting = true, .fallback = true};

	(void)state;
	begin(group("max-failed-attempts = 1;", host(&first, "")));
	assert_int_equal(ask_as(&account, NULL), ERR_OK);
	help_pass(client, 10);
	assert_int_equal(silent, 1);
	assert_int_equal(ask_as(&account, NULL), ERR_OK);
	help_pass(client, 1);
	assert_int_equal(silent, 2); /* FAILED: at once */
	first.answers = true;
	ask(1, true);
	help_pump();
	assert_int_equal(answered, 1);
	assert_false(show(0)->failed);
}

static void
test_all_move(void **state)
{
	(void)state;
	begin(both(""));
	ask(1, false);
	help_pass(client, 9);
	ask(400, false);
	/* The second and third failure are those of two of the 400. */
	help_pass(client, 10);
	assert_true(show(0)->failed);
	assert_int_equal(answered, 401);
	assert_int_equal(show(0)->timeouts, 3);
	assert_int_equal(show(0)->pending, 0);
}

static void
test_answers_reset_the_count(void **state)
{
	(void)state;
	begin(both("max-failed-attempts = 2;"));
	ask(1, false);
	help_pass(client, 10);
	assert_int_equal(show(0)->timeouts, 1);
	first.answers = true;
	ask(1, false);
	help_pump();
	assert_int_equal(answered, 1);
	first.answers = false;
	/* Once more the one that gets no answer: the server is alive, but it goes to the next. */
	help_pass(client, 10);
	assert_int_equal(show(0)->timeouts, 2);
	assert_false(show(0)->failed);
	assert_int_equal(answered, 2);
	assert_true(ip_eq(&last.server, &second.at.addr));
}

static void
test_depletion(void **state)
{
	(void)state;
	begin(both("max-failed-attempts = 1; deadtime = 1;"));
	ask(1, false);
	help_pass(client, 10);
	assert_int_equal(answered, 1);
	help_pass(client, 120);
	assert_true(show(0)->failed); /* as long as another one lives */
	second.answers = false;
	ask(1, true);
	help_pass(client, 10);
	assert_true(show(1)->failed);
	assert_int_equal(silent, 1);
	assert_true(ip_eq(&last.server, &second.at.addr));
	/* Somebody else can be asked: at once, and no packet. */
	unsigned got = first.got + second.got;
	ask(1, true);
	assert_int_equal(silent, 1); /* never from within */
	help_pump();
	assert_int_equal(silent, 2);
	assert_int_equal(last.server.family, 0);
	assert_int_equal(first.got + second.got, got);
	help_pass(client, 60);
	assert_false(show(0)->failed);
	assert_false(show(1)->failed);
}

static void
test_no_fallback(void **state)
{
	(void)state;
	begin(both("max-failed-attempts = 1;"));
	second.answers = false;
	ask(1, true);
	help_pass(client, 20);
	assert_int_equal(silent, 1);
	/* Each is tried for one timeout, in order. */
	ask(1, false);
	help_pass(client, 19);
	assert_int_equal(silent, 1);
	help_pass(client, 1);
	assert_int_equal(silent, 2);
	assert_true(ip_eq(&last.server, &second.at.addr));
	/* One that answers is back. */
	second.answers = true;
	ask(1, false);
	help_pass(client, 10);
	assert_int_equal(answered, 1);
	assert_false(show(1)->failed);
	assert_true(show(0)->failed);
}

/* ---- what is no answer ---- */

static void
test_not_an_answer(void **state)
{
	struct ip_endpoint elsewhere = {0};
	static struct radius_packet answer;
	int fd;

	(void)state;
	begin(group("max-failed-attempts = 2;", host(&first, "")));
	ask(1, false);
	help_pass(client, 10);
	assert_int_equal(show(0)->timeouts, 1);
	assert_true(first.held_len >= 1);
	help_make_answer(&first, &first.held[0], &answer);

	/* Genuine, but from another port, then from another address with the same port. */
	assert_int_equal(ip_parse("127.0.0.1", &elsewhere.addr), ERR_OK);
	fd = help_socket(&elsewhere);
	help_send(fd, &first.held[0].from, answer.data, answer.len);
	close(fd);
	assert_int_equal(ip_parse("127.0.0.3", &elsewhere.addr), ERR_OK);
	elsewhere.port = first.at.port;
	fd = help_socket(&elsewhere);
	help_send(fd, &first.held[0].from, answer.data, answer.len);
	close(fd);
	/* From the server: of another key, not whole, an answer to something else, to nobody. */
	answer.data[4] ^= 1;
	help_send(first.fd, &first.held[0].from, answer.data, answer.len);
	answer.data[4] ^= 1;
	help_send(first.fd, &first.held[0].from, answer.data, answer.len - 1);
	help_send(first.fd, &first.held[0].from, answer.data, 19);
	answer.data[0] = RADIUS_ACCOUNTING_RESPONSE;
	help_send(first.fd, &first.held[0].from, answer.data, answer.len);
	answer.data[0] = RADIUS_ACCESS_ACCEPT;
	answer.data[1]++;
	help_send(first.fd, &first.held[0].from, answer.data, answer.len);
	help_pump();
	assert_int_equal(answered, 0);
	assert_int_equal(show(0)->bad_authenticators, 1);
	assert_int_equal(show(0)->malformed, 2);
	assert_int_equal(show(0)->unrecognized, 2);
	/* Nor did any of them make the server look alive. */
	help_pass(client, 10);
	assert_true(show(0)->failed);
	assert_int_equal(silent, 1);
}

static void
test_unsigned(void **state)
{
	(void)state;
	begin(group("", host(&second, "")));
	second.is_unsigned = true;
	ask(1, false);
	help_pump();
	assert_int_equal(answered, 0);
	assert_int_equal(show(0)->bad_authenticators, 1);
	reload(group("", host(&second, "require-message-authenticator = false;")));
	help_pass(client, 5); /* sent once more */
	assert_int_equal(answered, 1);
}

static void
test_retransmission(void **state)
{
	(void)state;
	begin(group("", host(&first, "")));
	ask(1, false);
	help_pass(client, 5);
	assert_int_equal(first.held_len, 2);
	assert_int_equal(first.held[0].packet.len, first.held[1].packet.len);
	assert_memory_equal(
	    first.held[0].packet.data, first.held[1].packet.data, first.held[0].packet.len);
	assert_int_equal(first.held[0].from.port, first.held[1].from.port);
	first.code = RADIUS_ACCESS_REJECT;
	help_answer_all(&first);
	help_pump();
	assert_int_equal(answered, 1);
	assert_int_equal(last_code, RADIUS_ACCESS_REJECT);
	assert_int_equal(show(0)->rejects, 1);
	assert_int_equal(show(0)->retransmissions, 1);
	assert_int_equal(show(0)->unrecognized, 1); /* the other answer */
	assert_int_equal(show(0)->since, help_wall());
}

/* Nobody listens: the ICMP error is no answer, and no reason to send more. */
static void
test_refused(void **state)
{
	struct help_server gone;

	(void)state;
	help_server_start(&gone, "127.0.0.4");
	begin(group("max-failed-attempts = 1;", host(&gone, "")));
	help_server_stop(&gone);
	ask(3, true);
	help_pass(client, 9);
	assert_int_equal(silent, 0);
	assert_int_equal(show(0)->retransmissions, 3);
	help_pass(client, 1);
	assert_int_equal(silent, 3);
}

/* No route: lost packets, no more. */
static void
test_no_route(void **state)
{
	(void)state;
	begin(group("max-failed-attempts = 1;", "{ address = \"192.0.2.99\"; key = \"k\"; }, "
						"{ address = \"2001:db8::99\"; key = \"k\"; }"));
	ask(1, false);
	help_pass(client, 20);
	assert_int_equal(silent, 1);
}

/* ---- who is asked ---- */

static void
test_targets(void **state)
{
	struct radius_target target = {.group = "RAD"};
	struct ip_addr servers[4];
	Ipc__CtlAaaHost out;

	(void)state;
	begin(both(""));
	first.answers = true;
	assert_int_equal(radius_client_servers(client, "RAD", servers, 4), 2);
	assert_true(ip_eq(&servers[1], &second.at.addr));
	assert_int_equal(radius_client_servers(client, "RAD", servers, 1), 1);
	assert_int_equal(radius_client_servers(client, "OTHER", servers, 4), 0);
	assert_false(radius_client_listing(client, 2, &out));
	target.server = &second.at.addr;
	target.authorization = true;
	assert_int_equal(ask_as(&target, NULL), ERR_OK);
	help_pump();
	assert_int_equal(second.got, 1);
	assert_int_equal(show(1)->authorizations, 1);
	assert_int_equal(show(1)->authentications, 0);
	first.code = RADIUS_ACCOUNTING_RESPONSE;
	target = (struct radius_target){.group = "RAD", .accounting = true};
	assert_int_equal(ask_as(&target, NULL), ERR_OK);
	help_pump();
	assert_int_equal(show(0)->accountings, 1);
	assert_int_equal(answered, 2);
	target.group = "KEYLESS";
	assert_int_equal(ask_as(&target, NULL), ERR_NOTFOUND);
	target.group = "OTHER";
	assert_int_equal(ask_as(&target, NULL), ERR_NOTFOUND);
	target.group = "RAD";
	assert_int_equal(ip_parse("127.0.0.9", &servers[0]), ERR_OK);
	target.server = &servers[0];
	assert_int_equal(ask_as(&target, NULL), ERR_NOTFOUND);
}

/* A challenge goes on where it began, or not at all. */
static void
test_pinned(void **state)
{
	const struct radius_target target = {.group = "RAD", .server = &first.at.addr};

	(void)state;
	begin(both("max-failed-attempts = 1;"));
	assert_int_equal(ask_as(&target, NULL), ERR_OK);
	help_pass(client, 10);
	assert_int_equal(silent, 1);
	assert_true(ip_eq(&last.server, &first.at.addr));
	assert_int_equal(second.got, 0);
	first.answers = true;
	assert_int_equal(ask_as(&target, NULL), ERR_OK);
	help_pump();
	assert_int_equal(answered, 1);
	assert_false(show(0)->failed);
}

static void
test_ipv6(void **state)
{
	struct help_server six;

	(void)state;
	help_server_start(&six, "::1");
	six.answers = true;
	begin(group("", host(&six, "")));
	ask(1, false);
	help_pump();
	assert_int_equal(answered, 1);
	assert_true(ip_eq(&last.server, &six.at.addr));
	help_server_stop(&six);
}

static void
test_cancel_and_limit(void **state)
{
	const struct radius_target target = {.group = "RAD"};
	struct radius_call *calls[3];
	const uint8_t filling[252] = {'x'};

	(void)state;
	begin(group("", host(&first, "")));
	for (size_t i = 0; i < ARRAY_LEN(calls); i++)
		assert_int_equal(ask_as(&target, &calls[i]), ERR_OK);
	help_pump();
	radius_call_cancel(calls[1]);
	help_answer_all(&first);
	help_pump();
	assert_int_equal(answered, 2);
	assert_int_equal(show(0)->unrecognized, 1);
	for (unsigned i = 0; i < RADIUS_CALLS_MAX; i++)
		assert_int_equal(ask_as(&target, NULL), ERR_OK);
	assert_int_equal(ask_as(&target, NULL), ERR_LIMIT);
	/* What is under way is dropped with the client. */
	reload(group("", host(&first, "")));

	/* What would not fit into a packet is not tried in vain. */
	struct radius_request request;
	radius_client_free(client);
	begin(group("", host(&first, "")));
	radius_request_init(&request, RADIUS_ACCESS_REQUEST);
	for (unsigned i = 0; i < 16; i++)
		radius_put(&request, RADIUS_PROXY_STATE, filling, sizeof(filling));
	assert_int_equal(
	    radius_client_ask(client, &target, &request, on_done, NULL, NULL), ERR_LIMIT);
}

/* ---- reload ---- */

static void
test_reload_keeps(void **state)
{
	(void)state;
	begin(both("max-failed-attempts = 1;"));
	ask(1, false);
	help_pass(client, 10);
	assert_int_equal(answered, 1);
	second.answers = false;
	ask(2, false);
	help_pump();
	/* The same servers in another order, another timeout; a third that is new. */
	char hosts[1200];
	snprintf(hosts, sizeof(hosts), "{ address = \"127.0.0.5\"; key = \"k\"; }, %s, %s",
	    host(&second, "timeout = 20;"), host(&first, ""));
	reload(group("", hosts));
	assert_true(show(2)->failed);
	assert_int_equal(show(2)->timeouts, 1);
	assert_int_equal(show(1)->pending, 2);
	assert_int_equal(show(0)->authentications, 0);
	help_answer_all(&second);
	help_pump();
	assert_int_equal(answered, 3);
	assert_int_equal(conf_int(last.host, AH_TIMEOUT), 20);
}

static void
test_reload_moves(void **state)
{
	(void)state;
	begin(both(""));
	ask(5, false);
	help_pump();
	assert_int_equal(first.got, 5);
	/* Its server is gone: on to the one that is left. */
	reload(group("", host(&second, "")));
	help_pump();
	assert_int_equal(answered, 5);
	assert_int_equal(second.got, 5);
	/* The group is gone. */
	second.answers = false;
	ask(3, true);
	help_pump();
	reload(load("aaa-server-groups = ();\n"));
	reload(load("aaa-server-groups = ();\n"));
	assert_int_equal(silent, 0);
	help_pump();
	assert_int_equal(silent, 3);
	assert_int_equal(last.server.family, 0);
}

static void
test_reload_key(void **state)
{
	(void)state;
	begin(group("", host(&first, "")));
	ask(2, false);
	help_pump();
	assert_int_equal(first.got, 2);
	first.key = "another";
	first.held_len = 0;
	reload(group("", host(&first, "")));
	help_pump();
	assert_int_equal(first.got, 4);
	help_answer_all(&first);
	help_pump();
	assert_int_equal(answered, 2);
	/* Prepared and not used: nothing changes. */
	struct conf *conf = group("", host(&second, ""));
	assert_int_equal(radius_client_prepare(client, conf), ERR_OK);
	conf_unref(conf);
	assert_int_equal(show(0)->accepts, 2);
}

/* A done() that asks again, as a login does after authentication. */
static void
on_done_ask(const struct radius_result *result, void *arg)
{
	unsigned *left = arg;
	const struct radius_target target = {.group = "RAD"};
	struct radius_request request;

	on_done(result, NULL);
	if ((*left)-- == 0)
		return;
	radius_request_init(&request, RADIUS_ACCESS_REQUEST);
	radius_put_str(&request, RADIUS_USER_NAME, "nemo");
	assert_int_equal(
	    radius_client_ask(client, &target, &request, on_done_ask, left, NULL), ERR_OK);
}

static void
test_ask_from_done(void **state)
{
	const struct radius_target target = {.group = "RAD"};
	struct radius_request request;
	unsigned left = 10;

	(void)state;
	begin(group("", host(&second, "")));
	radius_request_init(&request, RADIUS_ACCESS_REQUEST);
	radius_put_str(&request, RADIUS_USER_NAME, "nemo");
	assert_int_equal(
	    radius_client_ask(client, &target, &request, on_done_ask, &left, NULL), ERR_OK);
	help_pump();
	assert_int_equal(answered, 11);
}

/* Two groups may name one server by different keys. */
static void
test_two_groups(void **state)
{
	const struct radius_target other = {.group = "OTHER"};
	char text[2048];

	(void)state;
	snprintf(text, sizeof(text), "aaa-server-groups = ( { name = \"RAD\"; hosts = ( %s ); }, ",
	    host(&second, ""));
	second.key = "other";
	snprintf(text + strlen(text), sizeof(text) - strlen(text),
	    "{ name = \"OTHER\"; hosts = ( %s ); } );\n", host(&second, ""));
	begin(load(text));
	assert_int_equal(ask_as(&other, NULL), ERR_OK);
	help_pump();
	assert_int_equal(answered, 1);
	ask(1, false);
	help_pump();
	assert_int_equal(answered, 1);
	assert_int_equal(show(0)->bad_authenticators, 1);
	assert_int_equal(show(1)->accepts, 1);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_parallel),
	    TEST(test_old_ports_are_left),
	    TEST(test_black_hole),
	    TEST(test_lanes),
	    TEST(test_all_move),
	    TEST(test_answers_reset_the_count),
	    TEST(test_depletion),
	    TEST(test_no_fallback),
	    TEST(test_not_an_answer),
	    TEST(test_unsigned),
	    TEST(test_retransmission),
	    TEST(test_refused),
	    TEST(test_no_route),
	    TEST(test_targets),
	    TEST(test_pinned),
	    TEST(test_ipv6),
	    TEST(test_cancel_and_limit),
	    TEST(test_reload_keeps),
	    TEST(test_reload_moves),
	    TEST(test_reload_key),
	    TEST(test_ask_from_done),
	    TEST(test_two_groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
