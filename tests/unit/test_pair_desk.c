/* SPDX-License-Identifier: Apache-2.0 */
/* pki/pair_desk.c: from a PAIR_JUDGE to its PAIR_VERDICT, at once or when responders have spoken,
 * once or (the channel is gone) never. */
#include "tests/unit/pair_help.h"
#include "tests/unit/revocation_help.h"

#include <openssl/err.h>
#include <openssl/sha.h>

#include "common/ipc.h"
#include "common/log.h"
#include "pki/pair_desk.h"

#define AIA_FIRST "http://first.test/"
#define AIA_SECOND "http://second.test/"
#define REQUEST "<config-auth>request</config-auth>"

static struct made root, machine, user, twin, stranger;
static struct loop *loop;
static struct revocation *revocation;
static struct pair_desk *desk;
static struct ipc *pki_end, *auth_end;

/* A configuration and its book: the CA belongs to CA. */
static struct conf *conf;
static struct verdict_book *book;

/* What auth heard last. */
static struct {
	unsigned calls;
	bool ok, first, second;
	char reason[1024];
	char first_subject[64], second_subject[64];
	char first_trustpoint[64];
	uint8_t second_sha256[32];
	size_t second_sha256_len;
} said;

/* What was logged. */
static struct {
	unsigned good, bad;
	char reason[1024];
	char subject[64];
} logged;

static int
group_setup(UNUSED void **state)
{
	log_init("test", &(struct log_config){.level = LOG_ERR, .to_stderr = true});
	root = made_new(&(struct order){.name = "Root", .ca = true});
	machine =
	    made_new(&(struct order){.name = "machine", .by = &root, .aia = "OCSP;URI:" AIA_FIRST});
	user =
	    made_new(&(struct order){.name = "user", .by = &root, .aia = "OCSP;URI:" AIA_SECOND});
	EVP_PKEY_up_ref(machine.key);
	twin = made_new(&(struct order){.name = "twin", .by = &root, .key = machine.key});
	stranger = made_new(&(struct order){.name = "stranger"});
	return 0;
}

static int
group_teardown(UNUSED void **state)
{
	made_free(&root);
	made_free(&machine);
	made_free(&user);
	made_free(&twin);
	made_free(&stranger);
	return 0;
}

static void
on_log(const struct verdict *verdict, UNUSED bool checked, UNUSED const char *note)
{
	if (verdict->ok) {
		logged.good++;
		return;
	}
	logged.bad++;
	(void)snprintf(logged.reason, sizeof logged.reason, "%s", verdict->reason);
	(void)snprintf(logged.subject, sizeof logged.subject, "%s",
	    verdict->names != NULL ? verdict->names->subject_name : "");
}

static void
handle_pair_judge(
    struct ipc *ipc, uint32_t id, const ProtobufCMessage *msg, UNUSED int fd, UNUSED void *arg)
{
	pair_desk_judge(desk, ipc, id, conf, book, (const Ipc__PairJudge *)msg);
}

static const struct ipc_row rows_of_pki[] = {
    {.type = IPC__MSG_TYPE__MSG_PAIR_JUDGE, .handle = handle_pair_judge, .request = true},
};

static void
on_closed(UNUSED struct ipc *ipc, const char *why, UNUSED void *arg)
{
	fail_msg("the channel was dropped: %s", why);
}

static int
setup(UNUSED void **state)
{
	struct ipc_config config = {.peer = "auth",
	    .rows = rows_of_pki,
	    .rows_len = ARRAY_LEN(rows_of_pki),
	    .on_closed = on_closed};
	int fds[2];

	clock_begin();
	memset(&said, 0, sizeof said);
	memset(&logged, 0, sizeof logged);
	loop = loop_new();
	assert_int_equal(ipc_pair(fds), ERR_OK);
	pki_end = ipc_new(loop, fds[0], &config);
	config.rows_len = 0;
	auth_end = ipc_new(loop, fds[1], &config);
	revocation = revocation_new(loop, NULL, &fake_net);
	desk = pair_desk_new(revocation, on_log);
	return loop == NULL || revocation == NULL || desk == NULL;
}

static void
trust_free(void)
{
	verdict_book_free(book);
	conf_unref(conf);
	book = NULL;
	conf = NULL;
}

static int
teardown(UNUSED void **state)
{
	ipc_free(auth_end);
	ipc_free(pki_end);
	pair_desk_free(desk);
	revocation_free(revocation);
	loop_free(loop);
	trust_free();
	net_reset();
	clock_set_source(NULL, NULL);
	return 0;
}

