/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A session has one tunnel at a time, the newest (protocol.md 6.1). When a tunnel is replaced, its
 * worker still sends exactly one SessionClosed for it, which must not end the session: each
 * replaced tunnel leaves a "stale" note with the session, and the first SessionClosed of that
 * worker pays it off. Messages of a worker are in order and it closes the old tunnel before it
 * hears of the new one, so this cannot go wrong.
 */
#include "auth/tunnel.h"

#include <stdlib.h>
#include <string.h>

#include "auth/assign.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/str.h"

#define STALE_MAX 16

/* A message that a correct worker does not send. */
static void
log_breach(unsigned worker, const char *what)
{
	static struct log_limit limit = {.burst = 10, .interval_sec = 60};
	unsigned suppressed;

	if (log_limit_ok(&limit, &suppressed))
		log_warn("gateway worker %u: %s (%u more such messages)", worker, what, suppressed);
}

/* ---- open ---- */

static void
refuse(Ipc__OpenStatus status, const char *reason, tunnel_opened_fn fn, void *arg)
{
	Ipc__SessionOpened opened = IPC__SESSION_OPENED__INIT;

	opened.status = status;
	opened.reason = (char *)reason;
	(void)fn(&opened, arg);
}

/* This tunnel is not the session's. */
static void
tell_replaced(struct session_table *table, const struct session *session, unsigned worker)
{
	const struct session_config *config = session_table_config(table);
	Ipc__SessionEnd end = IPC__SESSION_END__INIT;

	end.session = session->id;
	end.cause = IPC__CLOSE_CAUSE__CLOSE_REPLACED;
	config->end(worker, &end, config->arg);
}

static void
stale_add(struct session *session)
{
	struct session_stale *stale, *old;
	unsigned count;

	DL_COUNT(session->stale, old, count);
	if (count >= STALE_MAX)
		session_stale_remove(session, session->stale);
	stale = calloc(1, sizeof(*stale));
	if (stale == NULL)
		return;
	stale->worker = session->worker;
	stale->counted = session->current;
	DL_APPEND(session->stale, stale);
}

/* The tunnel that is up gives way to a newer one; its client is the same and needs no word
 * (protocol.md 6.1). */
static void
replace_tunnel(struct session_table *table, struct session *session)
{
	stale_add(session);
	session_count_add(&session->total.tls, &session->current.tls);
	session_count_add(&session->total.dtls, &session->current.dtls);
	ipc__channel_stats__init(&session->current.tls);
	ipc__channel_stats__init(&session->current.dtls);
	session->tls.replacing = session->tls.up;
	session->dtls.replacing = session->dtls.up;
	session->tls.up = false;
	session->dtls.up = false;
	tell_replaced(table, session, session->worker);
}

/* What the answer borrows from. */
struct opened {
	Ipc__SessionOpened msg;
	struct policy *policy;
	struct in_addr mask;
};

static void
fill_addresses(const struct session *session, const Ipc__SessionOpen *open, struct opened *opened)
{
	Ipc__SessionOpened *msg = &opened->msg;

	if (open->want_ipv4 && session->ipv4.addr.family != 0) {
		uint8_t len = session->ipv4.prefix_len;

		opened->mask.s_addr = htonl(len == 0 ? 0 : UINT32_MAX << (32 - len));
		msg->ipv4.data = (uint8_t *)session->ipv4.addr.bytes;
		msg->ipv4.len = 4;
		msg->ipv4_mask.data = (uint8_t *)&opened->mask.s_addr;
		msg->ipv4_mask.len = 4;
	}
	if (open->want_ipv6 && session->ipv6.addr.family != 0) {
		msg->ipv6.data = (uint8_t *)session->ipv6.addr.bytes;
		msg->ipv6.len = 16;
		msg->ipv6_prefix = session->ipv6.prefix_len;
	}
}

static enum err
fill_opened(const struct session *session, const struct inherit *inherit,
    const Ipc__SessionOpen *open, struct opened *opened)
{
	Ipc__SessionOpened *msg = &opened->msg;

	ipc__session_opened__init(msg);
	opened->policy = policy_new(session->conf, inherit);
	if (opened->policy == NULL)
		return ERR_NOMEM;
	msg->status = IPC__OPEN_STATUS__OPEN_OK;
	msg->session = session->id;
	msg->index = session->index;
	msg->username = (char *)session->username;
	msg->tunnel_group = (char *)session->tunnel_group;
	msg->group_policy = (char *)session->group_policy;
	fill_addresses(session, open, opened);
	msg->policy = policy_msg(opened->policy);
	msg->policy->session_remaining = session_time_left(session);
	msg->policy->filter4 = session->filter4;
	msg->policy->filter6 = session->filter6;
	return ERR_OK;
}

