/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gateway/legacy_login.c over a real TLS client: what auth, which the test plays itself by a
 * script, is asked, and what the client is told. A form of another group is answered once with the
 * same fields, and never more often than that.
 */
#include "tests/unit/tls_help.h"

#include "common/log.h"
#include "gateway/conn.h"
#include "gateway/conns.h"
#include "tests/unit/conf_help.h"

#define TOKEN "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define STEPS_MAX 8
#define HOME "/+webvpn+/index.html"

/* A question that auth expects, and its answer. */
struct step {
	Ipc__MsgType type;
	const char *handle, *hash, *select; /* of a reply */
	Ipc__AnswerKind kind;
	const char *new_handle, *alias, *error, *id;
	const char *inputs[3]; /* types and names "text username" */
	const char *token;
};

struct desk {
	struct bed tls;
	struct ipc *auth;
	const struct step *steps;
	size_t at;
	bool mute; /* the question waits */
	uint32_t pending;
	char fields[256]; /* of the last reply: "name=value name=value" */
	char answer[65536];
};

/* ---- auth's side ---- */

static char *
text(const char *s)
{
	return (char *)(uintptr_t)(s != NULL ? s : "");
}

static void
answer(struct desk *desk, const struct step *step, uint32_t id)
{
	Ipc__AuthAnswer msg = IPC__AUTH_ANSWER__INIT;
	Ipc__FormInput inputs[3], *refs[3];

	msg.kind = step->kind;
	msg.handle = text(step->new_handle), msg.config_hash = text("18");
	msg.group_alias = text(step->alias), msg.error = text(step->error);
	msg.auth_id = text(step->id != NULL ? step->id : "main");
	msg.session_token = text(step->token != NULL ? step->token : TOKEN);
	msg.input = refs;
	for (size_t i = 0; i < 3 && step->inputs[i] != NULL; i++) {
		ipc__form_input__init(&inputs[i]);
		inputs[i].type = text(i > 0 ? "password" : "text");
		inputs[i].name = text(step->inputs[i]);
		refs[msg.n_input++] = &inputs[i];
	}
	assert_int_equal(
	    ipc_reply(desk->auth, id, IPC__MSG_TYPE__MSG_AUTH_ANSWER, &msg.base), ERR_OK);
}

static void
take(struct desk *desk, uint32_t id, Ipc__MsgType type, const Ipc__ClientFacts *facts)
{
	const struct step *step = &desk->steps[desk->at];

	assert_int_equal(step->type, type);
	assert_string_equal(facts->user_agent, "old");
	assert_string_equal(facts->device_os, "android");
	assert_string_equal(facts->unique_id, "00ff");
	assert_string_equal(facts->version, "4.10");
	assert_string_equal(facts->platform_version, "13");
	assert_string_equal(facts->device_type, "phone");
	assert_int_equal(facts->n_capability, 0);
	desk->at++;
	desk->pending = id;
	if (!desk->mute)
		answer(desk, step, id);
}

static void
handle_init(
    UNUSED struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, UNUSED int fd, void *arg)
{
	const Ipc__AuthInit *init = (const Ipc__AuthInit *)msg;

	assert_string_equal(init->group_access, "");
	assert_string_equal(init->group_select, "");
	assert_true(init->client_cert_fail);
	take(arg, id, IPC__MSG_TYPE__MSG_AUTH_INIT, init->facts);
}

static void
handle_reply(
    UNUSED struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, UNUSED int fd, void *arg)
{
	const Ipc__AuthReply *reply = (const Ipc__AuthReply *)msg;
	struct desk *desk = arg;
	const struct step *step = &desk->steps[desk->at];
	size_t at = 0;

	assert_string_equal(reply->handle, step->handle);
	assert_string_equal(reply->config_hash, step->hash);
	assert_string_equal(reply->group_select, step->select != NULL ? step->select : "");
	assert_int_equal(reply->n_chain, 0);
	desk->fields[0] = '\0';
	for (size_t i = 0; i < reply->n_field; i++)
		at += (size_t)snprintf(desk->fields + at, sizeof(desk->fields) - at, "%s%s=%.*s",
		    i > 0 ? " " : "", reply->field[i]->name, (int)reply->field[i]->value.len,
		    (const char *)reply->field[i]->value.data);
	take(desk, id, IPC__MSG_TYPE__MSG_AUTH_REPLY, reply->facts);
}