static void
trust(const char *settings)
{
	const struct conf_object *trustpoint;

	trust_free();
	conf = conf_of(settings);
	book = verdict_book_new();
	trustpoint = conf_find(conf, CONF_TRUSTPOINT, "CA");
	assert_int_equal(
	    verdict_book_add(book, root.cert, "CA", settings[0] != '\0' ? trustpoint : NULL),
	    ERR_OK);
}

/* ---- questions ---- */

static void
on_reply(enum err err, const ProtobufCMessage *msg, UNUSED void *arg)
{
	const Ipc__PairVerdict *verdict = (const Ipc__PairVerdict *)msg;
	const Ipc__CertVerdict *first, *second;

	if (err != ERR_OK)
		return;
	first = verdict->first;
	second = verdict->second;
	said.calls++;
	said.ok = verdict->ok;
	said.first = first != NULL && first->ok;
	said.second = second != NULL && second->ok;
	(void)snprintf(said.reason, sizeof said.reason, "%s", verdict->reason);
	(void)snprintf(said.first_subject, sizeof said.first_subject, "%s",
	    said.first ? first->names->subject_name : "");
	(void)snprintf(said.second_subject, sizeof said.second_subject, "%s",
	    said.second ? second->names->subject_name : "");
	(void)snprintf(said.first_trustpoint, sizeof said.first_trustpoint, "%s",
	    said.first ? first->trustpoint : "");
	said.second_sha256_len = second != NULL ? second->leaf_sha256.len : 0;
	if (said.second_sha256_len == sizeof said.second_sha256)
		memcpy(said.second_sha256, second->leaf_sha256.data, sizeof said.second_sha256);
}

/* What auth asks; zero is the good one. */
struct question {
	const struct made *first, *second; /* NULL: machine, user */
	const struct made *signer;         /* NULL: second */
	const char *signed_text;           /* NULL: the request */
	const char *hash;                  /* NULL: sha512 */
	bool no_first, no_pkcs7;
	size_t junk;               /* bytes behind the PKCS#7 */
	const struct made *others; /* that are in the PKCS#7 too */
	size_t others_len;
};

static void
run_loop(void)
{
	for (unsigned i = 0; i < 4; i++)
		event_base_loop(loop_base(loop), EVLOOP_NONBLOCK);
}

/* Ask, and let the desk see it. */
static void
ask(const struct question *q)
{
	Ipc__PairJudge msg = IPC__PAIR_JUDGE__INIT;
	const struct made *first = q->first != NULL ? q->first : &machine;
	const struct made *second = q->second != NULL ? q->second : &user;
	const struct made *signer = q->signer != NULL ? q->signer : second;
	const char *hash = q->hash != NULL ? q->hash : "sha512";
	ProtobufCBinaryData der = {0};
	X509 *certs[8] = {second->cert};
	uint8_t signature[1024];
	struct buf pkcs7;

	for (size_t i = 0; i < q->others_len; i++)
		certs[1 + i] = q->others[i].cert;
	pair_help_pkcs7(certs, ARRAY_LEN(certs), PAIR_HELP_DATA, &pkcs7);
	buf_put(&pkcs7, memset(signature, 0, sizeof signature), q->junk);
	der.len = (size_t)i2d_X509(first->cert, &der.data);
	msg.first = &der;
	msg.n_first = q->no_first ? 0 : 1;
	msg.second_pkcs7 = (ProtobufCBinaryData){q->no_pkcs7 ? 0 : pkcs7.len, pkcs7.data};
	msg.hash = (char *)(uintptr_t)hash;
	msg.signature.data = signature;
	msg.signature.len = pair_help_sign(signer->key, hash, 0,
	    q->signed_text != NULL ? q->signed_text : REQUEST, signature, sizeof signature);
	msg.signed_bytes = (ProtobufCBinaryData){strlen(REQUEST), (uint8_t *)(uintptr_t)REQUEST};
	assert_int_equal(ipc_request(auth_end, IPC__MSG_TYPE__MSG_PAIR_JUDGE, &msg.base,
			     IPC__MSG_TYPE__MSG_PAIR_VERDICT, 3600000, on_reply, NULL, NULL),
	    ERR_OK);
	run_loop();
	assert_int_equal(ERR_peek_error(), 0);
	OPENSSL_free(der.data);
	buf_fini(&pkcs7);
}

