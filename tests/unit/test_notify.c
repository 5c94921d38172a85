/* SPDX-License-Identifier: Apache-2.0 */
/* gateway/notify.c: what a service manager hears, datagram by datagram, on a socket of ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "gateway/notify.h"

static int manager = -1;
static struct loop *loop;

static int
setup(void **state)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int len = snprintf(
	    addr.sun_path + 1, sizeof(addr.sun_path) - 1, "sekisho-test-notify.%d", (int)getpid());
	char name[sizeof(addr.sun_path) + 1];

	(void)state;
	manager = socket(AF_UNIX, SOCK_DGRAM, 0);
	assert_int_equal(bind(manager, (struct sockaddr *)&addr,
			     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len)),
	    0);
	(void)snprintf(name, sizeof(name), "@%s", addr.sun_path + 1);
	setenv("NOTIFY_SOCKET", name, 1);
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	loop = loop_new();
	assert_non_null(loop);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	loop_free(loop);
	close(manager);
	unsetenv("NOTIFY_SOCKET");
	return 0;
}

/* The next message, "" if there is none. flags: MSG_DONTWAIT, or 0 to wait for one. */
static const char *
heard(int flags)
{
	static char text[512];
	ssize_t len = recv(manager, text, sizeof(text) - 1, flags);

	text[len > 0 ? len : 0] = '\0';
	return text;
}

static void
hears(const char *expected)
{
	assert_string_equal(heard(MSG_DONTWAIT), expected);
}

static void
a_life(void **state)
{
	struct notify *notify = notify_new(loop);
	uint64_t usec = 0;

	(void)state;
	assert_non_null(notify);
	assert_int_equal(notify_watchdog_usec(notify), 0);
	/* A start with trouble: nobody is told of half a service. */
	notify_lost(notify, "pki");
	hears("");
	notify_serving(notify, 1);
	hears("READY=1\nSTATUS=serving, configuration of generation 1");
	notify_lost(notify, "auth");
	hears("READY=1\nSTATUS=auth is being restarted");
	notify_lost(notify, "auth");
	hears("");
	notify_serving(notify, 1);
	hears("READY=1\nSTATUS=serving, configuration of generation 1");
	notify_reloading(notify);
	assert_int_equal(sscanf(heard(MSG_DONTWAIT),
			     "RELOADING=1\nMONOTONIC_USEC=%" SCNu64 "\nSTATUS=reloading", &usec),
	    1);
	assert_true(usec > 0);
	notify_reloaded(notify, false, 1);
	hears(
	    "READY=1\nSTATUS=serving, configuration of generation 1; the last reload was refused, "
	    "see the log");
	notify_reloading(notify);
	(void)heard(MSG_DONTWAIT);
	notify_reloaded(notify, true, 2);
	hears("READY=1\nSTATUS=serving, configuration of generation 2");
	notify_stopping(notify, false);
	hears("STOPPING=1\nSTATUS=stopping, sessions are kept for the next start");
	/* The processes go one after the other: that is no loss. */
	notify_lost(notify, "gateway");
	hears("");
	notify_free(notify);
}

static void
the_end_for_good(void **state)
{
	struct notify *notify = notify_new(loop);

	(void)state;
	notify_serving(notify, 7);
	(void)heard(MSG_DONTWAIT);
	notify_stopping(notify, true);
	hears("STOPPING=1\nSTATUS=stopping, sessions end");
	notify_free(notify);
}

/* A reload while a process is away ends; the status is still the one that matters. */
static void
lost_while_reloading(void **state)
{
	struct notify *notify = notify_new(loop);

	(void)state;
	notify_serving(notify, 1);
	notify_reloading(notify);
	(void)heard(MSG_DONTWAIT);
	(void)heard(MSG_DONTWAIT);
	notify_lost(notify, "pki");
	assert_non_null(strstr(heard(MSG_DONTWAIT), "RELOADING=1\n"));
	notify_reloaded(notify, false, 1);
	hears("READY=1\nSTATUS=pki is being restarted");
	notify_serving(notify, 1);
	assert_non_null(strstr(heard(MSG_DONTWAIT), "STATUS=serving"));
	notify_free(notify);
}

static void
the_loop_feeds_the_watchdog(void **state)
{
	struct notify *notify;

	(void)state;
	setenv("WATCHDOG_USEC", "2000", 1);
	notify = notify_new(loop);
	assert_non_null(notify);
	assert_int_equal(notify_watchdog_usec(notify), 2000);
	hears(""); /* not before the loop runs */
	for (int i = 0; i < 3; i++) {
		event_base_loop(loop_base(loop), EVLOOP_ONCE);
		assert_string_equal(heard(0), "WATCHDOG=1");
	}
	notify_free(notify);
	/* It is meant for another process. */
	setenv("WATCHDOG_PID", "1", 1);
	notify = notify_new(loop);
	assert_int_equal(notify_watchdog_usec(notify), 0);
	notify_free(notify);
}

static void
without_a_manager(void **state)
{
	struct notify *notify;

	(void)state;
	unsetenv("NOTIFY_SOCKET");
	notify = notify_new(loop);
	assert_non_null(notify);
	notify_serving(notify, 1);
	notify_stopping(notify, false);
	hears("");
	notify_free(notify);
	notify_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_life, setup, teardown),
	    cmocka_unit_test_setup_teardown(the_end_for_good, setup, teardown),
	    cmocka_unit_test_setup_teardown(lost_while_reloading, setup, teardown),
	    cmocka_unit_test_setup_teardown(the_loop_feeds_the_watchdog, setup, teardown),
	    cmocka_unit_test_setup_teardown(without_a_manager, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
