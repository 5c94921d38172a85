/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auth/radius_packet: the examples of RFC 2865 7, OpenSSL's HMAC and libradcli's reader as
 * independent witnesses, and every way in which a packet can be wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <radcli/radcli.h>

#include "auth/radius_packet.h"
#include "common/rnd.h"
#include "common/str.h"

static struct secret *key;

static int
setup(void **state)
{
	(void)state;
	key = secret_new("xyzzy5461", 9);
	return key != NULL ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	rnd_set_source(NULL);
	secret_free(key);
	return 0;
}

static void
rfc_random(void *dst, size_t len)
{
	assert_int_equal(len, RADIUS_AUTHENTICATOR_SIZE);
	assert_int_equal(str_unhex("0f403f9473978057bd83d5cb98f4227a", dst, len), ERR_OK);
}

static void
put_password(struct radius_request *request, const char *text)
{
	struct secret *password = secret_new(text, strlen(text));

	assert_non_null(password);
	radius_put_password(request, password);
	secret_free(password);
}

/* What nettle has made, made by OpenSSL: digests of header, an authenticator, attributes. */
static void
check_mac(const struct radius_packet *packet, const uint8_t *authenticator, const uint8_t *mac)
{
	static uint8_t copy[RADIUS_PACKET_MAX];
	uint8_t want[EVP_MAX_MD_SIZE];

	memcpy(copy, packet->data, packet->len);
	memcpy(copy + 4, authenticator, 16);
	memset(copy + (mac - packet->data), 0, 16);
	assert_non_null(
	    HMAC(EVP_md5(), secret_data(key), (int)secret_len(key), copy, packet->len, want, NULL));
	assert_memory_equal(mac, want, 16);
}

static void
check_digest(const struct radius_packet *packet, const uint8_t *authenticator)
{
	static uint8_t copy[RADIUS_PACKET_MAX + 128];
	uint8_t want[EVP_MAX_MD_SIZE];

	memcpy(copy, packet->data, packet->len);
	memcpy(copy + 4, authenticator, 16);
	memcpy(copy + packet->len, secret_data(key), secret_len(key));
	assert_int_equal(
	    EVP_Digest(copy, packet->len + secret_len(key), want, NULL, EVP_md5(), NULL), 1);
	assert_memory_equal(packet->data + 4, want, 16);
}

/* RFC 2865 7.1, with a Message-Authenticator before the rest. */
static void
make_rfc_request(struct radius_packet *out)
{
	struct radius_request request;
	struct ip_addr nas;

	assert_int_equal(ip_parse("192.168.1.16", &nas), ERR_OK);
	radius_request_init(&request, RADIUS_ACCESS_REQUEST);
	radius_put_str(&request, RADIUS_USER_NAME, "nemo");
	put_password(&request, "arctangent");
	radius_put_ip(&request, RADIUS_NAS_IP_ADDRESS, &nas);
	radius_put_u32(&request, RADIUS_NAS_PORT, 3);
	rnd_set_source(rfc_random);
	assert_int_equal(radius_seal(&request, 0, key, out), ERR_OK);
	rnd_set_source(NULL);
	radius_request_fini(&request);
}

static void
test_rfc_request(void **state)
{
	static const char rest[] = "01066e656d6f02120dbe708d93d413ce3196e43f782a0aee"
				   "0406c0a80110050600000003";
	static struct radius_packet packet;
	static char hex[2 * RADIUS_PACKET_MAX + 1];

	(void)state;
	make_rfc_request(&packet);
	assert_int_equal(packet.len, 56 + 18);
	str_hex(hex, packet.data, 20);
	assert_string_equal(hex, "0100004a0f403f9473978057bd83d5cb98f4227a");
	assert_int_equal(packet.data[20], RADIUS_MESSAGE_AUTHENTICATOR);
	assert_int_equal(packet.data[21], 18);
	check_mac(&packet, packet.data + 4, packet.data + 22);
	str_hex(hex, packet.data + 38, packet.len - 38);
	assert_string_equal(hex, rest);
}

