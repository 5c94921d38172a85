/* SPDX-License-Identifier: Apache-2.0 */
/* From the message to what the logger uses. Texts were checked when the configuration was read: one
 * that is wrong here is left out. */
#include "common/log_plan.h"

#include <stdlib.h>
#include <string.h>

#include "common/str.h"

/* ---- rules ---- */

static bool
read_lists(struct log_plan *plan, const Ipc__LogPlan *msg)
{
	size_t len = msg->n_lists < LOG_LISTS_MAX ? msg->n_lists : LOG_LISTS_MAX;

	plan->lists = calloc(len + 1, sizeof(*plan->lists));
	if (plan->lists == NULL)
		return false;
	for (size_t i = 0; i < len; i++) {
		const Ipc__LogList *from = msg->lists[i];
		struct log_list *list = &plan->lists[i];

		(void)str_copy(list->name, sizeof(list->name), from->name);
		list->rules = calloc(from->n_rules + 1, sizeof(*list->rules));
		plan->lists_len = i + 1;
		if (list->rules == NULL)
			return false;
		for (size_t r = 0; r < from->n_rules; r++)
			if (log_rule_parse(from->rules[r], &list->rules[list->rules_len]) == NULL)
				list->rules_len++;
	}
	return true;
}

static bool
read_limits(struct log_plan *plan, const Ipc__LogPlan *msg)
{
	plan->disabled = calloc(msg->n_disabled + 1, sizeof(*plan->disabled));
	plan->rates = calloc(msg->n_rate_limits + 1, sizeof(*plan->rates));
	if (plan->disabled == NULL || plan->rates == NULL)
		return false;
	for (size_t i = 0; i < msg->n_disabled; i++)
		if (log_range_parse(msg->disabled[i], &plan->disabled[plan->disabled_len]) == NULL)
			plan->disabled_len++;
	for (size_t i = 0; i < msg->n_rate_limits; i++) {
		struct log_rate_state *state = &plan->rates[plan->rates_len];

		if (log_rate_parse(msg->rate_limits[i], &state->rate) != NULL)
			continue;
		state->limit = (struct log_limit){
		    .burst = state->rate.lines, .interval_sec = state->rate.seconds};
		plan->rates_len++;
	}
	return true;
}

/* ---- targets ---- */

static const struct log_list *
list_by_name(const struct log_plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->lists_len; i++)
		if (strcmp(plan->lists[i].name, name) == 0)
			return &plan->lists[i];
	return NULL;
}

static int
list_level(const struct log_list *list)
{
	int level = LOG_EMERG;

	for (size_t i = 0; i < list->rules_len; i++)
		if (list->rules[i].level > level)
			level = list->rules[i].level;
	return level;
}

static void
add_target(struct log_plan *plan, enum log_format format, struct log_sink *sink,
    const Ipc__LogWhich *which, int level)
{
	struct log_target *target = &plan->targets[plan->targets_len++];

	*target = (struct log_target){.format = format, .level = level, .sink = sink};
	if (which != NULL && which->list[0] != '\0')
		target->list = list_by_name(plan, which->list);
	else if (which != NULL)
		target->level = (int)which->level;
	if (target->list != NULL)
		target->level = list_level(target->list);
	if (target->level > plan->level)
		plan->level = target->level;
}

/* Taken over from the plan before, so that a reload breaks no connection, and since a socket in the
 * file system may be out of reach by now. */
static struct log_sink *
sink_of_before(struct log_plan *before, const struct log_sink_config *config)
{
	for (size_t i = 0; before != NULL && i < before->targets_len; i++) {
		struct log_sink *sink = before->targets[i].sink;

		if (sink == NULL || before->targets[i].format == LOG_FORMAT_LOCAL ||
		    !log_sink_is(sink, config))
			continue;
		before->targets[i].sink = NULL;
		return sink;
	}
	return NULL;
}

