/* SPDX-License-Identifier: Apache-2.0 */
/* pki/ocsp.c: who may sign an answer, what it is about, when it holds, and what is no answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <openssl/err.h>

#include "common/attr.h"
#include "tests/unit/ocsp_help.h"

#define OCSP_USAGE "OCSPSigning"
#define REVOKED V_OCSP_CERTSTATUS_REVOKED
#define UNKNOWN V_OCSP_CERTSTATUS_UNKNOWN

static struct made root, twin, other_root, leaf, sibling, middle;
static struct made delegate, delegate_2, no_usage, client, any_usage, old, early, no_signing,
    foreign, self, by_middle, by_twin, by_delegate, weak, sha1, critical, short_lived;

static const struct {
	struct made *made;
	struct order order;
} makes[] = {
    {&root, {.name = "Root", .ca = true}},
    {&twin, {.name = "Root", .ca = true}},
    {&other_root, {.name = "Other", .ca = true}},
    {&leaf, {.name = "leaf", .by = &root}},
    {&sibling, {.name = "sibling", .by = &root}},
    {&middle, {.name = "Middle", .by = &root, .ca = true}},
    {&delegate, {.name = "ocsp", .by = &root, .usage = OCSP_USAGE}},
    {&delegate_2, {.name = "ocsp 2",
		      .by = &root,
		      .usage = "serverAuth," OCSP_USAGE,
		      .key_usage = "critical,digitalSignature"}},
    {&no_usage, {.name = "ocsp", .by = &root}},
    {&client, {.name = "ocsp", .by = &root, .usage = "clientAuth"}},
    {&any_usage, {.name = "ocsp", .by = &root, .usage = "anyExtendedKeyUsage"}},
    {&old, {.name = "ocsp", .by = &root, .usage = OCSP_USAGE, .from = -7200, .to = -60}},
    {&early, {.name = "ocsp", .by = &root, .usage = OCSP_USAGE, .from = 60, .to = 7200}},
    {&no_signing, {.name = "ocsp",
		      .by = &root,
		      .usage = OCSP_USAGE,
		      .key_usage = "critical,keyEncipherment"}},
    {&foreign, {.name = "ocsp", .by = &other_root, .usage = OCSP_USAGE}},
    {&self, {.name = "ocsp", .usage = OCSP_USAGE}},
    {&by_middle, {.name = "ocsp", .by = &middle, .usage = OCSP_USAGE}},
    {&by_twin, {.name = "ocsp", .by = &twin, .usage = OCSP_USAGE}},
    {&by_delegate, {.name = "deeper", .by = &delegate, .usage = OCSP_USAGE}},
    {&sha1, {.name = "ocsp", .by = &root, .usage = OCSP_USAGE}},
    {&weak, {.name = "ocsp", .by = &root, .usage = OCSP_USAGE}},
    {&critical, {.name = "ocsp", .by = &root, .usage = OCSP_USAGE}},
    {&short_lived, {.name = "ocsp", .by = &root, .usage = OCSP_USAGE, .from = -60, .to = 600}},
};

static int
group_setup(UNUSED void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(makes); i++) {
		struct order order = makes[i].order;

		if (makes[i].made == &sha1)
			order.md = EVP_sha1();
		if (makes[i].made == &weak)
			order.key = EVP_RSA_gen(1024);
		*makes[i].made = made_new(&order);
	}
	made_extension(critical.cert, NID_tlsfeature, "critical,status_request");
	made_need(X509_sign(critical.cert, root.key, EVP_sha256()) > 0);
	return 0;
}

static int
group_teardown(UNUSED void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(makes); i++)
		made_free(makes[i].made);
	return 0;
}

static struct ocsp_question
ask(bool nonce)
{
	struct ocsp_question question;
	struct buf request;

	buf_init(&request, 4096);
	assert_int_equal(ocsp_ask(leaf.cert, root.cert, nonce, &question, &request), ERR_OK);
	buf_fini(&request);
	return question;
}

/* Of one judgement: the status, until when, and a part of the reason. */
struct want {
	enum ocsp_status status;
	const char *why;
	long until; /* seconds from now; 0: not to be kept */
};

