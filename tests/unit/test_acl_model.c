/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Access lists against a model: random objects, groups and rules are written as text, compiled, and
 * matched with random packets; a slow evaluator, which knows the rules as they were made up and not
 * the text, must decide each packet by the same rule. The universe is small, so that much matches:
 * addresses differ in the last byte, ports and ICMP types are below 12.
 */
#include "tests/unit/acl_help.h"

#define NETS 6     /* network objects */
#define GROUPS 6   /* of each type; one may hold those with higher numbers */
#define SERVICES 4 /* service objects */
#define MEMBERS 4
#define RULES 24
#define PACKETS 300
#define ROUNDS 600
#define PORT_MAX 12

static uint64_t seed;

static unsigned
pick(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 33) % n;
}

/* ---- what is made up ---- */

enum net_form { NET_ANY, NET_ANY4, NET_ANY6, NET_RANGE, NET_OBJECT, NET_GROUP, NET_FORMS };

struct net {
	enum net_form form;
	uint8_t family, first, last; /* NET_RANGE */
	unsigned index;              /* of the object or group */
};

/* As text: "eq 5", "range 3 7", ..; all: nothing. */
enum port_form { PORTS_ALL, PORTS_EQ, PORTS_NEQ, PORTS_LT, PORTS_GT, PORTS_RANGE, PORTS_GROUP };

struct ports {
	enum port_form form;
	unsigned a, b; /* or the group */
};

struct service {
	int proto; /* -1: ip; TCP_UDP: both */
	int type;  /* ICMP; -1: any */
	int code;
	struct ports sport, dport;
};

#define TCP_UDP 256

struct service_member {
	int object; /* -1: none of them */
	int group;
	struct service own;
};

enum rule_form { BY_SERVICE, BY_OBJECT, BY_SERVICE_GROUP, BY_PROTOCOL_GROUP, RULE_FORMS };

struct rule {
	bool permit, inactive;
	enum rule_form form;
	struct service service; /* its proto is not used with a protocol group */
	unsigned index;
	struct net src, dst;
};

static struct world {
	struct net nets[NETS];
	struct net net_groups[GROUPS][MEMBERS];
	struct ports port_groups[GROUPS][MEMBERS]; /* eq or range */
	struct service services[SERVICES];
	struct service_member service_groups[GROUPS][MEMBERS];
	int proto_groups[GROUPS][2];
	struct rule rules[RULES];
} world;

struct packet {
	uint8_t family, src, dst;
	int proto, type, code;
	unsigned sport, dport;
};

static const int protos[] = {-1, 6, 17, 1, 58, 50, 99};

static struct net
make_range(void)
{
	struct net net = {.form = NET_RANGE, .family = pick(2) != 0 ? 4 : 6};
	unsigned bits = pick(9);

	net.first = (uint8_t)(pick(256) >> bits << bits);
	net.last = (uint8_t)(net.first | ((1U << bits) - 1));
	return net;
}

/* Any form; groups from this number. */
static struct net
make_net(unsigned group)
{
	struct net net = {.form = pick(NET_FORMS)};

	if (net.form == NET_GROUP && group >= GROUPS)
		net.form = NET_OBJECT;
	if (net.form == NET_RANGE)
		return make_range();
	net.index = net.form == NET_OBJECT ? pick(NETS) : 0;
	if (net.form == NET_GROUP)
		net.index = group + pick(GROUPS - group);
	return net;
}

static struct ports
make_ports(bool groups)
{
	struct ports ports = {.form = pick(groups ? PORTS_GROUP + 1 : PORTS_GROUP)};

	ports.a = pick(PORT_MAX);
	if (ports.form == PORTS_LT && ports.a == 0)
		ports.a = 1;
	ports.b = ports.a + pick(PORT_MAX - ports.a);
	if (ports.form == PORTS_GROUP)
		ports.a = pick(GROUPS);
	return ports;
}

static struct service
make_service(bool in_rule)
{
	struct service service = {.proto = protos[pick(ARRAY_LEN(protos))], .type = -1, .code = -1};

	if (!in_rule && pick(6) == 0)
		service.proto = TCP_UDP;
	if (service.proto == 6 || service.proto == 17 || service.proto == TCP_UDP) {
		service.sport = pick(3) == 0 ? make_ports(in_rule) : (struct ports){0};
		service.dport = make_ports(in_rule);
	} else if ((service.proto == 1 || service.proto == 58) && pick(2) != 0) {
		service.type = (int)pick(PORT_MAX);
		service.code = pick(3) == 0 ? (int)pick(3) : -1;
	}
	return service;
}