static const struct ipc_row auth_rows[] = {
    {.type = IPC__MSG_TYPE__MSG_AUTH_INIT, .handle = handle_init, .request = true},
    {.type = IPC__MSG_TYPE__MSG_AUTH_REPLY, .handle = handle_reply, .request = true},
};

static void
on_auth_closed(struct ipc *ipc, UNUSED const char *why, void *arg)
{
	struct desk *desk = arg;

	if (desk->tls.worker.auth == ipc)
		desk->tls.worker.auth = NULL;
	if (desk->auth == ipc)
		desk->auth = NULL;
	ipc_free(ipc);
}

/* ---- the desk ---- */

static void
client_connect(struct desk *desk)
{
	struct ip_endpoint endpoint = {
	    .addr = {.family = 4, .bytes = {192, 0, 2, 1}}, .port = 4711};
	int fd = bed_client(&desk->tls, TLS1_3_VERSION);
	bool done = false;

	assert_int_equal(
	    conn_accept(desk->tls.worker.conns, &desk->tls.worker, fd, &endpoint, &endpoint),
	    ERR_OK);
	for (unsigned i = 0; i < 100 && !done; i++) {
		done = client_handshake(&desk->tls);
		turn(&desk->tls);
	}
	assert_true(done);
	turns(&desk->tls, 3);
}

static struct desk *
desk_new(const struct step *steps)
{
	struct desk *desk = calloc(1, sizeof(*desk));
	struct ipc_config ours = {"auth", NULL, 0, on_auth_closed, desk};
	struct ipc_config theirs = {
	    "gateway", auth_rows, ARRAY_LEN(auth_rows), on_auth_closed, desk};
	struct log_config quiet = {.level = LOG_EMERG};
	int fds[2];

	assert_non_null(desk);
	log_init("test", &quiet);
	bed_init(&desk->tls, false);
	desk->tls.worker.conf = help_load_fine(NULL, NULL);
	assert_int_equal(ipc_pair(fds), ERR_OK);
	desk->tls.worker.auth = ipc_new(desk->tls.loop, fds[0], &ours);
	desk->auth = ipc_new(desk->tls.loop, fds[1], &theirs);
	desk->tls.worker.conns = conns_new(&desk->tls.worker);
	assert_non_null(desk->tls.worker.conns);
	desk->steps = steps;
	client_connect(desk);
	return desk;
}

static void
desk_free(struct desk *desk)
{
	struct conf *conf = (struct conf *)(uintptr_t)desk->tls.worker.conf;

	conns_stop_accepting(desk->tls.worker.conns);
	conns_free(desk->tls.worker.conns);
	ipc_free(desk->tls.worker.auth);
	ipc_free(desk->auth);
	bed_fini(&desk->tls);
	conf_unref(conf);
	free(desk);
}

static void
say(struct desk *desk, const char *method, const char *path, const char *body)
{
	char request[4096];
	int len = snprintf(request, sizeof(request),
	    "%s %s HTTP/1.1\r\nHost: gw.test\r\nUser-Agent: old\r\nX-Transcend-Version: 1\r\n"
	    "X-AnyConnect-Identifier-ClientVersion: 4.10\r\n"
	    "X-AnyConnect-Identifier-Platform: android\r\n"
	    "X-AnyConnect-Identifier-PlatformVersion: 13\r\n"
	    "X-AnyConnect-Identifier-DeviceType: phone\r\n"
	    "X-AnyConnect-Identifier-Device-UniqueID: 00ff\r\n"
	    "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %zu\r\n\r\n%s",
	    method, path, strlen(body), body);

	assert_int_equal(SSL_write(desk->tls.client, request, len), len);
}