static void
expect(const char *name, const struct ocsp_question *question, const void *der, size_t len,
    const struct want *want)
{
	time_t now = time(NULL), until = 1;
	const char *why = NULL;
	enum ocsp_status status = ocsp_judge(question, der, len, now, &until, &why);

	assert_non_null(why);
	if (status != want->status || strstr(why, want->why) == NULL)
		fail_msg("%s: expected %d, \"%s\", got %d, \"%s\"", name, want->status, want->why,
		    status, why);
	if (want->until == 0)
		assert_int_equal(until, 0);
	else /* the clock may have gone on since the answer was made */
		assert_in_range(until, now + want->until - 60, now + want->until);
	assert_int_equal(ERR_peek_error(), 0);
}

struct row {
	const char *name;
	struct answer_order order;
	struct want want;
};

static void
expect_rows(const struct row *rows, size_t rows_len, bool nonce)
{
	for (size_t i = 0; i < rows_len; i++) {
		struct ocsp_question question = ask(nonce);
		size_t len;
		unsigned char *der = ocsp_help_answer(&question, &rows[i].order, &len);

		expect(rows[i].name, &question, der, len, &rows[i].want);
		OPENSSL_free(der);
	}
}

#define GOOD                                                                                       \
	{                                                                                          \
		OCSP_GOOD, "good", 3600                                                            \
	}

static void
test_request(UNUSED void **state)
{
	for (int nonce = 0; nonce < 2; nonce++) {
		struct ocsp_question question;
		struct buf out;
		OCSP_REQUEST *request;
		const unsigned char *p;
		OCSP_CERTID *id, *got;
		ASN1_OBJECT *md;
		int at;

		buf_init(&out, 4096);
		assert_int_equal(
		    ocsp_ask(leaf.cert, root.cert, nonce == 1, &question, &out), ERR_OK);
		p = out.data;
		request = d2i_OCSP_REQUEST(NULL, &p, (long)out.len);
		assert_non_null(request);
		assert_ptr_equal(p, out.data + out.len);
		assert_int_equal(OCSP_request_onereq_count(request), 1);
		got = OCSP_onereq_get0_id(OCSP_request_onereq_get0(request, 0));
		id = OCSP_cert_to_id(EVP_sha1(), leaf.cert, root.cert);
		assert_int_equal(OCSP_id_cmp(id, got), 0);
		assert_int_equal(OCSP_id_get0_info(NULL, &md, NULL, NULL, got), 1);
		assert_int_equal(OBJ_obj2nid(md), NID_sha1);
		at = OCSP_REQUEST_get_ext_by_NID(request, NID_id_pkix_OCSP_Nonce, -1);
		assert_int_equal(at >= 0, nonce);
		if (nonce == 1) {
			ASN1_OCTET_STRING *value =
			    X509_EXTENSION_get_data(OCSP_REQUEST_get_ext(request, at));

			assert_int_equal(ASN1_STRING_length(value), 2 + OCSP_NONCE_LEN);
			assert_memory_equal(
			    ASN1_STRING_get0_data(value) + 2, question.nonce, OCSP_NONCE_LEN);
		}
		OCSP_CERTID_free(id);
		OCSP_REQUEST_free(request);
		buf_fini(&out);
	}
}

/* No room is an error, and two nonces are two. */
static void
test_request_limits(UNUSED void **state)
{
	struct ocsp_question a, b;
	struct buf out;

	buf_init(&out, 16);
	assert_int_equal(ocsp_ask(leaf.cert, root.cert, true, &a, &out), ERR_LIMIT);
	buf_fini(&out);
	a = ask(true);
	b = ask(true);
	assert_memory_not_equal(a.nonce, b.nonce, OCSP_NONCE_LEN);
}

#define NO_USAGE_WANT                                                                              \
	{                                                                                          \
		OCSP_NO_ANSWER, "not for OCSPSigning", 0                                           \
	}
#define NOT_ISSUER                                                                                 \
	{                                                                                          \
		OCSP_NO_ANSWER, "not from the certificate's issuer", 0                             \
	}
#define NOBODY                                                                                     \
	{                                                                                          \
		OCSP_NO_ANSWER, "not signed by the certificate's issuer or", 0                     \
	}
#define NOT_NOW                                                                                    \
	{                                                                                          \
		OCSP_NO_ANSWER, "not valid now", 0                                                 \
	}

