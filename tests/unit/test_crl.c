/* SPDX-License-Identifier: Apache-2.0 */
/* pki/crl.c: whose CRL it is, what it is for, what is on it, when it holds; and distribution
 * points.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <openssl/err.h>

#include "common/attr.h"
#include "pki/crl.h"
#include "tests/unit/crl_help.h"
#include "tests/unit/der_help.h"

#define POINT "http://crl.example/a.crl"

static struct made root, twin, other_root, no_crl, crl_sign, weak, user, sub_ca, with_point;

static int
group_setup(UNUSED void **state)
{
	root = made_new(&(struct order){.name = "Root", .ca = true});
	twin = made_new(&(struct order){.name = "Root", .ca = true});
	other_root = made_new(&(struct order){.name = "Other", .ca = true});
	no_crl = made_new(
	    &(struct order){.name = "CA", .ca = true, .key_usage = "critical,keyCertSign"});
	crl_sign = made_new(
	    &(struct order){.name = "CA", .ca = true, .key_usage = "critical,keyCertSign,cRLSign"});
	weak = made_new(&(struct order){.name = "Weak", .ca = true, .key = EVP_RSA_gen(1024)});
	user = made_new(&(struct order){.name = "user", .by = &root});
	sub_ca = made_new(&(struct order){.name = "Sub", .by = &root, .ca = true});
	with_point = made_new(&(struct order){.name = "pointed", .by = &root});
	made_extension(with_point.cert, NID_crl_distribution_points, "URI:" POINT);
	return 0;
}

static int
group_teardown(UNUSED void **state)
{
	made_free(&root);
	made_free(&twin);
	made_free(&other_root);
	made_free(&no_crl);
	made_free(&crl_sign);
	made_free(&weak);
	made_free(&user);
	made_free(&sub_ca);
	made_free(&with_point);
	return 0;
}

/* Read what must be fine. */
static struct crl *
read_good(const struct crl_order *order)
{
	size_t len;
	unsigned char *der = crl_help_der(order, &len);
	const char *why = "nothing";
	struct crl *crl;

	if (crl_read(der, len, order->by->cert, &crl, &why) != ERR_OK)
		fail_msg("expected a good CRL, got: %s", why);
	assert_int_equal(ERR_peek_error(), 0);
	OPENSSL_free(der);
	return crl;
}

static bool
has(const struct crl *crl, const char *hex)
{
	X509 *cert = X509_new();
	ASN1_INTEGER *serial = crl_help_serial(hex);
	bool found;

	made_need(X509_set_serialNumber(cert, serial) == 1);
	found = crl_has(crl, cert);
	ASN1_INTEGER_free(serial);
	X509_free(cert);
	return found;
}

static void
expect_bytes(const char *name, const void *data, size_t len, X509 *issuer, enum err want,
    const char *want_why)
{
	const char *why = "nothing";
	struct crl *crl = (struct crl *)&name;
	enum err err = crl_read(data, len, issuer, &crl, &why);

	if (err != want || (want != ERR_OK && strstr(why, want_why) == NULL))
		fail_msg("%s: expected %s, \"%s\", got %s, \"%s\"", name, err_str(want), want_why,
		    err_str(err), why);
	assert_int_equal(ERR_peek_error(), 0);
	if (want != ERR_OK)
		assert_null(crl);
	crl_free(crl);
}

