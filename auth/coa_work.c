/* SPDX-License-Identifier: Apache-2.0 */
/* What a genuine request asks for, done, and its answer. */
#include <stdlib.h>
#include <string.h>

#include "auth/coa_change.h"
#include "auth/coa_match.h"
#include "auth/coa_parts.h"
#include "auth/radius_profile.h"

void
coa_request_free(struct coa_request *request)
{
	if (request == NULL)
		return;
	if (request->wait != NULL)
		dacl_cancel(request->wait);
	radius_profile_free(request->change);
	secret_free(request->secret);
	free(request);
}

/* ---- answers ---- */

static bool
is_disconnect(const struct coa_request *request)
{
	return radius_packet_code(&request->packet) == RADIUS_DISCONNECT_REQUEST;
}

static enum radius_code
answer_code(const struct coa_request *request, unsigned cause)
{
	if (is_disconnect(request))
		return cause == COA_OK ? RADIUS_DISCONNECT_ACK : RADIUS_DISCONNECT_NAK;
	return cause == COA_OK ? RADIUS_COA_ACK : RADIUS_COA_NAK;
}

static void
log_answer(const struct coa_request *request, unsigned cause)
{
	const char *what = is_disconnect(request) ? "Disconnect-Request" : "CoA-Request";
	char from[IP_STR_MAX];

	ip_endpoint_str(&request->path.from, from);
	if (cause == COA_OK)
		log_notice("%s from %s: done", what, from);
	else
		log_notice("%s from %s: refused, Error-Cause %u", what, from, cause);
}

static void
send_answer(const struct coa_request *request, const void *data, size_t len)
{
	struct coa *coa = request->coa;
	struct coa_listener *listener;

	if (coa->sent != NULL) {
		coa->sent(&request->path, data, len, coa->sent_arg);
		return;
	}
	LL_FOREACH(coa->listeners, listener)
	{
		if (listener->port == request->port && listener->sock != NULL)
			coa_socket_send(listener->sock, &request->path, data, len);
	}
}

/* Proxy-State comes back as it was, in order (RFC 5176 3.1). */
static void
put_proxy_states(const struct coa_request *request, struct radius_request *answer)
{
	struct radius_walk walk = {0};
	struct radius_attr attr;

	while (radius_next(&request->packet, &walk, &attr))
		if (attr.vendor == 0 && attr.type == RADIUS_PROXY_STATE && attr.len > 0)
			radius_put(answer, RADIUS_PROXY_STATE, attr.value, attr.len);
}

void
coa_answer(struct coa_request *request, unsigned cause)
{
	struct radius_request answer;
	struct radius_packet packet;
	struct radius_attr attr;
	bool authenticator = radius_find(&request->packet, 0, RADIUS_MESSAGE_AUTHENTICATOR, &attr);

	log_answer(request, cause);
	radius_request_init(&answer, answer_code(request, cause));
	if (cause != COA_OK)
		radius_put_u32(&answer, RADIUS_ERROR_CAUSE, cause);
	put_proxy_states(request, &answer);
	enum err err =
	    radius_seal_answer(&answer, &request->packet, request->secret, authenticator, &packet);
	radius_request_fini(&answer);
	if (err != ERR_OK) {
		log_err("no answer to a request of RFC 5176: %s", err_str(err));
		return;
	}
	coa_replay_set(request->coa, &request->path.from.addr, &request->packet, &packet);
	send_answer(request, packet.data, packet.len);
}

static void
finish(struct coa_request *request, enum coa_cause cause)
{
	coa_answer(request, cause);
	coa_request_free(request);
}

/* ---- ends ---- */

static enum coa_cause
sessions_end(struct session_table *table, const struct coa_match *match)
{
	enum coa_cause cause;

	/* One user's sessions are as many as there are; he is named, so all of them go. */
	do {
		uint64_t ids[COA_SESSIONS_MAX];
		size_t count;

		cause = coa_match_find(table, match, ids, ARRAY_LEN(ids), &count);
		if (cause == COA_OK && count > 1 && match->username[0] == '\0')
			return COA_MANY_SESSIONS;
		for (size_t i = 0; cause == COA_OK && i < count && i < ARRAY_LEN(ids); i++) {
			struct session *session = session_find(table, ids[i]);

			if (session != NULL)
				session_end(table, session, IPC__CLOSE_CAUSE__CLOSE_ADMIN);
		}
		if (cause != COA_OK || count <= ARRAY_LEN(ids))
			return cause;
	} while (true);
}

