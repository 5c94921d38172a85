/* SPDX-License-Identifier: Apache-2.0 */
/* gateway/chan.c, chan_dtls.c: what a channel does as time goes by. */
#include "gateway/chan_dtls.h"
#include "tests/unit/chan_help.h"

/* A DTLS leg is up. */
static void
leg_up(void)
{
	hello(1000, 1);
	udp_in(1000, "F", 1);
	assert_non_null(chan->dtls);
}

static void
test_idle_timeout(UNUSED void **state)
{
	for (int i = 0; i < 599; i++) {
		tls_in(CSTP_KEEPALIVE, NULL, 0); /* life, but no data */
		tick_after(1000);
	}
	assert_int_equal(closed_events, 0);
	tls_records = 0;
	tick_after(1000);
	assert_int_equal(closed_cause, IPC__CLOSE_CAUSE__CLOSE_IDLE_TIMEOUT);
	assert_int_equal(tls_records, 1);
	assert_int_equal(tls_out[6], CSTP_DISCONNECT);
}

static void
test_data_is_not_idle(UNUSED void **state)
{
	tls_in(CSTP_DATA, packet4, sizeof(packet4));
	mono_ms += 599000;
	tls_in(CSTP_DATA, packet4, sizeof(packet4));
	tick_after(599000 - 1000);
	assert_int_not_equal(closed_cause * closed_events, IPC__CLOSE_CAUSE__CLOSE_IDLE_TIMEOUT);
}

static void
test_dead_tls(UNUSED void **state)
{
	tick_after(30000);
	assert_int_equal(tls_records, 1);
	assert_int_equal(tls_out[6], CSTP_DPD_REQ);
	tick_after(15000);
	assert_int_equal(tls_records, 2);
	tick_after(14000);
	assert_int_equal(closed_events, 0);
	ended_events = 0;
	tick_after(1000);
	assert_int_equal(closed_cause, IPC__CLOSE_CAUSE__CLOSE_LOST);
	assert_int_equal(ended_events, 1);
}

static void
test_dead_dtls_is_not_the_end(UNUSED void **state)
{
	hello(1000, 1);
	udp_in(1000, "F", 1);
	for (int i = 0; i < 60; i++) {
		tls_in(CSTP_KEEPALIVE, NULL, 0);
		tick_after(1000);
	}
	assert_null(chan->dtls);
	assert_int_equal(down_events, 1);
	assert_int_equal(dtls_records, 2); /* two requests */
	assert_int_equal(closed_events, 0);
}

static void
test_session_timeout(UNUSED void **state)
{
	chan->end_ms = mono_ms + 10000;
	tick_after(9999);
	assert_int_equal(closed_events, 0);
	tick_after(1);
	assert_int_equal(closed_cause, IPC__CLOSE_CAUSE__CLOSE_SESSION_TIMEOUT);
}

/* Signs of life are no data, whatever the leg. */
static void
test_idle_whatever_is_asked(UNUSED void **state)
{
	chan->keepalive_ms = 20000;
	leg_up();
	for (int i = 0; i < 599; i++) {
		udp_in(1000, "\x07", 1);
		udp_in(1000, "\x03probe", 6);
		tls_in(CSTP_DPD_REQ, NULL, 0);
		tick_after(1000);
	}
	assert_int_equal(closed_events, 0);
	tick_after(1000);
	assert_int_equal(closed_cause, IPC__CLOSE_CAUSE__CLOSE_IDLE_TIMEOUT);
}

/* Life on one leg says nothing about the other. */
static void
test_dead_tls_beside_dtls(UNUSED void **state)
{
	leg_up();
	for (int i = 0; i < 59; i++) {
		udp_in(1000, "\x07", 1);
		tick_after(1000);
	}
	assert_int_equal(closed_events, 0);
	assert_int_equal(tls_records, 2);
	assert_int_equal(tls_out[6], CSTP_DPD_REQ);
	udp_in(1000, "\x07", 1);
	tick_after(1000);
	assert_int_equal(closed_cause, IPC__CLOSE_CAUSE__CLOSE_LOST);
}

static void
test_keepalive(UNUSED void **state)
{
	chan->keepalive_ms = 20000;
	chan->dpd_ms = 0;
	leg_up();
	tick_after(19000);
	assert_int_equal(tls_records + dtls_records, 0);
	udp_in(1000, "\x03", 1); /* its answer is a sign of life, too */
	assert_int_equal(dtls_records, 1);
	tick_after(1000);
	assert_int_equal(tls_records, 1);
	assert_int_equal(tls_out_len, CSTP_HEAD_LEN);
	assert_int_equal(tls_out[6], CSTP_KEEPALIVE);
	assert_int_equal(dtls_records, 1);
	tick_after(18000);
	assert_int_equal(tls_records + dtls_records, 2);
	tick_after(1000);
	assert_int_equal(dtls_records, 2);
	assert_int_equal(dtls_out_len, 1);
	assert_int_equal(dtls_out[0], CSTP_KEEPALIVE);
	assert_int_equal(tls_records, 1);
	tick_after(1000);
	assert_int_equal(tls_records, 2);
	/* A client's own needs no answer. */
	tls_in(CSTP_KEEPALIVE, NULL, 0);
	udp_in(1000, "\x07", 1);
	assert_int_equal(tls_records + dtls_records, 4);
}

static void
test_no_keepalive(UNUSED void **state)
{
	chan->dpd_ms = 0;
	leg_up();
	tick_after(500000);
	assert_int_equal(tls_records + dtls_records, 0);
}

