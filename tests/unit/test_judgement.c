/* SPDX-License-Identifier: Apache-2.0 */
/* pki/judgement.c: from a chain to the verdict, at once or later, once or never. */
#include "tests/unit/revocation_help.h"

#include "common/log.h"
#include "pki/judgement.h"

#define AIA "http://ocsp.test/"

static struct made root, leaf, stranger;
static struct loop *loop;
static struct revocation *revocation;
static struct judgements *judgements;

/* What was answered last. */
static struct {
	unsigned calls;
	bool ok;
	bool checked;
	char reason[512];
	char trustpoint[32];
	char subject[64];
	char note[512];
	struct judgement_asker asker;
} said;

static void
on_judged(const struct verdict *verdict, bool checked, const char *note,
    struct judgement_asker asker, void *arg)
{
	assert_ptr_equal(arg, &said);
	said.calls++;
	said.ok = verdict->ok;
	said.checked = checked;
	said.asker = asker;
	(void)snprintf(said.reason, sizeof said.reason, "%s", verdict->reason);
	(void)snprintf(said.trustpoint, sizeof said.trustpoint, "%s",
	    verdict->trustpoint != NULL ? verdict->trustpoint : "");
	(void)snprintf(said.subject, sizeof said.subject, "%s", verdict->names->subject_name);
	(void)snprintf(said.note, sizeof said.note, "%s", note);
}

static int
group_setup(UNUSED void **state)
{
	log_init("test", &(struct log_config){.level = LOG_ERR, .to_stderr = true});
	root = made_new(&(struct order){.name = "Root", .ca = true});
	leaf = made_new(&(struct order){.name = "leaf", .by = &root, .aia = "OCSP;URI:" AIA});
	stranger = made_new(&(struct order){.name = "stranger"});
	return 0;
}

static int
group_teardown(UNUSED void **state)
{
	made_free(&root);
	made_free(&leaf);
	made_free(&stranger);
	return 0;
}

static int
setup(UNUSED void **state)
{
	clock_begin();
	memset(&said, 0, sizeof said);
	loop = loop_new();
	revocation = revocation_new(loop, NULL, &fake_net);
	judgements = judgements_new(revocation, on_judged, &said);
	return loop == NULL || revocation == NULL || judgements == NULL;
}

static int
teardown(UNUSED void **state)
{
	judgements_free(judgements);
	revocation_free(revocation);
	loop_free(loop);
	net_reset();
	clock_set_source(NULL, NULL);
	return 0;
}

/* A configuration and its book: the CA belongs to CA, and to SECOND if there is such a one. */
struct trust {
	struct conf *conf;
	struct verdict_book *book;
};

static void
believe(struct trust *trust, const char *name)
{
	const struct conf_object *trustpoint = conf_find(trust->conf, CONF_TRUSTPOINT, name);
	char *const *methods;
	bool checks;

	assert_non_null(trustpoint);
	checks = conf_list(trustpoint, TP_REVOCATION_CHECK, &methods) != 1 ||
		 strcmp(methods[0], "none") != 0;
	assert_int_equal(verdict_book_add(trust->book, root.cert, conf_str(trustpoint, TP_NAME),
			     checks ? trustpoint : NULL),
	    ERR_OK);
}

static struct trust
trust_of(const char *settings)
{
	struct trust trust = {conf_of(settings), verdict_book_new()};

	believe(&trust, "CA");
	if (conf_find(trust.conf, CONF_TRUSTPOINT, "SECOND") != NULL)
		believe(&trust, "SECOND");
	return trust;
}

static void
trust_free(struct trust *trust)
{
	verdict_book_free(trust->book);
	conf_unref(trust->conf);
}

static void
begin(const struct trust *trust, const struct made *cert, uint32_t channel, uint32_t id)
{
	ProtobufCBinaryData der = {0};
	int len = i2d_X509(cert->cert, &der.data);

	assert_true(len > 0);
	der.len = (size_t)len;
	judgement_begin(
	    judgements, trust->conf, trust->book, &der, 1, (struct judgement_asker){channel, id});
	OPENSSL_free(der.data);
}

static void
expect(unsigned calls, bool ok, bool checked, const char *reason, const char *note)
{
	assert_int_equal(said.calls, calls);
	if (said.ok != ok || said.checked != checked || strstr(said.reason, reason) == NULL ||
	    strstr(said.note, note) == NULL)
		fail_msg("expected %d %d \"%s\" \"%s\", got %d %d \"%s\" \"%s\"", ok, checked,
		    reason, note, said.ok, said.checked, said.reason, said.note);
	assert_string_equal(said.trustpoint, ok ? "CA" : "");
}

#define CHECK(methods) "revocation-check = [ " methods " ]; "