static enum coa_cause
disconnect_check(const struct radius_packet *packet)
{
	struct radius_attr attr;

	return radius_find(packet, 0, RADIUS_SERVICE_TYPE, &attr) ? COA_UNSUPPORTED_SERVICE
								  : COA_OK;
}

static void
work_disconnect(struct coa_request *request, const struct coa_match *match)
{
	enum coa_cause cause = disconnect_check(&request->packet);

	if (cause == COA_OK)
		cause = sessions_end(request->coa->config.sessions, match);
	finish(request, cause);
}

/* ---- changes ---- */

static void
change(struct coa_request *request)
{
	const struct coa_config *config = &request->coa->config;
	struct session *session = session_find(config->sessions, request->session);
	enum coa_cause cause = COA_NO_SESSION;

	/* It may have ended while its list was fetched. */
	if (session != NULL && session->state != SESSION_ENDING)
		cause = coa_change_apply(
		    config->sessions, session, request->change, config->update, config->arg);
	if (cause == COA_OK)
		log_of(session_about(session), LOG_INFO, "session %u of %s is changed",
		    session->index, session->username);
	finish(request, cause);
}

static enum err
lines_take(Ipc__AaaProfile *profile, char *const *lines, size_t len)
{
	profile->dacl_ace = calloc(len, sizeof(*profile->dacl_ace));
	if (profile->dacl_ace == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < len; i++) {
		profile->dacl_ace[i] = strdup(lines[i]);
		if (profile->dacl_ace[i] == NULL)
			return ERR_NOMEM;
		profile->n_dacl_ace++;
	}
	return ERR_OK;
}

static void
on_lines(enum err err, char *const *lines, size_t len, void *arg)
{
	struct coa_request *request = arg;
	struct coa *coa = request->coa;

	request->wait = NULL;
	DL_DELETE(coa->waiting, request);
	coa->waiting_len--;
	if (err == ERR_OK)
		err = lines_take(request->change, lines, len);
	if (err == ERR_OK)
		change(request);
	else
		finish(request, COA_NO_RESOURCES);
}

/* Its lines first. */
static enum coa_cause
fetch(struct coa_request *request, const struct session *session)
{
	struct coa *coa = request->coa;
	enum err err;

	if (coa->waiting_len >= COA_WAITS_MAX)
		return COA_NO_RESOURCES;
	err = dacl_fetch(coa->config.dacls, request->group, &request->path.from.addr,
	    &session->facts.server.addr, request->change->dacl, on_lines, request, &request->wait);
	if (err != ERR_OK) {
		log_err("access list %s for session %u cannot be fetched: %s",
		    request->change->dacl, session->index, err_str(err));
		return COA_NO_RESOURCES;
	}
	DL_APPEND(coa->waiting, request);
	coa->waiting_len++;
	return COA_OK;
}

static void
work_change(struct coa_request *request, const struct coa_match *match)
{
	struct session_table *table = request->coa->config.sessions;
	const struct coa_sender sender = {request->group, &request->path.from.addr};
	enum coa_cause cause;
	size_t count = 0;

	cause = coa_change_read(&request->packet, &sender, &request->change);
	if (cause == COA_OK)
		cause = coa_match_find(table, match, &request->session, 1, &count);
	if (cause == COA_OK && count > 1)
		cause = COA_MANY_SESSIONS;
	if (cause != COA_OK || request->change == NULL) {
		finish(request, cause);
		return;
	}
	if (request->change->dacl[0] == '\0') {
		change(request);
		return;
	}
	cause = fetch(request, session_find(table, request->session));
	if (cause != COA_OK)
		finish(request, cause);
}

void
coa_work(struct coa_request *request)
{
	struct coa_match match;
	enum coa_cause cause = coa_match_read(&request->packet, &match);

	if (cause != COA_OK)
		finish(request, cause);
	else if (is_disconnect(request))
		work_disconnect(request, &match);
	else
		work_change(request, &match);
}
