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

#define FORM "application/x-www-form-urlencoded"

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
		action = http_route(&request, false, &status);
		if (action != rows[i].action ||
		    (action == HTTP_ACTION_NONE && status != rows[i].status))
			fail_msg("row %zu: expected action %d status %d, got %d, %d", i,
			    rows[i].action, rows[i].status, action, status);
	}
}

static void
test_legacy_client(UNUSED void **state)
{
	static const struct {
		const char *method, *target, *type;
		enum http_action action; /* where they are served .. */
		int status;
		enum http_action off; /* .. and where they are not */
		int off_status;
	} rows[] = {
	    {"GET", "/", NULL, HTTP_ACTION_LEGACY_INIT, 0, HTTP_ACTION_NONE, 404},
	    {"GET", "/+webvpn+/index.html", NULL, HTTP_ACTION_LEGACY_INIT, 0, HTTP_ACTION_NONE,
		404},
	    {"GET", "/ENG", NULL, HTTP_ACTION_LEGACY_INIT, 0, HTTP_ACTION_NONE, 404},
	    {"GET", "/ENG:4443", NULL, HTTP_ACTION_LEGACY_INIT, 0, HTTP_ACTION_NONE, 404},
	    {"GET", "/a/b?c", NULL, HTTP_ACTION_LEGACY_INIT, 0, HTTP_ACTION_NONE, 404},
	    {"HEAD", "/ENG", NULL, HTTP_ACTION_NONE, 404, HTTP_ACTION_NONE, 404},
	    {"GET", "/logout", NULL, HTTP_ACTION_LOGOUT, 0, HTTP_ACTION_LOGOUT, 0},
	    {"GET", "/1/VPNManifest.xml", NULL, HTTP_ACTION_ASSET, 0, HTTP_ACTION_ASSET, 0},
	    {"GET", "/CACHE/stc/x", NULL, HTTP_ACTION_NONE, 404, HTTP_ACTION_NONE, 404},
	    {"GET", "/+CSCOE+/logon.html", NULL, HTTP_ACTION_NONE, 404, HTTP_ACTION_NONE, 404},
	    {"GET", "/CSCOSSLC/tunnel", NULL, HTTP_ACTION_NONE, 405, HTTP_ACTION_NONE, 405},
	    {"GET", "*", NULL, HTTP_ACTION_NONE, 404, HTTP_ACTION_NONE, 404},
	    {"CONNECT", "/CSCOSSLC/tunnel", NULL, HTTP_ACTION_TUNNEL, 0, HTTP_ACTION_TUNNEL, 0},
	    {"POST", "/+webvpn+/index.html", FORM, HTTP_ACTION_LEGACY_REPLY, 0, HTTP_ACTION_NONE,
		405},
	    {"POST", "/+webvpn+/index.html", FORM "; charset=utf-8", HTTP_ACTION_LEGACY_REPLY, 0,
		HTTP_ACTION_NONE, 405},
	    {"POST", "/+webvpn+/index.html", "APPLICATION/x-WWW-form-urlencoded",
		HTTP_ACTION_LEGACY_REPLY, 0, HTTP_ACTION_NONE, 405},
	    {"POST", "/+webvpn+/index.html", FORM "x", HTTP_ACTION_NONE, 415, HTTP_ACTION_NONE,
		405},
	    {"POST", "/+webvpn+/index.html", "multipart/form-data; boundary=x", HTTP_ACTION_NONE,
		415, HTTP_ACTION_NONE, 405},
	    {"POST", "/+webvpn+/index.html", NULL, HTTP_ACTION_NONE, 415, HTTP_ACTION_NONE, 405},
	    {"PUT", "/+webvpn+/index.html", FORM, HTTP_ACTION_NONE, 405, HTTP_ACTION_NONE, 405},
	    {"POST", "/", FORM, HTTP_ACTION_NONE, 400, HTTP_ACTION_NONE, 400},
	    {"POST", "/ENG", FORM, HTTP_ACTION_NONE, 404, HTTP_ACTION_NONE, 404},
	    {"GET", "/svc", NULL, HTTP_ACTION_PHONE_INIT, 0, HTTP_ACTION_NONE, 404},
	    {"POST", "/svc", FORM, HTTP_ACTION_PHONE_REPLY, 0, HTTP_ACTION_NONE, 404},
	    {"POST", "/svc", "text/plain", HTTP_ACTION_NONE, 415, HTTP_ACTION_NONE, 404},
	    {"HEAD", "/svc", NULL, HTTP_ACTION_NONE, 404, HTTP_ACTION_NONE, 404},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows) * 2; i++) {
		bool on = i % 2 == 0;
		enum http_action want = on ? rows[i / 2].action : rows[i / 2].off;
		int want_status = on ? rows[i / 2].status : rows[i / 2].off_status;
		struct http_request request = {
		    .method = rows[i / 2].method, .target = rows[i / 2].target};
		enum http_action action;
		int status = 0;

		request.body = (const uint8_t *)"a=b";
		request.content_length = strcmp(rows[i / 2].method, "POST") == 0 ? 3 : 0;
		request.headers[request.headers_len++] =
		    (struct http_header){"x-transcend-version", "1"};
		if (rows[i / 2].type != NULL)
			request.headers[request.headers_len++] =
			    (struct http_header){"content-type", rows[i / 2].type};
		action = http_route(&request, on, &status);
		if (action != want || (want == HTTP_ACTION_NONE && status != want_status))
			fail_msg("row %zu %s: expected action %d status %d, got %d, %d", i / 2,
			    on ? "on" : "off", want, want_status, action, status);
	}
}

/* Neither browsers nor clients that speak XML get there. */
static void
test_not_legacy(UNUSED void **state)
{
	struct http_request request = {.method = "GET", .target = "/"};
	int status = 0;

	assert_int_equal(http_route(&request, true, &status), HTTP_ACTION_PAGE);
	request.headers[0] = (struct http_header){"X-Transcend-Version", "1"};
	request.headers[1] = (struct http_header){"X-Aggregate-Auth", "1"};
	request.headers[2] = (struct http_header){"Content-Type", FORM};
	request.headers_len = 3;
	assert_int_equal(http_route(&request, true, &status), HTTP_ACTION_PAGE);
	request.method = "POST", request.target = "/+webvpn+/index.html";
	assert_int_equal(http_route(&request, true, &status), HTTP_ACTION_NONE);
	assert_int_equal(status, 405);
	/* XML is XML wherever it goes. */
	request.headers_len = 1;
	request.body = (const uint8_t *)"<", request.content_length = 1;
	assert_int_equal(http_route(&request, true, &status), HTTP_ACTION_SIGNIN);
	request.target = "/svc";
	assert_int_equal(http_route(&request, true, &status), HTTP_ACTION_SIGNIN);
}

static void
test_long_path(UNUSED void **state)
{
	static char target[HTTP_PATH_MAX + 10];
	struct http_request request = {.method = "GET", .target = target};
	int status = 0;

	memset(target, 'a', sizeof target - 1);
	target[0] = '/';
	assert_int_equal(http_route(&request, false, &status), HTTP_ACTION_NONE);
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
	    cmocka_unit_test(test_not_legacy),
	    cmocka_unit_test(test_long_path),
	    cmocka_unit_test(test_reply_head),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
