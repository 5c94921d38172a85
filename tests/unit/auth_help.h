/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the tests of auth/: a configuration with a few groups and users, a clock that only the test
 * moves, a state directory of its own, and a record of what workers were told.
 */
#ifndef TESTS_UNIT_AUTH_HELP_H
#define TESTS_UNIT_AUTH_HELP_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/conf_help.h"

#include "auth/session.h"
#include "auth/tunnel.h"
#include "common/clock.h"

#define WORLD_ENDS_MAX 64
/* Not inlined: under sanitizers that makes the frames of the tests too big. */
#define WORLD_FN static __attribute__((noinline, unused))
#define WORLD_GROUPS                                                                               \
	"webvpn = { tunnel-group-list = true; };\n"                                                \
	"tunnel-groups = (\n"                                                                      \
	" { name = \"Staff\"; general-attributes = { address-pool = \"POOL\";\n"                   \
	"    ipv6-address-pool = \"POOL6\"; default-group-policy = \"Staff\"; };\n"                \
	"   webvpn-attributes = { group-alias = ( { name = \"staff\"; } );\n"                      \
	"    group-url = ( { url = \"https://gw.example.com/Staff-URL\"; } ); }; },\n"             \
	" { name = \"Partners\"; general-attributes = { address-pool = \"SMALL\";\n"               \
	"    default-group-policy = \"Partners\"; };\n"                                            \
	"   webvpn-attributes = { group-alias = ( { name = \"partners\"; },\n"                     \
	"    { name = \"hidden\"; enable = false; } ); }; } );\n"
#define WORLD_POLICIES                                                                             \
	"group-policies = (\n"                                                                     \
	" { name = \"Staff\"; attributes = { banner = \"hello staff\";\n"                          \
	"    vpn-simultaneous-logins = 2; vpn-idle-timeout = 10; vpn-session-timeout = 60; }; "    \
	"},\n"                                                                                     \
	" { name = \"Partners\"; attributes = { vpn-simultaneous-logins = 1; }; },\n"              \
	" { name = \"Nobody\"; attributes = { vpn-simultaneous-logins = 0; }; },\n"                \
	" { name = \"Locked\"; attributes = { group-lock = \"Partners\"; }; },\n"                  \
	" { name = \"Noclient\"; attributes = { vpn-tunnel-protocol = [ \"ikev2\" ]; }; } );\n"    \
	"ip-local-pools = (\n"                                                                     \
	" { name = \"POOL\"; range = \"192.168.100.1-192.168.100.200\"; mask = "                   \
	"\"255.255.255.0\"; },\n"                                                                  \
	" { name = \"SMALL\"; range = \"10.9.0.1-10.9.0.2\"; mask = \"255.255.255.0\"; } );\n"     \
	"ipv6-local-pools = ( { name = \"POOL6\"; prefix = \"fd00:100::10/64\"; size = 100; } "    \
	");\n"
#define WORLD_USERS                                                                                \
	"usernames = ( { name = \"alice\"; password = \"" HELP_HASH "\"; },\n"                     \
	" { name = \"bob\"; password = \"" HELP_HASH "\"; },\n"                                    \
	" { name = \"none\"; password = \"" HELP_HASH "\";\n"                                      \
	"   attributes = { vpn-group-policy = \"Nobody\"; }; },\n"                                 \
	" { name = \"locked\"; password = \"" HELP_HASH "\";\n"                                    \
	"   attributes = { vpn-group-policy = \"Locked\"; }; },\n"                                 \
	" { name = \"noclient\"; password = \"" HELP_HASH "\";\n"                                  \
	"   attributes = { vpn-group-policy = \"Noclient\"; }; } );\n"
#define WORLD_GATEWAY                                                                              \
	"listeners = ( { address = \"0.0.0.0\"; } );\n"                                            \
	"tun = { ipv4-address = \"192.168.100.254/24\"; ipv6-address = \"fd00:100::1/64\"; };\n"   \
	"limits = { max-sessions = 5; login-attempts = 3; login-timeout = 600; cookie-timeout = "  \
	"300; };\n"

struct world_file {
	const char *name;
	const char *text;
};

