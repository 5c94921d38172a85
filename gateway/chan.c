/* SPDX-License-Identifier: Apache-2.0 */
/* A session's data channel: its TLS leg, its packets in both directions, its life. The DTLS leg is
 * chan_dtls.c. */
#include "gateway/chan.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/metric.h"
#include "common/str.h"
#include "gateway/chan_dtls.h"
#include "gateway/chan_report.h"
#include "gateway/frag.h"
#include "gateway/icmp.h"
#include "gateway/tls_event.h"
#include "gateway/tun_gso.h"

#define TEXT_MAX 128
#define CONTROL_QUEUE_MAX                                                                          \
	(2 * CHAN_TLS_QUEUE_MAX) /* a client that reads nothing gets no answers either */
/* In the scratch frame: a packet that is cut lies at the beginning, its pieces are made behind it.
 */
#define FRAGMENTED_MAX 16384
#define FRAGMENT_AT (2 * FRAGMENTED_MAX)
#define SESSION_END_SLACK_MS                                                                       \
	5000 /* auth ends sessions that are over; this is for the case that it cannot */

/* The client is told the same time: it goes first if it can. */
#define REKEY_SLACK_MS 10000

/* Reason byte of our disconnect packets: clients show it, and none is known to read a meaning into
 * it. */
#define DISCONNECT_REASON 0

#define QUIET_MS 3000 /* without data */

/* Reason bytes of the client's disconnect packets (protocol.md 4.6). */
static const struct {
	uint8_t reason;
	Ipc__CloseCause cause;
} disconnect_causes[] = {
    {0xb0, IPC__CLOSE_CAUSE__CLOSE_USER_REQUEST},
    {0x70, IPC__CLOSE_CAUSE__CLOSE_USER_REQUEST},
};

/* ---- packets from the client ---- */

bool
chan_source_ok(const struct chan *chan, const struct inner *inner)
{
	if (inner->version == 4)
		return chan->ipv4.family == 4 && memcmp(inner->src, chan->ipv4.bytes, 4) == 0;
	return chan->ipv6.family == 6 && memcmp(inner->src, chan->ipv6.bytes, 16) == 0;
}

/* Does the session's filter let this packet pass? The source and the length were checked. */
static bool
filter_ok(struct chan *chan, enum filter_direction direction, const uint8_t *pkt, size_t len)
{
	if (chan->closed)
		return false; /* its filter is gone */
	return !filter_use_wants(&chan->filter, pkt[0] >> 4) ||
	       filter_table_pass(chan->env->filters, &chan->filter, direction, pkt, len);
}

void
chan_take_packet(struct chan *chan, struct chan_count *count, const uint8_t *pkt, size_t len)
{
	unsigned dtls = count == &chan->dtls_count;
	struct inner inner;

	if (inner_parse(pkt, len, &inner) != ERR_OK) {
		count->rx_drops++;
		metric_count(METRIC_DROP_MALFORMED + dtls);
		return;
	}
	if (!chan_source_ok(chan, &inner)) {
		count->rx_drops++;
		metric_count(METRIC_DROP_SOURCE + dtls);
		return;
	}
	if (!filter_ok(chan, FILTER_FROM_CLIENT, pkt, inner.len)) {
		count->rx_drops++;
		metric_count(METRIC_DROP_FILTER_IN + dtls);
		chan->changed = true;
		return;
	}
	count->rx_packets++;
	count->rx_bytes += inner.len;
	chan->data_ms = chan->env->now_ms;
	chan->changed = true;
	tun_write(chan->env->tun, pkt, inner.len);
}

/* Send a control frame over TLS. payload may be NULL. */
static void
tls_send_control(struct chan *chan, enum cstp_type type, const uint8_t *payload, size_t len)
{
	uint8_t *frame = chan->env->frame;

	if (len > CSTP_PAYLOAD_MAX || tls_stream_queued(chan->stream) > CONTROL_QUEUE_MAX)
		return;
	cstp_head_put(frame, type, len);
	if (len > 0)
		memcpy(frame + CSTP_HEAD_LEN, payload, len);
	chan->tls_tx_ms = chan->env->now_ms;
	/* The stream itself reports a failure to on_closed. */
	if (tls_stream_write(chan->stream, frame, CSTP_HEAD_LEN + len) != ERR_OK)
		log_debug("control frame not sent");
}