/*
 * All that the answer needs, and the filters on their way to the worker: after this a tunnel may
 * replace an older one. Never one without its filter.
 */
static enum err
prepare_answer(struct session_table *table, const struct session *session, unsigned worker,
    const struct inherit *inherit, const Ipc__SessionOpen *open, struct opened *opened)
{
	struct filters *filters = session_table_config(table)->filters;
	enum err err = fill_opened(session, inherit, open, opened);

	if (err == ERR_OK)
		err = filters_send(filters, worker, session->filter4);
	if (err == ERR_OK)
		err = filters_send(filters, worker, session->filter6);
	if (err == ERR_OK)
		return ERR_OK;
	log_of(session_about(session), LOG_ERR,
	    "session %u of %s: no tunnel, its policy cannot be handed to worker %u: %s",
	    session->index, session->username, worker, err_str(err));
	policy_free(opened->policy);
	return err;
}

/* Before the session is saved: it is to be known of it that it is accounted. */
static void
tell_opened(struct session_table *table, struct session *session, bool moved)
{
	const struct session_config *config = session_table_config(table);

	if (!session->accounting_started)
		session_tell(config, SESSION_STARTED, session);
	else if (moved)
		session_tell(config, SESSION_CHANGED, session);
}

static void
open_session(struct session_table *table, struct session *session, unsigned worker,
    const struct facts *facts, const Ipc__SessionOpen *open, tunnel_opened_fn fn, void *arg)
{
	bool resumed = session->state == SESSION_WAITING;
	bool moved = !ip_eq(&session->facts.client.addr, &facts->client.addr);
	char login_ip[IP_STR_MAX], ip[IP_STR_MAX];
	struct inherit inherit;
	struct opened opened;

	if (session_inherit(session, &inherit) != ERR_OK) {
		refuse(IPC__OPEN_STATUS__OPEN_DENIED, "", fn, arg);
		return;
	}
	if (assign_addresses(table, session, &inherit, open) != ERR_OK) {
		refuse(IPC__OPEN_STATUS__OPEN_UNAVAILABLE,
		    "No address available for the connection", fn, arg);
		return;
	}
	if (prepare_answer(table, session, worker, &inherit, open, &opened) != ERR_OK) {
		refuse(IPC__OPEN_STATUS__OPEN_UNAVAILABLE, "Out of resources", fn, arg);
		return;
	}
	if (session->state == SESSION_UP)
		replace_tunnel(table, session);
	else
		session->tls.replacing = session->dtls.replacing = false;
	if (resumed)
		log_of(session_about(session), LOGMSG_716059, session->group_policy,
		    session->username, facts_ip(&session->facts, login_ip), facts_ip(facts, ip));
	session->facts.client = facts->client;
	session->facts.server = facts->server;
	str_printable(session->hostname, sizeof(session->hostname), open->hostname);
	session->data_ms = (int64_t)clock_mono_ms();
	tell_opened(table, session, moved);
	session_up(table, session, worker);
	if (!fn(&opened.msg, arg))
		session_wait(table, session);
	policy_free(opened.policy);
}

void
tunnel_open(struct session_table *table, unsigned worker, const Ipc__SessionOpen *open,
    tunnel_opened_fn fn, void *arg)
{
	struct session *session = session_find_token(table, open->token);
	char ip[IP_STR_MAX];
	struct facts facts;

	if (facts_read(open->facts, &facts) != ERR_OK) {
		log_breach(worker, "session open without valid facts");
		refuse(IPC__OPEN_STATUS__OPEN_DENIED, "", fn, arg);
		return;
	}
	if (session == NULL) {
		log_event(LOGMSG_722003, facts_ip(&facts, ip));
		refuse(IPC__OPEN_STATUS__OPEN_DENIED, "", fn, arg);
		return;
	}
	open_session(table, session, worker, &facts, open, fn, arg);
}

/* ---- channels ---- */

static struct session_channel *
channel_of(struct session *session, Ipc__Channel channel)
{
	if (channel == IPC__CHANNEL__CHANNEL_TLS)
		return &session->tls;
	return channel == IPC__CHANNEL__CHANNEL_DTLS ? &session->dtls : NULL;
}

static void
channel_up(struct session *session, struct session_channel *channel, const char *protocol)
{
	const char *gp = session->group_policy, *user = session->username;
	char ip[IP_STR_MAX];

	facts_ip(&session->facts, ip);
	if (channel->replacing || channel->up)
		log_of(session_about(session), LOGMSG_722032, gp, user, ip, protocol);
	else if (channel->seen)
		log_of(session_about(session), LOGMSG_722034, gp, user, ip, protocol);
	else
		log_of(session_about(session), LOGMSG_722033, gp, user, ip, protocol);
	log_of(session_about(session), LOGMSG_722022, gp, user, ip, protocol);
	channel->up = channel->seen = true;
	channel->replacing = false;
	channel->id = ++session->tunnels;
}

