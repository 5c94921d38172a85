/* SPDX-License-Identifier: Apache-2.0 */
/* gateway/chan.c, chan_dtls.c, chan_report.c: packets, frames and legs of a channel. Its life is
 * test_chan_life.c. */
#include "tests/unit/chan_help.h"

/* ---- upwards ---- */

static void
test_data_reaches_tun(UNUSED void **state)
{
	tls_in(CSTP_DATA, packet4, sizeof(packet4));
	assert_int_equal(tun_writes, 1);
	assert_memory_equal(tun_out, packet4, sizeof(packet4));
	tls_in(CSTP_DATA, packet6, sizeof(packet6));
	assert_int_equal(tun_writes, 2);
	assert_int_equal(chan->tls_count.rx_packets, 2);
	assert_int_equal(chan->tls_count.rx_bytes, 64);
}

/* INV-2: nothing from an address that the client was not given, on either leg. */
static void
test_spoofed_source(UNUSED void **state)
{
	static const struct {
		const char *what;
		bool v6;
		size_t at;
		uint8_t value;
	} rows[] = {
	    {"neighbour IPv4", false, 15, 2},
	    {"other IPv4 network", false, 12, 10},
	    {"neighbour IPv6", true, 23, 2},
	    {"link-local IPv6", true, 8, 0xfe},
	    {"not IP at all", false, 0, 0x15},
	    {"length cut", false, 3, 25},
	};

	hello(1000, 1);
	udp_in(1000, "F", 1);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint8_t record[64] = {CSTP_DATA};
		size_t len = rows[i].v6 ? sizeof(packet6) : sizeof(packet4);

		memcpy(record + 1, rows[i].v6 ? packet6 : packet4, len);
		record[1 + rows[i].at] = rows[i].value;
		tls_in(CSTP_DATA, record + 1, len);
		udp_in(1000, record, 1 + len);
		if (tun_writes != 0)
			fail_msg("%s: expected nothing, got it through", rows[i].what);
	}
	assert_int_equal(chan->tls_count.rx_drops, ARRAY_LEN(rows));
	assert_int_equal(chan->dtls_count.rx_drops, ARRAY_LEN(rows));
	chan_close(chan, IPC__CLOSE_CAUSE__CLOSE_ADMIN, "", false);
	assert_int_equal(closed_rx_drops, 2 * ARRAY_LEN(rows));
}

static void
test_a_client_without_ipv6(UNUSED void **state)
{
	static const uint8_t zero[40] = {0x60, 0, 0, 0, 0, 0, 59, 64};

	chan->ipv6 = (struct ip_addr){0};
	tls_in(CSTP_DATA, packet6, sizeof(packet6));
	tls_in(CSTP_DATA, zero, sizeof(zero));
	assert_int_equal(tun_writes, 0);
}

static void
test_dpd_is_echoed_where_it_came(UNUSED void **state)
{
	tls_in(CSTP_DPD_REQ, "\x01\x02\x03", 3);
	assert_int_equal(tls_out_len, CSTP_HEAD_LEN + 3);
	assert_memory_equal(tls_out, "STF\x01\x00\x03\x04\x00\x01\x02\x03", 11);
	hello(1000, 1);
	udp_in(1000, "F", 1);
	tls_records = 0;
	udp_in(1000, "\x03probe", 6);
	assert_int_equal(dtls_out_len, 6);
	assert_memory_equal(dtls_out, "\x04probe", 6);
	assert_int_equal(tls_records, 0);
}

static void
test_disconnect(UNUSED void **state)
{
	static const struct {
		const char *payload;
		size_t len;
		Ipc__CloseCause cause;
		const char *text;
	} rows[] = {
	    {"\xb0"
	     "bye\x07",
		5, IPC__CLOSE_CAUSE__CLOSE_USER_REQUEST, "bye?"},
	    {"\x70", 1, IPC__CLOSE_CAUSE__CLOSE_USER_REQUEST, ""},
	    {"\x91Reconnecting", 13, IPC__CLOSE_CAUSE__CLOSE_LOST, "Reconnecting"},
	    {"\xd1", 1, IPC__CLOSE_CAUSE__CLOSE_LOST, ""},
	    {"", 0, IPC__CLOSE_CAUSE__CLOSE_LOST, ""},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (i > 0)
			setup(state);
		tls_in(CSTP_DISCONNECT, rows[i].payload, rows[i].len);
		assert_int_equal(closed_events, 1);
		assert_int_equal(closed_cause, rows[i].cause);
		assert_string_equal(closed_text, rows[i].text);
		if (i + 1 < ARRAY_LEN(rows))
			teardown(state);
	}
}

