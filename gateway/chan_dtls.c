/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The DTLS leg of a channel: handshakes, which are always built beside the leg that works
 * (protocol.md 5.5), its packets, and its end, which never is the end of the channel.
 */
#include "gateway/chan_dtls.h"

#include <string.h>

#include "common/log.h"
#include "common/metric.h"
#include "common/str.h"
#include "gateway/chan_report.h"

#define HANDSHAKE_MAX_MS 15000    /* clients give up after 12 s */
#define HANDSHAKE_SPACING_MS 1000 /* a new attempt replaces a younger one no sooner */
#define REST_MS 3000              /* a leg that is silent for so long gives its buffers back */

static bool
same_peer(const struct udp_flow *a, const struct udp_flow *b)
{
	return a->port == b->port && a->family == b->family && a->listener == b->listener &&
	       a->scope == b->scope && memcmp(a->peer, b->peer, sizeof(a->peer)) == 0;
}

static bool
leg_has_peer(const struct dtls_leg *leg, const struct udp_flow *flow)
{
	return leg != NULL && same_peer(dtls_leg_flow(leg), flow);
}

/* Free a leg that is no longer chan->dtls or chan->next. Its address stays known while the other
 * leg uses it. */
static void
leg_drop(struct chan *chan, struct dtls_leg *leg)
{
	struct udp_flow flow;

	if (leg == NULL)
		return;
	flow = *dtls_leg_flow(leg);
	dtls_leg_free(leg);
	if (!leg_has_peer(chan->dtls, &flow) && !leg_has_peer(chan->next, &flow))
		chan->env->flow_remove(chan->env, chan, &flow);
}

/* ---- keys ---- */

static void
key_choose(struct chan *chan, size_t at)
{
	chan->psk_at = at;
	memcpy(chan->terms.secret, chan->psks[at], DTLS_PSK_LEN);
}

void
chan_dtls_init(struct chan *chan, const struct chan_params *params)
{
	chan->terms = params->terms;
	if (chan->terms.mode != DTLS_PSK)
		return;
	chan->psks_len = past_keys_enter(
	    chan->env->past_keys, chan->session, chan->terms.secret, chan->psks, chan->env->now_ms);
	key_choose(chan, 0);
}

void
chan_dtls_fini(struct chan *chan, Ipc__CloseCause cause)
{
	if (chan->terms.mode != DTLS_PSK)
		return;
	switch (cause) {
	case IPC__CLOSE_CAUSE__CLOSE_LOST:
	case IPC__CLOSE_CAUSE__CLOSE_REPLACED:
	case IPC__CLOSE_CAUSE__CLOSE_ERROR:
		past_keys_leave(chan->env->past_keys, chan->session, chan->env->now_ms);
		break;
	default:
		past_keys_forget(chan->env->past_keys, chan->session);
		break;
	}
}

/* ---- legs ---- */

static void
next_drop(struct chan *chan)
{
	struct dtls_leg *leg = chan->next;

	if (leg == NULL)
		return;
	/* One key for one handshake: the next one tries the next key. */
	if (chan->psks_len > 1 && dtls_leg_doubts_key(leg))
		key_choose(chan, (chan->psk_at + 1) % chan->psks_len);
	chan->next = NULL;
	chan->env->handshakes--;
	leg_drop(chan, leg);
}

/* The established leg is over; the channel goes on over TLS. */
static void
leg_down(struct chan *chan, const char *reason)
{
	struct dtls_leg *leg = chan->dtls;

	if (leg == NULL)
		return;
	if (!chan->closed)
		chan_report_tunnel(chan, IPC__CHANNEL__CHANNEL_DTLS, false, reason);
	leg_choice_event(&chan->choice, LEG_DTLS_DOWN, chan->env->now_ms);
	chan->dtls = NULL;
	leg_drop(chan, leg);
}

void
chan_dtls_drop(struct chan *chan, bool notify)
{
	next_drop(chan);
	if (notify && chan->dtls != NULL)
		dtls_leg_close(chan->dtls);
	leg_down(chan, "");
}

/* ---- sending ---- */

bool
chan_dtls_send(struct chan *chan, enum cstp_type type, uint8_t *data, size_t len)
{
	if (chan->dtls == NULL)
		return false;
	data[-1] = (uint8_t)type;
	if (dtls_leg_write(chan->dtls, data - 1, len + 1) == ERR_OK) {
		chan->dtls_tx_ms = chan->env->now_ms;
		return true;
	}
	leg_down(chan, "cannot send");
	return false;
}

static void
send_bare(struct chan *chan, enum cstp_type type)
{
	uint8_t *frame = chan->env->frame;

	(void)chan_dtls_send(chan, type, frame + 1, 0);
}

/* ---- receiving ---- */

/* An opened record: type byte and payload. */
static void
take_record(struct chan *chan, uint8_t *record, size_t len)
{
	uint64_t now_ms = chan->env->now_ms;

	if (len == 0)
		return;
	leg_life_heard(&chan->dtls_life, now_ms);
	switch (record[0]) {
	case CSTP_DATA:
		leg_choice_event(&chan->choice, LEG_DTLS_DATA, now_ms);
		chan_take_packet(chan, &chan->dtls_count, record + 1, len - 1);
		break;
	case CSTP_DPD_REQ:
		leg_choice_event(&chan->choice, LEG_DTLS_DPD_REQ, now_ms);
		/* The client measures its MTU by this: same length, same bytes (protocol.md 5.6).
		 */
		(void)chan_dtls_send(chan, CSTP_DPD_RESP, record + 1, len - 1);
		break;
	case CSTP_KEEPALIVE:
		leg_choice_event(&chan->choice, LEG_DTLS_DATA, now_ms);
		break;
	case CSTP_DISCONNECT:
		leg_down(chan, "closed by the client");
		break;
	default:
		leg_choice_event(&chan->choice, LEG_DTLS_OTHER, now_ms);
		break;
	}
}

