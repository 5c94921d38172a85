/* SPDX-License-Identifier: Apache-2.0 */
/* Watchers in one short list, visits (connections whose user is watched for) in another, in the
 * order in which they began. */
#include "auth/trace_desk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "common/clock.h"
#include "common/str.h"
#include "common/trace.h"

#define LINE_BYTES 2048 /* longer lines are shown in pieces */

struct watcher {
	uint8_t levels[TRACE_KINDS];
	char user[TRACE_NAME_MAX]; /* "": all */
	struct ip_addr address;    /* family 0: all */
	trace_desk_line_fn line;
	void *arg;
	uint32_t missed; /* lines that he was too slow for */
	struct watcher *prev, *next;
};

/* An event that is held back. */
struct held {
	Ipc__TraceKind kind;
	unsigned level;
	struct held *prev, *next;
	char text[];
};

struct visit {
	struct ip_endpoint client;
	char user[TRACE_NAME_MAX]; /* "": nobody was named yet */
	uint64_t first, last;      /* numbers of its events */
	uint64_t last_ms;
	struct held *held;
	size_t bytes;
	unsigned lost; /* events that did not fit */
	struct visit *prev, *next;
};

struct trace_desk {
	trace_desk_tell_fn tell;
	void *arg;
	struct watcher *watchers;
	unsigned watchers_len;
	struct visit *visits;
	unsigned visits_len;
	size_t bytes;
	uint64_t events;
};

/* The analyser does not follow utlist's lists. */
/* NOLINTBEGIN(clang-analyzer-unix.Malloc,clang-analyzer-core.NullDereference) */

/* ---- lines ---- */

static void
line_send(struct watcher *watcher, const char *line)
{
	char note[80];

	if (watcher->missed > 0) {
		(void)snprintf(note, sizeof(note), "(%u lines left out: this terminal is too slow)",
		    watcher->missed);
		if (!watcher->line(note, watcher->arg)) {
			watcher->missed++;
			return;
		}
		watcher->missed = 0;
	}
	if (!watcher->line(line, watcher->arg))
		watcher->missed++;
}

/* Where a line that is too long is cut: not within a character. */
static size_t
piece_len(const char *text, size_t len)
{
	size_t cut = LINE_BYTES - 1;

	if (len <= cut)
		return len;
	while (cut > LINE_BYTES - 8 && ((unsigned char)text[cut] & 0xc0) == 0x80)
		cut--;
	return cut;
}

static void
text_send(struct watcher *watcher, const char *text)
{
	char raw[LINE_BYTES], line[LINE_BYTES];

	for (;;) {
		size_t len = piece_len(text, strcspn(text, "\n"));

		memcpy(raw, text, len);
		raw[len] = '\0';
		str_printable(line, sizeof(line), raw);
		line_send(watcher, line);
		text += len;
		if (*text == '\n')
			text++;
		if (*text == '\0')
			return;
	}
}

/* ---- visits ---- */

static void
held_drop(struct trace_desk *desk, struct visit *visit)
{
	struct held *held, *tmp;

	DL_FOREACH_SAFE (visit->held, held, tmp)
		free(held);
	visit->held = NULL;
	desk->bytes -= visit->bytes;
	visit->bytes = 0;
	visit->lost = 0;
}

static void
visit_drop(struct trace_desk *desk, struct visit *visit)
{
	held_drop(desk, visit);
	DL_DELETE(desk->visits, visit);
	desk->visits_len--;
	free(visit);
}

static bool
endpoint_eq(const struct ip_endpoint *a, const struct ip_endpoint *b)
{
	return a->port == b->port && ip_eq(&a->addr, &b->addr);
}

/* The connection's visit, which begins with this if need be. NULL: memory. */
static struct visit *
visit_of(struct trace_desk *desk, const struct ip_endpoint *client)
{
	struct visit *visit;

	DL_FOREACH (desk->visits, visit)
		if (endpoint_eq(&visit->client, client))
			break;
	if (visit == NULL) {
		if (desk->visits_len == TRACE_DESK_VISITS_MAX)
			visit_drop(desk, desk->visits);
		visit = calloc(1, sizeof(*visit));
		if (visit == NULL)
			return NULL;
		visit->client = *client;
		visit->first = desk->events;
		DL_APPEND(desk->visits, visit);
		desk->visits_len++;
	}
	visit->last = desk->events;
	visit->last_ms = clock_mono_ms();
	return visit;
}

