/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small files in the state directory, each named by a number and written whole or not at all: what
 * auth/store.h (sessions) and auth/acct_spool.h (accounting) stand on. A thread writes, so the
 * event loop never waits for a disk; of several changes of one file that wait for it only the last
 * is done.
 */
#ifndef AUTH_SHELF_H
#define AUTH_SHELF_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/attr.h"
#include "common/err.h"

struct shelf;

/* The texts must stay. */
struct shelf_config {
	int dir_fd;            /* taken, also when shelf_new() fails */
	const char *suffix;    /* of the files' names, up to 11 bytes: ".session" */
	const char *temporary; /* name of what is being written; nobody else's */
	size_t record_max;     /* bytes; longer ones are refused */
	/* Before a file gets its name its content is on the disk, not only in the system's memory:
	 * a power failure finds no half of one. The name itself is not waited for, and in a rush of
	 * writes neither is the content. */
	bool sync;
	bool aside; /* damaged files get ".damaged" behind their name; else they are removed */
};

enum shelf_verdict {
	SHELF_KEEP,
	SHELF_FORGET,  /* of no use: removed */
	SHELF_DAMAGED, /* what is in it means nothing */
};

/* A file that was found, and is whole. */
typedef enum shelf_verdict (*shelf_found_fn)(
    uint64_t number, const void *data, size_t len, void *arg);

/* NULL: memory or threads. */
struct shelf *shelf_new(const struct shelf_config *config) MUST_USE;
/* Writes what is queued, then ends. NULL is fine. */
void shelf_free(struct shelf *shelf);
/* In no order. Blocks: at the start only. ERR_SYS. */
enum err shelf_load(struct shelf *shelf, shelf_found_fn found, void *arg) MUST_USE;
/* Queue a file, in place of one of that number. ERR_LIMIT: too long; ERR_NOMEM. */
enum err shelf_put(struct shelf *shelf, uint64_t number, const ProtobufCMessage *msg) MUST_USE;
/* Queue a removal; that there is none is fine. ERR_NOMEM. */
enum err shelf_remove(struct shelf *shelf, uint64_t number) MUST_USE;
/* Wait until all is done that was queued. Blocks: orderly stop and tests. */
void shelf_flush(struct shelf *shelf);

#endif