static void
test_issuers(UNUSED void **state)
{
	static const struct {
		const char *name;
		struct crl_order order;
		const struct made *issuer;
		enum err err;
		const char *why;
	} rows[] = {
	    {"good", {.by = &root}, &root, ERR_OK, NULL},
	    {"good, v1", {.by = &root, .v1 = true}, &root, ERR_OK, NULL},
	    {"good, SHA-512", {.by = &root, .md = EVP_sha512}, &root, ERR_OK, NULL},
	    {"cRLSign", {.by = &crl_sign}, &crl_sign, ERR_OK, NULL},
	    {"no cRLSign", {.by = &no_crl}, &no_crl, ERR_CRYPTO, "key usage"},
	    {"another CA's", {.by = &other_root}, &root, ERR_CRYPTO, "another issuer"},
	    {"another CA's, our name", {.by = &other_root, .name_of = &root}, &root, ERR_CRYPTO,
		"signature is wrong"},
	    {"our key, another name", {.by = &root, .name_of = &other_root}, &root, ERR_CRYPTO,
		"another issuer"},
	    {"twin", {.by = &twin}, &root, ERR_CRYPTO, "signature is wrong"},
	    {"SHA-1", {.by = &root, .md = EVP_sha1}, &root, ERR_CRYPTO, "too weak"},
	    {"weak key", {.by = &weak}, &weak, ERR_CRYPTO, "too weak"},
	    {"MD5", {.by = &weak, .md = EVP_md5}, &weak, ERR_CRYPTO, "too weak"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t len;
		unsigned char *der = crl_help_der(&rows[i].order, &len);

		expect_bytes(
		    rows[i].name, der, len, rows[i].issuer->cert, rows[i].err, rows[i].why);
		OPENSSL_free(der);
	}
}

static void
test_extensions(UNUSED void **state)
{
	static const struct {
		const char *name;
		struct crl_order order;
		enum err err;
		const char *why;
	} rows[] = {
	    {"number", {.number = 7}, ERR_OK, NULL},
	    {"delta", {.number = 7, .delta = 5}, ERR_UNSUPPORTED, "delta"},
	    {"critical", {.extension = NID_tlsfeature}, ERR_UNSUPPORTED, "critical extension"},
	    {"scope of nothing", {.scope = "critical,onlyuser:FALSE"}, ERR_OK, NULL},
	    {"users", {.scope = "critical,onlyuser:TRUE"}, ERR_OK, NULL},
	    {"CAs", {.scope = "critical,onlyCA:TRUE"}, ERR_OK, NULL},
	    {"point", {.scope = "critical,fullname:URI:" POINT}, ERR_OK, NULL},
	    {"indirect", {.scope = "critical,indirectCRL:TRUE"}, ERR_UNSUPPORTED, "indirect"},
	    {"indirect, not critical", {.scope = "indirectCRL:TRUE"}, ERR_UNSUPPORTED, "indirect"},
	    {"attributes", {.scope = "critical,onlyAA:TRUE"}, ERR_UNSUPPORTED, "partial"},
	    {"reasons", {.scope = "critical,onlysomereasons:keyCompromise"}, ERR_UNSUPPORTED,
		"partial"},
	    {"two scopes",
		{.scope = "critical,onlyuser:TRUE", .other_scope = "critical,onlyCA:TRUE"},
		ERR_SYNTAX, "issuingDistributionPoint is malformed"},
	    {"one on an entry", {.entries = {{.serial = "05", .extension = NID_tlsfeature}}},
		ERR_UNSUPPORTED, "an entry"},
	    {"another issuer's entry",
		{.entries = {{.serial = "04"},
		     {.serial = "05", .extension = NID_certificate_issuer}}},
		ERR_UNSUPPORTED, "an entry"},
	    {"invalidity date", {.entries = {{.serial = "05", .extension = NID_invalidity_date}}},
		ERR_OK, NULL},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct crl_order order = rows[i].order;
		unsigned char *der;
		size_t len;

		order.by = &root;
		der = crl_help_der(&order, &len);
		expect_bytes(rows[i].name, der, len, root.cert, rows[i].err, rows[i].why);
		OPENSSL_free(der);
	}
}

/* Which certificates it speaks of. */
static void
test_covers(UNUSED void **state)
{
	static const struct {
		const char *scope;
		bool user, ca, pointed;
	} rows[] = {
	    {NULL, true, true, true},
	    {"critical,onlyuser:TRUE", true, false, true},
	    {"critical,onlyCA:TRUE", false, true, false},
	    {"critical,fullname:URI:" POINT, false, false, true},
	    {"fullname:URI:" POINT, false, false, true},
	    {"critical,fullname:URI:http://crl.example/b.crl", false, false, false},
	    {"critical,onlyCA:TRUE,fullname:URI:" POINT, false, false, false},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct crl *crl =
		    read_good(&(struct crl_order){.by = &root, .scope = rows[i].scope});
		const char *why;

		assert_int_equal(crl_covers(crl, user.cert, &why), rows[i].user);
		assert_int_equal(crl_covers(crl, sub_ca.cert, &why), rows[i].ca);
		assert_int_equal(crl_covers(crl, with_point.cert, &why), rows[i].pointed);
		assert_int_equal(ERR_peek_error(), 0);
		crl_free(crl);
	}
}

static void
test_entries(UNUSED void **state)
{
	const struct crl_order order = {.by = &root,
	    .entries = {
		{.serial = "80"},
		{.serial = "-01", .reason = 1},
		{.serial = "0123456789ABCDEF0123456789ABCDEF01234567", .reason = 6},
		{.serial = "77", .reason = 8},
	    }};
	struct crl *crl = read_good(&order);

	assert_int_equal(crl_len(crl), 3);
	assert_true(has(crl, "80"));
	assert_true(has(crl, "-01"));
	assert_true(has(crl, "0123456789ABCDEF0123456789ABCDEF01234567"));
	assert_false(has(crl, "77")); /* removeFromCRL */
	assert_false(has(crl, "-80"));
	assert_false(has(crl, "01"));
	assert_false(has(crl, "FF"));
	assert_false(has(crl, "8000"));
	assert_false(has(crl, "0123456789ABCDEF0123456789ABCDEF01234566"));
	assert_false(has(crl, "-0123456789ABCDEF0123456789ABCDEF01234567"));
	assert_false(has(crl, "0"));
	crl_free(crl);
	crl = read_good(&(struct crl_order){.by = &root});
	assert_int_equal(crl_len(crl), 0);
	assert_false(has(crl, "80"));
	crl_free(crl);
	crl_free(NULL);
}

/* A certificate whose serial is longer than any that is kept. */
static void
test_long_serial(UNUSED void **state)
{
	char hex[2 * 80 + 1];
	struct crl *crl;

	memset(hex, '7', sizeof(hex) - 1);
	hex[sizeof(hex) - 1] = '\0';
	crl = read_good(&(struct crl_order){.by = &root, .entries = {{.serial = hex + 32}}});
	assert_true(has(crl, hex + 32)); /* 64 bytes */
	assert_false(has(crl, hex + 30));
	assert_false(has(crl, hex));
	crl_free(crl);
}

/* Found are exactly those that are there, and what is held is small. */
static void
test_many(UNUSED void **state)
{
	const size_t many = 100000;
	struct crl *crl = read_good(&(struct crl_order){.by = &root, .many = many});
	X509 *cert = X509_new();

	assert_int_equal(crl_len(crl), many);
	assert_true(crl_bytes(crl) < many * 10);
	for (size_t i = 0; i < 3 * many + 6; i++) {
		made_need(ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert), i) == 1);
		if (crl_has(crl, cert) != (i % 3 == 1 && i < 3 * many))
			fail_msg("serial %zu", i);
	}
	X509_free(cert);
	crl_free(crl);
}

