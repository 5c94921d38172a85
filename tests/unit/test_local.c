/* SPDX-License-Identifier: Apache-2.0 */
/* INV-3: names that do not exist cost the same hash as those that do; and nobody gets in by one. */
#include "tests/unit/auth_help.h"

#include <crypt.h>
#include <pthread.h>

#include "auth/local.h"

#define CHEAP "$5$rounds=1000$sekishosalt"

static char users[1024];
static struct loop *loop;
static unsigned outstanding;

/* What the hash function was asked, by the threads. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char asked_setting[256];
static unsigned asked;

static bool
hash_recording(const char *password, const char *setting, char *out, size_t out_size)
{
	static struct crypt_data data;

	pthread_mutex_lock(&lock);
	asked++;
	snprintf(asked_setting, sizeof(asked_setting), "%s", setting);
	snprintf(out, out_size, "%s", crypt_r(password, setting, &data));
	pthread_mutex_unlock(&lock);
	return true;
}

static void
on_result(enum local_result result, void *arg)
{
	*(enum local_result *)arg = result;
	if (--outstanding == 0)
		loop_stop(loop);
}

static void
ask(struct local *local, struct conf *conf, const char *username, const char *password,
    enum local_result *out)
{
	struct secret *secret = secret_new(password, strlen(password));
	const struct local_who who = {.username = username};

	assert_non_null(secret);
	outstanding++;
	assert_int_equal(local_verify(local, conf, &who, secret, on_result, out), ERR_OK);
}

static struct conf *
make_conf(void)
{
	const char *alice = crypt("right", CHEAP);

	snprintf(users, sizeof(users),
	    "usernames = ( { name = \"alice\"; password = \"%s\"; },\n"
	    " { name = \"mute\"; },\n"
	    " { name = \"bob\"; password = \"" HELP_HASH "\"; } );\n",
	    alice);
	const struct world_file files[] = {{"users.conf", users}};
	return world_conf(files, 1);
}

static struct local *
make(struct conf *conf, local_hash_fn hash, unsigned queue_max, unsigned threads)
{
	struct local_config config = {
	    .loop = loop,
	    .conf = conf,
	    .threads = threads,
	    .queue_max = queue_max,
	    .hash = hash,
	};
	struct local *local = local_new(&config);

	assert_non_null(local);
	return local;
}

static void
test_results(void **state)
{
	static const struct {
		const char *username, *password;
		enum local_result result;
	} cases[] = {
	    {"alice", "right", LOCAL_OK},
	    {"alice", "wrong", LOCAL_BAD_PASSWORD},
	    {"alice", "right ", LOCAL_BAD_PASSWORD},
	    {"Alice", "right", LOCAL_NO_USER},
	    {"nobody", "right", LOCAL_NO_USER},
	    {"", "right", LOCAL_NO_USER},
	    {"bob", "right", LOCAL_BAD_PASSWORD},
	    /* Without a password none fits, not even one of another user. */
	    {"mute", "right", LOCAL_NO_PASSWORD},
	    {"mute", "", LOCAL_NO_PASSWORD},
	};
	struct conf *conf = make_conf();
	enum local_result results[ARRAY_LEN(cases)];

	(void)state;
	loop = loop_new();
	struct local *local = make(conf, NULL, 100, 2);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		ask(local, conf, cases[i].username, cases[i].password, &results[i]);
	loop_run(loop);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (results[i] != cases[i].result)
			fail_msg("FAIL: %s/%s, expected %d, got %d", cases[i].username,
			    cases[i].password, (int)cases[i].result, (int)results[i]);
	local_free(local);
	loop_free(loop);
	conf_unref(conf);
}

/* Names of nobody get the setting of somebody, always the same, and every user's serves some. */
static void
test_settings(void **state)
{
	struct conf *conf = make_conf();
	const struct conf_object *alice = conf_find(conf, CONF_USERNAME, "alice");
	unsigned like_alice = 0, like_bob = 0;

	(void)state;
	loop = loop_new();
	struct local *local = make(conf, NULL, 100, 1);
	struct local *again = make(conf, NULL, 100, 1);
	for (int i = 0; i < 200; i++) {
		char name[32];
		enum local_result real;

		snprintf(name, sizeof(name), "stranger%d", i);
		const char *setting = local_setting(local, conf, name, &real);
		assert_int_equal(real, LOCAL_NO_USER);
		assert_string_equal(setting, local_setting(again, conf, name, &real));
		if (strcmp(setting, conf_str(alice, USER_PASSWORD)) == 0)
			like_alice++;
		else if (strcmp(setting, HELP_HASH) == 0)
			like_bob++;
	}
	assert_int_equal(like_alice + like_bob, 200);
	assert_in_range(like_alice, 50, 150);
	local_free(local);
	local_free(again);
	loop_free(loop);
	conf_unref(conf);
}

/* The hash is really run, under that setting, and its match is worth nothing. */
static void
test_hash_is_run(void **state)
{
	struct conf *conf = make_conf();
	enum local_result result;
	enum local_result real;
	char name[32];

	(void)state;
	loop = loop_new();
	struct local *local = make(conf, hash_recording, 100, 1);
	for (int i = 0;; i++) {
		snprintf(name, sizeof(name), "stranger%d", i);
		if (strncmp(local_setting(local, conf, name, &real), CHEAP, strlen(CHEAP)) == 0)
			break;
	}
	asked = 0;
	/* The very password of the user whose setting is borrowed. */
	ask(local, conf, name, "right", &result);
	loop_run(loop);
	assert_int_equal(asked, 1);
	assert_string_equal(asked_setting, local_setting(local, conf, name, &real));
	assert_int_equal(result, LOCAL_NO_USER);
	local_free(local);
	loop_free(loop);
	conf_unref(conf);
}

