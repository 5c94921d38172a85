/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A session's data channel: the TLS connection of its CONNECT (the TLS leg), a DTLS leg when UDP
 * gets through, and a second one while the client is about to replace it. Data is taken from both
 * and leaves over one (leg.h).
 *
 * A channel belongs to one worker. What it needs of that worker is struct chan_env, so that tests
 * can stand in for it. A channel ends once, by chan_close(); its memory goes at the top of the
 * loop.
 */
#ifndef GATEWAY_CHAN_H
#define GATEWAY_CHAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/err.h"
#include "common/ip.h"
#include "common/ipc.h"
#include "common/loop.h"
#include "gateway/cstp_parse.h"
#include "gateway/dtls.h"
#include "gateway/dtls_match.h"
#include "gateway/filter_table.h"
#include "gateway/inner.h"
#include "gateway/leg.h"
#include "gateway/past_keys.h"
#include "gateway/tls_stream.h"
#include "gateway/tun.h"
#include "gateway/udp.h"

/* A full memory must not end the process: whoever adds to a table looks at hh.tbl. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#define CHAN_FRAME_MAX (CSTP_HEAD_LEN + 65536) /* scratch: head and packet */
#define CHAN_TLS_QUEUE_MAX                                                                         \
	(256 * 1024) /* unsent bytes on the TLS leg beyond which data is dropped */

struct chan;
struct dtls_suite;

/* The worker's data path, as its channels see it. */
struct chan_env {
	struct worker *worker;
	struct loop *loop;
	struct tun *tun;
	struct udp *udp;
	struct dtls *dtls; /* NULL: no DTLS in this worker */
	struct filter_table *filters;
	struct past_keys *past_keys; /* of all workers; NULL: none */
	uint8_t *frame;              /* CHAN_FRAME_MAX bytes of scratch */
	uint64_t now_ms;             /* read once for each batch */
	bool in_batch;               /* a TLS batch is being worked through: now_ms is fresh */
	unsigned handshakes;         /* channels with a DTLS handshake under way */
	unsigned icmp_tokens;        /* ICMP errors that may still be sent this second */
	uint16_t frag_id;            /* of the last packet that was cut against its sender's wish */
	/* The address tables of all workers learn and forget a client's UDP address. */
	void (*flow_add)(struct chan_env *env, struct chan *chan, const struct udp_flow *flow);
	void (*flow_remove)(struct chan_env *env, struct chan *chan, const struct udp_flow *flow);
	/* A handshake began: chan_handshake_tick() is wanted. */
	void (*handshake)(struct chan_env *env);
	/* The channel is closed: take it out of every table. */
	void (*gone)(struct chan_env *env, struct chan *chan);
};

/* What CONNECT found out. Strings are not kept. */
struct chan_params {
	const Ipc__SessionOpened *opened;
	struct tls_stream *stream;           /* taken */
	unsigned mtu;                        /* of inner packets */
	unsigned link_mtu;                   /* of the outer path */
	bool mobile;                         /* a phone: not woken for keepalives */
	unsigned rekey_sec;                  /* we renew the keys of TLS; 0: not we */
	bool dtls;                           /* offered to the client: app_id and terms are set */
	const struct dtls_suite *dtls_suite; /* NULL: negotiated (dtls_offer.h) */
	uint16_t dtls_port;
	uint8_t app_id[DTLS_APP_ID_LEN]; /* App-ID or session id */
	struct dtls_terms terms;
};

struct chan_count {
	uint64_t rx_bytes;
	uint64_t tx_bytes;
	uint64_t rx_packets;
	uint64_t tx_packets;
	uint64_t rx_drops;
	uint64_t tx_drops;
};

