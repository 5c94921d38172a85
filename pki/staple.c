/* SPDX-License-Identifier: Apache-2.0 */
/* One entry for each identity whose certificate names a responder; a timer each. */
#include "pki/staple.h"

#include <event2/event.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/clock.h"
#include "common/ipc.h"
#include "common/log.h"
#include "common/str.h"
#include "pki/ocsp.h"

#define REQUEST_MAX 4096
#define UNBOUND_SEC 3600 /* how long an answer is shown that does not say until when it holds */
#define LIST_ROOM 64     /* of a message, for what is around the list */

struct staple {
	struct staples *owner;
	char *trustpoint;
	X509 *leaf;
	X509 *issuer;
	char url[FETCH_URL_MAX];
	unsigned timeout_ms;
	bool must; /* the certificate says that clients may insist */
	struct ocsp_question question;
	struct fetch *fetch; /* NULL: none is under way */
	struct event *timer;
	unsigned failures; /* since the last answer */
	uint8_t *der;      /* NULL: there is no answer to show */
	size_t der_len;
	time_t until;
	struct staple *next;
};

struct staples {
	struct loop *loop;
	struct fetcher *fetcher;
	struct staples_net net;
	staples_changed_fn changed;
	void *arg;
	struct staple *list;
};

unsigned
staple_next(time_t now, time_t until)
{
	time_t half = (until - now) / 2;

	if (until <= now || half > STAPLE_AGAIN_SEC)
		return until <= now ? UNBOUND_SEC / 2 : STAPLE_AGAIN_SEC;
	return half < STAPLE_RETRY_SEC ? STAPLE_RETRY_SEC : (unsigned)half;
}

static void
again(struct staple *staple, unsigned sec)
{
	const struct timeval time = {.tv_sec = (time_t)sec};

	evtimer_add(staple->timer, &time);
}

/* ---- answers ---- */

static void
drop_answer(struct staple *staple)
{
	free(staple->der);
	staple->der = NULL;
	staple->der_len = 0;
}

/* What is there is shown until its time is over; then handshakes go on without. */
static void
on_failure(struct staple *staple, const char *why)
{
	unsigned sec = STAPLE_AGAIN_SEC;
	time_t now = clock_wall_sec();
	bool lost = staple->der != NULL && now >= staple->until;

	if (staple->failures < 10)
		sec = STAPLE_RETRY_SEC << staple->failures++;
	if (sec > STAPLE_AGAIN_SEC)
		sec = STAPLE_AGAIN_SEC;
	if (lost)
		drop_answer(staple);
	if (staple->der != NULL && now + (time_t)sec > staple->until)
		sec = (unsigned)(staple->until - now) + 1;
	if (staple->must && staple->der == NULL)
		log_err("trustpoint %s: the certificate says must-staple, and there is no OCSP "
			"answer to show: clients may refuse it (%s: %s)",
		    staple->trustpoint, staple->url, why);
	else
		log_warn("trustpoint %s: no new OCSP answer to show to clients: %s: %s",
		    staple->trustpoint, staple->url, why);
	again(staple, sec);
	if (lost)
		staple->owner->changed(staple->owner->arg);
}

static void
on_good(struct staple *staple, const void *body, size_t len, time_t until)
{
	uint8_t *der = malloc(len);
	time_t now = clock_wall_sec();

	if (der == NULL) {
		on_failure(staple, "out of memory");
		return;
	}
	memcpy(der, body, len);
	drop_answer(staple);
	staple->der = der;
	staple->der_len = len;
	staple->until = until > now && until < INT64_MAX ? until : now + UNBOUND_SEC;
	staple->failures = 0;
	log_info("trustpoint %s: clients are shown the OCSP answer of %s (%zu bytes)",
	    staple->trustpoint, staple->url, len);
	again(staple, staple_next(now, staple->until));
	staple->owner->changed(staple->owner->arg);
}

/* Our own certificate is not good: that is not shown, and every look is worth a line. */
static void
on_bad(struct staple *staple, const char *why)
{
	bool had = staple->der != NULL;

	log_err("trustpoint %s: the responder %s says of our own certificate: %s",
	    staple->trustpoint, staple->url, why);
	drop_answer(staple);
	again(staple, UNBOUND_SEC);
	if (had)
		staple->owner->changed(staple->owner->arg);
}

static void
on_fetched(enum err err, const void *body, size_t len, const char *why, void *arg)
{
	struct staple *staple = arg;
	enum ocsp_status status;
	time_t until = 0;

	staple->fetch = NULL;
	if (err != ERR_OK) {
		on_failure(staple, why);
		return;
	}
	status = ocsp_judge(&staple->question, body, len, clock_wall_sec(), &until, &why);
	ERR_clear_error();
	if (status == OCSP_GOOD)
		on_good(staple, body, len, until);
	else if (status == OCSP_NO_ANSWER)
		on_failure(staple, why);
	else
		on_bad(staple, why);
}

/* Without a nonce: many who ask the same are answered with the same, signed beforehand (RFC 5019).
 */
static void
ask(struct staple *staple)
{
	struct fetch_request request = {
	    .url = staple->url,
	    .content_type = "application/ocsp-request",
	    .answer_max = STAPLE_MAX,
	    .timeout_ms = staple->timeout_ms,
	};
	struct buf der;

	buf_init(&der, REQUEST_MAX);
	if (ocsp_ask(staple->leaf, staple->issuer, false, &staple->question, &der) == ERR_OK) {
		request.body = der.data;
		request.body_len = der.len;
		staple->fetch =
		    staple->owner->net.begin(staple->owner->fetcher, &request, on_fetched, staple);
	}
	buf_fini(&der);
	if (staple->fetch == NULL)
		on_failure(staple, "it cannot be asked now");
}

