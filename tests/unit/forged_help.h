/* SPDX-License-Identifier: Apache-2.0 */
/* For tests that play a process that was taken over: frames by hand, any message in any way. */
#ifndef TESTS_UNIT_FORGED_HELP_H
#define TESTS_UNIT_FORGED_HELP_H

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/ipc.h"
#include "common/ipc_frame.h"

#define FORGED_WAIT_MS 20000

/* As an event, as a request, as an answer to nothing and to something that may be open. */
static const struct {
	uint32_t id, flags;
} forged_ways[] = {{0, 0}, {77, 0}, {77, IPC_FLAG_REPLY}, {1, IPC_FLAG_REPLY}};

/* A channel that was dropped shows when it is read. */
static inline void
forged_put(int fd, Ipc__MsgType type, uint32_t id, uint32_t flags, const ProtobufCMessage *msg)
{
	const struct ipc_head head = {.type = type, .id = id, .flags = flags};
	struct ipc_frame frame;

	assert_int_equal(ipc_frame_init(&frame, &head, msg, -1), ERR_OK);
	(void)!ipc_frame_send(fd, &frame);
	ipc_frame_fini(&frame);
}

/* The next frame, in buffer (IPC_MSG_MAX); false: the channel has ended. */
static inline bool
forged_receive(int fd, uint8_t *buffer, struct ipc_received *in)
{
	struct pollfd pfd = {.fd = fd, .events = POLLIN};
	enum err err;

	do {
		if (poll(&pfd, 1, FORGED_WAIT_MS) != 1)
			fail_msg("FAIL: expected an answer or an end, got nothing");
		err = ipc_frame_receive(fd, buffer, IPC_MSG_MAX, in);
	} while (err == ERR_AGAIN);
	if (err == ERR_OK && in->fd >= 0)
		close(in->fd);
	return err == ERR_OK;
}

/* Plain fields of a message get something that looks real. */
static inline void
forged_fill(ProtobufCMessage *msg, Ipc__ClientFacts *facts)
{
	static uint8_t bytes[4] = {192, 168, 100, 1};

	for (unsigned i = 0; i < msg->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &msg->descriptor->fields[i];
		uint8_t *place = (uint8_t *)msg + field->offset;

		if (field->label == PROTOBUF_C_LABEL_REPEATED)
			continue;
		switch (field->type) {
		case PROTOBUF_C_TYPE_STRING:
			*(void **)(void *)place = (char *)(uintptr_t) "alice";
			break;
		case PROTOBUF_C_TYPE_BYTES:
			*(ProtobufCBinaryData *)(void *)place = (ProtobufCBinaryData){4, bytes};
			break;
		case PROTOBUF_C_TYPE_MESSAGE:
			if (field->descriptor == &ipc__client_facts__descriptor)
				*(void **)(void *)place = facts;
			break;
		case PROTOBUF_C_TYPE_UINT64:
		case PROTOBUF_C_TYPE_FIXED64:
		case PROTOBUF_C_TYPE_INT64:
			*(uint64_t *)(void *)place = 1;
			break;
		case PROTOBUF_C_TYPE_BOOL:
			*(protobuf_c_boolean *)(void *)place = true;
			break;
		default:
			*(uint32_t *)(void *)place = 1;
			break;
		}
	}
}

/* A message, empty or (facts not NULL) filled; free() it. */
static inline ProtobufCMessage *
forged_new(const ProtobufCMessageDescriptor *descriptor, Ipc__ClientFacts *facts)
{
	ProtobufCMessage *msg = calloc(1, descriptor->sizeof_message);

	assert_non_null(msg);
	protobuf_c_message_init(descriptor, msg);
	if (facts != NULL)
		forged_fill(msg, facts);
	return msg;
}

#endif
