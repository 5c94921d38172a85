/* SPDX-License-Identifier: Apache-2.0 */
/* RADIUS packets as a trace shows them: names and values, and no password, key or unknown thing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "auth/trace_radius.h"

#define PASSWORD "correct-horse"
#define HIDDEN_VALUE "hidden-value-of-it"

static struct radius_packet packet;
static struct {
	char text[8192], user[64];
	size_t ip_len;
	unsigned events;
} got;

static bool
on_trace(const Ipc__Trace *trace, void *arg)
{
	(void)arg;
	got.events++;
	(void)snprintf(got.text, sizeof(got.text), "%s", trace->text);
	(void)snprintf(got.user, sizeof(got.user), "%s", trace->username);
	got.ip_len = trace->client_ip.len;
	return true;
}

static void
seal(struct radius_request *request)
{
	struct secret *key = secret_new("testing123", 10);

	assert_non_null(key);
	assert_int_equal(radius_seal(request, 7, key, &packet), ERR_OK);
	secret_free(key);
	radius_request_fini(request);
}

static void
make_request(void)
{
	struct secret *password = secret_new(PASSWORD, strlen(PASSWORD));
	struct ip_addr nas;
	struct radius_request request;

	assert_non_null(password);
	assert_int_equal(ip_parse("192.0.2.1", &nas), ERR_OK);
	radius_request_init(&request, RADIUS_ACCESS_REQUEST);
	radius_put_str(&request, RADIUS_USER_NAME, "alice");
	radius_put_password(&request, password);
	radius_put_ip(&request, RADIUS_NAS_IP_ADDRESS, &nas);
	radius_put_str(&request, RADIUS_CALLING_STATION_ID, "198.51.100.7");
	radius_put_u32(&request, RADIUS_NAS_PORT, 4096);
	radius_put_str(&request, RADIUS_STATE, HIDDEN_VALUE);
	radius_put_str(&request, 69, HIDDEN_VALUE);
	radius_put_str(&request, 200, HIDDEN_VALUE);
	radius_put(&request, RADIUS_SESSION_TIMEOUT, "abc", 3);
	radius_put_avpair(&request, "audit-session-id=%s", "c0a80001");
	radius_put_vendor(&request, RADIUS_VENDOR_MICROSOFT, 16, HIDDEN_VALUE, 16);
	radius_put_vendor(&request, 99999, 1, HIDDEN_VALUE, 16);
	radius_put_vendor(&request, RADIUS_VENDOR_ALTIGA, 146, "STAFF", 5);
	seal(&request);
	secret_free(password);
}

static void
test_attributes(void **state)
{
	static const char *const lines[] = {"Radius: Code = 1 (0x01) Access-Request\n",
	    "Radius: Identifier = 7 (0x07)\n", "Type = 1 (0x01) User-Name = alice\n",
	    "Type = 2 (0x02) User-Password = ***** (16 bytes)\n", "NAS-IP-Address = 192.0.2.1\n",
	    "Calling-Station-Id = 198.51.100.7\n", "NAS-Port = 4096 (0x1000)\n",
	    "State = ***** (18 bytes)\n", "Tunnel-Password = ***** (18 bytes)\n",
	    "Type = 200 (0xC8) unknown attribute = ***** (18 bytes)\n",
	    "Session-Timeout = ***** (3 bytes)\n", "Cisco-AV-Pair = audit-session-id=c0a80001\n",
	    "Message-Authenticator = ***** (16 bytes)\n", "MS-MPPE-Send-Key = ***** (16 bytes)\n",
	    "Vendor ID = 99999 (0x0001869F), Type = 1 (0x01) unknown attribute = ***** (16 "
	    "bytes)\n",
	    "Tunnel-Group-Name = STAFF"};
	struct buf out;

	(void)state;
	make_request();
	buf_init(&out, 16384);
	trace_radius_put(&out, &packet);
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		if (strstr(buf_cstr(&out), lines[i]) == NULL)
			fail_msg("expected %s, got %s", lines[i], buf_cstr(&out));
	assert_null(strstr(buf_cstr(&out), PASSWORD));
	assert_null(strstr(buf_cstr(&out), "hidden-value"));
	buf_fini(&out);
}

/* Whose it is, of a request and of its answer. */
static void
test_whose(void **state)
{
	static const uint8_t answer[] = {
	    3, 7, 0, 20, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
	Ipc__TraceKind kind = TRACE_RADIUS;
	Ipc__TraceWatch watch = IPC__TRACE_WATCH__INIT;
	struct ip_addr server;
	uint32_t level = 1;

	(void)state;
	assert_int_equal(ip_parse("203.0.113.9", &server), ERR_OK);
	make_request();
	trace_start(on_trace, NULL);
	trace_radius("request to", &server, packet.data, packet.len, NULL, 0);
	assert_int_equal(got.events, 0);
	watch.kind = &kind;
	watch.level = &level;
	watch.n_kind = watch.n_level = 1;
	trace_watch(&watch);
	trace_radius("request to", &server, packet.data, packet.len, NULL, 0);
	assert_string_equal(got.user, "alice");
	assert_int_equal(got.ip_len, 4);
	assert_non_null(strstr(got.text, "RADIUS packet decode (request to 203.0.113.9)\n"));
	memset(&got, 0, sizeof(got));
	trace_radius("response of", &server, answer, sizeof(answer), packet.data, packet.len);
	assert_int_equal(got.events, 1);
	assert_string_equal(got.user, "alice");
	assert_non_null(strstr(got.text, "Access-Reject"));
	trace_radius("response of", &server, answer, 5, packet.data, packet.len);
	assert_int_equal(got.events, 1);
	trace_stop();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_attributes),
	    cmocka_unit_test(test_whose),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
