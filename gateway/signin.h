/* SPDX-License-Identifier: Apache-2.0 */
/* The gateway's half of aggregate authentication: request body to AuthInit/AuthReply, answer to XML
 * (protocol.md 2). */
#ifndef GATEWAY_SIGNIN_H
#define GATEWAY_SIGNIN_H

#include "common/attr.h"
#include "common/ipc.h"
#include "gateway/conn.h"
#include "gateway/xml_parse.h"

/* Handle a POST whose body is config-auth XML. Answers through conn_reply(), now or later. request
 * is borrowed. */
void signin_post(struct conn *conn, const struct http_request *request);
/* Handle a logout request (GET or POST of /logout and kin): the token of the cookie is given up. */
void signin_logout(struct conn *conn, const struct http_request *request);

/*
 * Ask auth: an init or a reply of what xml says, with the facts of the connection. fn gets the
 * Ipc__AuthAnswer, unless this returns an error; it must hold a reference to conn. xml and request
 * are borrowed until this returns.
 */
enum err signin_ask(struct conn *conn, const struct http_request *request, struct xml_request *xml,
    ipc_reply_fn fn, void *arg) MUST_USE;
/* Is it what a session token is meant to be? Nothing else may get into a header. */
bool signin_is_token(const char *token);

#endif
