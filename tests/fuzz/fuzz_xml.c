/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz gateway/xml_parse.c, and xml_reply.c with what it found: whatever a client may make us echo
 * must leave us as XML that our own parser finds well-formed.
 */
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
check_request(const struct xml_request *request)
{
	if (request->type == XML_TYPE_NONE || request->fields_len > XML_FIELDS_MAX ||
	    request->capability_len > XML_LIST_MAX || request->mac_address_len > XML_LIST_MAX)
		abort();
	check_text(request->group_access, sizeof(request->group_access));
	check_text(request->group_select, sizeof(request->group_select));
	check_text(request->handle, sizeof(request->handle));
	check_text(request->session_token, sizeof(request->session_token));
	for (size_t i = 0; i < request->fields_len; i++) {
		check_text(request->fields[i].name, sizeof(request->fields[i].name));
		if (strlen(request->fields[i].value) != request->fields[i].value_len)
			abort();
	}
}

/* Turn the answer into a request that the parser knows, by its type. */
static void
check_echo(struct xml_request *request)
{
	static const char answer_type[] = "type=\"auth-request\"",
			  our_type[] = "type=\"auth-reply\"  ";
	Ipc__AuthAnswer answer = IPC__AUTH_ANSWER__INIT;
	struct xml_request *again = NULL;
	struct buf out;
	char *type;

	answer.kind = IPC__ANSWER_KIND__ANSWER_FORM;
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
		check_echo(request);
		xml_request_free(request);
	}
	free(copy);
	return 0;
}
