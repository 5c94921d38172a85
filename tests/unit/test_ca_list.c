/* SPDX-License-Identifier: Apache-2.0 */
/* pki/ca_list.c and common/cert_text.c: what "show crypto ca" says, in pages that have an end, also
 * of certificates that would rather say something else. */
#include "tests/unit/revocation_help.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <string.h>

#include "common/cert_text.h"
#include "common/log.h"
#include "pki/ca_list.h"

#define URL "http://crl.test/a.crl"

static struct made root;

static int
group_setup(UNUSED void **state)
{
	log_init("test", &(struct log_config){.level = LOG_CRIT, .to_stderr = true});
	root = made_new(&(struct order){.name = "Root", .ca = true});
	return 0;
}

static int
group_teardown(UNUSED void **state)
{
	made_free(&root);
	return 0;
}

static void
expect_in(const char *text, const char *wanted)
{
	if (strstr(text, wanted) == NULL)
		fail_msg("expected \"%s\" in:\n%s", wanted, text);
}

static void
expect_not_in(const char *text, const char *unwanted)
{
	if (strstr(text, unwanted) != NULL)
		fail_msg("expected no \"%s\" in:\n%s", unwanted, text);
}

/* ---- one certificate ---- */

static void
test_text(UNUSED void **state)
{
	struct made made = made_new(&(struct order){.name = "\x1b[2J x\n  Status: Forged",
	    .by = &root,
	    .key_usage = "critical,keyEncipherment",
	    .aia = "OCSP;URI:http://ocsp.test/,caIssuers;URI:http://ca.test/",
	    .cdp = "URI:http://crl.test/a.crl,URI:ldap://crl.test/b"});
	struct buf text;

	buf_init(&text, 65536);
	assert_int_equal(cert_text_write(&text, made.cert, true, "A B"), ERR_OK);
	expect_in(
	    buf_cstr(&text), "Certificate\n  Status: Available\n  Certificate Serial Number: ");
	expect_in(buf_cstr(&text), "\n  Certificate Usage: Encryption\n");
	expect_in(buf_cstr(&text), "\n  Public Key Type: EC (256 bits)\n");
	expect_in(buf_cstr(&text), "\n  Signature Algorithm: SHA256 with ECDSA\n");
	expect_in(buf_cstr(&text), "\n  Issuer Name:\n    cn=Root\n");
	expect_in(buf_cstr(&text), "\n    cn=?[2J x?  Status: Forged\n");
	expect_in(buf_cstr(&text), "\n  OCSP AIA:\n    [1] http://ocsp.test/\n");
	expect_in(buf_cstr(&text), "\n    [1] http://crl.test/a.crl\n    [2] ldap://crl.test/b\n");
	expect_in(buf_cstr(&text), "\n  Storage: config\n  Associated Trustpoints: A B\n");
	expect_not_in(buf_cstr(&text), "ca.test");
	expect_not_in(buf_cstr(&text), "\x1b");
	buf_reset(&text);
	assert_int_equal(cert_text_write(&text, root.cert, false, ""), ERR_OK);
	assert_memory_equal(buf_cstr(&text), "CA Certificate\n", 15);
	buf_fini(&text);
	/* Too little room: an error, no part of it taken for the whole. */
	for (size_t max = 0; max < 300; max += 7) {
		buf_init(&text, max);
		assert_int_equal(cert_text_write(&text, root.cert, false, ""), ERR_LIMIT);
		buf_fini(&text);
	}
	made_free(&made);
}

static void
test_time(UNUSED void **state)
{
	char text[64];

	cert_text_time(text, sizeof(text), 1506786028);
	assert_string_equal(text, "15:40:28 UTC Sep 30 2017");
	cert_text_time(text, sizeof(text), INT64_MAX);
	assert_string_equal(text, "unknown");
}

/* ---- pages ---- */

