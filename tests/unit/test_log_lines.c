/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What leaves the logger: each format byte by byte, rules and rate limits, which target gets which
 * line, and collectors that are away, slow or come back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/ipc.pb-c.h"
#include "common/log.h"
#include "common/log_line.h"
#include "common/log_plan.h"
#include "common/log_rule.h"
#include "common/log_sink.h"
#include "common/str.h"

#define WAIT_MS 10000
#define TEXT "%ASA-6-113008: AAA transaction status ACCEPT : user = \"b\\o]b\""

static void
test_formats(UNUSED void **state)
{
	static const struct {
		enum log_format format;
		unsigned id;
		bool journal;
		uint32_t session;
		const char *audit_id, *expect;
	} rows[] = {
	    {LOG_FORMAT_PLAIN, 113008, false, 0, NULL,
		"2023-11-14T22:13:20.123Z info auth[42]: " TEXT},
	    {LOG_FORMAT_PLAIN, 113008, true, 0, NULL, "<6>info auth[42]: " TEXT},
	    {LOG_FORMAT_KEY_VALUE, 113008, false, 0x1000, "ab01",
		"time=2023-11-14T22:13:20.123Z level=info process=auth pid=42 id=113008 "
		"session=0x00001000 audit-session-id=ab01 msg=\"%ASA-6-113008: AAA transaction "
		"status ACCEPT : user = \\\"b\\\\o]b\\\"\""},
	    {LOG_FORMAT_KEY_VALUE, 0, true, 0, "",
		"<6>time=2023-11-14T22:13:20.123Z level=info process=auth pid=42 "
		"msg=\"%ASA-6-113008: AAA transaction status ACCEPT : user = "
		"\\\"b\\\\o]b\\\"\""},
	    {LOG_FORMAT_JSON, 113008, false, 0x1000, "ab01",
		"{\"time\":\"2023-11-14T22:13:20.123Z\",\"level\":\"info\",\"process\":\"auth\","
		"\"pid\":42,\"id\":113008,\"session\":\"0x00001000\",\"audit-session-id\":\"ab01\","
		"\"msg\":\"%ASA-6-113008: AAA transaction status ACCEPT : user = "
		"\\\"b\\\\o]b\\\"\"}"},
	    {LOG_FORMAT_LOCAL, 113008, false, 0x1000, "ab01",
		"<166>Nov 14 22:13:20 sekishod[42]: info auth[42]: " TEXT},
	    {LOG_FORMAT_ASA, 113008, false, 0x1000, "ab01",
		"<166>Nov 14 2023 22:13:20 gw1 : " TEXT},
	    {LOG_FORMAT_ASA, 0, false, 0, NULL,
		"<166>Nov 14 2023 22:13:20 gw1 : %SEKISHO-6-auth: " TEXT},
	    {LOG_FORMAT_RFC5424, 113008, false, 0x1000, "a]b",
		"<166>1 2023-11-14T22:13:20.123Z gw1 sekishod-auth 42 113008 [sekisho@32473 "
		"session=\"0x00001000\" audit-session-id=\"a\\]b\"] " TEXT},
	    {LOG_FORMAT_RFC5424, 0, false, 0, NULL,
		"<166>1 2023-11-14T22:13:20.123Z gw1 sekishod-auth 42 - - " TEXT},
	};

	setenv("TZ", "UTC", 1);
	tzset();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct log_line line = {
		    .time = {.tv_sec = 1700000000, .tv_nsec = 123456789},
		    .severity = LOG_INFO,
		    .id = rows[i].id,
		    .process = "auth",
		    .pid = 42,
		    .host = "gw1",
		    .facility = LOG_LOCAL4,
		    .journal = rows[i].journal,
		    .session = rows[i].session,
		    .audit_id = rows[i].audit_id,
		    .text = TEXT,
		};
		static char out[LOG_LINE_SIZE];
		size_t len = log_line(rows[i].format, &line, out, sizeof(out));

		assert_string_equal(out, rows[i].expect);
		assert_int_equal(len, strlen(out));
	}
}

/* A text of nothing but quotes or of long characters: cut, and still JSON and UTF-8. */
static void
test_cut(UNUSED void **state)
{
	static const char *const fills[] = {"\"", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};

	for (size_t i = 0; i < ARRAY_LEN(fills); i++) {
		static char text[8000];
		char out[1000];
		struct log_line line = {
		    .process = "auth", .host = "h", .severity = LOG_ERR, .text = text};
		size_t len = strlen(fills[i]), used = 0;

		while (used + len < sizeof(text))
			memcpy(text + used, fills[i], len), used += len;
		text[used] = '\0';
		used = log_line(LOG_FORMAT_JSON, &line, out, sizeof(out));
		assert_in_range(used, 980, 999);
		assert_string_equal(out + used - 2, "\"}");
		for (const char *at = out; *at != '\0';) {
			uint32_t code;
			size_t n = str_utf8(at, &code);

			assert_true(n > 0);
			at += n;
		}
		if (len == 1)
			assert_memory_equal(out + used - 4, "\\\"", 2);
	}
}

