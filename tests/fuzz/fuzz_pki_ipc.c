/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz what pki does with the messages of a hostile auth, and of a hostile worker of gateway: the
 * role as it is, whose channels are the fuzzer's. Each step is a message by its op: bit 6: the
 * worker's, else auth's; bit 7: with a certificate that is one. The answers keep their promises: a
 * signature is as long as the key's are, nobody is believed whom no CA of ours knows, and a key
 * leaves it never.
 */
/* For coverage.sh: pki/pki.c pki/pair_desk.c pki/judgement.c pki/ca_list.c pki/key.c */
#include "tests/fuzz/bare_asserts.h"
#include "tests/fuzz/scripted_peer.h"
#include "tests/unit/conf_help.h"
#include "tests/unit/verdict_help.h"

#include <openssl/pem.h>
#include <syslog.h>
#include <unistd.h>

#include "common/log.h"

/* The role's handlers are nobody else's to call. */
#include "pki/pki.c"

#define CONF                                                                                       \
	"trustpoints = ( { name = \"GW\"; certificate = \"gw.pem\"; key = \"gw.key\"; },\n"        \
	" { name = \"CA\"; ca-certificate = \"ca.pem\"; revocation-check = [ \"none\" ]; } );\n"   \
	"ssl-trust-point = \"GW\";\n"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct conf *conf;
static struct made client; /* of our CA */
static struct pki pki;
static int auth, worker;
static unsigned believed; /* chains that begin with the good certificate */

/* ---- the configuration ---- */

static char *
pem_of(X509 *cert, EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text, *copy;
	int done;

	assert_non_null(bio);
	if (cert != NULL)
		done = PEM_write_bio_X509(bio, cert);
	else
		done = PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
	assert_true(done == 1);
	long len = BIO_get_mem_data(bio, &text);
	copy = strndup(text, (size_t)len);
	assert_non_null(copy);
	BIO_free(bio);
	return copy;
}

static void
add(struct texts *texts, enum texts_type type, const char *name, const char *text)
{
	assert_int_equal(texts_add(texts, type, name, text, strlen(text)), ERR_OK);
}

static void
add_pem(struct texts *texts, const char *name, char *text)
{
	add(texts, TEXTS_PEM, name, text);
	free(text);
}

static void
make_all(void)
{
	static const struct log_config quiet = {.level = LOG_EMERG};
	struct made gw = made_new(&(const struct order){.name = "gw.example.com"});
	struct made ca = made_new(&(const struct order){.name = "Test CA", .ca = true});
	struct texts texts = {0};
	struct conf_errors errors;
	struct buf slice;

	log_init("fuzz", &quiet);
	client = made_new(&(const struct order){.name = "alice", .by = &ca, .usage = "clientAuth"});
	for (size_t i = 0; i < ARRAY_LEN(help_files); i++)
		if (help_files[i].type == TEXTS_CONF && strcmp(help_files[i].name, "pki.conf") != 0)
			add(&texts, TEXTS_CONF, help_files[i].name, help_files[i].text);
	add(&texts, TEXTS_CONF, "pki.conf", CONF);
	add_pem(&texts, "gw.pem", pem_of(gw.cert, NULL));
	add_pem(&texts, "gw.key", pem_of(NULL, gw.key));
	add_pem(&texts, "ca.pem", pem_of(ca.cert, NULL));
	buf_init(&slice, 1 << 20);
	assert_int_equal(slice_pack(&texts, help_wants, NULL, &slice), ERR_OK);
	texts_fini(&texts);
	conf_errors_init(&errors);
	conf = conf_from_slice(slice.data, slice.len, &errors);
	if (conf == NULL)
		(void)fprintf(stderr, "%s", buf_cstr(&errors.text));
	assert_non_null(conf);
	conf_errors_fini(&errors);
	buf_fini(&slice);
	made_free(&gw);
	made_free(&ca);
}

/* ---- the role, without its parent ---- */

static void
begin(void)
{
	struct conf_errors errors;
	int to_auth[2], to_worker[2];

	believed = 0;
	memset(&pki, 0, sizeof(pki));
	pki.loop = loop_new();
	assert_non_null(pki.loop);
	pki.keyrings = keyring_set_new(pki.loop);
	pki.expiry = expiry_new(pki.loop);
	assert_true(pki.keyrings != NULL && pki.expiry != NULL);
	conf_errors_init(&errors);
	struct keyring *keyring = keyring_new(conf, 1, &errors);
	assert_non_null(keyring);
	conf_errors_fini(&errors);
	keyring_set_use(pki.keyrings, keyring);
	expiry_watch(pki.expiry, conf);
	court_open(&pki);
	pki.signers = signers_new(pki.loop, 1, on_signed, &pki);
	assert_non_null(pki.signers);
	assert_int_equal(ipc_pair(to_auth), ERR_OK);
	assert_int_equal(ipc_pair(to_worker), ERR_OK);
	auth = to_auth[1];
	worker = to_worker[1];
	peer_take(&pki, IPC__ROLE_ID__ROLE_AUTH, 0, to_auth[0]);
	peer_take(&pki, IPC__ROLE_ID__ROLE_GATEWAY, 0, to_worker[0]);
}

