/* SPDX-License-Identifier: Apache-2.0 */
/* INV-5: an address is never leased twice and always comes back; against a model, and pools to the
 * last address. */
#include "tests/unit/auth_help.h"

static const char *const pool_name[] = {"POOL"};
static const char *const small_name[] = {"SMALL"};
static const char *const pool6_name[] = {"POOL6"};
static const char *const both_names[] = {"SMALL", "POOL"};

static void
use(struct pool_set *set, const struct conf *conf)
{
	struct pool_layout *layout = pool_layout_new(conf);

	assert_non_null(layout);
	pool_set_use(set, layout);
}

static struct pool_set *
make(struct conf **conf)
{
	*conf = world_conf(NULL, 0);
	struct pool_set *set = pool_set_new(NULL, NULL);
	assert_non_null(set);
	use(set, *conf);
	return set;
}

static void
expect_addr(const struct lease *lease, const char *text)
{
	char have[IP_STR_MAX];

	assert_string_equal(ip_str(&lease->addr, have), text);
}

static void
test_exhaust(void **state)
{
	struct conf *conf;
	struct pool_set *set = make(&conf);
	static struct lease leases[200];
	struct lease extra;
	struct pool_counts counts;

	(void)state;
	for (int i = 0; i < 200; i++) {
		assert_int_equal(pool_lease(set, 4, pool_name, 1, &leases[i]), ERR_OK);
		assert_int_equal(leases[i].addr.bytes[3], i + 1);
		assert_int_equal(leases[i].prefix_len, 24);
		assert_string_equal(leases[i].pool, "POOL");
	}
	assert_int_equal(pool_lease(set, 4, pool_name, 1, &extra), ERR_FULL);
	pool_count(set, 0, &counts);
	assert_int_equal(counts.size, 200);
	assert_int_equal(counts.leased, 200);
	/* The one that rested longest comes first. */
	pool_release(set, &leases[50]);
	assert_int_equal(leases[50].addr.family, 0);
	pool_release(set, &leases[10]);
	assert_int_equal(pool_lease(set, 4, pool_name, 1, &extra), ERR_OK);
	expect_addr(&extra, "192.168.100.51");
	assert_int_equal(pool_lease(set, 4, pool_name, 1, &extra), ERR_OK);
	expect_addr(&extra, "192.168.100.11");
	assert_int_equal(pool_lease(set, 4, pool_name, 1, &extra), ERR_FULL);
	pool_set_free(set);
	conf_unref(conf);
}

static void
test_order(void **state)
{
	struct conf *conf;
	struct pool_set *set = make(&conf);
	struct lease a, b, c;

	(void)state;
	assert_int_equal(pool_lease(set, 4, both_names, 2, &a), ERR_OK);
	assert_int_equal(pool_lease(set, 4, both_names, 2, &b), ERR_OK);
	assert_int_equal(pool_lease(set, 4, both_names, 2, &c), ERR_OK);
	expect_addr(&a, "10.9.0.1");
	expect_addr(&b, "10.9.0.2");
	expect_addr(&c, "192.168.100.1");
	/* A released address is not the next one while others never were used. */
	pool_release(set, &c);
	assert_int_equal(pool_lease(set, 4, both_names, 2, &c), ERR_OK);
	expect_addr(&c, "192.168.100.2");
	/* Unknown names, another family, no names. */
	assert_int_equal(pool_lease(set, 6, small_name, 1, &a), ERR_FULL);
	assert_int_equal(pool_lease(set, 4, NULL, 0, &a), ERR_FULL);
	assert_int_equal(pool_lease(set, 6, pool6_name, 1, &a), ERR_OK);
	expect_addr(&a, "fd00:100::10");
	assert_int_equal(a.prefix_len, 64);
	pool_set_free(set);
	conf_unref(conf);
}

static enum err
exact(struct pool_set *set, const char *addr, struct lease *lease)
{
	memset(lease, 0, sizeof(*lease));
	lease->prefix_len = 20;
	assert_int_equal(ip_parse(addr, &lease->addr), ERR_OK);
	return pool_lease_exact(set, lease);
}

