/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A caller of the control socket: connect to the daemon, send, receive. Same messages and checks as
 * between the processes (common/ipc.h), but blocking: a tool has nothing else to do.
 */
#ifndef COMMON_CTL_CLIENT_H
#define COMMON_CTL_CLIENT_H

#include <protobuf-c/protobuf-c.h>
#include <stddef.h>

#include "common/attr.h"
#include "common/buf.h"
#include "common/err.h"
#include "common/ipc.pb-c.h"

#define CTL_TIMEOUT_SEC 10
#define CTL_RELOAD_TIMEOUT_SEC 60 /* one may run already, and another wait for it */

/* Connect to the socket at path. ERR_SYS: errno tells (ctl_hint() explains it); ERR_LIMIT: the path
 * is too long. */
enum err ctl_connect(const char *path, int *fd_out) MUST_USE;
/* What a person can do about a failed ctl_connect(): a clause without a full stop, static. */
const char *ctl_hint(int errnum);
/*
 * The next message, which is the caller's (protobuf_c_message_free_unpacked()). ERR_TIMEOUT: none
 * within that time; ERR_CLOSED; ERR_SYNTAX: not our protocol; ERR_SYS.
 */
enum err ctl_receive(
    int fd, unsigned timeout_sec, Ipc__MsgType *type, ProtobufCMessage **msg) MUST_USE;
/*
 * Ask for a reload. text gets what the daemon says, printable lines. ERR_DENIED: it was refused;
 * else as above.
 */
enum err ctl_reload(int fd, char *text, size_t text_size) MUST_USE;
/* Append what the daemon said in several lines; but for their ends it is made printable. */
void ctl_put_lines(struct buf *out, const char *text);

#endif
