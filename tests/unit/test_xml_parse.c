/* SPDX-License-Identifier: Apache-2.0 */
/* gateway/xml_parse.c: what clients send, and what attackers do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/xml_parse.h"

#define INIT "<config-auth client=\"vpn\" type=\"init\" aggregate-auth-version=\"2\">"
#define REPLY "<config-auth client=\"vpn\" type=\"auth-reply\" aggregate-auth-version=\"2\">"
#define END "</config-auth>"

static enum err
parse_n(const char *text, size_t len, struct xml_request **out)
{
	char *copy = malloc(len > 0 ? len : 1);
	enum err err;

	assert_non_null(copy);
	memcpy(copy, text, len);
	*out = NULL;
	err = xml_parse(copy, len, out);
	assert_true((err == ERR_OK) == (*out != NULL));
	free(copy);
	return err;
}

static struct xml_request *
parse_ok(const char *text)
{
	struct xml_request *request;
	enum err err = parse_n(text, strlen(text), &request);

	if (err != ERR_OK)
		fail_msg("expected ok, got %s for %.200s", err_str(err), text);
	return request;
}

static void
expect(const char *text, enum err expected)
{
	struct xml_request *request;
	enum err err = parse_n(text, strlen(text), &request);

	if (err != expected)
		fail_msg("expected %s, got %s for %.200s", err_str(expected), err_str(err), text);
	xml_request_free(request);
}

static void
test_init(UNUSED void **state)
{
	struct xml_request *r = parse_ok(
	    "\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" INIT "\n"
	    "<version who=\"csd\">9</version><version who=\"vpn\">4.10.07061</version>\n"
	    "<device-id computer-name=\"PC7\" device-type=\"LENOVO &quot;20XX&quot;\" "
	    "platform-version=\"10.0.19045\" unique-id=\"AB\" unique-id-global=\"CD\"> win\n"
	    "</device-id>"
	    "<mac-address-list><mac-address public-interface=\"true\">00-11-22-33-44-55"
	    "</mac-address><mac-address>66</mac-address></mac-address-list>"
	    "<group-select>St&amp;ff</group-select>"
	    "<group-access>https://gw.example.com/staff</group-access>"
	    "<capabilities><auth-method>multiple-cert</auth-method>"
	    "<auth-method>single-sign-on-v2</auth-method></capabilities>"
	    "<client-cert-fail/><unknown><group-select>no</group-select></unknown>" END);

	assert_int_equal(r->type, XML_TYPE_INIT);
	assert_string_equal(r->version, "4.10.07061");
	assert_string_equal(r->device_os, "win");
	assert_string_equal(r->computer_name, "PC7");
	assert_string_equal(r->device_type, "LENOVO \"20XX\"");
	assert_string_equal(r->platform_version, "10.0.19045");
	assert_string_equal(r->unique_id, "AB");
	assert_string_equal(r->unique_id_global, "CD");
	assert_int_equal(r->mac_address_len, 2);
	assert_string_equal(r->mac_address[0], "00-11-22-33-44-55");
	assert_string_equal(r->mac_address[1], "66");
	assert_int_equal(r->mac_public, 1);
	assert_int_equal(r->capability_len, 2);
	assert_string_equal(r->capability[1], "single-sign-on-v2");
	assert_string_equal(r->group_access, "https://gw.example.com/staff");
	assert_string_equal(r->group_select, "St&ff");
	assert_true(r->client_cert_fail);
	assert_int_equal(r->fields_len, 0);
	xml_request_free(r);
}

static void
test_reply(UNUSED void **state)
{
	struct xml_request *r = parse_ok(REPLY
	    "<session-token></session-token><session-id/>"
	    "<opaque is-for=\"sg\">\n<tunnel-group>STAFF</tunnel-group>\n"
	    "<aggauth-handle> 8412 </aggauth-handle><auth-method>x</auth-method>"
	    "<group-alias>Staff</group-alias><config-hash>1700000000000</config-hash></opaque>"
	    "<auth><username>alice</username>"
	    "<password> a&#43;b+&#x20AC;&lt;&amp;amp;<![CDATA[<&]]>\t</password>"
	    "<other><deep>x</deep>y</other></auth>"
	    "<group-select>Staff</group-select>" END);

	assert_int_equal(r->type, XML_TYPE_AUTH_REPLY);
	assert_string_equal(r->tunnel_group, "STAFF");
	assert_string_equal(r->handle, "8412");
	assert_string_equal(r->group_alias, "Staff");
	assert_string_equal(r->config_hash, "1700000000000");
	assert_string_equal(r->group_select, "Staff");
	assert_false(r->client_cert_fail);
	assert_int_equal(r->fields_len, 3);
	assert_string_equal(r->fields[0].name, "username");
	assert_string_equal(r->fields[0].value, "alice");
	assert_int_equal(r->fields[0].value_len, 5);
	/* Entities are decoded exactly once, blanks of a password stay. */
	assert_string_equal(r->fields[1].value, " a+b+\xe2\x82\xac<&amp;<&\t");
	assert_int_equal(r->fields[1].value_len, strlen(r->fields[1].value));
	assert_string_equal(r->fields[2].value, "y");
	xml_request_free(r);
}

