/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificate logins of auth, edge by edge: the test plays the client, pki and the password
 * checker. What is wrong with a certificate looks the same to the client whatever it is (INV-3),
 * and leaves no session and no pending login.
 */
#include "tests/unit/ask_help.h"
#include "tests/unit/auth_help.h"

#include "auth/form.h"
#include "auth/leaf.h"
#include "auth/login.h"
#include "auth/second.h"
#include "common/cert_request.h"

#define GENERATION 1700000000123ULL
#define HASH_TEXT "1700000000123"

#define GROUP(name, general, webvpn)                                                               \
	" { name = \"" name                                                                        \
	"\"; general-attributes = { default-group-policy = \"Staff\";\n" general                   \
	" };\n   webvpn-attributes = { " webvpn " group-url = ( { url = \"https://gw/" name        \
	"\"; } );\n"                                                                               \
	" group-alias = ( { name = \"" name "\"; } ); }; }"
#define CERT "authentication = \"certificate\";"
#define BOTH "authentication = [ \"aaa\", \"certificate\" ];"
#define TWO "authentication = \"multiple-certificate\";"

static const struct world_file files[] = {
    {"tunnel-groups.conf",
	"webvpn = { tunnel-group-list = true; };\n"
	"tunnel-groups = (\n" GROUP("cert", "", CERT) ",\n" GROUP("both", "", BOTH) ",\n" GROUP(
	    "fill", "username-from-certificate = \"UPN\"; strip-realm = true;",
	    BOTH " pre-fill-username = \"client\";") ",\n" GROUP("hide", "",
	    BOTH " pre-fill-username = \"client hide\";") ",\n" GROUP("authz",
	    "authorization-server-group = \"LOCAL\"; authorization-required = true;",
	    CERT) ",\n" GROUP("two", "", TWO) ",\n" GROUP("second",
	    "username-from-certificate-choice = \"second-certificate\";",
	    "authentication = [ \"aaa\", \"multiple-certificate\" ]; pre-fill-username = "
	    "\"client\";") ",\n" GROUP("strict", "",
	    TWO " multiple-certificate = { hash-algorithms = \"sha384\"; first-certificate-store = "
		"\"machine\"; second-certificate-store = \"user\"; };") ",\n" GROUP("pair",
	    "secondary-authentication-server-group = \"LOCAL\";",
	    "") ",\n"
		" { name = \"Partners\"; } );\n"},
};

static uint8_t leaf_a[] = {0x30, 0x01, 'a'}, leaf_b[] = {0x30, 0x01, 'b'};

/* What the last answer said. */
static struct {
	unsigned count;
	Ipc__AnswerKind kind;
	char handle[TOKEN_TEXT_SIZE], error[65], token[TOKEN_TEXT_SIZE], username[65];
	char inputs[256]; /* "text username=value, password password" */
	char hashes[64];
	size_t options, no_aaa;
	char random[256];
	bool authenticated, close;
	struct buf bytes; /* of a request */
} seen;

static struct {
	unsigned asked;
	arrival_judged_fn fn;
	void *arg;
} judge;

static struct {
	unsigned asked;
	login_paired_fn fn;
	void *arg;
	enum err err;
	char hash[16];
	struct buf bytes;
} pairing;

static struct {
	char username[65], password[65];
	aaa_done_fn done;
	void *arg;
} checks[4];
static unsigned checks_len, asked_all;

static struct world world;
static struct arrivals *arrivals;
static struct login_table *logins;

