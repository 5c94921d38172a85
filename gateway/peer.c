/* SPDX-License-Identifier: Apache-2.0 */
/* Who owns a UDP datagram: two hash tables. */
#include "gateway/peer.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

#include "common/rnd.h"
#include "common/str.h"

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#define DIGEST_LEN 32

struct by_flow {
	struct udp_flow flow;
	struct peer_entry entry;
	UT_hash_handle hh;
};

struct by_app_id {
	uint8_t digest[DIGEST_LEN];
	struct peer_entry entry;
	UT_hash_handle hh;
};

struct peers {
	struct by_flow *flows;
	struct by_app_id *app_ids;
	uint8_t key[DIGEST_LEN];
};

struct peers *
peers_new(void)
{
	struct peers *peers = calloc(1, sizeof(*peers));

	if (peers != NULL)
		rnd_fill(peers->key, sizeof(peers->key));
	return peers;
}

void
peers_free(struct peers *peers)
{
	struct by_flow *flow, *next_flow;
	struct by_app_id *app_id, *next_app_id;

	if (peers == NULL)
		return;
	/* The elements keep their links when the tables go. */
	flow = peers->flows;
	HASH_CLEAR(hh, peers->flows);
	for (; flow != NULL; flow = next_flow) {
		next_flow = flow->hh.next;
		free(flow);
	}
	app_id = peers->app_ids;
	HASH_CLEAR(hh, peers->app_ids);
	for (; app_id != NULL; app_id = next_app_id) {
		next_app_id = app_id->hh.next;
		free(app_id);
	}
	str_wipe(peers->key, sizeof(peers->key));
	free(peers);
}

/* ---- by address ---- */

/* The client is the same one whichever of our addresses it writes to. */
static struct by_flow *
flow_find(const struct peers *peers, const struct udp_flow *flow)
{
	struct udp_flow key = *flow;
	struct by_flow *found;

	memset(key.local, 0, sizeof(key.local));
	HASH_FIND(hh, peers->flows, &key, sizeof(key), found);
	return found;
}

enum err
peers_add_flow(struct peers *peers, const struct udp_flow *flow, const struct peer_entry *entry)
{
	struct by_flow *found = flow_find(peers, flow);

	if (found != NULL) {
		found->entry = *entry;
		return ERR_OK;
	}
	found = calloc(1, sizeof(*found));
	if (found == NULL)
		return ERR_NOMEM;
	found->flow = *flow;
	memset(found->flow.local, 0, sizeof(found->flow.local));
	found->entry = *entry;
	HASH_ADD(hh, peers->flows, flow, sizeof(found->flow), found);
	if (found->hh.tbl == NULL) {
		free(found);
		return ERR_NOMEM;
	}
	return ERR_OK;
}

void
peers_remove_flow(struct peers *peers, const struct udp_flow *flow, uint64_t id)
{
	struct by_flow *found = flow_find(peers, flow);

	if (found == NULL || found->entry.id != id)
		return;
	HASH_DEL(peers->flows, found);
	free(found);
}

const struct peer_entry *
peers_find_flow(const struct peers *peers, const struct udp_flow *flow)
{
	const struct by_flow *found = flow_find(peers, flow);

	return found == NULL ? NULL : &found->entry;
}

/* ---- by App-ID ---- */

static struct by_app_id *
app_id_find(const struct peers *peers, const uint8_t *id, size_t len, uint8_t *digest)
{
	struct by_app_id *found;
	unsigned digest_len = 0;

	if (HMAC(EVP_sha256(), peers->key, sizeof(peers->key), id, len, digest, &digest_len) ==
	    NULL)
		return NULL;
	HASH_FIND(hh, peers->app_ids, digest, DIGEST_LEN, found);
	return found;
}

enum err
peers_add_app_id(struct peers *peers, const uint8_t *id, size_t len, const struct peer_entry *entry)
{
	struct by_app_id *found = calloc(1, sizeof(*found));

	if (found == NULL)
		return ERR_NOMEM;
	found->entry = *entry;
	/* 256 random bits: two channels with one id do not happen. */
	if (app_id_find(peers, id, len, found->digest) != NULL) {
		free(found);
		return ERR_EXISTS;
	}
	HASH_ADD(hh, peers->app_ids, digest, DIGEST_LEN, found);
	if (found->hh.tbl == NULL) {
		free(found);
		return ERR_NOMEM;
	}
	return ERR_OK;
}

void
peers_remove_app_id(struct peers *peers, const uint8_t *app_id, size_t len, uint64_t id)
{
	uint8_t digest[DIGEST_LEN];
	struct by_app_id *found = app_id_find(peers, app_id, len, digest);

	if (found == NULL || found->entry.id != id)
		return;
	HASH_DEL(peers->app_ids, found);
	free(found);
}

const struct peer_entry *
peers_find_app_id(const struct peers *peers, const uint8_t *id, size_t len)
{
	uint8_t digest[DIGEST_LEN];
	const struct by_app_id *found = app_id_find(peers, id, len, digest);

	return found == NULL ? NULL : &found->entry;
}
