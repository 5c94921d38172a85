/* SPDX-License-Identifier: Apache-2.0 */
/* pki/revocation.c and pki/answers.c: which method is asked when, what is shared and kept, and for
 * how long. */
#include "tests/unit/revocation_help.h"

#include "common/log.h"

#define AIA "http://ocsp.test/"
#define CDP_A "http://crl.test/a.crl"
#define CDP_B "http://crl.test/b.crl"
#define OWN "http://own.test:8080/ocsp"
#define STATIC "http://static.test/s.crl"

static struct made root, middle, leaf, other, bare, below;
static struct loop *loop;
static struct revocation *revocation;

static int
group_setup(UNUSED void **state)
{
	struct order order = {
	    .name = "leaf", .by = &root, .aia = "OCSP;URI:" AIA, .cdp = "URI:" CDP_A ",URI:" CDP_B};

	log_init("test", &(struct log_config){.level = LOG_ERR, .to_stderr = true});
	root = made_new(&(struct order){.name = "Root", .ca = true});
	leaf = made_new(&order);
	order.name = "other";
	other = made_new(&order);
	order.name = "Middle";
	order.ca = true;
	middle = made_new(&order);
	bare = made_new(&(struct order){.name = "bare", .by = &root});
	below = made_new(&(struct order){.name = "below", .by = &middle, .aia = "OCSP;URI:" AIA});
	return 0;
}

static int
group_teardown(UNUSED void **state)
{
	struct made *all[] = {&root, &middle, &leaf, &other, &bare, &below};

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		made_free(all[i]);
	return 0;
}

static int
setup(UNUSED void **state)
{
	clock_begin();
	loop = loop_new();
	revocation = revocation_new(loop, NULL, &fake_net);
	return loop == NULL || revocation == NULL;
}

static int
teardown(UNUSED void **state)
{
	revocation_free(revocation);
	loop_free(loop);
	net_reset();
	clock_set_source(NULL, NULL);
	return 0;
}

/* ---- who asks ---- */

struct asker {
	unsigned calls;
	enum revocation_result result;
	char why[512];
	struct revocation_query *query;
	struct asker *cancels; /* another that is cancelled when this one hears */
};

static void
on_done(enum revocation_result result, const char *why, void *arg)
{
	struct asker *asker = arg;

	asker->calls++;
	asker->query = NULL;
	asker->result = result;
	(void)snprintf(asker->why, sizeof asker->why, "%s", why);
	if (asker->cancels != NULL && asker->cancels->query != NULL) {
		revocation_cancel(asker->cancels->query);
		asker->cancels->query = NULL;
	}
}

static void
begin_path(struct asker *asker, struct conf *conf, X509 *const *path, size_t len)
{
	struct revocation_query *query;
	unsigned calls = asker->calls;
	enum err err;

	query = revocation_check(revocation, conf_find(conf, CONF_TRUSTPOINT, "CA"), path, len,
	    3000, on_done, asker, &err);
	assert_int_equal(err, ERR_OK);
	assert_int_equal(asker->calls - calls, query == NULL ? 1 : 0);
	asker->query = query;
}

static void
begin(struct asker *asker, struct conf *conf, const struct made *cert)
{
	X509 *path[] = {cert->cert, root.cert};

	begin_path(asker, conf, path, 2);
}

/* Answer the next fetch, which must be of this URL. */
static void
serve(const char *url, enum say what, const struct made *ca, const struct made *cert)
{
	assert_true(net.served < net.len);
	assert_string_equal(net.fetches[net.served].url, url);
	say(&net.fetches[net.served++], what, ca, cert);
}

static void
expect(const struct asker *asker, unsigned calls, enum revocation_result result, const char *why)
{
	assert_int_equal(asker->calls, calls);
	if (asker->result != result || strstr(asker->why, why) == NULL)
		fail_msg("expected %d \"%s\", got %d \"%s\"", (int)result, why, (int)asker->result,
		    asker->why);
}

/* ---- methods and URLs in their order ---- */

#define CHECK(methods) "revocation-check = [ " methods " ]; "

