/* SPDX-License-Identifier: Apache-2.0 */
/* Accounting and the sessions' own records: what is held until they are on the disk, and what a
 * process that died in between has left. */
#include "tests/unit/auth_help.h"

#include "auth/acct_queue.h"

#define SENT_MAX 16

enum status { START = 1, STOP = 2, INTERIM = 3 };

/* ---- a server that answers when it is told to ---- */

struct radius_call {
	radius_done_fn done;
	void *arg;
};

static struct {
	struct radius_call calls[SENT_MAX];
	size_t len, answered;
	char text[SENT_MAX * 8]; /* "1+ 2+ 2- ": session, Start or Stop or Interim */
} server;

enum err
radius_client_ask(UNUSED struct radius_client *ask, UNUSED const struct radius_target *target,
    struct radius_request *request, radius_done_fn done, void *arg, struct radius_call **call)
{
	static const char signs[] = "?+-~";
	char *end = server.text + strlen(server.text);

	assert_true(server.len < SENT_MAX);
	/* What note() put: the session is the name's one letter. */
	snprintf(end, 8, "%c%c ", request->attrs.data[2], signs[request->attrs.data[3 + 5]]);
	server.calls[server.len] = (struct radius_call){.done = done, .arg = arg};
	*call = &server.calls[server.len++];
	radius_request_fini(request);
	return ERR_OK;
}

void
radius_call_cancel(UNUSED struct radius_call *call)
{
}

size_t
radius_client_servers(UNUSED const struct radius_client *ask, UNUSED const char *group,
    struct ip_addr *out, size_t max)
{
	assert_true(max >= 1);
	assert_int_equal(ip_parse("192.0.2.1", out), ERR_OK);
	return 1;
}

static void
answer_all(void)
{
	const struct radius_result result = {.outcome = RADIUS_ANSWERED};

	while (server.answered < server.len) {
		struct radius_call *call = &server.calls[server.answered++];

		call->done(&result, call->arg);
	}
}

/* ---- a queue whose sessions are on the disk when the test says so ---- */

struct bench {
	struct world world;
	struct acct_spool *spool;
	struct acct_queue *queue;
};

static uint64_t on_disk; /* a bit each */

static bool
is_open(uint64_t session, UNUSED void *arg)
{
	return (on_disk >> session & 1) != 0;
}

static void
queue_open(struct bench *bench)
{
	static const struct acct_queue_gate gate = {.is_open = is_open};

	memset(&server, 0, sizeof(server));
	bench->spool = acct_spool_new(world_dir_open(&bench->world), 100);
	assert_non_null(bench->spool);
	bench->queue = acct_queue_new(NULL, bench->spool, &gate);
	assert_non_null(bench->queue);
	acct_queue_use(bench->queue, bench->world.conf);
	assert_int_equal(acct_queue_load(bench->queue), ERR_OK);
}

/* As a kill leaves it: what is under way is forgotten, the spool is as it is. */
static void
queue_close(struct bench *bench)
{
	acct_queue_free(bench->queue);
	acct_spool_free(bench->spool);
}

static int
setup(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	assert_non_null(bench);
	world_make(&bench->world, NULL, 0);
	on_disk = 0;
	queue_open(bench);
	*state = bench;
	return 0;
}

static int
teardown(void **state)
{
	struct bench *bench = *state;

	queue_close(bench);
	world_break(&bench->world);
	free(bench);
	return 0;
}

static void
note(struct bench *bench, uint64_t session, enum status status)
{
	Ipc__AccountingRecord *record = malloc(sizeof(*record));
	const uint8_t attributes[] = {RADIUS_USER_NAME, 3, (uint8_t)('0' + session),
	    RADIUS_ACCT_STATUS_TYPE, 6, 0, 0, 0, status};

	assert_non_null(record);
	ipc__accounting_record__init(record);
	record->format = ACCT_SPOOL_FORMAT;
	record->server_group = strdup("RAD");
	record->status_type = status;
	record->session = session;
	record->event_time = world_wall_sec;
	record->attributes.data = malloc(sizeof(attributes));
	assert_non_null(record->attributes.data);
	memcpy(record->attributes.data, attributes, sizeof(attributes));
	record->attributes.len = sizeof(attributes);
	acct_queue_add(bench->queue, record);
}

static void
test_held(void **state)
{
	struct bench *bench = *state;

	note(bench, 1, START);
	note(bench, 2, START);
	note(bench, 1, STOP);
	assert_string_equal(server.text, "");
	/* Not even then in the turn that added it: its session is saved later in that turn. */
	on_disk = 1U << 2;
	note(bench, 2, INTERIM);
	assert_string_equal(server.text, "");
	acct_queue_tick(bench->queue);
	answer_all();
	assert_string_equal(server.text, "2+ 2~ ");
	on_disk |= 1U << 1;
	acct_queue_tick(bench->queue);
	answer_all();
	assert_string_equal(server.text, "2+ 2~ 1+ 1- ");
	assert_int_equal(acct_queue_len(bench->queue), 0);
}

static uint64_t alive;

static bool
is_alive(uint64_t session, UNUSED void *arg)
{
	return (alive >> session & 1) != 0;
}

static void
test_sift(void **state)
{
	struct bench *bench = *state;

	note(bench, 1, START); /* its session was not written: it never was */
	note(bench, 1, INTERIM);
	note(bench, 2, START); /* alive and accounted */
	note(bench, 3, STOP);  /* alive: its record was not removed, so this was not sent */
	note(bench, 4, START); /* began and ended while no server answered */
	note(bench, 4, STOP);
	note(bench, 5, STOP); /* gone */
	note(bench, 5, STOP);
	queue_close(bench);
	on_disk = UINT64_MAX;
	alive = 1U << 2 | 1U << 3;
	queue_open(bench);
	acct_queue_tick(bench->queue);
	assert_string_equal(server.text, ""); /* nobody knows yet who is alive */
	assert_int_equal(acct_queue_len(bench->queue), 8);
	acct_queue_sift(bench->queue, is_alive, NULL);
	answer_all();
	assert_string_equal(server.text, "2+ 4+ 5- 4- ");
	assert_int_equal(acct_queue_len(bench->queue), 0);
	queue_close(bench);
	queue_open(bench);
	assert_int_equal(acct_queue_len(bench->queue), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_held, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_sift, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
