/* SPDX-License-Identifier: Apache-2.0 */
/* Lanes: the sessions' lines of jobs, and whose turn it is. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "auth/acct_parts.h"
#include "common/clock.h"

/* ---- lines ---- */

static struct line *
line_get(struct lane *lane, uint64_t session)
{
	struct line *line;

	HASH_FIND(hh, lane->lines, &session, sizeof(session), line);
	if (line != NULL)
		return line;
	line = calloc(1, sizeof(*line));
	if (line == NULL)
		return NULL;
	line->session = session;
	line->lane = lane;
	HASH_ADD(hh, lane->lines, session, sizeof(line->session), line);
	if (!table_added(line, hh)) {
		free(line);
		return NULL;
	}
	return line;
}

static void
line_drop(struct line *line)
{
	HASH_DEL(line->lane->lines, line);
	free(line);
}

bool
acct_job_add(struct lane *lane, struct record *record)
{
	struct job *job = calloc(1, sizeof(*job));
	struct line *line = job != NULL ? line_get(lane, record->msg->session) : NULL;

	if (line == NULL) {
		free(job);
		return false;
	}
	*job = (struct job){.record = record, .line = line, .record_next = record->jobs};
	record->jobs = job;
	if (line->jobs == NULL)
		DL_APPEND(lane->ready, line);
	DL_APPEND(line->jobs, job);
	return true;
}

/* Out of its line. The line takes its turn behind the others with what is next in it. */
void
acct_job_free(struct job *job)
{
	struct line *line = job->line;
	struct lane *lane = line->lane;
	bool first = line->jobs == job, waited = first && job->call == NULL;

	if (job->call != NULL) {
		radius_call_cancel(job->call);
		lane->under_way--;
	}
	if (lane->probe == job)
		lane->probe = NULL;
	DL_DELETE(line->jobs, job);
	LL_DELETE2(job->record->jobs, job, record_next);
	free(job);
	if (waited)
		DL_DELETE(lane->ready, line);
	if (line->jobs == NULL)
		line_drop(line);
	else if (first)
		DL_APPEND(lane->ready, line);
}

/* ---- sending ---- */

static void
lane_silent(struct lane *lane, bool probed)
{
	uint64_t now = clock_mono_ms();

	if (!lane->silent) {
		char server[IP_STR_MAX] = "any server";

		if (lane->server.family != 0)
			ip_str(&lane->server, server);
		log_err("accounting: %s of server group %s does not answer, requests wait (%zu in "
			"all)",
		    server, lane->group->name, lane->group->queue->len);
		lane->silent = true;
		lane->retry_sec = ACCT_RETRY_FIRST;
	} else if (probed) {
		lane->retry_sec *= 2;
		if (lane->retry_sec > ACCT_RETRY_LAST)
			lane->retry_sec = ACCT_RETRY_LAST;
	} else {
		return;
	}
	lane->retry_ms = now + lane->retry_sec * 1000U;
}

static void
lane_answers(struct lane *lane)
{
	if (!lane->silent)
		return;
	lane->silent = false;
	log_notice("accounting: server group %s answers again, %zu requests wait",
	    lane->group->name, lane->group->queue->len);
}

/* Keep in mind who has it, also for the next process. */
static void
note_answer(struct acct_queue *queue, struct record *record, const struct ip_addr *server)
{
	Ipc__AccountingRecord *msg = record->msg;
	ProtobufCBinaryData *done = reallocarray(msg->done, msg->n_done + 1, sizeof(*msg->done));
	enum err err = ERR_NOMEM;
	uint8_t *bytes;

	if (done != NULL) {
		msg->done = done;
		bytes = malloc(ip_len(server));
		if (bytes != NULL) {
			memcpy(bytes, server->bytes, ip_len(server));
			msg->done[msg->n_done++] =
			    (ProtobufCBinaryData){.data = bytes, .len = ip_len(server)};
			err = acct_spool_update(queue->spool, record->number, msg);
		}
	}
	if (err != ERR_OK)
		log_warn("accounting: which servers have a request is not written down: %s",
		    err_str(err));
}

static void
log_answer(const struct job *job, const struct ip_addr *server)
{
	char user[ACCT_NAME_SIZE], ip[IP_STR_MAX] = "";

	if (!log_enabled(LOG_INFO))
		return;
	if (server->family != 0)
		ip_str(server, ip);
	acct_record_user(job->record->msg, user, sizeof(user));
	log_event(LOGMSG_113004, "accounting", ip, user);
}

static void
on_answer(struct job *job)
{
	struct record *record = job->record;
	struct lane *lane = job->line->lane;
	struct acct_queue *queue = lane->group->queue;

	lane_answers(lane);
	acct_job_free(job);
	if (record->jobs == NULL)
		acct_record_drop(queue, record);
	else
		note_answer(queue, record, &lane->server);
}

static void
on_done(const struct radius_result *result, void *arg)
{
	struct job *job = arg;
	struct lane *lane = job->line->lane;
	bool probed = lane->probe == job;

	assert(job->line->jobs == job); /* none but the first is ever sent */
	job->call = NULL;
	lane->under_way--;
	if (probed)
		lane->probe = NULL;
	DL_PREPEND(lane->ready, job->line); /* it is its turn again */
	if (result->outcome == RADIUS_ANSWERED) {
		log_answer(job, &result->server);
		on_answer(job);
	} else {
		lane_silent(lane, probed);
	}
	acct_lane_pump(lane);
}

/* Attributes, with the two that depend on the time. */
static void
request_make(const Ipc__AccountingRecord *msg, struct radius_request *request)
{
	int64_t now = (int64_t)clock_wall_sec();
	int64_t delay = now > msg->event_time ? now - msg->event_time : 0;

	radius_request_init(request, RADIUS_ACCOUNTING_REQUEST);
	buf_put(&request->attrs, msg->attributes.data, msg->attributes.len);
	radius_put_u32(request, RADIUS_EVENT_TIMESTAMP, (uint32_t)msg->event_time);
	radius_put_u32(
	    request, RADIUS_ACCT_DELAY_TIME, delay > UINT32_MAX ? UINT32_MAX : (uint32_t)delay);
}

/* The first job of a line that is not ready any more. */
static enum err
job_send(struct job *job)
{
	struct lane *lane = job->line->lane;
	const struct radius_target target = {
	    .group = lane->group->name,
	    .server = lane->server.family != 0 ? &lane->server : NULL,
	    .accounting = true,
	};
	struct radius_request request;

	request_make(job->record->msg, &request);
	return radius_client_ask(
	    lane->group->queue->client, &target, &request, on_done, job, &job->call);
}

void
acct_lane_pump(struct lane *lane)
{
	unsigned window = lane->silent ? 1 : ACCT_WINDOW;

	if (lane->silent && clock_mono_ms() < lane->retry_ms)
		return;
	while (lane->ready != NULL && lane->under_way < window) {
		struct line *line = lane->ready;

		DL_DELETE(lane->ready, line);
		if (job_send(line->jobs) == ERR_OK) {
			lane->under_way++;
			if (lane->silent)
				lane->probe = line->jobs;
			continue;
		}
		DL_PREPEND(lane->ready, line);
		lane_silent(lane, lane->under_way == 0);
		return;
	}
}
