/* SPDX-License-Identifier: Apache-2.0 */
/* gateway/legacy_form.c: what a posted form becomes, and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/legacy_form.h"

static enum err
parse(const char *text, struct xml_request **out)
{
	/* No byte behind it may be looked at. */
	size_t len = strlen(text);
	char *copy = malloc(len + (len == 0));
	enum err err;

	assert_non_null(copy);
	memcpy(copy, text, len);
	*out = NULL;
	err = legacy_form_parse(copy, len, out);
	free(copy);
	return err;
}

static const char *
field(const struct xml_request *request, const char *name)
{
	for (size_t i = 0; i < request->fields_len; i++)
		if (strcmp(request->fields[i].name, name) == 0)
			return request->fields[i].value;
	return NULL;
}

static void
test_form(UNUSED void **state)
{
	struct xml_request *request;

	assert_int_equal(parse("username=alice&password=a%26b%3d%2B+%C3%a9&aggauth-handle=0aF&"
			       "config-hash=1700000000000&tunnel-group=STAFF&"
			       "group_list=Staff%20%26+Co&secondary_password=",
			     &request),
	    ERR_OK);
	assert_int_equal(request->type, XML_TYPE_AUTH_REPLY);
	assert_string_equal(request->handle, "0aF");
	assert_string_equal(request->config_hash, "1700000000000");
	assert_string_equal(request->tunnel_group, "STAFF");
	assert_string_equal(request->group_select, "Staff & Co");
	assert_int_equal(request->fields_len, 3);
	assert_string_equal(field(request, "username"), "alice");
	assert_string_equal(field(request, "password"), "a&b=+ \xc3\xa9");
	assert_int_equal(request->fields[1].value_len, 8);
	assert_string_equal(field(request, "secondary_password"), "");
	/* What only XML can say is not said here. */
	assert_int_equal(request->chains_len, 0);
	assert_int_equal(request->capability_len, 0);
	assert_string_equal(request->session_token, "");
	assert_string_equal(request->group_access, "");
	xml_request_free(request);
}

static void
test_values(UNUSED void **state)
{
	static const struct {
		const char *text;
		enum err err;
		const char *value; /* of the field "a" */
	} rows[] = {
	    {"a=b", ERR_OK, "b"},
	    {"a=", ERR_OK, ""},
	    {"a=b=c", ERR_OK, "b=c"},
	    {"%61=b", ERR_OK, "b"},
	    {"a=%0a%0D%09", ERR_OK, "\n\r\t"},
	    {"a=\xc3\xa9", ERR_OK, "\xc3\xa9"},
	    {"a=%f0%9f%98%80", ERR_OK, "\xf0\x9f\x98\x80"},
	    {"a=;~!*'()", ERR_OK, ";~!*'()"},
	    {"", ERR_SYNTAX, NULL},
	    {"a", ERR_SYNTAX, NULL},
	    {"a&b=c", ERR_SYNTAX, NULL},
	    {"=b", ERR_SYNTAX, NULL},
	    {"&", ERR_SYNTAX, NULL},
	    {"&a=b", ERR_SYNTAX, NULL},
	    {"a=b&", ERR_SYNTAX, NULL},
	    {"a=b&&c=d", ERR_SYNTAX, NULL},
	    {"a=b&a=c", ERR_SYNTAX, NULL},
	    {"a=b&A=c", ERR_SYNTAX, NULL},
	    {"a=b&%61=c", ERR_SYNTAX, NULL},
	    {"group_list=x&group_list=y", ERR_SYNTAX, NULL},
	    {"aggauth-handle=x&AGGAUTH-HANDLE=x", ERR_SYNTAX, NULL},
	    {"a=%", ERR_SYNTAX, NULL},
	    {"a=%4", ERR_SYNTAX, NULL},
	    {"a=%4&b=1", ERR_SYNTAX, NULL},
	    {"a=%4g", ERR_SYNTAX, NULL},
	    {"a=%g4", ERR_SYNTAX, NULL},
	    {"a=%%41", ERR_SYNTAX, NULL},
	    {"a=%+4", ERR_SYNTAX, NULL},
	    {"a=%00", ERR_SYNTAX, NULL},
	    {"a=b%00c", ERR_SYNTAX, NULL},
	    {"a%00=b", ERR_SYNTAX, NULL},
	    {"a=%01", ERR_SYNTAX, NULL},
	    {"a=%1b[0m", ERR_SYNTAX, NULL},
	    {"a=b c", ERR_SYNTAX, NULL},
	    {"a=b\r\n", ERR_SYNTAX, NULL},
	    {"a=b\x7f", ERR_SYNTAX, NULL},
	    {"a=\xff", ERR_SYNTAX, NULL},
	    {"a=%c3", ERR_SYNTAX, NULL},
	    {"a=%c0%af", ERR_SYNTAX, NULL},
	    {"a=%ed%a0%80", ERR_SYNTAX, NULL},
	    {"a=%ef%bf%bf", ERR_SYNTAX, NULL},
	    {"a+b=c", ERR_SYNTAX, NULL},
	    {"a%2f=c", ERR_SYNTAX, NULL},
	    {"a[]=c", ERR_SYNTAX, NULL},
	    {"\xc3\xa9=c", ERR_SYNTAX, NULL},
	    {"<config-auth>=c", ERR_SYNTAX, NULL},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct xml_request *request;
		enum err err = parse(rows[i].text, &request);
		const char *value = err == ERR_OK ? field(request, "a") : NULL;

		if (err != rows[i].err || (value == NULL) != (rows[i].value == NULL) ||
		    (value != NULL && strcmp(value, rows[i].value) != 0))
			fail_msg("%s: expected %d %s, got %d %s", rows[i].text, rows[i].err,
			    rows[i].value, err, value);
		if (err == ERR_OK)
			xml_request_free(request);
		else
			assert_null(request);
	}
}

