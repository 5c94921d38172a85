/* SPDX-License-Identifier: Apache-2.0 */
/* pki/fetch_url.c: URLs as certificates have them, and as they should not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "pki/fetch_url.h"

static const struct {
	const char *text;
	enum err err;
	const char *host; /* NULL: an address */
	uint16_t port;
	const char *authority;
	const char *target;
} rows[] = {
    {"http://ocsp.example.com", ERR_OK, "ocsp.example.com", 80, "ocsp.example.com", "/"},
    {"http://ocsp.example.com/", ERR_OK, "ocsp.example.com", 80, "ocsp.example.com", "/"},
    {"HTTP://OCSP.example.com/a", ERR_OK, "OCSP.example.com", 80, "OCSP.example.com", "/a"},
    {"http://ca_1/crl%20(1)+.crl", ERR_OK, "ca_1", 80, "ca_1", "/crl%20(1)+.crl"},
    {"http://a.b:8080/x/y?q=1&r=a/b?c", ERR_OK, "a.b", 8080, "a.b:8080", "/x/y?q=1&r=a/b?c"},
    {"http://a.b?q=1", ERR_OK, "a.b", 80, "a.b", "/?q=1"},
    {"http://a.b:80/", ERR_OK, "a.b", 80, "a.b", "/"},
    {"http://a.b:65535/", ERR_OK, "a.b", 65535, "a.b:65535", "/"},
    {"http://a.b:/", ERR_OK, "a.b", 80, "a.b", "/"},
    {"http://a.b/c#d", ERR_OK, "a.b", 80, "a.b", "/c"},
    {"http://a.b./", ERR_OK, "a.b", 80, "a.b.", "/"},
    {"http://3com.x1/", ERR_OK, "3com.x1", 80, "3com.x1", "/"},
    {"http://192.0.2.1/c", ERR_OK, NULL, 80, "192.0.2.1", "/c"},
    {"http://192.0.2.1:81", ERR_OK, NULL, 81, "192.0.2.1:81", "/"},
    {"http://[2001:db8::1]/c", ERR_OK, NULL, 80, "[2001:db8::1]", "/c"},
    {"http://[2001:db8::1]:81/c?d", ERR_OK, NULL, 81, "[2001:db8::1]:81", "/c?d"},

    {"https://a.b/", ERR_UNSUPPORTED, NULL, 0, NULL, NULL},
    {"ldap://a.b/cn=x?y?z", ERR_UNSUPPORTED, NULL, 0, NULL, NULL},
    {"file://localhost/etc/passwd", ERR_UNSUPPORTED, NULL, 0, NULL, NULL},
    {"ldap:///CN=x", ERR_UNSUPPORTED, NULL, 0, NULL, NULL},
    {"", ERR_SYNTAX, NULL, 0, NULL, NULL},
    {"a.b", ERR_SYNTAX, NULL, 0, NULL, NULL},
    {"//a.b/", ERR_SYNTAX, NULL, 0, NULL, NULL},
    {"/etc/passwd", ERR_SYNTAX, NULL, 0, NULL, NULL},
    {"http:", ERR_SYNTAX, NULL, 0, NULL, NULL},
    {"http:a.b", ERR_SYNTAX, NULL, 0, NULL, NULL},
    {"http:///a", ERR_SYNTAX, NULL, 0, NULL, NULL},
    {"http://:80/", ERR_SYNTAX, NULL, 0, NULL, NULL},
    {"http://user@a.b/", ERR_SYNTAX, NULL, 0, NULL, NULL},
    {"http://user:secret@a.b/", ERR_SYNTAX, NULL, 0, NULL, NULL},
    {"http://@a.b/", ERR_SYNTAX, NULL, 0, NULL, NULL},
    {"http://a.b:0/", ERR_SYNTAX, NULL, 0, NULL, NULL},
    {"http://a.b:65536/", ERR_SYNTAX, NULL, 0, NULL, NULL},
    {"http://a.b:-1/", ERR_SYNTAX, NULL, 0, NULL, NULL},
    {"http://a.b:8x/", ERR_SYNTAX, NULL, 0, NULL, NULL},
    {"http://a.b:99999999999/", ERR_SYNTAX, NULL, 0, NULL, NULL},
    {"http://a..b/", ERR_SYNTAX, NULL, 0, NULL, NULL},
    {"http://.a/", ERR_SYNTAX, NULL, 0, NULL, NULL},
    {"http://./", ERR_SYNTAX, NULL, 0, NULL, NULL},
    {"http://a.b../", ERR_SYNTAX, NULL, 0, NULL, NULL},
    {"http://a%2eb/", ERR_SYNTAX, NULL, 0, NULL, NULL},
    {"http://a;b/", ERR_SYNTAX, NULL, 0, NULL, NULL},
    {"http://192.0.2.256/", ERR_SYNTAX, NULL, 0, NULL, NULL},
    {"http://192.0.2/", ERR_SYNTAX, NULL, 0, NULL, NULL},
    {"http://2130706433/", ERR_SYNTAX, NULL, 0, NULL, NULL},
    {"http://2001:db8::1/", ERR_SYNTAX, NULL, 0, NULL, NULL},
    {"http://[::1/", ERR_SYNTAX, NULL, 0, NULL, NULL},
    {"http://[]/", ERR_SYNTAX, NULL, 0, NULL, NULL},
    {"http://[192.0.2.1]/", ERR_SYNTAX, NULL, 0, NULL, NULL},
    {"http://[fe80::1%25eth0]/", ERR_SYNTAX, NULL, 0, NULL, NULL},
    {"http://[v1.x]/", ERR_SYNTAX, NULL, 0, NULL, NULL},
    {"http://a.b/c d", ERR_SYNTAX, NULL, 0, NULL, NULL},
    {"http://a.b/c\r\nHost: x", ERR_SYNTAX, NULL, 0, NULL, NULL},
    {"http://a.b/\x7f", ERR_SYNTAX, NULL, 0, NULL, NULL},
    {"http://a.b/\xc3\xbc", ERR_SYNTAX, NULL, 0, NULL, NULL},
    {" http://a.b/", ERR_SYNTAX, NULL, 0, NULL, NULL},
    {"http://a.b/%zz", ERR_SYNTAX, NULL, 0, NULL, NULL},
};

