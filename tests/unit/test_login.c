/* SPDX-License-Identifier: Apache-2.0 */
/* The login state machine, edge by edge: the test plays the client and the password checker. */
#include "tests/unit/ask_help.h"
#include "tests/unit/auth_help.h"

#include "auth/form.h"
#include "auth/login.h"

#define GENERATION 1700000000123ULL
#define HASH_TEXT "1700000000123"

/* What the last answer said. */
struct seen {
	unsigned count;
	Ipc__AnswerKind kind;
	char handle[TOKEN_TEXT_SIZE];
	char group[65], alias[65], error[65], hash[24], banner[65], token[TOKEN_TEXT_SIZE],
	    username[65];
	uint32_t error_id, index;
	size_t inputs, options;
	char option[4][65];
	bool selected[4];
	bool close;
	size_t customs;
	char custom[128]; /* the first: "type=value" */
};

/* A check of a password that waits for the test's word. */
struct check {
	char username[SESSION_NAME_SIZE];
	char password[64];
	const struct conf *conf;
	aaa_done_fn done;
	void *arg;
};

static struct world world;
static struct arrivals *arrivals;
static struct login_table *logins;
static struct seen seen;
static struct check checks[8];
static size_t checks_len;
static bool verifier_full;

static void
on_seen(const Ipc__AuthAnswer *answer, void *arg)
{
	struct seen *out = arg;
	unsigned count = out->count + 1;

	memset(out, 0, sizeof(*out));
	out->count = count;
	out->kind = answer->kind;
	snprintf(out->handle, sizeof(out->handle), "%s", answer->handle);
	snprintf(out->group, sizeof(out->group), "%s", answer->tunnel_group);
	snprintf(out->alias, sizeof(out->alias), "%s", answer->group_alias);
	snprintf(out->error, sizeof(out->error), "%s", answer->error);
	snprintf(out->hash, sizeof(out->hash), "%s", answer->config_hash);
	snprintf(out->banner, sizeof(out->banner), "%s", answer->banner);
	snprintf(out->token, sizeof(out->token), "%s", answer->session_token);
	snprintf(out->username, sizeof(out->username), "%s", answer->username);
	out->error_id = answer->error_id;
	out->index = answer->session_index;
	out->inputs = answer->n_input;
	out->options = answer->n_option;
	out->close = answer->close;
	out->customs = answer->n_custom_attr;
	if (answer->n_custom_attr > 0)
		snprintf(out->custom, sizeof(out->custom), "%s=%s", answer->custom_attr[0]->type,
		    answer->custom_attr[0]->value);
	for (size_t i = 0; i < answer->n_option && i < 4; i++) {
		snprintf(out->option[i], sizeof(out->option[i]), "%s", answer->option[i]->value);
		out->selected[i] = answer->option[i]->selected;
	}
}

static enum err
on_ask(void *asker, const struct aaa_question *question, aaa_done_fn done, void *arg,
    struct aaa_ask **ask)
{
	struct check *check = &checks[checks_len];

	(void)asker;
	if (verifier_full) {
		secret_free(question->password);
		return ERR_LIMIT;
	}
	if (ask_authorization(question, done, arg))
		return ERR_OK;
	assert_true(checks_len < ARRAY_LEN(checks));
	snprintf(check->username, sizeof(check->username), "%s", question->who.username);
	snprintf(check->password, sizeof(check->password), "%s", secret_cstr(question->password));
	secret_free(question->password);
	check->conf = question->conf;
	*ask = (struct aaa_ask *)check;
	check->done = done;
	check->arg = arg;
	checks_len++;
	return ERR_OK;
}

/* A certificate that waits for pki's word, which is the test. */
static struct {
	unsigned asked;
	size_t certificates;
	arrival_judged_fn fn;
	void *arg;
	enum err err; /* pki cannot be asked */
} judge;

static enum err
on_judge(void *arg, const Ipc__CertJudge *msg, arrival_judged_fn fn, void *fn_arg)
{
	(void)arg;
	if (judge.err != ERR_OK)
		return judge.err;
	judge.asked++;
	judge.certificates = msg->n_certificate;
	judge.fn = fn;
	judge.arg = fn_arg;
	return ERR_OK;
}

static void (*fresh_done)(void *arg);
static void *fresh_arg;

static void
on_refresh(void *refresher, void (*done)(void *arg), void *arg)
{
	(void)refresher;
	fresh_done = done;
	fresh_arg = arg;
}

static struct login_table *
make_logins(void)
{
	struct login_config config = {
	    .conf = world.conf,
	    .generation = GENERATION,
	    .sessions = world.sessions,
	    .arrivals = arrivals,
	    .ask = on_ask,
	    .refresh = on_refresh,
	};

	return login_table_new(&config);
}