static void
channel_down(struct session *session, struct session_channel *channel, const char *protocol)
{
	char ip[IP_STR_MAX];

	if (channel->up)
		log_of(session_about(session), LOGMSG_722023, session->group_policy,
		    session->username, facts_ip(&session->facts, ip), protocol);
	channel->up = false;
}

static void
channel_describe(
    struct session_channel *channel, const struct ip_addr *addr, const Ipc__TunnelEvent *event)
{
	str_printable(channel->version, sizeof(channel->version), event->version);
	str_printable(channel->cipher, sizeof(channel->cipher), event->cipher);
	channel->client.addr = *addr;
	channel->client.port = (uint16_t)event->client_port;
	channel->server_port = (uint16_t)event->server_port;
}

static void
tell_to_end(struct session_table *table, unsigned worker, uint64_t id)
{
	const struct session_config *config = session_table_config(table);
	Ipc__SessionEnd end = IPC__SESSION_END__INIT;

	end.session = id;
	end.cause = IPC__CLOSE_CAUSE__CLOSE_ADMIN;
	end.text = (char *)session_cause_text(end.cause);
	end.notify = true;
	config->end(worker, &end, config->arg);
}

/* While an older tunnel of the same worker is closing, what it says could be about either. */
static bool
is_ambiguous(const struct session *session, unsigned worker)
{
	const struct session_stale *stale;

	DL_FOREACH (session->stale, stale) {
		if (stale->worker == worker)
			return true;
	}
	return false;
}

/*
 * May this worker speak of this session? After a restart of ours, or a broken channel, workers
 * announce the tunnels that live on; such a session waits for its tunnel and gets it back.
 */
static bool
claim(struct session_table *table, struct session *session, unsigned worker)
{
	if (session->state == SESSION_UP && session->worker != worker &&
	    !is_ambiguous(session, worker))
		tell_replaced(table, session, worker);
	if (session->state == SESSION_UP)
		return session->worker == worker;
	if (session->state != SESSION_WAITING)
		return false;
	session_up(table, session, worker);
	log_of(session_about(session), LOG_INFO,
	    "session %u of %s: its tunnel is still up on worker %u", session->index,
	    session->username, worker);
	return true;
}

void
tunnel_event(struct session_table *table, unsigned worker, const Ipc__TunnelEvent *event)
{
	struct session *session = session_find(table, event->session);
	const char *protocol = event->channel == IPC__CHANNEL__CHANNEL_TLS ? "TCP" : "UDP";
	struct session_channel *channel;
	struct ip_addr addr;

	if (session == NULL || session->state == SESSION_NEW) {
		if (event->up)
			tell_to_end(table, worker, event->session);
		return;
	}
	channel = channel_of(session, event->channel);
	if (channel == NULL || event->client_port > UINT16_MAX || event->server_port > UINT16_MAX ||
	    (event->up &&
		ip_from_bytes(event->client_ip.data, event->client_ip.len, &addr) != ERR_OK)) {
		log_breach(worker, "malformed tunnel event");
		return;
	}
	if (!event->up) {
		if (session->state == SESSION_UP && session->worker == worker &&
		    !is_ambiguous(session, worker))
			channel_down(session, channel, protocol);
		return;
	}
	if (!claim(table, session, worker))
		return;
	channel_describe(channel, &addr, event);
	session_table_came_up(table, event->channel);
	channel_up(session, channel, protocol);
}

/* ---- the end of a tunnel ---- */

static void
counts_read(const Ipc__ChannelStats *msg, Ipc__ChannelStats *out)
{
	ipc__channel_stats__init(out);
	if (msg != NULL)
		session_count_add(out, msg);
}

static void
stats_take(struct session *session, const Ipc__SessionStats *stats)
{
	int64_t data_ms = (int64_t)clock_mono_ms() - (int64_t)stats->idle * 1000;

	counts_read(stats->tls, &session->current.tls);
	counts_read(stats->dtls, &session->current.dtls);
	/* A worker that was started later than the last data knows of an older tunnel's data
	 * nothing. */
	if (data_ms > session->data_ms)
		session->data_ms = data_ms;
}

static void
add_rest(uint64_t *total, uint64_t final, uint64_t counted)
{
	Ipc__ChannelStats a = IPC__CHANNEL_STATS__INIT, b = IPC__CHANNEL_STATS__INIT;

	if (final <= counted)
		return;
	a.rx_bytes = *total;
	b.rx_bytes = final - counted;
	session_count_add(&a, &b);
	*total = a.rx_bytes;
}