static void
test_exact(void **state)
{
	static const struct {
		const char *addr;
		enum err err;
		bool covered;
	} cases[] = {
	    {"192.168.100.5", ERR_OK, true},
	    {"192.168.100.5", ERR_EXISTS, true},
	    {"192.168.100.201", ERR_OK, false},
	    {"192.168.100.201", ERR_EXISTS, false},
	    {"192.168.100.0", ERR_OK, false},
	    {"10.9.0.2", ERR_OK, true},
	    {"10.9.0.3", ERR_OK, false},
	    {"fd00:100::73", ERR_OK, true},
	    {"fd00:100::74", ERR_OK, false},
	    {"fd00:100::f", ERR_OK, false},
	};
	struct conf *conf;
	struct pool_set *set = make(&conf);
	struct lease lease;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		enum err err = exact(set, cases[i].addr, &lease);

		if (err != cases[i].err)
			fail_msg("FAIL: exactly %s, expected %s, got %s", cases[i].addr,
			    err_str(cases[i].err), err_str(err));
		assert_int_equal(lease.prefix_len, 20);
		assert_int_equal(pool_covers(set, &lease.addr), cases[i].covered);
	}
	/* They are skipped when their turn comes. */
	for (int last = 1; last < 8; last++) {
		if (last == 5)
			continue;
		assert_int_equal(pool_lease(set, 4, pool_name, 1, &lease), ERR_OK);
		assert_int_equal(lease.addr.bytes[3], last);
	}
	/* One that waits in the queue. */
	pool_release(set, &lease);
	assert_int_equal(exact(set, "192.168.100.7", &lease), ERR_OK);
	pool_release(set, &lease);
	assert_int_equal(exact(set, "192.168.100.201", &lease), ERR_EXISTS);
	pool_release(set, &lease);
	assert_int_equal(exact(set, "192.168.100.201", &lease), ERR_OK);
	pool_set_free(set);
	conf_unref(conf);
}

/* ---- configurations that differ ---- */

#define POLICIES                                                                                   \
	"group-policies = ( { name = \"Staff\"; }, { name = \"Partners\"; }, { name = "            \
	"\"Nobody\"; "                                                                             \
	"}, { name = \"Locked\"; }, { name = \"Noclient\"; } );\n"
#define USERS_PLAIN "usernames = ( { name = \"alice\"; password = \"" HELP_HASH "\"; } );\n"

static struct conf *
conf_of(const char *pools, const char *users)
{
	static char text[4096];
	const struct world_file files[] = {
	    {"tunnel-groups.conf", "tunnel-groups = ( { name = \"Staff\"; } );\n"},
	    {"group-policies.conf", text},
	    {"users.conf", users},
	};

	snprintf(text, sizeof(text), POLICIES "%s", pools);
	return world_conf(files, ARRAY_LEN(files));
}

static struct {
	char text[8][2 * IP_STR_MAX + 2];
	size_t len;
} drained;

static void
on_drained(const struct ip_addr *first, const struct ip_addr *last, void *arg)
{
	char a[IP_STR_MAX], b[IP_STR_MAX];

	(void)arg;
	assert_true(drained.len < ARRAY_LEN(drained.text));
	snprintf(drained.text[drained.len++], sizeof(drained.text[0]), "%s-%s", ip_str(first, a),
	    ip_str(last, b));
}

static const char *const a_name[] = {"A"};
static const char *const b_name[] = {"B"};

