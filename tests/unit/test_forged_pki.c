/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A gateway or an auth that was taken over says what it likes to the real pki process (here in a
 * thread): every message of the schema, and orders to sign that are none. No byte of the key comes
 * out, auth gets no signature, and gateway no judgement.
 */
#include "tests/unit/tls_help.h"

#include "tests/unit/conf_help.h"
#include "tests/unit/verdict_help.h"

#include "tests/unit/forged_help.h"

#include <openssl/core_names.h>
#include <openssl/rand.h>
#include <pthread.h>

#include "common/role.h"

#define SYNC_ID 0x51515151U

enum side { GATEWAY, AUTH, SIDES };

static const Ipc__RoleId side_roles[SIDES] = {IPC__ROLE_ID__ROLE_GATEWAY, IPC__ROLE_ID__ROLE_AUTH};

static struct {
	struct buf slice;
	struct role_env env;
	pthread_t thread;
	int parent;
	int channels[SIDES];
	uint8_t *buffer;
	char *pem; /* the key, as in the file */
	size_t pem_len;
	uint8_t scalar[128]; /* the key's secret number */
	int scalar_len;
	unsigned leaked, dropped, judged, signatures;
	uint32_t key;
} t;

static void *
thread_main(void *arg)
{
	(void)arg;
	return (void *)(intptr_t)pki_role.run(&t.env);
}

static void
make_slice(void)
{
	struct made made = made_new(&(struct order){.name = "gate.test"});
	struct texts texts = {0};
	BIGNUM *number = NULL;
	size_t len;
	char *pem;

	for (size_t i = 0; i < ARRAY_LEN(help_files); i++)
		if (help_files[i].type == TEXTS_CONF)
			assert_int_equal(texts_add(&texts, help_files[i].type, help_files[i].name,
					     help_files[i].text, strlen(help_files[i].text)),
			    ERR_OK);
	pem = pem_of(NULL, made.cert, &len);
	assert_int_equal(texts_add(&texts, TEXTS_PEM, "gw.pem", pem, len), ERR_OK);
	free(pem);
	t.pem = pem_of(made.key, NULL, &t.pem_len);
	assert_int_equal(texts_add(&texts, TEXTS_PEM, "gw.key", t.pem, t.pem_len), ERR_OK);
	assert_int_equal(EVP_PKEY_get_bn_param(made.key, OSSL_PKEY_PARAM_PRIV_KEY, &number), 1);
	t.scalar_len = BN_bn2bin(number, t.scalar);
	assert_true(t.scalar_len >= 24 && t.scalar_len <= 32);
	BN_clear_free(number);
	buf_init(&t.slice, 8 * TEXTS_FILE_MAX);
	assert_int_equal(slice_pack(&texts, help_wants, NULL, &t.slice), ERR_OK);
	texts_fini(&texts);
	made_free(&made);
}

static int
connect_side(enum side side)
{
	int fds[2];

	assert_int_equal(ipc_pair(fds), ERR_OK);
	t.channels[side] = fds[0];
	return fds[1];
}

static int
setup(void **state)
{
	ProtobufCMessage *msg = NULL;
	Ipc__MsgType type;
	int parent[2], fd;

	(void)state;
	memset(&t, 0, sizeof(t));
	t.buffer = malloc(IPC_MSG_MAX);
	make_slice();
	t.env.slice = t.slice.data;
	t.env.slice_len = t.slice.len;
	t.env.workers = 1;
	t.env.generation = 42;
	assert_int_equal(ipc_pair(parent), ERR_OK);
	t.parent = parent[0];
	t.env.parent_fd = parent[1];
	for (enum side side = 0; side < SIDES; side++)
		t.env.fds[t.env.fds_len++] = (struct role_fd){
		    .kind = IPC__FD_KIND__FD_PEER,
		    .peer = side_roles[side],
		    .fd = connect_side(side),
		};
	assert_int_equal(pthread_create(&t.thread, NULL, thread_main, NULL), 0);
	assert_int_equal(ipc_read_blocking(t.parent, &type, &msg, &fd), ERR_OK);
	assert_int_equal(type, IPC__MSG_TYPE__MSG_ROLE_READY);
	protobuf_c_message_free_unpacked(msg, NULL);
	return 0;
}

