/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way of one request: sealed for a server, sent, sent again, given up there and sealed for the
 * next. done() is called from the loop only, with the call forgotten before.
 */
#include <stdlib.h>
#include <string.h>

#include "auth/radius_parts.h"
#include "auth/trace_radius.h"
#include "common/clock.h"
#include "common/str.h"

#define AGAIN_MS 100 /* when the kernel takes no datagram just now */
#define WARN_MS (3600 * 1000)
#define HIDDEN_NAME "*****" /* as the ASA writes the name of somebody who may not be a user */

/* ---- sending ---- */

static void
wire_drop(struct radius_call *call)
{
	if (call->wire != NULL)
		str_wipe(call->wire, call->wire_len);
	free(call->wire);
	call->wire = NULL;
	call->wire_len = 0;
}

/* Get an identifier and seal for the server, if that has not been done. */
static enum err
seal(struct radius_call *call)
{
	struct radius_packet *sealed = &call->client->sealed;
	enum err err;

	if (call->socket != NULL)
		return ERR_OK;
	wire_drop(call);
	err = radius_socket_take(call->server, call);
	if (err != ERR_OK)
		return err;
	err = radius_seal(&call->request, call->id, call->server->set.key, sealed);
	if (err == ERR_OK) {
		call->wire = malloc(sealed->len);
		err = call->wire != NULL ? ERR_OK : ERR_NOMEM;
	}
	if (err != ERR_OK) {
		radius_socket_give_back(call);
		return err;
	}
	call->wire_len = sealed->len;
	memcpy(call->wire, sealed->data, sealed->len);
	return ERR_OK;
}

/* What cannot be sent is as good as lost on the way. */
static void
transmit(struct radius_call *call)
{
	uint64_t now = clock_mono_ms();
	uint64_t left = call->deadline_ms > now ? call->deadline_ms - now : 0;
	uint64_t wait = call->server->set.retry_ms;
	enum err err = seal(call);

	if (err == ERR_OK)
		err = radius_socket_send(call);
	if (err == ERR_OK)
		trace_radius(
		    "request to", &call->server->addr, call->wire, call->wire_len, NULL, 0);
	if (err == ERR_AGAIN)
		wait = AGAIN_MS;
	wait = left < wait ? left : wait;
	radius_due_set(&call->client->dues, &call->due, wait);
}

static void
count_request(struct radius_call *call)
{
	struct radius_counts *counts = &call->server->counts;

	if (call->lane == RADIUS_LANE_ACCOUNTING)
		counts->accountings++;
	else if (call->authorization)
		counts->authorizations++;
	else
		counts->authentications++;
}

static void
begin(struct radius_call *call, struct radius_server *server)
{
	call->server = call->last = server;
	DL_APPEND2(server->calls, call, server_prev, server_next);
	server->calls_len++;
	call->timeouts = 0;
	call->resent = false;
	call->sent_ms = clock_mono_ms();
	call->deadline_ms = call->sent_ms + server->set.timeout_ms;
	count_request(call);
	transmit(call);
}

/* ---- whose turn it is ---- */

static struct radius_server *
choose(const struct radius_call *call)
{
	const struct radius_group *group = call->group;
	struct radius_server *failed = NULL;

	for (size_t i = 0; i < group->len; i++) {
		struct radius_server *server = group->servers[i];

		if ((call->tried & 1U << i) != 0 ||
		    (call->pinned && !ip_eq(&server->addr, &call->pin)))
			continue;
		if (!server->health[call->lane].failed)
			return server;
		if (failed == NULL)
			failed = server;
	}
	/* All are FAILED: where somebody else can be asked, they are left in peace. */
	return call->fallback ? NULL : failed;
}

void
radius_call_over(struct radius_call *call)
{
	radius_call_leave(call);
	radius_due_set(&call->client->dues, &call->due, 0);
}

void
radius_call_go(struct radius_call *call)
{
	struct radius_server *server = choose(call);

	if (server != NULL)
		begin(call, server);
	else
		radius_call_over(call);
}

void
radius_call_leave(struct radius_call *call)
{
	struct radius_server *server = call->server;

	radius_due_clear(&call->client->dues, &call->due);
	radius_socket_give_back(call);
	wire_drop(call);
	if (server == NULL)
		return;
	DL_DELETE2(server->calls, call, server_prev, server_next);
	server->calls_len--;
	call->server = NULL;
}

/* Give the server up and go to the next one. */
static void
move(struct radius_call *call)
{
	struct radius_server *from = call->server;
	size_t place = radius_group_place(call->group, &from->addr);
	const char *lane = call->authorization ? "authorization" : "authentication";
	char addr[IP_STR_MAX];
	unsigned dropped;

	radius_call_leave(call);
	call->tried |= (uint16_t)(1U << place);
	radius_call_go(call);
	/* That nobody at all answers is for the caller to say. */
	if (call->server == NULL || call->lane == RADIUS_LANE_ACCOUNTING ||
	    !log_limit_ok(&call->client->given_up, &dropped))
		return;
	if (dropped > 0)
		log_info("%u more requests were sent to another RADIUS server", dropped);
	log_event(LOGMSG_113014, lane, ip_str(&from->addr, addr), HIDDEN_NAME);
}

/* Nobody waits for a server that is known to be dead. */
static void
move_all(struct radius_server *server, enum radius_lane lane)
{
	struct radius_call *call, *next;

	DL_FOREACH_SAFE2 (server->calls, call, next, server_next)
		if (call->lane == lane)
			move(call);
}

