/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of the state directory when things go wrong: the process dies at each system call in turn,
 * each one fails in turn, the disk is full for a while. What is found then is what was there before
 * or what was to be there, file by file, never anything else; and nothing gets its name before its
 * content is on the disk.
 */
#include "tests/unit/conf_help.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "auth/shelf.h"
#include "common/ipc.pb-c.h"

#define EXIT_DIED 77
#define FILES 4 /* numbers 1 .. 4 */

static char dir[64];

/* ---- system calls that go wrong ---- */

enum fault { FAULT_NONE, FAULT_DIE, FAULT_FAIL, FAULT_SHORT };

static struct {
	enum fault fault;
	int error;
	unsigned at;   /* the call that goes wrong, from 1 */
	unsigned last; /* the last one that does */
	unsigned calls;
	unsigned torn; /* fd that was written to since it was synced; 0: none */
	unsigned renames_torn;
	unsigned dir_syncs;
	bool broken; /* a short write was the last of this file */
} io;

/* Does this one go wrong? */
static bool
fails(void)
{
	io.calls++;
	if (io.calls < io.at || io.calls > io.last)
		return false;
	if (io.fault == FAULT_DIE)
		_exit(EXIT_DIED);
	errno = io.error;
	return io.fault == FAULT_FAIL;
}

static int
io_openat(int dir_fd, const char *name, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = va_arg(ap, mode_t);
	va_end(ap);
	return fails() ? -1 : openat(dir_fd, name, flags, mode);
}

static ssize_t
io_write(int fd, const void *data, size_t len)
{
	/* Also those that die have written a part. */
	if (io.calls + 1 == io.at && io.fault != FAULT_FAIL && io.fault != FAULT_NONE)
		io.broken = write(fd, data, len / 2) == (ssize_t)(len / 2);
	if (fails())
		return -1;
	if (io.broken && io.calls == io.at)
		return (ssize_t)(len / 2);
	if (io.broken) {
		io.broken = false;
		errno = ENOSPC;
		return -1;
	}
	io.torn = (unsigned)fd;
	return write(fd, data, len);
}

static int
io_fdatasync(int fd)
{
	if (fails())
		return -1;
	io.torn = 0;
	return fdatasync(fd);
}

static int
io_close(int fd)
{
	bool failed = fails();

	(void)close(fd);
	return failed ? -1 : 0;
}

static int
io_renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	if (fails())
		return -1;
	io.renames_torn += io.torn != 0 && strstr(to, ".damaged") == NULL;
	return renameat(from_fd, from, to_fd, to);
}

static int
io_unlinkat(int dir_fd, const char *name, int flags)
{
	return fails() ? -1 : unlinkat(dir_fd, name, flags);
}

static int
io_fsync(int fd)
{
	io.dir_syncs++;
	return fails() ? -1 : fsync(fd);
}

static const struct shelf_io faulty = {
    .openat = io_openat,
    .write = io_write,
    .fdatasync = io_fdatasync,
    .close = io_close,
    .renameat = io_renameat,
    .unlinkat = io_unlinkat,
    .fsync = io_fsync,
    .syncfs = io_fsync,
};

/* ---- a directory and what is in it ---- */

static struct shelf *
shelf_open(const struct shelf_io *with, bool aside)
{
	const struct shelf_config config = {
	    .dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
	    .suffix = ".test",
	    .temporary = "test.tmp",
	    .record_max = 4096,
	    .aside = aside,
	    .io = with,
	};
	struct shelf *shelf = shelf_new(&config);

	if (shelf == NULL)
		abort();
	return shelf;
}

static void
put(struct shelf *shelf, uint64_t number, const char *text)
{
	Ipc__SessionRecord record = IPC__SESSION_RECORD__INIT;

	record.username = (char *)(uintptr_t)text;
	if (shelf_put(shelf, number, &record.base) != ERR_OK)
		abort();
}

struct state {
	char text[FILES + 1][16]; /* by number; "": none */
};

static enum shelf_verdict
on_found(uint64_t number, const void *data, size_t len, void *arg)
{
	Ipc__SessionRecord *record = ipc__session_record__unpack(NULL, len, data);
	struct state *state = arg;

	if (record == NULL || number > FILES)
		return SHELF_DAMAGED;
	snprintf(state->text[number], sizeof(state->text[number]), "%s", record->username);
	ipc__session_record__free_unpacked(record, NULL);
	return strcmp(state->text[number], "forget") == 0 ? SHELF_FORGET : SHELF_KEEP;
}

