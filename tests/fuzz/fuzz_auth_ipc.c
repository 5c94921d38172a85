/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz what auth does with the messages of a hostile gateway worker: a sequence of them, each
 * "kind, length (2 bytes), protobuf". Bit 7 of the kind puts a real handle, token or session id
 * into the message, bit 6 another worker, so that what lies behind the first check is reached too.
 */
/* For coverage.sh: auth/login_ask.c auth/login_answer.c auth/tunnel.c auth/login_table.c */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "auth/leaf.h"
#include "auth/listing.h"
#include "auth/login.h"
#include "auth/session.h"
#include "auth/tunnel.h"
#include "common/buf.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/str.h"
#include "conf/conf.h"
#include "conf/slice.h"
#include "conf/texts.h"

#define STEPS_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define GATEWAY                                                                                    \
	"listeners = ( { address = \"0.0.0.0\"; } ); tun = { ipv4-address = \"10.9.0.254/24\"; "   \
	"};\n"                                                                                     \
	"limits = { max-sessions = 4; };\n"
#define GROUPS                                                                                     \
	"webvpn = { tunnel-group-list = true; certificate-group-map = ( { map = \"M\"; sequence "  \
	"= "                                                                                       \
	"1; tunnel-group = \"G\"; } ); };\n"                                                       \
	"certificate-maps = ( { name = \"M\"; sequence = 1; criteria = [ \"subject-name attr ou "  \
	"co "                                                                                      \
	"x\" ]; } );\n"                                                                            \
	"tunnel-groups = ( { name = \"G\"; general-attributes = { strip-realm = true; "            \
	"address-pool "                                                                            \
	"= \"P\"; default-group-policy = \"GP\"; };\n"                                             \
	" webvpn-attributes = { group-alias = ( { name = \"g\"; } ); group-url "                   \
	"= ( { url = \"https://gw/G\"; } ); }; },\n"                                               \
	" { name = \"C\"; webvpn-attributes = { authentication = \"certificate\"; group-alias = "  \
	"( { "                                                                                     \
	"name = \"c\"; } ); }; },\n"                                                               \
	" { name = \"M\"; general-attributes = { username-from-certificate-choice = "              \
	"\"second-certificate\"; secondary-authentication-server-group = \"LOCAL\"; };\n"          \
	" webvpn-attributes = { authentication = [ \"aaa\", \"multiple-certificate\" ]; "          \
	"pre-fill-username = \"client hide\"; group-alias = ( { name = \"m\"; } ); }; },\n"        \
	" { name = \"R\"; general-attributes = { authentication-server-group = \"RAD\"; "          \
	"authorization-server-group = \"RAD\"; authorization-required = true; "                    \
	"password-management = true; }; webvpn-attributes = { radius-reject-message = true; "      \
	"group-alias = ( { name = \"r\"; } ); }; },\n"                                             \
	" { name = \"Z\"; general-attributes = { authorization-server-group = \"LOCAL\"; "         \
	"authorization-required = true; "                                                          \
	"default-group-policy = \"ZP\"; }; webvpn-attributes = { group-alias = ( { name = "        \
	"\"z\"; } ); }; } );\n"
#define AAA                                                                                        \
	"aaa-server-groups = ( { name = \"RAD\"; hosts = ( { address = \"10.0.0.5\"; key = "       \
	"\"secret\"; } ); } );\n"
#define USERS                                                                                      \
	"usernames = ( { name = \"alice\"; password = "                                            \
	"\"$5$sekishotest$nlMNoU4AwGhXhJXZlb9mRuEeuKK4Bj7VXBMnqQzD1b4\";\n"                        \
	" attributes = { vpn-framed-ip-address = \"10.9.0.2 255.255.255.0\"; }; } );\n"

