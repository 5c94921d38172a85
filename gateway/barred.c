/* SPDX-License-Identifier: Apache-2.0 */
/* A hash of prefixes; an address is looked up with the two lengths of its family. */
#include "gateway/barred.h"

#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#define HASH_FUNCTION HASH_OAT
#include <uthash.h>

struct entry {
	struct ip_prefix prefix;
	UT_hash_handle hh;
};

struct barred {
	struct entry *entries;
};

static const uint8_t lengths4[] = {32, 24};
static const uint8_t lengths6[] = {64, 48};

static struct entry *
find(const struct barred *barred, const struct ip_prefix *prefix)
{
	struct entry *entry;

	HASH_FIND(hh, barred->entries, prefix, sizeof(*prefix), entry);
	return entry;
}

bool
barred_has(const struct barred *barred, const struct ip_addr *addr)
{
	const uint8_t *lengths = addr->family == 4 ? lengths4 : lengths6;
	struct ip_prefix prefix;

	if (barred == NULL || barred->entries == NULL)
		return false;
	for (size_t i = 0; i < sizeof(lengths4); i++) {
		prefix = ip_prefix_of(addr, lengths[i]);
		if (find(barred, &prefix) != NULL)
			return true;
	}
	return false;
}

static void
drop(struct barred *barred, struct entry *entry)
{
	/* The analyser takes the last one for the only one. */
	HASH_DEL(barred->entries, entry); /* NOLINT(clang-analyzer-unix.Malloc) */
	free(entry);
}

void
barred_clear(struct barred *barred)
{
	struct entry *entry, *tmp;

	if (barred == NULL)
		return;
	HASH_ITER (hh, barred->entries, entry, tmp)
		drop(barred, entry);
}

/* ERR_SYNTAX: no source has such a prefix. */
static enum err
read_prefix(const Ipc__ShunPrefix *msg, struct ip_prefix *out)
{
	const uint8_t *lengths;
	struct ip_addr addr;

	if (ip_from_bytes(msg->address.data, msg->address.len, &addr) != ERR_OK)
		return ERR_SYNTAX;
	lengths = addr.family == 4 ? lengths4 : lengths6;
	if (msg->len != lengths[0] && msg->len != lengths[1])
		return ERR_SYNTAX;
	*out = ip_prefix_of(&addr, (uint8_t)msg->len);
	return ip_eq(&addr, &out->addr) ? ERR_OK : ERR_SYNTAX;
}

static enum err
add(struct barred *barred, const struct ip_prefix *prefix)
{
	struct entry *entry;

	if (find(barred, prefix) != NULL)
		return ERR_OK;
	if (HASH_COUNT(barred->entries) >= BARRED_MAX)
		return ERR_LIMIT;
	entry = calloc(1, sizeof(*entry));
	if (entry == NULL)
		return ERR_NOMEM;
	entry->prefix = *prefix;
	HASH_ADD(hh, barred->entries, prefix, sizeof(entry->prefix), entry);
	if (entry->hh.tbl != NULL)
		return ERR_OK;
	free(entry);
	return ERR_NOMEM;
}

enum err
barred_take(struct barred *barred, const Ipc__Shuns *msg)
{
	struct ip_prefix prefix;
	struct entry *entry;
	enum err err;

	if (msg->anew)
		barred_clear(barred);
	for (size_t i = 0; i < msg->n_lift; i++) {
		err = read_prefix(msg->lift[i], &prefix);
		if (err != ERR_OK)
			return err;
		entry = find(barred, &prefix);
		if (entry != NULL)
			drop(barred, entry);
	}
	for (size_t i = 0; i < msg->n_shun; i++) {
		err = read_prefix(msg->shun[i], &prefix);
		if (err == ERR_OK)
			err = add(barred, &prefix);
		if (err != ERR_OK)
			return err;
	}
	return ERR_OK;
}

struct barred *
barred_new(void)
{
	return calloc(1, sizeof(struct barred));
}

void
barred_free(struct barred *barred)
{
	if (barred == NULL)
		return;
	barred_clear(barred);
	free(barred);
}
