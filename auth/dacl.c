/* SPDX-License-Identifier: Apache-2.0 */
/* Lists that are there, lists that are being fetched, and who waits for them. */
#include "auth/dacl.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "auth/radius_ask.h"
#include "auth/table.h"
#include "common/log.h"
#include "common/str.h"

#define CHUNKS_MAX 256
#define GROUP_MAX 65
#define LINE_PREFIX "ip:inacl#"
#define AVPAIR 1 /* cisco-av-pair */

struct dacl_line {
	uint32_t number;
	char *text;
};

/* Whose, and its name. Zeroed: all of it is the key. */
struct dacl_key {
	char group[GROUP_MAX];
	char name[DACL_NAME_MAX + 1];
};

struct dacl_list {
	UT_hash_handle hh; /* in the cache: least recently used first */
	struct dacl_key key;
	struct dacl_cache *cache;
	unsigned refs; /* the cache's, and of waits that are told soon */
	bool whole;
	bool cached;
	struct dacl_line *lines; /* until it is whole; then texts has them in order */
	char **texts;
	size_t len;
	size_t cap;
	size_t bytes;
	unsigned chunks;
	struct radius_call *call; /* NULL: none is under way */
	struct ip_addr server;
	struct ip_addr nas;
	struct dacl_wait *waits;
};

struct dacl_wait {
	struct dacl_wait *prev, *next; /* of list->waits, or of cache->ready */
	struct dacl_list *list;
	bool ready;
	enum err err;
	dacl_done_fn done;
	void *arg;
};

struct dacl_cache {
	struct radius_client *client;
	struct dacl_list *lists;
	struct dacl_wait *ready; /* to be told at the top of the loop */
	struct event *tell;
};

static enum err list_ask(struct dacl_list *list, const void *state, size_t state_len);

/* ---- lists ---- */

static void
list_unref(struct dacl_list *list)
{
	if (--list->refs > 0)
		return;
	for (size_t i = 0; i < list->len && list->lines != NULL; i++)
		free(list->lines[i].text);
	for (size_t i = 0; i < list->len && list->texts != NULL; i++)
		free(list->texts[i]);
	free(list->lines);
	free(list->texts);
	free(list);
}

/* Out of the table: whoever asks from now on fetches it anew. */
static void
list_remove(struct dacl_list *list)
{
	if (!list->cached)
		return;
	list->cached = false;
	HASH_DEL(list->cache->lists, list);
	list_unref(list);
}

/* The longest unused goes, but none that is being fetched. */
static void
make_room(struct dacl_cache *cache)
{
	struct dacl_list *list, *next;

	HASH_ITER (hh, cache->lists, list, next) {
		if (HASH_COUNT(cache->lists) < DACL_CACHE_MAX)
			return;
		if (list->whole)
			list_remove(list);
	}
}

static enum err
list_add(struct dacl_cache *cache, struct dacl_list *list)
{
	HASH_ADD(hh, cache->lists, key, sizeof(list->key), list);
	if (!table_added(list, hh))
		return ERR_NOMEM;
	list->cached = true;
	return ERR_OK;
}

static enum err
list_new(struct dacl_cache *cache, const struct dacl_key *key, const struct ip_addr *server,
    const struct ip_addr *nas, struct dacl_list **out)
{
	struct dacl_list *list = calloc(1, sizeof(*list));

	if (list == NULL)
		return ERR_NOMEM;
	list->refs = 1;
	list->cache = cache;
	list->key = *key;
	list->server = *server;
	list->nas = *nas;
	make_room(cache);
	enum err err = list_add(cache, list);
	if (err == ERR_OK)
		err = list_ask(list, NULL, 0);
	if (err == ERR_OK) {
		*out = list;
		return ERR_OK;
	}
	if (list->cached)
		list_remove(list);
	else
		list_unref(list);
	return err;
}

/* ---- who waits ---- */

static void
wait_ready(struct dacl_cache *cache, struct dacl_wait *wait, enum err err)
{
	wait->ready = true;
	wait->err = err;
	wait->list->refs++;
	DL_APPEND(cache->ready, wait);
	event_active(cache->tell, EV_TIMEOUT, 0);
}

static void
on_tell(UNUSED evutil_socket_t fd, UNUSED short what, void *arg)
{
	struct dacl_cache *cache = arg;

	struct dacl_wait *wait;
	size_t len;

	/* One that is told may cancel others, or ask again: no more than were there are told now.
	 */
	DL_COUNT(cache->ready, wait, len);
	for (; len > 0 && cache->ready != NULL; len--) {
		wait = cache->ready;
		struct dacl_list *list = wait->list;
		bool there = wait->err == ERR_OK;

		DL_DELETE(cache->ready, wait);
		wait->done(wait->err, there ? list->texts : NULL, there ? list->len : 0, wait->arg);
		list_unref(list);
		free(wait);
	}
	if (cache->ready != NULL)
		event_active(cache->tell, EV_TIMEOUT, 0);
}

