/* SPDX-License-Identifier: Apache-2.0 */
/* pki/key.c, trust.c and signers.c: what is loaded, what may be signed, and that the signatures
 * verify. */
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/loop.h"
#include "common/str.h"
#include "pki/key.h"
#include "pki/signers.h"
#include "pki/trust.h"

static EVP_PKEY *rsa_pkey, *ec_pkey;
static struct key *rsa_key, *ec_key;

static char *
pem_text(int (*write)(BIO *bio, const void *what), const void *what)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data, *copy;
	long n;

	assert_non_null(bio);
	assert_int_equal(write(bio, what), 1);
	n = BIO_get_mem_data(bio, &data);
	copy = strndup(data, (size_t)n);
	BIO_free(bio);
	return copy;
}

static int
write_key(BIO *bio, const void *what)
{
	return PEM_write_bio_PrivateKey(bio, what, NULL, NULL, 0, NULL, NULL);
}

static int
write_encrypted(BIO *bio, const void *what)
{
	return PEM_write_bio_PrivateKey(
	    bio, what, EVP_aes_128_cbc(), (const unsigned char *)"pass", 4, NULL, NULL);
}

static int
write_cert(BIO *bio, const void *what)
{
	return PEM_write_bio_X509(bio, what);
}

static struct key *
load(EVP_PKEY *pkey)
{
	char *pem = pem_text(write_key, pkey);
	struct key *key = NULL;

	assert_int_equal(key_load(pem, strlen(pem), &key), ERR_OK);
	free(pem);
	return key;
}

static X509 *
make_cert(EVP_PKEY *pkey)
{
	X509 *cert = X509_new();

	X509_gmtime_adj(X509_getm_notBefore(cert), 0);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	X509_set_pubkey(cert, pkey);
	assert_true(X509_sign(cert, pkey, EVP_sha256()) > 0);
	return cert;
}

static int
setup(UNUSED void **state)
{
	rsa_pkey = EVP_RSA_gen(2048);
	ec_pkey = EVP_EC_gen("P-256");
	assert_non_null(rsa_pkey);
	assert_non_null(ec_pkey);
	rsa_key = load(rsa_pkey);
	ec_key = load(ec_pkey);
	return 0;
}

static int
teardown(UNUSED void **state)
{
	key_free(rsa_key);
	key_free(ec_key);
	EVP_PKEY_free(rsa_pkey);
	EVP_PKEY_free(ec_pkey);
	return 0;
}

static bool
verifies(EVP_PKEY *pkey, int padding, const uint8_t *data, size_t len, const uint8_t *sig,
    size_t sig_len)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
	bool ok;

	assert_int_equal(EVP_PKEY_verify_init(ctx), 1);
	if (padding != 0)
		assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, padding), 1);
	ok = EVP_PKEY_verify(ctx, sig, sig_len, data, len) == 1;
	EVP_PKEY_CTX_free(ctx);
	return ok;
}

static void
test_signatures(UNUSED void **state)
{
	uint8_t digest[51], block[256] = {0}, sig[KEY_DATA_MAX];
	size_t len;

	memset(digest, 7, sizeof digest);
	memset(block + 1, 5, 255);
	assert_int_equal(
	    key_sign(rsa_key, IPC__SIGN_OP__SIGN_RSA_PKCS1, digest, 51, sig, &len), ERR_OK);
	assert_int_equal(len, 256);
	assert_true(verifies(rsa_pkey, RSA_PKCS1_PADDING, digest, 51, sig, len));
	digest[0] ^= 1;
	assert_false(verifies(rsa_pkey, RSA_PKCS1_PADDING, digest, 51, sig, len));
	assert_int_equal(
	    key_sign(rsa_key, IPC__SIGN_OP__SIGN_RSA_NOPAD, block, 256, sig, &len), ERR_OK);
	assert_true(verifies(rsa_pkey, RSA_NO_PADDING, block, 256, sig, len));
	assert_int_equal(key_sign(ec_key, IPC__SIGN_OP__SIGN_ECDSA, digest, 32, sig, &len), ERR_OK);
	assert_true(verifies(ec_pkey, 0, digest, 32, sig, len));
}

