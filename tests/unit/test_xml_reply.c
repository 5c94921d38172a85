/* SPDX-License-Identifier: Apache-2.0 */
/* gateway/xml_reply.c: the exact text of each answer, and that nothing breaks out of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/cert_request.h"
#include "gateway/xml_reply.h"

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"

static void
check(const Ipc__AuthAnswer *answer, const char *hash, const char *expected)
{
	struct buf out;

	buf_init(&out, XML_REPLY_MAX);
	assert_int_equal(xml_reply(answer, hash, &out), ERR_OK);
	assert_string_equal(buf_cstr(&out), expected);
	buf_fini(&out);
}

static void
fill_form(Ipc__AuthAnswer *answer)
{
	static Ipc__FormInput name = IPC__FORM_INPUT__INIT, password = IPC__FORM_INPUT__INIT;
	static Ipc__FormInput hidden = IPC__FORM_INPUT__INIT;
	static Ipc__FormOption first = IPC__FORM_OPTION__INIT, second = IPC__FORM_OPTION__INIT;
	static Ipc__FormInput *inputs[] = {&name, &password, &hidden};
	static Ipc__FormOption *options[] = {&first, &second};
	static char text[] = "text", username[] = "username", username_label[] = "Username:";
	static char pass_type[] = "password", pass_label[] = "Password:";
	static char hidden_type[] = "hidden", hidden_name[] = "state", hidden_value[] = "<1>";
	static char staff[] = "Staff", partners[] = "P&Q";

	name.type = text, name.name = username, name.label = username_label;
	password.type = pass_type, password.name = pass_type, password.label = pass_label;
	hidden.type = hidden_type, hidden.name = hidden_name, hidden.value = hidden_value;
	first.value = staff, first.selected = true;
	second.value = partners, second.no_aaa = true;
	answer->input = inputs, answer->n_input = ARRAY_LEN(inputs);
	answer->option = options, answer->n_option = ARRAY_LEN(options);
}

static void
test_form(UNUSED void **state)
{
	Ipc__AuthAnswer answer = IPC__AUTH_ANSWER__INIT;
	char id[] = "main", title[] = "Login", message[] = "Please enter.", group[] = "STAFF";
	char handle[] = "8412", alias[] = "Staff", hash[] = "1700000000000";

	answer.kind = IPC__ANSWER_KIND__ANSWER_FORM;
	answer.auth_id = id, answer.title = title, answer.message = message;
	answer.tunnel_group = group, answer.handle = handle;
	answer.group_alias = alias, answer.config_hash = hash;
	fill_form(&answer);
	check(&answer, "",
	    HEAD "<config-auth client=\"vpn\" type=\"auth-request\" aggregate-auth-version=\"2\">\n"
		 "<opaque is-for=\"sg\">\n"
		 "<tunnel-group>STAFF</tunnel-group>\n"
		 "<aggauth-handle>8412</aggauth-handle>\n"
		 "<group-alias>Staff</group-alias>\n"
		 "<config-hash>1700000000000</config-hash>\n"
		 "</opaque>\n"
		 "<auth id=\"main\">\n"
		 "<title>Login</title>\n"
		 "<message>Please enter.</message>\n"
		 "<banner></banner>\n"
		 "<form method=\"post\">\n"
		 "<input type=\"text\" name=\"username\" label=\"Username:\"></input>\n"
		 "<input type=\"password\" name=\"password\" label=\"Password:\"></input>\n"
		 "<input type=\"hidden\" name=\"state\" value=\"&lt;1&gt;\"></input>\n"
		 "<select name=\"group_list\" label=\"GROUP:\">\n"
		 "<option selected=\"true\" value=\"Staff\">Staff</option>\n"
		 "<option noaaa=\"1\" value=\"P&amp;Q\">P&amp;Q</option>\n"
		 "</select>\n"
		 "</form>\n"
		 "</auth>\n"
		 "</config-auth>\n");
}

static void
test_form_with_error(UNUSED void **state)
{
	Ipc__AuthAnswer answer = IPC__AUTH_ANSWER__INIT;
	char error[] = "Login failed.", handle[] = "1", prompt[] = "Enter the code:";
	char text[] = "%s", id[] = "challenge", method[] = "multiple-cert";
	char *methods[] = {method};

	answer.kind = IPC__ANSWER_KIND__ANSWER_FORM;
	answer.auth_id = id, answer.handle = handle;
	answer.message_id = 2, answer.message_param1 = prompt, answer.message = text;
	answer.error = error, answer.error_id = 88;
	answer.auth_method = methods, answer.n_auth_method = 1;
	check(&answer, "",
	    HEAD "<config-auth client=\"vpn\" type=\"auth-request\" aggregate-auth-version=\"2\">\n"
		 "<opaque is-for=\"sg\">\n"
		 "<tunnel-group></tunnel-group>\n"
		 "<aggauth-handle>1</aggauth-handle>\n"
		 "<auth-method>multiple-cert</auth-method>\n"
		 "<config-hash></config-hash>\n"
		 "</opaque>\n"
		 "<auth id=\"challenge\">\n"
		 "<message id=\"2\" param1=\"Enter the code:\" param2=\"\">%s</message>\n"
		 "<banner></banner>\n"
		 "<error id=\"88\" param1=\"\" param2=\"\">Login failed.</error>\n"
		 "<form method=\"post\">\n"
		 "</form>\n"
		 "</auth>\n"
		 "</config-auth>\n");
}

static void
test_refused(UNUSED void **state)
{
	static const char expected[] =
	    HEAD "<config-auth client=\"vpn\" type=\"auth-request\" aggregate-auth-version=\"2\">\n"
		 "<auth id=\"main\">\n"
		 "<error id=\"88\" param1=\"\" param2=\"\">Login failed.</error>\n"
		 "</auth>\n"
		 "</config-auth>\n";
	struct buf out;

	buf_init(&out, XML_REPLY_MAX);
	assert_int_equal(xml_reply_refused(&out), ERR_OK);
	assert_string_equal(buf_cstr(&out), expected);
	assert_null(strstr(buf_cstr(&out), "<form"));
	buf_fini(&out);
}

/* A refusal of auth: its own words, and no form. */
static void
test_refused_by_auth(UNUSED void **state)
{
	Ipc__AuthAnswer answer = IPC__AUTH_ANSWER__INIT;
	char title[] = "Login", error[] = "Certificate Validation Failure";

	answer.kind = IPC__ANSWER_KIND__ANSWER_REFUSED;
	answer.title = title, answer.error = error, answer.error_id = 88;
	check(&answer, "",
	    HEAD "<config-auth client=\"vpn\" type=\"auth-request\" aggregate-auth-version=\"2\">\n"
		 "<auth id=\"main\">\n"
		 "<title>Login</title>\n"
		 "<message></message>\n"
		 "<banner></banner>\n"
		 "<error id=\"88\" param1=\"\" param2=\"\">Certificate Validation Failure</error>\n"
		 "</auth>\n"
		 "</config-auth>\n");
}

