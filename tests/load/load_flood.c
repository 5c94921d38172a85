/* SPDX-License-Identifier: Apache-2.0 */
/* Rounds of bursts: each round every client sends a few packets, then the loop has its turn. */
#include "tests/load/load_flood.h"

#include <stdlib.h>
#include <string.h>

#include "tests/load/load_dtls.h"
#include "tests/load/load_packet.h"
#include "tests/load/load_tunnel.h"

#define BURST 16
#define ROUND_USEC 1000
#define FIRST_PORT 20000

struct load_flood {
	struct load *load;
	struct load_client *clients; /* list head */
	struct load_client *turn;
	struct event *round;
	uint64_t began_us;
	uint64_t stopped_us;
	uint64_t packets;
	uint64_t bytes; /* of inner packets */
};

/* Returns how many went. */
static uint32_t
send_burst(struct load_flood *flood, struct load_client *client, uint32_t count)
{
	const struct load_options *opt = flood->load->opt;
	uint8_t frame[LOAD_FRAME_HEAD + LOAD_PACKET_MAX], *packet = frame + LOAD_FRAME_HEAD;
	uint16_t port = (uint16_t)(FIRST_PORT + client->number % 10000);
	size_t len = load_packet_make(packet, client->address, port, &opt->target, opt->size);
	uint32_t sent = 0;

	if (client->dtls != NULL) {
		packet[-1] = LOAD_FRAME_DATA;
		for (; sent < count; sent++)
			load_dtls_send(client->dtls, packet - 1, len + 1);
		load_dtls_flush(client->dtls);
	} else {
		load_tunnel_head(frame, LOAD_FRAME_DATA, len);
		/* What the socket does not take waits; then it is the others' turn. */
		for (; sent < count && client->out.len == 0; sent++)
			load_client_write(client, frame, LOAD_FRAME_HEAD + len);
	}
	flood->packets += sent;
	flood->bytes += (uint64_t)sent * len;
	return sent;
}

static void
on_round(evutil_socket_t fd, short what, void *arg)
{
	struct load_flood *flood = arg;
	uint32_t rate = flood->load->opt->rate;
	struct timeval tv = {.tv_usec = rate == 0 ? 0 : ROUND_USEC};
	uint64_t due = UINT64_MAX;

	(void)fd;
	(void)what;
	if (rate != 0)
		due = (load_now_us() - flood->began_us) * rate / 1000000 - flood->packets;
	for (uint32_t i = 0; i < flood->load->opt->sessions && due > 0; i++) {
		if (flood->turn == flood->clients)
			flood->turn = flood->clients->next;
		if (flood->turn == flood->clients)
			break;
		uint32_t count = due < BURST ? (uint32_t)due : BURST;

		(void)send_burst(flood, flood->turn, count);
		due -= count;
		flood->turn = flood->turn->next;
	}
	(void)event_add(flood->round, &tv);
}

struct load_flood *
load_flood_new(struct load *load, struct load_client *clients)
{
	static const struct timeval now;
	struct load_flood *flood = calloc(1, sizeof(*flood));

	if (flood == NULL)
		return NULL;
	flood->load = load;
	flood->clients = flood->turn = clients;
	flood->began_us = load_now_us();
	flood->round = event_new(load->base, -1, 0, on_round, flood);
	if (flood->round == NULL || event_add(flood->round, &now) != 0) {
		load_flood_free(flood);
		return NULL;
	}
	return flood;
}

void
load_flood_stop(struct load_flood *flood)
{
	flood->stopped_us = load_now_us();
	(void)event_del(flood->round);
}

json_t *
load_flood_json(const struct load_flood *flood)
{
	uint64_t end = flood->stopped_us == 0 ? load_now_us() : flood->stopped_us;

	return json_pack("{s:I, s:I, s:f}", "sent_packets", (json_int_t)flood->packets,
	    "sent_bytes", (json_int_t)flood->bytes, "sent_seconds",
	    (double)(end - flood->began_us) / 1e6);
}

void
load_flood_free(struct load_flood *flood)
{
	if (flood == NULL)
		return;
	if (flood->round != NULL)
		event_free(flood->round);
	free(flood);
}