static void
list_end(struct dacl_list *list, enum err err)
{
	struct dacl_cache *cache = list->cache;
	struct dacl_wait *wait, *next;

	DL_FOREACH_SAFE (list->waits, wait, next) {
		DL_DELETE(list->waits, wait);
		wait_ready(cache, wait, err);
	}
	if (err == ERR_OK)
		return;
	log_err("access list %s of aaa-server group %s cannot be had: %s", list->key.name,
	    list->key.group, err_str(err));
	list_remove(list);
}

/* ---- lines ---- */

/* "ip:inacl#N=.." ; anything else is not for us. */
static bool
line_split(const struct radius_attr *attr, char *text, size_t size)
{
	return attr->vendor == RADIUS_VENDOR_CISCO && attr->type == AVPAIR && attr->len < size &&
	       str_copy_n(text, size, (const char *)attr->value, attr->len) == ERR_OK &&
	       strncmp(text, LINE_PREFIX, sizeof(LINE_PREFIX) - 1) == 0;
}

static enum err
line_add(struct dacl_list *list, uint32_t number, const char *text)
{
	size_t bytes = strlen(text) + 1;

	if (list->len >= DACL_LINES_MAX || list->bytes + bytes > DACL_BYTES_MAX)
		return ERR_LIMIT;
	if (list->len == list->cap) {
		size_t cap = list->cap == 0 ? 32 : 2 * list->cap;
		struct dacl_line *lines = reallocarray(list->lines, cap, sizeof(*lines));

		if (lines == NULL)
			return ERR_NOMEM;
		list->lines = lines;
		list->cap = cap;
	}
	struct dacl_line *line = &list->lines[list->len];
	*line = (struct dacl_line){.number = number, .text = strdup(text)};
	if (line->text == NULL)
		return ERR_NOMEM;
	list->len++;
	list->bytes += bytes;
	return ERR_OK;
}

static enum err
lines_read(struct dacl_list *list, const struct radius_packet *packet)
{
	char text[RADIUS_VALUE_MAX + 1];
	struct radius_walk walk = {0};
	struct radius_attr attr;
	enum err err = ERR_OK;

	while (err == ERR_OK && radius_next(packet, &walk, &attr)) {
		uint64_t number;

		if (!line_split(&attr, text, sizeof(text)))
			continue;
		char *digits = text + sizeof(LINE_PREFIX) - 1, *equals = strchr(digits, '=');
		if (equals == NULL)
			return ERR_SYNTAX;
		*equals = '\0';
		err = str_to_u64(digits, 0, UINT32_MAX, &number) != ERR_OK
			  ? ERR_SYNTAX
			  : line_add(list, (uint32_t)number, equals + 1);
	}
	return err;
}

/* By number; equal ones as they came: the sort is stable, since they are in order mostly. */
static void
lines_sort(struct dacl_line *lines, size_t len)
{
	for (size_t i = 1; i < len; i++) {
		struct dacl_line line = lines[i];
		size_t at = i;

		for (; at > 0 && lines[at - 1].number > line.number; at--)
			lines[at] = lines[at - 1];
		lines[at] = line;
	}
}

static enum err
list_finish(struct dacl_list *list)
{
	if (list->len == 0)
		return ERR_SYNTAX;
	list->texts = calloc(list->len, sizeof(*list->texts));
	if (list->texts == NULL)
		return ERR_NOMEM;
	lines_sort(list->lines, list->len);
	for (size_t i = 0; i < list->len; i++)
		list->texts[i] = list->lines[i].text;
	free(list->lines);
	list->lines = NULL;
	list->whole = true;
	return ERR_OK;
}

/* ---- asking ---- */

/* The next piece. A server that brings nothing new, or no State to go on with, would never end. */
static enum err
challenge_take(struct dacl_list *list, const struct radius_packet *packet)
{
	struct radius_attr state;
	size_t before = list->len;
	enum err err = lines_read(list, packet);

	if (err != ERR_OK)
		return err;
	if (list->len == before || !radius_find(packet, 0, RADIUS_STATE, &state))
		return ERR_SYNTAX;
	if (++list->chunks >= CHUNKS_MAX)
		return ERR_LIMIT;
	return list_ask(list, state.value, state.len);
}