/* A configuration with the trustpoint CA, whose file has so many CAs, and OTHER with the same. */
static struct conf *
conf_with(const char *pem)
{
	static const char pki[] =
	    "trustpoints = ( { name = \"GW\"; certificate = \"gw.pem\"; key = \"gw.key\"; },\n"
	    "  { name = \"CA\"; ca-certificate = \"ca.pem\"; revocation-check = [ \"crl\" ]; },\n"
	    "  { name = \"OTHER\"; ca-certificate = \"ca.pem\"; } );\nssl-trust-point = \"GW\";\n";
	struct texts texts = {0};
	struct conf_errors errors;
	struct conf *conf;
	struct buf slice;

	for (size_t i = 0; i < ARRAY_LEN(help_files); i++) {
		bool is_pki = strcmp(help_files[i].name, "pki.conf") == 0;
		const char *text = is_pki ? pki : help_files[i].text;

		assert_int_equal(
		    texts_add(&texts, help_files[i].type, help_files[i].name, text, strlen(text)),
		    ERR_OK);
	}
	assert_int_equal(texts_add(&texts, TEXTS_PEM, "ca.pem", pem, strlen(pem)), ERR_OK);
	buf_init(&slice, 8 * TEXTS_FILE_MAX);
	assert_int_equal(slice_pack(&texts, help_wants, NULL, &slice), ERR_OK);
	texts_fini(&texts);
	conf_errors_init(&errors);
	conf = conf_from_slice(slice.data, slice.len, &errors);
	if (conf == NULL)
		fail_msg("expected no error, got: %s", buf_cstr(&errors.text));
	conf_errors_fini(&errors);
	buf_fini(&slice);
	return conf;
}

static void
put_pem(struct buf *out, X509 *cert)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data;
	long len;

	made_need(PEM_write_bio_X509(bio, cert) == 1);
	len = BIO_get_mem_data(bio, &data);
	buf_put(out, data, (size_t)len);
	BIO_free(bio);
}

/* All entries of all pages, their number and their texts one after the other. */
static size_t
list(const struct conf *conf, const struct answers *answers, Ipc__CaKind kind,
    const char *trustpoint, struct buf *out, unsigned *pages)
{
	Ipc__CaList request = IPC__CA_LIST__INIT;
	bool more = true;

	request.kind = kind;
	request.trustpoint = (char *)(uintptr_t)trustpoint;
	for (*pages = 0; more; (*pages)++) {
		struct ca_list page;

		ca_list_fill(&page, conf, answers, &request);
		assert_string_equal(page.msg.error, "");
		for (size_t i = 0; i < page.msg.n_entry; i++)
			buf_puts(out, page.msg.entry[i]);
		request.offset += (uint32_t)page.msg.n_entry;
		more = page.msg.more;
		assert_true(!more || page.msg.n_entry > 0);
		assert_true(ipc__ca_list_reply__get_packed_size(&page.msg) < 131072 - 64);
		ca_list_fini(&page);
	}
	assert_int_equal(out->err, ERR_OK);
	return request.offset;
}

static void
test_pages(UNUSED void **state)
{
	struct answers *answers = answers_new(NULL, &fake_net, NULL);
	struct buf pem, out;
	struct conf *conf;
	unsigned pages;

	buf_init(&pem, 1U << 20);
	buf_init(&out, 8U << 20);
	for (unsigned i = 0; i < 150; i++) {
		char name[16];
		struct made ca;

		(void)snprintf(name, sizeof(name), "CA %u", i);
		ca = made_new(
		    &(struct order){.name = name, .ca = true, .key = EVP_PKEY_dup(root.key)});
		put_pem(&pem, ca.cert);
		if (i == 0) /* twice in the file: once in the list */
			put_pem(&pem, ca.cert);
		made_free(&ca);
	}
	conf = conf_with(buf_cstr(&pem));
	assert_int_equal(
	    list(conf, answers, IPC__CA_KIND__CA_CERTIFICATES, "CA", &out, &pages), 150);
	assert_int_equal(pages, 3);
	for (unsigned i = 0; i < 150; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "  Subject Name:\n    cn=CA %u\n", i);
		expect_in(buf_cstr(&out), name);
	}
	expect_in(buf_cstr(&out), "Associated Trustpoints: CA OTHER\n");
	assert_int_equal(list(conf, answers, IPC__CA_KIND__CA_CERTIFICATES, "", &out, &pages), 150);
	buf_reset(&out);
	assert_int_equal(list(conf, answers, IPC__CA_KIND__CA_TRUSTPOINTS, "", &out, &pages), 3);
	expect_in(buf_cstr(&out), "Trustpoint CA:\n  Subject Name:\n    cn=CA 0\n");
	expect_in(buf_cstr(&out), "  Revocation Check: crl\n");
	expect_in(buf_cstr(&out), "  Not authenticated.\n  Certificate configured.\n");
	conf_unref(conf);
	buf_fini(&pem);
	buf_fini(&out);
	answers_free(answers);
}

