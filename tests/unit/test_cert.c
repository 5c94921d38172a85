/* SPDX-License-Identifier: Apache-2.0 */
/* Names of a certificate: the ASA's words for them, and what is refused. The certificates are made
 * here, because no tool would make the bad ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "common/cert.h"

static EVP_PKEY *key;

/* A certificate under way, with a number and nothing else. */
static X509 *
start(void)
{
	X509 *x509 = X509_new();

	assert_non_null(x509);
	assert_int_equal(X509_set_version(x509, 2), 1);
	assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(x509), 0x1234), 1);
	assert_non_null(X509_gmtime_adj(X509_getm_notBefore(x509), 0));
	assert_non_null(X509_gmtime_adj(X509_getm_notAfter(x509), 86400));
	assert_int_equal(X509_set_pubkey(x509, key), 1);
	return x509;
}

/* An attribute with these very bytes; set -1: in the same RDN as the one before. */
static void
put_bytes(X509_NAME *name, const char *oid, int type, const void *data, int len, int set)
{
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	X509_NAME_ENTRY *entry = X509_NAME_ENTRY_create_by_OBJ(NULL, object, type, data, len);

	assert_non_null(entry);
	assert_int_equal(X509_NAME_add_entry(name, entry, -1, set), 1);
	X509_NAME_ENTRY_free(entry);
	ASN1_OBJECT_free(object);
}

static void
put(X509_NAME *name, const char *oid, const char *value)
{
	put_bytes(name, oid, V_ASN1_UTF8STRING, value, (int)strlen(value), 0);
}

/* Sign, encode, read; the certificate is freed. */
static enum err
finish(X509 *x509, Ipc__CertNames **out)
{
	unsigned char *der = NULL;

	assert_true(X509_sign(x509, key, EVP_sha256()) > 0);
	int len = i2d_X509(x509, &der);
	assert_true(len > 0);
	X509_free(x509);
	enum err err = cert_names_read(der, (size_t)len, out);
	OPENSSL_free(der);
	return err;
}

static void
expect_refused(X509 *x509, enum err wanted)
{
	Ipc__CertNames *names = NULL;

	assert_int_equal(finish(x509, &names), wanted);
	assert_null(names);
}

static void
expect_attr(Ipc__CertAttr *const *attrs, size_t at, const char *tag, const char *value)
{
	assert_string_equal(attrs[at]->tag, tag);
	assert_string_equal(attrs[at]->value, value);
}

static void
test_names(void **state)
{
	X509 *x509 = start();
	X509_NAME *subject = X509_get_subject_name(x509), *issuer = X509_get_issuer_name(x509);
	Ipc__CertNames *names = NULL;

	(void)state;
	put(subject, "2.5.4.6", "DE");
	put(subject, "2.5.4.8", "North");
	put(subject, "2.5.4.10", "Corp, Ltd");
	put(subject, "2.5.4.11", "Sales");
	put(subject, "2.5.4.11", "Staff");
	put(subject, "2.5.4.3", "Jäne");
	put_bytes(subject, "1.2.840.113549.1.9.1", V_ASN1_IA5STRING, "jane@corp.example", 17, -1);
	put(subject, "1.3.6.1.4.1.99999.1", "own");
	put_bytes(issuer, "2.5.4.3", V_ASN1_BMPSTRING, "\0C\0\xc4", 4, 0);
	assert_int_equal(finish(x509, &names), ERR_OK);

	assert_int_equal(names->n_subject, 8);
	expect_attr(names->subject, 0, "1.3.6.1.4.1.99999.1", "own");
	expect_attr(names->subject, 1, "ea", "jane@corp.example");
	expect_attr(names->subject, 2, "cn", "Jäne");
	expect_attr(names->subject, 3, "ou", "Staff");
	expect_attr(names->subject, 4, "ou", "Sales");
	expect_attr(names->subject, 5, "o", "Corp, Ltd");
	expect_attr(names->subject, 6, "sp", "North");
	expect_attr(names->subject, 7, "c", "DE");
	assert_string_equal(names->subject_name, "1.3.6.1.4.1.99999.1=own,ea=jane@corp.example+"
						 "cn=Jäne,ou=Staff,ou=Sales,o=Corp\\, Ltd,"
						 "st=North,c=DE");
	assert_int_equal(names->n_issuer, 1);
	expect_attr(names->issuer, 0, "cn", "CÄ");
	assert_string_equal(names->issuer_name, "cn=CÄ");
	assert_string_equal(names->serial, "1234");
	assert_int_equal(names->n_alt_subject_name, 0);
	assert_int_equal(names->n_extended_key_usage, 0);
	ipc__cert_names__free_unpacked(names, NULL);
}

