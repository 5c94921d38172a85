/* SPDX-License-Identifier: Apache-2.0 */
/* Which handler a request belongs to: one table of the URLs that clients are known to use
 * (protocol.md 1.3). Pure. */
#ifndef GATEWAY_HTTP_ROUTE_H
#define GATEWAY_HTTP_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/attr.h"
#include "common/err.h"
#include "gateway/http_parse.h"

#define HTTP_PATH_MAX 1024

enum http_action {
	HTTP_ACTION_NONE,
	HTTP_ACTION_SIGNIN, /* aggregate-auth XML */
	HTTP_ACTION_TUNNEL, /* CONNECT */
	HTTP_ACTION_PAGE,   /* a short page for a browser */
	HTTP_ACTION_ASSET,  /* a fixed answer (asset.c) */
	HTTP_ACTION_LOGOUT,
	HTTP_ACTION_LEGACY_INIT,  /* a client without the XML protocol wants a form .. */
	HTTP_ACTION_LEGACY_REPLY, /* .. and posts it */
	HTTP_ACTION_PHONE_INIT,   /* the same of an IP phone */
	HTTP_ACTION_PHONE_REPLY
};

/* The path of a request's target: no scheme, authority, query, or ":port" at the end. ERR_SYNTAX,
 * ERR_LIMIT. */
enum err http_route_path(const char *target, char *dst, size_t dst_size) MUST_USE;
/* What to do with a request. legacy: clients without the XML protocol are served, too.
 * HTTP_ACTION_NONE: *status gets the refusal (400, 404, 405, 415, 501). */
enum http_action http_route(const struct http_request *request, bool legacy, int *status) MUST_USE;

#endif
