/* SPDX-License-Identifier: Apache-2.0 */
/* check_acl.c: what is wrong in access lists, objects and groups is told once, with its place. */
#include <stdio.h>

#include "tests/unit/conf_help.h"

#define POLICIES                                                                                   \
	"group-policies = ( { name = \"Staff\"; } );\n"                                            \
	"ip-local-pools = ( { name = \"POOL\"; range = \"192.168.100.1-192.168.100.200\"; } );\n"

static const struct {
	const char *text;   /* of group-policies.conf, from line 3 */
	const char *errors; /* exactly */
} cases[] = {
    {"access-lists = ( { name = \"A\"; type = \"extended\"; rules = [ \"permit ip any any\" ]; } "
     ");",
	""},
    /* Nobody names it, and it is looked at. */
    {"access-lists = ( { name = \"A\"; rules = [ \"permit any\", \"permit 10.0.0.0\" ]; } );",
	"group-policies.conf:3: access-lists[0].rules: rule 2 \"permit 10.0.0.0\": \"10.0.0.0\" "
	"needs a netmask behind it, or host before it\n"},
    {"access-lists = ( { name = \"A\"; type = \"extended\"; rules = [ \"permit x any any\",\n"
     "\"permit ip any any\", \"deny tcp any any eq nix\" ]; } );",
	"group-policies.conf:3: access-lists[0].rules: rule 1 \"permit x any any\": \"x\" is no "
	"protocol; use ip, tcp, udp, icmp, icmp6, .. or 0-255\n"
	"group-policies.conf:3: access-lists[0].rules: rule 3 \"deny tcp any any eq nix\": "
	"\"nix\" is no port of tcp; use its number\n"},
    {"objects = ( { name = \"O\"; value = \"fqdn v4 a.example\"; } );",
	"group-policies.conf:3: objects[0].value: \"fqdn\" is not supported: write addresses, "
	"names are not looked up\n"},
    {"objects = ( { name = \"O\"; value = \"10.1.1.1\"; } );",
	"group-policies.conf:3: objects[0].value: \"10.1.1.1\" is not the beginning of a network "
	"object; use host A, subnet NET MASK, subnet PREFIX/LEN or range A B\n"},
    {"objects = ( { name = \"O\"; value = \"range 10.1.1.9 10.1.1.1\"; } );",
	"group-policies.conf:3: objects[0].value: \"range 10.1.1.9 10.1.1.1\" is the wrong way "
	"round\n"},
    {"objects = ( { name = \"O\"; value = \"range 10.1.1.9 2001:db8::1\"; } );",
	"group-policies.conf:3: objects[0].value: \"range 10.1.1.9 2001:db8::1\" mixes IPv4 and "
	"IPv6\n"},
    {"objects = ( { name = \"O\"; value = \"host 10.1.1.1 x\"; } );",
	"group-policies.conf:3: objects[0].value: \"x\" is one word too many\n"},
    {"objects = ( { name = \"O\"; type = \"service\"; value = \"tcp destination nine 9\"; } );",
	"group-policies.conf:3: objects[0].value: \"nine\" is no operator; use eq, neq, lt, gt or "
	"range\n"},
    {"objects = ( { name = \"O\"; type = \"service\"; value = \"esp destination eq 9\"; } );",
	"group-policies.conf:3: objects[0].value: \"destination\" is one word too many\n"},
    /* A wrong object is told once, not with each group and rule that has it. */
    {"objects = ( { name = \"O\"; value = \"host x\"; } );\n"
     "object-groups = ( { name = \"G\"; members = [ \"network-object object O\" ]; } );\n"
     "access-lists = ( { name = \"A\"; type = \"extended\"; rules = [ \"permit ip object O any\",\n"
     "\"permit ip any object-group G\" ]; } );",
	"group-policies.conf:3: objects[0].value: \"x\" is no address; use one as in host "
	"192.0.2.7\n"},
    {"object-groups = ( { name = \"G\"; members = [ \"group-object H\" ]; },\n"
     "{ name = \"H\"; members = [ \"network-object any\", \"host 10.1.1.1\" ]; } );",
	"group-policies.conf:4: object-groups[1].members: object-group H, member 2 \"host "
	"10.1.1.1\": \"host\" does not belong in a group of networks; use network-object or "
	"group-object\n"},
    {"object-groups = ( { name = \"G\"; members = [ \"group-object X\" ]; } );",
	"group-policies.conf:3: object-groups[0].members: object-group G, member 1 "
	"\"group-object X\": there is no object-group \"X\"; define it in object-groups\n"},
    /* Circles. */
    {"object-groups = ( { name = \"G\"; members = [ \"group-object G\" ]; } );",
	"group-policies.conf:3: object-groups[0].members: object-group G, member 1 "
	"\"group-object G\": object-group G contains itself; take it out\n"},
    {"object-groups = ( { name = \"G\"; members = [ \"group-object H\" ]; },\n"
     "{ name = \"H\"; members = [ \"group-object G\" ]; },\n"
     "{ name = \"I\"; members = [ \"group-object G\" ]; } );",
	"group-policies.conf:3: object-groups[0].members: object-group G, member 1 "
	"\"group-object H\": object-group H, member 1 \"group-object G\": object-group G contains "
	"itself; take it out\n"
	"group-policies.conf:4: object-groups[1].members: object-group H, member 1 "
	"\"group-object G\": object-group G, member 1 \"group-object H\": object-group H contains "
	"itself; take it out\n"},
    /* Types. */
    {"object-groups = ( { name = \"G\"; type = \"protocol\"; members = [ \"port-object eq 5\" ]; } "
     ");",
	"group-policies.conf:3: object-groups[0].members: object-group G, member 1 \"port-object "
	"eq 5\": \"port-object\" does not belong in a group of protocols; use protocol-object or "
	"group-object\n"},
    {"object-groups = ( { name = \"G\"; protocol = \"tcp\"; members = [ \"group-object G\" ]; } );",
	"group-policies.conf:3: object-groups[0].members: protocol belongs to groups of type "
	"service; leave it out or set the type\n"},
    {"object-groups = ( { name = \"G\"; type = \"service\"; protocol = \"tcp\";\n"
     "members = [ \"service-object tcp\" ]; } );",
	"group-policies.conf:4: object-groups[0].members: object-group G, member 1 "
	"\"service-object tcp\": \"service-object\" does not belong in a group of ports; use "
	"port-object or group-object\n"},
    {"object-groups = ( { name = \"G\"; type = \"service\"; protocol = \"tcp-udp\";\n"
     "members = [ \"group-object H\" ]; },\n"
     "{ name = \"H\"; type = \"service\"; protocol = \"tcp\"; members = [ \"port-object eq 5\" ]; "
     "} );",
	"group-policies.conf:4: object-groups[0].members: object-group G, member 1 "
	"\"group-object H\": object-group H is one of tcp ports; here are others wanted\n"},
    {"object-groups = ( { name = \"G\"; type = \"service\"; protocol = \"udp\";\n"
     "members = [ \"port-object lt 5\" ]; } );",
	"group-policies.conf:4: object-groups[0].members: object-group G, member 1 \"port-object "
	"lt 5\": \"lt\": use eq PORT or range FIRST LAST\n"},
    {"object-groups = ( { name = \"G\"; type = \"icmp-type\"; members = [ \"icmp-object pong\" ]; "
     "} );",
	"group-policies.conf:3: object-groups[0].members: object-group G, member 1 \"icmp-object "
	"pong\": \"pong\" is no type of icmp6; use a name or 0-255\n"},
    {"object-groups = ( { name = \"G\"; type = \"icmp-type\"; members = [ \"icmp-object "
     "membership-query\", \"icmp-object redirect\" ]; } );",
	""},
};

