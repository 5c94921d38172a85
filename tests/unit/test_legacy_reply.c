/* SPDX-License-Identifier: Apache-2.0 */
/* gateway/legacy_reply.c: the exact text of each answer, that nothing breaks out of it, and that
 * what cannot be said is a refusal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/legacy_reply.h"
#include "gateway/xml_reply.h"

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define REFUSED(ID, TEXT)                                                                          \
	HEAD "<auth id=\"main\">\n<title>Login</title>\n<message></message>\n<banner></banner>\n"  \
	     "<error id=\"" ID "\" param1=\"\" param2=\"\">" TEXT "</error>\n</auth>\n"

static char *
text(const char *s)
{
	return (char *)(uintptr_t)s;
}

static void
check(const Ipc__AuthAnswer *answer, const char *expected)
{
	struct buf out;

	buf_init(&out, XML_REPLY_MAX);
	assert_int_equal(legacy_reply(answer, &out), ERR_OK);
	assert_string_equal(buf_cstr(&out), expected);
	buf_fini(&out);
}

static void
test_form(UNUSED void **state)
{
	Ipc__AuthAnswer answer = IPC__AUTH_ANSWER__INIT;
	Ipc__FormInput name = IPC__FORM_INPUT__INIT, second = IPC__FORM_INPUT__INIT;
	Ipc__FormInput *inputs[] = {&name, &second};
	Ipc__FormOption option = IPC__FORM_OPTION__INIT, *options[] = {&option};

	answer.kind = IPC__ANSWER_KIND__ANSWER_FORM;
	answer.title = text("Login"), answer.message = text("Please.");
	answer.tunnel_group = text("A\"><b>"), answer.handle = text("0af"),
	answer.config_hash = text("17&"), answer.group_alias = text("Staff");
	answer.error = text("<i>"), answer.error_id = 88;
	name.type = text("text"), name.name = text("username"), name.label = text("Name:");
	name.value = text("o'<\"&");
	second.type = text("password"), second.name = text("secondary_password");
	second.value = text("never shown"), second.second_auth = true;
	option.value = text("St<ff"), option.selected = true;
	answer.input = inputs, answer.n_input = 2;
	answer.option = options, answer.n_option = 1;
	check(&answer, HEAD
	    "<auth id=\"main\">\n<title>Login</title>\n<message>Please.</message>\n"
	    "<banner></banner>\n"
	    "<error id=\"88\" param1=\"\" param2=\"\">&lt;i&gt;</error>\n"
	    "<form method=\"post\" action=\"/+webvpn+/index.html\">\n"
	    "<input type=\"text\" name=\"username\" label=\"Name:\" "
	    "value=\"o&apos;&lt;&quot;&amp;\"></input>\n"
	    "<input type=\"password\" name=\"secondary_password\" label=\"\" "
	    "second-auth=\"1\"></input>\n"
	    "<input type=\"hidden\" name=\"aggauth-handle\" value=\"0af\"></input>\n"
	    "<input type=\"hidden\" name=\"config-hash\" value=\"17&amp;\"></input>\n"
	    "<input type=\"hidden\" name=\"tunnel-group\" "
	    "value=\"A&quot;&gt;&lt;b&gt;\"></input>\n"
	    "<select name=\"group_list\" label=\"GROUP:\">\n"
	    "<option selected=\"true\" second-auth=\"1\" value=\"St&lt;ff\">St&lt;ff</option>\n"
	    "</select>\n</form>\n</auth>\n");
	assert_int_equal(answer.n_input, 2);
	assert_ptr_equal(answer.input, inputs);
}

static void
test_challenge(UNUSED void **state)
{
	Ipc__AuthAnswer answer = IPC__AUTH_ANSWER__INIT;

	answer.kind = IPC__ANSWER_KIND__ANSWER_FORM;
	answer.auth_id = text("challenge"), answer.handle = text("1");
	answer.message = text("%s"), answer.message_id = 2;
	answer.message_param1 = text("Code \x01\xff?");
	check(&answer, HEAD "<auth id=\"challenge\">\n"
			    "<message id=\"2\" param1=\"Code ???\" param2=\"\">%s</message>\n"
			    "<banner></banner>\n"
			    "<form method=\"post\" action=\"/+webvpn+/index.html\">\n"
			    "<input type=\"hidden\" name=\"aggauth-handle\" value=\"1\"></input>\n"
			    "<input type=\"hidden\" name=\"config-hash\" value=\"\"></input>\n"
			    "<input type=\"hidden\" name=\"tunnel-group\" value=\"\"></input>\n"
			    "</form>\n</auth>\n");
}

static void
test_ends(UNUSED void **state)
{
	Ipc__AuthAnswer answer = IPC__AUTH_ANSWER__INIT;
	struct buf out;

	answer.kind = IPC__ANSWER_KIND__ANSWER_COMPLETE;
	answer.session_token = text("0123"), answer.banner = text("a<b");
	check(&answer,
	    HEAD "<auth id=\"success\">\n<message id=\"0\" param1=\"\" param2=\"\"></message>\n"
		 "<banner>a&lt;b</banner>\n</auth>\n");
	assert_false(legacy_reply_is_refusal(&answer));
	answer = (Ipc__AuthAnswer)IPC__AUTH_ANSWER__INIT;
	answer.kind = IPC__ANSWER_KIND__ANSWER_REFUSED;
	answer.title = text("Login"), answer.error = text("Login failed."), answer.error_id = 88;
	check(&answer, REFUSED("88", "Login failed."));
	assert_true(legacy_reply_is_refusal(&answer));
	buf_init(&out, XML_REPLY_MAX);
	assert_int_equal(legacy_reply_refused(&out), ERR_OK);
	assert_string_equal(buf_cstr(&out), REFUSED("88", "Login failed."));
	buf_fini(&out);
}

/* Both requests for certificates look like what auth says of a bad one, whatever is in them. */
static void
test_requests(UNUSED void **state)
{
	static const Ipc__AnswerKind kinds[] = {IPC__ANSWER_KIND__ANSWER_CLIENT_CERT_REQUEST,
	    IPC__ANSWER_KIND__ANSWER_MULTIPLE_CERT_REQUEST};

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		Ipc__AuthAnswer answer = IPC__AUTH_ANSWER__INIT;

		answer.kind = kinds[i];
		answer.handle = text("1"), answer.tunnel_group = text("MCA");
		answer.random = text("00FF");
		check(&answer, REFUSED("0", "Certificate Validation Failure"));
		assert_true(legacy_reply_is_refusal(&answer));
	}
}