/* So that boxes on the way keep the connection in mind while nothing else is sent. */
bool
chan_wants_keepalive(const struct chan *chan, uint64_t tx_ms)
{
	return chan->keepalive_ms > 0 && chan->env->now_ms - tx_ms >= chan->keepalive_ms;
}

static void
take_disconnect(struct chan *chan, const struct cstp_frame *frame)
{
	Ipc__CloseCause cause = IPC__CLOSE_CAUSE__CLOSE_LOST;
	char text[TEXT_MAX] = "", printable[TEXT_MAX];
	struct cur cur;
	uint8_t reason;

	cur_init(&cur, frame->payload, frame->len);
	reason = cur_u8(&cur);
	for (size_t i = 0; frame->len > 0 && i < ARRAY_LEN(disconnect_causes); i++)
		if (disconnect_causes[i].reason == reason)
			cause = disconnect_causes[i].cause;
	if (cur.left >= sizeof(text))
		cur.left = sizeof(text) - 1;
	cur_copy(&cur, text, sizeof(text) - 1, cur.left);
	str_printable(printable, sizeof(printable), text);
	chan->goodbye = true;
	chan_close(chan, cause, printable, false);
}

static void
take_frame(struct chan *chan, const struct cstp_frame *frame)
{
	switch (frame->type) {
	case CSTP_DATA:
		leg_choice_event(&chan->choice, LEG_TLS_DATA, chan->env->now_ms);
		chan_take_packet(chan, &chan->tls_count, frame->payload, frame->len);
		break;
	case CSTP_DPD_REQ:
		/* Byte for byte: some clients check it (protocol.md 5.6). */
		tls_send_control(chan, CSTP_DPD_RESP, frame->payload, frame->len);
		break;
	case CSTP_DISCONNECT:
		take_disconnect(chan, frame);
		break;
	default:
		break; /* signs of life, and what we did not negotiate */
	}
}

static void
batch_begin(struct chan_env *env)
{
	if (env->in_batch)
		return;
	env->in_batch = true;
	env->now_ms = clock_mono_ms();
}

static void
batch_end(struct chan_env *env)
{
	env->in_batch = false;
	tun_flush(env->tun);
	udp_flush(env->udp);
}

static void
on_data(UNUSED struct tls_stream *stream, const uint8_t *data, size_t len, void *arg)
{
	struct chan *chan = arg;
	struct cstp_frame frame;
	struct cur cur;
	enum err err;

	batch_begin(chan->env);
	leg_life_heard(&chan->tls_life, chan->env->now_ms);
	cur_init(&cur, data, len);
	while (!chan->closed && (err = cstp_read(&chan->reader, &cur, &frame)) != ERR_AGAIN) {
		if (err != ERR_OK) {
			chan_close(chan, IPC__CLOSE_CAUSE__CLOSE_ERROR, "malformed frame", false);
			return;
		}
		take_frame(chan, &frame);
	}
}

static void
on_batch_end(UNUSED struct tls_stream *stream, void *arg)
{
	struct chan *chan = arg;

	batch_end(chan->env);
}

static void
on_closed(struct tls_stream *stream, enum err why, void *arg)
{
	struct chan *chan = arg;
	bool broken = why == ERR_CRYPTO || why == ERR_LIMIT;
	const char *reason = tls_stream_reason(stream);

	if (*reason == '\0')
		reason = err_str(why);
	if (broken) {
		chan_close(chan, IPC__CLOSE_CAUSE__CLOSE_ERROR, reason, false);
		return;
	}
	if (why != ERR_CLOSED)
		log_debug(
		    "session %016llx: TLS ends: %s", (unsigned long long)chan->session, reason);
	/* The ASA's words. */
	chan_close(chan, IPC__CLOSE_CAUSE__CLOSE_LOST, "Transport closing", false);
}

