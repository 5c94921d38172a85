/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom an ask goes to, and what becomes of the answers: the test stands in for the RADIUS client
 * and for the lists that are fetched; LOCAL is the real one, with a cheap hash.
 */
#include "tests/unit/conf_world.h"

#include <stdio.h>
#include <stdlib.h>

#include "auth/aaa.h"
#include "auth/radius_profile.h"

#define GROUPS                                                                                     \
	"aaa-server-groups = (\n"                                                                  \
	" { name = \"RAD\"; hosts = ( { address = \"192.0.2.1\"; key = \"k\"; "                    \
	"radius-common-pw = \"common\"; } ); },\n"                                                 \
	" { name = \"ONLY\"; authorize-only = true; merge-dacl = \"after-avpair\";\n"              \
	"   hosts = ( { address = \"192.0.2.1\"; key = \"k\"; mschapv2-capable = false; } ); } "   \
	");\n"

/* ---- in place of the RADIUS client and the cache of lists ---- */

struct radius_call {
	int unused;
};

struct dacl_wait {
	int unused;
};

static struct {
	unsigned count;
	struct radius_target target;
	struct ip_addr server;
	struct radius_packet packet; /* as it would be sent */
	radius_done_fn done;
	void *arg;
	enum err err;
	unsigned cancelled;
	struct radius_call call;
} sent;

static struct {
	unsigned count;
	char name[64];
	dacl_done_fn done;
	void *arg;
	enum err err;
	unsigned cancelled;
	struct dacl_wait wait;
} list;

static struct secret *key;

enum err
radius_client_ask(UNUSED struct radius_client *client, const struct radius_target *target,
    struct radius_request *request, radius_done_fn done, void *arg, struct radius_call **call)
{
	if (sent.err != ERR_OK) {
		radius_request_fini(request);
		return sent.err;
	}
	sent.count++;
	sent.target = *target;
	if (target->server != NULL)
		sent.server = *target->server;
	assert_int_equal(radius_seal(request, 7, key, &sent.packet), ERR_OK);
	radius_request_fini(request);
	sent.done = done;
	sent.arg = arg;
	*call = &sent.call;
	return ERR_OK;
}

void
radius_call_cancel(struct radius_call *call)
{
	assert_ptr_equal(call, &sent.call);
	sent.cancelled++;
}

enum err
dacl_fetch(UNUSED struct dacl_cache *cache, UNUSED const char *group,
    UNUSED const struct ip_addr *server, UNUSED const struct ip_addr *nas, const char *name,
    dacl_done_fn done, void *arg, struct dacl_wait **wait)
{
	if (list.err != ERR_OK)
		return list.err;
	list.count++;
	snprintf(list.name, sizeof(list.name), "%s", name);
	list.done = done;
	list.arg = arg;
	*wait = &list.wait;
	return ERR_OK;
}

void
dacl_cancel(struct dacl_wait *wait)
{
	assert_ptr_equal(wait, &list.wait);
	list.cancelled++;
}

/* ---- asking ---- */

static struct loop *loop;
static struct conf *conf;
static struct local *local;
static struct aaa *aaa;
static struct facts facts;
static struct {
	unsigned count;
	enum aaa_status status;
	bool local, no_acl;
	enum local_result local_result;
	char message[64], state[300];
	size_t state_len;
	Ipc__AaaProfile *profile;
} got;

static bool
hash_plain(const char *password, UNUSED const char *setting, char *out, size_t out_size)
{
	return snprintf(out, out_size, "%s",
		   strcmp(password, "local-word") == 0 ? HELP_HASH : "*") < (int)out_size;
}

static int
setup(void **state)
{
	const struct conf_world_file files[] = {{"aaa.conf", GROUPS},
	    {"users.conf", "usernames = ( { name = \"bob\"; password = \"" HELP_HASH "\"; } );\n"}};

	(void)state;
	memset(&sent, 0, sizeof(sent));
	memset(&list, 0, sizeof(list));
	memset(&got, 0, sizeof(got));
	memset(&facts, 0, sizeof(facts));
	assert_int_equal(ip_parse("198.51.100.7", &facts.client.addr), ERR_OK);
	assert_int_equal(ip_parse("10.0.0.1", &facts.server.addr), ERR_OK);
	loop = loop_new();
	conf = conf_world(files, ARRAY_LEN(files));
	key = secret_new("k", 1);
	const struct local_config local_config = {
	    .loop = loop, .conf = conf, .threads = 1, .queue_max = 4, .hash = hash_plain};
	local = local_new(&local_config);
	const struct aaa_config config = {.loop = loop, .local = local};
	aaa = aaa_new(&config);
	assert_non_null(aaa);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	local_free(local);
	aaa_free(aaa);
	loop_free(loop);
	conf_unref(conf);
	secret_free(key);
	radius_profile_free(got.profile);
	return 0;
}

