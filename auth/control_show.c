/* SPDX-License-Identifier: Apache-2.0 */
/* What the control socket shows of sessions, access lists, certificates and servers. */
#include <stdlib.h>
#include <string.h>

#include "auth/control_aaa.h"
#include "auth/control_ca.h"
#include "auth/control_metrics.h"
#include "auth/control_parts.h"
#include "auth/listing.h"

/* ---- sessions ---- */

struct sessions_work {
	Ipc__CtlSessions *filter;
	uint64_t *ids; /* what is to be listed */
	size_t len;
	size_t next;
};

static void
sessions_free(void *arg)
{
	struct sessions_work *work = arg;

	if (work->filter != NULL)
		ipc__ctl_sessions__free_unpacked(work->filter, NULL);
	free(work->ids);
	free(work);
}

/* The next session of the list, if it still is there and passes. */
static enum err
send_session(struct caller *caller)
{
	struct control_config *config = &caller->control->config;
	struct sessions_work *work = caller->work;
	struct session *session;
	struct listing listing;
	enum err err = ERR_OK;

	if (work->next == work->len)
		return ERR_NOTFOUND;
	session = session_find(config->sessions, work->ids[work->next]);
	if (session != NULL && listing_match(session, work->filter)) {
		listing_fill(&listing, session, config->filters);
		if (work->filter->policy)
			err = listing_policy(&listing, session);
		if (err == ERR_OK)
			err = ipc_send(
			    caller->ipc, IPC__MSG_TYPE__MSG_CTL_SESSION, &listing.msg.base);
		listing_fini(&listing);
		if (err == ERR_OK)
			caller->count++;
	}
	if (err == ERR_OK)
		work->next++;
	return err;
}

static enum err
ids_take(const struct session_table *sessions, struct sessions_work *work)
{
	size_t cap = 0;

	for (struct session *s = session_first(sessions); s != NULL; s = session_next(s))
		cap++;
	work->ids = calloc(cap + 1, sizeof(*work->ids));
	if (work->ids == NULL)
		return ERR_NOMEM;
	for (struct session *s = session_first(sessions); s != NULL; s = session_next(s))
		if (listing_match(s, work->filter))
			work->ids[work->len++] = s->id;
	return ERR_OK;
}

/* The statistics are fresh. */
static void
on_fresh_sessions(void *arg)
{
	struct caller *caller = arg;

	caller->send_next = send_session;
	if (ids_take(caller->control->config.sessions, caller->work) != ERR_OK)
		control_close(caller);
	else
		control_again(caller, 0);
}

void
control_show_sessions(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct caller *caller = arg;
	const struct control_config *config = &caller->control->config;
	struct sessions_work *work;

	(void)ipc, (void)id, (void)fd;
	if (!control_begin(caller))
		return;
	work = calloc(1, sizeof(*work));
	if (!control_work(caller, work, sessions_free))
		return;
	work->filter = (Ipc__CtlSessions *)control_copy(msg);
	if (work->filter == NULL)
		control_close(caller);
	else
		config->refresh(on_fresh_sessions, caller, config->ctx);
}

/* ---- access lists ---- */

struct rules_work {
	char *name;
	struct filters_listing *listing;
};

static void
rules_free(void *arg)
{
	struct rules_work *work = arg;

	free(work->name);
	filters_listing_free(work->listing);
	free(work);
}

static enum err
send_rule(struct caller *caller)
{
	struct rules_work *work = caller->work;
	Ipc__CtlRule rule;
	enum err err;

	if (!filters_listing_next(work->listing, &rule))
		return ERR_NOTFOUND;
	err = ipc_send(caller->ipc, IPC__MSG_TYPE__MSG_CTL_RULE, &rule.base);
	if (err == ERR_OK)
		caller->count++;
	else
		filters_listing_back(work->listing);
	return err;
}

static void
on_fresh_hits(void *arg)
{
	struct caller *caller = arg;
	const struct control_config *config = &caller->control->config;
	struct rules_work *work = caller->work;
	enum err err = filters_listing_new(config->filters,
	    session_table_config(config->sessions)->conf, work->name, &work->listing);

	caller->send_next = send_rule;
	if (err == ERR_OK)
		control_again(caller, 0);
	else if (err == ERR_NOTFOUND)
		control_answer(caller, "there is no access-list of that name", "");
	else
		control_answer(caller, err_str(err), "");
}