static const struct row {
	const char *settings;
	const struct made *cert; /* NULL: leaf */
	struct {
		const char *url;
		enum say what;
	} steps[5];
	enum revocation_result result;
	const char *why;
} rows[] = {
    {"", NULL, {{0}}, REVOCATION_UNCHECKED, ""},
    {CHECK("\"none\""), NULL, {{0}}, REVOCATION_UNCHECKED, ""},
    /* OCSP alone */
    {CHECK("\"ocsp\""), NULL, {{AIA, SAY_GOOD}}, REVOCATION_GOOD, ""},
    {CHECK("\"ocsp\""), NULL, {{AIA, SAY_REVOKED}}, REVOCATION_REVOKED,
	"OCSP " AIA ": certificate is revoked (certificate with serial number 03e9, subject name "
	"cn=leaf)"},
    {CHECK("\"ocsp\""), NULL, {{AIA, SAY_UNKNOWN}}, REVOCATION_REVOKED, "not known"},
    {CHECK("\"ocsp\""), NULL, {{AIA, SAY_TIMEOUT}}, REVOCATION_NO_ANSWER,
	"OCSP " AIA ": no answer within 5 s (certificate with serial number 03e9"},
    {CHECK("\"ocsp\""), NULL, {{AIA, SAY_GARBAGE}}, REVOCATION_NO_ANSWER, "OCSP " AIA ": "},
    {CHECK("\"ocsp\""), NULL, {{AIA, SAY_FORGED}}, REVOCATION_NO_ANSWER, "OCSP " AIA ": "},
    {CHECK("\"ocsp\"") "ocsp-url = \"" OWN "\";", NULL, {{OWN, SAY_GOOD}}, REVOCATION_GOOD, ""},
    /* CRL alone */
    {CHECK("\"crl\""), NULL, {{CDP_A, CRL_CLEAN}}, REVOCATION_GOOD, ""},
    {CHECK("\"crl\""), NULL, {{CDP_A, CRL_LISTED}}, REVOCATION_REVOKED,
	"CRL " CDP_A ": certificate is revoked (certificate with serial number 03e9"},
    {CHECK("\"crl\""), NULL, {{CDP_A, SAY_REFUSED}, {CDP_B, CRL_LISTED}}, REVOCATION_REVOKED,
	"CRL " CDP_B},
    {CHECK("\"crl\""), NULL, {{CDP_A, SAY_GARBAGE}, {CDP_B, CRL_CLEAN}}, REVOCATION_GOOD, ""},
    {CHECK("\"crl\""), NULL, {{CDP_A, CRL_OLD}, {CDP_B, SAY_REFUSED}}, REVOCATION_NO_ANSWER,
	"CRL " CDP_B ": connection refused"},
    {CHECK("\"crl\"") "crl-enforcenextupdate = false;", NULL, {{CDP_A, CRL_OLD}}, REVOCATION_GOOD,
	""},
    {CHECK("\"crl\"") "crl-policy = \"static\"; crl-urls = [ \"" STATIC "\" ];", NULL,
	{{STATIC, CRL_CLEAN}}, REVOCATION_GOOD, ""},
    {CHECK("\"crl\"") "crl-policy = \"both\"; crl-urls = [ \"" STATIC "\" ];", NULL,
	{{CDP_A, SAY_REFUSED}, {CDP_B, SAY_GARBAGE}, {STATIC, CRL_LISTED}}, REVOCATION_REVOKED,
	"CRL " STATIC},
    {CHECK("\"crl\"") "crl-urls = [ \"" STATIC "\" ];", NULL,
	{{CDP_A, SAY_REFUSED}, {CDP_B, SAY_GARBAGE}}, REVOCATION_NO_ANSWER, "CRL " CDP_B},
    /* one after the other */
    {CHECK("\"ocsp\", \"crl\""), NULL, {{AIA, SAY_TIMEOUT}, {CDP_A, CRL_CLEAN}}, REVOCATION_GOOD,
	""},
    {CHECK("\"ocsp\", \"crl\""), NULL, {{AIA, SAY_GARBAGE}, {CDP_A, CRL_LISTED}},
	REVOCATION_REVOKED, "CRL " CDP_A},
    {CHECK("\"crl\", \"ocsp\""), NULL,
	{{CDP_A, SAY_REFUSED}, {CDP_B, SAY_REFUSED}, {AIA, SAY_GOOD}}, REVOCATION_GOOD, ""},
    {CHECK("\"ocsp\", \"crl\""), NULL,
	{{AIA, SAY_TIMEOUT}, {CDP_A, SAY_REFUSED}, {CDP_B, SAY_REFUSED}}, REVOCATION_NO_ANSWER,
	"OCSP " AIA ": no answer within 5 s; CRL " CDP_A ": connection refused; CRL " CDP_B},
    /* never after an answer */
    {CHECK("\"ocsp\", \"crl\", \"none\""), NULL, {{AIA, SAY_REVOKED}}, REVOCATION_REVOKED, ""},
    {CHECK("\"ocsp\", \"crl\", \"none\""), NULL, {{AIA, SAY_UNKNOWN}}, REVOCATION_REVOKED, ""},
    {CHECK("\"crl\", \"ocsp\", \"none\""), NULL, {{CDP_A, CRL_LISTED}}, REVOCATION_REVOKED, ""},
    /* none, when nobody answers */
    {CHECK("\"ocsp\", \"none\""), NULL, {{AIA, SAY_TIMEOUT}}, REVOCATION_UNCHECKED,
	"OCSP " AIA ": no answer within 5 s (certificate with serial number 03e9"},
    {CHECK("\"ocsp\", \"none\""), NULL, {{AIA, SAY_GOOD}}, REVOCATION_GOOD, ""},
    {CHECK("\"ocsp\", \"crl\", \"none\""), NULL,
	{{AIA, SAY_FORGED}, {CDP_A, SAY_REFUSED}, {CDP_B, CRL_OLD}}, REVOCATION_UNCHECKED, "CRL"},
    /* a certificate that says nothing */
    {CHECK("\"ocsp\", \"crl\""), &bare, {{0}}, REVOCATION_NO_ANSWER,
	"OCSP: no responder is known; CRL: no distribution point is known"},
    {CHECK("\"ocsp\", \"crl\", \"none\""), &bare, {{0}}, REVOCATION_UNCHECKED, "no responder"},
    {CHECK("\"ocsp\"") "ocsp-url = \"" OWN "\";", &bare, {{OWN, SAY_REVOKED}}, REVOCATION_REVOKED,
	"subject name cn=bare"},
};