static struct service_member
make_member(unsigned group)
{
	struct service_member member = {.object = -1, .group = -1};
	unsigned kind = pick(3);

	if (kind == 0)
		member.object = (int)pick(SERVICES);
	else if (kind == 1 && group + 1 < GROUPS)
		member.group = (int)(group + 1 + pick(GROUPS - group - 1));
	else
		member.own = make_service(false);
	return member;
}

static struct rule
make_rule(void)
{
	struct rule rule = {.permit = pick(2) != 0, .inactive = pick(12) == 0};

	rule.form = pick(RULE_FORMS);
	rule.index = pick(rule.form == BY_OBJECT ? SERVICES : GROUPS);
	rule.service = make_service(true);
	if (rule.form == BY_PROTOCOL_GROUP) {
		rule.service = (struct service){.type = -1, .code = -1};
		rule.service.dport = make_ports(true);
	}
	rule.src = make_net(0);
	rule.dst = make_net(0);
	return rule;
}

static void
make_world(void)
{
	for (unsigned i = 0; i < NETS; i++)
		world.nets[i] = make_range();
	for (unsigned i = 0; i < SERVICES; i++)
		world.services[i] = make_service(false);
	for (unsigned i = 0; i < GROUPS; i++) {
		for (unsigned k = 0; k < MEMBERS; k++) {
			world.net_groups[i][k] = make_net(i + 1);
			world.port_groups[i][k] = make_ports(false);
			world.port_groups[i][k].form = pick(2) != 0 ? PORTS_EQ : PORTS_RANGE;
			world.service_groups[i][k] = make_member(i);
		}
		world.proto_groups[i][0] = 6;
		world.proto_groups[i][1] = pick(2) != 0 ? 17 : 6;
	}
	for (unsigned i = 0; i < RULES; i++)
		world.rules[i] = make_rule();
}

/* ---- the slow evaluator ---- */

static bool
net_has(const struct net *net, uint8_t family, uint8_t addr)
{
	switch (net->form) {
	case NET_ANY:
		return true;
	case NET_ANY4:
		return family == 4;
	case NET_ANY6:
		return family == 6;
	case NET_RANGE:
		return net->family == family && addr >= net->first && addr <= net->last;
	case NET_OBJECT:
		return net_has(&world.nets[net->index], family, addr);
	default:
		break;
	}
	for (unsigned i = 0; i < MEMBERS; i++)
		if (net_has(&world.net_groups[net->index][i], family, addr))
			return true;
	return false;
}

static bool
ports_have(const struct ports *ports, unsigned port)
{
	switch (ports->form) {
	case PORTS_ALL:
		return true;
	case PORTS_EQ:
		return port == ports->a;
	case PORTS_NEQ:
		return port != ports->a;
	case PORTS_LT:
		return port < ports->a;
	case PORTS_GT:
		return port > ports->a;
	case PORTS_RANGE:
		return port >= ports->a && port <= ports->b;
	default:
		break;
	}
	for (unsigned i = 0; i < MEMBERS; i++)
		if (ports_have(&world.port_groups[ports->a][i], port))
			return true;
	return false;
}

static bool
proto_is(int proto, int wanted)
{
	return wanted == -1 || wanted == proto ||
	       (wanted == TCP_UDP && (proto == 6 || proto == 17));
}

static bool
service_has(const struct service *service, const struct packet *packet)
{
	if (!proto_is(packet->proto, service->proto))
		return false;
	if (packet->proto == 6 || packet->proto == 17)
		return ports_have(&service->sport, packet->sport) &&
		       ports_have(&service->dport, packet->dport);
	return (service->type == -1 || service->type == packet->type) &&
	       (service->code == -1 || service->code == packet->code);
}

static bool
service_group_has(unsigned group, const struct packet *packet)
{
	for (unsigned i = 0; i < MEMBERS; i++) {
		const struct service_member *member = &world.service_groups[group][i];
		bool has = false;

		if (member->object >= 0)
			has = service_has(&world.services[member->object], packet);
		else if (member->group >= 0)
			has = service_group_has((unsigned)member->group, packet);
		else
			has = service_has(&member->own, packet);
		if (has)
			return true;
	}
	return false;
}

static bool
rule_has(const struct rule *rule, const struct packet *packet)
{
	struct service service = rule->service;
	bool has = false;

	if (rule->inactive || !net_has(&rule->src, packet->family, packet->src) ||
	    !net_has(&rule->dst, packet->family, packet->dst))
		return false;
	switch (rule->form) {
	case BY_SERVICE:
		return service_has(&rule->service, packet);
	case BY_OBJECT:
		return service_has(&world.services[rule->index], packet);
	case BY_SERVICE_GROUP:
		return service_group_has(rule->index, packet);
	default:
		break;
	}
	for (unsigned i = 0; i < 2; i++) {
		service.proto = world.proto_groups[rule->index][i];
		has = has || service_has(&service, packet);
	}
	return has;
}

