/* SPDX-License-Identifier: Apache-2.0 */
/* The order in which addresses are looked for, and what the log has to say of it. */
#include "auth/assign.h"

#include "common/log.h"
#include "conf/syntax.h"

/* The user's own address. ERR_NOTFOUND: he has none; ERR_EXISTS: it is in use; ERR_NOMEM. */
static enum err
framed_get(struct session_table *table, struct session *session, const struct inherit *inherit,
    uint8_t family)
{
	const char *framed = inherit_str(
	    inherit, family == 4 ? GPA_VPN_FRAMED_IP_ADDRESS : GPA_VPN_FRAMED_IPV6_ADDRESS);
	struct lease lease = {0};
	char text[IP_STR_MAX];
	enum err err;

	if (framed == NULL ||
	    syntax_framed_address(framed, &lease.addr, &lease.prefix_len) != ERR_OK)
		return ERR_NOTFOUND;
	ip_str(&lease.addr, text);
	err = pool_lease_exact(session_table_config(table)->pools, &lease);
	if (err == ERR_OK) {
		*(family == 4 ? &session->ipv4 : &session->ipv6) = lease;
		log_of(session_about(session), LOGMSG_737010, session->index << 12, text);
	} else if (err == ERR_EXISTS) {
		log_of(session_about(session), LOGMSG_737033, session->index << 12, text);
		log_of(session_about(session), LOGMSG_737038, session->index << 12, text);
		log_of(session_about(session), LOG_WARNING,
		    "session %u of %s: the user's own address %s is in use, the pools are "
		    "asked for another",
		    session->index, session->username, text);
	}
	return err;
}

/* From the group policy's pools, then the tunnel group's. ERR_NOTFOUND: there are none; ERR_FULL,
 * ERR_NOMEM. */
static enum err
pools_get(struct session_table *table, struct session *session, const struct inherit *inherit,
    uint8_t family)
{
	struct pool_set *pools = session_table_config(table)->pools;
	const struct conf_object *group =
	    conf_find(session->conf, CONF_TUNNEL_GROUP, session->tunnel_group);
	struct lease *lease = family == 4 ? &session->ipv4 : &session->ipv6;
	const char *names[INHERIT_POOLS_MAX];
	size_t from_policy;
	size_t len = inherit_pools(inherit, group, family, names, &from_policy);
	char text[IP_STR_MAX];
	enum err err;

	if (len == 0)
		return ERR_NOTFOUND;
	err = pool_lease(pools, family, names, len, lease);
	if (err == ERR_OK)
		log_of(session_about(session), LOGMSG_737026, session->index << 12,
		    ip_str(&lease->addr, text), lease->pool);
	return err;
}

/* Lease of one family (asa.md 6.4). ERR_NOTFOUND: the session is to have no address of it. */
static enum err
lease_get(struct session_table *table, struct session *session, const struct inherit *inherit,
    uint8_t family)
{
	enum err framed = framed_get(table, session, inherit, family);
	enum err err;

	if (framed != ERR_NOTFOUND && framed != ERR_EXISTS)
		return framed;
	err = pools_get(table, session, inherit, family);
	return framed == ERR_EXISTS && err == ERR_NOTFOUND ? ERR_FULL : err;
}

static void
log_assigned(const struct session *session, bool want_ipv6)
{
	char ip[IP_STR_MAX], v4[IP_STR_MAX] = "0.0.0.0", v6[IP_STR_MAX] = "::";

	facts_ip(&session->facts, ip);
	if (session->ipv4.addr.family != 0)
		ip_str(&session->ipv4.addr, v4);
	if (session->ipv6.addr.family != 0)
		ip_str(&session->ipv6.addr, v6);
	else if (want_ipv6)
		log_of(session_about(session), LOGMSG_722041, session->tunnel_group,
		    session->group_policy, session->username, ip);
	log_of(session_about(session), LOGMSG_722051, session->group_policy, session->username, ip,
	    v4, v6);
	log_of(session_about(session), LOGMSG_109201, session->index << 12, session->username,
	    session->ipv4.addr.family != 0 ? v4 : v6);
}

/*
 * On the first tunnel; later ones keep what is there, as clients insist on the same addresses. A
 * user whose IPv4 pools are exhausted is refused, as a tunnel without IPv4 looks like a broken
 * network to him; IPv6 is what he can miss.
 */
enum err
assign_addresses(struct session_table *table, struct session *session,
    const struct inherit *inherit, const Ipc__SessionOpen *open)
{
	enum err v4 = ERR_NOTFOUND;

	if (session->ipv4.addr.family == 0 && session->ipv6.addr.family == 0) {
		if (open->want_ipv4)
			v4 = lease_get(table, session, inherit, 4);
		if (open->want_ipv6 && v4 != ERR_FULL)
			(void)lease_get(table, session, inherit, 6);
		if (session->ipv4.addr.family != 0 || session->ipv6.addr.family != 0)
			log_assigned(session, open->want_ipv6);
	}
	if ((open->want_ipv4 && session->ipv4.addr.family != 0) ||
	    (open->want_ipv6 && session->ipv6.addr.family != 0))
		return ERR_OK;
	log_of(session_about(session), LOGMSG_737019, session->index << 12);
	log_of(session_about(session), LOGMSG_737012, session->index << 12);
	return ERR_FULL;
}