/* The configuration above with some files replaced. */
WORLD_FN struct conf *
world_conf(const struct world_file *files, size_t len)
{
	struct texts texts = {0};
	struct conf_errors errors;
	struct buf slice;

	for (size_t i = 0; i < ARRAY_LEN(help_files); i++) {
		const char *content = help_files[i].text;
		const struct world_file own[] = {
		    {"gateway.conf", WORLD_GATEWAY},
		    {"tunnel-groups.conf", WORLD_GROUPS},
		    {"group-policies.conf", WORLD_POLICIES},
		    {"users.conf", WORLD_USERS},
		};

		for (size_t j = 0; j < ARRAY_LEN(own); j++)
			if (strcmp(own[j].name, help_files[i].name) == 0)
				content = own[j].text;
		for (size_t j = 0; j < len; j++)
			if (strcmp(files[j].name, help_files[i].name) == 0)
				content = files[j].text;
		assert_int_equal(texts_add(&texts, help_files[i].type, help_files[i].name, content,
				     strlen(content)),
		    ERR_OK);
	}
	buf_init(&slice, 8 * TEXTS_FILE_MAX);
	assert_int_equal(slice_pack(&texts, help_wants, NULL, &slice), ERR_OK);
	texts_fini(&texts);
	conf_errors_init(&errors);
	struct conf *conf = conf_from_slice(slice.data, slice.len, &errors);
	if (conf == NULL)
		fail_msg("expected a valid configuration, got: %s", buf_cstr(&errors.text));
	conf_errors_fini(&errors);
	buf_fini(&slice);
	return conf;
}

/* ---- time ---- */

static uint64_t world_mono_ms;
static time_t world_wall_sec;

WORLD_FN uint64_t
world_mono(void)
{
	return world_mono_ms;
}

WORLD_FN time_t
world_wall(void)
{
	return world_wall_sec;
}

WORLD_FN void
world_clock_start(void)
{
	world_mono_ms = 1000 * 1000;
	world_wall_sec = 1700000000;
	clock_set_source(world_mono, world_wall);
}

WORLD_FN void
world_pass(unsigned seconds)
{
	world_mono_ms += (uint64_t)seconds * 1000;
	world_wall_sec += seconds;
}

/* ---- a session table with all it stands on ---- */

struct world_end {
	unsigned worker;
	uint64_t session;
	Ipc__CloseCause cause;
	bool notify;
};

/* What a worker was sent, in order. */
struct world_sent {
	unsigned worker;
	Ipc__MsgType type;
	uint64_t id;
};

struct world_drained {
	struct ip_addr first, last;
};

struct world {
	struct conf *conf;
	char dir[64];
	struct pool_set *pools;
	struct filters *filters;
	struct store *store;
	struct session_table *sessions;
	struct world_end ends[WORLD_ENDS_MAX];
	size_t ends_len;
	struct world_sent sent[WORLD_ENDS_MAX]; /* filters, and ends of sessions */
	size_t sent_len;
	enum err send_err; /* of filters */
	struct world_drained drained[8];
	size_t drained_len;
	session_event_fn event; /* wants to know; NULL: nobody */
	const char *drain_first,
	    *drain_last; /* of a pool removed before world_open(); NULL: none */
};

WORLD_FN void
world_on_end(unsigned worker, const Ipc__SessionEnd *end, void *arg)
{
	struct world *world = arg;

	assert_true(world->ends_len < WORLD_ENDS_MAX);
	world->ends[world->ends_len++] = (struct world_end){
	    .worker = worker,
	    .session = end->session,
	    .cause = end->cause,
	    .notify = end->notify,
	};
	world->sent[world->sent_len++ % WORLD_ENDS_MAX] = (struct world_sent){
	    .worker = worker, .type = IPC__MSG_TYPE__MSG_SESSION_END, .id = end->session};
}

WORLD_FN enum err
world_on_filter(unsigned worker, Ipc__MsgType type, const ProtobufCMessage *msg, void *arg)
{
	struct world *world = arg;
	uint64_t id = type == IPC__MSG_TYPE__MSG_FILTER_ADD
			  ? ((const Ipc__FilterAdd *)msg)->filter
			  : ((const Ipc__FilterForget *)msg)->filter;

	if (world->send_err != ERR_OK)
		return world->send_err;
	world->sent[world->sent_len++ % WORLD_ENDS_MAX] =
	    (struct world_sent){.worker = worker, .type = type, .id = id};
	return ERR_OK;
}

WORLD_FN void
world_on_drained(const struct ip_addr *first, const struct ip_addr *last, void *arg)
{
	struct world *world = arg;

	assert_true(world->drained_len < ARRAY_LEN(world->drained));
	world->drained[world->drained_len++] =
	    (struct world_drained){.first = *first, .last = *last};
}

WORLD_FN void
world_on_event(enum session_event event, struct session *session, void *arg)
{
	struct world *world = arg;

	if (world->event != NULL)
		world->event(event, session, arg);
}

