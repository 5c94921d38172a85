/* SPDX-License-Identifier: Apache-2.0 */
/* One function for each family whose series depend on the configuration; the fixed series come out
 * of their table. */
#include "auth/metrics_show.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/metrics_text.h"
#include "auth/table.h"
#include "common/str.h"
#include "conf/inherit.h"

#define LOCAL_SERVER ""
#define NUMBER_SIZE 24

struct show {
	struct metrics_text text;
	const struct metrics_sources *sources;
	const struct metrics_peers *peers;
	enum err err;
};

static void
sample(struct show *show, const char *fixed, uint64_t n)
{
	metrics_text_sample(&show->text, fixed, NULL, 0, n, 1);
}

/* ---- the fixed series ---- */

static uint64_t
value_of(const struct show *show, enum metric metric)
{
	uint64_t sum = 0;

	switch (metric_rows[metric].owner) {
	case IPC__ROLE_ID__ROLE_PARENT:
		return metrics_peer_value(show->peers->parent, metric);
	case IPC__ROLE_ID__ROLE_PKI:
		return metrics_peer_value(show->peers->pki, metric);
	case IPC__ROLE_ID__ROLE_GATEWAY:
		for (size_t i = 0; i < show->peers->workers_len; i++)
			sum += metrics_peer_value(&show->peers->workers[i], metric);
		return sum;
	default:
		return metric_values[metric];
	}
}

static void
show_by_worker(struct show *show, enum metric metric)
{
	const struct metric_row *row = &metric_rows[metric];
	char number[NUMBER_SIZE];

	for (size_t i = 0; i < show->peers->workers_len; i++) {
		struct metrics_label label = {"worker", number};

		snprintf(number, sizeof(number), "%zu", i);
		metrics_text_sample(&show->text, row->labels, &label, 1,
		    metrics_peer_value(&show->peers->workers[i], metric), row->divisor);
	}
}

static void
show_fixed_histogram(struct show *show, enum metric first)
{
	struct metric_histogram histogram;

	for (unsigned i = 0; i < METRIC_BUCKETS; i++)
		histogram.bucket[i] = value_of(show, first + i);
	histogram.sum_ms = value_of(show, first + METRIC_BUCKETS);
	metrics_text_histogram(&show->text, NULL, 0, &histogram);
}

static void
show_fixed(struct show *show)
{
	bool is_histogram = metric_names[show->text.family].type == METRIC_HISTOGRAM;

	for (enum metric m = 0; m < METRICS; m++) {
		const struct metric_row *row = &metric_rows[m];

		if (row->name != show->text.family)
			continue;
		if (is_histogram) {
			show_fixed_histogram(show, m);
			return;
		}
		if (row->by_worker)
			show_by_worker(show, m);
		else
			metrics_text_sample(
			    &show->text, row->labels, NULL, 0, value_of(show, m), row->divisor);
	}
}

/* ---- the daemon ---- */

static void
show_build(struct show *show)
{
	sample(show, "version=\"" SEKISHO_VERSION "\"", 1);
}

static void
show_generation(struct show *show)
{
	if (show->sources->logins != NULL)
		metrics_text_sample(
		    &show->text, "", NULL, 0, login_table_generation(show->sources->logins), 1000);
}

static const char *
process_name(Ipc__RoleId role)
{
	switch (role) {
	case IPC__ROLE_ID__ROLE_GATEWAY:
		return "gateway";
	case IPC__ROLE_ID__ROLE_AUTH:
		return "auth";
	case IPC__ROLE_ID__ROLE_PKI:
		return "pki";
	default:
		return "parent";
	}
}

static void
show_processes(struct show *show)
{
	for (size_t i = 0; i < METRICS_PROCESSES; i++) {
		const struct metrics_process *process = &show->peers->parent->processes[i];
		struct metrics_label label = {"process", process_name(process->role)};
		uint64_t value = 0;
		unsigned divisor = 1;

		if (process->role == IPC__ROLE_ID__ROLE_NONE)
			continue;
		if (show->text.family == METRIC_PROCESS_UP)
			value = process->up;
		else if (show->text.family == METRIC_PROCESS_START)
			value = process->start_time > 0 ? (uint64_t)process->start_time : 0;
		else if (show->text.family == METRIC_PROCESS_MEMORY)
			value = process->memory;
		else {
			value = process->cpu_base_ms + process->cpu_ms;
			divisor = 1000;
		}
		metrics_text_sample(&show->text, "", &label, 1, value, divisor);
	}
}

static void
show_workers_up(struct show *show)
{
	char number[NUMBER_SIZE];

	for (size_t i = 0; i < show->peers->workers_len; i++) {
		struct metrics_label label = {"worker", number};

		snprintf(number, sizeof(number), "%zu", i);
		metrics_text_sample(&show->text, "", &label, 1, show->peers->workers[i].fresh, 1);
	}
}

/* ---- sessions ---- */

/* The sessions of one tunnel-group, policy and state. */
struct tally {
	struct {
		char tunnel_group[SESSION_NAME_SIZE];
		char group_policy[SESSION_NAME_SIZE];
		enum session_state state;
	} key;
	uint64_t n;
	UT_hash_handle hh;
};