/* name=VALUE with n characters, each as `one`. */
static enum err
parse_long(const char *name, const char *one, size_t n)
{
	size_t size = strlen(name) + 2 + n * strlen(one);
	char *text = malloc(size);
	struct xml_request *request;
	enum err err;
	size_t at;

	assert_non_null(text);
	at = (size_t)snprintf(text, size, "%s=", name);
	for (size_t i = 0; i < n; i++)
		at += (size_t)snprintf(text + at, size - at, "%s", one);
	err = parse(text, &request);
	if (err == ERR_OK)
		xml_request_free(request);
	free(text);
	return err;
}

static void
test_limits(UNUSED void **state)
{
	static const struct {
		const char *name;
		size_t max;
	} rows[] = {
	    {"password", XML_FIELD_VALUE_MAX},
	    {"aggauth-handle", 127},
	    {"config-hash", 63},
	    {"tunnel-group", 255},
	    {"group_list", 255},
	};
	char name[66];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(parse_long(rows[i].name, "%41", rows[i].max), ERR_OK);
		assert_int_equal(parse_long(rows[i].name, "a", rows[i].max + 1), ERR_LIMIT);
	}
	memset(name, 'n', sizeof(name));
	name[63] = '\0';
	assert_int_equal(parse_long(name, "a", 1), ERR_OK);
	name[63] = 'n', name[64] = '\0';
	assert_int_equal(parse_long(name, "a", 1), ERR_LIMIT);
	assert_int_equal(parse_long("a", "%", LEGACY_FORM_MAX), ERR_LIMIT);
}

static void
test_many(UNUSED void **state)
{
	char text[1024];
	size_t at = 0;
	struct xml_request *request;

	for (unsigned i = 0; i < XML_FIELDS_MAX; i++)
		at += (size_t)snprintf(
		    text + at, sizeof(text) - at, "%sf%u=%u", i > 0 ? "&" : "", i, i);
	assert_int_equal(parse(text, &request), ERR_OK);
	assert_int_equal(request->fields_len, XML_FIELDS_MAX);
	assert_string_equal(field(request, "f31"), "31");
	xml_request_free(request);
	(void)snprintf(text + at, sizeof(text) - at, "&g=1");
	assert_int_equal(parse(text, &request), ERR_LIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_form),
	    cmocka_unit_test(test_values),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