static void
on_seen(const Ipc__AuthAnswer *answer, void *arg)
{
	size_t at = 0;

	(void)arg;
	seen.count++;
	seen.kind = answer->kind;
	snprintf(seen.handle, sizeof(seen.handle), "%s", answer->handle);
	snprintf(seen.error, sizeof(seen.error), "%s", answer->error);
	snprintf(seen.token, sizeof(seen.token), "%s", answer->session_token);
	snprintf(seen.username, sizeof(seen.username), "%s", answer->username);
	snprintf(seen.random, sizeof(seen.random), "%s", answer->random);
	seen.options = answer->n_option;
	seen.no_aaa = 0;
	seen.authenticated = answer->cert_authenticated;
	seen.close = answer->close;
	seen.inputs[0] = seen.hashes[0] = '\0';
	for (size_t i = 0; i < answer->n_input; i++)
		at += (size_t)snprintf(seen.inputs + at, sizeof(seen.inputs) - at, "%s%s %s%s%s%s",
		    i > 0 ? ", " : "", answer->input[i]->type, answer->input[i]->name,
		    answer->input[i]->value[0] != '\0' ? "=" : "", answer->input[i]->value,
		    answer->input[i]->second_auth ? "*" : "");
	at = 0;
	for (size_t i = 0; i < answer->n_hash_algorithm; i++)
		at += (size_t)snprintf(
		    seen.hashes + at, sizeof(seen.hashes) - at, "%s ", answer->hash_algorithm[i]);
	for (size_t i = 0; i < answer->n_option; i++)
		seen.no_aaa += answer->option[i]->no_aaa;
	buf_reset(&seen.bytes);
	if (answer->kind == IPC__ANSWER_KIND__ANSWER_MULTIPLE_CERT_REQUEST)
		assert_int_equal(cert_request_write(answer, &seen.bytes), ERR_OK);
}

static enum err
on_judge(void *arg, const Ipc__CertJudge *msg, arrival_judged_fn fn, void *fn_arg)
{
	(void)arg, (void)msg;
	judge.asked++;
	judge.fn = fn;
	judge.arg = fn_arg;
	return ERR_OK;
}

static enum err
on_pair(void *arg, const Ipc__PairJudge *msg, login_paired_fn fn, void *fn_arg)
{
	(void)arg;
	if (pairing.err != ERR_OK)
		return pairing.err;
	pairing.asked++;
	pairing.fn = fn;
	pairing.arg = fn_arg;
	snprintf(pairing.hash, sizeof(pairing.hash), "%s", msg->hash);
	buf_reset(&pairing.bytes);
	buf_put(&pairing.bytes, msg->signed_bytes.data, msg->signed_bytes.len);
	return ERR_OK;
}

static enum err
on_ask(void *asker, const struct aaa_question *question, aaa_done_fn done, void *arg,
    struct aaa_ask **ask)
{
	(void)asker;
	if (ask_authorization(question, done, arg))
		return ERR_OK;
	assert_true(checks_len < ARRAY_LEN(checks));
	snprintf(
	    checks[checks_len].username, sizeof(checks[0].username), "%s", question->who.username);
	snprintf(checks[checks_len].password, sizeof(checks[0].password), "%s",
	    secret_cstr(question->password));
	secret_free(question->password);
	checks[checks_len].done = done;
	checks[checks_len].arg = arg;
	asked_all++;
	*ask = (struct aaa_ask *)&checks[checks_len++];
	return ERR_OK;
}

static int
setup(void **state)
{
	(void)state;
	world_make(&world, files, ARRAY_LEN(files));
	memset(&seen, 0, sizeof(seen));
	memset(&judge, 0, sizeof(judge));
	memset(&pairing, 0, sizeof(pairing));
	memset(checks, 0, sizeof(checks));
	checks_len = asked_all = 0;
	buf_init(&seen.bytes, 65536);
	buf_init(&pairing.bytes, 65536);
	arrivals = arrivals_new(on_judge, NULL);
	const struct login_config config = {.conf = world.conf,
	    .generation = GENERATION,
	    .sessions = world.sessions,
	    .arrivals = arrivals,
	    .ask = on_ask,
	    .pair = on_pair};
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
	buf_fini(&seen.bytes);
	buf_fini(&pairing.bytes);
	world_break(&world);
	return 0;
}

/* ---- the client and pki ---- */

struct client {
	const char *group; /* of its URL; NULL: none */
	uint8_t *leaf;     /* NULL: it shows none */
	bool multiple;
	bool cert_failed;
};

static ProtobufCBinaryData certificate;
static char *capabilities[] = {(char *)"single-sign-on-v2", (char *)"multiple-cert"};