/* ---- as text ---- */

static void
put_net(struct buf *out, const struct net *net)
{
	static const char *const heads[] = {"10.0.0.", "2001:db8::"};
	const char *head = heads[net->family == 6];
	unsigned bits = 0;

	switch (net->form) {
	case NET_ANY:
		buf_puts(out, "any");
		return;
	case NET_ANY4:
		buf_puts(out, "any4");
		return;
	case NET_ANY6:
		buf_puts(out, "any6");
		return;
	case NET_OBJECT:
		buf_printf(out, "object n%u", net->index);
		return;
	case NET_GROUP:
		buf_printf(out, "object-group ng%u", net->index);
		return;
	default:
		break;
	}
	while ((unsigned)(net->last - net->first) >> bits != 0)
		bits++;
	if (bits == 0 && pick(2) != 0)
		buf_printf(out, net->family == 4 ? "host %s%u" : "host %s%x", head, net->first);
	else if (net->family == 6)
		buf_printf(out, "%s%x/%u", head, net->first, 128 - bits);
	else if (pick(2) != 0)
		buf_printf(out, "%s%u/%u", head, net->first, 32 - bits);
	else
		buf_printf(out, "%s%u 255.255.255.%u", head, net->first, 256 - (1U << bits));
}

static void
put_ports(struct buf *out, const char *before, const struct ports *ports)
{
	static const char *const words[] = {"", "eq", "neq", "lt", "gt", "range"};

	if (ports->form == PORTS_ALL)
		return;
	if (ports->form == PORTS_GROUP)
		buf_printf(out, " object-group pg%u", ports->a);
	else
		buf_printf(out, " %s%s %u", before, words[ports->form], ports->a);
	if (ports->form == PORTS_RANGE)
		buf_printf(out, " %u", ports->b);
}

static void
put_proto(struct buf *out, int proto)
{
	static const struct {
		int proto;
		const char *name;
	} names[] = {{-1, "ip"}, {6, "tcp"}, {17, "udp"}, {1, "icmp"}, {58, "icmp6"}, {50, "esp"},
	    {TCP_UDP, "tcp-udp"}};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (names[i].proto == proto && (proto <= 0 || proto == TCP_UDP || pick(4) != 0)) {
			buf_puts(out, names[i].name);
			return;
		}
	buf_printf(out, "%d", proto);
}

static void
put_icmp(struct buf *out, const struct service *service)
{
	if (service->type >= 0)
		buf_printf(out, " %d", service->type);
	if (service->code >= 0)
		buf_printf(out, " %d", service->code);
}

static void
put_service(struct buf *out, const struct service *service)
{
	put_proto(out, service->proto);
	put_icmp(out, service);
	put_ports(out, "source ", &service->sport);
	put_ports(out, "destination ", &service->dport);
}

static void
put_rule(struct buf *out, const struct rule *rule)
{
	buf_puts(out, rule->permit ? "permit " : "deny ");
	if (rule->form == BY_SERVICE)
		put_proto(out, rule->service.proto);
	else if (rule->form == BY_OBJECT)
		buf_printf(out, "object s%u", rule->index);
	else
		buf_printf(out, "object-group %s%u", rule->form == BY_SERVICE_GROUP ? "sg" : "qg",
		    rule->index);
	buf_puts(out, " ");
	put_net(out, &rule->src);
	if (rule->form == BY_SERVICE)
		put_ports(out, "", &rule->service.sport);
	buf_puts(out, " ");
	put_net(out, &rule->dst);
	if (rule->form == BY_SERVICE || rule->form == BY_PROTOCOL_GROUP)
		put_ports(out, "", &rule->service.dport);
	if (rule->form == BY_SERVICE)
		put_icmp(out, &rule->service);
	if (pick(4) == 0)
		buf_puts(out, " log");
	if (rule->inactive)
		buf_puts(out, " inactive");
}

static void
put_net_member(struct buf *out, unsigned group, unsigned i)
{
	const struct net *net = &world.net_groups[group][i];

	if (net->form == NET_GROUP) {
		buf_printf(out, "group-object ng%u", net->index);
		return;
	}
	buf_puts(out, "network-object ");
	put_net(out, net);
}

static void
put_port_member(struct buf *out, unsigned group, unsigned i)
{
	buf_puts(out, "port-object");
	put_ports(out, "", &world.port_groups[group][i]);
}