WORLD_FN int
world_dir_open(const struct world *world)
{
	int fd = open(world->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

WORLD_FN void
world_open(struct world *world)
{
	struct session_config config = {
	    .conf = world->conf, .end = world_on_end, .event = world_on_event, .arg = world};
	const struct filters_config filters = {.workers = 8, .send = world_on_filter, .arg = world};
	struct pool_layout *layout = pool_layout_new(world->conf);

	config.pools = world->pools = pool_set_new(world_on_drained, world);
	assert_non_null(layout);
	assert_non_null(world->pools);
	pool_set_use(world->pools, layout);
	if (world->drain_first != NULL) {
		struct ip_addr first, last;

		assert_int_equal(ip_parse(world->drain_first, &first), ERR_OK);
		assert_int_equal(ip_parse(world->drain_last, &last), ERR_OK);
		assert_int_equal(pool_set_add_drain(world->pools, &first, &last), ERR_OK);
	}
	config.filters = world->filters = filters_new(&filters);
	assert_non_null(world->filters);
	assert_int_equal(filters_prepare(world->filters, world->conf), ERR_OK);
	filters_use(world->filters, world->conf);
	config.store = world->store = store_new(world_dir_open(world));
	assert_non_null(world->store);
	world->sessions = session_table_new(&config);
	assert_non_null(world->sessions);
	session_table_load(world->sessions);
}

WORLD_FN void
world_close(struct world *world)
{
	session_table_free(world->sessions);
	filters_free(world->filters);
	store_free(world->store);
	pool_set_free(world->pools);
}

WORLD_FN void
world_make(struct world *world, const struct world_file *files, size_t len)
{
	memset(world, 0, sizeof(*world));
	world_clock_start();
	world->conf = world_conf(files, len);
	snprintf(world->dir, sizeof(world->dir), "/tmp/sekisho-test-XXXXXX");
	assert_non_null(mkdtemp(world->dir));
	world_open(world);
}

/* Another configuration, as after a reload. */
WORLD_FN void
world_reload(struct world *world, const struct world_file *files, size_t len)
{
	struct conf *conf = world_conf(files, len);
	struct pool_layout *layout = pool_layout_new(conf);

	assert_non_null(layout);
	assert_int_equal(filters_prepare(world->filters, conf), ERR_OK);
	session_table_use(world->sessions, conf);
	filters_use(world->filters, conf);
	pool_set_use(world->pools, layout);
	conf_unref(world->conf);
	world->conf = conf;
}

/* As when the process is restarted: all that is in memory is lost. */
WORLD_FN void
world_restart(struct world *world)
{
	world_close(world);
	world_open(world);
}

WORLD_FN void
world_break(struct world *world)
{
	char command[128];

	world_close(world);
	conf_unref(world->conf);
	snprintf(command, sizeof(command), "rm -rf '%s'", world->dir);
	assert_int_equal(system(command), 0);
	clock_set_source(NULL, NULL);
}

/* ---- messages ---- */

static uint8_t world_client_ip[4] = {198, 51, 100, 7};
static uint8_t world_server_ip[4] = {10, 197, 223, 81};

WORLD_FN void
world_facts(Ipc__ClientFacts *facts)
{
	ipc__client_facts__init(facts);
	facts->client_ip.data = world_client_ip;
	facts->client_ip.len = 4;
	facts->client_port = 50000;
	facts->server_ip.data = world_server_ip;
	facts->server_ip.len = 4;
	facts->server_port = 443;
	facts->user_agent = (char *)"AnyConnect Test 1.0";
	facts->host = (char *)"gw.example.com";
	facts->path = (char *)"/";
	facts->device_os = (char *)"linux-64";
	facts->version = (char *)"9.01";
}

/* A session of a user in a group, as after a good password. NULL: refused. */
WORLD_FN struct session *
world_login(struct world *world, const char *user, const char *group, char token[TOKEN_TEXT_SIZE])
{
	const struct conf_object *user_object = conf_find(world->conf, CONF_USERNAME, user);
	const struct conf_object *group_object = conf_find(world->conf, CONF_TUNNEL_GROUP, group);
	Ipc__ClientFacts msg;
	struct facts facts;
	struct inherit inherit;
	struct session *session = NULL;

	assert_non_null(user_object);
	assert_non_null(group_object);
	world_facts(&msg);
	assert_int_equal(facts_read(&msg, &facts), ERR_OK);
	inherit_merge(world->conf, group_object, user_object, NULL, &inherit);
	struct session_login login = {
	    .conf = world->conf,
	    .user = user_object,
	    .group = group_object,
	    .inherit = &inherit,
	    .facts = &facts,
	};
	if (session_login(world->sessions, &login, &session, token) != ERR_OK)
		return NULL;
	return session;
}

/* What tunnel_open() answered, copied. */
struct world_opened {
	unsigned calls;
	bool broken; /* pretend that the answer cannot be sent */
	Ipc__OpenStatus status;
	char reason[128];
	uint64_t session;
	uint32_t index;
	struct ip_addr ipv4, mask, ipv6;
	uint32_t ipv6_prefix;
	uint32_t session_timeout, session_remaining, idle_timeout;
	char banner[64];
	uint64_t filter4, filter6;
};

WORLD_FN bool
world_on_opened(const Ipc__SessionOpened *opened, void *arg)
{
	struct world_opened *out = arg;

	out->calls++;
	out->status = opened->status;
	snprintf(out->reason, sizeof(out->reason), "%s", opened->reason);
	out->session = opened->session;
	out->index = opened->index;
	if (opened->ipv4.len > 0)
		assert_int_equal(
		    ip_from_bytes(opened->ipv4.data, opened->ipv4.len, &out->ipv4), ERR_OK);
	if (opened->ipv4_mask.len > 0)
		assert_int_equal(
		    ip_from_bytes(opened->ipv4_mask.data, opened->ipv4_mask.len, &out->mask),
		    ERR_OK);
	if (opened->ipv6.len > 0)
		assert_int_equal(
		    ip_from_bytes(opened->ipv6.data, opened->ipv6.len, &out->ipv6), ERR_OK);
	out->ipv6_prefix = opened->ipv6_prefix;
	if (opened->policy != NULL) {
		out->session_timeout = opened->policy->session_timeout;
		out->session_remaining = opened->policy->session_remaining;
		out->idle_timeout = opened->policy->idle_timeout;
		snprintf(out->banner, sizeof(out->banner), "%s", opened->policy->banner);
		out->filter4 = opened->policy->filter4;
		out->filter6 = opened->policy->filter6;
	}
	return !out->broken;
}

WORLD_FN void
world_tunnel_open(struct world *world, unsigned worker, const char *token, bool ipv4, bool ipv6,
    struct world_opened *out)
{
	Ipc__SessionOpen open = IPC__SESSION_OPEN__INIT;
	Ipc__ClientFacts facts;
	bool broken = out->broken;

	memset(out, 0, sizeof(*out));
	out->broken = broken;
	world_facts(&facts);
	open.facts = &facts;
	open.token = (char *)token;
	open.hostname = (char *)"pc7";
	open.want_ipv4 = ipv4;
	open.want_ipv6 = ipv6;
	tunnel_open(world->sessions, worker, &open, world_on_opened, out);
	assert_int_equal(out->calls, 1);
}

WORLD_FN void
world_tunnel_event(
    struct world *world, unsigned worker, uint64_t session, Ipc__Channel channel, bool up)
{
	Ipc__TunnelEvent event = IPC__TUNNEL_EVENT__INIT;

	event.session = session;
	event.channel = channel;
	event.up = up;
	event.version = (char *)"TLSv1.3";
	event.cipher = (char *)"TLS_AES_256_GCM_SHA384";
	event.client_ip.data = world_client_ip;
	event.client_ip.len = 4;
	event.client_port = 50001;
	event.server_port = 443;
	tunnel_event(world->sessions, worker, &event);
}

/* rx: bytes that came in over TLS in the life of this tunnel; idle: seconds. */
WORLD_FN void
world_tunnel_closed(struct world *world, unsigned worker, uint64_t session, Ipc__CloseCause cause,
    uint64_t rx, unsigned idle)
{
	Ipc__SessionClosed closed = IPC__SESSION_CLOSED__INIT;
	Ipc__SessionStats stats = IPC__SESSION_STATS__INIT;
	Ipc__ChannelStats tls = IPC__CHANNEL_STATS__INIT;

	tls.rx_bytes = rx;
	stats.session = session;
	stats.tls = &tls;
	stats.idle = idle;
	closed.session = session;
	closed.cause = cause;
	closed.text = (char *)"";
	closed.stats = &stats;
	tunnel_closed(world->sessions, worker, &closed);
}

WORLD_FN void
world_stats(struct world *world, unsigned worker, uint64_t session, uint64_t rx, unsigned idle)
{
	Ipc__StatsReport report = IPC__STATS_REPORT__INIT;
	Ipc__SessionStats stats = IPC__SESSION_STATS__INIT;
	Ipc__SessionStats *list[] = {&stats};
	Ipc__ChannelStats tls = IPC__CHANNEL_STATS__INIT;

	tls.rx_bytes = rx;
	stats.session = session;
	stats.tls = &tls;
	stats.idle = idle;
	report.stats = list;
	report.n_stats = 1;
	tunnel_stats(world->sessions, worker, &report);
}

WORLD_FN uint32_t
world_leased(const struct world *world)
{
	struct pool_counts counts;
	uint32_t sum = 0;

	for (size_t i = 0; i < pool_set_len(world->pools); i++) {
		pool_count(world->pools, i, &counts);
		sum += counts.leased;
	}
	return sum;
}

#endif
