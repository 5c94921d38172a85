/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hostile end of a channel between processes, or of the control socket: an input is a sequence
 * of steps, each "op, length (2 bytes), payload", and what op means is the fuzzer's to say. What
 * the other end answers must be messages that the reader knows.
 */
#ifndef TESTS_FUZZ_PEER_H
#define TESTS_FUZZ_PEER_H

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/buf.h"
#include "common/ipc_frame.h"
#include "common/loop.h"

#define PEER_STEPS_MAX 32

struct peer_step {
	uint8_t op;
	const uint8_t *data;
	size_t len;
};

/* The next step; the last one may be cut. False: there is none. */
static inline bool
peer_next(struct cur *cur, struct peer_step *out)
{
	if (cur->left < 3)
		return false;
	out->op = cur_u8(cur);
	out->len = cur_u16(cur);
	if (out->len > cur->left)
		out->len = cur->left;
	out->data = cur_take(cur, out->len);
	return cur->err == ERR_OK;
}

/* The datagram as it is, whatever its payload says. */
static inline void
peer_send(int fd, const struct ipc_head *head, const void *payload, size_t len)
{
	static uint8_t datagram[sizeof(struct ipc_head) + 65536];

	memcpy(datagram, head, sizeof(*head));
	if (len > 0)
		memcpy(datagram + sizeof(*head), payload, len);
	(void)send(fd, datagram, sizeof(*head) + len, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* What the other end has said, protobuf_c_message_free_unpacked(); NULL: nothing more. */
static inline ProtobufCMessage *
peer_receive(int fd, struct ipc_head *head)
{
	static uint8_t buffer[IPC_MSG_MAX];
	struct ipc_received in;
	enum err err = ipc_frame_receive(fd, buffer, sizeof(buffer), &in);
	ProtobufCMessage *msg;

	if (err == ERR_SYNTAX)
		abort();
	if (err != ERR_OK)
		return NULL;
	msg = ipc_unpack(&in);
	if (msg == NULL || in.fd >= 0)
		abort();
	*head = in.head;
	return msg;
}

/* Whatever can be done without waiting. */
static inline void
peer_turn(struct loop *loop)
{
	for (int i = 0; i < 4; i++)
		event_base_loop(loop_base(loop), EVLOOP_NONBLOCK);
}

#endif
