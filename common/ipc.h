/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages between the processes: one datagram of a SOCK_SEQPACKET socketpair each, 12 bytes of
 * head (type, id, flags; host order) and a protobuf payload (common/ipc.proto). Asynchronous:
 * nobody ever waits for a peer. The receiver is as suspicious of a peer as of a client (style P8):
 * unknown type, bad payload, a type that the table does not allow, a reply that nobody asked for:
 * the channel is dropped and on_closed tells why.
 *
 * A channel belongs to one loop and its thread.
 */
#ifndef COMMON_IPC_H
#define COMMON_IPC_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/err.h"
#include "common/ipc.pb-c.h"
#include "common/loop.h"

#define IPC_MSG_MAX 131072 /* bytes of a whole datagram */

struct ipc;

/*
 * A request or event arrived. id is 0 for an event, else answer once with ipc_reply(ipc, id, ...),
 * now or later. msg is freed after the call unless the handler returns it in a field of its own
 * (copy what must stay). fd is -1 or a descriptor that the handler now owns.
 */
typedef void (*ipc_handle_fn)(
    struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg);
/* The answer to ipc_request(): msg is NULL when err is not ERR_OK (ERR_TIMEOUT, ERR_CLOSED). msg is
 * borrowed. */
typedef void (*ipc_reply_fn)(enum err err, const ProtobufCMessage *msg, void *arg);
/* The channel is dead (peer gone or misbehaving). Called once, from the loop; ipc_free() may be
 * called in it. */
typedef void (*ipc_closed_fn)(struct ipc *ipc, const char *why, void *arg);

/* One row per type that this end takes from this peer; anything else is a breach. */
struct ipc_row {
	Ipc__MsgType type;
	ipc_handle_fn handle;
	bool wants_fd; /* exactly one descriptor must come with it (else: none may) */
	bool request;  /* an id is required (else: forbidden) */
};

struct ipc_config {
	const char *peer; /* name for the log, static */
	const struct ipc_row *rows;
	size_t rows_len;
	ipc_closed_fn on_closed;
	void *arg; /* for the rows and on_closed */
};

/* Take over fd (SEQPACKET, made non-blocking). config is copied, its rows are borrowed. NULL:
 * memory (fd is closed). */
struct ipc *ipc_new(struct loop *loop, int fd, const struct ipc_config *config) MUST_USE;
/* Close. Outstanding requests get ERR_CLOSED before this returns. NULL is fine. */
void ipc_free(struct ipc *ipc);
void *ipc_arg(const struct ipc *ipc);
int ipc_fd(const struct ipc *ipc);
/* Bytes that wait because the peer is slow: who has something to say that is worth no waiting says
 * it only at 0. */
size_t ipc_queued(const struct ipc *ipc);

/* Send an event. msg's type must belong to `type`. ERR_LIMIT: over IPC_MSG_MAX or queue full;
 * ERR_CLOSED. */
enum err ipc_send(struct ipc *ipc, Ipc__MsgType type, const ProtobufCMessage *msg) MUST_USE;
/* The same with a descriptor, which stays the caller's (it is duplicated). */
enum err ipc_send_fd(
    struct ipc *ipc, Ipc__MsgType type, const ProtobufCMessage *msg, int fd) MUST_USE;
/*
 * Send a request and have fn called exactly once with the answer, which must be of type `expect`.
 * *id_out (may be NULL) gets the id for ipc_cancel().
 */
enum err ipc_request(struct ipc *ipc, Ipc__MsgType type, const ProtobufCMessage *msg,
    Ipc__MsgType expect, unsigned timeout_ms, ipc_reply_fn fn, void *arg,
    uint32_t *id_out) MUST_USE;
/* Forget a request: its fn is not called any more; a late answer is dropped silently. */
void ipc_cancel(struct ipc *ipc, uint32_t id);
/* Answer a request. ERR_CLOSED is no reason for alarm: the peer died meanwhile. */
enum err ipc_reply(struct ipc *ipc, uint32_t id, Ipc__MsgType type, const ProtobufCMessage *msg);

/*
 * Blocking receive and send for the start of a child, before there is a loop. Same checks; one
 * message; *msg_out is the caller's (protobuf_c_message_free_unpacked(*msg_out, NULL)). *fd_out is
 * -1 or the caller's.
 */
enum err ipc_read_blocking(
    int fd, Ipc__MsgType *type, ProtobufCMessage **msg_out, int *fd_out) MUST_USE;
enum err ipc_write_blocking(
    int fd, Ipc__MsgType type, const ProtobufCMessage *msg, int pass_fd) MUST_USE;

/* Descriptor and name of a type; NULL for an unknown one. */
const ProtobufCMessageDescriptor *ipc_descriptor(Ipc__MsgType type);
const char *ipc_type_name(Ipc__MsgType type);

/*
 * A socketpair for ipc_new(): SEQPACKET, close-on-exec, with send buffers that hold several of the
 * largest messages. ERR_SYS.
 */
enum err ipc_pair(int fds[2]) MUST_USE;

#endif
