/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gateway/conn.c, conns.c and signin.c: HTTP over a real TLS client, logins answered by an auth
 * that the test plays itself, and everything that can go wrong between the three.
 */
#include "tests/unit/tls_help.h"

#include <signal.h>

#include "common/cert_request.h"
#include "common/log.h"
#include "gateway/conn.h"
#include "gateway/conns.h"
#include "tests/unit/conf_help.h"

#define TOKEN "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define INIT                                                                                       \
	"<config-auth type=\"init\"><group-access>https://gw/x</group-access><group-select>Staff"  \
	"</group-select><device-id>linux</device-id></config-auth>"
#define REPLY                                                                                      \
	"<config-auth type=\"auth-reply\"><opaque is-for=\"sg\"><aggauth-handle>77"                \
	"</aggauth-handle></opaque><auth><username>alice</username><password>a&amp;b</password>"   \
	"</auth></config-auth>"

struct conn_bed {
	struct bed tls;
	struct ipc *auth; /* the other end: we play auth */
	/* What auth is to answer. */
	Ipc__AnswerKind kind;
	const char *error;
	const char *token;
	bool mute;
	uint32_t pending;
	unsigned asked;
	unsigned logouts;
	char answer[65536]; /* what the client got */
	size_t answer_len;
};

/* ---- auth's side ---- */

static char *
text(const char *s)
{
	return (char *)(uintptr_t)s;
}

static void
fill_answer(const struct conn_bed *bed, Ipc__AuthAnswer *answer)
{
	static char sha256[] = "sha256", *hashes[] = {sha256};

	ipc__auth_answer__init(answer);
	answer->kind = bed->kind;
	answer->handle = text("77");
	answer->title = text("Login");
	answer->error = text(bed->error != NULL ? bed->error : "");
	answer->error_id = 88;
	answer->session_token = text(bed->token != NULL ? bed->token : TOKEN);
	answer->hash_algorithm = hashes;
	answer->n_hash_algorithm = ARRAY_LEN(hashes);
	answer->random = text("00FF");
}

static void
auth_answer(struct conn_bed *bed, uint32_t id)
{
	Ipc__AuthAnswer answer;

	fill_answer(bed, &answer);
	assert_int_equal(
	    ipc_reply(bed->auth, id, IPC__MSG_TYPE__MSG_AUTH_ANSWER, &answer.base), ERR_OK);
}

static void
take_question(struct conn_bed *bed, uint32_t id)
{
	bed->asked++;
	bed->pending = id;
	if (!bed->mute)
		auth_answer(bed, id);
}

static void
handle_init(
    UNUSED struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, UNUSED int fd, void *arg)
{
	const Ipc__AuthInit *init = (const Ipc__AuthInit *)msg;

	assert_string_equal(init->group_access, "https://gw/x");
	assert_string_equal(init->group_select, "Staff");
	assert_string_equal(init->facts->device_os, "linux");
	assert_string_equal(init->facts->path, "/ENG");
	assert_string_equal(init->facts->host, "gw.test");
	assert_string_equal(init->facts->sni, "vpn.example");
	assert_string_equal(init->facts->tls_version, "TLSv1.3");
	assert_int_equal(init->facts->client_ip.len, 4);
	assert_int_equal(init->facts->client_port, 4711);
	take_question(arg, id);
}

/* The two chains of a multiple-certificate reply, the second as big as one may be. */
static void
check_chains(const Ipc__AuthReply *reply)
{
	assert_int_equal(reply->n_chain, 2);
	assert_string_equal(reply->chain[0]->store, "1M");
	assert_true(reply->chain[0]->via_protocol);
	assert_int_equal(reply->chain[0]->pkcs7.len, 0);
	assert_string_equal(reply->chain[1]->store, "1U");
	assert_false(reply->chain[1]->via_protocol);
	assert_string_equal(reply->chain[1]->format, "pkcs7");
	assert_int_equal(reply->chain[1]->pkcs7.len, 49152);
	assert_memory_equal(reply->chain[1]->pkcs7.data + 49152 - 6, "ABCABC", 6);
	assert_string_equal(reply->chain[1]->hash, "sha512");
	assert_int_equal(reply->chain[1]->signature.len, 3);
	assert_memory_equal(reply->chain[1]->signature.data, "foo", 3);
}