static const char *
hear(struct desk *desk)
{
	size_t len = 0;

	for (unsigned i = 0; i < 30; i++) {
		turn(&desk->tls);
		len += client_read(&desk->tls, (uint8_t *)desk->answer + len,
		    sizeof(desk->answer) - 1 - len, NULL, 0);
	}
	desk->answer[len] = '\0';
	return desk->answer;
}

static void
expect(struct desk *desk, const char *start, const char *contains, size_t questions)
{
	const char *got = hear(desk);

	if (strncmp(got, start, strlen(start)) != 0 || strstr(got, contains) == NULL)
		fail_msg("expected %s with %s, got %.2000s", start, contains, got);
	if (desk->at != questions)
		fail_msg("expected %zu questions, got %zu", questions, desk->at);
}

static bool
is_ended(const struct desk *desk)
{
	return (SSL_get_shutdown(desk->tls.client) & SSL_RECEIVED_SHUTDOWN) != 0;
}

/* ---- tests ---- */

#define INIT .type = IPC__MSG_TYPE__MSG_AUTH_INIT
#define REPLY .type = IPC__MSG_TYPE__MSG_AUTH_REPLY
#define FORM .kind = IPC__ANSWER_KIND__ANSWER_FORM, .inputs = {"username", "password"}
#define COMPLETE .kind = IPC__ANSWER_KIND__ANSWER_COMPLETE
#define BODY "username=u&password=a%26b&aggauth-handle=1&config-hash=17"

static void
test_login(UNUSED void **state)
{
	static const struct step steps[STEPS_MAX] = {
	    {INIT, FORM, .new_handle = "1"},
	    {REPLY, .handle = "1", .hash = "17", COMPLETE},
	};
	struct desk *desk = desk_new(steps);

	say(desk, "GET", "/ENG", "");
	expect(desk, "HTTP/1.1 200 ", "name=\"aggauth-handle\" value=\"1\"", 1);
	assert_non_null(strstr(desk->answer, "\r\nX-Transcend-Version: 1\r\n"));
	assert_null(strstr(desk->answer, "X-Aggregate-Auth"));
	say(desk, "POST", HOME, BODY);
	expect(desk, "HTTP/1.1 200 ",
	    "\r\nSet-Cookie: webvpn=" TOKEN "; Secure; HttpOnly; path=/\r\n", 2);
	assert_non_null(strstr(desk->answer, "<auth id=\"success\">"));
	assert_string_equal(desk->fields, "username=u password=a&b");
	desk_free(desk);
}

