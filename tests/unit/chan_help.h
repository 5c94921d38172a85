/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the tests of a channel: it stands between fakes of the TLS stream, the DTLS leg, the tun
 * queue and auth. The functions that stand in for the real ones are defined here, so the library's
 * are not linked.
 */
#ifndef TESTS_UNIT_CHAN_HELP_H
#define TESTS_UNIT_CHAN_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/str.h"
#include "gateway/chan.h"
#include "gateway/tls_event.h"
#include "gateway/worker.h"
#include "tests/unit/filter_help.h"

/* ---- the stream ---- */

struct tls_stream {
	const struct tls_stream_ops *ops;
	void *arg;
	size_t queued;
	bool closed;
	unsigned rests;
	unsigned rekeys;  /* of the client */
	unsigned rekeyed; /* by us */
};

static struct tls_stream stream;
static uint8_t tls_out[65536]; /* the last record */
static size_t tls_out_len;
static unsigned tls_records;
static struct ip_endpoint client = {.addr = {.family = 4, .bytes = {10, 9, 8, 7}}, .port = 5555};

void
tls_stream_set_ops(struct tls_stream *s, const struct tls_stream_ops *ops, void *arg)
{
	s->ops = ops;
	s->arg = arg;
}

enum err
tls_stream_write(UNUSED struct tls_stream *s, const void *data, size_t len)
{
	memcpy(tls_out, data, len);
	tls_out_len = len;
	tls_records++;
	return ERR_OK;
}

size_t
tls_stream_queued(const struct tls_stream *s)
{
	return s->queued;
}

void
tls_stream_rest(struct tls_stream *s)
{
	s->rests++;
}

void
tls_stream_close(struct tls_stream *s)
{
	s->closed = true;
}

static unsigned ended_events;

/* While the stream is still there. */
void
tls_event_end(const struct tls_stream *s)
{
	assert_false(s->closed);
	ended_events++;
}

const char *
tls_stream_reason(UNUSED const struct tls_stream *s)
{
	return "";
}

unsigned
tls_stream_rekeys(const struct tls_stream *s)
{
	return s->rekeys;
}

enum err
tls_stream_rekey(struct tls_stream *s)
{
	s->rekeyed++;
	return ERR_OK;
}

const struct ip_endpoint *
tls_stream_client(UNUSED const struct tls_stream *s)
{
	return &client;
}

const struct ip_endpoint *
tls_stream_server(UNUSED const struct tls_stream *s)
{
	return &client;
}

const char *
tls_stream_version(UNUSED const struct tls_stream *s)
{
	return "TLSv1.3";
}

const char *
tls_stream_cipher(UNUSED const struct tls_stream *s)
{
	return "TLS_AES_256_GCM_SHA384";
}

/* ---- the leg ---- */

struct dtls_leg {
	struct udp_flow flow;
	bool up;
	bool broken;
	bool doubts; /* about its key */
	uint8_t key; /* its first byte */
};

static uint8_t dtls_in[2048], dtls_out[2048];
static size_t dtls_in_len, dtls_out_len;
static unsigned dtls_records, dtls_legs, dtls_fed;
static enum err listen_result;

enum err
dtls_listen(UNUSED struct dtls *dtls, const struct udp_flow *flow, UNUSED const uint8_t *data,
    UNUSED size_t len, struct dtls_leg **out)
{
	if (listen_result != ERR_OK)
		return listen_result;
	*out = calloc(1, sizeof(**out));
	assert_non_null(*out);
	(*out)->flow = *flow;
	dtls_legs++;
	return ERR_OK;
}

enum err
dtls_leg_start(struct dtls_leg *leg, const struct dtls_terms *terms, UNUSED unsigned link_mtu)
{
	leg->key = terms->secret[0];
	return ERR_OK;
}

/* A datagram "F" finishes the handshake; anything else is a record to be read. */
enum err
dtls_leg_feed(struct dtls_leg *leg, uint8_t *data, size_t len)
{
	dtls_fed++;
	if (!leg->up) {
		leg->up = data[0] == 'F';
		return data[0] == 'X' ? ERR_CRYPTO : ERR_OK;
	}
	memcpy(dtls_in, data, len);
	dtls_in_len = len;
	return ERR_OK;
}

enum err
dtls_leg_read(UNUSED struct dtls_leg *leg, uint8_t **data, size_t *len)
{
	if (dtls_in_len == 0)
		return ERR_AGAIN;
	*data = dtls_in;
	*len = dtls_in_len;
	dtls_in_len = 0;
	return ERR_OK;
}