/* So many answers in all, and what the last one says. */
static void
expect(unsigned calls, bool ok, const char *reason)
{
	run_loop();
	assert_int_equal(said.calls, calls);
	if (calls == 0)
		return;
	if (said.ok != ok || strstr(said.reason, reason) == NULL)
		fail_msg("expected %d \"%s\", got %d \"%s\"", ok, reason, said.ok, said.reason);
	if (!ok)
		assert_string_not_equal(said.reason, "");
}

static const struct question good;

static void
test_good(UNUSED void **state)
{
	uint8_t sha256[32];
	unsigned char *der = NULL;
	int len = i2d_X509(user.cert, &der);

	trust("");
	ask(&good);
	expect(1, true, "");
	assert_string_equal(said.reason, "");
	assert_string_equal(said.first_subject, "cn=machine");
	assert_string_equal(said.first_trustpoint, "CA");
	assert_string_equal(said.second_subject, "cn=user");
	assert_int_equal(said.second_sha256_len, 32);
	(void)SHA256(der, (size_t)len, sha256);
	assert_memory_equal(said.second_sha256, sha256, 32);
	assert_int_equal(logged.good, 2);
	assert_int_equal(logged.bad, 0);
	OPENSSL_free(der);
}

/* Each is refused at once, with the certificate that it is about in the log. */
static void
test_bad(UNUSED void **state)
{
	const struct {
		struct question question;
		const char *reason;
		const char *subject;
	} rows[] = {
	    {{.signed_text = "<config-auth>another</config-auth>"},
		"second certificate: the signature does not fit", "cn=user"},
	    {{.signer = &machine}, "second certificate: the signature does not fit", "cn=user"},
	    {{.hash = "sha1"}, "second certificate: the hash is none of", "cn=user"},
	    {{.second = &machine}, "it is the same as the first certificate, or has the same key",
		"cn=machine"},
	    {{.second = &twin}, "it is the same as the first certificate, or has the same key",
		"cn=twin"},
	    {{.first = &user}, "it is the same as the first certificate, or has the same key",
		"cn=user"},
	    {{.second = &stranger}, "second certificate: self-signed", "cn=stranger"},
	    {{.first = &stranger}, "first certificate: self-signed", "cn=stranger"},
	    {{.second = &root}, "only CA certificates", ""},
	    {{.no_first = true}, "the first certificate cannot be read", "cn=user"},
	    {{.no_pkcs7 = true}, "there is no PKCS#7", ""},
	    {{.junk = 1}, "something behind the PKCS#7", ""},
	};

	trust("revocation-check = [ \"ocsp\", \"none\" ];");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t asked = net.len;

		memset(&said, 0, sizeof said);
		memset(&logged, 0, sizeof logged);
		ask(&rows[i].question);
		if (said.calls == 0 && net.len > asked) /* the first certificate's responder */
			say(&net.fetches[asked], SAY_GOOD, &root, &machine);
		expect(1, false, rows[i].reason);
		assert_int_equal(logged.bad, 1);
		assert_string_equal(logged.subject, rows[i].subject);
		assert_false(said.second);
	}
	/* Nobody was asked about a certificate for nothing. */
	for (size_t i = 0; i < net.len; i++)
		assert_string_equal(net.fetches[i].url, AIA_FIRST);
}

#define OCSP "revocation-check = [ \"ocsp\" ];"
#define OCSP_NONE "revocation-check = [ \"ocsp\", \"none\" ];"

/* Both responders are asked side by side, and each has its say. */
static void
test_revocation(UNUSED void **state)
{
	static const struct {
		const char *settings;
		enum say first, second;
		bool ok;
		const char *reason;
	} rows[] = {
	    {OCSP, SAY_GOOD, SAY_GOOD, true, ""},
	    {OCSP, SAY_REVOKED, SAY_GOOD, false, "first certificate: revoked: "},
	    {OCSP, SAY_GOOD, SAY_REVOKED, false, "second certificate: revoked: "},
	    {OCSP, SAY_REVOKED, SAY_REVOKED, false, "first certificate: revoked: "},
	    {OCSP, SAY_GOOD, SAY_TIMEOUT, false,
		"second certificate: revocation could not be checked"},
	    {OCSP_NONE, SAY_GOOD, SAY_TIMEOUT, true, ""},
	    {OCSP_NONE, SAY_TIMEOUT, SAY_TIMEOUT, true, ""},
	    {OCSP_NONE, SAY_TIMEOUT, SAY_REVOKED, false, "second certificate: revoked: "},
	};

	for (size_t i = 0; i < 2 * ARRAY_LEN(rows); i++) {
		bool turned = i >= ARRAY_LEN(rows); /* the second's responder is the faster one */
		size_t k = i % ARRAY_LEN(rows);

		assert_int_equal(setup(state), 0);
		trust(rows[k].settings);
		ask(&good);
		expect(0, false, "");
		/* A reload meanwhile. */
		trust_free();
		assert_int_equal(net.len, 2);
		if (turned)
			say(&net.fetches[1], rows[k].second, &root, &user);
		say(&net.fetches[0], rows[k].first, &root, &machine);
		if (!turned)
			say(&net.fetches[1], rows[k].second, &root, &user);
		run_loop();
		assert_int_equal(said.calls, 1);
		assert_int_equal(said.ok, rows[k].ok);
		if (!turned || rows[k].first != rows[k].second)
			expect(1, rows[k].ok, rows[k].reason);
		teardown(state);
	}
}