static void
test_times(UNUSED void **state)
{
	static const struct {
		struct crl_order order;
		long now;
		bool lax, strict;
		const char *why;
	} rows[] = {
	    {{.by = &root}, 0, true, true, NULL},
	    {{.by = &root, .from = -20, .to = 10}, 60, true, false, "nextUpdate is over"},
	    {{.by = &root, .from = -20, .to = -10}, 0, true, false, "nextUpdate is over"},
	    {{.by = &root, .no_next = true}, 0, true, false, "no nextUpdate"},
	    {{.by = &root, .from = 60, .to = 120}, 0, false, false, "future"},
	    {{.by = &root, .from = 60, .to = 120}, 70, true, true, NULL},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct crl *crl = read_good(&rows[i].order);
		time_t now = time(NULL) + rows[i].now;
		const char *why = "";

		assert_int_equal(crl_is_current(crl, false, now, &why), rows[i].lax);
		assert_int_equal(crl_is_current(crl, true, now, &why), rows[i].strict);
		if (rows[i].why != NULL)
			assert_non_null(strstr(why, rows[i].why));
		if (rows[i].order.no_next)
			assert_int_equal(crl_next_update(crl), 0);
		else if (rows[i].order.to != 0)
			assert_in_range(crl_next_update(crl),
			    now - rows[i].now + rows[i].order.to - 60,
			    now - rows[i].now + rows[i].order.to);
		crl_free(crl);
	}
}

/* ---- bytes ---- */

