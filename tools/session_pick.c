/* SPDX-License-Identifier: Apache-2.0 */
/* Picking and sorting sessions. Equal ones stay in the order of their index. */
#include "tools/session_pick.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/str.h"
#include "tools/column.h"

#define ADDRESS_WRONG "is no IPv4 or IPv6 address"

/* ---- filters ---- */

static const char *
take_name(struct session_pick *pick, char *value)
{
	pick->request.username = value;
	return NULL;
}

static const char *
take_tunnel_group(struct session_pick *pick, char *value)
{
	pick->request.tunnel_group = value;
	return NULL;
}

static const char *
take_group_policy(struct session_pick *pick, char *value)
{
	pick->request.group_policy = value;
	return NULL;
}

static const char *
take_index(struct session_pick *pick, char *value)
{
	uint64_t index;

	if (str_to_u64(value, 1, UINT32_MAX, &index) != ERR_OK)
		return "is no index: a number from 1";
	pick->request.index = (uint32_t)index;
	return NULL;
}

/* The daemon looks for either address; which one was meant is sorted out here. */
static const char *
take_address(struct session_pick *pick, const char *value, struct ip_addr *which)
{
	if (ip_parse(value, which) != ERR_OK)
		return ADDRESS_WRONG;
	pick->request.address = ip_str(which, pick->address_text);
	return NULL;
}

static const char *
take_assigned(struct session_pick *pick, char *value)
{
	return take_address(pick, value, &pick->assigned);
}

static const char *
take_public(struct session_pick *pick, char *value)
{
	return take_address(pick, value, &pick->public_ip);
}

static const char *
take_either(struct session_pick *pick, char *value)
{
	return take_address(pick, value, &pick->either);
}

static const char *
take_protocol(struct session_pick *pick, char *value)
{
	static const char *const words[] = {"AnyConnect-Parent", "SSL-Tunnel", "DTLS-Tunnel"};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcasecmp(value, words[i]) == 0) {
			pick->protocol = words[i];
			return NULL;
		}
	return "is no protocol: AnyConnect-Parent, SSL-Tunnel, DTLS-Tunnel";
}

static const char *
take_encryption(struct session_pick *pick, char *value)
{
	pick->encryption = value;
	return NULL;
}

static const char *
take_ip_version(struct session_pick *pick, char *value)
{
	if (strcmp(value, "v4") != 0 && strcmp(value, "v6") != 0)
		return "is no IP version: v4, v6";
	pick->ip_version = value[1] == '4' ? 4 : 6;
	return NULL;
}

static const char *
take_inactive(struct session_pick *pick, UNUSED char *value)
{
	pick->inactive = true;
	return NULL;
}

static const struct {
	const char *key;
	const char *(*take)(struct session_pick *pick, char *value);
} filters[] = {
    {"name", take_name},
    {"ipaddress", take_either},
    {"a-ipaddress", take_assigned},
    {"p-ipaddress", take_public},
    {"tunnel-group", take_tunnel_group},
    {"group-policy", take_group_policy},
    {"index", take_index},
    {"protocol", take_protocol},
    {"encryption", take_encryption},
    {"ipversion", take_ip_version},
    {"inactive", take_inactive},
};

bool
session_pick_is_filter(const char *key)
{
	for (size_t i = 0; i < ARRAY_LEN(filters); i++)
		if (strcmp(filters[i].key, key) == 0)
			return true;
	return false;
}

bool
session_pick_is_alone(const char *key)
{
	return strcmp(key, "inactive") == 0;
}

const char *
session_pick_filter(struct session_pick *pick, const char *key, char *value)
{
	for (size_t i = 0; i < ARRAY_LEN(filters); i++)
		if (strcmp(filters[i].key, key) == 0)
			return filters[i].take(pick, value);
	return "is for no filter";
}

static bool
is_address(const ProtobufCBinaryData *bytes, const struct ip_addr *wanted)
{
	struct ip_addr addr;

	return ip_from_bytes(bytes->data, bytes->len, &addr) == ERR_OK && ip_eq(&addr, wanted);
}

static bool
is_assigned(const Ipc__CtlSession *session, const struct ip_addr *wanted)
{
	return is_address(&session->ipv4, wanted) || is_address(&session->ipv6, wanted);
}

/* Is a tunnel up of that protocol and encryption, whatever is not asked for? */
static bool
has_tunnel(const Ipc__CtlSession *session, const char *protocol, const char *encryption)
{
	for (size_t i = 0; i < session->n_tunnel; i++) {
		const Ipc__CtlTunnel *tunnel = session->tunnel[i];
		const char *name =
		    tunnel->channel == IPC__CHANNEL__CHANNEL_DTLS ? "DTLS-Tunnel" : "SSL-Tunnel";

		if (tunnel->up && (protocol == NULL || strcmp(protocol, name) == 0) &&
		    (encryption == NULL ||
			strcasecmp(encryption, column_encryption(tunnel->cipher)) == 0))
			return true;
	}
	return false;
}