enum err
dtls_leg_write(struct dtls_leg *leg, const uint8_t *data, size_t len)
{
	if (leg->broken)
		return ERR_CRYPTO;
	assert_true(len <= sizeof(dtls_out));
	memcpy(dtls_out, data, len);
	dtls_out_len = len;
	dtls_records++;
	return ERR_OK;
}

void
dtls_leg_free(struct dtls_leg *leg)
{
	if (leg != NULL)
		dtls_legs--;
	free(leg);
}

void
dtls_leg_close(UNUSED struct dtls_leg *leg)
{
}

void
dtls_leg_rest(UNUSED struct dtls_leg *leg)
{
}

enum err
dtls_leg_tick(UNUSED struct dtls_leg *leg)
{
	return ERR_OK;
}

bool
dtls_leg_doubts_key(const struct dtls_leg *leg)
{
	return leg->doubts;
}

bool
dtls_leg_is_up(const struct dtls_leg *leg)
{
	return leg->up;
}

const struct udp_flow *
dtls_leg_flow(const struct dtls_leg *leg)
{
	return &leg->flow;
}

const char *
dtls_leg_version(UNUSED const struct dtls_leg *leg)
{
	return "DTLSv1.2";
}

const char *
dtls_leg_cipher(UNUSED const struct dtls_leg *leg)
{
	return "PSK-AES256-GCM-SHA384";
}

/* ---- tun, UDP, auth ---- */

static uint8_t tun_out[65536];
static size_t tun_out_len;
static unsigned tun_writes;

void
tun_write(UNUSED struct tun *tun, const uint8_t *pkt, size_t len)
{
	memcpy(tun_out, pkt, len);
	tun_out_len = len;
	tun_writes++;
}

void
tun_flush(UNUSED struct tun *tun)
{
}

void
udp_flush(UNUSED struct udp *udp)
{
}

void
udp_flow_peer(const struct udp_flow *flow, struct ip_endpoint *out)
{
	memset(out, 0, sizeof(*out));
	out->addr.family = 4;
	memcpy(out->addr.bytes, flow->peer, 4);
	out->port = flow->port;
}

static unsigned closed_events, up_events, down_events;
static Ipc__CloseCause closed_cause;
static char closed_text[256];
static uint64_t closed_rx_drops;

enum err
ipc_send(UNUSED struct ipc *ipc, Ipc__MsgType type, const ProtobufCMessage *msg)
{
	if (type == IPC__MSG_TYPE__MSG_SESSION_CLOSED) {
		const Ipc__SessionClosed *closed = (const Ipc__SessionClosed *)msg;

		assert_int_equal(closed->session, 77);
		closed_events++;
		closed_cause = closed->cause;
		(void)str_copy(closed_text, sizeof(closed_text), closed->text);
		closed_rx_drops = closed->stats->tls->rx_drops + closed->stats->dtls->rx_drops;
	} else {
		const Ipc__TunnelEvent *event = (const Ipc__TunnelEvent *)msg;

		assert_int_equal(type, IPC__MSG_TYPE__MSG_TUNNEL_EVENT);
		assert_int_equal(event->channel, IPC__CHANNEL__CHANNEL_DTLS);
		if (event->up)
			up_events++;
		else
			down_events++;
	}
	return ERR_OK;
}

/* ---- the channel under test ---- */

static uint64_t mono_ms;
static uint8_t scratch[CHAN_FRAME_MAX];
static struct worker worker;
static struct chan_env env;
static struct chan *chan;
static unsigned gone, flows;
static struct udp_flow last_flow;

static uint64_t
fake_mono(void)
{
	return mono_ms;
}

static void
on_flow_add(UNUSED struct chan_env *e, UNUSED struct chan *c, const struct udp_flow *flow)
{
	flows++;
	last_flow = *flow;
}

static void
on_flow_remove(UNUSED struct chan_env *e, UNUSED struct chan *c, UNUSED const struct udp_flow *flow)
{
	flows--;
}

static void
on_handshake(UNUSED struct chan_env *e)
{
}

static void
on_gone(UNUSED struct chan_env *e, struct chan *c)
{
	assert_true(c->closed);
	gone++;
}

static uint8_t ipv4[4] = {192, 168, 100, 1}, ipv6[16] = {0xfd, [15] = 1};

