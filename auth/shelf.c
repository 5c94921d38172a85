/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files: "<16 hex digits of the number><suffix>", written under another name and renamed, so that a
 * reader sees a whole one or none. Content: magic, length, protobuf. After a crash of the machine
 * in a rush a file may be empty or short, which the length tells.
 */
#include "auth/shelf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/table.h"
#include "common/buf.h"
#include "common/log.h"
#include "common/str.h"

#define MAGIC "SEKISHO1"
#define MAGIC_LEN 8
#define DIGITS 16
#define NAME_SIZE 28
#define ASIDE ".damaged"
#define SYNC_WAITING_MAX 64 /* orders; while more wait, speed counts more */
#define RETRY_FIRST_SEC 1   /* doubled up to the last */
#define RETRY_LAST_SEC 16

/* What is to be done about one file; later orders replace earlier ones. */
struct order {
	uint64_t number;
	uint64_t turn; /* rises in the order of arrival */
	uint8_t *data; /* NULL: remove */
	size_t len;
	UT_hash_handle hh;
};

struct shelf {
	struct shelf_config config;
	const struct shelf_io *io;
	void (*before)(void *arg);
	void *before_arg;
	void (*after)(void *arg);
	void *after_arg;
	pthread_t thread;
	bool started;
	/* The thread's: */
	bool failing;         /* the last order failed, and that was logged */
	bool name_unsynced;   /* the directory has changed since it was synced */
	bool data_unsynced;   /* so have files */
	pthread_mutex_t lock; /* covers the rest */
	pthread_cond_t wake;
	pthread_cond_t idle;            /* or nearer to it */
	struct order *orders;           /* in the order of arrival */
	uint64_t turn;                  /* the last one's */
	uint64_t running, running_turn; /* which one the thread is at, while it is busy */
	struct order *failed;           /* to be tried again */
	unsigned retry_sec;
	bool busy;
	bool stopping;
};

static const struct shelf_io system_io = {
    .openat = openat,
    .write = write,
    .fdatasync = fdatasync,
    .close = close,
    .renameat = renameat,
    .unlinkat = unlinkat,
    .fsync = fsync,
    .syncfs = syncfs,
};

static void
name_make(const struct shelf *shelf, uint64_t number, char dst[NAME_SIZE])
{
	snprintf(dst, NAME_SIZE, "%016" PRIx64 "%s", number, shelf->config.suffix);
}

/* ---- writing, on the thread ---- */

static enum err
content_write(const struct shelf *shelf, int fd, const struct order *order)
{
	size_t done = 0;

	while (done < order->len) {
		ssize_t n = shelf->io->write(fd, order->data + done, order->len - done);

		if (n >= 0)
			done += (size_t)n;
		else if (errno != EINTR)
			return ERR_SYS;
	}
	return ERR_OK;
}

