/* SPDX-License-Identifier: Apache-2.0 */
/* Access lists: every form of a rule, of objects and groups, what is refused and why. */
#include "tests/unit/acl_help.h"

#define POLICIES                                                                                   \
	"group-policies = ( { name = \"Staff\"; } );\n"                                            \
	"ip-local-pools = ( { name = \"POOL\"; range = \"192.168.100.1-192.168.100.200\"; } );\n"

static const char objects[] = POLICIES
    "objects = ( { name = \"web\"; value = \"host 10.1.1.1\"; },\n"
    " { name = \"lan\"; value = \"subnet 10.0.0.0 255.0.0.0\"; },\n"
    " { name = \"dhcp\"; value = \"range 10.2.0.5 10.2.0.9\"; },\n"
    " { name = \"lan6\"; value = \"subnet 2001:db8::/32\"; },\n"
    " { name = \"https\"; type = \"service\"; value = \"tcp destination eq https\"; },\n"
    " { name = \"rtp\"; type = \"service\";\n"
    "   value = \"udp source gt 1023 destination range 16384 32767\"; },\n"
    " { name = \"ping\"; type = \"service\"; value = \"icmp echo 0\"; },\n"
    " { name = \"esp\"; type = \"service\"; value = \"esp\"; } );\n"
    "object-groups = (\n"
    " { name = \"servers\"; members = [ \"description the servers\",\n"
    "   \"network-object host 10.1.1.1\", \"network-object 10.3.0.0 255.255.0.0\",\n"
    "   \"network-object object dhcp\", \"group-object more\",\n"
    "   \"network-object host 2001:db8::5\" ]; },\n"
    " { name = \"more\"; members = [ \"network-object 10.4.0.0/16\" ]; },\n"
    " { name = \"only6\"; members = [ \"network-object 2001:db8:6::/48\" ]; },\n"
    " { name = \"empty\"; members = [ \"description nothing yet\" ]; },\n"
    " { name = \"web-ports\"; type = \"service\"; protocol = \"tcp\"; members = [\n"
    "   \"port-object eq www\", \"port-object range 8000 8010\", \"group-object both\" ]; },\n"
    " { name = \"both\"; type = \"service\"; protocol = \"tcp-udp\";\n"
    "   members = [ \"port-object eq domain\" ]; },\n"
    " { name = \"svc\"; type = \"service\"; members = [ \"service-object tcp destination eq "
    "ssh\",\n"
    "   \"service-object udp\", \"service-object object ping\", \"group-object svc2\" ]; },\n"
    " { name = \"svc2\"; type = \"service\"; members = [ \"service-object gre\",\n"
    "   \"service-object tcp-udp destination eq sip\", \"service-object tcp eq 99\" ]; },\n"
    " { name = \"TCPUDP\"; type = \"protocol\"; members = [ \"protocol-object udp\",\n"
    "   \"protocol-object tcp\", \"protocol-object 17\" ]; },\n"
    " { name = \"tunnels\"; type = \"protocol\"; members = [ \"protocol-object esp\",\n"
    "   \"protocol-object 47\" ]; },\n"
    " { name = \"pings\"; type = \"icmp-type\"; members = [ \"icmp-object echo\",\n"
    "   \"icmp-object 13\" ]; } );\n";

static int
setup(void **state)
{
	*state = help_load_fine("group-policies.conf", objects);
	return 0;
}

static int
teardown(void **state)
{
	conf_unref(*state);
	return 0;
}

/* The entries of one list, or "error: ..". */
static void
compile(const struct conf *conf, const char *type, const char *const *rules, size_t len,
    struct buf *out)
{
	struct list_made made;
	struct acl acl;
	struct buf why;

	buf_init(&why, 4096);
	if (acl_compile(conf, list_make(&made, type, rules, len), &acl, &why) != ERR_OK) {
		buf_printf(out, "error: %s", buf_cstr(&why));
	} else {
		for (size_t i = 0; i < acl.len; i++) {
			buf_puts(out, i > 0 ? "; " : "");
			put_entry_text(out, &acl.entries[i]);
		}
		acl_fini(&acl);
	}
	buf_fini(&why);
}

#define ALL4 "0.0.0.0-255.255.255.255"
#define ALL6 "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
#define NET10 "10.0.0.0-10.255.255.255"