static void
test_reload(void **state)
{
	struct conf *both =
	    conf_of("ip-local-pools = ( { name = \"A\"; range = \"10.0.0.1-10.0.0.4\"; },"
		    " { name = \"B\"; range = \"10.0.1.1-10.0.1.4\"; } );\n",
		USERS_PLAIN);
	struct conf *shrunk =
	    conf_of("ip-local-pools = ( { name = \"A\"; range = \"10.0.0.1-10.0.0.2\"; } );\n",
		USERS_PLAIN);
	/* The same addresses under other names, and a piece of them. */
	struct conf *renamed =
	    conf_of("ip-local-pools = ( { name = \"B\"; range = \"10.0.0.1-10.0.0.4\"; },"
		    " { name = \"C\"; range = \"10.0.1.2-10.0.1.9\"; } );\n",
		USERS_PLAIN);
	struct pool_set *set = pool_set_new(on_drained, NULL);
	struct lease a[3], b[2], lease;
	struct pool_counts counts;

	(void)state;
	drained.len = 0;
	use(set, both);
	for (int i = 0; i < 3; i++)
		assert_int_equal(pool_lease(set, 4, a_name, 1, &a[i]), ERR_OK);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pool_lease(set, 4, b_name, 1, &b[i]), ERR_OK);
	/* Nothing changes. */
	use(set, both);
	assert_int_equal(drained.len, 0);
	pool_count(set, 0, &counts);
	assert_int_equal(counts.leased, 3);
	/* A: .3 is leased outside of the new pool; B is gone. */
	use(set, shrunk);
	assert_int_equal(drained.len, 0);
	assert_int_equal(pool_set_len(set), 1);
	pool_count(set, 0, &counts);
	assert_int_equal(counts.leased, 2);
	assert_int_equal(pool_lease(set, 4, a_name, 1, &lease), ERR_FULL);
	assert_int_equal(pool_lease(set, 4, b_name, 1, &lease), ERR_FULL);
	assert_true(pool_covers(set, &a[2].addr));
	pool_release(set, &a[2]);
	assert_int_equal(drained.len, 1);
	assert_string_equal(drained.text[0], "10.0.0.1-10.0.0.4");
	pool_release(set, &b[0]);
	assert_int_equal(drained.len, 1);
	/* What is not all gone comes back: not drained, and the lease is still one. */
	use(set, both);
	pool_release(set, &b[1]);
	assert_int_equal(drained.len, 2);
	assert_string_equal(drained.text[1], "10.0.0.1-10.0.0.2");
	/* Leases move to the pool that has their address now. */
	use(set, renamed);
	assert_int_equal(drained.len, 3);
	assert_string_equal(drained.text[2], "10.0.1.1-10.0.1.4");
	pool_count(set, 0, &counts);
	assert_int_equal(counts.leased, 2);
	assert_int_equal(pool_lease(set, 4, b_name, 1, &lease), ERR_OK);
	expect_addr(&lease, "10.0.0.3");
	assert_int_equal(pool_lease(set, 4, b_name, 1, &lease), ERR_OK);
	expect_addr(&lease, "10.0.0.4");
	/* Whose turn it is stays as well. */
	pool_release(set, &a[1]);
	pool_release(set, &lease);
	pool_release(set, &a[0]);
	use(set, both);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(pool_lease(set, 4, a_name, 1, &lease), ERR_OK);
		assert_int_equal(lease.addr.bytes[3], i == 0 ? 2 : i == 1 ? 4 : 1);
	}
	pool_set_free(set);
	conf_unref(both);
	conf_unref(shrunk);
	conf_unref(renamed);
}

/* Pools that an earlier process knew to be draining. */
static void
test_add_drain(void **state)
{
	struct ip_addr first = {.family = 4, .bytes = {10, 8, 0, 1}};
	struct ip_addr last = {.family = 4, .bytes = {10, 8, 0, 9}};
	struct ip_addr other = {.family = 4, .bytes = {10, 8, 1, 1}};
	struct conf *conf;
	struct pool_set *set = pool_set_new(on_drained, NULL);
	struct lease lease;

	(void)state;
	conf = world_conf(NULL, 0);
	use(set, conf);
	drained.len = 0;
	assert_int_equal(pool_set_add_drain(set, &first, &last), ERR_OK);
	assert_int_equal(pool_set_add_drain(set, &other, &other), ERR_OK);
	assert_int_equal(exact(set, "10.8.0.9", &lease), ERR_OK);
	assert_int_equal(drained.len, 0);
	pool_set_drain(set);
	assert_int_equal(drained.len, 1);
	assert_string_equal(drained.text[0], "10.8.1.1-10.8.1.1");
	pool_release(set, &lease);
	assert_int_equal(drained.len, 2);
	/* One that is in force drains not. */
	assert_int_equal(ip_parse("10.9.0.1", &first), ERR_OK);
	assert_int_equal(ip_parse("10.9.0.2", &last), ERR_OK);
	assert_int_equal(pool_set_add_drain(set, &first, &last), ERR_OK);
	pool_set_drain(set);
	assert_int_equal(drained.len, 2);
	pool_set_free(set);
	conf_unref(conf);
}