/* Until it is renamed there is nothing under its name but what was there. */
static enum err
file_write(struct shelf *shelf, const char *name, const struct order *order, bool sync)
{
	const char *temporary = shelf->config.temporary;
	const struct shelf_io *io = shelf->io;
	int dir_fd = shelf->config.dir_fd, saved;
	int fd = io->openat(
	    dir_fd, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	enum err err;

	if (fd < 0)
		return ERR_SYS;
	err = content_write(shelf, fd, order);
	if (err == ERR_OK && sync && io->fdatasync(fd) < 0)
		err = ERR_SYS;
	saved = errno;
	if (io->close(fd) < 0 && err == ERR_OK) {
		saved = errno;
		err = ERR_SYS;
	}
	if (err == ERR_OK && io->renameat(dir_fd, temporary, dir_fd, name) < 0) {
		saved = errno;
		err = ERR_SYS;
	}
	if (err == ERR_OK) {
		shelf->data_unsynced |= !sync;
		return ERR_OK;
	}
	(void)io->unlinkat(dir_fd, temporary, 0);
	errno = saved;
	return err;
}

static void
log_outcome(struct shelf *shelf, const struct order *order, const char *name, enum err err)
{
	if (err != ERR_OK && !shelf->failing)
		log_err("state directory: cannot %s %s, trying again: %m",
		    order->data != NULL ? "write" : "remove", name);
	if (err == ERR_OK && shelf->failing)
		log_notice("state directory: files can be %s again",
		    order->data != NULL ? "written" : "removed");
	shelf->failing = err != ERR_OK;
}

static enum err
order_run(struct shelf *shelf, const struct order *order, bool sync)
{
	char name[NAME_SIZE];
	enum err err = ERR_OK;

	name_make(shelf, order->number, name);
	if (shelf->before != NULL)
		shelf->before(shelf->before_arg);
	if (order->data != NULL)
		err = file_write(shelf, name, order, sync);
	else if (shelf->io->unlinkat(shelf->config.dir_fd, name, 0) < 0 && errno != ENOENT)
		err = ERR_SYS;
	/* That a file can be removed says nothing about room to write. */
	if (err != ERR_OK || order->data != NULL)
		log_outcome(shelf, order, name, err);
	if (err == ERR_OK)
		shelf->name_unsynced = true;
	return err;
}

/* Nothing waits: time for what was put off. A disk that cannot do it will not do the next write
 * either, which is logged. */
static void
settle(struct shelf *shelf)
{
	if (shelf->data_unsynced)
		(void)shelf->io->syncfs(shelf->config.dir_fd);
	else if (shelf->name_unsynced)
		(void)shelf->io->fsync(shelf->config.dir_fd);
	shelf->data_unsynced = shelf->name_unsynced = false;
}

static void
order_free(struct order *order)
{
	free(order->data);
	free(order);
}

/* To be tried again, unless something newer has come for that file. Under the lock. */
static void
order_failed(struct shelf *shelf, struct order *order)
{
	struct order *newer;

	HASH_FIND(hh, shelf->orders, &order->number, sizeof(order->number), newer);
	if (newer == NULL) {
		HASH_ADD(hh, shelf->failed, number, sizeof(order->number), order);
		if (table_added(order, hh))
			return;
	}
	order_free(order);
}

/* Under the lock. */
static void
retry(struct shelf *shelf)
{
	struct order *order, *tmp;

	HASH_ITER (hh, shelf->failed, order, tmp) {
		HASH_DEL(shelf->failed, order);
		order->turn = ++shelf->turn;
		HASH_ADD(hh, shelf->orders, number, sizeof(order->number), order);
		if (!table_added(order, hh))
			order_free(order);
	}
}

/* Under the lock. */
static void
wait_for_orders(struct shelf *shelf)
{
	struct timespec when;

	if (shelf->failed == NULL) {
		shelf->retry_sec = RETRY_FIRST_SEC;
		pthread_cond_wait(&shelf->wake, &shelf->lock);
		return;
	}
	clock_gettime(CLOCK_MONOTONIC, &when);
	when.tv_sec += shelf->retry_sec;
	if (pthread_cond_timedwait(&shelf->wake, &shelf->lock, &when) == 0)
		return;
	if (shelf->retry_sec < RETRY_LAST_SEC)
		shelf->retry_sec *= 2;
	retry(shelf);
}

/* Under the lock, which is free meanwhile. */
static void
run_next(struct shelf *shelf)
{
	struct order *order = shelf->orders;
	bool wrote = order->data != NULL, sync, last;
	void (*after)(void *arg);
	enum err err;
	void *arg;

	HASH_DEL(shelf->orders, order);
	sync = HASH_COUNT(shelf->orders) < SYNC_WAITING_MAX;
	shelf->busy = true;
	shelf->running = order->number;
	shelf->running_turn = order->turn;
	pthread_mutex_unlock(&shelf->lock);
	err = order_run(shelf, order, sync);
	if (err == ERR_OK)
		order_free(order);
	pthread_mutex_lock(&shelf->lock);
	if (err != ERR_OK)
		order_failed(shelf, order);
	else if (wrote)
		retry(shelf); /* there is room again, perhaps */
	shelf->running = 0;
	after = shelf->after;
	arg = shelf->after_arg;
	last = shelf->orders == NULL;
	pthread_mutex_unlock(&shelf->lock);
	if (after != NULL)
		after(arg);
	if (last)
		settle(shelf);
	pthread_mutex_lock(&shelf->lock);
	shelf->busy = false;
	pthread_cond_broadcast(&shelf->idle);
}

static void *
thread_main(void *arg)
{
	struct shelf *shelf = arg;
	bool last = false;

	pthread_mutex_lock(&shelf->lock);
	for (;;) {
		if (shelf->orders != NULL) {
			run_next(shelf);
			continue;
		}
		if (!shelf->stopping) {
			wait_for_orders(shelf);
		} else if (!last && shelf->failed != NULL) {
			last = true;
			retry(shelf);
		} else {
			break;
		}
	}
	pthread_mutex_unlock(&shelf->lock);
	return NULL;
}

/* ---- queueing ---- */

/* Takes data. */
static enum err
order_add(struct shelf *shelf, uint64_t number, uint8_t *data, size_t len)
{
	struct order *order;
	enum err err = ERR_OK;

	pthread_mutex_lock(&shelf->lock);
	HASH_FIND(hh, shelf->failed, &number, sizeof(number), order);
	if (order != NULL) {
		HASH_DEL(shelf->failed, order);
		order_free(order);
	}
	HASH_FIND(hh, shelf->orders, &number, sizeof(number), order);
	if (order == NULL) {
		order = calloc(1, sizeof(*order));
		if (order != NULL) {
			order->number = number;
			order->turn = ++shelf->turn;
			HASH_ADD(hh, shelf->orders, number, sizeof(order->number), order);
		}
		if (order == NULL || !table_added(order, hh)) {
			free(order);
			free(data);
			err = ERR_NOMEM;
			goto out;
		}
	}
	free(order->data);
	order->data = data;
	order->len = len;
	pthread_cond_signal(&shelf->wake);
out:
	pthread_mutex_unlock(&shelf->lock);
	return err;
}

enum err
shelf_put(struct shelf *shelf, uint64_t number, const ProtobufCMessage *msg)
{
	size_t len = protobuf_c_message_get_packed_size(msg);
	struct buf buf;
	uint8_t *room;

	if (len > shelf->config.record_max)
		return ERR_LIMIT;
	buf_init(&buf, MAGIC_LEN + 4 + len);
	buf_put(&buf, MAGIC, MAGIC_LEN);
	buf_put_u32(&buf, (uint32_t)len);
	room = buf_reserve(&buf, len);
	if (room == NULL || buf.err != ERR_OK) {
		buf_fini(&buf);
		return ERR_NOMEM;
	}
	buf_added(&buf, protobuf_c_message_pack(msg, room));
	return order_add(shelf, number, buf.data, buf.len);
}

enum err
shelf_remove(struct shelf *shelf, uint64_t number)
{
	return order_add(shelf, number, NULL, 0);
}

void
shelf_flush(struct shelf *shelf)
{
	uint64_t last;

	pthread_mutex_lock(&shelf->lock);
	last = shelf->turn; /* what comes meanwhile is not waited for */
	while ((shelf->orders != NULL && shelf->orders->turn <= last) ||
	       (shelf->busy && shelf->running_turn <= last))
		pthread_cond_wait(&shelf->idle, &shelf->lock);
	pthread_mutex_unlock(&shelf->lock);
}

bool
shelf_is_settled(struct shelf *shelf, uint64_t number)
{
	struct order *order;
	bool settled;

	pthread_mutex_lock(&shelf->lock);
	HASH_FIND(hh, shelf->orders, &number, sizeof(number), order);
	settled = order == NULL && !(shelf->busy && shelf->running == number);
	pthread_mutex_unlock(&shelf->lock);
	return settled;
}

void
shelf_after(struct shelf *shelf, void (*fn)(void *arg), void *arg)
{
	pthread_mutex_lock(&shelf->lock);
	shelf->after = fn;
	shelf->after_arg = arg;
	pthread_mutex_unlock(&shelf->lock);
}

void
shelf_before(struct shelf *shelf, void (*fn)(void *arg), void *arg)
{
	shelf->before = fn;
	shelf->before_arg = arg;
}

/* ---- reading, at start ---- */

/* The whole file into buf. ERR_LIMIT when it is bigger than any that was written; ERR_SYNTAX: no
 * file; ERR_SYS, ERR_NOMEM: nothing is known of it. */
static enum err
file_read(int dir_fd, const char *name, struct buf *buf)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	enum err err = ERR_OK;
	struct stat st;

	if (fd < 0)
		return errno == ELOOP || errno == ENXIO ? ERR_SYNTAX : ERR_SYS;
	if (fstat(fd, &st) < 0)
		err = ERR_SYS;
	else if (!S_ISREG(st.st_mode))
		err = ERR_SYNTAX;
	while (err == ERR_OK) {
		uint8_t *room = buf_reserve(buf, 4096);
		ssize_t n;

		if (room == NULL) {
			err = buf->err;
			break;
		}
		n = read(fd, room, 4096);
		if (n == 0)
			break;
		if (n > 0)
			buf_added(buf, (size_t)n);
		else if (errno != EINTR)
			err = ERR_SYS;
	}
	close(fd);
	return err;
}

