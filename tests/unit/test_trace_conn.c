/* SPDX-License-Identifier: Apache-2.0 */
/* Headers as a trace shows them: at which level, and never with a cookie, a secret, or what is not
 * known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/trace_conn.h"

#define SECRET "0f1e2d3c4b5a69788796a5b4c3d2e1f0"

/* One header, and what is shown of it at levels 1 and 2; NULL: nothing. */
static const struct {
	const char *name, *value, *at1, *at2;
} rows[] = {
    {"Host", "gw.example.com", "H: 'Host: gw.example.com'", NULL},
    {"user-agent", "AnyConnect 5", "H: 'user-agent: AnyConnect 5'", NULL},
    {"Accept", "*/*", NULL, "H: 'Accept: */*'"},
    {"X-CSTP-MTU", "1390", "H: 'X-CSTP-MTU: 1390'", NULL},
    {"X-DTLS-Master-Secret", SECRET, "H: 'X-DTLS-Master-Secret: *****'", NULL},
    {"x-dtls-master-secret", SECRET, "H: 'x-dtls-master-secret: *****'", NULL},
    {"X-DTLS12-Master-Secret", SECRET, "H: 'X-DTLS12-Master-Secret: *****'", NULL},
    {"X-AnyConnect-STRAP-Verify", SECRET, "H: 'X-AnyConnect-STRAP-Verify: *****'", NULL},
    {"Cookie", "webvpn=" SECRET, "H: 'Cookie: webvpn=*****'", NULL},
    {"Cookie", "a=b; webvpn=" SECRET "; " SECRET, "H: 'Cookie: a=*****; webvpn=*****;*****'", NULL},
    {"Set-Cookie", "webvpn=" SECRET "; Secure; path=/",
	"H: 'Set-Cookie: webvpn=*****; Secure; path=/'", NULL},
    {"Authorization", "Basic " SECRET, NULL, "H: 'Authorization: *****'"},
    {"X-Unknown", SECRET, NULL, "H: 'X-Unknown: *****'"},
    {"Accepted", SECRET, NULL, "H: 'Accepted: *****'"},
};

static void
check(const struct buf *out, const char *expected, const char *name)
{
	struct buf copy = *out;
	const char *text = copy.len > 0 ? buf_cstr(&copy) : NULL;

	if ((text == NULL) != (expected == NULL) || (text != NULL && strcmp(text, expected) != 0))
		fail_msg("%s: expected %s, got %s", name, expected != NULL ? expected : "nothing",
		    text != NULL ? text : "nothing");
	if (text != NULL && strstr(text, SECRET) != NULL)
		fail_msg("%s: expected no secret, got %s", name, text);
}

static void
test_headers(void **state)
{
	static struct http_request request;

	(void)state;
	request.headers_len = 1;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (unsigned level = 1; level <= 2; level++) {
			struct buf out;

			request.headers[0] = (struct http_header){rows[i].name, rows[i].value};
			buf_init(&out, 4096);
			trace_conn_put_headers(&out, "H", &request, level);
			check(&out, level == 1 ? rows[i].at1 : rows[i].at2, rows[i].name);
			buf_fini(&out);
		}
}

static void
test_head(void **state)
{
	static const char head[] =
	    "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nPragma: no-cache\r\n"
	    "Set-Cookie: webvpn=" SECRET "; Secure\r\nX-New:" SECRET "\r\nno header\r\n\r\n";
	struct buf out;

	(void)state;
	buf_init(&out, 4096);
	trace_conn_put_head(&out, "A", head, 1);
	check(&out,
	    "A: 'HTTP/1.1 200 OK'\nA: 'Content-Type: text/xml'\nA: 'Set-Cookie: webvpn=*****; "
	    "Secure'",
	    "level 1");
	buf_reset(&out);
	trace_conn_put_head(&out, "A", head, 2);
	check(&out, "A: 'Pragma: no-cache'\nA: 'X-New: *****'", "level 2");
	buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_headers),
	    cmocka_unit_test(test_head),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