static void
load(struct shelf *shelf, struct state *state)
{
	memset(state, 0, sizeof(*state));
	if (shelf_load(shelf, on_found, state) != ERR_OK)
		abort();
}

/* One line: what the next process finds. */
static const char *
found(char line[96])
{
	struct shelf *shelf = shelf_open(NULL, true);
	struct state state;

	load(shelf, &state);
	shelf_free(shelf);
	snprintf(
	    line, 96, "%s,%s,%s,%s", state.text[1], state.text[2], state.text[3], state.text[4]);
	return line;
}

static void
command(const char *what)
{
	char text[256];

	snprintf(text, sizeof(text), "cd '%s' && { %s; }", dir, what);
	assert_int_equal(system(text), 0);
}

static void
before(void)
{
	struct shelf *shelf;

	command("rm -f ./*");
	shelf = shelf_open(NULL, true);
	put(shelf, 1, "old");
	put(shelf, 3, "there");
	shelf_free(shelf);
}

/* The changes, one after the other. */
static void
change(struct shelf *shelf)
{
	put(shelf, 1, "new");
	shelf_flush(shelf);
	put(shelf, 2, "first");
	shelf_flush(shelf);
	if (shelf_remove(shelf, 3) != ERR_OK)
		abort();
	shelf_flush(shelf);
	put(shelf, 4, "last");
	shelf_flush(shelf);
}

static const char *const states[] = {
    "old,,there,",
    "new,,there,",
    "new,first,there,",
    "new,first,,",
    "new,first,,last",
};

static size_t
state_of(const char *line)
{
	size_t i = 0;

	while (i < ARRAY_LEN(states) && strcmp(states[i], line) != 0)
		i++;
	if (i == ARRAY_LEN(states))
		fail_msg("expected a state from before or after, got \"%s\"", line);
	return i;
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
	(void)state;
	command("rm -rf \"$PWD\"");
	return 0;
}

/* ---- tests ---- */

/* Run fn(k) in a process of its own that dies at its k-th call. True: it did. */
static bool
dies_at(unsigned k, void (*fn)(void))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		memset(&io, 0, sizeof(io));
		io.fault = FAULT_DIE;
		io.at = io.last = k;
		fn();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_true(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == EXIT_DIED);
	return WEXITSTATUS(status) == EXIT_DIED;
}

static void
change_all(void)
{
	struct shelf *shelf = shelf_open(&faulty, true);
	struct state state;

	load(shelf, &state);
	change(shelf);
	shelf_free(shelf);
}

static void
test_death_at_each_call(void **state)
{
	size_t reached = 0;
	char line[96];
	unsigned k;

	(void)state;
	for (k = 1; before(), dies_at(k, change_all); k++) {
		size_t now = state_of(found(line));

		/* The later it dies, the more was done. */
		assert_true(now >= reached);
		reached = now;
	}
	assert_int_equal(state_of(found(line)), ARRAY_LEN(states) - 1);
	assert_in_range(k, 18, 64); /* three times open, write, sync, close, rename; and more */
}

/* Also while the next start tidies up. */
static void
load_all(void)
{
	struct shelf *shelf = shelf_open(&faulty, true);
	struct state state;

	load(shelf, &state);
	shelf_free(shelf);
}

static void
test_death_while_loading(void **state)
{
	char line[96];

	(void)state;
	for (unsigned k = 1;; k++) {
		struct shelf *shelf;
		bool died;

		before();
		shelf = shelf_open(NULL, true);
		put(shelf, 2, "forget");
		shelf_free(shelf);
		command("head -c 12 0000000000000001.test >0000000000000004.test");
		command("head -c 9 0000000000000001.test >test.tmp");
		died = dies_at(k, load_all);
		found(line);
		assert_true(
		    strcmp(line, "old,,there,") == 0 || strcmp(line, "old,forget,there,") == 0);
		if (!died) {
			assert_string_equal(line, "old,,there,");
			command("test -e 0000000000000004.test.damaged");
			command("test ! -e test.tmp");
			assert_true(k > 3);
			return;
		}
	}
}