/* What was put, within the file; NULL: it is not whole. */
static const uint8_t *
content_of(const struct buf *buf, size_t *len)
{
	const uint8_t *magic;
	struct cur cur;

	cur_init(&cur, buf->data, buf->len);
	magic = cur_take(&cur, MAGIC_LEN);
	*len = cur_u32(&cur);
	if (cur.err != ERR_OK || memcmp(magic, MAGIC, MAGIC_LEN) != 0 || *len != cur.left)
		return NULL;
	return cur_take(&cur, *len);
}

static void
set_aside(const struct shelf *shelf, const char *name)
{
	char aside[NAME_SIZE + sizeof(ASIDE)];

	if (!shelf->config.aside) {
		log_warn("state directory: %s is damaged, removed", name);
		(void)shelf->io->unlinkat(shelf->config.dir_fd, name, 0);
		return;
	}
	snprintf(aside, sizeof(aside), "%.*s" ASIDE, (int)NAME_SIZE - 1, name);
	log_err("state directory: %s is damaged, it is %s now", name, aside);
	if (shelf->io->renameat(shelf->config.dir_fd, name, shelf->config.dir_fd, aside) < 0)
		log_err("state directory: cannot rename %s: %m", name);
}

static void
file_load(
    const struct shelf *shelf, const char *name, uint64_t number, shelf_found_fn found, void *arg)
{
	enum shelf_verdict verdict = SHELF_DAMAGED;
	const uint8_t *data = NULL;
	struct buf buf;
	size_t len = 0;
	enum err err;

	/* Room for the reads of whole blocks. */
	buf_init(&buf, shelf->config.record_max + 2 * 4096);
	err = file_read(shelf->config.dir_fd, name, &buf);
	if (err == ERR_OK)
		data = content_of(&buf, &len);
	if (err == ERR_SYS || err == ERR_NOMEM) {
		log_err("state directory: cannot read %s: %m", name);
		verdict = SHELF_KEEP;
	} else if (data != NULL)
		verdict = found(number, data, len, arg);
	buf_fini(&buf);
	if (verdict == SHELF_FORGET)
		(void)shelf->io->unlinkat(shelf->config.dir_fd, name, 0);
	else if (verdict == SHELF_DAMAGED)
		set_aside(shelf, name);
}

