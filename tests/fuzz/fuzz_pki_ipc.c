/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz what pki does with the messages of a hostile auth, and of a hostile worker of gateway: the
 * role as it is, whose channels are the fuzzer's. Each step is a message by its op: bit 6: the
 * worker's, else auth's; bit 7: with a certificate that is one, two of them, or a key that is
 * there. The answers keep their promises: a signature is as long as the key's are, nobody is
 * believed whom no CA of ours knows, no pair whose signature is not its own, and a key leaves it
 * never.
 */
/* For coverage.sh:
 * pki/pki.c:handle_key,handle_cert,handle_pair,handle_ca,handle_trace,answer,on_,log_
 * pki/pair_desk.c pki/judgement.c:judgement_
 * pki/key.c:key_ref,key_matches,key_sign
 * pki/ca_list.c:-put_issuer,put_time,put_crl,is_used_by,fill_crls */
#include "tests/fuzz/bare_asserts.h"
#include "tests/fuzz/scripted_peer.h"
#include "tests/unit/conf_help.h"
#include "tests/unit/verdict_help.h"

#include <openssl/pem.h>
#include <openssl/pkcs7.h>
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
static struct made client, other; /* of our CA */
static struct pki pki;
static int auth, worker;
static unsigned believed; /* chains that begin with the good certificate */
static unsigned paired;   /* pairs that are fine in all */

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
	other = made_new(&(const struct order){.name = "bob", .by = &ca, .usage = "clientAuth"});
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

	believed = paired = 0;
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
	if (head->type == IPC__MSG_TYPE__MSG_PAIR_VERDICT && ((const Ipc__PairVerdict *)msg)->ok &&
	    paired-- == 0)
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

static void
pack(int fd, const struct ipc_head *head, const ProtobufCMessage *msg)
{
	size_t len = protobuf_c_message_get_packed_size(msg);
	uint8_t *bytes = malloc(len + 1);

	assert_non_null(bytes);
	protobuf_c_message_pack(msg, bytes);
	peer_send(fd, head, bytes, len);
	free(bytes);
}

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
	head->type = IPC__MSG_TYPE__MSG_CERT_JUDGE;
	believed++;
	pack(auth, head, &judge.base);
	OPENSSL_free(der);
}

/* As a client sends its second chain. */
static size_t
pkcs7_of(X509 *cert, unsigned char **der)
{
	PKCS7 *p7 = PKCS7_new();
	int len;

	assert_true(p7 != NULL && PKCS7_set_type(p7, NID_pkcs7_signed) == 1 &&
		    PKCS7_content_new(p7, NID_pkcs7_data) == 1 &&
		    PKCS7_add_certificate(p7, cert) == 1);
	len = i2d_PKCS7(p7, der);
	assert_true(len > 0);
	PKCS7_free(p7);
	return (size_t)len;
}

static size_t
sign_with(EVP_PKEY *key, const struct peer_step *step, unsigned char out[128])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t len = 128;

	assert_true(ctx != NULL && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
		    EVP_DigestSign(ctx, out, &len, step->data, step->len) == 1);
	EVP_MD_CTX_free(ctx);
	return len;
}

/* What the last byte says is wrong with it: the same certificate twice, another's signature. */
static void
pair_real(struct ipc_head *head, const struct peer_step *step)
{
	Ipc__PairJudge judge = IPC__PAIR_JUDGE__INIT;
	uint8_t wrong = step->len > 0 ? step->data[step->len - 1] & 3 : 0;
	ProtobufCBinaryData first = {0};
	unsigned char *der = NULL, *p7 = NULL, signature[128];

	first.len = (size_t)i2d_X509(client.cert, &der);
	first.data = der;
	judge.first = &first;
	judge.n_first = 1;
	judge.second_pkcs7.len = pkcs7_of(wrong & 1 ? client.cert : other.cert, &p7);
	judge.second_pkcs7.data = p7;
	judge.hash = (char *)"sha256";
	judge.signature.len = sign_with(wrong & 2 ? client.key : other.key, step, signature);
	judge.signature.data = signature;
	judge.signed_bytes = (ProtobufCBinaryData){step->len, (uint8_t *)(uintptr_t)step->data};
	head->type = IPC__MSG_TYPE__MSG_PAIR_JUDGE;
	paired += wrong == 0;
	pack(auth, head, &judge.base);
	OPENSSL_free(der);
	OPENSSL_free(p7);
}

/* With our key: whatever operation and data. A thread does it. */
static void
sign_real(struct ipc_head *head, const struct peer_step *step)
{
	const struct timeval a_while = {.tv_usec = 2000};
	Ipc__KeySign sign = IPC__KEY_SIGN__INIT;

	sign.key = 1 << 8; /* of the first keyring the first */
	sign.op = step->len > 0 ? (Ipc__SignOp)(step->data[0] % 5) : IPC__SIGN_OP__SIGN_ECDSA;
	sign.data = (ProtobufCBinaryData){step->len, (uint8_t *)(uintptr_t)step->data};
	head->type = IPC__MSG_TYPE__MSG_KEY_SIGN;
	pack(worker, head, &sign.base);
	peer_turn(pki.loop);
	event_base_loopexit(loop_base(pki.loop), &a_while);
	event_base_loop(loop_base(pki.loop), 0);
}

static void
tell(const struct peer_step *step, uint32_t id)
{
	struct ipc_head head = {.id = id};

	if ((step->op & 0xc0) == 0xc0) {
		sign_real(&head, step);
	} else if ((step->op & 0x81) == 0x81) {
		pair_real(&head, step);
	} else if (step->op & 0x80) {
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
