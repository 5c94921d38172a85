/* SPDX-License-Identifier: Apache-2.0 */
/* pki/verdict.c: which client certificates are believed, under which trustpoint, and why not; and
 * what is said about ca-certificate files. */
#include "tests/unit/verdict_help.h"

#include "tests/unit/conf_help.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

#include "common/str.h"
#include "pki/verdict.h"

static struct made root, other_root, middle, weak_root, old_root;

#define CLIENT "clientAuth"

static int
group_setup(UNUSED void **state)
{
	root = made_new(&(struct order){.name = "Root", .ca = true});
	other_root = made_new(&(struct order){.name = "Other root", .ca = true});
	middle = made_new(&(struct order){.name = "Middle", .ca = true, .by = &root});
	weak_root = made_new(&(struct order){.name = "Weak", .ca = true, .key = EVP_RSA_gen(1024)});
	old_root = made_new(&(struct order){.name = "Old", .ca = true, .from = -7200, .to = -3600});
	return 0;
}

static int
group_teardown(UNUSED void **state)
{
	made_free(&root);
	made_free(&other_root);
	made_free(&middle);
	made_free(&weak_root);
	made_free(&old_root);
	return 0;
}

static struct verdict_book *
book_of(const struct made *ca, const char *trustpoint)
{
	struct verdict_book *book = verdict_book_new();

	assert_non_null(book);
	assert_int_equal(verdict_book_add(book, ca->cert, trustpoint, NULL), ERR_OK);
	return book;
}

/* Judge certificates in this order. */
static struct verdict
judge(struct verdict_book *book, X509 *const *certs, size_t len)
{
	ProtobufCBinaryData ders[16] = {{0}};
	struct verdict verdict;

	assert_true(len <= ARRAY_LEN(ders));
	for (size_t i = 0; i < len; i++) {
		int n = i2d_X509(certs[i], &ders[i].data);

		assert_true(n > 0);
		ders[i].len = (size_t)n;
	}
	verdict_judge(book, ders, len, &verdict);
	for (size_t i = 0; i < len; i++)
		OPENSSL_free(ders[i].data);
	assert_int_equal(ERR_peek_error(), 0);
	return verdict;
}

static void
expect_good(struct verdict verdict, const char *trustpoint, const char *subject)
{
	if (!verdict.ok)
		fail_msg("expected a good certificate, got: %s", verdict.reason);
	assert_string_equal(verdict.trustpoint, trustpoint);
	assert_string_equal(verdict.names->subject_name, subject);
	assert_string_equal(verdict.reason, "");
	verdict_fini(&verdict);
}

static void
expect_bad(struct verdict verdict, const char *reason)
{
	assert_false(verdict.ok);
	assert_null(verdict.trustpoint);
	if (strstr(verdict.reason, reason) == NULL)
		fail_msg("expected \"%s\" of %s, got \"%s\"", reason,
		    verdict.names != NULL ? verdict.names->subject_name : "?", verdict.reason);
	verdict_fini(&verdict);
}