static int
teardown(void **state)
{
	Ipc__RoleStop stop = IPC__ROLE_STOP__INIT;
	void *status;

	(void)state;
	assert_int_equal(
	    ipc_write_blocking(t.parent, IPC__MSG_TYPE__MSG_ROLE_STOP, &stop.base, -1), ERR_OK);
	pthread_join(t.thread, &status);
	assert_null(status);
	for (enum side side = 0; side < SIDES; side++)
		close(t.channels[side]);
	close(t.parent);
	buf_fini(&t.slice);
	free(t.pem);
	free(t.buffer);
	return 0;
}

/* ---- what comes back ---- */

static bool
has(const struct ipc_received *in, const void *bytes, size_t len)
{
	return memmem(in->payload, in->payload_len, bytes, len) != NULL;
}

static void
look(const struct ipc_received *in)
{
	ProtobufCMessage *msg = ipc_unpack(in);
	const char *line = memchr(t.pem, '\n', t.pem_len);

	assert_non_null(msg);
	assert_non_null(line);
	if (has(in, line + 1, 48) || has(in, t.scalar, (size_t)t.scalar_len))
		t.leaked++;
	if (in->head.type == IPC__MSG_TYPE__MSG_KEY_SIGNED)
		t.signatures += ((Ipc__KeySigned *)msg)->signature.len > 0;
	if (in->head.type == IPC__MSG_TYPE__MSG_KEY_LIST_REPLY)
		t.key = ((Ipc__KeyListReply *)msg)->identity[0]->key;
	if (in->head.type == IPC__MSG_TYPE__MSG_CERT_VERDICT)
		t.judged += ((Ipc__CertVerdict *)msg)->ok;
	if (in->head.type == IPC__MSG_TYPE__MSG_PAIR_VERDICT)
		t.judged++;
	protobuf_c_message_free_unpacked(msg, NULL);
}

static bool
read_until(enum side side, uint32_t id)
{
	struct ipc_received in;

	while (forged_receive(t.channels[side], t.buffer, &in)) {
		look(&in);
		if (in.head.id == id && (in.head.flags & IPC_FLAG_REPLY) != 0)
			return true;
	}
	return false;
}

static bool
sync_with(enum side side)
{
	Ipc__KeyList list = IPC__KEY_LIST__INIT;
	Ipc__MetricsRequest metrics = IPC__METRICS_REQUEST__INIT;

	if (side == GATEWAY)
		forged_put(t.channels[side], IPC__MSG_TYPE__MSG_KEY_LIST, SYNC_ID, 0, &list.base);
	else
		forged_put(t.channels[side], IPC__MSG_TYPE__MSG_METRICS_REQUEST, SYNC_ID, 0,
		    &metrics.base);
	return read_until(side, SYNC_ID);
}

/* Everything sent before has been looked at; a channel that it cost is replaced. */
static void
settle(enum side side)
{
	Ipc__RoleFd rf = IPC__ROLE_FD__INIT;
	int theirs;

	if (sync_with(side))
		return;
	t.dropped++;
	close(t.channels[side]);
	theirs = connect_side(side);
	rf.kind = IPC__FD_KIND__FD_PEER;
	rf.peer = side_roles[side];
	assert_int_equal(
	    ipc_write_blocking(t.parent, IPC__MSG_TYPE__MSG_ROLE_FD, &rf.base, theirs), ERR_OK);
	close(theirs);
	assert_true(sync_with(side));
}

/* ---- the tests ---- */

static void
send_all_ways(enum side side, Ipc__MsgType type)
{
	Ipc__ClientFacts facts = IPC__CLIENT_FACTS__INIT;

	for (unsigned filled = 0; filled < 2; filled++) {
		ProtobufCMessage *msg =
		    forged_new(ipc_descriptor(type), filled != 0 ? &facts : NULL);

		for (size_t i = 0; i < ARRAY_LEN(forged_ways); i++) {
			forged_put(
			    t.channels[side], type, forged_ways[i].id, forged_ways[i].flags, msg);
			settle(side);
		}
		free(msg);
	}
	if (t.leaked != 0 || t.signatures != 0 || t.judged != 0)
		fail_msg("FAIL: %s from %s, expected nothing, got %u leaks, %u signatures, %u "
			 "judgements",
		    ipc_type_name(type), side == GATEWAY ? "gateway" : "auth", t.leaked,
		    t.signatures, t.judged);
}