static void
test_order(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *row = &rows[i];
		const struct made *cert = row->cert != NULL ? row->cert : &leaf;
		struct conf *conf = conf_of(row->settings);
		struct asker asker = {0};

		assert_int_equal(setup(state), 0);
		begin(&asker, conf, cert);
		for (size_t k = 0; k < ARRAY_LEN(row->steps) && row->steps[k].url != NULL; k++) {
			assert_int_equal(asker.calls, 0);
			serve(row->steps[k].url, row->steps[k].what, &root, cert);
		}
		expect(&asker, 1, row->result, row->why);
		assert_int_equal(net.served, net.len);
		teardown(state);
		conf_unref(conf);
	}
}

static void
test_request(UNUSED void **state)
{
	struct conf *nonce = conf_of(CHECK("\"ocsp\""));
	struct conf *plain = conf_of(CHECK("\"ocsp\"") "ocsp-disable-nonce = true;");
	struct asker asker = {0};

	begin(&asker, nonce, &leaf);
	begin(&asker, plain, &other);
	for (size_t i = 0; i < 2; i++) {
		const unsigned char *p = net.fetches[i].body;
		OCSP_REQUEST *request = d2i_OCSP_REQUEST(NULL, &p, (long)net.fetches[i].body_len);

		assert_non_null(request);
		assert_int_equal(
		    OCSP_REQUEST_get_ext_by_NID(request, NID_id_pkix_OCSP_Nonce, -1) >= 0, i == 0);
		OCSP_REQUEST_free(request);
		assert_int_equal(net.fetches[i].timeout_ms, 3000);
	}
	serve(AIA, SAY_GOOD, &root, &leaf);
	serve(AIA, SAY_GOOD, &root, &other);
	expect(&asker, 2, REVOCATION_GOOD, "");
	conf_unref(nonce);
	conf_unref(plain);
}

