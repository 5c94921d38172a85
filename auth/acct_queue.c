/* SPDX-License-Identifier: Apache-2.0 */
/* The requests that there are, and the server groups that they are for. */
#include "auth/acct_queue.h"

#include <stdlib.h>
#include <string.h>

#include "auth/acct_parts.h"
#include "common/str.h"

enum status { STATUS_START = 1, STATUS_STOP = 2, STATUS_INTERIM = 3 }; /* RFC 2866 5.1 */

/* ---- records ---- */

void
acct_record_user(const Ipc__AccountingRecord *msg, char *out, size_t size)
{
	const uint8_t *at = msg->attributes.data;
	size_t left = msg->attributes.len;
	char name[RADIUS_VALUE_MAX + 1];

	str_printable(out, size, "");
	while (left >= 2 && at[1] >= 2 && at[1] <= left) {
		if (at[0] == RADIUS_USER_NAME) {
			(void)str_copy_n(name, sizeof(name), (const char *)at + 2, at[1] - 2U);
			str_printable(out, size, name);
			return;
		}
		left -= at[1];
		at += at[1];
	}
}

static void
log_given_up(struct acct_queue *queue, const Ipc__AccountingRecord *msg, const char *reason)
{
	unsigned suppressed;
	char user[ACCT_NAME_SIZE];

	acct_record_user(msg, user, sizeof(user));
	log_event(LOGMSG_113013, reason, user);
	if (log_limit_ok(&queue->limit, &suppressed))
		log_err("accounting: a request of type %u of user %s is given up: %s (%u more "
			"such lines)",
		    msg->status_type, user, reason, suppressed);
}

static bool
record_is_under_way(const struct record *record)
{
	const struct job *job;

	for (job = record->jobs; job != NULL; job = job->record_next)
		if (job->call != NULL)
			return true;
	return false;
}

/* It stays in the spool. */
static void
record_free(struct acct_queue *queue, struct record *record)
{
	while (record->jobs != NULL)
		acct_job_free(record->jobs);
	DL_DELETE(queue->records, record);
	queue->len--;
	queue->held -= record->held;
	if (record->msg->status_type == STATUS_INTERIM)
		queue->interims--;
	ipc__accounting_record__free_unpacked(record->msg, NULL);
	free(record);
}

void
acct_record_drop(struct acct_queue *queue, struct record *record)
{
	acct_spool_remove(queue->spool, record->number);
	record_free(queue, record);
}

/* ---- where records go ---- */

static bool
record_has_answer(const struct record *record, const struct ip_addr *server)
{
	for (size_t i = 0; i < record->msg->n_done; i++)
		if (record->msg->done[i].len == ip_len(server) &&
		    memcmp(record->msg->done[i].data, server->bytes, ip_len(server)) == 0)
			return true;
	return false;
}

/* Give it out to the lanes that have not answered. False: memory. */
static bool
record_plan(struct record *record)
{
	struct group *group = record->group;
	bool ok = true;

	if (!group->simultaneous && record->msg->n_done > 0)
		return true; /* it was, when it went to each of several: one is enough now */
	for (size_t i = 0; i < group->lanes_len; i++) {
		struct lane *lane = &group->lanes[i];

		if (lane->server.family == 0 || !record_has_answer(record, &lane->server))
			ok = acct_job_add(lane, record) && ok;
	}
	return ok;
}

/* As record_plan(); one that nobody has to be asked for any more is done. */
static bool
record_settle(struct record *record)
{
	if (!record_plan(record))
		return false;
	if (record->group->lanes_len > 0 && record->jobs == NULL)
		acct_record_drop(record->group->queue, record);
	return true;
}

static struct record *
record_new(
    struct acct_queue *queue, struct group *group, uint64_t number, Ipc__AccountingRecord *msg)
{
	struct record *record = calloc(1, sizeof(*record));

