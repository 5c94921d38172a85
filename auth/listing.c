/* SPDX-License-Identifier: Apache-2.0 */
/* What show-sessions gets to see of a session (asa.md 7). */
#include "auth/listing.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/str.h"

static bool
is_address(const struct ip_addr *addr, const char *text)
{
	struct ip_addr asked;

	return addr->family != 0 && ip_parse(text, &asked) == ERR_OK && ip_eq(addr, &asked);
}

bool
listing_match(const struct session *session, const Ipc__CtlSessions *filter)
{
	if (session->state == SESSION_ENDING)
		return false;
	if (filter->index != 0 && filter->index != session->index)
		return false;
	if (filter->username[0] != '\0' && strcmp(filter->username, session->username) != 0)
		return false;
	if (filter->tunnel_group[0] != '\0' &&
	    strcmp(filter->tunnel_group, session->tunnel_group) != 0)
		return false;
	if (filter->group_policy[0] != '\0' &&
	    strcmp(filter->group_policy, session->group_policy) != 0)
		return false;
	return filter->address[0] == '\0' || is_address(&session->ipv4.addr, filter->address) ||
	       is_address(&session->ipv6.addr, filter->address) ||
	       is_address(&session->facts.client.addr, filter->address);
}

static void
addr_fill(ProtobufCBinaryData *out, struct ip_addr *addr)
{
	out->data = addr->bytes;
	out->len = ip_len(addr);
}

static void
tunnel_add(struct listing *listing, struct session_channel *channel, Ipc__Channel kind,
    Ipc__ChannelStats *stats)
{
	Ipc__CtlTunnel *tunnel = &listing->tunnels[listing->msg.n_tunnel];

	if (!channel->up)
		return;
	ipc__ctl_tunnel__init(tunnel);
	tunnel->channel = kind;
	tunnel->id = channel->id;
	tunnel->up = true;
	tunnel->version = channel->version;
	tunnel->cipher = channel->cipher;
	tunnel->client_port = channel->client.port;
	tunnel->server_port = channel->server_port;
	tunnel->stats = stats;
	addr_fill(&tunnel->client_ip, &channel->client.addr);
	listing->tunnel_refs[listing->msg.n_tunnel++] = tunnel;
}

static uint64_t
seconds_since(int64_t ms)
{
	int64_t passed = ((int64_t)clock_mono_ms() - ms) / 1000;

	return passed > 0 ? (uint64_t)passed : 0;
}

/* The access lists behind the filters, be they named or given by a server. */
static void
filters_fill(Ipc__CtlSession *msg, const struct session *session, const struct filters *filters)
{
	const char *name4 = filters_name(filters, session->filter4);
	const char *name6 = filters_name(filters, session->filter6);

	if (name4 != NULL)
		msg->filter_name = (char *)name4;
	if (name6 != NULL)
		msg->ipv6_filter_name = (char *)name6;
}

void
listing_fill(struct listing *listing, struct session *session, const struct filters *filters)
{
	Ipc__CtlSession *msg = &listing->msg;

	ipc__ctl_session__init(msg);
	session_sum(session, &listing->total);
	msg->index = session->index;
	msg->username = session->username;
	addr_fill(&msg->ipv4, &session->ipv4.addr);
	addr_fill(&msg->ipv6, &session->ipv6.addr);
	addr_fill(&msg->public_ip, &session->facts.client.addr);
	msg->tunnel_group = session->tunnel_group;
	msg->group_policy = session->group_policy;
	msg->login_time = session->login_wall;
	msg->duration = seconds_since(session->login_ms);
	msg->inactivity = session->state == SESSION_UP ? 0 : seconds_since(session->lost_ms);
	msg->audit_session_id = session->audit_id;
	msg->client_os = session->facts.os;
	msg->client_os_version = session->facts.os_version;
	msg->client_agent = session->facts.agent;
	msg->client_version = session->facts.version;
	msg->hostname = session->hostname;
	msg->auth_mode = (char *)session_method_text(session->methods);
	msg->idle_timeout = session->limits.idle_sec;
	msg->idle_left = session_idle_left(session);
	msg->session_timeout = session->limits.session_sec;
	msg->session_left = session_time_left(session);
	msg->parent_id = session->parent_id;
	msg->parent_client_port = session->facts.client.port;
	msg->parent_server_port = session->facts.server.port;
	msg->total = &listing->total;
	filters_fill(msg, session, filters);
	buf_init(&listing->texts, LISTING_TEXT_MAX);
	listing->attributes = NULL;
	listing->attribute_refs = NULL;
	msg->tunnel = listing->tunnel_refs;
	tunnel_add(listing, &session->tls, IPC__CHANNEL__CHANNEL_TLS, &session->current.tls);
	tunnel_add(listing, &session->dtls, IPC__CHANNEL__CHANNEL_DTLS, &session->current.dtls);
}

void
listing_fini(struct listing *listing)
{
	buf_fini(&listing->texts);
	free(listing->attributes);
	free(listing->attribute_refs);
}
