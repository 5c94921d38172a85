/* SPDX-License-Identifier: Apache-2.0 */
/* Asking, and the little that every JSON document of the tools needs. */
#include "tools/ctl_ask.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/ip.h"
#include "common/ipc.h"
#include "common/str.h"

int
ctl_ask_connect(const char *path)
{
	int fd;
	enum err err = ctl_connect(path, &fd);

	if (err == ERR_SYS)
		ctl_fail(CTL_OPTIONS_DAEMON, "%s: %s: %s", path, strerror(errno), ctl_hint(errno));
	if (err != ERR_OK)
		ctl_fail(CTL_OPTIONS_DAEMON, "%s: the path is too long for a socket", path);
	return fd;
}

/* One message; true: it was the last. */
static bool
take(const struct ctl_question *question, const char *path, int fd, ctl_ask_fn fn, void *arg,
    Ipc__CtlEnd **end)
{
	unsigned timeout = question->timeout_sec > 0 ? question->timeout_sec : CTL_TIMEOUT_SEC;
	ProtobufCMessage *msg = NULL;
	Ipc__MsgType type;
	enum err err = ctl_receive(fd, timeout, &type, &msg);

	if (err == ERR_OK && type == IPC__MSG_TYPE__MSG_CTL_END) {
		*end = (Ipc__CtlEnd *)msg;
		return true;
	}
	if (err == ERR_OK && type == question->answer)
		fn(msg, arg);
	else if (err == ERR_OK)
		err = ERR_SYNTAX;
	if (err != ERR_OK)
		ctl_fail(CTL_OPTIONS_DAEMON, "%s: no proper answer from sekishod: %s", path,
		    err_str(err));
	protobuf_c_message_free_unpacked(msg, NULL);
	return false;
}

const char *
ctl_ask(const char *path, const struct ctl_question *question, ctl_ask_fn fn, void *arg,
    unsigned *count, char text[256])
{
	static char error[256];
	int fd = ctl_ask_connect(path);
	enum err err = ipc_write_blocking(fd, question->type, question->request, -1);
	Ipc__CtlEnd *end = NULL;

	if (err != ERR_OK)
		ctl_fail(CTL_OPTIONS_DAEMON, "%s: cannot ask sekishod: %s", path, err_str(err));
	while (!take(question, path, fd, fn, arg, &end))
		;
	close(fd);
	str_printable(error, sizeof(error), end->error);
	if (text != NULL)
		str_printable(text, 256, end->text);
	if (count != NULL)
		*count = end->count;
	ipc__ctl_end__free_unpacked(end, NULL);
	if (error[0] != '\0' && !question->quiet_on_refusal)
		ctl_fail(CTL_OPTIONS_DAEMON, "sekishod refused: %s", error);
	return error;
}

/* ---- JSON ---- */

void
ctl_ask_set(json_t *object, const char *key, json_t *value)
{
	if (value == NULL || json_object_set_new(object, key, value) != 0)
		ctl_fail(CTL_OPTIONS_DAEMON, "out of memory");
}

void
ctl_ask_append(json_t *list, json_t *value)
{
	if (value == NULL || json_array_append_new(list, value) != 0)
		ctl_fail(CTL_OPTIONS_DAEMON, "out of memory");
}

json_t *
ctl_ask_text(const char *text)
{
	size_t size = strlen(text) + 1;
	char *printable = malloc(size);
	json_t *out = NULL;

	if (printable != NULL) {
		str_printable(printable, size, text);
		out = json_string(printable);
	}
	free(printable);
	return out;
}

json_t *
ctl_ask_number(uint64_t n)
{
	return json_integer(n > INT64_MAX ? INT64_MAX : (json_int_t)n);
}

json_t *
ctl_ask_address(const ProtobufCBinaryData *bytes)
{
	char text[IP_STR_MAX];
	struct ip_addr addr;

	if (ip_from_bytes(bytes->data, bytes->len, &addr) != ERR_OK)
		return json_null();
	return json_string(ip_str(&addr, text));
}

void
ctl_ask_print(const char *key, json_t *value)
{
	json_t *document = json_pack("{s:i, s:o}", "version", CTL_JSON_VERSION, key, value);

	if (document == NULL || json_dumpf(document, stdout, JSON_INDENT(2)) != 0)
		ctl_fail(CTL_OPTIONS_DAEMON, "cannot write: %s", strerror(errno));
	putchar('\n');
	json_decref(document);
}