static void
fill_facts(Ipc__ClientFacts *facts, uint8_t *leaf, bool multiple)
{
	world_facts(facts);
	facts->host = (char *)"gw";
	if (leaf != NULL) {
		certificate.data = leaf;
		certificate.len = sizeof(leaf_a);
		facts->certificate = &certificate;
		facts->n_certificate = 1;
	}
	facts->capability = capabilities;
	facts->n_capability = multiple ? 2 : 1;
}

static void
init(const struct client *client)
{
	Ipc__AuthInit msg = IPC__AUTH_INIT__INIT;
	Ipc__ClientFacts facts;
	char url[64] = "";

	if (client->group != NULL)
		snprintf(url, sizeof(url), "https://gw/%s", client->group);
	fill_facts(&facts, client->leaf, client->multiple);
	msg.facts = &facts;
	msg.group_access = url;
	msg.client_cert_fail = client->cert_failed;
	login_init(logins, &msg, on_seen, NULL);
}

/* The names of a certificate of this common name and principal. */
struct names {
	Ipc__CertNames msg;
	Ipc__CertAttr cn;
	Ipc__CertAttr *subject[1];
	char *upn[1];
};

static Ipc__CertNames *
names_make(struct names *names, const char *cn, const char *upn)
{
	ipc__cert_names__init(&names->msg);
	ipc__cert_attr__init(&names->cn);
	names->cn.tag = (char *)"cn";
	names->cn.value = (char *)cn;
	names->subject[0] = &names->cn;
	names->upn[0] = (char *)upn;
	names->msg.subject = names->subject;
	names->msg.n_subject = cn != NULL;
	names->msg.alt_upn = names->upn;
	names->msg.n_alt_upn = upn != NULL;
	names->msg.subject_name = (char *)"cn=x";
	return &names->msg;
}

static void
judged(bool ok, const char *cn, const char *upn)
{
	Ipc__CertVerdict verdict = IPC__CERT_VERDICT__INIT;
	struct names names;

	assert_non_null(judge.fn);
	verdict.ok = ok;
	verdict.reason = (char *)"revoked";
	verdict.names = ok ? names_make(&names, cn, upn) : NULL;
	judge.fn(&verdict, judge.arg);
}

static void
arrive(const char *group, const char *cn, const char *upn)
{
	init(&(struct client){.group = group, .leaf = leaf_a, .multiple = true});
	judged(true, cn, upn);
}

struct reply {
	const char *handle, *select;
	const char *fields[6]; /* name, value, .. */
	uint8_t *leaf;
	Ipc__CertChain **chains;
	size_t chains_len;
};

static void
reply(const struct reply *what)
{
	Ipc__AuthReply msg = IPC__AUTH_REPLY__INIT;
	Ipc__ClientFacts facts;
	Ipc__Field fields[3], *refs[3];
	char handle[TOKEN_TEXT_SIZE], values[3][64];

	snprintf(handle, sizeof(handle), "%s", what->handle != NULL ? what->handle : seen.handle);
	fill_facts(&facts, what->leaf, false);
	msg.facts = &facts;
	msg.handle = handle;
	msg.config_hash = (char *)HASH_TEXT;
	msg.group_select = (char *)(what->select != NULL ? what->select : "");
	msg.field = refs;
	for (size_t i = 0; i < 3 && what->fields[2 * i] != NULL; i++) {
		ipc__field__init(&fields[i]);
		snprintf(values[i], sizeof(values[i]), "%s", what->fields[2 * i + 1]);
		fields[i].name = (char *)what->fields[2 * i];
		fields[i].value.data = (uint8_t *)values[i];
		fields[i].value.len = strlen(values[i]);
		refs[msg.n_field++] = &fields[i];
	}
	msg.chain = what->chains;
	msg.n_chain = what->chains_len;
	login_reply(logins, &msg, on_seen, NULL);
}

static void
checked_one(unsigned which, enum local_result result)
{
	aaa_done_fn done = checks[which].done;

	assert_non_null(done);
	checks[which].done = NULL;
	ask_local(done, checks[which].arg, result);
}

static void
checked(enum local_result result)
{
	assert_true(checks_len > 0);
	checked_one(--checks_len, result);
}

