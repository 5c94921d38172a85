/* SPDX-License-Identifier: Apache-2.0 */
/* The state directory: what is put is found again; crashes' leftovers, garbage and strangers' files
 * do no harm. */
#include "tests/unit/auth_help.h"

#include <sys/stat.h>

#include "auth/store.h"

static char dir[64];

struct found {
	unsigned count;
	uint64_t sessions[16];
	char username[65];
	bool refuse;
};

static bool
on_found(const Ipc__SessionRecord *record, void *arg)
{
	struct found *found = arg;

	assert_true(found->count < ARRAY_LEN(found->sessions));
	found->sessions[found->count++] = record->session;
	snprintf(found->username, sizeof(found->username), "%s", record->username);
	return !found->refuse;
}

static struct store *
open_store(void)
{
	struct store *store = store_new(open(dir, O_RDONLY | O_DIRECTORY));

	assert_non_null(store);
	return store;
}

static int
setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/sekisho-test-XXXXXX");
	return mkdtemp(dir) == NULL;
}

static int
teardown(void **state)
{
	char command[256];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command);
}

static void
put(struct store *store, uint64_t session, const char *username)
{
	Ipc__SessionRecord record = IPC__SESSION_RECORD__INIT;

	record.session = session;
	record.username = (char *)username;
	assert_int_equal(store_put(store, &record), ERR_OK);
}