static void
test_reuse_delay(void **state)
{
	static const char pools[] =
	    "ip-local-pools = ( { name = \"A\"; range = \"10.0.0.1-10.0.0.2\"; } );\n";
	char delayed[256];
	struct pool_set *set = pool_set_new(NULL, NULL);
	struct lease a, b, lease;

	(void)state;
	snprintf(delayed, sizeof(delayed), "%svpn-addr-assign-local-reuse-delay = 5;\n", pools);
	struct conf *slow = conf_of(delayed, USERS_PLAIN), *fast = conf_of(pools, USERS_PLAIN);
	world_clock_start();
	use(set, slow);
	assert_int_equal(pool_lease(set, 4, a_name, 1, &a), ERR_OK);
	assert_int_equal(pool_lease(set, 4, a_name, 1, &b), ERR_OK);
	pool_release(set, &a);
	world_pass(60);
	pool_release(set, &b);
	world_pass(239);
	assert_int_equal(pool_lease(set, 4, a_name, 1, &lease), ERR_FULL);
	/* A reload does not shorten it. */
	use(set, slow);
	assert_int_equal(pool_lease(set, 4, a_name, 1, &lease), ERR_FULL);
	world_pass(1);
	assert_int_equal(pool_lease(set, 4, a_name, 1, &lease), ERR_OK);
	expect_addr(&lease, "10.0.0.1");
	assert_int_equal(pool_lease(set, 4, a_name, 1, &a), ERR_FULL);
	/* Its owner may have it at once. */
	assert_int_equal(exact(set, "10.0.0.2", &b), ERR_OK);
	assert_int_equal(exact(set, "10.0.0.2", &a), ERR_EXISTS);
	pool_release(set, &b);
	pool_release(set, &b);
	assert_int_equal(pool_lease(set, 4, a_name, 1, &a), ERR_FULL);
	/* Without a delay, none rests any more. */
	use(set, fast);
	assert_int_equal(pool_lease(set, 4, a_name, 1, &a), ERR_OK);
	expect_addr(&a, "10.0.0.2");
	pool_set_free(set);
	conf_unref(slow);
	conf_unref(fast);
	clock_set_source(NULL, NULL);
}

#define USERS_FRAMED                                                                               \
	"usernames = ( { name = \"alice\"; password = \"" HELP_HASH "\"; attributes = {"           \
	" vpn-framed-ip-address = \"10.0.0.1 255.255.255.0\"; }; },\n"                             \
	" { name = \"bob\"; password = \"" HELP_HASH "\"; attributes = {"                          \
	" vpn-framed-ip-address = \"10.5.0.1 255.255.255.0\";"                                     \
	" vpn-framed-ipv6-address = \"fd00:7::1/64\"; }; } );\n"

/* An address that is somebody's own is nobody else's. */
static void
test_framed(void **state)
{
	static const char pools[] =
	    "ip-local-pools = ( { name = \"A\"; range = \"10.0.0.1-10.0.0.2\"; } );\n"
	    "ipv6-local-pools = ( { name = \"A\"; prefix = \"fd00:7::1/64\"; size = 2; } );\n";
	struct conf *framed = conf_of(pools, USERS_FRAMED), *plain = conf_of(pools, USERS_PLAIN);
	struct pool_set *set = pool_set_new(NULL, NULL);
	struct lease own, lease;

	(void)state;
	use(set, framed);
	assert_int_equal(pool_lease(set, 4, a_name, 1, &lease), ERR_OK);
	expect_addr(&lease, "10.0.0.2");
	assert_int_equal(pool_lease(set, 4, a_name, 1, &lease), ERR_FULL);
	assert_int_equal(pool_lease(set, 6, a_name, 1, &lease), ERR_OK);
	expect_addr(&lease, "fd00:7::2");
	assert_int_equal(pool_lease(set, 6, a_name, 1, &lease), ERR_FULL);
	assert_int_equal(exact(set, "10.0.0.1", &own), ERR_OK);
	pool_release(set, &own);
	assert_int_equal(pool_lease(set, 4, a_name, 1, &lease), ERR_FULL);
	assert_int_equal(exact(set, "10.5.0.1", &own), ERR_OK);
	/* Nobody's own any more, while leased. */
	assert_int_equal(exact(set, "10.0.0.1", &own), ERR_OK);
	use(set, plain);
	assert_int_equal(pool_lease(set, 4, a_name, 1, &lease), ERR_FULL);
	pool_release(set, &own);
	assert_int_equal(pool_lease(set, 4, a_name, 1, &lease), ERR_OK);
	expect_addr(&lease, "10.0.0.1");
	/* Somebody's own now, while another has it. */
	use(set, framed);
	assert_int_equal(exact(set, "10.0.0.1", &own), ERR_EXISTS);
	pool_release(set, &lease);
	assert_int_equal(pool_lease(set, 4, a_name, 1, &lease), ERR_FULL);
	assert_int_equal(exact(set, "10.0.0.1", &own), ERR_OK);
	pool_set_free(set);
	conf_unref(framed);
	conf_unref(plain);
}