	if (record == NULL)
		return NULL;
	*record = (struct record){
	    .number = number, .msg = msg, .group = group, .held = queue->gate.is_open != NULL};
	DL_APPEND(queue->records, record);
	queue->len++;
	queue->held += record->held;
	if (msg->status_type == STATUS_INTERIM)
		queue->interims++;
	return record;
}

static struct group *
group_find(const struct acct_queue *queue, const char *name)
{
	struct group *group;

	HASH_FIND_STR(queue->groups, name, group);
	return group;
}

static void
group_pump(struct group *group)
{
	for (size_t i = 0; i < group->lanes_len; i++)
		acct_lane_pump(&group->lanes[i]);
}

/* ---- groups ---- */

static size_t
servers_of(const struct group *group, struct ip_addr out[ACCT_LANES_MAX], bool *simultaneous)
{
	const struct conf *conf = group->queue->conf;
	const struct conf_object *object =
	    conf != NULL ? conf_find(conf, CONF_AAA_SERVER_GROUP, group->name) : NULL;
	size_t len = radius_client_servers(group->queue->client, group->name, out, ACCT_LANES_MAX);

	*simultaneous =
	    object != NULL && strcmp(conf_str(object, ASG_ACCOUNTING_MODE), "simultaneous") == 0;
	if (len > 0 && !*simultaneous) {
		out[0] = (struct ip_addr){0};
		return 1;
	}
	return len;
}

static bool
group_is_same(const struct group *group, const struct ip_addr *servers, size_t len)
{
	if (len != group->lanes_len)
		return false;
	for (size_t i = 0; i < len; i++) {
		const struct ip_addr *had = &group->lanes[i].server;

		if (had->family != servers[i].family ||
		    (had->family != 0 && !ip_eq(had, &servers[i])))
			return false;
	}
	return true;
}

static void
group_clear(struct group *group)
{
	struct record *record;

	DL_FOREACH (group->queue->records, record) {
		while (record->group == group && record->jobs != NULL)
			acct_job_free(record->jobs);
	}
	free(group->lanes);
	group->lanes = NULL;
	group->lanes_len = 0;
}

/* All of the group's records, to the lanes that there are now. */
static void
group_plan(struct group *group)
{
	struct acct_queue *queue = group->queue;
	struct record *record, *tmp;
	size_t waiting = 0;
	bool ok = true;

	DL_FOREACH_SAFE (queue->records, record, tmp) {
		if (record->group != group || record->held)
			continue;
		waiting++;
		ok = record_settle(record) && ok;
	}
	if (!ok)
		log_err("accounting: requests to server group %s wait for the next start: out of "
			"memory",
		    group->name);
	if (waiting > 0 && group->lanes_len == 0)
		log_warn("accounting: server group %s has no server now, %zu requests wait",
		    group->name, waiting);
}

/* Look who its servers are. */
static void
group_renew(struct group *group)
{
	struct ip_addr servers[ACCT_LANES_MAX];
	bool simultaneous;
	size_t len = servers_of(group, servers, &simultaneous);

	if (group_is_same(group, servers, len) && group->simultaneous == simultaneous)
		return;
	group_clear(group);
	group->simultaneous = simultaneous;
	group->lanes = calloc(len + 1, sizeof(*group->lanes));
	group->lanes_len = group->lanes != NULL ? len : 0;
	for (size_t i = 0; i < group->lanes_len; i++)
		group->lanes[i] = (struct lane){.group = group, .server = servers[i]};
	group_plan(group);
}

static struct group *
group_get(struct acct_queue *queue, const char *name)
{
	struct group *group = group_find(queue, name);

	if (group != NULL)
		return group;
	group = calloc(1, sizeof(*group));
	if (group == NULL)
		return NULL;
	group->queue = queue;
	(void)str_copy(group->name, sizeof(group->name), name);
	HASH_ADD_STR(queue->groups, name, group);
	if (!table_added(group, hh)) {
		free(group);
		return NULL;
	}
	group_renew(group);
	return group;
}

/* ---- what others call ---- */

