/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The signature is checked before the certificates: it needs no waiting, so that nothing but
 * certificates is kept while responders are asked, and nobody has one asked about a certificate
 * whose key he has not. A key is bounded in kind and size before anything is computed with it.
 */
#include "pki/pair_desk.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#include "common/cert.h"
#include "common/trace.h"
#include "pki/judgement.h"
#include "pki/pair.h"

enum which { FIRST, SECOND, BOTH };

/* One question that is under way. */
struct pair {
	struct pair_desk *desk;
	struct ipc *ipc;
	uint32_t id;
	uint32_t number; /* among the desk's */
	size_t bytes;
	unsigned holds; /* judgements under way, and whoever begins them */
	bool answered;
	Ipc__CertVerdict *verdicts[BOTH];
	struct pair *prev, *next;
};

struct pair_desk {
	struct judgements *judgements;
	pair_desk_log_fn log;
	struct pair *list;
	size_t len;
	size_t bytes;
	uint32_t last_number;
};

/* ---- answers ---- */

static void
answer(struct pair *pair, bool ok, const char *whose, const char *why)
{
	Ipc__PairVerdict reply = IPC__PAIR_VERDICT__INIT;
	char reason[sizeof((struct verdict *)NULL)->reason + 32];

	(void)snprintf(reason, sizeof reason, "%s%s", whose, why);
	reply.ok = ok;
	reply.reason = reason;
	reply.first = pair->verdicts[FIRST];
	reply.second = pair->verdicts[SECOND];
	pair->answered = true;
	(void)ipc_reply(pair->ipc, pair->id, IPC__MSG_TYPE__MSG_PAIR_VERDICT, &reply.base);
}

/* Refuse what is wrong with the second certificate, which may be NULL, or with its signature. */
static void
refuse_second(struct pair *pair, X509 *leaf, const char *why)
{
	struct verdict verdict = {0};
	unsigned char *der = NULL;
	int len = leaf != NULL ? i2d_X509(leaf, &der) : 0;

	if (len > 0 && cert_names_read(der, (size_t)len, &verdict.names) != ERR_OK)
		verdict.names = NULL;
	(void)snprintf(verdict.reason, sizeof verdict.reason, "%s", why);
	pair->desk->log(&verdict, false, "");
	answer(pair, false, "second certificate: ", why);
	verdict_fini(&verdict);
	OPENSSL_free(der);
	ERR_clear_error();
}

static void
pair_free(struct pair *pair)
{
	struct pair_desk *desk = pair->desk;

	DL_DELETE(desk->list, pair);
	desk->len--;
	desk->bytes -= pair->bytes;
	for (size_t i = 0; i < BOTH; i++)
		if (pair->verdicts[i] != NULL)
			ipc__cert_verdict__free_unpacked(pair->verdicts[i], NULL);
	free(pair);
}

static void
release(struct pair *pair)
{
	if (--pair->holds > 0)
		return;
	if (!pair->answered)
		answer(pair, true, "", "");
	pair_free(pair);
}

/* ---- judging ---- */

/* A copy of the message; NULL: memory. */
static Ipc__CertVerdict *
copy_verdict(const struct verdict *verdict)
{
	Ipc__CertVerdict message, *copy = NULL;
	uint8_t *packed;
	size_t len;

	verdict_message(verdict, &message);
	packed = malloc(ipc__cert_verdict__get_packed_size(&message));
	if (packed == NULL)
		return NULL;
	len = ipc__cert_verdict__pack(&message, packed);
	copy = ipc__cert_verdict__unpack(NULL, len, packed);
	free(packed);
	return copy;
}

static struct pair *
find_pair(struct pair_desk *desk, uint32_t number)
{
	struct pair *pair;

	DL_FOREACH (desk->list, pair)
		if (pair->number == number)
			return pair;
	return NULL;
}

static void
on_judged(const struct verdict *verdict, bool checked, const char *note,
    struct judgement_asker asker, void *arg)
{
	static const char *const whose[] = {"first certificate: ", "second certificate: "};
	struct pair_desk *desk = arg;
	struct pair *pair = find_pair(desk, asker.channel);

	desk->log(verdict, checked, note);
	if (pair == NULL)
		return;
	pair->verdicts[asker.id] = copy_verdict(verdict);
	if (!pair->answered && !verdict->ok)
		answer(pair, false, whose[asker.id], verdict->reason);
	else if (!pair->answered && pair->verdicts[asker.id] == NULL)
		answer(pair, false, whose[asker.id], "out of memory");
	release(pair);
}