static const char *const state_names[SESSION_STATES] = {
    [SESSION_NEW] = "new",
    [SESSION_UP] = "up",
    [SESSION_WAITING] = "waiting",
    [SESSION_ENDING] = "ending",
};

static const char *
configured(const struct conf *conf, enum conf_kind kind, const char *name)
{
	return conf_find(conf, kind, name) != NULL ? name : METRICS_FORMER;
}

static enum err
tally_add(struct tally **tallies, const struct conf *conf, const char *group, const char *policy,
    enum session_state state, uint64_t n)
{
	struct tally wanted, *tally;

	memset(&wanted, 0, sizeof(wanted));
	(void)str_copy(wanted.key.tunnel_group, sizeof(wanted.key.tunnel_group),
	    configured(conf, CONF_TUNNEL_GROUP, group));
	(void)str_copy(wanted.key.group_policy, sizeof(wanted.key.group_policy),
	    configured(conf, CONF_GROUP_POLICY, policy));
	wanted.key.state = state;
	HASH_FIND(hh, *tallies, &wanted.key, sizeof(wanted.key), tally);
	if (tally == NULL) {
		tally = malloc(sizeof(*tally));
		if (tally == NULL)
			return ERR_NOMEM;
		*tally = wanted;
		HASH_ADD(hh, *tallies, key, sizeof(tally->key), tally);
		if (!table_added(tally, hh)) {
			free(tally);
			return ERR_NOMEM;
		}
	}
	tally->n += n;
	return ERR_OK;
}

/* A group that nobody is in is told as well. */
static enum err
tally_groups(struct tally **tallies, const struct conf *conf)
{
	const struct conf_object *const *groups;
	size_t len = conf_objects(conf, CONF_TUNNEL_GROUP, &groups);
	enum err err = ERR_OK;

	for (size_t i = 0; i < len && err == ERR_OK; i++) {
		const char *policy =
		    conf_str(conf_sub(groups[i], TG_GENERAL), TGG_DEFAULT_GROUP_POLICY);

		err = tally_add(tallies, conf, conf_str(groups[i], TG_NAME),
		    policy != NULL ? policy : "DfltGrpPolicy", SESSION_UP, 0);
	}
	return err;
}

static void
show_sessions(struct show *show)
{
	const struct session_table *table = show->sources->sessions;
	struct tally *tallies = NULL, *tally, *tmp;
	const struct conf *conf;

	if (table == NULL)
		return;
	conf = session_table_config(table)->conf;
	show->err = tally_groups(&tallies, conf);
	for (const struct session *s = session_first(table); s != NULL && show->err == ERR_OK;
	     s = session_next(s))
		show->err =
		    tally_add(&tallies, conf, s->tunnel_group, s->group_policy, s->state, 1);
	HASH_ITER (hh, tallies, tally, tmp) {
		const struct metrics_label labels[] = {
		    {"tunnel_group", tally->key.tunnel_group},
		    {"group_policy", tally->key.group_policy},
		    {"state", state_names[tally->key.state]},
		};

		metrics_text_sample(&show->text, "", labels, ARRAY_LEN(labels), tally->n, 1);
		/* The analyser forgets that HASH_ITER took the next one first. */
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc,clang-analyzer-core.NullDereference) */
		HASH_DEL(tallies, tally);
		free(tally);
	}
}

static void
show_alive(struct show *show)
{
	if (show->sources->sessions != NULL)
		sample(show, "", session_table_len(show->sources->sessions));
}

static void
show_limit(struct show *show)
{
	if (show->sources->sessions != NULL)
		sample(show, "", session_table_max(show->sources->sessions));
}

static void
show_pending(struct show *show)
{
	if (show->sources->logins != NULL)
		sample(show, "", login_table_len(show->sources->logins));
}

static void
show_pools(struct show *show)
{
	const struct pool_set *pools = show->sources->pools;
	struct pool_counts counts;

	for (size_t i = 0; pools != NULL && i < pool_set_len(pools); i++) {
		struct metrics_label label;

		pool_count(pools, i, &counts);
		label = (struct metrics_label){"pool", counts.name};
		metrics_text_sample(&show->text, "", &label, 1,
		    show->text.family == METRIC_POOL_LEASED ? counts.leased : counts.size, 1);
	}
}

/* ---- AAA ---- */

struct aaa_count {
	const char *fixed;
	uint64_t n;
};

static void
show_aaa_counts(
    struct show *show, const struct metrics_label labels[2], const Ipc__CtlAaaHost *host)
{
	const struct aaa_count requests[] = {
	    {"type=\"authentication\"", host->authentications},
	    {"type=\"authorization\"", host->authorizations},
	    {"type=\"accounting\"", host->accountings},
	};
	const struct aaa_count responses[] = {
	    {"result=\"accept\"", host->accepts},
	    {"result=\"reject\"", host->rejects},
	    {"result=\"challenge\"", host->challenges},
	    {"result=\"malformed\"", host->malformed},
	    {"result=\"bad_authenticator\"", host->bad_authenticators},
	    {"result=\"unrecognized\"", host->unrecognized},
	};
	bool asks = show->text.family == METRIC_AAA_REQUESTS;
	const struct aaa_count *counts = asks ? requests : responses;
	size_t len = asks ? ARRAY_LEN(requests) : ARRAY_LEN(responses);

