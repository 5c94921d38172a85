/* SPDX-License-Identifier: Apache-2.0 */
/* A handle is 24 bits of epoch and 8 of the identity's index. */
#include "pki/keyring.h"

#include <event2/event.h>
#include <stdlib.h>

#include "common/ipc.h"
#include "common/log.h"
#include "conf/errors.h"

#define INDEX_BITS 8
#define IDENTITIES_MAX (1U << INDEX_BITS)
#define GRACE_SEC 10   /* beyond the time that a handshake may take */
#define LIST_ROOM 1024 /* of a message, for what is around the list */

/* ---- what the workers are told ---- */

static void
fill_row(Ipc__Identity *row, const struct identity *identity, ProtobufCBinaryData *ders)
{
	ipc__identity__init(row);
	row->trustpoint = (char *)(uintptr_t)identity->trustpoint;
	row->certificate = ders;
	row->n_certificate = identity->chain.len;
	row->domain = identity->domains;
	row->n_domain = identity->domains_len;
	for (size_t i = 0; i < identity->chain.len; i++)
		ders[i] = (ProtobufCBinaryData){identity->chain.der_len[i], identity->chain.der[i]};
}

static void
list_fini(Ipc__KeyListReply *list)
{
	for (size_t i = 0; i < list->n_identity; i++)
		if (list->identity[i] != NULL)
			free(list->identity[i]->certificate);
	if (list->identity != NULL)
		free(list->identity[0]); /* all rows are one block */
	free(list->identity);
}

static enum err
list_init(struct keyring *keyring, uint32_t epoch)
{
	Ipc__KeyListReply *list = &keyring->list;
	const ProtobufCBinaryData *names;
	size_t n = keyring->identities.len;
	Ipc__Identity *rows = calloc(n, sizeof(rows[0]));

	list->identity = calloc(n, sizeof(list->identity[0]));
	if (rows == NULL || list->identity == NULL) {
		free(rows);
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		ProtobufCBinaryData *ders = calloc(TRUST_CHAIN_MAX, sizeof(ders[0]));

		list->identity[i] = &rows[i];
		list->n_identity = i + 1;
		ipc__identity__init(&rows[i]);
		if (ders == NULL)
			return ERR_NOMEM;
		fill_row(&rows[i], &keyring->identities.list[i], ders);
		rows[i].key = epoch << INDEX_BITS | (uint32_t)i;
	}
	list->n_client_ca = verdict_book_names(keyring->book, &names);
	list->client_ca = (ProtobufCBinaryData *)(uintptr_t)names;
	return ERR_OK;
}

/* ---- one ---- */

static enum err
keyring_load(struct keyring *keyring, uint32_t epoch, struct conf_errors *errors)
{
	const struct conf_object *root = conf_root(keyring->conf, CONF_PKI);
	enum err err = identities_load(keyring->conf, errors, &keyring->identities);
	enum err more = verdict_book_load(keyring->book, keyring->conf, errors);

	if (err == ERR_OK)
		err = more;
	if (err == ERR_OK && keyring->identities.len > IDENTITIES_MAX)
		err = ERR_LIMIT;
	if (err == ERR_OK)
		err = list_init(keyring, epoch);
	if (err == ERR_OK &&
	    protobuf_c_message_get_packed_size(&keyring->list.base) > IPC_MSG_MAX - LIST_ROOM)
		err = ERR_LIMIT;
	if (err == ERR_LIMIT)
		errors_setting(errors, root, PKI_TRUSTPOINTS,
		    "all certificates together are more than %d bytes; leave out trustpoints that "
		    "are not needed",
		    IPC_MSG_MAX - LIST_ROOM);
	else if (err == ERR_NOMEM)
		errors_setting(errors, root, PKI_TRUSTPOINTS, "out of memory");
	return err;
}