static const struct tls_stream_ops stream_ops = {
    .on_data = on_data,
    .on_batch_end = on_batch_end,
    .on_closed = on_closed,
    .tunnel = true,
};

/* ---- packets for the client ---- */

static void
count_tx(struct chan *chan, struct chan_count *count, size_t len)
{
	count->tx_packets++;
	count->tx_bytes += len;
	chan->data_ms = chan->env->now_ms;
	chan->changed = true;
}

static void
tls_send_packet(struct chan *chan, uint8_t *pkt, size_t len)
{
	/* The inner connection is told by loss, as on any full link; queueing more would only add
	 * delay and memory. */
	if (len > CSTP_PAYLOAD_MAX || tls_stream_queued(chan->stream) > CHAN_TLS_QUEUE_MAX) {
		chan->tls_count.tx_drops++;
		metric_count(METRIC_DROP_QUEUE);
		return;
	}
	cstp_head_put(pkt - CSTP_HEAD_LEN, CSTP_DATA, len);
	if (tls_stream_write(chan->stream, pkt - CSTP_HEAD_LEN, CSTP_HEAD_LEN + len) != ERR_OK) {
		chan->tls_count.tx_drops++;
		metric_count(METRIC_DROP_QUEUE);
		return;
	}
	chan->tls_tx_ms = chan->env->now_ms;
	count_tx(chan, &chan->tls_count, len);
}

/* pkt has room for a frame head in front of it. */
static void
send_packet(struct chan *chan, uint8_t *pkt, size_t len)
{
	if (chan->choice.dtls && chan_dtls_send(chan, CSTP_DATA, pkt, len)) {
		chan->choice.sent = true;
		count_tx(chan, &chan->dtls_count, len);
		return;
	}
	tls_send_packet(chan, pkt, len);
}

static void
count_tx_drop(struct chan *chan, enum metric why)
{
	struct chan_count *count = chan->choice.dtls ? &chan->dtls_count : &chan->tls_count;

	count->tx_drops++;
	metric_count(why + chan->choice.dtls);
	chan->changed = true;
}

void
chan_count_drop(struct chan *chan)
{
	struct chan_count *count = chan->choice.dtls ? &chan->dtls_count : &chan->tls_count;

	count->tx_drops++;
	chan->changed = true;
}

/* Larger than the client can take: its correspondent is told, so that path MTU discovery works
 * (protocol.md 4.4). */
static void
refuse_too_big(struct chan *chan, const struct tun_pkt *pkt)
{
	struct chan_env *env = chan->env;
	size_t len;

	count_tx_drop(chan, METRIC_DROP_TOO_BIG);
	if (env->icmp_tokens == 0)
		return;
	env->icmp_tokens--;
	len = icmp_too_big(env->frame, CHAN_FRAME_MAX, pkt->data, pkt->len, chan->mtu);
	if (len > 0)
		tun_write(env->tun, env->frame, len);
}

/* Send a packet that may be larger than the MTU and then may be fragmented. */
static void
send_pieces(struct chan *chan, uint8_t *pkt, size_t len)
{
	uint8_t *dst = chan->env->frame + FRAGMENT_AT;
	struct frag frag;

	if (len <= chan->mtu) {
		send_packet(chan, pkt, len);
		return;
	}
	frag_init(&frag, pkt, len, chan->mtu, ++chan->env->frag_id);
	while ((len = frag_next(&frag, dst)) > 0)
		send_packet(chan, dst, len);
}

