/* SPDX-License-Identifier: Apache-2.0 */
/* gateway/http_route.c and http_reply.c: who gets which request, and what an answer's head looks
 * like. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/http_reply.h"
#include "gateway/http_route.h"

static void
test_routes(UNUSED void **state)
{
	static const struct {
		const char *method, *target, *body;
		enum http_action action;
		int status;
	} rows[] = {
	    {"POST", "/", "<?xml", HTTP_ACTION_SIGNIN, 0},
	    {"POST", "/ENG?secret", " \r\n<config-auth", HTTP_ACTION_SIGNIN, 0},
	    {"POST", "/", "\xef\xbb\xbf<config-auth", HTTP_ACTION_SIGNIN, 0},
	    {"POST", "/CSCOSSLC/config-auth", "<", HTTP_ACTION_SIGNIN, 0},
	    {"POST", "/logout", "<", HTTP_ACTION_SIGNIN, 0},
	    {"POST", "/", "a=b", HTTP_ACTION_NONE, 400},
	    {"POST", "/", "", HTTP_ACTION_NONE, 400},
	    {"POST", "/auth", "x<", HTTP_ACTION_NONE, 400},
	    {"POST", "/nothing", "a=b", HTTP_ACTION_NONE, 404},
	    {"GET", "/", "", HTTP_ACTION_PAGE, 0},
	    {"HEAD", "/", "", HTTP_ACTION_PAGE, 0},
	    {"GET", "https://gw.example", "", HTTP_ACTION_PAGE, 0},
	    {"GET", "https://gw.example:8443/logout", "", HTTP_ACTION_LOGOUT, 0},
	    {"GET", "/+webvpn+/index.html", "", HTTP_ACTION_PAGE, 0},
	    {"GET", "/auth", "", HTTP_ACTION_NONE, 405},
	    {"CONNECT", "/CSCOSSLC/tunnel", "", HTTP_ACTION_TUNNEL, 0},
	    {"CONNECT", "CSCOSSLC/tunnel", "", HTTP_ACTION_TUNNEL, 0},
	    {"CONNECT", "/CSCOSSLC/tunnel?x", "", HTTP_ACTION_TUNNEL, 0},
	    {"CONNECT", "/", "", HTTP_ACTION_NONE, 405},
	    {"CONNECT", "example.com:443", "", HTTP_ACTION_NONE, 404},
	    {"CONNECT", "/CSCOSSLC/tunnel/", "", HTTP_ACTION_NONE, 404},
	    {"GET", "/CSCOSSLC/tunnel", "", HTTP_ACTION_NONE, 405},
	    {"GET", "/logout", "", HTTP_ACTION_LOGOUT, 0},
	    {"POST", "/webvpn_logout.html", "", HTTP_ACTION_LOGOUT, 0},
	    {"HEAD", "/logout", "", HTTP_ACTION_NONE, 405},
	    {"GET", "/1/VPNManifest.xml", "", HTTP_ACTION_ASSET, 0},
	    {"GET", "/CACHE/stc/1/VPNManifest.xml:4443", "", HTTP_ACTION_ASSET, 0},
	    {"GET", "/+CSCOT+/translation-table?textdomain=AnyConnect&type=manifest", "",
		HTTP_ACTION_ASSET, 0},
	    {"POST", "/1/Linux", "", HTTP_ACTION_NONE, 405},
	    {"GET", "/+CSCOE+/logon.html", "", HTTP_ACTION_NONE, 404},
	    {"GET", "/../etc/passwd", "", HTTP_ACTION_NONE, 404},
	    {"GET", "*", "", HTTP_ACTION_NONE, 404},
	    {"PUT", "/", "", HTTP_ACTION_NONE, 405},
	    {"OPTIONS", "*", "", HTTP_ACTION_NONE, 405},
	    {"DELETE", "/x", "", HTTP_ACTION_NONE, 405},
	    {"BREW", "/", "", HTTP_ACTION_NONE, 501},
	    {"get", "/", "", HTTP_ACTION_NONE, 501},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct http_request request = {.method = rows[i].method, .target = rows[i].target};
		enum http_action action;
		int status = 0;

		request.body = (const uint8_t *)rows[i].body;
		request.content_length = strlen(rows[i].body);
		action = http_route(&request, &status);
		if (action != rows[i].action ||
		    (action == HTTP_ACTION_NONE && status != rows[i].status))
			fail_msg("row %zu: expected action %d status %d, got %d, %d", i,
			    rows[i].action, rows[i].status, action, status);
	}
}

static void
test_legacy_client(UNUSED void **state)
{
	struct http_request request = {.method = "GET", .target = "/"};
	int status = 0;

	request.headers[0] = (struct http_header){"x-transcend-version", "1"};
	request.headers_len = 1;
	assert_int_equal(http_route(&request, &status), HTTP_ACTION_NONE);
	assert_int_equal(status, 404);
	request.headers[1] = (struct http_header){"X-Aggregate-Auth", "1"};
	request.headers_len = 2;
	assert_int_equal(http_route(&request, &status), HTTP_ACTION_PAGE);
}

static void
test_long_path(UNUSED void **state)
{
	static char target[HTTP_PATH_MAX + 10];
	struct http_request request = {.method = "GET", .target = target};
	int status = 0;

	memset(target, 'a', sizeof target - 1);
	target[0] = '/';
	assert_int_equal(http_route(&request, &status), HTTP_ACTION_NONE);
	assert_int_equal(status, 404);
}

static void
test_reply_head(UNUSED void **state)
{
	struct http_reply reply = {200, "text/plain", "X-A: b\r\n", 12, false};
	struct buf out;

	buf_init(&out, 4096);
	http_reply_head(&out, &reply);
	assert_int_equal(out.err, ERR_OK);
	assert_memory_equal(buf_cstr(&out), "HTTP/1.1 200 OK\r\n", 17);
	assert_non_null(strstr(buf_cstr(&out), "\r\nContent-Type: text/plain\r\n"));
	assert_non_null(strstr(buf_cstr(&out), "\r\nContent-Length: 12\r\n"));
	assert_non_null(strstr(buf_cstr(&out), "\r\nConnection: Keep-Alive\r\n"));
	assert_non_null(strstr(buf_cstr(&out), "\r\nStrict-Transport-Security: "));
	assert_non_null(strstr(buf_cstr(&out), "\r\nX-Frame-Options: "));
	assert_string_equal(buf_cstr(&out) + out.len - 12, "\r\nX-A: b\r\n\r\n");
	assert_true(out.len < HTTP_REPLY_HEAD_MAX);
	buf_reset(&out);
	reply = (struct http_reply){405, NULL, NULL, 0, true};
	http_reply_head(&out, &reply);
	assert_memory_equal(buf_cstr(&out), "HTTP/1.1 405 Method Not Allowed\r\n", 33);
	assert_non_null(strstr(buf_cstr(&out), "\r\nAllow: "));
	assert_non_null(strstr(buf_cstr(&out), "\r\nConnection: close\r\n"));
	assert_null(strstr(buf_cstr(&out), "Content-Type:"));
	buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_routes),
	    cmocka_unit_test(test_legacy_client),
	    cmocka_unit_test(test_long_path),
	    cmocka_unit_test(test_reply_head),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
