/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The group ssl of gateway.conf: what OpenSSL is told of good settings (gateway/tls_policy.c), and
 * the lines that bad ones earn (conf/rows_ssl.c, conf/check_ssl.c).
 */
#include "tests/unit/conf_help.h"

#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/tls_policy.h"

#define GATEWAY                                                                                    \
	"listeners = ( { address = \"0.0.0.0\"; } );\ntun = { ipv4-address = "                     \
	"\"192.168.100.254/24\"; };\n"
#define AEAD                                                                                       \
	"ECDHE-ECDSA-AES256-GCM-SHA384 ECDHE-RSA-AES256-GCM-SHA384 "                               \
	"ECDHE-ECDSA-AES128-GCM-SHA256 ECDHE-RSA-AES128-GCM-SHA256 "                               \
	"ECDHE-ECDSA-CHACHA20-POLY1305 ECDHE-RSA-CHACHA20-POLY1305 "
#define TLS13                                                                                      \
	"TLS_AES_256_GCM_SHA384 TLS_AES_128_GCM_SHA256 "                                           \
	"TLS_CHACHA20_POLY1305_SHA256 "
#define OLD                                                                                        \
	"ECDHE-ECDSA-AES256-SHA384 ECDHE-RSA-AES256-SHA384 ECDHE-ECDSA-AES128-SHA256 "             \
	"ECDHE-RSA-AES128-SHA256 ECDHE-ECDSA-AES256-SHA ECDHE-RSA-AES256-SHA "                     \
	"ECDHE-ECDSA-AES128-SHA ECDHE-RSA-AES128-SHA "

/* Names of all suites, each with a blank behind it. */
static void
suites_of(SSL_CTX *ctx, char *text, size_t size)
{
	STACK_OF(SSL_CIPHER) *suites = SSL_CTX_get_ciphers(ctx);

	text[0] = '\0';
	for (int i = 0; i < sk_SSL_CIPHER_num(suites); i++) {
		size_t used = strlen(text);

		snprintf(text + used, size - used, "%s ",
		    SSL_CIPHER_get_name(sk_SSL_CIPHER_value(suites, i)));
	}
}

static void
expect_policy(
    const struct conf *conf, const char *what, int lowest, int highest, const char *suites)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	char text[2048];

	assert_non_null(ctx);
	assert_int_equal(tls_policy_apply(ctx, conf), ERR_OK);
	suites_of(ctx, text, sizeof(text));
	if (SSL_CTX_get_min_proto_version(ctx) != lowest ||
	    SSL_CTX_get_max_proto_version(ctx) != highest)
		fail_msg(
		    "%s: versions, expected %x to %x", what, (unsigned)lowest, (unsigned)highest);
	if (strcmp(text, suites) != 0)
		fail_msg("%s: suites, expected %s, got %s", what, suites, text);
	SSL_CTX_free(ctx);
}

static void
test_good(void **state)
{
	static const struct {
		const char *ssl;
		int lowest, highest;
		const char *suites;
	} rows[] = {
	    {"", TLS1_2_VERSION, TLS1_3_VERSION, TLS13 AEAD},
	    {"preset = \"default\";", TLS1_2_VERSION, TLS1_3_VERSION, TLS13 AEAD},
	    {"preset = \"strict\";", TLS1_3_VERSION, TLS1_3_VERSION, TLS13 AEAD},
	    {"preset = \"legacy\";", TLS1_2_VERSION, TLS1_3_VERSION, TLS13 AEAD OLD},
	    {"server-version = \"tlsv1.3\";", TLS1_3_VERSION, TLS1_3_VERSION, TLS13 AEAD},
	    {"preset = \"strict\"; server-version = \"tlsv1.2\";", TLS1_2_VERSION, TLS1_3_VERSION,
		TLS13 AEAD},
	    /* One's own list is of both versions, or of the one that it has. */
	    {"ciphers = [ \"ECDHE-RSA-AES128-GCM-SHA256\", \"TLS_AES_128_GCM_SHA256\" ];",
		TLS1_2_VERSION, TLS1_3_VERSION,
		"TLS_AES_128_GCM_SHA256 ECDHE-RSA-AES128-GCM-SHA256 "},
	    {"ciphers = [ \"TLS_CHACHA20_POLY1305_SHA256\", \"TLS_AES_256_GCM_SHA384\" ];",
		TLS1_3_VERSION, TLS1_3_VERSION, NULL},
	    {"preset = \"legacy\"; ciphers = [ \"ECDHE-RSA-AES256-GCM-SHA384\" ];", TLS1_2_VERSION,
		TLS1_2_VERSION, NULL},
	};

	(void)state;
	expect_policy(NULL, "no configuration", TLS1_2_VERSION, TLS1_3_VERSION, TLS13 AEAD);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
		char text[1024];
		struct conf *conf;

		snprintf(text, sizeof(text), GATEWAY "ssl = { %s };\n", rows[i].ssl);
		conf = help_load_fine("gateway.conf", text);
		/* OpenSSL leaves suites of the version that is not spoken in its list. */
		if (rows[i].suites != NULL) {
			expect_policy(
			    conf, rows[i].ssl, rows[i].lowest, rows[i].highest, rows[i].suites);
		} else {
			assert_int_equal(tls_policy_apply(ctx, conf), ERR_OK);
			assert_int_equal(SSL_CTX_get_min_proto_version(ctx), rows[i].lowest);
			assert_int_equal(SSL_CTX_get_max_proto_version(ctx), rows[i].highest);
		}
		SSL_CTX_free(ctx);
		conf_unref(conf);
	}
}