static void
test_unknown_types_are_ignored(UNUSED void **state)
{
	static const uint8_t types[] = {
	    CSTP_DPD_RESP, CSTP_KEEPALIVE, CSTP_COMPRESSED, CSTP_TERMINATE, 42, 255};

	hello(1000, 1);
	udp_in(1000, "F", 1);
	for (size_t i = 0; i < sizeof(types); i++) {
		uint8_t record[] = {types[i], 1, 2, 3};

		tls_in(types[i], "abc", 3);
		udp_in(1000, record, sizeof(record));
	}
	assert_int_equal(closed_events, 0);
	assert_int_equal(tls_records + dtls_records + tun_writes, 0);
}

static void
test_malformed_frame(UNUSED void **state)
{
	stream.ops->on_data(&stream, (const uint8_t *)"GET / HTTP/1.1", 14, stream.arg);
	assert_int_equal(closed_events, 1);
	assert_int_equal(closed_cause, IPC__CLOSE_CAUSE__CLOSE_ERROR);
}

/* Frames behind a disconnect in the same record are not looked at. */
static void
test_nothing_after_the_end(UNUSED void **state)
{
	uint8_t record[CSTP_HEAD_LEN * 2 + 1 + sizeof(packet4)];

	cstp_head_put(record, CSTP_DISCONNECT, 1);
	record[8] = 0xb0;
	cstp_head_put(record + 9, CSTP_DATA, sizeof(packet4));
	memcpy(record + 17, packet4, sizeof(packet4));
	stream.ops->on_data(&stream, record, sizeof(record), stream.arg);
	assert_int_equal(tun_writes, 0);
	assert_int_equal(closed_events, 1);
}

/* ---- downwards ---- */

static void
test_data_moves_to_dtls_and_back(UNUSED void **state)
{
	send_down(packet4, sizeof(packet4), NULL);
	assert_int_equal(tls_records, 1);
	assert_memory_equal(tls_out + CSTP_HEAD_LEN, packet4, sizeof(packet4));
	hello(1000, 1);
	udp_in(1000, "F", 1);
	assert_int_equal(up_events, 1);
	send_down(packet4, sizeof(packet4), NULL);
	assert_int_equal(tls_records, 2);
	udp_in(1000, "\x07", 1);
	send_down(packet4, sizeof(packet4), NULL);
	assert_int_equal(tls_records, 2);
	assert_int_equal(dtls_records, 1);
	assert_int_equal(dtls_out[0], CSTP_DATA);
	assert_memory_equal(dtls_out + 1, packet4, sizeof(packet4));
	/* The leg breaks: the packet at hand is not lost. */
	chan->dtls->broken = true;
	send_down(packet4, sizeof(packet4), NULL);
	assert_int_equal(tls_records, 3);
	assert_int_equal(down_events, 1);
	assert_null(chan->dtls);
	assert_int_equal(closed_events, 0);
	assert_int_equal(chan->tls_count.tx_packets, 3);
	assert_int_equal(chan->dtls_count.tx_packets, 1);
}

static void
test_a_full_stream_drops(UNUSED void **state)
{
	stream.queued = CHAN_TLS_QUEUE_MAX + 1;
	send_down(packet4, sizeof(packet4), NULL);
	assert_int_equal(tls_records, 0);
	assert_int_equal(chan->tls_count.tx_drops, 1);
	/* Control still passes, until that too is too much. */
	tls_in(CSTP_DPD_REQ, NULL, 0);
	assert_int_equal(tls_records, 1);
	stream.queued = 10 * CHAN_TLS_QUEUE_MAX;
	tls_in(CSTP_DPD_REQ, NULL, 0);
	assert_int_equal(tls_records, 1);
}

static void
test_too_big_is_answered(UNUSED void **state)
{
	uint8_t big[1400];

	memset(big, 0, sizeof(big));
	memcpy(big, packet4, sizeof(packet4));
	memcpy(big + 12, "\x0a\x00\x00\x01\xc0\xa8\x64\x01", 8);
	big[6] = 0x40;
	big[2] = sizeof(big) >> 8;
	big[3] = (uint8_t)sizeof(big);
	send_down(big, sizeof(big), NULL);
	assert_int_equal(tls_records, 0);
	assert_int_equal(tun_writes, 1);
	assert_memory_equal(tun_out + 20, "\x03\x04", 2);
	assert_int_equal(tun_out[26] << 8 | tun_out[27], 1300);
	/* No more of them than there are tokens. */
	send_down(big, sizeof(big), NULL);
	assert_int_equal(tun_writes, 1);
	assert_int_equal(chan->tls_count.tx_drops, 2);
}

