/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which identity a client sees: by the server name that it asks for, and by the signatures that it
 * knows. The table of names by itself, then handshakes whose signatures are made with the key of
 * that identity.
 */
#include "tests/unit/tls_help.h"

#include "tests/unit/verdict_help.h"

#include <signal.h>

#include "gateway/tls_sni.h"
#include "gateway/tls_stream.h"

/* ---- the table ---- */

enum { EXACT, WILD, DEEP, TOP, CONTEXTS, NONE = CONTEXTS };

static const char *const domains[CONTEXTS] = {
    "vpn.Example.com", "*.example.com", "*.deep.example.com", "gate"};

static const struct {
	const char *name;
	int context;
} lookups[] = {
    {"vpn.example.com", EXACT},
    {"VPN.EXAMPLE.COM", EXACT},
    {"vpn.example.com.", EXACT},
    {"vpn2.example.com", WILD},
    {"v.Example.Com", WILD},
    {"deep.example.com", WILD},
    {"x.deep.example.com", DEEP},
    {"gate", TOP},
    {"GATE.", TOP},
    {"example.com", NONE},
    {"a.b.example.com", NONE},
    {".example.com", NONE},
    {"*.example.com", NONE},
    {"vpn.example.org", NONE},
    {"vpn.example.comm", NONE},
    {"vpn.example.co", NONE},
    {"gat", NONE},
    {"gate.example", NONE},
    {"", NONE},
    {".", NONE},
    {"*", NONE},
    {"\xff\xfe.\x80", NONE},
};

static void
test_table(UNUSED void **state)
{
	/* In every order of adding, the same is found. */
	for (size_t first = 0; first < CONTEXTS; first++) {
		struct tls_sni *sni = tls_sni_new();
		SSL_CTX *ctx[CONTEXTS + 1] = {0};

		assert_non_null(sni);
		assert_null(tls_sni_find(sni, "vpn.example.com"));
		for (size_t i = 0; i < CONTEXTS; i++) {
			size_t at = (first + i) % CONTEXTS;

			ctx[at] = SSL_CTX_new(TLS_server_method());
			assert_null(tls_sni_get(sni, domains[at]));
			assert_int_equal(tls_sni_add(sni, domains[at], ctx[at]), ERR_OK);
			assert_ptr_equal(tls_sni_get(sni, domains[at]), ctx[at]);
			assert_int_equal(tls_sni_add(sni, domains[at], ctx[at]), ERR_EXISTS);
		}
		for (size_t i = 0; i < ARRAY_LEN(lookups); i++)
			if (tls_sni_find(sni, lookups[i].name) != ctx[lookups[i].context])
				fail_msg(
				    "\"%s\" is not of %d", lookups[i].name, lookups[i].context);
		tls_sni_free(sni);
	}
	tls_sni_free(NULL);
}

static void
test_long(UNUSED void **state)
{
	struct tls_sni *sni = tls_sni_new();
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	char name[400];

	memset(name, 'a', sizeof name);
	name[1] = '.';
	name[TLS_SNI_NAME_MAX + 1] = '\0';
	assert_int_equal(tls_sni_add(sni, name, ctx), ERR_RANGE);
	name[TLS_SNI_NAME_MAX] = '\0';
	assert_int_equal(tls_sni_add(sni, name, ctx), ERR_OK);
	assert_ptr_equal(tls_sni_find(sni, name), ctx);
	name[TLS_SNI_NAME_MAX] = 'a';
	assert_null(tls_sni_find(sni, name));
	name[TLS_SNI_NAME_MAX + 1] = 'a';
	name[sizeof name - 1] = '\0';
	assert_null(tls_sni_find(sni, name));
	tls_sni_free(sni);
}

/* ---- handshakes ---- */

struct sni_bed {
	struct bed tls;
	struct bed_identity more[4];
	struct tls_stream *stream;
	unsigned ready;
	unsigned closed;
};

static void
on_ready(UNUSED struct tls_stream *stream, void *arg)
{
	struct sni_bed *bed = arg;

	bed->ready++;
}

static void
on_data(UNUSED struct tls_stream *stream, UNUSED const uint8_t *data, UNUSED size_t len,
    UNUSED void *arg)
{
}