static const struct {
	const char *oid, *tag;
} tags[] = {
    {"2.5.4.4", "sn"},
    {"2.5.4.5", "ser"},
    {"2.5.4.7", "l"},
    {"2.5.4.12", "t"},
    {"2.5.4.41", "n"},
    {"2.5.4.42", "gn"},
    {"2.5.4.43", "i"},
    {"2.5.4.44", "genq"},
    {"2.5.4.46", "dnq"},
    {"0.9.2342.19200300.100.1.1", "uid"},
    {"0.9.2342.19200300.100.1.25", "dc"},
    {"1.2.840.113549.1.9.8", "ip"},
};

static void
test_tags(void **state)
{
	Ipc__CertNames *names = NULL;
	X509 *x509 = start();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(tags); i++)
		put(X509_get_subject_name(x509), tags[i].oid, tags[i].tag);
	assert_int_equal(finish(x509, &names), ERR_OK);
	assert_int_equal(names->n_subject, ARRAY_LEN(tags));
	for (size_t i = 0; i < ARRAY_LEN(tags); i++)
		expect_attr(names->subject, ARRAY_LEN(tags) - 1 - i, tags[i].tag, tags[i].tag);
	ipc__cert_names__free_unpacked(names, NULL);
}

/* Nobody writes another attribute into the value of his own. */
static void
test_line_is_escaped(void **state)
{
	Ipc__CertNames *names = NULL;
	X509 *x509 = start();

	(void)state;
	put(X509_get_subject_name(x509), "2.5.4.3", "x,ou=Admins+o=\\");
	assert_int_equal(finish(x509, &names), ERR_OK);
	assert_string_equal(names->subject_name, "cn=x\\,ou\\=Admins\\+o\\=\\\\");
	assert_string_equal(names->subject[0]->value, "x,ou=Admins+o=\\");
	ipc__cert_names__free_unpacked(names, NULL);
}

/* ---- extensions ---- */

static GENERAL_NAME *
alt_text(int type, const void *data, int len)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_STRING *text =
	    ASN1_STRING_type_new(type == GEN_IPADD ? V_ASN1_OCTET_STRING : V_ASN1_IA5STRING);

	assert_true(name != NULL && text != NULL);
	assert_int_equal(ASN1_STRING_set(text, data, len), 1);
	GENERAL_NAME_set0_value(name, type, text);
	return name;
}

static GENERAL_NAME *
alt_upn(const char *oid, int type, const char *value)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_TYPE *any = ASN1_TYPE_new();
	ASN1_STRING *text = ASN1_STRING_type_new(type);

	assert_true(name != NULL && any != NULL && text != NULL);
	assert_int_equal(ASN1_STRING_set(text, value, -1), 1);
	ASN1_TYPE_set(any, type, text);
	assert_int_equal(GENERAL_NAME_set0_othername(name, OBJ_txt2obj(oid, 1), any), 1);
	return name;
}

static void
add_alts(X509 *x509, GENERAL_NAMES *list)
{
	assert_int_equal(X509_add1_ext_i2d(x509, NID_subject_alt_name, list, 0, 0), 1);
	GENERAL_NAMES_free(list);
}