static void
errors_are_told_once(void **state)
{
	char text[4096];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct conf_errors errors;

		snprintf(text, sizeof(text), POLICIES "%s\n", cases[i].text);
		struct conf *conf = help_load("group-policies.conf", text, &errors);
		if (strcmp(buf_cstr(&errors.text), cases[i].errors) != 0)
			fail_msg("%s\nexpected: %s\ngot:      %s", cases[i].text, cases[i].errors,
			    buf_cstr(&errors.text));
		assert_true((conf != NULL) == (cases[i].errors[0] == '\0'));
		conf_unref(conf);
		conf_errors_fini(&errors);
	}
}

static size_t
count_text(const char *text, const char *what)
{
	size_t count = 0;

	for (const char *p = strstr(text, what); p != NULL; p = strstr(p + 1, what))
		count++;
	return count;
}

static void
many_errors_are_cut(void **state)
{
	struct conf_errors errors;
	struct buf text;

	(void)state;
	buf_init(&text, 1 << 20);
	buf_puts(&text, POLICIES "access-lists = ( { name = \"A\"; rules = [ ");
	for (int i = 0; i < 50; i++)
		buf_puts(&text, i > 0 ? ", \"permit\"" : "\"permit\"");
	buf_puts(&text, " ]; } );");
	assert_null(help_load("group-policies.conf", buf_cstr(&text), &errors));
	assert_int_equal(
	    count_text(buf_cstr(&errors.text), "\"permit\": an address is missing"), 20);
	assert_int_equal(count_text(buf_cstr(&errors.text), "more than 20 rules are wrong"), 1);
	conf_errors_fini(&errors);
	buf_fini(&text);
}

