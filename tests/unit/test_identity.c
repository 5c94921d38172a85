/* SPDX-License-Identifier: Apache-2.0 */
/* pki/identity.c: which server names the identities are for, and what is refused of
 * ssl-trust-points. */
#include "tests/unit/tls_help.h"

#include "tests/unit/conf_help.h"
#include "tests/unit/verdict_help.h"

#include "pki/identity.h"

/* Trustpoint GW is EC and the default, RSA and EC are for names, CA has no identity. */
static const char head[] = "trustpoints = (\n"
			   " { name = \"RSA\"; certificate = \"rsa.pem\"; key = \"rsa.key\"; },\n"
			   " { name = \"GW\"; certificate = \"gw.pem\"; key = \"gw.key\"; },\n"
			   " { name = \"EC\"; certificate = \"ec.pem\"; key = \"ec.key\"; },\n"
			   " { name = \"CA\"; ca-certificate = \"gw.pem\"; } );\n"
			   "ssl-trust-point = \"GW\";\n"
			   "ssl-trust-points = (\n";

static struct made gw, rsa, ec;

static int
group_setup(UNUSED void **state)
{
	gw = made_new(&(struct order){.name = "gate.test"});
	ec = made_new(&(struct order){.name = "*.example.com"});
	rsa = made_new(&(struct order){.name = "vpn.example.com", .key = EVP_RSA_gen(2048)});
	return 0;
}

static int
group_teardown(UNUSED void **state)
{
	made_free(&gw);
	made_free(&rsa);
	made_free(&ec);
	return 0;
}

static void
add_pair(struct texts *texts, const struct made *made, const char *cert_name, const char *key_name)
{
	size_t len;
	char *pem = pem_of(NULL, made->cert, &len);

	assert_int_equal(texts_add(texts, TEXTS_PEM, cert_name, pem, len), ERR_OK);
	free(pem);
	pem = pem_of(made->key, NULL, &len);
	assert_int_equal(texts_add(texts, TEXTS_PEM, key_name, pem, len), ERR_OK);
	free(pem);
}

/* NULL: errors tell. */
static struct conf *
load(const char *entries, struct conf_errors *errors)
{
	struct texts texts = {0};
	struct buf slice, pki;
	struct conf *conf;

	buf_init(&pki, 65536);
	buf_printf(&pki, "%s%s\n);\n", head, entries);
	for (size_t i = 0; i < ARRAY_LEN(help_files); i++)
		if (help_files[i].type == TEXTS_CONF && strcmp(help_files[i].name, "pki.conf") != 0)
			assert_int_equal(texts_add(&texts, help_files[i].type, help_files[i].name,
					     help_files[i].text, strlen(help_files[i].text)),
			    ERR_OK);
	assert_int_equal(
	    texts_add(&texts, TEXTS_CONF, "pki.conf", buf_cstr(&pki), pki.len), ERR_OK);
	add_pair(&texts, &gw, "gw.pem", "gw.key");
	add_pair(&texts, &rsa, "rsa.pem", "rsa.key");
	add_pair(&texts, &ec, "ec.pem", "ec.key");
	buf_init(&slice, 8 * TEXTS_FILE_MAX);
	assert_int_equal(slice_pack(&texts, help_wants, NULL, &slice), ERR_OK);
	texts_fini(&texts);
	buf_fini(&pki);
	conf_errors_init(errors);
	conf = conf_from_slice(slice.data, slice.len, errors);
	buf_fini(&slice);
	return conf;
}

#define ENTRY(trustpoint, domain) "{ trustpoint = \"" trustpoint "\"; domain = \"" domain "\"; }"

