/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One datagram of a channel between processes: head, payload, at most one descriptor. The part of
 * ipc.h that knows bytes and sockets; used by ipc.c only (and its tests).
 */
#ifndef COMMON_IPC_FRAME_H
#define COMMON_IPC_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/err.h"
#include "common/ipc.h"

#define IPC_FLAG_REPLY 1U

struct ipc_head {
	uint32_t type;
	uint32_t id;
	uint32_t flags;
};

/* A datagram to be sent; owns its bytes and its descriptor. */
struct ipc_frame {
	uint8_t *data;
	size_t len;
	int fd; /* -1: none */
};

/* Pack a message; fd (-1: none) is duplicated. ERR_LIMIT: over IPC_MSG_MAX. ERR_NOMEM, ERR_SYS. */
enum err ipc_frame_init(struct ipc_frame *frame, const struct ipc_head *head,
    const ProtobufCMessage *msg, int fd) MUST_USE;
/* Wipe, close, free. */
void ipc_frame_fini(struct ipc_frame *frame);
/* Send without waiting, whatever the socket's mode. ERR_AGAIN, ERR_CLOSED, ERR_LIMIT: too big for
 * the socket, ERR_SYS. */
enum err ipc_frame_send(int fd, const struct ipc_frame *frame) MUST_USE;

/* A datagram that came in and has a well-formed head of a known type. */
struct ipc_received {
	struct ipc_head head;
	const uint8_t *payload; /* in the caller's buffer */
	size_t payload_len;
	size_t len;         /* of the whole datagram */
	int fd;             /* -1 or the caller's */
	const char *breach; /* ERR_SYNTAX: what was wrong, static */
};

/* Receive without waiting into buffer. ERR_AGAIN, ERR_CLOSED, ERR_SYS, ERR_SYNTAX. */
enum err ipc_frame_receive(
    int fd, uint8_t *buffer, size_t buffer_size, struct ipc_received *in) MUST_USE;
/* The payload as the message of its type; NULL: malformed or no memory.
 * protobuf_c_message_free_unpacked(). */
ProtobufCMessage *ipc_unpack(const struct ipc_received *in) MUST_USE;

#endif