static void
test_signers(UNUSED void **state)
{
	static const struct row rows[] = {
	    {"issuer", {.signer = &root}, GOOD},
	    {"issuer by key", {.signer = &root, .by_key = true}, GOOD},
	    {"issuer without certificate", {.signer = &root, .no_certs = true}, GOOD},
	    {"delegate", {.signer = &delegate}, GOOD},
	    {"delegate by key", {.signer = &delegate, .by_key = true}, GOOD},
	    {"delegate with keyUsage", {.signer = &delegate_2}, GOOD},
	    {"delegate, SHA-384", {.signer = &delegate, .md = EVP_sha384}, GOOD},
	    {"delegate behind others", {.signer = &delegate, .others = {&other_root, &root}}, GOOD},
	    {"delegate that is not sent", {.signer = &delegate, .no_certs = true}, NOBODY},
	    {"the certificate itself", {.signer = &leaf}, NO_USAGE_WANT},
	    {"no usage", {.signer = &no_usage}, NO_USAGE_WANT},
	    {"clientAuth", {.signer = &client}, NO_USAGE_WANT},
	    {"anyExtendedKeyUsage", {.signer = &any_usage}, NO_USAGE_WANT},
	    {"a sub-CA", {.signer = &middle}, NO_USAGE_WANT},
	    {"expired", {.signer = &old}, NOT_NOW},
	    {"too early", {.signer = &early}, NOT_NOW},
	    {"key usage", {.signer = &no_signing}, {OCSP_NO_ANSWER, "allows no signature", 0}},
	    {"another CA's", {.signer = &foreign}, NOT_ISSUER},
	    {"another CA's with its chain", {.signer = &foreign, .others = {&other_root}},
		NOT_ISSUER},
	    {"another CA", {.signer = &other_root}, NOT_ISSUER},
	    {"self-signed", {.signer = &self}, NOT_ISSUER},
	    {"delegate of a sub-CA", {.signer = &by_middle, .others = {&middle}}, NOT_ISSUER},
	    {"delegate's delegate", {.signer = &by_delegate, .others = {&delegate}}, NOT_ISSUER},
	    {"a CA of the same name", {.signer = &twin}, NO_USAGE_WANT},
	    {"a CA of the same name, by key", {.signer = &twin, .by_key = true}, NO_USAGE_WANT},
	    {"its delegate", {.signer = &by_twin, .others = {&twin}},
		{OCSP_NO_ANSWER, "not signed by", 0}},
	    {"delegate's name, other key", {.signer = &delegate, .key_of = &self},
		{OCSP_NO_ANSWER, "signature is wrong", 0}},
	    {"issuer's name, other key", {.signer = &root, .key_of = &self}, NO_USAGE_WANT},
	    {"weak key", {.signer = &weak}, {OCSP_NO_ANSWER, "too weak", 0}},
	    {"SHA-1 certificate", {.signer = &sha1}, {OCSP_NO_ANSWER, "too weak", 0}},
	    {"SHA-1 answer", {.signer = &root, .md = EVP_sha1},
		{OCSP_NO_ANSWER, "signature algorithm is too weak", 0}},
	    {"SHA-1 answer of a delegate", {.signer = &delegate, .md = EVP_sha1},
		{OCSP_NO_ANSWER, "signature algorithm is too weak", 0}},
	    {"critical extension", {.signer = &critical}, {OCSP_NO_ANSWER, "not understood", 0}},
	    {"delegate that ends before the answer", {.signer = &short_lived},
		{OCSP_GOOD, "good", 600}},
	};

	expect_rows(rows, ARRAY_LEN(rows), true);
}

/* An RSA-PSS answer has its digest in the parameters; Ed25519 has none. */
static void
test_algorithms(UNUSED void **state)
{
	EVP_PKEY *rsa = EVP_RSA_gen(2048);
	EVP_PKEY *ed = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	struct made by_rsa, by_ed;

	by_rsa =
	    made_new(&(struct order){.name = "rsa", .by = &root, .usage = OCSP_USAGE, .key = rsa});
	by_ed =
	    made_new(&(struct order){.name = "ed", .by = &root, .usage = OCSP_USAGE, .key = ed});
	const struct row rows[] = {
	    {"RSA", {.signer = &by_rsa}, GOOD},
	    {"RSA, MD5", {.signer = &by_rsa, .md = EVP_md5},
		{OCSP_NO_ANSWER, "signature algorithm is too weak", 0}},
	    {"PSS", {.signer = &by_rsa, .pss = true}, GOOD},
	    {"PSS, SHA-1", {.signer = &by_rsa, .pss = true, .md = EVP_sha1},
		{OCSP_NO_ANSWER, "signature algorithm is too weak", 0}},
	    {"Ed25519", {.signer = &by_ed, .no_md = true}, GOOD},
	};

	expect_rows(rows, ARRAY_LEN(rows), true);
	made_free(&by_rsa);
	made_free(&by_ed);
}