static void
begin(const struct world_file *files, size_t len)
{
	world_make(&world, files, len);
	memset(&seen, 0, sizeof(seen));
	memset(&judge, 0, sizeof(judge));
	fresh_done = NULL;
	checks_len = 0;
	verifier_full = false;
	arrivals = arrivals_new(on_judge, NULL);
	logins = make_logins();
	assert_non_null(arrivals);
	assert_non_null(logins);
}

static int
setup(void **state)
{
	(void)state;
	begin(NULL, 0);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	login_table_free(logins);
	arrivals_free(arrivals);
	world_break(&world);
	return 0;
}

/* Once more, with other files. */
static void
again(const struct world_file *files, size_t len)
{
	teardown(NULL);
	begin(files, len);
}

static void
init(const char *url, const char *select)
{
	Ipc__AuthInit msg = IPC__AUTH_INIT__INIT;
	Ipc__ClientFacts facts;

	world_facts(&facts);
	msg.facts = &facts;
	msg.group_access = (char *)url;
	msg.group_select = (char *)select;
	login_init(logins, &msg, on_seen, &seen);
}

struct reply {
	const char *handle, *hash, *select, *username, *password;
	size_t password_len; /* 0: strlen */
};

static void
reply(const struct reply *what)
{
	Ipc__AuthReply msg = IPC__AUTH_REPLY__INIT;
	Ipc__ClientFacts facts;
	Ipc__Field fields[2] = {IPC__FIELD__INIT, IPC__FIELD__INIT};
	Ipc__Field *refs[2] = {&fields[0], &fields[1]};
	char name[128] = {0}, word[128] = {0};

	world_facts(&facts);
	msg.facts = &facts;
	msg.handle = (char *)what->handle;
	msg.config_hash = (char *)(what->hash != NULL ? what->hash : HASH_TEXT);
	msg.group_select = (char *)(what->select != NULL ? what->select : "");
	msg.field = refs;
	if (what->username != NULL) {
		snprintf(name, sizeof(name), "%s", what->username);
		fields[msg.n_field].name = (char *)"username";
		fields[msg.n_field].value.data = (uint8_t *)name;
		fields[msg.n_field++].value.len = strlen(name);
	}
	if (what->password != NULL) {
		size_t len = what->password_len != 0 ? what->password_len : strlen(what->password);

		memcpy(word, what->password, len);
		fields[msg.n_field].name = (char *)"password";
		fields[msg.n_field].value.data = len > 0 ? (uint8_t *)word : NULL;
		fields[msg.n_field++].value.len = len;
	}
	login_reply(logins, &msg, on_seen, &seen);
	for (size_t i = 0; i < sizeof(word); i++)
		assert_int_equal(word[i], 0);
}

/* The usual reply to the form last seen. */
static void
reply_as(const char *username)
{
	char handle[TOKEN_TEXT_SIZE];

	memcpy(handle, seen.handle, sizeof(handle));
	reply(&(struct reply){.handle = handle, .username = username, .password = "secret"});
}

static void
checked(enum local_result result)
{
	assert_true(checks_len > 0);
	checks_len--;
	ask_local(checks[checks_len].done, checks[checks_len].arg, result);
}

static void
expect_form(const char *group, bool failed)
{
	assert_int_equal(seen.kind, IPC__ANSWER_KIND__ANSWER_FORM);
	assert_string_equal(seen.group, group);
	assert_string_equal(seen.error, failed ? "Login failed." : "");
	assert_int_equal(seen.error_id, failed ? 88 : 0);
	assert_int_equal(strlen(seen.handle), 64);
	assert_string_equal(seen.hash, HASH_TEXT);
	assert_int_equal(seen.inputs, 2);
}

static void
test_form(void **state)
{
	(void)state;
	init("https://gw.example.com/", "");
	expect_form("Staff", false);
	assert_string_equal(seen.alias, "staff");
	assert_int_equal(seen.options, 2);
	assert_string_equal(seen.option[0], "staff");
	assert_true(seen.selected[0]);
	assert_false(seen.selected[1]);
	/* The chosen one is first and selected. */
	init("https://gw.example.com/", "Partners");
	expect_form("Partners", false);
	assert_int_equal(seen.options, 2);
	assert_string_equal(seen.option[0], "partners");
	assert_true(seen.selected[0]);
	assert_string_equal(seen.option[1], "staff");
	/* By URL: no list. */
	init("https://gw.example.com/staff-url", "partners");
	expect_form("Staff", false);
	assert_int_equal(seen.options, 0);
	assert_int_equal(login_table_len(logins), 3);
}

static void
test_success(void **state)
{
	(void)state;
	init("https://gw.example.com/", "staff");
	reply_as("alice");
	assert_int_equal(seen.count, 1);
	assert_string_equal(checks[0].username, "alice");
	assert_string_equal(checks[0].password, "secret");
	assert_ptr_equal(checks[0].conf, world.conf);
	checked(LOCAL_OK);
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.kind, IPC__ANSWER_KIND__ANSWER_COMPLETE);
	assert_string_equal(seen.username, "alice");
	assert_string_equal(seen.banner, "hello staff");
	assert_string_equal(seen.error, "");
	struct session *session = session_find_token(world.sessions, seen.token);
	assert_non_null(session);
	assert_int_equal(session->index, seen.index);
	assert_string_equal(session->tunnel_group, "Staff");
	assert_string_equal(session->facts.os, "linux-64");
	assert_int_equal(login_table_len(logins), 0);
}

