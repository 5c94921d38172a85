/* SPDX-License-Identifier: Apache-2.0 */
/* The login state machine, edge by edge: the test plays the client and the password checker. */
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
};

/* A check of a password that waits for the test's word. */
struct check {
	char username[SESSION_NAME_SIZE];
	char password[64];
	local_done_fn done;
	void *arg;
};

static struct world world;
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
	for (size_t i = 0; i < answer->n_option && i < 4; i++) {
		snprintf(out->option[i], sizeof(out->option[i]), "%s", answer->option[i]->value);
		out->selected[i] = answer->option[i]->selected;
	}
}

static enum err
on_verify(
    void *verifier, const char *username, struct secret *password, local_done_fn done, void *arg)
{
	struct check *check = &checks[checks_len];

	(void)verifier;
	if (verifier_full) {
		secret_free(password);
		return ERR_LIMIT;
	}
	assert_true(checks_len < ARRAY_LEN(checks));
	snprintf(check->username, sizeof(check->username), "%s", username);
	snprintf(check->password, sizeof(check->password), "%s", secret_cstr(password));
	secret_free(password);
	check->done = done;
	check->arg = arg;
	checks_len++;
	return ERR_OK;
}

static int
setup(void **state)
{
	struct login_config config = {.generation = GENERATION, .verify = on_verify};

	(void)state;
	world_make(&world, NULL, 0);
	config.conf = world.conf;
	config.sessions = world.sessions;
	logins = login_table_new(&config);
	memset(&seen, 0, sizeof(seen));
	checks_len = 0;
	verifier_full = false;
	return logins == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	login_table_free(logins);
	world_break(&world);
	return 0;
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
	checks[checks_len].done(result, checks[checks_len].arg);
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
	struct login_config config = {.generation = GENERATION, .verify = on_verify};

	(void)state;
	init("https://gw.example.com/", "staff");
	reply_as("alice");
	assert_int_equal(checks_len, 1);
	login_table_free(logins);
	assert_int_equal(seen.kind, IPC__ANSWER_KIND__ANSWER_REFUSED);
	checks_len = 0;
	config.conf = world.conf;
	config.sessions = world.sessions;
	logins = login_table_new(&config);
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