#define ABOUT_OTHER                                                                                \
	{                                                                                          \
		OCSP_NO_ANSWER, "not about this certificate", 0                                    \
	}
#define IS_REVOKED                                                                                 \
	{                                                                                          \
		OCSP_REVOKED, "revoked", 3600                                                      \
	}

static void
test_statuses(UNUSED void **state)
{
	static const struct row rows[] = {
	    {"revoked", {.signer = &root, .singles = {{.status = REVOKED}}}, IS_REVOKED},
	    {"unknown", {.signer = &root, .singles = {{.status = UNKNOWN}}},
		{OCSP_UNKNOWN, "does not know", 0}},
	    {"nothing", {.signer = &root, .no_singles = true}, ABOUT_OTHER},
	    {"a sibling", {.signer = &root, .singles = {{.about = &sibling}}}, ABOUT_OTHER},
	    {"another issuer", {.signer = &root, .singles = {{.issuer = &other_root}}},
		ABOUT_OTHER},
	    {"issuer's name, other key", {.signer = &root, .singles = {{.issuer = &twin}}},
		ABOUT_OTHER},
	    {"SHA-256 CertID", {.signer = &root, .singles = {{.id_md = EVP_sha256}}}, ABOUT_OTHER},
	    {"second",
		{.signer = &root,
		    .singles_len = 2,
		    .singles = {{.about = &sibling, .status = REVOKED}, {.status = 0}}},
		GOOD},
	    {"second revoked",
		{.signer = &root,
		    .singles_len = 2,
		    .singles = {{.about = &sibling}, {.status = REVOKED}}},
		IS_REVOKED},
	    {"good and revoked",
		{.signer = &root,
		    .singles_len = 2,
		    .singles = {{.status = 0}, {.status = REVOKED}}},
		IS_REVOKED},
	    {"revoked and good",
		{.signer = &root,
		    .singles_len = 2,
		    .singles = {{.status = REVOKED}, {.status = 0}}},
		IS_REVOKED},
	    {"unknown and good",
		{.signer = &root,
		    .singles_len = 2,
		    .singles = {{.status = UNKNOWN}, {.status = 0}}},
		{OCSP_UNKNOWN, "does not know", 0}},
	    {"stale and good",
		{.signer = &root,
		    .singles_len = 2,
		    .singles = {{.from = -7200, .to = -60}, {.status = 0}}},
		GOOD},
	    {"critical", {.signer = &root, .critical = true},
		{OCSP_NO_ANSWER, "critical extension", 0}},
	    {"critical in the single", {.signer = &root, .singles = {{.critical = "x"}}},
		{OCSP_NO_ANSWER, "critical extension", 0}},
	};

	expect_rows(rows, ARRAY_LEN(rows), true);
}

#define OVER                                                                                       \
	{                                                                                          \
		OCSP_NO_ANSWER, "nextUpdate is over", 0                                            \
	}
#define FUTURE                                                                                     \
	{                                                                                          \
		OCSP_NO_ANSWER, "thisUpdate is in the future", 0                                   \
	}
#define TOO_OLD                                                                                    \
	{                                                                                          \
		OCSP_NO_ANSWER, "too old", 0                                                       \
	}
#define ONCE                                                                                       \
	{                                                                                          \
		OCSP_GOOD, "good", 0                                                               \
	}