static void
visit_hold(struct trace_desk *desk, struct visit *visit, const Ipc__Trace *trace)
{
	size_t len = strlen(trace->text);
	size_t bytes = sizeof(struct held) + len + 1;
	struct held *held = NULL;

	if (visit->bytes + bytes <= TRACE_DESK_VISIT_BYTES &&
	    desk->bytes + bytes <= TRACE_DESK_BYTES)
		held = malloc(bytes);
	visit->lost += trace->dropped;
	if (held == NULL) {
		visit->lost++;
		return;
	}
	held->kind = trace->kind;
	held->level = trace->level;
	memcpy(held->text, trace->text, len + 1);
	DL_APPEND(visit->held, held);
	visit->bytes += bytes;
	desk->bytes += bytes;
}

/* ---- who sees what ---- */

static bool
wants(
    const struct watcher *watcher, Ipc__TraceKind kind, unsigned level, const struct ip_addr *addr)
{
	return watcher->levels[kind] >= level &&
	       (watcher->address.family == 0 || ip_eq(&watcher->address, addr));
}

static bool
watches_user(const struct watcher *watcher, const char *user)
{
	return user[0] != '\0' && str_ieq(watcher->user, user);
}

static void
visit_show(const struct visit *visit, struct watcher *watcher)
{
	const struct held *held;
	char note[80];

	DL_FOREACH (visit->held, held)
		if (wants(watcher, held->kind, held->level, &visit->client.addr))
			text_send(watcher, held->text);
	if (visit->lost == 0)
		return;
	(void)snprintf(
	    note, sizeof(note), "(%u trace events left out: too many were held back)", visit->lost);
	line_send(watcher, note);
}

/* One that ended, so far as can be told, before this began, at the same address, and named nobody.
 */
static bool
led_to(const struct visit *earlier, const struct visit *visit)
{
	return earlier->user[0] == '\0' && earlier->last < visit->first &&
	       ip_eq(&earlier->client.addr, &visit->client.addr);
}

/* The user of this connection is known: what was held back is shown to who watches him, and then it
 * is nobody's any more. */
static void
visit_name(struct trace_desk *desk, struct visit *visit, const char *user)
{
	struct watcher *watcher;
	struct visit *other, *tmp;

	DL_FOREACH (desk->watchers, watcher) {
		if (!watches_user(watcher, user))
			continue;
		DL_FOREACH (desk->visits, other)
			if (led_to(other, visit))
				visit_show(other, watcher);
		visit_show(visit, watcher);
	}
	DL_FOREACH_SAFE (desk->visits, other, tmp)
		if (led_to(other, visit))
			visit_drop(desk, other);
	held_drop(desk, visit);
	(void)str_copy(visit->user, sizeof(visit->user), user);
}

/* Events of the processes that the rate limit kept: who sees the next one is told. */
static void
show(struct watcher *watcher, const Ipc__Trace *trace)
{
	char note[80];

	if (trace->dropped > 0) {
		(void)snprintf(note, sizeof(note),
		    "(%u trace events left out: too many at one time)", trace->dropped);
		line_send(watcher, note);
	}
	if (trace->kind != IPC__TRACE_KIND__TRACE_NONE)
		text_send(watcher, trace->text);
}

/* A new connection, which may have the address and port of one that is gone. */
static void
visit_begin(struct trace_desk *desk, const struct ip_endpoint *client)
{
	struct visit *visit, *tmp;

	DL_FOREACH_SAFE (desk->visits, visit, tmp)
		if (endpoint_eq(&visit->client, client))
			visit_drop(desk, visit);
}

/* To those who watch one user; who it is may be known by this event, by those before it, or not
 * yet. */
static void
take_for_users(struct trace_desk *desk, const Ipc__Trace *trace, const struct ip_endpoint *client)
{
	const char *user = trace->username;
	bool hold = false;
	struct watcher *watcher;
	struct visit *visit;

	if (trace->kind == IPC__TRACE_KIND__TRACE_NONE && user[0] == '\0') {
		visit_begin(desk, client);
		return;
	}
	visit = client->port != 0 ? visit_of(desk, client) : NULL;
	if (visit != NULL && user[0] != '\0')
		visit_name(desk, visit, user);
	else if (visit != NULL)
		user = visit->user;
	if (trace->kind == IPC__TRACE_KIND__TRACE_NONE)
		return;
	DL_FOREACH (desk->watchers, watcher) {
		if (watcher->user[0] == '\0' ||
		    !wants(watcher, trace->kind, trace->level, &client->addr))
			continue;
		if (watches_user(watcher, user))
			show(watcher, trace);
		else
			hold = true;
	}
	/* Also where another one was named: who failed may be followed by who does not. */
	if (hold && visit != NULL && trace->username[0] == '\0')
		visit_hold(desk, visit, trace);
}