static void
test_cert_request(UNUSED void **state)
{
	Ipc__AuthAnswer answer = IPC__AUTH_ANSWER__INIT;
	char group[] = "C", handle[] = "12", hash[] = "17";

	answer.kind = IPC__ANSWER_KIND__ANSWER_CLIENT_CERT_REQUEST;
	check(&answer, "",
	    HEAD "<config-auth client=\"vpn\" type=\"auth-request\" aggregate-auth-version=\"2\">\n"
		 "<client-cert-request></client-cert-request>\n"
		 "</config-auth>\n");
	answer.tunnel_group = group, answer.handle = handle, answer.config_hash = hash;
	check(&answer, "",
	    HEAD "<config-auth client=\"vpn\" type=\"auth-request\" aggregate-auth-version=\"2\">\n"
		 "<opaque is-for=\"sg\">\n"
		 "<tunnel-group>C</tunnel-group>\n"
		 "<aggauth-handle>12</aggauth-handle>\n"
		 "<config-hash>17</config-hash>\n"
		 "</opaque>\n"
		 "<client-cert-request></client-cert-request>\n"
		 "</config-auth>\n");
}

/* The bytes that auth keeps, and none besides: the client signs the whole body. */
static void
test_multiple_cert_request(UNUSED void **state)
{
	Ipc__AuthAnswer answer = IPC__AUTH_ANSWER__INIT;
	char handle[] = "12", random[] = "00FF", sha256[] = "sha256", error[] = "x";
	char *hashes[] = {sha256};
	struct buf expected;

	answer.kind = IPC__ANSWER_KIND__ANSWER_MULTIPLE_CERT_REQUEST;
	answer.handle = handle, answer.random = random, answer.error = error;
	answer.hash_algorithm = hashes, answer.n_hash_algorithm = 1;
	buf_init(&expected, XML_REPLY_MAX);
	assert_int_equal(cert_request_write(&answer, &expected), ERR_OK);
	check(&answer, "AB12", buf_cstr(&expected));
	buf_fini(&expected);
}