/* A multiple-certificate reply as clients send it: lines of base64, blanks around it. */
static void
test_chains(UNUSED void **state)
{
	struct xml_request *r = parse_ok(REPLY
	    "<opaque is-for=\"sg\"><aggauth-handle>8412</aggauth-handle></opaque>\n<auth>\n"
	    "<client-cert-chain cert-store=\"1M\">\n<client-cert-sent-via-protocol>"
	    "</client-cert-sent-via-protocol>\n</client-cert-chain>\n"
	    "<client-cert-chain cert-store=\"1U\">\n"
	    "<client-cert cert-format=\"pkcs7\">Zm9v\nYmFy\n</client-cert>\n"
	    "<client-cert-auth-signature hash-algorithm-chosen=\"sha512\">\r\n\tAP&#43;/\n AA=="
	    "</client-cert-auth-signature>\n<unknown>Zm9v</unknown></client-cert-chain>\n"
	    "<password>x</password></auth>" END);

	assert_int_equal(r->chains_len, 2);
	assert_string_equal(r->chains[0].store, "1M");
	assert_true(r->chains[0].via_protocol);
	assert_string_equal(r->chains[0].format, "");
	assert_int_equal(r->chains[0].pkcs7.len, 0);
	assert_int_equal(r->chains[0].signature.len, 0);
	assert_string_equal(r->chains[1].store, "1U");
	assert_false(r->chains[1].via_protocol);
	assert_string_equal(r->chains[1].format, "pkcs7");
	assert_int_equal(r->chains[1].pkcs7.len, 6);
	assert_memory_equal(r->chains[1].pkcs7.data, "foobar", 6);
	assert_string_equal(r->chains[1].hash, "sha512");
	assert_int_equal(r->chains[1].signature.len, 4);
	assert_memory_equal(r->chains[1].signature.data, "\x00\xff\xbf\x00", 4);
	/* They are no fields. */
	assert_int_equal(r->fields_len, 1);
	assert_string_equal(r->fields[0].name, "password");
	assert_string_equal(r->handle, "8412");
	xml_request_free(r);
}

/* Chains that are odd but no matter of this layer, and names in other letters. */
static void
test_chains_unchecked(UNUSED void **state)
{
	struct xml_request *r = parse_ok(REPLY
	    "<auth><client-cert-chain/><Client-Cert-Chain CERT-STORE=\"9X\"><CLIENT-CERT "
	    "Cert-Format=\"pem\"/><client-cert-sent-via-protocol>no</client-cert-sent-via-protocol>"
	    "</Client-Cert-Chain></auth><client-cert-chain><client-cert>*</client-cert>"
	    "</client-cert-chain>" END);

	assert_int_equal(r->chains_len, 2);
	assert_string_equal(r->chains[0].store, "");
	assert_string_equal(r->chains[1].store, "9X");
	assert_true(r->chains[1].via_protocol);
	assert_string_equal(r->chains[1].format, "pem");
	assert_int_equal(r->chains[1].pkcs7.len, 0);
	assert_int_equal(r->fields_len, 0);
	xml_request_free(r);
}

