/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files: "<16 hex digits of the session id>.session" (auth/shelf.h). Nothing waits for the disk: a
 * session that is so new that its record is not written yet may be lost in a crash.
 */
#include "auth/store.h"

#include <stdlib.h>

#include "auth/shelf.h"
#include "common/log.h"

#define RECORD_MAX 16384

struct store {
	struct shelf *shelf;
};

struct loading {
	store_found_fn found;
	void *arg;
};

enum err
store_put(struct store *store, const Ipc__SessionRecord *record)
{
	return shelf_put(store->shelf, record->session, &record->base);
}

enum err
store_remove(struct store *store, uint64_t session)
{
	return shelf_remove(store->shelf, session);
}

void
store_before(struct store *store, void (*fn)(void *arg), void *arg)
{
	shelf_before(store->shelf, fn, arg);
}

void
store_after(struct store *store, void (*fn)(void *arg), void *arg)
{
	shelf_after(store->shelf, fn, arg);
}

bool
store_is_settled(struct store *store, uint64_t session)
{
	return shelf_is_settled(store->shelf, session);
}

void
store_flush(struct store *store)
{
	shelf_flush(store->shelf);
}

static enum shelf_verdict
on_found(uint64_t number, const void *data, size_t len, void *arg)
{
	Ipc__SessionRecord *record = ipc__session_record__unpack(NULL, len, data);
	enum shelf_verdict verdict = SHELF_DAMAGED;
	const struct loading *loading = arg;

	if (record == NULL)
		return SHELF_DAMAGED;
	/* Another session's record under this name is none. */
	if (record->session == number)
		verdict = loading->found(record, loading->arg) ? SHELF_KEEP : SHELF_FORGET;
	ipc__session_record__free_unpacked(record, NULL);
	return verdict;
}

enum err
store_load(struct store *store, store_found_fn found, void *arg)
{
	struct loading loading = {.found = found, .arg = arg};

	return shelf_load(store->shelf, on_found, &loading);
}

struct store *
store_new(int dir_fd)
{
	const struct shelf_config config = {
	    .dir_fd = dir_fd,
	    .suffix = ".session",
	    .temporary = "record.tmp",
	    .record_max = RECORD_MAX,
	};
	struct store *store = calloc(1, sizeof(*store));
	struct shelf *shelf = shelf_new(&config);

	if (store == NULL || shelf == NULL) {
		shelf_free(shelf);
		free(store);
		return NULL;
	}
	store->shelf = shelf;
	return store;
}

void
store_free(struct store *store)
{
	if (store == NULL)
		return;
	shelf_free(store->shelf);
	free(store);
}