void
chan_send(struct chan *chan, const struct tun_pkt *pkt)
{
	uint8_t *dst = chan->env->frame + CSTP_HEAD_LEN;
	struct gso_split split;
	size_t len;

	if (gso_split_init(&split, &pkt->vnet, pkt->data, pkt->len) != ERR_OK)
		return;
	/* Once for all the packets that are in it: they are of one flow. */
	if (!filter_ok(chan, FILTER_TO_CLIENT, pkt->data, pkt->len)) {
		count_tx_drop(chan, METRIC_DROP_FILTER_OUT);
		return;
	}
	len = gso_split_largest(&split);
	if (len > chan->mtu && (len > FRAGMENTED_MAX || !frag_is_allowed(pkt->data, pkt->len,
							    chan->mtu, chan->ignore_df))) {
		refuse_too_big(chan, pkt);
		return;
	}
	if (gso_split_is_plain(&split)) {
		send_pieces(chan, pkt->data, pkt->len);
		return;
	}
	while ((len = gso_split_next(&split, dst, CHAN_FRAME_MAX - CSTP_HEAD_LEN)) > 0)
		send_pieces(chan, dst, len);
}

/* ---- life ---- */

/* In seconds from now, 0: none. */
static void
limits_set(struct chan *chan, uint32_t idle, uint32_t remaining)
{
	chan->idle_ms = (uint64_t)idle * 1000;
	chan->end_ms = 0;
	if (remaining > 0)
		chan->end_ms =
		    chan->env->now_ms + (uint64_t)remaining * 1000 + SESSION_END_SLACK_MS;
}

struct chan *
chan_new(struct chan_env *env, const struct chan_params *params, uint64_t id)
{
	const Ipc__SessionOpened *opened = params->opened;
	const Ipc__TunnelPolicy *policy = opened->policy;
	struct chan *chan = calloc(1, sizeof(*chan));

	/* Never without its filter. */
	if (chan == NULL || filter_table_use(env->filters, opened, id, &chan->filter) != ERR_OK) {
		free(chan);
		tls_stream_close(params->stream);
		return NULL;
	}
	env->now_ms = clock_mono_ms();
	chan->env = env;
	chan->session = opened->session;
	chan->id = id;
	if (ip_from_bytes(opened->ipv4.data, opened->ipv4.len, &chan->ipv4) != ERR_OK)
		chan->ipv4.family = 0;
	if (ip_from_bytes(opened->ipv6.data, opened->ipv6.len, &chan->ipv6) != ERR_OK)
		chan->ipv6.family = 0;
	chan->mtu = params->mtu;
	chan->ignore_df = policy->df_bit_ignore;
	chan->link_mtu = params->link_mtu;
	chan->dpd_ms = (uint64_t)policy->dpd_gateway * 1000;
	if (!params->mobile)
		chan->keepalive_ms = (uint64_t)policy->keepalive * 1000;
	chan->tls_tx_ms = env->now_ms;
	chan->rekey_ms = (uint64_t)params->rekey_sec * 1000;
	chan->rekey_due_ms = env->now_ms + chan->rekey_ms + REKEY_SLACK_MS;
	limits_set(chan, policy->idle_timeout, policy->session_remaining);
	chan->data_ms = env->now_ms;
	chan->dtls_offered = params->dtls;
	chan->dtls_port = params->dtls_port;
	memcpy(chan->app_id, params->app_id, sizeof(chan->app_id));
	chan_dtls_init(chan, params);
	leg_life_init(&chan->tls_life, env->now_ms);
	cstp_reader_init(&chan->reader);
	chan->stream = params->stream;
	tls_stream_set_ops(chan->stream, &stream_ops, chan);
	return chan;
}

enum err
chan_update(struct chan *chan, const Ipc__SessionUpdate *update, uint64_t id)
{
	enum err err = filter_table_change(chan->env->filters, update, id, &chan->filter);

	if (err != ERR_OK)
		return err;
	chan->env->now_ms = clock_mono_ms();
	limits_set(chan, update->idle_timeout, update->session_remaining);
	return ERR_OK;
}

static void
chan_free(void *arg)
{
	struct chan *chan = arg;

	cstp_reader_fini(&chan->reader);
	str_wipe(&chan->terms, sizeof(chan->terms));
	str_wipe(chan->psks, sizeof(chan->psks));
	free(chan);
}

