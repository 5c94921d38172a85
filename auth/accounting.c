/* SPDX-License-Identifier: Apache-2.0 */
/* What is told of a session, and when. */
#include "auth/accounting.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/acct_queue.h"
#include "auth/radius_ask.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/str.h"

#define HOUR_SEC 3600
/* Sessions that log in together should not all be accounted in one second: theirs are so much
 * early. */
#define SPREAD_SEC 600

/* The two that acct_queue puts have 6 bytes each. */
#define ATTRIBUTES_MAX (RADIUS_PACKET_MAX - RADIUS_HEADER_SIZE - 2 * 6)

/* Acct-Status-Type, Acct-Authentic (RFC 2866 5.1, 5.6). */
enum status { STATUS_START = 1, STATUS_STOP = 2, STATUS_INTERIM = 3 };
enum authentic { AUTHENTIC_RADIUS = 1, AUTHENTIC_LOCAL = 2 };

/* Acct-Terminate-Cause (RFC 2866 5.10, asa.md 6.2). */
enum terminate {
	TERMINATE_USER_REQUEST = 1,
	TERMINATE_LOST_CARRIER = 2,
	TERMINATE_IDLE_TIMEOUT = 4,
	TERMINATE_SESSION_TIMEOUT = 5,
	TERMINATE_ADMIN_RESET = 6,
	TERMINATE_ADMIN_REBOOT = 7,
	TERMINATE_NAS_ERROR = 9,
	TERMINATE_PORT_PREEMPTED = 13,
};

struct accounting {
	struct acct_queue *queue;
	bool periodic;     /* some server group wants it */
	int64_t ticked_ms; /* when the hours were looked at last */
};

/* ---- what is told ---- */

void
accounting_session_id(const struct session *session, char out[ACCOUNTING_ID_SIZE])
{
	snprintf(out, ACCOUNTING_ID_SIZE, "%08" PRIX32 "%08" PRIX32, session->index << 12,
	    (uint32_t)session->login_wall);
}

uint32_t
accounting_terminate_cause(Ipc__CloseCause cause)
{
	switch (cause) {
	case IPC__CLOSE_CAUSE__CLOSE_USER_REQUEST:
		return TERMINATE_USER_REQUEST;
	case IPC__CLOSE_CAUSE__CLOSE_LOST:
		return TERMINATE_LOST_CARRIER;
	case IPC__CLOSE_CAUSE__CLOSE_IDLE_TIMEOUT:
		return TERMINATE_IDLE_TIMEOUT;
	case IPC__CLOSE_CAUSE__CLOSE_SESSION_TIMEOUT:
		return TERMINATE_SESSION_TIMEOUT;
	case IPC__CLOSE_CAUSE__CLOSE_ADMIN:
		return TERMINATE_ADMIN_RESET;
	case IPC__CLOSE_CAUSE__CLOSE_SHUTDOWN: /* 19 of newer ASAs is another thing to IEEE 802.1X
						*/
		return TERMINATE_ADMIN_REBOOT;
	case IPC__CLOSE_CAUSE__CLOSE_PREEMPTED:
		return TERMINATE_PORT_PREEMPTED;
	default:
		return TERMINATE_NAS_ERROR;
	}
}

/* The session's accounting-server-group in its own configuration; NULL: none. */
static const char *
group_of(const struct session *session)
{
	const struct conf_object *group =
	    conf_find(session->conf, CONF_TUNNEL_GROUP, session->tunnel_group);

	if (group == NULL)
		return NULL;
	return conf_str(conf_sub(group, TG_GENERAL), TGG_ACCOUNTING_SERVER_GROUP);
}

/* Of the server's that is accounted to, else of the first that says anything of the kind. */
static const Ipc__AaaProfile *
profile_with(
    const struct session *session, const char *group, bool (*has)(const Ipc__AaaProfile *profile))
{
	const Ipc__AaaProfile *found = NULL;

	for (size_t i = 0; i < session->profiles_len; i++) {
		const Ipc__AaaProfile *profile = session->profiles[i];

		if (!has(profile))
			continue;
		if (strcmp(profile->server_group, group) == 0)
			return profile;
		if (found == NULL)
			found = profile;
	}
	return found;
}

static bool
has_class(const Ipc__AaaProfile *profile)
{
	return profile->n_class_value > 0;
}

static bool
has_name(const Ipc__AaaProfile *profile)
{
	return profile->user_name[0] != '\0';
}