static void
add_host(struct log_plan *plan, const Ipc__LogHost *host, int level, struct log_plan *before)
{
	struct log_sink_config config = {
	    .transport = (enum log_transport)host->transport,
	    .counted = host->format == LOG_FORMAT_RFC5424,
	    .queue_max = host->queue,
	};
	struct log_sink *sink;

	if (host->transport >= LOG_TRANSPORTS || host->format >= LOG_FORMATS)
		return;
	(void)str_copy(config.path, sizeof(config.path), host->path);
	if (config.transport != LOG_UNIX &&
	    ip_from_bytes(host->address.data, host->address.len, &config.to.addr) != ERR_OK)
		return;
	config.to.port = (uint16_t)host->port;
	sink = sink_of_before(before, &config);
	if (sink == NULL)
		sink = log_sink_new(&config);
	if (sink != NULL)
		add_target(plan, (enum log_format)host->format, sink, host->which, level);
}

static void
add_targets(struct log_plan *plan, const struct log_config *config, const Ipc__LogPlan *msg,
    struct log_sink *local, struct log_plan *before)
{
	enum log_format format = (enum log_format)msg->stderr_format;

	if (config->to_stderr)
		add_target(plan, format < LOG_FORMATS ? format : LOG_FORMAT_PLAIN, NULL,
		    msg->on_stderr, config->level);
	if (config->to_syslog && local != NULL)
		add_target(plan, LOG_FORMAT_LOCAL, local, msg->on_syslog, config->level);
	for (size_t i = 0; i < msg->n_hosts && i < LOG_HOSTS_MAX; i++)
		add_host(plan, msg->hosts[i], config->level, before);
}

bool
log_plan_same(const struct log_config *config)
{
	const Ipc__LogPlan *plan = config->plan;

	if (!config->to_stderr || !config->to_syslog)
		return false;
	if (plan == NULL || plan->on_stderr == NULL || plan->on_syslog == NULL)
		return true;
	return plan->on_stderr->level == plan->on_syslog->level &&
	       strcmp(plan->on_stderr->list, plan->on_syslog->list) == 0;
}

struct log_plan *
log_plan_new(const struct log_config *config, struct log_sink *local, struct log_plan *before)
{
	static const Ipc__LogPlan empty = IPC__LOG_PLAN__INIT;
	const Ipc__LogPlan *msg = config->plan != NULL ? config->plan : &empty;
	struct log_plan *plan = calloc(1, sizeof(*plan));

	if (plan == NULL)
		return NULL;
	pthread_mutex_init(&plan->rates_lock, NULL);
	plan->level = -1;
	plan->facility = msg->facility != 0 ? (int)msg->facility : LOG_LOCAL4;
	plan->show_usernames = msg->show_usernames;
	(void)str_copy(plan->host, sizeof(plan->host), msg->host[0] != '\0' ? msg->host : "-");
	if (!read_lists(plan, msg) || !read_limits(plan, msg)) {
		log_plan_free(plan);
		return NULL;
	}
	add_targets(plan, config, msg, local, before);
	return plan;
}

void
log_plan_free(struct log_plan *plan)
{
	if (plan == NULL)
		return;
	for (size_t i = 0; i < plan->targets_len; i++)
		if (plan->targets[i].format != LOG_FORMAT_LOCAL) /* that is no plan's */
			log_sink_free(plan->targets[i].sink);
	for (size_t i = 0; i < plan->lists_len; i++)
		free(plan->lists[i].rules);
	pthread_mutex_destroy(&plan->rates_lock);
	free(plan->lists);
	free(plan->disabled);
	free(plan->rates);
	free(plan);
}

/* ---- one line ---- */

bool
log_target_wants(const struct log_target *target, int severity, unsigned id)
{
	if (target->list == NULL)
		return severity <= target->level;
	for (size_t i = 0; i < target->list->rules_len; i++)
		if (log_rule_fits(&target->list->rules[i], severity, id))
			return true;
	return false;
}

bool
log_plan_allows(struct log_plan *plan, int severity, unsigned id, unsigned *suppressed)
{
	bool allowed = true;

	*suppressed = 0;
	for (size_t i = 0; i < plan->disabled_len; i++)
		if (log_rule_fits(&plan->disabled[i], severity, id))
			return false;
	for (size_t i = 0; i < plan->rates_len && allowed; i++) {
		if (!log_rate_fits(&plan->rates[i].rate, severity, id))
			continue;
		pthread_mutex_lock(&plan->rates_lock);
		allowed = log_limit_ok(&plan->rates[i].limit, suppressed);
		pthread_mutex_unlock(&plan->rates_lock);
	}
	return allowed;
}
