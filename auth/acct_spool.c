/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers go on where an earlier process' files end, so that their order is that of time. */
#include "auth/acct_spool.h"

#include <stdlib.h>

#include "auth/shelf.h"
#include "common/log.h"

#define RECORD_MAX 8192 /* a packet has 4096 bytes, and 16 servers can have answered */

struct acct_spool {
	struct shelf *shelf;
	size_t max;
	size_t len;
	uint64_t last; /* number */
};

/* ---- reading, at start ---- */

struct found {
	uint64_t number;
	Ipc__AccountingRecord *record;
};

struct loading {
	struct found *list;
	size_t len, cap;
	enum err err;
};

static enum err
found_add(struct loading *loading, uint64_t number, Ipc__AccountingRecord *record)
{
	if (loading->len == loading->cap) {
		size_t cap = loading->cap == 0 ? 256 : 2 * loading->cap;
		struct found *list = reallocarray(loading->list, cap, sizeof(*list));

		if (list == NULL)
			return ERR_NOMEM;
		loading->list = list;
		loading->cap = cap;
	}
	loading->list[loading->len++] = (struct found){.number = number, .record = record};
	return ERR_OK;
}

/* 0 names nothing, and after the highest there must be more. */
static bool
is_sound(uint64_t number, const Ipc__AccountingRecord *record)
{
	return number != 0 && number < UINT64_MAX / 2 && record->format == ACCT_SPOOL_FORMAT;
}

static enum shelf_verdict
on_found(uint64_t number, const void *data, size_t len, void *arg)
{
	Ipc__AccountingRecord *record = ipc__accounting_record__unpack(NULL, len, data);
	struct loading *loading = arg;

	if (record == NULL)
		return SHELF_DAMAGED;
	if (!is_sound(number, record)) {
		ipc__accounting_record__free_unpacked(record, NULL);
		return SHELF_DAMAGED;
	}
	if (loading->err == ERR_OK)
		loading->err = found_add(loading, number, record);
	if (loading->err != ERR_OK)
		ipc__accounting_record__free_unpacked(record, NULL);
	return SHELF_KEEP;
}

static int
by_number(const void *a, const void *b)
{
	uint64_t x = ((const struct found *)a)->number, y = ((const struct found *)b)->number;

	return (x > y) - (x < y);
}

enum err
acct_spool_load(struct acct_spool *spool, acct_spool_found_fn found, void *arg)
{
	struct loading loading = {0};
	enum err err = shelf_load(spool->shelf, on_found, &loading);

	if (loading.len > 0)
		qsort(loading.list, loading.len, sizeof(*loading.list), by_number);
	for (size_t i = 0; i < loading.len; i++) {
		spool->last = loading.list[i].number;
		spool->len++;
		found(loading.list[i].number, loading.list[i].record, arg);
		ipc__accounting_record__free_unpacked(loading.list[i].record, NULL);
	}
	free(loading.list);
	return err != ERR_OK ? err : loading.err;
}

/* ---- writing ---- */

enum err
acct_spool_put(struct acct_spool *spool, const Ipc__AccountingRecord *record, uint64_t *number)
{
	enum err err;

	if (spool->len >= spool->max)
		return ERR_FULL;
	*number = ++spool->last;
	err = shelf_put(spool->shelf, *number, &record->base);
	if (err == ERR_OK)
		spool->len++;
	return err;
}

enum err
acct_spool_update(struct acct_spool *spool, uint64_t number, const Ipc__AccountingRecord *record)
{
	return shelf_put(spool->shelf, number, &record->base);
}

void
acct_spool_remove(struct acct_spool *spool, uint64_t number)
{
	enum err err = shelf_remove(spool->shelf, number);

	if (err != ERR_OK)
		log_err("accounting: a record that was sent stays in the state directory: %s",
		    err_str(err));
	spool->len--;
}

void
acct_spool_flush(struct acct_spool *spool)
{
	shelf_flush(spool->shelf);
}

/* ---- start and end ---- */

struct acct_spool *
acct_spool_new(int dir_fd, size_t max)
{
	const struct shelf_config config = {
	    .dir_fd = dir_fd,
	    .suffix = ".acct",
	    .temporary = "acct.tmp",
	    .record_max = RECORD_MAX,
	    .aside = true,
	};
	struct acct_spool *spool = calloc(1, sizeof(*spool));
	struct shelf *shelf = shelf_new(&config);

	if (spool == NULL || shelf == NULL) {
		shelf_free(shelf);
		free(spool);
		return NULL;
	}
	spool->shelf = shelf;
	spool->max = max;
	return spool;
}

void
acct_spool_free(struct acct_spool *spool)
{
	if (spool == NULL)
		return;
	shelf_free(spool->shelf);
	free(spool);
}
