/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules about a channel's two legs, TLS and DTLS, as pure state: is a leg alive (dead peer
 * detection, protocol.md 6.2), and on which one does data leave (protocol.md 5.6)? Times are
 * milliseconds of the worker's clock.
 */
#ifndef GATEWAY_LEG_H
#define GATEWAY_LEG_H

#include <stdbool.h>
#include <stdint.h>

#define LEG_PROBE_SILENCE_MS 1000 /* after the client's last probe of its MTU */
#define LEG_QUIET_MS 3000         /* DTLS is quiet, and data comes over TLS instead */
#define LEG_SUSPECT_MS 4000       /* we send over DTLS and hear nothing: ask */
#define LEG_DEAF_MS 10000         /* still nothing: data goes over TLS until DTLS speaks again */

/* Life of one leg. */
struct leg_life {
	uint64_t rx_ms; /* when the client was last heard here */
	uint8_t probes; /* requests sent since */
};

enum leg_verdict {
	LEG_ALIVE,
	LEG_PROBE, /* send a DPD request now */
	LEG_DEAD,
};

void leg_life_init(struct leg_life *life, uint64_t now_ms);
void leg_life_heard(struct leg_life *life, uint64_t now_ms);
/* To be asked about once a second. Silence for dpd_ms: a request, after half of that again a
 * second, then dead. 0: off. */
enum leg_verdict leg_life_check(struct leg_life *life, uint64_t dpd_ms, uint64_t now_ms);

/* Which leg carries data towards the client. */
struct leg_choice {
	bool dtls;             /* data leaves over DTLS */
	bool dtls_up;          /* a DTLS leg is there at all */
	bool left;             /* given up until the client itself uses it: no flapping */
	bool sent;             /* data was sent over DTLS since the client was last heard there */
	uint64_t dtls_rx_ms;   /* client last heard on DTLS */
	uint64_t dtls_hold_ms; /* the client may be probing its MTU until then */
};

enum leg_event {
	LEG_DTLS_UP,      /* handshake finished, also of a successor */
	LEG_DTLS_DOWN,    /* torn */
	LEG_DTLS_DATA,    /* DATA or KEEPALIVE came over DTLS: the client is through with probing */
	LEG_DTLS_DPD_REQ, /* it may still be probing */
	LEG_DTLS_OTHER,   /* anything else was heard there */
	LEG_TLS_DATA,     /* DATA came over TLS */
};

void leg_choice_event(struct leg_choice *choice, enum leg_event event, uint64_t now_ms);
/* To be asked about once a second. LEG_PROBE: send a DPD request over DTLS. */
enum leg_verdict leg_choice_tick(struct leg_choice *choice, uint64_t now_ms);

#endif