static void
put_classes(const struct session *session, const char *group, struct radius_request *out)
{
	const Ipc__AaaProfile *profile = profile_with(session, group, has_class);

	for (size_t i = 0; profile != NULL && i < profile->n_class_value; i++) {
		const ProtobufCBinaryData *value = &profile->class_value[i];

		if (value->len > 0 && value->len <= RADIUS_VALUE_MAX &&
		    out->attrs.len + 2 + value->len <= ATTRIBUTES_MAX)
			radius_put(out, RADIUS_CLASS, value->data, value->len);
	}
}

static void
put_addresses(const struct session *session, struct radius_request *out)
{
	if (session->ipv4.addr.family != 0)
		radius_put_ip(out, RADIUS_FRAMED_IP_ADDRESS, &session->ipv4.addr);
	if (session->ipv6.addr.family != 0)
		radius_put_ip(out, RADIUS_FRAMED_IPV6_ADDRESS, &session->ipv6.addr);
}

static void
put_octets(struct radius_request *out, uint8_t low, uint8_t high, uint64_t octets)
{
	radius_put_u32(out, low, (uint32_t)octets);
	radius_put_u32(out, high, (uint32_t)(octets >> 32));
}

static void
put_counts(const struct session *session, struct radius_request *out)
{
	int64_t ms = (int64_t)clock_mono_ms() - session->login_ms;
	Ipc__ChannelStats sum;

	session_sum(session, &sum);
	put_octets(out, RADIUS_ACCT_INPUT_OCTETS, RADIUS_ACCT_INPUT_GIGAWORDS, sum.rx_bytes);
	put_octets(out, RADIUS_ACCT_OUTPUT_OCTETS, RADIUS_ACCT_OUTPUT_GIGAWORDS, sum.tx_bytes);
	radius_put_u32(out, RADIUS_ACCT_INPUT_PACKETS, (uint32_t)sum.rx_packets);
	radius_put_u32(out, RADIUS_ACCT_OUTPUT_PACKETS, (uint32_t)sum.tx_packets);
	radius_put_u32(out, RADIUS_ACCT_SESSION_TIME, ms > 0 ? (uint32_t)(ms / 1000) : 0);
}

/* Who knew the password; of a certificate alone, who spoke of its owner. */
static enum authentic
authentic(const struct session *session)
{
	for (size_t i = 0; i < session->profiles_len; i++)
		if (!session->profiles[i]->authorization)
			return AUTHENTIC_RADIUS;
	if ((session->methods & SESSION_PASSWORD) != 0 || session->profiles_len == 0)
		return AUTHENTIC_LOCAL;
	return AUTHENTIC_RADIUS;
}

static void
put_all(const struct session *session, const char *group, enum status status,
    struct radius_request *out)
{
	const Ipc__AaaProfile *named = profile_with(session, group, has_name);
	const struct radius_who who = {
	    .username = named != NULL ? named->user_name : session->username,
	    .tunnel_group = session->tunnel_group,
	    .facts = &session->facts,
	    .index = session->index,
	    .audit_id = session->audit_id,
	    .nas = session->facts.server.addr,
	};
	char id[ACCOUNTING_ID_SIZE];

	radius_ask_account(&who, out);
	put_addresses(session, out);
	radius_put_u32(out, RADIUS_ACCT_STATUS_TYPE, status);
	accounting_session_id(session, id);
	radius_put_str(out, RADIUS_ACCT_SESSION_ID, id);
	radius_put_u32(out, RADIUS_ACCT_AUTHENTIC, authentic(session));
	if (status != STATUS_START)
		put_counts(session, out);
	if (status == STATUS_STOP)
		radius_put_u32(
		    out, RADIUS_ACCT_TERMINATE_CAUSE, accounting_terminate_cause(session->cause));
	put_classes(session, group, out); /* last: as many as there is room for */
}

static Ipc__AccountingRecord *
record_make(const struct session *session, const char *group, enum status status,
    const struct buf *attributes)
{
	Ipc__AccountingRecord *record = malloc(sizeof(*record));

	if (record == NULL)
		return NULL;
	ipc__accounting_record__init(record);
	record->format = ACCT_SPOOL_FORMAT;
	record->status_type = status;
	record->event_time = (int64_t)clock_wall_sec();
	record->session = session->id;
	record->server_group = strdup(group);
	record->attributes.data = malloc(attributes->len + 1);
	if (record->server_group == NULL || record->attributes.data == NULL) {
		ipc__accounting_record__free_unpacked(record, NULL);
		return NULL;
	}
	memcpy(record->attributes.data, attributes->data, attributes->len);
	record->attributes.len = attributes->len;
	return record;
}

static void
account(struct accounting *accounting, const struct session *session, const char *group,
    enum status status)
{
	Ipc__AccountingRecord *record = NULL;
	struct radius_request request;