void
acct_queue_use(struct acct_queue *queue, struct conf *conf)
{
	struct conf *old = queue->conf;
	struct group *group, *tmp;

	queue->conf = conf_ref(conf);
	conf_unref(old);
	HASH_ITER (hh, queue->groups, group, tmp) {
		group_renew(group);
		for (size_t i = 0; i < group->lanes_len; i++)
			group->lanes[i].retry_ms = 0;
		group_pump(group);
	}
}

/* Those whose sessions are on the disk go to the lanes. */
static void
release(struct acct_queue *queue)
{
	struct record *record, *tmp;

	if (queue->held == 0)
		return;
	DL_FOREACH_SAFE (queue->records, record, tmp) {
		if (!record->held || record->found ||
		    !queue->gate.is_open(record->msg->session, queue->gate.arg))
			continue;
		record->held = false;
		queue->held--;
		if (!record_settle(record))
			log_err("accounting: a request waits for the next start: out of memory");
	}
}

void
acct_queue_tick(struct acct_queue *queue)
{
	struct group *group, *tmp;

	release(queue);
	HASH_ITER (hh, queue->groups, group, tmp) {
		group_pump(group);
	}
}

/* Room for one more; false: there is none for this one. */
static bool
make_room(struct acct_queue *queue, const Ipc__AccountingRecord *msg)
{
	struct record *record, *victim = NULL;

	DL_FOREACH (queue->records, record) {
		bool interim = record->msg->status_type == STATUS_INTERIM;

		if (record_is_under_way(record))
			continue;
		if (interim || victim == NULL)
			victim = record;
		if (interim || queue->interims == 0)
			break;
	}
	if (victim == NULL ||
	    (msg->status_type == STATUS_INTERIM && victim->msg->status_type != STATUS_INTERIM))
		return false;
	log_given_up(queue, victim->msg, "the spool is full");
	acct_record_drop(queue, victim);
	return true;
}

static enum err
spool_put(struct acct_queue *queue, const Ipc__AccountingRecord *msg, uint64_t *number)
{
	enum err err = acct_spool_put(queue->spool, msg, number);

	while (err == ERR_FULL && make_room(queue, msg))
		err = acct_spool_put(queue->spool, msg, number);
	return err;
}

void
acct_queue_add(struct acct_queue *queue, Ipc__AccountingRecord *msg)
{
	struct group *group = group_get(queue, msg->server_group);
	uint64_t number = 0;
	enum err err = group != NULL ? spool_put(queue, msg, &number) : ERR_NOMEM;
	struct record *record = err == ERR_OK ? record_new(queue, group, number, msg) : NULL;

	if (record == NULL) {
		log_given_up(queue, msg, err == ERR_FULL ? "the spool is full" : err_str(err));
		if (number != 0 && err == ERR_OK)
			acct_spool_remove(queue->spool, number);
		ipc__accounting_record__free_unpacked(msg, NULL);
		return;
	}
	if (record->held)
		return;
	if (!record_plan(record))
		log_err("accounting: a request waits for the next start: out of memory");
	group_pump(group);
}

static Ipc__AccountingRecord *
record_copy(const Ipc__AccountingRecord *msg)
{
	size_t len = ipc__accounting_record__get_packed_size(msg);
	uint8_t *bytes = malloc(len + 1);
	Ipc__AccountingRecord *copy = NULL;

	if (bytes != NULL) {
		ipc__accounting_record__pack(msg, bytes);
		copy = ipc__accounting_record__unpack(NULL, len, bytes);
	}
	free(bytes);
	return copy;
}

static void
on_found(uint64_t number, const Ipc__AccountingRecord *found, void *arg)
{
	struct acct_queue *queue = arg;
	Ipc__AccountingRecord *msg = record_copy(found);
	struct group *group = msg != NULL ? group_get(queue, msg->server_group) : NULL;
	struct record *record = group != NULL ? record_new(queue, group, number, msg) : NULL;

	if (record != NULL)
		record->found = record->held;
	if (record != NULL && (record->held || record_settle(record)))
		return;
	log_err("accounting: a request of an earlier run stays where it is: out of memory");
	if (record == NULL && msg != NULL)
		ipc__accounting_record__free_unpacked(msg, NULL);
}