/* Files of others are left alone. */
static bool
number_of(const struct shelf *shelf, const char *name, uint64_t *number)
{
	char expected[NAME_SIZE], hex[DIGITS + 1];
	uint8_t bytes[DIGITS / 2];

	if (strlen(name) < DIGITS)
		return false;
	(void)str_copy_n(hex, sizeof(hex), name, DIGITS);
	if (str_unhex(hex, bytes, sizeof(bytes)) != ERR_OK)
		return false;
	*number = 0;
	for (size_t i = 0; i < sizeof(bytes); i++)
		*number = *number << 8 | bytes[i];
	name_make(shelf, *number, expected);
	return strcmp(expected, name) == 0;
}

enum err
shelf_load(struct shelf *shelf, shelf_found_fn found, void *arg)
{
	int fd = openat(shelf->config.dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	uint64_t number;

	if (dir == NULL) {
		if (fd >= 0)
			close(fd);
		return ERR_SYS;
	}
	(void)shelf->io->unlinkat(shelf->config.dir_fd, shelf->config.temporary, 0);
	while ((entry = readdir(dir)) != NULL)
		if (number_of(shelf, entry->d_name, &number))
			file_load(shelf, entry->d_name, number, found, arg);
	closedir(dir);
	return ERR_OK;
}

/* ---- start and end ---- */

struct shelf *
shelf_new(const struct shelf_config *config)
{
	struct shelf *shelf = calloc(1, sizeof(*shelf));
	pthread_condattr_t attr;

	if (shelf == NULL) {
		close(config->dir_fd);
		return NULL;
	}
	shelf->config = *config;
	shelf->io = config->io != NULL ? config->io : &system_io;
	shelf->retry_sec = RETRY_FIRST_SEC;
	pthread_mutex_init(&shelf->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&shelf->wake, &attr);
	pthread_condattr_destroy(&attr);
	pthread_cond_init(&shelf->idle, NULL);
	shelf->started = pthread_create(&shelf->thread, NULL, thread_main, shelf) == 0;
	if (shelf->started)
		return shelf;
	shelf_free(shelf);
	return NULL;
}

void
shelf_free(struct shelf *shelf)
{
	struct order *order, *tmp;

	if (shelf == NULL)
		return;
	pthread_mutex_lock(&shelf->lock);
	shelf->stopping = true;
	pthread_cond_signal(&shelf->wake);
	pthread_mutex_unlock(&shelf->lock);
	if (shelf->started)
		pthread_join(shelf->thread, NULL);
	if (shelf->failed != NULL)
		log_err("state directory: %u files are not as they should be",
		    HASH_COUNT(shelf->failed));
	/* The analyser does not see that what is freed is out of the table. */
	/* NOLINTBEGIN(clang-analyzer-unix.Malloc) */
	HASH_ITER (hh, shelf->failed, order, tmp) {
		HASH_DEL(shelf->failed, order);
		order_free(order);
	}
	/* NOLINTEND(clang-analyzer-unix.Malloc) */
	pthread_cond_destroy(&shelf->wake);
	pthread_cond_destroy(&shelf->idle);
	pthread_mutex_destroy(&shelf->lock);
	close(shelf->config.dir_fd);
	free(shelf);
}