static void
test_at_once(UNUSED void **state)
{
	struct trust none = trust_of("");
	struct trust ocsp = trust_of(CHECK("\"ocsp\""));
	struct trust crl = trust_of(CHECK("\"crl\", \"none\""));

	begin(&none, &leaf, 7, 9);
	expect(1, true, false, "", "");
	assert_string_equal(said.subject, "cn=leaf");
	assert_int_equal(said.asker.channel, 7);
	assert_int_equal(said.asker.id, 9);
	/* Whom nobody believes causes no fetch. */
	begin(&ocsp, &stranger, 1, 1);
	expect(2, false, false, "self-signed", "");
	assert_string_equal(said.subject, "cn=stranger");
	begin(&crl, &leaf, 1, 1);
	expect(3, true, false, "", "CRL: no distribution point is known (certificate with serial");
	assert_int_equal(net.len, 0);
	trust_free(&none);
	trust_free(&ocsp);
	trust_free(&crl);
}

static void
test_later(UNUSED void **state)
{
	static const struct {
		const char *settings;
		enum say what;
		bool ok, checked;
		const char *reason;
		const char *note;
	} rows[] = {
	    {CHECK("\"ocsp\""), SAY_GOOD, true, true, "", ""},
	    {CHECK("\"ocsp\", \"none\""), SAY_GOOD, true, true, "", ""},
	    {CHECK("\"ocsp\", \"none\""), SAY_REVOKED, false, true,
		"revoked: OCSP " AIA ": certificate is revoked (certificate with serial number",
		""},
	    {CHECK("\"ocsp\""), SAY_TIMEOUT, false, true,
		"revocation could not be checked: OCSP " AIA ": no answer within 5 s", ""},
	    {CHECK("\"ocsp\", \"none\""), SAY_TIMEOUT, true, false, "",
		"OCSP " AIA ": no answer within 5 s"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct trust trust = trust_of(rows[i].settings);

		assert_int_equal(setup(state), 0);
		begin(&trust, &leaf, 3, 4);
		assert_int_equal(said.calls, 0);
		/* A reload: the judgement alone keeps the configuration. */
		trust_free(&trust);
		assert_int_equal(net.fetches[0].timeout_ms, 3000);
		say(&net.fetches[0], rows[i].what, &root, &leaf);
		expect(1, rows[i].ok, rows[i].checked, rows[i].reason, rows[i].note);
		assert_int_equal(said.asker.id, 4);
		teardown(state);
	}
}

/* A CA of two trustpoints: what each of them asks for must hold. */
static void
test_two(UNUSED void **state)
{
	struct trust trust = trust_of(
	    CHECK("\"ocsp\"") "}, { name = \"SECOND\"; ca-certificate = \"gw.pem\"; " CHECK(
		"\"crl\"") "crl-policy = \"static\"; crl-urls = [ \"http://crl.test/\" ];");

	begin(&trust, &leaf, 1, 1);
	assert_int_equal(net.len, 1);
	say(&net.fetches[0], SAY_GOOD, &root, &leaf);
	assert_int_equal(said.calls, 0);
	say(&net.fetches[1], CRL_CLEAN, &root, &leaf);
	expect(1, true, true, "", "");
	/* All of it is known now. */
	begin(&trust, &leaf, 1, 2);
	expect(2, true, true, "", "");
	clock_pass(3601);
	begin(&trust, &leaf, 1, 3);
	say(&net.fetches[2], SAY_GOOD, &root, &leaf);
	say(&net.fetches[3], CRL_LISTED, &root, &leaf);
	expect(3, false, true, "revoked: CRL http://crl.test/", "");
	trust_free(&trust);
}

/* A channel that is gone hears nothing; others do. */
static void
test_cancel(UNUSED void **state)
{
	struct trust trust = trust_of(CHECK("\"ocsp\""));

	for (uint32_t i = 0; i < 10; i++)
		begin(&trust, &leaf, 1 + i % 2, i);
	judgements_cancel(judgements, 1);
	judgements_cancel(judgements, 3);
	assert_int_equal(net.len, 1);
	say(&net.fetches[0], SAY_GOOD, &root, &leaf);
	expect(5, true, true, "", "");
	assert_int_equal(said.asker.channel, 2);
	/* And some are under way at the end. */
	clock_pass(3600);
	begin(&trust, &leaf, 1, 1);
	trust_free(&trust);
}

static void
test_many(UNUSED void **state)
{
	struct trust trust = trust_of(CHECK("\"ocsp\", \"none\""));

	for (uint32_t i = 0; i < REVOCATION_QUERIES_MAX; i++)
		begin(&trust, &leaf, 1, i);
	assert_int_equal(said.calls, 0);
	begin(&trust, &leaf, 1, 1);
	expect(1, false, true, "revocation could not be checked: ", "");
	say(&net.fetches[0], SAY_GOOD, &root, &leaf);
	expect(1 + REVOCATION_QUERIES_MAX, true, true, "", "");
	trust_free(&trust);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_at_once),
	    cmocka_unit_test(test_later),
	    TEST(test_two),
	    TEST(test_cancel),
	    TEST(test_many),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