static int
setup(UNUSED void **state)
{
	Ipc__SessionOpened opened = IPC__SESSION_OPENED__INIT;
	Ipc__TunnelPolicy policy = IPC__TUNNEL_POLICY__INIT;
	struct chan_params params = {
	    .opened = &opened, .stream = &stream, .mtu = 1300, .link_mtu = 1500, .dtls = true};

	mono_ms = 1000000;
	clock_set_source(fake_mono, NULL);
	worker.auth = (struct ipc *)&worker; /* only passed on */
	memset(&stream, 0, sizeof(stream));
	tls_records = dtls_records = dtls_fed = tun_writes = 0;
	closed_events = up_events = down_events = gone = flows = 0;
	dtls_in_len = 0;
	listen_result = ERR_OK;
	env = (struct chan_env){
	    .worker = &worker,
	    .loop = loop_new(),
	    .dtls = (struct dtls *)&worker,
	    .frame = scratch,
	    .filters = filter_table_new(),
	    .icmp_tokens = 1,
	    .flow_add = on_flow_add,
	    .flow_remove = on_flow_remove,
	    .handshake = on_handshake,
	    .gone = on_gone,
	};
	opened.session = 77;
	opened.ipv4 = (ProtobufCBinaryData){4, ipv4};
	opened.ipv6 = (ProtobufCBinaryData){16, ipv6};
	opened.policy = &policy;
	policy.dpd_gateway = 30;
	policy.idle_timeout = 600;
	chan = chan_new(&env, &params, 1);
	assert_non_null(env.loop);
	assert_non_null(env.filters);
	assert_non_null(chan);
	return 0;
}

static int
teardown(UNUSED void **state)
{
	chan_close(chan, IPC__CLOSE_CAUSE__CLOSE_ADMIN, "", false);
	assert_int_equal(closed_events, 1);
	assert_int_equal(gone, 1);
	assert_int_equal(dtls_legs, 0);
	assert_int_equal(flows, 0);
	assert_int_equal(env.handshakes, 0);
	assert_true(stream.closed);
	loop_free(env.loop); /* frees the channel */
	filter_table_free(env.filters);
	clock_set_source(NULL, NULL);
	return 0;
}

UNUSED static void
tls_in(uint8_t type, const void *payload, size_t len)
{
	uint8_t record[CSTP_HEAD_LEN + 2048];

	cstp_head_put(record, (enum cstp_type)type, len);
	if (len > 0)
		memcpy(record + CSTP_HEAD_LEN, payload, len);
	stream.ops->on_data(&stream, record, CSTP_HEAD_LEN + len, stream.arg);
	if (!chan->closed)
		stream.ops->on_batch_end(&stream, stream.arg);
}

UNUSED static struct udp_flow
flow_of(uint16_t port)
{
	return (struct udp_flow){.peer = {10, 9, 8, 7}, .family = 4, .port = port};
}

UNUSED static void
hello(uint16_t port, uint8_t random)
{
	uint8_t bytes[DTLS_RANDOM_LEN];
	struct dtls_hello h = {.random = bytes};
	struct udp_flow flow = flow_of(port);

	memset(bytes, random, sizeof(bytes));
	env.now_ms = mono_ms;
	chan_hello(chan, &flow, &h, (uint8_t[]){'H'}, 1);
}

UNUSED static void
udp_in(uint16_t port, const void *data, size_t len)
{
	struct udp_flow flow = flow_of(port);
	uint8_t copy[2048];

	assert_true(len <= sizeof(copy));
	memcpy(copy, data, len);
	env.now_ms = mono_ms;
	chan_datagram(chan, &flow, copy, len);
}

UNUSED static void
tick_after(uint64_t ms)
{
	mono_ms += ms;
	env.now_ms = mono_ms;
	chan_tick(chan);
}

UNUSED static const uint8_t packet4[24] = {
    0x45, 0, 0, 24, 0, 0, 0, 0, 64, 17, 0, 0, 192, 168, 100, 1, 10, 0, 0, 1};
UNUSED static const uint8_t packet6[40] = {
    0x60, 0, 0, 0, 0, 0, 59, 64, 0xfd, [23] = 1, [24] = 0xfe};

UNUSED static void
send_down(const uint8_t *data, size_t len, const struct virtio_net_hdr *vnet)
{
	static uint8_t copy[TUN_HEADROOM + 65536];
	struct tun_pkt pkt = {.data = copy + TUN_HEADROOM, .len = len};

	if (vnet != NULL)
		pkt.vnet = *vnet;
	memcpy(pkt.data, data, len);
	env.now_ms = mono_ms;
	chan_send(chan, &pkt);
}

#endif