static void
test_refused(UNUSED void **state)
{
	static const struct {
		bool rsa;
		Ipc__SignOp op;
		size_t len;
		bool ok;
	} rows[] = {
	    {true, IPC__SIGN_OP__SIGN_RSA_PKCS1, 0, false},
	    {true, IPC__SIGN_OP__SIGN_RSA_PKCS1, 1, true},
	    {true, IPC__SIGN_OP__SIGN_RSA_PKCS1, 245, true},
	    {true, IPC__SIGN_OP__SIGN_RSA_PKCS1, 246, false},
	    {true, IPC__SIGN_OP__SIGN_RSA_NOPAD, 255, false},
	    {true, IPC__SIGN_OP__SIGN_RSA_NOPAD, 256, true},
	    {true, IPC__SIGN_OP__SIGN_RSA_NOPAD, 257, false},
	    {true, IPC__SIGN_OP__SIGN_ECDSA, 32, false},
	    {true, IPC__SIGN_OP__SIGN_NONE, 32, false},
	    {true, (Ipc__SignOp)77, 256, false},
	    {false, IPC__SIGN_OP__SIGN_ECDSA, 19, false},
	    {false, IPC__SIGN_OP__SIGN_ECDSA, 20, true},
	    {false, IPC__SIGN_OP__SIGN_ECDSA, 64, true},
	    {false, IPC__SIGN_OP__SIGN_ECDSA, 65, false},
	    {false, IPC__SIGN_OP__SIGN_RSA_PKCS1, 32, false},
	    {false, IPC__SIGN_OP__SIGN_RSA_NOPAD, 64, false},
	};
	uint8_t data[300] = {0}, sig[KEY_DATA_MAX];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct key *key = rows[i].rsa ? rsa_key : ec_key;
		enum err expected = rows[i].ok ? ERR_OK : ERR_DENIED;
		size_t len;
		enum err err = key_check(key, rows[i].op, rows[i].len);

		if (err != expected)
			fail_msg(
			    "row %zu: expected %s, got %s", i, err_str(expected), err_str(err));
		assert_int_equal(key_sign(key, rows[i].op, data, rows[i].len, sig, &len), expected);
	}
}

static void
test_load_errors(UNUSED void **state)
{
	EVP_PKEY *small = EVP_RSA_gen(1024), *ed = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	char *encrypted = pem_text(write_encrypted, ec_pkey);
	char *small_pem = pem_text(write_key, small), *ed_pem = pem_text(write_key, ed);
	struct key *key = NULL;

	assert_int_equal(key_load("", 0, &key), ERR_SYNTAX);
	assert_int_equal(key_load("nonsense", 8, &key), ERR_SYNTAX);
	assert_int_equal(key_load(encrypted, strlen(encrypted), &key), ERR_SYNTAX);
	assert_int_equal(key_load(small_pem, strlen(small_pem), &key), ERR_UNSUPPORTED);
	assert_int_equal(key_load(ed_pem, strlen(ed_pem), &key), ERR_UNSUPPORTED);
	assert_null(key);
	EVP_PKEY_free(small);
	EVP_PKEY_free(ed);
	free(encrypted);
	free(small_pem);
	free(ed_pem);
}