static void
handle_reply(
    UNUSED struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, UNUSED int fd, void *arg)
{
	const Ipc__AuthReply *reply = (const Ipc__AuthReply *)msg;

	assert_string_equal(reply->handle, "77");
	if (reply->n_chain > 0) {
		check_chains(reply);
		assert_int_equal(reply->n_field, 0);
		take_question(arg, id);
		return;
	}
	assert_int_equal(reply->n_field, 2);
	assert_string_equal(reply->field[1]->name, "password");
	assert_int_equal(reply->field[1]->value.len, 3);
	assert_memory_equal(reply->field[1]->value.data, "a&b", 3);
	take_question(arg, id);
}

static void
handle_logout(UNUSED struct ipc *ipc, UNUSED uint32_t id, const ProtobufCMessage *msg,
    UNUSED int fd, void *arg)
{
	struct conn_bed *bed = arg;

	assert_string_equal(((const Ipc__SessionLogout *)msg)->token, TOKEN);
	bed->logouts++;
}

static const struct ipc_row auth_rows[] = {
    {.type = IPC__MSG_TYPE__MSG_AUTH_INIT, .handle = handle_init, .request = true},
    {.type = IPC__MSG_TYPE__MSG_AUTH_REPLY, .handle = handle_reply, .request = true},
    {.type = IPC__MSG_TYPE__MSG_SESSION_LOGOUT, .handle = handle_logout},
};

static void
on_auth_closed(struct ipc *ipc, UNUSED const char *why, void *arg)
{
	struct conn_bed *bed = arg;

	if (bed->tls.worker.auth == ipc)
		bed->tls.worker.auth = NULL;
	if (bed->auth == ipc)
		bed->auth = NULL;
	ipc_free(ipc);
}

/* ---- the bed ---- */

static void
client_connect(struct conn_bed *bed)
{
	struct ip_endpoint endpoint = {
	    .addr = {.family = 4, .bytes = {192, 0, 2, 1}}, .port = 4711};
	int fd = bed_client(&bed->tls, TLS1_3_VERSION);
	bool done = false;

	assert_int_equal(
	    conn_accept(bed->tls.worker.conns, &bed->tls.worker, fd, &endpoint, &endpoint), ERR_OK);
	for (unsigned i = 0; i < 100 && !done; i++) {
		done = client_handshake(&bed->tls);
		turn(&bed->tls);
	}
	assert_true(done);
	turns(&bed->tls, 3);
}

static struct conn_bed *
bed_new(void)
{
	struct conn_bed *bed = calloc(1, sizeof *bed);
	struct ipc_config ours = {"auth", NULL, 0, on_auth_closed, bed};
	struct ipc_config theirs = {
	    "gateway", auth_rows, ARRAY_LEN(auth_rows), on_auth_closed, bed};
	struct log_config quiet = {.level = LOG_ERR};
	int fds[2];

	assert_non_null(bed);
	log_init("test", &quiet);
	bed_init(&bed->tls, false);
	bed->tls.worker.conf = help_load_fine(NULL, NULL);
	assert_int_equal(ipc_pair(fds), ERR_OK);
	bed->tls.worker.auth = ipc_new(bed->tls.loop, fds[0], &ours);
	bed->auth = ipc_new(bed->tls.loop, fds[1], &theirs);
	bed->tls.worker.conns = conns_new(&bed->tls.worker);
	assert_non_null(bed->tls.worker.conns);
	bed->kind = IPC__ANSWER_KIND__ANSWER_FORM;
	client_connect(bed);
	return bed;
}

static void
bed_free(struct conn_bed *bed)
{
	struct conf *conf = (struct conf *)(uintptr_t)bed->tls.worker.conf;

	conns_stop_accepting(bed->tls.worker.conns);
	conns_free(bed->tls.worker.conns);
	ipc_free(bed->tls.worker.auth);
	ipc_free(bed->auth);
	bed_fini(&bed->tls);
	conf_unref(conf);
	free(bed);
}

/* ---- the client ---- */

