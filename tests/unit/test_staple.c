/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pki/staple.c: which answers about our own certificate are shown and which are not, what a reload
 * keeps, and when a responder is asked again.
 */
#include "tests/unit/revocation_help.h"

#include <event2/event.h>
#include <openssl/pem.h>

#include "common/ipc.h"
#include "conf/texts.h"
#include "pki/staple.h"

#define URL "http://ocsp.test/gw"

static struct loop *loop;
static struct staples *staples;
static struct made ca, gw;
static unsigned changes;

static const struct staples_net staple_net = {net_begin, net_cancel};

static void
on_changed(UNUSED void *arg)
{
	changes++;
}

/* Certificates one behind the other, or a key. */
static char *
pem_of(const struct made *const *certs, size_t len, EVP_PKEY *key, size_t *out_len)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data, *out;

	for (size_t i = 0; i < len; i++)
		made_need(PEM_write_bio_X509(bio, certs[i]->cert) == 1);
	if (key != NULL)
		made_need(PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1);
	*out_len = (size_t)BIO_get_mem_data(bio, &data);
	out = malloc(*out_len);
	made_need(out != NULL);
	memcpy(out, data, *out_len);
	BIO_free(bio);
	return out;
}

static void
add_pem(struct texts *texts, const char *name, const struct made *const *certs, size_t certs_len,
    EVP_PKEY *key)
{
	size_t len;
	char *pem = pem_of(certs, certs_len, key, &len);

	assert_int_equal(texts_add(texts, TEXTS_PEM, name, pem, len), ERR_OK);
	free(pem);
}

static void
add_text(struct texts *texts, const char *name, const char *text)
{
	assert_int_equal(texts_add(texts, TEXTS_CONF, name, text, strlen(text)), ERR_OK);
}

/* The keys of a configuration: with_issuer: the file has the CA behind the certificate. */
static struct keyring *
make_keyring(const char *trustpoint, bool stapling, bool with_issuer)
{
	const struct made *chain[] = {&gw, &ca};
	struct texts texts = {0};
	struct conf_errors errors;
	struct keyring *keyring;
	struct conf *conf;
	struct buf slice;
	char text[512];

	for (size_t i = 0; i < ARRAY_LEN(help_files); i++)
		if (help_files[i].type == TEXTS_CONF &&
		    strcmp(help_files[i].name, "pki.conf") != 0 &&
		    strcmp(help_files[i].name, "gateway.conf") != 0)
			add_text(&texts, help_files[i].name, help_files[i].text);
	(void)snprintf(text, sizeof(text), "%sssl = { ocsp-stapling = %s; };\n", help_files[0].text,
	    stapling ? "true" : "false");
	add_text(&texts, "gateway.conf", text);
	(void)snprintf(text, sizeof(text),
	    "trustpoints = ( { name = \"GW\"; certificate = \"gw.pem\"; key = \"gw.key\"; %s } );\n"
	    "ssl-trust-point = \"GW\"; revocation-timeout = 3;\n",
	    trustpoint);
	add_text(&texts, "pki.conf", text);
	add_pem(&texts, "gw.pem", chain, with_issuer ? 2 : 1, NULL);
	add_pem(&texts, "gw.key", NULL, 0, gw.key);
	buf_init(&slice, 8 * TEXTS_FILE_MAX);
	assert_int_equal(slice_pack(&texts, help_wants, NULL, &slice), ERR_OK);
	texts_fini(&texts);
	conf_errors_init(&errors);
	conf = conf_from_slice(slice.data, slice.len, &errors);
	buf_fini(&slice);
	if (conf == NULL)
		fail_msg("expected no error, got: %s", buf_cstr(&errors.text));
	keyring = keyring_new(conf, 1, &errors);
	assert_non_null(keyring);
	conf_errors_fini(&errors);
	conf_unref(conf);
	return keyring;
}

static void
turn(void)
{
	for (int i = 0; i < 4; i++)
		(void)event_base_loop(loop_base(loop), EVLOOP_NONBLOCK);
}

static int
setup(UNUSED void **state)
{
	clock_begin();
	net_reset();
	changes = 0;
	loop = loop_new();
	ca = made_new(&(struct order){.name = "CA", .ca = true});
	gw = made_new(&(struct order){.name = "gate.test", .by = &ca, .aia = "OCSP;URI:" URL});
	staples = staples_new(loop, NULL, &staple_net, on_changed, NULL);
	return loop == NULL || staples == NULL;
}

