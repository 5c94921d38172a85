/* SPDX-License-Identifier: Apache-2.0 */
/* The X-CSTP-* and X-DTLS-* headers of CONNECT, both directions, and the MTU that they agree on
 * (protocol.md 4). Pure. */
#ifndef GATEWAY_CSTP_HEAD_H
#define GATEWAY_CSTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/buf.h"
#include "common/err.h"
#include "common/ipc.pb-c.h"
#include "gateway/dtls_offer.h"
#include "gateway/http_parse.h"

#define CSTP_TOKEN_MAX 128
#define CSTP_HOSTNAME_MAX 128
#define CSTP_ANSWER_MAX 131072
#define CSTP_IPV6_MTU_MIN 1280

/* What the client asks for. */
struct cstp_request {
	char token[CSTP_TOKEN_MAX + 1];
	char hostname[CSTP_HOSTNAME_MAX + 1];
	bool want_ipv4;
	bool want_ipv6;
	bool again;        /* says that it had an address before: it reconnects. A hint only */
	bool mobile;       /* says that it runs on a phone */
	unsigned base_mtu; /* 0: not said, or not sane */
	unsigned mtu;
	struct dtls_offer dtls; /* holds a secret, as the token is one */
};

/* What the gateway adds to the session's policy. */
struct cstp_answer {
	unsigned mtu;
	unsigned link_mtu;
	bool mobile;
	bool can_rekey; /* the connection can renew its keys (tls_stream.h) */
	bool dtls;
	const struct dtls_suite *dtls_suite; /* NULL: a pre-shared key, the suite is negotiated */
	uint16_t dtls_port;
	char app_id[65]; /* App-ID or session id, hexadecimal */
};

/* Read the request's headers. ERR_NOTFOUND: no usable webvpn cookie. Odd values of other headers
 * are as if absent. */
enum err cstp_head_read(const struct http_request *request, struct cstp_request *out) MUST_USE;
/*
 * MTU of inner packets, and of the path in *link_mtu. suite: as in struct cstp_answer. family: of
 * the outer addresses, 4 or 6. mss: of the TCP connection, 0 if unknown. policy_mtu: 0 for none.
 */
unsigned cstp_head_mtu(const struct cstp_request *request, const struct dtls_suite *suite,
    unsigned family, unsigned mss, unsigned policy_mtu, unsigned tun_mtu, unsigned *link_mtu);
/* The whole head of a successful answer, empty line included. Ask out->err. */
void cstp_head_write(
    struct buf *out, const Ipc__SessionOpened *opened, const struct cstp_answer *answer);
/* "X-Reason: text" line of a 503, text cleaned. */
void cstp_head_reason(struct buf *out, const char *reason);

#endif
