/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files: "<16 hex digits of the session id>.session", written under another name and renamed, so
 * that a reader sees a whole record or none. Content: magic, length, protobuf. After a crash of the
 * machine a file may be empty or short, which the length tells.
 */
#include "auth/store.h"

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

#define RECORD_MAX 16384
#define MAGIC "SEKISHO1"
#define MAGIC_LEN 8
#define SUFFIX ".session"
#define TEMPORARY "record.tmp" /* one writer, one name */
#define NAME_SIZE 32

/* What is to be done about one session; later orders replace earlier ones. */
struct order {
	uint64_t session;
	uint8_t *data; /* NULL: remove */
	size_t len;
	UT_hash_handle hh;
};

struct store {
	int dir_fd;
	pthread_t thread;
	bool started;
	struct log_limit limit; /* of the thread */
	pthread_mutex_t lock;   /* covers the rest */
	pthread_cond_t wake;
	pthread_cond_t idle;
	struct order *orders; /* in the order of arrival */
	bool busy;
	bool stopping;
};

static void
name_make(char dst[NAME_SIZE], uint64_t session)
{
	snprintf(dst, NAME_SIZE, "%016" PRIx64 SUFFIX, session);
}

/* ---- writing, on the thread ---- */

static enum err
file_write(int dir_fd, const char *name, const uint8_t *data, size_t len)
{
	int fd =
	    openat(dir_fd, TEMPORARY, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	enum err err;

	if (fd < 0)
		return ERR_SYS;
	err = buf_write(fd, data, len);
	if (close(fd) < 0)
		err = ERR_SYS;
	if (err == ERR_OK && renameat(dir_fd, TEMPORARY, dir_fd, name) < 0)
		err = ERR_SYS;
	if (err != ERR_OK) {
		int saved = errno;

		unlinkat(dir_fd, TEMPORARY, 0);
		errno = saved;
	}
	return err;
}

static void
order_run(struct store *store, const struct order *order)
{
	char name[NAME_SIZE];
	unsigned suppressed;
	enum err err = ERR_OK;

	name_make(name, order->session);
	if (order->data != NULL)
		err = file_write(store->dir_fd, name, order->data, order->len);
	else if (unlinkat(store->dir_fd, name, 0) < 0 && errno != ENOENT)
		err = ERR_SYS;
	if (err == ERR_OK || !log_limit_ok(&store->limit, &suppressed))
		return;
	log_err("state directory: cannot %s %s: %m (%u more such errors)",
	    order->data != NULL ? "write" : "remove", name, suppressed);
}

static void
order_free(struct order *order)
{
	free(order->data);
	free(order);
}

static void *
thread_main(void *arg)
{
	struct store *store = arg;

	pthread_mutex_lock(&store->lock);
	for (;;) {
		struct order *order = store->orders;

		if (order == NULL) {
			store->busy = false;
			pthread_cond_broadcast(&store->idle);
			if (store->stopping)
				break;
			pthread_cond_wait(&store->wake, &store->lock);
			continue;
		}
		HASH_DEL(store->orders, order);
		store->busy = true;
		pthread_mutex_unlock(&store->lock);
		order_run(store, order);
		order_free(order);
		pthread_mutex_lock(&store->lock);
	}
	pthread_mutex_unlock(&store->lock);
	return NULL;
}

/* ---- queueing ---- */

/* Takes data. */
static enum err
order_add(struct store *store, uint64_t session, uint8_t *data, size_t len)
{
	struct order *order;
	enum err err = ERR_OK;

	pthread_mutex_lock(&store->lock);
	HASH_FIND(hh, store->orders, &session, sizeof(session), order);
	if (order == NULL) {
		order = calloc(1, sizeof(*order));
		if (order != NULL) {
			order->session = session;
			HASH_ADD(hh, store->orders, session, sizeof(order->session), order);
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
	pthread_cond_signal(&store->wake);
out:
	pthread_mutex_unlock(&store->lock);
	return err;
}

enum err
store_put(struct store *store, const Ipc__SessionRecord *record)
{
	size_t len = ipc__session_record__get_packed_size(record);
	struct buf buf;
	uint8_t *room;

	if (len > RECORD_MAX)
		return ERR_LIMIT;
	buf_init(&buf, MAGIC_LEN + 4 + RECORD_MAX);
	buf_put(&buf, MAGIC, MAGIC_LEN);
	buf_put_u32(&buf, (uint32_t)len);
	room = buf_reserve(&buf, len);
	if (room == NULL || buf.err != ERR_OK) {
		buf_fini(&buf);
		return ERR_NOMEM;
	}
	buf_added(&buf, ipc__session_record__pack(record, room));
	return order_add(store, record->session, buf.data, buf.len);
}

enum err
store_remove(struct store *store, uint64_t session)
{
	return order_add(store, session, NULL, 0);
}

void
store_flush(struct store *store)
{
	pthread_mutex_lock(&store->lock);
	while (store->orders != NULL || store->busy)
		pthread_cond_wait(&store->idle, &store->lock);
	pthread_mutex_unlock(&store->lock);
}

/* ---- reading, at start ---- */

/* The whole file into buf. ERR_LIMIT when it is bigger than any record. */
static enum err
file_read(int dir_fd, const char *name, struct buf *buf)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	enum err err = ERR_OK;
	struct stat st;

	if (fd < 0)
		return ERR_SYS;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		err = ERR_SYS;
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

static Ipc__SessionRecord *
record_unpack(const struct buf *buf)
{
	struct cur cur;
	const uint8_t *magic, *data;
	uint32_t len;

	cur_init(&cur, buf->data, buf->len);
	magic = cur_take(&cur, MAGIC_LEN);
	len = cur_u32(&cur);
	if (cur.err != ERR_OK || memcmp(magic, MAGIC, MAGIC_LEN) != 0 || len != cur.left)
		return NULL;
	data = cur_take(&cur, len);
	return data != NULL ? ipc__session_record__unpack(NULL, len, data) : NULL;
}

/* One file; false when it should go. */
static bool
file_load(struct store *store, const char *name, store_found_fn found, void *arg)
{
	Ipc__SessionRecord *record = NULL;
	char expected[NAME_SIZE];
	bool keep = false;
	struct buf buf;
	enum err err;

	buf_init(&buf, 8 * RECORD_MAX);
	err = file_read(store->dir_fd, name, &buf);
	if (err == ERR_OK)
		record = record_unpack(&buf);
	if (record != NULL) {
		name_make(expected, record->session);
		if (strcmp(expected, name) == 0)
			keep = found(record, arg);
		else
			log_warn(
			    "state directory: %s holds another session's record, removed", name);
		ipc__session_record__free_unpacked(record, NULL);
	} else {
		log_warn("state directory: %s is damaged, removed", name);
	}
	buf_fini(&buf);
	return keep;
}

static bool
is_record_name(const char *name)
{
	uint8_t id[8];
	char hex[17];

	if (strlen(name) != 16 + strlen(SUFFIX) || strcmp(name + 16, SUFFIX) != 0)
		return false;
	(void)str_copy_n(hex, sizeof(hex), name, 16);
	return str_unhex(hex, id, sizeof(id)) == ERR_OK;
}

enum err
store_load(struct store *store, store_found_fn found, void *arg)
{
	int fd = openat(store->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	if (dir == NULL) {
		if (fd >= 0)
			close(fd);
		return ERR_SYS;
	}
	(void)unlinkat(store->dir_fd, TEMPORARY, 0);
	while ((entry = readdir(dir)) != NULL) {
		/* Files of others are left alone. */
		if (is_record_name(entry->d_name) && !file_load(store, entry->d_name, found, arg))
			unlinkat(store->dir_fd, entry->d_name, 0);
	}
	closedir(dir);
	return ERR_OK;
}

/* ---- start and end ---- */

struct store *
store_new(int dir_fd)
{
	struct store *store = calloc(1, sizeof(*store));

	if (store == NULL)
		return NULL;
	store->dir_fd = dir_fd;
	store->limit = (struct log_limit){.burst = 5, .interval_sec = 60};
	pthread_mutex_init(&store->lock, NULL);
	pthread_cond_init(&store->wake, NULL);
	pthread_cond_init(&store->idle, NULL);
	store->started = pthread_create(&store->thread, NULL, thread_main, store) == 0;
	if (store->started)
		return store;
	store_free(store);
	return NULL;
}

void
store_free(struct store *store)
{
	if (store == NULL)
		return;
	pthread_mutex_lock(&store->lock);
	store->stopping = true;
	pthread_cond_signal(&store->wake);
	pthread_mutex_unlock(&store->lock);
	if (store->started)
		pthread_join(store->thread, NULL);
	pthread_cond_destroy(&store->wake);
	pthread_cond_destroy(&store->idle);
	pthread_mutex_destroy(&store->lock);
	close(store->dir_fd);
	free(store);
}
