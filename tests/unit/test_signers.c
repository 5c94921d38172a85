/* SPDX-License-Identifier: Apache-2.0 */
/* pki/signers.c: what the threads sign comes back to the loop, each with its ticket; what nobody
 * waits for any more is freed. */
#include "tests/unit/tls_help.h"

#include "pki/signers.h"

#define ORDERS 50
#define DIGEST_LEN 32

struct signing {
	struct loop *loop;
	struct key *key;
	EVP_PKEY *public_key;
	bool seen[ORDERS];
	unsigned done;
};

static const uint8_t digest[DIGEST_LEN] = "thirty-two bytes to be signed..";

static int
setup(void **state)
{
	struct signing *test = calloc(1, sizeof(*test));
	size_t len;
	char *pem;

	assert_non_null(test);
	test->loop = loop_new();
	test->public_key = EVP_EC_gen("P-256");
	pem = pem_of(test->public_key, NULL, &len);
	assert_int_equal(key_load(pem, len, &test->key), ERR_OK);
	free(pem);
	*state = test;
	return 0;
}

static int
teardown(void **state)
{
	struct signing *test = *state;

	loop_free(test->loop);
	key_free(test->key);
	EVP_PKEY_free(test->public_key);
	free(test);
	return 0;
}

static void
on_signed(void *arg, uint64_t ticket, const uint8_t *signature, size_t signature_len)
{
	struct signing *test = arg;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(test->public_key, NULL);

	assert_true(ticket < ORDERS && !test->seen[ticket]);
	test->seen[ticket] = true;
	assert_int_equal(EVP_PKEY_verify_init(ctx), 1);
	assert_int_equal(EVP_PKEY_verify(ctx, signature, signature_len, digest, sizeof(digest)), 1);
	EVP_PKEY_CTX_free(ctx);
	if (++test->done == ORDERS)
		loop_stop(test->loop);
}

static void
test_all_come_back(void **state)
{
	struct signing *test = *state;
	struct signers *signers = signers_new(test->loop, 3, on_signed, test);

	assert_non_null(signers);
	for (uint64_t i = 0; i < ORDERS; i++)
		assert_int_equal(signers_order(signers, test->key, IPC__SIGN_OP__SIGN_ECDSA, digest,
				     sizeof(digest), i),
		    ERR_OK);
	loop_run(test->loop);
	assert_int_equal(test->done, ORDERS);
	signers_free(signers);
}

static void
test_refused(void **state)
{
	struct signing *test = *state;
	struct signers *signers = signers_new(test->loop, 1, on_signed, test);

	assert_int_equal(signers_order(signers, test->key, IPC__SIGN_OP__SIGN_RSA_PKCS1, digest,
			     sizeof(digest), 0),
	    ERR_DENIED);
	signers_free(signers);
	assert_int_equal(test->done, 0);
}

/* The loop never runs: what is done and what waits is freed (LeakSanitizer looks). */
static void
test_nobody_waits(void **state)
{
	struct signing *test = *state;
	struct signers *signers = signers_new(test->loop, 1, on_signed, test);

	for (uint64_t i = 0; i < ORDERS; i++)
		assert_int_equal(signers_order(signers, test->key, IPC__SIGN_OP__SIGN_ECDSA, digest,
				     sizeof(digest), i),
		    ERR_OK);
	signers_free(signers);
	assert_int_equal(test->done, 0);
}

/* More than fit: refused, not queued without end. */
static void
test_full(void **state)
{
	struct signing *test = *state;
	struct signers *signers = signers_new(test->loop, 0, on_signed, test);

	for (uint64_t i = 0; i < SIGNERS_QUEUE_MAX; i++)
		assert_int_equal(signers_order(signers, test->key, IPC__SIGN_OP__SIGN_ECDSA, digest,
				     sizeof(digest), i),
		    ERR_OK);
	assert_int_equal(
	    signers_order(signers, test->key, IPC__SIGN_OP__SIGN_ECDSA, digest, sizeof(digest), 0),
	    ERR_FULL);
	signers_free(signers);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_all_come_back, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_nobody_waits, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_full, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
