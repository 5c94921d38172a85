/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates of clients at gateway/tls.c: asked for or not, any is taken, nothing but the proof
 * of possession is checked, and what was shown comes out again. And another certificate of ours
 * from one connection to the next.
 */
#include "tests/unit/tls_help.h"

#include "tests/unit/verdict_help.h"

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <signal.h>

#include "gateway/tls_stream.h"

static struct made ca, user, stranger;

struct client_bed {
	struct bed tls;
	struct tls_stream *stream;
	unsigned ready;
	unsigned closed;
};

static void
on_ready(UNUSED struct tls_stream *stream, void *arg)
{
	struct client_bed *bed = arg;

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
	struct client_bed *bed = arg;

	bed->closed++;
	tls_stream_close(stream);
	bed->stream = NULL;
}

static const struct tls_stream_ops ops = {
    .on_ready = on_ready,
    .on_data = on_data,
    .on_closed = on_closed,
};

static int
group_setup(UNUSED void **state)
{
	ca = made_new(&(struct order){.name = "Client CA", .ca = true});
	user = made_new(&(struct order){.name = "user", .by = &ca, .usage = "clientAuth"});
	stranger = made_new(
	    &(struct order){.name = "stranger", .from = -7200, .to = -3600, .usage = "serverAuth"});
	return 0;
}

static int
group_teardown(UNUSED void **state)
{
	made_free(&ca);
	made_free(&user);
	made_free(&stranger);
	return 0;
}

/* Ask pki again, as after a reload. */
static void
learn(struct client_bed *bed)
{
	tls_learn_identities(bed->tls.worker.tls);
	turns(&bed->tls, 10);
}

static struct client_bed *
bed_new(bool ask)
{
	struct client_bed *bed = calloc(1, sizeof *bed);

	assert_non_null(bed);
	bed_init(&bed->tls, false);
	bed->tls.client_ca.len =
	    (size_t)i2d_X509_NAME(X509_get_subject_name(ca.cert), &bed->tls.client_ca.data);
	assert_int_equal(tls_want_certificates(bed->tls.worker.tls, ask), ask);
	assert_false(tls_want_certificates(bed->tls.worker.tls, ask));
	learn(bed);
	return bed;
}

static void
disconnect(struct client_bed *bed)
{
	if (bed->stream != NULL)
		tls_stream_close(bed->stream);
	bed->stream = NULL;
	client_free(&bed->tls);
	turns(&bed->tls, 3);
}

static void
bed_free(struct client_bed *bed)
{
	disconnect(bed);
	OPENSSL_free(bed->tls.client_ca.data);
	bed_fini(&bed->tls);
	free(bed);
}

/* Connect with a certificate (NULL: none) and issuers behind it. True: the handshake is done. */
static bool
connect_as(
    struct client_bed *bed, int version, const struct made *made, X509 *issuer, unsigned issuers)
{
	struct ip_endpoint endpoint = {
	    .addr = {.family = 4, .bytes = {192, 0, 2, 1}}, .port = 4711};
	int fd = bed_client(&bed->tls, version);
	SSL *client = bed->tls.client;
	bool done = false;

	if (made != NULL) {
		SSL_set_security_level(client, 0);
		assert_int_equal(SSL_use_certificate(client, made->cert), 1);
		assert_int_equal(SSL_use_PrivateKey(client, made->key), 1);
	}
	for (unsigned i = 0; i < issuers; i++)
		assert_int_equal(SSL_add1_chain_cert(client, issuer), 1);
	bed->ready = bed->closed = 0;
	bed->stream = tls_stream_accept(&bed->tls.worker, fd, &endpoint, &endpoint, &ops, bed);
	assert_non_null(bed->stream);
	for (unsigned i = 0; i < 200 && bed->closed == 0 && (!done || bed->ready == 0); i++) {
		done = client_handshake(&bed->tls);
		turn(&bed->tls);
	}
	return done && bed->ready == 1;
}

static void
expect_chain(struct client_bed *bed, X509 *leaf, X509 *issuer, size_t len)
{
	struct tls_chain chain;

	assert_int_equal(tls_stream_chain(bed->stream, &chain), ERR_OK);
	assert_int_equal(chain.len, len);
	for (size_t i = 0; i < len; i++) {
		unsigned char *der = NULL;
		int n = i2d_X509(i == 0 ? leaf : issuer, &der);

		assert_int_equal(chain.der_len[i], n);
		assert_memory_equal(chain.der[i], der, n);
		OPENSSL_free(der);
	}
	tls_chain_fini(&chain);
	assert_int_equal(chain.len, 0);
}

static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

/* The names that the client was told. */
static int
names_told(struct client_bed *bed)
{
	const STACK_OF(X509_NAME) *names = SSL_get0_peer_CA_list(bed->tls.client);

	return names == NULL ? 0 : sk_X509_NAME_num(names);
}