struct keyring *
keyring_new(struct conf *conf, uint32_t epoch, struct conf_errors *errors)
{
	struct keyring *keyring = errors_calloc(errors, 1, sizeof(*keyring));

	if (keyring == NULL)
		return NULL;
	keyring->conf = conf_ref(conf);
	ipc__key_list_reply__init(&keyring->list);
	keyring->book = verdict_book_new();
	if (keyring->book == NULL)
		errors_setting(errors, conf_root(conf, CONF_PKI), PKI_TRUSTPOINTS, "out of memory");
	else if (keyring_load(keyring, epoch, errors) == ERR_OK)
		return keyring;
	keyring_free(keyring);
	return NULL;
}

void
keyring_free(struct keyring *keyring)
{
	if (keyring == NULL)
		return;
	list_fini(&keyring->list);
	identities_fini(&keyring->identities);
	verdict_book_free(keyring->book);
	conf_unref(keyring->conf);
	free(keyring);
}

/* ---- all ---- */

struct old {
	struct keyring_set *set;
	struct keyring *keyring; /* NULL: this place is free */
	struct event *timer;
};

struct keyring_set {
	struct keyring *now;
	struct old olds[KEYRING_OLD_MAX];
	unsigned next; /* the place that was used longest ago */
};

static void
on_old_enough(UNUSED evutil_socket_t fd, UNUSED short what, void *arg)
{
	struct old *old = arg;

	keyring_free(old->keyring);
	old->keyring = NULL;
}

struct keyring_set *
keyring_set_new(struct loop *loop)
{
	struct keyring_set *set = calloc(1, sizeof(*set));

	if (set == NULL)
		return NULL;
	for (size_t i = 0; i < KEYRING_OLD_MAX; i++) {
		set->olds[i].set = set;
		set->olds[i].timer = evtimer_new(loop_base(loop), on_old_enough, &set->olds[i]);
		if (set->olds[i].timer == NULL) {
			keyring_set_free(set);
			return NULL;
		}
	}
	return set;
}

void
keyring_set_free(struct keyring_set *set)
{
	if (set == NULL)
		return;
	for (size_t i = 0; i < KEYRING_OLD_MAX; i++) {
		if (set->olds[i].timer != NULL)
			event_free(set->olds[i].timer);
		keyring_free(set->olds[i].keyring);
	}
	keyring_free(set->now);
	free(set);
}

/* As long as a handshake may take that began just now. */
static struct timeval
handshake_time(const struct conf *conf)
{
	const struct conf_object *limits = conf_sub(conf_root(conf, CONF_GATEWAY), GW_LIMITS);

	return (struct timeval){
	    .tv_sec = (time_t)conf_int(limits, LIM_HANDSHAKE_TIMEOUT) + GRACE_SEC};
}

static void
retire(struct keyring_set *set, struct keyring *keyring)
{
	struct old *old = &set->olds[set->next];
	const struct timeval time = handshake_time(keyring->conf);

	set->next = (set->next + 1) % KEYRING_OLD_MAX;
	keyring_free(old->keyring);
	old->keyring = keyring;
	evtimer_add(old->timer, &time);
}

void
keyring_set_use(struct keyring_set *set, struct keyring *keyring)
{
	if (set->now != NULL)
		retire(set, set->now);
	set->now = keyring;
}

const struct keyring *
keyring_set_now(const struct keyring_set *set)
{
	return set->now;
}

static struct key *
find_key(const struct keyring *keyring, uint32_t handle)
{
	uint32_t first;

	if (keyring == NULL)
		return NULL;
	first = keyring->list.identity[0]->key;
	return handle >= first && handle - first < keyring->identities.len
		   ? keyring->identities.list[handle - first].key
		   : NULL;
}

struct key *
keyring_set_key(const struct keyring_set *set, uint32_t handle)
{
	struct key *key = find_key(set->now, handle);

	for (size_t i = 0; key == NULL && i < KEYRING_OLD_MAX; i++)
		key = find_key(set->olds[i].keyring, handle);
	return key;
}
