/* SPDX-License-Identifier: Apache-2.0 */
/* One allocation holds the message and all that it points to. */
#include "gateway/log_conf.h"

#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "common/ip.h"
#include "common/log_line.h"
#include "common/log_plan.h"
#include "common/log_rule.h"

struct room {
	Ipc__LogPlan msg; /* first: who frees it frees all */
	Ipc__LogWhich on_stderr, on_syslog;
	Ipc__LogHost hosts[LOG_HOSTS_MAX], *host_list[LOG_HOSTS_MAX];
	Ipc__LogWhich host_which[LOG_HOSTS_MAX];
	struct ip_addr addrs[LOG_HOSTS_MAX];
	Ipc__LogList lists[LOG_LISTS_MAX], *list_list[LOG_LISTS_MAX];
	char host[LOG_HOST_SIZE];
};

static const struct {
	const char *word;
	int facility;
} facilities[] = {{"local0", LOG_LOCAL0}, {"local1", LOG_LOCAL1}, {"local2", LOG_LOCAL2},
    {"local3", LOG_LOCAL3}, {"local4", LOG_LOCAL4}, {"local5", LOG_LOCAL5}, {"local6", LOG_LOCAL6},
    {"local7", LOG_LOCAL7}, {"daemon", LOG_DAEMON}, {"auth", LOG_AUTH}, {"user", LOG_USER}};

static char *
text_of(const struct conf_object *object, unsigned setting)
{
	const char *text = conf_str(object, setting);

	return (char *)(uintptr_t)(text != NULL ? text : "");
}

/* A list, or a level, or that of logging. */
static Ipc__LogWhich *
which_of(Ipc__LogWhich *out, const struct conf_object *object, unsigned level, unsigned list,
    const struct conf_object *logging)
{
	const char *word = conf_str(object, level);

	ipc__log_which__init(out);
	out->list = text_of(object, list);
	if (strcmp(word, "default") == 0)
		word = conf_str(logging, LOGGING_LEVEL);
	out->level = (uint32_t)log_level_parse(word);
	return out;
}

static void
put_host(struct room *room, const struct conf_object *logging, const struct conf_object *host)
{
	size_t at = room->msg.n_hosts++;
	Ipc__LogHost *out = room->host_list[at] = &room->hosts[at];
	const char *address = conf_str(host, LH_ADDRESS);

	ipc__log_host__init(out);
	out->transport = (uint32_t)conf_int(host, LH_TRANSPORT); /* the order of the words */
	if (address != NULL && ip_parse(address, &room->addrs[at]) == ERR_OK)
		out->address = (ProtobufCBinaryData){
		    .len = ip_len(&room->addrs[at]), .data = room->addrs[at].bytes};
	out->port = (uint32_t)conf_int(host, LH_PORT);
	out->path = text_of(host, LH_PATH);
	out->format =
	    strcmp(conf_str(host, LH_FORMAT), "asa") == 0 ? LOG_FORMAT_ASA : LOG_FORMAT_RFC5424;
	out->which = which_of(&room->host_which[at], host, LH_LEVEL, LH_LIST, logging);
	out->queue = (uint32_t)conf_int(host, LH_QUEUE);
}

static void
put_list(struct room *room, const struct conf_object *list)
{
	size_t at = room->msg.n_lists++;
	Ipc__LogList *out = room->list_list[at] = &room->lists[at];
	char *const *rules;

	ipc__log_list__init(out);
	out->name = text_of(list, LL_NAME);
	out->n_rules = conf_list(list, LL_MATCH, &rules);
	out->rules = (char **)(uintptr_t)rules;
}

static void
put_texts(struct room *room, const struct conf_object *logging)
{
	const char *facility = conf_str(logging, LOGGING_FACILITY);
	char *const *texts;

	for (size_t i = 0; i < ARRAY_LEN(facilities); i++)
		if (strcmp(facilities[i].word, facility) == 0)
			room->msg.facility = (uint32_t)facilities[i].facility;
	room->msg.host = text_of(logging, LOGGING_DEVICE_ID);
	if (room->msg.host[0] == '\0' && gethostname(room->host, sizeof(room->host) - 1) == 0)
		room->msg.host = room->host;
	room->msg.n_rate_limits = conf_list(logging, LOGGING_RATE_LIMIT, &texts);
	room->msg.rate_limits = (char **)(uintptr_t)texts;
	room->msg.n_disabled = conf_list(logging, LOGGING_DISABLED, &texts);
	room->msg.disabled = (char **)(uintptr_t)texts;
}

Ipc__LogPlan *
log_conf_plan(const struct conf *conf)
{
	const struct conf_object *logging = conf_sub(conf_root(conf, CONF_GATEWAY), GW_LOGGING);
	struct room *room = calloc(1, sizeof(*room));
	struct conf_object *const *items;
	size_t len;

	if (room == NULL)
		return NULL;
	ipc__log_plan__init(&room->msg);
	room->msg.hosts = room->host_list;
	room->msg.lists = room->list_list;
	put_texts(room, logging);
	room->msg.stderr_format = (uint32_t)conf_int(logging, LOGGING_STDERR_FORMAT);
	room->msg.show_usernames = !conf_bool(logging, LOGGING_HIDE_USERNAME);
	room->msg.on_stderr =
	    which_of(&room->on_stderr, logging, LOGGING_STDERR_LEVEL, LOGGING_STDERR_LIST, logging);
	room->msg.on_syslog =
	    which_of(&room->on_syslog, logging, LOGGING_SYSLOG_LEVEL, LOGGING_SYSLOG_LIST, logging);
	len = conf_subs(logging, LOGGING_LISTS, &items);
	for (size_t i = 0; i < len && i < LOG_LISTS_MAX; i++)
		put_list(room, items[i]);
	len = conf_subs(logging, LOGGING_HOSTS, &items);
	for (size_t i = 0; i < len && i < LOG_HOSTS_MAX; i++)
		put_host(room, logging, items[i]);
	return &room->msg;
}