/* Users without a password cost what others cost. */
static void
test_no_password(void **state)
{
	static char text[4096];
	struct conf *conf;
	size_t len;

	(void)state;
	len = (size_t)snprintf(text, sizeof(text),
	    "usernames = ( { name = \"alice\"; password = "
	    "\"" HELP_HASH "\"; }");
	for (int i = 0; i < 50; i++)
		len += (size_t)snprintf(
		    text + len, sizeof(text) - len, ",\n { name = \"mute%d\"; }", i);
	snprintf(text + len, sizeof(text) - len, ");\n");
	const struct world_file files[] = {{"users.conf", text}};
	conf = world_conf(files, 1);
	loop = loop_new();
	struct local *local = make(conf, NULL, 100, 1);
	for (int i = 0; i < 60; i++) {
		enum local_result real;
		char name[32];

		snprintf(name, sizeof(name), "mute%d", i);
		assert_string_equal(local_setting(local, conf, name, &real), HELP_HASH);
		assert_int_equal(real, i < 50 ? LOCAL_NO_PASSWORD : LOCAL_NO_USER);
	}
	local_free(local);
	loop_free(loop);
	conf_unref(conf);
}

/* A login under way is checked with its own configuration, whatever came since. */
static void
test_other_conf(void **state)
{
	const struct world_file files[] = {
	    {"users.conf", "usernames = ( { name = \"bob\"; password = \"" HELP_HASH "\"; } );\n"}};
	struct conf *old = make_conf(), *new = world_conf(files, 1);
	enum local_result results[2];

	(void)state;
	loop = loop_new();
	struct local *local = make(old, NULL, 100, 1);
	ask(local, old, "alice", "right", &results[0]);
	ask(local, new, "alice", "right", &results[1]);
	conf_unref(old);
	conf_unref(new);
	loop_run(loop);
	assert_int_equal(results[0], LOCAL_OK);
	assert_int_equal(results[1], LOCAL_NO_USER);
	local_free(local);
	loop_free(loop);
}

static void
test_no_users(void **state)
{
	const struct world_file files[] = {{"users.conf", "usernames = ( );\n"}};
	struct conf *conf = world_conf(files, 1);
	enum local_result result;
	enum local_result real;

	(void)state;
	loop = loop_new();
	struct local *local = make(conf, NULL, 100, 1);
	const char *setting = local_setting(local, conf, "anybody", &real);
	/* A setting that crypt(3) takes. */
	const char *hash = crypt("x", setting);
	assert_non_null(hash);
	assert_true(strncmp(hash, "$y$j9T$", 7) == 0);
	ask(local, conf, "anybody", "x", &result);
	loop_run(loop);
	assert_int_equal(result, LOCAL_NO_USER);
	local_free(local);
	loop_free(loop);
	conf_unref(conf);
}

/* Held until the test lets go. */
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static bool
hash_waiting(const char *password, const char *setting, char *out, size_t out_size)
{
	(void)password, (void)setting;
	pthread_mutex_lock(&gate);
	pthread_mutex_unlock(&gate);
	snprintf(out, out_size, "x");
	return true;
}

static void
test_queue_limit(void **state)
{
	struct conf *conf = make_conf();
	enum local_result results[8];
	enum err err = ERR_OK;
	unsigned accepted = 0;

	(void)state;
	loop = loop_new();
	pthread_mutex_lock(&gate);
	struct local *local = make(conf, hash_waiting, 3, 1);
	outstanding = 0;
	while (err == ERR_OK && accepted < 8) {
		err = local_verify(local, conf, &(struct local_who){.username = "alice"},
		    secret_new("x", 1), on_result, &results[accepted]);
		if (err == ERR_OK)
			accepted++;
	}
	/* Three wait, one may be under way. */
	assert_int_equal(err, ERR_LIMIT);
	assert_in_range(accepted, 3, 4);
	outstanding = accepted;
	pthread_mutex_unlock(&gate);
	loop_run(loop);
	assert_int_equal(outstanding, 0);
	local_free(local);
	loop_free(loop);
	conf_unref(conf);
}

/* Ended with work in the queue: nothing is called, nothing is lost. */
static void
test_end(void **state)
{
	struct conf *conf = make_conf();
	enum local_result result = LOCAL_OK;

	(void)state;
	loop = loop_new();
	struct local *local = make(conf, NULL, 100, 2);
	outstanding = 0;
	ask(local, conf, "alice", "wrong", &result);
	loop_run(loop);
	for (int i = 0; i < 20; i++)
		ask(local, conf, "alice", "wrong", &result);
	result = LOCAL_OK;
	local_free(local);
	assert_int_equal(result, LOCAL_OK);
	loop_free(loop);
	conf_unref(conf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_results),
	    cmocka_unit_test(test_settings),
	    cmocka_unit_test(test_hash_is_run),
	    cmocka_unit_test(test_no_password),
	    cmocka_unit_test(test_other_conf),
	    cmocka_unit_test(test_no_users),
	    cmocka_unit_test(test_queue_limit),
	    cmocka_unit_test(test_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
