/* SPDX-License-Identifier: Apache-2.0 */
/* pki/strength.c: what each setting of pki.conf lets pass, of keys and of signatures; and what is
 * warned of. */
#include "tests/unit/verdict_help.h"

#include "tests/unit/conf_help.h"

#include <openssl/err.h>
#include <string.h>

#include "pki/strength.h"
#include "pki/verdict.h"

#define BASE                                                                                       \
	"trustpoints = ( { name = \"GW\"; certificate = \"gw.pem\"; key = \"gw.key\"; } );\n"      \
	"ssl-trust-point = \"GW\";\n"

enum kind {
	RSA_1024,
	RSA_2048,
	RSA_3072,
	PSS_2048,
	EC_224,
	EC_256,
	EC_521,
	EC_K1,
	EC_BP,
	ED,
	KINDS
};

static EVP_PKEY *keys[KINDS];
static struct made root;

static EVP_PKEY *
pss_key(void)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_RSA_PSS, NULL);
	EVP_PKEY *key = NULL;

	made_need(EVP_PKEY_keygen_init(ctx) == 1 && EVP_PKEY_keygen(ctx, &key) == 1);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static int
group_setup(UNUSED void **state)
{
	keys[RSA_1024] = EVP_RSA_gen(1024);
	keys[RSA_2048] = EVP_RSA_gen(2048);
	keys[RSA_3072] = EVP_RSA_gen(3072);
	keys[PSS_2048] = pss_key();
	keys[EC_224] = EVP_EC_gen("P-224");
	keys[EC_256] = EVP_EC_gen("P-256");
	keys[EC_521] = EVP_EC_gen("P-521");
	keys[EC_K1] = EVP_EC_gen("secp256k1");
	keys[EC_BP] = EVP_EC_gen("brainpoolP256r1");
	keys[ED] = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	root = made_new(&(struct order){.name = "Root", .ca = true, .key = EVP_RSA_gen(2048)});
	return 0;
}

static int
group_teardown(UNUSED void **state)
{
	for (size_t i = 0; i < KINDS; i++)
		EVP_PKEY_free(keys[i]);
	made_free(&root);
	return 0;
}

static struct strength
strength_of(const char *settings)
{
	struct strength strength;
	struct conf *conf;
	char text[1024];

	(void)snprintf(text, sizeof text, BASE "%s", settings);
	conf = help_load_fine("pki.conf", text);
	strength_read(&strength, conf_root(conf, CONF_PKI));
	conf_unref(conf);
	return strength;
}

static void
expect(const char *what, const char *got, const char *reason)
{
	if (reason == NULL && got != NULL)
		fail_msg("%s: expected no objection, got: %s", what, got);
	if (reason != NULL && (got == NULL || strstr(got, reason) == NULL))
		fail_msg("%s: expected \"%s\", got %s", what, reason, got != NULL ? got : "none");
}

static void
test_keys(UNUSED void **state)
{
	static const struct {
		const char *settings;
		enum kind kind;
		const char *reason; /* NULL: strong enough */
	} rows[] = {
	    {"", RSA_1024, "less than 2048 bits"},
	    {"", RSA_2048, NULL},
	    {"", PSS_2048, NULL},
	    {"minimum-rsa-modulus = 1024;", RSA_1024, NULL},
	    {"minimum-rsa-modulus = 3072;", RSA_2048, "less than 3072 bits"},
	    {"minimum-rsa-modulus = 3072;", PSS_2048, "less than 3072 bits"},
	    {"minimum-rsa-modulus = 3072;", RSA_3072, NULL},
	    {"", EC_224, "not on a curve"},
	    {"", EC_256, NULL},
	    {"", EC_521, NULL},
	    {"", EC_K1, "not on a curve"},
	    {"", EC_BP, "not on a curve"},
	    {"", ED, NULL},
	    {"elliptic-curves = [ \"P-384\", \"P-521\" ];", EC_256, "not on a curve"},
	    {"elliptic-curves = [ \"P-384\", \"P-521\" ];", EC_521, NULL},
	    {"elliptic-curves = [ \"P-384\", \"P-521\" ];", ED, "EdDSA key is not allowed"},
	    {"elliptic-curves = [ \"P-384\", \"P-521\" ];", RSA_2048, NULL},
	    {"elliptic-curves = [ \"brainpoolP256r1\" ];", EC_BP, NULL},
	    {"elliptic-curves = \"Ed25519\";", ED, NULL},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct strength strength = strength_of(rows[i].settings);
		char what[128];

		(void)snprintf(what, sizeof what, "row %zu, %s", i, rows[i].settings);
		expect(what, strength_key(&strength, keys[rows[i].kind]), rows[i].reason);
	}
	struct strength strength;
	strength_read(&strength, NULL);
	expect("no key", strength_key(&strength, NULL), "cannot be read");
}

static const char *
signature_of(const struct strength *strength, const struct made *by, const EVP_MD *md)
{
	struct order order = {.name = "x", .by = by, .md = md};
	struct made made = {X509_new(), NULL};
	const X509_ALGOR *alg;
	const char *reason;

	if (md != NULL) {
		X509_free(made.cert);
		made = made_new(&order);
	} else { /* EdDSA hashes by itself */
		made_need(X509_set_pubkey(made.cert, by->key) == 1);
		made_need(X509_sign(made.cert, by->key, NULL) > 0);
	}
	X509_get0_signature(NULL, &alg, made.cert);
	reason = strength_signature(strength, alg);
	made_free(&made);
	return reason;
}

