/* SPDX-License-Identifier: Apache-2.0 */
/* The gateway's half of aggregate authentication: request body to AuthInit/AuthReply, answer to XML
 * (protocol.md 2). */
#ifndef GATEWAY_SIGNIN_H
#define GATEWAY_SIGNIN_H

#include "gateway/conn.h"

/* Handle a POST whose body is config-auth XML. Answers through conn_reply(), now or later. request
 * is borrowed. */
void signin_post(struct conn *conn, const struct http_request *request);
/* Handle a logout request (GET or POST of /logout and kin): the token of the cookie is given up. */
void signin_logout(struct conn *conn, const struct http_request *request);

#endif
