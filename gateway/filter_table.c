/* SPDX-License-Identifier: Apache-2.0 */
/* A worker's filters by id, the verdicts of its flows, log lines, hits. */
#include "gateway/filter_table.h"

#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/rnd.h"
#include "gateway/filter_log.h"

#define WAYS 4
#define SETS (FILTER_TABLE_FLOWS / WAYS)
#define CACHE_LINE 64
#define LOG_BURST 50 /* lines in an interval: clients decide how many there could be */
#define LOG_INTERVAL_SEC 10

/* In a verdict's tail, below ports, id and protocol. */
#define TAIL_IPV6 0x01
#define TAIL_LATER 0x02
#define TAIL_PERMIT 0x80

/*
 * A flow and its verdict. The channel stands for the filters and for the client's addresses, of
 * which it has one in each family; channel 0: empty.
 */
struct flow {
	uint64_t chan;
	struct filter_addr peer;
	uint64_t tail;
};

struct flow_set {
	struct flow ways[WAYS]; /* those in use wander to the front, the last one is given up */
};

struct filter_table {
	struct filter *filters;
	struct filter *building; /* its last piece has not come; NULL: none */
	bool spoilt;             /* pieces of building are passed over */
	size_t entries;
	void *flows_block;
	struct flow_set *flows; /* NULL until there is a use */
	uint64_t seed[3];
	struct log_limit log_limit;
};

/* ---- life ---- */

struct filter_table *
filter_table_new(void)
{
	struct filter_table *table = calloc(1, sizeof(*table));

	if (table == NULL)
		return NULL;
	table->log_limit = (struct log_limit){.burst = LOG_BURST, .interval_sec = LOG_INTERVAL_SEC};
	rnd_fill(table->seed, sizeof(table->seed));
	return table;
}

void
filter_table_free(struct filter_table *table)
{
	struct filter *filter, *next;

	if (table == NULL)
		return;
	filter = table->filters;
	HASH_CLEAR(hh, table->filters);
	for (; filter != NULL; filter = next) {
		next = filter->hh.next;
		filter_free(filter);
	}
	filter_free(table->building);
	free(table->flows_block);
	free(table);
}

static struct filter *
find(const struct filter_table *table, uint64_t id)
{
	struct filter *filter;

	HASH_FIND(hh, table->filters, &id, sizeof(id), filter);
	return filter;
}

static void
drop(struct filter_table *table, struct filter *filter)
{
	table->entries -= filter->entries;
	HASH_DEL(table->filters, filter);
	filter_free(filter);
}

/* ---- what auth sends ---- */

static void
spoil(struct filter_table *table, enum err err)
{
	log_err("filter %016llx (%s) is not usable: %s", (unsigned long long)table->building->id,
	    table->building->name, err_str(err));
	table->spoilt = true;
}

static void
abandon(struct filter_table *table)
{
	filter_free(table->building);
	table->building = NULL;
	table->spoilt = false;
}

static enum err
begin(struct filter_table *table, const Ipc__FilterAdd *msg)
{
	abandon(table);
	table->building = filter_new(msg->filter, msg->name);
	return table->building != NULL ? ERR_OK : ERR_NOMEM;
}

static enum err
append(struct filter_table *table, const Ipc__FilterAdd *msg)
{
	enum err err = ERR_OK;

	if (table->entries + table->building->entries + msg->n_entry > FILTER_TABLE_ENTRIES_MAX)
		return ERR_LIMIT;
	for (size_t i = 0; i < msg->n_entry && err == ERR_OK; i++)
		err = filter_append(table->building, msg->entry[i]);
	return err;
}

/* Everything is there: it may be used. */
static enum err
enter(struct filter_table *table)
{
	struct filter *filter = table->building;

	if (HASH_COUNT(table->filters) >= FILTER_TABLE_MAX)
		return ERR_LIMIT;
	filter_finish(filter);
	filter->owned = true;
	HASH_ADD(hh, table->filters, id, sizeof(filter->id), filter);
	if (filter->hh.tbl == NULL)
		return ERR_NOMEM;
	table->entries += filter->entries;
	table->building = NULL;
	return ERR_OK;
}