static void
say_n(struct conn_bed *bed, const char *data, size_t len)
{
	assert_int_equal(SSL_write(bed->tls.client, data, (int)len), len);
}

static void
say(struct conn_bed *bed, const char *data)
{
	say_n(bed, data, strlen(data));
}

static void
post(struct conn_bed *bed, const char *body)
{
	char request[4096];

	(void)snprintf(request, sizeof request,
	    "POST /ENG?q HTTP/1.1\r\nHost: gw.test\r\nContent-Length: %zu\r\n\r\n%s", strlen(body),
	    body);
	say(bed, request);
}

/* A body that is larger than any buffer on the way. */
static void
post_in_pieces(struct conn_bed *bed, const struct buf *body)
{
	char head[256];

	(void)snprintf(head, sizeof head,
	    "POST /ENG HTTP/1.1\r\nHost: gw.test\r\nContent-Length: %zu\r\n\r\n", body->len);
	say(bed, head);
	for (size_t at = 0; at < body->len; at += 10000) {
		size_t left = body->len - at;

		say_n(bed, (const char *)body->data + at, left < 10000 ? left : 10000);
		turns(&bed->tls, 3);
	}
}

/* Let things happen; what comes back replaces the last answer. */
static const char *
hear(struct conn_bed *bed)
{
	bed->answer_len = 0;
	for (unsigned i = 0; i < 20; i++) {
		turn(&bed->tls);
		bed->answer_len += client_read(&bed->tls, (uint8_t *)bed->answer + bed->answer_len,
		    sizeof bed->answer - 1 - bed->answer_len, NULL, 0);
	}
	bed->answer[bed->answer_len] = '\0';
	return bed->answer;
}

static bool
is_ended(const struct conn_bed *bed)
{
	return (SSL_get_shutdown(bed->tls.client) & SSL_RECEIVED_SHUTDOWN) != 0;
}

static void
expect_answer(struct conn_bed *bed, const char *start, const char *contains)
{
	const char *got = hear(bed);

	if (strncmp(got, start, strlen(start)) != 0 || strstr(got, contains) == NULL)
		fail_msg("expected %s with %s, got %.2000s", start, contains, got);
}

/* ---- tests ---- */