/* INV-3: all of these look alike. */
static void
test_uniform(void **state)
{
	static const struct {
		const char *username;
		enum local_result result;
	} cases[] = {
	    {"alice", LOCAL_BAD_PASSWORD},
	    {"nobody", LOCAL_NO_USER},
	    {"nobody", LOCAL_OK}, /* even if the checker were wrong */
	    {"alice", LOCAL_FAILED},
	    {"alice", LOCAL_NO_PASSWORD},
	    {"none", LOCAL_OK},     /* may have no session */
	    {"locked", LOCAL_OK},   /* another group's */
	    {"noclient", LOCAL_OK}, /* may not use this kind of client */
	    {"0123456789012345678901234567890123456789012345678901234567890123456789",
		LOCAL_NO_USER},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char old[TOKEN_TEXT_SIZE];

		init("https://gw.example.com/", "staff");
		memcpy(old, seen.handle, sizeof(old));
		reply_as(cases[i].username);
		/* A password was looked at in every case. */
		assert_int_equal(checks_len, 1);
		checked(cases[i].result);
		expect_form("Staff", true);
		assert_int_equal(seen.options, 2);
		assert_string_not_equal(seen.handle, old);
	}
	assert_int_equal(session_table_len(world.sessions), 0);
	/* The locked user's own group. */
	init("https://gw.example.com/", "partners");
	reply_as("locked");
	checked(LOCAL_OK);
	assert_int_equal(seen.kind, IPC__ANSWER_KIND__ANSWER_COMPLETE);
}

static void
test_retry(void **state)
{
	(void)state;
	init("https://gw.example.com/", "staff");
	reply_as("alice");
	checked(LOCAL_BAD_PASSWORD);
	expect_form("Staff", true);
	reply_as("alice");
	checked(LOCAL_OK);
	assert_int_equal(seen.kind, IPC__ANSWER_KIND__ANSWER_COMPLETE);
}

static void
test_attempts(void **state)
{
	(void)state;
	init("https://gw.example.com/", "staff");
	for (int i = 0; i < 2; i++) {
		reply_as("alice");
		checked(LOCAL_BAD_PASSWORD);
		expect_form("Staff", true);
	}
	reply_as("alice");
	checked(LOCAL_BAD_PASSWORD);
	assert_int_equal(seen.kind, IPC__ANSWER_KIND__ANSWER_REFUSED);
	assert_string_equal(seen.error, "Login failed.");
	assert_true(seen.close);
	assert_int_equal(login_table_len(logins), 0);
}

/* A handle serves once, and only while it lives. */
static void
test_handles(void **state)
{
	char handle[TOKEN_TEXT_SIZE];

	(void)state;
	reply(&(struct reply){.handle = "", .username = "alice", .password = "secret"});
	expect_form("Staff", true);
	reply(&(struct reply){
	    .handle = "nonsense", .username = "alice", .password = "secret", .select = "partners"});
	expect_form("Partners", true);
	assert_int_equal(checks_len, 0);
	/* Used twice, the second time while the first is being checked. */
	init("https://gw.example.com/", "staff");
	memcpy(handle, seen.handle, sizeof(handle));
	reply_as("alice");
	assert_int_equal(checks_len, 1);
	reply(&(struct reply){.handle = handle, .username = "alice", .password = "secret"});
	expect_form("Staff", true);
	assert_int_equal(checks_len, 1);
	checked(LOCAL_OK);
	assert_int_equal(seen.kind, IPC__ANSWER_KIND__ANSWER_COMPLETE);
	/* Expired, before and after the tick. */
	for (int i = 0; i < 2; i++) {
		init("https://gw.example.com/", "staff");
		world_pass(180);
		if (i == 1)
			login_table_tick(logins);
		reply_as("alice");
		expect_form("Staff", true);
		assert_int_equal(checks_len, 0);
	}
	/* Just in time. */
	init("https://gw.example.com/", "staff");
	world_pass(179);
	login_table_tick(logins);
	reply_as("alice");
	assert_int_equal(checks_len, 1);
	checked(LOCAL_OK);
	assert_int_equal(seen.kind, IPC__ANSWER_KIND__ANSWER_COMPLETE);
	/* From another configuration. */
	init("https://gw.example.com/", "staff");
	memcpy(handle, seen.handle, sizeof(handle));
	reply(&(struct reply){
	    .handle = handle, .hash = "1700000000122", .username = "alice", .password = "secret"});
	expect_form("Staff", true);
	init("https://gw.example.com/", "staff");
	memcpy(handle, seen.handle, sizeof(handle));
	reply(&(struct reply){
	    .handle = handle, .hash = "", .username = "alice", .password = "secret"});
	expect_form("Staff", true);
	assert_int_equal(checks_len, 0);
}