static void
test_extensions(void **state)
{
	static const char *const wanted[] = {"jane@corp.example", "pc.corp.example",
	    "https://corp.example/jane", "192.0.2.7", "2001:db8::7", "jane@ad.example"};
	GENERAL_NAMES *list = GENERAL_NAMES_new();
	EXTENDED_KEY_USAGE *usages = EXTENDED_KEY_USAGE_new();
	X509 *x509 = start();
	Ipc__CertNames *names = NULL;

	(void)state;
	sk_GENERAL_NAME_push(list, alt_text(GEN_EMAIL, "jane@corp.example", 17));
	sk_GENERAL_NAME_push(list, alt_text(GEN_DNS, "pc.corp.example", 15));
	sk_GENERAL_NAME_push(list, alt_text(GEN_URI, "https://corp.example/jane", 25));
	sk_GENERAL_NAME_push(list, alt_text(GEN_IPADD, "\xc0\0\2\7", 4));
	sk_GENERAL_NAME_push(
	    list, alt_text(GEN_IPADD, "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\7", 16));
	sk_GENERAL_NAME_push(list, alt_upn("1.2.3.4", V_ASN1_UTF8STRING, "not spoken of"));
	sk_GENERAL_NAME_push(
	    list, alt_upn("1.3.6.1.4.1.311.20.2.3", V_ASN1_UTF8STRING, "jane@ad.example"));
	add_alts(x509, list);
	sk_ASN1_OBJECT_push(usages, OBJ_nid2obj(NID_client_auth));
	sk_ASN1_OBJECT_push(usages, OBJ_txt2obj("1.3.6.1.4.1.311.20.2.2", 1));
	assert_int_equal(X509_add1_ext_i2d(x509, NID_ext_key_usage, usages, 0, 0), 1);
	EXTENDED_KEY_USAGE_free(usages);
	assert_int_equal(finish(x509, &names), ERR_OK);
	assert_int_equal(names->n_alt_subject_name, ARRAY_LEN(wanted));
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
		assert_string_equal(names->alt_subject_name[i], wanted[i]);
	assert_int_equal(names->n_extended_key_usage, 2);
	assert_string_equal(names->extended_key_usage[0], "1.3.6.1.5.5.7.3.2");
	assert_string_equal(names->extended_key_usage[1], "1.3.6.1.4.1.311.20.2.2");
	ipc__cert_names__free_unpacked(names, NULL);
}

/* ---- what is refused ---- */

static X509 *
with_alt(GENERAL_NAME *name)
{
	GENERAL_NAMES *list = GENERAL_NAMES_new();
	X509 *x509 = start();

	sk_GENERAL_NAME_push(list, name);
	add_alts(x509, list);
	return x509;
}

static X509 *
with_cn(int type, const void *data, int len)
{
	X509 *x509 = start();

	put_bytes(X509_get_subject_name(x509), "2.5.4.3", type, data, len, 0);
	return x509;
}

/* A common name that OpenSSL would not write: put into the place of one that it did. */
static void
expect_bad_cn(int type, const void *data, size_t len)
{
	X509 *x509 = with_cn(V_ASN1_UTF8STRING, "QQQQQQQQ", (int)len);
	unsigned char *der = NULL;
	Ipc__CertNames *names = NULL;

	assert_true(X509_sign(x509, key, EVP_sha256()) > 0);
	int der_len = i2d_X509(x509, &der);
	X509_free(x509);
	uint8_t *place = memmem(der, (size_t)der_len, "QQQQQQQQ", len);
	assert_non_null(place);
	place[-2] = (uint8_t)type;
	memcpy(place, data, len);
	assert_int_equal(cert_names_read(der, (size_t)der_len, &names), ERR_SYNTAX);
	assert_null(names);
	OPENSSL_free(der);
}