/* The uniform refusal about certificates, and nothing left behind. */
static void
expect_invalid(const char *what)
{
	if (seen.kind != IPC__ANSWER_KIND__ANSWER_REFUSED ||
	    strcmp(seen.error, "Certificate Validation Failure") != 0 || seen.inputs[0] != '\0' ||
	    seen.options != 0 || seen.handle[0] != '\0')
		fail_msg(
		    "FAIL: %s, expected a refusal, got kind %d '%s'", what, seen.kind, seen.error);
	assert_int_equal(login_table_len(logins), 0);
	assert_int_equal(session_table_len(world.sessions), 0);
}

static struct session *
expect_session(const char *username, const char *mode)
{
	struct session *session;

	assert_int_equal(seen.kind, IPC__ANSWER_KIND__ANSWER_COMPLETE);
	session = session_find_token(world.sessions, seen.token);
	assert_non_null(session);
	assert_string_equal(session->username, username);
	assert_string_equal(seen.username, username);
	assert_string_equal(session_method_text(session->methods), mode);
	return session;
}

/* ---- one certificate ---- */

static void
test_certificate_only(void **state)
{
	struct session *session;
	struct inherit inherit;

	(void)state;
	arrive("cert", "carol", NULL);
	session = expect_session("carol", "Certificate");
	assert_int_equal(checks_len, 0);
	/* The tunnel-group's policy, and it outlives a restart. */
	assert_int_equal(session_inherit(session, &inherit), ERR_OK);
	assert_string_equal(inherit.group_policy, "Staff");
	assert_string_equal(session->group_policy, "Staff");
	assert_int_equal(login_table_len(logins), 0);
	login_table_free(logins);
	logins = NULL;
	world_restart(&world);
	session = session_find_token(world.sessions, seen.token);
	assert_non_null(session);
	assert_string_equal(session_method_text(session->methods), "Certificate");
	assert_int_equal(session_inherit(session, &inherit), ERR_OK);
}

/* Nobody is asked for a certificate twice, and nobody gets in without. */
static void
test_no_certificate(void **state)
{
	(void)state;
	init(&(struct client){.group = "cert"});
	assert_int_equal(seen.kind, IPC__ANSWER_KIND__ANSWER_CLIENT_CERT_REQUEST);
	assert_int_equal(login_table_len(logins), 0);
	init(&(struct client){.group = "cert", .cert_failed = true});
	expect_invalid("client-cert-fail");
	init(&(struct client){.group = "both", .cert_failed = true});
	expect_invalid("client-cert-fail with aaa");
	init(&(struct client){.group = "both"});
	assert_int_equal(seen.kind, IPC__ANSWER_KIND__ANSWER_CLIENT_CERT_REQUEST);
	assert_int_equal(judge.asked, 0);
}

static void
test_bad_certificate(void **state)
{
	static const char *const groups[] = {"cert", "both", "two", "second"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
		init(&(struct client){.group = groups[i], .leaf = leaf_a, .multiple = true});
		judged(false, NULL, NULL);
		expect_invalid(groups[i]);
		/* pki gives no answer. */
		init(&(struct client){.group = groups[i], .leaf = leaf_a, .multiple = true});
		judge.fn(NULL, judge.arg);
		expect_invalid(groups[i]);
	}
	/* One that names nobody, and one with a name that nobody can have. */
	arrive("cert", NULL, NULL);
	expect_invalid("no name");
	arrive("cert", "a\nb", NULL);
	expect_invalid("a name with a line in it");
	arrive(
	    "cert", "0123456789012345678901234567890123456789012345678901234567890123456789", NULL);
	expect_invalid("a long name");
	arrive("fill", "alice", NULL);
	expect_invalid("no UPN");
	assert_int_equal(checks_len, 0);
}

/* What a group that asks for no certificate does with one: nothing. */
static void
test_not_needed(void **state)
{
	(void)state;
	init(&(struct client){.group = "pair", .leaf = leaf_a});
	assert_int_equal(judge.asked, 0);
	assert_int_equal(seen.kind, IPC__ANSWER_KIND__ANSWER_FORM);
}

