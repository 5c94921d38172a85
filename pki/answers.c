/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key of an answer is a digest of all that it depends on: its kind, the issuer, the URL, and
 * for OCSP the certificate's serial. A CRL's age is judged by each who asks, because trustpoints
 * differ in what they take.
 */
#include "pki/answers.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>
#include <utlist.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/str.h"
#include "pki/crl.h"
#include "pki/crl_reader.h"
#include "pki/ocsp.h"

#define KEY_LEN SHA256_DIGEST_LENGTH
#define WHY_SIZE 128
#define REQUEST_MAX 4096  /* bytes of an OCSP request */
#define AT_ONCE_MAX 65536 /* bytes of a CRL that is read without a thread */

/* Something that was said. */
struct answer {
	uint8_t key[KEY_LEN];
	enum answer_kind kind;
	enum answer_status status; /* OCSP */
	time_t until;              /* OCSP */
	struct crl *crl;           /* CRL; NULL: worth nothing */
	size_t bytes;              /* CRL: of memory */
	X509 *issuer;              /* CRL: these are for show */
	char *url;
	size_t body_len;
	time_t cached_until;
	char *users[ANSWERS_USERS_MAX]; /* names of trustpoints */
	size_t users_len;
	uint64_t fetched_ms;
	const char *why; /* static */
	UT_hash_handle hh;
};

/* Those of one kind, the one that was used longest ago first. */
struct shelf {
	struct answer *answers;
	size_t max;
	size_t bytes;
};

/* A fetch that is under way. */
struct flight {
	struct answers *answers;
	uint8_t key[KEY_LEN];
	enum answer_kind kind;
	X509 *cert;
	X509 *issuer;
	char *url;
	size_t body_len; /* CRL, when it has come */
	struct ocsp_question question;
	struct fetch *fetch; /* NULL: it has come, and is being read */
	struct answer_wait *waits;
	UT_hash_handle hh;
};

/* A URL that did not serve. */
struct dead {
	uint64_t until_ms;
	UT_hash_handle hh;
	char why[WHY_SIZE];
	char url[];
};

struct answers {
	struct fetcher *fetcher;
	const struct answers_net *net;
	struct crl_reader *reader; /* NULL: everything is read at once */
	struct shelf shelves[2];   /* by kind */
	struct flight *flights;
	struct dead *dead; /* oldest first */
};

static const struct answers_net real_net = {fetch_begin, fetch_cancel};

/* The analyser does not follow what uthash and utlist keep. */
/* NOLINTBEGIN(clang-analyzer-unix.Malloc,clang-analyzer-core.NullDereference) */

/* ---- keys ---- */

static bool
make_key(const struct answer_query *query, uint8_t key[KEY_LEN])
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(query->cert);
	uint8_t kind = query->kind == ANSWER_OCSP ? 'O' : 'C';
	uint8_t issuer[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned issuer_len = 0;
	bool ok;

	ok = ctx != NULL && X509_digest(query->issuer, EVP_sha256(), issuer, &issuer_len) == 1 &&
	     EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 &&
	     EVP_DigestUpdate(ctx, &kind, sizeof kind) == 1 &&
	     EVP_DigestUpdate(ctx, issuer, issuer_len) == 1 &&
	     EVP_DigestUpdate(ctx, query->url, strlen(query->url) + 1) == 1;
	if (ok && query->kind == ANSWER_OCSP) {
		uint8_t sign = (ASN1_STRING_type(serial) & V_ASN1_NEG) != 0;

		ok = EVP_DigestUpdate(ctx, &sign, sizeof sign) == 1 &&
		     EVP_DigestUpdate(ctx, ASN1_STRING_get0_data(serial),
			 (size_t)ASN1_STRING_length(serial)) == 1;
	}
	ok = ok && EVP_DigestFinal_ex(ctx, key, NULL) == 1;
	EVP_MD_CTX_free(ctx);
	return ok;
}

/* ---- what was said ---- */

static void
answer_free(struct answer *answer)
{
	if (answer == NULL)
		return;
	crl_free(answer->crl);
	X509_free(answer->issuer);
	free(answer->url);
	for (size_t i = 0; i < answer->users_len; i++)
		free(answer->users[i]);
	free(answer);
}