static void
test_rfc_answer(void **state)
{
	uint8_t bytes[38];
	static struct radius_packet request, answer;
	struct radius_attr attr;
	uint32_t value;

	(void)state;
	make_rfc_request(&request);
	assert_int_equal(str_unhex("0200002686fe220e7624ba2a1005f6bf9b55e0b2"
				   "06060000000"
				   "10f06000000000e06c0a80103",
			     bytes, sizeof(bytes)),
	    ERR_OK);
	assert_int_equal(
	    radius_open_answer(bytes, sizeof(bytes), &request, key, false, &answer), ERR_OK);
	assert_int_equal(radius_packet_code(&answer), RADIUS_ACCESS_ACCEPT);
	assert_true(radius_find(&answer, 0, RADIUS_SERVICE_TYPE, &attr));
	assert_int_equal(radius_attr_u32(&attr, &value), ERR_OK);
	assert_int_equal(value, 1);
	/* It is signed by nothing but MD5. */
	assert_int_equal(
	    radius_open_answer(bytes, sizeof(bytes), &request, key, true, &answer), ERR_CRYPTO);
}

/* ---- round trips ---- */

static void
answer_to(const struct radius_packet *request, enum radius_code code, bool sign,
    struct radius_packet *out)
{
	struct radius_request answer;

	radius_request_init(&answer, code);
	radius_put_str(&answer, RADIUS_REPLY_MESSAGE, "hello");
	assert_int_equal(radius_seal_answer(&answer, request, key, sign, out), ERR_OK);
	radius_request_fini(&answer);
}

static void
test_round_trips(void **state)
{
	static const struct {
		enum radius_code ask, answer;
		enum err want;
	} rows[] = {
	    {RADIUS_ACCESS_REQUEST, RADIUS_ACCESS_ACCEPT, ERR_OK},
	    {RADIUS_ACCESS_REQUEST, RADIUS_ACCESS_REJECT, ERR_OK},
	    {RADIUS_ACCESS_REQUEST, RADIUS_ACCESS_CHALLENGE, ERR_OK},
	    {RADIUS_ACCESS_REQUEST, RADIUS_ACCESS_REQUEST, ERR_NOTFOUND},
	    {RADIUS_ACCESS_REQUEST, RADIUS_ACCOUNTING_RESPONSE, ERR_NOTFOUND},
	    {RADIUS_ACCOUNTING_REQUEST, RADIUS_ACCOUNTING_RESPONSE, ERR_OK},
	    {RADIUS_ACCOUNTING_REQUEST, RADIUS_ACCESS_ACCEPT, ERR_NOTFOUND},
	    {RADIUS_DISCONNECT_REQUEST, RADIUS_DISCONNECT_ACK, ERR_OK},
	    {RADIUS_DISCONNECT_REQUEST, RADIUS_DISCONNECT_NAK, ERR_OK},
	    {RADIUS_DISCONNECT_REQUEST, RADIUS_COA_ACK, ERR_NOTFOUND},
	    {RADIUS_COA_REQUEST, RADIUS_COA_ACK, ERR_OK},
	    {RADIUS_COA_REQUEST, RADIUS_COA_NAK, ERR_OK},
	    {RADIUS_COA_REQUEST, RADIUS_DISCONNECT_ACK, ERR_NOTFOUND},
	};
	struct radius_request request;
	static struct radius_packet sealed, answer, out;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		bool access = rows[i].ask == RADIUS_ACCESS_REQUEST;

		radius_request_init(&request, rows[i].ask);
		radius_put_str(&request, RADIUS_USER_NAME, "nemo");
		assert_int_equal(radius_seal(&request, 77, key, &sealed), ERR_OK);
		radius_request_fini(&request);
		if (!access) {
			static const uint8_t zeros[16];

			check_digest(&sealed, zeros);
			assert_int_equal(
			    radius_open_request(sealed.data, sealed.len, key, false, &out), ERR_OK);
			assert_int_equal(
			    radius_open_request(sealed.data, sealed.len, key, true, &out),
			    ERR_CRYPTO);
		} else {
			assert_int_equal(
			    radius_open_request(sealed.data, sealed.len, key, false, &out),
			    ERR_NOTFOUND);
		}
		for (unsigned sign = 0; sign < 2; sign++) {
			enum err want = rows[i].want;

			answer_to(&sealed, rows[i].answer, sign, &answer);
			check_digest(&answer, sealed.data + 4);
			if (sign)
				check_mac(&answer, sealed.data + 4, answer.data + 22);
			assert_int_equal(
			    radius_open_answer(answer.data, answer.len, &sealed, key, false, &out),
			    want);
			if (access && !sign && want == ERR_OK)
				want = ERR_CRYPTO;
			assert_int_equal(
			    radius_open_answer(answer.data, answer.len, &sealed, key, true, &out),
			    want);
		}
	}
}