/* Open because path.c and chan_report.c are parts of the same data path. */
struct chan {
	struct chan_env *env;
	UT_hash_handle hh; /* path.c: by session */
	uint64_t session;
	uint64_t id;         /* of this channel, unique in the process */
	struct ip_addr ipv4; /* family 0: none */
	struct ip_addr ipv6;
	unsigned mtu;
	unsigned link_mtu;
	uint64_t dpd_ms;       /* 0: off */
	uint64_t keepalive_ms; /* a leg is not silent for longer; 0: off */
	uint64_t idle_ms;      /* 0: off */
	uint64_t end_ms;       /* session timeout by the worker's clock; 0: none */
	uint64_t data_ms;      /* last data packet in either direction */
	bool closed;
	bool goodbye;   /* the client itself said that it goes, and why */
	bool changed;   /* counters moved since the last report */
	bool ignore_df; /* packets that are too big are cut even if they should not be */
	struct filter_use filter;
	struct leg_choice choice;

	struct tls_stream *stream;
	struct cstp_reader reader;
	struct leg_life tls_life;
	uint64_t tls_tx_ms; /* last frame sent */
	uint64_t rekey_ms;  /* time that keys of the stream are good for; 0: as long as it lives */
	uint64_t rekey_due_ms; /* when we renew them if the client has not */
	unsigned rekeys;       /* of the client, as far as they were seen */
	struct chan_count tls_count;

	bool dtls_offered;
	uint16_t dtls_port;
	uint8_t app_id[DTLS_APP_ID_LEN];
	struct dtls_terms terms;                   /* of the next handshake */
	uint8_t psks[PAST_KEYS_MAX][DTLS_PSK_LEN]; /* keys that the client may have */
	size_t psks_len;
	size_t psk_at;         /* the one in terms */
	struct dtls_leg *dtls; /* NULL: not up */
	uint8_t dtls_random[DTLS_RANDOM_LEN];
	struct leg_life dtls_life;
	uint64_t dtls_tx_ms;
	struct chan_count dtls_count;
	struct dtls_leg *next; /* handshake under way; NULL: none */
	uint8_t next_random[DTLS_RANDOM_LEN];
	uint64_t next_ms; /* when it began */
};

/* A channel over an established stream, whose owner it becomes. id: unique in the process, not 0.
 * NULL: memory, or a filter of its policy is not there (the stream is closed). */
struct chan *chan_new(struct chan_env *env, const struct chan_params *params, uint64_t id) MUST_USE;
/*
 * End the channel: tell the client if `notify`, tell auth, take it out of the tables. text is for
 * both. Does nothing when it is closed already.
 */
void chan_close(struct chan *chan, Ipc__CloseCause cause, const char *text, bool notify);

/*
 * auth changed its policy: filters, idle timeout, session timeout. id as for chan_new(), a new one.
 * ERR_NOTFOUND, ERR_NOMEM: its filters cannot be had; nothing has changed.
 */
enum err chan_update(struct chan *chan, const Ipc__SessionUpdate *update, uint64_t id) MUST_USE;

/* Undo chan_new(): as chan_close(), but nobody hears of it, and no table knows the channel yet. */
void chan_discard(struct chan *chan);

/* A packet for the client, cut as needed. TUN_HEADROOM bytes before pkt->data are overwritten. */
void chan_send(struct chan *chan, const struct tun_pkt *pkt);

/* A packet for the client was dropped before it came here. */
void chan_count_drop(struct chan *chan);

/* A datagram from an address that belongs to this channel; its bytes do not outlive the call. */
void chan_datagram(struct chan *chan, const struct udp_flow *flow, uint8_t *data, size_t len);
/* A ClientHello with this channel's App-ID, from any address. */
void chan_hello(struct chan *chan, const struct udp_flow *flow, const struct dtls_hello *hello,
    uint8_t *data, size_t len);

/* Once a second: liveness, timeouts, the choice of leg. */
void chan_tick(struct chan *chan);
/* Several times a second while chan->next is set: retransmissions. */
void chan_handshake_tick(struct chan *chan);

/* May the client send this packet: is the source address one that it was given (INV-2)? */
bool chan_source_ok(const struct chan *chan, const struct inner *inner);

#endif
