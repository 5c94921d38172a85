/* SPDX-License-Identifier: Apache-2.0 */
/* auth/threat.c and auth/shun.c: who is shunned when and for how long, what a restart keeps, what
 * exceptions are, and how sprayers are slowed down. */
#include "tests/unit/auth_help.h"

#include <fcntl.h>

#include "auth/threat.h"
#include "common/log.h"

#define BASE                                                                                       \
	"listeners = ( { address = \"0.0.0.0\"; } );\ntun = { ipv4-address = "                     \
	"\"192.168.100.254/24\"; };\n"
#define MINUTE 60

static time_t now;
static char dir[64];

static time_t
fake_sec(void)
{
	return now;
}

static uint64_t
fake_ms(void)
{
	return (uint64_t)now * 1000;
}

static struct conf *
make_conf(const char *threats)
{
	char text[1024];
	const struct world_file files[] = {{"gateway.conf", text}};

	snprintf(text, sizeof(text), BASE "threat-detection = { %s };\n", threats);
	return world_conf(files, 1);
}

static struct shun *
open_dir(void)
{
	struct shun *shun = shun_new(open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC));

	assert_non_null(shun);
	return shun;
}

static int
setup(void **state)
{
	(void)state;
	now = 1700000000;
	clock_set_source(fake_ms, fake_sec);
	snprintf(dir, sizeof(dir), "/tmp/test_threat.XXXXXX");
	return mkdtemp(dir) != NULL ? 0 : -1;
}

static int
teardown(void **state)
{
	char command[128];

	(void)state;
	clock_set_source(NULL, NULL);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command); /* NOLINT(cert-env33-c): a directory of our own */
}

static struct ip_addr
addr_of(const char *text)
{
	struct ip_addr addr;

	assert_int_equal(ip_parse(text, &addr), ERR_OK);
	return addr;
}

/* What the workers were told: "+192.0.2.1/32 -192.0.2.1/32 ". */
static char told[1024];

static void
on_change(const struct ip_prefix *prefix, bool shunned, void *arg)
{
	size_t used = strlen(told);
	char text[IP_STR_MAX];

	(void)arg;
	snprintf(told + used, sizeof(told) - used, "%c%s ", shunned ? '+' : '-',
	    ip_prefix_str(prefix, text));
}

struct bed {
	struct conf *conf;
	struct shun *shun;
	struct threat *threat;
};

static struct bed
bed_new(const char *threats)
{
	struct bed bed = {.conf = make_conf(threats), .shun = open_dir()};

	bed.threat = threat_new(bed.shun);
	assert_non_null(bed.threat);
	told[0] = '\0';
	shun_watch(bed.shun, on_change, NULL);
	return bed;
}

static void
bed_free(struct bed *bed)
{
	threat_free(bed->threat);
	shun_free(bed->shun);
	conf_unref(bed->conf);
}

static bool
is_shunned(const struct bed *bed, const char *text)
{
	struct ip_addr addr = addr_of(text);

	return threat_is_shunned(bed->threat, &addr);
}

static void
fail_as(const struct bed *bed, const char *from, const char *user, const char *password)
{
	struct ip_addr addr = addr_of(from);

	threat_fail(bed->threat, bed->conf, &addr, user,
	    threat_mark(bed->threat, password, strlen(password)));
}

static void
fail_times(const struct bed *bed, const char *from, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		fail_as(bed, from, "alice", "x");
}

static void
begin(const struct bed *bed, const char *from, const char *url, const char *select)
{
	struct ip_addr addr = addr_of(from);

	const struct threat_wish wish = {.url = url, .path = "/", .select = select};

	threat_wish(bed->threat, bed->conf, &addr, &wish);
	threat_begin(bed->threat, bed->conf, &addr);
}

/* Nothing is counted without a word of the configuration. */
static void
test_off(void **state)
{
	struct bed bed = bed_new("");

	(void)state;
	fail_times(&bed, "192.0.2.1", 1000);
	for (int i = 0; i < 1000; i++)
		begin(&bed, "192.0.2.1", "", "DefaultWEBVPNGroup");
	assert_false(is_shunned(&bed, "192.0.2.1"));
	assert_string_equal(told, "");
	bed_free(&bed);
}