static void
test_authorization(void **state)
{
	(void)state;
	arrive("authz", "carol", NULL);
	assert_int_equal(seen.kind, IPC__ANSWER_KIND__ANSWER_REFUSED);
	assert_string_equal(seen.error, "Login failed.");
	assert_int_equal(session_table_len(world.sessions), 0);
	arrive("authz", "alice", NULL);
	expect_session("alice", "Certificate");
	/* His policy refuses him. */
	arrive("authz", "locked", NULL);
	assert_int_equal(seen.kind, IPC__ANSWER_KIND__ANSWER_REFUSED);
	assert_int_equal(login_table_len(logins), 0);
}

/* ---- a certificate and a password ---- */

static const char *const right[6] = {"username", "alice", "password", "secret"};
#define FIELDS                                                                                     \
	{                                                                                          \
		right[0], right[1], right[2], right[3]                                             \
	}

static void
test_both(void **state)
{
	char handle[TOKEN_TEXT_SIZE];

	(void)state;
	arrive("both", "carol", NULL);
	assert_string_equal(seen.inputs, "text username, password password");
	reply(&(struct reply){.leaf = leaf_a, .fields = FIELDS});
	checked(LOCAL_BAD_PASSWORD);
	assert_string_equal(seen.error, "Login failed.");
	memcpy(handle, seen.handle, sizeof(handle));
	reply(&(struct reply){.leaf = leaf_a, .fields = FIELDS});
	checked(LOCAL_OK);
	expect_session("alice", "Certificate and userPassword");
	assert_int_equal(asked_all, 2);
	/* The handle is used up. */
	seen.kind = 0;
	reply(&(struct reply){.handle = handle, .leaf = leaf_a, .fields = FIELDS});
	judged(true, "carol", NULL);
	assert_int_equal(asked_all, 2);
	assert_string_equal(seen.error, "Certificate Validation Failure");
}

/* INV-4: the password form of one client's certificate is worth nothing with another, or none. */
static void
test_bound(void **state)
{
	uint8_t *const leaves[] = {leaf_b, NULL};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(leaves); i++) {
		arrive("both", "carol", NULL);
		reply(&(struct reply){.leaf = leaves[i], .fields = FIELDS});
		expect_invalid("another certificate");
	}
	assert_int_equal(checks_len, 0);
}

static void
test_pre_fill(void **state)
{
	(void)state;
	arrive("fill", "carol", "alice@corp.example");
	assert_string_equal(seen.inputs, "text username=alice, password password");
	reply(&(struct reply){.leaf = leaf_a, .fields = {"username", "bob", "password", "secret"}});
	assert_string_equal(checks[0].username, "alice");
	checked(LOCAL_OK);
	expect_session("alice", "Certificate and userPassword");
	arrive("hide", "bob", NULL);
	assert_string_equal(seen.inputs, "hidden username=bob, password password");
	reply(&(struct reply){.leaf = leaf_a, .fields = {"password", "secret"}});
	assert_string_equal(checks[0].username, "bob");
	checked(LOCAL_BAD_PASSWORD);
	assert_string_equal(seen.inputs, "hidden username=bob, password password");
}

/* INV-3: both passwords are looked at whatever the first one gave. */
static void
test_second_password(void **state)
{
	static const enum local_result rows[][2] = {{LOCAL_OK, LOCAL_BAD_PASSWORD},
	    {LOCAL_BAD_PASSWORD, LOCAL_OK}, {LOCAL_NO_USER, LOCAL_NO_USER}, {LOCAL_OK, LOCAL_OK}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		Ipc__AuthReply msg = IPC__AUTH_REPLY__INIT;
		Ipc__ClientFacts facts;
		Ipc__Field fields[4], *refs[4];
		char values[4][16] = {"alice", "one", "bob", "two"};
		const char *const names[4] = {
		    "username", "password", "secondary_username", "secondary_password"};

		init(&(struct client){.group = "pair"});
		assert_string_equal(seen.inputs,
		    "text username, password password, text secondary_username*, "
		    "password secondary_password*");
		fill_facts(&facts, NULL, false);
		msg.facts = &facts;
		msg.handle = seen.handle;
		msg.config_hash = (char *)HASH_TEXT;
		msg.field = refs;
		msg.n_field = 4;
		for (size_t k = 0; k < 4; k++) {
			ipc__field__init(&fields[k]);
			fields[k].name = (char *)names[k];
			fields[k].value.data = (uint8_t *)values[k];
			fields[k].value.len = strlen(values[k]);
			refs[k] = &fields[k];
		}
		checks_len = 0;
		unsigned seen_before = seen.count;
		login_reply(logins, &msg, on_seen, NULL);
		/* Both are asked at once, and nothing is said before both have answered. */
		assert_int_equal(checks_len, 2);
		assert_string_equal(checks[0].password, "one");
		assert_string_equal(checks[1].username, "bob");
		assert_string_equal(checks[1].password, "two");
		checked_one(i % 2, rows[i][i % 2]);
		assert_int_equal(seen.count, seen_before);
		checked_one(1 - i % 2, rows[i][1 - i % 2]);
		checks_len = 0;
		assert_int_equal(seen.kind,
		    i == 3 ? IPC__ANSWER_KIND__ANSWER_COMPLETE : IPC__ANSWER_KIND__ANSWER_FORM);
	}
	/* Without the second password nothing is looked at. */
	init(&(struct client){.group = "pair"});
	checks_len = 0;
	reply(&(struct reply){.fields = FIELDS});
	assert_int_equal(checks_len, 0);
	assert_string_equal(seen.error, "Login failed.");
}

