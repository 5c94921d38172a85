/* SPDX-License-Identifier: Apache-2.0 */
/* What every config-auth message of the gateway has in common (protocol.md 2): its root, and the
 * opaque part that the client returns. Results and errors are in the buffer. */
#ifndef COMMON_CONFIG_AUTH_H
#define COMMON_CONFIG_AUTH_H

#include "common/buf.h"
#include "common/ipc.pb-c.h"

/* The declaration and the root's start, of a type of ours: "auth-request", "complete". */
void config_auth_open(struct buf *out, const char *type);
/* The root's end and one newline, the last byte of the message. */
void config_auth_close(struct buf *out);
/* <opaque> (protocol.md 2.2). */
void config_auth_opaque(struct buf *out, const Ipc__AuthAnswer *answer);

#endif