static void
test_times(UNUSED void **state)
{
	static const struct row rows[] = {
	    {"over", {.signer = &root, .singles = {{.from = -7200, .to = -30}}}, OVER},
	    {"over, revoked",
		{.signer = &root, .singles = {{.status = REVOKED, .from = -7200, .to = -30}}},
		OVER},
	    {"future", {.signer = &root, .singles = {{.from = 60, .to = 7200}}}, FUTURE},
	    {"backwards", {.signer = &root, .singles = {{.from = -10, .to = -20}}},
		{OCSP_NO_ANSWER, "make no sense", 0}},
	    {"long ago, but still", {.signer = &root, .singles = {{.from = -864000, .to = 600}}},
		{OCSP_GOOD, "good", 600}},
	    {"no nextUpdate", {.signer = &root, .singles = {{.no_next = true}}}, ONCE},
	    {"no nextUpdate, revoked",
		{.signer = &root, .singles = {{.no_next = true, .status = REVOKED}}},
		{OCSP_REVOKED, "revoked", 0}},
	    {"no nextUpdate, nonce, old",
		{.signer = &root,
		    .nonce = NONCE_SAME,
		    .produced = -864000,
		    .singles = {{.no_next = true, .from = -864000}}},
		ONCE},
	    {"no nextUpdate, no nonce, old",
		{.signer = &root,
		    .produced = -864000,
		    .singles = {{.no_next = true, .from = -864000}}},
		TOO_OLD},
	    {"no nextUpdate, no nonce, old news made today",
		{.signer = &root, .singles = {{.no_next = true, .from = -864000}}}, ONCE},
	};

	expect_rows(rows, ARRAY_LEN(rows), true);
}

/* Five seconds of skew, to the second. */
static void
test_skew(UNUSED void **state)
{
	const struct {
		long from, to, now;
		enum ocsp_status status;
	} rows[] = {
	    {100, 7200, 95, OCSP_GOOD},
	    {100, 7200, 94, OCSP_NO_ANSWER},
	    {-7200, 100, 105, OCSP_GOOD},
	    {-7200, 100, 106, OCSP_NO_ANSWER},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ocsp_question question = ask(false);
		const struct answer_order order = {
		    .signer = &root, .singles = {{.from = rows[i].from, .to = rows[i].to}}};
		time_t base, until;
		const char *why;
		unsigned char *der;
		size_t len;

		do { /* within one second, so that "now" is the answer's */
			base = time(NULL);
			der = ocsp_help_answer(&question, &order, &len);
			if (time(NULL) == base)
				break;
			OPENSSL_free(der);
		} while (true);
		assert_int_equal(ocsp_judge(&question, der, len, base + rows[i].now, &until, &why),
		    rows[i].status);
		OPENSSL_free(der);
	}
}

#define OTHER                                                                                      \
	{                                                                                          \
		OCSP_NO_ANSWER, "another nonce", 0                                                 \
	}

static void
test_nonces(UNUSED void **state)
{
	static const struct row asked[] = {
	    {"none", {.signer = &root, .nonce = NONCE_NONE}, GOOD},
	    {"same", {.signer = &root, .nonce = NONCE_SAME}, GOOD},
	    {"other", {.signer = &root, .nonce = NONCE_OTHER}, OTHER},
	    {"short", {.signer = &root, .nonce = NONCE_SHORT}, OTHER},
	    {"long", {.signer = &root, .nonce = NONCE_LONG}, OTHER},
	    {"twice", {.signer = &root, .nonce = NONCE_TWICE}, OTHER},
	    {"other, revoked",
		{.signer = &root, .nonce = NONCE_OTHER, .singles = {{.status = REVOKED}}}, OTHER},
	};
	static const struct row not_asked[] = {
	    {"none", {.signer = &root, .nonce = NONCE_NONE}, GOOD},
	    {"somebody's", {.signer = &root, .nonce = NONCE_OTHER}, GOOD},
	};

	expect_rows(asked, ARRAY_LEN(asked), true);
	expect_rows(not_asked, ARRAY_LEN(not_asked), false);
}

/* OCSPResponseStatus other than successful (RFC 6960 4.2.1), with and without an answer in it. */
static void
test_refusals(UNUSED void **state)
{
	const struct {
		uint8_t status;
		const char *why;
	} rows[] = {
	    {1, "malformedRequest"},
	    {2, "internalError"},
	    {3, "tryLater"},
	    {4, "unknown status"},
	    {5, "sigRequired"},
	    {6, "unauthorized"},
	    {7, "unknown status"},
	    {0x7f, "unknown status"},
	};
	struct ocsp_question question = ask(true);
	const struct answer_order order = {.signer = &root};
	size_t len;
	unsigned char *der = ocsp_help_answer(&question, &order, &len);

	/* SEQUENCE with a long length, ENUMERATED of one byte. */
	assert_true(der[0] == 0x30 && der[1] == 0x82 && der[4] == 0x0a && der[5] == 1);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const uint8_t bare[] = {0x30, 0x03, 0x0a, 0x01, rows[i].status};
		const struct want want = {OCSP_NO_ANSWER, rows[i].why, 0};

		expect("bare", &question, bare, sizeof(bare), &want);
		der[6] = rows[i].status;
		expect("full", &question, der, len, &want);
	}
	der[6] = 0;
	expect("successful", &question, der, len, &(struct want)GOOD);
	OPENSSL_free(der);
}

