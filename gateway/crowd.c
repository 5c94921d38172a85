/* SPDX-License-Identifier: Apache-2.0 */
/* Two lists by age, and a count for each prefix. */
#include "gateway/crowd.h"

#include <string.h>

#include "common/rnd.h"

/* So many of the oldest are compared. */
#define LOOK_AT 64
/* Strangers are first to give way only while they are more than one in so many: those who have
 * begun a login and do not go on could else take all the room but a last place. */
#define STRANGERS_PART 4

static uint16_t
prefix_of(const struct crowd *crowd, const struct ip_addr *from)
{
	uint64_t hash = 0;

	memcpy(&hash, from->bytes, from->family == 4 ? 3 : 8);
	/* The finish of splitmix64, twice: every bit of the salt tells. */
	for (unsigned i = 0; i < 2; i++) {
		hash += crowd->salt;
		hash = (hash ^ hash >> 30) * 0xbf58476d1ce4e5b9;
		hash = (hash ^ hash >> 27) * 0x94d049bb133111eb;
		hash ^= hash >> 31;
	}
	return (uint16_t)(hash % CROWD_PREFIXES);
}

void
crowd_init(struct crowd *crowd)
{
	memset(crowd, 0, sizeof(*crowd));
	TAILQ_INIT(&crowd->strangers);
	TAILQ_INIT(&crowd->known);
	crowd->salt = rnd_u64();
}

void
crowd_add(struct crowd *crowd, struct crowd_entry *entry, const struct ip_addr *from)
{
	entry->known = false;
	entry->prefix = prefix_of(crowd, from);
	crowd->prefixes[entry->prefix]++;
	TAILQ_INSERT_HEAD(&crowd->strangers, entry, next);
	crowd->strangers_len++;
	crowd->len++;
}

static void
unlink_entry(struct crowd *crowd, struct crowd_entry *entry)
{
	if (entry->known) {
		TAILQ_REMOVE(&crowd->known, entry, next);
		return;
	}
	TAILQ_REMOVE(&crowd->strangers, entry, next);
	crowd->strangers_len--;
}

void
crowd_remove(struct crowd *crowd, struct crowd_entry *entry)
{
	unlink_entry(crowd, entry);
	crowd->prefixes[entry->prefix]--;
	crowd->len--;
}

void
crowd_know(struct crowd *crowd, struct crowd_entry *entry)
{
	if (entry->known)
		return;
	unlink_entry(crowd, entry);
	entry->known = true;
	TAILQ_INSERT_HEAD(&crowd->known, entry, next);
}

struct crowd_entry *
crowd_worst(const struct crowd *crowd)
{
	bool strangers = crowd->strangers_len > crowd->len / STRANGERS_PART;
	const struct crowd_list *list = strangers ? &crowd->strangers : &crowd->known;
	struct crowd_entry *entry = TAILQ_LAST(list, crowd_list), *worst = entry;

	for (unsigned i = 0; entry != NULL && i < LOOK_AT; i++) {
		if (crowd->prefixes[entry->prefix] > crowd->prefixes[worst->prefix])
			worst = entry;
		entry = TAILQ_PREV(entry, crowd_list, next);
	}
	return worst;
}