static void
put_service_member(struct buf *out, unsigned group, unsigned i)
{
	const struct service_member *member = &world.service_groups[group][i];

	if (member->group >= 0) {
		buf_printf(out, "group-object sg%d", member->group);
		return;
	}
	buf_puts(out, "service-object ");
	if (member->object >= 0)
		buf_printf(out, "object s%d", member->object);
	else
		put_service(out, &member->own);
}

static void
put_proto_member(struct buf *out, unsigned group, unsigned i)
{
	buf_puts(out, "protocol-object ");
	put_proto(out, world.proto_groups[group][i % 2]);
}

static void
put_groups(struct buf *out, const char *prefix, const char *type,
    void (*put)(struct buf *out, unsigned group, unsigned i))
{
	for (unsigned i = 0; i < GROUPS; i++) {
		buf_printf(out, "{ name = \"%s%u\"; type = %s; members = [ \"description x\"",
		    prefix, i, type);
		for (unsigned k = 0; k < MEMBERS; k++) {
			buf_puts(out, ", \"");
			put(out, i, k);
			buf_puts(out, "\"");
		}
		buf_puts(out, " ]; },\n");
	}
}

/* The world as group-policies.conf, without an access list. */
static void
put_world(struct buf *out)
{
	buf_puts(out,
	    "group-policies = ( { name = \"Staff\"; } );\n"
	    "ip-local-pools = ( { name = \"POOL\"; range = \"192.168.100.1-192.168.100.200\"; } "
	    ");\nobjects = (\n");
	for (unsigned i = 0; i < NETS; i++) {
		const struct net *net = &world.nets[i];
		char text[128];

		if (net->family == 4)
			snprintf(
			    text, sizeof(text), "range 10.0.0.%u 10.0.0.%u", net->first, net->last);
		else
			snprintf(text, sizeof(text), "range 2001:db8::%x 2001:db8::%x", net->first,
			    net->last);
		buf_printf(out, "{ name = \"n%u\"; value = \"%s\"; },\n", i, text);
	}
	for (unsigned i = 0; i < SERVICES; i++) {
		buf_printf(out, "%s{ name = \"s%u\"; type = \"service\"; value = \"",
		    i > 0 ? ",\n" : "", i);
		put_service(out, &world.services[i]);
		buf_puts(out, "\"; }");
	}
	buf_puts(out, " );\nobject-groups = (\n");
	put_groups(out, "ng", "\"network\"", put_net_member);
	put_groups(out, "pg", "\"service\"; protocol = \"tcp-udp\"", put_port_member);
	put_groups(out, "sg", "\"service\"", put_service_member);
	put_groups(out, "qg", "\"protocol\"", put_proto_member);
	buf_puts(out, "{ name = \"last\"; members = [ \"description x\" ]; } );\n");
}

/* ---- comparing ---- */

static struct packet
make_packet(void)
{
	struct packet packet = {.family = pick(2) != 0 ? 4 : 6,
	    .src = (uint8_t)pick(256),
	    .dst = (uint8_t)pick(256),
	    .proto = protos[1 + pick(ARRAY_LEN(protos) - 1)]};

	/* Each family has its own ICMP. */
	if (packet.proto == 1 || packet.proto == 58)
		packet.proto = packet.family == 4 ? 1 : 58;
	packet.type = (int)pick(PORT_MAX);
	packet.code = (int)pick(3);
	packet.sport = pick(8) == 0 ? 65535 : pick(PORT_MAX + 1);
	packet.dport = pick(8) == 0 ? 65535 : pick(PORT_MAX + 1);
	return packet;
}

static struct ip_addr
address(uint8_t family, uint8_t last)
{
	struct ip_addr addr = {.family = family};

	if (family == 4)
		memcpy(addr.bytes, (uint8_t[]){10, 0, 0, last}, 4);
	else
		memcpy(addr.bytes,
		    (uint8_t[]){0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last}, 16);
	return addr;
}

static bool
in_net(const struct acl_net *net, const struct ip_addr *addr)
{
	return net->family == 0 ||
	       (net->family == addr->family && memcmp(net->first.bytes, addr->bytes, 16) <= 0 &&
		   memcmp(addr->bytes, net->last.bytes, 16) <= 0);
}