static enum err
answer_take(struct dacl_list *list, const struct radius_packet *packet)
{
	enum err err;

	switch (radius_packet_code(packet)) {
	case RADIUS_ACCESS_CHALLENGE:
		err = challenge_take(list, packet);
		return err == ERR_OK ? ERR_AGAIN : err;
	case RADIUS_ACCESS_ACCEPT:
		err = lines_read(list, packet);
		return err != ERR_OK ? err : list_finish(list);
	default:
		return ERR_DENIED;
	}
}

static void
on_answer(const struct radius_result *result, void *arg)
{
	struct dacl_list *list = arg;
	enum err err = ERR_TIMEOUT;

	list->call = NULL;
	if (result->outcome == RADIUS_ANSWERED)
		err = answer_take(list, result->packet);
	if (err == ERR_OK)
		log_info("access list %s of aaa-server group %s: %zu lines", list->key.name,
		    list->key.group, list->len);
	if (err != ERR_AGAIN)
		list_end(list, err);
}

static enum err
list_ask(struct dacl_list *list, const void *state, size_t state_len)
{
	const struct radius_target target = {.group = list->key.group, .server = &list->server};
	struct radius_request request;
	enum err err = radius_ask_dacl(list->key.name, &list->nas, state, state_len, &request);

	if (err == ERR_OK)
		err = radius_client_ask(
		    list->cache->client, &target, &request, on_answer, list, &list->call);
	radius_request_fini(&request);
	return err;
}

/* ---- for others ---- */

struct dacl_cache *
dacl_cache_new(struct loop *loop, struct radius_client *client)
{
	struct dacl_cache *cache = calloc(1, sizeof(*cache));

	if (cache == NULL)
		return NULL;
	cache->client = client;
	cache->tell = event_new(loop_base(loop), -1, 0, on_tell, cache);
	if (cache->tell != NULL)
		return cache;
	free(cache);
	return NULL;
}

void
dacl_cache_free(struct dacl_cache *cache)
{
	struct dacl_list *list, *next_list;
	struct dacl_wait *wait, *next;

	if (cache == NULL)
		return;
	DL_FOREACH_SAFE (cache->ready, wait, next) {
		list_unref(wait->list);
		free(wait);
	}
	HASH_ITER (hh, cache->lists, list, next_list) {
		if (list->call != NULL)
			radius_call_cancel(list->call);
		DL_FOREACH_SAFE (list->waits, wait, next)
			free(wait);
		list_remove(list);
	}
	event_free(cache->tell);
	free(cache);
}

/* There already, or being fetched; then it was used last of all. */
static struct dacl_list *
list_find(struct dacl_cache *cache, const struct dacl_key *key)
{
	struct dacl_list *list;

	HASH_FIND(hh, cache->lists, key, sizeof(*key), list);
	if (list == NULL || HASH_COUNT(cache->lists) == 1)
		return list;
	HASH_DEL(cache->lists, list);
	list->cached = false;
	if (list_add(cache, list) == ERR_OK)
		return list;
	if (list->call != NULL)
		radius_call_cancel(list->call);
	list->call = NULL;
	list->refs++;
	list_end(list, ERR_NOMEM);
	list_unref(list);
	list_unref(list);
	return NULL;
}

enum err
dacl_fetch(struct dacl_cache *cache, const char *group, const struct ip_addr *server,
    const struct ip_addr *nas, const char *name, dacl_done_fn done, void *arg,
    struct dacl_wait **out)
{
	struct dacl_wait *wait;
	struct dacl_list *list;
	struct dacl_key key;
	enum err err = ERR_OK;

	memset(&key, 0, sizeof(key));
	if (name[0] == '\0' || str_copy(key.name, sizeof(key.name), name) != ERR_OK ||
	    str_copy(key.group, sizeof(key.group), group) != ERR_OK)
		return ERR_LIMIT;
	wait = calloc(1, sizeof(*wait));
	if (wait == NULL)
		return ERR_NOMEM;
	list = list_find(cache, &key);
	if (list == NULL)
		err = list_new(cache, &key, server, nas, &list);
	if (err != ERR_OK) {
		free(wait);
		return err;
	}
	wait->done = done;
	wait->arg = arg;
	wait->list = list;
	if (list->whole)
		wait_ready(cache, wait, ERR_OK);
	else
		DL_APPEND(list->waits, wait);
	*out = wait;
	return ERR_OK;
}

void
dacl_cancel(struct dacl_wait *wait)
{
	struct dacl_list *list = wait->list;

	if (wait->ready) {
		DL_DELETE(list->cache->ready, wait);
		list_unref(list);
		free(wait);
		return;
	}
	DL_DELETE(list->waits, wait);
	free(wait);
	if (list->waits != NULL)
		return;
	if (list->call != NULL)
		radius_call_cancel(list->call);
	list->call = NULL;
	list_remove(list);
}
