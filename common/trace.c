/* SPDX-License-Identifier: Apache-2.0 */
/* The state of a thread that traces, and the limits of its events. */
#include "common/trace.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/str.h"

#define WINDOW_MS 1000
#define LINE_MAX_LEN 2048 /* of trace_event() */

_Thread_local uint8_t trace_levels[TRACE_KINDS];

/* The rest of the state: not looked at while nothing is wanted. */
static _Thread_local struct {
	trace_emit_fn emit;
	void *arg;
	struct ip_addr addresses[TRACE_ADDRESSES_MAX];
	size_t addresses_len; /* 0: all clients */
	struct ip_endpoint subject;
	uint64_t window_ms; /* when the one second began */
	unsigned events;    /* within it */
	size_t bytes;
	uint32_t dropped; /* not told yet */
} state;

void
trace_start(trace_emit_fn emit, void *arg)
{
	trace_stop();
	state.emit = emit;
	state.arg = arg;
}

void
trace_stop(void)
{
	memset(trace_levels, 0, sizeof(trace_levels));
	memset(&state, 0, sizeof(state));
}

static void
watch_kinds(const Ipc__TraceWatch *watch)
{
	for (size_t i = 0; i < watch->n_kind && i < watch->n_level; i++) {
		unsigned kind = (unsigned)watch->kind[i];
		uint32_t level = watch->level[i];

		if (kind == IPC__TRACE_KIND__TRACE_NONE || kind >= TRACE_KINDS || level == 0)
			continue;
		trace_levels[kind] = level < TRACE_LEVEL_MAX ? (uint8_t)level : TRACE_LEVEL_MAX;
		trace_levels[IPC__TRACE_KIND__TRACE_NONE] = 1;
	}
}

/* Too many addresses are as good as none: who wants less is asked again by auth's own filters. */
static void
watch_addresses(const Ipc__TraceWatch *watch)
{
	state.addresses_len = 0;
	if (watch->n_address > TRACE_ADDRESSES_MAX)
		return;
	for (size_t i = 0; i < watch->n_address; i++)
		if (ip_from_bytes(watch->address[i].data, watch->address[i].len,
			&state.addresses[state.addresses_len]) == ERR_OK)
			state.addresses_len++;
}

void
trace_watch(const Ipc__TraceWatch *watch)
{
	memset(trace_levels, 0, sizeof(trace_levels));
	state.dropped = 0;
	if (watch == NULL || state.emit == NULL)
		return;
	watch_kinds(watch);
	watch_addresses(watch);
}

void
trace_set_subject(const struct ip_endpoint *client)
{
	state.subject = client != NULL ? *client : (struct ip_endpoint){0};
}

const struct ip_endpoint *
trace_subject(void)
{
	return &state.subject;
}

static bool
is_watched(const struct ip_endpoint *client)
{
	for (size_t i = 0; i < state.addresses_len; i++)
		if (ip_eq(&state.addresses[i], &client->addr))
			return true;
	return state.addresses_len == 0;
}

/* One more event of so many bytes: is there room in this second? */
static bool
rate_ok(size_t bytes)
{
	uint64_t now = clock_mono_ms();

	if (now - state.window_ms >= WINDOW_MS) {
		state.window_ms = now;
		state.events = 0;
		state.bytes = 0;
	}
	if (state.events >= TRACE_EVENTS_SEC || state.bytes + bytes > TRACE_BYTES_SEC)
		return false;
	state.events++;
	state.bytes += bytes;
	return true;
}

static void
emit(Ipc__Trace *trace, const struct ip_endpoint *client, size_t bytes)
{
	if (state.emit == NULL)
		return;
	if (client->addr.family != 0) {
		trace->client_ip.data = (uint8_t *)(uintptr_t)client->addr.bytes;
		trace->client_ip.len = ip_len(&client->addr);
		trace->client_port = client->port;
	}
	trace->dropped = state.dropped;
	if (rate_ok(bytes) && state.emit(trace, state.arg))
		state.dropped = 0;
	else
		state.dropped++;
}

void
trace_user_text(Ipc__TraceKind kind, unsigned level, const struct ip_endpoint *client,
    const char *username, const char *text)
{
	Ipc__Trace trace = IPC__TRACE__INIT;
	size_t len = strlen(text);
	char cut[64];
	struct buf whole;

	if (client == NULL)
		client = &state.subject;
	if (!trace_wanted(kind, level) || !is_watched(client))
		return;
	trace.kind = kind;
	trace.level = level;
	trace.username = (char *)(uintptr_t)username;
	trace.text = (char *)(uintptr_t)text;
	if (len <= TRACE_TEXT_MAX) {
		emit(&trace, client, len);
		return;
	}
	(void)snprintf(cut, sizeof(cut), "\n(%zu bytes more)", len - TRACE_TEXT_MAX);
	buf_init(&whole, TRACE_TEXT_MAX + sizeof(cut));
	buf_put(&whole, text, TRACE_TEXT_MAX);
	buf_puts(&whole, cut);
	trace.text = (char *)(uintptr_t)buf_cstr(&whole);
	emit(&trace, client, whole.len);
	buf_fini(&whole);
}

void
trace_text(Ipc__TraceKind kind, unsigned level, const struct ip_endpoint *client, const char *text)
{
	trace_user_text(kind, level, client, "", text);
}

void
trace_event(
    Ipc__TraceKind kind, unsigned level, const struct ip_endpoint *client, const char *fmt, ...)
{
	char raw[LINE_MAX_LEN], line[LINE_MAX_LEN];
	va_list args;

	if (!trace_wanted(kind, level))
		return;
	va_start(args, fmt);
	(void)vsnprintf(raw, sizeof(raw), fmt, args);
	va_end(args);
	str_printable(line, sizeof(line), raw);
	trace_user_text(kind, level, client, "", line);
}

void
trace_user(const struct ip_endpoint *client, const char *username)
{
	if (trace_wanted(IPC__TRACE_KIND__TRACE_NONE, 1))
		trace_user_text(IPC__TRACE_KIND__TRACE_NONE, 1, client, username, "");
}

const char *
trace_printable(char dst[TRACE_NAME_MAX], const char *text)
{
	str_printable(dst, TRACE_NAME_MAX, text != NULL ? text : "");
	return dst;
}
