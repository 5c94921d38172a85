/* SPDX-License-Identifier: Apache-2.0 */
/* auth/mschap.c: the example of RFC 2759 9.2, a change of password against values that another
 * implementation computed, names, passwords in every plane of Unicode, the server's words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <nettle/sha1.h>
#include <stdlib.h>
#include <string.h>

#include "auth/mschap.h"
#include "common/rnd.h"
#include "common/str.h"

/* A letter of two bytes, and a character beyond plane 0. */
#define NEW "neuP\xc3\xa4ss\xf0\x9f\x94\x91"

static const uint8_t challenge[MSCHAP_CHALLENGE_SIZE] = {
    0x5b, 0x5d, 0x7c, 0x7d, 0x7b, 0x3f, 0x2f, 0x3e, 0x3c, 0x2c, 0x60, 0x21, 0x32, 0x26, 0x26, 0x28};
static const uint8_t peer[MSCHAP_CHALLENGE_SIZE] = {
    0x21, 0x40, 0x23, 0x24, 0x25, 0x5e, 0x26, 0x2a, 0x28, 0x29, 0x5f, 0x2b, 0x3a, 0x33, 0x7c, 0x7e};

static struct secret *
secret_of(const char *text)
{
	struct secret *secret = secret_new(text, strlen(text));

	assert_non_null(secret);
	return secret;
}

static void
check_hex(const char *what, const uint8_t *got, size_t len, const char *expected)
{
	char hex[2 * 64 + 1];

	assert_in_range(len, 1, 64);
	str_hex(hex, got, len);
	if (strcmp(hex, expected) != 0)
		fail_msg("FAIL: %s, expected %s, got %s", what, expected, hex);
}

static void
test_response(UNUSED void **state)
{
	static const struct {
		const char *username, *password, *response;
	} cases[] = {
	    {"User", "clientPass", "82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df"},
	    {"DOMAIN\\User", "clientPass", "82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df"},
	    {"User", NEW, "2d2d5b3c0f4831257a218bacaf8a6e83a7a9b762e9271bd4"},
	};
	uint8_t out[MSCHAP_RESPONSE_SIZE];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct secret *password = secret_of(cases[i].password);

		assert_int_equal(
		    mschap_response(cases[i].username, password, 7, challenge, peer, out), ERR_OK);
		assert_int_equal(out[0], 7);
		assert_int_equal(out[1], 0);
		assert_memory_equal(out + 2, peer, sizeof(peer));
		check_hex("reserved", out + 18, 8, "0000000000000000");
		check_hex(cases[i].username, out + 26, 24, cases[i].response);
		secret_free(password);
	}
}

static void
test_success(UNUSED void **state)
{
	static const struct {
		const char *username, *password, *success;
		bool ok;
	} cases[] = {
	    {"User", "clientPass", "S=407A5589115FD0D6209F510FE9C04566932CDA56", true},
	    {"User", "clientPass", "S=407a5589115fd0d6209f510fe9c04566932cda56", true},
	    {"User", "clientPass", "S=407A5589115FD0D6209F510FE9C04566932CDA56 M=Welcome", true},
	    {"D\\User", "clientPass", "S=407A5589115FD0D6209F510FE9C04566932CDA56", true},
	    {"User", NEW, "S=E53EAC12C674A945163523921DAE0A9FD67B40A9", true},
	    {"user", "clientPass", "S=407A5589115FD0D6209F510FE9C04566932CDA56", false},
	    {"User", "clientpass", "S=407A5589115FD0D6209F510FE9C04566932CDA56", false},
	    {"User", "clientPass", "S=407A5589115FD0D6209F510FE9C04566932CDA57", false},
	    {"User", "clientPass", "S=507A5589115FD0D6209F510FE9C04566932CDA56", false},
	    {"User", "clientPass", "S=407A5589115FD0D6209F510FE9C04566932CDA5", false},
	    {"User", "clientPass", "S=407A5589115FD0D6209F510FE9C04566932CDAxx", false},
	    {"User", "clientPass", "407A5589115FD0D6209F510FE9C04566932CDA56", false},
	    {"User", "clientPass", "S=", false},
	    {"User", "clientPass", "", false},
	};
	uint8_t response[MSCHAP_RESPONSE_SIZE];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		/* What the server answers is of the response that was sent. */
		struct secret *sent =
		    secret_of(strcmp(cases[i].password, NEW) == 0 ? NEW : "clientPass");
		struct secret *password = secret_of(cases[i].password);

		assert_int_equal(
		    mschap_response("User", sent, 0, challenge, peer, response), ERR_OK);
		if (mschap_success_ok(cases[i].username, password, response, challenge,
			cases[i].success) != cases[i].ok)
			fail_msg("FAIL: case %zu, expected %d", i, cases[i].ok);
		secret_free(password);
		secret_free(sent);
	}
}

static void
fill_fixed(void *dst, size_t len)
{
	memset(dst, 0x5a, len);
}