static void
test_rules(UNUSED void **state)
{
	static const struct {
		const char *rule;
		int severity;
		unsigned id;
		bool fits;
	} rows[] = {
	    {"level warning", LOG_WARNING, 113019, true},
	    {"level warnings", LOG_NOTICE, 113019, false},
	    {"level 3", LOG_ERR, 0, true},
	    {"level info class auth", LOG_INFO, 113019, true},
	    {"level info class auth", LOG_INFO, 109201, true},
	    {"level info class auth", LOG_DEBUG, 113019, false},
	    {"level info class auth", LOG_INFO, 722022, false},
	    {"level info class auth", LOG_INFO, 0, false},
	    {"class svc", LOG_DEBUG, 722030, true},
	    {"class ipaa", LOG_INFO, 737026, true},
	    {"message 113019", LOG_DEBUG, 113019, true},
	    {"message 113019", LOG_DEBUG, 113018, false},
	    {"message 722000-722060", LOG_ERR, 722060, true},
	    {"message 722000-722060", LOG_ERR, 722061, false},
	    {"message 722000-722060", LOG_ERR, 0, false},
	};
	static const char *const wrong[] = {"", "level", "level loud", "level 8", "class fish",
	    "message 1", "message 113019-", "message 113019-113018", "message -113019",
	    "message 1130190", "class auth level info", "level info class", "level info fish auth",
	    "level info class auth more", "message 113019 113020"};
	struct log_rule rule;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_null(log_rule_parse(rows[i].rule, &rule));
		if (log_rule_fits(&rule, rows[i].severity, rows[i].id) != rows[i].fits)
			fail_msg("row %zu: %s", i, rows[i].rule);
	}
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		if (log_rule_parse(wrong[i], &rule) == NULL)
			fail_msg("\"%s\" was taken", wrong[i]);
}

static void
test_rates(UNUSED void **state)
{
	static const char *const wrong[] = {"", "10 60", "10 60 message", "10 0 level info",
	    "-1 60 level info", "10 60 level loud", "10 60 class auth", "10 60 message 5",
	    "10 60 message 113019 x"};
	struct log_rate rate;

	assert_null(log_rate_parse("10 60 message 106102-106103", &rate));
	assert_int_equal(rate.lines, 10);
	assert_int_equal(rate.seconds, 60);
	assert_true(log_rate_fits(&rate, LOG_ERR, 106103));
	assert_false(log_rate_fits(&rate, LOG_ERR, 106104));
	assert_false(log_rate_fits(&rate, LOG_ERR, 0));
	assert_null(log_rate_parse("0 1 level debugging", &rate));
	assert_true(log_rate_fits(&rate, LOG_DEBUG, 0));
	assert_false(log_rate_fits(&rate, LOG_INFO, 0));
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		if (log_rate_parse(wrong[i], &rate) == NULL)
			fail_msg("\"%s\" was taken", wrong[i]);
}

static void
test_ids(UNUSED void **state)
{
	assert_int_equal(log_message_id("%ASA-6-113039: x"), 113039);
	assert_int_equal(log_message_id("%ASA-6-113039"), 0);
	assert_int_equal(log_message_id("%ASA-66-113039: x"), 0);
	assert_int_equal(log_message_id("%ASA-6-11303: x"), 0);
	assert_int_equal(log_message_id("%ASA-"), 0);
	assert_int_equal(log_message_id(""), 0);
	assert_int_equal(log_message_id(" %ASA-6-113039: x"), 0);
}

/* ---- targets ---- */

/* A socket that is bound to a free port, or to a name of the abstract kind: where lines arrive. */
static int
udp_server(uint16_t *port)
{
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(sa);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
	*port = ntohs(sa.sin_port);
	return fd;
}

static int
tcp_server(uint16_t *port)
{
	struct sockaddr_in sa = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	    .sin_port = htons(*port)};
	socklen_t len = sizeof(sa);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int one = 1;

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(listen(fd, 4), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
	*port = ntohs(sa.sin_port);
	return fd;
}

static bool
readable(int fd, int timeout_ms)
{
	struct pollfd pfd = {.fd = fd, .events = POLLIN};

	return poll(&pfd, 1, timeout_ms) == 1;
}