static void
shelf_remove(struct shelf *shelf, struct answer *answer)
{
	HASH_DEL(shelf->answers, answer);
	shelf->bytes -= answer->bytes;
	answer_free(answer);
}

static struct answer *
shelf_find(const struct shelf *shelf, const uint8_t key[KEY_LEN])
{
	struct answer *answer;

	HASH_FIND(hh, shelf->answers, key, KEY_LEN, answer);
	return answer;
}

/* It was used just now: the last to go. */
static void
shelf_touch(struct shelf *shelf, struct answer *answer)
{
	HASH_DEL(shelf->answers, answer);
	HASH_ADD(hh, shelf->answers, key, KEY_LEN, answer);
}

static void
shelf_put(struct shelf *shelf, struct answer *answer)
{
	struct answer *old = shelf_find(shelf, answer->key);

	if (old != NULL)
		shelf_remove(shelf, old);
	while (shelf->answers != NULL && (HASH_COUNT(shelf->answers) >= shelf->max ||
					     shelf->bytes + answer->bytes > ANSWERS_CRL_BYTES_MAX))
		shelf_remove(shelf, shelf->answers);
	HASH_ADD(hh, shelf->answers, key, KEY_LEN, answer);
	shelf->bytes += answer->bytes;
}

static enum answer_status
judge_crl(const struct answer *answer, const struct answer_query *query, const char **why)
{
	if (answer->crl == NULL) {
		*why = answer->why;
		return ANSWER_NONE;
	}
	if (!crl_is_current(answer->crl, query->enforce_next_update, clock_wall_sec(), why) ||
	    !crl_covers(answer->crl, query->cert, why))
		return ANSWER_NONE;
	return crl_has(answer->crl, query->cert) ? ANSWER_REVOKED : ANSWER_GOOD;
}

/* What it says to a query, whatever its age. */
static enum answer_status
judge(const struct answer *answer, const struct answer_query *query, const char **why)
{
	if (answer->kind == ANSWER_CRL)
		return judge_crl(answer, query, why);
	*why = answer->why;
	return answer->status;
}

/* Is it still to be used? What was worth nothing is not asked for again at once. */
static bool
is_fresh(const struct answer *answer, const struct answer_query *query, enum answer_status status)
{
	uint64_t age_ms = clock_mono_ms() - answer->fetched_ms;

	if (status == ANSWER_NONE)
		return age_ms < ANSWERS_RETRY_MS;
	if (answer->kind == ANSWER_CRL)
		return age_ms < query->cache_ms;
	return clock_wall_sec() < answer->until;
}

/* Remember who used a CRL, and until when it serves him. */
static void
note_use(struct answer *answer, const struct answer_query *query)
{
	uint64_t end_ms = answer->fetched_ms + query->cache_ms, now_ms = clock_mono_ms();
	time_t next;

	if (answer->kind != ANSWER_CRL || answer->crl == NULL || query->trustpoint == NULL)
		return;
	answer->cached_until =
	    clock_wall_sec() + (time_t)(end_ms > now_ms ? (end_ms - now_ms) / 1000 : 0);
	next = crl_next_update(answer->crl);
	if (query->enforce_next_update && next != 0 && next < answer->cached_until)
		answer->cached_until = next;
	for (size_t i = 0; i < answer->users_len; i++)
		if (strcmp(answer->users[i], query->trustpoint) == 0)
			return;
	if (answer->users_len == ANSWERS_USERS_MAX)
		return;
	answer->users[answer->users_len] = strdup(query->trustpoint);
	if (answer->users[answer->users_len] != NULL)
		answer->users_len++;
}

/* ---- URLs that do not serve ---- */

static void
dead_remove(struct answers *answers, struct dead *dead)
{
	HASH_DEL(answers->dead, dead);
	free(dead);
}

static struct dead *
dead_find(struct answers *answers, const char *url)
{
	struct dead *dead;

	HASH_FIND(hh, answers->dead, url, strlen(url), dead);
	if (dead != NULL && clock_mono_ms() >= dead->until_ms) {
		dead_remove(answers, dead);
		return NULL;
	}
	return dead;
}

static void
dead_forget(struct answers *answers, const char *url)
{
	struct dead *dead = dead_find(answers, url);

	if (dead != NULL)
		dead_remove(answers, dead);
}