/* Without "don't fragment" it is cut instead. */
static void
test_too_big_is_fragmented(UNUSED void **state)
{
	uint8_t big[1400] = {0x45, 0, sizeof(big) >> 8, (uint8_t)sizeof(big)};

	send_down(big, sizeof(big), NULL);
	assert_int_equal(tun_writes, 0);
	assert_int_equal(tls_records, 2);
	assert_int_equal(tls_out_len, CSTP_HEAD_LEN + 1400 - 1280);
	assert_int_equal(chan->tls_count.tx_packets, 2);
	assert_int_equal(chan->tls_count.tx_drops, 0);
}

/* .. or when the policy says that the bit does not count, each with an identification of its own.
 */
static void
test_too_big_is_fragmented_against_its_wish(UNUSED void **state)
{
	uint8_t big[1400] = {0x45, 0, sizeof(big) >> 8, (uint8_t)sizeof(big), 0, 0, 0x40};
	uint8_t id[2];

	chan->ignore_df = true;
	send_down(big, sizeof(big), NULL);
	assert_int_equal(tun_writes, 0);
	assert_int_equal(tls_records, 2);
	assert_int_equal(tls_out[CSTP_HEAD_LEN + 6], 0); /* the last piece */
	memcpy(id, tls_out + CSTP_HEAD_LEN + 4, 2);
	send_down(big, sizeof(big), NULL);
	assert_int_equal(tls_records, 4);
	assert_memory_not_equal(id, tls_out + CSTP_HEAD_LEN + 4, 2);
	/* IPv6 has nothing like it. */
	big[0] = 0x60;
	memcpy(big + 4, "\x05\x50", 2);
	big[6] = 59;
	big[8] = 0xfd;
	send_down(big, sizeof(big), NULL);
	assert_int_equal(tls_records, 4);
	assert_int_equal(tun_writes, 1);
}

static void
test_a_run_is_cut(UNUSED void **state)
{
	static uint8_t run[40 + 5000];
	struct virtio_net_hdr vnet = {.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
	    .gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
	    .gso_size = 1200,
	    .csum_start = 20,
	    .csum_offset = 16};

	run[0] = 0x45;
	run[2] = sizeof(run) >> 8;
	run[3] = (uint8_t)sizeof(run);
	run[9] = 6;
	run[32] = 0x50;
	send_down(run, sizeof(run), &vnet);
	assert_int_equal(tls_records, 5);
	assert_int_equal(tls_out_len, CSTP_HEAD_LEN + 40 + 200);
	assert_int_equal(chan->tls_count.tx_bytes, 5000 + 5 * 40);
}

/* ---- the filter ---- */

/* Give the channel a filter, as if its session had come with it: entries decide on UDP ports. */
static void
filter_give(const uint16_t *ports, size_t len)
{
	Ipc__SessionOpened opened = IPC__SESSION_OPENED__INIT;
	Ipc__TunnelPolicy policy = IPC__TUNNEL_POLICY__INIT;
	Ipc__FilterAdd msg = IPC__FILTER_ADD__INIT;
	struct help_entry entries[4];
	Ipc__FilterEntry *pointers[4];

	for (size_t i = 0; i < len; i++) {
		help_entry_init(&entries[i], true, 1);
		entries[i].msg.proto = IPPROTO_UDP;
		entries[i].msg.dst_port_first = entries[i].msg.dst_port_last = ports[i];
		pointers[i] = &entries[i].msg;
	}
	msg.filter = policy.filter4 = policy.filter6 = 9;
	msg.name = (char *)"F";
	msg.entry = pointers;
	msg.n_entry = len;
	msg.last = true;
	opened.policy = &policy;
	filter_table_add(env.filters, &msg);
	assert_int_equal(filter_table_use(env.filters, &opened, 1, &chan->filter), ERR_OK);
}

static size_t
udp_make(uint8_t *dst, bool v6, bool to_client, uint16_t port)
{
	struct help_pkt pkt = {.v6 = v6,
	    .to_client = to_client,
	    .proto = IPPROTO_UDP,
	    .client_port = 1000,
	    .peer_port = port};

	memcpy(pkt.client, v6 ? ipv6 : ipv4, v6 ? 16 : 4);
	pkt.peer[0] = v6 ? 0xfe : 10;
	return help_build(dst, &pkt);
}