static void
test_pem(UNUSED void **state)
{
	const struct crl_order order = {.by = &root, .entries = {{.serial = "05"}}};
	X509_CRL *made = crl_help_new(&order);
	BIO *bio = BIO_new(BIO_s_mem());
	const char *why;
	struct crl *crl;
	char *text;
	long len;

	/* Something before it is passed over. */
	made_need(PEM_write_bio_X509(bio, root.cert) == 1);
	made_need(PEM_write_bio_X509_CRL(bio, made) == 1);
	len = BIO_get_mem_data(bio, &text);
	assert_int_equal(crl_read(text, (size_t)len, root.cert, &crl, &why), ERR_OK);
	assert_true(has(crl, "05"));
	crl_free(crl);
	expect_bytes("cut", text, (size_t)len - 40, root.cert, ERR_SYNTAX, "not a CRL");
	expect_bytes("other", text, (size_t)len, other_root.cert, ERR_CRYPTO, "another issuer");
	BIO_free(bio);
	X509_CRL_free(made);
}

/* The parts of a good CRL in another frame. */
static void
test_frame(UNUSED void **state)
{
	static const struct {
		const char *name;
		const char *head; /* tag and begin of the length, of which the end follows */
		size_t head_len;
		const char *tail;
		size_t tail_len;
		enum err err;
	} rows[] = {
	    {"as it is", "\x30\x82", 2, "", 0, ERR_OK},
	    {"one part more", "\x30\x82", 2, "\x05\x00", 2, ERR_SYNTAX},
	    {"a padded length", "\x30\x83\x00", 3, "", 0, ERR_SYNTAX},
	    {"another tag", "\x31\x82", 2, "", 0, ERR_SYNTAX},
	};
	const struct crl_order order = {.by = &root, .many = 20};
	size_t len;
	unsigned char *der = crl_help_der(&order, &len);

	assert_true(der[0] == 0x30 && der[1] == 0x82);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf other;

		buf_init(&other, 65536);
		buf_put(&other, rows[i].head, rows[i].head_len);
		buf_put_u16(&other, (uint16_t)(len - 4 + rows[i].tail_len));
		buf_put(&other, der + 4, len - 4);
		buf_put(&other, rows[i].tail, rows[i].tail_len);
		expect_bytes(
		    rows[i].name, other.data, other.len, root.cert, rows[i].err, "not a CRL");
		buf_fini(&other);
	}
	OPENSSL_free(der);
}

static void
test_garbage(UNUSED void **state)
{
	const struct crl_order order = {
	    .by = &root, .number = 3, .entries = {{.serial = "05", .reason = 1}}};
	size_t len;
	unsigned char *der = crl_help_der(&order, &len);
	uint8_t *big = calloc(1, CRL_BYTES_MAX + 1);

	expect_bytes("empty", "", 0, root.cert, ERR_SYNTAX, "empty");
	expect_bytes("html", "<html>", 6, root.cert, ERR_SYNTAX, "not a CRL");
	expect_bytes("no length", "\x30", 1, root.cert, ERR_SYNTAX, "not a CRL");
	expect_bytes("endless", "\x30\x80\0\0", 4, root.cert, ERR_SYNTAX, "not a CRL");
	expect_bytes("length of 5 bytes", "\x30\x85\0\0\0\0\1\0", 8, root.cert, ERR_SYNTAX, "not");
	expect_bytes("padded length", "\x30\x81\x02\x30\x00", 5, root.cert, ERR_SYNTAX, "not");
	made_need(big != NULL);
	memcpy(big, der, len);
	expect_bytes("trailing byte", big, len + 1, root.cert, ERR_SYNTAX, "not a CRL");
	expect_bytes("too big", big, CRL_BYTES_MAX + 1, root.cert, ERR_LIMIT, "too big");
	free(big);
	for (size_t i = 1; i < len; i++)
		expect_bytes("cut", der, i, root.cert, ERR_SYNTAX, "not a CRL");
	for (size_t i = 0; i < len * 8; i++) {
		const char *why;
		struct crl *crl;

		der[i / 8] ^= (unsigned char)(1U << i % 8);
		if (crl_read(der, len, root.cert, &crl, &why) == ERR_OK)
			fail_msg("bit %zu of %zu does not count", i, len * 8);
		assert_int_equal(ERR_peek_error(), 0);
		der[i / 8] ^= (unsigned char)(1U << i % 8);
	}
	OPENSSL_free(der);
}