static const struct {
	const char *rule;
	const char *entries;
} fine[] = {
    /* addresses */
    {"permit ip any any", "+* * *"},
    {"deny ip any any", "-* * *"},
    {"permit 0 any any", "+* * *"},
    {"  permit\tip   any  any ", "+* * *"},
    {"permit ip any4 any6", "error: "},
    {"permit ip any4 any", "+* " ALL4 " *"},
    {"permit ip any6 any", "+* " ALL6 " *"},
    {"permit ip host 192.0.2.7 any", "+* 192.0.2.7 *"},
    {"permit ip any host 2001:db8::1", "+* * 2001:db8::1"},
    {"permit ip 10.0.0.0 255.0.0.0 host 10.1.1.1", "+* " NET10 " 10.1.1.1"},
    {"permit ip 10.0.0.0/8 10.1.1.1 255.255.255.255", "+* " NET10 " 10.1.1.1"},
    {"permit ip 0.0.0.0 0.0.0.0 any", "+* " ALL4 " *"},
    {"permit ip 2001:db8::/126 ::/0", "+* 2001:db8::-2001:db8::3 " ALL6},
    {"permit ip object lan object web", "+* " NET10 " 10.1.1.1"},
    {"permit ip any object dhcp", "+* * 10.2.0.5-10.2.0.9"},
    {"permit ip any object-group servers",
	"+* * 10.1.1.1; +* * 10.3.0.0-10.3.255.255; +* * 10.2.0.5-10.2.0.9; "
	"+* * 10.4.0.0-10.4.255.255; +* * 2001:db8::5"},
    {"permit ip object lan6 object-group servers",
	"+* 2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff 2001:db8::5"},
    {"permit ip object-group only6 any", "+* 2001:db8:6::-2001:db8:6:ffff:ffff:ffff:ffff:ffff *"},
    /* protocols */
    {"permit tcp any any", "+6 * *"},
    {"permit udp any any", "+17 * *"},
    {"permit icmp any any", "+1 * *"},
    {"permit icmp6 any any", "+58 * *"},
    {"permit esp any any", "+50 * *"},
    {"permit ah any any", "+51 * *"},
    {"permit gre any any", "+47 * *"},
    {"permit ospf any any", "+89 * *"},
    {"permit eigrp any any", "+88 * *"},
    {"permit igmp any any", "+2 * *"},
    {"permit ipinip any any", "+4 * *"},
    {"permit nos any any", "+94 * *"},
    {"permit pim any any", "+103 * *"},
    {"permit pcp any any", "+108 * *"},
    {"permit snp any any", "+109 * *"},
    {"permit sctp any any eq 36412", "+132 * *:36412"},
    {"permit 255 any any", "+255 * *"},
    {"permit 6 any any eq 22", "+6 * *:22"},
    {"permit object-group tunnels any any", "+50 * *; +47 * *"},
    /* ports */
    {"permit tcp any host 10.1.1.1 eq 443", "+6 * 10.1.1.1:443"},
    {"permit tcp any any eq https", "+6 * *:443"},
    {"permit tcp any eq www any", "+6 *:80 *"},
    {"permit tcp any eq ssh any gt 1023", "+6 *:22 *:1024-65535"},
    {"permit udp any any lt 1024", "+17 * *:0-1023"},
    {"permit udp any any range 100 200", "+17 * *:100-200"},
    {"permit udp any any range tftp 70", "+17 * *:69-70"},
    {"permit udp any any neq domain", "+17 * *:0-52; +17 * *:54-65535"},
    {"permit udp any any neq 0", "+17 * *:1-65535"},
    {"permit udp any any neq 65535", "+17 * *:0-65534"},
    {"permit udp any neq 5 any neq 7",
	"+17 *:0-4 *:0-6; +17 *:0-4 *:8-65535; +17 *:6-65535 *:0-6; +17 *:6-65535 *:8-65535"},
    {"permit tcp any any object-group web-ports", "+6 * *:80; +6 * *:8000-8010; +6 * *:53"},
    {"permit tcp any object-group both object-group more", "+6 *:53 10.4.0.0-10.4.255.255"},
    {"permit udp any object-group more object-group both", "+17 * 10.4.0.0-10.4.255.255:53"},
    {"permit object-group TCPUDP any any eq domain", "+17 * *:53; +6 * *:53"},
    {"permit object-group TCPUDP any any object-group both", "+17 * *:53; +6 * *:53"},
    /* services */
    {"permit object https any object web", "+6 * 10.1.1.1:443"},
    {"permit object rtp any any", "+17 *:1024-65535 *:16384-32767"},
    {"permit object ping any any", "+1 * * t8c0"},
    {"permit object esp any any", "+50 * *"},
    {"deny object-group svc any any",
	"-6 * *:22; -17 * *; -1 * * t8c0; -47 * *; -6 * *:5060; -17 * *:5060; -6 * *:99"},
    /* ICMP */
    {"permit icmp any any echo", "+1 * * t8"},
    {"permit icmp any any 3 4", "+1 * * t3c4"},
    {"permit icmp any any unreachable 4 log", "+1 * * t3c4 log"},
    {"permit icmp6 any any echo", "+58 * * t128"},
    {"permit icmp6 any6 any6 packet-too-big", "+58 " ALL6 " " ALL6 " t2"},
    {"permit icmp any any object-group pings", "+1 * * t8; +1 * * t13"},
    {"permit icmp6 any any object-group pings", "+58 * * t128; +58 * * t13"},
    {"permit icmp any object-group servers",
	"+1 * 10.1.1.1; +1 * 10.3.0.0-10.3.255.255; +1 * 10.2.0.5-10.2.0.9; "
	"+1 * 10.4.0.0-10.4.255.255"},
    {"permit icmp6 any object-group servers", "+58 * 2001:db8::5"},
    /* behind */
    {"permit ip any any log", "+* * * log"},
    {"permit ip any any log informational interval 600", "+* * * log"},
    {"permit ip any any log 6", "+* * * log"},
    {"permit ip any any log interval 1", "+* * * log"},
    {"permit ip any any log disable", "+* * *"},
    {"permit ip any any log default", "+* * *"},
    {"permit tcp any any eq 22 log warnings", "+6 * *:22 log"},
    {"permit ip any any inactive", ""},
    {"permit ip any any log inactive", ""},
    {"remark permit ip any any", ""},
    {"remark", ""},
    {"line 1 permit ip any any", "+* * *"},
    {"line 1 remark x", ""},
};

