/* SPDX-License-Identifier: Apache-2.0 */
/* Packets on their way through a worker: tun, UDP, rings. One event is one batch, which ends with a
 * flush. */
#include "gateway/forward.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/metric.h"
#include "common/ring.h"
#include "gateway/pace.h"
#include "gateway/share.h"
#include "gateway/worker.h"

#define RING_MIN (512 * 1024) /* a record of a quarter is the most: a whole run from tun fits */
#define RING_MAX                                                                                   \
	(4 * 1024 * 1024) /* what a socket's buffer holds: a worker may not run for a while */
#define RINGS_TOTAL (64 * 1024 * 1024) /* of all workers, as long as RING_MIN lets them */
#define RING_BATCH 128                 /* records before other events get their turn */
#define UDP_CALLS 8                    /* recvmmsg() calls in one turn */
#define RECORD_HEAD 13                 /* of DTLS */
#define RECENT_MAX 64                  /* addresses whose hello went to another worker */

struct forward;

struct ring_in {
	struct forward *fwd;
	struct ring *ring;
	struct event *event;
};

/*
 * Where the last hello from an address went. Its owner tells every worker of the address, but what
 * the client sends next may be read before that message is: its Finished would be lost. Of a fixed
 * size, and only hellos with a known App-ID get in (INV-6).
 */
struct recent {
	struct udp_flow flow; /* without our own address */
	unsigned owner;
};

/* What one batch from tun was. */
struct turn {
	size_t packets;
	size_t runs;  /* bytes, as tun_read_batch() counts them */
	uint64_t who; /* the session that had the last packet */
	bool mixed;   /* others had some, too */
};

struct forward {
	struct chan_env *env;
	struct directory *dir;
	unsigned worker;
	struct event *tun_event;
	struct event *udp_events[WORKER_LISTENERS_MAX];
	struct ring_in *in; /* from worker i; ring is NULL for itself */
	struct ring **out;  /* to worker i, which owns it */
	size_t workers;
	uint64_t ring_drops;
	struct turn turn;
	struct share share;               /* of the tun queue */
	struct recent recent[RECENT_MAX]; /* by port */
	struct tun_pkt pkts[TUN_BATCH];
};

/* A record in a ring: this, then the bytes. The headroom is for the frame head that the owner puts
 * before a packet. */
struct crossing {
	enum { CROSSING_TUN, CROSSING_UDP } kind;
	uint32_t seg;
	struct virtio_net_hdr vnet;
	struct udp_flow flow;
	uint8_t headroom[TUN_HEADROOM];
};

/* ---- to another worker ---- */

static void
cross(struct forward *fwd, unsigned owner, const struct crossing *head, const uint8_t *data,
    size_t len)
{
	uint8_t *record = NULL;

	if (owner < fwd->workers && fwd->out[owner] != NULL)
		record = ring_reserve(fwd->out[owner], sizeof(*head) + len);
	if (record == NULL) {
		fwd->ring_drops++;
		return;
	}
	memcpy(record, head, sizeof(*head));
	memcpy(record + sizeof(*head), data, len);
	ring_commit(fwd->out[owner], sizeof(*head) + len);
}

static void
kick_all(struct forward *fwd)
{
	for (size_t i = 0; i < fwd->workers; i++)
		if (fwd->out[i] != NULL)
			ring_kick(fwd->out[i]);
}

static void
batch_begin(struct forward *fwd)
{
	fwd->env->now_ms = clock_mono_ms();
}

static void
batch_end(struct forward *fwd)
{
	udp_flush(fwd->env->udp);
	tun_flush(fwd->env->tun);
	kick_all(fwd);
}

/* ---- towards the clients ---- */

/* What a packet costs, roughly: the packets that are in it. */
static uint32_t
cost_of(const struct tun_pkt *pkt)
{
	return 1 + (uint32_t)(pkt->len / 1024);
}

/* More than its session's share of a queue that overflows. */
static void
refuse(const struct fib_entry *entry)
{
	metric_count(METRIC_DROP_QUEUE);
	if (entry->chan != NULL)
		chan_count_drop(entry->chan);
}

