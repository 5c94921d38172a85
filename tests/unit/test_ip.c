/* SPDX-License-Identifier: Apache-2.0 */
/* common/ip.c: text, prefixes, arithmetic, socket addresses, checksum. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "common/ip.h"

static struct ip_addr
ip(const char *text)
{
	struct ip_addr addr;

	if (ip_parse(text, &addr) != ERR_OK)
		fail_msg("\"%s\": expected an address", text);
	return addr;
}

static void
test_text(UNUSED void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
	    {"192.168.1.1", "192.168.1.1"},
	    {"2001:DB8:0:0::1", "2001:db8::1"},
	    {"::ffff:10.1.2.3", "10.1.2.3"},
	    {"::", "::"},
	    {"0.0.0.0", "0.0.0.0"},
	};
	static const char *const bad[] = {"", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4",
	    "1.2.3.4 ", "::g", "fe80::1%eth0", "x"};
	char text[IP_STR_MAX];
	struct ip_addr addr;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		addr = ip(rows[i].in);
		assert_string_equal(ip_str(&addr, text), rows[i].out);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (ip_parse(bad[i], &addr) != ERR_SYNTAX)
			fail_msg("\"%s\": expected a syntax error", bad[i]);
	addr = (struct ip_addr){0};
	assert_string_equal(ip_str(&addr, text), "none");
}

static void
test_prefix(UNUSED void **state)
{
	static const struct {
		const char *in;
		enum err err;
		const char *out;
	} rows[] = {
	    {"10.0.0.0/8", ERR_OK, "10.0.0.0/8"},
	    {"10.0.0.0 255.0.0.0", ERR_OK, "10.0.0.0/8"},
	    {"10.0.0.0/255.0.0.0", ERR_OK, "10.0.0.0/8"},
	    {"0.0.0.0/0", ERR_OK, "0.0.0.0/0"},
	    {"0.0.0.0 0.0.0.0", ERR_OK, "0.0.0.0/0"},
	    {"10.1.2.3/32", ERR_OK, "10.1.2.3/32"},
	    {"2001:db8::/32", ERR_OK, "2001:db8::/32"},
	    {"::/0", ERR_OK, "::/0"},
	    {"2001:db8::1/128", ERR_OK, "2001:db8::1/128"},
	    {"10.0.0.1/8", ERR_RANGE, NULL},
	    {"2001:db8::1/64", ERR_RANGE, NULL},
	    {"10.0.0.0/33", ERR_RANGE, NULL},
	    {"::/129", ERR_RANGE, NULL},
	    {"10.0.0.0 255.0.255.0", ERR_RANGE, NULL},
	    {"10.0.0.0", ERR_SYNTAX, NULL},
	    {"10.0.0.0/", ERR_SYNTAX, NULL},
	    {"10.0.0.0 8", ERR_SYNTAX, NULL},
	    {"10.0.0.0/ff", ERR_SYNTAX, NULL},
	    {"2001:db8:: 32", ERR_SYNTAX, NULL},
	    {"2001:db8::/255.0.0.0", ERR_SYNTAX, NULL},
	    {"/8", ERR_SYNTAX, NULL},
	    {"", ERR_SYNTAX, NULL},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ip_prefix prefix;
		char text[IP_STR_MAX] = "";
		enum err err = ip_prefix_parse(rows[i].in, &prefix);

		if (err == ERR_OK)
			ip_prefix_str(&prefix, text);
		if (err != rows[i].err || (err == ERR_OK && strcmp(text, rows[i].out) != 0))
			fail_msg("\"%s\": expected %s %s, got %s %s", rows[i].in,
			    err_str(rows[i].err), rows[i].out, err_str(err), text);
	}
}

static void
test_in_prefix(UNUSED void **state)
{
	struct ip_prefix prefix;
	struct ip_addr in = ip("10.1.255.255"), out = ip("10.2.0.0"), other = ip("::1");

	assert_int_equal(ip_prefix_parse("10.0.0.0/15", &prefix), ERR_OK);
	assert_true(ip_in_prefix(&in, &prefix));
	assert_false(ip_in_prefix(&out, &prefix));
	assert_false(ip_in_prefix(&other, &prefix));
	assert_int_equal(ip_prefix_parse("0.0.0.0/0", &prefix), ERR_OK);
	assert_true(ip_in_prefix(&out, &prefix));
	assert_false(ip_in_prefix(&other, &prefix));
}

static void
test_prefix_of(UNUSED void **state)
{
	static const struct {
		const char *addr;
		uint8_t len;
		const char *prefix;
	} rows[] = {
	    {"192.0.2.255", 32, "192.0.2.255/32"},
	    {"192.0.2.255", 24, "192.0.2.0/24"},
	    {"192.0.2.255", 25, "192.0.2.128/25"},
	    {"192.0.2.255", 31, "192.0.2.254/31"},
	    {"192.0.2.255", 0, "0.0.0.0/0"},
	    {"2001:db8:ffff:ffff::1", 64, "2001:db8:ffff:ffff::/64"},
	    {"2001:db8:ffff:ffff::1", 47, "2001:db8:fffe::/47"},
	    {"2001:db8:ffff:ffff::1", 128, "2001:db8:ffff:ffff::1/128"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ip_prefix prefix;
		struct ip_addr addr;
		char text[IP_STR_MAX];

		assert_int_equal(ip_parse(rows[i].addr, &addr), ERR_OK);
		prefix = ip_prefix_of(&addr, rows[i].len);
		assert_string_equal(ip_prefix_str(&prefix, text), rows[i].prefix);
		assert_true(ip_in_prefix(&addr, &prefix));
	}
}

static void
test_mask(UNUSED void **state)
{
	char text[IP_STR_MAX];
	struct ip_addr mask;
	uint8_t len;

	for (uint8_t i = 0; i <= 32; i++) {
		mask = ip(ip_mask_str(i, text));
		assert_int_equal(ip_mask_len(&mask, &len), ERR_OK);
		assert_int_equal(len, i);
	}
	assert_string_equal(ip_mask_str(20, text), "255.255.240.0");
	mask = ip("255.0.255.0");
	assert_int_equal(ip_mask_len(&mask, &len), ERR_RANGE);
	mask = ip("ffff::");
	assert_int_equal(ip_mask_len(&mask, &len), ERR_RANGE);
}

static void
test_arithmetic(UNUSED void **state)
{
	struct ip_addr a = ip("10.0.0.255"), b, c = ip("::ffff:ffff:ffff:ffff"),
		       d = ip("255.255.255.255");
	uint64_t n;

	assert_int_equal(ip_add(&a, 1, &b), ERR_OK);
	assert_true(ip_eq(&b, &(struct ip_addr){4, {10, 0, 1, 0}}));
	assert_int_equal(ip_distance(&a, &b, &n), ERR_OK);
	assert_int_equal(n, 1);
	assert_int_equal(ip_distance(&b, &a, &n), ERR_RANGE);
	assert_int_equal(ip_distance(&a, &c, &n), ERR_RANGE);
	assert_int_equal(ip_add(&d, 1, &b), ERR_RANGE);
	assert_int_equal(ip_add(&d, 0, &b), ERR_OK);
	a = ip("::");
	assert_int_equal(ip_distance(&a, &c, &n), ERR_OK);
	assert_true(n == UINT64_MAX);
	assert_int_equal(ip_add(&c, 1, &b), ERR_OK);
	assert_int_equal(ip_distance(&a, &b, &n), ERR_RANGE);
	a = ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
	assert_int_equal(ip_add(&a, 1, &b), ERR_RANGE);
	b = (struct ip_addr){0};
	assert_int_equal(ip_add(&b, 0, &b), ERR_RANGE);
	assert_true(ip_cmp(&c, &a) < 0);
	assert_true(ip_cmp(&d, &a) < 0);
}

static void
test_bytes(UNUSED void **state)
{
	static const uint8_t mapped[16] = {[10] = 0xff, [11] = 0xff, 1, 2, 3, 4};
	struct ip_addr addr;

	assert_int_equal(ip_from_bytes(mapped, 16, &addr), ERR_OK);
	assert_true(ip_eq(&addr, &(struct ip_addr){4, {1, 2, 3, 4}}));
	assert_int_equal(ip_len(&addr), 4);
	for (size_t len = 0; len < 20; len++)
		if (len != 4 && len != 16)
			assert_int_equal(ip_from_bytes(mapped, len, &addr), ERR_SYNTAX);
}

static void
test_sockaddr(UNUSED void **state)
{
	static const struct {
		const char *in, *text;
		socklen_t len;
	} rows[] = {
	    {"10.1.2.3", "10.1.2.3:4433", sizeof(struct sockaddr_in)},
	    {"2001:db8::1", "[2001:db8::1]:4433", sizeof(struct sockaddr_in6)},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ip_endpoint ep = {.addr = ip(rows[i].in), .port = 4433}, back;
		struct sockaddr_storage ss;
		char text[IP_STR_MAX];

		assert_string_equal(ip_endpoint_str(&ep, text), rows[i].text);
		assert_int_equal(ip_to_sockaddr(&ep, &ss), rows[i].len);
		assert_int_equal(ip_from_sockaddr((struct sockaddr *)&ss, &back), ERR_OK);
		assert_true(ip_eq(&ep.addr, &back.addr));
		assert_int_equal(back.port, 4433);
		ss.ss_family = AF_UNIX;
		assert_int_equal(ip_from_sockaddr((struct sockaddr *)&ss, &back), ERR_UNSUPPORTED);
	}
}

static void
test_checksum(UNUSED void **state)
{
	/* The example of RFC 1071 section 3, and an IPv4 header whose checksum field is right. */
	static const uint8_t example[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
	static const uint8_t header[] = {0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11,
	    0xb8, 0x61, 0xc0, 0xa8, 0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7};
	uint8_t ones[1500];

	assert_int_equal(ip_csum_fold(ip_csum_add(0, example, 8)), (uint16_t)~0xddf2);
	assert_int_equal(ip_csum_fold(ip_csum_add(0, example, 7)), (uint16_t)~0xdcfb);
	assert_int_equal(ip_csum_fold(ip_csum_add(ip_csum_add(0, example, 2), example + 2, 6)),
	    (uint16_t)~0xddf2);
	assert_int_equal(ip_csum_fold(ip_csum_add(0, header, sizeof(header))), 0);
	memset(ones, 0xff, sizeof(ones));
	assert_int_equal(ip_csum_fold(ip_csum_add(0xffffffff, ones, sizeof(ones))), 0);
	assert_int_equal(ip_csum_fold(ip_csum_add(0, NULL, 0)), 0xffff);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_text),
	    cmocka_unit_test(test_prefix),
	    cmocka_unit_test(test_in_prefix),
	    cmocka_unit_test(test_prefix_of),
	    cmocka_unit_test(test_mask),
	    cmocka_unit_test(test_arithmetic),
	    cmocka_unit_test(test_bytes),
	    cmocka_unit_test(test_sockaddr),
	    cmocka_unit_test(test_checksum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