static void
send_disconnect(struct chan *chan, const char *text)
{
	uint8_t payload[1 + TEXT_MAX] = {DISCONNECT_REASON};
	size_t len = strnlen(text, TEXT_MAX);

	memcpy(payload + 1, text, len);
	if (chan->dtls != NULL) {
		memcpy(chan->env->frame + CSTP_HEAD_LEN, payload, 1 + len);
		(void)chan_dtls_send(
		    chan, CSTP_DISCONNECT, chan->env->frame + CSTP_HEAD_LEN, 1 + len);
	}
	tls_send_control(chan, CSTP_DISCONNECT, payload, 1 + len);
}

void
chan_close(struct chan *chan, Ipc__CloseCause cause, const char *text, bool notify)
{
	struct chan_env *env = chan->env;

	if (chan->closed)
		return;
	if (notify)
		send_disconnect(chan, text);
	/* Set only now: a leg that breaks while it is told ends by itself. */
	chan->closed = true;
	chan_report_closed(chan, cause, text);
	chan_dtls_drop(chan, cause != IPC__CLOSE_CAUSE__CLOSE_REPLACED);
	chan_dtls_fini(chan, cause);
	filter_table_unuse(&chan->filter);
	env->gone(env, chan);
	tls_event_end(chan->stream);
	tls_stream_close(chan->stream);
	batch_end(env);
	loop_defer(env->loop, chan_free, chan);
}

void
chan_discard(struct chan *chan)
{
	chan->closed = true;
	chan_dtls_fini(chan, IPC__CLOSE_CAUSE__CLOSE_LOST);
	filter_table_unuse(&chan->filter);
	tls_stream_close(chan->stream);
	loop_defer(chan->env->loop, chan_free, chan);
}

/* ---- once a second ---- */

static bool
check_timeouts(struct chan *chan)
{
	uint64_t now_ms = chan->env->now_ms;

	if (chan->end_ms > 0 && now_ms >= chan->end_ms) {
		chan_close(chan, IPC__CLOSE_CAUSE__CLOSE_SESSION_TIMEOUT, "Session timeout", true);
		return false;
	}
	if (chan->idle_ms > 0 && now_ms - chan->data_ms >= chan->idle_ms) {
		chan_close(chan, IPC__CLOSE_CAUSE__CLOSE_IDLE_TIMEOUT, "Idle timeout", true);
		return false;
	}
	return true;
}

/* New keys for the stream when it is time and the client did not see to it. */
static void
check_rekey(struct chan *chan)
{
	uint64_t now_ms = chan->env->now_ms;

	if (chan->rekey_ms == 0)
		return;
	if (chan->rekeys == tls_stream_rekeys(chan->stream) && now_ms < chan->rekey_due_ms)
		return;
	/* The stream itself reports a failure to on_closed. */
	if (chan->rekeys == tls_stream_rekeys(chan->stream) &&
	    tls_stream_rekey(chan->stream) != ERR_OK)
		log_debug("session %016llx: no new keys", (unsigned long long)chan->session);
	chan->rekeys = tls_stream_rekeys(chan->stream);
	chan->rekey_due_ms = now_ms + chan->rekey_ms + REKEY_SLACK_MS;
}

/* An idle session is to cost no memory (design 3), nor one whose data goes over DTLS twice. */
static bool
tls_is_quiet(const struct chan *chan)
{
	return chan->env->now_ms - chan->data_ms >= QUIET_MS || chan->dtls != NULL;
}

void
chan_tick(struct chan *chan)
{
	if (!check_timeouts(chan))
		return;
	check_rekey(chan);
	switch (leg_life_check(&chan->tls_life, chan->dpd_ms, chan->env->now_ms)) {
	case LEG_ALIVE:
		break;
	case LEG_PROBE:
		tls_send_control(chan, CSTP_DPD_REQ, NULL, 0);
		break;
	case LEG_DEAD:
		chan_close(chan, IPC__CLOSE_CAUSE__CLOSE_LOST, "DPD failure", false);
		return;
	}
	if (chan_wants_keepalive(chan, chan->tls_tx_ms))
		tls_send_control(chan, CSTP_KEEPALIVE, NULL, 0);
	if (tls_is_quiet(chan))
		tls_stream_rest(chan->stream);
	chan_dtls_tick(chan);
}