#define H_ALG "\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02"
#define H_SHA384 "\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03"
#define H_NAME "\x30\x0f\x31\x0d\x30\x0b\x06\x03\x55\x04\x03\x0c\x04Root"
#define H_TIME                                                                                     \
	"\x17\x0d"                                                                                 \
	"250101000000Z"
#define H_NEXT                                                                                     \
	"\x18\x0f"                                                                                 \
	"20490101000000Z"
#define H_HEAD "\x02\x01\x01" H_ALG H_NAME H_TIME H_NEXT
#define H_ENTRY "\x30\x12\x02\x01\x05" H_TIME

/* Signed as it must be, and still not right. */
static void
test_by_hand(UNUSED void **state)
{
	static const struct {
		const char *name;
		const char *tbs;
		size_t len;
		enum err err;
		const char *why;
		size_t entries;
	} rows[] = {
#define ROW(name, tbs, err, why, n) {name, tbs, sizeof(tbs) - 1, err, why, n}
	    ROW("good", H_HEAD "\x30\x14" H_ENTRY, ERR_OK, "", 1),
	    ROW("an empty list", H_HEAD "\x30\x00", ERR_OK, "", 0),
	    ROW("no list", H_HEAD, ERR_OK, "", 0),
	    ROW("the same twice", H_HEAD "\x30\x28" H_ENTRY H_ENTRY, ERR_OK, "", 2),
	    ROW("v1", H_ALG H_NAME H_TIME "\x30\x14" H_ENTRY, ERR_OK, "", 1),
	    ROW("version 0", "\x02\x01\x00" H_ALG H_NAME H_TIME, ERR_SYNTAX, "not a CRL", 0),
	    ROW("version 3", "\x02\x01\x02" H_ALG H_NAME H_TIME, ERR_SYNTAX, "not a CRL", 0),
	    ROW("long version", "\x02\x02\x00\x01" H_ALG H_NAME H_TIME, ERR_SYNTAX, "not", 0),
	    ROW("nothing", "", ERR_SYNTAX, "not a CRL", 0),
	    ROW("no name", "\x02\x01\x01" H_ALG H_TIME, ERR_SYNTAX, "not a CRL", 0),
	    ROW("no time", "\x02\x01\x01" H_ALG H_NAME, ERR_SYNTAX, "not a CRL", 0),
	    ROW("two algorithms", "\x02\x01\x01" H_SHA384 H_NAME H_TIME, ERR_SYNTAX, "not", 0),
	    ROW("bad time",
		"\x02\x01\x01" H_ALG H_NAME "\x17\x03"
		"now",
		ERR_SYNTAX, "times", 0),
	    ROW("bad nextUpdate",
		"\x02\x01\x01" H_ALG H_NAME H_TIME "\x18\x03"
		"now",
		ERR_SYNTAX, "times", 0),
	    ROW("empty time", "\x02\x01\x01" H_ALG H_NAME "\x17\x00", ERR_SYNTAX, "times", 0),
	    ROW("more behind", H_HEAD "\x30\x00\x05\x00", ERR_SYNTAX, "not a CRL", 0),
	    ROW("extensions of v1", H_ALG H_NAME H_TIME "\xa0\x02\x30\x00", ERR_SYNTAX, "not", 0),
	    ROW("more behind extensions", H_HEAD "\xa0\x04\x30\x00\x05\x00", ERR_SYNTAX, "not", 0),
	    ROW("bad extensions", H_HEAD "\xa0\x04\x30\x02\x05\x00", ERR_SYNTAX, "extensions", 0),
	    ROW("bad scope",
		H_HEAD "\xa0\x0f\x30\x0d\x30\x0b\x06\x03\x55\x1d\x1c\x04\x04\x30\x02\x05\x00",
		ERR_SYNTAX, "issuingDistributionPoint is malformed", 0),
	    ROW("relative scope",
		H_HEAD
		"\xa0\x1d\x30\x1b\x30\x19\x06\x03\x55\x1d\x1c\x04\x12\x30\x10\xa0\x0e\xa1\x0c"
		"\x30\x0a\x06\x03\x55\x04\x03\x0c\x03xyz",
		ERR_UNSUPPORTED, "no full name", 0),
	    ROW("an entry without time", H_HEAD "\x30\x05\x30\x03\x02\x01\x05", ERR_SYNTAX, "entry",
		0),
	    ROW("an entry without serial", H_HEAD "\x30\x11\x30\x0f" H_TIME, ERR_SYNTAX, "entry",
		0),
	    ROW("a serial of no bytes", H_HEAD "\x30\x13\x30\x11\x02\x00" H_TIME, ERR_SYNTAX,
		"entry", 0),
	    ROW("a padded serial", H_HEAD "\x30\x15\x30\x13\x02\x02\x00\x05" H_TIME, ERR_SYNTAX,
		"entry", 0),
	    ROW("a padded negative one", H_HEAD "\x30\x15\x30\x13\x02\x02\xff\x85" H_TIME,
		ERR_SYNTAX, "entry", 0),
	    ROW("a long one",
		H_HEAD "\x30\x54\x30\x52\x02\x41"
		       "\x01\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1"
		       "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1" H_TIME,
		ERR_SYNTAX, "entry", 0),
	    ROW("not an entry", H_HEAD "\x30\x02\x05\x00", ERR_SYNTAX, "entry", 0),
	    ROW("an entry that is longer than the list", H_HEAD "\x30\x02\x30\x12", ERR_SYNTAX,
		"entry", 0),
	    ROW("more in an entry", H_HEAD "\x30\x16\x30\x14\x02\x01\x05" H_TIME "\x05\x00",
		ERR_SYNTAX, "entry", 0),
	    ROW("a reason of two bytes",
		H_HEAD "\x30\x23\x30\x21\x02\x01\x05" H_TIME
		       "\x30\x0d\x30\x0b\x06\x03\x55\x1d\x15\x04\x04\x0a\x02\x00\x08",
		ERR_SYNTAX, "entry", 0),
	    ROW("removeFromCRL",
		H_HEAD "\x30\x22\x30\x20\x02\x01\x05" H_TIME
		       "\x30\x0c\x30\x0a\x06\x03\x55\x1d\x15\x04\x03\x0a\x01\x08",
		ERR_OK, "", 0),
	    ROW("another issuer's entry, not critical",
		H_HEAD "\x30\x21\x30\x1f\x02\x01\x05" H_TIME
		       "\x30\x0b\x30\x09\x06\x03\x55\x1d\x1d\x04\x02\x30\x00",
		ERR_UNSUPPORTED, "an entry", 0),
	    ROW("critical reason",
		H_HEAD "\x30\x25\x30\x23\x02\x01\x05" H_TIME
		       "\x30\x0f\x30\x0d\x06\x03\x55\x1d\x15\x01\x01\xff\x04\x03\x0a\x01\x01",
		ERR_OK, "", 1),
	    ROW("not critical",
		H_HEAD "\x30\x21\x30\x1f\x02\x01\x05" H_TIME
		       "\x30\x0b\x30\x09\x06\x03\x2a\x03\x04\x04\x02\x05\x00",
		ERR_OK, "", 1),
#undef ROW
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *why = "nothing";
		struct crl *crl;
		struct buf tbs, der;
		enum err err;

		buf_init(&der, 4096);
		buf_init(&tbs, 4096);
		der_help_wrap(&tbs, 0x30, rows[i].tbs, rows[i].len);
		der_help_sign(
		    &der, root.key, EVP_sha256(), H_ALG, sizeof(H_ALG) - 1, tbs.data, tbs.len);
		buf_fini(&tbs);
		err = crl_read(der.data, der.len, root.cert, &crl, &why);
		if (err != rows[i].err || (err != ERR_OK && strstr(why, rows[i].why) == NULL))
			fail_msg("%s: got %s, \"%s\"", rows[i].name, err_str(err), why);
		if (err == ERR_OK && crl_len(crl) != rows[i].entries)
			fail_msg("%s: %zu entries", rows[i].name, crl_len(crl));
		assert_int_equal(ERR_peek_error(), 0);
		crl_free(crl);
		buf_fini(&der);
	}
}

