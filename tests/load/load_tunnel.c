/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of the TLS channel, and what control frames of either channel mean. */
#include "tests/load/load_tunnel.h"

#include <string.h>

#include "tests/load/load_dtls.h"

void
load_tunnel_head(uint8_t *head, uint8_t type, size_t len)
{
	const uint8_t bytes[LOAD_FRAME_HEAD] = {
	    'S', 'T', 'F', 1, (uint8_t)(len >> 8), (uint8_t)len, type, 0};

	memcpy(head, bytes, sizeof(bytes));
}

static void
send_frame(struct load_client *client, bool over_dtls, uint8_t type, const void *data, size_t len)
{
	uint8_t frame[LOAD_FRAME_HEAD + 2048];

	if (len > 2048)
		len = 2048;
	if (over_dtls) {
		frame[0] = type;
		if (len > 0)
			memcpy(frame + 1, data, len);
		load_dtls_send(client->dtls, frame, len + 1);
		load_dtls_flush(client->dtls);
		return;
	}
	load_tunnel_head(frame, type, len);
	if (len > 0)
		memcpy(frame + LOAD_FRAME_HEAD, data, len);
	load_client_write(client, frame, LOAD_FRAME_HEAD + len);
}

bool
load_tunnel_frame(
    struct load_client *client, bool over_dtls, uint8_t type, const uint8_t *payload, size_t len)
{
	struct load_stats *stats = &client->load->stats;

	switch (type) {
	case LOAD_FRAME_DATA:
		stats->data_packets++;
		stats->data_bytes += len;
		break;
	case LOAD_FRAME_DPD_REQ:
		stats->dpd_answered++;
		send_frame(client, over_dtls, LOAD_FRAME_DPD_RESP, payload, len);
		break;
	case LOAD_FRAME_DPD_RESP:
		stats->dpd_heard++;
		client->answered = true;
		break;
	case LOAD_FRAME_DISCONNECT:
	case LOAD_FRAME_TERMINATE:
		load_client_fail(client, "tunnel: ended by the server");
		return false;
	default:
		break;
	}
	return true;
}

/* Whole frames are taken; returns how many bytes, or -1 when the client is gone. */
static ssize_t
take_frames(struct load_client *client, const uint8_t *data, size_t len)
{
	size_t at = 0;

	while (len - at >= LOAD_FRAME_HEAD) {
		const uint8_t *head = data + at;
		size_t size = (size_t)head[4] << 8 | head[5];

		if (memcmp(head, "STF\1", 4) != 0) {
			load_client_fail(client, "tunnel: no frame");
			return -1;
		}
		if (len - at < LOAD_FRAME_HEAD + size)
			break;
		if (!load_tunnel_frame(client, false, head[6], head + LOAD_FRAME_HEAD, size))
			return -1;
		at += LOAD_FRAME_HEAD + size;
	}
	return (ssize_t)at;
}

bool
load_tunnel_input(struct load_client *client, const uint8_t *data, size_t len)
{
	struct buf *part = &client->part;
	ssize_t taken;

	if (part->len > 0) {
		buf_put(part, data, len);
		data = part->data;
		len = part->len;
	}
	taken = take_frames(client, data, len);
	if (taken < 0)
		return false;
	if (part->len > 0) {
		buf_consume(part, (size_t)taken);
		if (part->len == 0)
			buf_fini(part);
	} else if ((size_t)taken < len) {
		buf_put(part, data + taken, len - (size_t)taken);
	}
	return true;
}

void
load_tunnel_probe(struct load_client *client)
{
	client->answered = false;
	send_frame(client, client->dtls != NULL, LOAD_FRAME_DPD_REQ, NULL, 0);
}

void
load_tunnel_goodbye(struct load_client *client)
{
	/* Reason and text as openconnect's: the session is over. */
	static const char reason[] = "\xb0"
				     "Client received SIGINT";

	send_frame(client, false, LOAD_FRAME_DISCONNECT, reason, sizeof(reason) - 1);
}
