/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Those who have not logged in, and which of them gives way when there is no room for one more.
 * That is never the newcomer: a crowd that says nothing would else keep everybody out until its
 * time is up. It is one of the oldest, of a prefix (/24, /64) that has many here, and rather one
 * that has asked for nothing yet. Pure; bounded work and memory.
 */
#ifndef GATEWAY_CROWD_H
#define GATEWAY_CROWD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/ip.h"

#define CROWD_PREFIXES 4096

/* Embedded in what is in the crowd. */
struct crowd_entry {
	TAILQ_ENTRY(crowd_entry) next;
	bool known;
	uint16_t prefix;
};

TAILQ_HEAD(crowd_list, crowd_entry);

struct crowd {
	struct crowd_list strangers; /* newest first */
	struct crowd_list known;     /* have asked for something that makes sense */
	size_t strangers_len;
	size_t len;
	uint64_t salt;                     /* whose prefixes share a count is not to be guessed */
	uint32_t prefixes[CROWD_PREFIXES]; /* how many of each are here, by hash */
};

void crowd_init(struct crowd *crowd);
void crowd_add(struct crowd *crowd, struct crowd_entry *entry, const struct ip_addr *from);
void crowd_remove(struct crowd *crowd, struct crowd_entry *entry);
/* It has sent a whole request. */
void crowd_know(struct crowd *crowd, struct crowd_entry *entry);
/* Who gives way; NULL: nobody is here. */
struct crowd_entry *crowd_worst(const struct crowd *crowd);

#endif
