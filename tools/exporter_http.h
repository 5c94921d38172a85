/* SPDX-License-Identifier: Apache-2.0 */
/* GET /metrics over HTTP. All who ask at one time get the answer of one question to the daemon. */
#ifndef TOOLS_EXPORTER_HTTP_H
#define TOOLS_EXPORTER_HTTP_H

#include "common/attr.h"
#include "common/loop.h"

#define EXPORTER_WAITING_MAX 64 /* requests at one time */

struct exporter_http;

/* Serve on listening sockets, which are taken; socket: of the daemon, borrowed. NULL: memory. */
struct exporter_http *exporter_http_new(struct loop *loop, int fd, const char *socket) MUST_USE;
/* NULL is fine. */
void exporter_http_free(struct exporter_http *http);

#endif
