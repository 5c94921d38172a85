/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A worker's filters: those that auth sent, by id, and the verdicts of the flows that pass through
 * it. A verdict depends on nothing but the filter and the flow, so forgetting one costs a search
 * and changes nothing.
 *
 * Belongs to one thread. On the packet path there is no allocation and no lock.
 */
#ifndef GATEWAY_FILTER_TABLE_H
#define GATEWAY_FILTER_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/err.h"
#include "common/ipc.pb-c.h"
#include "gateway/filter.h"
#include "gateway/filter_flow.h"

#define FILTER_TABLE_MAX 4096                 /* filters */
#define FILTER_TABLE_ENTRIES_MAX (512 * 1024) /* of all of them together */
#define FILTER_TABLE_FLOWS 65536              /* verdicts that are remembered, 32 bytes each */
#define FILTER_HITS_BATCH 256                 /* lines in one message */

struct filter_table;

/* What a channel has of the table. All zero: its packets are not filtered. */
struct filter_use {
	struct filter *filters[2]; /* for IPv4, for IPv6; NULL: all pass */
	uint64_t chan;
	char *user; /* for log lines; NULL: none will be written */
};

/* NULL: memory. */
struct filter_table *filter_table_new(void) MUST_USE;
/* No use is left. NULL is fine. */
void filter_table_free(struct filter_table *table);

/*
 * A piece of a filter from auth. What is wrong with it is logged, and the filter is then not there.
 * One that is there already stays what it is.
 */
void filter_table_add(struct filter_table *table, const Ipc__FilterAdd *msg);
/* No new channel will ask for it. */
void filter_table_forget(struct filter_table *table, uint64_t id);
/* The channel to auth broke, and auth begins anew: as if it had said so of all. */
void filter_table_forget_all(struct filter_table *table);

/* Are both there (0 always is)? */
bool filter_table_has(const struct filter_table *table, uint64_t filter4, uint64_t filter6);
/*
 * Filters for a channel with this id, unique in the process and not 0. ERR_NOTFOUND: not there: the
 * channel must not be; ERR_NOMEM. A table of NULL has none.
 */
enum err filter_table_use(struct filter_table *table, const Ipc__SessionOpened *opened,
    uint64_t chan, struct filter_use *use) MUST_USE;
/*
 * Other filters for a channel that has some, or none. chan is another id than the last: what is
 * remembered of its flows counts no more. After an error, as above, it has those that it had.
 */
enum err filter_table_change(struct filter_table *table, const Ipc__SessionUpdate *update,
    uint64_t chan, struct filter_use *use) MUST_USE;
/* The channel is over. Nothing is filtered by this use any more. */
void filter_table_unuse(struct filter_use *use);

/* Are packets of that IP version looked at? */
static inline bool
filter_use_wants(const struct filter_use *use, uint8_t version)
{
	return use->filters[version == 6] != NULL;
}

/*
 * May this packet pass? It was accepted by inner_parse(), len as it says there, and the end that is
 * the client's has an address of the channel. filter_use_wants() its version.
 */
bool filter_table_pass(struct filter_table *table, const struct filter_use *use,
    enum filter_direction direction, const uint8_t *pkt, size_t len) MUST_USE;

/* Send what was counted since the last report. ERR_OK: it counts as told. */
typedef enum err (*filter_hits_fn)(const Ipc__FilterHits *hits, void *arg);
/* Report to send, and let go of what nobody needs. NULL: only that. */
void filter_table_report(struct filter_table *table, filter_hits_fn send, void *arg);

#endif
