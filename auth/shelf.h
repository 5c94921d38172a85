/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small files in the state directory, each named by a number and written whole or not at all: what
 * auth/store.h (sessions) and auth/acct_spool.h (accounting) stand on. A thread writes, so the
 * event loop never waits for a disk; of several changes of one file that wait for it only the last
 * is done.
 *
 * Whatever fails or dies at whatever moment: a file holds what it held before, or what it was to
 * hold. What cannot be written (a full disk) is tried again until it can be, unless the process
 * ends before; that it cannot be, and that it can be again, is logged once.
 *
 * What is on the disk and not only in the system's memory counts when the machine crashes: a file's
 * content is synced before it gets its name, and the directory when nothing more waits. Only in a
 * rush, while more than 64 changes wait, is the content synced later, with the directory.
 */
#ifndef AUTH_SHELF_H
#define AUTH_SHELF_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/attr.h"
#include "common/err.h"

struct shelf;

/* What changes the directory, as the system calls of these names: for tests of what fails. */
struct shelf_io {
	int (*openat)(int dir_fd, const char *name, int flags, ...);
	ssize_t (*write)(int fd, const void *data, size_t len);
	int (*fdatasync)(int fd);
	int (*close)(int fd);
	int (*renameat)(int from_fd, const char *from, int to_fd, const char *to);
	int (*unlinkat)(int dir_fd, const char *name, int flags);
	int (*fsync)(int dir_fd);
	int (*syncfs)(int dir_fd);
};

/* The texts must stay. */
struct shelf_config {
	int dir_fd;            /* taken, also when shelf_new() fails */
	const char *suffix;    /* of the files' names, up to 11 bytes: ".session" */
	const char *temporary; /* name of what is being written; nobody else's */
	size_t record_max;     /* bytes; longer ones are refused */
	bool aside; /* damaged files get ".damaged" behind their name; else they are removed */
	const struct shelf_io *io; /* NULL: the system's */
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
/* Writes what is queued, as far as it can be, then ends. NULL is fine. */
void shelf_free(struct shelf *shelf);
/* In no order; files that cannot be read are left alone. Blocks: at the start only. ERR_SYS. */
enum err shelf_load(struct shelf *shelf, shelf_found_fn found, void *arg) MUST_USE;
/* Queue a file, in place of one of that number. ERR_LIMIT: too long; ERR_NOMEM. */
enum err shelf_put(struct shelf *shelf, uint64_t number, const ProtobufCMessage *msg) MUST_USE;
/* Queue a removal; that there is none is fine. ERR_NOMEM. */
enum err shelf_remove(struct shelf *shelf, uint64_t number) MUST_USE;
/* Wait until all was tried that was queued before this call. Blocks: orderly stop and tests. */
void shelf_flush(struct shelf *shelf);
/* Has what was last queued for this number been tried? */
bool shelf_is_settled(struct shelf *shelf, uint64_t number) MUST_USE;
/* Before each write and removal, on the thread: fn(arg), which may block. Once, before the first
 * order. */
void shelf_before(struct shelf *shelf, void (*fn)(void *arg), void *arg);
/* The same, after each of them was tried, and at any time. It is not called any more once this was
 * called with NULL and shelf_flush() has returned. */
void shelf_after(struct shelf *shelf, void (*fn)(void *arg), void *arg);

#endif
