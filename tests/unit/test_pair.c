/* SPDX-License-Identifier: Apache-2.0 */
/* pki/pair.c: what a PKCS#7 may hold and which certificate of it is the leaf; when two leaves are
 * two; whose signatures fit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/pair_help.h"

#include <openssl/err.h>
#include <stdio.h>
#include <string.h>

#include "common/buf.h"
#include "pki/pair.h"
#include "pki/strength.h"
#include "pki/verdict.h"

static struct made root, middle, leaf, other;

static int
group_setup(UNUSED void **state)
{
	root = made_new(&(struct order){.name = "Root", .ca = true});
	middle = made_new(&(struct order){.name = "Middle", .ca = true, .by = &root});
	leaf = made_new(&(struct order){.name = "leaf", .by = &middle});
	other = made_new(&(struct order){.name = "other", .by = &middle});
	return 0;
}

static int
group_teardown(UNUSED void **state)
{
	made_free(&root);
	made_free(&middle);
	made_free(&leaf);
	made_free(&other);
	return 0;
}

/* ---- certificates ---- */

/* Read bytes; the leaf must be this one. want NULL: a refusal with err and why. */
static void
expect_read(const struct buf *der, const X509 *want, size_t len, enum err err, const char *reason)
{
	uint8_t *copy = malloc(der->len > 0 ? der->len : 1); /* for ASan */
	struct pair_chain chain = {0};
	const char *why = NULL;
	enum err got;

	if (der->len > 0)
		memcpy(copy, der->data, der->len);
	got = pair_chain_read(copy, der->len, &chain, &why);
	free(copy);
	assert_int_equal(ERR_peek_error(), 0);
	if (got != err)
		fail_msg("expected %s, got %s (%s)", err_str(err), err_str(got),
		    why != NULL ? why : "no reason");
	if (want == NULL) {
		if (why == NULL || strstr(why, reason) == NULL)
			fail_msg("expected \"%s\", got \"%s\"", reason, why);
		return;
	}
	assert_int_equal(chain.len, len);
	assert_int_equal(X509_cmp(chain.certs[0], want), 0);
	for (size_t i = 1; i < chain.len; i++)
		assert_int_not_equal(X509_check_ca(chain.certs[i]), 0);
	pair_chain_fini(&chain);
	assert_int_equal(chain.len, 0);
}

static void
test_sets(UNUSED void **state)
{
	const struct {
		X509 *certs[4];
		size_t len; /* of the chain; 0: refused */
		enum err err;
		const char *why;
	} rows[] = {
	    {{leaf.cert}, 1, ERR_OK, NULL},
	    {{leaf.cert, middle.cert}, 2, ERR_OK, NULL},
	    {{middle.cert, leaf.cert}, 2, ERR_OK, NULL},
	    {{root.cert, middle.cert, leaf.cert}, 3, ERR_OK, NULL},
	    {{root.cert, leaf.cert, middle.cert}, 3, ERR_OK, NULL},
	    {{NULL}, 0, ERR_NOTFOUND, "no certificate"},
	    {{middle.cert}, 0, ERR_NOTFOUND, "only CA certificates"},
	    {{middle.cert, root.cert}, 0, ERR_NOTFOUND, "only CA certificates"},
	    {{leaf.cert, other.cert}, 0, ERR_NOTFOUND, "more than one"},
	    {{leaf.cert, middle.cert, other.cert}, 0, ERR_NOTFOUND, "more than one"},
	    {{leaf.cert, leaf.cert}, 0, ERR_EXISTS, "twice"},
	    {{middle.cert, leaf.cert, middle.cert}, 0, ERR_EXISTS, "twice"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		for (unsigned kind = 0; kind < PAIR_HELP_KINDS; kind++) {
			struct buf der;

			pair_help_pkcs7(rows[i].certs, 4, kind, &der);
			expect_read(&der, rows[i].len > 0 ? leaf.cert : NULL, rows[i].len,
			    rows[i].err, rows[i].why);
			buf_fini(&der);
		}
	}
}

static void
test_too_many(UNUSED void **state)
{
	struct made cas[PAIR_CERTIFICATES_MAX];
	X509 *certs[PAIR_CERTIFICATES_MAX + 1];
	struct buf der;

	for (size_t i = 0; i < ARRAY_LEN(cas); i++) {
		char name[] = {'c', (char)('a' + i), '\0'};

		cas[i] = made_new(&(struct order){.name = name, .ca = true, .by = &root});
		certs[i] = cas[i].cert;
	}
	certs[PAIR_CERTIFICATES_MAX] = leaf.cert;
	pair_help_pkcs7(certs, ARRAY_LEN(certs), PAIR_HELP_DATA, &der);
	expect_read(&der, NULL, 0, ERR_LIMIT, "too many certificates");
	buf_fini(&der);
	pair_help_pkcs7(certs + 1, ARRAY_LEN(certs) - 1, PAIR_HELP_DATA, &der);
	expect_read(&der, leaf.cert, PAIR_CERTIFICATES_MAX, ERR_OK, NULL);
	buf_fini(&der);
	for (size_t i = 0; i < ARRAY_LEN(cas); i++)
		made_free(&cas[i]);
}

/* Odd certificates: an extension of so many bytes, and a serial below zero. */
static void
test_odd_certificates(UNUSED void **state)
{
	const struct {
		size_t extension;
		enum err err;
		const char *why;
	} rows[] = {
	    {0, ERR_OK, NULL},
	    {12000, ERR_OK, NULL},
	    {VERDICT_DER_MAX, ERR_LIMIT, "a certificate is too big"},
	    {40000, ERR_LIMIT, "a certificate is too big"},
	    {1024 * 1024, ERR_LIMIT, "PKCS#7 is too big"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct made odd = made_new(&(struct order){.name = "odd", .by = &middle});
		X509 *certs[] = {middle.cert, odd.cert};
		struct buf der;

		assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(odd.cert), -129), 1);
		pair_help_extend(&odd, &middle, rows[i].extension);
		pair_help_pkcs7(certs, 2, PAIR_HELP_DATA, &der);
		expect_read(
		    &der, rows[i].err == ERR_OK ? odd.cert : NULL, 2, rows[i].err, rows[i].why);
		buf_fini(&der);
		made_free(&odd);
	}
}