static void
end(void)
{
	close(auth);
	close(worker);
	peer_turn(pki.loop);
	if (pki.auth.ipc != NULL || pki.workers[0].ipc != NULL)
		abort();
	pki_close(&pki);
}

/* ---- messages ---- */

static void
hear_auth(const struct ipc_head *head, const ProtobufCMessage *msg)
{
	const Ipc__CertVerdict *verdict = (const Ipc__CertVerdict *)msg;

	if (head->type == IPC__MSG_TYPE__MSG_CERT_VERDICT && verdict->ok && believed-- == 0)
		abort();
}

/* An ECDSA signature by a key of P-256 is never longer. */
static void
hear_worker(const struct ipc_head *head, const ProtobufCMessage *msg)
{
	if (head->type == IPC__MSG_TYPE__MSG_KEY_SIGNED &&
	    ((const Ipc__KeySigned *)msg)->signature.len > 72)
		abort();
}

static void
hear(int fd)
{
	struct ipc_head head;
	ProtobufCMessage *msg;

	while ((msg = peer_receive(fd, &head)) != NULL) {
		if ((head.flags & IPC_FLAG_REPLY) != 0 && fd == auth)
			hear_auth(&head, msg);
		else if ((head.flags & IPC_FLAG_REPLY) != 0)
			hear_worker(&head, msg);
		else if (head.type != IPC__MSG_TYPE__MSG_TRACE)
			abort();
		protobuf_c_message_free_unpacked(msg, NULL);
	}
}

static const Ipc__MsgType from_auth[] = {
    IPC__MSG_TYPE__MSG_CERT_JUDGE,
    IPC__MSG_TYPE__MSG_PAIR_JUDGE,
    IPC__MSG_TYPE__MSG_CA_LIST,
    IPC__MSG_TYPE__MSG_METRICS_REQUEST,
    IPC__MSG_TYPE__MSG_TRACE_WATCH,
};
static const Ipc__MsgType from_worker[] = {
    IPC__MSG_TYPE__MSG_KEY_SIGN,
    IPC__MSG_TYPE__MSG_KEY_LIST,
};

/* A certificate that our CA has signed, and after it what the input has. */
static void
judge_real(struct ipc_head *head, const struct peer_step *step)
{
	Ipc__CertJudge judge = IPC__CERT_JUDGE__INIT;
	ProtobufCBinaryData chain[2] = {{0}};
	unsigned char *der = NULL;

	chain[0].len = (size_t)i2d_X509(client.cert, &der);
	chain[0].data = der;
	chain[1] = (ProtobufCBinaryData){step->len, (uint8_t *)(uintptr_t)step->data};
	judge.certificate = chain;
	judge.n_certificate = step->len > 0 ? 2 : 1;
	size_t len = ipc__cert_judge__get_packed_size(&judge);
	uint8_t *bytes = malloc(len + 1);
	assert_non_null(bytes);
	ipc__cert_judge__pack(&judge, bytes);
	head->type = IPC__MSG_TYPE__MSG_CERT_JUDGE;
	believed++;
	peer_send(auth, head, bytes, len);
	free(bytes);
	OPENSSL_free(der);
}

static void
tell(const struct peer_step *step, uint32_t id)
{
	struct ipc_head head = {.id = id};

	if (step->op & 0x80) {
		judge_real(&head, step);
	} else if (step->op & 0x40) {
		head.type = from_worker[step->op % ARRAY_LEN(from_worker)];
		peer_send(worker, &head, step->data, step->len);
	} else {
		head.type = from_auth[step->op % ARRAY_LEN(from_auth)];
		head.id = head.type == IPC__MSG_TYPE__MSG_TRACE_WATCH ? 0 : id;
		peer_send(auth, &head, step->data, step->len);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct peer_step step;
	struct cur cur;

	if (conf == NULL)
		make_all();
	begin();
	cur_init(&cur, data, size);
	for (uint32_t i = 0; i < PEER_STEPS_MAX && peer_next(&cur, &step); i++) {
		tell(&step, i + 1);
		peer_turn(pki.loop);
		hear(auth);
		hear(worker);
	}
	end();
	return 0;
}
