/* SPDX-License-Identifier: Apache-2.0 */
/* The tunnel's control frames on both channels (protocol.md 4.5, 5.6): answers to DPD, the goodbye.
 */
#ifndef TESTS_LOAD_TUNNEL_H
#define TESTS_LOAD_TUNNEL_H

#include <stdbool.h>

#include "tests/load/load_client.h"

enum load_frame {
	LOAD_FRAME_DATA = 0,
	LOAD_FRAME_DPD_REQ = 3,
	LOAD_FRAME_DPD_RESP = 4,
	LOAD_FRAME_DISCONNECT = 5,
	LOAD_FRAME_TERMINATE = 9,
};

#define LOAD_FRAME_HEAD 8

/* Bytes of the TLS channel. False: the client is gone. */
bool load_tunnel_input(struct load_client *client, const uint8_t *data, size_t len);
/* A payload of either channel; over_dtls says where an answer goes. False: the client is gone. */
bool load_tunnel_frame(
    struct load_client *client, bool over_dtls, uint8_t type, const uint8_t *payload, size_t len);
/* Put the head of a TLS frame before a payload of len bytes. */
void load_tunnel_head(uint8_t *head, uint8_t type, size_t len);
/* Ask the server for a sign of life, on DTLS where that is up; answered tells whether one came. */
void load_tunnel_probe(struct load_client *client);
void load_tunnel_goodbye(struct load_client *client);

#endif
