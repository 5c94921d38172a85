/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A vpn-filter as a worker has it: the entries of an access list, compact and split by family, and
 * the hits of its rules. The first entry that fits a flow decides; where none fits, nothing passes.
 * Pure. The table of a worker's filters is filter_table.h.
 */
#ifndef GATEWAY_FILTER_H
#define GATEWAY_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "common/attr.h"
#include "common/err.h"
#include "common/ipc.pb-c.h"
#include "gateway/filter_flow.h"

#define FILTER_NAME_MAX 255
#define FILTER_ENTRIES_MAX 65536 /* conf/acl.h gives no list more */

/* An access list's rule: what its entries count together. */
struct filter_line {
	uint32_t line;
	uint64_t hits;
	uint64_t reported;
};

struct filter_entry4;
struct filter_entry6;

struct filter {
	UT_hash_handle hh; /* filter_table.c: by id */
	uint64_t id;
	unsigned refs; /* filter_table.c */
	bool owned;    /* filter_table.c: auth has not said that it may be forgotten */
	bool logs;     /* an entry wants log lines */
	size_t entries;
	struct filter_entry4 *entries4;
	size_t len4;
	size_t cap4;
	struct filter_entry6 *entries6;
	size_t len6;
	size_t cap6;
	struct filter_line *lines;
	size_t lines_len;
	size_t lines_cap;
	char name[FILTER_NAME_MAX + 1]; /* printable */
};

struct filter_verdict {
	bool permit;
	bool log;
	struct filter_line *line; /* NULL: no entry fits */
};

/* NULL: memory. name is of the access list, for log lines. */
struct filter *filter_new(uint64_t id, const char *name) MUST_USE;
void filter_free(struct filter *filter);
/*
 * Add an entry behind the others. ERR_SYNTAX, ERR_RANGE: it makes no sense; ERR_LIMIT: too many;
 * ERR_NOMEM. After an error the filter is good for nothing.
 */
enum err filter_append(struct filter *filter, const Ipc__FilterEntry *entry) MUST_USE;
/* Give memory back that growing took. */
void filter_finish(struct filter *filter);

/* Judge a flow by the entries. Nothing is counted. */
struct filter_verdict filter_judge(const struct filter *filter, const struct filter_flow *flow);

#endif
