/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz common/ipc.c: one datagram from a hostile peer to a channel that takes every type there is,
 * as event (even first byte of the input) or as answer to an open request (odd). Handlers touch
 * every field, as their owners would.
 */
/* For coverage.sh:
 * common/ipc.c:peer_is_gone,request_find,handle_reply,row_find,find_breach,dispatch,on_readable
 * common/ipc_frame.c:type_find,ipc_descriptor,take_fds,find_flaw,ipc_frame_receive,ipc_unpack */
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/ipc.h"

#define TYPES_MAX 128

static struct ipc_row rows[TYPES_MAX];
static size_t rows_len;
static unsigned closed;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Packing walks the whole message. */
static void
walk(const ProtobufCMessage *msg)
{
	uint8_t *bytes = malloc(protobuf_c_message_get_packed_size(msg) + 1);

	if (bytes != NULL)
		protobuf_c_message_pack(msg, bytes);
	free(bytes);
}

static void
handle_any(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, UNUSED void *arg)
{
	Ipc__RoleStop stop = IPC__ROLE_STOP__INIT;

	if (fd >= 0)
		abort();
	walk(msg);
	if (id != 0)
		(void)ipc_reply(ipc, id, IPC__MSG_TYPE__MSG_ROLE_STOP, &stop.base);
}

static void
on_reply(enum err err, const ProtobufCMessage *msg, UNUSED void *arg)
{
	if ((err == ERR_OK) != (msg != NULL))
		abort();
	if (msg != NULL)
		walk(msg);
}

static void
on_closed(UNUSED struct ipc *ipc, UNUSED const char *why, UNUSED void *arg)
{
	closed++;
}

/* A row for every type: those with an even number as events, the others as requests. */
static void
fill_rows(void)
{
	for (unsigned type = 1; type < TYPES_MAX; type++)
		if (ipc_descriptor((Ipc__MsgType)type) != NULL)
			rows[rows_len++] = (struct ipc_row){.type = (Ipc__MsgType)type,
			    .handle = handle_any,
			    .request = type % 2 == 1};
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ipc_config config = {.peer = "fuzzer", .rows = rows, .on_closed = on_closed};
	Ipc__SessionOpen open = IPC__SESSION_OPEN__INIT;
	struct loop *loop;
	struct ipc *ipc;
	int fds[2];

	if (rows_len == 0)
		fill_rows();
	config.rows_len = rows_len;
	closed = 0;
	loop = loop_new();
	if (loop == NULL || ipc_pair(fds) != ERR_OK)
		abort();
	ipc = ipc_new(loop, fds[0], &config);
	if (ipc == NULL)
		abort();
	if (size > 0 && data[0] % 2 == 1 &&
	    ipc_request(ipc, IPC__MSG_TYPE__MSG_SESSION_OPEN, &open.base,
		IPC__MSG_TYPE__MSG_SESSION_OPENED, 100000, on_reply, NULL, NULL) != ERR_OK)
		abort();
	if (size > 1)
		(void)send(fds[1], data + 1, size - 1, MSG_NOSIGNAL);
	close(fds[1]);
	for (int i = 0; i < 4; i++)
		event_base_loop(loop_base(loop), EVLOOP_NONBLOCK);
	if (closed != 1)
		abort();
	ipc_free(ipc);
	loop_free(loop);
	return 0;
}
