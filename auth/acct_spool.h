/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accounting requests that were not answered yet, in the state directory: they survive the process
 * and are bounded in number. Files "<16 hex digits of the record's number>.acct", written by a
 * thread (auth/shelf.h): what was written survives the crash of the process at once, and that of
 * the machine when auth/shelf.h has synced it, moments later. A request that is answered before its
 * file was written never is. What is damaged is logged and kept as "<name>.damaged" for whoever
 * wants to look into it.
 */
#ifndef AUTH_ACCT_SPOOL_H
#define AUTH_ACCT_SPOOL_H

#include <stddef.h>

#include "common/attr.h"
#include "common/err.h"
#include "common/ipc.pb-c.h"

#define ACCT_SPOOL_FORMAT 1   /* AccountingRecord.format */
#define ACCT_SPOOL_MAX 100000 /* records; who gives way then is auth/accounting.h's to say */

struct acct_spool;

typedef void (*acct_spool_found_fn)(
    uint64_t number, const Ipc__AccountingRecord *record, void *arg);

/* Takes the directory; room for max records. NULL: memory or threads. */
struct acct_spool *acct_spool_new(int dir_fd, size_t max) MUST_USE;
/* Writes what is queued, then ends. NULL is fine. */
void acct_spool_free(struct acct_spool *spool);
/* What an earlier process left, in the order of the numbers, also when it is more than max. Blocks:
 * at the start only. ERR_SYS, ERR_NOMEM. */
enum err acct_spool_load(struct acct_spool *spool, acct_spool_found_fn found, void *arg) MUST_USE;
/* Keep a record; *number names it and is higher than all before. ERR_FULL; ERR_LIMIT: it is too
 * long; ERR_NOMEM. */
enum err acct_spool_put(
    struct acct_spool *spool, const Ipc__AccountingRecord *record, uint64_t *number) MUST_USE;
/* Write it anew, under the same number. ERR_LIMIT, ERR_NOMEM. */
enum err acct_spool_update(
    struct acct_spool *spool, uint64_t number, const Ipc__AccountingRecord *record) MUST_USE;
/* Forget one that was put or found. */
void acct_spool_remove(struct acct_spool *spool, uint64_t number);
/* Wait until all is on the disk. Blocks: orderly stop and tests. */
void acct_spool_flush(struct acct_spool *spool);

#endif