void
filter_table_add(struct filter_table *table, const Ipc__FilterAdd *msg)
{
	struct filter *known = find(table, msg->filter);
	enum err err = ERR_OK;

	/* The id is a digest: what comes again is the same. */
	if (known != NULL || msg->filter == 0) {
		if (known != NULL && msg->last)
			known->owned = true;
		return;
	}
	if (table->building == NULL || table->building->id != msg->filter)
		err = begin(table, msg);
	if (err != ERR_OK) {
		log_err("filter %016llx is not usable: %s", (unsigned long long)msg->filter,
		    err_str(err));
		return;
	}
	if (!table->spoilt)
		err = append(table, msg);
	if (err == ERR_OK && msg->last && !table->spoilt)
		err = enter(table);
	if (err != ERR_OK)
		spoil(table, err);
	if (msg->last)
		abandon(table);
}

void
filter_table_forget(struct filter_table *table, uint64_t id)
{
	struct filter *filter = find(table, id);

	if (filter != NULL)
		filter->owned = false;
	if (table->building != NULL && table->building->id == id)
		abandon(table);
}

void
filter_table_forget_all(struct filter_table *table)
{
	for (struct filter *filter = table->filters; filter != NULL; filter = filter->hh.next)
		filter->owned = false;
	abandon(table);
}

/* ---- what channels have ---- */

bool
filter_table_has(const struct filter_table *table, uint64_t filter4, uint64_t filter6)
{
	return (filter4 == 0 || (table != NULL && find(table, filter4) != NULL)) &&
	       (filter6 == 0 || (table != NULL && find(table, filter6) != NULL));
}

/* Pages that no flow falls into are never touched. */
static enum err
flows_make(struct filter_table *table)
{
	uintptr_t at;

	if (table->flows != NULL)
		return ERR_OK;
	table->flows_block = calloc(1, SETS * sizeof(struct flow_set) + CACHE_LINE);
	if (table->flows_block == NULL)
		return ERR_NOMEM;
	at = ((uintptr_t)table->flows_block + CACHE_LINE - 1) & ~(uintptr_t)(CACHE_LINE - 1);
	table->flows = (struct flow_set *)at;
	return ERR_OK;
}

/* The filters with these ids, for IPv4 and IPv6. */
static enum err
take(struct filter_table *table, const uint64_t ids[2], const char *user, uint64_t chan,
    struct filter_use *use)
{
	bool logs = false;

	*use = (struct filter_use){.chan = chan};
	if (ids[0] == 0 && ids[1] == 0)
		return ERR_OK;
	if (!filter_table_has(table, ids[0], ids[1]))
		return ERR_NOTFOUND;
	if (flows_make(table) != ERR_OK)
		return ERR_NOMEM;
	for (size_t i = 0; i < 2; i++) {
		if (ids[i] == 0)
			continue;
		use->filters[i] = find(table, ids[i]);
		use->filters[i]->refs++;
		logs |= use->filters[i]->logs;
	}
	if (logs)
		use->user = strdup(user);
	if (!logs || use->user != NULL)
		return ERR_OK;
	filter_table_unuse(use);
	return ERR_NOMEM;
}

enum err
filter_table_use(struct filter_table *table, const Ipc__SessionOpened *opened, uint64_t chan,
    struct filter_use *use)
{
	const uint64_t ids[2] = {opened->policy->filter4, opened->policy->filter6};

	return take(table, ids, opened->username, chan, use);
}

enum err
filter_table_change(struct filter_table *table, const Ipc__SessionUpdate *update, uint64_t chan,
    struct filter_use *use)
{
	const uint64_t ids[2] = {update->filter4, update->filter6};
	struct filter_use other;
	enum err err = take(table, ids, update->username, chan, &other);

	if (err != ERR_OK)
		return err;
	filter_table_unuse(use);
	*use = other;
	return ERR_OK;
}

void
filter_table_unuse(struct filter_use *use)
{
	/* The filter goes with the next report, which tells its last hits. */
	for (size_t i = 0; i < 2; i++)
		if (use->filters[i] != NULL)
			use->filters[i]->refs--;
	free(use->user);
	*use = (struct filter_use){0};
}

/* ---- remembered verdicts ---- */