static void
add_rest_all(
    Ipc__ChannelStats *total, const Ipc__ChannelStats *final, const Ipc__ChannelStats *counted)
{
	add_rest(&total->rx_bytes, final->rx_bytes, counted->rx_bytes);
	add_rest(&total->tx_bytes, final->tx_bytes, counted->tx_bytes);
	add_rest(&total->rx_packets, final->rx_packets, counted->rx_packets);
	add_rest(&total->tx_packets, final->tx_packets, counted->tx_packets);
	add_rest(&total->rx_drops, final->rx_drops, counted->rx_drops);
	add_rest(&total->tx_drops, final->tx_drops, counted->tx_drops);
}

/* The last word of a replaced tunnel: what it moved since it was replaced still counts. */
static bool
stale_closed(struct session *session, unsigned worker, const Ipc__SessionStats *stats)
{
	struct session_stale *stale;
	Ipc__ChannelStats tls, dtls;
	char ip[IP_STR_MAX];

	for (stale = session->stale; stale != NULL && stale->worker != worker; stale = stale->next)
		;
	if (stale == NULL)
		return false;
	if (stats != NULL) {
		counts_read(stats->tls, &tls);
		counts_read(stats->dtls, &dtls);
		add_rest_all(&session->total.tls, &tls, &stale->counted.tls);
		add_rest_all(&session->total.dtls, &dtls, &stale->counted.dtls);
	}
	log_of(session_about(session), LOGMSG_722028, session->group_policy, session->username,
	    facts_ip(&session->facts, ip));
	session_stale_remove(session, stale);
	return true;
}

/* What becomes of the session when its tunnel closes (protocol.md 6.3). */
static bool
cause_ends_session(Ipc__CloseCause cause)
{
	switch (cause) {
	case IPC__CLOSE_CAUSE__CLOSE_USER_REQUEST:
	case IPC__CLOSE_CAUSE__CLOSE_IDLE_TIMEOUT:
	case IPC__CLOSE_CAUSE__CLOSE_SESSION_TIMEOUT:
	case IPC__CLOSE_CAUSE__CLOSE_ADMIN:
	case IPC__CLOSE_CAUSE__CLOSE_PREEMPTED:
	case IPC__CLOSE_CAUSE__CLOSE_SHUTDOWN: /* the client was told goodbye and does not come back
						*/
		return true;
	default:
		return false;
	}
}

/* The reason of 722037: of a tunnel that was lost how it was, else why its session ends. */
static const char *
closing_text(const Ipc__SessionClosed *closed, const char *text)
{
	if (cause_ends_session(closed->cause))
		return session_cause_text(closed->cause);
	return closed->by_client || text[0] == '\0' ? "Transport closing" : text;
}

static void
log_closed(struct session *session, const Ipc__SessionClosed *closed)
{
	char ip[IP_STR_MAX], text[128];
	size_t len;

	str_printable(text, sizeof(text), closed->text);
	len = strlen(text);
	/* The message's own full stop is enough. */
	if (closed->by_client && len > 0)
		log_of(session_about(session), LOGMSG_722012, session->group_policy,
		    session->username, facts_ip(&session->facts, ip), 16U, "NOTICE",
		    (int)(text[len - 1] == '.' ? len - 1 : len), text);
	log_of(session_about(session), LOGMSG_722037, session->group_policy, session->username,
	    facts_ip(&session->facts, ip), closing_text(closed, text));
	channel_down(session, &session->tls, "TCP");
	channel_down(session, &session->dtls, "UDP");
}

void
tunnel_closed(struct session_table *table, unsigned worker, const Ipc__SessionClosed *closed)
{
	struct session *session = session_find(table, closed->session);

	if (session == NULL || stale_closed(session, worker, closed->stats))
		return;
	if (session->worker != worker ||
	    (session->state != SESSION_UP && session->state != SESSION_ENDING)) {
		log_breach(worker, "end of a tunnel that it has not got");
		return;
	}
	if (closed->stats != NULL)
		stats_take(session, closed->stats);
	log_closed(session, closed);
	if (session->state == SESSION_ENDING)
		session_finish(table, session, session->cause);
	else if (cause_ends_session(closed->cause))
		session_finish(table, session, closed->cause);
	else
		session_wait(table, session);
}

void
tunnel_stats(struct session_table *table, unsigned worker, const Ipc__StatsReport *report)
{
	for (size_t i = 0; i < report->n_stats; i++) {
		const Ipc__SessionStats *stats = report->stats[i];
		struct session *session = session_find(table, stats->session);

		if (session != NULL && session->state == SESSION_UP && session->worker == worker &&
		    !is_ambiguous(session, worker))
			stats_take(session, stats);
	}
}

void
tunnel_logout(struct session_table *table, const Ipc__SessionLogout *logout)
{
	struct session *session = session_find_token(table, logout->token);

	if (session != NULL)
		session_end(table, session, IPC__CLOSE_CAUSE__CLOSE_USER_REQUEST);
}