static void
dead_add(struct answers *answers, const char *url, const char *why)
{
	size_t len = strlen(url);
	struct dead *dead;

	/* When many had asked, one line is enough. */
	if (dead_find(answers, url) == NULL)
		log_warn("%s does not serve: %s; it is left alone for %d s", url, why,
		    ANSWERS_RETRY_MS / 1000);
	dead_forget(answers, url);
	dead = malloc(sizeof *dead + len + 1);
	if (dead == NULL)
		return;
	memset(dead, 0, sizeof *dead);
	memcpy(dead->url, url, len + 1);
	(void)str_copy(dead->why, sizeof dead->why, why);
	dead->until_ms = clock_mono_ms() + ANSWERS_RETRY_MS;
	if (HASH_COUNT(answers->dead) >= ANSWERS_DEAD_MAX)
		dead_remove(answers, answers->dead);
	HASH_ADD(hh, answers->dead, url[0], len, dead);
}

/* ---- fetches ---- */

static void
flight_free(struct flight *flight)
{
	if (flight == NULL)
		return;
	X509_free(flight->cert);
	X509_free(flight->issuer);
	free(flight->url);
	free(flight);
}

static struct answer *
answer_new(const struct flight *flight)
{
	struct answer *answer = calloc(1, sizeof *answer);

	if (answer == NULL)
		return NULL;
	memcpy(answer->key, flight->key, sizeof answer->key);
	answer->kind = flight->kind;
	answer->fetched_ms = clock_mono_ms();
	return answer;
}

/* A CRL that was read, which is the answer's then; NULL: why it is worth nothing. */
static void
take_crl(struct answer *answer, const struct flight *flight, struct crl *crl, const char *why)
{
	answer->crl = crl;
	answer->why = why;
	if (crl == NULL)
		return;
	answer->bytes = crl_bytes(crl);
	if (X509_up_ref(flight->issuer) == 1)
		answer->issuer = flight->issuer;
	answer->url = strdup(flight->url);
	answer->body_len = flight->body_len;
}

static void
take_ocsp(struct answer *answer, const struct flight *flight, const void *body, size_t len)
{
	switch (ocsp_judge(
	    &flight->question, body, len, clock_wall_sec(), &answer->until, &answer->why)) {
	case OCSP_GOOD:
		answer->status = ANSWER_GOOD;
		break;
	case OCSP_REVOKED:
		answer->status = ANSWER_REVOKED;
		break;
	case OCSP_UNKNOWN:
		answer->status = ANSWER_UNKNOWN;
		break;
	case OCSP_NO_ANSWER:
		answer->status = ANSWER_NONE;
		break;
	}
	ERR_clear_error();
}

/* An answer's worth before anybody asks, for the log. */
static const char *
worth(const struct answer *answer)
{
	static const char *const names[] = {
	    [ANSWER_GOOD] = "good", [ANSWER_REVOKED] = "revoked", [ANSWER_UNKNOWN] = "unknown"};

	if (answer->kind == ANSWER_CRL && answer->crl != NULL)
		return "a CRL of this issuer";
	if (answer->kind == ANSWER_OCSP && answer->status != ANSWER_NONE)
		return names[answer->status];
	return answer->why != NULL ? answer->why : "worth nothing";
}

/* Tell all who wait. Each may begin or cancel others meanwhile; who asks anew joins no flight that
 * has landed. */
static void
land(struct flight *flight, struct answer *answer, const char *why)
{
	struct answer_wait *wait;

	while ((wait = flight->waits) != NULL) {
		enum answer_status status = ANSWER_NONE;
		const char *text = why;

		DL_DELETE(flight->waits, wait);
		wait->flight = NULL;
		if (answer != NULL) {
			status = judge(answer, &wait->query, &text);
			note_use(answer, &wait->query);
		}
		wait->fn(wait, status, text != NULL ? text : "no usable answer");
	}
}

/* The end of a flight, with what it brought; NULL: nothing, and why. */
static void
settle(struct flight *flight, struct answer *answer, const char *why)
{
	struct answers *answers = flight->answers;

	HASH_DEL(answers->flights, flight);
	if (answer != NULL) {
		log_debug("%s: %s", flight->url, worth(answer));
		shelf_put(&answers->shelves[flight->kind], answer);
	}
	land(flight, answer, why);
	flight_free(flight);
}