static void
turn_count(struct turn *turn, uint64_t who, const struct tun_pkt *pkt)
{
	turn->mixed = turn->mixed || (turn->who != 0 && turn->who != who);
	turn->who = who;
	turn->packets += 1 + pkt->len / PACE_PACKET;
	if (pkt->vnet.gso_type != VIRTIO_NET_HDR_GSO_NONE)
		turn->runs += pkt->len;
}

/*
 * Is the next batch to be read without waiting? More is there if this one was full. But when all
 * the runs are for one client, then its socket may be full as well: a wait lets it read some.
 */
static bool
turn_goes_on(const struct turn *turn, size_t n)
{
	return n == TUN_BATCH || (turn->runs >= TUN_BATCH_RUNS && turn->mixed);
}

static void
route_packet(struct forward *fwd, struct tun_pkt *pkt, bool may_cross)
{
	const struct fib_entry *entry;
	struct inner inner;

	if (inner_parse(pkt->data, pkt->len, &inner) != ERR_OK)
		return;
	entry = fib_find(directory_fib(fwd->dir), &inner);
	if (entry == NULL) {
		metric_count(METRIC_DROP_NO_SESSION);
		return;
	}
	if (may_cross)
		turn_count(&fwd->turn, entry->id, pkt);
	/* Once, where it was read. */
	if (may_cross && !share_take(&fwd->share, fwd->env->now_ms, entry->id, cost_of(pkt))) {
		refuse(entry);
		return;
	}
	if (entry->chan != NULL) {
		pkt->len = inner.len;
		chan_send(entry->chan, pkt);
	} else if (may_cross) {
		struct crossing head = {.kind = CROSSING_TUN, .vnet = pkt->vnet};

		cross(fwd, entry->owner, &head, pkt->data, pkt->len);
	}
}

static void
on_tun(UNUSED evutil_socket_t fd, UNUSED short what, void *arg)
{
	struct forward *fwd = arg;
	uint32_t cost = 0;
	size_t n;

	pace_wait();
	batch_begin(fwd);
	fwd->turn = (struct turn){0};
	n = tun_read_batch(fwd->env->tun, fwd->pkts, TUN_BATCH);
	for (size_t i = 0; i < n; i++)
		cost += cost_of(&fwd->pkts[i]);
	share_begin(&fwd->share, fwd->env->now_ms, cost, n == TUN_BATCH);
	for (size_t i = 0; i < n; i++)
		route_packet(fwd, &fwd->pkts[i], true);
	pace_count(fwd->env->now_ms, fwd->turn.packets, turn_goes_on(&fwd->turn, n));
	/* The parent hears of it too and starts us again with a new one; no spinning until then. */
	if (tun_is_lost(fwd->env->tun))
		event_del(fwd->tun_event);
	batch_end(fwd);
}

/* ---- from the clients ---- */

/* Quick look that keeps the parser away from what is not a ClientHello: content type, epoch 0,
 * message type. */
static bool
looks_like_hello(const uint8_t *data, size_t len)
{
	return len > RECORD_HEAD && data[0] == 22 && data[3] == 0 && data[4] == 0 &&
	       data[RECORD_HEAD] == 1;
}

static void
cross_datagrams(struct forward *fwd, unsigned owner, const struct udp_flow *flow,
    const uint8_t *data, size_t len, size_t seg)
{
	struct crossing head = {.kind = CROSSING_UDP, .seg = (uint32_t)seg, .flow = *flow};

	cross(fwd, owner, &head, data, len);
}

static struct udp_flow
without_local(const struct udp_flow *flow)
{
	struct udp_flow copy = *flow;

	memset(copy.local, 0, sizeof(copy.local));
	return copy;
}

static void
recent_put(struct forward *fwd, const struct udp_flow *flow, unsigned owner)
{
	fwd->recent[flow->port % RECENT_MAX] =
	    (struct recent){.flow = without_local(flow), .owner = owner};
}

/* NULL: nothing went anywhere from there. */
static const struct recent *
recent_find(const struct forward *fwd, const struct udp_flow *flow)
{
	const struct recent *recent = &fwd->recent[flow->port % RECENT_MAX];
	struct udp_flow key = without_local(flow);

	return memcmp(&recent->flow, &key, sizeof(key)) == 0 ? recent : NULL;
}