enum err
acct_queue_load(struct acct_queue *queue)
{
	enum err err = acct_spool_load(queue->spool, on_found, queue);

	if (queue->len > 0)
		log_notice(
		    "accounting: %zu requests of an earlier run wait to be sent", queue->len);
	acct_queue_tick(queue);
	return err;
}

/* The first Stop of a session. */
struct stop {
	uint64_t session;
	const struct record *record;
	UT_hash_handle hh;
};

static struct stop *
stop_find(struct stop *stops, uint64_t session)
{
	struct stop *stop;

	HASH_FIND(hh, stops, &session, sizeof(session), stop);
	return stop;
}

/* Memory that is out leaves some out: then a Start may be dropped, as if it had never been. */
static struct stop *
stops_of(const struct acct_queue *queue)
{
	const struct record *record;
	struct stop *stops = NULL, *stop;

	DL_FOREACH (queue->records, record) {
		if (record->msg->status_type != STATUS_STOP ||
		    stop_find(stops, record->msg->session) != NULL)
			continue;
		stop = calloc(1, sizeof(*stop));
		if (stop == NULL)
			break;
		*stop = (struct stop){.session = record->msg->session, .record = record};
		HASH_ADD(hh, stops, session, sizeof(stop->session), stop);
		if (!table_added(stop, hh)) {
			free(stop);
			break;
		}
	}
	return stops;
}

static void
stops_free(struct stop *stops)
{
	struct stop *stop, *tmp;

	HASH_ITER (hh, stops, stop, tmp) {
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc,clang-analyzer-core.NullDereference) */
		HASH_DEL(stops, stop);
		free(stop);
	}
}

/* Was it ever sent, or may it be? */
static bool
is_true(const struct record *record, const struct stop *stop, bool alive)
{
	if (record->msg->session == 0)
		return true;
	if (record->msg->status_type == STATUS_STOP)
		return !alive && (stop == NULL || stop->record == record);
	return alive || stop != NULL;
}

void
acct_queue_sift(struct acct_queue *queue, bool (*is_alive)(uint64_t session, void *arg), void *arg)
{
	struct stop *stops = stops_of(queue);
	struct record *record, *tmp;

	DL_FOREACH_SAFE (queue->records, record, tmp) {
		uint64_t session = record->msg->session;

		if (record->held &&
		    !is_true(record, stop_find(stops, session), is_alive(session, arg)))
			acct_record_drop(queue, record);
		else
			record->found = false;
	}
	stops_free(stops);
	acct_queue_tick(queue);
}

size_t
acct_queue_len(const struct acct_queue *queue)
{
	return queue->len;
}

struct acct_queue *
acct_queue_new(
    struct radius_client *client, struct acct_spool *spool, const struct acct_queue_gate *gate)
{
	struct acct_queue *queue = calloc(1, sizeof(*queue));

	if (queue == NULL)
		return NULL;
	queue->client = client;
	queue->spool = spool;
	if (gate != NULL)
		queue->gate = *gate;
	queue->limit = (struct log_limit){.burst = 10, .interval_sec = 60};
	return queue;
}

void
acct_queue_free(struct acct_queue *queue)
{
	struct record *record, *next;
	struct group *group, *tmp;

	if (queue == NULL)
		return;
	DL_FOREACH_SAFE (queue->records, record, next) {
		record_free(queue, record);
	}
	HASH_ITER (hh, queue->groups, group, tmp) {
		/* The analyser takes the last group's table for the next one's. */
		HASH_DEL(queue->groups, group); /* NOLINT(clang-analyzer-unix.Malloc) */
		free(group->lanes);
		free(group);
	}
	conf_unref(queue->conf);
	free(queue);
}
