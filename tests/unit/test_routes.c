/* SPDX-License-Identifier: Apache-2.0 */
/* gateway/routes.c and reload_compare.c: which routes come and go with pools and framed addresses,
 * and which settings cannot change. Routes are checked against a set of single addresses. */
#include "tests/unit/conf_help.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/ip.h"
#include "common/str.h"
#include "gateway/reload_compare.h"
#include "gateway/routes.h"

#define FILE_HEAD "group-policies = ( { name = \"Staff\"; attributes = { banner = \"hi\"; }; } );\n"

/* A configuration with these pools; the first is the one that the tunnel group uses. */
static struct conf *
conf_with(const char *pools)
{
	char text[4096];

	(void)snprintf(text, sizeof(text), FILE_HEAD "%s", pools);
	return help_load_fine("group-policies.conf", text);
}

#define POOLS(range) "ip-local-pools = ( { name = \"POOL\"; range = \"" range "\"; } );\n"

/* The list as text, sorted as it is; good until the next call. */
static const char *
text_of(const struct routes_list *list)
{
	static char text[4096];
	char prefix[IP_STR_MAX];
	struct buf out;

	buf_init(&out, sizeof(text));
	for (size_t i = 0; i < list->len; i++)
		buf_printf(&out, "%s%s", i > 0 ? " " : "", ip_prefix_str(&list->items[i], prefix));
	assert_int_equal(str_copy(text, sizeof(text), buf_cstr(&out)), ERR_OK);
	buf_fini(&out);
	return text;
}

/* Go on to another configuration; returns what is to be added. */
static const char *
go_on(struct routes **routes, struct conf *conf)
{
	struct routes_list add;
	struct routes *next = routes_plan(*routes, conf, &add);
	const char *text;

	assert_non_null(next);
	routes_free(*routes);
	*routes = next;
	text = text_of(&add);
	routes_list_fini(&add);
	conf_unref(conf);
	return text;
}

static const char *
drain(struct routes *routes, const char *first, const char *last)
{
	struct ip_addr a, b;
	struct routes_list list;
	const char *text;

	assert_int_equal(ip_parse(first, &a), ERR_OK);
	assert_int_equal(ip_parse(last, &b), ERR_OK);
	assert_int_equal(routes_drained(routes, &a, &b, &list), ERR_OK);
	text = text_of(&list);
	routes_list_fini(&list);
	return text;
}

/* The ranges that are not drained; good until the next call. */
static const char *
retired(const struct routes *routes)
{
	static char text[1024];
	char from[IP_STR_MAX], to[IP_STR_MAX];
	struct ip_addr first, last;
	struct buf out;

	buf_init(&out, sizeof(text));
	for (size_t i = 0; routes_retired(routes, i, &first, &last); i++)
		buf_printf(&out, "%s-%s ", ip_str(&first, from), ip_str(&last, to));
	assert_int_equal(str_copy(text, sizeof(text), buf_cstr(&out)), ERR_OK);
	buf_fini(&out);
	return text;
}