static void
test_bad_text(void **state)
{
	(void)state;
	expect_bad_cn(V_ASN1_UTF8STRING, "gw\0evil", 7);
	expect_bad_cn(V_ASN1_UTF8STRING, "\xff", 1);
	expect_bad_cn(V_ASN1_UTF8STRING, "\xc0\x80", 2);
	expect_bad_cn(V_ASN1_UTF8STRING, "\xed\xa0\x80", 3);
	expect_bad_cn(V_ASN1_BMPSTRING, "\0a\0\0", 4);
	expect_bad_cn(V_ASN1_BMPSTRING, "\0a\0", 3);
	expect_refused(with_alt(alt_text(GEN_DNS, "gw\0.evil", 8)), ERR_SYNTAX);
	expect_refused(with_alt(alt_text(GEN_EMAIL, "\xe4@x", 3)), ERR_SYNTAX);
	expect_refused(with_alt(alt_text(GEN_IPADD, "\1\2\3\4\5", 5)), ERR_SYNTAX);
	expect_refused(
	    with_alt(alt_upn("1.3.6.1.4.1.311.20.2.3", V_ASN1_IA5STRING, "jane")), ERR_SYNTAX);
}

static void
test_limits(void **state)
{
	static char text[4200];
	GENERAL_NAMES *list = GENERAL_NAMES_new();
	X509 *x509 = start();
	Ipc__CertNames *names = NULL;

	(void)state;
	memset(text, 'x', sizeof(text));
	assert_int_equal(finish(with_cn(V_ASN1_UTF8STRING, text, 1024), &names), ERR_OK);
	assert_int_equal(strlen(names->subject[0]->value), 1024);
	ipc__cert_names__free_unpacked(names, NULL);
	names = NULL;
	expect_refused(with_cn(V_ASN1_UTF8STRING, text, 1025), ERR_LIMIT);
	expect_refused(with_cn(V_ASN1_UTF8STRING, text, 4200), ERR_LIMIT);
	expect_refused(with_alt(alt_text(GEN_DNS, text, 1025)), ERR_LIMIT);
	for (int i = 0; i < 257; i++)
		sk_GENERAL_NAME_push(list, alt_text(GEN_DNS, "a", 1));
	add_alts(x509, list);
	expect_refused(x509, ERR_LIMIT);
	x509 = start();
	for (int i = 0; i < 65; i++)
		put(X509_get_subject_name(x509), "2.5.4.11", "a");
	expect_refused(x509, ERR_LIMIT);
	x509 = start();
	for (int i = 0; i < 17; i++)
		put_bytes(
		    X509_get_subject_name(x509), "2.5.4.11", V_ASN1_UTF8STRING, text, 1000, 0);
	expect_refused(x509, ERR_LIMIT); /* the one-line name */
}

/* The same extension twice, and one that cannot be read, are not the same as none. */
static void
test_bad_extensions(void **state)
{
	X509 *x509 = with_alt(alt_text(GEN_DNS, "a", 1));
	GENERAL_NAMES *list = GENERAL_NAMES_new();
	ASN1_OCTET_STRING *bytes = ASN1_OCTET_STRING_new();

	(void)state;
	sk_GENERAL_NAME_push(list, alt_text(GEN_DNS, "b", 1));
	assert_int_equal(
	    X509_add1_ext_i2d(x509, NID_subject_alt_name, list, 0, X509V3_ADD_APPEND), 1);
	GENERAL_NAMES_free(list);
	expect_refused(x509, ERR_SYNTAX);

	x509 = start();
	assert_int_equal(ASN1_OCTET_STRING_set(bytes, (const unsigned char *)"\x30\x05", 2), 1);
	X509_EXTENSION *extension = X509_EXTENSION_create_by_NID(NULL, NID_ext_key_usage, 0, bytes);
	assert_int_equal(X509_add_ext(x509, extension, -1), 1);
	X509_EXTENSION_free(extension);
	ASN1_OCTET_STRING_free(bytes);
	expect_refused(x509, ERR_SYNTAX);
}

static void
test_serial(void **state)
{
	X509 *x509 = start();
	ASN1_INTEGER *serial = X509_get_serialNumber(x509);
	Ipc__CertNames *names = NULL;
	static unsigned char bytes[70] = {0xea};

	(void)state;
	assert_int_equal(ASN1_STRING_set(serial, bytes, 9), 1);
	assert_int_equal(finish(x509, &names), ERR_OK);
	assert_string_equal(names->serial, "00ea0000000000000000");
	ipc__cert_names__free_unpacked(names, NULL);
	x509 = start();
	assert_int_equal(ASN1_STRING_set(X509_get_serialNumber(x509), bytes, 70), 1);
	expect_refused(x509, ERR_LIMIT);
}

