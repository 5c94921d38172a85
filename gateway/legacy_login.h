/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logins of clients without the XML protocol (protocol.md 1.3, 1.5): they become the same questions
 * to auth as those of XML, so that the same rules hold, and its answers become forms and cookies.
 * All of these answer through conn_reply(), now or later; request is borrowed.
 */
#ifndef GATEWAY_LEGACY_LOGIN_H
#define GATEWAY_LEGACY_LOGIN_H

#include "gateway/conn.h"

/* A GET, of the path of a tunnel group or of none: the form of the group. */
void legacy_login_init(struct conn *conn, const struct http_request *request);
/* The POST of a form. */
void legacy_login_reply(struct conn *conn, const struct http_request *request);
/* IP phones: they look whether somebody is there, then post name and password at once. */
void legacy_login_phone(struct conn *conn, const struct http_request *request);
void legacy_login_phone_reply(struct conn *conn, const struct http_request *request);

#endif
