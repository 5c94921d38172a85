/* SPDX-License-Identifier: Apache-2.0 */
/* gateway/dtls_offer.c: what clients list, well or badly, and what becomes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/str.h"
#include "conf/row.h"
#include "gateway/dtls_offer.h"

/* 48 bytes. */
#define HEX                                                                                        \
	"000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F"                         \
	"202122232425262728292a2b2c2d2e2f"
/* As openconnect 9.01 sends them, protocol.md 4.1. */
#define OC_OLD                                                                                     \
	"PSK-NEGOTIATE:OC-DTLS1_2-AES256-GCM:OC2-DTLS1_2-CHACHA20-POLY1305:"                       \
	"OC-DTLS1_2-AES128-GCM:DHE-RSA-AES256-SHA:DHE-RSA-AES128-SHA:AES256-SHA:AES128-SHA"
#define OC_NEW                                                                                     \
	"ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256:AES256-GCM-SHA384:"               \
	"AES128-GCM-SHA256:DHE-RSA-AES256-SHA:DHE-RSA-AES128-SHA:AES256-SHA:AES128-SHA"
#define GCM256 "ECDHE-RSA-AES256-GCM-SHA384"

/* NULL: the header is absent. */
static struct dtls_offer
offer_of(const char *old, const char *new, const char *master)
{
	struct http_request request = {0};
	struct dtls_offer offer;

	if (old != NULL)
		request.headers[request.headers_len++] =
		    (struct http_header){"X-DTLS-CipherSuite", old};
	if (new != NULL)
		request.headers[request.headers_len++] =
		    (struct http_header){"x-dtls12-ciphersuite", new};
	if (master != NULL)
		request.headers[request.headers_len++] =
		    (struct http_header){"X-DTLS-Master-Secret", master};
	dtls_offer_read(&request, &offer);
	return offer;
}

/* The administrator's list from a text with colons, "" for none. */
static size_t
list_of(char *text, char **list, size_t max)
{
	size_t len = 0;
	char *save = NULL;

	for (char *p = strtok_r(text, ":", &save); p != NULL; p = strtok_r(NULL, ":", &save)) {
		assert_true(len < max);
		list[len++] = p;
	}
	return len;
}