/* The whole login has its time, fresh handles or not. */
static void
test_login_time(void **state)
{
	(void)state;
	init("https://gw.example.com/", "staff");
	for (int i = 0; i < 2; i++) {
		world_pass(170);
		reply_as("alice");
		checked(LOCAL_BAD_PASSWORD);
		expect_form("Staff", true);
	}
	world_pass(179);
	reply_as("alice");
	assert_int_equal(checks_len, 1);
	world_pass(100);
	checked(LOCAL_BAD_PASSWORD);
	assert_int_equal(seen.kind, IPC__ANSWER_KIND__ANSWER_REFUSED);
}

/* protocol.md 2.5: another group's name in the reply gets that group's form, and logs nobody in. */
static void
test_group_change(void **state)
{
	char handle[TOKEN_TEXT_SIZE];

	(void)state;
	init("https://gw.example.com/", "staff");
	memcpy(handle, seen.handle, sizeof(handle));
	reply(&(struct reply){
	    .handle = handle, .select = "partners", .username = "alice", .password = "secret"});
	expect_form("Partners", false);
	assert_int_equal(checks_len, 0);
	assert_int_equal(login_table_len(logins), 1);
	/* The same group: goes on, in any case. */
	memcpy(handle, seen.handle, sizeof(handle));
	reply(&(struct reply){
	    .handle = handle, .select = "PARTNERS", .username = "alice", .password = "secret"});
	assert_int_equal(checks_len, 1);
	checked(LOCAL_OK);
	assert_int_equal(seen.kind, IPC__ANSWER_KIND__ANSWER_COMPLETE);
	assert_string_equal(seen.group, "Partners");
	/* Settled by URL: the choice means nothing. */
	init("https://gw.example.com/staff-url", "");
	memcpy(handle, seen.handle, sizeof(handle));
	reply(&(struct reply){
	    .handle = handle, .select = "partners", .username = "alice", .password = "secret"});
	assert_int_equal(checks_len, 1);
	checked(LOCAL_OK);
	assert_string_equal(seen.group, "Staff");
}

static void
test_bad_fields(void **state)
{
	static const struct reply cases[] = {
	    {.username = NULL, .password = NULL},
	    {.username = "alice", .password = NULL},
	    {.username = NULL, .password = "secret"},
	    {.username = "", .password = "secret"},
	    {.username = "alice", .password = ""},
	    {.username = "alice", .password = "sec\0ret", .password_len = 7},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct reply what = cases[i];
		char handle[TOKEN_TEXT_SIZE];

		init("https://gw.example.com/", "staff");
		memcpy(handle, seen.handle, sizeof(handle));
		what.handle = handle;
		reply(&what);
		expect_form("Staff", true);
		assert_int_equal(checks_len, 0);
	}
}

static void
test_verifier_full(void **state)
{
	(void)state;
	verifier_full = true;
	init("https://gw.example.com/", "staff");
	reply_as("alice");
	expect_form("Staff", true);
}

static void
test_no_facts(void **state)
{
	Ipc__AuthInit init_msg = IPC__AUTH_INIT__INIT;
	Ipc__AuthReply reply_msg = IPC__AUTH_REPLY__INIT;
	Ipc__ClientFacts facts = IPC__CLIENT_FACTS__INIT;

	(void)state;
	login_init(logins, &init_msg, on_seen, &seen);
	assert_int_equal(seen.kind, IPC__ANSWER_KIND__ANSWER_REFUSED);
	login_reply(logins, &reply_msg, on_seen, &seen);
	assert_int_equal(seen.kind, IPC__ANSWER_KIND__ANSWER_REFUSED);
	init_msg.facts = reply_msg.facts = &facts;
	login_init(logins, &init_msg, on_seen, &seen);
	login_reply(logins, &reply_msg, on_seen, &seen);
	assert_int_equal(seen.count, 4);
	assert_int_equal(seen.kind, IPC__ANSWER_KIND__ANSWER_REFUSED);
}

/* One source cannot fill the table; its own oldest handles go. */
static void
test_source_limit(void **state)
{
	char first[TOKEN_TEXT_SIZE], second[TOKEN_TEXT_SIZE];

	(void)state;
	init("https://gw.example.com/", "staff");
	memcpy(first, seen.handle, sizeof(first));
	init("https://gw.example.com/", "staff");
	memcpy(second, seen.handle, sizeof(second));
	for (int i = 0; i < LOGIN_SOURCE_MAX - 1; i++)
		init("https://gw.example.com/", "staff");
	assert_int_equal(login_table_len(logins), LOGIN_SOURCE_MAX);
	reply(&(struct reply){.handle = second, .username = "alice", .password = "secret"});
	assert_int_equal(checks_len, 1);
	checked(LOCAL_OK);
	reply(&(struct reply){.handle = first, .username = "alice", .password = "secret"});
	expect_form("Staff", true);
	assert_int_equal(checks_len, 0);
}