/* One input alone, and what stands in the form because of it. */
static void
test_inputs(UNUSED void **state)
{
	static const struct {
		const char *type, *name, *value;
		bool second;
		const char *expected, *option;
	} rows[] = {
	    {"text", "username", "", false, "label=\"L:\"></input>",
		"<option selected=\"true\" value"},
	    {"text", "username", "a\"b", false, "label=\"L:\" value=\"a&quot;b\"></input>",
		"<option selected=\"true\" value"},
	    {"hidden", "username", "alice", false,
		"<input type=\"hidden\" name=\"username\" value=\"alice\"></input>",
		"<option selected=\"true\" value"},
	    {"hidden", "empty", "", false, "name=\"empty\" value=\"\"></input>",
		"<option selected=\"true\" value"},
	    {"password", "password", "secret", false, "label=\"L:\"></input>",
		"<option selected=\"true\" value"},
	    {"password", "secondary_password", "", true, "label=\"L:\" second-auth=\"1\"></input>",
		"<option selected=\"true\" second-auth=\"1\" value"},
	    {"text", "secondary_username", "", true, "label=\"L:\" second-auth=\"1\"></input>",
		"<option selected=\"true\" secondary_username_editable=\"true\" "
		"second-auth=\"1\" value"},
	    {"text", "secondary_username", "bob", true,
		"label=\"L:\" value=\"bob\" second-auth=\"1\"></input>",
		"<option selected=\"true\" secondary_username=\"bob\" second-auth=\"1\" value"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		Ipc__AuthAnswer answer = IPC__AUTH_ANSWER__INIT;
		Ipc__FormInput input = IPC__FORM_INPUT__INIT, *inputs[] = {&input};
		Ipc__FormOption first = IPC__FORM_OPTION__INIT, other = IPC__FORM_OPTION__INIT;
		Ipc__FormOption *options[] = {&first, &other};
		char staff[] = "Staff", partners[] = "Partners", label[] = "L:";
		struct buf out;

		input.type = (char *)(uintptr_t)rows[i].type;
		input.name = (char *)(uintptr_t)rows[i].name;
		input.value = (char *)(uintptr_t)rows[i].value;
		input.label = label, input.second_auth = rows[i].second;
		first.value = staff, first.selected = true, other.value = partners;
		answer.kind = IPC__ANSWER_KIND__ANSWER_FORM;
		answer.input = inputs, answer.n_input = 1;
		answer.option = options, answer.n_option = 2;
		buf_init(&out, XML_REPLY_MAX);
		assert_int_equal(xml_reply(&answer, "", &out), ERR_OK);
		if (strstr(buf_cstr(&out), rows[i].expected) == NULL ||
		    strstr(buf_cstr(&out), rows[i].option) == NULL ||
		    strstr(buf_cstr(&out), "<option value=\"Partners\">") == NULL)
			fail_msg("row %zu: expected %s and %s in %s", i, rows[i].expected,
			    rows[i].option, buf_cstr(&out));
		assert_null(strstr(buf_cstr(&out), "secret"));
		buf_fini(&out);
	}
}

static void
test_complete(UNUSED void **state)
{
	Ipc__AuthAnswer answer = IPC__AUTH_ANSWER__INIT;
	char token[] = "0123456789abcdef", banner[] = "Welcome <you> & all\r\nsecond line";

	answer.kind = IPC__ANSWER_KIND__ANSWER_COMPLETE;
	answer.session_index = 24576;
	answer.session_token = token;
	answer.banner = banner;
	check(&answer, "AB12",
	    HEAD "<config-auth client=\"vpn\" type=\"complete\" aggregate-auth-version=\"2\">\n"
		 "<session-id>24576</session-id>\n"
		 "<session-token>0123456789abcdef</session-token>\n"
		 "<auth id=\"success\">\n"
		 "<message id=\"0\" param1=\"\" param2=\"\"></message>\n"
		 "<banner>Welcome &lt;you&gt; &amp; all&#13;\nsecond line</banner>\n"
		 "</auth>\n"
		 "<capabilities>\n"
		 "<crypto-supported>ssl-dhe</crypto-supported>\n"
		 "</capabilities>\n"
		 "<config client=\"vpn\" type=\"private\">\n"
		 "<vpn-base-config>\n"
		 "<base-package-uri>/CACHE/stc/1</base-package-uri>\n"
		 "<server-cert-hash>AB12</server-cert-hash>\n"
		 "</vpn-base-config>\n"
		 "</config>\n"
		 "</config-auth>\n");
}

/* Custom attributes are elements named by their type; what can be no element is left out. */
static void
test_custom_attributes(UNUSED void **state)
{
	static const struct {
		const char *type;
		bool shown;
	} rows[] = {{"dynamic-split-exclude-domains", true}, {"perapp", true}, {"_A.b-9", true},
	    {"", false}, {"9lives", false}, {"-x", false}, {"a b", false}, {"a>", false},
	    {"xmlThing", false}, {"XML", false}, {"\xc3\xa9", false}, {"a/", false}};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		Ipc__AuthAnswer answer = IPC__AUTH_ANSWER__INIT;
		Ipc__CustomAttr attr = IPC__CUSTOM_ATTR__INIT, *attrs[] = {&attr};
		char expected[256];
		struct buf out;

		attr.type = (char *)(uintptr_t)rows[i].type;
		attr.value = (char *)"a.example,<b>";
		answer.kind = IPC__ANSWER_KIND__ANSWER_COMPLETE;
		answer.custom_attr = attrs;
		answer.n_custom_attr = 1;
		(void)snprintf(expected, sizeof expected,
		    "</vpn-base-config>\n<opaque is-for=\"vpn-client\"><custom-attr>"
		    "<%s>a.example,&lt;b&gt;</%s></custom-attr></opaque>\n</config>\n",
		    rows[i].type, rows[i].type);
		buf_init(&out, XML_REPLY_MAX);
		assert_int_equal(xml_reply(&answer, "", &out), ERR_OK);
		if ((strstr(buf_cstr(&out), expected) != NULL) != rows[i].shown)
			fail_msg("type \"%s\": expected it to be %s in %s", rows[i].type,
			    rows[i].shown ? "shown" : "left out", buf_cstr(&out));
		assert_non_null(strstr(buf_cstr(&out), "<custom-attr>"));
		buf_reset(&out);
		assert_int_equal(xml_reply_post_auth(attrs, 1, &out), ERR_OK);
		assert_null(strchr(buf_cstr(&out), '\n'));
		assert_int_equal(
		    strstr(buf_cstr(&out), "a.example,&lt;b&gt;") != NULL, rows[i].shown);
		buf_fini(&out);
	}
}