/* ---- the list of groups ---- */

/* The default group asks for a certificate only: nobody is logged in to a group that he did not
 * choose. */
static void
test_choice(void **state)
{
	(void)state;
	init(&(struct client){.leaf = leaf_a});
	judged(true, "carol", NULL);
	assert_int_equal(seen.kind, IPC__ANSWER_KIND__ANSWER_FORM);
	assert_string_equal(seen.inputs, "");
	assert_int_equal(seen.options, 9);
	assert_int_equal(seen.no_aaa, 4);
	reply(&(struct reply){.leaf = leaf_a});
	judged(true, "carol", NULL);
	expect_session("carol", "Certificate");
	/* Another one. */
	init(&(struct client){.leaf = NULL});
	assert_int_equal(seen.kind, IPC__ANSWER_KIND__ANSWER_FORM);
	reply(&(struct reply){.select = "pair"});
	assert_int_equal(seen.kind, IPC__ANSWER_KIND__ANSWER_FORM);
	assert_true(strncmp(seen.inputs, "text username", 13) == 0);
	/* From a form with fields to a group without: its certificate counts, not the fields. */
	reply(&(struct reply){
	    .handle = "nonsense", .select = "cert", .leaf = leaf_a, .fields = FIELDS});
	judged(true, "carol", NULL);
	assert_string_equal(seen.error, "Certificate Validation Failure");
}

/* ---- two certificates ---- */

static Ipc__CertChain chain_tls, chain_xml;
static Ipc__CertChain *chains[3] = {&chain_tls, &chain_xml, &chain_xml};
static uint8_t pkcs7[SECOND_PKCS7_MAX + 1], signature[SECOND_SIGNATURE_MAX + 1];

static void
chains_reset(void)
{
	ipc__cert_chain__init(&chain_tls);
	chain_tls.store = (char *)"1M";
	chain_tls.via_protocol = true;
	ipc__cert_chain__init(&chain_xml);
	chain_xml.store = (char *)"1U";
	chain_xml.format = (char *)"pkcs7";
	chain_xml.hash = (char *)"sha384";
	chain_xml.pkcs7.data = pkcs7;
	chain_xml.pkcs7.len = 100;
	chain_xml.signature.data = signature;
	chain_xml.signature.len = 256;
	chains[0] = &chain_tls;
	chains[1] = &chain_xml;
}

static void
reply_pair(uint8_t *leaf)
{
	reply(&(struct reply){.leaf = leaf, .chains = chains, .chains_len = 2});
}

