/* SPDX-License-Identifier: Apache-2.0 */
/* tools/ctl.c, common/ctl_client.c: connecting, answers good and bad, JSON. The daemon is the other
 * end of a socketpair, written to first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/ipc.h"
#include "tools/ctl.h"

#define T(name) IPC__MSG_TYPE__MSG_##name
#define TEXT(s) ((char *)(uintptr_t)(s))

static int tool, daemon_fd;

static int
setup(UNUSED void **state)
{
	int fds[2];

	if (ipc_pair(fds) != ERR_OK)
		return -1;
	tool = fds[0];
	daemon_fd = fds[1];
	return 0;
}

static int
teardown(UNUSED void **state)
{
	close(tool);
	if (daemon_fd >= 0)
		close(daemon_fd);
	return 0;
}

static void
say_session(uint32_t index)
{
	Ipc__CtlSession session = IPC__CTL_SESSION__INIT;

	session.index = index;
	assert_int_equal(ipc_write_blocking(daemon_fd, T(CTL_SESSION), &session.base, -1), ERR_OK);
}

static void
say_end(const char *error)
{
	Ipc__CtlEnd end = IPC__CTL_END__INIT;

	end.error = TEXT(error);
	assert_int_equal(ipc_write_blocking(daemon_fd, T(CTL_END), &end.base, -1), ERR_OK);
}

static void
test_listing(UNUSED void **state)
{
	Ipc__CtlSessions request = IPC__CTL_SESSIONS__INIT;
	struct ctl_list list;
	ProtobufCMessage *msg;
	Ipc__MsgType type;
	int fd;

	request.username = TEXT("bob");
	for (uint32_t i = 0; i < 50; i++)
		say_session(1 + i * 7 % 50);
	say_end("");
	assert_int_equal(ctl_sessions(tool, &request, &list), ERR_OK);
	assert_int_equal(list.len, 50);
	for (uint32_t i = 0; i < 50; i++)
		assert_int_equal(list.sessions[i]->index, i + 1);
	ctl_list_fini(&list);
	assert_int_equal(ipc_read_blocking(daemon_fd, &type, &msg, &fd), ERR_OK);
	assert_int_equal(type, T(CTL_SESSIONS));
	assert_string_equal(((Ipc__CtlSessions *)msg)->username, "bob");
	protobuf_c_message_free_unpacked(msg, NULL);
}

static void
expect_failure(enum err expected)
{
	Ipc__CtlSessions request = IPC__CTL_SESSIONS__INIT;
	struct ctl_list list;
	enum err err = ctl_sessions(tool, &request, &list);

	if (err != expected)
		fail_msg("expected \"%s\", got \"%s\"", err_str(expected), err_str(err));
	assert_int_equal(list.len, 0);
	assert_null(list.sessions);
}

static void
test_empty(UNUSED void **state)
{
	say_end("");
	expect_failure(ERR_OK);
}

static void
test_refused(UNUSED void **state)
{
	Ipc__CtlSessions request = IPC__CTL_SESSIONS__INIT;
	struct ctl_list list;

	say_session(1);
	say_end("not\x1b now");
	assert_int_equal(ctl_sessions(tool, &request, &list), ERR_DENIED);
	assert_string_equal(list.error, "not? now");
	assert_int_equal(list.len, 0);
}

static void
test_daemon_dies(UNUSED void **state)
{
	say_session(1);
	assert_int_equal(shutdown(daemon_fd, SHUT_WR), 0);
	expect_failure(ERR_CLOSED);
}

static void
test_daemon_is_gone(UNUSED void **state)
{
	close(daemon_fd);
	daemon_fd = -1;
	expect_failure(ERR_CLOSED);
}

static void
test_wrong_message(UNUSED void **state)
{
	Ipc__RoleStop stop = IPC__ROLE_STOP__INIT;

	say_session(1);
	assert_int_equal(ipc_write_blocking(daemon_fd, T(ROLE_STOP), &stop.base, -1), ERR_OK);
	expect_failure(ERR_SYNTAX);
}

static void
test_garbage(UNUSED void **state)
{
	assert_int_equal(send(daemon_fd, "HTTP/1.1 200 OK\r\n", 17, 0), 17);
	expect_failure(ERR_SYNTAX);
}

static void
test_connect(UNUSED void **state)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	char dir[] = "/tmp/test_ctl.XXXXXX";
	char longer[200];
	int listener, fd;

	assert_non_null(mkdtemp(dir));
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/control", dir);
	assert_int_equal(ctl_connect(addr.sun_path, &fd), ERR_SYS);
	assert_int_equal(errno, ENOENT);
	assert_non_null(strstr(ctl_hint(errno), "not running"));
	listener = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(ctl_connect(addr.sun_path, &fd), ERR_SYS);
	assert_int_equal(errno, ECONNREFUSED);
	assert_non_null(strstr(ctl_hint(errno), "nobody listens"));
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(ctl_connect(addr.sun_path, &fd), ERR_OK);
	close(fd);
	close(listener);
	unlink(addr.sun_path);
	rmdir(dir);
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(ctl_connect(longer, &fd), ERR_LIMIT);
	assert_non_null(strstr(ctl_hint(EACCES), "control-socket.group"));
	assert_non_null(ctl_hint(EIO));
}

/* The document is an interface: every key, in order. */
static void
test_json(UNUSED void **state)
{
	static uint8_t ip[] = {10, 1, 2, 3};
	Ipc__CtlSession session = IPC__CTL_SESSION__INIT;
	Ipc__CtlTunnel tunnel = IPC__CTL_TUNNEL__INIT, *tunnels[] = {&tunnel};
	Ipc__ChannelStats stats = IPC__CHANNEL_STATS__INIT;
	json_t *json;
	char *text;

	session.index = 7;
	session.username = TEXT("b\n\"ob\"\xff");
	session.ipv4 = (ProtobufCBinaryData){sizeof(ip), ip};
	session.login_time = 1585145659;
	session.inactivity = 3;
	stats.tx_bytes = 5000000000;
	session.total = &stats;
	tunnel.channel = IPC__CHANNEL__CHANNEL_DTLS;
	tunnel.id = 2;
	tunnel.up = true;
	session.n_tunnel = 1;
	session.tunnel = tunnels;
	json = ctl_session_json(&session);
	assert_non_null(json);
	text = json_dumps(json, JSON_COMPACT);
	assert_string_equal(text,
	    "{\"index\":7,\"username\":\"b?\\\"ob\\\"?\",\"ipv4\":\"10.1.2.3\",\"ipv6\":null,"
	    "\"public_ip\":null,"
	    "\"tunnel_group\":\"\",\"group_policy\":\"\",\"login_time\":1585145659,\"duration\":0,"
	    "\"inactivity\":3,"
	    "\"audit_session_id\":\"\",\"client_os\":\"\",\"client_os_version\":\"\",\"client_"
	    "agent\":\"\","
	    "\"client_version\":\"\",\"hostname\":\"\",\"auth_mode\":\"\",\"idle_timeout\":0,"
	    "\"idle_left\":0,"
	    "\"parent_id\":0,\"parent_client_port\":0,\"parent_server_port\":0,"
	    "\"total\":{\"rx_bytes\":0,\"tx_bytes\":5000000000,\"rx_packets\":0,\"tx_packets\":0,"
	    "\"rx_drops\":0,"
	    "\"tx_drops\":0},"
	    "\"tunnels\":[{\"channel\":\"dtls\",\"id\":2,\"up\":true,\"version\":\"\",\"cipher\":"
	    "\"\",\"client_port\":0,"
	    "\"server_port\":0,\"stats\":null,\"client_ip\":null}],"
	    "\"session_timeout\":0,\"session_left\":0,\"filter_name\":\"\","
	    "\"ipv6_filter_name\":\"\",\"attributes\":[]}");
	free(text);
	json_decref(json);
	tunnel.channel = (Ipc__Channel)99; /* a newer daemon's */
	json = ctl_session_json(&session);
	assert_int_equal(json_integer_value(json_object_get(
			     json_array_get(json_object_get(json, "tunnels"), 0), "channel")),
	    99);
	json_decref(json);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* ---- reload ---- */

static void
say_reloaded(const char *error, const char *text)
{
	Ipc__CtlEnd end = IPC__CTL_END__INIT;

	end.error = TEXT(error);
	end.text = TEXT(text);
	assert_int_equal(ipc_write_blocking(daemon_fd, T(CTL_END), &end.base, -1), ERR_OK);
}

static void
test_reload(UNUSED void **state)
{
	static const struct {
		const char *error, *text;
		enum err err;
		const char *expect;
	} rows[] = {
	    {"", "warning: x\nreloaded", ERR_OK, "warning: x\nreloaded"},
	    {"a.conf:1: bad\nnot reloaded", "", ERR_DENIED, "a.conf:1: bad\nnot reloaded"},
	    {"esc\033[2J\xc2\x85\n\tline", "", ERR_DENIED, "esc?[2J?\n?line"},
	    {"", "", ERR_OK, ""},
	};
	char text[256];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		say_reloaded(rows[i].error, rows[i].text);
		assert_int_equal(ctl_reload(tool, text, sizeof(text)), rows[i].err);
		assert_string_equal(text, rows[i].expect);
	}
	/* Too long: cut, and a string. */
	say_reloaded("0123456789\n0123456789", "");
	assert_int_equal(ctl_reload(tool, text, 16), ERR_DENIED);
	assert_in_range(strlen(text), 11, 15);
	say_session(1);
	assert_int_equal(ctl_reload(tool, text, sizeof(text)), ERR_SYNTAX);
	close(daemon_fd);
	daemon_fd = -1;
	assert_int_equal(ctl_reload(tool, text, sizeof(text)), ERR_CLOSED);
}

/* What would move a terminal's cursor or is no UTF-8 does not get through; ends of lines do. */
static void
test_lines(UNUSED void **state)
{
	struct buf out;

	buf_init(&out, 100);
	ctl_put_lines(&out, "caf\xc3\xa9 1\n\x1b[2Jtwo\t\x7f\xc2\x9b\xe2\x80\xae\xff\n");
	assert_string_equal(buf_cstr(&out), "caf\xc3\xa9 1\n?[2Jtwo?????\n");
	buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_reload, setup, teardown),
	    CASE(test_listing),
	    CASE(test_empty),
	    CASE(test_refused),
	    CASE(test_daemon_dies),
	    CASE(test_daemon_is_gone),
	    CASE(test_wrong_message),
	    CASE(test_garbage),
	    cmocka_unit_test(test_connect),
	    cmocka_unit_test(test_json),
	    cmocka_unit_test(test_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
