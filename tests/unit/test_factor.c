/* SPDX-License-Identifier: Apache-2.0 */
/* What a login has to show next: every group against every client. */
#include "tests/unit/conf_help.h"

#include "auth/factor.h"

/* Invariants over all states: no group that asks for a certificate is passed without a good one. */
static void
test_all(void **state)
{
	unsigned granted = 0, forms = 0;

	(void)state;
	for (unsigned bits = 0; bits < 1U << 10; bits++) {
		const struct conf_methods methods = {.aaa = bits & 1,
		    .certificate = bits & 2,
		    .multiple = (bits & 4) != 0 && (bits & 2) == 0};
		const struct factor_state s = {.shown = bits & 8,
		    .good = (bits & 16) != 0 && (bits & 8) != 0,
		    .cert_failed = bits & 32,
		    .can_multiple = bits & 64,
		    .paired = (bits & 152) == 152,
		    .unchosen = bits & 256,
		    .stray = bits & 512};
		const char *why;
		enum factor_step step = factor_next(&methods, &s, &why);
		bool needs = methods.certificate || methods.multiple;

		assert_int_equal(factor_needs_certificate(&methods), needs);
		if (step == FACTOR_GRANT) {
			granted++;
			assert_true(needs && s.good && !methods.aaa && !s.unchosen && !s.stray);
			assert_true(!methods.multiple || s.paired);
		}
		if (step == FACTOR_PASSWORD) {
			forms++;
			assert_true(!needs || (methods.aaa && s.good));
			assert_true(!methods.multiple || s.paired);
		}
		if (step == FACTOR_PAIR)
			assert_true(methods.multiple && s.can_multiple && !s.paired);
		if (step == FACTOR_CERTIFICATE)
			assert_true(methods.certificate && !s.shown && !s.cert_failed);
		assert_int_equal(step == FACTOR_REFUSE, why[0] != '\0');
	}
	assert_true(granted > 0);
	assert_true(forms > 0);
}

static void
test_table(void **state)
{
	static const struct conf_methods cert = {.certificate = true}, two = {.multiple = true},
					 both = {.aaa = true, .certificate = true};
	static const struct {
		const struct conf_methods *methods;
		struct factor_state state;
		enum factor_step step;
	} table[] = {
	    {&cert, {0}, FACTOR_CERTIFICATE},
	    {&cert, {.cert_failed = true}, FACTOR_REFUSE},
	    {&cert, {.shown = true}, FACTOR_REFUSE},
	    {&cert, {.shown = true, .good = true}, FACTOR_GRANT},
	    {&cert, {.shown = true, .good = true, .cert_failed = true}, FACTOR_GRANT},
	    {&cert, {.shown = true, .good = true, .stray = true}, FACTOR_REFUSE},
	    {&cert, {.shown = true, .good = true, .unchosen = true}, FACTOR_CHOICE},
	    {&cert, {.unchosen = true}, FACTOR_CHOICE},
	    {&both, {.shown = true, .good = true, .unchosen = true}, FACTOR_PASSWORD},
	    {&both, {.shown = true, .good = true, .stray = true}, FACTOR_PASSWORD},
	    {&both, {.unchosen = true}, FACTOR_CHOICE},
	    {&two, {0}, FACTOR_REFUSE},
	    {&two, {.can_multiple = true}, FACTOR_PAIR},
	    {&two, {.can_multiple = true, .cert_failed = true}, FACTOR_REFUSE},
	    {&two, {.shown = true, .good = true}, FACTOR_REFUSE},
	    {&two, {.shown = true, .good = true, .can_multiple = true}, FACTOR_PAIR},
	    {&two, {.shown = true, .good = true, .can_multiple = true, .paired = true},
		FACTOR_GRANT},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		const char *why;
		enum factor_step step = factor_next(table[i].methods, &table[i].state, &why);

		if (step != table[i].step)
			fail_msg("FAIL: row %zu, expected %d, got %d", i, table[i].step, step);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_all),
	    cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