static void
test_failures(void **state)
{
	struct bed bed =
	    bed_new("remote-access-authentication = { hold-down = 10; threshold = 3; };"
		    "prefix-factor = 0;");
	struct ip_addr addr = addr_of("192.0.2.1");

	(void)state;
	fail_times(&bed, "192.0.2.1", 2);
	fail_times(&bed, "192.0.2.2", 1);
	assert_false(is_shunned(&bed, "192.0.2.1"));
	/* A login that ends well, and a pause, begin the count anew. */
	threat_pass(bed.threat, &addr);
	fail_times(&bed, "192.0.2.1", 2);
	now += 10 * MINUTE + 1;
	fail_times(&bed, "192.0.2.1", 2);
	assert_false(is_shunned(&bed, "192.0.2.1"));
	now += 10 * MINUTE;
	fail_times(&bed, "192.0.2.1", 1);
	assert_true(is_shunned(&bed, "192.0.2.1"));
	assert_false(is_shunned(&bed, "192.0.2.2"));
	assert_string_equal(told, "+192.0.2.1/32 ");
	/* An IPv6 address is its /64. */
	fail_times(&bed, "2001:db8::1", 2);
	fail_times(&bed, "2001:db8::ffff:2", 1);
	assert_true(is_shunned(&bed, "2001:db8::3"));
	assert_false(is_shunned(&bed, "2001:db8:0:1::3"));
	bed_free(&bed);
}

/* The first is an hour, the second two, up to a day; the count goes on after a quiet day anew. */
static void
test_end(void **state)
{
	static const unsigned hours[] = {1, 2, 4, 8, 16, 24, 24};
	struct bed bed = bed_new("remote-access-authentication = { threshold = 2; };"
				 "prefix-factor = 0;");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(hours); i++) {
		fail_times(&bed, "192.0.2.1", 2);
		now += (time_t)hours[i] * 60 * MINUTE - 1;
		shun_tick(bed.shun);
		assert_true(is_shunned(&bed, "192.0.2.1"));
		now++;
		shun_tick(bed.shun);
		assert_false(is_shunned(&bed, "192.0.2.1"));
		fail_times(&bed, "192.0.2.1", 1);
		assert_false(is_shunned(&bed, "192.0.2.1"));
		now += 11 * MINUTE;
	}
	now += SHUN_MEMORY_SEC + 1;
	shun_tick(bed.shun);
	fail_times(&bed, "192.0.2.1", 2);
	now += 60 * MINUTE;
	shun_tick(bed.shun);
	assert_false(is_shunned(&bed, "192.0.2.1"));
	bed_free(&bed);
}

static void
test_network(void **state)
{
	struct bed bed =
	    bed_new("remote-access-authentication = { threshold = 5; }; prefix-factor = 4;");
	char from[32];

	(void)state;
	for (int i = 1; i <= 19; i++) {
		snprintf(from, sizeof(from), "192.0.2.%d", i);
		fail_times(&bed, from, 1);
	}
	assert_false(is_shunned(&bed, "192.0.2.200"));
	fail_times(&bed, "192.0.2.20", 1);
	assert_true(is_shunned(&bed, "192.0.2.200"));
	assert_false(is_shunned(&bed, "192.0.3.1"));
	assert_string_equal(told, "+192.0.2.0/24 ");
	bed_free(&bed);
}

static void
test_exceptions(void **state)
{
	struct bed bed = bed_new("remote-access-authentication = { threshold = 1; };"
				 "spraying = { users = 1; }; invalid-vpn-access = true;"
				 "exceptions = [ \"192.0.2.0/24\", \"2001:db8::7\" ];");

	(void)state;
	fail_times(&bed, "192.0.2.1", 50);
	fail_times(&bed, "2001:db8::7", 50);
	begin(&bed, "192.0.2.1", "", "DefaultRAGroup");
	assert_string_equal(told, "");
	fail_times(&bed, "192.0.3.1", 1);
	assert_true(is_shunned(&bed, "192.0.3.1"));
	bed_free(&bed);
}