/* ---- against models ---- */

/* What of two pools is leased, by last byte. */
struct model {
	bool leased[256];
	struct lease leases[256];
	unsigned count;
};

static uint32_t
next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static void
model_lease(struct model *model, struct pool_set *set)
{
	struct lease lease;
	enum err err = pool_lease(set, 4, pool_name, 1, &lease);

	if (model->count == 200) {
		assert_int_equal(err, ERR_FULL);
		return;
	}
	assert_int_equal(err, ERR_OK);
	uint8_t n = lease.addr.bytes[3];
	if (model->leased[n])
		fail_msg("FAIL: .%u was leased twice", n);
	assert_true(n >= 1 && n <= 200);
	model->leased[n] = true;
	model->leases[n] = lease;
	model->count++;
}

static void
model_restore(struct model *model, struct pool_set *set, uint8_t n)
{
	struct lease lease = {.addr = {.family = 4, .bytes = {192, 168, 100, n}}};
	enum err err;

	if (n < 1 || n > 200)
		return;
	err = pool_lease_exact(set, &lease);
	assert_int_equal(err, model->leased[n] ? ERR_EXISTS : ERR_OK);
	if (err != ERR_OK)
		return;
	model->leased[n] = true;
	model->leases[n] = lease;
	model->count++;
}

static void
model_release(struct model *model, struct pool_set *set, uint8_t n)
{
	if (!model->leased[n])
		return;
	pool_release(set, &model->leases[n]);
	pool_release(set, &model->leases[n]); /* twice is harmless */
	model->leased[n] = false;
	model->count--;
}

static void
test_model(void **state)
{
	static struct model model;
	struct conf *conf;
	struct pool_set *set = make(&conf);
	struct pool_counts counts;
	uint32_t seed = 42;

	(void)state;
	for (int step = 0; step < 50000; step++) {
		uint32_t r = next_random(&seed);
		/* Phases that fill and phases that empty. */
		bool fill = (step / 2000) % 2 == 0;

		if (r % 16 == 0)
			model_restore(&model, set, (uint8_t)(r >> 8));
		else if ((r % 4 == 1) == fill)
			model_release(&model, set, (uint8_t)(r >> 8));
		else
			model_lease(&model, set);
		pool_count(set, 0, &counts);
		assert_int_equal(counts.leased, model.count);
	}
	pool_set_free(set);
	conf_unref(conf);
}

/*
 * The same over reloads: pools that come, go, grow, shrink and change their names, reuse delays,
 * framed addresses. Addresses are 10.0.0.n; the model knows of each what it may be.
 */
#define SPAN 64
#define LAYOUTS 6

struct range {
	const char *name;
	uint8_t first, last;
};

static const struct {
	struct range pools[3];
	unsigned delay; /* minutes */
	uint8_t framed[2];
} layouts[LAYOUTS] = {
    {{{"A", 1, 10}, {"B", 20, 29}}, 0, {0}},
    {{{"A", 1, 5}, {"B", 20, 40}}, 2, {3, 25}},
    {{{"B", 1, 10}, {"A", 20, 29}}, 2, {3}},
    {{{"A", 4, 33}}, 0, {5, 50}},
    {{{"A", 1, 10}}, 1, {0}},
    {{{"A", 1, 3}, {"B", 6, 9}, {"C", 15, 50}}, 0, {6, 60}},
};

static struct {
	struct conf *confs[LAYOUTS];
	unsigned now; /* layout in force */
	bool leased[SPAN];
	struct lease leases[SPAN];
	uint64_t freed_ms[SPAN];  /* 0: does not rest */
	bool removed[SPAN][SPAN]; /* ranges first, last that drain */
	unsigned reports;
} m;