static void
test_questions(UNUSED void **state)
{
	struct answers *answers = answers_new(NULL, &fake_net, NULL);
	struct conf *conf = conf_of("");
	const struct {
		Ipc__CaKind kind;
		const char *trustpoint, *error;
	} rows[] = {
	    {IPC__CA_KIND__CA_CERTIFICATES, "ca", "no trustpoint of that name"},
	    {IPC__CA_KIND__CA_CRLS, "NOBODY", "no trustpoint of that name"},
	    {IPC__CA_KIND__CA_NONE, "", "unknown kind"},
	    {(Ipc__CaKind)99, "", "unknown kind"},
	    {IPC__CA_KIND__CA_CRLS, "", ""},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		Ipc__CaList request = IPC__CA_LIST__INIT;
		struct ca_list page;

		request.kind = rows[i].kind;
		request.trustpoint = (char *)(uintptr_t)rows[i].trustpoint;
		request.offset = UINT32_MAX;
		ca_list_fill(&page, conf, answers, &request);
		expect_in(page.msg.error, rows[i].error);
		assert_int_equal(page.msg.n_entry, 0);
		assert_false(page.msg.more);
		ca_list_fini(&page);
	}
	conf_unref(conf);
	answers_free(answers);
}

/* ---- CRLs ---- */

static void
ignore(UNUSED struct answer_wait *wait, UNUSED enum answer_status status, UNUSED const char *why)
{
}

static void
test_crls(UNUSED void **state)
{
	struct answers *answers = answers_new(NULL, &fake_net, NULL);
	struct made leaf = made_new(&(struct order){.name = "leaf", .by = &root});
	struct conf *conf = conf_of("");
	struct answer_wait wait = {.fn = ignore};
	struct answer_query query = {.kind = ANSWER_CRL,
	    .cert = leaf.cert,
	    .issuer = root.cert,
	    .url = URL,
	    .trustpoint = "CA",
	    .timeout_ms = 1000,
	    .cache_ms = 600000,
	    .enforce_next_update = true};
	struct answers_crl kept;
	const char *why;
	struct buf out;
	unsigned pages;

	clock_begin();
	buf_init(&out, 65536);
	assert_int_equal(list(conf, answers, IPC__CA_KIND__CA_CRLS, "", &out, &pages), 0);
	assert_int_equal(answers_get(answers, &query, &wait, &why), ANSWER_PENDING);
	say_crl(&net.fetches[net.served++], &root, leaf.cert, 86400);
	assert_true(answers_crl(answers, 0, &kept));
	assert_false(answers_crl(answers, 1, &kept));
	assert_int_equal(kept.cached_until, fake_wall() + 600);
	/* Another one uses it, for longer than it is good. */
	query.trustpoint = "GW";
	query.cache_ms = 1000U * 86400 * 2;
	assert_int_equal(answers_get(answers, &query, &wait, &why), ANSWER_REVOKED);
	assert_int_equal(answers_get(answers, &query, &wait, &why), ANSWER_REVOKED);
	assert_true(answers_crl(answers, 0, &kept));
	assert_int_equal(kept.cached_until, fake_wall() + 86400);
	assert_int_equal(kept.trustpoints_len, 2);
	assert_int_equal(list(conf, answers, IPC__CA_KIND__CA_CRLS, "CA", &out, &pages), 1);
	expect_in(buf_cstr(&out), "CRL Issuer Name:\n    cn=Root\n    LastUpdate: ");
	expect_in(buf_cstr(&out), "    Retrieved from CRL Distribution Point:\n      " URL "\n");
	expect_in(buf_cstr(&out), "    Number of Entries: 1\n    Associated Trustpoints: CA GW\n");
	clock_set_source(NULL, NULL);
	net_reset();
	buf_fini(&out);
	conf_unref(conf);
	answers_free(answers);
	made_free(&leaf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_text),
	    cmocka_unit_test(test_time),
	    cmocka_unit_test(test_pages),
	    cmocka_unit_test(test_questions),
	    cmocka_unit_test(test_crls),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
