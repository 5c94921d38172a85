/* SPDX-License-Identifier: Apache-2.0 */
/* gateway/http_parse.c: heads that are taken, heads that are refused, limits, cookies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/http_parse.h"

/* Parse a copy on the heap, so that a sanitizer sees every byte read beyond it. */
static enum err
parse(const char *text, size_t len, struct http_request *out, char **copy)
{
	*copy = malloc(len > 0 ? len : 1);
	assert_non_null(*copy);
	memcpy(*copy, text, len);
	return http_parse(*copy, len, out);
}

static void
test_results(UNUSED void **state)
{
	static const struct {
		const char *text;
		enum err err;
	} rows[] = {
	    {"GET / HTTP/1.1\r\n\r\n", ERR_OK},
	    {"GET / HTTP/1.1\n\n", ERR_OK},
	    {"\r\n\r\nGET / HTTP/1.1\r\n\r\n", ERR_OK},
	    {"GET / HTTP/1.1\r\nA:\r\n\r\n", ERR_OK},
	    {"GET /\xc3\xa4 HTTP/1.1\r\nA: \xff\r\n\r\n", ERR_OK},
	    {"POST / HTTP/1.0\r\nContent-Length: 5\r\n\r\n", ERR_OK},
	    {"POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", ERR_OK},
	    {"POST / HTTP/1.1\r\nContent-Length: 262144\r\n\r\n", ERR_OK},
	    {"", ERR_AGAIN},
	    {"\r\n", ERR_AGAIN},
	    {"GET / HTTP/1.1\r\n", ERR_AGAIN},
	    {"GET / HTTP/1.1\r\nA: b\r\n", ERR_AGAIN},
	    {"GET / HTTP/1.1\r\nA: b", ERR_AGAIN},
	    {"GET /", ERR_AGAIN},
	    {"GET\r\n\r\n", ERR_SYNTAX},
	    {"GET /\r\n\r\n", ERR_SYNTAX},
	    {"GET  HTTP/1.1\r\n\r\n", ERR_SYNTAX},
	    {" GET / HTTP/1.1\r\n\r\n", ERR_SYNTAX},
	    {"GET /a b HTTP/1.1\r\n\r\n", ERR_SYNTAX},
	    {"GET /a\tb HTTP/1.1\r\n\r\n", ERR_SYNTAX},
	    {"GET / HTTP/1.1 \r\n\r\n", ERR_SYNTAX},
	    {"G(T / HTTP/1.1\r\n\r\n", ERR_SYNTAX},
	    {"ABCDEFGHIJKLMNOPQ / HTTP/1.1\r\n\r\n", ERR_SYNTAX},
	    {"GET / FTP/1.1\r\n\r\n", ERR_SYNTAX},
	    {"GET / HTTP/2.0\r\n\r\n", ERR_RANGE},
	    {"GET / HTTP/1.2\r\n\r\n", ERR_RANGE},
	    {"GET / HTTP/1.11\r\n\r\n", ERR_RANGE},
	    {"GET / HTTP/1.1\r\nA b\r\n\r\n", ERR_SYNTAX},
	    {"GET / HTTP/1.1\r\nA : b\r\n\r\n", ERR_SYNTAX},
	    {"GET / HTTP/1.1\r\n: b\r\n\r\n", ERR_SYNTAX},
	    {"GET / HTTP/1.1\r\nA: b\r\n folded\r\n\r\n", ERR_SYNTAX},
	    {"GET / HTTP/1.1\r\nA: b\rc\r\n\r\n", ERR_SYNTAX},
	    {"GET / HTTP/1.1\r\nA: b\x01\r\n\r\n", ERR_SYNTAX},
	    {"GET / HTTP/1.1\r\nA: b\x7f\r\n\r\n", ERR_SYNTAX},
	    {"POST / HTTP/1.1\r\nContent-Length: 5x\r\n\r\n", ERR_SYNTAX},
	    {"POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n", ERR_SYNTAX},
	    {"POST / HTTP/1.1\r\nContent-Length: +5\r\n\r\n", ERR_SYNTAX},
	    {"POST / HTTP/1.1\r\nContent-Length:\r\n\r\n", ERR_SYNTAX},
	    {"POST / HTTP/1.1\r\nContent-Length: 5, 5\r\n\r\n", ERR_SYNTAX},
	    {"POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", ERR_SYNTAX},
	    {"POST / HTTP/1.1\r\nContent-Length: 262145\r\n\r\n", ERR_FULL},
	    {"POST / HTTP/1.1\r\nContent-Length: 18446744073709551617\r\n\r\n", ERR_FULL},
	    {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", ERR_UNSUPPORTED},
	    {"POST / HTTP/1.1\r\ntransfer-encoding: identity\r\nContent-Length: 1\r\n\r\n",
		ERR_UNSUPPORTED},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct http_request request;
		char *copy;
		enum err err = parse(rows[i].text, strlen(rows[i].text), &request, &copy);

		if (err != rows[i].err)
			fail_msg(
			    "row %zu: expected %s, got %s", i, err_str(rows[i].err), err_str(err));
		if (err != ERR_OK)
			assert_memory_equal(copy, rows[i].text, strlen(rows[i].text));
		free(copy);
	}
}

static void
test_nul_refused(UNUSED void **state)
{
	static const char text[] = "GET /\0 HTTP/1.1\r\nA: b\0c\r\n\r\n";
	struct http_request request;
	char *copy;

	assert_int_equal(parse(text, sizeof text - 1, &request, &copy), ERR_SYNTAX);
	free(copy);
}

static void
test_content(UNUSED void **state)
{
	static const char text[] = "POST /ENG?x=y HTTP/1.1\r\nHost:  gw.example \t\r\nX-Empty:\r\n"
				   "COOKIE: a=1; webvpn=T+k/n==;b=2\r\ncontent-length: 4\r\n"
				   "Connection: foo, Close\r\n\r\nbody";
	struct http_request request;
	char value[9];
	char *copy;

	assert_int_equal(parse(text, sizeof text - 1, &request, &copy), ERR_OK);
	assert_string_equal(request.method, "POST");
	assert_string_equal(request.target, "/ENG?x=y");
	assert_false(request.http10);
	assert_false(request.keep_alive);
	assert_int_equal(request.headers_len, 5);
	assert_int_equal(request.content_length, 4);
	assert_int_equal(request.head_len, sizeof text - 1 - 4);
	assert_memory_equal(copy + request.head_len, "body", 4);
	assert_string_equal(http_header(&request, "host"), "gw.example");
	assert_string_equal(http_header(&request, "X-EMPTY"), "");
	assert_null(http_header(&request, "X-Absent"));
	assert_int_equal(http_cookie(&request, "webvpn", value, sizeof value), ERR_OK);
	assert_string_equal(value, "T+k/n==");
	assert_int_equal(http_cookie(&request, "b", value, sizeof value), ERR_OK);
	assert_string_equal(value, "2");
	assert_int_equal(http_cookie(&request, "ebvpn", value, sizeof value), ERR_NOTFOUND);
	assert_int_equal(http_cookie(&request, "webvp", value, sizeof value), ERR_NOTFOUND);
	assert_int_equal(http_cookie(&request, "webvpn", value, 7), ERR_LIMIT);
	free(copy);
}

static void
test_keep_alive(UNUSED void **state)
{
	static const struct {
		const char *text;
		bool keep;
	} rows[] = {
	    {"GET / HTTP/1.1\r\n\r\n", true},
	    {"GET / HTTP/1.0\r\n\r\n", false},
	    {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true},
	    {"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", false},
	    {"GET / HTTP/1.1\r\nConnection: closed\r\n\r\n", true},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct http_request request;
		char *copy;

		assert_int_equal(
		    parse(rows[i].text, strlen(rows[i].text), &request, &copy), ERR_OK);
		if (request.keep_alive != rows[i].keep)
			fail_msg("row %zu: expected keep-alive %d", i, rows[i].keep);
		free(copy);
	}
}

static void
test_limits(UNUSED void **state)
{
	static char text[HTTP_HEAD_MAX + 100];
	struct http_request request;
	size_t len;
	char *copy;

	for (unsigned headers = HTTP_HEADERS_MAX; headers <= HTTP_HEADERS_MAX + 1; headers++) {
		len = (size_t)snprintf(text, sizeof text, "GET / HTTP/1.1\r\n");
		for (unsigned i = 0; i < headers; i++)
			len += (size_t)snprintf(text + len, sizeof text - len, "H%u: v\r\n", i);
		len += (size_t)snprintf(text + len, sizeof text - len, "\r\n");
		assert_int_equal(parse(text, len, &request, &copy),
		    headers <= HTTP_HEADERS_MAX ? ERR_OK : ERR_LIMIT);
		free(copy);
	}
	memset(text, 'a', sizeof text);
	memcpy(text, "GET /", 5);
	assert_int_equal(parse(text, HTTP_HEAD_MAX - 1, &request, &copy), ERR_AGAIN);
	free(copy);
	assert_int_equal(parse(text, HTTP_HEAD_MAX, &request, &copy), ERR_LIMIT);
	free(copy);
	/* A head that ends exactly at the limit, and one a byte later. */
	memcpy(text + HTTP_HEAD_MAX - 13, " HTTP/1.1\r\n\r\n", 13);
	assert_int_equal(parse(text, HTTP_HEAD_MAX, &request, &copy), ERR_OK);
	assert_int_equal(request.head_len, HTTP_HEAD_MAX);
	free(copy);
	memcpy(text + HTTP_HEAD_MAX - 13, "a HTTP/1.1\r\n\r\n", 14);
	assert_int_equal(parse(text, HTTP_HEAD_MAX + 1, &request, &copy), ERR_LIMIT);
	free(copy);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_results),
	    cmocka_unit_test(test_nul_refused),
	    cmocka_unit_test(test_content),
	    cmocka_unit_test(test_keep_alive),
	    cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