static void
paired(bool ok, uint8_t *leaf, const char *cn)
{
	Ipc__PairVerdict verdict = IPC__PAIR_VERDICT__INIT;
	Ipc__CertVerdict first = IPC__CERT_VERDICT__INIT, second = IPC__CERT_VERDICT__INIT;
	Ipc__ClientFacts facts;
	struct names one, two;
	struct leaf hash;

	fill_facts(&facts, leaf, false);
	leaf_read(&facts, &hash);
	verdict.ok = ok;
	verdict.reason = (char *)"the signature does not fit";
	first.ok = second.ok = ok;
	first.names = names_make(&one, "pc", NULL);
	second.names = names_make(&two, cn, NULL);
	first.leaf_sha256.data = hash.sha256;
	first.leaf_sha256.len = LEAF_SIZE;
	verdict.first = &first;
	verdict.second = &second;
	assert_non_null(pairing.fn);
	login_paired_fn fn = pairing.fn;
	pairing.fn = NULL;
	fn(&verdict, pairing.arg);
}

static void
test_two(void **state)
{
	char random[256];

	(void)state;
	chains_reset();
	/* First without a certificate: that request serves nothing. */
	init(&(struct client){.group = "two", .multiple = true});
	assert_int_equal(seen.kind, IPC__ANSWER_KIND__ANSWER_MULTIPLE_CERT_REQUEST);
	assert_false(seen.authenticated);
	reply_pair(leaf_a);
	expect_invalid("a reply to a request without cert-authenticated");
	arrive("two", "pc", NULL);
	assert_int_equal(seen.kind, IPC__ANSWER_KIND__ANSWER_MULTIPLE_CERT_REQUEST);
	assert_true(seen.authenticated);
	assert_string_equal(seen.hashes, "sha256 sha384 sha512 ");
	assert_int_equal(strlen(seen.random), 128);
	assert_int_equal(strspn(seen.random, "0123456789ABCDEF"), 128);
	snprintf(random, sizeof(random), "%s", seen.random);
	reply_pair(leaf_a);
	assert_int_equal(pairing.asked, 1);
	assert_string_equal(pairing.hash, "sha384");
	/* pki gets the bytes that the client was sent. */
	paired(true, leaf_a, "carol");
	expect_session("pc", "Multiple-certificate");
	assert_int_equal(login_table_len(logins), 0);
	arrive("two", "pc", NULL);
	assert_string_not_equal(seen.random, random);
}

static void
test_signed_bytes(void **state)
{
	(void)state;
	chains_reset();
	arrive("two", "pc", NULL);

	struct buf sent;
	buf_init(&sent, 65536);
	buf_put(&sent, seen.bytes.data, seen.bytes.len);
	assert_true(sent.len > 128);
	reply_pair(leaf_a);
	assert_int_equal(pairing.bytes.len, sent.len);
	assert_memory_equal(pairing.bytes.data, sent.data, sent.len);
	buf_fini(&sent);
}

/* Two certificates and a password: the form remembers both, and belongs to the first. */
static void
test_two_and_password(void **state)
{
	(void)state;
	chains_reset();
	arrive("second", "pc", NULL);
	reply_pair(leaf_a);
	paired(true, leaf_a, "alice");
	assert_string_equal(seen.inputs, "text username=alice, password password");
	reply(&(struct reply){.leaf = leaf_a, .fields = {"password", "secret"}});
	assert_string_equal(checks[0].username, "alice");
	checked(LOCAL_OK);
	expect_session("alice", "Multiple-certificate and userPassword");
	session_end(world.sessions, session_find_token(world.sessions, seen.token),
	    IPC__CLOSE_CAUSE__CLOSE_ADMIN);
	arrive("second", "pc", NULL);
	reply_pair(leaf_a);
	paired(true, leaf_a, "alice");
	reply(&(struct reply){.leaf = leaf_b, .fields = {"password", "secret"}});
	expect_invalid("the form with another certificate");
	/* The password before the second certificate. */
	arrive("second", "pc", NULL);
	reply(&(struct reply){.leaf = leaf_a, .fields = FIELDS});
	expect_invalid("a password in place of the second certificate");
	assert_int_equal(asked_all, 1);
}