static void
test_choice(UNUSED void **state)
{
	static const char psk[] =
	    "PSK-AES256-GCM-SHA384:PSK-CHACHA20-POLY1305:PSK-AES128-GCM-SHA256";
	static const struct {
		const char *what, *old, *new, *master, *list;
		enum dtls_mode mode;
		const char *ciphers, *word;
	} rows[] = {
	    {"openconnect", OC_OLD, OC_NEW, HEX, "", DTLS_PSK, psk, NULL},
	    {"PSK needs no secret", "PSK-NEGOTIATE", NULL, NULL, "", DTLS_PSK, psk, NULL},
	    {"PSK last in the list", "AES128-SHA:psk-negotiate", NULL, NULL, "", DTLS_PSK, psk,
		NULL},
	    {"our order of PSK", OC_OLD, OC_NEW, HEX,
		"AES128-SHA:PSK-AES128-GCM-SHA256:PSK-AES256-GCM-SHA384", DTLS_PSK,
		"PSK-AES128-GCM-SHA256:PSK-AES256-GCM-SHA384", NULL},
	    {"no PSK suite of ours", OC_OLD, OC_NEW, HEX, "AES128-GCM-SHA256", DTLS_RESUMED,
		"AES128-GCM-SHA256", "AES128-GCM-SHA256"},
	    {"AnyConnect", "AES128-SHA", OC_NEW, HEX, "", DTLS_RESUMED, GCM256, GCM256},
	    {"the order is ours", NULL, "AES128-GCM-SHA256:AES256-GCM-SHA384:" GCM256, HEX, "",
		DTLS_RESUMED, GCM256, GCM256},
	    {"the order is the administrator's", NULL, OC_NEW, HEX, "AES128-SHA:AES256-SHA",
		DTLS_RESUMED, "AES128-SHA", "AES128-SHA"},
	    {"names of openconnect", "OC-DTLS1_2-AES128-GCM:OC-DTLS1_2-AES256-GCM", NULL, HEX, "",
		DTLS_RESUMED, "AES256-GCM-SHA384", "OC-DTLS1_2-AES256-GCM"},
	    {"the new header first", "OC-DTLS1_2-AES256-GCM", "AES256-GCM-SHA384", HEX, "",
		DTLS_RESUMED, "AES256-GCM-SHA384", "AES256-GCM-SHA384"},
	    {"CBC is not the default", NULL, "DHE-RSA-AES256-SHA:AES256-SHA", HEX, "", DTLS_NONE,
		"", NULL},
	    {"names in the wrong header", GCM256 ":AES256-GCM-SHA384", "OC-DTLS1_2-AES256-GCM", HEX,
		"", DTLS_NONE, "", NULL},
	    {"DTLS 0.9", "DHE-RSA-AES256-SHA:AES128-SHA:DES-CBC3-SHA", NULL, HEX,
		"AES128-SHA:DHE-RSA-AES256-SHA", DTLS_NONE, "", NULL},
	    {"nothing", NULL, NULL, NULL, "", DTLS_NONE, "", NULL},
	    {"an empty list", "", ":::", HEX, "", DTLS_NONE, "", NULL},
	    {"part of a name", NULL, "AES256-GCM-SHA38:XAES256-GCM-SHA384", HEX, "", DTLS_NONE, "",
		NULL},
	    {"ECDSA", NULL, "ECDHE-ECDSA-AES256-GCM-SHA384", HEX, "", DTLS_NONE, "", NULL},
	    {"no secret", NULL, OC_NEW, NULL, "", DTLS_NONE, "", NULL},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct dtls_offer offer = offer_of(rows[i].old, rows[i].new, rows[i].master);
		char text[256], *list[16];
		const struct dtls_suite *suite;
		struct dtls_terms terms;
		enum err err;
		size_t len;

		assert_int_equal(str_copy(text, sizeof(text), rows[i].list), ERR_OK);
		len = list_of(text, list, ARRAY_LEN(list));
		err = dtls_offer_choose(&offer, list, len, &terms, &suite);
		if ((err == ERR_OK) != (rows[i].mode != DTLS_NONE) || terms.mode != rows[i].mode ||
		    strcmp(terms.ciphers, rows[i].ciphers) != 0)
			fail_msg("%s: expected mode %d, %s; got %d, %s", rows[i].what, rows[i].mode,
			    rows[i].ciphers, terms.mode, terms.ciphers);
		assert_int_equal(suite != NULL, rows[i].mode == DTLS_RESUMED);
		if (suite != NULL)
			assert_string_equal(suite->word, rows[i].word);
		if (terms.mode != DTLS_RESUMED)
			for (size_t j = 0; j < sizeof(terms.secret); j++)
				assert_int_equal(terms.secret[j], 0);
		else
			for (uint8_t j = 0; j < DTLS_MASTER_LEN; j++)
				assert_int_equal(terms.secret[j], j);
	}
}

static void
test_hostile_secrets(UNUSED void **state)
{
	static const char *const rows[] = {
	    "",
	    "00",
	    HEX "0",
	    HEX "00",
	    " " HEX,
	    "g00102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F202122232425262728292a"
	    "2"
	    "b2c2d2e2f",
	    "0x0102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F202122232425262728292a"
	    "2"
	    "b2c2d2e2f",
	    "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F202122232425262728292a"
	    "2"
	    "b2c2d2e2",
	};
	char *huge = calloc(1, 100001);

	assert_non_null(huge);
	memset(huge, 'a', 100000);
	for (size_t i = 0; i <= ARRAY_LEN(rows); i++) {
		const char *master = i < ARRAY_LEN(rows) ? rows[i] : huge;
		struct dtls_offer offer = offer_of(NULL, OC_NEW, master);
		const struct dtls_suite *suite;
		struct dtls_terms terms;

		if (offer.has_master)
			fail_msg("%.100s: expected no secret", master);
		for (size_t j = 0; j < sizeof(offer.master); j++)
			assert_int_equal(offer.master[j], 0);
		assert_int_equal(dtls_offer_choose(&offer, NULL, 0, &terms, &suite), ERR_NOTFOUND);
		assert_non_null(strstr(dtls_offer_lack(&offer), "master secret"));
	}
	free(huge);
}