static bool
entry_has(const struct acl_entry *entry, const struct packet *packet)
{
	struct ip_addr src = address(packet->family, packet->src);
	struct ip_addr dst = address(packet->family, packet->dst);

	if ((entry->proto != ACL_ANY && entry->proto != packet->proto) ||
	    !in_net(&entry->src, &src) || !in_net(&entry->dst, &dst))
		return false;
	if (packet->proto == 1 || packet->proto == 58)
		return (entry->icmp_type == ACL_ANY || entry->icmp_type == packet->type) &&
		       (entry->icmp_code == ACL_ANY || entry->icmp_code == packet->code);
	if (packet->proto != 6 && packet->proto != 17)
		return true;
	return packet->sport >= entry->sport.first && packet->sport <= entry->sport.last &&
	       packet->dport >= entry->dport.first && packet->dport <= entry->dport.last;
}

/* The rule that decides a packet, from 1; 0: none. */
static unsigned
model_decides(const struct packet *packet)
{
	for (unsigned i = 0; i < RULES; i++)
		if (rule_has(&world.rules[i], packet))
			return i + 1;
	return 0;
}

static unsigned
acl_decides(const struct acl *acl, const struct packet *packet)
{
	for (size_t i = 0; i < acl->len; i++)
		if (entry_has(&acl->entries[i], packet)) {
			assert_int_equal(
			    acl->entries[i].permit, world.rules[acl->entries[i].line - 1].permit);
			return acl->entries[i].line;
		}
	return 0;
}

/* A rule that is refused because nothing can match it: nothing must. */
static void
expect_no_match(unsigned rule, const char *why)
{
	assert_true(strstr(why, "mixes IPv4 and IPv6") != NULL);
	for (unsigned i = 0; i < PACKETS; i++) {
		struct packet packet = make_packet();

		if (rule_has(&world.rules[rule], &packet))
			fail_msg("matches, but: %s", why);
	}
	world.rules[rule].inactive = true;
}

/* Drop rules that are refused; the others stay in their places. */
static void
weed(const struct conf *conf, char *texts[RULES])
{
	struct buf why;

	buf_init(&why, 4096);
	for (unsigned i = 0; i < RULES; i++) {
		const char *rule = texts[i];
		struct list_made made;
		struct acl acl;

		buf_reset(&why);
		if (acl_compile(conf, list_make(&made, "extended", &rule, 1), &acl, &why) ==
		    ERR_OK) {
			acl_fini(&acl);
			continue;
		}
		expect_no_match(i, buf_cstr(&why));
		free(texts[i]);
		texts[i] = strdup("remark refused");
	}
	buf_fini(&why);
}

/* How many packets some rule decided. */
static unsigned
compare(const struct conf *conf, char *texts[RULES])
{
	struct list_made made;
	struct acl acl;
	struct buf why;
	unsigned decided = 0;

	buf_init(&why, 4096);
	if (acl_compile(conf, list_make(&made, "extended", (const char *const *)texts, RULES), &acl,
		&why) != ERR_OK)
		fail_msg("%s", buf_cstr(&why));
	for (unsigned i = 0; i < PACKETS; i++) {
		struct packet packet = make_packet();
		unsigned expected = model_decides(&packet), got = acl_decides(&acl, &packet);

		decided += expected != 0;
		if (expected != got)
			fail_msg("IPv%u %u -> %u proto %d ports %u %u type %d code %d: expected "
				 "rule %u \"%s\", got %u \"%s\"",
			    packet.family, packet.src, packet.dst, packet.proto, packet.sport,
			    packet.dport, packet.type, packet.code, expected,
			    expected > 0 ? texts[expected - 1] : "", got,
			    got > 0 ? texts[got - 1] : "");
	}
	acl_fini(&acl);
	buf_fini(&why);
	return decided;
}

static unsigned
one_round(void)
{
	char *texts[RULES];
	struct buf text;

	make_world();
	buf_init(&text, 1 << 20);
	put_world(&text);
	struct conf *conf = help_load_fine("group-policies.conf", buf_cstr(&text));
	for (unsigned i = 0; i < RULES; i++) {
		buf_reset(&text);
		put_rule(&text, &world.rules[i]);
		texts[i] = strdup(buf_cstr(&text));
		assert_non_null(texts[i]);
	}
	weed(conf, texts);
	unsigned decided = compare(conf, texts);
	for (unsigned i = 0; i < RULES; i++)
		free(texts[i]);
	buf_fini(&text);
	conf_unref(conf);
	return decided;
}

static void
lists_decide_as_the_model(void **state)
{
	unsigned decided = 0;

	(void)state;
	for (unsigned i = 0; i < ROUNDS; i++) {
		seed = 0x9e3779b97f4a7c15ULL * (i + 1);
		decided += one_round();
	}
	/* It would prove little if hardly anything matched, or everything. */
	assert_true(decided > ROUNDS * PACKETS / 4);
	assert_true(decided < ROUNDS * PACKETS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lists_decide_as_the_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