static void
test_pages(UNUSED void **state)
{
	struct conn_bed *bed = bed_new();

	say(bed, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
	expect_answer(bed, "HTTP/1.1 200 OK\r\n", "</html>");
	say(bed, "\r\n");
	say(bed, "HEAD / HTTP/1.1\r\n\r\n");
	expect_answer(bed, "HTTP/1.1 200 OK\r\n", "Content-Length: ");
	assert_null(strstr(bed->answer, "html>"));
	say(bed, "GET /1/binaries/update.txt HTTP/1.1\r\n\r\n");
	expect_answer(bed, "HTTP/1.1 200 OK\r\n", "\r\n\r\n0,0,0000\n");
	say(bed, "GET /nowhere HTTP/1.1\r\n\r\n");
	expect_answer(bed, "HTTP/1.1 404 ", "Keep-Alive");
	assert_false(is_ended(bed));
	say(bed, "GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
	expect_answer(bed, "HTTP/1.1 200 ", "Connection: close");
	assert_true(is_ended(bed));
	bed_free(bed);
}

static void
test_requests_per_connection(UNUSED void **state)
{
	struct conn_bed *bed = bed_new();

	for (unsigned i = 0; i < 15; i++) {
		say(bed, "GET / HTTP/1.1\r\n\r\n");
		expect_answer(bed, "HTTP/1.1 200 ", "Connection: Keep-Alive");
	}
	say(bed, "GET / HTTP/1.1\r\n\r\n");
	expect_answer(bed, "HTTP/1.1 200 ", "Connection: close");
	assert_true(is_ended(bed));
	bed_free(bed);
}

static void
test_fatal_errors(UNUSED void **state)
{
	static const struct {
		const char *request, *answer;
	} rows[] = {
	    {"nonsense\r\n\r\n", "HTTP/1.1 400 "},
	    {"GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400 "},
	    {"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcd", "HTTP/1.1 400 "},
	    {"POST / HTTP/1.1\r\nContent-Length: 300000\r\n\r\n", "HTTP/1.1 413 "},
	    {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 501 "},
	    {"GET / HTTP/3.0\r\n\r\n", "HTTP/1.1 505 "},
	    {"POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\n<a/>", "HTTP/1.1 400 "},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct conn_bed *bed = bed_new();

		say(bed, rows[i].request);
		expect_answer(bed, rows[i].answer, "Connection: close");
		assert_true(is_ended(bed));
		assert_int_equal(bed->asked, 0);
		bed_free(bed);
	}
}

/* A head and a body that come byte by byte, and one that is larger than any buffer on the way. */
static void
test_pieces(UNUSED void **state)
{
	static const char request[] =
	    "POST /ENG HTTP/1.1\r\nHost: gw.test\r\nContent-Length: 999\r\n\r\n";
	struct conn_bed *bed = bed_new();
	static char body[1000], block[10000];

	(void)snprintf(body, sizeof body, "%-999s", INIT);
	for (size_t i = 0; i < sizeof request - 1; i++) {
		say_n(bed, request + i, 1);
		turn(&bed->tls);
	}
	for (size_t i = 0; i < 999; i++) {
		assert_int_equal(bed->asked, 0);
		say_n(bed, body + i, 1);
		turn(&bed->tls);
	}
	expect_answer(bed, "HTTP/1.1 200 ", "type=\"auth-request\"");
	assert_int_equal(bed->asked, 1);
	memset(block, ' ', sizeof block);
	say(bed, "POST /ENG HTTP/1.1\r\nExpect: 100-continue\r\nHost: gw.test\r\nContent-Length: "
		 "260000\r\n\r\n");
	expect_answer(bed, "HTTP/1.1 100 ", "\r\n\r\n");
	for (unsigned i = 0; i < 26; i++) {
		memcpy(block, INIT, i == 0 ? sizeof INIT - 1 : 0);
		say_n(bed, block, sizeof block);
		memset(block, ' ', sizeof block);
		turns(&bed->tls, 3);
	}
	expect_answer(bed, "HTTP/1.1 200 ", "type=\"auth-request\"");
	bed_free(bed);
}

static void
test_login(UNUSED void **state)
{
	struct conn_bed *bed = bed_new();

	post(bed, INIT);
	expect_answer(bed, "HTTP/1.1 200 ", "<aggauth-handle>77</aggauth-handle>");
	assert_non_null(strstr(bed->answer, "\r\nX-Aggregate-Auth: 1\r\n"));
	assert_non_null(strstr(bed->answer, "\r\nContent-Type: text/xml; charset=utf-8\r\n"));
	bed->kind = IPC__ANSWER_KIND__ANSWER_COMPLETE;
	post(bed, REPLY);
	expect_answer(
	    bed, "HTTP/1.1 200 ", "\r\nSet-Cookie: webvpn=" TOKEN "; Secure; HttpOnly; path=/\r\n");
	assert_non_null(strstr(bed->answer, "<session-token>" TOKEN "</session-token>"));
	assert_int_equal(bed->asked, 2);
	say(bed, "GET /logout HTTP/1.1\r\nCookie: webvpn=" TOKEN "\r\n\r\n");
	expect_answer(bed, "HTTP/1.1 200 ", "webvpn=;");
	assert_int_equal(bed->logouts, 1);
	bed_free(bed);
}

static void
test_logout_by_post(UNUSED void **state)
{
	struct conn_bed *bed = bed_new();

	post(bed,
	    "<config-auth type=\"logout\"><session-token>" TOKEN "</session-token></config-auth>");
	expect_answer(bed, "HTTP/1.1 200 ", "type=\"complete\"");
	assert_int_equal(bed->logouts, 1);
	bed_free(bed);
	bed = bed_new();
	post(bed,
	    "<config-auth type=\"logout\"><session-token>nonsense</session-token></config-auth>");
	expect_answer(bed, "HTTP/1.1 200 ", "type=\"complete\"");
	assert_int_equal(bed->logouts, 0);
	bed_free(bed);
}

/* Three refusals on a connection: two more forms, then a refusal without one, and the end. */
static void
test_refusals(UNUSED void **state)
{
	struct conn_bed *bed = bed_new();

	bed->error = "Login failed.";
	for (unsigned i = 0; i < 2; i++) {
		post(bed, REPLY);
		expect_answer(bed, "HTTP/1.1 200 ", "<form method=\"post\">");
		assert_non_null(strstr(bed->answer, "Login failed.</error>"));
		assert_false(is_ended(bed));
	}
	post(bed, REPLY);
	expect_answer(
	    bed, "HTTP/1.1 200 ", "<error id=\"88\" param1=\"\" param2=\"\">Login failed.</error>");
	assert_null(strstr(bed->answer, "<form"));
	assert_true(is_ended(bed));
	bed_free(bed);
}

/* A refusal of auth that has no form keeps its words to the end of the connection. */
static void
test_certificate_refusals(UNUSED void **state)
{
	struct conn_bed *bed = bed_new();

	bed->kind = IPC__ANSWER_KIND__ANSWER_REFUSED;
	bed->error = "Certificate Validation Failure";
	for (unsigned i = 0; i < 3; i++) {
		assert_false(is_ended(bed));
		post(bed, INIT);
		expect_answer(bed, "HTTP/1.1 200 ",
		    "<error id=\"88\" param1=\"\" param2=\"\">Certificate Validation "
		    "Failure</error>");
		assert_null(strstr(bed->answer, "<form"));
	}
	assert_true(is_ended(bed));
	bed_free(bed);
}

static void
test_cert_request(UNUSED void **state)
{
	struct conn_bed *bed = bed_new();

	bed->kind = IPC__ANSWER_KIND__ANSWER_CLIENT_CERT_REQUEST;
	post(bed, INIT);
	expect_answer(bed, "HTTP/1.1 200 ", "<client-cert-request></client-cert-request>");
	assert_false(is_ended(bed));
	bed_free(bed);
}

/* The body is what the client signs: exactly the bytes that auth keeps, as long as announced. */
static void
expect_cert_request(struct conn_bed *bed)
{
	Ipc__AuthAnswer answer;
	char length[64];
	const char *body;
	struct buf out;

	fill_answer(bed, &answer);
	buf_init(&out, 4096);
	assert_int_equal(cert_request_write(&answer, &out), ERR_OK);
	(void)snprintf(length, sizeof length, "\r\nContent-Length: %zu\r\n", out.len);
	expect_answer(bed, "HTTP/1.1 200 ", length);
	body = strstr(bed->answer, "\r\n\r\n");
	assert_non_null(body);
	assert_string_equal(body + 4, buf_cstr(&out));
	buf_fini(&out);
}

static void
test_multiple_certificate(UNUSED void **state)
{
	struct conn_bed *bed = bed_new();
	struct buf body;

	bed->kind = IPC__ANSWER_KIND__ANSWER_MULTIPLE_CERT_REQUEST;
	post(bed, INIT);
	expect_cert_request(bed);
	bed->kind = IPC__ANSWER_KIND__ANSWER_COMPLETE;
	buf_init(&body, HTTP_BODY_MAX);
	buf_puts(&body,
	    "<config-auth type=\"auth-reply\"><opaque is-for=\"sg\"><aggauth-handle>77"
	    "</aggauth-handle></opaque><auth><client-cert-chain cert-store=\"1M\">"
	    "<client-cert-sent-via-protocol></client-cert-sent-via-protocol></client-cert-chain>"
	    "<client-cert-chain cert-store=\"1U\"><client-cert cert-format=\"pkcs7\">");
	for (unsigned i = 0; i < 16384; i++)
		buf_puts(&body, i % 16 == 15 ? "QUJD\n" : "QUJD");
	buf_puts(&body,
	    "</client-cert><client-cert-auth-signature hash-algorithm-chosen=\"sha512\">"
	    "Zm9v</client-cert-auth-signature></client-cert-chain></auth></config-auth>");
	post_in_pieces(bed, &body);
	expect_answer(bed, "HTTP/1.1 200 ", "<session-token>" TOKEN "</session-token>");
	assert_int_equal(bed->asked, 2);
	buf_fini(&body);
	bed_free(bed);
}

/* auth says what it must not say, nothing, or is not there. */
static void
test_bad_auth(UNUSED void **state)
{
	struct conn_bed *bed = bed_new();

	bed->kind = IPC__ANSWER_KIND__ANSWER_COMPLETE;
	bed->token = "x\r\nSet-Cookie: evil=1";
	post(bed, REPLY);
	expect_answer(bed, "HTTP/1.1 503 ", "");
	assert_null(strstr(bed->answer, "evil"));
	bed_free(bed);
	bed = bed_new();
	bed->kind = IPC__ANSWER_KIND__ANSWER_NONE;
	post(bed, REPLY);
	expect_answer(bed, "HTTP/1.1 503 ", "");
	bed_free(bed);
	bed = bed_new();
	bed->mute = true;
	post(bed, INIT);
	assert_string_equal(hear(bed), "");
	assert_int_equal(bed->asked, 1);
	ipc_free(bed->auth);
	bed->auth = NULL;
	expect_answer(bed, "HTTP/1.1 503 ", "");
	assert_null(bed->tls.worker.auth);
	client_free(&bed->tls);
	client_connect(bed);
	post(bed, INIT);
	expect_answer(bed, "HTTP/1.1 503 ", "");
	bed_free(bed);
}

/* The client goes while auth thinks; the answer then finds nobody. Whoever ends first, nothing is
 * used twice. */
static void
test_client_gone(UNUSED void **state)
{
	struct conn_bed *bed = bed_new();

	bed->mute = true;
	post(bed, INIT);
	assert_string_equal(hear(bed), "");
	client_free(&bed->tls);
	turns(&bed->tls, 3);
	auth_answer(bed, bed->pending);
	turns(&bed->tls, 3);
	client_connect(bed);
	post(bed, INIT);
	assert_string_equal(hear(bed), "");
	bed_free(bed); /* the connection goes before auth has answered */
}

/* What comes while a request is being answered waits, and is a request of its own afterwards. */
static void
test_early_second_request(UNUSED void **state)
{
	struct conn_bed *bed = bed_new();

	bed->mute = true;
	post(bed, INIT);
	assert_string_equal(hear(bed), "");
	say(bed, "GET /1/binaries/update.txt HTTP/1.1\r\n\r\n");
	assert_string_equal(hear(bed), "");
	auth_answer(bed, bed->pending);
	expect_answer(bed, "HTTP/1.1 200 ", "0,0,0000\n");
	assert_non_null(strstr(bed->answer, "<aggauth-handle>"));
	bed_free(bed);
}

/* An orderly stop while a handshake waits for its signature. */
static void
test_stop_while_signing(UNUSED void **state)
{
	struct conn_bed *bed = bed_new();
	struct ip_endpoint endpoint = {.addr = {.family = 4, .bytes = {192, 0, 2, 1}}, .port = 1};
	int fd;

	client_free(&bed->tls);
	bed->tls.mute = true;
	bed->tls.pending = 0;
	fd = bed_client(&bed->tls, TLS1_3_VERSION);
	assert_int_equal(
	    conn_accept(bed->tls.worker.conns, &bed->tls.worker, fd, &endpoint, &endpoint), ERR_OK);
	assert_false(client_handshake(&bed->tls));
	turns(&bed->tls, 5);
	assert_true(bed->tls.pending != 0);
	bed_free(bed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pages),
	    cmocka_unit_test(test_requests_per_connection),
	    cmocka_unit_test(test_fatal_errors),
	    cmocka_unit_test(test_pieces),
	    cmocka_unit_test(test_login),
	    cmocka_unit_test(test_logout_by_post),
	    cmocka_unit_test(test_refusals),
	    cmocka_unit_test(test_certificate_refusals),
	    cmocka_unit_test(test_cert_request),
	    cmocka_unit_test(test_multiple_certificate),
	    cmocka_unit_test(test_bad_auth),
	    cmocka_unit_test(test_client_gone),
	    cmocka_unit_test(test_early_second_request),
	    cmocka_unit_test(test_stop_while_signing),
	};

	signal(SIGPIPE, SIG_IGN); /* the client may write to a connection that has gone */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