/* A refusal does not wait for the other one's responder. */
static void
test_early(UNUSED void **state)
{
	trust(OCSP);
	ask(&good);
	say(&net.fetches[1], SAY_REVOKED, &root, &user);
	expect(1, false, "second certificate: revoked");
	say(&net.fetches[0], SAY_GOOD, &root, &machine);
	expect(1, false, "second certificate: revoked");
}

static void
test_limit(UNUSED void **state)
{
	trust(OCSP);
	for (unsigned i = 0; i < PAIR_DESK_MAX; i++)
		ask(&good);
	expect(0, false, "");
	ask(&good);
	expect(1, false, "too many are being judged");
	assert_int_equal(net.len, 2);
	say(&net.fetches[0], SAY_GOOD, &root, &machine);
	say(&net.fetches[1], SAY_GOOD, &root, &user);
	expect(1 + PAIR_DESK_MAX, true, "");
	/* There is room again. */
	ask(&good);
	expect(2 + PAIR_DESK_MAX, true, "");
}

/* The same by bytes: large certificates, which nothing would need. */
static void
test_limit_bytes(UNUSED void **state)
{
	struct made large[3];
	unsigned asked = 0;

	trust(OCSP);
	for (size_t i = 0; i < ARRAY_LEN(large); i++) {
		char name[] = {'c', (char)('a' + i), '\0'};

		large[i] = made_new(&(struct order){.name = name, .ca = true});
		pair_help_extend(&large[i], &large[i], VERDICT_DER_MAX - 1024);
	}
	while (said.calls == 0 && asked < PAIR_DESK_MAX) {
		ask(&(struct question){.others = large, .others_len = ARRAY_LEN(large)});
		asked++;
	}
	expect(1, false, "too many are being judged");
	assert_in_range(asked, PAIR_DESK_BYTES_MAX / 65536, PAIR_DESK_BYTES_MAX / 40000);
	say(&net.fetches[0], SAY_GOOD, &root, &machine);
	say(&net.fetches[1], SAY_GOOD, &root, &user);
	expect(asked, true, "");
	/* There is room again. */
	clock_pass(3600);
	for (unsigned i = 1; i < asked; i++)
		ask(&(struct question){.others = large, .others_len = ARRAY_LEN(large)});
	expect(asked, true, "");
	for (size_t i = 0; i < ARRAY_LEN(large); i++)
		made_free(&large[i]);
}

/* Nobody is there any more to answer; what is on its way comes to nothing. */
static void
test_forget(UNUSED void **state)
{
	trust(OCSP);
	for (unsigned i = 0; i < 3; i++)
		ask(&good);
	pair_desk_forget(desk, auth_end); /* another channel */
	say(&net.fetches[0], SAY_GOOD, &root, &machine);
	say(&net.fetches[1], SAY_GOOD, &root, &user);
	expect(3, true, "");
	clock_pass(3600);
	memset(&said, 0, sizeof said);
	memset(&logged, 0, sizeof logged);
	ask(&good);
	pair_desk_forget(desk, pki_end);
	say(&net.fetches[2], SAY_GOOD, &root, &machine);
	say(&net.fetches[3], SAY_GOOD, &root, &user);
	expect(0, false, "");
	assert_int_equal(logged.good, 0);
	/* And some are under way at the end. */
	clock_pass(3600);
	ask(&good);
	expect(0, false, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_good),
	    TEST(test_bad),
	    cmocka_unit_test(test_revocation),
	    TEST(test_early),
	    TEST(test_limit),
	    TEST(test_limit_bytes),
	    TEST(test_forget),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
