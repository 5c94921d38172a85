/* SPDX-License-Identifier: Apache-2.0 */
/* Traced XML: what is shown, and that whatever is not known to be harmless is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/xml_trace.h"

#define SECRET "Tr0ub4dor-and-3"
#define TOKEN "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ROOT(inside) "<config-auth client=\"vpn\" type=\"auth-reply\">" inside "</config-auth>"

static const char *
trace(const char *xml, struct buf *out)
{
	buf_init(out, 16384);
	assert_int_equal(xml_trace(xml, strlen(xml), out), ERR_OK);
	return buf_cstr(out);
}

/* Documents with SECRET or TOKEN somewhere, and what is to be there in their place. */
static void
test_secrets(void **state)
{
	static const struct {
		const char *xml, *shown;
	} rows[] = {
	    {ROOT("<auth><password>" SECRET "</password></auth>"), "<password>*****</password>"},
	    {ROOT("<auth><PASSWORD>" SECRET "</PASSWORD></auth>"), "<PASSWORD>*****</PASSWORD>"},
	    {ROOT("<auth><secondary_password>" SECRET "</secondary_password></auth>"),
		"<secondary_password>*****</secondary_password>"},
	    {ROOT("<auth><answer>" SECRET "</answer></auth>"), "<answer>*****</answer>"},
	    {ROOT("<auth><new_password>" SECRET "</new_password></auth>"), "<new_password>*****"},
	    {ROOT("<auth><verify_password>" SECRET "</verify_password></auth>"), "*****"},
	    {ROOT("<auth><new_pin>" SECRET "</new_pin></auth>"), "*****"},
	    {ROOT("<auth><sso-token>" SECRET "</sso-token></auth>"), "*****"},
	    {ROOT("<auth><password><![CDATA[" SECRET "]]></password></auth>"), "*****"},
	    {ROOT("<auth><password>Tr0ub&#52;dor-and-3</password></auth>"), "*****"},
	    {ROOT("<auth>" SECRET "</auth>"), "*****"},
	    {ROOT("<auth>" SECRET "<username>a</username></auth>"), "*****"},
	    {ROOT("<auth><username>a</username>" SECRET "</auth>"), "*****"},
	    {ROOT("<username>a<b/>" SECRET "</username>"), "*****"},
	    {ROOT("<auth password=\"" SECRET "\"/>"), "password=\"*****\""},
	    {ROOT("<input type=\"password\" name=\"password\" value=\"" SECRET "\"/>"),
		"value=\"*****\""},
	    {ROOT("<input type=\"hidden\" name=\"state\" value=\"" SECRET "\"/>"),
		"value=\"*****\""},
	    {ROOT("<input type=\"texts\" name=\"state\" value=\"" SECRET "\"/>"),
		"value=\"*****\""},
	    {ROOT("<input name=\"state\" value=\"" SECRET "\"/>"), "value=\"*****\""},
	    {ROOT("<session-token>" TOKEN "</session-token>"), "<session-token>012345...</"},
	    {ROOT("<session-token>" SECRET "</session-token>"), "<session-token>*****</"},
	    {ROOT("<opaque><aggauth-handle>" TOKEN "</aggauth-handle></opaque>"), ">012345...<"},
	    {ROOT("<random>" TOKEN "</random>"), ">012345...<"},
	    {ROOT("<client-cert cert-format=\"pkcs7\">" TOKEN "</client-cert>"),
		"<client-cert cert-format=\"pkcs7\">(64 bytes of base64)</client-cert>"},
	    {ROOT("<client-cert-auth-signature hash-algorithm-chosen=\"sha512\">" TOKEN
		  "</client-cert-auth-signature>"),
		"(64 bytes of base64)"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf out;
		const char *text = trace(rows[i].xml, &out);

		if (strstr(text, SECRET) != NULL || strstr(text, TOKEN) != NULL)
			fail_msg("%s: expected no secret, got %s", rows[i].xml, text);
		if (strstr(text, rows[i].shown) == NULL)
			fail_msg("%s: expected %s, got %s", rows[i].xml, rows[i].shown, text);
		buf_fini(&out);
	}
}

static void
test_layout(void **state)
{
	static const char xml[] =
	    "\xef\xbb\xbf\n<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	    "<config-auth client=\"vpn\" type=\"init\">\n\n<version who=\"vpn\">5.0 "
	    "&lt;1&gt;</version>"
	    "<mac-address-list><mac-address>00-11</mac-address></mac-address-list>"
	    "<form><select name=\"group_list\"><option value=\"A\">A</option></select>"
	    "<input type=\"text\" name=\"username\" value=\"alice\"/></form>"
	    "<custom-attr><Banner>x</Banner></custom-attr></config-auth>\n";
	static const char expected[] =
	    "<config-auth client=\"vpn\" type=\"init\">\n"
	    "  <version who=\"vpn\">5.0 &lt;1&gt;</version>\n"
	    "  <mac-address-list>\n"
	    "    <mac-address>00-11</mac-address>\n"
	    "  </mac-address-list>\n"
	    "  <form>\n"
	    "    <select name=\"group_list\">\n"
	    "      <option value=\"A\">A</option>\n"
	    "    </select>\n"
	    "    <input type=\"text\" name=\"username\" value=\"alice\"></input>\n"
	    "  </form>\n"
	    "  <custom-attr>\n"
	    "    <Banner>x</Banner>\n"
	    "  </custom-attr>\n"
	    "</config-auth>";
	struct buf out;

	(void)state;
	assert_string_equal(trace(xml, &out), expected);
	buf_fini(&out);
}

/* What cannot be read, and what is too much. */
static void
test_refused(void **state)
{
	static const char *const bad[] = {"", " \n", "<config-auth>", "no xml", "<a></b>",
	    "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>"};
	struct buf out, deep;

	(void)state;
	buf_init(&deep, 1024);
	buf_init(&out, 1024);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (xml_trace(bad[i], strlen(bad[i]), &out) != ERR_SYNTAX)
			fail_msg("%s: expected a syntax error, got none", bad[i]);
	assert_int_equal(xml_trace("<a>\0</a>", 8, &out), ERR_SYNTAX);
	for (unsigned i = 0; i < 40; i++)
		buf_puts(&deep, "<a>");
	for (unsigned i = 0; i < 40; i++)
		buf_puts(&deep, "</a>");
	assert_int_equal(xml_trace(buf_cstr(&deep), deep.len, &out), ERR_SYNTAX);
	buf_fini(&deep);
	buf_fini(&out);
}

/* Nothing that a client sends begins a line. */
static void
test_one_line(void **state)
{
	static const char xml[] =
	    "<a name=\"x&#10;y\"><username>alice\nCRYPTO_PKI: good</username></a>";
	struct buf out;

	(void)state;
	assert_string_equal(trace(xml, &out),
	    "<a name=\"x y\">\n  <username>alice CRYPTO_PKI: good</username>\n</a>");
	buf_fini(&out);
}

static void
test_long(void **state)
{
	static char xml[8192], text[5001];
	struct buf out;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	(void)snprintf(xml, sizeof(xml), ROOT("<username>%s</username>"), text);
	assert_non_null(strstr(trace(xml, &out), "x(3976 bytes more)</username>"));
	assert_true(out.len < 2048);
	buf_fini(&out);
	buf_init(&out, 64);
	assert_int_equal(xml_trace(xml, strlen(xml), &out), ERR_OK);
	assert_int_equal(out.err, ERR_LIMIT);
	buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_secrets),
	    cmocka_unit_test(test_layout),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_one_line),
	    cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