static void
test_asked(UNUSED void **state)
{
	for (size_t v = 0; v < ARRAY_LEN(versions); v++) {
		struct client_bed *bed = bed_new(true);

		assert_true(connect_as(bed, versions[v], NULL, NULL, 0));
		assert_int_equal(names_told(bed), 1);
		expect_chain(bed, NULL, NULL, 0);
		disconnect(bed);
		assert_true(connect_as(bed, versions[v], &user, NULL, 0));
		expect_chain(bed, user.cert, NULL, 1);
		disconnect(bed);
		assert_true(connect_as(bed, versions[v], &user, ca.cert, 1));
		expect_chain(bed, user.cert, ca.cert, 2);
		disconnect(bed);
		/* Expired, for servers, by nobody: not for us to say. */
		assert_true(connect_as(bed, versions[v], &stranger, NULL, 0));
		expect_chain(bed, stranger.cert, NULL, 1);
		bed_free(bed);
	}
}

static void
test_not_asked(UNUSED void **state)
{
	for (size_t v = 0; v < ARRAY_LEN(versions); v++) {
		struct client_bed *bed = bed_new(false);

		assert_true(connect_as(bed, versions[v], &user, NULL, 0));
		assert_int_equal(names_told(bed), 0);
		expect_chain(bed, NULL, NULL, 0);
		disconnect(bed);
		/* A reload turns it on. */
		assert_true(tls_want_certificates(bed->tls.worker.tls, true));
		learn(bed);
		assert_true(connect_as(bed, versions[v], &user, NULL, 0));
		expect_chain(bed, user.cert, NULL, 1);
		bed_free(bed);
	}
}

static void
test_limits(UNUSED void **state)
{
	for (size_t v = 0; v < ARRAY_LEN(versions); v++) {
		struct client_bed *bed = bed_new(true);

		/* More than are looked at. */
		assert_true(connect_as(bed, versions[v], &user, ca.cert, 20));
		expect_chain(bed, user.cert, ca.cert, TLS_CHAIN_MAX);
		disconnect(bed);
		/* More than anybody needs. */
		assert_false(connect_as(bed, versions[v], &user, ca.cert, 100));
		assert_int_equal(bed->closed, 1);
		bed_free(bed);
	}
}

/* A key that says it is the user's, and is not. */
static EVP_PKEY *
forged_key(const EVP_PKEY *of)
{
	EVP_PKEY *own = EVP_EC_gen("P-256"), *forged = NULL;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	unsigned char *public = NULL;
	BIGNUM *private = NULL;
	OSSL_PARAM *params;
	size_t len;

	assert_int_equal(EVP_PKEY_get_bn_param(own, OSSL_PKEY_PARAM_PRIV_KEY, &private), 1);
	len = EVP_PKEY_get1_encoded_public_key((EVP_PKEY *)(uintptr_t)of, &public);
	assert_true(len > 0);
	OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0);
	OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, public, len);
	OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, private);
	params = OSSL_PARAM_BLD_to_param(build);
	assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
	assert_int_equal(EVP_PKEY_fromdata(ctx, &forged, EVP_PKEY_KEYPAIR, params), 1);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	OPENSSL_free(public);
	BN_clear_free(private);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(own);
	return forged;
}

/* The certificate of somebody else, without its key. In TLS 1.3 the client believes that it is in
 * until it reads: what counts is our side. */
static void
test_stolen(UNUSED void **state)
{
	struct made thief = {user.cert, forged_key(user.key)};

	for (size_t v = 0; v < ARRAY_LEN(versions); v++) {
		struct client_bed *bed = bed_new(true);

		assert_false(connect_as(bed, versions[v], &thief, NULL, 0));
		assert_int_equal(bed->ready, 0);
		assert_int_equal(bed->closed, 1);
		bed_free(bed);
	}
	EVP_PKEY_free(thief.key);
}

/* ---- our certificate ---- */

/* A connection knows which certificate it was shown, whatever comes after it. */
static void
test_renewed(UNUSED void **state)
{
	struct client_bed *bed = bed_new(false);
	struct key *key = bed->tls.key;
	struct trust_chain chain = bed->tls.chain;
	char before[41], same[41], after[41];

	assert_true(connect_as(bed, TLS1_3_VERSION, NULL, NULL, 0));
	tls_stream_cert_hash(bed->stream, before);
	assert_int_equal(strlen(before), 40);
	make_identity(&bed->tls, true);
	learn(bed);
	tls_stream_cert_hash(bed->stream, same);
	assert_string_equal(same, before);
	disconnect(bed);
	assert_true(connect_as(bed, TLS1_3_VERSION, NULL, NULL, 0));
	tls_stream_cert_hash(bed->stream, after);
	assert_string_not_equal(after, before);
	key_free(key);
	trust_chain_fini(&chain);
	bed_free(bed);
}

/* A question on the way when the keys change is asked again: its answer may be the old one. */
static void
test_asked_twice(UNUSED void **state)
{
	struct client_bed *bed = bed_new(false);

	assert_true(tls_want_certificates(bed->tls.worker.tls, true));
	tls_learn_identities(bed->tls.worker.tls);
	tls_learn_identities(bed->tls.worker.tls);
	turns(&bed->tls, 10);
	assert_true(connect_as(bed, TLS1_3_VERSION, &user, NULL, 0));
	expect_chain(bed, user.cert, NULL, 1);
	bed_free(bed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_asked),
	    cmocka_unit_test(test_not_asked),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_stolen),
	    cmocka_unit_test(test_renewed),
	    cmocka_unit_test(test_asked_twice),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
