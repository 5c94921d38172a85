/* SPDX-License-Identifier: Apache-2.0 */
/* Session records. What comes from disk is checked like what comes from a peer. */
#include "auth/session_record.h"

#include <stdlib.h>
#include <string.h>

#include "auth/gain.h"
#include "auth/radius_profile.h"
#include "auth/session_filters.h"
#include "common/clock.h"
#include "common/str.h"
#include "conf/syntax.h"

#define FORMAT 1

static void
lease_write(const struct lease *lease, ProtobufCBinaryData *addr, uint32_t *prefix, char **pool)
{
	addr->data = (uint8_t *)lease->addr.bytes;
	addr->len = ip_len(&lease->addr);
	*prefix = lease->prefix_len;
	*pool = (char *)lease->pool;
}

static int64_t
seconds_since(int64_t ms)
{
	int64_t passed = ((int64_t)clock_mono_ms() - ms) / 1000;

	return passed > 0 ? passed : 0;
}

enum err
session_record_put(const struct session *session, struct store *store)
{
	Ipc__SessionRecord record = IPC__SESSION_RECORD__INIT;
	Ipc__ClientFacts facts = IPC__CLIENT_FACTS__INIT;
	char *macs[FACTS_MACS_MAX];
	Ipc__ChannelStats tls = session->total.tls, dtls = session->total.dtls;
	int64_t quiet = seconds_since(session->data_ms);

	/* A tunnel that is up is counted whole by its worker, also for the next process. */
	if (session->state != SESSION_UP) {
		session_count_add(&tls, &session->current.tls);
		session_count_add(&dtls, &session->current.dtls);
	}
	facts_write(&session->facts, macs, &facts);
	record.format = FORMAT;
	record.session = session->id;
	record.index = session->index;
	record.token_hash.data = (uint8_t *)session->token_hash;
	record.token_hash.len = sizeof(session->token_hash);
	record.opened = session->state != SESSION_NEW;
	record.up = session->state == SESSION_UP;
	record.username = (char *)session->username;
	record.tunnel_group = (char *)session->tunnel_group;
	record.group_policy = (char *)session->group_policy;
	record.login_time = session->login_wall;
	record.written_time = (int64_t)clock_wall_sec();
	record.active_time = record.written_time - quiet;
	record.age = (uint64_t)seconds_since(session->login_ms);
	record.quiet = (uint64_t)quiet;
	record.audit_session_id = (char *)session->audit_id;
	record.facts = &facts;
	record.hostname = (char *)session->hostname;
	lease_write(&session->ipv4, &record.ipv4, &record.ipv4_prefix, &record.ipv4_pool);
	lease_write(&session->ipv6, &record.ipv6, &record.ipv6_prefix, &record.ipv6_pool);
	record.tls = &tls;
	record.dtls = &dtls;
	record.tunnels = session->tunnels;
	record.login_methods = session->methods;
	record.profile = (Ipc__AaaProfile **)session->profiles;
	record.n_profile = session->profiles_len;
	record.local_policy = session->local_policy;
	record.accounting_started = session->accounting_started;
	if (session->state == SESSION_ENDING)
		record.ended = session->cause;
	return store_put(store, &record);
}

/* ---- back ---- */

static enum err
texts_read(const Ipc__SessionRecord *record, struct session *session)
{
	if (str_copy(session->username, sizeof(session->username), record->username) != ERR_OK ||
	    str_copy(session->tunnel_group, sizeof(session->tunnel_group), record->tunnel_group) !=
		ERR_OK ||
	    str_copy(session->audit_id, sizeof(session->audit_id), record->audit_session_id) !=
		ERR_OK)
		return ERR_SYNTAX;
	str_printable(session->hostname, sizeof(session->hostname), record->hostname);
	return ERR_OK;
}

static void
stats_read(const Ipc__ChannelStats *msg, Ipc__ChannelStats *out)
{
	if (msg != NULL)
		session_count_add(out, msg);
}

/* Of moments and of numbers of seconds, so that nothing below overflows. */
static bool
is_time(int64_t sec)
{
	return sec >= 0 && sec <= INT64_MAX / 8000;
}

/* Seconds since a moment of the wall clock; one that lies in the future is now. */
static int64_t
wall_since(int64_t wall)
{
	int64_t passed = (int64_t)clock_wall_sec() - wall;

	return passed > 0 ? passed : 0;
}

/*
 * Only the time between two processes is the wall clock's. If it was set back meanwhile, no time
 * has passed, but the session does not get back what it had used up.
 */