/* Leaves of one kind each, under the root. */
static void
test_leaves(UNUSED void **state)
{
	const struct {
		struct order order;
		const char *reason; /* NULL: good */
	} rows[] = {
	    {{.name = "ok", .by = &root, .usage = CLIENT}, NULL},
	    {{.name = "ok", .by = &root}, NULL},
	    {{.name = "ok",
		 .by = &root,
		 .usage = CLIENT ",serverAuth",
		 .key_usage = "critical,digitalSignature"},
		NULL},
	    {{.name = "ok", .by = &root, .usage = CLIENT, .key = EVP_RSA_gen(2048)}, NULL},
	    {{.name = "server", .by = &root, .usage = "serverAuth"}, "purpose"},
	    {{.name = "mail", .by = &root, .key_usage = "critical,keyCertSign"}, "purpose"},
	    {{.name = "late", .by = &root, .from = -7200, .to = -60}, "expired"},
	    {{.name = "early", .by = &root, .from = 3600, .to = 7200}, "not yet valid"},
	    {{.name = "weak", .by = &root, .key = EVP_RSA_gen(1024)},
		"1 of the path: its RSA key has less than 2048"},
	    {{.name = "small", .by = &root, .key = EVP_EC_gen("P-224")}, "not on a curve"},
	    {{.name = "sha1", .by = &root, .md = EVP_sha1()},
		"1 of the path: it is signed with a hash that is too weak"},
	    {{.name = "self"}, "self-signed"},
	    {{.name = "other", .by = &other_root}, "local issuer"},
	    {{.name = "below", .by = &middle}, "local issuer"}, /* which it did not send */
	};
	struct verdict_book *book = book_of(&root, "ROOT");

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct made leaf = made_new(&rows[i].order);
		struct verdict verdict = judge(book, &leaf.cert, 1);

		if (rows[i].reason == NULL)
			expect_good(verdict, "ROOT", "cn=ok");
		else
			expect_bad(verdict, rows[i].reason);
		made_free(&leaf);
	}
	verdict_book_free(book);
}

/* A name is not a signature. */
static void
test_forged(UNUSED void **state)
{
	struct made twin = made_new(&(struct order){.name = "Root", .ca = true});
	struct made leaf = made_new(&(struct order){.name = "evil", .by = &twin, .usage = CLIENT});
	struct verdict_book *book = book_of(&root, "ROOT");
	X509 *chain[] = {leaf.cert, twin.cert};

	expect_bad(judge(book, chain, 1), "signature failure");
	expect_bad(judge(book, chain, 2), "");
	made_free(&leaf);
	made_free(&twin);
	verdict_book_free(book);
}

/* Somebody's certificate is no CA, even if it is a good one itself. */
static void
test_leaf_as_ca(UNUSED void **state)
{
	struct made user = made_new(&(struct order){.name = "user", .by = &root, .usage = CLIENT});
	struct made evil = made_new(&(struct order){.name = "evil", .by = &user, .usage = CLIENT});
	struct verdict_book *book = book_of(&root, "ROOT");
	X509 *chain[] = {evil.cert, user.cert};

	expect_bad(judge(book, chain, 2), "CA");
	made_free(&evil);
	made_free(&user);
	verdict_book_free(book);
}

static void
test_paths(UNUSED void **state)
{
	struct made leaf = made_new(&(struct order){.name = "ok", .by = &middle, .usage = CLIENT});
	struct verdict_book *book = book_of(&root, "ROOT");
	X509 *chain[] = {leaf.cert, middle.cert};
	X509 *noisy[] = {leaf.cert, other_root.cert, middle.cert, root.cert};

	expect_bad(judge(book, chain, 1), "local issuer");
	expect_good(judge(book, chain, 2), "ROOT", "cn=ok");
	expect_good(judge(book, noisy, 4), "ROOT", "cn=ok");
	/* An intermediate CA is an anchor by itself, and the nearest CA's trustpoint counts. */
	assert_int_equal(verdict_book_add(book, middle.cert, "MIDDLE", NULL), ERR_OK);
	expect_good(judge(book, chain, 1), "MIDDLE", "cn=ok");
	expect_good(judge(book, noisy, 4), "MIDDLE", "cn=ok");
	made_free(&leaf);
	verdict_book_free(book);
}