static void
test_filter(UNUSED void **state)
{
	static const uint16_t ports[] = {53};
	uint8_t pkt[HELP_PKT_MAX], record[HELP_PKT_MAX + 1] = {CSTP_DATA};
	unsigned up = 0, down = 0;
	size_t len;

	hello(1000, 1);
	udp_in(1000, "F", 1);
	filter_give(ports, 1);
	for (int i = 0; i < 4; i++) {
		bool v6 = (i & 1) != 0, good = (i & 2) != 0;

		len = udp_make(pkt, v6, false, good ? 53 : 54);
		memcpy(record + 1, pkt, len);
		tls_in(CSTP_DATA, pkt, len);
		udp_in(1000, record, 1 + len);
		up += good ? 2 : 0;
		assert_int_equal(tun_writes, up);
		tls_records = dtls_records = 0;
		len = udp_make(pkt, v6, true, good ? 53 : 54);
		chan->choice.dtls = true;
		send_down(pkt, len, NULL);
		chan->choice.dtls = false;
		send_down(pkt, len, NULL);
		down = tls_records + dtls_records;
		assert_int_equal(down, good ? 2 : 0);
	}
	assert_int_equal(chan->tls_count.rx_drops, 2);
	assert_int_equal(chan->dtls_count.rx_drops, 2);
	assert_int_equal(chan->tls_count.tx_drops, 2);
	assert_int_equal(chan->dtls_count.tx_drops, 2);
	assert_true(chan->changed);
}

/* A filter drops a run before it is cut, and what is too big without an answer. */
static void
test_filter_comes_first(UNUSED void **state)
{
	static const uint16_t ports[] = {53};
	static uint8_t run[40 + 5000];
	struct virtio_net_hdr vnet = {.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
	    .gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
	    .gso_size = 1200,
	    .csum_start = 20,
	    .csum_offset = 16};
	uint8_t big[1400] = {0x45, 0, sizeof(big) >> 8, (uint8_t)sizeof(big), 0, 0, 0x40};

	filter_give(ports, 1);
	run[0] = 0x45;
	run[2] = sizeof(run) >> 8;
	run[3] = (uint8_t)sizeof(run);
	run[9] = 6;
	run[32] = 0x50;
	send_down(run, sizeof(run), &vnet);
	assert_int_equal(tls_records, 0);
	assert_int_equal(chan->tls_count.tx_drops, 1);
	big[9] = 47;
	send_down(big, sizeof(big), NULL);
	assert_int_equal(tun_writes, 0);
	assert_int_equal(chan->tls_count.tx_drops, 2);
}

/* Nothing passes a channel whose filter is gone, and none is made whose filter is not there. */
static void
test_never_without_its_filter(UNUSED void **state)
{
	static const uint16_t ports[] = {53};
	Ipc__SessionOpened opened = IPC__SESSION_OPENED__INIT;
	Ipc__TunnelPolicy policy = IPC__TUNNEL_POLICY__INIT;
	struct tls_stream other = {0};
	struct chan_params params = {.opened = &opened, .stream = &other, .mtu = 1300};
	uint8_t pkt[HELP_PKT_MAX];
	size_t len;

	opened.policy = &policy;
	opened.ipv4 = (ProtobufCBinaryData){4, ipv4};
	policy.filter6 = 10;
	assert_null(chan_new(&env, &params, 2));
	assert_true(other.closed);
	filter_give(ports, 1);
	chan_close(chan, IPC__CLOSE_CAUSE__CLOSE_ADMIN, "", false);
	len = udp_make(pkt, false, true, 54);
	send_down(pkt, len, NULL);
	assert_int_equal(tls_records, 0);
	assert_int_equal(closed_events, 1);
}

/* ---- handshakes ---- */

static void
test_cookie_first(UNUSED void **state)
{
	listen_result = ERR_AGAIN;
	hello(1000, 1);
	assert_null(chan->next);
	assert_int_equal(flows, 0);
	chan->dtls_offered = false;
	listen_result = ERR_OK;
	hello(1000, 1);
	assert_null(chan->next);
}