/* A good answer, with so much beside it. */
static void
test_size(UNUSED void **state)
{
	static char comment[OCSP_ANSWER_MAX];
	static const struct want good = GOOD, nothing = {OCSP_NO_ANSWER, "not an OCSP response", 0};
	const size_t sizes[] = {OCSP_ANSWER_MAX - 8192, OCSP_ANSWER_MAX - 1};

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct ocsp_question question = ask(true);
		struct made fat = made_new(&(struct order){.name = "fat"});
		const struct answer_order order = {.signer = &root, .others = {&fat}};
		unsigned char *der;
		size_t len;

		memset(comment, 'x', sizes[i]);
		comment[sizes[i]] = '\0';
		made_extension(fat.cert, NID_netscape_comment, comment);
		made_need(X509_sign(fat.cert, fat.key, EVP_sha256()) > 0);
		der = ocsp_help_answer(&question, &order, &len);
		assert_int_equal(len > OCSP_ANSWER_MAX, i);
		expect("fat", &question, der, len, i == 0 ? &good : &nothing);
		OPENSSL_free(der);
		made_free(&fat);
	}
}

static void
test_garbage(UNUSED void **state)
{
	static uint8_t big[OCSP_ANSWER_MAX + 1];
	struct ocsp_question question = ask(true);
	const struct want nothing = {OCSP_NO_ANSWER, "not an OCSP response", 0};
	const struct want not_basic = {OCSP_NO_ANSWER, "not a basic OCSP response", 0};
	const struct answer_order order = {.signer = &root};
	size_t len;
	unsigned char *der = ocsp_help_answer(&question, &order, &len);
	static const uint8_t no_bytes[] = {0x30, 0x03, 0x0a, 0x01, 0x00};
	static const uint8_t other_type[] = {0x30, 0x0f, 0x0a, 0x01, 0x00, 0xa0, 0x0a, 0x30, 0x08,
	    0x06, 0x02, 0x2a, 0x03, 0x04, 0x02, 0x30, 0x00};

	expect("empty", &question, "", 0, &nothing);
	expect("html", &question, "<html>", 6, &nothing);
	expect("no bytes", &question, no_bytes, sizeof(no_bytes), &not_basic);
	expect("other type", &question, other_type, sizeof(other_type), &not_basic);
	assert_true(len < sizeof(big));
	memcpy(big, der, len);
	expect("trailing byte", &question, big, len + 1, &nothing);
	expect("too big", &question, big, sizeof(big), &nothing);
	for (size_t i = 0; i < len; i++)
		expect("cut", &question, der, i, &nothing);
	OPENSSL_free(der);
}

/* No bit of a signed answer can be another one and turn it into something else. */
static void
test_tamper(UNUSED void **state)
{
	const struct answer_order order = {
	    .signer = &delegate, .nonce = NONCE_SAME, .singles = {{.status = REVOKED}}};
	struct ocsp_question question = ask(true);
	unsigned changed = 0;
	size_t len;
	unsigned char *der = ocsp_help_answer(&question, &order, &len);

	for (size_t i = 0; i < len * 8; i++) {
		time_t now = time(NULL), until;
		const char *why;
		enum ocsp_status status;

		der[i / 8] ^= (unsigned char)(1U << i % 8);
		status = ocsp_judge(&question, der, len, now, &until, &why);
		der[i / 8] ^= (unsigned char)(1U << i % 8);
		assert_true(status == OCSP_NO_ANSWER || status == OCSP_REVOKED);
		changed += status == OCSP_NO_ANSWER;
		assert_int_equal(ERR_peek_error(), 0);
	}
	/* What is not signed is little: the frame of the certificate's list at most. */
	assert_true(changed > len * 8 - 64);
	OPENSSL_free(der);
}

