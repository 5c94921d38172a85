/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fairness between the sessions whose packets wait in one queue. While the queue runs empty from
 * time to time everybody gets all. When batch after batch is full, more comes than can be sent, and
 * the kernel drops whose packet it may be: then a session that has more than its share of a batch
 * loses what is above it, before it has cost a seal, so that the queue runs empty again and a ping
 * of another session gets through. One session alone is left alone. Pure.
 */
#ifndef GATEWAY_SHARE_H
#define GATEWAY_SHARE_H

#include <stdbool.h>
#include <stdint.h>

#define SHARE_SLOTS 256

/* Plain value; zero is a queue that was never full. */
struct share {
	unsigned full;      /* batches in a row that were */
	uint64_t last;      /* who had the last packet */
	uint64_t shared_ms; /* when it was another one than before */
	bool shared;
	uint64_t salt;  /* of this batch: who shares a slot with whom does not last */
	uint32_t limit; /* of one session in this batch */
	uint32_t taken[SHARE_SLOTS];
};

/* A batch begins: what all its packets cost together, and whether it was as large as can be. */
void share_begin(struct share *share, uint64_t now_ms, uint32_t cost, bool full);
/* May a session, by a number that is its own, have this packet? */
bool share_take(struct share *share, uint64_t now_ms, uint64_t who, uint32_t cost);

#endif
