/* SPDX-License-Identifier: Apache-2.0 */
/* A timer for each. */
#include "auth/delay.h"

#include <event2/event.h>
#include <stdlib.h>

#include "auth/table.h"
#include "common/str.h"

struct held {
	struct delay_line *line;
	Ipc__AuthReply *reply;
	struct event *timer;
	delay_fn fn;
	void *arg;
	struct held *prev, *next;
};

struct delay_line {
	struct loop *loop;
	struct held *held;
	unsigned len;
};

/* NULL: memory. */
static Ipc__AuthReply *
copy(const Ipc__AuthReply *reply)
{
	size_t len = ipc__auth_reply__get_packed_size(reply);
	uint8_t *bytes = malloc(len + 1);
	Ipc__AuthReply *out;

	if (bytes == NULL)
		return NULL;
	(void)ipc__auth_reply__pack(reply, bytes);
	out = ipc__auth_reply__unpack(NULL, len, bytes);
	str_wipe(bytes, len);
	free(bytes);
	return out;
}

static void
held_free(struct held *held)
{
	if (held->reply != NULL) {
		for (size_t i = 0; i < held->reply->n_field; i++)
			str_wipe(
			    held->reply->field[i]->value.data, held->reply->field[i]->value.len);
		ipc__auth_reply__free_unpacked(held->reply, NULL);
	}
	if (held->timer != NULL)
		event_free(held->timer);
	free(held);
}

static void
on_timer(UNUSED evutil_socket_t fd, UNUSED short what, void *arg)
{
	struct held *held = arg;

	DL_DELETE(held->line->held, held);
	held->line->len--;
	held->fn(held->reply, held->arg);
	held_free(held);
}

enum err
delay_add(struct delay_line *line, const Ipc__AuthReply *reply, unsigned ms, delay_fn fn, void *arg)
{
	const struct timeval after = {
	    .tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000};
	struct held *held;

	if (line->len >= DELAY_MAX)
		return ERR_LIMIT;
	held = calloc(1, sizeof(*held));
	if (held == NULL)
		return ERR_NOMEM;
	*held = (struct held){.line = line, .fn = fn, .arg = arg};
	held->reply = copy(reply);
	held->timer = evtimer_new(loop_base(line->loop), on_timer, held);
	if (held->reply == NULL || held->timer == NULL || evtimer_add(held->timer, &after) != 0) {
		held_free(held);
		return ERR_NOMEM;
	}
	DL_APPEND(line->held, held);
	line->len++;
	return ERR_OK;
}

struct delay_line *
delay_new(struct loop *loop)
{
	struct delay_line *line = calloc(1, sizeof(*line));

	if (line != NULL)
		line->loop = loop;
	return line;
}

void
delay_free(struct delay_line *line)
{
	struct held *held, *tmp;

	if (line == NULL)
		return;
	DL_FOREACH_SAFE (line->held, held, tmp) {
		DL_DELETE(line->held, held);
		free(held->arg);
		held_free(held);
	}
	free(line);
}
