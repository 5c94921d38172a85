/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain-policy cannot disagree with the daemon: random configurations and logins, each of them
 * explained, and then played against the auth process's own state machine from the init to the
 * tunnel. Form, verdict, addresses and every attribute that the tunnel is told must be what was
 * explained. The seed of a failure is printed; SEKISHO_SEED=N runs that one again.
 */
#include "tests/unit/ask_help.h"
#include "tests/unit/auth_help.h"
#include "tests/unit/policy_world.h"

#include "auth/login.h"
#include "tools/explain.h"

#define WORLDS 200
#define LOGINS 8
#define GENERATION 7
#define MONDAY_NOON 1783339200 /* 6 July 2026, 12:00 UTC */

static struct world world;
static struct arrivals *arrivals;
static struct login_table *logins;
static uint64_t seed;
static unsigned completed, refused;

#define CHECK(condition, ...)                                                                      \
	do {                                                                                       \
		if (!(condition))                                                                  \
			check_failed(__LINE__, #condition, __VA_ARGS__);                           \
	} while (0)

static __attribute__((noreturn, noinline)) void
check_failed(int line, const char *condition, const char *fmt, ...)
{
	char what[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	fail_msg("FAIL: seed %" PRIu64 ", line %d: %s: %s", seed, line, condition, what);
	abort();
}

/* ---- the other side of the daemon: pki, the password checker, the gateway ---- */

static struct {
	arrival_judged_fn fn;
	void *arg;
} judge;

static enum err
on_judge(UNUSED void *asked, UNUSED const Ipc__CertJudge *msg, arrival_judged_fn fn, void *arg)
{
	judge.fn = fn;
	judge.arg = arg;
	return ERR_OK;
}

static struct {
	char username[SESSION_NAME_SIZE];
	aaa_done_fn done;
	void *arg;
} check;

static enum err
on_ask(UNUSED void *asker, const struct aaa_question *question, aaa_done_fn done, void *arg,
    struct aaa_ask **ask)
{
	if (ask_authorization(question, done, arg))
		return ERR_OK;
	secret_free(question->password);
	snprintf(check.username, sizeof(check.username), "%s", question->who.username);
	check.done = done;
	check.arg = arg;
	*ask = (struct aaa_ask *)&check;
	return ERR_OK;
}

/* What the last answer was. */
static struct {
	Ipc__AnswerKind kind;
	bool failed;
	char handle[TOKEN_TEXT_SIZE], token[TOKEN_TEXT_SIZE];
	char group[65], alias[65], banner[4096];
	json_t *options, *inputs, *customs;
} seen;

static void
seen_fini(void)
{
	json_decref(seen.options);
	json_decref(seen.inputs);
	json_decref(seen.customs);
	memset(&seen, 0, sizeof(seen));
}

static void
on_answer(const Ipc__AuthAnswer *answer, UNUSED void *arg)
{
	seen_fini();
	seen.kind = answer->kind;
	seen.failed = answer->error[0] != '\0';
	snprintf(seen.handle, sizeof(seen.handle), "%s", answer->handle);
	snprintf(seen.token, sizeof(seen.token), "%s", answer->session_token);
	snprintf(seen.group, sizeof(seen.group), "%s", answer->tunnel_group);
	snprintf(seen.alias, sizeof(seen.alias), "%s", answer->group_alias);
	snprintf(seen.banner, sizeof(seen.banner), "%s", answer->banner);
	seen.options = json_array();
	seen.inputs = json_array();
	seen.customs = json_object();
	for (size_t i = 0; i < answer->n_option; i++)
		json_array_append_new(seen.options, json_string(answer->option[i]->value));
	for (size_t i = 0; i < answer->n_input; i++)
		json_array_append_new(seen.inputs, json_string(answer->input[i]->name));
	for (size_t i = 0; i < answer->n_custom_attr; i++)
		json_object_set_new(seen.customs, answer->custom_attr[i]->type,
		    json_string(answer->custom_attr[i]->value));
}

/* ---- what was explained ---- */

/* The value of an attribute; of anyconnect-custom that of a type. */
static json_t *
value_of(const json_t *document, const char *name, const char *type)
{
	const json_t *list = json_object_get(document, "attributes");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		const char *its = json_string_value(json_object_get(one, "type"));

		if (strcmp(json_string_value(json_object_get(one, "name")), name) == 0 &&
		    (type == NULL || (its != NULL && strcmp(its, type) == 0)))
			return json_object_get(one, "value");
	}
	return NULL;
}

static json_t *
value(const json_t *document, enum conf_gp_attributes attribute)
{
	json_t *found = value_of(document, conf_setting_name(CONF_GP_ATTRIBUTES, attribute), NULL);

	assert_non_null(found);
	return found;
}

/* ---- the tunnel's policy, attribute by attribute ---- */

enum unit { NUMBER, MINUTES, BOOL, TEXT };

static const struct told {
	enum conf_gp_attributes attribute;
	enum unit unit;
	size_t offset;
	bool proxy; /* only where msie-proxy-method is not no-modify */
} tolds[] = {
    {GPA_BANNER, TEXT, offsetof(Ipc__TunnelPolicy, banner), false},
    {GPA_DEFAULT_DOMAIN, TEXT, offsetof(Ipc__TunnelPolicy, default_domain), false},
    {GPA_GATEWAY_FQDN, TEXT, offsetof(Ipc__TunnelPolicy, gateway_fqdn), false},
    {GPA_SPLIT_TUNNEL_ALL_DNS, BOOL, offsetof(Ipc__TunnelPolicy, tunnel_all_dns), false},
    {GPA_CLIENT_BYPASS_PROTOCOL, BOOL, offsetof(Ipc__TunnelPolicy, client_bypass_protocol), false},
    {GPA_ANYCONNECT_MTU, NUMBER, offsetof(Ipc__TunnelPolicy, mtu), false},
    {GPA_ANYCONNECT_DPD_CLIENT, NUMBER, offsetof(Ipc__TunnelPolicy, dpd_client), false},
    {GPA_ANYCONNECT_DPD_GATEWAY, NUMBER, offsetof(Ipc__TunnelPolicy, dpd_gateway), false},
    {GPA_ANYCONNECT_MOBILE_DPD, NUMBER, offsetof(Ipc__TunnelPolicy, dpd_mobile), false},
    {GPA_ANYCONNECT_SSL_KEEPALIVE, NUMBER, offsetof(Ipc__TunnelPolicy, keepalive), false},
    {GPA_ANYCONNECT_SSL_DTLS, BOOL, offsetof(Ipc__TunnelPolicy, dtls), false},
    {GPA_VPN_SESSION_TIMEOUT, MINUTES, offsetof(Ipc__TunnelPolicy, session_timeout), false},
    {GPA_SMARTCARD_REMOVAL_DISCONNECT, BOOL,
	offsetof(Ipc__TunnelPolicy, smartcard_removal_disconnect), false},
    {GPA_ANYCONNECT_ROUTING_FILTERING_IGNORE, BOOL,
	offsetof(Ipc__TunnelPolicy, routing_filtering_ignore), false},
    {GPA_ANYCONNECT_SSL_DF_BIT_IGNORE, BOOL, offsetof(Ipc__TunnelPolicy, df_bit_ignore), false},
    {GPA_MSIE_PROXY_METHOD, TEXT, offsetof(Ipc__TunnelPolicy, msie_proxy_method), true},
    {GPA_MSIE_PROXY_SERVER, TEXT, offsetof(Ipc__TunnelPolicy, msie_proxy_server), true},
    {GPA_MSIE_PROXY_PAC_URL, TEXT, offsetof(Ipc__TunnelPolicy, msie_proxy_pac_url), true},
    {GPA_MSIE_PROXY_LOCAL_BYPASS, BOOL, offsetof(Ipc__TunnelPolicy, msie_proxy_local_bypass), true},
    {GPA_MSIE_PROXY_LOCKDOWN, BOOL, offsetof(Ipc__TunnelPolicy, msie_proxy_lockdown), true},
};

static bool
is_word(const json_t *document, enum conf_gp_attributes attribute, const char *word)
{
	const char *text = json_string_value(value(document, attribute));

	return text != NULL && strcmp(text, word) == 0;
}

static void
check_told(const struct told *told, const Ipc__TunnelPolicy *policy, const json_t *document)
{
	const void *field = (const char *)policy + told->offset;
	const json_t *wanted = value(document, told->attribute);
	const char *name = conf_setting_name(CONF_GP_ATTRIBUTES, told->attribute);
	json_int_t factor = told->unit == MINUTES ? 60 : 1;

	if (told->unit == BOOL) {
		CHECK(*(const protobuf_c_boolean *)field == json_is_true(wanted), "%s", name);
	} else if (told->unit == TEXT) {
		const char *text = json_string_value(wanted);

		CHECK(strcmp(*(const char *const *)field, text != NULL ? text : "") == 0,
		    "%s: told '%s', explained '%s'", name, *(const char *const *)field, text);
	} else {
		CHECK(*(const uint32_t *)field == json_integer_value(wanted) * factor,
		    "%s: told %u, explained %lld", name, *(const uint32_t *)field,
		    (long long)json_integer_value(wanted));
	}
}

static void
check_addresses(const ProtobufCBinaryData *told, size_t len, const json_t *wanted, const char *name)
{
	CHECK(len == json_array_size(wanted), "%s: %zu", name, len);
	for (size_t i = 0; i < len; i++) {
		char text[IP_STR_MAX];
		struct ip_addr addr;

		assert_int_equal(ip_from_bytes(told[i].data, told[i].len, &addr), ERR_OK);
		CHECK(
		    strcmp(ip_str(&addr, text), json_string_value(json_array_get(wanted, i))) == 0,
		    "%s: %s", name, text);
	}
}

static void
check_texts(char *const *told, size_t len, const json_t *wanted, const char *name)
{
	CHECK(len == json_array_size(wanted), "%s: %zu", name, len);
	for (size_t i = 0; i < len; i++)
		CHECK(strcmp(told[i], json_string_value(json_array_get(wanted, i))) == 0, "%s: %s",
		    name, told[i]);
}

/* The two lists of policy_world.h; both hold IPv4 only. */
static void
check_split(const Ipc__TunnelPolicy *policy, const json_t *document)
{
	const char *list = json_string_value(value(document, GPA_SPLIT_TUNNEL_NETWORK_LIST));
	const char *wanted = NULL;
	size_t include, exclude;

	if (list != NULL)
		wanted =
		    strcmp(list, "nets") == 0 ? "10.0.0.0/255.0.0.0" : "10.1.1.1/255.255.255.255";
	include = wanted != NULL && is_word(document, GPA_SPLIT_TUNNEL_POLICY, "tunnelspecified");
	exclude = wanted != NULL && is_word(document, GPA_SPLIT_TUNNEL_POLICY, "excludespecified");
	CHECK(policy->n_split_include == include && policy->n_split_exclude == exclude, "%zu %zu",
	    policy->n_split_include, policy->n_split_exclude);
	if (include)
		CHECK(strcmp(policy->split_include[0], wanted) == 0, "%s", wanted);
	if (exclude)
		CHECK(strcmp(policy->split_exclude[0], wanted) == 0, "%s", wanted);
}

static void
check_custom(const Ipc__TunnelPolicy *policy, const json_t *document)
{
	const char *name = conf_setting_name(CONF_GP_ATTRIBUTES, GPA_ANYCONNECT_CUSTOM);
	size_t wanted = 0;

	for (size_t i = 0; i < POLICY_TYPES_MAX; i++) {
		const json_t *explained = value_of(document, name, policy_types[i]);

		wanted += json_is_string(explained);
		CHECK(json_is_string(explained) ==
			  (json_object_get(seen.customs, policy_types[i]) != NULL),
		    "%s", policy_types[i]);
		if (json_is_string(explained))
			CHECK(json_equal(explained, json_object_get(seen.customs, policy_types[i])),
			    "%s", policy_types[i]);
	}
	CHECK(policy->n_custom_attr == wanted, "%zu", policy->n_custom_attr);
	for (size_t i = 0; i < policy->n_custom_attr; i++)
		CHECK(
		    strcmp(policy->custom_attr[i]->value, json_string_value(value_of(document, name,
							      policy->custom_attr[i]->type))) == 0,
		    "%s", policy->custom_attr[i]->type);
}

static void
check_rekey_and_idle(const Ipc__TunnelPolicy *policy, const json_t *document)
{
	const json_t *webvpn = value(document, GPA_VPN_IDLE_TIMEOUT);
	const struct conf_object *root = conf_root(world.conf, CONF_TUNNEL_GROUPS);
	bool rekey = !is_word(document, GPA_ANYCONNECT_SSL_REKEY_METHOD, "none");
	json_int_t idle = json_is_null(webvpn)
			      ? conf_int(conf_sub(root, TGS_WEBVPN), WV_DEFAULT_IDLE_TIMEOUT)
			      : json_integer_value(webvpn) * 60;

	CHECK(policy->idle_timeout == idle, "told %u", policy->idle_timeout);
	CHECK((policy->rekey_method[0] != '\0') == rekey, "told %s", policy->rekey_method);
	CHECK(policy->rekey_time ==
		  (rekey ? json_integer_value(value(document, GPA_ANYCONNECT_SSL_REKEY_TIME)) * 60
			 : 0),
	    "told %u", policy->rekey_time);
}

static void
check_policy(const Ipc__TunnelPolicy *policy, const json_t *document)
{
	bool proxy = !is_word(document, GPA_MSIE_PROXY_METHOD, "no-modify");

	for (size_t i = 0; i < ARRAY_LEN(tolds); i++)
		if (!tolds[i].proxy || proxy)
			check_told(&tolds[i], policy, document);
	check_addresses(policy->dns, policy->n_dns, value(document, GPA_DNS_SERVER), "dns");
	check_addresses(policy->wins, policy->n_wins, value(document, GPA_WINS_SERVER), "wins");
	check_texts(
	    policy->split_dns, policy->n_split_dns, value(document, GPA_SPLIT_DNS), "split-dns");
	if (proxy)
		check_texts(policy->msie_proxy_except, policy->n_msie_proxy_except,
		    value(document, GPA_MSIE_PROXY_EXCEPT_LIST), "except");
	CHECK(policy->disable_always_on == is_word(document, GPA_ALWAYS_ON_VPN, "disable"),
	    "always-on-vpn");
	check_split(policy, document);
	check_custom(policy, document);
	check_rekey_and_idle(policy, document);
}

/* ---- addresses and filters ---- */

static void
check_lease(const struct lease *lease, const json_t *family, bool v4)
{
	const char *framed = json_string_value(json_object_get(family, "framed"));
	const json_t *first = json_array_get(json_object_get(family, "pools"), 0);
	char text[IP_STR_MAX];

	ip_str(&lease->addr, text);
	if (framed != NULL)
		CHECK(strncmp(framed, text, strlen(text)) == 0 &&
			  framed[strlen(text)] == (v4 ? ' ' : '/'),
		    "told %s, explained %s", text, framed);
	else if (first != NULL)
		CHECK(strcmp(lease->pool, json_string_value(json_object_get(first, "name"))) == 0,
		    "from pool %s", lease->pool);
	else
		CHECK(lease->addr.family == 0, "told %s", text);
}

static bool
has_address(const json_t *document, const char *family)
{
	const json_t *of = json_object_get(document, family);

	return json_is_string(json_object_get(of, "framed")) ||
	       json_array_size(json_object_get(of, "pools")) > 0;
}

static bool
has_filter(const json_t *document, const char *family)
{
	return json_is_object(json_object_get(json_object_get(document, family), "filter"));
}

/* ---- a login from its beginning to its end ---- */

static bool
on_opened(const Ipc__SessionOpened *opened, void *arg)
{
	const json_t *document = arg;
	bool wanted = has_address(document, "ipv4") || has_address(document, "ipv6");
	struct session *session;

	CHECK((opened->status == IPC__OPEN_STATUS__OPEN_OK) == wanted, "status %d, reason %s",
	    opened->status, opened->reason);
	if (!wanted)
		return true;
	check_policy(opened->policy, document);
	session = session_find_token(world.sessions, seen.token);
	assert_non_null(session);
	check_lease(&session->ipv4, json_object_get(document, "ipv4"), true);
	check_lease(&session->ipv6, json_object_get(document, "ipv6"), false);
	CHECK((opened->policy->filter4 != 0) == has_filter(document, "ipv4"), "IPv4 filter");
	CHECK((opened->policy->filter6 != 0) == has_filter(document, "ipv6"), "IPv6 filter");
	CHECK(strcmp(opened->group_policy,
		  json_string_value(json_object_get(document, "group_policy"))) == 0,
	    "group policy %s", opened->group_policy);
	return true;
}

static void
open_tunnel(json_t *document)
{
	Ipc__SessionOpen open = IPC__SESSION_OPEN__INIT;
	Ipc__SessionLogout logout = IPC__SESSION_LOGOUT__INIT;
	Ipc__ClientFacts facts;
	struct session *session;
	uint64_t id;

	world_facts(&facts);
	open.facts = &facts;
	open.token = logout.token = seen.token;
	open.hostname = (char *)"pc";
	open.want_ipv4 = open.want_ipv6 = true;
	tunnel_open(world.sessions, 0, &open, on_opened, document);
	session = session_find_token(world.sessions, seen.token);
	id = session != NULL ? session->id : 0;
	tunnel_logout(world.sessions, &logout);
	if (id != 0) /* its addresses are free when the tunnel is gone */
		world_tunnel_closed(&world, 0, id, IPC__CLOSE_CAUSE__CLOSE_USER_REQUEST, 0, 0);
	world.ends_len = 0;
}

static void
send_init(struct policy_login *login)
{
	Ipc__AuthInit msg = IPC__AUTH_INIT__INIT;
	Ipc__CertVerdict verdict = IPC__CERT_VERDICT__INIT;
	Ipc__ClientFacts facts;
	uint8_t der[] = {0x30, 0x00};
	ProtobufCBinaryData certificate = {.data = der, .len = sizeof(der)};

	world_facts(&facts);
	facts.host = facts.path = (char *)"";
	if (login->certificate) {
		facts.certificate = &certificate;
		facts.n_certificate = 1;
	}
	msg.facts = &facts;
	msg.group_access = login->url;
	msg.group_select = login->select;
	memset(&judge, 0, sizeof(judge));
	login_init(logins, &msg, on_answer, NULL);
	if (judge.fn != NULL) {
		verdict.ok = true;
		verdict.trustpoint = (char *)"CA";
		verdict.names = &login->names;
		judge.fn(&verdict, judge.arg);
	}
}

static void
send_reply(struct policy_login *login)
{
	Ipc__AuthReply msg = IPC__AUTH_REPLY__INIT;
	Ipc__Field fields[2] = {IPC__FIELD__INIT, IPC__FIELD__INIT};
	Ipc__Field *refs[2] = {&fields[0], &fields[1]};
	Ipc__ClientFacts facts;
	char handle[TOKEN_TEXT_SIZE], hash[24], name[64], password[] = "secret";

	memcpy(handle, seen.handle, sizeof(handle));
	memcpy(name, login->typed, sizeof(name));
	snprintf(hash, sizeof(hash), "%d", GENERATION);
	world_facts(&facts);
	msg.facts = &facts;
	msg.handle = handle;
	msg.config_hash = hash;
	msg.field = refs;
	msg.n_field = 2;
	fields[0].name = (char *)"username";
	fields[0].value.data = (uint8_t *)name;
	fields[0].value.len = strlen(name);
	fields[1].name = (char *)"password";
	fields[1].value.data = (uint8_t *)password;
	fields[1].value.len = strlen(password);
	memset(&check, 0, sizeof(check));
	login_reply(logins, &msg, on_answer, NULL);
}

/* LOCAL's word: the password is right for everybody who has one. */
static enum local_result
local_result(void)
{
	const struct conf_object *user = conf_find(world.conf, CONF_USERNAME, check.username);

	if (user == NULL)
		return LOCAL_NO_USER;
	return conf_str(user, USER_PASSWORD) != NULL ? LOCAL_OK : LOCAL_NO_PASSWORD;
}

static void
check_form(const json_t *document)
{
	const json_t *login = json_object_get(document, "login");
	const json_t *group = json_object_get(document, "tunnel_group");
	const char *alias = json_string_value(json_object_get(group, "alias"));

	CHECK(seen.kind == IPC__ANSWER_KIND__ANSWER_FORM && !seen.failed, "got %d", seen.kind);
	CHECK(strcmp(seen.group, json_string_value(json_object_get(group, "name"))) == 0,
	    "daemon %s, explained %s", seen.group,
	    json_string_value(json_object_get(group, "name")));
	CHECK(strcmp(seen.alias, alias != NULL ? alias : "") == 0, "daemon %s, explained %s",
	    seen.alias, alias);
	CHECK(json_equal(seen.options, json_object_get(login, "group_list")), "the list");
	CHECK(json_equal(seen.inputs, json_object_get(login, "asks")), "the fields");
}

static void
check_login(struct policy_login *login)
{
	const struct explain_query query = {
	    .group_url = login->url[0] != '\0' ? login->url : NULL,
	    .alias = login->select[0] != '\0' ? login->select : NULL,
	    .user = login->typed,
	    .names = login->certificate ? &login->names : NULL,
	    .when = world_wall_sec,
	};
	struct explain *explain = explain_new(world.conf, &query);
	json_t *document = explain_json(explain);
	const json_t *verdict = json_object_get(document, "verdict");
	bool allowed = json_is_true(json_object_get(verdict, "allowed"));

	assert_non_null(document);
	send_init(login);
	check_form(document);
	send_reply(login);
	if (check.done != NULL) {
		/* Of nobody where nobody gets in: the password is not looked at. */
		const char *asked =
		    judge_group(world.conf, explain->choice.group, query.when) == JUDGE_OK
			? explain->username
			: "";

		CHECK(strcmp(check.username, asked) == 0, "daemon %s, explained %s", check.username,
		    asked);
		ask_local(check.done, check.arg, local_result());
	}
	CHECK((seen.kind == IPC__ANSWER_KIND__ANSWER_COMPLETE) == allowed,
	    "daemon %d, explained %s", seen.kind,
	    json_string_value(json_object_get(verdict, "reason")));
	if (allowed)
		open_tunnel(document);
	completed += allowed;
	refused += !allowed;
	json_decref(document);
	explain_free(explain);
}

static void
check_world(uint64_t number)
{
	struct policy_world *made = policy_world_new(seed = number);
	const struct world_file files[] = {
	    {"tunnel-groups.conf", buf_cstr(&made->groups_text)},
	    {"group-policies.conf", buf_cstr(&made->policies_text)},
	    {"users.conf", buf_cstr(&made->users_text)},
	    {"aaa.conf", POLICY_AAA},
	};

	world_make(&world, files, ARRAY_LEN(files));
	world_wall_sec = MONDAY_NOON;
	arrivals = arrivals_new(on_judge, NULL);
	const struct login_config config = {.conf = world.conf,
	    .generation = GENERATION,
	    .sessions = world.sessions,
	    .arrivals = arrivals,
	    .ask = on_ask};
	logins = login_table_new(&config);
	assert_non_null(logins);
	for (unsigned i = 0; i < LOGINS; i++) {
		struct policy_login login;

		policy_make_login(made, &login);
		check_login(&login);
		/* Addresses that rested longest come first: none is short of them. */
		world_pass(1);
	}
	seen_fini();
	login_table_free(logins);
	arrivals_free(arrivals);
	world_break(&world);
	policy_world_free(made);
}

static void
test_daemon(void **state)
{
	const char *one = getenv("SEKISHO_SEED");

	(void)state;
	if (one != NULL) {
		check_world(strtoull(one, NULL, 10));
		return;
	}
	for (uint64_t i = 1; i <= WORLDS; i++)
		check_world(i);
	if (completed < 100 || refused < 100)
		fail_msg("FAIL: only %u logins completed and %u were refused", completed, refused);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_daemon),
	};

	if (setenv("TZ", "UTC0", 1) != 0)
		return 1;
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