/* Which part of a path is to be checked for revocation, and by whose settings. */
static void
test_checks(UNUSED void **state)
{
	struct made far = made_new(&(struct order){.name = "ok", .by = &middle});
	struct made near = made_new(&(struct order){.name = "ok", .by = &root});
	struct verdict_book *book = book_of(&root, "ROOT");
	const struct conf_object *near_check = (const struct conf_object *)&near;
	const struct conf_object *far_check = (const struct conf_object *)&far;
	X509 *chain[] = {far.cert, middle.cert};
	struct verdict verdict = judge(book, chain, 2);

	assert_int_equal(verdict.checks_len, 0);
	assert_int_equal(verdict.path_len, 3);
	assert_int_equal(X509_cmp(verdict.path[0], far.cert), 0);
	assert_int_equal(X509_cmp(verdict.path[1], middle.cert), 0);
	assert_int_equal(X509_cmp(verdict.path[2], root.cert), 0);
	expect_good(verdict, "ROOT", "cn=ok");
	/* The nearest CA is the path's end, and what others want of theirs does not count. */
	assert_int_equal(verdict_book_add(book, root.cert, "STRICT", near_check), ERR_OK);
	assert_int_equal(verdict_book_add(book, middle.cert, "MIDDLE", far_check), ERR_OK);
	verdict = judge(book, chain, 2);
	assert_int_equal(verdict.path_len, 2);
	assert_int_equal(verdict.checks_len, 1);
	assert_ptr_equal(verdict.checks[0], far_check);
	expect_good(verdict, "MIDDLE", "cn=ok");
	/* A CA in two trustpoints: the first names it, the stricter one is heard. */
	verdict = judge(book, &near.cert, 1);
	assert_int_equal(verdict.path_len, 2);
	assert_int_equal(verdict.checks_len, 1);
	assert_ptr_equal(verdict.checks[0], near_check);
	expect_good(verdict, "ROOT", "cn=ok");
	for (size_t i = 1; i < VERDICT_CHECKS_MAX; i++)
		assert_int_equal(verdict_book_add(book, root.cert, "MORE", near_check), ERR_OK);
	verdict = judge(book, &near.cert, 1);
	assert_int_equal(verdict.checks_len, VERDICT_CHECKS_MAX);
	expect_good(verdict, "ROOT", "cn=ok");
	assert_int_equal(verdict_book_add(book, root.cert, "MORE", near_check), ERR_OK);
	expect_bad(judge(book, &near.cert, 1), "more than 8 trustpoints");
	made_free(&far);
	made_free(&near);
	verdict_book_free(book);
}

static void
test_bad_cas(UNUSED void **state)
{
	struct made weak = made_new(&(struct order){.name = "x", .by = &weak_root});
	struct made old = made_new(&(struct order){.name = "x", .by = &old_root});
	struct verdict_book *book = book_of(&weak_root, "WEAK");

	assert_int_equal(verdict_book_add(book, old_root.cert, "OLD", NULL), ERR_OK);
	expect_bad(judge(book, &weak.cert, 1), "2 of the path: its RSA key has less than 2048");
	expect_bad(judge(book, &old.cert, 1), "expired");
	made_free(&weak);
	made_free(&old);
	verdict_book_free(book);
}

static void
test_long_path(UNUSED void **state)
{
	struct made cas[VERDICT_DEPTH_MAX + 2];
	X509 *chain[VERDICT_DEPTH_MAX + 3];
	struct verdict_book *book = book_of(&root, "ROOT");
	size_t n = ARRAY_LEN(cas);
	struct made leaf;

	for (size_t i = 0; i < n; i++) {
		char name[] = {'c', (char)('a' + i), '\0'};

		cas[i] = made_new(
		    &(struct order){.name = name, .ca = true, .by = i == 0 ? &root : &cas[i - 1]});
	}
	leaf = made_new(&(struct order){.name = "leaf", .by = &cas[n - 1]});
	chain[0] = leaf.cert;
	for (size_t i = 0; i < n; i++)
		chain[i + 1] = cas[n - 1 - i].cert;
	expect_bad(judge(book, chain, VERDICT_CHAIN_MAX), "");
	expect_bad(judge(book, chain, n + 1), "more than 10 certificates");
	for (size_t i = 0; i < n; i++)
		made_free(&cas[i]);
	made_free(&leaf);
	verdict_book_free(book);
}

