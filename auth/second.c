/* SPDX-License-Identifier: Apache-2.0 */
/* The multiple-certificate request as an answer and as bytes, and the outside of the reply. */
#include "auth/second.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cert_request.h"
#include "common/rnd.h"
#include "conf/certmap.h"

#define BYTES_MAX 16384 /* of the request */
#define CAPABILITY "multiple-cert"

struct second_request {
	Ipc__AuthAnswer answer;
	char handle[80];
	char config_hash[24];
	struct buf random;
	char *methods[1];
	char *hashes[SECOND_HASHES_MAX];
	struct buf bytes;
};

size_t
second_hashes(const struct conf_object *group, const char *out[SECOND_HASHES_MAX])
{
	static const char *const all[SECOND_HASHES_MAX] = {"sha256", "sha384", "sha512"};
	const struct conf_object *multiple = conf_sub(conf_sub(group, TG_WEBVPN), TGW_MULTIPLE);
	char *const *list;
	size_t len = conf_list(multiple, TGM_HASH_ALGORITHMS, &list), count = 0;

	/* The order is ours: clients take the strongest in any case. */
	for (size_t i = 0; i < SECOND_HASHES_MAX; i++) {
		bool listed = len == 0;

		for (size_t k = 0; k < len; k++)
			listed = listed || strcmp(list[k], all[i]) == 0;
		if (listed)
			out[count++] = all[i];
	}
	return count;
}

/* Upper case, as the ASA's. */
static void
random_make(struct buf *out)
{
	uint8_t bytes[SECOND_RANDOM_BYTES];

	rnd_fill(bytes, sizeof(bytes));
	buf_put_hex(out, bytes, sizeof(bytes), true);
}

static void
answer_fill(struct second_request *request, const struct second_for *what)
{
	Ipc__AuthAnswer *answer = &request->answer;
	const char *hashes[SECOND_HASHES_MAX];

	answer->kind = IPC__ANSWER_KIND__ANSWER_MULTIPLE_CERT_REQUEST;
	answer->tunnel_group = (char *)conf_str(what->group, TG_NAME);
	answer->group_alias = (char *)(what->alias != NULL ? what->alias : "");
	answer->handle = request->handle;
	answer->config_hash = request->config_hash;
	request->methods[0] = (char *)CAPABILITY;
	answer->auth_method = request->methods;
	answer->n_auth_method = 1;
	answer->n_hash_algorithm = second_hashes(what->group, hashes);
	for (size_t i = 0; i < answer->n_hash_algorithm; i++)
		request->hashes[i] = (char *)hashes[i];
	answer->hash_algorithm = request->hashes;
	answer->random = (char *)buf_cstr(&request->random);
	answer->cert_authenticated = what->authenticated;
}

struct second_request *
second_request_new(const struct second_for *what)
{
	struct second_request *request = calloc(1, sizeof(*request));

	if (request == NULL)
		return NULL;
	ipc__auth_answer__init(&request->answer);
	buf_init(&request->bytes, BYTES_MAX);
	snprintf(request->handle, sizeof(request->handle), "%s", what->handle);
	snprintf(request->config_hash, sizeof(request->config_hash), "%" PRIu64, what->generation);
	buf_init(&request->random, 2 * SECOND_RANDOM_BYTES + 1);
	random_make(&request->random);
	answer_fill(request, what);
	if (request->random.err != ERR_OK ||
	    cert_request_write(&request->answer, &request->bytes) != ERR_OK ||
	    request->bytes.len == 0) {
		second_request_free(request);
		return NULL;
	}
	return request;
}

void
second_request_free(struct second_request *request)
{
	if (request == NULL)
		return;
	buf_fini(&request->bytes);
	buf_fini(&request->random);
	free(request);
}

const Ipc__AuthAnswer *
second_request_answer(const struct second_request *request)
{
	return &request->answer;
}

const struct buf *
second_request_bytes(const struct second_request *request)
{
	return &request->bytes;
}