static void
test_limits(UNUSED void **state)
{
	Ipc__AuthAnswer answer = IPC__AUTH_ANSWER__INIT;
	struct buf out;

	buf_init(&out, XML_REPLY_MAX);
	assert_int_equal(legacy_reply(&answer, &out), ERR_UNSUPPORTED);
	answer.kind = 99;
	assert_int_equal(legacy_reply(&answer, &out), ERR_UNSUPPORTED);
	assert_int_equal(out.len, 0);
	buf_fini(&out);
	buf_init(&out, 100);
	answer.kind = IPC__ANSWER_KIND__ANSWER_FORM;
	assert_int_equal(legacy_reply(&answer, &out), ERR_LIMIT);
	buf_fini(&out);
}

static void
test_cookies(UNUSED void **state)
{
	struct buf out;

	buf_init(&out, 1024);
	legacy_reply_cookies("0123", "00FF", &out);
	assert_string_equal(buf_cstr(&out),
	    "Set-Cookie: webvpn=0123; Secure; HttpOnly; path=/\r\n"
	    "Set-Cookie: webvpnc=bu:/CACHE/stc/&p:t&iu:1/&sh:00FF&lu:/+CSCOT+/"
	    "translation-table?textdomain%3DAnyConnect%26type%3Dmanifest; Secure; path=/\r\n");
	buf_reset(&out);
	legacy_reply_cookies("0123", "", &out);
	assert_null(strstr(buf_cstr(&out), "sh:"));
	buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_form),
	    cmocka_unit_test(test_challenge),
	    cmocka_unit_test(test_ends),
	    cmocka_unit_test(test_requests),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_cookies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