static void
on_time(UNUSED evutil_socket_t fd, UNUSED short what, void *arg)
{
	struct staple *staple = arg;

	if (staple->fetch == NULL)
		ask(staple);
}

/* ---- whose ---- */

static void
staple_free(struct staple *staple)
{
	if (staple == NULL)
		return;
	if (staple->fetch != NULL)
		staple->owner->net.cancel(staple->fetch);
	if (staple->timer != NULL)
		event_free(staple->timer);
	free(staple->trustpoint);
	X509_free(staple->leaf);
	X509_free(staple->issuer);
	free(staple->der);
	free(staple);
}

static struct staple *
staple_new(struct staples *staples, const struct identity *identity, const char *url)
{
	const unsigned char *p = identity->chain.der[1];
	struct staple *staple = calloc(1, sizeof(*staple));

	if (staple == NULL)
		return NULL;
	staple->owner = staples;
	staple->trustpoint = strdup(identity->trustpoint);
	staple->leaf = X509_up_ref(identity->chain.leaf) == 1 ? identity->chain.leaf : NULL;
	staple->issuer = d2i_X509(NULL, &p, (long)identity->chain.der_len[1]);
	staple->timer = evtimer_new(loop_base(staples->loop), on_time, staple);
	if (staple->trustpoint == NULL || staple->leaf == NULL || staple->issuer == NULL ||
	    staple->timer == NULL || str_copy(staple->url, sizeof(staple->url), url) != ERR_OK) {
		staple_free(staple);
		return NULL;
	}
	again(staple, 0); /* from the loop */
	return staple;
}

/* Take out the one about the same certificate from the same place; NULL: there is none. */
static struct staple *
take_out(struct staple **list, const X509 *leaf, const char *url)
{
	for (; *list != NULL; list = &(*list)->next) {
		struct staple *staple = *list;

		if (X509_cmp(staple->leaf, leaf) != 0 || strcmp(staple->url, url) != 0)
			continue;
		*list = staple->next;
		return staple;
	}
	return NULL;
}

static void
free_all(struct staple *list)
{
	while (list != NULL) {
		struct staple *next = list->next;

		staple_free(list);
		list = next;
	}
}

static void
watch_one(struct staples *staples, struct staple **old, const struct keyring *keyring,
    const struct identity *identity)
{
	const struct conf_object *root = conf_root(keyring->conf, CONF_PKI);
	char url[FETCH_URL_MAX];
	struct staple *staple;

	if (identity_responder(identity, keyring->conf, url, sizeof(url)) != ERR_OK)
		return;
	staple = take_out(old, identity->chain.leaf, url);
	if (staple == NULL)
		staple = staple_new(staples, identity, url);
	if (staple == NULL) {
		log_err("trustpoint %s: no OCSP stapling: out of memory", identity->trustpoint);
		return;
	}
	staple->timeout_ms = 1000 * (unsigned)conf_int(root, PKI_REVOCATION_TIMEOUT);
	staple->must = identity_must_staple(identity);
	staple->next = staples->list;
	staples->list = staple;
}

void
staples_watch(struct staples *staples, const struct keyring *keyring)
{
	const struct conf_object *ssl = conf_sub(conf_root(keyring->conf, CONF_GATEWAY), GW_SSL);
	struct staple *old = staples->list;

	staples->list = NULL;
	for (size_t i = 0; conf_bool(ssl, SSLC_OCSP_STAPLING) && i < keyring->identities.len; i++)
		watch_one(staples, &old, keyring, &keyring->identities.list[i]);
	free_all(old);
	ERR_clear_error();
}

static const struct staple *
find(const struct staples *staples, const ProtobufCBinaryData *leaf)
{
	for (const struct staple *staple = staples->list; staple != NULL; staple = staple->next) {
		const unsigned char *p = leaf->data;
		X509 *cert = d2i_X509(NULL, &p, (long)leaf->len);
		bool same = cert != NULL && X509_cmp(staple->leaf, cert) == 0;

		X509_free(cert);
		if (same)
			return staple;
	}
	return NULL;
}

void
staples_fill(const struct staples *staples, const Ipc__KeyListReply *list)
{
	static const ProtobufCBinaryData nothing = {0};

	for (size_t i = 0; i < list->n_identity; i++) {
		Ipc__Identity *row = list->identity[i];
		const struct staple *staple = find(staples, &row->certificate[0]);

		row->ocsp = nothing;
		if (staple != NULL && staple->der != NULL && clock_wall_sec() < staple->until)
			row->ocsp = (ProtobufCBinaryData){staple->der_len, staple->der};
	}
	if (protobuf_c_message_get_packed_size(&list->base) <= IPC_MSG_MAX - LIST_ROOM)
		return;
	log_warn("OCSP answers of so many certificates do not fit in a message: none is shown");
	for (size_t i = 0; i < list->n_identity; i++)
		list->identity[i]->ocsp = nothing;
}

struct staples *
staples_new(struct loop *loop, struct fetcher *fetcher, const struct staples_net *net,
    staples_changed_fn changed, void *arg)
{
	static const struct staples_net usual = {fetch_begin, fetch_cancel};
	struct staples *staples = calloc(1, sizeof(*staples));

	if (staples == NULL)
		return NULL;
	*staples = (struct staples){
	    .loop = loop,
	    .fetcher = fetcher,
	    .net = net != NULL ? *net : usual,
	    .changed = changed,
	    .arg = arg,
	};
	return staples;
}

void
staples_free(struct staples *staples)
{
	if (staples == NULL)
		return;
	free_all(staples->list);
	free(staples);
}
