/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz gateway/xml_parse.c, and xml_reply.c with what it found: whatever a client may make us echo
 * must leave us as XML that our own parser finds well-formed.
 */
/* For coverage.sh: gateway/xml_parse.c */
#include <stdlib.h>
#include <string.h>

#include "gateway/xml_parse.h"
#include "gateway/xml_reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_text(const char *s, size_t size)
{
	if (memchr(s, '\0', size) == NULL)
		abort();
}

static void
check_chains(const struct xml_request *request)
{
	size_t sum = 0;

	if (request->chains_len > XML_CHAINS_MAX)
		abort();
	for (size_t i = 0; i < request->chains_len; i++) {
		const struct xml_chain *chain = &request->chains[i];

		check_text(chain->store, sizeof(chain->store));
		check_text(chain->format, sizeof(chain->format));
		check_text(chain->hash, sizeof(chain->hash));
		sum += chain->pkcs7.len;
		if (chain->signature.len > XML_SIGNATURE_MAX || chain->signature.err != ERR_OK ||
		    chain->pkcs7.err != ERR_OK)
			abort();
	}
	if (sum > XML_PKCS7_MAX)
		abort();
}

static void
check_request(const struct xml_request *request)
{
	if (request->type == XML_TYPE_NONE || request->fields_len > XML_FIELDS_MAX ||
	    request->capability_len > XML_LIST_MAX || request->mac_address_len > XML_LIST_MAX)
		abort();
	check_text(request->group_access, sizeof(request->group_access));
	check_text(request->group_select, sizeof(request->group_select));
	check_text(request->handle, sizeof(request->handle));
	check_text(request->session_token, sizeof(request->session_token));
	check_chains(request);
	for (size_t i = 0; i < request->fields_len; i++) {
		check_text(request->fields[i].name, sizeof(request->fields[i].name));
		if (strlen(request->fields[i].value) != request->fields[i].value_len)
			abort();
	}
}

/* An answer with the client's words in it, turned into a request that the parser knows, by its
 * type. */
static void
check_echo(struct xml_request *request, Ipc__AnswerKind kind)
{
	static const char answer_type[] = "type=\"auth-request\"",
			  our_type[] = "type=\"auth-reply\"  ";
	Ipc__AuthAnswer answer = IPC__AUTH_ANSWER__INIT;
	Ipc__FormInput input = IPC__FORM_INPUT__INIT, *inputs[] = {&input};
	struct xml_request *again = NULL;
	char text[] = "text", *hashes[] = {request->chains[0].hash};
	struct buf out;
	char *type;

	answer.kind = kind;
	input.type = text;
	if (request->fields_len > 0) {
		input.name = request->fields[0].name;
		input.value = request->fields[0].value;
	}
	answer.input = inputs;
	answer.n_input = 1;
	answer.hash_algorithm = hashes;
	answer.n_hash_algorithm = 1;
	answer.tunnel_group = request->tunnel_group;
	answer.handle = request->handle;
	answer.group_alias = request->group_select;
	answer.title = request->group_access;
	answer.auth_id = request->handle;
	buf_init(&out, XML_REPLY_MAX);
	if (xml_reply(&answer, "", &out) != ERR_OK)
		abort();
	type = memmem(out.data, out.len, answer_type, sizeof(answer_type) - 1);
	if (type == NULL)
		abort();
	memcpy(type, our_type, sizeof(answer_type) - 1);
	switch (xml_parse((const char *)out.data, out.len, &again)) {
	case ERR_OK:
		xml_request_free(again);
		break;
	case ERR_LIMIT: /* a field longer than the parser wants */
		break;
	default:
		abort();
	}
	buf_fini(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct xml_request *request = NULL;
	char *copy = malloc(size > 0 ? size : 1);

	if (copy == NULL)
		return 0;
	memcpy(copy, data, size);
	if (xml_parse(copy, size, &request) == ERR_OK) {
		check_request(request);
		check_echo(request, IPC__ANSWER_KIND__ANSWER_FORM);
		check_echo(request, IPC__ANSWER_KIND__ANSWER_CLIENT_CERT_REQUEST);
		check_echo(request, IPC__ANSWER_KIND__ANSWER_MULTIPLE_CERT_REQUEST);
		xml_request_free(request);
	}
	free(copy);
	return 0;
}