/* While the client looks for its MTU, it throws data away that comes over DTLS. */
static void
test_mtu_is_probed(UNUSED void **state)
{
	uint8_t probe[1400] = {CSTP_DPD_REQ};

	for (size_t i = 1; i < sizeof(probe); i++)
		probe[i] = (uint8_t)i;
	leg_up();
	for (unsigned i = 1; i <= 20; i++) {
		udp_in(1000, probe, sizeof(probe) - i);
		assert_int_equal(dtls_out_len, sizeof(probe) - i);
		assert_int_equal(dtls_out[0], CSTP_DPD_RESP);
		assert_memory_equal(dtls_out + 1, probe + 1, sizeof(probe) - i - 1);
		send_down(packet4, sizeof(packet4), NULL);
		assert_int_equal(tls_records, i);
		tick_after(500);
	}
	tick_after(400);
	send_down(packet4, sizeof(packet4), NULL);
	assert_int_equal(tls_records, 21);
	assert_int_equal(dtls_records, 20);
	tick_after(100);
	send_down(packet4, sizeof(packet4), NULL);
	assert_int_equal(tls_records, 21);
	assert_int_equal(dtls_records, 21);
	/* A question in mid-transfer changes nothing. */
	udp_in(1000, probe, 1);
	send_down(packet4, sizeof(packet4), NULL);
	assert_int_equal(tls_records, 21);
}

/* Data on both legs at once does not make ours jump. */
static void
test_no_flip_per_packet(UNUSED void **state)
{
	uint8_t record[1 + sizeof(packet4)] = {CSTP_DATA};

	memcpy(record + 1, packet4, sizeof(packet4));
	leg_up();
	udp_in(1000, record, sizeof(record));
	for (unsigned i = 1; i <= 100; i++) {
		tls_in(CSTP_DATA, packet4, sizeof(packet4));
		if (i % 2 == 0)
			udp_in(1000, record, sizeof(record));
		send_down(packet4, sizeof(packet4), NULL);
		assert_int_equal(dtls_records, i);
		mono_ms += 100;
	}
	assert_int_equal(tls_records, 0);
	assert_int_equal(tun_writes, 1 + 100 + 50);
	/* DTLS is quiet: back to TLS, and both are heard still. */
	mono_ms += 3000;
	tls_in(CSTP_DATA, packet4, sizeof(packet4));
	send_down(packet4, sizeof(packet4), NULL);
	assert_int_equal(tls_records, 1);
	udp_in(1000, record, sizeof(record));
	send_down(packet4, sizeof(packet4), NULL);
	assert_int_equal(tls_records, 1);
	assert_int_equal(dtls_records, 101);
}

static void
test_rekey(UNUSED void **state)
{
	chan->dpd_ms = 0;
	chan->rekey_ms = 60000;
	chan->rekey_due_ms = mono_ms + 70000;
	tick_after(69000);
	assert_int_equal(stream.rekeyed, 0);
	tick_after(1000);
	assert_int_equal(stream.rekeyed, 1);
	stream.rekeys++; /* the client does as it was asked */
	tick_after(1000);
	/* Now it is first. */
	for (unsigned i = 0; i < 3; i++) {
		tick_after(60000);
		stream.rekeys++;
		tick_after(1000);
	}
	assert_int_equal(stream.rekeyed, 1);
	tick_after(70000);
	assert_int_equal(stream.rekeyed, 2);
	assert_int_equal(closed_events, 0);
}

static void
test_no_rekey(UNUSED void **state)
{
	chan->dpd_ms = 0;
	tick_after(500000);
	assert_int_equal(stream.rekeyed, 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* A client that goes on with the key of an earlier connection of its session: a handshake that
 * sticks makes the next one try the next key, and what worked is tried first from then on. */
static void
test_keys_of_earlier_connections(UNUSED void **state)
{
	struct past_keys *past = past_keys_new(1000);
	uint8_t out[PAST_KEYS_MAX][DTLS_PSK_LEN], key[DTLS_PSK_LEN] = {1};
	struct chan_params params = {.terms = {.mode = DTLS_PSK, .secret = {2}}};
	static const uint8_t rows[] = {2, 1, 2, 1};

	assert_non_null(past);
	env.past_keys = past;
	assert_int_equal(past_keys_enter(past, chan->session, key, out, env.now_ms), 1);
	chan_dtls_init(chan, &params);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		mono_ms += 2000;
		hello(1000, (uint8_t)(i + 1));
		assert_int_equal(chan->next->key, rows[i]);
		/* Lost before the client used its key: that says nothing. */
		mono_ms += 2000;
		hello(1000, (uint8_t)(i + 101));
		assert_int_equal(chan->next->key, rows[i]);
		chan->next->doubts = true;
	}
	udp_in(1000, "F", 1);
	assert_int_equal(chan->dtls->key, 1);
	key[0] = 3;
	assert_int_equal(past_keys_enter(past, chan->session, key, out, env.now_ms), 3);
	assert_int_equal(out[0][0], 1);
	/* The user leaves: nothing is kept. */
	tls_in(CSTP_DISCONNECT, "\xb0", 1);
	assert_int_equal(past_keys_enter(past, chan->session, key, out, env.now_ms), 1);
	env.past_keys = NULL;
	past_keys_free(past);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_idle_timeout),
	    T(test_data_is_not_idle),
	    T(test_dead_tls),
	    T(test_dead_dtls_is_not_the_end),
	    T(test_session_timeout),
	    T(test_idle_whatever_is_asked),
	    T(test_dead_tls_beside_dtls),
	    T(test_keepalive),
	    T(test_no_keepalive),
	    T(test_mtu_is_probed),
	    T(test_no_flip_per_packet),
	    T(test_rekey),
	    T(test_no_rekey),
	    T(test_keys_of_earlier_connections),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