/* A certificate whose extensions contradict what they are. */
static void
test_broken_extension(UNUSED void **state)
{
	struct made bad = made_new(&(struct order){.name = "bad", .by = &middle});
	ASN1_OCTET_STRING *junk = ASN1_OCTET_STRING_new();
	X509_EXTENSION *ext;
	X509 *certs[] = {bad.cert};
	struct buf der;

	assert_int_equal(ASN1_OCTET_STRING_set(junk, (const unsigned char *)"junk", 4), 1);
	ext = X509_EXTENSION_create_by_NID(NULL, NID_basic_constraints, 1, junk);
	assert_int_equal(X509_add_ext(bad.cert, ext, -1), 1);
	assert_true(X509_sign(bad.cert, middle.key, EVP_sha256()) > 0);
	pair_help_pkcs7(certs, 1, PAIR_HELP_DATA, &der);
	expect_read(&der, NULL, 0, ERR_SYNTAX, "a certificate is malformed");
	buf_fini(&der);
	X509_EXTENSION_free(ext);
	ASN1_OCTET_STRING_free(junk);
	made_free(&bad);
}

static void
test_garbage(UNUSED void **state)
{
	static const uint8_t not_signed[] = {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7,
	    0x0d, 0x01, 0x07, 0x01, 0xa0, 0x00};
	static const uint8_t without[] = {
	    0x30, 0x0b, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02};
	X509 *certs[] = {leaf.cert, middle.cert};
	struct buf der, nest;
	size_t len;

	buf_init(&nest, 2 * 1024 * 1024);
	expect_read(&nest, NULL, 0, ERR_SYNTAX, "there is no PKCS#7");
	buf_put(&nest, not_signed, sizeof not_signed - 2);
	nest.data[1] = 0x0b;
	expect_read(&nest, NULL, 0, ERR_SYNTAX, "not SignedData");
	buf_reset(&nest);
	buf_put(&nest, without, sizeof without);
	expect_read(&nest, NULL, 0, ERR_SYNTAX, "not SignedData");
	/* Deeply nested, to the size that is read. */
	buf_reset(&nest);
	while (nest.len < PAIR_PKCS7_MAX)
		buf_put(&nest, "\x30\x80", 2);
	expect_read(&nest, NULL, 0, ERR_SYNTAX, "malformed");
	buf_put_u8(&nest, 0);
	expect_read(&nest, NULL, 0, ERR_LIMIT, "too big");
	while (nest.len < 1024 * 1024)
		buf_put(&nest, "\x30\x80", 2);
	expect_read(&nest, NULL, 0, ERR_LIMIT, "too big");
	buf_fini(&nest);
	/* Cut anywhere, and with something behind it. */
	pair_help_pkcs7(certs, 2, PAIR_HELP_DATA, &der);
	len = der.len;
	for (der.len = 1; der.len < len; der.len++)
		expect_read(&der, NULL, 0, ERR_SYNTAX, "malformed");
	buf_put_u8(&der, 0);
	expect_read(&der, NULL, 0, ERR_SYNTAX, "behind");
	der.len = len;
	buf_put(&der, der.data, 40);
	expect_read(&der, NULL, 0, ERR_SYNTAX, "behind");
	buf_fini(&der);
}