static void
test_hashes(UNUSED void **state)
{
	struct made ec = {NULL, keys[EC_256]}, pss = {NULL, keys[PSS_2048]}, ed = {NULL, keys[ED]};
	const struct made *signers[] = {&root, &ec, &pss};
	const struct {
		const char *settings;
		const EVP_MD *md;
		const char *reason;
	} rows[] = {
	    {"", EVP_md5(), "not known"},
	    {"", EVP_sha1(), "too weak"},
	    {"", EVP_sha224(), "too weak"},
	    {"", EVP_sha256(), NULL},
	    {"", EVP_sha512(), NULL},
	    {"signature-hashes = [ \"sha1\", \"sha256\" ];", EVP_sha1(), NULL},
	    {"signature-hashes = [ \"sha1\", \"sha256\" ];", EVP_sha384(), "too weak"},
	    {"signature-hashes = [ \"sha224\" ];", EVP_sha224(), NULL},
	};

	ec.cert = pss.cert = ed.cert = root.cert; /* a name to sign by */
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (size_t k = 0; k < ARRAY_LEN(signers); k++) {
			struct strength strength = strength_of(rows[i].settings);
			char what[128];

			/* No certificate is signed so, and OpenSSL has no name for it. */
			if (rows[i].md == EVP_md5() && k > 0)
				continue;
			(void)snprintf(what, sizeof what, "row %zu, signer %zu", i, k);
			expect(
			    what, signature_of(&strength, signers[k], rows[i].md), rows[i].reason);
		}
	struct strength strength = strength_of("");
	expect("EdDSA", signature_of(&strength, &ed, NULL), NULL);
	strength = strength_of("elliptic-curves = [ \"P-256\" ];");
	expect("no EdDSA", signature_of(&strength, &ed, NULL), "EdDSA");
	ERR_clear_error();
}

/* A path with these settings: the leaf's signature counts, and that of the CA below the anchor; the
 * anchor's own does not. */
static void
test_paths(UNUSED void **state)
{
	struct made old = made_new(&(struct order){.name = "Old", .ca = true, .md = EVP_sha1()});
	struct made middle =
	    made_new(&(struct order){.name = "Middle", .ca = true, .by = &old, .md = EVP_sha1()});
	struct made under_old = made_new(&(struct order){.name = "a", .by = &old});
	struct made under_middle = made_new(&(struct order){.name = "b", .by = &middle});
	const struct {
		X509 *chain[2];
		const char *settings, *reason;
	} rows[] = {
	    {{under_old.cert}, "", NULL},
	    {{under_middle.cert, middle.cert}, "", "certificate 2 of the path: it is signed with"},
	    {{under_middle.cert, middle.cert}, "signature-hashes = [ \"sha1\", \"sha256\" ];",
		NULL},
	    {{under_old.cert}, "elliptic-curves = [ \"P-384\" ];",
		"certificate 1 of the path: its EC key is not on a curve"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct verdict_book *book = verdict_book_new();
		ProtobufCBinaryData ders[2] = {{0}};
		struct conf_errors errors;
		struct verdict verdict;
		struct conf *conf;
		char text[1024];
		size_t len = 0;

		(void)snprintf(text, sizeof text, BASE "%s", rows[i].settings);
		conf = help_load_fine("pki.conf", text);
		conf_errors_init(&errors);
		assert_int_equal(verdict_book_load(book, conf, &errors), ERR_OK);
		assert_int_equal(verdict_book_add(book, old.cert, "OLD", NULL), ERR_OK);
		for (; len < 2 && rows[i].chain[len] != NULL; len++)
			ders[len].len = (size_t)i2d_X509(rows[i].chain[len], &ders[len].data);
		verdict_judge(book, ders, len, &verdict);
		expect(rows[i].settings, verdict.ok ? NULL : verdict.reason, rows[i].reason);
		verdict_fini(&verdict);
		for (size_t k = 0; k < len; k++)
			OPENSSL_free(ders[k].data);
		conf_errors_fini(&errors);
		verdict_book_free(book);
		conf_unref(conf);
	}
	made_free(&old);
	made_free(&middle);
	made_free(&under_old);
	made_free(&under_middle);
}

static void
test_warnings(UNUSED void **state)
{
	static const struct {
		const char *settings, *warning, *error;
	} rows[] = {
	    {"", NULL, NULL},
	    {"minimum-rsa-modulus = 2048; signature-hashes = [ \"sha224\" ];", NULL, NULL},
	    {"minimum-rsa-modulus = 1024;", "minimum-rsa-modulus is 1024; RSA keys of less than",
		NULL},
	    {"signature-hashes = [ \"sha256\", \"sha1\" ];", "signature-hashes has sha1", NULL},
	    {"minimum-rsa-modulus = 1023;", NULL, "minimum-rsa-modulus"},
	    {"minimum-rsa-modulus = 8193;", NULL, "minimum-rsa-modulus"},
	    {"signature-hashes = [ \"md5\" ];", NULL, "signature-hashes"},
	    {"elliptic-curves = [ \"P-224\" ];", NULL, "elliptic-curves"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct conf_errors errors;
		struct conf *conf;
		char text[1024];

		(void)snprintf(text, sizeof text, BASE "%s", rows[i].settings);
		conf = help_load("pki.conf", text, &errors);
		expect(
		    rows[i].settings, conf == NULL ? buf_cstr(&errors.text) : NULL, rows[i].error);
		expect(rows[i].settings,
		    errors.warnings_count > 0 ? buf_cstr(&errors.warnings) : NULL, rows[i].warning);
		conf_errors_fini(&errors);
		conf_unref(conf);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_keys),
	    cmocka_unit_test(test_hashes),
	    cmocka_unit_test(test_paths),
	    cmocka_unit_test(test_warnings),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