/* The form of the group that was chosen gets the same fields, once. */
static void
test_again(UNUSED void **state)
{
	static const struct {
		struct step steps[STEPS_MAX];
		size_t questions;
		const char *contains;
	} rows[] = {
	    {{{REPLY, .handle = "1", .hash = "17", .select = "B", FORM, .alias = "b",
		  .new_handle = "2"},
		 {REPLY, .handle = "2", .hash = "18", .select = "B", COMPLETE}},
		2, "id=\"success\""},
	    /* Whatever auth says then is for the client. */
	    {{{REPLY, .handle = "1", .hash = "17", .select = "B", FORM, .alias = "B",
		  .new_handle = "2"},
		 {REPLY, .handle = "2", .hash = "18", .select = "B", FORM, .alias = "B",
		     .new_handle = "3"}},
		2, "value=\"3\""},
	    /* An error, another group, a question, or a field that was not posted. */
	    {{{REPLY, .handle = "1", .hash = "17", .select = "B", FORM, .alias = "B",
		 .error = "Login failed."}},
		1, "Login failed."},
	    {{{REPLY, .handle = "1", .hash = "17", .select = "B", FORM, .alias = "A"}}, 1, "<form"},
	    {{{REPLY, .handle = "1", .hash = "17", .select = "B", FORM, .alias = "B",
		 .id = "challenge"}},
		1, "challenge"},
	    {{{REPLY, .handle = "1", .hash = "17", .select = "B", .alias = "B",
		 .kind = IPC__ANSWER_KIND__ANSWER_FORM,
		 .inputs = {"username", "password", "secondary_password"}}},
		1, "secondary_password"},
	    {{{REPLY, .handle = "1", .hash = "17", .select = "B", .alias = "B",
		 .kind = IPC__ANSWER_KIND__ANSWER_FORM}},
		1, "<form"},
	    {{{REPLY, .handle = "1", .hash = "17", .select = "B",
		 .kind = IPC__ANSWER_KIND__ANSWER_CLIENT_CERT_REQUEST}},
		1, "Certificate Validation Failure"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct desk *desk = desk_new(rows[i].steps);

		say(desk, "POST", HOME, BODY "&group_list=B");
		expect(desk, "HTTP/1.1 200 ", rows[i].contains, rows[i].questions);
		assert_string_equal(desk->fields, "username=u password=a&b");
		desk_free(desk);
	}
}

/* Without a choice there is nothing to be answered twice. */
static void
test_not_again(UNUSED void **state)
{
	static const struct step steps[STEPS_MAX] = {
	    {REPLY, .handle = "1", .hash = "17", FORM, .new_handle = "2"}};
	struct desk *desk = desk_new(steps);

	say(desk, "POST", HOME, BODY);
	expect(desk, "HTTP/1.1 200 ", "value=\"2\"", 1);
	desk_free(desk);
}

static void
test_phone(UNUSED void **state)
{
	static const struct {
		struct step steps[STEPS_MAX];
		size_t questions;
		const char *start;
	} rows[] = {
	    {{{INIT, FORM, .new_handle = "2"}, {REPLY, .handle = "2", .hash = "18", COMPLETE}}, 2,
		"HTTP/1.1 200 "},
	    {{{INIT, COMPLETE}}, 1, "HTTP/1.1 200 "},
	    {{{INIT, FORM, .new_handle = "2"},
		 {REPLY, .handle = "2", .hash = "18", FORM, .error = "Login failed."}},
		2, "HTTP/1.1 401 "},
	    {{{INIT, FORM, .new_handle = "2"},
		 {REPLY, .handle = "2", .hash = "18", FORM, .id = "challenge"}},
		2, "HTTP/1.1 401 "},
	    {{{INIT, .kind = IPC__ANSWER_KIND__ANSWER_REFUSED, .error = "x"}}, 1, "HTTP/1.1 401 "},
	    {{{INIT, .kind = IPC__ANSWER_KIND__ANSWER_MULTIPLE_CERT_REQUEST}}, 1, "HTTP/1.1 401 "},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct desk *desk = desk_new(rows[i].steps);
		bool good = strstr(rows[i].start, "200") != NULL;

		say(desk, "GET", "/svc", "");
		expect(desk, "HTTP/1.1 200 ", "webvpnlogin=1", 0);
		/* Nothing that the phone says leads into a login of somebody else. */
		say(desk, "POST", "/svc", BODY "&group_list=B");
		expect(desk, rows[i].start, good ? "webvpn=" TOKEN : "Login failed.",
		    rows[i].questions);
		assert_true(good || strstr(desk->answer, "Set-Cookie") == NULL);
		assert_null(strstr(desk->answer, "<"));
		desk_free(desk);
	}
}

/* The last refusal that a connection gets has no form, and ends it. */
static void
test_refusals(UNUSED void **state)
{
	static const struct step steps[STEPS_MAX] = {
	    {REPLY, .handle = "1", .hash = "17", FORM, .error = "Login failed."},
	    {REPLY, .handle = "1", .hash = "17",
		.kind = IPC__ANSWER_KIND__ANSWER_CLIENT_CERT_REQUEST},
	    {REPLY, .handle = "1", .hash = "17", FORM, .error = "Login failed."},
	};
	struct desk *desk = desk_new(steps);

	say(desk, "POST", HOME, BODY);
	expect(desk, "HTTP/1.1 200 ", "<form", 1);
	say(desk, "POST", HOME, BODY);
	expect(desk, "HTTP/1.1 200 ", "Certificate Validation Failure", 2);
	assert_false(is_ended(desk));
	say(desk, "POST", HOME, BODY);
	expect(desk, "HTTP/1.1 200 ", "Login failed.", 3);
	assert_null(strstr(desk->answer, "<form"));
	assert_true(is_ended(desk));
	desk_free(desk);
}

/* What is wrong with auth is an error to the client, and never a login. */
static void
test_bad_auth(UNUSED void **state)
{
	static const struct step steps[][STEPS_MAX] = {
	    {{REPLY, .handle = "1", .hash = "17", COMPLETE, .token = "x\r\nSet-Cookie: y=z"}},
	    {{REPLY, .handle = "1", .hash = "17", COMPLETE, .token = ""}},
	    {{REPLY, .handle = "1", .hash = "17", .kind = IPC__ANSWER_KIND__ANSWER_NONE}},
	};

	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		struct desk *desk = desk_new(steps[i]);

		say(desk, "POST", HOME, BODY);
		expect(desk, "HTTP/1.1 503 ", "Service unavailable", 1);
		assert_null(strstr(desk->answer, "Set-Cookie"));
		assert_true(is_ended(desk));
		desk_free(desk);
	}
}

