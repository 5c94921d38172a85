/* SPDX-License-Identifier: Apache-2.0 */
/* pki/keyring.c: keys of one configuration and of those before it, by the handles that the workers
 * were told. */
#include "tests/unit/tls_help.h"

#include "tests/unit/conf_help.h"
#include "tests/unit/verdict_help.h"

#include "pki/keyring.h"

static struct loop *loop;
static struct keyring_set *set;

static int
setup(UNUSED void **state)
{
	loop = loop_new();
	set = keyring_set_new(loop);
	return loop == NULL || set == NULL;
}

static int
teardown(UNUSED void **state)
{
	keyring_set_free(set);
	loop_free(loop);
	return 0;
}

/* A configuration whose gateway has a fresh identity; with a CA for clients if there is one. */
static struct conf *
conf_with(const struct made *ca)
{
	struct made made = made_new(&(struct order){.name = "gate.test"});
	struct texts texts = {0};
	struct conf_errors errors;
	struct conf *conf;
	struct buf slice;
	size_t len;
	char *pem;

	for (size_t i = 0; i < ARRAY_LEN(help_files); i++)
		if (help_files[i].type == TEXTS_CONF && strcmp(help_files[i].name, "pki.conf") != 0)
			assert_int_equal(texts_add(&texts, help_files[i].type, help_files[i].name,
					     help_files[i].text, strlen(help_files[i].text)),
			    ERR_OK);
	static const char pki[] =
	    "trustpoints = ( { name = \"GW\"; certificate = \"gw.pem\"; key = \"gw.key\"; } );\n"
	    "ssl-trust-point = \"GW\";\n";
	static const char pki_ca[] =
	    "trustpoints = ( { name = \"GW\"; certificate = \"gw.pem\"; key = \"gw.key\"; },\n"
	    "  { name = \"CA\"; ca-certificate = \"ca.pem\"; } );\nssl-trust-point = \"GW\";\n";
	const char *text = ca != NULL ? pki_ca : pki;
	assert_int_equal(texts_add(&texts, TEXTS_CONF, "pki.conf", text, strlen(text)), ERR_OK);
	pem = pem_of(NULL, made.cert, &len);
	assert_int_equal(texts_add(&texts, TEXTS_PEM, "gw.pem", pem, len), ERR_OK);
	free(pem);
	pem = pem_of(made.key, NULL, &len);
	assert_int_equal(texts_add(&texts, TEXTS_PEM, "gw.key", pem, len), ERR_OK);
	free(pem);
	if (ca != NULL) {
		pem = pem_of(NULL, ca->cert, &len);
		assert_int_equal(texts_add(&texts, TEXTS_PEM, "ca.pem", pem, len), ERR_OK);
		free(pem);
	}
	buf_init(&slice, 8 * TEXTS_FILE_MAX);
	assert_int_equal(slice_pack(&texts, help_wants, NULL, &slice), ERR_OK);
	texts_fini(&texts);
	conf_errors_init(&errors);
	conf = conf_from_slice(slice.data, slice.len, &errors);
	if (conf == NULL)
		fail_msg("expected no error, got: %s", buf_cstr(&errors.text));
	conf_errors_fini(&errors);
	buf_fini(&slice);
	made_free(&made);
	return conf;
}

/* Use another keyring; returns the handle of its only key. */
static uint32_t
use(uint32_t epoch)
{
	struct conf *conf = conf_with(NULL);
	struct conf_errors errors;
	struct keyring *keyring;

	conf_errors_init(&errors);
	keyring = keyring_new(conf, epoch, &errors);
	assert_non_null(keyring);
	conf_errors_fini(&errors);
	conf_unref(conf);
	keyring_set_use(set, keyring);
	assert_ptr_equal(keyring_set_now(set), keyring);
	assert_int_equal(keyring->list.n_identity, 1);
	assert_string_equal(keyring->list.identity[0]->trustpoint, "GW");
	assert_int_equal(keyring->list.identity[0]->n_certificate, 1);
	assert_int_equal(keyring->list.n_client_ca, 0);
	return keyring->list.identity[0]->key;
}

static void
test_generations(UNUSED void **state)
{
	uint32_t first = use(1), second = use(2);

	assert_int_not_equal(first, second);
	assert_non_null(keyring_set_key(set, first));
	assert_non_null(keyring_set_key(set, second));
	assert_ptr_not_equal(keyring_set_key(set, first), keyring_set_key(set, second));
	assert_true(key_matches(
	    keyring_set_key(set, second), keyring_set_now(set)->identities.list[0].chain.leaf));
	/* Handles that nobody was told. */
	assert_null(keyring_set_key(set, 0));
	assert_null(keyring_set_key(set, first + 1));
	assert_null(keyring_set_key(set, second + 1));
	assert_null(keyring_set_key(set, UINT32_MAX));
}

/* Reloads without end keep no more than a few keys; the newest of them. */
static void
test_many(UNUSED void **state)
{
	uint32_t handles[3 * KEYRING_OLD_MAX];
	size_t n = ARRAY_LEN(handles);

	for (size_t i = 0; i < n; i++)
		handles[i] = use((uint32_t)i + 1);
	for (size_t i = 0; i < n; i++)
		if (i + KEYRING_OLD_MAX + 1 < n)
			assert_null(keyring_set_key(set, handles[i]));
		else
			assert_non_null(keyring_set_key(set, handles[i]));
}

/* A key that somebody still signs with outlives its keyring. */
static void
test_reference(UNUSED void **state)
{
	static const uint8_t digest[32] = {1};
	uint8_t signature[KEY_DATA_MAX];
	struct key *key = key_ref(keyring_set_key(set, use(1)));
	size_t len;

	for (uint32_t i = 0; i <= KEYRING_OLD_MAX; i++)
		(void)use(2 + i);
	assert_int_equal(
	    key_sign(key, IPC__SIGN_OP__SIGN_ECDSA, digest, sizeof digest, signature, &len),
	    ERR_OK);
	key_free(key);
}

static void
test_client_ca(UNUSED void **state)
{
	struct made ca = made_new(&(struct order){.name = "Client CA", .ca = true});
	struct conf *conf = conf_with(&ca);
	struct conf_errors errors;
	struct keyring *keyring;
	unsigned char *der = NULL;
	int len = i2d_X509_NAME(X509_get_subject_name(ca.cert), &der);

	conf_errors_init(&errors);
	keyring = keyring_new(conf, 1, &errors);
	assert_non_null(keyring);
	assert_int_equal(keyring->list.n_client_ca, 1);
	assert_int_equal(keyring->list.client_ca[0].len, len);
	assert_memory_equal(keyring->list.client_ca[0].data, der, len);
	OPENSSL_free(der);
	keyring_free(keyring);
	conf_errors_fini(&errors);
	conf_unref(conf);
	made_free(&ca);
}

/* help_files has a certificate that is none: one line for each thing that is wrong. */
static void
test_bad(UNUSED void **state)
{
	struct conf *conf = help_load_fine(NULL, NULL);
	struct conf_errors errors;

	conf_errors_init(&errors);
	assert_null(keyring_new(conf, 1, &errors));
	assert_int_equal(errors.count, 1);
	assert_non_null(strstr(buf_cstr(&errors.text), "pki.conf:1: trustpoints[0].certificate: "));
	conf_errors_fini(&errors);
	conf_unref(conf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_generations, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_many, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_reference, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_client_ca, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_bad, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