/* INV-4: whatever a reply gets wrong ends its login before pki is asked. */
static void
test_hostile(void **state)
{
	char handle[TOKEN_TEXT_SIZE];

	(void)state;
	for (unsigned i = 0; i < 19; i++) {
		struct reply what = {.leaf = leaf_a, .chains = chains, .chains_len = 2};

		chains_reset();
		arrive("strict", "pc", NULL);
		assert_string_equal(seen.hashes, "sha384 ");
		switch (i) {
		case 0:
			chain_xml.hash = (char *)"sha512";
			break;
		case 1:
			chain_xml.hash = (char *)"SHA384";
			break;
		case 2:
			chain_xml.hash = (char *)"";
			break;
		case 3:
			chain_tls.store = (char *)"1U";
			break;
		case 4:
			chain_xml.store = (char *)"1M";
			break;
		case 5:
			chain_xml.store = (char *)"";
			break;
		case 6:
			chain_xml.format = (char *)"pem";
			break;
		case 7:
			chain_xml.pkcs7.len = 0;
			break;
		case 8:
			chain_xml.pkcs7.len = sizeof(pkcs7);
			break;
		case 9:
			chain_xml.signature.len = 0;
			break;
		case 10:
			chain_xml.signature.len = sizeof(signature);
			break;
		case 11:
			chain_xml.via_protocol = true;
			break;
		case 12:
			chain_tls.via_protocol = false;
			break;
		case 13:
			chain_tls.pkcs7 = chain_xml.pkcs7;
			break;
		case 14:
			what.chains_len = 1;
			break;
		case 15:
			what.chains_len = 3;
			break;
		case 16:
			what.leaf = leaf_b;
			break;
		case 17:
			what.leaf = NULL;
			break;
		case 18:
			what.select = "two";
			break;
		default:
			break;
		}
		memcpy(handle, seen.handle, sizeof(handle));
		reply(&what);
		expect_invalid("a bad reply");
		/* One try: the handle is gone. */
		chains_reset();
		reply(&(struct reply){
		    .handle = handle, .leaf = leaf_a, .chains = chains, .chains_len = 2});
		expect_invalid("the same handle again");
	}
	assert_int_equal(pairing.asked, 0);
	/* It is not the helper that refuses: the same without a fault gets to pki. */
	arrive("strict", "pc", NULL);
	reply_pair(leaf_a);
	assert_int_equal(pairing.asked, 1);
	paired(false, leaf_a, "carol");
	expect_invalid("a signature that does not fit");
	/* Late. */
	arrive("strict", "pc", NULL);
	world_pass(LOGIN_HANDLE_SEC);
	reply_pair(leaf_a);
	expect_invalid("an expired handle");
	/* Without multiple-cert. */
	init(&(struct client){.group = "strict", .leaf = leaf_a});
	judged(true, "pc", NULL);
	expect_invalid("a client that cannot");
	/* Certificates where a password was asked for. */
	arrive("both", "alice", NULL);
	reply_pair(leaf_a);
	expect_invalid("certificates to a password form");
	assert_int_equal(pairing.asked, 1);
}

/* pki that is gone, silent, or speaks of something else. */
static void
test_pki(void **state)
{
	(void)state;
	chains_reset();
	arrive("two", "pc", NULL);
	pairing.err = ERR_CLOSED;
	reply_pair(leaf_a);
	expect_invalid("no pki");
	pairing.err = ERR_OK;
	arrive("two", "pc", NULL);
	reply_pair(leaf_a);
	pairing.fn(NULL, pairing.arg);
	expect_invalid("no answer");
	arrive("two", "pc", NULL);
	reply_pair(leaf_a);
	paired(true, leaf_b, "carol");
	expect_invalid("a verdict about another certificate");
	/* There is an end to what may wait. */
	for (unsigned i = 0; i < LOGIN_PAIRS_MAX; i++) {
		arrive("two", "pc", NULL);
		reply_pair(leaf_a);
	}
	unsigned asked = pairing.asked;
	arrive("two", "pc", NULL);
	reply_pair(leaf_a);
	assert_int_equal(pairing.asked, asked);
	expect_invalid("too many");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_certificate_only),
	    TEST(test_no_certificate),
	    TEST(test_bad_certificate),
	    TEST(test_not_needed),
	    TEST(test_authorization),
	    TEST(test_both),
	    TEST(test_bound),
	    TEST(test_pre_fill),
	    TEST(test_second_password),
	    TEST(test_choice),
	    TEST(test_two),
	    TEST(test_signed_bytes),
	    TEST(test_two_and_password),
	    TEST(test_hostile),
	    TEST(test_pki),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