/* Two configurations, between which reloads go to and fro. */
static const char *const files[2][5][2] = {
    {
	{"gateway.conf", GATEWAY},
	{"tunnel-groups.conf", GROUPS},
	{"group-policies.conf",
	    "group-policies = ( { name = \"ZP\"; attributes = { vpn-simultaneous-logins = 0; }; "
	    "}, { name = \"GP\"; attributes = { vpn-simultaneous-logins = 2; "
	    "vpn-filter = \"F\"; }; } );\n"
	    "ip-local-pools = ( { name = \"P\"; range = \"10.9.0.1-10.9.0.3\"; mask = "
	    "\"255.255.255.0\"; } );\n"
	    "access-lists = ( { name = \"F\"; type = \"extended\"; rules = [ \"permit tcp any any "
	    "eq "
	    "443\", \"permit udp any any\" ]; } );\n"},
	{"users.conf", USERS},
	{"aaa.conf", AAA},
    },
    {
	{"gateway.conf", GATEWAY},
	{"tunnel-groups.conf", GROUPS},
	{"group-policies.conf",
	    "group-policies = ( { name = \"ZP\"; attributes = { vpn-simultaneous-logins = 0; }; "
	    "}, { name = \"GP\"; attributes = { vpn-filter = \"F\"; }; } );\n"
	    "ip-local-pools = ( { name = \"P\"; range = \"10.9.0.2-10.9.0.5\"; mask = "
	    "\"255.255.255.0\"; } );\n"
	    "access-lists = ( { name = \"F\"; type = \"extended\"; rules = [ \"permit ip any any\" "
	    "]; } );\n"
	    "vpn-addr-assign-local-reuse-delay = 1;\n"},
	{"users.conf", USERS},
	{"aaa.conf", AAA},
    },
};

static struct conf *confs[2];
static struct store *store;
static uint64_t now_ms;

/* The state of one input. */
static unsigned in_force;
static struct pool_set *pools;
static struct filters *filters;
static struct session_table *sessions;
static struct arrivals *arrivals;
static struct login_table *logins;
static char handle[TOKEN_TEXT_SIZE];
static char token[TOKEN_TEXT_SIZE];
static uint64_t session_id;
static uint64_t filter_id;
static bool cannot_send;
static struct {
	aaa_done_fn done;
	void *arg;
} check;
static struct {
	arrival_judged_fn done;
	void *arg;
} judged[4];
static struct {
	void (*done)(void *arg);
	void *arg;
} fresh;
static struct {
	login_paired_fn done;
	void *arg;
	struct leaf leaf; /* of the first */
} pairing;

static uint64_t
fake_mono(void)
{
	return now_ms;
}

static time_t
fake_wall(void)
{
	return (time_t)(1700000000 + now_ms / 1000);
}

static void
on_answer(const Ipc__AuthAnswer *answer, UNUSED void *arg)
{
	if (answer->handle[0] != '\0')
		(void)str_copy(handle, sizeof(handle), answer->handle);
	if (answer->session_token[0] != '\0')
		(void)str_copy(token, sizeof(token), answer->session_token);
}

static enum err
on_ask(UNUSED void *asker, const struct aaa_question *question, aaa_done_fn done, void *arg,
    struct aaa_ask **ask)
{
	secret_free(question->password);
	secret_free(question->new_password);
	if (check.done != NULL)
		return ERR_LIMIT;
	check.done = done;
	check.arg = arg;
	*ask = (struct aaa_ask *)&check;
	return ERR_OK;
}

static void
on_cancel(struct aaa_ask *ask)
{
	if (ask == (struct aaa_ask *)&check)
		check.done = NULL;
}

/* A server's word: yes, no, a challenge, an expired password, or silence. */
static void
answer_ask(aaa_done_fn done, size_t len)
{
	struct aaa_answer answer = {
	    .status = (enum aaa_status)(len / 4 % 5),
	    .local = len % 2 == 0,
	    .local_result = len % 4 == 0 ? LOCAL_OK : LOCAL_BAD_PASSWORD,
	    .message = "Enter Next PASSCODE",
	    .state = "state",
	    .state_len = 5,
	};

	if (answer.local)
		answer.status = answer.local_result == LOCAL_OK ? AAA_ACCEPT : AAA_REJECT;
	done(&answer, check.arg);
}

static enum err
on_judge(UNUSED void *judge, UNUSED const Ipc__CertJudge *msg, arrival_judged_fn fn, void *arg)
{
	for (size_t i = 0; i < ARRAY_LEN(judged); i++) {
		if (judged[i].done != NULL)
			continue;
		judged[i].done = fn;
		judged[i].arg = arg;
		return ERR_OK;
	}
	return ERR_CLOSED;
}