/* Every word of ecdh-groups and of ciphers is one that OpenSSL knows. */
static void
test_words(void **state)
{
	static const char *const words[] = {"ecdh-groups = [ \"x25519\" ];",
	    "ecdh-groups = [ \"group19\" ];", "ecdh-groups = [ \"group20\" ];",
	    "ecdh-groups = [ \"group21\", \"group20\", \"group19\", \"x25519\" ];"};
	static const char *const suites = TLS13 AEAD OLD;
	char text[1024], name[64];
	int len = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
		struct conf *conf;

		snprintf(text, sizeof(text), GATEWAY "ssl = { %s };\n", words[i]);
		conf = help_load_fine("gateway.conf", text);
		assert_int_equal(tls_policy_apply(ctx, conf), ERR_OK);
		SSL_CTX_free(ctx);
		conf_unref(conf);
	}
	for (const char *at = suites; sscanf(at, "%63s%n", name, &len) == 1; at += len) {
		SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
		struct conf *conf;

		snprintf(text, sizeof(text), GATEWAY "ssl = { ciphers = [ \"%s\" ]; };\n", name);
		conf = help_load_fine("gateway.conf", text);
		assert_int_equal(tls_policy_apply(ctx, conf), ERR_OK);
		SSL_CTX_free(ctx);
		conf_unref(conf);
	}
}

#define LINE "gateway.conf:3: ssl."

static void
test_bad(void **state)
{
	static const struct {
		const char *ssl;
		const char *error; /* the beginning of its line */
	} rows[] = {
	    {"preset = \"none\";", LINE "preset: "},
	    {"server-version = \"tlsv1\";",
		LINE "server-version: \"tlsv1\" is not supported: it is broken; write tlsv1.2\n"},
	    {"server-version = \"sslv3\";",
		LINE "server-version: \"sslv3\" is not supported: it is "
		     "broken; write tlsv1.2\n"},
	    {"ciphers = [ \"RC4-SHA\" ];",
		LINE "ciphers: \"RC4-SHA\" is not supported: it is broken"},
	    {"ciphers = [ \"AES256-SHA\" ];",
		LINE "ciphers: \"AES256-SHA\" is not supported: what was recorded could be read"},
	    {"ciphers = [ \"DHE-RSA-AES256-GCM-SHA384\" ];", LINE
		"ciphers: \"DHE-RSA-AES256-GCM-SHA384\" is not supported: it makes the gateway"},
	    {"ciphers = [ \"NULL\" ];", LINE "ciphers"},
	    {"ecdh-groups = [ \"group14\" ];", LINE "ecdh-groups"},
	    {"preset = \"strict\"; ciphers = [ \"ECDHE-RSA-AES256-GCM-SHA384\" ];",
		LINE "ciphers: there is no suite of TLS 1.3, and no other version is spoken; add "
		     "TLS_AES_256_GCM_SHA384 or write server-version = \"tlsv1.2\"\n"},
	    {"server-version = \"tlsv1.3\"; ciphers = [ \"ECDHE-RSA-AES256-GCM-SHA384\" ];",
		LINE "ciphers: there is no suite of TLS 1.3"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct conf_errors errors;
		struct conf *conf;
		char text[1024];

		snprintf(text, sizeof(text), GATEWAY "ssl = { %s };\n", rows[i].ssl);
		conf = help_load("gateway.conf", text, &errors);
		if (conf != NULL ||
		    strncmp(buf_cstr(&errors.text), rows[i].error, strlen(rows[i].error)) != 0)
			fail_msg("%s: expected %s, got %s", rows[i].ssl, rows[i].error,
			    buf_cstr(&errors.text));
		conf_errors_fini(&errors);
	}
}

/* What is allowed and should not stay is warned of. */
static void
test_warning(void **state)
{
	struct conf_errors errors;
	struct conf *conf =
	    help_load("gateway.conf", GATEWAY "ssl = { preset = \"legacy\"; };\n", &errors);

	(void)state;
	assert_non_null(conf);
	assert_non_null(
	    strstr(buf_cstr(&errors.warnings), "preset legacy lets clients use AES-CBC"));
	conf_errors_fini(&errors);
	conf_unref(conf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_good),
	    cmocka_unit_test(test_words),
	    cmocka_unit_test(test_bad),
	    cmocka_unit_test(test_warning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