static void
test_chain(UNUSED void **state)
{
	X509 *leaf = make_cert(rsa_pkey), *ca = make_cert(ec_pkey);
	char *leaf_pem = pem_text(write_cert, leaf), *ca_pem = pem_text(write_cert, ca);
	struct trust_chain chain = {0};
	static char text[8192], many[32768];
	unsigned char *der = NULL;
	int der_len = i2d_X509(leaf, &der);

	(void)snprintf(text, sizeof text, "comment\n%s\n%s", leaf_pem, ca_pem);
	assert_int_equal(trust_chain_parse(text, strlen(text), &chain), ERR_OK);
	assert_int_equal(chain.len, 2);
	assert_int_equal(chain.der_len[0], der_len);
	assert_memory_equal(chain.der[0], der, (size_t)der_len);
	assert_true(key_matches(rsa_key, chain.leaf));
	assert_false(key_matches(ec_key, chain.leaf));
	trust_chain_fini(&chain);
	assert_int_equal(trust_chain_parse("", 0, &chain), ERR_NOTFOUND);
	assert_int_equal(trust_chain_parse("x", 1, &chain), ERR_NOTFOUND);
	text[strlen("comment\n") + 100] = '*';
	assert_int_equal(trust_chain_parse(text, strlen(text), &chain), ERR_SYNTAX);
	/* The second is broken: nothing is taken. */
	(void)snprintf(text, sizeof text,
	    "%s-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", leaf_pem);
	assert_int_equal(trust_chain_parse(text, strlen(text), &chain), ERR_SYNTAX);
	for (unsigned i = 0; i < TRUST_CHAIN_MAX + 1; i++)
		(void)str_copy(many + i * strlen(ca_pem), sizeof many - i * strlen(ca_pem), ca_pem);
	assert_int_equal(trust_chain_parse(many, strlen(many), &chain), ERR_LIMIT);
	assert_int_equal(chain.len, 0);
	OPENSSL_free(der);
	free(leaf_pem);
	free(ca_pem);
	X509_free(leaf);
	X509_free(ca);
}

/* ---- threads ---- */

#define ORDERS 40

struct results {
	struct loop *loop;
	unsigned count;
	unsigned good;
	bool seen[ORDERS];
};

static void
on_done(void *arg, uint64_t ticket, const uint8_t *signature, size_t len)
{
	struct results *results = arg;
	uint8_t digest[32];

	assert_true(ticket < ORDERS);
	assert_false(results->seen[ticket]);
	results->seen[ticket] = true;
	memset(digest, (int)ticket, sizeof digest);
	if (verifies(ec_pkey, 0, digest, sizeof digest, signature, len))
		results->good++;
	if (++results->count == ORDERS)
		loop_stop(results->loop);
}

static void
test_signers(UNUSED void **state)
{
	struct results results = {.loop = loop_new()};
	struct signers *signers = signers_new(results.loop, 3, on_done, &results);
	uint8_t digest[32];

	assert_non_null(signers);
	for (unsigned i = 0; i < ORDERS; i++) {
		memset(digest, (int)i, sizeof digest);
		assert_int_equal(signers_order(signers, ec_key, IPC__SIGN_OP__SIGN_ECDSA, digest,
				     sizeof digest, i),
		    ERR_OK);
	}
	assert_int_equal(
	    signers_order(signers, ec_key, IPC__SIGN_OP__SIGN_RSA_NOPAD, digest, 32, 1),
	    ERR_DENIED);
	loop_run(results.loop);
	assert_int_equal(results.count, ORDERS);
	assert_int_equal(results.good, ORDERS);
	signers_free(signers);
	loop_free(results.loop);
}

static void
on_never(
    UNUSED void *arg, UNUSED uint64_t ticket, UNUSED const uint8_t *signature, UNUSED size_t len)
{
	fail_msg("a result came that nobody waits for");
}

/* No thread takes orders: the queue has an end, and what waits in it is dropped. */
static void
test_queue_limit(UNUSED void **state)
{
	struct loop *loop = loop_new();
	struct signers *signers = signers_new(loop, 0, on_never, NULL);
	uint8_t digest[32] = {0};

	assert_non_null(signers);
	for (unsigned i = 0; i < SIGNERS_QUEUE_MAX; i++)
		assert_int_equal(
		    signers_order(signers, ec_key, IPC__SIGN_OP__SIGN_ECDSA, digest, 32, i),
		    ERR_OK);
	assert_int_equal(
	    signers_order(signers, ec_key, IPC__SIGN_OP__SIGN_ECDSA, digest, 32, 1), ERR_FULL);
	signers_free(signers);
	loop_free(loop);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_signatures),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_load_errors),
	    cmocka_unit_test(test_chain),
	    cmocka_unit_test(test_signers),
	    cmocka_unit_test(test_queue_limit),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
