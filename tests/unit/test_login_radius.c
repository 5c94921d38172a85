/* SPDX-License-Identifier: Apache-2.0 */
/* Logins whose passwords servers look at: the test plays the client and the servers. */
#include "tests/unit/ask_help.h"
#include "tests/unit/auth_help.h"

#include "auth/login.h"
#include "auth/radius_profile.h"

#define HASH_TEXT "17"
#define GROUP(name, general, webvpn)                                                               \
	" { name = \"" name "\"; general-attributes = { default-group-policy = \"Staff\"; "        \
	"address-pool = \"POOL\"; authentication-server-group = \"RAD\"; " general " };\n"         \
	"   webvpn-attributes = { " webvpn " group-alias = ( { name = \"" name "\"; } ); }; }"

static const struct world_file files[] = {
    {"tunnel-groups.conf",
	"webvpn = { tunnel-group-list = true; };\n"
	"tunnel-groups = (\n" GROUP("rad", "", "") ",\n" GROUP(
	    "told", "", "radius-reject-message = true;") ",\n" GROUP("two",
	    "secondary-authentication-server-group = \"RAD\";", "") ",\n" GROUP("authz",
	    "authorization-server-group = \"RAD\"; authorization-required = true;",
	    "") ",\n" GROUP("lax", "authorization-server-group = \"RAD\";", "") ",\n" GROUP("sdi",
	    "", "proxy-auth = \"sdi\";") ",\n" GROUP("managed", "password-management = true;",
	    "") ",\n { name = \"Partners\"; } );\n"},
    {"aaa.conf", "aaa-server-groups = ( { name = \"RAD\"; hosts = ( { address = \"192.0.2.1\"; "
		 "key = \"secret\"; } ); } );\n"},
};

/* A question that waits for the test's word. */
struct asked {
	enum aaa_purpose purpose;
	char username[65], password[65], new_password[65], state[300], audit_id[25];
	bool has_password;
	size_t state_len;
	struct ip_addr server;
	uint32_t index;
	bool management, cancelled;
	aaa_done_fn done;
	void *arg;
};

static struct world world;
static struct arrivals *arrivals;
static struct login_table *logins;
static struct asked asked[512];
static size_t asked_len;
static size_t room; /* for so many questions */
static struct {
	unsigned count;
	Ipc__AnswerKind kind;
	char auth_id[32], handle[TOKEN_TEXT_SIZE], error[512], message[2048], token[65],
	    inputs[256];
	uint32_t error_id;
} seen;

static void
on_seen(const Ipc__AuthAnswer *answer, void *arg)
{
	size_t at = 0;

	(void)arg;
	seen.count++;
	seen.kind = answer->kind;
	snprintf(seen.auth_id, sizeof(seen.auth_id), "%s", answer->auth_id);
	snprintf(seen.handle, sizeof(seen.handle), "%s", answer->handle);
	snprintf(seen.error, sizeof(seen.error), "%s", answer->error);
	snprintf(seen.message, sizeof(seen.message), "%s", answer->message_param1);
	snprintf(seen.token, sizeof(seen.token), "%s", answer->session_token);
	seen.error_id = answer->error_id;
	seen.inputs[0] = '\0';
	for (size_t i = 0; i < answer->n_input; i++)
		at += (size_t)snprintf(seen.inputs + at, sizeof(seen.inputs) - at, "%s%s",
		    i > 0 ? " " : "", answer->input[i]->name);
}

static enum err
on_ask(void *asker, const struct aaa_question *question, aaa_done_fn done, void *arg,
    struct aaa_ask **ask)
{
	struct asked *out = &asked[asked_len];

	(void)asker;
	if (asked_len >= room) {
		secret_free(question->password);
		secret_free(question->new_password);
		return ERR_LIMIT;
	}
	memset(out, 0, sizeof(*out));
	out->purpose = question->purpose;
	snprintf(out->username, sizeof(out->username), "%s", question->who.username);
	snprintf(out->audit_id, sizeof(out->audit_id), "%s", question->who.audit_id);
	out->has_password = question->password != NULL;
	if (question->password != NULL)
		snprintf(
		    out->password, sizeof(out->password), "%s", secret_cstr(question->password));
	if (question->new_password != NULL)
		snprintf(out->new_password, sizeof(out->new_password), "%s",
		    secret_cstr(question->new_password));
	secret_free(question->password);
	secret_free(question->new_password);
	out->state_len = question->state_len;
	assert_true(out->state_len <= sizeof(out->state));
	if (out->state_len > 0)
		memcpy(out->state, question->state, out->state_len);
	if (question->server != NULL)
		out->server = *question->server;
	out->index = question->who.index;
	out->management = question->password_management;
	out->done = done;
	out->arg = arg;
	*ask = (struct aaa_ask *)out;
	asked_len++;
	return ERR_OK;
}

