/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of sessions, from login to end. Every change of state goes through move(), which knows
 * the legal ones; every end goes through session_finish(), which gives back what the session held.
 */
#include "auth/session.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/gain.h"
#include "auth/session_filters.h"
#include "auth/session_record.h"
#include "auth/session_table.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/metric.h"
#include "common/rnd.h"
#include "common/str.h"
#include "conf/judge.h"

#define ENDING_MAX_MS 15000 /* for a worker to confirm that a tunnel is closed */
/* For a worker to have the tunnel that it was granted: it waits for 10 s for the answer, and gives
 * up without a word. */
#define OPENING_MAX_MS 20000

/* ---- states ---- */

static const char *const state_names[SESSION_STATES] = {
    [SESSION_NEW] = "new",
    [SESSION_UP] = "up",
    [SESSION_WAITING] = "waiting",
    [SESSION_ENDING] = "ending",
    [SESSION_GONE] = "gone",
};

#define TO(state) (1U << (state))

static const unsigned moves[SESSION_STATES] = {
    [SESSION_NEW] = TO(SESSION_UP) | TO(SESSION_GONE),
    [SESSION_UP] = TO(SESSION_UP) | TO(SESSION_WAITING) | TO(SESSION_ENDING) | TO(SESSION_GONE),
    [SESSION_WAITING] = TO(SESSION_UP) | TO(SESSION_GONE),
    [SESSION_ENDING] = TO(SESSION_GONE),
};

static void
move(struct session *session, enum session_state to)
{
	assert((moves[session->state] & TO(to)) != 0);
	log_debug("session %u of %s: %s -> %s", session->index, session->username,
	    state_names[session->state], state_names[to]);
	session->state = to;
}

struct log_about
session_about(const struct session *session)
{
	return (struct log_about){.session = session->index << 12, .audit_id = session->audit_id};
}