/* Every certificate but the anchor, from the leaf up. */
static void
test_path(UNUSED void **state)
{
	struct conf *conf = conf_of(CHECK("\"ocsp\", \"none\""));
	X509 *path[] = {below.cert, middle.cert, root.cert};
	struct asker asker = {0};

	begin_path(&asker, conf, path, 3);
	assert_int_equal(net.len, 1);
	serve(AIA, SAY_GOOD, &middle, &below);
	assert_int_equal(asker.calls, 0);
	serve(AIA, SAY_REVOKED, &root, &middle);
	expect(&asker, 1, REVOCATION_REVOKED, "subject name cn=Middle)");
	/* Both are known now. */
	begin_path(&asker, conf, path, 3);
	expect(&asker, 2, REVOCATION_REVOKED, "subject name cn=Middle)");
	/* A revoked leaf ends it. */
	clock_pass(601);
	begin_path(&asker, conf, path, 3);
	serve(AIA, SAY_REVOKED, &middle, &below);
	expect(&asker, 3, REVOCATION_REVOKED, "subject name cn=below)");
	assert_int_equal(net.served, net.len);
	/* One that could not be checked makes the path unchecked, but another's word still counts.
	 */
	clock_pass(601);
	begin_path(&asker, conf, path, 3);
	serve(AIA, SAY_GARBAGE, &middle, &below);
	assert_int_equal(asker.calls, 3);
	serve(AIA, SAY_GOOD, &root, &middle);
	expect(&asker, 4, REVOCATION_UNCHECKED, "subject name cn=below)");
	/* An anchor by itself. */
	begin_path(&asker, conf, &path[2], 1);
	expect(&asker, 5, REVOCATION_UNCHECKED, "");
	conf_unref(conf);
}

/* ---- what is shared ---- */

#define MANY 200

static void
test_shared(UNUSED void **state)
{
	struct conf *ocsp = conf_of(CHECK("\"ocsp\""));
	struct conf *crl = conf_of(CHECK("\"crl\""));
	static struct asker askers[MANY];

	memset(askers, 0, sizeof askers);
	for (size_t i = 0; i < MANY; i++)
		begin(&askers[i], ocsp, &leaf);
	assert_int_equal(net.len, 1);
	serve(AIA, SAY_GOOD, &root, &leaf);
	for (size_t i = 0; i < MANY; i++)
		expect(&askers[i], 1, REVOCATION_GOOD, "");
	/* One CRL for different certificates of an issuer; each gets the word about its own. */
	for (size_t i = 0; i < MANY; i++)
		begin(&askers[i], crl, i % 2 == 0 ? &leaf : &other);
	assert_int_equal(net.len, 2);
	serve(CDP_A, CRL_LISTED, &root, &leaf);
	for (size_t i = 0; i < MANY; i++)
		expect(&askers[i], 2, i % 2 == 0 ? REVOCATION_REVOKED : REVOCATION_GOOD, "");
	conf_unref(ocsp);
	conf_unref(crl);
}

/* Nobody waits for another one's answer: all are asked at once. */
static void
test_side_by_side(UNUSED void **state)
{
	struct conf *conf = conf_of(CHECK("\"ocsp\""));
	static struct asker askers[MANY];
	struct made certs[MANY];

	memset(askers, 0, sizeof askers);
	for (size_t i = 0; i < MANY; i++) {
		certs[i] = made_new(
		    &(struct order){.name = "one of many", .by = &root, .aia = "OCSP;URI:" AIA});
		begin(&askers[i], conf, &certs[i]);
	}
	assert_int_equal(net.len, MANY);
	for (size_t i = MANY; i > 0; i--)
		say(&net.fetches[i - 1], SAY_GOOD, &root, &certs[i - 1]);
	for (size_t i = 0; i < MANY; i++) {
		expect(&askers[i], 1, REVOCATION_GOOD, "");
		made_free(&certs[i]);
	}
	conf_unref(conf);
}

/* Answers under an issuer's name and serial are not those of another issuer. */
static void
test_not_shared(UNUSED void **state)
{
	struct conf *conf = conf_of(CHECK("\"ocsp\""));
	struct made twin = made_new(&(struct order){.name = "Root", .ca = true});
	X509 *path[] = {leaf.cert, twin.cert};
	struct asker asker = {0};

	begin(&asker, conf, &leaf);
	serve(AIA, SAY_GOOD, &root, &leaf);
	begin_path(&asker, conf, path, 2);
	assert_int_equal(asker.calls, 1);
	serve(AIA, SAY_GOOD, &root, &leaf);
	expect(&asker, 2, REVOCATION_NO_ANSWER, "");
	made_free(&twin);
	conf_unref(conf);
}

/* ---- for how long ---- */