/* ---- corruption ---- */

/* Put the right Response Authenticator over a packet that was made wrong elsewhere. */
static void
sign_again(struct radius_packet *packet, const struct radius_packet *request)
{
	static uint8_t copy[RADIUS_PACKET_MAX + 64];
	uint8_t digest[EVP_MAX_MD_SIZE];

	memcpy(copy, packet->data, packet->len);
	memcpy(copy + 4, request->data + 4, 16);
	memcpy(copy + packet->len, secret_data(key), secret_len(key));
	assert_int_equal(
	    EVP_Digest(copy, packet->len + secret_len(key), digest, NULL, EVP_md5(), NULL), 1);
	memcpy(packet->data + 4, digest, 16);
}

static void
set_len(struct radius_packet *packet, size_t len)
{
	packet->len = len;
	packet->data[2] = (uint8_t)(len >> 8);
	packet->data[3] = (uint8_t)len;
}

/* The answer has a Message-Authenticator at 20 and a Reply-Message of 7 bytes at 38. */
static void
wrong_id(struct radius_packet *p)
{
	p->data[1]++;
}
static void
wrong_code(struct radius_packet *p)
{
	p->data[0] = RADIUS_ACCOUNTING_RESPONSE;
}
static void
attr_len_0(struct radius_packet *p)
{
	p->data[39] = 0;
}
static void
attr_len_1(struct radius_packet *p)
{
	p->data[39] = 1;
}
static void
attr_too_long(struct radius_packet *p)
{
	p->data[39]++;
}
static void
attr_leaves_one(struct radius_packet *p)
{
	p->data[39]--;
}
static void
header_only_attr(struct radius_packet *p)
{
	set_len(p, 39);
}
static void
length_below_header(struct radius_packet *p)
{
	p->data[3] = 19;
}
static void
length_beyond(struct radius_packet *p)
{
	p->data[3]++;
}
static void
wrong_mac(struct radius_packet *p)
{
	p->data[22] ^= 1;
}
static void
short_mac(struct radius_packet *p)
{
	p->data[21] = 17;
	p->data[37] = 1;
	p->data[38] = 8;
}
static void
two_macs(struct radius_packet *p)
{
	memcpy(p->data + p->len, p->data + 20, 18);
	set_len(p, p->len + 18);
}
static void
no_mac(struct radius_packet *p)
{
	memmove(p->data + 20, p->data + 38, p->len - 38);
	set_len(p, p->len - 18);
}
static void
another_text(struct radius_packet *p)
{
	p->data[40] ^= 1;
}
static void
nothing(struct radius_packet *p)
{
	(void)p;
}