static void
settle_crl(struct flight *flight, struct crl *crl, const char *why)
{
	struct answer *answer = answer_new(flight);

	if (answer != NULL)
		take_crl(answer, flight, crl, why);
	else
		crl_free(crl);
	settle(flight, answer, err_str(ERR_NOMEM));
}

static void
on_crl_read(UNUSED enum err err, struct crl *crl, const char *why, void *arg)
{
	settle_crl(arg, crl, why);
}

/* A big one takes a while, in which nothing else would be done. */
static void
read_crl(struct flight *flight, const void *body, size_t len)
{
	struct crl_reader *reader = flight->answers->reader;
	struct crl *crl = NULL;
	const char *why = NULL;

	flight->body_len = len;
	if (reader == NULL || len <= AT_ONCE_MAX) {
		if (crl_read(body, len, flight->issuer, &crl, &why) != ERR_OK)
			crl = NULL;
		settle_crl(flight, crl, why);
	} else if (crl_reader_order(reader, body, len, flight->issuer, on_crl_read, flight) !=
		   ERR_OK) {
		settle(flight, NULL, "too many big CRLs are being read");
	}
}

static void
read_ocsp(struct flight *flight, const void *body, size_t len)
{
	struct answer *answer = answer_new(flight);

	if (answer != NULL)
		take_ocsp(answer, flight, body, len);
	settle(flight, answer, err_str(ERR_NOMEM));
}

static void
on_fetched(enum err err, const void *body, size_t len, const char *why, void *arg)
{
	struct flight *flight = arg;
	struct answers *answers = flight->answers;

	flight->fetch = NULL;
	if (err != ERR_OK) {
		if (why == NULL)
			why = err_str(err);
		dead_add(answers, flight->url, why);
		settle(flight, NULL, why);
		return;
	}
	dead_forget(answers, flight->url);
	if (flight->kind == ANSWER_CRL)
		read_crl(flight, body, len);
	else
		read_ocsp(flight, body, len);
}

static bool
begin_fetch(struct flight *flight, const struct answer_query *query)
{
	struct answers *answers = flight->answers;
	struct fetch_request request = {
	    .url = flight->url, .answer_max = CRL_BYTES_MAX, .timeout_ms = query->timeout_ms};
	struct buf body;

	buf_init(&body, REQUEST_MAX);
	if (query->kind == ANSWER_OCSP) {
		if (ocsp_ask(flight->cert, flight->issuer, query->nonce, &flight->question,
			&body) != ERR_OK) {
			buf_fini(&body);
			return false;
		}
		request.content_type = "application/ocsp-request";
		request.body = body.data;
		request.body_len = body.len;
		request.answer_max = OCSP_ANSWER_MAX;
	}
	flight->fetch = answers->net->begin(answers->fetcher, &request, on_fetched, flight);
	buf_fini(&body);
	return flight->fetch != NULL;
}

/* NULL: it cannot be asked. */
static struct flight *
flight_new(struct answers *answers, const struct answer_query *query, const uint8_t key[KEY_LEN])
{
	struct flight *flight = calloc(1, sizeof *flight);

	if (flight == NULL)
		return NULL;
	flight->answers = answers;
	flight->kind = query->kind;
	memcpy(flight->key, key, KEY_LEN);
	flight->url = strdup(query->url);
	if (X509_up_ref(query->cert) == 1)
		flight->cert = query->cert;
	if (X509_up_ref(query->issuer) == 1)
		flight->issuer = query->issuer;
	if (flight->url == NULL || flight->cert == NULL || flight->issuer == NULL ||
	    !begin_fetch(flight, query)) {
		ERR_clear_error();
		flight_free(flight);
		return NULL;
	}
	log_event(LOGMSG_717056, query->kind == ANSWER_OCSP ? "OCSP" : "CRL", query->url);
	HASH_ADD(hh, answers->flights, key, KEY_LEN, flight);
	return flight;
}

/* ---- asking ---- */

