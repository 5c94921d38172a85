/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where session records outlive the process. This interface is all that the rest knows: the engine
 * behind it are files in the state directory now, and may be a server shared by several gateways
 * later (design.md 1).
 *
 * Nothing here makes the caller wait for a disk: records are queued and written by a thread, the
 * newest of a session only. A write that fails is logged and harms no session.
 */
#ifndef AUTH_STORE_H
#define AUTH_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/err.h"
#include "common/ipc.pb-c.h"

struct store;

/* A record that was found; false: it is of no use, forget it. The record is borrowed. */
typedef bool (*store_found_fn)(const Ipc__SessionRecord *record, void *arg);

/* Takes the directory. NULL: memory or threads. */
struct store *store_new(int dir_fd) MUST_USE;
/* Writes what is still queued, then ends. */
void store_free(struct store *store);

/* Read all records, before anything is written. Blocks. Damaged and useless ones are logged and
 * removed. ERR_SYS. */
enum err store_load(struct store *store, store_found_fn found, void *arg) MUST_USE;
/* Queue the newest state of a session. ERR_NOMEM, ERR_LIMIT: too big. */
enum err store_put(struct store *store, const Ipc__SessionRecord *record) MUST_USE;
/* Queue the removal of a session. ERR_NOMEM. */
enum err store_remove(struct store *store, uint64_t session) MUST_USE;
/* Before a record is written or removed, on the thread that does it: fn(arg). Once, before the
 * first of them. */
void store_before(struct store *store, void (*fn)(void *arg), void *arg);
/* The same, after each of them was tried; until this is called with NULL, and store_flush(). */
void store_after(struct store *store, void (*fn)(void *arg), void *arg);
/* Was it tried to write or remove what was last queued of this session? */
bool store_is_settled(struct store *store, uint64_t session) MUST_USE;
/* Wait until everything queued is on its way to the disk. Blocks: orderly stop and tests. */
void store_flush(struct store *store);

#endif