static void
on_done(struct aaa_answer *answer, UNUSED void *arg)
{
	got.count++;
	got.status = answer->status;
	got.local = answer->local;
	got.local_result = answer->local_result;
	got.no_acl = answer->no_acl;
	snprintf(got.message, sizeof(got.message), "%s", answer->message);
	got.state_len = answer->state_len;
	if (answer->state_len > 0)
		memcpy(got.state, answer->state, answer->state_len);
	radius_profile_free(got.profile);
	got.profile = answer->profile;
}

struct case_of {
	char *servers[2];
	size_t servers_len;
	const char *username, *password;
	enum aaa_purpose purpose;
	bool management;
	const char *state;
	const struct ip_addr *server;
};

static struct aaa_ask *
ask(const struct case_of *what)
{
	struct aaa_question question = {
	    .purpose = what->purpose,
	    .conf = conf,
	    .servers = what->servers,
	    .servers_len = what->servers_len,
	    .who = {.username = what->username,
		.tunnel_group = "Staff",
		.facts = &facts,
		.index = 5,
		.audit_id = "0a00000100005000655b3f00",
		.nas = facts.server.addr},
	    .password_management = what->management,
	    .state = what->state,
	    .state_len = what->state != NULL ? strlen(what->state) : 0,
	    .server = what->server,
	};
	struct aaa_ask *out = NULL;

	if (what->password != NULL)
		question.password = secret_new(what->password, strlen(what->password));
	assert_int_equal(aaa_ask(aaa, &question, on_done, NULL, &out), ERR_OK);
	assert_int_equal(got.count, 0); /* never before aaa_ask() is back */
	return out;
}

static void
run(void)
{
	while (got.count == 0)
		assert_int_equal(event_base_loop(loop_base(loop), EVLOOP_ONCE), 0);
	assert_int_equal(got.count, 1);
}

/* ---- answers ---- */

static void
silence(void)
{
	struct radius_result result = {.outcome = RADIUS_SILENT};

	sent.done(&result, sent.arg);
}

static void
say(struct radius_request *request)
{
	struct radius_result result = {.outcome = RADIUS_ANSWERED};
	struct radius_packet packet;

	assert_int_equal(radius_seal_answer(request, &sent.packet, key, true, &packet), ERR_OK);
	radius_request_fini(request);
	result.packet = &packet;
	assert_int_equal(ip_parse("192.0.2.1", &result.server), ERR_OK);
	sent.done(&result, sent.arg);
}

static void
say_code(enum radius_code code, const char *avpair)
{
	struct radius_request request;

	radius_request_init(&request, code);
	radius_put_str(&request, RADIUS_REPLY_MESSAGE, "well");
	if (avpair != NULL)
		radius_put_avpair(&request, "%s", avpair);
	say(&request);
}

#define RAD .servers = {(char *)"RAD"}, .servers_len = 1
#define RAD_LOCAL .servers = {(char *)"RAD", (char *)"LOCAL"}, .servers_len = 2
#define ONLY .servers = {(char *)"ONLY"}, .servers_len = 1
#define LOCAL .servers = {(char *)"LOCAL"}, .servers_len = 1
#define TOM .username = "tom", .password = "word"

/* ---- tests ---- */

static void
test_answers(void **state)
{
	(void)state;
	ask(&(struct case_of){RAD, TOM});
	say_code(RADIUS_ACCESS_ACCEPT, NULL);
	assert_int_equal(got.count, 1);
	assert_int_equal(got.status, AAA_ACCEPT);
	assert_non_null(got.profile);
	assert_string_equal(got.profile->server_group, "RAD");
	assert_int_equal(got.profile->server.len, 4);
	assert_false(got.profile->authorization);
	got.count = 0;
	ask(&(struct case_of){RAD, TOM});
	say_code(RADIUS_ACCESS_REJECT, NULL);
	assert_int_equal(got.status, AAA_REJECT);
	assert_string_equal(got.message, "well");
	assert_null(got.profile);
	assert_false(got.local);
	got.count = 0;
	ask(&(struct case_of){RAD, TOM});
	say_code(RADIUS_ACCESS_CHALLENGE, NULL);
	assert_int_equal(got.status, AAA_REJECT); /* without State */
}

