/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random configurations for property tests: tunnel groups, policies and users with attributes that
 * are set, none or absent, URLs, aliases and certificate maps. The model remembers what was
 * written; its values are JSON texts, so that nothing of conf/ is needed to compare them.
 */
#ifndef TESTS_UNIT_POLICY_WORLD_H
#define TESTS_UNIT_POLICY_WORLD_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "conf/row.h"
#include "tests/unit/conf_world.h"

/* Closes groups: without a key nobody can ask it. */
#define POLICY_AAA                                                                                 \
	"aaa-server-groups = ( { name = \"ISE\"; hosts = ( { address = \"192.0.2.1\"; } ); } );\n"
#define POLICY_WORLD_FN static __attribute__((noinline, unused))
#define POLICY_GROUPS_MAX 6
#define POLICY_NAMES_MAX 3 /* aliases or URLs of a group */
#define POLICY_POLICIES_MAX 4
#define POLICY_USERS_MAX 4
#define POLICY_RULES_MAX 6
#define POLICY_TYPES_MAX 3 /* types of anyconnect-custom */
#define POLICY_VALUE_MAX 256

/* ---- randomness: the same for the same seed, everywhere ---- */

static uint64_t policy_seed;

POLICY_WORLD_FN uint64_t
policy_random(void)
{
	uint64_t z = policy_seed += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

POLICY_WORLD_FN unsigned
policy_below(unsigned n)
{
	return (unsigned)(policy_random() % n);
}

/* ---- the model ---- */

enum policy_state { POLICY_ABSENT, POLICY_NONE, POLICY_SET };

struct policy_value {
	enum policy_state state;
	char json[POLICY_VALUE_MAX]; /* "null" for none */
};

struct policy_attributes {
	struct policy_value values[GPA_COUNT]; /* of anyconnect-custom the state only */
	struct policy_value custom[POLICY_TYPES_MAX];
};

struct policy_name {
	char text[64];
	char host[32], path[16]; /* of a URL; path without slash */
	unsigned port;
	bool enabled;
};

struct policy_group {
	char name[32];
	int policy; /* default-group-policy; -1: not written, which is DfltGrpPolicy */
	bool closed, strip_realm, strip_group;
	struct policy_name aliases[POLICY_NAMES_MAX], urls[POLICY_NAMES_MAX];
	unsigned aliases_len, urls_len;
	char pools[2][2][16]; /* IPv4 and IPv6, "" behind the last */
};

struct policy_user {
	char name[16];
	int policy; /* vpn-group-policy; -1: absent, -2: none */
	bool has_password;
	struct policy_attributes attributes;
};

struct policy_rule {
	char map[8];
	unsigned sequence;
	const char *unit, *organisation; /* what it asks for; organisation may be NULL */
	unsigned group;
};

struct policy_world {
	uint64_t seed; /* that makes it again */
	struct policy_group groups[POLICY_GROUPS_MAX];
	unsigned groups_len;
	struct policy_attributes policies[POLICY_POLICIES_MAX]; /* the first: DfltGrpPolicy */
	unsigned policies_len;
	struct policy_user users[POLICY_USERS_MAX];
	unsigned users_len;
	struct policy_rule rules[POLICY_RULES_MAX]; /* in the order of certificate-group-map */
	unsigned rules_len;
	bool list, url_first;
	char delimiter; /* 0: none */
	unsigned idle;  /* default-idle-timeout */
	struct buf groups_text, policies_text, users_text;
	struct conf *conf;
};

static const char *const policy_types[POLICY_TYPES_MAX] = {
    "dynamic-split-exclude-domains", "TypeB", "TypeC"};
static const char *const policy_units[] = {"red", "green", "blue"};

POLICY_WORLD_FN const char *
policy_name_of(unsigned policy)
{
	static const char *const names[POLICY_POLICIES_MAX] = {"DfltGrpPolicy", "P1", "P2", "P3"};

	return names[policy];
}

/* ---- values ---- */

/* What strings and lists may hold; each has as many as there are. */
static const struct {
	enum conf_gp_attributes attribute;
	const char *values[4];
} policy_samples[] = {
    {GPA_BANNER, {"hello", "two\\nlines", "a \\\"quoted\\\" word"}},
    {GPA_DNS_SERVER, {"10.0.0.53", "10.0.1.53", "fd00::53"}},
    {GPA_WINS_SERVER, {"10.0.0.42", "10.0.1.42"}},
    {GPA_DEFAULT_DOMAIN, {"corp.example", "other.example"}},
    {GPA_SPLIT_TUNNEL_NETWORK_LIST, {"nets", "more-nets"}},
    {GPA_SPLIT_DNS, {"corp.example", "lab.example", "x.example"}},
    {GPA_VPN_TUNNEL_PROTOCOL, {"ssl-client", "ikev2", "ssl-clientless"}},
    {GPA_GROUP_LOCK, {"G0", "G0", "DefaultRAGroup"}},
    {GPA_ADDRESS_POOLS, {"POOL-A", "POOL-B", "POOL-C"}},
    {GPA_IPV6_ADDRESS_POOLS, {"POOL6-A", "POOL6-B"}},
    {GPA_VPN_ACCESS_HOURS, {"office", "night"}},
    {GPA_VPN_FILTER, {"filter-a", "filter-b"}},
    {GPA_IPV6_VPN_FILTER, {"filter-a", "filter-b"}},
    {GPA_GATEWAY_FQDN, {"vpn.corp.example", "vpn2.corp.example"}},
    {GPA_MSIE_PROXY_SERVER, {"proxy.corp.example:3128", "10.0.0.1:8080"}},
    {GPA_MSIE_PROXY_EXCEPT_LIST, {"*.corp.example", "10.*"}},
    {GPA_MSIE_PROXY_PAC_URL, {"http://proxy.corp.example/proxy.pac"}},
};

POLICY_WORLD_FN const char *
policy_sample(enum conf_gp_attributes attribute, unsigned n)
{
	for (size_t i = 0; i < ARRAY_LEN(policy_samples); i++) {
		unsigned len = 0;

		if (policy_samples[i].attribute != attribute)
			continue;
		while (len < 4 && policy_samples[i].values[len] != NULL)
			len++;
		return policy_samples[i].values[n % len];
	}
	fail_msg("no sample for attribute %d", (int)attribute);
	return "";
}

POLICY_WORLD_FN void
policy_make_list(enum conf_gp_attributes attribute, const struct row *row, char *out, size_t size)
{
	unsigned len = 1 + policy_below(2), start = policy_below(4);
	int used = snprintf(out, size, "[");

	for (unsigned i = 0; i < len; i++)
		used += snprintf(out + used, size - (size_t)used, "%s\"%s\"", i > 0 ? "," : "",
		    policy_sample(attribute, start + i));
	assert_true((size_t)used + 2 < size);
	snprintf(out + used, size - (size_t)used, "]");
	(void)row;
}

/* A value of the row, written as JSON, which is how the configuration writes it too. */
POLICY_WORLD_FN void
policy_make_value(enum conf_gp_attributes attribute, struct policy_value *out)
{
	const struct row *row = &row_kind(CONF_GP_ATTRIBUTES)->rows[attribute];
	unsigned words = 0;

	out->state = POLICY_SET;
	switch (row->type) {
	case ROW_BOOL:
		snprintf(out->json, sizeof(out->json), "%s", policy_below(2) ? "true" : "false");
		return;
	case ROW_INT:
		/* The ends of the range are as likely as what is between. */
		snprintf(out->json, sizeof(out->json), "%" PRId64,
		    policy_below(4) == 0 ? row->max
		    : policy_below(3) == 0
			? row->min
			: row->min + (int64_t)(policy_random() % (uint64_t)(row->max - row->min)));
		return;
	case ROW_ENUM:
		while (row->words[words] != NULL)
			words++;
		snprintf(out->json, sizeof(out->json), "\"%s\"", row->words[policy_below(words)]);
		return;
	case ROW_STRINGS:
		policy_make_list(attribute, row, out->json, sizeof(out->json));
		return;
	default:
		snprintf(out->json, sizeof(out->json), "\"%s\"",
		    policy_sample(attribute, policy_below(4)));
		return;
	}
}

POLICY_WORLD_FN bool
policy_is_user_only(enum conf_gp_attributes attribute)
{
	return attribute == GPA_VPN_GROUP_POLICY || attribute == GPA_VPN_FRAMED_IP_ADDRESS ||
	       attribute == GPA_VPN_FRAMED_IPV6_ADDRESS;
}

/* Attributes that can refuse a login: rarer, or nobody would ever get in. */
POLICY_WORLD_FN bool
policy_may_refuse(enum conf_gp_attributes attribute)
{
	return attribute == GPA_GROUP_LOCK || attribute == GPA_VPN_TUNNEL_PROTOCOL ||
	       attribute == GPA_VPN_ACCESS_HOURS || attribute == GPA_VPN_SIMULTANEOUS_LOGINS;
}

/* Set, none or absent, each attribute by itself. */
POLICY_WORLD_FN void
policy_make_attributes(struct policy_attributes *out)
{
	for (enum conf_gp_attributes a = 0; a < GPA_COUNT; a++) {
		const struct row *row = &row_kind(CONF_GP_ATTRIBUTES)->rows[a];
		struct policy_value *value = &out->values[a];
		unsigned dice = policy_below(10);

		*value = (struct policy_value){.state = POLICY_ABSENT};
		if (policy_is_user_only(a) || a == GPA_ANYCONNECT_CUSTOM)
			continue;
		if (dice == 0 && row->none) {
			value->state = POLICY_NONE;
			snprintf(value->json, sizeof(value->json), "null");
		} else if (dice < 4 && (!policy_may_refuse(a) || policy_below(3) == 0)) {
			policy_make_value(a, value);
		}
	}
	/* A method without its server is refused where both stand together. */
	if (out->values[GPA_MSIE_PROXY_METHOD].state == POLICY_SET) {
		if (out->values[GPA_MSIE_PROXY_SERVER].state == POLICY_NONE)
			out->values[GPA_MSIE_PROXY_SERVER].state = POLICY_ABSENT;
		if (out->values[GPA_MSIE_PROXY_PAC_URL].state == POLICY_NONE)
			out->values[GPA_MSIE_PROXY_PAC_URL].state = POLICY_ABSENT;
	}
}

POLICY_WORLD_FN void
policy_make_custom(struct policy_attributes *out)
{
	static const char *const values[] = {"a.example", "a.example,b.example,word", "word"};
	unsigned dice = policy_below(8);

	if (dice == 0) {
		out->values[GPA_ANYCONNECT_CUSTOM] =
		    (struct policy_value){.state = POLICY_NONE, .json = "null"};
		return;
	}
	for (unsigned i = 0; dice < 5 && i < POLICY_TYPES_MAX; i++) {
		unsigned each = policy_below(6);

		if (each > 2)
			continue;
		out->values[GPA_ANYCONNECT_CUSTOM].state = POLICY_SET;
		out->custom[i].state = each == 0 ? POLICY_NONE : POLICY_SET;
		if (each == 0)
			snprintf(out->custom[i].json, POLICY_VALUE_MAX, "null");
		else
			snprintf(out->custom[i].json, POLICY_VALUE_MAX, "\"%s\"",
			    values[policy_below(3)]);
	}
}

/* ---- the whole ---- */

POLICY_WORLD_FN void
policy_make_group(struct policy_world *world, unsigned n)
{
	static const char *const built_in[] = {"DefaultWEBVPNGroup", "DefaultRAGroup"};
	struct policy_group *group = &world->groups[n];

	*group = (struct policy_group){.policy = (int)policy_below(world->policies_len + 1) - 1};
	if (n > 0 && n <= 2 && policy_below(2))
		snprintf(group->name, sizeof(group->name), "%s", built_in[n - 1]);
	else
		snprintf(group->name, sizeof(group->name), "G%u", n);
	group->closed = policy_below(10) == 0;
	group->strip_realm = policy_below(3) == 0;
	group->strip_group = world->delimiter != 0 && policy_below(2) == 0;
	group->aliases_len = policy_below(POLICY_NAMES_MAX);
	for (unsigned i = 0; i < group->aliases_len; i++) {
		group->aliases[i].enabled = policy_below(4) != 0;
		snprintf(group->aliases[i].text, 64, "Alias %u-%u", n, i);
	}
	group->urls_len = policy_below(POLICY_NAMES_MAX);
	for (unsigned i = 0; i < group->urls_len; i++) {
		struct policy_name *url = &group->urls[i];
		static const unsigned ports[] = {443, 443, 8443};
		char text[sizeof(url->text)];

		url->enabled = policy_below(4) != 0;
		url->port = ports[policy_below(3)];
		snprintf(url->host, sizeof(url->host), "gw%u.example.com", n);
		/* Without a path the host must be the very one. */
		if (i > 0 || policy_below(3) != 0)
			snprintf(url->path, sizeof(url->path), "p%u-%u", n, i);
		snprintf(text, sizeof(text), "https://%s%s/%s", url->host,
		    url->port == 443 ? "" : ":8443", url->path);
		memcpy(url->text, text, sizeof(text));
	}
	for (unsigned f = 0; f < 2; f++) {
		static const char *const names[2][3] = {
		    {"POOL-A", "POOL-B", "POOL-C"}, {"POOL6-A", "POOL6-B", "POOL6-B"}};
		unsigned len = policy_below(3), start = policy_below(2);

		for (unsigned i = 0; i < len && i < 2; i++)
			snprintf(group->pools[f][i], 16, "%s", names[f][start + i]);
		if (strcmp(group->pools[f][0], group->pools[f][1]) == 0)
			group->pools[f][1][0] = '\0';
	}
}

POLICY_WORLD_FN void
policy_make_user(struct policy_world *world, unsigned n)
{
	struct policy_user *user = &world->users[n];
	struct policy_value *values = user->attributes.values;

	*user = (struct policy_user){.has_password = policy_below(6) != 0};
	snprintf(user->name, sizeof(user->name), "user%u", n);
	policy_make_attributes(&user->attributes);
	policy_make_custom(&user->attributes);
	user->policy = (int)policy_below(world->policies_len + 2) - 2;
	if (user->policy != -1) {
		values[GPA_VPN_GROUP_POLICY].state = user->policy == -2 ? POLICY_NONE : POLICY_SET;
		if (user->policy == -2)
			snprintf(values[GPA_VPN_GROUP_POLICY].json, POLICY_VALUE_MAX, "null");
		else
			snprintf(values[GPA_VPN_GROUP_POLICY].json, POLICY_VALUE_MAX, "\"%s\"",
			    policy_name_of((unsigned)user->policy));
	}
	if (policy_below(3) == 0) {
		values[GPA_VPN_FRAMED_IP_ADDRESS].state = POLICY_SET;
		snprintf(values[GPA_VPN_FRAMED_IP_ADDRESS].json, POLICY_VALUE_MAX,
		    "\"192.168.200.%u 255.255.255.0\"", n + 1);
	}
	if (policy_below(3) == 0) {
		values[GPA_VPN_FRAMED_IPV6_ADDRESS].state = POLICY_SET;
		snprintf(values[GPA_VPN_FRAMED_IPV6_ADDRESS].json, POLICY_VALUE_MAX,
		    "\"fd00:200::%u/64\"", n + 1);
	}
}

POLICY_WORLD_FN void
policy_make_rules(struct policy_world *world)
{
	static const char *const maps[] = {"M", "N"};

	world->rules_len = policy_below(POLICY_RULES_MAX + 1);
	for (unsigned i = 0; i < world->rules_len; i++) {
		struct policy_rule *rule = &world->rules[i];

		/* Every second number is there in both maps. */
		snprintf(rule->map, sizeof(rule->map), "%s", maps[i % 2]);
		rule->sequence = 100 - i / 2 * 10 + (policy_below(2) ? 0 : i % 2);
		rule->unit = policy_units[policy_below(3)];
		rule->organisation = policy_below(2) ? "Corp" : NULL;
		rule->group = policy_below(world->groups_len);
	}
}

/* ---- as text ---- */

POLICY_WORLD_FN void
policy_put_attributes(struct buf *out, const struct policy_attributes *attributes)
{
	buf_puts(out, "attributes = {\n");
	for (enum conf_gp_attributes a = 0; a < GPA_COUNT; a++) {
		const struct policy_value *value = &attributes->values[a];

		if (value->state != POLICY_ABSENT && a != GPA_ANYCONNECT_CUSTOM)
			buf_printf(out, "  %s = %s;\n", conf_setting_name(CONF_GP_ATTRIBUTES, a),
			    value->state == POLICY_NONE ? "\"none\"" : value->json);
	}
	if (attributes->values[GPA_ANYCONNECT_CUSTOM].state == POLICY_NONE)
		buf_puts(out, "  anyconnect-custom = \"none\";\n");
	if (attributes->values[GPA_ANYCONNECT_CUSTOM].state == POLICY_SET) {
		bool first = true;

		buf_puts(out, "  anyconnect-custom = (");
		for (unsigned i = 0; i < POLICY_TYPES_MAX; i++) {
			const struct policy_value *value = &attributes->custom[i];
			bool named = strchr(value->json, ',') != NULL;

			if (value->state == POLICY_ABSENT)
				continue;
			buf_printf(out, "%s\n    { type = \"%s\"; value = %s; }", first ? "" : ",",
			    policy_types[i],
			    value->state == POLICY_NONE ? "\"none\""
			    : named                     ? "[ \"NAMED\", \"word\" ]"
							: value->json);
			first = false;
		}
		buf_puts(out, " );\n");
	}
	buf_puts(out, "};");
}

POLICY_WORLD_FN void
policy_put_names(struct buf *out, const char *list, const char *setting,
    const struct policy_name *names, unsigned len)
{
	if (len == 0)
		return;
	buf_printf(out, "  %s = (", list);
	for (unsigned i = 0; i < len; i++)
		buf_printf(out, "%s{ %s = \"%s\"; enable = %s; }", i > 0 ? ",\n    " : " ", setting,
		    names[i].text, names[i].enabled ? "true" : "false");
	buf_puts(out, " );\n");
}

POLICY_WORLD_FN void
policy_put_pools(struct buf *out, const char *setting, char pools[2][16])
{
	if (pools[0][0] == '\0')
		return;
	buf_printf(out, "  %s = [ \"%s\"", setting, pools[0]);
	if (pools[1][0] != '\0')
		buf_printf(out, ", \"%s\"", pools[1]);
	buf_puts(out, " ];\n");
}

POLICY_WORLD_FN void
policy_put_group(struct buf *out, struct policy_group *group)
{
	buf_printf(out, " { name = \"%s\";\n general-attributes = {\n", group->name);
	if (group->policy >= 0)
		buf_printf(out, "  default-group-policy = \"%s\";\n",
		    policy_name_of((unsigned)group->policy));
	if (group->closed)
		buf_puts(out, "  authentication-server-group = [ \"ISE\" ];\n");
	policy_put_pools(out, "address-pool", group->pools[0]);
	policy_put_pools(out, "ipv6-address-pool", group->pools[1]);
	buf_printf(out, "  strip-realm = %s; strip-group = %s; };\n webvpn-attributes = {\n",
	    group->strip_realm ? "true" : "false", group->strip_group ? "true" : "false");
	policy_put_names(out, "group-alias", "name", group->aliases, group->aliases_len);
	policy_put_names(out, "group-url", "url", group->urls, group->urls_len);
	buf_puts(out, " }; }");
}

POLICY_WORLD_FN void
policy_put_groups(struct policy_world *world, struct buf *out)
{
	buf_printf(out,
	    "webvpn = { tunnel-group-list = %s; default-idle-timeout = %u;\n"
	    " tunnel-group-preference = \"%s\";\n certificate-group-map = (",
	    world->list ? "true" : "false", world->idle,
	    world->url_first ? "group-url" : "certificate-map");
	for (unsigned i = 0; i < world->rules_len; i++)
		buf_printf(out, "%s\n  { map = \"%s\"; sequence = %u; tunnel-group = \"%s\"; }",
		    i > 0 ? "," : "", world->rules[i].map, world->rules[i].sequence,
		    world->groups[world->rules[i].group].name);
	buf_puts(out, " );\n anyconnect-custom-attr = (");
	for (unsigned i = 0; i < POLICY_TYPES_MAX; i++)
		buf_printf(out, "%s { type = \"%s\"; }", i > 0 ? "," : "", policy_types[i]);
	buf_puts(out, " );\n anyconnect-custom-data = (");
	for (unsigned i = 0; i < POLICY_TYPES_MAX; i++)
		buf_printf(out,
		    "%s { type = \"%s\"; name = \"NAMED\"; value = \"a.example,b.example\"; }",
		    i > 0 ? "," : "", policy_types[i]);
	buf_puts(out, " ); };\n");
	if (world->delimiter != 0)
		buf_printf(out, "group-delimiter = \"%c\";\n", world->delimiter);
	buf_puts(out, "certificate-maps = (");
	/* The other way round: their order does not count. */
	for (unsigned i = world->rules_len; i-- > 0;) {
		const struct policy_rule *rule = &world->rules[i];

		buf_printf(out,
		    " { name = \"%s\"; sequence = %u; criteria = [ \"subject-name attr ou eq %s\"",
		    rule->map, rule->sequence, rule->unit);
		if (rule->organisation != NULL)
			buf_printf(out, ", \"subject-name attr o eq %s\"", rule->organisation);
		buf_printf(out, " ]; }%s\n", i > 0 ? "," : "");
	}
	buf_puts(out, ");\ntunnel-groups = (\n");
	for (unsigned i = 0; i < world->groups_len; i++) {
		policy_put_group(out, &world->groups[i]);
		buf_puts(out, i + 1 < world->groups_len ? ",\n" : "\n");
	}
	buf_puts(out, ");\n");
}

static const char policy_rest[] =
    "ip-local-pools = ( { name = \"POOL-A\"; range = \"192.168.101.1-192.168.101.9\"; },\n"
    "  { name = \"POOL-B\"; range = \"192.168.102.1-192.168.102.9\"; },\n"
    "  { name = \"POOL-C\"; range = \"192.168.103.1-192.168.103.9\"; } );\n"
    "ipv6-local-pools = ( { name = \"POOL6-A\"; prefix = \"fd00:101::1/64\"; size = 9; },\n"
    "  { name = \"POOL6-B\"; prefix = \"fd00:102::1/64\"; size = 9; } );\n"
    "access-lists = (\n"
    "  { name = \"nets\"; rules = [ \"permit 10.0.0.0 255.0.0.0\" ]; },\n"
    "  { name = \"more-nets\"; rules = [ \"permit host 10.1.1.1\" ]; },\n"
    "  { name = \"filter-a\"; type = \"extended\"; rules = [ \"permit ip any any\" ]; },\n"
    "  { name = \"filter-b\"; type = \"extended\"; rules = [ \"permit tcp any any eq 22\" ]; } );\n"
    "time-ranges = ( { name = \"office\"; periodic = \"weekdays 8:00 to 18:00\"; },\n"
    "  { name = \"night\"; periodic = \"daily 20:00 to 23:59\"; } );\n";

POLICY_WORLD_FN void
policy_put_policies(struct policy_world *world, struct buf *out)
{
	buf_puts(out, "group-policies = (\n");
	/* DfltGrpPolicy stands last: its place does not count. */
	for (unsigned i = world->policies_len; i-- > 0;) {
		buf_printf(out, " { name = \"%s\"; ", policy_name_of(i));
		policy_put_attributes(out, &world->policies[i]);
		buf_printf(out, " }%s\n", i > 0 ? "," : "");
	}
	buf_puts(out, ");\n");
	buf_puts(out, policy_rest);
}

POLICY_WORLD_FN void
policy_put_users(struct policy_world *world, struct buf *out)
{
	buf_puts(out, "usernames = (\n");
	for (unsigned i = 0; i < world->users_len; i++) {
		const struct policy_user *user = &world->users[i];

		buf_printf(out, " { name = \"%s\"; %s", user->name,
		    user->has_password ? "password = \"" HELP_HASH "\"; " : "");
		policy_put_attributes(out, &user->attributes);
		buf_printf(out, " }%s\n", i + 1 < world->users_len ? "," : "");
	}
	buf_puts(out, ");\n");
}

/* A configuration of that seed, loaded. */
POLICY_WORLD_FN struct policy_world *
policy_world_new(uint64_t seed)
{
	static const char delimiters[] = {0, '#', '!', '@'};
	struct policy_world *world = calloc(1, sizeof(*world));

	assert_non_null(world);
	policy_seed = world->seed = seed;
	world->policies_len = 1 + policy_below(POLICY_POLICIES_MAX);
	for (unsigned i = 0; i < world->policies_len; i++) {
		policy_make_attributes(&world->policies[i]);
		policy_make_custom(&world->policies[i]);
	}
	world->delimiter = delimiters[policy_below(4)];
	world->list = policy_below(2);
	world->url_first = policy_below(2);
	world->idle = 60 + policy_below(1000);
	world->groups_len = 1 + policy_below(POLICY_GROUPS_MAX);
	for (unsigned i = 0; i < world->groups_len; i++)
		policy_make_group(world, i);
	policy_make_rules(world);
	world->users_len = policy_below(POLICY_USERS_MAX + 1);
	for (unsigned i = 0; i < world->users_len; i++)
		policy_make_user(world, i);
	buf_init(&world->groups_text, 1 << 20);
	buf_init(&world->policies_text, 1 << 20);
	buf_init(&world->users_text, 1 << 20);
	policy_put_groups(world, &world->groups_text);
	policy_put_policies(world, &world->policies_text);
	policy_put_users(world, &world->users_text);
	const struct conf_world_file files[] = {
	    {"tunnel-groups.conf", buf_cstr(&world->groups_text)},
	    {"group-policies.conf", buf_cstr(&world->policies_text)},
	    {"users.conf", buf_cstr(&world->users_text)},
	    {"aaa.conf", POLICY_AAA},
	};
	world->conf = conf_world(files, ARRAY_LEN(files));
	return world;
}

POLICY_WORLD_FN void
policy_world_free(struct policy_world *world)
{
	conf_unref(world->conf);
	buf_fini(&world->groups_text);
	buf_fini(&world->policies_text);
	buf_fini(&world->users_text);
	free(world);
}

/* ---- a login ---- */

static const unsigned policy_no_user = 99;

struct policy_login {
	char url[128]; /* "" none */
	char select[64];
	char typed[64];
	unsigned user; /* index, or policy_no_user: whose name stands at the front of typed */
	Ipc__CertNames names;
	Ipc__CertAttr attrs[2];
	Ipc__CertAttr *refs[2];
	bool certificate;
	const char *unit, *organisation; /* of the certificate */
};

POLICY_WORLD_FN void
policy_make_url(const struct policy_world *world, struct policy_login *out)
{
	const struct policy_group *group = &world->groups[policy_below(world->groups_len)];
	unsigned dice = policy_below(6);

	if (dice == 0)
		return;
	if (dice == 1 || group->urls_len == 0) {
		snprintf(out->url, sizeof(out->url), "https://gw.example.com/%s",
		    dice == 1 && group->aliases_len > 0 ? "aLIAS%200-0" : "nothing");
		return;
	}
	const struct policy_name *url = &group->urls[policy_below(group->urls_len)];
	static const char *const ends[] = {"", "/", "?x=1"};
	if (dice == 2) /* another name of the gateway */
		snprintf(out->url, sizeof(out->url), "https://192.0.2.1/%s", url->path);
	else
		snprintf(out->url, sizeof(out->url), "%s%s", url->text, ends[policy_below(3)]);
}

/* Somebody who comes somehow. */
POLICY_WORLD_FN void
policy_make_login(const struct policy_world *world, struct policy_login *out)
{
	const struct policy_group *group = &world->groups[policy_below(world->groups_len)];
	char of[8] = "";

	memset(out, 0, sizeof(*out));
	policy_make_url(world, out);
	if (policy_below(3) == 0 && group->aliases_len > 0)
		snprintf(out->select, sizeof(out->select), "%s",
		    group->aliases[policy_below(group->aliases_len)].text);
	else if (policy_below(4) == 0)
		snprintf(out->select, sizeof(out->select), "nonsense");
	out->user = policy_below(world->users_len + 1);
	if (out->user == world->users_len)
		out->user = policy_no_user;
	if (world->delimiter != 0 && policy_below(5) == 0)
		snprintf(of, sizeof(of), "%cVPN", world->delimiter);
	snprintf(out->typed, sizeof(out->typed), "%s%s%s",
	    out->user == policy_no_user ? "stranger" : world->users[out->user].name,
	    policy_below(5) == 0 ? "@corp.example" : "", of);
	ipc__cert_names__init(&out->names);
	out->certificate = policy_below(2);
	out->unit = policy_units[policy_below(3)];
	out->organisation = policy_below(2) ? "Corp" : "Other";
	for (unsigned i = 0; i < 2; i++) {
		ipc__cert_attr__init(&out->attrs[i]);
		out->refs[i] = &out->attrs[i];
		out->attrs[i].tag = (char *)(i == 0 ? "ou" : "o");
		out->attrs[i].value = (char *)(i == 0 ? out->unit : out->organisation);
	}
	out->names.subject = out->refs;
	out->names.n_subject = 2;
}

#endif