static void
test_garbage(UNUSED void **state)
{
	static uint8_t big[VERDICT_DER_MAX + 1];
	struct made leaf = made_new(&(struct order){.name = "ok", .by = &root});
	struct verdict_book *book = book_of(&root, "ROOT");
	unsigned char *der = NULL;
	size_t len = (size_t)i2d_X509(leaf.cert, &der);
	uint8_t *longer = malloc(len + 1);
	struct verdict verdict;
	const struct {
		ProtobufCBinaryData chain[2];
		size_t len;
		const char *reason;
	} rows[] = {
	    {{{0}}, 0, "no certificate"},
	    {{{0, NULL}}, 1, "certificate 1 is malformed"},
	    {{{1, big}}, 1, "certificate 1 is malformed"},
	    {{{sizeof big, big}}, 1, "certificate 1 is too big"},
	    {{{len - 1, der}}, 1, "certificate 1 is malformed"},
	    {{{len + 1, longer}}, 1, "certificate 1 is malformed"},
	    {{{len, der}, {3, big}}, 2, "certificate 2 is malformed"},
	};

	memcpy(longer, der, len);
	longer[len] = 0;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		verdict_judge(book, rows[i].chain, rows[i].len, &verdict);
		expect_bad(verdict, rows[i].reason);
		assert_int_equal(ERR_peek_error(), 0);
	}
	/* One bit anywhere makes it another certificate. */
	for (size_t i = 0; i < len; i++) {
		ProtobufCBinaryData data = {len, der};

		der[i] ^= 1;
		verdict_judge(book, &data, 1, &verdict);
		assert_false(verdict.ok);
		verdict_fini(&verdict);
		der[i] ^= 1;
	}
	free(longer);
	OPENSSL_free(der);
	made_free(&leaf);
	verdict_book_free(book);
}

static void
test_names(UNUSED void **state)
{
	struct verdict_book *book = book_of(&root, "A");
	const ProtobufCBinaryData *names;

	assert_int_equal(verdict_book_add(book, root.cert, "B", NULL), ERR_OK);
	assert_int_equal(verdict_book_names(book, &names), 1);
	assert_int_equal(verdict_book_add(book, middle.cert, "B", NULL), ERR_OK);
	assert_int_equal(verdict_book_names(book, &names), 2);
	/* More than a handshake can hold: none at all. */
	for (unsigned i = 0; i < 600; i++) {
		char name[32];
		struct made ca;

		(void)snprintf(name, sizeof name, "Certification authority %u", i);
		ca = made_new(&(struct order){.name = name, .ca = true});
		assert_int_equal(verdict_book_add(book, ca.cert, "MANY", NULL), ERR_OK);
		made_free(&ca);
	}
	assert_int_equal(verdict_book_names(book, &names), 0);
	verdict_book_free(book);
}

/* ---- ca-certificate files ---- */

static void
put_pem(struct buf *out, X509 *cert)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data;
	long len;

	assert_int_equal(PEM_write_bio_X509(bio, cert), 1);
	len = BIO_get_mem_data(bio, &data);
	buf_put(out, data, (size_t)len);
	BIO_free(bio);
}