static void
test_signers(UNUSED void **state)
{
	BIO *bio = BIO_new(BIO_s_mem());
	PKCS7 *p7 = PKCS7_sign(leaf.cert, leaf.key, NULL, bio, PKCS7_BINARY | PKCS7_DETACHED);
	unsigned char *data = NULL;
	struct buf der;
	int len;

	assert_non_null(p7);
	len = i2d_PKCS7(p7, &data);
	buf_init(&der, PAIR_PKCS7_MAX);
	buf_put(&der, data, (size_t)len);
	expect_read(&der, NULL, 0, ERR_SYNTAX, "has signers");
	buf_fini(&der);
	OPENSSL_free(data);
	PKCS7_free(p7);
	BIO_free(bio);
}

static void
test_crls(UNUSED void **state)
{
	X509 *certs[] = {leaf.cert};
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *now = ASN1_TIME_set(NULL, 0);
	unsigned char *data = NULL;
	const unsigned char *p;
	struct buf der;
	PKCS7 *p7;
	int len;

	assert_int_equal(X509_CRL_set_issuer_name(crl, X509_get_subject_name(root.cert)), 1);
	assert_int_equal(X509_CRL_set1_lastUpdate(crl, now), 1);
	assert_true(X509_CRL_sign(crl, root.key, EVP_sha256()) > 0);
	pair_help_pkcs7(certs, 1, PAIR_HELP_DATA, &der);
	p = der.data;
	p7 = d2i_PKCS7(NULL, &p, (long)der.len);
	assert_int_equal(PKCS7_add_crl(p7, crl), 1);
	len = i2d_PKCS7(p7, &data);
	buf_reset(&der);
	buf_put(&der, data, (size_t)len);
	expect_read(&der, NULL, 0, ERR_SYNTAX, "has CRLs");
	buf_fini(&der);
	OPENSSL_free(data);
	PKCS7_free(p7);
	X509_CRL_free(crl);
	ASN1_TIME_free(now);
}

/* ---- two leaves ---- */

