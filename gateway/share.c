/* SPDX-License-Identifier: Apache-2.0 */
/* Shares of a batch: half of it at first, down to a sixteenth as long as the queue stays full. */
#include "gateway/share.h"

#include <string.h>

#define FULL_MIN 8      /* batches: about what a tun queue holds (TUN_READQ_SIZE, 500) */
#define HALVINGS_MAX 4  /* down to a sixteenth */
#define SHARED_MS 10000 /* without packets for another session the queue is one's own */
#define MIX 0x9e3779b97f4a7c15U

void
share_begin(struct share *share, uint64_t now_ms, uint32_t cost, bool full)
{
	unsigned halvings;

	share->full = full ? share->full + 1 : 0;
	share->limit = UINT32_MAX;
	if (share->full < FULL_MIN || !share->shared || now_ms - share->shared_ms > SHARED_MS)
		return;
	halvings = share->full / FULL_MIN;
	share->limit = cost >> (halvings < HALVINGS_MAX ? halvings : HALVINGS_MAX);
	share->salt += MIX;
	memset(share->taken, 0, sizeof(share->taken));
}

bool
share_take(struct share *share, uint64_t now_ms, uint64_t who, uint32_t cost)
{
	uint32_t *taken;

	if (who != share->last) {
		share->shared = share->last != 0;
		share->shared_ms = now_ms;
		share->last = who;
	}
	if (share->limit == UINT32_MAX)
		return true;
	taken = &share->taken[((who ^ share->salt) * MIX) >> 56];
	if (*taken > share->limit)
		return false;
	*taken += cost;
	return true;
}
