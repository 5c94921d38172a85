/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The second certificate of a login (protocol.md 2.7), in the order of its checks. The handle is
 * used up when this begins: every try needs a request of its own.
 */
#include <string.h>

#include "auth/login_steps.h"
#include "auth/trace_login.h"
#include "common/log.h"
#include "common/str.h"

static void
log_good(const Ipc__CertNames *names)
{
	char serial[64], subject[256];

	str_printable(serial, sizeof(serial), names->serial);
	str_printable(subject, sizeof(subject), names->subject_name);
	log_event(LOGMSG_717022, serial, subject);
}

/* Is pki's word about what it was asked? */
static bool
is_of(const struct login *login, const Ipc__PairVerdict *verdict)
{
	const Ipc__CertVerdict *first = verdict->first, *second = verdict->second;

	return first != NULL && second != NULL && second->names != NULL &&
	       first->leaf_sha256.len == LEAF_SIZE &&
	       memcmp(first->leaf_sha256.data, login->leaf.sha256, LEAF_SIZE) == 0;
}

static void
on_paired(const Ipc__PairVerdict *verdict, void *arg)
{
	struct login *login = arg;
	char reason[256];

	login->table->pairs--;
	second_request_free(login->request);
	login->request = NULL;
	if (verdict == NULL) {
		login_refuse_certificate(login, "no answer from pki about its certificates");
		return;
	}
	if (!verdict->ok) {
		str_printable(reason, sizeof(reason), verdict->reason);
		login_refuse_certificate(
		    login, reason[0] != '\0' ? reason : "its certificates are not believed");
		return;
	}
	if (is_of(login, verdict))
		login->second = arrival_names_keep(verdict->second->names);
	if (login->second == NULL) {
		login_refuse_certificate(login, "the names of its second certificate are missing "
						"or too many");
		return;
	}
	if (!second_is_wanted(login->conf, login->choice.group, verdict->first, verdict->second,
		reason, sizeof(reason))) {
		login_refuse_certificate(login, reason);
		return;
	}
	log_good(login->second);
	trace_login_note(
	    login, "Certificate Authentication success - both certificates are believed");
	login_advance(login);
}

/* What stands against the reply before anything in it is looked at; NULL: nothing. */
static const char *
wrong_outside(const struct login *login, const Ipc__AuthReply *reply)
{
	const struct conf_object *other;
	struct leaf leaf;
	const char *alias;

	leaf_read(reply->facts, &leaf);
	if (login->wait != LOGIN_WAIT_PAIR)
		return "its reply has certificates that it was not asked for";
	if (login->names == NULL)
		return "its request was made before a certificate was shown";
	if (!leaf_eq(&leaf, &login->leaf))
		return "its reply comes with another certificate than the request went to";
	other = reply->group_select[0] != '\0'
		    ? resolve_alias(login->conf, reply->group_select, &alias)
		    : NULL;
	if (other != NULL && other != login->choice.group)
		return "its reply is for another tunnel-group";
	return NULL;
}

/* Ask pki about both; on_paired() hears of it. */
static enum err
ask(struct login *login, const Ipc__AuthReply *reply, const Ipc__CertChain *chain)
{
	const struct login_config *config = &login->table->config;
	const struct buf *bytes = second_request_bytes(login->request);
	Ipc__PairJudge msg = IPC__PAIR_JUDGE__INIT;
	enum err err;

	if (config->pair == NULL)
		return ERR_UNSUPPORTED;
	if (login->table->pairs >= LOGIN_PAIRS_MAX)
		return ERR_LIMIT;
	msg.first = reply->facts->certificate;
	msg.n_first = reply->facts->n_certificate;
	msg.second_pkcs7 = chain->pkcs7;
	msg.hash = chain->hash;
	msg.signature = chain->signature;
	msg.signed_bytes.data = bytes->data;
	msg.signed_bytes.len = bytes->len;
	msg.client_ip = reply->facts->client_ip;
	msg.client_port = reply->facts->client_port;
	login->table->pairs++;
	err = config->pair(config->pairer, &msg, on_paired, login);
	if (err != ERR_OK)
		login->table->pairs--;
	return err;
}

void
login_pair(struct login *login, const Ipc__AuthReply *reply)
{
	const char *why = wrong_outside(login, reply);
	const Ipc__CertChain *chain = NULL;

	trace_login_note(login, "Multi cert authentication: %zu certificate chains in the reply",
	    reply->n_chain);
	if (why == NULL)
		chain = second_chain(login->choice.group, reply, &why);
	if (chain == NULL)
		login_refuse_certificate(login, why);
	else if (ask(login, reply, chain) != ERR_OK)
		login_refuse_certificate(login, "pki cannot be asked about its certificates");
}