static void
test_corruption(void **state)
{
	static const struct {
		const char *what;
		void (*break_it)(struct radius_packet *);
		bool sign_again; /* else the Response Authenticator is wrong, too */
		enum err want;
	} rows[] = {
	    {"nothing", nothing, false, ERR_OK},
	    {"nothing, signed again", nothing, true, ERR_OK},
	    {"identifier", wrong_id, true, ERR_NOTFOUND},
	    {"code", wrong_code, true, ERR_NOTFOUND},
	    {"attribute of length 0", attr_len_0, true, ERR_SYNTAX},
	    {"attribute of length 1", attr_len_1, true, ERR_SYNTAX},
	    {"attribute past the end", attr_too_long, true, ERR_SYNTAX},
	    {"one byte left", attr_leaves_one, true, ERR_SYNTAX},
	    {"a type without a length", header_only_attr, true, ERR_SYNTAX},
	    {"length below the header", length_below_header, false, ERR_SYNTAX},
	    {"length beyond the datagram", length_beyond, false, ERR_SYNTAX},
	    {"Message-Authenticator", wrong_mac, true, ERR_CRYPTO},
	    {"Message-Authenticator of 15 bytes", short_mac, true, ERR_SYNTAX},
	    {"two Message-Authenticators", two_macs, true, ERR_SYNTAX},
	    {"none", no_mac, true, ERR_CRYPTO},
	    {"text under the HMAC", another_text, true, ERR_CRYPTO},
	    {"text under MD5", another_text, false, ERR_CRYPTO},
	};
	static struct radius_packet request, answer, out;

	(void)state;
	make_rfc_request(&request);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		answer_to(&request, RADIUS_ACCESS_ACCEPT, true, &answer);
		rows[i].break_it(&answer);
		if (rows[i].sign_again)
			sign_again(&answer, &request);
		if (radius_open_answer(answer.data, answer.len, &request, key, true, &out) !=
		    rows[i].want)
			fail_msg("%s", rows[i].what);
	}
}

/* Every bit counts, and no prefix is a packet. */
static void
test_each_bit(void **state)
{
	static struct radius_packet request, answer, bad, out;

	(void)state;
	make_rfc_request(&request);
	answer_to(&request, RADIUS_ACCESS_ACCEPT, true, &answer);
	for (size_t bit = 0; bit < answer.len * 8; bit++) {
		bad = answer;
		bad.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		assert_int_not_equal(
		    radius_open_answer(bad.data, bad.len, &request, key, false, &out), ERR_OK);
	}
	for (size_t len = 0; len < answer.len; len++)
		assert_int_equal(
		    radius_open_answer(answer.data, len, &request, key, false, &out), ERR_SYNTAX);
	/* What UDP pads is not looked at. */
	assert_int_equal(
	    radius_open_answer(answer.data, answer.len + 9, &request, key, true, &out), ERR_OK);
	assert_int_equal(out.len, answer.len);
}

static void
test_requests_in(void **state)
{
	static const uint8_t zero_mac[16];
	struct radius_request request;
	static struct radius_packet sealed, bad, out;
	struct secret *other = secret_new("other", 5);
	uint8_t mac[EVP_MAX_MD_SIZE];

	(void)state;
	radius_request_init(&request, RADIUS_COA_REQUEST);
	radius_put(&request, RADIUS_MESSAGE_AUTHENTICATOR, zero_mac, sizeof(zero_mac));
	radius_put_str(&request, RADIUS_USER_NAME, "nemo");
	assert_int_equal(radius_seal(&request, 1, key, &sealed), ERR_OK);
	/* Sealed over a MAC of zeros, which is wrong; RFC 5176 3.4: over an authenticator of 0. */
	assert_int_equal(
	    radius_open_request(sealed.data, sealed.len, key, false, &out), ERR_CRYPTO);
	memset(sealed.data + 4, 0, 16);
	assert_non_null(HMAC(
	    EVP_md5(), secret_data(key), (int)secret_len(key), sealed.data, sealed.len, mac, NULL));
	radius_request_fini(&request);
	radius_put(&request, RADIUS_MESSAGE_AUTHENTICATOR, mac, 16);
	radius_put_str(&request, RADIUS_USER_NAME, "nemo");
	assert_int_equal(radius_seal(&request, 1, key, &sealed), ERR_OK);
	assert_int_equal(radius_open_request(sealed.data, sealed.len, key, true, &out), ERR_OK);
	assert_int_equal(
	    radius_open_request(sealed.data, sealed.len, other, true, &out), ERR_CRYPTO);
	for (size_t at = 0; at < sealed.len; at++) {
		bad = sealed;
		bad.data[at] ^= 0x80;
		assert_int_not_equal(
		    radius_open_request(bad.data, bad.len, key, false, &out), ERR_OK);
	}
	radius_request_fini(&request);
	secret_free(other);
}