/* ---- distribution points ---- */

static void
test_points(UNUSED void **state)
{
	static char longest[1200], fits[1200];
	static const struct {
		const char *points; /* NULL: none */
		size_t len;
		const char *first, *last;
	} rows[] = {
	    {NULL, 0, NULL, NULL},
	    {"URI:" POINT, 1, POINT, POINT},
	    {"URI:HTTP://crl.example", 1, "HTTP://crl.example", NULL},
	    {"URI:ldap:///cn=x?y", 0, NULL, NULL},
	    {"URI:https://crl.example", 0, NULL, NULL},
	    {"DNS:crl.example", 0, NULL, NULL},
	    {"URI:ldap:///cn=x?y,URI:" POINT ",URI:http://b.example", 2, POINT, "http://b.example"},
	    {"URI:" POINT ",URI:http://b.example,URI:" POINT, 2, POINT, "http://b.example"},
	    {longest, 0, NULL, NULL},
	    {fits, 1, NULL, NULL},
	    {"URI:http://1,URI:http://2,URI:http://3,URI:http://4,URI:http://5,URI:http://6,"
	     "URI:http://7,URI:http://8,URI:http://9",
		CRL_URLS_MAX, "http://1", "http://8"},
	};

	/* One byte too long, and not. */
	(void)snprintf(longest, sizeof(longest), "URI:http://%0*d", CRL_URL_SIZE - 7, 0);
	(void)snprintf(fits, sizeof(fits), "URI:http://%0*d", CRL_URL_SIZE - 8, 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		static char urls[CRL_URLS_MAX][CRL_URL_SIZE];
		struct made cert = made_new(&(struct order){.name = "x", .by = &root});

		made_extension(cert.cert, NID_crl_distribution_points, rows[i].points);
		assert_int_equal(crl_points(cert.cert, urls), rows[i].len);
		if (rows[i].first != NULL)
			assert_string_equal(urls[0], rows[i].first);
		if (rows[i].last != NULL)
			assert_string_equal(urls[rows[i].len - 1], rows[i].last);
		assert_int_equal(ERR_peek_error(), 0);
		made_free(&cert);
	}
}