static const char *
take(int fd)
{
	static char text[LOG_LINE_SIZE];
	ssize_t n;

	if (!readable(fd, WAIT_MS))
		fail_msg("nothing arrives");
	n = recv(fd, text, sizeof(text) - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

/* Until the text is there. */
static void
take_until(int fd, const char *end)
{
	static char text[65536];
	size_t used = 0;

	text[0] = '\0';
	while (strstr(text, end) == NULL) {
		ssize_t n;

		if (!readable(fd, WAIT_MS))
			fail_msg("expected \"%s\", got \"%s\"", end, text);
		n = recv(fd, text + used, sizeof(text) - 1 - used, 0);
		assert_true(n > 0);
		used += (size_t)n;
		text[used] = '\0';
	}
}

static uint8_t loopback[4] = {127, 0, 0, 1};

static Ipc__LogHost
host_msg(enum log_transport transport, uint16_t port, enum log_format format)
{
	Ipc__LogHost host = IPC__LOG_HOST__INIT;

	host.transport = transport;
	host.address = (ProtobufCBinaryData){.len = sizeof(loopback), .data = loopback};
	host.port = port;
	host.format = format;
	host.queue = 3;
	return host;
}

static void
configure(Ipc__LogPlan *plan, Ipc__LogHost **hosts, size_t len)
{
	const struct log_config config = {.level = LOG_INFO, .plan = plan};

	plan->hosts = hosts;
	plan->n_hosts = len;
	plan->host = (char *)"gw1";
	log_init("auth", &config);
}

static void
configure_nothing(void)
{
	static const struct log_config config = {.level = LOG_INFO, .to_stderr = true};

	log_init("auth", &config);
}

static void
test_selection(UNUSED void **state)
{
	char *rules[] = {(char *)"message 113008", (char *)"level err"};
	char *disabled[] = {(char *)"113012"};
	char *rates[] = {(char *)"1 3600 message 113009"};
	Ipc__LogPlan plan = IPC__LOG_PLAN__INIT;
	Ipc__LogList list = IPC__LOG_LIST__INIT, *lists[] = {&list};
	Ipc__LogWhich by_list = IPC__LOG_WHICH__INIT, by_level = IPC__LOG_WHICH__INIT;
	uint16_t ports[2];
	int fds[2] = {udp_server(&ports[0]), udp_server(&ports[1])};
	Ipc__LogHost one = host_msg(LOG_UDP, ports[0], LOG_FORMAT_ASA);
	Ipc__LogHost two = host_msg(LOG_UDP, ports[1], LOG_FORMAT_RFC5424);
	Ipc__LogHost *hosts[] = {&one, &two};

	list.name = by_list.list = (char *)"few";
	list.rules = rules;
	list.n_rules = ARRAY_LEN(rules);
	plan.lists = lists;
	plan.n_lists = 1;
	plan.disabled = disabled;
	plan.n_disabled = 1;
	plan.rate_limits = rates;
	plan.n_rate_limits = 1;
	plan.facility = LOG_LOCAL7;
	one.which = &by_list;
	by_level.level = LOG_DEBUG;
	two.which = &by_level;
	configure(&plan, hosts, 2);
	assert_true(log_enabled(LOG_DEBUG));
	log_debug("small talk");
	log_event(LOGMSG_113012, "bob"); /* disabled */
	log_event(LOGMSG_113009, "gp", "bob");
	log_event(LOGMSG_113009, "gp", "eve"); /* over its rate */
	log_of((struct log_about){.session = 0x3000, .audit_id = "c0ff"}, LOGMSG_113008, "bob");
	log_err("broken");
	assert_non_null(strstr(take(fds[0]), "gw1 : %ASA-6-113008: AAA transaction status ACCEPT"));
	assert_non_null(strstr(take(fds[0]), "gw1 : %SEKISHO-3-auth: broken"));
	assert_false(readable(fds[0], 0));
	assert_memory_equal(take(fds[1]), "<191>1 ", 7);
	assert_non_null(strstr(take(fds[1]), " 113009 - %ASA-6-113009: AAA"));
	assert_non_null(strstr(take(fds[1]),
	    " 113008 [sekisho@32473 session=\"0x00003000\" audit-session-id=\"c0ff\"] %ASA"));
	assert_non_null(strstr(take(fds[1]), "<187>1 "));
	assert_false(readable(fds[1], 0));
	configure_nothing();
	close(fds[0]);
	close(fds[1]);
}

/* A collector over TCP that is away at first, goes, and comes back; the queue holds three lines. */
static void
test_tcp(UNUSED void **state)
{
	Ipc__LogPlan plan = IPC__LOG_PLAN__INIT;
	uint16_t port = 0;
	int server = tcp_server(&port), client;
	Ipc__LogHost host = host_msg(LOG_TCP, port, LOG_FORMAT_ASA), *hosts[] = {&host};

	close(server);
	configure(&plan, hosts, 1);
	for (int i = 0; i < 8; i++)
		log_notice("line %d", i);
	server = tcp_server(&port);
	assert_true(readable(server, WAIT_MS));
	client = accept(server, NULL, NULL);
	take_until(client, "line 2\n");
	log_notice("after");
	take_until(client, "5 lines before this one were lost on their way here\n");
	/* The same again: the connection stays. */
	configure(&plan, hosts, 1);
	log_notice("reloaded");
	take_until(client, "reloaded\n");
	assert_false(readable(server, 0));
	close(client);
	/* The end of the connection is seen before the next line is sent. */
	log_notice("again");
	assert_true(readable(server, WAIT_MS));
	client = accept(server, NULL, NULL);
	take_until(client, "again\n");
	/* What is queued when it is taken out of the configuration is still sent. */
	log_notice("goodbye");
	configure_nothing();
	take_until(client, "goodbye\n");
	log_sink_drain();
	close(client);
	close(server);
}

static void
test_counted(UNUSED void **state)
{
	Ipc__LogPlan plan = IPC__LOG_PLAN__INIT;
	uint16_t port = 0;
	int server = tcp_server(&port), client;
	Ipc__LogHost host = host_msg(LOG_TCP, port, LOG_FORMAT_RFC5424), *hosts[] = {&host};
	const char *text;
	char *rest;

	configure(&plan, hosts, 1);
	log_notice("x");
	assert_true(readable(server, WAIT_MS));
	client = accept(server, NULL, NULL);
	text = take(client);
	size_t len = strtoul(text, &rest, 10);
	assert_int_equal(len, strlen(rest + 1));
	assert_memory_equal(rest, " <165>1 ", 8);
	configure_nothing();
	log_sink_drain();
	close(client);
	close(server);
}

/* A unix socket that is there only later, and is made anew. */
static void
test_unix(UNUSED void **state)
{
	Ipc__LogPlan plan = IPC__LOG_PLAN__INIT;
	Ipc__LogHost host = host_msg(LOG_UNIX, 0, LOG_FORMAT_ASA), *hosts[] = {&host};
	struct sockaddr_un sa = {.sun_family = AF_UNIX};

	snprintf(sa.sun_path, sizeof(sa.sun_path), "/tmp/test_log_lines.%ld", (long)getpid());
	host.path = sa.sun_path;
	configure(&plan, hosts, 1);
	log_notice("nobody hears this");
	for (int i = 0; i < 2; i++) {
		int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

		assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
		log_notice("here");
		if (i == 0)
			assert_non_null(strstr(take(fd), "1 lines before this one were lost"));
		assert_non_null(strstr(take(fd), ": here"));
		close(fd);
		unlink(sa.sun_path);
	}
	configure_nothing();
}

static void
test_usernames(UNUSED void **state)
{
	Ipc__LogPlan plan = IPC__LOG_PLAN__INIT;

	configure_nothing();
	assert_string_equal(log_username("secret"), "*****");
	plan.show_usernames = true;
	configure(&plan, NULL, 0);
	assert_string_equal(log_username("bob"), "bob");
	assert_false(log_enabled(LOG_ERR));
	configure_nothing();
}

/* What the journal would get twice. */
static void
test_same(UNUSED void **state)
{
	Ipc__LogWhich one = IPC__LOG_WHICH__INIT, other = IPC__LOG_WHICH__INIT;
	Ipc__LogPlan plan = IPC__LOG_PLAN__INIT;
	struct log_config config = {.level = LOG_INFO, .to_stderr = true, .to_syslog = true};

	assert_true(log_plan_same(&config));
	plan.on_stderr = &one;
	plan.on_syslog = &other;
	config.plan = &plan;
	assert_true(log_plan_same(&config));
	other.level = LOG_DEBUG;
	assert_false(log_plan_same(&config));
	other.level = one.level;
	other.list = (char *)(uintptr_t) "who";
	assert_false(log_plan_same(&config));
	other.list = one.list;
	config.to_stderr = false;
	assert_false(log_plan_same(&config));
	config.to_stderr = true;
	config.to_syslog = false;
	assert_false(log_plan_same(&config));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_formats),
	    cmocka_unit_test(test_cut),
	    cmocka_unit_test(test_rules),
	    cmocka_unit_test(test_rates),
	    cmocka_unit_test(test_ids),
	    cmocka_unit_test(test_selection),
	    cmocka_unit_test(test_tcp),
	    cmocka_unit_test(test_counted),
	    cmocka_unit_test(test_unix),
	    cmocka_unit_test(test_usernames),
	    cmocka_unit_test(test_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