/* Ended while a password is being checked: the request is answered all the same. */
static void
test_end_while_checking(void **state)
{
	(void)state;
	init("https://gw.example.com/", "staff");
	reply_as("alice");
	assert_int_equal(checks_len, 1);
	login_table_free(logins);
	assert_int_equal(seen.kind, IPC__ANSWER_KIND__ANSWER_REFUSED);
	checks_len = 0;
	logins = make_logins();
}

/* ---- the tunnel group's own settings ---- */

#define POLICY_GROUP(name, policy)                                                                 \
	" { name = \"" name "\"; general-attributes = { default-group-policy = \"" policy          \
	"\"; }; "                                                                                  \
	"webvpn-attributes = { group-alias = ( { name = \"" name "\"; } ); }; }"
#define GROUP(name, general)                                                                       \
	" { name = \"" name                                                                        \
	"\"; general-attributes = { default-group-policy = \"Staff\"; " general                    \
	" };\n   webvpn-attributes = { group-alias = ( { name = \"" name "\"; } ); }; }"

static void
test_strip(void **state)
{
	static const struct {
		const char *group, *typed, *checked;
	} cases[] = {
	    {"plain", "alice", "alice"},
	    {"plain", "alice@corp", "alice@corp"},
	    {"realm", "alice@corp", "alice"},
	    {"realm", "alice", "alice"},
	    {"realm", "@corp", ""},
	    {"realm",
		"alice@012345678901234567890123456789012345678901234567890123456789.example.com",
		"alice"},
	    {"group", "alice#staff", "alice"},
	    {"both", "alice@corp#staff", "alice"},
	};
	static const struct world_file files[] = {{"tunnel-groups.conf",
	    "group-delimiter = \"#\"; webvpn = { tunnel-group-list = true; };\n"
	    "tunnel-groups = (\n" GROUP("plain", "") ",\n" GROUP(
		"realm", "strip-realm = true;") ",\n" GROUP("group",
		"strip-group = true;") ",\n" GROUP("both",
		"strip-realm = true; strip-group = true;") ",\n"
							   " { name = \"Partners\"; } );\n"}};

	(void)state;
	again(files, 1);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		init("https://gw.example.com/", cases[i].group);
		expect_form(cases[i].group, false);
		reply_as(cases[i].typed);
		assert_int_equal(checks_len, 1);
		assert_string_equal(checks[0].username, cases[i].checked);
		fresh_done = NULL;
		checked(strcmp(cases[i].checked, "alice") == 0 ? LOCAL_OK : LOCAL_NO_USER);
		if (fresh_done != NULL)
			fresh_done(fresh_arg);
		if (strcmp(cases[i].checked, "alice") != 0) {
			expect_form(cases[i].group, true);
			continue;
		}
		assert_int_equal(seen.kind, IPC__ANSWER_KIND__ANSWER_COMPLETE);
		assert_string_equal(seen.username, "alice");
		assert_string_equal(
		    session_find_token(world.sessions, seen.token)->username, "alice");
	}
}

/* A group whose servers cannot be asked, and one whose policy lets nobody in: the same as a wrong
 * password, after the same work, but on a password of nobody: what was typed is not looked at. */
static void
test_closed(void **state)
{
	static const struct world_file files[] = {
	    {"tunnel-groups.conf",
		"webvpn = { tunnel-group-list = true; };\n"
		"tunnel-groups = (\n" GROUP("radius",
		    "authentication-server-group = [ \"ISE\" ];") ",\n" POLICY_GROUP("Nobody",
		    "Nobody") ",\n" POLICY_GROUP("Noclient",
		    "Noclient") ",\n { name = \"Partners\"; } );\n"},
	    {"aaa.conf", "aaa-server-groups = ( { name = \"ISE\"; hosts = ( { address = "
			 "\"192.0.2.1\"; } ); } );\n"},
	    {"group-policies.conf",
		"group-policies = ( { name = \"Staff\"; }, { name = \"Nobody\"; attributes = { "
		"vpn-simultaneous-logins = 0; "
		"}; }, { name = \"Noclient\"; attributes = { "
		"vpn-tunnel-protocol = [ \"ikev2\" ]; }; } "
		");\n"},
	    {"users.conf",
		"usernames = ( { name = \"alice\"; password = \"" HELP_HASH "\"; } );\n"},
	};
	static const char *const groups[] = {"radius", "Nobody", "Noclient"};

	(void)state;
	again(files, ARRAY_LEN(files));
	for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
		init("https://gw.example.com/", groups[i]);
		expect_form(groups[i], false);
		reply_as("alice");
		assert_int_equal(checks_len, 1);
		assert_string_equal(checks[0].username, "");
		assert_string_equal(checks[0].password, "nobody");
		checked(LOCAL_NO_USER);
		expect_form(groups[i], true);
		reply_as("alice");
		checked(LOCAL_NO_USER);
		expect_form(groups[i], true);
	}
	assert_int_equal(session_table_len(world.sessions), 0);
}