static void
extended_rules(void **state)
{
	struct buf out;

	buf_init(&out, 65536);
	for (size_t i = 0; i < ARRAY_LEN(fine); i++) {
		size_t len = strcmp(fine[i].entries, "error: ") == 0 ? 7 : SIZE_MAX;

		buf_reset(&out);
		compile(*state, "extended", &fine[i].rule, 1, &out);
		if (strncmp(buf_cstr(&out), fine[i].entries, len) != 0)
			fail_msg("\"%s\"\nexpected: %s\ngot:      %s", fine[i].rule,
			    fine[i].entries, buf_cstr(&out));
	}
	buf_fini(&out);
}

/* The end of the error, behind the rule's number and text. */
static const struct {
	const char *rule;
	const char *why;
} wrong[] = {
    {"", "\"\" is no action"},
    {"allow ip any any", "\"allow\" is no action"},
    {"PERMIT ip any any", "\"PERMIT\" is no action"},
    {"permit", "the protocol is missing"},
    {"permit any", "\"any\" is no protocol"},
    {"permit 256 any any", "\"256\" is no protocol; use a name or 0-255"},
    {"permit 6x any any", "\"6x\" is no protocol; use a name or 0-255"},
    {"permit 10.0.0.0 255.0.0.0", "\"10.0.0.0\" is no protocol"},
    {"permit tcp", "source: an address is missing"},
    {"permit tcp any", "destination: an address is missing"},
    {"permit tcp any host", "destination: \"\" is no address"},
    {"permit tcp any host 10.1.1", "\"10.1.1\" is no address"},
    {"permit tcp any 10.1.1.1", "\"10.1.1.1\" needs a netmask behind it, or host before it"},
    {"permit tcp any 10.1.1.1 eq 22", "\"10.1.1.1\" needs a netmask"},
    {"permit tcp any 10.1.1.1 255.0.0.0", "its host bits must be zero"},
    {"permit tcp any 10.1.1.0 0.0.0.255", "its host bits must be zero, and a mask without holes"},
    {"permit tcp any 10.0.0.0 255.0.255.0", "a mask without holes"},
    {"permit tcp any 10.0.0.0/33", "\"10.0.0.0/33\" is no network"},
    {"permit tcp any 2001:db8::/129", "\"2001:db8::/129\" is no network"},
    {"permit tcp any 2001:db8::1/64", "its host bits must be zero"},
    {"permit tcp any 2001:db8::1", "\"2001:db8::1\" has no prefix length"},
    {"permit tcp any any any", "\"any\" is one word too many"},
    {"permit ip any4 any6", "mixes IPv4 and IPv6; source and destination must have a family"},
    {"permit ip any host 10.1.1.1 eq 22", "\"eq\" is one word too many"},
    {"permit ip any eq 22 any", "ports belong to tcp, udp and sctp"},
    {"permit ip host 10.1.1.1 host 2001:db8::1", "mixes IPv4 and IPv6"},
    {"permit icmp any6 any6", "icmp is of IPv4 and icmp6 of IPv6"},
    {"permit icmp6 host 10.1.1.1 any", "icmp is of IPv4 and icmp6 of IPv6"},
    {"permit ip object web object lan6", "mixes IPv4 and IPv6"},
    {"permit icmp object-group only6 any", "icmp is of IPv4 and icmp6 of IPv6"},
    {"permit tcp any any eq", "a port is missing"},
    {"permit tcp any any eq 65536", "\"65536\" is no port; use a name or 0-65535"},
    {"permit tcp any any eq -1", "\"-1\" is no port of tcp"},
    {"permit tcp any any eq tftp", "\"tftp\" is no port of tcp; use its number"},
    {"permit udp any any eq https", "\"https\" is no port of udp"},
    {"permit sctp any any eq www", "\"www\" is no port of sctp"},
    {"permit object-group TCPUDP any any eq nothing", "\"nothing\" is no port of tcp or udp"},
    {"permit tcp any any range 5", "a port is missing"},
    {"permit tcp any any range 9 5", "\"range 9 5\" is the wrong way round"},
    {"permit tcp any any lt 0", "\"lt 0\" is no port"},
    {"permit tcp any any gt 65535", "\"gt 65535\" is no port"},
    {"permit icmp any any ping", "\"ping\" is no type of icmp"},
    {"permit icmp any any 256", "\"256\" is no type of icmp"},
    {"permit icmp any any 3 256", "\"256\" is no ICMP code"},
    {"permit icmp6 any any source-quench", "\"source-quench\" is no type of icmp6"},
    {"permit ip any any log quiet", "\"quiet\" is one word too many"},
    {"permit ip any any log interval 601", "\"interval 601\": use 1-600 seconds"},
    {"permit ip any any time-range WORK", "time-range in a rule is not supported"},
    {"permit ip any any inactive log", "\"log\" is one word too many"},
    {"line 7 permit ip any any", "\"line 7\" stands in place 1"},
    {"line x permit ip any any", "\"line x\" has no number"},
    {"extended permit ip any any", "\"extended\" is the list's type"},
    {"ethertype permit any", "\"ethertype\" lists are not supported"},
    {"webtype permit url any", "\"webtype\" lists are not supported"},
    {"dynamic x permit ip any any", "dynamic rules are not supported"},
    {"permit ip interface inside any", "\"interface\" is not supported: write the interface's"},
    {"permit ip user CORP\\a any any", "\"user\" is not supported"},
    {"permit ip user-group CORP\\\\g any any", "\"user-group\" is not supported"},
    {"permit ip object-group-user g any any", "\"object-group-user\" is not supported"},
    {"permit ip security-group name x any any", "\"security-group\" is not supported"},
    {"permit ip object-group-security x any any", "\"object-group-security\" is not supported"},
    {"permit ip fqdn a.example any", "\"fqdn\" is not supported"},
    {"permit ip object any", "there is no object \"any\"; define it in objects"},
    {"permit ip object", "a name is missing behind object"},
    {"permit ip any object-group", "a name is missing behind object-group"},
    {"permit ip any object-group nobody", "there is no object-group \"nobody\""},
    {"permit ip any object Web", "there is no object \"Web\""},
    {"permit ip any object servers", "\"servers\" is an object-group; write object-group servers"},
    {"permit ip any object-group web", "\"web\" is an object; write object web"},
    {"permit ip any object https", "object https is a service object; here is a network object"},
    {"permit object web any any", "object web is a network object; here is a service object"},
    {"permit ip any object-group svc", "object-group svc is one of services; here is one of"},
    {"permit object-group servers any any", "object-group servers has neither protocols nor"},
    {"permit object-group pings any any", "object-group pings has neither protocols nor"},
    {"permit object-group both any any", "object-group both is one of ports"},
    {"permit object-group nobody any any", "there is no object-group \"nobody\""},
    {"permit udp any any object-group web-ports", "one of tcp ports; here are others wanted"},
    {"permit object-group TCPUDP any any object-group web-ports", "one of tcp ports"},
    {"permit icmp any any object-group both", "one of ports; here is one of ICMP types wanted"},
    {"permit object https any any eq 443", "\"eq\" is one word too many"},
    {"permit ip any object-group empty", "a group in it is empty"},
};

