/* SPDX-License-Identifier: Apache-2.0 */
/* Accounting requests on the disk: found again in order, bounded, and what is damaged is set aside.
 */
#include "tests/unit/auth_help.h"

#include <sys/stat.h>

#include "auth/acct_spool.h"

#define MAX 8

static char dir[64];

struct found {
	size_t len;
	uint64_t numbers[32];
	int64_t times[32];
	size_t done;
};

static void
on_found(uint64_t number, const Ipc__AccountingRecord *record, void *arg)
{
	struct found *found = arg;

	assert_true(found->len < ARRAY_LEN(found->numbers));
	found->numbers[found->len] = number;
	found->times[found->len++] = record->event_time;
	found->done = record->n_done;
	assert_string_equal(record->server_group, "RAD");
	assert_int_equal(record->attributes.len, 7);
	assert_memory_equal(record->attributes.data,
	    "\x01\x07"
	    "alice",
	    7);
}

static struct acct_spool *
open_spool(void)
{
	struct acct_spool *spool = acct_spool_new(open(dir, O_RDONLY | O_DIRECTORY), MAX);

	assert_non_null(spool);
	return spool;
}

static struct acct_spool *
load(struct found *found)
{
	struct acct_spool *spool = open_spool();

	memset(found, 0, sizeof(*found));
	assert_int_equal(acct_spool_load(spool, on_found, found), ERR_OK);
	return spool;
}

static void
record_init(Ipc__AccountingRecord *record, int64_t event_time)
{
	static uint8_t attributes[] = "\x01\x07"
				      "alice";

	ipc__accounting_record__init(record);
	record->format = ACCT_SPOOL_FORMAT;
	record->server_group = (char *)"RAD";
	record->status_type = 1;
	record->event_time = event_time;
	record->attributes.data = attributes;
	record->attributes.len = 7;
}

static enum err
put(struct acct_spool *spool, int64_t event_time, uint64_t *number)
{
	Ipc__AccountingRecord record;

	record_init(&record, event_time);
	return acct_spool_put(spool, &record, number);
}