static bool
has_user_watchers(const struct trace_desk *desk)
{
	const struct watcher *watcher;

	DL_FOREACH (desk->watchers, watcher)
		if (watcher->user[0] != '\0')
			return true;
	return false;
}

static bool
is_sound(const Ipc__Trace *trace, struct ip_endpoint *client)
{
	*client = (struct ip_endpoint){0};
	if ((unsigned)trace->kind >= TRACE_KINDS || trace->level == 0 ||
	    strlen(trace->text) > TRACE_TEXT_MAX + 64 ||
	    strlen(trace->username) >= TRACE_NAME_MAX || trace->client_port > UINT16_MAX)
		return false;
	client->port = (uint16_t)trace->client_port;
	return trace->client_ip.len == 0 ||
	       ip_from_bytes(trace->client_ip.data, trace->client_ip.len, &client->addr) == ERR_OK;
}

void
trace_desk_take(struct trace_desk *desk, const Ipc__Trace *trace)
{
	struct ip_endpoint client;
	struct watcher *watcher;

	if (desk->watchers == NULL || !is_sound(trace, &client))
		return;
	desk->events++;
	DL_FOREACH (desk->watchers, watcher)
		if (watcher->user[0] == '\0' && trace->kind != IPC__TRACE_KIND__TRACE_NONE &&
		    wants(watcher, trace->kind, trace->level, &client.addr))
			show(watcher, trace);
	if (has_user_watchers(desk))
		take_for_users(desk, trace, &client);
}

void
trace_desk_tick(struct trace_desk *desk)
{
	uint64_t now = clock_mono_ms();
	struct visit *visit, *tmp;

	DL_FOREACH_SAFE (desk->visits, visit, tmp)
		if (now - visit->last_ms > (uint64_t)TRACE_DESK_AGE_SEC * 1000)
			visit_drop(desk, visit);
}

size_t
trace_desk_held(const struct trace_desk *desk)
{
	return desk->bytes;
}

/* ---- what is wanted ---- */

/* A watch under construction. */
struct wanted {
	Ipc__TraceKind kinds[TRACE_KINDS];
	uint32_t levels[TRACE_KINDS];
	ProtobufCBinaryData addresses[TRACE_DESK_WATCHERS_MAX];
	Ipc__TraceWatch msg;
};

static void
want_kinds(const struct trace_desk *desk, struct wanted *wanted)
{
	for (unsigned kind = IPC__TRACE_KIND__TRACE_NONE + 1; kind < TRACE_KINDS; kind++) {
		const struct watcher *watcher;
		uint32_t level = 0;

		DL_FOREACH (desk->watchers, watcher)
			if (watcher->levels[kind] > level)
				level = watcher->levels[kind];
		if (level == 0)
			continue;
		wanted->kinds[wanted->msg.n_kind++] = (Ipc__TraceKind)kind;
		wanted->levels[wanted->msg.n_level++] = level;
	}
	wanted->msg.kind = wanted->kinds;
	wanted->msg.level = wanted->levels;
}

/* Every client, unless every watcher names one. */
static void
want_addresses(const struct trace_desk *desk, struct wanted *wanted)
{
	struct watcher *watcher;

	DL_FOREACH (desk->watchers, watcher) {
		if (watcher->address.family == 0) {
			wanted->msg.n_address = 0;
			return;
		}
		wanted->addresses[wanted->msg.n_address++] =
		    (ProtobufCBinaryData){ip_len(&watcher->address), watcher->address.bytes};
	}
	wanted->msg.address = wanted->addresses;
}

void
trace_desk_tell(const struct trace_desk *desk, trace_desk_tell_fn fn, void *arg)
{
	struct wanted wanted = {.msg = IPC__TRACE_WATCH__INIT};

	want_kinds(desk, &wanted);
	want_addresses(desk, &wanted);
	fn(&wanted.msg, arg);
}