/* NULL: there is none, or none that is to be used; *status and *why are its word. */
static bool
get_kept(struct answers *answers, const struct answer_query *query, const uint8_t key[KEY_LEN],
    enum answer_status *status, const char **why)
{
	struct shelf *shelf = &answers->shelves[query->kind];
	struct answer *answer = shelf_find(shelf, key);

	if (answer == NULL)
		return false;
	*status = judge(answer, query, why);
	if (!is_fresh(answer, query, *status))
		return false;
	shelf_touch(shelf, answer);
	note_use(answer, query);
	return true;
}

static enum answer_status
wait_for(struct flight *flight, const struct answer_query *query, struct answer_wait *wait)
{
	wait->query = *query;
	wait->flight = flight;
	DL_APPEND(flight->waits, wait);
	return ANSWER_PENDING;
}

enum answer_status
answers_get(struct answers *answers, const struct answer_query *query, struct answer_wait *wait,
    const char **why)
{
	enum answer_status status = ANSWER_NONE;
	uint8_t key[KEY_LEN];
	struct flight *flight;
	struct dead *dead;

	*why = NULL;
	if (!make_key(query, key)) {
		ERR_clear_error();
		*why = err_str(ERR_CRYPTO);
		return ANSWER_NONE;
	}
	if (get_kept(answers, query, key, &status, why)) {
		if (*why == NULL)
			*why = "no usable answer";
		return status;
	}
	*why = "the time for all checks is over";
	if (query->cached_only)
		return ANSWER_NONE;
	HASH_FIND(hh, answers->flights, key, KEY_LEN, flight);
	if (flight != NULL)
		return wait_for(flight, query, wait);
	dead = dead_find(answers, query->url);
	if (dead != NULL) {
		*why = dead->why;
		return ANSWER_NONE;
	}
	flight = flight_new(answers, query, key);
	*why = "it cannot be asked: too many requests, memory, or the URL";
	return flight != NULL ? wait_for(flight, query, wait) : ANSWER_NONE;
}

void
answers_cancel(struct answer_wait *wait)
{
	if (wait->flight == NULL)
		return;
	DL_DELETE(wait->flight->waits, wait);
	wait->flight = NULL;
}

/* ---- for show ---- */

bool
answers_crl(const struct answers *answers, size_t index, struct answers_crl *out)
{
	const struct answer *answer = answers->shelves[ANSWER_CRL].answers;

	for (; answer != NULL; answer = answer->hh.next) {
		if (answer->crl == NULL || answer->issuer == NULL || answer->url == NULL)
			continue;
		if (index-- > 0)
			continue;
		*out = (struct answers_crl){
		    .crl = answer->crl,
		    .issuer = answer->issuer,
		    .url = answer->url,
		    .bytes = answer->body_len,
		    .cached_until = answer->cached_until,
		    .trustpoints = answer->users,
		    .trustpoints_len = answer->users_len,
		};
		return true;
	}
	return false;
}

/* ---- all ---- */

struct answers *
answers_new(struct fetcher *fetcher, const struct answers_net *net, struct crl_reader *reader)
{
	struct answers *answers = calloc(1, sizeof *answers);

	if (answers == NULL)
		return NULL;
	answers->fetcher = fetcher;
	answers->net = net != NULL ? net : &real_net;
	answers->reader = reader;
	answers->shelves[ANSWER_OCSP].max = ANSWERS_OCSP_MAX;
	answers->shelves[ANSWER_CRL].max = ANSWERS_CRL_MAX;
	return answers;
}

void
answers_free(struct answers *answers)
{
	struct flight *flight, *tmp;

	if (answers == NULL)
		return;
	HASH_ITER (hh, answers->flights, flight, tmp) {
		HASH_DEL(answers->flights, flight);
		if (flight->fetch != NULL)
			answers->net->cancel(flight->fetch);
		flight_free(flight);
	}
	for (size_t i = 0; i < ARRAY_LEN(answers->shelves); i++)
		while (answers->shelves[i].answers != NULL)
			shelf_remove(&answers->shelves[i], answers->shelves[i].answers);
	while (answers->dead != NULL)
		dead_remove(answers, answers->dead);
	free(answers);
}

/* NOLINTEND(clang-analyzer-unix.Malloc,clang-analyzer-core.NullDereference) */
