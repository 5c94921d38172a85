/* SPDX-License-Identifier: Apache-2.0 */
/* What else the control socket shows: counts of sessions, pools, the configuration in force, users
 * who are locked out. */
#include <stdlib.h>
#include <string.h>

#include "auth/control_parts.h"
#include "auth/lockout.h"
#include "auth/pool_listing.h"
#include "auth/running.h"
#include "common/log.h"

/* ---- summary ---- */

static void
count_session(const struct session *session, Ipc__CtlSummaryReport *report)
{
	if (session->state == SESSION_ENDING)
		return;
	report->parent->active++;
	report->tls->active += session->tls.up;
	report->dtls->active += session->dtls.up;
	if (session->state == SESSION_UP)
		report->sessions->active++;
	else
		report->inactive++;
}

static void
take_past(Ipc__CtlTally *out, const struct session_tally *tally)
{
	out->cumulative = tally->all;
	out->peak = tally->peak;
}

static enum err
send_summary(struct caller *caller)
{
	struct session_table *sessions = caller->control->config.sessions;
	const struct session_past *past = session_table_past(sessions);
	Ipc__CtlSummaryReport report = IPC__CTL_SUMMARY_REPORT__INIT;
	Ipc__CtlTally tallies[4];

	if (caller->count > 0)
		return ERR_NOTFOUND;
	for (size_t i = 0; i < ARRAY_LEN(tallies); i++)
		ipc__ctl_tally__init(&tallies[i]);
	report.sessions = &tallies[0];
	report.parent = &tallies[1];
	report.tls = &tallies[2];
	report.dtls = &tallies[3];
	report.capacity = session_table_max(sessions);
	for (struct session *s = session_first(sessions); s != NULL; s = session_next(s))
		count_session(s, &report);
	take_past(report.sessions, &past->sessions);
	take_past(report.parent, &past->sessions);
	take_past(report.tls, &past->tls);
	take_past(report.dtls, &past->dtls);
	caller->count = 1;
	return ipc_send(caller->ipc, IPC__MSG_TYPE__MSG_CTL_SUMMARY_REPORT, &report.base);
}

void
control_list_summary(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct caller *caller = arg;

	(void)ipc, (void)id, (void)msg, (void)fd;
	if (!control_begin(caller))
		return;
	caller->send_next = send_summary;
	control_again(caller, 0);
}

/* ---- pools ---- */

static enum err
send_pool(struct caller *caller)
{
	Ipc__CtlPoolPage page;
	enum err err = pool_listing_next(caller->work, &page);

	if (err == ERR_OK)
		err = ipc_send(caller->ipc, IPC__MSG_TYPE__MSG_CTL_POOL_PAGE, &page.base);
	if (err == ERR_OK) {
		caller->count += page.name[0] != '\0';
		pool_listing_sent(caller->work);
	}
	return err;
}

static enum err
send_named_pool(struct caller *caller)
{
	enum err err = send_pool(caller);

	if (err != ERR_NOTFOUND || pool_listing_found(caller->work))
		return err;
	control_answer(caller, "there is no pool of that name", "");
	return ERR_AGAIN;
}

static void
pools_free(void *work)
{
	pool_listing_free(work);
}

void
control_list_pools(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	const Ipc__CtlPool *request = (const Ipc__CtlPool *)msg;
	struct caller *caller = arg;
	const struct pool_set *pools = caller->control->config.pools;

	(void)ipc, (void)id, (void)fd;
	if (!control_begin(caller))
		return;
	caller->send_next = request->name[0] != '\0' ? send_named_pool : send_pool;
	if (control_work(caller, pool_listing_new(pools, request), pools_free))
		control_again(caller, 0);
}

/* ---- the configuration in force ---- */

static enum err
send_block(struct caller *caller)
{
	Ipc__CtlBlock block;
	enum err err = running_next(caller->work, &block);

	if (err == ERR_OK)
		err = ipc_send(caller->ipc, IPC__MSG_TYPE__MSG_CTL_BLOCK, &block.base);
	if (err == ERR_OK) {
		caller->count++;
		running_sent(caller->work);
	}
	return err;
}

static enum err
send_named_block(struct caller *caller)
{
	enum err err = send_block(caller);

	if (err != ERR_NOTFOUND || caller->count > 0)
		return err;
	control_answer(caller, "there is nothing of that name in the configuration", "");
	return ERR_AGAIN;
}

static void
running_work_free(void *work)
{
	running_free(work);
}

void
control_list_running(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	const Ipc__CtlRunning *request = (const Ipc__CtlRunning *)msg;
	struct caller *caller = arg;
	struct conf *conf = session_table_config(caller->control->config.sessions)->conf;

	(void)ipc, (void)id, (void)fd;
	if (!control_begin(caller))
		return;
	caller->send_next = request->name[0] != '\0' ? send_named_block : send_block;
	if (control_work(caller, running_new(conf, request), running_work_free))
		control_again(caller, 0);
}

/* ---- users who are locked out ---- */

struct lockouts {
	Ipc__CtlLockout *entries;
	size_t len, cap, next;
	bool failed;
};

static void
lockouts_free(void *arg)
{
	struct lockouts *lockouts = arg;

	for (size_t i = 0; i < lockouts->len; i++)
		free(lockouts->entries[i].username);
	free(lockouts->entries);
	free(lockouts);
}

static void
on_lockout(const struct lockout_entry *entry, void *arg)
{
	struct lockouts *lockouts = arg;
	Ipc__CtlLockout *out;

	if (lockouts->len == lockouts->cap) {
		size_t cap = 2 * lockouts->cap + 16;
		void *grown = reallocarray(lockouts->entries, cap, sizeof(*lockouts->entries));

		lockouts->failed |= grown == NULL;
		if (grown == NULL)
			return;
		lockouts->entries = grown;
		lockouts->cap = cap;
	}
	out = &lockouts->entries[lockouts->len];
	ipc__ctl_lockout__init(out);
	out->username = strdup(entry->username);
	out->locked = entry->locked;
	out->failed = entry->failures;
	out->since = entry->locked ? (int64_t)entry->since : 0;
	lockouts->failed |= out->username == NULL;
	lockouts->len += out->username != NULL;
}

static enum err
send_lockout(struct caller *caller)
{
	struct lockouts *lockouts = caller->work;
	enum err err;

	if (lockouts->next == lockouts->len)
		return ERR_NOTFOUND;
	err = ipc_send(
	    caller->ipc, IPC__MSG_TYPE__MSG_CTL_LOCKOUT, &lockouts->entries[lockouts->next].base);
	if (err == ERR_OK) {
		lockouts->next++;
		caller->count++;
	}
	return err;
}

void
control_list_lockouts(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct caller *caller = arg;
	const struct control_config *config = &caller->control->config;
	struct lockouts *lockouts;

	(void)ipc, (void)id, (void)msg, (void)fd;
	if (!control_begin(caller))
		return;
	caller->send_next = send_lockout;
	lockouts = calloc(1, sizeof(*lockouts));
	if (!control_work(caller, lockouts, lockouts_free))
		return;
	if (config->lockout != NULL)
		lockout_each(config->lockout, session_table_config(config->sessions)->conf,
		    on_lockout, lockouts);
	if (lockouts->failed)
		control_close(caller);
	else
		control_again(caller, 0);
}