static char *
path_of(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void
file_make(const char *name, const void *data, size_t len)
{
	FILE *file = fopen(path_of(name), "w");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static bool
file_exists(const char *name)
{
	struct stat st;

	return lstat(path_of(name), &st) == 0;
}

static void
load(struct found *found)
{
	struct store *store = open_store();

	memset(found, 0, sizeof(*found));
	assert_int_equal(store_load(store, on_found, found), ERR_OK);
	store_free(store);
}

static void
test_put_and_remove(void **state)
{
	struct store *store = open_store();
	struct found found;
	struct stat st;

	(void)state;
	put(store, 1, "first");
	put(store, 0xfedcba9876543210, "alice");
	put(store, 1, "second");
	store_flush(store);
	assert_true(file_exists("fedcba9876543210.session"));
	assert_int_equal(stat(path_of("0000000000000001.session"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(store_remove(store, 0xfedcba9876543210), ERR_OK);
	assert_int_equal(store_remove(store, 4711), ERR_OK); /* never was */
	store_free(store);
	load(&found);
	assert_int_equal(found.count, 1);
	assert_int_equal(found.sessions[0], 1);
	assert_string_equal(found.username, "second");
	assert_false(file_exists("record.tmp"));
}

/* The queue keeps the newest only, and the end writes what is left. */
static void
test_many(void **state)
{
	struct store *store = open_store();
	struct found found;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		char name[16];

		snprintf(name, sizeof(name), "u%d", i);
		put(store, 1 + (uint64_t)i % 10, name);
	}
	store_free(store);
	load(&found);
	assert_int_equal(found.count, 10);
}

static void
test_leftovers(void **state)
{
	struct store *store = open_store();
	struct found found;
	char good[4096];
	size_t len;

	(void)state;
	put(store, 0x11, "alice");
	store_free(store);
	FILE *file = fopen(path_of("0000000000000011.session"), "r");
	len = fread(good, 1, sizeof(good), file);
	fclose(file);
	assert_true(len > 16);
	/* Every shorter version of a record. */
	for (size_t cut = 0; cut < len; cut++) {
		file_make("0000000000000011.session", good, cut);
		load(&found);
		if (found.count != 0)
			fail_msg("FAIL: %zu of %zu bytes, expected no record, got one", cut, len);
		assert_false(file_exists("0000000000000011.session"));
	}
	/* One byte more, zeros of the same length, another's record, a crash between write and
	 * rename. */
	good[len] = 0;
	file_make("0000000000000011.session", good, len + 1);
	file_make("0000000000000012.session", good, len);
	memset(good, 0, sizeof(good));
	file_make("0000000000000013.session", good, len);
	file_make("record.tmp", good, len);
	load(&found);
	assert_int_equal(found.count, 0);
	assert_false(file_exists("0000000000000011.session"));
	assert_false(file_exists("0000000000000012.session"));
	assert_false(file_exists("0000000000000013.session"));
	assert_false(file_exists("record.tmp"));
}

static void
test_garbage(void **state)
{
	static char big[300000];
	struct found found;
	uint32_t seed = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(big); i++) {
		seed = seed * 1664525 + 1013904223;
		big[i] = (char)(seed >> 24);
	}
	file_make("0000000000000001.session", big, sizeof(big));
	file_make("0000000000000002.session", big, 1000);
	memcpy(big, "SEKISHO1\0\0\3\334", 12);
	file_make("0000000000000003.session", big, 1000); /* right head, garbage within */
	/* Not ours: left alone. */
	file_make("README", "x", 1);
	file_make("1.session", "x", 1);
	file_make("zzzzzzzzzzzzzzzz.session", "x", 1);
	assert_int_equal(symlink("/etc/passwd", path_of("0000000000000004.session")), 0);
	assert_int_equal(mkfifo(path_of("0000000000000005.session"), 0600), 0);
	assert_int_equal(mkdir(path_of("0000000000000006.session"), 0700), 0);
	load(&found);
	assert_int_equal(found.count, 0);
	assert_false(file_exists("0000000000000001.session"));
	assert_false(file_exists("0000000000000004.session"));
	assert_true(file_exists("README"));
	assert_true(file_exists("1.session"));
	assert_true(file_exists("zzzzzzzzzzzzzzzz.session"));
}

static void
test_refused(void **state)
{
	struct store *store = open_store();
	struct found found = {.refuse = true};

	(void)state;
	put(store, 1, "alice");
	store_flush(store);
	assert_int_equal(store_load(store, on_found, &found), ERR_OK);
	assert_int_equal(found.count, 1);
	store_free(store);
	assert_false(file_exists("0000000000000001.session"));
}

static void
test_too_big(void **state)
{
	static char name[20000];
	struct store *store = open_store();
	Ipc__SessionRecord record = IPC__SESSION_RECORD__INIT;

	(void)state;
	memset(name, 'a', sizeof(name) - 1);
	record.session = 1;
	record.username = name;
	assert_int_equal(store_put(store, &record), ERR_LIMIT);
	store_free(store);
}

/* The directory is gone: errors are logged, nothing else happens. */
static void
test_no_directory(void **state)
{
	struct store *store = open_store();

	(void)state;
	assert_int_equal(rmdir(dir), 0);
	put(store, 1, "alice");
	assert_int_equal(store_remove(store, 2), ERR_OK);
	store_flush(store);
	store_free(store);
}

/* A session whose record makes no sense any more is not restored, and its address is free. */
static void
test_records(void **state)
{
	static struct world world;
	struct world_opened opened = {0};
	char token[TOKEN_TEXT_SIZE];

	(void)state;
	world_make(&world, NULL, 0);
	assert_non_null(world_login(&world, "alice", "Staff", token));
	world_tunnel_open(&world, 0, token, true, true, &opened);
	assert_non_null(world_login(&world, "bob", "Staff", token));
	world_tunnel_open(&world, 0, token, true, true, &opened);
	/* alice was removed meanwhile, and the IPv6 pool moved: bob's address is in no pool. */
	world_close(&world);
	conf_unref(world.conf);
	const struct world_file files[] = {
	    {"users.conf", "usernames = ( { name = \"bob\"; password = \"" HELP_HASH "\"; } );\n"},
	};
	world.conf = world_conf(files, 1);
	world_open(&world);
	assert_int_equal(session_table_len(world.sessions), 1);
	assert_int_equal(world_leased(&world), 2);
	world_close(&world);
	conf_unref(world.conf);
	const struct world_file moved[] = {
	    {"group-policies.conf",
		"group-policies = ( { name = \"Staff\"; }, { name = \"Partners\"; }, { name = "
		"\"Nobody\"; },\n"
		" { name = \"Locked\"; }, { name = \"Noclient\"; } );\n"
		"ip-local-pools = (\n"
		" { name = \"POOL\"; range = \"192.168.100.1-192.168.100.200\"; mask = "
		"\"255.255.255.0\"; },\n"
		" { name = \"SMALL\"; range = \"10.9.0.1-10.9.0.2\"; mask = \"255.255.255.0\"; } "
		");\n"
		"ipv6-local-pools = ( { name = \"POOL6\"; prefix = \"fd00:100::1000/64\"; size = "
		"100; } );\n"},
	};
	world.conf = world_conf(moved, 1);
	world_open(&world);
	assert_int_equal(session_table_len(world.sessions), 0);
	assert_int_equal(world_leased(&world), 0);
	world_break(&world);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_put_and_remove),
	    TEST(test_many),
	    TEST(test_leftovers),
	    TEST(test_garbage),
	    TEST(test_refused),
	    TEST(test_too_big),
	    TEST(test_no_directory),
	    cmocka_unit_test(test_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