static int
teardown(UNUSED void **state)
{
	staples_free(staples);
	staples_free(NULL);
	loop_free(loop);
	made_free(&ca);
	made_free(&gw);
	net_reset();
	clock_set_source(NULL, NULL);
	return 0;
}

/* How many bytes of an answer the workers are told. */
static size_t
shown(const struct keyring *keyring)
{
	staples_fill(staples, &keyring->list);
	return keyring->list.identity[0]->ocsp.len;
}

/* The answer to the last question: a status of ours, for so many seconds (0: no nextUpdate). */
static void
answer(const struct made *signer, int status, long seconds)
{
	struct fetch *fetch = &net.fetches[net.len - 1];
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), gw.cert, ca.cert);
	ASN1_TIME *now = ASN1_TIME_set(NULL, fake_wall());
	ASN1_TIME *later = seconds != 0 ? ASN1_TIME_set(NULL, fake_wall() + seconds) : NULL;
	unsigned char *der = NULL;
	OCSP_RESPONSE *response;
	int len;

	made_need(OCSP_basic_add1_status(
		      basic, id, status, OCSP_REVOKED_STATUS_NOSTATUS, now, now, later) != NULL);
	made_need(OCSP_basic_sign(basic, signer->cert, signer->key, EVP_sha256(), NULL, 0) == 1);
	response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
	len = i2d_OCSP_RESPONSE(response, &der);
	made_need(len > 0);
	OCSP_RESPONSE_free(response);
	OCSP_BASICRESP_free(basic);
	OCSP_CERTID_free(id);
	ASN1_TIME_free(now);
	ASN1_TIME_free(later);
	net_end(fetch, ERR_OK, der, (size_t)len, NULL);
	OPENSSL_free(der);
}

/* Watch a keyring; the question is there. */
static void
watch(const struct keyring *keyring, size_t questions)
{
	staples_watch(staples, keyring);
	turn();
	assert_int_equal(net.len, questions);
}

static void
test_question(UNUSED void **state)
{
	struct keyring *keyring = make_keyring("", true, true);
	OCSP_REQUEST *request;
	const unsigned char *p;

	staples_watch(staples, keyring);
	assert_int_equal(net.len, 0); /* from the loop, never from within */
	turn();
	assert_int_equal(net.len, 1);
	assert_string_equal(net.fetches[0].url, URL);
	assert_string_equal(net.fetches[0].content_type, "application/ocsp-request");
	assert_int_equal(net.fetches[0].answer_max, STAPLE_MAX);
	assert_int_equal(net.fetches[0].timeout_ms, 3000);
	p = net.fetches[0].body;
	request = d2i_OCSP_REQUEST(NULL, &p, (long)net.fetches[0].body_len);
	assert_non_null(request);
	assert_int_equal(OCSP_request_onereq_count(request), 1);
	assert_int_equal(OCSP_REQUEST_get_ext_by_NID(request, NID_id_pkix_OCSP_Nonce, -1), -1);
	OCSP_REQUEST_free(request);
	assert_int_equal(shown(keyring), 0);
	assert_int_equal(changes, 0);
	keyring_free(keyring);
}

/* A good one is shown as long as it says that it holds. */
static void
test_good(UNUSED void **state)
{
	struct keyring *keyring = make_keyring("", true, true);

	watch(keyring, 1);
	answer(&ca, V_OCSP_CERTSTATUS_GOOD, 600);
	assert_int_equal(changes, 1);
	assert_in_range(shown(keyring), 100, STAPLE_MAX);
	clock_pass(599);
	assert_int_not_equal(shown(keyring), 0);
	clock_pass(1);
	assert_int_equal(shown(keyring), 0);
	keyring_free(keyring);
}

/* One that does not say until when holds an hour. */
static void
test_unbound(UNUSED void **state)
{
	struct keyring *keyring = make_keyring("", true, true);

	watch(keyring, 1);
	answer(&ca, V_OCSP_CERTSTATUS_GOOD, 0);
	clock_pass(3599);
	assert_int_not_equal(shown(keyring), 0);
	clock_pass(1);
	assert_int_equal(shown(keyring), 0);
	keyring_free(keyring);
}

