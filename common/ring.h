/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A single-producer, single-consumer ring of variable-sized records in one block of memory, for
 * packets that cross from one worker to another (design 3). No locks; the consumer is woken through
 * an eventfd, once per batch (ring_kick) and only if it sleeps.
 */
#ifndef COMMON_RING_H
#define COMMON_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"

struct ring;

/* size: bytes, a power of two >= 4096. NULL when memory or descriptors are out. */
struct ring *ring_new(size_t size) MUST_USE;
void ring_free(struct ring *ring);
/* The eventfd that becomes readable after a kick; owned by the ring. */
int ring_fd(const struct ring *ring);

/* Producer: room for a record of len bytes (len <= size / 4), contiguous; NULL when full. Then fill
 * and commit. */
uint8_t *ring_reserve(struct ring *ring, size_t len);
/* Publish the record last reserved, with its final length (<= reserved). */
void ring_commit(struct ring *ring, size_t len);
/* Wake the consumer if records were committed since the last kick. */
void ring_kick(struct ring *ring);

/*
 * Consumer: reset the eventfd; call first in the readable callback, then take records until
 * ring_peek() gives NULL. A consumer that stops before must come back by itself: only NULL from
 * ring_peek() asks for another kick.
 */
void ring_ack(struct ring *ring);
/* The oldest record, borrowed until ring_pop(); NULL when empty. */
const uint8_t *ring_peek(struct ring *ring, size_t *len);
void ring_pop(struct ring *ring);

#endif