/* ---- attributes ---- */

static void
test_limits(void **state)
{
	char text[256];
	struct radius_request request;
	static struct radius_packet packet;

	(void)state;
	memset(text, 'x', sizeof(text));
	radius_request_init(&request, RADIUS_ACCESS_REQUEST);
	radius_put(&request, RADIUS_REPLY_MESSAGE, text, 253);
	radius_put_vendor(&request, RADIUS_VENDOR_CISCO, 1, text, 247);
	assert_int_equal(radius_seal(&request, 0, key, &packet), ERR_OK);
	assert_int_equal(packet.len, 20 + 18 + 255 + 255);
	radius_request_fini(&request);

	static const size_t too_long[] = {0, 254};
	for (size_t i = 0; i < ARRAY_LEN(too_long); i++) {
		radius_request_init(&request, RADIUS_ACCESS_REQUEST);
		radius_put(&request, RADIUS_REPLY_MESSAGE, text, too_long[i]);
		assert_int_equal(radius_seal(&request, 0, key, &packet), ERR_LIMIT);
		radius_request_fini(&request);
	}
	radius_put_vendor(&request, RADIUS_VENDOR_CISCO, 1, text, 248);
	assert_int_equal(radius_seal(&request, 0, key, &packet), ERR_LIMIT);
	radius_request_fini(&request);
	radius_put(&request, RADIUS_USER_PASSWORD, text, 15);
	assert_int_equal(request.attrs.err, ERR_LIMIT);
	radius_request_fini(&request);

	text[129] = '\0';
	put_password(&request, text);
	assert_int_equal(request.attrs.err, ERR_LIMIT);
	radius_request_fini(&request);
	text[128] = '\0';
	put_password(&request, text);
	assert_int_equal(request.attrs.err, ERR_OK);
	assert_int_equal(request.attrs.len, 130);
	radius_request_fini(&request);
	put_password(&request, "");
	assert_int_equal(request.attrs.len, 18);
	radius_request_fini(&request);
}

/* 20 + 15 * 255 + 251 = 4096. */
static void
fill(struct radius_request *request, size_t last)
{
	char text[253];

	memset(text, 'x', sizeof(text));
	for (unsigned i = 0; i < 15; i++)
		radius_put(request, RADIUS_REPLY_MESSAGE, text, 253);
	radius_put(request, RADIUS_REPLY_MESSAGE, text, last);
}

static void
test_largest(void **state)
{
	struct radius_request request;
	static struct radius_packet asked, packet, out;
	static uint8_t bytes[RADIUS_PACKET_MAX + 1] = {0};

	(void)state;
	make_rfc_request(&asked);
	radius_request_init(&request, RADIUS_ACCESS_ACCEPT);
	fill(&request, 249);
	assert_int_equal(radius_seal_answer(&request, &asked, key, false, &packet), ERR_OK);
	assert_int_equal(packet.len, RADIUS_PACKET_MAX);
	assert_int_equal(
	    radius_open_answer(packet.data, packet.len, &asked, key, false, &out), ERR_OK);
	/* With its Message-Authenticator it would not fit. */
	assert_int_equal(radius_seal_answer(&request, &asked, key, true, &packet), ERR_LIMIT);
	radius_request_fini(&request);
	fill(&request, 250);
	assert_int_equal(request.attrs.err, ERR_LIMIT);
	radius_request_fini(&request);

	memcpy(bytes, packet.data, RADIUS_PACKET_MAX);
	bytes[2] = 0x10;
	bytes[3] = 0x01; /* 4097 */
	bytes[20 + 15 * 255 + 1]++;
	assert_int_equal(
	    radius_open_answer(bytes, sizeof(bytes), &asked, key, false, &out), ERR_SYNTAX);
}