/* What is said of ssl-trust-points; line 8 is the first entry's. */
static const struct {
	const char *entries;
	const char *error;   /* NULL: none */
	const char *warning; /* NULL: none */
} cases[] = {
    {"", NULL, NULL},
    {ENTRY("RSA", "vpn.example.com"), NULL, NULL},
    {ENTRY("RSA", "vpn.example.com") "," ENTRY("EC", "vpn.example.com"), NULL, NULL},
    {ENTRY("EC", "*.example.com") "," ENTRY("EC", "vpn.example.com"), NULL, NULL},
    {ENTRY("RSA", "VPN.example.com"), NULL, NULL},
    {ENTRY("RSA", "vpn.example.com") ",\n" ENTRY("RSA", "VPN.Example.com"),
	"pki.conf:9: ssl-trust-points[1].domain: \"VPN.Example.com\" is the same as in line 8; a "
	"name may have one certificate with an RSA key and one with an EC key\n",
	NULL},
    {ENTRY("EC", "x.example.com") ",\n" ENTRY("GW", "x.example.com"),
	"pki.conf:9: ssl-trust-points[1].domain: ", "is not for \"x.example.com\""},
    {ENTRY("CA", "vpn.example.com"),
	"pki.conf:8: ssl-trust-points[0].trustpoint: \"CA\" has no certificate or no key; the "
	"listeners need both\n",
	NULL},
    {ENTRY("GONE", "vpn.example.com"), "pki.conf:8: ssl-trust-points[0].trustpoint: ", NULL},
    {ENTRY("RSA", "vpn_.example..com"), "pki.conf:8: ssl-trust-points[0].domain: ", NULL},
    {ENTRY("RSA", "*.*.com"), "pki.conf:8: ssl-trust-points[0].domain: ", NULL},
    {"{ trustpoint = \"RSA\"; }", "pki.conf:8: ssl-trust-points[0]", NULL},
    {ENTRY("RSA", "other.example.com"), NULL,
	"pki.conf:8: ssl-trust-points[0]: the certificate of trustpoint RSA is not for "
	"\"other.example.com\"; clients that ask for it will not believe it\n"},
    {ENTRY("RSA", "*.example.com"), NULL, "is not for \"*.example.com\""},
};

static void
test_entries(UNUSED void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct conf_errors errors;
		struct conf *conf = load(cases[i].entries, &errors);
		struct identities identities = {0};
		enum err err =
		    conf != NULL ? identities_load(conf, &errors, &identities) : ERR_SYNTAX;

		if ((cases[i].error == NULL) != (err == ERR_OK) ||
		    errors.count != (cases[i].error != NULL) ||
		    (cases[i].error != NULL &&
			strstr(buf_cstr(&errors.text), cases[i].error) == NULL))
			fail_msg("case %zu, got: %s", i, buf_cstr(&errors.text));
		if (errors.warnings_count != (cases[i].warning != NULL) ||
		    (cases[i].warning != NULL &&
			strstr(buf_cstr(&errors.warnings), cases[i].warning) == NULL))
			fail_msg("case %zu, warned: %s", i, buf_cstr(&errors.warnings));
		identities_fini(&identities);
		conf_errors_fini(&errors);
		conf_unref(conf);
	}
}

/* The default comes first; names are where they belong. */
static void
test_domains(UNUSED void **state)
{
	struct conf_errors errors;
	struct conf *conf = load(ENTRY("RSA", "vpn.example.com") "," ENTRY(
				     "EC", "vpn.example.com") "," ENTRY("EC", "*.example.com"),
	    &errors);
	struct identities identities;

	assert_non_null(conf);
	assert_int_equal(identities_load(conf, &errors, &identities), ERR_OK);
	assert_int_equal(identities.len, 3);
	assert_string_equal(identities.list[0].trustpoint, "GW");
	assert_int_equal(identities.list[0].domains_len, 0);
	for (size_t i = 1; i < 3; i++) {
		const struct identity *identity = &identities.list[i];

		if (strcmp(identity->trustpoint, "RSA") == 0) {
			assert_int_equal(identity->domains_len, 1);
		} else {
			assert_int_equal(identity->domains_len, 2);
			assert_string_equal(identity->domains[1], "*.example.com");
		}
		assert_string_equal(identity->domains[0], "vpn.example.com");
	}
	identities_fini(&identities);
	conf_errors_fini(&errors);
	conf_unref(conf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_entries),
	    cmocka_unit_test(test_domains),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