static void
wrong_rules(void **state)
{
	struct buf out;

	buf_init(&out, 65536);
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		const char *rules[] = {"permit tcp any any eq 1", wrong[i].rule};
		char head[1100];

		buf_reset(&out);
		/* "line 1" cases count from the first rule. */
		compile(*state, "extended", &rules[1], 1, &out);
		snprintf(head, sizeof(head), "error: rule 1 \"%.100s\": ", wrong[i].rule);
		if (strncmp(buf_cstr(&out), head, strlen(head)) != 0 ||
		    strstr(buf_cstr(&out), wrong[i].why) == NULL)
			fail_msg("\"%s\"\nexpected: %s\ngot:      %s", wrong[i].rule, wrong[i].why,
			    buf_cstr(&out));
	}
	buf_fini(&out);
}

static void
rules_have_numbers(void **state)
{
	const char *const rules[] = {"remark first", "permit tcp any any eq 22",
	    "permit udp any any inactive", "deny udp any any neq 53", "permit ip any any log"};
	static const uint16_t lines[] = {2, 4, 4, 5};
	struct list_made made;
	struct acl acl;
	struct buf why;

	buf_init(&why, 4096);
	assert_int_equal(
	    acl_compile(*state, list_make(&made, "extended", rules, ARRAY_LEN(rules)), &acl, &why),
	    ERR_OK);
	assert_int_equal(acl.len, ARRAY_LEN(lines));
	for (size_t i = 0; i < acl.len; i++)
		assert_int_equal(acl.entries[i].line, lines[i]);
	acl_fini(&acl);
	buf_fini(&why);
}