static void
test_walk(void **state)
{
	/* Type, length, value; then what comes out: vendor, type, length. */
	static const char hex[] = "0103"
				  "61" /* User-Name a */
				  "1a10"
				  "00000009"
				  "0105"
				  "613d31"
				  "0105"
				  "623d32" /* two av-pairs in one */
				  "1a08"
				  "00bc614e"
				  "0702" /* unknown vendor, nothing in it */
				  "1a06"
				  "00000c04" /* a vendor and nothing */
				  "1a09"
				  "00000c04"
				  "0104"
				  "61" /* longer than it is */
				  "1a09"
				  "00000c04"
				  "010000" /* length 0 within */
				  "1a09"
				  "00000000"
				  "190361" /* of vendor 0 */
				  "1a04"
				  "0000" /* no vendor at all */
				  "1902" /* Class of 0 bytes */
				  "1903"
				  "62";
	static const struct {
		uint32_t vendor;
		uint8_t type;
		size_t len;
	} want[] = {{0, 1, 1}, {9, 1, 3}, {9, 1, 3}, {12345678, 7, 0}, {0, 26, 4}, {0, 26, 7},
	    {0, 26, 7}, {0, 26, 7}, {0, 26, 2}, {0, 25, 0}, {0, 25, 1}};
	static struct radius_packet packet = {.len = RADIUS_HEADER_SIZE + sizeof(hex) / 2};
	struct radius_walk walk = {0};
	struct radius_attr attr;
	char text[8];

	(void)state;
	assert_int_equal(str_unhex(hex, packet.data + RADIUS_HEADER_SIZE, strlen(hex) / 2), ERR_OK);
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		assert_true(radius_next(&packet, &walk, &attr));
		assert_int_equal(attr.vendor, want[i].vendor);
		assert_int_equal(attr.type, want[i].type);
		assert_int_equal(attr.len, want[i].len);
	}
	assert_false(radius_next(&packet, &walk, &attr));
	assert_true(radius_find(&packet, RADIUS_VENDOR_CISCO, 1, &attr));
	radius_attr_text(&attr, text, sizeof(text));
	assert_string_equal(text, "a=1");
	assert_false(radius_find(&packet, RADIUS_VENDOR_ALTIGA, 1, &attr));
	assert_true(radius_find(&packet, 0, RADIUS_CLASS, &attr));
	radius_attr_text(&attr, text, sizeof(text));
	assert_string_equal(text, "");
}

static void
test_values(void **state)
{
	uint8_t bytes[] = {'a', 0, '\n', 'b', 'c', 'd'};
	struct radius_attr attr = {.value = bytes, .len = 5};
	char text[16], small[4];
	uint32_t value;

	(void)state;
	assert_int_equal(radius_attr_u32(&attr, &value), ERR_SYNTAX);
	radius_attr_text(&attr, text, sizeof(text));
	assert_string_equal(text, "a??bc");
	radius_attr_text(&attr, small, sizeof(small));
	assert_string_equal(small, "a??");
	attr.len = 3;
	assert_int_equal(radius_attr_u32(&attr, &value), ERR_SYNTAX);
	attr.len = 4;
	assert_int_equal(radius_attr_u32(&attr, &value), ERR_OK);
	assert_int_equal(value, 0x61000a62);
}

/* ---- libradcli as the reader ---- */

static const char dictionary[] = "ATTRIBUTE User-Name 1 string\n"
				 "ATTRIBUTE NAS-IP-Address 4 ipaddr\n"
				 "ATTRIBUTE NAS-Port 5 integer\n"
				 "ATTRIBUTE Calling-Station-Id 31 string\n"
				 "ATTRIBUTE Message-Authenticator 80 string\n"
				 "ATTRIBUTE NAS-IPv6-Address 95 ipv6addr\n"
				 "VENDOR Cisco 9\nVENDOR Altiga 3076\n"
				 "ATTRIBUTE Cisco-AVPair 1 string Cisco\n"
				 "ATTRIBUTE Tunnel-Group-Name 146 string Altiga\n"
				 "ATTRIBUTE Client-Type 150 integer Altiga\n";