static enum err
times_read(const Ipc__SessionRecord *record, struct session *session)
{
	int64_t now = (int64_t)clock_mono_ms(), age, quiet;

	if (!is_time(record->login_time) || !is_time(record->active_time) ||
	    !is_time(record->written_time) || !is_time((int64_t)record->age) ||
	    !is_time((int64_t)record->quiet))
		return ERR_SYNTAX;
	if (record->written_time != 0) {
		age = (int64_t)record->age + wall_since(record->written_time);
		quiet = (int64_t)record->quiet + wall_since(record->written_time);
	} else {
		age = wall_since(record->login_time);
		quiet = wall_since(record->active_time);
	}
	session->login_wall = record->login_time;
	session->login_ms = now - age * 1000;
	/* While it was up nobody wrote down the data: it counts as active until now. */
	session->data_ms = record->up ? now : now - quiet * 1000;
	session->lost_ms = session->data_ms;
	return ERR_OK;
}

/* Is this the address that the user has for himself? */
static bool
is_framed(const struct inherit *inherit, const struct ip_addr *addr)
{
	const char *text = inherit_str(
	    inherit, addr->family == 4 ? GPA_VPN_FRAMED_IP_ADDRESS : GPA_VPN_FRAMED_IPV6_ADDRESS);
	struct ip_addr own;
	uint8_t len;

	return text != NULL && syntax_framed_address(text, &own, &len) == ERR_OK &&
	       ip_eq(&own, addr);
}

/* What a record says of one address. */
struct stored {
	uint8_t family;
	const ProtobufCBinaryData *addr;
	uint32_t prefix_len;
	const char *pool;
};

/* Address and mask stay what they were: a client that resumes insists on both (protocol.md 6.1). */
static enum err
lease_read(const struct session_config *config, const struct inherit *inherit,
    const struct stored *stored, struct lease *out)
{
	struct lease lease = {0};
	enum err err;

	if (stored->addr->len == 0)
		return ERR_OK;
	if (ip_from_bytes(stored->addr->data, stored->addr->len, &lease.addr) != ERR_OK ||
	    lease.addr.family != stored->family || stored->prefix_len > ip_len(&lease.addr) * 8 ||
	    str_copy(lease.pool, sizeof(lease.pool), stored->pool) != ERR_OK)
		return ERR_SYNTAX;
	lease.prefix_len = (uint8_t)stored->prefix_len;
	if (!pool_covers(config->pools, &lease.addr) && !is_framed(inherit, &lease.addr))
		return ERR_NOTFOUND;
	err = pool_lease_exact(config->pools, &lease);
	if (err == ERR_OK)
		*out = lease;
	return err;
}

static enum err
leases_read(const struct session_config *config, const struct inherit *inherit,
    const Ipc__SessionRecord *record, struct session *session)
{
	const struct stored v4 = {4, &record->ipv4, record->ipv4_prefix, record->ipv4_pool};
	const struct stored v6 = {6, &record->ipv6, record->ipv6_prefix, record->ipv6_pool};
	enum err err = lease_read(config, inherit, &v4, &session->ipv4);

	if (err == ERR_OK)
		err = lease_read(config, inherit, &v6, &session->ipv6);
	if (err != ERR_OK)
		return err;
	if (record->opened && session->ipv4.addr.family == 0 && session->ipv6.addr.family == 0)
		return ERR_SYNTAX;
	return ERR_OK;
}

/* Records of before there were profiles are of users whom LOCAL knew. */
static bool
is_local(const Ipc__SessionRecord *record, const struct session *session)
{
	const struct conf_object *group =
	    conf_find(session->conf, CONF_TUNNEL_GROUP, session->tunnel_group);
	char *const *servers;

	if (record->local_policy || record->n_profile > 0)
		return record->local_policy;
	if ((session->methods & SESSION_PASSWORD) != 0)
		return true;
	/* A certificate alone: unless the word of servers was asked for, and there was none. */
	return group == NULL || conf_list(conf_sub(group, TG_GENERAL),
				    TGG_AUTHORIZATION_SERVER_GROUP, &servers) == 0;
}