static void
on_cancel(struct aaa_ask *ask)
{
	((struct asked *)ask)->cancelled = true;
}

static enum err
on_judge(void *arg, const Ipc__CertJudge *msg, arrival_judged_fn fn, void *fn_arg)
{
	(void)arg, (void)msg, (void)fn, (void)fn_arg;
	return ERR_CLOSED;
}

static int
setup(void **state)
{
	(void)state;
	world_make(&world, files, ARRAY_LEN(files));
	memset(&seen, 0, sizeof(seen));
	asked_len = 0;
	room = ARRAY_LEN(asked);
	arrivals = arrivals_new(on_judge, NULL);
	const struct login_config config = {.conf = world.conf,
	    .generation = 17,
	    .sessions = world.sessions,
	    .arrivals = arrivals,
	    .ask = on_ask,
	    .cancel = on_cancel};
	logins = login_table_new(&config);
	assert_non_null(logins);
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

/* ---- the client ---- */

static void
init(const char *group)
{
	Ipc__AuthInit msg = IPC__AUTH_INIT__INIT;
	Ipc__ClientFacts facts;

	world_facts(&facts);
	msg.facts = &facts;
	msg.group_access = (char *)"https://gw.example.com/";
	msg.group_select = (char *)group;
	login_init(logins, &msg, on_seen, NULL);
}

/* Names and values in turn, NULL at the end; to the form last seen. */
static void
reply(const char *const *fields)
{
	Ipc__AuthReply msg = IPC__AUTH_REPLY__INIT;
	Ipc__ClientFacts facts;
	Ipc__Field field[4], *refs[4];
	char handle[TOKEN_TEXT_SIZE], values[4][300];

	memcpy(handle, seen.handle, sizeof(handle));
	world_facts(&facts);
	msg.facts = &facts;
	msg.handle = handle;
	msg.config_hash = (char *)HASH_TEXT;
	msg.group_select = (char *)"";
	msg.field = refs;
	for (; fields[0] != NULL; fields += 2) {
		Ipc__Field *one = refs[msg.n_field] = &field[msg.n_field];

		ipc__field__init(one);
		one->name = (char *)fields[0];
		snprintf(values[msg.n_field], sizeof(values[0]), "%s", fields[1]);
		one->value.data = (uint8_t *)values[msg.n_field++];
		one->value.len = strlen(fields[1]);
	}
	login_reply(logins, &msg, on_seen, NULL);
}

#define REPLY(...) reply((const char *const[]){__VA_ARGS__, NULL})

static void
enter(const char *group, const char *user)
{
	init(group);
	REPLY("username", user, "password", "secret");
}

/* ---- the server ---- */

static struct ip_addr
server(void)
{
	struct ip_addr addr;

	assert_int_equal(ip_parse("192.0.2.1", &addr), ERR_OK);
	return addr;
}

static void
say(size_t which, struct aaa_answer answer)
{
	aaa_done_fn done = asked[which].done;

	assert_non_null(done);
	assert_false(asked[which].cancelled);
	asked[which].done = NULL;
	answer.server = server();
	answer.server_group = "RAD";
	if (answer.message == NULL)
		answer.message = "";
	done(&answer, asked[which].arg);
}

/* The last question is answered. */
static void
say_last(struct aaa_answer answer)
{
	assert_true(asked_len > 0);
	say(asked_len - 1, answer);
}

static void
challenge(const char *message, const char *state)
{
	say_last((struct aaa_answer){.status = AAA_CHALLENGE,
	    .message = message,
	    .state = state,
	    .state_len = strlen(state)});
}

/* What it says of the user: a policy, and one attribute. */
static Ipc__AaaProfile *
profile(const char *policy, const char *name, const char *value)
{
	Ipc__AaaProfile whole = IPC__AAA_PROFILE__INIT;
	Ipc__AaaAttr attr = IPC__AAA_ATTR__INIT;
	Ipc__AaaAttr *refs[] = {&attr};
	char *values[] = {(char *)value};

	whole.server_group = (char *)"RAD";
	whole.group_policy = (char *)policy;
	attr.name = (char *)name;
	attr.value = values;
	attr.n_value = 1;
	attr.origin = (char *)"test";
	whole.attr = refs;
	whole.n_attr = name != NULL ? 1 : 0;
	return radius_profile_copy(&whole);
}

static void
accept_with(Ipc__AaaProfile *its)
{
	say_last((struct aaa_answer){.status = AAA_ACCEPT, .profile = its});
}

static struct session *
expect_session(const char *username)
{
	struct session *session;

	assert_int_equal(seen.kind, IPC__ANSWER_KIND__ANSWER_COMPLETE);
	session = session_find_token(world.sessions, seen.token);
	assert_non_null(session);
	assert_string_equal(session->username, username);
	return session;
}

static void
expect_refused(void)
{
	assert_int_equal(seen.kind, IPC__ANSWER_KIND__ANSWER_FORM);
	assert_string_equal(seen.auth_id, "main");
	assert_string_equal(seen.error, "Login failed.");
	assert_int_equal(seen.error_id, 88);
	assert_int_equal(session_table_len(world.sessions), 0);
}

/* ---- tests ---- */

static void
test_accept(void **state)
{
	struct session *session;
	struct inherit inherit;
	char token[TOKEN_TEXT_SIZE];

	(void)state;
	enter("rad", "tom");
	assert_string_equal(asked[0].username, "tom");
	assert_string_equal(asked[0].password, "secret");
	assert_true(asked[0].index > 0);
	assert_int_equal(strlen(asked[0].audit_id), 24);
	accept_with(profile("Partners", "banner", "from afar"));
	session = expect_session("tom");
	assert_int_equal(session->index, asked[0].index);
	assert_string_equal(session->audit_id, asked[0].audit_id);
	assert_string_equal(session->group_policy, "Partners");
	assert_int_equal(session_inherit(session, &inherit), ERR_OK);
	assert_string_equal(inherit_str(&inherit, GPA_BANNER), "from afar");
	/* The same after a restart. */
	memcpy(token, seen.token, sizeof(token));
	login_table_free(logins);
	logins = NULL;
	world_restart(&world);
	session = session_find_token(world.sessions, token);
	assert_non_null(session);
	assert_string_equal(session->group_policy, "Partners");
	assert_int_equal(session_inherit(session, &inherit), ERR_OK);
	assert_string_equal(inherit_str(&inherit, GPA_BANNER), "from afar");
}

/* An entry of users.conf is not his whom a server knows by that name. */
static void
test_not_local(void **state)
{
	(void)state;
	enter("rad", "none");
	accept_with(profile("", NULL, NULL));
	assert_string_equal(expect_session("none")->group_policy, "Staff");
}

static void
test_rounds(void **state)
{
	char handle[TOKEN_TEXT_SIZE];
	struct ip_addr its = server();

	(void)state;
	enter("rad", "tom");
	memcpy(handle, seen.handle, sizeof(handle));
	challenge("your code?", "state-1");
	assert_string_equal(seen.auth_id, "challenge");
	assert_string_equal(seen.message, "your code?");
	assert_string_equal(seen.inputs, "answer");
	assert_string_not_equal(seen.handle, handle);
	REPLY("password", "111");
	assert_int_equal(asked_len, 2);
	assert_string_equal(asked[1].username, "tom");
	assert_string_equal(asked[1].password, "111");
	assert_int_equal(asked[1].state_len, 7);
	assert_memory_equal(asked[1].state, "state-1", 7);
	assert_true(ip_eq(&asked[1].server, &its));
	assert_int_equal(asked[1].index, asked[0].index);
	challenge("and now?", "state-2");
	REPLY("password", "");
	assert_true(asked[2].has_password);
	assert_string_equal(asked[2].password, "");
	assert_memory_equal(asked[2].state, "state-2", 7);
	say_last((struct aaa_answer){.status = AAA_REJECT, .message = "no"});
	expect_refused();
	/* From the beginning: nothing of the rounds is left. */
	REPLY("username", "tim", "password", "secret");
	assert_int_equal(asked[3].state_len, 0);
	assert_int_equal(asked[3].server.family, 0);
	accept_with(profile("", NULL, NULL));
	expect_session("tim");
}

static void
test_no_answer(void **state)
{
	(void)state;
	enter("rad", "tom");
	challenge("your code?", "x");
	REPLY("username", "tom");
	expect_refused();
	assert_int_equal(asked_len, 1);
}

static void
test_message(void **state)
{
	(void)state;
	enter("rad", "tom");
	say_last((struct aaa_answer){.status = AAA_REJECT, .message = "not today"});
	expect_refused();
	enter("told", "tom");
	say_last((struct aaa_answer){.status = AAA_REJECT, .message = "not today"});
	assert_string_equal(seen.error, "not today");
	assert_int_equal(seen.error_id, 0);
	assert_string_equal(seen.inputs, "username password");
	/* Nobody said anything. */
	enter("told", "tom");
	say_last((struct aaa_answer){.status = AAA_FAILED});
	expect_refused();
}

/* Two servers are asked at once; both challenges are seen, whatever else was said. */
static void
test_two(void **state)
{
	(void)state;
	init("two");
	REPLY("username", "tom", "password", "one", "secondary_username", "tim",
	    "secondary_password", "two");
	assert_int_equal(asked_len, 2);
	say(1, (struct aaa_answer){
		   .status = AAA_CHALLENGE, .message = "second?", .state = "b", .state_len = 1});
	say(0, (struct aaa_answer){
		   .status = AAA_CHALLENGE, .message = "first?", .state = "a", .state_len = 1});
	assert_string_equal(seen.message, "first?");
	REPLY("password", "111");
	assert_string_equal(asked[2].username, "tom");
	assert_memory_equal(asked[2].state, "a", 1);
	say_last((struct aaa_answer){.status = AAA_REJECT});
	assert_string_equal(seen.message, "second?");
	REPLY("password", "222");
	assert_string_equal(asked[3].username, "tim");
	assert_memory_equal(asked[3].state, "b", 1);
	accept_with(profile("", NULL, NULL));
	expect_refused();
}

static void
test_authorization(void **state)
{
	static const struct {
		const char *group;
		enum aaa_status status;
		bool good;
	} rows[] = {{"authz", AAA_ACCEPT, true}, {"authz", AAA_REJECT, false},
	    {"authz", AAA_FAILED, false}, {"lax", AAA_REJECT, true}, {"lax", AAA_FAILED, true}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		teardown(NULL);
		setup(NULL);
		enter(rows[i].group, "tom");
		accept_with(profile("Partners", "banner", "one"));
		assert_int_equal(asked_len, 2);
		assert_int_equal(asked[1].purpose, AAA_AUTHORIZE);
		assert_false(asked[1].has_password);
		assert_int_equal(asked[1].index, asked[0].index);
		if (rows[i].status == AAA_ACCEPT) {
			Ipc__AaaProfile *its = profile("", "banner", "two");
			struct inherit inherit;

			its->authorization = true;
			accept_with(its);
			assert_int_equal(session_inherit(expect_session("tom"), &inherit), ERR_OK);
			assert_string_equal(inherit_str(&inherit, GPA_BANNER), "two");
			assert_string_equal(inherit.group_policy, "Partners");
			continue;
		}
		say_last((struct aaa_answer){.status = rows[i].status});
		if (rows[i].good)
			expect_session("tom");
		else
			expect_refused();
	}
	/* An access list that cannot be had is no leave to go on without. */
	enter("lax", "tim");
	accept_with(profile("", NULL, NULL));
	say_last((struct aaa_answer){.status = AAA_REJECT, .no_acl = true});
	assert_string_equal(seen.error, "Login failed.");
}

/* Names that are not there. */
static void
test_missing(void **state)
{
	(void)state;
	enter("rad", "tom");
	accept_with(profile("", "vpn-filter", "no-such-list"));
	expect_refused();
	enter("rad", "tom");
	accept_with(profile("", "vpn-access-hours", "no-such-time"));
	expect_refused();
	enter("rad", "tom");
	accept_with(profile("NoSuchPolicy", "address-pools", "no-such-pool"));
	assert_string_equal(expect_session("tom")->group_policy, "Staff");
}

static void
test_silent_answers(void **state)
{
	(void)state;
	enter("sdi", "tom");
	challenge("Enter your new Alpha-Numerical PIN", "a");
	assert_string_equal(seen.inputs, "new_password verify_pin");
	REPLY("password", "4711");
	challenge("Reenter PIN:", "b");
	/* Nobody was asked. */
	assert_int_equal(asked_len, 3);
	assert_string_equal(asked[2].password, "4711");
	assert_memory_equal(asked[2].state, "b", 1);
	for (unsigned i = 0; i < 3; i++)
		challenge("Reenter PIN:", "c");
	assert_int_equal(asked_len, 6);
	/* Not without end. */
	challenge("Reenter PIN:", "d");
	assert_int_equal(asked_len, 6);
	assert_string_equal(seen.inputs, "new_password verify_pin");
}

static void
test_expired(void **state)
{
	(void)state;
	enter("managed", "tom");
	assert_true(asked[0].management);
	say_last((struct aaa_answer){.status = AAA_EXPIRED});
	assert_string_equal(seen.inputs, "new_password verify_password");
	assert_string_equal(seen.error, "");
	REPLY("new_password", "one", "verify_password", "two");
	assert_int_equal(asked_len, 1);
	assert_string_equal(seen.inputs, "new_password verify_password");
	assert_string_not_equal(seen.error, "");
	REPLY("password", "bad");
	assert_string_equal(asked[1].password, "secret");
	assert_string_equal(asked[1].new_password, "bad");
	say_last((struct aaa_answer){.status = AAA_EXPIRED});
	assert_string_equal(seen.inputs, "new_password verify_password");
	assert_string_not_equal(seen.error, "");
	/* The attempts are counted: the third is the last. */
	REPLY("new_password", "one", "verify_password", "two");
	assert_int_equal(seen.kind, IPC__ANSWER_KIND__ANSWER_REFUSED);
	enter("managed", "tom");
	say_last((struct aaa_answer){.status = AAA_EXPIRED});
	REPLY("password", "good");
	accept_with(profile("", NULL, NULL));
	expect_session("tom");
}

/* What nobody answers in time is forgotten, and the client is told. */
static void
test_time(void **state)
{
	unsigned count;

	(void)state;
	enter("two", "tom");
	assert_int_equal(asked_len, 0); /* the second is missing */
	init("two");
	REPLY("username", "tom", "password", "one", "secondary_username", "tim",
	    "secondary_password", "two");
	say(0, (struct aaa_answer){.status = AAA_ACCEPT, .profile = profile("", NULL, NULL)});
	count = seen.count;
	world_pass(599);
	login_table_tick(logins);
	assert_false(asked[1].cancelled);
	world_pass(1);
	login_table_tick(logins);
	assert_true(asked[1].cancelled);
	assert_int_equal(seen.count, count + 1);
	assert_int_equal(seen.kind, IPC__ANSWER_KIND__ANSWER_REFUSED);
	assert_string_equal(seen.error, "Login failed.");
}

static void
test_full(void **state)
{
	(void)state;
	room = 1;
	init("two");
	REPLY("username", "tom", "password", "one", "secondary_username", "tim",
	    "secondary_password", "two");
	assert_int_equal(asked_len, 1);
	assert_true(asked[0].cancelled);
	expect_refused();
}

/* Many at once, answered in another order; an index is nobody else's. */
static void
test_many(void **state)
{
	enum { MANY = 300 };

	(void)state;
	for (unsigned i = 0; i < MANY; i++) {
		char name[16];

		snprintf(name, sizeof(name), "user%u", i);
		enter("rad", name);
		for (unsigned k = 0; k < i; k++)
			assert_int_not_equal(asked[k].index, asked[i].index);
	}
	for (unsigned i = MANY; i-- > 0;) {
		say(i, (struct aaa_answer){.status = i < 3 ? AAA_ACCEPT : AAA_REJECT,
			   .profile = i < 3 ? profile("", NULL, NULL) : NULL});
		if (i < 3)
			assert_int_equal(seen.kind, IPC__ANSWER_KIND__ANSWER_COMPLETE);
	}
	assert_int_equal(session_table_len(world.sessions), 3);
}

/* Ended while a server is asked: the client is answered all the same. */
static void
test_end(void **state)
{
	(void)state;
	enter("managed", "tom");
	login_table_free(logins);
	logins = NULL;
	assert_int_equal(seen.kind, IPC__ANSWER_KIND__ANSWER_REFUSED);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_accept),
	    TEST(test_not_local),
	    TEST(test_rounds),
	    TEST(test_no_answer),
	    TEST(test_message),
	    TEST(test_two),
	    TEST(test_authorization),
	    TEST(test_missing),
	    TEST(test_silent_answers),
	    TEST(test_expired),
	    TEST(test_time),
	    TEST(test_full),
	    TEST(test_many),
	    TEST(test_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