#define HOURS_POLICIES                                                                             \
	"group-policies = ( { name = \"Staff\"; attributes = { vpn-access-hours = \"then\"; }; "   \
	"},\n"                                                                                     \
	" { name = \"Partners\"; }, { name = \"Nobody\"; }, { name = \"Locked\"; }, { name = "     \
	"\"Noclient\"; } );\n"                                                                     \
	"ip-local-pools = ( { name = \"POOL\"; range = \"192.168.100.1-192.168.100.200\"; },\n"    \
	" { name = \"SMALL\"; range = \"10.9.0.1-10.9.0.2\"; } );\n"                               \
	"ipv6-local-pools = ( { name = \"POOL6\"; prefix = \"fd00:100::10/64\"; size = 100; } "    \
	");\n"

static void
test_hours(void **state)
{
	char start_at[64], end_at[64], policies[2048];
	time_t begins, ends;
	struct tm tm;
	const struct world_file files[] = {{"group-policies.conf", policies}};

	(void)state;
	/* From one minute after the test's clock to three, the last one counts. */
	begins = 1700000000 / 60 * 60 + 60;
	ends = begins + 120;
	localtime_r(&begins, &tm);
	strftime(start_at, sizeof(start_at), "%H:%M %-d %B %Y", &tm);
	localtime_r(&ends, &tm);
	strftime(end_at, sizeof(end_at), "%H:%M %-d %B %Y", &tm);
	snprintf(policies, sizeof(policies),
	    HOURS_POLICIES
	    "time-ranges = ( { name = \"then\"; absolute = \"start %s end %s\"; } );\n",
	    start_at, end_at);
	again(files, 1);
	init("https://gw.example.com/", "staff");
	reply_as("alice");
	checked(LOCAL_OK);
	expect_form("Staff", true);
	world_pass(60);
	reply_as("alice");
	checked(LOCAL_OK);
	assert_int_equal(seen.kind, IPC__ANSWER_KIND__ANSWER_COMPLETE);
	/* The hours are over: no login, but who is in may stay, and come back after a lost tunnel.
	 */
	struct world_opened opened = {0};
	char token[TOKEN_TEXT_SIZE];
	memcpy(token, seen.token, sizeof(token));
	world_tunnel_open(&world, 0, token, true, false, &opened);
	world_pass(300);
	init("https://gw.example.com/", "staff");
	reply_as("bob");
	checked(LOCAL_OK);
	expect_form("Staff", true);
	session_table_tick(world.sessions);
	world_tunnel_closed(&world, 0, opened.session, IPC__CLOSE_CAUSE__CLOSE_LOST, 0, 0);
	world_tunnel_open(&world, 0, token, true, false, &opened);
	assert_int_equal(opened.status, IPC__OPEN_STATUS__OPEN_OK);
}

static void
test_custom_attributes(void **state)
{
	static const struct world_file files[] = {
	    {"tunnel-groups.conf",
		"webvpn = { tunnel-group-list = true; anyconnect-custom-attr = ( { type = "
		"\"perapp\"; "
		"} ); };\n"
		"tunnel-groups = (\n" GROUP("Staff", "") ", { name = \"Partners\"; } );\n"},
	    {"users.conf",
		"usernames = ( { name = \"alice\"; password = \"" HELP_HASH "\"; attributes = {\n"
		" anyconnect-custom = ( { type = \"perapp\"; value = [ \"a.example\", "
		"\"b.example\" ]; } ); }; } );\n"},
	};

	(void)state;
	again(files, ARRAY_LEN(files));
	init("https://gw.example.com/", "Staff");
	reply_as("alice");
	checked(LOCAL_OK);
	assert_int_equal(seen.kind, IPC__ANSWER_KIND__ANSWER_COMPLETE);
	assert_int_equal(seen.customs, 1);
	assert_string_equal(seen.custom, "perapp=a.example,b.example");
}

/* ---- the limit of sessions ---- */