static void
on_closed(struct tls_stream *stream, UNUSED enum err why, void *arg)
{
	struct sni_bed *bed = arg;

	bed->closed++;
	tls_stream_close(stream);
	bed->stream = NULL;
}

static const struct tls_stream_ops ops = {
    .on_ready = on_ready,
    .on_data = on_data,
    .on_closed = on_closed,
};

static void
learn(struct sni_bed *bed)
{
	tls_learn_identities(bed->tls.worker.tls);
	turns(&bed->tls, 10);
}

static void
add(struct sni_bed *bed, const char *trustpoint, bool rsa, const char *one, const char *two)
{
	struct bed_identity *more = &bed->more[bed->tls.more_len++];

	make_pair(rsa, &more->key, &more->chain);
	more->trustpoint = trustpoint;
	more->domains[0] = one;
	more->domains[1] = two;
	more->domains_len = two != NULL ? 2 : 1;
}

/* The default identity is EC; vpn.example has both kinds. */
static struct sni_bed *
bed_new(void)
{
	struct sni_bed *bed = calloc(1, sizeof *bed);

	assert_non_null(bed);
	bed_init(&bed->tls, false);
	bed->tls.more = bed->more;
	add(bed, "BOTH-RSA", true, "vpn.example", "only-rsa.example");
	add(bed, "BOTH-EC", false, "VPN.example", NULL);
	add(bed, "BRANCH", false, "*.branch.example", NULL);
	learn(bed);
	return bed;
}

static void
disconnect(struct sni_bed *bed)
{
	if (bed->stream != NULL)
		tls_stream_close(bed->stream);
	bed->stream = NULL;
	client_free(&bed->tls);
	turns(&bed->tls, 3);
}

static void
bed_free(struct sni_bed *bed)
{
	disconnect(bed);
	bed_fini(&bed->tls);
	for (size_t i = 0; i < bed->tls.more_len; i++) {
		key_free(bed->more[i].key);
		trust_chain_fini(&bed->more[i].chain);
	}
	free(bed);
}

static bool
run_handshake(struct sni_bed *bed)
{
	bool done = false;

	for (unsigned i = 0; i < 200 && bed->closed == 0 && (!done || bed->ready == 0); i++) {
		done = client_handshake(&bed->tls);
		turn(&bed->tls);
	}
	return done && bed->ready == 1;
}

/* A client begins: name NULL: asks for none; sigalgs, groups NULL: all. */
static void
begin(struct sni_bed *bed, int version, const char *name, const char *sigalgs, const char *groups)
{
	struct ip_endpoint endpoint = {
	    .addr = {.family = 4, .bytes = {192, 0, 2, 1}}, .port = 4711};
	int fd = bed_client(&bed->tls, version);

	SSL_set_tlsext_host_name(bed->tls.client, name);
	if (sigalgs != NULL)
		assert_int_equal(SSL_set1_sigalgs_list(bed->tls.client, sigalgs), 1);
	if (groups != NULL)
		assert_int_equal(SSL_set1_groups_list(bed->tls.client, groups), 1);
	bed->ready = bed->closed = 0;
	bed->stream = tls_stream_accept(&bed->tls.worker, fd, &endpoint, &endpoint, &ops, bed);
	assert_non_null(bed->stream);
}

/* What the client saw is what the connection says of itself, and the trustpoint is the one. */
static void
expect_shown(struct sni_bed *bed, const char *trustpoint)
{
	X509 *shown = SSL_get0_peer_certificate(bed->tls.client);
	unsigned char md[20], ours[20];
	char hash[41];
	unsigned len;

	assert_string_equal(tls_stream_trustpoint(bed->stream), trustpoint);
	assert_int_equal(X509_digest(shown, EVP_sha1(), md, &len), 1);
	tls_stream_cert_hash(bed->stream, hash);
	for (size_t i = 0; i < sizeof ours; i++)
		assert_int_equal(sscanf(hash + 2 * i, "%2hhX", &ours[i]), 1);
	assert_memory_equal(ours, md, sizeof ours);
}

static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

#define RSA_ONLY "RSA-PSS+SHA256:RSA+SHA256"
#define EC_ONLY "ECDSA+SHA256"