static void
test_table(UNUSED void **state)
{
	struct fetch_url url;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		enum err err = fetch_url_parse(rows[i].text, &url);

		if (err != rows[i].err)
			fail_msg("%s: expected %s, got %s", rows[i].text, err_str(rows[i].err),
			    err_str(err));
		if (err != ERR_OK)
			continue;
		assert_string_equal(url.host, rows[i].host == NULL ? "" : rows[i].host);
		assert_int_equal(url.addr.family != 0, rows[i].host == NULL);
		assert_int_equal(url.port, rows[i].port);
		assert_string_equal(url.authority, rows[i].authority);
		assert_string_equal(url.target, rows[i].target);
	}
}

static void
test_lengths(UNUSED void **state)
{
	char text[FETCH_URL_MAX + 2] = "http://a.b/";
	struct fetch_url url;

	memset(text + strlen(text), 'x', FETCH_URL_MAX - strlen(text));
	assert_int_equal(fetch_url_parse(text, &url), ERR_OK);
	assert_int_equal(strlen(url.target), FETCH_URL_MAX - strlen("http://a.b"));
	text[FETCH_URL_MAX] = 'x';
	assert_int_equal(fetch_url_parse(text, &url), ERR_LIMIT);
	/* The longest target: one '/' is added. */
	memset(text, 0, sizeof(text));
	memset(text, 'x', FETCH_URL_MAX);
	memcpy(text, "http://a?", strlen("http://a?"));
	assert_int_equal(fetch_url_parse(text, &url), ERR_OK);
	assert_int_equal(strlen(url.target), FETCH_URL_MAX - strlen("http://a") + 1);
}

/* Labels of len characters up to a name of size. */
static void
long_name(char *out, size_t size, size_t len)
{
	for (size_t i = 0; i < size; i++)
		out[i] = i % (len + 1) == len ? '.' : 'x';
	out[size] = '\0';
}

static void
test_long_names(UNUSED void **state)
{
	char text[FETCH_URL_MAX] = "http://", *name = text + strlen(text);
	struct fetch_url url;

	long_name(name, FETCH_URL_HOST_MAX, 63);
	memcpy(name + FETCH_URL_HOST_MAX, ":65535/", sizeof(":65535/"));
	assert_int_equal(fetch_url_parse(text, &url), ERR_OK);
	assert_int_equal(strlen(url.host), FETCH_URL_HOST_MAX);
	assert_int_equal(strlen(url.authority), FETCH_URL_HOST_MAX + strlen(":65535"));
	long_name(name, FETCH_URL_HOST_MAX + 1, 62);
	assert_int_equal(fetch_url_parse(text, &url), ERR_LIMIT);
	long_name(name, 64, 64);
	assert_int_equal(fetch_url_parse(text, &url), ERR_SYNTAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_table),
	    cmocka_unit_test(test_lengths),
	    cmocka_unit_test(test_long_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