#define CHAIN REPLY "<auth><client-cert-chain cert-store=\"1U\">"
#define CHAIN_END "</client-cert-chain></auth>" END

static void
test_chains_refused(UNUSED void **state)
{
	static const char *const rows[] = {
	    CHAIN "<client-cert>Zm9v</client-cert><client-cert>Zm9v</client-cert>" CHAIN_END,
	    CHAIN "<client-cert/><CLIENT-CERT/>" CHAIN_END,
	    CHAIN "<client-cert-auth-signature/><client-cert-auth-signature/>" CHAIN_END,
	    CHAIN "<client-cert-sent-via-protocol/><client-cert-sent-via-protocol/>" CHAIN_END,
	    CHAIN "<client-cert>Zm9</client-cert>" CHAIN_END,
	    CHAIN "<client-cert>Zm9*</client-cert>" CHAIN_END,
	    CHAIN "<client-cert>Zg==Zg==</client-cert>" CHAIN_END,
	    CHAIN "<client-cert>Zm9v<x/>Zm9v</client-cert>" CHAIN_END,
	    CHAIN
	    "<client-cert>-----BEGIN PKCS7-----\nZm9v\n-----END PKCS7-----</client-cert>" CHAIN_END,
	    CHAIN "<client-cert-auth-signature>Zg=</client-cert-auth-signature>" CHAIN_END,
	    CHAIN "<client-cert-auth-signature>Zm9v&#160;</client-cert-auth-signature>" CHAIN_END,
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		expect(rows[i], ERR_SYNTAX);
	expect(REPLY "<auth><client-cert-chain cert-store=\"0123456789abcdef\"/></auth>" END,
	    ERR_LIMIT);
	expect(CHAIN "<client-cert cert-format=\"0123456789abcdef\"/>" CHAIN_END, ERR_LIMIT);
	expect(CHAIN
	    "<client-cert-auth-signature hash-algorithm-chosen=\"0123456789abcdef\"/>" CHAIN_END,
	    ERR_LIMIT);
}

static void
test_case_and_order(UNUSED void **state)
{
	struct xml_request *r =
	    parse_ok("<Config-Auth TYPE=\"INIT\"><GROUP-Access>u</GROUP-Access>"
		     "<Device-ID Unique-ID=\"7\">linux</Device-ID></Config-Auth>");

	assert_int_equal(r->type, XML_TYPE_INIT);
	assert_string_equal(r->group_access, "u");
	assert_string_equal(r->device_os, "linux");
	assert_string_equal(r->unique_id, "7");
	xml_request_free(r);
	r = parse_ok("<config-auth type=\"logout\"><session-token>tok</session-token>"
		     "<session-id>4</session-id></config-auth>");
	assert_int_equal(r->type, XML_TYPE_LOGOUT);
	assert_string_equal(r->session_token, "tok");
	assert_string_equal(r->session_id, "4");
	xml_request_free(r);
}

static void
test_refused(UNUSED void **state)
{
	static const char *const rows[] = {
	    "",
	    " ",
	    "x",
	    "<",
	    "<config-auth",
	    INIT,
	    INIT "</config-auths>",
	    INIT END "x",
	    INIT END INIT END,
	    "<config-auth/>",
	    "<config-auth type=\"\"/>",
	    "<config-auth type=\"complete\"/>",
	    "<config-auth type=\"auth-request\"/>",
	    "<config-auth type=\"init\" aggregate-auth-version=\"1\"/>",
	    "<config-auth type=\"init\" type=\"init\"/>",
	    "<config-auth type=\"initinitinitinitinitinitinitinitinit\"/>",
	    "<auth type=\"init\"/>",
	    "<x>" INIT END "</x>",
	    INIT "<group-select>a</group-select><group-select>b</group-select>" END,
	    INIT "<opaque/><opaque/>" END,
	    REPLY "<auth><password>a</password><PASSWORD>b</PASSWORD></auth>" END,
	    REPLY "<auth><password>a</password></auth><auth><password>b</password></auth>" END,
	    INIT "&unknown;" END,
	    INIT "<group-select>&unknown;</group-select>" END,
	    INIT "<group-select>&#0;</group-select>" END,
	    INIT "<group-select>\xff\xfe</group-select>" END,
	    INIT "<group-select>\x01</group-select>" END,
	    "<!DOCTYPE config-auth>" INIT END,
	    "<!DOCTYPE config-auth SYSTEM \"file:///etc/passwd\">" INIT END,
	    "<!DOCTYPE c [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>" INIT
	    "<group-select>&x;</group-select>" END,
	    "<!DOCTYPE c PUBLIC \"a\" \"http://127.0.0.1:9/x\">" INIT END,
	    "<!DOCTYPE l [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">"
	    "<!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;\"><!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;\">"
	    "<!ENTITY e \"&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;\"><!ENTITY f \"&e;&e;&e;&e;&e;&e;&e;\">"
	    "]>" INIT "<group-select>&f;</group-select>" END,
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		expect(rows[i], ERR_SYNTAX);
}

static void
test_nul(UNUSED void **state)
{
	static const char text[] = INIT "<group-select>a\0b</group-select>" END;
	struct xml_request *request;

	assert_int_equal(parse_n(text, sizeof text - 1, &request), ERR_SYNTAX);
}

static void
test_declared_encoding(UNUSED void **state)
{
	/* Whatever is declared, it is read as UTF-8. */
	struct xml_request *r = parse_ok("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>" INIT
					 "<group-select>\xc3\xa4</group-select>" END);

	assert_string_equal(r->group_select, "\xc3\xa4");
	xml_request_free(r);
	expect("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>" INIT
	       "<group-select>\xe4</group-select>" END,
	    ERR_SYNTAX);
}

/* A document with `text` `times` times between head and tail. */
static enum err
parse_repeated(const char *head, const char *text, size_t times, const char *tail)
{
	size_t len = strlen(head) + strlen(text) * times + strlen(tail);
	char *doc = malloc(len + 1);
	struct xml_request *request;
	size_t pos;
	enum err err;

	assert_non_null(doc);
	pos = (size_t)snprintf(doc, len + 1, "%s", head);
	for (size_t i = 0; i < times; i++)
		pos += (size_t)snprintf(doc + pos, len + 1 - pos, "%s", text);
	(void)snprintf(doc + pos, len + 1 - pos, "%s", tail);
	err = parse_n(doc, len, &request);
	xml_request_free(request);
	free(doc);
	return err;
}

static void
test_limits(UNUSED void **state)
{
	assert_int_equal(parse_repeated(INIT, "<a>", 10000, ""), ERR_LIMIT);
	assert_int_equal(parse_repeated(INIT, "<a>", XML_DEPTH_MAX, ""), ERR_LIMIT);
	assert_int_equal(parse_repeated(INIT, "<a/>", 20000, END), ERR_OK);
	assert_int_equal(
	    parse_repeated(INIT "<group-select>", "a", 255, "</group-select>" END), ERR_OK);
	assert_int_equal(
	    parse_repeated(INIT "<group-select>", "a", 256, "</group-select>" END), ERR_LIMIT);
	assert_int_equal(
	    parse_repeated(REPLY "<auth><password>", "a", 1024, "</password></auth>" END), ERR_OK);
	assert_int_equal(
	    parse_repeated(REPLY "<auth><password>", "a", 1025, "</password></auth>" END),
	    ERR_LIMIT);
	assert_int_equal(
	    parse_repeated(REPLY "<auth><password>", "&#97;", 1025, "</password></auth>" END),
	    ERR_LIMIT);
	assert_int_equal(
	    parse_repeated(INIT "<device-id unique-id=\"", "a", 256, "\"/>" END), ERR_LIMIT);
	assert_int_equal(parse_repeated(REPLY "<auth><", "a", 64, "/></auth>" END), ERR_LIMIT);
	assert_int_equal(parse_repeated(INIT, " ", XML_SIZE_MAX, END), ERR_LIMIT);
	/* Lists overflow without harm: some machines have many adapters. */
	assert_int_equal(parse_repeated(INIT "<mac-address-list>", "<mac-address>1</mac-address>",
			     100, "</mac-address-list>" END),
	    ERR_OK);
}

/* 48 KB of certificates in all, in lines; 1 KB of signature; four chains. */
static void
test_chain_limits(UNUSED void **state)
{
	static const char line[] =
	    "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2\n";
	const size_t lines = XML_PKCS7_MAX / 48;

	assert_int_equal(
	    parse_repeated(CHAIN "<client-cert>", line, lines, "</client-cert>" CHAIN_END), ERR_OK);
	assert_int_equal(
	    parse_repeated(CHAIN "<client-cert>", line, lines, "Zg==</client-cert>" CHAIN_END),
	    ERR_LIMIT);
	assert_int_equal(
	    parse_repeated(CHAIN "<client-cert>", line, lines,
		"</client-cert></client-cert-chain><client-cert-chain><client-cert>Zg=="
		"</client-cert>" CHAIN_END),
	    ERR_LIMIT);
	assert_int_equal(
	    parse_repeated(CHAIN "<client-cert>", line, 3900, "</client-cert>" CHAIN_END),
	    ERR_LIMIT);
	assert_int_equal(parse_repeated(CHAIN "<client-cert-auth-signature>", "Zm9v",
			     XML_SIGNATURE_MAX / 3, "Zg==</client-cert-auth-signature>" CHAIN_END),
	    ERR_OK);
	assert_int_equal(parse_repeated(CHAIN "<client-cert-auth-signature>", "Zm9v",
			     XML_SIGNATURE_MAX / 3, "Zm8=</client-cert-auth-signature>" CHAIN_END),
	    ERR_LIMIT);
	assert_int_equal(
	    parse_repeated(REPLY "<auth>", "<client-cert-chain/>", XML_CHAINS_MAX, "</auth>" END),
	    ERR_OK);
	assert_int_equal(parse_repeated(REPLY "<auth>", "<client-cert-chain/>", XML_CHAINS_MAX + 1,
			     "</auth>" END),
	    ERR_LIMIT);
}

static void
test_too_many_fields(UNUSED void **state)
{
	char doc[4096];
	size_t pos;

	for (unsigned n = XML_FIELDS_MAX; n <= XML_FIELDS_MAX + 1; n++) {
		pos = (size_t)snprintf(doc, sizeof doc, "%s", REPLY "<auth>");
		for (unsigned i = 0; i < n; i++)
			pos += (size_t)snprintf(doc + pos, sizeof doc - pos, "<f%u>x</f%u>", i, i);
		(void)snprintf(doc + pos, sizeof doc - pos, "%s", "</auth>" END);
		expect(doc, n <= XML_FIELDS_MAX ? ERR_OK : ERR_LIMIT);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_init),
	    cmocka_unit_test(test_reply),
	    cmocka_unit_test(test_chains),
	    cmocka_unit_test(test_chains_unchecked),
	    cmocka_unit_test(test_chains_refused),
	    cmocka_unit_test(test_chain_limits),
	    cmocka_unit_test(test_case_and_order),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_nul),
	    cmocka_unit_test(test_declared_encoding),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_too_many_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