void
control_show_access_list(
    struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct caller *caller = arg;
	struct control *control = caller->control;
	struct rules_work *work;

	(void)ipc, (void)id, (void)fd;
	if (!control_begin(caller))
		return;
	work = calloc(1, sizeof(*work));
	if (!control_work(caller, work, rules_free))
		return;
	work->name = strdup(((const Ipc__CtlAccessList *)msg)->name);
	if (work->name == NULL)
		control_close(caller);
	else
		control->config.refresh(on_fresh_hits, caller, control->config.ctx);
}

/* ---- trustpoints, certificates, CRLs ---- */

static void
on_ca_page(const Ipc__CaListReply *page, void *arg)
{
	struct caller *caller = arg;
	enum err err = control_ca_take(caller->work, page);

	if (err == ERR_OK)
		control_again(caller, 0);
	else if (err == ERR_DENIED)
		control_answer(caller, control_ca_error(caller->work), "");
	else
		control_answer(caller, "the pki process gives no answer; its log tells more", "");
}

static enum err
send_ca_entry(struct caller *caller)
{
	struct control_config *config = &caller->control->config;
	Ipc__CtlCaEntry entry;
	enum err err = control_ca_next(caller->work, &entry);

	if (err == ERR_AGAIN) {
		err =
		    control_ca_ask(caller->work, config->ca_list, on_ca_page, caller, config->ctx);
		return err == ERR_OK ? ERR_AGAIN : ERR_CLOSED;
	}
	if (err != ERR_OK)
		return err;
	err = ipc_send(caller->ipc, IPC__MSG_TYPE__MSG_CTL_CA_ENTRY, &entry.base);
	if (err == ERR_OK) {
		control_ca_sent(caller->work);
		caller->count++;
	}
	return err;
}

static void
ca_free(void *work)
{
	control_ca_free(work);
}

void
control_show_ca(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct caller *caller = arg;
	const struct control_config *config = &caller->control->config;

	(void)ipc, (void)id, (void)fd;
	if (!control_begin(caller))
		return;
	caller->send_next = send_ca_entry;
	if (!control_work(caller, control_ca_new((const Ipc__CtlCa *)msg), ca_free))
		return;
	if (control_ca_ask(caller->work, config->ca_list, on_ca_page, caller, config->ctx) !=
	    ERR_OK)
		control_answer(caller, "the pki process cannot be asked", "");
}

/* ---- AAA servers ---- */

static enum err
send_aaa_host(struct caller *caller)
{
	Ipc__CtlAaaHost host;
	enum err err = control_aaa_next(caller->work, &host);
	const char *error;

	if (err == ERR_NOTFOUND && (error = control_aaa_error(caller->work)) != NULL) {
		control_answer(caller, error, "");
		return ERR_AGAIN;
	}
	if (err != ERR_OK)
		return err;
	err = ipc_send(caller->ipc, IPC__MSG_TYPE__MSG_CTL_AAA_HOST, &host.base);
	if (err == ERR_OK) {
		control_aaa_sent(caller->work);
		caller->count++;
	}
	return err;
}

static void
aaa_free_work(void *work)
{
	control_aaa_free(work);
}

void
control_show_aaa_server(
    struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct caller *caller = arg;
	const struct control_config *config = &caller->control->config;

	(void)ipc, (void)id, (void)fd;
	if (!control_begin(caller))
		return;
	caller->send_next = send_aaa_host;
	if (control_work(caller,
		control_aaa_new((const Ipc__CtlAaaServer *)msg, config->local, config->radius),
		aaa_free_work))
		control_again(caller, 0);
}

/* ---- metrics ---- */

static enum err
send_metrics(struct caller *caller)
{
	Ipc__CtlMetricsPage page;
	enum err err = control_metrics_next(caller->work, &page);

	if (err == ERR_OK)
		err = ipc_send(caller->ipc, IPC__MSG_TYPE__MSG_CTL_METRICS_PAGE, &page.base);
	if (err == ERR_OK) {
		control_metrics_sent(caller->work);
		caller->count++;
	}
	return err;
}

static void
metrics_work_free(void *work)
{
	control_metrics_free(work);
}

/* All have answered. */
static void
on_fresh_metrics(void *arg)
{
	struct caller *caller = arg;

	caller->send_next = send_metrics;
	if (control_work(
		caller, control_metrics_new(caller->control->config.metrics), metrics_work_free))
		control_again(caller, 0);
}

void
control_show_metrics(struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, int fd, void *arg)
{
	struct caller *caller = arg;
	const struct control_config *config = &caller->control->config;

	(void)ipc, (void)id, (void)msg, (void)fd;
	if (!control_begin(caller))
		return;
	if (config->metrics != NULL)
		metrics_refresh(config->metrics, on_fresh_metrics, caller);
	else
		control_answer(caller, "there are no metrics", "");
}
