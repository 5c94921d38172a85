/* SPDX-License-Identifier: Apache-2.0 */
/* The CONNECT request: from cookie to tunnel (protocol.md 4.1, 4.2, 6.1). */
#ifndef GATEWAY_CSTP_H
#define GATEWAY_CSTP_H

#include "gateway/conn.h"

/*
 * Handle CONNECT /CSCOSSLC/tunnel: ask auth to open the session, answer 200 with the X-CSTP-* and
 * X-DTLS-* headers and turn the connection into a channel (chan.h), or answer 401 / 503. request is
 * borrowed for the call.
 */
void cstp_connect(struct conn *conn, const struct http_request *request);

#endif
