/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz gateway/legacy_form.c, and legacy_reply.c with what it found: whatever a client may make us
 * echo must leave us as XML that our own parser finds well-formed.
 */
/* For coverage.sh: gateway/legacy_form.c */
#include <stdlib.h>
#include <string.h>

#include "gateway/legacy_form.h"
#include "gateway/legacy_reply.h"
#include "gateway/xml_reply.h"
#include "gateway/xml_trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_text(const char *s, size_t size)
{
	if (memchr(s, '\0', size) == NULL)
		abort();
}

static void
check_request(const struct xml_request *request, size_t size)
{
	size_t sum = 0;

	if (request->type != XML_TYPE_AUTH_REPLY || request->fields_len > XML_FIELDS_MAX ||
	    request->chains_len > 0 || request->capability_len > 0 ||
	    request->session_token[0] != '\0')
		abort();
	check_text(request->handle, sizeof(request->handle));
	check_text(request->config_hash, sizeof(request->config_hash));
	check_text(request->tunnel_group, sizeof(request->tunnel_group));
	check_text(request->group_select, sizeof(request->group_select));
	for (size_t i = 0; i < request->fields_len; i++) {
		check_text(request->fields[i].name, sizeof(request->fields[i].name));
		if (request->fields[i].name[0] == '\0' ||
		    strlen(request->fields[i].value) != request->fields[i].value_len)
			abort();
		sum += request->fields[i].value_len;
	}
	if (sum > size)
		abort();
}

static void
check_echo(struct xml_request *request, Ipc__AnswerKind kind)
{
	Ipc__AuthAnswer answer = IPC__AUTH_ANSWER__INIT;
	Ipc__FormInput input = IPC__FORM_INPUT__INIT, *inputs[] = {&input};
	Ipc__FormOption option = IPC__FORM_OPTION__INIT, *options[] = {&option};
	char text[] = "text";
	struct buf out, again;

	answer.kind = kind;
	input.type = text;
	if (request->fields_len > 0) {
		input.name = request->fields[0].name;
		input.value = request->fields[0].value;
		answer.error = request->fields[0].value;
	}
	answer.input = inputs;
	answer.n_input = 1;
	option.value = request->group_select;
	answer.option = options;
	answer.n_option = 1;
	answer.tunnel_group = request->tunnel_group;
	answer.handle = request->handle;
	answer.config_hash = request->config_hash;
	answer.banner = request->group_select;
	buf_init(&out, XML_REPLY_MAX);
	if (legacy_reply(&answer, &out) != ERR_OK)
		abort();
	buf_init(&again, XML_REPLY_MAX);
	if (xml_trace((const char *)out.data, out.len, &again) != ERR_OK)
		abort();
	buf_fini(&again);
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
	if (legacy_form_parse(copy, size, &request) == ERR_OK) {
		check_request(request, size);
		check_echo(request, IPC__ANSWER_KIND__ANSWER_FORM);
		check_echo(request, IPC__ANSWER_KIND__ANSWER_REFUSED);
		check_echo(request, IPC__ANSWER_KIND__ANSWER_COMPLETE);
		check_echo(request, IPC__ANSWER_KIND__ANSWER_MULTIPLE_CERT_REQUEST);
		xml_request_free(request);
	}
	free(copy);
	return 0;
}