static void
test_ocsp_kept(UNUSED void **state)
{
	struct conf *conf = conf_of(CHECK("\"ocsp\""));
	struct asker asker = {0};

	begin(&asker, conf, &leaf);
	say_ocsp(&net.fetches[0], &root, V_OCSP_CERTSTATUS_GOOD, 600);
	clock_pass(590);
	begin(&asker, conf, &leaf);
	expect(&asker, 2, REVOCATION_GOOD, "");
	assert_int_equal(net.len, 1);
	clock_pass(20);
	begin(&asker, conf, &leaf);
	assert_int_equal(net.len, 2);
	say_ocsp(&net.fetches[1], &root, V_OCSP_CERTSTATUS_REVOKED, 600);
	expect(&asker, 3, REVOCATION_REVOKED, "");
	begin(&asker, conf, &leaf);
	expect(&asker, 4, REVOCATION_REVOKED, "");
	assert_int_equal(net.len, 2);
	/* Without nextUpdate there may be news at any moment. */
	begin(&asker, conf, &other);
	say_ocsp(&net.fetches[2], &root, V_OCSP_CERTSTATUS_GOOD, 0);
	expect(&asker, 5, REVOCATION_GOOD, "");
	begin(&asker, conf, &other);
	assert_int_equal(net.len, 4);
	conf_unref(conf);
}

static void
test_crl_kept(UNUSED void **state)
{
	struct conf *conf = conf_of(CHECK("\"crl\"") "crl-cache-time = 10;");
	struct conf *lax =
	    conf_of(CHECK("\"crl\"") "crl-cache-time = 60; crl-enforcenextupdate = false;");
	struct asker asker = {0};

	/* cache-time */
	begin(&asker, conf, &leaf);
	say_crl(&net.fetches[0], &root, NULL, 86400);
	clock_pass(599);
	begin(&asker, conf, &other);
	expect(&asker, 2, REVOCATION_GOOD, "");
	clock_pass(2);
	begin(&asker, lax, &leaf);
	expect(&asker, 3, REVOCATION_GOOD, "");
	assert_int_equal(net.len, 1);
	begin(&asker, conf, &leaf);
	assert_int_equal(net.len, 2);
	/* nextUpdate, which is earlier */
	say_crl(&net.fetches[1], &root, NULL, 120);
	clock_pass(110);
	begin(&asker, conf, &leaf);
	expect(&asker, 5, REVOCATION_GOOD, "");
	clock_pass(20);
	begin(&asker, lax, &leaf);
	expect(&asker, 6, REVOCATION_GOOD, "");
	assert_int_equal(net.len, 2);
	begin(&asker, conf, &leaf);
	assert_int_equal(net.len, 3);
	say_crl(&net.fetches[2], &root, leaf.cert, 120);
	expect(&asker, 7, REVOCATION_REVOKED, "");
	conf_unref(conf);
	conf_unref(lax);
}

/* ---- servers that do not serve ---- */

static void
test_dead(UNUSED void **state)
{
	struct conf *conf = conf_of(CHECK("\"ocsp\""));
	struct conf *fallback = conf_of(CHECK("\"ocsp\", \"crl\""));
	struct asker asker = {0};

	begin(&asker, conf, &leaf);
	serve(AIA, SAY_TIMEOUT, &root, &leaf);
	expect(&asker, 1, REVOCATION_NO_ANSWER, "no answer within 5 s");
	/* Nobody else waits for it, whatever certificate he has. */
	for (unsigned i = 0; i < MANY; i++)
		begin(&asker, conf, i % 2 == 0 ? &leaf : &other);
	expect(&asker, 1 + MANY, REVOCATION_NO_ANSWER, "no answer within 5 s");
	assert_int_equal(net.len, 1);
	begin(&asker, fallback, &leaf);
	serve(CDP_A, CRL_CLEAN, &root, &leaf);
	expect(&asker, 2 + MANY, REVOCATION_GOOD, "");
	/* Some seconds later it is tried once more; when it answers, all is forgotten. */
	clock_pass(5);
	begin(&asker, conf, &leaf);
	serve(AIA, SAY_GOOD, &root, &leaf);
	begin(&asker, conf, &other);
	serve(AIA, SAY_GOOD, &root, &other);
	expect(&asker, 4 + MANY, REVOCATION_GOOD, "");
	conf_unref(conf);
	conf_unref(fallback);
}

