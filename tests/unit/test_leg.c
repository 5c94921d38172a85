/* SPDX-License-Identifier: Apache-2.0 */
/* gateway/leg.c: dead peer detection, and which leg carries data. Time is a number here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/attr.h"
#include "gateway/leg.h"

#define DPD 30000

static void
test_life(UNUSED void **state)
{
	static const struct {
		uint64_t at;
		enum leg_verdict verdict;
	} rows[] = {
	    {29999, LEG_ALIVE},
	    {30000, LEG_PROBE},
	    {31000, LEG_ALIVE},
	    {44999, LEG_ALIVE},
	    {45000, LEG_PROBE},
	    {59999, LEG_ALIVE},
	    {60000, LEG_DEAD},
	};
	struct leg_life life;

	leg_life_init(&life, 1000);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		enum leg_verdict verdict = leg_life_check(&life, DPD, 1000 + rows[i].at);

		if (verdict != rows[i].verdict)
			fail_msg("silent for %llu ms: expected verdict %d, got %d",
			    (unsigned long long)rows[i].at, rows[i].verdict, verdict);
	}
}

static void
test_life_returns(UNUSED void **state)
{
	struct leg_life life;

	leg_life_init(&life, 0);
	assert_int_equal(leg_life_check(&life, DPD, 30000), LEG_PROBE);
	assert_int_equal(leg_life_check(&life, DPD, 45000), LEG_PROBE);
	leg_life_heard(&life, 50000);
	assert_int_equal(leg_life_check(&life, DPD, 60000), LEG_ALIVE);
	assert_int_equal(leg_life_check(&life, DPD, 80000), LEG_PROBE);
}

static void
test_life_off(UNUSED void **state)
{
	struct leg_life life;

	leg_life_init(&life, 0);
	assert_int_equal(leg_life_check(&life, 0, 1000000000), LEG_ALIVE);
}

static void
test_waits_for_the_client(UNUSED void **state)
{
	struct leg_choice choice = {0};

	leg_choice_event(&choice, LEG_DTLS_UP, 1000);
	assert_false(choice.dtls);
	/* The client probes its MTU for a while: nothing moves until it is silent for a second. */
	leg_choice_event(&choice, LEG_DTLS_DPD_REQ, 1500);
	assert_int_equal(leg_choice_tick(&choice, 2000), LEG_ALIVE);
	assert_false(choice.dtls);
	leg_choice_event(&choice, LEG_DTLS_DPD_REQ, 2400);
	assert_int_equal(leg_choice_tick(&choice, 3000), LEG_ALIVE);
	assert_false(choice.dtls);
	assert_int_equal(leg_choice_tick(&choice, 4000), LEG_ALIVE);
	assert_true(choice.dtls);
}

static void
test_data_moves_at_once(UNUSED void **state)
{
	struct leg_choice choice = {0};

	leg_choice_event(&choice, LEG_DTLS_UP, 1000);
	leg_choice_event(&choice, LEG_DTLS_OTHER, 1010);
	assert_false(choice.dtls);
	leg_choice_event(&choice, LEG_DTLS_DATA, 1020);
	assert_true(choice.dtls);
	leg_choice_event(&choice, LEG_DTLS_DOWN, 1030);
	assert_false(choice.dtls);
	/* A late record of a leg that is gone changes nothing. */
	leg_choice_event(&choice, LEG_DTLS_DATA, 1040);
	assert_false(choice.dtls);
}

static void
test_tls_data_while_dtls_is_quiet(UNUSED void **state)
{
	struct leg_choice choice = {0};

	leg_choice_event(&choice, LEG_DTLS_UP, 1000);
	leg_choice_event(&choice, LEG_DTLS_DATA, 1000);
	/* A packet that was under way on TLS when DTLS came up. */
	leg_choice_event(&choice, LEG_TLS_DATA, 1100);
	assert_true(choice.dtls);
	leg_choice_event(&choice, LEG_TLS_DATA, 1000 + LEG_QUIET_MS);
	assert_false(choice.dtls);
	/* No way back by time or by signs of life alone, else it would flap. */
	leg_choice_event(&choice, LEG_DTLS_OTHER, 5000);
	assert_int_equal(leg_choice_tick(&choice, 6000), LEG_ALIVE);
	assert_false(choice.dtls);
	leg_choice_event(&choice, LEG_DTLS_DATA, 7000);
	assert_true(choice.dtls);
}

static void
test_sending_into_silence(UNUSED void **state)
{
	struct leg_choice choice = {0};

	leg_choice_event(&choice, LEG_DTLS_UP, 0);
	leg_choice_event(&choice, LEG_DTLS_DATA, 0);
	/* Silence alone is no reason for doubt. */
	assert_int_equal(leg_choice_tick(&choice, 60000), LEG_ALIVE);
	assert_true(choice.dtls);
	leg_choice_event(&choice, LEG_DTLS_DATA, 100000);
	choice.sent = true;
	assert_int_equal(leg_choice_tick(&choice, 100000 + LEG_SUSPECT_MS - 1), LEG_ALIVE);
	assert_int_equal(leg_choice_tick(&choice, 100000 + LEG_SUSPECT_MS), LEG_PROBE);
	/* An answer to the probe. */
	leg_choice_event(&choice, LEG_DTLS_OTHER, 105000);
	choice.sent = true;
	assert_int_equal(leg_choice_tick(&choice, 106000), LEG_ALIVE);
	assert_int_equal(leg_choice_tick(&choice, 105000 + LEG_DEAF_MS), LEG_ALIVE);
	assert_false(choice.dtls);
	assert_true(choice.dtls_up);
	/* A new handshake starts afresh. */
	leg_choice_event(&choice, LEG_DTLS_UP, 120000);
	assert_int_equal(leg_choice_tick(&choice, 120000 + LEG_PROBE_SILENCE_MS), LEG_ALIVE);
	assert_true(choice.dtls);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_life),
	    cmocka_unit_test(test_life_returns),
	    cmocka_unit_test(test_life_off),
	    cmocka_unit_test(test_waits_for_the_client),
	    cmocka_unit_test(test_data_moves_at_once),
	    cmocka_unit_test(test_tls_data_while_dtls_is_quiet),
	    cmocka_unit_test(test_sending_into_silence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