static void
test_challenge(void **state)
{
	struct radius_request request;
	struct radius_attr attr;
	struct ip_addr server;

	(void)state;
	ask(&(struct case_of){RAD_LOCAL, TOM});
	assert_true(sent.target.fallback);
	radius_request_init(&request, RADIUS_ACCESS_CHALLENGE);
	radius_put(&request, RADIUS_STATE, "s\0t", 3);
	say(&request);
	assert_int_equal(got.status, AAA_CHALLENGE);
	assert_int_equal(got.state_len, 3);
	assert_memory_equal(got.state, "s\0t", 3);
	/* The answer goes to that server, and to nobody else. */
	got.count = 0;
	assert_int_equal(ip_parse("192.0.2.1", &server), ERR_OK);
	ask(&(struct case_of){RAD_LOCAL, .username = "bob", .password = "local-word", .state = "st",
	    .server = &server});
	assert_false(sent.target.fallback);
	assert_true(ip_eq(&sent.server, &server));
	assert_true(radius_find(&sent.packet, 0, RADIUS_STATE, &attr));
	assert_int_equal(attr.len, 2);
	silence();
	run();
	assert_int_equal(got.status, AAA_FAILED);
}

static void
test_fallback(void **state)
{
	static const struct {
		const char *username, *password;
		enum local_result result;
	} rows[] = {{"bob", "local-word", LOCAL_OK}, {"bob", "wrong", LOCAL_BAD_PASSWORD},
	    {"tom", "local-word", LOCAL_NO_USER}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		got.count = 0;
		ask(&(struct case_of){
		    RAD_LOCAL, .username = rows[i].username, .password = rows[i].password});
		silence();
		run();
		assert_true(got.local);
		assert_int_equal(got.local_result, rows[i].result);
		assert_int_equal(got.status, rows[i].result == LOCAL_OK ? AAA_ACCEPT : AAA_REJECT);
		assert_null(got.profile);
	}
	/* A no is a no. */
	got.count = 0;
	ask(&(struct case_of){RAD_LOCAL, .username = "bob", .password = "local-word"});
	say_code(RADIUS_ACCESS_REJECT, NULL);
	assert_int_equal(got.status, AAA_REJECT);
	assert_false(got.local);
	/* Nobody who could be asked. */
	got.count = 0;
	sent.err = ERR_NOTFOUND;
	ask(&(struct case_of){RAD_LOCAL, .username = "bob", .password = "local-word"});
	run();
	assert_int_equal(got.status, AAA_ACCEPT);
	got.count = 0;
	ask(&(struct case_of){RAD, TOM});
	run();
	assert_int_equal(got.status, AAA_FAILED);
}

static void
test_local(void **state)
{
	(void)state;
	ask(&(struct case_of){LOCAL, .username = "bob", .password = "local-word"});
	run();
	assert_int_equal(got.status, AAA_ACCEPT);
	assert_int_equal(sent.count, 0);
	got.count = 0;
	ask(&(struct case_of){LOCAL, .username = "bob", .purpose = AAA_AUTHORIZE});
	run();
	assert_int_equal(got.status, AAA_ACCEPT);
	got.count = 0;
	ask(&(struct case_of){LOCAL, .username = "tom", .purpose = AAA_AUTHORIZE});
	run();
	assert_int_equal(got.status, AAA_REJECT);
	assert_true(got.local);
	assert_int_equal(got.local_result, LOCAL_NO_USER);
}

/* What cannot be sent is refused, and no server hears of it: it might drop that and count as dead.
 */
static void
test_unsendable(void **state)
{
	char word[200];

	(void)state;
	ask(&(struct case_of){RAD_LOCAL, .username = "", .password = "word"});
	run();
	assert_int_equal(got.status, AAA_REJECT);
	memset(word, 'p', sizeof(word));
	word[sizeof(word) - 1] = '\0';
	got.count = 0;
	ask(&(struct case_of){RAD_LOCAL, .username = "tom", .password = word});
	run();
	assert_int_equal(got.status, AAA_REJECT);
	assert_int_equal(sent.count, 0);
}