static enum err
on_pair(UNUSED void *pairer, const Ipc__PairJudge *msg, login_paired_fn fn, void *arg)
{
	Ipc__ClientFacts facts = IPC__CLIENT_FACTS__INIT;

	if (pairing.done != NULL)
		return ERR_CLOSED;
	facts.certificate = msg->first;
	facts.n_certificate = msg->n_first;
	leaf_read(&facts, &pairing.leaf);
	pairing.done = fn;
	pairing.arg = arg;
	return ERR_OK;
}

/* pki's word on two certificates; the second one is a user's, or nobody's. */
static void
answer_pair(bool ok, bool user)
{
	Ipc__PairVerdict verdict = IPC__PAIR_VERDICT__INIT;
	Ipc__CertVerdict first = IPC__CERT_VERDICT__INIT, second = IPC__CERT_VERDICT__INIT;
	Ipc__CertNames names = IPC__CERT_NAMES__INIT;
	Ipc__CertAttr attr = IPC__CERT_ATTR__INIT, *attrs[] = {&attr};
	login_paired_fn done = pairing.done;

	attr.tag = (char *)"cn";
	attr.value = (char *)(user ? "alice" : "");
	names.subject = attrs;
	names.n_subject = 1;
	verdict.ok = ok;
	first.leaf_sha256.data = pairing.leaf.sha256;
	first.leaf_sha256.len = LEAF_SIZE;
	second.names = &names;
	verdict.first = &first;
	verdict.second = &second;
	pairing.done = NULL;
	done(&verdict, pairing.arg);
}

static void
on_refresh(UNUSED void *refresher, void (*done)(void *arg), void *arg)
{
	if (fresh.done != NULL) {
		done(arg);
		return;
	}
	fresh.done = done;
	fresh.arg = arg;
}

static enum err
on_filter(UNUSED unsigned worker, Ipc__MsgType type, const ProtobufCMessage *msg, UNUSED void *arg)
{
	if (cannot_send)
		return ERR_LIMIT;
	if (type == IPC__MSG_TYPE__MSG_FILTER_ADD)
		filter_id = ((const Ipc__FilterAdd *)msg)->filter;
	return ERR_OK;
}

static bool
on_opened(const Ipc__SessionOpened *opened, UNUSED void *arg)
{
	if (opened->status == IPC__OPEN_STATUS__OPEN_OK)
		session_id = opened->session;
	return true;
}

static void
on_end(UNUSED unsigned worker, UNUSED const Ipc__SessionEnd *end, UNUSED void *arg)
{
}

static bool
wants_all(UNUSED const struct text *text, UNUSED void *arg)
{
	return true;
}

static struct conf *
make_conf(const char *const (*from)[2], size_t len)
{
	struct texts texts = {0};
	struct conf_errors errors;
	struct conf *conf;
	struct buf slice;

	for (size_t i = 0; i < len; i++)
		if (texts_add(&texts, TEXTS_CONF, from[i][0], from[i][1], strlen(from[i][1])) !=
		    ERR_OK)
			abort();
	buf_init(&slice, 1 << 20);
	if (slice_pack(&texts, wants_all, NULL, &slice) != ERR_OK)
		abort();
	texts_fini(&texts);
	conf_errors_init(&errors);
	conf = conf_from_slice(slice.data, slice.len, &errors);
	if (conf == NULL) {
		fprintf(stderr, "%s", buf_cstr(&errors.text));
		abort();
	}
	conf_errors_fini(&errors);
	buf_fini(&slice);
	return conf;
}

