/* SPDX-License-Identifier: Apache-2.0 */
/* Threat detection on the control socket: how each service is, what is held against whom, and an
 * administrator's word. */
#include <stdlib.h>
#include <string.h>

#include "auth/control_parts.h"
#include "auth/threat.h"
#include "common/clock.h"

static const struct conf *
conf_of(const struct caller *caller)
{
	return session_table_config(caller->control->config.sessions)->conf;
}

/* ---- services ---- */

static enum err
send_threat(struct caller *caller)
{
	const struct threat *threat = caller->control->config.threat;
	Ipc__CtlThreat msg = IPC__CTL_THREAT__INIT;
	struct threat_service service;
	enum err err;

	if (threat == NULL || caller->count >= SHUN_BY_HAND)
		return ERR_NOTFOUND;
	threat_show(threat, conf_of(caller), (enum shun_service)caller->count, &service);
	msg.name = (char *)(uintptr_t)shun_service_name(service.service);
	msg.enabled = service.enabled;
	msg.hold_down = service.hold_down;
	msg.threshold = service.threshold;
	msg.failed = service.failed;
	msg.blocking = service.blocking;
	msg.recording = service.recording;
	err = ipc_send(caller->ipc, IPC__MSG_TYPE__MSG_CTL_THREAT, &msg.base);
	if (err == ERR_OK)
		caller->count++;
	return err;
}

void
control_threat_services(
    struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct caller *caller = arg;

	(void)ipc, (void)id, (void)msg, (void)fd;
	if (!control_begin(caller))
		return;
	caller->send_next = send_threat;
	control_again(caller, 0);
}

/* ---- sources ---- */

/* Copies: they may come and go while the list is sent. */
struct sources {
	struct shun_source *list;
	size_t len, cap, next;
	bool shunned; /* only those */
	bool chosen;  /* only these two */
	struct ip_prefix prefixes[2];
	bool failed;
};

static void
sources_free(void *arg)
{
	struct sources *sources = arg;

	free(sources->list);
	free(sources);
}

static bool
is_wanted(const struct sources *sources, const struct shun_source *source)
{
	if (sources->shunned && source->since == 0)
		return false;
	return !sources->chosen ||
	       memcmp(&source->prefix, &sources->prefixes[0], sizeof(source->prefix)) == 0 ||
	       memcmp(&source->prefix, &sources->prefixes[1], sizeof(source->prefix)) == 0;
}

static void
on_source(const struct shun_source *source, void *arg)
{
	struct sources *sources = arg;

	if (!is_wanted(sources, source) || sources->failed)
		return;
	if (sources->len == sources->cap) {
		size_t cap = 2 * sources->cap + 64;
		void *grown = reallocarray(sources->list, cap, sizeof(*sources->list));

		sources->failed = grown == NULL;
		if (grown == NULL)
			return;
		sources->list = grown;
		sources->cap = cap;
	}
	sources->list[sources->len++] = *source;
}

static enum err
send_source(struct caller *caller)
{
	struct sources *sources = caller->work;
	int64_t now = (int64_t)clock_wall_sec();
	Ipc__CtlSource msg = IPC__CTL_SOURCE__INIT;
	Ipc__ShunPrefix prefix = IPC__SHUN_PREFIX__INIT;
	struct shun_source *source;
	enum err err;

	if (sources->next == sources->len)
		return ERR_NOTFOUND;
	source = &sources->list[sources->next];
	prefix.address.data = source->prefix.addr.bytes;
	prefix.address.len = ip_len(&source->prefix.addr);
	prefix.len = source->prefix.len;
	msg.prefix = &prefix;
	msg.failed = source->failed;
	msg.n_failed = SHUN_BY_HAND;
	for (size_t i = 0; i < SHUN_SERVICES; i++)
		msg.last = source->last[i] > msg.last ? source->last[i] : msg.last;
	msg.shunned = source->since != 0;
	if (msg.shunned) {
		msg.service = (char *)(uintptr_t)shun_service_name(source->service);
		msg.since = source->since;
		msg.remaining = source->until == SHUN_EVER ? -1
				: source->until > now      ? source->until - now
							   : 0;
	}
	err = ipc_send(caller->ipc, IPC__MSG_TYPE__MSG_CTL_SOURCE, &msg.base);
	if (err == ERR_OK) {
		sources->next++;
		caller->count++;
	}
	return err;
}

void
control_threat_sources(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	const Ipc__CtlSources *request = (const Ipc__CtlSources *)msg;
	struct caller *caller = arg;
	struct shun *shun = caller->control->config.shun;
	struct sources *sources;
	struct ip_addr addr;

	(void)ipc, (void)id, (void)fd;
	if (!control_begin(caller))
		return;
	caller->send_next = send_source;
	sources = calloc(1, sizeof(*sources));
	if (!control_work(caller, sources, sources_free))
		return;
	sources->shunned = request->shunned;
	if (ip_from_bytes(request->address.data, request->address.len, &addr) == ERR_OK) {
		sources->chosen = true;
		shun_prefixes(&addr, sources->prefixes);
	}
	if (shun != NULL)
		shun_each(shun, on_source, sources);
	if (sources->failed)
		control_close(caller);
	else
		control_again(caller, 0);
}

/* ---- an administrator's word ---- */

void
control_threat_describe(const ProtobufCMessage *msg, struct buf *out)
{
	const Ipc__CtlShun *shun = (const Ipc__CtlShun *)msg;
	char text[IP_STR_MAX];
	struct ip_addr addr;

	if (ip_from_bytes(shun->address.data, shun->address.len, &addr) == ERR_OK)
		buf_printf(out, "%sshun %s", shun->lift ? "no " : "", ip_str(&addr, text));
	else
		buf_puts(out, "clear shun");
}

/* The address, and the network around it: the address is to be free afterwards. */
static uint32_t
lift(struct shun *shun, const struct ip_addr *addr)
{
	struct ip_prefix prefixes[2];
	uint32_t lifted = 0;

	shun_prefixes(addr, prefixes);
	for (size_t i = 0; i < 2; i++) {
		struct shun_source *source = shun_find(shun, &prefixes[i]);

		if (source != NULL && (i == 0 || source->since != 0))
			lifted += shun_lift(shun, source);
	}
	return lifted;
}

void
control_threat_run(struct caller *caller, const ProtobufCMessage *msg)
{
	const Ipc__CtlShun *request = (const Ipc__CtlShun *)msg;
	struct shun *shun = caller->control->config.shun;
	struct shun_source *source = NULL;
	struct ip_prefix prefixes[2];
	struct ip_addr addr;

	if (shun == NULL) {
		control_answer(caller, "nobody can be shunned", "");
	} else if (ip_from_bytes(request->address.data, request->address.len, &addr) != ERR_OK) {
		caller->count = (uint32_t)shun_clear(shun);
		control_answer(caller, "", "");
	} else if (request->lift) {
		caller->count = lift(shun, &addr);
		control_answer(caller, caller->count > 0 ? "" : "the address is not shunned", "");
	} else if (threat_is_exempt(conf_of(caller), &addr)) {
		control_answer(caller, "the address is one of threat-detection.exceptions", "");
	} else {
		shun_prefixes(&addr, prefixes);
		source = shun_get(shun, &prefixes[0]);
		if (source == NULL) {
			control_close(caller);
			return;
		}
		shun_add(shun, source, SHUN_BY_HAND, 0);
		caller->count = 1;
		control_answer(caller, "", "");
	}
}
