/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The frame codec of the TLS channel (protocol.md 4.5): "STF" 01, 16-bit length, type, 00, payload.
 * Pure.
 *
 * Reading is tolerant: a frame may come in pieces, and a record may hold several. A whole frame is
 * handed out where it lies; only pieces are copied, and an idle reader holds no memory.
 */
#ifndef GATEWAY_CSTP_PARSE_H
#define GATEWAY_CSTP_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/buf.h"
#include "common/err.h"

#define CSTP_HEAD_LEN 8
#define CSTP_PAYLOAD_MAX (16384 - CSTP_HEAD_LEN) /* a frame is one TLS record */

enum cstp_type {
	CSTP_DATA = 0,
	CSTP_DPD_REQ = 3,
	CSTP_DPD_RESP = 4,
	CSTP_DISCONNECT = 5,
	CSTP_KEEPALIVE = 7,
	CSTP_COMPRESSED = 8,
	CSTP_TERMINATE = 9,
};

/* Payload is borrowed until the next call with the same reader. */
struct cstp_frame {
	uint8_t type;
	const uint8_t *payload;
	size_t len;
};

struct cstp_reader {
	struct buf partial; /* the frame that has not come whole yet */
	size_t give_back;   /* bytes of partial that the frame handed out last occupies */
	bool begun;         /* a frame was seen: no stray line ends any more */
};

void cstp_reader_init(struct cstp_reader *reader);
void cstp_reader_fini(struct cstp_reader *reader);

/*
 * Take the next frame from *data, which advances. ERR_AGAIN: all bytes are taken and no frame is
 * complete. ERR_SYNTAX: not a frame. ERR_LIMIT: longer than CSTP_PAYLOAD_MAX. ERR_NOMEM. After the
 * last three the stream is lost.
 */
enum err cstp_read(struct cstp_reader *reader, struct cur *data, struct cstp_frame *out) MUST_USE;
/* Write the head of a frame with len bytes of payload into dst, which has CSTP_HEAD_LEN bytes. */
void cstp_head_put(uint8_t *dst, enum cstp_type type, size_t len);

#endif