bool
session_pick_match(const struct session_pick *pick, const Ipc__CtlSession *session)
{
	const char *protocol = pick->protocol;

	if (pick->assigned.family != 0 && !is_assigned(session, &pick->assigned))
		return false;
	if (pick->public_ip.family != 0 && !is_address(&session->public_ip, &pick->public_ip))
		return false;
	if (pick->either.family != 0 && !is_assigned(session, &pick->either) &&
	    !is_address(&session->public_ip, &pick->either))
		return false;
	if (pick->inactive && session->n_tunnel > 0)
		return false;
	if (pick->ip_version != 0 &&
	    (pick->ip_version == 4 ? session->ipv4.len : session->ipv6.len) == 0)
		return false;
	/* Every session has a parent. */
	if (protocol != NULL && strcmp(protocol, "AnyConnect-Parent") == 0)
		protocol = NULL;
	return (protocol == NULL && pick->encryption == NULL) ||
	       has_tunnel(session, protocol, pick->encryption);
}

/* ---- order ---- */

#define COMPARE(a, b) (((a) > (b)) - ((a) < (b)))

static int
by_index(const Ipc__CtlSession *a, const Ipc__CtlSession *b)
{
	return COMPARE(a->index, b->index);
}

static int
by_name(const Ipc__CtlSession *a, const Ipc__CtlSession *b)
{
	return strcmp(a->username, b->username);
}

static int
by_tunnel_group(const Ipc__CtlSession *a, const Ipc__CtlSession *b)
{
	return strcmp(a->tunnel_group, b->tunnel_group);
}

static int
by_group_policy(const Ipc__CtlSession *a, const Ipc__CtlSession *b)
{
	return strcmp(a->group_policy, b->group_policy);
}

/* The longest first, as one looks for those. */
static int
by_duration(const Ipc__CtlSession *a, const Ipc__CtlSession *b)
{
	return COMPARE(b->duration, a->duration);
}

static int
by_inactivity(const Ipc__CtlSession *a, const Ipc__CtlSession *b)
{
	return COMPARE(b->inactivity, a->inactivity);
}

/* IPv4 before IPv6, those without an address first. */
static int
compare_bytes(const ProtobufCBinaryData *a, const ProtobufCBinaryData *b)
{
	if (a->len != b->len)
		return COMPARE(a->len, b->len);
	return a->len > 0 ? memcmp(a->data, b->data, a->len) : 0;
}

static int
by_assigned(const Ipc__CtlSession *a, const Ipc__CtlSession *b)
{
	int result = compare_bytes(&a->ipv4, &b->ipv4);

	return result != 0 ? result : compare_bytes(&a->ipv6, &b->ipv6);
}

static int
by_public(const Ipc__CtlSession *a, const Ipc__CtlSession *b)
{
	return compare_bytes(&a->public_ip, &b->public_ip);
}

/* The last tunnel is the better one. */
static const Ipc__CtlTunnel *
best_tunnel(const Ipc__CtlSession *session)
{
	return session->n_tunnel > 0 ? session->tunnel[session->n_tunnel - 1] : NULL;
}

static int
by_protocol(const Ipc__CtlSession *a, const Ipc__CtlSession *b)
{
	const Ipc__CtlTunnel *x = best_tunnel(a), *y = best_tunnel(b);
	int m = x != NULL ? (int)x->channel : 0, n = y != NULL ? (int)y->channel : 0;

	return COMPARE(m, n);
}

static int
by_encryption(const Ipc__CtlSession *a, const Ipc__CtlSession *b)
{
	const Ipc__CtlTunnel *x = best_tunnel(a), *y = best_tunnel(b);

	return strcmp(column_encryption(x != NULL ? x->cipher : ""),
	    column_encryption(y != NULL ? y->cipher : ""));
}

static const struct {
	const char *key;
	int (*compare)(const Ipc__CtlSession *a, const Ipc__CtlSession *b);
} orders[] = {
    {"index", by_index},
    {"name", by_name},
    {"ipaddress", by_assigned},
    {"a-ipaddress", by_assigned},
    {"p-ipaddress", by_public},
    {"tunnel-group", by_tunnel_group},
    {"group-policy", by_group_policy},
    {"duration", by_duration},
    {"inactivity", by_inactivity},
    {"protocol", by_protocol},
    {"encryption", by_encryption},
};

bool
session_pick_sort(struct session_pick *pick, const char *key)
{
	for (size_t i = 0; i < ARRAY_LEN(orders); i++)
		if (strcmp(orders[i].key, key) == 0) {
			pick->compare = orders[i].compare;
			return true;
		}
	return false;
}

static int
compare(const void *a, const void *b, void *arg)
{
	const struct session_pick *pick = arg;
	const Ipc__CtlSession *const *x = a, *const *y = b;
	int result = pick->compare != NULL ? pick->compare(*x, *y) : 0;

	return result != 0 ? result : by_index(*x, *y);
}

void
session_pick_order(const struct session_pick *pick, Ipc__CtlSession **sessions, size_t len)
{
	if (len > 0)
		qsort_r(sessions, len, sizeof(*sessions), compare, (void *)(uintptr_t)pick);
}

void
session_pick_init(struct session_pick *pick)
{
	*pick = (struct session_pick){.request = IPC__CTL_SESSIONS__INIT};
}