/* What is shunned as a whole holds no exception, and a new one sets free. */
static void
test_exception_inside(void **state)
{
	static const char settings[] = "remote-access-authentication = { threshold = 1; };"
				       "prefix-factor = 2;%s";
	char text[256];
	struct bed bed;

	(void)state;
	snprintf(
	    text, sizeof(text), settings, " exceptions = [ \"192.0.2.9\", \"2001:db8:0:7::9\" ];");
	bed = bed_new(text);
	fail_times(&bed, "192.0.2.1", 1);
	fail_times(&bed, "192.0.2.2", 1);
	fail_times(&bed, "192.0.2.3", 1);
	fail_times(&bed, "2001:db8:0:7::1", 5);
	assert_string_equal(told, "+192.0.2.1/32 +192.0.2.2/32 +192.0.2.3/32 ");
	assert_false(is_shunned(&bed, "192.0.2.9"));
	conf_unref(bed.conf);
	snprintf(text, sizeof(text), settings, " exceptions = [ \"192.0.2.2/31\" ];");
	bed.conf = make_conf(text);
	threat_use(bed.threat, bed.conf);
	assert_true(is_shunned(&bed, "192.0.2.1"));
	assert_false(is_shunned(&bed, "192.0.2.2"));
	assert_false(is_shunned(&bed, "192.0.2.3"));
	bed_free(&bed);
}

static void
test_initiations(void **state)
{
	struct bed bed = bed_new("remote-access-client-initiations = { threshold = 3; };");
	struct ip_addr addr = addr_of("192.0.2.1");

	(void)state;
	begin(&bed, "192.0.2.1", "https://gw.example.com/", "");
	begin(&bed, "192.0.2.1", "https://gw.example.com/", "staff");
	threat_pass(bed.threat, &addr);
	begin(&bed, "192.0.2.1", "", "");
	begin(&bed, "192.0.2.1", "", "");
	assert_false(is_shunned(&bed, "192.0.2.1"));
	begin(&bed, "192.0.2.1", "", "");
	assert_true(is_shunned(&bed, "192.0.2.1"));
	bed_free(&bed);
}