/* Load a configuration with this text as its ca.pem; errors and warnings are the caller's. */
static enum err
load(const char *pem, const char *revocation, struct conf_errors *errors, size_t *names)
{
	struct verdict_book *book = verdict_book_new();
	const ProtobufCBinaryData *list;
	struct texts texts = {0};
	struct buf slice, pki;
	struct conf *conf;
	enum err err;

	buf_init(&pki, 4096);
	buf_printf(&pki,
	    "trustpoints = ( { name = \"GW\"; certificate = \"gw.pem\"; key = \"gw.key\"; },\n"
	    "  { name = \"CAS\"; ca-certificate = \"ca.pem\"; %s } );\nssl-trust-point = \"GW\";\n",
	    revocation);
	for (size_t i = 0; i < ARRAY_LEN(help_files); i++) {
		bool is_pki = strcmp(help_files[i].name, "pki.conf") == 0;
		const char *text = is_pki ? buf_cstr(&pki) : help_files[i].text;

		assert_int_equal(
		    texts_add(&texts, help_files[i].type, help_files[i].name, text, strlen(text)),
		    ERR_OK);
	}
	assert_int_equal(texts_add(&texts, TEXTS_PEM, "ca.pem", pem, strlen(pem)), ERR_OK);
	buf_init(&slice, 8 * TEXTS_FILE_MAX);
	assert_int_equal(slice_pack(&texts, help_wants, NULL, &slice), ERR_OK);
	texts_fini(&texts);
	conf_errors_init(errors);
	conf = conf_from_slice(slice.data, slice.len, errors);
	if (conf == NULL)
		fail_msg("expected no error, got: %s", buf_cstr(&errors->text));
	buf_reset(&errors->warnings);
	err = verdict_book_load(book, conf, errors);
	*names = verdict_book_names(book, &list);
	verdict_book_free(book);
	conf_unref(conf);
	buf_fini(&slice);
	buf_fini(&pki);
	return err;
}

static void
expect_load(
    const char *pem, const char *revocation, size_t names, const char *error, const char *warning)
{
	struct conf_errors errors;
	size_t found;
	enum err err = load(pem, revocation, &errors, &found);

	assert_int_equal(err, error == NULL ? ERR_OK : ERR_SYNTAX);
	assert_int_equal(found, names);
	if (error != NULL && strstr(buf_cstr(&errors.text), error) == NULL)
		fail_msg("expected \"%s\", got %s", error, buf_cstr(&errors.text));
	if (warning == NULL)
		assert_string_equal(buf_cstr(&errors.warnings), "");
	else if (strstr(buf_cstr(&errors.warnings), warning) == NULL)
		fail_msg("expected \"%s\", got %s", warning, buf_cstr(&errors.warnings));
	conf_errors_fini(&errors);
}

static void
test_files(UNUSED void **state)
{
	struct made leaf = made_new(&(struct order){.name = "leaf", .by = &root});
	struct buf pem;

	buf_init(&pem, 65536);
	put_pem(&pem, root.cert);
	put_pem(&pem, middle.cert);
	expect_load(buf_cstr(&pem), "", 2, NULL, NULL);
	expect_load(buf_cstr(&pem), "revocation-check = [ \"none\" ];", 2, NULL, NULL);
	expect_load(buf_cstr(&pem), "revocation-check = [ \"crl\", \"none\" ];", 2, NULL, NULL);
	/* Its CAs vouch for others than clients: none is believed, and none is told. */
	expect_load(buf_cstr(&pem), "validation-usage = [ \"ssl-server\", \"ipsec-client\" ];", 0,
	    NULL, NULL);
	expect_load(buf_cstr(&pem), "validation-usage = [ \"ssl-server\", \"ssl-client\" ];", 2,
	    NULL, NULL);
	put_pem(&pem, leaf.cert);
	expect_load(buf_cstr(&pem), "", 2, "certificate 3 in ca.pem is not a CA's", NULL);
	buf_reset(&pem);
	put_pem(&pem, old_root.cert);
	expect_load(buf_cstr(&pem), "", 1, NULL, "certificate 1 in ca.pem has expired");
	buf_reset(&pem);
	put_pem(&pem, weak_root.cert);
	expect_load(buf_cstr(&pem), "", 1, NULL, "RSA key has less than 2048 bits");
	buf_reset(&pem);
	buf_puts(&pem, "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n");
	expect_load(buf_cstr(&pem), "", 0, "is not a list of CA certificates in PEM", NULL);
	buf_fini(&pem);
	made_free(&leaf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_leaves),
	    cmocka_unit_test(test_forged),
	    cmocka_unit_test(test_leaf_as_ca),
	    cmocka_unit_test(test_paths),
	    cmocka_unit_test(test_checks),
	    cmocka_unit_test(test_bad_cas),
	    cmocka_unit_test(test_long_path),
	    cmocka_unit_test(test_garbage),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