/* What is worth nothing is not asked for again at once, but the server lives. */
static void
test_garbage(UNUSED void **state)
{
	struct conf *conf = conf_of(CHECK("\"ocsp\""));
	struct asker asker = {0};

	begin(&asker, conf, &leaf);
	serve(AIA, SAY_GARBAGE, &root, &leaf);
	begin(&asker, conf, &leaf);
	expect(&asker, 2, REVOCATION_NO_ANSWER, "");
	assert_int_equal(net.len, 1);
	begin(&asker, conf, &other);
	serve(AIA, SAY_GOOD, &root, &other);
	expect(&asker, 3, REVOCATION_GOOD, "");
	clock_pass(5);
	begin(&asker, conf, &leaf);
	serve(AIA, SAY_GOOD, &root, &leaf);
	expect(&asker, 4, REVOCATION_GOOD, "");
	conf_unref(conf);
}

/* Servers that are all slow: after some time only what is known already counts. */
static void
test_time_over(UNUSED void **state)
{
	struct conf *crl = conf_of(CHECK("\"crl\""));
	struct conf *both = conf_of(CHECK("\"ocsp\", \"crl\""));
	struct conf *none = conf_of(CHECK("\"ocsp\", \"crl\", \"none\""));
	struct asker asker = {0};

	begin(&asker, both, &leaf);
	clock_pass(REVOCATION_TOTAL_MS / 1000);
	serve(AIA, SAY_GARBAGE, &root, &leaf);
	expect(&asker, 1, REVOCATION_NO_ANSWER, "CRL " CDP_A ": the time for all checks is over");
	clock_pass(ANSWERS_RETRY_MS / 1000);
	begin(&asker, none, &leaf);
	clock_pass(REVOCATION_TOTAL_MS / 1000);
	serve(AIA, SAY_GARBAGE, &root, &leaf);
	expect(&asker, 2, REVOCATION_UNCHECKED, "the time for all checks is over");
	/* Nor does it wait for what others have begun to fetch. */
	clock_pass(ANSWERS_RETRY_MS / 1000);
	begin(&asker, both, &leaf);
	clock_pass(REVOCATION_TOTAL_MS / 1000);
	begin(&asker, crl, &leaf);
	serve(AIA, SAY_GARBAGE, &root, &leaf);
	expect(&asker, 3, REVOCATION_NO_ANSWER, "the time for all checks is over");
	serve(CDP_A, CRL_CLEAN, &root, &leaf);
	expect(&asker, 4, REVOCATION_GOOD, "");
	/* But a CRL that is there is one. */
	begin(&asker, both, &other);
	clock_pass(REVOCATION_TOTAL_MS / 1000);
	serve(AIA, SAY_GARBAGE, &root, &other);
	expect(&asker, 5, REVOCATION_GOOD, "");
	conf_unref(crl);
	conf_unref(both);
	conf_unref(none);
}

/* ---- who gives up, and limits ---- */

static void
test_cancel(UNUSED void **state)
{
	struct conf *conf = conf_of(CHECK("\"ocsp\""));
	struct asker askers[4] = {{0}};

	for (size_t i = 0; i < 4; i++)
		begin(&askers[i], conf, &leaf);
	revocation_cancel(askers[0].query);
	askers[1].cancels = &askers[2];
	serve(AIA, SAY_GOOD, &root, &leaf);
	assert_int_equal(askers[0].calls, 0);
	expect(&askers[1], 1, REVOCATION_GOOD, "");
	assert_int_equal(askers[2].calls, 0);
	expect(&askers[3], 1, REVOCATION_GOOD, "");
	/* The last one who waits: what comes is kept all the same. */
	begin(&askers[0], conf, &other);
	revocation_cancel(askers[0].query);
	serve(AIA, SAY_GOOD, &root, &other);
	assert_int_equal(askers[0].calls, 0);
	begin(&askers[0], conf, &other);
	expect(&askers[0], 1, REVOCATION_GOOD, "");
	conf_unref(conf);
}

/* The end of the process while there is something under way. */
static void
test_end(UNUSED void **state)
{
	struct conf *conf = conf_of(CHECK("\"ocsp\""));
	struct asker asker = {0};

	begin(&asker, conf, &leaf);
	begin(&asker, conf, &leaf);
	begin(&asker, conf, &other);
	revocation_free(revocation);
	revocation = NULL;
	assert_int_equal(asker.calls, 0);
	assert_true(net.fetches[0].ended && net.fetches[1].ended);
	conf_unref(conf);
}