/* 100 KB of names, with the good one at the end, and none. */
static void
test_long_lists(UNUSED void **state)
{
	static const char *const fill[] = {"AES256-SHAX:", ":", " ", "\xff:", "PSK-NEGOTIATEX:"};
	const struct dtls_suite *suite;
	struct dtls_terms terms;

	for (size_t i = 0; i < ARRAY_LEN(fill); i++) {
		struct dtls_offer offer;
		struct buf list;

		buf_init(&list, 200000);
		while (list.len < 100000)
			buf_puts(&list, fill[i]);
		offer = offer_of(buf_cstr(&list), buf_cstr(&list), HEX);
		assert_int_equal(dtls_offer_choose(&offer, NULL, 0, &terms, &suite), ERR_NOTFOUND);
		buf_puts(&list, ":" GCM256);
		offer = offer_of(NULL, buf_cstr(&list), HEX);
		assert_int_equal(dtls_offer_choose(&offer, NULL, 0, &terms, &suite), ERR_OK);
		assert_string_equal(terms.ciphers, GCM256);
		buf_fini(&list);
	}
}

static void
test_reasons(UNUSED void **state)
{
	static const struct {
		const char *old, *new, *master, *reason;
	} rows[] = {
	    {"AES128-SHA", NULL, HEX, "DTLS 0.9"},
	    {NULL, "ECDHE-ECDSA-AES256-GCM-SHA384", HEX, "DTLS 0.9"},
	    {NULL, GCM256, NULL, "master secret"},
	    {NULL, GCM256, HEX, "dtls-ciphers"},
	    {"PSK-NEGOTIATE", NULL, NULL, "dtls-ciphers"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct dtls_offer offer = offer_of(rows[i].old, rows[i].new, rows[i].master);

		if (strstr(dtls_offer_lack(&offer), rows[i].reason) == NULL)
			fail_msg("row %zu: expected %s, got %s", i, rows[i].reason,
			    dtls_offer_lack(&offer));
	}
}

/* Every word that the setting takes can be chosen, and every suite is a word of the setting. */
static void
test_words_of_the_setting(UNUSED void **state)
{
	const char *const *words = rows_gateway.rows[GW_DTLS_CIPHERS].words;
	size_t resumed = 0, psk = 0;

	for (size_t i = 0; words[i] != NULL; i++) {
		struct dtls_offer offer = offer_of("PSK-NEGOTIATE", OC_NEW, HEX);
		char *list[] = {(char *)(uintptr_t)words[i]};
		const struct dtls_suite *suite;
		struct dtls_terms terms;

		assert_int_equal(dtls_offer_choose(&offer, list, 1, &terms, &suite), ERR_OK);
		assert_string_equal(terms.ciphers, words[i]);
		resumed += terms.mode == DTLS_RESUMED;
		psk += terms.mode == DTLS_PSK;
	}
	assert_int_equal(resumed, 8);
	assert_int_equal(psk, 3);
}

/* Against protocol.md 4.4 where it has a number; the records themselves are in test_dtls.c. */
static void
test_mtu(UNUSED void **state)
{
	static const struct {
		unsigned block, udp_len, expect;
	} rows[] = {
	    {0, 1500 - 28, 1434},
	    {0, 1500 - 48, 1414},
	    {16, 1500 - 28, 1406}, /* 1418 with MAC-then-encrypt only */
	    {16, 1500 - 28 + 1, 1418},
	    {0, 100, 62},
	    {16, 100, 42},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct dtls_suite suite = {.block = rows[i].block};
		unsigned mtu = dtls_offer_mtu(&suite, rows[i].udp_len);

		if (mtu != rows[i].expect)
			fail_msg("block %u, %u bytes: expected %u, got %u", rows[i].block,
			    rows[i].udp_len, rows[i].expect, mtu);
	}
	assert_int_equal(dtls_offer_mtu(NULL, 1472), 1434);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_choice),
	    cmocka_unit_test(test_hostile_secrets),
	    cmocka_unit_test(test_long_lists),
	    cmocka_unit_test(test_reasons),
	    cmocka_unit_test(test_words_of_the_setting),
	    cmocka_unit_test(test_mtu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