static void
add_raw_points(X509 *cert, const void *data, int len)
{
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	X509_EXTENSION *ext;

	made_need(ASN1_OCTET_STRING_set(value, data, len) == 1);
	ext = X509_EXTENSION_create_by_NID(NULL, NID_crl_distribution_points, 0, value);
	made_need(ext != NULL && X509_add_ext(cert, ext, -1) == 1);
	X509_EXTENSION_free(ext);
	ASN1_OCTET_STRING_free(value);
}

/* Points for some reasons only, of another issuer, with a NUL in the URL, and no list at all. */
static void
test_points_hostile(UNUSED void **state)
{
	static const struct {
		const char *der;
		int len;
		size_t urls;
	} rows[] = {
	    {"\x30\x10\x30\x0e\xa0\x0c\xa0\x0a\x86\x08http://a", 18, 1},
	    {"\x30\x14\x30\x12\xa0\x0c\xa0\x0a\x86\x08http://a\x81\x02\x06\x40", 22, 0},
	    {"\x30\x15\x30\x13\xa0\x0c\xa0\x0a\x86\x08http://a\xa2\x03\x82\x01x", 23, 0},
	    {"\x30\x10\x30\x0e\xa0\x0c\xa0\x0a\x86\x08http://\0", 18, 0},
	    {"\x30\x02\x30\x00", 4, 0},
	    {"\x30\x05garbage", 9, 0},
	    {"", 0, 0},
	};
	const struct crl_order order = {.by = &root, .scope = "critical,fullname:URI:http://a"};
	struct crl *crl = read_good(&order);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		static char urls[CRL_URLS_MAX][CRL_URL_SIZE];
		struct made cert = made_new(&(struct order){.name = "x", .by = &root});
		const char *why;

		add_raw_points(cert.cert, rows[i].der, rows[i].len);
		assert_int_equal(crl_points(cert.cert, urls), rows[i].urls);
		assert_int_equal(crl_covers(crl, cert.cert, &why), rows[i].urls == 1);
		assert_int_equal(ERR_peek_error(), 0);
		made_free(&cert);
	}
	crl_free(crl);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_issuers),
	    cmocka_unit_test(test_extensions),
	    cmocka_unit_test(test_covers),
	    cmocka_unit_test(test_entries),
	    cmocka_unit_test(test_long_serial),
	    cmocka_unit_test(test_many),
	    cmocka_unit_test(test_times),
	    cmocka_unit_test(test_pem),
	    cmocka_unit_test(test_frame),
	    cmocka_unit_test(test_garbage),
	    cmocka_unit_test(test_by_hand),
	    cmocka_unit_test(test_points),
	    cmocka_unit_test(test_points_hostile),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