static char *
path_of(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static bool
file_exists(const char *name)
{
	struct stat st;

	return lstat(path_of(name), &st) == 0;
}

static void
file_make(const char *name, const void *data, size_t len)
{
	FILE *file = fopen(path_of(name), "w");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static size_t
file_get(const char *name, char *data, size_t size)
{
	FILE *file = fopen(path_of(name), "r");
	size_t len;

	assert_non_null(file);
	len = fread(data, 1, size, file);
	assert_int_equal(fclose(file), 0);
	return len;
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

/* Numbers go on over restarts, and are the order. */
static void
test_order(void **state)
{
	struct acct_spool *spool = open_spool();
	uint64_t number[4];
	struct found found;

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(put(spool, 100 + (int64_t)i, &number[i]), ERR_OK);
	assert_true(number[0] < number[1] && number[1] < number[2]);
	acct_spool_free(spool);
	spool = load(&found);
	assert_int_equal(found.len, 3);
	assert_memory_equal(found.numbers, number, 3 * sizeof(number[0]));
	assert_int_equal(put(spool, 103, &number[3]), ERR_OK);
	assert_true(number[3] > number[2]);
	acct_spool_remove(spool, number[1]);
	acct_spool_free(spool);
	acct_spool_free(load(&found));
	assert_int_equal(found.len, 3);
	assert_int_equal(found.times[0], 100);
	assert_int_equal(found.times[1], 102);
	assert_int_equal(found.times[2], 103);
}

static void
test_update(void **state)
{
	uint8_t address[4] = {192, 0, 2, 1};
	ProtobufCBinaryData done = {.data = address, .len = 4};
	struct acct_spool *spool = open_spool();
	Ipc__AccountingRecord record;
	struct found found;
	uint64_t number;

	(void)state;
	assert_int_equal(put(spool, 1, &number), ERR_OK);
	record_init(&record, 1);
	record.n_done = 1;
	record.done = &done;
	assert_int_equal(acct_spool_update(spool, number, &record), ERR_OK);
	acct_spool_free(spool);
	acct_spool_free(load(&found));
	assert_int_equal(found.len, 1);
	assert_int_equal(found.numbers[0], number);
	assert_int_equal(found.done, 1);
}

static void
test_full(void **state)
{
	struct acct_spool *spool = open_spool();
	uint64_t number, first;
	struct found found;

	(void)state;
	assert_int_equal(put(spool, 0, &first), ERR_OK);
	for (int i = 1; i < MAX; i++)
		assert_int_equal(put(spool, i, &number), ERR_OK);
	assert_int_equal(put(spool, 99, &number), ERR_FULL);
	acct_spool_remove(spool, first);
	assert_int_equal(put(spool, 100, &number), ERR_OK);
	assert_int_equal(put(spool, 101, &number), ERR_FULL);
	acct_spool_free(spool);
	/* What was left by an earlier run counts. */
	spool = load(&found);
	assert_int_equal(found.len, MAX);
	assert_int_equal(put(spool, 102, &number), ERR_FULL);
	for (size_t i = 0; i < found.len; i++)
		acct_spool_remove(spool, found.numbers[i]);
	assert_int_equal(put(spool, 103, &number), ERR_OK);
	acct_spool_free(spool);
}

static void
test_too_long(void **state)
{
	struct acct_spool *spool = open_spool();
	static uint8_t much[10000];
	Ipc__AccountingRecord record;
	uint64_t number;

	(void)state;
	record_init(&record, 1);
	record.attributes.data = much;
	record.attributes.len = sizeof(much);
	assert_int_equal(acct_spool_put(spool, &record, &number), ERR_LIMIT);
	acct_spool_free(spool);
}

/* A crash between writing and renaming, a machine's crash, the wrong format. */
static void
test_damaged(void **state)
{
	struct acct_spool *spool = open_spool();
	uint64_t number;
	struct found found;
	char good[1024];
	size_t len;

	(void)state;
	assert_int_equal(put(spool, 7, &number), ERR_OK);
	acct_spool_free(spool);
	len = file_get("0000000000000001.acct", good, sizeof(good));
	file_make("acct.tmp", good, len - 3);
	file_make("0000000000000000.acct", good, len);
	file_make("0000000000000003.acct", good, 0);
	file_make("0000000000000004.acct", good, len - 1);
	good[len] = 0;
	file_make("0000000000000005.acct", good, len + 1);
	file_make("8000000000000000.acct", good, len);
	good[len - 1] ^= 1; /* still a message */
	good[13] = 9;       /* its format */
	file_make("0000000000000006.acct", good, len);
	file_make("0000000000000007.session", good, len);
	acct_spool_free(load(&found));
	assert_int_equal(found.len, 1);
	assert_int_equal(found.numbers[0], 1);
	assert_false(file_exists("acct.tmp"));
	assert_true(file_exists("0000000000000001.acct"));
	assert_true(file_exists("0000000000000007.session"));
	for (size_t i = 3; i <= 6; i++) {
		char name[64];

		snprintf(name, sizeof(name), "000000000000000%zu.acct", i);
		assert_false(file_exists(name));
		snprintf(name, sizeof(name), "000000000000000%zu.acct.damaged", i);
		assert_true(file_exists(name));
	}
	assert_true(file_exists("0000000000000000.acct.damaged"));
	assert_true(file_exists("8000000000000000.acct.damaged"));
	acct_spool_free(load(&found));
	assert_int_equal(found.len, 1);
}

/* Every shorter version of a file. */
static void
test_short(void **state)
{
	struct acct_spool *spool = open_spool();
	uint64_t number;
	struct found found;
	char good[1024];
	size_t len;

	(void)state;
	assert_int_equal(put(spool, 7, &number), ERR_OK);
	acct_spool_free(spool);
	len = file_get("0000000000000001.acct", good, sizeof(good));
	for (size_t cut = 0; cut < len; cut++) {
		file_make("0000000000000001.acct", good, cut);
		acct_spool_free(load(&found));
		if (found.len != 0)
			fail_msg("FAIL: %zu of %zu bytes, expected no record, got one", cut, len);
	}
}

static void
test_flush(void **state)
{
	struct acct_spool *spool = open_spool();
	uint64_t number;
	struct stat st;

	(void)state;
	assert_int_equal(put(spool, 7, &number), ERR_OK);
	acct_spool_flush(spool);
	assert_int_equal(stat(path_of("0000000000000001.acct"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	acct_spool_remove(spool, number);
	acct_spool_flush(spool);
	assert_false(file_exists("0000000000000001.acct"));
	acct_spool_free(spool);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_order, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_update, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_full, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_too_long, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_damaged, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_short, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_flush, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