static void
test_change(UNUSED void **state)
{
	struct secret *old = secret_of("clientPass"), *new = secret_of(NEW);
	uint8_t cpw[MSCHAP_CPW_SIZE], encrypted[MSCHAP_NEW_PASSWORD_SIZE];
	uint8_t digest[SHA1_DIGEST_SIZE];
	struct sha1_ctx ctx;

	rnd_set_source(fill_fixed);
	assert_int_equal(
	    mschap_change("User", old, new, 9, challenge, peer, cpw, encrypted), ERR_OK);
	rnd_set_source(NULL);
	assert_int_equal(cpw[0], 7);
	assert_int_equal(cpw[1], 9);
	check_hex("Encrypted-Hash", cpw + 2, 16, "4c4112434e7d7bbc610ad2894c019906");
	assert_memory_equal(cpw + 18, peer, sizeof(peer));
	check_hex("reserved", cpw + 34, 8, "0000000000000000");
	check_hex("NT-Response", cpw + 42, 24, "2d2d5b3c0f4831257a218bacaf8a6e83a7a9b762e9271bd4");
	check_hex("flags", cpw + 66, 2, "0000");
	check_hex("encrypted password", encrypted, 16, "c8b891b5e9a3aa4e7256a1d23a6b6dba");
	check_hex("its end", encrypted + MSCHAP_NEW_PASSWORD_SIZE - 32, 32,
	    "a8d8dab1ff82da60fcb6a82ca02267df0aecd07f7a18bc7fbc9dea85a0343a7c");
	sha1_init(&ctx);
	sha1_update(&ctx, sizeof(encrypted), encrypted);
	sha1_digest(&ctx, sizeof(digest), digest);
	check_hex("all of it", digest, sizeof(digest), "44dc5151110f19f4beb0911a24fcf0c124b99c27");
	secret_free(old);
	secret_free(new);
}

static void
test_random(UNUSED void **state)
{
	struct secret *old = secret_of("a"), *new = secret_of("b");
	uint8_t cpw[MSCHAP_CPW_SIZE];
	uint8_t one[MSCHAP_NEW_PASSWORD_SIZE], two[MSCHAP_NEW_PASSWORD_SIZE];

	assert_int_equal(mschap_change("u", old, new, 0, challenge, peer, cpw, one), ERR_OK);
	assert_int_equal(mschap_change("u", old, new, 0, challenge, peer, cpw, two), ERR_OK);
	assert_memory_not_equal(one, two, 500);
	/* Key stream and password are the same. */
	assert_memory_equal(one + 510, two + 510, 6);
	secret_free(old);
	secret_free(new);
}

/* What cannot be a password of at most 256 UTF-16 units. */
static void
test_bad_passwords(UNUSED void **state)
{
	static const struct {
		const char *text; /* so often */
		size_t times, len;
		enum err err;
	} cases[] = {
	    {"a", 0, 1, ERR_OK},
	    {"a", 256, 1, ERR_OK},
	    {"a", 257, 1, ERR_SYNTAX},
	    {"\xf0\x9f\x94\x91", 128, 4, ERR_OK},
	    {"\xf0\x9f\x94\x91", 129, 4, ERR_SYNTAX},
	    {"\xff", 1, 1, ERR_SYNTAX},
	    {"\xc3", 1, 1, ERR_SYNTAX},
	    {"\xed\xa0\x80", 1, 3, ERR_SYNTAX}, /* a surrogate */
	    {"a\0b", 1, 3, ERR_SYNTAX},
	};
	struct secret *good = secret_of("good");

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint8_t out[MSCHAP_RESPONSE_SIZE], cpw[MSCHAP_CPW_SIZE];
		uint8_t encrypted[MSCHAP_NEW_PASSWORD_SIZE];
		char text[1100];
		struct secret *bad;
		enum err err;

		for (size_t j = 0; j < cases[i].times; j++)
			memcpy(text + j * cases[i].len, cases[i].text, cases[i].len);
		bad = secret_new(text, cases[i].times * cases[i].len);
		assert_non_null(bad);
		err = mschap_response("u", bad, 0, challenge, peer, out);
		if (err != cases[i].err)
			fail_msg("FAIL: case %zu, expected %s, got %s", i, err_str(cases[i].err),
			    err_str(err));
		assert_int_equal(mschap_change("u", good, bad, 0, challenge, peer, cpw, encrypted),
		    cases[i].err);
		assert_int_equal(mschap_change("u", bad, good, 0, challenge, peer, cpw, encrypted),
		    cases[i].err);
		secret_free(bad);
	}
	secret_free(good);
}

static void
test_error(UNUSED void **state)
{
	static const struct {
		const char *text;
		unsigned number;
	} cases[] = {
	    {"E=648 R=0 C=00112233445566778899aabbccddeeff V=3 M=Password expired", 648},
	    {"E=691 R=1", 691},
	    {"E=709", 709},
	    {"R=0 E=647 V=3", 647},
	    {"R=0  E=647", 647},
	    {"", 0},
	    {"E=", 0},
	    {"E=x", 0},
	    {"M=E=648", 0},
	    {"FE=648", 0},
	    {"  ", 0},
	    {"E=99999999999999999999999", 999999},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (mschap_error(cases[i].text) != cases[i].number)
			fail_msg("FAIL: \"%s\", expected %u, got %u", cases[i].text,
			    cases[i].number, mschap_error(cases[i].text));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_response),
	    cmocka_unit_test(test_success),
	    cmocka_unit_test(test_change),
	    cmocka_unit_test(test_random),
	    cmocka_unit_test(test_bad_passwords),
	    cmocka_unit_test(test_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