/* ---- watchers ---- */

bool
trace_desk_is_watched(const struct trace_desk *desk)
{
	return desk->watchers != NULL;
}

static enum err
watcher_fill(struct watcher *watcher, const Ipc__CtlTrace *request)
{
	if (request->n_kind == 0 || request->n_kind != request->n_level ||
	    strlen(request->username) >= sizeof(watcher->user))
		return ERR_SYNTAX;
	for (size_t i = 0; i < request->n_kind; i++) {
		unsigned kind = (unsigned)request->kind[i];
		uint32_t level = request->level[i];

		if (kind == IPC__TRACE_KIND__TRACE_NONE || kind >= TRACE_KINDS || level == 0 ||
		    level > TRACE_LEVEL_MAX)
			return ERR_SYNTAX;
		watcher->levels[kind] = (uint8_t)level;
	}
	(void)str_copy(watcher->user, sizeof(watcher->user), request->username);
	if (request->address.len == 0)
		return ERR_OK;
	return ip_from_bytes(request->address.data, request->address.len, &watcher->address);
}

/* As an ASA confirms it. */
static void
watcher_greet(struct watcher *watcher)
{
	static const char *const names[TRACE_KINDS] = {
	    [TRACE_XML] = "aggregate-auth xml",
	    [TRACE_SSL] = "aggregate-auth ssl",
	    [TRACE_CA] = "crypto ca",
	    [TRACE_RADIUS] = "radius",
	};
	char address[IP_STR_MAX], text[TRACE_NAME_MAX + 32];

	for (unsigned kind = 0; kind < TRACE_KINDS; kind++) {
		if (watcher->levels[kind] == 0)
			continue;
		(void)snprintf(text, sizeof(text), "debug %s enabled at level %u", names[kind],
		    watcher->levels[kind]);
		text_send(watcher, text);
	}
	if (watcher->user[0] != '\0') {
		(void)snprintf(text, sizeof(text), "debug condition user %s", watcher->user);
		text_send(watcher, text);
	}
	if (watcher->address.family != 0) {
		(void)snprintf(text, sizeof(text), "debug condition address %s",
		    ip_str(&watcher->address, address));
		text_send(watcher, text);
	}
}

enum err
trace_desk_join(
    struct trace_desk *desk, const Ipc__CtlTrace *request, trace_desk_line_fn line, void *arg)
{
	struct watcher *watcher;
	enum err err;

	if (desk->watchers_len == TRACE_DESK_WATCHERS_MAX)
		return ERR_FULL;
	watcher = calloc(1, sizeof(*watcher));
	if (watcher == NULL)
		return ERR_NOMEM;
	err = watcher_fill(watcher, request);
	if (err != ERR_OK) {
		free(watcher);
		return err;
	}
	/* Levels of kinds that are not wanted are 0, which no event's level is; see wants(). */
	watcher->line = line;
	watcher->arg = arg;
	watcher_greet(watcher);
	DL_APPEND(desk->watchers, watcher);
	desk->watchers_len++;
	trace_desk_tell(desk, desk->tell, desk->arg);
	return ERR_OK;
}

void
trace_desk_leave(struct trace_desk *desk, const void *arg)
{
	struct watcher *watcher;

	DL_FOREACH (desk->watchers, watcher)
		if (watcher->arg == arg)
			break;
	if (watcher == NULL)
		return;
	DL_DELETE(desk->watchers, watcher);
	desk->watchers_len--;
	free(watcher);
	if (!has_user_watchers(desk))
		while (desk->visits != NULL)
			visit_drop(desk, desk->visits);
	trace_desk_tell(desk, desk->tell, desk->arg);
}

struct trace_desk *
trace_desk_new(trace_desk_tell_fn tell, void *arg)
{
	struct trace_desk *desk = calloc(1, sizeof(*desk));

	if (desk == NULL)
		return NULL;
	desk->tell = tell;
	desk->arg = arg;
	return desk;
}

void
trace_desk_free(struct trace_desk *desk)
{
	struct watcher *watcher, *tmp;

	if (desk == NULL)
		return;
	while (desk->visits != NULL)
		visit_drop(desk, desk->visits);
	DL_FOREACH_SAFE (desk->watchers, watcher, tmp)
		free(watcher);
	free(desk);
}

/* NOLINTEND(clang-analyzer-unix.Malloc,clang-analyzer-core.NullDereference) */