static void
test_every_message(void **state)
{
	unsigned types = 0;

	(void)state;
	for (unsigned type = 0; type < 256; type++) {
		if (ipc_descriptor(type) == NULL || type == IPC__MSG_TYPE__MSG_PAIR_JUDGE)
			continue;
		types++;
		send_all_ways(GATEWAY, type);
		send_all_ways(AUTH, type);
	}
	assert_true(types > 60);
	assert_true(t.dropped > types);
}

/* What belongs to the other one costs the channel. */
static void
test_other_ones_job(void **state)
{
	static const struct {
		enum side side;
		Ipc__MsgType type;
	} rows[] = {
	    {AUTH, IPC__MSG_TYPE__MSG_KEY_SIGN},
	    {AUTH, IPC__MSG_TYPE__MSG_KEY_LIST},
	    {GATEWAY, IPC__MSG_TYPE__MSG_CERT_JUDGE},
	    {GATEWAY, IPC__MSG_TYPE__MSG_PAIR_JUDGE},
	    {GATEWAY, IPC__MSG_TYPE__MSG_CA_LIST},
	    {GATEWAY, IPC__MSG_TYPE__MSG_ROLE_STOP},
	    {AUTH, IPC__MSG_TYPE__MSG_ROLE_CONFIG},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		ProtobufCMessage *msg = forged_new(ipc_descriptor(rows[i].type), NULL);
		unsigned before = t.dropped;

		forged_put(t.channels[rows[i].side], rows[i].type, 9, 0, msg);
		settle(rows[i].side);
		if (t.dropped != before + 1)
			fail_msg("FAIL: %s, expected the channel dropped, got it kept",
			    ipc_type_name(rows[i].type));
		free(msg);
	}
}

static void
test_orders(void **state)
{
	static uint8_t data[600];
	const struct {
		const char *what;
		uint32_t key;
		Ipc__SignOp op;
		size_t len;
	} rows[] = {
	    {"another key", 99, IPC__SIGN_OP__SIGN_ECDSA, 32},
	    {"no operation", 0, IPC__SIGN_OP__SIGN_NONE, 32},
	    {"an operation of another kind of key", 0, IPC__SIGN_OP__SIGN_RSA_NOPAD, 32},
	    {"another such", 0, IPC__SIGN_OP__SIGN_RSA_PKCS1, 32},
	    {"an operation that there is not", 0, (Ipc__SignOp)77, 32},
	    {"no data", 0, IPC__SIGN_OP__SIGN_ECDSA, 0},
	    {"more than a digest", 0, IPC__SIGN_OP__SIGN_ECDSA, sizeof(data)},
	};
	Ipc__KeySign order = IPC__KEY_SIGN__INIT;

	(void)state;
	settle(GATEWAY);
	order.data.data = data;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		order.key = t.key + rows[i].key;
		order.op = rows[i].op;
		order.data.len = rows[i].len;
		forged_put(t.channels[GATEWAY], IPC__MSG_TYPE__MSG_KEY_SIGN, 9, 0, &order.base);
		assert_true(read_until(GATEWAY, 9));
		if (t.signatures != 0)
			fail_msg("FAIL: %s, expected no signature, got one", rows[i].what);
	}
	/* Else the rows above prove nothing. */
	order.key = t.key;
	order.op = IPC__SIGN_OP__SIGN_ECDSA;
	order.data.len = 32;
	forged_put(t.channels[GATEWAY], IPC__MSG_TYPE__MSG_KEY_SIGN, 9, 0, &order.base);
	assert_true(read_until(GATEWAY, 9));
	assert_int_equal(t.signatures, 1);
	assert_int_equal(t.leaked, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_every_message, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_other_ones_job, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_orders, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