/* Who goes is decided on fresh counters: those of a session that is up are old by half a minute. */
static void
test_crowded(void **state)
{
	struct world_opened opened = {0};
	char tokens[2][TOKEN_TEXT_SIZE];

	(void)state;
	assert_non_null(world_login(&world, "alice", "Staff", tokens[0]));
	world_tunnel_open(&world, 0, tokens[0], true, false, &opened);
	world_pass(20);
	assert_non_null(world_login(&world, "alice", "Staff", tokens[1]));
	world_pass(5);
	init("https://gw.example.com/", "staff");
	reply_as("alice");
	checked(LOCAL_OK);
	assert_non_null(fresh_done);
	assert_int_equal(seen.count, 1);
	/* The first has had data a second ago, the second never. */
	world_stats(&world, 0, opened.session, 100, 1);
	fresh_done(fresh_arg);
	assert_int_equal(seen.kind, IPC__ANSWER_KIND__ANSWER_COMPLETE);
	assert_non_null(session_find_token(world.sessions, tokens[0]));
	assert_null(session_find_token(world.sessions, tokens[1]));
	/* With room, or a limit of one, nobody needs to be asked. */
	fresh_done = NULL;
	for (int i = 0; i < 2; i++) {
		init("https://gw.example.com/", "partners");
		reply_as("bob");
		checked(LOCAL_OK);
		assert_int_equal(seen.kind, IPC__ANSWER_KIND__ANSWER_COMPLETE);
	}
	assert_null(fresh_done);
	/* Ended while it waits. */
	init("https://gw.example.com/", "staff");
	reply_as("alice");
	checked(LOCAL_OK);
	assert_non_null(fresh_done);
	login_table_free(logins);
	assert_int_equal(seen.kind, IPC__ANSWER_KIND__ANSWER_REFUSED);
	logins = make_logins();
}

/* ---- reload ---- */

/* A login goes on with what it began with; the next one has the new. */
static void
test_reload(void **state)
{
	static const struct world_file files[] = {
	    {"tunnel-groups.conf", "tunnel-groups = ( { name = \"Partners\"; } );\n"},
	    {"group-policies.conf", "group-policies = ( { name = \"Staff\"; attributes = { "
				    "vpn-idle-timeout = 99; }; },\n"
				    " { name = \"Partners\"; } );\n"},
	    {"users.conf", "usernames = ( { name = \"bob\"; password = \"" HELP_HASH "\"; } );\n"},
	};
	struct conf *old;

	(void)state;
	init("https://gw.example.com/", "staff");
	old = conf_ref(world.conf);
	world_reload(&world, files, ARRAY_LEN(files));
	login_table_use(logins, world.conf, GENERATION + 1);
	/* The alias is one of the old configuration. */
	char handle[TOKEN_TEXT_SIZE];
	memcpy(handle, seen.handle, sizeof(handle));
	reply(&(struct reply){
	    .handle = handle, .select = "Staff", .username = "alice", .password = "secret"});
	assert_int_equal(checks_len, 1);
	assert_ptr_equal(checks[0].conf, old);
	checked(LOCAL_BAD_PASSWORD);
	expect_form("Staff", true);
	assert_int_equal(seen.options, 2);
	reply_as("alice");
	checked(LOCAL_OK);
	assert_int_equal(seen.kind, IPC__ANSWER_KIND__ANSWER_COMPLETE);
	assert_string_equal(seen.banner, "hello staff");
	struct session *session = session_find_token(world.sessions, seen.token);
	assert_ptr_equal(session->conf, old);
	assert_int_equal(session->limits.idle_sec, 600);
	conf_unref(old);
	/* The session's configuration lives as long as it does. */
	struct inherit inherit;
	assert_int_equal(session_inherit(session, &inherit), ERR_OK);
	assert_string_equal(inherit.group_policy, "Staff");

	init("https://gw.example.com/", "staff");
	assert_string_equal(seen.group, "DefaultWEBVPNGroup");
	assert_string_equal(seen.hash, "1700000000124");
	reply(&(struct reply){.handle = seen.handle,
	    .hash = "1700000000124",
	    .username = "bob",
	    .password = "secret"});
	assert_int_equal(checks_len, 1);
	assert_ptr_equal(checks[0].conf, world.conf);
	checked(LOCAL_NO_USER);
}

/* ---- certificates ---- */

static const struct world_file map_files[] = {{"tunnel-groups.conf",
    "webvpn = { tunnel-group-list = true;\n"
    " certificate-group-map = ( { map = \"M\"; sequence = 10; tunnel-group = \"Partners\"; } ); "
    "};\n"
    "certificate-maps = ( { name = \"M\"; sequence = 10; criteria = [ \"subject-name attr ou eq "
    "Partner\" ]; } );\n"
    "tunnel-groups = (\n" GROUP("Staff", "") ",\n" GROUP("Partners", "") " );\n"}};

static ProtobufCBinaryData one_certificate[64];

static void
init_with_certificates(size_t count, size_t bytes)
{
	static uint8_t der[ARRIVAL_CERTIFICATE_BYTES + 1];
	Ipc__AuthInit msg = IPC__AUTH_INIT__INIT;
	Ipc__ClientFacts facts;

	world_facts(&facts);
	for (size_t i = 0; i < count; i++)
		one_certificate[i] = (ProtobufCBinaryData){.len = bytes, .data = der};
	facts.n_certificate = count;
	facts.certificate = one_certificate;
	msg.facts = &facts;
	msg.group_access = (char *)"https://gw.example.com/";
	login_init(logins, &msg, on_seen, &seen);
}

