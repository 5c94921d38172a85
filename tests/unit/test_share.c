/* SPDX-License-Identifier: Apache-2.0 */
/* gateway/share.c: who gets how much of batches, full and not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/attr.h"
#include "gateway/share.h"

#define BATCH 64
#define HOG 7

/* A batch in which every `each`-th packet is one of `others` sessions; how many of each got
 * through. */
static void
batch(struct share *share, uint64_t now_ms, bool full, unsigned each, unsigned others,
    unsigned *hog, unsigned *rest)
{
	*hog = *rest = 0;
	share_begin(share, now_ms, BATCH, full);
	for (unsigned i = 0; i < BATCH; i++) {
		bool other = each > 0 && i % each == 0;
		uint64_t who = other ? 100 + i / each % others : HOG;

		if (share_take(share, now_ms, who, 1))
			(*(other ? rest : hog))++;
	}
}

static void
test_all_while_it_runs_empty(UNUSED void **state)
{
	struct share share = {0};
	unsigned hog, rest;

	for (unsigned i = 0; i < 100; i++) {
		batch(&share, i, i % 8 != 7, 32, 1, &hog, &rest);
		assert_int_equal(hog + rest, BATCH);
	}
}

static void
test_alone(UNUSED void **state)
{
	struct share share = {0};
	unsigned hog, rest;

	for (unsigned i = 0; i < 100; i++) {
		batch(&share, i, true, 0, 1, &hog, &rest);
		assert_int_equal(hog, BATCH);
	}
}

/* The more the longer, and the other one never loses. */
static void
test_hog(UNUSED void **state)
{
	static const struct {
		unsigned batch, hog;
	} rows[] = {{6, 62}, {7, 33}, {15, 17}, {23, 9}, {31, 5}, {60, 5}};
	struct share share = {0};
	unsigned hog, rest, row = 0;

	for (unsigned i = 0; i < 61; i++) {
		batch(&share, i, true, 32, 1, &hog, &rest);
		/* A slot may be shared by chance, for one batch. */
		assert_in_range(rest, 0, 2);
		if (i == rows[row].batch)
			assert_int_equal(hog, rows[row++].hog);
	}
	assert_int_equal(row, ARRAY_LEN(rows));
	batch(&share, 61, false, 32, 1, &hog, &rest);
	assert_int_equal(hog + rest, BATCH);
	/* The others were gone for long. */
	for (unsigned i = 0; i < 20; i++)
		batch(&share, 20000 + i, true, 0, 1, &hog, &rest);
	assert_int_equal(hog, BATCH);
}

static void
test_the_other_gets_through(UNUSED void **state)
{
	struct share share = {0};
	unsigned hog, rest, lost = 0;

	for (unsigned i = 0; i < 1000; i++) {
		batch(&share, i, true, 32, 1, &hog, &rest);
		lost += 2 - rest;
	}
	/* Slots that coincide: one in 256. */
	assert_in_range(lost, 0, 30);
}

/* Sixteen equal ones fit. */
static void
test_equals(UNUSED void **state)
{
	struct share share = {0};
	unsigned hog, rest, lost = 0;

	for (unsigned i = 0; i < 200; i++) {
		batch(&share, i, true, 1, 16, &hog, &rest);
		lost += BATCH - rest;
	}
	assert_in_range(lost, 0, 200 * BATCH / 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_all_while_it_runs_empty),
	    cmocka_unit_test(test_alone),
	    cmocka_unit_test(test_hog),
	    cmocka_unit_test(test_the_other_gets_through),
	    cmocka_unit_test(test_equals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