/* A hello finds its channel by App-ID, wherever it comes from. */
static void
take_hello(
    struct forward *fwd, const struct udp_flow *flow, uint8_t *data, size_t len, bool may_cross)
{
	const struct peer_entry *entry;
	struct dtls_hello hello;

	if (dtls_match_hello(data, len, &hello) != ERR_OK ||
	    hello.session_id_len != DTLS_APP_ID_LEN)
		return;
	entry =
	    peers_find_app_id(directory_peers(fwd->dir), hello.session_id, hello.session_id_len);
	if (entry == NULL)
		return;
	if (entry->chan != NULL)
		chan_hello(entry->chan, flow, &hello, data, len);
	else if (may_cross) {
		recent_put(fwd, flow, entry->owner);
		cross_datagrams(fwd, entry->owner, flow, data, len, len);
	}
}

/* Datagrams of one client. What matches no session costs a look-up and is forgotten (INV-6). */
static void
take_datagrams(struct forward *fwd, const struct udp_rx *rx, bool may_cross)
{
	const struct peer_entry *entry = peers_find_flow(directory_peers(fwd->dir), &rx->flow);
	const struct recent *recent;
	struct chan *chan;

	if (entry == NULL && may_cross && !looks_like_hello(rx->data, rx->len)) {
		recent = recent_find(fwd, &rx->flow);
		if (recent != NULL) {
			cross_datagrams(fwd, recent->owner, &rx->flow, rx->data, rx->len, rx->seg);
			return;
		}
	}
	if (entry != NULL && entry->chan == NULL && !looks_like_hello(rx->data, rx->len)) {
		if (may_cross)
			cross_datagrams(fwd, entry->owner, &rx->flow, rx->data, rx->len, rx->seg);
		return;
	}
	/* The entry goes with the first datagram that ends a handshake or a leg; the channel stays
	 * for this turn, and knows by itself whose address it is. */
	chan = entry != NULL ? entry->chan : NULL;
	for (size_t off = 0; off < rx->len; off += rx->seg) {
		size_t len = rx->len - off < rx->seg ? rx->len - off : rx->seg;

		if (looks_like_hello(rx->data + off, len)) {
			take_hello(fwd, &rx->flow, rx->data + off, len, may_cross);
			/* It may have changed whose address this is. */
			entry = peers_find_flow(directory_peers(fwd->dir), &rx->flow);
			chan = entry != NULL ? entry->chan : NULL;
		} else if (chan != NULL) {
			chan_datagram(chan, &rx->flow, rx->data + off, len);
			if (chan->closed)
				return;
		} else {
			metric_count(METRIC_DROP_STRANGER);
		}
	}
}

static void
on_udp(evutil_socket_t fd, UNUSED short what, void *arg)
{
	struct forward *fwd = arg;
	const struct worker *worker = fwd->env->worker;
	struct udp_rx rx[UDP_RX_BATCH];
	size_t listener = 0, packets = 0, n = 0;

	while (listener < worker->listeners_len && worker->udp_fds[listener] != fd)
		listener++;
	pace_wait();
	batch_begin(fwd);
	/* Under load a turn takes several calls' worth: fewer turns of the loop, longer runs at the
	 * other side. */
	for (int call = 0; call < UDP_CALLS; call++) {
		n = udp_rx_batch(fwd->env->udp, listener, rx, UDP_RX_BATCH);
		for (size_t i = 0; i < n; i++)
			if (rx[i].len > 0)
				take_datagrams(fwd, &rx[i], true);
		for (size_t i = 0; i < n; i++)
			packets += 1 + rx[i].len / PACE_PACKET;
		if (n < UDP_RX_BATCH)
			break;
	}
	pace_count(fwd->env->now_ms, packets, n == UDP_RX_BATCH);
	batch_end(fwd);
}

/* ---- from another worker ---- */

/* The tables decide anew: what is not ours any more was on its way too long. */
static void
take_crossing(struct forward *fwd, uint8_t *record, size_t len)
{
	struct crossing head;

	memcpy(&head, record, sizeof(head));
	record += sizeof(head);
	len -= sizeof(head);
	if (head.kind == CROSSING_TUN) {
		struct tun_pkt pkt = {.vnet = head.vnet, .data = record, .len = len};

		route_packet(fwd, &pkt, false);
	} else {
		struct udp_rx rx = {.flow = head.flow, .data = record, .len = len, .seg = head.seg};

		take_datagrams(fwd, &rx, false);
	}
}