static void
test_cover(UNUSED void **state)
{
	static const struct {
		const char *pools;
		const char *routes;
	} rows[] = {
	    {POOLS("10.0.0.1-10.0.0.1"), "10.0.0.1/32"},
	    {POOLS("10.0.0.0-10.0.0.255"), "10.0.0.0/24"},
	    {POOLS("10.0.0.1-10.0.0.6"), "10.0.0.1/32 10.0.0.2/31 10.0.0.4/31 10.0.0.6/32"},
	    {POOLS("10.0.0.255-10.0.1.0"), "10.0.0.255/32 10.0.1.0/32"},
	    {POOLS("10.0.0.8-10.0.0.9") "ipv6-local-pools = ( { name = \"P6\"; prefix = "
					"\"2001:db8::10/64\"; size = 17; } );\n",
		"10.0.0.8/31 2001:db8::10/124 2001:db8::20/128"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct routes *routes = routes_new();

		assert_string_equal(go_on(&routes, conf_with(rows[i].pools)), rows[i].routes);
		assert_string_equal(go_on(&routes, conf_with(rows[i].pools)), "");
		routes_free(routes);
	}
}

static void
test_moved_pool(UNUSED void **state)
{
	struct routes *routes = routes_new();

	(void)go_on(&routes, conf_with(POOLS("10.0.0.8-10.0.0.9")));
	assert_string_equal(
	    go_on(&routes, conf_with(POOLS("10.0.0.16-10.0.0.17"))), "10.0.0.16/31");
	/* What is drained but not a whole retired range, or not ours, removes nothing. */
	assert_string_equal(drain(routes, "10.0.0.8", "10.0.0.8"), "");
	assert_string_equal(drain(routes, "10.0.0.16", "10.0.0.17"), "");
	assert_string_equal(drain(routes, "2001:db8::", "2001:db8::ff"), "");
	assert_string_equal(text_of(routes_installed(routes)), "10.0.0.8/31 10.0.0.16/31");
	assert_string_equal(drain(routes, "10.0.0.9", "10.0.0.9"), "10.0.0.8/31");
	assert_string_equal(text_of(routes_installed(routes)), "10.0.0.16/31");
	assert_string_equal(drain(routes, "10.0.0.0", "10.0.0.255"), "");
	routes_free(routes);
}

/* A pool that comes back before it is drained needs its routes again. */
static void
test_pool_returns(UNUSED void **state)
{
	struct routes *routes = routes_new();

	(void)go_on(&routes, conf_with(POOLS("10.0.0.8-10.0.0.9")));
	(void)go_on(&routes, conf_with(POOLS("10.0.0.16-10.0.0.17")));
	assert_string_equal(go_on(&routes, conf_with(POOLS("10.0.0.8-10.0.0.9"))), "");
	assert_string_equal(drain(routes, "10.0.0.8", "10.0.0.9"), "");
	assert_string_equal(drain(routes, "10.0.0.16", "10.0.0.17"), "10.0.0.16/31");
	routes_free(routes);
}

/* Two generations of a pool overlap: the older one's last session keeps its route. */
static void
test_overlapping_generations(UNUSED void **state)
{
	struct routes *routes = routes_new();

	(void)go_on(&routes, conf_with(POOLS("10.0.0.0-10.0.0.63")));
	(void)go_on(&routes, conf_with(POOLS("10.0.0.0-10.0.0.31")));
	(void)go_on(&routes, conf_with(POOLS("10.9.0.0-10.9.0.1")));
	assert_string_equal(drain(routes, "10.0.0.0", "10.0.0.31"), "10.0.0.0/27");
	assert_string_equal(drain(routes, "10.0.0.32", "10.0.0.63"), "10.0.0.0/26");
	routes_free(routes);
}

static void
test_framed(UNUSED void **state)
{
	struct routes *routes = routes_new();
	struct conf *conf = help_load_fine("users.conf",
	    "usernames = ( { name = \"alice\"; attributes = {\n"
	    "  vpn-framed-ip-address = \"10.3.0.7 255.255.255.0\";\n"
	    "  vpn-framed-ipv6-address = \"2001:db8:3::7/64\"; }; } );\n");
	const char *added = go_on(&routes, conf);

	assert_non_null(strstr(added, "10.3.0.7/32"));
	assert_non_null(strstr(added, "2001:db8:3::7/128"));
	(void)go_on(&routes, help_load_fine(NULL, NULL));
	assert_string_equal(drain(routes, "10.3.0.7", "10.3.0.7"), "10.3.0.7/32");
	routes_free(routes);
}

/* The kernel's routes are somebody else's business then, but auth still wants to know what drains.
 */
static void
test_no_pool_routes(UNUSED void **state)
{
	static const char text[] =
	    "listeners = ( { address = \"0.0.0.0\"; } );\n"
	    "tun = { ipv4-address = \"192.168.100.254/24\"; pool-routes = false; };\n";
	struct routes *routes = routes_new();

	assert_string_equal(go_on(&routes, help_load_fine("gateway.conf", text)), "");
	assert_string_equal(go_on(&routes, conf_with(POOLS("10.0.0.8-10.0.0.9"))), "10.0.0.8/31");
	assert_string_equal(retired(routes), "192.168.100.1-192.168.100.200 ");
	routes_free(routes);
}

static void
test_retired(UNUSED void **state)
{
	struct routes *routes = routes_new();

	(void)go_on(&routes, conf_with(POOLS("10.0.0.0-10.0.0.99")));
	assert_string_equal(retired(routes), "");
	(void)go_on(&routes, conf_with(POOLS("10.0.0.20-10.0.0.29")));
	assert_string_equal(retired(routes), "10.0.0.0-10.0.0.19 10.0.0.30-10.0.0.99 ");
	(void)drain(routes, "10.0.0.10", "10.0.0.39");
	assert_string_equal(retired(routes), "10.0.0.0-10.0.0.9 10.0.0.40-10.0.0.99 ");
	routes_free(routes);
}

static void
test_not_a_range(UNUSED void **state)
{
	struct routes *routes = routes_new();
	struct ip_addr a, b, none = {0};
	struct routes_list list;

	assert_int_equal(ip_parse("10.0.0.9", &a), ERR_OK);
	assert_int_equal(ip_parse("10.0.0.8", &b), ERR_OK);
	assert_int_equal(routes_drained(routes, &a, &b, &list), ERR_RANGE);
	assert_int_equal(routes_drained(routes, &none, &none, &list), ERR_RANGE);
	assert_int_equal(ip_parse("2001:db8::", &b), ERR_OK);
	assert_int_equal(routes_drained(routes, &a, &b, &list), ERR_RANGE);
	routes_free(routes);
}

/* ---- against a model ---- */

#define SPACE 64 /* addresses 10.0.0.0 to 10.0.0.63 */

struct model {
	struct routes *routes;
	unsigned routed[SPACE]; /* routes that cover an address */
	bool present[SPACE];    /* in a pool of the configuration */
	bool leased[SPACE];     /* of an older one, not drained */
};

static void
model_count(struct model *model, const struct routes_list *list, int step)
{
	for (size_t i = 0; i < list->len; i++)
		for (unsigned a = 0; a < SPACE; a++) {
			struct ip_addr addr = {4, {10, 0, 0, (uint8_t)a}};

			if (ip_in_prefix(&addr, &list->items[i]))
				model->routed[a] += (unsigned)step;
		}
}

static void
model_check(const struct model *model)
{
	for (unsigned a = 0; a < SPACE; a++)
		if (model->present[a] || model->leased[a])
			assert_true(model->routed[a] > 0);
}

static void
model_reload(struct model *model)
{
	unsigned first = (unsigned)rand() % SPACE;
	unsigned last = first + (unsigned)rand() % (SPACE - first);
	struct routes_list add;
	struct routes *next;
	struct conf *conf;
	char text[256];

	(void)snprintf(text, sizeof(text),
	    "ip-local-pools = ( { name = \"POOL\"; range = \"10.0.0.%u-10.0.0.%u\"; } );\n", first,
	    last);
	conf = conf_with(text);
	next = routes_plan(model->routes, conf, &add);
	assert_non_null(next);
	model_count(model, &add, 1);
	routes_list_fini(&add);
	routes_free(model->routes);
	model->routes = next;
	for (unsigned a = 0; a < SPACE; a++) {
		bool now = a >= first && a <= last;

		model->leased[a] = (model->leased[a] || model->present[a]) && !now;
		model->present[a] = now;
	}
	conf_unref(conf);
}

static void
model_drain(struct model *model, unsigned first, unsigned last)
{
	struct ip_addr a = {4, {10, 0, 0, (uint8_t)first}}, b = {4, {10, 0, 0, (uint8_t)last}};
	struct routes_list list;

	assert_int_equal(routes_drained(model->routes, &a, &b, &list), ERR_OK);
	model_count(model, &list, -1);
	routes_list_fini(&list);
	for (unsigned i = first; i <= last; i++)
		model->leased[i] = false;
}

static void
test_model(UNUSED void **state)
{
	struct model model = {.routes = routes_new()};

	srand(1);
	for (unsigned i = 0; i < 400; i++) {
		unsigned first = (unsigned)rand() % SPACE;

		if (rand() % 2 == 0)
			model_reload(&model);
		else
			model_drain(&model, first, first + (unsigned)rand() % (SPACE - first));
		model_check(&model);
	}
	/* When all is drained, exactly the present pool is routed, each address once. */
	model_drain(&model, 0, SPACE - 1);
	for (unsigned a = 0; a < SPACE; a++)
		assert_int_equal(model.routed[a], model.present[a] ? 1 : 0);
	routes_free(model.routes);
}

/* ---- what needs a restart ---- */

#define LISTEN "listeners = ( { address = \"0.0.0.0\"; } );\n"
#define TUN_REST "ipv4-address = \"192.168.100.254/24\"; ipv6-address = \"fd00:100::1/64\"; };\n"
#define TUN_LINE "tun = { " TUN_REST

static void
test_compare(UNUSED void **state)
{
	static const struct {
		const char *text;
		const char *named; /* NULL: may change */
	} rows[] = {
	    {LISTEN TUN_LINE, NULL},
	    {TUN_LINE LISTEN "limits = { max-sessions = 5; login-timeout = 11; };\n"
			     "logging = { level = \"err\"; syslog = false; };\n",
		NULL},
	    {LISTEN TUN_LINE "workers = 0;\nstate-directory = \"/var/lib/sekisho\";\n", NULL},
	    {LISTEN TUN_LINE "workers = 3;\n", "gateway.conf:3: workers: "},
	    {LISTEN "tun = { mtu = 1300; " TUN_REST, "tun.mtu: "},
	    {LISTEN "tun = { name = \"x0\"; " TUN_REST, "tun.name: "},
	    {LISTEN "tun = { pool-routes = false; " TUN_REST, "tun.pool-routes: "},
	    {LISTEN "tun = { ipv4-address = \"192.168.100.254/24\"; };\n", "tun.ipv6-address: "},
	    {"listeners = ( { address = \"0.0.0.0\"; port = 444; } );\n" TUN_LINE, "port: "},
	    {"listeners = ( { address = \"0.0.0.0\"; dtls-port = 0; } );\n" TUN_LINE,
		"dtls-port: "},
	    {"listeners = ( { address = \"127.0.0.1\"; } );\n" TUN_LINE, "address: "},
	    {"listeners = ( { address = \"0.0.0.0\"; }, { address = \"::\"; } );\n" TUN_LINE,
		"gateway.conf:1: listeners: "},
	    {LISTEN TUN_LINE "users = { auth = \"#7\"; };\n", "users.auth: "},
	    {LISTEN TUN_LINE "control-socket = { path = \"/x\"; };\n", "control-socket.path: "},
	    {LISTEN TUN_LINE "control-socket = { group = \"#7\"; };\n", "control-socket.group: "},
	    {LISTEN TUN_LINE "state-directory = \"/x\";\n", "state-directory: "},
	    {LISTEN TUN_LINE "chroot-directory = \"/x\";\n", "chroot-directory: "},
	    {LISTEN TUN_LINE "disable-offload = [ \"uso\" ];\n", "disable-offload: "},
	};
	struct conf *now = help_load_fine(NULL, NULL);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct conf *next = help_load_fine("gateway.conf", rows[i].text);
		struct conf_errors errors;
		bool same;

		conf_errors_init(&errors);
		same = reload_compare(now, next, &errors);
		assert_int_equal(same, rows[i].named == NULL);
		assert_int_equal(errors.count, rows[i].named == NULL ? 0 : 1);
		if (rows[i].named != NULL && strstr(buf_cstr(&errors.text), rows[i].named) == NULL)
			fail_msg("expected \"%s\", got %s", rows[i].named, buf_cstr(&errors.text));
		conf_errors_fini(&errors);
		conf_unref(next);
	}
	conf_unref(now);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cover),
	    cmocka_unit_test(test_moved_pool),
	    cmocka_unit_test(test_pool_returns),
	    cmocka_unit_test(test_overlapping_generations),
	    cmocka_unit_test(test_framed),
	    cmocka_unit_test(test_no_pool_routes),
	    cmocka_unit_test(test_retired),
	    cmocka_unit_test(test_not_a_range),
	    cmocka_unit_test(test_model),
	    cmocka_unit_test(test_compare),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
