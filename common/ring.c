/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Single-producer, single-consumer ring of variable-sized records.
 *
 * head and tail count bytes since the beginning. A record is a head of 8 bytes (length) and its
 * bytes, rounded up to 8; one that does not fit before the end of the memory is preceded by a wrap
 * marker. Head is published with release and read with acquire, tail likewise.
 *
 * Waking: `asleep` is only ever changed by read-modify-writes, whose order is total. The consumer
 * exchanges 1 into it and then looks for records once more; the producer publishes, then exchanges
 * 0 into it. Whichever comes second reads the other's value and so also sees what the other did
 * before: either the consumer finds the record or the producer sees the sleeper and writes to the
 * eventfd. No wake-up is lost.
 */
#include "common/ring.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define ALIGN 8
#define WRAP UINT32_MAX

struct mark {
	uint32_t len; /* of the record, or WRAP */
	uint32_t unused;
};

struct ring {
	/* producer's own */
	_Alignas(64) size_t head_local; /* = head */
	size_t tail_seen;               /* a tail that was read earlier */
	size_t reserved;                /* bytes of the open reservation */
	size_t skipped;                 /* bytes passed by a wrap before it */
	bool committed;                 /* something since the last kick */
	/* shared */
	_Alignas(64) atomic_size_t head;
	_Alignas(64) atomic_size_t tail;
	_Alignas(64) atomic_int asleep;
	/* constant */
	_Alignas(64) uint8_t *data;
	size_t size;
	int fd;
};

static size_t
record_size(size_t len)
{
	return (sizeof(struct mark) + len + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

static struct mark *
mark_at(const struct ring *ring, size_t pos)
{
	return (struct mark *)(void *)(ring->data + (pos & (ring->size - 1)));
}

struct ring *
ring_new(size_t size)
{
	struct ring *ring;

	assert(size >= 4096 && (size & (size - 1)) == 0 && size <= UINT32_MAX);
	ring = aligned_alloc(64, sizeof(*ring));
	if (ring == NULL)
		return NULL;
	*ring = (struct ring){.size = size};
	atomic_init(&ring->asleep, 1);
	ring->data = aligned_alloc(64, size);
	ring->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (ring->data == NULL || ring->fd < 0) {
		ring_free(ring);
		return NULL;
	}
	return ring;
}

void
ring_free(struct ring *ring)
{
	if (ring == NULL)
		return;
	if (ring->fd >= 0)
		close(ring->fd);
	free(ring->data);
	free(ring);
}

int
ring_fd(const struct ring *ring)
{
	return ring->fd;
}

/* True if n more bytes are free. Asks for the consumer's tail only when the remembered one is not
 * enough. */
static bool
has_room(struct ring *ring, size_t n)
{
	if (ring->size - (ring->head_local - ring->tail_seen) >= n)
		return true;
	ring->tail_seen = atomic_load_explicit(&ring->tail, memory_order_acquire);
	return ring->size - (ring->head_local - ring->tail_seen) >= n;
}

uint8_t *
ring_reserve(struct ring *ring, size_t len)
{
	size_t to_end = ring->size - (ring->head_local & (ring->size - 1));
	size_t need = record_size(len);
	size_t skip = need > to_end ? to_end : 0;

	assert(len <= ring->size / 4);
	if (!has_room(ring, skip + need))
		return NULL;
	if (skip > 0)
		mark_at(ring, ring->head_local)->len = WRAP;
	ring->skipped = skip;
	ring->reserved = len;
	return (uint8_t *)(mark_at(ring, ring->head_local + skip) + 1);
}

void
ring_commit(struct ring *ring, size_t len)
{
	assert(len <= ring->reserved);
	mark_at(ring, ring->head_local + ring->skipped)->len = (uint32_t)len;
	ring->head_local += ring->skipped + record_size(len);
	ring->skipped = 0;
	ring->reserved = 0;
	ring->committed = true;
	atomic_store_explicit(&ring->head, ring->head_local, memory_order_release);
}

void
ring_kick(struct ring *ring)
{
	const uint64_t one = 1;

	if (!ring->committed)
		return;
	ring->committed = false;
	if (atomic_exchange_explicit(&ring->asleep, 0, memory_order_acq_rel) == 0)
		return;
	/* Fails only when the counter is full, and then the descriptor is readable already. */
	if (write(ring->fd, &one, sizeof(one)) < 0)
		return;
}

void
ring_ack(struct ring *ring)
{
	uint64_t count;

	/* Empty is fine: the wake-up was for something that was found before. */
	if (read(ring->fd, &count, sizeof(count)) < 0)
		return;
}

/* True if there is a record; announces sleep when there is none. */
static bool
has_record(struct ring *ring, size_t tail)
{
	if (atomic_load_explicit(&ring->head, memory_order_acquire) != tail)
		return true;
	atomic_exchange_explicit(&ring->asleep, 1, memory_order_acq_rel);
	if (atomic_load_explicit(&ring->head, memory_order_acquire) == tail)
		return false;
	atomic_exchange_explicit(&ring->asleep, 0, memory_order_acq_rel);
	return true;
}

const uint8_t *
ring_peek(struct ring *ring, size_t *len)
{
	size_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
	struct mark *mark;

	if (!has_record(ring, tail))
		return NULL;
	mark = mark_at(ring, tail);
	if (mark->len == WRAP) {
		/* The record behind a wrap was published together with it. */
		tail += ring->size - (tail & (ring->size - 1));
		atomic_store_explicit(&ring->tail, tail, memory_order_release);
		mark = mark_at(ring, tail);
	}
	*len = mark->len;
	return (const uint8_t *)(mark + 1);
}

void
ring_pop(struct ring *ring)
{
	size_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);

	tail += record_size(mark_at(ring, tail)->len);
	atomic_store_explicit(&ring->tail, tail, memory_order_release);
}