static void
on_ring(UNUSED evutil_socket_t fd, UNUSED short what, void *arg)
{
	struct ring_in *in = arg;
	const uint8_t *record = NULL;
	size_t len;

	batch_begin(in->fwd);
	ring_ack(in->ring);
	for (int i = 0; i < RING_BATCH && (record = ring_peek(in->ring, &len)) != NULL; i++) {
		take_crossing(in->fwd, (uint8_t *)(uintptr_t)record, len);
		ring_pop(in->ring);
	}
	batch_end(in->fwd);
	/* No new kick comes until the ring was seen empty. */
	if (record != NULL)
		event_active(in->event, EV_READ, 0);
}

/* ---- life ---- */

struct forward *
forward_new(struct chan_env *env, struct directory *dir)
{
	struct forward *fwd = calloc(1, sizeof(*fwd));

	if (fwd == NULL)
		return NULL;
	fwd->env = env;
	fwd->dir = dir;
	fwd->worker = env->worker->index;
	return fwd;
}

static void
event_drop(struct event **event)
{
	if (*event != NULL)
		event_free(*event);
	*event = NULL;
}

void
forward_stop(struct forward *fwd)
{
	event_drop(&fwd->tun_event);
	for (size_t i = 0; i < WORKER_LISTENERS_MAX; i++)
		event_drop(&fwd->udp_events[i]);
	for (size_t i = 0; i < fwd->workers; i++)
		event_drop(&fwd->in[i].event);
}

void
forward_free(struct forward *fwd)
{
	if (fwd == NULL)
		return;
	forward_stop(fwd);
	for (size_t i = 0; i < fwd->workers; i++)
		ring_free(fwd->in[i].ring);
	free(fwd->in);
	free(fwd->out);
	free(fwd);
}

uint64_t
forward_ring_drops(const struct forward *fwd)
{
	return fwd->ring_drops;
}

/* Memory is used only as far as packets cross. */
static size_t
ring_size(size_t workers)
{
	size_t size = RING_MAX;

	while (size > RING_MIN && size * workers * (workers - 1) > RINGS_TOTAL)
		size /= 2;
	return size;
}

static enum err
make_rings(struct forward *const *all, struct forward *to)
{
	for (size_t i = 0; i < to->workers; i++) {
		to->in[i].fwd = to;
		if (all[i] == to)
			continue;
		to->in[i].ring = ring_new(ring_size(to->workers));
		if (to->in[i].ring == NULL)
			return ERR_NOMEM;
		all[i]->out[to->worker] = to->in[i].ring;
	}
	return ERR_OK;
}

enum err
forward_connect(struct forward *const *all, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		all[i]->in = calloc(len, sizeof(*all[i]->in));
		all[i]->out = calloc(len, sizeof(*all[i]->out));
		if (all[i]->in == NULL || all[i]->out == NULL)
			return ERR_NOMEM;
		all[i]->workers = len;
	}
	for (size_t i = 0; i < len; i++)
		if (make_rings(all, all[i]) != ERR_OK)
			return ERR_NOMEM;
	return ERR_OK;
}

static enum err
watch(struct forward *fwd, struct event **event, int fd, event_callback_fn fn, void *arg)
{
	*event = event_new(loop_base(fwd->env->loop), fd, EV_READ | EV_PERSIST, fn, arg);
	return *event != NULL && event_add(*event, NULL) == 0 ? ERR_OK : ERR_NOMEM;
}

enum err
forward_start(struct forward *fwd)
{
	const struct worker *worker = fwd->env->worker;
	enum err err = watch(fwd, &fwd->tun_event, worker->tun_fd, on_tun, fwd);

	for (size_t i = 0; i < worker->listeners_len && err == ERR_OK; i++)
		if (worker->udp_fds[i] >= 0)
			err = watch(fwd, &fwd->udp_events[i], worker->udp_fds[i], on_udp, fwd);
	for (size_t i = 0; i < fwd->workers && err == ERR_OK; i++)
		if (fwd->in[i].ring != NULL)
			err = watch(
			    fwd, &fwd->in[i].event, ring_fd(fwd->in[i].ring), on_ring, &fwd->in[i]);
	return err;
}
