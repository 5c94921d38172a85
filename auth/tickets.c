/* SPDX-License-Identifier: Apache-2.0 */
/* Two keys: the one of this hour and the one of the hour before. */
#include "auth/tickets.h"

#include <openssl/rand.h>
#include <stdlib.h>

#include "common/secret.h"
#include "common/str.h"

#define NAME_LEN 16
#define SECRET_LEN 32
#define KEY_LEN (NAME_LEN + 2 * SECRET_LEN)

struct tickets {
	struct secret *key[2]; /* the newest first; name, cipher, mac */
	uint64_t made_ms;
};

static struct secret *
key_new(void)
{
	uint8_t bytes[KEY_LEN];
	struct secret *key = NULL;

	if (RAND_priv_bytes(bytes, sizeof bytes) == 1)
		key = secret_new(bytes, sizeof bytes);
	str_wipe(bytes, sizeof bytes);
	return key;
}

struct tickets *
tickets_new(uint64_t now_ms)
{
	struct tickets *tickets = calloc(1, sizeof *tickets);

	if (tickets == NULL)
		return NULL;
	tickets->made_ms = now_ms;
	tickets->key[0] = key_new();
	if (tickets->key[0] == NULL) {
		free(tickets);
		return NULL;
	}
	return tickets;
}

void
tickets_free(struct tickets *tickets)
{
	if (tickets == NULL)
		return;
	secret_free(tickets->key[0]);
	secret_free(tickets->key[1]);
	free(tickets);
}

bool
tickets_tick(struct tickets *tickets, uint64_t now_ms)
{
	struct secret *key;

	if (now_ms - tickets->made_ms < TICKETS_PERIOD_MS)
		return false;
	key = key_new();
	if (key == NULL)
		return false;
	secret_free(tickets->key[1]);
	tickets->key[1] = tickets->key[0];
	tickets->key[0] = key;
	tickets->made_ms = now_ms;
	return true;
}

enum err
tickets_tell(const struct tickets *tickets, tickets_send_fn send, void *arg)
{
	Ipc__TicketKeys msg = IPC__TICKET_KEYS__INIT;
	Ipc__TicketKey row[2], *rows[2] = {&row[0], &row[1]};

	for (size_t i = 0; i < 2 && tickets->key[i] != NULL; i++) {
		uint8_t *data = (uint8_t *)(uintptr_t)secret_data(tickets->key[i]);

		ipc__ticket_key__init(&row[i]);
		row[i].name = (ProtobufCBinaryData){NAME_LEN, data};
		row[i].cipher = (ProtobufCBinaryData){SECRET_LEN, data + NAME_LEN};
		row[i].mac = (ProtobufCBinaryData){SECRET_LEN, data + NAME_LEN + SECRET_LEN};
		msg.n_key++;
	}
	msg.key = rows;
	return send(&msg, arg);
}