static void
test_no_auth(UNUSED void **state)
{
	static const struct step steps[STEPS_MAX] = {{REPLY, .handle = "1", .hash = "17"}};
	struct desk *desk = desk_new(steps);

	/* It goes while it is asked. */
	desk->mute = true;
	say(desk, "POST", HOME, BODY);
	assert_string_equal(hear(desk), "");
	assert_int_equal(desk->at, 1);
	ipc_free(desk->auth);
	desk->auth = NULL;
	expect(desk, "HTTP/1.1 503 ", "Service unavailable", 1);
	desk_free(desk);
	/* It is not there at all. */
	desk = desk_new(steps);
	ipc_free(desk->tls.worker.auth);
	desk->tls.worker.auth = NULL;
	say(desk, "GET", "/", "");
	expect(desk, "HTTP/1.1 503 ", "Service Unavailable", 0);
	desk_free(desk);
}

/* The client goes while auth thinks; the answer is for nobody, and no other question follows. */
static void
test_client_gone(UNUSED void **state)
{
	static const struct step steps[STEPS_MAX] = {
	    {REPLY, .handle = "1", .hash = "17", .select = "B", FORM, .alias = "B"}};
	struct desk *desk = desk_new(steps);

	desk->mute = true;
	say(desk, "POST", HOME, BODY "&group_list=B");
	assert_string_equal(hear(desk), "");
	assert_int_equal(desk->at, 1);
	conns_free(desk->tls.worker.conns);
	desk->tls.worker.conns = conns_new(&desk->tls.worker);
	assert_non_null(desk->tls.worker.conns);
	answer(desk, &steps[0], desk->pending);
	turns(&desk->tls, 5);
	assert_int_equal(desk->at, 1);
	desk_free(desk);
}

static void
test_no_form(UNUSED void **state)
{
	static const struct step steps[STEPS_MAX] = {{INIT}};
	static const char *const bodies[] = {"", "x", "a=%", "a=1&a=2"};

	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		struct desk *desk = desk_new(steps);

		say(desk, "POST", i % 2 == 0 ? HOME : "/svc", bodies[i]);
		expect(desk, "HTTP/1.1 400 ", "Bad Request", 0);
		assert_true(is_ended(desk));
		desk_free(desk);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_login),
	    cmocka_unit_test(test_again),
	    cmocka_unit_test(test_not_again),
	    cmocka_unit_test(test_phone),
	    cmocka_unit_test(test_refusals),
	    cmocka_unit_test(test_bad_auth),
	    cmocka_unit_test(test_no_auth),
	    cmocka_unit_test(test_client_gone),
	    cmocka_unit_test(test_no_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