static void
test_limits(UNUSED void **state)
{
	struct conf *conf = conf_of(CHECK("\"ocsp\""));
	const struct conf_object *trustpoint = conf_find(conf, CONF_TRUSTPOINT, "CA");
	X509 *path[REVOCATION_PATH_MAX + 1];
	struct asker asker = {0};
	enum err err;

	for (size_t i = 0; i < ARRAY_LEN(path); i++)
		path[i] = root.cert;
	assert_null(revocation_check(
	    revocation, trustpoint, path, ARRAY_LEN(path), 1000, on_done, &asker, &err));
	assert_int_equal(err, ERR_LIMIT);
	path[0] = leaf.cert;
	for (size_t i = 0; i < REVOCATION_QUERIES_MAX; i++)
		begin(&asker, conf, &leaf);
	assert_null(revocation_check(revocation, trustpoint, path, 2, 1000, on_done, &asker, &err));
	assert_int_equal(err, ERR_FULL);
	serve(AIA, SAY_GOOD, &root, &leaf);
	expect(&asker, REVOCATION_QUERIES_MAX, REVOCATION_GOOD, "");
	/* The fetcher has no room. */
	net.refuse = true;
	begin(&asker, conf, &other);
	expect(&asker, REVOCATION_QUERIES_MAX + 1, REVOCATION_NO_ANSWER, "cannot be asked");
	net.refuse = false;
	begin(&asker, conf, &other);
	serve(AIA, SAY_GOOD, &root, &other);
	expect(&asker, REVOCATION_QUERIES_MAX + 2, REVOCATION_GOOD, "");
	conf_unref(conf);
}

/* A certificate whose CRL is at a place of its own. */
static void
begin_at(struct asker *asker, struct conf *conf, unsigned place)
{
	char cdp[64];
	struct made cert;

	(void)snprintf(cdp, sizeof cdp, "URI:http://crl.test/%u", place);
	cert = made_new(&(struct order){.name = "far away", .by = &root, .cdp = cdp});
	begin(asker, conf, &cert);
	made_free(&cert);
}

/* More CRLs than are kept: the one that was used longest ago goes. */
static void
test_full(UNUSED void **state)
{
	struct conf *conf = conf_of(CHECK("\"crl\""));
	struct asker asker = {0};

	for (unsigned i = 0; i < ANSWERS_CRL_MAX; i++) {
		begin_at(&asker, conf, i);
		say(&net.fetches[i], CRL_CLEAN, &root, &leaf);
	}
	begin_at(&asker, conf, 0);
	assert_int_equal(net.len, ANSWERS_CRL_MAX);
	begin_at(&asker, conf, ANSWERS_CRL_MAX);
	say(&net.fetches[ANSWERS_CRL_MAX], CRL_CLEAN, &root, &leaf);
	begin_at(&asker, conf, 0);
	begin_at(&asker, conf, 2);
	expect(&asker, ANSWERS_CRL_MAX + 4, REVOCATION_GOOD, "");
	assert_int_equal(net.len, ANSWERS_CRL_MAX + 1);
	begin_at(&asker, conf, 1);
	assert_int_equal(net.len, ANSWERS_CRL_MAX + 2);
	conf_unref(conf);
}

/* More dead places than are remembered: the oldest is tried again. */
static void
test_many_dead(UNUSED void **state)
{
	struct conf *conf = conf_of(CHECK("\"crl\""));
	struct asker asker = {0};

	for (unsigned i = 0; i <= ANSWERS_DEAD_MAX; i++) {
		begin_at(&asker, conf, i);
		say(&net.fetches[i], SAY_REFUSED, &root, &leaf);
	}
	begin_at(&asker, conf, 1);
	expect(&asker, ANSWERS_DEAD_MAX + 2, REVOCATION_NO_ANSWER, "connection refused");
	assert_int_equal(net.len, ANSWERS_DEAD_MAX + 1);
	begin_at(&asker, conf, 0);
	assert_int_equal(net.len, ANSWERS_DEAD_MAX + 2);
	conf_unref(conf);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_order),
	    TEST(test_request),
	    TEST(test_path),
	    TEST(test_shared),
	    TEST(test_side_by_side),
	    TEST(test_not_shared),
	    TEST(test_ocsp_kept),
	    TEST(test_crl_kept),
	    TEST(test_dead),
	    TEST(test_garbage),
	    TEST(test_time_over),
	    TEST(test_cancel),
	    TEST(test_end),
	    TEST(test_limits),
	    TEST(test_full),
	    TEST(test_many_dead),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