/* len groups, each but the last with the next one in it. */
static struct conf *
load_chain(int len, struct conf_errors *errors)
{
	struct buf text;

	buf_init(&text, 1 << 20);
	buf_puts(&text, POLICIES "object-groups = ( ");
	for (int i = 0; i < len; i++) {
		buf_printf(&text, "%s{ name = \"g%d\"; members = [ ", i > 0 ? ", " : "", i);
		if (i + 1 < len)
			buf_printf(&text, "\"group-object g%d\" ]; }", i + 1);
		else
			buf_puts(&text, "\"network-object host 10.1.1.1\" ]; }");
	}
	buf_puts(&text, " );");
	struct conf *conf = help_load("group-policies.conf", buf_cstr(&text), errors);
	buf_fini(&text);
	return conf;
}

static void
groups_may_be_so_deep(void **state)
{
	struct conf_errors errors;

	(void)state;
	struct conf *conf = load_chain(16, &errors);
	assert_non_null(conf);
	conf_unref(conf);
	conf_errors_fini(&errors);
	assert_null(load_chain(17, &errors));
	assert_int_equal(errors.count, 1);
	assert_non_null(strstr(buf_cstr(&errors.text), "object-groups[0]"));
	conf_errors_fini(&errors);
}

/* A client can be told 1200 networks; a range may be many. */
static void
split_lists_have_a_size(void **state)
{
	static const struct {
		int networks;
		const char *rule;
		bool fine;
	} lists[] = {
	    {1200, "deny 10.0.0.0/8", true},
	    {1200, "permit 10.0.0.0/8", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		struct conf_errors errors;
		struct buf text;

		buf_init(&text, 1 << 20);
		buf_puts(&text,
		    "group-policies = ( { name = \"Staff\"; attributes = {\n"
		    "split-tunnel-network-list = \"A\"; }; } );\nip-local-pools = ( { name = "
		    "\"POOL\"; range = \"192.168.100.1-192.168.100.200\"; } );\n"
		    "access-lists = ( { name = \"A\"; rules = [ ");
		for (int k = 0; k < lists[i].networks; k++)
			buf_printf(&text, "\"permit host 10.1.%d.%d\", ", k / 100, k % 100);
		buf_printf(&text, "\"%s\" ]; } );", lists[i].rule);
		struct conf *conf = help_load("group-policies.conf", buf_cstr(&text), &errors);
		assert_int_equal(conf != NULL, lists[i].fine);
		if (!lists[i].fine)
			assert_string_equal(buf_cstr(&errors.text),
			    "group-policies.conf:2: "
			    "group-policies[0].attributes.split-tunnel-network-list: \"A\" permits "
			    "more than 1200 networks, which is what clients take; use larger "
			    "ones\n");
		conf_unref(conf);
		conf_errors_fini(&errors);
		buf_fini(&text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(errors_are_told_once),
	    cmocka_unit_test(many_errors_are_cut),
	    cmocka_unit_test(groups_may_be_so_deep),
	    cmocka_unit_test(split_lists_have_a_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