static struct conf *
layout_conf(unsigned n)
{
	static char pools[1024], users[2048];
	size_t len = 0;

	len = (size_t)snprintf(pools, sizeof(pools), "ip-local-pools = (");
	for (size_t i = 0; i < 3 && layouts[n].pools[i].name != NULL; i++)
		len += (size_t)snprintf(pools + len, sizeof(pools) - len,
		    "%s { name = \"%s\"; range = \"10.0.0.%u-10.0.0.%u\"; }", i > 0 ? "," : "",
		    layouts[n].pools[i].name, layouts[n].pools[i].first, layouts[n].pools[i].last);
	snprintf(pools + len, sizeof(pools) - len, " );\nvpn-addr-assign-local-reuse-delay = %u;\n",
	    layouts[n].delay);
	len = (size_t)snprintf(users, sizeof(users), "usernames = ( { name = \"nobody\"; }");
	for (size_t i = 0; i < 2 && layouts[n].framed[i] != 0; i++)
		len += (size_t)snprintf(users + len, sizeof(users) - len,
		    ", { name = \"u%zu\"; attributes = { vpn-framed-ip-address = \"10.0.0.%u "
		    "255.255.255.0\"; }; }",
		    i, layouts[n].framed[i]);
	snprintf(users + len, sizeof(users) - len, " );\n");
	return conf_of(pools, users);
}

static const struct range *
layout_pool(unsigned layout, uint8_t n)
{
	for (size_t i = 0; i < 3 && layouts[layout].pools[i].name != NULL; i++)
		if (n >= layouts[layout].pools[i].first && n <= layouts[layout].pools[i].last)
			return &layouts[layout].pools[i];
	return NULL;
}

static bool
layout_framed(unsigned layout, uint8_t n)
{
	return n != 0 && (layouts[layout].framed[0] == n || layouts[layout].framed[1] == n);
}

static bool
is_resting(uint8_t n)
{
	return m.freed_ms[n] != 0 &&
	       clock_mono_ms() - m.freed_ms[n] < layouts[m.now].delay * UINT64_C(60000);
}

static bool
may_lease(uint8_t n)
{
	return !m.leased[n] && !layout_framed(m.now, n) && !is_resting(n);
}

/* Nothing is leased in the range that the pools do not cover. */
static bool
is_drained(uint8_t first, uint8_t last)
{
	for (unsigned n = first; n <= last; n++)
		if (m.leased[n] && layout_pool(m.now, (uint8_t)n) == NULL &&
		    !layout_framed(m.now, (uint8_t)n))
			return false;
	return true;
}

static void
on_model_drained(const struct ip_addr *first, const struct ip_addr *last, void *arg)
{
	uint8_t a = first->bytes[3], b = last->bytes[3];

	(void)arg;
	if (!m.removed[a][b])
		fail_msg(
		    "FAIL: %u-%u was reported, and is not removed or was reported before", a, b);
	assert_true(is_drained(a, b));
	m.removed[a][b] = false;
	m.reports++;
}

/* Whatever is drained must have been reported by now. */
static void
expect_reported(void)
{
	for (unsigned a = 0; a < SPAN; a++)
		for (unsigned b = a; b < SPAN; b++)
			if (m.removed[a][b] && is_drained((uint8_t)a, (uint8_t)b))
				fail_msg("FAIL: %u-%u is drained, expected a report", a, b);
}

static void
step_lease(struct pool_set *set, uint32_t r)
{
	static const char *const names[] = {"A", "B", "C"};
	const char *asked[] = {names[r % 3], names[(r >> 4) % 3]};
	struct lease lease;

	/* A rest that is over under one delay does not begin again under a longer one. */
	for (unsigned i = 0; i < SPAN; i++)
		if (!is_resting((uint8_t)i))
			m.freed_ms[i] = 0;
	enum err err = pool_lease(set, 4, asked, 2, &lease);
	uint8_t n;

	if (err == ERR_FULL) {
		for (unsigned i = 1; i < SPAN; i++) {
			const struct range *pool = layout_pool(m.now, (uint8_t)i);

			if (pool != NULL && may_lease((uint8_t)i) &&
			    (strcmp(pool->name, asked[0]) == 0 ||
				strcmp(pool->name, asked[1]) == 0))
				fail_msg("FAIL: full, expected .%u of %s", i, pool->name);
		}
		return;
	}
	assert_int_equal(err, ERR_OK);
	n = lease.addr.bytes[3];
	if (n >= SPAN || !may_lease(n))
		fail_msg("FAIL: .%u was given out, and is leased, framed or resting", n);
	assert_non_null(layout_pool(m.now, n));
	assert_string_equal(layout_pool(m.now, n)->name, lease.pool);
	m.leased[n] = true;
	m.leases[n] = lease;
	m.freed_ms[n] = 0;
}