static void
test_differs(UNUSED void **state)
{
	EVP_PKEY *rsa = EVP_RSA_gen(2048);
	struct made twin = made_new(&(struct order){
	    .name = "twin", .by = &middle, .key = (EVP_PKEY_up_ref(leaf.key), leaf.key)});
	struct made rsa1 = made_new(
	    &(struct order){.name = "rsa", .by = &root, .key = (EVP_PKEY_up_ref(rsa), rsa)});
	struct made rsa2 = made_new(
	    &(struct order){.name = "rsa", .by = &root, .key = (EVP_PKEY_up_ref(rsa), rsa)});
	struct made rsa3 =
	    made_new(&(struct order){.name = "rsa", .by = &root, .key = EVP_RSA_gen(2048)});
	struct made pss =
	    made_new(&(struct order){.name = "pss", .by = &root, .key = pair_help_as_pss(rsa)});
	struct made pss2 =
	    made_new(&(struct order){.name = "pss", .by = &root, .key = pair_help_pss(2048)});
	struct made p384 =
	    made_new(&(struct order){.name = "p384", .by = &root, .key = EVP_EC_gen("P-384")});
	struct made ed = made_new(&(struct order){
	    .name = "ed", .by = &root, .key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")});
	const struct {
		const struct made *a, *b;
		bool differs;
	} rows[] = {
	    {&leaf, &other, true},
	    {&leaf, &leaf, false},
	    {&leaf, &twin, false},
	    {&leaf, &rsa1, true},
	    {&leaf, &p384, true},
	    {&leaf, &ed, true},
	    {&ed, &ed, false},
	    {&rsa1, &rsa2, false},
	    {&rsa1, &rsa3, true},
	    {&rsa1, &pss, false}, /* one key under two names */
	    {&rsa3, &pss, true},
	    {&pss, &pss2, true},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (pair_differs(rows[i].a->cert, rows[i].b->cert) != rows[i].differs ||
		    pair_differs(rows[i].b->cert, rows[i].a->cert) != rows[i].differs)
			fail_msg("row %zu: expected %d", i, rows[i].differs);
		assert_int_equal(ERR_peek_error(), 0);
	}
	EVP_PKEY_free(rsa);
	made_free(&twin);
	made_free(&rsa1);
	made_free(&rsa2);
	made_free(&rsa3);
	made_free(&pss);
	made_free(&pss2);
	made_free(&p384);
	made_free(&ed);
}

/* ---- signatures ---- */

static const char request[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<config-auth>1</config-auth>\n";

static void
expect_signature(struct made *made, const char *hash, const void *signature, size_t len,
    const char *data, enum err err, const char *reason)
{
	struct strength strength;
	const char *why = NULL;
	enum err got;

	strength_read(&strength, NULL);
	got = pair_signature(&strength, made->cert, hash, signature, len, data, strlen(data), &why);

	assert_int_equal(ERR_peek_error(), 0);
	if (got != err || (err != ERR_OK && strstr(why, reason) == NULL))
		fail_msg("%s: expected %s (%s), got %s (%s)", hash, err_str(err),
		    reason != NULL ? reason : "", err_str(got), why != NULL ? why : "");
}

/* What each kind of key signs with each of the hashes. */
static void
test_keys(UNUSED void **state)
{
	static const char *const hashes[] = {"sha256", "sha384", "sha512"};
	const struct {
		EVP_PKEY *key;
		const char *why; /* NULL: believed */
	} rows[] = {
	    {EVP_RSA_gen(2048), NULL},
	    {EVP_RSA_gen(3072), NULL},
	    {pair_help_pss(2048), NULL},
	    {EVP_EC_gen("P-256"), NULL},
	    {EVP_EC_gen("P-384"), NULL},
	    {EVP_EC_gen("P-521"), NULL},
	    {EVP_RSA_gen(1024), "less than 2048"},
	    {pair_help_pss(1024), "less than 2048"},
	    {EVP_EC_gen("P-224"), "not on a curve"},
	    {EVP_EC_gen("secp256k1"), "not on a curve"},
	    {EVP_EC_gen("brainpoolP256r1"), "not on a curve"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct made made =
		    made_new(&(struct order){.name = "x", .by = &root, .key = rows[i].key});

		for (size_t k = 0; k < ARRAY_LEN(hashes); k++) {
			uint8_t signature[1024];
			size_t len = pair_help_sign(
			    made.key, hashes[k], 0, request, signature, sizeof signature);
			enum err err = rows[i].why == NULL ? ERR_OK : ERR_UNSUPPORTED;

			expect_signature(
			    &made, hashes[k], signature, len, request, err, rows[i].why);
		}
		made_free(&made);
	}
}

/* Keys that say nothing about a signature's hash, or are absurd. */
static void
test_odd_keys(UNUSED void **state)
{
	struct made ed = made_new(&(struct order){
	    .name = "ed", .by = &root, .key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")});
	struct made huge = made_new(
	    &(struct order){.name = "huge", .by = &root, .key = pair_help_huge_rsa(16384)});
	uint8_t signature[2048] = {1};

	expect_signature(
	    &ed, "sha512", signature, 64, request, ERR_UNSUPPORTED, "neither RSA nor EC");
	expect_signature(
	    &huge, "sha512", signature, 2048, request, ERR_UNSUPPORTED, "more than 8192 bits");
	made_free(&ed);
	made_free(&huge);
}

static void
test_hashes(UNUSED void **state)
{
	struct made rsa =
	    made_new(&(struct order){.name = "rsa", .by = &root, .key = EVP_RSA_gen(2048)});
	const struct {
		const char *signed_with, *said;
		enum err err;
		const char *why;
	} rows[] = {
	    {"sha256", "sha256", ERR_OK, NULL},
	    {"sha512", "sha256", ERR_DENIED, "does not fit"},
	    {"sha256", "sha512", ERR_DENIED, "does not fit"},
	    {"sha1", "sha256", ERR_DENIED, "does not fit"},
	    {"sha1", "sha1", ERR_UNSUPPORTED, "none of"},
	    {"md5", "md5", ERR_UNSUPPORTED, "none of"},
	    {"sha224", "sha224", ERR_UNSUPPORTED, "none of"},
	    {"sha512", "SHA512", ERR_UNSUPPORTED, "none of"},
	    {"sha512", "sha-512", ERR_UNSUPPORTED, "none of"},
	    {"sha512", "sha5122", ERR_UNSUPPORTED, "none of"},
	    {"sha512", "", ERR_UNSUPPORTED, "none of"},
	};
	struct made *keys[] = {&leaf, &rsa};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		for (size_t k = 0; k < ARRAY_LEN(keys); k++) {
			uint8_t signature[1024];
			size_t len = pair_help_sign(keys[k]->key, rows[i].signed_with, 0, request,
			    signature, sizeof signature);

			expect_signature(keys[k], rows[i].said, signature, len, request,
			    rows[i].err, rows[i].why);
		}
	}
	made_free(&rsa);
}

/* The padding follows from the kind of key: the client has no choice. */
static void
test_padding(UNUSED void **state)
{
	struct made rsa =
	    made_new(&(struct order){.name = "rsa", .by = &root, .key = EVP_RSA_gen(2048)});
	struct made pss =
	    made_new(&(struct order){.name = "pss", .by = &root, .key = pair_help_as_pss(rsa.key)});
	uint8_t signature[1024];
	size_t len;

	len = pair_help_sign(
	    rsa.key, "sha256", RSA_PKCS1_PSS_PADDING, request, signature, sizeof signature);
	expect_signature(&rsa, "sha256", signature, len, request, ERR_DENIED, "does not fit");
	expect_signature(&pss, "sha256", signature, len, request, ERR_OK, NULL);
	len = pair_help_sign(
	    rsa.key, "sha256", RSA_PKCS1_PADDING, request, signature, sizeof signature);
	expect_signature(&rsa, "sha256", signature, len, request, ERR_OK, NULL);
	expect_signature(&pss, "sha256", signature, len, request, ERR_DENIED, "does not fit");
	made_free(&rsa);
	made_free(&pss);
}

/* One bit anywhere, in what was signed or in the signature; another one's key; other lengths. */
static void
test_altered(UNUSED void **state)
{
	struct made rsa =
	    made_new(&(struct order){.name = "rsa", .by = &root, .key = EVP_RSA_gen(2048)});
	struct made *keys[] = {&leaf, &rsa};

	for (size_t k = 0; k < ARRAY_LEN(keys); k++) {
		struct made *made = keys[k];
		uint8_t signature[1024] = {0};
		char data[sizeof request];
		size_t len =
		    pair_help_sign(made->key, "sha384", 0, request, signature, sizeof signature);

		memcpy(data, request, sizeof data);
		for (size_t i = 0; i < sizeof request - 1; i++) {
			data[i] ^= 1;
			expect_signature(
			    made, "sha384", signature, len, data, ERR_DENIED, "does not fit");
			data[i] ^= 1;
		}
		for (size_t i = 0; i < len; i++) {
			signature[i] ^= 1;
			expect_signature(made, "sha384", signature, len, data, ERR_DENIED, "");
			signature[i] ^= 1;
		}
		expect_signature(made, "sha384", signature, len, data, ERR_OK, NULL);
		expect_signature(made, "sha384", signature, len - 1, data, ERR_DENIED, "");
		expect_signature(made, "sha384", signature, len + 1, data, ERR_DENIED, "");
		expect_signature(made, "sha384", signature, 0, data, ERR_DENIED, "length");
		expect_signature(
		    made, "sha384", signature, sizeof signature, data, ERR_DENIED, "length");
		expect_signature(made, "sha384", signature, len, "", ERR_DENIED, "does not fit");
		expect_signature(keys[1 - k], "sha384", signature, len, data, ERR_DENIED, "");
		expect_signature(&other, "sha384", signature, len, data, ERR_DENIED, "");
	}
	made_free(&rsa);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sets),
	    cmocka_unit_test(test_too_many),
	    cmocka_unit_test(test_odd_certificates),
	    cmocka_unit_test(test_broken_extension),
	    cmocka_unit_test(test_garbage),
	    cmocka_unit_test(test_signers),
	    cmocka_unit_test(test_crls),
	    cmocka_unit_test(test_differs),
	    cmocka_unit_test(test_keys),
	    cmocka_unit_test(test_odd_keys),
	    cmocka_unit_test(test_hashes),
	    cmocka_unit_test(test_padding),
	    cmocka_unit_test(test_altered),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