	for (size_t i = 0; i < len; i++)
		metrics_text_sample(&show->text, counts[i].fixed, labels, 2, counts[i].n, 1);
}

static void
show_aaa_host(struct show *show, const Ipc__CtlAaaHost *host, const struct metric_histogram *times)
{
	struct ip_addr addr;
	char server[IP_STR_MAX] = LOCAL_SERVER;
	const struct metrics_label labels[2] = {
	    {"server_group", host->server_group}, {"server", server}};

	if (ip_from_bytes(host->server.data, host->server.len, &addr) == ERR_OK)
		ip_str(&addr, server);
	switch (show->text.family) {
	case METRIC_AAA_UP:
		metrics_text_sample(&show->text, "", labels, 2, !host->failed, 1);
		break;
	case METRIC_AAA_PENDING:
		metrics_text_sample(&show->text, "", labels, 2, host->pending, 1);
		break;
	case METRIC_AAA_RETRANSMISSIONS:
		metrics_text_sample(&show->text, "", labels, 2, host->retransmissions, 1);
		break;
	case METRIC_AAA_TIMEOUTS:
		metrics_text_sample(&show->text, "", labels, 2, host->timeouts, 1);
		break;
	case METRIC_AAA_TIME:
		metrics_text_histogram(&show->text, labels, 2, times);
		break;
	default:
		show_aaa_counts(show, labels, host);
		break;
	}
}

static void
show_aaa(struct show *show)
{
	const struct metrics_sources *from = show->sources;
	Ipc__CtlAaaHost host;

	if (from->local != NULL) {
		local_listing(from->local, &host);
		show_aaa_host(show, &host, local_times(from->local));
	}
	for (size_t i = 0; from->radius != NULL && radius_client_listing(from->radius, i, &host);
	     i++)
		show_aaa_host(show, &host, radius_client_times(from->radius, i));
}

static void
show_accounting(struct show *show)
{
	if (show->sources->accounting != NULL)
		sample(show, "", accounting_len(show->sources->accounting));
}

/* ---- certificates ---- */

static void
show_expiries(struct show *show)
{
	const struct metrics_peer *pki = show->peers->pki;

	for (size_t i = 0; i < pki->expiries_len; i++) {
		const struct metrics_expiry *expiry = &pki->expiries[i];
		struct metrics_label label = {"trustpoint", expiry->trustpoint};

		if (expiry->not_after > 0)
			metrics_text_sample(&show->text, expiry->ca ? "type=\"CA\"" : "type=\"ID\"",
			    &label, 1, (uint64_t)expiry->not_after, 1);
	}
}

/* ---- all ---- */

/* Families that are not there come out of the table of fixed series. */
static void (*const shows[METRIC_NAMES])(struct show *show) = {
    [METRIC_BUILD] = show_build,
    [METRIC_CONFIG_GENERATION] = show_generation,
    [METRIC_PROCESS_UP] = show_processes,
    [METRIC_PROCESS_START] = show_processes,
    [METRIC_PROCESS_CPU] = show_processes,
    [METRIC_PROCESS_MEMORY] = show_processes,
    [METRIC_SESSIONS] = show_sessions,
    [METRIC_SESSIONS_ALIVE] = show_alive,
    [METRIC_SESSIONS_LIMIT] = show_limit,
    [METRIC_LOGINS_PENDING] = show_pending,
    [METRIC_WORKER_UP] = show_workers_up,
    [METRIC_POOL_ADDRESSES] = show_pools,
    [METRIC_POOL_LEASED] = show_pools,
    [METRIC_AAA_UP] = show_aaa,
    [METRIC_AAA_PENDING] = show_aaa,
    [METRIC_AAA_REQUESTS] = show_aaa,
    [METRIC_AAA_RESPONSES] = show_aaa,
    [METRIC_AAA_RETRANSMISSIONS] = show_aaa,
    [METRIC_AAA_TIMEOUTS] = show_aaa,
    [METRIC_AAA_TIME] = show_aaa,
    [METRIC_ACCOUNTING_QUEUE] = show_accounting,
    [METRIC_CERTIFICATE_EXPIRY] = show_expiries,
};

enum err
metrics_show(
    const struct metrics_sources *sources, const struct metrics_peers *peers, struct buf *out)
{
	struct show show = {.text.out = out, .sources = sources, .peers = peers};

	for (enum metric_name name = 0; name < METRIC_NAMES && show.err == ERR_OK; name++) {
		metrics_text_family(&show.text, name);
		if (shows[name] != NULL)
			shows[name](&show);
		else
			show_fixed(&show);
	}
	metrics_text_end(&show.text);
	return show.err != ERR_OK ? show.err : out->err;
}
