/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz what auth finds in its state directory: each step is the content of a file, by its op a
 * session, a user's failed logins, or an accounting request; bit 7: under a number that fits it.
 * (The files' frame is auth/shelf.c's, which lets nothing damaged through; here everything gets
 * through.) Whatever comes back is whole: no address and no index twice, policies that can be
 * merged, filters that can be sent; and it ends in time.
 */
/* For coverage.sh: auth/session_record.c:-lease_write,seconds_since,session_record_put
 * auth/store.c:on_found,store_load auth/acct_spool.c
 * auth/lockout.c:file_number,find,add,is_same,read_source,take_record,on_found,lockout_each,lockout_clear
 */
#include "tests/fuzz/bare_asserts.h"
#include "tests/fuzz/scripted_peer.h"
#include "tests/unit/auth_help.h"

#include <openssl/sha.h>
#include <syslog.h>

#include "auth/acct_spool.h"
#include "auth/listing.h"
#include "auth/lockout.h"
#include "auth/shelf.h"
#include "common/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- the shelf: the steps of the input ---- */

static const uint8_t *input;
static size_t input_len;

struct shelf {
	unsigned kind;
};

struct shelf *
shelf_new(const struct shelf_config *config)
{
	static const char *const suffixes[] = {".session", ".lockout", ".acct"};
	struct shelf *shelf = calloc(1, sizeof(*shelf));

	assert_non_null(shelf);
	while (strcmp(suffixes[shelf->kind], config->suffix) != 0)
		shelf->kind++;
	close(config->dir_fd);
	return shelf;
}

void
shelf_free(struct shelf *shelf)
{
	free(shelf);
}

static uint64_t
number_of(unsigned kind, const struct peer_step *step)
{
	uint64_t number = 1 + step->op % 64;
	uint8_t digest[SHA256_DIGEST_LENGTH];

	if (kind == 0) {
		Ipc__SessionRecord *record =
		    ipc__session_record__unpack(NULL, step->len, step->data);

		if (record != NULL) {
			number = record->session;
			ipc__session_record__free_unpacked(record, NULL);
		}
	} else if (kind == 1) {
		Ipc__LockoutRecord *record =
		    ipc__lockout_record__unpack(NULL, step->len, step->data);

		if (record != NULL) {
			(void)SHA256(
			    (const uint8_t *)record->username, strlen(record->username), digest);
			memcpy(&number, digest, sizeof(number));
			ipc__lockout_record__free_unpacked(record, NULL);
		}
	}
	return number;
}

enum err
shelf_load(struct shelf *shelf, shelf_found_fn found, void *arg)
{
	struct peer_step step;
	struct cur cur;

	cur_init(&cur, input, input_len);
	while (peer_next(&cur, &step)) {
		uint64_t number = step.op & 0x80 ? number_of(shelf->kind, &step) : step.op;

		if (step.op % 3 == shelf->kind)
			(void)found(number, step.data, step.len, arg);
	}
	return ERR_OK;
}

enum err
shelf_put(UNUSED struct shelf *shelf, UNUSED uint64_t number, const ProtobufCMessage *msg)
{
	return protobuf_c_message_get_packed_size(msg) < 65536 ? ERR_OK : ERR_LIMIT;
}

enum err
shelf_remove(UNUSED struct shelf *shelf, UNUSED uint64_t number)
{
	return ERR_OK;
}

void
shelf_flush(UNUSED struct shelf *shelf)
{
}

bool
shelf_is_settled(UNUSED struct shelf *shelf, UNUSED uint64_t number)
{
	return true;
}

void
shelf_after(UNUSED struct shelf *shelf, UNUSED void (*fn)(void *arg), UNUSED void *arg)
{
}

void
shelf_before(UNUSED struct shelf *shelf, UNUSED void (*fn)(void *arg), UNUSED void *arg)
{
}

/* ---- what came back ---- */

static bool
same_address(const struct lease *a, const struct lease *b)
{
	return a->addr.family != 0 && ip_eq(&a->addr, &b->addr);
}

static void
check_session(struct world *world, struct session *session)
{
	struct inherit inherit;
	struct listing listing;

	if (session->profiles_len > SESSION_PROFILES_MAX || session->index == 0 ||
	    session_inherit(session, &inherit) != ERR_OK ||
	    filters_send(world->filters, 0, session->filter4) != ERR_OK ||
	    filters_send(world->filters, 0, session->filter6) != ERR_OK)
		abort();
	for (struct session *s = session_next(session); s != NULL; s = session_next(s))
		if (s->index == session->index || s->id == session->id ||
		    same_address(&s->ipv4, &session->ipv4) ||
		    same_address(&s->ipv6, &session->ipv6))
			abort();
	listing_fill(&listing, session, world->filters);
	if (listing_policy(&listing, session) != ERR_OK)
		abort();
	listing_fini(&listing);
}

static void
use_sessions(struct world *world)
{
	world_open(world);
	for (struct session *s = session_first(world->sessions); s != NULL; s = session_next(s))
		check_session(world, s);
	for (unsigned i = 0; i < 3; i++) {
		world->ends_len = world->sent_len = 0;
		world_pass(100000);
		session_table_tick(world->sessions);
	}
	if (session_first(world->sessions) != NULL)
		abort();
	world_close(world);
}

static void
on_locked(const struct lockout_entry *entry, UNUSED void *arg)
{
	if (strlen(entry->username) >= SESSION_NAME_SIZE)
		abort();
}

static void
use_lockout(const struct world *world)
{
	struct lockout *lockout = lockout_new(world_dir_open(world));

	assert_non_null(lockout);
	lockout_each(lockout, world->conf, on_locked, NULL);
	/* Without a limit nobody is ever locked out. */
	if (lockout_judge(lockout, world->conf, "alice", NULL, false))
		abort();
	(void)lockout_clear(lockout, NULL, "fuzz");
	lockout_free(lockout);
}

static uint64_t last_number;

static void
on_account(uint64_t number, const Ipc__AccountingRecord *record, UNUSED void *arg)
{
	if (number < last_number || record->format != ACCT_SPOOL_FORMAT)
		abort();
	last_number = number;
}

static void
use_accounting(const struct world *world)
{
	struct acct_spool *spool = acct_spool_new(world_dir_open(world), 16);
	Ipc__AccountingRecord record = IPC__ACCOUNTING_RECORD__INIT;
	uint64_t number = 0;

	assert_non_null(spool);
	last_number = 0;
	assert_int_equal(acct_spool_load(spool, on_account, NULL), ERR_OK);
	record.format = ACCT_SPOOL_FORMAT;
	if (acct_spool_put(spool, &record, &number) == ERR_OK) {
		if (number <= last_number)
			abort();
		assert_int_equal(acct_spool_update(spool, number, &record), ERR_OK);
		acct_spool_flush(spool);
		acct_spool_remove(spool, number);
	}
	acct_spool_free(spool);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct log_config quiet = {.level = LOG_EMERG};
	static struct world world;

	if (world.conf == NULL) {
		log_init("fuzz", &quiet);
		world.conf = world_conf(NULL, 0);
		(void)snprintf(world.dir, sizeof(world.dir), "/");
	}
	input = data;
	input_len = size;
	world_clock_start();
	use_sessions(&world);
	use_lockout(&world);
	use_accounting(&world);
	return 0;
}