static void
step_exact(struct pool_set *set, uint8_t n)
{
	struct lease lease = {.addr = {.family = 4, .bytes = {10, 0, 0, n}}, .prefix_len = 24};

	assert_int_equal(pool_lease_exact(set, &lease), m.leased[n] ? ERR_EXISTS : ERR_OK);
	if (m.leased[n])
		return;
	m.leased[n] = true;
	m.leases[n] = lease;
	m.freed_ms[n] = 0;
}

static void
step_release(struct pool_set *set, uint8_t n)
{
	if (!m.leased[n])
		return;
	/* As the reports come from within. */
	m.leased[n] = false;
	m.freed_ms[n] = layouts[m.now].delay != 0 && !layout_framed(m.now, n) ? clock_mono_ms() : 0;
	pool_release(set, &m.leases[n]);
	expect_reported();
}

static void
step_reload(struct pool_set *set, unsigned next)
{
	unsigned before = m.now;

	for (size_t i = 0; i < 2; i++) {
		uint8_t n = layouts[before].framed[i];

		if (n != 0 && layout_pool(before, n) == NULL)
			m.removed[n][n] = true;
	}
	for (size_t i = 0; i < 3 && layouts[before].pools[i].name != NULL; i++)
		m.removed[layouts[before].pools[i].first][layouts[before].pools[i].last] = true;
	for (size_t i = 0; i < 3 && layouts[next].pools[i].name != NULL; i++)
		m.removed[layouts[next].pools[i].first][layouts[next].pools[i].last] = false;
	for (unsigned n = 1; n < SPAN; n++)
		if (layout_framed(next, (uint8_t)n) || layout_pool(next, (uint8_t)n) != NULL)
			m.removed[n][n] = false;
	m.now = next;
	use(set, m.confs[next]);
	expect_reported();
}

static void
expect_counts(struct pool_set *set)
{
	for (size_t i = 0; i < pool_set_len(set); i++) {
		const struct range *range = &layouts[m.now].pools[i];
		struct pool_counts counts;
		uint32_t leased = 0;

		pool_count(set, i, &counts);
		assert_string_equal(counts.name, range->name);
		for (unsigned n = range->first; n <= range->last; n++)
			leased += m.leased[n];
		assert_int_equal(counts.leased, leased);
	}
}

static void
test_model_reloads(void **state)
{
	struct pool_set *set = pool_set_new(on_model_drained, NULL);
	uint32_t seed = 7;

	(void)state;
	world_clock_start();
	memset(&m, 0, sizeof(m));
	for (unsigned i = 0; i < LAYOUTS; i++)
		m.confs[i] = layout_conf(i);
	use(set, m.confs[0]);
	for (unsigned step = 0; step < 60000; step++) {
		uint32_t r = next_random(&seed), what = r % 100;
		bool fill = (step / 500) % 2 == 0;

		if (what < 2)
			step_reload(set, (r >> 8) % LAYOUTS);
		else if (what < 8)
			step_exact(set, (uint8_t)((r >> 8) % (SPAN - 1) + 1));
		else if (what < 12)
			world_pass((r >> 8) % 40);
		else if ((what < 40) == fill)
			step_release(set, (uint8_t)((r >> 8) % SPAN));
		else
			step_lease(set, r >> 8);
		expect_counts(set);
	}
	for (unsigned n = 0; n < SPAN; n++)
		step_release(set, (uint8_t)n);
	/* Both kinds of end were there: at once, and later. */
	assert_true(m.reports > 500);
	pool_set_free(set);
	for (unsigned i = 0; i < LAYOUTS; i++)
		conf_unref(m.confs[i]);
	clock_set_source(NULL, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_exhaust),
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_exact),
	    cmocka_unit_test(test_reload),
	    cmocka_unit_test(test_add_drain),
	    cmocka_unit_test(test_reuse_delay),
	    cmocka_unit_test(test_framed),
	    cmocka_unit_test(test_model),
	    cmocka_unit_test(test_model_reloads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