static void
test_not_a_certificate(void **state)
{
	static const uint8_t zeros[65537];
	Ipc__CertNames *names = NULL;
	unsigned char *der = NULL;
	X509 *x509 = start();

	(void)state;
	assert_int_equal(cert_names_read("", 0, &names), ERR_SYNTAX);
	assert_int_equal(cert_names_read("0", 1, &names), ERR_SYNTAX);
	assert_int_equal(cert_names_read(zeros, sizeof(zeros), &names), ERR_LIMIT);
	/* Something behind it, and every cut. */
	assert_true(X509_sign(x509, key, EVP_sha256()) > 0);
	int len = i2d_X509(x509, &der);
	uint8_t *longer = calloc(1, (size_t)len + 1);
	memcpy(longer, der, (size_t)len);
	assert_int_equal(cert_names_read(longer, (size_t)len + 1, &names), ERR_SYNTAX);
	for (int i = 0; i < len; i++)
		assert_int_equal(cert_names_read(der, (size_t)i, &names), ERR_SYNTAX);
	assert_null(names);
	free(longer);
	OPENSSL_free(der);
	X509_free(x509);
}

/* ---- files ---- */

static void
test_file(void **state)
{
	static const uint8_t big[1024 * 1024 + 1];
	X509 *one = with_cn(V_ASN1_UTF8STRING, "one", 3), *two = start();
	BIO *bio = BIO_new(BIO_s_mem());
	Ipc__CertNames *names = NULL;
	unsigned char *der = NULL;
	char *text;

	(void)state;
	assert_true(X509_sign(one, key, EVP_sha256()) > 0);
	assert_true(X509_sign(two, key, EVP_sha256()) > 0);
	BIO_puts(bio, "Bag Attributes\n");
	assert_int_equal(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
	assert_int_equal(PEM_write_bio_X509(bio, one), 1);
	assert_int_equal(PEM_write_bio_X509(bio, two), 1);
	long text_len = BIO_get_mem_data(bio, &text);
	assert_int_equal(cert_names_read_file(text, (size_t)text_len, &names), ERR_OK);
	assert_string_equal(names->subject_name, "cn=one");
	ipc__cert_names__free_unpacked(names, NULL);
	int len = i2d_X509(one, &der);
	assert_int_equal(cert_names_read_file(der, (size_t)len, &names), ERR_OK);
	assert_string_equal(names->subject_name, "cn=one");
	ipc__cert_names__free_unpacked(names, NULL);
	names = NULL;
	OPENSSL_free(der);
	BIO_free(bio);
	X509_free(one);
	X509_free(two);
	assert_int_equal(cert_names_read_file("", 0, &names), ERR_SYNTAX);
	assert_int_equal(
	    cert_names_read_file("-----BEGIN CERTIFICATE-----\n", 28, &names), ERR_SYNTAX);
	assert_int_equal(
	    cert_names_read_file("-----BEGIN X-----\nMAA=\n-----END X-----\n", 39, &names),
	    ERR_SYNTAX);
	assert_int_equal(cert_names_read_file(big, sizeof(big), &names), ERR_LIMIT);
	assert_null(names);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_tags),
	    cmocka_unit_test(test_line_is_escaped),
	    cmocka_unit_test(test_extensions),
	    cmocka_unit_test(test_bad_text),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_bad_extensions),
	    cmocka_unit_test(test_serial),
	    cmocka_unit_test(test_not_a_certificate),
	    cmocka_unit_test(test_file),
	};

	key = EVP_EC_gen("P-256");
	if (key == NULL)
		return 1;
	int status = cmocka_run_group_tests(tests, NULL, NULL);
	EVP_PKEY_free(key);
	return status;
}