static inline uint64_t
mix(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static struct flow_set *
set_of(const struct filter_table *table, const struct flow *key)
{
	uint64_t h = mix(key->peer.hi ^ table->seed[0], key->peer.lo ^ table->seed[1]);

	h = mix(h ^ key->chan, key->tail ^ table->seed[2]);
	return &table->flows[h % SETS];
}

static struct flow
key_of(const struct filter_use *use, const struct filter_flow *flow)
{
	return (struct flow){
	    .chan = use->chan,
	    .peer = flow->peer,
	    .tail = (uint64_t)flow->client_port << 48 | (uint64_t)flow->peer_port << 32 |
		    (uint64_t)flow->id << 16 | (uint64_t)flow->proto << 8 |
		    (flow->family == 6 ? TAIL_IPV6 : 0) | (flow->later ? TAIL_LATER : 0),
	};
}

static inline bool
is_same(const struct flow *known, const struct flow *key)
{
	return known->chan == key->chan && known->peer.lo == key->peer.lo &&
	       known->peer.hi == key->peer.hi &&
	       (known->tail & ~(uint64_t)TAIL_PERMIT) == key->tail;
}

/* NULL: not remembered. */
static const struct flow *
recall(struct flow_set *set, const struct flow *key)
{
	for (size_t i = 0; i < WAYS; i++) {
		struct flow *way = &set->ways[i], other;

		if (!is_same(way, key))
			continue;
		if (i == 0)
			return way;
		other = way[-1];
		way[-1] = *way;
		*way = other;
		return way - 1;
	}
	return NULL;
}

static void
remember(struct flow_set *set, const struct flow *key, bool permit)
{
	memmove(&set->ways[1], &set->ways[0], (WAYS - 1) * sizeof(set->ways[0]));
	set->ways[0] = *key;
	if (permit)
		set->ways[0].tail |= TAIL_PERMIT;
}

/* ---- the packet path ---- */

/* A flow that is not remembered. */
static bool
judge_new(struct filter_table *table, const struct filter_use *use, enum filter_direction direction,
    const struct filter_flow *flow)
{
	struct filter *filter = use->filters[flow->family == 6];
	struct filter_verdict verdict = filter_judge(filter, flow);

	/* A later fragment and an error belong to a packet that was counted. */
	if (verdict.line == NULL || flow->later || flow->about)
		return verdict.permit;
	verdict.line->hits++;
	if (verdict.log)
		filter_log_first(&table->log_limit, filter, &verdict, use->user, direction, flow);
	return verdict.permit;
}

bool
filter_table_pass(struct filter_table *table, const struct filter_use *use,
    enum filter_direction direction, const uint8_t *pkt, size_t len)
{
	const struct flow *known;
	struct filter_flow flow;
	struct flow_set *set;
	struct flow key;
	bool permit;

	if (!filter_flow_read(pkt, len, direction, &flow))
		return false;
	key = key_of(use, &flow);
	set = set_of(table, &key);
	known = recall(set, &key);
	if (known != NULL)
		return (known->tail & TAIL_PERMIT) != 0;
	permit = judge_new(table, use, direction, &flow);
	if (!flow.about)
		remember(set, &key, permit);
	return permit;
}

/* ---- hits ---- */

static void
mark_told(struct filter_line *const *lines, size_t len)
{
	for (size_t i = 0; i < len; i++)
		lines[i]->reported = lines[i]->hits;
}

/* Report up to a message's worth of lines from *at on; false: nothing was left, or it was not
 * sent. */
static bool
report_lines(struct filter *filter, size_t *at, filter_hits_fn send, void *arg)
{
	Ipc__FilterHits msg = IPC__FILTER_HITS__INIT;
	struct filter_line *told[FILTER_HITS_BATCH];
	uint32_t lines[FILTER_HITS_BATCH];
	uint64_t hits[FILTER_HITS_BATCH];
	size_t n = 0;

	for (; *at < filter->lines_len && n < ARRAY_LEN(told); (*at)++) {
		struct filter_line *line = &filter->lines[*at];

		if (line->hits == line->reported)
			continue;
		told[n] = line;
		lines[n] = line->line;
		hits[n] = line->hits - line->reported;
		n++;
	}
	if (n == 0)
		return false;
	msg.filter = filter->id;
	msg.line = lines;
	msg.n_line = n;
	msg.hits = hits;
	msg.n_hits = n;
	if (send(&msg, arg) != ERR_OK)
		return false;
	mark_told(told, n);
	return true;
}

void
filter_table_report(struct filter_table *table, filter_hits_fn send, void *arg)
{
	struct filter *filter, *next;

	for (filter = table->filters; filter != NULL; filter = next) {
		size_t at = 0;

		next = filter->hh.next;
		while (send != NULL && report_lines(filter, &at, send, arg)) {
		}
		if (filter->refs == 0 && !filter->owned)
			drop(table, filter);
	}
}
