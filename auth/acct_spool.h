/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accounting requests that were not answered yet, in the state directory: they survive the process,
 * are bounded in number, and nothing goes silently. Writing is done by a thread, as in
 * auth/store.h.
 */
#ifndef AUTH_ACCT_SPOOL_H
#define AUTH_ACCT_SPOOL_H

#include "common/attr.h"
#include "common/err.h"
#include "common/ipc.pb-c.h"

#define ACCT_SPOOL_MAX                                                                             \
	100000 /* records; when it is full an Interim gives way, then the oldest, each logged */

struct acct_spool;

typedef void (*acct_spool_found_fn)(
    uint64_t number, const Ipc__AccountingRecord *record, void *arg);

/* Takes the directory. NULL: memory or threads. */
struct acct_spool *acct_spool_new(int dir_fd) MUST_USE;
/* Writes what is queued, then ends. */
void acct_spool_free(struct acct_spool *spool);
/* What an earlier process left, in order. Blocks: at the start only. ERR_SYS. */
enum err acct_spool_load(struct acct_spool *spool, acct_spool_found_fn found, void *arg) MUST_USE;
/* Keep a record; *number names it and orders it. ERR_NOMEM, ERR_LIMIT. */
enum err acct_spool_put(
    struct acct_spool *spool, const Ipc__AccountingRecord *record, uint64_t *number) MUST_USE;
/* Write it anew, under the same number. */
enum err acct_spool_update(
    struct acct_spool *spool, uint64_t number, const Ipc__AccountingRecord *record) MUST_USE;
void acct_spool_remove(struct acct_spool *spool, uint64_t number);
/* Wait until all is on its way to the disk. Blocks: orderly stop and tests. */
void acct_spool_flush(struct acct_spool *spool);

#endif