static void
test_responder(UNUSED void **state)
{
	char longest[1200];
	struct {
		const char *access; /* NULL: none */
		size_t size;
		enum err err;
		const char *url;
	} rows[] = {
	    {NULL, 1025, ERR_NOTFOUND, NULL},
	    {"OCSP;URI:http://ocsp.example/a?b", 1025, ERR_OK, "http://ocsp.example/a?b"},
	    {"OCSP;URI:HTTP://ocsp.example", 1025, ERR_OK, "HTTP://ocsp.example"},
	    {"OCSP;URI:https://ocsp.example", 1025, ERR_NOTFOUND, NULL},
	    {"OCSP;URI:ldap://ocsp.example", 1025, ERR_NOTFOUND, NULL},
	    {"OCSP;URI:http://", 1025, ERR_NOTFOUND, NULL},
	    {"OCSP;DNS:http.example", 1025, ERR_NOTFOUND, NULL},
	    {"caIssuers;URI:http://ca.example", 1025, ERR_NOTFOUND, NULL},
	    {"caIssuers;URI:http://ca.example,OCSP;URI:https://no.example,"
	     "OCSP;URI:http://first.example,OCSP;URI:http://second.example",
		1025, ERR_OK, "http://first.example"},
	    {"OCSP;URI:http://ocsp.example", 20, ERR_LIMIT, NULL},
	    {"OCSP;URI:http://ocsp.example", 21, ERR_LIMIT, NULL},
	    {"OCSP;URI:http://ocsp.example", 22, ERR_OK, "http://ocsp.example"},
	    {longest, 1025, ERR_LIMIT, NULL},
	};

	(void)snprintf(longest, sizeof(longest), "OCSP;URI:http://x/%01100d", 0);
	rows[9].size = strlen("http://ocsp.example") - 1;
	rows[10].size = strlen("http://ocsp.example");
	rows[11].size = strlen("http://ocsp.example") + 1;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct made cert = made_new(&(struct order){.name = "x", .by = &root});
		char url[1025] = "";

		made_extension(cert.cert, NID_info_access, rows[i].access);
		assert_int_equal(ocsp_responder(cert.cert, url, rows[i].size), rows[i].err);
		if (rows[i].err == ERR_OK)
			assert_string_equal(url, rows[i].url);
		made_free(&cert);
	}
}

/* A NUL inside a URL, and an extension that cannot be read. */
static void
test_responder_hostile(UNUSED void **state)
{
	static const uint8_t nul[] = {0x30, 0x1a, 0x30, 0x18, 0x06, 0x08, 0x2b, 0x06, 0x01, 0x05,
	    0x05, 0x07, 0x30, 0x01, 0x86, 0x0c, 'h', 't', 't', 'p', ':', '/', '/', 'a', 0, 'b', '.',
	    'c'};
	const struct {
		const void *data;
		int len;
	} rows[] = {{nul, sizeof(nul)}, {"\x30\x05garbage", 9}, {"", 0}};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct made cert = made_new(&(struct order){.name = "x", .by = &root});
		ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
		X509_EXTENSION *ext;
		char url[1025];

		made_need(ASN1_OCTET_STRING_set(value, rows[i].data, rows[i].len) == 1);
		ext = X509_EXTENSION_create_by_NID(NULL, NID_info_access, 0, value);
		made_need(ext != NULL && X509_add_ext(cert.cert, ext, -1) == 1);
		assert_int_equal(ocsp_responder(cert.cert, url, sizeof(url)), ERR_NOTFOUND);
		assert_int_equal(ERR_peek_error(), 0);
		X509_EXTENSION_free(ext);
		ASN1_OCTET_STRING_free(value);
		made_free(&cert);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_request),
	    cmocka_unit_test(test_request_limits),
	    cmocka_unit_test(test_signers),
	    cmocka_unit_test(test_algorithms),
	    cmocka_unit_test(test_statuses),
	    cmocka_unit_test(test_times),
	    cmocka_unit_test(test_skew),
	    cmocka_unit_test(test_nonces),
	    cmocka_unit_test(test_refusals),
	    cmocka_unit_test(test_size),
	    cmocka_unit_test(test_garbage),
	    cmocka_unit_test(test_tamper),
	    cmocka_unit_test(test_responder),
	    cmocka_unit_test(test_responder_hostile),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