bool
second_is_announced(const Ipc__ClientFacts *facts)
{
	for (size_t i = 0; i < facts->n_capability; i++)
		if (strcmp(facts->capability[i], CAPABILITY) == 0)
			return true;
	return false;
}

/* ---- the reply ---- */

/* The store that a client names, against a setting of the group. The client's word is all there is:
 * it orders certificates, it proves nothing. */
static bool
is_store(const struct conf_object *multiple, unsigned setting, const char *store)
{
	const char *wanted = conf_str(multiple, setting);
	bool machine = strcmp(store, "1M") == 0, user = strcmp(store, "1U") == 0;

	if (strcmp(wanted, "machine") == 0)
		return machine;
	if (strcmp(wanted, "user") == 0)
		return user;
	return machine || user;
}

static const char *
wrong_inside(const struct conf_object *group, const Ipc__CertChain *chain)
{
	const char *hashes[SECOND_HASHES_MAX];
	size_t len = second_hashes(group, hashes), i = 0;

	if (strcmp(chain->format, "pkcs7") != 0)
		return "the format of the second certificate is not pkcs7";
	if (chain->pkcs7.len == 0 || chain->pkcs7.len > SECOND_PKCS7_MAX)
		return "there is no second certificate, or it is too long";
	if (chain->signature.len == 0 || chain->signature.len > SECOND_SIGNATURE_MAX)
		return "there is no signature, or it is too long";
	while (i < len && strcmp(hashes[i], chain->hash) != 0)
		i++;
	return i < len ? NULL : "the hash algorithm is none that was offered";
}

const Ipc__CertChain *
second_chain(const struct conf_object *group, const Ipc__AuthReply *reply, const char **why)
{
	const struct conf_object *multiple = conf_sub(conf_sub(group, TG_WEBVPN), TGW_MULTIPLE);
	const Ipc__CertChain *first, *second;

	*why = "there are not two certificate chains";
	if (reply->n_chain != 2)
		return NULL;
	first = reply->chain[reply->chain[0]->via_protocol ? 0 : 1];
	second = reply->chain[reply->chain[0]->via_protocol ? 1 : 0];
	*why = "not exactly one of the chains is that of the TLS handshake";
	if (!first->via_protocol || second->via_protocol)
		return NULL;
	if (first->pkcs7.len > 0 || first->signature.len > 0)
		return NULL;
	*why = "the certificates are not from the stores that the tunnel-group asks for";
	if (!is_store(multiple, TGM_FIRST_STORE, first->store) ||
	    !is_store(multiple, TGM_SECOND_STORE, second->store))
		return NULL;
	*why = wrong_inside(group, second);
	return *why == NULL ? second : NULL;
}

/* ---- what the two must be ---- */

static bool
is_wanted(const struct conf *conf, const Ipc__CertVerdict *verdict, const char *trustpoint,
    const char *map, const char *whose, char *why, size_t why_size)
{
	if (trustpoint != NULL && strcmp(trustpoint, verdict->trustpoint) != 0) {
		snprintf(why, why_size, "%s certificate: it is good by trustpoint %s, not by %s",
		    whose, verdict->trustpoint, trustpoint);
		return false;
	}
	if (map != NULL && (verdict->names == NULL || !certmap_finds(conf, map, verdict->names))) {
		snprintf(why, why_size, "%s certificate: no rule of certificate map %s matches it",
		    whose, map);
		return false;
	}
	return true;
}

bool
second_is_wanted(const struct conf *conf, const struct conf_object *group,
    const Ipc__CertVerdict *first, const Ipc__CertVerdict *second, char *why, size_t why_size)
{
	const struct conf_object *multiple = conf_sub(conf_sub(group, TG_WEBVPN), TGW_MULTIPLE);

	return is_wanted(conf, first, conf_str(multiple, TGM_FIRST_TRUSTPOINT),
		   conf_str(multiple, TGM_FIRST_MAP), "first", why, why_size) &&
	       is_wanted(conf, second, conf_str(multiple, TGM_SECOND_TRUSTPOINT),
		   conf_str(multiple, TGM_SECOND_MAP), "second", why, why_size);
}
