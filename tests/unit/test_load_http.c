/* SPDX-License-Identifier: Apache-2.0 */
/* tests/load/load_http.c and load_packet.c: what the load generator understands and sends. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/attr.h"
#include "tests/load/load_http.h"
#include "tests/load/load_packet.h"

#define HEAD "HTTP/1.1 200 OK\r\n"

static void
answers(void **state)
{
	static const struct {
		const char *bytes;
		bool has_body;
		enum err err;
		int status;
		size_t body_len;
	} rows[] = {
	    {"", true, ERR_AGAIN, 0, 0},
	    {HEAD "Content-Length: 3\r\n", true, ERR_AGAIN, 0, 0},
	    {HEAD "Content-Length: 3\r\n\r\nab", true, ERR_AGAIN, 0, 0},
	    {HEAD "content-length:3\r\n\r\nabc", true, ERR_OK, 200, 3},
	    {HEAD "X: y\r\nContent-Length: 3\r\n\r\nabcd", true, ERR_OK, 200, 3},
	    {HEAD "Content-Length: 3\r\n\r\nSTF", false, ERR_OK, 200, 0},
	    {"HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nno", false, ERR_OK, 401, 2},
	    {"HTTP/1.1 204\r\n\r\n", true, ERR_OK, 204, 0},
	    {HEAD "Content-Length: 99999999\r\n\r\n", true, ERR_SYNTAX, 0, 0},
	    {"HTTP/1.1 2x0 OK\r\n\r\n", true, ERR_SYNTAX, 0, 0},
	    {"SSH-2.0-OpenSSH\r\n\r\n", true, ERR_SYNTAX, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct load_answer answer;
		enum err err = load_http_answer(
		    rows[i].bytes, strlen(rows[i].bytes), rows[i].has_body, &answer);

		assert_int_equal(err, rows[i].err);
		if (err == ERR_OK) {
			assert_int_equal(answer.status, rows[i].status);
			assert_int_equal(answer.body_len, rows[i].body_len);
		}
	}
}

static void
is_text(struct load_text text, const char *want)
{
	if (want == NULL) {
		assert_null(text.p);
		return;
	}
	assert_non_null(text.p);
	assert_int_equal(text.len, strlen(want));
	assert_memory_equal(text.p, want, text.len);
}

static void
headers(void **state)
{
	static const char bytes[] = HEAD "Set-Cookie: a=1\r\nSet: no\r\nset-cookie:b=2\r\n\r\n";
	struct load_answer answer;

	(void)state;
	assert_int_equal(load_http_answer(bytes, sizeof(bytes) - 1, true, &answer), ERR_OK);
	is_text(load_http_header(&answer, "Set-Cookie", 0), "a=1");
	is_text(load_http_header(&answer, "Set-Cookie", 1), "b=2");
	is_text(load_http_header(&answer, "Set-Cookie", 2), NULL);
	is_text(load_http_header(&answer, "Cookie", 0), NULL);
}

static void
xml(void **state)
{
	static const char bytes[] =
	    "<config-auth type=\"auth-request\"><opaque is-for='sg'><a>1</a></opaque><formed/>"
	    "<form method=\"post\" action=\"/auth\"><input type=\"text\" name=\"username\"/>"
	    "<inputs name=\"no\"/><input name=\"password\" type=\"password\"></input></form>";
	struct load_text all = {bytes, sizeof(bytes) - 1}, form;
	size_t at = 0;

	(void)state;
	is_text(load_xml_element(all, "opaque", true), "<opaque is-for='sg'><a>1</a></opaque>");
	is_text(load_xml_element(all, "opaque", false), "<a>1</a>");
	is_text(load_xml_element(all, "error", false), NULL);
	is_text(load_xml_element(all, "config-auth", false), NULL); /* not ended */
	is_text(load_xml_attribute(load_xml_tag(all, "config-auth", &at), "type"), "auth-request");
	at = 0;
	form = load_xml_element(all, "form", true);
	is_text(load_xml_attribute(load_xml_tag(form, "form", &at), "action"), "/auth");
	is_text(load_xml_attribute(load_xml_tag(form, "input", &at), "name"), "username");
	is_text(load_xml_attribute(load_xml_tag(form, "input", &at), "name"), "password");
	is_text(load_xml_tag(form, "input", &at), NULL);
	is_text(load_xml_attribute(form, "label"), NULL);
}

static void
escapes(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 64);
	load_xml_put(&out, "a<b>&c");
	assert_string_equal(buf_cstr(&out), "a&lt;b&gt;&amp;c");
	buf_fini(&out);
}

/* Over a packet with a correct checksum the sum of all words is 0xffff. */
static uint32_t
ones_sum(const uint8_t *p, size_t len, uint32_t sum)
{
	for (size_t i = 0; i < len; i++)
		sum += (i & 1) != 0 ? p[i] : (uint32_t)p[i] << 8;
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static void
packets(void **state)
{
	static const size_t sizes[] = {0, 1, 200, 1400};
	struct sockaddr_in to = {
	    .sin_family = AF_INET, .sin_port = htons(9009), .sin_addr = {htonl(0x0a630002)}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		uint8_t packet[LOAD_PACKET_MAX];
		size_t len = load_packet_make(packet, 0xc0a86401, 20001, &to, sizes[i]);

		assert_int_equal(len, 28 + sizes[i]);
		assert_int_equal(ones_sum(packet, 20, 0), 0xffff);
		assert_int_equal(ones_sum(packet + 20, len - 20,
				     ones_sum(packet + 12, 8, IPPROTO_UDP + (uint32_t)(len - 20))),
		    0xffff);
		assert_int_equal(packet[22] << 8 | packet[23], 9009);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(answers),
	    cmocka_unit_test(headers),
	    cmocka_unit_test(xml),
	    cmocka_unit_test(escapes),
	    cmocka_unit_test(packets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