/* Hostile text in an element: it stays text, and what XML cannot carry is replaced. */
static void
test_escaping(UNUSED void **state)
{
	static const struct {
		const char *text, *escaped;
	} rows[] = {
	    {"<a href=\"x\">'&amp;</a>", "&lt;a href=&quot;x&quot;&gt;&apos;&amp;amp;&lt;/a&gt;"},
	    {"]]>", "]]&gt;"}, {"\x01\x1f\x7f", "??\x7f"}, {"tab\tlf\n", "tab\tlf\n"},
	    {"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"},
	    {"\xff\xfe\x80", "???"}, {"\xc0\xaf", "??"},      /* overlong */
	    {"\xed\xa0\x80", "???"},                          /* surrogate */
	    {"\xef\xbf\xbf", "???"},                          /* U+FFFF */
	    {"\xf4\x90\x80\x80", "????"}, {"\xe2\x82", "??"}, /* cut off */
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		Ipc__AuthAnswer answer = IPC__AUTH_ANSWER__INIT;
		char text[64];
		char expected[256];
		struct buf out;

		(void)snprintf(text, sizeof text, "%s", rows[i].text);
		(void)snprintf(expected, sizeof expected, "<title>%s</title>\n", rows[i].escaped);
		answer.kind = IPC__ANSWER_KIND__ANSWER_REFUSED;
		answer.title = text;
		buf_init(&out, XML_REPLY_MAX);
		assert_int_equal(xml_reply(&answer, "", &out), ERR_OK);
		if (strstr(buf_cstr(&out), expected) == NULL)
			fail_msg("row %zu: expected %s in %s", i, expected, buf_cstr(&out));
		buf_fini(&out);
	}
}

static void
test_errors(UNUSED void **state)
{
	Ipc__AuthAnswer answer = IPC__AUTH_ANSWER__INIT;
	struct buf out;

	buf_init(&out, 100);
	assert_int_equal(xml_reply(&answer, "", &out), ERR_UNSUPPORTED);
	answer.kind = (Ipc__AnswerKind)99;
	assert_int_equal(xml_reply(&answer, "", &out), ERR_UNSUPPORTED);
	answer.kind = IPC__ANSWER_KIND__ANSWER_COMPLETE;
	assert_int_equal(xml_reply(&answer, "", &out), ERR_LIMIT);
	buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_form),
	    cmocka_unit_test(test_form_with_error),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_refused_by_auth),
	    cmocka_unit_test(test_cert_request),
	    cmocka_unit_test(test_multiple_cert_request),
	    cmocka_unit_test(test_inputs),
	    cmocka_unit_test(test_complete),
	    cmocka_unit_test(test_custom_attributes),
	    cmocka_unit_test(test_escaping),
	    cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