static void
make_all(void)
{
	struct log_config quiet = {.level = LOG_EMERG};

	log_init("fuzz", &quiet);
	for (size_t i = 0; i < ARRAY_LEN(confs); i++)
		confs[i] = make_conf(files[i], ARRAY_LEN(files[i]));
	/* A directory in which nothing can be created: every write fails, which is fine. */
	store = store_new(open("/proc/self/fdinfo", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	if (store == NULL)
		abort();
	clock_set_source(fake_mono, fake_wall);
}

/* The text field of a message becomes a real secret. */
static void
plant(char **field, const char *secret)
{
	char *copy = strdup(secret);

	if (copy == NULL)
		abort();
	if (*field != NULL && *field != (const char *)protobuf_c_empty_string)
		free(*field);
	*field = copy;
}

static void
step_init(const ProtobufCMessage *msg, UNUSED unsigned worker, UNUSED bool real)
{
	login_init(logins, (const Ipc__AuthInit *)msg, on_answer, NULL);
}

static void
step_reply(const ProtobufCMessage *msg, UNUSED unsigned worker, bool real)
{
	Ipc__AuthReply *reply = (Ipc__AuthReply *)msg;

	if (real) {
		plant(&reply->handle, handle);
		plant(&reply->config_hash, "7");
	}
	login_reply(logins, reply, on_answer, NULL);
}

static void
step_open(const ProtobufCMessage *msg, unsigned worker, bool real)
{
	Ipc__SessionOpen *open = (Ipc__SessionOpen *)msg;

	if (real)
		plant(&open->token, token);
	tunnel_open(sessions, worker, open, on_opened, NULL);
}

static void
step_event(const ProtobufCMessage *msg, unsigned worker, bool real)
{
	Ipc__TunnelEvent *event = (Ipc__TunnelEvent *)msg;

	if (real)
		event->session = session_id;
	tunnel_event(sessions, worker, event);
}

static void
step_closed(const ProtobufCMessage *msg, unsigned worker, bool real)
{
	Ipc__SessionClosed *closed = (Ipc__SessionClosed *)msg;

	if (real)
		closed->session = session_id;
	tunnel_closed(sessions, worker, closed);
}

static void
step_stats(const ProtobufCMessage *msg, unsigned worker, bool real)
{
	Ipc__StatsReport *report = (Ipc__StatsReport *)msg;

	if (real && report->n_stats > 0)
		report->stats[0]->session = session_id;
	tunnel_stats(sessions, worker, report);
}

static void
step_hits(const ProtobufCMessage *msg, UNUSED unsigned worker, bool real)
{
	Ipc__FilterHits *hits = (Ipc__FilterHits *)msg;

	if (real)
		hits->filter = filter_id;
	filters_hits(filters, hits);
}

/* pki is trusted more than a worker, not blindly. */
static void
step_verdict(const ProtobufCMessage *msg, unsigned worker, bool real)
{
	arrival_judged_fn done = judged[worker].done;

	judged[worker].done = NULL;
	if (done != NULL)
		done(real ? (const Ipc__CertVerdict *)msg : NULL, judged[worker].arg);
}

static void
step_logout(const ProtobufCMessage *msg, UNUSED unsigned worker, bool real)
{
	Ipc__SessionLogout *logout = (Ipc__SessionLogout *)msg;

	if (real)
		plant(&logout->token, token);
	tunnel_logout(sessions, logout);
}

static const struct {
	const ProtobufCMessageDescriptor *descriptor;
	void (*step)(const ProtobufCMessage *msg, unsigned worker, bool real);
} steps[] = {
    {&ipc__auth_init__descriptor, step_init},
    {&ipc__auth_reply__descriptor, step_reply},
    {&ipc__session_open__descriptor, step_open},
    {&ipc__tunnel_event__descriptor, step_event},
    {&ipc__session_closed__descriptor, step_closed},
    {&ipc__stats_report__descriptor, step_stats},
    {&ipc__session_logout__descriptor, step_logout},
    /* 7 - 10 are below. */
    {NULL, NULL},
    {NULL, NULL},
    {NULL, NULL},
    {NULL, NULL},
    {&ipc__filter_hits__descriptor, step_hits},
    {&ipc__cert_verdict__descriptor, step_verdict},
};

static void
reload(void)
{
	struct conf *conf = confs[in_force ^= 1];
	struct pool_layout *layout = pool_layout_new(conf);

	if (layout == NULL || filters_prepare(filters, conf) != ERR_OK)
		abort();
	session_table_use(sessions, conf);
	login_table_use(logins, conf, 7);
	filters_use(filters, conf);
	pool_set_use(pools, layout);
}

static void
list_all(void)
{
	struct filters_listing *lists;
	struct listing listing;
	Ipc__CtlRule rule;

	for (struct session *session = session_first(sessions); session != NULL;
	     session = session_next(session)) {
		listing_fill(&listing, session, filters);
		if (listing_policy(&listing, session) != ERR_OK)
			abort();
		listing_fini(&listing);
	}
	if (filters_listing_new(filters, confs[in_force], "", &lists) != ERR_OK)
		return;
	while (filters_listing_next(lists, &rule))
		;
	filters_listing_free(lists);
}

/* Kinds that are no messages: time passes, a password was right or wrong, a worker dies, the lists
 * are shown, the configuration changes, statistics came or pki's word on two certificates, a worker
 * cannot be sent to. */
static void
step_other(unsigned kind, unsigned worker, const uint8_t *data, size_t len)
{
	aaa_done_fn done = check.done;
	void (*fresh_done)(void *arg) = fresh.done;

	if (kind == 7) {
		now_ms += len > 0 ? data[0] * 10000ULL : 1000;
		login_table_tick(logins);
		session_table_tick(sessions);
	} else if (kind == 8 && done != NULL) {
		check.done = NULL;
		answer_ask(done, len);
	} else if (kind == 9) {
		session_table_worker_gone(sessions, worker);
		filters_worker_gone(filters, worker);
	} else if (kind == 10) {
		list_all();
	} else if (kind == 13) {
		reload();
	} else if (kind == 14 && fresh_done != NULL) {
		fresh.done = NULL;
		fresh_done(fresh.arg);
	} else if (kind == 14 && pairing.done != NULL) {
		answer_pair(len % 2 == 0, len % 4 == 0);
	} else if (kind == 15) {
		cannot_send = len % 2 != 0;
	}
}

static void
step(uint8_t op, const uint8_t *data, size_t len)
{
	unsigned kind = op & 0x0f, worker = (op >> 6) & 1;
	ProtobufCMessage *msg;

	if (kind >= ARRAY_LEN(steps) || steps[kind].descriptor == NULL) {
		step_other(kind, worker, data, len);
		return;
	}
	msg = protobuf_c_message_unpack(steps[kind].descriptor, NULL, len, data);
	if (msg == NULL)
		return;
	steps[kind].step(msg, worker, (op & 0x80) != 0);
	protobuf_c_message_free_unpacked(msg, NULL);
}

static void
begin(void)
{
	struct session_config session_config = {.end = on_end};
	struct login_config login_config = {.generation = 7,
	    .ask = on_ask,
	    .cancel = on_cancel,
	    .refresh = on_refresh,
	    .pair = on_pair};
	struct filters_config filters_config = {.workers = 2, .send = on_filter};

	now_ms = 1000000;
	handle[0] = token[0] = '\0';
	session_id = filter_id = 0;
	cannot_send = false;
	memset(&check, 0, sizeof(check));
	memset(&judged, 0, sizeof(judged));
	memset(&fresh, 0, sizeof(fresh));
	memset(&pairing, 0, sizeof(pairing));
	in_force = 0;
	pools = pool_set_new(NULL, NULL);
	pool_set_use(pools, pool_layout_new(confs[0]));
	filters = filters_new(&filters_config);
	if (filters_prepare(filters, confs[0]) != ERR_OK)
		abort();
	filters_use(filters, confs[0]);
	session_config.conf = login_config.conf = confs[0];
	session_config.pools = pools;
	session_config.filters = filters;
	session_config.store = store;
	sessions = session_table_new(&session_config);
	arrivals = arrivals_new(on_judge, NULL);
	login_config.sessions = sessions;
	login_config.arrivals = arrivals;
	logins = login_table_new(&login_config);
}

static void
end(void)
{
	/* Who asks pki hears of its end before the logins go. */
	for (size_t i = 0; i < ARRAY_LEN(judged); i++)
		if (judged[i].done != NULL)
			judged[i].done(NULL, judged[i].arg);
	if (pairing.done != NULL)
		pairing.done(NULL, pairing.arg);
	login_table_free(logins);
	arrivals_free(arrivals);
	session_table_free(sessions);
	filters_free(filters);
	pool_set_free(pools);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cur cur;

	if (confs[0] == NULL)
		make_all();
	begin();
	cur_init(&cur, data, size);
	for (unsigned i = 0; i < STEPS_MAX && cur.left > 0; i++) {
		uint8_t op = cur_u8(&cur);
		size_t len = cur_u16(&cur);
		const uint8_t *bytes = cur_take(&cur, len);

		if (cur.err != ERR_OK)
			break;
		step(op, bytes, len);
	}
	end();
	return 0;
}