static void
judge_both(struct pair *pair, struct conf *conf, struct verdict_book *book,
    const Ipc__PairJudge *question, const struct pair_chain *second)
{
	struct judgements *judgements = pair->desk->judgements;
	ProtobufCBinaryData ders[PAIR_CERTIFICATES_MAX] = {{0}};

	pair->holds++;
	judgement_begin(judgements, conf, book, question->first, question->n_first,
	    (struct judgement_asker){pair->number, FIRST});
	for (size_t i = 0; i < second->len; i++) {
		int len = i2d_X509(second->certs[i], &ders[i].data);

		ders[i].len = len > 0 ? (size_t)len : 0;
	}
	if (!pair->answered) {
		pair->holds++;
		judgement_begin(judgements, conf, book, ders, second->len,
		    (struct judgement_asker){pair->number, SECOND});
	}
	for (size_t i = 0; i < second->len; i++)
		OPENSSL_free(ders[i].data);
}

/* NULL: the leaf of TLS is another one, with another key. */
static const char *
twin_objection(const Ipc__PairJudge *question, const X509 *second)
{
	const ProtobufCBinaryData *der = question->first;
	const char *why = "the first certificate cannot be read";
	const unsigned char *p;
	X509 *first = NULL;

	if (question->n_first > 0 && der->len <= VERDICT_DER_MAX) {
		p = der->data;
		first = d2i_X509(NULL, &p, (long)der->len);
	}
	if (first != NULL)
		why = pair_differs(first, second)
			  ? NULL
			  : "it is the same as the first certificate, or has the same key";
	X509_free(first);
	ERR_clear_error();
	return why;
}

/* NULL: nothing is wrong with the second certificate by itself and its signature. */
static const char *
objection(const struct strength *strength, const Ipc__PairJudge *question, X509 *leaf)
{
	const ProtobufCBinaryData *data = &question->signed_bytes;
	const char *why = twin_objection(question, leaf);

	if (why == NULL && pair_signature(strength, leaf, question->hash, question->signature.data,
			       question->signature.len, data->data, data->len, &why) == ERR_OK)
		why = NULL;
	return why;
}

static void
judge(
    struct pair *pair, struct conf *conf, struct verdict_book *book, const Ipc__PairJudge *question)
{
	const ProtobufCBinaryData *pkcs7 = &question->second_pkcs7;
	struct pair_chain second;
	const char *why;

	trace_note(TRACE_CA, 1, NULL,
	    "CRYPTO_PKI: Authenticating second cert: PKCS#7 of %zu bytes, %s signature of %zu "
	    "bytes "
	    "over %zu bytes",
	    pkcs7->len, question->hash, question->signature.len, question->signed_bytes.len);
	if (pair_chain_read(pkcs7->data, pkcs7->len, &second, &why) != ERR_OK) {
		refuse_second(pair, NULL, why);
		return;
	}
	why = objection(verdict_book_strength(book), question, second.certs[0]);
	if (why != NULL)
		refuse_second(pair, second.certs[0], why);
	else
		trace_note(TRACE_CA, 1, NULL, "CRYPTO_PKI: Signature verify success");
	if (why == NULL)
		judge_both(pair, conf, book, question, &second);
	pair_chain_fini(&second);
}

void
pair_desk_judge(struct pair_desk *desk, struct ipc *ipc, uint32_t id, struct conf *conf,
    struct verdict_book *book, const Ipc__PairJudge *question)
{
	struct pair none = {.desk = desk, .ipc = ipc, .id = id};
	size_t bytes = question->second_pkcs7.len;
	struct pair *pair;

	for (size_t i = 0; i < question->n_first; i++)
		bytes += question->first[i].len;
	if (desk->len == PAIR_DESK_MAX || bytes > PAIR_DESK_BYTES_MAX - desk->bytes) {
		refuse_second(&none, NULL, "too many are being judged");
		return;
	}
	pair = malloc(sizeof *pair);
	if (pair == NULL) {
		refuse_second(&none, NULL, "out of memory");
		return;
	}
	*pair = none;
	pair->number = ++desk->last_number;
	pair->bytes = bytes;
	pair->holds = 1;
	DL_APPEND(desk->list, pair);
	desk->len++;
	desk->bytes += bytes;
	judge(pair, conf, book, question);
	release(pair);
}

/* ---- the desk ---- */

struct pair_desk *
pair_desk_new(struct revocation *revocation, pair_desk_log_fn log)
{
	struct pair_desk *desk = calloc(1, sizeof *desk);

	if (desk == NULL)
		return NULL;
	desk->log = log;
	desk->judgements = judgements_new(revocation, on_judged, desk);
	if (desk->judgements == NULL) {
		free(desk);
		return NULL;
	}
	return desk;
}

/* NULL: of all channels. */
static void
forget(struct pair_desk *desk, const struct ipc *ipc)
{
	struct pair *pair, *tmp;

	DL_FOREACH_SAFE (desk->list, pair, tmp) {
		if (ipc != NULL && pair->ipc != ipc)
			continue;
		judgements_cancel(desk->judgements, pair->number);
		pair_free(pair);
	}
}

void
pair_desk_forget(struct pair_desk *desk, const struct ipc *ipc)
{
	if (ipc != NULL)
		forget(desk, ipc);
}

void
pair_desk_free(struct pair_desk *desk)
{
	if (desk == NULL)
		return;
	forget(desk, NULL);
	judgements_free(desk->judgements);
	free(desk);
}