/* What is not good, or not to be believed, is not shown. */
static void
test_bad(UNUSED void **state)
{
	struct made other = made_new(&(struct order){.name = "CA", .ca = true});
	struct keyring *keyring = make_keyring("", true, true);

	for (unsigned i = 0; i < 7; i++) {
		struct staples *fresh = staples_new(loop, NULL, &staple_net, on_changed, NULL);

		staples_free(staples);
		staples = fresh;
		net_reset();
		changes = 0;
		watch(keyring, 1);
		if (i == 0)
			answer(&ca, V_OCSP_CERTSTATUS_REVOKED, 600);
		else if (i == 1)
			answer(&ca, V_OCSP_CERTSTATUS_UNKNOWN, 600);
		else if (i == 2)
			answer(&ca, V_OCSP_CERTSTATUS_GOOD, -3600); /* over */
		else if (i == 3)
			answer(&other, V_OCSP_CERTSTATUS_GOOD, 600);
		else if (i == 4)
			net_end(&net.fetches[0], ERR_OK, "nonsense", 8, NULL);
		else if (i == 5)
			net_end(&net.fetches[0], ERR_OK, "", 0, NULL);
		else
			net_end(&net.fetches[0], ERR_TIMEOUT, NULL, 0, "no answer");
		if (shown(keyring) != 0 || changes != 0)
			fail_msg("answer %u: expected that it is not shown", i);
	}
	keyring_free(keyring);
	made_free(&other);
}

/* Nobody can be asked: the certificate names nobody and nothing is set, there is no issuer, or it
 * is turned off. ocsp-url comes before what the certificate says. */
static void
test_nobody(UNUSED void **state)
{
	struct keyring *off = make_keyring("", false, true);
	struct keyring *alone = make_keyring("", true, false);
	struct keyring *set = make_keyring("ocsp-url = \"http://other.test/\";", true, true);

	watch(off, 0);
	watch(alone, 0);
	net.refuse = true;
	watch(set, 0);
	assert_int_equal(shown(set), 0);
	net.refuse = false;
	keyring_free(off);
	keyring_free(alone);
	keyring_free(set);
}

/* A reload keeps what is there, asks elsewhere if it is to, and forgets what is turned off. */
static void
test_reload(UNUSED void **state)
{
	struct keyring *first = make_keyring("", true, true);
	struct keyring *same = make_keyring("", true, true);
	struct keyring *elsewhere = make_keyring("ocsp-url = \"http://other.test/\";", true, true);
	struct keyring *off = make_keyring("", false, true);

	watch(first, 1);
	answer(&ca, V_OCSP_CERTSTATUS_GOOD, 600);
	watch(same, 1);
	assert_int_not_equal(shown(same), 0);
	keyring_free(first);
	assert_int_not_equal(shown(same), 0);
	watch(elsewhere, 2);
	assert_string_equal(net.fetches[1].url, "http://other.test/");
	assert_int_equal(shown(elsewhere), 0);
	watch(off, 2);
	assert_true(net.fetches[1].ended); /* cancelled */
	assert_int_equal(shown(off), 0);
	keyring_free(same);
	keyring_free(elsewhere);
	keyring_free(off);
}

static void
test_next(UNUSED void **state)
{
	static const struct {
		time_t holds; /* seconds from now */
		unsigned next;
	} rows[] = {
	    {600, 300}, {86400, 43200}, {7 * 86400, STAPLE_AGAIN_SEC},
	    {365L * 86400 * 100, STAPLE_AGAIN_SEC}, {100, STAPLE_RETRY_SEC}, {1, STAPLE_RETRY_SEC},
	    {0, 1800}, {-5, 1800}, {-1700000000, 1800}, /* until is 0 */
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unsigned next = staple_next(1700000000, 1700000000 + rows[i].holds);

		if (next != rows[i].next)
			fail_msg("it holds %ld seconds: expected %u, got %u", (long)rows[i].holds,
			    rows[i].next, next);
	}
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_question),
	    TEST(test_good),
	    TEST(test_unbound),
	    TEST(test_bad),
	    TEST(test_nobody),
	    TEST(test_reload),
	    TEST(test_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
