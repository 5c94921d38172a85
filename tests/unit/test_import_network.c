/* SPDX-License-Identifier: Apache-2.0 */
/* Pools, names, access lists and objects: what is carried over, and that a filter never becomes
 * weaker on the way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "conf/judge.h"
#include "tests/unit/import_help.h"

#define USE_FILTER "group-policy p attributes\n vpn-filter value F\n"
#define USE_SPLIT "group-policy p attributes\n split-tunnel-network-list value F\n"

/* The rules of an access list as the daemon has them, with "; " between; "-": no such list. */
static void
rules_of(const struct conf *conf, const char *name, struct buf *out)
{
	const struct conf_object *list = conf_find(conf, CONF_ACCESS_LIST, name);
	char *const *rules;

	if (list == NULL) {
		buf_puts(out, "-");
		return;
	}
	size_t len = conf_list(list, ACL_RULES, &rules);
	for (size_t i = 0; i < len; i++)
		buf_printf(out, "%s%s", i > 0 ? "; " : "", rules[i]);
}

static void
test_lists(UNUSED void **state)
{
	static const struct {
		const char *text;
		const char *rules; /* of F */
		const char *fates; /* of the first lines */
	} rows[] = {
	    /* used by nobody of ours */
	    {"access-list F extended permit ip any any\naccess-group F in interface outside\n", "-",
		"nn"},
	    {"access-list F extended permit tcp any host 10.0.0.1 eq 443 log\n"
	     "access-list F remark r  r\n" USE_FILTER,
		"permit tcp any host 10.0.0.1 eq 443 log; remark r  r", "cc"},
	    {"access-list F line 3 extended permit ip any any (hitcnt=5)\n" USE_FILTER,
		"permit ip any any", "c"},
	    {"access-list F permit ip any any\n" USE_FILTER, "permit ip any any", "c"},
	    {"name 10.0.0.1 a-b\naccess-list F extended permit tcp host a-b any eq "
	     "www\n" USE_FILTER,
		"permit tcp host 10.0.0.1 any eq www", "cc"},
	    /* a name like a port's word is only replaced where an address stands */
	    {"name 10.0.0.1 www\naccess-list F extended permit tcp host www any eq "
	     "www\n" USE_FILTER,
		"permit tcp host 10.0.0.1 any eq www", "cc"},
	    /* a permit that cannot be carried over is left out */
	    {"access-list F extended permit tcp user X any any\n"
	     "access-list F extended permit ip any host 10.0.0.1\n" USE_FILTER,
		"permit ip any host 10.0.0.1", "xc"},
	    {"access-list F extended permit ip any object-group none\n" USE_FILTER,
		"deny ip any any", "x"},
	    /* a deny that cannot takes the whole list along */
	    {"access-list F extended permit ip any host 10.0.0.1\n"
	     "access-list F extended deny tcp user X any any\n"
	     "access-list F extended permit ip any any\n" USE_FILTER,
		"deny ip any any", "xxx"},
	    /* also behind an object */
	    {"object network o\n fqdn www.example.com\n"
	     "object-group network g\n network-object object o\n"
	     "access-list F extended deny ip any object-group g\n"
	     "access-list F extended permit ip any any\n" USE_FILTER,
		"deny ip any any", "nnnnxx"},
	    /* also in a rule that sleeps */
	    {"object network o\n fqdn www.example.com\n"
	     "access-list F extended permit ip any object o inactive\n"
	     "access-list F extended permit ip any host 10.0.0.1\n" USE_FILTER,
		"permit ip any host 10.0.0.1", "nnxc"},
	    {"access-list F standard permit any\n" USE_FILTER, "deny ip any any", "x"},
	    {"access-list F remark nothing else\n" USE_FILTER, "deny ip any any", "x"},
	    {"hostname h\n" USE_FILTER, "deny ip any any", "ncx"},
	    /* split tunneling */
	    {"access-list F standard permit 10.0.0.0 255.0.0.0\n"
	     "access-list F standard deny host 10.0.0.1\n" USE_SPLIT,
		"permit 10.0.0.0 255.0.0.0; deny host 10.0.0.1", "cc"},
	    {"access-list F extended permit ip 10.0.0.0 255.0.0.0 any\n" USE_SPLIT,
		"permit ip 10.0.0.0 255.0.0.0 any", "c"},
	    {"access-list F standard permit 10.0.0.0 255.0.255.0\n" USE_SPLIT, "-", "xcx"},
	    {"ipv6 access-list F permit tcp any host 2001:db8::1\n"
	     "group-policy p attributes\n ipv6-vpn-filter value F\n",
		"permit tcp any6 host 2001:db8::1", "c"},
	    {"access-list F webtype permit url any\n", "-", "n"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct import *import = import_help_run(rows[i].text);
		char fates[64];
		struct buf rules;

		assert_string_equal(import_errors(import), "");
		struct conf *conf = import_help_load(import);
		assert_non_null(conf);
		buf_init(&rules, 4096);
		rules_of(conf, "F", &rules);
		import_help_fates(import, fates, sizeof(fates));
		if (strcmp(buf_cstr(&rules), rows[i].rules) != 0 ||
		    strncmp(fates, rows[i].fates, strlen(rows[i].fates)) != 0)
			fail_msg("%s\nexpected %s (%s), got %s (%s)", rows[i].text, rows[i].rules,
			    rows[i].fates, buf_cstr(&rules), fates);
		buf_fini(&rules);
		conf_unref(conf);
		import_free(import);
	}
}

/* Only what a rule that is carried over reaches. */
static void
test_objects(UNUSED void **state)
{
	struct import *import =
	    import_help_run("object network a\n host 10.0.0.1\n"
			    "object network unused\n host 10.0.0.2\n"
			    "object network a\n nat (x,y) static 192.0.2.1\n"
			    "object service s\n service tcp destination eq 22\n"
			    "object-group network g1\n network-object object a\n"
			    "object-group network g2\n group-object g1\n"
			    "object-group service p tcp-udp\n port-object eq 53\n"
			    "access-list F extended permit object s any "
			    "object-group g2\n"
			    "access-list F extended permit udp any any "
			    "object-group p\n" USE_FILTER);
	char fates[64];
	struct conf *conf = import_help_load(import);

	assert_string_equal(import_help_fates(import, fates, sizeof(fates)), "ccnncncccccccccccc");
	assert_non_null(conf);
	assert_non_null(conf_find(conf, CONF_OBJECT, "a"));
	assert_non_null(conf_find(conf, CONF_OBJECT, "s"));
	assert_null(conf_find(conf, CONF_OBJECT, "unused"));
	assert_non_null(conf_find(conf, CONF_OBJECT_GROUP, "g1"));
	assert_non_null(conf_find(conf, CONF_OBJECT_GROUP, "g2"));
	assert_string_equal(
	    conf_str(conf_find(conf, CONF_OBJECT_GROUP, "p"), OG_PROTOCOL), "tcp-udp");
	conf_unref(conf);
	import_free(import);
}

static void
test_pools(UNUSED void **state)
{
	static const struct {
		const char *text;
		const char *range; /* of P; NULL: there is none */
		const char *mask;
		const char *tun; /* NULL: no address */
	} rows[] = {
	    {"ip local pool P 10.0.0.1-10.0.0.9 mask 255.255.255.0\n", "10.0.0.1-10.0.0.9",
		"255.255.255.0", "10.0.0.254/32"},
	    /* the class's mask, as on the ASA */
	    {"ip local pool P 192.0.2.1-192.0.2.9\n", "192.0.2.1-192.0.2.9", "255.255.255.0",
		"192.0.2.254/32"},
	    {"ip local pool P 10.0.0.5\n", "10.0.0.5-10.0.0.5", "255.0.0.0", "10.255.255.254/32"},
	    /* what no client can have */
	    {"ip local pool P 10.0.0.0-10.0.0.255 mask 255.255.255.0\n", "10.0.0.1-10.0.0.254",
		"255.255.255.0", NULL},
	    /* a mask that holds the range */
	    {"ip local pool P 10.0.0.1-10.0.1.9 mask 255.255.255.0\n", "10.0.0.1-10.0.1.9",
		"255.255.254.0", "10.0.1.254/32"},
	    /* an interface's network is inhabited */
	    {"interface e0\n ip address 10.0.0.77 255.255.0.0\n"
	     "ip local pool P 10.0.0.1-10.0.0.9 mask 255.255.255.0\n",
		"10.0.0.1-10.0.0.9", "255.255.255.0", NULL},
	    /* names with dashes */
	    {"name 10.0.0.1 a-b\nname 10.0.0.9 c\n"
	     "ip local pool P a-b-c mask 255.255.255.0\n",
		"10.0.0.1-10.0.0.9", "255.255.255.0", "10.0.0.254/32"},
	    /* the earlier of two that overlap stays */
	    {"ip local pool Q 10.0.0.1-10.0.0.9 mask 255.255.255.0\n"
	     "ip local pool P 10.0.0.9-10.0.0.19 mask 255.255.255.0\n",
		NULL, NULL, "10.0.0.254/32"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct import *import = import_help_run(rows[i].text);
		struct conf *conf = import_help_load(import);

		assert_string_equal(import_errors(import), "");
		assert_non_null(conf);
		const struct conf_object *pool = conf_find(conf, CONF_IP_LOCAL_POOL, "P");
		const char *tun =
		    conf_str(conf_sub(conf_root(conf, CONF_GATEWAY), GW_TUN), TUN_IPV4_ADDRESS);
		assert_int_equal(pool != NULL, rows[i].range != NULL);
		if (pool != NULL) {
			assert_string_equal(conf_str(pool, POOL_RANGE), rows[i].range);
			assert_string_equal(conf_str(pool, POOL_MASK), rows[i].mask);
		}
		if (rows[i].tun == NULL)
			assert_null(tun);
		else
			assert_string_equal(tun, rows[i].tun);
		conf_unref(conf);
		import_free(import);
	}
}

/* Not every address of a network can be an interface's: ::1 is the loopback's. */
static void
test_pool6_of_loopback(UNUSED void **state)
{
	struct import *import = import_help_run("ipv6 local pool P ::10/64 20\n");
	struct conf *conf = import_help_load(import);

	assert_non_null(conf);
	assert_non_null(conf_find(conf, CONF_IPV6_LOCAL_POOL, "P"));
	assert_string_equal(
	    conf_str(conf_sub(conf_root(conf, CONF_GATEWAY), GW_TUN), TUN_IPV6_ADDRESS), "::2/128");
	conf_unref(conf);
	import_free(import);
}

/* A policy that is named and not there lets nobody in, whatever a user's own attributes say. */
static void
test_missing_policy(UNUSED void **state)
{
	struct import *import = import_help_run(
	    "group-policy DfltGrpPolicy attributes\n vpn-tunnel-protocol ssl-client\n"
	    "username u nopassword\nusername u attributes\n vpn-simultaneous-logins 5\n"
	    "tunnel-group t type remote-access\n"
	    "tunnel-group t general-attributes\n default-group-policy GONE\n");
	struct conf *conf = import_help_load(import);
	struct inherit inherit;

	assert_non_null(conf);
	const struct conf_object *group = conf_find(conf, CONF_TUNNEL_GROUP, "t");
	inherit_merge(conf, group, conf_find(conf, CONF_USERNAME, "u"), NULL, &inherit);
	assert_int_equal(judge_login(conf, group, &inherit, 0), JUDGE_NO_PROTOCOL);
	conf_unref(conf);
	import_free(import);
}

/* Two names for the same range: users of either get it. */
static void
test_same_pool_twice(UNUSED void **state)
{
	struct import *import =
	    import_help_run("ip local pool P 10.0.0.1-10.0.0.9 mask 255.255.255.0\n"
			    "ip local pool Q 10.0.0.1-10.0.0.9 mask 255.255.255.0\n"
			    "tunnel-group t type remote-access\n"
			    "tunnel-group t general-attributes\n address-pool Q\n");
	struct conf *conf = import_help_load(import);
	char *const *pools;

	assert_non_null(conf);
	assert_int_equal(conf_list(conf_sub(conf_find(conf, CONF_TUNNEL_GROUP, "t"), TG_GENERAL),
			     TGG_ADDRESS_POOL, &pools),
	    1);
	assert_string_equal(pools[0], "P");
	assert_int_equal(import_count(import, IMPORT_NOT_SUPPORTED), 0);
	conf_unref(conf);
	import_free(import);
}

/* Hours that cannot be carried over hold never. */
static void
test_time_ranges(UNUSED void **state)
{
	struct import *import = import_help_run(
	    "time-range good\n absolute start 8:00 1 May 2030 end 9:00 2 May 2030\n"
	    " periodic Monday Friday 8:00 to 12:00\n periodic weekend 0:00 to 23:59\n"
	    "time-range bad\n periodic whenever it rains\n");
	struct conf *conf = import_help_load(import);

	assert_non_null(conf);
	const struct conf_object *good = conf_find(conf, CONF_TIME_RANGE, "good");
	const struct conf_object *bad = conf_find(conf, CONF_TIME_RANGE, "bad");
	char *const *periodic;
	assert_string_equal(
	    conf_str(good, TR_ABSOLUTE), "start 8:00 1 May 2030 end 9:00 2 May 2030");
	assert_int_equal(conf_list(good, TR_PERIODIC, &periodic), 2);
	assert_string_equal(conf_str(bad, TR_ABSOLUTE), "end 00:00 1 January 1993");
	assert_int_equal(import->todos_len, 2);
	conf_unref(conf);
	import_free(import);
}

/* Users' own addresses need one at the gateway's end, and are of one user. */
static void
test_framed(UNUSED void **state)
{
	struct import *import =
	    import_help_run("username a nopassword\nusername a attributes\n"
			    " vpn-framed-ip-address 10.0.0.254 255.255.255.0\n"
			    "username b nopassword\nusername b attributes\n"
			    " vpn-framed-ip-address 10.0.0.254 255.255.255.0\n");
	struct conf *conf = import_help_load(import);
	char fates[64];

	assert_non_null(conf);
	assert_string_equal(
	    conf_str(conf_sub(conf_root(conf, CONF_GATEWAY), GW_TUN), TUN_IPV4_ADDRESS),
	    "10.0.0.253/32");
	assert_int_equal(import_help_fates(import, fates, sizeof(fates))[2], 'c');
	assert_int_equal(fates[5], 'x');
	conf_unref(conf);
	import_free(import);
}

static void
test_addresses(UNUSED void **state)
{
	struct import *import = import_help_run("no vpn-addr-assign aaa\nno vpn-addr-assign dhcp\n"
						"vpn-addr-assign local reuse-delay 5\n"
						"ipv6 local pool P6 2001:db8::10/64 100\n"
						"ipv6 local pool Q6 2001:db8:1::fff0/124 100\n");
	struct conf *conf = import_help_load(import);
	char fates[64];

	assert_non_null(conf);
	assert_string_equal(import_help_fates(import, fates, sizeof(fates)), "nnccx");
	assert_int_equal(conf_int(conf_root(conf, CONF_GROUP_POLICIES), GPS_REUSE_DELAY), 5);
	assert_string_equal(
	    conf_str(conf_sub(conf_root(conf, CONF_GATEWAY), GW_TUN), TUN_IPV6_ADDRESS),
	    "2001:db8::1/128");
	conf_unref(conf);
	import_free(import);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lists),
	    cmocka_unit_test(test_objects),
	    cmocka_unit_test(test_pools),
	    cmocka_unit_test(test_pool6_of_loopback),
	    cmocka_unit_test(test_missing_policy),
	    cmocka_unit_test(test_same_pool_twice),
	    cmocka_unit_test(test_time_ranges),
	    cmocka_unit_test(test_framed),
	    cmocka_unit_test(test_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