/* A call that fails changes nothing but the moment: all is done in the end. */
static void
fail_each(enum fault fault, int error)
{
	unsigned k, calls = 1;
	char line[96];

	for (k = 1; k <= calls; k++) {
		struct shelf *shelf;

		before();
		memset(&io, 0, sizeof(io));
		shelf = shelf_open(&faulty, true);
		io.fault = fault;
		io.error = error;
		io.at = io.last = k;
		put(shelf, 1, "new");
		shelf_flush(shelf);
		found(line);
		assert_true(strcmp(line, "old,,there,") == 0 || strcmp(line, "new,,there,") == 0);
		change(shelf);
		shelf_free(shelf);
		calls = io.calls;
		assert_int_equal(io.renames_torn, 0);
		assert_int_equal(state_of(found(line)), ARRAY_LEN(states) - 1);
		command("test ! -e test.tmp");
	}
	assert_true(k > 18);
}

static void
test_full_at_each_call(void **state)
{
	(void)state;
	fail_each(FAULT_FAIL, ENOSPC);
}

static void
test_error_at_each_call(void **state)
{
	(void)state;
	fail_each(FAULT_FAIL, EIO);
}

static void
test_short_write(void **state)
{
	(void)state;
	fail_each(FAULT_SHORT, 0);
}

/* Everything fails from some call on: what is there is from before; no file is lost, and the last
 * try of shelf_free() does what it can. */
static void
test_disk_stays_full(void **state)
{
	char line[96];

	(void)state;
	for (unsigned k = 1; k < 24; k++) {
		struct shelf *shelf;

		before();
		memset(&io, 0, sizeof(io));
		shelf = shelf_open(&faulty, true);
		io.fault = FAULT_FAIL;
		io.error = ENOSPC;
		io.at = k;
		io.last = UINT_MAX;
		change(shelf);
		(void)state_of(found(line));
		shelf_free(shelf);
		(void)state_of(found(line));
	}
}

/* A newer order replaces one that failed. */
static void
test_newer_than_failed(void **state)
{
	struct shelf *shelf;
	char line[96];

	(void)state;
	before();
	memset(&io, 0, sizeof(io));
	shelf = shelf_open(&faulty, true);
	io.fault = FAULT_FAIL;
	io.error = ENOSPC;
	io.at = 1;
	io.last = 1;
	put(shelf, 1, "failed");
	shelf_flush(shelf);
	assert_string_equal(found(line), "old,,there,");
	if (shelf_remove(shelf, 1) != ERR_OK)
		abort();
	shelf_flush(shelf);
	shelf_free(shelf);
	assert_string_equal(found(line), ",,there,");
}

/* The names are synced, too, when all is done. */
static void
test_directory_is_synced(void **state)
{
	struct shelf *shelf;

	(void)state;
	before();
	memset(&io, 0, sizeof(io));
	shelf = shelf_open(&faulty, true);
	put(shelf, 1, "new");
	shelf_flush(shelf);
	assert_int_equal(io.dir_syncs, 1);
	if (shelf_remove(shelf, 1) != ERR_OK)
		abort();
	shelf_free(shelf);
	assert_int_equal(io.dir_syncs, 2);
	assert_int_equal(io.renames_torn, 0);
}

static void
on_before(void *arg)
{
	shelf_flush(arg);
}

/* What is queued on one shelf is on the disk before something is written on or removed from the
 * other. */
static void
test_before_other(void **state)
{
	struct shelf *first, *second;
	char line[96];

	(void)state;
	before();
	memset(&io, 0, sizeof(io));
	first = shelf_open(NULL, true);
	second = shelf_open(NULL, true);
	shelf_before(second, on_before, first);
	for (unsigned i = 0; i < 500; i++)
		put(first, 0x1000 + i, "many");
	put(first, 2, "first");
	if (shelf_remove(second, 3) != ERR_OK)
		abort();
	assert_true(shelf_is_settled(second, 4));
	shelf_flush(second);
	assert_true(shelf_is_settled(second, 3));
	command("test -e 0000000000000002.test");
	put(first, 5, "before");
	put(second, 6, "after");
	shelf_flush(second);
	command("test -e 0000000000000005.test && rm 0000000000000005.test 0000000000000006.test");
	shelf_free(second);
	shelf_free(first);
	command("rm -f 0000000000001*.test");
	assert_string_equal(found(line), "old,first,,");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_death_at_each_call, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_death_while_loading, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_full_at_each_call, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_error_at_each_call, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_short_write, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_disk_stays_full, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_newer_than_failed, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_directory_is_synced, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_before_other, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