/* What servers said, by the configuration in force. */
static enum err
gain_restore(const Ipc__SessionRecord *record, struct session *session)
{
	char ip[IP_STR_MAX];
	const struct gain_who who = {
	    .username = session->username,
	    .ip = facts_ip(&session->facts, ip),
	    .tunnel_group = conf_find(session->conf, CONF_TUNNEL_GROUP, session->tunnel_group),
	};
	struct gain gain = {0};
	enum err err = ERR_OK;

	session->local_policy = is_local(record, session);
	if (record->n_profile > SESSION_PROFILES_MAX)
		return ERR_SYNTAX;
	if (who.tunnel_group == NULL)
		return ERR_NOTFOUND;
	for (size_t i = 0; i < record->n_profile && err == ERR_OK; i++) {
		Ipc__AaaProfile *copy = radius_profile_copy(record->profile[i]);

		if (copy == NULL)
			err = ERR_NOMEM;
		gain_add(&gain, copy);
	}
	if (err == ERR_OK)
		err = gain_read(&gain, session->conf, &who);
	memcpy(session->profiles, gain.profiles, sizeof(session->profiles));
	memcpy(session->attributes, gain.attributes, sizeof(session->attributes));
	session->profiles_len = gain.len;
	return err == ERR_DENIED ? ERR_NOTFOUND : err;
}

/* What the configuration in force has for the session. */
static enum err
policy_read(
    const struct session_config *config, const Ipc__SessionRecord *record, struct session *session)
{
	struct inherit inherit;
	enum err err;

	session->conf = conf_ref(config->conf);
	if (record->ended != IPC__CLOSE_CAUSE__CLOSE_NONE)
		return ERR_CLOSED;
	err = gain_restore(record, session);
	if (err == ERR_OK)
		err = session_inherit(session, &inherit);
	if (err != ERR_OK)
		return err;
	policy_limits(session->conf, &inherit, &session->limits);
	if (session->limits.logins == 0)
		return ERR_NOTFOUND;
	(void)str_copy(session->group_policy, sizeof(session->group_policy), inherit.group_policy);
	err = leases_read(config, &inherit, record, session);
	if (err != ERR_OK)
		return err;
	return session_filters_hold(
	    config->filters, session, &inherit, &session->filter4, &session->filter6);
}

static enum err
session_fill(
    const struct session_config *config, const Ipc__SessionRecord *record, struct session *session)
{
	enum err err;

	if (record->format != FORMAT || record->session == 0 || record->index == 0 ||
	    record->index > SESSION_INDEX_MAX ||
	    record->token_hash.len != sizeof(session->token_hash) ||
	    record->login_methods > SESSION_METHODS)
		return ERR_SYNTAX;
	session->methods = record->login_methods != 0 ? record->login_methods : SESSION_PASSWORD;
	session->id = record->session;
	session->index = record->index;
	session->tunnels = record->tunnels;
	session->state = record->opened ? SESSION_WAITING : SESSION_NEW;
	session->tls.seen = record->opened;
	session->accounting_started = record->accounting_started;
	memcpy(session->token_hash, record->token_hash.data, sizeof(session->token_hash));
	err = texts_read(record, session);
	if (err == ERR_OK)
		err = times_read(record, session);
	if (err == ERR_OK && facts_read(record->facts, &session->facts) != ERR_OK)
		err = ERR_SYNTAX;
	if (err != ERR_OK)
		return err;
	stats_read(record->tls, &session->total.tls);
	stats_read(record->dtls, &session->total.dtls);
	return policy_read(config, record, session);
}

static void
address_read(const ProtobufCBinaryData *bytes, uint8_t family, struct ip_addr *out)
{
	struct ip_addr addr;

	if (ip_from_bytes(bytes->data, bytes->len, &addr) == ERR_OK && addr.family == family)
		*out = addr;
}

/* It does not come back: its end is to be accounted, with the addresses that it had. */
static void
tell_lost(
    const struct session_config *config, const Ipc__SessionRecord *record, struct session *session)
{
	const struct lease v4 = session->ipv4, v6 = session->ipv6;

	if (!session->accounting_started || session->conf == NULL)
		return;
	session->cause = record->ended != IPC__CLOSE_CAUSE__CLOSE_NONE
			     ? record->ended
			     : IPC__CLOSE_CAUSE__CLOSE_ADMIN;
	address_read(&record->ipv4, 4, &session->ipv4.addr);
	address_read(&record->ipv6, 6, &session->ipv6.addr);
	session_tell(config, SESSION_ENDED, session);
	session->ipv4 = v4;
	session->ipv6 = v6;
}

enum err
session_record_read(
    const struct session_config *config, const Ipc__SessionRecord *record, struct session **out)
{
	struct session *session = calloc(1, sizeof(*session));
	enum err err;

	if (session == NULL)
		return ERR_NOMEM;
	ipc__channel_stats__init(&session->total.tls);
	ipc__channel_stats__init(&session->total.dtls);
	ipc__channel_stats__init(&session->current.tls);
	ipc__channel_stats__init(&session->current.dtls);
	err = session_fill(config, record, session);
	if (err != ERR_OK) {
		tell_lost(config, record, session);
		session_drop(config, session);
		return err;
	}
	*out = session;
	return ERR_OK;
}