static void
test_new_leg_beside_the_old(UNUSED void **state)
{
	hello(1000, 1);
	udp_in(1000, "F", 1);
	udp_in(1000, "\x07", 1);
	hello(2000, 2);
	assert_int_equal(dtls_legs, 2);
	assert_int_equal(flows, 2);
	/* The old one goes on meanwhile. */
	send_down(packet4, sizeof(packet4), NULL);
	assert_int_equal(dtls_records, 1);
	udp_in(2000, "F", 1);
	assert_int_equal(dtls_legs, 1);
	assert_int_equal(flows, 1);
	assert_int_equal(chan->dtls->flow.port, 2000);
	assert_int_equal(up_events, 2);
	/* A failed one leaves the old alone. */
	mono_ms += 5000;
	hello(3000, 3);
	udp_in(3000, "X", 1);
	assert_null(chan->next);
	assert_int_equal(chan->dtls->flow.port, 2000);
	assert_int_equal(flows, 1);
}

/* From the same address: what comes belongs to the new handshake, and the address stays known
 * afterwards. */
static void
test_new_leg_at_the_same_address(UNUSED void **state)
{
	hello(1000, 1);
	udp_in(1000, "F", 1);
	hello(1000, 2);
	assert_int_equal(dtls_legs, 2);
	udp_in(1000, "F", 1);
	assert_int_equal(dtls_legs, 1);
	assert_int_equal(flows, 2); /* told twice, known once */
	flows = 1;
}

static void
test_repeated_hello(UNUSED void **state)
{
	hello(1000, 1);
	hello(1000, 1);
	assert_int_equal(dtls_legs, 1);
	assert_int_equal(dtls_fed, 1);
	/* Another one so soon is not worth a new object; later it is. */
	hello(1000, 2);
	assert_int_equal(dtls_legs, 1);
	mono_ms += 1000;
	hello(1000, 2);
	assert_int_equal(dtls_legs, 1);
	assert_int_equal(chan->next_random[0], 2);
	udp_in(1000, "F", 1);
	hello(1000, 2);
	assert_int_equal(dtls_fed, 3);
	flows = 1;
}

static void
test_handshake_gives_up(UNUSED void **state)
{
	hello(1000, 1);
	assert_int_equal(env.handshakes, 1);
	mono_ms += 14000;
	env.now_ms = mono_ms;
	chan_handshake_tick(chan);
	assert_non_null(chan->next);
	mono_ms += 1000;
	env.now_ms = mono_ms;
	chan_handshake_tick(chan);
	assert_null(chan->next);
	assert_int_equal(env.handshakes, 0);
}

static void
test_strangers_datagram(UNUSED void **state)
{
	hello(1000, 1);
	udp_in(1000, "F", 1);
	dtls_fed = 0;
	udp_in(1001, "abc", 3);
	assert_int_equal(dtls_fed, 0);
}

static void
test_close_tells_both_legs(UNUSED void **state)
{
	hello(1000, 1);
	udp_in(1000, "F", 1);
	chan_close(chan, IPC__CLOSE_CAUSE__CLOSE_ADMIN, "go home", true);
	assert_int_equal(tls_out[6], CSTP_DISCONNECT);
	assert_int_equal(tls_out_len, CSTP_HEAD_LEN + 1 + 7);
	assert_memory_equal(tls_out + CSTP_HEAD_LEN + 1, "go home", 7);
	assert_int_equal(dtls_out[0], CSTP_DISCONNECT);
	assert_memory_equal(dtls_out + 2, "go home", 7);
	/* What still comes finds nobody. */
	udp_in(1000, "\x07", 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_data_reaches_tun),
	    T(test_spoofed_source),
	    T(test_a_client_without_ipv6),
	    T(test_dpd_is_echoed_where_it_came),
	    T(test_disconnect),
	    T(test_unknown_types_are_ignored),
	    T(test_malformed_frame),
	    T(test_nothing_after_the_end),
	    T(test_data_moves_to_dtls_and_back),
	    T(test_a_full_stream_drops),
	    T(test_too_big_is_answered),
	    T(test_too_big_is_fragmented),
	    T(test_too_big_is_fragmented_against_its_wish),
	    T(test_filter),
	    T(test_filter_comes_first),
	    T(test_never_without_its_filter),
	    T(test_a_run_is_cut),
	    T(test_cookie_first),
	    T(test_new_leg_beside_the_old),
	    T(test_new_leg_at_the_same_address),
	    T(test_repeated_hello),
	    T(test_handshake_gives_up),
	    T(test_strangers_datagram),
	    T(test_close_tells_both_legs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
