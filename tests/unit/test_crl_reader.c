/* SPDX-License-Identifier: Apache-2.0 */
/* pki/crl_reader.c: CRLs are read beside the loop, in order, within bounds; and an end in between
 * loses nothing. To be run under TSan too. */
#include "tests/unit/crl_help.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "common/attr.h"
#include "pki/crl.h"
#include "pki/crl_reader.h"

#define MANY 50000

static struct made root, other;
static struct loop *loop;
static unsigned char *der; /* a CRL of MANY entries */
static size_t der_len;

static int
group_setup(UNUSED void **state)
{
	X509_CRL *crl;
	int len;

	root = made_new(&(struct order){.name = "Root", .ca = true});
	other = made_new(&(struct order){.name = "Other", .ca = true});
	crl = crl_help_new(&(struct crl_order){.by = &root, .many = MANY});
	len = i2d_X509_CRL(crl, &der);
	made_need(len > 0);
	der_len = (size_t)len;
	X509_CRL_free(crl);
	return 0;
}

static int
group_teardown(UNUSED void **state)
{
	made_free(&root);
	made_free(&other);
	OPENSSL_free(der);
	return 0;
}

static int
setup(UNUSED void **state)
{
	loop = loop_new();
	return loop == NULL;
}

static int
teardown(UNUSED void **state)
{
	loop_free(loop);
	return 0;
}

/* What was heard; the loop stops when as much was as is wanted. */
static struct {
	unsigned calls, wanted;
	char order[16];
	size_t entries;
	enum err err;
	char why[64];
} heard;

static void
on_read(enum err err, struct crl *crl, const char *why, void *arg)
{
	heard.order[heard.calls++] = *(const char *)arg;
	heard.err = err;
	heard.entries = crl != NULL ? crl_len(crl) : 0;
	(void)snprintf(heard.why, sizeof(heard.why), "%s", why != NULL ? why : "");
	assert_int_equal(crl != NULL, err == ERR_OK);
	crl_free(crl);
	if (heard.calls == heard.wanted)
		loop_stop(loop);
}

static void
run_until(unsigned calls)
{
	heard.wanted = calls;
	loop_run(loop);
	assert_true(heard.calls >= calls);
}

static void
order(struct crl_reader *reader, size_t len, X509 *issuer, const char *name)
{
	assert_int_equal(
	    crl_reader_order(reader, der, len, issuer, on_read, (void *)(uintptr_t)name), ERR_OK);
}

static void
test_order(UNUSED void **state)
{
	struct crl_reader *reader = crl_reader_new(loop);

	assert_non_null(reader);
	memset(&heard, 0, sizeof(heard));
	order(reader, der_len, root.cert, "a");
	run_until(1);
	assert_int_equal(heard.entries, MANY);
	order(reader, der_len, root.cert, "b");
	order(reader, der_len - 1, root.cert, "c");
	order(reader, der_len, root.cert, "d");
	order(reader, der_len, other.cert, "e");
	run_until(5);
	assert_string_equal(heard.order, "abcde");
	assert_int_equal(heard.err, ERR_CRYPTO);
	assert_string_equal(heard.why, "the CRL is of another issuer");
	crl_reader_free(reader);
}

/* As much as may wait, and no more; when some is read there is room again. */
static void
test_full(UNUSED void **state)
{
	struct crl_reader *reader = crl_reader_new(loop);
	size_t len = CRL_READER_BYTES_MAX;
	uint8_t *big = calloc(1, len + 1);
	char names[] = "xy";

	assert_non_null(big);
	memset(&heard, 0, sizeof(heard));
	assert_int_equal(
	    crl_reader_order(reader, big, len + 1, root.cert, on_read, &names[0]), ERR_FULL);
	assert_int_equal(crl_reader_order(reader, big, len, root.cert, on_read, &names[1]), ERR_OK);
	run_until(1);
	assert_string_equal(heard.order, "y");
	assert_int_equal(heard.err, ERR_LIMIT);
	order(reader, der_len, root.cert, "z");
	run_until(2);
	assert_int_equal(heard.entries, MANY);
	crl_reader_free(reader);
	free(big);
}

/* The end, with some waiting, one being read, some done: nobody hears, nothing leaks. */
static void
test_end(UNUSED void **state)
{
	for (unsigned rounds = 0; rounds < 5; rounds++) {
		struct crl_reader *reader = crl_reader_new(loop);

		memset(&heard, 0, sizeof(heard));
		order(reader, der_len, root.cert, "a");
		order(reader, 100, root.cert, "b");
		if (rounds > 2)
			run_until(1);
		order(reader, der_len, root.cert, "c");
		crl_reader_free(reader);
		assert_true(heard.calls <= 3);
		/* Posts of it may be there still: they go with the loop. */
		loop_free(loop);
		loop = loop_new();
	}
	crl_reader_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_order, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_full, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_end, setup, teardown),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