	radius_request_init(&request, RADIUS_ACCOUNTING_REQUEST);
	put_all(session, group, status, &request);
	if (request.attrs.err == ERR_OK)
		record = record_make(session, group, status, &request.attrs);
	if (record != NULL)
		acct_queue_add(accounting->queue, record);
	else
		log_err("session %u of %s: accounting request of type %d cannot be made: %s",
		    session->index, session->username, (int)status,
		    err_str(request.attrs.err != ERR_OK ? request.attrs.err : ERR_NOMEM));
	radius_request_fini(&request);
}

/* ---- when ---- */

void
accounting_event(struct accounting *accounting, enum session_event event, struct session *session)
{
	const char *group = group_of(session);
	const struct conf_object *servers =
	    group != NULL ? conf_find(session->conf, CONF_AAA_SERVER_GROUP, group) : NULL;

	if (event != SESSION_STARTED && !session->accounting_started)
		return;
	if (servers == NULL) {
		if (event == SESSION_ENDED)
			log_event(LOGMSG_113013,
			    "the tunnel group has no accounting-server-group any more",
			    session->username);
		return;
	}
	if (event == SESSION_STARTED) {
		session->accounting_started = true; /* the caller saves it in this turn */
		account(accounting, session, group, STATUS_START);
	} else if (event == SESSION_ENDED) {
		account(accounting, session, group, STATUS_STOP);
	} else if (conf_bool(servers, ASG_INTERIM_UPDATE)) {
		account(accounting, session, group, STATUS_INTERIM);
	}
}

/* Hours of a session that have begun at a moment, each one a bit early. */
static int64_t
hours_at(const struct session *session, int64_t ms)
{
	int64_t age_sec = (ms - session->login_ms) / 1000;

	return (age_sec + (int64_t)(session->id % SPREAD_SEC)) / HOUR_SEC;
}

static void
periodic(struct accounting *accounting, struct session *session, int64_t hours)
{
	const char *group = group_of(session);
	const struct conf_object *servers =
	    group != NULL ? conf_find(session->conf, CONF_AAA_SERVER_GROUP, group) : NULL;
	int64_t period = servers != NULL ? conf_int(servers, ASG_INTERIM_PERIODIC) : 0;

	if (period > 0 && hours > 0 && hours % period == 0)
		account(accounting, session, group, STATUS_INTERIM);
}

void
accounting_tick(struct accounting *accounting, struct session_table *sessions)
{
	int64_t now = (int64_t)clock_mono_ms();
	struct session *session;

	for (session = accounting->periodic ? session_first(sessions) : NULL; session != NULL;
	     session = session_next(session)) {
		int64_t hours = hours_at(session, now);

		if (session->accounting_started && session->state != SESSION_ENDING &&
		    hours != hours_at(session, accounting->ticked_ms))
			periodic(accounting, session, hours);
	}
	accounting->ticked_ms = now;
	acct_queue_tick(accounting->queue);
}

void
accounting_release(struct accounting *accounting)
{
	acct_queue_tick(accounting->queue);
}

/* ---- start and end ---- */

void
accounting_use(struct accounting *accounting, struct conf *conf)
{
	const struct conf_object *const *groups;
	size_t len = conf_objects(conf, CONF_AAA_SERVER_GROUP, &groups);

	/* Once it was so: sessions keep their configuration. */
	for (size_t i = 0; i < len; i++)
		if (conf_int(groups[i], ASG_INTERIM_PERIODIC) > 0)
			accounting->periodic = true;
	acct_queue_use(accounting->queue, conf);
}

enum err
accounting_load(struct accounting *accounting)
{
	return acct_queue_load(accounting->queue);
}

static bool
is_alive(uint64_t id, void *arg)
{
	const struct session *session = session_find(arg, id);

	return session != NULL && session->accounting_started;
}

void
accounting_sift(struct accounting *accounting, const struct session_table *sessions)
{
	acct_queue_sift(accounting->queue, is_alive, (void *)(uintptr_t)sessions);
}

size_t
accounting_len(const struct accounting *accounting)
{
	return acct_queue_len(accounting->queue);
}

struct accounting *
accounting_new(
    struct radius_client *client, struct acct_spool *spool, const struct acct_queue_gate *gate)
{
	struct accounting *accounting = calloc(1, sizeof(*accounting));

	if (accounting == NULL)
		return NULL;
	accounting->ticked_ms = (int64_t)clock_mono_ms();
	accounting->queue = acct_queue_new(client, spool, gate);
	if (accounting->queue != NULL)
		return accounting;
	free(accounting);
	return NULL;
}

void
accounting_free(struct accounting *accounting)
{
	if (accounting == NULL)
		return;
	acct_queue_free(accounting->queue);
	free(accounting);
}