static const struct {
	const char *name;
	const char *sigalgs;
	const char *trustpoint; /* NULL: the handshake fails */
} clients[] = {
    {NULL, NULL, "gate"},
    {"other.example", NULL, "gate"},
    {"vpn.example", NULL, "BOTH-EC"},
    {"VPN.Example", EC_ONLY, "BOTH-EC"},
    {"vpn.example", RSA_ONLY, "BOTH-RSA"},
    {"only-rsa.example", NULL, "BOTH-RSA"},
    {"only-rsa.example", RSA_ONLY, "BOTH-RSA"},
    {"only-rsa.example", EC_ONLY, NULL},
    {"paris.branch.example", NULL, "BRANCH"},
    {"paris.branch.example", RSA_ONLY, NULL},
    {"a.paris.branch.example", NULL, "gate"},
    {NULL, RSA_ONLY, NULL},
};

static void
test_selection(UNUSED void **state)
{
	struct sni_bed *bed = bed_new();

	for (size_t i = 0; i < 2 * ARRAY_LEN(clients); i++) {
		const char *expected = clients[i / 2].trustpoint;

		begin(bed, versions[i % 2], clients[i / 2].name, clients[i / 2].sigalgs, NULL);
		if (run_handshake(bed) != (expected != NULL))
			fail_msg("client %zu: expected %s", i, expected != NULL ? expected : "no");
		if (expected != NULL)
			expect_shown(bed, expected);
		disconnect(bed);
	}
	bed_free(bed);
}

/* The group that the client guessed is none of ours: it says its hello again. */
static void
test_second_hello(UNUSED void **state)
{
	struct sni_bed *bed = bed_new();

	begin(bed, TLS1_3_VERSION, "x.branch.example", NULL, "P-521:P-256");
	assert_true(run_handshake(bed));
	expect_shown(bed, "BRANCH");
	bed_free(bed);
}

/* A reload in the middle of a handshake: it ends as it began, and the next one sees what is new. */
static void
test_reload(UNUSED void **state)
{
	struct sni_bed *bed = bed_new();

	bed->tls.mute = true;
	begin(bed, TLS1_3_VERSION, "x.branch.example", NULL, NULL);
	(void)client_handshake(&bed->tls);
	for (unsigned i = 0; i < 100 && bed->tls.pending == 0; i++)
		turn(&bed->tls);
	assert_int_not_equal(bed->tls.pending, 0);
	bed->tls.mute = false;
	bed->more[2].trustpoint = "RENAMED";
	learn(bed);
	answer_order(&bed->tls, bed->tls.pending);
	assert_true(run_handshake(bed));
	expect_shown(bed, "BRANCH");
	disconnect(bed);
	begin(bed, TLS1_3_VERSION, "x.branch.example", NULL, NULL);
	assert_true(run_handshake(bed));
	expect_shown(bed, "RENAMED");
	bed_free(bed);
}

/* Whatever name it asks for, a client is asked for its certificate. */
static void
test_client_certificate(UNUSED void **state)
{
	struct made user = made_new(&(struct order){.name = "user", .usage = "clientAuth"});

	for (size_t v = 0; v < ARRAY_LEN(versions); v++) {
		struct sni_bed *bed = bed_new();
		struct tls_chain chain;

		bed->tls.client_ca.len = (size_t)i2d_X509_NAME(
		    X509_get_subject_name(user.cert), &bed->tls.client_ca.data);
		assert_true(tls_want_certificates(bed->tls.worker.tls, true));
		learn(bed);
		begin(bed, versions[v], "x.branch.example", NULL, NULL);
		assert_int_equal(SSL_use_certificate(bed->tls.client, user.cert), 1);
		assert_int_equal(SSL_use_PrivateKey(bed->tls.client, user.key), 1);
		assert_true(run_handshake(bed));
		expect_shown(bed, "BRANCH");
		assert_int_equal(sk_X509_NAME_num(SSL_get0_peer_CA_list(bed->tls.client)), 1);
		assert_int_equal(tls_stream_chain(bed->stream, &chain), ERR_OK);
		assert_int_equal(chain.len, 1);
		tls_chain_fini(&chain);
		OPENSSL_free(bed->tls.client_ca.data);
		bed_free(bed);
	}
	made_free(&user);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_table),
	    cmocka_unit_test(test_long),
	    cmocka_unit_test(test_selection),
	    cmocka_unit_test(test_second_hello),
	    cmocka_unit_test(test_reload),
	    cmocka_unit_test(test_client_certificate),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