/* ---- time ---- */

static void
finish(struct radius_call *call, struct radius_result *result)
{
	radius_done_fn done = call->done;
	void *arg = call->arg;

	if (call->last != NULL) {
		result->server = call->last->addr;
		result->host = call->last->set.host;
	}
	radius_call_free(call);
	done(result, arg);
}

static void
timed_out(struct radius_call *call)
{
	struct radius_server *server = call->server;
	bool probe = server->health[call->lane].failed;

	if (radius_server_missed(server, call->lane)) {
		move_all(server, call->lane);
		return;
	}
	/* Others may get answers where this one does not. */
	if (probe || ++call->timeouts >= call->group->max_failed) {
		move(call);
		return;
	}
	call->deadline_ms = clock_mono_ms() + server->set.timeout_ms;
	server->counts.retransmissions++;
	call->resent = true;
	transmit(call);
}

void
radius_call_on_due(struct radius_due *due)
{
	struct radius_call *call = CONTAINER_OF(due, struct radius_call, due);
	struct radius_result silent = {.outcome = RADIUS_SILENT};

	if (call->server == NULL) {
		finish(call, &silent);
	} else if (clock_mono_ms() >= call->deadline_ms) {
		timed_out(call);
	} else {
		call->server->counts.retransmissions++;
		call->resent = true;
		transmit(call);
	}
}

/* ---- what came ---- */

static void
answered(struct radius_call *call, const struct radius_packet *answer)
{
	struct radius_counts *counts = &call->server->counts;
	struct radius_result result = {.outcome = RADIUS_ANSWERED, .packet = answer};

	switch (radius_packet_code(answer)) {
	case RADIUS_ACCESS_REJECT:
		counts->rejects++;
		break;
	case RADIUS_ACCESS_CHALLENGE:
		counts->challenges++;
		break;
	default:
		counts->accepts++;
		break;
	}
	/* After a retransmission nobody knows which of the two was answered. */
	if (!call->resent) {
		uint64_t ms = clock_mono_ms() - call->sent_ms;

		counts->trips++;
		counts->trips_ms += ms;
		metric_observe(&counts->times, ms);
	}
	radius_server_answered(call->server, call->lane);
	finish(call, &result);
}

static void
warn_unsigned(struct radius_call *call, const struct radius_packet *answer)
{
	struct radius_server *server = call->server;
	uint64_t now = clock_mono_ms();
	struct radius_attr attr;
	char addr[IP_STR_MAX];

	if (call->lane == RADIUS_LANE_ACCOUNTING || now < server->warn_ms ||
	    radius_find(answer, 0, RADIUS_MESSAGE_AUTHENTICATOR, &attr))
		return;
	server->warn_ms = now + WARN_MS;
	log_warn("RADIUS server %s of group %s sends no Message-Authenticator: its answers could "
		 "be forged (CVE-2024-3596)",
	    ip_str(&server->addr, addr), server->group->name);
}

/* An answer that is not one; without the words the administrator would look in vain. */
static void
warn_wrong(struct radius_call *call, const uint8_t *data, size_t len)
{
	struct radius_client *client = call->client;
	const struct radius_server *server = call->server;
	bool only_unsigned = radius_open_answer(data, len, &client->asked, server->set.key, false,
				 &client->answer) == ERR_OK;
	char addr[IP_STR_MAX];
	unsigned dropped;

	if (!log_limit_ok(&client->wrong, &dropped))
		return;
	if (dropped > 0)
		log_warn("%u more answers of RADIUS servers were dropped", dropped);
	log_warn("RADIUS server %s of group %s: an answer was dropped: %s",
	    ip_str(&server->addr, addr), server->group->name,
	    only_unsigned ? "it has no Message-Authenticator (require-message-authenticator)"
			  : "wrong authenticator; is the key the same at both ends?");
}

void
radius_call_receive(struct radius_socket *sock, const uint8_t *data, size_t len)
{
	struct radius_client *client = sock->client;
	struct radius_server *server = sock->server;
	struct radius_call *call;
	enum err err;

	if (len < RADIUS_HEADER_SIZE) {
		server->counts.malformed++;
		return;
	}
	call = sock->calls[data[1]];
	if (call == NULL) {
		server->counts.unrecognized++;
		return;
	}
	memcpy(client->asked.data, call->wire, RADIUS_HEADER_SIZE);
	client->asked.len = RADIUS_HEADER_SIZE;
	err = radius_open_answer(
	    data, len, &client->asked, server->set.key, server->set.require, &client->answer);
	if (err == ERR_SYNTAX) {
		server->counts.malformed++;
	} else if (err == ERR_NOTFOUND) {
		server->counts.unrecognized++;
	} else if (err != ERR_OK) {
		server->counts.bad_authenticators++;
		warn_wrong(call, data, len);
	} else {
		warn_unsigned(call, &client->answer);
		trace_radius("response of", &server->addr, data, len, call->wire, call->wire_len);
		answered(call, &client->answer);
	}
}

void
radius_call_free(struct radius_call *call)
{
	struct radius_client *client = call->client;

	radius_call_leave(call);
	radius_dues_part(&client->dues, &call->due);
	DL_DELETE(client->calls, call);
	client->calls_len--;
	radius_request_fini(&call->request);
	free(call);
}