static void
test_proofs(void **state)
{
	struct radius_attr attr;

	(void)state;
	ask(&(struct case_of){RAD, TOM, .management = true});
	assert_false(radius_find(&sent.packet, 0, RADIUS_USER_PASSWORD, &attr));
	assert_true(radius_find(&sent.packet, RADIUS_VENDOR_MICROSOFT, 25, &attr));
	/* An accept that proves nothing. */
	say_code(RADIUS_ACCESS_ACCEPT, NULL);
	assert_int_equal(got.status, AAA_REJECT);
	got.count = 0;
	struct radius_request request;
	ask(&(struct case_of){RAD, TOM, .management = true});
	radius_request_init(&request, RADIUS_ACCESS_REJECT);
	radius_put_vendor(&request, RADIUS_VENDOR_MICROSOFT, 2, "\0E=648 R=0 V=3", 14);
	say(&request);
	assert_int_equal(got.status, AAA_EXPIRED);
	got.count = 0;
	/* A server that cannot do it. */
	ask(&(struct case_of){ONLY, TOM, .management = true});
	assert_true(radius_find(&sent.packet, 0, RADIUS_USER_PASSWORD, &attr));
	silence();
	run();
	got.count = 0;
	ask(&(struct case_of){ONLY, .username = "tom", .purpose = AAA_AUTHORIZE});
	assert_false(radius_find(&sent.packet, 0, RADIUS_USER_PASSWORD, &attr));
	assert_true(radius_find(&sent.packet, 0, RADIUS_SERVICE_TYPE, &attr));
	say_code(RADIUS_ACCESS_ACCEPT, NULL);
	assert_true(got.profile->authorization);
	got.count = 0;
	ask(&(struct case_of){RAD, .username = "tom", .purpose = AAA_AUTHORIZE});
	assert_true(radius_find(&sent.packet, 0, RADIUS_USER_PASSWORD, &attr));
	/* Nobody is there to be challenged. */
	radius_request_init(&request, RADIUS_ACCESS_CHALLENGE);
	radius_put(&request, RADIUS_STATE, "s", 1);
	say(&request);
	assert_int_equal(got.status, AAA_REJECT);
}

#define DACL "ACS:CiscoSecure-Defined-ACL=#ACSACL#-IP-x-1"

static void
test_lists(void **state)
{
	char *const lines[] = {(char *)"permit ip any any", (char *)"deny ip any any"};

	(void)state;
	ask(&(struct case_of){RAD, TOM});
	say_code(RADIUS_ACCESS_ACCEPT, DACL);
	assert_int_equal(got.count, 0); /* not before its rules are there */
	assert_string_equal(list.name, "#ACSACL#-IP-x-1");
	list.done(ERR_OK, lines, 2, list.arg);
	assert_int_equal(got.status, AAA_ACCEPT);
	assert_int_equal(got.profile->n_dacl_ace, 2);
	assert_string_equal(got.profile->dacl_ace[1], "deny ip any any");
	got.count = 0;
	ask(&(struct case_of){RAD, TOM});
	say_code(RADIUS_ACCESS_ACCEPT, DACL);
	list.done(ERR_TIMEOUT, NULL, 0, list.arg);
	assert_int_equal(got.status, AAA_REJECT);
	assert_true(got.no_acl);
	assert_null(got.profile);
	got.count = 0;
	list.err = ERR_LIMIT;
	ask(&(struct case_of){RAD, TOM});
	say_code(RADIUS_ACCESS_ACCEPT, DACL);
	assert_int_equal(got.status, AAA_REJECT);
	assert_true(got.no_acl);
}

static void
test_cancel(void **state)
{
	struct aaa_ask *one;

	(void)state;
	one = ask(&(struct case_of){RAD, TOM});
	aaa_cancel(one);
	assert_int_equal(sent.cancelled, 1);
	one = ask(&(struct case_of){RAD, TOM});
	say_code(RADIUS_ACCESS_ACCEPT, DACL);
	aaa_cancel(one);
	assert_int_equal(list.cancelled, 1);
	/* One that LOCAL looks at, one that is to be answered at the top of the loop. */
	aaa_cancel(ask(&(struct case_of){LOCAL, .username = "bob", .password = "local-word"}));
	aaa_cancel(ask(&(struct case_of){LOCAL, .username = "bob", .purpose = AAA_AUTHORIZE}));
	ask(&(struct case_of){LOCAL, .username = "bob", .password = "local-word"});
	run();
	/* And what is under way at the end. */
	got.count = 0;
	for (unsigned i = 0; i < 300; i++)
		ask(&(struct case_of){RAD, TOM});
	assert_int_equal(sent.count, 302);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_answers),
	    TEST(test_challenge),
	    TEST(test_fallback),
	    TEST(test_local),
	    TEST(test_unsendable),
	    TEST(test_proofs),
	    TEST(test_lists),
	    TEST(test_cancel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