static void
test_probe(void **state)
{
	static const struct {
		const char *url, *select;
		bool probe;
	} rows[] = {
	    {"", "", false},
	    {"https://gw.example.com/", "staff", false},
	    {"https://gw.example.com", "nobody's", false},
	    {"DefaultRAGroup", "", false},
	    {"", "DefaultWEBVPNGroup", true},
	    {"", "defaultwebvpngroup", true},
	    {"https://gw.example.com/DefaultRAGroup", "", true},
	    {"https://gw.example.com/", "DefaultL2LGroup", true},
	    {"https://gw.example.com//DefaultRAGroup/?x=1", "", true},
	    {"https://gw.example.com/DefaultRAGroups", "", false},
	    {"https://gw.example.com/x/DefaultRAGroup", "", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct bed bed = bed_new("invalid-vpn-access = true;");
		char from[32];

		snprintf(from, sizeof(from), "192.0.%zu.1", i);
		begin(&bed, from, rows[i].url, rows[i].select);
		if (is_shunned(&bed, from) != rows[i].probe)
			fail_msg("%s %s: expected %d", rows[i].url, rows[i].select, rows[i].probe);
		bed_free(&bed);
	}
}

/* The path of the request counts as that of the URL does, and an alias of that name is one. */
static void
test_probe_path(void **state)
{
	static const char tunnel_groups[] = "tunnel-groups = ( { name = \"DefaultRAGroup\"; "
					    "webvpn-attributes = { group-alias = ( { "
					    "name = \"DefaultRAGroup\"; } ); }; }, "
					    "{ name = \"Partners\"; } );\n";
	const struct world_file files[] = {
	    {"gateway.conf", BASE "threat-detection = { invalid-vpn-access = true; };\n"},
	    {"tunnel-groups.conf", tunnel_groups}};
	struct bed bed = bed_new("");
	struct threat_wish wish = {.url = "", .path = "/defaultragroup/", .select = ""};
	struct ip_addr addr = addr_of("192.0.2.1");

	(void)state;
	conf_unref(bed.conf);
	bed.conf = world_conf(files, 2);
	threat_wish(bed.threat, bed.conf, &addr, &wish);
	assert_false(is_shunned(&bed, "192.0.2.1"));
	wish.path = "/DefaultWEBVPNGroup";
	threat_wish(bed.threat, bed.conf, &addr, &wish);
	assert_true(is_shunned(&bed, "192.0.2.1"));
	bed_free(&bed);
}

static unsigned
delay_of(const struct bed *bed, const char *from, const char *password)
{
	Ipc__ClientFacts facts = IPC__CLIENT_FACTS__INIT;
	Ipc__AuthReply reply = IPC__AUTH_REPLY__INIT;
	Ipc__Field field = IPC__FIELD__INIT, *fields[] = {&field};
	struct ip_addr addr = addr_of(from);

	facts.client_ip.data = addr.bytes;
	facts.client_ip.len = ip_len(&addr);
	reply.facts = &facts;
	field.name = (char *)(uintptr_t) "password";
	field.value.data = (uint8_t *)(uintptr_t)password;
	field.value.len = strlen(password);
	reply.field = fields;
	reply.n_field = 1;
	return threat_delay(bed->threat, bed->conf, &reply);
}

/* Many names from one address: it waits longer and longer, then it is shunned. One name many times
 * is no spraying. */
static void
test_spraying_address(void **state)
{
	static const unsigned delays[] = {1000, 2000, 4000, 8000, 8000};
	struct bed bed = bed_new("spraying = { users = 3; };");
	char user[16], password[16];

	(void)state;
	fail_times(&bed, "192.0.2.9", 100);
	assert_int_equal(delay_of(&bed, "192.0.2.9", "y"), 0);
	for (int i = 0; i < 7; i++) {
		snprintf(user, sizeof(user), "user%d", i);
		snprintf(password, sizeof(password), "pw%d", i);
		assert_false(is_shunned(&bed, "192.0.2.1"));
		fail_as(&bed, "192.0.2.1", user, password);
		assert_int_equal(delay_of(&bed, "192.0.2.1", "y"), i < 2 ? 0 : delays[i - 2]);
	}
	fail_as(&bed, "192.0.2.1", "user0", "pw0");
	assert_true(is_shunned(&bed, "192.0.2.1"));
	assert_int_equal(delay_of(&bed, "192.0.2.2", "y"), 0);
	bed_free(&bed);
}

/* One password with many names, each from an address of its own. */
static void
test_spraying_password(void **state)
{
	struct bed bed = bed_new("spraying = { users = 3; hold-down = 30; };");
	char user[16], from[32];

	(void)state;
	for (int i = 0; i < 3; i++) {
		snprintf(user, sizeof(user), "user%d", i);
		snprintf(from, sizeof(from), "198.51.%d.1", i);
		assert_int_equal(delay_of(&bed, from, "Winter2026"), 0);
		fail_as(&bed, from, user, "Winter2026");
	}
	/* Whoever comes with it from now on waits, and nobody else. */
	assert_int_equal(delay_of(&bed, "203.0.113.5", "Winter2026"), 1000);
	assert_int_equal(delay_of(&bed, "203.0.113.5", "Winter2027"), 0);
	assert_int_equal(delay_of(&bed, "198.51.0.1", "other"), 0);
	assert_int_equal(delay_of(&bed, "198.51.2.1", "other"), 1000);
	now += 30 * MINUTE + 1;
	assert_int_equal(delay_of(&bed, "203.0.113.5", "Winter2026"), 0);
	assert_int_equal(delay_of(&bed, "198.51.2.1", "other"), 0);
	bed_free(&bed);
}

/* A restart keeps shuns with their ends, and counts. */
static void
test_restart(void **state)
{
	struct bed bed = bed_new("remote-access-authentication = { threshold = 3; };"
				 "prefix-factor = 0; shun-minutes = 5;");

	(void)state;
	fail_times(&bed, "192.0.2.1", 3);
	fail_times(&bed, "2001:db8::1", 2);
	threat_free(bed.threat);
	shun_free(bed.shun);
	bed.shun = open_dir();
	bed.threat = threat_new(bed.shun);
	assert_true(is_shunned(&bed, "192.0.2.1"));
	assert_false(is_shunned(&bed, "2001:db8::1"));
	fail_times(&bed, "2001:db8::1", 1);
	assert_true(is_shunned(&bed, "2001:db8::1"));
	now += 5 * MINUTE;
	shun_tick(bed.shun);
	assert_false(is_shunned(&bed, "192.0.2.1"));
	bed_free(&bed);
}

/* An administrator's word lasts; lifting forgets. */
static void
test_by_hand(void **state)
{
	struct bed bed =
	    bed_new("remote-access-authentication = { threshold = 1; }; shun-minutes = 1;");
	struct ip_addr addr = addr_of("192.0.2.1");
	struct ip_prefix prefixes[2];
	struct shun_source *source;

	(void)state;
	shun_prefixes(&addr, prefixes);
	source = shun_get(bed.shun, &prefixes[0]);
	assert_non_null(source);
	shun_add(bed.shun, source, SHUN_BY_HAND, 0);
	now += 365 * 24 * 60 * MINUTE;
	shun_tick(bed.shun);
	assert_true(is_shunned(&bed, "192.0.2.1"));
	assert_true(shun_lift(bed.shun, shun_find(bed.shun, &prefixes[0])));
	assert_false(is_shunned(&bed, "192.0.2.1"));
	assert_null(shun_find(bed.shun, &prefixes[0]));
	fail_times(&bed, "192.0.2.1", 1);
	assert_int_equal(shun_clear(bed.shun), 1);
	assert_string_equal(told, "+192.0.2.1/32 -192.0.2.1/32 +192.0.2.1/32 -192.0.2.1/32 ");
	bed_free(&bed);
}

/* However many sources there are, memory is bounded, and a flood of new ones pushes out the oldest.
 */
static void
test_bounded(void **state)
{
	struct bed bed = {.conf = make_conf("remote-access-authentication = { threshold = 1; };"
					    "prefix-factor = 0;"),
	    .shun = shun_new(-1)};
	size_t n = 0;

	(void)state;
	bed.threat = threat_new(bed.shun);
	told[0] = '\0';
	for (unsigned i = 0; i < SHUN_SOURCES_MAX + 2; i++) {
		char from[32];

		snprintf(from, sizeof(from), "10.%u.%u.1", i >> 8, i & 255);
		fail_times(&bed, from, 1);
		if (i == SHUN_SOURCES_MAX - 1)
			shun_watch(bed.shun, on_change, NULL);
	}
	assert_string_equal(told, "-10.0.0.1/32 +10.64.0.1/32 -10.0.1.1/32 +10.64.1.1/32 ");
	n = shun_clear(bed.shun);
	assert_int_equal(n, SHUN_SOURCES_MAX);
	bed_free(&bed);
}

/* Whoever is shunned stays so however many others come: they are what pushes each other out. */
static void
test_flood_pardons_nobody(void **state)
{
	struct bed bed = {.conf = make_conf("remote-access-authentication = { threshold = 2; };"
					    "prefix-factor = 0;"),
	    .shun = shun_new(-1)};
	struct ip_addr addr = addr_of("192.0.2.1");
	struct ip_prefix prefixes[2];
	struct shun_source *source;

	(void)state;
	bed.threat = threat_new(bed.shun);
	shun_prefixes(&addr, prefixes);
	source = shun_get(bed.shun, &prefixes[0]);
	assert_non_null(source);
	shun_add(bed.shun, source, SHUN_BY_HAND, 0);
	fail_times(&bed, "198.51.100.1", 2);
	for (unsigned i = 0; i < 2 * SHUN_SOURCES_MAX; i++) {
		char from[32];

		snprintf(from, sizeof(from), "10.%u.%u.1", i >> 8, i & 255);
		fail_times(&bed, from, 1);
	}
	assert_true(is_shunned(&bed, "192.0.2.1"));
	assert_true(is_shunned(&bed, "198.51.100.1"));
	/* Of the shunned alone the administrator's are the last. */
	for (unsigned i = 0; i < SHUN_SOURCES_MAX; i++) {
		char from[32];

		snprintf(from, sizeof(from), "11.%u.%u.1", i >> 8, i & 255);
		fail_times(&bed, from, 2);
	}
	assert_true(is_shunned(&bed, "192.0.2.1"));
	assert_false(is_shunned(&bed, "198.51.100.1"));
	assert_int_equal(shun_clear(bed.shun), SHUN_SOURCES_MAX);
	bed_free(&bed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_off, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_failures, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_end, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_network, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_exceptions, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_initiations, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_probe, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_probe_path, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_exception_inside, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_spraying_address, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_spraying_password, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_restart, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_by_hand, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_bounded, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_flood_pardons_nobody, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