/* pki's word: the leaf has this OU; NULL: it is not good. */
static void
verdict(const char *ou)
{
	Ipc__CertVerdict msg = IPC__CERT_VERDICT__INIT;
	Ipc__CertNames names = IPC__CERT_NAMES__INIT;
	Ipc__CertAttr attr = IPC__CERT_ATTR__INIT;
	Ipc__CertAttr *attrs[] = {&attr};

	attr.tag = (char *)"ou";
	attr.value = (char *)ou;
	names.subject = attrs;
	names.n_subject = 1;
	names.subject_name = (char *)"ou=x\n\033[31m";
	msg.ok = ou != NULL;
	msg.names = ou != NULL ? &names : NULL;
	msg.reason = (char *)"expired";
	assert_non_null(judge.fn);
	arrival_judged_fn fn = judge.fn;
	judge.fn = NULL;
	fn(&msg, judge.arg);
}

static void
test_certificate(void **state)
{
	(void)state;
	/* Without maps nobody is asked. */
	init_with_certificates(1, 100);
	expect_form("Staff", false);
	assert_int_equal(judge.asked, 0);

	again(map_files, 1);
	init_with_certificates(3, 100);
	assert_int_equal(judge.asked, 1);
	assert_int_equal(judge.certificates, 3);
	assert_int_equal(seen.count, 0);
	verdict("Partner");
	expect_form("Partners", false);
	assert_int_equal(seen.options, 0);
	reply_as("bob");
	checked(LOCAL_OK);
	assert_int_equal(seen.kind, IPC__ANSWER_KIND__ANSWER_COMPLETE);
	assert_string_equal(seen.group, "Partners");
	/* No map fits; it is not believed; pki does not answer; it cannot be asked. */
	init_with_certificates(1, 100);
	verdict("Staff");
	expect_form("Staff", false);
	init_with_certificates(1, 100);
	verdict(NULL);
	expect_form("Staff", false);
	init_with_certificates(1, 100);
	judge.fn(NULL, judge.arg);
	expect_form("Staff", false);
	assert_int_equal(judge.asked, 4);
	judge.err = ERR_CLOSED;
	init_with_certificates(1, 100);
	expect_form("Staff", false);
	judge.err = ERR_OK;
	/* More than a client has any use for. */
	init_with_certificates(ARRIVAL_CERTIFICATES_MAX + 1, 1);
	expect_form("Staff", false);
	init_with_certificates(1, ARRIVAL_CERTIFICATE_BYTES + 1);
	expect_form("Staff", false);
	assert_int_equal(judge.asked, 4);
	/* Names without end. */
	static char big[ARRIVAL_NAMES_MAX + 1];
	memset(big, 'x', sizeof(big) - 1);
	init_with_certificates(1, 100);
	verdict(big);
	expect_form("Staff", false);
	/* A reply to no form is judged like an init. */
	Ipc__AuthReply msg = IPC__AUTH_REPLY__INIT;
	Ipc__ClientFacts facts;
	world_facts(&facts);
	facts.n_certificate = 1;
	facts.certificate = one_certificate;
	msg.facts = &facts;
	login_reply(logins, &msg, on_seen, &seen);
	verdict("Partner");
	expect_form("Partners", true);
}

/* Many at once: a limit, after which it goes on without; and a reload in between. */
static void
test_certificates_many(void **state)
{
	static struct {
		arrival_judged_fn fn;
		void *arg;
	} waiting[ARRIVAL_JUDGED_MAX];

	(void)state;
	again(map_files, 1);
	for (size_t i = 0; i < ARRIVAL_JUDGED_MAX; i++) {
		init_with_certificates(1, 100);
		waiting[i].fn = judge.fn;
		waiting[i].arg = judge.arg;
	}
	assert_int_equal(seen.count, 0);
	init_with_certificates(1, 100);
	expect_form("Staff", false);
	assert_int_equal(judge.asked, ARRIVAL_JUDGED_MAX);
	world_reload(&world, NULL, 0);
	login_table_use(logins, world.conf, GENERATION);
	for (size_t i = 0; i < ARRIVAL_JUDGED_MAX; i++) {
		judge.fn = waiting[i].fn;
		judge.arg = waiting[i].arg;
		verdict("Partner");
		expect_form("Partners", false);
	}
	assert_int_equal(seen.count, ARRIVAL_JUDGED_MAX + 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_form),
	    TEST(test_success),
	    TEST(test_uniform),
	    TEST(test_retry),
	    TEST(test_attempts),
	    TEST(test_handles),
	    TEST(test_login_time),
	    TEST(test_group_change),
	    TEST(test_bad_fields),
	    TEST(test_verifier_full),
	    TEST(test_no_facts),
	    TEST(test_source_limit),
	    TEST(test_end_while_checking),
	    TEST(test_strip),
	    TEST(test_closed),
	    TEST(test_hours),
	    TEST(test_custom_attributes),
	    TEST(test_crowded),
	    TEST(test_reload),
	    TEST(test_certificate),
	    TEST(test_certificates_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