static void
a_standard_list_is_no_filter(void **state)
{
	const char *const rules[] = {"permit any"};
	struct buf out;

	buf_init(&out, 4096);
	compile(*state, "standard", rules, 1, &out);
	assert_string_equal(
	    buf_cstr(&out), "error: is a standard access list; an extended one is wanted");
	buf_fini(&out);
}

static void
long_rules_are_refused(void **state)
{
	char text[2100];
	const char *rules[] = {text};
	struct buf out;

	buf_init(&out, 4096);
	memset(text, ' ', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	memcpy(text, "permit ip any any", 17);
	compile(*state, "extended", rules, 1, &out);
	assert_non_null(strstr(buf_cstr(&out), "is longer than 1024 bytes"));
	for (size_t i = 18; i < 1000; i += 2)
		text[i] = 'x';
	text[1000] = '\0';
	buf_reset(&out);
	compile(*state, "extended", rules, 1, &out);
	assert_non_null(strstr(buf_cstr(&out), "has more than 64 words"));
	buf_fini(&out);
}

/* ---- networks ---- */

static const struct {
	const char *type;
	const char *rule;
	const char *networks; /* NULL: refused */
} networks_cases[] = {
    {"standard", "permit 10.0.0.0 255.0.0.0", "+10.0.0.0/8"},
    {"standard", "deny 10.1.0.0 255.255.0.0", "-10.1.0.0/16"},
    {"standard", "permit 10.0.0.0/8", "+10.0.0.0/8"},
    {"standard", "permit host 10.1.2.3", "+10.1.2.3/32"},
    {"standard", "  permit\thost   2001:db8::1 ", "+2001:db8::1/128"},
    {"standard", "permit 2001:db8::/32", "+2001:db8::/32"},
    {"standard", "permit 0.0.0.0 0.0.0.0", "+0.0.0.0/0"},
    {"standard", "permit ::/0", "+::/0"},
    {"standard", "permit any", "+any"},
    {"standard", "permit any4", "+0.0.0.0/0"},
    {"standard", "permit any6", "+::/0"},
    {"standard", "deny any", "-any"},
    {"standard", "remark x y z", ""},
    {"standard", "permit 10.0.0.1 255.0.0.0", NULL},
    {"standard", "permit 2001:db8::1/32", NULL},
    {"standard", "permit 10.0.0.0 255.0.255.0", NULL},
    {"standard", "permit 10.0.0.0/33", NULL},
    {"standard", "permit 10.0.0.0", NULL},
    {"standard", "permit 10.0.0.0/8 255.0.0.0", NULL},
    {"standard", "permit 10.0.0.0 255.0.0.0 log", NULL},
    {"standard", "permit host", NULL},
    {"standard", "permit host 10.0.0.0/8", NULL},
    {"standard", "permit any any", NULL},
    {"standard", "allow any", NULL},
    {"standard", "PERMIT any", NULL},
    {"standard", "permit", NULL},
    {"standard", "", NULL},
    {"standard", "permit ip any any", NULL},
    {"standard", "permit object web", NULL},
    {"standard", "permit object-group servers", NULL},
    {"extended", "permit ip 10.0.0.0 255.0.0.0 any", "+10.0.0.0/8"},
    {"extended", "permit tcp any host 10.1.1.1 eq 5", "+any"},
    {"extended", "deny ip object web any", "-10.1.1.1/32"},
    {"extended", "permit ip object dhcp any", "+10.2.0.5/32 +10.2.0.6/31 +10.2.0.8/31"},
    {"extended", "permit ip object-group servers any",
	"+10.1.1.1/32 +10.3.0.0/16 +10.2.0.5/32 +10.2.0.6/31 +10.2.0.8/31 +10.4.0.0/16 "
	"+2001:db8::5/128"},
    {"extended", "permit ip 10.0.0.0 255.0.0.0 any inactive", ""},
    {"extended", "permit 10.0.0.0 255.0.0.0", NULL},
};

static void
put_networks(const struct acl_networks *networks, struct buf *out)
{
	char text[IP_STR_MAX];

	for (size_t i = 0; i < networks->len; i++) {
		const struct acl_network *network = &networks->items[i];

		buf_printf(out, "%s%s%s", i > 0 ? " " : "", network->permit ? "+" : "-",
		    network->any ? "any" : ip_prefix_str(&network->prefix, text));
	}
}

static void
networks_of_lists(void **state)
{
	struct buf out, why;

	buf_init(&out, 4096);
	buf_init(&why, 4096);
	for (size_t i = 0; i < ARRAY_LEN(networks_cases); i++) {
		struct list_made made;
		struct acl_networks networks;

		buf_reset(&out);
		buf_reset(&why);
		enum err err = acl_networks(*state,
		    list_make(&made, networks_cases[i].type, &networks_cases[i].rule, 1), &networks,
		    &why);
		if ((err != ERR_OK) != (networks_cases[i].networks == NULL))
			fail_msg(
			    "\"%s\": %s %s", networks_cases[i].rule, err_str(err), buf_cstr(&why));
		if (err != ERR_OK) {
			assert_int_equal(err, ERR_SYNTAX);
			assert_true(why.len > 0);
			continue;
		}
		put_networks(&networks, &out);
		if (strcmp(buf_cstr(&out), networks_cases[i].networks) != 0)
			fail_msg("\"%s\"\nexpected: %s\ngot:      %s", networks_cases[i].rule,
			    networks_cases[i].networks, buf_cstr(&out));
		acl_networks_fini(&networks);
	}
	buf_fini(&out);
	buf_fini(&why);
}

/* Ranges whose ends are the ends of everything: no overflow, nothing left out. */
static void
ranges_to_prefixes(void **state)
{
	static const struct {
		const char *value, *networks;
	} cases[] = {
	    {"range 0.0.0.0 255.255.255.255", "+0.0.0.0/0"},
	    {"range 0.0.0.1 0.0.0.2", "+0.0.0.1/32 +0.0.0.2/32"},
	    {"range 255.255.255.254 255.255.255.255", "+255.255.255.254/31"},
	    {"range 255.255.255.255 255.255.255.255", "+255.255.255.255/32"},
	    {"range :: ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "+::/0"},
	    {"range 8000:: ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "+8000::/1"},
	    {"range ::1 ::4", "+::1/128 +::2/127 +::4/128"},
	};
	const char *rule = "permit ip object o any";

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char text[1024];
		struct list_made made;
		struct acl_networks networks;
		struct buf out;

		snprintf(text, sizeof(text),
		    POLICIES "objects = ( { name = \"o\"; value = \"%s\"; } );", cases[i].value);
		struct conf *conf = help_load_fine("group-policies.conf", text);
		buf_init(&out, 4096);
		assert_int_equal(
		    acl_networks(conf, list_make(&made, "extended", &rule, 1), &networks, &out),
		    ERR_OK);
		put_networks(&networks, &out);
		assert_string_equal(buf_cstr(&out), cases[i].networks);
		acl_networks_fini(&networks);
		buf_fini(&out);
		conf_unref(conf);
	}
}

/* ---- limits ---- */

/* Groups of 300 hosts each: 90000 pairs. */
static void
too_many_entries(void **state)
{
	const char *rules[] = {
	    "permit tcp object-group a object-group a", "permit tcp any object-group a"};
	struct list_made made;
	struct acl acl;
	struct buf text, why;

	(void)state;
	buf_init(&text, 1 << 20);
	buf_init(&why, 4096);
	buf_puts(&text, POLICIES "object-groups = ( { name = \"a\"; members = [ ");
	for (int i = 0; i < 300; i++)
		buf_printf(&text, "%s\"network-object host 10.1.%d.%d\"", i > 0 ? ", " : "",
		    i / 100, i % 100);
	buf_puts(&text, " ]; } );");
	struct conf *conf = help_load_fine("group-policies.conf", buf_cstr(&text));
	assert_int_equal(
	    acl_compile(conf, list_make(&made, "extended", rules, 1), &acl, &why), ERR_LIMIT);
	assert_non_null(strstr(buf_cstr(&why), "gives over 65536 entries"));
	assert_int_equal(
	    acl_compile(conf, list_make(&made, "extended", &rules[1], 1), &acl, &why), ERR_OK);
	assert_int_equal(acl.len, 300);
	acl_fini(&acl);
	conf_unref(conf);
	buf_fini(&text);
	buf_fini(&why);
}

/* Sixteen groups that each hold the next one a hundred times hold nothing, but a lot of it. */
static void
too_much_work(void **state)
{
	struct conf_errors errors;
	struct buf text;

	(void)state;
	buf_init(&text, 1 << 20);
	buf_puts(&text, POLICIES "object-groups = ( ");
	for (int i = 0; i < 15; i++) {
		buf_printf(&text, "%s{ name = \"g%d\"; members = [ ", i > 0 ? ", " : "", i);
		for (int k = 0; k < 100; k++)
			if (i < 14)
				buf_printf(
				    &text, "%s\"group-object g%d\"", k > 0 ? ", " : "", i + 1);
		buf_puts(&text, i < 14 ? " ]; }" : " \"description end\" ]; }");
	}
	buf_puts(&text, " );");
	struct conf *conf = help_load("group-policies.conf", buf_cstr(&text), &errors);
	assert_null(conf);
	assert_non_null(strstr(buf_cstr(&errors.text), "over 1000000 members"));
	conf_errors_fini(&errors);
	buf_fini(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(extended_rules, setup, teardown),
	    cmocka_unit_test_setup_teardown(wrong_rules, setup, teardown),
	    cmocka_unit_test_setup_teardown(rules_have_numbers, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_standard_list_is_no_filter, setup, teardown),
	    cmocka_unit_test_setup_teardown(long_rules_are_refused, setup, teardown),
	    cmocka_unit_test_setup_teardown(networks_of_lists, setup, teardown),
	    cmocka_unit_test(ranges_to_prefixes),
	    cmocka_unit_test(too_many_entries),
	    cmocka_unit_test(too_much_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