static void
check_pair(const VALUE_PAIR *pair, uint32_t vendor, uint32_t type, const char *text)
{
	assert_non_null(pair);
	assert_int_equal(VENDOR(pair->attribute), vendor);
	assert_int_equal(ATTRID(pair->attribute), type);
	if (text != NULL) {
		assert_int_equal(pair->lvalue, strlen(text));
		assert_memory_equal(pair->strvalue, text, pair->lvalue);
	}
}

static void
test_radcli_reads(void **state)
{
	rc_handle *radcli = rc_new();
	struct radius_request request;
	static struct radius_packet packet;
	struct ip_addr nas, nas6;
	VALUE_PAIR *pairs;

	(void)state;
	assert_non_null(radcli);
	assert_ptr_equal(rc_config_init(radcli), radcli);
	assert_int_equal(
	    rc_read_dictionary_from_buffer(radcli, dictionary, sizeof(dictionary) - 1), 0);
	assert_int_equal(ip_parse("192.0.2.1", &nas), ERR_OK);
	assert_int_equal(ip_parse("2001:db8::1", &nas6), ERR_OK);
	radius_request_init(&request, RADIUS_ACCESS_REQUEST);
	radius_put_str(&request, RADIUS_USER_NAME, "nemo");
	radius_put_u32(&request, RADIUS_NAS_PORT, 16384);
	radius_put_ip(&request, RADIUS_NAS_IP_ADDRESS, &nas);
	radius_put_ip(&request, RADIUS_NAS_IPV6_ADDRESS, &nas6);
	radius_put_avpair(&request, "ip:source-ip=%s", "198.51.100.7");
	radius_put_vendor(&request, RADIUS_VENDOR_ALTIGA, 146, "Staff", 5);
	radius_put_vendor_u32(&request, RADIUS_VENDOR_ALTIGA, 150, 2);
	assert_int_equal(radius_seal(&request, 9, key, &packet), ERR_OK);
	radius_request_fini(&request);

	pairs = rc_avpair_gen(
	    radcli, NULL, packet.data + RADIUS_HEADER_SIZE, packet.len - RADIUS_HEADER_SIZE, 0);
	VALUE_PAIR *p = pairs;
	check_pair(p, 0, RADIUS_MESSAGE_AUTHENTICATOR, NULL);
	assert_int_equal(p->lvalue, 16);
	check_pair(p = p->next, 0, RADIUS_USER_NAME, "nemo");
	check_pair(p = p->next, 0, RADIUS_NAS_PORT, NULL);
	assert_int_equal(p->lvalue, 16384);
	check_pair(p = p->next, 0, RADIUS_NAS_IP_ADDRESS, NULL);
	assert_int_equal(p->lvalue, 0xc0000201);
	check_pair(p = p->next, 0, RADIUS_NAS_IPV6_ADDRESS, NULL);
	assert_memory_equal(p->strvalue, nas6.bytes, 16);
	check_pair(p = p->next, RADIUS_VENDOR_CISCO, 1, "ip:source-ip=198.51.100.7");
	check_pair(p = p->next, RADIUS_VENDOR_ALTIGA, 146, "Staff");
	check_pair(p = p->next, RADIUS_VENDOR_ALTIGA, 150, NULL);
	assert_int_equal(p->lvalue, 2);
	assert_null(p->next);
	rc_avpair_free(pairs);
	rc_destroy(radcli);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rfc_request),
	    cmocka_unit_test(test_rfc_answer),
	    cmocka_unit_test(test_round_trips),
	    cmocka_unit_test(test_corruption),
	    cmocka_unit_test(test_each_bit),
	    cmocka_unit_test(test_requests_in),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_largest),
	    cmocka_unit_test(test_walk),
	    cmocka_unit_test(test_values),
	    cmocka_unit_test(test_radcli_reads),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