static void
read_records(struct chan *chan)
{
	struct dtls_leg *leg = chan->dtls;
	enum err err = ERR_OK;
	uint8_t *record;
	size_t len;

	/* Handling a record may tear the leg or close the channel. */
	while (!chan->closed && chan->dtls == leg &&
	       (err = dtls_leg_read(leg, &record, &len)) == ERR_OK)
		take_record(chan, record, len);
	if (!chan->closed && chan->dtls == leg && err != ERR_AGAIN)
		leg_down(chan, err == ERR_CLOSED ? "closed by the client" : err_str(err));
}

/* The handshake is through: from here this is the leg. */
static void
next_promote(struct chan *chan)
{
	struct dtls_leg *old = chan->dtls;

	chan->dtls = chan->next;
	chan->next = NULL;
	chan->env->handshakes--;
	if (chan->psks_len > 0)
		past_keys_worked(chan->env->past_keys, chan->session, chan->psks[chan->psk_at]);
	memcpy(chan->dtls_random, chan->next_random, DTLS_RANDOM_LEN);
	leg_drop(chan, old);
	leg_life_init(&chan->dtls_life, chan->env->now_ms);
	chan->dtls_tx_ms = chan->env->now_ms;
	leg_choice_event(&chan->choice, LEG_DTLS_UP, chan->env->now_ms);
	chan_report_tunnel(chan, IPC__CHANNEL__CHANNEL_DTLS, true, "");
}

static void
next_feed_done(struct chan *chan, enum err err)
{
	if (err != ERR_OK) {
		metric_count(METRIC_DTLS_FAILED);
		log_debug("session %016llx: DTLS handshake failed: %s",
		    (unsigned long long)chan->session, err_str(err));
		next_drop(chan);
		return;
	}
	if (!dtls_leg_is_up(chan->next))
		return;
	metric_count(METRIC_DTLS_OK);
	next_promote(chan);
	read_records(chan);
}

void
chan_datagram(struct chan *chan, const struct udp_flow *flow, uint8_t *data, size_t len)
{
	if (chan->closed)
		return;
	/* A client that uses its address for a new handshake has let go of the old keys. */
	if (leg_has_peer(chan->next, flow)) {
		next_feed_done(chan, dtls_leg_feed(chan->next, data, len));
		return;
	}
	if (!leg_has_peer(chan->dtls, flow))
		return;
	if (dtls_leg_feed(chan->dtls, data, len) == ERR_OK)
		read_records(chan);
}

/* ---- handshakes ---- */

/* The repetition of a hello whose cookie was taken already belongs to the handshake that it began.
 */
static bool
is_repetition(const struct chan *chan, const struct udp_flow *flow, const struct dtls_hello *hello)
{
	if (leg_has_peer(chan->next, flow) &&
	    memcmp(hello->random, chan->next_random, DTLS_RANDOM_LEN) == 0)
		return true;
	return chan->next == NULL && leg_has_peer(chan->dtls, flow) &&
	       memcmp(hello->random, chan->dtls_random, DTLS_RANDOM_LEN) == 0;
}

void
chan_hello(struct chan *chan, const struct udp_flow *flow, const struct dtls_hello *hello,
    uint8_t *data, size_t len)
{
	struct chan_env *env = chan->env;
	struct dtls_leg *leg;
	uint8_t random[DTLS_RANDOM_LEN];

	if (chan->closed || !chan->dtls_offered || env->dtls == NULL)
		return;
	if (is_repetition(chan, flow, hello)) {
		chan_datagram(chan, flow, data, len);
		return;
	}
	if (chan->next != NULL && env->now_ms - chan->next_ms < HANDSHAKE_SPACING_MS)
		return;
	memcpy(random, hello->random, sizeof(random));
	if (dtls_listen(env->dtls, flow, data, len, &leg) != ERR_OK)
		return;
	next_drop(chan);
	chan->next = leg;
	chan->next_ms = env->now_ms;
	memcpy(chan->next_random, random, sizeof(random));
	env->handshakes++;
	env->flow_add(env, chan, flow);
	env->handshake(env);
	next_feed_done(chan, dtls_leg_start(leg, &chan->terms, chan->link_mtu));
}

void
chan_handshake_tick(struct chan *chan)
{
	if (chan->next == NULL)
		return;
	if (chan->env->now_ms - chan->next_ms >= HANDSHAKE_MAX_MS ||
	    dtls_leg_tick(chan->next) != ERR_OK) {
		metric_count(METRIC_DTLS_TIMEOUT);
		next_drop(chan);
	}
}

/* ---- once a second ---- */

void
chan_dtls_tick(struct chan *chan)
{
	uint64_t now_ms = chan->env->now_ms;
	enum leg_verdict life, choice;

	if (chan->dtls == NULL)
		return;
	life = leg_life_check(&chan->dtls_life, chan->dpd_ms, now_ms);
	if (life == LEG_DEAD) {
		leg_down(chan, "dead peer detection");
		return;
	}
	choice = leg_choice_tick(&chan->choice, now_ms);
	if (life == LEG_PROBE || choice == LEG_PROBE)
		send_bare(chan, CSTP_DPD_REQ);
	if (chan_wants_keepalive(chan, chan->dtls_tx_ms))
		send_bare(chan, CSTP_KEEPALIVE);
	if (chan->dtls != NULL && now_ms - chan->dtls_life.rx_ms >= REST_MS &&
	    now_ms - chan->data_ms >= REST_MS)
		dtls_leg_rest(chan->dtls);
}