const char *
session_cause_text(Ipc__CloseCause cause)
{
	static const struct {
		Ipc__CloseCause cause;
		const char *text;
	} texts[] = {
	    {IPC__CLOSE_CAUSE__CLOSE_USER_REQUEST, "User Requested"},
	    {IPC__CLOSE_CAUSE__CLOSE_LOST, "Lost Service"},
	    {IPC__CLOSE_CAUSE__CLOSE_IDLE_TIMEOUT, "Idle Timeout"},
	    {IPC__CLOSE_CAUSE__CLOSE_SESSION_TIMEOUT, "Max time exceeded"},
	    {IPC__CLOSE_CAUSE__CLOSE_ADMIN, "Administrator Reset"},
	    {IPC__CLOSE_CAUSE__CLOSE_PREEMPTED, "Port Preempted"},
	    {IPC__CLOSE_CAUSE__CLOSE_SHUTDOWN, "Administrator Reset"},
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (texts[i].cause == cause)
			return texts[i].text;
	return "Unknown";
}

const char *
session_method_text(unsigned methods)
{
	bool password = (methods & SESSION_PASSWORD) != 0;

	if ((methods & SESSION_MULTIPLE) != 0)
		return password ? "Multiple-certificate and userPassword" : "Multiple-certificate";
	if ((methods & SESSION_CERTIFICATE) != 0)
		return password ? "Certificate and userPassword" : "Certificate";
	return "userPassword";
}

/* ---- counters and clocks ---- */

static void
add(uint64_t *a, uint64_t b)
{
	*a = *a > UINT64_MAX - b ? UINT64_MAX : *a + b;
}

void
session_count_add(Ipc__ChannelStats *a, const Ipc__ChannelStats *b)
{
	add(&a->rx_bytes, b->rx_bytes);
	add(&a->tx_bytes, b->tx_bytes);
	add(&a->rx_packets, b->rx_packets);
	add(&a->tx_packets, b->tx_packets);
	add(&a->rx_drops, b->rx_drops);
	add(&a->tx_drops, b->tx_drops);
}

void
session_sum(const struct session *session, Ipc__ChannelStats *out)
{
	ipc__channel_stats__init(out);
	session_count_add(out, &session->total.tls);
	session_count_add(out, &session->total.dtls);
	session_count_add(out, &session->current.tls);
	session_count_add(out, &session->current.dtls);
}

static int64_t
now_ms(void)
{
	return (int64_t)clock_mono_ms();
}

static uint32_t
seconds_since(int64_t ms)
{
	int64_t passed = (now_ms() - ms) / 1000;

	if (passed < 0)
		return 0;
	return passed > UINT32_MAX ? UINT32_MAX : (uint32_t)passed;
}

uint32_t
session_idle(const struct session *session)
{
	return seconds_since(session->data_ms);
}

uint32_t
session_idle_left(const struct session *session)
{
	uint32_t idle = session_idle(session);

	return idle < session->limits.idle_sec ? session->limits.idle_sec - idle : 0;
}

uint32_t
session_time_left(const struct session *session)
{
	uint32_t passed = seconds_since(session->login_ms);

	return passed < session->limits.session_sec ? session->limits.session_sec - passed : 0;
}

/* ---- ends ---- */

static void
lease_end(struct session_table *table, struct session *session, struct lease *lease)
{
	char text[IP_STR_MAX];

	if (lease->addr.family == 0)
		return;
	ip_str(&lease->addr, text);
	if (lease->pool[0] != '\0')
		log_of(
		    session_about(session), LOGMSG_737016, session->index << 12, lease->pool, text);
	else
		log_of(session_about(session), LOGMSG_737014, session->index << 12, text);
	pool_release(table->config.pools, lease);
}

static void
log_counts(const struct session *session, const Ipc__ChannelStats *sum, const char *ip)
{
	log_of(session_about(session), LOGMSG_722030, session->group_policy, session->username, ip,
	    (unsigned long long)sum->rx_bytes, 0U, (unsigned long long)sum->rx_packets, 0U,
	    (unsigned long long)sum->rx_drops);
	log_of(session_about(session), LOGMSG_722031, session->group_policy, session->username, ip,
	    (unsigned long long)sum->tx_bytes, 0U, (unsigned long long)sum->tx_packets, 0U,
	    (unsigned long long)sum->tx_drops);
}

static void
log_end(const struct session *session)
{
	const char *reason = session_cause_text(session->cause);
	char ip[IP_STR_MAX], duration[32];
	Ipc__ChannelStats sum;

	session_sum(session, &sum);
	str_duration(duration, sizeof(duration), seconds_since(session->login_ms));
	facts_ip(&session->facts, ip);
	if (log_enabled(LOG_DEBUG))
		log_counts(session, &sum, ip);
	log_of(session_about(session), LOGMSG_113019, session->tunnel_group, session->username, ip,
	    "AnyConnect-Parent", duration, (unsigned long long)sum.tx_bytes,
	    (unsigned long long)sum.rx_bytes, reason);
	log_of(session_about(session), LOGMSG_716002, session->group_policy, session->username, ip,
	    reason);
}

static void
forget_record(struct session_table *table, const struct session *session)
{
	enum err err = store_remove(table->config.store, session->id);

	if (err != ERR_OK)
		log_err("session %u: cannot remove its record: %s", session->index, err_str(err));
}

void
session_tell(const struct session_config *config, enum session_event event, struct session *session)
{
	if (config->event != NULL)
		config->event(event, session, config->arg);
}

static void
count_end(Ipc__CloseCause cause)
{
	static const enum metric metrics[] = {
	    [IPC__CLOSE_CAUSE__CLOSE_USER_REQUEST] = METRIC_ENDED_USER,
	    [IPC__CLOSE_CAUSE__CLOSE_LOST] = METRIC_ENDED_LOST,
	    [IPC__CLOSE_CAUSE__CLOSE_IDLE_TIMEOUT] = METRIC_ENDED_IDLE,
	    [IPC__CLOSE_CAUSE__CLOSE_SESSION_TIMEOUT] = METRIC_ENDED_TIME,
	    [IPC__CLOSE_CAUSE__CLOSE_ADMIN] = METRIC_ENDED_ADMIN,
	    [IPC__CLOSE_CAUSE__CLOSE_REPLACED] = METRIC_ENDED_LOST,
	    [IPC__CLOSE_CAUSE__CLOSE_ERROR] = METRIC_ENDED_ERROR,
	    [IPC__CLOSE_CAUSE__CLOSE_SHUTDOWN] = METRIC_ENDED_SHUTDOWN,
	    [IPC__CLOSE_CAUSE__CLOSE_PREEMPTED] = METRIC_ENDED_PREEMPTED,
	};
	bool known = cause > IPC__CLOSE_CAUSE__CLOSE_NONE && cause < ARRAY_LEN(metrics);

	metric_count(known ? metrics[cause] : METRIC_ENDED_ERROR);
}

void
session_finish(struct session_table *table, struct session *session, Ipc__CloseCause cause)
{
	bool had_tunnel = session->state != SESSION_NEW;

	if (session->state != SESSION_ENDING)
		session->cause = cause;
	move(session, SESSION_GONE);
	count_end(session->cause);
	if (had_tunnel)
		session_tell(&table->config, SESSION_ENDED, session);
	forget_record(table, session);
	session_table_remove(table, session);
	lease_end(table, session, &session->ipv4);
	lease_end(table, session, &session->ipv6);
	log_end(session);
	session_drop(&table->config, session);
}

void
session_end(struct session_table *table, struct session *session, Ipc__CloseCause cause)
{
	Ipc__SessionEnd end = IPC__SESSION_END__INIT;

	if (session->state == SESSION_ENDING)
		return;
	if (session->state != SESSION_UP) {
		session_finish(table, session, cause);
		return;
	}
	session->cause = cause;
	session->ended_ms = now_ms();
	session_table_retire(table, session);
	move(session, SESSION_ENDING);
	/* Not forgotten yet: should this process die now, its end still has to be accounted. */
	session_save(table, session);
	end.session = session->id;
	end.cause = cause;
	end.text = (char *)session_cause_text(cause);
	end.notify = true;
	table->config.end(session->worker, &end, table->config.arg);
}

void
session_table_end_all(struct session_table *table, Ipc__CloseCause cause)
{
	struct session *session, *tmp;

	HASH_ITER (hh, table->by_id, session, tmp)
		session_finish(table, session, cause);
}

/* ---- up and down ---- */

void
session_save(struct session_table *table, struct session *session)
{
	enum err err = session_record_put(session, table->config.store);

	if (err != ERR_OK)
		log_err("session %u: its record is not stored: %s", session->index, err_str(err));
}

void
session_up(struct session_table *table, struct session *session, unsigned worker)
{
	move(session, SESSION_UP);
	session->worker = worker;
	session->opened_ms = now_ms();
	session_save(table, session);
}

void
session_wait(struct session_table *table, struct session *session)
{
	char ip[IP_STR_MAX];

	move(session, SESSION_WAITING);
	session->lost_ms = now_ms();
	session->tls.up = false;
	session->dtls.up = false;
	session_count_add(&session->total.tls, &session->current.tls);
	session_count_add(&session->total.dtls, &session->current.dtls);
	ipc__channel_stats__init(&session->current.tls);
	ipc__channel_stats__init(&session->current.dtls);
	log_of(session_about(session), LOGMSG_716058, session->group_policy, session->username,
	    facts_ip(&session->facts, ip));
	session_save(table, session);
}

void
session_table_worker_gone(struct session_table *table, unsigned worker)
{
	struct session *session, *tmp;

	HASH_ITER (hh, table->by_id, session, tmp) {
		session_stale_clear(session, worker);
		if (session->worker != worker)
			continue;
		if (session->state == SESSION_UP)
			session_wait(table, session);
		else if (session->state == SESSION_ENDING)
			session_finish(table, session, session->cause);
	}
}

/* What is due now; CLOSE_NONE: nothing. Idle tunnels that are up are the worker's to end: it sees
 * the packets. */
static Ipc__CloseCause
due(const struct session_table *table, const struct session *session, int64_t now)
{
	const struct policy_limits *limits = &session->limits;

	if (session->state == SESSION_NEW)
		return now - session->login_ms >= table->cookie_ms
			   ? IPC__CLOSE_CAUSE__CLOSE_IDLE_TIMEOUT
			   : IPC__CLOSE_CAUSE__CLOSE_NONE;
	if (limits->session_sec != 0 &&
	    now - session->login_ms >= (int64_t)limits->session_sec * 1000)
		return IPC__CLOSE_CAUSE__CLOSE_SESSION_TIMEOUT;
	if (session->state == SESSION_WAITING &&
	    now - session->data_ms >= (int64_t)limits->idle_sec * 1000)
		return IPC__CLOSE_CAUSE__CLOSE_IDLE_TIMEOUT;
	return IPC__CLOSE_CAUSE__CLOSE_NONE;
}

/* Was a tunnel granted that nobody has? Should it be there after all, its worker says so. */
static void
look_for_tunnel(struct session_table *table, struct session *session, int64_t now)
{
	if (session->state != SESSION_UP || session->tls.up ||
	    now - session->opened_ms < OPENING_MAX_MS)
		return;
	log_of(session_about(session), LOG_INFO,
	    "session %u of %s: worker %u made no tunnel of what it was granted", session->index,
	    session->username, session->worker);
	session_wait(table, session);
}

void
session_table_tick(struct session_table *table)
{
	struct session *session, *tmp;
	int64_t now = now_ms();

	(void)session_table_past(table);
	HASH_ITER (hh, table->by_id, session, tmp) {
		Ipc__CloseCause cause;

		if (session->state == SESSION_ENDING) {
			if (now - session->ended_ms >= ENDING_MAX_MS)
				session_finish(table, session, session->cause);
			continue;
		}
		cause = due(table, session, now);
		if (cause != IPC__CLOSE_CAUSE__CLOSE_NONE)
			session_end(table, session, cause);
		else
			look_for_tunnel(table, session, now);
	}
}

/* ---- logins ---- */

/* Which session makes room: the longest idle, of those the oldest (asa.md 2.1). */
static struct session *
choose_victim(const struct session_user *user)
{
	struct session *victim = NULL, *session;

	for (session = user->sessions; session != NULL; session = session->user_next)
		if (victim == NULL || session_idle(session) > session_idle(victim))
			victim = session;
	assert(victim != NULL); /* a user without sessions is not in the table */
	return victim;
}

bool
session_is_crowded(
    const struct session_table *table, const char *username, const struct policy_limits *limits)
{
	const struct session_user *user;

	HASH_FIND_STR(table->users, username, user);
	return user != NULL && limits->logins > 1 && user->count >= limits->logins;
}

static void
apply_login_limit(struct session_table *table, const char *username, uint32_t limit)
{
	struct session_user *user;

	for (;;) {
		/* Looked up again each time: it goes with its last session. */
		HASH_FIND_STR(table->users, username, user);
		if (user == NULL || user->count < limit)
			return;
		session_end(table, choose_victim(user), IPC__CLOSE_CAUSE__CLOSE_PREEMPTED);
	}
}

uint32_t
session_index_next(struct session_table *table)
{
	uint32_t index;

	/* There are more indexes than there may be sessions, so this ends. */
	do {
		index = table->next_index;
		table->next_index = index == SESSION_INDEX_MAX ? 1 : index + 1;
	} while (session_table_index(table, index) != NULL);
	return index;
}

/* 8 hex NAS IPv4, 8 hex index << 12, 8 hex time (asa.md 6.1). */
void
session_audit_id(const struct facts *facts, uint32_t index, int64_t login_wall, char out[25])
{
	const struct ip_addr *nas = &facts->server.addr;
	uint8_t nas_bytes[4] = {0};
	char nas_hex[9];

	if (nas->family == 4)
		memcpy(nas_bytes, nas->bytes, sizeof(nas_bytes));
	str_hex(nas_hex, nas_bytes, sizeof(nas_bytes));
	snprintf(out, 25, "%s%08" PRIx32 "%08" PRIx32, nas_hex, index << 12, (uint32_t)login_wall);
}

/* Those that servers were told of, unless another session has got that index meanwhile. */
static void
identify(struct session_table *table, const struct session_login *login, struct session *session)
{
	bool told = login->index != 0 && session_table_index(table, login->index) == NULL;

	session->index = told ? login->index : session_index_next(table);
	session->login_wall = told ? login->login_wall : (int64_t)clock_wall_sec();
	if (told)
		memcpy(session->audit_id, login->audit_id, sizeof(session->audit_id));
	else
		session_audit_id(
		    login->facts, session->index, session->login_wall, session->audit_id);
}

static void
take_gain(const struct session_login *login, struct session *session)
{
	session->local_policy = login->local_policy || login->user != NULL;
	for (size_t i = 0; i < login->profiles_len; i++) {
		session->profiles[i] = login->profiles[i];
		session->attributes[i] = login->attributes[i];
		login->profiles[i] = NULL;
		login->attributes[i] = NULL;
	}
	session->profiles_len = login->profiles_len;
}

static const char *
name_of(const struct session_login *login)
{
	return login->username != NULL ? login->username : conf_str(login->user, USER_NAME);
}

static enum err
session_fill(struct session_table *table, const struct session_login *login, const char *token,
    struct session *session)
{
	enum err err = token_hash(token, session->token_hash);

	if (err != ERR_OK)
		return err;
	session->conf = conf_ref(login->conf);
	do
		session->id = rnd_u64();
	while (session->id == 0 || session_find(table, session->id) != NULL);
	identify(table, login, session);
	session->state = SESSION_NEW;
	session->facts = *login->facts;
	session->login_ms = session->data_ms = session->lost_ms = now_ms();
	session->tunnels = session->parent_id = 1;
	ipc__channel_stats__init(&session->current.tls);
	ipc__channel_stats__init(&session->current.dtls);
	ipc__channel_stats__init(&session->total.tls);
	ipc__channel_stats__init(&session->total.dtls);
	policy_limits(login->conf, login->inherit, &session->limits);
	session->methods = login->methods != 0 ? login->methods : SESSION_PASSWORD;
	(void)str_copy(session->username, sizeof(session->username), name_of(login));
	(void)str_copy(
	    session->tunnel_group, sizeof(session->tunnel_group), conf_str(login->group, TG_NAME));
	(void)str_copy(
	    session->group_policy, sizeof(session->group_policy), login->inherit->group_policy);
	take_gain(login, session);
	/* Last: it looks at the profiles. */
	return session_filters_hold(
	    table->config.filters, session, login->inherit, &session->filter4, &session->filter6);
}

enum err
session_login(struct session_table *table, const struct session_login *login, struct session **out,
    char token[TOKEN_TEXT_SIZE])
{
	struct policy_limits limits;
	struct session *session;
	enum err err;

	policy_limits(login->conf, login->inherit, &limits);
	if (limits.logins == 0)
		return ERR_DENIED;
	apply_login_limit(table, name_of(login), limits.logins);
	if (table->alive >= table->max_sessions)
		return ERR_LIMIT;
	session = calloc(1, sizeof(*session));
	if (session == NULL)
		return ERR_NOMEM;
	token_new(token);
	err = session_fill(table, login, token, session);
	if (err == ERR_OK)
		err = session_adopt(table, session);
	if (err != ERR_OK) {
		session_drop(&table->config, session);
		return err;
	}
	session_save(table, session);
	metric_count(METRIC_STARTED);
	*out = session;
	return ERR_OK;
}

/* Did LOCAL look at the password? Else the server that did has left its word. */
static bool
is_by_local(const struct session *session)
{
	for (size_t i = 0; i < session->profiles_len; i++)
		if (!session->profiles[i]->authorization)
			return false;
	return session->local_policy && (session->methods & SESSION_PASSWORD) != 0;
}

static bool
is_authorized(
    const struct session *session, const struct conf_object *group, const struct conf_object *user)
{
	for (size_t i = 0; i < session->profiles_len; i++)
		if (session->profiles[i]->authorization)
			return true;
	return judge_authorized(group, user);
}

enum err
session_inherit(const struct session *session, struct inherit *out)
{
	const struct conf *conf = session->conf;
	const struct conf_object *user = conf_find(conf, CONF_USERNAME, session->username);
	const struct conf_object *group = conf_find(conf, CONF_TUNNEL_GROUP, session->tunnel_group);
	struct gain gain = {.len = session->profiles_len, .local = session->local_policy};

	if (group == NULL || !is_authorized(session, group, user))
		return ERR_NOTFOUND;
	if (user == NULL && is_by_local(session))
		return ERR_NOTFOUND;
	memcpy(gain.profiles, session->profiles, sizeof(gain.profiles));
	memcpy(gain.attributes, session->attributes, sizeof(gain.attributes));
	gain_inherit(&gain, conf, group, session->username, out);
	return ERR_OK;
}

/* ---- after a restart ---- */

static bool
on_record(const Ipc__SessionRecord *record, void *arg)
{
	struct session_table *table = arg;
	struct session *session = NULL;
	enum err err = session_record_read(&table->config, record, &session);

	if (err == ERR_OK) {
		err = session_adopt(table, session);
		metric_add(METRIC_RESTORED, err == ERR_OK);
		if (err != ERR_OK) {
			session->cause = IPC__CLOSE_CAUSE__CLOSE_ERROR;
			session_tell(&table->config, SESSION_ENDED, session);
			session_drop(&table->config, session);
		}
	}
	if (err != ERR_OK)
		log_warn(
		    "a stored session of user %s is dropped: %s", record->username, err_str(err));
	return err == ERR_OK;
}

static int
older_first(const struct session *a, const struct session *b)
{
	if (a->login_wall != b->login_wall)
		return a->login_wall < b->login_wall ? -1 : 1;
	return (a->index > b->index) - (a->index < b->index);
}

void
session_table_load(struct session_table *table)
{
	struct session *session;
	enum err err = store_load(table->config.store, on_record, table);

	if (err != ERR_OK)
		log_err("cannot read the state directory: %s", err_str(err));
	HASH_SRT(hh, table->by_id, older_first);
	/* The lists of the users were filled in the order of the directory. */
	for (session = table->by_id; session != NULL; session = session_next(session)) {
		DL_DELETE2(session->user->sessions, session, user_prev, user_next);
		DL_APPEND2(session->user->sessions, session, user_prev, user_next);
	}
	if (table->alive > 0)
		log_notice("%zu sessions restored, waiting to resume", table->alive);
}
